//! Where a report goes: standard output, or a file that is written whole or not at all.
//!
//! A file is written beside its destination and moved there at the end, so that nobody reads half a report, and a
//! report that could not be finished leaves the one before it in place. What is no regular file (a FIFO, a device)
//! is written directly: there is nothing to replace.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use crate::sanitize;

/// The place a report is written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Standard output.
    Stdout,
    /// Standard error: what a gate has to say.
    Stderr,
    /// A path. It may name something that is no regular file.
    File(PathBuf),
}

/// A report that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {place}: {source}")]
pub struct OutputError {
    place: String,
    source: io::Error,
}

impl OutputError {
    /// What went wrong; [`io::ErrorKind::BrokenPipe`] where the reader has gone.
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }

    /// Whether the reader has gone, as `head` does when it has seen enough. No reason to complain.
    pub fn is_broken_pipe(&self) -> bool {
        self.kind() == io::ErrorKind::BrokenPipe
    }
}

impl Destination {
    /// `-` is standard output, everything else a path.
    pub fn parse(argument: &OsStr) -> Destination {
        match argument.to_str() {
            Some("-" | "/dev/stdout") => Destination::Stdout,
            _ => Destination::File(argument.into()),
        }
    }

    /// Whether a person looks at it.
    pub fn is_terminal(&self) -> bool {
        match self {
            Destination::Stdout => io::stdout().is_terminal(),
            Destination::Stderr => io::stderr().is_terminal(),
            Destination::File(_) => false,
        }
    }

    /// Hands a buffered writer to `render`, and sees to it that all of what it wrote arrives.
    ///
    /// # Errors
    ///
    /// If `render` fails, or the place cannot be written; a regular file is then as it was before.
    pub fn write_with(
        &self,
        render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), OutputError> {
        let written = match self {
            Destination::Stdout => buffered(io::stdout().lock(), render).map(drop),
            Destination::Stderr => buffered(io::stderr().lock(), render).map(drop),
            Destination::File(path) => write_file(path, render),
        };
        written.map_err(|source| OutputError { place: self.describe(), source })
    }

    fn describe(&self) -> String {
        match self {
            Destination::Stdout => "standard output".to_owned(),
            Destination::Stderr => "standard error".to_owned(),
            Destination::File(path) => sanitize::visible(path.as_os_str().as_encoded_bytes()).into_owned(),
        }
    }
}

/// Renders through a buffer and gives the writer back.
fn buffered<W: Write>(out: W, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<W> {
    let mut out = BufWriter::with_capacity(1 << 16, out);
    let rendered = render(&mut out).and_then(|()| out.flush());
    // Taken apart, so that what is left in the buffer after an error is not written by its drop.
    let (mut out, _) = out.into_parts();
    rendered.and_then(|()| out.flush())?;
    Ok(out)
}

fn write_file(path: &Path, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let existing = match fs::metadata(path) {
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    match existing {
        Some(metadata) if !metadata.is_file() || is_descriptor(path) => {
            // Appending, because a descriptor that a shell opened may have been written to already.
            let file = OpenOptions::new().append(true).open(path)?;
            buffered(file, render).map(drop)
        }
        Some(metadata) => {
            // Who may not write to a file may not replace it either.
            drop(OpenOptions::new().append(true).open(path)?);
            // A symbolic link stays one: what it points to is replaced.
            replace(&fs::canonicalize(path)?, Some(metadata.permissions()), render)
        }
        None => replace(path, None, render),
    }
}

/// Whether a path stands for an open file of this process, which cannot be replaced under the other holders' hands.
fn is_descriptor(path: &Path) -> bool {
    let in_proc = path.starts_with("/proc") && path.components().any(|part| part.as_os_str() == "fd");
    in_proc || path.starts_with("/dev/fd") || path == Path::new("/dev/stderr")
}

/// Writes a file beside `path` and moves it there.
fn replace(
    path: &Path,
    permissions: Option<fs::Permissions>,
    render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut reason = None;
    // Opened here and not by the crate: with the permissions of any new file, and for an error that does not name
    // the temporary file, which means nothing to whoever gave another name.
    let open = |path: &Path| {
        let opened = OpenOptions::new().write(true).create_new(true).open(path);
        opened.inspect_err(|error| reason = error.raw_os_error())
    };
    let temporary = tempfile::Builder::new().prefix(".leeward-").suffix(".tmp").make_in(directory, open);
    let temporary = temporary.map_err(|error| reason.map_or(error, io::Error::from_raw_os_error))?;
    let (file, temporary) = temporary.into_parts();
    let file: File = buffered(file, render)?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    // Some file systems report a full disk or quota no sooner.
    file.sync_all()?;
    drop(file);
    temporary.persist(path).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(path: &Path, text: &str) -> Result<(), OutputError> {
        Destination::File(path.into()).write_with(|out| out.write_all(text.as_bytes()))
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).expect("readable");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn arguments() {
        for (argument, expected) in [
            ("-", Destination::Stdout),
            ("/dev/stdout", Destination::Stdout),
            ("./-", Destination::File("./-".into())),
            ("report.json", Destination::File("report.json".into())),
        ] {
            assert_eq!(Destination::parse(argument.as_ref()), expected);
        }
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let path = directory.path().join("report");
        for text in ["first, and long", "second"] {
            to(&path, text).expect("writable");
            assert_eq!(fs::read_to_string(&path).expect("written"), text);
        }
        let failed = Destination::File(path.clone()).write_with(|out| {
            out.write_all(&[b'x'; 1 << 20])?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.expect_err("render failed").kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read_to_string(&path).expect("still there"), "second");
        assert_eq!(names(directory.path()), ["report"], "nothing is left behind");
    }

    #[test]
    fn errors_name_the_file_and_the_reason() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let error = to(&directory.path().join("no\x1bdir/report"), "").expect_err("no directory");
        let text = error.to_string();
        assert!(text.contains(r"no\x1bdir/report: No such file") && !text.contains(".leeward-"), "{text}");
        let error = to(directory.path(), "").expect_err("a directory");
        assert!(error.to_string().starts_with("cannot write /"), "{error}");
        let pipe = Destination::Stdout.write_with(|_| Err(io::ErrorKind::BrokenPipe.into()));
        assert!(pipe.expect_err("closed").is_broken_pipe());
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let directory = tempfile::tempdir().expect("temporary directory");
        let (path, link) = (directory.path().join("report"), directory.path().join("link"));
        let plain = directory.path().join("plain");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        fs::write(&plain, "").expect("writable");
        to(&path, "new").expect("writable");
        assert_eq!(mode(&path), mode(&plain), "a new file is like any other");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("own file");
        symlink("report", &link).expect("writable");
        to(&link, "through the link").expect("writable");
        assert_eq!(mode(&path), 0o640);
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!(fs::read_to_string(&path).expect("written"), "through the link");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_written_directly() {
        to(Path::new("/dev/null"), "text").expect("takes all");
        let error = to(Path::new("/dev/full"), "text").expect_err("full");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(error.to_string().starts_with("cannot write /dev/full: No space left"), "{error}");
        let file = tempfile::tempfile().expect("temporary file");
        let descriptor = std::os::fd::AsRawFd::as_raw_fd(&file);
        to(Path::new(&format!("/proc/self/fd/{descriptor}")), "one").expect("open");
        to(Path::new(&format!("/dev/fd/{descriptor}")), "two").expect("open");
        assert_eq!(io::read_to_string(file).expect("readable"), "onetwo");
    }
}
