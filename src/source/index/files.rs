//! The files that an index names, by path: what they hold, read as it is stored.
//!
//! For settings that are to be those of the next commit and not of the disk.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use bstr::{BStr, ByteSlice};
use gix_hash::{Kind, ObjectId};
use gix_index::entry::{Flags, Mode};
use gix_object::{Kind as ObjectKind, TreeRefIter};

use super::super::history::range::Keeps;
use super::super::layout::{Layout, read_file};
use super::Given;
use super::changes::compare;
use super::objects::{Objects, Reader};
use super::read::{IndexError, decoded, path_of};

/// The files of one index. Without one, there are none.
#[derive(Clone, Default)]
pub struct IndexFiles {
    index: Index,
    layout: Option<Arc<Layout>>,
}

impl std::fmt::Debug for IndexFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IndexFiles").finish_non_exhaustive()
    }
}

/// An index, as far as it was looked at.
#[derive(Clone, Default)]
enum Index {
    #[default]
    None,
    Read(Arc<gix_index::File>),
    Stored(Arc<Stored>),
}

/// An index as its file has it: whoever asks for few files, which as a rule are not there, need not read all entries.
struct Stored {
    path: PathBuf,
    bytes: Vec<u8>,
    hash: Kind,
    /// None if it cannot be read.
    read: OnceLock<Option<gix_index::File>>,
}

impl Stored {
    /// Whether it surely has no entry at a path, nor below it. Only where every path is written out, and every file has an
    /// entry: neither in version 4, nor where directories or another file (`sdir`, `link`) stand for entries.
    fn lacks(&self, path: &BStr) -> bool {
        let written_out = [&b"DIRC\0\0\0\x02"[..], b"DIRC\0\0\0\x03"];
        let plain = written_out.iter().any(|start| self.bytes.starts_with(start));
        plain && [path.as_bytes(), b"sdir\0", b"link\0"].iter().all(|sign| !self.bytes.contains_str(sign))
    }

    fn read(&self) -> Option<&gix_index::File> {
        let read = || decoded(&self.path, self.hash).ok();
        self.read.get_or_init(read).as_ref()
    }
}

/// What stands at a path.
struct Found {
    id: ObjectId,
    mode: Mode,
}

impl IndexFiles {
    pub(super) fn new(layout: &Layout, index: Option<Arc<gix_index::File>>) -> IndexFiles {
        let index = index.map_or(Index::None, Index::Read);
        IndexFiles { index, layout: Some(Arc::new(layout.clone())) }
    }

    /// Those of the index that `given` names, or of the repository's own, which is read as far as it is asked for. Of one
    /// that cannot be read, there are none.
    ///
    /// # Errors
    ///
    /// If one was named that is not there.
    pub fn open(layout: &Layout, given: &Given) -> Result<IndexFiles, IndexError> {
        let path = path_of(layout, given)?;
        let stored = path.and_then(|path| {
            let bytes = read_file(&path).ok()?;
            Some(Stored { path, bytes, hash: layout.hash, read: OnceLock::new() })
        });
        let index = stored.map_or(Index::None, |stored| Index::Stored(Arc::new(stored)));
        Ok(IndexFiles { index, layout: Some(Arc::new(layout.clone())) })
    }

    /// Whether there is anything at a path from the top. What cannot be told counts as there.
    pub fn has(&self, path: &BStr) -> bool {
        !matches!(self.found(path), Ok(None))
    }

    /// The content of a file, by its path from the top; none if the next commit would have none there. Of one that is not
    /// merged yet, it is the content on our side.
    ///
    /// # Errors
    ///
    /// With the end of a sentence, if what is there is no file, or is not stored.
    pub fn read(&self, path: &BStr) -> Result<Option<Vec<u8>>, String> {
        match self.found(path)? {
            None => Ok(None),
            Some(Found { mode, .. }) if mode == Mode::SYMLINK => {
                Err("is a symbolic link, which is not followed there: put the file itself in its place"
                    .to_owned())
            }
            Some(Found { mode, .. }) if mode.is_submodule() || mode.is_sparse() => {
                Err("is a directory".to_owned())
            }
            Some(Found { id, .. }) => {
                let content = self.objects().reader().read(&id, ObjectKind::Blob);
                content.map(Some).map_err(|reason| format!("is not to be had: {reason} (object {id})"))
            }
        }
    }

    /// Whether the next commit changes any of these files, adds or removes it. What cannot be told does not count: whoever
    /// compares the whole says so.
    pub fn changes_any<'p>(&self, paths: impl IntoIterator<Item = &'p BStr>) -> bool {
        let Some(layout) = &self.layout else { return false };
        let objects = self.objects();
        let mut reader = objects.reader();
        let Ok(head) = super::head(layout) else { return false };
        let tree = head.map(|commit| super::tree_of(commit, &mut reader, layout)).transpose();
        let Ok(tree) = tree else { return false };
        paths.into_iter().any(|path| {
            let before = tree.map_or(Ok(None), |tree| below(tree, path, &mut reader));
            match (before, self.found(path)) {
                (Ok(before), Ok(now)) => before.map(|file| file.id) != now.map(|file| file.id),
                _ => false,
            }
        })
    }

    /// Hands the files that a tree, by its id, does not have in the same way to `visit`, with what they hold. What cannot be
    /// read is left out: whoever judges the whole says so.
    pub fn visit_changed(&self, tree: &ObjectId, visit: &mut dyn FnMut(&BStr, &[u8])) {
        let Some(index) = self.index() else { return };
        let objects = self.objects();
        let mut reader = objects.reader();
        let Ok(changes) = compare(index, &[*tree], &mut reader) else { return };
        for file in changes.added {
            if let Ok(content) = reader.read(&file.id, ObjectKind::Blob) {
                visit(file.path.as_bstr(), &content);
            }
        }
    }

    fn objects(&self) -> Objects {
        let (dirs, hash) = self
            .layout
            .as_ref()
            .map_or((&[][..], Kind::Sha1), |layout| (&layout.object_dirs[..], layout.hash));
        Objects::new(dirs, hash)
    }

    fn index(&self) -> Option<&gix_index::File> {
        match &self.index {
            Index::None => None,
            Index::Read(index) => Some(index),
            Index::Stored(stored) => stored.read(),
        }
    }

    fn found(&self, path: &BStr) -> Result<Option<Found>, String> {
        if matches!(&self.index, Index::Stored(stored) if stored.lacks(path)) {
            return Ok(None);
        }
        let Some(index) = self.index() else { return Ok(None) };
        if let Some(entry) = index.entry_by_path(path) {
            let later = entry.flags.contains(Flags::INTENT_TO_ADD);
            return Ok((!later).then_some(Found { id: entry.id, mode: entry.mode }));
        }
        let directory = [path.as_bytes(), b"/"].concat();
        if let Some(entries) = index.prefixed_entries(directory.as_bstr()) {
            return Ok(entries.first().map(|entry| Found { id: entry.id, mode: Mode::DIR }));
        }
        // A sparse index has a tree in place of the files of a directory.
        let ends = path.find_iter("/").map(|end| end + 1);
        let trees = ends.filter_map(|end| {
            let tree = index.entry_by_path(path[..end].as_bstr()).filter(|tree| tree.mode.is_sparse())?;
            Some((tree.id, &path[end..]))
        });
        let Some((tree, rest)) = trees.last() else { return Ok(None) };
        below(tree, rest, &mut self.objects().reader())
    }
}

impl Keeps for IndexFiles {
    fn keeps(&self, path: &BStr, id: &ObjectId) -> bool {
        match path.strip_suffix(b"/") {
            Some(directory) => self.index().is_some_and(|index| has_tree(index, directory.as_bstr(), id)),
            None => self.found(path).is_ok_and(|found| found.is_some_and(|found| found.id == *id)),
        }
    }
}

/// Whether an index has the files of a tree in a directory, by the trees that git notes there. It takes the note away of what
/// it changes.
fn has_tree(index: &gix_index::File, directory: &BStr, id: &ObjectId) -> bool {
    let mut tree = index.tree();
    for part in directory.split_str("/") {
        tree = tree.and_then(|tree| tree.children.iter().find(|child| child.name.as_slice() == part));
    }
    tree.is_some_and(|tree| tree.num_entries.is_some() && tree.id == *id)
}

/// What a tree has at a path.
fn below(tree: ObjectId, path: &[u8], reader: &mut Reader<'_>) -> Result<Option<Found>, String> {
    let mut found = Found { id: tree, mode: Mode::DIR };
    for part in path.split_str("/") {
        if found.mode != Mode::DIR {
            return Ok(None);
        }
        let lost = |reason| format!("lies in a tree that is not to be had: {reason} (object {})", found.id);
        let bytes = reader.read(&found.id, ObjectKind::Tree).map_err(lost)?;
        let entries = TreeRefIter::from_bytes(&bytes, found.id.kind());
        let entry = entries.filter_map(Result::ok).find(|entry| entry.filename == part);
        let Some(entry) = entry else { return Ok(None) };
        found =
            Found { id: entry.oid.to_owned(), mode: Mode::from_bits_truncate(u32::from(entry.mode.value())) };
    }
    Ok(Some(found))
}
