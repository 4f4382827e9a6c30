//! A scan that somebody wants an end of.

use std::sync::atomic::{AtomicUsize, Ordering};

use bstr::BStr;

use super::super::{Options, scan};
use crate::finding::LocationKind;
use crate::source::layout::{self, ObjectDirs};
use crate::source::scratch_repo::Scratch;
use crate::source::{Counted, Issue, Old, Origin, Part, Sink};

/// Wants an end as soon as it has seen a blob.
#[derive(Default)]
struct Impatient(AtomicUsize);

impl Sink for Impatient {
    fn blob(&self, origin: Origin<'_>, _: &[u8]) {
        self.0.fetch_add(usize::from(origin.kind == LocationKind::Blob), Ordering::Relaxed);
    }

    fn changed(&self, _: Origin<'_>, _: &[u8], _: &[Old<'_>]) {}

    fn part(&self, _: Origin<'_>, _: &[u8], _: &Part) {}

    fn worth_splitting(&self, _: LocationKind, _: &[u8]) -> bool {
        true
    }

    fn count(&self, _: Counted, _: u64) {}

    fn skip(&self, _: &'static str, _: &BStr) {}

    fn issue(&self, _: Issue) {}

    fn interrupted(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

#[test]
fn no_further_object_is_looked_at() {
    let scratch = Scratch::new();
    let repo = scratch.repo("repo", &[]);
    for number in 0..40 {
        repo.write(&format!("file{number}"), &format!("{number}\n"));
    }
    repo.commit("many");
    let layout = layout::find(&repo.path, &ObjectDirs::default()).expect("a repository");
    for packed in [false, true] {
        if packed {
            repo.git(&["repack", "-adq"]);
        }
        let sink = Impatient::default();
        scan(&layout, 0, &Options { threads: 1, connectivity: false }, &sink, &()).expect("threads");
        assert_eq!(sink.0.into_inner(), 1, "packed: {packed}");
    }
}
