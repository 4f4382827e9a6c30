//! A script for the shell, as far as it can be read line by line.
//!
//! Takes its text and gives the lines that are more than a comment, and what its first line says of the shell that runs it.

/// The lines of a script that are more than a comment, continued ones in one.
pub(super) fn of(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let line = without_comment(line);
        let behind = if matches!(line.split(' ').next(), Some("then" | "do")) { ";" } else { "" };
        match lines.last_mut().filter(|_| goes_on || !behind.is_empty()) {
            Some(last) => *last = format!("{}{behind} {line}", last.trim_end_matches('\\').trim_end()),
            None => lines.push(line.to_owned()),
        }
        goes_on = ["\\", "||", "&&", "|"].iter().any(|end| line.ends_with(end));
    }
    lines
}

/// A line without the comment at its end.
fn without_comment(line: &str) -> &str {
    line[..read(line).comment.unwrap_or(line.len())].trim_end()
}

/// Whether a quoted text goes on behind a line.
pub(super) fn is_open(line: &str) -> bool {
    read(line).open
}

/// What quotes make of a line.
struct Read {
    /// Where a comment begins.
    comment: Option<usize>,
    /// A quoted text does not end in it.
    open: bool,
}

fn read(line: &str) -> Read {
    let (mut quote, mut escaped, mut begins) = (None, false, true);
    for (at, c) in line.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(mark), _) if mark == c => quote = None,
            (None | Some('"'), '\\') => escaped = true,
            (None, '\'' | '"') => quote = Some(c),
            (None, '#') if begins => return Read { comment: Some(at), open: false },
            _ => {}
        }
        begins = quote.is_none() && !escaped && (c.is_whitespace() || ";&|()".contains(c));
    }
    Read { comment: None, open: quote.is_some() }
}

/// Whether a script's first line leaves it to a shell, with no option that is not known to run the script as it is.
pub(super) fn is_for_shell(text: &str) -> bool {
    const SHELLS: [&str; 7] = ["sh", "bash", "dash", "zsh", "ksh", "ash", "busybox"];
    const NAMES: [&str; 8] = ["-", "--", "--norc", "--noprofile", "errexit", "nounset", "pipefail", "xtrace"];
    let Some(first) = text.lines().next().and_then(|line| line.strip_prefix("#!")) else { return true };
    let mut words = first.split_whitespace();
    let is_shell = |word: &str| word.rsplit('/').next().is_some_and(|name| SHELLS.contains(&name));
    let is_harmless = |word: &str| {
        let letters = word.strip_prefix('-').unwrap_or("?");
        NAMES.contains(&word) || is_shell(word) || letters.chars().all(|letter| "eluox".contains(letter))
    };
    words.any(is_shell) && words.all(is_harmless)
}

/// Whether the first line of a script has the shell end at the first command that fails.
pub(super) fn is_strict_from_its_start(text: &str) -> bool {
    let short = |word: &str| word.starts_with('-') && !word.starts_with("--") && word.contains('e');
    let first = text.lines().next().filter(|line| line.starts_with("#!"));
    first.is_some_and(|line| line.split_whitespace().skip(1).any(|word| short(word) || word == "errexit"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_quotes_may_go_on() {
        for (line, open) in [
            ("echo \"it's\"", false),
            ("echo 'a\"b' \"c'd\"", false),
            ("echo \"a \\\" b\"", false),
            ("echo it\\'s", false),
            ("echo \"a", true),
            ("echo '\";' \"abc", true),
            ("echo 'a\\' 'b", true),
        ] {
            assert_eq!(is_open(line), open, "{line}");
        }
    }

    #[test]
    fn a_shell_may_be_told_what_to_make_of_a_script() {
        for (first, expected) in [
            ("#!/bin/sh", true),
            ("#!/bin/bash -eux -o pipefail", true),
            ("#!/usr/bin/env -S bash --norc -e", true),
            ("#! /bin/busybox sh", true),
            ("exit 1", true),
            ("#!/bin/sh -n", false),
            ("#!/bin/bash -c", false),
            ("#!/usr/bin/env python3", false),
        ] {
            assert_eq!(is_for_shell(first), expected, "{first}");
        }
    }

    #[test]
    fn a_line_is_what_the_shell_takes_for_one() {
        for (text, expected) in [
            ("#!/bin/sh\n# a\n\n  b # c\n", &["b"][..]),
            ("a ||\n  # b\n  c\n", &["a || c"]),
            ("a \\\n  b\n", &["a b"]),
            ("if a\nthen\n  b\nfi\n", &["if a; then", "b", "fi"]),
            ("echo \"a # b\" # c\n", &["echo \"a # b\""]),
            ("a=$#\n", &["a=$#"]),
            ("echo \"it's\" # c\nb;# c\n", &["echo \"it's\"", "b;"]),
            ("echo \\# b '# c'\n", &["echo \\# b '# c'"]),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }
}
