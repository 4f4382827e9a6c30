//! From byte spans to lines and columns.
//!
//! Takes the stored bytes of one blob, gives a [`Region`] for each span of a finding in it. The byte span is the
//! truth; this is the one place where lines and columns are counted, and only for blobs with findings. The masked
//! line of a region is made in `excerpt`.
//!
//! A line ends at LF, as for git and for editors: a CR before it is the last character of its line, a lone CR is a
//! character like any other. A column is a Unicode scalar value of the text as [`String::from_utf8_lossy`] reads
//! it, so a byte that is not UTF-8 counts as one. A byte order mark at the very start is no column.
//!
//! # Why marks
//!
//! A line may be a gigabyte long and hold a thousand findings. Counting from the start of the line for each would
//! be quadratic, and a table with an entry for each byte or line larger than the blob. So one pass leaves a mark
//! every 64 KiB (32 bytes of memory each), and a span costs at most one step.

use std::cell::OnceCell;
use std::ops::Range;

use crate::finding::Region;

/// Bytes from one mark to the next.
const STEP: usize = 64 * 1024;

/// The byte order mark of UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Lines and columns of one blob.
#[derive(Debug)]
pub struct Positions<'a> {
    bytes: &'a [u8],
    marks: OnceCell<Vec<Mark>>,
}

/// Everything about one offset, zero-based.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    offset: usize,
    line: u64,
    columns: Columns,
}

/// Characters since the start of the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Columns {
    scalars: u64,
    utf16: u64,
}

impl<'a> Positions<'a> {
    /// Counts nothing yet.
    pub fn new(bytes: &'a [u8]) -> Self {
        Positions { bytes, marks: OnceCell::new() }
    }

    /// The bytes that positions are counted in.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Lines and columns of a span of bytes; what of it lies behind the end of the blob is ignored.
    ///
    /// A span that ends with a line's LF ends on that line, after the LF.
    pub fn region(&self, span: Range<usize>) -> Region {
        let start = span.start.min(self.bytes.len());
        let end = span.end.clamp(start, self.bytes.len());
        let first = self.at(start);
        let ends_with_newline = end > start && self.bytes[end - 1] == b'\n';
        let mut last = self.at(if ends_with_newline { end - 1 } else { end });
        if ends_with_newline {
            last.columns.scalars += 1;
            last.columns.utf16 += 1;
        }
        Region {
            start_line: first.line + 1,
            start_column: first.columns.scalars + 1,
            end_line: last.line + 1,
            end_column: last.columns.scalars + 1,
            start_utf16: first.columns.utf16 + 1,
            end_utf16: last.columns.utf16 + 1,
        }
    }

    /// Where an offset stands.
    fn at(&self, offset: usize) -> Mark {
        let marks = self.marks.get_or_init(|| self.survey());
        let before = marks.partition_point(|mark| mark.offset <= offset);
        // The first mark is at the start of the text, which may be behind a byte order mark.
        before.checked_sub(1).map_or(marks[0], |index| self.advance(marks[index], offset))
    }

    /// The one pass over the blob.
    fn survey(&self) -> Vec<Mark> {
        let start = if self.bytes.starts_with(BOM) { BOM.len() } else { 0 };
        let mut mark = Mark { offset: start, ..Mark::default() };
        let mut marks = vec![mark];
        while self.bytes.len() - mark.offset > STEP {
            mark = self.advance(mark, char_boundary(self.bytes, mark.offset + STEP));
            marks.push(mark);
        }
        marks
    }

    /// What is known at `from`, carried on to `to`.
    fn advance(&self, from: Mark, to: usize) -> Mark {
        let passed = &self.bytes[from.offset..to];
        let Some(newline) = memchr::memrchr(b'\n', passed) else {
            let more = Columns::of(passed);
            let columns = Columns {
                scalars: from.columns.scalars + more.scalars,
                utf16: from.columns.utf16 + more.utf16,
            };
            return Mark { offset: to, columns, ..from };
        };
        let lines = memchr::memchr_iter(b'\n', passed).count() as u64;
        let columns = Columns::of(&passed[newline + 1..]);
        Mark { offset: to, line: from.line + lines, columns }
    }
}

impl Columns {
    /// Counts the characters of a piece of a line that starts at a character.
    fn of(bytes: &[u8]) -> Columns {
        if bytes.is_ascii() {
            return Columns { scalars: bytes.len() as u64, utf16: bytes.len() as u64 };
        }
        let mut columns = Columns::default();
        for chunk in bytes.utf8_chunks() {
            let scalars = chunk.valid().chars().count() as u64 + u64::from(!chunk.invalid().is_empty());
            let surrogates = chunk.valid().bytes().filter(|&byte| byte >= 0xf0).count() as u64;
            columns.scalars += scalars;
            columns.utf16 += scalars + surrogates;
        }
        columns
    }
}

/// The first offset at or after `offset` where a character may start.
///
/// A fourth continuation byte in a row belongs to no character, so that at most three are passed.
pub(crate) fn char_boundary(bytes: &[u8], offset: usize) -> usize {
    let is_continuation = |at: &usize| bytes.get(*at).is_some_and(|byte| byte & 0xc0 == 0x80);
    offset + (offset..offset + 3).take_while(is_continuation).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines and columns counted the slow way.
    fn naive(bytes: &[u8], offset: usize) -> (u64, u64, u64) {
        let before = &bytes[..offset];
        let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let line = before.iter().filter(|&&byte| byte == b'\n').count() as u64 + 1;
        let text = String::from_utf8_lossy(&before[line_start..]).into_owned();
        let text = if line == 1 { text.trim_start_matches('\u{feff}') } else { &text };
        (line, text.chars().count() as u64 + 1, text.encode_utf16().count() as u64 + 1)
    }

    #[test]
    fn lines_and_columns() {
        // Bytes, span, (start line, start column, end line, end column), (start and end in UTF-16).
        type Row = (&'static [u8], Range<usize>, [u64; 4], [u64; 2]);
        let table: &[Row] = &[
            (b"key", 0..3, [1, 1, 1, 4], [1, 4]),
            (b"a\nkey\n", 2..5, [2, 1, 2, 4], [1, 4]),
            (b"a\r\nb key\r\n", 5..8, [2, 3, 2, 6], [3, 6]),
            (b"a\rb key", 4..7, [1, 5, 1, 8], [5, 8]),
            (b"\xef\xbb\xbfkey", 3..6, [1, 1, 1, 4], [1, 4]),
            (b"\xef\xbb\xbfkey", 0..6, [1, 1, 1, 4], [1, 4]),
            (b"\xef\xbb\xbf\n\xef\xbb\xbfkey", 7..10, [2, 2, 2, 5], [2, 5]),
            ("é漢🔑key".as_bytes(), 9..12, [1, 4, 1, 7], [5, 8]),
            (b"caf\xe9 key", 5..8, [1, 6, 1, 9], [6, 9]),
            (b"a\nb\nc\nd", 2..5, [2, 1, 3, 2], [1, 2]),
            (b"a\nb\nc", 2..4, [2, 1, 2, 3], [1, 3]),
            (b"a\n", 2..2, [2, 1, 2, 1], [1, 1]),
            (b"", 0..0, [1, 1, 1, 1], [1, 1]),
            (b"ab", 1..9, [1, 2, 1, 3], [2, 3]),
            (b"ab", 7..9, [1, 3, 1, 3], [3, 3]),
        ];
        for (bytes, span, [start_line, start_column, end_line, end_column], [start_utf16, end_utf16]) in table
        {
            let expected = Region {
                start_line: *start_line,
                start_column: *start_column,
                end_line: *end_line,
                end_column: *end_column,
                start_utf16: *start_utf16,
                end_utf16: *end_utf16,
            };
            assert_eq!(Positions::new(bytes).region(span.clone()), expected, "{bytes:?} {span:?}");
        }
    }

    #[test]
    fn marks_change_nothing() {
        // Long and short lines, every width of character, bytes that are no text, across many marks.
        let pieces: [&[u8]; 9] = [
            b"x",
            "é".as_bytes(),
            "漢".as_bytes(),
            "🔑".as_bytes(),
            b"\xff",
            b"\x80\x80",
            b"\xe2\x82",
            b"\r",
            b" ",
        ];
        for newline_every in [3, 700, 150_000, usize::MAX] {
            let mut bytes = BOM.to_vec();
            let mut state = 7_usize;
            while bytes.len() < 4 * STEP + 17 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                bytes.extend_from_slice(pieces[(state >> 33) % pieces.len()]);
                if (state >> 20).is_multiple_of(newline_every) {
                    bytes.push(b'\n');
                }
            }
            let positions = Positions::new(&bytes);
            assert!(positions.marks.get_or_init(|| positions.survey()).len() >= 4);
            let near_marks = (1..4).flat_map(|mark| mark * STEP - 4..mark * STEP + 8);
            for offset in near_marks.chain([4, bytes.len() / 3, bytes.len()]) {
                let region = positions.region(offset..offset);
                let found = (region.start_line, region.start_column, region.start_utf16);
                assert_eq!(found, naive(&bytes, offset), "{newline_every} {offset}");
            }
        }
    }

    #[test]
    fn a_mark_never_cuts_a_character() {
        for (bytes, offset, expected) in [
            ("a🔑b".as_bytes(), 2, 5),
            ("a🔑b".as_bytes(), 1, 1),
            (b"\x80\x80\x80\x80\x80\x80", 1, 4),
            (b"ab", 2, 2),
            ("é".as_bytes(), 1, 2),
        ] {
            assert_eq!(char_boundary(bytes, offset), expected, "{bytes:?} {offset}");
        }
    }
}
