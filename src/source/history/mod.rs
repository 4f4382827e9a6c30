//! Everything that was ever committed and is still stored: each object once, reachable or not, and the names of refs.
//!
//! Takes a repository's [`Layout`], pushes every object into the sink in the order of the packs, decoded once. No
//! commit is walked, so nothing that git's display layer hides (attributes, text conversion, replaced objects, merges)
//! is hidden here. What cannot be read is an issue, and the rest goes on.

mod connectivity;
mod loose;
mod objects;
mod packs;
mod refs;

use std::path::PathBuf;

use crate::progress::{Counters, Phase};
use crate::source::layout::Layout;
use crate::source::{Issue, Sink};

use connectivity::Connectivity;
use objects::Objects;
use packs::Pack;

/// How a history scan goes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Threads; 0 takes as many as there are processors.
    pub threads: usize,
    /// Whether to check that every object that is named is there.
    pub connectivity: bool,
}

/// Scans everything stored in a repository. Gives the number of objects that are stored, scanned or not.
pub fn scan(layout: &Layout, target: usize, options: Options, sink: &dyn Sink, progress: &Counters) -> u64 {
    let packs: Vec<Pack> =
        layout.object_dirs.iter().flat_map(|dir| packs::open_all(dir, layout.hash, sink)).collect();
    let loose: Vec<loose::Store> =
        layout.object_dirs.iter().map(|dir| loose::list(dir, layout.hash, sink)).collect();
    let stored = packs.iter().map(Pack::len).sum::<u64>() + loose.iter().map(loose::Store::len).sum::<u64>();
    progress.begin(Phase::Objects, stored);
    let connectivity = Connectivity::new(&packs, &loose, layout, options.connectivity);
    let objects = Objects { target, sink, progress, connectivity: &connectivity };
    for (index, pack) in packs.iter().enumerate() {
        if !sink.interrupted() {
            packs::scan(pack, &packs[..index], options.threads, &objects);
        }
    }
    loose::scan(&loose, &packs, &objects);
    refs::scan(layout, target, sink, &connectivity);
    if !sink.interrupted() {
        connectivity.report(sink);
    }
    say_what_is_cut_off(layout, sink);
    stored
}

/// Repositories that have only a part of their history.
fn say_what_is_cut_off(layout: &Layout, sink: &dyn Sink) {
    if layout.shallow {
        let message = "the repository is a shallow clone: older history is not here and was not scanned; \
                       `git fetch --unshallow` brings it";
        sink.issue(Issue::new("shallow", message));
    }
    if layout.partial {
        let message = "the repository is a partial clone: objects that were never fetched are not here and were not \
                       scanned; a full clone has them";
        sink.issue(Issue::new("partial-clone", message));
    }
}

/// Files of a directory, sorted; what cannot be listed is an issue, a directory that is not there is empty.
fn files(directory: &std::path::Path, sink: &dyn Sink) -> Vec<PathBuf> {
    use bstr::ByteVec;
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            let path = Vec::from_path_lossy(directory).into_owned();
            sink.issue(Issue::new("unreadable", super::worktree::plain(&error)).at_path(path));
            return Vec::new();
        }
    };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}
