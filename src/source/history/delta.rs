//! Deltas: an object written as what it copies out of another, and what it has besides.
//!
//! Takes the inflated instructions of one and what it is a delta of, gives the object, and where it differs.

use std::ops::Range;

use super::store::TOO_LARGE;

/// Bytes that are copied where an instruction names no number.
const UNNAMED: usize = 0x10000;

/// Why a delta cannot be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// It is not one of its base, or is none at all.
    Damaged,
    /// There is no room for the object.
    TooLarge,
}

impl Problem {
    /// What is said of it, where damage has a word of its own.
    pub(super) fn reason(self, damaged: &str) -> String {
        match self {
            Problem::Damaged => damaged.to_owned(),
            Problem::TooLarge => TOO_LARGE.to_owned(),
        }
    }
}

/// The instructions of a delta, and the size of what they make.
pub(super) struct Delta<'d> {
    rest: &'d [u8],
    size: usize,
}

/// One instruction.
enum Step<'d> {
    /// These bytes of the base.
    Copy(Range<usize>),
    /// These bytes.
    Insert(&'d [u8]),
}

impl<'d> Delta<'d> {
    /// Of something of `base` bytes, if it makes at most `most`.
    pub(super) fn new(mut bytes: &'d [u8], base: usize, most: usize) -> Result<Delta<'d>, Problem> {
        if size(&mut bytes)? != base as u64 {
            return Err(Problem::Damaged);
        }
        let size = usize::try_from(size(&mut bytes)?).map_err(|_| Problem::TooLarge)?;
        if size > most { Err(Problem::TooLarge) } else { Ok(Delta { rest: bytes, size }) }
    }

    fn step(&mut self) -> Result<Option<Step<'d>>, Problem> {
        let Some((&code, rest)) = self.rest.split_first() else { return Ok(None) };
        self.rest = rest;
        if code & 0x80 == 0 {
            let inserted = self.rest.split_at_checked(usize::from(code)).filter(|_| code != 0);
            let (inserted, rest) = inserted.ok_or(Problem::Damaged)?;
            self.rest = rest;
            return Ok(Some(Step::Insert(inserted)));
        }
        // Four bytes of the position, three of the length, the lowest first, of each those that are not zero.
        let (mut there, mut number) = (code & 0x7f, 0_u64);
        while there != 0 {
            let (&byte, rest) = self.rest.split_first().ok_or(Problem::Damaged)?;
            self.rest = rest;
            number |= u64::from(byte) << (8 * there.trailing_zeros());
            there &= there - 1;
        }
        let (from, length) = (number as u32 as usize, (number >> 32) as usize);
        let length = if length == 0 { UNNAMED } else { length };
        Ok(Some(Step::Copy(from..from.checked_add(length).ok_or(Problem::Damaged)?)))
    }
}

/// A size: seven bits in each byte, the lowest first, the eighth if there are more.
fn size(bytes: &mut &[u8]) -> Result<u64, Problem> {
    let mut size = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(Problem::Damaged)?;
        *bytes = rest;
        size |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(size);
        }
    }
    Err(Problem::Damaged)
}

/// Where an object differs from what it is a delta of: what was inserted, or an empty span where other bytes follow each
/// other than in the base, or where it begins or ends otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fresh {
    /// Where in the object.
    pub(super) span: Range<usize>,
    /// Where in the base is what comes after it.
    pub(super) then: usize,
}

/// Puts the object into `out`, and where it differs from the base into `fresh`, in order. Between these, it has only what
/// stands like that in the base.
pub(super) fn apply(
    base: &[u8],
    mut delta: Delta<'_>,
    out: &mut Vec<u8>,
    fresh: &mut Vec<Fresh>,
) -> Result<(), Problem> {
    out.clear();
    out.try_reserve_exact(delta.size).map_err(|_| Problem::TooLarge)?;
    fresh.clear();
    let mut note = |span: Range<usize>, then: usize| match fresh.last_mut() {
        Some(last) if last.span.end == span.start => *last = Fresh { span: last.span.start..span.end, then },
        _ => fresh.push(Fresh { span, then }),
    };
    // What comes next in the base, and whether it comes next here.
    let (mut next, mut goes_on) = (0, true);
    while let Some(step) = delta.step()? {
        let at = out.len();
        let bytes = match step {
            Step::Copy(range) => {
                let bytes = base.get(range.clone()).ok_or(Problem::Damaged)?;
                if !goes_on || range.start != next {
                    note(at..at, range.start);
                }
                (next, goes_on) = (range.end, true);
                bytes
            }
            Step::Insert(bytes) => {
                note(at..at + bytes.len(), next);
                goes_on = false;
                bytes
            }
        };
        if bytes.len() > delta.size - at {
            return Err(Problem::Damaged);
        }
        out.extend_from_slice(bytes);
    }
    if next != base.len() {
        note(out.len()..out.len(), base.len());
    }
    if out.len() == delta.size { Ok(()) } else { Err(Problem::Damaged) }
}
