//! Clients that read where they send to from a variable which another file gives a provider's address.
//!
//! Takes texts of the second look, remembers the variables that they give addresses, and tells of the places which read a name
//! what for: a key for a client whose address is the provider's is the provider's.

use bstr::ByteSlice;

use super::bindings::Reading;
use super::look::{MOST_NAMINGS, line_of, place};
use super::names::Names;
use super::{Collector, Look, lock};
use crate::decode::Text;
use crate::detect::destination::Destination;
use crate::detect::reference::Purpose;
use crate::finding::Confidence;
use crate::source::Origin;

/// A variable that was given a provider's address.
#[derive(Debug)]
pub(super) struct Given {
    destination: Destination,
    target: usize,
    /// For a sentence.
    place: String,
}

impl Collector<'_> {
    /// Remembers the variables that a text gives addresses, if there are not too many.
    pub(super) fn given_addresses(&self, origin: Origin<'_>, text: &Text<'_>, names: &Names) {
        let Some(known) = &names.destinations else { return };
        if origin.path.is_none() || !self.may_give_address(text.bytes, names) {
            return;
        }
        let given = self.detector.destinations(text.bytes, origin.path).into_iter().map(|destination| {
            let place = place(origin, line_of(text.bytes, destination.at));
            Given { destination, target: origin.target, place }
        });
        let mut known = lock(known);
        let room = MOST_NAMINGS.saturating_sub(known.len());
        known.extend(given.take(room));
    }

    /// Whether a text can give a variable a provider's address.
    pub(super) fn may_give_address(&self, text: &[u8], names: &Names) -> bool {
        names.destinations.is_some() && text.contains_str("://") && self.detector.is_interesting(text)
    }

    /// The same readings, with what for where the address is told elsewhere.
    pub(super) fn with_destinations(&self, mut readings: Vec<Reading>) -> Vec<Reading> {
        let Look::Names(names) = &self.look else { return readings };
        let Some(given) = &names.destinations else { return readings };
        let mut given = lock(given);
        given.sort_by(|one, other| (one.target, &one.place).cmp(&(other.target, &other.place)));
        for reading in &mut readings {
            let Some(variable) = &reading.sent_by else { continue };
            let same = |given: &&Given| given.target == reading.target && given.destination.name == *variable;
            if let Some(Given { destination, place, .. }) = given.iter().find(same) {
                let reason = format!(
                    "it is sent to what `{variable}` names, which is {} in {place}",
                    destination.host
                );
                let (rule, confidence) = (destination.rule, Confidence::Medium);
                reading.purpose = Some(Purpose::Ours { rule, confidence, reason });
            }
        }
        readings
    }
}
