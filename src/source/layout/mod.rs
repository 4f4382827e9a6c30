//! Where the things of a repository are: found, not assumed.
//!
//! Takes any path into a repository (a work tree, a directory below it, a git directory, a bare repository, a linked
//! worktree, a submodule) and gives its [`Layout`]. It reads files only: nothing is run, no environment variable is
//! looked at, and who owns the files does not matter, because nothing in them is ever executed. What the objects and
//! refs hold is left to [`super::history`].

mod config;
pub(crate) mod include;
mod object_dirs;
pub(crate) mod obstacles;
pub(crate) mod regular;
#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice};
use gix_hash::Kind;

use self::config::Config;
pub(in crate::source) use self::config::opened as open_config;
pub(crate) use self::object_dirs::listed;
use self::object_dirs::object_dirs;
use super::Issue;
use crate::sanitize::system_error;

/// The parts of a repository. All paths are absolute.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The top of the work tree; none for a bare repository.
    pub work_tree: Option<PathBuf>,
    /// What belongs to this work tree alone: `HEAD`, `index`.
    pub git_dir: PathBuf,
    /// What all work trees share: `config`, `refs`, `packed-refs`. The same as `git_dir` unless this is a linked one.
    pub common_dir: PathBuf,
    /// Object directories, the repository's own first, each once.
    pub object_dirs: Vec<PathBuf>,
    /// SHA-1 or SHA-256.
    pub hash: Kind,
    /// Refs are kept in reftables, not in files.
    pub reftable: bool,
    /// The file that lists where history was cut off, if it was.
    pub shallow: Option<PathBuf>,
    /// Objects may be missing because another repository promised them.
    pub promisor: bool,
    /// The file of grafted parents, if there is one.
    pub grafts: Option<PathBuf>,
    /// What was named and not found, such as a missing alternate.
    pub issues: Vec<Issue>,
}

/// Object directories that the caller's environment adds, given explicitly because a source reads no environment.
#[derive(Clone, Debug, Default)]
pub struct ObjectDirs {
    /// In place of the repository's own (`GIT_OBJECT_DIRECTORY`).
    pub main: Option<PathBuf>,
    /// In addition (`GIT_ALTERNATE_OBJECT_DIRECTORIES`).
    pub alternates: Vec<PathBuf>,
}

/// Why there is no layout.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// Nothing is at that path.
    #[error("{}: no such file or directory", path.display())]
    NotFound {
        /// As given.
        path: PathBuf,
    },
    /// Something is there, but neither it nor a directory above it is a repository.
    #[error("{}: not a git repository, nor inside of one", path.display())]
    NotARepository {
        /// As given.
        path: PathBuf,
    },
    /// A `.git` file names a directory that is no repository.
    #[error("{}: names {}, which is not a git repository", file.display(), target.display())]
    BrokenLink {
        /// The `.git` file.
        file: PathBuf,
        /// What it names.
        target: PathBuf,
    },
    /// The path could not be looked at.
    #[error("{}: {}", path.display(), system_error(source))]
    Unreadable {
        /// As given.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Finds the repository that `path` is, or is inside of.
///
/// # Errors
///
/// When there is nothing at `path`, or no repository at or above it.
pub fn find(path: &Path, dirs: &ObjectDirs) -> Result<Layout, LayoutError> {
    let start = fs::canonicalize(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => LayoutError::NotFound { path: path.to_owned() },
        _ => LayoutError::Unreadable { path: path.to_owned(), source },
    })?;
    let (git_dir, beside) = discover(&start, path)?;
    let common_dir = common_dir(&git_dir);
    let mut issues = Vec::new();
    let config = Config::read(&common_dir.join("config"), &mut issues);
    let work_tree = elsewhere(&git_dir, &common_dir, &config)
        .or(beside)
        .or_else(|| work_tree_of(&git_dir, &common_dir, &config));
    let object_dirs = object_dirs(&common_dir, dirs, &mut issues);
    let hash = config.hash.unwrap_or_else(|| guess_hash(&object_dirs));
    let promisor = config.promisor || object_dirs.iter().any(|dir| has_promisor_pack(dir));
    // What stands there and is no file could say anything.
    let odd = [git_dir.join("commondir"), common_dir.join("shallow"), common_dir.join("info/grafts")];
    for odd in odd.iter().filter_map(|path| regular::odd(path)) {
        let message = format!("it is {}, not a regular file", odd.what);
        issues.push(Issue::new("unreadable", message).at_path(bytes_of(&odd.path)));
    }
    let existing = |file: PathBuf| {
        fs::metadata(&file).is_ok_and(|meta| meta.is_file() && meta.len() > 0).then_some(file)
    };
    Ok(Layout {
        work_tree,
        hash,
        reftable: config.reftable,
        shallow: existing(common_dir.join("shallow")),
        promisor,
        grafts: existing(common_dir.join("info/grafts")),
        git_dir,
        common_dir,
        object_dirs,
        issues,
    })
}

/// The git directory that `start` belongs to, and the work tree if the way there led through one.
fn discover(start: &Path, given: &Path) -> Result<(PathBuf, Option<PathBuf>), LayoutError> {
    if start.is_file() && start.file_name() == Some(OsStr::new(".git")) {
        let parent = start.parent().map(Path::to_owned);
        return follow_link(start).map(|git_dir| (git_dir, parent));
    }
    for dir in start.ancestors() {
        let dot_git = dir.join(".git");
        if dot_git.is_file() {
            return follow_link(&dot_git).map(|git_dir| (git_dir, Some(dir.to_owned())));
        }
        if is_git_dir(&dot_git) {
            let git_dir = fs::canonicalize(&dot_git).unwrap_or(dot_git);
            return Ok((git_dir, Some(dir.to_owned())));
        }
        if is_git_dir(dir) {
            return Ok((dir.to_owned(), None));
        }
        // One that may not be entered is no reason to go on upwards, to another repository or to none.
        if let Err(source) = fs::symlink_metadata(dot_git.join("HEAD"))
            && source.kind() == io::ErrorKind::PermissionDenied
        {
            return Err(LayoutError::Unreadable { path: dot_git, source });
        }
    }
    Err(LayoutError::NotARepository { path: given.to_owned() })
}

/// Follows a `.git` file (`gitdir: PATH`, relative to the file).
fn follow_link(file: &Path) -> Result<PathBuf, LayoutError> {
    let content =
        read_file(file).map_err(|source| LayoutError::Unreadable { path: file.to_owned(), source })?;
    let named = content.strip_prefix(b"gitdir:").map(|rest| rest.trim_with(|c| c.is_ascii_whitespace()));
    let target = named.and_then(to_path).unwrap_or_default();
    let target = file.parent().unwrap_or(Path::new("/")).join(target);
    match fs::canonicalize(&target) {
        Ok(found) if is_git_dir(&found) => Ok(found),
        _ => Err(LayoutError::BrokenLink { file: file.to_owned(), target }),
    }
}

/// A git directory has a HEAD, objects, and a place for refs; nothing else is needed.
fn is_git_dir(dir: &Path) -> bool {
    // A HEAD that is a symbolic link to a branch without commits points to nothing, and is still a HEAD.
    if fs::symlink_metadata(dir.join("HEAD")).is_ok_and(|meta| !meta.is_dir()) {
        let common = common_dir(dir);
        return common.join("objects").is_dir()
            && (common.join("refs").is_dir() || common.join("packed-refs").is_file());
    }
    false
}

/// The directory that a linked worktree shares with the main one.
fn common_dir(git_dir: &Path) -> PathBuf {
    let Ok(content) = read_file(&git_dir.join("commondir")) else { return git_dir.to_owned() };
    let Some(named) = to_path(content.trim_with(|c| c.is_ascii_whitespace())) else {
        return git_dir.to_owned();
    };
    let joined = git_dir.join(named);
    fs::canonicalize(&joined).unwrap_or(joined)
}

/// The work tree that the configuration names (`core.worktree`), which wins over the one beside the git directory. It is
/// not for linked worktrees.
fn elsewhere(git_dir: &Path, common_dir: &Path, config: &Config) -> Option<PathBuf> {
    let named = config.work_tree.as_ref().filter(|_| git_dir == common_dir)?;
    fs::canonicalize(git_dir.join(named)).ok().filter(|top| top.is_dir())
}

/// The work tree of a git directory that was named directly.
fn work_tree_of(git_dir: &Path, common_dir: &Path, config: &Config) -> Option<PathBuf> {
    if git_dir != common_dir {
        let content = read_file(&git_dir.join("gitdir")).ok()?;
        let dot_git = git_dir.join(to_path(content.trim_with(|c| c.is_ascii_whitespace()))?);
        return fs::canonicalize(dot_git.parent()?).ok();
    }
    // One that is not there is none.
    if config.work_tree.is_some() {
        return None;
    }
    let beside = git_dir.file_name() == Some(OsStr::new(".git")) && config.bare != Some(true);
    beside.then(|| git_dir.parent().map(Path::to_owned)).flatten()
}

/// The hash of a repository whose configuration does not say: the length of the names it gave its packs and objects.
fn guess_hash(object_dirs: &[PathBuf]) -> Kind {
    let sha256_pack =
        |name: &str| name.starts_with("pack-") && name.split('.').next().map(str::len) == Some(69);
    for dir in object_dirs {
        if names(&dir.join("pack")).any(|name| sha256_pack(&name)) {
            return Kind::Sha256;
        }
        let fans = names(dir).filter(|name| name.len() == 2);
        if let Some(name) = fans.flat_map(|fan| names(&dir.join(fan))).next() {
            return if name.len() == 62 { Kind::Sha256 } else { Kind::Sha1 };
        }
    }
    Kind::Sha1
}

fn has_promisor_pack(dir: &Path) -> bool {
    names(&dir.join("pack")).any(|name| name.ends_with(".promisor"))
}

/// The names in a directory, as far as they are text; none when it cannot be read.
fn names(dir: &Path) -> impl Iterator<Item = String> + use<> {
    let entries = fs::read_dir(dir).into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok())
}

/// Reads a file of a repository. One that is none, such as a pipe that nobody writes to, is an error: to open it could
/// take for ever.
pub(in crate::source) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    regular::read(path)
}

/// Whether something is there that is neither a file nor a directory, nor a link to one.
pub(in crate::source) fn is_special(path: &Path) -> bool {
    regular::odd(path).is_some()
}

/// A path from bytes, where the system can express it.
pub(crate) fn to_path(bytes: &[u8]) -> Option<PathBuf> {
    bytes.to_path().ok().map(Path::to_owned)
}

/// A path as an issue carries it.
pub(super) fn bytes_of(path: &Path) -> BString {
    BString::from(path.as_os_str().as_encoded_bytes())
}
