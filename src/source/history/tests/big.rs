//! Big blobs: what is found in parts is what is found in the whole, at the same places. In tests a quarter of a megabyte is big.

use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::super::{Options, range, scan};
use crate::config::LeftOut;
use crate::decode::Limits;
use crate::detect::Detector;
use crate::finding::{Confidence, Location, LocationKind};
use crate::pipeline::{Collector, Outcome, Settings};
use crate::progress::Counters;
use crate::rule::{Example, RuleSet, builtin, check};
use crate::source::index;
use crate::source::layout::{self, ObjectDirs};
use crate::source::scratch_repo::{Repo, Scratch, damage};
use crate::source::{Origin, Sink as _, TOO_LARGE};

/// What a scan finds.
fn found(scan: impl FnOnce(&Collector<'_>)) -> Outcome {
    let detector = Detector::new(RuleSet::new(builtin::rules().expect("ours")).expect("ids differ"));
    found_with(&detector, settings(), scan)
}

fn settings() -> Settings {
    let confidence = Confidence::Medium;
    Settings { confidence, inline_ignores: false, limits: Limits::default(), max_file_size: None }
}

fn found_with(detector: &Detector, settings: Settings, scan: impl FnOnce(&Collector<'_>)) -> Outcome {
    let (left_out, interrupted) = (LeftOut::default(), AtomicBool::new(false));
    let counters = Arc::new(Counters::default());
    let collector = Collector::new(detector, settings, &left_out, vec!["".into()], &interrupted, counters);
    scan(&collector);
    collector.finish()
}

/// Secrets and their places.
fn places(outcome: &Outcome) -> Vec<String> {
    let place =
        |location: &Location| format!("{:?} {:?} {:?}", location.region, location.bytes, location.decoded);
    let mut places: Vec<String> = outcome
        .findings
        .iter()
        .flat_map(|finding| {
            finding.locations.iter().map(|at| format!("{} {}", finding.secret.sha256(), place(at)))
        })
        .collect();
    places.sort();
    places
}

/// The `number`th made-up key, in a line that tells what it is.
fn line(number: usize) -> String {
    let rule = &builtin::rules().expect("ours")[0];
    let text = "MISTRAL_API_KEY={{secret}}".to_owned();
    check::filled(rule, &Example { path: None, text }, number)
}

/// A text of somewhat more than `size` bytes with a key every so often, at every distance from the borders of parts.
fn text(size: usize, every: usize) -> String {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < size {
        let until = (number + 1) * every;
        // Long lines and short ones, characters of one byte to four.
        while text.len() < until {
            text.push_str(if number % 3 == 0 { "some w\u{f6}rds, \u{1f511} and more; " } else { "a line\n" });
        }
        number += 1;
        text.push_str(&line(number));
        text.push(if number % 2 == 0 { '\n' } else { ' ' });
    }
    text
}

/// What the whole content holds, scanned at once.
fn at_once(content: &[u8]) -> Vec<String> {
    places(&found(|sink| {
        let kind = LocationKind::Blob;
        sink.blob(Origin { kind, target: 0, path: None, shown: None, object: None }, content);
    }))
}

/// What is found with other rules, however unsure.
pub(super) fn history_with(repo: &Repo, detector: &Detector) -> Outcome {
    let layout = layout::find(&repo.path, &ObjectDirs::default()).expect("a repository");
    let options = Options { threads: 2, connectivity: false };
    found_with(detector, Settings { confidence: Confidence::Low, ..settings() }, |sink| {
        scan(&layout, 0, &options, sink, &()).expect("threads");
    })
}

fn history(repo: &Repo) -> Outcome {
    let layout = layout::find(&repo.path, &ObjectDirs::default()).expect("a repository");
    let options = Options { threads: 2, connectivity: true };
    found(|sink| {
        let outcome = scan(&layout, 0, &options, sink, &()).expect("threads");
        assert_eq!(outcome.missing, Some(0));
    })
}

fn range_of_all(repo: &Repo, words: &str) -> Outcome {
    let layout = layout::find(&repo.path, &ObjectDirs::default()).expect("a repository");
    let words = range::Words::parse(words.into()).expect("a range");
    found(|sink| drop(range::scan(&layout, &words, 0, 2, sink, &(), &|_| ()).expect("threads")))
}

#[test]
fn what_is_larger_than_wanted_is_counted_wherever_the_key_is_in_it() {
    let scratch = Scratch::new();
    let dull = "nothing to see here\n".repeat(30_000);
    for (number, content) in [line(1) + "\n" + &dull, dull.clone() + &line(1), dull].into_iter().enumerate() {
        let repo = scratch.repo(&format!("r{number}"), &[]);
        repo.write("big", &content);
        repo.commit("big");
        let layout = layout::find(&repo.path, &ObjectDirs::default()).expect("a repository");
        let detector = Detector::new(RuleSet::new(builtin::rules().expect("ours")).expect("ids differ"));
        let outcome = found_with(&detector, Settings { max_file_size: Some(1000), ..settings() }, |sink| {
            scan(&layout, 0, &Options { threads: 2, connectivity: true }, sink, &()).expect("threads");
        });
        let skipped: Vec<_> =
            outcome.coverage.skipped.iter().map(|it| (it.reason.as_str(), it.count)).collect();
        // Where there is nothing to be found, nothing is left out.
        let expected = if number < 2 { vec![(TOO_LARGE, 1)] } else { vec![] };
        assert_eq!((skipped, outcome.findings.len()), (expected, 0), "{number}");
    }
}

#[test]
fn in_parts_the_same_is_found_as_in_the_whole() {
    let scratch = Scratch::new();
    // The second is so dense that a key stands in every border between parts; the third has no line breaks.
    let contents =
        [text(700 << 10, 20_021), text(300 << 10, 4_003), text(400 << 10, 13_009).replace('\n', "  ")];
    for (number, content) in contents.iter().enumerate() {
        let repo = scratch.repo(&format!("r{number}"), &[]);
        repo.write("big", content);
        repo.commit("big");
        let expected = at_once(content.as_bytes());
        assert!(expected.len() > 25, "{}", expected.len());
        for packed in [false, true] {
            if packed {
                repo.git(&["repack", "-adq"]);
            }
            for outcome in [history(&repo), range_of_all(&repo, "HEAD")] {
                assert_eq!(outcome.issues, [], "{number}");
                assert_eq!(places(&outcome), expected, "{number}, packed: {packed}");
                assert!(outcome.coverage.bytes > content.len() as u64);
            }
        }
    }
}

fn staged(repo: &Repo) -> Outcome {
    let layout = layout::find(&repo.path, &ObjectDirs::default()).expect("a repository");
    let staged = index::Staged::open(&layout, index::Given::default()).expect("an index");
    found(|sink| {
        staged.scan(0, sink);
    })
}

#[test]
fn a_big_staged_file_is_scanned_in_parts_and_compared_as_a_whole() {
    let scratch = Scratch::new();
    let content = text(400 << 10, 20_021);
    for (number, setting) in ["core.bigFileThreshold=1g", "core.bigFileThreshold=300k"].iter().enumerate() {
        let repo = scratch.repo(&format!("r{number}"), &[]);
        repo.write("big", &content);
        // Loose, and in a pack of its own.
        repo.git(&["-c", setting, "add", "big"]);
        let outcome = staged(&repo);
        assert_eq!(outcome.issues, []);
        assert_eq!(places(&outcome), at_once(content.as_bytes()), "{setting}");
        assert_eq!((outcome.coverage.files, outcome.coverage.bytes), (1, content.len() as u64));
        repo.git(&["commit", "-qm", "big"]);
        // What was there before is not new; packed, one of them is a delta on top of the other.
        for packed in [false, true] {
            repo.write("big", &(line(900) + "\n" + &content));
            repo.git(&["-c", setting, "add", "big"]);
            if packed {
                repo.git(&["repack", "-adqf"]);
            }
            let outcome = staged(&repo);
            assert_eq!(outcome.issues, []);
            let expected = at_once((line(900) + "\n").as_bytes());
            assert_eq!(places(&outcome), expected, "{setting}, packed: {packed}");
        }
        let quiet = "nothing at all\n".repeat(20_000);
        repo.write("big", &quiet);
        repo.write("small", &line(901));
        repo.git(&["-c", setting, "add", "."]);
        let outcome = staged(&repo);
        assert_eq!((outcome.issues.len(), outcome.findings.len()), (0, 1));
        assert_eq!(outcome.coverage.bytes, (quiet.len() + line(901).len()) as u64);
    }
}

#[test]
fn a_damaged_big_staged_file_is_told() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    repo.write("big", &text(600 << 10, 20_021));
    repo.git(&["add", "big"]);
    let id = repo.git(&["rev-parse", ":big"]);
    damage(&repo.loose(&id), |bytes| bytes.truncate(bytes.len() / 2));
    let outcome = staged(&repo);
    let issues: Vec<_> =
        outcome.issues.iter().map(|issue| (issue.kind.as_str(), issue.object.as_ref())).collect();
    assert_eq!(issues, [("missing-object", Some(&id))]);
    assert!(!outcome.findings.is_empty(), "what came before the damage");
}

#[test]
fn a_pack_that_begins_with_a_big_blob() {
    let scratch = Scratch::new();
    let content = text(400 << 10, 20_021);
    let repo = scratch.empty("r", &[]);
    repo.write("big", &content);
    // Git puts what it takes for big into a pack of its own, at once.
    repo.git(&["-c", "core.bigFileThreshold=300k", "add", "big"]);
    assert_eq!(repo.object_files(".pack").len(), 1);
    assert_eq!(places(&history(&repo)), at_once(content.as_bytes()));
}

#[test]
fn deltas_on_top_of_a_big_blob() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    let content = text(400 << 10, 20_021);
    repo.write("big", &content);
    repo.commit("big");
    repo.write("big", &(line(900) + "\n" + &content));
    repo.commit("bigger");
    repo.git(&["repack", "-adqf"]);
    let outcome = history(&repo);
    let expected = at_once((line(900) + "\n" + &content).as_bytes());
    let secrets = |places: &[String]| {
        places.iter().map(|place| place[..64].to_owned()).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(secrets(&places(&outcome)), secrets(&expected));
    assert_eq!(outcome.issues, []);
    // What it held before is not new.
    assert_eq!(
        secrets(&places(&range_of_all(&repo, "HEAD~1..HEAD"))),
        secrets(&at_once(line(900).as_bytes()))
    );
}

#[test]
fn what_is_encoded_is_not_cut() {
    use base64::Engine as _;
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    let plain = text(300 << 10, 9_011);
    let encoded = base64::engine::general_purpose::STANDARD.encode(&plain);
    let lines: Vec<&str> =
        encoded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    let wide: Vec<u8> =
        std::iter::once(0xfeff).chain(plain.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (name, content) in [
        ("one run", ["x: ", &encoded].concat().into_bytes()),
        ("lines", lines.join("\n").into_bytes()),
        ("utf-16", wide),
    ] {
        // In a file of its own: what the file held before is not new.
        std::fs::write(repo.path.join(name), &content).expect("a file");
        repo.commit(name);
        let secrets = |places: Vec<String>| {
            places.iter().map(|place| place[..64].to_owned()).collect::<std::collections::BTreeSet<_>>()
        };
        let expected = secrets(at_once(plain.as_bytes()));
        assert_eq!(secrets(places(&range_of_all(&repo, "HEAD~1..HEAD"))), expected, "{name}");
    }
}

#[test]
fn archives_are_opened_whole_or_it_is_said() {
    let scratch = Scratch::new();
    for (size, opened) in [(300 << 10, true), (700 << 10, false)] {
        let repo = scratch.repo(&format!("r{size}"), &[]);
        // What is stored without compression is as long as what is in it.
        let mut gzip = Vec::new();
        let content = text(size, 50_009);
        flate2::read::GzEncoder::new(content.as_bytes(), flate2::Compression::none())
            .read_to_end(&mut gzip)
            .expect("in memory");
        std::fs::write(repo.path.join("big.gz"), &gzip).expect("a file");
        repo.commit("archive");
        let outcome = history(&repo);
        let kinds: Vec<_> = outcome.issues.iter().map(|issue| issue.kind.as_str()).collect();
        assert_eq!(kinds, if opened { &[][..] } else { &["too-large"] }, "{size}");
        assert!(!outcome.findings.is_empty());
    }
}

#[test]
fn damage_in_a_big_blob_is_told() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    repo.write("big", &text(600 << 10, 20_021));
    repo.commit("big");
    let id = repo.git(&["rev-parse", "HEAD:big"]);
    damage(&repo.loose(&id), |bytes| {
        let middle = bytes.len() / 2;
        bytes.truncate(middle);
    });
    for outcome in [history(&repo), range_of_all(&repo, "HEAD")] {
        assert_eq!(outcome.issues.len(), 1, "{:?}", outcome.issues);
        assert_eq!(outcome.issues[0].object.as_ref(), Some(&id));
        assert!(!outcome.findings.is_empty(), "what came before the damage");
    }
}

#[test]
fn a_big_blob_under_another_id_is_told() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    let content = text(600 << 10, 20_021);
    repo.write("big", &content);
    repo.write("other", &content.replacen("a line", "a lime", 1));
    repo.commit("big");
    let id = repo.git(&["rev-parse", "HEAD:big"]);
    let other = std::fs::read(repo.loose(&repo.git(&["rev-parse", "HEAD:other"]))).expect("it is loose");
    damage(&repo.loose(&id), |bytes| *bytes = other);
    for outcome in [history(&repo), range_of_all(&repo, "HEAD")] {
        let issues: Vec<_> =
            outcome.issues.iter().map(|issue| (issue.kind.as_str(), issue.object.as_ref())).collect();
        assert_eq!(issues, [("corrupt-object", Some(&id))], "{:?}", outcome.issues);
        assert!(!outcome.findings.is_empty());
    }
}
