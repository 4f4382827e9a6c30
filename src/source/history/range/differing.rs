//! Where two versions of a directory differ, and what stands there.
//!
//! Takes the bytes of two trees and gives what is left of them without the entries that they have alike at both ends: of a
//! directory with thousands of files, a commit changes a few. Comparing bytes is many times faster than looking up names.

use std::collections::HashMap;

use bstr::BStr;
use gix_hash::ObjectId;

use super::super::objects::{TreeEntries, TreeEntry};
use super::super::tree_diff::{common_prefix, common_suffix};

/// An entry of a tree, without its name.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) id: ObjectId,
    pub(super) tree: bool,
    pub(super) blob: bool,
}

impl Entry {
    pub(super) fn of(entry: &TreeEntry<'_>) -> Entry {
        let tree = entry.is_tree();
        Entry { id: entry.id.to_owned(), tree, blob: !tree && !entry.is_submodule() }
    }
}

/// The entries of a tree by their names.
pub(super) fn entries(tree: &[u8], id_length: usize) -> HashMap<&BStr, Entry> {
    TreeEntries::new(tree, id_length).map(|entry| (entry.name, Entry::of(&entry))).collect()
}

/// What is left of both, whole entries. Everything, of what is no tree.
pub(super) fn differing<'t>(one: &'t [u8], other: &'t [u8], id_length: usize) -> (&'t [u8], &'t [u8]) {
    let alike = common_prefix(one, other);
    // As far as they are the same, their entries are.
    let from = boundaries(one, 0, id_length).take_while(|&at| at <= alike).last().unwrap_or(0);
    let alike = common_suffix(&one[from..], &other[from..]);
    // Counted from the end, where both have a boundary, all that follows are the same entries.
    let ends = |bytes: &'t [u8]| {
        let left = boundaries(bytes, from, id_length).map(|at| bytes.len() - at);
        left.skip_while(move |&left| left > alike).peekable()
    };
    let (mut ones, mut others) = (ends(one), ends(other));
    loop {
        match (ones.peek(), others.peek()) {
            (Some(here), Some(there)) if here == there => {
                return (&one[from..one.len() - here], &other[from..other.len() - there]);
            }
            (Some(here), Some(there)) if here > there => ones.next(),
            (Some(_), Some(_)) => others.next(),
            _ => return (&one[from..], &other[from..]),
        };
    }
}

/// Where entries begin, from one that does, and where the last one ends.
fn boundaries(bytes: &[u8], from: usize, id_length: usize) -> impl Iterator<Item = usize> {
    let mut entries = TreeEntries::new(&bytes[from..], id_length);
    let mut next = Some(from);
    std::iter::from_fn(move || {
        let at = next?;
        next = entries.next().map(|_| bytes.len() - entries.rest_length());
        Some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(entries: &[(&str, u8)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, id) in entries {
            bytes.extend_from_slice(format!("100644 {name}\0").as_bytes());
            bytes.extend_from_slice(&[*id; 20]);
        }
        bytes
    }

    #[test]
    fn entries_alike_at_both_ends_are_left_out() {
        type Entries = &'static [(&'static str, u8)];
        let table: [(Entries, Entries, Entries, Entries); 7] = [
            (&[], &[], &[], &[]),
            (&[("a", 1), ("b", 2)], &[("a", 1), ("b", 2)], &[], &[]),
            (&[("a", 1), ("b", 3), ("c", 4)], &[("a", 1), ("b", 2), ("c", 4)], &[("b", 3)], &[("b", 2)]),
            (&[("a", 1), ("c", 4)], &[("a", 1), ("b", 2), ("c", 4)], &[], &[("b", 2)]),
            (&[("a", 1)], &[], &[("a", 1)], &[]),
            // Names and ids that end alike are not the same entries.
            (&[("ab", 1), ("z", 1)], &[("b", 1), ("z", 1)], &[("ab", 1)], &[("b", 1)]),
            (&[("a", 1), ("a", 1)], &[("a", 1)], &[("a", 1)], &[]),
        ];
        for (one, other, left, of_other) in table {
            let (one, other) = (tree(one), tree(other));
            assert_eq!(differing(&one, &other, 20), (&tree(left)[..], &tree(of_other)[..]));
        }
        let damaged = [tree(&[("a", 1)]), b"100644 b\0short".to_vec()].concat();
        assert_eq!(differing(&damaged, &tree(&[("a", 1)]), 20), (&b"100644 b\0short"[..], &b""[..]));
    }
}
