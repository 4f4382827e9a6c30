//! What content that is replaced holds already: nothing of it is new.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashSet};

use bstr::{BStr, ByteSlice};
use memchr::memmem;

use super::Collector;
use super::look::Look;
use crate::decode::{self, Text};
use crate::detect::Match;
use crate::detect::finder::Finder;
use crate::secret::Secret;

/// So many values are searched for one by one.
const FEW: usize = 4;

/// The content that a changed one replaces.
pub(super) struct Held<'a> {
    collector: &'a Collector<'a>,
    path: Option<&'a BStr>,
    bases: &'a [&'a [u8]],
    /// What is found in it, encoded or packed; looked for only where its bytes do not tell.
    found: OnceCell<HashSet<Secret>>,
}

impl<'a> Held<'a> {
    /// What `bases` hold, which stand at a path.
    pub(super) fn new(
        collector: &'a Collector<'a>,
        path: Option<&'a BStr>,
        bases: &'a [&'a [u8]],
    ) -> Held<'a> {
        Held { collector, path, bases, found: OnceCell::new() }
    }

    /// Whether a secret is in there, given the values that stand there as they are.
    pub(super) fn has(&self, secret: &Secret, standing: &HashSet<Vec<u8>>) -> bool {
        !self.bases.is_empty()
            && (standing.contains(secret.expose()) || self.found.get_or_init(|| self.find()).contains(secret))
    }

    /// Which of some values stand there as they are. Many, as in the map of a compiled script, are searched for at once:
    /// one by one, each would take as long as all.
    pub(super) fn standing<'v>(&self, values: impl Iterator<Item = &'v [u8]>) -> HashSet<Vec<u8>> {
        if self.bases.is_empty() {
            return HashSet::new();
        }
        let values: BTreeSet<&[u8]> = values.collect();
        match Finder::new(&values).filter(|_| values.len() > FEW) {
            Some(finder) => {
                let found = self.bases.iter().flat_map(|base| finder.find(base).map(|(_, at)| &base[at]));
                found.collect::<HashSet<&[u8]>>().into_iter().map(<[u8]>::to_vec).collect()
            }
            None => {
                let stands =
                    |value: &&[u8]| self.bases.iter().any(|base| memmem::find(base, value).is_some());
                values.into_iter().filter(stands).map(<[u8]>::to_vec).collect()
            }
        }
    }

    fn find(&self) -> HashSet<Secret> {
        let mut found = HashSet::new();
        let detector = self.collector.detector;
        for base in self.bases {
            let mut visit = |text: &Text<'_>| {
                let path = text.inner.last().map(|name| name.as_bstr()).or(self.path);
                let matches: Vec<Match> = match &self.collector.look {
                    Look::Copies(known) => known.matches(text.bytes),
                    Look::Candidates | Look::Names(_) => detector.scan(text.bytes, path),
                };
                found.extend(matches.into_iter().map(|m| m.secret));
            };
            // What cannot be unpacked there holds nothing that is known of.
            let interest = |bytes: &[u8]| detector.is_interesting(bytes);
            decode::texts(base, self.collector.settings.limits, &interest, &mut visit, &mut |_| ());
        }
        found
    }
}
