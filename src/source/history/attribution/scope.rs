//! Which part of the history is told of: all of it, or what some revisions reach.
//!
//! Takes a [`Reach`] and answers for commits, spots and other objects. What is out of scope has no place in a story.

use gix_hash::ObjectId;

use super::graph::Graph;
use super::places::Spots;
use crate::source::history::Reach;

/// A part of the history.
pub(super) struct Scope<'a> {
    reach: Option<&'a Reach>,
    /// Whether each commit comes before others: those that revisions reach or, where all is told of, refs.
    pub(super) first: Vec<bool>,
    /// Whether each list of spots is that of a commit in scope.
    lists: Vec<bool>,
}

impl<'a> Scope<'a> {
    /// `by_refs`: whether a ref leads to each commit.
    pub(super) fn new(
        reach: Option<&'a Reach>,
        graph: &Graph,
        spots: &Spots<'_>,
        by_refs: &[bool],
    ) -> Scope<'a> {
        let Some(reach) = reach else {
            return Scope { reach: None, first: by_refs.to_vec(), lists: Vec::new() };
        };
        let first = graph.ancestors(tips(reach, graph));
        let mut lists = vec![false; spots.lists()];
        let of_commits = spots.of_commits().iter().zip(&first);
        of_commits.filter(|(_, reached)| **reached).for_each(|(list, _)| lists[*list as usize] = true);
        Scope { reach: Some(reach), first, lists }
    }

    pub(super) fn has_commit(&self, commit: usize) -> bool {
        self.reach.is_none() || self.first[commit]
    }

    /// Whether an object is named in another way than by a commit.
    pub(super) fn names(&self, id: &ObjectId) -> bool {
        self.reach.is_none_or(|reach| reach.objects.contains(id))
    }

    /// Of the spots of an object, those that are in scope.
    pub(super) fn spots(&self, id: &ObjectId, of_object: &[u32], spots: &Spots<'_>) -> Vec<u32> {
        if self.reach.is_none() {
            return of_object.to_vec();
        }
        let reached = |spot: &&u32| spots.get(**spot).lists.iter().any(|&list| self.lists[list as usize]);
        let told: Vec<u32> = of_object.iter().filter(reached).copied().collect();
        match told.is_empty() && self.names(id) {
            true => of_object.to_vec(),
            false => told,
        }
    }
}

/// The commits that revisions name.
pub(super) fn tips(reach: &Reach, graph: &Graph) -> Vec<usize> {
    reach.tips.iter().filter_map(|id| graph.number(id)).collect()
}
