//! Whether what a gate goes by is what everybody else will go by: the files of the policy on disk beside those that are
//! stored, in the index or in a revision.
//!
//! It changes no verdict: whoever works on a configuration tries it before it is staged. But what one work tree alone has
//! lets pass what the others stop, so it is said each time.

use std::path::Path;

use bstr::{BStr, BString, ByteSlice as _};

use super::{Files, Policy};
use crate::config::FILE_NAME;
use crate::config::read;
use crate::report::Note;
use crate::sanitize::system_error;

/// Whether a file is stored with a content, by its path from the top; none if it is not stored at all.
pub(in crate::cli) type Stored<'a> = &'a dyn Fn(&BStr, &[u8]) -> Result<Option<bool>, String>;

impl Policy {
    /// What is not on disk as it is stored. `top`: of the work tree; `place`: where it is stored, `in the index`.
    pub(in crate::cli) fn not_as_stored(&self, top: &Path, place: &str, stored: Stored<'_>) -> Vec<Note> {
        if self.revision.is_some() || !matches!(*self.files, Files::Disk) {
            return Vec::new();
        }
        let note = |message| Note { kind: "policy-not-stored", message };
        let baseline = self.baseline.as_ref().map(|baseline| baseline.value.path.clone());
        let mut paths = [self.read_from.clone(), baseline.into_iter().collect()].concat();
        paths.sort();
        paths.dedup();
        let said = paths.iter().filter_map(|path| {
            let below = below(top, path)?;
            let name = read::name(path);
            let content = std::fs::read(path).map_err(|error| system_error(&error));
            let what = match content.and_then(|content| stored(below.as_bstr(), &content)) {
                Ok(None) => format!("is not {place}"),
                Ok(Some(true)) => return None,
                Ok(Some(false)) => format!("is not as it is {place}"),
                Err(reason) => format!("cannot be compared with what is {place}: {reason}"),
            };
            Some(note(format!("{name}, which this was judged by, {what}: others are judged without it")))
        });
        said.collect()
    }

    /// What is stored and not on disk.
    pub(in crate::cli) fn not_on_disk(&self, place: &str, stored: Stored<'_>) -> Option<Note> {
        let without = self.revision.is_none() && matches!(*self.files, Files::Disk) && self.config.is_none();
        let without = without && !self.without_config && !matches!(stored(FILE_NAME.into(), b""), Ok(None));
        let message = || format!("{FILE_NAME} is {place} and not on disk: this was judged by the defaults");
        without.then(|| Note { kind: "policy-not-stored", message: message() })
    }
}

/// A path from the top, as it is stored; none if it is elsewhere.
fn below(top: &Path, path: &Path) -> Option<BString> {
    let real = |path: &Path| path.canonicalize().ok();
    let (top, parent) = (real(top)?, real(path.parent().filter(|parent| !parent.as_os_str().is_empty())?)?);
    let below = parent.join(path.file_name()?).strip_prefix(&top).ok()?.to_owned();
    let parts: Vec<&[u8]> = below.iter().map(|part| part.as_encoded_bytes()).collect();
    Some(parts.join(&b'/').into())
}
