//! Files that a commit of a range only gave another name: what stood in them before is not new.
//!
//! Takes what the comparison of all commits left open, in their order, and pushes each file with what it was before. The
//! pairs are those of [`renames`], as for a commit that is about to be made.
//!
//! A further copy is new, however many commits it takes to make it. So a file that is gone counts for one name only, and
//! not at all where an end of the range has it: first renamed and then brought back is copied.

use std::collections::{BTreeMap, HashMap};

use bstr::{BStr, BString, ByteSlice};
use gix_hash::ObjectId;

use super::super::renames::{self, Contents, Fresh, Gone, Predecessor, Questions};
use super::changes::{Added, Changes, Shared};
use super::walk::Walked;
use crate::finding::LocationKind;
use crate::source::Old;

/// Files that are compared by what they hold, in all commits: a push of ten thousand such commits is no rename.
const MOST: usize = 1000;

/// Most ends of a range that are looked at. With more, nothing counts as renamed.
const ENDS: usize = 1000;

/// Files that a commit has at new places and that hold something, and what it has no longer.
pub(super) struct Renamed {
    /// The number of the commit, and whether it holds notes.
    pub(super) commit: (usize, bool),
    pub(super) fresh: Vec<Fresh>,
    pub(super) gone: Vec<Gone>,
}

/// Pushes what may have been renamed.
pub(super) fn push(
    mut open: Vec<Renamed>,
    walked: &Walked,
    ends: &BTreeMap<ObjectId, bool>,
    changes: &mut Changes<'_>,
) {
    open.sort_by_key(|renamed| renamed.commit);
    let mut ends = Ends { walked, ends, trees: None };
    let mut most = MOST;
    let mut taken: HashMap<BString, BString> = HashMap::new();
    for Renamed { commit, fresh, gone } in open {
        let (sink, target) = (changes.shared.sink, changes.shared.target);
        if sink.interrupted() {
            return;
        }
        let is_left_out = |path: &BStr| sink.leaves_out(target, path);
        let questions = Questions { is_left_out: &is_left_out, in_question: &|_, _| true };
        let mut budget = most.min(renames::MOST);
        let before = budget;
        let pairs = renames::pair(&fresh, gone, &mut changes.reader, &mut budget, &questions);
        most -= before - budget;
        for (file, pair) in fresh.iter().zip(pairs) {
            let from = pair.filter(|from| is_renamed(file, from, &mut taken, &mut ends, changes));
            changes.fresh(file, from.as_ref(), commit);
        }
    }
}

impl Changes<'_> {
    /// Pushes the content of a file at a new place. `from`: where it was before.
    pub(super) fn fresh(&mut self, file: &Fresh, from: Option<&Predecessor>, commit: (usize, bool)) {
        let Shared { sink, target, .. } = *self.shared;
        let (Some(bytes), old) = (self.blob(file.id), from.and_then(|(_, id)| self.blob(*id))) else {
            return;
        };
        let olds = from.zip(old.as_ref()).map(|((path, id), bytes)| {
            let in_base = self.held(path.as_bstr()).contains(id);
            Old { bytes, path: Some(path.as_bstr()), in_base }
        });
        let path = file.path.as_bstr();
        let added = Added { id: file.id, path, symlink: file.symlink, before: Vec::new(), commit };
        let object = file.id.to_string();
        sink.changed(self.introduced(&added, target, &object), &bytes, olds.as_slice());
    }
}

/// Whether a file took the place of another one for good.
fn is_renamed(
    file: &Fresh,
    (from, _): &Predecessor,
    taken: &mut HashMap<BString, BString>,
    ends: &mut Ends<'_>,
    changes: &mut Changes<'_>,
) -> bool {
    let is_only = taken.get(from).is_none_or(|path| *path == file.path);
    if is_only && !ends.hold(from.as_bstr(), changes) {
        taken.insert(from.clone(), file.path.clone());
        return true;
    }
    false
}

/// The commits that a range ends with.
struct Ends<'a> {
    walked: &'a Walked,
    ends: &'a BTreeMap<ObjectId, bool>,
    trees: Option<Vec<ObjectId>>,
}

impl Ends<'_> {
    /// Whether one of them holds something at a path that could be a key. What cannot be told counts as so.
    fn hold(&mut self, path: &BStr, changes: &mut Changes<'_>) -> bool {
        if self.ends.len() > ENDS {
            return true;
        }
        let trees = self.trees.get_or_insert_with(|| {
            let ends = self.walked.commits.iter().filter(|member| self.ends.contains_key(&member.id));
            ends.map(|member| member.tree).collect()
        });
        trees.iter().any(|tree| {
            let Some(entry) = changes.at_path(*tree, path).filter(|entry| entry.blob) else { return false };
            let blob = changes.reader.blob(&entry.id);
            blob.is_none_or(|bytes| changes.shared.sink.worth_splitting(LocationKind::Blob, &bytes))
        })
    }
}
