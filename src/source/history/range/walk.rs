//! Which commits a range holds, from its ends.
//!
//! Takes commits to begin at and commits to leave out, with all their ancestors, and gives what is between, ancestors
//! first. Parents are those that each commit names in its own bytes. Newer commits are looked at before older ones,
//! and the walk ends when only ancestors of what is left out remain; a clock that went wrong can at worst let a commit
//! in that should have been left out, and never the other way round.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};

use gix_hash::{ObjectId, oid};
use gix_object::Kind as ObjectKind;

use super::super::connectivity::Missing;
use super::super::objects::{committer_time, is_well_linked, named_ids};
use super::reader::Reader;

/// How many more commits are looked at, where all that remain are older than what was found and left out: as many
/// wrong clocks in a row do no harm.
const PATIENCE: usize = 256;

/// A commit of a range.
pub(in super::super) struct Member {
    pub(in super::super) id: ObjectId,
    pub(in super::super) tree: ObjectId,
    pub(in super::super) parents: Vec<ObjectId>,
    /// Only notes lead to it.
    pub(in super::super) note: bool,
}

/// What a walk found.
#[derive(Default)]
pub(in super::super) struct Walked {
    /// Ancestors first; of what is not related, the oldest first.
    pub(in super::super) commits: Vec<Member>,
    /// Commits outside that members descend from directly.
    pub(in super::super) boundary: BTreeSet<ObjectId>,
    /// How many members lack parents because the repository is shallow.
    pub(in super::super) cut: usize,
}

/// Walks from `included` (with what only notes name marked) down to ancestors of `excluded`. `shallow` commits may lack
/// parents; whatever else cannot be read goes to `missing`.
pub(in super::super) fn walk(
    included: &BTreeMap<ObjectId, bool>,
    excluded: &BTreeSet<ObjectId>,
    shallow: &HashSet<ObjectId>,
    reader: &mut Reader<'_>,
    missing: &mut Missing,
    interrupted: &dyn Fn() -> bool,
) -> Walked {
    let mut walker = Walker { oldest: i64::MAX, ..Walker::default() };
    for &id in excluded {
        walker.exclude(id);
        walker.queue(id, reader, missing);
    }
    for &id in included.keys() {
        walker.queue(id, reader, missing);
    }
    let mut patience = PATIENCE;
    while let Some((time, id)) = walker.waiting.pop() {
        if walker.open == 0 {
            patience -= usize::from(time < walker.oldest);
            if walker.oldest == i64::MAX || patience == 0 {
                break;
            }
        }
        if interrupted() {
            break;
        }
        walker.look_at(time, id, shallow, reader, missing);
    }
    walker.walked(included)
}

/// The commits that two commits both descend from (or are), the newest of each line.
pub(super) fn common(left: ObjectId, right: ObjectId, reader: &mut Reader<'_>) -> BTreeSet<ObjectId> {
    // Above each such commit, on the way to `left`, is one that `right` does not reach.
    let (included, excluded) = (BTreeMap::from([(left, false)]), BTreeSet::from([right]));
    let walked = walk(&included, &excluded, &HashSet::new(), reader, &mut Missing::new(), &|| false);
    if walked.commits.is_empty() { BTreeSet::from([left]) } else { walked.boundary }
}

/// Of some commits those that none of the others descends from: what an older one holds, a newer one may have taken away.
pub(super) fn newest<'c>(
    commits: impl Iterator<Item = &'c ObjectId>,
    shallow: &HashSet<ObjectId>,
    reader: &mut Reader<'_>,
) -> BTreeSet<ObjectId> {
    let commits: BTreeMap<ObjectId, bool> = commits.map(|id| (*id, false)).collect();
    if commits.len() < 2 {
        return commits.into_keys().collect();
    }
    let mut node = |id: &ObjectId| reader.object(id).and_then(|(kind, bytes)| parse(kind, id, bytes));
    let parents: BTreeSet<ObjectId> =
        commits.keys().filter_map(&mut node).flat_map(|node| node.parents).collect();
    let walked = walk(&commits, &parents, shallow, reader, &mut Missing::new(), &|| false);
    walked.commits.into_iter().map(|member| member.id).collect()
}

/// A commit that was read.
struct Node {
    tree: ObjectId,
    parents: Vec<ObjectId>,
    time: i64,
    /// Its parents are waiting or were looked at.
    expanded: bool,
}

#[derive(Default)]
struct Walker {
    nodes: HashMap<ObjectId, Node>,
    excluded: HashSet<ObjectId>,
    waiting: BinaryHeap<(i64, ObjectId)>,
    /// Commits that are waiting and not excluded.
    open: usize,
    /// The time of the oldest commit that was not excluded when it was looked at.
    oldest: i64,
    /// Commits that lack parents because the repository is shallow.
    cut: HashSet<ObjectId>,
}

impl Walker {
    /// Reads a commit and lets it wait, unless that was done before.
    fn queue(&mut self, id: ObjectId, reader: &mut Reader<'_>, missing: &mut Missing) {
        if self.nodes.contains_key(&id) || missing.contains_key(&id) {
            return;
        }
        let Some(node) = reader.object(&id).and_then(|(kind, bytes)| parse(kind, &id, bytes)) else {
            missing.insert(id, "commit");
            return;
        };
        self.waiting.push((node.time, id));
        self.nodes.insert(id, node);
        self.open += usize::from(!self.excluded.contains(&id));
    }

    /// Leaves out a commit and all ancestors of it that are known so far.
    fn exclude(&mut self, id: ObjectId) {
        let mut waiting = vec![id];
        while let Some(id) = waiting.pop() {
            if !self.excluded.insert(id) {
                continue;
            }
            match self.nodes.get(&id) {
                Some(node) if node.expanded => waiting.extend(&node.parents),
                Some(_) => self.open -= 1,
                None => {}
            }
        }
    }

    /// Goes on to the parents of a commit.
    fn look_at(
        &mut self,
        time: i64,
        id: ObjectId,
        shallow: &HashSet<ObjectId>,
        reader: &mut Reader<'_>,
        missing: &mut Missing,
    ) {
        let excluded = self.excluded.contains(&id);
        if !excluded {
            self.open -= 1;
            self.oldest = self.oldest.min(time);
        }
        let Some(node) = self.nodes.get_mut(&id) else { return };
        node.expanded = true;
        if shallow.contains(&id) {
            let named = node.parents.len();
            node.parents.retain(|parent| reader.store.contains(parent));
            if node.parents.len() < named {
                self.cut.insert(id);
            }
        }
        for parent in node.parents.clone() {
            if excluded {
                self.exclude(parent);
            }
            self.queue(parent, reader, missing);
        }
    }

    /// The members in order.
    fn walked(mut self, included: &BTreeMap<ObjectId, bool>) -> Walked {
        self.nodes.retain(|id, node| node.expanded && !self.excluded.contains(id));
        let order = self.order();
        let mut plain: HashSet<ObjectId> =
            included.iter().filter(|(_, note)| !**note).map(|(id, _)| *id).collect();
        for id in order.iter().rev().filter(|id| self.nodes.contains_key(*id)) {
            if plain.contains(id) {
                plain.extend(&self.nodes[id].parents);
            }
        }
        let mut walked = Walked::default();
        for id in order {
            let Some(node) = self.nodes.remove(&id) else { continue };
            walked.boundary.extend(node.parents.iter().filter(|parent| self.excluded.contains(*parent)));
            walked.cut += usize::from(self.cut.contains(&id));
            let note = !plain.contains(&id);
            walked.commits.push(Member { id, tree: node.tree, parents: node.parents, note });
        }
        walked
    }

    /// Ids of the members, ancestors first; of what is not related, the oldest first. Neighbours have much in common
    /// then, and what was read for one serves the other.
    fn order(&self) -> Vec<ObjectId> {
        let mut children: HashMap<ObjectId, Vec<ObjectId>> = HashMap::new();
        let mut open: HashMap<ObjectId, usize> = HashMap::new();
        let mut ready = BinaryHeap::new();
        for (&id, node) in &self.nodes {
            let parents: BTreeSet<_> =
                node.parents.iter().filter(|parent| self.nodes.contains_key(*parent)).collect();
            open.insert(id, parents.len());
            for &parent in &parents {
                children.entry(*parent).or_default().push(id);
            }
            if parents.is_empty() {
                ready.push(Reverse((node.time, id)));
            }
        }
        let mut order = Vec::with_capacity(self.nodes.len());
        while let Some(Reverse((_, id))) = ready.pop() {
            order.push(id);
            for child in children.remove(&id).unwrap_or_default() {
                if let Some(open) = open.get_mut(&child) {
                    *open -= 1;
                    if *open == 0 {
                        ready.push(Reverse((self.nodes[&child].time, child)));
                    }
                }
            }
        }
        order
    }
}

/// What a walk needs of a commit; none if it does not tell all of that.
fn parse(kind: ObjectKind, id: &oid, bytes: &[u8]) -> Option<Node> {
    if kind != ObjectKind::Commit || !is_well_linked(kind, id, bytes) {
        return None;
    }
    let mut tree = None;
    let mut parents = Vec::new();
    for (name, id) in named_ids(bytes) {
        match name {
            b"tree" => tree = Some(id),
            b"parent" => parents.push(id),
            _ => {}
        }
    }
    Some(Node { tree: tree?, parents, time: committer_time(bytes), expanded: false })
}
