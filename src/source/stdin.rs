//! Standard input, read to its end: one content without a name.

use std::io::{self, Read};

use bstr::BStr;

use super::worktree::plain;
use super::{Counted, Issue, Origin, Sink, TOO_LARGE};
use crate::finding::LocationKind;

/// Reads standard input to its end and scans it.
pub fn scan(target: usize, max_file_size: Option<u64>, sink: &dyn Sink) {
    let mut bytes = Vec::new();
    if let Err(error) = io::stdin().lock().read_to_end(&mut bytes) {
        sink.issue(Issue::new("unreadable", format!("standard input: {}", plain(&error))));
    }
    if bytes.is_empty() {
        return;
    }
    if max_file_size.is_some_and(|most| bytes.len() as u64 > most) {
        return sink.skip(TOO_LARGE, BStr::new("standard input"));
    }
    sink.count(Counted::File, 1);
    sink.count(Counted::Bytes, bytes.len() as u64);
    let origin = Origin {
        kind: LocationKind::Stdin,
        target,
        path: None,
        shown: Some(BStr::new("<stdin>")),
        object: None,
    };
    sink.blob(origin, &bytes);
}
