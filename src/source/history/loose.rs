//! Decoding loose objects, in parallel.
//!
//! Takes a [`Store`](super::store::Store) and a visitor and hands over every loose object that no pack and no earlier
//! object directory holds; gives back those that cannot be decoded.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use gix_hash::ObjectId;
use rayon::prelude::*;

use super::packs::{Traversal, Visitor};

/// Objects that each job decodes: enough to make handing out jobs cheap.
const BATCH: usize = 32;

impl Traversal<'_> {
    /// Hands over the loose objects of the object directory numbered `number`.
    pub(super) fn loose<V: Visitor>(&self, number: usize, visitor: &V) -> Vec<(ObjectId, String)> {
        let loose = &self.store.loose[number];
        let decode = |(bytes, visitor): &mut (Vec<u8>, V), id: &ObjectId| {
            if self.stop.load(Ordering::Relaxed) || self.store.before_loose(number, id) {
                return None;
            }
            let found = catch_unwind(AssertUnwindSafe(|| match loose.store.try_find(id, bytes) {
                Ok(Some(data)) => Ok(data.kind),
                Ok(None) => Err("it has vanished".to_owned()),
                Err(error) => Err(error.probable_cause().to_string()),
            }));
            match found.unwrap_or_else(|_| Err("its decoding failed unexpectedly".to_owned())) {
                Ok(kind) => {
                    if !visitor.visit(kind, id, None, bytes) {
                        self.stop.store(true, Ordering::Relaxed);
                    }
                    None
                }
                Err(reason) => Some((*id, reason)),
            }
        };
        let start = || (Vec::new(), visitor.clone());
        loose.ids.par_iter().with_min_len(BATCH).map_init(start, decode).flatten().collect()
    }
}
