//! What to do about keys that are staged, in the last commit, in the stash, or in no ref any more.

use std::collections::{BTreeMap, BTreeSet};

use bstr::BString;

use super::unpushed::refs;
use super::{Group, Line, NAMED, is_masked, run, say};
use crate::finding::{Finding, Location, LocationKind, UnderWay};
use crate::report::shell::{pathspec, word};
use crate::sanitize::visible;

/// The ref of what is put aside.
pub(super) const STASH: &str = "refs/stash";

/// What a commit that no ref leads to any more is.
const STAYS: &str = "The old commit stays stored until git drops it.";

/// What unstaging would lose.
const UNLIKE_DISK: &str = ". If this names a file, nothing is done: the disk has another version than what is staged, which would be \
                           in no file then. Write it to one (git show :FILE >OTHER), and run only what is behind the &&";

/// Takes everything out of an index.
const EVERYTHING: &str = " reset";

impl Group<'_> {
    pub(super) fn staged(&self) -> Vec<Line> {
        let commands = self.unstage();
        let by_name = commands.iter().any(|command| command.ends_with(EVERYTHING));
        let steps = match by_name {
            // Without a path, this takes everything out of the index, and says so.
            true => {
                "Unstage everything, because the name of a file holds it; change the name, and stage again:"
                    .to_owned()
            }
            false => format!("Unstage it, take the key out, and stage it again{UNLIKE_DISK}:"),
        };
        let committed = self.findings.iter().any(|finding| finding.first_commit.is_some());
        let old = committed.then(|| say(STAYS));
        std::iter::once(Line::Say(steps)).chain(commands.into_iter().map(run)).chain(old).collect()
    }

    /// What is staged as well would be committed with what follows.
    pub(super) fn unstaged_first(&self) -> Vec<Line> {
        let commands = self.unstage();
        let title = format!(
            "Unstage it first; when all is over, take it out there, and stage it again{UNLIKE_DISK}:"
        );
        let title = (!commands.is_empty()).then_some(Line::Say(title));
        title.into_iter().chain(commands.into_iter().map(run)).collect()
    }

    /// What is under way has to end before a commit is amended or, otherwise, a rebase begins in one of these work trees.
    pub(super) fn ended_first(&self, amend: bool, there: &BTreeSet<Option<&BString>>) -> Vec<Line> {
        let hinders = |it: &&UnderWay| there.contains(&it.work_tree.as_ref()) && !(amend && it.amends);
        let Some(UnderWay { work_tree, command, .. }) = self.under_way().find(hinders) else {
            return Vec::new();
        };
        let until = if amend { "amends nothing" } else { "begins no rebase" };
        let (place, there) = in_work_tree(work_tree.as_ref());
        let until = format!("`git {command}` is under way{place}, and git {until} until it is over");
        if *command == "bisect" {
            return vec![
                say(&format!("{until}. End it, and look again:")),
                run(format!("git{there} bisect reset")),
            ];
        }
        vec![
            say(&format!(
                "{until}: finish it (git {command} --continue) and look again, or give it up, with what was done for it, and do it \
                 again later:"
            )),
            run(format!("git{there} {command} --abort")),
        ]
    }

    /// What git has begun and not ended, in any work tree.
    fn under_way(&self) -> impl Iterator<Item = &UnderWay> {
        let found = self.findings.iter().filter_map(|finding| finding.containment.as_ref());
        found.flat_map(|found| &found.under_way)
    }

    /// What takes it out of each index that has it, and no tree.
    fn unstage(&self) -> Vec<String> {
        // The name of a file that holds a key is masked: a command with it would not be exact.
        let mut files: BTreeMap<Option<&BString>, BTreeSet<&BString>> = BTreeMap::new();
        let mut by_name: BTreeSet<Option<&BString>> = BTreeSet::new();
        for finding in self.findings {
            let staged = finding.containment.iter().flat_map(|containment| &containment.staged);
            let staged = staged.map(|staged| (staged.work_tree.as_ref(), &staged.path));
            // A scan of the index knows of no other.
            let scanned = finding.locations.iter().filter(|_| finding.containment.is_none());
            let scanned = scanned.filter_map(|location| Some((None, location.path.as_ref()?)));
            for (work_tree, path) in staged.chain(scanned) {
                if is_masked(path) {
                    by_name.insert(work_tree);
                }
                files.entry(work_tree).or_default().insert(path);
            }
        }
        let command = |(work_tree, paths): (Option<&BString>, BTreeSet<&BString>)| {
            let there = work_tree.map_or_else(String::new, |top| format!(" -C {}", word(top)));
            if by_name.contains(&work_tree) {
                return format!("git{there}{EVERYTHING}");
            }
            let paths = words(&paths);
            format!("git{there} diff --exit-code --name-only --{paths} && git{there} reset -q --{paths}")
        };
        files.into_iter().map(command).collect()
    }

    pub(super) fn last_commit(&self) -> Vec<Line> {
        let mut lines = self.ended_first(true, &BTreeSet::from([None]));
        lines.extend(self.unstaged_first());
        lines.extend(self.as_stored());
        lines.extend(self.notes_along());
        lines.extend(self.looked_at());
        lines.extend(self.taken_out_of_files());
        lines.extend(self.changed_by_hand());
        lines.extend(self.looked_away_again());
        lines.push(say(STAYS));
        lines
    }

    /// What takes it out of whatever else the last commit has it in. What is staged stays out of that; a file that gets another
    /// name has to be staged itself, so that nothing else may be.
    fn changed_by_hand(&self) -> Vec<Line> {
        let is_elsewhere =
            |kind| !is_file(kind) && !matches!(kind, LocationKind::Index | LocationKind::RefName);
        if !self.has(is_elsewhere) {
            return Vec::new();
        }
        let author = if self.has(|kind| kind == LocationKind::Author) { AUTHOR } else { "" };
        if !self.has(|kind| kind == LocationKind::Path) {
            return vec![
                say("Message and people are changed by hand, and what is staged stays so:"),
                run(format!("git commit --amend{BY_HAND} --only --allow-empty{author}")),
            ];
        }
        vec![
            say("Whatever is staged would be committed along, so nothing may be (git stash puts it aside):"),
            run(NOTHING_STAGED.to_owned()),
            say("Names of files are changed by git mv, then message and people by hand:"),
            run(format!("{STILL_SAME} && git commit --amend{BY_HAND} --allow-empty{author}")),
        ]
    }

    /// What has git look at files that it was told not to, and puts those there that are not: it would commit them as they were.
    pub(super) fn looked_at(&self) -> Vec<Line> {
        let found = self.findings.iter().filter_map(|finding| finding.containment.as_ref());
        let unseen: BTreeSet<&BString> =
            found.flat_map(|found| &found.unseen).filter(|path| !is_masked(path)).collect();
        if unseen.is_empty() {
            return Vec::new();
        }
        let list = format!("git ls-files -z --{}", words(&unseen));
        let seen = ["update-index -z --no-skip-worktree", "update-index -z --no-assume-unchanged"];
        let seen = seen.map(|command| format!("{list} | git {command} --stdin"));
        // It says no to each that is there.
        let there = format!("{{ {list} | git checkout-index -q -z --stdin || true; }}");
        let title = "Git is told not to look at a file on disk (skip-worktree, assume-unchanged, a sparse checkout). Have it look; but for a \
                     sparse checkout, it does from then on, until it is told again:";
        vec![say(title), run(WHOLE.to_owned()), run(format!("{} && {there}", seen.join(" && ")))]
    }

    /// The end of what [`Group::looked_at`] begins.
    pub(super) fn looked_away_again(&self) -> Vec<Line> {
        let mut found = self.findings.iter().filter_map(|finding| finding.containment.as_ref());
        match found.any(|found| !found.unseen.is_empty()) {
            true => vec![
                say("When that is over, a checkout that was sparse is so again:"),
                run(SPARSE_AGAIN.to_owned()),
            ],
            false => Vec::new(),
        }
    }

    /// What takes it out of the files of the last commit. Whatever else is staged stays out of that.
    fn taken_out_of_files(&self) -> Vec<Line> {
        let mut files: BTreeSet<&BString> = BTreeSet::new();
        let mut in_name = false;
        for finding in self.findings {
            let last = finding.last_commit.as_ref().map(|commit| &commit.id);
            // Another version of the commit, which no ref leads to, may have it elsewhere.
            let is_there = |place: &&Location| {
                is_file(place.kind) && place.commit.as_ref().map(|commit| &commit.id) == last
            };
            for path in finding.locations.iter().filter(is_there).filter_map(|place| place.path.as_ref()) {
                in_name |= is_masked(path);
                files.insert(path);
            }
        }
        // A command with the name would not be exact.
        if in_name {
            return vec![
                say(
                    "Whatever else was changed would be committed along, so nothing may be (git stash puts it aside):",
                ),
                run(NOTHING_CHANGED.to_owned()),
                say("Take it out of the files, and put what is left in place of the commit:"),
                run(format!("{STILL_SAME} && git commit --amend{AS_WRITTEN} --allow-empty --all")),
            ];
        }
        let found = self.findings.iter().filter_map(|finding| finding.containment.as_ref());
        let gone: BTreeSet<&BString> = found.flat_map(|found| &found.unlisted).collect();
        let gone: BTreeSet<&BString> = files.intersection(&gone).copied().collect();
        let mut lines = Vec::new();
        if !gone.is_empty() {
            lines.push(say("Take what the index has not any more out of the commit:"));
            lines.push(run(without(&words(&gone))));
            files.retain(|file| !gone.contains(file));
        }
        if !files.is_empty() {
            lines.push(say(
                "Take it out of the file, which stays in the index until then, and put what is left, with whatever else was changed in \
                 that file, in place of the commit:",
            ));
            let files = words(&files);
            // A file that is taken out of the index until then would be put back; and nothing may be left of the commit.
            lines.push(run(format!(
                "git ls-files --error-unmatch --{files} >/dev/null && \
                 git commit --amend{AS_WRITTEN} --allow-empty --only --{files}"
            )));
        }
        lines
    }

    pub(super) fn stashed(&self) -> Vec<Line> {
        let found = self.findings.iter().filter_map(|finding| finding.containment.as_ref());
        let entries: BTreeMap<usize, &String> =
            found.flat_map(|found| &found.stashed).map(|(number, commit)| (*number, commit)).collect();
        let mut lines = self.unstaged_first();
        lines.push(say(
            "Look at what was put aside, keep what is needed, and drop the rest (where the stash is not what it was, nothing is done: \
             look again):",
        ));
        // From the last to the first: each drop moves those behind it up.
        for (number, commit) in entries.iter().rev().take(NAMED) {
            lines.push(run(format!(
                "test \"$(git rev-parse 'refs/stash@{{{number}}}')\" = {commit} && git stash drop 'stash@{{{number}}}'"
            )));
        }
        lines
    }

    /// What is put aside of what is rewritten here leads to what that was.
    pub(super) fn put_aside(&self) -> Vec<Line> {
        let any = self.findings.iter().any(|finding| refs(finding).any(|name| name == STASH));
        if any { self.stashed() } else { Vec::new() }
    }
}

/// Keeps the message of a commit, whatever `commit.cleanup` takes out of messages.
pub(super) const AS_WRITTEN: &str = " --no-edit --cleanup=verbatim";

/// Has the message changed in an editor, without what git says there below.
pub(super) const BY_HAND: &str = " --cleanup=scissors";

/// Has another author, who is changed otherwise by nothing, at the same time.
pub(super) const AUTHOR: &str = " --reset-author --date=\"$(git log -1 --format=%aI)\"";

/// Notes what HEAD is where nothing is staged.
const NOTHING_STAGED: &str = "unset same; git diff --cached --quiet && same=$(git rev-parse HEAD)";

/// Notes what HEAD is where no file that git tracks is changed, staged or not.
const NOTHING_CHANGED: &str = "unset same; git diff --quiet HEAD && same=$(git rev-parse HEAD)";

/// Whether HEAD is what was noted.
const STILL_SAME: &str = "test \"$(git rev-parse HEAD)\" = \"$same\"";

/// Has all files on disk where the checkout is sparse, and notes that.
const WHOLE: &str = "unset sparse; test \"$(git config --bool core.sparseCheckout)\" != true || \
    { git sparse-checkout disable && sparse=yes; }";

/// Goes by the patterns again that were in force before, which git keeps.
const SPARSE_AGAIN: &str = "test -z \"$sparse\" || { git config --worktree core.sparseCheckout true && git sparse-checkout reapply; }";

/// Takes files out of the last commit, by an index that has nothing else that is staged.
fn without(files: &str) -> String {
    format!(
        "(export GIT_INDEX_FILE=\"$(git rev-parse --absolute-git-dir)/leeward-index\" && git read-tree HEAD && \
         git rm -q --cached --{files} && git commit --amend{AS_WRITTEN} --allow-empty; rm -f \"$GIT_INDEX_FILE\")"
    )
}

/// Where something is, for a sentence and for git: nothing, for this work tree.
fn in_work_tree(top: Option<&BString>) -> (String, String) {
    let place = top.map_or_else(String::new, |top| format!(" in {}", visible(top)));
    (place, top.map_or_else(String::new, |top| format!(" -C {}", word(top))))
}

/// Files as arguments, each with a blank before it.
fn words(files: &BTreeSet<&BString>) -> String {
    files.iter().map(|path| format!(" {}", pathspec(path))).collect()
}

/// Whether it is content of a file, the target of a symbolic link included.
fn is_file(kind: LocationKind) -> bool {
    matches!(kind, LocationKind::Blob | LocationKind::Symlink)
}

/// Drops what no ref leads to. The entries of the stash but the last are in its log alone, and stay.
const DROP: &str = "git -c gc.reflogExpire=now -c gc.reflogExpireUnreachable=now -c gc.refs/stash.reflogExpire=never \
                    -c gc.refs/stash.reflogExpireUnreachable=never gc --prune=now";

/// What overrides that.
const KEPT_BY: &str = "What is still there then is kept by a setting, gc.PATTERN.reflogExpire, gc.bigPackThreshold or \
                       extensions.preciousObjects: `git config --get-regexp '^(gc|extensions)[.]'` shows which.";

/// What is said before objects are dropped: nothing here tells who borrows them.
pub(super) const BORROWERS: &str = "clones that borrow objects from here, by git clone --shared or --reference, lose them unless they \
                                    `git repack -a -d` before";

impl Group<'_> {
    /// What to do about what no ref leads to.
    pub(super) fn unreachable(&self) -> Vec<Line> {
        let places: BTreeSet<&BString> = self.findings.iter().filter_map(|finding| kept(finding)).collect();
        let mut lines: Vec<Line> = places.into_iter().flat_map(|place| self.kept_at(place)).collect();
        if self.findings.iter().any(|finding| kept(finding).is_none()) {
            if let Some(UnderWay { work_tree, command, .. }) = self.under_way().next() {
                let (place, _) = in_work_tree(work_tree.as_ref());
                lines.push(say(&format!(
                    "`git {command}` is under way{place}, and what it put aside no ref leads to: finish it (git {command} \
                     --continue) or give it up (git {command} --abort), and look again, before anything is dropped."
                )));
                return lines;
            }
            lines.extend(self.as_stored());
            lines.extend(self.conflicts_forgotten());
            lines.push(say(&format!(
                "Nothing is to be rewritten. To have it dropped at once, with all else that neither a ref nor the stash leads to \
                 ({BORROWERS}):"
            )));
            lines.extend(self.dropped());
        }
        lines
    }

    /// Drops what no ref leads to, and says what may keep git from it.
    pub(super) fn dropped(&self) -> Vec<Line> {
        let apart: BTreeSet<&BString> = self
            .findings
            .iter()
            .filter_map(|finding| finding.containment.as_ref())
            .flat_map(|found| &found.refs_apart)
            .collect();
        if let Some(top) = apart.first() {
            let (shown, there) = (visible(top), word(top));
            return vec![say(&format!(
                "{shown} has refs of its own, for a bisect or as refs/worktree/*, and asked from here, git would drop what only those \
                 lead to: end that (git -C {there} bisect reset), and look again, before anything is dropped."
            ))];
        }
        vec![run(DROP.to_owned()), say(KEPT_BY)]
    }

    /// What git remembers of conflicts that were resolved, it keeps.
    fn conflicts_forgotten(&self) -> Vec<Line> {
        let found = self.findings.iter().filter_map(|finding| finding.containment.as_ref());
        let places: BTreeSet<Option<&BString>> =
            found.flat_map(|found| &found.resolved).map(Option::as_ref).collect();
        let forget = |top| run(format!("git{} update-index --clear-resolve-undo", in_work_tree(top).1));
        let title =
            say("Git keeps what conflicts were resolved from, to show them again. Have it forget that:");
        let title = (!places.is_empty()).then_some(title);
        title.into_iter().chain(places.into_iter().map(forget)).collect()
    }

    /// What to do about objects that git drops nothing of.
    fn kept_at(&self, place: &BString) -> [Line; 2] {
        if place.ends_with(b".keep") {
            return [
                say(
                    "Git drops nothing of a pack that is marked to be kept. If nobody needs that any more, take the mark away, and look again:",
                ),
                run(format!("rm {}", word(place))),
            ];
        }
        let repository = place.strip_suffix(b"/objects").unwrap_or(place);
        [
            say(
                "It is in objects that are borrowed from another repository, and is dropped only there. What to do is told there:",
            ),
            run(format!("leeward history{} {}", self.options, word(repository))),
        ]
    }
}

fn kept(finding: &Finding) -> Option<&BString> {
    finding.containment.as_ref()?.kept.as_ref()
}
