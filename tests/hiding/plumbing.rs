//! The same secrets as from plain git plumbing: every object that `git cat-file` lists goes through the same rules, and
//! what is found must be what `leeward history` finds.
//!
//! `LEEWARD_DIFFERENTIAL=PATH cargo test --test e2e plumbing` compares on a repository of yours, too, with a rule that
//! finds something in any: object ids that somebody wrote down.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bstr::ByteSlice;
use leeward::config::LeftOut;
use leeward::decode::Limits;
use leeward::detect::Detector;
use leeward::finding::{Confidence, LocationKind};
use leeward::pipeline::{Collector, Settings};
use leeward::progress::Counters;
use leeward::rule::{RuleSet, builtin, file};
use leeward::source::{Issue, Origin, Sink as _};

use serde_json::Value;

use super::{From, Hiding, array, issues};
use crate::support::place::Place;
use crate::support::{Ran, command, run};

/// Finds something in every repository.
const IDS: &str = r#"
[[rule]]
id = "object-id"
description = "Id of a git object"
severity = "low"
confidence = "high"
pattern = "[0-9a-f]{40}"
examples = ["this reverts {{secret}}", "see {{secret}}"]
counter-examples = ["this reverts", "see"]
"#;

/// What is wrong inside a file is so on both sides.
const INSIDE: [&str; 3] = ["corrupt-archive", "archive-depth", "decode-limit"];

#[test]
fn plumbing_tells_of_the_same_secrets() {
    let hiding = Hiding::new(&[]);
    // A part of it in a pack, with deltas, and a part loose.
    let at = hiding.copy("packed");
    let mut git = command("git", &at, &hiding.place.top().join("home"));
    run(git.args(["-c", "core.fsmonitor=false", "repack", "-qad"]), None).ends_with(0);
    for repository in [hiding.top(), at] {
        let found = same(&hiding.place, &repository);
        let keys = hiding.hidden.iter().filter(|hidden| hidden.from != From::Name).count();
        assert!(found >= keys, "only {found} of {keys} secrets");
    }
}

#[test]
fn plumbing_tells_of_the_same_secrets_in_a_given_repository() {
    if let Some(path) = std::env::var_os("LEEWARD_DIFFERENTIAL") {
        let found = same(&Place::new(), Path::new(&path));
        assert!(found > 0, "nothing was found, so nothing was compared");
    }
}

/// Compares both sides; gives the number of different secrets.
fn same(place: &Place, repository: &Path) -> usize {
    let rules = place.top().join("ids.toml");
    std::fs::write(&rules, IDS).expect("a file of ours");
    let told = told_by_history(place, repository, &rules);
    let plain = told_by_plumbing(place, repository);
    let list = |ids: Vec<&String>| ids.into_iter().take(5).cloned().collect::<Vec<_>>();
    let (missing, surplus) =
        (list(plain.difference(&told).collect()), list(told.difference(&plain).collect()));
    assert!(missing.is_empty() && surplus.is_empty(), "not told: {missing:?}, told beside: {surplus:?}");
    told.len()
}

fn told_by_history(place: &Place, repository: &Path, rules: &Path) -> BTreeSet<String> {
    let (repository, rules) = (repository.to_string_lossy(), rules.to_string_lossy());
    let args = ["history", &repository, "--rules", &rules, "--confidence=low", "--format=json"];
    let args = [&args[..], &["--no-inline-ignores"]].concat();
    // A large repository takes as long as it takes.
    let ran = Ran::from(place.leeward(&args).output().expect("the program starts"));
    let report = ran.json();
    // Git lists what is stored, too; what is stored must be in order. What stands at thousands of paths, as ids of objects
    // do, is found without all of them.
    let beside = ["partial-clone", "shallow", "missing-object", "not-attributed"];
    let expected = |kind: &String| beside.iter().chain(&INSIDE).any(|known| known == kind);
    assert!(issues(&ran).iter().all(expected), "{}", ran.err());
    let findings = array(&report["findings"]).iter().chain(array(&report["suppressed"]));
    // The names of refs are in no object.
    let in_object = |location: &Value| location["kind"] != "ref-name";
    let findings = findings.filter(|finding| array(&finding["locations"]).iter().any(in_object));
    findings.map(|finding| finding["secret"]["sha256"].as_str().unwrap_or_default().to_owned()).collect()
}

fn told_by_plumbing(place: &Place, repository: &Path) -> BTreeSet<String> {
    let mut rules = builtin::rules().expect("ours");
    rules.extend(file::parse("ids.toml", IDS).expect("ours"));
    let detector = Detector::new(RuleSet::new(rules).expect("ids differ"));
    let settings = Settings {
        confidence: Confidence::Low,
        inline_ignores: false,
        limits: Limits::default(),
        max_file_size: None,
    };
    let left_out = LeftOut::default();
    let interrupted = AtomicBool::new(false);
    let collector = Collector::new(
        &detector,
        settings,
        &left_out,
        vec!["".into()],
        &interrupted,
        Arc::new(Counters::default()),
    );
    let push = |kind: LocationKind, bytes: &[u8]| {
        collector.blob(Origin { kind, target: 0, path: None, shown: None, object: None }, bytes);
    };
    let git = |args: &[&str]| {
        let mut git = command("git", repository, &place.top().join("home"));
        git.args(["--no-replace-objects", "-c", "safe.directory=*", "-c", "core.fsmonitor=false"]).args(args);
        git
    };
    let mut child = git(&["cat-file", "--batch-all-objects", "--unordered", "--batch"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("git starts");
    let mut out = BufReader::with_capacity(1 << 20, child.stdout.take().expect("it is piped"));
    let (mut header, mut bytes) = (String::new(), Vec::new());
    while out.read_line(&mut header).expect("git writes") > 0 {
        let mut fields = header.split_whitespace();
        let (id, kind, size) =
            (fields.next(), fields.next(), fields.next().and_then(|size| size.parse().ok()));
        bytes.resize(size.expect("a size"), 0);
        out.read_exact(&mut bytes).and_then(|()| out.read_exact(&mut [0])).expect("as long as it said");
        match kind {
            Some("blob") => push(LocationKind::Blob, &bytes),
            Some("tree") => {
                names_of(&bytes, id.map_or(0, str::len) / 2, |name| push(LocationKind::Path, name))
            }
            _ => written(&bytes, |text| push(LocationKind::CommitMessage, text)),
        }
        header.clear();
    }
    assert!(child.wait().expect("it ends").success());
    let outcome = collector.finish();
    let others = outcome.issues.iter().filter(|issue| !INSIDE.contains(&issue.kind.as_str()));
    let others: Vec<&Issue> = others.collect();
    assert!(others.is_empty(), "{others:?}");
    let suppressed = outcome.suppressed.iter().map(|(finding, _)| finding);
    outcome.findings.iter().chain(suppressed).map(|finding| finding.secret.sha256()).collect()
}

/// The names in a tree.
fn names_of(mut tree: &[u8], id_length: usize, mut each: impl FnMut(&[u8])) {
    while let Some((entry, rest)) = tree.split_once_str("\0") {
        each(entry.split_once_str(" ").expect("a mode and a name").1);
        tree = &rest[id_length..];
    }
}

/// What people wrote in a commit or a tag: all but the ids and times that git wrote.
fn written(object: &[u8], mut each: impl FnMut(&[u8])) {
    let (headers, message) = object.split_once_str("\n\n").unwrap_or((object, b""));
    let ids: [&[u8]; 4] = [b"tree ", b"parent ", b"object ", b"type "];
    let people: [&[u8]; 3] = [b"author ", b"committer ", b"tagger "];
    let mut others = Vec::new();
    for line in headers.lines_with_terminator().filter(|line| !ids.iter().any(|id| line.starts_with(id))) {
        if people.iter().any(|person| line.starts_with(person)) {
            let (_, person) = line.split_once_str(" ").expect("it begins so");
            each(person.rsplit_once_str("> ").map_or(person, |(person, _)| person));
        } else {
            others.extend_from_slice(line);
        }
    }
    each(&others);
    each(message);
}
