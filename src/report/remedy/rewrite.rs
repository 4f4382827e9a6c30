//! How keys are taken out of commits that no remote is known to have, where a rebase would lose something: merges are made anew
//! by it, without what was done by hand in them, and what several refs share is not shared any more.
//!
//! The commits are rewritten in a copy, in which no commit changes but for the key, and fetched from there. The copy takes the
//! objects of the repository, so that it costs as much as what it rewrites. What was committed meanwhile is put on top.

use std::collections::BTreeSet;

use bstr::BString;

use super::pushed::{COPY, filter};
use super::rebase::checked;
use super::unpushed::{BRANCHES, is_rebased, rebase, refs};
use super::{Group, Line, run, say};
use crate::finding::{CheckedOut, Finding, LocationKind, Rebase, WorkTree};
use crate::report::shell::word;
use crate::words::short_id;

/// Where the expressions are.
const EXPRESSIONS: &str = "\"$work/expressions.txt\"";

impl Group<'_> {
    /// The branches and tags that are to be rewritten: none, where a rebase does, and where no rewriting would.
    pub(super) fn rewritten(&self) -> BTreeSet<&BString> {
        let moved = || self.findings.iter().copied().filter(|finding| is_rebased(finding));
        let is_named = |name: &&BString| name.starts_with(BRANCHES) || name.starts_with(b"refs/tags/");
        let loses = |finding: &Finding| {
            rebase(finding).is_some_and(|rebase| rebase.merges) || refs(finding).filter(is_named).count() > 1
        };
        let can = |finding: &Finding| {
            let branch = rebase(finding).and_then(|rebase| rebase.branch.as_ref());
            let branch = branch.or_else(|| refs(finding).next());
            branch.is_some_and(|name| name.starts_with(BRANCHES)) && is_replaced(finding)
        };
        match moved().any(loses) && moved().all(can) {
            true => moved().flat_map(refs).filter(is_named).collect(),
            false => BTreeSet::new(),
        }
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
        lines.push(run(format!(
            "work=$(mktemp -d) && git clone --mirror --shared \"$(git rev-parse --git-common-dir)\" {COPY}"
        )));
        lines.push(run(self.expressions(EXPRESSIONS, COPY)));
        let behind: BTreeSet<&str> = rebases.filter_map(|rebase| rebase.base.as_deref()).collect();
        let names_and_ends = names.iter().map(|name| word(name));
        let names_and_ends =
            names_and_ends.chain(behind.iter().map(|id| word(format!("^{}", short_id(id)).as_bytes())));
        let range = names_and_ends.collect::<Vec<_>>().join(" ");
        // What a remote has stays as it is, and with it, what is signed there.
        let remotes = format!("$(git -C {COPY} rev-parse --not --remotes)");
        let filter = filter(&format!("git -C {COPY}"), EXPRESSIONS, true);
        lines.push(run(format!("{filter} --force --refs {range} {remotes}")));
        let found = self.findings.iter().flat_map(|finding| &finding.containment);
        let mut checked_out: Vec<&CheckedOut> = found.flat_map(|found| &found.checked_out).collect();
        checked_out.retain(|branch| branch.work_tree != WorkTree::Gone);
        checked_out.sort_by_key(|branch| &branch.branch);
        checked_out.dedup();
        lines.extend(checked_out.iter().map(|branch| run(fetched(branch))));
        let is_checked_out = |name: &&&BString| checked_out.iter().any(|branch| branch.branch == ***name);
        let others = names.iter().filter(|name| !is_checked_out(name));
        let others: Vec<String> =
            others.map(|name| word(&[b"+", name.as_slice(), b":", name.as_slice()].concat())).collect();
        if !others.is_empty() {
            lines.push(run(format!("git fetch --no-tags {COPY} {}", others.join(" "))));
        }
        let here = checked_out.iter().find(|branch| branch.work_tree == WorkTree::Here);
        lines.extend(here.into_iter().flat_map(|branch| checked(short_id(&branch.tip))));
        lines.push(run("rm -rf \"$work\"".to_owned()));
        lines
    }
}

/// What takes a branch that is checked out from the copy. What was committed to it meanwhile is put on top, and git stops at
/// files that were changed.
fn fetched(branch: &CheckedOut) -> String {
    let git = match &branch.work_tree {
        WorkTree::At(top) => format!("git -C {}", word(top)),
        WorkTree::Here | WorkTree::Gone => "git".to_owned(),
    };
    let short = word(branch.branch.strip_prefix(BRANCHES).unwrap_or(&branch.branch));
    let (name, tip) = (word(&branch.branch), short_id(&branch.tip));
    format!("{git} fetch --no-tags {COPY} {name} && {git} rebase --onto FETCH_HEAD {tip} {short}")
}

/// Whether all of it is replaced where expressions are.
fn is_replaced(finding: &Finding) -> bool {
    use LocationKind::{Author, Committer, Path, Tagger};
    finding.locations.iter().all(|location| {
        location.decoded.is_empty()
            && location.inner.is_empty()
            && !matches!(location.kind, Author | Committer | Path | Tagger)
    })
}
