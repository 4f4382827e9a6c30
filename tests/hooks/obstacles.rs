//! Pipes, devices and links where git has files: nothing waits for them, and they are named.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Repo, line, put_script};
use crate::support::{Ran, run, wait};

fn pipe(path: &Path) {
    fs::create_dir_all(path.parent().expect("it is below")).expect("ours");
    fs::remove_file(path).ok();
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo is there").success());
}

/// A way to put something that is no file at a path.
type Put = fn(&Path);

/// Everything that is no file: how it is called, and how it is made.
const ODD: [(&str, Put); 5] = [
    ("a named pipe", pipe),
    ("a directory", |path| fs::create_dir_all(path).expect("ours")),
    ("a device", |path| symlink("/dev/zero", path).expect("ours")),
    ("a socket", |path| drop(std::os::unix::net::UnixListener::bind(path).expect("ours"))),
    ("a symbolic link that cannot be followed", |path| {
        symlink(path.file_name().expect("named"), path).expect("ours");
    }),
];

/// A repository with two commits and all hooks of ours.
fn installed() -> Repo {
    let mut repo = Repo::new();
    fs::remove_dir_all(repo.work().join(".git/hooks")).expect("ours");
    repo.place.run(&["hook", "install"]).ends_with(0);
    repo.write("other.txt", "more\n");
    repo.git(&["commit", "--quiet", "--no-verify", "--all", "--message", "more"]);
    repo
}

/// The names in the directory of hooks.
fn names(repo: &Repo) -> Vec<String> {
    let entries = fs::read_dir(repo.work().join(".git/hooks")).expect("there").flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn what_is_no_file_is_no_hook_and_is_left_alone() {
    for (what, put) in ODD {
        let repo = Repo::new();
        fs::remove_dir_all(repo.work().join(".git/hooks")).expect("ours");
        fs::create_dir(repo.work().join(".git/hooks")).expect("ours");
        put(&repo.work().join(".git/hooks/commit-msg"));
        let ran = repo.place.run(&["hook", "install"]).ends_with(2);
        ran.says(&format!(".git/hooks/commit-msg is {what}, not a file; nothing was done"))
            .says("help: move ");
        assert_eq!(names(&repo), ["commit-msg"], "{what}");
        let said = format!("commit-msg        not in force: what is there is {what}, not a file\n");
        let ran = repo.place.run(&["hook", "status"]).ends_with(1).says(&said);
        ran.says("help: `leeward hook install` puts them in force, but ")
            .says(&format!("is {what}, not a file: first move "));
        let ran = repo.place.run(&["hook", "uninstall"]).ends_with(0);
        ran.says("commit-msg        left: it is no file, and not ours");
        assert_eq!(names(&repo), ["commit-msg"], "{what}");
    }
}

#[test]
fn what_stands_where_another_hook_is_set_aside_is_not_opened() {
    for (what, put) in ODD {
        for ending in [".before-leeward", ".legacy"] {
            let repo = installed();
            put(&repo.work().join(format!(".git/hooks/pre-commit{ending}")));
            repo.place.run(&["hook", "status"]).ends_with(0).says("pre-commit        in force\n");
            repo.place.run(&["hook", "install"]).ends_with(0);
            let before = names(&repo).len();
            repo.place.run(&["hook", "uninstall"]).ends_with(0);
            assert!(names(&repo).len() < before, "{what}");
        }
    }
}

#[test]
fn a_link_that_leads_nowhere_is_set_aside_and_put_back() {
    let mut repo = Repo::new();
    let hook = repo.work().join(".git/hooks/pre-commit");
    fs::remove_file(&hook).expect("ours");
    symlink("../../made/later", &hook).expect("ours");
    repo.place.run(&["hook", "install"]).ends_with(0).says("pre-commit        in force\n");
    repo.write("a.env", line(2));
    repo.git(&["add", "a.env"]);
    repo.stops(&["commit", "-m", "a key"], "a.env:1:17");
    repo.place.run(&["hook", "uninstall"]).ends_with(0);
    assert_eq!(fs::read_link(&hook).expect("a link again"), Path::new("../../made/later"));
}

/// Files that git opens before it answers anything, and those that it opens for a clone.
const OF_GIT: [&str; 7] =
    ["HEAD", "config", "commondir", "packed-refs", "refs/heads/main", "objects/info/alternates", "shallow"];
const OF_CLONES: [&str; 4] =
    ["refs/heads/other", "objects/info/commit-graph", "objects/pack/pack-1.idx", "refs/tags/a/b"];

/// Every command that looks at a repository ends, and none that judges says that all is well.
fn all_end(repo: &Repo, change: &dyn Fn(&mut Command)) {
    let judge = ["hook pre-commit", "staged", "history", "range HEAD~1..HEAD"];
    for args in
        judge.iter().chain(&["scan", "config show", "explain other.txt:1", "baseline create --reason x"])
    {
        let args: Vec<&str> = args.split(' ').collect();
        let mut command = repo.place.leeward(&args);
        change(&mut command);
        run(&mut command, None);
    }
}

fn with(repo: &Repo, args: &[&str], change: &dyn Fn(&mut Command)) -> Ran {
    let mut command = repo.place.leeward(args);
    change(&mut command);
    run(&mut command, None)
}

#[test]
fn a_pipe_in_place_of_a_file_of_git_is_named_and_not_waited_for() {
    for file in OF_GIT {
        let repo = installed();
        let path = repo.work().join(".git").join(file);
        pipe(&path);
        for command in ["install", "status", "uninstall"] {
            let ran = repo.place.run(&["hook", command]).ends_with(2);
            ran.says(&format!(".git/{file} is a named pipe, not a file")).says("help: delete it");
        }
        doctor_names(&repo, file);
        repo.write("b.env", line(3));
        all_end(&repo, &|_| ());
    }
    for file in OF_CLONES {
        let repo = installed();
        pipe(&repo.work().join(".git").join(file));
        repo.place.run(&["hook", "status"]).ends_with(0);
        doctor_names(&repo, file);
        all_end(&repo, &|_| ());
    }
}

#[track_caller]
fn doctor_names(repo: &Repo, file: &str) {
    let ran = repo.place.run(&["doctor"]).ends_with(3);
    ran.says(&format!(".git/{file} is a named pipe, not a file: git would wait for it"))
        .says("UNTRIED  nothing was tried");
}

#[test]
fn a_pipe_beside_the_repository_is_not_taken_for_one() {
    let repo = installed();
    let sub = repo.work().join("sub");
    pipe(&sub.join("HEAD"));
    let mut command = repo.place.leeward(&["hook", "status"]);
    run(command.current_dir(&sub), None).ends_with(2).says("sub/HEAD is a named pipe, not a file");
    repo.place.run(&["hook", "status"]).ends_with(0);
}

#[test]
fn settings_that_are_a_pipe_are_named_and_not_waited_for() {
    let global = |repo: &Repo| repo.place.top().join("pipe");
    // A file that includes another one, which is none.
    let include = |repo: &Repo| {
        let path = repo.place.top().join("settings");
        fs::write(&path, "[user]\n\tname = a\n[include]\n\tpath = pipe # a relative one\n").expect("ours");
        path
    };
    let files: [&dyn Fn(&Repo) -> PathBuf; 2] = [&global, &include];
    for file in files {
        let repo = installed();
        pipe(&repo.place.top().join("pipe"));
        let file = file(&repo);
        let change = |command: &mut Command| {
            command.env("GIT_CONFIG_GLOBAL", &file);
        };
        for args in [&["hook", "install"][..], &["hook", "status"], &["hook", "uninstall", "--global"]] {
            with(&repo, args, &change).ends_with(2).says("pipe is a named pipe, not a file");
        }
        with(&repo, &["doctor"], &change).ends_with(3).says("pipe is a named pipe, not a file");
        all_end(&repo, &change);
    }
    let repo = installed();
    let path = repo.work().join(".git/config");
    let config = fs::read_to_string(&path).expect("there");
    fs::write(&path, format!("{config}[include]\n\tpath = ../../pipe\n")).expect("ours");
    pipe(&repo.place.top().join("pipe"));
    repo.place.run(&["hook", "status"]).ends_with(2).says("pipe is a named pipe, not a file");
    for args in [&["hook", "pre-commit"][..], &["staged"], &["history"], &["range", "HEAD~1..HEAD"]] {
        repo.place.run(args).ends_with(3).says("pipe: it is a named pipe, not a regular file");
    }
    all_end(&repo, &|_| ());
}

#[test]
fn an_ignore_file_of_a_person_that_is_a_pipe_is_said() {
    let repo = installed();
    let settings = repo.place.top().join("settings");
    let ignore = repo.place.top().join("ignore");
    pipe(&ignore);
    fs::write(&settings, format!("[core]\n\texcludesFile = {}\n", ignore.display())).expect("ours");
    let change = |command: &mut Command| {
        command.env("GIT_CONFIG_GLOBAL", &settings);
    };
    repo.write("new.env", line(4));
    let ran = with(&repo, &["scan"], &change).ends_with(3);
    ran.says("ignore: it is not a regular file").says("new.env:1:17");
    with(&repo, &["scan", "--no-ignore"], &change).ends_with(1).says("new.env:1:17");
    with(&repo, &["explain", "new.env:1"], &change).ends_with(1);
    // Without any settings.
    repo.place.run(&["scan"]).ends_with(1);
}

#[test]
fn doctor_is_not_kept_by_what_it_waits_for() {
    let repo = Repo::new();
    put_script(
        &repo.work().join(".git"),
        "pre-commit",
        format!("touch '{}'\nwhile :; do sleep 1; done\n", repo.place.top().join("called").display()),
    );
    let mut doctor = repo.place.leeward(&["doctor", "--patience", "100000"]);
    let mut child = doctor.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    while !repo.place.top().join("called").exists() {
        assert!(child.try_wait().expect("our child").is_none(), "it ended before it was asked to");
        std::thread::yield_now();
    }
    let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(asked.expect("kill is there").success());
    wait(child).ends_with(130);
}

#[test]
fn hooks_that_are_switched_off_are_said_to_be() {
    let mut repo = installed();
    let global = repo.place.top().join("settings");
    fs::write(&global, "[core]\n\thooksPath = /dev/null\n").expect("ours");
    let change = |command: &mut Command| {
        command.env("GIT_CONFIG_GLOBAL", &global);
    };
    for args in [&["hook", "status"][..], &["hook", "install"], &["hook", "install", "--global"]] {
        let ran = with(&repo, args, &change).ends_with(2);
        ran.says("hooks are switched off: core.hooksPath is /dev/null, so git runs none; nothing was done")
            .says("help: take the setting out: git config --global --unset core.hooksPath");
    }
    repo.git(&["config", "core.hooksPath", "/dev/null"]);
    let ran = repo.place.run(&["hook", "status"]).ends_with(2);
    ran.says("help: take the setting out: git config --unset core.hooksPath\n");
    let file = repo.place.write("a-file", "");
    repo.git(&["config", "core.hooksPath", file.to_str().expect("UTF-8")]);
    let ran = repo.place.run(&["hook", "install"]).ends_with(2);
    ran.says("a-file, which is a file and no directory, so it runs none; nothing was done");
    repo.git(&["config", "--unset", "core.hooksPath"]);
    fs::remove_dir_all(repo.work().join(".git/hooks")).expect("ours");
    fs::write(repo.work().join(".git/hooks"), "").expect("ours");
    let ran = repo.place.run(&["hook", "install"]).ends_with(2);
    ran.says(".git/hooks, which is a file and no directory").says("help: move ");
}

#[test]
fn what_git_complains_of_is_a_line_and_its_advice() {
    let repo = installed();
    let chown = |who: &str| {
        Command::new("chown").args(["-R", who]).arg(repo.work()).output().expect("chown is there")
    };
    if chown("65534:65534").status.success() {
        let ran = repo.place.run(&["hook", "status"]).ends_with(2);
        let ran =
            ran.says("git does not say where it reads hooks: detected dubious ownership").says("\nhelp: ");
        let said = ran.err();
        let ends = said.trim_end().ends_with("git config --global --add safe.directory ");
        assert!(!said.contains(r"\n") && !ends && said.contains("safe.directory /"), "{said}");
        assert!(chown("0:0").status.success());
    }
}

#[test]
fn where_hooks_cannot_be_written_nothing_is_half_done() {
    let repo = Repo::new();
    let hooks = repo.work().join(".git/hooks");
    fs::remove_dir_all(&hooks).expect("ours");
    fs::create_dir(&hooks).expect("ours");
    let mount =
        "mount --bind \"$0\" \"$0\" && mount -o remount,ro,bind \"$0\" && ! touch \"$0/x\" 2>/dev/null";
    let inside = |script: &str| {
        let install = repo.place.leeward(&["hook", "install"]);
        let mut unshare = crate::support::command("unshare", &repo.work(), &repo.place.top().join("home"));
        unshare.args(["--map-root-user", "--mount", "sh", "-c", script]).arg(&hooks);
        run(unshare.arg(install.get_program()).args(install.get_args()), None)
    };
    // Not everywhere may everybody mount.
    if inside(mount).status == Some(0) {
        let ran = inside(&format!("{mount} && exec \"$@\"")).ends_with(2);
        ran.says(".git/hooks: read-only file system; nothing was done").says("help: have somebody install");
        assert_eq!(names(&repo), [""; 0]);
    }
}

#[test]
fn the_other_part_of_an_index_that_is_a_pipe_is_not_waited_for() {
    let mut repo = installed();
    repo.git(&["update-index", "--split-index"]);
    let entries = fs::read_dir(repo.work().join(".git")).expect("there").flatten();
    let shared =
        entries.map(|entry| entry.path()).find(|path| path.display().to_string().contains("/sharedindex."));
    pipe(&shared.expect("git made one"));
    for args in [&["hook", "pre-commit"][..], &["staged"], &["scan"]] {
        repo.place.run(args).ends_with(3).says("it is a named pipe, not a regular file");
    }
    all_end(&repo, &|_| ());
}

#[test]
fn an_index_in_two_parts_that_is_cut_off_is_none_where_git_takes_it_for_none() {
    let mut repo = installed();
    repo.git(&["update-index", "--split-index"]);
    repo.write("a.env", line(1));
    repo.git(&["add", "a.env"]);
    let index = repo.work().join(".git/index");
    let whole = fs::read(&index).expect("git made it");
    repo.place.run(&["staged"]).ends_with(1);
    let mut refused = 0;
    for length in 0..whole.len() {
        fs::write(&index, &whole[..length]).expect("ours");
        // Git takes a few for whole, and commits what is in them.
        if repo.attempt(&["ls-files"]).status == Some(128) {
            repo.place.run(&["staged"]).ends_with(3).says("the index cannot be read");
            refused += 1;
        }
    }
    assert!(refused > 40, "{refused} of {}", whole.len());
}

#[test]
fn a_push_is_judged_though_settings_include_a_pipe() {
    let mut repo = installed();
    let server = repo.place.top().join("server.git").to_string_lossy().into_owned();
    repo.git(&["init", "--quiet", "--bare", &server]);
    repo.git(&["remote", "add", "origin", &server]);
    repo.write("a.env", line(2));
    repo.git(&["add", "a.env"]);
    repo.git(&["commit", "--quiet", "--no-verify", "--message", "a key"]);
    let head = repo.git(&["rev-parse", "HEAD"]);
    pipe(&repo.place.top().join("home/pipe"));
    fs::write(repo.place.top().join("home/.gitconfig"), "[include]\n\tpath = ~/pipe\n").expect("ours");
    let said = format!("refs/heads/main {head} refs/heads/main {}\n", "0".repeat(40));
    let mut push = repo.place.leeward(&["hook", "pre-push", "origin", &server]);
    run(&mut push, Some(said.into_bytes())).ends_with(1).says("a.env:1:17");
}
