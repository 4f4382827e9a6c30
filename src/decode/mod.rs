//! What stored bytes hold besides themselves: text in other encodings, values in pieces, and files in archives.
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
#[cfg(test)]
mod damage;
mod dump;
pub(crate) mod escape;
mod hexadecimal;
mod listed;
pub(crate) mod markup;
mod named;
mod probe;
mod splice;
mod split;
mod sqlite;
#[cfg(test)]
mod tests;
mod utf16;
mod walk;
mod worth;

pub use self::base64::cut_archive;
pub use archive::{UNOPENED, begins_archive, ends_archive, unopened, unopened_reason};
pub use escape::may_hold_escapes;
pub use probe::{Probe, holds_container, may_hold_encoded};
use splice::Splice;
pub use utf16::UTF_16;
pub use worth::Interest;

/// The kind of the issue that says that archives are nested deeper than is looked.
pub const TOO_DEEP: &str = "archive-depth";

/// How far decoding goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Encodings inside each other, gzip among them.
    pub depth: u8,
    /// Archives inside archives; 0 opens none.
    pub archives: u8,
    /// That was asked for: what is nested deeper is left out on purpose.
    pub archives_asked: bool,
    /// Bytes that come out of one blob, all in all.
    pub bytes: u64,
    /// Members of one archive.
    pub members: usize,
    /// How many times its own size an archive may unpack to, once that is more than `unpacked`.
    pub ratio: u64,
    /// Bytes that any archive may unpack to.
    pub unpacked: u64,
}

/// The kind of the issue that an archive is broken or cut off.
pub const CORRUPT: &str = "corrupt-archive";

impl Default for Limits {
    fn default() -> Self {
        Limits {
            depth: 4,
            archives: 3,
            archives_asked: false,
            bytes: 1 << 30,
            members: 100_000,
            ratio: 200,
            unpacked: 64 << 20,
        }
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
    splice: Option<&'a Splice<'a>>,
    /// The whole run that the container was decoded out of, in the place of its own positions.
    fixed: Option<&'a Fixed<'a>>,
    /// The parts of `bytes` that are texts of their own: the files that stand in an archive as they are.
    covered: &'a [Range<usize>],
    stored: Stored,
}

/// A place in an outer text that stands for everything in an inner one.
#[derive(Clone, Debug)]
struct Fixed<'a> {
    container: &'a [u8],
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
            covered: &[],
            stored: Stored::Same,
        }
    }

    /// Where the part `span` of `bytes` stands.
    pub fn locate(&self, span: Range<usize>) -> Place<'a> {
        let mut decoded = self.chain.to_vec();
        if let Some(fixed) = self.fixed {
            let (span, stored) = (fixed.span.clone(), fixed.stored.clone());
            return Place { container: Cow::Borrowed(fixed.container), span, stored, decoded };
        }
        let span = match self.splice {
            Some(splice) => {
                let (span, encodings) = splice.outside(&span);
                decoded.extend(encodings);
                span
            }
            None => span,
        };
        let stored = self.in_stored(&span);
        Place { container: Cow::Borrowed(self.container), span, stored, decoded }
    }

    /// Whether the part `span` was decoded, and is to be seen here: what was not was seen in the text as it is, and what
    /// stands in a file of an archive is seen there.
    pub fn is_decoded(&self, span: &Range<usize>) -> bool {
        let before = self.covered.partition_point(|covered| covered.start <= span.start);
        let covered = before.checked_sub(1).is_some_and(|last| span.end <= self.covered[last].end);
        !covered && self.splice.is_none_or(|splice| splice.is_decoded(span))
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
///
/// Values that stand in pieces or are escaped are looked for where `interest` says so; what else is encoded is found
/// anywhere.
pub fn texts(
    bytes: &[u8],
    limits: Limits,
    interest: &Interest<'_>,
    visit: &mut dyn FnMut(&Text<'_>),
    issue: &mut dyn FnMut(Issue),
) {
    walk::all(bytes, limits, interest, visit, issue);
}
