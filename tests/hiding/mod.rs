//! Hide and seek: a repository with a key of its own in every place that can hold one, stored in every way that git
//! knows, and what each command finds in it.

mod build;
mod commands;
mod incomplete;
mod names;
#[cfg(unix)]
mod owner;
mod plumbing;
mod shapes;

use std::collections::{BTreeMap, BTreeSet};

use leeward::secret::Secret;
use serde_json::Value;

pub(crate) use build::Hiding;

use crate::support::Ran;
use crate::support::values::key;

/// From where a place can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    /// A ref, or a HEAD.
    Ref,
    /// It is the name of a ref.
    Name,
    /// Nothing but a reflog, or nothing at all.
    Nowhere,
    /// The index.
    Index,
}

/// A place that a key was put in, and how a report of the history should tell of it.
#[derive(Clone, Debug)]
struct Hidden {
    what: &'static str,
    key: usize,
    kind: &'static str,
    path: Option<String>,
    line: u64,
    /// The subject of the commit.
    commit: Option<&'static str>,
    from: From,
}

impl Hidden {
    fn told(&self) -> String {
        told(self.what, self.kind, self.path.as_deref(), self.line, self.commit.unwrap_or("-"))
    }
}

fn told(what: &str, kind: &str, path: Option<&str>, line: u64, commit: &str) -> String {
    format!("{what}: {kind} {:?} line {line} commit {commit}", path.unwrap_or("-"))
}

/// A text with a mask in place of every key of the tests, as reports show subjects.
fn masked(text: &str, keys: usize) -> String {
    (1..=keys).fold(text.to_owned(), |text, number| {
        text.replace(&key(number), &Secret::new(key(number).as_bytes()).redacted())
    })
}

/// What a report tells, in the form of [`Hidden::told`].
fn seen(ran: &Ran, hiding: &Hiding) -> BTreeSet<String> {
    let whats: BTreeMap<String, &str> = hiding
        .hidden
        .iter()
        .map(|hidden| (Secret::new(key(hidden.key).as_bytes()).sha256(), hidden.what))
        .collect();
    let report = ran.json();
    let mut seen = BTreeSet::new();
    for finding in array(&report["findings"]) {
        let sha256 = finding["secret"]["sha256"].as_str().unwrap_or_default();
        let what = whats.get(sha256).copied().unwrap_or("something else");
        for location in array(&finding["locations"]) {
            let kind = location["kind"].as_str().unwrap_or_default();
            let line = location["start_line"].as_u64().unwrap_or_default();
            let commit = location["commit"]["subject"].as_str().unwrap_or("-");
            seen.insert(told(what, kind, location["path"].as_str(), line, commit));
        }
    }
    seen
}

/// Fails unless a report tells of exactly these places.
#[track_caller]
fn assert_finds<'h>(ran: &Ran, hiding: &Hiding, expected: impl IntoIterator<Item = &'h Hidden>, how: &str) {
    let expected: BTreeSet<String> =
        expected.into_iter().map(|hidden| masked(&hidden.told(), hiding.keys())).collect();
    let seen = seen(ran, hiding);
    let list = |strings: Vec<&String>| strings.iter().map(|s| format!("\n    {s}")).collect::<String>();
    let missing = list(expected.difference(&seen).collect());
    let surplus = list(seen.difference(&expected).collect());
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "{how}:\n  not told:{missing}\n  told beside:{surplus}\n{}",
        ran.err()
    );
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The kinds of issues of a report.
fn issues(ran: &Ran) -> Vec<String> {
    let kind = |issue: &Value| issue["kind"].as_str().unwrap_or_default().to_owned();
    array(&ran.json()["issues"]).iter().map(kind).collect()
}
