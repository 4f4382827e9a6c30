//! What the commits of a range add: what a pull request or a push brings in.
//!
//! Takes a [`Layout`] and a range in the words of `git rev-list`, and pushes into the [`Sink`] what its commits add
//! over their parents (in a merge: over all of them), their messages and people, and the tags that the range names. A
//! key that the range's base has in the same file is not new; one that was added and taken out again within the range
//! is found. Everything is read from the stored objects themselves: grafts, replaced objects and attributes hide
//! nothing.
//!
//! The base is every commit outside the range that a commit of it descends from, and every commit that the range names
//! to leave it out. What else there is on a server, on branches that have nothing to do with the range, is no base: a key
//! that was taken out here and stands there still is new where it is brought back.

mod attribute;
mod changes;
mod differing;
mod moves;
mod place;
pub(super) mod reader;
mod remote;
mod renamed;
pub(super) mod revision;
pub(super) mod select;
mod snapshot;
mod tracking;
pub(super) mod walk;
pub(super) mod words;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use gix_hash::ObjectId;
use gix_object::Kind as ObjectKind;
use rayon::prelude::*;

pub use self::attribute::attribute;
use self::changes::{Changes, Found, Shared, Spot};
pub use self::moves::RangeMoves;
use self::reader::Reader;
pub use self::remote::{lacking, many_addresses, remotes};
use self::revision::Names;
use self::select::{Range, select};
pub use self::snapshot::{Keeps, Snapshot, SnapshotError};
use self::walk::Walked;
pub use self::words::{WordError, Words};
use super::connectivity::Missing;
use super::refs;
use super::store::Store;
use super::{HistoryError, Layout, Progress, boundary, report_missing, report_undecoded, undecoded};
use crate::source::{Counted, Sink};

/// Commits that one thread takes at least: what they have in common is read once.
const NEIGHBOURS: usize = 8;

/// What a scan of a range came across.
#[derive(Debug, Default)]
pub struct RangeOutcome {
    /// Whether every revision could be looked up. If not, nothing was scanned, and the sink knows why.
    pub resolved: bool,
    /// Commits of the range.
    pub commits: u64,
    /// Tags, and trees and blobs without a commit, that the range names.
    pub others: u64,
    /// The commits that the range names, and does not leave out.
    ends: Vec<ObjectId>,
    /// The commits of the range, ancestors first.
    members: Vec<ObjectId>,
    /// The trees of its base.
    bases: Vec<ObjectId>,
    /// The commits that added what stands there, by their places among them, in order.
    introduced: HashMap<Spot, Vec<usize>>,
}

impl RangeOutcome {
    /// Whether the range, as it was given, holds nothing.
    pub fn is_empty(&self) -> bool {
        self.resolved && self.commits == 0 && self.others == 0
    }

    /// The files of the commits that the range ends with; none if one of them cannot be read.
    pub fn ends(&self, layout: &Layout) -> Vec<Snapshot> {
        let open = |id: &ObjectId| Snapshot::open(layout, &id.to_string());
        self.ends.iter().map(open).collect::<Result<_, _>>().unwrap_or_default()
    }
}

/// Scans what a range adds. `target` is the number of the repository on the command line; `begins` is told the trees of the
/// range's base before anything is pushed.
///
/// # Errors
///
/// Only when it could not begin. Whatever happens on the way is an issue in `sink`: a revision that cannot be looked
/// up, an object that is missing, a range that leads out of a shallow repository.
pub fn scan(
    layout: &Layout,
    words: &Words,
    target: usize,
    threads: usize,
    sink: &dyn Sink,
    progress: &dyn Progress,
    begins: &dyn Fn(&[String]),
) -> Result<RangeOutcome, HistoryError> {
    for issue in &layout.issues {
        sink.issue(issue.clone());
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build()?;
    let store = Store::open(layout, &mut |issue| sink.issue(issue));
    let mut issues = Vec::new();
    let refs = pool.install(|| refs::read(layout, &mut |issue| issues.push(issue)));
    issues.into_iter().for_each(|issue| sink.issue(issue));
    let mut reader = Reader::new(&store);
    let mut missing = Missing::new();
    let names = Names { layout, refs: &refs };
    let Some(range) = select(words, &names, &mut reader, &mut missing, sink) else {
        return Ok(RangeOutcome::default());
    };
    let shallow = boundary(layout, sink);
    let excluded: BTreeSet<ObjectId> = range.excluded.commits.keys().copied().collect();
    let interrupted = || sink.interrupted();
    let walked =
        walk::walk(&range.included.commits, &excluded, &shallow, &mut reader, &mut missing, &interrupted);
    let related: BTreeSet<ObjectId> = walked.boundary.union(&range.bases).copied().collect();
    let related = if related.is_empty() { &range.followed } else { &related };
    let bases = walk::newest(related.iter(), &shallow, &mut reader);
    let bases = trees(bases.iter(), &mut reader);
    begins(&bases.iter().map(ObjectId::to_string).collect::<Vec<_>>());
    let shared = Shared { sink, target, bases: &bases, found: Mutex::default() };
    let others = pool.install(|| push(&shared, &store, &walked, &range, progress));
    let Found { mut introduced, blobs, missing: not_found, .. } =
        shared.found.into_inner().unwrap_or_else(PoisonError::into_inner);
    sink.count(Counted::Blob, blobs.len() as u64);
    missing.extend(not_found);
    let damaged: Vec<ObjectId> = missing.keys().filter(|id| store.contains(id)).copied().collect();
    missing.retain(|id, _| !store.contains(id));
    let why = "no copy of it that is stored here is whole";
    report_undecoded(damaged.iter().map(|id| undecoded(id, why)), sink);
    report_missing(layout, walked.cut, Some(&missing), sink);
    for numbers in introduced.values_mut() {
        numbers.sort_unstable();
        // What is too big is first tried in parts.
        numbers.dedup();
    }
    Ok(RangeOutcome {
        resolved: true,
        commits: walked.commits.len() as u64,
        others,
        ends: range.included.commits.keys().copied().collect(),
        members: walked.commits.iter().map(|member| member.id).collect(),
        bases,
        introduced,
    })
}

/// Pushes what every commit adds, then what the range names beside commits. Gives the number of the latter.
fn push(shared: &Shared<'_>, store: &Store, walked: &Walked, range: &Range, progress: &dyn Progress) -> u64 {
    progress.total(walked.commits.len() as u64);
    let start = || Changes::new(shared, Reader::new(store));
    let commits = walked.commits.par_iter().enumerate().with_min_len(NEIGHBOURS);
    commits.for_each_init(start, |changes, (number, member)| {
        if !shared.sink.interrupted() {
            changes.commit(number, member);
            progress.advance(1);
        }
    });
    if shared.sink.interrupted() {
        return 0;
    }
    let mut changes = start();
    let open = std::mem::take(&mut shared.found().renamed);
    renamed::push(open, walked, &range.included.commits, &mut changes);
    let tags: Vec<_> = range.included.tags.difference(&range.excluded.tags).collect();
    for tag in &tags {
        changes.object(tag);
    }
    let left_out = &range.excluded.others;
    let others: Vec<_> = range.included.others.iter().filter(|(id, _)| !left_out.contains_key(*id)).collect();
    for &(&id, &kind) in &others {
        match kind {
            ObjectKind::Tree => changes.tree(id, Vec::new(), (usize::MAX, false)),
            _ => changes.lone_blob(id),
        }
    }
    (tags.len() + others.len()) as u64
}

/// The trees of commits, each once.
fn trees<'i>(commits: impl Iterator<Item = &'i ObjectId>, reader: &mut Reader<'_>) -> Vec<ObjectId> {
    let tree = |id: &ObjectId| match reader.object(id) {
        Some((ObjectKind::Commit, bytes)) => super::objects::named_ids(bytes).next().map(|(_, tree)| tree),
        _ => None,
    };
    let trees: BTreeSet<ObjectId> = commits.filter_map(tree).collect();
    trees.into_iter().collect()
}
