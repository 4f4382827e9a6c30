//! Everything that was ever committed and is still stored, reachable or not.
//!
//! Takes a [`Layout`] and pushes each object of its object directories into the [`Sink`] once, in the order in which
//! it is stored, and after them the names of refs. Commits are not walked. What cannot be scanned becomes an issue, and
//! the scan goes on. Which commit brought a finding in is left to [`attribution`].

mod big;
pub mod binary;
mod bits;
mod connectivity;
mod delta;
mod deltas;
mod finder;
mod loose;
pub mod moves;
mod names;
mod objects;
mod packs;
mod reach;
mod refs;
mod reftables;
pub(super) mod renames;
mod scanner;
pub mod standing;
mod store;
mod submodules;
mod tree_diff;
mod unpacked;
mod versions;

pub mod attribution;
pub mod range;

use std::collections::HashSet;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use bstr::{BString, ByteSlice};
use gix_hash::ObjectId;

pub(super) use self::big::BigBlobs;
use self::connectivity::{Links, Missing};
use self::names::Untold;
use self::packs::Traversal;
pub use self::reach::Reach;
use self::refs::{Refs, Value};
use self::scanner::Scanner;
use self::store::{Scratch, Store, TOO_LARGE};
use super::layout::{Layout, bytes_of};
use super::{Counted, Issue, Origin, Sink};
use crate::finding::LocationKind;

/// How many missing or damaged objects are named one by one; the others are counted.
const NAMED: usize = 20;

/// How to scan.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Threads to decode with, at least one.
    pub threads: usize,
    /// Whether to check that everything named is stored.
    pub connectivity: bool,
}

/// Hears how far a scan is. Called from many threads, a few hundred times in all or once for some thousand objects.
pub trait Progress: Sync {
    /// The scan is about to decode that many objects.
    fn total(&self, objects: u64);
    /// That many more were decoded.
    fn advance(&self, objects: u64);
    /// Whether somebody wants an end of it now. The scan itself asks its sink.
    fn interrupted(&self) -> bool {
        false
    }
}

/// Nobody listens.
impl Progress for () {
    fn total(&self, _: u64) {}
    fn advance(&self, _: u64) {}
}

/// What a scan came across.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryOutcome {
    /// Objects that are stored, copies counted once for each place. None: there is nothing to scan but ref names.
    pub stored: u64,
    /// Names of refs that were pushed.
    pub refs: u64,
    /// Objects that are named and not stored; none when that was not checked.
    pub missing: Option<u64>,
}

/// Why a scan did not run.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The system gave no threads.
    #[error("threads to decode objects with: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// Somebody wanted an end of it.
    #[error("interrupted")]
    Interrupted,
}

/// Scans every stored object. `target` is the number of the repository on the command line.
///
/// # Errors
///
/// Only when it could not begin. Whatever happens on the way is an issue in `sink`.
pub fn scan(
    layout: &Layout,
    target: usize,
    options: &Options,
    sink: &dyn Sink,
    progress: &dyn Progress,
) -> Result<HistoryOutcome, HistoryError> {
    scan_within(layout, None, target, options, sink, progress)
}

/// The same, for somebody who is told only of what revisions reach: names of other refs are left out, and so is what
/// only unreachable objects lack. Of the objects that are pushed, [`attribution`] tells which are reached.
///
/// # Errors
///
/// As [`scan`].
pub fn scan_within(
    layout: &Layout,
    reach: Option<&Reach>,
    target: usize,
    options: &Options,
    sink: &dyn Sink,
    progress: &dyn Progress,
) -> Result<HistoryOutcome, HistoryError> {
    for issue in &layout.issues {
        sink.issue(issue.clone());
    }
    let threads = options.threads.max(1);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let store = Store::open(layout, &mut |issue| sink.issue(issue));
    let stored = store.len();
    progress.total(stored);
    let boundary = boundary(layout, sink);
    let shallow = boundary.len();
    let links = options.connectivity.then(|| pool.install(|| Links::new(&store, boundary)));
    let stop = AtomicBool::new(false);
    let untold = Untold::default();
    let scanner = Scanner::new(sink, target, progress, links.as_ref(), &untold);
    let traversal = Traversal { store: &store, stop: &stop };
    pool.install(|| objects(&traversal, scanner, sink));
    pool.install(|| untold.push(&store, target, sink, progress));
    let mut issues = Vec::new();
    let mut refs = pool.install(|| refs::read(layout, &mut |issue| issues.push(issue)));
    issues.into_iter().for_each(|issue| sink.issue(issue));
    if let Some(reach) = reach {
        refs.retain(|name, _| reach.refs.contains(name));
    }
    let names = push_refs(&refs, target, sink, links.as_ref());
    let mut missing = links.map(Links::into_missing).filter(|_| !stop.load(Ordering::Relaxed));
    if let (Some(reach), Some(missing)) = (reach, &mut missing) {
        let reached = pool.install(|| attribution::reached(&store, reach, missing.keys()));
        missing.retain(|id, _| reached.contains(id));
    }
    report_missing(layout, shallow, missing.as_ref(), sink);
    for submodule in submodules::find(layout) {
        let reason = "repositories of submodules (`leeward history` scans each by its path)";
        sink.skip(reason, bytes_of(&submodule).as_bstr());
    }
    Ok(HistoryOutcome { stored, refs: names, missing: missing.map(|missing| missing.len() as u64) })
}

/// Packs, then loose objects, then other copies of what was damaged.
fn objects(traversal: &Traversal<'_>, scanner: Scanner<'_>, sink: &dyn Sink) {
    let mut damaged: Vec<(ObjectId, String, BString)> = Vec::new();
    for (number, pack) in traversal.store.packs.iter().enumerate() {
        let path = bytes_of(pack.data.path());
        let Err(damage) = traversal.pack(number, &scanner) else {
            // All was read; but what looks an id up may not find it, or another.
            if !pack.is_indexed_soundly() {
                let message = "the index of the pack is damaged, so that what leads to its objects may not have been \
                               followed; `git index-pack` makes a new one";
                sink.issue(Issue::new("corrupt-pack", message).at_path(path));
            }
            continue;
        };
        if !damage.is_size_alone() {
            let lost = damage.undecoded.len();
            let (what, remedy) = match pack.is_indexed_soundly() {
                true => ("the pack", "another clone may be whole"),
                false => ("the index of the pack", "`git index-pack` makes a new one"),
            };
            let reason = &damage.reason;
            let message =
                format!("{what} is damaged: {reason}; objects that cannot be decoded: {lost}; {remedy}");
            sink.issue(Issue::new("corrupt-pack", message).at_path(path.clone()));
        }
        damaged.extend(damage.undecoded.into_iter().map(|(id, reason)| (id, reason, path.clone())));
    }
    for (number, loose) in traversal.store.loose.iter().enumerate() {
        let undecoded = traversal.loose(number, &scanner);
        let path = |id: &ObjectId| bytes_of(&loose::path_of(loose.store.path(), id));
        damaged.extend(undecoded.into_iter().map(|(id, reason)| (id, reason, path(&id))));
    }
    if !traversal.stop.load(Ordering::Relaxed) {
        other_copies(traversal.store, damaged, scanner, sink);
    }
}

/// Scans intact copies of damaged objects, and names those that have none.
fn other_copies(
    store: &Store,
    mut damaged: Vec<(ObjectId, String, BString)>,
    mut scanner: Scanner<'_>,
    sink: &dyn Sink,
) {
    damaged.sort();
    damaged.dedup_by(|one, other| one.0 == other.0);
    let mut scratch = Scratch::default();
    damaged.retain(|(id, ..)| match store.read(id, &mut scratch) {
        Some(kind) => {
            packs::Visitor::visit(&mut scanner, kind, id, None, packs::Content::whole(&scratch.bytes));
            false
        }
        None => true,
    });
    let issues = damaged.iter().map(|(id, reason, path)| undecoded(id, reason).at_path(path.clone()));
    report_undecoded(issues, sink);
}

/// An object of which no copy is whole, or that is too large.
fn undecoded(id: &ObjectId, reason: &str) -> Issue {
    if reason == TOO_LARGE {
        let message =
            format!("it was not scanned: {reason}; `git cat-file blob ID | leeward scan -` scans it");
        return Issue::new("unsupported", message).at_object(id.to_string());
    }
    let message = format!("it cannot be decoded: {reason}");
    Issue::new("corrupt-object", message).at_object(id.to_string())
}

/// Names a number of them, and counts the others.
fn report_undecoded(mut issues: impl Iterator<Item = Issue>, sink: &dyn Sink) {
    issues.by_ref().take(NAMED).for_each(|issue| sink.issue(issue));
    let others = issues.count();
    if others > 0 {
        let message = format!("further objects that cannot be decoded: {others}");
        sink.issue(Issue::new("corrupt-object", message));
    }
}

/// The commits at which history was cut off.
fn boundary(layout: &Layout, sink: &dyn Sink) -> HashSet<ObjectId> {
    let Some(file) = &layout.shallow else { return HashSet::new() };
    match fs::read(file) {
        Ok(content) => content.lines().filter_map(|line| ObjectId::from_hex(line.trim()).ok()).collect(),
        Err(error) => {
            sink.issue(store::unreadable(file, &error));
            HashSet::new()
        }
    }
}

/// Pushes ref names and checks that what they name is stored. Returns how many there were.
fn push_refs(refs: &Refs, target: usize, sink: &dyn Sink, links: Option<&Links<'_>>) -> u64 {
    let push = |name: &[u8]| {
        let (kind, shown) = (LocationKind::RefName, Some(name.as_bstr()));
        let origin = Origin { kind, target, path: None, shown, object: None };
        sink.blob(origin, name);
    };
    for (name, value) in refs {
        push(name);
        match value {
            Value::Object(id) => {
                if let Some(links) = links {
                    links.check(id, "object");
                }
            }
            // The branch of a repository without commits is named nowhere else.
            Value::Symbolic(named) if !refs.contains_key(named) => push(named),
            Value::Symbolic(_) => {}
        }
    }
    sink.count(Counted::Ref, refs.len() as u64);
    refs.len() as u64
}

/// Says what is missing: for shallow and partial clones in one sentence, otherwise object by object.
fn report_missing(layout: &Layout, shallow: usize, missing: Option<&Missing>, sink: &dyn Sink) {
    let number = missing.map(Missing::len);
    let named = match number {
        None => String::new(),
        Some(number) => format!("; objects that are named and not stored: {number}"),
    };
    if shallow > 0 {
        let message = format!(
            "the repository is shallow: history before {shallow} of its commits is not stored{named}"
        );
        sink.issue(Issue::new("shallow", message));
    } else if layout.promisor && number != Some(0) {
        let message = format!("the repository is a partial clone: objects may be left out{named}");
        sink.issue(Issue::new("partial-clone", message));
    } else if let Some(missing) = missing {
        for (id, what) in missing.iter().take(NAMED) {
            let message = format!(
                "this {what} is named by the repository and not stored; `git fetch` or another clone may bring it"
            );
            sink.issue(Issue::new("missing-object", message).at_object(id.to_string()));
        }
        if missing.len() > NAMED {
            let message = format!("further objects that are named and not stored: {}", missing.len() - NAMED);
            sink.issue(Issue::new("missing-object", message));
        }
    }
}

#[cfg(test)]
mod tests;
