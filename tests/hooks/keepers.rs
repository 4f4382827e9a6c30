//! Hooks that another program keeps (husky, lefthook, the pre-commit framework): whether leeward is called in the end.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::{Repo, line, put_script};
use crate::support::{Ran, binary, run};

/// A repository without hooks, and `leeward` on PATH.
pub(super) struct Kept {
    pub(super) repo: Repo,
    pub(super) path: String,
}

impl Kept {
    pub(super) fn new() -> Kept {
        let repo = Repo::new();
        fs::remove_dir_all(repo.work().join(".git/hooks")).expect("ours");
        let bin = repo.place.top().join("bin");
        fs::create_dir(&bin).expect("new");
        std::os::unix::fs::symlink(binary(), bin.join("leeward")).expect("new");
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("set"));
        Kept { repo, path }
    }

    pub(super) fn leeward(&self, args: &[&str]) -> Ran {
        run(self.repo.place.leeward(args).env("PATH", &self.path), None)
    }

    pub(super) fn git(&self, args: &[&str]) -> Ran {
        run(self.repo.command(args).env("PATH", &self.path), None)
    }

    /// As husky 9 makes its directory: every hook runs the file of its name beside that directory.
    pub(super) fn husky(&self) {
        let hook = "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"\n";
        let inner = "n=$(basename \"$0\")\ns=$(dirname \"$(dirname \"$0\")\")/$n\n[ ! -f \"$s\" ] && exit 0\n\
            [ \"${HUSKY-}\" = \"0\" ] && exit 0\nexport PATH=\"node_modules/.bin:$PATH\"\nsh -e \"$s\" \"$@\"\n";
        for name in HOOKS {
            self.repo.write(&format!(".husky/_/{name}"), hook);
            let path = self.repo.work().join(".husky/_").join(name);
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("ours");
        }
        self.repo.write(".husky/_/h", inner);
        self.repo.write(".husky/_/.gitignore", "*");
        self.git(&["config", "core.hooksPath", ".husky/_"]).ends_with(0);
    }
}

const HOOKS: [&str; 6] =
    ["pre-commit", "pre-merge-commit", "commit-msg", "pre-applypatch", "applypatch-msg", "pre-push"];

#[test]
fn husky_runs_the_file_beside_its_directory() {
    let kept = Kept::new();
    kept.husky();
    let ran = kept.leeward(&["hook", "status"]).ends_with(1);
    ran.says("pre-commit        husky's, and there is no .husky/pre-commit\n")
        .says("help: add a line to each");
    kept.repo.write(".husky/pre-commit", "# leeward hook pre-commit\nnpm test\n");
    let ran = kept.leeward(&["hook", "status"]).ends_with(1);
    ran.says("pre-commit        husky's, and .husky/pre-commit does not call leeward\n");
    kept.repo.write(".husky/pre-commit", "leeward hook pre-commit\n");
    let ran = kept.leeward(&["hook", "status"]).ends_with(1);
    let ran = ran.says("pre-commit        in force: husky calls leeward (.husky/pre-commit)\n");
    // What is there is not asked for again, and `install` would not help.
    assert!(
        !ran.out().contains("  .husky/pre-commit  ") && !ran.out().contains("hook install"),
        "{}",
        ran.out()
    );
    let ran = kept.leeward(&["doctor"]).ends_with(1).says("a push with a key goes through");
    ran.says("  .husky/pre-push           leeward hook pre-push \"$@\"\n");
}

#[test]
fn what_a_refusal_to_install_says_can_be_followed() {
    let kept = Kept::new();
    kept.husky();
    let ran = kept.leeward(&["hook", "install"]).ends_with(2).says("husky writes the hooks in ");
    let said = ran.err();
    let lines = said.lines().filter_map(|line| line.strip_prefix("  .husky/"));
    let mut names = Vec::new();
    for line in lines {
        let (name, command) = line.split_once(' ').expect("a name and a line");
        kept.repo.write(&format!(".husky/{name}"), format!("{}\n", command.trim_start()));
        names.push(name);
    }
    assert_eq!(names, HOOKS);
    let ran = kept.leeward(&["hook", "status"]).ends_with(0);
    ran.says("pre-push          in force: husky calls leeward (.husky/pre-push)\n")
        .says("hooks of others were read, and not run: `leeward doctor` tries them\n");
    kept.leeward(&["doctor"]).ends_with(0).says("leeward: 0 problems");
    kept.repo.write("a.env", line(2));
    kept.git(&["add", "a.env"]).ends_with(0);
    kept.git(&["commit", "-m", "a key"]).ends_with(1).says("a.env:1:17");
}

#[test]
fn husky_makes_its_directory_in_each_work_tree() {
    let mut kept = Kept::new();
    kept.husky();
    for name in HOOKS {
        let gate = name.replace("pre-applypatch", "pre-commit").replace("applypatch-msg", "commit-msg");
        kept.repo.write(&format!(".husky/{name}"), format!("leeward hook {gate} \"$@\"\n"));
    }
    // Where all of them are called, nothing is asked for.
    kept.leeward(&["hook", "install"]).ends_with(0).says("pre-push          in force: husky calls leeward");
    kept.git(&["add", "."]).ends_with(0);
    kept.git(&["commit", "--quiet", "-m", "hooks"]).ends_with(0);
    let there = kept.repo.place.top().join("linked");
    kept.repo.git(&["worktree", "add", "--quiet", "../linked"]);
    let make =
        "husky makes that directory in each work tree by itself: `npm install` there runs it, or `npx husky`";
    let linked =
        |args: &[&str]| run(kept.repo.place.leeward(args).env("PATH", &kept.path).current_dir(&there), None);
    for ran in [kept.leeward(&["hook", "status"]), kept.leeward(&["doctor", "--gate", "commit"])] {
        ran.ends_with(0).says("in the work tree ").says("finds no gate for pre-commit").says(make);
    }
    // There, the files that people write are as they should be, and it is for husky to have them called.
    for (args, status) in
        [(&["hook", "status"][..], 1), (&["hook", "install"], 2), (&["doctor", "--gate", "commit"], 1)]
    {
        let ran = linked(args).ends_with(status).says(make);
        let said = ran.out() + &ran.err();
        assert!(!said.contains("add a line") && !said.contains("make the directory"), "{said}");
    }
    fs::remove_file(there.join(".husky/pre-push")).expect("ours");
    let lines =
        format!("{make}. Before, add a line to each of these files, and make those that are not there:\n");
    let ran = linked(&["hook", "status"]).ends_with(1);
    ran.says(&(lines + "  .husky/pre-push           leeward hook pre-push \"$@\"\n"));
    // As husky makes it.
    let mut copy = std::process::Command::new("cp");
    run(copy.arg("-r").arg(kept.repo.work().join(".husky/_")).arg(there.join(".husky/_")), None).ends_with(0);
    fs::write(there.join("a.env"), line(2)).expect("ours");
    let home = kept.repo.place.top().join("home");
    run(super::git_in(&there, &home, &["add", "a.env"]).env("PATH", &kept.path), None).ends_with(0);
    let mut commit = super::git_in(&there, &home, &["commit", "-m", "a key"]);
    run(commit.env("PATH", &kept.path), None).ends_with(1).says("a.env:1:17");
}

#[test]
fn what_reads_what_git_says_of_a_push_has_to_hand_it_on() {
    let kept = Kept::new();
    kept.husky();
    for name in HOOKS {
        let gate = if name.ends_with("applypatch") { "pre-commit" } else { name };
        let gate = gate.replace("applypatch-msg", "commit-msg");
        kept.repo.write(&format!(".husky/{name}"), format!("leeward hook {gate} \"$@\"\n"));
    }
    kept.leeward(&["hook", "status"]).ends_with(0);
    let reads = "cat >/dev/null\nleeward hook pre-push \"$@\"\n";
    kept.repo.write(".husky/pre-push", reads);
    let ran = kept.leeward(&["hook", "status"]).ends_with(1);
    let ran = ran.says("calls leeward behind `cat >/dev/null`, which may read what git says");
    let told = ran.out();
    // The line that is there is not asked for once more.
    assert!(!told.contains("add a line to each"), "{told}");
    let ran = kept.leeward(&["doctor", "--gate", "push"]).ends_with(0).says("1 warning");
    let ran = ran.says("then all branches, tags and notes here are judged");
    let fix = ran.says("a push with a key is stopped").out();
    let handed = |text: &str| {
        let lines = text.lines().map(str::trim).skip_while(|line| *line != "input=$(cat)").take(2);
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    assert_eq!(handed(&told), handed(&fix));
    let others = "printf '%s\\n' \"$input\" | cat >/dev/null\n";
    kept.repo.write(".husky/pre-push", handed(&told) + others);
    kept.leeward(&["hook", "status"]).ends_with(0);
    let ran = kept.leeward(&["doctor", "--gate", "push"]).ends_with(0);
    ran.says("a push with a key is stopped").says("leeward: 0 problems\n");
    // Where hooks are files of the repository itself, installing does it.
    kept.git(&["config", "--unset", "core.hooksPath"]).ends_with(0);
    put_script(&kept.repo.work().join(".git"), "pre-push", reads);
    let ran = kept
        .leeward(&["hook", "status"])
        .ends_with(1)
        .says("help: `leeward hook install` puts them in force");
    assert!(!ran.out().contains("input="), "{}", ran.out());
    kept.leeward(&["hook", "install"]).ends_with(0).says("pre-push          in force, after the hook");
}

#[test]
fn lefthook_calls_what_its_file_names() {
    let kept = Kept::new();
    let script = "call_lefthook()\n{\n  lefthook \"$@\"\n}\n\ncall_lefthook run \"pre-commit\" \"$@\"\n";
    put_script(&kept.repo.work().join(".git"), "pre-commit", script);
    let unknown = "pre-commit        lefthook's, which may call leeward: `leeward doctor` tries it\n";
    kept.leeward(&["hook", "status"]).ends_with(1).says(unknown);
    kept.repo.write("lefthook.yml", "pre-push:\n  commands: { l: { run: leeward hook pre-commit } }\n");
    kept.leeward(&["hook", "status"]).ends_with(1).says(unknown);
    kept.repo.write("lefthook.yml", "pre-commit:\n  jobs:\n    - run: leeward hook pre-commit\n");
    let ran = kept.leeward(&["hook", "status"]).ends_with(1);
    ran.says("lefthook.yml calls leeward only where a file changes more than its type (`files`): ");
    kept.repo.write("lefthook.yml", lefthook(""));
    let ran = kept.leeward(&["hook", "status"]).ends_with(1);
    ran.says("pre-commit        in force: lefthook calls leeward (lefthook.yml)\n");
    // What calls it already is left as it is; the rest is put there.
    kept.leeward(&["hook", "install"]).ends_with(0).says("pre-push          in force\n");
    let hook = fs::read_to_string(kept.repo.work().join(".git/hooks/pre-commit")).expect("there");
    assert!(hook.ends_with(script), "{hook}");
}

/// A file of lefthook that has the gate called always, and with more keys.
pub(super) fn lefthook(keys: &str) -> String {
    format!(
        "pre-commit: {{ jobs: [{{ run: 'leeward hook pre-commit # {{files}}', files: echo lefthook.yml{keys} }}] }}\n"
    )
}

#[test]
fn a_hook_that_only_names_its_keeper_is_not_the_keepers() {
    for (hook, file, text) in [
        ("lefthook run pre-commit || true\n", "lefthook.yml", lefthook("")),
        ("lefthook run pre-push\n", "lefthook.yml", lefthook("")),
        ("exit 0 # lefthook run pre-commit\n", "lefthook.yml", lefthook("")),
        (
            "# pre-commit hook-impl --hook-type=pre-commit\n",
            ".pre-commit-config.yaml",
            "repos: [{ repo: x, rev: v1, hooks: [{ id: leeward }] }]\n".to_owned(),
        ),
        (
            "exec pre-commit hook-impl --hook-type=pre-commit-not\n",
            ".pre-commit-config.yaml",
            "repos: [{ repo: x, rev: v1, hooks: [{ id: leeward }] }]\n".to_owned(),
        ),
    ] {
        let kept = Kept::new();
        put_script(&kept.repo.work().join(".git"), "pre-commit", hook);
        kept.repo.write(file, text);
        let said = kept.leeward(&["hook", "status"]).ends_with(1);
        said.says(&format!("{file} calls leeward from a hook that is not as it was made: "));
    }
}

#[test]
fn the_pre_commit_framework_calls_what_its_file_names() {
    let kept = Kept::new();
    for name in ["pre-commit", "pre-push"] {
        let script = format!("exec pre-commit hook-impl --hook-type={name} \"$@\"\n");
        put_script(&kept.repo.work().join(".git"), name, script);
    }
    kept.repo.write(
        ".pre-commit-config.yaml",
        "repos:\n  - repo: https://example.org/leeward\n    rev: v0.1.0\n    hooks:\n      - id: leeward\n\
         #     - id: leeward-pre-push\n",
    );
    let ran = kept.leeward(&["hook", "status"]).ends_with(1);
    ran.says(
        "pre-commit        in force: the pre-commit framework calls leeward (.pre-commit-config.yaml)\n",
    )
    .says(
        "pre-push          the pre-commit framework's, which may call leeward: `leeward doctor` tries it\n",
    );
}

#[test]
fn what_a_keeper_calls_on_a_condition_is_no_gate() {
    let kept = Kept::new();
    let git_dir = kept.repo.work().join(".git");
    let framework = |keys: &str| {
        format!(
            "repos: [{{ repo: https://example.org/leeward, rev: v1, hooks: [{{ id: leeward{keys} }}] }}]\n"
        )
    };
    for (file, script, text, why) in [
        (
            ".pre-commit-config.yaml",
            "exec pre-commit hook-impl --config=.pre-commit-config.yaml --hook-type=pre-commit\n",
            framework(", stages: [manual]"),
            "at other stages alone",
        ),
        (
            "other.yaml",
            "ARGS=(hook-impl --config=other.yaml --hook-type=pre-commit)\nexec pre-commit \"${ARGS[@]}\"\n",
            framework(", files: nothing"),
            "on a condition (`files`)",
        ),
        ("lefthook.yml", "lefthook run pre-commit\n", lefthook(", skip: true"), "on a condition (`skip`)"),
        ("lefthook.yml", "lefthook run pre-commit\n", lefthook(", glob: x"), "on a condition (`glob`)"),
    ] {
        put_script(&git_dir, "pre-commit", script);
        kept.repo.write(file, &text);
        let said = kept.leeward(&["hook", "status"]).ends_with(1);
        said.says(&format!("{file} calls leeward {why}: `leeward doctor` tries it\n"));
        let text = if file == "lefthook.yml" { lefthook("") } else { framework("") };
        kept.repo.write(file, text);
        kept.leeward(&["hook", "status"]).ends_with(1).says(&format!("calls leeward ({file})\n"));
    }
    kept.repo.write("lefthook-local.yml", "pre-commit: { skip: true }\n");
    let said = kept.leeward(&["hook", "status"]).ends_with(1);
    said.says("lefthook.yml calls leeward unless lefthook-local says otherwise");
}

#[test]
fn a_hook_that_may_end_before_the_call_is_no_gate() {
    let kept = Kept::new();
    let git_dir = kept.repo.work().join(".git");
    put_script(&git_dir, "pre-commit", "[ -n \"$SKIP\" ] && exit 0\nleeward hook pre-commit || exit\n");
    let said = kept.leeward(&["hook", "status"]).ends_with(1);
    said.says("another hook, which calls leeward unless it ends before, by `[ -n \"$SKIP\" ] && exit 0`: ");
    let said = kept.leeward(&["doctor", "--gate", "commit"]).ends_with(0);
    said.says("warning  the hook pre-commit calls leeward unless it ends before, by `[ -n \"$SKIP\" ]");
    kept.repo.write("a.env", line(2));
    kept.git(&["add", "a.env"]).ends_with(0);
    let mut skipping = kept.repo.command(&["hook", "run", "pre-commit"]);
    run(skipping.env("PATH", &kept.path).env("SKIP", "1"), None).ends_with(0);
    // Where the trial meets the condition, it is said all the same.
    let only =
        "case $(git symbolic-ref --short HEAD) in main) leeward hook pre-commit || exit 1 ;; esac\nexit 0\n";
    put_script(&git_dir, "pre-commit", only);
    for (command, status) in [(&["hook", "status"][..], 1), (&["doctor", "--gate", "commit"], 0)] {
        kept.leeward(command)
            .ends_with(status)
            .says("calls leeward only where `case $(git symbolic-ref --short HEAD) in");
    }
    put_script(&git_dir, "pre-commit", "[ -n \"$SKIP\" ] && exit 0\nleeward hook pre-commit || exit\n");
    kept.leeward(&["hook", "install"]).ends_with(0).says("pre-commit        in force, after the hook");
    let mut skipping = kept.repo.command(&["hook", "run", "pre-commit"]);
    run(skipping.env("PATH", &kept.path).env("SKIP", "1"), None).ends_with(1).says("a.env:1:17");
}

#[test]
fn a_hook_that_git_ignores_is_said_to_be_one() {
    let kept = Kept::new();
    let git_dir = kept.repo.work().join(".git");
    put_script(&git_dir, "pre-commit", "leeward hook pre-commit\n");
    fs::set_permissions(git_dir.join("hooks/pre-commit"), fs::Permissions::from_mode(0o644)).expect("ours");
    let ran = kept.leeward(&["hook", "status"]).ends_with(1);
    ran.says("pre-commit        another hook, which git ignores, because it is not executable\n");
}

#[test]
fn a_call_that_comes_to_nothing_is_no_gate() {
    for (script, said, lets_pass) in [
        ("exit 0\nleeward hook pre-commit \"$@\" || exit\n", "calls leeward behind an `exit`", true),
        ("leeward hook pre-commit || true\n", "calls leeward and may not heed the answer", true),
        ("leeward hook pre-commit\ntrue\n", "calls leeward and may not heed the answer", true),
        ("leeward hook pre-commit || exit\nexit 0\n", "in force: another hook calls leeward", false),
        ("set -e\nleeward hook pre-commit\ntrue\n", "in force: another hook calls leeward", false),
    ] {
        let kept = Kept::new();
        put_script(&kept.repo.work().join(".git"), "pre-commit", script);
        kept.leeward(&["hook", "status"]).ends_with(1).says(said);
        kept.repo.write("a.env", line(2));
        kept.git(&["add", "a.env"]).ends_with(0);
        assert_eq!(kept.git(&["commit", "-m", "a key"]).status == Some(0), lets_pass, "{script}");
        // Ours is called behind what was there, whatever that is.
        kept.leeward(&["hook", "install"]).ends_with(0).says("pre-commit        in force");
        kept.repo.write("b.env", line(3));
        kept.git(&["add", "b.env"]).ends_with(0);
        kept.git(&["commit", "-m", "a key"]).ends_with(1).says("b.env:1:17");
    }
}

#[test]
fn a_hook_is_in_force_only_if_it_is_sure_to_end_with_the_status() {
    let kept = Kept::new();
    let git_dir = kept.repo.work().join(".git");
    kept.repo.write("a.env", line(2));
    kept.git(&["add", "a.env"]).ends_with(0);
    for (script, in_force, stops) in [
        ("leeward hook pre-commit 2>&1 | tee log\n", false, false),
        ("leeward hook pre-commit; true\n", false, false),
        ("echo leeward hook pre-commit\n", false, false),
        ("true # leeward hook pre-commit\n", false, false),
        ("! leeward hook pre-commit\n", false, false),
        ("if false; then leeward hook pre-commit; fi\n", false, false),
        ("leeward hook pre-commit --exit-zero\n", false, false),
        ("leeward hook pre-commit --help\n", false, false),
        ("if leeward hook pre-commit; then echo fine; fi\n", false, false),
        ("leeward hook pre-commit || { echo no; exit; }\n", false, false),
        ("set -e\nleeward hook pre-commit && echo fine\necho done\n", false, false),
        ("f() { leeward hook pre-commit; }\nf || echo no\n", false, false),
        ("leeward hook pre-commit || { [ -n \"$STRICT\" ] && exit 1; }\necho fine\n", false, false),
        ("if ! leeward hook pre-commit; then if [ \"$STRICT\" ]; then exit 1; fi; fi\n", false, false),
        ("leeward hook pre-commit || exit 256\n", false, false),
        (
            "export GIT_INDEX_FILE=$(mktemp -u)\ncp .git/index.other \"$GIT_INDEX_FILE\"\n\
            git read-tree HEAD\nleeward hook pre-commit || exit\n",
            false,
            false,
        ),
        ("set -- --exit-zero\nleeward hook pre-commit \"$@\"\n", false, false),
        (
            "git init -q ../else && cd ../else && unset GIT_DIR GIT_INDEX_FILE\nleeward hook pre-commit\n",
            false,
            false,
        ),
        // It holds, and reading does not tell.
        ("for once in 1; do leeward hook pre-commit || exit; done\n", false, true),
        ("leeward hook pre-commit || { echo no; exit 1; }\necho fine\n", true, true),
        ("leeward hook pre-commit; exit $?\n", true, true),
        ("leeward hook pre-commit\nstatus=$?\necho done\nexit $status\n", true, true),
        ("if ! leeward hook pre-commit; then\n  exit 1\nfi\necho fine\n", true, true),
        ("leeward hook pre-commit\nif [ $? -ne 0 ]; then exit 1; fi\necho fine\n", true, true),
        ("set -e\nleeward hook pre-commit\necho done\n", true, true),
    ] {
        put_script(&git_dir, "pre-commit", script);
        let said = kept.leeward(&["hook", "status"]).ends_with(1).out();
        assert_eq!(said.contains("pre-commit        in force"), in_force, "{script}{said}");
        let hook = kept.git(&["hook", "run", "pre-commit"]);
        assert_eq!(hook.status != Some(0), stops, "{script}{}", hook.err());
    }
}

#[test]
fn what_a_file_of_husky_makes_of_the_answer_is_said() {
    let kept = Kept::new();
    kept.husky();
    for (script, said) in [
        (
            "leeward hook pre-commit || true\n",
            "husky's, and .husky/pre-commit calls leeward and may not heed",
        ),
        ("leeward hook pre-commit | cat\n", "husky's, and .husky/pre-commit calls leeward and may not heed"),
        ("npm test && leeward hook pre-commit\n", "in force: husky calls leeward"),
        ("leeward hook pre-commit\nnpm test\n", "in force: husky calls leeward"),
    ] {
        kept.repo.write(".husky/pre-commit", script);
        kept.leeward(&["hook", "status"]).ends_with(1).says(&format!("pre-commit        {said}"));
    }
}

#[test]
fn a_keeper_is_tried_with_its_file_as_it_is_now() {
    let kept = Kept::new();
    let program = kept.repo.place.top().join("bin/lefthook");
    let calls = "#!/bin/sh\ngrep -q \"leeward hook $2\" lefthook.yml || exit 0\nexec leeward hook \"$2\"\n";
    fs::write(&program, calls).expect("new");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("ours");
    put_script(&kept.repo.work().join(".git"), "pre-commit", "lefthook run pre-commit\n");
    let commit = ["doctor", "--gate", "commit"];
    kept.leeward(&commit).ends_with(1).says("a commit with a key goes through");
    // Not committed, nor staged.
    kept.repo.write("lefthook.yml", lefthook(""));
    kept.leeward(&commit).ends_with(0).says("leeward: 0 problems");
    assert_eq!(kept.git(&["status", "--porcelain"]).out(), "?? lefthook.yml\n");
}

#[test]
fn what_the_pre_commit_framework_calls_is_for_doctor_to_try() {
    let kept = Kept::new();
    let git = kept.repo.work().join(".git");
    put_script(&git, "pre-commit", "exec pre-commit hook-impl --hook-type=pre-commit\n");
    put_script(&git, "pre-push", "exit 0\n");
    let ran = kept.leeward(&["hook", "status"]).ends_with(1);
    ran.says(
        "pre-commit        the pre-commit framework's, which may call leeward: `leeward doctor` tries it",
    )
    .says("pre-push          another hook, which does not call leeward");
}
