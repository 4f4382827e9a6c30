//! UTF-16, little- and big-endian, with and without a byte order mark; as a whole, and as a part of something else.
//!
//! Takes bytes, gives the whole of them as UTF-8 where they are one text, or the stretches of ASCII in UTF-16 where
//! they stand among other bytes: what a shell appended to a file of UTF-8, the strings of a program.

use std::ops::Range;

use super::probe::has_utf16;
use super::splice::{Form, Run};
use super::worth::Worth;

/// What reports call it.
pub const UTF_16: &str = "utf-16";

/// A text in UTF-16 as UTF-8.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) utf8: Vec<u8>,
    /// Length of the byte order mark, in bytes.
    pub(super) mark: usize,
}

/// The text as UTF-8. None if it is not UTF-16, or not as a whole.
///
/// A lone surrogate becomes U+FFFD, an odd last byte is left out; but where that means that something of it is not in
/// step with the rest, it is no one text.
pub(super) fn decode(bytes: &[u8]) -> Option<Decoded> {
    let (mark, big) = match bytes {
        [0xff, 0xfe, ..] => (2, false),
        [0xfe, 0xff, ..] => (2, true),
        _ if has_utf16(bytes) && !is_mixed(bytes) => (0, is_big_endian(bytes)),
        _ => return None,
    };
    let units = bytes[mark..].chunks_exact(2).map(|pair| match big {
        true => u16::from_be_bytes([pair[0], pair[1]]),
        false => u16::from_le_bytes([pair[0], pair[1]]),
    });
    let mut is_broken = (bytes.len() - mark) % 2 == 1;
    let mut utf8 = String::with_capacity(bytes.len() / 2);
    for character in char::decode_utf16(units) {
        is_broken |= character.is_err();
        utf8.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    (!is_broken || is_in_step(bytes, big)).then_some(Decoded { utf8: utf8.into_bytes(), mark })
}

/// Whether no stretch of letters and digits is off by one: big-endian text read one byte later is little-endian text.
fn is_in_step(bytes: &[u8], big: bool) -> bool {
    let mut off = 0;
    !bytes.chunks_exact(2).any(|pair| {
        let is_off = pair[usize::from(!big)].is_ascii_alphanumeric() && pair[usize::from(big)] == 0;
        off = if is_off { off + 1 } else { 0 };
        off >= FEWEST
    })
}

/// Whether something else than UTF-16 stands there, too: text of one byte for each character, or zeros in a row.
fn is_mixed(bytes: &[u8]) -> bool {
    // What a shell appends UTF-16 to begins with a line of its own, however short.
    let first = memchr::memchr(b'\n', bytes).filter(|&end| end >= 2).map(|end| &bytes[..end]);
    if first.is_some_and(|line| !line.contains(&0) && std::str::from_utf8(line).is_ok()) {
        return true;
    }
    const BLOCK: usize = 16;
    let printable = |b: &u8| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    blocks.iter().any(|block| block.iter().all(printable) || *block == [0; BLOCK])
}

/// Which byte of a pair is mostly zero: the first in big-endian text.
fn is_big_endian(bytes: &[u8]) -> bool {
    let zeros = |offset: usize| bytes.iter().skip(offset).step_by(2).filter(|&&b| b == 0).count();
    zeros(0) > zeros(1)
}

/// UTF-16 code units of UTF-8 text.
pub(super) fn units(utf8: &[u8]) -> u64 {
    String::from_utf8_lossy(utf8).encode_utf16().count() as u64
}

/// Fewest characters of a stretch: names count, too.
const FEWEST: usize = 6;

/// The stretches of ASCII in UTF-16 within a part of `text`, at any offset, if any of them is worth a look.
pub(super) fn runs(text: &[u8], within: Range<usize>, worth: &Worth<'_>) -> Vec<Run> {
    let mut found: Vec<Run> = Vec::new();
    for part in parts(text, within) {
        let mut at = part.start.max(found.last().map_or(0, |run| run.outside().end));
        while let Some(zero) = text.get(at..part.end).and_then(|rest| memchr::memchr(0, rest)) {
            let zero = at + zero;
            let run = around(text, zero, found.last().map_or(part.start, |run| run.outside().end));
            at = run.as_ref().map_or(zero + 1, |run| run.outside().end);
            found.extend(run);
        }
    }
    let is_worth = found.iter().any(|run| worth.a_look(&run.decoded));
    if is_worth { found } else { Vec::new() }
}

/// The parts that hold UTF-16, or are beside one that does; merged where they touch.
fn parts(text: &[u8], within: Range<usize>) -> Vec<Range<usize>> {
    const STEP: usize = 4096;
    const OVERLAP: usize = 64;
    let mut parts: Vec<Range<usize>> = Vec::new();
    let Some(first) = memchr::memchr(0, &text[within.clone()]) else { return parts };
    for start in (within.start + first..within.end).step_by(STEP) {
        if has_utf16(&text[start.saturating_sub(1)..(start + STEP + OVERLAP).min(within.end)]) {
            let part = start.saturating_sub(STEP).max(within.start)..(start + 2 * STEP).min(within.end);
            match parts.last_mut().filter(|last| part.start <= last.end) {
                Some(last) => last.end = part.end,
                None => parts.push(part),
            }
        }
    }
    parts
}

/// The stretch around the first zero in it, not before `floor`.
fn around(text: &[u8], zero: usize, floor: usize) -> Option<Run> {
    // Little-endian text has its first zero behind a character, big-endian text before one. Text of one byte for each
    // character on both sides may make either of the other; the former is what is written.
    let little = zero.checked_sub(1).filter(|&start| start >= floor).map(|start| characters(text, start, 0));
    let little = little.unwrap_or(zero..zero);
    let big = characters(text, zero, 1);
    let (span, letter) = if little.len() >= big.len() { (little, 0) } else { (big, 1) };
    let decoded = || text[span.clone()].iter().skip(letter).step_by(2).copied().collect();
    (span.len() >= 2 * FEWEST).then(|| Run {
        encoding: UTF_16,
        decoded: decoded(),
        pieces: std::iter::once(span.clone()).collect(),
        form: Form::Ratio { skip: 0, chars: 2, bytes: 1 },
    })
}

/// The stretch of pairs from `start` on that are a character, at offset `letter` of each, and a zero.
fn characters(text: &[u8], start: usize, letter: usize) -> Range<usize> {
    let is_character =
        |pair: &[u8]| matches!(pair[letter], b'\t' | b'\n' | b'\r' | b' '..=b'~') && pair[1 - letter] == 0;
    let pairs = text[start..].chunks_exact(2).take_while(|pair| is_character(pair)).count();
    start..start + 2 * pairs
}
