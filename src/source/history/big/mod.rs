//! Blobs that are too big to be held in memory: scanned in parts, as they are inflated.
//!
//! Takes the compressed bytes of a blob, out of a pack or a loose object, and pushes parts that overlap, each with where
//! it begins. What can be read only as a whole (an archive) is read whole, up to a size; beyond that it is an issue.

mod stored;

use std::io::BufRead;

use gix_hash::{Hasher, ObjectId, oid};
use gix_object::Kind as ObjectKind;
use gix_zlib::{Decompress, FlushDecompress, Status};

pub(super) use self::stored::{Stored, big_entries, find};
use crate::finding::LocationKind;
use crate::source::{Issue, Origin, Part, Sink};

/// Bytes of the largest blob that is held in memory as a matter of course.
pub(super) const BIG: u64 = if cfg!(test) { 256 << 10 } else { 64 << 20 };

/// Bytes of the largest blob that is held in memory because it can be read only whole.
const WHOLE: u64 = if cfg!(test) { 512 << 10 } else { 1 << 30 };

/// Bytes of a part.
const PART: usize = if cfg!(test) { 64 << 10 } else { 16 << 20 };

/// Bytes that a part shares with the next, at least: what is found in the first half of them is told of by the part
/// before, what is found in the second half by the part after, so that everything is seen with what is around it.
const SHARED: usize = if cfg!(test) { 8 << 10 } else { 64 << 10 };

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

    /// Appends what comes next, until there are `most` bytes or no more.
    ///
    /// # Errors
    ///
    /// When the stream is damaged, shorter or longer than it should be, or of another id.
    pub(super) fn extend(&mut self, bytes: &mut Vec<u8>, most: usize) -> Result<(), String> {
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

/// Pushes a blob that begins with `start`, but for parts that can hold nothing of interest.
///
/// # Errors
///
/// When the stream is damaged; what came before the damage was pushed.
pub(super) fn push(
    sink: &dyn Sink,
    origin: Origin<'_>,
    start: Vec<u8>,
    rest: Inflating<'_>,
) -> Result<(), String> {
    let size = start.len() as u64 + rest.left;
    each_part(sink, start, rest, &mut |piece| piece.push(sink, origin, size))
}

/// Something of a blob that is worth a look.
pub(super) enum Piece<'a> {
    /// A part.
    Part(&'a [u8], &'a Part),
    /// All of it, because it says something only as a whole.
    Whole(&'a [u8]),
    /// It would have to be read whole, and is too big for that: its parts are all that is looked at.
    Unopened,
}

impl Piece<'_> {
    fn push(&self, sink: &dyn Sink, origin: Origin<'_>, size: u64) {
        match self {
            Piece::Whole(bytes) => sink.blob(origin, bytes),
            Piece::Part(bytes, part) => sink.part(origin, bytes, part),
            Piece::Unopened => sink.issue(unopened(origin, size)),
        }
    }
}

/// Calls `each` for what is worth a look.
fn each_part(
    sink: &dyn Sink,
    start: Vec<u8>,
    mut rest: Inflating<'_>,
    each: &mut dyn FnMut(Piece<'_>),
) -> Result<(), String> {
    let mut bytes = start;
    let size = bytes.len() as u64 + rest.left;
    let mut part = Part { size, ..Part::default() };
    let mut opened = true;
    loop {
        rest.extend(&mut bytes, PART)?;
        if part.at == 0 && sink.begins_archive(&bytes) {
            if size <= WHOLE {
                rest.extend(&mut bytes, usize::MAX)?;
                each(Piece::Whole(&bytes));
                return Ok(());
            }
            opened = false;
        }
        let last = rest.left == 0;
        // What unpacks itself is told by its end, when its beginning has passed.
        opened &= !(last && part.at > 0 && sink.ends_archive(&bytes));
        if last && !opened {
            each(Piece::Unopened);
        }
        let next = if last { bytes.len() } else { cut(&bytes) };
        let middle = (bytes.len() - next) / 2;
        part.own.end = bytes.len() - if last { 0 } else { middle };
        if sink.worth_splitting(LocationKind::Blob, &bytes) {
            each(Piece::Part(&bytes, &part));
        }
        if last || sink.interrupted() {
            return Ok(());
        }
        part.own.start = part.own.end - next;
        part.advance(&bytes[..next]);
        bytes.drain(..next);
    }
}

fn unopened(origin: Origin<'_>, size: u64) -> Issue {
    let message =
        format!("an archive of {size} bytes is too large to be opened: its members were not scanned");
    let mut issue = Issue::new("too-large", message);
    issue.object = origin.object.map(str::to_owned);
    issue.path = origin.path.map(ToOwned::to_owned);
    issue
}

/// Where the next part begins: [`SHARED`] bytes before the end or somewhat earlier, so that a run of base64 is cut
/// between groups of four, and other text between characters, of UTF-8 and of UTF-16.
fn cut(part: &[u8]) -> usize {
    let target = part.len().saturating_sub(SHARED);
    let encoded = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    match part[..target].iter().rposition(|byte| !encoded(byte)) {
        Some(last) if last + 1 < target => target - (target - last - 1) % 4,
        // All of it is one run, of which the part before saw the start.
        None => target & !3,
        _ => {
            let whole = |at: &usize| part[*at] & 0xc0 != 0x80;
            let mut near = (target.saturating_sub(8)..=target).rev().filter(whole);
            near.clone().find(|at| at % 2 == 0).or_else(|| near.next()).unwrap_or(target & !1)
        }
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
    push(sink, Origin { kind: LocationKind::Blob, target, path: None, shown: None, object }, start, rest)
}
