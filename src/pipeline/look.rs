//! Looking again: for the names that values go by, and for further copies of what was found.
//!
//! The first look at everything judges each value by its own file. Should it see a value that could be a key under a
//! name that says nothing, a second look goes through the code for what that name is used for; should a value that is reported
//! have another place, a last one finds all of them. Where neither is so, as nearly everywhere, nothing is looked at twice.

use std::collections::{BTreeMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use bstr::{BStr, ByteSlice};

use super::bindings::{Naming, Reading, handed_on, resolve};
use super::disown::{Disowned, disowned};
use super::group::same_place;
use super::held::Held;
use super::names::Names;
use super::{Collector, Hit, lock};
use crate::decode::Text;
use crate::detect::finder::Finder;
use crate::detect::reference::Read;
use crate::detect::{Detector, Match};
use crate::finding::Confidence;
use crate::rule::Pattern;
use crate::secret::Secret;
use crate::source::{Origin, Sink as _};
use crate::words::short_id;

/// Names and values that are kept for a second look; a scan with more of them says so.
pub(super) const MOST_NAMINGS: usize = 10_000;

/// Why part of a file was left out, where names were looked for.
const NOT_ALL_USES: &str = "not all uses of a name were looked at, for their number";

/// What is looked for.
pub(super) enum Look {
    /// Whatever rules believe to be a credential.
    Candidates,
    /// What names are read for.
    Names(Box<Names>),
    /// Values that are known.
    Copies(Known),
}

/// Values that are known for keys, whatever they are called.
pub(super) struct Known {
    finder: Finder,
    values: Vec<KnownValue>,
    /// Those that were bound before the change.
    pub(super) before: HashSet<Secret>,
}

/// One of them.
pub(super) struct KnownValue {
    pub(super) secret: Secret,
    pub(super) rule: usize,
    pub(super) confidence: Confidence,
    /// Why, wherever it stands.
    pub(super) evidence: Vec<String>,
}

/// The values that are a provider's by what other files do with their names.
#[derive(Default)]
struct Bound {
    now: Vec<KnownValue>,
    before: HashSet<Secret>,
    /// Those that are somebody else's.
    disowned: Disowned,
}

impl Look {
    /// How far what is looked for reaches from any of its bytes.
    pub(super) fn reach(&self, detector: &Detector) -> usize {
        match self {
            Look::Candidates => detector.reach(),
            Look::Names(names) => names.longest(),
            Look::Copies(known) => known.finder.longest(),
        }
    }
}

impl Known {
    /// None if there is no value.
    pub(super) fn new(values: Vec<KnownValue>, before: HashSet<Secret>) -> Option<Known> {
        let finder = Finder::new(values.iter().map(|value| value.secret.expose()))?;
        Some(Known { finder, values, before })
    }

    /// Whether a text can hold one.
    pub(super) fn may_hold(&self, text: &[u8]) -> bool {
        self.finder.is_match(text)
    }

    /// Every place of a known value.
    pub(super) fn matches(&self, text: &[u8]) -> Vec<Match> {
        let found = self.finder.find(text);
        found
            .map(|(number, span)| {
                let value = &self.values[number];
                Match {
                    rule: value.rule,
                    secret: value.secret.clone(),
                    span,
                    confidence: value.confidence,
                    evidence: value.evidence.clone(),
                    published: false,
                    foreign: false,
                    beside: false,
                }
            })
            .collect()
    }
}

impl Collector<'_> {
    /// Looks again at what `sources` push, as often as what was seen so far makes worth it.
    pub fn look_again(&mut self, sources: impl Fn(&Collector<'_>)) {
        let namings = std::mem::take(&mut *lock(&self.namings));
        // Where nothing is about what a rule looks for, no name is read for it.
        let worth_it = self.interest.load(Ordering::Relaxed) && !self.is_interrupted();
        let bound = match Names::new(&namings).filter(|_| worth_it) {
            Some(names) => self.bound(namings, names, &sources),
            None => Bound::default(),
        };
        let Bound { now: bound, mut before, disowned } = bound;
        self.disown(&disowned);
        let bound_secrets: Vec<Secret> = bound.iter().map(|value| value.secret.clone()).collect();
        let old = std::mem::take(&mut *lock(&self.before.found));
        before.extend(old.iter().map(|value| value.secret.clone()));
        let known = Known::new(self.known(bound, old), before).filter(|_| !self.is_interrupted());
        if let Some(known) = known {
            let again = self.again(Look::Copies(known));
            sources(&again);
            let places = std::mem::take(&mut *lock(&again.hits));
            let counted = again.below_confidence.into_inner();
            self.below_confidence.fetch_sub(counted, Ordering::Relaxed);
            let places =
                places.into_iter().map(|hit| Hit { copy: !bound_secrets.contains(&hit.secret), ..hit });
            self.adopt(places.collect());
        }
    }

    /// The values that are a provider's by what their names are read for, and by what those names are handed on to.
    fn bound(&self, namings: Vec<Naming>, names: Names, sources: impl Fn(&Collector<'_>)) -> Bound {
        let readings = |names: Names| -> (Vec<Reading>, Vec<Reading>) {
            let again = self.again(Look::Names(Box::new(names)));
            sources(&again);
            self.skipped.take(&again.skipped, NOT_ALL_USES);
            let told = |found: &Mutex<Vec<_>>| again.with_destinations(std::mem::take(&mut *lock(found)));
            (told(&again.readings), told(&again.before.readings))
        };
        let namings_before = std::mem::take(&mut *lock(&self.before.namings));
        let (first, first_before) = readings(names);
        let onwards = handed_on(&namings, &first);
        let onwards_before = handed_on(&namings_before, &first_before);
        let mut looks = vec![(namings, first)];
        let mut before = resolve(namings_before, first_before);
        if let Some(names) = Names::new(&onwards).filter(|_| !self.is_interrupted()) {
            let (second, second_before) = readings(names);
            looks.push((onwards, second));
            before.extend(resolve(onwards_before, second_before));
        }
        before.retain(|value| {
            value.confidence >= self.settings.confidence
                && self.was_asked_for(value.rule, value.confidence, &value.secret)
        });
        let before = before.into_iter().map(|value| value.secret).collect();
        let disowned = disowned(&looks);
        let now = looks.into_iter().flat_map(|(namings, readings)| resolve(namings, readings)).collect();
        Bound { now, before, disowned }
    }

    /// Values whose other places are worth a look: those that are reported, where one of them was seen elsewhere, and
    /// those that are bound; of which `old` ones were found before the change, where they still are.
    fn known(&self, bound: Vec<KnownValue>, old: Vec<KnownValue>) -> Vec<KnownValue> {
        let mut known: BTreeMap<Secret, KnownValue> = BTreeMap::new();
        let mut add = |value: KnownValue| match known.get(&value.secret) {
            Some(better) if better.confidence >= value.confidence => {}
            _ => drop(known.insert(value.secret.clone(), value)),
        };
        let hits = lock(&self.hits);
        let is_run = |rule: usize| matches!(self.detector.rules()[rule].pattern, Pattern::Run { .. });
        // What expressions pass over is not remembered.
        let may_be_elsewhere =
            |rule: usize, secret: &Secret| !is_run(rule) || self.strays.has(secret.expose());
        let new = hits.iter().filter(|hit| !hit.published && may_be_elsewhere(hit.rule, &hit.secret));
        new.map(known_by).for_each(&mut add);
        let old = old.into_iter().filter(|value| may_be_elsewhere(value.rule, &value.secret));
        old.for_each(&mut add);
        bound.into_iter().filter(|value| value.confidence >= self.settings.confidence).for_each(&mut add);
        known.into_values().collect()
    }

    /// A collector for another look at the same.
    pub(super) fn again(&self, look: Look) -> Collector<'_> {
        let mut again = Collector::new(
            self.detector,
            self.settings,
            self.left_out,
            self.targets.clone(),
            self.interrupted,
            std::sync::Arc::clone(&self.progress),
        );
        again.look = look;
        again.settings_before = self.settings_before.clone();
        again
    }

    /// Takes in places that were found by their value alone. What is known of one already is the better for it.
    fn adopt(&mut self, places: Vec<Hit>) {
        let mut hits = lock(&self.hits);
        let mut by_secret: BTreeMap<Secret, Vec<usize>> = BTreeMap::new();
        for (index, hit) in hits.iter().enumerate() {
            by_secret.entry(hit.secret.clone()).or_default().push(index);
        }
        for place in places {
            let known = by_secret.get(&place.secret).into_iter().flatten();
            let same = known.copied().find(|&index| {
                hits[index].target == place.target && same_place(&hits[index].location, &place.location)
            });
            match same {
                None => {
                    by_secret.entry(place.secret.clone()).or_default().push(hits.len());
                    hits.push(place);
                }
                Some(index) if place.confidence > hits[index].confidence => {
                    hits[index].confidence = place.confidence;
                    hits[index].evidence.splice(0..0, place.evidence);
                }
                Some(_) => {}
            }
        }
    }

    /// Places of known values in a text. Those that were counted as not confident enough are counted here again.
    pub(super) fn copies(
        &self,
        known: &Known,
        text: &[u8],
        path: Option<&BStr>,
        held: &Held<'_>,
    ) -> Vec<Match> {
        let copies = known.matches(text);
        if !copies.is_empty() {
            let judged = self.detector.scan(text, path);
            let standing = held.standing(copies.iter().map(|copy| copy.secret.expose()));
            let counted = judged.iter().filter(|m| m.confidence < self.settings.confidence && !m.published);
            let counted = counted.filter(|m| !standing.contains(m.secret.expose()));
            let counted = counted.filter(|m| copies.iter().any(|copy| copy.span == m.span)).count();
            self.below_confidence.fetch_add(counted as u64, Ordering::Relaxed);
        }
        copies
    }

    /// Remembers a value that is not reported, and under which name it stands. Gives whether it has one.
    pub(super) fn stray(&self, origin: Origin<'_>, text: &Text<'_>, span: &std::ops::Range<usize>) -> bool {
        self.strays.add(&text.bytes[span.clone()]);
        let named = self.named(origin, text, span);
        let any = !named.is_empty();
        self.remember(origin, named.into_iter());
        any
    }

    /// The names that a value stands under.
    pub(super) fn named(
        &self,
        origin: Origin<'_>,
        text: &Text<'_>,
        span: &std::ops::Range<usize>,
    ) -> Vec<Naming> {
        let path = text.inner.last().map(|name| name.as_bstr()).or(origin.path);
        let definitions = self.detector.definitions(text.bytes, path, span);
        if definitions.is_empty() {
            return Vec::new();
        }
        let line = line_of(text.bytes, span.start);
        let named = definitions.into_iter().map(|definition| Naming {
            definition,
            secret: Secret::new(&text.bytes[span.clone()]),
            target: origin.target,
            path: origin.path.map(ToOwned::to_owned),
            place: place(origin, line),
            alias: false,
            doubtful: false,
        });
        named.collect()
    }

    /// Keeps names for a second look, if there are not too many.
    pub(super) fn remember(&self, origin: Origin<'_>, named: impl Iterator<Item = Naming>) {
        let named = named.filter(Naming::can_be_read);
        let mut namings = lock(&self.namings);
        if namings.len() < MOST_NAMINGS {
            namings.extend(named);
        } else {
            drop(namings);
            let what = origin.shown.or(origin.path).unwrap_or(BStr::new(""));
            self.skip("values under names whose use was not looked for, for their number", what);
        }
    }

    /// Remembers what a text does with the names that are looked for, and what it did before the change.
    pub(super) fn read(&self, origin: Origin<'_>, text: &Text<'_>, names: &Names, held: &Held<'_>) {
        let readings = self.readings(origin, text, names);
        if !readings.is_empty() {
            held.remember_reads(names);
            lock(&self.readings).extend(readings);
        }
    }

    /// What a text does with the names that are looked for.
    pub(super) fn readings(&self, origin: Origin<'_>, text: &Text<'_>, names: &Names) -> Vec<Reading> {
        let mut loaded = None;
        let reads = self.reads(origin, text, names);
        // An entry of a section is meant where the section is named as well.
        let meant = |(name, _): &(&String, Read)| {
            name.split_once('>').is_none_or(|(section, _)| names_section(text.bytes, section))
        };
        let readings = reads.into_iter().filter(meant).map(|(name, read)| Reading {
            name: name.clone(),
            purpose: read.purpose,
            from_environment: read.from_environment,
            given_to: read.given_to,
            sent_by: read.sent_by,
            mentions: names.mentioned(text.bytes, &read.span, &mut loaded),
            target: origin.target,
            path: origin.path.map(ToOwned::to_owned),
            place: place(origin, line_of(text.bytes, read.span.start)),
        });
        readings.collect()
    }

    /// The places where a text reads the names that are looked for, each with its name.
    fn reads<'n>(&self, origin: Origin<'_>, text: &Text<'_>, names: &'n Names) -> Vec<(&'n String, Read)> {
        let path = text.inner.last().map(|name| name.as_bstr()).or(origin.path);
        let asked = self.detector.is_interesting(text.bytes) || names.may_be_doubted_by(text.bytes);
        let mut found = Vec::new();
        for spelled in asked.then_some(&names.entries).into_iter().chain([&names.own]) {
            let Some(finder) = &spelled.finder else { continue };
            let (reads, all) = self.detector.reads(text.bytes, path, finder);
            if !all {
                let what = origin.shown.or(origin.path).unwrap_or(BStr::new(""));
                self.skip(NOT_ALL_USES, what);
            }
            found.extend(reads.into_iter().map(|read| (&spelled.names[read.name], read)));
        }
        if let Some(finder) = names.clients.finder.as_ref().filter(|_| asked) {
            let clients = self.detector.clients(text.bytes, path, finder);
            found.extend(clients.into_iter().map(|read| (&names.clients.names[read.name], read)));
        }
        if let Some(finder) = names.callables.finder.as_ref().filter(|_| asked) {
            let called = &names.callables.names;
            let callables = self.detector.callables(text.bytes, path, finder, called);
            found.extend(callables.into_iter().map(|read| (&called[read.name], read)));
        }
        found
    }
}

/// The line that a byte is on, from 1.
pub(super) fn line_of(text: &[u8], at: usize) -> u64 {
    memchr::memchr_iter(b'\n', &text[..at]).count() as u64 + 1
}

/// Whether a text has the name of a section, as a word or a part of one, in any case.
fn names_section(text: &[u8], section: &str) -> bool {
    Finder::in_any_case([section]).is_some_and(|finder| finder.is_match(text))
}

/// A value that is known by a place of it.
pub(super) fn known_by(hit: &Hit) -> KnownValue {
    KnownValue {
        secret: hit.secret.clone(),
        rule: hit.rule,
        confidence: hit.confidence,
        evidence: vec![elsewhere(hit)],
    }
}

/// Why a value is believed to be a key where nothing there says so.
fn elsewhere(hit: &Hit) -> String {
    let location = &hit.location;
    let line = location.region.start_line;
    let place = match (location.shown.as_ref().or(location.path.as_ref()), &location.blob) {
        (Some(path), _) => format!("{path}:{line}"),
        (None, Some(blob)) => format!("object {}, line {line}", short_id(blob)),
        (None, None) => format!("line {line}"),
    };
    let reason = hit.evidence.first().map_or("", String::as_str);
    format!("the same value stands in {place}: {reason}")
}

/// A place for a sentence: `src/main.py:3`.
pub(super) fn place(origin: Origin<'_>, line: u64) -> String {
    match (origin.shown.or(origin.path), origin.object) {
        (Some(path), _) => format!("{path}:{line}"),
        (None, Some(object)) => format!("object {}, line {line}", short_id(object)),
        (None, None) => format!("line {line}"),
    }
}
