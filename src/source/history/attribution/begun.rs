//! What git has begun in a work tree and not ended, and what it keeps or leaves to chance for that.
//!
//! Takes the repository, gives what speaks against the commands that would be printed otherwise: nothing else of it is
//! looked at.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice};

use super::super::store::list;
use super::read::top;
use crate::finding::{ASIDE, UnderWay};
use crate::source::index;
use crate::source::layout::{Layout, bytes_of, read_file};

/// Where refs are that each work tree has for itself.
const OF_ONE: [&str; 3] = ["refs/bisect", "refs/worktree", "refs/rewritten"];

/// What is to be known of all work trees; of this one, the name is none.
pub(super) struct Begun {
    /// What is not ended.
    pub(super) under_way: Vec<UnderWay>,
    /// Where the index remembers what conflicts were resolved from: git drops nothing of that.
    pub(super) resolved: Vec<Option<BString>>,
    /// Other work trees that have refs of their own, for a bisect as a rule: asked from here, git drops what only those lead to.
    pub(super) refs_apart: Vec<BString>,
    /// Files here that git is told not to look at, and directories, with a slash at their end.
    unseen: BTreeSet<BString>,
    /// Whether what was put aside here for a rebase lies there still.
    pub(super) aside: bool,
    /// Whether a file of grafts gives commits other parents than they have.
    pub(super) grafted: bool,
}

impl Begun {
    pub(super) fn read(layout: &Layout) -> Begun {
        let linked = list(&layout.common_dir.join("worktrees"), &mut |_| ());
        let others = linked.into_iter().chain([layout.common_dir.clone()]);
        let others = others.filter(|git_dir| *git_dir != layout.git_dir);
        let others = others.map(|git_dir| (top(&git_dir).or_else(|| Some(bytes_of(&git_dir))), git_dir));
        let all: Vec<(Option<BString>, PathBuf)> =
            [(None, layout.git_dir.clone())].into_iter().chain(others).collect();
        let under_way =
            |(work_tree, git_dir): &(Option<BString>, PathBuf)| under_way(work_tree.as_ref(), git_dir);
        let remembers = |git_dir: &PathBuf| {
            index::marks(&Layout { git_dir: git_dir.clone(), ..layout.clone() }).conflicts
        };
        let grafts = read_file(&layout.common_dir.join("info/grafts")).unwrap_or_default();
        let apart = |(top, git_dir): &(Option<BString>, PathBuf)| {
            let has_refs = OF_ONE.iter().any(|kind| !list(&git_dir.join(kind), &mut |_| ()).is_empty());
            top.clone().filter(|_| has_refs)
        };
        Begun {
            refs_apart: all.iter().filter_map(apart).collect(),
            under_way: all.iter().filter_map(under_way).collect(),
            resolved: all
                .iter()
                .filter(|(_, git_dir)| remembers(git_dir))
                .map(|(top, _)| top.clone())
                .collect(),
            unseen: index::marks(layout).unseen,
            aside: layout.git_dir.join(ASIDE).exists(),
            grafted: grafts.lines().any(|line| !line.trim_ascii().is_empty() && !line.starts_with(b"#")),
        }
    }
}

impl Begun {
    /// Whether git is told not to look at a file here.
    pub(super) fn is_unseen(&self, path: &BString) -> bool {
        let above = path.find_iter("/").map(|end| path[..=end].as_bstr());
        self.unseen.contains(path) || above.into_iter().any(|directory| self.unseen.contains(directory))
    }
}

/// What is begun and not ended in a work tree. Git marks that with files, and forgets none of them in the end.
fn under_way(work_tree: Option<&BString>, git_dir: &Path) -> Option<UnderWay> {
    let is_there = |name: &&str| git_dir.join(name).exists();
    let amends =
        ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD"].iter().find(|name| is_there(name)).is_none();
    // A rebase marks what it stopped at with the files of the others.
    let marks = [
        ("rebase-apply/applying", "am"),
        ("rebase-apply", "rebase"),
        ("rebase-merge", "rebase"),
        ("MERGE_HEAD", "merge"),
        ("CHERRY_PICK_HEAD", "cherry-pick"),
        ("REVERT_HEAD", "revert"),
    ];
    let Some((_, command)) = marks.into_iter().find(|(name, _)| is_there(name)) else {
        return bisected(work_tree?, git_dir);
    };
    let head_names = ["rebase-merge/head-name", "rebase-apply/head-name"];
    let branch = head_names.iter().find_map(|name| read_file(&git_dir.join(name)).ok());
    let branch = branch.map(|name| name.trim_ascii().into());
    Some(UnderWay { work_tree: work_tree.cloned(), branch, command, amends })
}

/// The branch that a bisect in another work tree began at: nobody else can change it until that is over. One that began at a
/// commit keeps that.
fn bisected(work_tree: &BString, git_dir: &Path) -> Option<UnderWay> {
    let start = read_file(&git_dir.join("BISECT_START")).ok()?;
    let start = start.trim_ascii();
    let is_id = matches!(start.len(), 40 | 64) && start.iter().all(u8::is_ascii_hexdigit);
    let branch = (!is_id && !start.is_empty()).then(|| [b"refs/heads/", start].concat().into())?;
    let work_tree = Some(work_tree.clone());
    Some(UnderWay { work_tree, branch: Some(branch), command: "bisect", amends: true })
}
