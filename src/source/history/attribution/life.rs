//! When something came, where it went, and what leads to it: questions about up to 64 findings, answered together.
//!
//! Takes sets of spots and commits, and gives the commits at the ends of their lives. Every commit is looked at once
//! for all sets of a [`Life`], with a bit for each. Clocks only decide between commits of which neither descends from
//! the other: a commit with a wrong date is still newer than its parents.

use std::collections::HashMap;

use super::graph::Graph;
use super::places::Spots;

/// How many sets there can be in one go.
pub(super) const SETS: usize = 64;

/// No commit.
const NONE: u32 = u32::MAX;

/// What is asked about.
#[derive(Clone, Debug, Default)]
pub(super) struct Set {
    /// Spots of trees.
    pub(super) spots: Vec<u32>,
    /// Commits that hold it themselves, in their messages or people.
    pub(super) commits: Vec<usize>,
}

/// The lives of some sets.
pub(super) struct Life<'a> {
    graph: &'a Graph,
    /// Whether each commit comes before those that are not: a ref, or what was asked for, leads to it.
    reachable: &'a [bool],
    sets: usize,
    /// The sets that each list of spots has something of.
    lists: Vec<u64>,
    /// The list of each commit's tree.
    of_commits: &'a [u32],
    /// The sets that each commit holds something of.
    holds: Vec<u64>,
    /// The sets that each commit or an ancestor of it holds something of.
    reached: Vec<u64>,
}

impl<'a> Life<'a> {
    /// Of at most [`SETS`] sets.
    pub(super) fn new(
        graph: &'a Graph,
        spots: &'a Spots<'_>,
        reachable: &'a [bool],
        sets: &[Set],
    ) -> Life<'a> {
        let mut lists = vec![0; spots.lists()];
        for (set, bit) in sets.iter().zip((0..SETS).map(|set| 1u64 << set)) {
            for list in set.spots.iter().flat_map(|&spot| &spots.get(spot).lists) {
                lists[*list as usize] |= bit;
            }
        }
        let of_commits = spots.of_commits();
        let mut holds: Vec<u64> = of_commits.iter().map(|&list| lists[list as usize]).collect();
        for (set, bit) in sets.iter().zip((0..SETS).map(|set| 1u64 << set)) {
            set.commits.iter().for_each(|&commit| holds[commit] |= bit);
        }
        let mut reached = vec![0; graph.len()];
        for commit in graph.topological() {
            reached[commit] =
                graph.parents(commit).iter().fold(holds[commit], |all, &p| all | reached[p as usize]);
        }
        Life { graph, reachable, sets: sets.len(), lists, of_commits, holds, reached }
    }

    /// Whether the commit's tree holds something of the set.
    pub(super) fn in_tree(&self, set: usize, commit: usize) -> bool {
        self.lists[self.of_commits[commit] as usize] >> set & 1 == 1
    }

    /// Whether the commit holds something of the set, in its tree or in itself.
    pub(super) fn holds(&self, set: usize, commit: usize) -> bool {
        self.holds[commit] >> set & 1 == 1
    }

    /// Whether the commit or an ancestor of it holds something of the set.
    pub(super) fn leads_to(&self, set: usize, commit: usize) -> bool {
        self.reached[commit] >> set & 1 == 1
    }

    /// Whether of some commits, this one alone holds something of the set.
    pub(super) fn is_only(&self, set: usize, commit: usize, of: &[bool]) -> bool {
        let holders = (0..self.graph.len()).filter(|&other| of[other] && self.holds[other] >> set & 1 == 1);
        holders.take(2).eq([commit])
    }

    /// For each set, the commit that brought it in: one that holds it and has no ancestor that does, the oldest of
    /// those that are reachable, or else of all.
    pub(super) fn first(&self) -> Vec<Option<usize>> {
        let mut best: Vec<Option<(bool, (i64, usize))>> = vec![None; self.sets];
        for commit in (0..self.graph.len()).filter(|&commit| self.holds[commit] != 0) {
            let parents = self.graph.parents(commit).iter();
            let known = parents.fold(0, |all, &parent| all | self.reached[parent as usize]);
            let key = (!self.reachable[commit], self.graph.time(commit));
            for set in bits(self.holds[commit] & !known) {
                if best[set].is_none_or(|best| key < best) {
                    best[set] = Some(key);
                }
            }
        }
        best.into_iter().map(|best| best.map(|(_, (_, commit))| commit)).collect()
    }

    /// Where a rebase begins that passes every commit of a line that adds something of a set: of the first of them, which
    /// descend from no other, the parent that is nearest to a root. A root has none. None where nothing on the line adds it.
    pub(super) fn base(&self, set: usize, line: &[bool]) -> Option<Option<usize>> {
        let on_line =
            (0..self.graph.len()).filter(|&commit| line[commit] && self.holds[commit] >> set & 1 == 1);
        let parents = |commit| self.graph.parents(commit).iter().map(|&parent| parent as usize);
        let first = on_line.filter(|&commit| !parents(commit).any(|parent| self.leads_to(set, parent)));
        let bases = first.map(|commit| parents(commit).next());
        bases.min_by_key(|base| base.map(|base| (self.graph.generation(base), base)))
    }

    /// For each set, the newest commit that holds it: of those without a descendant that does, among those that are
    /// reachable, or else among all.
    pub(super) fn last(&self) -> Vec<Option<usize>> {
        let mut below: Vec<u64> = vec![0; self.graph.len()];
        let mut best: Vec<Option<(bool, (i64, usize))>> = vec![None; self.sets];
        for commit in self.graph.topological().rev() {
            // What is not reachable does not make a commit that is any older.
            let children = self.graph.children(commit).iter().map(|&child| child as usize);
            let counted = children.filter(|&child| self.reachable[child] || !self.reachable[commit]);
            let later = counted.fold(0, |all, child| all | below[child]);
            below[commit] = later | self.holds[commit];
            let key = (self.reachable[commit], self.graph.time(commit));
            for set in bits(self.holds[commit] & !later) {
                best[set] = best[set].max(Some(key));
            }
        }
        best.into_iter().map(|best| best.map(|(_, (_, commit))| commit)).collect()
    }

    /// The commit that took the last of a set out of the trees on HEAD's line of history, if HEAD has none, in its
    /// message neither.
    ///
    /// A merge took it out only where it could not get that from a parent: where all parents that hold it do so in
    /// spite of what others did, because they had it before or brought it back.
    pub(super) fn removed(&self, set: usize, head: usize, line: &[bool]) -> Option<usize> {
        if !self.leads_to(set, head) || self.holds(set, head) {
            return None;
        }
        let mut removed = vec![NONE; self.graph.len()];
        let mut order = Order { graph: self.graph, known: HashMap::new() };
        for commit in self.graph.topological() {
            if !line[commit] || !self.leads_to(set, commit) || self.in_tree(set, commit) {
                continue;
            }
            let parents = self.graph.parents(commit).iter().map(|&parent| parent as usize);
            let (holding, others): (Vec<usize>, Vec<usize>) =
                parents.partition(|&parent| self.in_tree(set, parent));
            let before = others
                .into_iter()
                .filter_map(|parent| (removed[parent] != NONE).then_some(removed[parent] as usize));
            let before = before.reduce(|one, other| order.later(one, other));
            let by = match before {
                Some(before) if !holding.iter().any(|&parent| order.is_ancestor(before, parent)) => {
                    Some(before)
                }
                _ if !holding.is_empty() => Some(commit),
                before => before,
            };
            removed[commit] = by.map_or(NONE, |by| by as u32);
        }
        (removed[head] != NONE).then_some(removed[head] as usize)
    }
}

/// Which of two commits came after the other. Asked of the same few again and again.
struct Order<'a> {
    graph: &'a Graph,
    known: HashMap<(usize, usize), bool>,
}

impl Order<'_> {
    fn is_ancestor(&mut self, old: usize, new: usize) -> bool {
        let graph = self.graph;
        *self.known.entry((old, new)).or_insert_with(|| graph.is_ancestor(old, new))
    }

    fn later(&mut self, one: usize, other: usize) -> usize {
        if self.is_ancestor(one, other) {
            other
        } else if self.is_ancestor(other, one) {
            one
        } else {
            std::cmp::max_by_key(one, other, |&commit| self.graph.time(commit))
        }
    }
}

/// The numbers of the bits that are set.
fn bits(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = word.trailing_zeros() as usize;
        word &= word.wrapping_sub(1);
        (bit < SETS).then_some(bit)
    })
}
