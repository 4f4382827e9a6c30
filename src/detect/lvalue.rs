//! Names to the left of an operator: where the one begins that a value is given, and which of several it is.
//!
//! Serves `structure`, which finds the operator.

use std::ops::Range;

use bstr::ByteSlice;

use super::cursor::{Left, Token};
use super::lines;
use super::structure::{Bound, Holder, head, holder, opening};

/// The name that a value gets which is one of several: `a, b = "…", "…"`, or all of one name: `KEYS=…,…`. Begins at the
/// comma before the value.
pub(super) fn one_of_several(before: &[u8], comma: usize) -> Option<(usize, Range<usize>)> {
    let mut left = Left::new(before, comma);
    let mut values = 1;
    loop {
        match left.next() {
            Token::Separator => values += 1,
            Token::Close(bracket) if left.skip_group(bracket) => {}
            // An address is a value like the others.
            Token::Assign if before[left.at()..].starts_with(b"://") => {}
            Token::Assign => {
                let name = lvalue(before, left.at(), Bound::Assigned);
                let list = is_statement(before, name.start) && before[left.at()] == b'=';
                return nth_name(before, name.start, values).or_else(|| list.then_some((name.start, name)));
            }
            Token::Space | Token::Quote | Token::Mark | Token::Concat | Token::Word(_) => {}
            _ => return None,
        }
    }
}

/// Of several names on a line, the last of which begins at `last`, the one with a number, and where they all begin.
/// None if there is but one, or something else than names.
pub(super) fn nth_name(before: &[u8], last: usize, number: usize) -> Option<(usize, Range<usize>)> {
    let start = lines::line_start(before, last);
    let line = &before[start..];
    let blanks = line.iter().take_while(|b| b.is_ascii_whitespace()).count();
    let all = start + blanks;
    let end =
        line[blanks..].iter().position(|b| matches!(b, b'=' | b':')).map_or(before.len(), |at| all + at);
    if all >= last || end < last || !is_statement(before, all) {
        return None;
    }
    let name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'.' | b' ' | b'@');
    let mut names = Vec::new();
    let mut at = all;
    for part in before[all..end].split(|&b| b == b',') {
        let plain = part.trim_ascii();
        // Words that declare them stand before the first one; more words than that are a sentence.
        let sentence = !names.is_empty() && plain.contains(&b' ');
        if plain.is_empty() || sentence || !part.iter().all(name) {
            return None;
        }
        names.push(at..at + part.len());
        at += part.len() + 1;
    }
    names.get(number).filter(|_| names.len() > 1).map(|name| (all, name.clone()))
}

/// Where the operator is that gives a name to a function whose body is one expression, the arrow of which begins at
/// `arrow`: `name = (…) => `, `name: async x => `, `name = lambda: `.
pub(super) fn names_function(before: &[u8], arrow: usize) -> Option<usize> {
    const WORDS: [&[u8]; 3] = [b"async", b"fn", b"function"];
    let text = before[..arrow].trim_ascii_end();
    let parameters = text.last() == Some(&b')');
    let text = match text.last()? {
        b')' if before[arrow..].starts_with(b"=>") || before[arrow..].starts_with(b"->") => {
            let mut left = Left::new(before, text.len());
            left.next();
            let opens = left.skip_group(b')');
            let text = before[..left.at()].trim_ascii_end();
            let word = WORDS.iter().find_map(|word| text.strip_suffix(*word));
            opens.then(|| word.unwrap_or(text))?
        }
        b'a' if before[arrow] == b':' => text.strip_suffix(b"lambda")?,
        _ if before[arrow..].starts_with(b"=>") => {
            let text = text.trim_end_with(|c| c.is_ascii_alphanumeric() || c == '_').trim_ascii_end();
            text.strip_suffix(b"async").unwrap_or(text)
        }
        _ => return None,
    };
    let text = text.trim_ascii_end();
    let operator = matches!(text, [.., before, b'='] if !b"=!<>".contains(before))
        || parameters && text.ends_with(b":") && !text.ends_with(b"::");
    operator.then(|| text.len() - 1)
}

/// The name that PHP's own form of storing gives a text: `s:4:"name";s:32:"`.
pub(super) fn serialized(before: &[u8]) -> Option<Range<usize>> {
    let quote = |text: &'_ [u8]| {
        let text = text.strip_suffix(b"\"")?;
        Some(text.strip_suffix(b"\\").unwrap_or(text).len())
    };
    let length = |text: &'_ [u8]| {
        let text = text.strip_suffix(b":")?;
        let digits = text.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        Some(text[..text.len() - digits].strip_suffix(b"s:")?.len()).filter(|_| digits > 0)
    };
    let before = &before[..length(&before[..quote(before)?])?];
    let end = quote(before.strip_suffix(b";")?)?;
    let start = before[..end].iter().rposition(|b| *b == b'"')? + 1;
    length(&before[..quote(&before[..start])?])?;
    Some(start..end)
}

/// What stands around the bytes that a text is written as, which are the value all the same: `[]byte("VALUE")`.
pub(super) fn without_conversion<'a>(before: &'a [u8], after: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (quote, inner) = before.split_last()?;
    let before = [&b"[]byte("[..], b"[]rune("].iter().find_map(|head| inner.strip_suffix(*head))?;
    let after = after.strip_prefix(&[*quote])?.strip_prefix(b")")?;
    Some((before, after))
}

/// Whether what begins at `at` stands in no bracket but that of a block.
fn is_statement(before: &[u8], at: usize) -> bool {
    opening(before, at)
        .is_none_or(|(at, bracket)| holder(before, at, bracket, &head(before, at, bracket)) == Holder::Block)
}

/// The left side that ends at `end`: the quoted text there, or back to a separator, an unmatched bracket, a quotation,
/// another assignment or the line's start.
pub(super) fn lvalue(before: &[u8], end: usize, bound: Bound) -> Range<usize> {
    let mut left = Left::new(before, end);
    let mut end = end;
    let mut quoted = None;
    loop {
        let here = left.at();
        let stop = match left.next() {
            Token::Quote if quoted.is_none() => {
                end = left.at();
                quoted = Some(true);
                false
            }
            Token::Quote | Token::Newline | Token::Start => true,
            _ if quoted == Some(true) => false,
            Token::Space | Token::Mark => false,
            Token::Separator | Token::Open(_) => true,
            Token::TagEnd => {
                // `<b>name</b>: value`, or the subscript in `%*ENV<name> = value`: neither is where a name ends.
                let (last, open) = (left.at(), left.skip_group(b'>').then(|| left.at()));
                let closes = open.is_some_and(|at| before.get(at + 1) == Some(&b'/'));
                let subscript = open.is_some_and(|at| at > 0 && before[at - 1].is_ascii_alphanumeric());
                if closes && quoted.is_none() {
                    end = left.at();
                } else if !subscript || quoted.is_some() {
                    return last + 1..end;
                }
                quoted = Some(false);
                false
            }
            // `name: type = value` binds the name as well; `a = b = value` binds b only, and a default's left side
            // ends at the name that is given it.
            Token::Assign if bound == Bound::Assigned && before[left.at()] == b':' => false,
            Token::Assign => true,
            Token::Close(bracket) => {
                quoted = Some(false);
                !left.skip_group(bracket)
            }
            Token::Word(_) | Token::Otherwise | Token::Concat | Token::Wrap => {
                quoted = Some(false);
                false
            }
        };
        if stop {
            return here.min(end)..end;
        }
    }
}
