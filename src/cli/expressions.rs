//! What `git filter-repo` takes: expressions for `--replace-text`, the only file with whole secrets that is ever written, and
//! ids of what they do not reach for `--strip-blobs-with-ids`. Both are written only where somebody named a file.
//!
//! Takes what was found, before history tells of it, and what will be reported. A file is new, readable by its owner alone, and
//! outside of the repositories, so that it cannot be committed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bstr::{BString, ByteVec as _};

use super::UsageError;
use super::args::HistoryCommand;
use crate::finding::{Finding, Location, LocationKind};
use crate::pipeline::Outcome;
use crate::sanitize::visible;
use crate::secret::Secret;
use crate::source::Issue;
use crate::source::history::binary;
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
        return Err(UsageError::new(message).help("what rewrites a history goes to a new file"));
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

/// Where secrets stand: in every version, of which history tells only of the first.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// By fingerprint, what is stored in place of the secret where that is text.
    encoded: BTreeMap<String, BTreeSet<Secret>>,
    /// By fingerprint, the stored files that hold it, by target and id, and whether it stands there in no text.
    blobs: BTreeMap<String, BTreeSet<(BString, String, bool)>>,
}

impl Places {
    /// Takes down where everything is that was found.
    pub(super) fn of(outcome: &Outcome) -> Places {
        let mut places = Places::default();
        for finding in &outcome.findings {
            for location in &finding.locations {
                places.add(&finding.fingerprint, location);
            }
        }
        places
    }

    fn add(&mut self, fingerprint: &str, location: &Location) {
        if let Some(encoded) = &location.encoded {
            self.encoded.entry(fingerprint.to_owned()).or_default().insert(encoded.clone());
        }
        if let (LocationKind::Blob, Some(id)) = (location.kind, &location.blob) {
            let is_text =
                location.bytes.is_some() && (location.decoded.is_empty() || location.encoded.is_some());
            let blob = (location.target.clone(), id.clone(), !is_text);
            self.blobs.entry(fingerprint.to_owned()).or_default().insert(blob);
        }
    }

    /// Writes the files that were asked for, of what will be reported. What goes wrong is an issue.
    pub(super) fn write(&self, command: &HistoryCommand, layouts: &[Layout], outcome: &mut Outcome) {
        let mut written = Vec::new();
        if let Some(file) = &command.write_expressions {
            written.push((file, self.expressions(&outcome.findings)));
        }
        if let Some(file) = &command.write_blobs {
            written.push((file, self.ids(command, layouts, &outcome.findings)));
        }
        for (file, text) in written {
            if let Err(error) = create(file, &text) {
                let path = file.as_os_str().as_encoded_bytes();
                outcome.issues.push(Issue::new("not-written", error.to_string()).at_path(path));
            }
        }
    }

    /// An expression for each secret, and for each text that stands for it.
    fn expressions(&self, findings: &[Finding]) -> Vec<u8> {
        let texts = findings.iter().flat_map(|finding| {
            let encoded = self.encoded.get(&finding.fingerprint).into_iter().flatten();
            std::iter::once(&finding.secret).chain(encoded)
        });
        let lines: BTreeSet<Vec<u8>> = texts.map(expression).collect();
        lines.into_iter().flatten().collect()
    }

    /// The ids of files that no expression takes a secret out of.
    fn ids(&self, command: &HistoryCommand, layouts: &[Layout], findings: &[Finding]) -> Vec<u8> {
        let blobs = || {
            let blobs = findings.iter().filter_map(|finding| self.blobs.get(&finding.fingerprint));
            blobs.flatten().map(|(target, id, whole)| (target, id.as_str(), *whole))
        };
        let mut ids: BTreeSet<&str> = blobs().filter(|(.., whole)| *whole).map(|(_, id, _)| id).collect();
        for (layout, path) in layouts.iter().zip(&command.repositories) {
            let target = BString::from(Vec::from_path_lossy(path).into_owned());
            let there = blobs().filter(|(of, ..)| **of == target).map(|(_, id, _)| id);
            ids.extend(binary::among(layout, there.filter(|id| !ids.contains(id)).collect()));
        }
        ids.iter().flat_map(|id| [id.as_bytes(), b"\n"].concat()).collect()
    }
}

/// A line of expressions. One that would not fit is a pattern.
fn expression(secret: &Secret) -> Vec<u8> {
    let text = secret.expose();
    let fits = !text.iter().any(|byte| b"\r\n".contains(byte));
    let (kind, text) = if fits { ("literal:", text.to_owned()) } else { ("regex:", pattern(text)) };
    [kind.as_bytes(), &text, b"==>***REMOVED***\n"].concat()
}

/// A regular expression, as Python reads it, that matches these bytes alone.
fn pattern(text: &[u8]) -> Vec<u8> {
    let sign = |&byte: &u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("\\x{byte:02x}"),
    };
    text.iter().map(sign).collect::<String>().into_bytes()
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
