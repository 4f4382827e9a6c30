//! `leeward doctor`: whether the gates of a repository would stop a key, and what to do where they would not.
//!
//! [`settings`] looks at the program, the rules and the configuration, [`gaps`] at what the configuration takes away from
//! them, [`hooks`] at what git would call; [`trial`] tries all of it in a temporary clone ([`clone`]) with keys that are
//! made for it. Unlike every other command this one runs git and the repository's own hooks, as a commit and a push would.
//!
//! # Why gaps are neither problems nor warnings
//!
//! A rule that is off, or a key in a file that is left out, may well be meant. So it is not called a problem; but what is
//! let through is let through, so the status is not that of gates that hold either, until somebody says `--allow-gaps`.
//! Even then every gap is named.

mod clone;
mod gaps;
mod hooks;
mod settings;
mod trial;

use std::iter;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::args::PolicyArgs;
use super::run::{interrupted, watch_for_interruption};
use super::{UsageError, masked, say, surroundings};
use crate::sanitize::visible;
use crate::source::layout::regular::Odd;
use crate::status::Status;
use crate::words::count;

/// What `leeward doctor --help` ends with.
pub(super) const EXAMPLES: &str = "\
Examples:
  leeward doctor
  leeward doctor --gate commit --gate ci
  leeward doctor --allow-gaps                 what the configuration lets through is meant
  leeward doctor project.git

A gap is what the configuration lets through that would be stopped without it: a rule that is off, a
higher confidence, keys in files that are left out. It is always said, with the line that does it.

Exit status: 0 every gate holds, 1 one does not or there is a gap, 2 the configuration cannot be used, 3 not everything
could be tried";

/// `leeward doctor`.
#[derive(Debug, Args)]
pub struct DoctorCommand {
    /// The repository
    #[arg(value_name = "REPO", default_value = ".")]
    pub(super) repository: PathBuf,
    /// The gates that must hold (repeatable); all, where this is left out
    #[arg(long = "gate", value_enum, value_name = "GATE")]
    pub(super) gates: Vec<Gate>,
    /// End with 0 in spite of gaps: what the configuration lets through is meant, and still said
    #[arg(long, help_heading = "Exit status")]
    pub(super) allow_gaps: bool,
    /// How long git and a hook may take, in seconds; one that takes longer is named
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..), help_heading = "Limits")]
    pub(super) patience: u32,
    #[command(flatten)]
    pub(super) policy: PolicyArgs,
}

/// Where a key is to be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Gate {
    /// Before it is committed: the pre-commit hook
    Commit,
    /// Before it is pushed: the pre-push hook, or in a bare repository the pre-receive hook
    Push,
    /// In a run of the program, as CI makes it
    Ci,
}

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Good,
    /// Worth knowing; nothing slips through for it.
    Warning,
    /// Keys get through, because the configuration lets them.
    Gap,
    /// A key would get through, or nothing at all.
    Problem,
    /// It could not be tried.
    Untried,
}

/// What was looked at, in order.
#[derive(Debug, Default)]
struct Checkup {
    lines: Vec<(Level, String, Option<String>)>,
}

impl Checkup {
    fn add(&mut self, level: Level, what: impl Into<String>, fix: Option<&str>) {
        self.lines.push((level, what.into(), fix.map(str::to_owned)));
    }

    fn good(&mut self, what: impl Into<String>) {
        self.add(Level::Good, what, None);
    }

    fn warning(&mut self, what: impl Into<String>, fix: &str) {
        self.add(Level::Warning, what, Some(fix));
    }

    fn gap(&mut self, what: impl Into<String>, fix: &str) {
        self.add(Level::Gap, what, Some(fix));
    }

    fn problem(&mut self, what: impl Into<String>, fix: &str) {
        self.add(Level::Problem, what, Some(fix));
    }

    fn untried(&mut self, what: impl Into<String>) {
        self.add(Level::Untried, what, None);
    }

    fn number(&self, level: Level) -> u64 {
        self.lines.iter().filter(|line| line.0 == level).count() as u64
    }

    fn status(&self, allow_gaps: bool) -> Status {
        let gaps = if allow_gaps { 0 } else { self.number(Level::Gap) };
        match (self.number(Level::Untried), self.number(Level::Problem) + gaps) {
            (0, 0) => Status::Clean,
            (0, _) => Status::Findings,
            _ => Status::Incomplete,
        }
    }

    fn described(&self) -> String {
        let mut out = String::new();
        for (level, what, fix) in &self.lines {
            let word = match level {
                Level::Good => "ok",
                Level::Warning => "warning",
                Level::Gap => "GAP",
                Level::Problem => "PROBLEM",
                Level::Untried => "UNTRIED",
            };
            let mut lines = what.lines();
            let first = visible(lines.next().unwrap_or_default().as_bytes()).into_owned();
            out.push_str(&format!("{word:7}  {first}\n"));
            lines.for_each(|line| out.push_str(&format!("{:9}{}\n", "", visible(line.as_bytes()))));
            let leads = ["fix: "].into_iter().chain(iter::repeat(""));
            for (line, lead) in fix.iter().flat_map(|fix| fix.lines()).zip(leads) {
                out.push_str(&format!("{:9}{lead}{}\n", "", visible(line.as_bytes())));
            }
        }
        let mut parts = vec![count(self.number(Level::Problem), "problem", "problems")];
        for (level, one, many) in [
            (Level::Gap, "gap", "gaps"),
            (Level::Warning, "warning", "warnings"),
            (Level::Untried, "untried", "untried"),
        ] {
            let number = self.number(level);
            if number > 0 {
                parts.push(count(number, one, many));
            }
        }
        out + &format!("\nleeward: {}\n", parts.join(", "))
    }
}

/// Says what git would wait for without end. Nothing can be tried then.
fn obstructed(obstacles: &[Odd]) -> Status {
    let mut checkup = Checkup::default();
    for odd in obstacles {
        let what = format!("{}: git would wait for it without end", surroundings::told(odd));
        checkup.problem(what, surroundings::OBSTACLE_HELP);
    }
    checkup.untried("nothing was tried: what is above has to be mended first");
    say(&masked(&checkup.described()));
    checkup.status(false)
}

/// Looks at a repository, and tries its gates.
pub(super) fn run(command: &DoctorCommand) -> Result<Status, UsageError> {
    let layout = surroundings::repository(&command.repository)?;
    let obstacles = surroundings::obstacles(&command.repository, true);
    if !obstacles.is_empty() {
        return Ok(obstructed(&obstacles));
    }
    let gates = match command.gates.as_slice() {
        [] => vec![Gate::Commit, Gate::Push, Gate::Ci],
        gates => gates.to_vec(),
    };
    let patience = Duration::from_secs(command.patience.into());
    watch_for_interruption();
    let mut checkup = Checkup::default();
    let subject = settings::check(command, &layout, &mut checkup);
    let hooks = hooks::check(&layout, &gates, &mut checkup);
    // As for every command, with which nothing would be scanned either.
    let unusable = subject.is_none();
    match (subject, hooks) {
        (Some(subject), Some(hooks)) => {
            trial::run(&layout, &subject, &hooks, &trial::Asked { gates, patience }, &mut checkup);
        }
        _ => checkup.untried("nothing was tried: what is above has to be mended first"),
    }
    say(&masked(&checkup.described()));
    if interrupted() {
        return Ok(Status::Interrupted);
    }
    Ok(if unusable { Status::Usage } else { checkup.status(command.allow_gaps) })
}
