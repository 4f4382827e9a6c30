//! One bit that is not as it was written, anywhere in what a scan reads: either all content is scanned, or it is said
//! that it was not. Never is a scan clean that has lost something.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::scanned;
use crate::finding::LocationKind;
use crate::source::scratch_repo::{Collected, Repo, Scratch, damage};

/// Bits that are flipped in each kind of file, one at a time.
const FLIPS: usize = 80;

/// Numbers that look random and are always the same.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }
}

/// What was pushed: all but where it is from, as an id may be what is damaged.
fn content(sink: &Collected) -> BTreeSet<(String, String)> {
    use LocationKind::{Author, Blob, CommitMessage, Committer, Path, TagMessage, Tagger};
    let kinds = [Author, Blob, CommitMessage, Committer, Path, TagMessage, Tagger];
    let of = |kind: LocationKind| sink.texts(kind).into_iter().map(move |text| (format!("{kind:?}"), text));
    kinds.into_iter().flat_map(of).collect()
}

/// A repository with something of everything: deltas, loose objects, an alternate, a tag, packed refs, and files that
/// make git faster.
fn repository(scratch: &Scratch, init: &[&str], repack: &[&str]) -> Repo {
    let repo = scratch.repo("r", init);
    for version in 0..8 {
        let lines = (0..40).map(|line| format!("{} {line} lorem ipsum dolor\n", (line * version) % 7));
        repo.write("dir/long", &lines.collect::<String>());
        repo.write("other", &format!("{version}"));
        repo.commit(&format!("version {version}"));
    }
    repo.git(&["tag", "-a", "-m", "a tag", "v1"]);
    repo.git(&[repack, &["repack", "-adfq", "--depth=50"]].concat());
    repo.git(&["multi-pack-index", "write"]);
    repo.git(&["commit-graph", "write", "--reachable"]);
    repo.git(&["pack-refs", "--all"]);
    repo.write("loose", "not packed\n");
    repo.commit("loose");
    let other = scratch.empty("other", init);
    other.write("elsewhere", "borrowed\n");
    other.git(&["add", "-A"]);
    repo.write(".git/objects/info/alternates", "../../../other/.git/objects\n");
    repo
}

/// Flips bits in files, one after the other.
#[track_caller]
fn flip(repo: &Repo, what: &str, files: &[PathBuf], flips: usize) {
    let (sound, _) = scanned(repo);
    assert_eq!(sound.issues(), [], "{what}");
    let everything = content(&sound);
    let mut random = Random(what.len() as u64);
    for _ in 0..flips {
        let file = &files[random.below(files.len())];
        let before = fs::read(file).expect("a file");
        let (byte, bit) = (random.below(before.len()), random.below(8));
        damage(file, |bytes| bytes[byte] ^= 1 << bit);
        let (sink, _) = scanned(repo);
        let lost: Vec<_> = everything.difference(&content(&sink)).cloned().collect();
        let place = format!("{what}: bit {bit} of byte {byte} of {}", file.display());
        assert!(lost.is_empty() || !sink.issues().is_empty(), "{place}: lost without a word: {lost:?}");
        for issue in sink.issues() {
            let path = issue.path.map(|path| path.to_string()).unwrap_or_default();
            let told = issue.message;
            assert!(path.is_empty() || !told.contains(&path), "{place}: the path twice: {told}");
            assert!(issue.object.is_none_or(|id| !told.contains(&id)), "{place}: the object twice: {told}");
        }
        fs::write(file, before).expect("a file of ours");
    }
}

#[test]
fn a_flipped_bit_in_what_holds_objects() {
    let scratch = Scratch::new();
    let repo = repository(&scratch, &[], &[]);
    for suffix in [".pack", ".idx"] {
        flip(&repo, suffix, &repo.object_files(suffix), FLIPS);
    }
    let loose = ["HEAD", "HEAD^{tree}", "HEAD:loose"].map(|name| repo.loose(&repo.git(&["rev-parse", name])));
    flip(&repo, "loose", &loose, FLIPS);
}

#[test]
fn a_flipped_bit_where_there_are_no_checksums() {
    let scratch = Scratch::new();
    let options = ["-c", "pack.indexVersion=1", "-c", "repack.useDeltaBaseOffset=false"];
    let repo = repository(&scratch, &["--object-format=sha256"], &options);
    for suffix in [".pack", ".idx"] {
        flip(&repo, suffix, &repo.object_files(suffix), FLIPS);
    }
}

#[test]
fn a_flipped_bit_in_what_says_where_objects_are() {
    let scratch = Scratch::new();
    let repo = repository(&scratch, &[], &[]);
    let git = repo.git_dir();
    for name in ["packed-refs", "HEAD", "refs/heads/main", "objects/info/alternates", "config"] {
        flip(&repo, name, &[git.join(name)], FLIPS / 2);
    }
}

#[test]
fn a_flipped_bit_in_what_only_makes_git_faster() {
    let scratch = Scratch::new();
    let repo = repository(&scratch, &[], &[]);
    let git = repo.git_dir();
    let files: Vec<_> = ["objects/pack/multi-pack-index", "objects/info/commit-graph"]
        .map(|name| git.join(name))
        .into_iter()
        .chain(repo.object_files(".rev"))
        .collect();
    let everything = content(&scanned(&repo).0);
    flip(&repo, "faster", &files, FLIPS / 5);
    for file in &files {
        damage(file, |bytes| bytes.fill(0xff));
    }
    let (sink, _) = scanned(&repo);
    assert_eq!((sink.issues(), content(&sink)), (vec![], everything), "none of them is needed");
}
