//! What of an object is content to scan: a blob as it is, of the others the parts that people wrote.
//!
//! Takes one decoded object and pushes its parts into the [`Sink`]. An object costs one look, unless the sink says that
//! it is worth splitting. Fingerprints of objects (ids) are never content.

use bstr::{BStr, ByteSlice};
use gix_hash::oid;
use gix_object::Kind as ObjectKind;

use super::packs::Content;
use crate::finding::LocationKind;
use crate::source::{Origin, Sink};

/// What was pushed of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    /// There is nothing in it to scan.
    Nothing,
    /// What there is.
    Parts,
    /// The same, of a tree whose bytes are none.
    Damaged,
}

/// Pushes what is to be scanned of an object.
pub(super) fn push(
    sink: &dyn Sink,
    target: usize,
    kind: ObjectKind,
    id: &oid,
    content: Content<'_>,
) -> Pushed {
    let container = match kind {
        ObjectKind::Tree => LocationKind::Path,
        ObjectKind::Blob => LocationKind::Blob,
        _ => LocationKind::CommitMessage,
    };
    if !content.parts(sink.reach()).any(|part| sink.worth_splitting(container, part)) {
        return Pushed::Nothing;
    }
    let bytes = content.bytes;
    let mut hex = gix_hash::Kind::hex_buf();
    let object = &*id.hex_to_buf(&mut hex);
    let mut part = |kind: LocationKind, bytes: &[u8]| {
        // An empty blob is an object like others; an empty message is nothing.
        if !bytes.is_empty() || kind == LocationKind::Blob {
            sink.blob(Origin { kind, target, path: None, shown: None, object: Some(object) }, bytes);
        }
    };
    match kind {
        ObjectKind::Blob => part(LocationKind::Blob, bytes),
        ObjectKind::Commit => split(bytes, &COMMIT, &mut part),
        ObjectKind::Tag => split(bytes, &TAG, &mut part),
        ObjectKind::Tree => {
            let mut entries = TreeEntries::new(bytes, id.as_bytes().len());
            for entry in entries.by_ref() {
                let path = Some(entry.name);
                let origin =
                    Origin { kind: LocationKind::Path, target, path, shown: path, object: Some(object) };
                if sink.worth_splitting(LocationKind::Path, entry.name) {
                    sink.blob(origin, entry.name);
                }
            }
            if !entries.is_complete() {
                return Pushed::Damaged;
            }
        }
    }
    Pushed::Parts
}

/// Which headers an object of people's words has.
struct Headers {
    /// Headers that hold nothing but ids and types.
    ids: &'static [&'static [u8]],
    /// Headers that hold a person.
    people: &'static [(&'static [u8], LocationKind)],
    /// What the message and all other headers are.
    message: LocationKind,
}

const COMMIT: Headers = Headers {
    ids: &[b"tree ", b"parent "],
    people: &[(b"author ", LocationKind::Author), (b"committer ", LocationKind::Committer)],
    message: LocationKind::CommitMessage,
};

const TAG: Headers = Headers {
    ids: &[b"object ", b"type "],
    people: &[(b"tagger ", LocationKind::Tagger)],
    message: LocationKind::TagMessage,
};

/// Pushes the people, the message, and whatever else the headers hold: runs of other headers go as one part, so that
/// a signature is not cut into lines.
fn split(bytes: &[u8], headers: &Headers, part: &mut dyn FnMut(LocationKind, &[u8])) {
    let mut start = 0;
    let mut at = 0;
    while at < bytes.len() && bytes[at] != b'\n' {
        let end = bytes[at..].find_byte(b'\n').map_or(bytes.len(), |length| at + length + 1);
        let line = &bytes[at..end];
        let person = headers.people.iter().find(|(name, _)| line.starts_with(name));
        let is_id = headers.ids.iter().any(|name| line.starts_with(name));
        if person.is_some() || is_id {
            part(headers.message, &bytes[start..at]);
            start = end;
        }
        if let Some(&(name, kind)) = person {
            part(kind, without_time(&line[name.len()..]));
        }
        at = end;
    }
    part(headers.message, &bytes[start..at]);
    part(headers.message, bytes.get(at + 1..).unwrap_or_default());
}

/// `Name <address>` of a line that goes on with a time. A line of another form is left as it is.
fn without_time(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let Some(end) = line.rfind_byte(b'>') else { return line };
    let time = &line[end + 1..];
    let is_time = time.iter().all(|byte| byte.is_ascii_digit() || b" +-".contains(byte));
    if is_time { &line[..=end] } else { line }
}

/// One entry of a tree.
pub(super) struct TreeEntry<'a> {
    pub(super) mode: &'a [u8],
    pub(super) name: &'a BStr,
    pub(super) id: &'a oid,
}

impl TreeEntry<'_> {
    /// A commit of another repository, which is not meant to be stored here.
    pub(super) fn is_submodule(&self) -> bool {
        self.mode == b"160000"
    }

    pub(super) fn is_tree(&self) -> bool {
        self.mode == b"40000" || self.mode == b"040000"
    }

    pub(super) fn is_symlink(&self) -> bool {
        self.mode == b"120000"
    }
}

/// The entries of a tree, up to the first that is damaged.
pub(super) struct TreeEntries<'a> {
    rest: &'a [u8],
    id_length: usize,
}

impl<'a> TreeEntries<'a> {
    /// Of a tree's bytes, with ids of `id_length` bytes.
    pub(super) fn new(bytes: &'a [u8], id_length: usize) -> TreeEntries<'a> {
        TreeEntries { rest: bytes, id_length }
    }

    /// How many bytes are left.
    pub(super) fn rest_length(&self) -> usize {
        self.rest.len()
    }

    /// Whether all bytes are part of an entry.
    pub(super) fn end_well(mut self) -> bool {
        self.by_ref().for_each(drop);
        self.is_complete()
    }

    /// Whether all bytes were part of an entry, once the iterator has ended.
    pub(super) fn is_complete(&self) -> bool {
        self.rest.is_empty()
    }
}

impl<'a> Iterator for TreeEntries<'a> {
    type Item = TreeEntry<'a>;

    #[inline]
    fn next(&mut self) -> Option<TreeEntry<'a>> {
        // A mode has five or six digits.
        let space = match self.rest.get(5..7)? {
            [b' ', _] => 5,
            [_, b' '] => 6,
            _ => self.rest.iter().position(|&byte| byte == b' ')?,
        };
        let nul = space + 1 + memchr::memchr(0, &self.rest[space + 1..])?;
        let id = self.rest.get(nul + 1..nul + 1 + self.id_length)?;
        let entry = TreeEntry {
            mode: &self.rest[..space],
            name: self.rest[space + 1..nul].as_bstr(),
            id: oid::from_bytes_unchecked(id),
        };
        self.rest = &self.rest[nul + 1 + self.id_length..];
        Some(entry)
    }
}

/// The ids that the first lines of a commit or tag name, with the header's name: `tree`, `parent`, `object`.
pub(super) fn named_ids(bytes: &[u8]) -> impl Iterator<Item = (&[u8], gix_hash::ObjectId)> {
    bytes.lines().map_while(|line| {
        let (name, hex) = line.split_once_str(b" ")?;
        let is_link = matches!(name, b"tree" | b"parent" | b"object");
        let id = is_link.then(|| gix_hash::ObjectId::from_hex(hex).ok())??;
        Some((name, id))
    })
}

/// Whether a commit or a tag says what it leads to in the form in which git reads it. Of trees and blobs, this says nothing.
pub(super) fn is_well_linked(kind: ObjectKind, id: &oid, bytes: &[u8]) -> bool {
    let names_id = |line: Option<&[u8]>, name: &[u8]| {
        let hex = line.and_then(|line| line.strip_prefix(name));
        hex.is_some_and(|hex| hex.len() == 2 * id.as_bytes().len() && hex.iter().all(u8::is_ascii_hexdigit))
    };
    let mut lines = bytes.split(|&byte| byte == b'\n');
    match kind {
        ObjectKind::Commit => {
            let parents = lines.clone().skip(1).take_while(|line| line.starts_with(b"parent "));
            names_id(lines.next(), b"tree ")
                && parents.into_iter().all(|line| names_id(Some(line), b"parent "))
        }
        ObjectKind::Tag => names_id(lines.next(), b"object "),
        ObjectKind::Tree | ObjectKind::Blob => true,
    }
}

/// The committer's clock, in seconds since 1970; 0 where there is none.
pub(super) fn committer_time(bytes: &[u8]) -> i64 {
    let headers = bytes.lines().take_while(|line| !line.is_empty());
    let line = headers.filter_map(|line| line.strip_prefix(b"committer ")).next().unwrap_or_default();
    let number = line.rsplit(|&byte| byte == b' ').nth(1).and_then(|field| field.to_str().ok());
    number.and_then(|number| number.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(bytes: &[u8], headers: &Headers) -> Vec<(LocationKind, String)> {
        let mut found = Vec::new();
        split(bytes, headers, &mut |kind, bytes| {
            if !bytes.is_empty() {
                found.push((kind, String::from_utf8_lossy(bytes).into_owned()));
            }
        });
        found
    }

    #[test]
    fn a_commit_is_its_people_its_message_and_its_other_headers() {
        use LocationKind::{Author, CommitMessage, Committer};
        let id = "0123456789".repeat(4);
        let commit = format!(
            "tree {id}\nparent {id}\nauthor A <a@x> 1 +0000\ncommitter C <c@x> 2 -0100\nencoding latin-1\ngpgsig a\n b\n\nsubject\n\nbody\n"
        );
        assert_eq!(
            parts(commit.as_bytes(), &COMMIT),
            [
                (Author, "A <a@x>".to_owned()),
                (Committer, "C <c@x>".to_owned()),
                (CommitMessage, "encoding latin-1\ngpgsig a\n b\n".to_owned()),
                (CommitMessage, "subject\n\nbody\n".to_owned()),
            ]
        );
    }

    #[test]
    fn no_byte_of_a_malformed_commit_is_lost() {
        use LocationKind::{Author, CommitMessage};
        let table: [(&str, Vec<(LocationKind, &str)>); 4] = [
            ("author no address at all\n\nm", vec![(Author, "no address at all"), (CommitMessage, "m")]),
            ("author A <a@x> word\n\nm", vec![(Author, "A <a@x> word"), (CommitMessage, "m")]),
            ("just text", vec![(CommitMessage, "just text")]),
            ("\nmessage without headers", vec![(CommitMessage, "message without headers")]),
        ];
        for (bytes, expected) in table {
            let expected: Vec<_> = expected.into_iter().map(|(kind, text)| (kind, text.to_owned())).collect();
            assert_eq!(parts(bytes.as_bytes(), &COMMIT), expected, "{bytes}");
        }
    }

    #[test]
    fn a_tag_is_its_name_its_tagger_and_its_message() {
        use LocationKind::{TagMessage, Tagger};
        let tag = "object 00\ntype commit\ntag v1\ntagger T <t@x> 1 +0000\n\nnotes\n";
        assert_eq!(
            parts(tag.as_bytes(), &TAG),
            [
                (TagMessage, "tag v1\n".to_owned()),
                (Tagger, "T <t@x>".to_owned()),
                (TagMessage, "notes\n".to_owned()),
            ]
        );
    }

    #[test]
    fn tree_entries_of_both_hashes() {
        for length in [20, 32] {
            let mut bytes = Vec::new();
            for (mode, name) in [("100644", "a b"), ("40000", "dir"), ("160000", "sub"), ("120000", "link")] {
                bytes.extend(format!("{mode} {name}\0").bytes());
                bytes.extend(vec![0x20; length]);
            }
            let mut entries = TreeEntries::new(&bytes, length);
            let found: Vec<_> =
                entries.by_ref().map(|entry| (entry.name.to_string(), entry.is_submodule())).collect();
            assert_eq!(
                found,
                [("a b".into(), false), ("dir".into(), false), ("sub".into(), true), ("link".into(), false)]
            );
            assert!(entries.is_complete());
            let mut cut = TreeEntries::new(&bytes[..bytes.len() - 1], length);
            assert_eq!(cut.by_ref().count(), 3);
            assert!(!cut.is_complete());
        }
    }
}
