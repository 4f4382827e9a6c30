//! Which files of a work tree git tracks, and where the work tree's top is.
//!
//! The one use that scanning files makes of the repository around them. Runs nothing of it: no hook, no filter; reads no
//! settings of a person, and does not mind who owns the files.

use std::cell::Cell;
use std::io;
use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice, ByteVec};

use super::history::range::Snapshot;
use super::layout::{self, ObjectDirs};
use super::{Issue, Sink, index};

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
        match files(&top) {
            Ok(files) => {
                let mut prefix: BString = Vec::from_path_lossy(prefix).into_owned().into();
                if !prefix.is_empty() {
                    prefix.push(b'/');
                }
                let below = files.iter().filter_map(|file| file.strip_prefix(prefix.as_slice()));
                Some(Tracked { files: below.map(BString::from).collect() })
            }
            Err(error) => {
                let message = format!(
                    "tracked files that an ignore file lists may be left out, since the index is not known: {error}"
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
    let Ok(layout) = layout::find(repository, &ObjectDirs::default()) else { return false };
    if layout.work_tree.is_some() {
        return index::files(&layout)
            .is_ok_and(|files| !files.is_empty() && files.iter().all(|(_, file)| kind(file.as_bstr())));
    }
    Snapshot::open(&layout, "HEAD").is_ok_and(|head| all_files_are(&head, kind))
}

/// Whether a revision has files, and each of their paths is of a kind. False where that cannot be told.
pub(crate) fn all_files_are(revision: &Snapshot, kind: &dyn Fn(&BStr) -> bool) -> bool {
    let (any, other) = (Cell::new(false), Cell::new(false));
    let look = |path: &BStr| {
        any.set(true);
        other.set(other.get() || !kind(path));
        false
    };
    revision.visit(&look, &mut |_, _| ()) == 0 && any.get() && !other.get()
}

/// Whether an error says that nothing is there.
pub(super) fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The files that the index of the work tree at `top` names; none if there is no index yet.
pub(super) fn files(top: &Path) -> Result<Vec<BString>, String> {
    let layout = layout::find(top, &ObjectDirs::default()).map_err(|error| error.to_string())?;
    // What is called `.git` there may be no repository, and the next one above is another.
    match layout.work_tree.as_deref() == Some(top) {
        true => match index::files(&layout) {
            Ok(files) => Ok(files.into_iter().map(|(_, file)| file).collect()),
            Err(error) => Err(error.to_string()),
        },
        false => Err("this is not the top of a repository".to_owned()),
    }
}
