//! What comments `leeward:ignore` are new since: the revisions that a change begins at.
//!
//! That is the revision that was asked for, or else, in a gate, what the change begins at: `HEAD` for a commit, what the
//! other side has in its place for a ref, or else what remotes have by default. Where nothing is there yet, every comment
//! is new.

use std::path::PathBuf;

use bstr::{BStr, ByteSlice as _};

use super::super::{UsageError, surroundings};
use super::Judge;
use super::files::Basis;
use crate::source::history::range::{Snapshot, remotes};
use crate::source::index::IndexFiles;
use crate::source::layout::Layout;

/// How many branches are looked at where it cannot be told which one a change begins at.
const BRANCHES: usize = 100;

/// What follows the branch that a remote has by default.
const DEFAULT: [&str; 3] = ["HEAD", "main", "master"];

/// Opens the revisions that a change ends with.
pub(in crate::cli) type Ends<'a> = Box<dyn Fn() -> Vec<Snapshot> + 'a>;

/// What is judged, as it is after the change.
pub(in crate::cli) enum Now<'n> {
    /// Files on disk.
    Disk,
    /// The index.
    Index(&'n IndexFiles),
    /// Revisions.
    Revisions(&'n Ends<'n>),
}

/// What is asked about comments.
pub(in crate::cli) struct Asked<'n> {
    /// New ones accept nothing.
    pub(in crate::cli) deny: bool,
    pub(in crate::cli) now: Now<'n>,
    /// What the scan is judged by.
    pub(in crate::cli) basis: &'n Basis,
    /// What is scanned.
    pub(in crate::cli) target: &'n BStr,
}

impl Asked<'_> {
    /// Whether there is anything that comments could be new since.
    ///
    /// # Errors
    ///
    /// If there is not.
    pub(in crate::cli) fn check(mode: &str, basis: &Basis, revision: Option<&str>) -> Result<(), UsageError> {
        match (mode, basis, revision) {
            ("history", ..) => {
                let message = "--deny-new-suppressions judges a change, and a whole history is none";
                Err(UsageError::new(message).help("`leeward range` judges the commits of a range"))
            }
            (_, Basis::Disk, None) => {
                let message = "--deny-new-suppressions: comments are new since a revision, and none is named";
                Err(UsageError::new(message).help("name it: --policy-from REV"))
            }
            _ => Ok(()),
        }
    }

    /// Whether new comments accept nothing: that was asked for, or the settings that may say so have no say.
    pub(super) fn denies(&self) -> bool {
        let of_server = || surroundings::repository(&self.target.to_path_lossy());
        self.deny
            || matches!(self.basis, Basis::Received(_))
                && of_server().is_ok_and(|layout| Judge::of(&layout).is_unsettled())
    }

    /// Below which files lie that are judged as they are on disk.
    pub(super) fn top(&self) -> PathBuf {
        let layout = surroundings::repository(&self.target.to_path_lossy()).ok();
        layout.and_then(|layout| layout.work_tree).unwrap_or_default()
    }

    /// What the change begins at: what comments these revisions do not have are new.
    pub(super) fn since(&self) -> Vec<Snapshot> {
        let Ok(layout) = surroundings::repository(&self.target.to_path_lossy()) else {
            return Vec::new();
        };
        let judge = Judge::of(&layout);
        let mut names: Vec<&str> = match self.basis {
            Basis::Received(refs) => {
                refs.iter().map(|new| new.old.as_deref().unwrap_or(judge.revision())).collect()
            }
            Basis::Pushed { base, .. } => base.iter().map(String::as_str).collect(),
            Basis::Index(_) => vec!["HEAD"],
            Basis::Since(revision) => vec![revision],
            Basis::Disk | Basis::Head => Vec::new(),
        };
        names.sort_unstable();
        names.dedup();
        let open = |name: &str| Some(Snapshot::open(&layout, name).ok()?.abbreviated());
        let opened: Vec<Snapshot> = names.iter().filter_map(|name| open(name)).collect();
        match self.basis {
            // Nothing may stand in for HEAD of a server.
            Basis::Received(_) if opened.is_empty() => Snapshot::of_branches(&layout, BRANCHES),
            Basis::Pushed { .. } if opened.is_empty() => {
                let defaults = remotes(&layout).into_iter().filter_map(|remote| default_of(&layout, &remote));
                defaults.filter_map(|name| open(&name)).collect()
            }
            _ => opened,
        }
    }
}

/// The ref here that follows what a remote has by default: known where it was cloned; elsewhere, it goes by its name.
pub(in crate::cli) fn default_of(layout: &Layout, remote: &str) -> Option<String> {
    let mut names = DEFAULT.iter().map(|name| format!("refs/remotes/{remote}/{name}"));
    names.find(|name| Snapshot::open(layout, name).is_ok())
}
