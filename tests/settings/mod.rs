//! What a repository says about how it is scanned: configuration, baseline, comments; and what a gate makes of them.

mod baseline;
mod config;
mod conflict;
mod gate;
mod hostile;
mod inline;
mod pages;

use crate::support::place::Place;
use crate::support::values::key;
use crate::support::{Ran, run};

/// A line with a key.
fn line(number: usize) -> String {
    format!("MISTRAL_API_KEY={}\n", key(number))
}

/// SHA-256 of the `number`th key, in hex, as a report has it.
fn sha256(number: usize) -> String {
    leeward::secret::Secret::new(key(number).as_bytes()).sha256()
}

/// A repository with nothing in it.
fn repository() -> Place {
    let mut place = Place::new();
    place.init();
    place
}

/// Runs in a directory below the working directory.
fn run_in(place: &Place, directory: &str, args: &[&str]) -> Ran {
    run(place.leeward(args).current_dir(place.work().join(directory)), None)
}

/// The paths of the findings of a report, in order.
fn found(ran: &Ran) -> Vec<String> {
    let json = ran.json();
    let findings = json["findings"].as_array().expect("a report").iter();
    let locations = findings.flat_map(|finding| finding["locations"].as_array().expect("places").clone());
    let mut paths: Vec<String> =
        locations.map(|location| location["path"].as_str().unwrap_or("-").to_owned()).collect();
    paths.sort();
    paths
}

/// Who suppressed what, and why: `by: reason`.
fn suppressed(ran: &Ran) -> Vec<String> {
    let json = ran.json();
    let entries = json["suppressed"].as_array().expect("a report").iter();
    entries
        .map(|entry| {
            let suppression = &entry["suppression"];
            format!(
                "{}: {}",
                suppression["by"].as_str().unwrap_or_default(),
                suppression["reason"].as_str().unwrap_or_default()
            )
        })
        .collect()
}

/// How many things a reason left out.
fn skipped(ran: &Ran, reason: &str) -> u64 {
    let json = ran.json();
    let reasons = json["scan"]["coverage"]["skipped"].as_array().expect("a report").clone();
    reasons
        .iter()
        .filter(|skipped| skipped["reason"] == reason)
        .map(|s| s["count"].as_u64().unwrap_or(0))
        .sum()
}
