//! Who brought in what was found in a range, and whether it is still there.
//!
//! Takes what the scan noted and the findings, and completes these as far as the range alone tells. It looks at no tree
//! outside the range but HEAD's, so that it costs next to nothing where there is no more to be told: in a server that has
//! not taken the range in.

use gix_hash::ObjectId;

use super::super::Layout;
use super::super::attribution;
use super::super::standing::Standing;
use super::super::store::Store;
use super::RangeOutcome;
use crate::finding::{Finding, Location, LocationKind, Presence};
use crate::source::Issue;

/// Says of each finding which commit of the range added it where, and whether HEAD or the index still holds it there. That
/// the index cannot be read goes to `issue`.
pub fn attribute<'f>(
    layout: &Layout,
    outcome: &RangeOutcome,
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
        use LocationKind::{Author, CommitMessage, Committer};
        let members = &self.outcome.members;
        let number = match location.kind {
            CommitMessage | Author | Committer => members.iter().position(|member| *member == object)?,
            kind => *self.outcome.introduced.get(&(kind, location.path.clone(), object))?.first()?,
        };
        Some((number, *members.get(number)?))
    }
}

fn id(location: &Location) -> Option<ObjectId> {
    hex(location.blob.as_ref()?)
}

fn hex(id: &str) -> Option<ObjectId> {
    ObjectId::from_hex(id.as_bytes()).ok()
}
