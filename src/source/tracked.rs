//! Which files of a work tree git tracks, and where the work tree's top is.
//!
//! The one use that scanning files makes of the repository around them. Runs nothing of it: no hook, no filter.

use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice, ByteVec};
use git2::{Index, ObjectType, Repository, TreeWalkMode, TreeWalkResult};

use super::{Issue, Sink};

/// Modes of the index that have content on disk: a file, an executable, a symbolic link.
const TYPE_MASK: u32 = 0o170_000;
/// A submodule.
const GITLINK: u32 = 0o160_000;
/// A directory of a sparse index.
const DIRECTORY: u32 = 0o040_000;

/// The top of the work tree that `path` (absolute, without symbolic links) is in.
pub(crate) fn top_of(path: &Path) -> Option<PathBuf> {
    path.ancestors().find(|above| above.join(".git").exists()).map(Path::to_owned)
}

/// Files that git tracks below a directory.
#[derive(Debug)]
pub(super) struct Tracked {
    /// Relative to the directory.
    files: Vec<BString>,
}

impl Tracked {
    /// Those below `directory`; none outside a work tree.
    pub(super) fn below(directory: &Path, sink: &dyn Sink) -> Option<Tracked> {
        let top = top_of(directory)?;
        let prefix = directory.strip_prefix(&top).ok()?;
        match index(&top) {
            Ok(index) => {
                let mut prefix: BString = Vec::from_path_lossy(prefix).into_owned().into();
                if !prefix.is_empty() {
                    prefix.push(b'/');
                }
                let has_content = |mode: u32| !matches!(mode & TYPE_MASK, GITLINK | DIRECTORY);
                let entries = index.iter().filter(|entry| has_content(entry.mode));
                let files =
                    entries.filter_map(|entry| Some(entry.path.strip_prefix(prefix.as_slice())?.into()));
                Some(Tracked { files: files.collect() })
            }
            Err(error) => {
                let message = format!(
                    "the index cannot be read, so tracked files that an ignore file lists may be left out: {}",
                    error.message()
                );
                sink.issue(
                    Issue::new("unreadable-index", message).at_path(Vec::from_path_lossy(&top).into_owned()),
                );
                None
            }
        }
    }

    /// Paths relative to the directory.
    pub(super) fn files(&self) -> impl Iterator<Item = PathBuf> + '_ {
        self.files.iter().map(|path| path.to_path_lossy().into_owned())
    }
}

/// Whether a repository tracks files, and each of their paths is of a kind. False where that cannot be told.
pub(crate) fn all_tracked_are(repository: &Path, kind: &dyn Fn(&BStr) -> bool) -> bool {
    let Ok(repository) = Repository::discover(repository) else { return false };
    if !repository.is_bare() {
        return repository
            .index()
            .is_ok_and(|index| !index.is_empty() && index.iter().all(|entry| kind(entry.path.as_bstr())));
    }
    let Ok(tree) = repository.head().and_then(|head| head.peel_to_tree()) else { return false };
    let mut other = false;
    let walked = tree.walk(TreeWalkMode::PreOrder, |directory, entry| {
        if entry.kind() == Some(ObjectType::Tree) {
            return TreeWalkResult::Ok;
        }
        let path = [directory.as_bytes(), entry.name_bytes()].concat();
        other = !kind(path.as_bstr());
        if other { TreeWalkResult::Abort } else { TreeWalkResult::Ok }
    });
    walked.is_ok() && !other && !tree.is_empty()
}

/// The index of the work tree at `top`; an empty one if there is none yet.
fn index(top: &Path) -> Result<Index, git2::Error> {
    Repository::open(top)?.index()
}
