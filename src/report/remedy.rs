//! What to do about keys in a repository, by how far they got: unstage, amend, rebase, or rewrite what others have.
//!
//! Takes a redacted report and gives sections of sentences and of commands that can be pasted into a shell at the top
//! of the repository. How a key is revoked stands in its rule.

use std::collections::{BTreeMap, BTreeSet};

use bstr::{BString, ByteSlice as _};

use super::Report;
use super::shell::word;
use super::spread::joined;
use crate::finding::{Finding, LocationKind, Presence, State};
use crate::sanitize::visible;
use crate::words::{count, short_id};

/// How many keys, files and logs are named.
const NAMED: usize = 5;

/// Where the recipe has the expressions written: beside the repository.
const EXPRESSIONS: &str = "../leeward-expressions.txt";

/// Where it has the history rewritten: in a copy beside the repository.
const COPY: &str = "../leeward-rewrite.git";

/// What to do about all findings of one state.
pub(super) struct Section {
    pub(super) title: String,
    pub(super) lines: Vec<Line>,
}

/// A line of a section.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Say(String),
    Run(String),
}

use Line::{Run, Say};

/// What is to be done, the most urgent first.
pub(super) fn sections(report: &Report) -> Vec<Section> {
    let mut groups: BTreeMap<(&BString, std::cmp::Reverse<State>), Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        let known = finding.containment.as_ref().and_then(|containment| containment.state);
        let state = known.or_else(|| (report.scan.mode == "staged").then_some(State::Staged));
        let target = finding.locations.first().map(|location| &location.target);
        if let (Some(state), Some(target)) = (state, target) {
            groups.entry((target, std::cmp::Reverse(state))).or_default().push(finding);
        }
    }
    let section = |((target, state), findings): ((&BString, std::cmp::Reverse<State>), Vec<&Finding>)| {
        let (what, lines) = Group { findings: &findings }.steps(state.0)?;
        let place = match report.scan.targets.len() {
            0 | 1 => String::new(),
            _ => format!(" in {}", visible(target)),
        };
        let mut keys: Vec<String> =
            findings.iter().take(NAMED).map(|finding| finding.secret.redacted()).collect();
        if let Some(more) = findings.len().checked_sub(NAMED + 1) {
            keys.push(format!("{} more", more + 1));
        }
        let keys = visible(joined(&keys).as_bytes()).into_owned();
        Some(Section { title: format!("{what}{place}: {keys}"), lines })
    };
    groups.into_iter().filter_map(section).collect()
}

/// The commands that take keys out of commits that nobody else has.
pub(super) fn before_a_push(report: &Report) -> Vec<String> {
    let mut commands = Vec::new();
    for state in [State::Unpushed, State::LastCommit] {
        let is_of = |finding: &&Finding| {
            finding.containment.as_ref().is_some_and(|containment| containment.state == Some(state))
        };
        let findings: Vec<&Finding> = report.findings.iter().filter(is_of).collect();
        let steps = Group { findings: &findings }.steps(state).filter(|_| !findings.is_empty());
        let lines = steps.into_iter().flat_map(|(_, lines)| lines);
        commands.extend(lines.filter_map(|line| if let Run(command) = line { Some(command) } else { None }));
    }
    commands
}

/// Findings of one state.
struct Group<'a> {
    findings: &'a [&'a Finding],
}

impl Group<'_> {
    fn steps(&self, state: State) -> Option<(&'static str, Vec<Line>)> {
        match state {
            State::Pushed => Some(("Pushed, or handed on", self.pushed())),
            State::Unreachable => Some(("In no ref any more", drop_unreachable())),
            State::Stashed => Some(("Only in the stash", self.stashed())),
            State::Unpushed => Some(("In commits that were not pushed", self.unpushed())),
            State::LastCommit => Some(("Only in the last commit", self.last_commit())),
            State::Staged => Some(("Staged", self.staged())),
            State::Uncommitted => None,
        }
    }

    fn staged(&self) -> Vec<Line> {
        let elsewhere = self.findings.iter().all(|finding| finding.presence == Some(Presence::Gone));
        let steps = match elsewhere {
            true => {
                "In the work tree whose index holds it, unstage it, take the key out, and stage it again:"
            }
            false => "Unstage it, take the key out, and stage it again:",
        };
        match self.files(|_| true) {
            Some(files) => vec![say(steps), run(format!("git reset -q --{files}"))],
            // Without a path, this takes everything out of the index, and says so.
            None => vec![
                say(
                    "Unstage everything, because the name of a file holds it; change the name, and stage again:",
                ),
                run("git reset".to_owned()),
            ],
        }
    }

    /// What is staged as well would be committed with what follows.
    fn unstaged_first(&self) -> Vec<Line> {
        match self.files(|kind| kind == LocationKind::Index) {
            Some(files) => vec![say("Unstage it first:"), run(format!("git reset -q --{files}"))],
            None => Vec::new(),
        }
    }

    fn last_commit(&self) -> Vec<Line> {
        let mut lines = self.unstaged_first();
        if self.has(|kind| kind == LocationKind::Blob) {
            lines.push(say("Take it out of the file, and put what is left in place of the commit:"));
            // Whatever else is staged stays out of it.
            lines.push(match self.files(|kind| kind == LocationKind::Blob) {
                // A file that was taken out of the index would be put back; and nothing may be left of the commit.
                Some(files) => run(format!(
                    "git ls-files --error-unmatch --{files} >/dev/null && \
                     git commit --amend --no-edit --allow-empty --only --{files}"
                )),
                None => run("git commit --amend --no-edit --allow-empty --all".to_owned()),
            });
            lines.push(say(
                "Where it is no file of the repository any more (`git rm --cached`), instead: git commit --amend --no-edit \
                 --allow-empty",
            ));
        }
        if self.has(|kind| !matches!(kind, LocationKind::Blob | LocationKind::Index)) {
            lines.push(say("Message, people and names of files are changed by hand:"));
            // Without it, the author stays who it was.
            let author = if self.has(|kind| kind == LocationKind::Author) { " --reset-author" } else { "" };
            lines.push(run(format!("git commit --amend{author}")));
        }
        lines.push(say("The old commit stays stored until git drops it."));
        lines
    }

    fn unpushed(&self) -> Vec<Line> {
        let bases: BTreeSet<Option<&str>> = self
            .findings
            .iter()
            .filter(|finding| finding.first_commit.is_some())
            .map(|finding| finding.containment.as_ref().and_then(|containment| containment.base.as_deref()))
            .collect();
        let mut lines = self.unstaged_first();
        lines.push(say(
            "Before it is pushed: with the branch checked out that has it, mark each commit that brought it in with `edit` (of \
             a merge, put `break` behind it), take it out there, and go on:",
        ));
        for base in bases.iter().take(NAMED) {
            let base = base.map_or("--root", short_id);
            lines.push(run(format!("git rebase --interactive --rebase-merges {base}")));
        }
        let edit = if self.has(is_in_commit) { "" } else { " --no-edit" };
        // Where the rebase did not stop, nothing is amended.
        let stopped = "test -d \"$(git rev-parse --git-path rebase-merge)\"";
        lines.push(run(format!("{stopped} && git commit --all --amend{edit} && git rebase --continue")));
        let refs: BTreeSet<&BString> = self.findings.iter().flat_map(|finding| refs(finding)).collect();
        if refs.len() > 1 {
            let names: Vec<String> = refs.iter().take(NAMED).map(|name| visible(name).into_owned()).collect();
            // Those that no finding names are counted; several findings may mean the same.
            let unnamed =
                self.findings.iter().flat_map(|finding| &finding.containment).map(|found| found.more);
            let more = match (refs.len() - names.len()) as u64 + unnamed.max().unwrap_or(0) {
                0 => String::new(),
                more => format!(" and {}", count(more, "more ref", "more refs")),
            };
            lines.push(say(&format!("Every ref that has it has to follow: {}{more}.", names.join(", "))));
        }
        lines
    }

    fn stashed(&self) -> Vec<Line> {
        let entries: BTreeSet<&BString> = self.findings.iter().flat_map(|finding| logs(finding)).collect();
        let mut lines = vec![say("Look at what was put aside, keep what is needed, and drop the rest:")];
        // From the last to the first: each drop moves those behind it up.
        let mut entries: Vec<&BString> = entries.into_iter().collect();
        entries.sort_by_key(|entry| std::cmp::Reverse((entry.len(), *entry)));
        for entry in entries.iter().take(NAMED) {
            lines.push(run(format!("git stash drop {}", word(entry))));
        }
        lines
    }

    fn pushed(&self) -> Vec<Line> {
        let remotes: BTreeSet<&BString> = self
            .findings
            .iter()
            .flat_map(|finding| &finding.containment)
            .flat_map(|containment| &containment.remotes)
            .collect();
        let mut lines = vec![say(
            "First delete the key at its provider, as said above: who has it keeps it, whatever is rewritten here.",
        )];
        lines.push(say(
            "Then, if it shall go from the history too: every commit since gets another id, and everybody clones anew.",
        ));
        // Where no copy was made, nothing is rewritten: all names it.
        let (git, copy) = match remotes.first() {
            Some(remote) => {
                lines.push(run(format!("url=$(git remote get-url {})", word(remote))));
                lines.push(run(format!("git clone --mirror \"$url\" {COPY}")));
                (format!("git -C {COPY}"), format!(" {COPY}"))
            }
            None => {
                lines.push(say("In a fresh copy (git clone --mirror), and at last in place of the old one:"));
                ("git".to_owned(), String::new())
            }
        };
        lines.push(run(format!("leeward history --write-expressions {EXPRESSIONS}{copy}")));
        let messages =
            self.has(|kind| matches!(kind, LocationKind::CommitMessage | LocationKind::TagMessage));
        let messages = if messages { format!(" --replace-message {EXPRESSIONS}") } else { String::new() };
        lines.push(run(format!("{git} filter-repo --replace-text {EXPRESSIONS}{messages}")));
        lines.push(run(format!("rm {EXPRESSIONS}")));
        lines.extend(self.beyond(&git));
        if !remotes.is_empty() {
            lines.push(say(&format!("When `leeward history{copy}` finds nothing any more:")));
            lines.push(run(format!("{git} push --force --mirror \"$url\"")));
        }
        lines.push(say(
            "Forks, and what a forge keeps of pull requests, stay as they are: ask those who run it to drop them.",
        ));
        lines
    }

    /// What the recipe does not reach.
    fn beyond(&self, git: &str) -> Vec<Line> {
        let mut lines = Vec::new();
        let locations = || self.findings.iter().flat_map(|finding| &finding.locations);
        let coded = locations().filter(|location| !location.decoded.is_empty() || !location.inner.is_empty());
        let coded: BTreeSet<&BString> = coded.filter_map(|location| location.path.as_ref()).collect();
        if !coded.is_empty() {
            lines.push(say(
                "Encoded, or in an archive, it is not replaced by that; these files have to go whole:",
            ));
            let paths: String =
                coded.iter().take(NAMED).map(|path| format!(" --path {}", word(path))).collect();
            lines.push(run(format!("{git} filter-repo --invert-paths{paths}")));
        }
        use LocationKind::{Author, Committer, Path, RefName, Tagger};
        let hands = [
            (Path, "names of files (--path-rename)"),
            (Author, "people (--mailmap)"),
            (Committer, "people (--mailmap)"),
            (Tagger, "people (--mailmap)"),
            (RefName, "names of refs (git branch -m, git tag)"),
        ];
        let by_hand: BTreeSet<&str> =
            hands.iter().filter(|(kind, _)| self.has(|it| it == *kind)).map(|(_, words)| *words).collect();
        if !by_hand.is_empty() {
            let by_hand: Vec<String> = by_hand.into_iter().map(str::to_owned).collect();
            lines.push(say(&format!("Not replaced by that either: {}.", joined(&by_hand))));
        }
        lines
    }

    fn has(&self, wanted: impl Fn(LocationKind) -> bool) -> bool {
        self.findings.iter().flat_map(|finding| &finding.locations).any(|location| wanted(location.kind))
    }

    /// The files of some kinds as arguments, each with a blank before it. None if there is none, or if the name of one
    /// holds a key: it is masked, and the command would not be exact.
    fn files(&self, wanted: impl Fn(LocationKind) -> bool) -> Option<String> {
        let mut paths = BTreeSet::new();
        for finding in self.findings {
            let mask = finding.secret.redacted();
            for location in finding.locations.iter().filter(|location| wanted(location.kind)) {
                let path = location.path.as_ref()?;
                if path.contains_str(&mask) {
                    return None;
                }
                paths.insert(path);
            }
        }
        let files: String = paths.iter().map(|path| format!(" {}", word(path))).collect();
        (!files.is_empty()).then_some(files)
    }
}

/// Whether it is written in the commit itself.
fn is_in_commit(kind: LocationKind) -> bool {
    matches!(kind, LocationKind::CommitMessage | LocationKind::Author | LocationKind::Committer)
}

fn drop_unreachable() -> Vec<Line> {
    vec![
        say(
            "Nothing is to be rewritten. To have it dropped at once, with all else that no ref leads to, older stashes \
             included:",
        ),
        run("git reflog expire --expire=now --expire-unreachable=now --all && git gc --prune=now".to_owned()),
    ]
}

fn refs(finding: &Finding) -> impl Iterator<Item = &BString> {
    finding.containment.iter().flat_map(|containment| &containment.refs)
}

fn logs(finding: &Finding) -> impl Iterator<Item = &BString> {
    let logs = finding.containment.iter().flat_map(|containment| &containment.reflogs);
    logs.filter(|entry| entry.starts_with(b"stash@"))
}

fn say(text: &str) -> Line {
    Say(text.to_owned())
}

fn run(command: String) -> Line {
    Run(command)
}
