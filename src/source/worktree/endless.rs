//! Ignore files that are no files: pipes, devices, links to these.
//!
//! Takes a directory and tells of one that the walker would open there. It opens them without a look, and a pipe is not
//! read before somebody writes to it; a link to `/dev/zero`, which any repository can bring along, never ends.

use std::fs;
use std::path::{Path, PathBuf};

use crate::source::layout::{self, ObjectDirs, is_special};

/// Files that each directory can have.
const NAMES: [&str; 2] = [".gitignore", ".ignore"];

/// An ignore file of a directory, or of the repository whose top it is, that must not be opened.
pub(in crate::source) fn ignore_file(dir: &Path) -> Option<PathBuf> {
    let mut here = NAMES.iter().map(|name| dir.join(name));
    here.find(|file| is_special(file)).or_else(|| of_repository(dir))
}

/// The same, of a directory and all above it.
pub(in crate::source) fn ignore_file_at_or_above(dir: &Path) -> Option<PathBuf> {
    dir.ancestors().find_map(ignore_file)
}

fn of_repository(top: &Path) -> Option<PathBuf> {
    let dot_git = top.join(".git");
    let files = match fs::metadata(&dot_git).ok()?.is_dir() {
        true => vec![dot_git.join("info/exclude")],
        false => {
            let layout = layout::find(top, &ObjectDirs::default()).ok()?;
            vec![layout.git_dir.join("commondir"), layout.common_dir.join("info/exclude")]
        }
    };
    files.into_iter().find(|file| is_special(file))
}
