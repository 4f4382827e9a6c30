//! How keys are taken out of commits that no remote is known to have, where a rebase would lose something: merges are made anew
//! by it, without what was done by hand in them, and what several refs share is not shared any more.
//!
//! The commits are rewritten in a copy, in which no commit changes but for the key, and fetched from there. The copy takes the
//! objects of the repository, so that it costs as much as what it rewrites. What was committed meanwhile is put on top.

use std::collections::BTreeSet;

use bstr::BString;

use super::filter::{ALL_REFS, COPY, notes_follow};
use super::names::new_name;
use super::rebase::checked;
use super::unpushed::{BRANCHES, is_rebased, rebase, refs};
use super::{Group, Line, run, say};
use crate::finding::{CheckedOut, Finding, Rebase, WorkTree};
use crate::report::shell::word;

/// Takes something from the copy. What git notes as fetched counts as what others have.
const FETCH: &str = "fetch --no-tags --no-write-fetch-head \"$work/copy.git\"";

/// Digits of an id that git-filter-repo reads.
pub(super) const SHA1: usize = 40;

impl Group<'_> {
    /// The branches and tags that are to be rewritten: none, where a rebase does.
    pub(super) fn rewritten(&self) -> BTreeSet<&BString> {
        match self.loses() {
            true => self.moved().flat_map(refs).filter(is_named).collect(),
            false => BTreeSet::new(),
        }
    }

    /// What comes first where a rebase would lose something, and a HEAD is on no branch that could be rewritten.
    pub(super) fn branch_first(&self) -> Vec<Line> {
        let on_none = self.moved().filter(|finding| self.loses() && !on_branch(finding));
        let places: BTreeSet<Option<&BString>> =
            on_none.filter_map(rebase).filter(|it| !it.gone).map(|it| it.work_tree.as_ref()).collect();
        let create = |(number, top): (usize, &Option<&BString>)| {
            let there = top.map_or_else(String::new, |top| format!(" -C {}", word(top)));
            run(format!("git{there} switch --create {}", new_name(number)))
        };
        let title = (!places.is_empty()).then(|| {
            say("HEAD is on no branch. Give it one, and look again, so that nothing done by hand in merges is lost:")
        });
        title
            .into_iter()
            .chain(places.iter().enumerate().map(|(number, top)| create((number, top))))
            .collect()
    }

    fn moved(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().copied().filter(|finding| is_rebased(finding))
    }

    /// Whether a rebase would lose something: what was done by hand in merges, or that several refs share it. With ids of
    /// SHA-256, there is no other way: git-filter-repo does not know where to begin.
    fn loses(&self) -> bool {
        let shared = |finding: &Finding| refs(finding).filter(is_named).count() > 1;
        let loses = |finding: &Finding| {
            rebase(finding).is_some_and(|it| it.tip.len() == SHA1 && (it.merges || shared(finding)))
        };
        self.moved().any(loses)
    }

    /// Rewrites refs, behind the commits that rebases would begin with.
    pub(super) fn rewrite<'r>(
        &self,
        names: &BTreeSet<&BString>,
        rebases: impl Iterator<Item = &'r Rebase>,
    ) -> Vec<Line> {
        let mut lines = vec![say(
            "Before it is pushed: several refs have it, or merges, which a rebase would make anew without what was done by hand \
             in them. So it is taken out in a copy, by git-filter-repo (pip install git-filter-repo):",
        )];
        let found = self.findings.iter().flat_map(|finding| &finding.containment);
        let mut checked_out: Vec<&CheckedOut> = found.flat_map(|found| &found.checked_out).collect();
        checked_out.retain(|branch| branch.work_tree != WorkTree::Gone);
        checked_out.sort_by_key(|branch| &branch.branch);
        checked_out.dedup();
        let clean = clean(&checked_out);
        if clean.is_some() {
            lines.push(say("Where files are changed and not committed, nothing of this is done: commit or stash them first (a submodule that is staged: commit it)."));
        }
        lines.extend(self.as_stored());
        let copy = format!(
            "work=$(mktemp -d) && git clone --mirror --shared {ALL_REFS} \"$(git rev-parse --git-common-dir)\" {COPY}"
        );
        // What an earlier copy was in is not used again, nor removed.
        let begin = ["unset work".to_owned()].into_iter().chain(clean.clone()).chain([copy]);
        lines.push(run(begin.collect::<Vec<_>>().join(" && ")));
        let behind: BTreeSet<&str> = rebases.filter_map(|rebase| rebase.base.as_deref()).collect();
        let names_and_ends = names.iter().map(|name| word(name));
        let names_and_ends = names_and_ends.chain(behind.iter().map(|id| word(format!("^{id}").as_bytes())));
        let range = names_and_ends.collect::<Vec<_>>().join(" ");
        // What a remote has stays as it is, and with it, what is signed there.
        let remotes = format!("$(git --git-dir {COPY} rev-parse --not --remotes)");
        lines.extend(self.filter(&format!(" --force --refs {range} {remotes}"), ""));
        let is_checked_out = |name: &&&BString| checked_out.iter().any(|branch| branch.branch == ***name);
        let others = names.iter().filter(|name| !is_checked_out(name));
        let others: Vec<String> =
            others.map(|name| word(&[b"+", name.as_slice(), b":", name.as_slice()].concat())).collect();
        let others = (!others.is_empty()).then(|| format!("git {FETCH} {}", others.join(" ")));
        // All or none: what they share stays shared. What is left to be taken stays in the copy.
        let mut taken: Vec<String> =
            clean.into_iter().chain(checked_out.iter().map(|branch| fetched(branch))).chain(others).collect();
        if self.has_notes() {
            let [title, follow] = notes_follow("git");
            lines.push(title);
            taken.extend(match follow {
                Line::Run(command) => Some(command),
                Line::Say(_) => None,
            });
        }
        taken.push("rm -rf \"$work\"".to_owned());
        lines.push(run(taken.join(" && ")));
        let here = checked_out.iter().find(|branch| branch.work_tree == WorkTree::Here);
        lines.extend(here.into_iter().flat_map(|branch| checked(&branch.tip)));
        lines
    }
}

/// Whether no work tree has changes that git would stop at, between one branch and the next. What submodules have, stays as it
/// is; that one is staged would be forgotten.
fn clean(checked_out: &[&CheckedOut]) -> Option<String> {
    let status = |branch: &&CheckedOut| {
        let git = match &branch.work_tree {
            WorkTree::At(top) => format!("git -C {}", word(top)),
            WorkTree::Here | WorkTree::Gone => "git".to_owned(),
        };
        format!(
            "{git} status --porcelain -uno --ignore-submodules; {git} diff --cached --name-only --ignore-submodules=none"
        )
    };
    let all: Vec<String> = checked_out.iter().map(status).collect();
    (!all.is_empty()).then(|| format!("test -z \"$({})\"", all.join("; ")))
}

/// What takes a branch that is checked out from the copy. What was committed to it meanwhile is put on top, and git stops at
/// files that were changed.
fn fetched(branch: &CheckedOut) -> String {
    let git = match &branch.work_tree {
        WorkTree::At(top) => format!("git -C {}", word(top)),
        WorkTree::Here | WorkTree::Gone => "git".to_owned(),
    };
    let short = word(branch.branch.strip_prefix(BRANCHES).unwrap_or(&branch.branch));
    let (name, tip) = (word(&branch.branch), &branch.tip);
    let now = format!("\"$(git --git-dir {COPY} rev-parse {name})\"");
    format!(
        "{git} {FETCH} {name} && {git} -c commit.cleanup=verbatim rebase --rebase-merges --empty=keep --onto {now} {tip} {short}"
    )
}

/// Whether a ref can be rewritten.
fn is_named(name: &&BString) -> bool {
    name.starts_with(BRANCHES) || name.starts_with(b"refs/tags/")
}

/// Whether what would be rebased is a branch.
fn on_branch(finding: &Finding) -> bool {
    let branch = rebase(finding).and_then(|rebase| rebase.branch.as_ref());
    branch.or_else(|| refs(finding).next()).is_some_and(|name| name.starts_with(BRANCHES))
}
