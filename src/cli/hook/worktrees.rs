//! The other work trees of a repository and its submodules, and whether git finds the gates there, too: a relative
//! `core.hooksPath` leads to another directory in each work tree, and a submodule is a repository with hooks of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bstr::ByteSlice;

use super::super::subprocess::{ASKING, run};
use super::calls::Why;
use super::files::{Hook, There};
use super::script::Use;
use super::{calls, keeper, place, script};
use crate::sanitize::visible;

/// Where git does not find the gates.
pub(in crate::cli) struct Gap {
    /// A sentence.
    pub(in crate::cli) what: String,
    /// Whether it is one of a repository of its own in this one, and not of another work tree.
    pub(in crate::cli) submodule: bool,
    /// How to have them there.
    pub(in crate::cli) help: &'static str,
}

/// What a repository in a work tree is called that has hooks of its own.
const SUBMODULE: &str = "submodule";

/// How to have the gates in all work trees.
const INSTALL_THERE: &str = "run `leeward hook install` there, too, or let an absolute core.hooksPath hold for all: \
     git config core.hooksPath \"$(git rev-parse --path-format=absolute --git-common-dir)/hooks\"";

/// How to have them in all submodules.
const INSTALL_IN_SUBMODULES: &str =
    "a submodule has hooks of its own: git submodule foreach --recursive 'leeward hook install'";

/// How to have a gate called whatever a hook of somebody else does.
const INSTALL: &str = "`leeward hook install` calls it in any case, behind that hook";

/// What a hook around us, or whoever set it, says of this work tree alone.
const LEADING: [&str; 5] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"];

/// What there is for each work tree but the one at `here`, and each submodule in it, in which git does not find one of these
/// hooks, or finds one that calls somebody else. `directory`: where the hooks are here. What git does not tell of is not told
/// of.
pub(in crate::cli) fn without(names: &[&str], here: &Path, directory: &Path) -> Vec<Gap> {
    let help = if keeper::husky(directory).is_some() { keeper::RUN_HUSKY } else { INSTALL_THERE };
    let others = all(&|arguments| ask(here, arguments)).into_iter().filter(|other| !same(other, here));
    let others = others.map(|other| ("work tree", other, help));
    let others =
        others.chain(submodules(here).into_iter().map(|sub| (SUBMODULE, sub, INSTALL_IN_SUBMODULES)));
    let told = others.filter(|(_, other, _)| other.is_dir()).filter_map(|(kind, other, help)| {
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
            let what = format!(
                "in the {kind} {other} git reads hooks from {hooks}{}, and finds no gate for {}",
                own.unwrap_or_default(),
                missing.join(", ")
            );
            Gap { what, submodule: kind == SUBMODULE, help }
        })
    });
    told.collect()
}

/// Whether two paths lead to the same thing: what is there, or will be.
pub(super) fn same(a: &Path, b: &Path) -> bool {
    a == b || a.canonicalize().ok().is_some_and(|a| b.canonicalize().ok() == Some(a))
}

/// Whether git would run a gate of ours.
fn is_there(hooks: &Path, name: &str, top: &Path) -> bool {
    let gate = script::gates(Use::Work).iter().find(|gate| gate.name == name);
    let there = gate.and_then(|gate| Hook::look(hooks, gate, Some(top)).ok()).map(|hook| hook.there);
    matches!(there, Some(There::Ours { runs: true, .. } | There::Calls { .. }))
}

/// What the call of a gate in somebody else's hook depends on, if that can be read from it and no trial tells, and what to
/// do. `directory`: where hooks are.
pub(in crate::cli) fn condition(directory: &Path, name: &str, top: &Path) -> Option<(String, &'static str)> {
    let gate = script::gates(Use::Work).iter().find(|gate| gate.name == name)?;
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

/// Has git answer; nothing if it does not.
pub(in crate::cli) type Ask<'a> = &'a dyn Fn(&[&str]) -> Option<Vec<u8>>;

/// The tops of all work trees of the repository in which `ask` has git answer.
pub(in crate::cli) fn all(ask: Ask<'_>) -> Vec<PathBuf> {
    let list = ["worktree", "list", "--porcelain", "-z"];
    // Git before 2.36 knows lines alone.
    let list = ask(&list).map(|list| (list, 0)).or_else(|| Some((ask(&list[..3])?, b'\n')));
    let Some((list, end)) = list else { return Vec::new() };
    let mut tops = Vec::new();
    for field in list.split(|byte| *byte == end) {
        match field.strip_prefix(b"worktree ") {
            Some(top) => tops.push(path(top)),
            // The repository itself, which is named first, has none.
            None if field == b"bare" => drop(tops.pop()),
            None => {}
        }
    }
    tops
}

/// The submodules of a work tree that are checked out there.
fn submodules(top: &Path) -> Vec<PathBuf> {
    // Git would wait for what has no end.
    if !top.join(".gitmodules").is_file() {
        return Vec::new();
    }
    let list = ["config", "--file", ".gitmodules", "-z", "--get-regexp", r"^submodule\..*\.path$"];
    let (Some(list), Ok(inside)) = (ask(top, &list), top.canonicalize()) else { return Vec::new() };
    let paths = list.split(|byte| *byte == 0).filter_map(|entry| entry.split_once_str(b"\n"));
    // Without a `.git` of its own, it would be answered for the repository around it.
    let subs = paths.map(|(_, below)| top.join(path(below))).filter(|sub| sub.join(".git").exists());
    subs.filter(|sub| sub.canonicalize().is_ok_and(|sub| sub.starts_with(&inside))).collect()
}

/// What git answers in a directory; nothing if it does not.
pub(in crate::cli) fn ask(directory: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
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
