//! What to do about keys that others have: revoke them first, and only then rewrite the history, in a copy.

use std::collections::BTreeSet;

use bstr::BString;

use super::{Group, Line, NAMED, run, say};
use crate::finding::LocationKind;
use crate::report::shell::word;
use crate::report::spread::joined;

/// Where the recipe has the expressions written: beside the repository.
const EXPRESSIONS: &str = "../leeward-expressions.txt";

/// Where it has the history rewritten: in a copy beside the repository.
const COPY: &str = "../leeward-rewrite.git";

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
        lines.extend(self.unstaged_first());
        lines.push(say(
            "Then, if it shall go from the history too: every commit since gets another id, and everybody clones anew.",
        ));
        // Where no copy was made, nothing is rewritten: all names it.
        let (git, copy) = match remotes.first() {
            Some(remote) => {
                lines.push(run(format!("url=$(git remote get-url {})", word(remote))));
                lines.push(run(format!("git clone --mirror \"$url\" {COPY}")));
                (format!("git -C {COPY}"), format!(" {COPY}"))
            }
            None => {
                lines.push(say("In a fresh copy (git clone --mirror), and at last in place of the old one:"));
                ("git".to_owned(), String::new())
            }
        };
        lines.push(run(format!("leeward history --write-expressions {EXPRESSIONS}{copy}")));
        let messages =
            self.has(|kind| matches!(kind, LocationKind::CommitMessage | LocationKind::TagMessage));
        let messages = if messages { format!(" --replace-message {EXPRESSIONS}") } else { String::new() };
        lines.push(run(format!("{git} filter-repo --replace-text {EXPRESSIONS}{messages}")));
        lines.push(run(format!("rm {EXPRESSIONS}")));
        lines.extend(self.beyond(&git));
        if !remotes.is_empty() {
            lines.push(say(&format!("When `leeward history{copy}` finds nothing any more:")));
            lines.push(run(format!("{git} push --force --mirror \"$url\"")));
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

    /// What the recipe does not reach.
    fn beyond(&self, git: &str) -> Vec<Line> {
        let mut lines = Vec::new();
        let locations = || self.findings.iter().flat_map(|finding| &finding.locations);
        let coded = locations().filter(|location| !location.decoded.is_empty() || !location.inner.is_empty());
        let coded: BTreeSet<&BString> = coded.filter_map(|location| location.path.as_ref()).collect();
        if !coded.is_empty() {
            lines.push(say(
                "Encoded, or in an archive, it is not replaced by that; these files have to go whole:",
            ));
            let paths: String =
                coded.iter().take(NAMED).map(|path| format!(" --path {}", word(path))).collect();
            lines.push(run(format!("{git} filter-repo --invert-paths{paths}")));
        }
        use LocationKind::{Author, Committer, Path, Tagger};
        let hands = [
            (Path, "names of files (--path-rename)"),
            (Author, "people (--mailmap)"),
            (Committer, "people (--mailmap)"),
            (Tagger, "people (--mailmap)"),
        ];
        let by_hand: BTreeSet<&str> =
            hands.iter().filter(|(kind, _)| self.has(|it| it == *kind)).map(|(_, words)| *words).collect();
        if !by_hand.is_empty() {
            let by_hand: Vec<String> = by_hand.into_iter().map(str::to_owned).collect();
            lines.push(say(&format!("Not replaced by that either: {}.", joined(&by_hand))));
        }
        lines
    }
}
