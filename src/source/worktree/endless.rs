//! Ignore files that are no files: pipes, devices, links to these.
//!
//! Takes a directory, or a person's environment, and tells of one that the walker would open there. It opens them without
//! a look, and a pipe is not read before somebody writes to it; a link to `/dev/zero`, which any repository can bring along,
//! never ends.

use std::path::{Path, PathBuf};
use std::{env, fs};

use ignore::gitignore::gitconfig_excludes_path;

use crate::source::layout::include::is_null;
use crate::source::layout::{self, ObjectDirs, is_special, regular};

/// Files that each directory can have.
const NAMES: [&str; 2] = [".gitignore", ".ignore"];

/// An ignore file of a directory, or of the repository whose top it is, that must not be opened.
pub(in crate::source) fn ignore_file(dir: &Path) -> Option<PathBuf> {
    let mut here = NAMES.iter().map(|name| dir.join(name));
    here.find(|file| is_special(file)).or_else(|| of_repository(dir))
}

/// The same, of a directory and all above it.
pub(in crate::source) fn ignore_file_at_or_above(dir: &Path) -> Option<PathBuf> {
    dir.ancestors().find_map(ignore_file)
}

/// What the walker would open for all repositories of a person, and must not: the ignore file that git's settings name
/// (`core.excludesFile`), or one of the files of settings that it looks for that name in.
pub(in crate::source) fn ignore_file_of_person() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = env::home_dir();
    let config = set("XDG_CONFIG_HOME").or_else(|| Some(home.as_ref()?.join(".config")));
    let settings = [
        set("GIT_CONFIG_GLOBAL"),
        home.map(|home| home.join(".gitconfig")),
        config.map(|config| config.join("git/config")),
        set("GIT_CONFIG_SYSTEM").or_else(|| Some("/etc/gitconfig".into())),
    ];
    let odd = |file: &PathBuf| regular::odd(file).is_some() && !is_null(file);
    settings.into_iter().flatten().find(odd).or_else(|| gitconfig_excludes_path().filter(odd))
}

fn of_repository(top: &Path) -> Option<PathBuf> {
    let dot_git = top.join(".git");
    let files = match fs::metadata(&dot_git).ok()?.is_dir() {
        true => vec![dot_git.join("info/exclude")],
        false => {
            let layout = layout::find(top, &ObjectDirs::default()).ok()?;
            vec![layout.git_dir.join("commondir"), layout.common_dir.join("info/exclude")]
        }
    };
    files.into_iter().find(|file| is_special(file))
}
