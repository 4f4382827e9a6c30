//! `leeward history`: every repository's objects into the pipeline, then who, when and where for what was found.

use std::cell::OnceCell;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bstr::{BStr, BString, ByteVec};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::UsageError;
use super::args::HistoryCommand;
use super::attribute::{Watched, held, sort, tell};
use super::expressions::{self, Places};
use super::run::Run;
use super::surroundings;
use crate::finding::Finding;
use crate::pipeline::{Collector, Outcome};
use crate::progress::{Counters, Phase};
use crate::source::history::attribution::{self, Held, Story};
use crate::source::history::{self, Options, Progress, Reach};
use crate::source::layout::{self, Layout, ObjectDirs};
use crate::source::{Issue, Sink as _, UNCONNECTED};
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
        // What git says in the environment is said of the repository that one is in.
        layouts.push(match path == Path::new(".") {
            true => surroundings::repository(path)?,
            false => {
                surroundings::named(path)?;
                layout::find(path, &ObjectDirs::default()).map_err(UsageError::new)?
            }
        });
    }
    let written = [&command.write_expressions, &command.write_blobs];
    for file in written.into_iter().flatten() {
        expressions::may_be_written(file, &layouts)?;
    }
    let places: OnceCell<Places> = OnceCell::new();
    let run = Run::new("history", &command.scanning, &command.repositories)?.when_settled(|outcome, _, _| {
        sort(outcome, command.sort, Timestamp::now().to_zoned(TimeZone::UTC).date());
        if let Some(places) = places.get() {
            places.write(command, &layouts, outcome);
        }
    });
    let reaches = OnceCell::new();
    let threads = match run.threads() {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let options = Options { threads, connectivity: !command.no_connectivity_check };
    let sources = |collector: &Collector<'_>, counters: &Arc<Counters>| {
        let reaches = reaches.get_or_init(|| reaches_of(command, &layouts, collector));
        for (target, layout) in layouts.iter().enumerate() {
            let what =
                Repository { layout, path: &command.repositories[target], reach: reaches[target].as_ref() };
            if what.reach.is_some() || command.reachable.is_none() {
                what.scan(target, &options, collector, counters);
            }
        }
        if command.no_connectivity_check {
            let what = BStr::new("whether everything that is named is stored");
            collector.skip(UNCONNECTED, what);
        }
    };
    let complete = |outcome: &mut Outcome, counters: &Arc<Counters>| {
        counters.begin(Phase::Commits, 0);
        if written.iter().any(|file| file.is_some()) {
            places.get_or_init(|| Places::of(outcome));
        }
        let reaches = reaches.get().map_or(&[][..], Vec::as_slice);
        for ((layout, path), reach) in layouts.iter().zip(&command.repositories).zip(reaches) {
            Repository { layout, path, reach: reach.as_ref() }.attribute(threads, outcome, counters);
        }
    };
    Ok(run.scan(Phase::Objects, sources, complete))
}

/// What the revisions of `--reachable` reach, for each repository; none without it, and none where one of them is no
/// revision, which is an issue.
fn reaches_of(command: &HistoryCommand, layouts: &[Layout], collector: &Collector<'_>) -> Vec<Option<Reach>> {
    let reach = |layout: &Layout| {
        let revisions = command.reachable.as_ref()?;
        let names = revisions.iter().map(|name| BStr::new(name.as_encoded_bytes()));
        Reach::of(layout, names, collector)
    };
    layouts.iter().map(reach).collect()
}

/// A repository of the command line.
struct Repository<'a> {
    layout: &'a Layout,
    path: &'a Path,
    reach: Option<&'a Reach>,
}

impl Repository<'_> {
    fn target(&self) -> BString {
        Vec::from_path_lossy(self.path).into_owned().into()
    }

    fn scan(&self, target: usize, options: &Options, collector: &Collector<'_>, counters: &Counters) {
        match history::scan_within(self.layout, self.reach, target, options, collector, counters) {
            Ok(outcome) if outcome.stored == 0 => {
                let message =
                    "there was nothing to scan: no object that can be read, or nothing was ever committed";
                collector.issue(Issue::new("nothing-to-scan", message).at_path(self.target()));
            }
            Ok(_) => {}
            Err(error) => {
                collector.issue(Issue::new("not-scanned", error.to_string()).at_path(self.target()));
            }
        }
    }

    /// Says of every finding of the repository who brought it in, where, when, and whether it is still there; forgets
    /// those that were not asked for.
    fn attribute(&self, threads: usize, outcome: &mut Outcome, counters: &Counters) {
        let target = self.target();
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
        let held: Vec<Vec<Held>> = findings.iter().map(|finding| held(&finding.locations)).collect();
        let watched = Watched(counters);
        let mut issue = |issue: Issue| outcome.issues.push(issue);
        let stories = attribution::attribute(self.layout, self.reach, threads, &held, &mut issue, &watched);
        let stories = match stories {
            Ok(stories) => stories,
            Err(error) => {
                let message = format!("who committed what was found could not be told: {error}");
                return outcome.issues.push(Issue::new("not-attributed", message).at_path(target));
            }
        };
        if stories.iter().any(|story| story.cut) {
            let message = "some trees hold so many copies of what was found, or in directories so deep, that not all paths are told";
            outcome.issues.push(Issue::new("not-attributed", message).at_path(target.clone()));
        }
        // The connectivity check says more, where it is made.
        let is_lost = |story: &Story| story.containment.gaps && story.places.iter().all(Vec::is_empty);
        if self.reach.is_some() && outcome.issues.is_empty() && stories.iter().any(is_lost) {
            let message = "commits that refs lead to are not stored: what they reach cannot be told";
            outcome.issues.push(Issue::new("missing-object", message).at_path(target));
        }
        for (finding, story) in findings.iter_mut().zip(stories) {
            tell(finding, story);
        }
        outcome.findings.retain(|finding| !finding.locations.is_empty());
        outcome.suppressed.retain(|(finding, _)| !finding.locations.is_empty());
        outcome.sort();
    }
}
