//! Ctrl-C, pressed by somebody who means it.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::place::Place;
use crate::support::{command, run, wait};

/// A scan of standard input, which stays open and empty, so that it would wait for ever; caught when it listens.
fn waiting(place: &Place) -> Child {
    /// SIGINT in the masks of `/proc/ID/status`.
    const SIGINT: u64 = 1 << 1;

    let mut leeward = place.leeward(&["scan", "-"]);
    let leeward = leeward.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = leeward.spawn().expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let catches = || {
        let status = fs::read_to_string(&status).expect("it runs");
        let mask =
            status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("a line of Linux").trim();
        u64::from_str_radix(mask, 16).expect("hex") & SIGINT != 0
    };
    while !catches() {
        assert!(child.try_wait().expect("our child").is_none(), "it ended before it was asked to");
        std::thread::yield_now();
    }
    child
}

fn ask(child: &mut Child) {
    let asked = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill is there");
    assert!(asked.success() || child.try_wait().expect("our child").is_some());
}

#[test]
fn asked_once_the_program_ends_though_input_does_not() {
    let place = Place::new();
    let mut child = waiting(&place);
    let stdin = child.stdin.take();
    ask(&mut child);
    let ran = wait(child).ends_with(130);
    drop(stdin);
    assert!(ran.err().contains("interrupted") || ran.out().contains("interrupted"), "{}", ran.err());
}

#[test]
fn asked_twice_the_program_ends() {
    let place = Place::new();
    let mut child = waiting(&place);
    let stdin = child.stdin.take();
    // Two signals in quick succession may arrive as one, so it is asked until it ends.
    while child.try_wait().expect("our child").is_none() {
        ask(&mut child);
    }
    let ran = wait(child).ends_with(130);
    drop(stdin);
    assert!(!ran.err().contains("panic") && !ran.err().contains("internal error"), "{}", ran.err());
}

/// Two repositories of which the second takes long: caught when its pack is opened, after all of the first was scanned.
#[test]
fn a_history_that_is_interrupted_tells_what_was_found() {
    let mut place = Place::new();
    place.init();
    place.write("a.env", super::line(1));
    place.git(&["add", "--all"]);
    place.git(&["commit", "--quiet", "--message", "first"]);
    let big = place.top().join("big");
    let at = big.to_string_lossy().into_owned();
    place.git(&["init", "--quiet", &at]);
    let file = fs::File::create(big.join("zeros")).expect("a file of ours");
    file.set_len(256 << 20).expect("it takes no place on disk");
    // What is too big for git goes into a pack at once.
    place.git(&["-C", &at, "-c", "core.bigFileThreshold=1m", "add", "zeros"]);
    let mut leeward = place.leeward(&["history", ".", &at, "--format=json", "--jobs=1"]);
    let mut child =
        leeward.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let maps = format!("/proc/{}/maps", child.id());
    let pack = fs::canonicalize(&big).expect("ours").join(".git/objects/pack").display().to_string();
    while !fs::read_to_string(&maps).is_ok_and(|maps| maps.contains(&pack)) {
        assert!(child.try_wait().expect("our child").is_none(), "it ended before it was asked to");
        std::thread::yield_now();
    }
    ask(&mut child);
    let ran = wait(child).ends_with(130);
    let report = ran.json();
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(1), "{}", ran.err());
    assert_eq!(report["scan"]["complete"], false);
    assert!(ran.err().contains("interrupted"), "{}", ran.err());
}

/// A repository of many commits, of which the first brings a key in.
fn long_history(place: &mut Place) {
    const COMMITS: usize = 20_000;

    place.init();
    let mut stream = Vec::new();
    for number in 0..COMMITS {
        let key = super::line(1);
        let (path, content) =
            if number == 0 { ("a.env", key.as_str()) } else { ("count", &*number.to_string()) };
        let head = format!("commit refs/heads/main\ncommitter A <a@b> {number} +0000\ndata 0\n");
        let file = format!("M 100644 inline {path}\ndata {}\n{content}\n", content.len());
        stream.extend_from_slice(format!("{head}{file}").as_bytes());
    }
    let mut git = command("git", &place.work(), &place.top().join("home"));
    run(git.args(["-c", "fastimport.unpackLimit=1", "fast-import", "--quiet"]), Some(stream)).ends_with(0);
}

/// Two repositories are scanned one after the other, and attributed one after the other: when the first one's pack is
/// opened again after the second one's, it is the attribution that reads it.
#[test]
fn an_attribution_that_is_interrupted_tells_what_was_found() {
    let mut place = Place::new();
    long_history(&mut place);
    let other = place.top().join("other");
    let at = other.to_string_lossy().into_owned();
    place.git(&["init", "--quiet", &at]);
    fs::File::create(other.join("zeros")).and_then(|file| file.set_len(64 << 20)).expect("a file of ours");
    place.git(&["-C", &at, "-c", "core.bigFileThreshold=1m", "add", "zeros"]);
    let pack =
        |top: &Path| fs::canonicalize(top).expect("ours").join(".git/objects/pack").display().to_string();
    let (first, second) = (pack(&place.work()), pack(&other));
    // The signal may come when all is told already, so it is sent until it does not.
    let isolated = (0..20).any(|_| {
        let mut leeward = place.leeward(&["history", ".", &at, "--format=json", "--jobs=1"]);
        let leeward = leeward.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = leeward.spawn().expect("the program starts");
        let maps = format!("/proc/{}/maps", child.id());
        for pack in [&second, &first] {
            while !fs::read_to_string(&maps).is_ok_and(|maps| maps.contains(pack.as_str())) {
                if child.try_wait().expect("our child").is_some() {
                    break;
                }
                std::thread::yield_now();
            }
        }
        ask(&mut child);
        let ran = wait(child);
        let report = ran.json();
        let findings = report["findings"].as_array().expect("a list");
        assert_eq!(findings.len(), 1, "{}", ran.err());
        let issues = report["issues"].as_array().expect("a list");
        if issues.is_empty() {
            // It was too late, and everything is told.
            assert!(findings[0]["first_commit"].is_object());
            return false;
        }
        let kinds: Vec<_> = issues.iter().map(|issue| &issue["kind"]).collect();
        assert_eq!(kinds, ["not-attributed"], "all was scanned");
        assert!(findings[0]["first_commit"].is_null());
        assert_eq!(report["scan"]["complete"], false);
        ran.ends_with(130).says("interrupted");
        true
    });
    assert!(isolated, "no signal came while something was attributed");
}
