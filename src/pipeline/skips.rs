//! What was left out of a scan, and why.
//!
//! Takes reasons and examples from any number of threads, gives the report's list, which depends on no thread.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use bstr::{BStr, BString};

use super::{Collector, lock};
use crate::decode;
use crate::finding::LocationKind;
use crate::report::Skipped;
use crate::source::{Issue, Origin, Sink as _, TOO_LARGE, TOO_NESTED};

/// How many examples a reason to leave something out keeps.
const EXAMPLES: usize = 5;

/// For each reason how often, and some examples.
#[derive(Default)]
pub(super) struct Skips(Mutex<BTreeMap<&'static str, (u64, Vec<BString>)>>);

impl Skips {
    /// One more thing is left out.
    pub(super) fn add(&self, reason: &'static str, example: &BStr) {
        let mut skipped = lock(&self.0);
        let (count, examples) = skipped.entry(reason).or_default();
        *count += 1;
        // The smallest few are kept, so that which ones are shown depends on no thread.
        examples.push(example.to_owned());
        if examples.len() > 4 * EXAMPLES {
            examples.sort();
            examples.truncate(EXAMPLES);
        }
    }

    /// Takes over what was left out elsewhere for one reason.
    pub(super) fn take(&self, from: &Skips, reason: &'static str) {
        if let Some((count, examples)) = lock(&from.0).remove(reason) {
            lock(&self.0).insert(reason, (count, examples));
        }
    }

    /// Whether anything was left out for that reason.
    pub(super) fn contain(&self, reason: &str) -> bool {
        lock(&self.0).contains_key(reason)
    }

    /// All of it.
    pub(super) fn into_list(self) -> Vec<Skipped> {
        let reasons = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let reason = |(reason, (count, mut examples)): (&str, (u64, Vec<BString>))| {
            examples.sort();
            examples.truncate(EXAMPLES);
            Skipped { reason: reason.to_owned(), count, examples }
        };
        reasons.into_iter().map(reason).collect()
    }
}

/// Whether it is what a file holds.
pub(super) fn is_content(kind: LocationKind) -> bool {
    matches!(kind, LocationKind::File | LocationKind::Blob | LocationKind::Index | LocationKind::Stdin)
}

impl Collector<'_> {
    /// Whether there were files, and each of them was too large to be scanned.
    pub fn all_too_large(&self) -> bool {
        self.skipped.contain(TOO_LARGE) && !self.looked_into.load(Ordering::Relaxed)
    }

    /// Messages and names are scanned whatever their size.
    pub(super) fn is_too_large(&self, kind: LocationKind, bytes: &[u8]) -> bool {
        is_content(kind) && self.settings.max_file_size.is_some_and(|most| bytes.len() as u64 > most)
    }

    /// The content of a file is scanned now.
    pub(super) fn looks_into(&self, kind: LocationKind) {
        if is_content(kind) && !self.looked_into.load(Ordering::Relaxed) {
            self.looked_into.store(true, Ordering::Relaxed);
        }
    }

    /// Counts a content that is packed in a way that is not opened.
    pub(super) fn tell_unopened(&self, origin: Origin<'_>, bytes: &[u8]) {
        if let Some(reason) = decode::unopened(bytes).filter(|_| origin.kind != LocationKind::Path) {
            self.skip(reason, name(origin));
        }
    }

    /// Says what was not looked at in a content; what the user asked to leave out is counted, and so is what is not opened.
    pub(super) fn tell(&self, origin: Origin<'_>, mut issue: Issue) {
        if self.settings.limits.archives_asked && issue.kind == decode::TOO_DEEP {
            return self.skip(TOO_NESTED, name(origin));
        }
        if issue.kind == decode::UNOPENED
            && let Some(reason) = decode::unopened_reason(&issue.message)
        {
            return self.skip(reason, name(origin));
        }
        issue.path = origin.shown.or(origin.path).map(ToOwned::to_owned);
        issue.object = origin.object.map(str::to_owned);
        self.issue(issue);
    }
}

/// What a content is called where it is left out.
pub(super) fn name(origin: Origin<'_>) -> &BStr {
    origin.shown.or(origin.path).or(origin.object.map(BStr::new)).unwrap_or_default()
}
