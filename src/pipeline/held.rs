//! What content that is replaced holds already, so that it is not new in what replaces it.

use std::cell::OnceCell;
use std::collections::HashSet;

use bstr::{BStr, ByteSlice};

use super::Collector;
use crate::decode::{self, Text};
use crate::secret::Secret;

/// What content that is replaced holds already.
pub(super) struct Held<'a> {
    collector: &'a Collector<'a>,
    path: Option<&'a BStr>,
    bases: &'a [&'a [u8]],
    /// What is found in it, encoded or packed; looked for only where its bytes do not tell.
    found: OnceCell<HashSet<Secret>>,
}

impl<'a> Held<'a> {
    pub(super) fn new(
        collector: &'a Collector<'a>,
        path: Option<&'a BStr>,
        bases: &'a [&'a [u8]],
    ) -> Held<'a> {
        Held { collector, path, bases, found: OnceCell::new() }
    }

    pub(super) fn has(&self, secret: &Secret) -> bool {
        if self.bases.is_empty() {
            return false;
        }
        let as_it_is = |base: &&[u8]| memchr::memmem::find(base, secret.expose()).is_some();
        self.bases.iter().any(as_it_is) || self.found.get_or_init(|| self.find()).contains(secret)
    }

    fn find(&self) -> HashSet<Secret> {
        let mut found = HashSet::new();
        for base in self.bases {
            let mut visit = |text: &Text<'_>| {
                let path = text.inner.last().map(|name| name.as_bstr()).or(self.path);
                let matches = self.collector.detector.scan(text.bytes, path);
                found.extend(matches.into_iter().map(|m| m.secret));
            };
            // What cannot be unpacked there holds nothing that is known of.
            decode::texts(base, self.collector.settings.limits, &mut visit, &mut |_| ());
        }
        found
    }
}
