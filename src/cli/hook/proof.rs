//! Whether the program that a hook calls stops keys: it is handed a message with keys made up for it, in the place where
//! git would call it, so that the configuration there has its say.
//!
//! The hook's file itself is not run: it is known byte for byte, and what it calls before is somebody else's.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bstr::ByteSlice;

use super::super::args::PolicyArgs;
use super::super::policy::{Basis, Policy};
use super::super::subprocess::{ASKING, run};
use super::super::{UsageError, surroundings};
use crate::rule::check;
use crate::sanitize::visible;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// It was stopped.
    Stops,
    /// It was not.
    LetsPass,
    /// Nothing was judged, and this is why. Git stops then, too.
    Fails(String),
    /// No rule in force has an example that a key could be made from.
    Unknown,
}

/// Hands a program a message with a key of each rule in force in the working directory.
///
/// # Errors
///
/// If no message can be written.
pub(super) fn of(program: &Path) -> io::Result<Proof> {
    let message = match message() {
        Ok(message) if message.is_empty() => return Ok(Proof::Unknown),
        Ok(message) => message,
        Err(error) => return Ok(Proof::Fails(error.to_string())),
    };
    let mut file = tempfile::Builder::new().prefix("leeward-").tempfile()?;
    file.write_all(message.as_bytes())?;
    file.flush()?;
    let mut command = Command::new(program);
    command.args(["hook", "commit-msg"]).arg(file.path()).stdin(Stdio::null());
    let ran = run(&mut command, ASKING);
    Ok(match ran.status {
        Some(1) => Proof::Stops,
        Some(0) => Proof::LetsPass,
        None if ran.hung => Proof::Fails("it does not come to an end".to_owned()),
        status => {
            let how = status.map_or_else(String::new, |status| format!("status {status}: "));
            let said = ran.said.as_bytes().lines().next().unwrap_or_default();
            Proof::Fails(how + &visible(said))
        }
    })
}

fn message() -> Result<String, UsageError> {
    let here = PathBuf::from(".");
    let basis = match surroundings::repository(&here) {
        Ok(layout) => surroundings::next_commit(&layout)?,
        Err(_) => Basis::Disk,
    };
    let (_, rules) = Policy::new("message", &PolicyArgs::default(), &[here], &basis)?;
    let examples = rules.rules().iter().flat_map(|rule| {
        let here = rule.examples.iter().filter(|example| example.path.is_none());
        here.map(|example| check::filled(rule, example, 1) + "\n\n")
    });
    Ok(examples.collect())
}
