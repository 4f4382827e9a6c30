//! What the index has at the paths where commits hold something.
//!
//! Takes spots, gives the paths at which a command has to look before it changes commits.

use std::collections::BTreeSet;

use bstr::BString;

use super::overwritten::MOST;
use super::teller::Teller;

impl Teller<'_> {
    /// The paths of spots where the index has nothing.
    pub(super) fn unlisted(&self, spots: impl Iterator<Item = u32>) -> Vec<BString> {
        let paths: BTreeSet<&BString> = spots.map(|spot| &self.spots.get(spot).path).collect();
        let listed = |path: &BString| self.index.values().any(|paths| paths.contains(path));
        let unlisted = |path: &BString| !listed(path) && !self.begun.is_unseen(path);
        paths.into_iter().filter(|path| unlisted(path)).take(MOST).cloned().collect()
    }

    /// The paths of spots that git is told not to look at on disk.
    pub(super) fn unseen(&self, spots: &[u32]) -> Vec<BString> {
        let paths = spots.iter().map(|&spot| &self.spots.get(spot).path);
        let unseen: BTreeSet<&BString> = paths.filter(|path| self.begun.is_unseen(path)).collect();
        unseen.into_iter().take(MOST).cloned().collect()
    }
}
