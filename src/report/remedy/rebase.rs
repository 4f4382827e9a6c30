//! What to do about keys in commits, tags and notes that no remote is known to have.
//!
//! One rebase for each branch, from before the first commit that adds any of the keys: git asks leeward behind each commit,
//! merges included, and stops where one adds a key, however many do. What no branch has is deleted or made anew.

use std::collections::{BTreeMap, BTreeSet};

use bstr::{BString, ByteSlice as _};

use super::{Group, Line, NAMED, run, say};
use crate::finding::{Finding, LocationKind, Rebase};
use crate::report::shell::word;
use crate::sanitize::visible;
use crate::words::{count, short_id};

/// What the full names of branches begin with.
const BRANCHES: &[u8] = b"refs/heads/";

/// Whether the rebase stopped because a commit adds a key. Anywhere else, to amend would mix two commits.
const STOPPED: &str = "test -d \"$(git rev-parse --git-path rebase-merge)\" && \
    test -z \"$(git rev-parse --quiet --verify REBASE_HEAD)\"";

/// Whether a branch has it in a commit, or what is checked out.
pub(super) fn is_rebased(finding: &Finding) -> bool {
    rebase(finding).is_some()
}

impl Group<'_> {
    pub(super) fn unpushed(&self) -> Vec<Line> {
        let (rebases, gone) = self.rebases();
        let mut lines = if rebases.is_empty() { Vec::new() } else { self.ended_first(false) };
        lines.extend(self.unstaged_first());
        if gone {
            lines.push(say(
                "A linked work tree is gone from disk (if it was moved: `git worktree repair PATH`). Have git forget it, with what is \
                 staged there and a HEAD there that is on no branch:",
            ));
            lines.push(run("git worktree prune".to_owned()));
        }
        let in_the_way = self.in_the_way();
        if !rebases.is_empty() {
            lines.extend(put_aside(&in_the_way));
            lines.extend(self.rebased(rebases.into_values().collect()));
            lines.extend(put_back(&in_the_way));
        }
        lines.extend(self.refs_alone());
        lines.extend(self.followers());
        lines
    }

    /// One rebase after the other.
    fn rebased(&self, rebases: Vec<&Rebase>) -> Vec<Line> {
        let mut lines = vec![say(
            "Before it is pushed: git stops behind each commit that adds it. Take it out there, and go on, as often as it stops:",
        )];
        let author = if self.has(|kind| kind == LocationKind::Author) { " --reset-author" } else { "" };
        let edit = if self.has(is_in_commit) { author } else { " --no-edit" };
        let go_on =
            format!("{STOPPED} && git commit --all --amend --allow-empty{edit} && git rebase --continue");
        // Git lets no work tree change what another has checked out: those come last.
        let (there, here): (Vec<&Rebase>, Vec<&Rebase>) =
            rebases.into_iter().partition(|rebase| rebase.work_tree.is_some());
        for (number, rebase) in here.into_iter().chain(there).enumerate() {
            if number > 0 {
                lines.push(say("When that is over, what else has it, in the same way:"));
            }
            lines.extend(rebase.work_tree.iter().map(|top| run(format!("cd {}", word(top)))));
            lines.extend([run(self.command(rebase)), run(go_on.clone())]);
        }
        if self.has(|kind| kind == LocationKind::Path) {
            lines.push(say("A file whose name holds it gets another one with `git mv`."));
        }
        lines.push(say(
            "A conflict on the way is mended, added, and `git rebase --continue` goes on; what was changed by hand in a \
             merge may have to be done again.",
        ));
        lines
    }

    /// The command that begins a rebase. It asks about the commit that was just made, again after each stop, and not about
    /// one that a remote has: that stays as it is.
    fn command(&self, rebase: &Rebase) -> String {
        let options: String = self.options.iter().map(|option| format!(" {}", word(option))).collect();
        let ask = format!("leeward range --quiet --allow-empty{options} \"HEAD^! --not --remotes\"");
        let base = rebase.base.as_deref().map_or("--root", short_id);
        let branch = rebase.branch.as_ref().filter(|_| rebase.work_tree.is_none());
        let branch = branch.map(|name| word(name.strip_prefix(BRANCHES).unwrap_or(name)));
        let branch = branch.map_or_else(String::new, |branch| format!(" {branch}"));
        let ask = word(ask.as_bytes());
        // An older git knows no such setting, and passes it over.
        let along = if self.others().iter().any(|name| name.starts_with(BRANCHES)) {
            " -c rebase.updateRefs=true"
        } else {
            ""
        };
        format!("git{along} rebase --rebase-merges --reschedule-failed-exec --exec {ask} {base}{branch}")
    }

    /// What lies in the work tree where a rebase has to write. The name of a file that holds a key is masked.
    fn in_the_way(&self) -> BTreeSet<&BString> {
        let found = self.findings.iter().filter_map(|finding| Some((finding, finding.containment.as_ref()?)));
        let found = found.flat_map(|(finding, containment)| {
            let mask = finding.secret.redacted();
            containment.in_the_way.iter().filter(move |path| !path.contains_str(&mask))
        });
        found.collect()
    }

    /// The rebase of each branch; and whether a work tree has to be forgotten first, because it is gone: what only a HEAD there
    /// leads to goes with it.
    fn rebases(&self) -> (BTreeMap<Option<&BString>, &Rebase>, bool) {
        let mut rebases: BTreeMap<Option<&BString>, &Rebase> = BTreeMap::new();
        for rebase in self.findings.iter().filter_map(|finding| rebase(finding)) {
            let known = rebases.entry(rebase.branch.as_ref()).or_insert(rebase);
            if rebase.height < known.height {
                *known = rebase;
            }
        }
        let gone = rebases.values().any(|rebase| rebase.gone);
        rebases
            .retain(|branch, rebase| !rebase.gone || branch.is_some_and(|name| name.starts_with(BRANCHES)));
        (rebases, gone)
    }

    /// What to do about tags, notes and other refs of what no branch has.
    fn refs_alone(&self) -> Vec<Line> {
        let alone = self.findings.iter().filter(|finding| rebase(finding).is_none());
        let refs: BTreeSet<&BString> = alone.clone().flat_map(|finding| refs(finding)).collect();
        let (tags, others): (Vec<&BString>, Vec<&BString>) =
            refs.into_iter().partition(|name| name.starts_with(b"refs/tags/"));
        let (notes, others): (Vec<&BString>, Vec<&BString>) =
            others.into_iter().partition(|name| name.starts_with(b"refs/notes/"));
        let mut lines = Vec::new();
        if !tags.is_empty() {
            lines.push(say(
                "If a remote has the tag (git ls-remote --tags tells), first delete the key at its provider. Delete the tag, and make \
                 it anew without the key:",
            ));
            let short = |name: &&BString| word(name.strip_prefix(b"refs/tags/").unwrap_or(name));
            lines.extend(tags.iter().take(NAMED).map(|tag| run(format!("git tag --delete {}", short(tag)))));
        }
        for name in notes.iter().take(NAMED) {
            lines.push(say("Take it out of the note, and forget what the note was before:"));
            let of = alone.clone().flat_map(|finding| &finding.locations);
            let of: BTreeSet<String> = of.filter_map(|location| noted(location.path.as_ref()?)).collect();
            let option = format!("--ref={}", word(name));
            lines.extend(of.iter().take(NAMED).map(|id| run(format!("git notes {option} edit {id}"))));
            let tree = word(&[name.as_slice(), b"^{tree}"].concat());
            let name = word(name);
            lines.push(run(format!("git update-ref {name} \"$(git commit-tree -m notes {tree})\"")));
        }
        if !others.is_empty() {
            lines.push(say("No branch has it. Keep what is needed of it, and delete the ref:"));
            let delete = |name: &&BString| run(format!("git update-ref -d {}", word(name)));
            lines.extend(others.iter().take(NAMED).map(delete));
        }
        lines
    }

    /// The other refs that have what is rebased.
    fn followers(&self) -> Option<Line> {
        let others = self.others();
        let moved = self.findings.iter().copied().filter(|finding| rebase(finding).is_some());
        let all: BTreeSet<&BString> = moved.clone().flat_map(refs).collect();
        // Of those that no finding names, several may mean the same: there are at least as many as one of them has.
        let most = moved.clone().filter_map(|finding| finding.containment.as_ref());
        let most = most.map(|found| found.refs.len() as u64 + found.more).max().unwrap_or(0);
        let exact = most <= all.len() as u64 || moved.count() == 1;
        if others.is_empty() {
            return None;
        }
        let names: Vec<String> = others.iter().take(NAMED).map(|name| visible(name).into_owned()).collect();
        let listed = (all.len() - others.len() + names.len()) as u64;
        let more = match most.max(all.len() as u64) - listed {
            0 => String::new(),
            more if exact => format!(" and {}", count(more, "more ref", "more refs")),
            more => format!(" and at least {}", count(more, "more ref", "more refs")),
        };
        let along = match others.iter().any(|name| name.starts_with(BRANCHES)) {
            true => " (git 2.38 and later takes branches along that stand on the way)",
            false => "",
        };
        let names = names.join(", ");
        Some(say(&format!(
            "Every other ref that has it has to follow{along}: {names}{more}. What is left then is told when you look again."
        )))
    }

    /// Refs that have a key, and are not rebased for it.
    fn others(&self) -> BTreeSet<&BString> {
        self.findings.iter().flat_map(|finding| others(finding)).collect()
    }
}

/// The refs that have a key which is taken out of another.
fn others(finding: &Finding) -> Vec<&BString> {
    let Some(rebase) = rebase(finding) else { return Vec::new() };
    let mut others: Vec<&BString> = refs(finding).collect();
    // What is checked out comes first. A HEAD on no branch is on the one that is rebased in its place, then.
    let is_left = others.first().is_some_and(|name| rebase.branch.is_none() || *name == "HEAD");
    others.drain(..usize::from(is_left));
    others.retain(|name| Some(*name) != rebase.branch.as_ref());
    others
}

/// Where files are put that a rebase would stop at.
const ASIDE: &str = "\"$(git rev-parse --absolute-git-dir)/leeward-aside.tar\"";

/// Begins a command at the top of the files.
const AT_TOP: &str = "cd \"$(git rev-parse --show-toplevel)\"";

/// Once alone: what was put aside before is not written over.
fn put_aside(files: &BTreeSet<&BString>) -> Vec<Line> {
    if files.is_empty() {
        return Vec::new();
    }
    let files: String =
        files.iter().map(|file| format!(" {}", word(&[b"./", file.as_slice()].concat()))).collect();
    let title = "Git stops where a commit has a file that is not tracked any more and lies in the work tree. Put it aside:";
    vec![say(title), run(format!("({AT_TOP} && test ! -e {ASIDE} && tar -cf {ASIDE}{files} && rm{files})"))]
}

fn put_back(files: &BTreeSet<&BString>) -> Vec<Line> {
    if files.is_empty() {
        return Vec::new();
    }
    let back = run(format!("({AT_TOP} && tar -xf {ASIDE} && rm {ASIDE})"));
    vec![say("When all of that is over, put back what was put aside:"), back]
}

/// The object that a note is about: its path is the id, cut into directories.
fn noted(path: &BString) -> Option<String> {
    let id: Vec<u8> = path.iter().copied().filter(|&byte| byte != b'/').collect();
    let is_id = matches!(id.len(), 40 | 64) && id.iter().all(u8::is_ascii_hexdigit);
    String::from_utf8(id).ok().filter(|_| is_id).map(|id| short_id(&id).to_owned())
}

/// Whether it is written in the commit itself.
fn is_in_commit(kind: LocationKind) -> bool {
    matches!(kind, LocationKind::CommitMessage | LocationKind::Author | LocationKind::Committer)
}

fn rebase(finding: &Finding) -> Option<&Rebase> {
    finding.containment.as_ref()?.rebase.as_ref()
}

fn refs(finding: &Finding) -> impl Iterator<Item = &BString> {
    finding.containment.iter().flat_map(|containment| &containment.refs)
}
