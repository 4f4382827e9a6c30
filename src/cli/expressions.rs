//! The file of expressions for `git filter-repo --replace-text`: the only file with whole secrets that is ever written,
//! and only where somebody named one.
//!
//! Takes what will be reported. The file is new, readable by its owner alone, and outside of the repositories, so that
//! it cannot be committed.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bstr::ByteSlice as _;

use super::UsageError;
use crate::finding::Finding;
use crate::pipeline::Outcome;
use crate::sanitize::visible;
use crate::source::Issue;
use crate::source::layout::Layout;

/// Whether the file could be written when the scan is over.
///
/// # Errors
///
/// If there is something already, if its directory is not there, or lies in a repository, scanned or not.
pub(super) fn may_be_written(file: &Path, layouts: &[Layout]) -> Result<(), UsageError> {
    let shown = || visible(file.as_os_str().as_encoded_bytes()).into_owned();
    if file.symlink_metadata().is_ok() {
        let message = format!("{}: there is such a file already, and it is not written over", shown());
        return Err(UsageError::new(message).help("expressions with whole secrets go to a new file"));
    }
    let parent = file.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    let directory = match parent.canonicalize() {
        Ok(directory) if directory.is_dir() && file.file_name().is_some() => directory,
        _ => return Err(UsageError::new(format!("{}: it would be in no directory that there is", shown()))),
    };
    let inside = |place: &PathBuf| place.canonicalize().is_ok_and(|place| directory.starts_with(place));
    let places = layouts.iter().flat_map(|layout| {
        [Some(&layout.git_dir), Some(&layout.common_dir), layout.work_tree.as_ref()].into_iter().flatten()
    });
    // Another work tree of the same repository, what it is a submodule of, anybody else's.
    let in_another = directory.ancestors().any(|place| place.join(".git").symlink_metadata().is_ok());
    match in_another || places.into_iter().any(inside) {
        true => Err(UsageError::new(format!("{}: that is inside of a repository", shown()))
            .help("whole secrets are written outside of it, e.g. to ../keys.txt")),
        false => Ok(()),
    }
}

/// Writes an expression for each secret that will be reported. What goes wrong is an issue.
pub(super) fn write(file: &Path, outcome: &mut Outcome) {
    let mut lines = Vec::new();
    let mut left_out = 0;
    for finding in &outcome.findings {
        match line(finding) {
            Some(line) if !lines.contains(&line) => lines.push(line),
            Some(_) => {}
            None => left_out += 1,
        }
    }
    if let Err(error) = create(file, &lines.concat()) {
        let path = file.as_os_str().as_encoded_bytes();
        outcome.issues.push(Issue::new("not-written", error.to_string()).at_path(path));
    }
    if left_out > 0 {
        let message =
            format!("{left_out} of the secrets have more than one line: no expression was written for them");
        outcome.issues.push(Issue::new("not-written", message));
    }
}

/// None for what does not fit into a line.
fn line(finding: &Finding) -> Option<Vec<u8>> {
    let secret = finding.secret.expose();
    let fits = secret.find_byteset(b"\r\n").is_none();
    fits.then(|| [b"literal:", secret, b"==>***REMOVED***\n"].concat())
}

fn create(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    file.write_all(bytes)?;
    file.sync_all()
}
