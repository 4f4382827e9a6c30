//! `leeward explain`: one file or one line, and why each candidate there is reported, or is not.
//!
//! Of a file on disk, the tree is scanned that it would be scanned in: what other files say of a value decides, too.

use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bstr::{BString, ByteSlice as _, ByteVec};
use clap::{Args, ValueEnum};

use super::args::PolicyArgs;
use super::policy::{Basis, Policy};
use super::run::{INTERRUPTED, interrupted, watch_for_interruption};
use super::scan::exists;
use super::surroundings::{shows_color, terminal_width};
use super::{UsageError, masked};
use crate::detect::Detector;
use crate::finding::Location;
use crate::pipeline::Collector;
use crate::pipeline::explain::{Explanation, Outcome, explain as look_at};
use crate::pipeline::told::Told;
use crate::progress::{Counters, Phase, Progress, wanted};
use crate::report::RuleInfo;
use crate::report::explain::{Page, json, text};
use crate::report::output::Destination;
use crate::rule::Pattern;
use crate::sanitize::{system_error, visible};
use crate::source::passed_over::{PassedOver, passed_over, top_of};
use crate::source::worktree;
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
    let tree = subject.path.as_deref().map_or_else(|| PathBuf::from("."), tree_of);
    let (policy, rules) = Policy::new("scan", &command.policy, std::slice::from_ref(&tree), &Basis::Disk)?;
    let (detector, settings) = (Detector::new(rules), policy.settings());
    let path = subject.path.as_deref().map(|path| BString::from(Vec::from_path_lossy(path).into_owned()));
    let mut explanation = look_at(&detector, &settings, (path.as_ref(), &subject.bytes), subject.line);
    let away = subject.path.as_deref().and_then(passed_over);
    if let Some(file) = &subject.path {
        explanation.adopt(told((file, away.is_some()), &tree, &detector, &policy), subject.line);
        if interrupted() {
            return Ok(Status::Interrupted);
        }
    }
    let infos: Vec<RuleInfo> = detector.rules().iter().map(RuleInfo::of).collect();
    let terminal = Destination::Stdout.is_terminal();
    let absent = explanation.candidates.is_empty().then(|| absence(&subject, &explanation, &detector));
    let remarks = [absent, away.map(|why| said_of(why, &subject)), left_out(&subject, &tree, &policy)];
    let page = Page {
        name: subject.name.clone(),
        line: subject.line,
        rules: &infos,
        remarks: remarks.into_iter().flatten().collect(),
        color: terminal && shows_color(),
        width: terminal.then(terminal_width).flatten(),
    };
    write(command.format, &explanation, &page);
    let reported = |outcome: &Outcome| matches!(outcome, Outcome::Reported(_));
    let found = explanation.candidates.iter().any(|candidate| reported(&candidate.outcome));
    Ok(Status::of_scan(explanation.issues.is_empty(), found, Leniency::default()))
}

/// What a scan of the tree says of the file. An ignore file may keep it away: for this question it is looked at.
fn told(
    (file, is_passed_over): (&Path, bool),
    tree: &Path,
    detector: &Detector,
    policy: &Policy,
) -> Vec<Told> {
    watch_for_interruption();
    let counters = Arc::new(Counters::default());
    counters.begin(Phase::Files, 0);
    let progress = Progress::start(wanted(false, false), Arc::clone(&counters));
    let target = BString::from(Vec::from_path_lossy(tree).into_owned());
    let (settings, left_out) = (policy.settings(), &policy.left_out);
    let mut collector =
        Collector::new(detector, settings, left_out, vec![target.clone()], &INTERRUPTED, counters);
    let options = worktree::Options { max_file_size: settings.max_file_size, ..worktree::Options::default() };
    let sources = |collector: &Collector<'_>| {
        worktree::scan(tree, 0, options, collector);
        if is_passed_over {
            worktree::scan(file, 0, options, collector);
        }
    };
    sources(&collector);
    collector.look_again(sources);
    let real = real(file);
    let is_here = |location: &Location| {
        let shown = location.shown.as_ref().and_then(|shown| shown.to_path().ok());
        shown.is_some_and(|shown| self::real(shown) == real)
    };
    let mut told = collector.told_of(is_here);
    let mut outcome = collector.finish();
    let today = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).date();
    policy.settle(&mut outcome, &[target], today);
    told.iter_mut().for_each(|told| told.accepted_in(&outcome, detector.rules()));
    progress.finish();
    told
}

/// The directory that a file would be scanned in: the current one if it is below that, in the same repository; else all of
/// its repository, or its own directory.
fn tree_of(file: &Path) -> PathBuf {
    let real = real(file);
    let here = Path::new(".").canonicalize().unwrap_or_default();
    let top = real.parent().and_then(top_of);
    match top {
        _ if real.starts_with(&here) && top.as_ref().is_none_or(|top| here.starts_with(top)) => ".".into(),
        Some(top) => top,
        None => real.parent().map_or_else(|| ".".into(), Path::to_owned),
    }
}

/// A path without symbolic links on the way to what it names, which may be one.
fn real(path: &Path) -> PathBuf {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let parent = parent.canonicalize().unwrap_or_else(|_| parent.to_owned());
    path.file_name().map_or(parent.clone(), |name| parent.join(name))
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

/// That a scan passes the file over.
fn said_of(why: PassedOver, subject: &Subject) -> String {
    let why = match why {
        PassedOver::Ignored => {
            "an ignore file lists it, and git does not track it; named, or with --no-ignore, it is scanned"
        }
        PassedOver::Repository => {
            "it is git's own; named, it is scanned, and `leeward history` scans all that git stores"
        }
    };
    format!("`leeward scan` passes {} over: {why}", subject.name)
}

/// That the settings have every scan leave the file out, if they do.
fn left_out(subject: &Subject, tree: &Path, policy: &Policy) -> Option<String> {
    let (file, tree) = (real(subject.path.as_deref()?), tree.canonicalize().unwrap_or_default());
    let below = Vec::from_path_lossy(file.strip_prefix(&tree).unwrap_or(&file)).into_owned();
    let why = match policy.settings().max_file_size {
        _ if policy.left_out.contains(0, BString::from(below).as_bstr()) => "by `exclude`".to_owned(),
        Some(most) if subject.bytes.len() as u64 > most => format!("for it has more than {most} bytes"),
        _ => return None,
    };
    Some(format!("the settings leave {} out of every scan, {why}", subject.name))
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
