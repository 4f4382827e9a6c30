//! One stored object, whichever way it was stored: what of it is content.
//!
//! A blob is content whole. Commits, tags and trees are pushed in parts, and only where they can hold something.

use bstr::{BStr, ByteSlice};
use gix_hash::oid;
use gix_object::Kind;
use std::sync::atomic::Ordering;

use super::connectivity::Connectivity;
use crate::finding::LocationKind;
use crate::progress::Counters;
use crate::source::{Counted, Origin, Sink};

/// Where objects go.
pub(super) struct Objects<'a> {
    pub(super) target: usize,
    pub(super) sink: &'a dyn Sink,
    pub(super) progress: &'a Counters,
    pub(super) connectivity: &'a Connectivity<'a>,
}

/// How often a thread tells the others what it has counted.
const FLUSH_EVERY: u64 = 4096;

/// Pushes objects from one thread, counting on its own.
pub(super) struct Pusher<'a> {
    objects: &'a Objects<'a>,
    known: super::connectivity::Known,
    counted: [u64; 4],
    bytes: u64,
}

impl Clone for Pusher<'_> {
    /// A pusher for another thread: it counts from nothing.
    fn clone(&self) -> Self {
        Pusher::new(self.objects)
    }
}

impl Drop for Pusher<'_> {
    fn drop(&mut self) {
        self.flush();
    }
}

impl<'a> Pusher<'a> {
    pub(super) fn new(objects: &'a Objects<'a>) -> Self {
        Pusher { objects, known: objects.connectivity.known(), counted: [0; 4], bytes: 0 }
    }

    /// Scans one object.
    pub(super) fn push(&mut self, kind: Kind, id: &oid, bytes: &[u8]) {
        self.counted[kind as usize & 3] += 1;
        self.bytes += bytes.len() as u64;
        if self.counted.iter().sum::<u64>() >= FLUSH_EVERY {
            self.flush();
        }
        let sink = self.objects.sink;
        match kind {
            Kind::Blob => {
                if sink.worth_splitting(bytes) {
                    self.part(LocationKind::Blob, id, bytes);
                }
            }
            Kind::Commit | Kind::Tag => {
                self.objects.connectivity.check_header(&mut self.known, kind, id, bytes);
                if sink.worth_splitting(bytes) {
                    headers_and_message(kind, bytes, |kind, part| self.part(kind, id, part));
                }
            }
            Kind::Tree => {
                self.objects.connectivity.check_tree(&mut self.known, id, bytes);
                if sink.worth_splitting(bytes) {
                    for (_, name, _) in entries(bytes, id.kind().len_in_bytes()) {
                        self.part(LocationKind::Path, id, name);
                    }
                }
            }
        }
    }

    fn part(&self, kind: LocationKind, id: &oid, bytes: &[u8]) {
        let mut hex = gix_hash::Kind::hex_buf();
        let object: &str = id.hex_to_buf(&mut hex);
        let origin =
            Origin { kind, target: self.objects.target, path: None, shown: None, object: Some(object) };
        self.objects.sink.blob(origin, bytes);
    }

    fn flush(&mut self) {
        let sink = self.objects.sink;
        let all: u64 = self.counted.iter().sum();
        for (kind, what) in
            [(Kind::Blob, Counted::Blob), (Kind::Commit, Counted::Commit), (Kind::Tag, Counted::Tag)]
        {
            let number = std::mem::take(&mut self.counted[kind as usize & 3]);
            if number > 0 {
                sink.count(what, number);
            }
        }
        self.counted = [0; 4];
        sink.count(Counted::Bytes, std::mem::take(&mut self.bytes));
        self.objects.progress.done.fetch_add(all, Ordering::Relaxed);
    }
}

/// Mode, name and id of every entry of a tree; ends at the first that is malformed.
pub(super) fn entries(tree: &[u8], id_length: usize) -> impl Iterator<Item = (&[u8], &[u8], &[u8])> {
    let mut rest = tree;
    std::iter::from_fn(move || {
        let nul = memchr::memchr(0, rest)?;
        let id = rest.get(nul + 1..nul + 1 + id_length)?;
        let space = memchr::memchr(b' ', &rest[..nul])?;
        let (mode, name) = (&rest[..space], &rest[space + 1..nul]);
        rest = &rest[nul + 1 + id_length..];
        Some((mode, name, id))
    })
}

/// The parts of a commit or a tag that people wrote.
fn headers_and_message(kind: Kind, bytes: &[u8], mut push: impl FnMut(LocationKind, &[u8])) {
    let end = bytes.find(b"\n\n").unwrap_or(bytes.len());
    let (headers, message) = (&bytes[..end], bytes.get(end + 2..).unwrap_or_default());
    let message_kind = if kind == Kind::Tag { LocationKind::TagMessage } else { LocationKind::CommitMessage };
    let mut others: Vec<&BStr> = Vec::new();
    for line in headers.lines() {
        let person = |prefix: &[u8]| line.strip_prefix(prefix).map(identity);
        if let Some(name) = person(b"author ") {
            push(LocationKind::Author, name);
        } else if let Some(name) = person(b"committer ") {
            push(LocationKind::Committer, name);
        } else if let Some(name) = person(b"tagger ") {
            push(LocationKind::Tagger, name);
        } else {
            others.push(line.as_bstr());
        }
    }
    // A tag's name, a signature, a merged tag, what another tool left: it is stored, so it is scanned.
    push(message_kind, &bstr::join("\n", &others));
    push(message_kind, message);
}

/// Name and address of a person's line, without the time.
fn identity(line: &[u8]) -> &[u8] {
    line.rfind_byte(b'>').map_or(line, |at| &line[..=at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_falls_into_what_people_wrote() {
        let commit = b"tree 123\nauthor A U Thor <a@b> 1 +0000\ncommitter C <c@d> 2 +0000\nnote x\n\nsubject\n\nbody\n";
        let mut parts = Vec::new();
        headers_and_message(Kind::Commit, commit, |kind, part| {
            parts.push((kind, part.to_str_lossy().into_owned()))
        });
        let expected = [
            (LocationKind::Author, "A U Thor <a@b>"),
            (LocationKind::Committer, "C <c@d>"),
            (LocationKind::CommitMessage, "tree 123\nnote x"),
            (LocationKind::CommitMessage, "subject\n\nbody\n"),
        ];
        let parts: Vec<_> = parts.iter().map(|(kind, text)| (*kind, text.as_str())).collect();
        assert_eq!(parts, expected);
    }

    #[test]
    fn a_tree_falls_into_entries_up_to_the_first_malformed_one() {
        let mut tree = b"100644 a b\0".to_vec();
        tree.extend([1; 20]);
        tree.extend(b"40000 dir\0");
        tree.extend([2; 20]);
        tree.extend(b"100644 cut\0");
        tree.extend([3; 7]);
        let names: Vec<_> = entries(&tree, 20).map(|(mode, name, id)| (mode, name, id[0])).collect();
        assert_eq!(names, [(&b"100644"[..], &b"a b"[..], 1), (&b"40000"[..], &b"dir"[..], 2)]);
    }
}
