//! What is offered to the pre-commit framework: the commands are there, and go by what it says.

use std::fs;

use super::line;
use super::templates::{GONE, repository, script};
use crate::support::top;

#[test]
fn the_hooks_of_the_pre_commit_framework_are_commands() {
    let (repo, _) = repository();
    let text = fs::read_to_string(top().join(".pre-commit-hooks.yaml")).expect("a file of ours");
    let entries: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("entry: ")).collect();
    assert_eq!(entries.len(), 8);
    for entry in entries {
        // Without a commit and a push all files are judged, the message among them.
        repo.write("message", line(3));
        let (file, says) = match entry.ends_with("commit-msg") {
            true => (" message", "leeward: stopped this commit: its message holds 1 key"),
            false => ("", "leeward: found 3 keys"),
        };
        let ran = script(&repo, "sh", &format!("{entry}{file}"), &[("PRE_COMMIT", "1")]);
        ran.ends_with(1).says(says);
    }
}

#[test]
fn what_the_pre_commit_framework_says_is_what_is_judged() {
    let (mut repo, [base, key, clean]) = repository();
    repo.git(&["rm", "--quiet", "base.env", "key.env"]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "all gone"]);
    let all = "leeward: no keys in";
    let push = [("PRE_COMMIT_REMOTE_NAME", "origin"), ("PRE_COMMIT_REMOTE_BRANCH", "refs/heads/main")];
    let branch = ("PRE_COMMIT_LOCAL_BRANCH", "refs/heads/main");
    fn range<'a>(from: &'a str, to: &'a str) -> [(&'a str, &'a str); 2] {
        [("PRE_COMMIT_FROM_REF", from), ("PRE_COMMIT_TO_REF", to)]
    }
    for (hook, environment, status, says) in [
        ("pre-commit", vec![], 0, all),
        ("pre-merge-commit", vec![], 0, all),
        ("pre-push", vec![], 0, all),
        ("pre-commit", range(&base, &key).to_vec(), 1, "key.env:1:17"),
        ("pre-commit", range(&key, &clean).to_vec(), 0, "leeward: no keys in 1 blob, 1 commit"),
        ("pre-commit", range(&key, &key).to_vec(), 3, "nothing to judge"),
        ("pre-commit", range(GONE, &key).to_vec(), 3, "not all of it could be judged"),
        ("pre-push", [&push[..], &range(&base, &clean)].concat(), 1, "stopped this push"),
        ("pre-push", [&push[..], &range(&key, &clean)].concat(), 0, "no new keys in"),
        // A branch of which the remote has nothing: its history, not its files.
        ("pre-push", [&push[..], &[branch]].concat(), 1, "it would add 2 keys"),
        ("pre-push", [&push[..], &[("PRE_COMMIT_LOCAL_BRANCH", "gone")]].concat(), 3, "not all of it"),
        ("pre-push", [&push[..], &[("PRE_COMMIT_LOCAL_BRANCH", "--all")]].concat(), 2, "standard input"),
        ("pre-push", push.to_vec(), 2, "standard input"),
    ] {
        let environment = [&environment[..], &[("PRE_COMMIT", "1")]].concat();
        script(&repo, "sh", &format!("leeward hook {hook}"), &environment).ends_with(status).says(says);
    }
    // Whatever is staged: in CI all files are meant, in a commit never.
    repo.write("base.env", line(1));
    repo.write("more.txt", "more of it\n");
    repo.git(&["add", "more.txt"]);
    for (environment, status, is_part) in [
        (&[("PRE_COMMIT", "1")][..], 0, true),
        (&[("PRE_COMMIT", "1"), ("CI", "true")], 1, false),
        (&[("PRE_COMMIT", "1"), ("CI", "true"), ("GIT_INDEX_FILE", ".git/index")], 0, false),
    ] {
        let ran = script(&repo, "sh", "leeward hook pre-commit", environment).ends_with(status);
        let says = ran.err().contains("note: something is staged, so only that was judged");
        assert_eq!(says, is_part, "{environment:?}: {}", ran.err());
    }
}

#[test]
fn new_comments_are_refused_whatever_the_framework_has_judged() {
    let (mut repo, _) = repository();
    let accepted = |number: usize| format!("{} # leeward:ignore sample\n", line(number).trim());
    repo.git(&["rm", "--quiet", "base.env", "key.env"]);
    repo.write("old.env", accepted(2));
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "old"]);
    let all = "leeward hook pre-commit --deny-new-suppressions";
    let framework = ("PRE_COMMIT", "1");
    // All files: those of HEAD are not new, and that is said.
    let ran = script(&repo, "sh", all, &[framework]).ends_with(0).says("no keys in 3 files");
    ran.says("note: of comments leeward:ignore, those that HEAD has are heeded");
    repo.git(&["mv", "old.env", "moved.env"]);
    let ci = ("CI", "1");
    script(&repo, "sh", all, &[framework, ci]).ends_with(0);
    repo.write("new.env", accepted(3));
    for environment in [&[framework][..], &[framework, ci]] {
        if environment.len() == 1 {
            repo.git(&["reset", "--quiet", "--hard"]);
        }
        let ran = script(&repo, "sh", all, environment).ends_with(1).says("  new.env:1:17");
        assert!(!ran.says("not heeded").err().contains("old.env:1:17"));
    }
    // A range: what it begins at.
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "new"]);
    script(&repo, "sh", all, &[framework]).ends_with(0).says("those that HEAD has are heeded");
    for (from, status) in [("HEAD~1", 1), ("HEAD", 3)] {
        let range = [framework, ("PRE_COMMIT_FROM_REF", from), ("PRE_COMMIT_TO_REF", "HEAD")];
        let ran = script(&repo, "sh", all, &range).ends_with(status);
        assert_eq!(ran.err().contains("new.env:1:17"), status == 1, "{}", ran.err());
    }
    let base = format!("{all} --policy-from HEAD~1");
    let ran = script(&repo, "sh", &base, &[framework]).ends_with(1).says("new.env:1:17");
    assert!(!ran.err().contains("those that HEAD has"), "{}", ran.err());
}

#[test]
fn an_entry_that_hands_over_names_of_files_is_told_what_to_write() {
    let (repo, _) = repository();
    let framework = ("PRE_COMMIT", "1");
    let pushed = [framework, ("PRE_COMMIT_REMOTE_NAME", "origin")];
    let names = "help: the pre-commit framework hands over names of files, and this gate looks at none: write \
        `pass_filenames: false` and `always_run: true`";
    for (command, environment) in [
        ("leeward hook pre-commit base.env", &[framework][..]),
        ("leeward hook pre-merge-commit base.env key.env", &[framework]),
        ("leeward hook pre-push base.env", &[framework]),
        ("leeward hook pre-push base.env key.env", &pushed),
        ("leeward hook pre-push base.env key.env more.txt", &pushed),
    ] {
        script(&repo, "sh", command, environment).ends_with(2).says(names);
    }
    let ran = script(&repo, "sh", "leeward hook commit-msg", &[framework]).ends_with(2);
    ran.says("hands over the file with the message unless its entry in .pre-commit-config.yaml says");
    // It is for who writes such an entry.
    let ran = script(&repo, "sh", "leeward hook pre-commit base.env", &[]).ends_with(2);
    assert!(!ran.err().contains("pass_filenames"), "{}", ran.err());
    let ran = script(&repo, "sh", "leeward hook pre-commit --no-such", &[framework]).ends_with(2);
    assert!(!ran.err().contains("pass_filenames"), "{}", ran.err());
}
