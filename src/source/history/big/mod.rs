//! Blobs that are too big to be held in memory: scanned in parts, as they are inflated.
//!
//! Takes the compressed bytes of a blob, out of a pack or a loose object, and gives them on piece by piece. How they are
//! cut into parts is the business of [`parts`].

mod stored;

use std::io::BufRead;

use gix_hash::{Hasher, ObjectId, oid};
use gix_object::Kind as ObjectKind;
use gix_zlib::{Decompress, FlushDecompress, Status};

pub(in crate::source) use self::stored::BigBlobs;
pub(super) use self::stored::{Stored, big_entries, find};
use crate::finding::LocationKind;
use crate::source::parts::{self, Feed, PART};
use crate::source::{Origin, Sink};

pub(super) use crate::source::parts::BIG;

/// How many times smaller than its content a zlib stream can be.
pub(super) const DENSEST: u64 = 1032;

/// Inflates a zlib stream piece by piece.
pub(super) struct Inflating<'r> {
    input: &'r mut dyn BufRead,
    state: &'r mut Decompress,
    /// Bytes that are to come.
    pub(super) left: u64,
    ended: bool,
    /// What was read so far, and the id that all of it should have.
    check: Option<(Hasher, ObjectId)>,
}

impl<'r> Inflating<'r> {
    /// A stream of so many bytes.
    pub(super) fn new(input: &'r mut dyn BufRead, state: &'r mut Decompress, left: u64) -> Inflating<'r> {
        state.reset();
        Inflating { input, state, left, ended: false, check: None }
    }

    /// From here on, checks that the object which begins with `start` is what its id says, once it has ended.
    pub(super) fn check(&mut self, id: &oid, kind: ObjectKind, start: &[u8]) {
        let mut hasher = gix_hash::hasher(id.kind());
        hasher.update(&gix_object::encode::loose_header(kind, start.len() as u64 + self.left));
        hasher.update(start);
        self.check = Some((hasher, id.to_owned()));
    }

    /// Appends what comes next, as far as it is as much as it should be.
    pub(super) fn fill(&mut self, bytes: &mut Vec<u8>) -> Result<(), String> {
        let kept = bytes.len();
        bytes.resize(kept + usize::try_from(self.left).unwrap_or_default(), 0);
        let read = self.read(&mut bytes[kept..])?;
        bytes.truncate(kept + read);
        Ok(())
    }

    /// Behind the last byte comes the checksum, and nothing else.
    fn end(&mut self) -> Result<(), String> {
        if self.read(&mut [0])? > 0 || !self.ended {
            return Err("it is longer than it says".to_owned());
        }
        let Some((hasher, id)) = self.check.take() else { return Ok(()) };
        let same = hasher.try_finalize().is_ok_and(|actual| actual == id);
        if same { Ok(()) } else { Err("its content does not match its id".to_owned()) }
    }

    /// Fills `out`; gives how much of it there was.
    fn read(&mut self, out: &mut [u8]) -> Result<usize, String> {
        let mut done = 0;
        while done < out.len() && !self.ended {
            let input = self.input.fill_buf().map_err(|error| error.to_string())?;
            let flush = if input.is_empty() { FlushDecompress::Finish } else { FlushDecompress::None };
            let before = (self.state.total_in(), self.state.total_out());
            let status = self.state.decompress(input, &mut out[done..], flush);
            let damaged = |_| "its compressed bytes are damaged".to_owned();
            self.ended = status.map_err(damaged)? == Status::StreamEnd;
            let consumed = (self.state.total_in() - before.0) as usize;
            let written = (self.state.total_out() - before.1) as usize;
            self.input.consume(consumed);
            done += written;
            if consumed == 0 && written == 0 && !self.ended {
                return Err("it is cut off".to_owned());
            }
        }
        Ok(done)
    }
}

impl Feed for Inflating<'_> {
    fn left(&self) -> u64 {
        self.left
    }

    fn extend(&mut self, bytes: &mut Vec<u8>, most: usize) -> Result<(), String> {
        let mut wanted =
            usize::try_from(self.left).unwrap_or(usize::MAX).min(most.saturating_sub(bytes.len()));
        while wanted > 0 {
            // Room is made for what comes, not for what a damaged header says will come.
            let (kept, step) = (bytes.len(), wanted.min(PART));
            bytes.try_reserve(step).map_err(|error| error.to_string())?;
            bytes.resize(kept + step, 0);
            if self.read(&mut bytes[kept..])? < step {
                return Err("it ends early".to_owned());
            }
            if let Some((hasher, _)) = &mut self.check {
                hasher.update(&bytes[kept..]);
            }
            self.left -= step as u64;
            wanted -= step;
        }
        if self.left == 0 { self.end() } else { Ok(()) }
    }
}

/// A blob without a path, as it is pushed.
pub(super) fn push_blob(
    sink: &dyn Sink,
    target: usize,
    id: &oid,
    start: Vec<u8>,
    rest: Inflating<'_>,
) -> Result<(), String> {
    let mut hex = gix_hash::Kind::hex_buf();
    let object = Some(&*id.hex_to_buf(&mut hex));
    parts::push(
        sink,
        Origin { kind: LocationKind::Blob, target, path: None, shown: None, object },
        start,
        rest,
    )
}
