//! `leeward range`: which keys each range brings in, and which ranges cannot be scanned.

mod how_far;
mod revisions;
mod storage;
mod what_is_new;

use std::collections::BTreeMap;

use leeward::secret::Secret;
use serde_json::Value;

use crate::support::Ran;
use crate::support::place::Place;
use crate::support::values::key;

/// The line of a settings file that holds a key.
fn line(number: usize) -> String {
    format!("MISTRAL_API_KEY={}\n", key(number))
}

/// A repository to which commits are added.
struct Repo {
    place: Place,
}

impl Repo {
    /// With a first commit on `main`, tagged `base`, that holds key 1 in `base.env`.
    fn new() -> Repo {
        let mut repo = Repo { place: Place::new() };
        repo.place.init();
        repo.write("base.env", line(1));
        repo.commit("base");
        repo.git(&["tag", "base"]);
        repo
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        self.place.write(path, content);
    }

    fn git(&mut self, args: &[&str]) -> String {
        self.place.git(args).out().trim_end().to_owned()
    }

    /// Commits everything there is; gives the commit's id.
    fn commit(&mut self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Writes a file with a key and commits it under a message of the same name.
    fn add(&mut self, path: &str, number: usize) -> String {
        self.write(path, line(number));
        self.commit(path)
    }

    fn range(&self, range: &str) -> Ran {
        self.place.run(&["range", range, "--format=json"])
    }

    /// Where each key is reported: kind, path, subject of the commit. Fails unless the scan is complete.
    #[track_caller]
    fn finds(&self, range: &str) -> Vec<(usize, String)> {
        let ran = self.range(range);
        assert!(matches!(ran.status, Some(0 | 1)), "{range}: {}{}", ran.out(), ran.err());
        found(&ran)
    }
}

/// Keys by number with their places as `kind path @ subject of the commit`, sorted.
fn found(ran: &Ran) -> Vec<(usize, String)> {
    let numbers: BTreeMap<String, usize> =
        (1..40).map(|number| (Secret::new(key(number).as_bytes()).sha256(), number)).collect();
    let report = ran.json();
    let mut found = Vec::new();
    for finding in array(&report["findings"]) {
        let number = numbers[text(&finding["secret"]["sha256"])];
        for location in array(&finding["locations"]) {
            let path = location["path"].as_str().map(|path| format!(" {path}")).unwrap_or_default();
            let subject = text(&location["commit"]["subject"]);
            let subject = subject.replace(&format!("MISTRAL_API_KEY={}", masked(number)), "(key)");
            found.push((number, format!("{}{path} @ {subject}", text(&location["kind"]))));
        }
    }
    found.sort();
    found
}

fn masked(number: usize) -> String {
    Secret::new(key(number).as_bytes()).redacted()
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The kinds of issues of a report.
fn issues(ran: &Ran) -> Vec<String> {
    array(&ran.json()["issues"]).iter().map(|issue| text(&issue["kind"]).to_owned()).collect()
}

/// Places as the tests write them.
fn places(expected: &[(usize, &str)]) -> Vec<(usize, String)> {
    expected.iter().map(|&(number, place)| (number, place.to_owned())).collect()
}
