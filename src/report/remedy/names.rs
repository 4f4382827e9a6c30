//! What to do about names of refs that hold keys.
//!
//! No report has such a name, so that each command looks it up, by what the mask shows of it.

use bstr::{BString, ByteSlice as _};

use super::{Group, Line, NAMED, run, say};
use crate::report::shell::word;

impl Group<'_> {
    /// Gives the refs other names, here and at remotes.
    pub(super) fn renamed(&self) -> Vec<Line> {
        let containments = || self.findings.iter().filter_map(|finding| finding.containment.as_ref());
        let remotes: Vec<&BString> = containments().flat_map(|found| &found.remotes).collect();
        let named = containments().flat_map(|found| &found.named);
        let commands: Vec<String> = named.filter_map(|name| command(name, &remotes)).take(NAMED).collect();
        let title =
            say("It is in the name of a ref. Give that another name, and delete it where it was pushed:");
        let title = (!commands.is_empty()).then_some(title);
        title.into_iter().chain(commands.into_iter().map(run)).collect()
    }
}

/// The command that takes a name away; none for what is no ref of its own.
fn command(name: &BString, remotes: &[&BString]) -> Option<String> {
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
        return Some(format!("git branch --move {} NEW-NAME", found("refname:lstrip=2")));
    }
    let kind = name.strip_prefix(b"refs/")?.split(|&byte| byte == b'/').next()?;
    let new = word(&[b"refs/", kind, b"/NEW-NAME"].concat());
    Some(format!("git update-ref {new} {} && git update-ref -d {}", found("objectname"), found("refname")))
}
