//! From hits to findings: one for each (target, rule, secret), its places in order.

use std::collections::BTreeMap;

use bstr::BString;
use sha2::{Digest, Sha256};

use super::Hit;
use crate::finding::{Finding, Location, LocationKind, SuppressedBy, Suppression};
use crate::report::{Coverage, Note};
use crate::rule::Rule;
use crate::secret::{Secret, hex};
use crate::source::{Issue, NOT_ON_DISK};

/// Most sentences of evidence that a finding keeps.
const MOST_EVIDENCE: usize = 6;

/// What came of a scan, before it is a report.
#[derive(Debug)]
pub struct Outcome {
    /// Ordered by first location.
    pub findings: Vec<Finding>,
    /// Ordered by first location.
    pub suppressed: Vec<(Finding, Suppression)>,
    /// Sorted, each once.
    pub issues: Vec<Issue>,
    /// Counts.
    pub coverage: Coverage,
    /// Candidates that were not confident enough.
    pub below_confidence: u64,
    /// What else is worth knowing.
    pub notes: Vec<Note>,
    /// Why no comment accepts a finding here, if none does: all of them, or the new ones among them, are not to be heeded.
    pub comments_refused: Option<String>,
}

impl Outcome {
    /// Whether files were not looked at that are not on disk, and may have something still.
    pub fn lacks_files(&self) -> bool {
        self.coverage.skipped.iter().any(|skipped| skipped.reason == NOT_ON_DISK)
    }

    /// Moves the findings that `accept` accepts to the suppressed ones.
    pub fn suppress(&mut self, accept: impl Fn(&Finding) -> Option<Suppression>) {
        let mut findings = Vec::new();
        for finding in self.findings.drain(..) {
            match accept(&finding) {
                Some(suppression) => self.suppressed.push((finding, suppression)),
                None => findings.push(finding),
            }
        }
        self.findings = findings;
        self.sort();
    }

    /// Orders findings by their first locations, and their locations.
    pub fn sort(&mut self) {
        let suppressed = self.suppressed.iter_mut().map(|(finding, _)| finding);
        for finding in self.findings.iter_mut().chain(suppressed) {
            finding.locations.sort_by(|a, b| place(a).cmp(&place(b)));
        }
        self.findings.sort_by(|a, b| order(a).cmp(&order(b)));
        self.suppressed.sort_by(|(a, _), (b, _)| order(a).cmp(&order(b)));
        self.issues.sort();
    }
}

/// What stands for a rule and a secret, wherever it is found: SHA-256 over both, in hex.
pub fn fingerprint(rule_id: &str, secret: &Secret) -> String {
    let mut hash = Sha256::new();
    hash.update(b"leeward/v1\0");
    hash.update(rule_id.as_bytes());
    hash.update(b"\0");
    hash.update(secret.expose());
    hex(&hash.finalize())
}

type Key = (usize, usize, Secret, Option<SuppressionKey>);
type SuppressionKey = (SuppressedBy, String);

/// Groups hits. What is suppressed in one place and open in another becomes one of each.
pub(super) fn group(hits: Vec<Hit>, rules: &[Rule]) -> (Vec<Finding>, Vec<(Finding, Suppression)>) {
    let mut groups: BTreeMap<Key, Vec<Hit>> = BTreeMap::new();
    for hit in hits {
        let suppression = hit.suppression.clone().map(|s| (s.by, s.reason));
        groups.entry((hit.target, hit.rule, hit.secret.clone(), suppression)).or_default().push(hit);
    }
    let (mut findings, mut suppressed) = (Vec::new(), Vec::new());
    for ((_, rule, _, suppression), hits) in groups {
        let finding = finding(&rules[rule], hits);
        match suppression {
            Some((by, reason)) => suppressed.push((finding, Suppression { by, reason })),
            None => findings.push(finding),
        }
    }
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
    suppressed.sort_by(|(a, _), (b, _)| order(a).cmp(&order(b)));
    (findings, suppressed)
}

fn finding(rule: &Rule, mut hits: Vec<Hit>) -> Finding {
    hits.sort_by(|a, b| place(&a.location).cmp(&place(&b.location)));
    let confidence = hits.iter().map(|hit| hit.confidence).max().expect("a group has a hit");
    let secret = hits[0].secret.clone();
    let mut evidence: Vec<String> = Vec::new();
    let (best, others): (Vec<&Hit>, Vec<&Hit>) = hits.iter().partition(|hit| hit.confidence == confidence);
    // That a value stands elsewhere, too, is news only where the place that is shown does not tell what it is.
    let copy = hits[0].copy && hits[0].location.path.is_some() || hits.iter().all(|hit| hit.copy);
    let told = best.iter().chain(&others).filter(|hit| hit.copy == copy);
    for reason in told.flat_map(|hit| &hit.evidence) {
        if evidence.len() < MOST_EVIDENCE && !evidence.contains(reason) {
            evidence.push(reason.clone());
        }
    }
    let mut locations: Vec<Location> = hits.into_iter().map(|hit| hit.location).collect();
    // A name is found by itself, and in each directory that tells of it.
    locations.dedup_by(|next, one| one.kind == LocationKind::Path && same_place(one, next));
    Finding {
        fingerprint: fingerprint(&rule.id, &secret),
        rule_id: rule.id.clone(),
        confidence,
        severity: rule.severity,
        secret,
        evidence,
        verification: None,
        presence: None,
        first_commit: None,
        last_commit: None,
        removed_commit: None,
        containment: None,
        locations,
    }
}

/// What locations are ordered by: path, then position, then what tells two of the same path apart.
type Place<'a> = (&'a BString, &'a Option<BString>, u64, u64, &'a Option<String>, LocationKind);

fn place(location: &Location) -> Place<'_> {
    let (line, column) = (location.region.start_line, location.region.start_column);
    (&location.target, &location.path, line, column, &location.blob, location.kind)
}

/// Whether two locations of a secret are one, however it was decoded there.
pub(super) fn same_place(a: &Location, b: &Location) -> bool {
    place(a) == place(b) && a.region == b.region && a.inner == b.inner
}

/// What findings are ordered by.
fn order(finding: &Finding) -> (Place<'_>, &str) {
    (place(&finding.locations[0]), &finding.rule_id)
}
