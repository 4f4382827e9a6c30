//! Who brought in what was found in a range, and whether it is still there.
//!
//! Takes what the scan noted and the findings, and completes these. Unlike the attribution of a whole history it looks
//! at no tree outside the range, and at no commit that the range leaves out, so that it costs next to nothing in a hook.

use gix_hash::ObjectId;

use super::super::Layout;
use super::super::attribution::{self, Added};
use super::super::standing::Standing;
use super::super::store::Store;
use super::RangeOutcome;
use super::revision::parents;
use crate::finding::{Finding, Location, LocationKind, Presence};
use crate::source::Issue;

/// Says of each finding which commit of the range added it where, and whether HEAD or the index still holds it; and, where
/// the commits of the range are already in this repository, how far they got. That the index cannot be read goes to `issue`.
pub fn attribute<'f>(
    layout: &Layout,
    outcome: &RangeOutcome,
    taken_in: bool,
    findings: impl IntoIterator<Item = &'f mut Finding>,
    issue: &mut dyn FnMut(Issue),
) {
    let mut findings: Vec<&mut Finding> = findings.into_iter().collect();
    if findings.is_empty() {
        return;
    }
    // The scan has said what cannot be read.
    let store = Store::open(layout, &mut |_| ());
    let mut teller = Teller { outcome, standing: Standing::new(layout, &store, issue) };
    for finding in &mut findings {
        teller.tell(finding);
    }
    if taken_in {
        teller.contain(layout, &mut findings);
    }
}

struct Teller<'a> {
    outcome: &'a RangeOutcome,
    standing: Standing<'a>,
}

impl Teller<'_> {
    fn tell(&mut self, finding: &mut Finding) {
        let mut first: Option<(usize, ObjectId)> = None;
        let mut presence = Presence::Gone;
        for location in &mut finding.locations {
            let Some(object) = id(location) else { continue };
            let added = self.added(location, object);
            let by = added.map_or(object, |(_, commit)| commit);
            location.commit = attribution::named(self.standing.reader.store, by);
            first = [first, added].into_iter().flatten().min();
            presence = presence.max(self.standing.of_object(location, object, finding.secret.expose()));
        }
        finding.first_commit = match first {
            Some((_, commit)) => attribution::named(self.standing.reader.store, commit),
            None => finding.locations.iter().find_map(|location| location.commit.clone()),
        };
        finding.presence = Some(presence);
    }

    /// Says how far each finding got that some commit or tag has.
    fn contain(&mut self, layout: &Layout, findings: &mut [&mut Finding]) {
        let added: Vec<Added> = findings.iter().map(|finding| added_by(finding)).collect();
        let outcome = self.outcome;
        let reader = &mut self.standing.reader;
        let containments = attribution::contain(layout, &outcome.refs, &outcome.base, &added, reader);
        for ((finding, added), mut containment) in findings.iter_mut().zip(&added).zip(containments) {
            if *added == Added::default() {
                continue;
            }
            let first = finding.first_commit.as_ref().and_then(|first| hex(&first.id));
            let parents = first.and_then(|id| parents(id, &mut self.standing.reader).ok());
            containment.base = parents.and_then(|parents| Some(parents.first()?.to_string()));
            containment.exposure = attribution::exposure(finding.first_commit.as_ref(), None);
            finding.containment = Some(containment);
        }
    }

    fn added(&self, location: &Location, object: ObjectId) -> Option<(usize, ObjectId)> {
        let numbers = self.outcome.introduced.get(&(location.kind, location.path.clone(), object))?;
        let first = *numbers.first()?;
        Some((first, *self.outcome.members.get(first)?))
    }
}

/// The commits and tags that added a finding.
fn added_by(finding: &Finding) -> Added {
    let mut added = Added::default();
    for location in &finding.locations {
        match location.kind {
            LocationKind::TagMessage | LocationKind::Tagger => added.tags.extend(id(location)),
            _ => added.commits.extend(location.commit.as_ref().and_then(|commit| hex(&commit.id))),
        }
    }
    added
}

fn id(location: &Location) -> Option<ObjectId> {
    hex(location.blob.as_ref()?)
}

fn hex(id: &str) -> Option<ObjectId> {
    ObjectId::from_hex(id.as_bytes()).ok()
}
