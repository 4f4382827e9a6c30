//! The gates as people use git: from graphical programs, in parts, through managers of hooks.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Repo, line};
use crate::support::{Ran, binary, run, top};

#[test]
fn a_commit_as_a_graphical_program_makes_it() {
    let mut repo = Repo::new();
    fs::remove_dir_all(repo.work().join(".git/hooks")).expect("ours");
    repo.place.run(&["hook", "install"]).ends_with(0);
    let server = repo.place.top().join("server.git").to_string_lossy().into_owned();
    repo.git(&["init", "--quiet", "--bare", &server]);
    // No terminal, no home, and none of the directories that a shell would add.
    let attempt = |args: &[&str]| {
        let mut command = repo.command(args);
        command.env("PATH", "/usr/bin:/bin").env_remove("HOME").env_remove("LC_ALL").env_remove("TZ");
        run(&mut command, None)
    };
    repo.write("a.env", line(2));
    attempt(&["add", "."]).ends_with(0);
    attempt(&["commit", "-m", "a key"]).ends_with(1).says("a.env:1:17");
    attempt(&["commit", "--no-verify", "-m", "a key"]).ends_with(0);
    attempt(&["push", &server, "main"]).ends_with(1).says("a.env:1:17");
    repo.write("a.env", "KEY=\n");
    attempt(&["commit", "-a", "-m", line(3).trim()]).ends_with(1).says("its message holds 1 key");
    attempt(&["commit", "-a", "-m", "no key"]).ends_with(0).says("no new keys");
}

#[test]
fn who_makes_a_commit_is_judged_too() {
    let mut repo = Repo::new();
    let name = line(2).trim().to_owned();
    let author = format!("{name} <ada@example.org>");
    let commit = ["commit", "--allow-empty", "-m", "x"];
    repo.stops(&[&commit[..], &["--author", &author]].concat(), "  author: ");
    let with = |variable: &str, value: &str| run(repo.command(&commit).env(variable, value), None);
    with("GIT_AUTHOR_NAME", &name).ends_with(1).says("  author: ").says("git config user.name");
    with("GIT_COMMITTER_EMAIL", &name).ends_with(1).says("  committer: ");
    let mut unset = repo.command(&commit);
    unset.env_remove("GIT_AUTHOR_NAME").env_remove("GIT_COMMITTER_NAME");
    run(
        unset
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", "user.name")
            .env("GIT_CONFIG_VALUE_0", &name),
        None,
    )
    .ends_with(1)
    .says("  author: ");
    repo.passes(&["commit", "--allow-empty", "-m", "x"]);
    // Whom a commit names that was made before stays its author.
    repo.git(&[&["-c", "core.hooksPath=/dev/null"], &commit[..], &["--author", &author]].concat());
    repo.stops(&["commit", "--amend", "--allow-empty", "-m", "y"], "  author: ");
    repo.git(&["reset", "--quiet", "--soft", "HEAD~1"]);
}

#[test]
fn what_is_let_pass_is_not_said_to_be_stopped() {
    let mut repo = Repo::new();
    repo.write("a.env", line(2));
    repo.git(&["add", "."]);
    let ran = repo.place.run(&["hook", "pre-commit", "--exit-zero"]).ends_with(0);
    let ran = ran.says("leeward: --exit-zero lets this commit pass, with 1 key in it").says("a.env:1:17");
    assert!(!ran.err().contains("stopped") && !ran.err().contains("commit again"), "{}", ran.err());
    repo.place.run(&["hook", "pre-commit"]).ends_with(1).says("stopped this commit: it would add 1 key");
    // An object that is missing: whatever is found, not all was judged.
    let id = repo.git(&["rev-parse", ":a.env"]);
    fs::remove_file(repo.work().join(".git/objects").join(&id[..2]).join(&id[2..])).expect("ours");
    repo.place.run(&["hook", "pre-commit", "--exit-zero"]).ends_with(3).says("stopped this commit: not all");
    let ran = repo.place.run(&["hook", "pre-commit", "--allow-incomplete"]).ends_with(0);
    ran.says("leeward: --allow-incomplete lets this commit pass: not all of it could be judged");
}

#[test]
fn of_a_file_that_is_staged_in_part_that_part_is_judged() {
    let repo = Repo::new();
    let lines = |first: &str, last: &str| format!("{first}{}{last}", "nothing\n".repeat(20));
    repo.write("other.txt", lines("", ""));
    repo.passes(&["commit", "-a", "-m", "long"]);
    repo.write("other.txt", lines("harmless\n", &line(2)));
    let add = |answers: &str| {
        let ran = run(&mut repo.command(&["add", "--patch"]), Some(answers.into()));
        assert_eq!(ran.ends_with(0).out().matches("Stage this hunk").count(), answers.lines().count());
    };
    add("y\nn\n");
    repo.passes(&["commit", "-m", "the harmless part"]);
    add("y\n");
    repo.stops(&["commit", "-m", "the other one"], "other.txt:22:17");
}

#[test]
fn what_takes_the_place_of_a_file_is_judged() {
    let mut repo = Repo::new();
    let id = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["rm", "--quiet", "--cached", "other.txt"]);
    fs::remove_file(repo.work().join("other.txt")).expect("ours");
    repo.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{id},other.txt")]);
    repo.attempt(&["commit", "-m", "a submodule"]).ends_with(0);
    repo.git(&["rm", "--quiet", "--cached", "other.txt"]);
    repo.write("other.txt", line(2));
    repo.git(&["add", "."]);
    repo.stops(&["commit", "-m", "a file again"], "other.txt:1:17");
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "a file again"]);
    fs::remove_file(repo.work().join("other.txt")).expect("ours");
    repo.write("other.txt/in/here.env", line(3));
    repo.git(&["add", "."]);
    repo.stops(&["commit", "-m", "a directory"], "other.txt/in/here.env:1:17");
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "a directory"]);
    fs::remove_dir_all(repo.work().join("other.txt")).expect("ours");
    repo.write("other.txt", line(4));
    repo.git(&["add", "."]);
    repo.stops(&["commit", "-m", "a file once more"], "other.txt:1:17");
}

/// A block of the README in a language, by its first line.
fn recipe(first: &str) -> Vec<String> {
    let text = fs::read_to_string(top().join("README.md")).expect("a file of ours");
    let lines = text.lines().skip_while(|line| *line != first).skip(1);
    let block: Vec<String> = lines.take_while(|line| !line.starts_with("```")).map(str::to_owned).collect();
    assert!(!block.is_empty(), "{first} is not in the README");
    block
}

/// A repository in which git calls hooks of a directory, and `leeward` is on PATH.
struct Managed {
    repo: Repo,
    path: String,
}

impl Managed {
    fn new() -> Managed {
        let mut repo = Repo::new();
        fs::remove_dir_all(repo.work().join(".git/hooks")).expect("ours");
        let bin = repo.place.top().join("bin");
        fs::create_dir(&bin).expect("new");
        std::os::unix::fs::symlink(binary(), bin.join("leeward")).expect("new");
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("set"));
        let server = repo.place.top().join("server.git").to_string_lossy().into_owned();
        repo.git(&["init", "--quiet", "--bare", &server]);
        repo.git(&["remote", "add", "origin", &server]);
        Managed { repo, path }
    }

    fn script(&self, name: &str, content: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.repo.work().join(name);
        self.repo.write(name, content);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("ours");
    }

    fn run(&self, mut command: Command) -> Ran {
        run(command.env("PATH", &self.path), None)
    }

    fn git(&self, args: &[&str]) -> Ran {
        self.run(self.repo.command(args))
    }

    /// What is set up needs nothing more.
    #[track_caller]
    fn is_in_force(&self) {
        self.run(self.repo.place.leeward(&["hook", "status"])).ends_with(0);
    }

    /// A key in a commit, a message and a push is stopped, and nothing else is.
    #[track_caller]
    fn holds(&self) {
        self.git(&["add", "."]).ends_with(0);
        self.git(&["commit", "--allow-empty", "-m", "hooks"]).ends_with(0);
        self.repo.write("a.env", line(2));
        self.git(&["add", "."]).ends_with(0);
        self.git(&["commit", "-m", "a key"]).ends_with(1).says("a.env:1:17");
        self.git(&["push", "--no-verify", "origin", "main"]).ends_with(0);
        self.git(&["commit", "--no-verify", "-m", "a key"]).ends_with(0);
        self.git(&["push", "origin", "main"]).ends_with(1).says("a.env:1:17");
        self.git(&["commit", "--allow-empty", "-m", line(3).trim()])
            .ends_with(1)
            .says("its message holds 1 key");
        self.git(&["push", "origin", "main:refs/heads/x", "main~1:refs/heads/y"]).ends_with(1);
        self.git(&["push", "origin", "main~1:refs/heads/y"]).ends_with(0).says("no new keys in 1 ref");
    }
}

/// How the recipe for husky begins.
const HUSKY: &str = "# husky; in a linked work tree too, where `npm install` or `npx husky` makes the directory that git \
    reads hooks from";

/// As husky 9 has it: git calls a script in `.husky/_`, which runs the one of the same name beside that directory.
#[test]
fn the_recipe_for_husky() {
    let managed = Managed::new();
    let run_by_git = "#!/usr/bin/env sh\nn=$(basename \"$0\")\ns=$(dirname \"$(dirname \"$0\")\")/$n\n\
        [ ! -f \"$s\" ] && exit 0\nexport PATH=\"node_modules/.bin:$PATH\"\nsh -e \"$s\" \"$@\"\n";
    let mut install = Command::new("sh");
    install.current_dir(managed.repo.work());
    fs::create_dir(managed.repo.work().join(".husky")).expect("new");
    managed
        .run({
            install.args(["-ec", &recipe(HUSKY).join("\n")]);
            install
        })
        .ends_with(0);
    for file in fs::read_dir(managed.repo.work().join(".husky")).expect("new").flatten() {
        managed.script(&format!(".husky/_/{}", file.file_name().to_string_lossy()), run_by_git);
    }
    managed.repo.write(".husky/_/.gitignore", "*");
    managed.git(&["config", "core.hooksPath", ".husky/_"]).ends_with(0);
    managed.holds();
    managed.is_in_force();
}

/// As lefthook has it: `run` is a line for the shell, in which `{1}` is the first argument of the hook. Without
/// `use_stdin`, there is nothing on standard input.
#[test]
fn the_recipe_for_lefthook() {
    let managed = Managed::new();
    let hooks = managed.repo.work().join(".git/hooks");
    for line in recipe("# lefthook.yml").into_iter().filter(|line| !line.starts_with("#")) {
        let (hook, rest) = line.split_once(": ").expect("a hook");
        let (_, said) = rest.split_once("run: ").expect("a command");
        let (said, input) = match said.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').expect("quoted"),
            None => said.split_once(" }").expect("a map"),
        };
        let shell = said.replace("{1}", "\"$1\"").replace("{2}", "\"$2\"");
        let input = if input.contains("use_stdin: true") { "" } else { " </dev/null" };
        let path = hooks.strip_prefix(managed.repo.work()).unwrap_or(Path::new("")).join(hook);
        managed.script(&path.to_string_lossy(), &format!("#!/bin/sh\n{shell}{input}\n"));
    }
    managed.holds();
    // And it is read as what it is, in the hooks that lefthook makes.
    managed.repo.write("lefthook.yml", recipe("# lefthook.yml").join("\n"));
    for hook in
        recipe("# lefthook.yml").iter().filter_map(|line| line.split_once(": {")).map(|(hook, _)| hook)
    {
        managed.script(
            &format!(".git/hooks/{hook}"),
            &format!("#!/bin/sh\ncall_lefthook run \"{hook}\" \"$@\"\n"),
        );
        let said = managed.run(managed.repo.place.leeward(&["hook", "status"]));
        said.says(&format!("{hook:<17} in force: lefthook calls leeward (lefthook.yml)"));
    }
    managed.is_in_force();
}

/// As the pre-commit framework has it: `install` makes a hook that hands over to it, for each kind that is named.
#[test]
fn the_recipe_for_pre_commit() {
    let first = "# .pre-commit-config.yaml, for pre-commit and prek; leeward-system takes the leeward on PATH instead of \
        building one";
    let lines = recipe(first);
    let managed = Managed::new();
    managed.repo.write(".pre-commit-config.yaml", lines.join("\n"));
    let then = lines.iter().find_map(|line| line.strip_prefix("# then: ")).expect("what is to be done");
    let (theirs, ours) = then.split_once(" && ").expect("two commands");
    let kinds: Vec<&str> = theirs.split(" -t ").skip(1).collect();
    for kind in &kinds {
        let args = format!("hook-impl --config=.pre-commit-config.yaml --hook-type={kind}");
        managed.script(
            &format!(".git/hooks/{kind}"),
            &format!("#!/usr/bin/env bash\nARGS=({args})\nexec pre-commit \"${{ARGS[@]}}\"\n"),
        );
    }
    let status = || managed.run(managed.repo.place.leeward(&["hook", "status"]));
    status()
        .ends_with(1)
        .says("pre-push          the pre-commit framework's")
        .says("pre-applypatch    missing");
    let ours: Vec<&str> = ours.strip_prefix("leeward ").expect("ours").split(' ').collect();
    managed.run(managed.repo.place.leeward(&ours)).ends_with(0);
    let said = status().ends_with(0).says("pre-push          in force, after the hook that was here before");
    for kind in kinds.iter().filter(|kind| **kind != "pre-push") {
        let calls =
            format!("{kind:<17} in force: the pre-commit framework calls leeward (.pre-commit-config.yaml)");
        assert!(said.out().contains(&calls), "{}", said.out());
    }
}
