//! What to do about keys in commits, tags and notes that no remote is known to have.
//!
//! One rebase for each branch, from before the first commit that adds any of the keys: git asks leeward behind each commit,
//! merges included, and stops where one adds a key, however many do. What no branch has is deleted or made anew.

use std::collections::{BTreeMap, BTreeSet};

use bstr::BString;

use super::{Group, Line, NAMED, run, say};
use crate::finding::{Finding, LocationKind, Rebase};
use crate::report::shell::word;
use crate::sanitize::visible;
use crate::words::{count, short_id};

/// Asks about the commit that was just made, again after each stop, and not about one that a remote has: that stays as it is.
const ASK: &str =
    "--reschedule-failed-exec --exec 'leeward range --quiet --allow-empty \"HEAD^! --not --remotes\"'";

/// Whether the rebase stopped because a commit adds a key. Anywhere else, to amend would mix two commits.
const STOPPED: &str = "test -d \"$(git rev-parse --git-path rebase-merge)\" && \
    test -z \"$(git rev-parse --quiet --verify REBASE_HEAD)\"";

/// Whether what is checked out has it in a commit.
pub(super) fn is_of_head(finding: &Finding) -> bool {
    rebase(finding).is_some_and(|rebase| rebase.branch.is_none())
}

impl Group<'_> {
    pub(super) fn unpushed(&self) -> Vec<Line> {
        let rebases = self.rebases();
        let mut lines = if rebases.is_empty() { Vec::new() } else { self.ended_first(false) };
        lines.extend(self.unstaged_first());
        if !rebases.is_empty() {
            lines.push(say(
                "Before it is pushed: git stops behind each commit that adds it. Take it out there, and go on, as often as it stops:",
            ));
            let author = if self.has(|kind| kind == LocationKind::Author) { " --reset-author" } else { "" };
            let edit = if self.has(is_in_commit) { author } else { " --no-edit" };
            let go_on =
                format!("{STOPPED} && git commit --all --amend --allow-empty{edit} && git rebase --continue");
            let (there, here): (Vec<&Rebase>, Vec<&Rebase>) =
                rebases.values().copied().partition(|rebase| rebase.work_tree.is_some());
            lines.extend(here.iter().map(|rebase| run(command(rebase))));
            lines.extend((!here.is_empty()).then(|| run(go_on.clone())));
            // Git lets no work tree change what another has checked out.
            for rebase in there {
                lines.extend(rebase.work_tree.iter().map(|top| run(format!("cd {}", word(top)))));
                lines.extend([run(command(rebase)), run(go_on.clone())]);
            }
            lines.push(say(
                "A conflict on the way is mended, added, and `git rebase --continue` goes on; what was changed by hand in a \
                 merge may have to be done again.",
            ));
        }
        lines.extend(self.refs_alone());
        lines.extend(self.followers());
        lines
    }

    /// The rebase of each branch.
    fn rebases(&self) -> BTreeMap<Option<&BString>, &Rebase> {
        let mut rebases: BTreeMap<Option<&BString>, &Rebase> = BTreeMap::new();
        for rebase in self.findings.iter().filter_map(|finding| rebase(finding)) {
            let known = rebases.entry(rebase.branch.as_ref()).or_insert(rebase);
            if rebase.height < known.height {
                *known = rebase;
            }
        }
        rebases
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
        let moved: Vec<&Finding> =
            self.findings.iter().copied().filter(|finding| rebase(finding).is_some()).collect();
        // What is checked out comes first.
        let own =
            |finding: &&Finding| rebase(finding)?.branch.clone().or_else(|| refs(finding).next().cloned());
        let own: BTreeSet<BString> = moved.iter().filter_map(own).collect();
        let all: BTreeSet<&BString> = moved.iter().flat_map(|finding| refs(finding)).collect();
        // Of those that no finding names, several may mean the same: there are at least as many as one of them has.
        let most = moved.iter().filter_map(|finding| finding.containment.as_ref());
        let most = most.map(|found| found.refs.len() as u64 + found.more).max().unwrap_or(0);
        let exact = most <= all.len() as u64 || moved.len() == 1;
        let others: Vec<&&BString> = all.iter().filter(|name| !own.contains(**name)).collect();
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
        Some(say(&format!("Every other ref that has it has to follow: {}{more}.", names.join(", "))))
    }
}

/// The command that begins a rebase.
fn command(rebase: &Rebase) -> String {
    let base = rebase.base.as_deref().map_or("--root", short_id);
    let branch = rebase.branch.as_ref().filter(|_| rebase.work_tree.is_none());
    let branch = branch.map(|name| word(name.strip_prefix(b"refs/heads/").unwrap_or(name)));
    let branch = branch.map_or_else(String::new, |branch| format!(" {branch}"));
    format!("git rebase --rebase-merges {ASK} {base}{branch}")
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
