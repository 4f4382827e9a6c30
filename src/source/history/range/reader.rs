//! Reading single objects, as they are stored: no replaced object and no graft takes the place of another.
//!
//! Takes a [`Store`] and ids and gives bytes that match the id. Keeps trees that were read and the bases of deltas for
//! a while, because a tree is read again as that of a parent, and neighbours in a pack share their bases.

use std::collections::HashMap;
use std::rc::Rc;

use gix_hash::{ObjectId, oid};
use gix_object::Kind as ObjectKind;
use gix_pack::cache::DecodeEntry;

use super::super::big;
use super::super::renames::Contents;
use super::super::store::{Scratch, Store};

/// Bytes of trees that one reader keeps.
const TREES: usize = 16 << 20;

/// Bytes of delta bases that one reader keeps.
const BASES: usize = 32 << 20;

/// Reads objects; one for each thread.
pub(in super::super) struct Reader<'a> {
    pub(super) store: &'a Store,
    scratch: Scratch,
    bases: Bases,
    trees: HashMap<ObjectId, Rc<[u8]>>,
    kept: usize,
}

impl<'a> Reader<'a> {
    pub(in super::super) fn new(store: &'a Store) -> Reader<'a> {
        Reader { store, scratch: Scratch::default(), bases: Bases::default(), trees: HashMap::new(), kept: 0 }
    }

    /// An object's kind and bytes; none when it is not stored, or no copy of it is intact.
    pub(in super::super) fn object(&mut self, id: &oid) -> Option<(ObjectKind, &[u8])> {
        let kind = self.store.read_with(id, &mut self.scratch, &mut self.bases)?;
        Some((kind, &self.scratch.bytes))
    }

    /// A tree's bytes.
    pub(in super::super) fn tree(&mut self, id: &oid) -> Option<Rc<[u8]>> {
        if let Some(tree) = self.trees.get(id) {
            return Some(Rc::clone(tree));
        }
        // Git knows the empty tree without storing it.
        let empty = id == ObjectId::empty_tree(id.kind());
        let bytes: Rc<[u8]> = match self.object(id) {
            Some((ObjectKind::Tree, bytes)) => bytes.into(),
            _ if empty => Rc::default(),
            _ => return None,
        };
        self.kept += bytes.len();
        if self.kept > TREES {
            self.trees.clear();
            self.kept = bytes.len();
        }
        self.trees.insert(id.to_owned(), Rc::clone(&bytes));
        Some(bytes)
    }
}

impl Contents for Reader<'_> {
    fn hash(&self) -> gix_hash::Kind {
        self.store.hash
    }

    fn tree(&mut self, id: &ObjectId) -> Option<Vec<u8>> {
        Reader::tree(self, id).map(|bytes| bytes.to_vec())
    }

    fn blob(&mut self, id: &ObjectId) -> Option<Vec<u8>> {
        if big::find(self.store, id).is_some() {
            return None;
        }
        match self.object(id) {
            Some((ObjectKind::Blob, bytes)) => Some(bytes.to_vec()),
            _ => None,
        }
    }
}

/// Its kind, how many bytes of the pack it takes, and what it is.
type Base = (ObjectKind, usize, Box<[u8]>);

/// Decoded bases of deltas, by pack and offset.
#[derive(Default)]
struct Bases {
    known: HashMap<(u32, u64), Base>,
    kept: usize,
}

impl DecodeEntry for Bases {
    fn put(&mut self, pack: u32, offset: u64, data: &[u8], kind: ObjectKind, compressed_size: usize) {
        if data.len() > BASES / 8 {
            return;
        }
        self.kept += data.len();
        if self.kept > BASES {
            self.known.clear();
            self.kept = data.len();
        }
        self.known.insert((pack, offset), (kind, compressed_size, data.into()));
    }

    fn get(&mut self, pack: u32, offset: u64, out: &mut Vec<u8>) -> Option<(ObjectKind, usize)> {
        let (kind, compressed_size, data) = self.known.get(&(pack, offset))?;
        out.clear();
        out.extend_from_slice(data);
        Some((*kind, *compressed_size))
    }
}
