//! `leeward scan`, `staged` and `history`: which sources run for them.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::UsageError;
use super::args::{HistoryCommand, ScanCommand, StagedCommand};
use super::run::Run;
use crate::progress::Phase;
use crate::source::{Issue, Sink as _, index, worktree};
use crate::status::Status;

/// Scans files on disk.
pub(super) fn scan(command: &ScanCommand) -> Result<Status, UsageError> {
    let run = Run::new("scan", &command.scanning, &command.paths)?;
    let stdin = |path: &Path| path == Path::new("-");
    for path in command.paths.iter().filter(|path| !stdin(path)) {
        exists(path)?;
    }
    let options = worktree::Options { threads: run.threads(), max_file_size: command.scanning.max_file_size };
    let sources = |collector: &crate::pipeline::Collector<'_>, _: &_| {
        for (target, path) in command.paths.iter().enumerate() {
            match stdin(path) {
                true => worktree::scan_stdin(target, options.max_file_size, collector),
                false => worktree::scan(path, target, options, collector),
            }
        }
        if !collector.anything_scanned() {
            let message = "there was nothing to scan: no file, or only ignored ones";
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
    let _ = command.no_connectivity_check;
    Err(UsageError::new("history is not built yet"))
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
