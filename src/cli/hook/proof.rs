//! Whether the program that a hook calls stops keys: it is handed a message with keys made up for it, in the place where
//! git would call it, so that the configuration there has its say. On a server, where another configuration judges what is
//! pushed, it is told of a ref that goes as well, which brings nothing that could be judged.
//!
//! The hook's file itself is not run: it is known byte for byte, and what it calls before is somebody else's.

use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bstr::ByteSlice;

use super::super::args::PolicyArgs;
use super::super::policy::{Basis, Policy};
use super::super::subprocess::{ASKING, run};
use super::super::{UsageError, surroundings};
use crate::rule::check;
use crate::sanitize::visible;
use crate::status::Status;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// It was stopped.
    Stops,
    /// It was not.
    LetsPass,
    /// Nothing was judged, because the settings here cannot be gone by: this is what it said.
    Refused(String),
    /// Nothing was judged, and this is why. Git stops then, too.
    Fails(String),
    /// No rule in force has an example that a key could be made from.
    Unknown,
}

/// Hands a program a message with a key of each rule in force in the working directory. `received`: it judges what is pushed
/// here.
///
/// # Errors
///
/// If no message can be written.
pub(super) fn of(program: &Path, received: bool) -> io::Result<Proof> {
    match received.then(|| hears_of_a_ref_that_goes(program)).transpose()? {
        None | Some(Proof::LetsPass) => {}
        Some(fails) => return Ok(fails),
    }
    let message = match message() {
        Ok(message) if message.is_empty() => return Ok(Proof::Unknown),
        Ok(message) => message,
        Err(error) => return Ok(Proof::Refused(error.to_string())),
    };
    let mut file = tempfile::Builder::new().prefix("leeward-").tempfile()?;
    file.write_all(message.as_bytes())?;
    file.flush()?;
    let mut command = Command::new(program);
    command.args(["hook", "commit-msg"]).arg(file.path()).stdin(Stdio::null());
    Ok(judged(&mut command))
}

/// Whether a program judges what is pushed: with nothing to judge it lets that pass, or says why it cannot judge.
fn hears_of_a_ref_that_goes(program: &Path) -> io::Result<Proof> {
    let mut line = tempfile::tempfile()?;
    let ([was, is], name) = (["1", "0"].map(|digit| digit.repeat(40)), "refs/heads/leeward-trial");
    writeln!(line, "{was} {is} {name}")?;
    line.rewind()?;
    let mut command = Command::new(program);
    Ok(judged(command.args(["hook", "pre-receive"]).stdin(line)))
}

fn judged(command: &mut Command) -> Proof {
    let ran = run(command, ASKING);
    match ran.status {
        Some(1) => Proof::Stops,
        Some(0) => Proof::LetsPass,
        None if ran.hung => Proof::Fails("it does not come to an end".to_owned()),
        status => {
            let how = status.map_or_else(String::new, |status| format!("status {status}: "));
            let said = visible(ran.said.as_bytes().lines().next().unwrap_or_default());
            match status.is_some_and(|status| status == i32::from(Status::Usage.code())) {
                true => Proof::Refused(said.trim_start_matches("error: ").to_owned()),
                false => Proof::Fails(how + &said),
            }
        }
    }
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
