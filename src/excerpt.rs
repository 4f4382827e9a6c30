//! The masked line of a finding.
//!
//! Takes a span of a blob and the masks of every candidate in it, gives the line around the span as one line of
//! visible text with the masks in place. Nothing of a masked span comes out but its mask, and a mask is shown whole
//! or not at all.

use std::collections::VecDeque;
use std::ops::Range;

use crate::finding::Excerpt;
use crate::position::{Positions, char_boundary};
use crate::sanitize;

/// About how many characters an excerpt has.
const WIDTH: usize = 160;

/// How many bytes on either side of the secret are looked at. Every character of the excerpt may be four bytes
/// long, and the bytes under a mask are passed over in one step.
const REACH: usize = 4 * WIDTH;

/// A piece of the line that is shown whole or not at all.
struct Token {
    text: String,
    width: usize,
}

impl Token {
    fn new(text: String) -> Token {
        Token { width: text.chars().count(), text }
    }
}

/// What stands in place of the candidates of a text.
#[derive(Debug, Default)]
pub struct Masks {
    /// All of them, sorted by where they start and end.
    each: Vec<(Range<usize>, String)>,
    /// The same with those joined that overlap.
    joined: Vec<(Range<usize>, String)>,
}

impl Masks {
    /// Masks of a text of `length` bytes. They may come in any order and overlap; none reaches beyond the text.
    pub fn new(masks: impl IntoIterator<Item = (Range<usize>, String)>, length: usize) -> Masks {
        let clipped = masks.into_iter().map(|(range, text)| (range.start..range.end.min(length), text));
        let mut each: Vec<_> = clipped.filter(|(range, _)| !range.is_empty()).collect();
        each.sort_by_key(|(range, _)| (range.start, range.end));
        let mut joined: Vec<(Range<usize>, String)> = Vec::with_capacity(each.len());
        for (range, text) in &each {
            match joined.last_mut() {
                Some((last, _)) if range.start < last.end => last.end = last.end.max(range.end),
                _ => joined.push((range.clone(), text.clone())),
            }
        }
        Masks { each, joined }
    }

    /// What is masked around a span, with the text of the mask that is its own, and the masks on both sides of that.
    fn around(&self, span: Range<usize>) -> Around<'_> {
        let from = self.joined.partition_point(|(range, _)| range.end <= span.start);
        let to = self.joined.partition_point(|(range, _)| range.start < span.end).max(from);
        let whole = self.joined[from..to]
            .iter()
            .fold(span.clone(), |whole, (range, _)| whole.start.min(range.start)..whole.end.max(range.end));
        let first = self.each.partition_point(|(range, _)| range.start < whole.start);
        let mut near = self.each[first..].iter().take_while(|(range, _)| range.start < whole.end);
        let exact = near.clone().find(|(range, _)| *range == span);
        let covering = || near.find(|(range, _)| range.start <= span.start && span.end <= range.end);
        let text = exact.or_else(covering).map_or("…", |(_, text)| text);
        Around { whole, text, before: &self.joined[..from], after: &self.joined[to..] }
    }
}

/// A masked span, and the masks beside it.
struct Around<'m> {
    whole: Range<usize>,
    text: &'m str,
    before: &'m [(Range<usize>, String)],
    after: &'m [(Range<usize>, String)],
}

impl Positions<'_> {
    /// The line (or lines, where the span crosses a line's end) that hold `span`, cut to about 160 characters,
    /// with the text of `masks` in place of their spans.
    ///
    /// Where masks overlap, the union is masked. Should none of them cover the span, it is masked with `…`: an excerpt
    /// never shows what it is about.
    pub fn excerpt(&self, span: Range<usize>, masks: &Masks) -> Excerpt {
        let bytes = self.bytes();
        let start = span.start.min(bytes.len());
        let masks = masks.around(start..span.end.clamp(start, bytes.len()));
        let (left, from) = tokens_before(bytes, masks.whole.start, masks.before);
        let (right, to) = tokens_after(bytes, masks.whole.end, masks.after);
        let mask = Token::new(masks.text.to_owned());
        let shown = fit(left, &mask, right);
        Excerpt {
            mask: shown.left.len()..shown.left.len() + mask.text.len(),
            cut_left: shown.cut_left || from,
            cut_right: shown.cut_right || to,
            text: shown.left + &mask.text + &shown.right,
        }
    }
}

/// What stands on the line before `end`, and whether more of the line was left out.
fn tokens_before(bytes: &[u8], end: usize, masks: &[(Range<usize>, String)]) -> (VecDeque<Token>, bool) {
    let mut tokens = VecDeque::new();
    let mut width = 0;
    let mut at = end;
    let mut masks = masks.iter().rev().peekable();
    while width <= WIDTH {
        let masked = masks.peek().map_or(0, |(range, _)| range.end);
        let floor = masked.max(at.saturating_sub(REACH));
        let newline = memchr::memrchr(b'\n', &bytes[floor..at]);
        let mut from = newline.map_or(floor, |found| floor + found + 1);
        if newline.is_none() && floor > masked {
            from = char_boundary(bytes, from).min(at);
        }
        let piece = &bytes[from..at];
        let piece = if from == 0 { piece.strip_prefix(b"\xef\xbb\xbf").unwrap_or(piece) } else { piece };
        for token in tokens_of(piece).into_iter().rev() {
            width += token.width;
            tokens.push_front(token);
        }
        if newline.is_some() || from == 0 {
            return (tokens, false);
        }
        match masks.next_if(|(range, _)| range.end == from) {
            Some((range, text)) => {
                width += text.chars().count();
                tokens.push_front(Token::new(text.clone()));
                at = range.start;
                // A mask that starts inside an earlier line takes the excerpt no further than itself.
                if at == 0 || bytes[at - 1] == b'\n' || memchr::memchr(b'\n', &bytes[range.clone()]).is_some()
                {
                    return (tokens, false);
                }
            }
            None => return (tokens, true),
        }
    }
    (tokens, true)
}

/// What stands on the line after `start`, and whether more of the line was left out.
fn tokens_after(bytes: &[u8], start: usize, masks: &[(Range<usize>, String)]) -> (VecDeque<Token>, bool) {
    let mut tokens = VecDeque::new();
    let mut width = 0;
    let mut at = start;
    let mut masks = masks.iter().peekable();
    while width <= WIDTH {
        let masked = masks.peek().map_or(bytes.len(), |(range, _)| range.start);
        let ceiling = masked.min(at.saturating_add(REACH)).min(bytes.len());
        let newline = memchr::memchr(b'\n', &bytes[at..ceiling]);
        let mut to = newline.map_or(ceiling, |found| at + found);
        if newline.is_none() && ceiling < masked {
            to = char_boundary(bytes, to).min(masked);
        }
        let piece = &bytes[at..to];
        let line_ends = newline.is_some() || to == bytes.len();
        let piece = if line_ends { piece.trim_ascii_end() } else { piece };
        for token in tokens_of(piece) {
            width += token.width;
            tokens.push_back(token);
        }
        if line_ends {
            return (tokens, false);
        }
        match masks.next_if(|(range, _)| range.start == to) {
            Some((range, text)) => {
                width += text.chars().count();
                tokens.push_back(Token::new(text.clone()));
                at = range.end;
                if at == bytes.len() || memchr::memchr(b'\n', &bytes[range.clone()]).is_some() {
                    return (tokens, false);
                }
            }
            None => return (tokens, true),
        }
    }
    (tokens, true)
}

/// A piece of a line, character by character. A tab is a single space.
fn tokens_of(bytes: &[u8]) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(bytes.len());
    let mut push = |write: &dyn Fn(&mut String)| {
        let mut text = String::new();
        write(&mut text);
        tokens.push(Token::new(text));
    };
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            let character = if character == '\t' { ' ' } else { character };
            push(&|text| sanitize::push_char(text, character));
        }
        for &byte in chunk.invalid() {
            push(&|text| sanitize::push_byte(text, byte));
        }
    }
    tokens
}

/// What of a line is shown.
#[derive(Default)]
struct Shown {
    left: String,
    right: String,
    cut_left: bool,
    cut_right: bool,
}

/// Takes tokens from both sides of the mask until the width is used up: half of it on each side, and what one side
/// does not need is the other's.
fn fit(left: VecDeque<Token>, mask: &Token, right: VecDeque<Token>) -> Shown {
    let room = WIDTH.saturating_sub(mask.width);
    let width = |tokens: &VecDeque<Token>| tokens.iter().map(|token| token.width).sum::<usize>();
    let left_room = (room / 2).max(room.saturating_sub(width(&right)));
    let right_room = room - left_room.min(width(&left)).min(room);
    let mut shown = Shown::default();
    let mut used = 0;
    let mut kept = left.len();
    for token in left.iter().rev() {
        used += token.width;
        if used > left_room {
            break;
        }
        kept -= 1;
    }
    shown.cut_left = kept > 0;
    shown.left = left.iter().skip(kept).map(|token| token.text.as_str()).collect();
    used = 0;
    for token in &right {
        used += token.width;
        shown.cut_right = used > right_room;
        if shown.cut_right {
            break;
        }
        shown.right.push_str(&token.text);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The excerpt with `[` and `]` around the mask and `<` and `>` where it was cut.
    fn marked(bytes: &[u8], span: Range<usize>, masks: &[(Range<usize>, &str)]) -> String {
        let masks: Vec<_> = masks.iter().map(|(range, text)| (range.clone(), (*text).to_owned())).collect();
        let Excerpt { text, mask, cut_left, cut_right } =
            Positions::new(bytes).excerpt(span, &Masks::new(masks, bytes.len()));
        let (left, right) = (if cut_left { "<" } else { "" }, if cut_right { ">" } else { "" });
        format!("{left}{}[{}]{}{right}", &text[..mask.start], &text[mask.clone()], &text[mask.end..])
    }

    #[test]
    fn the_line_with_masks() {
        type Row = (&'static [u8], Range<usize>, &'static [(Range<usize>, &'static str)], &'static str);
        let table: &[Row] = &[
            (b"SECRET", 0..6, &[(0..6, "S.T")], "[S.T]"),
            (b"a\nk = SECRET # b\nc", 6..12, &[(6..12, "S.T")], "k = [S.T] # b"),
            (b"k = SECRET  \r\nc", 4..10, &[(4..10, "S.T")], "k = [S.T]"),
            (b"\xef\xbb\xbfSECRET", 3..9, &[(3..9, "S.T")], "[S.T]"),
            (b"\xef\xbb\xbfk=SECRET", 5..11, &[(5..11, "S.T")], "k=[S.T]"),
            (b"\tk\t=\x1b[2J\xff SECRET\0", 10..16, &[(10..16, "S.T")], r" k =\x1b[2J\xff [S.T]\x00"),
            ("\u{202e}SECRET\u{200b}".as_bytes(), 3..9, &[(3..9, "S.T")], r"\u{202e}[S.T]\u{200b}"),
            // Two on a line, in any order; touching; the other one first.
            (b"ONE TWO", 0..3, &[(4..7, "2"), (0..3, "1")], "[1] 2"),
            (b"ONE TWO", 4..7, &[(0..3, "1"), (4..7, "2")], "1 [2]"),
            (b"ONETWO!", 3..6, &[(0..3, "1"), (3..6, "2")], "1[2]!"),
            (b"ONETWO!", 0..3, &[(0..3, "1"), (3..6, "2")], "[1]2!"),
            // Overlapping masks: the union is masked, with the text of the one that is asked for.
            (b"abcdefgh", 2..5, &[(2..5, "X"), (4..7, "Y")], "ab[X]h"),
            (b"abcdefgh", 4..7, &[(2..5, "X"), (4..7, "Y")], "ab[Y]h"),
            (b"abcdefgh", 3..4, &[(2..5, "X"), (4..7, "Y"), (6..8, "Z")], "ab[X]"),
            (b"abcdefgh", 0..1, &[(0..1, "A"), (2..5, "X"), (4..7, "Y")], "[A]bXh"),
            // A span that nobody masked is masked all the same.
            (b"k = SECRET", 4..10, &[], "k = […]"),
            (b"k = SECRET", 4..10, &[(4..7, "S")], "k = […]"),
            // Over more lines: only the secret's own.
            (b"0\nk = SEC\nRET;\n1", 6..13, &[(6..13, "S.T")], "k = [S.T];"),
            (b"SEC\nRET k SECRET", 10..16, &[(0..7, "1"), (10..16, "2")], "1 k [2]"),
            (b"SECRET k SEC\nRET", 0..6, &[(0..6, "1"), (9..16, "2")], "[1] k 2"),
            // Spans beyond the end.
            (b"SECRET", 2..99, &[(2..99, "S")], "SE[S]"),
            (b"SECRET", 50..99, &[(50..99, "S")], "SECRET[…]"),
            (b"", 0..0, &[], "[…]"),
        ];
        for (bytes, span, masks, expected) in table {
            assert_eq!(
                marked(bytes, span.clone(), masks),
                *expected,
                "{:?} {span:?}",
                String::from_utf8_lossy(bytes)
            );
        }
    }

    #[test]
    fn a_long_line_is_cut_around_the_secret() {
        let cut = |before: &str, after: &str| {
            let line = format!("{before}SECRET{after}");
            let span = before.len()..before.len() + 6;
            marked(line.as_bytes(), span.clone(), &[(span, "S.T")])
        };
        let (a, z, e) = ("a".repeat(5000), "z".repeat(5000), "é".repeat(5000));
        assert_eq!(cut(&a, &z), format!("<{}[S.T]{}>", &a[..78], &z[..79]));
        assert_eq!(cut(&a, ""), format!("<{}[S.T]", &a[..157]));
        assert_eq!(cut("", &z), format!("[S.T]{}>", &z[..157]));
        assert_eq!(cut("k = ", &z), format!("k = [S.T]{}>", &z[..153]));
        assert_eq!(cut(&e, &e), format!("<{}[S.T]{}>", "é".repeat(78), "é".repeat(79)));
        assert_eq!(cut(&a[..100], &z[..57]), format!("{}[S.T]{}", &a[..100], &z[..57]));
        // An escape is not cut in half.
        let hidden = "\u{200b}".repeat(50);
        assert_eq!(cut(&hidden, &z), format!("<{}[S.T]{}>", r"\u{200b}".repeat(9), &z[..79]));
    }

    #[test]
    fn nothing_of_a_masked_span_shows_at_the_edges() {
        // A neighbour at every distance around the place where the line is cut; only its mask may be seen.
        let neighbour = "#".repeat(40);
        for distance in 0..400 {
            for wide in [1, 3, 9, 200] {
                let gap = "a".repeat(distance);
                let mask = "M".repeat(wide);
                let line = format!("{neighbour}{gap}SECRET{gap}{neighbour}");
                let at = neighbour.len() + distance;
                let far = at + 6 + distance;
                let masks = [(0..40, mask.as_str()), (at..at + 6, "S.T"), (far..far + 40, mask.as_str())];
                let shown = marked(line.as_bytes(), at..at + 6, &masks);
                assert!(!shown.contains('#'), "{distance} {wide}: {shown}");
                let masks = shown.matches('M').count();
                assert!([0, wide, 2 * wide].contains(&masks), "{distance} {wide}: {shown}");
                assert!(shown.chars().count() <= WIDTH + 4, "{shown}");
            }
        }
    }
}
