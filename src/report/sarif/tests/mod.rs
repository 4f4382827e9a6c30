//! Reports of every kind, written, read back, and held against what GitHub code scanning takes.
//!
//! With `LEEWARD_SARIF_DIR` set, the documents are also left there, for `.ci/sarif-validate`.

mod fixtures;

use std::collections::HashSet;

use bstr::BString;

use self::fixtures::{
    bare, every_report, file, finding, history, incomplete, many, odd_paths, report, settings, suppressed,
    value,
};
use super::*;
use crate::finding::{Confidence, Finding, Location, LocationKind, Severity};
use crate::report::line_hash::line_hashes;
use crate::secret::Secret;

fn written(report: &Report) -> String {
    let mut out = Vec::new();
    write(report, &mut out).expect("a vector takes everything");
    String::from_utf8(out).expect("JSON is UTF-8")
}

fn read(report: &Report) -> Sarif {
    serde_json::from_str(&written(report)).expect("serde_sarif reads what it wrote")
}

fn results_of(run: &Run) -> &[serde_sarif::sarif::Result] {
    run.results.as_deref().expect("a run has results, if only none")
}

fn uri_of(result: &serde_sarif::sarif::Result) -> &str {
    let location = &result.locations.as_ref().expect("a result has a location")[0];
    let physical = location.physical_location.as_ref().expect("a physical one");
    let artifact = physical.artifact_location.as_ref().expect("of an artifact");
    artifact.uri.as_deref().expect("with a URI")
}

fn region_of(result: &serde_sarif::sarif::Result) -> [i64; 4] {
    let location = &result.locations.as_ref().expect("a result has a location")[0];
    let physical = location.physical_location.as_ref().expect("a physical one");
    let region = physical.region.as_ref().expect("with a region");
    [region.start_line, region.start_column, region.end_line, region.end_column].map(|n| n.expect("all four"))
}

fn text_of(result: &serde_sarif::sarif::Result) -> &str {
    result.message.text.as_deref().expect("a result has a message")
}

fn line_hash_of(result: &serde_sarif::sarif::Result) -> Option<&str> {
    result.partial_fingerprints.as_ref()?.get("primaryLocationLineHash").map(String::as_str)
}

#[test]
fn no_document_holds_a_secret() {
    for (name, report) in every_report() {
        let document = written(&report);
        if let Some(dir) = std::env::var_os("LEEWARD_SARIF_DIR") {
            let path = std::path::Path::new(&dir).join(format!("{name}.sarif"));
            std::fs::write(path, &document).expect("the directory is there");
        }
        let accepted = report.suppressed.iter().map(|(finding, _)| finding);
        for finding in report.findings.iter().chain(accepted) {
            let secret = std::str::from_utf8(finding.secret.expose()).expect("letters and digits");
            assert!(!document.contains(secret), "{name}");
            assert!(document.contains(&finding.fingerprint), "{name}");
        }
        assert!(!document.contains(&value("an encoding of it")), "{name}");
        assert!(!document.contains("ada@"), "{name}: an address is nothing for a report that is uploaded");
    }
}

#[test]
fn every_document_is_what_github_takes() {
    for (name, report) in every_report() {
        let sarif = read(&report);
        let mut categories = HashSet::new();
        for run in &sarif.runs {
            let id = run.automation_details.as_ref().and_then(|details| details.id.as_deref());
            let id = id.expect("every run has a category");
            assert!(categories.insert(id) && id.ends_with('/'), "{name}");
            assert_eq!(run.column_kind, Some("utf16CodeUnits".into()), "{name}");
            let rules = run.tool.driver.rules.as_ref().expect("rules are always there");
            assert_eq!(rules.len(), report.rules.len(), "{name}");
            for result in results_of(run) {
                let index =
                    usize::try_from(result.rule_index.expect("a declared rule")).expect("not negative");
                assert_eq!(Some(&rules[index].id), result.rule_id.as_ref(), "{name}");
                let uri = uri_of(result);
                assert!(!uri.is_empty() && !uri.starts_with('/') && !uri.contains(':'), "{name}: {uri}");
                let [start_line, start_column, end_line, end_column] = region_of(result);
                assert!(start_line >= 1 && start_column >= 1 && end_line >= start_line, "{name}");
                assert!(end_line > start_line || end_column >= start_column, "{name}");
                let links = result.related_locations.as_deref().unwrap_or_default();
                for (id, related) in (1..).zip(links) {
                    assert_eq!(related.id, Some(id), "{name}");
                    assert!(text_of(result).contains(&format!("[{id}]({id})")), "{name}");
                }
            }
        }
    }
}

#[test]
fn rules_say_everything_github_shows() {
    for (name, report) in every_report() {
        for run in read(&report).runs {
            for rule in run.tool.driver.rules.expect("rules are always there") {
                let texts = [&rule.short_description, &rule.full_description, &rule.help];
                for text in texts.map(|text| &text.as_ref().expect("all three are there").text) {
                    assert!(!text.is_empty() && text.chars().count() <= 1024, "{name}");
                }
                let markdown = rule.help.as_ref().and_then(|help| help.markdown.as_deref());
                assert!(markdown.is_some_and(|text| text.starts_with("# Mistral")), "{name}");
                let properties = rule.properties.expect("a rule has properties");
                let severity = &properties.additional_properties["security-severity"];
                let (expected, link) = match rule.id.as_str() {
                    "other-key" => ("2.5", None),
                    _ => ("9.5", Some("https://docs.example.org/keys")),
                };
                assert_eq!(severity, expected, "{name}");
                assert_eq!(rule.help_uri.as_deref(), link, "{name}");
                assert!(properties.tags.is_some_and(|tags| tags.len() <= 10), "{name}");
            }
        }
    }
}

#[test]
fn runs_follow_what_was_scanned() {
    for (name, expected) in [
        ("clean", "leeward/tree/ 0"),
        ("clean-history", "leeward/history/ 0"),
        ("many", "leeward/tree/ 6"),
        ("history", "leeward/history/ 10"),
        ("suppressed", "leeward/tree/ 3"),
        ("both", "leeward/tree/ 1, leeward/history/ 1"),
    ] {
        let (_, report) =
            every_report().into_iter().find(|(other, _)| *other == name).expect("it is one of them");
        let runs: Vec<String> = read(&report)
            .runs
            .iter()
            .map(|run| {
                let id = run.automation_details.as_ref().and_then(|details| details.id.clone());
                format!("{} {}", id.expect("a category"), results_of(run).len())
            })
            .collect();
        assert_eq!(runs.join(", "), expected, "{name}");
    }
}

#[test]
fn regions_are_those_of_the_text() {
    let text = settings();
    let lines: Vec<Vec<u16>> = text.split('\n').map(|line| line.encode_utf16().collect()).collect();
    let sarif = read(&many());
    let mut seen = 0;
    for result in results_of(&sarif.runs[0]) {
        let [line, start, end_line, end] = region_of(result).map(|n| usize::try_from(n).expect("positive"));
        assert_eq!(line, end_line);
        let found = String::from_utf16(&lines[line - 1][start - 1..end - 1]).expect("whole characters");
        let mask = Secret::new(found.clone().into_bytes()).redacted();
        assert!([value("one"), value("two")].contains(&found) && text_of(result).contains(&mask), "{mask}");
        seen += 1;
    }
    assert_eq!(seen, 6);
}

#[test]
fn line_hashes_keep_alerts_apart() {
    let text = settings();
    let expected = line_hashes(text.as_bytes(), &[1, 2, 3, 4]);
    let sarif = read(&many());
    let mut values = HashSet::new();
    for result in results_of(&sarif.runs[0]) {
        match line_hash_of(result) {
            Some(value) => assert!(values.insert(value.to_owned()), "two results of one rule have {value}"),
            None => assert_eq!(uri_of(result), "data/a.zip"),
        }
    }
    for value in expected.into_iter().flatten() {
        assert!(values.remove(&value), "the hash of a line's first secret is the action's: {value}");
    }
    assert_eq!(values.len(), 1, "the second secret of line 2");
    let history = read(&history());
    assert!(results_of(&history.runs[0]).iter().all(|result| line_hash_of(result).is_none()));
}

#[test]
fn odd_paths_are_relative_uris() {
    let sarif = read(&odd_paths());
    let uris: Vec<&str> = results_of(&sarif.runs[0]).iter().map(uri_of).collect();
    let secret = Secret::new(value("odd").into_bytes()).redacted().replace('…', "%E2%80%A6");
    let named = format!("keys/{secret}.txt");
    let encoded = format!("k/{secret}%3D.txt");
    assert_eq!(
        uris,
        [
            "a%20b.env",
            "%C3%BC/%E6%97%A5%E6%9C%AC.env",
            "100%25%23%3F.env",
            "%5Bid%5D/c%3Ad%2Be%26f.tsx",
            "caf%E9.env",
            "-._~/x",
            &named,
            &encoded,
            "link",
            "stdin",
        ]
    );
}

#[test]
fn history_tells_the_life_of_a_secret() {
    let sarif = read(&history());
    let results = results_of(&sarif.runs[0]);
    let gone = &results[0];
    assert_eq!(uri_of(gone), "old.env", "the path at the commit that introduced it");
    assert!(
        text_of(gone).contains(", in commit 1111111, removed in commit 3333333. Revoke"),
        "{}",
        text_of(gone)
    );
    let provenance = gone.provenance.as_ref().and_then(|of| of.first_detection_time_utc.as_deref());
    assert_eq!(provenance, Some("2021-05-06T07:08:09Z"));
    let properties = &gone.properties.as_ref().expect("it has properties").additional_properties;
    assert_eq!(properties["commit"], "1".repeat(40));
    assert_eq!(properties["firstSeen"]["time"], "2021-05-06T07:08:09Z");
    assert_eq!(properties["lastSeen"]["commit"], "2".repeat(40));
    assert_eq!(properties["inHead"], false);

    let uris: Vec<&str> = results[1..9].iter().map(uri_of).collect();
    let object = "ab".repeat(20);
    let folders = ["commits", "tags", "commits", "commits", "tags", "notes", "ref-names", "blobs"];
    assert_eq!(uris, folders.map(|folder| format!(".git/{folder}/{object}")));
    assert!(results[1..9].iter().all(|result| result.provenance.is_none()), "that is no time");
}

#[test]
fn what_is_suppressed_stays_and_says_why() {
    let sarif = read(&suppressed());
    let said: Vec<(String, Option<String>)> = results_of(&sarif.runs[0])
        .iter()
        .map(|result| {
            let suppression = &result.suppressions.as_ref().expect("it is suppressed")[0];
            assert_eq!(suppression.status, Some("accepted".into()));
            (suppression.kind.as_str().expect("a word").to_owned(), suppression.justification.clone())
        })
        .collect();
    let masked = format!("not {}", Secret::new(value("one").into_bytes()).redacted());
    assert_eq!(
        said,
        [
            ("inSource".to_owned(), Some(masked)),
            ("external".to_owned(), None),
            ("external".to_owned(), Some("an example of the documentation".to_owned())),
        ]
    );
    assert!(results_of(&read(&many()).runs[0]).iter().all(|result| result.suppressions.is_none()));
}

#[test]
fn an_incomplete_scan_shows() {
    let silent = || {
        let mut report = report("scan", Vec::new());
        report.scan.complete = false;
        report
    };
    let two = Secret::new(value("two").into_bytes()).redacted();
    let one = Secret::new(value("one").into_bytes()).redacted();
    for (report, successful, expected) in [
        (many(), true, vec![]),
        (silent(), false, vec!["error incomplete The scan is incomplete.".to_owned()]),
        (
            incomplete(),
            false,
            vec![
                format!("error unreadable permission denied for {two}: x y/z."),
                format!("error missing-object object is missing: {}.", "ab".repeat(20)),
                "error unreadable /abs/x: permission denied.".to_owned(),
                format!("note skipped 2 skipped: too large, such as 'a b', '{one}'."),
                format!("note baseline-expired accepted until today: {two}."),
                "note below-confidence 7 candidates of less than medium confidence are not reported."
                    .to_owned(),
            ],
        ),
    ] {
        let sarif = read(&report);
        let invocation = &sarif.runs[0].invocations.as_ref().expect("one invocation")[0];
        assert_eq!(invocation.execution_successful, successful);
        let said: Vec<String> = invocation
            .tool_execution_notifications
            .iter()
            .flatten()
            .map(|note| {
                let level = note.level.as_ref().and_then(Value::as_str).expect("a level");
                let kind = note.descriptor.as_ref().and_then(|of| of.id.as_deref()).expect("a kind");
                format!("{level} {kind} {}", note.message.text.as_deref().expect("a text"))
            })
            .collect();
        assert_eq!(said, expected);
    }
}

#[test]
fn the_gravest_and_surest_are_kept() {
    let mut findings = Vec::new();
    for (seed, severity, confidence) in [
        ("a", Severity::Low, Confidence::High),
        ("b", Severity::Critical, Confidence::Low),
        ("c", Severity::High, Confidence::High),
        ("d", Severity::Critical, Confidence::High),
    ] {
        let finding = finding(seed, vec![bare(LocationKind::File, Some(seed.as_bytes()))]);
        findings.push(Finding { severity, confidence, ..finding });
    }
    let report = report("scan", findings);
    for (limit, kept, omitted) in [(9, "a b c d", 0), (4, "a b c d", 0), (3, "b c d", 1), (1, "d", 3)] {
        let (mut jobs, _) = results::jobs(&report);
        assert_eq!(results::keep_first(&mut jobs, limit), omitted);
        let paths: Vec<String> =
            jobs.iter().filter_map(|job| job.location.path.as_ref()).map(BString::to_string).collect();
        assert_eq!(paths.join(" "), kept, "{limit}");
    }
    let mask = Mask::new(&report).expect("four words");
    let notes = notifications::invocation(&report, &mask, 3).tool_execution_notifications;
    let text = notes.expect("there is one").remove(0).message.text.expect("a text");
    assert!(text.starts_with("3 results were left out"), "{text}");
}

#[test]
fn related_places_are_few_and_counted() {
    let text = format!("x = {}\n", value("x"));
    let locations: Vec<Location> =
        (0..30).map(|n| file(format!("{n:02}.env").as_bytes(), &text, &value("x"), 0)).collect();
    let sarif = read(&report("scan", vec![finding("x", locations)]));
    let results = results_of(&sarif.runs[0]);
    assert_eq!(results.len(), 30);
    for result in results {
        assert_eq!(result.related_locations.as_ref().map(Vec::len), Some(10));
        assert!(text_of(result).ends_with("[9](9), [10](10) and 19 more."), "{}", text_of(result));
    }
}
