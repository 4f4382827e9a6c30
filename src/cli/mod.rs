//! The program: from arguments to an exit status. The only part that prints.
//!
//! [`args`] is what can be typed. A command turns it into settings, runs sources into the pipeline, writes reports and
//! gives a [`Status`]. What goes to standard error passes through `masked` first: an argument can be a key, too.

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};

use clap::Parser as _;
use clap::error::ErrorKind;

pub mod args;
mod attribute;
mod history;
mod range;
mod rules;
mod run;
mod scan;
mod surroundings;

use crate::detect::{runs, shape};
use crate::secret::Secret;
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
    // The message of a panic may quote content; its place does not.
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        complain(&format!("leeward: internal error at {place}; please report it\n"));
    }));
    let cli = match args::Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return unparsed(&error),
    };
    let done = match cli.command {
        args::Command::Scan(command) => scan::scan(&command),
        args::Command::Staged(command) => scan::staged(&command),
        args::Command::History(command) => history::history(&command),
        args::Command::Range(command) => range::range(&command),
        args::Command::Rules(command) => rules::run(&command),
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
            Status::Usage
        }
    }
}

fn styled(text: &clap::builder::StyledStr, terminal: bool) -> String {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if terminal && !plain { text.ansi().to_string() } else { text.to_string() }
}

/// Writes to standard output; that it is closed is no error.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Writes to standard error, with a mask in place of whatever looks like a key.
fn complain(text: &str) {
    drop(std::io::stderr().lock().write_all(masked(text).as_bytes()));
}

/// The text with a mask in place of every run that could be a credential.
fn masked(text: &str) -> String {
    const SHORTEST: usize = 31;
    let Some(class) = runs::Class::new(&[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')]) else {
        return text.to_owned();
    };
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for run in runs::runs(text.as_bytes(), class, SHORTEST) {
        let value = &text.as_bytes()[run.clone()];
        if shape::derived_bits(value) < shape::DERIVED_BITS {
            out.push_str(&text[done..run.start]);
            out.push_str(&Secret::new(value).redacted());
            done = run.end;
        }
    }
    out.push_str(&text[done..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_hold_no_key() {
        let key = ["Zk3vQ9", "mT1xWb", "7RfLs2", "YhNc8P", "dGj5Ku", "aE"].concat();
        let text = format!("no such file: {key}.txt and {}", "0123456789abcdef".repeat(2));
        let masked = masked(&text);
        assert!(!masked.contains(&key), "{masked}");
        assert!(masked.contains("Zk3v…uaE.txt") || masked.contains("Zk3v…KuaE.txt"), "{masked}");
        assert!(masked.contains("0123456789abcdef0123456789abcdef"), "{masked}");
    }
}
