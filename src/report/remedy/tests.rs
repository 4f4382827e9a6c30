//! What people are told to do, by state.

use super::Line::{Run, Say};
use super::{Line, before_a_push, sections};
use crate::finding::{CheckedOut, Containment, Finding, LocationKind, Rebase, Staged, State, WorkTree};
use crate::report::sample;
use crate::secret::Secret;

pub(super) fn finding(kind: LocationKind, path: &str, containment: Containment) -> Finding {
    let mut finding =
        sample::finding(&sample::secret(7), &[], sample::location(kind, path, 1, ["", "m", ""]));
    finding.first_commit = Some(sample::commit("1a2b3c4d", "2025-11-20", "Add the client"));
    finding.last_commit = finding.locations[0].commit.clone();
    finding.containment = Some(containment);
    if let Some(found) = finding.containment.as_mut().filter(|found| found.state == Some(State::Staged)) {
        found.staged.push(Staged { work_tree: None, path: path.into() });
    }
    finding
}

/// Only the commands.
pub(super) fn commands(findings: Vec<Finding>) -> Vec<String> {
    let mut report = sample::clean(1);
    report.findings = findings;
    let lines = sections(&report).into_iter().flat_map(|section| section.lines);
    lines.filter_map(|line| if let Run(command) = line { Some(command) } else { None }).collect()
}

pub(super) fn state(state: State) -> Containment {
    Containment { state: Some(state), ..Containment::default() }
}

/// A key in a commit of a branch, or of what is checked out.
pub(super) fn committed(branch: Option<&str>, base: Option<&str>, height: u32) -> Containment {
    let (branch, base) = (branch.map(Into::into), base.map(|digits| digits.repeat(20)));
    Containment {
        rebase: Some(Rebase {
            branch,
            work_tree: None,
            gone: false,
            apart: false,
            base,
            tip: TIP.repeat(20),
            merges: false,
            height,
        }),
        ..state(State::Unpushed)
    }
}

/// What begins a rebase.
fn rebase(rest: &str) -> String {
    format!(
        "git -c commit.cleanup=verbatim rebase --rebase-merges --keep-empty --reschedule-failed-exec --exec 'leeward range --quiet --allow-empty \"HEAD^! --not --remotes\"' {rest}"
    )
}

/// Whether a rebase stopped for a key.
const STOPPED: &str = "test -d \"$(git rev-parse --git-path rebase-merge)\" && test -z \"$(git rev-parse --quiet --verify REBASE_HEAD)\"";

/// What takes a key out where a rebase stopped for it, and nowhere else.
fn go_on(edit: &str) -> String {
    format!(
        "{STOPPED} && git -c diff.ignoreSubmodules=all commit --all --amend --allow-empty{edit} && \
             git -c commit.cleanup=verbatim rebase --continue"
    )
}

/// What goes on behind a conflict, and keeps a commit that is empty then.
fn resolved() -> String {
    "test -e \"$(git rev-parse --git-path MERGE_MSG)\" && git commit --allow-empty --cleanup=verbatim -C REBASE_HEAD && \
     git -c commit.cleanup=verbatim rebase --continue"
        .to_owned()
}

/// What changes the author of a commit, and not the day.
fn author() -> String {
    format!(
        "{STOPPED} && git commit --amend --no-edit --cleanup=verbatim --allow-empty --reset-author --date=\"$(git log -1 --format=%aI)\""
    )
}

/// What is checked out, before another branch is.
const REMEMBER: &str = "head=$(git symbolic-ref --quiet --short HEAD || git rev-parse HEAD)";

const BACK: &str = "git checkout \"$head\" --";

/// The last commit of every branch.
pub(super) const TIP: &str = "ee";

/// What shows whether more was lost than keys.
fn check() -> String {
    "git diff --no-ext-diff --no-textconv ".to_owned() + &TIP.repeat(20) + " HEAD"
}

/// Where a rebase begins, and what follows.
fn from(base: &str, rest: &str) -> String {
    base.repeat(20) + rest
}

/// Keeps the message as it is.
const ANEW: &str = " --no-edit --cleanup=verbatim";

/// One rebase, from its beginning to its end.
fn one(begin: &str, edit: &str) -> Vec<String> {
    vec![rebase(begin), go_on(edit), resolved(), check()]
}

/// Unstages a file that is on disk as it is staged.
pub(super) fn unstage(file: &str) -> String {
    format!("git diff --exit-code --name-only -- {file} && git reset -q -- {file}")
}

/// Drops an entry of the stash that is what it was.
fn drop_stash(number: usize) -> String {
    format!(
        "test \"$(git rev-parse 'refs/stash@{{{number}}}')\" = c{number} && git stash drop 'stash@{{{number}}}'"
    )
}

const AMEND: &str = "git ls-files --error-unmatch -- :/a >/dev/null && git commit --amend --no-edit --cleanup=verbatim --allow-empty --only -- :/a";

#[test]
fn each_state_has_its_commands() {
    use LocationKind::{Blob, CommitMessage, Index, Path};
    let in_name = format!("sub/{}.txt", Secret::new(sample::secret(7).as_bytes()).redacted());
    let stash = Containment {
        stashed: [0, 10, 2].map(|number| (number, format!("c{number}"))).into(),
        ..state(State::Stashed)
    };
    let table: [(LocationKind, &str, Containment, &[&str]); 8] = [
        (Index, "a b/it's", state(State::Staged), &[&unstage(r"':/a b/it'\''s'")]),
        (Path, "sub/key", state(State::Staged), &[&unstage(":/sub/key")]),
        (Path, &in_name, state(State::Staged), &["git reset"]),
        (
            Blob,
            "conf/.env",
            state(State::LastCommit),
            &["git ls-files --error-unmatch -- :/conf/.env >/dev/null && \
               git commit --amend --no-edit --cleanup=verbatim --allow-empty --only -- :/conf/.env"],
        ),
        (
            CommitMessage,
            "",
            state(State::LastCommit),
            &["git commit --amend --cleanup=scissors --only --allow-empty"],
        ),
        (Blob, "a", stash, &[&drop_stash(10), &drop_stash(2), &drop_stash(0)]),
        (
            Blob,
            "a",
            state(State::Unreachable),
            &[
                "git -c gc.reflogExpire=now -c gc.reflogExpireUnreachable=now -c gc.refs/stash.reflogExpire=never \
               -c gc.refs/stash.reflogExpireUnreachable=never gc --prune=now",
            ],
        ),
        (Blob, "a", state(State::Uncommitted), &[]),
    ];
    for (kind, path, containment, expected) in table {
        let state = containment.state;
        assert_eq!(commands(vec![finding(kind, path, containment)]), expected, "{state:?}");
    }
}

#[test]
fn one_rebase_for_each_branch_passes_all_keys() {
    use LocationKind::{Author, Blob, CommitMessage};
    let side = Some("refs/heads/my side");
    let own = |base, height| committed(None, base, height);
    let last = || Containment { state: Some(State::LastCommit), ..own(Some("99"), 9) };
    type Row = (Vec<(LocationKind, Containment)>, Vec<String>);
    let table: [Row; 8] = [
        (vec![(Blob, own(Some("77"), 4))], one(&from("77", ""), ANEW)),
        (vec![(Blob, own(None, 0)), (Blob, own(Some("77"), 1))], one("--root", ANEW)),
        (vec![(Blob, own(Some("77"), 4)), (Blob, own(Some("11"), 2))], one(&from("11", ""), ANEW)),
        (vec![(CommitMessage, own(Some("77"), 4))], one(&from("77", ""), " --cleanup=scissors")),
        // Who else wrote a commit stays its author.
        (
            vec![(Author, own(Some("77"), 4))],
            vec![rebase(&from("77", "")), author(), go_on(ANEW), resolved(), check()],
        ),
        (
            vec![(Blob, own(Some("77"), 4)), (Blob, committed(side, Some("11"), 2))],
            [
                one(&from("77", ""), ANEW),
                vec![REMEMBER.to_owned()],
                one(&from("11", " 'my side'"), ANEW),
                vec![BACK.to_owned()],
            ]
            .concat(),
        ),
        // The rebase passes the last commit as well.
        (vec![(Blob, own(Some("77"), 4)), (Blob, last())], one(&from("77", ""), ANEW)),
        // After another branch, that one would be amended.
        (
            vec![(Blob, committed(side, Some("11"), 2)), (Blob, last())],
            [
                one(&from("99", ""), ANEW),
                vec![REMEMBER.to_owned()],
                one(&from("11", " 'my side'"), ANEW),
                vec![BACK.to_owned()],
            ]
            .concat(),
        ),
    ];
    for (findings, expected) in table {
        let findings = findings.into_iter().map(|(kind, containment)| finding(kind, "a", containment));
        assert_eq!(commands(findings.collect()), expected);
    }
}

/// What writes down for git-filter-repo what is to go.
pub(super) const WRITE: &str = "leeward history --quiet --write-expressions \"$work/expressions.txt\" --write-blobs \"$work/blobs.txt\" \"$work/copy.git\"";

/// What takes it out of a copy.
pub(super) const FILTER: &str = "GIT_NO_REPLACE_OBJECTS=1 git -c safe.bareRepository=all -C \"$work/copy.git\" filter-repo --prune-empty never --replace-text \"$work/expressions.txt\" --replace-message \
    \"$work/expressions.txt\" --strip-blobs-with-ids \"$work/blobs.txt\"";

#[test]
fn what_a_rebase_would_lose_is_rewritten_in_a_copy() {
    let own = committed(None, Some("77"), 4);
    let plain = Containment { refs: vec!["refs/heads/main".into()], ..own.clone() };
    let has_merges = Rebase { merges: true, ..own.rebase.expect("it is there") };
    let merged = Containment { rebase: Some(has_merges), ..plain.clone() };
    let names = ["refs/heads/main", "refs/heads/a b", "refs/tags/v1", "refs/stash"];
    let at = |branch: &str, work_tree| CheckedOut { branch: branch.into(), tip: TIP.repeat(20), work_tree };
    let here = at(names[0], WorkTree::Here);
    let shared = Containment {
        refs: names.map(Into::into).to_vec(),
        checked_out: vec![here.clone(), at(names[1], WorkTree::At("/w t".into()))],
        ..plain.clone()
    };
    let detached = Containment { refs: vec!["HEAD".into()], ..merged.clone() };
    let rewrites = |kind, found: &Containment| {
        let commands = commands(vec![finding(kind, "a", found.clone())]);
        let rewrite = commands.iter().position(|command| command.contains(" filter-repo "));
        (rewrite.is_some(), commands)
    };
    for (found, expected) in [(&plain, false), (&merged, true), (&shared, true), (&detached, false)] {
        assert_eq!(rewrites(LocationKind::Blob, found).0, expected, "{found:?}");
        // A HEAD on no branch is given one, where there are merges.
        let branch_first = rewrites(LocationKind::Blob, found).1 == ["git switch --create NEW-NAME"];
        assert_eq!(branch_first, *found == detached, "{found:?}");
    }
    // Names are looked through by a function of their own.
    let (_, told) = rewrites(LocationKind::Path, &shared);
    assert!(
        told[2].starts_with("names=") && told[3].contains(" --filename-callback \"$names, filename)\" "),
        "{told:?}"
    );
    let (_, told) = rewrites(LocationKind::Author, &shared);
    assert!(
        told[3].contains(" --name-callback \"$names, name)\" --email-callback \"$names, email)\" "),
        "{told:?}"
    );
    let (behind, tip) = ("77".repeat(20), TIP.repeat(20));
    let clean = "test -z \"$(git -C '/w t' status --porcelain -uno --ignore-submodules; git -C '/w t' diff --cached --name-only --ignore-submodules=none; git status --porcelain -uno --ignore-submodules; git diff --cached --name-only --ignore-submodules=none)\"";
    let take = |git: &str, name: &str, short: &str| {
        format!(
            "{git} fetch --no-tags --no-write-fetch-head \"$work/copy.git\" {name} && {git} -c commit.cleanup=verbatim rebase \
             --rebase-merges --empty=keep --onto \"$(git --git-dir \"$work/copy.git\" rev-parse {name})\" {tip} {short}"
        )
    };
    let expected = [
        &format!(
            "unset work && {clean} && work=$(mktemp -d) && git clone --mirror --shared -c 'transfer.hideRefs=!refs' \
             --upload-pack 'git -c transfer.hideRefs=!refs upload-pack' \"$(git rev-parse --git-common-dir)\" \"$work/copy.git\""
        ),
        WRITE,
        &format!(
            "{FILTER} --force --refs 'refs/heads/a b' refs/heads/main refs/tags/v1 '^{behind}' \
             $(git --git-dir \"$work/copy.git\" rev-parse --not --remotes)"
        ),
        &format!(
            "{clean} && {} && {} && git fetch --no-tags --no-write-fetch-head \"$work/copy.git\" \
             +refs/tags/v1:refs/tags/v1 && rm -rf \"$work\"",
            take("git -C '/w t'", "'refs/heads/a b'", "'a b'"),
            take("git", "refs/heads/main", "main"),
        ),
        &check(),
    ];
    assert_eq!(rewrites(LocationKind::Blob, &shared).1, expected);
}

#[test]
fn what_no_branch_has_is_deleted_or_made_anew() {
    let of = |name: &str| Containment { refs: vec![name.into()], ..state(State::Unpushed) };
    let note = "12/34/".to_owned() + &"56".repeat(18);
    let edit = "git notes --ref=refs/notes/commits edit 1234".to_owned() + &"56".repeat(18);
    let notes = [
        edit.as_str(),
        "git update-ref refs/notes/commits \"$(git commit-tree -m notes 'refs/notes/commits^{tree}')\"",
    ];
    let table: [(LocationKind, &str, &str, &[&str]); 4] = [
        (LocationKind::TagMessage, "", "refs/tags/v1", &["git tag --force --annotate v1 'v1^{}'"]),
        (LocationKind::Blob, "a", "refs/tags/v1", &["git branch NEW-NAME refs/tags/v1"]),
        (LocationKind::Note, &note, "refs/notes/commits", &notes),
        (LocationKind::Blob, "a", "refs/original/x", &["git update-ref -d refs/original/x"]),
    ];
    for (kind, path, name, expected) in table {
        assert_eq!(commands(vec![finding(kind, path, of(name))]), expected, "{name}");
    }
    let stash = Containment {
        refs: vec!["refs/original/x".into(), "refs/stash".into()],
        stashed: vec![(1, "c1".to_owned())],
        ..state(State::Unpushed)
    };
    let expected = [&drop_stash(1), "git update-ref -d refs/original/x"];
    assert_eq!(commands(vec![finding(LocationKind::Blob, "a", stash)]), expected);
}

#[test]
fn a_branch_that_is_called_like_an_option_gets_another_name_first() {
    let new = "git update-ref refs/heads/NEW-NAME refs/heads/-x && \
               { test \"$(git symbolic-ref --quiet HEAD)\" != refs/heads/-x || git symbolic-ref HEAD refs/heads/NEW-NAME; } && \
               git update-ref -d refs/heads/-x";
    for state in [State::Unpushed, State::Pushed] {
        let refs = vec!["refs/heads/-x".into(), "refs/heads/main".into()];
        let found = Containment { state: Some(state), refs, ..committed(Some("refs/heads/-x"), None, 2) };
        assert_eq!(commands(vec![finding(LocationKind::Blob, "a", found)]), [new]);
    }
}

#[test]
fn before_a_push_only_what_nobody_has_is_mended() {
    let base = committed(None, Some("77"), 2);
    let all = [state(State::Pushed), state(State::LastCommit), state(State::Unreachable)];
    let mut report = sample::clean(1);
    report.findings = all.map(|it| finding(LocationKind::Blob, "a", it)).into();
    let commands = |report: &_| -> Vec<String> {
        let lines = before_a_push(report).into_iter();
        lines.filter_map(|line| if let Run(command) = line { Some(command) } else { None }).collect()
    };
    assert_eq!(commands(&report), [AMEND]);
    report.findings.push(finding(LocationKind::Blob, "a", base));
    assert_eq!(commands(&report), one(&from("77", ""), ANEW));
    report.findings.clear();
    assert_eq!(before_a_push(&report), []);
}

#[test]
fn refs_that_have_to_follow_are_named_or_counted() {
    // Refs of each finding by their numbers, how many more it has, and what is said; the first is what is rebased.
    type Row<'a> = (&'a [(std::ops::Range<usize>, u64)], Option<&'a str>);
    let table: [Row<'_>; 6] = [
        (&[(0..1, 0)], None),
        (
            &[(0..2, 0)],
            Some(
                "has to follow (git 2.38 and later takes branches along that stand on the way): refs/heads/01.",
            ),
        ),
        (&[(0..7, 0)], Some("refs/custom/06 and 1 more ref.")),
        (&[(0..20, 19_981)], Some("refs/custom/06 and 19,995 more refs.")),
        (&[(0..7, 0), (0..9, 0)], Some("refs/custom/06 and 3 more refs.")),
        // The five that the first does not name may be the two that the second names, and more.
        (&[(0..20, 5), (2..22, 3)], Some("refs/custom/06 and at least 19 more refs.")),
    ];
    for (findings, expected) in table {
        let mut report = sample::clean(1);
        for (named, more) in findings {
            // A HEAD on no branch is rebased, and what would share it with several branches is not.
            let name = |number| match number {
                0 => "HEAD".into(),
                1 => "refs/heads/01".into(),
                _ => format!("refs/custom/{number:02}").into(),
            };
            let refs = named.clone().map(name).collect();
            let containment = Containment { refs, more: *more, ..committed(None, None, 0) };
            report.findings.push(finding(LocationKind::Blob, "a", containment));
        }
        let lines = sections(&report).into_iter().flat_map(|section| section.lines);
        let follow = |line: &Line| matches!(line, Say(text) if text.starts_with("Every other ref"));
        let said: Vec<Line> = lines.filter(follow).collect();
        match (&said[..], expected) {
            ([], None) => {}
            ([Say(text)], Some(end)) => {
                assert!(
                    text.ends_with(&format!("{end} What is left then is told when you look again.")),
                    "{text}"
                );
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_got_least_far_comes_first() {
    use State::{LastCommit, Pushed, Staged, Stashed, Unpushed, Unreachable};
    let all = [Staged, Pushed, Unreachable, LastCommit, Stashed, Unpushed];
    let mut report = sample::clean(1);
    report.findings = all.map(|it| finding(LocationKind::Blob, "a", state(it))).into();
    let titles: Vec<String> = sections(&report).into_iter().map(|section| section.title).collect();
    let begins =
        ["Staged", "Only in the last", "Not pushed", "Only in the stash", "In no ref any more", "Pushed"];
    assert!(titles.iter().zip(begins).all(|(title, begin)| title.starts_with(begin)), "{titles:?}");
    assert_eq!(titles.len(), begins.len());
}
