//! Going through the stored commits and trees in bulk, for the few that lead to wanted objects.
//!
//! Takes ids and gives all commits, and of trees only the entries that lead to one of the ids. A pass finds the trees
//! that name what is looked for; the next looks for those, until no tree names any: as many passes as paths are deep.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use bstr::{BString, ByteSlice};
use gix_hash::{ObjectId, oid};
use gix_object::Kind as ObjectKind;

use super::super::objects::{TreeEntries, named_ids};
use super::super::packs::{Entry, Place, Traversal, Visitor, entries_of};
use super::super::store::Store;
use super::graph::Row;

/// An entry of a tree that leads to a wanted object.
#[derive(Clone, Debug)]
pub(super) struct Lead {
    pub(super) child: ObjectId,
    pub(super) name: BString,
    pub(super) symlink: bool,
}

/// What the passes found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) commits: Vec<Row>,
    /// By tree.
    pub(super) entries: HashMap<ObjectId, Vec<Lead>>,
}

/// Searches the whole store.
pub(super) fn search(store: &Store, threads: usize, wanted: &BTreeSet<ObjectId>) -> Found {
    let stop = AtomicBool::new(false);
    let traversal = Traversal { store, threads, stop: &stop };
    let mut entries = Vec::new();
    let mut of_trees = Vec::new();
    for pack in &store.packs {
        let listed = entries_of(pack, |kind| matches!(kind, ObjectKind::Commit | ObjectKind::Tree));
        of_trees.push(
            listed.iter().filter(|(_, kind)| *kind == ObjectKind::Tree).map(|(entry, _)| *entry).collect(),
        );
        entries.push(listed.into_iter().map(|(entry, _)| entry).collect());
    }
    let mut found = Found::default();
    let mut targets = Targets::new(wanted.iter().copied());
    pass(&traversal, &entries, &targets, true, &mut found);
    let mut known = 0;
    // Every pass but the last finds trees that were not known to lead anywhere.
    while found.entries.len() > known {
        known = found.entries.len();
        targets = Targets::new(found.entries.keys().copied().filter(|tree| !targets.ever.contains(tree)))
            .and_ever(targets.ever);
        if targets.now.is_empty() {
            break;
        }
        pass(&traversal, &of_trees, &targets, false, &mut found);
    }
    found
}

fn pass(
    traversal: &Traversal<'_>,
    entries: &[Vec<Entry>],
    targets: &Targets,
    commits: bool,
    found: &mut Found,
) {
    let shared = Mutex::new(std::mem::take(found));
    let finder = Finder { targets, commits, rows: Vec::new(), leads: Vec::new(), found: &shared };
    for (number, entries) in entries.iter().enumerate() {
        // What is damaged was reported by the scan.
        traversal.some_of_pack(number, entries, &finder);
    }
    for number in 0..traversal.store.loose.len() {
        traversal.loose(number, &finder);
    }
    drop(finder);
    *found = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
}

/// What a pass looks for.
struct Targets {
    now: BTreeSet<ObjectId>,
    /// What this and all passes before it looked for.
    ever: BTreeSet<ObjectId>,
    /// One bit for each value of the first three bytes of an id: most entries of most trees need no other look.
    sieve: Vec<u64>,
}

impl Targets {
    fn new(ids: impl Iterator<Item = ObjectId>) -> Targets {
        let now: BTreeSet<_> = ids.collect();
        let mut sieve = vec![0; 1 << 18];
        for id in &now {
            let (word, bit) = Targets::slot(id);
            sieve[word] |= bit;
        }
        Targets { ever: now.clone(), now, sieve }
    }

    fn and_ever(mut self, mut ever: BTreeSet<ObjectId>) -> Targets {
        self.ever.append(&mut ever);
        self
    }

    fn slot(id: &oid) -> (usize, u64) {
        let bytes = id.as_bytes();
        let number = usize::from(bytes[0]) << 16 | usize::from(bytes[1]) << 8 | usize::from(bytes[2]);
        (number / 64, 1 << (number % 64))
    }

    #[inline]
    fn has(&self, id: &oid) -> bool {
        let (word, bit) = Targets::slot(id);
        self.sieve[word] & bit != 0 && self.now.contains(id)
    }
}

/// One thread's finds.
struct Finder<'a> {
    targets: &'a Targets,
    commits: bool,
    rows: Vec<Row>,
    leads: Vec<(ObjectId, Lead)>,
    found: &'a Mutex<Found>,
}

impl Visitor for Finder<'_> {
    fn visit(&mut self, kind: ObjectKind, id: &oid, _: Place, bytes: &[u8]) -> bool {
        match kind {
            ObjectKind::Commit if self.commits => self.rows.extend(row(id, bytes)),
            ObjectKind::Tree => {
                let entries = TreeEntries::new(bytes, id.as_bytes().len());
                for entry in entries.filter(|entry| self.targets.has(entry.id) && !entry.is_submodule()) {
                    let lead = Lead {
                        child: entry.id.to_owned(),
                        name: entry.name.to_owned(),
                        symlink: entry.is_symlink(),
                    };
                    self.leads.push((id.to_owned(), lead));
                }
            }
            _ => {}
        }
        true
    }
}

impl Clone for Finder<'_> {
    fn clone(&self) -> Self {
        Finder { rows: Vec::new(), leads: Vec::new(), ..*self }
    }
}

impl Drop for Finder<'_> {
    fn drop(&mut self) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.commits.append(&mut self.rows);
        for (tree, lead) in self.leads.drain(..) {
            found.entries.entry(tree).or_default().push(lead);
        }
    }
}

/// A commit without a tree is none.
fn row(id: &oid, bytes: &[u8]) -> Option<Row> {
    let mut tree = None;
    let mut parents = Vec::new();
    for (name, linked) in named_ids(bytes) {
        match name {
            b"tree" => tree = Some(linked),
            b"parent" => parents.push(linked),
            _ => {}
        }
    }
    let headers = bytes.lines().take_while(|line| !line.is_empty());
    let committer = headers.filter_map(|line| line.strip_prefix(b"committer ")).next();
    let time = committer.map_or(0, seconds);
    Some(Row { id: id.to_owned(), tree: tree?, parents, time })
}

/// The time at the end of a person's line, in seconds since 1970; 0 when there is none.
pub(super) fn seconds(line: &[u8]) -> i64 {
    let mut fields = line.rsplit(|&byte| byte == b' ');
    let number = fields.nth(1).and_then(|field| field.to_str().ok());
    number.and_then(|number| number.parse().ok()).unwrap_or_default()
}
