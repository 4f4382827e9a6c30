//! What contains an object, how far it got, and when it came and went, in histories that are not a straight line.

use super::super::attribution::{Held, Story, attribute};
use crate::finding::{Commit, Exposure, LocationKind, Presence, State};
use crate::source::layout::{self, ObjectDirs};
use crate::source::scratch_repo::{Repo, Scratch};

const DAY: u64 = 86_400;

/// The day of the first commit.
const START: u64 = 1_700_000_000;

fn story_of(repo: &Repo, object: &str, kind: LocationKind) -> Story {
    let layout = layout::find(&repo.path, &ObjectDirs::default()).expect("a repository");
    let held = Held { object: object.to_owned(), kind, part: Vec::new() };
    attribute(&layout, None, 2, &[vec![held]], &mut |issue| panic!("{issue:?}"), &())
        .expect("threads")
        .remove(0)
}

fn story(repo: &Repo, blob: &str) -> Story {
    story_of(repo, blob, LocationKind::Blob)
}

fn id(commit: &Option<Commit>) -> Option<&str> {
    commit.as_ref().map(|commit| commit.id.as_str())
}

fn refs(story: &Story) -> Vec<String> {
    story.containment.refs.iter().map(ToString::to_string).collect()
}

/// Where a rebase begins that takes it out; none for a root.
fn base_of(story: &Story) -> Option<String> {
    story.containment.rebase.clone().expect("a branch has it").base
}

fn reflogs(story: &Story) -> Vec<String> {
    story.containment.reflogs.iter().map(ToString::to_string).collect()
}

/// Commits `k` some days after the first commit; gives the ids of commit and blob.
fn add(repo: &Repo, day: u64, content: &str) -> (String, String) {
    repo.write("k", content);
    let commit = repo.commit_at(START + day * DAY, "with a key");
    (commit, repo.git(&["rev-parse", "HEAD:k"]))
}

fn remove(repo: &Repo, day: u64) -> String {
    repo.git(&["rm", "-q", "k"]);
    repo.commit_at(START + day * DAY, "without")
}

#[test]
fn from_the_index_to_a_remote() {
    let scratch = Scratch::new();
    let origin = scratch.repo("origin", &[]);
    let url = origin.path.display().to_string();
    scratch.empty("work", &[]);
    let repo = Repo { path: scratch.path("work") };
    repo.git(&["remote", "add", "origin", &url]);
    repo.git(&["fetch", "-q", "origin"]);
    repo.git(&["reset", "-q", "--hard", "origin/main"]);
    let base = repo.git(&["rev-parse", "HEAD"]);
    let state = |blob: &str| story(&repo, blob).containment.state;

    repo.write("k", "key\n");
    repo.git(&["add", "k"]);
    let blob = repo.git(&["rev-parse", ":k"]);
    let staged = story(&repo, &blob);
    assert_eq!((staged.containment.state, staged.presence), (Some(State::Staged), Presence::Index));
    assert_eq!((staged.containment.exposure, staged.containment.refs.len()), (None, 0));

    repo.commit_at(START + DAY, "with a key");
    let last = story(&repo, &blob);
    assert_eq!((last.containment.state, last.containment.pushed), (Some(State::LastCommit), Some(false)));
    assert_eq!((refs(&last), base_of(&last)), (vec!["refs/heads/main".to_owned()], Some(base.clone())));

    repo.commit_at(START + 2 * DAY, "more");
    let unpushed = story(&repo, &blob);
    assert_eq!((unpushed.containment.state, base_of(&unpushed)), (Some(State::Unpushed), Some(base)));

    repo.git(&["push", "-q", "origin", "HEAD:refs/heads/topic"]);
    let pushed = story(&repo, &blob);
    assert_eq!((pushed.containment.state, pushed.containment.pushed), (Some(State::Pushed), Some(true)));
    assert_eq!(pushed.containment.remotes, ["origin"]);
    assert_eq!(refs(&pushed), ["refs/heads/main", "refs/remotes/origin/topic"]);

    // The remote's branch was moved away since: it had it once.
    repo.git(&["push", "-q", "--force", "origin", "HEAD~2:refs/heads/topic"]);
    repo.git(&["reset", "-q", "--hard", "HEAD~2"]);
    let taken_back = story(&repo, &blob);
    assert_eq!(
        (taken_back.containment.state, taken_back.containment.remotes.len()),
        (Some(State::Pushed), 1)
    );
    assert!(reflogs(&taken_back).iter().any(|entry| entry.starts_with("main@{")), "{taken_back:?}");
    assert_eq!(state(&repo.git(&["rev-parse", "HEAD:a"])), Some(State::Pushed));
}

#[test]
fn what_no_branch_has() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    repo.write("a", "stashed key\n");
    repo.git(&["stash", "-q"]);
    let blob = repo.git(&["rev-parse", "stash@{0}:a"]);
    let stashed = story(&repo, &blob);
    assert_eq!(
        (stashed.containment.state, refs(&stashed)),
        (Some(State::Stashed), vec!["refs/stash".into()])
    );
    assert_eq!(reflogs(&stashed), ["stash@{0}"]);
    // An older entry of the stash is in its log alone.
    repo.write("a", "something else\n");
    repo.git(&["stash", "-q"]);
    let older = story(&repo, &blob);
    assert_eq!((reflogs(&older), refs(&older).len()), (vec!["stash@{1}".to_owned()], 0));
    assert_eq!(older.containment.state, Some(State::Stashed));

    repo.write("k", "dropped key\n");
    let dropped = repo.commit_at(START + DAY, "dropped");
    let blob = repo.git(&["rev-parse", "HEAD:k"]);
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let unreachable = story(&repo, &blob);
    assert_eq!(unreachable.containment.state, Some(State::Unreachable));
    assert_eq!(reflogs(&unreachable), ["HEAD@{1}", "main@{1}"]);
    assert_eq!((id(&unreachable.first), unreachable.presence), (Some(&*dropped), Presence::Gone));
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    let forgotten = story(&repo, &blob);
    assert_eq!((forgotten.containment.state, reflogs(&forgotten).len()), (Some(State::Unreachable), 0));
}

#[test]
fn many_refs_are_counted_and_only_those_that_have_it() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    let (_, blob) = add(&repo, 1, "key\n");
    for number in 0..25 {
        repo.git(&["branch", &format!("with-{number:02}")]);
        repo.git(&["branch", &format!("before-{number:02}"), "HEAD~1"]);
    }
    repo.git(&["tag", "-a", "v1", "-m", "inner"]);
    repo.git(&["tag", "-a", "v2", "-m", "outer", "v1"]);
    repo.git(&["update-ref", "refs/custom/blob", &blob]);
    repo.git(&["update-ref", "refs/custom/tree", "HEAD^{tree}"]);
    let story = story(&repo, &blob);
    let names = refs(&story);
    assert_eq!((names[0].as_str(), names[1].as_str()), ("refs/heads/main", "refs/heads/with-00"));
    assert!(names.iter().all(|name| !name.contains("before")), "{names:?}");
    // main, 25 branches, two tags, a blob and a tree.
    assert_eq!(names.len() as u64 + story.containment.more, 30);
    assert!(story.containment.more >= 10, "a report is not filled with names");
}

#[test]
fn a_bare_repository_was_pushed_to() {
    let scratch = Scratch::new();
    let repo = scratch.repo("work", &[]);
    let (_, blob) = add(&repo, 1, "key\n");
    let path = scratch.path("bare.git");
    repo.git(&["clone", "-q", "--bare", ".", &path.display().to_string()]);
    let story = story(&Repo { path }, &blob);
    assert_eq!((story.containment.state, story.containment.pushed), (Some(State::Pushed), Some(true)));
}

#[test]
fn it_came_back_and_went_again() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    let (came, blob) = add(&repo, 1, "key\n");
    let went = remove(&repo, 3);
    let exposure = |to: &str, days| {
        Some(Exposure { from: "2023-11-15".to_owned(), to: Some(to.to_owned()), days: Some(days) })
    };
    let gone = story(&repo, &blob);
    assert_eq!((id(&gone.removed), gone.containment.exposure), (Some(&*went), exposure("2023-11-17", 2)));
    repo.git_at(START + 5 * DAY, &["revert", "--no-edit", "HEAD"]);
    let back = story(&repo, &blob);
    assert_eq!((back.presence, id(&back.first), id(&back.removed)), (Presence::Head, Some(&*came), None));
    assert_eq!(back.containment.exposure.map(|exposure| exposure.to), Some(None));
    let again = remove(&repo, 9);
    let gone = story(&repo, &blob);
    assert_eq!((id(&gone.removed), gone.containment.exposure), (Some(&*again), exposure("2023-11-23", 8)));
}

#[test]
fn only_what_a_remote_is_known_to_have_was_pushed() {
    let scratch = Scratch::new();
    let origin = scratch.repo("origin", &[]);
    scratch.empty("work", &[]);
    let repo = Repo { path: scratch.path("work") };
    repo.git(&["remote", "add", "origin", &origin.path.display().to_string()]);
    repo.git(&["fetch", "-q", "origin"]);
    repo.git(&["reset", "-q", "--hard", "origin/main"]);
    let told = |story: &Story| (story.containment.state, story.containment.pushed);

    // What a tag stands for is there; of its message, nothing is known until it is fetched.
    repo.git(&["tag", "-a", "v1", "-m", "a key in it"]);
    let tag = repo.git(&["rev-parse", "refs/tags/v1"]);
    let message = || told(&story_of(&repo, &tag, LocationKind::TagMessage));
    assert_eq!(message(), (Some(State::Unpushed), None));
    repo.git(&["push", "-q", "origin", "v1"]);
    repo.git(&["fetch", "-q", "origin", "tag", "v1"]);
    assert_eq!(message(), (Some(State::Pushed), Some(true)));

    // Notes are neither pushed nor fetched, unless somebody says so.
    repo.git(&["notes", "add", "-m", "a note"]);
    let note = repo.git(&["notes", "list", "HEAD"]);
    assert_eq!(told(&story(&repo, &note)), (Some(State::Unpushed), Some(false)));
    repo.git(&["config", "--add", "remote.origin.fetch", "+refs/notes/*:refs/notes/*"]);
    assert_eq!(told(&story(&repo, &note)), (Some(State::Pushed), Some(true)));
}

#[test]
fn a_clock_that_is_wrong_does_not_turn_history_round() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    let (came, blob) = add(&repo, 9, "key\n");
    repo.write("unrelated", "x\n");
    let last = repo.commit_at(START - 300 * DAY, "long before its parent");
    let went = remove(&repo, 4);
    let story = story(&repo, &blob);
    let ends = (id(&story.first), id(&story.last), id(&story.removed));
    assert_eq!(ends, (Some(&*came), Some(&*last), Some(&*went)));
    let exposure = story.containment.exposure.expect("it was committed");
    assert_eq!((exposure.days, exposure.to.as_deref()), (None, Some("2023-11-18")));
}

#[test]
fn what_the_index_takes_up_again_is_not_in_head() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    let (came, blob) = add(&repo, 1, "key\n");
    let held = story(&repo, &blob);
    assert_eq!((held.presence, held.removed), (Presence::Head, None));
    repo.git(&["branch", "side"]);
    let went = remove(&repo, 2);
    repo.git(&["checkout", "-q", "side", "--", "k"]);
    let again = story(&repo, &blob);
    let ends = (again.presence, id(&again.first), id(&again.removed), again.containment.state);
    assert_eq!(ends, (Presence::Index, Some(&*came), Some(&*went), Some(State::Unpushed)));
}

#[test]
fn the_index_of_another_work_tree() {
    let scratch = Scratch::new();
    let main = scratch.repo("r", &[]);
    let other = Repo { path: scratch.path("other") };
    main.git(&["worktree", "add", "-q", &other.path.display().to_string()]);
    for (one, two, content) in [(&main, &other, "one\n"), (&other, &main, "two\n")] {
        one.write("k", content);
        one.git(&["add", "k"]);
        let blob = one.git(&["rev-parse", ":k"]);
        let (here, there) = (story(one, &blob), story(two, &blob));
        assert_eq!((here.containment.state, here.presence), (Some(State::Staged), Presence::Index));
        assert_eq!((there.containment.state, there.presence), (Some(State::Staged), Presence::Gone));
        let place = &there.places[0][0];
        assert_eq!((place.kind, place.path.as_ref()), (LocationKind::Index, Some(&"k".into())));
    }
}

#[test]
fn a_name_that_the_index_takes_up_again() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    repo.write("key/k", "1\n");
    repo.commit_at(START + DAY, "with a key");
    let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
    repo.git(&["rm", "-q", "key/k"]);
    repo.commit_at(START + 2 * DAY, "without");
    let layout = layout::find(&repo.path, &ObjectDirs::default()).expect("a repository");
    let presence = || {
        let held = Held { object: tree.clone(), kind: LocationKind::Path, part: vec!["key".into()] };
        let stories = attribute(&layout, None, 2, &[vec![held]], &mut |issue| panic!("{issue:?}"), &());
        stories.expect("threads").remove(0).presence
    };
    assert_eq!(presence(), Presence::Gone);
    repo.write("key/other", "2\n");
    repo.git(&["add", "-A"]);
    assert_eq!(presence(), Presence::Index);
}

#[test]
fn several_roots_that_are_merged() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    let (_, blob) = add(&repo, 5, "key\n");
    repo.git(&["checkout", "-q", "--orphan", "other"]);
    repo.git(&["rm", "-rfq", "."]);
    let (older_root, same) = add(&repo, 2, "key\n");
    assert_eq!(blob, same);
    repo.git(&["checkout", "-q", "main"]);
    let found = story(&repo, &blob);
    assert_eq!((id(&found.first), base_of(&found).is_some()), (Some(&*older_root), true));
    repo.git_at(START + 6 * DAY, &["merge", "-q", "--no-edit", "--allow-unrelated-histories", "other"]);
    assert_eq!(base_of(&story(&repo, &blob)), None);
    let went = remove(&repo, 8);
    let found = story(&repo, &blob);
    assert_eq!((id(&found.first), id(&found.removed)), (Some(&*older_root), Some(&*went)));
    assert_eq!(refs(&found), ["refs/heads/main", "refs/heads/other"]);
}

#[test]
fn a_rebase_passes_every_commit_that_adds_it() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    let root = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["checkout", "-q", "-b", "side"]);
    // By the clock, the side was later; on the way from the root, it was earlier.
    let (_, blob) = add(&repo, 9, "key\n");
    let rebase = || story(&repo, &blob).containment.rebase.expect("a branch has it");
    repo.git(&["checkout", "-q", "main"]);
    assert_eq!(rebase().branch, Some("refs/heads/side".into()));
    repo.write("other", "x\n");
    let later = repo.commit_at(START + 2 * DAY, "unrelated");
    add(&repo, 3, "key\n");
    assert_eq!((rebase().branch, rebase().base, rebase().height), (None, Some(later), 2));
    repo.git_at(START + 10 * DAY, &["merge", "-q", "--no-edit", "side"]);
    assert_eq!((rebase().branch, rebase().base, rebase().height), (None, Some(root), 1));
}

#[test]
fn merges_that_bring_it_and_merges_that_take_it_away() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    let side = |name: &str| {
        repo.git(&["checkout", "-q", "-b", name, "main"]);
        repo.write(name, "x\n");
        repo.commit_at(START + DAY, name);
    };
    side("one");
    side("two");
    repo.git(&["checkout", "-q", "main"]);
    repo.git_at(START + 2 * DAY, &["merge", "-q", "--no-commit", "--no-ff", "one", "two"]);
    let (evil, blob) = add(&repo, 2, "in no parent\n");
    let parents = repo.git(&["rev-list", "--parents", "-1", "HEAD"]);
    assert!(parents.split(' ').count() >= 3, "a merge");
    let found = story(&repo, &blob);
    assert_eq!((id(&found.first), found.presence), (Some(&*evil), Presence::Head));

    repo.git(&["checkout", "-q", "-b", "three", "HEAD~1"]);
    repo.write("three", "x\n");
    repo.commit_at(START + 3 * DAY, "three");
    repo.git(&["checkout", "-q", "main"]);
    repo.git_at(START + 4 * DAY, &["merge", "-q", "--no-commit", "--no-ff", "three"]);
    repo.git(&["rm", "-fq", "k"]);
    let taken = repo.commit_at(START + 4 * DAY, "a merge without it");
    let found = story(&repo, &blob);
    let ends = (id(&found.last), id(&found.removed), found.presence);
    assert_eq!(ends, (Some(&*evil), Some(&*taken), Presence::Gone));
}

#[test]
fn a_tag_holds_its_message_and_nothing_that_it_stands_for() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    repo.git(&["tag", "-a", "v1", "-m", "a key in it"]);
    let tag = repo.git(&["rev-parse", "refs/tags/v1"]);
    let found = story_of(&repo, &tag, LocationKind::TagMessage);
    assert_eq!(refs(&found), ["refs/tags/v1"]);
    let commit = repo.git(&["rev-parse", "HEAD"]);
    let found = story_of(&repo, &commit, LocationKind::CommitMessage);
    assert_eq!(
        (refs(&found), found.containment.state),
        (vec!["refs/heads/main".to_owned(), "refs/tags/v1".to_owned()], Some(State::Unpushed),)
    );
}
