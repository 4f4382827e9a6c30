//! What a repository tells of a secret that was found in it: how far it got, what contains it, and what the commands that
//! take it out have to know.
//!
//! Completed by `history`, read by `report`. Nothing here reads or writes.

use bstr::BString;
use serde::Serialize;

/// How far a secret of a repository got: what has to be done about it depends on that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Neither in a commit nor in the index.
    Uncommitted,
    /// In the index, in no commit.
    Staged,
    /// Of all that refs lead to, only in HEAD's commit, which no remote has.
    LastCommit,
    /// In refs that no remote is known to have.
    Unpushed,
    /// In no ref but the stash, or in its older entries.
    Stashed,
    /// In no ref, but still stored.
    Unreachable,
    /// Others have it.
    Pushed,
}

impl State {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Uncommitted => "uncommitted",
            State::Staged => "staged",
            State::LastCommit => "last-commit",
            State::Unpushed => "unpushed",
            State::Stashed => "stashed",
            State::Unreachable => "unreachable",
            State::Pushed => "pushed",
        }
    }
}

/// From the day a secret was committed to the day HEAD's line of history lost it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exposure {
    /// Day of the first commit, in UTC: `2024-01-31`.
    pub from: String,
    /// Day of the commit that removed it; none while HEAD holds it, and where it never did.
    pub to: Option<String>,
    /// Days from the one to the other, 0 within one day; none where clocks were wrong: it cannot have gone before it came.
    pub days: Option<u64>,
}

/// What contains a secret of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Containment {
    /// How far it got; none where that is not known.
    pub state: Option<State>,
    /// Full names of refs whose history has it, the branch that is checked out first. Not all, if there are many.
    pub refs: Vec<BString>,
    /// How many more refs there are.
    pub more: u64,
    /// Remotes that have it or had it, as far as this repository knows. Sorted.
    pub remotes: Vec<BString>,
    /// Where others have it, and no remote is known to: all that there are, for any may have it. Sorted.
    pub may_have: Vec<BString>,
    /// Those of the remotes, and of those that may have it, that are pushed to at other addresses than the one that is fetched from.
    pub many_addresses: Vec<BString>,
    /// Entries of logs that lead to it: of the stash, and of any ref where no ref itself has it. Not all, if there are
    /// many.
    pub reflogs: Vec<BString>,
    /// Entries of the stash that have it, by their numbers, with the ids of their commits. Not all, if there are many.
    pub stashed: Vec<(usize, String)>,
    /// Whether others have it; none where that cannot be told.
    pub pushed: Option<bool>,
    /// The day it came and the day it went; none where no commit has it.
    pub exposure: Option<Exposure>,
    /// Full names of refs that hold it in their names.
    pub named: Vec<BString>,
    /// HEAD's commit itself holds it, in its message or in people's names, and no file of it does.
    pub of_head: bool,
    /// What git has begun and not ended, in this work tree and then in others.
    pub under_way: Vec<UnderWay>,
    /// Where it is staged anew; this work tree comes first.
    pub staged: Vec<Staged>,
    /// Files of HEAD that have it, and that the index has not any more. Not all, if there are many.
    pub unlisted: Vec<BString>,
    /// Files that have it, and that git is told not to look at on disk: `skip-worktree`, `assume-unchanged`, a sparse checkout.
    pub unseen: Vec<BString>,
    /// Files of this work tree, and directories, in which git tracks nothing, where commits have files that its rebase makes anew. None
    /// where that is done apart.
    pub in_the_way: Vec<BString>,
    /// What was put aside for a rebase lies there still.
    pub aside: bool,
    /// The rebase that passes every commit which adds it; none where no branch and no HEAD has it.
    pub rebase: Option<Rebase>,
    /// Those of the branches that have it which are checked out somewhere.
    pub checked_out: Vec<CheckedOut>,
    /// Not all that refs lead to is stored: they may lead to it, too.
    pub gaps: bool,
    /// Of what no ref leads to: where it is stored that git drops nothing, another repository's directory of objects or a pack's
    /// `.keep`. None where git drops it.
    pub kept: Option<BString>,
    /// Of what no ref leads to: the work trees, none for this one, whose index remembers what conflicts were resolved from.
    /// Git drops nothing of that.
    pub resolved: Vec<Option<BString>>,
    /// Other work trees that have refs of their own, as for a bisect: asked from this one, git drops what only those lead to.
    pub refs_apart: Vec<BString>,
    /// Whether a file of grafts (`info/grafts`) gives commits other parents than they have.
    pub grafted: bool,
    /// Whether git shows other objects in place of some (`refs/replace/`), unless it is told not to.
    pub replaced: bool,
    /// Whether the repository has notes about commits, which do not follow commits by themselves.
    pub notes: bool,
}

/// A branch that a work tree has checked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedOut {
    /// Its full name.
    pub branch: BString,
    /// The commit that it names, as an id in hex.
    pub tip: String,
    /// Where.
    pub work_tree: WorkTree,
}

/// A work tree of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkTree {
    /// The one that was asked about.
    Here,
    /// Another one, by its top.
    At(BString),
    /// A linked one that is gone from disk, as far as git knows.
    Gone,
}

/// What git has begun and not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderWay {
    /// The top of another work tree; none for this one.
    pub work_tree: Option<BString>,
    /// The full name of the branch that is rebased or bisected there: no other work tree can check it out.
    pub branch: Option<BString>,
    /// The command: `merge`, `rebase`, …
    pub command: &'static str,
    /// Whether a commit can be amended nevertheless.
    pub amends: bool,
}

/// The file in the git directory that takes what lies in the way of a rebase, by the commands of a report.
pub const ASIDE: &str = "leeward-aside.tar";

/// A file of an index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Staged {
    /// The top of another work tree; none for this one.
    pub work_tree: Option<BString>,
    /// From its top.
    pub path: BString,
}

/// Where a rebase begins that passes every commit of a branch which adds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebase {
    /// The branch's full name; none for what is checked out here.
    pub branch: Option<BString>,
    /// The top of the other work tree that has it checked out.
    pub work_tree: Option<BString>,
    /// A linked work tree has it checked out that is gone from disk, as far as git knows.
    pub gone: bool,
    /// Files lie in the way, more than can be put aside: it needs a work tree of its own.
    pub apart: bool,
    /// The newest commit before them all, as an id in hex; none where a root adds it.
    pub base: Option<String>,
    /// The commit that it ends with, as an id in hex.
    pub tip: String,
    /// It would make merges anew, and lose what was done by hand in them.
    pub merges: bool,
    /// Larger than that of every ancestor of the base: of two rebases of one branch, that with the lower one passes what
    /// the other passes.
    pub height: u32,
}
