//! The sides of a change on which comments are compared: what each begins at, and what it is after the change.
//!
//! A commit has one, a push one for each ref. Takes what `since` knows of either; reads files, judges nothing.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use bstr::{BStr, ByteSlice as _};

use crate::source::history::range::{Keeps, Snapshot};
use crate::source::index::IndexFiles;

/// Revisions that were opened, each by the name that it was asked for by.
#[derive(Default)]
pub(super) struct Opened {
    pub(super) named: Vec<(String, Snapshot)>,
    /// What stands in for those that could not be opened.
    pub(super) instead: Vec<Snapshot>,
}

impl Opened {
    /// The revision of that name, or what stands in for it.
    pub(super) fn get(&self, name: &str) -> Vec<&Snapshot> {
        match self.named.iter().find(|(known, _)| known == name) {
            Some((_, snapshot)) => vec![snapshot],
            None => self.instead.iter().collect(),
        }
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<&Snapshot> {
        self.named.iter().map(|(_, snapshot)| snapshot).chain(&self.instead).collect()
    }
}

/// One side of a change.
pub(super) struct Side<'a> {
    /// What it begins at: nothing, where nothing was there before.
    pub(super) since: Vec<&'a Snapshot>,
    pub(super) after: After<'a>,
}

/// What is there after the change.
pub(super) enum After<'a> {
    /// Files below a directory.
    Disk(PathBuf),
    Index(&'a IndexFiles),
    Revision(Snapshot),
    /// That cannot be told.
    Unknown,
}

impl After<'_> {
    /// What stands at a path in what is stored; nothing, where nothing does. None if that cannot be told; and of files on disk,
    /// of which all is told of anyway.
    pub(super) fn content(&self, path: &BStr) -> Option<Vec<u8>> {
        match self {
            After::Disk(_) | After::Unknown => None,
            After::Index(files) => files.read(path).ok().map(Option::unwrap_or_default),
            After::Revision(end) => end.read(path).ok().map(Option::unwrap_or_default),
        }
    }

    /// Hands the files of what is stored that a revision does not have in the same way to `visit`, with what they hold. Of
    /// files on disk there are none: of them, all is told of anyway.
    pub(super) fn visit_changed(&self, since: &Snapshot, visit: &mut dyn FnMut(&BStr, &[u8])) {
        match self {
            After::Disk(_) | After::Unknown => {}
            After::Index(files) => files.visit_changed(since.tree_id(), visit),
            After::Revision(end) => drop(end.visit_changed(since, visit)),
        }
    }

    /// What is stored.
    pub(super) fn stored(&self) -> Option<&dyn Keeps> {
        match self {
            After::Disk(_) | After::Unknown => None,
            After::Index(files) => Some(*files),
            After::Revision(end) => Some(end),
        }
    }

    /// Whether the file at a path is gone, or holds a value no more. False where that cannot be told.
    pub(super) fn lacks(&self, path: &BStr, secret: &[u8]) -> bool {
        let stored = |read: Result<Option<Vec<u8>>, String>| {
            read.is_ok_and(|content| content.is_none_or(|content| !content.contains_str(secret)))
        };
        match self {
            After::Disk(top) => on_disk(top, path, secret),
            After::Index(files) => stored(files.read(path)),
            After::Revision(end) => stored(end.read(path)),
            After::Unknown => false,
        }
    }
}

fn on_disk(top: &Path, path: &BStr, secret: &[u8]) -> bool {
    match path.to_path().map(|path| std::fs::read(top.join(path))) {
        Ok(Ok(now)) => !now.contains_str(secret),
        Ok(Err(error)) => error.kind() == ErrorKind::NotFound,
        Err(_) => false,
    }
}
