//! The paths at which wanted objects stand, and the commits that have them there.
//!
//! Takes the entries of trees that lead to wanted objects and the graph of commits, and gives [`Spots`]. The paths
//! below a tree are worked out once, however many commits have it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use bstr::{BString, ByteSlice};
use gix_hash::ObjectId;

use super::graph::Graph;
use super::search::Lead;
use crate::finding::LocationKind;

/// Most paths that are told of below one tree. Only trees that were made to be hostile have more.
const PATHS: usize = 1000;

/// Deepest directory that is followed.
const DEPTH: usize = 500;

/// A path at which an object stands.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) path: BString,
    pub(super) kind: LocationKind,
    /// Numbers of the commits that have it there, sorted. None, where only trees without a commit do.
    pub(super) holders: Vec<usize>,
}

/// All spots, by object.
pub(super) struct Spots(BTreeMap<ObjectId, Vec<Spot>>);

impl Spots {
    pub(super) fn new(
        entries: &HashMap<ObjectId, Vec<Lead>>,
        graph: &Graph,
        wanted: &BTreeSet<ObjectId>,
        notes: Vec<bool>,
    ) -> Spots {
        let mut paths = Paths { entries, wanted, known: HashMap::new() };
        let mut holders: BTreeMap<Below, Vec<usize>> = BTreeMap::new();
        for commit in 0..graph.len() {
            for below in paths.of(graph.tree(commit), 0).iter() {
                match holders.get_mut(below) {
                    Some(holders) => holders.push(commit),
                    None => drop(holders.insert(below.clone(), vec![commit])),
                }
            }
        }
        let placed: HashSet<ObjectId> = holders.keys().map(|below| below.object).collect();
        for below in paths.of_loose_trees() {
            if !placed.contains(&below.object) {
                holders.entry(below).or_default();
            }
        }
        let mut spots: BTreeMap<ObjectId, Vec<Spot>> = BTreeMap::new();
        for (below, holders) in holders {
            let note = !holders.is_empty() && holders.iter().all(|&commit| notes[commit]);
            let kind = match (note, below.symlink) {
                (true, _) => LocationKind::Note,
                (false, true) => LocationKind::Symlink,
                (false, false) => LocationKind::Blob,
            };
            spots.entry(below.object).or_default().push(Spot { path: below.path, kind, holders });
        }
        Spots(spots)
    }

    /// The spots of an object, sorted by path.
    pub(super) fn of(&self, object: &ObjectId) -> Vec<&Spot> {
        self.0.get(object).into_iter().flatten().collect()
    }
}

/// A wanted object below a tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Below {
    object: ObjectId,
    path: BString,
    symlink: bool,
}

struct Paths<'a> {
    entries: &'a HashMap<ObjectId, Vec<Lead>>,
    wanted: &'a BTreeSet<ObjectId>,
    known: HashMap<ObjectId, Rc<[Below]>>,
}

impl Paths<'_> {
    /// The wanted objects below a tree, itself included.
    fn of(&mut self, tree: &ObjectId, depth: usize) -> Rc<[Below]> {
        if let Some(known) = self.known.get(tree) {
            return Rc::clone(known);
        }
        let leads = self.entries.get(tree);
        if depth > DEPTH || (leads.is_none() && !self.wanted.contains(tree)) {
            return Rc::default();
        }
        // Ids are not verified here: a damaged tree could name itself, and must find itself empty then.
        self.known.insert(*tree, Rc::default());
        let mut below = Vec::new();
        if self.wanted.contains(tree) {
            below.push(Below { object: *tree, path: BString::default(), symlink: false });
        }
        for lead in leads.into_iter().flatten() {
            if self.wanted.contains(&lead.child) && !self.entries.contains_key(&lead.child) {
                below.push(Below { object: lead.child, path: lead.name.clone(), symlink: lead.symlink });
                continue;
            }
            for inner in self.of(&lead.child, depth + 1).iter() {
                let slash: &[u8] = if inner.path.is_empty() { b"" } else { b"/" };
                let path = [lead.name.as_bytes(), slash, inner.path.as_bytes()].concat();
                below.push(Below { path: path.into(), ..inner.clone() });
            }
        }
        below.truncate(PATHS);
        let below: Rc<[Below]> = below.into();
        self.known.insert(*tree, Rc::clone(&below));
        below
    }

    /// The wanted objects below trees that no other tree names.
    fn of_loose_trees(&mut self) -> Vec<Below> {
        let named: HashSet<ObjectId> = self.entries.values().flatten().map(|lead| lead.child).collect();
        let mut tops: Vec<_> = self.entries.keys().copied().filter(|tree| !named.contains(tree)).collect();
        tops.sort_unstable();
        tops.iter().flat_map(|tree| self.of(tree, 0).to_vec()).collect()
    }
}
