//! A made-up report for the tests of the formats. Its secrets are made at run time.

use bstr::BString;

use super::{Again, Coverage, Note, Report, RuleInfo, Scan, Skipped};
use crate::finding::{
    Commit, Confidence, Containment, Excerpt, Exposure, Finding, Location, LocationKind, Presence, Region,
    Severity, State, SuppressedBy, Suppression, Verification,
};
use crate::secret::Secret;
use crate::source::Issue;

/// A value of 32 letters and digits, another for each `seed`.
pub(crate) fn secret(seed: u32) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut state = u64::from(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(ALPHABET[(state >> 32) as usize % ALPHABET.len()])
    };
    (0..32).map(|_| next()).collect()
}

pub(crate) fn commit(id: &str, day: &str, subject: &str) -> Commit {
    Commit {
        id: id.repeat(40 / id.len()),
        author_name: "Jo Field".to_owned(),
        author_email: "jo@example.org".to_owned(),
        author_time: format!("{day}T09:30:00Z"),
        subject: subject.to_owned(),
    }
}

/// A place on a line that reads `before`, the mask, `after`.
pub(crate) fn location(kind: LocationKind, path: &str, line: u64, excerpt: [&str; 3]) -> Location {
    let [before, mask, after] = excerpt;
    let column = before.chars().count() as u64 + 1;
    Location {
        kind,
        target: BString::from("."),
        path: (!path.is_empty()).then(|| BString::from(path)),
        shown: None,
        inner: Vec::new(),
        blob: None,
        commit: None,
        region: Region {
            start_line: line,
            start_column: column,
            end_line: line,
            end_column: column + 32,
            start_utf16: column,
            end_utf16: column + 32,
        },
        bytes: Some(100..132),
        decoded: Vec::new(),
        encoded: None,
        cell: None,
        excerpt: Excerpt {
            text: format!("{before}{mask}{after}"),
            mask: before.len()..before.len() + mask.len(),
            cut_left: false,
            cut_right: false,
        },
        line_hash: None,
    }
}

/// A finding of `value` in one place.
pub(crate) fn finding(value: &str, evidence: &[&str], location: Location) -> Finding {
    Finding {
        fingerprint: "0f".repeat(16),
        rule_id: "mistral-api-key".to_owned(),
        confidence: Confidence::High,
        severity: Severity::Critical,
        secret: Secret::new(value.as_bytes()),
        evidence: evidence.iter().map(|&evidence| evidence.to_owned()).collect(),
        verification: None,
        presence: None,
        first_commit: None,
        last_commit: None,
        removed_commit: None,
        containment: None,
        locations: vec![location],
    }
}

/// A report of a complete scan of `files` files that found nothing.
pub(crate) fn clean(files: u64) -> Report {
    Report {
        scan: Scan {
            mode: "scan",
            targets: vec![BString::from(".")],
            again: Again::default(),
            complete: true,
            started_at: "2026-03-01T12:00:00Z".to_owned(),
            finished_at: "2026-03-01T12:00:01Z".to_owned(),
            seconds: 0.034,
            confidence: Confidence::Medium,
            below_confidence: 0,
            notes: Vec::new(),
            comments_refused: None,
            coverage: Coverage { files, bytes: files * 4217, ..Coverage::default() },
        },
        findings: Vec::new(),
        suppressed: Vec::new(),
        issues: Vec::new(),
        rules: vec![RuleInfo {
            id: "mistral-api-key".to_owned(),
            description: "Mistral AI API key".to_owned(),
            severity: Severity::Critical,
            details: "A key of La Plateforme.".to_owned(),
            remediation: vec![
                "Revoke the key in the provider's console: whoever saw it can still use it.".to_owned(),
                "Create a new one and keep it out of the repository.".to_owned(),
            ],
            references: vec!["https://docs.mistral.ai/".to_owned()],
        }],
    }
}

/// A report with one of everything.
pub(crate) fn full() -> Report {
    let values = [secret(1), secret(2), secret(3), secret(4)];
    let masks: Vec<String> = values.iter().map(|value| Secret::new(value.as_bytes()).redacted()).collect();
    let mut report = clean(1234);
    report.findings = vec![settings(&values[0], &masks[0]), client(&values[1], &masks[1])];
    let message = location(LocationKind::CommitMessage, "", 3, ["key for the demo: ", &masks[2], ""]);
    let mut message = finding(&values[2], &["called a key of the provider"], message);
    message.locations[0].commit = Some(commit("5e4d3c2b", "2026-01-07", "Rotate"));
    message.locations[0].blob = Some("5e4d3c2b".repeat(5));
    message.confidence = Confidence::Medium;
    message.severity = Severity::High;
    message.presence = Some(Presence::Gone);
    report.findings.push(message);
    let accepted = location(LocationKind::File, "docs/example.md", 8, ["key: ", &masks[3], ""]);
    let reason = "the example of the provider's own documentation".to_owned();
    let suppression = Suppression { by: SuppressedBy::Baseline, reason };
    report.suppressed.push((finding(&values[3], &["called a key"], accepted), suppression));
    report.issues = vec![
        Issue::new("missing-object", "named by a tree and not stored").at_object("9a".repeat(20)),
        Issue::new("unreadable", "permission denied").at_path("secret/dir"),
    ];
    report.scan.complete = false;
    report.scan.below_confidence = 4;
    report.scan.notes =
        vec![Note { kind: "baseline-unused", message: "2 entries matched nothing".to_owned() }];
    report.scan.coverage.commits = 87;
    report.scan.coverage.skipped = vec![
        Skipped {
            reason: "larger than 1 MB".to_owned(),
            count: 2,
            examples: vec![BString::from("data.bin")],
        },
        Skipped {
            reason: "not a regular file".to_owned(),
            count: 1,
            examples: vec![BString::from(b"f\xfffo".as_slice())],
        },
    ];
    report
}

/// A key in HEAD, in many other places too.
fn settings(value: &str, mask: &str) -> Finding {
    let place = |path: &str, line| {
        location(LocationKind::File, path, line, ["MISTRAL_API_KEY = \"", mask, "\"  # prod"])
    };
    let evidence = ["assigned to MISTRAL_API_KEY", "the file imports the provider's client"];
    let mut finding = finding(value, &evidence, place("config/settings.py", 112));
    finding.presence = Some(Presence::Head);
    finding.verification = Some(Verification {
        status: "active".to_owned(),
        detail: "it lists models".to_owned(),
        checked_at: "2026-03-01T12:00:01Z".to_owned(),
    });
    finding.first_commit = Some(commit("1a2b3c4d", "2025-11-20", "Add the client"));
    finding.last_commit = finding.first_commit.clone();
    finding.locations.extend((1..=12).map(|number| place(&format!("deploy/{number:02}.env"), number)));
    finding
}

/// A key that was taken out again, in an archive and a notebook.
fn client(value: &str, mask: &str) -> Finding {
    let mut blob = location(LocationKind::Blob, "src/client.py", 7, ["client = Mistral(\"", mask, "\")"]);
    blob.blob = Some("77".repeat(20));
    blob.commit = Some(commit("1a2b3c4d", "2025-11-20", "Add the client"));
    let mut inner = location(LocationKind::Blob, "dist/app.zip", 2, ["", mask, ""]);
    inner.inner = vec![BString::from("app/.env")];
    inner.commit = blob.commit.clone();
    inner.bytes = None;
    let mut cell = location(LocationKind::Blob, "demo.ipynb", 31, ["", mask, ""]);
    cell.cell = Some(3);
    cell.blob = Some("78".repeat(20));
    cell.decoded = vec!["base64".to_owned()];
    let mut finding = finding(value, &["handed to the provider's constructor"], blob);
    finding.presence = Some(Presence::Gone);
    finding.first_commit = Some(commit("1a2b3c4d", "2025-11-20", "Add the client"));
    finding.last_commit = Some(commit("9f8e7d6c", "2025-12-02", "Format \u{1b}[2Jeverything"));
    finding.removed_commit = Some(commit("0c1d2e3f", "2025-12-03", "Read the key from the environment"));
    finding.containment = Some(Containment {
        state: Some(State::Pushed),
        refs: vec!["refs/heads/main".into(), "refs/remotes/origin/main".into()],
        more: 3,
        remotes: vec!["origin".into()],
        pushed: Some(true),
        exposure: Some(Exposure {
            from: "2025-11-20".to_owned(),
            to: Some("2025-12-03".to_owned()),
            days: Some(13),
        }),
        ..Containment::default()
    });
    finding.locations.extend([inner, cell]);
    finding
}
