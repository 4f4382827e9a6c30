//! What git says in the environment of a hook: which repository, which objects, which index. Sources read no
//! environment, so it is read here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::UsageError;
use super::policy::Basis;
use super::scan::exists;
use crate::source::index::{Given, Staged};
use crate::source::layout::{self, Layout, ObjectDirs};

/// A variable that is set to something.
pub(super) fn set(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The repository that `path` is in. For the working directory, the one that git names wins (`GIT_DIR`).
///
/// # Errors
///
/// If there is nothing at `path`, or no repository.
pub(super) fn repository(path: &Path) -> Result<Layout, UsageError> {
    let named = set("GIT_DIR").map(PathBuf::from).filter(|_| path == Path::new("."));
    let gone = |path: &PathBuf, name: &str| {
        let shown = crate::sanitize::visible(path.as_os_str().as_encoded_bytes()).into_owned();
        UsageError::new(format!("{shown}: no such directory, though {name} names it"))
    };
    if let Some(git_dir) = named.as_ref().filter(|path| !path.exists()) {
        return Err(gone(git_dir, "GIT_DIR"));
    }
    if let Some(objects) = object_dirs().main.filter(|path| !path.is_dir()) {
        let help = "git in this environment finds no object either: take it out (unset GIT_OBJECT_DIRECTORY)";
        return Err(gone(&objects, "GIT_OBJECT_DIRECTORY").help(help));
    }
    exists(path)?;
    let mut layout =
        layout::find(named.as_deref().unwrap_or(path), &object_dirs()).map_err(UsageError::new)?;
    if named.is_some() {
        let work_tree = set("GIT_WORK_TREE").map(PathBuf::from);
        layout.work_tree = work_tree.and_then(|top| top.canonicalize().ok()).or(layout.work_tree);
    }
    Ok(layout)
}

/// The index that git names.
pub(super) fn index() -> Given {
    Given { index: set("GIT_INDEX_FILE").map(PathBuf::from), merged: Vec::new() }
}

/// The settings of the next commit: those of the index that git names.
///
/// # Errors
///
/// If that index is not there.
pub(super) fn next_commit(layout: &Layout) -> Result<Basis, UsageError> {
    let staged = Staged::open(layout, index()).map_err(UsageError::new)?;
    Ok(Basis::Index(staged.files()))
}

/// Where git says that objects are: those of a push that is not accepted yet are apart.
pub(super) fn object_dirs() -> ObjectDirs {
    let alternates = set("GIT_ALTERNATE_OBJECT_DIRECTORIES").unwrap_or_default();
    ObjectDirs {
        main: set("GIT_OBJECT_DIRECTORY").map(PathBuf::from),
        alternates: layout::listed(alternates.as_encoded_bytes()),
    }
}
