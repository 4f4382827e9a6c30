//! What to do about keys that others have: revoke them first, and only then rewrite the history, in a copy.

use std::collections::BTreeSet;

use bstr::BString;

use super::{Group, Line, NAMED, run, say};
use crate::finding::LocationKind;
use crate::report::shell::word;
use crate::report::spread::joined;

/// Where the recipe has the history rewritten: in a copy of its own, in a new directory that nobody else can read. One that
/// is left from before, of another repository perhaps, would be sent in place of this one.
pub(super) const COPY: &str = "\"$work/copy.git\"";

/// Where it has the expressions written: beside that copy, or beside the repository.
const EXPRESSIONS: [&str; 2] = ["\"$work/expressions.txt\"", "../leeward-expressions.txt"];

/// The command that replaces keys by expressions, in messages if need be. A commit that did nothing but change keys stays.
pub(super) fn filter(git: &str, expressions: &str, messages: bool) -> String {
    let messages = if messages { format!(" --replace-message {expressions}") } else { String::new() };
    format!("{git} filter-repo --prune-empty never --replace-text {expressions}{messages}")
}

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
            "Then, if it shall go from the history too: every commit since gets another id, and everybody clones anew; \
             push first what is only here.",
        ));
        // Where no copy was made, nothing is rewritten: all names it.
        let (git, copy) = match remotes.first() {
            Some(remote) => {
                let url = format!("$(git remote get-url {})", word(remote));
                // Git takes an address that is a path from the top.
                let clone = "git -C \"$(git rev-parse --show-cdup)\" clone --mirror --no-local";
                lines.push(run(format!("work=$(mktemp -d) && {clone} \"{url}\" {COPY}")));
                lines.push(run(format!("url=$(git -C {COPY} remote get-url origin)")));
                (format!("git -C {COPY}"), COPY)
            }
            None => {
                lines.push(say(
                    "In a fresh copy (git clone --mirror --no-local), and at last in place of the old one:",
                ));
                ("git".to_owned(), ".")
            }
        };
        let expressions = EXPRESSIONS[usize::from(remotes.is_empty())];
        lines.push(run(self.expressions(expressions, copy)));
        let messages =
            self.has(|kind| matches!(kind, LocationKind::CommitMessage | LocationKind::TagMessage));
        lines.push(run(filter(&git, expressions, messages)));
        lines.push(run(format!("rm {expressions}")));
        lines.extend(self.beyond(&git));
        if !remotes.is_empty() {
            lines.push(say(&format!(
                "When `leeward history{} {copy}` finds nothing any more:",
                self.options_in_copy
            )));
            lines.push(run(format!("{git} push --force --mirror \"$url\" && rm -rf \"$work\"")));
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

    /// Writes the expressions for a copy, and of what is found there nothing that would lead away from here.
    pub(super) fn expressions(&self, file: &str, copy: &str) -> String {
        format!("leeward history --quiet{} --write-expressions {file} {copy}", self.options_in_copy)
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
