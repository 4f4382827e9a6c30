//! Names that only their directories tell of: `provider/VALUE.key`.
//!
//! Takes the trees that a scan goes through, which hold names alone, and gives those whose names hold something that a
//! directory could tell of once more, with their paths. Where a tree stands is looked up only if there are any, and none
//! is read again whose path says nothing.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use bstr::{BString, ByteSlice};
use gix_hash::{ObjectId, oid};
use gix_object::Kind as ObjectKind;

use super::Progress;
use super::attribution;
use super::objects::TreeEntries;
use super::store::{Scratch, Store};
use crate::finding::LocationKind;
use crate::source::{Origin, Sink};

/// Trees with such names.
#[derive(Default)]
pub(super) struct Untold {
    trees: Mutex<BTreeSet<ObjectId>>,
}

impl Untold {
    /// Remembers a tree that has one.
    pub(super) fn note(&self, sink: &dyn Sink, id: &oid, bytes: &[u8]) {
        let mut entries = TreeEntries::new(bytes, id.as_bytes().len());
        if entries.any(|entry| sink.depends_on_directory(entry.name)) {
            self.trees.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
        }
    }

    /// Pushes the names with their paths.
    pub(super) fn push(self, store: &Store, target: usize, sink: &dyn Sink, progress: &dyn Progress) {
        let trees = self.trees.into_inner().unwrap_or_else(PoisonError::into_inner);
        if trees.is_empty() || sink.interrupted() {
            return;
        }
        let mut scratch = Scratch::default();
        for (tree, mut paths) in attribution::paths_of(store, trees, &Asking { sink, progress }) {
            paths.retain(|path| sink.is_directory_telling(path.as_bstr()));
            if paths.is_empty() || store.read(&tree, &mut scratch) != Some(ObjectKind::Tree) {
                continue;
            }
            for path in &paths {
                push_tree(sink, target, &tree, &scratch.bytes, path);
            }
        }
    }
}

fn push_tree(sink: &dyn Sink, target: usize, tree: &oid, bytes: &[u8], directory: &BString) {
    let hex = tree.to_string();
    let entries = TreeEntries::new(bytes, tree.as_bytes().len());
    for entry in entries.filter(|entry| sink.depends_on_directory(entry.name)) {
        let path = Some(entry.name);
        let origin = Origin { kind: LocationKind::Path, target, path, shown: path, object: Some(&hex) };
        sink.name_in(directory.as_bstr(), origin, entry.name);
    }
}

/// Ends when the sink wants an end.
struct Asking<'a> {
    sink: &'a dyn Sink,
    progress: &'a dyn Progress,
}

impl Progress for Asking<'_> {
    fn total(&self, objects: u64) {
        self.progress.total(objects);
    }

    fn advance(&self, objects: u64) {
        self.progress.advance(objects);
    }

    fn interrupted(&self) -> bool {
        self.sink.interrupted()
    }
}
