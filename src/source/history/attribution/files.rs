//! What the index and the disk have at the paths where commits hold something.
//!
//! Takes spots, gives the paths at which a command has to look, or must not write, before it changes commits.

use std::collections::BTreeSet;

use bstr::{BString, ByteSlice};

use super::teller::Teller;

/// Most paths that are named.
const MOST: usize = 20;

impl Teller<'_> {
    /// The files on disk where commits have spots and the index has nothing.
    pub(super) fn in_the_way(&self, spots: &[u32]) -> Vec<BString> {
        let Some(top) = self.work_tree else { return Vec::new() };
        let is_file = |path: &BString| {
            let file = path.to_path().ok().and_then(|path| top.join(path).symlink_metadata().ok());
            file.is_some_and(|file| !file.is_dir())
        };
        self.unlisted(spots.iter().copied(), is_file)
    }

    /// The paths of spots where the index has nothing.
    pub(super) fn unlisted(
        &self,
        spots: impl Iterator<Item = u32>,
        wanted: impl Fn(&BString) -> bool,
    ) -> Vec<BString> {
        let paths: BTreeSet<&BString> = spots.map(|spot| &self.spots.get(spot).path).collect();
        let listed = |path: &BString| self.index.values().any(|paths| paths.contains(path));
        let unlisted = |path: &BString| !listed(path) && !self.begun.is_unseen(path);
        let found = paths.into_iter().filter(|path| wanted(path) && unlisted(path));
        found.take(MOST).cloned().collect()
    }

    /// The paths of spots that git is told not to look at on disk.
    pub(super) fn unseen(&self, spots: &[u32]) -> Vec<BString> {
        let paths = spots.iter().map(|&spot| &self.spots.get(spot).path);
        let unseen: BTreeSet<&BString> = paths.filter(|path| self.begun.is_unseen(path)).collect();
        unseen.into_iter().take(MOST).cloned().collect()
    }
}
