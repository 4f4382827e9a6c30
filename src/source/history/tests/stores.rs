//! Intact repositories in every form of storage.

use std::collections::BTreeSet;

use super::{scanned, scanned_with};
use crate::finding::LocationKind;
use crate::source::Counted;
use crate::source::scratch_repo::{Repo, Scratch};

/// Every blob that git lists was pushed exactly once, every object was counted, and there was nothing to complain of.
fn assert_complete(repo: &Repo, name: &str) {
    let (sink, outcome) = scanned(repo);
    let listed = repo.objects();
    let number = |kind: &str| listed.values().filter(|&listed| listed == kind).count() as u64;
    assert_eq!(sink.ids(LocationKind::Blob), repo.blobs().into_iter().collect::<Vec<_>>(), "{name}");
    assert_eq!(sink.count(Counted::Blob), number("blob"), "{name}");
    assert_eq!(sink.count(Counted::Commit), number("commit"), "{name}");
    assert_eq!(sink.count(Counted::Tag), number("tag"), "{name}");
    assert_eq!(sink.ids(LocationKind::Author).len() as u64, number("commit"), "{name}");
    assert_eq!(sink.issues(), [], "{name}");
    assert_eq!(outcome.missing, Some(0), "{name}");
}

/// A few versions of a file that is long enough for deltas.
fn grow(repo: &Repo, versions: std::ops::Range<u32>) {
    let line = |number: u32| format!("line {number} of a file that is long enough to be stored as a delta\n");
    for version in versions {
        let text: String = (0..40 + version).map(line).collect();
        repo.write("dir/long", &text);
        repo.commit(&format!("version {version}"));
    }
}

#[test]
fn loose_packed_several_packs_and_copies() {
    let scratch = Scratch::new();
    for format in ["sha1", "sha256"] {
        let repo = scratch.repo(format, &["--object-format", format]);
        grow(&repo, 0..8);
        repo.git(&["tag", "-a", "v1", "-m", "a tag"]);
        assert_complete(&repo, "loose");
        repo.git(&["repack", "-q"]);
        assert_complete(&repo, "packed and loose");
        grow(&repo, 8..12);
        repo.git(&["repack", "-dq"]);
        grow(&repo, 12..14);
        assert!(repo.object_files(".pack").len() > 1);
        assert_complete(&repo, "several packs and loose");
        repo.git(&["repack", "-aq"]);
        assert_complete(&repo, "everything twice");
        repo.git(&["repack", "-adq"]);
        repo.git(&["prune-packed"]);
        assert_eq!(repo.object_files(".pack").len(), 1);
        assert_complete(&repo, "one pack");
    }
}

#[test]
fn an_index_without_checksums_is_read_too() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    grow(&repo, 0..6);
    repo.git(&["-c", "pack.indexVersion=1", "repack", "-adq"]);
    assert_complete(&repo, "index of version 1");
}

#[test]
fn what_no_commit_reaches_is_scanned() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    repo.write("loose-end", "never added to a tree\n");
    let dangling = repo.git(&["hash-object", "-w", "loose-end"]);
    repo.write("a", "stashed\n");
    repo.git(&["stash", "-q"]);
    repo.git(&["notes", "add", "-m", "a note"]);
    repo.commit("to be taken back");
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    assert_complete(&repo, "unreachable");
    let (sink, _) = scanned(&repo);
    assert!(sink.ids(LocationKind::Blob).contains(&dangling));
    let names = sink.texts(LocationKind::RefName);
    let expected = ["HEAD", "refs/heads/main", "refs/notes/commits", "refs/stash"].map(str::to_owned);
    assert_eq!(names, BTreeSet::from(expected));
}

#[test]
fn before_the_first_commit() {
    let scratch = Scratch::new();
    let repo = scratch.empty("r", &["--initial-branch=unborn"]);
    let (sink, outcome) = scanned(&repo);
    assert_eq!((outcome.stored, outcome.missing), (0, Some(0)));
    assert_eq!(sink.issues(), []);
    assert!(sink.texts(LocationKind::RefName).contains("refs/heads/unborn"));
    repo.write("staged", "staged, not committed\n");
    repo.git(&["add", "-A"]);
    assert_complete(&repo, "staged");
    assert_eq!(scanned(&repo).1.stored, 1);
}

#[test]
fn names_people_and_messages_are_parts() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    repo.git(&["tag", "-a", "v1", "-m", "inner"]);
    repo.git(&["tag", "-a", "v2", "-m", "outer", "v1"]);
    repo.git(&["pack-refs", "--all"]);
    repo.git(&["worktree", "add", "-q", "--detach", "../linked"]);
    Repo { path: scratch.path("linked") }.git(&["update-ref", "refs/worktree/own", "HEAD"]);
    let (sink, outcome) = scanned(&repo);
    let texts = |kind| sink.texts(kind).into_iter().collect::<Vec<_>>();
    assert_eq!(texts(LocationKind::Path), ["a", "b", "dir"]);
    assert_eq!(texts(LocationKind::Author), ["Ann <ann@example.com>"]);
    assert_eq!(texts(LocationKind::Committer), ["Cem <cem@example.com>"]);
    assert_eq!(texts(LocationKind::Tagger), ["Cem <cem@example.com>"]);
    assert_eq!(texts(LocationKind::CommitMessage), ["first\n"]);
    assert_eq!(texts(LocationKind::TagMessage), ["inner\n", "outer\n", "tag v1\n", "tag v2\n"]);
    assert_eq!(sink.ids(LocationKind::CommitMessage), [repo.git(&["rev-parse", "HEAD"])]);
    let refs = [
        "HEAD",
        "refs/heads/main",
        "refs/tags/v1",
        "refs/tags/v2",
        "worktrees/linked/HEAD",
        "worktrees/linked/refs/worktree/own",
    ];
    assert_eq!(texts(LocationKind::RefName), refs);
    assert_eq!((sink.count(Counted::Ref), outcome.refs), (6, 6));
    assert_eq!(sink.issues(), []);
}

#[test]
fn borrowed_objects_are_scanned_once() {
    let scratch = Scratch::new();
    let lender = scratch.repo("lender", &[]);
    lender.git(&["clone", "-q", "--shared", ".", "../middle"]);
    let middle = Repo { path: scratch.path("middle") };
    middle.write("c", "of the middle\n");
    middle.commit("middle");
    middle.git(&["clone", "-q", "--shared", "--bare", ".", "../last.git"]);
    let last = Repo { path: scratch.path("last.git") };
    assert_eq!(last.object_files("").len(), 1, "it has only the list of alternates");
    assert_complete(&last, "chained alternates");
    assert_eq!(scanned(&last).0.count(Counted::Blob), 3);
}

#[test]
fn submodules_are_not_missing() {
    let scratch = Scratch::new();
    scratch.repo("inner", &[]);
    let outer = scratch.repo("outer", &[]);
    outer.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../inner", "sub"]);
    outer.commit("with a submodule");
    assert_complete(&outer, "submodule");
}

#[test]
fn shallow_and_partial_clones_are_incomplete() {
    let scratch = Scratch::new();
    let origin = scratch.repo("origin", &[]);
    grow(&origin, 0..4);
    origin.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", origin.path.display());
    origin.git(&["clone", "-q", "--depth", "1", &url, "../shallow"]);
    origin.git(&["clone", "-q", "--filter=blob:none", "--no-checkout", &url, "../partial"]);
    origin.git(&["clone", "-q", "--filter=blob:limit=1g", "--no-checkout", &url, "../whole"]);
    let named = |sink: &crate::source::scratch_repo::Collected| sink.issues()[0].message.clone();

    let (sink, outcome) = scanned(&Repo { path: scratch.path("shallow") });
    assert_eq!((sink.kinds(), outcome.missing), (vec!["shallow".to_owned()], Some(0)));
    let (sink, outcome) = scanned(&Repo { path: scratch.path("partial") });
    assert_eq!((sink.kinds(), outcome.missing), (vec!["partial-clone".to_owned()], Some(6)));
    assert!(named(&sink).ends_with("not stored: 6"), "{}", named(&sink));
    let (sink, outcome) = scanned(&Repo { path: scratch.path("whole") });
    assert_eq!((sink.issues(), outcome.missing), (vec![], Some(0)), "a partial clone that has everything");
    let (sink, outcome) = scanned_with(&Repo { path: scratch.path("whole") }, false);
    assert_eq!((sink.kinds(), outcome.missing), (vec!["partial-clone".to_owned()], None));
}

#[test]
fn a_big_blob_and_an_empty_one() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    repo.write("big", &"0123456789abcdef".repeat(1 << 20));
    repo.write("empty", "");
    repo.commit("both");
    assert_complete(&repo, "loose");
    repo.git(&["repack", "-adq"]);
    assert_complete(&repo, "packed");
}

#[test]
fn many_packs_are_asked_only_once_each() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    for version in 0..12 {
        repo.write("a", &format!("version {version}\n"));
        repo.commit(&format!("version {version}"));
        // What is packed is loose as well, until the end.
        repo.git(&["repack", if version == 11 { "-dq" } else { "-q" }]);
    }
    assert!(repo.object_files(".pack").len() > 5);
    let (sink, outcome) = scanned(&repo);
    assert_eq!((sink.issues(), outcome.missing), (vec![], Some(0)));
    assert_eq!(sink.ids(LocationKind::Blob), repo.blobs().into_iter().collect::<Vec<_>>());
    // What is not there is missed, however many packs there are to ask.
    let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
    let absent = tree.chars().rev().collect::<String>();
    std::fs::write(repo.git_dir().join("refs/heads/absent"), absent.clone() + "\n").expect("a file of ours");
    let issues = scanned(&repo).0.issues();
    let told: Vec<_> = issues.iter().map(|issue| (issue.kind.as_str(), issue.object.as_ref())).collect();
    assert_eq!(told, [("missing-object", Some(&absent))]);
}
