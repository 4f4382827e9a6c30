//! Text written as hex digits, two for each byte.
//!
//! Takes text, gives the stretches of digits that stand for something worth a look. A stretch may be cut at an odd
//! digit: what is glued to its front shifts it.

use std::ops::Range;

use super::probe;
use super::splice::{Form, Run};
use super::worth::{SHORTEST, Worth};
use crate::detect::runs::{self, BLOCK};

/// Shortest stretch that holds a value.
const SHORTEST_HEX: usize = 2 * SHORTEST;

/// Stretches of hex digits that begin or end within a part of `text` and hold text with something in it.
pub(super) fn runs(text: &[u8], within: Range<usize>, worth: &Worth<'_>) -> Vec<Run> {
    let mut found = Vec::new();
    let mut done = 0;
    for block in runs::dense_blocks(&text[within.clone()]) {
        let block = within.start + block;
        if block >= done && text[block..block + BLOCK].iter().all(u8::is_ascii_hexdigit) {
            let span = around(text, block);
            done = span.end;
            if span.len() >= SHORTEST_HEX {
                found.extend((0..2).find_map(|skip| decode(text, span.start + skip..span.end, worth)));
            }
        }
    }
    found
}

/// The maximal stretch of digits around a block of them.
fn around(text: &[u8], block: usize) -> Range<usize> {
    let start = text[..block].iter().rposition(|b| !b.is_ascii_hexdigit()).map_or(0, |at| at + 1);
    let end = text[block..].iter().position(|b| !b.is_ascii_hexdigit());
    start..end.map_or(text.len(), |length| block + length)
}

fn decode(text: &[u8], span: Range<usize>, worth: &Worth<'_>) -> Option<Run> {
    let span = span.start..span.start + span.len() / 2 * 2;
    let digits = &text[span.clone()];
    if !is_plausible(digits) {
        return None;
    }
    let value = |digit: u8| char::from(digit).to_digit(16).unwrap_or(0);
    let decoded: Vec<u8> =
        digits.chunks_exact(2).map(|pair| (value(pair[0]) << 4 | value(pair[1])) as u8).collect();
    let form = Form::Ratio { skip: 0, chars: 2, bytes: 1 };
    worth.a_look(&decoded).then(|| Run {
        encoding: "hex",
        pieces: std::iter::once(span).collect(),
        decoded,
        form,
    })
}

/// Whether so many bytes in a row are letters, digits or marks, or begin a file: digests are told by this from text.
fn is_plausible(digits: &[u8]) -> bool {
    if probe::begins_hex_archive(digits) {
        return true;
    }
    let mut pairs = 0;
    let mut bytes = digits.chunks_exact(2);
    bytes.any(|pair| {
        pairs = if matches!(pair, [b'0', b'0'] | [b'2'..=b'7', _]) { pairs + 1 } else { 0 };
        pairs >= SHORTEST
    })
}
