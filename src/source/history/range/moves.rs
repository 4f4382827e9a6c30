//! The steps of a range, for whoever asks what they moved: its commits.

use bstr::{BStr, ByteSlice as _};
use gix_hash::ObjectId;
use gix_object::Kind as ObjectKind;

use super::super::Layout;
use super::super::moves::{self, Replaced};
use super::super::objects::named_ids;
use super::super::store::Store;
use super::RangeOutcome;
use super::reader::Reader;
use crate::finding::LocationKind;

/// A range that was scanned.
pub struct RangeMoves<'a> {
    outcome: &'a RangeOutcome,
    store: Store,
}

impl RangeOutcome {
    /// The commits that brought a content to a path, by their places. None if that cannot be told.
    pub fn steps(&self, kind: LocationKind, path: &BStr, object: &str) -> Option<Vec<usize>> {
        let id = ObjectId::from_hex(object.as_bytes()).ok()?;
        let steps = self.introduced.get(&(kind, Some(path.to_owned()), id))?;
        // A tree that was named without a commit is none.
        steps.iter().all(|step| *step < self.members.len()).then(|| steps.clone())
    }

    /// How many commits it ends with, and how many its base has: at least one, which is nothing where there is none.
    pub fn sides(&self) -> (usize, usize) {
        (self.ends.len(), self.bases.len().max(1))
    }

    /// What its commits moved, to be asked.
    pub fn moves(&self, layout: &Layout) -> RangeMoves<'_> {
        // The scan has said what cannot be read.
        RangeMoves { outcome: self, store: Store::open_for_few(layout, &mut |_| ()) }
    }
}

impl std::fmt::Debug for RangeMoves<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RangeMoves").finish_non_exhaustive()
    }
}

impl RangeMoves<'_> {
    /// Over how many commits a commit stands: one, which is nothing, for the first of all.
    pub fn sides(&self, step: usize) -> usize {
        let mut stored = Stored { reader: Reader::new(&self.store) };
        let commit = self.outcome.members.get(step).and_then(|id| stored.commit(id));
        commit.map_or(0, |(_, parents)| parents.len().max(1))
    }

    /// Hands on every file that a commit changes over one of its parents. Gives whether that was all of them.
    pub fn replaced(&self, step: usize, side: usize, visit: Replaced<'_>) -> bool {
        let mut stored = Stored { reader: Reader::new(&self.store) };
        let commit = self.outcome.members.get(step).and_then(|id| stored.commit(id));
        let Some((tree, parents)) = commit else { return false };
        let before = match parents.get(side) {
            None => None,
            Some(parent) => match stored.commit(parent) {
                Some((tree, _)) => Some(tree),
                None => return false,
            },
        };
        stored.between(before, tree, visit)
    }

    /// Hands on every file in which a commit that the range ends with differs from one of its base. Gives whether that was
    /// all of them.
    pub fn overall(&self, end: usize, base: usize, visit: Replaced<'_>) -> bool {
        let mut stored = Stored { reader: Reader::new(&self.store) };
        let end = self.outcome.ends.get(end).and_then(|id| stored.commit(id));
        let Some((tree, _)) = end else { return false };
        stored.between(self.outcome.bases.get(base).copied(), tree, visit)
    }
}

/// What is stored.
struct Stored<'a> {
    reader: Reader<'a>,
}

impl Stored<'_> {
    /// The tree and the parents of a commit.
    fn commit(&mut self, id: &ObjectId) -> Option<(ObjectId, Vec<ObjectId>)> {
        let (ObjectKind::Commit, bytes) = self.reader.object(id)? else { return None };
        let mut named = named_ids(bytes);
        let (_, tree) = named.next().filter(|(name, _)| *name == b"tree")?;
        Some((tree, named.filter(|(name, _)| *name == b"parent").map(|(_, id)| id).collect()))
    }

    /// Hands on every file in which two trees differ.
    fn between(&mut self, old: Option<ObjectId>, new: ObjectId, visit: Replaced<'_>) -> bool {
        let mut pairs = Vec::new();
        moves::differing(b"".as_bstr(), [old, Some(new)], &mut self.reader, &mut pairs)
            && moves::hand_on(&pairs, &mut self.reader, visit)
    }
}
