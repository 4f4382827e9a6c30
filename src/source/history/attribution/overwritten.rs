//! What a rebase would write over: files on disk that git does not track, where the commits that it makes anew have some.
//!
//! Takes the commits of a rebase and the paths of the index of the work tree that it changes, gives paths from the top of that. Git
//! stops where such a file is not ignored, and deletes one that is, without a word.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::ops::Bound;
use std::path::Path;

use bstr::{BStr, BString, ByteSlice};
use gix_hash::ObjectId;
use gix_object::Kind as ObjectKind;

use super::super::objects::TreeEntries;
use super::super::store::{Scratch, Store};
use super::begun::Begun;
use super::graph::Graph;
use crate::finding::Staged;

/// Most paths that are named.
pub(super) const MOST: usize = 20;

/// Most commits that are looked at. More are no everyday's work.
const COMMITS: usize = 5000;

/// Most trees that are read: few entries can make more of them than anybody can count.
const TREES: usize = 200_000;

/// Most files of one directory that are looked at.
const FILES: usize = 1000;

/// What lies in the way of a rebase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct InTheWay {
    /// Files, and directories in which git tracks nothing.
    pub(super) files: Vec<BString>,
    /// There is more than is told, or may be.
    pub(super) more: bool,
}

/// A work tree, none for this one, and the commits that a rebase begins behind and ends with.
type Asked = (Option<BString>, Option<usize>, usize);

/// The files on disk, and what git tracks of them.
pub(super) struct OnDisk<'a> {
    store: &'a Store,
    top: Option<&'a Path>,
    begun: &'a Begun,
    here: BTreeSet<&'a BStr>,
    elsewhere: BTreeSet<&'a Staged>,
    told: RefCell<BTreeMap<Asked, InTheWay>>,
}

impl<'a> OnDisk<'a> {
    /// Of this work tree, if there is one, and all others: by the files of their indexes.
    pub(super) fn new(
        store: &'a Store,
        top: Option<&'a Path>,
        begun: &'a Begun,
        here: impl Iterator<Item = &'a BString>,
        elsewhere: impl Iterator<Item = &'a Staged>,
    ) -> OnDisk<'a> {
        let (here, elsewhere) = (here.map(|path| path.as_bstr()).collect(), elsewhere.collect());
        OnDisk { store, top, begun, here, elsewhere, told: RefCell::default() }
    }

    /// What lies in the way of a rebase of the commits up to `tip`, without `base` and what that has, in a work tree; none is this
    /// one.
    pub(super) fn in_the_way(
        &self,
        graph: &Graph,
        work_tree: Option<&BString>,
        base: Option<usize>,
        tip: usize,
    ) -> InTheWay {
        let top = match work_tree {
            None => self.top,
            Some(top) => top.to_path().ok(),
        };
        let Some(top) = top else { return InTheWay::default() };
        let tell = || {
            let there = self.elsewhere.iter().filter(|staged| staged.work_tree.as_ref() == work_tree);
            let there = there.map(|staged| staged.path.as_bstr()).collect();
            let listed = if work_tree.is_none() { &self.here } else { &there };
            let unseen = work_tree.is_none().then_some(self.begun);
            let before = graph.ancestors(base);
            let line = graph.ancestors([tip]);
            let anew: Vec<usize> =
                (0..graph.len()).filter(|&commit| line[commit] && !before[commit]).collect();
            if anew.len() > COMMITS {
                return InTheWay { files: Vec::new(), more: true };
            }
            let (seen, found) = (HashSet::new(), BTreeSet::new());
            let mut look = Look { store: self.store, top, unseen, listed, seen, found, more: false };
            base.into_iter().chain(anew).for_each(|commit| look.tree(*graph.tree(commit)));
            look.told()
        };
        self.told.borrow_mut().entry((work_tree.cloned(), base, tip)).or_insert_with(tell).clone()
    }
}

/// The directories that a path leads through, the highest first.
fn above(path: &BStr) -> impl Iterator<Item = &BStr> {
    path.find_iter("/").map(|end| path[..end].as_bstr())
}

/// Whether git writes an entry of that name. Whoever made a tree may have put anything into it, and nothing outside of the work
/// tree, nor the repository itself, is ever in the way.
fn is_checked_out(name: &BStr) -> bool {
    let never = ["", ".", ".."].iter().any(|never| name == *never);
    !never && !name.contains(&b'/') && !name.eq_ignore_ascii_case(b".git")
}

/// One look at all trees of a rebase.
struct Look<'a> {
    store: &'a Store,
    top: &'a Path,
    /// What says which files git is told not to look at.
    unseen: Option<&'a Begun>,
    /// Files that git tracks.
    listed: &'a BTreeSet<&'a BStr>,
    /// Trees, with where they stand.
    seen: HashSet<(ObjectId, BString)>,
    found: BTreeSet<BString>,
    more: bool,
}

impl Look<'_> {
    fn tree(&mut self, id: ObjectId) {
        let mut waiting = vec![(id, BString::default())];
        let mut scratch = Scratch::default();
        while let Some(place) = waiting.pop() {
            self.more |= self.seen.len() > TREES;
            if self.more {
                return;
            }
            if self.seen.contains(&place) {
                continue;
            }
            if self.store.read(&place.0, &mut scratch) == Some(ObjectKind::Tree) {
                let entries = TreeEntries::new(&scratch.bytes, id.as_bytes().len());
                for entry in entries.filter(|entry| is_checked_out(entry.name)) {
                    let path = BString::from([place.1.as_slice(), entry.name].concat());
                    if entry.is_tree() {
                        waiting.push((entry.id.to_owned(), [path.as_slice(), b"/"].concat().into()));
                    } else if !entry.is_submodule() {
                        self.file(&path);
                    }
                }
            }
            self.seen.insert(place);
        }
    }

    /// Looks at what is where a commit has a file.
    fn file(&mut self, path: &BString) {
        if self.listed.contains(path.as_bstr()) || self.unseen.is_some_and(|begun| begun.is_unseen(path)) {
            return;
        }
        for directory in above(path.as_bstr()) {
            match self.is_directory(directory) {
                None => return,
                Some(true) => {}
                Some(false) if self.listed.contains(directory) => return,
                Some(false) => {
                    self.found.insert(directory.to_owned());
                    return;
                }
            }
        }
        match self.is_directory(path.as_bstr()) {
            None => {}
            Some(true) if self.has_listed(path) => self.untracked_below(path),
            Some(_) => {
                self.found.insert(path.clone());
            }
        }
    }

    /// Whether git tracks something in a directory.
    fn has_listed(&self, directory: &[u8]) -> bool {
        let below = BString::from([directory, b"/"].concat());
        let mut from = self.listed.range::<BStr, _>((Bound::Included(below.as_bstr()), Bound::Unbounded));
        from.next().is_some_and(|path| path.starts_with(&below))
    }

    /// The directory highest up in which git tracks nothing and a file is; the file, if there is none.
    fn untracked<'p>(&self, path: &'p BStr) -> &'p BStr {
        above(path).find(|directory| !self.has_listed(directory)).unwrap_or(path)
    }

    /// Whether what is there is a directory; none if nothing is.
    fn is_directory(&self, path: &BStr) -> Option<bool> {
        let place = self.top.join(path.to_path().ok()?);
        place.symlink_metadata().ok().map(|there| there.is_dir())
    }

    /// The files of a directory that git does not track, where it tracks others there.
    fn untracked_below(&mut self, directory: &BString) {
        let mut waiting = vec![directory.clone()];
        let mut looked = 0;
        while let Some(directory) = waiting.pop() {
            let Ok(path) = directory.to_path() else { continue };
            for entry in fs::read_dir(self.top.join(path)).into_iter().flatten().flatten() {
                let path = BString::from(
                    [directory.as_slice(), b"/", entry.file_name().as_encoded_bytes()].concat(),
                );
                looked += 1;
                self.more |= looked > FILES;
                if self.more {
                    return;
                }
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    waiting.push(path);
                } else if !self.listed.contains(path.as_bstr()) {
                    self.found.insert(path);
                }
            }
        }
    }

    fn told(self) -> InTheWay {
        let all = self.found.len() <= MOST;
        let name =
            |path: &BString| if all { path.clone() } else { self.untracked(path.as_bstr()).to_owned() };
        let files: BTreeSet<BString> = self.found.iter().map(name).collect();
        let more = self.more || files.len() > MOST;
        InTheWay { files: files.into_iter().take(MOST).collect(), more }
    }
}
