//! What stored bytes hold besides themselves: text in other encodings, and files in archives.
//!
//! Takes the bytes of one blob, hands every [`Text`] in it to a visitor: the bytes as they are, the same with encoded
//! stretches replaced by what they encode, UTF-16 as UTF-8, the members of archives, and all of these inside each
//! other, bounded in depth and size. Knows no rule; what it could not look at, it says. Positions map back: see
//! [`Text::locate`].

use std::borrow::Cow;
use std::ops::Range;

use bstr::BString;

use crate::source::Issue;

mod archive;
mod base64;
mod hexadecimal;
mod probe;
mod splice;
mod utf16;

pub use archive::is_archive;
pub use probe::{Probe, holds_container, may_hold_encoded};
use splice::Splice;

/// How far decoding goes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Encodings and archives inside each other.
    pub depth: u8,
    /// Archives inside archives; 0 opens none.
    pub archives: u8,
    /// Bytes that come out of one blob, all in all.
    pub bytes: u64,
    /// Members of one archive.
    pub members: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { depth: 4, archives: 3, bytes: 1 << 30, members: 100_000 }
    }
}

/// A text to scan.
#[derive(Debug)]
pub struct Text<'a> {
    /// What to scan.
    pub bytes: &'a [u8],
    /// What lines and columns are counted in: the stored bytes, the UTF-8 of UTF-16, an archive's member.
    pub container: &'a [u8],
    /// Names inside archives, outermost first.
    pub inner: &'a [BString],
    /// How the container was decoded out of the stored bytes, outermost first.
    chain: &'a [&'static str],
    /// Where the encoded stretches of `bytes` are.
    splice: Option<&'a Splice>,
    /// The whole run that the container was decoded out of, in the place of its own positions.
    fixed: Option<&'a Fixed>,
    stored: Stored,
}

/// A place in an outer text that stands for everything in an inner one.
#[derive(Clone, Debug)]
struct Fixed {
    container: Vec<u8>,
    span: Range<usize>,
    stored: Option<Range<u64>>,
}

/// How positions in the container become positions in the stored bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stored {
    /// They are the same.
    Same,
    /// UTF-16 after so many bytes of a byte order mark.
    Utf16(usize),
    /// There are none.
    Nowhere,
}

/// Where something in a [`Text`] stands.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// What lines and columns are counted in.
    pub container: Cow<'a, [u8]>,
    /// Where in it.
    pub span: Range<usize>,
    /// Where in the stored bytes; nowhere inside archives.
    pub stored: Option<Range<u64>>,
    /// What it was decoded out of, outermost first.
    pub decoded: Vec<&'static str>,
}

impl<'a> Text<'a> {
    /// The stored bytes themselves.
    fn stored(bytes: &'a [u8]) -> Self {
        Text {
            bytes,
            container: bytes,
            inner: &[],
            chain: &[],
            splice: None,
            fixed: None,
            stored: Stored::Same,
        }
    }

    /// Where the part `span` of `bytes` stands.
    pub fn locate(&self, span: Range<usize>) -> Place<'a> {
        let mut decoded = self.chain.to_vec();
        if let Some(fixed) = self.fixed {
            let (span, stored) = (fixed.span.clone(), fixed.stored.clone());
            return Place { container: Cow::Owned(fixed.container.clone()), span, stored, decoded };
        }
        let span = match self.splice {
            Some(splice) => {
                decoded.extend(splice.encoding(&span));
                splice.outside(&span)
            }
            None => span,
        };
        let stored = self.in_stored(&span);
        Place { container: Cow::Borrowed(self.container), span, stored, decoded }
    }

    /// Whether the part `span` was decoded: what is not was seen in the text as it is.
    pub fn is_decoded(&self, span: &Range<usize>) -> bool {
        self.splice.is_none_or(|splice| splice.encoding(span).is_some())
    }

    fn in_stored(&self, span: &Range<usize>) -> Option<Range<u64>> {
        match self.stored {
            Stored::Same => Some(span.start as u64..span.end as u64),
            Stored::Utf16(mark) => {
                let units = |to: usize| utf16::units(&self.container[..to]) * 2 + mark as u64;
                Some(units(span.start)..units(span.end))
            }
            Stored::Nowhere => None,
        }
    }
}

/// Hands every text in `bytes` to `visit`, the bytes themselves first. What was not looked at goes to `issue`.
pub fn texts(bytes: &[u8], limits: Limits, visit: &mut dyn FnMut(&Text<'_>), issue: &mut dyn FnMut(Issue)) {
    visit(&Text::stored(bytes));
    if may_hold_encoded(bytes) {
        let mut walk = Walk { limits, left: limits.bytes, visit, issue };
        walk.inside(&Text::stored(bytes), 0, 0);
    }
}

struct Walk<'w> {
    limits: Limits,
    /// Bytes that may still come out.
    left: u64,
    visit: &'w mut dyn FnMut(&Text<'_>),
    issue: &'w mut dyn FnMut(Issue),
}

impl Walk<'_> {
    /// Looks for what is encoded in a text that was visited already.
    fn inside(&mut self, text: &Text<'_>, depth: u8, archives: u8) {
        if depth >= self.limits.depth {
            return;
        }
        if is_archive(text.bytes) {
            self.members(text, depth, archives);
        } else if let Some((utf8, mark)) = utf16::decode(text.bytes) {
            let chain = [text.chain, &["utf-16"]].concat();
            let stored = if text.stored == Stored::Same && text.splice.is_none() {
                Stored::Utf16(mark)
            } else {
                Stored::Nowhere
            };
            let inner = Text {
                bytes: &utf8,
                container: &utf8,
                inner: text.inner,
                chain: &chain,
                splice: None,
                fixed: text.fixed,
                stored,
            };
            self.visit_and_go_on(&inner, depth + 1, archives);
        } else {
            self.encoded(text, depth, archives);
        }
    }

    fn visit_and_go_on(&mut self, text: &Text<'_>, depth: u8, archives: u8) {
        let size = text.bytes.len() as u64;
        if size > self.left {
            return self.too_much();
        }
        self.left -= size;
        (self.visit)(text);
        self.inside(text, depth, archives);
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

    /// Base64 and hex: text is read in place, anything else on its own.
    fn encoded(&mut self, text: &Text<'_>, depth: u8, archives: u8) {
        let mut runs = base64::runs(text.bytes);
        runs.extend(hexadecimal::runs(text.bytes));
        runs.sort_by_key(|run| run.outside().start);
        let (texts, binaries): (Vec<_>, Vec<_>) = runs.into_iter().partition(|run| run.is_text());
        for run in binaries {
            let place = text.locate(run.outside());
            let chain = [place.decoded.as_slice(), &[run.encoding]].concat();
            let fixed =
                Fixed { container: place.container.into_owned(), span: place.span, stored: place.stored };
            let inner = Text {
                bytes: &run.decoded,
                container: &run.decoded,
                inner: text.inner,
                chain: &chain,
                splice: None,
                fixed: Some(&fixed),
                stored: Stored::Nowhere,
            };
            self.visit_and_go_on(&inner, depth + 1, archives);
        }
        // What was spliced before would lose its way back; it is one layer of many at most.
        if texts.is_empty() || text.splice.is_some() {
            return self.nested(texts, text, depth, archives);
        }
        let (bytes, splice) = Splice::of(text.bytes, texts);
        let spliced = Text { bytes: &bytes, splice: Some(&splice), ..*text };
        self.visit_and_go_on(&spliced, depth + 1, archives);
    }

    /// Encoded text inside decoded text: read on its own, at the place of what holds it.
    fn nested(&mut self, runs: Vec<splice::Run>, text: &Text<'_>, depth: u8, archives: u8) {
        for run in runs {
            let place = text.locate(run.outside());
            let chain = [place.decoded.as_slice(), &[run.encoding]].concat();
            let fixed =
                Fixed { container: place.container.into_owned(), span: place.span, stored: place.stored };
            // With what stands before it: that names it.
            let start = run.outside().start;
            let before = &text.bytes[start.saturating_sub(200)..start];
            let bytes = [before, &run.decoded].concat();
            let inner = Text {
                bytes: &bytes,
                container: &bytes,
                inner: text.inner,
                chain: &chain,
                splice: None,
                fixed: Some(&fixed),
                stored: Stored::Nowhere,
            };
            self.visit_and_go_on(&inner, depth + 1, archives);
        }
    }

    fn members(&mut self, text: &Text<'_>, depth: u8, archives: u8) {
        if archives >= self.limits.archives {
            let message = "archives are nested deeper than --max-archive-depth; the innermost was not opened";
            return (self.issue)(Issue::new("archive-depth", message));
        }
        let budget = archive::Budget { bytes: self.left, members: self.limits.members };
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
                stored: Stored::Nowhere,
            };
            self.visit_and_go_on(&member, depth + 1, archives + u8::from(kind != "gzip"));
            self.left
        });
        // What only looks like an archive in the middle of a text is none.
        if let Err(problem) = opened
            && !(text.fixed.is_some() && problem.kind == "corrupt-archive")
        {
            (self.issue)(Issue::new(problem.kind, problem.message));
        }
    }
}
