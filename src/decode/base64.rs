//! Base64 in text: standard and URL-safe, padded or not, wrapped or not, glued to other characters or not.
//!
//! Takes text, gives the stretches whose content could hold something. Where a stretch begins is not taken on faith:
//! what is glued to its front shifts it, and two of them may be glued to each other. But each group of four characters
//! stands for three bytes by itself, so that text shows wherever groups are cut right, and nowhere else.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bstr::ByteSlice;

use super::archive;
use super::probe::{self, SHORTEST_BASE64, SHORTEST_LINE, is_base64};
use super::splice::{Form, Run};
use super::split::{self, Joint};
use super::worth::Worth;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, LENIENT);

/// Groups in a row that stand for text: a value of 32 bytes covers so many, wherever it begins.
const FEWEST_GROUPS: usize = 10;

/// Characters between two pieces of text that are decoded with them, and beside them.
const MARGIN: usize = 4096;

/// Stretches of base64 that begin or end within a part of `text` and hold text with something in it, or another file.
pub(super) fn runs(text: &[u8], within: Range<usize>, worth: &Worth<'_>) -> Vec<Run> {
    let mut found = Vec::new();
    let mut done = 0;
    for block in probe::base64_blocks(&text[within.clone()]) {
        let block = within.start + block;
        if block >= done {
            let pieces = pieces(text, stretch(text, block), done);
            done = pieces.last().map_or(block + 1, |piece| piece.end);
            decode(text, &pieces, worth, &mut found);
        }
    }
    found
}

/// The maximal stretch around a position.
fn stretch(text: &[u8], at: usize) -> Range<usize> {
    let start = text[..at].iter().rposition(|&b| !is_base64(b)).map_or(0, |before| before + 1);
    start..stretch_end(text, at)
}

fn stretch_end(text: &[u8], from: usize) -> usize {
    text[from..].iter().position(|&b| !is_base64(b)).map_or(text.len(), |length| from + length)
}

/// The stretch, and what belongs to it where it is wrapped or put together of literals: the lines above it that are
/// as long, down to `floor`, and the lines below, of which only the last may be shorter.
fn pieces(text: &[u8], seed: Range<usize>, floor: usize) -> Vec<Range<usize>> {
    let width = seed.len();
    let mut above = Vec::new();
    let mut first = seed.start;
    while let Some(line) = line_above(text, first, floor).filter(|line| line.len() == width) {
        first = line.start;
        above.push(line);
    }
    let mut pieces: Vec<Range<usize>> = above.into_iter().rev().chain([seed]).collect();
    while let Some(piece) = pieces.last().and_then(|last| piece_below(text, last, width)) {
        pieces.push(piece);
    }
    pieces
}

/// What goes on with a piece: the next line, if the piece is as long as all are and that is not longer, or the literal
/// that is put together with it.
fn piece_below(text: &[u8], last: &Range<usize>, width: usize) -> Option<Range<usize>> {
    let full = last.len() == width && width >= SHORTEST_LINE;
    let line = next_line(text, last.end).filter(|_| full).map(|next| next..stretch_end(text, next));
    let goes_on = |line: &Range<usize>| {
        let last = line.len() < width && is_first_word(text, line.end);
        !line.is_empty() && line.len() <= width && !last && !is_name(text, line.end)
    };
    line.filter(goes_on).or_else(|| {
        let next = next_literal(text, last.end)?;
        Some(next..stretch_end(text, next)).filter(|piece| !piece.is_empty())
    })
}

/// Whether what ends at `end` is given a value behind it: a name, which looks like base64, too.
fn is_name(text: &[u8], end: usize) -> bool {
    const WIDEST: usize = 8;
    let rest = text[end..(end + WIDEST).min(text.len())].trim_start_with(|c| matches!(c, ' ' | '\t'));
    match rest.split_first() {
        Some((b':', _)) => true,
        Some((b'=', rest)) => {
            let value = rest.trim_start_with(|c| matches!(c, ' ' | '\t'));
            let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
            value.first().is_some_and(u8::is_ascii_alphanumeric)
        }
        _ => false,
    }
}

/// Whether what ends at `end` is the first word of more on its line, as nothing follows the last line of base64 but what
/// closes it.
fn is_first_word(text: &[u8], end: usize) -> bool {
    let rest = text[end..].trim_start_with(|c| c == '=');
    let rest = &rest[rest.iter().take(2).take_while(|b| **b == b' ').count()..];
    rest.first().is_some_and(|b| !is_quiet(*b) && !b")]};<`-&".contains(b))
}

/// Most bytes between two lines of wrapped base64: a line end, indentation, and what quotes a line.
const WIDEST_GAP: usize = 120;

fn is_quiet(byte: u8) -> bool {
    b" \t\r\n\"'\\,>#*|".contains(&byte)
}

/// Where the next line's first character is, past a line end, indentation and what quotes a line in a string.
fn next_line(text: &[u8], end: usize) -> Option<usize> {
    let rest = &text[end..];
    let glue = rest.iter().take(WIDEST_GAP).position(|&b| is_base64(b))?;
    let (between, escaped) = (&rest[..glue], rest[..glue].ends_with(b"\\") && rest.get(glue) == Some(&b'n'));
    let newline = between.contains(&b'\n') || escaped;
    let quiet = between.iter().all(|&b| is_quiet(b));
    (newline && quiet).then_some(end + glue + usize::from(escaped))
}

/// The characters of a line that is too short to hold a value, with those of the lines around it, as far as a value
/// may reach. None if nothing there is wrapped.
pub(super) fn wrapped(text: &[u8], line: &Range<usize>) -> Option<Vec<u8>> {
    const REACH: usize = 64;
    let (mut above, mut first, mut length) = (Vec::new(), line.start, 0);
    while length < REACH
        && let Some(next) = line_above(text, first, 0).filter(|next| next.len() == line.len())
    {
        (first, length) = (next.start, length + next.len());
        above.push(next);
    }
    let (mut below, mut last, mut length) = (Vec::new(), line.clone(), 0);
    while length < REACH
        && let Some(next) = piece_below(text, &last, line.len())
    {
        length += next.len();
        below.push(next.clone());
        last = next;
    }
    let lines = above.iter().rev().chain([line]).chain(&below);
    (above.len() + below.len() > 0).then(|| lines.flat_map(|line| &text[line.clone()]).copied().collect())
}

/// Where an archive begins that is cut off by the end of a text, which goes on elsewhere.
pub fn cut_archive(text: &[u8]) -> Option<usize> {
    let end = text.iter().rposition(|&b| !is_quiet(b)).map_or(0, |last| last + 1);
    let last = stretch(text, end.saturating_sub(1));
    let seed = line_above(text, last.start, 0).filter(|line| line.len() >= last.len()).unwrap_or(last);
    let pieces = pieces(text, seed, 0);
    // The archive's mark may be behind other characters, in the first of the pieces or after it.
    let head: Vec<(usize, u8)> =
        pieces.iter().cloned().flatten().take(2 * GLUED).map(|at| (at, text[at])).collect();
    let characters: Vec<u8> = head.iter().map(|&(_, character)| character).collect();
    let (reaches, at) = (pieces.last()?.end == end, archive_at(&characters)?.start);
    reaches.then(|| head[at].0)
}

/// The stretch that ends the line above the one that begins at `start`.
fn line_above(text: &[u8], start: usize, floor: usize) -> Option<Range<usize>> {
    let from = start.saturating_sub(WIDEST_GAP).max(floor);
    let gap = text[from..start].iter().rev().take_while(|&&b| is_quiet(b)).count();
    let end = start - gap;
    let line = end > from && text[end..start].contains(&b'\n') && is_base64(text[end - 1]);
    let begins = |before: &[u8]| before.iter().rposition(|&b| !is_base64(b)).map_or(0, |at| at + 1);
    line.then(|| floor + begins(&text[floor..end])..end)
}

/// Where the next literal's first character is, if it is put together with the one before; a line end may be escaped
/// at that one's end.
fn next_literal(text: &[u8], end: usize) -> Option<usize> {
    let marks: [&[u8]; 2] = [b"\\r\\n", b"\\n"];
    let escaped = marks.into_iter().find(|mark| text[end..].starts_with(mark)).map_or(0, <[u8]>::len);
    match split::joint(text, end + escaped)? {
        (Joint::Literals | Joint::Continued, next) => Some(next),
        _ => None,
    }
}

/// Decodes what shows text, and files.
fn decode(text: &[u8], pieces: &[Range<usize>], worth: &Worth<'_>, found: &mut Vec<Run>) {
    let characters: Cow<'_, [u8]> = match pieces {
        [only] => Cow::Borrowed(&text[only.clone()]),
        _ => Cow::Owned(pieces.iter().flat_map(|piece| &text[piece.clone()]).copied().collect()),
    };
    if characters.len() < SHORTEST_BASE64 || !probe::is_plausible_base64(&characters) {
        return;
    }
    let mut taken: Vec<Range<usize>> = Vec::new();
    for part in archive_at(&characters).into_iter().chain(texts(&characters)) {
        if taken.iter().any(|other| part.start < other.end && other.start < part.end) {
            continue;
        }
        let mut part = part;
        let Some(mut decoded) = plain(&characters[part.clone()]) else { continue };
        if archive::is_archive(&decoded) && part.end < characters.len() {
            part.end = characters.len();
            decoded = plain(&characters[part.clone()]).unwrap_or(decoded);
        }
        if worth.a_look(&decoded) {
            let form = Form::Ratio { skip: 0, chars: 4, bytes: 3 };
            found.push(Run { encoding: "base64", pieces: cut(pieces, &part), decoded, form });
            taken.push(part);
        }
    }
}

/// What characters of base64 stand for.
fn plain(characters: &[u8]) -> Option<Vec<u8>> {
    let standard: Vec<u8> = characters
        .iter()
        .map(|&b| match b {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        })
        .collect();
    // A single character that is left over encodes nothing.
    let usable = standard.len() - usize::from(standard.len() % 4 == 1);
    STANDARD.decode(&standard[..usable]).ok()
}

/// Characters that may be glued to the front of an archive.
const GLUED: usize = 64;

/// All characters from an archive's beginning on, if they begin with one but for a few.
fn archive_at(characters: &[u8]) -> Option<Range<usize>> {
    let head = &characters[..characters.len().min(GLUED)];
    let begins = |at: &usize| archive::ENCODED_MAGIC.iter().any(|magic| head[*at..].starts_with(magic));
    (0..head.len()).find(begins).map(|at| at..characters.len())
}

/// The parts that stand for text, those with the most of it first, each with a margin on both sides. Parts of different
/// alignments overlap where what one stands for happens to be text cut otherwise.
fn texts(characters: &[u8]) -> Vec<Range<usize>> {
    let mut parts: [Vec<Range<usize>>; 4] = Default::default();
    let mut groups = [0_usize; 4];
    let mut finish = |alignment: usize, end: usize, groups: &mut usize| {
        let start = end - *groups * 4;
        if *groups >= FEWEST_GROUPS {
            match parts[alignment].last_mut().filter(|last| start - last.end <= MARGIN) {
                Some(last) => last.end = end,
                None => parts[alignment].push(start..end),
            }
        }
        *groups = 0;
    };
    // The last four characters, six bits each.
    let mut bits = 0_u32;
    for (next, &character) in characters.iter().enumerate() {
        bits = (bits << 6 | u32::from(value(character))) & 0xff_ffff;
        let Some(at) = next.checked_sub(3) else { continue };
        let groups = &mut groups[at % 4];
        match is_text(bits) {
            true => *groups += 1,
            false => finish(at % 4, at, groups),
        }
    }
    for (alignment, mut groups) in groups.into_iter().enumerate() {
        // The last group of each alignment.
        finish(alignment, (characters.len() - alignment) / 4 * 4 + alignment, &mut groups);
    }
    let mut all: Vec<Range<usize>> = parts.into_iter().flatten().collect();
    all.sort_by_key(|part| (std::cmp::Reverse(part.len()), part.start));
    widened(all, characters.len())
}

/// Parts with a margin on both sides that keeps their alignment and does not reach into another.
fn widened(parts: Vec<Range<usize>>, length: usize) -> Vec<Range<usize>> {
    let mut wide: Vec<Range<usize>> = Vec::with_capacity(parts.len());
    for part in &parts {
        let others = parts.iter();
        let floor = others.clone().map(|o| o.end).filter(|&end| end <= part.start).max().unwrap_or(0);
        let ceiling = others.map(|o| o.start).filter(|&start| start >= part.end).min().unwrap_or(length);
        let back = (part.start - floor).min(MARGIN) / 4 * 4;
        wide.push(part.start - back..(part.end + MARGIN).min(ceiling));
    }
    wide
}

/// Whether three bytes are text, or a part of UTF-16.
fn is_text(bits: u32) -> bool {
    bits.to_be_bytes()[1..].iter().all(|byte| matches!(byte, 0 | b'\t' | b'\n' | b'\r' | 0x1b | b' '..=b'~'))
}

/// The six bits that a character stands for.
fn value(character: u8) -> u8 {
    match character {
        b'A'..=b'Z' => character - b'A',
        b'a'..=b'z' => character - b'a' + 26,
        b'0'..=b'9' => character - b'0' + 52,
        b'+' | b'-' => 62,
        _ => 63,
    }
}

/// The pieces that hold a part of the characters of all.
fn cut(pieces: &[Range<usize>], part: &Range<usize>) -> Vec<Range<usize>> {
    let mut passed = 0;
    let mut cut = Vec::new();
    for piece in pieces {
        let start = part.start.saturating_sub(passed).min(piece.len());
        let end = part.end.saturating_sub(passed).min(piece.len());
        if start < end {
            cut.push(piece.start + start..piece.start + end);
        }
        passed += piece.len();
    }
    cut
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::super::Limits;
    use super::super::tests::{seen, value};
    use super::*;

    fn wrapped_at(encoded: &str, width: usize, end: &str) -> String {
        let lines: Vec<&str> =
            encoded.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
        lines.join(end)
    }

    #[test]
    fn a_value_is_found_however_base64_is_wrapped() {
        for number in 0..20 {
            let value = value(number, 32);
            let text = format!("{}MISTRAL_API_KEY={value}\nPORT=1\n", "# text ".repeat(number as usize % 5));
            let encoded = STANDARD.encode(&text);
            for width in 31..=80 {
                for (before, end) in [("", "\n"), ("key: |\n    ", "\r\n    "), ("k = \"", "\\n\" \\\n \"")] {
                    let wrapped = format!("{before}{}", wrapped_at(&encoded, width, end));
                    let (found, issues) = seen(wrapped.as_bytes(), &value, Limits::default());
                    assert_eq!((found.len(), issues.len()), (1, 0), "{width} {end:?} {text}");
                    assert_eq!(found[0].decoded, ["base64"]);
                    assert!(probe::may_hold_encoded(wrapped.as_bytes()), "{width} {end:?} {text}");
                }
            }
        }
    }

    #[test]
    fn an_archive_that_the_end_cuts_off_is_told() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        packed.write_all(&[b'x'; 4000]).expect("memory");
        let encoded = STANDARD.encode(packed.finish().expect("memory"));
        for (text, start) in [
            (format!("key = \"{encoded}"), Some(7)),
            (format!("key:\n  {}", wrapped_at(&encoded, 76, "\n  ")), Some(7)),
            (format!("key:\n{}\n", wrapped_at(&encoded[..400], 40, "\n")), Some(5)),
            (format!("{encoded}\"; and more"), None),
            (format!("key = \"{}", STANDARD.encode([b'x'; 4000])), None),
            ("# mistral\nH4sI\n some text".to_owned(), None),
            (String::new(), None),
            ("\n\n".to_owned(), None),
        ] {
            assert_eq!(cut_archive(text.as_bytes()), start, "{}", &text[..text.len().min(40)]);
        }
    }
}
