//! SARIF 2.1.0, as GitHub code scanning takes it.
//!
//! Takes a whole [`Report`]; gives one JSON document. It filters nothing but what GitHub would refuse (results beyond
//! `results::LIMIT`), and says so in the document. This module is the only user of `serde_sarif`.
//!
//! # Runs
//!
//! What stands in the tree (files, index, standard input) is a run of the category `leeward/tree/`, what stands in
//! stored history one of `leeward/history/`. GitHub closes the alerts of a category that an upload does not repeat,
//! so a scan of the tree must not have the category of a sweep of the history, and no document has one category
//! twice. A run is there whenever its places were scanned, also without results: that is how alerts get closed.
//!
//! # What GitHub makes of it
//!
//! Only the first location of a result, so there is one result for each place in the tree; the other places of the
//! same secret are related locations, linked from the message. Only `primaryLocationLineHash` of the fingerprints:
//! it is exactly the value that GitHub's upload action would compute, but for a second secret on one line, which
//! gets a number of its own, or the two alerts would be merged.

mod locations;
mod mask;
mod notifications;
mod results;
mod rules;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::Value;
use serde_sarif::sarif::{PropertyBag, Run, RunAutomationDetails, Sarif};

use self::mask::Mask;
use self::results::Job;
use super::Report;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// A category of GitHub code scanning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Category {
    /// What the work tree, the index or standard input holds.
    Tree,
    /// What only the repository's objects and refs hold.
    History,
}

impl Category {
    /// The part before the last slash is the category; nothing after it, so that every upload replaces the last.
    fn id(self) -> &'static str {
        match self {
            Category::Tree => "leeward/tree/",
            Category::History => "leeward/history/",
        }
    }
}

/// Writes the report as one SARIF document with a final newline.
///
/// # Errors
///
/// When `out` cannot be written to.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &document(report)?)?;
    out.write_all(b"\n")
}

fn document(report: &Report) -> io::Result<Sarif> {
    let mask = Mask::new(report)?;
    let (mut tree, mut history) = results::jobs(report);
    let swept = results::of_history(report.scan.mode);
    let mut runs = Vec::new();
    if !swept || !tree.is_empty() {
        runs.push(run(report, &mask, Category::Tree, &mut tree));
    }
    if swept || !history.is_empty() {
        runs.push(run(report, &mask, Category::History, &mut history));
    }
    Ok(Sarif::builder().schema(SCHEMA).version("2.1.0").runs(runs).build())
}

fn run(report: &Report, mask: &Mask<'_>, category: Category, jobs: &mut Vec<Job<'_>>) -> Run {
    let omitted = results::keep_first(jobs, results::LIMIT);
    Run::builder()
        .tool(rules::driver(&report.rules))
        .automation_details(RunAutomationDetails::builder().id(category.id()).build())
        .column_kind("utf16CodeUnits")
        .original_uri_base_ids(locations::base_ids())
        .invocations(vec![notifications::invocation(report, mask, omitted)])
        .results(results::results(report, mask, jobs))
        .build()
}

/// A property bag without tags.
fn bag<const N: usize>(properties: [(&str, Value); N]) -> PropertyBag {
    let properties: BTreeMap<String, Value> =
        properties.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    PropertyBag::builder().additional_properties(properties).build()
}

/// Text for a SARIF message, where brackets are the syntax of links.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('[', r"\[").replace(']', r"\]")
}

#[cfg(test)]
mod tests;
