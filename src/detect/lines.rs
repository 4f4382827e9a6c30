//! The line that a place is on, and those above and below it.
//!
//! Lines that no person writes are megabytes long and have thousands of candidates: of one that is longer than
//! [`LONGEST_LINE`] only what is near counts, and nothing stands above or below it, so that no candidate costs more there
//! than elsewhere.

use bstr::ByteSlice;

/// Longest line that is seen as a whole, in bytes on either side of a place.
pub(super) const LONGEST_LINE: usize = 1 << 14;

/// Start of the line that `at` is on, or of what is near of it.
pub(super) fn line_start(text: &[u8], at: usize) -> usize {
    let from = at.saturating_sub(LONGEST_LINE);
    text[from..at].rfind_byte(b'\n').map_or(from, |newline| from + newline + 1)
}

/// End of the line that `at` is on, before its newline, or of what is near of it.
pub(super) fn line_end(text: &[u8], at: usize) -> usize {
    let to = (at + LONGEST_LINE).min(text.len());
    text[at..to].find_byte(b'\n').map_or(to, |newline| at + newline)
}

/// The line that `at` is on, or what is near of it.
pub(super) fn line(text: &[u8], at: usize) -> &[u8] {
    &text[line_start(text, at)..line_end(text, at)]
}

/// The lines above that of `at`, the nearest first, up to one that is too long.
pub(super) fn lines_above(text: &[u8], at: usize) -> impl Iterator<Item = &[u8]> {
    let start = line_start(text, at);
    let whole = start == 0 || text[start - 1] == b'\n';
    let above = if whole { &text[..start] } else { &[] };
    above.lines().rev().take_while(is_short)
}

/// Column of the first thing on the line that `text` begins with.
pub(super) fn indent(text: &[u8]) -> usize {
    text.iter().take_while(|b| matches!(b, b' ' | b'\t')).count()
}

/// Whether a line is a comment of a program.
pub(super) fn is_remark(line: &[u8]) -> bool {
    const MARKS: [&[u8]; 6] = [b"#", b"//", b"--", b"/*", b"*", b"<!--"];
    let line = line.trim_ascii_start();
    MARKS.iter().any(|mark| line.starts_with(mark))
}

/// The lines below that of `at`, up to one that is too long.
pub(super) fn lines_below(text: &[u8], at: usize) -> impl Iterator<Item = &[u8]> {
    let end = line_end(text, at);
    let below = if text.get(end) == Some(&b'\n') { &text[end + 1..] } else { &[] };
    below.lines().take_while(is_short)
}

fn is_short(line: &&[u8]) -> bool {
    line.len() <= LONGEST_LINE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_around_a_place() {
        let text = b"one\ntwo\nthree\r\nfour";
        let at = 9;
        assert_eq!(line(text, at), b"three\r");
        assert_eq!(lines_above(text, at).collect::<Vec<_>>(), [b"two", b"one"]);
        assert_eq!(lines_below(text, at).collect::<Vec<_>>(), [b"four"]);
        assert_eq!(lines_below(text, text.len()).count(), 0);
        assert_eq!(lines_above(text, 0).count(), 0);
    }

    #[test]
    fn of_a_line_without_end_only_what_is_near_counts() {
        let long = "x".repeat(3 * LONGEST_LINE);
        let text = format!("above\n{long}\nbelow").into_bytes();
        let at = "above\n".len() + 3 * LONGEST_LINE / 2;
        assert_eq!(line(&text, at).len(), 2 * LONGEST_LINE);
        assert_eq!(lines_above(&text, at).count(), 0);
        assert_eq!(lines_below(&text, at).count(), 0);
        assert_eq!(lines_below(&text, 0).count(), 0);
    }
}
