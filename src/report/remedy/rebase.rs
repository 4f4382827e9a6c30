//! How a rebase takes keys out of commits that no remote is known to have.
//!
//! One for each branch, from before the first commit that adds any of the keys: git asks leeward behind each commit, merges
//! included, and stops where one adds a key, however many do. What lies in its way is put aside.

use std::collections::BTreeSet;

use bstr::BString;

use super::local::{AS_WRITTEN, AUTHOR, BY_HAND};
use super::unpushed::{BRANCHES, refs};
use super::{Group, Line, is_masked, run, say, unpushed};
use crate::finding::{ASIDE, Finding, LocationKind, Rebase};
use crate::report::shell::word;

/// Whether the rebase stopped because a commit adds a key. Anywhere else, to amend would mix two commits.
const STOPPED: &str = "test -d \"$(git rev-parse --git-path rebase-merge)\" && \
    test -z \"$(git rev-parse --quiet --verify REBASE_HEAD)\"";

/// Gives the notes of the commit that was made anew last to what became of it: git itself does that at the end of the rebase,
/// too late for a commit that is amended before.
const NOTED: &str = "for notes in $(git for-each-ref --format='%(refname)' refs/notes/); do \
    tail -n 1 \"$(git rev-parse --git-path rebase-merge/rewritten-list)\" | git notes --ref=\"$notes\" copy --force --stdin; done";

/// Goes on behind a conflict. Git alone would drop a commit of which nothing is left, and not say so. Where it did not begin
/// with a commit, because a file lies in its way, it makes that itself.
const RESOLVED: &str = "test -e \"$(git rev-parse --git-path MERGE_MSG)\" && \
    git commit --allow-empty --cleanup=verbatim -C REBASE_HEAD && git -c commit.cleanup=verbatim rebase --continue";

/// What is checked out: a branch, or a commit.
const HEAD: &str = "$(git symbolic-ref --quiet --short HEAD || git rev-parse HEAD)";

impl Group<'_> {
    /// One rebase after the other.
    pub(super) fn rebased(&self, rebases: Vec<&Rebase>) -> Vec<Line> {
        let (apart, rebases): (Vec<&Rebase>, Vec<&Rebase>) =
            rebases.into_iter().partition(|rebase| self.goes_apart(rebase));
        let here = rebases.iter().any(|rebase| rebase.work_tree.is_none());
        let in_the_way = if here { self.in_the_way() } else { BTreeSet::new() };
        let mut lines = put_aside(&in_the_way);
        lines.extend(self.looked_at());
        lines.extend(self.as_stored());
        lines.extend(self.notes_along());
        if !rebases.is_empty() {
            lines.extend(self.where_checked_out(&rebases, &in_the_way));
        }
        lines.extend(self.apart(&apart, !rebases.is_empty()));
        if self.has(|kind| kind == LocationKind::Path) {
            lines.push(say("A file whose name holds it gets another one with `git mv`."));
        }
        lines
    }

    /// Those that are done where their branches are checked out, or here, without what is `in_the_way` there.
    fn where_checked_out(&self, rebases: &[&Rebase], in_the_way: &BTreeSet<&BString>) -> Vec<Line> {
        let mut lines = vec![say(
            "Before it is pushed (git begins nothing where files are changed and not committed: commit or stash them first): git \
             stops behind each commit that adds it. Take it out there, and go on, as often as it stops:",
        )];
        // Git lets no work tree change what another has checked out: those come last.
        let (there, mut here): (Vec<&Rebase>, Vec<&Rebase>) =
            rebases.iter().partition(|rebase| rebase.work_tree.is_some());
        here.sort_by_key(|rebase| self.leaves_head(rebase));
        let mut moves_away = false;
        for (number, rebase) in here.iter().enumerate() {
            if number > 0 {
                lines.push(next());
            }
            if self.leaves_head(rebase) && !moves_away {
                moves_away = true;
                lines.push(run(format!("head={HEAD}")));
            }
            // Nothing is written over that was not put aside.
            let guard =
                if in_the_way.is_empty() { String::new() } else { format!("test -e {} && ", aside()) };
            lines.extend(self.one(rebase, format!("{guard}{}", self.begin(rebase))));
        }
        if moves_away {
            lines.push(say("When that is over, back to what was checked out:"));
            lines.push(run("git checkout \"$head\" --".to_owned()));
        }
        lines.extend(put_back(in_the_way));
        lines.extend(self.looked_away_again());
        for (number, rebase) in there.iter().enumerate() {
            if number + here.len() > 0 {
                lines.push(next());
            }
            lines.extend(rebase.work_tree.iter().map(|top| run(format!("cd {}", word(top)))));
            lines.extend(self.one(rebase, self.begin(rebase)));
        }
        lines
    }

    /// Whether it checks out something else than was to be rebased of what is checked out: a branch that a HEAD on none is on
    /// takes its place.
    fn leaves_head(&self, rebase: &Rebase) -> bool {
        let on_it = |finding: &Finding| {
            unpushed::rebase(finding).is_some_and(|it| it.branch == rebase.branch)
                && refs(finding).next().is_some_and(|name| name == "HEAD")
        };
        rebase.branch.is_some() && !self.findings.iter().any(|finding| on_it(finding))
    }

    /// One rebase, from the command that begins it to its end.
    pub(super) fn one(&self, rebase: &Rebase, begin: String) -> Vec<Line> {
        let mut lines = vec![run(begin)];
        let stopped = if self.has_notes() { format!("{STOPPED} && {NOTED}") } else { STOPPED.to_owned() };
        if self.has(|kind| kind == LocationKind::Author) {
            lines.push(say("Where it stands in the name or address of a commit's author, first:"));
            lines.push(run(format!("{stopped} && git commit --amend{AS_WRITTEN} --allow-empty{AUTHOR}")));
        }
        let edit = if self.has(|kind| kind == LocationKind::CommitMessage) { BY_HAND } else { AS_WRITTEN };
        // A rebase leaves a submodule where it is checked out: that is none of the commit's.
        lines.push(run(format!(
            "{stopped} && git -c diff.ignoreSubmodules=all commit --all --amend --allow-empty{edit} && \
             git -c commit.cleanup=verbatim rebase --continue"
        )));
        lines.push(say(
            "A conflict on the way is mended and added. Then this keeps the commit, whatever is left of it, and goes on:",
        ));
        lines.push(run(RESOLVED.to_owned()));
        lines.extend(checked(&rebase.tip));
        lines
    }

    /// The command that begins a rebase where the branch is checked out, or may be.
    fn begin(&self, rebase: &Rebase) -> String {
        let branch = rebase.branch.as_ref().filter(|_| rebase.work_tree.is_none());
        let branch = branch.map(|name| word(name.strip_prefix(BRANCHES).unwrap_or(name)));
        let branch = branch.map_or_else(String::new, |branch| format!(" {branch}"));
        // An older git knows no such setting, and passes it over.
        let follow = self.others().iter().any(|name| name.starts_with(BRANCHES));
        let along = if follow { " -c rebase.updateRefs=true" } else { "" };
        self.command(rebase, along, &branch)
    }

    /// The command that begins a rebase, with a setting and what it checks out. It asks about the commit that was just made,
    /// again after each stop, and not about one that a remote has: that stays as it is. Git before 2.26 drops commits that
    /// change nothing unless it is told to keep them; later ones keep them, and what becomes one of them, because of `--exec`.
    pub(super) fn command(&self, rebase: &Rebase, setting: &str, branch: &str) -> String {
        let ask = format!("leeward range --quiet --allow-empty{} \"HEAD^! --not --remotes\"", self.options);
        let base = rebase.base.as_deref().unwrap_or("--root");
        let ask = word(ask.as_bytes());
        format!(
            "git -c commit.cleanup=verbatim{setting} rebase --rebase-merges --keep-empty --reschedule-failed-exec --exec {ask} {base}{branch}"
        )
    }

    /// What has git, in this shell, look at commits as they are stored and sent. Where they are replaced by others with other
    /// parents, it would not pass those that add a key, or drop what is before.
    pub(super) fn as_stored(&self) -> Vec<Line> {
        let found = || self.findings.iter().filter_map(|finding| finding.containment.as_ref());
        let replaced = found().any(|found| found.replaced).then_some((
            "Git shows others in place of some commits (git replace). Have it show what is stored, and sent:",
            "export GIT_NO_REPLACE_OBJECTS=1",
        ));
        let grafted = found().any(|found| found.grafted).then_some((
            "Git gives some commits other parents than they have (info/grafts). Have it show what is stored, and sent:",
            "export GIT_GRAFT_FILE=/dev/null",
        ));
        let set = |(title, command): (&str, &str)| [say(title), run(command.to_owned())];
        replaced.into_iter().chain(grafted).flat_map(set).collect()
    }

    /// What has notes follow the commits that a rebase or an amendment makes anew, in this shell.
    pub(super) fn notes_along(&self) -> Vec<Line> {
        match self.has_notes() {
            true => vec![
                say("Notes stay with the old commits, unless git is told to take them along:"),
                run("export GIT_NOTES_REWRITE_REF='refs/notes/*'".to_owned()),
            ],
            false => Vec::new(),
        }
    }

    /// What comes before all else where a rebase was given up, or ended, and what was put aside for it is not back.
    pub(super) fn back_first(&self) -> Vec<Line> {
        let mut found = self.findings.iter().filter_map(|finding| finding.containment.as_ref());
        let title = "Files that were put aside for a rebase are not back yet. Put them back, and look again (tar leaves alone what is \
                     there anew, and says so: move that away first):";
        let is_left =
            found.any(|found| found.aside && found.under_way.iter().all(|it| it.work_tree.is_some()));
        if is_left { vec![say(title), back()] } else { Vec::new() }
    }

    /// What lies in the work tree where a rebase has to write.
    fn in_the_way(&self) -> BTreeSet<&BString> {
        let found = self.findings.iter().filter_map(|finding| finding.containment.as_ref());
        found.flat_map(|found| &found.in_the_way).collect()
    }

    /// Whether what lies in the way of it cannot be put aside. The name of a file that holds a key is masked.
    fn goes_apart(&self, rebase: &Rebase) -> bool {
        rebase.apart || rebase.work_tree.is_none() && self.in_the_way().into_iter().any(is_masked)
    }
}

pub(super) fn next() -> Line {
    say("When that is over, what else has it, in the same way:")
}

/// Shows what is another than it was in a commit: what was done by hand in a merge is not made anew by git.
pub(super) fn checked(before: &str) -> [Line; 3] {
    [
        say("When that is over, this has to show the key's lines and nothing else:"),
        run(format!("git diff --no-ext-diff --no-textconv {before} HEAD")),
        Line::Say(format!(
            "If it shows more, that would be lost: `git reset --keep {before}` puts all back."
        )),
    ]
}

/// Where files are put that lie in the way of a rebase.
fn aside() -> String {
    format!("\"$(git rev-parse --absolute-git-dir)/{ASIDE}\"")
}

/// Begins a command at the top of the files.
const AT_TOP: &str = "cd \"$(git rev-parse --show-toplevel)\"";

/// Once alone: what was put aside before is not written over.
fn put_aside(files: &BTreeSet<&BString>) -> Vec<Line> {
    if files.is_empty() {
        return Vec::new();
    }
    let files: String =
        files.iter().map(|file| format!(" {}", word(&[b"./", file.as_slice()].concat()))).collect();
    let aside = aside();
    let title = "Some commits have files where others lie in the work tree that are not tracked. Git stops at those, and writes over \
                 what is ignored. Put them aside:";
    vec![
        say(title),
        run(format!(
            "({AT_TOP} && to={aside} && test ! -e \"$to\" && tar -cf \"$to.part\"{files} && mv \"$to.part\" \"$to\" && rm -rf{files})"
        )),
    ]
}

/// Writes over nothing.
fn back() -> Line {
    let aside = aside();
    run(format!("({AT_TOP} && from={aside} && tar -xkf \"$from\" && rm \"$from\")"))
}

fn put_back(files: &BTreeSet<&BString>) -> Vec<Line> {
    if files.is_empty() {
        return Vec::new();
    }
    vec![say("When that is over, put back what was put aside:"), back()]
}
