//! Which packs hold an object, where there are many packs.
//!
//! Takes the indexes of all packs and gives, for an id, the packs that may hold it, in order. Without it every index is
//! asked in turn, which is quicker for a few packs and ruinous for a thousand. Git's own answer, the multi-pack-index,
//! is not always there, and would be one more file that may be wrong.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use gix_hash::oid;

use super::store::Pack;

/// So many packs are asked in turn.
const FEW: usize = if cfg!(test) { 2 } else { 8 };

/// For so many objects the packs are asked in turn: for fewer, reading every index would take longer than it saves.
const ASKED: usize = if cfg!(test) { 10 } else { 2000 };

/// The first eight bytes of every id, with the number of the pack, sorted; made once it pays.
#[derive(Default)]
pub(super) struct Finder {
    asked: AtomicUsize,
    known: OnceLock<Known>,
}

/// What a [`Finder`] has read.
pub(super) struct Known(Vec<(u64, u32)>);

impl Finder {
    /// What is known of the packs; none where they are few, or have been asked for few objects so far. Takes sixteen
    /// bytes of memory for each object.
    pub(super) fn known(&self, packs: &[Pack]) -> Option<&Known> {
        if packs.len() <= FEW {
            return None;
        }
        let known = self.known.get();
        if known.is_some() || self.asked.fetch_add(1, Ordering::Relaxed) < ASKED {
            return known;
        }
        Some(self.known.get_or_init(|| Known::read(packs)))
    }
}

impl Known {
    /// On one thread: a thread that waits for others would be given other work, which waits for this.
    fn read(packs: &[Pack]) -> Known {
        let ids = |(number, pack): (u32, &'_ Pack)| {
            let ids = (0..pack.index.num_objects()).map(|at| key(pack.index.oid_at_index(at)));
            ids.map(|key| (key, number)).collect::<Vec<_>>()
        };
        let mut all: Vec<_> = (0..).zip(packs).flat_map(ids).collect();
        all.sort_unstable();
        Known(all)
    }

    /// The numbers of the packs that may hold the object, ascending: ids are hashes, so that two that agree in eight
    /// bytes are hardly ever two.
    pub(super) fn packs(&self, id: &oid) -> impl Iterator<Item = usize> {
        let key = key(id);
        let start = self.0.partition_point(|&(known, _)| known < key);
        let same = self.0[start..].iter().take_while(move |&&(known, _)| known == key);
        same.map(|&(_, number)| number as usize)
    }
}

fn key(id: &oid) -> u64 {
    id.as_bytes().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}
