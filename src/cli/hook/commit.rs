//! The gates before a commit: what it adds, and its message.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bstr::ByteSlice;

use super::super::args::Scanning;
use super::super::run::Run;
use super::super::surroundings::{self, set};
use super::super::{UsageError, range};
use crate::finding::LocationKind;
use crate::pipeline::Collector;
use crate::progress::{Counters, Phase};
use crate::report::Gate;
use crate::sanitize::visible;
use crate::source::history::range::Words;
use crate::source::index::{Given, Staged};
use crate::source::layout::Layout;
use crate::source::{Counted, Issue, Origin, Sink as _, worktree};
use crate::status::Status;

/// What git names beside the scissors, in `git commit --verbose`.
const SCISSORS: &[u8] = b" ------------------------ >8 ------------------------";

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
    judge(&staged, scanning)
}

fn judge(staged: &Staged<'_>, scanning: &Scanning) -> Result<Status, UsageError> {
    let here = PathBuf::from(".");
    let run = Run::new("staged", scanning, [&here])?.for_gate(Gate::Commit);
    let sources = |collector: &Collector<'_>, _: &Arc<Counters>| {
        staged.scan(0, collector);
    };
    Ok(run.scan(Phase::Files, sources, |_, _| {}))
}

/// Judges the range that the pre-commit framework was asked for (`--from-ref`, `--to-ref`), if it was.
pub(super) fn named_by_framework(layout: &Layout, scanning: &Scanning) -> Result<Option<Status>, UsageError> {
    let (Some(from), Some(to)) = (set("PRE_COMMIT_FROM_REF"), set("PRE_COMMIT_TO_REF")) else {
        return Ok(None);
    };
    let text = [from.as_encoded_bytes(), to.as_encoded_bytes()].join(&b".."[..]);
    let words = Words::parse(text.as_bstr()).map_err(|error| UsageError::new(&error).help(error.help()))?;
    let here = PathBuf::from(".");
    let run = Run::new("range", scanning, [&here])?.for_gate(Gate::Files);
    let message = "the range that pre-commit names holds no commit: there was nothing to judge";
    let empty = Issue::new("nothing-to-scan", message);
    Ok(Some(range::judge(run, layout, &words, Some(empty), &|_| ())))
}

/// Judges all files of the work tree: somebody asked for them (`pre-commit run --all-files`), and an index without
/// changes would let everything pass.
pub(super) fn all_files(layout: &Layout, scanning: &Scanning) -> Result<Status, UsageError> {
    let here = PathBuf::from(".");
    let run = Run::new("scan", scanning, [&here])?.for_gate(Gate::Files);
    let top = layout.work_tree.clone().unwrap_or_else(|| here.clone());
    // The framework runs hooks at the top, and paths read better from there.
    let top = if top.canonicalize().ok() == here.canonicalize().ok() { here.clone() } else { top };
    let options =
        worktree::Options { threads: run.threads(), max_file_size: run.max_file_size(), no_ignore: false };
    let sources = |collector: &Collector<'_>, _: &Arc<Counters>| {
        worktree::scan(&top, 0, options, collector);
        if !collector.anything_scanned() {
            let message = "nothing is staged and there is no file: there was nothing to judge";
            collector.issue(Issue::new("nothing-to-scan", message));
        }
    };
    Ok(run.scan(Phase::Files, sources, |_, _| {}))
}

/// Judges a commit's message.
pub(super) fn commit_msg(file: &Path, scanning: &Scanning) -> Result<Status, UsageError> {
    let shown = || visible(file.as_os_str().as_encoded_bytes()).into_owned();
    let content = std::fs::read(file)
        .map_err(|error| UsageError::new(format!("cannot read the message in {}: {error}", shown())))?;
    let here = PathBuf::from(".");
    let run = Run::new("message", scanning, [&here])?.for_gate(Gate::Message);
    let sources = |collector: &Collector<'_>, _: &Arc<Counters>| {
        let message = committed(&content);
        collector.count(Counted::File, 1);
        collector.count(Counted::Bytes, message.len() as u64);
        let kind = LocationKind::CommitMessage;
        collector.blob(Origin { kind, target: 0, path: None, shown: None, object: None }, message);
    };
    Ok(run.scan(Phase::Files, sources, |_, _| {}))
}

/// The message without the diff that `git commit --verbose` shows below it, and cuts off again. Git follows its scissors
/// with an explanation; a line that somebody else wrote there is followed by something else, and cuts nothing.
fn committed(message: &[u8]) -> &[u8] {
    let mut start = 0;
    while let Some(found) = message[start..].find(SCISSORS) {
        let at = start + found;
        start = at + SCISSORS.len();
        let line = message[..at].rfind_byte(b'\n').map_or(0, |end| end + 1);
        let comment = &message[line..at];
        let explained = |rest: &[u8]| {
            rest.trim_start_with(|c| c == '\r')
                .strip_prefix(b"\n")
                .is_some_and(|next| next.starts_with(comment))
        };
        if !comment.is_empty()
            && comment.len() < 16
            && !comment.contains(&b' ')
            && explained(&message[start..])
        {
            return &message[..line];
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_git_cuts_off_is_cut_off() {
        let scissors = String::from_utf8_lossy(SCISSORS).into_owned();
        for (message, kept) in [
            ("subject\n".to_owned(), "subject\n"),
            (format!("subject\n#{scissors}\n# Do not touch the line above.\ndiff --git a b\n"), "subject\n"),
            (format!("subject\n;;{scissors}\n;; No.\ndiff\n"), "subject\n"),
            (format!("subject\n#{scissors}\r\n# No.\r\ndiff\n"), "subject\n"),
            (format!("#{scissors}\n# No.\ndiff\n"), ""),
        ] {
            assert_eq!(committed(message.as_bytes()), kept.as_bytes());
        }
        for message in [
            format!("subject\n#{scissors}\nmore\n"),
            format!("subject\n{scissors}\n more\n"),
            format!("subject\na b{scissors}\na b c\n"),
            format!("subject\n#{scissors}"),
            format!("#{scissors} x\n# No.\ndiff\n"),
        ] {
            assert_eq!(committed(message.as_bytes()), message.as_bytes(), "{message}");
        }
    }
}
