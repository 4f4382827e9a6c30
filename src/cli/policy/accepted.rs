//! What a policy accepts by value, wherever it stands: hashes of its configuration, entries of its baseline.
//!
//! Takes two policies and gives what one accepts and the other does not. Says nothing of comments, which stand with the value.

use super::Policy;
use crate::baseline::{Baseline, Entry};
use crate::config::Allowed;
use crate::pipeline::AcceptedValues;

/// What is accepted by value.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Accepted {
    allow: Vec<Allowed>,
    baseline: Baseline,
}

impl Accepted {
    /// Hashes that this accepts and `other` does not.
    pub(super) fn allowed_beyond(&self, other: &Accepted) -> impl Iterator<Item = &Allowed> {
        let covered = |allowed: &Allowed| {
            other.allow.iter().any(|known| {
                known.sha256 == allowed.sha256 && (known.rule.is_none() || known.rule == allowed.rule)
            })
        };
        self.allow.iter().filter(move |allowed| !covered(allowed))
    }

    /// Entries that this accepts more by than `other`, today.
    pub(super) fn entries_beyond(&self, other: &Accepted) -> Vec<&Entry> {
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        self.baseline.beyond(&other.baseline, today)
    }

    /// Whether `other` accepts all that this does.
    pub(super) fn is_within(&self, other: &Accepted) -> bool {
        self.allowed_beyond(other).next().is_none() && self.entries_beyond(other).is_empty()
    }

    /// As a scan asks for it, today.
    pub(super) fn values(self) -> AcceptedValues {
        let finding = |entry: &Entry| (entry.rule.clone(), entry.fingerprint.clone());
        let findings = self.entries_beyond(&Accepted::default()).into_iter().map(finding).collect();
        AcceptedValues { allowed: self.allow, findings }
    }
}

impl Policy {
    /// What it accepts by value.
    pub(in crate::cli) fn accepted(&self) -> Accepted {
        let baseline = self.baseline.as_ref().map(|baseline| baseline.value.baseline.clone());
        Accepted { allow: self.allow.clone(), baseline: baseline.unwrap_or_default() }
    }
}
