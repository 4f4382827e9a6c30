//! What some revisions reach, for a scan that is to tell of nothing else.
//!
//! Takes revisions by name and gives a [`Reach`], which the attribution asks. The scan itself reads everything that is
//! stored all the same: to find out first what is reachable would take longer than to read what is not.

use std::collections::{BTreeSet, HashSet};

use bstr::{BStr, BString};
use gix_hash::ObjectId;
use gix_object::Kind as ObjectKind;

use super::Layout;
use super::connectivity::Missing;
use super::objects::TreeEntries;
use super::range::reader::Reader;
use super::range::revision::Names;
use super::range::select::select;
use super::range::words::Words;
use super::refs;
use super::store::Store;
use crate::source::{Issue, Sink};

/// What revisions reach, as far as it can be told without walking commits.
#[derive(Debug)]
pub struct Reach {
    /// Commits that were named, or that a named tag stands for.
    pub(super) tips: BTreeSet<ObjectId>,
    /// Named tags, and trees and blobs that were named without a commit, with everything below them.
    pub(super) objects: HashSet<ObjectId>,
    /// The refs that were named.
    pub(super) refs: BTreeSet<BString>,
}

impl Reach {
    /// Of some revisions; of all refs where none is named. None when one cannot be looked up, which `sink` is told.
    pub fn of<'r>(
        layout: &Layout,
        revisions: impl IntoIterator<Item = &'r BStr>,
        sink: &dyn Sink,
    ) -> Option<Reach> {
        // The scan says what cannot be opened.
        let store = Store::open(layout, &mut |_| ());
        let refs = rayon::scope(|_| refs::read(layout, &mut |_| ()));
        let mut reader = Reader::new(&store);
        let mut missing = Missing::new();
        let names = Names { layout, refs: &refs };
        let range = select(&Words::reachable(revisions), &names, &mut reader, &mut missing, sink)?;
        let ends = range.included;
        let mut reach = Reach {
            tips: ends.commits.into_keys().collect(),
            objects: ends.tags.into_iter().collect(),
            refs: range.refs,
        };
        // What is named and missing is reached as well.
        reach.objects.extend(missing.keys());
        for (id, kind) in ends.others {
            reach.add_below(id, kind, &mut reader);
        }
        if reach.tips.is_empty() && reach.objects.is_empty() {
            let message = "no ref names an object: there is nothing that could be reached";
            sink.issue(Issue::new("nothing-to-scan", message));
        }
        Some(reach)
    }

    fn add_below(&mut self, id: ObjectId, kind: ObjectKind, reader: &mut Reader<'_>) {
        let mut waiting = vec![(id, kind == ObjectKind::Tree)];
        while let Some((id, tree)) = waiting.pop() {
            if !self.objects.insert(id) || !tree {
                continue;
            }
            let Some(bytes) = reader.tree(&id) else { continue };
            let entries = TreeEntries::new(&bytes, id.as_bytes().len());
            waiting.extend(entries.map(|entry| (entry.id.to_owned(), entry.is_tree())));
        }
    }
}
