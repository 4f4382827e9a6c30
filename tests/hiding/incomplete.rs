//! Repositories of which something is not there, or is not what it should be: what is there is found, what is not is
//! said with status 3, nothing is fetched, no scan waits for ever and none takes all memory.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use super::issues;
use crate::support::place::Place;
use crate::support::values::key;
use crate::support::{Ran, arguments, binary, command, run};

/// A repository in `work` with a key in a file that was removed again, and one in the last commit's message.
fn two_keys() -> Place {
    let mut place = Place::new();
    place.init();
    place.write("a.env", format!("MISTRAL_API_KEY={}\n", key(1)));
    place.git(&["add", "--all"]);
    place.git(&["commit", "--quiet", "--message", "first"]);
    place.git(&["rm", "--quiet", "a.env"]);
    place.git(&["commit", "--quiet", "--message", &format!("without\n\nMISTRAL_API_KEY={}", key(2))]);
    place
}

fn history(place: &Place, repository: &Path) -> Ran {
    place.run(&["history", &repository.to_string_lossy(), "--format=json"])
}

fn findings(ran: &Ran) -> usize {
    super::array(&ran.json()["findings"]).len()
}

#[test]
fn what_a_clone_left_out_is_told_and_not_fetched() {
    for (options, kind, found) in [
        (&["--depth=1"][..], "shallow", 1),
        (&["--filter=blob:none"], "partial-clone", 1),
        (&["--filter=tree:0"], "partial-clone", 1),
    ] {
        let mut place = two_keys();
        place.git(&["config", "uploadpack.allowFilter", "true"]);
        let (url, clone) = (format!("file://{}", place.work().display()), place.top().join("clone"));
        let to = clone.to_string_lossy().into_owned();
        place.git(&[&["clone", "--quiet", "--no-checkout"], options, &[&url, &to]].concat());
        // Whoever fetched something would run this, and would find the file.
        let trap = place.top().join("fetched");
        let run_by_fetch = format!("touch '{}'; git-upload-pack", trap.display());
        place.git(&["-C", &to, "config", "remote.origin.uploadpack", &run_by_fetch]);
        for command in
            [&["history", &to][..], &["history", "--no-connectivity-check", &to], &["range", "HEAD", &to]]
        {
            let ran = place.run(&[command, &["--format=json"]].concat()).ends_with(3);
            assert_eq!(issues(&ran), [kind], "{options:?} {command:?}");
            assert_eq!(findings(&ran), found, "{options:?} {command:?}");
        }
        assert!(!trap.exists(), "{options:?}: something was fetched");
        assert_eq!(place.run(&["history", "--allow-incomplete", &to]).status, Some(1));
    }
}

#[test]
fn with_reftables_nothing_is_hidden() {
    let mut place = two_keys();
    let other = place.top().join("other");
    let at = other.to_string_lossy().into_owned();
    place.git(&["init", "--quiet", "--ref-format=reftable", "--initial-branch=main", &at]);
    place.git(&["-C", &at, "fetch", "--quiet", &place.work().to_string_lossy(), "main:fetched"]);
    place.git(&["-C", &at, "branch", &format!("mistral-key={}", key(3)), "fetched"]);
    let ran = history(&place, &other).ends_with(1);
    assert_eq!((findings(&ran), issues(&ran)), (3, Vec::new()), "the name of a ref is judged, too");
    assert_eq!(findings(&place.run(&["range", "fetched", &at, "--format=json"]).ends_with(1)), 2);
    place.run(&["range", "fetched@{1}", &at]).ends_with(3).says("kept in reftables");
}

#[test]
fn an_index_of_a_pack_with_a_bit_that_is_wrong_is_told() {
    let mut place = two_keys();
    place.git(&["commit", "--quiet", "--allow-empty", "--message", "later"]);
    place.git(&["repack", "-qad"]);
    let id = place.git(&["rev-parse", "HEAD~1"]).out();
    let tail = u8::from_str_radix(&id.trim()[30..32], 16).expect("two digits");
    let pack = place.work().join(".git/objects/pack");
    let mut files = fs::read_dir(&pack).expect("there").flatten().map(|entry| entry.path());
    let index = files.find(|path| path.extension().is_some_and(|end| end == "idx")).expect("git made one");
    let mut bytes = fs::read(&index).expect("there");
    let names = 8 + 256 * 4;
    let starts = |at: &usize| {
        let hex: String = bytes[*at..at + 15].iter().map(|byte| format!("{byte:02x}")).collect();
        id.starts_with(&hex)
    };
    let at = (names..bytes.len() - 20).step_by(20).find(starts).expect("it is listed");
    assert_eq!(bytes[at + 15], tail);
    bytes[at + 15] ^= 1;
    fs::remove_file(&index).expect("ours");
    fs::write(&index, bytes).expect("ours");
    for args in [&["history", "--reachable", "--format=json"][..], &["history", "--format=json"]] {
        assert_eq!(issues(&place.run(args).ends_with(3)), ["corrupt-pack"], "{args:?}");
    }
}

#[test]
fn a_pipe_in_place_of_a_file_is_not_waited_for() {
    let object = format!("objects/ab/{}", "c".repeat(38));
    let pack = format!("objects/pack/pack-{}", "1".repeat(40));
    for (file, kind) in [
        (object.as_str(), "unreadable"),
        (&format!("{pack}.pack"), "unreadable"),
        (&format!("{pack}.idx"), "unreadable"),
        ("objects/info/alternates", "unreadable"),
        ("refs/heads/x", "unreadable"),
        ("packed-refs", "unreadable"),
        ("config", "unreadable"),
        ("shallow", "unreadable"),
        ("index", "unreadable-index"),
        ("logs/refs/heads/x", "-"),
        ("commondir", "unreadable"),
        ("worktrees/w/HEAD", "unreadable"),
    ] {
        let place = two_keys();
        let path = place.work().join(".git").join(file);
        fs::create_dir_all(path.parent().expect("it is below")).expect("ours");
        fs::remove_file(&path).ok();
        assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo is there").success());
        let ran = history(&place, &place.work());
        assert_eq!(findings(&ran), 2, "{file}: {}", ran.err());
        match kind {
            "-" => assert_eq!(issues(&ran), [""; 0], "{file}"),
            kind => assert!(issues(&ran.ends_with(3)).iter().any(|told| told == kind), "{file}"),
        }
        place.run(&["range", "HEAD"]);
    }
}

/// Runs the program with so many KiB of address space.
#[cfg(target_os = "linux")]
fn within(place: &Place, kib: u64, args: &[&str]) -> Ran {
    let mut sh = command("sh", &place.work(), &place.top().join("home"));
    sh.args(["-c", &format!("ulimit -v {kib} && exec \"$0\" \"$@\"")]).arg(binary()).args(arguments(args));
    run(&mut sh, None)
}

/// Only with optimisation, for without it takes minutes: `cargo test --release --test e2e big_blob`.
#[cfg(all(target_os = "linux", not(debug_assertions)))]
#[test]
fn a_big_blob_takes_no_more_memory_than_a_small_one() {
    const BYTES: usize = 640 << 20;
    const KIB: u64 = 512 << 10;
    let mut place = two_keys();
    let file = place.write("big", "");
    // Nothing but zeros but for its end, so that it is small on disk, and quickly looked at.
    fs::File::options().write(true).open(&file).and_then(|file| file.set_len(BYTES as u64)).expect("ours");
    let mut end = fs::File::options().append(true).open(&file).expect("ours");
    end.write_all(format!("\nMISTRAL_API_KEY={}\n", key(3)).as_bytes()).expect("ours");
    place.git(&["-c", "core.compression=1", "add", "big"]);
    place.git(&["commit", "--quiet", "--message", "big"]);
    fs::remove_file(&file).expect("ours");
    for how in ["loose", "packed"] {
        let ran = within(&place, KIB, &["history", "--jobs=2", "--format=json"]).ends_with(1);
        assert_eq!(findings(&ran), 3, "{how}");
        place.git(&["-c", "pack.compression=1", "repack", "-qad"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn sizes_that_are_lies_take_no_memory() {
    const KIB: u64 = 512 << 10;
    // A loose object whose header says that a terabyte follows.
    let mut place = two_keys();
    let id = place.git(&["rev-parse", "HEAD^{tree}"]).out();
    let id = id.trim();
    let loose = place.work().join(".git/objects").join(&id[..2]).join(&id[2..]);
    fs::remove_file(&loose).expect("it is loose");
    let mut lie = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    lie.write_all(b"blob 1099511627776\0x").expect("into memory");
    fs::write(&loose, lie.finish().expect("into memory")).expect("ours");
    let ran = within(&place, KIB, &["history", "--jobs=2", "--format=json"]).ends_with(3);
    assert_eq!(findings(&ran), 2, "{}", ran.err());
    assert!(issues(&ran).contains(&"corrupt-object".to_owned()), "{}", ran.err());

    // An index that says it lists as many objects as there can be, and an entry of a pack that says it is as long as can be.
    for (extension, at, bytes) in
        [("idx", 8 + 255 * 4, &[0xff; 4][..]), ("pack", 12, &[0xbf, 0xff, 0xff, 0xff, 0xff, 0x7f])]
    {
        let mut place = two_keys();
        place.git(&["repack", "-qad"]);
        place.git(&["prune-packed", "-q"]);
        let packs = fs::read_dir(place.work().join(".git/objects/pack")).expect("packs").flatten();
        let mut files = packs.map(|entry| entry.path());
        let file = files.find(|path| path.extension().is_some_and(|found| found == extension)).expect("one");
        let mut content = fs::read(&file).expect("ours");
        content[at..at + bytes.len()].copy_from_slice(bytes);
        fs::remove_file(&file).expect("ours");
        fs::write(&file, content).expect("ours");
        let ran = within(&place, KIB, &["history", "--jobs=2", "--format=json"]).ends_with(3);
        assert!(!issues(&ran).is_empty(), "{extension}: {}", ran.err());
    }
}

#[test]
fn a_pack_that_a_multi_pack_index_alone_lists_is_told() {
    let mut place = two_keys();
    place.git(&["repack", "-qad"]);
    place.git(&["prune-packed", "-q"]);
    place.git(&["multi-pack-index", "write"]);
    let packs = fs::read_dir(place.work().join(".git/objects/pack")).expect("packs").flatten();
    let mut files = packs.map(|entry| entry.path());
    let index = files.find(|path| path.extension().is_some_and(|found| found == "idx")).expect("one");
    fs::remove_file(index).expect("ours");
    // Git reads nothing of such a pack, either.
    let mut git = command("git", &place.work(), &place.top().join("home"));
    run(git.args(["cat-file", "-p", "HEAD"]), None).ends_with(128);
    let ran = history(&place, &place.work()).ends_with(3);
    assert!(issues(&ran).contains(&"corrupt-pack".to_owned()), "{}", ran.err());
    assert!(ran.err().contains("the pack has no index"), "{}", ran.err());
}

#[test]
fn a_directory_as_deep_as_git_goes_is_no_hiding_place() {
    let mut place = two_keys();
    let blob = place.git_in(&["hash-object", "-w", "--stdin"], &format!("MISTRAL_API_KEY={}\n", key(3)));
    let deep = |depth: usize| "d/".repeat(depth) + "deep.env";
    place.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},{}", deep(2000))]);
    place.git(&["commit", "--quiet", "--message", "deep"]);
    for args in [&["history", "--reachable"][..], &["history"], &["range", "HEAD^!", "."]] {
        let ran = place.run(&[args, &["--format=json"]].concat()).ends_with(1);
        let found = ran.out();
        assert!(found.contains(&deep(2000)) && issues(&ran).is_empty(), "{args:?}");
    }
    // Git itself does not go there.
    let mut tree = place.git(&["rev-parse", "HEAD^{tree}"]).out().trim_end().to_owned();
    for _ in 0..50 {
        tree = place.git_in(&["mktree"], &format!("040000 tree {tree}\td\n"));
    }
    let commit = place.git(&["commit-tree", "-m", "deeper", &tree]).out();
    place.git(&["update-ref", "refs/heads/deeper", commit.trim()]);
    let ran = place.run(&["history", "--reachable", "deeper", "--format=json"]).ends_with(3);
    assert_eq!(issues(&ran), ["not-attributed"]);
}

#[test]
fn what_does_not_say_what_it_leads_to_is_told() {
    let mut place = two_keys();
    let head = place.git(&["rev-parse", "HEAD"]).out();
    let tree = place.git(&["rev-parse", "HEAD^{tree}"]).out();
    let people = "author A <a@example.org> 1 +0000\ncommitter A <a@example.org> 1 +0000\n\nm\n";
    let damaged = [
        ("commit", format!("tree zz\nparent {head}{people}")),
        ("commit", format!("tree {tree}parent {}\n{people}", &head[..39])),
        ("tag", format!("object {}\ntype commit\ntag t\n", &head[..20])),
    ];
    for (kind, content) in damaged {
        let id = place.git_in(&["hash-object", "-t", kind, "--literally", "-w", "--stdin"], &content);
        place.write(".git/refs/heads/main", &id);
        for args in [&["history"][..], &["history", "--reachable"], &["range", "main", "."]] {
            let ran = place.run(&[args, &["--format=json"]].concat()).ends_with(3);
            assert!(!issues(&ran).is_empty(), "{args:?} {content}");
        }
        place.run(&["history", "--reachable", "--no-connectivity-check"]).ends_with(3);
        place.write(".git/refs/heads/main", &head);
    }
}

#[test]
fn refs_that_are_cut_off_or_run_together_are_told() {
    let mut place = two_keys();
    place.git(&["branch", "other"]);
    place.git(&["pack-refs", "--all"]);
    let refs = place.work().join(".git/packed-refs");
    let whole = fs::read_to_string(&refs).expect("git made it");
    let cut = whole[..whole.len() - 3].to_owned();
    let header = whole[..12].to_owned();
    for damaged in [cut, header, whole.replacen("heads/main\n", "heads/main?", 1)] {
        fs::write(&refs, &damaged).expect("ours");
        let ran = place.run(&["history", "--reachable", "--format=json"]).ends_with(3);
        assert!(issues(&ran).contains(&"bad-ref".to_owned()), "{damaged}: {:?}", issues(&ran));
    }
    fs::write(&refs, &whole).expect("ours");
    place.run(&["history", "--reachable"]).ends_with(1);
}

#[test]
fn an_index_of_another_work_tree_that_cannot_be_read_is_told() {
    let mut place = two_keys();
    place.git(&["worktree", "add", "--quiet", "../linked"]);
    fs::write(place.work().join(".git/worktrees/linked/index"), "DIRCgarbage").expect("ours");
    assert_eq!(issues(&place.run(&["history", "--format=json"]).ends_with(3)), ["unreadable-index"]);
}

#[test]
fn a_way_to_store_that_is_not_known_is_told() {
    let mut place = two_keys();
    place.git(&["config", "core.repositoryFormatVersion", "1"]);
    let config = place.work().join(".git/config");
    let text = fs::read_to_string(&config).expect("git made it");
    for (storage, expected) in [
        ("[extensions]\n\tobjectFormat = sha3\n", &["unsupported"][..]),
        ("[extensions]\n\trefStorage = cloud\n", &["unsupported"]),
        ("[core]\n\trepositoryFormatVersion = 2\n", &["unsupported"]),
        ("[extensions]\n\tobjectFormat = sha1\n\trefStorage = files\n", &[]),
    ] {
        fs::write(&config, format!("{text}{storage}")).expect("ours");
        let ran = history(&place, &place.work());
        assert_eq!(
            (findings(&ran), issues(&ran)),
            (2, expected.iter().map(ToString::to_string).collect()),
            "{storage}"
        );
    }
}
