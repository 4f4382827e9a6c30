//! How far keys got that a range adds: what the whole repository tells of them, and not what the range alone does.
//!
//! A key that a range adds may have been in the repository before, in another file, in a message, at a remote. So once
//! there is something to report, every stored object is searched for the values that were found, as `leeward history`
//! does, and what it tells of them is told here as well, from the same places by the same means. Where they are reported
//! stays what the range adds. A range without keys costs nothing here.

use std::sync::Arc;

use super::attribute::{Watched, held, tell_of};
use crate::finding::Finding;
use crate::pipeline::{Collector, Outcome};
use crate::progress::{Counters, Phase};
use crate::source::Issue;
use crate::source::history::attribution::{self, Held};
use crate::source::history::{self, Options};
use crate::source::layout::Layout;

/// Completes what is to be reported, and what is set aside. `fresh`: a collector that has seen nothing yet.
pub(super) fn trace(
    layout: &Layout,
    threads: usize,
    outcome: &mut Outcome,
    fresh: &Collector<'_>,
    counters: &Arc<Counters>,
) {
    let suppressed = outcome.suppressed.iter_mut().map(|(finding, _)| finding);
    let mut findings: Vec<&mut Finding> = outcome.findings.iter_mut().chain(suppressed).collect();
    if findings.is_empty() {
        return;
    }
    let options = Options { threads, connectivity: false };
    // What cannot be read there is no part of the range.
    let sources = |again: &Collector<'_>| drop(history::scan(layout, 0, &options, again, &**counters));
    let places = fresh.places_of(&findings, sources);
    counters.begin(Phase::Commits, 0);
    let held: Vec<Vec<Held>> = places.iter().map(|places| held(places)).collect();
    let mut issues = Vec::new();
    let watched = Watched(counters);
    let stories =
        attribution::attribute(layout, None, threads, &held, &mut |issue| issues.push(issue), &watched);
    match stories {
        Ok(stories) => {
            // Of the name that a ref is to have elsewhere, nothing is known here.
            let told = findings.iter_mut().zip(stories).zip(&held).filter(|(_, held)| !held.is_empty());
            told.for_each(|((finding, story), _)| tell_of(finding, story));
        }
        Err(error) => {
            let message = format!("how far it got that was found could not be told: {error}");
            issues.push(Issue::new("not-attributed", message));
        }
    }
    outcome.issues.extend(issues);
    outcome.issues.sort();
    outcome.issues.dedup();
}
