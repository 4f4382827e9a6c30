//! Values that are one arm of an expression: `let key = match … { … => VALUE }`, `x = case … do nil -> VALUE end`.
//!
//! Takes a text and where the value begins; gives the name that the whole expression is given to.

use bstr::ByteSlice;

use super::declaration::name_of;
use super::lines::{indent, line_start};

/// Longest text between the name and the value, in bytes.
const FAR: usize = 600;
/// Words that such an expression begins with, or has behind what it looks at.
const HEADS: [&str; 5] = ["match", "case", "when", "switch", "cond"];

/// The name that the expression is given to, one arm of which the value at `at` is.
pub(super) fn name_of_arms(text: &[u8], at: usize) -> Option<String> {
    let before = &text[at.saturating_sub(FAR)..at];
    let value = before.trim_end_with(|c| matches!(c, '"' | '\'' | '`'));
    let arrow = value.trim_ascii_end();
    // `"…".into()` and the like stand behind the value.
    let is_arm = [&b"->"[..], b"=>", b" then", b" else"].iter().any(|end| arrow.ends_with(end));
    if !is_arm {
        return None;
    }
    let depth = |from: usize| indent(&before[line_start(before, from)..]);
    let own = depth(before.len());
    let heads = HEADS.iter().flat_map(|word| before.rfind_iter(word).map(move |at| (at, word.len())));
    let mut heads: Vec<(usize, usize)> = heads.filter(|&(at, length)| is_word(before, at, length)).collect();
    heads.sort();
    let head = heads.into_iter().rev().map(|(head, _)| head).find(|&head| {
        let same_line = line_start(before, head) == line_start(before, before.len());
        !is_pattern(before, head) && (same_line || depth(head) <= own)
    })?;
    let left = before[..head].trim_ascii_end();
    // `name = match …`, also where that begins a line of its own; `name = … match {` has the operator further left.
    let left = match left.strip_suffix(b"=") {
        Some(left) => left,
        None => {
            let line = line_start(before, head);
            let operator = before[line..head].find(" = ").or_else(|| before[line..head].find(" := "))?;
            &before[..line + operator]
        }
    };
    let name = &left[line_start(left, left.len())..];
    name_of(name.trim_end_with(|c| matches!(c, ' ' | ':')).to_str().ok()?)
}

/// Whether a word stands by itself, and not in another one.
fn is_word(text: &[u8], at: usize, length: usize) -> bool {
    let belongs =
        |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'"'));
    !belongs(at.checked_sub(1).map(|before| &text[before])) && !belongs(text.get(at + length))
}

/// Whether the word at `at` begins an arm of its own: `case None => `, `when nil then`.
fn is_pattern(text: &[u8], at: usize) -> bool {
    let line = &text[at..];
    let line = &line[..line.find_byte(b'\n').unwrap_or(line.len())];
    let first = text[line_start(text, at)..at].trim_ascii().is_empty();
    first && [&b"=>"[..], b"->", b" then"].iter().any(|arrow| line.contains_str(arrow))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arm_has_the_name_of_its_expression() {
        let cases = [
            ("let key = match read() { Ok(k) => k, Err(_) => \"", Some("key")),
            ("let key = match read() {\n    Ok(k) => k,\n    Err(_) => \"", Some("key")),
            ("let private key =\n    match read() with\n    | null -> \"", Some("key")),
            ("key =\n  case read() do\n    nil -> \"", Some("key")),
            ("val key = read() match {\n  case Some(v) => v\n  case None => \"", Some("key")),
            ("val key = when { prod -> read()\n    else -> \"", Some("key")),
            ("key = case read()\n    when nil then \"", Some("key")),
            ("match read() {\n    None => \"", None),
            ("let key = \"", None),
            ("const f = () => \"", None),
        ];
        for (before, name) in cases {
            let text = format!("{before}VALUE\"");
            assert_eq!(name_of_arms(text.as_bytes(), before.len()).as_deref(), name, "{before}");
        }
    }
}
