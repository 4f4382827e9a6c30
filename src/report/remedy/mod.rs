//! What to do about keys in a repository, by how far they got: unstage, amend, rebase, or rewrite what others have.
//!
//! Takes a redacted report and gives sections of sentences and of commands that can be pasted into a shell anywhere
//! in the repository. What is in no commit, or in the last alone, is left to `local`, what else nobody has to `unpushed`, what
//! others have to `pushed`, names of refs to `names`. How a key is revoked stands in its rule. Commands have ids in full: git
//! takes the beginning of one for a branch that is called so.

mod apart;
mod beside;
mod filter;
mod local;
mod names;
mod pushed;
#[cfg(test)]
mod pushed_tests;
mod rebase;
mod refs;
mod rewrite;
#[cfg(test)]
mod tests;
mod unpushed;

use std::collections::{BTreeMap, BTreeSet};

use bstr::{BString, ByteSlice as _};

use super::Report;
use super::shell;
use super::spread::{joined, may_be_in_refs};
use crate::finding::{Finding, LocationKind, State};
use crate::sanitize::visible;

/// How many keys, files and logs are named.
const NAMED: usize = 5;

/// What each mask of a key has.
const MASKED: &str = "\u{2026}";

/// What to do about all findings of one state.
pub(super) struct Section {
    pub(super) title: String,
    /// It is about commits that nobody else has.
    before_a_push: bool,
    pub(super) lines: Vec<Line>,
}

/// A line of a section.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Say(String),
    Run(String),
}

use Line::{Run, Say};

/// What is to be done, what got least far first: what is pushed then has nothing any more that is only here.
pub(super) fn sections(report: &Report) -> Vec<Section> {
    let mut groups: BTreeMap<(&BString, State), Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        let known = finding.containment.as_ref().and_then(|containment| containment.state);
        let state = known.or_else(|| (report.scan.mode == "staged").then_some(State::Staged));
        let target = finding.locations.first().map(|location| &location.target);
        if let (Some(state), Some(target)) = (state, target) {
            groups.entry((target, state)).or_default().push(finding);
        }
    }
    let targets: Vec<&BString> = groups.keys().map(|(target, _)| *target).collect();
    for target in targets {
        let key = |state| (target, state);
        // A rebase of what is checked out passes its last commit, too; one of another branch leaves that checked out.
        let passes = |findings: &Vec<&Finding>| findings.iter().any(|finding| unpushed::is_rebased(finding));
        if groups.get(&key(State::Unpushed)).is_some_and(passes)
            && let Some(last) = groups.remove(&key(State::LastCommit))
        {
            groups.entry(key(State::Unpushed)).or_default().extend(last);
        }
    }
    let found = report.findings.iter().filter_map(|finding| finding.containment.as_ref());
    let named: BTreeSet<&BString> = found.flat_map(|found| &found.named).collect();
    let section = |((target, state), findings): ((&BString, State), Vec<&Finding>)| {
        let options = words(&report.scan.again.here);
        let options_in_copy = words(&report.scan.again.in_copy);
        let group = Group {
            findings: &findings,
            named: &named,
            options: &options,
            options_in_copy: &options_in_copy,
        };
        let (what, mut lines) = match state {
            State::Unreachable if findings.iter().any(|finding| may_be_in_refs(report, finding)) => {
                ("In no ref that could be followed", vec![say(MEND_FIRST)])
            }
            _ => group.steps(state)?,
        };
        let asks = |line: &Line| matches!(line, Run(command) if command.contains("leeward "));
        if report.scan.again.heed_no_comment && lines.iter().any(asks) {
            lines.insert(0, say(NONE_HEEDED));
        }
        lines.splice(0..0, elsewhere(target));
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
        let before_a_push = matches!(state, State::Unpushed | State::LastCommit);
        Some(Section { before_a_push, title: format!("{what}{place}: {keys}"), lines })
    };
    groups.into_iter().filter_map(section).collect()
}

/// Instead of dropping what no ref leads to.
const MEND_FIRST: &str = "Not all of the repository is known to be there, and a ref may lead to it by what is missing. Have that \
                          fetched or mended, and look again, before anything is dropped.";

/// Before commands that find what comments accept.
const NONE_HEEDED: &str = "What older comments accept is found by these commands, too: leave that, or take the key out another way.";

/// What takes keys out of commits that nobody else has: nothing, where there is no command for that.
pub(super) fn before_a_push(report: &Report) -> Vec<Line> {
    // Commands that are run one by one, or on a copy, cannot tell which comments are new.
    if report.scan.again.heed_no_comment {
        return Vec::new();
    }
    // How what is under way ends, is to be thought about.
    let found = report.findings.iter().filter_map(|finding| finding.containment.as_ref());
    if found.flat_map(|found| &found.under_way).any(|it| it.work_tree.is_none()) {
        return Vec::new();
    }
    let local = sections(report).into_iter().filter(|section| section.before_a_push);
    let lines: Vec<Line> = local.flat_map(|section| section.lines).collect();
    let is_command = |line: &Line| matches!(line, Run(_));
    if lines.iter().any(is_command) { lines } else { Vec::new() }
}

/// The way into a repository that the shell does not stand in: commands would change the one that it does.
fn elsewhere(target: &BString) -> Option<Line> {
    let here = target.is_empty() || target == "." || target == "-";
    let mut path = std::path::absolute(target.to_path().ok()?).ok().filter(|_| !here)?;
    // Inside of it, commands would find no work tree.
    if path.ends_with(".git") {
        path.pop();
    }
    Some(run(format!("cd {}", shell::word(&BString::from(path.into_os_string().into_encoded_bytes())))))
}

/// Findings of one state.
struct Group<'a> {
    findings: &'a [&'a Finding],
    /// The refs that have a key in their names, as the report shows them.
    named: &'a BTreeSet<&'a BString>,
    /// What a further call has to be told to judge alike, each word with a blank before it.
    options: &'a str,
    /// The same for one about a copy.
    options_in_copy: &'a str,
}

fn words(options: &[BString]) -> String {
    options.iter().map(|option| format!(" {}", shell::word(option))).collect()
}

impl Group<'_> {
    fn steps(&self, state: State) -> Option<(&'static str, Vec<Line>)> {
        let back = self.back_first();
        if !back.is_empty() {
            return Some(("Left of a rebase", back));
        }
        let options = self.called_like_options();
        let (title, lines) = match state {
            // It is deleted at the provider before all else.
            State::Pushed if options.is_empty() => return Some(("Pushed, or handed on", self.pushed())),
            State::Pushed => return Some(("Pushed, or handed on", options)),
            State::Unpushed if !options.is_empty() => {
                return Some(("Not pushed, as far as is known", options));
            }
            State::Unreachable => ("In no ref any more", self.unreachable()),
            State::Stashed => ("Only in the stash", self.stashed()),
            State::Unpushed => ("Not pushed, as far as is known", self.unpushed()),
            State::LastCommit => ("Only in the last commit", self.last_commit()),
            State::Staged => ("Staged", self.staged()),
            State::Uncommitted => return None,
        };
        let renamed = self.renamed();
        // A command with such a name would not be exact.
        let again =
            self.findings.iter().any(|finding| unpushed::refs(finding).any(|name| self.named.contains(name)));
        let then = match again && state == State::Unpushed {
            true => vec![say("Then look again: what else has to be done is told with the new name.")],
            false => lines,
        };
        Some((title, renamed.into_iter().chain(then).collect()))
    }

    /// Gives branches other names that commands would take for options: whoever made the repository chose them.
    fn called_like_options(&self) -> Vec<Line> {
        const NEW: &str = "refs/heads/NEW-NAME";
        let names = self.findings.iter().flat_map(|finding| unpushed::refs(finding));
        let found: BTreeSet<&BString> = names.filter(|name| name.starts_with(b"refs/heads/-")).collect();
        let renamed = found.iter().take(NAMED).map(|name| {
            let name = shell::word(name);
            let head =
                format!("test \"$(git symbolic-ref --quiet HEAD)\" != {name} || git symbolic-ref HEAD {NEW}");
            run(format!("git update-ref {NEW} {name} && {{ {head}; }} && git update-ref -d {name}"))
        });
        let why = (!found.is_empty()).then(|| {
            say("A branch has a name that git takes for an option. Give it another one, for NEW-NAME, and look again:")
        });
        why.into_iter().chain(renamed).collect()
    }

    /// Whether the repository has notes about commits.
    fn has_notes(&self) -> bool {
        self.findings.iter().any(|finding| finding.containment.as_ref().is_some_and(|found| found.notes))
    }

    fn has(&self, wanted: impl Fn(LocationKind) -> bool) -> bool {
        self.findings.iter().flat_map(|finding| &finding.locations).any(|location| wanted(location.kind))
    }
}

/// Whether a key is masked in a name: a command with it would not be exact.
fn is_masked(name: &BString) -> bool {
    name.contains_str(MASKED)
}

fn say(text: &str) -> Line {
    Say(text.to_owned())
}

fn run(command: String) -> Line {
    Run(command)
}
