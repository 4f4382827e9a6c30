//! The gates, called by real git: which commits and pushes are stopped, and which are not.

mod commit;
mod cost;
mod doctor;
mod fail_open;
mod framework;
mod global;
mod hostile;
mod install;
mod keepers;
mod known;
mod lefthook;
mod message;
mod moves;
mod new_comments;
mod obstacles;
mod patches;
mod people;
mod policy;
mod policy_push;
mod policy_server;
mod push;
mod push_unsaid;
mod secrecy;
mod secrecy_help;
mod storage;
mod stricter;
mod switches;
mod templates;
mod templates_tags;
mod worktrees;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::place::Place;
use crate::support::values::key;
use crate::support::{Ran, binary, command, run};

/// The line of a settings file that holds a key.
fn line(number: usize) -> String {
    format!("MISTRAL_API_KEY={}\n", key(number))
}

/// A repository whose hooks call the program under test.
struct Repo {
    place: Place,
}

impl Repo {
    /// With a first commit on `main` that holds key 1 in `base.env`.
    fn new() -> Repo {
        let mut repo = Repo::unborn();
        repo.write("base.env", line(1));
        repo.write("other.txt", "nothing\n");
        repo.git(&["add", "."]);
        repo.git(&["commit", "--quiet", "--no-verify", "--message", "base"]);
        repo
    }

    /// Without a commit.
    fn unborn() -> Repo {
        let mut place = Place::new();
        place.init();
        for hook in ["pre-commit", "pre-merge-commit", "commit-msg", "pre-push"] {
            put_hook(&place.work().join(".git"), hook);
        }
        Repo { place }
    }

    fn work(&self) -> PathBuf {
        self.place.work()
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        self.place.write(path, content);
    }

    /// Runs git, which must succeed.
    fn git(&mut self, args: &[&str]) -> String {
        self.place.git(args).out().trim_end().to_owned()
    }

    /// Git with an author, about to run in the work tree.
    fn command(&self, args: &[&str]) -> Command {
        git_in(&self.work(), &self.place.top().join("home"), args)
    }

    /// Runs git, which may be stopped.
    fn attempt(&self, args: &[&str]) -> Ran {
        run(&mut self.command(args), None)
    }

    /// A commit of what is staged is stopped, and says where the key is.
    #[track_caller]
    fn stops(&self, args: &[&str], place: &str) {
        let before = self.attempt(&["rev-parse", "--quiet", "--verify", "HEAD"]).out();
        self.attempt(args).ends_with(1).says("leeward: stopped this commit").says(place);
        assert_eq!(
            self.attempt(&["rev-parse", "--quiet", "--verify", "HEAD"]).out(),
            before,
            "a commit was made"
        );
    }

    /// A commit is made, and the gate said that it looked.
    #[track_caller]
    fn passes(&self, args: &[&str]) {
        let before = self.attempt(&["rev-parse", "--quiet", "--verify", "HEAD"]).out();
        self.attempt(args).ends_with(0).says("leeward: no");
        assert_ne!(
            self.attempt(&["rev-parse", "--quiet", "--verify", "HEAD"]).out(),
            before,
            "no commit was made"
        );
    }
}

/// Git with an author, about to run somewhere.
fn git_in(directory: &Path, home: &Path, args: &[&str]) -> Command {
    let mut git = command("git", directory, home);
    for who in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{who}_NAME"), "Ada Example").env(format!("GIT_{who}_EMAIL"), "ada@example.org");
    }
    git.args(["-c", "gc.auto=0"]).args(args);
    git
}

/// Writes a hook that calls the program under test.
fn put_hook(git_dir: &Path, hook: &str) {
    let program = binary();
    put_script(git_dir, hook, format!("exec '{}' hook {hook} \"$@\"\n", program.display()));
}

fn put_script(git_dir: &Path, hook: &str, script: impl AsRef<OsStr>) {
    let path = git_dir.join("hooks").join(hook);
    fs::create_dir_all(git_dir.join("hooks")).expect("a directory");
    fs::write(&path, format!("#!/bin/sh\n{}", script.as_ref().display())).expect("a file of ours");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a file of ours");
}
