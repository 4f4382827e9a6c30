//! Values that a file believes to be a key, and other files use for something else.
//!
//! A value under a name that any program could have (`TOKEN` in a file of settings that names a model) is believed for
//! what stands around it. Takes such values, and the places of the scanned tree that read their names; where all that
//! is told there is that others get them, or that callers are checked against them, they are nobody's keys. One place
//! that hands the value to the provider, or to something that does not say what for, is enough to believe it still.

use std::collections::BTreeMap;

use super::bindings::{ByName, NEAR, Naming, Reading, by_name, distance, is_above, related};
use super::{Collector, Hit, lock};
use crate::decode::Text;
use crate::detect::Match;
use crate::detect::reference::Purpose;
use crate::finding::Confidence;
use crate::secret::Secret;
use crate::source::Origin;

/// What is known of a value's uses so far.
#[derive(Default)]
struct Uses {
    /// Somebody else gets it, here.
    theirs: Option<String>,
    /// Nobody can tell, or the provider gets it.
    open: bool,
}

/// The values, by target, that are somebody else's by all that is told, and why.
pub(super) type Disowned = BTreeMap<(usize, Secret), String>;

/// Which of the doubtful values of `namings` are somebody else's: each list with what reads its names.
pub(super) fn disowned(looks: &[(Vec<Naming>, Vec<Reading>)]) -> Disowned {
    let mut uses: BTreeMap<(usize, Secret), Uses> = BTreeMap::new();
    for (namings, readings) in looks {
        let readings = by_name(readings.iter());
        for naming in namings.iter().filter(|naming| naming.doubtful) {
            let known = uses.entry((naming.target, naming.secret.clone())).or_default();
            take(known, naming, &readings);
        }
    }
    let theirs = |(value, uses): (_, Uses)| Some((value, uses.theirs.filter(|_| !uses.open)?));
    uses.into_iter().filter_map(theirs).collect()
}

fn take(uses: &mut Uses, naming: &Naming, readings: &ByName<'_>) {
    for reading in related(naming, readings) {
        let near = is_above(naming, reading) || distance(naming, reading).is_some_and(|far| far <= NEAR);
        match &reading.purpose {
            Some(Purpose::Theirs { sure: true }) if near => {
                let name = &reading.name.rsplit(['>', '.']).next().unwrap_or_default();
                let reason = format!(
                    "`{name}` gets its value in {} and is read in {}, for something else",
                    naming.place, reading.place
                );
                uses.theirs.get_or_insert(reason);
            }
            Some(Purpose::Ours { .. } | Purpose::Unknown) => uses.open = true,
            _ => {}
        }
    }
}

impl Collector<'_> {
    /// Remembers a value that is reported for what stands around it alone, and under which name it stands.
    pub(super) fn doubt(&self, origin: Origin<'_>, text: &Text<'_>, found: &Match) {
        if is_doubtful(found) && origin.path.is_some() {
            let named = self.named(origin, text, &found.span).into_iter();
            self.remember(origin, named.map(|naming| Naming { doubtful: true, ..naming }));
        }
    }

    /// Lowers the confidence in values that are somebody else's, unless a place of theirs leaves no doubt.
    pub(super) fn disown(&mut self, disowned: &Disowned) {
        if disowned.is_empty() {
            return;
        }
        let least = self.settings.confidence;
        let mut hits = lock(&self.hits);
        let sure = |hit: &Hit, (target, secret): &(usize, Secret)| {
            hit.target == *target && hit.secret == *secret && !hit.doubtful
        };
        for (value, reason) in disowned {
            if hits.iter().any(|hit| sure(hit, value)) {
                continue;
            }
            let same = hits.iter_mut().filter(|hit| (hit.target, &hit.secret) == (value.0, &value.1));
            for hit in same {
                hit.confidence = Confidence::Low;
                hit.evidence.insert(0, reason.clone());
            }
        }
        let lowered = |hit: &Hit| hit.confidence < least && !hit.published && hit.suppression.is_none();
        let (below, kept) = hits.drain(..).partition(lowered);
        *hits = kept;
        drop(hits);
        self.below_confidence.fetch_add(below.len() as u64, std::sync::atomic::Ordering::Relaxed);
        self.disowned = below;
    }
}

/// Whether a value is believed for what stands around it, and not for what it is called or where it is sent.
pub(super) fn is_doubtful(found: &Match) -> bool {
    (found.confidence == Confidence::Medium || found.beside) && !found.published
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::bindings::tests::{naming, reading};

    fn read(path: &str, purpose: Purpose) -> Reading {
        Reading { purpose: Some(purpose), ..reading("APP_TOKEN", path, true) }
    }

    #[test]
    fn a_value_is_nobodys_where_all_that_is_told_speaks_against_it() {
        let theirs = || read("app/server.py", Purpose::Theirs { sure: true });
        let ours = || Purpose::Ours { rule: 0, confidence: Confidence::High, reason: String::new() };
        let is_disowned = |doubtful: bool, readings: &[Reading]| {
            disowned(&[(
                vec![Naming { doubtful, ..naming("APP_TOKEN", false, "app/.env", 1) }],
                readings.to_vec(),
            )])
            .values()
            .next()
            .cloned()
        };
        let reason =
            "`APP_TOKEN` gets its value in app/.env:1 and is read in app/server.py:9, for something else";
        assert_eq!(is_disowned(true, &[theirs()]).as_deref(), Some(reason));
        assert_eq!(is_disowned(false, &[theirs()]), None);
        assert_eq!(is_disowned(true, &[]), None);
        assert_eq!(is_disowned(true, &[read("app/server.py", Purpose::Theirs { sure: false })]), None);
        assert_eq!(
            is_disowned(true, &[read("other/program/of/its/own.py", Purpose::Theirs { sure: true })]),
            None
        );
        for other in [ours(), Purpose::Unknown] {
            assert_eq!(is_disowned(true, &[theirs(), read("app/llm.py", other)]), None);
        }
    }
}
