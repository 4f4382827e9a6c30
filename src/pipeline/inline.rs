//! Reasons, in the content itself or in the rule, to accept what was found: a comment beside it, a published example.
//!
//! A comment accepts one value: of several on its line the nearest before it, or else the first one after it. It says why,
//! or it accepts nothing: a value that is reported although a comment stands beside it gets a note.

use std::collections::HashMap;
use std::ops::Range;

use bstr::{BString, ByteSlice};

use super::{Hit, comment};
use crate::finding::{Location, SuppressedBy, Suppression};
use crate::report::Note;
use crate::sanitize::visible;
use crate::words::{count, with_article};

/// What a comment says to accept the secret on its line or on the line below.
const MARK: &[u8] = b"leeward:ignore";

/// What people write who mean that; it accepts nothing, and is said.
const SPACED: &[u8] = b"leeward: ignore";

/// Longest stretch of a line that is searched for the mark, on either side of the secret.
const REACH: usize = 1024;

/// What ends a comment within its line.
const ENDS: [&str; 9] = ["*/", "--%>", "-->", "%>", "#}", "}}", "*)", "-}", "\"\"\""];

/// How many places a note names.
const NAMED: usize = 5;

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
    /// How many lines above the value.
    pub(super) above: u64,
    /// None where it gives no reason, or not in the form that is asked for.
    pub(super) suppression: Option<Suppression>,
}

/// Whether a content can have a comment that accepts something, as far as it is not encoded.
pub(crate) fn holds_mark(bytes: &[u8]) -> bool {
    bytes.contains_str(MARK)
}

/// The comment on the secret's line, or on the line above, that asks to accept it. A comment above stands on a line of
/// its own, so that a comment behind one value says nothing of the value on the next line.
pub(super) fn mark(bytes: &[u8], span: &Range<usize>) -> Option<Mark> {
    let from = span.start.saturating_sub(REACH);
    let to = (span.end + REACH).min(bytes.len());
    let start = bytes[from..span.start].rfind_byte(b'\n').map_or(from, |at| from + at + 1);
    let end = bytes[span.end..to].find_byte(b'\n').map_or(to, |at| span.end + at);
    let mark = |at: usize, reason: Option<String>| Mark {
        at,
        claim: (false, 0),
        above: bytes.get(at..span.start).map_or(0, |between| between.find_iter(b"\n").count() as u64),
        suppression: reason.map(|reason| Suppression { by: SuppressedBy::Inline, reason }),
    };
    let line = &bytes[start..end];
    let beside: Vec<Mark> = marks(line).map(|(at, reason)| mark(start + at, reason)).collect();
    let claimed = |mark: Mark| match mark.at >= span.end {
        true => Mark { claim: (false, mark.at - span.end), ..mark },
        false => Mark { claim: (true, span.start - mark.at), ..mark },
    };
    let (behind, before): (Vec<Mark>, Vec<Mark>) = beside.into_iter().partition(|mark| mark.at >= span.end);
    let before = before.into_iter().rfind(|mark| mark.at < span.start);
    if let Some(mark) = behind.into_iter().next().or(before) {
        return Some(claimed(mark));
    }
    let above = bytes[from..start].strip_suffix(b"\n")?;
    let last = above.rfind_byte(b'\n').map_or(0, |at| at + 1);
    let block = comment::block(above).filter(|block| *block < last);
    let mut begin = block.unwrap_or(last);
    let mut found = None;
    for line in above[begin..].lines_with_terminator() {
        let marks = marks_alone(line, block.is_some());
        found = marks.map(|(at, reason)| mark(from + begin + at, reason)).last().or(found);
        begin += line.len();
    }
    found.map(claimed)
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

/// Where marks stand in a line that are in a comment, and their reasons.
fn marks(line: &[u8]) -> impl Iterator<Item = (usize, Option<String>)> {
    words(line)
        .filter(|(at, end)| comment::is_inside(&line[..*at], &line[*end..]))
        .map(|(at, end)| (at, reason_at(line, at, end)))
}

/// The same where nothing but a comment's beginning stands before them; in a block, the comment has begun already.
fn marks_alone(line: &[u8], in_block: bool) -> impl Iterator<Item = (usize, Option<String>)> {
    words(line)
        .filter(|(at, _)| comment::is_beginning_alone(&line[..*at]))
        .filter(move |(at, end)| in_block || comment::is_inside(&line[..*at], &line[*end..]))
        .map(|(at, end)| (at, reason_at(line, at, end)))
}

/// The reason behind a mark that stands there.
fn reason_at(line: &[u8], at: usize, end: usize) -> Option<String> {
    reason(&line[end..].to_str_lossy()).filter(|_| &line[at..end] == MARK)
}

/// Where the mark stands as a word of its own, and where it ends.
fn words(line: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let found = |mark: &'static [u8]| line.find_iter(mark).map(|at| (at, at + mark.len()));
    let mut all: Vec<(usize, usize)> = found(MARK).chain(found(SPACED)).collect();
    all.sort_unstable();
    all.into_iter().filter(|&(at, end)| {
        let last = |back: usize| at.checked_sub(back).map(|at| line[at]);
        let letter = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
        let joined = last(1).is_some_and(|byte| b"-.:@".contains(&byte)) && letter(last(2));
        let next = line.get(end);
        let goes_on = next.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        !letter(last(1)) && !joined && !goes_on
    })
}

/// The reason behind a mark, without what ends its comment or the text that holds it; none if it says nothing.
fn reason(text: &str) -> Option<String> {
    // Meant, but of no form that other readers of these comments know.
    if text.starts_with(':') {
        return None;
    }
    let end = ENDS.iter().filter_map(|end| text.find(end)).min().unwrap_or(text.len());
    let text = text[..end].trim();
    let quoted = text.trim_end_matches([',', ';', ')', ']', '}', ' ']);
    let text = match quoted.strip_suffix(['"', '\'', '`']) {
        // A line of code in a string has its end written out.
        Some(inside) => inside.trim_end().trim_end_matches("\\n").trim_end_matches("\\r").trim_end(),
        None => text,
    };
    text.chars().any(char::is_alphanumeric).then(|| text.to_owned())
}

/// What is said of comments that give no reason, or put a colon before it.
pub(super) fn notes(hits: &[Hit]) -> Vec<Note> {
    let mut places: Vec<String> =
        hits.iter().filter_map(|hit| Some(described(&hit.location, hit.unheeded?))).collect();
    places.sort();
    places.dedup();
    if places.is_empty() {
        return Vec::new();
    }
    let more = match places.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let number = count(places.len() as u64, "comment is", "comments are");
    places.truncate(NAMED);
    let message = format!(
        "{number} not of the form leeward:ignore REASON (a space, then why) and so accept{} nothing: {}{more}",
        if number.ends_with("is") { "s" } else { "" },
        places.join(", ")
    );
    vec![Note { kind: "ignore-without-reason", message }]
}

/// `a.env:3`, of what stands so many lines above a place. Of what was decoded, lines are those of what it was decoded from.
fn described(place: &Location, above: u64) -> String {
    let path = place.shown.as_ref().or(place.path.as_ref());
    let path = path.map_or_else(|| place.kind.as_str().into(), |path| visible(path));
    let above = if place.decoded.is_empty() { above } else { 0 };
    format!("{path}:{}", place.region.start_line.saturating_sub(above))
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
            ("key = V // leeward:ignore", Some("")),
            ("key = V /* leeward:ignore */", Some("")),
            ("key = V # leeward:ignore ---", Some("")),
            ("key = V #leeward:ignore: why", Some("")),
            ("# leeward:ignore:why\nkey = V", Some("")),
            ("key = V # notleeward:ignore x", None),
            ("key = V # not-leeward:ignore x", None),
            ("key = V # x_leeward:ignore x", None),
            ("log(V, \"leeward:ignore x\")", None),
            ("log(V, \"# leeward:ignore x\")", None),
            ("\"leeward:ignore x\",\nkey = V", None),
            ("leeward:ignore x\nkey = V", None),
            ("/**\n * leeward:ignore x\n */\nkey = V", Some("x")),
            ("/**\n * Ours.\n * leeward:ignore x\n * More.\n */\r\nkey = V", Some("x")),
            ("/* leeward:ignore x\n   of old\n*/\nkey = V", Some("x")),
            ("<!--\n  leeward:ignore x\n-->\n<k>V</k>", Some("x")),
            ("/**\n * leeward:ignore x\n */\nother = 1\nkey = V", None),
            ("/**\n * not leeward:ignore x\n */\nkey = V", None),
            ("f() /*\n leeward:ignore x\n*/\nkey = V", None),
            ("# leeward:ignore a\n# more\nkey = V", None),
            ("/* leeward:ignore a */ /* leeward:ignore b */ key = V", Some("b")),
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
            let says = |mark: &Mark| mark.suppression.clone().map(|by| by.reason).unwrap_or_default();
            assert_eq!(found.as_ref().map(says).as_deref(), reason, "{text:?}");
            if let Some(found) = found {
                assert!(text[found.at..].starts_with("leeward:ignore"), "{text:?}");
                let between = if found.at < at { at - found.at } else { found.at - at - 1 };
                assert_eq!(found.claim, (found.at < at, between), "{text:?}");
            }
        }
    }
}
