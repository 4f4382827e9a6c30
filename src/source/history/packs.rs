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
use gix_pack::data::entry::Header;
use rayon::prelude::*;

use super::big::{Inflating, big_entries};
use super::bits::Bits;
use super::delta::Fresh;
use super::store::{Pack, Scratch, Store, TOO_LARGE, fits};

/// Where an object is stored: the pack's number and the position in its index. None of both for loose objects.
pub(super) type Place = Option<(usize, u32)>;

/// An object's bytes.
#[derive(Clone, Copy)]
pub(super) struct Content<'a> {
    /// All of them.
    pub(super) bytes: &'a [u8],
    /// What is known of an object that it is a version of.
    pub(super) base: Option<Known<'a>>,
}

/// An object of which the visitor said that it is [`Answer::Quiet`], as far as it is known to a version of it.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    /// Where the version differs.
    pub(super) fresh: &'a [Fresh],
    /// What the visitor noted.
    pub(super) note: &'a [u32],
}

/// What a visitor says of an object.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Nothing in it matters: versions of it matter only where they differ. The visitor is given its note with each.
    Quiet(Vec<u32>),
    /// Go on.
    GoOn,
    /// End the traversal.
    End,
}

/// Gets every object, on many threads: each has a clone.
pub(super) trait Visitor: Clone + Send + Sync {
    /// Takes one object.
    fn visit(&mut self, kind: ObjectKind, id: &oid, place: Place, content: Content<'_>) -> Answer;

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

impl<'a> Content<'a> {
    /// Of an object of which nothing was seen before.
    pub(super) fn whole(bytes: &'a [u8]) -> Content<'a> {
        Content { bytes, base: None }
    }

    /// The parts that were not seen before, each with so many bytes before and after it: one for all that are near each
    /// other.
    pub(super) fn parts(self, reach: usize) -> impl Iterator<Item = &'a [u8]> {
        let whole = self.base.is_none().then_some(self.bytes);
        let mut fresh = self.base.map_or(&[][..], |base| base.fresh);
        let parts = std::iter::from_fn(move || {
            let (first, rest) = fresh.split_first()?;
            fresh = rest;
            let start = first.span.start.saturating_sub(reach);
            let mut end = first.span.end + reach;
            while let Some((next, rest)) = fresh.split_first()
                && next.span.start.saturating_sub(reach) <= end
            {
                fresh = rest;
                end = next.span.end + reach;
            }
            Some(&self.bytes[start..end.min(self.bytes.len())])
        });
        whole.into_iter().chain(parts)
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
        if sound.len() < entries.len() {
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
        if self.bulk(number, entries.to_vec(), false, &done, visitor).is_ok()
            || self.stop.load(Ordering::Relaxed)
        {
            return Vec::new();
        }
        let left: Vec<_> = entries.iter().copied().filter(|&(_, at)| !done.has(at as usize)).collect();
        self.one_by_one(number, &left, visitor)
    }

    /// Hands one object over, unless it was before. Returns what the visitor says.
    pub(super) fn deliver<V: Visitor>(
        &self,
        number: usize,
        at: u32,
        kind: ObjectKind,
        content: Content<'_>,
        done: &Bits,
        visitor: &mut V,
    ) -> Answer {
        if done.has(at as usize) {
            return Answer::GoOn;
        }
        done.set(at as usize);
        let id = self.store.packs[number].index.oid_at_index(at);
        match self.store.in_earlier_pack(number, id) {
            true => Answer::GoOn,
            false => visitor.visit(kind, id, Some((number, at)), content),
        }
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
                    let content = Content::whole(&scratch.bytes);
                    if visitor.visit(kind, id, Some((number, at)), content) == Answer::End {
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
pub(super) fn is_sound(pack: &Pack, at: u32, offset: u64, end: u64, by_id: impl FnOnce() -> bool) -> bool {
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
