//! `leeward hook`: the gates that git calls, and putting them into a repository.
//!
//! A gate takes what git hands to that hook, judges what is added, and ends with 0 only when all of that was looked at
//! and no key is new. What it says is short and goes to standard error.

mod calls;
mod commit;
mod files;
mod install;
pub(super) mod keeper;
mod message;
pub(super) mod place;
mod proof;
mod push;
pub(super) mod script;
mod status;
pub(super) mod worktrees;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, Subcommand};

use super::UsageError;
use super::args::Scanning;
use super::run::{interrupted, watch_for_interruption};
use super::surroundings::set;
use crate::status::Status;

pub(super) const EXAMPLES: &str = "\
Examples:
  leeward hook install                     the gates of this repository; `uninstall` takes them away again
  leeward hook status                      which of them are in force
  leeward hook pre-commit                  what the next commit adds, as a hook of your own calls it
  leeward hook commit-msg .git/COMMIT_EDITMSG
  leeward hook pre-push origin git@example.org:a/b.git < LINES-OF-GIT
  leeward hook pre-receive < LINES-OF-GIT

Exit status: 0 git may go on; 1 a key is new, 2 usage error, 3 not all of it could be judged, 130 interrupted";

/// `leeward hook`.
#[derive(Debug, Subcommand)]
pub enum HookCommand {
    /// Judge what the next commit adds
    ///
    /// Judges the index as git hands it over (GIT_INDEX_FILE) against HEAD, in a merge against all parents. Called by
    /// the pre-commit framework outside of a commit with nothing staged, it judges the range that the framework names
    /// (PRE_COMMIT_FROM_REF, PRE_COMMIT_TO_REF), or else all files, and says so; with something staged only that, unless CI
    /// is set.
    ///
    /// Configuration, baseline and rule files are those of the index, too: one that is not staged does not count.
    #[command(after_help = EXAMPLES)]
    PreCommit(Plain),
    /// Judge what a merge commit adds that no parent has
    #[command(after_help = EXAMPLES)]
    PreMergeCommit(Plain),
    /// Judge a commit's message
    #[command(after_help = EXAMPLES)]
    CommitMsg(Message),
    /// Judge what a push sends that the remote lacks
    ///
    /// What it has is what it says on standard input, and the refs here that follow it: those that are fetched from that
    /// very URL, by the remote's own refspec. With no ref named there, because there is nothing to push or because another
    /// command of the hook has read that before, it is what HEAD and all branches, tags and notes here have that the remote's
    /// branches lack, as far as they were fetched.
    ///
    /// Configuration, baseline and rule files are those that are committed in what is pushed, each ref by its own, whatever
    /// is checked out. What they are looser in than what the remote has is said. --policy-from REV has all judged by that
    /// revision, so that a push changes nothing about how it is judged itself; a server goes by its own HEAD.
    #[command(after_help = EXAMPLES)]
    PrePush(Push),
    /// Judge what a push brings, on the server
    ///
    /// What comments `leeward:ignore` accept of it is named. With --deny-new-suppressions they accept nothing, unless what
    /// a ref was before, or HEAD for a new one, has them: of the first push of all, none does.
    ///
    /// Configuration, baseline and rule files are those of HEAD there, before any branch has a commit the defaults. Where HEAD
    /// names a branch that is not there and others are, that is said, and the only one of them judges, or main, or master; with
    /// none of these the defaults do, and comments that are new accept nothing.
    #[command(after_help = EXAMPLES)]
    PreReceive(Plain),
    /// Put the gates into this repository
    ///
    /// They go where git reads hooks (core.hooksPath included): pre-commit, pre-merge-commit, commit-msg, pre-applypatch and
    /// applypatch-msg (of `git am`) and pre-push, in a bare repository pre-receive, in one with work trees (linked ones, or one
    /// that is named to git each time, as for dotfiles) all of them, and in one that takes pushes to what it has checked out
    /// (receive.denyCurrentBranch). A hook that is there already is set aside and called first, and what it refuses stays
    /// refused. Nothing is changed if one of them cannot be.
    ///
    /// Git calls none of them for the commits that `git cherry-pick`, `git revert` and `git rebase` make by themselves:
    /// what those add is judged before it is pushed.
    #[command(after_help = EXAMPLES)]
    Install(install::Install),
    /// Take away what `install` put there, and put back what was there before
    #[command(after_help = EXAMPLES)]
    Uninstall(install::Where),
    /// Say which gates are in force
    ///
    /// The program that they call is tried with a key made up for it, under the configuration here. Status 0 if all of them
    /// are in force, 1 if not.
    #[command(after_help = EXAMPLES)]
    Status(install::Where),
}

/// Hooks without arguments.
#[derive(Debug, Args)]
pub struct Plain {
    #[command(flatten)]
    pub scanning: Scanning,
}

/// `leeward hook commit-msg`.
#[derive(Debug, Args)]
pub struct Message {
    /// The file that holds the message
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub scanning: Scanning,
}

/// `leeward hook pre-push`.
#[derive(Debug, Args)]
pub struct Push {
    /// Name of the remote, or its URL if it has no name
    #[arg(value_name = "REMOTE")]
    pub remote: Option<OsString>,
    /// Its URL
    #[arg(value_name = "URL")]
    pub url: Option<OsString>,
    #[command(flatten)]
    pub scanning: Scanning,
}

/// Runs a gate, or sees to the hooks of a repository.
pub(super) fn run(command: &HookCommand) -> Result<Status, UsageError> {
    match command {
        HookCommand::PreCommit(command) => commit::pre_commit(&command.scanning),
        HookCommand::PreMergeCommit(command) => commit::pre_merge_commit(&command.scanning),
        HookCommand::CommitMsg(command) => commit::commit_msg(&command.file, &command.scanning),
        HookCommand::PrePush(command) => {
            push::pre_push(command.remote.as_deref(), command.url.as_deref(), &command.scanning)
        }
        HookCommand::PreReceive(command) => push::pre_receive(&command.scanning),
        HookCommand::Install(to) => asking(|| install::install(to)),
        HookCommand::Uninstall(from) => asking(|| install::uninstall(from)),
        HookCommand::Status(of) => asking(|| status::status(of)),
    }
}

/// What an entry of the pre-commit framework has to say that hands names of files to a gate.
const NO_NAMES: &str = "the pre-commit framework hands over names of files, and this gate looks at none: write \
     `pass_filenames: false` and `always_run: true` in its entry in .pre-commit-config.yaml";

/// What an entry of the pre-commit framework has to say, if these arguments are from one and make no command. `said`: what
/// is said of them.
pub(super) fn entry_of_framework(kind: ErrorKind, said: &str) -> Option<&'static str> {
    if set("PRE_COMMIT").is_none() || !said.contains("Usage: leeward hook ") {
        return None;
    }
    match kind {
        ErrorKind::UnknownArgument if !said.contains("argument '-") => Some(NO_NAMES),
        ErrorKind::MissingRequiredArgument => Some(
            "the pre-commit framework hands over the file with the message unless its entry in .pre-commit-config.yaml \
             says `pass_filenames: false`",
        ),
        _ => None,
    }
}

/// The program that is called by its name.
pub(super) fn on_path() -> Option<PathBuf> {
    let name = format!("leeward{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(&name)).find(|path| files::runs(path))
}

/// Runs what asks git, which is not waited for any longer once somebody presses Ctrl-C.
fn asking(run: impl FnOnce() -> Result<Status, UsageError>) -> Result<Status, UsageError> {
    watch_for_interruption();
    let done = run();
    if interrupted() { Ok(Status::Interrupted) } else { done }
}
