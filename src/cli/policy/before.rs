//! The policy of a state that a change begins at, beside the one that judges the change.
//!
//! Takes a revision and what judges now, and gives what the pipeline has to know of the settings there: where they are
//! others, what they did not report is new where the change brings it out.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::super::args::{PolicyArgs, RuleFiles};
use super::{Accepted, Basis, Policy};
use crate::detect::Detector;
use crate::pipeline::{JudgedBefore, Settings, SettingsBefore};
use crate::rule::RuleSet;

/// What a policy is read for: the mode of the scan, its arguments, its targets, and what it is judged by.
pub(super) type For<'a> = (&'a str, &'a PolicyArgs, &'a [PathBuf], &'a Basis);

/// What a policy has reported.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Judging {
    settings: Settings,
    accepted: Accepted,
    /// Ids and definitions of the rules in force.
    rules: BTreeSet<(String, String)>,
}

impl Policy {
    /// What it has reported.
    pub(in crate::cli) fn judging(&self) -> Judging {
        let in_force = self.known_rules.iter().filter(|rule| rule.off.is_none());
        Judging {
            settings: self.settings(),
            accepted: self.accepted(),
            rules: in_force.map(|rule| (rule.id.clone(), rule.definition.clone())).collect(),
        }
    }

    /// The settings of a revision that a change begins at which is judged by `now`; none where a change is judged by other
    /// settings than its own.
    pub(in crate::cli) fn settings_in(revision: &str, of: For<'_>, now: &Judging) -> Option<SettingsBefore> {
        let (_, args, _, basis) = of;
        if args.policy_from.is_some()
            || !matches!(basis, Basis::Disk | Basis::Since(_) | Basis::Pushed { .. })
        {
            return None;
        }
        Policy::before(Some(revision), of).map(|(before, rules)| before.into_settings(rules, now))
    }

    /// The policy of a revision, or else the defaults.
    pub(super) fn before(
        than: Option<&str>,
        (mode, args, targets, basis): For<'_>,
    ) -> Option<(Policy, RuleSet)> {
        let of_revision = PolicyArgs { policy_from: than.map(str::to_owned), ..args.clone() };
        // Before the first commit, or where what it has cannot be used, the defaults are what there is to compare with.
        let rule_files = RuleFiles { config: None, no_config: true, ..args.rule_files.clone() };
        let of_nothing = PolicyArgs { rule_files, baseline: None, without_baseline: true, ..args.clone() };
        let defaults = || Policy::read(mode, &of_nothing, targets, basis);
        let before = match than {
            Some(_) => Policy::read(mode, &of_revision, targets, basis).or_else(|_| defaults()),
            None => defaults(),
        };
        before.ok()
    }

    /// What the pipeline has to know of this policy, which held before a change that is judged by `now`.
    pub(super) fn into_settings(self, rules: RuleSet, now: &Judging) -> SettingsBefore {
        let before = self.judging();
        let is_same = before.settings == now.settings
            && before.rules == now.rules
            && before.accepted.is_within(&now.accepted);
        let judged = (!is_same).then(|| JudgedBefore {
            detector: Detector::new(rules),
            settings: before.settings,
            accepted: before.accepted.values(),
            same_rules: before.rules.intersection(&now.rules).map(|(id, _)| id.clone()).collect(),
        });
        SettingsBefore { left_out: self.left_out, judged }
    }
}
