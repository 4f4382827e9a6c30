//! `leeward history`: every repository's objects into the pipeline, then who, when and where for what was found.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bstr::{BStr, BString, ByteVec};

use super::UsageError;
use super::args::HistoryCommand;
use super::attribute::{Watched, held, tell};
use super::run::Run;
use super::scan::exists;
use crate::finding::Finding;
use crate::pipeline::{Collector, Outcome};
use crate::progress::{Counters, Phase};
use crate::source::history::attribution::{self, Held};
use crate::source::history::{self, Options, Progress};
use crate::source::layout::{self, Layout, ObjectDirs};
use crate::source::{Issue, Sink as _};
use crate::status::Status;

impl Progress for Counters {
    fn total(&self, objects: u64) {
        self.begin(Phase::Objects, objects);
    }

    fn advance(&self, objects: u64) {
        self.done.fetch_add(objects, Ordering::Relaxed);
    }
}

/// Scans everything that was ever committed.
pub(super) fn history(command: &HistoryCommand) -> Result<Status, UsageError> {
    let mut layouts = Vec::new();
    for path in &command.repositories {
        exists(path)?;
        layouts.push(layout::find(path, &ObjectDirs::default()).map_err(UsageError::new)?);
    }
    let run = Run::new("history", &command.scanning, &command.repositories)?;
    let threads = match run.threads() {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let options = Options { threads, connectivity: !command.no_connectivity_check };
    let sources = |collector: &Collector<'_>, counters: &Arc<Counters>| {
        for (target, layout) in layouts.iter().enumerate() {
            repository(layout, &command.repositories[target], target, &options, collector, counters);
        }
        if command.no_connectivity_check {
            let what = BStr::new("whether everything that is named is stored");
            collector.skip("connectivity check (--no-connectivity-check)", what);
        }
    };
    let complete = |outcome: &mut Outcome, counters: &Arc<Counters>| {
        counters.begin(Phase::Commits, 0);
        for (layout, path) in layouts.iter().zip(&command.repositories) {
            attribute(layout, path, threads, outcome, counters);
        }
    };
    Ok(run.scan(Phase::Objects, sources, complete))
}

fn repository(
    layout: &Layout,
    path: &Path,
    target: usize,
    options: &Options,
    collector: &Collector<'_>,
    counters: &Counters,
) {
    let path = || BString::from(Vec::from_path_lossy(path).into_owned());
    match history::scan(layout, target, options, collector, counters) {
        Ok(outcome) if outcome.stored == 0 => {
            let message = "the repository stores no object: nothing was ever committed to it";
            collector.issue(Issue::new("nothing-to-scan", message).at_path(path()));
        }
        Ok(_) => {}
        Err(error) => collector.issue(Issue::new("not-scanned", error.to_string()).at_path(path())),
    }
}

/// Says of every finding of a repository who brought it in, where, when, and whether it is still there.
fn attribute(layout: &Layout, path: &Path, threads: usize, outcome: &mut Outcome, counters: &Counters) {
    let target = BString::from(Vec::from_path_lossy(path).into_owned());
    let suppressed = outcome.suppressed.iter_mut().map(|(finding, _)| finding);
    let mut findings: Vec<&mut Finding> = outcome
        .findings
        .iter_mut()
        .chain(suppressed)
        .filter(|finding| finding.locations.iter().all(|location| location.target == target))
        .collect();
    if findings.is_empty() {
        return;
    }
    let held: Vec<Vec<Held>> = findings.iter().map(|finding| held(finding)).collect();
    let stories = match attribution::attribute(layout, threads, &held, &Watched(counters)) {
        Ok(stories) => stories,
        Err(error) => {
            let message = format!("who committed what was found could not be told: {error}");
            return outcome.issues.push(Issue::new("not-attributed", message).at_path(target));
        }
    };
    if stories.iter().any(|story| story.cut) {
        let message = "some trees hold so many copies of what was found that not all paths are told";
        outcome.issues.push(Issue::new("not-attributed", message).at_path(target));
    }
    for (finding, story) in findings.iter_mut().zip(stories) {
        tell(finding, story);
    }
    outcome.sort();
}
