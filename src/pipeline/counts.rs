//! How much was scanned, counted from any number of threads.
//!
//! Takes what sources count, gives the report's coverage.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::report::{Coverage, Skipped};
use crate::source::Counted;

/// One count for each kind of content.
#[derive(Default)]
pub(super) struct Counts {
    files: AtomicU64,
    blobs: AtomicU64,
    commits: AtomicU64,
    tags: AtomicU64,
    refs: AtomicU64,
    bytes: AtomicU64,
}

impl Counts {
    /// Adds to one of the counts.
    pub(super) fn add(&self, what: Counted, number: u64) {
        let count = match what {
            Counted::File => &self.files,
            Counted::Blob => &self.blobs,
            Counted::Commit => &self.commits,
            Counted::Tag => &self.tags,
            Counted::Ref => &self.refs,
            Counted::Bytes => &self.bytes,
        };
        count.fetch_add(number, Ordering::Relaxed);
    }

    /// Whether there was content at all: a ref alone is none.
    pub(super) fn anything(&self) -> bool {
        let kinds = [&self.files, &self.blobs, &self.commits, &self.tags];
        kinds.iter().any(|count| count.load(Ordering::Relaxed) > 0)
    }

    /// The counts, and what was left out.
    pub(super) fn into_coverage(self, skipped: Vec<Skipped>) -> Coverage {
        Coverage {
            files: self.files.into_inner(),
            blobs: self.blobs.into_inner(),
            commits: self.commits.into_inner(),
            tags: self.tags.into_inner(),
            refs: self.refs.into_inner(),
            bytes: self.bytes.into_inner(),
            skipped,
        }
    }
}
