//! `leeward scan` and `staged`: which sources run for them.

use std::io::ErrorKind;
use std::path::Path;

use std::sync::Arc;

use bstr::{BString, ByteVec};

use super::UsageError;
use super::args::{ScanCommand, StagedCommand};
use super::policy::Basis;
use super::run::Run;
use super::surroundings;
use crate::finding::Presence;
use crate::pipeline::{Collector, Outcome};
use crate::progress::{Counters, Phase};
use crate::source::history::standing;
use crate::source::{Issue, Sink as _, index, layout, stdin, worktree};
use crate::status::Status;

/// Scans files on disk.
pub(super) fn scan(command: &ScanCommand) -> Result<Status, UsageError> {
    let run = Run::new("scan", &command.scanning, &command.paths)?;
    let is_stdin = |path: &Path| path == Path::new("-");
    for path in command.paths.iter().filter(|path| !is_stdin(path)) {
        exists(path)?;
    }
    let options = worktree::Options {
        threads: run.threads(),
        max_file_size: run.max_file_size(),
        no_ignore: command.no_ignore,
    };
    let stdin = stdin::Input::default();
    let sources = |collector: &Collector<'_>, _: &Arc<Counters>| {
        for (target, path) in command.paths.iter().enumerate() {
            match is_stdin(path) {
                true => stdin.scan(target, options.max_file_size, collector),
                false => worktree::scan(path, target, options, collector),
            }
        }
        if !collector.anything_scanned() {
            let message = match (command.paths.iter().all(|path| is_stdin(path)), command.no_ignore) {
                (true, _) => "there was nothing to scan: standard input gave nothing",
                (false, true) => "there was nothing to scan: no file that can be read and is not left out",
                (false, false) => {
                    "there was nothing to scan: no file that can be read and is not left out; --no-ignore takes in \
                     those that an ignore file lists"
                }
            };
            collector.issue(Issue::new("nothing-to-scan", message));
        }
    };
    let complete = |outcome: &mut Outcome, _: &Arc<Counters>| {
        command.paths.iter().filter(|path| !is_stdin(path)).for_each(|path| in_head(path, outcome));
    };
    Ok(run.scan(Phase::Files, sources, complete))
}

/// Says of what was found below a path whether the repository that it is in still holds it.
fn in_head(path: &Path, outcome: &mut Outcome) {
    let target = BString::from(Vec::from_path_lossy(path).into_owned());
    let suppressed = outcome.suppressed.iter_mut().map(|(finding, _)| finding);
    let findings = outcome.findings.iter_mut().chain(suppressed);
    let mut findings = findings
        .filter(|finding| finding.locations.iter().all(|location| location.target == target))
        .peekable();
    if findings.peek().is_none() {
        return;
    }
    let directory = match path.canonicalize() {
        Ok(path) if path.is_dir() => path,
        Ok(path) => path.parent().map(Path::to_owned).unwrap_or_default(),
        Err(_) => return,
    };
    // What is in no repository is in no HEAD.
    if let Ok(layout) = layout::find(&directory, &surroundings::object_dirs()) {
        // The scan of a directory has said it already.
        let unread = |issue: &Issue| issue.kind == "unreadable-index";
        let said = outcome.issues.iter().any(unread);
        standing::tell(&layout, findings, &mut |issue| {
            if !(said && unread(&issue)) {
                outcome.issues.push(issue);
            }
        });
    }
}

/// Scans what the next commit would add.
pub(super) fn staged(command: &StagedCommand) -> Result<Status, UsageError> {
    let layout = surroundings::repository(&command.repository)?;
    let staged = index::Staged::open(&layout, surroundings::index()).map_err(UsageError::new)?;
    let basis = Basis::Index(staged.files());
    let run = Run::judged_by(basis, "staged", &command.scanning, [&command.repository])?.of_change(&staged);
    let sources = |collector: &Collector<'_>, _: &Arc<Counters>| {
        staged.scan(0, collector);
    };
    // What the next commit would add stands in the index.
    let complete = |outcome: &mut Outcome, _: &Arc<Counters>| {
        let suppressed = outcome.suppressed.iter_mut().map(|(finding, _)| finding);
        outcome
            .findings
            .iter_mut()
            .chain(suppressed)
            .for_each(|finding| finding.presence = Some(Presence::Index));
    };
    Ok(run.scan(Phase::Files, sources, complete))
}

/// A place that was named must be there.
pub(super) fn exists(path: &Path) -> Result<(), UsageError> {
    match std::fs::metadata(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            let shown = crate::sanitize::visible(path.as_os_str().as_encoded_bytes()).into_owned();
            Err(UsageError::new(format!("{shown}: no such file or directory")))
        }
        _ => Ok(()),
    }
}
