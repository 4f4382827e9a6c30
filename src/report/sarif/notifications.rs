//! How the scan itself went: what made it incomplete, and what was left out.

use serde_json::json;
use serde_sarif::sarif::{
    Invocation, Location as SarifLocation, Message, Notification, PhysicalLocation,
    ReportingDescriptorReference,
};

use super::mask::Mask;
use super::{bag, escaped, locations, results, rules};
use crate::report::{Report, Skipped};
use crate::source::Issue;

/// Most issues that are listed; a broken disk would fill the report. The count of all is always there.
const LISTED: usize = 1000;

/// `omitted` is how many results did not fit into the run.
pub(super) fn invocation(report: &Report, mask: &Mask<'_>, omitted: usize) -> Invocation {
    let scan = &report.scan;
    let coverage = &scan.coverage;
    Invocation::builder()
        .execution_successful(scan.complete)
        .start_time_utc(&scan.started_at)
        .end_time_utc(&scan.finished_at)
        .tool_execution_notifications(notifications(report, mask, omitted))
        .properties(bag([
            ("mode", scan.mode.into()),
            (
                "coverage",
                json!({
                    "files": coverage.files,
                    "blobs": coverage.blobs,
                    "commits": coverage.commits,
                    "tags": coverage.tags,
                    "refs": coverage.refs,
                    "bytes": coverage.bytes,
                }),
            ),
        ]))
        .build()
}

fn notifications(report: &Report, mask: &Mask<'_>, omitted: usize) -> Vec<Notification> {
    let mut out: Vec<Notification> =
        report.issues.iter().take(LISTED).map(|issue| of_issue(mask, issue)).collect();
    if report.issues.len() > LISTED {
        let text = format!("{} issues in all; the first {LISTED} are listed.", report.issues.len());
        out.push(notification("issues-omitted", "error", &text));
    }
    if !report.scan.complete && report.issues.is_empty() {
        out.push(notification("incomplete", "error", "The scan is incomplete."));
    }
    if omitted > 0 {
        let limit = results::LIMIT;
        let text = format!(
            "{omitted} results were left out: GitHub takes {limit} of a run. These are the gravest and surest."
        );
        out.push(notification("results-omitted", "warning", &text));
    }
    out.extend(report.scan.coverage.skipped.iter().map(|skipped| of_skipped(mask, skipped)));
    out.extend(
        report
            .scan
            .notes
            .iter()
            .map(|note| notification(note.kind, "note", &mask.text(note.message.as_bytes()))),
    );
    if report.scan.below_confidence > 0 {
        let (number, least) = (report.scan.below_confidence, report.scan.confidence.as_str());
        let text = format!("{number} candidates of less than {least} confidence are not reported.");
        out.push(notification("below-confidence", "note", &text));
    }
    out
}

fn of_issue(mask: &Mask<'_>, issue: &Issue) -> Notification {
    let mut text = mask.text(issue.message.as_bytes());
    let path = issue.path.as_ref().map(|path| mask.text(path));
    for place in [path.as_ref(), issue.object.as_ref()].into_iter().flatten() {
        if !text.contains(place.as_str()) {
            text = format!("{}: {place}", text.trim_end_matches('.'));
        }
    }
    let mut out = notification(&issue.kind, "error", &text);
    let uri = issue.path.as_ref().and_then(|path| locations::uri_of_path(mask, path));
    out.locations = uri.map(|uri| {
        let physical = PhysicalLocation::builder().artifact_location(locations::artifact(uri)).build();
        vec![SarifLocation::builder().physical_location(physical).build()]
    });
    out
}

fn of_skipped(mask: &Mask<'_>, skipped: &Skipped) -> Notification {
    let mut text = format!("{} skipped: {}", skipped.count, mask.text(skipped.reason.as_bytes()));
    if !skipped.examples.is_empty() {
        let examples: Vec<String> =
            skipped.examples.iter().map(|path| format!("'{}'", mask.text(path))).collect();
        text.push_str(&format!(", such as {}", examples.join(", ")));
    }
    notification("skipped", "note", &text)
}

fn notification(kind: &str, level: &str, text: &str) -> Notification {
    Notification::builder()
        .descriptor(ReportingDescriptorReference::builder().id(kind).build())
        .level(level)
        .message(Message::builder().text(rules::sentence(&escaped(text))).build())
        .build()
}
