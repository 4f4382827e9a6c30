//! `leeward scan`, `staged` and `history`: which sources run for them.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use std::sync::Arc;

use bstr::{BStr, ByteVec};

use super::UsageError;
use super::args::{HistoryCommand, ScanCommand, StagedCommand};
use super::run::Run;
use crate::pipeline::Collector;
use crate::progress::{Counters, Phase};
use crate::source::layout::Layout;
use crate::source::{Issue, Sink as _, history, index, worktree};
use crate::status::Status;

/// Scans files on disk.
pub(super) fn scan(command: &ScanCommand) -> Result<Status, UsageError> {
    let run = Run::new("scan", &command.scanning, &command.paths)?;
    let stdin = |path: &Path| path == Path::new("-");
    for path in command.paths.iter().filter(|path| !stdin(path)) {
        exists(path)?;
    }
    let options = worktree::Options {
        threads: run.threads(),
        max_file_size: command.scanning.max_file_size,
        no_ignore: command.no_ignore,
    };
    let sources = |collector: &Collector<'_>, _: &Arc<Counters>| {
        for (target, path) in command.paths.iter().enumerate() {
            match stdin(path) {
                true => worktree::scan_stdin(target, options.max_file_size, collector),
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
    Ok(run.scan(Phase::Files, sources, |_| {}))
}

/// Scans what the next commit would add.
pub(super) fn staged(command: &StagedCommand) -> Result<Status, UsageError> {
    exists(&command.repository)?;
    let run = Run::new("staged", &command.scanning, [&command.repository])?;
    let index_file = std::env::var_os("GIT_INDEX_FILE").map(PathBuf::from);
    let staged = index::Staged::open(&command.repository, index_file.as_deref()).map_err(UsageError::new)?;
    Ok(run.scan(Phase::Files, |collector, _| staged.scan(0, collector), |_| {}))
}

/// Scans everything that was ever committed.
pub(super) fn history(command: &HistoryCommand) -> Result<Status, UsageError> {
    for path in &command.repositories {
        exists(path)?;
    }
    let mut layouts = Vec::new();
    for path in &command.repositories {
        layouts.push(Layout::find(path, None).map_err(UsageError::new)?);
    }
    let run = Run::new("history", &command.scanning, &command.repositories)?;
    let options = history::Options { threads: run.threads(), connectivity: !command.no_connectivity_check };
    let sources = |collector: &Collector<'_>, counters: &Arc<Counters>| {
        for (target, path) in command.repositories.iter().enumerate() {
            // Found again, so that what is missing of it is an issue of this scan.
            let Ok(layout) = Layout::find(path, Some(collector)) else { continue };
            if history::scan(&layout, target, options, collector, counters) == 0 {
                let message = "the repository stores no object: nothing was ever committed to it";
                let path = Vec::from_path_lossy(path).into_owned();
                collector.issue(Issue::new("nothing-to-scan", message).at_path(path));
            }
        }
        if command.no_connectivity_check {
            collector.skip(
                "connectivity check, by --no-connectivity-check",
                BStr::new("missing objects are not told"),
            );
        }
    };
    Ok(run.scan(Phase::Objects, sources, |_| {}))
}

/// A place that was named must be there.
fn exists(path: &Path) -> Result<(), UsageError> {
    match std::fs::metadata(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            let shown = crate::sanitize::visible(path.as_os_str().as_encoded_bytes()).into_owned();
            Err(UsageError::new(format!("{shown}: no such file or directory")))
        }
        _ => Ok(()),
    }
}
