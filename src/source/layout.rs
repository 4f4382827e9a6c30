//! Where a repository's things are: found, not assumed.
//!
//! Takes any path in or of a repository (work tree, subdirectory, `.git`, bare, linked worktree, submodule), gives its
//! directories and what is special about it. Reads a few small files; runs nothing, and asks nobody who owns them.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice, ByteVec};

use super::{Issue, Sink};

/// Why there is no repository to read.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// Nothing is at the path.
    #[error("{path}: no such file or directory")]
    Missing {
        /// As given.
        path: String,
    },
    /// The path is in no repository.
    #[error("{path}: not in a git repository, nor a bare one")]
    NotARepository {
        /// As given.
        path: String,
    },
    /// A repository of a kind that cannot be read.
    #[error("{path}: {message}")]
    Unreadable {
        /// As given.
        path: String,
        /// What is in the way.
        message: String,
    },
}

/// Where a repository's things are.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The top of its work tree; none for a bare repository.
    pub top: Option<PathBuf>,
    /// `.git`, or what a linked worktree has in its place.
    pub git_dir: PathBuf,
    /// What all worktrees of the repository share.
    pub common_dir: PathBuf,
    /// Where objects are: its own directory first, then alternates, each once.
    pub object_dirs: Vec<PathBuf>,
    /// How objects are named.
    pub hash: gix_hash::Kind,
    /// Refs are in a format that is not read.
    pub reftable: bool,
    /// History is cut off on purpose.
    pub shallow: bool,
    /// Objects were left at the remote on purpose.
    pub partial: bool,
}

impl Layout {
    /// Finds the repository that `path` is in or is. Alternates that cannot be read are issues.
    ///
    /// # Errors
    ///
    /// If there is nothing at the path, no repository around it, or one of an unknown kind.
    pub fn find(path: &Path, sink: Option<&dyn Sink>) -> Result<Layout, LayoutError> {
        let shown = path.display().to_string();
        let real = fs::canonicalize(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => LayoutError::Missing { path: shown.clone() },
            _ => LayoutError::Unreadable { path: shown.clone(), message: error.to_string() },
        })?;
        let (top, git_dir) =
            real.ancestors().find_map(git_dir).ok_or(LayoutError::NotARepository { path: shown.clone() })?;
        let common_dir = match fs::read(git_dir.join("commondir")) {
            Ok(line) => resolved(&git_dir, &line),
            Err(_) => git_dir.clone(),
        };
        let unreadable = |message: String| LayoutError::Unreadable { path: shown.clone(), message };
        let config = Config::read(&common_dir.join("config")).map_err(unreadable)?;
        let hash = match config.get("extensions.objectformat").as_deref() {
            None | Some("sha1") => gix_hash::Kind::Sha1,
            Some("sha256") => gix_hash::Kind::Sha256,
            Some(other) => {
                return Err(unreadable(format!("its objects are named by '{other}', which is not known")));
            }
        };
        let mut object_dirs = Vec::new();
        add_objects(&common_dir.join("objects"), &mut object_dirs, &mut HashSet::new(), sink);
        Ok(Layout {
            shallow: has_content(&common_dir.join("shallow")),
            partial: config.get("extensions.partialclone").is_some()
                || object_dirs.iter().any(|dir| promised(dir)),
            reftable: config.get("extensions.refstorage").is_some_and(|format| format == "reftable"),
            top,
            git_dir,
            common_dir,
            object_dirs,
            hash,
        })
    }
}

/// The work tree and the git directory, if `directory` is one or has one.
fn git_dir(directory: &Path) -> Option<(Option<PathBuf>, PathBuf)> {
    let dot_git = directory.join(".git");
    if dot_git.is_dir() && is_git_dir(&dot_git) {
        return Some((Some(directory.to_owned()), dot_git));
    }
    if let Ok(text) = fs::read(&dot_git)
        && let Some(line) = text.strip_prefix(b"gitdir:")
    {
        let target = resolved(directory, line);
        return is_git_dir(&target).then(|| (Some(directory.to_owned()), target));
    }
    if !is_git_dir(directory) {
        return None;
    }
    let top = match directory.file_name().is_some_and(|name| name == ".git") {
        true => directory.parent().map(Path::to_owned),
        // A linked worktree's directory says where the worktree is.
        false => fs::read(directory.join("gitdir"))
            .ok()
            .and_then(|line| resolved(directory, &line).parent().map(Path::to_owned)),
    };
    Some((top, directory.to_owned()))
}

/// Whether a directory has what every git directory has.
fn is_git_dir(directory: &Path) -> bool {
    let has = |name: &str| directory.join(name).exists();
    // A broken HEAD link still makes a repository.
    let head = fs::symlink_metadata(directory.join("HEAD")).is_ok();
    head && (has("commondir") || has("objects") && has("refs"))
}

/// The path that a line of a file in `base` names.
fn resolved(base: &Path, line: &[u8]) -> PathBuf {
    let path = line.trim().to_path_lossy().into_owned();
    let path = base.join(path);
    fs::canonicalize(&path).unwrap_or(path)
}

fn has_content(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|metadata| metadata.len() > 0)
}

/// Whether a pack came from a remote that promised what it left out.
fn promised(objects: &Path) -> bool {
    let Ok(entries) = fs::read_dir(objects.join("pack")) else { return false };
    entries.flatten().any(|entry| entry.path().extension().is_some_and(|extension| extension == "promisor"))
}

/// Adds an object directory and what its alternates name, each once.
fn add_objects(dir: &Path, all: &mut Vec<PathBuf>, seen: &mut HashSet<PathBuf>, sink: Option<&dyn Sink>) {
    let real = match fs::canonicalize(dir) {
        Ok(real) if real.is_dir() => real,
        _ => {
            let message =
                "an object directory that alternates name is not there: its objects were not scanned";
            let path: BString = Vec::from_path_lossy(dir).into_owned().into();
            if let Some(sink) = sink {
                sink.issue(Issue::new("missing-alternate", message).at_path(path));
            }
            return;
        }
    };
    if !seen.insert(real.clone()) {
        return;
    }
    let alternates = fs::read(real.join("info/alternates")).unwrap_or_default();
    all.push(real.clone());
    for line in alternates.lines().filter(|line| !line.is_empty() && !line.starts_with(b"#")) {
        add_objects(&real.join(line.to_path_lossy()), all, seen, sink);
    }
}

/// The few settings of a repository's own configuration that say how to read it.
struct Config(Option<git2::Config>);

impl Config {
    /// A file that is not there says nothing.
    fn read(file: &Path) -> Result<Config, String> {
        match fs::read(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Config(None)),
            Err(error) => Err(format!("its configuration cannot be read: {error}")),
            Ok(_) => match git2::Config::open(file) {
                Ok(config) => Ok(Config(Some(config))),
                Err(error) => Err(format!("its configuration cannot be read: {}", error.message())),
            },
        }
    }

    fn get(&self, name: &str) -> Option<String> {
        self.0.as_ref()?.get_string(name).ok().map(|value| value.to_lowercase())
    }
}
