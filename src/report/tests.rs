//! What holds for every format.

use std::io::{self, Write};

use serde_json::Value;

use super::sample;
use super::text::TextOptions;
use super::{Format, Report};
use crate::finding::{Commit, Containment, Excerpt, Finding, LocationKind};
use crate::secret::Secret;

fn render(report: &Report, format: Format, reveal: bool) -> String {
    let mut out = Vec::new();
    let options = TextOptions { reveal, ..TextOptions::default() };
    format.write(report, &options, &mut out).expect("a vector takes all");
    String::from_utf8(out).expect("reports are UTF-8")
}

/// Puts `secret` into every string of a report that can come from outside.
fn poison(report: &mut Report, secret: &str) {
    let text = |field: &mut String| field.push_str(&format!(" <{secret}>"));
    let path = |field: &mut bstr::BString| field.extend_from_slice(format!("/{secret}\u{fe}").as_bytes());
    let commit = |commit: &mut Commit| {
        [&mut commit.author_name, &mut commit.author_email, &mut commit.subject].into_iter().for_each(text);
    };
    let of_finding = |finding: &mut Finding| {
        finding.evidence.iter_mut().for_each(text);
        finding.verification.iter_mut().for_each(|answer| text(&mut answer.detail));
        let commits = [&mut finding.first_commit, &mut finding.last_commit, &mut finding.removed_commit];
        commits.into_iter().flatten().for_each(commit);
        if let Some(Containment { refs, remotes, reflogs, .. }) = &mut finding.containment {
            refs.iter_mut().chain(remotes).chain(reflogs).for_each(path);
        }
        for location in &mut finding.locations {
            path(&mut location.target);
            location.path.iter_mut().for_each(path);
            location.shown.iter_mut().for_each(path);
            location.inner.iter_mut().for_each(path);
            location.commit.iter_mut().for_each(commit);
            location.decoded.iter_mut().for_each(text);
            text(&mut location.excerpt.text);
        }
    };
    report.findings.iter_mut().for_each(of_finding);
    for (finding, suppression) in &mut report.suppressed {
        of_finding(finding);
        text(&mut suppression.reason);
    }
    for issue in &mut report.issues {
        text(&mut issue.message);
        issue.path.iter_mut().for_each(path);
    }
    report.scan.targets.iter_mut().for_each(path);
    report.scan.notes.iter_mut().for_each(|note| text(&mut note.message));
    for skipped in &mut report.scan.coverage.skipped {
        text(&mut skipped.reason);
        skipped.examples.iter_mut().for_each(path);
    }
    for rule in &mut report.rules {
        text(&mut rule.description);
        text(&mut rule.details);
        rule.remediation.iter_mut().for_each(text);
        rule.references.iter_mut().for_each(text);
    }
}

#[test]
fn no_string_of_a_report_lets_a_secret_out() {
    for round in 0..8 {
        let mut report = sample::full();
        let mut values = Vec::new();
        let suppressed = report.suppressed.iter_mut().map(|(finding, _)| finding);
        for (finding, seed) in report.findings.iter_mut().chain(suppressed).zip(100 * round..) {
            let value = sample::secret(seed);
            finding.secret = Secret::new(value.as_bytes());
            // A name that some locations have no use for must be masked nevertheless.
            finding.locations.iter_mut().for_each(|location| location.shown = location.path.clone());
            values.push(value);
        }
        values.iter().for_each(|value| poison(&mut report, value));
        let redacted = report.clone().redacted();
        for format in Format::ALL {
            let (before, after) = (render(&report, *format, false), render(&redacted, *format, false));
            for value in &values {
                let mask = Secret::new(value.as_bytes()).redacted();
                let count = |text: &str, needle: &str| text.matches(needle).count();
                assert!(count(&before, value) > 10, "the secret was put into what {format:?} shows");
                assert_eq!(count(&after, value), 0, "{format:?} shows a whole secret");
                assert_eq!(count(&after, &mask), count(&before, &mask) + count(&before, value), "{format:?}");
            }
        }
        // What this crate's own formats do not show is masked as well.
        let debug = format!("{redacted:?}");
        assert!(values.iter().all(|value| !debug.contains(value)), "{debug}");
    }
}

#[test]
fn reveal_adds_the_secret_and_nothing_else_does() {
    let report = sample::full().redacted();
    let value = sample::secret(1);
    for format in Format::ALL {
        assert!(!render(&report, *format, false).contains(&value), "{format:?}");
        // SARIF is sent to others: it never holds a secret.
        let expected = usize::from(*format != Format::Sarif);
        assert_eq!(render(&report, *format, true).matches(&value).count(), expected, "{format:?}");
    }
}

fn keys(value: &Value) -> String {
    value.as_object().expect("an object").keys().map(String::as_str).collect::<Vec<_>>().join(" ")
}

#[test]
fn json_has_the_keys_of_the_contract_in_order() {
    let text = render(&sample::full(), Format::Json, false);
    assert!(
        text.starts_with("{\n  \"schema_version\": \"1\",\n  \"tool\": {\n    \"name\": \"leeward\"")
            && text.ends_with("}\n")
    );
    let json: Value = serde_json::from_str(&text).expect("JSON");
    let finding = "fingerprint rule_id confidence severity secret evidence verification in_head first_commit \
                   last_commit removed_commit locations";
    let table = [
        ("", "schema_version tool scan findings suppressed issues"),
        ("/tool", "name version"),
        ("/scan", "mode targets complete started_at finished_at coverage notes"),
        ("/scan/notes/0", "kind message"),
        ("/scan/coverage", "files blobs commits tags refs bytes skipped"),
        ("/scan/coverage/skipped/0", "reason count examples"),
        ("/findings/0", finding),
        ("/findings/1", &format!("{finding} exposure containment")),
        ("/findings/1/exposure", "introduced gone days"),
        ("/findings/1/containment", "state pushed refs more_refs remotes reflogs"),
        ("/findings/0/secret", "redacted sha256 length"),
        ("/findings/0/verification", "status detail checked_at"),
        ("/findings/0/first_commit", "id author_name author_email author_time subject"),
        (
            "/findings/1/locations/0",
            "kind target path inner blob commit start_line start_column end_line end_column start_byte end_byte \
             decoded cell",
        ),
        ("/suppressed/0", &format!("{finding} suppression")),
        ("/suppressed/0/suppression", "by reason"),
        ("/issues/0", "kind message object"),
        ("/issues/1", "kind message path"),
    ];
    for (pointer, expected) in table {
        assert_eq!(keys(json.pointer(pointer).expect(pointer)), expected, "{pointer}");
    }
    let values = [
        ("/findings/2/confidence", "medium".into()),
        ("/findings/2/in_head", false.into()),
        ("/findings/2/first_commit", Value::Null),
        ("/findings/2/verification", Value::Null),
        ("/findings/2/locations/0/kind", "commit-message".into()),
        ("/findings/2/locations/0/path", Value::Null),
        ("/findings/1/locations/1/start_byte", Value::Null),
        ("/findings/1/locations/1/inner/0", "app/.env".into()),
        ("/findings/1/locations/2/cell", 3.into()),
        ("/findings/1/exposure/days", 13.into()),
        ("/findings/1/containment/state", "pushed".into()),
        ("/findings/1/containment/refs/1", "refs/remotes/origin/main".into()),
        ("/findings/0/locations/0/start_byte", 100.into()),
        ("/suppressed/0/suppression/by", "baseline".into()),
        ("/scan/coverage/skipped/1/examples/0", "f%FFfo".into()),
    ];
    for (pointer, expected) in values {
        assert_eq!(json.pointer(pointer), Some(&expected), "{pointer}");
    }
}

#[test]
fn json_lines_are_the_objects_of_json() {
    let report = sample::full();
    let json: Value = serde_json::from_str(&render(&report, Format::Json, false)).expect("JSON");
    let text = render(&report, Format::Jsonl, false);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let types: Vec<_> = lines.iter().map(|line| line["type"].as_str().expect("a type")).collect();
    assert_eq!(types, ["finding", "finding", "finding", "suppressed", "issue", "issue", "summary"]);
    let objects =
        ["findings", "suppressed", "issues"].iter().flat_map(|key| json[key].as_array().expect("a list"));
    for (line, object) in lines.iter().zip(objects) {
        assert!(keys(line).starts_with("type "), "the type comes first");
        let mut line = line.clone();
        line.as_object_mut().expect("an object").shift_remove("type");
        assert_eq!(line, *object);
    }
    let summary = lines.last().expect("a summary");
    assert_eq!(keys(summary), "type schema_version tool scan counts");
    assert_eq!(summary["scan"], json["scan"]);
    assert_eq!(summary["counts"], serde_json::json!({"findings": 3, "suppressed": 1, "issues": 2}));
}

#[test]
fn a_writer_that_fails_is_told_by_its_kind() {
    /// Takes some bytes and fails then.
    struct Closing(usize);
    impl Write for Closing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for format in Format::ALL {
        for room in [0, 100, 1000] {
            let written = format.write(&sample::full(), &TextOptions::default(), &mut Closing(room));
            assert_eq!(written.expect_err("closed").kind(), io::ErrorKind::BrokenPipe, "{format:?} {room}");
        }
    }
}

#[test]
fn escapes_of_scanned_content_never_reach_a_terminal() {
    let hostile = "a\u{1b}[2J\u{202e}\u{200b}\u{9b}\r\nb";
    let mut report = sample::full();
    poison(&mut report, hostile);
    for location in report.findings.iter_mut().flat_map(|finding| &mut finding.locations) {
        location.kind = LocationKind::File;
        location.excerpt = Excerpt {
            text: format!("{hostile}…"),
            mask: hostile.len()..hostile.len() + 3,
            ..Excerpt::default()
        };
    }
    // A repository elsewhere, as the hostile name is one, has a line more: the way there.
    let lines = render(&sample::full(), Format::Text, false).lines().count() + 1;
    let text = render(&report, Format::Text, false);
    assert!(
        text.chars().all(|character| character == '\n' || crate::sanitize::is_visible(character)),
        "{text:?}"
    );
    assert_eq!(text.lines().count(), lines, "no line is torn apart");
    assert!(text.contains(r"a\x1b[2J\u{202e}\u{200b}\u{9b}\r\nb"), "{text}");
}
