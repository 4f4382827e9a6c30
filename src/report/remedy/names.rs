//! What to do about names of refs that hold keys.
//!
//! No report has such a name, so that each command looks it up, by what the mask shows of it.

use std::collections::{BTreeMap, BTreeSet};

use bstr::{BString, ByteSlice as _};

use super::{Group, Line, NAMED, run, say};
use crate::report::shell::word;

impl Group<'_> {
    /// Gives the refs other names, here and at remotes.
    pub(super) fn renamed(&self) -> Vec<Line> {
        let containments = || self.findings.iter().filter_map(|finding| finding.containment.as_ref());
        let remotes: Vec<&BString> = containments().flat_map(|found| &found.remotes).collect();
        let named = containments().flat_map(|found| &found.named);
        let named: BTreeSet<&BString> = named.collect();
        let mut of_kind: BTreeMap<BString, usize> = BTreeMap::new();
        let command = |name: &&BString| {
            let number = of_kind.entry(kind(name)).or_default();
            let command = command(name, *number, &remotes)?;
            *number += 1;
            Some(command)
        };
        let commands: Vec<String> = named.iter().filter_map(command).take(NAMED).collect();
        let title =
            say("It is in the name of a ref. Give that another name, and delete it where it was pushed:");
        let title = (!commands.is_empty()).then_some(title);
        title.into_iter().chain(commands.into_iter().map(run)).collect()
    }
}

/// What stands for a name that somebody has to think of, another for each number.
pub(super) fn new_name(number: usize) -> String {
    if number == 0 { "NEW-NAME".to_owned() } else { format!("NEW-NAME-{}", number + 1) }
}

/// What a full name begins with, its first two parts.
fn kind(name: &BString) -> BString {
    let parts: Vec<&[u8]> = name.split(|&byte| byte == b'/').take(2).collect();
    parts.join(&b'/').into()
}

/// The command that takes a name away, the `number`th of its kind; none for what is no ref of its own.
fn command(name: &BString, number: usize, remotes: &[&BString]) -> Option<String> {
    let new = new_name(number);
    let pattern = word(name.replace("\u{2026}", "*").as_bytes());
    let found = |format: &str| format!("\"$(git for-each-ref --format='%({format})' {pattern})\"");
    let of_remote = |remote: &&&BString| {
        let rest = name.strip_prefix(b"refs/remotes/").and_then(|rest| rest.strip_prefix(remote.as_slice()));
        rest.is_some_and(|rest| rest.starts_with(b"/"))
    };
    if let Some(remote) = remotes.iter().find(of_remote) {
        let parts = 3 + remote.iter().filter(|&&byte| byte == b'/').count();
        let branch = found(&format!("refname:lstrip={parts}"));
        return Some(format!("git push {} --delete {branch}", word(remote)));
    }
    if name.starts_with(b"refs/heads/") {
        return Some(format!("git branch --move {} {new}", found("refname:lstrip=2")));
    }
    name.strip_prefix(b"refs/")?;
    let new = word(&[kind(name).as_slice(), b"/", new.as_bytes()].concat());
    Some(format!("git update-ref {new} {} && git update-ref -d {}", found("objectname"), found("refname")))
}
