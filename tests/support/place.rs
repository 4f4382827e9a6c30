//! A place on disk for one test: a working directory, a home directory, and git with a fixed author and clock.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{Ran, arguments, binary, command, run};

/// Directories that vanish with it.
pub(crate) struct Place {
    top: TempDir,
    /// Days that have passed: every commit is made a day after the one before.
    day: u32,
}

impl Place {
    /// A new one, with an empty working directory.
    pub(crate) fn new() -> Place {
        let top = tempfile::Builder::new().prefix("leeward-test-").tempdir().expect("a temporary directory");
        for directory in ["work", "home"] {
            fs::create_dir(top.path().join(directory)).expect("a new directory");
        }
        Place { top, day: 0 }
    }

    /// The directory that holds everything.
    pub(crate) fn top(&self) -> &Path {
        self.top.path()
    }

    /// The working directory.
    pub(crate) fn work(&self) -> PathBuf {
        self.top.path().join("work")
    }

    /// Writes a file below the working directory.
    pub(crate) fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.work().join(path);
        fs::create_dir_all(path.parent().expect("below the working directory")).expect("a directory");
        fs::write(&path, content).expect("a file of ours");
        path
    }

    /// The program under test, about to run in the working directory.
    pub(crate) fn leeward<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut leeward = command(binary(), &self.work(), &self.top().join("home"));
        leeward.args(arguments(args));
        leeward
    }

    /// Runs the program under test with nothing on its standard input.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Ran {
        run(&mut self.leeward(args), None)
    }

    /// Runs git in the working directory, and fails if git does.
    pub(crate) fn git<S: AsRef<OsStr>>(&mut self, args: &[S]) -> Ran {
        self.git_with(args, None)
    }

    /// The same, with something on its standard input; gives the one line that it writes, without its end.
    pub(crate) fn git_in<S: AsRef<OsStr>>(&mut self, args: &[S], input: &str) -> String {
        self.git_with(args, Some(input.into())).out().trim_end().to_owned()
    }

    fn git_with<S: AsRef<OsStr>>(&mut self, args: &[S], input: Option<Vec<u8>>) -> Ran {
        if args.first().is_some_and(|first| first.as_ref() == "commit" || first.as_ref() == "merge") {
            self.day += 1;
        }
        let mut git = command("git", &self.work(), &self.top().join("home"));
        let date = format!("2024-03-{:02}T12:00:00+00:00", self.day.clamp(1, 31));
        for who in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{who}_NAME"), "Ada Example");
            git.env(format!("GIT_{who}_EMAIL"), "ada@example.org");
            git.env(format!("GIT_{who}_DATE"), &date);
        }
        git.args(["-c", "core.autocrlf=false", "-c", "commit.gpgSign=false", "-c", "gc.auto=0"]);
        run(git.args(arguments(args)), input).ends_with(0)
    }

    /// Makes the working directory a repository.
    pub(crate) fn init(&mut self) {
        self.git(&["init", "--quiet", "--initial-branch=main", "--template="]);
    }
}
