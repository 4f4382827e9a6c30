//! What git says in the environment of a hook: which repository, which objects, which index; and the terminal, what it
//! shows. Sources and reports read no environment, so it is read here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::UsageError;
use super::policy::Basis;
use super::scan::exists;
use crate::source::index::{Given, IndexFiles};
use crate::source::layout::regular::Odd;
use crate::source::layout::{self, Layout, ObjectDirs, include, obstacles};

/// A variable that is set to something.
pub(super) fn set(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Whether the environment has nothing against colours.
pub(super) fn shows_color() -> bool {
    set("NO_COLOR").is_none() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Columns of the terminal on standard output.
pub(super) fn terminal_width() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}

/// The repository that `path` is in. For the working directory, the one that git names wins (`GIT_DIR`).
///
/// # Errors
///
/// If there is nothing at `path`, or a file, or no repository.
pub(super) fn repository(path: &Path) -> Result<Layout, UsageError> {
    let git_dir = set("GIT_DIR").map(PathBuf::from).filter(|_| path == Path::new("."));
    let gone = |path: &PathBuf, name: &str| {
        let shown = crate::sanitize::visible(path.as_os_str().as_encoded_bytes()).into_owned();
        UsageError::new(format!("{shown}: no such directory, though {name} names it"))
    };
    if let Some(git_dir) = git_dir.as_ref().filter(|path| !path.exists()) {
        return Err(gone(git_dir, "GIT_DIR"));
    }
    if let Some(objects) = object_dirs().main.filter(|path| !path.is_dir()) {
        let help = "git in this environment finds no object either: take it out (unset GIT_OBJECT_DIRECTORY)";
        return Err(gone(&objects, "GIT_OBJECT_DIRECTORY").help(help));
    }
    named(path)?;
    let mut layout =
        layout::find(git_dir.as_deref().unwrap_or(path), &object_dirs()).map_err(UsageError::new)?;
    if git_dir.is_some() {
        let work_tree = set("GIT_WORK_TREE").map(PathBuf::from);
        layout.work_tree = work_tree.and_then(|top| top.canonicalize().ok()).or(layout.work_tree);
    }
    Ok(layout)
}

/// Whether a repository could be named by a path: one that is in it, or its `.git`, which may be a file.
///
/// # Errors
///
/// If nothing is there, or a file.
pub(super) fn named(path: &Path) -> Result<(), UsageError> {
    exists(path)?;
    if !path.is_file() || path.file_name().is_some_and(|name| name == ".git") {
        return Ok(());
    }
    let shown = crate::sanitize::visible(path.as_os_str().as_encoded_bytes()).into_owned();
    Err(UsageError::new(format!("{shown}: a file, and not a git repository")))
}

/// What stands where git would look for a file, and is none, so that git would never answer. `cloning`: whether it is
/// to clone the repository as well.
pub(super) fn obstacles(path: &Path, cloning: bool) -> Vec<Odd> {
    let named = set("GIT_DIR").filter(|_| path == Path::new("."));
    let mut found: Vec<Odd> = settings().iter().filter_map(|file| include::odd_among(file)).collect();
    found.extend(obstacles::on_the_way(path).filter(|_| named.is_none()));
    if let Ok(layout) = repository(path) {
        let more = if cloning { obstacles::to_clones(&layout) } else { obstacles::to_answers(&layout) };
        found.extend(more.into_iter().filter(|odd| !found.contains(odd)).collect::<Vec<_>>());
    }
    found
}

/// Refuses to ask git where it would never answer.
///
/// # Errors
///
/// With the first [obstacle](fn@obstacles).
pub(super) fn unobstructed(path: &Path) -> Result<(), UsageError> {
    match obstacles(path, false).first() {
        None => Ok(()),
        Some(odd) => {
            let message = format!("{}, and git would wait for it without end; nothing was done", told(odd));
            Err(UsageError::new(message).help(OBSTACLE_HELP))
        }
    }
}

/// What to do about an obstacle.
pub(super) const OBSTACLE_HELP: &str =
    "delete it; where git needs a file of that name, take it from a backup or another clone";

/// An obstacle, to be shown.
pub(super) fn told(odd: &Odd) -> String {
    let path = crate::sanitize::visible(odd.path.as_os_str().as_encoded_bytes()).into_owned();
    format!("{path} is {}, not a file", odd.what)
}

/// The files of settings of a person and of the system.
fn settings() -> Vec<PathBuf> {
    let home = || set("HOME").or_else(|| set("USERPROFILE")).map(PathBuf::from);
    let of_person = match std::env::var_os("GIT_CONFIG_GLOBAL") {
        Some(file) => vec![PathBuf::from(file)],
        None => {
            let config = set("XDG_CONFIG_HOME").map(PathBuf::from);
            let config = config.or_else(|| home().map(|home| home.join(".config")));
            let own = home().map(|home| home.join(".gitconfig"));
            config.map(|config| config.join("git/config")).into_iter().chain(own).collect()
        }
    };
    let of_system = set("GIT_CONFIG_SYSTEM").unwrap_or_else(|| "/etc/gitconfig".into());
    of_person.into_iter().chain([of_system.into()]).collect()
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
    Ok(Basis::Index(IndexFiles::open(layout, &index()).map_err(UsageError::new)?))
}

/// Where git says that objects are: those of a push that is not accepted yet are apart.
pub(super) fn object_dirs() -> ObjectDirs {
    let alternates = set("GIT_ALTERNATE_OBJECT_DIRECTORIES").unwrap_or_default();
    ObjectDirs {
        main: set("GIT_OBJECT_DIRECTORY").map(PathBuf::from),
        alternates: layout::listed(alternates.as_encoded_bytes()),
    }
}
