//! What stands in HEAD's tree and in the index at the paths where something was found.
//!
//! Takes a repository and paths and answers for single files: no commit but HEAD's is looked at, so that it costs next
//! to nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use bstr::{BString, ByteSlice};
use gix_hash::ObjectId;
use gix_object::Kind as ObjectKind;

use super::attribution;
use super::objects::TreeEntries;
use super::range::reader::Reader;
use super::range::revision::tree_of;
use super::store::Store;
use crate::finding::{Finding, Location, LocationKind, Presence};
use crate::source::layout::{Layout, read_file};
use crate::source::{Issue, index};

/// Says of findings in files of the work tree whether HEAD's tree, or the index, holds them in one of these files.
/// Nothing is said where there is no work tree. That the index cannot be read goes to `issue`.
pub fn tell<'f>(
    layout: &Layout,
    findings: impl IntoIterator<Item = &'f mut Finding>,
    issue: &mut dyn FnMut(Issue),
) {
    let mut findings = findings.into_iter().peekable();
    let Some(top) = &layout.work_tree else { return };
    if findings.peek().is_none() {
        return;
    }
    // What cannot be read is not held; what of it matters, the scan has said.
    let store = Store::open(layout, &mut |_| ());
    let mut standing = Standing::new(layout, &store, issue);
    for finding in findings {
        let locations = finding.locations.iter();
        finding.presence =
            locations.map(|location| standing.of_file(top, location, finding.secret.expose())).max();
    }
}

/// HEAD's tree and the index.
pub(super) struct Standing<'a> {
    pub(super) reader: Reader<'a>,
    /// HEAD's tree.
    head: Option<ObjectId>,
    /// Paths in the index, by blob.
    index: HashMap<ObjectId, BTreeSet<BString>>,
    /// The same, the other way round; made when it is asked for.
    staged: Option<BTreeMap<BString, ObjectId>>,
}

impl<'a> Standing<'a> {
    pub(super) fn new(layout: &Layout, store: &'a Store, issue: &mut dyn FnMut(Issue)) -> Standing<'a> {
        let mut reader = Reader::new(store);
        // What cannot be read is not held, as above.
        let commit = index::head(layout).ok().flatten();
        let head = commit.and_then(|id| tree_of(id, &mut reader).ok());
        Standing { reader, head, index: attribution::index(layout, issue), staged: None }
    }

    /// Whether HEAD's tree holds the secret at the path of a location in a stored object, or the index that very blob.
    pub(super) fn of_object(&mut self, location: &Location, object: ObjectId, secret: &[u8]) -> Presence {
        let in_file = matches!(location.kind, LocationKind::Blob | LocationKind::Symlink);
        let staged = self.index.get(&object).filter(|_| in_file).cloned();
        if let Some(there) = location.path.as_ref().and_then(|path| self.in_head(path))
            && (location.kind == LocationKind::Path
                || there == object
                || self.has(&there, |bytes| holds(bytes, secret)))
        {
            return Presence::Head;
        }
        match staged {
            // It may have been renamed since.
            Some(paths) if paths.iter().any(|path| self.in_head(path) == Some(object)) => Presence::Head,
            Some(_) => Presence::Index,
            None => Presence::Gone,
        }
    }

    /// Whether HEAD's tree, or the index, holds what was found in a file or in its name.
    fn of_file(&mut self, top: &Path, location: &Location, secret: &[u8]) -> Presence {
        let Some(path) = &location.path else { return Presence::Gone };
        let in_name = location.kind == LocationKind::Path;
        let there = [(Presence::Head, self.in_head(path)), (Presence::Index, self.in_index(path, in_name))];
        // In what is encoded the secret is not to be seen, but the whole file is the same.
        let file = || path.to_path().ok().and_then(|path| read_file(&top.join(path)).ok());
        let encoded = !in_name && (!location.decoded.is_empty() || !location.inner.is_empty());
        let file = encoded.then(file).flatten();
        let is_it = |bytes: &[u8]| holds(bytes, secret) || file.as_deref() == Some(bytes);
        let mut there = there.into_iter().filter_map(|(presence, id)| Some((presence, id?)));
        let held = there.find(|(_, id)| in_name || self.has(id, is_it));
        held.map_or(Presence::Gone, |(presence, _)| presence)
    }

    fn has(&mut self, id: &ObjectId, is_it: impl Fn(&[u8]) -> bool) -> bool {
        matches!(self.reader.object(id), Some((ObjectKind::Blob, bytes)) if is_it(bytes))
    }

    /// What HEAD's tree has at a path.
    fn in_head(&mut self, path: &BString) -> Option<ObjectId> {
        let mut id = self.head?;
        for name in path.split(|&byte| byte == b'/') {
            let bytes = self.reader.tree(&id)?;
            let mut entries = TreeEntries::new(&bytes, id.as_bytes().len());
            id = entries.find(|entry| entry.name == name)?.id.to_owned();
        }
        Some(id)
    }

    /// What the index has at a path or, with `below`, in the directory of that path.
    fn in_index(&mut self, path: &BString, below: bool) -> Option<ObjectId> {
        let index = &self.index;
        let staged = self.staged.get_or_insert_with(|| {
            index.iter().flat_map(|(id, paths)| paths.iter().map(|path| (path.clone(), *id))).collect()
        });
        let directory = BString::from([path.as_slice(), b"/"].concat());
        let mut inside = staged.range(directory.clone()..).take(usize::from(below));
        let inside = inside.find(|(name, _)| name.starts_with(&directory));
        staged.get(path).or(inside.map(|(_, id)| id)).copied()
    }
}

fn holds(bytes: &[u8], secret: &[u8]) -> bool {
    memchr::memmem::find(bytes, secret).is_some()
}
