//! The stored commits as a graph: numbers in place of ids, parents, children, order.
//!
//! Takes rows read from commit objects. Parents that are not stored (shallow clones, damage) are left out.

use std::ops::Range;

use gix_hash::ObjectId;

/// A commit as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: ObjectId,
    pub(super) tree: ObjectId,
    pub(super) parents: Vec<ObjectId>,
    /// The committer's clock, in seconds since 1970.
    pub(super) time: i64,
}

/// All stored commits, numbered in the order of their ids.
pub(super) struct Graph {
    rows: Vec<Row>,
    parents: Links,
    children: Links,
    /// Every commit, parents before children.
    topological: Vec<u32>,
    /// The length of the longest way to a root: larger than that of any ancestor, whatever the clocks said.
    generation: Vec<u32>,
}

impl Graph {
    pub(super) fn new(mut rows: Vec<Row>) -> Graph {
        rows.sort_unstable_by_key(|row| row.id);
        rows.dedup_by_key(|row| row.id);
        let number = |id: &ObjectId| rows.binary_search_by_key(id, |row| row.id).ok().map(|at| at as u32);
        let pairs = (0..).zip(&rows).flat_map(|(commit, row): (u32, &Row)| {
            row.parents.iter().filter_map(number).map(move |parent| (commit, parent))
        });
        let pairs: Vec<(u32, u32)> = pairs.collect();
        let parents = Links::new(rows.len(), pairs.iter().copied());
        let children = Links::new(rows.len(), pairs.iter().map(|&(commit, parent)| (parent, commit)));
        let (topological, generation) = sorted(&parents, &children);
        Graph { rows, parents, children, topological, generation }
    }

    /// How many commits there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The number of a commit.
    pub(super) fn number(&self, id: &ObjectId) -> Option<usize> {
        self.rows.binary_search_by_key(id, |row| row.id).ok()
    }

    pub(super) fn id(&self, commit: usize) -> &ObjectId {
        &self.rows[commit].id
    }

    pub(super) fn tree(&self, commit: usize) -> &ObjectId {
        &self.rows[commit].tree
    }

    /// The tree of each commit, in their order.
    pub(super) fn trees(&self) -> impl Iterator<Item = &ObjectId> {
        self.rows.iter().map(|row| &row.tree)
    }

    pub(super) fn parents(&self, commit: usize) -> &[u32] {
        self.parents.of(commit)
    }

    pub(super) fn children(&self, commit: usize) -> &[u32] {
        self.children.of(commit)
    }

    /// Every commit, parents before children.
    pub(super) fn topological(&self) -> impl DoubleEndedIterator<Item = usize> {
        self.topological.iter().map(|&commit| commit as usize)
    }

    /// The committer's clock and what tells two of the same second apart: the same in every run.
    pub(super) fn time(&self, commit: usize) -> (i64, usize) {
        (self.rows[commit].time, commit)
    }

    /// Larger than that of every ancestor; of a root, 0.
    pub(super) fn generation(&self, commit: usize) -> u32 {
        self.generation[commit]
    }

    /// Whether each commit is one of `tips` or an ancestor of one.
    pub(super) fn ancestors(&self, tips: impl IntoIterator<Item = usize>) -> Vec<bool> {
        let mut reached = vec![false; self.len()];
        let mut waiting: Vec<usize> = tips.into_iter().collect();
        while let Some(commit) = waiting.pop() {
            if !std::mem::replace(&mut reached[commit], true) {
                waiting.extend(self.parents(commit).iter().map(|&parent| parent as usize));
            }
        }
        reached
    }

    /// Whether `old` is `new` or an ancestor of it. Looks only at commits that can be between the two.
    pub(super) fn is_ancestor(&self, old: usize, new: usize) -> bool {
        let mut seen = std::collections::HashSet::new();
        let mut waiting = vec![new];
        while let Some(commit) = waiting.pop() {
            if commit == old {
                return true;
            }
            if self.generation[commit] > self.generation[old] && seen.insert(commit) {
                waiting.extend(self.parents(commit).iter().map(|&parent| parent as usize));
            }
        }
        false
    }

    /// The graph of some of the commits.
    pub(super) fn only(self, wanted: &[bool]) -> Graph {
        let rows = self.rows.into_iter().zip(wanted).filter(|(_, wanted)| **wanted);
        Graph::new(rows.map(|(row, _)| row).collect())
    }

    /// Whether a parent of a commit is not stored.
    pub(super) fn is_cut(&self, commit: usize) -> bool {
        self.parents(commit).len() < self.rows[commit].parents.len()
    }

    /// Whether a commit names an object as its tree or as a parent.
    pub(super) fn names(&self, id: &ObjectId) -> bool {
        self.rows.iter().any(|row| row.tree == *id || row.parents.contains(id))
    }
}

/// From each commit to some others.
struct Links {
    starts: Vec<usize>,
    targets: Vec<u32>,
}

impl Links {
    fn new(commits: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Links {
        let mut starts = vec![0; commits + 1];
        for (from, _) in pairs.clone() {
            starts[from as usize + 1] += 1;
        }
        for commit in 0..commits {
            starts[commit + 1] += starts[commit];
        }
        let mut next = starts.clone();
        let mut targets = vec![0; starts[commits]];
        for (from, to) in pairs {
            let at = &mut next[from as usize];
            targets[*at] = to;
            *at += 1;
        }
        Links { starts, targets }
    }

    fn range(&self, commit: usize) -> Range<usize> {
        self.starts[commit]..self.starts[commit + 1]
    }

    fn of(&self, commit: usize) -> &[u32] {
        &self.targets[self.range(commit)]
    }
}

/// All commits, parents first, and the length of the longest way from each to a root.
fn sorted(parents: &Links, children: &Links) -> (Vec<u32>, Vec<u32>) {
    let commits = parents.starts.len() - 1;
    let mut generation = vec![0; commits];
    let mut open: Vec<usize> = (0..commits).map(|commit| parents.range(commit).len()).collect();
    let mut order: Vec<u32> = Vec::with_capacity(commits);
    order.extend((0..).zip(&open).filter(|(_, open)| **open == 0).map(|(commit, _)| commit));
    let mut at = 0;
    while let Some(&commit) = order.get(at) {
        at += 1;
        for &child in children.of(commit as usize) {
            let there = child as usize;
            generation[there] = generation[there].max(generation[commit as usize] + 1);
            open[there] -= 1;
            if open[there] == 0 {
                order.push(child);
            }
        }
    }
    // Only objects that do not match their ids can be each other's ancestors.
    order.extend((0..).zip(&open).filter(|(_, open)| **open > 0).map(|(commit, _)| commit));
    (order, generation)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> ObjectId {
        ObjectId::from_bytes_or_panic(&[number; 20])
    }

    fn graph(rows: &[(u8, &[u8])]) -> Graph {
        let row = |&(number, parents): &(u8, &[u8])| Row {
            id: id(number),
            tree: id(0),
            parents: parents.iter().copied().map(id).collect(),
            time: 0,
        };
        Graph::new(rows.iter().map(row).collect())
    }

    #[test]
    fn parents_and_children() {
        let graph = graph(&[(4, &[2, 3]), (0, &[]), (3, &[0]), (1, &[0]), (2, &[1]), (4, &[2, 3])]);
        assert_eq!((graph.len(), graph.number(&id(3)), graph.number(&id(9))), (5, Some(3), None));
        let parents: Vec<_> = (0..5).map(|commit| graph.parents(commit).to_vec()).collect();
        assert_eq!(parents, [vec![], vec![0], vec![1], vec![0], vec![2, 3]]);
        let children: Vec<_> = (0..5).map(|commit| graph.children(commit).to_vec()).collect();
        assert_eq!(children, [vec![1, 3], vec![2], vec![4], vec![4], vec![]]);
        let order: Vec<_> = graph.topological().collect();
        assert_eq!(order, [0, 1, 3, 2, 4]);
        assert_eq!(graph.ancestors([2]), [true, true, true, false, false]);
        let table = [(0, 4, true), (4, 0, false), (1, 3, false), (3, 4, true), (2, 2, true), (1, 2, true)];
        for (old, new, expected) in table {
            assert_eq!(graph.is_ancestor(old, new), expected, "{old} {new}");
        }
    }

    #[test]
    fn what_is_not_stored_or_damaged_is_borne() {
        let shallow = graph(&[(1, &[9]), (2, &[1])]);
        assert_eq!(shallow.parents(0), &[] as &[u32]);
        let circle = graph(&[(1, &[3]), (2, &[1]), (3, &[2]), (4, &[3])]);
        assert_eq!(circle.topological().count(), 4);
        assert!(circle.is_ancestor(3, 3) && !circle.is_ancestor(0, 3));
        assert_eq!(circle.ancestors([3]), [true; 4]);
    }
}
