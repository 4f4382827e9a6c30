//! Whether everything that stored objects name is stored, told from the objects as they pass.
//!
//! Takes commits, trees and tags during the scan, and refs after it, and gives the ids that are named and missing.
//! Nothing is walked. Successive versions of a tree name mostly the same ids, so of a tree that is stored as a delta only
//! those entries are looked at that it changes; and all that is stored is put into a table first, so that only what is
//! not in there is looked up in the indexes.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use gix_hash::{ObjectId, oid};
use gix_object::Kind as ObjectKind;

use super::objects::{is_well_linked, named_ids};
use super::packs::Content;
use super::store::Store;
use super::versions;

/// Fewest and most buckets of the table of ids: from 16 kB to 64 MB.
const BUCKETS: (u64, u64) = (1 << 8, 1 << 20);

/// Ids that are named and not stored, with what they are meant to be.
pub(super) type Missing = BTreeMap<ObjectId, &'static str>;

/// What all threads share.
pub(super) struct Links<'a> {
    store: &'a Store,
    /// Commits whose parents were left out on purpose.
    boundary: HashSet<ObjectId>,
    known: Known,
    missing: Mutex<Missing>,
}

impl<'a> Links<'a> {
    /// Of a store whose ids are listed on the threads of this pool.
    pub(super) fn new(store: &'a Store, boundary: HashSet<ObjectId>) -> Links<'a> {
        let known = Known::new(store.len());
        store.each_id(|id| {
            known.is_new(id);
        });
        Links { store, boundary, known, missing: Mutex::default() }
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

    /// The same, for what may be named often.
    fn check_once(&self, id: &oid, what: &'static str) {
        if self.known.is_new(id) {
            self.check(id, what);
        }
    }

    /// What was missing.
    pub(super) fn into_missing(self) -> Missing {
        self.missing.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Links<'_> {
    /// Checks everything that an object names. Gives where the entries of a tree start, and where the last one ends; none
    /// when the bytes do not tell what the object names.
    pub(super) fn object(&self, kind: ObjectKind, id: &oid, content: Content<'_>) -> Option<Vec<u32>> {
        if !is_well_linked(kind, id, content.bytes) {
            return None;
        }
        match kind {
            ObjectKind::Blob => {}
            ObjectKind::Tree => {
                return versions::entries(content, id.as_bytes().len(), |entry| {
                    if !self.known.has(entry.id) && !entry.is_submodule() {
                        self.check_once(entry.id, if entry.is_tree() { "tree" } else { "blob" });
                    }
                });
            }
            ObjectKind::Commit => {
                let cut = !self.boundary.is_empty() && self.boundary.contains(id);
                for (name, linked) in named_ids(content.bytes) {
                    match name {
                        b"tree" => self.check_once(&linked, "tree"),
                        b"parent" if !cut => self.check_once(&linked, "commit"),
                        _ => {}
                    }
                }
            }
            ObjectKind::Tag => {
                for (_, linked) in named_ids(content.bytes).take(1) {
                    self.check_once(&linked, "object");
                }
            }
        }
        Some(Vec::new())
    }
}

/// The ids that are stored or were met, eight of their bytes each, in the bucket that other four tell. A full bucket
/// forgets one for each that comes: it is then looked up, no more. Threads that write to a bucket at once lose one too.
///
/// Ids are hashes, so that two that agree in all that is compared are the same.
struct Known(Vec<Bucket>);

/// What the processor fetches from memory at once.
#[derive(Default)]
#[repr(align(64))]
struct Bucket([AtomicU64; 8]);

impl Known {
    /// Room for twice as many ids as there are objects, so that hardly a bucket is full.
    fn new(objects: u64) -> Known {
        let buckets = objects.div_ceil(4).next_power_of_two().clamp(BUCKETS.0, BUCKETS.1);
        Known((0..buckets).map(|_| Bucket::default()).collect())
    }

    /// Whether the id is stored or was met before, as far as is remembered.
    #[inline]
    fn has(&self, id: &oid) -> bool {
        let Some((bucket, key)) = self.place(id) else { return false };
        // All slots, and not a branch on what any of them holds: nobody can guess it, so each would keep the processor
        // from fetching the buckets of the next entries of a tree while it waits for this one. Comparing each slot with the key
        // would be compiled to branches.
        let nearest = bucket.0.iter().map(|slot| slot.load(Ordering::Relaxed) ^ key).fold(u64::MAX, u64::min);
        nearest == 0
    }

    /// Whether it is not. It is from now on.
    fn is_new(&self, id: &oid) -> bool {
        let Some((bucket, key)) = self.place(id) else { return true };
        for slot in &bucket.0 {
            match slot.load(Ordering::Relaxed) {
                known if known == key => return false,
                0 => {
                    slot.store(key, Ordering::Relaxed);
                    return true;
                }
                _ => {}
            }
        }
        bucket.0[key as usize % bucket.0.len()].store(key, Ordering::Relaxed);
        true
    }

    /// The bucket of an id, and what stands for the id there.
    #[inline]
    fn place(&self, id: &oid) -> Option<(&Bucket, u64)> {
        let bytes = id.as_bytes();
        let bucket = u32::from_le_bytes(*bytes.first_chunk()?) as usize & (self.0.len() - 1);
        // Zero is an empty slot.
        Some((&self.0[bucket], u64::from_le_bytes(*bytes[4..].first_chunk()?).max(1)))
    }
}

#[cfg(test)]
mod tests {
    use gix_hash::{Kind, ObjectId};

    use super::Known;

    #[test]
    fn an_id_is_new_once_unless_too_many_came_since() {
        let ids: Vec<_> = (0..2000u32)
            .map(|number| gix_object::compute_hash(Kind::Sha1, gix_object::Kind::Blob, &number.to_le_bytes()))
            .map(|id| id.expect("these are no collisions"))
            .collect();
        let new = |known: &Known, ids: &[ObjectId]| {
            let is_new = |id: &&ObjectId| !known.has(id) && known.is_new(id) && known.has(id);
            ids.iter().filter(is_new).count()
        };
        let known = Known::new(2000);
        assert_eq!(new(&known, &ids), 2000);
        assert!(new(&known, &ids) < 100, "most are remembered");
        let small = Known::new(0);
        for _ in 0..3 {
            assert!(new(&small, &ids[..500]) < 501);
            assert!(
                new(&small, &ids) > 0,
                "a full table tells of an id that it does not know rather than not"
            );
        }
        assert_eq!(new(&small, &ids[1999..]), 0);
    }
}
