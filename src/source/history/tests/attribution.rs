//! Stories of objects in repositories whose history is known.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::super::attribution::{Held, Place, Story, attribute};
use super::super::{HistoryError, Progress};
use crate::finding::{Commit, LocationKind, Presence};
use crate::source::layout::{self, ObjectDirs};
use crate::source::scratch_repo::{Repo, Scratch};

fn stories(repo: &Repo, findings: &[&[(&str, LocationKind)]]) -> Vec<Story> {
    let layout = layout::find(&repo.path, &ObjectDirs::default()).expect("a repository");
    let held =
        |&(object, kind): &(&str, LocationKind)| Held { object: object.to_owned(), kind, part: Vec::new() };
    let findings: Vec<Vec<Held>> =
        findings.iter().map(|finding| finding.iter().map(held).collect()).collect();
    attribute(&layout, None, 2, &findings, &mut |issue| panic!("{issue:?}"), &()).expect("threads")
}

fn story(repo: &Repo, finding: &[(&str, LocationKind)]) -> Story {
    stories(repo, &[finding]).remove(0)
}

fn id(commit: &Option<Commit>) -> Option<&str> {
    commit.as_ref().map(|commit| commit.id.as_str())
}

/// Kind, path and introducing commit of each place.
fn shown(places: &[Place]) -> Vec<(LocationKind, Option<String>, Option<String>)> {
    let path = |place: &Place| place.path.as_ref().map(ToString::to_string);
    places.iter().map(|place| (place.kind, path(place), id(&place.commit).map(str::to_owned))).collect()
}

use LocationKind::{Blob, CommitMessage, Index, Note, Path, Symlink, TagMessage};

#[test]
fn a_file_that_came_changed_moved_and_went() {
    let scratch = Scratch::new();
    for packed in [false, true] {
        let repo = scratch.repo(if packed { "packed" } else { "loose" }, &[]);
        repo.write("dir/deep/er/k", "one\n");
        let came = repo.commit_at(1_700_000_100, "It came\nin two lines\n\nbody");
        let one = repo.git(&["rev-parse", "HEAD:dir/deep/er/k"]);
        repo.write("dir/deep/er/k", "two\n");
        let changed = repo.commit_at(1_700_000_200, "changed");
        let two = repo.git(&["rev-parse", "HEAD:dir/deep/er/k"]);
        repo.git(&["mv", "dir/deep/er/k", "top"]);
        let moved = repo.commit_at(1_700_000_300, "moved");
        repo.git(&["rm", "-q", "top"]);
        let went = repo.commit_at(1_700_000_400, "went");
        repo.commit_at(1_700_000_500, "after");
        if packed {
            repo.git(&["repack", "-adfq"]);
        }
        let stories = stories(&repo, &[&[(&one, Blob), (&two, Blob)], &[(&one, Blob)]]);
        let both = &stories[0];
        assert_eq!(both.presence, Presence::Gone);
        let ends = (id(&both.first), id(&both.last), id(&both.removed));
        assert_eq!(ends, (Some(&*came), Some(&*moved), Some(&*went)));
        let deep = || Some("dir/deep/er/k".to_owned());
        assert_eq!(shown(&both.places[0]), [(Blob, deep(), Some(came.clone()))]);
        let top = (Blob, Some("top".to_owned()), Some(moved.clone()));
        assert_eq!(shown(&both.places[1]), [top], "the first version of a path stands for all");
        let ends = (id(&stories[1].last), id(&stories[1].removed));
        assert_eq!(ends, (Some(&*came), Some(&*changed)), "its first version alone");
        let commit = Commit {
            id: came,
            author_name: "Ann".into(),
            author_email: "ann@example.com".into(),
            author_time: "2023-11-14T22:15:00Z".into(),
            subject: "It came in two lines".into(),
        };
        assert_eq!(both.first, Some(commit));
    }
}

#[test]
fn what_head_or_the_index_holds_is_in_head() {
    let scratch = Scratch::new();
    for format in ["sha1", "sha256"] {
        let repo = scratch.repo(format, &["--object-format", format]);
        let (first, in_head) = (repo.git(&["rev-parse", "HEAD"]), repo.git(&["rev-parse", "HEAD:a"]));
        repo.write("dir/staged", "staged\n");
        repo.git(&["add", "-A"]);
        let staged = repo.git(&["rev-parse", ":dir/staged"]);
        let held = story(&repo, &[(&in_head, Blob)]);
        let ends = (held.presence, id(&held.first), id(&held.removed));
        assert_eq!(ends, (Presence::Head, Some(&*first), None), "{format}");
        let held = story(&repo, &[(&staged, Blob)]);
        assert_eq!((held.presence, id(&held.first)), (Presence::Index, None), "{format}");
        assert_eq!(shown(&held.places[0]), [(Index, Some("dir/staged".to_owned()), None)]);
    }
}

#[test]
fn merges_of_a_branch_that_still_had_it() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    let blob = repo.git(&["rev-parse", "HEAD:a"]);
    repo.git(&["branch", "old"]);
    repo.git(&["rm", "-q", "a"]);
    let removed = repo.commit_at(1_700_000_100, "removed");
    repo.git(&["checkout", "-q", "old"]);
    repo.write("unrelated", "x\n");
    let old = repo.commit_at(1_700_000_200, "on the old branch");
    repo.git(&["checkout", "-q", "main"]);
    repo.git_at(1_700_000_300, &["merge", "-q", "--no-edit", "old"]);
    let held = story(&repo, &[(&blob, Blob)]);
    assert_eq!(
        (held.presence, id(&held.removed), id(&held.last)),
        (Presence::Gone, Some(&*removed), Some(&*old))
    );
}

#[test]
fn a_side_branch_is_no_part_of_heads_line() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("k", "key\n");
    let came = repo.commit_at(1_700_000_100, "came");
    let blob = repo.git(&["rev-parse", "HEAD:k"]);
    repo.git(&["rm", "-q", "k"]);
    repo.commit_at(1_700_000_200, "went");
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["branch", "-q", "-D", "side"]);
    let held = story(&repo, &[(&blob, Blob)]);
    let ends = (held.presence, id(&held.first), id(&held.last), id(&held.removed));
    assert_eq!(ends, (Presence::Gone, Some(&*came), Some(&*came), None), "and nothing reaches it any more");
    assert_eq!(shown(&held.places[0]), [(Blob, Some("k".to_owned()), Some(came))]);
}

#[test]
fn notes_links_trees_and_what_nothing_names() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    let first = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["notes", "add", "-m", "in a note"]);
    let note = repo.git(&["notes", "list", "HEAD"]);
    let notes = repo.git(&["rev-parse", "refs/notes/commits"]);
    assert_eq!(shown(&story(&repo, &[(&note, Blob)]).places[0]), [(Note, Some(first.clone()), Some(notes))]);

    std::os::unix::fs::symlink("target", repo.path.join("dir/link")).expect("a link");
    let linked = repo.commit("linked");
    let link = repo.git(&["rev-parse", "HEAD:dir/link"]);
    let place = (Symlink, Some("dir/link".to_owned()), Some(linked.clone()));
    assert_eq!(shown(&story(&repo, &[(&link, Blob)]).places[0]), [place]);

    let (tree, top) = (repo.git(&["rev-parse", "HEAD:dir"]), repo.git(&["rev-parse", "HEAD^{tree}"]));
    let held = story(&repo, &[(&tree, Path), (&top, Path)]);
    assert_eq!(shown(&held.places[0]), [(Path, Some("dir".to_owned()), Some(linked.clone()))]);
    assert_eq!(shown(&held.places[1]), [(Path, Some(String::new()), Some(linked))]);

    repo.write("loose-end", "never added\n");
    let dangling = repo.git(&["hash-object", "-w", "loose-end"]);
    let held = story(&repo, &[(&dangling, Blob)]);
    assert_eq!(shown(&held.places[0]), [(Blob, None, None)]);
    assert_eq!((held.presence, held.first), (Presence::Gone, None));

    repo.git(&["add", "loose-end"]);
    repo.git(&["write-tree"]);
    repo.git(&["rm", "-q", "--cached", "loose-end"]);
    let held = story(&repo, &[(&dangling, Blob)]);
    assert_eq!(
        shown(&held.places[0]),
        [(Blob, Some("loose-end".to_owned()), None)],
        "a tree without a commit"
    );
}

#[test]
fn messages_belong_to_their_own_commit() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    let first = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["tag", "-a", "v1", "-m", "inner"]);
    repo.git(&["tag", "-a", "v2", "-m", "outer", "v1"]);
    let second = repo.commit_at(1_700_000_100, "second");
    let tag = repo.git(&["rev-parse", "refs/tags/v2"]);
    let held = story(&repo, &[(&second, CommitMessage), (&tag, TagMessage)]);
    assert_eq!((id(&held.first), id(&held.last)), (Some(&*first), Some(&*second)));
    assert_eq!(shown(&held.places[0]), [(CommitMessage, None, Some(second))]);
    assert_eq!(shown(&held.places[1]), [(TagMessage, None, Some(first))]);
    assert_eq!((held.presence, held.removed), (Presence::Gone, None));
}

#[test]
fn head_is_that_of_the_work_tree() {
    let scratch = Scratch::new();
    let main = scratch.repo("main", &[]);
    let blob = main.git(&["rev-parse", "HEAD:a"]);
    main.git(&["worktree", "add", "-q", "-b", "other", "../linked"]);
    let linked = Repo { path: scratch.path("linked") };
    linked.git(&["rm", "-q", "a"]);
    let removed = linked.commit("removed here");
    assert_eq!(story(&main, &[(&blob, Blob)]).presence, Presence::Head);
    let held = story(&linked, &[(&blob, Blob)]);
    assert_eq!((held.presence, id(&held.removed)), (Presence::Gone, Some(&*removed)));
}

/// Wants an end when it has been asked so often.
struct Impatient(AtomicUsize);

impl Progress for Impatient {
    fn total(&self, _: u64) {}
    fn advance(&self, _: u64) {}
    fn interrupted(&self) -> bool {
        let left = self.0.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
        left.is_err()
    }
}

#[test]
fn an_attribution_ends_when_somebody_wants_an_end() {
    let scratch = Scratch::new();
    let repo = scratch.repo("repo", &[]);
    let blob = repo.git(&["rev-parse", "HEAD:a"]);
    let layout = layout::find(&repo.path, &ObjectDirs::default()).expect("a repository");
    let held = vec![vec![Held { object: blob, kind: Blob, part: Vec::new() }]];
    let mut ended = 0;
    for patience in 0.. {
        let progress = Impatient(AtomicUsize::new(patience));
        let told = attribute(&layout, None, 1, &held, &mut |issue| panic!("{issue:?}"), &progress);
        match told {
            Err(HistoryError::Interrupted) => ended += 1,
            Err(error) => panic!("{error}"),
            Ok(stories) => {
                assert!(stories[0].first.is_some());
                break;
            }
        }
    }
    assert_eq!(ended, 3, "after the search, before the stories, before their places");
}
