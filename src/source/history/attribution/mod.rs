//! Which commits brought a finding in, hold it, and took it out; called only when there are findings.
//!
//! Takes the layout and the objects that hold each finding's secret, and gives a [`Story`] for each. Blobs are not
//! decoded again: `search` goes through the stored commits and trees in bulk, reachable or not, and `graph` answers
//! what only the order of commits tells. Nothing here knows what a secret is.
//!
//! Why in bulk: to look trees up one by one would decode most of them many times over, because each version of a tree
//! is a delta on top of others. Going through all trees of a repository takes a fraction of the scan.

mod graph;
mod places;
mod read;
mod search;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bstr::BString;
use gix_hash::ObjectId;

use self::graph::Graph;
use self::places::{Spot, Spots};
pub(super) use self::read::index;
use super::refs::{self, Refs};
use super::store::Store;
use super::{HistoryError, Layout, Reach};
use crate::finding::{Commit, LocationKind};

/// An object that holds a finding's secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The object's id in hex.
    pub object: String,
    /// The kind that the scan gave with it.
    pub kind: LocationKind,
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
    pub in_head: bool,
    /// The commit that first introduced it.
    pub first: Option<Commit>,
    /// The newest commit that holds it.
    pub last: Option<Commit>,
    /// The commit that took its last copy out of HEAD's line of history.
    pub removed: Option<Commit>,
    /// The places of each object, in the order in which the objects were given; sorted by path, and never empty, unless
    /// only what revisions reach was asked for.
    pub places: Vec<Vec<Place>>,
}

/// Tells the story of each finding, given as the objects that hold its secret.
///
/// # Errors
///
/// When the system gives no threads. What cannot be read is left out of the stories: the scan has reported it.
pub fn attribute(
    layout: &Layout,
    threads: usize,
    findings: &[Vec<Held>],
) -> Result<Vec<Story>, HistoryError> {
    attribute_within(layout, None, threads, findings)
}

/// The same, as if nothing were stored but what revisions reach: an object that they do not reach has no places.
///
/// # Errors
///
/// As [`attribute`].
pub fn attribute_within(
    layout: &Layout,
    reach: Option<&Reach>,
    threads: usize,
    findings: &[Vec<Held>],
) -> Result<Vec<Story>, HistoryError> {
    let threads = threads.max(1);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let store = Store::open(layout, &mut |_| ());
    let wanted = wanted(findings);
    let found = pool.install(|| search::search(&store, threads, &wanted));
    let graph = within(reach, Graph::new(found.commits));
    let refs = refs::read(layout, &mut |_| ());
    let spots = Spots::new(&found.entries, &graph, &wanted, notes(&graph, &refs));
    let head = head(layout, &refs).and_then(|id| graph.number(&id));
    let teller = Teller {
        line: head.map(|head| graph.ancestors([head])).unwrap_or_default(),
        index: index(layout),
        commits: read::Commits::new(&store),
        store: &store,
        graph: &graph,
        spots: &spots,
        head,
        reach,
    };
    Ok(findings.iter().map(|finding| teller.story(finding)).collect())
}

/// A commit as reports show it, given as itself or as a tag of it.
pub(super) fn named(store: &Store, id: ObjectId) -> Option<Commit> {
    read::Commits::new(store).get(&read::peel(store, id)?)
}

/// Of objects that are not stored, those that revisions would reach if they were.
pub(super) fn reached<'i>(
    store: &Store,
    threads: usize,
    reach: &Reach,
    ids: impl Iterator<Item = &'i ObjectId>,
) -> BTreeSet<ObjectId> {
    let wanted: BTreeSet<ObjectId> = ids.copied().collect();
    if wanted.is_empty() {
        return wanted;
    }
    let found = search::search(store, threads, &wanted);
    let graph = within(Some(reach), Graph::new(found.commits));
    let spots = Spots::new(&found.entries, &graph, &wanted, vec![false; graph.len()]);
    let held = |id: &ObjectId| spots.of(id).iter().any(|spot| !spot.holders.is_empty());
    let by_name = |id: &ObjectId| reach.objects.contains(id) || graph.names(id);
    wanted.into_iter().filter(|id| held(id) || by_name(id)).collect()
}

/// The graph of what revisions reach.
fn within(reach: Option<&Reach>, graph: Graph) -> Graph {
    let Some(reach) = reach else { return graph };
    let tips: Vec<usize> = reach.tips.iter().filter_map(|id| graph.number(id)).collect();
    let reached = graph.ancestors(tips);
    graph.only(&reached)
}

/// The ids to look for in trees.
fn wanted(findings: &[Vec<Held>]) -> BTreeSet<ObjectId> {
    let in_trees = |held: &&Held| matches!(held.kind, LocationKind::Blob | LocationKind::Path);
    let held = findings.iter().flatten().filter(in_trees);
    held.filter_map(|held| ObjectId::from_hex(held.object.as_bytes()).ok()).collect()
}

/// The commit that HEAD of this work tree stands for.
fn head(layout: &Layout, refs: &Refs) -> Option<ObjectId> {
    if layout.git_dir == layout.common_dir {
        return refs::resolve(refs, b"HEAD");
    }
    let name = layout.git_dir.file_name()?.as_encoded_bytes();
    refs::resolve(refs, &[b"worktrees/", name, b"/HEAD"].concat())
}

/// The commits that only notes reach, as numbers of the graph.
fn notes(graph: &Graph, refs: &Refs) -> Vec<bool> {
    let reached = |notes: bool| {
        let names = refs.keys().filter(|name| name.starts_with(b"refs/notes/") == notes);
        let ids = names.filter_map(|name| refs::resolve(refs, name));
        graph.ancestors(ids.filter_map(|id| graph.number(&id)))
    };
    let (mut notes, others) = (reached(true), reached(false));
    for (note, other) in notes.iter_mut().zip(others) {
        *note &= !other;
    }
    notes
}

/// Everything that stories are told from.
struct Teller<'a> {
    store: &'a Store,
    graph: &'a Graph,
    spots: &'a Spots,
    commits: read::Commits<'a>,
    /// Paths in the index, by blob.
    index: HashMap<ObjectId, BTreeSet<BString>>,
    head: Option<usize>,
    reach: Option<&'a Reach>,
    /// Whether each commit is HEAD or one of its ancestors.
    line: Vec<bool>,
}

impl Teller<'_> {
    fn story(&self, finding: &[Held]) -> Story {
        let mut story = Story::default();
        let mut holders: BTreeMap<usize, ()> = BTreeMap::new();
        let mut in_trees: BTreeMap<usize, ()> = BTreeMap::new();
        for held in finding {
            let Ok(id) = ObjectId::from_hex(held.object.as_bytes()) else {
                story.places.push(vec![Place { kind: held.kind, path: None, commit: None }]);
                continue;
            };
            let spots = self.spots.of(&id);
            in_trees.extend(spots.iter().flat_map(|spot| spot.holders.iter().map(|&commit| (commit, ()))));
            let itself = self.commit_of(&id, held.kind);
            holders.extend(itself.map(|commit| (commit, ())));
            story.in_head |= self.index.contains_key(&id);
            story.places.push(self.places(&id, held.kind, &spots, itself));
        }
        let in_trees: Vec<usize> = in_trees.into_keys().collect();
        story.in_head |= self.head.is_some_and(|head| in_trees.binary_search(&head).is_ok());
        story.removed = self.removed(&in_trees).and_then(|commit| self.named(commit));
        holders.extend(in_trees.into_iter().map(|commit| (commit, ())));
        let holders: Vec<usize> = holders.into_keys().collect();
        story.first = self.graph.first(&holders).and_then(|commit| self.named(commit));
        story.last = self.graph.last(&holders).and_then(|commit| self.named(commit));
        story
    }

    fn named(&self, commit: usize) -> Option<Commit> {
        self.commits.get(self.graph.id(commit))
    }

    /// The commit that an object which no tree names belongs to: itself, or what a tag stands for.
    fn commit_of(&self, id: &ObjectId, kind: LocationKind) -> Option<usize> {
        match kind {
            LocationKind::CommitMessage | LocationKind::Author | LocationKind::Committer => {
                self.graph.number(id)
            }
            LocationKind::TagMessage | LocationKind::Tagger => {
                read::peel(self.store, *id).and_then(|id| self.graph.number(&id))
            }
            _ => None,
        }
    }

    fn places(
        &self,
        id: &ObjectId,
        kind: LocationKind,
        spots: &[&Spot],
        itself: Option<usize>,
    ) -> Vec<Place> {
        let of_spot = |spot: &&Spot| Place {
            kind: if kind == LocationKind::Blob { spot.kind } else { kind },
            path: Some(spot.path.clone()),
            commit: self.graph.first(&spot.holders).and_then(|commit| self.named(commit)),
        };
        let named = self.reach.is_none_or(|reach| reach.objects.contains(id));
        let told = |spot: &&&Spot| named || !spot.holders.is_empty();
        let mut places: Vec<_> = spots.iter().filter(told).map(of_spot).collect();
        if let Some(reach) = self.reach {
            let is_commit = !matches!(kind, LocationKind::TagMessage | LocationKind::Tagger);
            let alone = (is_commit && itself.is_some()) || reach.objects.contains(id);
            if !places.is_empty() || !alone {
                return places;
            }
        }
        if places.is_empty() {
            let staged = self.index.get(id).into_iter().flatten();
            places.extend(staged.map(|path| Place {
                kind: LocationKind::Index,
                path: Some(path.clone()),
                commit: None,
            }));
        }
        if places.is_empty() {
            let commit = itself.and_then(|commit| self.named(commit));
            places.push(Place { kind, path: None, commit });
        }
        places
    }

    /// The last commit of HEAD's line that does not hold what a parent of it held, if HEAD does not.
    fn removed(&self, holders: &[usize]) -> Option<usize> {
        let holds = |commit: usize| holders.binary_search(&commit).is_ok();
        let head = self.head.filter(|&head| !holds(head))?;
        let on_line = |commit: &usize| self.line.get(*commit).copied().unwrap_or_default();
        let children =
            holders.iter().filter(|commit| on_line(commit)).flat_map(|&commit| self.graph.children(commit));
        let mut ends: Vec<_> = children.filter(|&child| on_line(&child) && !holds(child)).collect();
        // A merge of an old branch, on which it still stood, into a line that had dropped it did not remove it.
        let whole = |&end: &usize| self.graph.parents(end).iter().all(|&parent| holds(parent as usize));
        if ends.iter().any(whole) {
            ends.retain(whole);
        }
        debug_assert!(on_line(&head), "HEAD is on its own line");
        ends.into_iter().max_by_key(|&end| self.graph.order(end))
    }
}
