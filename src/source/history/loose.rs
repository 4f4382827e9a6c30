//! Loose objects: one compressed file each, read in parallel.

use std::collections::HashSet;
use std::path::Path;

use bstr::ByteVec;
use gix_hash::{Kind as HashKind, ObjectId, oid};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::objects::{Objects, Pusher};
use super::packs::Pack;
use crate::source::{Issue, Sink};

/// The loose objects of one object directory.
pub(super) struct Store {
    store: gix_odb::loose::Store,
    ids: Vec<ObjectId>,
}

impl Store {
    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.ids.len() as u64
    }

    /// Their ids, sorted.
    pub(super) fn ids(&self) -> &[ObjectId] {
        &self.ids
    }
}

/// Lists the loose objects of a directory.
pub(super) fn list(objects: &Path, hash: HashKind, sink: &dyn Sink) -> Store {
    let mut ids = Vec::new();
    for directory in super::files(objects, sink) {
        let Some(first) = directory.file_name().and_then(|name| name.to_str()).filter(|name| name.len() == 2)
        else {
            continue;
        };
        for file in super::files(&directory, sink) {
            let rest = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if rest.len() + 2 == hash.len_in_hex()
                && let Ok(id) = ObjectId::from_hex(format!("{first}{rest}").as_bytes())
            {
                ids.push(id);
            }
        }
    }
    ids.sort();
    Store { store: gix_odb::loose::Store::at(objects, hash), ids }
}

/// Scans the loose objects that no pack and no earlier directory has.
pub(super) fn scan(stores: &[Store], packs: &[Pack], objects: &Objects<'_>) {
    let mut earlier: HashSet<ObjectId> = HashSet::new();
    for (index, store) in stores.iter().enumerate() {
        store.ids.par_iter().for_each_init(
            || (Pusher::new(objects), Vec::new()),
            |(pusher, buffer), id| {
                let seen = earlier.contains(id) || packs.iter().any(|pack| pack.has(id));
                if !seen && !objects.sink.interrupted() {
                    object(store, id, pusher, buffer, objects.sink);
                }
            },
        );
        if index + 1 < stores.len() {
            earlier.extend(&store.ids);
        }
    }
}

fn object(store: &Store, id: &oid, pusher: &mut Pusher<'_>, buffer: &mut Vec<u8>, sink: &dyn Sink) {
    let issue = |message: String| {
        let path = Vec::from_path_lossy(&store.store.object_path(id)).into_owned();
        sink.issue(Issue::new("corrupt-object", message).at_path(path).at_object(id.to_string()));
    };
    match store.store.try_find(id, buffer) {
        Ok(Some(object)) => match object.verify_checksum(id) {
            Ok(_) => pusher.push(object.kind, id, object.data),
            Err(_) => {
                // What it holds is scanned all the same.
                pusher.push(object.kind, id, object.data);
                issue("a loose object is damaged: its content is not what its name says".to_owned());
            }
        },
        Ok(None) => issue("a loose object vanished while it was to be read".to_owned()),
        Err(error) => issue(format!("a loose object cannot be read: {error}")),
    }
}
