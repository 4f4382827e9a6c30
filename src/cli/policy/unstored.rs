//! Where the files of the policy on disk are not those that the policy was read from.
//!
//! It changes no verdict. But whoever has just written them is to know that they do not count yet, and whoever names one
//! that nobody else has, that others are judged without it.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use bstr::BStr;

use super::super::args::PolicyArgs;
use super::super::surroundings;
use super::Policy;
use super::files::{Files, Stored};
use crate::config::FILE_NAME;
use crate::config::read::{self, Unreadable};
use crate::report::Note;
use crate::report::shell::word;
use crate::source::history::range::Snapshot;
use crate::source::index::same_text;

/// The command that stages a file, as it is typed in the working directory.
pub(in crate::cli) fn git_add(path: &Path) -> String {
    format!("git add {}", word(read::from_here(path).as_os_str().as_encoded_bytes()))
}

impl Policy {
    /// What is worth knowing of a policy that was read from the index or from `HEAD`.
    pub(super) fn unstored(&self, args: &PolicyArgs) -> Vec<Note> {
        let Files::Of { stored, .. } = &*self.files else { return Vec::new() };
        let named = named(args);
        let paths = self.paths(args);
        let said = paths.iter().filter_map(|path| {
            let (_, below) = self.files.inside(path)?;
            let message = said(path, stored, below.as_ref(), named.contains(path))?;
            Some(Note { kind: "policy-not-stored", message })
        });
        said.collect()
    }

    /// The id of a tree that has the configuration, and what that names, as they were read; none where no revision has them
    /// so, and where no configuration was found.
    pub(in crate::cli) fn committed(&self, repository: &Path) -> Option<String> {
        if self.read_from.is_empty() {
            return None;
        }
        match &*self.files {
            Files::Of { stored: Stored::Asked(read) | Stored::Head(read) | Stored::Pushed(read), .. } => {
                Some(read.tree())
            }
            Files::Of { .. } => None,
            Files::Disk => {
                let layout = surroundings::repository(repository).ok()?;
                let top = layout.work_tree.as_ref()?.canonicalize().ok()?;
                let head = Snapshot::open(&layout, "HEAD").ok()?;
                let tree = head.tree();
                let files = Files::Of { stored: Stored::Head(head), top };
                let is_same = |path: &PathBuf| {
                    let stored =
                        files.inside(path).and_then(|(stored, below)| stored.read(below.as_ref()).ok()?);
                    let now = read::text(path).ok();
                    stored.zip(now).is_some_and(|(stored, now)| same_text(&stored, now.as_bytes()))
                };
                self.read_from.iter().all(is_same).then_some(tree)
            }
        }
    }

    /// The files that this policy was read from, was asked to be, or would be if they were there.
    pub(super) fn paths(&self, args: &PolicyArgs) -> BTreeSet<PathBuf> {
        let top = match &*self.files {
            Files::Of { top, .. } => Some(top.join(FILE_NAME)),
            Files::Disk => None,
        };
        let found = top.filter(|_| args.rule_files.config.is_none() && !args.rule_files.no_config);
        let baseline = self.baseline.as_ref().map(|baseline| baseline.value.path.clone());
        self.read_from.iter().cloned().chain(baseline).chain(found).chain(named(args)).collect()
    }
}

/// The files that the command line names.
fn named(args: &PolicyArgs) -> BTreeSet<PathBuf> {
    let files = &args.rule_files;
    files.config.iter().chain(&args.baseline).chain(&files.rules).cloned().collect()
}

/// What to say of a file, if anything. `named`: on the command line, so that the one on disk counts if none is stored.
fn said(path: &Path, stored: &Stored, below: &BStr, named: bool) -> Option<String> {
    if matches!(stored, Stored::Pushed(_)) && !named {
        // On disk is something else: it is not what is pushed.
        return None;
    }
    let now = match read::text(path) {
        // What is stored holds.
        Err(Unreadable::System(error)) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => {
            return None;
        }
        now => now.map_err(|error| error.to_string()),
    };
    let name = read::name(path);
    let committed = |name: &str| (format!("committed in {name}"), "commit it".to_owned());
    let (place, how) = match stored {
        Stored::Index(_) => ("staged".to_owned(), format!("`{}`", git_add(path))),
        Stored::Asked(_) | Stored::Head(_) => committed("HEAD"),
        Stored::Pushed(snapshot) => committed(snapshot.name()),
    };
    match (stored.read(below), now) {
        (Ok(None), _) if named => {
            Some(format!("{name}, which this was judged by, is not {place}: others are judged without it"))
        }
        (Ok(None), _) => Some(format!("{name} is not {place}, so it does not count yet: {how}")),
        (Ok(Some(stored)), Ok(now)) if same_text(&stored, now.as_bytes()) => None,
        (Ok(Some(_)), Ok(_)) => {
            Some(format!("{name} counts as it is {place}, and not as it is on disk: {how}"))
        }
        (Err(reason), _) | (Ok(Some(_)), Err(reason)) => {
            Some(format!("{name} on disk cannot be compared with what is {place}: {reason}"))
        }
    }
}
