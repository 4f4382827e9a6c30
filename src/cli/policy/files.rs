//! Where settings are read from: the disk, or the files of a revision.
//!
//! With a revision, every file inside its work tree is read as the revision has it, whatever the disk says: what is
//! judged must not change what it is judged by. Files elsewhere are read from disk.

use std::path::{Component, Path, PathBuf};

use bstr::BString;

use crate::config::read::{self, Unreadable};
use crate::sanitize::visible;
use crate::source::history::range::Snapshot;

/// Where files are read from.
#[derive(Debug, Default)]
pub(super) enum Files {
    /// As they are now.
    #[default]
    Disk,
    /// As a revision has them.
    Of {
        /// The revision.
        snapshot: Snapshot,
        /// The top of its work tree; of a bare repository, its directory stands for it. Without symbolic links.
        top: PathBuf,
        /// Whether there is a work tree.
        has_work_tree: bool,
    },
}

impl Files {
    /// Whether there is something at a path, readable or not.
    pub(super) fn exists(&self, path: &Path) -> bool {
        match self.inside(path) {
            Some((snapshot, path)) => snapshot.has(path.as_ref()),
            None => std::fs::symlink_metadata(path).is_ok(),
        }
    }

    /// The text of a file.
    pub(super) fn text(&self, path: &Path) -> Result<String, Unreadable> {
        let Some((snapshot, path)) = self.inside(path) else { return read::text(path) };
        match snapshot.read(path.as_ref()).map_err(Unreadable::Stored)? {
            Some(bytes) => read::decoded(bytes),
            None => Err(Unreadable::NotInRevision),
        }
    }

    /// What a path is called in messages: `REV:path` in a revision, as in git.
    pub(super) fn name(&self, path: &Path) -> String {
        match self.inside(path) {
            Some((snapshot, path)) => visible(format!("{}:{path}", snapshot.name()).as_bytes()).into_owned(),
            None => read::name(path),
        }
    }

    /// The revision that a path is to be read from, and the path from its top.
    fn inside(&self, path: &Path) -> Option<(&Snapshot, BString)> {
        let Files::Of { snapshot, top, .. } = self else { return None };
        let here = std::env::current_dir().and_then(std::fs::canonicalize).unwrap_or_default();
        let path = plain(&here.join(path));
        // As it is written, or else where the links on the way to it lead.
        let led = || Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?));
        let below = |path: PathBuf| path.strip_prefix(top).map(Path::to_owned).ok();
        let below = below(path.clone()).or_else(|| below(led()?))?;
        let parts: Vec<&[u8]> = below.iter().map(|part| part.as_encoded_bytes()).collect();
        Some((snapshot, parts.join(&b'/').into()))
    }
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}
