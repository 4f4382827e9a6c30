//! What an index says beside what its files hold.
//!
//! Takes the index of a work tree as it is on disk; what its files are is read elsewhere.

use std::collections::BTreeSet;

use bstr::BString;
use gix_index::entry::Flags;

use super::super::layout::Layout;
use super::read;

/// What an index says beside what its files hold.
#[derive(Default)]
pub(in crate::source) struct Marks {
    /// It remembers what conflicts were resolved from.
    pub(in crate::source) conflicts: bool,
    /// Files that git is told not to look at on disk, and directories of a sparse index, with a slash at their end.
    pub(in crate::source) unseen: BTreeSet<BString>,
}

/// The marks of the index of a work tree. One that is not there or cannot be read has none.
pub(in crate::source) fn marks(layout: &Layout) -> Marks {
    let path = layout.git_dir.join("index");
    let Some(index) = path.exists().then(|| read(&path, layout).ok()).flatten() else {
        return Marks::default();
    };
    let unseen =
        |entry: &&gix_index::Entry| entry.flags.intersects(Flags::SKIP_WORKTREE | Flags::ASSUME_VALID);
    let unseen = index.entries().iter().filter(unseen).map(|entry| entry.path(&index).to_owned()).collect();
    Marks { conflicts: index.resolve_undo().is_some(), unseen }
}
