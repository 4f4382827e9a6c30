//! The objects of the machine-readable reports, as the contract names and orders their keys.
//!
//! Takes the domain's findings and issues by reference, gives structs that serialise to exactly that; `json` and
//! `jsonl` put them into their frames. The domain types are not derived from, so that a field added there does not
//! change what scripts rely on.
//!
//! Paths are bytes. One that is UTF-8 stands as it is. In one that is not, each byte that belongs to no character
//! becomes `%XX`, and only in such a path `%` itself becomes `%25`, so that it can be decoded without loss.

use std::fmt::Write as _;

use bstr::{BString, ByteSlice as _};
use serde::Serialize;

use super::spread::{ContainmentModel, ExposureModel};
use super::{Coverage, Note, Report, Scan, Skipped};
use crate::finding::{Commit, Confidence, Finding, Location, Severity, Suppression, Verification};
use crate::source::Issue;

/// The version of the meaning of these keys.
pub(super) const SCHEMA_VERSION: &str = "1";

/// Who wrote the report.
#[derive(Serialize)]
pub(super) struct Tool {
    name: &'static str,
    version: &'static str,
}

impl Tool {
    pub(super) const THIS: Tool = Tool { name: "leeward", version: env!("CARGO_PKG_VERSION") };
}

#[derive(Serialize)]
pub(super) struct ScanModel<'a> {
    mode: &'a str,
    targets: Vec<String>,
    complete: bool,
    started_at: &'a str,
    finished_at: &'a str,
    coverage: CoverageModel<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<NoteModel<'a>>,
}

#[derive(Serialize)]
struct NoteModel<'a> {
    kind: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
struct CoverageModel<'a> {
    files: u64,
    blobs: u64,
    commits: u64,
    tags: u64,
    refs: u64,
    bytes: u64,
    skipped: Vec<SkippedModel<'a>>,
}

#[derive(Serialize)]
struct SkippedModel<'a> {
    reason: &'a str,
    count: u64,
    examples: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct FindingModel<'a> {
    fingerprint: &'a str,
    rule_id: &'a str,
    confidence: Confidence,
    severity: Severity,
    secret: SecretModel,
    evidence: &'a [String],
    verification: Option<&'a Verification>,
    in_head: Option<bool>,
    first_commit: Option<&'a Commit>,
    last_commit: Option<&'a Commit>,
    removed_commit: Option<&'a Commit>,
    locations: Vec<LocationModel<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exposure: Option<ExposureModel<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    containment: Option<ContainmentModel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppression: Option<&'a Suppression>,
}

#[derive(Serialize)]
struct SecretModel {
    redacted: String,
    sha256: String,
    length: usize,
    /// The whole secret, for `--reveal` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

#[derive(Serialize)]
struct LocationModel<'a> {
    kind: &'static str,
    target: String,
    path: Option<String>,
    inner: Vec<String>,
    blob: Option<&'a str>,
    commit: Option<&'a Commit>,
    start_line: u64,
    start_column: u64,
    end_line: u64,
    end_column: u64,
    start_byte: Option<u64>,
    end_byte: Option<u64>,
    decoded: &'a [String],
    cell: Option<u64>,
}

#[derive(Serialize)]
pub(super) struct IssueModel<'a> {
    kind: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<&'a str>,
}

impl<'a> ScanModel<'a> {
    pub(super) fn new(scan: &'a Scan) -> Self {
        ScanModel {
            mode: scan.mode,
            targets: scan.targets.iter().map(encoded_path).collect(),
            complete: scan.complete,
            started_at: &scan.started_at,
            finished_at: &scan.finished_at,
            coverage: CoverageModel::new(&scan.coverage),
            notes: scan.notes.iter().map(|Note { kind, message }| NoteModel { kind, message }).collect(),
        }
    }
}

impl<'a> CoverageModel<'a> {
    fn new(coverage: &'a Coverage) -> Self {
        let Coverage { files, blobs, commits, tags, refs, bytes, skipped } = coverage;
        let skipped = skipped.iter().map(|Skipped { reason, count, examples }| SkippedModel {
            reason,
            count: *count,
            examples: examples.iter().map(encoded_path).collect(),
        });
        CoverageModel {
            files: *files,
            blobs: *blobs,
            commits: *commits,
            tags: *tags,
            refs: *refs,
            bytes: *bytes,
            skipped: skipped.collect(),
        }
    }
}

impl<'a> FindingModel<'a> {
    /// A finding, with its whole secret if `reveal` is set.
    pub(super) fn new(finding: &'a Finding, reveal: bool) -> Self {
        let value = reveal.then(|| encoded(finding.secret.expose()));
        FindingModel {
            fingerprint: &finding.fingerprint,
            rule_id: &finding.rule_id,
            confidence: finding.confidence,
            severity: finding.severity,
            secret: SecretModel {
                redacted: finding.secret.redacted(),
                sha256: finding.secret.sha256(),
                length: finding.secret.len(),
                value,
            },
            evidence: &finding.evidence,
            verification: finding.verification.as_ref(),
            in_head: finding.in_head(),
            first_commit: finding.first_commit.as_ref(),
            last_commit: finding.last_commit.as_ref(),
            removed_commit: finding.removed_commit.as_ref(),
            locations: finding.locations.iter().map(LocationModel::new).collect(),
            exposure: ExposureModel::of(finding),
            containment: ContainmentModel::of(finding),
            suppression: None,
        }
    }

    /// A finding that is accepted, and who said so.
    pub(super) fn suppressed((finding, suppression): &'a (Finding, Suppression), reveal: bool) -> Self {
        FindingModel { suppression: Some(suppression), ..FindingModel::new(finding, reveal) }
    }
}

impl<'a> LocationModel<'a> {
    fn new(location: &'a Location) -> Self {
        LocationModel {
            kind: location.kind.as_str(),
            target: encoded_path(&location.target),
            path: location.path.as_ref().map(encoded_path),
            inner: location.inner.iter().map(encoded_path).collect(),
            blob: location.blob.as_deref(),
            commit: location.commit.as_ref(),
            start_line: location.region.start_line,
            start_column: location.region.start_column,
            end_line: location.region.end_line,
            end_column: location.region.end_column,
            start_byte: location.bytes.as_ref().map(|span| span.start),
            end_byte: location.bytes.as_ref().map(|span| span.end),
            decoded: &location.decoded,
            cell: location.cell,
        }
    }
}

impl<'a> IssueModel<'a> {
    pub(super) fn new(issue: &'a Issue) -> Self {
        IssueModel {
            kind: &issue.kind,
            message: &issue.message,
            path: issue.path.as_ref().map(encoded_path),
            object: issue.object.as_deref(),
        }
    }
}

/// The findings of a report, in order.
pub(super) fn findings(report: &Report, reveal: bool) -> impl Iterator<Item = FindingModel<'_>> {
    report.findings.iter().map(move |finding| FindingModel::new(finding, reveal))
}

/// The suppressed findings of a report, in order.
pub(super) fn suppressed(report: &Report, reveal: bool) -> impl Iterator<Item = FindingModel<'_>> {
    report.suppressed.iter().map(move |entry| FindingModel::suppressed(entry, reveal))
}

/// A path as text that any path can be got back from.
fn encoded_path(path: &BString) -> String {
    encoded(path)
}

/// UTF-8 as it is; otherwise with `%XX` for what is no UTF-8 and `%25` for `%`.
pub(super) fn encoded(bytes: &[u8]) -> String {
    if let Ok(text) = bytes.to_str() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        out.push_str(&chunk.valid().replace('%', "%25"));
        for byte in chunk.invalid() {
            write!(out, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_no_utf8_is_encoded() {
        let table: &[(&[u8], &str)] = &[
            (b"src/a.py", "src/a.py"),
            ("100%/\u{e9}\u{6f22}.py".as_bytes(), "100%/\u{e9}\u{6f22}.py"),
            (b"a%FF", "a%FF"),
            (b"caf\xe9", "caf%E9"),
            ("100%/\u{e9}".as_bytes(), "100%/\u{e9}"),
            (b"100%/\xc3\xa9\xff\xfe.py", "100%25/\u{e9}%FF%FE.py"),
            (b"cut\xe2\x82", "cut%E2%82"),
        ];
        for (bytes, expected) in table {
            assert_eq!(encoded(bytes), *expected);
        }
    }
}
