//! Damaged repositories: whatever git itself can still read is scanned, and the rest is named.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use super::{scanned, scanned_with};
use crate::finding::LocationKind;
use crate::source::scratch_repo::{Collected, Repo, Scratch, damage};

/// Blobs of `ids` that git can still read, told by their type without complaint.
fn readable(repo: &Repo, ids: &BTreeSet<String>) -> Vec<String> {
    let reads = |id: &&String| {
        let mut git = Command::new("git");
        let git = git.arg("-C").arg(&repo.path).args(["cat-file", "blob", id]);
        git.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    ids.iter().filter(reads).cloned().collect()
}

/// One pack with chains of deltas.
fn packed(scratch: &Scratch) -> (Repo, BTreeSet<String>) {
    let repo = scratch.repo("r", &[]);
    for version in 0..30 {
        let lines = (0..60).map(|line| format!("{} {line} lorem ipsum dolor\n", (line * version) % 7));
        repo.write("dir/long", &lines.collect::<String>());
        repo.write("other", &format!("{version}"));
        repo.commit(&format!("version {version}"));
    }
    repo.git(&["repack", "-adfq", "--depth=50"]);
    let blobs = repo.blobs();
    (repo, blobs)
}

#[test]
fn one_byte_anywhere_in_a_pack() {
    let scratch = Scratch::new();
    let (repo, blobs) = packed(&scratch);
    let pack = repo.object_files(".pack").remove(0);
    let sound = std::fs::read(&pack).expect("a pack");
    let step = (sound.len() - 32) / 23;
    for at in (12..sound.len() - 20).step_by(step) {
        damage(&pack, |bytes| {
            bytes.clone_from(&sound);
            bytes[at] ^= 0x5a;
        });
        let (sink, _) = scanned(&repo);
        let pushed = sink.ids(LocationKind::Blob);
        let readable = readable(&repo, &blobs);
        let extra: Vec<_> = readable.iter().filter(|id| !pushed.contains(id)).collect();
        assert_eq!(extra, Vec::<&String>::new(), "readable and not scanned, byte {at}");
        assert_eq!(pushed.iter().collect::<BTreeSet<_>>().len(), pushed.len(), "twice, byte {at}");
        let kinds = sink.kinds();
        assert!(kinds.contains(&"corrupt-pack".to_owned()), "byte {at}: {kinds:?}");
        let named = sink.issues().iter().filter(|issue| issue.object.is_some()).count();
        assert_eq!(named == 0, pushed.len() == blobs.len() && !kinds.contains(&"corrupt-object".to_owned()));
    }
}

#[test]
fn a_pack_that_is_cut_off() {
    let scratch = Scratch::new();
    let (repo, blobs) = packed(&scratch);
    let pack = repo.object_files(".pack").remove(0);
    let length = std::fs::metadata(&pack).expect("a pack").len() as usize;
    damage(&pack, |bytes| bytes.truncate(length * 2 / 3));
    let (sink, _) = scanned(&repo);
    let pushed = sink.ids(LocationKind::Blob);
    assert!(!sink.ids(LocationKind::Author).is_empty(), "commits come first in a pack");
    assert!(pushed.len() < blobs.len());
    assert!(sink.kinds().contains(&"corrupt-pack".to_owned()));
    damage(&pack, |bytes| bytes.truncate(7));
    let (sink, _) = scanned(&repo);
    assert_eq!(sink.kinds(), ["corrupt-pack"]);
    assert_eq!(sink.ids(LocationKind::Blob), Vec::<String>::new());
}

#[test]
fn a_damaged_pack_beside_an_intact_copy_costs_nothing_but_an_issue() {
    let scratch = Scratch::new();
    let (repo, blobs) = packed(&scratch);
    let copy = scratch.path("copy");
    repo.git(&["clone", "-q", "--mirror", ".", copy.to_str().expect("plain")]);
    let pack = repo.object_files(".pack").remove(0);
    damage(&pack, |bytes| {
        // Enough that a blob is hit: how git orders the objects of a pack depends on its threads.
        let (start, end) = (bytes.len() / 4, bytes.len() - 20);
        bytes[start..end].fill(0);
    });
    assert!(scanned(&repo).0.ids(LocationKind::Blob).len() < blobs.len());
    repo.write(".git/objects/info/alternates", "../../../copy/objects\n");
    let (sink, _) = scanned(&repo);
    assert_eq!(sink.ids(LocationKind::Blob), blobs.into_iter().collect::<Vec<_>>());
    assert_eq!(sink.kinds(), ["corrupt-pack"]);
}

#[test]
fn half_a_pack() {
    let scratch = Scratch::new();
    for (lost, kept) in [(".idx", ".pack"), (".pack", ".idx")] {
        let repo = scratch.repo(&lost[1..], &[]);
        repo.git(&["repack", "-adq"]);
        std::fs::remove_file(repo.object_files(lost).remove(0)).expect("it was there");
        assert_eq!(repo.object_files(kept).len(), 1);
        let (sink, _) = scanned_with(&repo, false);
        assert_eq!(sink.kinds(), ["corrupt-pack"], "without {lost}");
    }
    let repo = scratch.repo("bad-idx", &[]);
    repo.git(&["repack", "-adq"]);
    damage(&repo.object_files(".idx").remove(0), |bytes| bytes.truncate(bytes.len() - 40));
    assert_eq!(scanned_with(&repo, false).0.kinds(), ["corrupt-pack"]);
}

/// A change to a file's bytes.
type Change = fn(&mut Vec<u8>);

#[test]
fn damaged_loose_objects_are_named() {
    let scratch = Scratch::new();
    let changes: [(&str, Change); 4] = [
        ("empty", Vec::clear),
        ("cut", |bytes| bytes.truncate(bytes.len() / 2)),
        ("flipped", |bytes| {
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
        }),
        ("no zlib", |bytes| bytes.fill(b'x')),
    ];
    for (name, change) in changes {
        let repo = scratch.repo(name, &[]);
        let (damaged, intact) = (repo.git(&["rev-parse", "HEAD:a"]), repo.git(&["rev-parse", "HEAD:dir/b"]));
        damage(&repo.loose(&damaged), change);
        let (sink, outcome) = scanned(&repo);
        assert_eq!(sink.ids(LocationKind::Blob), [intact], "{name}");
        let issues = sink.issues();
        assert_eq!(issues.len(), 1, "{name}: {issues:?}");
        assert_eq!((issues[0].kind.as_str(), issues[0].object.as_ref()), ("corrupt-object", Some(&damaged)));
        assert_eq!(outcome.missing, Some(0), "{name}: it is there, if damaged");
    }
}

#[test]
fn what_is_named_and_not_stored_is_missing() {
    let scratch = Scratch::new();
    for (name, revision) in
        [("blob", "HEAD:a"), ("tree", "HEAD:dir"), ("commit", "HEAD~1"), ("ref", "refs/heads/side")]
    {
        let repo = scratch.repo(name, &[]);
        repo.write("c", "more\n");
        repo.commit("second");
        repo.git(&["commit-tree", "HEAD^{tree}", "-m", "side"]);
        let side = repo.git(&["commit-tree", "HEAD^{tree}", "-m", "side"]);
        repo.git(&["update-ref", "refs/heads/side", &side]);
        let id = repo.git(&["rev-parse", revision]);
        std::fs::remove_file(repo.loose(&id)).expect("it was loose");
        let (sink, outcome) = scanned(&repo);
        let issues = sink.issues();
        assert_eq!(issues.len(), 1, "{name}: {issues:?}");
        assert_eq!(
            (issues[0].kind.as_str(), issues[0].object.as_ref()),
            ("missing-object", Some(&id)),
            "{name}"
        );
        assert_eq!(outcome.missing, Some(1));
        let (sink, outcome) = scanned_with(&repo, false);
        assert_eq!((sink.issues(), outcome.missing), (vec![], None), "{name}: not checked");
    }
}

#[test]
fn many_missing_objects_are_counted() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    for number in 0..30 {
        repo.write(&format!("many/{number}"), &format!("{number}\n"));
    }
    repo.commit("many");
    for number in 0..30 {
        let id = repo.git(&["rev-parse", &format!("HEAD:many/{number}")]);
        std::fs::remove_file(repo.loose(&id)).expect("it was loose");
    }
    let issues = scanned(&repo).0.issues();
    assert_eq!(issues.len(), 21);
    assert!(issues.iter().any(|issue| issue.message.ends_with("not stored: 10")));
}

#[test]
fn refs_that_are_none() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    repo.write(".git/refs/heads/empty", "");
    repo.write(".git/refs/heads/words", "not an id\n");
    let (sink, _) = scanned(&repo);
    assert_eq!(sink.kinds(), ["bad-ref", "bad-ref"]);
    let reftable = scratch.repo("reftable", &["--ref-format=reftable"]);
    assert_eq!(scanned(&reftable).0.kinds(), [""; 0]);
    let tables = std::fs::read_dir(reftable.path.join(".git/reftable")).expect("a directory").flatten();
    let is_table = |path: &std::path::PathBuf| path.extension().is_some_and(|end| end == "ref");
    let table = tables.map(|entry| entry.path()).find(is_table).expect("there is one");
    std::fs::write(table, "no table").expect("ours");
    assert_eq!(scanned(&reftable).0.kinds(), ["bad-ref"]);
}

#[test]
fn no_issue_for_what_others_leave_behind() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    for junk in [
        "objects/pack/tmp_pack_x",
        "objects/info/commit-graph.lock",
        "objects/ab/tmp_obj_y",
        "refs/heads/x.lock",
    ] {
        repo.write(&format!(".git/{junk}"), "junk");
    }
    let (sink, _): (Collected, _) = scanned(&repo);
    assert_eq!(sink.issues(), []);
}

#[test]
fn what_takes_too_much_memory_is_not_called_damaged() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    let mut large: String = (0..900_000).map(|line| format!("line {line}\n")).collect();
    assert!(large.len() > crate::source::history::store::MOST);
    repo.write("large", &large);
    repo.commit("large");
    large.push_str("the end\n");
    repo.write("large", &large);
    repo.commit("larger");
    repo.git(&["repack", "-adfq"]);
    let ids = ["HEAD:large", "HEAD~1:large"].map(|name| repo.git(&["rev-parse", name]));
    let (sink, outcome) = scanned(&repo);
    let issues = sink.issues();
    // What is no delta is scanned in parts.
    assert_eq!(sink.kinds(), ["unsupported"], "{issues:?}");
    assert!(issues[0].object.as_ref().is_some_and(|id| ids.contains(id)), "{issues:?}");
    assert_eq!(sink.ids(LocationKind::Blob).len(), repo.blobs().len() - 1, "all others are scanned");
    assert_eq!(outcome.missing, Some(0));
}
