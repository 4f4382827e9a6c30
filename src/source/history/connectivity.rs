//! Whether every object that is named is there.
//!
//! Told by the objects as they pass: what each commit, tree and tag names is looked up among what is stored. No
//! history is walked. Trees of neighbouring versions name mostly the same objects, so a small table per thread of
//! what was found already answers nearly every question.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use bstr::{BStr, ByteSlice};
use gix_hash::{ObjectId, oid};
use gix_object::Kind;

use super::loose::Store;
use super::objects::entries;
use super::packs::Pack;
use crate::source::layout::Layout;
use crate::source::{Issue, Sink};

/// Slots of a thread's table of ids that are known to be there; 8 bytes each.
const SLOTS: usize = 1 << 17;
/// How many missing objects are named; the rest is counted.
const MOST_NAMED: usize = 20;
/// The mode of a submodule: its commit is in another repository.
const GITLINK: &[u8] = b"160000";

/// What is stored, and what was found missing.
pub(super) struct Connectivity<'a> {
    packs: &'a [Pack],
    loose: &'a [Store],
    on: bool,
    /// Missing objects are to be expected, and said elsewhere.
    cut_off: bool,
    missing: Mutex<BTreeMap<ObjectId, String>>,
}

/// The first eight bytes of ids that one thread knows to be there.
pub(super) struct Known(Vec<u64>);

impl<'a> Connectivity<'a> {
    pub(super) fn new(packs: &'a [Pack], loose: &'a [Store], layout: &Layout, on: bool) -> Self {
        let cut_off = layout.shallow || layout.partial;
        Connectivity { packs, loose, on: on && !cut_off, cut_off, missing: Mutex::default() }
    }

    /// A table for a thread.
    pub(super) fn known(&self) -> Known {
        Known(if self.on { vec![0; SLOTS] } else { Vec::new() })
    }

    /// Checks what a commit or a tag names in its headers.
    pub(super) fn check_header(&self, known: &mut Known, kind: Kind, id: &oid, bytes: &[u8]) {
        if !self.on {
            return;
        }
        for line in bytes.lines().take_while(|line| !line.is_empty()) {
            let Some((word, named)) = line.split_once_str(" ") else { continue };
            let what = match (kind, word) {
                (Kind::Commit, b"tree") => "tree of commit",
                (Kind::Commit, b"parent") => "parent of commit",
                (Kind::Tag, b"object") => "object of tag",
                _ => continue,
            };
            if let Ok(named) = ObjectId::from_hex(named) {
                self.check(known, &named, what, id);
            }
        }
    }

    /// Checks what a tree's entries name.
    pub(super) fn check_tree(&self, known: &mut Known, id: &oid, bytes: &[u8]) {
        if !self.on {
            return;
        }
        for (mode, _, named) in entries(bytes, id.kind().len_in_bytes()) {
            if mode != GITLINK {
                self.check(known, oid::from_bytes_unchecked(named), "entry of tree", id);
            }
        }
    }

    /// Checks what a ref names.
    pub(super) fn check_ref(&self, name: &BStr, id: &oid) {
        if !self.cut_off && self.on && !self.stored(id) {
            self.miss(id, format!("the ref {name}"));
        }
    }

    #[inline]
    fn check(&self, known: &mut Known, named: &oid, what: &str, by: &oid) {
        let (first, _) = named.as_bytes().split_first_chunk::<8>().expect("ids are longer");
        let key = u64::from_le_bytes(*first);
        let slot = (key % SLOTS as u64) as usize;
        if known.0[slot] == key {
            return;
        }
        if self.stored(named) {
            known.0[slot] = key;
        } else {
            self.miss(named, format!("{what} {by}"));
        }
    }

    fn stored(&self, id: &oid) -> bool {
        // Git knows these two without storing them.
        let implied = [ObjectId::empty_tree(id.kind()), ObjectId::empty_blob(id.kind())];
        self.packs.iter().any(|pack| pack.has(id))
            || self
                .loose
                .iter()
                .any(|store| store.ids().binary_search_by(|have| have.as_ref().cmp(id)).is_ok())
            || implied.iter().any(|implied| *implied == id)
    }

    fn miss(&self, id: &oid, named_by: String) {
        let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        let first = missing.entry(id.to_owned()).or_insert_with(|| named_by.clone());
        // Which namer is given depends on no thread.
        if named_by < *first {
            *first = named_by;
        }
    }

    /// Says what is missing.
    pub(super) fn report(&self, sink: &dyn Sink) {
        let missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, named_by) in missing.iter().take(MOST_NAMED) {
            let message = format!("an object is missing: {named_by} names it");
            sink.issue(Issue::new("missing-object", message).at_object(id.to_string()));
        }
        if let Some(more) = missing.len().checked_sub(MOST_NAMED + 1) {
            sink.issue(Issue::new("missing-object", format!("{} more objects are missing", more + 1)));
        }
    }
}
