//! A commit's message as git hands it to `commit-msg`: read within bounds, and without what git is sure to cut off again.
//!
//! `git commit --verbose` shows a diff below the message, behind a line with scissors, and cuts from there on. That diff
//! holds what the commit takes out, keys included, so it is not judged. But git cuts only where it was told to, which no
//! hook is told. So the lines have to be those that git itself writes, and to the end: a text that was taken over from
//! another commit has git's list of files below it, or a text that is no diff. In doubt all of it is judged.

use std::io::{self, Read as _};
use std::path::Path;

use bstr::ByteSlice;

use crate::source::layout::regular;

/// What git names beside the scissors.
const SCISSORS: &[u8] = b" ------------------------ >8 ------------------------";

/// The longest message that is read, in bytes, with the diff below it.
pub(super) const LONGEST: u64 = 32 << 20;

/// Longest word that comments begin with (`core.commentString`), in bytes.
const LONGEST_COMMENT: usize = 16;

/// How a piece of a diff begins.
const DIFFS: [&[u8]; 5] =
    [b"diff --git ", b"diff --cc ", b"diff --combined ", b"Submodule ", b"* Unmerged path "];

/// A message that was read.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) bytes: Vec<u8>,
    /// There is more than was read.
    pub(super) cut: bool,
}

/// Reads a message.
///
/// # Errors
///
/// If it is not there or no regular file: git writes one, and what is none may have no end.
pub(super) fn read(path: &Path) -> io::Result<Content> {
    let mut bytes = Vec::new();
    regular::open(path)?.take(LONGEST + 1).read_to_end(&mut bytes)?;
    let cut = bytes.len() as u64 > LONGEST;
    Ok(Content { bytes, cut })
}

/// The message of somebody who was shown an editor, without what git is sure to cut off.
pub(super) fn committed(message: &[u8]) -> &[u8] {
    let mut start = 0;
    while let Some(found) = message[start..].find(SCISSORS) {
        let at = start + found;
        start = at + SCISSORS.len();
        let line = message[..at].rfind_byte(b'\n').map_or(0, |end| end + 1);
        let comment = &message[line..at];
        let plain = !comment.is_empty() && comment.len() < LONGEST_COMMENT && !comment.contains(&b' ');
        let below = message[start..].strip_prefix(b"\n");
        if plain && below.is_some_and(|below| is_written_by_git(below, comment)) {
            return &message[..line];
        }
    }
    message
}

/// Whether git wrote what stands below the scissors: comments, of which it always has some there, and a diff behind them;
/// with two diffs, the second has comments above it, too.
fn is_written_by_git(below: &[u8], comment: &[u8]) -> bool {
    let is_comment = |line: &[u8]| line.starts_with(comment);
    let mut last_is_comment = false;
    let mut lines = below.lines().filter(|line| !line.trim().is_empty()).peekable();
    if !lines.peek().is_some_and(|line| is_comment(line)) {
        return false;
    }
    for line in lines {
        let is_diff = DIFFS.iter().any(|begin| line.starts_with(begin));
        if last_is_comment && !is_comment(line) && !is_diff {
            return false;
        }
        last_is_comment = is_comment(line);
    }
    !last_is_comment
}

/// Signs that git itself would choose from for comments, and the one that it takes.
const SIGNS: &[u8] = b"#;@!$%^&|:";

/// Why lines with a key are judged that git may take out of the message: a sentence for those that begin as comments do,
/// and one for those below scissors. `lines` are 1-based.
pub(super) fn doubts(message: &[u8], lines: &[u64]) -> Vec<String> {
    let of_message: Vec<&[u8]> = message.lines().collect();
    let scissors = of_message.iter().position(|line| line.ends_with(SCISSORS));
    let at = |line: u64| usize::try_from(line).ok().and_then(|line| line.checked_sub(1));
    let (below, above): (Vec<u64>, Vec<u64>) =
        lines.iter().partition(|line| scissors.is_some_and(|scissors| at(**line) > Some(scissors)));
    let sign = |line: &u64| {
        let first = at(*line).and_then(|at| of_message.get(at)?.first().copied());
        first.filter(|first| SIGNS.contains(first)).map(char::from)
    };
    let comments: Vec<(u64, char)> =
        above.iter().filter_map(|line| sign(line).map(|sign| (*line, sign))).collect();
    let mut doubts = Vec::new();
    if let Some((_, sign)) = comments.first() {
        let lines: Vec<u64> = comments.iter().map(|(line, _)| *line).collect();
        doubts.push(format!(
            "{} with `{sign}`, as comments do: git keeps that where no editor is opened (-m, -F), and as commit.cleanup or \
             --cleanup say, of which no hook is told; so it was judged",
            named(&lines, ["begins", "begin"])
        ));
    }
    if !below.is_empty() {
        doubts.push(format!(
            "{} below scissors (`>8`): git cuts there only with --verbose or --cleanup=scissors, of which no hook is told, \
             and not all that is below is what git writes there; so it was judged",
            named(&below, ["stands", "stand"])
        ));
    }
    doubts
}

/// `line 3 begins`, `lines 3, 5 begin`.
fn named(lines: &[u64], [one, many]: [&str; 2]) -> String {
    let numbers: Vec<String> = lines.iter().map(u64::to_string).collect();
    match lines {
        [line] => format!("line {line} {one}"),
        _ => format!("lines {} {many}", numbers.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPLAINED: &str = "# Do not touch the line above.\n# It goes.\n";
    const STATUS: &str = "# Please enter the message.\n#\n# On branch main\n#\tmodified: x\n#\n";
    const DIFF: &str = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-one\n+# two\n";

    fn scissors() -> String {
        format!("#{}\n", String::from_utf8_lossy(SCISSORS))
    }

    #[test]
    fn what_git_is_sure_to_cut_off_is_cut_off() {
        let scissors = scissors();
        for (message, kept) in [
            (format!("subject\n{scissors}{EXPLAINED}{DIFF}"), "subject\n"),
            (format!("{scissors}{EXPLAINED}{DIFF}"), ""),
            (format!("subject\n{scissors}{EXPLAINED}{DIFF}typed below\n\n"), "subject\n"),
            // With commit.cleanup=scissors, and shown twice (-vv).
            (format!("subject\n\n{scissors}{EXPLAINED}{STATUS}{DIFF}"), "subject\n\n"),
            (
                format!("subject\n{scissors}{EXPLAINED}{STATUS}{DIFF}# ----\n# Not staged:\n{DIFF}"),
                "subject\n",
            ),
            (
                format!("subject\n;;{}{DIFF}", format!("{scissors}{EXPLAINED}")[1..].replace("# ", ";; ")),
                "subject\n",
            ),
            // Both are there, so that git was told to.
            (format!("subject\n{scissors}{EXPLAINED}{DIFF}{STATUS}{scissors}{EXPLAINED}{DIFF}"), "subject\n"),
        ] {
            assert_eq!(committed(message.as_bytes()).as_bstr(), kept.as_bytes().as_bstr(), "{message}");
        }
    }

    #[test]
    fn why_a_line_is_judged_that_git_may_take_out() {
        let message = format!("subject\n# one\n\n; two\nthree\n# four\n{}# five\nsix\n", scissors());
        for (lines, expected) in [
            (&[1, 5][..], &[][..]),
            (&[2], &["line 2 begins with `#`, as comments do"]),
            (&[4, 5], &["line 4 begins with `;`, as comments do"]),
            (&[1, 2, 6], &["lines 2, 6 begin with `#`, as comments do"]),
            (&[8, 9], &["lines 8, 9 stand below scissors"]),
            (&[2, 9], &["line 2 begins with `#`", "line 9 stands below scissors"]),
            (&[0, 99], &["line 99 stands below scissors"]),
        ] {
            let doubts = doubts(message.as_bytes(), lines);
            assert_eq!(doubts.len(), expected.len(), "{lines:?}: {doubts:?}");
            for (doubt, begin) in doubts.iter().zip(expected) {
                assert!(doubt.starts_with(begin), "{lines:?}: {doubt}");
            }
        }
    }

    #[test]
    fn in_doubt_all_of_it_is_judged() {
        let scissors = scissors();
        for message in [
            "subject\n".to_owned(),
            format!("subject\n{scissors}"),
            format!("subject\n{scissors}{EXPLAINED}"),
            format!("subject\n{scissors}more\n"),
            format!("subject\n{scissors}{EXPLAINED}more\n"),
            format!("subject\n{scissors}{DIFF}"),
            format!("subject\n{scissors}{EXPLAINED}{STATUS}"),
            // Taken over from another message: git's own comments stand below.
            format!("subject\n{scissors}{EXPLAINED}{DIFF}\n{STATUS}"),
            format!("subject\n{scissors}{EXPLAINED}{DIFF}\n{STATUS}typed below\n"),
            format!("subject\n{scissors}{EXPLAINED}{STATUS}typed below\n"),
            format!("subject\n{}", format!("{scissors}{EXPLAINED}{DIFF}").replace('\n', "\r\n")),
            format!("subject\na b{scissors}{EXPLAINED}{DIFF}"),
            format!("subject\n{}", format!("{scissors}{EXPLAINED}{DIFF}").replacen('#', "", 1)),
        ] {
            assert_eq!(committed(message.as_bytes()).as_bstr(), message.as_bytes().as_bstr());
        }
    }
}
