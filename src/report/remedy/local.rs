//! What to do about keys that are staged, in the last commit, in the stash, or in no ref any more.

use std::collections::BTreeSet;

use bstr::BString;

use super::{Group, Line, NAMED, run, say};
use crate::finding::{Finding, LocationKind, Presence};
use crate::report::shell::word;

impl Group<'_> {
    pub(super) fn staged(&self) -> Vec<Line> {
        let elsewhere = self.findings.iter().all(|finding| finding.presence == Some(Presence::Gone));
        let steps = match elsewhere {
            true => {
                "In the work tree whose index holds it, unstage it, take the key out, and stage it again:"
            }
            false => "Unstage it, take the key out, and stage it again:",
        };
        match self.files(|_| true) {
            Some(files) => vec![say(steps), run(format!("git reset -q --{files}"))],
            // Without a path, this takes everything out of the index, and says so.
            None => vec![
                say(
                    "Unstage everything, because the name of a file holds it; change the name, and stage again:",
                ),
                run("git reset".to_owned()),
            ],
        }
    }

    /// What is staged as well would be committed with what follows.
    pub(super) fn unstaged_first(&self) -> Vec<Line> {
        match self.files(|kind| kind == LocationKind::Index) {
            Some(files) => vec![say("Unstage it first:"), run(format!("git reset -q --{files}"))],
            None => Vec::new(),
        }
    }

    pub(super) fn last_commit(&self) -> Vec<Line> {
        let mut lines = self.unstaged_first();
        if self.has(|kind| kind == LocationKind::Blob) {
            lines.push(say("Take it out of the file, and put what is left in place of the commit:"));
            // Whatever else is staged stays out of it.
            lines.push(match self.files(|kind| kind == LocationKind::Blob) {
                Some(files) => run(format!("git commit --amend --no-edit --only --{files}")),
                None => run("git commit --amend --no-edit --all".to_owned()),
            });
        }
        if self.has(|kind| !matches!(kind, LocationKind::Blob | LocationKind::Index)) {
            lines.push(say("Message, people and names of files are changed by hand:"));
            // Without it, the author stays who it was.
            let author = if self.has(|kind| kind == LocationKind::Author) { " --reset-author" } else { "" };
            lines.push(run(format!("git commit --amend{author}")));
        }
        lines.push(say("The old commit stays stored until git drops it."));
        lines
    }

    pub(super) fn stashed(&self) -> Vec<Line> {
        let entries: BTreeSet<&BString> = self.findings.iter().flat_map(|finding| logs(finding)).collect();
        let mut lines = vec![say("Look at what was put aside, keep what is needed, and drop the rest:")];
        // From the last to the first: each drop moves those behind it up.
        let mut entries: Vec<&BString> = entries.into_iter().collect();
        entries.sort_by_key(|entry| std::cmp::Reverse((entry.len(), *entry)));
        for entry in entries.iter().take(NAMED) {
            lines.push(run(format!("git stash drop {}", word(entry))));
        }
        lines
    }
}

/// What to do about what no ref leads to.
pub(super) fn drop_unreachable() -> Vec<Line> {
    vec![
        say(
            "Nothing is to be rewritten. To have it dropped at once, with all else that no ref leads to, older stashes \
             included:",
        ),
        run("git reflog expire --expire=now --expire-unreachable=now --all && git gc --prune=now".to_owned()),
    ]
}

fn logs(finding: &Finding) -> impl Iterator<Item = &BString> {
    let logs = finding.containment.iter().flat_map(|containment| &containment.reflogs);
    logs.filter(|entry| entry.starts_with(b"stash@"))
}
