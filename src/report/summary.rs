//! The last line of the text report: what was scanned, what was left out, and what to think of it.

use super::paint::Paint;
use super::{Coverage, Report};
use crate::finding::Severity;
use crate::sanitize;
use crate::words::{bytes, count, seconds, thousands};

/// The line, without its end: `leeward: 2 findings (2 high) in 1,234 files, 5.2 MB, 0.03 s`.
pub(super) fn line(report: &Report, paint: Paint) -> String {
    let scan = &report.scan;
    let found = match report.findings.len() as u64 {
        0 if scan.complete => paint.good("no findings"),
        0 => "no findings".to_owned(),
        number => paint.secret(&format!("{} ({})", count(number, "finding", "findings"), severities(report))),
    };
    let scanned = match scanned(&scan.coverage) {
        counts if counts.is_empty() => ", nothing to scan".to_owned(),
        counts => format!(" in {}, {}", counts.join(", "), bytes(scan.coverage.bytes)),
    };
    let mut line = format!("{found}{scanned}, {}", seconds(scan.seconds));
    for aside in asides(report) {
        line.push_str("; ");
        line.push_str(&aside);
    }
    if scan.complete {
        return format!("leeward: {line}");
    }
    let warning = if report.findings.is_empty() {
        "this is not a clean result"
    } else {
        "this is not the whole result"
    };
    format!("leeward: {}: {line}; {}", paint.warning("INCOMPLETE"), paint.warning(warning))
}

/// `1 critical, 2 high`.
fn severities(report: &Report) -> String {
    let of = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
    [Severity::Critical, Severity::High, Severity::Medium, Severity::Low]
        .into_iter()
        .filter(|severity| of(*severity) > 0)
        .map(|severity| format!("{} {}", thousands(of(severity) as u64), severity.as_str()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// What was scanned, kind by kind: `2 files`, `1 commit`.
pub(super) fn scanned(coverage: &Coverage) -> Vec<String> {
    [
        (coverage.files, "file", "files"),
        (coverage.blobs, "blob", "blobs"),
        (coverage.commits, "commit", "commits"),
        (coverage.tags, "tag", "tags"),
        (coverage.refs, "ref", "refs"),
    ]
    .into_iter()
    .filter(|(number, _, _)| *number > 0)
    .map(|(number, one, many)| count(number, one, many))
    .collect()
}

/// What was left out, and why.
fn asides(report: &Report) -> Vec<String> {
    let scan = &report.scan;
    let mut asides = Vec::new();
    if !report.suppressed.is_empty() {
        asides.push(format!("{} suppressed", thousands(report.suppressed.len() as u64)));
    }
    if scan.below_confidence > 0 {
        asides.push(format!(
            "{} below {} confidence",
            thousands(scan.below_confidence),
            scan.confidence.as_str()
        ));
    }
    let skipped: u64 = scan.coverage.skipped.iter().map(|skipped| skipped.count).sum();
    match scan.coverage.skipped.as_slice() {
        [] => {}
        [only] => {
            let reason = sanitize::visible(only.reason.as_bytes());
            asides.push(format!("{} skipped ({reason})", thousands(skipped)));
        }
        many => {
            let reasons = many.iter().map(|reason| {
                format!("{} {}", thousands(reason.count), sanitize::visible(reason.reason.as_bytes()))
            });
            let reasons = reasons.collect::<Vec<_>>().join(", ");
            asides.push(format!("{} skipped ({reasons})", thousands(skipped)));
        }
    }
    if !report.issues.is_empty() {
        asides.push(count(report.issues.len() as u64, "issue", "issues"));
    }
    asides
}
