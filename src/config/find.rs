//! Where the configuration of a target is: the nearest `leeward.toml`, from the target up to the top of its repository
//! and never above; of what a repository stores, the one at its top. Outside of a repository the search ends at the working directory, or at the target if that is elsewhere.
//!
//! Looks at directories on disk, reads no file.

use std::fs;
use std::path::{Path, PathBuf};

use super::FILE_NAME;
use super::paths::Relation;
use crate::source::top_of;

/// Where something that is scanned lies.
#[derive(Clone, Debug)]
pub struct Site {
    /// The directory of the target: where the search begins.
    directory: PathBuf,
    /// Where the search ends.
    top: PathBuf,
    /// Where the paths of reports begin.
    paths: PathBuf,
    /// The target is all that there is up to where the search ends.
    whole: bool,
}

impl Site {
    /// Of a path on disk; `-`, standard input, is at the working directory. None if nothing is there.
    pub fn of_path(path: &Path) -> Option<Site> {
        let stdin = path == Path::new("-");
        let real = fs::canonicalize(if stdin { Path::new(".") } else { path }).ok()?;
        let (directory, named) =
            if real.is_dir() { (real, stdin) } else { (real.parent()?.to_owned(), true) };
        Some(match top_of(&directory) {
            Some(top) => Site { whole: !named && directory == top, directory, paths: top.clone(), top },
            None => {
                let here = std::env::current_dir().and_then(fs::canonicalize).ok();
                let here = here.filter(|here| directory.starts_with(here));
                let top = here.unwrap_or_else(|| directory.clone());
                Site { whole: !named && directory == top, paths: directory.clone(), top, directory }
            }
        })
    }

    /// Of a repository without a work tree: its directory stands for the top.
    pub fn bare(git_dir: &Path) -> Site {
        let top = git_dir.to_owned();
        Site { directory: top.clone(), paths: top.clone(), top, whole: true }
    }

    /// Of all that a repository with a work tree stores.
    pub fn of_work_tree(work_tree: &Path) -> Site {
        let top = fs::canonicalize(work_tree).unwrap_or_else(|_| work_tree.to_owned());
        Site { whole: true, directory: top.clone(), paths: top.clone(), top }
    }

    /// Whether the target is all that there is up to where the search ends.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// The top of the repository, or what stands for it.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// The nearest configuration file, where `exists` says whether there is one. What is there and cannot be read
    /// counts: it would be wrong to pass it over.
    pub fn config(&self, exists: &dyn Fn(&Path) -> bool) -> Option<PathBuf> {
        let up_to_top = self.directory.ancestors().take_while(|above| above.starts_with(&self.top));
        up_to_top.map(|above| above.join(FILE_NAME)).find(|file| exists(file))
    }

    /// How the paths of reports relate to the patterns of a file that was found.
    pub fn relation_to_found(&self, file: &Path) -> Relation {
        Relation::between(file.parent().unwrap_or(&self.top), &self.paths)
    }

    /// The same for a file that was named, whose patterns hold from the top wherever it lies.
    pub fn relation_to_named(&self) -> Relation {
        Relation::between(&self.top, &self.paths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_one_is_found_and_none_above_the_repository() {
        let place = tempfile::tempdir().expect("a temporary directory");
        let top = fs::canonicalize(place.path()).expect("there");
        fs::create_dir_all(top.join("repo/.git")).expect("our own");
        fs::create_dir_all(top.join("repo/sub/deep")).expect("our own");
        fs::write(top.join("repo/sub/file"), "").expect("our own");
        fs::create_dir_all(top.join("other/deep")).expect("our own");
        let found = |path: &str| {
            let site = Site::of_path(&top.join(path)).expect("there");
            let exists = |file: &Path| fs::symlink_metadata(file).is_ok();
            site.config(&exists).map(|file| file.strip_prefix(&top).expect("below").display().to_string())
        };
        fs::write(top.join(FILE_NAME), "").expect("our own");
        assert_eq!(found("repo/sub/deep"), None);
        assert_eq!(found("other"), None, "a directory above the target is not looked at");
        assert_eq!(found(""), Some(FILE_NAME.to_owned()));
        fs::write(top.join("repo").join(FILE_NAME), "").expect("our own");
        for target in ["repo", "repo/sub", "repo/sub/deep", "repo/sub/file", "repo/.git"] {
            assert_eq!(found(target), Some(format!("repo/{FILE_NAME}")), "{target}");
        }
        fs::create_dir(top.join("repo/sub").join(FILE_NAME)).expect("our own");
        for target in ["repo/sub", "repo/sub/deep", "repo/sub/file"] {
            assert_eq!(found(target), Some(format!("repo/sub/{FILE_NAME}")), "{target}");
        }
        assert!(Site::of_path(&top.join("nowhere")).is_none());
    }
}
