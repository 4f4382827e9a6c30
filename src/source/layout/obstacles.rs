//! What stands where git looks for a file of its own, and is none: git opens these files without a look, and waits for
//! ever for a pipe that nobody writes to.
//!
//! Takes a [`Layout`], or a directory that git would look for a repository from, and gives every such obstacle. To be
//! asked before git is run; our own reading goes through [`super::regular`].

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::regular::{self, Odd};
use super::{Layout, include, is_git_dir, names, to_path};

/// Most symbolic refs that are followed, as git does.
const LINKS: usize = 6;

/// How deep directories of refs and objects are nested at most.
const DEEPEST: usize = 200;

/// What git opens while it looks for the repository that a directory is in.
pub(crate) fn on_the_way(start: &Path) -> Option<Odd> {
    let start = fs::canonicalize(start).ok()?;
    for dir in start.ancestors() {
        let tried = [".git/HEAD", ".git/commondir", "HEAD", "commondir"];
        if let Some(odd) = tried.iter().find_map(|name| regular::odd(&dir.join(name))) {
            return Some(odd);
        }
        if dir.join(".git").is_file() || is_git_dir(&dir.join(".git")) || is_git_dir(dir) {
            return None;
        }
    }
    None
}

/// What git opens to answer questions about a repository and its work trees.
pub(crate) fn to_answers(layout: &Layout) -> Vec<Odd> {
    let common = &layout.common_dir;
    let mut files =
        vec![common.join("packed-refs"), common.join("shallow"), common.join("reftable/tables.list")];
    let linked = common.join("worktrees");
    let linked = names(&linked).map(|name| linked.join(name));
    let own: BTreeSet<PathBuf> =
        linked.chain([layout.git_dir.clone(), common.clone()]).filter(|dir| dir.is_dir()).collect();
    for dir in own {
        let here = ["commondir", "gitdir", "locked", "config.worktree"];
        files.extend(here.iter().map(|name| dir.join(name)));
        files.extend(refs_from(&dir, common));
    }
    files.extend(layout.object_dirs.iter().map(|dir| dir.join("info/alternates")));
    let settings = include::odd_among(&common.join("config"));
    settings.into_iter().chain(files.iter().filter_map(|file| regular::odd(file))).collect()
}

/// What git opens to clone a repository: all of its refs and packs, too.
pub(crate) fn to_clones(layout: &Layout) -> Vec<Odd> {
    let mut found = to_answers(layout);
    below(&layout.common_dir.join("refs"), 0, &mut found);
    for dir in &layout.object_dirs {
        below(&dir.join("info"), 0, &mut found);
        below(&dir.join("pack"), 0, &mut found);
    }
    let mut seen = BTreeSet::new();
    found.retain(|odd| seen.insert(odd.path.clone()));
    found
}

/// What is no file in a directory, and has a name that begins so.
pub(crate) fn named(dir: &Path, begin: &str) -> Option<Odd> {
    names(dir).filter(|name| name.starts_with(begin)).find_map(|name| regular::odd(&dir.join(name)))
}

/// `HEAD`, and the files of the refs that it stands for, one after the other.
fn refs_from(dir: &Path, common: &Path) -> Vec<PathBuf> {
    let mut files = vec![dir.join("HEAD")];
    while files.len() <= LINKS {
        let content = files.last().and_then(|file| regular::read(file).ok()).unwrap_or_default();
        let named = content.trim().strip_prefix(b"ref:").map(|name| name.trim_with(|c| c == ' '));
        let Some(name) = named.and_then(to_path).filter(|name| name.is_relative()) else { break };
        files.push(common.join(name));
    }
    files
}

/// Everything below a directory. Most file systems tell the type with the name, so that little is asked of each file.
fn below(dir: &Path, depth: usize, found: &mut Vec<Odd>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_file() => {}
            Ok(kind) if kind.is_dir() && depth < DEEPEST => below(&entry.path(), depth + 1, found),
            _ => found.extend(regular::odd(&entry.path())),
        }
    }
}
