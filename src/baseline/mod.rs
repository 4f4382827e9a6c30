//! The file of accepted findings.
//!
//! An entry is the fingerprint of a finding, which is of its rule and value and never of a place: it survives moves,
//! renames and rebases, and another value on the same line is new. `text` is the format; what an entry means, and
//! how a baseline is brought up to date, is decided here. Reads text, not disks.

mod text;

use std::collections::BTreeSet;

use jiff::civil::Date;

pub use text::BaselineError;

use crate::finding::{Finding, SuppressedBy, Suppression};

/// The name of the file, where nobody gave it another.
pub const FILE_NAME: &str = "leeward.baseline";

/// Accepted findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Comments that belong to no entry, without their line ends.
    header: Vec<String>,
    /// Sorted by fingerprint, then rule.
    entries: Vec<Entry>,
}

/// One accepted finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Lower-case hex.
    pub fingerprint: String,
    /// Id of the rule.
    pub rule: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day on which it is accepted.
    pub expires: Option<Date>,
    /// Why; one line, never empty.
    pub reason: String,
    /// The line of the file, 1-based; 0 for one that is new.
    pub line: usize,
    /// Comments above it, without their line ends.
    comments: Vec<String>,
}

/// What a new entry says of a finding.
#[derive(Clone, Debug)]
pub struct Acceptance {
    /// Why; one line. None: as it was said before.
    pub reason: Option<String>,
    /// Who answers for it. None: who did before.
    pub owner: Option<String>,
    /// The last day on which it is accepted.
    pub expires: Option<Date>,
}

impl Entry {
    /// Whether it holds on a day.
    pub fn is_valid(&self, today: Date) -> bool {
        self.expires.is_none_or(|last| today <= last)
    }

    fn is_of(&self, finding: &Finding) -> bool {
        self.fingerprint == finding.fingerprint && self.rule == finding.rule_id
    }
}

impl Baseline {
    /// Entries, sorted.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Why a finding is accepted on a day; none if it is not, or no longer.
    pub fn accepts(&self, finding: &Finding, today: Date) -> Option<Suppression> {
        let entry = self.of(finding).find(|entry| entry.is_valid(today))?;
        Some(Suppression { by: SuppressedBy::Baseline, reason: entry.reason.clone() })
    }

    /// The entry that accepted a finding until it expired, if none does now.
    pub fn expired(&self, finding: &Finding, today: Date) -> Option<&Entry> {
        match self.of(finding).any(|entry| entry.is_valid(today)) {
            true => None,
            false => self.of(finding).max_by_key(|entry| entry.expires),
        }
    }

    /// Entries that none of some findings has.
    pub fn unused<'a>(
        &'a self,
        findings: impl IntoIterator<Item = &'a Finding>,
    ) -> impl Iterator<Item = &'a Entry> {
        let found: BTreeSet<(&str, &str)> =
            findings.into_iter().map(|f| (f.fingerprint.as_str(), f.rule_id.as_str())).collect();
        let used = move |entry: &Entry| found.contains(&(entry.fingerprint.as_str(), entry.rule.as_str()));
        self.entries.iter().filter(move |entry| !used(entry))
    }

    /// Accepts a finding. What was said of it before, comments above it included, stays where nothing new is said; only
    /// for how long it is accepted is always said anew.
    pub fn accept(&mut self, finding: &Finding, acceptance: &Acceptance) {
        let comments = self.of(finding).flat_map(|entry| entry.comments.clone()).collect();
        let before = self.of(finding).max_by_key(|entry| entry.expires).cloned();
        let (owner, reason) = before.map(|entry| (entry.owner, entry.reason)).unzip();
        let reason = acceptance.reason.clone().or(reason).unwrap_or_else(|| text::NO_REASON.to_owned());
        self.entries.retain(|entry| !entry.is_of(finding));
        self.entries.push(Entry {
            fingerprint: finding.fingerprint.clone(),
            rule: finding.rule_id.clone(),
            owner: acceptance.owner.clone().or(owner.flatten()),
            expires: acceptance.expires,
            reason,
            line: 0,
            comments,
        });
        self.sort();
    }

    /// Keeps the entries that `keep` wants, and says how many went.
    pub fn retain(&mut self, keep: impl FnMut(&Entry) -> bool) -> usize {
        let before = self.entries.len();
        self.entries.retain(keep);
        before - self.entries.len()
    }

    /// Entries that this one has and `other` has not, or with less said against them there: those that accept more on a
    /// day. One that has expired by then accepts nothing.
    pub fn beyond<'a>(&'a self, other: &Baseline, today: Date) -> Vec<&'a Entry> {
        let covers = |theirs: &Entry, ours: &Entry| {
            (&theirs.fingerprint, &theirs.rule) == (&ours.fingerprint, &ours.rule)
                && match (theirs.expires, ours.expires) {
                    (None, _) => true,
                    (Some(theirs), Some(ours)) => ours <= theirs,
                    (Some(_), None) => false,
                }
        };
        let valid = self.entries.iter().filter(|ours| ours.is_valid(today));
        valid.filter(|ours| !other.entries.iter().any(|theirs| covers(theirs, ours))).collect()
    }

    fn of(&self, finding: &Finding) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.is_of(finding))
    }

    fn sort(&mut self) {
        self.entries.sort_by(|a, b| {
            (&a.fingerprint, &a.rule, a.expires, &a.reason).cmp(&(
                &b.fingerprint,
                &b.rule,
                b.expires,
                &b.reason,
            ))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Confidence, Severity};
    use crate::secret::Secret;

    pub(super) fn finding(fingerprint: &str) -> Finding {
        Finding {
            fingerprint: fingerprint.repeat(32),
            rule_id: "some-rule".to_owned(),
            confidence: Confidence::High,
            severity: Severity::High,
            secret: Secret::new(*b"x"),
            evidence: Vec::new(),
            verification: None,
            presence: None,
            first_commit: None,
            last_commit: None,
            removed_commit: None,
            containment: None,
            locations: Vec::new(),
        }
    }

    fn baseline(lines: &[&str]) -> Baseline {
        let fill = |line: &&str| {
            let (hash, rest) = line.split_once(' ').expect("a hash and more");
            format!("{} {rest}\n", hash.repeat(32))
        };
        Baseline::parse("b", &lines.iter().map(fill).collect::<String>()).expect("well-formed")
    }

    #[test]
    fn an_entry_holds_for_one_rule_and_value_until_it_expires() {
        let day = jiff::civil::date(2026, 5, 5);
        for (lines, accepted, expired) in [
            (&["aa some-rule x"][..], Some("x"), None),
            (&["ab some-rule x"], None, None),
            (&["aa other-rule x"], None, None),
            (&["aa some-rule expires=2026-05-05 x"], Some("x"), None),
            (&["aa some-rule expires=2026-05-04 x"], None, Some("x")),
            // Two branches were merged.
            (&["aa some-rule expires=2026-05-04 x", "aa some-rule expires=2026-06-01 y"], Some("y"), None),
            (&["aa some-rule expires=2026-05-04 y", "aa some-rule expires=2026-05-01 x"], None, Some("y")),
        ] {
            let baseline = baseline(lines);
            let finding = finding("aa");
            let reason = baseline.accepts(&finding, day).map(|suppression| suppression.reason);
            assert_eq!(reason.as_deref(), accepted, "{lines:?}");
            assert_eq!(baseline.expired(&finding, day).map(|e| e.reason.as_str()), expired, "{lines:?}");
        }
    }

    #[test]
    fn what_is_not_used_is_told() {
        let baseline = baseline(&["aa some-rule x", "bb some-rule y", "cc other-rule z"]);
        let found = [finding("bb"), finding("cc")];
        let unused: Vec<&str> = baseline.unused(&found).map(|entry| entry.reason.as_str()).collect();
        assert_eq!(unused, ["x", "z"]);
    }

    #[test]
    fn to_accept_again_keeps_what_nothing_new_is_said_of() {
        let day = jiff::civil::date(2030, 1, 2);
        for (reason, owner, expires, expected) in [
            (Some("new"), None, None, "owner=me new"),
            (None, None, Some(day), "owner=me expires=2030-01-02 old"),
            (None, Some("you"), None, "owner=you old"),
        ] {
            let mut baseline = baseline(&["bb some-rule x", "aa some-rule owner=me expires=2020-01-01 old"]);
            let acceptance =
                Acceptance { reason: reason.map(str::to_owned), owner: owner.map(str::to_owned), expires };
            baseline.accept(&finding("aa"), &acceptance);
            let line = format!("{} some-rule {expected}", "aa".repeat(32));
            assert_eq!(baseline.entries()[0].to_string(), line);
            assert_eq!(baseline.entries().len(), 2);
        }
        let mut baseline = baseline(&["bb some-rule x"]);
        let more = Acceptance { reason: Some("more".to_owned()), owner: None, expires: None };
        baseline.accept(&finding("ab"), &more);
        let reasons: Vec<&str> = baseline.entries().iter().map(|entry| entry.reason.as_str()).collect();
        assert_eq!(reasons, ["more", "x"]);
        assert_eq!(baseline.retain(|entry| entry.reason != "more"), 1);
    }

    #[test]
    fn more_is_accepted_where_an_entry_is_new_or_lasts_longer() {
        for (ours, theirs, beyond) in [
            ("aa some-rule x", "aa some-rule y", false),
            ("aa some-rule x", "ab some-rule x", true),
            ("aa some-rule x", "aa other-rule x", true),
            ("aa some-rule expires=2026-01-01 x", "aa some-rule x", false),
            ("aa some-rule expires=2026-01-01 x", "aa some-rule expires=2026-01-02 x", false),
            ("aa some-rule expires=2026-01-03 x", "aa some-rule expires=2026-01-02 x", true),
            ("aa some-rule x", "aa some-rule expires=2026-01-02 x", true),
            ("aa some-rule expires=2025-12-30 x", "ab some-rule x", false),
            ("aa some-rule expires=2025-12-31 x", "ab some-rule x", true),
        ] {
            let today = "2025-12-31".parse().expect("a day");
            assert_eq!(
                !baseline(&[ours]).beyond(&baseline(&[theirs]), today).is_empty(),
                beyond,
                "{ours} / {theirs}"
            );
        }
    }
}
