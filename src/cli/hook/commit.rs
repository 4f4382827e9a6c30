//! The gates before a commit: what it adds, and its message.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bstr::ByteSlice;

use super::super::UsageError;
use super::super::args::Scanning;
use super::super::policy::Basis;
use super::super::range::{self, Told};
use super::super::run::Run;
use super::super::surroundings::{self, set};
use super::message;
use crate::finding::{LocationKind, SuppressedBy};
use crate::pipeline::Collector;
use crate::progress::{Counters, Phase};
use crate::report::{Gate, Note};
use crate::sanitize::visible;
use crate::source::history::range::Words;
use crate::source::index::{Given, Staged};
use crate::source::layout::Layout;
use crate::source::{Counted, Issue, Origin, Sink as _, worktree};
use crate::status::Status;
use crate::words::bytes;

/// Judges what the next commit adds.
pub(super) fn pre_commit(scanning: &Scanning) -> Result<Status, UsageError> {
    staged(surroundings::index(), scanning)
}

/// Judges what a merge commit adds. `MERGE_HEAD` is not written yet; git names the commits in the environment.
pub(super) fn pre_merge_commit(scanning: &Scanning) -> Result<Status, UsageError> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let merged = names.filter_map(|name| name.strip_prefix("GITHEAD_").map(str::to_owned)).collect();
    staged(Given { merged, ..surroundings::index() }, scanning)
}

fn staged(given: Given, scanning: &Scanning) -> Result<Status, UsageError> {
    let layout = surroundings::repository(Path::new("."))?;
    // In a commit git names the index, and an empty one is what it is.
    let framework = set("PRE_COMMIT").is_some() && given.index.is_none();
    if framework && let Some(status) = named_by_framework(&layout, scanning)? {
        return Ok(status);
    }
    let staged = Staged::open(&layout, given).map_err(UsageError::new)?;
    // Nobody commits in CI: whatever is staged there, all files were meant.
    if framework && (set("CI").is_some() || staged.is_empty()) {
        return all_files(&layout, scanning);
    }
    let here = PathBuf::from(".");
    let gate = if applies_patches(&layout) { Gate::Patch } else { Gate::Commit };
    let run = Run::judged_by(Basis::Index(staged.files()), "staged", scanning, [&here])?;
    let run = run.for_gate(gate).of_change(&staged);
    let sources = |collector: &Collector<'_>, _: &Arc<Counters>| {
        people(collector);
        staged.scan(0, collector);
    };
    Ok(run.scan(Phase::Files, sources, |outcome, _| outcome.notes.extend(framework.then(only_staged))))
}

/// What the framework does not say: it calls the same for a commit to be and for all files.
fn only_staged() -> Note {
    let message = "something is staged, so only that was judged: if all files were meant, `leeward scan` judges them \
        (with CI=1 in the environment, this does)";
    Note { kind: "only-staged", message: message.to_owned() }
}

/// Judges who makes the commit, as far as git says it: of the author, always.
fn people(collector: &Collector<'_>) {
    for (kind, who) in [(LocationKind::Author, "AUTHOR"), (LocationKind::Committer, "COMMITTER")] {
        let [name, address] =
            ["NAME", "EMAIL"].map(|part| set(&format!("GIT_{who}_{part}")).unwrap_or_default());
        let text = [name.as_encoded_bytes(), b" <", address.as_encoded_bytes(), b">"].concat();
        collector.blob(Origin { kind, target: 0, path: None, shown: None, object: None }, &text);
    }
}

/// Whether it is `git am` that called, or a rebase that applies patches, and not `git commit`, which names the index.
fn applies_patches(layout: &Layout) -> bool {
    set("GIT_INDEX_FILE").is_none() && layout.git_dir.join("rebase-apply").is_dir()
}

/// Judges the range that the pre-commit framework was asked for (`--from-ref`, `--to-ref`), if it was.
pub(super) fn named_by_framework(layout: &Layout, scanning: &Scanning) -> Result<Option<Status>, UsageError> {
    let (Some(from), Some(to)) = (set("PRE_COMMIT_FROM_REF"), set("PRE_COMMIT_TO_REF")) else {
        return Ok(None);
    };
    let text = [from.as_encoded_bytes(), to.as_encoded_bytes()].join(&b".."[..]);
    let words = Words::parse(text.as_bstr()).map_err(|error| UsageError::new(&error).help(error.help()))?;
    let here = PathBuf::from(".");
    let since = Basis::Since(from.to_string_lossy().into_owned());
    let run = Run::judged_by(since, "range", scanning, [&here])?.for_gate(Gate::Files);
    let message = "the range that pre-commit names holds no commit: there was nothing to judge";
    let empty = Issue::new("nothing-to-scan", message);
    let told = Told { empty: Some(empty), some: None };
    Ok(Some(range::judge(run, layout, &words, told, &|_| ())))
}

/// Judges all files of the work tree: somebody asked for them (`pre-commit run --all-files`), and an index without
/// changes would let everything pass.
pub(super) fn all_files(layout: &Layout, scanning: &Scanning) -> Result<Status, UsageError> {
    let here = PathBuf::from(".");
    let top = layout.work_tree.clone().unwrap_or_else(|| here.clone());
    // The framework runs hooks at the top, and paths read better from there.
    let top = if top.canonicalize().ok() == here.canonicalize().ok() { here } else { top };
    let since = Basis::Since("HEAD".to_owned());
    let run = Run::judged_by(since, "scan", scanning, [&top])?.for_gate(Gate::Files);
    let options =
        worktree::Options { threads: run.threads(), max_file_size: run.max_file_size(), no_ignore: false };
    let sources = |collector: &Collector<'_>, _: &Arc<Counters>| {
        worktree::scan(&top, 0, options, collector);
        if !collector.anything_scanned() {
            let message = "nothing is staged and there is no file: there was nothing to judge";
            collector.issue(Issue::new("nothing-to-scan", message));
        }
    };
    let denied = scanning.deny_new_suppressions && scanning.policy.policy_from.is_none();
    Ok(run.scan(Phase::Files, sources, |outcome, _| {
        let mut suppressed = outcome.suppressed.iter();
        if denied && suppressed.any(|(_, suppression)| suppression.by == SuppressedBy::Inline) {
            outcome.notes.push(since_head());
        }
    }))
}

/// What all files do not say: which comments a change adds.
fn since_head() -> Note {
    let message = "of comments leeward:ignore, those that HEAD has are heeded: what a change begins at says which are new \
        (`pre-commit run --from-ref REV --to-ref HEAD`, or --policy-from REV)";
    Note { kind: "new-suppressions", message: message.to_owned() }
}

/// Judges a commit's message.
pub(super) fn commit_msg(file: &Path, scanning: &Scanning) -> Result<Status, UsageError> {
    let content = message::read(file).map_err(|error| {
        let shown = visible(file.as_os_str().as_encoded_bytes()).into_owned();
        UsageError::new(format!("cannot read the message in {shown}: {error}"))
    })?;
    let here = PathBuf::from(".");
    // By hand, a message lies anywhere.
    let layout = surroundings::repository(&here).ok();
    let gate = if layout.as_ref().is_some_and(applies_patches) { Gate::PatchMessage } else { Gate::Message };
    let basis = layout.as_ref().map_or(Ok(Basis::Disk), surroundings::next_commit)?;
    let run = Run::judged_by(basis, "message", scanning, [&here])?.for_gate(gate);
    let sources = |collector: &Collector<'_>, _: &Arc<Counters>| {
        // Git says `:` where it asked nobody, and then it wrote nothing below the message either. What does not name the
        // index is not `git commit`, and cuts nothing off.
        let edited = set("GIT_INDEX_FILE").is_some() && set("GIT_EDITOR").is_none_or(|editor| editor != ":");
        let surely = edited && !content.cut;
        let text = if surely { message::committed(&content.bytes) } else { &content.bytes };
        if content.cut {
            let message =
                format!("the message is longer than {}: the rest was not judged", bytes(message::LONGEST));
            collector.issue(Issue::new("too-long", message));
        }
        collector.count(Counted::File, 1);
        collector.count(Counted::Bytes, text.len() as u64);
        let kind = LocationKind::CommitMessage;
        collector.blob(Origin { kind, target: 0, path: None, shown: None, object: None }, text);
    };
    Ok(run.scan(Phase::Files, sources, |outcome, _| {
        let places = outcome.findings.iter().flat_map(|finding| &finding.locations);
        let mut lines: Vec<u64> = places.map(|place| place.region.start_line).collect();
        lines.sort_unstable();
        lines.dedup();
        let doubts = message::doubts(&content.bytes, &lines).into_iter();
        outcome.notes.extend(doubts.map(|message| Note { kind: "line-git-may-take-out", message }));
    }))
}
