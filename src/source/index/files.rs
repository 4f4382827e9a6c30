//! The files that an index names, by path: what they hold, read as it is stored.
//!
//! For settings that are to be those of the next commit and not of the disk.

use std::path::PathBuf;
use std::sync::Arc;

use bstr::{BStr, ByteSlice};
use gix_hash::{Kind, ObjectId};
use gix_index::entry::{Flags, Mode};
use gix_object::{Kind as ObjectKind, TreeRefIter};

use super::super::layout::Layout;
use super::objects::{Objects, Reader};

/// The files of one index. Without one, there are none.
#[derive(Clone, Default)]
pub struct IndexFiles {
    index: Option<Arc<gix_index::File>>,
    object_dirs: Vec<PathBuf>,
    hash: Option<Kind>,
}

impl std::fmt::Debug for IndexFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IndexFiles").field("there", &self.index.is_some()).finish_non_exhaustive()
    }
}

/// What stands at a path.
struct Found {
    id: ObjectId,
    mode: Mode,
}

impl IndexFiles {
    pub(super) fn new(layout: &Layout, index: Option<Arc<gix_index::File>>) -> IndexFiles {
        IndexFiles { index, object_dirs: layout.object_dirs.clone(), hash: Some(layout.hash) }
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
            Some(Found { mode, .. }) if mode == Mode::SYMLINK => Err("is a symbolic link".to_owned()),
            Some(Found { mode, .. }) if mode.is_submodule() || mode.is_sparse() => {
                Err("is a directory".to_owned())
            }
            Some(Found { id, .. }) => {
                let content = self.objects().reader().read(&id, ObjectKind::Blob);
                content.map(Some).map_err(|reason| format!("is not to be had: {reason} (object {id})"))
            }
        }
    }

    fn objects(&self) -> Objects {
        Objects::new(&self.object_dirs, self.hash.unwrap_or(Kind::Sha1))
    }

    fn found(&self, path: &BStr) -> Result<Option<Found>, String> {
        let Some(index) = &self.index else { return Ok(None) };
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
