//! Going through the stored commits and trees in bulk, once, for the few that lead to wanted objects.
//!
//! Takes ids and gives all commits, what tags stand for, and [`Leads`]: of trees only the entries that lead to one of
//! the ids. Which trees those are is only known when all were seen, so each thread keeps a [`Trail`] of every entry
//! that could be on the way; it is small, because successive trees share most of theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use bstr::ByteSlice;
use gix_hash::{ObjectId, oid};
use gix_object::Kind as ObjectKind;

use super::super::Progress;
use super::super::objects::{is_well_linked, named_ids};
use super::super::packs::{Answer, Content, Entry, Place, Traversal, Visitor, entries_of};
use super::super::store::{Scratch, Store};
use super::graph::Row;
use super::leads::Leads;
use super::trail::Trail;

/// Objects between two words about how far it is.
const BATCH: u64 = 512;

/// What the pass found.
pub(super) struct Found {
    pub(super) commits: Vec<Row>,
    /// What each tag stands for.
    pub(super) tags: BTreeMap<ObjectId, ObjectId>,
    pub(super) leads: Leads,
    /// Some commits or tags do not say what they lead to.
    pub(super) damaged: bool,
    /// It was ended before it had seen everything.
    pub(super) interrupted: bool,
}

/// Ids that are looked for.
pub(super) struct Wanted {
    /// Sorted.
    pub(super) ids: Vec<ObjectId>,
    /// One bit for each value of the first three bytes of an id: most entries of most trees need no other look.
    sieve: Vec<u64>,
}

impl Wanted {
    pub(super) fn new(ids: BTreeSet<ObjectId>) -> Wanted {
        let mut sieve = vec![0; 1 << 18];
        for id in &ids {
            let (word, bit) = Wanted::slot(id);
            sieve[word] |= bit;
        }
        Wanted { ids: ids.into_iter().collect(), sieve }
    }

    fn slot(id: &oid) -> (usize, u64) {
        let bytes = id.as_bytes();
        let number = usize::from(bytes[0]) << 16 | usize::from(bytes[1]) << 8 | usize::from(bytes[2]);
        (number / 64, 1 << (number % 64))
    }

    #[inline]
    pub(super) fn has(&self, id: &oid) -> bool {
        let (word, bit) = Wanted::slot(id);
        self.sieve[word] & bit != 0 && self.number(id).is_some()
    }

    /// The number of an id among those that are looked for.
    pub(super) fn number(&self, id: &oid) -> Option<usize> {
        self.ids.binary_search_by(|known| known.as_ref().cmp(id)).ok()
    }
}

/// Searches the whole store.
pub(super) fn search(store: &Store, wanted: &Wanted, progress: &dyn Progress) -> Found {
    let stop = AtomicBool::new(false);
    let traversal = Traversal { store, stop: &stop };
    let leads_somewhere = |kind| match kind {
        ObjectKind::Commit | ObjectKind::Tag => true,
        ObjectKind::Tree => !wanted.ids.is_empty(),
        ObjectKind::Blob => false,
    };
    let entries: Vec<Vec<Entry>> = store.packs.iter().map(|pack| entries_of(pack, leads_somewhere)).collect();
    let loose: usize = store.loose.iter().map(|loose| loose.ids().len()).sum();
    progress.total((entries.iter().map(Vec::len).sum::<usize>() + loose) as u64);
    let shared = Mutex::default();
    let finder = Finder::new(wanted, &shared, progress);
    let mut undecoded = Vec::new();
    for (number, entries) in entries.iter().enumerate() {
        undecoded.extend(traversal.some_of_pack(number, entries, &finder));
    }
    for number in 0..store.loose.len() {
        undecoded.extend(traversal.loose(number, &finder));
    }
    other_copies(store, undecoded, finder);
    let Seen { commits, tags, trails, damaged } = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    let interrupted = stop.load(Ordering::Relaxed);
    Found { commits, tags, leads: Leads::new(trails, store, wanted), damaged, interrupted }
}

/// Looks at intact copies of damaged objects. That there are none was reported by the scan.
fn other_copies(store: &Store, damaged: Vec<(ObjectId, String)>, mut finder: Finder<'_>) {
    let mut scratch = Scratch::default();
    for (id, _) in damaged {
        if let Some(kind) = store.read(&id, &mut scratch) {
            finder.visit(kind, &id, None, Content::whole(&scratch.bytes));
        }
    }
}

/// What all threads saw.
#[derive(Default)]
struct Seen {
    commits: Vec<Row>,
    tags: BTreeMap<ObjectId, ObjectId>,
    trails: Vec<Trail>,
    damaged: bool,
}

/// One thread's finds.
struct Finder<'a> {
    wanted: &'a Wanted,
    progress: &'a dyn Progress,
    trail: Trail,
    rows: Vec<Row>,
    tags: Vec<(ObjectId, ObjectId)>,
    damaged: bool,
    objects: u64,
    seen: &'a Mutex<Seen>,
}

impl<'a> Finder<'a> {
    fn new(wanted: &'a Wanted, seen: &'a Mutex<Seen>, progress: &'a dyn Progress) -> Finder<'a> {
        let (rows, tags) = (Vec::new(), Vec::new());
        Finder { wanted, progress, trail: Trail::default(), rows, tags, damaged: false, objects: 0, seen }
    }
}

impl Visitor for Finder<'_> {
    fn visit(&mut self, kind: ObjectKind, id: &oid, place: Place, content: Content<'_>) -> Answer {
        let bytes = content.bytes;
        self.damaged |= !is_well_linked(kind, id, bytes);
        match kind {
            ObjectKind::Commit => self.rows.extend(row(id, bytes)),
            ObjectKind::Tree => self.trail.tree(id, place, bytes, self.wanted),
            ObjectKind::Tag => self.tags.extend(named_ids(bytes).next().map(|(_, of)| (id.to_owned(), of))),
            ObjectKind::Blob => {}
        }
        self.objects += 1;
        if self.objects < BATCH {
            return Answer::GoOn;
        }
        self.progress.advance(std::mem::take(&mut self.objects));
        if self.progress.interrupted() { Answer::End } else { Answer::GoOn }
    }
}

impl Clone for Finder<'_> {
    fn clone(&self) -> Self {
        Finder::new(self.wanted, self.seen, self.progress)
    }
}

impl Drop for Finder<'_> {
    fn drop(&mut self) {
        self.progress.advance(self.objects);
        self.trail.end();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.commits.append(&mut self.rows);
        seen.tags.extend(self.tags.drain(..));
        seen.damaged |= self.damaged;
        if !self.trail.trees.is_empty() {
            seen.trails.push(std::mem::take(&mut self.trail));
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
