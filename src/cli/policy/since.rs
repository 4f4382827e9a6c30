//! What comments `leeward:ignore` are new since: the revisions that a change begins at.
//!
//! That is the revision that was asked for, or else, in a gate, what the change begins at: `HEAD` for a commit, what the
//! other side has in its place for a ref, or else what remotes have by default; where it cannot be told what that is, all
//! that follows them. Where nothing is there yet, every comment is new.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bstr::{BStr, ByteSlice as _};

use super::super::{UsageError, surroundings};
use super::Judge;
use super::files::{Basis, Incoming};
use super::sides::{After, Opened, Side};
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
    pub(super) fn since(&self) -> Opened {
        let Ok(layout) = surroundings::repository(&self.target.to_path_lossy()) else {
            return Opened::default();
        };
        let judge = Judge::of(&layout);
        let mut names: Vec<&str> = match self.basis {
            Basis::Received(refs) => refs.iter().map(|new| judge.before(new)).collect(),
            Basis::Pushed { base, .. } => base.iter().map(String::as_str).collect(),
            Basis::Index(_) => vec!["HEAD"],
            Basis::Since(revision) => vec![revision],
            Basis::Disk | Basis::Head => Vec::new(),
        };
        names.sort_unstable();
        names.dedup();
        let asked = names.len();
        let open = |name: &str| Some(Snapshot::open(&layout, name).ok()?.abbreviated());
        let named: Vec<(String, Snapshot)> =
            names.into_iter().filter_map(|name| Some((name.to_owned(), open(name)?))).collect();
        let instead = match self.basis {
            // Nothing may stand in for HEAD of a server.
            Basis::Received(_) if named.len() < asked => Snapshot::of_refs(&layout, "refs/heads/", BRANCHES),
            Basis::Pushed { .. } if named.is_empty() => {
                let defaults = remotes(&layout).into_iter().filter_map(|remote| default_of(&layout, &remote));
                let defaults: Vec<Snapshot> = defaults.filter_map(|name| open(&name)).collect();
                match defaults.is_empty() {
                    true => Snapshot::of_refs(&layout, "refs/remotes/", BRANCHES),
                    false => defaults,
                }
            }
            _ => Vec::new(),
        };
        Opened { named, instead }
    }

    /// What is compared with what. `of_revision`: what all begins at, where that was asked for. There is always one.
    pub(super) fn sides<'a>(
        &'a self,
        of_revision: Option<&'a Snapshot>,
        opened: &'a Opened,
        top: &Path,
    ) -> Vec<Side<'a>> {
        let since = || of_revision.map_or_else(|| opened.all(), |revision| vec![revision]);
        let ends = match (&self.now, self.basis) {
            (Now::Disk, _) => vec![After::Disk(top.to_owned())],
            (Now::Index(files), _) => vec![After::Index(files)],
            (Now::Revisions(_), Basis::Received(refs)) if of_revision.is_none() => {
                return self.sides_of(refs, opened);
            }
            (Now::Revisions(ends), _) => ends().into_iter().map(After::Revision).collect(),
        };
        let ends = if ends.is_empty() { vec![After::Unknown] } else { ends };
        ends.into_iter().map(|after| Side { since: since(), after }).collect()
    }

    /// Each ref that comes in is compared with what it was.
    fn sides_of<'a>(&self, refs: &[Incoming], opened: &'a Opened) -> Vec<Side<'a>> {
        let unknown = || vec![Side { since: Vec::new(), after: After::Unknown }];
        let Ok(layout) = surroundings::repository(&self.target.to_path_lossy()) else { return unknown() };
        let judge = Judge::of(&layout);
        let pairs: BTreeSet<(&str, &str)> =
            refs.iter().map(|new| (judge.before(new), new.tip.as_str())).collect();
        let side = |(before, tip): (&str, &str)| {
            let after = Snapshot::open(&layout, tip).map_or(After::Unknown, After::Revision);
            Side { since: opened.get(before), after }
        };
        match pairs.is_empty() {
            true => unknown(),
            false => pairs.into_iter().map(side).collect(),
        }
    }
}

impl Judge {
    /// What a ref that comes in is compared with.
    fn before<'a>(&'a self, new: &'a Incoming) -> &'a str {
        new.old.as_deref().unwrap_or(self.revision())
    }
}

/// The ref here that follows what a remote has by default: known where it was cloned; elsewhere, it goes by its name.
pub(in crate::cli) fn default_of(layout: &Layout, remote: &str) -> Option<String> {
    let mut names = DEFAULT.iter().map(|name| format!("refs/remotes/{remote}/{name}"));
    names.find(|name| Snapshot::open(layout, name).is_ok())
}
