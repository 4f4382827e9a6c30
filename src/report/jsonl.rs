//! The JSON Lines report: the objects of the JSON report one a line, each with its `type` first, and a summary last.
//!
//! A reader that sees no summary line has not seen the whole report.

use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use super::model::{self, IssueModel, SCHEMA_VERSION, ScanModel, Tool};

#[derive(Serialize)]
struct Line<T> {
    r#type: &'static str,
    #[serde(flatten)]
    object: T,
}

#[derive(Serialize)]
struct Summary<'a> {
    schema_version: &'static str,
    tool: Tool,
    scan: ScanModel<'a>,
    counts: Counts,
}

/// How many lines of each type stand above the summary.
#[derive(Serialize)]
struct Counts {
    findings: usize,
    suppressed: usize,
    issues: usize,
}

/// Writes findings, suppressed findings, issues and the summary.
///
/// `reveal` adds the whole secret as `secret.value`.
///
/// # Errors
///
/// Those of the writer.
pub fn write(report: &Report, reveal: bool, out: &mut dyn Write) -> io::Result<()> {
    for finding in model::findings(report, reveal) {
        line("finding", finding, out)?;
    }
    for finding in model::suppressed(report, reveal) {
        line("suppressed", finding, out)?;
    }
    for issue in &report.issues {
        line("issue", IssueModel::new(issue), out)?;
    }
    let counts = Counts {
        findings: report.findings.len(),
        suppressed: report.suppressed.len(),
        issues: report.issues.len(),
    };
    let scan = ScanModel::new(&report.scan);
    line("summary", Summary { schema_version: SCHEMA_VERSION, tool: Tool::THIS, scan, counts }, out)
}

fn line(r#type: &'static str, object: impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Line { r#type, object }).map_err(io::Error::from)?;
    out.write_all(b"\n")
}
