//! The visitor of a scan: pushes each object, counts it, checks its links.
//!
//! Takes objects from [`super::packs`] and [`super::loose`], on one clone per thread. Counts are kept per thread and
//! added up in batches, so that threads do not wait for each other; they are exact once all clones are gone.

use gix_hash::oid;
use gix_object::Kind as ObjectKind;

use super::Progress;
use super::big::{self, Inflating};
use super::connectivity::Links;
use super::names::Untold;
use super::objects::{self, Pushed};
use super::packs::{Answer, Content, Place, Visitor};
use crate::source::{Counted, Issue, Sink};

/// Objects between two words about how far it is.
const BATCH: u64 = 512;

/// What one thread needs.
pub(super) struct Scanner<'a> {
    sink: &'a dyn Sink,
    target: usize,
    progress: &'a dyn Progress,
    links: Option<&'a Links<'a>>,
    untold: &'a Untold,
    counts: Counts,
}

/// Objects since the last batch.
#[derive(Default)]
struct Counts {
    objects: u64,
    blobs: u64,
    commits: u64,
    tags: u64,
    bytes: u64,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(
        sink: &'a dyn Sink,
        target: usize,
        progress: &'a dyn Progress,
        links: Option<&'a Links<'a>>,
        untold: &'a Untold,
    ) -> Scanner<'a> {
        Scanner { sink, target, progress, links, untold, counts: Counts::default() }
    }

    fn flush(&mut self) {
        let counts = std::mem::take(&mut self.counts);
        let kinds = [
            (Counted::Blob, counts.blobs),
            (Counted::Commit, counts.commits),
            (Counted::Tag, counts.tags),
            (Counted::Bytes, counts.bytes),
        ];
        for (what, number) in kinds.into_iter().filter(|&(_, number)| number > 0) {
            self.sink.count(what, number);
        }
        if counts.objects > 0 {
            self.progress.advance(counts.objects);
        }
    }
}

impl Visitor for Scanner<'_> {
    fn visit(&mut self, kind: ObjectKind, id: &oid, _: Place, content: Content<'_>) -> Answer {
        // One object can take as long as thousands of others.
        if self.sink.interrupted() {
            return Answer::End;
        }
        let bytes = content.bytes;
        self.counts.objects += 1;
        self.counts.bytes += bytes.len() as u64;
        match kind {
            ObjectKind::Blob => self.counts.blobs += 1,
            ObjectKind::Commit => self.counts.commits += 1,
            ObjectKind::Tag => self.counts.tags += 1,
            ObjectKind::Tree => {}
        }
        let pushed = objects::push(self.sink, self.target, kind, id, content);
        if kind == ObjectKind::Tree && pushed != Pushed::Nothing {
            self.untold.note(self.sink, id, bytes);
        }
        let note = match self.links {
            Some(links) => links.object(kind, id, content),
            None => Some(Vec::new()),
        };
        if pushed == Pushed::Damaged || note.is_none() {
            let message = match kind {
                ObjectKind::Commit => "this commit is damaged: its tree or its parents are not told",
                ObjectKind::Tag => "this tag is damaged: what it is about is not told",
                ObjectKind::Tree | ObjectKind::Blob => "this tree is damaged: its entries end early",
            };
            self.sink.issue(Issue::new("corrupt-object", message).at_object(id.to_string()));
        }
        if self.counts.objects >= BATCH {
            self.flush();
        }
        note.filter(|_| pushed == Pushed::Nothing).map_or(Answer::GoOn, Answer::Quiet)
    }

    fn big_blob(&mut self, id: &oid, start: Vec<u8>, rest: Inflating<'_>) -> Result<bool, String> {
        let size = start.len() as u64 + rest.left;
        big::push_blob(self.sink, self.target, id, start, rest)?;
        self.counts.objects += 1;
        self.counts.blobs += 1;
        self.counts.bytes += size;
        self.flush();
        Ok(!self.sink.interrupted())
    }
}

impl Clone for Scanner<'_> {
    fn clone(&self) -> Self {
        Scanner { counts: Counts::default(), ..*self }
    }
}

impl Drop for Scanner<'_> {
    fn drop(&mut self) {
        self.flush();
    }
}
