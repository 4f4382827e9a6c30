//! What the settings before a change set aside, and those that judge it may not: paths that were left out, values that were
//! accepted. What stood there was no finding, so that it is new where the change brings it out.

use std::collections::BTreeSet;

use bstr::BStr;

use super::{Collector, Hit, fingerprint};
use crate::config::{Allowed, LeftOut};
use crate::secret::Secret;

/// What the settings of a state set aside that a change begins at.
#[derive(Debug, Default)]
pub struct AsideBefore {
    /// Paths that were left out.
    pub left_out: LeftOut,
    /// Values that were accepted, and are no longer.
    pub released: Released,
}

/// Values that are accepted no longer.
#[derive(Debug, Default)]
pub struct Released {
    /// By their hashes.
    pub allowed: Vec<Allowed>,
    /// Rules and fingerprints of findings.
    pub findings: BTreeSet<(String, String)>,
}

impl Released {
    fn contains(&self, rule: &str, secret: &Secret) -> bool {
        if self.allowed.is_empty() && self.findings.is_empty() {
            return false;
        }
        let hash = secret.sha256();
        let is_of = |allowed: &Allowed| allowed.rule.as_ref().is_none_or(|known| known == rule);
        self.allowed.iter().any(|allowed| allowed.sha256 == hash && is_of(allowed))
            || self.findings.contains(&(rule.to_owned(), fingerprint(rule, secret)))
    }
}

impl Collector<'_> {
    /// What was set aside, by each state that the change begins at.
    fn states_before(&self) -> impl Iterator<Item = &AsideBefore> {
        self.aside_before.get().into_iter().flat_map(|before| before.iter())
    }

    /// Whether what stood at a path before the change was not judged.
    pub(super) fn was_left_out(&self, target: usize, path: Option<&BStr>) -> bool {
        path.is_some_and(|path| self.states_before().any(|before| before.left_out.contains(target, path)))
    }

    /// Whether the value of a hit was accepted before the change, and is no longer.
    pub(super) fn is_released(&self, hit: &Hit) -> bool {
        let rule = &self.detector.rules()[hit.rule].id;
        self.states_before().any(|before| before.released.contains(rule, &hit.secret))
    }
}
