//! Reports of every kind. Their secrets are made when the tests run.

use bstr::BString;
use sha2::{Digest, Sha256};

use crate::finding::{
    Commit, Confidence, Excerpt, Finding, Location, LocationKind, Presence, Region, Severity, SuppressedBy,
    Suppression,
};
use crate::report::line_hash::line_hashes;
use crate::report::{Again, Coverage, Note, Report, RuleInfo, Scan, Skipped};
use crate::secret::Secret;
use crate::source::Issue;

/// A value with the shape of a key, made from a seed.
pub(super) fn value(seed: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    Sha256::digest(seed).iter().map(|&byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()])).collect()
}

pub(super) fn commit(digit: &str) -> Commit {
    Commit {
        id: digit.repeat(40),
        author_name: "Ada".into(),
        author_email: "ada@example.org".into(),
        author_time: format!("202{digit}-05-06T07:08:09Z"),
        subject: "Add settings".into(),
    }
}

/// A place with nothing known of it but its kind and path.
pub(super) fn bare(kind: LocationKind, path: Option<&[u8]>) -> Location {
    Location {
        kind,
        target: ".".into(),
        path: path.map(BString::from),
        shown: None,
        inner: Vec::new(),
        blob: None,
        commit: None,
        region: Region::default(),
        bytes: None,
        decoded: Vec::new(),
        encoded: None,
        cell: None,
        excerpt: Excerpt::default(),
        line_hash: None,
    }
}

/// The place of a secret in the text of a file on disk, the first one after `skip` bytes.
pub(super) fn file(path: &[u8], text: &str, secret: &str, skip: usize) -> Location {
    let start = skip + text[skip..].find(secret).expect("the text holds the secret");
    let before = &text[..start];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.matches('\n').count() as u64 + 1;
    let column = text[line_start..start].chars().count() as u64 + 1;
    let utf16 = text[line_start..start].encode_utf16().count() as u64 + 1;
    let length = secret.chars().count() as u64;
    Location {
        region: Region {
            start_line: line,
            start_column: column,
            end_line: line,
            end_column: column + length,
            start_utf16: utf16,
            end_utf16: utf16 + length,
        },
        bytes: Some(start as u64..(start + secret.len()) as u64),
        line_hash: line_hashes(text.as_bytes(), &[line]).remove(0),
        ..bare(LocationKind::File, Some(path))
    }
}

pub(super) fn finding(seed: &str, locations: Vec<Location>) -> Finding {
    Finding {
        fingerprint: Secret::new(seed.as_bytes()).sha256(),
        rule_id: "mistral-api-key".into(),
        confidence: Confidence::High,
        severity: Severity::Critical,
        secret: Secret::new(value(seed).into_bytes()),
        evidence: vec![format!("assigned to MISTRAL_API_KEY, as in {}", value(seed))],
        verification: None,
        presence: None,
        first_commit: None,
        last_commit: None,
        removed_commit: None,
        containment: None,
        locations,
    }
}

pub(super) fn rule(id: &str, severity: Severity) -> RuleInfo {
    RuleInfo {
        id: id.into(),
        description: "Mistral AI API key".into(),
        severity,
        details: "Whoever holds it can use the account's models at its cost.".into(),
        remediation: vec!["Revoke the key in the console [API keys].".into(), "Make a new one".into()],
        references: vec!["RFC 0000".into(), "https://docs.example.org/keys".into()],
    }
}

pub(super) fn report(mode: &'static str, findings: Vec<Finding>) -> Report {
    let other = RuleInfo {
        details: String::new(),
        remediation: Vec::new(),
        references: Vec::new(),
        ..rule("other-key", Severity::Low)
    };
    Report {
        scan: Scan {
            mode,
            targets: vec![".".into()],
            again: Again::default(),
            complete: true,
            started_at: "2026-01-02T03:04:05Z".into(),
            finished_at: "2026-01-02T03:04:06Z".into(),
            seconds: 1.0,
            confidence: Confidence::Medium,
            below_confidence: 0,
            notes: Vec::new(),
            comments_refused: None,
            coverage: Coverage { files: 3, bytes: 99, ..Coverage::default() },
        },
        findings,
        suppressed: Vec::new(),
        issues: Vec::new(),
        rules: vec![rule("mistral-api-key", Severity::Critical), other],
    }
}

pub(super) const TEXT_PATH: &[u8] = b"src/settings.py";

/// A file with keys behind characters of all lengths, two on one line, and a line that stands there twice.
pub(super) fn settings() -> String {
    let (one, two) = (value("one"), value("two"));
    format!("key = '{one}'\r\n\t# 😀é {one}, {two}\nlast = '{two}'\nlast = '{two}'\n")
}

pub(super) fn many() -> Report {
    let text = settings();
    let (one, two) = (value("one"), value("two"));
    let second_line = text.find('\n').expect("it has lines");
    let third_line = text.find("last").expect("it has a third line");
    let first = finding(
        "one",
        vec![file(TEXT_PATH, &text, &one, 0), file(TEXT_PATH, &text, &one, second_line), {
            let member = file(b"data/a.zip", &text, &one, 0);
            Location {
                inner: vec!["in[1].tar".into(), "b.txt".into()],
                line_hash: None,
                decoded: vec!["base64".into()],
                ..member
            }
        }],
    );
    let mut second = finding(
        "two",
        vec![
            file(TEXT_PATH, &text, &two, 0),
            file(TEXT_PATH, &text, &two, third_line),
            file(TEXT_PATH, &text, &two, third_line + text[third_line..].find('\n').expect("a fourth") + 1),
        ],
    );
    second.confidence = Confidence::Low;
    report("scan", vec![first, second])
}

pub(super) fn odd_paths() -> Report {
    let text = format!("x = {}\n", value("odd"));
    let encoded_name = format!("{}=.txt", value("an encoding of it"));
    let paths: [&[u8]; 6] =
        [b"a b.env", "ü/日本.env".as_bytes(), b"100%#?.env", b"[id]/c:d+e&f.tsx", b"caf\xe9.env", b"-._~/x"];
    let mut locations: Vec<Location> = paths.iter().map(|path| file(path, &text, &value("odd"), 0)).collect();
    let named = format!("keys/{}.txt", value("odd"));
    locations.push(bare(LocationKind::Path, Some(named.as_bytes())));
    locations.push(Location {
        decoded: vec!["base64".into()],
        bytes: Some(2..34),
        ..bare(LocationKind::Path, Some(format!("k/{encoded_name}").as_bytes()))
    });
    locations.push(bare(LocationKind::Symlink, Some(b"link")));
    locations.push(bare(LocationKind::Stdin, None));
    report("scan", vec![finding("odd", locations)])
}

pub(super) fn history() -> Report {
    let at = |kind, path: Option<&[u8]>, digit: &str| Location {
        commit: Some(commit(digit)),
        blob: Some("ab".repeat(20)),
        ..bare(kind, path)
    };
    let mut gone = finding(
        "gone",
        vec![at(LocationKind::Blob, Some(b"a.env"), "2"), at(LocationKind::Blob, Some(b"old.env"), "1")],
    );
    gone.presence = Some(Presence::Gone);
    gone.first_commit = Some(commit("1"));
    gone.last_commit = Some(commit("2"));
    gone.removed_commit = Some(commit("3"));
    let mut findings = vec![gone];
    for (seed, kind) in [
        ("c", LocationKind::CommitMessage),
        ("t", LocationKind::TagMessage),
        ("a", LocationKind::Author),
        ("o", LocationKind::Committer),
        ("g", LocationKind::Tagger),
        ("n", LocationKind::Note),
        ("r", LocationKind::RefName),
        ("b", LocationKind::Blob),
    ] {
        let mut finding = finding(seed, vec![at(kind, None, "4")]);
        finding.first_commit = Some(Commit { author_time: "in the year 12026".into(), ..commit("4") });
        finding.presence = Some(Presence::Head);
        findings.push(finding);
    }
    let mut bare_ref = finding("bare", vec![bare(LocationKind::RefName, Some(value("bare").as_bytes()))]);
    bare_ref.severity = Severity::Medium;
    findings.push(bare_ref);
    report("history", findings)
}

pub(super) fn suppressed() -> Report {
    let mut out = report("scan", Vec::new());
    for (seed, by, reason) in [
        ("one", SuppressedBy::Inline, format!("not {}", value("one"))),
        ("two", SuppressedBy::Baseline, String::new()),
        ("three", SuppressedBy::Config, "an example of the documentation".into()),
    ] {
        let text = format!("x = {}\n", value(seed));
        let path = format!("{seed}.env");
        let finding = finding(seed, vec![file(path.as_bytes(), &text, &value(seed), 0)]);
        out.suppressed.push((finding, Suppression { by, reason }));
    }
    out
}

pub(super) fn incomplete() -> Report {
    let mut out = many();
    out.scan.complete = false;
    out.scan.below_confidence = 7;
    let message = format!("accepted until today: {}", value("two"));
    out.scan.notes = vec![Note { kind: "baseline-expired", message }];
    out.scan.coverage.skipped = vec![Skipped {
        reason: "too large".into(),
        count: 2,
        examples: vec!["a b".into(), value("one").into()],
    }];
    out.issues = vec![
        Issue::new("unreadable", format!("permission denied for {}", value("two"))).at_path("x y/z"),
        Issue::new("missing-object", "object is missing.").at_object("ab".repeat(20)),
        Issue::new("unreadable", "/abs/x: permission denied").at_path("/abs/x"),
    ];
    out
}

/// A scan of both, as of a hook that looks at the index and at new commits.
pub(super) fn both() -> Report {
    let text = format!("x = {}\n", value("one"));
    let stored = Location { commit: Some(commit("1")), ..bare(LocationKind::Blob, Some(b"old.env")) };
    report("staged", vec![finding("one", vec![file(b"new.env", &text, &value("one"), 0), stored])])
}

pub(super) fn every_report() -> Vec<(&'static str, Report)> {
    vec![
        ("clean", report("scan", Vec::new())),
        ("clean-history", report("history", Vec::new())),
        ("many", many()),
        ("odd-paths", odd_paths()),
        ("history", history()),
        ("suppressed", suppressed()),
        ("incomplete", incomplete()),
        ("both", both()),
    ]
}
