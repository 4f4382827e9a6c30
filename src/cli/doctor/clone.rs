//! A repository to try things on: a clone of a clone, sharing the objects, that vanishes in the end.
//!
//! Takes a repository and a place for hooks, and runs git in the clone as a person would: with the user's own
//! configuration, without what a hook around us has put into the environment, never asking anything. How long it is
//! waited for is up to [`run`].

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::super::subprocess::{Ran, run};
use crate::source::layout::Layout;

/// Where a hook that is called writes its name.
const CALLED: &str = "called";

/// How long it takes at most to copy or scan what is large, and calls nobody's hooks.
const CLONING: Duration = Duration::from_secs(3600);

/// Variables that would lead git to another repository.
const LEADING: [&str; 10] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_CEILING_DIRECTORIES",
];

/// Where things are tried.
pub(super) struct Clone {
    place: TempDir,
    /// How long git and what it calls may take.
    patience: Duration,
}

impl Clone {
    /// Clones a repository, with `files` of its work tree as they are now, and without those that are `gone` from there.
    ///
    /// # Errors
    ///
    /// With what git or the system said.
    pub(super) fn of(
        layout: &Layout,
        (files, gone): (&[PathBuf], &[PathBuf]),
        patience: Duration,
    ) -> Result<Clone, String> {
        let place = tempfile::Builder::new().prefix("leeward-doctor-").tempdir();
        let clone = Clone { place: place.map_err(|error| error.to_string())?, patience };
        fs::create_dir(clone.hooks()).map_err(|error| error.to_string())?;
        let from = layout.work_tree.as_ref().filter(|top| is_found(top)).unwrap_or(&layout.git_dir);
        let directory = clone.place.path();
        let server = clone.server();
        let plain = ["clone", "--quiet", "--shared", "--template=", "--origin=origin"].map(OsStr::new);
        for args in [
            [&plain[..4], &[OsStr::new("--bare"), from.as_os_str(), server.as_os_str()]].concat(),
            [&plain[..], &[server.as_os_str(), clone.work().as_os_str()]].concat(),
        ] {
            let ran = run(git(directory).args(&args), patience.max(CLONING));
            if !ran.succeeded() {
                return Err(ran.end());
            }
        }
        if let Some(top) = &layout.work_tree {
            clone.take(top, files)?;
            clone.leave_out(top, gone)?;
        }
        Ok(clone)
    }

    /// Copies files of a work tree, and stages them: what is staged is what a commit is judged by.
    fn take(&self, top: &Path, files: &[PathBuf]) -> Result<(), String> {
        for below in files.iter().filter_map(|file| file.strip_prefix(top).ok()) {
            let copy = self.work().join(below);
            let copied = fs::create_dir_all(copy.parent().unwrap_or(&copy));
            copied.and_then(|()| fs::copy(top.join(below), &copy)).map_err(|error| error.to_string())?;
            let mut add = git(&self.work());
            let added = run(add.args(["add", "--force", "--"]).arg(below), self.patience);
            if !added.succeeded() {
                return Err(added.end());
            }
        }
        Ok(())
    }

    /// Takes files out that are gone from a work tree, as if that were staged.
    fn leave_out(&self, top: &Path, gone: &[PathBuf]) -> Result<(), String> {
        let mut remove = git(&self.work());
        remove.args(["rm", "--quiet", "--force", "--ignore-unmatch", "--"]);
        let below = gone.iter().filter_map(|file| file.strip_prefix(top).ok());
        let removed = run(remove.args(below), self.patience);
        if removed.succeeded() || gone.is_empty() { Ok(()) } else { Err(removed.end()) }
    }

    /// Where work is done.
    pub(super) fn work(&self) -> PathBuf {
        self.place.path().join("work")
    }

    /// Where it is pushed to.
    pub(super) fn server(&self) -> PathBuf {
        self.place.path().join("server.git")
    }

    /// Where the hooks are that git calls here.
    pub(super) fn hooks(&self) -> PathBuf {
        self.place.path().join("hooks")
    }

    /// Makes git call a hook of another repository here, by its own name. `own`: the hook of that repository which this one may
    /// call, and git does not.
    pub(super) fn call(&self, name: &str, hook: &Path, own: Option<&Path>) -> io::Result<()> {
        self.put(&self.hooks(), name, hook)?;
        own.map_or(Ok(()), |own| self.put(&self.work().join(".git/hooks"), name, own))
    }

    /// The same where it is pushed to. Whatever all repositories of a person are told, git reads hooks at a place of our own.
    pub(super) fn receive(&self, name: &str, hook: &Path, own: Option<&Path>) -> io::Result<()> {
        let there = self.place.path().join("server-hooks");
        self.put(&there, name, hook)?;
        let told = run(git(&self.server()).args(["config", "core.hooksPath"]).arg(there), self.patience);
        if !told.succeeded() {
            return Err(io::Error::other(told.end()));
        }
        own.map_or(Ok(()), |own| self.put(&self.server().join("hooks"), name, own))
    }

    /// Writes a hook that calls another one.
    fn put(&self, directory: &Path, name: &str, hook: &Path) -> io::Result<()> {
        fs::create_dir_all(directory)?;
        let path = directory.join(name);
        let quoted = |path: &Path| path.display().to_string().replace('\'', r"'\''");
        let (called, hook) = (quoted(&self.place.path().join(CALLED)), quoted(hook));
        fs::write(&path, format!("#!/bin/sh\necho {name} > '{called}'\nexec '{hook}' \"$@\"\n"))?;
        executable(&path)
    }

    /// The hook that was called last.
    pub(super) fn called(&self) -> Option<String> {
        let name = fs::read_to_string(self.place.path().join(CALLED)).ok()?;
        Some(name.trim().to_owned())
    }

    /// Writes a file of the work tree.
    pub(super) fn write(&self, path: &str, text: &str) -> io::Result<()> {
        let path = self.work().join(path);
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        fs::write(path, text)
    }

    /// Runs git in the work tree, with the hooks.
    pub(super) fn git<S: AsRef<OsStr>>(&self, args: &[S]) -> Ran {
        let mut hooks = OsString::from("core.hooksPath=");
        hooks.push(self.hooks());
        drop(fs::remove_file(self.place.path().join(CALLED)));
        run(git(&self.work()).arg("-c").arg(hooks).args(args), self.patience)
    }

    /// Runs this program in the work tree.
    pub(super) fn leeward<S: AsRef<OsStr>>(&self, args: &[S]) -> Ran {
        let program = std::env::current_exe().unwrap_or_else(|_| "leeward".into());
        run(prepared(program, &self.work()).args(args), self.patience.max(CLONING))
    }
}

/// Whether git finds the repository of a work tree there. It may be named each time instead (`GIT_DIR`, `core.worktree`).
fn is_found(top: &Path) -> bool {
    top.join(".git").exists()
}

/// Git, about to run at the top of a repository, which is named where git does not find it.
pub(super) fn at(layout: &Layout) -> Command {
    let mut git = git(layout.work_tree.as_ref().unwrap_or(&layout.git_dir));
    if let Some(top) = layout.work_tree.as_ref().filter(|top| !is_found(top)) {
        git.arg("--git-dir").arg(&layout.git_dir).arg("--work-tree").arg(top);
    }
    git
}

/// Git, about to run in a directory.
fn git(directory: &Path) -> Command {
    let mut git = prepared("git", directory);
    git.args(["-c", "commit.gpgSign=false", "-c", "push.gpgSign=false", "-c", "tag.gpgSign=false"]);
    git.args(["-c", "gc.auto=0", "-c", "advice.detachedHead=false"]);
    for who in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{who}_NAME"), "leeward doctor");
        git.env(format!("GIT_{who}_EMAIL"), "doctor@leeward.invalid");
    }
    git.env("GIT_TERMINAL_PROMPT", "0").env("GIT_EDITOR", "true");
    git
}

/// A program that is on its own.
fn prepared(program: impl AsRef<OsStr>, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory).stdin(Stdio::null());
    for name in LEADING {
        command.env_remove(name);
    }
    for (name, _) in std::env::vars_os() {
        // That its configuration may be missing is meant for commits, too.
        if name.as_encoded_bytes().starts_with(b"PRE_COMMIT") && name != "PRE_COMMIT_ALLOW_NO_CONFIG" {
            command.env_remove(name);
        }
    }
    command
}

#[cfg(unix)]
fn executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn executable(_: &Path) -> io::Result<()> {
    Ok(())
}
