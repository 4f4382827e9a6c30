//! What people are told to do, by state.

use super::remedy::Line::{Run, Say};
use super::remedy::{Line, Section, before_a_push, sections};
use super::sample;
use crate::finding::{Containment, Finding, LocationKind, State};
use crate::secret::Secret;

fn finding(kind: LocationKind, path: &str, containment: Containment) -> Finding {
    let mut finding =
        sample::finding(&sample::secret(7), &[], sample::location(kind, path, 1, ["", "m", ""]));
    finding.first_commit = Some(sample::commit("1a2b3c4d", "2025-11-20", "Add the client"));
    finding.containment = Some(containment);
    finding
}

/// Only the commands.
fn commands(findings: Vec<Finding>) -> Vec<String> {
    let mut report = sample::clean(1);
    report.findings = findings;
    let lines = sections(&report).into_iter().flat_map(|section| section.lines);
    lines.filter_map(|line| if let Run(command) = line { Some(command) } else { None }).collect()
}

fn state(state: State) -> Containment {
    Containment { state: Some(state), ..Containment::default() }
}

/// What takes a key out where a rebase stopped, and nowhere else.
const GO_ON: &str = "test -d \"$(git rev-parse --git-path rebase-merge)\" && \
    git commit --all --amend --no-edit && git rebase --continue";
const GO_ON_WITH_MESSAGE: &str = "test -d \"$(git rev-parse --git-path rebase-merge)\" && git commit --all --amend && git rebase --continue";

const AMEND: &str = "git ls-files --error-unmatch -- conf/.env >/dev/null && \
    git commit --amend --no-edit --allow-empty --only -- conf/.env";

#[test]
fn each_state_has_its_commands() {
    use LocationKind::{Blob, CommitMessage, Index, Path};
    let in_name = format!("sub/{}.txt", Secret::new(sample::secret(7).as_bytes()).redacted());
    let base = Containment { base: Some("77".repeat(20)), ..state(State::Unpushed) };
    let stash = Containment {
        reflogs: vec!["stash@{0}".into(), "stash@{10}".into(), "stash@{2}".into()],
        ..state(State::Stashed)
    };
    let table: [(LocationKind, &str, Containment, &[&str]); 11] = [
        (Index, "a b/it's", state(State::Staged), &[r"git reset -q -- 'a b/it'\''s'"]),
        (Path, "sub/key", state(State::Staged), &["git reset -q -- sub/key"]),
        (Path, &in_name, state(State::Staged), &["git reset"]),
        (Blob, "conf/.env", state(State::LastCommit), &[AMEND]),
        (CommitMessage, "", state(State::LastCommit), &["git commit --amend"]),
        (Blob, "a", base, &["git rebase --interactive --rebase-merges 7777777777", GO_ON]),
        (Blob, "a", state(State::Unpushed), &["git rebase --interactive --rebase-merges --root", GO_ON]),
        (
            CommitMessage,
            "",
            state(State::Unpushed),
            &["git rebase --interactive --rebase-merges --root", GO_ON_WITH_MESSAGE],
        ),
        (
            Blob,
            "a",
            stash,
            &["git stash drop 'stash@{10}'", "git stash drop 'stash@{2}'", "git stash drop 'stash@{0}'"],
        ),
        (
            Blob,
            "a",
            state(State::Unreachable),
            &["git reflog expire --expire=now --expire-unreachable=now --all && git gc --prune=now"],
        ),
        (Blob, "a", state(State::Uncommitted), &[]),
    ];
    for (kind, path, containment, expected) in table {
        let state = containment.state;
        assert_eq!(commands(vec![finding(kind, path, containment)]), expected, "{state:?}");
    }
}

#[test]
fn before_a_push_only_what_nobody_has_is_mended() {
    let base = Containment { base: Some("77".repeat(20)), ..state(State::Unpushed) };
    let all = [state(State::Pushed), state(State::LastCommit), base, state(State::Unreachable)];
    let mut report = sample::clean(1);
    report.findings = all.map(|it| finding(LocationKind::Blob, "conf/.env", it)).into();
    let expected = ["git rebase --interactive --rebase-merges 7777777777", GO_ON, AMEND];
    assert_eq!(before_a_push(&report), expected);
    report.findings.clear();
    assert_eq!(before_a_push(&report), [""; 0]);
}

#[test]
fn what_was_pushed_is_revoked_before_it_is_rewritten() {
    let pushed = || Containment { remotes: vec!["origin".into()], ..state(State::Pushed) };
    let mut encoded = finding(LocationKind::Blob, "k8s/secret.yaml", pushed());
    encoded.locations[0].decoded = vec!["base64".to_owned()];
    let message = finding(LocationKind::CommitMessage, "", pushed());
    let mut report = sample::clean(1);
    report.findings = vec![encoded, message];
    let sections = sections(&report);
    let [Section { title, lines }] = &sections[..] else { panic!("one section") };
    assert!(title.starts_with("Pushed, or handed on: "), "{title}");
    assert!(matches!(&lines[0], Say(text) if text.starts_with("First delete the key at its provider")));
    let found = commands(report.findings);
    let expected = [
        "url=$(git remote get-url origin)",
        "git clone --mirror \"$url\" ../leeward-rewrite.git",
        "leeward history --write-expressions ../leeward-expressions.txt ../leeward-rewrite.git",
        "git -C ../leeward-rewrite.git filter-repo --replace-text ../leeward-expressions.txt --replace-message \
         ../leeward-expressions.txt",
        "rm ../leeward-expressions.txt",
        "git -C ../leeward-rewrite.git filter-repo --invert-paths --path k8s/secret.yaml",
        "git -C ../leeward-rewrite.git push --force --mirror \"$url\"",
    ];
    assert_eq!(found, expected);
}

#[test]
fn refs_that_have_to_follow_are_named_or_counted() {
    let table: [(usize, u64, Option<&str>); 4] = [
        (1, 0, None),
        (2, 0, Some("Every ref that has it has to follow: refs/heads/0, refs/heads/1.")),
        (7, 0, Some("refs/heads/4 and 2 more refs.")),
        (20, 19_981, Some("refs/heads/12 and 19,996 more refs.")),
    ];
    for (named, more, expected) in table {
        let refs = (0..named).map(|number| format!("refs/heads/{number}").into()).collect();
        let containment = Containment { refs, more, ..state(State::Unpushed) };
        let mut report = sample::clean(1);
        report.findings = vec![finding(LocationKind::Blob, "a", containment)];
        let lines = sections(&report).into_iter().flat_map(|section| section.lines);
        let follow = |line: &Line| matches!(line, Say(text) if text.starts_with("Every ref"));
        let said: Vec<Line> = lines.filter(follow).collect();
        match (&said[..], expected) {
            ([], None) => {}
            ([Say(text)], Some(end)) => assert!(text.ends_with(end), "{text}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_most_urgent_comes_first() {
    let all = [State::Staged, State::Pushed, State::LastCommit, State::Unpushed];
    let mut report = sample::clean(1);
    report.findings = all.map(|it| finding(LocationKind::Blob, "a", state(it))).into();
    let titles: Vec<String> = sections(&report).into_iter().map(|section| section.title).collect();
    let begins = ["Pushed", "In commits", "Only in the last", "Staged"];
    assert!(titles.iter().zip(begins).all(|(title, begin)| title.starts_with(begin)), "{titles:?}");
    assert_eq!(titles.len(), begins.len());
}
