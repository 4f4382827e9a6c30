//! What to do about keys in commits, tags and notes that no remote is known to have.
//!
//! Where one branch has a key, and no merge, that is rebased, see `rebase`. What was done by hand in a merge, and what several refs
//! share, would be lost by that: they are rewritten, see `rewrite`. What no branch has is left to `refs`.

use std::collections::{BTreeMap, BTreeSet};

use bstr::BString;

use super::{Group, Line, NAMED, run, say};
use crate::finding::{Finding, Rebase, WorkTree};
use crate::sanitize::visible;
use crate::words::count;

/// What the full names of branches begin with.
pub(super) const BRANCHES: &[u8] = b"refs/heads/";

/// Whether a branch has it in a commit, or what is checked out.
pub(super) fn is_rebased(finding: &Finding) -> bool {
    rebase(finding).is_some()
}

pub(super) fn rebase(finding: &Finding) -> Option<&Rebase> {
    finding.containment.as_ref()?.rebase.as_ref()
}

pub(super) fn refs(finding: &Finding) -> impl Iterator<Item = &BString> {
    finding.containment.iter().flat_map(|containment| &containment.refs)
}

impl Group<'_> {
    pub(super) fn unpushed(&self) -> Vec<Line> {
        let rebases = self.rebases();
        let mut lines = if rebases.is_empty() {
            Vec::new()
        } else {
            self.ended_first(false, &self.changed_places(&rebases))
        };
        lines.extend(self.unstaged_first());
        if self.is_in_one_that_is_gone() {
            lines.push(say(
                "A linked work tree is gone from disk (if it was moved: `git worktree repair PATH`). Have git forget it, with what is \
                 staged there and a HEAD there that is on no branch:",
            ));
            lines.push(run("git worktree prune".to_owned()));
        }
        lines.extend(self.tags_elsewhere());
        let (rewritten, branch_first) = (self.rewritten(), self.branch_first());
        // A note goes along with its commit, as it is then.
        lines.extend(self.refs_alone(&rewritten));
        if !branch_first.is_empty() {
            lines.extend(branch_first);
        } else if !rewritten.is_empty() {
            lines.extend(self.rewrite(&rewritten, rebases.into_values()));
        } else if !rebases.is_empty() {
            lines.extend(self.rebased(rebases.into_values().collect()));
        }
        lines.extend(self.followers(&rewritten));
        lines
    }

    /// The rebase of each branch; none is what is checked out. What only a HEAD leads to, in a work tree that is gone, goes with
    /// that.
    fn rebases(&self) -> BTreeMap<Option<&BString>, &Rebase> {
        let mut rebases: BTreeMap<Option<&BString>, &Rebase> = BTreeMap::new();
        for rebase in self.findings.iter().filter_map(|finding| rebase(finding)) {
            let known = rebases.entry(rebase.branch.as_ref()).or_insert(rebase);
            if rebase.height < known.height {
                *known = rebase;
            }
        }
        rebases
            .retain(|branch, rebase| !rebase.gone || branch.is_some_and(|name| name.starts_with(BRANCHES)));
        rebases
    }

    /// The work trees, none for this one, in which nothing may be under way: those in which something is rebased or taken from
    /// a copy, and those that have such a branch on the way.
    fn changed_places<'g>(
        &'g self,
        rebases: &BTreeMap<Option<&BString>, &'g Rebase>,
    ) -> BTreeSet<Option<&'g BString>> {
        let found = self.findings.iter().filter_map(|finding| finding.containment.as_ref());
        let under_way = found.flat_map(|found| &found.under_way);
        let rewritten = !self.rewritten().is_empty();
        let theirs = under_way.filter(|it| {
            rewritten || it.branch.as_ref().is_some_and(|branch| rebases.contains_key(&Some(branch)))
        });
        let rebased = rebases.values().map(|rebase| rebase.work_tree.as_ref());
        rebased.chain(theirs.map(|it| it.work_tree.as_ref())).collect()
    }

    /// Whether a linked work tree has it checked out that is gone from disk.
    fn is_in_one_that_is_gone(&self) -> bool {
        let found = || self.findings.iter().filter_map(|finding| finding.containment.as_ref());
        let mut checked_out = found().flat_map(|found| &found.checked_out);
        found().filter_map(|found| found.rebase.as_ref()).any(|rebase| rebase.gone)
            || checked_out.any(|branch| branch.work_tree == WorkTree::Gone)
    }

    /// The other refs that have what is rebased or `rewritten`.
    fn followers(&self, rewritten: &BTreeSet<&BString>) -> Option<Line> {
        let moved = self.findings.iter().copied().filter(|finding| is_rebased(finding));
        let all: BTreeSet<&BString> = moved.clone().flat_map(refs).collect();
        let others: Vec<&BString> =
            self.others().into_iter().filter(|name| !rewritten.contains(name)).collect();
        // Of those that no finding names, several may mean the same: there are at least as many as one of them has.
        let most = moved.clone().filter_map(|finding| finding.containment.as_ref());
        let most = most.map(|found| found.refs.len() as u64 + found.more).max().unwrap_or(0);
        let exact = most <= all.len() as u64 || moved.count() == 1;
        let mut names: Vec<String> =
            others.iter().take(NAMED).map(|name| visible(name).into_owned()).collect();
        let listed = (all.len() - others.len() + names.len()) as u64;
        let more = most.max(all.len() as u64) - listed;
        if names.is_empty() && more == 0 {
            return None;
        }
        let along = match others.iter().any(|name| name.starts_with(BRANCHES)) {
            true => " (git 2.38 and later takes branches along that stand on the way)",
            false => "",
        };
        let more = (more > 0).then(|| count(more, "more ref", "more refs"));
        names = vec![names.join(", ")];
        names.retain(|names| !names.is_empty());
        names.extend(more.map(|more| if exact { more } else { format!("at least {more}") }));
        let names = names.join(" and ");
        Some(say(&format!(
            "Every other ref that has it has to follow{along}: {names}. What is left then is told when you look again."
        )))
    }

    /// Refs that have a key, and are not rebased for it.
    pub(super) fn others(&self) -> BTreeSet<&BString> {
        self.findings.iter().flat_map(|finding| others(finding)).collect()
    }
}

/// The refs that have a key which is taken out of another.
fn others(finding: &Finding) -> Vec<&BString> {
    let Some(rebase) = rebase(finding) else { return Vec::new() };
    let mut others: Vec<&BString> = refs(finding).collect();
    // What is checked out comes first. A HEAD on no branch is on the one that is rebased in its place, then.
    let is_left = others.first().is_some_and(|name| rebase.branch.is_none() || *name == "HEAD");
    others.drain(..usize::from(is_left));
    others.retain(|name| Some(*name) != rebase.branch.as_ref());
    others
}
