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
    let ran = doctor(&repo, &[], 0);
    told(&ran, &["a commit with a key is stopped", "a push with a key is stopped"]);
    told(&ran, &["ok       a patch with a key is stopped by the pre-applypatch hook\n"]);
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
fn hooks_for_patches_are_tried_where_they_are() {
    // What the hook does, and what is said of it.
    let table = [
        ("exit 0\n", "a patch with a key goes through: the pre-applypatch hook lets it pass"),
        ("exit 1\n", "a patch without a key is stopped, so the hooks prove nothing"),
        (
            "git diff --cached --quiet -G MISTRAL || { echo no; exit 1; }\n",
            "a patch with a key is stopped, but not for the key",
        ),
    ];
    for (script, said) in table {
        for repo in [Repo::new(), Repo::unborn()] {
            put_script(&hooks_of(&repo), "pre-applypatch", script);
            let ran = doctor(&repo, &["--gate", "commit"], 1);
            told(&ran, &["PROBLEM", said, "a commit with a key is stopped by", "leeward: 1 problem"]);
            // It is for whoever commits.
            doctor(&repo, &["--gate", "push"], 0);
        }
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
fn what_the_configuration_lets_through_is_no_gate_that_holds() {
    let mut repo = Repo::new();
    repo.write("samples/a.env", super::line(2));
    repo.write("samples/b.env", super::line(3));
    repo.write("b.lock", "nothing\n");
    let off = "rule azure-mistral-api-key is switched off (leeward.toml:2): 2 of 2 examples of its keys";
    // What the file says, the gap, and what it is called.
    let table = [
        ("[rules]\ndisable = ['azure-mistral-api-key']\n", off),
        ("[rules]\nonly = ['mistral-api-key']\n", off),
        (
            "exclude = [\n 'samples/']\n",
            "keys in 2 files are left out by 'samples/' (leeward.toml:2): samples/a.env, samples/b.env",
        ),
        ("confidence = 'high'\n", "only keys of high confidence are stopped (leeward.toml:1)"),
    ];
    for (text, gap) in table {
        for tracked in [false, true] {
            repo.write("leeward.toml", text);
            if tracked {
                repo.git(&["add", "."]);
            }
            let ran = doctor(&repo, &[], 1);
            told(&ran, &["GAP", gap, "leeward: 0 problems, 1 gap"]);
            // On purpose, and said all the same.
            told(&doctor(&repo, &["--allow-gaps"], 0), &[gap, "leeward: 0 problems, 1 gap"]);
            repo.git(&["rm", "--quiet", "-r", "--cached", "--ignore-unmatch", "leeward.toml"]);
        }
    }
    let own = "[[rule]]\nid = 'azure-mistral-api-key'\ndescription = 'x'\nseverity = 'high'\nconfidence = 'high'\n\
               pattern = 'acme_[a-z]{8}'\n";
    repo.write("own.toml", own);
    repo.write("leeward.toml", "[rules]\nbuiltin = false\nfiles = ['own.toml']\n");
    let ran = doctor(&repo, &[], 1);
    told(&ran, &["rule azure-mistral-api-key is replaced by another one of that id (leeward.toml:3)"]);
    told(&ran, &["rule mistral-api-key is switched off (leeward.toml:2)", "2 gaps"]);
    // A place where keys often are is a gap, though there is none yet.
    repo.write("leeward.toml", "exclude = [\n 'docs/',\n '*.envrc', 'settings.*']\n");
    let gap = "GAP      keys would not be looked for where they often are: .envrc, settings.py, left out by '*.envrc' \
        (leeward.toml:3), 'settings.*' (leeward.toml:3)\n";
    told(&doctor(&repo, &[], 1), &[gap, "no key stands in what is left out", "0 problems, 1 gap"]);
    told(&doctor(&repo, &["--allow-gaps"], 0), &[gap]);
    // Nothing gets through by what leaves out no key, nor by a key that somebody answers for.
    repo.write("leeward.toml", "exclude = ['*.lock']\n");
    told(
        &doctor(&repo, &[], 0),
        &["ok       no key stands in what is left out by '*.lock' (leeward.toml:1)"],
    );
    repo.place.run(&["baseline", "create", "--no-config", "--reason", "samples"]).ends_with(0);
    repo.write("leeward.toml", "exclude = ['samples/']\nbaseline = 'leeward.baseline'\n");
    told(&doctor(&repo, &[], 0), &["no key stands in what is left out", "leeward: 0 problems"]);
}

#[test]
fn a_hook_that_stops_some_keys_only_is_no_proof() {
    let repo = Repo::new();
    let program = crate::support::binary();
    let elsewhere = repo.place.top().join("weak.toml");
    fs::write(&elsewhere, "rules.disable = ['azure-mistral-api-key']\n").expect("ours");
    let script = format!("exec '{}' hook pre-commit --config '{}'\n", program.display(), elsewhere.display());
    put_script(&hooks_of(&repo), "pre-commit", script);
    let ran = doctor(&repo, &["--gate", "commit"], 1);
    told(&ran, &["PROBLEM  a commit is stopped for some keys, and not for those of azure-mistral-api-key"]);
}

#[test]
fn a_hook_that_hangs_is_named_and_not_waited_for() {
    let hangs = "while :; do sleep 1; done\n";
    for (hook, what) in [("commit-msg", "a commit"), ("pre-push", "a push")] {
        let repo = Repo::new();
        put_script(&hooks_of(&repo), hook, hangs);
        let ran = doctor(&repo, &["--patience", "8"], 3);
        let said = format!(
            "UNTRIED  {what} without a key came to no end: the hook {hook} was still running after 8 s"
        );
        told(&ran, &[&said]);
    }
    // By another process, that holds on to what it was given.
    let repo = Repo::new();
    put_script(&hooks_of(&repo), "pre-commit", "(while :; do sleep 1; done) &\nexit 0\n");
    let ran = doctor(&repo, &["--gate", "commit", "--patience", "8"], 3);
    told(&ran, &["came to no end"]);
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

#[test]
fn an_empty_path_of_hooks_is_no_path() {
    let mut repo = Repo::new();
    repo.git(&["config", "core.hooksPath", ""]);
    told(&doctor(&repo, &[], 3), &["PROBLEM  core.hooksPath is empty", "git config --unset core.hooksPath"]);
    for command in ["install", "status"] {
        let mut command = repo.place.leeward(&["hook", command]);
        run(&mut command, None).ends_with(2).says("core.hooksPath is empty");
    }
    assert!(!repo.work().join("pre-commit").exists());
}

#[test]
fn the_name_of_the_program_on_the_path_is_asked_who_it_is() {
    use std::os::unix::fs::symlink;

    let repo = Repo::new();
    let bin = repo.place.top().join("bin");
    fs::create_dir(&bin).expect("new");
    let path = bin.join("leeward");
    let script = |text: &str| {
        fs::remove_file(&path).ok();
        fs::write(&path, text).expect("ours");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("ours");
    };
    let expect = |text: &str| {
        let mut command = repo.place.leeward(&["doctor", "--gate", "ci"]);
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("set"));
        told(&run(command.env("PATH", path), None).ends_with(0), &[text]);
    };
    script("#!/bin/sh\nexit 0\n");
    expect("warning  hooks that call leeward by its name call another program: ");
    script("#!/bin/sh\necho leeway 3\n");
    expect("bin/leeward does not say that it is leeward\n");
    script("#!/bin/sh\necho leeward 0.0.1\n");
    expect("by its name call another version: leeward 0.0.1, ");
    fs::remove_file(&path).expect("ours");
    symlink(crate::support::binary(), &path).expect("new");
    expect("ok       hooks that call leeward by its name call this version\n");
}

#[test]
fn hooks_that_are_switched_off_or_no_files_are_said_to_be() {
    let mut repo = Repo::new();
    repo.git(&["config", "core.hooksPath", "/dev/null"]);
    let ran = doctor(&repo, &[], 1);
    told(&ran, &["PROBLEM  hooks are switched off: core.hooksPath is /dev/null (file:.git/config"]);
    told(&ran, &["fix: take the setting out: git config --unset core.hooksPath\n"]);
    repo.git(&["config", "core.hooksPath", repo.place.top().join("none").to_str().expect("UTF-8")]);
    told(&doctor(&repo, &[], 1), &["a directory that is not there", "fix: make the directory, or take"]);
    repo.git(&["config", "--unset", "core.hooksPath"]);
    let hook = hooks_of(&repo).join("hooks/pre-commit");
    fs::remove_file(&hook).expect("ours");
    fs::create_dir(&hook).expect("ours");
    told(&doctor(&repo, &[], 1), &["PROBLEM  the hook pre-commit is a directory, not a file"]);
}

#[test]
fn a_fix_is_one_that_can_be_made() {
    let repo = Repo::new();
    fs::remove_dir_all(hooks_of(&repo).join("hooks")).expect("ours");
    repo.place.run(&["hook", "install"]).ends_with(0);
    let hook = hooks_of(&repo).join("hooks").join("pre-commit");
    let text = fs::read_to_string(&hook).expect("installed");
    let other = text.lines().map(|line| match line.starts_with("program=") {
        true => "program='/bin/true'\n".to_owned(),
        false => format!("{line}\n"),
    });
    fs::write(&hook, other.collect::<String>()).expect("ours");
    let ran = doctor(&repo, &["--gate", "commit"], 1);
    told(
        &ran,
        &["the pre-commit hook lets it pass", "`leeward hook install`, which makes it anew for this program"],
    );
    let changed = fs::read_to_string(&hook).expect("installed") + "exit 0\n";
    fs::write(&hook, changed).expect("ours");
    told(&doctor(&repo, &["--gate", "commit"], 1), &["changed since: delete ", "`leeward hook install`"]);
    fs::remove_file(&hook).expect("ours");
    repo.place.run(&["hook", "install"]).ends_with(0);
    doctor(&repo, &["--gate", "commit"], 0);
    fs::remove_dir_all(hooks_of(&repo).join("hooks")).expect("ours");
    fs::write(hooks_of(&repo).join("hooks"), "").expect("ours");
    let ran = doctor(&repo, &["--gate", "commit"], 1);
    told(&ran, &["a file, not a directory, so git finds no hook", "away, and `leeward hook install`"]);
}

#[test]
fn what_another_program_goes_by_is_tried_as_it_is_on_disk() {
    let mut repo = Repo::new();
    // As the pre-commit framework does where its configuration is allowed to be missing.
    let config = ".pre-commit-config.yaml";
    let allowed = "test -f .pre-commit-config.yaml || test -z \"$PRE_COMMIT_ALLOW_NO_CONFIG\" || exit 0\n";
    let script = format!("{allowed}exec '{}' hook pre-commit\n", crate::support::binary().display());
    put_script(&hooks_of(&repo), "pre-commit", script);
    repo.write(config, "repos: []\n");
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "config"]);
    let ask = |status: i32| {
        let mut command = repo.place.leeward(&["doctor", "--gate", "commit"]);
        run(command.env("PRE_COMMIT_ALLOW_NO_CONFIG", "1"), None).ends_with(status)
    };
    told(&ask(0), &["a commit with a key is stopped by the pre-commit hook"]);
    fs::remove_file(repo.work().join(config)).expect("ours");
    told(&ask(1), &["PROBLEM  a commit with a key goes through: the pre-commit hook lets it pass"]);
    told(&doctor(&repo, &["--gate", "commit"], 0), &["a commit with a key is stopped"]);
}
