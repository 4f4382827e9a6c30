//! What a scan has to say, and the formats it is said in.
//!
//! A [`Report`] is complete and sorted when it gets here: formats are pure functions from a report to a writer. They
//! filter nothing and know no rule but what the report carries.

pub mod explain;
mod format;
mod gate;
pub mod json;
pub mod jsonl;
pub(crate) mod line_hash;
mod model;
pub mod output;
mod paint;
mod place;
pub mod redact;
mod remedy;
pub mod sarif;
pub(crate) mod shell;
mod snippet;
mod spread;
mod summary;
pub mod text;

use bstr::BString;

pub use format::{Format, UnknownFormat};
pub use gate::Gate;

use crate::finding::{Confidence, Finding, Severity, Suppression};
use crate::rule::Rule;
use crate::source::Issue;

/// Everything about one scan.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was scanned.
    pub scan: Scan,
    /// Ordered by first location.
    pub findings: Vec<Finding>,
    /// Ordered by first location.
    pub suppressed: Vec<(Finding, Suppression)>,
    /// What made the scan incomplete, sorted.
    pub issues: Vec<Issue>,
    /// Every rule that was in force, sorted by id: reports declare them all.
    pub rules: Vec<RuleInfo>,
}

/// Words of a command line that have a further call judge as this one did.
#[derive(Clone, Debug, Default)]
pub struct Again {
    /// About other commits of the repository.
    pub here: Vec<BString>,
    /// About a copy of it, which need not have the commits that this one has.
    pub in_copy: Vec<BString>,
    /// Something was found because a comment is new and was denied: to find it again, they heed no comment.
    pub heed_no_comment: bool,
}

/// What was scanned, and how far.
#[derive(Clone, Debug)]
pub struct Scan {
    /// `scan`, `staged`, `history` …
    pub mode: &'static str,
    /// As typed.
    pub targets: Vec<BString>,
    /// How a further call judges as this one did.
    pub again: Again,
    /// Whether everything that was asked for was looked at.
    pub complete: bool,
    /// UTC, RFC 3339.
    pub started_at: String,
    /// UTC, RFC 3339.
    pub finished_at: String,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Least confidence that is reported.
    pub confidence: Confidence,
    /// How many candidates were below that.
    pub below_confidence: u64,
    /// Counts.
    pub coverage: Coverage,
    /// What else is worth knowing, in the order in which it was said.
    pub notes: Vec<Note>,
    /// Why no comment accepts a finding here, if none does: all of them, or the new ones among them, are not to be heeded.
    pub comments_refused: Option<String>,
}

/// Something about a scan that makes it neither incomplete nor unclean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// As a stable word: `baseline-unused`, `policy-loosened` …
    pub kind: &'static str,
    /// For people, one line.
    pub message: String,
}

/// How much was looked at, and what was left out.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Files on disk, index entries, standard input.
    pub files: u64,
    /// Distinct blobs of a repository.
    pub blobs: u64,
    /// Commit objects.
    pub commits: u64,
    /// Tag objects.
    pub tags: u64,
    /// Refs.
    pub refs: u64,
    /// Bytes scanned.
    pub bytes: u64,
    /// Left out on purpose, by reason, sorted.
    pub skipped: Vec<Skipped>,
}

/// One reason to leave something out.
#[derive(Clone, Debug)]
pub struct Skipped {
    /// Why, in a few words.
    pub reason: String,
    /// How many.
    pub count: u64,
    /// Up to five, sorted.
    pub examples: Vec<BString>,
}

/// What a report says of a rule.
#[derive(Clone, Debug)]
pub struct RuleInfo {
    /// Stable id.
    pub id: String,
    /// One line.
    pub description: String,
    /// What a leak costs.
    pub severity: Severity,
    /// Longer: what the credential is and what it gives its holder.
    pub details: String,
    /// What to do, one step a line, in order.
    pub remediation: Vec<String>,
    /// Where this comes from.
    pub references: Vec<String>,
}

impl RuleInfo {
    /// What there is to say of a rule.
    pub fn of(rule: &Rule) -> RuleInfo {
        RuleInfo {
            id: rule.id.clone(),
            description: rule.description.clone(),
            severity: rule.severity,
            details: if rule.details.is_empty() { rule.description.clone() } else { rule.details.clone() },
            remediation: rule.remediation.clone(),
            references: rule.references.clone(),
        }
    }
}

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod text_tests;
