//! Values whose pieces have names: two constants that a program puts together where it uses them.
//!
//! Takes text, gives the stretches of letters and digits that are one where an expression joins the names of two short
//! literals (`HEAD + TAIL`, `${HEAD}${TAIL}`). Only what stands in one text, the first piece shortly before the second.

use std::ops::Range;
use std::sync::LazyLock;

use bstr::ByteSlice;
use memchr::memmem;
use regex::bytes::Regex;

use super::splice::{Form, Run};
use super::worth::SHORTEST;

/// Longest text in which such names are looked for, in bytes.
const LONGEST_TEXT: usize = 1 << 16;
/// Most bytes from one piece to the next.
const WIDEST_GAP: usize = 400;
/// Shortest and longest piece.
const PIECE: Range<usize> = 4..65;
/// Most expressions that are looked at in one text, and most places of a name.
const MOST: usize = 100;

/// Two names that an operator joins, or that stand beside each other in a template.
static JOINED: LazyLock<Regex> = LazyLock::new(|| {
    let name = r"[A-Za-z_][A-Za-z0-9_]*";
    let operator = r"\s*(?:\+|\.\.|\.|&|~|\|\||<>)\s*";
    Regex::new(&format!(
        r"(?:\b({name}){operator}\$?({name})\b)|(?:\$?\{{({name})\}}\$?\{{({name})\}})|(?:\$({name})\$({name})\b)"
    ))
    .expect("a constant expression")
});

/// Values that are put together of two named literals, the first of which ends within one of the `parts` of `text`.
pub(super) fn runs(text: &[u8], parts: &[Range<usize>]) -> Vec<Run> {
    if text.len() > LONGEST_TEXT {
        return Vec::new();
    }
    let joined = JOINED.captures_iter(text).take(MOST);
    let runs = joined.filter_map(|found| {
        let mut names = found.iter().skip(1).flatten();
        let (first, second) = (names.next()?, names.next()?);
        run(text, first.as_bytes(), second.as_bytes())
    });
    let within = |at: usize| parts.iter().any(|part| part.contains(&at));
    runs.filter(|run| run.pieces.first().is_some_and(|first| within(first.end))).collect()
}

/// The value that the literals of two names make.
fn run(text: &[u8], first: &[u8], second: &[u8]) -> Option<Run> {
    if first == second {
        return None;
    }
    let (head, tail) = (literal(text, first)?, literal(text, second)?);
    let length = head.len() + tail.len();
    let near = tail.start.checked_sub(head.end).is_some_and(|gap| gap <= WIDEST_GAP);
    let decoded = [&text[head.clone()], &text[tail.clone()]].concat();
    (near && length >= SHORTEST).then(|| Run {
        encoding: "concatenation",
        pieces: vec![head, tail],
        decoded,
        form: Form::PLAIN,
    })
}

/// The letters and digits that a name is given: `NAME = "VALUE"`, `NAME: &str = "VALUE"`, `NAME=VALUE`.
fn literal(text: &[u8], name: &[u8]) -> Option<Range<usize>> {
    const LONGEST_TYPE: usize = 40;
    let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    memmem::find_iter(text, name).take(MOST).find_map(|at| {
        let end = at + name.len();
        if text[..at].last().is_some_and(word) || text.get(end).is_some_and(word) {
            return None;
        }
        let line = &text[end..(end + LONGEST_TYPE).min(text.len())];
        let equals = line.lines().next()?.find_byte(b'=')?;
        let value = line[equals + 1..].trim_ascii_start();
        let start = end + (value.as_ptr().addr() - line.as_ptr().addr());
        let quote = text.get(start).filter(|b| matches!(b, b'"' | b'\'' | b'`'));
        let start = start + usize::from(quote.is_some());
        let length = text[start..].iter().take(PIECE.end).take_while(|b| b.is_ascii_alphanumeric()).count();
        let closed = match quote {
            Some(quote) => text.get(start + length) == Some(quote),
            None => text.get(start + length).is_none_or(u8::is_ascii_whitespace),
        };
        (PIECE.contains(&length) && closed).then_some(start..start + length)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_pieces_are_put_together() {
        let (head, tail) = ("Zq4X".repeat(4), "b7Rk".repeat(4));
        let cases = [
            ("const A = 'H'; const B = 'T'; f('x ' + A + B)", true),
            ("A = \"H\"\nB = \"T\"\nf(f\"{A}{B}\")", true),
            ("A=H\nB=T\ncurl -H \"x: $A$B\"", true),
            ("let a: &str = \"H\";\nlet b: &str = \"T\";\nuse(a + b);", true),
            ("$a = 'H'; $b = 'T'; f($a . $b);", true),
            ("A = 'H'\nB = 'T'\nf(A, B)", false),
            ("A = 'H'\nC = 'T'\nf(A + B)", false),
            ("B = 'T'\nA = 'H'\nf(A + B)", false),
            ("A = 'H-'\nB = 'T'\nf(A + B)", false),
        ];
        for (text, found) in cases {
            let text = text.replace('H', &head).replace('T', &tail);
            let runs = runs(text.as_bytes(), std::slice::from_ref(&(0..text.len())));
            let values: Vec<_> = runs.iter().map(|run| run.decoded.to_str_lossy().into_owned()).collect();
            let expected: Vec<String> = if found { vec![format!("{head}{tail}")] } else { Vec::new() };
            assert_eq!(values, expected, "{text}");
        }
    }
}
