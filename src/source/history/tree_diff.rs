//! What is new in a tree, compared with the tree that was looked at before it, and what of that one is gone.
//!
//! Takes trees as they come out of a pack, where versions of the same directory follow each other, and gives only the
//! entries that are not, at the same end, in the one before. Comparing bytes is many times faster than parsing them.

use std::ops::Range;

use super::objects::{TreeEntries, TreeEntry};

/// Bytes that are compared at a time, as long as they are the same …
const FAR: usize = 1024;
/// … and then, before they are compared one by one.
const NEAR: usize = 32;

/// The tree that was looked at last.
#[derive(Default)]
pub(super) struct LastTree {
    bytes: Vec<u8>,
    /// Where each entry starts.
    starts: Vec<u32>,
    /// Starts of entries in the part that was parsed anew.
    fresh: Vec<u32>,
}

impl LastTree {
    /// Calls `each` for every entry that the last tree did not have in the same way before or behind all differences, and
    /// gives which entries of the last tree, counted from 0, these have taken the place of. None when `bytes` are no tree;
    /// then there is no last tree any more.
    pub(super) fn replaced(
        &mut self,
        bytes: &[u8],
        id_length: usize,
        mut each: impl FnMut(&TreeEntry<'_>),
    ) -> Option<Range<usize>> {
        let prefix = common_prefix(&self.bytes, bytes);
        if prefix == bytes.len() && prefix == self.bytes.len() {
            return Some(0..0);
        }
        let suffix = common_suffix(&self.bytes[prefix..], &bytes[prefix..]);
        // The entry in which the first difference is; all before it are the same.
        let kept = self.starts.partition_point(|&start| start as usize <= prefix).saturating_sub(1);
        let from = self.starts.get(kept).map_or(0, |&start| start as usize);
        let unchanged_from = bytes.len() - suffix;
        let (old_length, new_length) = (self.bytes.len(), bytes.len());
        self.fresh.clear();
        let mut entries = TreeEntries::new(&bytes[from..], id_length);
        let mut rejoined = self.starts.len();
        loop {
            let at = new_length - entries.rest_length();
            // Where the rest is the same and an entry starts in both, all entries that follow are the same.
            if at >= unchanged_from
                && at < new_length
                && let Ok(same) = self.starts.binary_search(&((at + old_length - new_length) as u32))
            {
                rejoined = same;
                break;
            }
            let Some(entry) = entries.next() else { break };
            self.fresh.push(at as u32);
            each(&entry);
        }
        if rejoined == self.starts.len() && !entries.is_complete() {
            self.bytes.clear();
            self.starts.clear();
            return None;
        }
        let shift = (new_length as u32).wrapping_sub(old_length as u32);
        if shift != 0 {
            for start in &mut self.starts[rejoined..] {
                *start = start.wrapping_add(shift);
            }
        }
        self.starts.splice(kept..rejoined, self.fresh.iter().copied());
        self.remember(bytes, prefix, unchanged_from);
        Some(kept..rejoined)
    }

    /// Copies only what changed.
    fn remember(&mut self, bytes: &[u8], prefix: usize, unchanged_from: usize) {
        if self.bytes.len() == bytes.len() {
            self.bytes[prefix..unchanged_from].copy_from_slice(&bytes[prefix..unchanged_from]);
        } else {
            self.bytes.truncate(prefix);
            self.bytes.extend_from_slice(&bytes[prefix..]);
        }
    }
}

/// Length of what two texts begin with in common.
pub(super) fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    let far = same_chunks::<FAR>(one, other);
    let near = far + same_chunks::<NEAR>(&one[far..], &other[far..]);
    near + one[near..].iter().zip(&other[near..]).take_while(|(one, other)| one == other).count()
}

fn same_chunks<const N: usize>(one: &[u8], other: &[u8]) -> usize {
    let (one, other) = (one.as_chunks::<N>().0, other.as_chunks::<N>().0);
    one.iter().zip(other).take_while(|(one, other)| one == other).count() * N
}

/// Length of what two texts end with in common.
pub(super) fn common_suffix(one: &[u8], other: &[u8]) -> usize {
    let ends = |length: usize| (&one[..one.len() - length], &other[..other.len() - length]);
    let far = same_last_chunks::<FAR>(one, other);
    let (ones, others) = ends(far);
    let near = far + same_last_chunks::<NEAR>(ones, others);
    let (ones, others) = ends(near);
    near + ones.iter().rev().zip(others.iter().rev()).take_while(|(one, other)| one == other).count()
}

fn same_last_chunks<const N: usize>(one: &[u8], other: &[u8]) -> usize {
    let (one, other) = (one.as_rchunks::<N>().1, other.as_rchunks::<N>().1);
    one.iter().rev().zip(other.iter().rev()).take_while(|(one, other)| one == other).count() * N
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn tree(entries: &[(&str, u8)]) -> Vec<u8> {
        let entry = |&(name, id): &(&str, u8)| [format!("100644 {name}\0").as_bytes(), &[id; 20]].concat();
        entries.iter().flat_map(entry).collect()
    }

    fn entries(bytes: &[u8]) -> BTreeSet<(Vec<u8>, Vec<u8>)> {
        TreeEntries::new(bytes, 20).map(|entry| (entry.name.to_vec(), entry.id.as_bytes().to_vec())).collect()
    }

    /// Feeds trees one after the other, and checks that each entry was given with this or the tree before.
    fn check(trees: &[Vec<u8>]) {
        let mut last = LastTree::default();
        let mut seen = BTreeSet::new();
        let mut followed: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        for (number, bytes) in trees.iter().enumerate() {
            let mut fresh = Vec::new();
            let gone = last.replaced(bytes, 20, |entry| {
                fresh.push((entry.name.to_vec(), entry.id.as_bytes().to_vec()));
            });
            seen.extend(fresh.iter().cloned());
            followed.splice(gone.expect("it is a tree"), fresh);
            let all = TreeEntries::new(bytes, 20);
            let all: Vec<_> = all.map(|entry| (entry.name.to_vec(), entry.id.as_bytes().to_vec())).collect();
            assert_eq!(followed, all, "entries are replaced where they stood, tree {number}");
            assert!(entries(bytes).is_subset(&seen), "an entry of tree {number} was left out");
            let starts: Vec<u32> = {
                let mut all = TreeEntries::new(bytes, 20);
                std::iter::from_fn(|| {
                    let at = (bytes.len() - all.rest_length()) as u32;
                    all.next().map(|_| at)
                })
                .collect()
            };
            assert_eq!((&last.bytes, &last.starts), (bytes, &starts), "after tree {number}");
        }
    }

    #[test]
    fn every_entry_is_given_once_it_is_new() {
        check(&[
            tree(&[("a", 1), ("b", 2), ("c", 3)]),
            tree(&[("a", 1), ("b", 9), ("c", 3)]),
            tree(&[("a", 1), ("b", 9), ("bb", 4), ("c", 3)]),
            tree(&[("a", 1), ("c", 3)]),
            tree(&[("c", 3)]),
            tree(&[]),
            tree(&[("x", 1), ("y", 2)]),
            tree(&[("y", 2)]),
            tree(&[("w", 7), ("y", 2)]),
            tree(&[("w", 7), ("y", 2)]),
        ]);
    }

    #[test]
    fn ids_that_look_like_entries_do_not_mislead() {
        // Ids are any bytes: these hold what reads as a mode, a name and its end.
        let fake = |fill: u8| {
            let mut id = [fill; 20];
            id[..10].copy_from_slice(b"100644 b\0z");
            [b"100644 a\0".as_slice(), &id, b"100644 b\0", &[fill; 20]].concat()
        };
        check(&[fake(1), fake(2), tree(&[("b", 1)]), fake(1), tree(&[("a", 1), ("b", 2)])]);
    }

    #[test]
    fn many_random_edits() {
        let mut state = 7u64;
        let mut next = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut now: Vec<(String, u8)> = (0..40).map(|number| (format!("f{number:02}"), 1)).collect();
        let mut trees = Vec::new();
        for round in 0..500 {
            let at = next(now.len() as u64) as usize;
            match next(4) {
                0 if now.len() > 3 => drop(now.remove(at)),
                1 => now.insert(at, (format!("n{round}"), next(250) as u8)),
                _ => now[at].1 = next(250) as u8,
            }
            let borrowed: Vec<_> = now.iter().map(|(name, id)| (name.as_str(), *id)).collect();
            trees.push(tree(&borrowed));
        }
        check(&trees);
    }

    #[test]
    fn a_damaged_tree_is_told_and_forgotten() {
        let mut last = LastTree::default();
        let whole = tree(&[("a", 1), ("b", 2)]);
        assert!(last.replaced(&whole, 20, |_| ()).is_some());
        assert!(last.replaced(&whole[..whole.len() - 1], 20, |_| ()).is_none());
        let mut found = 0;
        assert!(last.replaced(&whole, 20, |_| found += 1).is_some());
        assert_eq!(found, 2);
    }
}
