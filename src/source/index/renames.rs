//! Files that were renamed: what stood in the one that is gone is not new in the one that takes its place.
//!
//! Takes added and gone files and gives each added one at most one predecessor. One with the same content comes first,
//! then the most similar one. A file that is gone is the predecessor of one file only, so that a further copy is new.
//! What was left out where it stood was never judged, and is nobody's predecessor.

use std::collections::{BTreeMap, HashMap, HashSet};

use bstr::{BStr, BString, ByteSlice};
use gix_hash::ObjectId;
use gix_object::{Kind as ObjectKind, TreeRefIter};

use super::changes::{Added, Gone};
use super::objects::{Objects, Reader};

/// Most files on either side that are compared by what they hold. Beyond that a renamed and changed file is taken for a
/// new one.
const MOST: usize = 200;

/// Least part of its bytes that a file shares with its predecessor, in percent: git's own measure of a rename.
const SIMILAR: usize = 50;

/// Sets the predecessors of renamed files. `is_left_out`: whether what stood at a path was not judged; `in_question`:
/// whether it matters for a file of that content.
pub(super) fn pair(
    added: &mut [Added],
    gone: Vec<Gone>,
    objects: &Objects,
    is_left_out: &dyn Fn(&BStr) -> bool,
    in_question: &dyn Fn(&Added, &[u8]) -> bool,
) {
    if gone.is_empty() || added.iter().all(|added| !added.before.is_empty()) {
        return;
    }
    let mut reader = objects.reader();
    let mut free = files(gone, objects, &mut reader);
    free.retain(|path, _| !is_left_out(path.as_bstr()));
    let mut by_id: HashMap<ObjectId, Vec<BString>> = HashMap::new();
    for (path, id) in free.iter().rev() {
        by_id.entry(*id).or_default().push(path.clone());
    }
    for file in added.iter_mut().filter(|file| file.before.is_empty()) {
        if let Some(path) = by_id.get_mut(&file.id).and_then(Vec::pop) {
            free.remove(&path);
            file.before.push(file.id);
            file.from = Some(path);
        }
    }
    if free.len() <= MOST {
        by_content(added, free, &mut reader, in_question);
    }
}

/// Pairs files that are similar, but for those that are too big to be held in memory.
fn by_content(
    added: &mut [Added],
    gone: BTreeMap<BString, ObjectId>,
    reader: &mut Reader<'_>,
    in_question: &dyn Fn(&Added, &[u8]) -> bool,
) {
    if gone.is_empty() {
        return;
    }
    let mut olds: Option<Vec<(BString, ObjectId, Lines)>> = None;
    let open = added.iter_mut().filter(|file| file.before.is_empty() && !file.symlink);
    let mut left = MOST;
    for file in open {
        let Ok(Some(content)) = reader.read_unless_big(&file.id, ObjectKind::Blob) else { continue };
        if !in_question(file, &content) {
            continue;
        }
        let Some(less) = left.checked_sub(1) else { return };
        left = less;
        let olds = olds.get_or_insert_with(|| {
            let read = |(path, id): (&BString, &ObjectId)| {
                let content = reader.read_unless_big(id, ObjectKind::Blob).ok()??;
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
            file.before.push(id);
            file.from = Some(path);
        }
    }
}

/// The files that are gone, those of whole directories too. What cannot be read is no predecessor.
fn files(gone: Vec<Gone>, objects: &Objects, reader: &mut Reader<'_>) -> BTreeMap<BString, ObjectId> {
    let mut files = BTreeMap::new();
    let mut waiting = gone;
    while let Some(next) = waiting.pop() {
        if !next.tree {
            files.insert(next.path, next.id);
            continue;
        }
        let Ok(bytes) = reader.read(&next.id, ObjectKind::Tree) else { continue };
        for entry in TreeRefIter::from_bytes(&bytes, objects.hash()).filter_map(Result::ok) {
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
