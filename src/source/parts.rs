//! Content that is too long to be held in memory: scanned in parts, as it is read or inflated.
//!
//! Takes what gives the content piece by piece, a [`Feed`], and calls for parts that overlap, each with where it begins.
//! What can be read only as a whole (an archive) is read whole, up to a size; beyond that it is an issue.

use std::io::{ErrorKind, Read};

use super::{Issue, Origin, Part, Sink};
use crate::finding::LocationKind;
use crate::sanitize::system_error;

/// Bytes of the longest content that is held in memory as a matter of course.
pub(super) const BIG: u64 = if cfg!(test) { 256 << 10 } else { 64 << 20 };

/// Bytes of the longest content that is held in memory because it can be read only whole.
pub(super) const WHOLE: u64 = if cfg!(test) { 512 << 10 } else { 1 << 30 };

/// Bytes of a part.
pub(super) const PART: usize = if cfg!(test) { 64 << 10 } else { 16 << 20 };

/// Bytes that a part shares with the next, at least: what is found in the first half of them is told of by the part
/// before, what is found in the second half by the part after, so that everything is seen with what is around it.
const SHARED: usize = if cfg!(test) { 8 << 10 } else { 64 << 10 };

/// Content that comes piece by piece.
pub(super) trait Feed {
    /// Bytes that are to come. Where that is not known: at least so many, and 0 only if there are none.
    fn left(&self) -> u64;

    /// Appends what comes next, until there are `most` bytes or no more.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is shorter or longer than it should be.
    fn extend(&mut self, bytes: &mut Vec<u8>, most: usize) -> Result<(), String>;
}

/// So many bytes of something that is read.
pub(super) struct Reading<R> {
    from: R,
    left: u64,
}

impl<R: Read> Reading<R> {
    /// The next `left` bytes.
    pub(super) fn new(from: R, left: u64) -> Reading<R> {
        Reading { from, left }
    }
}

impl<R: Read> Feed for Reading<R> {
    fn left(&self) -> u64 {
        self.left
    }

    fn extend(&mut self, bytes: &mut Vec<u8>, most: usize) -> Result<(), String> {
        let mut wanted =
            usize::try_from(self.left).unwrap_or(usize::MAX).min(most.saturating_sub(bytes.len()));
        let mut at = bytes.len();
        bytes.try_reserve(wanted).map_err(|error| error.to_string())?;
        bytes.resize(at + wanted, 0);
        while wanted > 0 {
            match self.from.read(&mut bytes[at..]) {
                Ok(0) => {
                    bytes.truncate(at);
                    return Err("it became shorter while it was read".to_owned());
                }
                Ok(count) => {
                    at += count;
                    wanted -= count;
                    self.left -= count as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(system_error(&error)),
            }
        }
        Ok(())
    }
}

/// Pushes a content that begins with `start`, but for parts that can hold nothing of interest.
///
/// # Errors
///
/// When it cannot be read to its end; what came before was pushed.
pub(super) fn push(
    sink: &dyn Sink,
    origin: Origin<'_>,
    start: Vec<u8>,
    rest: impl Feed,
) -> Result<(), String> {
    let size = start.len() as u64 + rest.left();
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
    pub(super) fn push(&self, sink: &dyn Sink, origin: Origin<'_>, size: u64) {
        match self {
            Piece::Whole(bytes) => sink.blob(origin, bytes),
            Piece::Part(bytes, part) => sink.part(origin, bytes, part),
            Piece::Unopened => sink.issue(unopened(origin, size)),
        }
    }
}

/// Calls `each` for what is worth a look.
pub(super) fn each_part(
    sink: &dyn Sink,
    start: Vec<u8>,
    mut rest: impl Feed,
    each: &mut dyn FnMut(Piece<'_>),
) -> Result<(), String> {
    let mut bytes = start;
    let size = bytes.len() as u64 + rest.left();
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
        let last = rest.left() == 0;
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
            part.follows = true;
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
    let message = format!(
        "an archive of at least {size} bytes is too large to be opened: its members were not scanned"
    );
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
