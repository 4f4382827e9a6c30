//! Where reports are to go, as the command line says it: each to a place of its own.

use std::path::Path;

use super::UsageError;
use super::args::Scanning;
use crate::sanitize::visible;

/// Whether a report goes to a file there, and not through to somebody else.
pub(super) fn is_file(path: impl AsRef<Path>) -> bool {
    let path = path.as_ref();
    path != Path::new("-") && std::fs::metadata(path).map_or(true, |there| there.is_file())
}

/// Of two reports in one file, only the last would be left.
pub(super) fn one_a_file(scanning: &Scanning) -> Result<(), UsageError> {
    let further = scanning.reports.iter().map(|(_, file)| file);
    let mut seen = Vec::new();
    for file in scanning.output.iter().chain(further).filter(|file| is_file(file)) {
        let path = std::path::absolute(file).unwrap_or_else(|_| file.into());
        if seen.contains(&path) {
            let shown = visible(file.as_encoded_bytes()).into_owned();
            return Err(UsageError::new(format!("two reports would be written to {shown}"))
                .help("give each a file of its own"));
        }
        seen.push(path);
    }
    Ok(())
}
