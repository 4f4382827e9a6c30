//! What leads to a finding: refs, remotes, logs of refs; and from that, how far it got.
//!
//! Takes the refs of the repository and what its configuration says of remotes, and completes a [`Containment`] for
//! each set of a [`Life`]. Lists are bounded: what is beyond the bound is counted.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice};
use gix_hash::ObjectId;

use super::super::refs::{Refs, Value};
use super::Layout;
use super::graph::Graph;
use super::life::Life;
use super::places::Spots;
use super::read::top;
use super::reflogs::{self, Reflog};
use super::remotes::{Followed, Remotes};
use crate::finding::{CheckedOut, Containment, State, WorkTree};
use crate::source::layout::read_file;

/// How many refs, and how many entries of logs, are named.
const NAMED: usize = 20;

/// The ref of what was put aside.
const STASH: &str = "refs/stash";

/// Longest chain of tags of tags that is followed.
const TAGS: usize = 64;

/// A ref, and what it leads to.
struct Tip {
    name: BString,
    rank: Rank,
    followed: Option<Followed>,
    target: Target,
}

/// What an id leads to.
struct Target {
    commit: Option<usize>,
    /// Tags on the way, and an object that is no commit.
    objects: Vec<ObjectId>,
}

/// In the order in which refs are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// The branch that is checked out.
    Current,
    /// A HEAD that is on no branch.
    Detached,
    Branch,
    Remote,
    Tag,
    Stash,
    Other,
}

/// What is asked about.
pub(super) struct Question<'a> {
    pub(super) life: &'a Life<'a>,
    /// The set's number.
    pub(super) set: usize,
    /// Objects that hold it.
    pub(super) objects: &'a BTreeSet<ObjectId>,
    /// Spots of trees that hold it, sorted.
    pub(super) spots: &'a [u32],
    /// Whether of all that refs lead to, HEAD's commit alone has it.
    pub(super) only_head: bool,
}

/// All tips.
pub(super) struct Tips<'a> {
    layout: &'a Layout,
    graph: &'a Graph,
    remotes: Remotes,
    tips: Vec<Tip>,
    /// What other work trees have checked out, branches and HEADs that are on none, with what belongs to each work tree.
    elsewhere: BTreeMap<BString, PathBuf>,
    /// The commits of the stash, the newest first.
    stash: Vec<Option<usize>>,
    logs: OnceCell<Vec<Log>>,
    tags: &'a BTreeMap<ObjectId, ObjectId>,
    fetched: OnceCell<Vec<Target>>,
    /// Whether each commit is one that a remote has, by refs that follow it.
    of_remotes: OnceCell<Vec<bool>>,
}

/// The log of a ref other than the stash.
struct Log {
    name: BString,
    followed: Option<Followed>,
    entries: Vec<Option<usize>>,
}

impl<'a> Tips<'a> {
    /// `head`: the name of this work tree's HEAD. `tags`: what each tag stands for.
    pub(super) fn new(
        layout: &'a Layout,
        graph: &'a Graph,
        refs: &Refs,
        head: &BStr,
        tags: &'a BTreeMap<ObjectId, ObjectId>,
    ) -> Tips<'a> {
        let remotes = Remotes::read(layout);
        let current = match refs.get(head) {
            Some(Value::Symbolic(branch)) => branch.as_bstr(),
            _ => BStr::new(""),
        };
        let mut tips = Vec::new();
        // A symbolic ref leads where the one that it names leads.
        for (name, value) in refs {
            let Value::Object(id) = *value else { continue };
            let target = Target::of(id, tags, graph);
            let followed = remotes.followed_by(name.as_bstr());
            tips.push(Tip { name: name.clone(), rank: rank(name, current), followed, target });
        }
        tips.sort_by(|one, other| (one.rank, &one.name).cmp(&(other.rank, &other.name)));
        let stash = reflogs::of(layout, BStr::new(STASH)).map_or_else(Vec::new, |log| log.entries);
        let stash = stash.iter().map(|id| graph.number(id)).collect();
        let (logs, fetched, of_remotes) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        let elsewhere = checked_out(layout, refs, head);
        Tips { layout, graph, remotes, tips, elsewhere, stash, logs, tags, fetched, of_remotes }
    }

    /// The commits that refs name.
    pub(super) fn commits(&self) -> impl Iterator<Item = usize> {
        self.tips.iter().filter_map(|tip| tip.target.commit)
    }

    /// The commits that refs of notes name, or all others.
    pub(super) fn of_notes(&self, notes: bool) -> impl Iterator<Item = usize> {
        let tips = self.tips.iter().filter(move |tip| tip.name.starts_with(b"refs/notes/") == notes);
        tips.filter_map(|tip| tip.target.commit)
    }

    /// Whether git shows other objects in place of some.
    pub(super) fn has_replaced(&self) -> bool {
        self.tips.iter().any(|tip| tip.name.starts_with(b"refs/replace/"))
    }

    /// What belongs to the work tree that has something checked out, if it is another than this one.
    pub(super) fn elsewhere(&self, name: &BString) -> Option<&Path> {
        self.elsewhere.get(name).map(PathBuf::as_path)
    }

    /// Whether a linked work tree that is gone from disk has something checked out.
    pub(super) fn is_gone(&self, name: &BString) -> bool {
        self.elsewhere(name).is_some_and(|dir| dir != self.layout.common_dir && top(dir).is_none())
    }

    /// Whether a line has merges behind a commit, or at all, that no remote has.
    pub(super) fn has_merges_of_ones_own(&self, line: &[bool], behind: Option<usize>) -> bool {
        let of_remotes = self.of_remotes.get_or_init(|| {
            let followed = self.tips.iter().filter(|tip| tip.followed.is_some());
            self.graph.ancestors(followed.filter_map(|tip| tip.target.commit))
        });
        let before = self.graph.ancestors(behind);
        let own = |&commit: &usize| line[commit] && !before[commit] && !of_remotes[commit];
        (0..self.graph.len()).filter(own).any(|commit| self.graph.parents(commit).len() > 1)
    }

    /// The first branch of one's own that leads to a set, or a HEAD of another work tree that is on none, and its commit.
    pub(super) fn branch(&self, question: &Question<'_>) -> Option<(&BString, usize)> {
        let is_own = |tip: &&Tip| match tip.rank {
            Rank::Branch => tip.followed.is_none(),
            Rank::Detached => self.elsewhere.contains_key(&tip.name),
            _ => false,
        };
        let branches = self.tips.iter().filter(is_own);
        let commits = branches.filter_map(|tip| Some((&tip.name, tip.target.commit?)));
        let mut found = commits.filter(|(_, commit)| question.leads_to(*commit)).peekable();
        let first = found.peek().copied();
        // A HEAD that git forgets is no reason to pass over a branch.
        found.find(|(name, _)| name.starts_with(b"refs/") || !self.is_gone(name)).or(first)
    }

    /// Where HEAD is on no branch: a branch of one's own that has the commit which HEAD names, and all before it.
    pub(super) fn over_detached(&self, head: usize) -> Option<(&BString, usize)> {
        let is_own = |tip: &&Tip| tip.rank == Rank::Detached && !self.elsewhere.contains_key(&tip.name);
        self.tips.iter().find(is_own)?;
        let own = |tip: &&Tip| tip.rank == Rank::Branch && tip.followed.is_none();
        let branches = self.tips.iter().filter(own).filter(|tip| !self.elsewhere.contains_key(&tip.name));
        let mut commits = branches.filter_map(|tip| Some((&tip.name, tip.target.commit?)));
        commits.find(|(_, commit)| self.graph.is_ancestor(head, *commit))
    }

    /// What leads to a set, and how far it got in commits.
    pub(super) fn contain(&self, question: &Question<'_>, spots: &Spots<'_>) -> Containment {
        let mut found = Containment::default();
        let mut remotes = BTreeSet::new();
        let mut only_tags = true;
        let (mut only_stash, mut only_current) = (true, true);
        for tip in self.tips.iter().filter(|tip| tip.target.leads_to(question, spots)) {
            if found.refs.len() < NAMED {
                found.refs.push(tip.name.clone());
            } else {
                found.more += 1;
            }
            if let Some(followed) = &tip.followed {
                found.pushed = Some(true);
                remotes.extend(followed.name());
            }
            found.checked_out.extend(self.checked_out(tip));
            only_tags &= tip.rank == Rank::Tag;
            only_stash &= tip.rank == Rank::Stash;
            only_current &= matches!(tip.rank, Rank::Current | Rank::Detached);
        }
        self.logged(question, &mut found, &mut remotes);
        found.pushed = found.pushed.or_else(|| self.pushed(question, spots, &found, only_tags));
        found.state = Some(match (found.refs.is_empty(), found.pushed) {
            (_, Some(true)) => State::Pushed,
            // The ref of the stash has its newest entry alone.
            (true, _) if !found.stashed.is_empty() => State::Stashed,
            (true, _) => State::Unreachable,
            (false, _) if only_stash => State::Stashed,
            (false, _) if only_current && question.only_head => State::LastCommit,
            (false, _) => State::Unpushed,
        });
        found.remotes = remotes.into_iter().collect();
        found
    }

    /// Where a branch is checked out, if it is.
    fn checked_out(&self, tip: &Tip) -> Option<CheckedOut> {
        let work_tree = match self.elsewhere(&tip.name) {
            _ if !tip.name.starts_with(b"refs/heads/") => return None,
            None if tip.rank == Rank::Current && self.layout.work_tree.is_some() => WorkTree::Here,
            Some(_) if self.is_gone(&tip.name) => WorkTree::Gone,
            dir => WorkTree::At(top(dir?)?),
        };
        let tip_id = self.graph.id(tip.target.commit?).to_string();
        Some(CheckedOut { branch: tip.name.clone(), tip: tip_id, work_tree })
    }

    /// What it tells that the names of refs hold a set, if any do; and which remotes are concerned.
    pub(super) fn name(&self, names: &BTreeSet<BString>, found: &mut Containment) {
        for name in names {
            let followed = self.remotes.followed_by(name.as_bstr());
            if let Some(Followed::Remote(remote)) = &followed
                && let Err(at) = found.remotes.binary_search(remote)
            {
                found.remotes.insert(at, remote.clone());
            }
            // Nobody makes a branch in a bare repository.
            if followed.is_some() || self.layout.work_tree.is_none() {
                (found.state, found.pushed) = (Some(State::Pushed), Some(true));
            } else if matches!(found.state, None | Some(State::Unreachable)) {
                found.state = Some(State::Unpushed);
                found.pushed = found.pushed.or(Some(false));
            }
        }
        found.named.extend(names.iter().cloned());
        self.remotes.concern(found);
    }

    /// What the logs of refs tell: entries of the stash and, of what no ref has, where it was last; and whether a
    /// remote had it once.
    fn logged(&self, question: &Question<'_>, found: &mut Containment, remotes: &mut BTreeSet<BString>) {
        let leads = |commit: &Option<usize>| commit.is_some_and(|at| question.leads_to(at));
        let stashed = (0usize..).zip(&self.stash).filter(|(_, commit)| leads(commit)).take(NAMED);
        found.stashed =
            stashed.filter_map(|(at, commit)| Some((at, self.graph.id((*commit)?).to_string()))).collect();
        found.reflogs.extend(found.stashed.iter().map(|(at, _)| format!("stash@{{{at}}}").into()));
        if found.pushed == Some(true) && !found.refs.is_empty() {
            return;
        }
        for log in self.logs() {
            let Some(at) = log.entries.iter().position(leads) else { continue };
            if let Some(followed) = &log.followed {
                found.pushed = Some(true);
                remotes.extend(followed.name());
            }
            if found.refs.is_empty() && found.reflogs.len() < NAMED {
                found.reflogs.push(format!("{}@{{{at}}}", short(log.name.as_bstr())).into());
            }
        }
    }

    fn logs(&self) -> &[Log] {
        self.logs.get_or_init(|| {
            let log = |log: Reflog| Log {
                followed: self.remotes.followed_by(log.name.as_bstr()),
                entries: log.entries.iter().map(|id| self.graph.number(id)).collect(),
                name: log.name,
            };
            let logs = reflogs::read(self.layout).into_iter().map(log);
            logs.filter(|log| log.name != STASH).collect()
        })
    }

    /// What was fetched last, which need not be in a ref.
    fn fetched(&self) -> &[Target] {
        self.fetched.get_or_init(|| {
            let ids = fetched(self.layout).into_iter();
            ids.map(|id| Target::of(id, self.tags, self.graph)).collect()
        })
    }

    /// Whether others have what no ref of a remote has. None where that cannot be told.
    fn pushed(
        &self,
        question: &Question<'_>,
        spots: &Spots<'_>,
        found: &Containment,
        only_tags: bool,
    ) -> Option<bool> {
        if self.fetched().iter().any(|target| target.leads_to(question, spots)) {
            return Some(true);
        }
        match (self.layout.work_tree.is_none(), found.refs.is_empty()) {
            // Nobody commits in a bare repository: what it has was pushed to it or fetched.
            (true, false) => Some(true),
            (true, true) => None,
            // A fetch brings tags along, and nothing tells them from those that were made here.
            (false, false) => (!only_tags || !self.remotes.any).then_some(false),
            (false, true) => (!found.reflogs.is_empty() || !self.remotes.any).then_some(false),
        }
    }
}

impl Question<'_> {
    fn leads_to(&self, commit: usize) -> bool {
        self.life.leads_to(self.set, commit)
    }
}

impl Target {
    fn of(id: ObjectId, tags: &BTreeMap<ObjectId, ObjectId>, graph: &Graph) -> Target {
        let mut objects = vec![id];
        while let Some(next) = objects.last().and_then(|id| tags.get(id)).filter(|_| objects.len() < TAGS) {
            objects.push(*next);
        }
        let commit = objects.last().and_then(|id| graph.number(id));
        if commit.is_some() {
            objects.pop();
        }
        Target { commit, objects }
    }

    fn leads_to(&self, question: &Question<'_>, spots: &Spots<'_>) -> bool {
        let below = |id: &ObjectId| {
            question.objects.contains(id)
                || spots.below(id).iter().any(|spot| question.spots.binary_search(spot).is_ok())
        };
        self.commit.is_some_and(|commit| question.leads_to(commit)) || self.objects.iter().any(below)
    }
}

/// What other work trees than that of `own` have checked out.
fn checked_out(layout: &Layout, refs: &Refs, own: &BStr) -> BTreeMap<BString, PathBuf> {
    let git_dir = |name: &BString| {
        if name == "HEAD" {
            return Some(layout.common_dir.clone());
        }
        let work_tree = name.strip_prefix(b"worktrees/")?.strip_suffix(b"/HEAD")?;
        Some(layout.common_dir.join("worktrees").join(work_tree.to_path_lossy()))
    };
    let heads = refs.iter().filter(|(name, _)| *name != own);
    let found = heads.filter_map(|(name, value)| match (value, git_dir(name)?) {
        (Value::Symbolic(branch), git_dir) => Some((branch.clone(), git_dir)),
        (Value::Object(_), git_dir) => Some((name.clone(), git_dir)),
    });
    found.collect()
}

/// What was fetched last.
fn fetched(layout: &Layout) -> Vec<ObjectId> {
    let fetched = read_file(&layout.git_dir.join("FETCH_HEAD")).unwrap_or_default();
    fetched.lines().filter_map(|line| ObjectId::from_hex(line.fields().next()?).ok()).collect()
}

fn rank(name: &BString, current: &BStr) -> Rank {
    let starts = |prefix: &str| name.starts_with(prefix.as_bytes());
    if name == current {
        Rank::Current
    } else if name == "HEAD" || (starts("worktrees/") && name.ends_with(b"/HEAD")) {
        Rank::Detached
    } else if starts("refs/heads/") {
        Rank::Branch
    } else if starts("refs/remotes/") {
        Rank::Remote
    } else if starts("refs/tags/") {
        Rank::Tag
    } else if name == STASH {
        Rank::Stash
    } else {
        Rank::Other
    }
}

/// A ref as people write it: `main`, `origin/main`, `v1`, `stash`.
fn short(name: &BStr) -> &BStr {
    let prefixes = ["refs/heads/", "refs/remotes/", "refs/tags/", "refs/"];
    let short = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix.as_bytes()));
    short.map_or(name, BStr::new)
}
