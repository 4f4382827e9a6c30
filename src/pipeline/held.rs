//! What content that is replaced holds already: nothing of it is new.

use std::cell::OnceCell;
use std::collections::HashSet;

use bstr::{BStr, ByteSlice};

use super::Collector;
use super::look::Look;
use crate::decode::{self, Text};
use crate::detect::Match;
use crate::secret::Secret;

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

    /// Whether a secret is in there.
    pub(super) fn has(&self, secret: &Secret) -> bool {
        !self.bases.is_empty()
            && (self.stands(secret.expose()) || self.found.get_or_init(|| self.find()).contains(secret))
    }

    /// Whether a value stands there as it is.
    pub(super) fn stands(&self, value: &[u8]) -> bool {
        self.bases.iter().any(|base| memchr::memmem::find(base, value).is_some())
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
