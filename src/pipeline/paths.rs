//! What a path says of what is found below it: where in a notebook, and which part of a name is a value.

use std::borrow::Cow;

use bstr::{BStr, ByteSlice};

use super::Collector;
use crate::detect::words::{meaning, words};
use crate::finding::LocationKind;

impl Collector<'_> {
    /// What rules read in place of a text: of a name that names what they look for, a value and what it is.
    pub(super) fn as_read<'t>(&self, kind: LocationKind, text: &'t [u8]) -> Cow<'t, [u8]> {
        let is_name = matches!(kind, LocationKind::Path | LocationKind::RefName);
        match is_name && self.detector.is_interesting(text) {
            true => as_assigned(text),
            false => Cow::Borrowed(text),
        }
    }
}

/// The number of the notebook cell that an offset is in, from 1: which of the objects in its list.
pub(super) fn notebook_cell(path: Option<&BStr>, text: &[u8], at: usize) -> Option<u64> {
    let text = path.filter(|path| path.ends_with(b".ipynb")).and(text.get(..at))?;
    let list = memchr::memmem::find_iter(text, b"\"cells\"").find_map(|key| {
        let rest = text[key + b"\"cells\"".len()..].trim_ascii_start();
        rest.strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"[")
    })?;
    let (mut cells, mut depth, mut quoted) = (0, 0_u64, false);
    let mut bytes = list.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => quoted = !quoted,
            b'\\' if quoted => _ = bytes.next(),
            b'{' | b'[' if !quoted => {
                cells += u64::from(depth == 0);
                depth += 1;
            }
            // The list ends before.
            b']' if !quoted && depth == 0 => return None,
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    (cells > 0).then_some(cells)
}

/// A file's name without its extensions, which would make a value before them a part of something larger.
pub(super) fn stem(name: &[u8]) -> &[u8] {
    const LONGEST: usize = 10;
    match name.iter().rposition(|&byte| byte == b'.') {
        Some(dot) if dot > 0 && name.len() - dot - 1 <= LONGEST => stem(&name[..dot]),
        _ => name,
    }
}

/// A name of a file or a ref as a text in which what stands before a value says what it is: `KEY=value` for `key-value`,
/// `key/value`, `key_value`. A name of something else, `acme-chat-value.json`, is left as it is. Every byte keeps its place.
pub(super) fn as_assigned(name: &[u8]) -> Cow<'_, [u8]> {
    const SHORTEST: usize = 16;
    let is_mark = |byte: u8| b"-_/.+".contains(&byte);
    let mut read = Cow::Borrowed(name);
    let mut at = 0;
    for run in name.chunk_by(|one, next| one.is_ascii_alphanumeric() == next.is_ascii_alphanumeric()) {
        let (start, end) = (at, at + run.len());
        at = end;
        if run.len() < SHORTEST || !run[0].is_ascii_alphanumeric() || !tells(&name[..start], &name[end..]) {
            continue;
        }
        if start > 1 && is_mark(name[start - 1]) {
            read.to_mut()[start - 1] = b'=';
        }
        if name.get(end).is_some_and(|&byte| is_mark(byte)) {
            read.to_mut()[end] = b' ';
        }
    }
    read
}

/// Whether a name calls a value a credential that stands between two parts of it, or has but one word before it.
fn tells(before: &[u8], after: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 4] = [b"key", b"txt", b"env", b"pem"];
    let before = before.trim_end_with(|c| "-_/.+".contains(c)).to_str_lossy();
    let part = before.rsplit('/').next().unwrap_or_default();
    let ends = after.strip_prefix(b".").is_none_or(|ending| ENDINGS.contains(&ending));
    meaning(part, &[]).credential || ends && words(part).len() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_counted_by_their_list() {
        let first = r#"{"source": ["a = {}\n", "b = \"]\""], "cell_type": "code"}"#;
        let second = r#"{"cell_type": "code", "outputs": [{"data": {}}], "source": ["V"]}"#;
        let notebook = format!(r#"{{"metadata": {{"x": "M"}}, "cells": [{first}, {second}], "end": "E"}}"#);
        let cell = |what: &str| {
            let at = notebook.find(what).expect("it is there");
            notebook_cell(Some("a.ipynb".into()), notebook.as_bytes(), at)
        };
        assert_eq!(
            (cell("\"M\""), cell("a ="), cell("b ="), cell("\"V\"")),
            (None, Some(1), Some(1), Some(2))
        );
        assert_eq!(cell("\"E\""), None);
        assert_eq!(notebook_cell(Some("a.json".into()), notebook.as_bytes(), notebook.len()), None);
    }

    #[test]
    fn names_are_read_as_assignments() {
        let value = "Zq4X".repeat(8);
        let table = [
            ("key-VALUE", "key=VALUE"),
            ("refs/heads/acme/VALUE-old", "refs/heads/acme=VALUE old"),
            ("a_VALUE_b-key-VALUE.txt", "a=VALUE b-key=VALUE txt"),
            ("acme-chat-VALUE.json", "acme-chat-VALUE.json"),
            ("acme-VALUE.svg", "acme-VALUE.svg"),
            ("acme-api-key-VALUE.svg", "acme-api-key=VALUE svg"),
            ("acme-VALUE.key", "acme=VALUE key"),
            ("key=VALUE", "key=VALUE"),
            ("VALUE", "VALUE"),
            ("short-and/plain_words", "short-and/plain_words"),
            ("", ""),
        ];
        for (name, expected) in table {
            let [name, expected] = [name, expected].map(|text| text.replace("VALUE", &value));
            assert_eq!(as_assigned(name.as_bytes()), expected.as_bytes(), "{name}");
        }
    }
}
