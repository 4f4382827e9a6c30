//! The program: from arguments to an exit status. The only part that prints.
//!
//! [`args`] is what can be typed. A command turns it into settings, runs sources into the pipeline, writes reports and
//! gives a [`Status`]. What goes to standard error passes through `masked` first: an argument can be a key, too.

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser as _;
use clap::error::ErrorKind;

mod again;
pub mod args;
mod attribute;
mod baseline;
mod completions;
mod config;
mod doctor;
mod explain;
mod expressions;
mod history;
mod hook;
mod man;
mod policy;
mod range;
mod reports;
mod rules;
mod run;
mod scan;
mod subprocess;
mod surroundings;
mod timing;
mod trace;

use crate::report::redact::masked;
use crate::status::Status;

/// Why a command could not begin. Status 2.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct UsageError {
    message: String,
    help: Option<String>,
}

impl UsageError {
    fn new(message: impl std::fmt::Display) -> Self {
        UsageError { message: message.to_string(), help: None }
    }

    #[must_use]
    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Runs the program with these arguments, the first being its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Status {
    let status = guarded(|| command(arguments));
    if UNSAID.load(Ordering::Relaxed) { Status::Incomplete } else { status }
}

/// Runs to the end, or to a panic: what was not done then was not looked at.
fn guarded(run: impl FnOnce() -> Status) -> Status {
    // The message of a panic may quote content; its place does not.
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        complain(&format!("leeward: internal error at {place}; please report it\n"));
    }));
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Status::Incomplete)
}

fn command(arguments: impl IntoIterator<Item = OsString>) -> Status {
    let cli = match args::Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return unparsed(&error),
    };
    let done = match cli.command {
        args::Command::Scan(command) => scan::scan(&command),
        args::Command::Staged(command) => scan::staged(&command),
        args::Command::History(command) => history::history(&command),
        args::Command::Range(command) => range::range(&command),
        args::Command::Baseline(command) => baseline::run(&command),
        args::Command::Config(command) => config::run(&command),
        args::Command::Hook(command) => hook::run(&command),
        args::Command::Explain(command) => explain::explain(&command),
        args::Command::Rules(command) => rules::run(&command),
        args::Command::Doctor(command) => doctor::run(&command),
        args::Command::Completions(command) => Ok(completions::run(&command)),
        args::Command::Man(command) => man::run(&command),
    };
    done.unwrap_or_else(|error| {
        complain(&format!("error: {}\n", error.message));
        if let Some(help) = error.help {
            complain(&format!("help: {help}\n"));
        }
        Status::Usage
    })
}

/// Help, version, or arguments that make no command.
fn unparsed(error: &clap::Error) -> Status {
    let text = error.render();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            say(&styled(&text, std::io::stdout().is_terminal()));
            Status::Clean
        }
        _ => {
            complain(&styled(&text, std::io::stderr().is_terminal()));
            if let Some(help) = hook::entry_of_framework(error.kind(), &text.to_string()) {
                complain(&format!("help: {help}\n"));
            }
            Status::Usage
        }
    }
}

fn styled(text: &clap::builder::StyledStr, terminal: bool) -> String {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if terminal && !plain { text.ansi().to_string() } else { text.to_string() }
}

/// Something could not be written to standard output.
static UNSAID: AtomicBool = AtomicBool::new(false);

/// Writes to standard output; that it is closed is no error.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            complain(&format!("error: standard output cannot be written: {error}\n"));
            UNSAID.store(true, Ordering::Relaxed);
        }
        _ => {}
    }
}

/// Writes to standard error, with a mask in place of whatever looks like a key.
fn complain(text: &str) {
    drop(std::io::stderr().lock().write_all(masked(text).as_bytes()));
}

#[cfg(test)]
mod tests {
    use std::panic::resume_unwind;
    use std::process::Command;

    use super::*;

    /// What is set for a panic is set for the whole process, so this is tried in one of its own.
    #[test]
    fn a_panic_says_where_it_was_and_nothing_of_what_was_looked_at() {
        const CHILD: &str = "LEEWARD_TEST_OF_A_PANIC";
        let content = format!("TOKEN={}", "a1B".repeat(10));
        if std::env::var_os(CHILD).is_some() {
            let status = guarded(|| {
                // As on a thread of a pool, which hands it on.
                let worker = std::thread::spawn(move || panic!("{content}"));
                worker.join().unwrap_or_else(|panic| resume_unwind(panic))
            });
            return assert_eq!(status, Status::Incomplete);
        }
        let test = "cli::tests::a_panic_says_where_it_was_and_nothing_of_what_was_looked_at";
        let mut child = Command::new(std::env::current_exe().expect("this test has a file"));
        child.args(["--exact", test, "--nocapture"]).env(CHILD, "1").env("RUST_BACKTRACE", "full");
        let output = child.output().expect("it was run before");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{said}");
        assert!(said.contains("leeward: internal error at src/cli/mod.rs:"), "{said}");
        assert!(!said.contains(&content[6..]) && !said.contains("a1Ba1B"), "{said}");
    }
}
