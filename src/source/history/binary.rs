//! Which stored files git filter-repo replaces no text in.
//!
//! Takes ids and reads the objects; that a file is too large to be read, or not stored, makes it one of those.

use std::collections::BTreeSet;

use gix_hash::ObjectId;

use super::range::reader::Reader;
use super::store::Store;
use crate::source::layout::Layout;

/// So many bytes at the beginning tell.
const BEGINNING: usize = 8192;

/// Those of some files, by their ids in hex, that have a NUL at their beginning.
pub fn among<'i>(layout: &Layout, ids: BTreeSet<&'i str>) -> Vec<&'i str> {
    if ids.is_empty() {
        return Vec::new();
    }
    let store = Store::open_for_few(layout, &mut |_| ());
    let mut reader = Reader::new(&store);
    let mut is_text = |id: &&str| {
        let id = ObjectId::from_hex(id.as_bytes()).ok();
        let object = id.and_then(|id| reader.object(&id));
        object.is_some_and(|(_, bytes)| !bytes[..bytes.len().min(BEGINNING)].contains(&0))
    };
    ids.into_iter().filter(|id| !is_text(id)).collect()
}
