//! A hook's file on disk: what is there, and putting ours there or taking it away without losing anybody else's.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::calls::{self, Calls, Why};
use super::keeper::{self, Keeper};
use super::script::{self, ASIDE, Gate, Whose};
use crate::source::layout::regular;

/// What there is where git looks for a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum There {
    Nothing,
    Ours {
        program: PathBuf,
        runs: bool,
        /// Whether it refuses new comments that accept a key.
        deny: bool,
    },
    /// As another version of the program installed it.
    Older {
        deny: bool,
    },
    /// Installed, and changed since.
    Changed,
    /// Nothing that is a file: this is what it is, with its article.
    Odd(&'static str),
    /// Somebody else's, and it calls the program, or has it called by whoever keeps it.
    Calls {
        by: Option<Keeper>,
    },
    /// Somebody else's, which names the call and can neither be moved nor read: it asks under which name it was called, and is
    /// for no shell. Whether it calls the program, a trial tells.
    Left,
    /// Somebody else's, and it does not.
    Foreign {
        /// Whether git would run it.
        runs: bool,
        /// Why it calls the program in vain, if it does.
        lost: Option<Why>,
        /// Whether it asks under which name it was called, so that it cannot be called by another.
        by_name: bool,
        /// The program whose hook it is, which calls what its own files name.
        by: Option<Keeper>,
    },
}

/// One hook of a directory.
pub(super) struct Hook<'a> {
    pub(super) gate: &'a Gate,
    pub(super) path: PathBuf,
    /// The hook that was there before, if there was one.
    pub(super) aside: PathBuf,
    /// Where the pre-commit framework moves a hook that it finds, and calls it from its own.
    legacy: PathBuf,
    pub(super) there: There,
}

impl<'a> Hook<'a> {
    /// Looks at a hook. `top`: that of the work tree, if there is one.
    pub(super) fn look(directory: &Path, gate: &'a Gate, top: Option<&Path>) -> io::Result<Hook<'a>> {
        let path = directory.join(gate.name);
        let [aside, legacy] = [ASIDE, ".legacy"].map(|ending| behind(&path, ending));
        let mut hook = Hook { gate, path, aside, legacy, there: There::Nothing };
        hook.there = match odd(&hook.path)? {
            Some(what) => There::Odd(what),
            None if exists(&hook.path)? => hook.whose(top)?,
            None => There::Nothing,
        };
        Ok(hook)
    }

    fn whose(&self, top: Option<&Path>) -> io::Result<There> {
        let content = read(&self.path)?;
        let runs = runs(&self.path);
        Ok(match script::whose(self.gate, &content) {
            Whose::Ours { program, deny } => {
                There::Ours { program: program.to_path_lossy().into_owned(), runs, deny }
            }
            Whose::Older { deny } => There::Older { deny },
            Whose::Changed => There::Changed,
            Whose::Foreign => {
                let legacy = content.contains_str("hook-impl") && self.legacy_is_ours()?;
                let (by, kept) = match keeper::of(self.gate, &self.path, &content, top) {
                    Some((by, calls)) => (Some(by), calls),
                    None => (None, Calls::Never),
                };
                let calls = calls::of(self.gate.calls, &content, false);
                let lost = match (&calls, &kept) {
                    (Calls::Lost(why), _) | (_, Calls::Lost(why)) => Some(why.clone()),
                    _ => None,
                };
                let by_name = content.contains_str("basename");
                match runs {
                    true if by_name && lost.is_some() && !calls::is_for_shell(&content) => There::Left,
                    true if legacy || calls == Calls::Yes => There::Calls { by: None },
                    true if kept == Calls::Yes => There::Calls { by },
                    _ => There::Foreign { lost, runs, by_name, by },
                }
            }
        })
    }

    fn legacy_is_ours(&self) -> io::Result<bool> {
        Ok(runs(&self.legacy) && matches!(script::whose(self.gate, &read(&self.legacy)?), Whose::Ours { .. }))
    }

    /// Whether it was installed to refuse new comments that accept a key.
    pub(super) fn denies(&self) -> bool {
        matches!(self.there, There::Ours { deny: true, .. } | There::Older { deny: true })
    }

    /// Whether it is somebody else's, and stays where it is.
    pub(super) fn stays(&self) -> bool {
        matches!(self.there, There::Calls { .. } | There::Left)
    }

    /// Whether anything stands where a hook is set aside.
    pub(super) fn is_aside(&self) -> io::Result<bool> {
        exists(&self.aside)
    }

    /// Whether a hook stands aside.
    pub(super) fn goes_back(&self) -> io::Result<bool> {
        Ok(self.is_aside()? && odd(&self.aside)?.is_none())
    }

    /// Puts ours there, and sets somebody else's aside.
    pub(super) fn put(&self, content: &[u8]) -> io::Result<()> {
        match self.there {
            There::Ours { .. } | There::Older { .. } => write(&self.path, content, true),
            There::Foreign { .. } => {
                fs::rename(&self.path, &self.aside)?;
                write(&self.path, content, false).inspect_err(|_| {
                    // As it was; what went wrong is told.
                    drop(fs::rename(&self.aside, &self.path));
                })
            }
            There::Nothing => write(&self.path, content, false),
            There::Changed | There::Calls { .. } | There::Left | There::Odd(_) => Ok(()),
        }
    }

    /// Makes it as it was before something was put there.
    pub(super) fn undo(&self) -> io::Result<()> {
        match self.there {
            There::Nothing => fs::remove_file(&self.path),
            There::Foreign { .. } => fs::rename(&self.aside, &self.path),
            There::Ours { .. }
            | There::Older { .. }
            | There::Changed
            | There::Calls { .. }
            | There::Left
            | There::Odd(_) => Ok(()),
        }
    }

    /// Takes ours away, and puts back what was there before. Tells whether there was any of that.
    pub(super) fn take(&self) -> io::Result<bool> {
        let legacy = self.legacy_is_ours()?;
        if legacy {
            fs::remove_file(&self.legacy)?;
        }
        let aside = self.goes_back()?;
        match self.there {
            There::Ours { .. } | There::Older { .. } | There::Nothing if aside => {
                fs::rename(&self.aside, &self.path)?
            }
            There::Ours { .. } | There::Older { .. } => fs::remove_file(&self.path)?,
            _ => return Ok(legacy),
        }
        Ok(true)
    }
}

/// Whether there is anything of this name, a link to nowhere included.
pub(super) fn exists(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// What is at a path, with its article, if it is neither a file nor a link to one, nor one to nowhere.
pub(super) fn odd(path: &Path) -> io::Result<Option<&'static str>> {
    match fs::metadata(path) {
        Ok(meta) => Ok((!meta.is_file()).then(|| regular::kind(&meta))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(_) if fs::read_link(path).is_ok() => Ok(Some("a symbolic link that cannot be followed")),
        Err(error) => Err(error),
    }
}

/// The content of a file; that of a link to nowhere is nothing.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    match regular::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

/// Whether git would run it.
pub(super) fn runs(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && executable(&metadata))
}

#[cfg(unix)]
fn executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn executable(_: &fs::Metadata) -> bool {
    true
}

/// Writes a hook whole or not at all. What is there stays, unless it is to be replaced.
pub(super) fn write(path: &Path, content: &[u8], replace: bool) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755));
    let mut file = builder.prefix(".leeward-").tempfile_in(directory)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    let done = if replace { file.persist(path) } else { file.persist_noclobber(path) };
    done.map(drop).map_err(|error| error.error)
}

fn behind(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::super::script::Use;
    use super::*;

    #[test]
    fn what_was_put_there_can_be_undone() {
        let scratch = tempfile::tempdir().expect("a temporary directory");
        let gate = &script::gates(Use::Work)[0];
        let path = scratch.path().join(gate.name);
        for before in [None, Some("#!/bin/sh\nexit 1\n")] {
            if let Some(before) = before {
                fs::write(&path, before).expect("ours");
            }
            let hook = Hook::look(scratch.path(), gate, None).expect("readable");
            hook.put(b"ours").expect("writable");
            assert_eq!(fs::read(&path).expect("there"), b"ours");
            hook.undo().expect("writable");
            assert_eq!(fs::read_to_string(&path).ok().as_deref(), before);
            let left = fs::read_dir(scratch.path()).expect("ours").count();
            assert_eq!(left, usize::from(before.is_some()));
        }
    }
}
