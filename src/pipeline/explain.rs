//! One file, looked at closely: what a scan would make of each candidate in it, and why.
//!
//! Takes the bytes of a file and, if only one is wanted, a line, gives an [`Explanation`]. Runs the same decoders and
//! asks the same questions as a scan. What other files say of a value is not known here: see [`Told`].

use std::borrow::Cow;
use std::ops::Range;

use bstr::{BString, ByteSlice};

use super::paths::notebook_cell;
use super::told::Told;
use super::{Settings, inline};
use crate::decode::{self, Text};
use crate::detect::Detector;
use crate::detect::explain::{Account, Opinion, longest_run};
use crate::excerpt::Masks;
use crate::finding::{Confidence, Location, LocationKind, Suppression};
use crate::position::Positions;
use crate::source::Issue;

/// What a scan would do with a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Report it.
    Reported(Confidence),
    /// List it as suppressed.
    Suppressed(Suppression),
    /// Count it, and report it at `--confidence low` or `medium` alone.
    Below(Confidence),
    /// Nothing.
    None,
}

/// One candidate, or a run that is nearly one.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Where it stands, with the masked line.
    pub location: Location,
    /// What is to be said of it.
    pub account: Account,
    /// What comes of it all in all.
    pub outcome: Outcome,
    /// What a scan of the tree says of it, where that is more than the place says by itself.
    pub told: Option<Told>,
}

impl Candidate {
    /// What candidates are ordered by.
    pub(super) fn order(&self) -> (&[BString], u64, u64, u64, &[String]) {
        let Location { inner, region, decoded, .. } = &self.location;
        (inner, region.start_line, region.start_column, region.end_column, decoded)
    }
}

/// What is to be said of a file, or of a line of it.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// In order of their places.
    pub candidates: Vec<Candidate>,
    /// What could not be looked at.
    pub issues: Vec<Issue>,
    /// Lines of the file.
    pub lines: u64,
    /// Characters of the longest run of letters and digits in the file, or on the line.
    pub longest: usize,
}

/// Explains a file called `path`, or the `line` of it. Lines in archives are those of their members.
pub fn explain(
    detector: &Detector,
    settings: &Settings,
    (path, bytes): (Option<&BString>, &[u8]),
    line: Option<u64>,
) -> Explanation {
    let mut issues = Vec::new();
    let mut candidates = Vec::new();
    let within = line.map_or(0..bytes.len(), |line| line_span(bytes, line));
    let longest = longest_run(&bytes[within.clone()]);
    let reader = Reader { detector, settings, path, line, stored: (bytes, within) };
    let mut visit = |text: &Text<'_>| reader.text(text, &mut candidates);
    let is_named = path.is_some_and(|path| detector.is_interesting(path));
    let interest = |bytes: &[u8]| is_named || detector.is_interesting(bytes);
    decode::texts(bytes, settings.limits, &interest, &mut visit, &mut |issue| issues.push(issue));
    issues.retain(|issue| issue.kind != decode::UNOPENED);
    candidates.sort_by(|a, b| a.order().cmp(&b.order()));
    candidates.dedup_by(|a, b| a.order() == b.order() && a.account.value == b.account.value);
    let decoded: Vec<Range<u64>> = candidates.iter().filter_map(decoded_part).collect();
    // A run whose content is accounted for needs no account of itself.
    candidates.retain(|candidate| {
        let run = candidate.location.bytes.as_ref().filter(|_| candidate.account.obstacle.is_some());
        run.is_none_or(|run| !decoded.iter().any(|part| part.start < run.end && run.start < part.end))
    });
    let lines = bytes.lines().count() as u64;
    Explanation { candidates, issues, lines, longest }
}

/// The stored bytes that a candidate was decoded out of.
fn decoded_part(candidate: &Candidate) -> Option<Range<u64>> {
    let decoded = !candidate.location.decoded.is_empty() && candidate.account.obstacle.is_none();
    candidate.location.bytes.clone().filter(|_| decoded)
}

/// Where a line is, without its end; nothing at the text's end if there is none.
fn line_span(text: &[u8], line: u64) -> Range<usize> {
    let wanted = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    let mut ends = memchr::memchr_iter(b'\n', text);
    let start = match wanted.checked_sub(1) {
        None => 0,
        Some(before) => ends.nth(before).map_or(text.len(), |at| at + 1),
    };
    start..ends.next().unwrap_or(text.len())
}

struct Reader<'a> {
    detector: &'a Detector,
    settings: &'a Settings,
    path: Option<&'a BString>,
    line: Option<u64>,
    /// The bytes of the file, and what of them is wanted.
    stored: (&'a [u8], Range<usize>),
}

impl Reader<'_> {
    fn text(&self, text: &Text<'_>, candidates: &mut Vec<Candidate>) {
        let path = text.inner.last().or(self.path).map(|path| path.as_bstr());
        let within = match std::ptr::eq(text.bytes, self.stored.0) {
            true => self.stored.1.clone(),
            // Which lines what is decoded comes from is known when it is located.
            false => 0..text.bytes.len(),
        };
        let accounts = self.detector.explain(text.bytes, path, within);
        let masks = accounts.iter();
        let masks = masks.map(|account| (text.locate(account.span.clone()).span, account.value.redacted()));
        let masks = Masks::new(masks, text.container.len());
        let shared = Positions::new(text.container);
        for account in accounts.into_iter().filter(|account| text.is_decoded(&account.span)) {
            let place = text.locate(account.span.clone());
            let own;
            let positions = match &place.container {
                Cow::Borrowed(_) => &shared,
                Cow::Owned(container) => {
                    own = Positions::new(container);
                    &own
                }
            };
            let region = positions.region(place.span.clone());
            if self.line.is_some_and(|line| !(region.start_line..=region.end_line).contains(&line)) {
                continue;
            }
            let location = Location {
                kind: LocationKind::File,
                target: BString::default(),
                path: self.path.cloned(),
                shown: self.path.cloned(),
                inner: text.inner.to_vec(),
                blob: None,
                commit: None,
                region,
                bytes: place.stored,
                decoded: place.decoded.iter().map(|&encoding| encoding.to_owned()).collect(),
                encoded: None,
                cell: notebook_cell(path, &place.container, place.span.start),
                excerpt: positions.excerpt(place.span.clone(), &masks),
                line_hash: None,
            };
            let outcome = self.outcome(&account, &place.container, &place.span);
            candidates.push(Candidate { location, account, outcome, told: None });
        }
    }

    /// What a scan would do: the most confident rule decides.
    fn outcome(&self, account: &Account, container: &[u8], span: &Range<usize>) -> Outcome {
        let sure = |opinion: &&Opinion| opinion.confidence.is_some();
        let Some(best) = account
            .opinions
            .iter()
            .filter(sure)
            .reduce(|best, next| if next.confidence > best.confidence { next } else { best })
        else {
            return Outcome::None;
        };
        if best.published {
            let rule = &self.detector.rules()[best.rule];
            return Outcome::Suppressed(inline::published(&rule.description));
        }
        let confidence = best.confidence.unwrap_or(Confidence::Low);
        if confidence < self.settings.confidence {
            return Outcome::Below(confidence);
        }
        let ignored = self.settings.inline_ignores.then(|| inline::mark(container, span)).flatten();
        let suppression = ignored.and_then(|mark| mark.suppression);
        suppression.map_or(Outcome::Reported(confidence), Outcome::Suppressed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_by_number() {
        for (line, expected) in [(1, "one"), (2, ""), (3, "three"), (4, ""), (9, "")] {
            let text = b"one\n\nthree\n";
            assert_eq!(&text[line_span(text, line)], expected.as_bytes(), "{line}");
        }
    }
}
