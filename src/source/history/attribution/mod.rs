//! Which commits brought a finding in, hold it, and took it out; called only when there are findings.
//!
//! Takes the layout and the objects that hold each finding's secret, and gives a [`Story`] for each. Blobs are not
//! decoded again: `search` goes through the stored commits and trees in bulk, once, reachable or not; `leads` and
//! `places` tell from that which paths of which trees hold what; `life` answers what the order of commits tells, and
//! `tips` what refs, remotes and logs lead to it. Nothing here knows what a secret is.
//!
//! Why in bulk: to look trees up one by one would decode most of them many times over, because each version of a tree
//! is a delta on top of others. Going through all trees of a repository takes a fraction of the scan.

mod begun;
mod files;
mod graph;
mod leads;
mod life;
mod overwritten;
mod places;
mod read;
mod reflogs;
mod reftable_logs;
mod remotes;
mod scope;
mod search;
mod teller;
mod tips;
mod trail;

use std::collections::BTreeSet;

use bstr::{BString, ByteSlice};
use gix_hash::ObjectId;

use self::graph::Graph;
use self::overwritten::OnDisk;
use self::places::Spots;
pub(super) use self::read::index;
use self::scope::Scope;
use self::search::Wanted;
use self::teller::Teller;
use self::tips::Tips;
use super::refs::{self, Value};
use super::store::Store;
use super::{HistoryError, Layout, Progress, Reach};
use crate::finding::{Commit, Containment, LocationKind, Presence};
use crate::source::Issue;

/// An object that holds a finding's secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The object's id in hex.
    pub object: String,
    /// The kind that the scan gave with it.
    pub kind: LocationKind,
    /// What in the object it is, where that is a part that counts as a place of its own: names inside archives, or
    /// the name of a tree's entry. Of what is no object, the full name of a ref.
    pub part: Vec<BString>,
}

/// Where an object stands in history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The kind, more precise than the scan could tell: a symbolic link, a note, or only in the index.
    pub kind: LocationKind,
    /// Its path from the top of the repository; for a tree, the directory's path, empty at the top. None for commits
    /// and tags, and for what no tree names.
    pub path: Option<BString>,
    /// The commit that introduced it there.
    pub commit: Option<Commit>,
}

/// What history tells of one finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// Whether HEAD's tree, or the index, holds it.
    pub presence: Presence,
    /// The commit that first introduced it, of those that a ref leads to, or else of all that are stored.
    pub first: Option<Commit>,
    /// The newest commit that holds it, of the same.
    pub last: Option<Commit>,
    /// The commit that took its last copy out of HEAD's line of history.
    pub removed: Option<Commit>,
    /// Refs, remotes and logs that lead to it, how far it got, how long it stood in HEAD.
    pub containment: Containment,
    /// The places of each object, in the order in which the objects were given, sorted by path. Of the versions that
    /// hold it at one path, the first stands for all: an object can be left without a place, a finding cannot, unless
    /// only what revisions reach was asked for.
    pub places: Vec<Vec<Place>>,
    /// Some tree holds so many copies, or in directories so deep, that not all of their paths are told.
    pub cut: bool,
}

/// Tells the story of each finding, given as the objects that hold its secret. With a `reach`, only of what that has:
/// nothing has a place that it does not reach. What contains it, and whether HEAD does, is told in any case.
///
/// # Errors
///
/// When the system gives no threads, or somebody interrupts. Objects that cannot be read are left out of the stories:
/// the scan has reported them. What it does not look at, and cannot be read, goes to `issue`.
pub fn attribute(
    layout: &Layout,
    reach: Option<&Reach>,
    threads: usize,
    findings: &[Vec<Held>],
    issue: &mut dyn FnMut(Issue),
    progress: &dyn Progress,
) -> Result<Vec<Story>, HistoryError> {
    let threads = threads.max(1);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let store = Store::open(layout, &mut |_| ());
    let wanted = Wanted::new(in_trees(findings));
    let found = pool.install(|| search::search(&store, &wanted, progress));
    // A small repository is through before anybody is asked there.
    if found.interrupted || progress.interrupted() {
        return Err(HistoryError::Interrupted);
    }
    let graph = Graph::new(found.commits);
    let refs = pool.install(|| refs::read(layout, &mut |_| ()));
    let head_name = head_name(layout);
    let head = refs::resolve(&refs, &head_name).and_then(|id| graph.number(&id));
    let tips = Tips::new(layout, &graph, &refs, head_name.as_bstr(), &found.tags);
    let spots = Spots::new(&found.leads, graph.trees(), wanted.ids.len());
    let by_refs = graph.ancestors(tips.commits().chain(head));
    let names_none = |value: &Value| matches!(value, Value::Object(id) if !store.contains(id));
    let is_cut = |(commit, by_ref): (usize, &bool)| *by_ref && graph.is_cut(commit);
    let gaps = found.damaged || refs.values().any(names_none) || by_refs.iter().enumerate().any(is_cut);
    let (index, begun) = (index(layout, issue), begun::Begun::read(layout));
    let elsewhere = read::other_indexes(layout, issue);
    let (listed, there) = (index.values().flatten(), elsewhere.values().flatten());
    let teller = Teller {
        wanted: &wanted,
        scope: Scope::new(reach, &graph, &spots, &by_refs),
        spots: &spots,
        commits: read::Commits::new(&store),
        tags: &found.tags,
        elsewhere: &elsewhere,
        on_disk: OnDisk::new(&store, layout.work_tree.as_deref(), &begun, listed, there),
        index: &index,
        begun: &begun,
        head,
        line: graph.ancestors(head),
        by_refs,
        gaps,
        notes: only_notes(&graph, &tips),
        tips: &tips,
        graph: &graph,
    };
    teller.stories(findings, progress).ok_or(HistoryError::Interrupted)
}

/// A commit as reports show it, given as itself or as a tag of it.
pub(super) fn named(store: &Store, id: ObjectId) -> Option<Commit> {
    read::Commits::new(store).get(&read::peel(store, id)?)
}

/// Of objects that are not stored, those that revisions would reach if they were.
pub(super) fn reached<'i>(
    store: &Store,
    reach: &Reach,
    ids: impl Iterator<Item = &'i ObjectId>,
) -> BTreeSet<ObjectId> {
    let wanted = Wanted::new(ids.copied().collect());
    if wanted.ids.is_empty() {
        return BTreeSet::new();
    }
    let found = search::search(store, &wanted, &());
    let graph = Graph::new(found.commits);
    let graph = {
        let reached = graph.ancestors(scope::tips(reach, &graph));
        graph.only(&reached)
    };
    let spots = Spots::new(&found.leads, graph.trees(), wanted.ids.len());
    // Where not all paths are followed, none is known to lead nowhere.
    let held = |number| spots.cut || spots.of(number).iter().any(|&spot| !spots.get(spot).lists.is_empty());
    let by_name = |id: &ObjectId| reach.objects.contains(id) || graph.names(id);
    let ids = wanted.ids.iter().enumerate();
    ids.filter(|&(number, id)| held(number) || by_name(id)).map(|(_, id)| *id).collect()
}

/// The paths of some trees, wherever they stand in those of commits or, of those that stand in none, in other trees.
pub(super) fn paths_of(
    store: &Store,
    trees: BTreeSet<ObjectId>,
    progress: &dyn Progress,
) -> Vec<(ObjectId, Vec<BString>)> {
    let wanted = Wanted::new(trees);
    let found = search::search(store, &wanted, progress);
    let graph = Graph::new(found.commits);
    let spots = Spots::new(&found.leads, graph.trees(), wanted.ids.len());
    let paths = |number| spots.of(number).iter().map(|&spot| spots.get(spot).path.clone()).collect();
    wanted.ids.iter().enumerate().map(|(number, id)| (*id, paths(number))).collect()
}

/// The ids to look for in trees.
fn in_trees(findings: &[Vec<Held>]) -> BTreeSet<ObjectId> {
    findings.iter().flatten().filter(|held| held.is_in_trees()).filter_map(Held::id).collect()
}

impl Held {
    /// Whether trees name what it is in.
    fn is_in_trees(&self) -> bool {
        matches!(self.kind, LocationKind::Blob | LocationKind::Path)
    }

    fn id(&self) -> Option<ObjectId> {
        ObjectId::from_hex(self.object.as_bytes()).ok()
    }
}

/// The name of this work tree's HEAD among all refs.
fn head_name(layout: &Layout) -> BString {
    match layout.git_dir.file_name() {
        Some(name) if layout.git_dir != layout.common_dir => {
            [b"worktrees/", name.as_encoded_bytes(), b"/HEAD"].concat().into()
        }
        _ => "HEAD".into(),
    }
}

/// Whether each commit is one that only notes lead to.
fn only_notes(graph: &Graph, tips: &Tips<'_>) -> Vec<bool> {
    let mut notes = graph.ancestors(tips.of_notes(true));
    let others = graph.ancestors(tips.of_notes(false));
    for (note, other) in notes.iter_mut().zip(others) {
        *note &= !other;
    }
    notes
}
