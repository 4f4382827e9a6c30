//! What people are told to do about what others have.

use bstr::BString;

use super::Line::Say;
use super::tests::{FILTER, TIP, WRITE, commands, committed, finding, state, unstage};
use super::{Section, sections};
use crate::finding::{CheckedOut, Containment, LocationKind, State, WorkTree};
use crate::report::sample;

#[test]
fn what_was_pushed_is_revoked_before_it_is_rewritten() {
    let pushed = || Containment { remotes: vec!["origin".into()], ..state(State::Pushed) };
    let mut encoded = finding(LocationKind::Blob, "k8s/secret.yaml", pushed());
    encoded.locations[0].decoded = vec!["base64".to_owned()];
    let message = finding(LocationKind::CommitMessage, "", pushed());
    let mut report = sample::clean(1);
    report.findings = vec![encoded, message];
    let sections = sections(&report);
    let [Section { title, lines, .. }] = &sections[..] else { panic!("one section") };
    assert!(title.starts_with("Pushed, or handed on: "), "{title}");
    assert!(matches!(&lines[0], Say(text) if text.starts_with("First delete the key at its provider")));
    let found = commands(report.findings);
    let expected = [
        "work=$(mktemp -d) && git -C \"$(git rev-parse --show-cdup)\" -c clone.defaultRemoteName=origin clone --mirror --no-local \"$(git remote get-url --push origin)\" \"$work/copy.git\"",
        &format!("url=$(git --git-dir \"$work/copy.git\" remote get-url origin) && {}", remember(">")),
        WRITE,
        FILTER,
        "rm \"$work/expressions.txt\"",
        &notes_follow("git --git-dir \"$work/copy.git\""),
        &unchanged("ls-remote --refs \"$url\" 'refs/heads/*' 'refs/tags/*' 'refs/notes/*'"),
        "unchanged && git --git-dir \"$work/copy.git\" push --force --prune \"$url\" 'refs/replace/*:refs/replace/*' && git --git-dir \"$work/copy.git\" push --force \"$url\" 'refs/*:refs/*'",
        "unchanged && git --git-dir \"$work/copy.git\" push --force \"$url\" 'refs/*:refs/*' '^refs/pull/*' '^refs/merge-requests/*' && rm -rf \"$work\"",
    ];
    assert_eq!(found, expected);
}

/// Lists refs.
const LIST: &str = "for-each-ref --format='%(objectname)%09%(refname)' refs/heads refs/tags refs/notes";

/// What notes the refs of the copy.
fn remember(into: &str) -> String {
    format!("git --git-dir \"$work/copy.git\" {LIST} {into}\"$work/refs.txt\"")
}

/// What looks whether refs, as `now` lists them, are those of the copy.
fn unchanged(now: &str) -> String {
    let remember = remember(">>");
    format!(
        "unchanged() {{ {remember} && git {now} >\"$work/now.txt\" && ! grep -vxF -f \"$work/refs.txt\" \"$work/now.txt\"; }}"
    )
}

/// What gives the notes of a repository to the new commits.
fn notes_follow(git: &str) -> String {
    format!(
        "for notes in $({git} for-each-ref --format='%(refname)' refs/notes/); do tail -n +2 \"$work/copy.git/filter-repo/commit-map\" | \
         {git} notes --ref=\"$notes\" copy --force --stdin; done"
    )
}

#[test]
fn where_there_are_notes_they_go_along() {
    let has_notes =
        |found: Containment| vec![finding(LocationKind::Blob, "a", Containment { notes: true, ..found })];
    let told = commands(has_notes(state(State::Pushed)));
    assert_eq!(told[6], notes_follow("git --git-dir \"$work/copy.git\""), "{told:?}");
    let shared = Containment {
        refs: vec!["refs/heads/main".into(), "refs/heads/other".into()],
        ..committed(Some("refs/heads/main"), Some("77"), 4)
    };
    let told = commands(has_notes(shared));
    assert!(told[3].contains(&format!(" && {} && rm -rf ", notes_follow("git"))), "{told:?}");
    for found in [committed(None, Some("77"), 4), state(State::LastCommit)] {
        assert_eq!(commands(has_notes(found))[0], "export GIT_NOTES_REWRITE_REF='refs/notes/*'");
    }
    assert_eq!(commands(has_notes(state(State::Staged))), [unstage(":/a")]);
}

#[test]
fn what_no_remote_has_is_rewritten_in_place() {
    let at = |branch: &str, work_tree| CheckedOut { branch: branch.into(), tip: TIP.repeat(20), work_tree };
    let checked_out = vec![
        at("refs/heads/main", WorkTree::Here),
        at("refs/heads/a b", WorkTree::At("/w t".into())),
        at("refs/heads/gone", WorkTree::Gone),
    ];
    let found = Containment { checked_out, ..state(State::Pushed) };
    let told = commands(vec![finding(LocationKind::Blob, "a", found)]);
    let expected = "unchanged && git switch --detach && git -C '/w t' switch --detach && git fetch --update-head-ok --no-write-fetch-head --prune \
                    \"$work/copy.git\" '+refs/*:refs/*' '^refs/remotes/*' '^refs/stash' && git switch main && \
                    git -C '/w t' switch 'a b' && rm -rf \"$work\"";
    assert_eq!((told.len(), told[7].as_str()), (9, expected), "{told:?}");
    assert_eq!([&told[1], &told[6]], [&remember(">"), &unchanged(LIST)]);
}

#[test]
fn what_a_rewrite_in_place_leaves_is_told() {
    let told = |refs: &[&str]| {
        let refs = refs.iter().map(|name| BString::from(*name)).collect();
        commands(vec![finding(LocationKind::Blob, "a", Containment { refs, ..state(State::Pushed) })])
    };
    let gone = "git update-ref -d refs/remotes/svn/trunk";
    let alone = told(&["refs/remotes/svn/trunk"]);
    assert_eq!((alone.len(), alone[0].as_str()), (2, gone), "{alone:?}");
    let both = told(&["refs/heads/main", "refs/remotes/svn/trunk", "worktrees/a/HEAD"]);
    assert!(both[0].contains("clone --mirror") && both[both.len() - 2] == gone, "{both:?}");
    assert_eq!(told(&["HEAD", "worktrees/a/HEAD"]).len(), 1);
}

#[test]
fn each_remote_that_has_it_is_named() {
    let remotes = ["backup", "fork", "origin"].map(Into::into).to_vec();
    let containment = Containment { remotes, ..state(State::Pushed) };
    let mut report = sample::clean(1);
    report.findings = vec![finding(LocationKind::Blob, "a.env", containment)];
    let lines = sections(&report).into_iter().flat_map(|section| section.lines);
    let said: Vec<String> =
        lines.filter_map(|line| if let Say(text) = line { Some(text) } else { None }).collect();
    let others =
        "The same again for each other remote that has it, in a copy of its own: fork and origin.".to_owned();
    assert!(said.contains(&others), "{said:?}");
    assert!(commands(report.findings)[0].contains("\"$(git remote get-url --push backup)\""));
}
