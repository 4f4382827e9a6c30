//! `leeward hook install`, `uninstall`, `status`: what git then stops, and what becomes of hooks that were there.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use super::{Repo, git_in, line, put_script};
use crate::support::place::Place;
use crate::support::{binary, copy_binary, run};

/// A repository with a first commit, and no hooks.
pub(super) fn bare_of_hooks() -> Repo {
    let mut place = Place::new();
    place.init();
    let mut repo = Repo { place };
    repo.write("sub/other.txt", "nothing\n");
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--message", "base"]);
    repo
}

fn hooks(repo: &Repo) -> PathBuf {
    repo.work().join(".git/hooks")
}

/// Every file below a directory: content and whether it can be run.
pub(super) fn files(directory: &Path) -> BTreeMap<String, (Vec<u8>, bool)> {
    let Ok(entries) = fs::read_dir(directory) else { return BTreeMap::new() };
    let file = |entry: fs::DirEntry| {
        let mode = entry.metadata().expect("there").permissions().mode();
        let name = entry.file_name().to_string_lossy().into_owned();
        (name, (fs::read(entry.path()).unwrap_or_default(), mode & 0o111 != 0))
    };
    entries.map(|entry| file(entry.expect("readable"))).collect()
}

/// A commit with a key is stopped, one without is made; the same for messages.
#[track_caller]
fn in_force(repo: &mut Repo) {
    repo.write("key.env", line(2));
    repo.git(&["add", "key.env"]);
    repo.stops(&["commit", "-m", "a key"], "key.env:1:17");
    repo.git(&["rm", "--quiet", "--force", "key.env"]);
    repo.write(
        "sub/other.txt",
        format!("{}more\n", fs::read_to_string(repo.work().join("sub/other.txt")).expect("ours")),
    );
    repo.git(&["add", "."]);
    repo.stops(&["commit", "-m", &line(3)], "its message holds 1 key");
    repo.passes(&["commit", "-m", "no key"]);
}

#[test]
fn installed_hooks_stop_keys_and_let_the_rest_pass() {
    let mut repo = bare_of_hooks();
    repo.place.run(&["hook", "status"]).ends_with(1).says("pre-commit        missing");
    repo.place.run(&["hook", "install"]).ends_with(0).says("pre-commit        in force\n");
    in_force(&mut repo);
    let remote = repo.place.top().join("remote.git");
    repo.git(&["init", "--quiet", "--bare", remote.to_str().expect("UTF-8")]);
    repo.git(&["remote", "add", "origin", remote.to_str().expect("UTF-8")]);
    repo.attempt(&["push", "origin", "main"]).ends_with(0).says("leeward: no");
    repo.write("key.env", line(2));
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "past the first gate"]);
    repo.attempt(&["push", "origin", "main"]).ends_with(1).says("stopped this push").says("key.env:1:17");
    repo.place.run(&["hook", "status"]).ends_with(0);
}

#[test]
fn installing_twice_changes_nothing_and_uninstalling_leaves_nothing() {
    let repo = bare_of_hooks();
    let before = files(&hooks(&repo));
    repo.place.run(&["hook", "install"]).ends_with(0);
    let installed = files(&hooks(&repo));
    assert_eq!(installed.len(), before.len() + 6, "{:?}", installed.keys());
    repo.place.run(&["hook", "install"]).ends_with(0);
    assert_eq!(files(&hooks(&repo)), installed);
    repo.place.run(&["hook", "uninstall"]).ends_with(0).says("taken away");
    assert_eq!(files(&hooks(&repo)), before);
    repo.place.run(&["hook", "uninstall"]).ends_with(0).says("not there");
    repo.place.run(&["hook", "status"]).ends_with(1);
}

#[test]
fn a_hook_that_was_there_still_runs_and_its_refusal_counts() {
    let mut repo = bare_of_hooks();
    let git_dir = repo.work().join(".git");
    put_script(&git_dir, "pre-commit", "echo theirs ran >&2\ntest ! -e refuse || exit 7\n");
    put_script(&git_dir, "commit-msg", "echo \"their line\" >> \"$1\"\n");
    let before = files(&hooks(&repo));
    repo.place
        .run(&["hook", "install"])
        .ends_with(0)
        .says("pre-commit        in force, after the hook that was here before");
    in_force(&mut repo);
    assert!(repo.git(&["log", "-1", "--format=%B"]).contains("their line"));
    repo.write("more.txt", "more\n");
    repo.git(&["add", "."]);
    repo.write("refuse", "");
    let refused = repo.attempt(&["commit", "-m", "more"]).ends_with(1).says("theirs ran");
    assert!(!refused.err().contains("leeward"), "{}", refused.err());
    repo.place.run(&["hook", "install"]).ends_with(0);
    repo.place.run(&["hook", "uninstall"]).ends_with(0).says("put back");
    assert_eq!(files(&hooks(&repo)), before);
    repo.attempt(&["commit", "-m", "more"]).ends_with(1).says("theirs ran");
}

#[test]
fn a_hook_before_a_push_does_not_take_the_lines_of_git_away() {
    let mut repo = bare_of_hooks();
    for script in ["cat > lines\n", "exec < /dev/null\n", "read one\n"] {
        fs::remove_dir_all(hooks(&repo)).ok();
        put_script(&repo.work().join(".git"), "pre-push", script);
        repo.place.run(&["hook", "install"]).ends_with(0);
        repo.write("key.env", line(2));
        repo.git(&["add", "key.env"]);
        repo.git(&["commit", "--quiet", "--no-verify", "--allow-empty", "-m", "a key"]);
        let remote = repo.place.top().join("remote.git");
        repo.git(&["init", "--quiet", "--bare", remote.to_str().expect("UTF-8")]);
        let pushed = repo.attempt(&["push", remote.to_str().expect("UTF-8"), "main"]);
        pushed.ends_with(1).says("stopped this push").says("key.env:1:17");
    }
    let lines = fs::read_to_string(repo.work().join("lines")).expect("theirs was run");
    assert!(
        lines.starts_with("refs/heads/main ") && lines.ends_with(&format!(" {}\n", "0".repeat(40))),
        "{lines}"
    );
}

#[test]
fn without_the_program_nothing_passes_and_what_to_do_is_said() {
    let mut repo = bare_of_hooks();
    let copy = repo.place.top().join("it's a copy");
    copy_binary(&copy);
    let home = repo.place.top().join("home");
    let mut install = crate::support::command(&copy, &repo.work(), &home);
    run(install.args(["hook", "install"]), None).ends_with(0);
    in_force(&mut repo);
    fs::remove_file(&copy).expect("our own");
    repo.place
        .run(&["hook", "status"])
        .ends_with(1)
        .says("pre-commit        stops everything")
        .says("it's a copy is gone");
    repo.write("more.txt", "more\n");
    repo.git(&["add", "."]);
    let stopped = repo.attempt(&["commit", "-m", "more"]).ends_with(1).says("leeward: stopped this commit");
    stopped
        .says("it's a copy, and there is no leeward on PATH")
        .says("leeward hook install")
        .says("git commit --no-verify");
    repo.attempt(&["commit", "--no-verify", "-m", "more"]).ends_with(0);
    // One that is on PATH takes its place.
    let bin = repo.place.top().join("bin");
    fs::create_dir(&bin).expect("new");
    symlink(binary(), bin.join("leeward")).expect("new");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("set"));
    repo.write("key.env", line(2));
    repo.git(&["add", "."]);
    run(repo.command(&["commit", "-m", "a key"]).env("PATH", &path), None).ends_with(1).says("key.env:1:17");
    run(repo.place.leeward(&["hook", "status"]).env("PATH", path), None).ends_with(0).says("in force, by");
    repo.place.run(&["hook", "install"]).ends_with(0).says("pre-commit        in force\n");
}

#[test]
fn what_somebody_changed_is_not_written_over() {
    let repo = bare_of_hooks();
    repo.place.run(&["hook", "install"]).ends_with(0);
    let path = hooks(&repo).join("pre-commit");
    let changed = fs::read_to_string(&path).expect("installed") + "echo mine\n";
    fs::write(&path, &changed).expect("ours");
    repo.place.run(&["hook", "status"]).ends_with(1).says("pre-commit        changed since it was installed");
    repo.place.run(&["hook", "install"]).ends_with(2).says("nothing was done");
    repo.place.run(&["hook", "uninstall"]).ends_with(1).says("pre-commit        left");
    assert_eq!(fs::read_to_string(&path).expect("kept"), changed);
    assert!(!hooks(&repo).join("pre-push").exists());
}

#[test]
fn what_another_version_installed_is_made_anew_and_taken_away() {
    let repo = bare_of_hooks();
    let git = repo.work().join(".git");
    put_script(&git, "pre-push", "echo own >>\"$GIT_DIR/own\"\n");
    let path = hooks(&repo).join("pre-push");
    let own = fs::read_to_string(&path).expect("ours");
    let older = || {
        let installed = fs::read_to_string(&path).expect("installed");
        let (head, body) = installed.split_once("SHA-256 ").expect("it is told");
        let body = format!("# Differently.\n{}", body.split_once('\n').expect("a line").1);
        let sum = leeward::secret::Secret::new(body.as_bytes()).sha256();
        fs::write(&path, format!("{head}SHA-256 {sum}\n{body}")).expect("ours");
    };
    repo.place.run(&["hook", "install"]).ends_with(0);
    older();
    repo.place
        .run(&["hook", "status"])
        .ends_with(1)
        .says("pre-push          installed by another version")
        .says("install");
    repo.place
        .run(&["hook", "install"])
        .ends_with(0)
        .says("pre-push          in force, after the hook that was");
    older();
    repo.place
        .run(&["hook", "uninstall"])
        .ends_with(0)
        .says("pre-push          taken away, and the hook that was");
    assert_eq!(fs::read_to_string(&path).expect("put back"), own);
}

#[test]
fn a_hook_that_stays_aside_is_named() {
    let repo = bare_of_hooks();
    put_script(&repo.work().join(".git"), "pre-commit", "exit 0\n");
    repo.place.run(&["hook", "install"]).ends_with(0);
    let path = hooks(&repo).join("pre-commit");
    let changed = fs::read_to_string(&path).expect("installed") + "echo mine\n";
    fs::write(&path, &changed).expect("ours");
    let ran = repo.place.run(&["hook", "uninstall"]).ends_with(1);
    ran.says("what was here before is still ").says("pre-commit.before-leeward: move it to ");
    assert!(hooks(&repo).join("pre-commit.before-leeward").exists());
}

#[test]
fn what_cannot_be_set_aside_is_left_and_nothing_is_half_done() {
    for (script, says) in [
        (
            "case $(basename \"$0\") in pre-push) exit 1 ;; esac\n",
            "add this line to it, below its first one: leeward hook pre-push",
        ),
        (
            "#!/usr/bin/env python3\nimport os, sys\nprint(os.path.basename(sys.argv[0]))\n",
            "have it begin by running `leeward hook pre-push`, with its own arguments and standard input",
        ),
        ("exit 0\n", "keep one of them"),
    ] {
        let repo = bare_of_hooks();
        let git_dir = repo.work().join(".git");
        put_script(&git_dir, "pre-push", script);
        if script.starts_with("#!") {
            fs::write(hooks(&repo).join("pre-push"), script).expect("ours");
        }
        if says.starts_with("keep") {
            put_script(&git_dir, "pre-push.before-leeward", "exit 0\n");
        }
        let before = files(&hooks(&repo));
        repo.place.run(&["hook", "install"]).ends_with(2).says(says).says("nothing was done");
        assert_eq!(files(&hooks(&repo)), before);
    }
}

#[test]
fn a_hook_of_your_own_that_calls_it_is_in_force_as_it_is() {
    let mut repo = bare_of_hooks();
    let script = format!("basename \"$0\" >&2\n'{}' hook pre-commit \"$@\" || exit\n", binary().display());
    put_script(&repo.work().join(".git"), "pre-commit", &script);
    repo.place
        .run(&["hook", "install"])
        .ends_with(0)
        .says("pre-commit        in force: another hook calls leeward");
    in_force(&mut repo);
    put_script(&repo.work().join(".git"), "pre-commit", script.replace('\'', "# '"));
    repo.place.run(&["hook", "status"]).ends_with(1).says("does not call leeward");
}

#[test]
fn a_hook_in_another_language_that_names_it_stays_and_is_for_doctor_to_try() {
    let repo = bare_of_hooks();
    put_script(&repo.work().join(".git"), "pre-commit", "");
    let path = hooks(&repo).join("pre-commit");
    let script = "#!/usr/bin/env python3\nimport os, subprocess, sys\n\
                  if subprocess.call(['leeward', 'hook', 'pre-commit'] + sys.argv[1:]): sys.exit(1)\n\
                  print(os.path.basename(sys.argv[0]))\n";
    fs::write(&path, script).expect("ours");
    let ran = repo.place.run(&["hook", "install"]).ends_with(1);
    assert!(!ran.out().contains("help:"), "{}", ran.out());
    ran.says(
        "pre-commit        another hook, which names leeward, and cannot be read: `leeward doctor` tries it",
    )
    .says("pre-push          in force");
    repo.place.run(&["hook", "uninstall"]).ends_with(0).says("pre-commit        left: it is not ours");
    assert_eq!(fs::read_to_string(&path).expect("there"), script);
}

#[test]
fn a_file_that_git_ignores_is_not_in_force() {
    let repo = bare_of_hooks();
    repo.place.run(&["hook", "install"]).ends_with(0);
    let path = hooks(&repo).join("commit-msg");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("ours");
    repo.place
        .run(&["hook", "status"])
        .ends_with(1)
        .says("commit-msg        not in force: git ignores the file");
    repo.place.run(&["hook", "install"]).ends_with(0);
}

#[test]
fn that_a_gate_is_in_force_is_tried_and_not_assumed() {
    let mut repo = bare_of_hooks();
    let program = repo.place.top().join("program");
    let put = |script: &str| {
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("ours");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("ours");
    };
    copy_binary(&program);
    let home = repo.place.top().join("home");
    let install =
        || run(crate::support::command(&program, &repo.place.work(), &home).args(["hook", "install"]), None);
    install().ends_with(0).says(&format!("tried: {} stops a key\n", program.display()));
    // Another program took its place.
    fs::remove_file(&program).expect("ours");
    put("exit 0");
    repo.place
        .run(&["hook", "status"])
        .ends_with(1)
        .says("pre-commit        not in force")
        .says("let a key pass");
    put("echo 'too old' >&2\nexit 126");
    repo.place
        .run(&["hook", "status"])
        .ends_with(1)
        .says("pre-commit        stops everything")
        .says("too old");
    put(&format!("exec '{}' \"$@\"", binary().display()));
    repo.place.run(&["hook", "status"]).ends_with(0);
    in_force(&mut repo);
    // The configuration has its say, once it is staged.
    repo.write("leeward.toml", "unknown = 1\n");
    repo.place.run(&["hook", "status"]).ends_with(0);
    repo.git(&["add", "leeward.toml"]);
    let ran = repo.place.run(&["hook", "status"]).ends_with(1).says("stops everything").says("unknown");
    assert!(!ran.out().contains("hook install"), "{}", ran.out());
    repo.write("leeward.toml", "");
    repo.git(&["add", "leeward.toml"]);
    repo.place.run(&["hook", "status"]).ends_with(0);
}

#[test]
fn hooks_go_where_git_reads_them() {
    // From a subdirectory, with hooks below the top, which git names relative to it.
    let mut repo = bare_of_hooks();
    repo.git(&["config", "core.hooksPath", "team hooks"]);
    let sub = repo.work().join("sub");
    run(repo.place.leeward(&["hook", "install"]).current_dir(&sub), None).ends_with(0).says("team hooks");
    assert!(repo.work().join("team hooks/pre-commit").exists() && !sub.join("team hooks").exists());
    in_force(&mut repo);
    run(repo.place.leeward(&["hook", "status"]).current_dir(&sub), None).ends_with(0);
    // A linked work tree shares the hooks of its repository.
    let mut repo = bare_of_hooks();
    let linked = repo.place.top().join("linked");
    repo.git(&["worktree", "add", "--quiet", linked.to_str().expect("UTF-8")]);
    run(repo.place.leeward(&["hook", "install"]).current_dir(&linked), None).ends_with(0);
    in_force(&mut repo);
    fs::write(linked.join("key.env"), line(4)).expect("new");
    let home = repo.place.top().join("home");
    run(&mut git_in(&linked, &home, &["add", "."]), None).ends_with(0);
    run(&mut git_in(&linked, &home, &["commit", "-m", "a key"]), None).ends_with(1).says("key.env:1:17");
}

#[test]
fn where_there_is_nowhere_to_put_hooks_that_is_said() {
    let repo = bare_of_hooks();
    let mut repo = repo;
    repo.git(&["config", "core.hooksPath", "/dev/null"]);
    repo.place.run(&["hook", "install"]).ends_with(2).says("/dev/null");
    repo.place.run(&["hook", "status"]).ends_with(2).says("/dev/null");
    repo.git(&["config", "core.hooksPath", ".husky/_"]);
    repo.place.run(&["hook", "install"]).ends_with(2).says("husky").says(".husky/pre-commit");
    let place = Place::new();
    for command in ["install", "uninstall", "status"] {
        place.run(&["hook", command]).ends_with(2).says("no repository here");
    }
}

#[test]
fn a_repository_that_is_pushed_to_gets_its_gate() {
    let mut repo = bare_of_hooks();
    let remote = repo.place.top().join("remote.git");
    repo.git(&["init", "--quiet", "--bare", remote.to_str().expect("UTF-8")]);
    put_script(&remote, "pre-receive", "cat >&2\n");
    run(repo.place.leeward(&["hook", "install"]).current_dir(&remote), None)
        .ends_with(0)
        .says("pre-receive       in force");
    repo.attempt(&["push", remote.to_str().expect("UTF-8"), "main"]).ends_with(0).says("refs/heads/main");
    repo.write("key.env", line(2));
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "-m", "a key"]);
    let pushed = repo.attempt(&["push", remote.to_str().expect("UTF-8"), "main"]);
    pushed.ends_with(1).says("stopped this push").says("key.env:1:17");
}

#[test]
fn gates_refuse_new_comments_where_that_is_installed_and_the_others_are_named() {
    let mut repo = bare_of_hooks();
    put_script(&repo.work().join(".git"), "commit-msg", "exec leeward hook commit-msg \"$1\"\n");
    let deny = ["hook", "install", "--deny-new-suppressions"];
    let ran = repo.place.run(&deny).says("pre-commit        in force, new comments refused\n");
    ran.says("note: commit-msg: what calls leeward there has to say --deny-new-suppressions itself\n");
    repo.write("a.env", format!("{} # leeward:ignore a sample\n", line(2).trim()));
    repo.git(&["add", "."]);
    repo.attempt(&["commit", "-m", "accepted"]).ends_with(1).says("a.env:1:17");
}
