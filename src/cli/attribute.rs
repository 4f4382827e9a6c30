//! What the history tells of a finding, put into the finding.
//!
//! Takes findings as the pipeline made them and stories from `source::history::attribution`.

use std::cmp::Reverse;
use std::sync::atomic::Ordering;

use bstr::BString;
use clap::ValueEnum;
use jiff::Timestamp;
use jiff::civil::Date;

use super::run::INTERRUPTED;
use crate::finding::{Finding, Location, LocationKind};
use crate::pipeline::Outcome;
use crate::progress::Counters;
use crate::source::history::Progress;
use crate::source::history::attribution::{Held, Place, Story};

/// What comes first in a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// By path and position.
    #[default]
    Location,
    /// What stood in the history longest; what nobody took out stands to this day.
    Exposure,
    /// What was committed last; what is in no commit yet before that.
    Date,
}

/// Brings findings into an order; those that are equal in it stay in that of their locations.
pub(super) fn sort(outcome: &mut Outcome, sort: Sort, today: Date) {
    let suppressed = &mut outcome.suppressed;
    match sort {
        Sort::Location => {}
        Sort::Exposure => {
            outcome.findings.sort_by_key(|finding| Reverse(exposed_days(finding, today)));
            suppressed.sort_by_key(|(finding, _)| Reverse(exposed_days(finding, today)));
        }
        Sort::Date => {
            outcome.findings.sort_by_cached_key(|finding| Reverse(committed(finding)));
            suppressed.sort_by_cached_key(|(finding, _)| Reverse(committed(finding)));
        }
    }
}

/// Days between the commit that brought it and the one that took it away, or today. None if it is in no commit.
fn exposed_days(finding: &Finding, today: Date) -> Option<i32> {
    let exposure = finding.containment.as_ref()?.exposure.as_ref()?;
    let from: Date = exposure.from.parse().ok()?;
    let to = exposure.to.as_ref().and_then(|day| day.parse().ok()).unwrap_or(today);
    Some(from.until(to).ok()?.get_days().max(0))
}

/// When it was committed first: without a commit after all that have one.
fn committed(finding: &Finding) -> (bool, Option<Timestamp>) {
    let time = finding.first_commit.as_ref().map(|commit| commit.author_time.parse().ok());
    (time.is_none(), time.flatten())
}

/// Shows how far the attribution is, and ends it when the person wants an end.
pub(super) struct Watched<'a>(pub(super) &'a Counters);

impl Progress for Watched<'_> {
    fn total(&self, objects: u64) {
        self.0.total.fetch_add(objects, Ordering::Relaxed);
    }

    fn advance(&self, objects: u64) {
        self.0.done.fetch_add(objects, Ordering::Relaxed);
    }

    fn interrupted(&self) -> bool {
        INTERRUPTED.load(Ordering::Relaxed)
    }
}

/// What is asked of the history about places of a finding: one for each, in their order.
pub(super) fn held(places: &[Location]) -> Vec<Held> {
    places.iter().map(of_location).collect()
}

fn of_location(location: &Location) -> Held {
    let name = match location.kind {
        // Two names in one directory are two places.
        LocationKind::Path => location.path.as_ref(),
        LocationKind::RefName => location.shown.as_ref(),
        _ => None,
    };
    Held {
        object: location.blob.clone().unwrap_or_default(),
        kind: location.kind,
        part: name.into_iter().chain(&location.inner).cloned().collect(),
    }
}

/// Puts a story into the finding that it is about.
pub(super) fn tell(finding: &mut Finding, mut story: Story) {
    let places = std::mem::take(&mut story.places);
    finding.locations = placed(std::mem::take(&mut finding.locations), places);
    tell_of(finding, story);
}

/// The same without its places.
pub(super) fn tell_of(finding: &mut Finding, story: Story) {
    finding.presence = Some(story.presence);
    finding.first_commit = story.first;
    finding.last_commit = story.last;
    finding.removed_commit = story.removed;
    finding.containment = Some(story.containment);
}

/// Locations with their paths and commits.
fn placed(locations: Vec<Location>, places: Vec<Vec<Place>>) -> Vec<Location> {
    let mut all = Vec::new();
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
            all.push(here);
        }
    }
    all
}

fn joined(directory: &BString, name: &BString) -> BString {
    match directory.is_empty() {
        true => name.clone(),
        false => [directory.as_slice(), name].join(&b'/').into(),
    }
}
