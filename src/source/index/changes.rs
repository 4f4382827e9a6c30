//! What the index adds to the trees that it is compared with.
//!
//! Takes an index, a reader of objects and the trees of the commits it will be committed onto, and gives [`Changes`].
//! Where the index has a directory's tree id cached and a parent has the same, nothing below is looked at, so the cost
//! beyond reading the index is that of the directories which differ. Git writes the commit from the same cached ids.

use std::collections::HashMap;

use bstr::{BStr, BString, ByteSlice};
use gix_hash::ObjectId;
use gix_index::State;
use gix_index::entry::{Flags, Mode};
use gix_index::extension::Tree;
use gix_object::{Kind as ObjectKind, TreeRefIter};

use super::super::Issue;
use super::super::history::renames::Gone;
use super::objects::Reader;

/// Deepest directory that is followed: as deep as git itself goes.
const DEPTH: usize = 2048;

/// A file of the index that no parent has in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Added {
    pub(super) path: BString,
    pub(super) id: ObjectId,
    pub(super) symlink: bool,
    /// The parents' versions.
    pub(super) before: Vec<ObjectId>,
    /// Where these stand, if the file was renamed.
    pub(super) from: Option<BString>,
}

/// What a comparison gives, in the order of paths.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) added: Vec<Added>,
    /// Paths whose last name no parent has there, with the file's object.
    pub(super) names: Vec<(BString, Option<ObjectId>)>,
    /// What the first parent has and the index has not.
    pub(super) gone: Vec<Gone>,
    /// Paths without content of their own, and why.
    pub(super) skipped: Vec<(&'static str, BString)>,
}

/// An entry of a parent's tree.
#[derive(Clone, Copy)]
struct Old {
    id: ObjectId,
    tree: bool,
    blob: bool,
}

/// Compares the index with `parents`.
///
/// # Errors
///
/// If a tree cannot be read, or the index is not in order.
pub(super) fn compare(
    state: &State,
    parents: &[ObjectId],
    reader: &mut Reader<'_>,
) -> Result<Changes, Issue> {
    let mut walk = Walk { state, reader, at: 0, changes: Changes::default() };
    let parents: Vec<Option<ObjectId>> = parents.iter().copied().map(Some).collect();
    let whole = state.tree().filter(|tree| walk.spans(tree, b"")).map(|tree| tree.id);
    if whole.is_none_or(|id| !parents.contains(&Some(id))) {
        walk.directory(0, state.tree(), &parents, 0)?;
    }
    Ok(walk.changes)
}

struct Walk<'a, 'r> {
    state: &'a State,
    reader: &'a mut Reader<'r>,
    /// The entry that is looked at next.
    at: usize,
    changes: Changes,
}

impl<'a> Walk<'a, '_> {
    /// Looks at the entries below a directory, whose path is as long as that of the next entry up to `length`.
    fn directory(
        &mut self,
        length: usize,
        node: Option<&'a Tree>,
        parents: &[Option<ObjectId>],
        depth: usize,
    ) -> Result<(), Issue> {
        let entries = self.state.entries();
        let prefix: &'a [u8] = entries.get(self.at).map_or(&[], |entry| &entry.path(self.state)[..length]);
        check_depth(depth, prefix)?;
        let trees = self.trees(parents)?;
        let mut olds: Vec<_> =
            trees.iter().map(|tree| olds_of(tree, self.state.object_hash())).collect::<Result<_, _>>()?;
        while let Some(entry) = entries.get(self.at) {
            let path = entry.path(self.state);
            let Some(rest) = path.strip_prefix(prefix) else { break };
            self.check_order(path)?;
            match rest.find_byte(b'/') {
                Some(end) => {
                    let name = rest[..end].as_bstr();
                    let of_parents: Vec<_> = olds.iter_mut().map(|olds| olds.remove(name)).collect();
                    self.below(length + end + 1, name, node, &of_parents, depth)?;
                }
                None => {
                    let of_parents: Vec<_> =
                        olds.iter_mut().map(|olds| olds.remove(rest.as_bstr())).collect();
                    self.at += 1;
                    self.file(path, entry.mode, entry.flags, entry.id, &of_parents);
                }
            }
        }
        self.gone(prefix, olds.into_iter().next());
        Ok(())
    }

    /// Looks at a directory of which the next entry is the first, or which is that entry in a sparse index.
    fn below(
        &mut self,
        length: usize,
        name: &BStr,
        node: Option<&'a Tree>,
        of_parents: &[Option<Old>],
        depth: usize,
    ) -> Result<(), Issue> {
        let entry = &self.state.entries()[self.at];
        let path: &'a BStr = entry.path(self.state);
        let known = of_parents.iter().any(Option::is_some);
        let trees: Vec<Option<ObjectId>> =
            of_parents.iter().map(|old| old.filter(|old| old.tree).map(|old| old.id)).collect();
        if !known {
            self.changes.names.push((path[..length - 1].into(), None));
        }
        self.replaced(path[..length - 1].as_bstr(), of_parents, true);
        if path.len() == length {
            self.at += 1;
            let same = trees.contains(&Some(entry.id));
            return if same { Ok(()) } else { self.tree(path[..length].into(), entry.id, &trees, depth + 1) };
        }
        let child = node.and_then(|node| {
            let found = node.children.binary_search_by(|child| child.name.as_slice().cmp(name.as_bytes()));
            found.ok().map(|at| &node.children[at])
        });
        if let Some(child) = child
            && trees.contains(&Some(child.id))
            && self.spans(child, &path[..length])
        {
            self.at += child.num_entries.unwrap_or_default() as usize;
            return Ok(());
        }
        self.directory(length, child, &trees, depth + 1)
    }

    /// Looks at a tree that is in a sparse index in place of its files.
    fn tree(
        &mut self,
        path: BString,
        id: ObjectId,
        parents: &[Option<ObjectId>],
        depth: usize,
    ) -> Result<(), Issue> {
        check_depth(depth, &path)?;
        let bytes = self.read(id)?;
        let trees = self.trees(parents)?;
        let hash = self.state.object_hash();
        let mut olds: Vec<_> = trees.iter().map(|tree| olds_of(tree, hash)).collect::<Result<_, _>>()?;
        for entry in TreeRefIter::from_bytes(&bytes, hash) {
            let entry = entry.map_err(|_| damaged(&id))?;
            let of_parents: Vec<_> = olds.iter_mut().map(|olds| olds.remove(entry.filename)).collect();
            let mut path = BString::from([path.as_slice(), entry.filename].concat());
            if !entry.mode.is_tree() {
                let mode = Mode::from_bits_truncate(u32::from(entry.mode.value()));
                self.file(path.as_bstr(), mode, Flags::empty(), entry.oid.to_owned(), &of_parents);
                continue;
            }
            let trees: Vec<Option<ObjectId>> =
                of_parents.iter().map(|old| old.filter(|old| old.tree).map(|old| old.id)).collect();
            if of_parents.iter().all(Option::is_none) {
                self.changes.names.push((path.clone(), None));
            }
            self.replaced(path.as_bstr(), &of_parents, true);
            if !trees.contains(&Some(entry.oid.to_owned())) {
                path.push(b'/');
                self.tree(path, entry.oid.to_owned(), &trees, depth + 1)?;
            }
        }
        self.gone(&path, olds.into_iter().next());
        Ok(())
    }

    fn file(&mut self, path: &BStr, mode: Mode, flags: Flags, id: ObjectId, of_parents: &[Option<Old>]) {
        let olds = || of_parents.iter().flatten();
        if flags.stage_raw() != 0 {
            return self
                .changes
                .skipped
                .push(("not merged yet, so that it cannot be committed", path.into()));
        }
        if flags.contains(Flags::INTENT_TO_ADD) {
            return self.changes.skipped.push(("intended to be added, without content yet", path.into()));
        }
        let submodule = mode.is_submodule();
        if olds().any(|old| old.id == id && old.blob != submodule && !old.tree) {
            return;
        }
        if olds().next().is_none() {
            self.changes.names.push((path.into(), Some(id)));
        }
        self.replaced(path, of_parents, false);
        if submodule {
            return self.changes.skipped.push(("submodule", path.into()));
        }
        let before = olds().filter(|old| old.blob).map(|old| old.id).collect();
        let symlink = mode == Mode::SYMLINK;
        self.changes.added.push(Added { path: path.into(), id, symlink, before, from: None });
    }

    /// Notes what of the first parent has made room: a file for a directory, or the other way round.
    fn replaced(&mut self, path: &BStr, of_parents: &[Option<Old>], tree: bool) {
        let old = of_parents.first().copied().flatten().filter(|old| if tree { old.blob } else { old.tree });
        self.changes.gone.extend(old.map(|old| Gone { path: path.to_owned(), id: old.id, tree: old.tree }));
    }

    /// Notes what is left of the first parent's directory.
    fn gone(&mut self, directory: &[u8], left: Option<HashMap<&BStr, Old>>) {
        let left = left.into_iter().flatten().filter(|(_, old)| old.tree || old.blob);
        let gone = |(name, old): (&BStr, Old)| Gone {
            path: [directory, name].concat().into(),
            id: old.id,
            tree: old.tree,
        };
        self.changes.gone.extend(left.map(gone));
    }

    /// Whether a cached tree is of exactly the entries below `directory`, of which the next one is the first.
    fn spans(&self, tree: &Tree, directory: &[u8]) -> bool {
        let entries = self.state.entries();
        let Some(count) = tree.num_entries.map(|count| count as usize) else { return false };
        let end = self.at.saturating_add(count);
        let inside =
            |at: usize| entries.get(at).is_some_and(|entry| entry.path(self.state).starts_with(directory));
        match count {
            0 => directory.is_empty() && entries.is_empty(),
            _ => inside(end - 1) && !inside(end),
        }
    }

    /// Git writes entries in order. If they are not, one of a directory could stand where it is not looked for.
    fn check_order(&self, path: &BStr) -> Result<(), Issue> {
        let before = self.at.checked_sub(1).map(|at| self.state.entries()[at].path(self.state));
        match before {
            Some(before) if before > path => {
                Err(Issue::new("corrupt-index", "the index is damaged: its entries are not in order")
                    .at_path(path))
            }
            _ => Ok(()),
        }
    }

    fn trees(&mut self, ids: &[Option<ObjectId>]) -> Result<Vec<Vec<u8>>, Issue> {
        ids.iter().map(|id| id.map_or_else(|| Ok(Vec::new()), |id| self.read(id))).collect()
    }

    fn read(&mut self, id: ObjectId) -> Result<Vec<u8>, Issue> {
        self.reader.read(&id, ObjectKind::Tree).map_err(|reason| {
            let message = format!("a directory to compare the index with cannot be read: {reason}");
            Issue::new("missing-object", message).at_object(id.to_string())
        })
    }
}

fn check_depth(depth: usize, path: &[u8]) -> Result<(), Issue> {
    let message = "a directory is nested too deeply: what is in it was not scanned";
    if depth > DEPTH { Err(Issue::new("corrupt-index", message).at_path(path)) } else { Ok(()) }
}

fn damaged(id: &ObjectId) -> Issue {
    Issue::new("corrupt-object", "a directory to compare the index with is damaged").at_object(id.to_string())
}

/// The entries of a tree by name.
fn olds_of(tree: &[u8], hash: gix_hash::Kind) -> Result<HashMap<&BStr, Old>, Issue> {
    let entries = TreeRefIter::from_bytes(tree, hash).map(|entry| {
        let entry = entry.map_err(|_| Issue::new("corrupt-object", "a directory of HEAD is damaged"))?;
        let tree = entry.mode.is_tree();
        let old = Old { id: entry.oid.to_owned(), tree, blob: !tree && !entry.mode.is_commit() };
        Ok((entry.filename, old))
    });
    entries.collect()
}
