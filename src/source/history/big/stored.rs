//! Where big blobs are stored: whole in a pack, or loose.
//!
//! Takes packs and loose objects and finds the blobs in them that are not to be held in memory. What is stored as a
//! delta is never one of them: it is made out of something else that has to be held.

use std::fs::File;
use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use gix_hash::{ObjectId, oid};
use gix_object::Kind as ObjectKind;
use gix_pack::data::entry::Header;
use gix_zlib::Decompress;
use rayon::prelude::*;

use super::super::bits::Bits;
use super::super::loose;
use super::super::packs::{Damage, Entry, Traversal, Visitor, sound_entries};
use super::super::store::{Pack, Store, TOO_LARGE};
use super::{BIG, DENSEST, Inflating};
use crate::source::layout::Layout;
use crate::source::parts::{Piece, each_part};
use crate::source::{Origin, Sink};

impl Traversal<'_> {
    /// Hands over the objects of a pack with big blobs: these in parts, and apart from the others.
    pub(in super::super) fn with_big<V: Visitor>(
        &self,
        number: usize,
        entries: &[Entry],
        big: &[Big],
        done: &Bits,
        visitor: &V,
    ) -> Result<(), Damage> {
        let pack = &self.store.packs[number];
        let is_big = |entry: &Entry| big.binary_search_by_key(entry, |big| big.entry).is_ok();
        let sound = sound_entries(pack, entries);
        let others: Vec<Entry> = sound.iter().copied().filter(|entry| !is_big(entry)).collect();
        // It fails as well where something is a delta on top of a big blob.
        if self.bulk(number, others, false, done, visitor).is_err() {
            self.bulk(number, sound.clone(), false, done, visitor).ok();
        }
        let stream = |(state, visitor): &mut (Decompress, V), big: &Big| {
            let (_, at) = big.entry;
            let id = pack.index.oid_at_index(at);
            if done.has(at as usize) || self.stop.load(Ordering::Relaxed) {
                return;
            }
            let mut input = pack.data.entry_slice(big.data..pack.data.pack_end() as u64).unwrap_or_default();
            let rest = Inflating::new(&mut input, state, big.size);
            let visited = match self.store.in_earlier_pack(number, id) {
                true => Ok(true),
                false => catch_unwind(AssertUnwindSafe(|| visitor.big_blob(id, Vec::new(), rest)))
                    .unwrap_or_else(|_| Err("its decoding failed unexpectedly".to_owned())),
            };
            // What is damaged is looked at once more, like everything that is left.
            if let Ok(go_on) = visited {
                done.set(at as usize);
                self.stop.fetch_or(!go_on, Ordering::Relaxed);
            }
        };
        let start = || (Decompress::new(), visitor.clone());
        big.par_iter().for_each_init(start, stream);
        let left: Vec<_> = entries.iter().copied().filter(|&(_, at)| !done.has(at as usize)).collect();
        if left.is_empty() || self.stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        let undecoded = self.one_by_one(number, &left, visitor);
        if sound.len() == entries.len() && undecoded.is_empty() {
            return Ok(());
        }
        let too_large = sound.len() == entries.len() && undecoded.iter().all(|(_, why)| why == TOO_LARGE);
        let reason = if too_large { TOO_LARGE } else { "an entry does not match its checksum" };
        Err(Damage { reason: reason.to_owned(), undecoded })
    }
}

/// A blob that is stored whole and is too big to be held in memory.
pub(in super::super) struct Big {
    entry: Entry,
    /// Where its compressed bytes begin.
    data: u64,
    /// Bytes of its content.
    size: u64,
}

/// The big blobs of a pack, in order.
pub(in super::super) fn big_entries(pack: &Pack, entries: &[Entry]) -> Vec<Big> {
    let ends = entries.iter().skip(1).map(|&(offset, _)| offset).chain([pack.data.pack_end() as u64]);
    // Most entries are too short to need a look at their headers.
    let long =
        entries.iter().zip(ends).filter(|&(&(offset, _), end)| end.saturating_sub(offset) > BIG / DENSEST);
    let big = long.filter_map(|(&entry, _)| {
        let header = pack.data.entry(entry.0).ok()?;
        let is_big = matches!(header.header, Header::Blob) && header.decompressed_size > BIG;
        is_big.then_some(Big { entry, data: header.data_offset, size: header.decompressed_size })
    });
    big.collect()
}

/// A big blob that is stored whole, not as a delta.
pub(in super::super) struct Stored<'a> {
    pub(in super::super) size: u64,
    id: ObjectId,
    place: Place<'a>,
}

enum Place<'a> {
    Packed(&'a [u8]),
    Loose(PathBuf),
}

/// What a repository stores, for those of its blobs that are too big to be held in memory.
pub(in crate::source) struct BigBlobs(Store);

impl BigBlobs {
    /// Opens what the layout names. What cannot be opened holds nothing.
    pub(in crate::source) fn open(layout: &Layout) -> BigBlobs {
        BigBlobs(Store::open(layout, &mut |_| ()))
    }

    /// Calls `each` for what is worth a look in a big blob, with the size of all of it; gives that. None if it is not
    /// stored whole, or is not big.
    ///
    /// # Errors
    ///
    /// When it cannot be read or is damaged.
    pub(in crate::source) fn each_part(
        &self,
        id: &oid,
        sink: &dyn Sink,
        each: &mut dyn FnMut(&Piece<'_>, u64),
    ) -> Option<Result<u64, String>> {
        let stored = find(&self.0, id)?;
        Some(stored.each_part(sink, &mut |piece| each(&piece, stored.size)).map(|()| stored.size))
    }
}

/// The object of that id, if it is a big blob.
pub(in super::super) fn find<'a>(store: &'a Store, id: &oid) -> Option<Stored<'a>> {
    for pack in &store.packs {
        let Some(at) = pack.index.lookup(id) else { continue };
        let header = pack.data.entry(pack.index.pack_offset_at_index(at)).ok()?;
        let is_big = matches!(header.header, Header::Blob) && header.decompressed_size > BIG;
        let input = pack.data.entry_slice(header.data_offset..pack.data.pack_end() as u64)?;
        let (size, place) = (header.decompressed_size, Place::Packed(input));
        return is_big.then(|| Stored { size, id: id.to_owned(), place });
    }
    let loose = store.loose.iter().find(|loose| loose.has(id))?;
    let path = loose::path_of(loose.store.path(), id);
    let on_disk = std::fs::metadata(&path).ok()?.len();
    if on_disk <= BIG / DENSEST {
        return None;
    }
    let mut input = BufReader::new(File::open(&path).ok()?);
    let (mut state, mut start) = (Decompress::new(), Vec::new());
    let (kind, rest) = loose::open(&mut input, on_disk, &mut state, &mut start).ok()?;
    let size = start.len() as u64 + rest.left;
    let is_big = kind == ObjectKind::Blob && size > BIG;
    is_big.then(|| Stored { size, id: id.to_owned(), place: Place::Loose(path) })
}

impl Stored<'_> {
    /// Pushes what is worth a look.
    ///
    /// # Errors
    ///
    /// When it cannot be read or is damaged.
    pub(in super::super) fn push(&self, sink: &dyn Sink, origin: Origin<'_>) -> Result<(), String> {
        self.each_part(sink, &mut |piece| piece.push(sink, origin, self.size))
    }

    /// Calls `each` for what is worth a look.
    ///
    /// # Errors
    ///
    /// When it cannot be read or is damaged.
    pub(in super::super) fn each_part(
        &self,
        sink: &dyn Sink,
        each: &mut dyn FnMut(Piece<'_>),
    ) -> Result<(), String> {
        let mut state = Decompress::new();
        match &self.place {
            Place::Packed(input) => {
                let mut input = *input;
                let mut rest = Inflating::new(&mut input, &mut state, self.size);
                rest.check(&self.id, ObjectKind::Blob, &[]);
                each_part(sink, Vec::new(), rest, each)
            }
            Place::Loose(path) => {
                let file = File::open(path).map_err(|error| error.to_string())?;
                let (mut input, mut start) = (BufReader::new(file), Vec::new());
                let (kind, mut rest) = loose::open(&mut input, u64::MAX, &mut state, &mut start)?;
                rest.check(&self.id, kind, &start);
                each_part(sink, start, rest, each)
            }
        }
    }
}
