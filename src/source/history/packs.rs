//! Decoding every object of a pack once, in pack order, on all threads.
//!
//! Takes a [`Store`] and a [`Visitor`] and hands it each object. The bulk goes through gix-pack's delta tree, which
//! applies every delta once. That stops at the first damage, so what follows is, for a damaged pack only:
//!
//! 1. entries whose checksum is wrong, and all that are deltas on top of them, are set apart, and the rest is
//!    traversed again;
//! 2. what is then still left is decoded object by object and checked against its id.
//!
//! What cannot be decoded at all is given back, for the caller to look for another copy.
//!
//! Why checksums: verifying each object's id would cost several times the scan. The index holds a CRC-32 of every
//! compressed entry, which costs next to nothing and also catches what zlib does not, a damaged entry header.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use gix_hash::{ObjectId, oid};
use gix_object::Kind as ObjectKind;
use gix_pack::cache::delta::{Tree, traverse};
use gix_pack::data::entry::Header;
use gix_utils::progress::Discard;
use rayon::prelude::*;

use super::big::{Inflating, big_entries};
use super::bits::Bits;
use super::store::{MOST, Pack, Scratch, Store, TOO_LARGE, fits, matches};

/// Where an object is stored: the pack's number and the position in its index. None of both for loose objects.
pub(super) type Place = Option<(usize, u32)>;

/// Gets every object, on many threads: each has a clone.
pub(super) trait Visitor: Clone + Send + Sync {
    /// Takes one object. Returns false to end the traversal.
    fn visit(&mut self, kind: ObjectKind, id: &oid, place: Place, bytes: &[u8]) -> bool;

    /// Takes a blob that is too big to be held in memory: its first bytes, and the others as they are inflated. Returns
    /// false to end the traversal. A visitor of other objects reads nothing of it.
    ///
    /// # Errors
    ///
    /// When it is damaged.
    fn big_blob(&mut self, _id: &oid, _start: Vec<u8>, _rest: Inflating<'_>) -> Result<bool, String> {
        Ok(true)
    }
}

/// How to go through the packs.
#[derive(Clone, Copy)]
pub(super) struct Traversal<'a> {
    pub(super) store: &'a Store,
    pub(super) threads: usize,
    /// Set when a visitor wants to end.
    pub(super) stop: &'a AtomicBool,
}

/// An entry of a pack: offset, and position in the index.
pub(super) type Entry = (u64, u32);

/// What decoding a pack left.
#[derive(Default)]
pub(super) struct Damage {
    /// Why the pack could not be traversed as a whole.
    pub(super) reason: String,
    /// The objects that could not be decoded from it, and why.
    pub(super) undecoded: Vec<(ObjectId, String)>,
}

impl Damage {
    /// Whether nothing is wrong with the pack but that objects in it are too large to be decoded.
    pub(super) fn is_size_alone(&self) -> bool {
        self.reason == TOO_LARGE && self.undecoded.iter().all(|(_, reason)| reason == TOO_LARGE)
    }
}

impl Traversal<'_> {
    /// Hands over every object of the pack numbered `number` that no earlier pack holds.
    ///
    /// # Errors
    ///
    /// When the pack is damaged; everything in it that can be decoded has been handed over nevertheless.
    pub(super) fn pack<V: Visitor>(&self, number: usize, visitor: &V) -> Result<(), Damage> {
        let pack = &self.store.packs[number];
        let entries = sorted_entries(pack);
        let done = Bits::new(entries.len());
        let big = big_entries(pack, &entries);
        if !big.is_empty() {
            return self.with_big(number, &entries, &big, &done, visitor);
        }
        let Err(reason) = self.bulk(number, entries.clone(), true, &done, visitor) else { return Ok(()) };
        if self.stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        let sound = sound_entries(pack, &entries);
        if sound.len() < entries.len() && sound.first() == entries.first() {
            // Its outcome does not matter: `done` knows what is left.
            self.bulk(number, sound, false, &done, visitor).ok();
        }
        let left: Vec<_> = entries.into_iter().filter(|&(_, at)| !done.has(at as usize)).collect();
        Err(Damage { reason, undecoded: self.one_by_one(number, &left, visitor) })
    }

    /// Hands over some of a pack's objects: `entries`, which hold all their own bases. Gives those that cannot be
    /// decoded.
    pub(super) fn some_of_pack<V: Visitor>(
        &self,
        number: usize,
        entries: &[Entry],
        visitor: &V,
    ) -> Vec<(ObjectId, String)> {
        let done = Bits::new(self.store.packs[number].index.num_objects() as usize);
        let first = first_entry(&self.store.packs[number]);
        // The visitor has to bear with one entry that it did not ask for.
        let missing = first.filter(|first| entries.first().is_some_and(|entry| entry != first));
        let all = missing.into_iter().chain(entries.iter().copied()).collect();
        if self.bulk(number, all, false, &done, visitor).is_ok() || self.stop.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let left: Vec<_> = entries.iter().copied().filter(|&(_, at)| !done.has(at as usize)).collect();
        self.one_by_one(number, &left, visitor)
    }

    /// Traverses `entries`, which hold all their own bases. With `all`, they are the whole pack and are checked. The
    /// first entry of the pack must be among them, because gix-pack reads the first that it is given from there.
    pub(super) fn bulk<V: Visitor>(
        &self,
        number: usize,
        entries: Vec<Entry>,
        all: bool,
        done: &Bits,
        visitor: &V,
    ) -> Result<(), String> {
        let pack = &self.store.packs[number];
        if entries.is_empty() {
            return Ok(());
        }
        if !all_fit(pack, &entries) {
            return Err("the header of an entry does not fit its size".to_owned());
        }
        let mut visitor = visitor.clone();
        let inspect = move |&mut (offset, at): &mut Entry,
                            _: &dyn gix_utils::progress::Progress,
                            object: traverse::Context<'_>| {
            let kind = object
                .entry
                .header
                .as_kind()
                .ok_or_else(|| gix_error::corruption("a delta without a base"))?;
            let id = pack.index.oid_at_index(at);
            if all && !is_sound(pack, at, offset, object.entry_end, || matches(id, kind, object.decompressed))
            {
                return Err(gix_error::corruption("an entry does not match its checksum").into());
            }
            if !self.deliver(number, at, kind, object.decompressed, done, &mut visitor) {
                self.stop.store(true, Ordering::Relaxed);
            }
            Ok(())
        };
        // A damaged pack must not end the run, even where the decoder did not foresee the damage.
        let run = AssertUnwindSafe(|| {
            let tree = Tree::from_offsets_in_pack(
                pack.data.path(),
                entries.into_iter(),
                &|&(offset, _)| offset,
                &|id| Ok(pack.index.lookup(id).map(|at| pack.index.pack_offset_at_index(at))),
                &mut Discard,
                self.stop,
                self.store.hash,
            )?;
            let options = traverse::Options {
                object_progress: Box::new(Discard),
                size_progress: &mut Discard,
                thread_limit: Some(self.threads),
                should_interrupt: self.stop,
                object_hash: self.store.hash,
                alloc_limit_bytes: Some(MOST),
            };
            tree.traverse(
                |range, pack: &gix_pack::data::File| pack.entry_slice(range),
                &pack.data,
                pack.data.pack_end() as u64,
                inspect,
                options,
            )
        });
        match catch_unwind(run) {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_resource_exhausted() => Err(TOO_LARGE.to_owned()),
            // The decoder's own words name its parts, or places in files, which help nobody.
            Ok(Err(_)) => Err("an entry cannot be decoded, or does not match its checksum".to_owned()),
            Err(_) => Err("its decoding failed unexpectedly".to_owned()),
        }
    }

    /// Hands one object over, unless it was before. Returns what the visitor says.
    fn deliver<V: Visitor>(
        &self,
        number: usize,
        at: u32,
        kind: ObjectKind,
        bytes: &[u8],
        done: &Bits,
        visitor: &mut V,
    ) -> bool {
        if done.has(at as usize) {
            return true;
        }
        done.set(at as usize);
        let id = self.store.packs[number].index.oid_at_index(at);
        self.store.in_earlier_pack(number, id) || visitor.visit(kind, id, Some((number, at)), bytes)
    }

    /// Decodes single objects, and gives back those that cannot be.
    pub(super) fn one_by_one<V: Visitor>(
        &self,
        number: usize,
        left: &[Entry],
        visitor: &V,
    ) -> Vec<(ObjectId, String)> {
        let pack = &self.store.packs[number];
        let decode = |(scratch, visitor): &mut (Scratch, V), &(_, at): &Entry| {
            let id = pack.index.oid_at_index(at);
            if self.stop.load(Ordering::Relaxed) || self.store.in_earlier_pack(number, id) {
                return None;
            }
            let decoded = catch_unwind(AssertUnwindSafe(|| pack.decode(at, scratch)));
            match decoded.unwrap_or_else(|_| Err("its decoding failed unexpectedly".to_owned())) {
                Ok(kind) => {
                    if !visitor.visit(kind, id, Some((number, at)), &scratch.bytes) {
                        self.stop.store(true, Ordering::Relaxed);
                    }
                    None
                }
                Err(reason) => Some((id.to_owned(), reason)),
            }
        };
        let start = || (Scratch::default(), visitor.clone());
        left.par_iter().map_init(start, decode).flatten().collect()
    }
}

fn sorted_entries(pack: &Pack) -> Vec<Entry> {
    let positions = 0..pack.index.num_objects();
    let mut entries: Vec<_> = positions.map(|at| (pack.index.pack_offset_at_index(at), at)).collect();
    entries.sort_unstable();
    entries
}

/// Whether every entry can hold as much as its header says, so that room can be made for it.
fn all_fit(pack: &Pack, entries: &[Entry]) -> bool {
    let ends = entries.iter().skip(1).map(|&(offset, _)| offset).chain([pack.data.pack_end() as u64]);
    let mut both = entries.iter().zip(ends);
    both.all(|(&(offset, _), end)| pack.data.entry(offset).is_ok_and(|entry| fits(&entry, end)))
}

/// The entry right after the pack's header.
fn first_entry(pack: &Pack) -> Option<Entry> {
    let positions = 0..pack.index.num_objects();
    positions.map(|at| (pack.index.pack_offset_at_index(at), at)).min()
}

/// The entries of a pack that are of some kinds, in order, told from their headers alone.
pub(super) fn entries_of(pack: &Pack, keep: impl Fn(ObjectKind) -> bool) -> Vec<Entry> {
    let entries = sorted_entries(pack);
    let mut kinds: Vec<Option<ObjectKind>> = vec![None; entries.len()];
    let index_of = |offset: u64| entries.binary_search_by_key(&offset, |entry| entry.0).ok();
    for start in 0..entries.len() {
        let mut chain = Vec::new();
        let mut next = Some(start);
        let mut kind = None;
        // Bases mostly come first, so that chains are short; one that is longer than the pack goes in circles.
        while let Some(at) = next.filter(|_| chain.len() <= entries.len()) {
            if kinds[at].is_some() {
                kind = kinds[at];
                break;
            }
            chain.push(at);
            let offset = entries[at].0;
            let Ok(entry) = pack.data.entry(offset) else { break };
            next = match entry.header {
                Header::OfsDelta { base_distance } => {
                    entry.checked_base_pack_offset(base_distance).and_then(index_of)
                }
                Header::RefDelta { base_id } => {
                    pack.index.lookup(base_id).and_then(|at| index_of(pack.index.pack_offset_at_index(at)))
                }
                header => {
                    kind = header.as_kind();
                    None
                }
            };
        }
        for at in chain {
            kinds[at] = kind;
        }
    }
    let kept = entries.into_iter().zip(kinds);
    kept.filter(|(_, kind)| kind.is_some_and(&keep)).map(|(entry, _)| entry).collect()
}

/// Whether the entry's bytes are those that were indexed. Indexes of version 1 have no checksums: there, `by_id` tells.
fn is_sound(pack: &Pack, at: u32, offset: u64, end: u64, by_id: impl FnOnce() -> bool) -> bool {
    match pack.index.crc32_at_index(at) {
        Some(expected) => {
            end > offset
                && pack.data.entry_slice(offset..end).is_some()
                && pack.data.entry_crc32(offset, (end - offset) as usize) == expected
        }
        None => by_id(),
    }
}

/// The entries that are intact and whose bases are, all the way down.
pub(super) fn sound_entries(pack: &Pack, entries: &[Entry]) -> Vec<Entry> {
    let ends = entries.iter().skip(1).map(|&(offset, _)| offset).chain([pack.data.pack_end() as u64]);
    let mut base_of: HashMap<u64, Option<u64>> = HashMap::with_capacity(entries.len());
    for (&(offset, at), end) in entries.iter().zip(ends) {
        let intact =
            is_sound(pack, at, offset, end, || end > offset && pack.data.entry_slice(offset..end).is_some());
        let Some(entry) = pack.data.entry(offset).ok().filter(|entry| fits(entry, end)) else { continue };
        let base = match entry.header {
            Header::OfsDelta { base_distance } => entry.checked_base_pack_offset(base_distance),
            Header::RefDelta { base_id } => {
                pack.index.lookup(base_id).map(|at| pack.index.pack_offset_at_index(at))
            }
            _ => Some(offset),
        };
        if let Some(base) = base.filter(|_| intact) {
            base_of.insert(offset, (base != offset).then_some(base));
        }
    }
    let mut known: HashMap<u64, bool> = HashMap::with_capacity(entries.len());
    let mut is_rooted = |start: u64| {
        let mut chain = Vec::new();
        let mut offset = start;
        let sound = loop {
            if let Some(&sound) = known.get(&offset) {
                break sound;
            }
            // Until the chain has come to its end, what is on it counts as unsound: that breaks cycles.
            known.insert(offset, false);
            chain.push(offset);
            match base_of.get(&offset) {
                Some(Some(base)) => offset = *base,
                Some(None) => break true,
                None => break false,
            }
        };
        known.extend(chain.into_iter().map(|offset| (offset, sound)));
        sound
    };
    entries.iter().copied().filter(|&(offset, _)| is_rooted(offset)).collect()
}
