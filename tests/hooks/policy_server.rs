//! Whose settings judge what a server takes in, where its `HEAD` names a branch that nobody has pushed.

use std::path::{Path, PathBuf};

use super::{Repo, line};
use crate::support::{Ran, run};

/// A repository without hooks of its own, and a server with the gate, whose `HEAD` names `master`.
fn pushed_to() -> (Repo, PathBuf) {
    let mut repo = Repo::unborn();
    for hook in ["pre-commit", "pre-merge-commit", "commit-msg", "pre-push"] {
        std::fs::remove_file(repo.work().join(".git/hooks").join(hook)).expect("ours");
    }
    let server = repo.place.top().join("server.git");
    repo.git(&["init", "--quiet", "--bare", "--initial-branch=master", server.to_str().expect("UTF-8")]);
    repo.git(&["remote", "add", "origin", server.to_str().expect("UTF-8")]);
    on(&repo, &server, &["hook", "install"]).ends_with(0);
    (repo, server)
}

fn on(repo: &Repo, server: &Path, args: &[&str]) -> Ran {
    run(repo.place.leeward(args).current_dir(server), None)
}

fn commit(repo: &mut Repo, path: &str, content: &str) {
    repo.write(path, content);
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "-m", path]);
}

/// A key that a comment accepts.
fn accepted(number: usize) -> String {
    format!("{} # leeward:ignore a sample\n", line(number).trim())
}

#[test]
fn a_gate_that_cannot_go_by_what_judges_is_not_said_to_be_in_force() {
    for settings in ["unknown = 1\n", "exclude = ['*']\n"] {
        let (mut repo, server) = pushed_to();
        on(&repo, &server, &["hook", "uninstall"]).ends_with(0);
        commit(&mut repo, "leeward.toml", settings);
        repo.attempt(&["push", "origin", "main:refs/heads/master"]).ends_with(0);
        let says = |args: &[&str]| {
            let ran = on(&repo, &server, args).ends_with(1).says("pre-receive       stops everything: ");
            ran.says("help: nothing can be pushed here until that is mended: `leeward hook uninstall` lets");
        };
        says(&["hook", "install"]);
        says(&["hook", "status"]);
        // What is said is so, and helps.
        let ran = repo.attempt(&["push", "origin", "main:refs/heads/other"]).ends_with(1);
        ran.says("have whoever runs this server mend it");
        on(&repo, &server, &["hook", "uninstall"]).ends_with(0);
        commit(&mut repo, "leeward.toml", "");
        repo.attempt(&["push", "origin", "main:refs/heads/master"]).ends_with(0);
        on(&repo, &server, &["hook", "install"]).ends_with(0);
    }
}

#[test]
fn the_branch_that_is_there_judges_where_head_names_another() {
    let (mut repo, server) = pushed_to();
    commit(&mut repo, "leeward.toml", "inline-ignores = false\nexclude = ['samples/']\n");
    let first = repo.attempt(&["push", "origin", "main"]).ends_with(0);
    assert!(!first.err().contains("HEAD of this server"), "{}", first.err());
    let mend = "git symbolic-ref HEAD refs/heads/main";
    let problem = "HEAD of this server names refs/heads/master, which has no commit: the settings of refs/heads/main judge";
    on(&repo, &server, &["hook", "status"]).ends_with(1).says("problem: ").says(problem).says(mend);
    on(&repo, &server, &["doctor"]).ends_with(1).says("PROBLEM  ").says(problem).says(mend);
    commit(&mut repo, "samples/one.env", &line(2));
    repo.attempt(&["push", "origin", "main"]).ends_with(0).says(problem).says(mend);
    commit(&mut repo, "key.env", &accepted(3));
    let stopped =
        |repo: &Repo, refs: &str| repo.attempt(&["push", "origin", refs]).ends_with(1).says("key.env:1:17");
    stopped(&repo, "main").says(problem);
    stopped(&repo, "main:refs/heads/other");
    stopped(&repo, "main:refs/heads/master");
    // With others beside it, it goes by what is usual.
    repo.attempt(&["push", "origin", "main~1:refs/heads/another"]).ends_with(0);
    stopped(&repo, "main").says(problem);
    // What is said helps.
    let mut command = crate::support::command("sh", &server, repo.place.top());
    run(command.args(["-c", mend]), None).ends_with(0);
    on(&repo, &server, &["hook", "status"]).ends_with(0);
    on(&repo, &server, &["doctor", "--allow-gaps"]).ends_with(0);
    let said = stopped(&repo, "main").err();
    assert!(!said.contains("HEAD of this server"), "{said}");
}

#[test]
fn no_new_comment_accepts_anything_where_it_is_not_plain_which_branch_judges() {
    let (mut repo, server) = pushed_to();
    commit(&mut repo, "old.env", &accepted(2));
    // Nothing was there: a comment counts, as everywhere.
    repo.attempt(&["push", "origin", "main:refs/heads/trunk"]).ends_with(0).says("1 accepted");
    repo.attempt(&["push", "origin", "main:refs/heads/dev"]).ends_with(0);
    let problem = "no settings judge what is pushed, and no comment that it adds accepts a key";
    let help = "git symbolic-ref HEAD refs/heads/BRANCH";
    on(&repo, &server, &["hook", "status"]).ends_with(1).says(problem).says(help);
    commit(&mut repo, "new.env", &accepted(3));
    for refs in ["main:refs/heads/trunk", "main:refs/heads/new", "main:refs/heads/master"] {
        let ran = repo.attempt(&["push", "origin", refs]).ends_with(1).says("new.env:1:17").says(problem);
        let ran = ran.says("not heeded").says(help);
        assert!(!ran.err().contains("old.env"), "{}", ran.err());
    }
}

#[test]
fn settings_that_cannot_be_used_are_not_taken_in_where_they_are_to_judge() {
    let broken = "inline-ignore = false\n";
    let refused = |repo: &Repo, refs: &str| {
        let ran = repo.attempt(&["push", "origin", refs]).ends_with(1);
        ran.says("unknown key")
            .says("it is to judge what is pushed here, so that nothing could be pushed any more");
    };
    for first in [true, false] {
        let (mut repo, _) = pushed_to();
        if !first {
            commit(&mut repo, "a.txt", "a\n");
            repo.attempt(&["push", "origin", "main"]).ends_with(0);
        }
        commit(&mut repo, "leeward.toml", broken);
        refused(&repo, "main");
        refused(&repo, "main:refs/heads/master");
        // Not where another one judges.
        if !first {
            repo.attempt(&["push", "origin", "main:refs/heads/other"]).ends_with(0).says("cannot be used");
        }
        commit(&mut repo, "leeward.toml", "inline-ignores = false\n");
        repo.attempt(&["push", "origin", "main"]).ends_with(0);
    }
    // One of several that come at once.
    let (mut repo, _) = pushed_to();
    commit(&mut repo, "leeward.toml", broken);
    let ran = repo.attempt(&["push", "origin", "main:refs/heads/one", "main:refs/heads/main"]).ends_with(1);
    ran.says("what refs/heads/main brings to judge by cannot be used");
}

#[test]
fn a_server_refuses_new_comments_where_that_is_installed() {
    let (mut repo, server) = pushed_to();
    commit(&mut repo, "a.env", &accepted(2));
    repo.attempt(&["push", "origin", "main:master"]).ends_with(0);
    let refused = "pre-receive       in force, new comments refused\n";
    let install = |args: &[&str]| on(&repo, &server, &[&["hook", "install"], args].concat()).ends_with(0);
    install(&["--deny-new-suppressions"]).says(refused);
    // It stays so: whoever makes the hook anew for another version does not loosen it.
    install(&[]).says(refused);
    on(&repo, &server, &["hook", "status"]).ends_with(0).says(refused);
    on(&repo, &server, &["doctor"]).ends_with(0);
    commit(&mut repo, "b.env", &accepted(3));
    repo.attempt(&["push", "origin", "main:master"])
        .ends_with(1)
        .says("b.env:1:17")
        .says("--deny-new-suppressions");
    on(&repo, &server, &["hook", "uninstall"]).ends_with(0);
    on(&repo, &server, &["hook", "install"]).ends_with(0).says("pre-receive       in force\n");
    repo.attempt(&["push", "origin", "main:master"]).ends_with(0);
}
