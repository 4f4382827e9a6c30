//! What a block's text is made of: its fields, each a key and a value, and the groups inside it.
//!
//! Takes the text of one side of a value in its block; what a field says is asked in `block`.

use super::structure::{Holder, Level};

/// A part of a block.
pub(super) struct Part<'a> {
    pub(super) key: &'a str,
    pub(super) value: &'a str,
    /// Nothing ends it before the value that is looked at: the key is this one's.
    pub(super) open: bool,
}

/// The fields on both sides of the value at a level.
pub(super) fn neighbours(level: &Level) -> (Vec<Part<'_>>, Vec<Part<'_>>) {
    let attributes = level.holder == Holder::Tag;
    let mut left = parts(&level.before, attributes);
    if let Some(last) = left.last_mut() {
        last.open = last.value.trim().is_empty() || last.value.matches('"').count() % 2 == 1;
    }
    (left, parts(after_value(&level.after), attributes))
}

/// The same, from the first to the last.
pub(super) fn fields_beside(level: &Level) -> impl Iterator<Item = Part<'_>> {
    let (left, right) = neighbours(level);
    left.into_iter().chain(right)
}

/// What follows a value without what closes the value itself.
pub(super) fn after_value(after: &str) -> &str {
    after.trim_start_matches(['"', '\'', '`', '\\'])
}

/// A text without what parts it from its neighbours: blanks and quotes.
pub(super) fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`'))
}

/// The words of a value.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "\"'`,;:=()[]{}<>|".contains(c))
        .filter(|token| !token.is_empty())
}

/// The fields of a block without what stands in groups of its own inside it.
pub(super) fn parts(text: &str, attributes: bool) -> Vec<Part<'_>> {
    parts_and_groups(text, attributes).0
}

/// The fields of a block, and those of the groups in it.
pub(super) fn parts_and_nested(text: &str) -> Vec<Part<'_>> {
    let (mut parts, groups) = parts_and_groups(text, false);
    for (_, inner) in groups {
        parts.extend(self::parts(inner, false));
    }
    parts
}

/// The fields of a block, which blanks part where they are a tag's attributes; and the groups inside it, each with what
/// stands before its bracket.
pub(super) fn parts_and_groups(text: &str, attributes: bool) -> (Vec<Part<'_>>, Vec<(&str, &str)>) {
    let bytes = text.as_bytes();
    let (mut parts, mut groups) = (Vec::new(), Vec::new());
    let (mut from, mut at) = (0, 0);
    let mut quote = None;
    while at < bytes.len() {
        let byte = bytes[at];
        match byte {
            b'\n' => quote = None,
            b'"' | b'`' if quote == Some(byte) => quote = None,
            b'"' | b'`' if quote.is_none() => quote = Some(byte),
            _ => {}
        }
        let option = byte == b' ' && bytes[at + 1..].starts_with(b"--");
        let separates = matches!(byte, b'\n')
            || option && quote.is_none()
            || quote.is_none()
                && (matches!(byte, b',' | b';' | b'|')
                    || attributes && byte == b' ' && !bytes[from..at].trim_ascii_end().ends_with(b"="));
        if separates {
            parts.extend(part(&text[from..at]));
            from = at + 1;
        } else if quote.is_none()
            && let Some(end) = group_end(bytes, from, at)
        {
            groups.push((&text[from..at], &text[at + 1..end]));
            from = (end + 1).min(bytes.len());
            at = end;
        }
        at += 1;
    }
    parts.extend(part(text.get(from..).unwrap_or_default()));
    (parts, groups)
}

/// A text without calls that begin so: `name(`.
pub(super) fn without_calls(text: &str, call: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(call) {
        kept.push_str(&rest[..at]);
        let mut depth = 1_usize;
        let arguments = &rest[at + call.len()..];
        let end = arguments.find(|c| {
            depth = match c {
                '(' => depth + 1,
                ')' => depth - 1,
                _ => depth,
            };
            depth == 0
        });
        rest = end.map_or("", |end| &arguments[end + 1..]);
    }
    kept + rest
}

/// Whether an argument says how a text is encoded: `"utf8"`.
pub(super) fn is_encoding(argument: &str) -> bool {
    const NAMES: [&str; 7] = ["utf8", "utf16le", "ascii", "latin1", "hex", "base64", "binary"];
    let name: String = argument.chars().filter(char::is_ascii_alphanumeric).collect();
    NAMES.contains(&name.to_ascii_lowercase().as_str())
}

/// Where the group ends that the bracket at `at` opens; none if it opens none: a call's arguments, a list of plain
/// values and what follows a `$` belong to their field.
fn group_end(bytes: &[u8], from: usize, at: usize) -> Option<usize> {
    let before = &bytes[from..at];
    let (open, close) = match bytes[at] {
        b'{' if !matches!(before.last(), Some(b'$' | b'#' | b'{')) => (b'{', b'}'),
        b'[' => (b'[', b']'),
        b'(' if before.trim_ascii().is_empty() => (b'(', b')'),
        _ => return None,
    };
    let mut depth = 0;
    let mut nested = open != b'[';
    for (index, &byte) in bytes.iter().enumerate().skip(at) {
        if byte == open {
            depth += 1;
        } else if byte == close {
            depth -= 1;
        }
        nested |= matches!(byte, b'{' | b'(');
        if depth == 0 {
            return nested.then_some(index);
        }
    }
    None
}

/// A field and its value, or a value without a field.
fn part(text: &str) -> Option<Part<'_>> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '-' | ',' | ';'));
    if text.is_empty() {
        return None;
    }
    // `:name value`, as Clojure and Lisp have them, `:name => value` in Ruby.
    let keyword = text.strip_prefix(':').filter(|rest| rest.starts_with(|c: char| c.is_alphabetic()));
    if let Some((key, value)) = keyword.and_then(|rest| rest.split_once(char::is_whitespace)) {
        return Some(Part { key, value: value.trim_start_matches(['=', '>', ' ']), open: false });
    }
    let operator =
        text.char_indices().find(|&(at, c)| c == '=' || c == ':' && !text[at..].starts_with("://"));
    let named = operator.filter(|&(at, _)| at <= 60 && !text[..at].contains("://"));
    Some(match named {
        Some((at, _)) => {
            let value = text[at + 1..].trim_start_matches(['=', '>', ':', ' ']);
            Part { key: text[..at].trim(), value, open: false }
        }
        None => Part { key: "", value: text, open: false },
    })
}
