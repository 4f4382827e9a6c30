//! Where a repository's objects are: its own directory and those it borrows from.
//!
//! Takes the common directory and gives object directories, through `objects/info/alternates` and theirs. One that
//! does not exist is an issue.

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::{ObjectDirs, bytes_of, read_file, to_path};
use crate::sanitize::system_error;
use crate::source::Issue;

/// The object directories, the repository's own first, then alternates, theirs after them.
pub(super) fn object_dirs(common_dir: &Path, dirs: &ObjectDirs, issues: &mut Vec<Issue>) -> Vec<PathBuf> {
    let main = dirs.main.clone().unwrap_or_else(|| common_dir.join("objects"));
    let mut waiting: Vec<(PathBuf, Option<PathBuf>)> = vec![(main, None)];
    waiting.extend(dirs.alternates.iter().map(|dir| (dir.clone(), Some(dir.clone()))));
    waiting.reverse();
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    while let Some((dir, named_by)) = waiting.pop() {
        let dir = match fs::canonicalize(&dir) {
            Ok(dir) if dir.is_dir() => dir,
            other => {
                let why = match other {
                    Err(error) if error.kind() != ErrorKind::NotFound => system_error(&error),
                    _ => "does not exist".to_owned(),
                };
                let message = match &named_by {
                    Some(by) if *by != dir => format!("the object directory {}: {why}", dir.display()),
                    _ => format!("this object directory: {why}"),
                };
                issues.push(
                    Issue::new("missing-alternate", message).at_path(bytes_of(&named_by.unwrap_or(dir))),
                );
                continue;
            }
        };
        if !seen.insert(dir.clone()) {
            continue;
        }
        let list = dir.join("info/alternates");
        match read_file(&list) {
            Ok(content) => {
                let named: Vec<_> = alternates(&content).collect();
                waiting.extend(named.into_iter().rev().map(|path| (dir.join(path), Some(list.clone()))));
            }
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => {
                issues.push(Issue::new("unreadable", system_error(&error)).at_path(bytes_of(&list)));
            }
        }
        found.push(dir);
    }
    found
}

/// The lines of an `alternates` file: `#` starts a comment, a line in double quotes is C-quoted.
fn alternates(content: &[u8]) -> impl Iterator<Item = PathBuf> + '_ {
    content.lines().filter(|line| !line.is_empty() && !line.starts_with(b"#")).filter_map(|line| {
        match line.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) {
            Some(quoted) => to_path(&unquote(quoted)),
            None => to_path(line),
        }
    })
}

/// Directories that git names in a variable, with `:` between them: one that has it in its name is C-quoted.
pub(crate) fn listed(variable: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut rest = variable;
    while !rest.is_empty() {
        let quoted = rest.strip_prefix(b"\"").and_then(|inside| Some((inside, closing(inside)?)));
        let (path, after) = match quoted {
            Some((inside, end)) => (to_path(&unquote(&inside[..end])), &inside[end + 1..]),
            None => {
                let end = rest.find_byte(SEPARATOR).unwrap_or(rest.len());
                (to_path(&rest[..end]), &rest[end..])
            }
        };
        found.extend(path.filter(|path| !path.as_os_str().is_empty()));
        rest = after.strip_prefix(&[SEPARATOR]).unwrap_or(after);
    }
    found
}

/// Between directories in a variable.
const SEPARATOR: u8 = if cfg!(windows) { b';' } else { b':' };

/// Where the quote is that ends a quoted text.
fn closing(inside: &[u8]) -> Option<usize> {
    let mut escaped = false;
    inside.iter().position(|byte| match (escaped, byte) {
        (false, b'\\') => {
            escaped = true;
            false
        }
        (was, byte) => {
            escaped = false;
            !was && *byte == b'"'
        }
    })
}

/// Undoes git's C-style quoting of a path.
fn unquote(quoted: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(quoted.len());
    let mut rest = quoted;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let octal = rest.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(value) = octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            out.push(value);
            rest = &rest[3..];
        } else if let Some((&escaped, after)) = rest.split_first() {
            out.push(match escaped {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                b'a' => 7,
                b'b' => 8,
                b'v' => 11,
                b'f' => 12,
                other => other,
            });
            rest = after;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_an_alternates_file() {
        let content = b"# comment\n/a/b\n\n../rel\n\"quo\\\"te\\303\\244\\n\"\n";
        let found: Vec<_> = alternates(content).collect();
        assert_eq!(found, [Path::new("/a/b"), Path::new("../rel"), Path::new("quo\"te\u{e4}\n")]);
    }

    #[test]
    fn directories_in_a_variable() {
        for (variable, expected) in [
            ("", &[][..]),
            ("/a/b", &["/a/b"]),
            ("/a:/b:", &["/a", "/b"]),
            (":/a::b", &["/a", "b"]),
            ("\"/a:b\":/c", &["/a:b", "/c"]),
            ("/c:\"/a\\\"b\\\\\"", &["/c", "/a\"b\\"]),
            ("\"/a", &["\"/a"]),
        ] {
            let expected: Vec<&Path> = expected.iter().map(Path::new).collect();
            assert_eq!(listed(variable.as_bytes()), expected, "{variable}");
        }
    }
}
