//! Decoding loose objects, in parallel.
//!
//! Takes a [`Store`](super::store::Store) and a visitor and hands over every loose object that no pack and no earlier
//! object directory holds; gives back those that cannot be decoded.
//!
//! Why not through gix-odb, which reads the few objects that are asked for one by one: it maps every file into memory,
//! which costs more than reading it, and makes threads wait for each other; and it knows no object in parts.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use bstr::ByteSlice;
use gix_hash::{ObjectId, oid};
use gix_object::Kind as ObjectKind;
use gix_zlib::Decompress;
use rayon::prelude::*;

use super::big::{BIG, DENSEST, Inflating};
use super::packs::{Answer, Content, Traversal, Visitor};
use crate::sanitize::system_error;
use crate::source::parts::Feed as _;

/// Objects that each job decodes: enough to make handing out jobs cheap.
const BATCH: usize = 32;

/// Bytes that hold the header of any loose object.
const HEADER: u64 = 32;

/// Bytes of compressed data that are held in memory.
const COMPRESSED: u64 = 4 << 20;

impl Traversal<'_> {
    /// Hands over the loose objects of the object directory numbered `number`.
    pub(super) fn loose<V: Visitor>(&self, number: usize, visitor: &V) -> Vec<(ObjectId, String)> {
        let loose = &self.store.loose[number];
        let decode = |(buffers, visitor): &mut (Buffers, V), id: &ObjectId| {
            if self.stop.load(Ordering::Relaxed) || self.store.before_loose(number, id) {
                return None;
            }
            let path = path_of(loose.store.path(), id);
            let visited = catch_unwind(AssertUnwindSafe(|| buffers.hand_over(&path, id, visitor)));
            match visited.unwrap_or_else(|_| Err("its decoding failed unexpectedly".to_owned())) {
                Ok(true) => None,
                Ok(false) => {
                    self.stop.store(true, Ordering::Relaxed);
                    None
                }
                Err(reason) => Some((*id, reason)),
            }
        };
        let start = || (Buffers::default(), visitor.clone());
        loose.ids().par_iter().with_min_len(BATCH).map_init(start, decode).flatten().collect()
    }
}

/// The file of a loose object.
pub(super) fn path_of(dir: &Path, id: &oid) -> PathBuf {
    let hex = id.to_hex().to_string();
    let (fan, name) = hex.split_at(2);
    dir.join(fan).join(name)
}

/// Memory that one thread uses again and again.
#[derive(Default)]
struct Buffers {
    state: Decompress,
    compressed: Vec<u8>,
    bytes: Vec<u8>,
}

impl Buffers {
    /// Reads one object and hands it over, a big blob in parts. Gives what the visitor says.
    fn hand_over<V: Visitor>(&mut self, path: &Path, id: &oid, visitor: &mut V) -> Result<bool, String> {
        let mut file = File::open(path).map_err(|error| system_error(&error))?;
        self.compressed.clear();
        let read = (&mut file).take(COMPRESSED).read_to_end(&mut self.compressed);
        let read = read.map_err(|error| system_error(&error))? as u64;
        if read < COMPRESSED {
            let mut input = self.compressed.as_slice();
            return inflate(&mut input, read, &mut self.state, &mut self.bytes, id, visitor);
        }
        let on_disk = file.metadata().map_err(|error| system_error(&error))?.len();
        let mut input = BufReader::with_capacity(1 << 16, self.compressed.as_slice().chain(file));
        inflate(&mut input, on_disk, &mut self.state, &mut self.bytes, id, visitor)
    }
}

fn inflate<V: Visitor>(
    input: &mut dyn BufRead,
    on_disk: u64,
    state: &mut Decompress,
    bytes: &mut Vec<u8>,
    id: &oid,
    visitor: &mut V,
) -> Result<bool, String> {
    bytes.clear();
    let (kind, mut rest) = open(input, on_disk, state, bytes)?;
    rest.check(id, kind, bytes);
    if kind == ObjectKind::Blob && rest.left > BIG {
        return visitor.big_blob(id, std::mem::take(bytes), rest);
    }
    rest.extend(bytes, usize::MAX)?;
    Ok(visitor.visit(kind, id, None, Content::whole(bytes)) != Answer::End)
}

/// Reads the header of an object that takes `on_disk` bytes. The first bytes of the content go to `start`.
pub(super) fn open<'r>(
    input: &'r mut dyn BufRead,
    on_disk: u64,
    state: &'r mut Decompress,
    start: &mut Vec<u8>,
) -> Result<(ObjectKind, Inflating<'r>), String> {
    let mut inflating = Inflating::new(input, state, HEADER);
    inflating.fill(start)?;
    let (kind, size, length) = header(start).ok_or("it has no header")?;
    start.drain(..length);
    match size.checked_sub(start.len() as u64) {
        Some(left) if size / DENSEST <= on_disk => inflating.left = left,
        _ => return Err("its header names another size".to_owned()),
    }
    Ok((kind, inflating))
}

/// The kind and size that the header of a loose object names, and the length of the header.
fn header(bytes: &[u8]) -> Option<(ObjectKind, u64, usize)> {
    let end = bytes.find_byte(0)?;
    let (kind, size) = bytes[..end].split_once_str(" ")?;
    let size = size.to_str().ok()?.parse().ok()?;
    Some((ObjectKind::from_bytes(kind).ok()?, size, end + 1))
}
