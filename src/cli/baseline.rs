//! `leeward baseline`: writes the file of accepted findings, after a scan that says what there is to accept.
//!
//! The scan is the one that `leeward scan` or `leeward history` makes, with the same configuration. The file is written
//! whole or not at all, and not touched where nothing changes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use clap::{Args, Parser as _, Subcommand};
use jiff::civil::Date;

use super::args::{Cli, Command, PolicyArgs, Scanning};
use super::policy::{Policy, git_add, malformed_baseline};
use super::run::Kept;
use super::{UsageError, complain, history, masked, say, scan, surroundings};
use crate::baseline::{Acceptance, Baseline, Entry};
use crate::config::read;
use crate::finding::Finding;
use crate::pipeline::Outcome;
use crate::report::output::Destination;
use crate::sanitize::visible;
use crate::status::Status;
use crate::words::count;

/// What `leeward baseline --help` ends with.
pub(super) const EXAMPLES: &str = "\
A line is an accepted finding: a hash of rule and value, the rule, and why. It says no place and no
time, and lines are sorted: it survives moves, renames and rebases, branches merge, and another value
in the same place is new. A scan takes the file of --baseline, or the one that leeward.toml names:
  baseline = \"leeward.baseline\"

Examples:
  leeward baseline create --reason 'test tenant, being replaced' --owner ada --expires 2027-01-31
  leeward baseline create --history --reason 'revoked in March'
  leeward baseline update --reason 'sample of the documentation'
  leeward baseline prune";

/// `leeward baseline`.
#[derive(Debug, Subcommand)]
pub enum BaselineCommand {
    /// Accept all that is found, in a new file
    #[command(after_help = EXAMPLES)]
    Create(AcceptCommand),
    /// Accept what is found and not accepted yet, or no longer
    ///
    /// Of what has expired, owner, reason and comments stay as they are where nothing new is said.
    #[command(after_help = EXAMPLES)]
    Update(AcceptCommand),
    /// Take out what matches nothing any more, and what has expired
    ///
    /// What an incomplete scan does not find may be there nevertheless: then nothing is taken out, and the status is 3. Of a part of
    /// a repository, only what has expired is taken out.
    #[command(after_help = EXAMPLES)]
    Prune(Scope),
}

/// What is scanned.
#[derive(Debug, Args)]
pub struct Scope {
    /// Files and directories; with --history, repositories
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,
    /// Everything that was ever committed, in place of the files on disk
    #[arg(long)]
    pub(super) history: bool,
    #[command(flatten)]
    pub(super) policy: PolicyArgs,
    /// Threads; by default as many as there are processors
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Limits")]
    pub(super) jobs: Option<u16>,
}

/// How long something is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// Up to and with this day.
    Day(Date),
    /// For good.
    Never,
}

/// What is scanned, and why it is accepted.
#[derive(Debug, Args)]
pub struct AcceptCommand {
    /// Why what is new is accepted: one line
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    /// Who answers for it: one word
    #[arg(long, value_name = "NAME")]
    pub(super) owner: Option<String>,
    /// The last day on which it is accepted; `never` for what was accepted until a day that is over, and now for good
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = until)]
    pub(super) expires: Option<Until>,
    #[command(flatten)]
    pub(super) scope: Scope,
}

/// Runs one of the baseline commands.
pub(super) fn run(command: &BaselineCommand) -> Result<Status, UsageError> {
    match command {
        BaselineCommand::Create(command) => create(command),
        BaselineCommand::Update(command) => update(command),
        BaselineCommand::Prune(scope) => prune(scope),
    }
}

fn create(command: &AcceptCommand) -> Result<Status, UsageError> {
    let file = file(&command.scope)?;
    if std::fs::symlink_metadata(&file.path).is_ok() {
        return Err(UsageError::new(format!("{} is already there", file.name))
            .help("`leeward baseline update` adds to it"));
    }
    let policy = PolicyArgs { without_baseline: true, ..command.scope.policy.clone() };
    let (outcome, status) = scanned(&command.scope, policy)?;
    let Some(outcome) = outcome else { return Ok(status) };
    accept(command, &file, Baseline::new(), &outcome, status)
}

fn update(command: &AcceptCommand) -> Result<Status, UsageError> {
    let file = file(&command.scope)?;
    let baseline = file.read()?;
    let policy = PolicyArgs { baseline: Some(file.path.clone()), ..command.scope.policy.clone() };
    let (outcome, status) = scanned(&command.scope, policy)?;
    let Some(outcome) = outcome else { return Ok(status) };
    accept(command, &file, baseline, &outcome, status)
}

/// Adds an entry for every open finding.
fn accept(
    command: &AcceptCommand,
    file: &File,
    mut baseline: Baseline,
    outcome: &Outcome,
    status: Status,
) -> Result<Status, UsageError> {
    let new: Vec<String> = outcome.findings.iter().map(described).collect();
    let number = count(new.len() as u64, "finding", "findings");
    let today = today();
    let expired: Vec<&Entry> =
        outcome.findings.iter().filter_map(|finding| baseline.expired(finding, today)).collect();
    if command.reason.is_none() && expired.len() < new.len() {
        complain(&new.iter().map(|line| format!("{line}\n")).collect::<String>());
        return Err(UsageError::new(format!("{number} would be accepted, and nobody said why"))
            .help("say it with --reason TEXT; nothing was written"));
    }
    if command.expires.is_none() && !expired.is_empty() {
        complain(&expired.into_iter().map(over).collect::<String>());
        return Err(UsageError::new("what was accepted for a time would be accepted for good")
            .help("say until when with --expires YYYY-MM-DD, or --expires never; nothing was written"));
    }
    let expires = command.expires.and_then(|until| match until {
        Until::Day(day) => Some(day),
        Until::Never => None,
    });
    let acceptance = Acceptance { reason: command.reason.clone(), owner: command.owner.clone(), expires };
    acceptance.check().map_err(UsageError::new)?;
    if [&acceptance.reason, &acceptance.owner].into_iter().flatten().any(|text| masked(text) != *text) {
        return Err(UsageError::new("the reason or the owner holds what looks like a key")
            .help("a baseline is read by everybody who has the repository; nothing was written"));
    }
    outcome.findings.iter().for_each(|finding| baseline.accept(finding, &acceptance));
    let lines: String = new.iter().map(|line| format!("accepted: {line}\n")).collect();
    file.write(&baseline, &lines, &format!("{number} accepted"), status)
}

fn prune(scope: &Scope) -> Result<Status, UsageError> {
    let file = file(scope)?;
    let mut baseline = file.read()?;
    let policy = PolicyArgs { baseline: Some(file.path.clone()), ..scope.policy.clone() };
    let (outcome, status) = scanned(scope, policy)?;
    let Some(outcome) = outcome else { return Ok(status) };
    if status != Status::Clean {
        complain("leeward: what an incomplete scan did not find may be there; nothing was taken out\n");
        return Ok(status);
    }
    let (today, whole) = (today(), file.whole && !outcome.lacks_files());
    let before = baseline.clone();
    let suppressed = outcome.suppressed.iter().map(|(finding, _)| finding);
    let unused: Vec<&Entry> = before.unused(outcome.findings.iter().chain(suppressed)).collect();
    let (mut lines, mut kept) = (String::new(), 0);
    let number = baseline.retain(|entry| {
        let (is_unused, is_over) = (unused.contains(&entry), !entry.is_valid(today));
        // What a part does not have, another may.
        let is_elsewhere = is_unused && !whole;
        let why = match is_unused && whole {
            true => "matches nothing",
            false if is_over => "expired",
            false => {
                kept += u64::from(is_elsewhere);
                return true;
            }
        };
        let (hash, reason) = (&entry.fingerprint[..12], visible(entry.reason.as_bytes()));
        lines.push_str(&format!("taken out: {hash}… {} ({reason}): {why}\n", visible(entry.rule.as_bytes())));
        false
    });
    if kept > 0 {
        let entries = count(kept, "entry matches", "entries match");
        let told = match file.whole {
            true => "tracked files are not on disk that may hold it: `git checkout` brings them back",
            false => {
                "which is a part of what the file is for, and may match elsewhere: `leeward baseline prune` at the top tells"
            }
        };
        lines.push_str(&format!("{entries} nothing here, {told}\n"));
    }
    let done = format!("{} taken out", count(number as u64, "entry", "entries"));
    file.write(&baseline, &lines, &done, status)
}

/// The file that is written.
struct File {
    path: PathBuf,
    name: String,
    /// Somebody named it, so that a scan will read it.
    named: bool,
    /// All is scanned that it may be for.
    whole: bool,
}

fn file(scope: &Scope) -> Result<File, UsageError> {
    if scope.policy.policy_from.is_some() {
        return Err(UsageError::new("--policy-from is for scans: a baseline is written on disk"));
    }
    for path in &scope.paths {
        scan::exists(path)?;
    }
    let mode = if scope.history { "history" } else { "scan" };
    let (path, named, whole) = Policy::baseline_file(mode, &scope.policy, &scope.paths)?;
    Ok(File { name: read::name(&path), path, named, whole })
}

impl File {
    fn read(&self) -> Result<Baseline, UsageError> {
        let text = read::text(&self.path).map_err(|error| {
            UsageError::new(format!("cannot read the baseline {}: {error}", self.name))
                .help("`leeward baseline create` makes one")
        })?;
        Baseline::parse(&self.name, &text).map_err(|error| malformed_baseline(&self.name, &text, error))
    }

    /// Writes what is new in it, and says what was done.
    fn write(
        &self,
        baseline: &Baseline,
        lines: &str,
        done: &str,
        status: Status,
    ) -> Result<Status, UsageError> {
        let text = baseline.to_string();
        let changed = read::text(&self.path).ok().as_ref() != Some(&text);
        if changed {
            let destination = Destination::File(self.path.clone());
            if let Err(error) = destination.write_with(|out| out.write_all(text.as_bytes())) {
                complain(&format!("error: {error}\n"));
                return Ok(Status::Incomplete);
            }
        }
        let entries = count(baseline.entries().len() as u64, "entry", "entries");
        let mut said = format!("{lines}{}: {done}, {entries} in all\n", self.name);
        if !self.named {
            let name = Path::new(&self.name).file_name().map(Path::new).unwrap_or(Path::new(&self.name));
            let (file, name) = (crate::config::FILE_NAME, name.display());
            said.push_str(&format!("to use it, put this into {file}: baseline = \"{name}\"\n"));
        }
        if changed && self.is_in_a_work_tree() {
            let add = git_add(&self.path);
            said.push_str(&format!("commits go by what is staged, and pushes by what is committed: {add}\n"));
        }
        say(&masked(&said));
        Ok(status)
    }

    /// Whether git could take it into a commit.
    fn is_in_a_work_tree(&self) -> bool {
        let directory = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let layout = surroundings::repository(directory.unwrap_or(Path::new("."))).ok();
        let top = layout.as_ref().and_then(|layout| layout.work_tree.as_ref());
        let file = std::path::absolute(&self.path).ok();
        top.zip(file).is_some_and(|(top, file)| file.canonicalize().unwrap_or(file).starts_with(top))
    }
}

/// Scans, and gives what was found, if it came to an end, and whether that is all.
fn scanned(scope: &Scope, policy: PolicyArgs) -> Result<(Option<Outcome>, Status), UsageError> {
    let kept = Kept::new(Mutex::new(None));
    let mode = if scope.history { "history" } else { "scan" };
    let mut typed: Vec<OsString> = ["leeward", mode, "--"].map(OsString::from).to_vec();
    typed.extend(scope.paths.iter().map(OsString::from));
    // Parsed, so that what these commands take besides has its defaults.
    let cli = Cli::try_parse_from(typed).map_err(UsageError::new)?;
    let prepare = |scanning: &mut Scanning| {
        scanning.policy = policy;
        scanning.jobs = scope.jobs;
        scanning.keep = Some(Arc::clone(&kept));
    };
    let status = match cli.command {
        Command::Scan(mut command) => {
            prepare(&mut command.scanning);
            scan::scan(&command)?
        }
        Command::History(mut command) => {
            prepare(&mut command.scanning);
            history::history(&command)?
        }
        _ => return Err(UsageError::new("no such scan")),
    };
    let outcome = kept.lock().unwrap_or_else(PoisonError::into_inner).take();
    for issue in outcome.iter().flat_map(|outcome| &outcome.issues) {
        let place = issue.path.as_ref().map(|path| format!("{}: ", visible(path))).unwrap_or_default();
        complain(&format!("leeward: {place}{}\n", visible(issue.message.as_bytes())));
    }
    Ok((outcome, status))
}

/// `a.env:1:17: some-rule AjF9…IfJt`.
fn described(finding: &Finding) -> String {
    let place = finding.locations.first().map(|location| {
        let path = location.shown.as_ref().or(location.path.as_ref());
        let path = path.map_or_else(|| location.kind.as_str().into(), |path| visible(path));
        format!("{path}:{}:{}: ", location.region.start_line, location.region.start_column)
    });
    let (rule, mask) = (visible(finding.rule_id.as_bytes()), finding.secret.redacted());
    format!("{}{rule} {}", place.unwrap_or_default(), visible(mask.as_bytes()))
}

fn today() -> Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// An entry that has expired.
fn over(entry: &Entry) -> String {
    let day = entry.expires.map(|day| day.to_string()).unwrap_or_default();
    let (rule, reason) = (visible(entry.rule.as_bytes()), visible(entry.reason.as_bytes()));
    format!("{}… {rule} was accepted until {day} ({reason})\n", &entry.fingerprint[..12])
}

/// A day that is not over, or none.
fn until(argument: &str) -> Result<Until, String> {
    if argument == "never" {
        return Ok(Until::Never);
    }
    let day: Date = argument.parse().map_err(|_| "it is a day, YYYY-MM-DD, or never".to_owned())?;
    if day < today() { Err("that day is over".to_owned()) } else { Ok(Until::Day(day)) }
}
