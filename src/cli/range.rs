//! `leeward range`: what the commits of a range add, and by which of them.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bstr::{BStr, ByteSlice as _};
use clap::Args;

use super::UsageError;
use super::args::Scanning;
use super::run::Run;
use super::{surroundings, trace};
use crate::finding::LocationKind;
use crate::pipeline::{Collector, Outcome};
use crate::progress::{Counters, Phase};
use crate::report::{Gate, Note};
use crate::source::history::Progress;
use crate::source::history::moves::{Moves, Replaced};
use crate::source::history::range::{self, RangeOutcome, Words};
use crate::source::layout::Layout;
use crate::source::{Issue, Sink as _};
use crate::status::Status;

pub(super) const EXAMPLES: &str = "\
Examples:
  leeward range origin/main..HEAD              what a pull request adds
  leeward range origin/main...HEAD             the same, from where the branches parted
  leeward range '@{upstream}..'                what was not pushed yet
  leeward range 'HEAD --not --remotes'         what no remote has
  leeward range v1.0..v1.1 project.git
  leeward range \"$OLD..$NEW\" --allow-empty     where there may be nothing new

A range that holds no commit ends with 3, because it is more often a mistake than meant.
So does a revision that cannot be looked up, and one that a shallow clone lacks.";

/// Most states that a range begins at whose settings are read.
const BASES: usize = 50;

/// `leeward range`.
#[derive(Debug, Args)]
pub struct RangeCommand {
    /// Which commits, as one argument in the words of `git rev-list`: 'A..B', 'A...B', '^A B', 'B --not --remotes',
    /// '--all'
    #[arg(value_name = "REVRANGE", allow_hyphen_values = true)]
    pub range: OsString,
    /// The repository
    #[arg(value_name = "REPO", default_value = ".")]
    pub repository: PathBuf,
    /// A range without commits is fine: end with 0
    #[arg(long, help_heading = "Exit status")]
    pub allow_empty: bool,
    #[command(flatten)]
    pub scanning: Scanning,
}

/// The commits of a range, once it was scanned.
struct Commits<'a> {
    scanned: Rc<OnceCell<RangeOutcome>>,
    layout: &'a Layout,
}

impl Moves for Commits<'_> {
    fn steps(&self, kind: LocationKind, path: &BStr, object: &str) -> Option<Vec<usize>> {
        self.scanned.get()?.steps(kind, path, object)
    }

    fn sides(&self, step: usize) -> usize {
        self.scanned.get().map(|scanned| scanned.moves(self.layout).sides(step)).unwrap_or_default()
    }

    fn replaced(&self, step: usize, side: usize, visit: Replaced<'_>) -> bool {
        self.scanned.get().is_some_and(|scanned| scanned.moves(self.layout).replaced(step, side, visit))
    }

    fn ends(&self) -> (usize, usize) {
        self.scanned.get().map(RangeOutcome::sides).unwrap_or_default()
    }

    fn overall(&self, end: usize, base: usize, visit: Replaced<'_>) -> bool {
        self.scanned.get().is_some_and(|scanned| scanned.moves(self.layout).overall(end, base, visit))
    }
}

/// Counts commits.
struct Counting<'a>(&'a Counters);

impl Progress for Counting<'_> {
    fn total(&self, commits: u64) {
        self.0.begin(Phase::Range, commits);
    }

    fn advance(&self, commits: u64) {
        self.0.done.fetch_add(commits, Ordering::Relaxed);
    }
}

/// Scans what a range adds.
pub(super) fn range(command: &RangeCommand) -> Result<Status, UsageError> {
    let text = command.range.as_encoded_bytes().as_bstr();
    let words = Words::parse(text).map_err(|error| UsageError::new(&error).help(error.help()))?;
    let layout = surroundings::repository(&command.repository)?;
    let run = Run::new("range", &command.scanning, [&command.repository])?;
    let empty = (!command.allow_empty).then(|| nothing(text));
    Ok(judge(run, &layout, &words, Told { empty, some: None }, &|_| ()))
}

/// What is said of how much a range holds.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// What it is if the range holds nothing.
    pub(super) empty: Option<Issue>,
    /// What is to be known if it holds commits, or something was found.
    pub(super) some: Option<Note>,
}

/// Runs the scan of a range. `beside`: what is scanned as well.
pub(super) fn judge<'a>(
    run: Run<'a>,
    layout: &'a Layout,
    words: &Words,
    Told { empty, some }: Told,
    beside: &dyn Fn(&Collector<'_>),
) -> Status {
    let threads = match run.threads() {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let (gate, brief) = (run.gate(), run.is_brief());
    let scanned = Rc::new(OnceCell::new());
    let to_end = Rc::clone(&scanned);
    let ends = move || to_end.get().map(|scanned: &RangeOutcome| scanned.ends(layout)).unwrap_or_default();
    let traced = move |outcome: &mut Outcome, fresh: &Collector<'_>, counters: &Arc<Counters>| match gate {
        // What somebody sends is not here yet: how far it got, they know.
        Some(Gate::Receive) => {}
        _ if brief => {}
        // What is accepted stops nobody.
        Some(_) if outcome.findings.is_empty() => {}
        _ => trace::trace(layout, threads, outcome, fresh, counters),
    };
    let moves = Commits { scanned: Rc::clone(&scanned), layout };
    let before = run.settings_before();
    let run = run.ending_with(Box::new(ends)).when_settled(traced).of_change(moves);
    let sources = |collector: &Collector<'_>, counters: &Arc<Counters>| {
        beside(collector);
        let begins = |trees: &[String]| {
            let trees = trees.iter().take(BASES);
            collector.settings_before(trees.filter_map(|tree| before(tree)).collect());
        };
        match range::scan(layout, words, 0, threads, collector, &Counting(counters), &begins) {
            Ok(outcome) => {
                if let Some(issue) = empty.as_ref().filter(|_| outcome.is_empty() && !collector.interrupted())
                {
                    collector.issue(issue.clone());
                }
                // It is empty until now.
                drop(scanned.set(outcome));
            }
            Err(error) => collector.issue(Issue::new("not-scanned", error.to_string())),
        }
    };
    let complete = |outcome: &mut Outcome, _: &Arc<Counters>| {
        let Some(scanned) = scanned.get() else { return };
        outcome.notes.extend(some.filter(|_| scanned.commits > 0 || !outcome.findings.is_empty()));
        let suppressed = outcome.suppressed.iter_mut().map(|(finding, _)| finding);
        let findings = outcome.findings.iter_mut().chain(suppressed);
        range::attribute(layout, scanned, findings, &mut |issue| outcome.issues.push(issue));
        outcome.sort();
    };
    run.scan(Phase::Range, sources, complete)
}

fn nothing(range: &BStr) -> Issue {
    let message =
        format!("the range '{range}' holds no commit: nothing was scanned (--allow-empty, if that is fine)");
    Issue::new("nothing-to-scan", message)
}
