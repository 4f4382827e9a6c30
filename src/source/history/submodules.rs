//! Repositories inside the repository: of submodules, whose objects are theirs and not its own.
//!
//! Takes the directories of a repository and gives where git keeps those of its submodules. They are not scanned with
//! it, as git lists their objects with none of its own; that they are there is for the coverage to say.

use std::fs;
use std::path::{Path, PathBuf};

use super::store::list;
use crate::source::layout::Layout;

/// Deepest nesting of directories that is followed: names of submodules may have slashes.
const DEEPEST: usize = 20;

/// The git directories of submodules, sorted. What cannot be listed is left out.
pub(super) fn find(layout: &Layout) -> Vec<PathBuf> {
    let mut found = Vec::new();
    below(&layout.common_dir.join("modules"), 0, &mut found);
    // Each linked work tree has its own.
    for work_tree in list(&layout.common_dir.join("worktrees"), &mut |_| ()) {
        below(&work_tree.join("modules"), 0, &mut found);
    }
    found.sort();
    found
}

fn below(dir: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    if depth > DEEPEST {
        return;
    }
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let path = entry.path();
        match path.join("HEAD").exists() && path.join("objects").is_dir() {
            // Submodules of the submodule are told when that is scanned.
            true => found.push(path),
            false => below(&path, depth + 1, found),
        }
    }
}
