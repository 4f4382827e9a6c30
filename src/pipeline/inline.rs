//! Reasons, in the content itself or in the rule, to accept what was found: a comment beside it, a published example.
//!
//! A comment accepts one value: of several on its line the nearest before it, or else the first one after it.

use std::collections::HashMap;
use std::ops::Range;

use bstr::{BString, ByteSlice};

use super::Hit;
use crate::finding::{SuppressedBy, Suppression};
use crate::words::with_article;

/// What a comment says to accept the secret on its line or on the line below.
const MARK: &[u8] = b"leeward:ignore";

/// Longest stretch of a line that is searched for the mark, on either side of the secret.
const REACH: usize = 1024;

/// What ends a comment within its line.
const ENDS: [&str; 9] = ["*/", "--%>", "-->", "%>", "#}", "}}", "*)", "-}", "\"\"\""];

/// Words that begin a comment, or name one where there are no comments.
const BEGINNINGS: [&str; 4] = ["rem", "dnl", "comment", "note"];

/// Whether the value comes after its comment, and the bytes between them.
type Claim = (bool, usize);

/// Names inside archives, and the place in that text.
type Spot = (Vec<BString>, usize);

/// A comment that asks for a secret to be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Where it stands in the container.
    at: usize,
    /// Of several values that it could mean, it means the one with the smallest.
    claim: Claim,
    pub(super) suppression: Suppression,
}

/// The comment on the secret's line, or on the line above, that asks to accept it. A comment above stands on a line of
/// its own, so that a comment behind one value says nothing of the value on the next line.
pub(super) fn mark(bytes: &[u8], span: &Range<usize>) -> Option<Mark> {
    let from = span.start.saturating_sub(REACH);
    let to = (span.end + REACH).min(bytes.len());
    let start = bytes[from..span.start].rfind_byte(b'\n').map_or(from, |at| from + at + 1);
    let end = bytes[span.end..to].find_byte(b'\n').map_or(to, |at| span.end + at);
    let behind = find(&bytes[span.end..end], false).map(|(at, suppression)| Mark {
        at: span.end + at,
        claim: (false, at),
        suppression,
    });
    let before = |start: usize, end: usize, alone: bool| {
        find(&bytes[start..end], alone).map(|(at, suppression)| Mark {
            at: start + at,
            claim: (true, span.start - start - at),
            suppression,
        })
    };
    behind.or_else(|| before(start, span.start, false)).or_else(|| {
        let above = bytes[from..start].strip_suffix(b"\n")?;
        let begin = above.rfind_byte(b'\n').map_or(from, |at| from + at + 1);
        before(begin, from + above.len(), true)
    })
}

/// Takes its suppression from every hit whose comment is nearer to another value. `marks` are those of `hits`.
pub(super) fn settle(hits: &mut [Hit], marks: &[Option<Mark>]) {
    let mut nearest: HashMap<Spot, (Claim, usize)> = HashMap::new();
    for (number, (hit, mark)) in hits.iter().zip(marks).enumerate() {
        let Some(mark) = mark else { continue };
        let claim = (mark.claim, number);
        let key = (hit.location.inner.clone(), mark.at);
        nearest.entry(key).and_modify(|known| *known = claim.min(*known)).or_insert(claim);
    }
    let won = |hit: &Hit, mark: &Mark| {
        let (_, number) = nearest[&(hit.location.inner.clone(), mark.at)];
        // The same value twice is one finding.
        (hits[number].rule, &hits[number].secret) == (hit.rule, &hit.secret)
    };
    let lost: Vec<usize> = (0..hits.len())
        .filter(|&number| marks[number].as_ref().is_some_and(|mark| !won(&hits[number], mark)))
        .collect();
    lost.into_iter().for_each(|number| hits[number].suppression = None);
}

/// A mark in a piece of a line and the reason behind it. With `alone`, nothing but a comment's beginning may stand
/// before it.
fn find(text: &[u8], alone: bool) -> Option<(usize, Suppression)> {
    let at = text.find(MARK)?;
    if alone && !begins_comment(&text[..at]) {
        return None;
    }
    let rest = &text[at + MARK.len()..];
    // A longer word is another one: `leeward:ignored`.
    if rest.first().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':')) {
        return None;
    }
    Some((at, Suppression { by: SuppressedBy::Inline, reason: reason(&rest.to_str_lossy()) }))
}

/// Whether what stands before a mark is no more than the beginning of a comment.
fn begins_comment(text: &[u8]) -> bool {
    let word: String = text
        .iter()
        .filter(|b| b.is_ascii_alphanumeric())
        .map(|b| char::from(b.to_ascii_lowercase()))
        .collect();
    word.is_empty() || BEGINNINGS.contains(&word.as_str())
}

/// The reason behind a mark, without what ends its comment or the text that holds it.
fn reason(text: &str) -> String {
    let end = ENDS.iter().filter_map(|end| text.find(end)).min().unwrap_or(text.len());
    let text = text[..end].trim();
    let quoted = text.trim_end_matches([',', ';', ')', ']', '}', ' ']);
    let text = match quoted.strip_suffix(['"', '\'', '`']) {
        Some(inside) => inside.trim_end(),
        None => text,
    };
    if text.is_empty() { "no reason given".to_owned() } else { text.to_owned() }
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
        for (text, reason) in [
            ("key = V # leeward:ignore a test account", Some("a test account")),
            ("key = V // leeward:ignore", Some("no reason given")),
            ("key = V -- leeward:ignore x", Some("x")),
            ("key = V ; leeward:ignore x", Some("x")),
            ("key = V % leeward:ignore x", Some("x")),
            ("key = V /* leeward:ignore x */", Some("x")),
            ("key = V (* leeward:ignore x *)", Some("x")),
            ("key = V {- leeward:ignore x -}", Some("x")),
            ("<k>V</k> <!-- leeward:ignore x -->", Some("x")),
            ("key = V {# leeward:ignore x #}", Some("x")),
            ("key = V {{/* leeward:ignore x */}}", Some("x")),
            ("key = V <%-- leeward:ignore x --%>", Some("x")),
            ("key = V # LEEWARD:IGNORE x", None),
            ("{\"key\": \"V\", \"_comment\": \"leeward:ignore x, (y)\"},", Some("x, (y)")),
            ("<!-- leeward:ignore in the docs -->\nkey = V", Some("in the docs")),
            ("# leeward:ignore rotated (see #5)\nkey = V", Some("rotated (see #5)")),
            ("REM leeward:ignore x\r\nset key=V", Some("x")),
            ("dnl leeward:ignore x\nkey = V", Some("x")),
            ("  \"_comment\": \"leeward:ignore x\",\n  \"key\": \"V\"", Some("x")),
            ("/* leeward:ignore old */ key = V", Some("old")),
            ("other = 1 # leeward:ignore that one\nkey = V", None),
            ("# leeward:ignored\nkey = V", None),
            ("# leeward:ignore too far\n\nkey = V", None),
            ("key = V\n# leeward:ignore below", None),
            ("# leeward:ignore above\nkey = V # leeward:ignore beside", Some("beside")),
        ] {
            let at = text.find('V').expect("a value");
            let found = mark(text.as_bytes(), &(at..at + 1));
            assert_eq!(found.as_ref().map(|mark| mark.suppression.reason.as_str()), reason, "{text:?}");
            if let Some(found) = found {
                assert!(text[found.at..].starts_with("leeward:ignore"), "{text:?}");
                let between = if found.at < at { at - found.at } else { found.at - at - 1 };
                assert_eq!(found.claim, (found.at < at, between), "{text:?}");
            }
        }
    }
}
