//! Where refs stood before: the only thing that still leads to a commit after a reset or a rebase.
//!
//! Takes the logs of refs and of the HEADs of all work trees, and gives what each named, newest first. A line that
//! cannot be read tells nothing. Those of reftables are left to [`super::reftable_logs`].

use std::fs;
use std::path::Path;

use bstr::{BStr, BString, ByteSlice, ByteVec};
use gix_hash::ObjectId;

use super::super::store::list;
use super::{Layout, reftable_logs};
use crate::source::layout::read_file;

/// Deepest nesting of directories that is followed.
const DEEPEST: usize = 200;

/// The log of one ref.
#[derive(Debug)]
pub(super) struct Reflog {
    /// The ref's full name.
    pub(super) name: BString,
    /// What it named, newest first: `name@{0}`, `name@{1}` …
    pub(super) entries: Vec<ObjectId>,
}

/// Every log there is.
pub(super) fn read(layout: &Layout) -> Vec<Reflog> {
    let mut logs = Vec::new();
    let common = &layout.common_dir;
    if layout.reftable {
        in_tables(layout, common, b"", &mut logs);
    }
    one(&common.join("logs/HEAD"), "HEAD".into(), &mut logs);
    below(&common.join("logs/refs"), "refs".into(), 0, &mut logs);
    for dir in list(&common.join("worktrees"), &mut |_| ()) {
        let Some(name) = dir.file_name() else { continue };
        let prefix = [b"worktrees/", name.as_encoded_bytes(), b"/"].concat();
        if layout.reftable {
            in_tables(layout, &dir, &prefix, &mut logs);
        }
        one(&dir.join("logs/HEAD"), [&prefix[..], b"HEAD"].concat().into(), &mut logs);
    }
    logs
}

/// The log of one ref that all work trees share.
pub(super) fn of(layout: &Layout, name: &BStr) -> Option<Reflog> {
    if layout.reftable {
        return read(layout).into_iter().find(|log| log.name == name);
    }
    let mut logs = Vec::new();
    one(&layout.common_dir.join("logs").join(name.to_path_lossy()), name.to_owned(), &mut logs);
    logs.pop()
}

/// The logs that the tables of a git directory have.
fn in_tables(layout: &Layout, dir: &Path, prefix: &[u8], logs: &mut Vec<Reflog>) {
    let found = reftable_logs::read(&dir.join("reftable"), layout.hash).into_iter();
    let found = found.filter(|(_, entries)| !entries.is_empty());
    logs.extend(found.map(|(name, entries)| Reflog { name: [prefix, &name].concat().into(), entries }));
}

fn below(dir: &Path, name: BString, depth: usize, logs: &mut Vec<Reflog>) {
    if depth > DEEPEST {
        return;
    }
    let mut paths = list(dir, &mut |_| ());
    paths.sort();
    for path in paths {
        let Some(file) = path.file_name() else { continue };
        let mut name = name.clone();
        name.push_byte(b'/');
        name.push_str(file.as_encoded_bytes());
        match fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_dir()) {
            true => below(&path, name, depth + 1, logs),
            false => one(&path, name, logs),
        }
    }
}

fn one(file: &Path, name: BString, logs: &mut Vec<Reflog>) {
    let Ok(content) = read_file(file) else { return };
    // A line is `OLD NEW who when`; the last one is the newest.
    let field = |line: &[u8], number: usize| {
        let id = ObjectId::from_hex(line.fields().nth(number)?).ok();
        id.filter(|id| !id.is_null())
    };
    let newest = content.lines().rev().filter_map(|line| field(line, 1));
    let oldest = content.lines().next().and_then(|line| field(line, 0));
    let entries: Vec<ObjectId> = newest.chain(oldest).collect();
    if !entries.is_empty() {
        logs.push(Reflog { name, entries });
    }
}
