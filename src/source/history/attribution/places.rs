//! The paths at which wanted objects stand, and which commits have them there.
//!
//! Takes the entries of trees that lead to wanted objects and the commits' trees, and gives [`Spots`]. A path is put
//! together once, however many trees it leads through; and commits whose trees hold the same spots share one list of
//! them, so that what is asked of a million commits is answered once for each list.

use std::collections::HashMap;
use std::rc::Rc;

use bstr::BString;
use gix_hash::{ObjectId, oid};

use super::leads::{Child, Leads};

/// Most spots that are told of below one tree. Only trees that were made to be hostile have more.
const SPOTS: usize = 1000;

/// Deepest directory that is followed: as deep as git itself goes.
const DEPTH: usize = 2048;

/// The list of trees that hold nothing wanted.
pub(super) const EMPTY: u32 = 0;

/// No name, no spot, no list.
const NONE: u32 = u32::MAX;

/// A path at which an object stands.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) path: BString,
    pub(super) symlink: bool,
    /// The object's number among the wanted.
    pub(super) object: u32,
    /// The lists that it is on, of those that commits have.
    pub(super) lists: Vec<u32>,
}

/// All spots.
pub(super) struct Spots<'a> {
    leads: &'a Leads,
    spots: Vec<Spot>,
    /// The spots of each wanted object, sorted by path.
    of_object: Vec<Vec<u32>>,
    /// Distinct lists of spots, the first one empty.
    lists: Vec<Rc<[u32]>>,
    /// The list of each tree that leads to something wanted.
    of_tree: Vec<u32>,
    /// The list of each commit's tree.
    of_commit: Vec<u32>,
    /// Some tree had more than are told of, or deeper ones than are followed.
    pub(super) cut: bool,
}

impl<'a> Spots<'a> {
    /// `trees`: that of each commit. `objects`: how many are wanted.
    pub(super) fn new<'t>(
        leads: &'a Leads,
        trees: impl Iterator<Item = &'t ObjectId>,
        objects: usize,
    ) -> Spots<'a> {
        let mut walk = Walk::new(leads);
        let of_commit: Vec<u32> =
            trees.map(|id| leads.number(id).map_or(EMPTY, |tree| walk.list(tree, 0))).collect();
        let tops: Vec<u32> = leads.tops().map(|tree| walk.list(tree, 0)).collect();
        let mut spots = walk.spots();
        let mut whole = vec![false; spots.len()];
        for list in distinct(&of_commit, walk.lists.len()) {
            for &spot in walk.lists[list as usize].iter() {
                spots[spot as usize].lists.push(list);
                whole[spot as usize] = true;
            }
        }
        for list in distinct(&tops, walk.lists.len()) {
            walk.lists[list as usize].iter().for_each(|&spot| whole[spot as usize] = true);
        }
        let mut of_object: Vec<Vec<u32>> = vec![Vec::new(); objects];
        for (spot, number) in spots.iter().zip(0..).filter(|(_, number)| whole[*number as usize]) {
            of_object[spot.object as usize].push(number);
        }
        for of_object in &mut of_object {
            // A tree that no commit has tells nothing new of an object that is in commits.
            if of_object.iter().any(|&spot| !spots[spot as usize].lists.is_empty()) {
                of_object.retain(|&spot| !spots[spot as usize].lists.is_empty());
            }
            of_object.sort_by(|&one, &other| spots[one as usize].path.cmp(&spots[other as usize].path));
        }
        let Walk { lists, of_tree, cut, .. } = walk;
        Spots { leads, spots, of_object, lists, of_tree, of_commit, cut }
    }

    /// The spots of a wanted object, by path: those that commits have or, if there is none, those in other trees.
    pub(super) fn of(&self, object: usize) -> &[u32] {
        &self.of_object[object]
    }

    pub(super) fn get(&self, spot: u32) -> &Spot {
        &self.spots[spot as usize]
    }

    /// How many lists there are.
    pub(super) fn lists(&self) -> usize {
        self.lists.len()
    }

    /// The list of each commit's tree.
    pub(super) fn of_commits(&self) -> &[u32] {
        &self.of_commit
    }

    /// The spots below a tree.
    pub(super) fn below(&self, tree: &oid) -> &[u32] {
        match self.leads.number(tree).map(|tree| self.of_tree[tree as usize]) {
            Some(list) if list != NONE => &self.lists[list as usize],
            _ => &[],
        }
    }
}

/// Numbers below `limit`, each once.
fn distinct(numbers: &[u32], limit: usize) -> impl Iterator<Item = u32> {
    let mut there = vec![false; limit];
    for &number in numbers {
        there[number as usize] = true;
    }
    (0..).zip(there).filter(|(_, there)| *there).map(|(number, _)| number)
}

/// A spot as it is put together: a name, and the spot below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Node {
    name: u32,
    below: u32,
    object: u32,
    symlink: bool,
}

struct Walk<'a> {
    leads: &'a Leads,
    nodes: Vec<Node>,
    numbers: HashMap<Node, u32>,
    lists: Vec<Rc<[u32]>>,
    lists_by_spots: HashMap<Rc<[u32]>, u32>,
    of_tree: Vec<u32>,
    cut: bool,
}

impl<'a> Walk<'a> {
    fn new(leads: &'a Leads) -> Walk<'a> {
        let empty: Rc<[u32]> = Rc::default();
        Walk {
            leads,
            nodes: Vec::new(),
            numbers: HashMap::new(),
            lists: vec![Rc::clone(&empty)],
            lists_by_spots: HashMap::from([(empty, EMPTY)]),
            of_tree: vec![NONE; leads.len()],
            cut: false,
        }
    }

    /// The list of the spots below a tree, itself included.
    fn list(&mut self, tree: u32, depth: usize) -> u32 {
        let known = self.of_tree[tree as usize];
        if known != NONE {
            return known;
        }
        if depth > DEPTH {
            self.cut = true;
            return EMPTY;
        }
        // Ids are not verified here: a damaged tree could name itself, and must find itself empty then.
        self.of_tree[tree as usize] = EMPTY;
        let mut spots = Vec::new();
        if let Some(object) = self.leads.wanted(tree) {
            spots.push(self.node(Node { name: NONE, below: NONE, object, symlink: false }));
        }
        for lead in self.leads.of(tree) {
            match lead.child {
                Child::Wanted(object) => {
                    let node = Node { name: lead.name, below: NONE, object, symlink: lead.symlink };
                    spots.push(self.node(node));
                }
                Child::Tree(child) => {
                    let inner = self.list(child, depth + 1);
                    for &below in Rc::clone(&self.lists[inner as usize]).iter() {
                        spots.push(self.node(Node { name: lead.name, below, ..self.nodes[below as usize] }));
                    }
                }
            }
        }
        spots.sort_unstable();
        spots.dedup();
        self.cut |= spots.len() > SPOTS;
        spots.truncate(SPOTS);
        let next = self.lists.len() as u32;
        let spots: Rc<[u32]> = spots.into();
        let list = *self.lists_by_spots.entry(Rc::clone(&spots)).or_insert(next);
        if list == next {
            self.lists.push(spots);
        }
        self.of_tree[tree as usize] = list;
        list
    }

    fn node(&mut self, node: Node) -> u32 {
        let next = self.nodes.len() as u32;
        let number = *self.numbers.entry(node).or_insert(next);
        if number == next {
            self.nodes.push(node);
        }
        number
    }

    fn spots(&self) -> Vec<Spot> {
        let spot = |node: &Node| {
            let mut path = BString::default();
            let mut next = Some(node);
            while let Some(node) = next {
                if node.name != NONE {
                    if !path.is_empty() {
                        path.push(b'/');
                    }
                    path.extend_from_slice(&self.leads.names[node.name as usize]);
                }
                next = self.nodes.get(node.below as usize);
            }
            Spot { path, symlink: node.symlink, object: node.object, lists: Vec::new() }
        };
        self.nodes.iter().map(spot).collect()
    }
}
