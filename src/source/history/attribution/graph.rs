//! The stored commits as a graph: numbers in place of ids, parents, children, order.
//!
//! Takes rows read from commit objects. Parents that are not stored (shallow clones, damage) are left out.

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
    parents: Vec<Box<[u32]>>,
    children: Vec<Vec<u32>>,
    /// The length of the longest way to a root: larger than that of any ancestor, whatever the clocks said.
    generation: Vec<u32>,
}

impl Graph {
    pub(super) fn new(mut rows: Vec<Row>) -> Graph {
        rows.sort_unstable_by_key(|row| row.id);
        rows.dedup_by_key(|row| row.id);
        let number = |id: &ObjectId| rows.binary_search_by_key(id, |row| row.id).ok().map(|at| at as u32);
        let parents: Vec<Box<[u32]>> =
            rows.iter().map(|row| row.parents.iter().filter_map(number).collect()).collect();
        let mut children = vec![Vec::new(); rows.len()];
        for (commit, parents) in parents.iter().enumerate() {
            for &parent in parents {
                children[parent as usize].push(commit as u32);
            }
        }
        let generation = generations(&parents, &children);
        Graph { rows, parents, children, generation }
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

    pub(super) fn parents(&self, commit: usize) -> &[u32] {
        &self.parents[commit]
    }

    pub(super) fn children(&self, commit: usize) -> impl Iterator<Item = usize> + '_ {
        self.children[commit].iter().map(|&child| child as usize)
    }

    /// Whether each commit is one of `tips` or an ancestor of one.
    pub(super) fn ancestors(&self, tips: impl IntoIterator<Item = usize>) -> Vec<bool> {
        let mut reached = vec![false; self.len()];
        let mut waiting: Vec<usize> = tips.into_iter().collect();
        while let Some(commit) = waiting.pop() {
            if !std::mem::replace(&mut reached[commit], true) {
                waiting.extend(self.parents[commit].iter().map(|&parent| parent as usize));
            }
        }
        reached
    }

    /// The graph of some of the commits.
    pub(super) fn only(self, wanted: &[bool]) -> Graph {
        let rows = self.rows.into_iter().zip(wanted).filter(|(_, wanted)| **wanted);
        Graph::new(rows.map(|(row, _)| row).collect())
    }

    /// Whether a commit names an object as its tree or as a parent.
    pub(super) fn names(&self, id: &ObjectId) -> bool {
        self.rows.iter().any(|row| row.tree == *id || row.parents.contains(id))
    }

    /// A key that no ancestor of the commit has a larger one of; equal for no two commits.
    pub(super) fn order(&self, commit: usize) -> (u32, i64, usize) {
        (self.generation[commit], self.rows[commit].time, commit)
    }

    /// Of commits that hold something (sorted), the oldest that no parent handed it to.
    pub(super) fn first(&self, holders: &[usize]) -> Option<usize> {
        let inherits = |&commit: &usize| {
            self.parents[commit].iter().any(|&parent| holders.binary_search(&(parent as usize)).is_ok())
        };
        let introducers = holders.iter().copied().filter(|commit| !inherits(commit));
        introducers.min_by_key(|&commit| (self.rows[commit].time, commit))
    }

    /// Of commits that hold something (sorted), the newest of those that no child of theirs got it from.
    pub(super) fn last(&self, holders: &[usize]) -> Option<usize> {
        let passed_on =
            |&commit: &usize| self.children(commit).any(|child| holders.binary_search(&child).is_ok());
        let ends = holders.iter().copied().filter(|commit| !passed_on(commit));
        ends.max_by_key(|&commit| (self.rows[commit].time, commit))
    }
}

fn generations(parents: &[Box<[u32]>], children: &[Vec<u32>]) -> Vec<u32> {
    let mut generation = vec![0; parents.len()];
    let mut open: Vec<usize> = parents.iter().map(|parents| parents.len()).collect();
    let mut ready: Vec<usize> = (0..open.len()).filter(|&commit| open[commit] == 0).collect();
    while let Some(commit) = ready.pop() {
        for &child in &children[commit] {
            let child = child as usize;
            generation[child] = generation[child].max(generation[commit] + 1);
            open[child] -= 1;
            if open[child] == 0 {
                ready.push(child);
            }
        }
    }
    generation
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> ObjectId {
        ObjectId::from_bytes_or_panic(&[number; 20])
    }

    fn graph(rows: &[(u8, &[u8], i64)]) -> Graph {
        let row = |&(number, parents, time): &(u8, &[u8], i64)| Row {
            id: id(number),
            tree: id(0),
            parents: parents.iter().copied().map(id).collect(),
            time,
        };
        Graph::new(rows.iter().map(row).collect())
    }

    #[test]
    fn first_and_last_follow_parents_before_clocks() {
        // 0 - 1 - 2 - 4
        //  \- 3 -----/      The clock of 2 is wrong.
        let graph = graph(&[(0, &[], 10), (1, &[0], 20), (2, &[1], 5), (3, &[0], 30), (4, &[2, 3], 40)]);
        let table: [(&[usize], usize, usize); 4] =
            [(&[0, 1, 2, 3, 4], 0, 4), (&[1, 2], 1, 2), (&[2, 3], 2, 3), (&[1, 3], 1, 3)];
        for (holders, first, last) in table {
            assert_eq!((graph.first(holders), graph.last(holders)), (Some(first), Some(last)), "{holders:?}");
        }
        assert_eq!(graph.ancestors([2]), [true, true, true, false, false]);
        assert!(graph.order(2) > graph.order(1));
    }

    #[test]
    fn parents_that_are_not_stored_are_left_out() {
        let graph = graph(&[(1, &[9], 10), (2, &[1], 20)]);
        assert_eq!(graph.parents(0), &[] as &[u32]);
        assert_eq!(graph.first(&[0, 1]), Some(0));
    }
}
