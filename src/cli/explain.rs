//! `leeward explain`: one file or one line, and why each candidate there is reported, or is not.

use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use bstr::{BString, ByteVec};
use clap::{Args, ValueEnum};

use super::args::PolicyArgs;
use super::policy::{Basis, Policy};
use super::run::{shows_color, terminal_width};
use super::scan::exists;
use super::{UsageError, masked};
use crate::detect::Detector;
use crate::pipeline::explain::{Explanation, Outcome, explain as look_at};
use crate::report::RuleInfo;
use crate::report::explain::{Page, json, text};
use crate::report::output::Destination;
use crate::rule::Pattern;
use crate::sanitize::{system_error, visible};
use crate::source::passed_over::is_passed_over;
use crate::status::{Leniency, Status};
use crate::words::count;

/// For its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  leeward explain .env:3
  leeward explain src/client.py
  git show HEAD~2:config.yaml | leeward explain -:14";

/// `leeward explain`.
#[derive(Debug, Args)]
pub struct ExplainCommand {
    /// A file, with a line or without; `-` is standard input
    #[arg(
        value_name = "PATH[:LINE]",
        default_value = "-",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    place: OsString,
    /// How to write it: text or json
    #[arg(long, value_enum, default_value_t = Form::Text, value_name = "FORMAT", help_heading = "Report")]
    format: Form,
    #[command(flatten)]
    policy: PolicyArgs,
}

/// Formats of an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Json,
}

/// What is to be explained.
struct Subject {
    /// As typed, or what stands for standard input.
    name: String,
    /// None for standard input.
    path: Option<PathBuf>,
    line: Option<u64>,
    bytes: Vec<u8>,
}

/// Says why each candidate of a file is reported, or is not.
pub(super) fn explain(command: &ExplainCommand) -> Result<Status, UsageError> {
    let subject = subject(&command.place)?;
    let target = subject.path.clone().unwrap_or_else(|| PathBuf::from("."));
    let (policy, rules) = Policy::new("scan", &command.policy, &[target], &Basis::Disk)?;
    let (detector, settings) = (Detector::new(rules), policy.settings());
    let path = subject.path.as_deref().map(|path| BString::from(Vec::from_path_lossy(path).into_owned()));
    let explanation = look_at(&detector, &settings, (path.as_ref(), &subject.bytes), subject.line);
    let infos: Vec<RuleInfo> = detector.rules().iter().map(RuleInfo::of).collect();
    let terminal = Destination::Stdout.is_terminal();
    let page = Page {
        name: subject.name.clone(),
        line: subject.line,
        rules: &infos,
        remarks: remarks(&subject, &explanation, &detector),
        color: terminal && shows_color(),
        width: terminal.then(terminal_width).flatten(),
    };
    write(command.format, &explanation, &page);
    let reported = |outcome: &Outcome| matches!(outcome, Outcome::Reported(_));
    let found = explanation.candidates.iter().any(|candidate| reported(&candidate.outcome));
    Ok(Status::of_scan(explanation.issues.is_empty(), found, Leniency::default()))
}

/// Writes it; that standard output is closed is no error.
fn write(format: Form, explanation: &Explanation, page: &Page<'_>) {
    let mut out = Vec::new();
    let written = match format {
        Form::Text => text(explanation, page, &mut out),
        Form::Json => json(explanation, page, &mut out),
    };
    written.expect("a list of bytes takes everything");
    let mut stdout = io::stdout().lock();
    drop(stdout.write_all(&out).and_then(|()| stdout.flush()));
}

/// Reads what was named. A file whose name ends in a colon and a number is a file all the same.
fn subject(place: &OsString) -> Result<Subject, UsageError> {
    let typed = place.to_string_lossy().into_owned();
    let (path, line) = match typed.rsplit_once(':') {
        Some((path, line)) if !Path::new(place).exists() => match line.parse() {
            Ok(0) => return Err(UsageError::new("lines are counted from 1")),
            Ok(line) => (PathBuf::from(path), Some(line)),
            Err(_) => (PathBuf::from(place), None),
        },
        _ => (PathBuf::from(place), None),
    };
    if path == Path::new("-") {
        if io::stdin().is_terminal() {
            return Err(UsageError::new("nothing to explain").help("name a file, or pipe one in"));
        }
        let mut bytes = Vec::new();
        let read = io::stdin().lock().read_to_end(&mut bytes);
        read.map_err(|error| UsageError::new(format!("cannot read standard input: {error}")))?;
        return Ok(Subject { name: "<stdin>".to_owned(), path: None, line, bytes });
    }
    let name = masked(&visible(path.as_os_str().as_encoded_bytes()));
    exists(&path)?;
    let wrong = |error: io::Error| UsageError::new(format!("{name}: {}", system_error(&error)));
    let kind = fs::symlink_metadata(&path).map_err(wrong)?;
    if kind.is_dir() {
        let help = "name a file, or a line of one as PATH:LINE";
        return Err(UsageError::new(format!("{name} is a directory")).help(help));
    }
    // Nobody may ever write into a pipe.
    if !kind.is_file() && !kind.is_symlink() {
        let help = "pipe what comes out of it to `leeward explain`";
        return Err(UsageError::new(format!("{name} is no regular file")).help(help));
    }
    // What a scan reads of a symbolic link is where it leads.
    let bytes = match kind.is_symlink() {
        true => fs::read_link(&path).map(|target| Vec::from_path_buf(target).unwrap_or_default()),
        false => fs::read(&path),
    };
    Ok(Subject { bytes: bytes.map_err(wrong)?, name: name.clone(), path: Some(path), line })
}

/// What is to be said of the file as a whole, and of a place without a candidate.
fn remarks(subject: &Subject, explanation: &Explanation, detector: &Detector) -> Vec<String> {
    let mut remarks = Vec::new();
    if explanation.candidates.is_empty() {
        remarks.push(absence(subject, explanation, detector));
    }
    if subject.path.as_deref().is_some_and(is_passed_over) {
        remarks.push(format!(
            "`leeward scan` passes {} over: an ignore file lists it, and git does not track it; named, or with \
             --no-ignore, it is scanned",
            subject.name
        ));
    }
    remarks
}

/// Why there is no candidate.
fn absence(subject: &Subject, explanation: &Explanation, detector: &Detector) -> String {
    let place = match subject.line {
        Some(line) if line > explanation.lines => {
            return format!("{}: there is no line {line}; it has {}", subject.name, lines(explanation.lines));
        }
        Some(line) => format!("{}:{line}", subject.name),
        None => subject.name.clone(),
    };
    let wanted: Vec<String> = detector
        .rules()
        .iter()
        .map(|rule| match &rule.pattern {
            Pattern::Run { length, .. } => format!("{} wants exactly {length}", rule.id),
            Pattern::Regex { .. } => format!("{} wants a match of its expression", rule.id),
        })
        .collect();
    let longest = count(explanation.longest as u64, "character", "characters");
    format!(
        "{place}: no candidate, as stored or decoded: the longest run of letters and digits has {longest}; {}",
        wanted.join(", ")
    )
}

fn lines(number: u64) -> String {
    count(number, "line", "lines")
}
