//! Whether a scan gets to a file at all, or an ignore file keeps it away. Asked of one file, not in a scan.

use std::path::Path;

use bstr::ByteVec as _;

use super::{tracked, worktree};

/// The top of the work tree that a directory, without symbolic links in its path, is in.
pub fn top_of(directory: &Path) -> Option<std::path::PathBuf> {
    tracked::top_of(directory)
}

/// Why a scan passes a file over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassedOver {
    /// An ignore file lists it, and git does not track it.
    Ignored,
    /// It is in a directory `.git`, whose objects are those of the history.
    Repository,
}

/// Why `leeward scan`, at the top of the work tree that `file` is in or in its own directory, passes it over, if so.
pub fn passed_over(file: &Path) -> Option<PassedOver> {
    let file = file.canonicalize().ok()?;
    if file.components().any(|component| component.as_os_str() == ".git") {
        return Some(PassedOver::Repository);
    }
    let repository = tracked::top_of(&file);
    let top = repository.as_deref().or(file.parent())?;
    // A scan says so itself where it cannot tell.
    let above = file.parent().and_then(worktree::endless::ignore_file_at_or_above);
    if above.or_else(worktree::endless::ignore_file_of_person).is_some() {
        return None;
    }
    let way = file.clone();
    let mut walker = worktree::walker(top, false);
    walker.filter_entry(move |entry| way.starts_with(entry.path()));
    let reached = walker.build().flatten().any(|entry| entry.path() == file);
    let seen = reached || repository.is_some_and(|top| is_tracked(&top, &file));
    (!seen).then_some(PassedOver::Ignored)
}

/// Whether git tracks a file of the work tree at `top`.
fn is_tracked(top: &Path, file: &Path) -> bool {
    let below = file.strip_prefix(top).unwrap_or(file);
    let below = Vec::from_path_lossy(below);
    tracked::files(top).is_ok_and(|files| files.iter().any(|file| file.as_slice() == &*below))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::scratch_repo::Scratch;

    #[test]
    fn what_is_ignored_and_not_tracked_is_passed_over() {
        let scratch = Scratch::new();
        let repo = scratch.repo("r", &[]);
        repo.write(".gitignore", "*.log\nbuild/\n");
        repo.write("kept.log", "tracked all the same\n");
        repo.git(&["add", "-f", "kept.log"]);
        for (path, passed_over) in [
            ("a", None),
            ("other.log", Some(PassedOver::Ignored)),
            ("build/deep/out", Some(PassedOver::Ignored)),
            ("kept.log", None),
            (".git/config", Some(PassedOver::Repository)),
        ] {
            if !path.starts_with(".git/") && path != "kept.log" {
                repo.write(path, "x\n");
            }
            assert_eq!(super::passed_over(&repo.path.join(path)), passed_over, "{path}");
        }
    }
}
