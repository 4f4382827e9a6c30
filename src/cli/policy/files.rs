//! Where settings are read from: the disk, the index, or the files of a revision.
//!
//! Of what is stored, every file inside the work tree is read as it is stored there, whatever the disk says: what judges
//! a commit is what the commit will hold, and a change must not change what it is judged by. Files elsewhere are read
//! from disk.

use std::path::{Component, Path, PathBuf};

use bstr::{BStr, BString};

use super::super::UsageError;
use crate::baseline::BaselineError;
use crate::config::read::{self, Unreadable};
use crate::sanitize::visible;
use crate::source::history::range::Snapshot;
use crate::source::index::{IndexFiles, same_text};

/// What a scan is to be judged by, where no revision is named.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) enum Basis {
    /// The files on disk.
    #[default]
    Disk,
    /// The same, for a change that begins at a revision.
    Since(String),
    /// The files of the index: those of the next commit.
    Index(IndexFiles),
    /// The files that are committed in `HEAD`.
    Head,
    /// The same, or those of what stands in for it, for refs that come in.
    Received(Vec<Incoming>),
    /// Those of what is pushed.
    Pushed {
        /// The revision that a ref is to be.
        tip: String,
        /// What the other side has in its place, if that is known here.
        base: Option<String>,
    },
}

/// A ref that comes in.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Incoming {
    pub(in crate::cli) name: BString,
    /// What it is to be.
    pub(in crate::cli) tip: String,
    /// What it is; none if it is to be made.
    pub(in crate::cli) old: Option<String>,
}

/// Where files are read from.
#[derive(Debug, Default)]
pub(super) enum Files {
    /// As they are now.
    #[default]
    Disk,
    /// As they are stored.
    Of {
        stored: Stored,
        /// The top of the work tree; of a bare repository, its directory stands for it. Without symbolic links.
        top: PathBuf,
    },
}

/// Files that are stored.
#[derive(Debug)]
pub(super) enum Stored {
    /// In the revision that was asked for.
    Asked(Snapshot),
    /// In `HEAD`, or what stands in for it.
    Head(Snapshot),
    /// In what is pushed, and is not `HEAD`.
    Pushed(Snapshot),
    /// In the index.
    Index(IndexFiles),
}

impl Stored {
    fn has(&self, path: &BStr) -> bool {
        match self {
            Stored::Asked(snapshot) | Stored::Head(snapshot) | Stored::Pushed(snapshot) => snapshot.has(path),
            Stored::Index(files) => files.has(path),
        }
    }

    pub(super) fn read(&self, path: &BStr) -> Result<Option<Vec<u8>>, String> {
        match self {
            Stored::Asked(snapshot) | Stored::Head(snapshot) | Stored::Pushed(snapshot) => {
                snapshot.read(path)
            }
            Stored::Index(files) => files.read(path),
        }
    }
}

impl Files {
    /// Whether there is something at a path, readable or not.
    pub(super) fn exists(&self, path: &Path) -> bool {
        match self.inside(path) {
            Some((stored, path)) => stored.has(path.as_ref()),
            None => std::fs::symlink_metadata(path).is_ok(),
        }
    }

    /// The text of a file.
    pub(super) fn text(&self, path: &Path) -> Result<String, Unreadable> {
        let Some((stored, path)) = self.inside(path) else { return read::text(path) };
        match stored.read(path.as_ref()).map_err(Unreadable::Stored)? {
            Some(bytes) => read::decoded(bytes),
            None => Err(match stored {
                Stored::Asked(_) | Stored::Head(_) | Stored::Pushed(_) => Unreadable::NotInRevision,
                Stored::Index(_) => Unreadable::NotStaged,
            }),
        }
    }

    /// The text of a file that the command line names. Whoever names one that is not stored means the one on disk, unless
    /// a revision was named as well.
    pub(super) fn named(&self, path: &Path) -> Result<String, Unreadable> {
        match (self.text(path), self) {
            (Err(Unreadable::NotInRevision | Unreadable::NotStaged), Files::Of { stored, .. })
                if !matches!(stored, Stored::Asked(_)) =>
            {
                read::text(path)
            }
            (text, _) => text,
        }
    }

    /// What a path is called in messages: `REV:path` in a revision, as in git, and in the index where the disk has
    /// another text.
    pub(super) fn name(&self, path: &Path) -> String {
        let plain = || read::name(path);
        let Some((stored, below)) = self.inside(path) else { return plain() };
        match stored {
            Stored::Asked(snapshot) | Stored::Head(snapshot) | Stored::Pushed(snapshot) => {
                visible(format!("{}:{below}", snapshot.name()).as_bytes()).into_owned()
            }
            Stored::Index(files) => match (files.read(below.as_ref()), read::text(path)) {
                (Ok(Some(staged)), Ok(now)) if same_text(&staged, now.as_bytes()) => plain(),
                (Ok(None), _) => plain(),
                _ => format!("staged {}", plain()),
            },
        }
    }

    /// What a path is to be read from, and the path from its top.
    pub(super) fn inside(&self, path: &Path) -> Option<(&Stored, BString)> {
        let Files::Of { stored, top } = self else { return None };
        let here = std::env::current_dir().and_then(std::fs::canonicalize).unwrap_or_default();
        let path = plain(&here.join(path));
        // As it is written, or else where the links on the way to it lead.
        let led = || Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?));
        let below = |path: PathBuf| path.strip_prefix(top).map(Path::to_owned).ok();
        let below = below(path.clone()).or_else(|| below(led()?))?;
        let parts: Vec<&[u8]> = below.iter().map(|part| part.as_encoded_bytes()).collect();
        Some((stored, parts.join(&b'/').into()))
    }
}

/// Why a text is none of settings; where git left a merge in it that it could not settle, that is why. `keep`: what is to
/// stay of both sides.
pub(in crate::cli) fn malformed(
    name: &str,
    text: &str,
    keep: &str,
    otherwise: impl FnOnce() -> UsageError,
) -> UsageError {
    let Some(line) = read::conflict(text) else { return otherwise() };
    UsageError::new(format!("{name}:{line}: git left a merge conflict there that is not resolved")).help(
        format!("keep {keep}, and delete the lines that begin with <<<<<<<, |||||||, ======= or >>>>>>>"),
    )
}

/// The same, of a baseline.
pub(in crate::cli) fn malformed_baseline(name: &str, text: &str, error: BaselineError) -> UsageError {
    let keep = "the lines of both sides, in any order (`leeward.baseline merge=union` in .gitattributes has git do that)";
    malformed(name, text, keep, || UsageError::new(error))
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
