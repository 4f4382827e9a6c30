//! Reasons, in the content itself or in the rule, to accept what was found: a comment beside it, a published example.

use std::ops::Range;

use bstr::ByteSlice;

use crate::finding::{SuppressedBy, Suppression};
use crate::words::with_article;

/// What a comment says to accept the secret on its line or on the line below.
const MARK: &[u8] = b"leeward:ignore";

/// Longest stretch of a line that is searched for the mark, on either side of the secret.
const REACH: usize = 1024;

/// The suppression that a comment on the secret's line, or on the line above, asks for. A comment above stands on a
/// line of its own, so that a comment behind one value says nothing of the value on the next line.
pub(super) fn ignored(bytes: &[u8], span: &Range<usize>) -> Option<Suppression> {
    let from = span.start.saturating_sub(REACH);
    let to = (span.end + REACH).min(bytes.len());
    let start = bytes[from..span.start].rfind_byte(b'\n').map_or(from, |at| from + at + 1);
    let end = bytes[span.end..to].find_byte(b'\n').map_or(to, |at| span.end + at);
    let own = mark(&bytes[start..span.start], false).or_else(|| mark(&bytes[span.end..end], false));
    own.or_else(|| {
        let above = bytes[from..start].strip_suffix(b"\n")?;
        let line = &above[above.rfind_byte(b'\n').map_or(0, |at| at + 1)..];
        mark(line, true)
    })
}

/// The reason behind a mark. With `alone`, nothing but a comment's beginning may stand before it.
fn mark(text: &[u8], alone: bool) -> Option<Suppression> {
    let at = text.find(MARK)?;
    let before = text[..at].trim();
    if alone && before.iter().any(u8::is_ascii_alphanumeric) {
        return None;
    }
    let rest = &text[at + MARK.len()..];
    // A longer word is another one: `leeward:ignored`.
    if rest.first().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':')) {
        return None;
    }
    let reason = rest.to_str_lossy();
    let reason = reason.trim().trim_end_matches("-->").trim_end_matches("*/").trim_end_matches("#}").trim();
    let reason = if reason.is_empty() { "no reason given" } else { reason };
    Some(Suppression { by: SuppressedBy::Inline, reason: reason.to_owned() })
}

/// The suppression of a value that the provider's or a tool's documentation publishes.
pub(super) fn published(description: &str) -> Suppression {
    Suppression {
        by: SuppressedBy::Config,
        reason: format!("a published example of {}, listed in the rule", with_article(description)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_accepts_its_line_or_the_one_below() {
        let cases = [
            ("key = V # leeward:ignore a test account", Some("a test account")),
            ("key = V // leeward:ignore", Some("no reason given")),
            ("<!-- leeward:ignore in the docs -->\nkey = V", Some("in the docs")),
            ("# leeward:ignore rotated\nkey = V", Some("rotated")),
            ("/* leeward:ignore old */ key = V", Some("old */ key =")),
            ("other = 1 # leeward:ignore that one\nkey = V", None),
            ("# leeward:ignored\nkey = V", None),
            ("# leeward:ignore too far\n\nkey = V", None),
            ("key = V\n# leeward:ignore below", None),
        ];
        for (text, reason) in cases {
            let at = text.find('V').expect("a value");
            let found = ignored(text.as_bytes(), &(at..at + 1));
            assert_eq!(found.as_ref().map(|s| s.reason.as_str()), reason, "{text:?}");
        }
    }
}
