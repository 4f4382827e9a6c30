//! Single things that a story names: commits as reports show them, what a tag stands for, the index.
//!
//! Takes ids and gives what is stored; what cannot be read is left out.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use bstr::{BString, ByteSlice};
use gix_hash::ObjectId;
use gix_object::Kind as ObjectKind;

use super::super::objects::named_ids;
use super::super::store::{Scratch, Store, list};
use super::Layout;
use super::search::seconds;
use crate::finding::{Commit, Staged};
use crate::source::Issue;
use crate::source::index::IndexError;
use crate::source::layout::{self, ObjectDirs, bytes_of};

/// Reads commits, each once.
pub(super) struct Commits<'a> {
    store: &'a Store,
    known: RefCell<BTreeMap<ObjectId, Option<Commit>>>,
}

impl<'a> Commits<'a> {
    pub(super) fn new(store: &'a Store) -> Commits<'a> {
        Commits { store, known: RefCell::default() }
    }

    /// A commit as reports show it.
    pub(super) fn get(&self, id: &ObjectId) -> Option<Commit> {
        let mut known = self.known.borrow_mut();
        let read = || {
            let mut scratch = Scratch::default();
            let kind = self.store.read(id, &mut scratch)?;
            (kind == ObjectKind::Commit).then(|| parse(id, &scratch.bytes))
        };
        known.entry(*id).or_insert_with(read).clone()
    }

    /// Where objects are that git drops none of; none where it drops some.
    pub(super) fn kept(&self, ids: &BTreeSet<ObjectId>) -> Option<BString> {
        let places: Option<Vec<_>> = ids.iter().map(|id| self.store.kept(id)).collect();
        Some(bytes_of(places?.first()?))
    }
}

/// Whatever is damaged in it is left empty.
fn parse(id: &ObjectId, bytes: &[u8]) -> Commit {
    let (headers, message) = bytes.split_once_str(b"\n\n").unwrap_or((bytes, b""));
    let author = headers.lines().find_map(|line| line.strip_prefix(b"author ")).unwrap_or_default();
    let (name, rest) = author.split_once_str(b"<").unwrap_or((author, b""));
    let email = rest.split_once_str(b">").map_or(rest, |(email, _)| email);
    let time = jiff::Timestamp::from_second(seconds(author));
    Commit {
        id: id.to_string(),
        author_name: name.trim().to_str_lossy().into_owned(),
        author_email: email.trim().to_str_lossy().into_owned(),
        author_time: time.map(|time| time.to_string()).unwrap_or_default(),
        subject: subject(message),
    }
}

/// The first paragraph of a message in one line, as git shows it.
fn subject(message: &[u8]) -> String {
    let lines = message.lines().map(|line| line.trim()).skip_while(|line| line.is_empty());
    let lines: Vec<_> = lines.take_while(|line| !line.is_empty()).map(|line| line.to_str_lossy()).collect();
    lines.join(" ")
}

/// The commit that a tag, or a tag of tags, stands for.
pub(super) fn peel(store: &Store, tag: ObjectId) -> Option<ObjectId> {
    let mut scratch = Scratch::default();
    let mut id = tag;
    // Tags of tags are rare, and longer chains than this are made up.
    for _ in 0..64 {
        match store.read(&id, &mut scratch)? {
            ObjectKind::Commit => return Some(id),
            ObjectKind::Tag => id = named_ids(&scratch.bytes).next()?.1,
            ObjectKind::Tree | ObjectKind::Blob => return None,
        }
    }
    None
}

/// The top of a work tree, by what belongs to it alone.
pub(super) fn top(git_dir: &Path) -> Option<BString> {
    let found = layout::find(git_dir, &ObjectDirs::default()).ok()?;
    found.work_tree.as_deref().map(bytes_of)
}

/// The blobs of the indexes of all other work trees, with where they stand. One that cannot be read is an issue.
pub(super) fn other_indexes(
    layout: &Layout,
    issue: &mut dyn FnMut(Issue),
) -> HashMap<ObjectId, BTreeSet<Staged>> {
    let mut paths: HashMap<ObjectId, BTreeSet<Staged>> = HashMap::new();
    let linked = list(&layout.common_dir.join("worktrees"), &mut |_| ());
    let others = linked.into_iter().chain([layout.common_dir.clone()]).filter(|dir| *dir != layout.git_dir);
    for git_dir in others {
        let work_tree = top(&git_dir).or_else(|| Some(bytes_of(&git_dir)));
        let path = bytes_of(&git_dir);
        let files = crate::source::index::files(&Layout { git_dir, ..layout.clone() });
        let files = files.unwrap_or_else(|error| {
            issue(unreadable_index(&error).at_path(path));
            Vec::new()
        });
        for (id, path) in files {
            paths.entry(id).or_default().insert(Staged { work_tree: work_tree.clone(), path });
        }
    }
    paths
}

/// The blobs of the index of this work tree, with their paths. Empty when there is none; one that cannot be read is an
/// issue.
pub(in super::super) fn index(
    layout: &Layout,
    issue: &mut dyn FnMut(Issue),
) -> HashMap<ObjectId, BTreeSet<BString>> {
    let mut paths: HashMap<ObjectId, BTreeSet<BString>> = HashMap::new();
    match crate::source::index::files(layout) {
        Ok(files) => {
            for (id, path) in files {
                paths.entry(id).or_default().insert(path);
            }
        }
        Err(error) => issue(unreadable_index(&error)),
    }
    paths
}

fn unreadable_index(error: &IndexError) -> Issue {
    let message = format!(
        "whether the index still holds what was found is not known: {error}; `git read-tree HEAD` makes a new one"
    );
    Issue::new("unreadable-index", message)
}
