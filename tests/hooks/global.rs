//! `leeward hook install --global`: hooks for all repositories of a person, and what becomes of a repository's own.

use std::fs;
use std::process::Command;

use super::install::{bare_of_hooks, files};
use super::{Repo, line, put_script};
use crate::support::{Ran, run};

/// The program and git with a configuration of the person's own.
fn global(repo: &Repo, mut command: Command) -> Ran {
    run(command.env("GIT_CONFIG_GLOBAL", repo.place.top().join("home/.gitconfig")), None)
}

#[test]
fn hooks_of_all_repositories_run_the_repositories_own() {
    let mut repo = bare_of_hooks();
    let git_dir = repo.work().join(".git");
    for hook in ["pre-commit", "post-commit", "prepare-commit-msg"] {
        put_script(&git_dir, hook, format!("echo own {hook} >&2\n"));
    }
    let leeward = |command: &str, args: &[&str]| {
        global(&repo, repo.place.leeward(&[&["hook", command][..], args].concat()))
    };
    leeward("status", &["--global"]).ends_with(1).says("was not told");
    leeward("install", &["--global"]).ends_with(0).says("pre-commit        in force\n");
    leeward("install", &["--global"]).ends_with(0);
    leeward("status", &[]).ends_with(0).says("of this and other repositories");
    // Those of one repository alone would not be read; they are in force there already.
    leeward("install", &[])
        .ends_with(0)
        .says("nothing to do: git reads the hooks of `leeward hook install --global` in ")
        .says("of this and other repositories")
        .says("pre-commit        in force\n");
    assert!(!git_dir.join("hooks/commit-msg").exists());
    let for_all = "help: `leeward hook install --global --deny-new-suppressions`";
    leeward("install", &["--deny-new-suppressions"]).ends_with(2).says("nothing was done").says(for_all);
    leeward("install", &["--global", "--deny-new-suppressions"])
        .ends_with(0)
        .says("in force, new comments refused");
    leeward("uninstall", &[]).ends_with(2).says("--global");
    repo.write("more.txt", "more\n");
    repo.git(&["add", "."]);
    let made = global(&repo, repo.command(&["commit", "-m", "more"])).ends_with(0).says("leeward: no");
    made.says("own pre-commit").says("own post-commit").says("own prepare-commit-msg");
    repo.write("key.env", line(2));
    repo.git(&["add", "."]);
    global(&repo, repo.command(&["commit", "-m", "a key"]))
        .ends_with(1)
        .says("key.env:1:17")
        .says("own pre-commit");
    let leeward = |command: &str| global(&repo, repo.place.leeward(&["hook", command, "--global"]));
    leeward("uninstall").ends_with(0).says("taken away");
    let home = repo.place.top().join("home");
    assert!(!home.join(".config/leeward/hooks").exists());
    assert!(!fs::read_to_string(home.join(".gitconfig")).expect("there").contains("hooksPath"));
    leeward("status").ends_with(1);
    let made = global(&repo, repo.command(&["commit", "-m", "a key"])).ends_with(0).says("own pre-commit");
    assert!(!made.err().contains("leeward"), "{}", made.err());
}

#[test]
fn hooks_of_a_repository_that_git_no_longer_runs_are_named() {
    let mut repo = bare_of_hooks();
    let git_dir = repo.work().join(".git");
    let leeward = |args: &[&str]| global(&repo, repo.place.leeward(&[&["hook"], args].concat()));
    leeward(&["install", "--global"]).ends_with(0);
    let warns = |args: &[&str], warns: bool| {
        let out = leeward(args).ends_with(0).out();
        let what =
            "warning: git no longer runs the reference-transaction, post-index-change of this repository";
        assert_eq!(out.contains(what) && out.contains("help: `git config core.hooksPath"), warns, "{out}");
    };
    warns(&["status"], false);
    for hook in ["reference-transaction", "post-index-change"] {
        put_script(&git_dir, hook, "echo own >&2\n");
    }
    warns(&["status"], true);
    warns(&["install", "--global"], true);
    // It is true, and what is said helps.
    let ran = |repo: &Repo| global(repo, repo.command(&["tag", "--force", "t"])).ends_with(0).err();
    repo.write("a.txt", "a\n");
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "a"]);
    assert!(!ran(&repo).contains("own"));
    repo.git(&["config", "core.hooksPath", git_dir.join("hooks").to_str().expect("UTF-8")]);
    let leeward = |args: &[&str]| global(&repo, repo.place.leeward(&[&["hook"], args].concat()));
    leeward(&["install"]).ends_with(0);
    assert!(ran(&repo).contains("own"));
    let out = leeward(&["status"]).ends_with(0).out();
    assert!(!out.contains("no longer"), "{out}");
}

#[test]
fn doctor_tries_what_a_server_has_of_its_own_behind_the_hooks_of_all() {
    let mut repo = bare_of_hooks();
    repo.write("a.txt", "a\n");
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "-m", "a"]);
    let server = repo.place.top().join("server.git");
    repo.git(&["clone", "--quiet", "--bare", ".", server.to_str().expect("UTF-8")]);
    let on_server = |args: &[&str]| {
        let mut leeward = repo.place.leeward(args);
        leeward.current_dir(&server);
        global(&repo, leeward)
    };
    on_server(&["hook", "install", "--global"]).ends_with(0);
    // Nothing of its own, something else, and the gate, alone and behind that.
    let lets_pass = "PROBLEM  a push with a key goes through: the pre-receive hook lets it pass\n         fix: `leeward hook install`";
    let doctor = ["doctor", "--patience", "20"];
    on_server(&doctor).ends_with(1).says(lets_pass);
    for read in ["cat >/dev/null\n", "exit 0\n"] {
        put_script(&server, "pre-receive", read);
        on_server(&doctor).ends_with(1).says(lets_pass);
        on_server(&["hook", "install"]).ends_with(0).says("pre-receive       in force, after");
        on_server(&doctor).ends_with(0).says("a push with a key is stopped by the pre-receive hook");
        on_server(&["hook", "uninstall"]).ends_with(0);
    }
    fs::remove_file(server.join("hooks/pre-receive")).expect("ours");
    on_server(&["hook", "install"]).ends_with(0);
    on_server(&doctor).ends_with(0).says("a push with a key is stopped by the pre-receive hook");
}

#[test]
fn a_directory_that_somebody_chose_for_all_hooks_stays_theirs() {
    let repo = bare_of_hooks();
    let chosen = repo.place.top().join("chosen");
    fs::write(
        repo.place.top().join("home/.gitconfig"),
        format!("[core]\n\thooksPath = {}\n", chosen.display()),
    )
    .expect("new");
    put_script(&repo.work().join(".git"), "pre-commit", "echo own pre-commit >&2\n");
    let leeward = |command: &str| global(&repo, repo.place.leeward(&["hook", command, "--global"]));
    leeward("install").ends_with(0);
    assert_eq!(files(&chosen).len(), 6);
    repo.write("key.env", line(2));
    global(&repo, repo.command(&["add", "."])).ends_with(0);
    let stopped = global(&repo, repo.command(&["commit", "-m", "a key"])).ends_with(1).says("key.env:1:17");
    assert!(!stopped.err().contains("own"), "git does not run it, and neither may we: {}", stopped.err());
    leeward("uninstall").ends_with(0);
    assert_eq!(files(&chosen).len(), 0);
    assert!(
        fs::read_to_string(repo.place.top().join("home/.gitconfig")).expect("theirs").contains("hooksPath")
    );
}

#[test]
fn a_directory_that_is_another_one_in_each_repository_is_that_of_this_one() {
    let repo = bare_of_hooks();
    let home = repo.place.top().join("home/.gitconfig");
    fs::write(
        &home,
        "[core]\nhooksPath = my-hooks\n[push]\ngpgSign = true\n[user]\nname = A\nemail = a@b.example\n",
    )
    .expect("writable");
    let leeward = |args: &[&str]| global(&repo, repo.place.leeward(args));
    let help = "that is another directory in each repository: run `leeward hook install` there";
    leeward(&["hook", "install", "--global"]).ends_with(2).says(help);
    leeward(&["hook", "install"]).ends_with(0).says("git reads the hooks of this repository from ");
    assert!(repo.work().join("my-hooks/pre-commit").exists());
    // What is signed otherwise is tried without.
    leeward(&["doctor", "--allow-gaps"])
        .ends_with(0)
        .says("a push with a key is stopped by the pre-push hook");
}

#[test]
fn a_repository_with_hooks_at_a_place_of_its_own_runs_none_of_those_of_all() {
    let mut repo = bare_of_hooks();
    repo.git(&["config", "core.hooksPath", "hooks-here"]);
    let leeward = |args: &[&str]| global(&repo, repo.place.leeward(&[&["hook"], args].concat()));
    for command in ["install", "status"] {
        let ran = leeward(&[command, "--global"]).ends_with(0).says("pre-commit        in force\n");
        ran.says("warning: the repository here reads its hooks from ")
            .says("hooks-here (its own core.hooksPath), and runs none of these\n")
            .says(
                "help: `leeward hook install` puts them there; or take the setting out: git config --unset",
            );
    }
    // Either is enough.
    leeward(&["install"]).ends_with(0);
    repo.write("key.env", line(2));
    repo.git(&["add", "key.env"]);
    global(&repo, repo.command(&["commit", "-m", "a key"])).ends_with(1).says("key.env:1:17");
    repo.git(&["config", "--unset", "core.hooksPath"]);
    global(&repo, repo.command(&["commit", "-m", "a key"])).ends_with(1).says("key.env:1:17");
    let ran = global(&repo, repo.place.leeward(&["hook", "status", "--global"])).ends_with(0);
    assert!(!ran.out().contains("warning"), "{}", ran.out());
}

#[test]
fn hooks_among_the_files_that_are_committed_are_said_to_be() {
    let mut repo = bare_of_hooks();
    let committed = |repo: &Repo, directory: &str| {
        let out = repo.place.run(&["hook", "install"]).ends_with(0).out();
        let said = out
            .contains(&format!("/{directory} is in the work tree, so what was written there is committed"));
        let listed = repo.attempt(&["status", "--porcelain", "--untracked-files=all"]).out();
        assert_eq!(said, listed.contains(&format!("{directory}/commit-msg")), "{out}{listed}");
        said
    };
    assert!(!committed(&repo, "hooks"));
    repo.write(".team/pre-commit", "#!/bin/sh\nexit 0\n");
    repo.git(&["add", ".team"]);
    repo.git(&["commit", "--quiet", "-m", "hooks"]);
    repo.git(&["config", "core.hooksPath", ".team"]);
    assert!(committed(&repo, ".team"));
    repo.git(&["config", "core.hooksPath", "mine"]);
    repo.write(".gitignore", "mine/\n");
    assert!(!committed(&repo, "mine"));
    // From elsewhere in it, too.
    fs::create_dir_all(repo.work().join("below")).expect("new");
    repo.git(&["config", "core.hooksPath", "theirs"]);
    let mut below = repo.place.leeward(&["hook", "install"]);
    run(below.current_dir(repo.work().join("below")), None).ends_with(0).says("/theirs is in the work tree");
}
