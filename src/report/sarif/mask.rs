//! No string of a report holds a secret.
//!
//! Takes a report's secrets; gives texts and paths without them. A path can hold a secret (a file may be named after
//! its key), and the name of one finding's file may hold the secret of another, so every free text goes through here.

use std::borrow::Cow;
use std::io;

use aho_corasick::{AhoCorasick, MatchKind};
use bstr::ByteSlice;

use crate::finding::{Finding, Location, LocationKind};
use crate::report::Report;

/// Finds every secret of a report in a text.
pub(super) struct Mask<'a> {
    secrets: Vec<&'a Finding>,
    matcher: AhoCorasick,
}

impl<'a> Mask<'a> {
    pub(super) fn new(report: &'a Report) -> io::Result<Self> {
        let suppressed = report.suppressed.iter().map(|(finding, _)| finding);
        let secrets: Vec<&Finding> =
            report.findings.iter().chain(suppressed).filter(|finding| !finding.secret.is_empty()).collect();
        let matcher = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(secrets.iter().map(|finding| finding.secret.expose()))
            .map_err(io::Error::other)?;
        Ok(Mask { secrets, matcher })
    }

    /// The bytes, with the mask in place of every secret.
    pub(super) fn bytes<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        if !self.matcher.is_match(bytes) {
            return Cow::Borrowed(bytes);
        }
        let mut out = Vec::with_capacity(bytes.len());
        self.matcher.replace_all_with_bytes(bytes, &mut out, |found, _, out| {
            out.extend_from_slice(self.secrets[found.pattern()].secret.redacted().as_bytes());
            true
        });
        Cow::Owned(out)
    }

    /// The text, with the mask in place of every secret, and U+FFFD in place of what is not UTF-8.
    pub(super) fn text(&self, text: &[u8]) -> String {
        self.bytes(text).to_str_lossy().into_owned()
    }

    /// The path of a location. Where it is the path itself that holds an encoded secret, the encoded run is masked
    /// too: whoever has it has the secret.
    pub(super) fn path<'l>(&self, finding: &Finding, location: &'l Location) -> Option<Cow<'l, [u8]>> {
        let path = location.path.as_deref()?;
        if location.decoded.is_empty() || location.kind != LocationKind::Path {
            return Some(self.bytes(path));
        }
        let span = location.bytes.as_ref()?;
        let start = usize::try_from(span.start).ok()?;
        let end = usize::try_from(span.end).ok()?;
        let (before, after) = (path.get(..start)?, path.get(end..)?);
        let mut out = self.bytes(before).into_owned();
        out.extend_from_slice(finding.secret.redacted().as_bytes());
        out.extend_from_slice(&self.bytes(after));
        Some(Cow::Owned(out))
    }
}
