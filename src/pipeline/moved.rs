//! What a change only moves: a key that leaves one file and comes into another is not new there.
//!
//! Takes the hits that a change adds and the change itself, to be looked at again, and drops the hits of a value (decoded in
//! the same way, and however it is decoded) if no step of the change makes more copies of it than there were, if each step takes as many findings of
//! it away as it adds, and if the end of the change has no more of it than its beginning. A merge does so if it does over one of its parents. What was
//! no finding where it stood, by the settings before the change as well, is new where it comes out.
//!
//! Only where something is found is anything looked at.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use bstr::{BStr, BString, ByteSlice as _};

use super::look::{Known, KnownValue, Look, known_by};
use super::{Collector, Hit, lock};
use crate::decode::{self, Text};
use crate::detect::finder::Finder;
use crate::finding::LocationKind;
use crate::secret::Secret;
use crate::source::Origin;
use crate::source::history::moves::Moves;

/// Most steps of a change that are looked at.
const STEPS: usize = 200;

/// Most files that are looked at, all in all. With more, nothing counts as moved.
const FILES: usize = 50_000;

/// Most pairs of an end of a change and what it begins at that are looked at.
const ENDS: usize = 50;

/// A value, and how it was decoded where it stands; none for all that it stands as. What is encoded anew in its own file
/// leaves none behind for another file.
type Value = (Secret, Option<Vec<String>>);

/// How often something stands somewhere, by value.
type Counts = BTreeMap<Value, usize>;

/// Places that are reported, by path and value.
type Reported = BTreeMap<(BString, Value), usize>;

/// What a step does to a value.
#[derive(Default)]
struct Step {
    /// Places where it is reported and was no finding before.
    added: usize,
    /// Findings of it that are gone.
    gone: usize,
    before: usize,
    after: usize,
}

impl Collector<'_> {
    /// Drops what a change only moves.
    pub fn forget_moved(&self, moves: &dyn Moves) {
        let mut steps: BTreeMap<usize, Reported> = BTreeMap::new();
        let (mut values, mut new) = (BTreeSet::new(), BTreeSet::new());
        for hit in lock(&self.hits).iter().filter(|hit| self.may_be_moved(hit)) {
            let by = brought(hit, moves).unwrap_or_default();
            let path = hit.location.path.clone().unwrap_or_default();
            for value in counted(hit) {
                if by.is_empty() {
                    new.insert(value.clone());
                }
                for step in &by {
                    *steps.entry(*step).or_default().entry((path.clone(), value.clone())).or_default() += 1;
                }
                values.insert(value);
            }
        }
        let Some(search) = Search::new(self, values.difference(&new).cloned().collect()) else { return };
        if steps.len() > STEPS {
            return;
        }
        for (number, reported) in &steps {
            if !values.is_subset(&new) && !self.is_interrupted() && search.has_time() {
                new.extend(search.added(moves, *number, reported, &new));
            }
        }
        if self.is_interrupted() || values.is_subset(&new) {
            return;
        }
        new.extend(search.grown(moves));
        if !search.has_time() {
            return;
        }
        let is_new = |hit: &Hit| counted(hit).iter().any(|value| new.contains(value));
        lock(&self.hits).retain(|hit| !self.may_be_moved(hit) || is_new(hit));
    }

    /// Whether a hit is one in the content of a file that nothing accepts.
    fn may_be_moved(&self, hit: &Hit) -> bool {
        let content =
            matches!(hit.location.kind, LocationKind::Index | LocationKind::Blob | LocationKind::Symlink);
        let path = hit.location.path.as_ref();
        content
            && hit.suppression.is_none()
            && path.is_some_and(|path| !self.left_out.contains(hit.target, path.as_bstr()))
    }
}

/// The steps that brought a hit; none if that cannot be told.
fn brought(hit: &Hit, moves: &dyn Moves) -> Option<Vec<usize>> {
    let (path, object) = (hit.location.path.as_ref()?, hit.location.blob.as_ref()?);
    moves.steps(hit.location.kind, path.as_bstr(), object)
}

/// What a hit counts as.
fn counted(hit: &Hit) -> [Value; 2] {
    [(hit.secret.clone(), Some(hit.location.decoded.clone())), (hit.secret.clone(), None)]
}

/// Values that are looked for.
struct Search<'a> {
    collector: &'a Collector<'a>,
    values: BTreeSet<Value>,
    secrets: Vec<Secret>,
    finder: Finder,
    /// Files that were looked at.
    looked_at: Cell<usize>,
}

impl<'a> Search<'a> {
    /// None if there is nothing to look for.
    fn new(collector: &'a Collector<'a>, values: BTreeSet<Value>) -> Option<Search<'a>> {
        let secrets: BTreeSet<Secret> = values.iter().map(|(secret, _)| secret.clone()).collect();
        let secrets: Vec<Secret> = secrets.into_iter().collect();
        let finder = Finder::new(secrets.iter().map(Secret::expose))?;
        Some(Search { collector, values, secrets, finder, looked_at: Cell::new(0) })
    }

    /// Whether more files can be looked at.
    fn has_time(&self) -> bool {
        self.looked_at.get() < FILES
    }

    /// The values that a step adds more of than it takes away, whatever it stands on, but for those that are known to be new.
    fn added(
        &self,
        moves: &dyn Moves,
        number: usize,
        reported: &Reported,
        known: &BTreeSet<Value>,
    ) -> BTreeSet<Value> {
        let mut added: BTreeSet<Value> = reported.keys().map(|(_, value)| value.clone()).collect();
        for side in 0..moves.sides(number) {
            let over = self.added_over(moves, (number, side), reported, known);
            added.retain(|value| over.contains(value));
        }
        added
    }

    /// The same, over one state that the step stands on.
    fn added_over(
        &self,
        moves: &dyn Moves,
        (number, side): (usize, usize),
        reported: &Reported,
        known: &BTreeSet<Value>,
    ) -> BTreeSet<Value> {
        let values: BTreeSet<&Value> = reported.keys().map(|(_, value)| value).collect();
        let open = values.into_iter().filter(|value| !known.contains(value));
        let mut steps: BTreeMap<Value, Step> = open.map(|value| (value.clone(), Step::default())).collect();
        if steps.is_empty() {
            return BTreeSet::new();
        }
        let mut missed = reported.clone();
        let all = moves.replaced(number, side, &mut |path, old, new| {
            self.compare(path, [old, new], &mut missed, &mut steps);
        });
        let grows = |step: &Step| step.added > step.gone || step.after > step.before;
        let of_steps = steps.iter().filter(|(_, step)| !all || grows(step)).map(|(value, _)| value.clone());
        // What is reported, and was not seen to be there, cannot be told.
        let missed = missed.into_iter().filter(|(_, left)| *left > 0).map(|((_, value), _)| value);
        of_steps.chain(missed).collect()
    }

    /// Adds what a step does in a file. What is reported there is taken out of `missed`.
    fn compare(
        &self,
        path: &BStr,
        sides: [Option<&[u8]>; 2],
        missed: &mut Reported,
        steps: &mut BTreeMap<Value, Step>,
    ) {
        let Some(sides) = self.judged(path, sides) else { return };
        let [before, after] =
            sides.map(|bytes| bytes.map(|bytes| self.copies(path, bytes)).unwrap_or_default());
        let was_found = match sides[0] {
            Some(bytes) if !before.is_empty() => self.found(path, bytes),
            _ => Counts::new(),
        };
        for (value, step) in steps.iter_mut() {
            let count = |counts: &Counts| counts.get(value).copied().unwrap_or_default();
            step.before += count(&before);
            step.after += count(&after);
            step.gone += count(&was_found).saturating_sub(count(&after));
            if let Some(left) = missed.get_mut(&(path.to_owned(), value.clone())) {
                step.added += left.saturating_sub(count(&was_found));
                *left = left.saturating_sub(count(&after));
            }
        }
    }

    /// The values of which an end of the change has more than all that it begins at, in the files that differ.
    fn grown(&self, moves: &dyn Moves) -> Vec<Value> {
        let (ends, bases) = moves.ends();
        if ends.saturating_mul(bases) > ENDS {
            return self.values.iter().cloned().collect();
        }
        let mut grown: BTreeSet<&Value> = BTreeSet::new();
        for end in 0..ends {
            let mut of_end: BTreeSet<&Value> = self.values.iter().collect();
            for base in 0..bases {
                let [mut before, mut after] = [Counts::new(), Counts::new()];
                let all = moves.overall(end, base, &mut |path, old, new| {
                    let Some([old, new]) = self.judged(path, [old, new]) else { return };
                    for (bytes, counts) in [(old, &mut before), (new, &mut after)] {
                        for (value, number) in bytes.map(|bytes| self.copies(path, bytes)).unwrap_or_default()
                        {
                            *counts.entry(value).or_default() += number;
                        }
                    }
                });
                of_end.retain(|value| !all || after.get(value) > before.get(value));
            }
            grown.extend(of_end);
        }
        grown.into_iter().cloned().collect()
    }

    /// What of a file is judged, and was before.
    fn judged<'b>(&self, path: &BStr, [old, new]: [Option<&'b [u8]>; 2]) -> Option<[Option<&'b [u8]>; 2]> {
        let was_judged = |old: &&[u8]| {
            !self.collector.was_left_out(0, Some(path))
                && !self.collector.was_too_large(LocationKind::Blob, old)
        };
        let old = old.filter(was_judged);
        (!self.collector.left_out.contains(0, path)).then_some([old, new])
    }

    /// How often each value stands in a content, whatever it is called there.
    fn copies(&self, path: &BStr, bytes: &[u8]) -> Counts {
        let mut counts = Counts::new();
        let collector = self.collector;
        self.looked_at.set(self.looked_at.get() + 1);
        if !self.has_time() {
            return counts;
        }
        let interest =
            |bytes: &[u8]| collector.is_named(origin(path)) || collector.detector.is_interesting(bytes);
        let mut visit = |text: &Text<'_>| {
            for (number, span) in self.finder.find(text.bytes).filter(|(_, span)| text.is_decoded(span)) {
                let decoded = text.locate(span).decoded.iter().map(|&name| name.to_owned()).collect();
                let secret = &self.secrets[number];
                *counts.entry((secret.clone(), Some(decoded))).or_default() += 1;
                *counts.entry((secret.clone(), None)).or_default() += 1;
            }
        };
        decode::texts(bytes, collector.settings.limits, &interest, &mut visit, &mut |_| ());
        counts
    }

    /// How often each value is a finding in a content, now and by the settings before.
    fn found(&self, path: &BStr, bytes: &[u8]) -> Counts {
        // What was not judged was none.
        if self.collector.is_too_large(LocationKind::Blob, bytes) {
            return Counts::new();
        }
        let mut counts = found_by(self.collector, path, bytes, &|hit| hit.suppression.is_none());
        for gate in self.collector.gates_before() {
            let before = found_by(&gate.collector, path, bytes, &|hit| gate.reported(hit));
            for (value, count) in &mut counts {
                *count = before.get(value).copied().unwrap_or_default().min(*count);
            }
        }
        counts
    }
}

/// How often each value is a finding in a content, by what stands there: wherever else it stands, where it is one.
fn found_by(collector: &Collector<'_>, path: &BStr, bytes: &[u8], is_live: &dyn Fn(&Hit) -> bool) -> Counts {
    let apart = collector.again(Look::Candidates);
    let hits = apart.guarded(origin(path), bytes, &[], true);
    let mut known: Vec<KnownValue> = hits.iter().filter(|hit| is_live(hit)).map(known_by).collect();
    known.sort_by(|a, b| a.secret.cmp(&b.secret));
    known.dedup_by(|a, b| a.secret == b.secret);
    let Some(known) = Known::new(known, HashSet::new()) else { return Counts::new() };
    let again = collector.again(Look::Copies(known));
    let mut counts = Counts::new();
    for hit in again.guarded(origin(path), bytes, &[], true).iter().filter(|hit| is_live(hit)) {
        for value in counted(hit) {
            *counts.entry(value).or_default() += 1;
        }
    }
    counts
}

fn origin(path: &BStr) -> Origin<'_> {
    Origin { kind: LocationKind::Blob, target: 0, path: Some(path), shown: Some(path), object: None }
}
