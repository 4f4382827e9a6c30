//! Whether everything that stored objects name is stored, told from the objects as they pass.
//!
//! Takes commits, trees and tags during the scan, and refs after it, and gives the ids that are named and missing.
//! Nothing is walked. Successive versions of a tree name mostly the same ids, so each thread skips what the tree before
//! had too, then has a small table of the ids that it met last, and looks up in the indexes only what is not in there.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

use gix_hash::{ObjectId, oid};
use gix_object::Kind as ObjectKind;

use super::objects::named_ids;
use super::store::Store;
use super::tree_diff::LastTree;

/// Slots of the table of each thread: half a megabyte, so that it stays in the cache of the processor.
const SLOTS: usize = 1 << 16;

/// Ids that are named and not stored, with what they are meant to be.
pub(super) type Missing = BTreeMap<ObjectId, &'static str>;

/// What all threads share.
pub(super) struct Links<'a> {
    store: &'a Store,
    /// Commits whose parents were left out on purpose.
    boundary: HashSet<ObjectId>,
    missing: Mutex<Missing>,
}

impl<'a> Links<'a> {
    pub(super) fn new(store: &'a Store, boundary: HashSet<ObjectId>) -> Links<'a> {
        Links { store, boundary, missing: Mutex::default() }
    }

    /// Notes what a ref names.
    pub(super) fn check(&self, id: &oid, what: &'static str) {
        // Git knows the empty tree without storing it.
        let built_in = id.is_null() || id == ObjectId::empty_tree(id.kind());
        if !built_in && !self.store.contains(id) {
            let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
            missing.insert(id.to_owned(), what);
        }
    }

    /// What was missing.
    pub(super) fn into_missing(self) -> Missing {
        self.missing.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One thread's view.
pub(super) struct Checker<'a> {
    links: &'a Links<'a>,
    recent: Recent,
    last: LastTree,
}

impl Clone for Checker<'_> {
    fn clone(&self) -> Self {
        Checker::new(self.links)
    }
}

impl<'a> Checker<'a> {
    pub(super) fn new(links: &'a Links<'a>) -> Checker<'a> {
        Checker { links, recent: Recent(vec![0; SLOTS].into_boxed_slice()), last: LastTree::default() }
    }

    /// Checks everything that an object names. False when a tree's bytes are no tree.
    pub(super) fn object(&mut self, kind: ObjectKind, id: &oid, bytes: &[u8]) -> bool {
        match kind {
            ObjectKind::Blob => true,
            ObjectKind::Tree => self.tree(bytes, id.as_bytes().len()),
            ObjectKind::Commit => {
                let cut = !self.links.boundary.is_empty() && self.links.boundary.contains(id);
                for (name, linked) in named_ids(bytes) {
                    match name {
                        b"tree" => self.recent.check(self.links, &linked, "tree"),
                        b"parent" if !cut => self.recent.check(self.links, &linked, "commit"),
                        _ => {}
                    }
                }
                true
            }
            ObjectKind::Tag => {
                for (_, linked) in named_ids(bytes).take(1) {
                    self.recent.check(self.links, &linked, "object");
                }
                true
            }
        }
    }

    fn tree(&mut self, bytes: &[u8], id_length: usize) -> bool {
        let Checker { recent, links, last } = self;
        last.new_entries(bytes, id_length, |entry| {
            if !entry.is_submodule() {
                recent.check(links, entry.id, if entry.is_tree() { "tree" } else { "blob" });
            }
        })
    }
}

/// The second eight bytes of ids that were checked, at the place that the first two tell. Ids are hashes, so that two
/// that agree in ten bytes are the same.
struct Recent(Box<[u64]>);

impl Recent {
    #[inline]
    fn check(&mut self, links: &Links<'_>, id: &oid, what: &'static str) {
        let bytes = id.as_bytes();
        let (Some(first), Some(next)) = (bytes.first_chunk::<2>(), bytes[2..].first_chunk::<8>()) else {
            return;
        };
        let slot = &mut self.0[usize::from(u16::from_le_bytes(*first))];
        let key = u64::from_le_bytes(*next);
        if *slot != key {
            *slot = key;
            links.check(id, what);
        }
    }
}
