//! Values that are put together: adjacent string literals, operators and functions that join them, continued lines.
//!
//! Takes text, gives the stretches of letters and digits that are one once what stands between their pieces is taken
//! out. Which language a text is in is not known: what joins in some language joins.

use std::ops::Range;

use memchr::memmem;

use super::markup;
use super::named;
use super::splice::{Form, Run};
use super::worth::SHORTEST;

/// Longest value that is put together.
const LONGEST: usize = 4096;
/// Most bytes between two pieces.
const WIDEST_GAP: usize = 400;

/// What stands between two pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joint {
    /// The literals stand beside each other, or an operator joins them.
    Literals,
    /// A comma: they are one only if a function joins the list.
    Listed,
    /// The line goes on.
    Continued,
    /// A soft line break of quoted-printable.
    SoftBreak,
    /// Marks that format a part of a line.
    Markup,
}

/// The joint that begins at `at`, right behind a piece, and where the next piece begins.
pub(super) fn joint(text: &[u8], at: usize) -> Option<(Joint, usize)> {
    let rest = &text[at..(at + WIDEST_GAP).min(text.len())];
    let (joint, length) = match rest.first()? {
        b'"' | b'\'' => literals(rest)?,
        b'`' | b'\\' => {
            literals(rest).or_else(|| continued(rest).map(|length| (Joint::Continued, length)))?
        }
        // A caret and quoted-printable keep the indentation of the next line: it begins with the next piece.
        b'^' => (Joint::Continued, 1 + line_end(&rest[1..])?),
        b'=' => (Joint::SoftBreak, 1 + line_end(&rest[1..])?),
        b'$' | b'#' => (Joint::Literals, nothing(rest)?),
        b'<' => (Joint::Markup, markup::inline(&text[at..(at + markup::WIDEST).min(text.len())])?),
        _ => return None,
    };
    Some((joint, at + length))
}

/// Length of a place in a template that is filled with nothing: `${""}`.
fn nothing(text: &[u8]) -> Option<usize> {
    match text {
        [_, b'{', open @ (b'"' | b'\'' | b'`'), close, b'}', ..] if open == close => Some(5),
        _ => None,
    }
}

/// Length of the line end that `text` begins with.
fn line_end(text: &[u8]) -> Option<usize> {
    match text {
        [b'\n', ..] => Some(1),
        [b'\r', b'\n', ..] => Some(2),
        _ => None,
    }
}

fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|b| matches!(b, b' ' | b'\t')).count()
}

fn backslashes(text: &[u8]) -> usize {
    const MOST: usize = 7;
    text.iter().take(MOST).take_while(|&&b| b == b'\\').count()
}

/// Length of a line end as a string in a notebook has it: `\n`, the end of the string, and the beginning of the next.
fn quoted_line_end(text: &[u8]) -> Option<usize> {
    let mut at = backslashes(text);
    if at == 0 || text.get(at) != Some(&b'n') {
        return None;
    }
    at += 1;
    let end = text.get(at..)?;
    let next = end.strip_prefix(b"\"").and_then(|rest| {
        let rest = rest.strip_prefix(b",")?;
        let gap = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
        (rest.get(gap) == Some(&b'"')).then_some(gap + 3)
    });
    Some(at + next.unwrap_or(0))
}

/// A backslash at the end of a line, and the indentation of the next.
fn continued(text: &[u8]) -> Option<usize> {
    let end = match line_end(text.get(1..)?) {
        Some(length) => 1 + length,
        // The backslash and the line end are escaped themselves: `\\\n`.
        None => {
            let count = backslashes(text);
            let mark = count.checked_sub(1).filter(|&before| before >= 2 && count % 2 == 1)?;
            mark + quoted_line_end(&text[mark..])?
        }
    };
    Some(end + blanks(&text[end..]))
}

/// The end of a literal, what joins it to the next, and the next one's beginning.
fn literals(text: &[u8]) -> Option<(Joint, usize)> {
    let mut at = quotation(text)?;
    let mut joint = None;
    loop {
        let rest = text.get(at..)?;
        let word_may_begin = joint.is_some() || text[at - 1].is_ascii_whitespace();
        at += match rest.first()? {
            b if b.is_ascii_whitespace() => 1,
            b'\\' | b'`' | b'_' | b'^' if line_end(&rest[1..]).is_some() => 1,
            b'\\' if quoted_line_end(rest).is_some() => quoted_line_end(rest)?,
            b'"' | b'\'' | b'`' | b'\\' => {
                return Some((joint.unwrap_or(Joint::Literals), at + quotation(rest)?));
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'@' | b'$' if word_may_begin => {
                return Some((joint.unwrap_or(Joint::Literals), at + prefixed(rest)?));
            }
            _ => match comment(rest) {
                Some(length) => length,
                None if joint.is_none() => {
                    let (found, length) = operator(rest)?;
                    joint = Some(found);
                    length
                }
                None => return None,
            },
        };
    }
}

/// Length of a quotation mark that may be escaped.
fn quotation(text: &[u8]) -> Option<usize> {
    let escapes = backslashes(text);
    matches!(text.get(escapes), Some(b'"' | b'\'' | b'`')).then_some(escapes + 1)
}

/// Length of the letters before a literal, and its quotation mark.
fn prefixed(text: &[u8]) -> Option<usize> {
    const MOST_LETTERS: usize = 2;
    let letters = text.iter().take_while(|b| b.is_ascii_alphabetic() || matches!(b, b'@' | b'$')).count();
    if letters > MOST_LETTERS {
        return None;
    }
    Some(letters + quotation(&text[letters..])?)
}

/// What puts literals together, or lists them.
fn operator(text: &[u8]) -> Option<(Joint, usize)> {
    const OPERATORS: [&[u8]; 15] = [
        b".concat(",
        b").concat(",
        b"||",
        b"..",
        b"++",
        b"<>",
        b"&&",
        b"//",
        b"+",
        b".",
        b"&",
        b"~",
        b"^",
        b"*",
        b",",
    ];
    let found = OPERATORS.into_iter().find(|operator| text.starts_with(operator))?;
    Some((if found == b"," { Joint::Listed } else { Joint::Literals }, found.len()))
}

/// Length of a comment that ends with its line. Fortran joins with what begins one elsewhere.
fn comment(text: &[u8]) -> Option<usize> {
    let marks: [&[u8]; 3] = [b"//", b"#", b"--"];
    let mark = marks.into_iter().find(|mark| text.starts_with(mark))?;
    let line = text.iter().position(|&b| b == b'\n')?;
    let behind = text[mark.len()..line].trim_ascii_start();
    let joins = mark == b"//" && matches!(behind.first(), Some(b'"' | b'\''));
    (!joins).then_some(line)
}

/// Values that are put together of pieces, the first of which ends within a part of `text`.
pub(super) fn runs(text: &[u8], within: Range<usize>) -> Vec<Run> {
    let mut search = Search { text, found: Vec::new(), done: 0, unlisted: 0, soft_breaks: None };
    let part = &text[within.clone()];
    for quote in memchr::memchr3_iter(b'"', b'\'', b'`', part) {
        let quote = within.start + quote;
        if text.get(quote + 1).is_some_and(|&next| may_join(next)) {
            let escapes = text[..quote].iter().rev().take_while(|&&b| b == b'\\').count();
            search.from(quote - escapes);
        }
    }
    (search.done, search.unlisted) = (0, 0);
    for newline in memchr::memchr_iter(b'\n', part) {
        let line = &text[..within.start + newline];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let [.., b'\\' | b'^' | b'='] = line {
            search.from(line.len() - 1);
        }
    }
    search.done = 0;
    for newline in memmem::find_iter(part, b"\\\\\\n") {
        search.from(within.start + newline);
    }
    search.done = 0;
    for brace in memmem::find_iter(part, b"{").filter(|&brace| brace > 0) {
        let mark = within.start + brace - 1;
        if mark > 0 && nothing(&text[mark..]).is_some() && matches!(text[mark], b'$' | b'#') {
            search.from(mark);
        }
    }
    search.done = 0;
    for tag in memchr::memchr_iter(b'<', part) {
        search.from(within.start + tag);
    }
    search.found
}

/// Whether a byte behind a literal may begin what joins it to the next.
fn may_join(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"\"'`\\+.|&<~*^,/#-)".contains(&byte)
}

/// A search for values in pieces.
struct Search<'t> {
    text: &'t [u8],
    found: Vec<Run>,
    /// Where the last chain's last piece begins: it may be the first piece of another.
    done: usize,
    /// Lists are looked at once: up to here, nothing joins them.
    unlisted: usize,
    /// Whether the text says that it is quoted-printable, once that was asked.
    soft_breaks: Option<bool>,
}

impl Search<'_> {
    /// Looks for a chain whose first piece ends at `end`.
    fn from(&mut self, end: usize) {
        let text = self.text;
        if end <= self.done || !text[..end].last().is_some_and(u8::is_ascii_alphanumeric) {
            return;
        }
        let mut chain = chain(text, end, self.unlisted);
        if chain.joints.contains(&Joint::SoftBreak)
            && !*self.soft_breaks.get_or_insert_with(|| is_quoted_printable(text))
        {
            chain.cut(|joint| joint == Joint::SoftBreak);
        }
        if chain.joints.contains(&Joint::Listed) && !chain.is_joined(text) {
            self.unlisted = chain.pieces.last().map_or(self.unlisted, |last| last.end);
            chain.cut(|joint| joint == Joint::Listed);
        }
        if let Some(last) = chain.pieces.last().filter(|_| !chain.joints.is_empty()) {
            self.done = last.start;
        }
        self.found.extend(chain.run(text));
    }
}

/// Pieces of letters and digits with what joins them.
struct Chain {
    pieces: Vec<Range<usize>>,
    /// One fewer.
    joints: Vec<Joint>,
}

/// The chain whose first piece ends at `end`; lists up to `unlisted` are none.
fn chain(text: &[u8], end: usize, unlisted: usize) -> Chain {
    let from = end.saturating_sub(LONGEST);
    let before = &text[from..end];
    let start = before.iter().rposition(|b| !b.is_ascii_alphanumeric()).map_or(from, |at| from + at + 1);
    let mut chain = Chain { pieces: std::iter::once(start..end).collect(), joints: Vec::new() };
    let (mut at, mut length) = (end, end - start);
    while length <= LONGEST
        && let Some((joint, next)) = joint(text, at)
    {
        if joint == Joint::Listed && at < unlisted {
            break;
        }
        let piece = text[next..].iter().take(LONGEST + 1).take_while(|b| b.is_ascii_alphanumeric()).count();
        if piece == 0 {
            break;
        }
        chain.joints.push(joint);
        chain.pieces.push(next..next + piece);
        at = next + piece;
        length += piece;
    }
    chain
}

impl Chain {
    /// Ends the chain before the first such joint.
    fn cut(&mut self, ends: impl Fn(Joint) -> bool) {
        if let Some(first) = self.joints.iter().position(|&joint| ends(joint)) {
            self.joints.truncate(first);
            self.pieces.truncate(first + 1);
        }
    }

    /// Whether a function or method around the listed literals joins them with nothing between.
    fn is_joined(&self, text: &[u8]) -> bool {
        const REACH: usize = 48;
        const MOST_NAMED: usize = 32;
        let (Some(first), Some(last)) = (self.pieces.first(), self.pieces.last()) else { return false };
        let length: usize = self.pieces.iter().map(Range::len).sum();
        let named = self.pieces.len() <= MOST_NAMED && length >= SHORTEST;
        if named && named::is_joined(text, &text[..first.start]) {
            return true;
        }
        let around = |part: &[u8]| -> String {
            let plain = part.iter().filter(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'\\'));
            plain.map(|&b| char::from(b.to_ascii_lowercase())).collect()
        };
        let before = around(&text[first.start.saturating_sub(REACH)..first.start]);
        let after = around(&text[last.end..(last.end + REACH).min(text.len())]);
        let is_empty = |text: &str| ["\"\"", "''", "``"].iter().any(|empty| text.contains(empty));
        let opened = before.trim_end_matches(['"', '\'', '`']);
        let ends_with = |names: &[&str]| {
            let call = opened.trim_end_matches(['[', '{', '(']);
            opened.len() > call.len() && names.iter().any(|name| call.ends_with(name))
        };
        if ends_with(&[
            "concat",
            "concat!",
            "strcat",
            "concatenate",
            "paste0",
            "str_c",
            "sprint",
            "strconcat",
        ]) {
            return true;
        }
        // What follows the literal's own quotation mark.
        let after = after.get(1..).unwrap_or("");
        let called = ["join(", "implode("].iter().any(|name| before.contains(name));
        let closed = after.trim_start_matches([',', ']', ')', '}']);
        let joins = ["join(", "-join", ".join(", ".join"].iter().any(|name| closed.starts_with(name));
        // Ruby joins with nothing between unless it is told.
        let ruby = closed.starts_with(".join") && !closed.starts_with(".join(");
        ruby || (joins && is_empty(closed.get(..16).unwrap_or(closed)))
            || (called && (is_empty(opened) || is_empty(closed.get(..4).unwrap_or(closed))))
    }

    fn run(self, text: &[u8]) -> Option<Run> {
        let length: usize = self.pieces.iter().map(Range::len).sum();
        if self.joints.is_empty() || !(SHORTEST..=LONGEST).contains(&length) {
            return None;
        }
        let encoding = match self.joints[0] {
            Joint::Literals | Joint::Listed => "concatenation",
            Joint::Continued => "line-continuation",
            Joint::SoftBreak => "quoted-printable",
            Joint::Markup => "markup",
        };
        let decoded = self.pieces.iter().flat_map(|piece| &text[piece.clone()]).copied().collect();
        Some(Run { encoding, pieces: self.pieces, decoded, form: Form::PLAIN })
    }
}

/// Whether a text says that it, or a part of it, is quoted-printable.
fn is_quoted_printable(text: &[u8]) -> bool {
    ["quoted-printable", "QUOTED-PRINTABLE", "Quoted-Printable", "Quoted-printable"]
        .iter()
        .any(|name| memmem::find(text, name.as_bytes()).is_some())
}
