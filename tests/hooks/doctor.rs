//! `leeward doctor`: what it says of gates that hold, of gates that do not, and that it leaves the repository as it was.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{Repo, put_hook, put_script};
use crate::support::{Ran, run};

/// What git and people see of a repository.
fn state(repo: &Repo) -> Vec<String> {
    let asked: [&[&str]; 4] = [
        &["for-each-ref"],
        &["status", "--porcelain", "--ignored"],
        &["config", "--list", "--local"],
        &["count-objects", "-v"],
    ];
    asked.map(|args| repo.attempt(args).out()).into()
}

/// Looks at a repository, which stays as it is; no report ever holds a line that gives a key away.
#[track_caller]
fn doctor(repo: &Repo, args: &[&str], status: i32) -> Ran {
    let before = state(repo);
    let mut command = repo.place.leeward(&[&["doctor"], args].concat());
    let ran = run(&mut command, None).ends_with(status);
    assert_eq!(state(repo), before);
    let runs = ran.out();
    let long = runs.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| word.len() >= 32);
    assert_eq!(long, None, "a key is shown");
    ran
}

#[track_caller]
fn told(ran: &Ran, texts: &[&str]) {
    let out = ran.out();
    for text in texts {
        assert!(out.contains(text), "{text:?} is missing in:\n{out}");
    }
}

fn hooks_of(repo: &Repo) -> std::path::PathBuf {
    repo.work().join(".git")
}

#[test]
fn gates_that_hold() {
    for repo in [Repo::new(), Repo::unborn()] {
        let ran = doctor(&repo, &[], 0);
        let expected = [
            "ok       a commit with a key is stopped by the pre-commit hook\n",
            "ok       a push with a key is stopped by the pre-push hook\n",
            "ok       `leeward scan`, as CI would run it, finds the keys and ends with 1\n",
            "finds the keys and ends with 1\n",
            "leeward: 0 problems",
        ];
        told(&ran, &expected);
    }
}

#[test]
fn hooks_as_they_are_installed_hold() {
    let repo = Repo::new();
    fs::remove_dir_all(hooks_of(&repo).join("hooks")).expect("there");
    repo.place.run(&["hook", "install"]).ends_with(0);
    told(&doctor(&repo, &[], 0), &["a commit with a key is stopped", "a push with a key is stopped"]);
}

#[test]
fn where_there_is_no_hook_a_key_goes_through() {
    let repo = Repo::new();
    fs::remove_dir_all(hooks_of(&repo).join("hooks")).expect("there");
    let ran = doctor(&repo, &[], 1);
    told(&ran, &["PROBLEM  a commit with a key goes through: there is no pre-commit hook\n"]);
    told(&ran, &["PROBLEM  a push with a key goes through: there is no pre-push hook\n"]);
    told(&ran, &["fix: `leeward hook install`", "leeward: 2 problems"]);
    // Only what is asked for has to hold.
    told(&doctor(&repo, &["--gate", "ci"], 0), &["leeward: 0 problems"]);
}

#[test]
fn hooks_that_prove_nothing() {
    // What the hook does, and what is said of it.
    let table = [
        ("exit 0\n", "a commit with a key goes through: the pre-commit hook lets it pass"),
        ("exit 1\n", "a commit without a key is stopped, so the hooks prove nothing"),
        (
            "git diff --cached --quiet -G MISTRAL || { echo no; exit 1; }\n",
            "a commit with a key is stopped, but not for the key",
        ),
    ];
    for (script, said) in table {
        let repo = Repo::new();
        put_script(&hooks_of(&repo), "pre-commit", script);
        told(&doctor(&repo, &["--gate", "commit"], 1), &["PROBLEM", said]);
    }
}

#[test]
fn hooks_that_git_passes_over() {
    let repo = Repo::new();
    let hook = hooks_of(&repo).join("hooks/pre-commit");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o644)).expect("ours");
    let ran = doctor(&repo, &["--gate", "commit"], 1);
    told(&ran, &["the hook pre-commit may not be run", "fix: chmod +x", "goes through"]);
    let mut repo = Repo::new();
    repo.git(&["config", "core.hooksPath", "nowhere"]);
    let ran = doctor(&repo, &[], 1);
    told(&ran, &["core.hooksPath is set to a directory that is not there", "goes through"]);
}

#[test]
fn hooks_at_another_place_hold() {
    let mut repo = Repo::new();
    let hooks = hooks_of(&repo).join("hooks");
    fs::rename(hooks, repo.work().join(".git/elsewhere")).expect("ours");
    repo.git(&["config", "core.hooksPath", ".git/elsewhere"]);
    told(&doctor(&repo, &[], 0), &["ok       core.hooksPath is set"]);
}

#[test]
fn a_configuration_that_leaves_nothing_to_scan() {
    let repo = Repo::new();
    repo.write("leeward.toml", "exclude = ['**']\n");
    let ran = doctor(&repo, &[], 2);
    told(&ran, &["PROBLEM", "leaves out every", "UNTRIED"]);
    repo.write("leeward.toml", "nonsense = 1\n");
    told(&doctor(&repo, &[], 2), &["PROBLEM  configuration: leeward.toml:1:1: unknown key"]);
}

#[test]
fn a_server_holds_what_is_received() {
    let mut repo = Repo::new();
    repo.git(&["clone", "--quiet", "--bare", ".", "server.git"]);
    let server = repo.work().join("server.git");
    let ask = |status| repo.place.run(&["doctor", "--gate", "push", "server.git"]).ends_with(status);
    told(&ask(1), &["there is no pre-receive hook"]);
    put_hook(Path::new(&server), "pre-receive");
    told(&ask(0), &["a push with a key is stopped by the pre-receive hook"]);
}
