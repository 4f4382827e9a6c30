//! What the history tells of a finding, put into the finding.
//!
//! Takes findings as the pipeline made them and stories from `source::history::attribution`.

use std::sync::atomic::Ordering;

use bstr::BString;

use super::run::INTERRUPTED;
use crate::finding::{Finding, Location, LocationKind};
use crate::progress::Counters;
use crate::source::history::Progress;
use crate::source::history::attribution::{Held, Place, Story};

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

/// What is asked of the history about a finding: one for each location, in their order.
pub(super) fn held(finding: &Finding) -> Vec<Held> {
    finding.locations.iter().map(of_location).collect()
}

fn of_location(location: &Location) -> Held {
    // Two names in one directory are two places.
    let name = location.path.iter().filter(|_| location.kind == LocationKind::Path);
    Held {
        object: location.blob.clone().unwrap_or_default(),
        kind: location.kind,
        part: name.chain(&location.inner).cloned().collect(),
    }
}

/// Puts a story into the finding that it is about.
pub(super) fn tell(finding: &mut Finding, story: Story) {
    finding.in_head = Some(story.in_head);
    finding.first_commit = story.first;
    finding.last_commit = story.last;
    finding.removed_commit = story.removed;
    finding.containment = Some(story.containment);
    finding.locations = placed(std::mem::take(&mut finding.locations), story.places);
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
