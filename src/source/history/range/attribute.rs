//! Who brought in what was found in a range, and whether it is still there.
//!
//! Takes what the scan noted and the findings, and completes these. Unlike the attribution of a whole history it looks
//! at no commit outside the range, so that it costs next to nothing in a hook.

use gix_hash::ObjectId;

use super::super::Layout;
use super::super::attribution;
use super::super::standing::Standing;
use super::super::store::Store;
use super::RangeOutcome;
use crate::finding::{Finding, Location, Presence};
use crate::source::Issue;

/// Says of each finding which commit of the range added it where, and whether HEAD or the index still holds it. That
/// the index cannot be read goes to `issue`.
pub fn attribute<'f>(
    layout: &Layout,
    outcome: &RangeOutcome,
    findings: impl IntoIterator<Item = &'f mut Finding>,
    issue: &mut dyn FnMut(Issue),
) {
    let mut findings = findings.into_iter().peekable();
    if findings.peek().is_none() {
        return;
    }
    // The scan has said what cannot be read.
    let store = Store::open(layout, &mut |_| ());
    let mut teller = Teller { outcome, standing: Standing::new(layout, &store, issue) };
    for finding in findings {
        teller.tell(finding);
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

    fn added(&self, location: &Location, object: ObjectId) -> Option<(usize, ObjectId)> {
        self.outcome.introduced.get(&(location.kind, location.path.clone(), object)).copied()
    }
}

fn id(location: &Location) -> Option<ObjectId> {
    ObjectId::from_hex(location.blob.as_ref()?.as_bytes()).ok()
}
