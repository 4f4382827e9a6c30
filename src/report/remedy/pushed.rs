//! What to do about keys that others have: revoke them first, and only then rewrite the history, in a copy.

use std::collections::BTreeSet;

use bstr::BString;

use super::filter::{ALL_REFS, COPY, forget, notes_follow, replacements_go};
use super::local::BORROWERS;
use super::unpushed::BRANCHES;
use super::{Group, Line, run, say};
use crate::finding::WorkTree;
use crate::report::shell::word;
use crate::report::spread::joined;

/// Every ref but those that a forge makes, and nobody else changes.
const ALL_OF_ONES_OWN: &str = "'refs/*:refs/*' '^refs/pull/*' '^refs/merge-requests/*'";

/// Copies all that a repository has. The remote has the name that is read then, and that git-filter-repo wants.
const CLONE: &str = "-c clone.defaultRemoteName=origin clone --mirror --no-local";

/// What people push: a forge makes refs of its own all the time.
const PUSHED: [&str; 3] = ["refs/heads", "refs/tags", "refs/notes"];

/// Lists refs as `git ls-remote` does.
const LIST: &str = "for-each-ref --format='%(objectname)%09%(refname)'";

/// Notes what the copy's refs are, in a file that is begun (`>`) or has more (`>>`).
fn remember(into: &str) -> String {
    format!("git --git-dir {COPY} {LIST} {} {into}\"$work/refs.txt\"", PUSHED.join(" "))
}

/// What to look at before refs are overwritten: whether each, as `now` lists them, is as it was copied, or as it shall be.
fn unchanged(now: &str) -> [Line; 2] {
    [
        say(
            "Nobody may push from the first of these commands to the last: it would be overwritten. So this looks whether branches, \
             tags and notes are still what was copied. If it shows any, nothing more is done: begin anew, with another copy.",
        ),
        run(format!(
            "unchanged() {{ {} && {now} >\"$work/now.txt\" && ! grep -vxF -f \"$work/refs.txt\" \"$work/now.txt\"; }}",
            remember(">>")
        )),
    ]
}

/// The address that a remote is pushed to, in a shell: what is overwritten there, is what is copied and compared.
fn push_address(remote: &BString) -> String {
    format!("$(git remote get-url --push {})", word(remote))
}

impl Group<'_> {
    pub(super) fn pushed(&self) -> Vec<Line> {
        let found = || self.findings.iter().flat_map(|finding| &finding.containment);
        let known: BTreeSet<&BString> = found().flat_map(|found| &found.remotes).collect();
        let mut possible: BTreeSet<&BString> = found().flat_map(|found| &found.may_have).collect();
        possible.retain(|remote| !known.contains(remote));
        let mut lines = vec![say(
            "First delete the key at its provider, as said above: who has it keeps it, whatever is rewritten here.",
        )];
        // A copy that is made then has other names.
        lines.extend(self.renamed());
        lines.extend(self.unstaged_first());
        lines.push(say(
            "Then, if it shall go from the history too: every commit since gets another id, and everybody clones anew; \
             push first what is only here and holds no other key. This takes git-filter-repo (pip install git-filter-repo):",
        ));
        match (known.first(), possible.first()) {
            (Some(remote), _) => lines.extend(self.at_remote(remote, true)),
            (None, Some(remote)) => lines.extend(self.at_remote(remote, false)),
            (None, None) => lines.extend(self.in_place()),
        }
        let others = |remotes: &BTreeSet<&BString>, skipped: usize, what: &str| {
            let names: Vec<_> = remotes.iter().skip(skipped).map(|remote| word(remote)).collect();
            let names = (!names.is_empty()).then(|| joined(&names));
            names.map(|names| {
                say(&format!(
                    "The same again for each other remote that {what}, in a copy of its own: {names}."
                ))
            })
        };
        lines.extend(others(&known, 1, "has it"));
        lines.extend(others(&possible, usize::from(known.is_empty()), "may have it"));
        lines.extend(self.other_addresses());
        if known.is_empty() && !possible.is_empty() {
            lines.push(say(
                "This repository has it still. Clone it anew from a remote that had it; or, to keep this one, rewrite it as well:",
            ));
            lines.extend(self.in_place());
        }
        lines.push(say(
            "Forks, and what a forge keeps of pull and merge requests, have the key until those who run it drop them: ask its \
             support.",
        ));
        lines
    }

    /// Rewrites what a remote has, if that `is_known` to have a key or turns out to.
    fn at_remote(&self, remote: &BString, is_known: bool) -> Vec<Line> {
        let url = push_address(remote);
        // Git takes an address that is a path from the top.
        let clone = format!("git -C \"$(git rev-parse --show-cdup)\" {CLONE}");
        let mut lines = Vec::new();
        if !is_known {
            lines.push(say(&format!(
                "Which remote has it is not known. This begins with {}; a copy that has no key is removed, and then the commands after \
                 that fail and change nothing:",
                word(remote)
            )));
        }
        // Where no copy was made, nothing is rewritten: all names it.
        lines.push(run(format!("work=$(mktemp -d) && {clone} \"{url}\" {COPY}")));
        lines.push(run(format!("url=$(git --git-dir {COPY} remote get-url origin) && {}", remember(">"))));
        let or_removed = if is_known { "" } else { " && rm -rf \"$work\"" };
        lines.extend(self.filter("", or_removed));
        lines.push(forget());
        lines.push(replacements_go());
        // Whether a remote has notes that were never fetched is not known.
        lines.extend(notes_follow(&format!("git --git-dir {COPY}")));
        lines.push(self.looked_through());
        lines.extend(unchanged(&format!("git ls-remote --refs \"$url\" '{}/*'", PUSHED.join("/*' '"))));
        // Nothing else is deleted there: what a remote hides from those who fetch is not in the copy.
        lines.push(run(format!(
            "unchanged && git --git-dir {COPY} push --force --prune \"$url\" 'refs/replace/*:refs/replace/*' && \
             git --git-dir {COPY} push --force \"$url\" 'refs/*:refs/*'"
        )));
        lines.push(say(
            "A forge refuses refs/pull/* (GitHub and others) or refs/merge-requests/* (GitLab), `! [remote rejected]`: they \
             stay as they are. Where it refuses a branch or a tag, allow forced pushes to that for a while (it is \
             protected, or receive.denyNonFastForwards is set, or it is checked out there). This sends what is left, and \
             removes the copy once all of it went through:",
        ));
        lines.push(run(format!(
            "unchanged && git --git-dir {COPY} push --force \"$url\" {ALL_OF_ONES_OWN} && rm -rf \"$work\""
        )));
        lines
    }

    /// Rewrites what this repository has.
    fn in_place(&self) -> Vec<Line> {
        // What is put aside hangs on what was there before: nothing else has it any more.
        if self.is_beside_alone() {
            return self.beside().into_iter().chain(self.dropped()).collect();
        }
        let here = "\"$(git rev-parse --git-common-dir)\"";
        let mut lines = vec![
            run(format!("work=$(mktemp -d) && git {CLONE} {ALL_REFS} {here} {COPY}")),
            run(remember(">")),
            // git-filter-repo makes branches of what follows a remote.
            run(format!(
                "git --git-dir {COPY} for-each-ref --format='delete %(refname)' refs/remotes refs/stash | \
                 git --git-dir {COPY} update-ref --stdin"
            )),
        ];
        lines.extend(self.filter("", ""));
        lines.push(forget());
        lines.push(replacements_go());
        if self.has_notes() {
            lines.extend(notes_follow(&format!("git --git-dir {COPY}")));
        }
        lines.push(self.looked_through());
        lines.extend(unchanged(&format!("git {LIST} {}", PUSHED.join(" "))));
        lines.extend(self.back_from_copy());
        lines
    }

    /// What the copy has to be before anything is overwritten with it.
    fn looked_through(&self) -> Line {
        say(&format!("When `leeward history{} {COPY}` finds nothing any more:", self.options_in_copy))
    }

    /// What is fetched from one address need not be all that another has: each is rewritten by itself.
    fn other_addresses(&self) -> Vec<Line> {
        let found = self.findings.iter().flat_map(|finding| &finding.containment);
        let remotes: BTreeSet<&BString> = found.flat_map(|found| &found.many_addresses).collect();
        let each = |remote: &BString| {
            let (name, address) = (word(remote), push_address(remote));
            [
                say(&format!(
                    "The same again for each other address that {name} is pushed to, in a copy of its own, with that address in place of \
                     \"{address}\":"
                )),
                run(format!("git remote get-url --push --all {name}")),
                say(
                    "Where it is fetched from, an address that is not among these has the key until that follows by itself, or until \
                     those who run it see to it:",
                ),
                run(format!("git remote get-url --all {name}")),
            ]
        };
        remotes.into_iter().flat_map(each).collect()
    }

    /// Takes all refs from the copy, and drops what they were.
    fn back_from_copy(&self) -> Vec<Line> {
        let found = self.findings.iter().flat_map(|finding| &finding.containment);
        let checked_out: BTreeSet<(Option<&BString>, &BString)> = found
            .flat_map(|found| &found.checked_out)
            .filter_map(|branch| match &branch.work_tree {
                WorkTree::Here => Some((None, &branch.branch)),
                WorkTree::At(top) => Some((Some(top), &branch.branch)),
                WorkTree::Gone => None,
            })
            .collect();
        // What is checked out follows its branch only by a switch.
        let switch = |top: Option<&BString>, to: &str| {
            let there = top.map_or_else(String::new, |top| format!(" -C {}", word(top)));
            format!("git{there} switch {to}")
        };
        let away = checked_out.iter().map(|(top, _)| switch(*top, "--detach"));
        let fetch = format!(
            "git fetch --update-head-ok --no-write-fetch-head --prune {COPY} \
                             '+refs/*:refs/*' '^refs/remotes/*' '^refs/stash'"
        );
        let back = checked_out
            .iter()
            .map(|(top, name)| switch(*top, &word(name.strip_prefix(BRANCHES).unwrap_or(name))));
        let remove = "rm -rf \"$work\"".to_owned();
        let begin = ["unchanged".to_owned()].into_iter();
        let commands: Vec<String> = begin.chain(away).chain([fetch]).chain(back).chain([remove]).collect();
        let what = format!("What no ref leads to any more is stored until it is dropped ({BORROWERS}):");
        let beside = self.beside().into_iter();
        [run(commands.join(" && "))]
            .into_iter()
            .chain(beside)
            .chain([say(&what)])
            .chain(self.dropped())
            .collect()
    }
}
