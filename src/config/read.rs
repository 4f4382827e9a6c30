//! Small files of text that settings are read from: whole, or not at all.
//!
//! What is no regular file, not UTF-8 or larger than any of these files ever is, is refused before it can block or fill
//! the memory. Contents are never part of an error.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::sanitize::{system_error, visible};

/// The largest file that is read, in bytes. A baseline of 50,000 findings is smaller.
const LARGEST: u64 = 8 << 20;

/// Why a file cannot be read, to stand behind its name.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The system says so.
    #[error("{}", system_error(.0))]
    System(#[from] io::Error),
    /// It is a directory, a FIFO, a device.
    #[error("{0}")]
    Kind(&'static str),
    /// It is stored in a repository, and not to be had.
    #[error("{0}")]
    Stored(String),
    /// The revision that it is to be read from has no such file.
    #[error("the revision has no such file")]
    NotInRevision,
    /// The index that it is to be read from has no such file.
    #[error("it is not staged (`git add` it)")]
    NotStaged,
    /// It has more than 8 MiB.
    #[error("is larger than {LARGEST} bytes, which no such file is")]
    Large,
    /// It is no text.
    #[error("is not UTF-8 (line {line})")]
    NotText {
        /// The first line that is not, 1-based.
        line: usize,
    },
}

/// The first line, 1-based, that git wrote where it could not settle a merge. No such file has one by itself.
pub fn conflict(text: &str) -> Option<usize> {
    let is_mark = |line: &str| {
        let rest = ["<<<<<<<", ">>>>>>>"].iter().find_map(|mark| line.strip_prefix(mark));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    text.lines().position(is_mark).map(|number| number + 1)
}

/// Reads a file of text.
///
/// # Errors
///
/// If it is not there, no regular file, too large or no text.
pub fn text(path: &Path) -> Result<String, Unreadable> {
    let kind = fs::metadata(path)?;
    if kind.is_dir() {
        return Err(Unreadable::Kind("is a directory"));
    }
    // Opening a FIFO would wait for somebody to write into it.
    if !kind.is_file() {
        return Err(Unreadable::Kind("is no regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    decoded(bytes)
}

/// The text of a file that was read.
///
/// # Errors
///
/// If it is too large or no text.
pub fn decoded(bytes: Vec<u8>) -> Result<String, Unreadable> {
    if bytes.len() as u64 > LARGEST {
        return Err(Unreadable::Large);
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        Unreadable::NotText { line: valid.iter().filter(|byte| **byte == b'\n').count() + 1 }
    })
}

/// How a path is called in messages: as seen from the working directory, if it is below.
pub fn name(path: &Path) -> String {
    visible(from_here(path).as_os_str().as_encoded_bytes()).into_owned()
}

/// A path as seen from the working directory, if it is below.
pub fn from_here(path: &Path) -> PathBuf {
    let here = std::env::current_dir().ok();
    let below = here.as_ref().and_then(|here| path.strip_prefix(here).ok());
    below.unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_small_files_of_text_are_read() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = directory.path().join("f");
        assert_eq!(text(&file).expect_err("missing").to_string(), "no such file or directory");
        assert_eq!(text(directory.path()).expect_err("a directory").to_string(), "is a directory");
        for (bytes, expected) in [
            (b"plain".to_vec(), Ok("plain")),
            (b"a\nb\xff".to_vec(), Err("is not UTF-8 (line 2)")),
            (vec![b'x'; 9 << 20], Err("is larger than 8388608 bytes, which no such file is")),
        ] {
            fs::write(&file, bytes).expect("our own");
            let read = text(&file).map_err(|error| error.to_string());
            assert_eq!(read.as_deref().map_err(String::as_str), expected);
        }
    }
}
