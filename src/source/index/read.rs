//! A repository's index as a file: where it is, and that it is whole.
//!
//! Takes a [`Layout`] and what the environment says ([`Given`]). What is in the index is left to others.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use gix_hash::Kind;

use super::Given;
use crate::source::layout::{Layout, is_special, obstacles};

/// What begins the extension that names the other part of a split index, with a size behind it
/// (gitformat-index(5), "Split index").
const LINK: &[u8] = b"link";

/// Why an index cannot be compared at all.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The index that was named is not there.
    #[error("{path}: there is no such index, though the environment names it")]
    NotThere {
        /// As given.
        path: String,
    },
    /// The index cannot be read.
    #[error("{path}: the index cannot be read: {message}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        message: String,
    },
}

/// Where the index is; none if there is none yet.
pub(super) fn path_of(layout: &Layout, given: &Given) -> Result<Option<PathBuf>, IndexError> {
    let own = || layout.git_dir.join("index");
    let path = given.index.as_ref().map_or_else(own, |file| from_top(layout, file));
    match &given.index {
        _ if path.exists() => Ok(Some(path)),
        Some(_) => Err(IndexError::NotThere { path: path.display().to_string() }),
        None => Ok(None),
    }
}

pub(super) fn read(path: &Path, layout: &Layout) -> Result<gix_index::File, IndexError> {
    decoded(path, layout.hash)
}

pub(super) fn decoded(path: &Path, hash: Kind) -> Result<gix_index::File, IndexError> {
    if is_special(path) {
        let message = "it is not a regular file".to_owned();
        return Err(IndexError::Unreadable { path: path.display().to_string(), message });
    }
    // An index in two parts names the other one, which is opened without a look.
    if let Some(odd) = path.parent().and_then(|dir| obstacles::named(dir, "sharedindex.")) {
        let (path, message) =
            (odd.path.display().to_string(), format!("it is {}, not a regular file", odd.what));
        return Err(IndexError::Unreadable { path, message });
    }
    // Git does not check the sum of the whole file either; an id that is damaged names no object.
    let unreadable = |message| IndexError::Unreadable { path: path.display().to_string(), message };
    let index = gix_index::File::at(path, hash, true, gix_index::decode::Options::default())
        .map_err(|error| unreadable(error.to_string()))?;
    match ends_in_a_link(path, hash) {
        Ok(false) => Ok(index),
        Ok(true) => Err(unreadable("it is cut off: the other part that it names is missing".to_owned())),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

/// Whether an index is cut off within the extension that names its other part. Where the rest is as long as a sum would be, the
/// decoder takes it for one, and the extension for none.
fn ends_in_a_link(path: &Path, hash: Kind) -> std::io::Result<bool> {
    let mut file = std::fs::File::open(path)?;
    let tail = hash.len_in_bytes() + LINK.len() + size_of::<u32>();
    if file.metadata()?.len() < tail as u64 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-i64::try_from(tail).unwrap_or(0)))?;
    let mut header = [0; LINK.len() + size_of::<u32>()];
    file.read_exact(&mut header)?;
    let (name, size) = header.split_at(LINK.len());
    // A path may end so, and has zeros behind it.
    Ok(name == LINK && size != [0; size_of::<u32>()])
}

/// Whether the system lets us read a file, whatever is in it.
pub(super) fn may_be_read(path: &Path) -> bool {
    std::fs::File::open(path).and_then(|mut file| file.read(&mut [0])).is_ok()
}

/// `GIT_INDEX_FILE` is relative to the top of the work tree, where git runs its hooks.
fn from_top(layout: &Layout, file: &Path) -> PathBuf {
    let from_top = layout.work_tree.as_ref().map(|top| top.join(file)).filter(|path| path.exists());
    from_top.unwrap_or_else(|| file.to_owned())
}
