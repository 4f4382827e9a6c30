//! Which revision holds the settings that judge what comes in.
//!
//! Takes a repository that is pushed to. It is `HEAD` there; but that may name a branch that nobody has pushed, and would
//! leave what was merged without a say, for good. Then another branch stands in, if it is plain which one; if it is not, the
//! defaults hold and no new comment accepts anything. Nothing of a push that is not accepted yet is looked at.

use bstr::{BString, ByteSlice as _};

use super::Incoming;
use crate::report::Note;
use crate::sanitize::visible;
use crate::source::history::range::Snapshot;
use crate::source::layout::Layout;

/// The branches that stand in for others, if they are there.
const USUAL: [&str; 2] = ["refs/heads/main", "refs/heads/master"];

/// What judges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Judge {
    /// `HEAD`.
    Head,
    /// No branch was ever pushed: the defaults.
    Nobody,
    /// `HEAD` names a branch that is not there, and others are.
    Unborn {
        /// What it names.
        head: String,
        /// The branch that judges; none if it is not plain which one should.
        instead: Option<String>,
    },
}

/// The branch that judges where `HEAD` names none of these.
fn stand_in(branches: &[BString]) -> Option<&BString> {
    match branches {
        [only] => Some(only),
        _ => USUAL.iter().find_map(|usual| branches.iter().find(|branch| **branch == usual.as_bytes())),
    }
}

impl Judge {
    /// The one of a repository.
    pub(in crate::cli) fn of(layout: &Layout) -> Judge {
        if Snapshot::open(layout, "HEAD").is_ok() {
            return Judge::Head;
        }
        let branches = Snapshot::names_of_branches(layout);
        if branches.is_empty() {
            return Judge::Nobody;
        }
        let instead = stand_in(&branches).and_then(|branch| branch.to_str().ok().map(str::to_owned));
        let head =
            Snapshot::branch_of_head(layout).map_or_else(|| "HEAD".to_owned(), |name| name.to_string());
        Judge::Unborn { head, instead }
    }

    /// The branch that is to judge once these refs are taken in.
    pub(super) fn after(layout: &Layout, new: &[Incoming]) -> Option<BString> {
        let head = Snapshot::branch_of_head(layout);
        if Snapshot::open(layout, "HEAD").is_ok() || new.iter().any(|new| Some(&new.name) == head.as_ref()) {
            return head;
        }
        let new = new.iter().map(|new| &new.name).filter(|name| name.starts_with(b"refs/heads/"));
        let mut branches = Snapshot::names_of_branches(layout);
        branches.extend(new.cloned());
        branches.sort();
        branches.dedup();
        stand_in(&branches).cloned()
    }

    /// The revision to read settings from.
    pub(in crate::cli) fn revision(&self) -> &str {
        match self {
            Judge::Unborn { instead: Some(branch), .. } => branch,
            _ => "HEAD",
        }
    }

    /// Whether settings that there may be have no say, so that what is pushed must not have one either.
    pub(in crate::cli) fn is_unsettled(&self) -> bool {
        matches!(self, Judge::Unborn { instead: None, .. })
    }

    /// What is wrong, and the command that mends it.
    pub(in crate::cli) fn problem(&self) -> Option<(String, String)> {
        let Judge::Unborn { head, instead } = self else { return None };
        let shown = |name: &str| visible(name.as_bytes()).into_owned();
        let then = match instead {
            Some(branch) => format!("the settings of {} judge what is pushed", shown(branch)),
            None => "no settings judge what is pushed, and no comment that it adds accepts a key".to_owned(),
        };
        let what = format!("HEAD of this server names {}, which has no commit: {then}", shown(head));
        let branch = instead.as_deref().map_or_else(|| "refs/heads/BRANCH".to_owned(), shown);
        Some((what, format!("git symbolic-ref HEAD {branch}")))
    }

    /// The same, for who pushes.
    pub(super) fn note(&self) -> Option<Note> {
        let (what, mend) = self.problem()?;
        let message = format!("{what}; whoever keeps it can say which does: {mend}");
        Some(Note { kind: "head-unborn", message })
    }
}
