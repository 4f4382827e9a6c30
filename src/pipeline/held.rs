//! What stood where a changed content stands: what was a finding there already is not new.
//!
//! Takes the contents that a change replaces, judges each by its own text and path under the settings of this scan, and
//! says which hits of the new content it would have given as well. That the bytes of a value stood there says nothing: a
//! change can be what tells them for a key. Nor was anything a finding that the settings before the change did not have
//! reported (see [`before`](super::before)).
//!
//! Why no more: whether a value that no text of its own file tells for a key was one before depends on other files. Of
//! these a gate sees those that the change touches, and no others, so that it costs what the change costs. So a value
//! counts as known before by another file if both that file and its own had, before the change, what binds them now; and
//! a value in a file that the change does not touch is for a scan of the tree.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Mutex;

use bstr::ByteSlice as _;
use memchr::memmem;

use super::bindings::{Naming, Reading};
use super::look::{Known, KnownValue, Look, known_by};
use super::names::Names;
use super::{Collector, Hit, lock};
use crate::config::LeftOut;
use crate::decode::{self, Text};
use crate::detect::finder::Finder;
use crate::finding::SuppressedBy;
use crate::secret::Secret;
use crate::source::{Old, Origin};

/// So many values are searched for one by one.
const FEW: usize = 4;

/// What is remembered of the contents that a change replaces.
#[derive(Default)]
pub(super) struct Before {
    /// Values under names, and places that read names.
    pub(super) namings: Mutex<Vec<Naming>>,
    pub(super) readings: Mutex<Vec<Reading>>,
    /// Values that were findings, and are where they were.
    pub(super) found: Mutex<Vec<KnownValue>>,
    /// The contents whose names are remembered. Those of a base stand behind every commit of a range.
    seen: Mutex<HashSet<u64>>,
}

impl Before {
    /// Whether this is the first time that it comes.
    fn is_first(&self, old: &Old<'_>) -> bool {
        let mut hasher = DefaultHasher::new();
        (old.path, old.bytes).hash(&mut hasher);
        lock(&self.seen).insert(hasher.finish())
    }
}

/// What stood where a content stands.
pub(super) struct Held<'a> {
    collector: &'a Collector<'a>,
    origin: Origin<'a>,
    olds: &'a [Old<'a>],
    /// Made where something is found in the new content, or could be tied to another file.
    judged: OnceCell<Judged>,
    copies: OnceCell<Copies>,
    read: OnceCell<()>,
}

/// What would have been reported of the old contents.
#[derive(Default)]
struct Judged {
    live: HashSet<Secret>,
    published: HashSet<Secret>,
    /// How many places a comment accepts, in the content that has most of them.
    accepted: HashMap<Secret, usize>,
}

/// Which known values stand in old contents, whatever they are called there.
#[derive(Default)]
struct Copies {
    anywhere: HashSet<Secret>,
    in_base: HashSet<Secret>,
}

impl<'a> Held<'a> {
    /// For the content at `origin`.
    pub(super) fn new(collector: &'a Collector<'a>, origin: Origin<'a>, olds: &'a [Old<'a>]) -> Held<'a> {
        let (judged, copies, read) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Held { collector, origin, olds, judged, copies, read }
    }

    /// Takes out of the hits of the new content those that the old ones would have given as well.
    pub(super) fn take(&self, hits: &mut Vec<Hit>) {
        if self.olds.is_empty() || hits.is_empty() {
            return;
        }
        let judged = self.judged();
        let mut accepted = judged.accepted.clone();
        let mut found = Vec::new();
        hits.retain(|hit| match &hit.suppression {
            Some(by) if by.by == SuppressedBy::Inline => {
                let left = accepted.get_mut(&hit.secret).filter(|left| **left > 0);
                // A comment that is added is told of, be it beside a value that stood there before.
                left.map(|left| *left -= 1).is_none()
            }
            Some(_) => !judged.published.contains(&hit.secret),
            None => {
                let is_old = judged.live.contains(&hit.secret);
                if is_old {
                    found.push(known_by(hit));
                }
                !is_old
            }
        });
        lock(&self.collector.before.found).extend(found);
        if let Look::Copies(known) = &self.collector.look {
            let copies = self.copies.get_or_init(|| self.find(known));
            let is_old =
                |hit: &Hit| copies.in_base.contains(&hit.secret) && known.before.contains(&hit.secret);
            hits.retain(|hit| !is_old(hit));
            hits.iter_mut().for_each(|hit| hit.stood = copies.anywhere.contains(&hit.secret));
        }
    }

    /// Which of some values stand in the old contents as they are. Many, as in the map of a compiled script, are searched
    /// for at once: one by one, each would take as long as all.
    pub(super) fn standing<'v>(&self, values: impl Iterator<Item = &'v [u8]>) -> HashSet<Vec<u8>> {
        if self.olds.is_empty() {
            return HashSet::new();
        }
        let olds = || self.olds.iter().map(|old| old.bytes);
        let values: BTreeSet<&[u8]> = values.collect();
        match Finder::new(&values).filter(|_| values.len() > FEW) {
            Some(finder) => {
                let found = olds().flat_map(|old| finder.find(old).map(|(_, at)| &old[at]));
                found.collect::<HashSet<&[u8]>>().into_iter().map(<[u8]>::to_vec).collect()
            }
            None => {
                let stands = |value: &&[u8]| olds().any(|old| memmem::find(old, value).is_some());
                values.into_iter().filter(stands).map(<[u8]>::to_vec).collect()
            }
        }
    }

    /// Remembers the names that values had in the base, for what another file made of them.
    pub(super) fn remember_names(&self) {
        self.judged();
    }

    /// Remembers what the base did with the names that are looked for.
    pub(super) fn remember_reads(&self, names: &Names) {
        self.read.get_or_init(|| {
            let mut readings: Vec<Reading> = Vec::new();
            for old in self.olds.iter().filter(|old| old.in_base) {
                if !self.collector.before.is_first(old) {
                    continue;
                }
                let origin = self.of(old);
                self.texts(old, &mut |text| readings.extend(self.collector.readings(origin, text, names)));
            }
            lock(&self.collector.before.readings).extend(readings);
        });
    }

    fn judged(&self) -> &Judged {
        self.judged.get_or_init(|| {
            let mut judged = Judged::default();
            for old in self.judged_before() {
                // What goes wrong there is no issue of this scan: nothing is known of it then, and so all is new.
                let apart = self.collector.again(Look::Candidates);
                let mut hits = apart.guarded(self.of(old), old.bytes, &[], true);
                for gate in self.collector.gates_before() {
                    let reported = gate.reported_in(self.of(old), old.bytes);
                    hits.retain(|hit| hit.suppression.is_some() || reported.contains(&hit.secret));
                }
                judged.add(hits);
                if old.in_base && self.collector.before.is_first(old) {
                    let names = std::mem::take(&mut *lock(&apart.namings));
                    lock(&self.collector.before.namings).extend(names);
                }
            }
            judged
        })
    }

    fn find(&self, known: &Known) -> Copies {
        let mut copies = Copies::default();
        for old in self.judged_before() {
            self.texts(old, &mut |text| {
                for found in known.matches(text.bytes) {
                    if old.in_base {
                        copies.in_base.insert(found.secret.clone());
                    }
                    copies.anywhere.insert(found.secret);
                }
            });
        }
        copies
    }

    /// The texts of an old content. What cannot be unpacked there holds nothing that is known of.
    fn texts(&self, old: &Old<'_>, visit: &mut dyn FnMut(&Text<'_>)) {
        let interest = |bytes: &[u8]| self.collector.detector.is_interesting(bytes);
        decode::texts(old.bytes, self.collector.limits_before(), &interest, visit, &mut |_| ());
    }

    /// The old contents that were judged where they stood; one that was left out, if what stands there now is left out as
    /// well.
    fn judged_before(&self) -> impl Iterator<Item = &'a Old<'a>> {
        let (Origin { target, kind, .. }, collector) = (self.origin, self.collector);
        let still = self.origin.path.is_some_and(|path| collector.left_out.contains(target, path));
        let was_judged = move |old: &&Old<'_>| {
            (still || !collector.was_left_out(target, old.path)) && !collector.was_too_large(kind, old.bytes)
        };
        self.olds.iter().filter(was_judged)
    }

    fn of(&self, old: &'a Old<'a>) -> Origin<'a> {
        Origin { path: old.path, shown: old.path, ..self.origin }
    }
}

impl Judged {
    /// Adds what one content gives.
    fn add(&mut self, hits: Vec<Hit>) {
        let mut accepted: HashMap<Secret, usize> = HashMap::new();
        for hit in hits {
            match hit.suppression {
                Some(by) if by.by == SuppressedBy::Inline => *accepted.entry(hit.secret).or_default() += 1,
                Some(_) => drop(self.published.insert(hit.secret)),
                None => drop(self.live.insert(hit.secret)),
            }
        }
        for (secret, number) in accepted {
            let most = self.accepted.entry(secret).or_default();
            *most = number.max(*most);
        }
    }
}

/// Takes out the places where a value stood before unknown, if the same value is reported at one where it did not: the
/// change brought it there. If there is no such place, the change made a key of what stood there, and that is reported.
pub(super) fn without_old_copies(hits: &mut Vec<Hit>, left_out: &LeftOut) {
    let is_left_out = |hit: &Hit| {
        let path = hit.location.path.as_ref();
        path.is_some_and(|path| left_out.contains(hit.target, path.as_bstr()))
    };
    let is_reported = |hit: &&Hit| !hit.stood && hit.suppression.is_none() && !is_left_out(hit);
    let key = |hit: &Hit| (hit.target, hit.rule, hit.secret.clone());
    if hits.iter().any(|hit| hit.stood) {
        let reported: HashSet<_> = hits.iter().filter(is_reported).map(key).collect();
        hits.retain(|hit| !hit.stood || !reported.contains(&key(hit)));
    }
}
