//! The settings of the states that a change begins at, and what a gate that went by them reported of what stood there. What
//! it did not report was no finding, so that it is new where the change brings it out: a path that was left out, a value
//! that was accepted, whatever the rules, the confidence or the limits of before did not ask for.

use std::collections::{BTreeSet, HashSet};

use bstr::BStr;

use super::look::Look;
use super::skips::is_content;
use super::{Collector, Hit, Settings, fingerprint};
use crate::config::{Allowed, LeftOut};
use crate::decode::Limits;
use crate::detect::Detector;
use crate::finding::{Confidence, LocationKind};
use crate::secret::Secret;
use crate::source::Origin;

/// The settings of a state that a change begins at.
#[derive(Debug)]
pub struct SettingsBefore {
    /// Paths that were left out.
    pub left_out: LeftOut,
    /// How all else was judged; none where that is reported now, too, which was reported then.
    pub judged: Option<JudgedBefore>,
}

/// How a gate judged that went by other settings.
#[derive(Debug)]
pub struct JudgedBefore {
    /// With the rules that were in force.
    pub detector: Detector,
    /// What it reported.
    pub settings: Settings,
    /// What it accepted by value.
    pub accepted: AcceptedValues,
    /// Ids of the rules that were in force as they are now.
    pub same_rules: BTreeSet<String>,
}

/// Values that are accepted, wherever they stand.
#[derive(Debug, Default)]
pub struct AcceptedValues {
    /// By their hashes.
    pub allowed: Vec<Allowed>,
    /// Rules and fingerprints of findings.
    pub findings: BTreeSet<(String, String)>,
}

impl AcceptedValues {
    fn contain(&self, rule: &str, secret: &Secret) -> bool {
        if self.allowed.is_empty() && self.findings.is_empty() {
            return false;
        }
        let hash = secret.sha256();
        let is_of = |allowed: &Allowed| allowed.rule.as_ref().is_none_or(|known| known == rule);
        self.allowed.iter().any(|allowed| allowed.sha256 == hash && is_of(allowed))
            || self.findings.contains(&(rule.to_owned(), fingerprint(rule, secret)))
    }
}

/// A gate that went by the settings of before.
pub(super) struct GateBefore<'a> {
    /// What it looked with.
    pub(super) collector: Collector<'a>,
    accepted: &'a AcceptedValues,
}

impl GateBefore<'_> {
    /// What it reported of a content, by what stands there.
    pub(super) fn reported_in(&self, origin: Origin<'_>, bytes: &[u8]) -> HashSet<Secret> {
        let hits = self.collector.again(Look::Candidates).guarded(origin, bytes, &[], true);
        hits.into_iter().filter(|hit| self.reported(hit)).map(|hit| hit.secret).collect()
    }

    /// Whether it reported a hit of its own.
    pub(super) fn reported(&self, hit: &Hit) -> bool {
        let rule = &self.collector.detector.rules()[hit.rule].id;
        hit.suppression.is_none() && !self.accepted.contain(rule, &hit.secret)
    }
}

impl Collector<'_> {
    /// The settings of each state that the change begins at.
    fn settings_of_states(&self) -> impl Iterator<Item = &SettingsBefore> {
        self.settings_before.get().into_iter().flat_map(|before| before.iter())
    }

    fn judged_otherwise(&self) -> impl Iterator<Item = &JudgedBefore> {
        self.settings_of_states().filter_map(|before| before.judged.as_ref())
    }

    /// Whether what stood at a path before the change was not judged.
    pub(super) fn was_left_out(&self, target: usize, path: Option<&BStr>) -> bool {
        path.is_some_and(|path| {
            self.settings_of_states().any(|before| before.left_out.contains(target, path))
        })
    }

    /// A gate for each state where all was judged by other settings than now.
    pub(super) fn gates_before(&self) -> impl Iterator<Item = GateBefore<'_>> {
        self.judged_otherwise().map(|before| {
            let collector = Collector::new(
                &before.detector,
                before.settings,
                self.left_out,
                self.targets.clone(),
                self.interrupted,
                std::sync::Arc::clone(&self.progress),
            );
            GateBefore { collector, accepted: &before.accepted }
        })
    }

    /// Whether a value that is known by what other files do with its name could be reported before.
    pub(super) fn was_asked_for(&self, rule: usize, confidence: Confidence, secret: &Secret) -> bool {
        let rule = &self.detector.rules()[rule].id;
        self.judged_otherwise().all(|before| {
            before.same_rules.contains(rule)
                && confidence >= before.settings.confidence
                && !before.accepted.contain(rule, secret)
        })
    }

    /// Whether a content was too large to be judged before.
    pub(super) fn was_too_large(&self, kind: LocationKind, bytes: &[u8]) -> bool {
        let most = self.judged_otherwise().filter_map(|before| before.settings.max_file_size).min();
        is_content(kind) && most.is_some_and(|most| bytes.len() as u64 > most)
    }

    /// How far was looked into what is packed, before as well as now.
    pub(super) fn limits_before(&self) -> Limits {
        self.judged_otherwise().fold(self.settings.limits, |limits, before| Limits {
            archives: limits.archives.min(before.settings.limits.archives),
            depth: limits.depth.min(before.settings.limits.depth),
            ..limits
        })
    }
}
