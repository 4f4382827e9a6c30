//! Standard input, read to its end: one content without a name.

use std::io::{self, Read};
use std::sync::OnceLock;

use bstr::BStr;

use super::worktree::plain;
use super::{Counted, Issue, Origin, Sink};
use crate::finding::LocationKind;

/// Standard input. It can be read once, and scanned as often as is wanted.
#[derive(Debug, Default)]
pub struct Input {
    read: OnceLock<(Vec<u8>, Option<String>)>,
}

impl Input {
    /// Reads standard input to its end, unless that was done before, and scans it.
    pub fn scan(&self, target: usize, max_file_size: Option<u64>, sink: &dyn Sink) {
        let (bytes, error) = self.read.get_or_init(read);
        if let Some(error) = error {
            sink.issue(Issue::new("unreadable", format!("standard input: {error}")));
        }
        if bytes.is_empty() {
            return;
        }
        if max_file_size.is_some_and(|most| bytes.len() as u64 > most) {
            return sink.skip("larger than --max-file-size", BStr::new("standard input"));
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
        sink.blob(origin, bytes);
    }
}

/// What can be read, and why that may not be all.
fn read() -> (Vec<u8>, Option<String>) {
    let mut bytes = Vec::new();
    let error = io::stdin().lock().read_to_end(&mut bytes).err();
    (bytes, error.map(|error| plain(&error)))
}
