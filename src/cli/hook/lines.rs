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
    let mut marks = line.match_indices(" #").map(|(at, _)| &line[..at]);
    let is_code = |before: &&str| ['\'', '"'].iter().all(|quote| before.matches(*quote).count() % 2 == 0);
    marks.find(is_code).unwrap_or(line).trim_end()
}

/// Whether a script's first line leaves it to a shell.
pub(super) fn is_for_shell(text: &str) -> bool {
    const SHELLS: [&str; 7] = ["sh", "bash", "dash", "zsh", "ksh", "ash", "busybox"];
    let first = text.lines().next().and_then(|line| line.strip_prefix("#!"));
    first.is_none_or(|line| {
        line.split_whitespace().any(|word| word.rsplit('/').next().is_some_and(|name| SHELLS.contains(&name)))
    })
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
    fn a_line_is_what_the_shell_takes_for_one() {
        for (text, expected) in [
            ("#!/bin/sh\n# a\n\n  b # c\n", &["b"][..]),
            ("a ||\n  # b\n  c\n", &["a || c"]),
            ("a \\\n  b\n", &["a b"]),
            ("if a\nthen\n  b\nfi\n", &["if a; then", "b", "fi"]),
            ("echo \"a # b\" # c\n", &["echo \"a # b\""]),
            ("a=$#\n", &["a=$#"]),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }
}
