//! What one commit adds: contents and names that none of its parents has at that path.
//!
//! Takes a commit and compares its tree with those of all its parents at once, so that of a merge only its own
//! additions are left. Pushes each added content with what the parents and the range's base hold at that path. Where a
//! thing was added first is noted in [`Found`], and so is what may be a renamed file.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bstr::{BStr, BString, ByteSlice};
use gix_hash::ObjectId;
use gix_object::Kind as ObjectKind;

use super::super::big::{self, Stored};
use super::super::connectivity::Missing;
use super::super::objects::{self, TreeEntries};
use super::super::packs::Content;
use super::super::renames::{Fresh, Gone};
use super::differing::{Entry, differing, entries};
use super::reader::Reader;
use super::renamed::Renamed;
use super::walk::Member;
use crate::finding::LocationKind;
use crate::source::{Counted, Issue, Old, Origin, Sink};

/// How often the same directory is looked at in one commit, at different paths. Only trees that were made to be hostile
/// have more copies of one.
const COPIES: u32 = 1000;

/// Deepest directory that is followed: as deep as git itself goes.
const DEPTH: usize = 2048;

/// Where something stands: its kind, path and object.
pub(super) type Spot = (LocationKind, Option<BString>, ObjectId);

/// What all threads share.
pub(super) struct Shared<'a> {
    pub(super) sink: &'a dyn Sink,
    pub(super) target: usize,
    /// Trees of the range's base.
    pub(super) bases: &'a [ObjectId],
    pub(super) found: Mutex<Found>,
}

/// What is known when all commits are compared.
#[derive(Default)]
pub(super) struct Found {
    /// The numbers of the commits that added a thing.
    pub(super) introduced: HashMap<Spot, Vec<usize>>,
    /// Blobs that were pushed.
    pub(super) blobs: HashSet<ObjectId>,
    /// Commits with files that were not there before, and may have been elsewhere.
    pub(super) renamed: Vec<Renamed>,
    pub(super) missing: Missing,
}

impl Shared<'_> {
    pub(super) fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn missing(&self, id: ObjectId, what: &'static str) {
        self.found().missing.insert(id, what);
    }
}

/// One thread's comparisons.
pub(super) struct Changes<'a> {
    pub(super) shared: &'a Shared<'a>,
    pub(super) reader: Reader<'a>,
    /// Blobs of the base, by path.
    held: HashMap<BString, Rc<[ObjectId]>>,
    /// Of the commit at hand.
    fresh: Vec<Fresh>,
    gone: Vec<Gone>,
}

/// A tree that is to be compared.
struct Pending {
    tree: ObjectId,
    parents: Vec<ObjectId>,
    /// The first of these is that of the first parent.
    first: bool,
    path: BString,
    depth: usize,
}

/// What an entry of a tree is, where it is, and who brings it.
pub(super) struct Added<'p> {
    pub(super) id: ObjectId,
    pub(super) path: &'p BStr,
    pub(super) symlink: bool,
    /// The parents' blobs at that path.
    pub(super) before: Vec<ObjectId>,
    /// The number of the commit and whether it holds notes.
    pub(super) commit: (usize, bool),
}

impl<'a> Changes<'a> {
    pub(super) fn new(shared: &'a Shared<'a>, reader: Reader<'a>) -> Changes<'a> {
        Changes { shared, reader, held: HashMap::new(), fresh: Vec::new(), gone: Vec::new() }
    }

    /// Pushes what a commit adds, its message and people included. `number`: its place among the range's commits.
    pub(super) fn commit(&mut self, number: usize, member: &Member) {
        self.object(&member.id);
        let mut parents = Vec::new();
        for id in &member.parents {
            match self.reader.object(id) {
                Some((ObjectKind::Commit, bytes)) => {
                    parents.extend(objects::named_ids(bytes).next().map(|(_, tree)| tree));
                }
                _ => self.shared.missing(*id, "commit"),
            }
        }
        self.tree(member.tree, parents, (number, member.note));
    }

    /// Pushes a commit or a tag itself.
    pub(super) fn object(&mut self, id: &ObjectId) {
        let Shared { sink, target, .. } = *self.shared;
        let Some((kind, bytes)) = self.reader.object(id) else {
            return self.shared.missing(*id, "object");
        };
        match kind {
            ObjectKind::Commit => sink.count(Counted::Commit, 1),
            ObjectKind::Tag => sink.count(Counted::Tag, 1),
            ObjectKind::Tree | ObjectKind::Blob => return,
        }
        sink.count(Counted::Bytes, bytes.len() as u64);
        objects::push(sink, target, kind, id, Content::whole(bytes));
    }

    /// Pushes what a tree has and `parents` have not.
    pub(super) fn tree(&mut self, tree: ObjectId, parents: Vec<ObjectId>, commit: (usize, bool)) {
        let mut copies: HashMap<(ObjectId, Vec<ObjectId>), u32> = HashMap::new();
        let mut pending = vec![Pending { tree, parents, first: true, path: BString::default(), depth: 0 }];
        while let Some(next) = pending.pop() {
            if next.parents.contains(&next.tree) || self.shared.sink.interrupted() {
                continue;
            }
            let seen = copies.entry((next.tree, next.parents.clone())).or_default();
            *seen += 1;
            if *seen > COPIES {
                self.shared.sink.skip("further copies of a directory", next.path.as_bstr());
                continue;
            }
            if next.depth > DEPTH {
                let message = "a directory is nested too deeply: what is in it was not scanned";
                self.shared.sink.issue(Issue::new("corrupt-object", message).at_path(next.path));
                continue;
            }
            self.entries(&next, commit, &mut pending);
        }
        let (fresh, gone) = (std::mem::take(&mut self.fresh), std::mem::take(&mut self.gone));
        if gone.is_empty() {
            fresh.iter().for_each(|file| self.fresh(file, None, commit));
        } else if !fresh.is_empty() {
            self.shared.found().renamed.push(Renamed { commit, fresh, gone });
        }
    }

    fn entries(&mut self, at: &Pending, commit: (usize, bool), pending: &mut Vec<Pending>) {
        let Some(bytes) = self.reader.tree(&at.tree) else {
            return self.shared.missing(at.tree, "tree");
        };
        let length = at.tree.as_bytes().len();
        let mut before = Vec::new();
        for id in &at.parents {
            match self.reader.tree(id) {
                Some(bytes) => before.push(bytes),
                None => self.shared.missing(*id, "tree"),
            }
        }
        if !TreeEntries::new(&bytes, length).end_well() {
            let message = "this tree is damaged: its entries end early";
            self.shared.sink.issue(Issue::new("corrupt-object", message).at_object(at.tree.to_string()));
        }
        // What a merge's parents have, not each of them has in the same order.
        let (bytes, before) = match &before[..] {
            [only] => {
                let (bytes, before) = differing(&bytes, only, length);
                (bytes, vec![before])
            }
            _ => (&bytes[..], before.iter().map(|bytes| &bytes[..]).collect()),
        };
        let before: Vec<HashMap<&BStr, Entry>> = before.iter().map(|bytes| entries(bytes, length)).collect();
        let mut kept = HashSet::new();
        for entry in TreeEntries::new(bytes, length) {
            let of_first = before.first().filter(|_| at.first).and_then(|first| first.get(entry.name));
            kept.extend(of_first.map(|_| entry.name));
            let olds: Vec<&Entry> = before.iter().filter_map(|tree| tree.get(entry.name)).collect();
            if olds.iter().any(|old| *old.id == *entry.id) {
                continue;
            }
            let path = joined(&at.path, entry.name);
            if olds.is_empty() {
                self.name(at.tree, entry.name, path.as_bstr(), commit);
            }
            let ids =
                |tree: bool| olds.iter().filter(move |old| old.tree == tree).map(|old| old.id).collect();
            if entry.is_tree() {
                let (tree, depth) = (entry.id.to_owned(), at.depth + 1);
                let first = of_first.is_some_and(|old| old.tree);
                pending.push(Pending { tree, parents: ids(true), first, path, depth });
            } else if !entry.is_submodule() {
                let (id, symlink) = (entry.id.to_owned(), entry.is_symlink());
                self.content(&Added { id, path: path.as_bstr(), symlink, before: ids(false), commit });
            }
        }
        if let Some(old) = before.first().filter(|old| at.first && kept.len() < old.len()) {
            let gone = old.iter().filter(|(name, old)| (old.tree || old.blob) && !kept.contains(*name));
            let at = |name| joined(&at.path, name);
            self.gone.extend(gone.map(|(name, old)| Gone { path: at(name), id: old.id, tree: old.tree }));
        }
    }

    /// Pushes a name that no parent has there.
    fn name(&mut self, tree: ObjectId, name: &BStr, path: &BStr, commit: (usize, bool)) {
        let Shared { sink, target, bases, .. } = *self.shared;
        if !sink.worth_splitting(LocationKind::Path, name) {
            return;
        }
        if bases.iter().any(|base| self.at_path(*base, path).is_some()) {
            return;
        }
        let object = tree.to_string();
        let origin = Origin {
            kind: LocationKind::Path,
            target,
            path: Some(path),
            shown: Some(path),
            object: Some(&object),
        };
        self.shared.introduce((LocationKind::Path, Some(path.to_owned()), tree), commit.0);
        sink.blob(origin, name);
    }

    /// Pushes content that no parent has there, unless the base has the same.
    fn content(&mut self, added: &Added<'_>) {
        let Shared { sink, target, .. } = *self.shared;
        if let Some(big) = big::find(self.reader.store, &added.id)
            && self.in_parts(added, &big)
        {
            return;
        }
        let Some(bytes) = self.blob(added.id) else { return };
        sink.count(Counted::Bytes, bytes.len() as u64);
        self.shared.found().blobs.insert(added.id);
        if !sink.worth_splitting(LocationKind::Blob, &bytes) {
            return;
        }
        let Some(olds) = self.olds(added) else { return };
        if olds.is_empty() {
            let (path, id, symlink) = (added.path.to_owned(), added.id, added.symlink);
            return self.fresh.push(Fresh { path, id, symlink });
        }
        let held = self.held(added.path);
        let olds: Vec<(Vec<u8>, bool)> =
            olds.into_iter().filter_map(|id| Some((self.blob(id)?, held.contains(&id)))).collect();
        let path = Some(added.path);
        let olds: Vec<Old<'_>> =
            olds.iter().map(|(bytes, in_base)| Old { bytes, path, in_base: *in_base }).collect();
        let object = added.id.to_string();
        sink.changed(self.introduced(added, target, &object), &bytes, &olds);
    }

    /// Pushes a blob that is too big to be held in memory; not if it holds something and has to be compared. Gives
    /// whether it is done.
    fn in_parts(&mut self, added: &Added<'_>, big: &Stored<'_>) -> bool {
        let Shared { sink, target, .. } = *self.shared;
        let Some(olds) = self.olds(added) else { return true };
        let object = added.id.to_string();
        let mut worth = false;
        let read = match olds.is_empty() {
            true => {
                let origin = self.introduced(added, target, &object);
                big.push(sink, origin)
            }
            false => big.each_part(sink, &mut |_| worth = true),
        };
        if worth && read.is_ok() {
            return false;
        }
        sink.count(Counted::Bytes, big.size);
        self.shared.found().blobs.insert(added.id);
        if read.is_err() {
            self.shared.missing(added.id, "blob");
        }
        true
    }

    /// Where an addition stands. Notes that this commit made it.
    pub(super) fn introduced<'o>(&self, added: &Added<'o>, target: usize, object: &'o str) -> Origin<'o> {
        let kind = match (added.commit.1, added.symlink) {
            (true, _) => LocationKind::Note,
            (false, true) => LocationKind::Symlink,
            (false, false) => LocationKind::Blob,
        };
        let path = Some(added.path);
        self.shared.introduce((kind, path.map(BStr::to_owned), added.id), added.commit.0);
        Origin { kind, target, path, shown: path, object: Some(object) }
    }

    /// The blobs that parents and the base have there. None if the base has the very same.
    fn olds(&mut self, added: &Added<'_>) -> Option<Vec<ObjectId>> {
        let held = self.held(added.path);
        if held.contains(&added.id) {
            return None;
        }
        let mut olds = added.before.clone();
        olds.extend(held.iter());
        olds.sort_unstable();
        olds.dedup();
        Some(olds)
    }

    /// Pushes a blob that was named without a commit.
    pub(super) fn lone_blob(&mut self, id: ObjectId) {
        let Shared { sink, target, .. } = *self.shared;
        let Some(bytes) = self.blob(id) else { return };
        self.shared.found().blobs.insert(id);
        sink.count(Counted::Bytes, bytes.len() as u64);
        let object = id.to_string();
        let kind = LocationKind::Blob;
        sink.blob(Origin { kind, target, path: None, shown: None, object: Some(&object) }, &bytes);
    }

    pub(super) fn blob(&mut self, id: ObjectId) -> Option<Vec<u8>> {
        match self.reader.object(&id) {
            Some((ObjectKind::Blob, bytes)) => Some(bytes.to_vec()),
            _ => {
                self.shared.missing(id, "blob");
                None
            }
        }
    }

    /// The blobs that the base has at a path.
    pub(super) fn held(&mut self, path: &BStr) -> Rc<[ObjectId]> {
        if let Some(known) = self.held.get(path) {
            return Rc::clone(known);
        }
        let bases = self.shared.bases;
        let mut ids: Vec<ObjectId> = Vec::new();
        for base in bases {
            ids.extend(self.at_path(*base, path).filter(|entry| entry.blob).map(|entry| entry.id));
        }
        ids.sort_unstable();
        ids.dedup();
        let ids: Rc<[ObjectId]> = ids.into();
        self.held.insert(path.to_owned(), Rc::clone(&ids));
        ids
    }

    /// What a tree has at a path. A tree on the way that cannot be read is missing.
    pub(super) fn at_path(&mut self, tree: ObjectId, path: &BStr) -> Option<Entry> {
        let mut entry = Entry { id: tree, tree: true, blob: false };
        for name in path.split_str("/") {
            if !entry.tree {
                return None;
            }
            let Some(bytes) = self.reader.tree(&entry.id) else {
                self.shared.missing(entry.id, "tree");
                return None;
            };
            let mut entries = TreeEntries::new(&bytes, tree.as_bytes().len());
            entry = entries.find(|entry| entry.name == name).map(|entry| Entry::of(&entry))?;
        }
        Some(entry)
    }
}

impl Shared<'_> {
    /// Notes that a thing was added by the commit of that number.
    fn introduce(&self, spot: Spot, number: usize) {
        self.found().introduced.entry(spot).or_default().push(number);
    }
}

fn joined(directory: &BString, name: &BStr) -> BString {
    match directory.is_empty() {
        true => name.to_owned(),
        false => [directory.as_bytes(), name.as_bytes()].join(&b'/').into(),
    }
}
