//! Dumps of bytes as people paste them: what `xxd`, `hexdump -C` and `od -tx1` print, and plain hex in lines.
//!
//! Takes text, gives the bytes of lines that follow each other as one run. A line is an offset, groups of hex digits,
//! and perhaps the same bytes as characters behind them; each of these may be missing, but the digits.

use std::ops::Range;

use super::splice::{Form, Run};
use super::worth::{SHORTEST, Worth};

/// Most bytes that a line shows; what shows more is no dump, or is read as it is.
const MOST: usize = 64;
/// Fewest bytes that a line shows, but for the last one.
const FEWEST: usize = 8;

/// The dumps that begin within a part of `text`, if they are worth a look.
pub(super) fn runs(text: &[u8], within: Range<usize>, worth: &Worth<'_>) -> Vec<Run> {
    let mut found = Vec::new();
    let mut dump = Dump::default();
    let mut start = within.start;
    while start < within.end {
        let end = memchr::memchr(b'\n', &text[start..within.end]).map_or(within.end, |length| start + length);
        match line(&text[start..end]) {
            Some(groups) if dump.takes(&groups) => dump.add(groups, start),
            groups => {
                found.extend(std::mem::take(&mut dump).run(text, worth));
                groups.into_iter().for_each(|groups| dump.add(groups, start));
            }
        }
        start = end + 1;
    }
    found.extend(dump.run(text, worth));
    found
}

/// Lines that follow each other.
#[derive(Default)]
struct Dump {
    /// Groups of digits.
    pieces: Vec<Range<usize>>,
    lines: usize,
    /// Bytes of the first line, and of the last one.
    first: usize,
    last: usize,
}

impl Dump {
    /// Whether a line with these groups goes on with it: all lines but the last are as long as the first.
    fn takes(&self, groups: &[Range<usize>]) -> bool {
        self.lines == 0 || self.last == self.first && bytes(groups) <= self.first && self.first >= FEWEST
    }

    fn add(&mut self, groups: Vec<Range<usize>>, start: usize) {
        self.last = bytes(&groups);
        self.first = if self.lines == 0 { self.last } else { self.first };
        self.lines += 1;
        self.pieces.extend(groups.into_iter().map(|group| group.start + start..group.end + start));
    }

    /// What all of it stands for. One line alone is no dump.
    fn run(self, text: &[u8], worth: &Worth<'_>) -> Option<Run> {
        let digits = || self.pieces.iter().flat_map(|piece| &text[piece.clone()]);
        if self.lines < 2 || digits().count() < 2 * SHORTEST {
            return None;
        }
        let value = |digit: &u8| char::from(*digit).to_digit(16).unwrap_or(0) as u8;
        let values: Vec<u8> = digits().map(value).collect();
        let decoded: Vec<u8> = values.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
        let form = Form::Ratio { skip: 0, chars: 2, bytes: 1 };
        worth.a_look(&decoded).then_some(Run { encoding: "hex", pieces: self.pieces, decoded, form })
    }
}

fn bytes(groups: &[Range<usize>]) -> usize {
    groups.iter().map(Range::len).sum::<usize>() / 2
}

/// The groups of digits in a line of a dump. None if it is no such line.
fn line(line: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut at = blanks(line, 0);
    let mut groups: Vec<Range<usize>> = Vec::new();
    let head = digits(line, at);
    match line.get(head.end) {
        Some(b':') => at = blanks(line, head.end + 1),
        // `hexdump` and `od` write an offset of seven or eight digits without a colon; so long a group is no other.
        Some(b' ') if head.len() == 7 || head.len() == 8 && line[head.end..].starts_with(b"  ") => {
            at = blanks(line, head.end);
        }
        _ => {}
    }
    while at < line.len() && bytes(&groups) < MOST {
        let group = digits(line, at);
        let is_group = !group.is_empty() && group.len().is_multiple_of(2) && ends(line, group.end);
        if !is_group {
            break;
        }
        let gap = blanks(line, group.end) - group.end;
        at = group.end + gap;
        let first = groups.first().map_or(group.len(), Range::len);
        // The last group may be cut short; characters that look like digits stand behind a wide gap.
        if group.len() > first {
            break;
        }
        groups.push(group);
        if gap > 2 {
            break;
        }
    }
    let rest = line.get(at..).unwrap_or_default().trim_ascii();
    // The characters are as many as the bytes, `hexdump` puts them between bars.
    let shown = bytes(&groups);
    let is_shown =
        rest.is_empty() || rest.len() <= shown || rest.starts_with(b"|") && rest.len() <= shown + 2;
    (!groups.is_empty() && is_shown).then_some(groups)
}

fn blanks(line: &[u8], from: usize) -> usize {
    from + line[from..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count()
}

fn digits(line: &[u8], from: usize) -> Range<usize> {
    from..from + line[from..].iter().take(2 * MOST + 1).take_while(|b| b.is_ascii_hexdigit()).count()
}

/// Whether a group ends at `at`.
fn ends(line: &[u8], at: usize) -> bool {
    line.get(at).is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::super::Limits;
    use super::super::tests::{seen, value};

    /// Lines of so many bytes, each made by `form` of its offset, its bytes in hex and its characters.
    fn dump(bytes: &[u8], width: usize, form: impl Fn(usize, &[String], &str) -> String) -> String {
        let lines = bytes.chunks(width).enumerate().map(|(number, line)| {
            let hex: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
            let shown: String =
                line.iter().map(|&b| if (b' '..=b'~').contains(&b) { char::from(b) } else { '.' }).collect();
            form(number * width, &hex, &shown) + "\n"
        });
        lines.collect()
    }

    #[test]
    fn dumps_are_read() {
        let value = value(41, 32);
        for front in 0..17 {
            let plain = format!("{}KEY={value}\nand a little more", "#".repeat(front));
            let pairs = |hex: &[String]| hex.chunks(2).map(<[String]>::concat).collect::<Vec<_>>().join(" ");
            let halves =
                |hex: &[String]| hex.chunks(8).map(|half| half.join(" ")).collect::<Vec<_>>().join("  ");
            let dumps = [
                dump(plain.as_bytes(), 16, |at, hex, shown| format!("{at:08x}: {:<39}  {shown}", pairs(hex))),
                dump(plain.as_bytes(), 16, |at, hex, shown| {
                    format!("{at:08x}  {:<48}  |{shown}|", halves(hex))
                }),
                dump(plain.as_bytes(), 16, |at, hex, _| format!("{at:07o} {}", hex.join(" "))),
                dump(plain.as_bytes(), 30, |_, hex, _| hex.concat()),
                dump(plain.as_bytes(), 16, |_, hex, _| hex.join(" ")),
            ];
            for (number, dump) in dumps.iter().enumerate() {
                let text = format!("$ dump it\n{dump}$ done\n");
                let (found, issues) = seen(text.as_bytes(), &value, Limits::default());
                assert_eq!((found.len(), issues.len()), (1, 0), "dump {number} behind {front}");
                assert_eq!(found[0].decoded, ["hex"]);
                let stored = found[0].stored.clone().expect("no archive");
                let first = &text.as_bytes()[stored.start as usize..][..2];
                assert_eq!(first, format!("{:02x}", value.as_bytes()[0]).as_bytes(), "dump {number}");
            }
        }
    }

    #[test]
    fn lines_that_are_no_dumps() {
        for text in [
            "",
            "deadbeef",
            "the cafe is a bad",
            "12 34 56 zz",
            "abc",
            "2024-01-02 12:30 ab cd",
            "0a0b: what is that then",
        ] {
            assert!(super::line(text.as_bytes()).is_none_or(|groups| super::bytes(&groups) < 5), "{text}");
        }
    }
}
