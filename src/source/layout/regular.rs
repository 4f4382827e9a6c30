//! The door through which every file of a repository's administration is opened: what is no regular file is refused, and
//! named. A pipe is not read before somebody writes to it, and a device may have no end.
//!
//! Takes a path and gives the file, or an error that says what is there. What git itself, or a library, opens without a
//! look is asked about here first ([`odd`]).

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Something that stands where a file is looked for, and is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: it is {what}, not a regular file", path.display())]
pub(crate) struct Odd {
    /// Where.
    pub path: PathBuf,
    /// What it is, with its article.
    pub what: &'static str,
}

/// Opens a regular file to be read.
///
/// # Errors
///
/// If there is none, or something else. It is not waited for, whatever takes its place meanwhile.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    // To open a device can do something, so it is asked first.
    refuse(&fs::metadata(path)?)?;
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    let file = options.read(true).open(path)?;
    refuse(&file.metadata()?)?;
    Ok(file)
}

/// Reads a regular file.
///
/// # Errors
///
/// As [`open`], or if it cannot be read to its end.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = open(path)?;
    let mut content = Vec::new();
    file.read_to_end(&mut content)?;
    Ok(content)
}

/// What is at a path, links followed, if it is neither a file nor a directory.
pub(crate) fn odd(path: &Path) -> Option<Odd> {
    let meta = fs::metadata(path).ok().filter(|meta| !meta.is_file() && !meta.is_dir())?;
    Some(Odd { path: path.to_owned(), what: kind(&meta) })
}

/// What something is that is no regular file, with its article.
pub(crate) fn kind(meta: &Metadata) -> &'static str {
    if meta.is_dir() {
        return "a directory";
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        let kind = meta.file_type();
        if kind.is_fifo() {
            return "a named pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "a device";
        }
    }
    if meta.is_file() { "a file" } else { "something else" }
}

fn refuse(meta: &Metadata) -> io::Result<()> {
    match () {
        () if meta.is_file() => Ok(()),
        () if meta.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        () => Err(io::Error::other(format!("it is {}, not a regular file", kind(meta)))),
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    use super::*;

    #[test]
    fn what_is_no_file_is_refused_and_named() {
        let scratch = tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| scratch.path().join(name);
        assert!(Command::new("mkfifo").arg(at("pipe")).status().expect("mkfifo is there").success());
        let _socket = UnixListener::bind(at("socket")).expect("a new path");
        fs::create_dir(at("directory")).expect("a new path");
        fs::write(at("file"), "text").expect("a new path");
        for (link, to) in
            [("to-file", "file"), ("to-pipe", "pipe"), ("circle", "circle"), ("nowhere", "none")]
        {
            symlink(to, at(link)).expect("a new path");
        }
        symlink("/dev/zero", at("to-device")).expect("a new path");
        for (name, says, special) in [
            ("pipe", "it is a named pipe, not a regular file", Some("a named pipe")),
            ("to-pipe", "it is a named pipe, not a regular file", Some("a named pipe")),
            ("socket", "it is a socket, not a regular file", Some("a socket")),
            ("to-device", "it is a device, not a regular file", Some("a device")),
            ("directory", "is a directory", None),
            ("nowhere", "No such file", None),
            ("circle", "Too many levels", None),
        ] {
            let error = read(&at(name)).expect_err(name).to_string();
            assert!(error.contains(says), "{name}: {error}");
            assert_eq!(odd(&at(name)).map(|odd| odd.what), special, "{name}");
        }
        for name in ["file", "to-file"] {
            assert_eq!(read(&at(name)).expect("a file"), b"text");
            assert_eq!(odd(&at(name)), None);
        }
    }
}
