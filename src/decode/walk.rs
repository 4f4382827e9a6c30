//! The way down: what is in a text, what is in that, until nothing is or a limit is met.
//!
//! Takes the stored bytes, hands every further text to the visitor. What each encoding looks like is the business of
//! its own module; here is decided in which order they are undone, and when to stop.

use std::ops::Range;

use super::splice::{Run, Splice};
use super::worth::{Interest, Worth};
use super::{
    Fixed, Limits, Stored, TOO_DEEP, Text, archive, base64, dump, escape, hexadecimal, listed, named, split,
    sqlite, utf16,
};
use crate::source::Issue;

/// Visits stored bytes and everything in them.
pub(super) fn all(
    bytes: &[u8],
    limits: Limits,
    interest: &Interest<'_>,
    visit: &mut dyn FnMut(&Text<'_>),
    issue: &mut dyn FnMut(Issue),
) {
    let mut walk = Walk { limits, left: limits.bytes, worth: Worth { interest }, visit, issue };
    let (text, depth) = (Text::stored(bytes), Depth::default());
    walk.visit(&text, depth);
    walk.inside(&text, depth);
}

struct Walk<'w> {
    limits: Limits,
    /// Bytes that may still come out.
    left: u64,
    worth: Worth<'w>,
    visit: &'w mut dyn FnMut(&Text<'_>),
    issue: &'w mut dyn FnMut(Issue),
}

/// How far down a text is.
#[derive(Clone, Copy, Default)]
struct Depth {
    encodings: u8,
    archives: u8,
    /// The text, or one around it, is interesting.
    interesting: bool,
}

impl Depth {
    fn encoded(self) -> Depth {
        Depth { encodings: self.encodings + 1, ..self }
    }

    /// Whether an archive here is opened.
    fn is_open(self, limits: Limits) -> bool {
        self.archives < limits.archives && self.encodings < limits.depth
    }
}

impl Walk<'_> {
    /// Looks for what is encoded in a text that was visited already.
    fn inside(&mut self, text: &Text<'_>, depth: Depth) {
        if archive::is_archive(text.bytes) && text.splice.is_none() {
            self.members(text, depth);
        } else if let Some(decoded) = utf16::decode(text.bytes).filter(|_| text.splice.is_none()) {
            self.utf16(text, &decoded, depth);
        } else {
            self.encoded(text, depth);
        }
    }

    /// Visits a text that so many bytes were decoded for, and looks for what is encoded in it.
    fn visit_and_go_on(&mut self, text: &Text<'_>, decoded: usize, depth: Depth) {
        let decoded = decoded as u64;
        if decoded > self.left {
            return self.too_much();
        }
        self.left -= decoded;
        self.visit(text, depth);
        self.inside(text, depth);
    }

    /// Visits a text; of an archive that will be opened, what stands beside the files that stand in it as they are.
    fn visit(&mut self, text: &Text<'_>, depth: Depth) {
        let covered = match depth.is_open(self.limits) && text.splice.is_none() {
            true => archive::plain_contents(text.bytes, self.limits.members),
            false => Vec::new(),
        };
        (self.visit)(&Text { covered: &covered, ..*text });
    }

    fn too_much(&mut self) {
        if self.left > 0 {
            self.left = 0;
            let message = format!(
                "more than {} bytes come out of what is packed or encoded here; the rest was not scanned",
                self.limits.bytes
            );
            (self.issue)(Issue::new("decode-limit", message));
        }
    }

    fn too_deep(&mut self) {
        let message = format!(
            "more than {} encodings are nested in each other; the innermost was not scanned",
            self.limits.depth
        );
        (self.issue)(Issue::new("decode-limit", message));
    }

    fn utf16(&mut self, text: &Text<'_>, decoded: &utf16::Decoded, depth: Depth) {
        if depth.encodings >= self.limits.depth {
            return self.too_deep();
        }
        let chain = [text.chain, &[utf16::UTF_16]].concat();
        let stored = match text.stored {
            Stored::Same => Stored::Utf16(decoded.mark),
            _ => Stored::Nowhere,
        };
        let inner = Text {
            bytes: &decoded.utf8,
            container: &decoded.utf8,
            inner: text.inner,
            chain: &chain,
            splice: None,
            fixed: text.fixed,
            covered: &[],
            stored,
        };
        self.visit_and_go_on(&inner, decoded.utf8.len(), depth.encoded());
    }

    /// What is encoded in a part of a text: text is read in place, anything else on its own.
    fn encoded(&mut self, text: &Text<'_>, mut depth: Depth) {
        depth.interesting |= self.is_interesting(text);
        let runs = self.runs(text, depth);
        if runs.is_empty() {
            return;
        }
        if depth.encodings >= self.limits.depth {
            return self.too_deep();
        }
        let is_text = |run: &Run| run.is_text() && !archive::is_archive(&run.decoded);
        let (mut texts, files): (Vec<_>, Vec<_>) = runs.into_iter().partition(is_text);
        for run in &files {
            let place = text.locate(run.outside());
            let chain = [place.decoded.as_slice(), &[run.encoding]].concat();
            let fixed = Fixed {
                container: text.fixed.map_or(text.container, |fixed| fixed.container),
                span: place.span,
                stored: place.stored,
            };
            let inner = Text {
                bytes: &run.decoded,
                container: &run.decoded,
                inner: text.inner,
                chain: &chain,
                splice: None,
                fixed: Some(&fixed),
                covered: &[],
                stored: Stored::Nowhere,
            };
            self.visit_and_go_on(&inner, run.decoded.len(), depth.encoded());
        }
        if texts.is_empty() {
            return;
        }
        // What is looked at already is not looked at again.
        texts.extend(files.into_iter().map(Run::blank));
        let decoded = texts.iter().map(|run| run.decoded.len()).sum();
        let (bytes, splice) = Splice::of(text.bytes, text.splice, texts);
        let spliced = Text { bytes: &bytes, splice: Some(&splice), ..*text };
        self.visit_and_go_on(&spliced, decoded, depth.encoded());
    }

    fn is_interesting(&self, text: &Text<'_>) -> bool {
        let interest = self.worth.interest;
        interest(text.bytes) || text.inner.last().is_some_and(|name| interest(name))
    }

    /// Everything encoded that begins in what was not looked at before.
    fn runs(&self, text: &Text<'_>, depth: Depth) -> Vec<Run> {
        let mut runs = Vec::new();
        let escaped = depth.interesting || escape::may_hold_escapes(text.bytes);
        for within in parts(text) {
            runs.extend(base64::runs(text.bytes, within.clone(), &self.worth));
            runs.extend(hexadecimal::runs(text.bytes, within.clone(), &self.worth));
            runs.extend(utf16::runs(text.bytes, within.clone(), &self.worth));
            if escaped {
                runs.extend(escape::runs(text.bytes, within.clone(), &self.worth));
            }
            if depth.interesting {
                runs.extend(listed::runs(text.bytes, within.clone(), &self.worth));
                runs.extend(dump::runs(text.bytes, within.clone(), &self.worth));
                runs.extend(split::runs(text.bytes, within.clone()));
            }
        }
        if depth.interesting && text.splice.is_none() {
            runs.extend(sqlite::runs(text.bytes));
        }
        if depth.interesting {
            // What lies between two pieces with names is looked at by itself.
            let apart = |one: &Run, other: &Run| {
                let (one, other) = (one.outside(), other.outside());
                one.end <= other.start || other.end <= one.start
            };
            let mut named = named::runs(text.bytes, &parts(text));
            named.retain(|run| runs.iter().all(|other| apart(run, other)));
            runs.extend(named);
        }
        if let Some(splice) = text.splice {
            // What lies beside was looked at before.
            runs.retain(|run| splice.has_decoded(&run.outside()));
        }
        runs
    }

    fn members(&mut self, text: &Text<'_>, depth: Depth) {
        if depth.encodings >= self.limits.depth {
            return self.too_deep();
        }
        if depth.archives >= self.limits.archives {
            let message = "archives are nested deeper than --max-archive-depth; the innermost was not opened";
            return (self.issue)(Issue::new(TOO_DEEP, message));
        }
        let most = (text.bytes.len() as u64).saturating_mul(self.limits.ratio).max(self.limits.unpacked);
        let budget = archive::Budget { bytes: self.left.min(most), members: self.limits.members };
        let opened = archive::open(text.bytes, budget, &mut |kind, name, content| {
            let chain = [text.chain, &[kind]].concat();
            let mut inner = text.inner.to_vec();
            inner.extend(name);
            let member = Text {
                bytes: content,
                container: content,
                inner: &inner,
                chain: &chain,
                splice: None,
                fixed: None,
                covered: &[],
                stored: Stored::Nowhere,
            };
            let depth = match kind {
                "gzip" => depth.encoded(),
                _ => Depth { archives: depth.archives + 1, ..depth },
            };
            if let Some(reason) = archive::unopened(content) {
                (self.issue)(Issue::new(archive::UNOPENED, reason));
            }
            self.visit_and_go_on(&member, content.len(), depth);
        });
        // What only looks like an archive in the middle of a text is none.
        if let Err(problem) = opened
            && !(text.fixed.is_some() && problem.kind == super::CORRUPT)
        {
            (self.issue)(Issue::new(problem.kind, problem.message));
        }
    }
}

/// The parts of a text that are new: all of it, or what was decoded, with what may belong to it on both sides.
fn parts(text: &Text<'_>) -> Vec<Range<usize>> {
    const BESIDE: usize = 128;
    let whole = text.bytes.len();
    let Some(splice) = text.splice else { return std::iter::once(0..whole).collect() };
    let mut parts: Vec<Range<usize>> = Vec::new();
    for decoded in splice.decoded() {
        let part = decoded.start.saturating_sub(BESIDE)..(decoded.end + BESIDE).min(whole);
        match parts.last_mut().filter(|last| part.start <= last.end) {
            Some(last) => last.end = part.end.max(last.end),
            None => parts.push(part),
        }
    }
    parts
}
