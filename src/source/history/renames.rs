//! Files that were renamed: what stood in the one that is gone is not new in the one that takes its place.
//!
//! Takes added and gone files and gives each added one at most one predecessor. One with the same content comes first,
//! then the most similar one. A file that is gone is the predecessor of one file only, so that a further copy is new.
//! What was left out where it stood was never judged, and is nobody's predecessor.

use std::collections::{BTreeMap, HashMap, HashSet};

use bstr::{BStr, BString, ByteSlice};
use gix_hash::ObjectId;
use gix_object::TreeRefIter;

/// Most files on either side that are compared by what they hold. Beyond that a renamed and changed file is taken for a
/// new one.
pub(in crate::source) const MOST: usize = 200;

/// Least part of its bytes that a file shares with its predecessor, in percent: git's own measure of a rename.
const SIMILAR: usize = 50;

/// Where contents are stored.
pub(in crate::source) trait Contents {
    /// The kind of ids.
    fn hash(&self) -> gix_hash::Kind;

    /// A tree's bytes, if it can be read.
    fn tree(&mut self, id: &ObjectId) -> Option<Vec<u8>>;

    /// A file's bytes, if it can be read, and is not too big to be held in memory as a matter of course.
    fn blob(&mut self, id: &ObjectId) -> Option<Vec<u8>>;
}

/// A file that was not there before.
#[derive(Clone, Debug)]
pub(in crate::source) struct Fresh {
    pub(in crate::source) path: BString,
    pub(in crate::source) id: ObjectId,
    pub(in crate::source) symlink: bool,
}

/// A file, or a whole directory, that was there before and is no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::source) struct Gone {
    pub(in crate::source) path: BString,
    pub(in crate::source) id: ObjectId,
    pub(in crate::source) tree: bool,
}

/// Where a file stood before, and what it held there.
pub(in crate::source) type Predecessor = (BString, ObjectId);

/// What else has to be known of files.
pub(in crate::source) struct Questions<'a> {
    /// Whether what stood at a path was not judged.
    pub(in crate::source) is_left_out: &'a dyn Fn(&BStr) -> bool,
    /// Whether it matters what was before a file of that content.
    pub(in crate::source) in_question: &'a dyn Fn(&Fresh, &[u8]) -> bool,
}

/// The predecessors of renamed files, in the order of `fresh`. At most `most` files are compared by what they hold; it
/// tells how many are left.
pub(in crate::source) fn pair(
    fresh: &[Fresh],
    gone: Vec<Gone>,
    contents: &mut dyn Contents,
    most: &mut usize,
    questions: &Questions<'_>,
) -> Vec<Option<Predecessor>> {
    let mut pairs = vec![None; fresh.len()];
    if gone.is_empty() || fresh.is_empty() {
        return pairs;
    }
    let mut free = files(gone, contents);
    free.retain(|path, _| !(questions.is_left_out)(path.as_bstr()));
    let mut by_id: HashMap<ObjectId, Vec<BString>> = HashMap::new();
    for (path, id) in free.iter().rev() {
        by_id.entry(*id).or_default().push(path.clone());
    }
    for (file, pair) in fresh.iter().zip(&mut pairs) {
        if let Some(path) = by_id.get_mut(&file.id).and_then(Vec::pop) {
            free.remove(&path);
            *pair = Some((path, file.id));
        }
    }
    if !free.is_empty() && free.len() <= MOST {
        let open = fresh.iter().zip(&mut pairs).filter(|(file, pair)| pair.is_none() && !file.symlink);
        by_content(open, &free, contents, most, questions);
    }
    pairs
}

/// Pairs files that are similar, but for those that are too big to be held in memory.
fn by_content<'f>(
    open: impl Iterator<Item = (&'f Fresh, &'f mut Option<Predecessor>)>,
    gone: &BTreeMap<BString, ObjectId>,
    contents: &mut dyn Contents,
    most: &mut usize,
    questions: &Questions<'_>,
) {
    let mut olds: Option<Vec<(BString, ObjectId, Lines)>> = None;
    for (file, pair) in open {
        let Some(content) = contents.blob(&file.id) else { continue };
        if !(questions.in_question)(file, &content) {
            continue;
        }
        let Some(less) = most.checked_sub(1) else { return };
        *most = less;
        let olds = olds.get_or_insert_with(|| {
            let read = |(path, id): (&BString, &ObjectId)| {
                let content = contents.blob(id)?;
                Some((path.clone(), *id, Lines::of(&content)))
            };
            gone.iter().filter_map(read).collect()
        });
        let lines = Lines::of(&content);
        let name = |path: &BString| path.rsplit_str("/").next().map(ToOwned::to_owned);
        let score = |(at, (path, _, old)): (usize, &(BString, ObjectId, Lines))| {
            let similar = lines.similarity(old);
            (similar >= SIMILAR).then_some((similar, name(path) == name(&file.path), std::cmp::Reverse(at)))
        };
        if let Some((_, _, std::cmp::Reverse(at))) = olds.iter().enumerate().filter_map(score).max() {
            let (path, id, _) = olds.remove(at);
            *pair = Some((path, id));
        }
    }
}

/// The files that are gone, those of whole directories too. What cannot be read is no predecessor.
fn files(gone: Vec<Gone>, contents: &mut dyn Contents) -> BTreeMap<BString, ObjectId> {
    let mut files = BTreeMap::new();
    let mut waiting = gone;
    while let Some(next) = waiting.pop() {
        if !next.tree {
            files.insert(next.path, next.id);
            continue;
        }
        let Some(bytes) = contents.tree(&next.id) else { continue };
        for entry in TreeRefIter::from_bytes(&bytes, contents.hash()).filter_map(Result::ok) {
            let path = BString::from([next.path.as_slice(), b"/", entry.filename].concat());
            let tree = entry.mode.is_tree();
            if !entry.mode.is_commit() {
                waiting.push(Gone { path, id: entry.oid.to_owned(), tree });
            }
        }
    }
    files
}

/// The lines of a text, as far as they are needed to tell how much two texts share.
struct Lines {
    lines: HashSet<Vec<u8>>,
    bytes: usize,
}

impl Lines {
    fn of(content: &[u8]) -> Lines {
        let lines: HashSet<Vec<u8>> = content.lines_with_terminator().map(<[u8]>::to_vec).collect();
        let bytes = lines.iter().map(Vec::len).sum();
        Lines { lines, bytes }
    }

    /// What both have, in percent of the larger one.
    fn similarity(&self, other: &Lines) -> usize {
        let shared: usize = self.lines.intersection(&other.lines).map(Vec::len).sum();
        let larger = self.bytes.max(other.bytes);
        (shared * 100).checked_div(larger).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similarity_is_what_both_have() {
        for (one, other, similarity) in [
            ("a\nb\n", "a\nb\n", 100),
            ("a\nb\n", "b\na\n", 100),
            ("a\nb\n", "a\nc\n", 50),
            ("a\n", "a\nb\nc\nd\n", 25),
            ("a\n", "b\n", 0),
            ("", "", 0),
        ] {
            let (one, other) = (Lines::of(one.as_bytes()), Lines::of(other.as_bytes()));
            assert_eq!(one.similarity(&other), similarity);
            assert_eq!(other.similarity(&one), similarity);
        }
    }
}
