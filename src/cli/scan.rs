//! `leeward scan` and `staged`: which sources run for them.

use std::io::ErrorKind;
use std::path::Path;

use std::sync::Arc;

use super::UsageError;
use super::args::{ScanCommand, StagedCommand};
use super::run::Run;
use super::surroundings;
use crate::pipeline::Collector;
use crate::progress::{Counters, Phase};
use crate::source::{Issue, Sink as _, index, stdin, worktree};
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
            let message = match command.no_ignore {
                true => "there was nothing to scan: no file at all",
                false => {
                    "there was nothing to scan: no file, or only ones that an ignore file lists (--no-ignore)"
                }
            };
            collector.issue(Issue::new("nothing-to-scan", message));
        }
    };
    Ok(run.scan(Phase::Files, sources, |_, _| {}))
}

/// Scans what the next commit would add.
pub(super) fn staged(command: &StagedCommand) -> Result<Status, UsageError> {
    let layout = surroundings::repository(&command.repository)?;
    let run = Run::new("staged", &command.scanning, [&command.repository])?;
    let staged = index::Staged::open(&layout, surroundings::index()).map_err(UsageError::new)?;
    let sources = |collector: &Collector<'_>, _: &Arc<Counters>| {
        staged.scan(0, collector);
    };
    Ok(run.scan(Phase::Files, sources, |_, _| {}))
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
