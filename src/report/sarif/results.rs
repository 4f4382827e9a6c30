//! The results: one for each place in the tree, one for each secret in stored history.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use serde_json::{Value, json};
use serde_sarif::sarif::{
    Message, PropertyBag, Result as SarifResult, ResultProvenance, Suppression as SarifSuppression,
};

use super::mask::Mask;
use super::{bag, escaped, locations, rules};
use crate::finding::{Commit, Finding, Location, LocationKind, Presence, SuppressedBy, Suppression};
use crate::report::{Report, RuleInfo};

/// Most results of a run that GitHub takes.
pub(super) const LIMIT: usize = 25_000;

/// Most related locations of a result. Every other place in the tree has a result of its own, so a secret that
/// stands in a thousand files would otherwise be written down a million times.
const RELATED_LIMIT: usize = 10;

/// The modes that look at stored history alone.
const HISTORY_MODES: [&str; 4] = ["history", "range", "pre-push", "pre-receive"];

/// Whether a scan of that mode looks at stored history alone.
pub(super) fn of_history(mode: &str) -> bool {
    HISTORY_MODES.contains(&mode)
}

/// One result to be.
pub(super) struct Job<'a> {
    pub(super) finding: &'a Finding,
    pub(super) suppression: Option<&'a Suppression>,
    /// The place that it is about.
    pub(super) location: &'a Location,
    pub(super) in_history: bool,
}

/// The results of the tree and those of stored history, in the order of the report.
pub(super) fn jobs(report: &Report) -> (Vec<Job<'_>>, Vec<Job<'_>>) {
    let (mut tree, mut history) = (Vec::new(), Vec::new());
    let accepted = report.suppressed.iter().map(|(finding, suppression)| (finding, Some(suppression)));
    for (finding, suppression) in report.findings.iter().map(|finding| (finding, None)).chain(accepted) {
        let stored = |location: &&Location| of_history(report.scan.mode) || is_stored(location);
        let in_tree = finding.locations.iter().filter(|location| !stored(location));
        tree.extend(in_tree.map(|location| Job { finding, suppression, location, in_history: false }));
        let introduction = finding
            .locations
            .iter()
            .filter(stored)
            .min_by_key(|location| !is_introduction(finding, location));
        history.extend(introduction.map(|location| Job { finding, suppression, location, in_history: true }));
    }
    (tree, history)
}

/// Whether only stored history has a place of that kind. The name of a file, or a symbolic link, can be on disk.
fn is_stored(location: &Location) -> bool {
    match location.kind {
        LocationKind::File | LocationKind::Index | LocationKind::Stdin => false,
        LocationKind::Path | LocationKind::Symlink => location.commit.is_some(),
        LocationKind::Blob
        | LocationKind::CommitMessage
        | LocationKind::TagMessage
        | LocationKind::Author
        | LocationKind::Committer
        | LocationKind::Tagger
        | LocationKind::Note
        | LocationKind::RefName => true,
    }
}

fn is_introduction(finding: &Finding, location: &Location) -> bool {
    match (&finding.first_commit, &location.commit) {
        (Some(first), Some(commit)) => first.id == commit.id,
        _ => false,
    }
}

/// Keeps the gravest and surest, at most `limit`, in their order. Gives how many were left out.
pub(super) fn keep_first(jobs: &mut Vec<Job<'_>>, limit: usize) -> usize {
    let omitted = jobs.len().saturating_sub(limit);
    if omitted > 0 {
        let mut order: Vec<usize> = (0..jobs.len()).collect();
        order.sort_by_key(|&index| {
            let job = &jobs[index];
            (job.suppression.is_some(), Reverse((job.finding.severity, job.finding.confidence)), index)
        });
        let kept: HashSet<usize> = order.into_iter().take(limit).collect();
        let mut index = 0..;
        jobs.retain(|_| index.next().is_some_and(|index| kept.contains(&index)));
    }
    omitted
}

pub(super) fn results(report: &Report, mask: &Mask<'_>, jobs: &[Job<'_>]) -> Vec<SarifResult> {
    let hashes = line_hashes(mask, jobs);
    jobs.iter().zip(hashes).map(|(job, hash)| result(report, mask, job, hash)).collect()
}

/// The line hash of each job that has one. Where two secrets of one rule stand on one line, all but the first get a
/// number that no other result of the file has: GitHub keeps it, and two alerts.
fn line_hashes(mask: &Mask<'_>, jobs: &[Job<'_>]) -> Vec<Option<String>> {
    let mut order: Vec<(usize, String, &str, u64)> = Vec::new();
    for (index, job) in jobs.iter().enumerate() {
        let hash = job.location.line_hash.as_deref().and_then(|value| value.split_once(':'));
        if let Some((hash, number)) = hash
            && job.location.kind == LocationKind::File
            && !job.in_history
            && let Ok(number) = number.parse()
        {
            order.push((index, locations::uri(mask, job.finding, job.location), hash, number));
        }
    }
    order.sort_by_key(|&(index, ..)| {
        (&jobs[index].location.path, &jobs[index].location.region, &jobs[index].finding.fingerprint)
    });
    let mut taken: HashMap<(&str, &str, &str), HashSet<u64>> = HashMap::new();
    for (index, uri, hash, number) in &order {
        taken.entry((&jobs[*index].finding.rule_id, uri, hash)).or_default().insert(*number);
    }
    let mut used: HashSet<(&str, &str, &str, u64)> = HashSet::new();
    let mut out = vec![None; jobs.len()];
    for (index, uri, hash, number) in &order {
        let rule = jobs[*index].finding.rule_id.as_str();
        let mut number = *number;
        if !used.insert((rule, uri, hash, number)) {
            let numbers = taken.entry((rule, uri, hash)).or_default();
            while !numbers.insert(number) {
                number += 1;
            }
        }
        out[*index] = Some(format!("{hash}:{number}"));
    }
    out
}

fn result(report: &Report, mask: &Mask<'_>, job: &Job<'_>, line_hash: Option<String>) -> SarifResult {
    let Job { finding, suppression, location, in_history } = *job;
    let index = report.rules.iter().position(|rule| rule.id == finding.rule_id);
    let rule = index.map(|index| &report.rules[index]);
    let others: Vec<&Location> =
        finding.locations.iter().filter(|other| !std::ptr::eq(*other, location)).collect();
    let related = &others[..others.len().min(RELATED_LIMIT)];
    let mut fingerprints = BTreeMap::from([("secretValue/v1".to_owned(), finding.fingerprint.clone())]);
    fingerprints.extend(line_hash.map(|value| ("primaryLocationLineHash".to_owned(), value)));

    let mut out = SarifResult::builder()
        .rule_id(&finding.rule_id)
        .level(rules::level(finding.severity, finding.confidence))
        .message(Message::builder().text(message(rule, mask, job, others.len())).build())
        .locations(vec![locations::location(mask, finding, location, None)])
        .partial_fingerprints(fingerprints)
        .properties(properties(mask, job))
        .build();
    out.rule_index = index.and_then(|index| i64::try_from(index).ok());
    if !related.is_empty() {
        let numbered = (1..).zip(related);
        out.related_locations =
            Some(numbered.map(|(id, other)| locations::location(mask, finding, other, Some(id))).collect());
    }
    if let Some(time) = finding.first_commit.as_ref().and_then(time).filter(|_| in_history) {
        out.provenance = Some(ResultProvenance::builder().first_detection_time_utc(time).build());
    }
    out.suppressions = suppression.map(|suppression| vec![of_suppression(mask, suppression)]);
    out
}

/// What it is, where it is if the location does not say so, what to do, and where else it is.
fn message(rule: Option<&RuleInfo>, mask: &Mask<'_>, job: &Job<'_>, others: usize) -> String {
    let name = rule.map(|rule| rule.description.trim_end_matches('.')).filter(|name| !name.is_empty());
    let mut out = escaped(&format!("{} '{}'", name.unwrap_or("Secret"), job.finding.secret.redacted()));
    for words in [locations::place(mask, job.location), life(job)].into_iter().flatten() {
        out.push_str(&format!(", {}", escaped(&words)));
    }
    let step = rule.and_then(|rule| rule.remediation.first()).filter(|step| !step.is_empty());
    let step = step.map_or("Revoke it where it was issued, then replace it", String::as_str);
    out = format!("{out}. {}", rules::sentence(&escaped(step)));
    if others > 0 {
        let links: Vec<String> = (1..=others.min(RELATED_LIMIT)).map(|id| format!("[{id}]({id})")).collect();
        out.push_str(&format!(" The same secret stands in other places: {}", links.join(", ")));
        if others > RELATED_LIMIT {
            out.push_str(&format!(" and {} more", others - RELATED_LIMIT));
        }
        out.push('.');
    }
    out
}

/// What became of a secret in history.
fn life(job: &Job<'_>) -> Option<String> {
    if !job.in_history {
        return None;
    }
    match (job.finding.presence, &job.finding.removed_commit) {
        (Some(Presence::Head), _) => Some("still in HEAD".to_owned()),
        (Some(Presence::Index), _) => Some("still in the index, not in HEAD".to_owned()),
        (_, Some(commit)) => Some(format!("removed in commit {}", locations::short(&commit.id))),
        (Some(Presence::Gone), None) => Some("not in HEAD".to_owned()),
        (None, None) => None,
    }
}

fn properties(mask: &Mask<'_>, job: &Job<'_>) -> PropertyBag {
    let Job { finding, location, .. } = *job;
    let evidence: Vec<String> = finding.evidence.iter().map(|text| mask.text(text.as_bytes())).collect();
    let mut out = bag([
        ("confidence", finding.confidence.as_str().into()),
        ("severity", finding.severity.as_str().into()),
        ("evidence", evidence.into()),
        ("place", location.kind.as_str().into()),
        ("occurrences", finding.locations.len().into()),
    ]);
    let mut add = |key: &str, value: Value| {
        out.additional_properties.insert(key.to_owned(), value);
    };
    if let Some(verification) = &finding.verification {
        add("verification", verification.status.as_str().into());
    }
    if let Some(in_head) = finding.in_head() {
        add("inHead", in_head.into());
    }
    if job.in_history {
        if let Some(commit) = &location.commit {
            add("commit", commit.id.as_str().into());
        }
        if let Some(blob) = &location.blob {
            add("object", blob.as_str().into());
        }
        let seen = [
            ("firstSeen", &finding.first_commit),
            ("lastSeen", &finding.last_commit),
            ("removed", &finding.removed_commit),
        ];
        for (key, commit) in seen {
            if let Some(commit) = commit {
                add(key, json!({ "commit": commit.id, "time": commit.author_time }));
            }
        }
    }
    out
}

/// When a commit's author made it, if that is a time that SARIF can take. The secret was there to be detected from
/// then on, whoever looked first.
fn time(commit: &Commit) -> Option<String> {
    commit.author_time.parse::<Timestamp>().ok().map(|time| time.to_string())
}

fn of_suppression(mask: &Mask<'_>, suppression: &Suppression) -> SarifSuppression {
    let kind = match suppression.by {
        SuppressedBy::Inline => "inSource",
        SuppressedBy::Baseline | SuppressedBy::Config => "external",
    };
    let mut out = SarifSuppression::builder().kind(kind).status("accepted").build();
    if !suppression.reason.is_empty() {
        out.justification = Some(mask.text(suppression.reason.as_bytes()));
    }
    out
}
