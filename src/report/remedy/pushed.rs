//! What to do about keys that others have: revoke them first, and only then rewrite the history, in a copy.

use std::collections::BTreeSet;

use bstr::BString;

use super::filter::{COPY, forget};
use super::local::DROP;
use super::unpushed::BRANCHES;
use super::{Group, Line, run, say};
use crate::finding::WorkTree;
use crate::report::shell::word;
use crate::report::spread::joined;

impl Group<'_> {
    pub(super) fn pushed(&self) -> Vec<Line> {
        let remotes: BTreeSet<&BString> = self
            .findings
            .iter()
            .flat_map(|finding| &finding.containment)
            .flat_map(|containment| &containment.remotes)
            .collect();
        let mut lines = vec![say(
            "First delete the key at its provider, as said above: who has it keeps it, whatever is rewritten here.",
        )];
        // A copy that is made then has other names.
        lines.extend(self.renamed());
        lines.extend(self.unstaged_first());
        lines.push(say(
            "Then, if it shall go from the history too: every commit since gets another id, and everybody clones anew; \
             push first what is only here. This takes git-filter-repo (pip install git-filter-repo):",
        ));
        // Where no copy was made, nothing is rewritten: all names it.
        match remotes.first() {
            Some(remote) => {
                let url = format!("$(git remote get-url {})", word(remote));
                // Git takes an address that is a path from the top.
                let clone = "git -C \"$(git rev-parse --show-cdup)\" clone --mirror --no-local";
                lines.push(run(format!("work=$(mktemp -d) && {clone} \"{url}\" {COPY}")));
                lines.push(run(format!("url=$(git -C {COPY} remote get-url origin)")));
            }
            None => {
                let here = "\"$(git rev-parse --git-common-dir)\"";
                lines.push(run(format!("work=$(mktemp -d) && git clone --mirror --no-local {here} {COPY}")));
            }
        };
        lines.extend(self.filter(""));
        lines.push(forget());
        lines.push(say(&format!(
            "When `leeward history{} {COPY}` finds nothing any more:",
            self.options_in_copy
        )));
        match remotes.is_empty() {
            true => lines.extend(self.back_from_copy()),
            false => {
                lines.push(run(format!("git -C {COPY} push --force --mirror \"$url\" && rm -rf \"$work\"")))
            }
        }
        if remotes.len() > 1 {
            let others: Vec<_> = remotes.iter().skip(1).map(|remote| word(remote)).collect();
            lines.push(say(&format!(
                "The same again for each other remote that has it, in a copy of its own: {}.",
                joined(&others)
            )));
        }
        lines.push(say(
            "Forks, and what a forge keeps of pull requests, stay as they are: ask those who run it to drop them.",
        ));
        lines
    }

    /// Takes all refs from the copy, and drops what they were.
    fn back_from_copy(&self) -> Vec<Line> {
        let found = self.findings.iter().flat_map(|finding| &finding.containment);
        let here =
            found.flat_map(|found| &found.checked_out).find(|branch| branch.work_tree == WorkTree::Here);
        let mut fetch =
            format!("git fetch --no-write-fetch-head --prune {COPY} '+refs/*:refs/*' && rm -rf \"$work\"");
        // Git takes nothing into what is checked out.
        if let Some(branch) = here {
            let name = word(branch.branch.strip_prefix(BRANCHES).unwrap_or(&branch.branch));
            fetch = format!("git switch --detach && {fetch} && git switch {name}");
        }
        vec![
            run(fetch),
            say("What no ref leads to any more is stored until it is dropped:"),
            run(DROP.to_owned()),
        ]
    }
}
