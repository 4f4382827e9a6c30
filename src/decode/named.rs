//! Values whose pieces have names: two constants that a program puts together where it uses them.
//!
//! Takes text, gives the stretches of letters and digits that are one where an expression joins the names of two short
//! literals (`HEAD + TAIL`, `${HEAD}${TAIL}`), and whether a list of literals is joined where its name is used. Only what
//! stands in one text, the first piece shortly before the second.

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

/// Whether a list is joined with nothing between where its name is used: `PARTS.join("")`, `"".join(PARTS)`,
/// `implode("", $parts)`. The list's first literal begins behind `before`.
pub(super) fn is_joined(text: &[u8], before: &[u8]) -> bool {
    const REACH: usize = 40;
    if text.len() > LONGEST_TEXT {
        return false;
    }
    let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let line = &before[before.iter().rposition(|b| matches!(b, b'\n' | b';')).map_or(0, |at| at + 1)..];
    let Some(equals) = line.find_byte(b'=') else { return false };
    let left = line[..equals].trim_end_with(|c| c.is_whitespace() || matches!(c, ':' | '[' | ']'));
    // `List<String> parts = List.of(`, `parts: string[] = [`
    let left = left.split(|b| *b == b':').next().unwrap_or_default().trim_ascii_end();
    let name = &left[left.iter().rposition(|b| !word(b)).map_or(0, |at| at + 1)..];
    let plain = |part: &[u8]| -> Vec<u8> {
        part.iter().filter(|b| !b.is_ascii_whitespace()).map(u8::to_ascii_lowercase).collect()
    };
    let own = before.len();
    !name.is_empty()
        && memmem::find_iter(text, name).take(MOST).filter(|&at| at > own).any(|at| {
            let end = at + name.len();
            if text[..at].last().is_some_and(word) || text.get(end).is_some_and(word) {
                return false;
            }
            let after = plain(&text[end..(end + REACH).min(text.len())]);
            let before = plain(&text[at.saturating_sub(REACH)..at]);
            let before = before.strip_suffix(b"$").or_else(|| before.strip_suffix(b"@")).unwrap_or(&before);
            joins_behind(&after) || joins_before(before, &after)
        })
}

/// Whether what follows a list's name joins it with nothing between: `.join("")`, `-join ''`, Ruby's `.join`.
fn joins_behind(after: &[u8]) -> bool {
    let Some(rest) = after.strip_prefix(b".join").or_else(|| after.strip_prefix(b"-join")) else {
        return false;
    };
    let rest = rest.strip_prefix(b"totext").or_else(|| rest.strip_prefix(b"tostring")).unwrap_or(rest);
    let ruby = after.starts_with(b".") && !matches!(rest.first(), Some(b'(' | b'a'..=b'z'));
    let argument = rest.strip_prefix(b"(").unwrap_or(rest);
    ruby || begins_empty(argument)
}

/// Whether what stands before a list's name, and behind it, joins it: `"".join(`, `implode("",`, `Join(` with `, "")`.
fn joins_before(before: &[u8], after: &[u8]) -> bool {
    let separated = before.strip_suffix(b",").is_some_and(|before| {
        ["join(", "implode("].iter().any(|call| {
            let at = before.rfind(call).map(|at| &before[at + call.len()..]);
            at.is_some_and(|argument| {
                argument.len() == 2 && begins_empty(argument) || argument == b"string.empty"
            })
        })
    });
    let method = before
        .strip_suffix(b".join(")
        .is_some_and(|before| before.len() >= 2 && begins_empty(&before[before.len() - 2..]));
    let last = || after.strip_prefix(b",").is_some_and(begins_empty);
    let called = before.ends_with(b"join(") || before.ends_with(b"implode(");
    separated || method || before.ends_with(b".concat(") || called && last()
}

/// Whether a text begins with an empty literal.
fn begins_empty(text: &[u8]) -> bool {
    matches!(text, [open @ (b'"' | b'\'' | b'`'), close, ..] if open == close)
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
    fn lists_are_joined_where_their_name_is_used() {
        let cases = [
            ("const parts = ['", "a', 'b'];\nconst key = parts.join('');", true),
            ("const parts: string[] = ['", "a', 'b'];\nconst key = parts.join(``);", true),
            ("parts = ['", "a', 'b']\nkey = ''.join(parts)", true),
            ("parts = ['", "a', 'b']\nkey = parts.join\n", true),
            ("parts = ('", "a', 'b')\nkey = \"\".join(parts)", true),
            ("$parts = ['", "a', 'b'];\n$key = implode('', $parts);", true),
            ("parts := []string{\"", "a\", \"b\"}\nkey := strings.Join(parts, \"\")", true),
            ("string[] parts = {\"", "a\", \"b\"};\nvar key = string.Join(\"\", parts);", true),
            ("var parts = new[] {\"", "a\", \"b\"};\nvar key = string.Concat(parts);", true),
            ("$p = @('", "a', 'b')\n$key = $p -join ''", true),
            ("const parts = ['", "a', 'b'];\nconst list = parts.join(', ');", false),
            ("const parts = ['", "a', 'b'];\nconst key = other.join('');", false),
            ("const parts = ['", "a', 'b'];\nuse(parts)", false),
            ("f(['", "a', 'b']).join(', ')", false),
        ];
        for (before, after, joined) in cases {
            let text = format!("{before}{after}");
            assert_eq!(is_joined(text.as_bytes(), before.as_bytes()), joined, "{text}");
        }
    }

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
