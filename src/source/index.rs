//! What the next commit would add: the index against HEAD, against every parent while a merge is under way, against
//! nothing before the first commit.
//!
//! Reads blobs from the index, never files from disk, so that what is judged is what would be committed. Cost: one
//! comparison of the index with HEAD's tree, and the blobs that differ.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice, ByteVec};
use git2::{Delta, DiffOptions, ErrorCode, Index, ObjectType, Oid, Repository, Tree};

use super::{Counted, Issue, LEFT_OUT, Origin, Sink};
use crate::finding::LocationKind;

/// A symbolic link's mode.
const SYMLINK: u32 = 0o120_000;
/// A submodule's mode.
const GITLINK: u32 = 0o160_000;

/// Why an index cannot be compared at all.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The directory is in no repository.
    #[error("{path}: not in a git repository")]
    NotARepository {
        /// As given.
        path: String,
    },
    /// The repository or its index cannot be read.
    #[error("{path}: {message}")]
    Unreadable {
        /// As given.
        path: String,
        /// What git2 said.
        message: String,
    },
}

/// A repository's index, opened to be compared with what it will be committed onto.
pub struct Staged {
    repository: Repository,
    index: Index,
}

impl Staged {
    /// Opens the index of the repository around `path`. `index_file` replaces the repository's own (`GIT_INDEX_FILE`).
    ///
    /// # Errors
    ///
    /// If there is no repository, or its index cannot be read.
    pub fn open(path: &Path, index_file: Option<&Path>) -> Result<Staged, IndexError> {
        let shown = path.display().to_string();
        let repository = Repository::discover(path).map_err(|error| match error.code() {
            ErrorCode::NotFound => IndexError::NotARepository { path: shown.clone() },
            _ => IndexError::Unreadable { path: shown.clone(), message: error.message().to_owned() },
        })?;
        let index = match index_file {
            Some(file) => Index::open(&from_top(&repository, file)),
            None => repository.index(),
        };
        let index = index
            .map_err(|error| IndexError::Unreadable { path: shown, message: error.message().to_owned() })?;
        Ok(Staged { repository, index })
    }

    /// Scans what the index adds. A missing or corrupt object is an issue of the report.
    pub fn scan(&self, target: usize, sink: &dyn Sink) {
        let Some(parents) = parents(&self.repository, sink) else { return };
        let comparison = Comparison { repository: &self.repository, parents: &parents, target, sink };
        match comparison.changes(&self.index) {
            Ok(changes) => {
                let mut told = HashSet::new();
                for (path, mode, id) in changes {
                    if sink.leaves_out(target, path.as_bstr()) {
                        sink.skip(LEFT_OUT, path.as_bstr());
                        continue;
                    }
                    comparison.entry(path.as_bstr(), mode, id);
                    comparison.names(path.as_bstr(), id, &mut told);
                }
            }
            Err(error) => {
                let message = format!("the index cannot be compared with HEAD: {}", error.message());
                sink.issue(Issue::new("corrupt-object", message));
            }
        }
    }
}

/// `GIT_INDEX_FILE` is relative to where git runs its hooks, the top of the work tree.
fn from_top(repository: &Repository, file: &Path) -> PathBuf {
    match repository.workdir() {
        Some(top) if file.is_relative() && !file.exists() => top.join(file),
        _ => file.to_owned(),
    }
}

/// HEAD's tree and those of the commits that are being merged; none before the first commit. No answer if one of them
/// cannot be read: the issue is said.
fn parents<'r>(repository: &'r Repository, sink: &dyn Sink) -> Option<Vec<Tree<'r>>> {
    let mut ids = Vec::new();
    match repository.head() {
        Ok(head) => ids.extend(head.target()),
        Err(error) if matches!(error.code(), ErrorCode::UnbornBranch) => {}
        Err(error) => {
            sink.issue(Issue::new("bad-ref", format!("HEAD cannot be read: {}", error.message())));
            return None;
        }
    }
    ids.extend(merge_heads(repository));
    let mut trees = Vec::new();
    for id in ids {
        match repository.find_commit(id).and_then(|commit| commit.tree()) {
            Ok(tree) => trees.push(tree),
            Err(error) => {
                let message =
                    format!("the tree to compare the index with cannot be read: {}", error.message());
                sink.issue(Issue::new("missing-object", message).at_object(id.to_string()));
                return None;
            }
        }
    }
    Some(trees)
}

/// The commits that a merge under way brings in.
fn merge_heads(repository: &Repository) -> Vec<Oid> {
    let file = std::fs::read_to_string(repository.path().join("MERGE_HEAD")).unwrap_or_default();
    file.lines().filter_map(|line| line.trim().parse().ok()).collect()
}

struct Comparison<'a> {
    repository: &'a Repository,
    parents: &'a [Tree<'a>],
    target: usize,
    sink: &'a dyn Sink,
}

impl Comparison<'_> {
    /// Paths that the index adds or changes, with their modes and blobs: those that differ from every parent.
    fn changes(&self, index: &Index) -> Result<Vec<(BString, u32, Oid)>, git2::Error> {
        let mut options = DiffOptions::new();
        options.include_typechange(true).ignore_submodules(true).skip_binary_check(true).context_lines(0);
        let first = self.parents.first();
        let diff = self.repository.diff_tree_to_index(first, Some(index), Some(&mut options))?;
        let mut changes = Vec::new();
        for delta in diff.deltas() {
            let file = delta.new_file();
            let adds = matches!(delta.status(), Delta::Added | Delta::Modified | Delta::Typechange);
            let (Some(path), mode) = (file.path_bytes(), u32::from(file.mode())) else { continue };
            // An intent to add has no content yet.
            if !adds || mode == GITLINK || file.id().is_zero() {
                continue;
            }
            let others = &self.parents[self.parents.len().min(1)..];
            let as_before =
                others.iter().any(|tree| entry(tree, path.as_bstr()).is_some_and(|(id, _)| id == file.id()));
            if !as_before {
                changes.push((path.into(), mode, file.id()));
            }
        }
        changes.sort();
        Ok(changes)
    }

    /// Scans what one entry adds.
    fn entry(&self, path: &BStr, mode: u32, id: Oid) {
        let object = id.to_string();
        let blob = match self.repository.find_blob(id) {
            Ok(blob) => blob,
            Err(error) => {
                let issue = Issue::new(
                    "missing-object",
                    format!("a staged file cannot be read: {}", error.message()),
                );
                return self.sink.issue(issue.at_path(path).at_object(object));
            }
        };
        let before: Vec<git2::Blob<'_>> = self
            .parents
            .iter()
            .filter_map(|tree| entry(tree, path))
            .filter_map(|(id, _)| self.repository.find_blob(id).ok())
            .collect();
        let bases: Vec<&[u8]> = before.iter().map(git2::Blob::content).collect();
        self.sink.count(Counted::File, 1);
        self.sink.count(Counted::Bytes, blob.size() as u64);
        let kind = if mode == SYMLINK { LocationKind::Symlink } else { LocationKind::Index };
        let origin = |kind| Origin {
            kind,
            target: self.target,
            path: Some(path),
            shown: Some(path),
            object: Some(object.as_str()),
        };
        self.sink.changed(origin(kind), blob.content(), &bases);
    }

    /// Scans the names on the way to `path` that no parent has, each once.
    fn names(&self, path: &BStr, id: Oid, told: &mut HashSet<BString>) {
        if !self.sink.worth_splitting(LocationKind::Path, path) {
            return;
        }
        let object = id.to_string();
        let ends = path.find_iter("/").chain([path.len()]);
        let mut start = 0;
        for end in ends {
            let (name, below) = (&path[start..end], path[..end].as_bstr());
            start = end + 1;
            let known = self.parents.iter().any(|tree| has(tree, below));
            if known || !told.insert(below.to_owned()) {
                continue;
            }
            let origin = Origin {
                kind: LocationKind::Path,
                target: self.target,
                path: Some(below),
                shown: Some(below),
                object: (end == path.len()).then_some(object.as_str()),
            };
            self.sink.blob(origin, name);
        }
    }
}

/// Whether a tree has anything at a path.
fn has(tree: &Tree<'_>, path: &BStr) -> bool {
    path.to_vec().into_path_buf().is_ok_and(|path| tree.get_path(&path).is_ok())
}

/// The blob that a tree has at a path.
fn entry(tree: &Tree<'_>, path: &BStr) -> Option<(Oid, i32)> {
    let path = path.to_vec().into_path_buf().ok()?;
    let entry = tree.get_path(&path).ok()?;
    (entry.kind() == Some(ObjectType::Blob)).then(|| (entry.id(), entry.filemode()))
}
