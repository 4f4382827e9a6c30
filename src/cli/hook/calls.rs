//! Whether a hook that somebody wrote calls a gate, as far as reading tells.
//!
//! Takes a script for the shell and looks at it line by line: nothing is run, and what a line does within a function or a
//! loop is not known. What is certain to be of no use is said; in doubt `leeward doctor` tries the hook.

use bstr::ByteSlice;

/// What a hook makes of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Calls {
    /// It does not call it.
    Never,
    /// It does, and what for is lost: this is why.
    Lost(&'static str),
    /// It does.
    Yes,
}

/// How a hook calls a gate. `strict`: the shell that runs it ends at the first command that fails.
pub(super) fn of(gate: &str, content: &[u8], strict: bool) -> Calls {
    let lines: Vec<&[u8]> = content
        .lines()
        .filter(|line| !line.trim_ascii().is_empty() && !line.trim_ascii_start().starts_with(b"#"))
        .collect();
    let strict = strict || is_strict(content);
    let mut found = Calls::Never;
    let mut over = false;
    for (number, line) in lines.iter().enumerate() {
        if names(gate, line) {
            found = match () {
                () if over => Calls::Lost("behind an `exit`"),
                () if is_unheeded(line, lines.get(number + 1).copied(), strict) => {
                    Calls::Lost("and does not heed the answer")
                }
                () => return Calls::Yes,
            };
        }
        over |= ends(line);
    }
    found
}

/// Whether a line calls it, by its name or a path in quotes.
fn names(gate: &str, line: &[u8]) -> bool {
    ["leeward hook ", "leeward' hook ", "leeward\" hook "].iter().any(|call| {
        line.find_iter(call).any(|at| {
            let rest = &line[at + call.len()..];
            let end =
                rest.iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'-').unwrap_or(rest.len());
            &rest[..end] == gate.as_bytes()
        })
    })
}

/// Whether the shell is told to end at the first command that fails.
fn is_strict(content: &[u8]) -> bool {
    let first = content.lines().next().unwrap_or_default();
    let short = |word: &[u8]| word.starts_with(b"-") && !word.starts_with(b"--") && word.contains(&b'e');
    let flag = |line: &[u8]| line.fields().skip(1).any(|word| short(word) || word == b"errexit");
    (first.starts_with(b"#!") && flag(first))
        || content.lines().any(|line| line.starts_with(b"set ") && flag(line))
}

/// Whether nothing comes of a call that fails.
fn is_unheeded(line: &[u8], next: Option<&[u8]>, strict: bool) -> bool {
    let line = line.trim_ascii();
    let excused =
        ["|| true", "||true", "|| :", "||:", "|| exit 0"].iter().any(|text| line.contains_str(text));
    let in_background = line.ends_with(b"&") && !line.ends_with(b"&&");
    // A plain command, of which the next one takes no notice.
    let plain = !["||", "&&", "if ", "exec ", "!", "$("].iter().any(|text| line.contains_str(text));
    let passed_over = next
        .is_some_and(|next| !next.contains_str("$?") && !matches!(next.trim_ascii(), b"fi" | b"}" | b"exit"));
    excused || in_background || (plain && !strict && passed_over)
}

/// Whether the shell is sure not to go on behind a line: it stands in no block.
fn ends(line: &[u8]) -> bool {
    let mut words = line.fields();
    let first = words.next().unwrap_or_default();
    // `exec` without a program only leads input and output elsewhere.
    let runs = words.next().is_some_and(|word| word[0].is_ascii_alphabetic() || b"\"'/.$".contains(&word[0]));
    let at_margin = !line[0].is_ascii_whitespace();
    at_margin && (first == b"exit" || first == b"exit;" || (first == b"exec" && runs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_code_that_is_reached_and_heeded() {
        let behind = Calls::Lost("behind an `exit`");
        let unheeded = Calls::Lost("and does not heed the answer");
        for (text, expected) in [
            ("#!/bin/sh\nexec leeward hook pre-commit\n", Calls::Yes),
            ("exec '/usr/bin/leeward' hook pre-commit \"$@\"\n", Calls::Yes),
            ("\"$HOME/bin/leeward\" hook pre-commit\n", Calls::Yes),
            ("# leeward hook pre-commit\n", Calls::Never),
            ("leeward hook pre-push\n", Calls::Never),
            ("leeward hook pre-commit-not\n", Calls::Never),
            ("", Calls::Never),
            ("npm test\nexit 0\nleeward hook pre-commit\n", behind),
            ("npm test || exit\nexec npm run lint\nleeward hook pre-commit || exit\n", behind),
            ("if a; then\n  exit 0\nfi\nexec < /dev/tty\nleeward hook pre-commit\n", Calls::Yes),
            ("leeward hook pre-commit || exit\nnpm test\nexit 0\n", Calls::Yes),
            ("leeward hook pre-commit || true\n", unheeded),
            ("leeward hook pre-commit &\n", unheeded),
            ("leeward hook pre-commit && npm test\n", Calls::Yes),
            ("leeward hook pre-commit\nnpm test\n", unheeded),
            ("#!/bin/sh -e\nleeward hook pre-commit\nnpm test\n", Calls::Yes),
            ("set -eu\nleeward hook pre-commit\nnpm test\n", Calls::Yes),
            ("#!/bin/sh\nset -o errexit\nleeward hook pre-commit\nnpm test\n", Calls::Yes),
            ("leeward hook pre-commit\nstatus=$?\nexit $status\n", Calls::Yes),
            ("if ! leeward hook pre-commit; then\n  exit 1\nfi\n", Calls::Yes),
            ("leeward hook pre-commit || true\nleeward hook pre-commit\n", Calls::Yes),
        ] {
            assert_eq!(of("pre-commit", text.as_bytes(), false), expected, "{text}");
        }
        let plain = b"leeward hook pre-commit\nnpm test\n";
        assert_eq!(of("pre-commit", plain, true), Calls::Yes);
    }
}
