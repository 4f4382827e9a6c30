//! `leeward history`: every repository's objects into the pipeline, then who, when and where for what was found.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bstr::{BStr, BString, ByteVec};

use super::UsageError;
use super::args::HistoryCommand;
use super::run::Run;
use super::scan::exists;
use super::surroundings;
use crate::finding::{Finding, Location, LocationKind};
use crate::pipeline::{Collector, Outcome};
use crate::progress::{Counters, Phase};
use crate::source::history::attribution::{self, Held, Place};
use crate::source::history::{self, Options, Progress, Reach};
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
        // What git says in the environment is said of the repository that one is in.
        layouts.push(match path == Path::new(".") {
            true => surroundings::repository(path)?,
            false => {
                exists(path)?;
                layout::find(path, &ObjectDirs::default()).map_err(UsageError::new)?
            }
        });
    }
    let run = Run::new("history", &command.scanning, &command.repositories)?;
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
            collector.skip("connectivity check (--no-connectivity-check)", what);
        }
    };
    let complete = |outcome: &mut Outcome, counters: &Arc<Counters>| {
        counters.begin(Phase::Commits, 0);
        let reaches = reaches.get().map_or(&[][..], Vec::as_slice);
        for ((layout, path), reach) in layouts.iter().zip(&command.repositories).zip(reaches) {
            Repository { layout, path, reach: reach.as_ref() }.attribute(threads, outcome);
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
                let message = "the repository stores no object: nothing was ever committed to it";
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
    fn attribute(&self, threads: usize, outcome: &mut Outcome) {
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
        let held: Vec<Vec<Held>> =
            findings.iter().map(|finding| finding.locations.iter().map(held).collect()).collect();
        let stories = match attribution::attribute_within(self.layout, self.reach, threads, &held) {
            Ok(stories) => stories,
            Err(error) => {
                let message = format!("who committed what was found could not be told: {error}");
                return outcome.issues.push(Issue::new("not-attributed", message).at_path(target));
            }
        };
        for (finding, story) in findings.iter_mut().zip(stories) {
            finding.in_head = Some(story.in_head);
            finding.first_commit = story.first;
            finding.last_commit = story.last;
            finding.removed_commit = story.removed;
            finding.locations = placed(std::mem::take(&mut finding.locations), story.places);
        }
        outcome.findings.retain(|finding| !finding.locations.is_empty());
        outcome.suppressed.retain(|(finding, _)| !finding.locations.is_empty());
        outcome.sort();
    }
}

fn held(location: &Location) -> Held {
    Held { object: location.blob.clone().unwrap_or_default(), kind: location.kind }
}

/// What tells two locations of a secret apart: kind, path, names inside archives; the object where no tree names it.
type Spot = (LocationKind, Option<BString>, Vec<BString>, Option<String>);

/// Locations with their paths and commits. Of the versions that hold a secret at one path, the first one stands for
/// all.
fn placed(locations: Vec<Location>, places: Vec<Vec<Place>>) -> Vec<Location> {
    let mut first: BTreeMap<Spot, Location> = BTreeMap::new();
    for (location, places) in locations.into_iter().zip(places) {
        for place in places {
            let mut here = location.clone();
            here.kind = place.kind;
            here.path = match (place.path, &location.path) {
                (Some(directory), Some(name)) => Some(joined(&directory, name)),
                (Some(path), None) => Some(path),
                (None, name) => name.clone(),
            };
            here.shown = here.path.clone().or(here.shown);
            here.commit = place.commit;
            // What no tree names is told apart by its object alone.
            let object = here.path.is_none().then(|| here.blob.clone()).flatten();
            let key = (here.kind, here.path.clone(), here.inner.clone(), object);
            match first.get(&key) {
                Some(known) if time(known) <= time(&here) => {}
                _ => drop(first.insert(key, here)),
            }
        }
    }
    first.into_values().collect()
}

fn time(location: &Location) -> Option<(&str, &str)> {
    location.commit.as_ref().map(|commit| (commit.author_time.as_str(), commit.id.as_str()))
}

fn joined(directory: &BString, name: &BString) -> BString {
    match directory.is_empty() {
        true => name.clone(),
        false => [directory.as_slice(), name].join(&b'/').into(),
    }
}
