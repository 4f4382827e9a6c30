//! The files that a file of settings includes, as far as it matters that they are files.
//!
//! Takes one file and gives the first of it and of all that it includes, at any depth, that is none. Whether git would
//! follow an `includeIf` here is not asked: what it could open is looked at.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::regular::{self, Odd};
use super::to_path;

/// The first of a file of settings and what it includes that is no regular file, where something is.
pub(crate) fn odd_among(file: &Path) -> Option<Odd> {
    let mut seen = HashSet::new();
    let mut waiting = vec![file.to_owned()];
    while let Some(file) = waiting.pop() {
        // What is not there, or cannot be read, git does not read either; it says so where that matters.
        let Ok(real) = file.canonicalize() else { continue };
        if !seen.insert(real) {
            continue;
        }
        match regular::odd(&file) {
            Some(odd) if !is_null(&file) => return Some(odd),
            Some(_) => continue,
            None => {}
        }
        let content = regular::read(&file).unwrap_or_default();
        let included = included(&content);
        waiting.extend(included.iter().rev().filter_map(|named| place(&file, named)));
    }
    None
}

/// A common way to have no settings at all.
pub(crate) fn is_null(path: &Path) -> bool {
    path.canonicalize().is_ok_and(|path| path == Path::new("/dev/null"))
}

/// The values of all variables called `path`: those of other sections are names of files, too.
fn included(content: &[u8]) -> Vec<Vec<u8>> {
    let content = content.replace("\\\r\n", "").replace("\\\n", "");
    content.lines().filter_map(value).collect()
}

/// What a line sets `path` to. A section may begin on the same line.
fn value(line: &[u8]) -> Option<Vec<u8>> {
    let line = line.trim_ascii();
    let line = match line.starts_with(b"[") {
        true => line[line.rfind_byte(b']')? + 1..].trim_ascii_start(),
        false => line,
    };
    let (name, rest) = line.split_at_checked(4)?;
    let rest = rest.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    name.eq_ignore_ascii_case(b"path").then(|| unquoted(rest))
}

/// A value without its quotes, escapes and comment.
fn unquoted(text: &[u8]) -> Vec<u8> {
    let (mut out, mut inside) = (Vec::new(), false);
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'"' => inside = !inside,
            b'\\' => out.extend(bytes.next()),
            b'#' | b';' if !inside => break,
            byte => out.push(byte),
        }
    }
    let end = out.trim_ascii_end().len();
    out.truncate(end);
    out
}

/// Where an included file is: beside the file that includes it, or below the home directory, as git's library has it.
fn place(file: &Path, named: &[u8]) -> Option<PathBuf> {
    match named.strip_prefix(b"~/") {
        Some(rest) => Some(std::env::home_dir()?.join(to_path(rest)?)),
        None => Some(file.parent()?.join(to_path(named)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_include() {
        for (text, expected) in [
            ("[include]\n\tpath = a b/c\n", &["a b/c"][..]),
            ("[include] PATH=\"a # b\" # c\n", &["a # b"]),
            ("[includeIf \"gitdir:~/x/\"]\npath = \"\\\"q\\\"\\\\\" ; c\n", &["\"q\"\\"]),
            ("[include]\npath = one\npath=two\n[core]\nbare = true\n", &["one", "two"]),
            ("[include]\npath = a\\\nb\r\n", &["ab"]),
            ("[core]\nhooksPath = x\n# path = y\npaths = z\npath\n", &[]),
        ] {
            let found: Vec<String> =
                included(text.as_bytes()).iter().map(|path| path.to_str_lossy().into_owned()).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_included_is_looked_at_to_the_end_of_a_circle() {
        let scratch = tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| scratch.path().join(name);
        std::fs::create_dir(at("sub")).expect("a new path");
        std::fs::write(at("config"), "[include]\npath = sub/one\npath = none\n").expect("ours");
        std::fs::write(at("sub/one"), "[include]\npath = ../config\npath = two\n").expect("ours");
        assert_eq!(odd_among(&at("config")), None);
        let made = std::process::Command::new("mkfifo").arg(at("sub/two")).status();
        assert!(made.expect("mkfifo is there").success());
        let odd = odd_among(&at("config")).expect("a pipe");
        assert_eq!((odd.path.file_name(), odd.what), (at("sub/two").file_name(), "a named pipe"));
    }
}
