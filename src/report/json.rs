//! The JSON report: one object, pretty printed, with the keys and the order of the contract.

use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use super::model::{self, FindingModel, IssueModel, SCHEMA_VERSION, ScanModel, Tool};

#[derive(Serialize)]
struct Document<'a> {
    schema_version: &'static str,
    tool: Tool,
    scan: ScanModel<'a>,
    findings: Vec<FindingModel<'a>>,
    suppressed: Vec<FindingModel<'a>>,
    issues: Vec<IssueModel<'a>>,
}

/// Writes the whole report, indented by two spaces, with a newline at the end.
///
/// `reveal` adds the whole secret as `secret.value`.
///
/// # Errors
///
/// Those of the writer.
pub fn write(report: &Report, reveal: bool, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema_version: SCHEMA_VERSION,
        tool: Tool::THIS,
        scan: ScanModel::new(&report.scan),
        findings: model::findings(report, reveal).collect(),
        suppressed: model::suppressed(report, reveal).collect(),
        issues: report.issues.iter().map(IssueModel::new).collect(),
    };
    // The conversion keeps the kind of the writer's error, so that a closed pipe can still be told.
    serde_json::to_writer_pretty(&mut *out, &document).map_err(io::Error::from)?;
    out.write_all(b"\n")
}
