//! A change of files, looked at again: what each step of it took from where and put elsewhere.
//!
//! A step is a commit, or the index, over what it stands on: of a merge, over each of its parents. Whoever found something
//! that a change adds asks here whether the change took as much of it away.

use std::collections::BTreeMap;

use bstr::{BStr, BString};
use gix_hash::ObjectId;
use gix_object::TreeRefIter;

use super::renames::Contents;
use crate::finding::LocationKind;

/// Most files of a step that are looked at.
const MOST: usize = 10_000;

/// What a step does to a file: what it held before and what it holds then, none where it is not there.
pub type Replaced<'v> = &'v mut dyn FnMut(&BStr, Option<&[u8]>, Option<&[u8]>);

/// A change of files.
pub trait Moves {
    /// The steps that brought a content to a path. None if that cannot be told.
    fn steps(&self, kind: LocationKind, path: &BStr, object: &str) -> Option<Vec<usize>>;

    /// Over how many states a step stands: at least one, which is nothing where there is none. None at all if that cannot
    /// be told.
    fn sides(&self, step: usize) -> usize;

    /// Hands on every file that a step changes over one of them. Gives whether that was all of them.
    fn replaced(&self, step: usize, side: usize, visit: Replaced<'_>) -> bool;

    /// How many ends the whole change has, and what it begins at: none where it is a single step.
    fn ends(&self) -> (usize, usize);

    /// Hands on every file in which an end differs from what the change begins at. Gives whether that was all of them.
    fn overall(&self, end: usize, base: usize, visit: Replaced<'_>) -> bool;
}

/// A file that a step changes: its path, what it held and what it holds.
pub(in crate::source) type Pair = (BString, Option<ObjectId>, Option<ObjectId>);

/// Adds the files in which two trees at a path differ. Gives whether that was all of them.
pub(in crate::source) fn differing(
    path: &BStr,
    trees: [Option<ObjectId>; 2],
    contents: &mut dyn Contents,
    pairs: &mut Vec<Pair>,
) -> bool {
    let mut waiting = vec![(path.to_owned(), trees)];
    while let Some((path, trees)) = waiting.pop() {
        let mut sides = [BTreeMap::new(), BTreeMap::new()];
        for (tree, side) in trees.iter().zip(&mut sides) {
            let Some(id) = tree else { continue };
            let Some(bytes) = contents.tree(id) else { return false };
            for entry in TreeRefIter::from_bytes(&bytes, contents.hash()) {
                let Ok(entry) = entry else { return false };
                if !entry.mode.is_commit() {
                    side.insert(entry.filename.to_owned(), (entry.oid.to_owned(), entry.mode.is_tree()));
                }
            }
        }
        let [olds, mut news] = sides;
        let both = olds.into_iter().map(|(name, old)| {
            let new = news.remove(&name);
            (name, Some(old), new)
        });
        let mut all: Vec<_> = both.collect();
        all.extend(news.into_iter().map(|(name, new)| (name, None, Some(new))));
        for (name, old, new) in all.into_iter().filter(|(_, old, new)| old != new) {
            let slash: &[u8] = if path.is_empty() { b"" } else { b"/" };
            let path = BString::from([path.as_slice(), slash, &name].concat());
            let of =
                |side: Option<(ObjectId, bool)>, tree| side.filter(|(_, is)| *is == tree).map(|(id, _)| id);
            let (trees, files) = ([of(old, true), of(new, true)], [of(old, false), of(new, false)]);
            if files != [None, None] {
                pairs.push((path.clone(), files[0], files[1]));
            }
            if trees != [None, None] {
                waiting.push((path, trees));
            }
        }
        if pairs.len() + waiting.len() > MOST {
            return false;
        }
    }
    true
}

/// Hands on what stands in files. Gives whether all of it could be read.
pub(in crate::source) fn hand_on(pairs: &[Pair], contents: &mut dyn Contents, visit: Replaced<'_>) -> bool {
    pairs.len() <= MOST
        && pairs.iter().all(|(path, old, new)| {
            let mut read = |id: &Option<ObjectId>| id.as_ref().map(|id| contents.blob(id));
            match (read(old), read(new)) {
                (Some(None), _) | (_, Some(None)) => false,
                (old, new) => {
                    visit(path.as_ref(), old.flatten().as_deref(), new.flatten().as_deref());
                    true
                }
            }
        })
}
