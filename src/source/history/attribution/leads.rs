//! Which entries of which trees lead to wanted objects.
//!
//! Takes the trails of all threads and follows them upwards: from a wanted object to the trees that name it, to the
//! trees that name those, up to the tops. Trees that lead nowhere cost nothing here but a place in a table.

use std::collections::HashMap;

use bstr::BString;
use gix_hash::{ObjectId, oid};

use super::super::store::Store;
use super::search::Wanted;
use super::trail::{Names, Span, Stored, Trail};

/// No span, no tree.
const NONE: u32 = u32::MAX;

/// What an entry names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Child {
    /// A tree that leads on, by its number.
    Tree(u32),
    /// A wanted object that is no tree, by its number among the wanted.
    Wanted(u32),
}

/// An entry of a tree that leads to a wanted object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lead {
    pub(super) child: Child,
    /// Number of its name.
    pub(super) name: u32,
    pub(super) symlink: bool,
}

/// The trees that lead to wanted objects, numbered, with the entries that do.
#[derive(Default)]
pub(super) struct Leads {
    numbers: HashMap<ObjectId, u32>,
    leads: Vec<Lead>,
    /// Where the leads of each tree begin, and the end of the last.
    starts: Vec<usize>,
    pub(super) names: Vec<BString>,
    /// Trees that are wanted themselves: their numbers, and those among the wanted.
    wanted: HashMap<u32, u32>,
}

impl Leads {
    pub(super) fn new(trails: Vec<Trail>, store: &Store, wanted: &Wanted) -> Leads {
        let mut climb = Climb::new(trails);
        climb.from(store, wanted);
        climb.done()
    }

    /// How many trees there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The number of a tree; none if it leads to nothing wanted.
    pub(super) fn number(&self, tree: &oid) -> Option<u32> {
        self.numbers.get(tree).copied()
    }

    /// The entries of a tree that lead on.
    pub(super) fn of(&self, tree: u32) -> &[Lead] {
        &self.leads[self.starts[tree as usize]..self.starts[tree as usize + 1]]
    }

    /// The trees that no other one of them names.
    pub(super) fn tops(&self) -> impl Iterator<Item = u32> {
        let mut named = vec![false; self.len()];
        for lead in &self.leads {
            if let Child::Tree(tree) = lead.child {
                named[tree as usize] = true;
            }
        }
        (0..).zip(named).filter(|(_, named)| !named).map(|(tree, _)| tree)
    }

    /// The number among the wanted of a tree that is one of them.
    pub(super) fn wanted(&self, tree: u32) -> Option<u32> {
        self.wanted.get(&tree).copied()
    }
}

/// On the way up.
struct Climb {
    trails: Vec<Trail>,
    /// What is added to the numbers of each trail's trees.
    offsets: Vec<u32>,
    spans: Vec<Span>,
    /// Spans by child: the first of each slot, and the next after each.
    first: Vec<u32>,
    next: Vec<u32>,
    names: Names,
    /// The number of each tree of the trails among those that lead on.
    reached: Vec<u32>,
    ids: Vec<ObjectId>,
    found: Vec<(u32, Lead)>,
    wanted: HashMap<u32, u32>,
}

impl Climb {
    fn new(mut trails: Vec<Trail>) -> Climb {
        let mut names = Names::default();
        let mut spans = Vec::with_capacity(trails.iter().map(|trail| trail.spans.len()).sum());
        let mut offsets = Vec::new();
        let mut offset = 0;
        for trail in &mut trails {
            let numbers: Vec<u32> = trail.names.all.iter().map(|name| names.number(name.as_ref())).collect();
            spans.extend(trail.spans.drain(..).map(|span| Span {
                name: numbers[span.name as usize],
                trees: span.trees.start + offset..span.trees.end + offset,
                ..span
            }));
            offsets.push(offset);
            offset += trail.trees.len() as u32;
        }
        let mut first = vec![NONE; spans.len().next_power_of_two()];
        let mut next = vec![NONE; spans.len()];
        for (number, span) in spans.iter().enumerate() {
            let slot = &mut first[slot(&span.child, spans.len())];
            next[number] = std::mem::replace(slot, number as u32);
        }
        let reached = vec![NONE; offset as usize];
        let (ids, found, wanted) = (Vec::new(), Vec::new(), HashMap::new());
        Climb { trails, offsets, spans, first, next, names, reached, ids, found, wanted }
    }

    fn from(&mut self, store: &Store, wanted: &Wanted) {
        let mut waiting: Vec<(ObjectId, Child)> = Vec::new();
        let own = self.trails.iter().zip(&self.offsets);
        let own: Vec<u32> =
            own.flat_map(|(trail, offset)| trail.wanted.iter().map(move |tree| tree + offset)).collect();
        for tree in own {
            let number = self.reach(tree, store, &mut waiting);
            let among = wanted.number(&self.ids[number as usize]).expect("it was found by its id");
            self.wanted.insert(number, among as u32);
        }
        let trees: Vec<u32> = self.wanted.values().copied().collect();
        for (number, id) in wanted.ids.iter().enumerate() {
            if !trees.contains(&(number as u32)) {
                waiting.push((*id, Child::Wanted(number as u32)));
            }
        }
        while let Some((id, child)) = waiting.pop() {
            let mut at = self.first[slot(&id, self.spans.len())];
            while at != NONE {
                let span = self.spans[at as usize].clone();
                at = self.next[at as usize];
                if span.child != id {
                    continue;
                }
                for tree in span.trees {
                    let number = self.reach(tree, store, &mut waiting);
                    self.found.push((number, Lead { child, name: span.name, symlink: span.symlink }));
                }
            }
        }
    }

    /// The number of a tree among those that lead on. One that is new will be looked for.
    fn reach(&mut self, tree: u32, store: &Store, waiting: &mut Vec<(ObjectId, Child)>) -> u32 {
        if self.reached[tree as usize] == NONE {
            let number = self.ids.len() as u32;
            self.reached[tree as usize] = number;
            let trail = self.offsets.partition_point(|&offset| offset <= tree) - 1;
            let at = tree - self.offsets[trail];
            let id = match self.trails[trail].trees[at as usize] {
                Stored::Packed(pack, at) => store.packs[pack as usize].index.oid_at_index(at).to_owned(),
                Stored::Loose(at) => self.trails[trail].loose[at as usize],
            };
            self.ids.push(id);
            waiting.push((id, Child::Tree(number)));
        }
        self.reached[tree as usize]
    }

    fn done(self) -> Leads {
        let Climb { ids, mut found, names, wanted, .. } = self;
        // By name, so that nothing that follows depends on the order in which threads came by.
        let name = |lead: &Lead| &names.all[lead.name as usize];
        found.sort_unstable_by(|(tree, lead), (other_tree, other)| {
            tree.cmp(other_tree).then_with(|| name(lead).cmp(name(other)))
        });
        let mut starts = vec![0; ids.len() + 1];
        for (tree, _) in &found {
            starts[*tree as usize + 1] += 1;
        }
        for tree in 0..ids.len() {
            starts[tree + 1] += starts[tree];
        }
        let numbers = ids.into_iter().zip(0..).collect();
        let leads = found.into_iter().map(|(_, lead)| lead).collect();
        Leads { numbers, leads, starts, names: names.all, wanted }
    }
}

/// The slot of an id in a table for so many spans. Ids are hashes already.
fn slot(id: &oid, spans: usize) -> usize {
    let bytes = id.as_bytes().first_chunk::<8>().expect("ids are longer");
    (u64::from_le_bytes(*bytes) as usize) & (spans.next_power_of_two() - 1)
}
