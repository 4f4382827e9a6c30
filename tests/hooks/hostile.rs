//! Settings, variables and places that change what git shows, and may not change what is found.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{Repo, line};
use crate::support::run;

/// Every command that looks at a repository, `TOP` being its work tree.
const COMMANDS: &[&[&str]] = &[
    &["scan", "TOP"],
    &["staged"],
    &["range", "HEAD~1..HEAD"],
    &["history"],
    &["hook", "pre-commit"],
    &["hook", "pre-push", "origin", "url"],
];

/// Something done to a command that is about to run.
type Change<'a> = &'a dyn Fn(&mut Command);

/// A repository with a key of its own in its base, in the last commit, and in the index. All gates are there.
fn world() -> Repo {
    let mut repo = Repo::new();
    repo.write("sub/committed.env", line(2));
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "--message", "a key"]);
    repo.write("sub/staged.env", line(3));
    repo.git(&["add", "."]);
    // Git stores the trees of a commit before it asks whether there may be one.
    repo.attempt(&["commit", "--message", "x"]).ends_with(1);
    repo
}

/// What each command says of the repository: status, whether it is complete, and what was found where.
fn verdicts(repo: &Repo, change: Change<'_>) -> Vec<String> {
    let top = repo.work().display().to_string();
    let head = fs::read_to_string(repo.work().join(".git/refs/heads/main")).expect("a branch");
    let push = format!("refs/heads/main {} refs/heads/main {}\n", head.trim(), "0".repeat(40));
    let verdict = |args: &&[&str]| {
        let typed: Vec<&str> = args.iter().map(|arg| if *arg == "TOP" { &top } else { *arg }).collect();
        let mut leeward = repo.place.leeward(&[&typed[..], &["--format", "json", "--no-progress"]].concat());
        change(&mut leeward);
        let input = args.contains(&"pre-push").then(|| push.clone().into_bytes());
        let ran = run(&mut leeward, input);
        if !ran.stdout.starts_with(b"{") {
            return format!("{args:?}: {:?} {}", ran.status, ran.err());
        }
        let report = ran.json();
        let mut found: Vec<String> =
            report["findings"].as_array().expect("findings").iter().map(told).collect();
        found.sort();
        let mut told = format!("{args:?}: {:?}, complete {}", ran.status, report["scan"]["complete"]);
        found.iter().for_each(|found| told.push_str(&format!("\n  {found}")));
        report["issues"]
            .as_array()
            .expect("issues")
            .iter()
            .for_each(|issue| told.push_str(&format!("\n  {issue}")));
        told
    };
    COMMANDS.iter().map(verdict).collect()
}

fn told(finding: &Value) -> String {
    let places = finding["locations"].as_array().expect("locations").iter();
    let places: Vec<String> =
        places.map(|at| format!("{} {} {}", at["kind"], at["path"], at["start_line"])).collect();
    format!("{} in head {}: {}", finding["secret"]["redacted"], finding["in_head"], places.join(", "))
}

/// Every command says the same as without the change, and a commit is stopped.
#[track_caller]
fn same(what: &str, repo: &Repo, plain: &[String], change: Change<'_>) {
    let changed = verdicts(repo, change);
    for (plain, changed) in plain.iter().zip(&changed) {
        assert_eq!(changed, plain, "{what}");
    }
    let head = || fs::read_to_string(repo.work().join(".git/refs/heads/main")).expect("a branch");
    let before = head();
    let mut commit = repo.command(&["commit", "--message", "x"]);
    change(&mut commit);
    let ran = run(&mut commit, None);
    assert_ne!(ran.status, Some(0), "{what}: {}", ran.err());
    assert_eq!(head(), before, "{what}: a commit was made");
}

fn none(_: &mut Command) {}

fn script(repo: &Repo, name: &str, text: &str) -> String {
    let path = repo.place.top().join(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("a file of ours");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a file of ours");
    path.display().to_string()
}

#[test]
fn without_any_of_it_everything_is_found() {
    let verdicts = verdicts(&world(), &none);
    for (told, keys) in verdicts.iter().zip([3, 1, 1, 3, 1, 2]) {
        assert!(told.contains(": Some(1), complete true"), "{told}");
        assert_eq!(told.matches("in head").count(), keys, "{told}");
    }
    assert_eq!(verdicts.len(), 6);
}

#[test]
fn settings_of_git_change_nothing() {
    let mut repo = world();
    let plain = verdicts(&repo, &none);
    let nothing = script(&repo, "nothing", "exit 0");
    let wrong = script(&repo, "wrong", "exit 1");
    let settings = [
        ("color.ui", "always"),
        ("color.diff", "always"),
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("diff.external", nothing.as_str()),
        ("diff.external", wrong.as_str()),
        ("diff.renames", "copies"),
        ("diff.ignoreSubmodules", "all"),
        ("diff.orderFile", "/nonexistent"),
        ("diff.wordRegex", "."),
        ("core.quotePath", "false"),
        ("core.autocrlf", "true"),
        ("core.eol", "crlf"),
        ("core.fsmonitor", nothing.as_str()),
        ("core.fsmonitor", wrong.as_str()),
        ("core.untrackedCache", "true"),
        ("core.ignoreStat", "true"),
        ("core.trustctime", "false"),
        ("core.fileMode", "false"),
        ("core.symlinks", "false"),
        ("core.ignoreCase", "true"),
        ("core.pager", wrong.as_str()),
        ("core.bigFileThreshold", "1"),
        ("core.commentChar", "M"),
        ("core.useReplaceRefs", "true"),
        ("core.excludesFile", "/dev/zero/x"),
        ("core.sparseCheckout", "true"),
        ("log.showSignature", "true"),
        ("log.excludeDecoration", "*"),
        ("grep.fallbackToNoIndex", "true"),
        ("status.showUntrackedFiles", "no"),
        ("submodule.recurse", "true"),
        ("transfer.hideRefs", "refs/heads"),
        ("uploadpack.hideRefs", "refs"),
        ("index.threads", "1"),
        ("feature.manyFiles", "true"),
        ("i18n.logOutputEncoding", "UTF-16"),
    ];
    for (key, value) in settings {
        repo.git(&["config", key, value]);
        same(&format!("{key}={value}"), &repo, &plain, &none);
        repo.git(&["config", "--unset-all", key]);
    }
    same("all of them, in the environment", &repo, &plain, &|command| {
        command.env("GIT_CONFIG_COUNT", settings.len().to_string());
        for (number, (key, value)) in settings.iter().enumerate() {
            command
                .env(format!("GIT_CONFIG_KEY_{number}"), key)
                .env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
    });
}

#[test]
fn attributes_filters_and_text_conversion_hide_nothing() {
    let mut repo = world();
    let plain = verdicts(&repo, &none);
    let empty = script(&repo, "empty", "cat >/dev/null; echo nothing");
    for driver in ["diff.hide.textconv", "diff.hide.command", "filter.hide.clean", "filter.hide.smudge"] {
        repo.git(&["config", driver, &empty]);
    }
    repo.git(&["config", "diff.hide.binary", "true"]);
    for attributes in [
        "* diff=hide",
        "* -diff",
        "* binary",
        "* -text",
        "* filter=hide",
        "* export-ignore linguist-generated",
        "* working-tree-encoding=UTF-16",
    ] {
        repo.write(".git/info/attributes", format!("{attributes}\n"));
        same(attributes, &repo, &plain, &none);
    }
    repo.write(".git/info/attributes", "");
    for (file, text) in [("exclude", "*\n"), ("grafts", ""), ("sparse-checkout", "/nothing\n")] {
        repo.write(&format!(".git/info/{file}"), text);
        same(file, &repo, &plain, &none);
    }
}

#[test]
fn the_state_of_the_index_hides_nothing() {
    let mut repo = world();
    let plain = verdicts(&repo, &none);
    let file = "sub/staged.env";
    for args in [
        &["update-index", "--index-version", "4"][..],
        &["update-index", "--index-version", "2"],
        &["update-index", "--split-index"],
        &["update-index", "--no-split-index"],
        &["update-index", "--untracked-cache"],
        &["update-index", "--assume-unchanged", file],
        &["update-index", "--no-assume-unchanged", file],
        &["update-index", "--skip-worktree", file],
        &["update-index", "--no-skip-worktree", file],
        &["update-index", "--really-refresh"],
        &["update-index", "--chmod=+x", file],
    ] {
        repo.git(args);
        same(&args.join(" "), &repo, &plain, &none);
    }
}

#[test]
fn replaced_objects_are_seen_as_they_are() {
    let mut repo = world();
    let plain = verdicts(&repo, &none);
    repo.write("../clean", "nothing\n");
    let clean = repo.git(&["hash-object", "-w", "../clean"]);
    for object in ["HEAD:sub/committed.env", ":sub/staged.env", "HEAD~1:base.env"] {
        repo.git(&["replace", "--force", object, &clean]);
    }
    repo.git(&["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "replace", "--graft", "HEAD"]);
    let replaced = verdicts(&repo, &none);
    let found = |verdicts: &[String]| -> Vec<String> {
        let parts = verdicts.iter().map(|told| told.split("  \"").skip(1).map(|found| found[..9].to_owned()));
        parts.map(|keys| keys.collect::<Vec<_>>().join(" ")).collect()
    };
    assert!(!found(&plain)[0].is_empty());
    assert_eq!(found(&replaced), found(&plain));
    for (plain, replaced) in plain.iter().zip(&replaced) {
        assert_eq!(plain.lines().next(), replaced.lines().next());
    }
    same("replaced", &repo, &replaced, &|command| {
        command.env("GIT_REPLACE_REF_BASE", "refs/elsewhere/");
    });
}

#[test]
fn variables_change_nothing() {
    let repo = world();
    let plain = verdicts(&repo, &none);
    let nothing = script(&repo, "nothing", "exit 0");
    for (name, value) in [
        ("GIT_EXTERNAL_DIFF", nothing.as_str()),
        ("GIT_DIFF_OPTS", "-u0"),
        ("GIT_PAGER", "false"),
        ("GIT_ATTR_SOURCE", "HEAD"),
        ("GIT_NO_REPLACE_OBJECTS", "1"),
        ("GIT_LITERAL_PATHSPECS", "1"),
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_TRACE", "1"),
        ("GIT_TRACE2", "1"),
        ("GIT_CEILING_DIRECTORIES", "/nonexistent"),
        ("GIT_DISCOVERY_ACROSS_FILESYSTEM", "0"),
        ("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1"),
        ("GIT_CONFIG_PARAMETERS", "'color.ui=always'"),
        ("GIT_CONFIG_SYSTEM", "/nonexistent"),
        ("GIT_EXEC_PATH", "/nonexistent"),
        ("LC_ALL", "xx_XX.nonsense"),
        ("LANG", "de_DE.UTF-8"),
        ("TERM", "dumb"),
        ("COLUMNS", "1"),
        ("CLICOLOR_FORCE", "1"),
        ("NO_COLOR", "1"),
        ("TZ", "Nowhere/At_All"),
        ("RAYON_NUM_THREADS", "nonsense"),
        ("RUST_LOG", "trace"),
        ("RUST_BACKTRACE", "full"),
        ("TMPDIR", "/nonexistent"),
        ("PAGER", "false"),
        ("HOME", ""),
        ("HOME", "/nonexistent"),
        ("HOME", "/dev/null"),
        ("HOME", "relative"),
        ("XDG_CONFIG_HOME", "/dev/null"),
        ("PATH", ""),
    ] {
        same(&format!("{name}={value}"), &repo, &plain, &|command| {
            // The program that is to be started is found already.
            if name != "PATH" || !command.get_program().eq("git") {
                command.env(name, value);
            }
        });
    }
    same("no HOME", &repo, &plain, &|command| {
        command.env_remove("HOME").env_remove("GIT_CONFIG_GLOBAL").env_remove("GIT_CONFIG_NOSYSTEM");
    });
    same("nothing at all", &repo, &plain, &|command| {
        if !command.get_program().eq("git") {
            command.env_clear();
        }
    });
}

#[test]
fn a_configuration_that_git_dies_of_lets_nothing_pass() {
    let repo = world();
    let plain = verdicts(&repo, &none);
    for text in
        ["[core", "[color]\n\tui = \"always\n", "nonsense\n", "[core]\n\tfsmonitor = \\q\n", "\0\u{1}"]
    {
        let global = repo.place.top().join("home/.gitconfig");
        fs::write(&global, text).expect("a file of ours");
        same(text, &repo, &plain, &|command| {
            command.env("GIT_CONFIG_GLOBAL", &global);
        });
    }
    let own = repo.work().join(".git/config");
    let good = fs::read_to_string(&own).expect("there");
    for text in [
        "[core",
        "nonsense\n",
        "[core]\n\trepositoryFormatVersion = 99\n",
        "[extensions]\n\tobjectFormat = none\n",
    ] {
        fs::write(&own, format!("{good}{text}")).expect("ours");
        for told in verdicts(&repo, &none) {
            assert!(!told.contains("Some(0)"), "{text}: {told}");
        }
        same(text, &repo, &[], &none);
    }
}

#[test]
fn where_a_command_is_called_changes_nothing() {
    let repo = world();
    let plain = verdicts(&repo, &none);
    let git_dir = repo.work().join(".git");
    for directory in ["sub", ".git", ".git/objects", ".git/refs/heads", ".git/hooks"] {
        let directory = repo.work().join(directory);
        let changed = verdicts(&repo, &|command| {
            command.current_dir(&directory);
        });
        assert_eq!(changed, plain, "in {}", directory.display());
    }
    let elsewhere = repo.place.top().join("home");
    let beside = world();
    for directory in [elsewhere, repo.work().join("sub"), PathBuf::from("/"), beside.work()] {
        same(&format!("GIT_DIR, in {}", directory.display()), &repo, &plain, &|command| {
            command.current_dir(&directory).env("GIT_DIR", &git_dir).env("GIT_WORK_TREE", repo.work());
        });
    }
    same("GIT_DIR, relative", &repo, &plain, &|command| {
        command.current_dir(repo.work().join("sub")).env("GIT_DIR", "../.git").env("GIT_WORK_TREE", "..");
    });
}

/// Takes the permission to write from everything below a directory, or gives it back.
fn writable(top: &Path, yes: bool) {
    let mode = if yes { "u+w" } else { "a-w" };
    assert!(Command::new("chmod").args(["-R", mode]).arg(top).status().expect("chmod is there").success());
}

#[test]
fn a_place_that_cannot_be_written_changes_nothing() {
    let repo = world();
    let plain = verdicts(&repo, &none);
    writable(repo.place.top(), false);
    let changed = verdicts(&repo, &none);
    writable(repo.place.top(), true);
    assert_eq!(changed, plain);
    // Whoever may do everything writes there all the same, but not to what is mounted that way.
    let top = repo.place.top().display().to_string();
    let mounted = Command::new("unshare")
        .args([
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            "mount --bind \"$0\" \"$0\" && mount -o remount,ro,bind \"$0\" && ! touch \"$0/x\" 2>&1",
            &top,
        ])
        .status();
    if mounted.is_ok_and(|status| status.success()) {
        for args in COMMANDS.iter().filter(|args| !args.contains(&"pre-push")) {
            let mut command = repo.place.leeward(&[""]);
            let typed = args
                .iter()
                .map(|arg| if *arg == "TOP" { repo.work().display().to_string() } else { (*arg).to_owned() });
            let mut inside = Command::new("unshare");
            inside.current_dir(repo.work()).args(["--map-root-user", "--mount", "sh", "-c"]);
            inside.arg(
                "mount --bind \"$0\" \"$0\" && mount -o remount,ro,bind \"$0\" && cd \"$PWD\" && exec \"$@\"",
            );
            inside.arg(&top).arg(command.current_dir("/").get_program()).args(typed);
            run(&mut inside, None).ends_with(1).says("mistral-api-key");
        }
    }
}

#[test]
fn a_repository_of_somebody_else_is_judged_all_the_same() {
    let repo = world();
    let plain = verdicts(&repo, &none);
    let chown = |who: &str| {
        Command::new("chown").args(["-R", who]).arg(repo.work()).output().expect("chown is there")
    };
    // Only who may do everything can give it away; `GIT_TEST_ASSUME_DIFFERENT_OWNER` stands for it elsewhere.
    if chown("65534:65534").status.success() {
        same("another owner", &repo, &plain, &none);
        let ran = repo.attempt(&["status"]);
        assert!(ran.status != Some(0) && ran.err().contains("dubious ownership"), "{}", ran.err());
        assert!(chown("0:0").status.success());
    }
}
