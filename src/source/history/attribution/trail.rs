//! What one thread remembers of the trees that it was handed: which entries lead further, and in which trees.
//!
//! Takes trees in the order in which a pack stores them and gives [`Span`]s: an entry, and the run of successive trees
//! that all have it. Versions of a directory follow each other in a pack and differ in an entry or two, so that there
//! are about as many spans as there were changes, however many entries the versions have.

use std::collections::HashMap;
use std::ops::Range;

use bstr::{BStr, BString};
use gix_hash::{ObjectId, oid};

use super::super::packs::Place;
use super::super::tree_diff::LastTree;
use super::search::Wanted;

/// No span.
const NONE: u32 = u32::MAX;

/// An entry that is a tree or a wanted object.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) child: ObjectId,
    /// Number of its name in the trail.
    pub(super) name: u32,
    pub(super) symlink: bool,
    /// Numbers of the trees of the trail that have it.
    pub(super) trees: Range<u32>,
}

/// Where a tree is: pack and position, or the number of a loose one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stored {
    Packed(u32, u32),
    Loose(u32),
}

/// One thread's record.
#[derive(Default)]
pub(super) struct Trail {
    /// Every tree, by number.
    pub(super) trees: Vec<Stored>,
    pub(super) spans: Vec<Span>,
    pub(super) names: Names,
    pub(super) loose: Vec<ObjectId>,
    /// Trees that are wanted themselves.
    pub(super) wanted: Vec<u32>,
    last: LastTree,
    /// The span of each entry of the last tree.
    open: Vec<u32>,
    fresh: Vec<u32>,
}

impl Trail {
    /// Takes the next tree. One that is damaged leads nowhere.
    pub(super) fn tree(&mut self, id: &oid, place: Place, bytes: &[u8], wanted: &Wanted) {
        let number = self.trees.len() as u32;
        self.trees.push(match place {
            Some((pack, at)) => Stored::Packed(pack as u32, at),
            None => {
                self.loose.push(id.to_owned());
                Stored::Loose(self.loose.len() as u32 - 1)
            }
        });
        if wanted.has(id) {
            self.wanted.push(number);
        }
        let Trail { last, spans, names, fresh, .. } = self;
        fresh.clear();
        let gone = last.replaced(bytes, id.as_bytes().len(), |entry| {
            let leads = !entry.is_submodule() && (entry.is_tree() || wanted.has(entry.id));
            fresh.push(if leads { spans.len() as u32 } else { NONE });
            if leads {
                let name = names.number(entry.name);
                let (child, symlink) = (entry.id.to_owned(), entry.is_symlink());
                spans.push(Span { child, name, symlink, trees: number..NONE });
            }
        });
        match gone {
            Some(gone) => {
                self.close(gone.clone(), number);
                self.open.splice(gone, self.fresh.drain(..));
            }
            None => {
                self.close(0..self.open.len(), number);
                self.open.clear();
                // What was read of it until the damage.
                for &span in self.fresh.iter().filter(|&&span| span != NONE) {
                    self.spans[span as usize].trees.end = number;
                }
            }
        }
    }

    fn close(&mut self, entries: Range<usize>, number: u32) {
        for &span in self.open[entries].iter().filter(|&&span| span != NONE) {
            self.spans[span as usize].trees.end = number;
        }
    }

    /// There are no more trees.
    pub(super) fn end(&mut self) {
        let number = self.trees.len() as u32;
        self.close(0..self.open.len(), number);
        self.open.clear();
    }
}

/// Names, each once.
#[derive(Default)]
pub(super) struct Names {
    pub(super) all: Vec<BString>,
    numbers: HashMap<BString, u32>,
}

impl Names {
    pub(super) fn number(&mut self, name: &BStr) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.all.len() as u32;
        self.all.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn id(number: u8) -> ObjectId {
        ObjectId::from_bytes_or_panic(&[number; 20])
    }

    fn tree(entries: &[(&str, &str, u8)]) -> Vec<u8> {
        let entry = |&(mode, name, child): &(&str, &str, u8)| {
            [format!("{mode} {name}\0").as_bytes(), id(child).as_bytes()].concat()
        };
        entries.iter().flat_map(entry).collect()
    }

    #[test]
    fn every_tree_has_the_spans_of_its_entries() {
        let (file, dir, link, sub) = ("100644", "40000", "120000", "160000");
        let trees = [
            tree(&[(file, "a", 1), (dir, "d", 20), (file, "z", 3)]),
            tree(&[(file, "a", 9), (dir, "d", 20), (file, "z", 3)]),
            tree(&[(file, "a", 9), (dir, "d", 21), (file, "z", 3)]),
            tree(&[(link, "a", 9), (dir, "d", 21), (sub, "s", 9), (file, "z", 3)]),
            tree(&[(dir, "other", 20)]),
            tree(&[]),
            tree(&[(dir, "d", 21), (file, "k", 9)]),
            tree(&[(dir, "d", 21), (file, "k", 9)]),
        ];
        let wanted = Wanted::new([id(9), id(103)].into());
        let mut trail = Trail::default();
        for (number, bytes) in (100..).zip(&trees) {
            trail.tree(&id(number), None, bytes, &wanted);
            // What is no tree is in no span.
            trail.tree(&id(0), None, b"100644 cut", &wanted);
        }
        trail.end();
        let expected = [
            vec![("d", 20, false)],
            vec![("a", 9, false), ("d", 20, false)],
            vec![("a", 9, false), ("d", 21, false)],
            vec![("a", 9, true), ("d", 21, false)],
            vec![("other", 20, false)],
            vec![],
            vec![("d", 21, false), ("k", 9, false)],
            vec![("d", 21, false), ("k", 9, false)],
        ];
        for (number, expected) in expected.into_iter().enumerate() {
            let spans = |number: u32| {
                let spans = trail.spans.iter().filter(move |span| span.trees.contains(&number));
                spans.map(|span| (trail.names.all[span.name as usize].to_string(), span.child, span.symlink))
            };
            let found: BTreeSet<_> = spans(2 * number as u32).collect();
            let expected: BTreeSet<_> =
                expected.into_iter().map(|(name, child, link)| (name.to_owned(), id(child), link)).collect();
            assert_eq!(found, expected, "tree {number}");
            assert_eq!(spans(2 * number as u32 + 1).count(), 0);
        }
        assert_eq!(trail.wanted, [6]);
    }

    #[test]
    fn a_run_of_versions_is_one_span() {
        let wanted = Wanted::new([id(9)].into());
        let mut trail = Trail::default();
        for version in 0..50 {
            let bytes = tree(&[("100644", "a", version + 50), ("40000", "d", 20), ("100644", "k", 9)]);
            trail.tree(&id(version + 100), Some((0, u32::from(version))), &bytes, &wanted);
        }
        trail.end();
        let spans: Vec<_> = trail.spans.iter().map(|span| (span.child, span.trees.clone())).collect();
        assert_eq!(spans, [(id(20), 0..50), (id(9), 0..50)]);
    }
}
