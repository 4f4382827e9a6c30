//! Switches of the programs that keep hooks: what they turn off is not in force.

use std::fs;

use super::keepers::{Kept, lefthook};
use super::{line, put_script};
use crate::support::{Ran, run};

const GATES: [(&str, &str); 6] = [
    ("pre-commit", "pre-commit"),
    ("pre-merge-commit", "pre-merge-commit"),
    ("commit-msg", "commit-msg"),
    ("pre-applypatch", "pre-commit"),
    ("applypatch-msg", "commit-msg"),
    ("pre-push", "pre-push"),
];

fn with(kept: &Kept, variable: (&str, &str), args: &[&str]) -> Ran {
    run(kept.repo.place.leeward(args).env("PATH", &kept.path).env(variable.0, variable.1), None)
}

#[test]
fn what_husky_is_told_not_to_run_is_not_in_force() {
    let kept = Kept::new();
    kept.husky();
    for (hook, gate) in GATES {
        kept.repo.write(&format!(".husky/{hook}"), format!("leeward hook {gate} \"$@\"\n"));
    }
    kept.leeward(&["hook", "status"]).ends_with(0);
    let off = "calls leeward only without HUSKY=0 in the environment";
    with(&kept, ("HUSKY", "0"), &["hook", "status"]).ends_with(1).says(off).says("help: take out HUSKY=0");
    with(&kept, ("HUSKY", "1"), &["hook", "status"]).ends_with(0);
    // It is true.
    kept.repo.write("key.env", line(2));
    kept.git(&["add", "."]).ends_with(0);
    run(kept.repo.command(&["commit", "-m", "a key"]).env("PATH", &kept.path).env("HUSKY", "0"), None)
        .ends_with(0);
    // What husky reads before each hook.
    let home = kept.repo.place.top().join("home");
    fs::create_dir_all(home.join(".config/husky")).expect("ours");
    let init = home.join(".config/husky/init.sh");
    for (text, status) in [
        ("export PATH=\"/opt/bin:$PATH\"\n# export HUSKY=0\n", 0),
        ("export HUSKY=0\n", 1),
        ("HUSKY='0'; export HUSKY\n", 1),
    ] {
        fs::write(&init, text).expect("ours");
        let said = kept.leeward(&["hook", "status"]).ends_with(status);
        if status == 1 {
            let said = said.says(&format!("only without HUSKY=0 in {}", init.display()));
            said.says(&format!("help: take out HUSKY=0 in {}: husky runs no hook\n", init.display()));
        }
    }
    // An end of it is one of all; what only older ones read says nothing.
    fs::write(&init, "if false; then\n  exit\nfi\n").expect("ours");
    fs::write(home.join(".huskyrc"), "export HUSKY=0\n").expect("ours");
    kept.leeward(&["hook", "status"]).ends_with(0);
    fs::write(&init, "exit 0\n").expect("ours");
    kept.leeward(&["hook", "status"]).ends_with(1).says(&format!("only without exit in {}", init.display()));
    fs::write(&init, "export HUSKY=0\n").expect("ours");
    let inner = kept.repo.work().join(".husky/_/h");
    let script = fs::read_to_string(&inner).expect("ours");
    fs::write(&inner, format!(". \"$HOME/.config/husky/init.sh\"\n{script}")).expect("ours");
    let fix = format!("fix: take out HUSKY=0 in {}", init.display());
    kept.leeward(&["doctor", "--gate", "commit"]).ends_with(1).says(&fix);
}

#[test]
fn what_lefthook_and_the_pre_commit_framework_are_told_to_skip_is_not_in_force() {
    let kept = Kept::new();
    let git = kept.repo.work().join(".git");
    put_script(&git, "pre-commit", "lefthook run pre-commit\n");
    kept.repo.write("lefthook.yml", lefthook(""));
    let in_force = "pre-commit        in force: ";
    let status = |variable| with(&kept, variable, &["hook", "status"]).ends_with(1);
    status(("LEFTHOOK", "1")).says(in_force);
    status(("LEFTHOOK_BIN", "/opt/bin/lefthook-linux")).says(in_force);
    for (name, value) in [
        ("LEFTHOOK", "0"),
        ("LEFTHOOK", "false"),
        ("LEFTHOOK_EXCLUDE", "leeward"),
        ("LEFTHOOK_BIN", "/bin/true"),
        ("LEFTHOOK_CONFIG", "other.yml"),
    ] {
        status((name, value)).says(&format!("calls leeward only without {name}={value} in the environment"));
    }
    put_script(&git, "pre-commit", "exec pre-commit hook-impl --hook-type=pre-commit\n");
    let entry = "repos: [{ repo: x, rev: v1, hooks: [{ id: leeward, alias: keys }, { id: other }] }]\n";
    kept.repo.write(".pre-commit-config.yaml", entry);
    status(("SKIP", "other")).says(in_force);
    for skipped in ["leeward", "other, leeward", "keys"] {
        status(("SKIP", skipped)).says("calls leeward only without SKIP=");
    }
}
