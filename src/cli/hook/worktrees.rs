//! The other work trees of a repository, and whether git finds the gates there, too: a relative `core.hooksPath` leads to
//! another directory in each of them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bstr::ByteSlice;

use super::super::subprocess::ASKING;
use super::super::subprocess::run;
use super::files::{Hook, There};
use super::why::Why;
use super::{calls, keeper, place, script};
use crate::sanitize::visible;

/// How to have the gates in all of them, by whose hooks are here.
pub(in crate::cli) fn help(directory: &Path) -> &'static str {
    match keeper::husky(directory) {
        Some(_) => keeper::RUN_HUSKY,
        None => {
            "run `leeward hook install` there, too, or let an absolute core.hooksPath hold for all: \
             git config core.hooksPath \"$(git rev-parse --path-format=absolute --git-common-dir)/hooks\""
        }
    }
}

/// How to have a gate called whatever a hook of somebody else does.
const INSTALL: &str = "`leeward hook install` calls it in any case, behind that hook";

/// What a hook around us, or whoever set it, says of this work tree alone.
const LEADING: [&str; 5] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"];

/// A sentence for each work tree but the one at `here` in which git does not find one of these hooks, or finds one that
/// calls somebody else. `directory`: where the hooks are here. What git does not tell of is not told of.
pub(in crate::cli) fn without(names: &[&str], here: &Path, directory: &Path) -> Vec<String> {
    let same = |a: &Path, b: &Path| a.canonicalize().ok().is_some_and(|a| b.canonicalize().ok() == Some(a));
    let others = all(here).into_iter().filter(|other| other.is_dir() && !same(other, here));
    let told = others.filter_map(|other| {
        let hooks = other.join(path(ask(&other, &["rev-parse", "--git-path", "hooks"])?.trim_end()));
        if same(&hooks, directory) {
            return None;
        }
        let missing: Vec<&str> =
            names.iter().copied().filter(|name| !is_there(&hooks, name, &other)).collect();
        let shown = |path: &Path| visible(path.as_os_str().as_encoded_bytes()).into_owned();
        (!missing.is_empty()).then(|| {
            // What it sets for itself goes before what holds for all.
            let own = ask(&other, &place::SCOPE).filter(|told| told.starts_with(b"worktree\t"));
            let own = own.map(|told| format!(" (its own core.hooksPath; there, {})", place::unset(&told)));
            let (other, hooks) = (shown(&other), shown(&hooks));
            format!(
                "in the work tree {other} git reads hooks from {hooks}{}, and finds no gate for {}",
                own.unwrap_or_default(),
                missing.join(", ")
            )
        })
    });
    told.collect()
}

/// Whether git would run a gate of ours.
fn is_there(hooks: &Path, name: &str, top: &Path) -> bool {
    let gate = script::gates(false).iter().find(|gate| gate.name == name);
    let there = gate.and_then(|gate| Hook::look(hooks, gate, Some(top)).ok()).map(|hook| hook.there);
    matches!(there, Some(There::Ours { runs: true, .. } | There::Calls { .. }))
}

/// What the call of a gate in somebody else's hook depends on, if that can be read from it and no trial tells, and what to
/// do. `directory`: where hooks are.
pub(in crate::cli) fn condition(directory: &Path, name: &str, top: &Path) -> Option<(String, &'static str)> {
    let gate = script::gates(false).iter().find(|gate| gate.name == name)?;
    match Hook::look(directory, gate, Some(top)).ok()?.there {
        There::Foreign { lost: Some(why @ Why::Unfed(_)), runs: true, .. } => {
            let why = format!("{why}; then all branches, tags and notes here are judged");
            Some((why, if keeper::husky(directory).is_some() { calls::HAND_ON } else { INSTALL }))
        }
        There::Foreign { lost: Some(why), runs: true, .. } if !why.is_general() => {
            Some((why.to_string(), INSTALL))
        }
        _ => None,
    }
}

/// The tops of all work trees.
fn all(here: &Path) -> Vec<PathBuf> {
    let list = ["worktree", "list", "--porcelain", "-z"];
    // Git before 2.36 knows lines alone.
    let list = ask(here, &list).map(|list| (list, 0)).or_else(|| Some((ask(here, &list[..3])?, b'\n')));
    let Some((list, end)) = list else { return Vec::new() };
    let fields = list.split(|byte| *byte == end);
    fields.filter_map(|field| field.strip_prefix(b"worktree ")).map(path).collect()
}

fn ask(directory: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
    let mut git = Command::new("git");
    for name in LEADING {
        git.env_remove(name);
    }
    let ran = run(git.current_dir(directory).args(arguments).stdin(Stdio::null()), ASKING);
    ran.succeeded().then_some(ran.stdout)
}

fn path(bytes: &[u8]) -> PathBuf {
    bytes.to_path_lossy().into_owned()
}
