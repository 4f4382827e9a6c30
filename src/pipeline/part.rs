//! A part of a content that is too long to be held in memory: found like any other, told with its place in the whole.

use super::skips::name;
use super::{Collector, Hit};
use crate::decode;
use crate::finding::Location;
use crate::source::{Issue, Origin, Part, Sink as _, TOO_LARGE};

impl Collector<'_> {
    /// Scans a part and keeps what this part is to tell of.
    pub(super) fn scan_part(&self, origin: Origin<'_>, bytes: &[u8], part: &Part) {
        if self.settings.max_file_size.is_some_and(|most| part.size > most) {
            if !part.follows {
                self.skip(TOO_LARGE, name(origin));
            }
            return;
        }
        self.looks_into(origin.kind);
        if let Some(start) = decode::cut_archive(bytes).filter(|&start| is_cut(start, bytes.len(), part)) {
            let at = part.at + start as u64;
            let message = format!(
                "an archive in base64, at byte {at}, is longer than the part of a large file that is decoded at once; \
                 its rest was not scanned"
            );
            self.tell(origin, Issue::new("decode-limit", message));
        }
        let mut hits: Vec<Hit> = self.guarded(origin, bytes, &[], false);
        hits.retain(|hit| is_own(&hit.location, part));
        for hit in &mut hits {
            shift(&mut hit.location, part);
            // Both are counted from the start of the whole.
            hit.location.line_hash = None;
            hit.location.cell = hit.location.cell.filter(|_| part.at == 0);
        }
        self.keep(hits);
    }
}

/// Whether what begins at `start` and does not end in a part of that length is seen whole in no other part.
fn is_cut(start: usize, length: usize, part: &Part) -> bool {
    let shared = 2 * (length - part.own.end);
    shared > 0 && start + shared < length
}

/// Whether no other part tells of it.
fn is_own(location: &Location, part: &Part) -> bool {
    let start = location.bytes.as_ref().and_then(|span| usize::try_from(span.start).ok());
    start.is_none_or(|start| part.own.contains(&start))
}

/// Moves a place in a part to where it is in the whole.
fn shift(location: &mut Location, part: &Part) {
    if !location.inner.is_empty() {
        return;
    }
    let region = &mut location.region;
    if region.start_line == 1 {
        region.start_column += part.column;
        region.start_utf16 += part.column_utf16;
    }
    if region.end_line == 1 {
        region.end_column += part.column;
        region.end_utf16 += part.column_utf16;
    }
    region.start_line += part.lines;
    region.end_line += part.lines;
    if let Some(span) = &mut location.bytes {
        *span = span.start + part.at..span.end + part.at;
    }
}
