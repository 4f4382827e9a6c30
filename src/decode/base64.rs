//! Base64 in text: standard and URL-safe, padded or not, wrapped or not.
//!
//! Takes text, gives the stretches whose content could hold something. Where a stretch begins is not taken on faith:
//! what is glued to its front shifts it, so all four alignments are tried.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::archive;
use super::probe::{self, SHORTEST_BASE64, is_base64};
use super::splice::Run;
use crate::detect::runs;

/// Longest stretch of which all four alignments are tried; a longer one is a file, and begins where it begins.
const GLUED: usize = 4096;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, LENIENT);

/// Stretches of base64 in `text` that hold text with something in it, or another file.
pub(super) fn runs(text: &[u8]) -> Vec<Run> {
    let mut found = Vec::new();
    let mut done = 0;
    for block in probe::base64_blocks(text) {
        if block < done {
            continue;
        }
        let pieces = wrapped(text, stretch(text, block));
        done = pieces.last().map_or(block + 1, |piece| piece.end);
        found.extend(decode(text, pieces));
    }
    found
}

/// The maximal stretch around a position.
fn stretch(text: &[u8], at: usize) -> Range<usize> {
    let start = text[..at].iter().rposition(|&b| !is_base64(b)).map_or(0, |before| before + 1);
    let end = text[at..].iter().position(|&b| !is_base64(b)).map_or(text.len(), |length| at + length);
    start..end
}

/// The stretch and, where it is wrapped, the lines that go on with it: each but the last is as long as the first.
fn wrapped(text: &[u8], first: Range<usize>) -> Vec<Range<usize>> {
    let width = first.len();
    let mut pieces = vec![first];
    while let Some(last) = pieces.last().filter(|last| last.len() == width && width >= SHORTEST_BASE64) {
        let Some(next) = next_line(text, last.end) else { break };
        let line = next..stretch_end(text, next);
        if line.is_empty() || line.len() > width {
            break;
        }
        pieces.push(line);
    }
    pieces
}

fn stretch_end(text: &[u8], from: usize) -> usize {
    text[from..].iter().position(|&b| !is_base64(b)).map_or(text.len(), |length| from + length)
}

/// Where the next line's first character is, past a line end, indentation and what quotes a line in a string.
fn next_line(text: &[u8], end: usize) -> Option<usize> {
    let rest = &text[end..];
    let glue = rest.iter().take(120).position(|&b| is_base64(b))?;
    let (between, escaped) = (&rest[..glue], rest[..glue].ends_with(b"\\") && rest.get(glue) == Some(&b'n'));
    let newline = between.contains(&b'\n') || escaped;
    let quiet = between.iter().all(|b| b" \t\r\n\"'\\,>#*".contains(b));
    (newline && quiet).then_some(end + glue + usize::from(escaped))
}

/// Decodes a stretch, if something comes out that is worth a look.
fn decode(text: &[u8], mut pieces: Vec<Range<usize>>) -> Option<Run> {
    let encoded: Vec<u8> = pieces
        .iter()
        .flat_map(|piece| &text[piece.clone()])
        .map(|&b| match b {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        })
        .collect();
    if encoded.len() < SHORTEST_BASE64 || !probe::is_plausible_base64(&encoded) {
        return None;
    }
    let alignments = if encoded.len() <= GLUED { 0..4 } else { 0..1 };
    for skip in alignments {
        let rest = &encoded[skip..];
        // A single character that is left over encodes nothing.
        let usable = rest.len() - usize::from(rest.len() % 4 == 1);
        let Ok(decoded) = STANDARD.decode(&rest[..usable]) else { continue };
        if worth_a_look(&decoded) {
            cut_front(&mut pieces, skip);
            return Some(Run { encoding: "base64", pieces, decoded, chars: 4, bytes: 3 });
        }
    }
    None
}

/// Whether decoded bytes hold a value, or a container that could.
pub(super) fn worth_a_look(decoded: &[u8]) -> bool {
    const SHORTEST: usize = 32;
    let class = runs::Class::new(&[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')]);
    class.is_some_and(|class| runs::runs(decoded, class, SHORTEST).next().is_some())
        || archive::is_archive(decoded)
        || probe::has_utf16(decoded)
        || (decoded.len() > SHORTEST_BASE64
            && decoded.is_ascii()
            && probe::base64_blocks(decoded).next().is_some())
}

/// Takes characters off the front.
fn cut_front(pieces: &mut Vec<Range<usize>>, mut skip: usize) {
    while let Some(first) = pieces.first_mut() {
        if skip < first.len() {
            first.start += skip;
            return;
        }
        skip -= first.len();
        pieces.remove(0);
    }
}
