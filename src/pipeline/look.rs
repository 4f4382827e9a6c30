//! Looking again: for the names that values go by, and for further copies of what was found.
//!
//! The first look at everything judges each value by its own file. Should it see a value that could be a key under a
//! name that says nothing, a second look goes through the code for what that name is used for; should a value that is
//! reported have another place, a last one finds all of them. Where neither is so, as nearly everywhere, nothing is
//! looked at twice.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use bstr::{BStr, BString, ByteSlice};

use super::bindings::{Naming, Reading, resolve};
use super::group::same_place;
use super::{Collector, Hit, lock};
use crate::decode::Text;
use crate::detect::Match;
use crate::detect::finder::Finder;
use crate::detect::words::words;
use crate::finding::Confidence;
use crate::rule::Pattern;
use crate::secret::Secret;
use crate::source::{Origin, Sink as _};
use crate::words::short_id;

/// Names and values that are kept for a second look; a scan with more of them says so.
const MOST_NAMINGS: usize = 10_000;

/// Why part of a file was left out, where names were looked for.
const NOT_ALL_USES: &str = "not all uses of a name were looked at, for their number";

/// What is looked for.
pub(super) enum Look {
    /// Whatever rules believe to be a credential.
    Candidates,
    /// What names are read for.
    Names(Names),
    /// Values that are known.
    Copies(Known),
}

/// Values that are known for keys, whatever they are called.
pub(super) struct Known {
    finder: Finder,
    values: Vec<KnownValue>,
}

/// One of them.
pub(super) struct KnownValue {
    pub(super) secret: Secret,
    pub(super) rule: usize,
    pub(super) confidence: Confidence,
    /// Why, wherever it stands.
    pub(super) evidence: Vec<String>,
}

/// Names whose use is looked for.
pub(super) struct Names {
    finder: Finder,
    /// For each pattern of the finder, a spelling of it, the name as it is given a value.
    names: Vec<String>,
    /// Stems of the files that give them a value.
    stems: Vec<BString>,
}

impl Known {
    /// None if there is no value.
    fn new(values: Vec<KnownValue>) -> Option<Known> {
        let finder = Finder::new(values.iter().map(|value| value.secret.expose()))?;
        Some(Known { finder, values })
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
                }
            })
            .collect()
    }
}

impl Names {
    /// Of what was given a value; none if nothing was.
    fn new(namings: &[Naming]) -> Option<Names> {
        let (mut sections, mut names) = (Vec::new(), Vec::new());
        for Naming { definition, .. } in namings {
            let names = if definition.section { &mut sections } else { &mut names };
            names.push(definition.name.clone());
        }
        for names in [&mut sections, &mut names] {
            names.sort();
            names.dedup();
        }
        let mut stems: Vec<BString> = namings.iter().filter_map(Naming::stem).collect();
        stems.sort();
        stems.dedup();
        let spelled = |names: Vec<String>, spell: fn(&str) -> Vec<String>| -> Vec<(String, String)> {
            let each = names.into_iter();
            each.flat_map(|name| spell(&name).into_iter().map(move |spelling| (spelling, name.clone())))
                .collect()
        };
        let (names, sections) = (spelled(names, spellings), spelled(sections, entries));
        let words =
            |spelled: &[(String, String)]| spelled.iter().map(|(word, _)| word.clone()).collect::<Vec<_>>();
        let finder = Finder::with_any_case(words(&names), words(&sections))?;
        let names: Vec<String> = names.into_iter().chain(sections).map(|(_, name)| name).collect();
        Some(Names { finder, names, stems })
    }

    /// Whether a text can read one.
    pub(super) fn may_be_read(&self, text: &[u8]) -> bool {
        self.finder.is_match(text)
    }
}

impl Collector<'_> {
    /// Looks again at what `sources` push, as often as what was seen so far makes worth it.
    pub fn look_again(&mut self, sources: impl Fn(&Collector<'_>)) {
        let namings = std::mem::take(&mut *lock(&self.namings));
        // Where nothing is about what a rule looks for, no name is read for it.
        let worth_it = self.interest.load(Ordering::Relaxed) && !self.is_interrupted();
        let bound = match Names::new(&namings).filter(|_| worth_it) {
            Some(names) => {
                let again = self.again(Look::Names(names));
                sources(&again);
                self.skipped.take(&again.skipped, NOT_ALL_USES);
                resolve(namings, lock(&again.readings).drain(..).collect())
            }
            None => Vec::new(),
        };
        let bound_secrets: Vec<Secret> = bound.iter().map(|value| value.secret.clone()).collect();
        let known = Known::new(self.known(bound)).filter(|_| !self.is_interrupted());
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

    /// Values whose other places are worth a look: those that are reported, where one of them was seen elsewhere, and
    /// those that are bound.
    fn known(&self, bound: Vec<KnownValue>) -> Vec<KnownValue> {
        let mut known: BTreeMap<Secret, KnownValue> = BTreeMap::new();
        let mut add = |value: KnownValue| match known.get(&value.secret) {
            Some(better) if better.confidence >= value.confidence => {}
            _ => drop(known.insert(value.secret.clone(), value)),
        };
        let hits = lock(&self.hits);
        let is_run = |rule: usize| matches!(self.detector.rules()[rule].pattern, Pattern::Run { .. });
        for hit in hits.iter().filter(|hit| !hit.published) {
            // What expressions pass over is not remembered.
            if !is_run(hit.rule) || self.strays.has(hit.secret.expose()) {
                add(KnownValue {
                    secret: hit.secret.clone(),
                    rule: hit.rule,
                    confidence: hit.confidence,
                    evidence: vec![elsewhere(hit)],
                });
            }
        }
        bound.into_iter().filter(|value| value.confidence >= self.settings.confidence).for_each(&mut add);
        known.into_values().collect()
    }

    /// A collector for another look at the same.
    fn again(&self, look: Look) -> Collector<'_> {
        let mut again = Collector::new(
            self.detector,
            self.settings,
            self.left_out,
            self.targets.clone(),
            self.interrupted,
            std::sync::Arc::clone(&self.progress),
        );
        again.look = look;
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
    pub(super) fn copies(&self, known: &Known, text: &[u8], path: Option<&BStr>) -> Vec<Match> {
        let copies = known.matches(text);
        if !copies.is_empty() {
            let judged = self.detector.scan(text, path);
            let counted = judged.iter().filter(|m| m.confidence < self.settings.confidence && !m.published);
            let counted = counted.filter(|m| copies.iter().any(|copy| copy.span == m.span)).count();
            self.below_confidence.fetch_add(counted as u64, Ordering::Relaxed);
        }
        copies
    }

    /// Remembers a value that is not reported, and under which name it stands.
    pub(super) fn stray(&self, origin: Origin<'_>, text: &Text<'_>, span: &std::ops::Range<usize>) {
        self.strays.add(&text.bytes[span.clone()]);
        let path = text.inner.last().map(|name| name.as_bstr()).or(origin.path);
        let definitions = self.detector.definitions(text.bytes, path, span);
        if definitions.is_empty() {
            return;
        }
        let line = memchr::memchr_iter(b'\n', &text.bytes[..span.start]).count() as u64 + 1;
        let named = definitions.into_iter().map(|definition| Naming {
            definition,
            secret: Secret::new(&text.bytes[span.clone()]),
            target: origin.target,
            path: origin.path.map(ToOwned::to_owned),
            place: place(origin, line),
        });
        let mut namings = lock(&self.namings);
        if namings.len() < MOST_NAMINGS {
            namings.extend(named);
        } else {
            drop(namings);
            let what = origin.shown.or(origin.path).unwrap_or(BStr::new(""));
            self.skip("values under names whose use was not looked for, for their number", what);
        }
    }

    /// What a text does with the names that are looked for.
    pub(super) fn read(&self, origin: Origin<'_>, text: &Text<'_>, names: &Names) {
        if !names.may_be_read(text.bytes) {
            return;
        }
        let path = text.inner.last().map(|name| name.as_bstr()).or(origin.path);
        let (reads, all) = self.detector.reads(text.bytes, path, &names.finder);
        if !all {
            let what = origin.shown.or(origin.path).unwrap_or(BStr::new(""));
            self.skip(NOT_ALL_USES, what);
        }
        for read in reads {
            let line = memchr::memchr_iter(b'\n', &text.bytes[..read.span.start]).count() as u64 + 1;
            let mentions = names.stems.iter().filter(|stem| mentions(text.bytes, stem));
            lock(&self.readings).push(Reading {
                name: names.names[read.name].clone(),
                purpose: read.purpose,
                from_environment: read.from_environment,
                mentions: mentions.cloned().collect(),
                target: origin.target,
                path: origin.path.map(ToOwned::to_owned),
                place: place(origin, line),
            });
        }
    }
}

/// A name as it stands, and as other languages spell it: settings libraries read `LLM_KEY` as `llm_key` or `llmKey`.
fn spellings(name: &str) -> Vec<String> {
    let words = words(name);
    let mut spellings = vec![name.to_owned()];
    // A file's name is spelled in one way.
    if name.contains('.') || words.is_empty() {
        return spellings;
    }
    let capital = |word: &String| {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        first.to_uppercase() + rest
    };
    let camel = words[0].clone() + &words[1..].iter().map(capital).collect::<String>();
    spellings.extend([words.join("_").to_uppercase(), words.join("_"), words.join("-"), camel]);
    spellings.sort();
    spellings.dedup();
    spellings
}

/// How programs write the entry of a section, given as `section.entry`.
fn entries(name: &str) -> Vec<String> {
    const BETWEEN: [&str; 11] = [".", ":", "__", "?.", "->", "::", "\"][\"", "']['", "][:", "\", \"", "', '"];
    let Some((section, entry)) = name.split_once('.') else { return vec![name.to_owned()] };
    BETWEEN.iter().map(|between| format!("{section}{between}{entry}")).collect()
}

/// Whether a text loads a file of that name: on a line that imports or opens something, or as a part of a path.
fn mentions(text: &[u8], stem: &[u8]) -> bool {
    const LOADS: [&[u8]; 10] =
        [b"import", b"from", b"require", b"include", b"use", b"using", b"open", b"load", b"read", b"source"];
    let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    memchr::memmem::find_iter(text, stem).take(MOST_NAMINGS).any(|at| {
        let (before, after) = (&text[..at], &text[at + stem.len()..]);
        let line = &before[before.rfind_byte(b'\n').map_or(0, |newline| newline + 1)..];
        let to = after.find_byte(b'\n').unwrap_or(after.len());
        let line = [line, &after[..to]].concat();
        let mut words = line.split(|b| !word(b));
        !before.last().is_some_and(word)
            && !after.first().is_some_and(word)
            && (before.last() == Some(&b'/') || words.any(|word| LOADS.contains(&word)))
    })
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
fn place(origin: Origin<'_>, line: u64) -> String {
    match (origin.shown.or(origin.path), origin.object) {
        (Some(path), _) => format!("{path}:{line}"),
        (None, Some(object)) => format!("object {}, line {line}", short_id(object)),
        (None, None) => format!("line {line}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_spellings() {
        assert_eq!(spellings("LLM_KEY"), ["LLM_KEY", "llm-key", "llmKey", "llm_key"]);
        assert_eq!(spellings("botToken"), ["BOT_TOKEN", "bot-token", "botToken", "bot_token"]);
        assert_eq!(spellings("key.txt"), ["key.txt"]);
    }

    #[test]
    fn files_are_mentioned_where_they_are_loaded() {
        let cases: [(&str, bool); 7] = [
            ("import settings", true),
            ("from settings import KEY", true),
            ("const c = require('./settings.json')", true),
            ("open(\"settings.json\")", true),
            ("read ./settings/x", true),
            ("settings = 3", false),
            ("import mysettings", false),
        ];
        for (text, mentioned) in cases {
            assert_eq!(mentions(text.as_bytes(), b"settings"), mentioned, "{text}");
        }
    }
}
