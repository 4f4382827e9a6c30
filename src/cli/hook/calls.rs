//! Whether a hook that somebody wrote calls a gate and ends with its status, as far as reading tells.
//!
//! Takes a script for the shell, runs nothing. Only shapes that are known to pass a refusal on count: `CALL || exit 1`,
//! `exec CALL`, a call that comes last. Of all else it is said that a refusal may be lost; `leeward doctor` tries the hook.

use std::borrow::Cow;
use std::sync::LazyLock;

use bstr::ByteSlice;
use regex::Regex;

use super::endings;

/// What a hook makes of a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Calls {
    /// It does not call it.
    Never,
    /// It does, and a refusal is lost or may be, or it is not always called: this is why.
    Lost(Cow<'static, str>),
    /// It does, and ends with its status.
    Yes,
}

pub(super) const UNHEEDED: Calls = Calls::Lost(Cow::Borrowed("and may not heed the answer"));
const BEHIND: Calls = Calls::Lost(Cow::Borrowed("behind an `exit`"));

/// Whether a reason is of the shape of the call alone, so that a trial tells whether it holds.
pub(super) fn is_general(why: &str) -> bool {
    [UNHEEDED, BEHIND].iter().any(|calls| matches!(calls, Calls::Lost(general) if general == why))
}

/// Shapes of a line that calls, with `CALL` for the call and its arguments.
static SHAPES: LazyLock<[(Regex, Shape); 5]> = LazyLock::new(|| {
    // Redirections stand among the arguments; what ends or joins a command does not.
    const CALL: &str = r#"(?:[^;|&<]* \| )?(?:[A-Z_]+=\S* )*(?:command )?["']?[^\s"';|&()]*leeward["']? hook [a-z-]+(?:[^;|&`()<]|>&)*"#;
    const REFUSES: &str = r#"exit (?:[1-9]\d*|"?\$\?"?)"#;
    let shape = |pattern: &str, shape: Shape| {
        let pattern = pattern.replace("CALL", CALL).replace("REFUSES", REFUSES);
        (Regex::new(&format!("^(?:{pattern})$")).expect("a constant expression"), shape)
    };
    [
        shape(r"exec CALL", Shape::Passes),
        shape(r"CALL \|\| (?:exit|REFUSES|\{ .*\bREFUSES ?; ?\})", Shape::Passes),
        shape(r"CALL; ?(?:exit|REFUSES)|if ! CALL; then (?:.*; )?REFUSES; fi", Shape::Passes),
        shape(r"if ! CALL; then", Shape::Refused),
        shape(r"(?P<guarded>[^;|&]+ && )*CALL(?P<goes_on> && [^;|]*)?", Shape::Plain),
    ]
});

/// How a line calls.
#[derive(Clone, Copy)]
enum Shape {
    /// A refusal ends the hook there.
    Passes,
    /// What follows, up to `fi`, is for a refusal.
    Refused,
    /// A plain command: what comes after it decides.
    Plain,
}

/// What changes the meaning of a line elsewhere, and is not followed.
const UNFOLLOWED: [&str; 7] = ["<<", "trap ", "alias ", "() {", "(){", "set +", "unset "];

/// What takes away the lines that git hands to the gate of a push.
const READS: [&str; 7] = ["cat", "read ", "git-lfs", "git lfs", "</dev/null", "< /dev/null", "exec <"];

/// How a hook calls a gate. `strict`: the shell that runs it ends at the first command that fails.
pub(super) fn of(gate: &str, content: &[u8], strict: bool) -> Calls {
    let text = content.to_str_lossy();
    let lines = lines(&text);
    let Some(first) = lines.iter().position(|line| names(gate, line)) else { return Calls::Never };
    let plain = is_for_shell(&text)
        && !lines.iter().any(|line| UNFOLLOWED.iter().any(|text| line.contains(text)) || is_quote_open(line));
    // The gate of a push would find nothing to judge.
    let of_push = matches!(gate, "pre-push" | "pre-receive");
    let taken = |line: &String| READS.iter().any(|text| line.contains(text));
    let starved = |number: usize| {
        let handed_on = lines[number].split_once(" | ").is_some_and(|(source, _)| source.contains('$'));
        let fed = !lines[number].contains(" | ") && !lines[..=number].iter().any(taken);
        of_push && !handed_on && !fed
    };
    let strict = strict || is_strict(&text, &lines[..first]);
    let mut blocks = 0_usize;
    for (number, line) in lines.iter().enumerate() {
        let at_margin = blocks == 0;
        if at_margin && endings::surely(line) && number < first {
            return BEHIND;
        }
        if at_margin
            && plain
            && names(gate, line)
            && !starved(number)
            && passes_on(line, &lines[number + 1..], strict)
        {
            return match endings::perhaps(&lines[..number]) {
                Some(by) => Calls::Lost(format!("unless it ends before, by `{by}`").into()),
                None => Calls::Yes,
            };
        }
        blocks = (blocks + opened(line)).saturating_sub(closed(line));
    }
    UNHEEDED
}

/// The lines of a script that are more than a comment, continued ones in one.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let line = line.split(" #").next().unwrap_or_default().trim_end();
        match lines.last_mut().filter(|_| goes_on) {
            Some(last) => *last = format!("{} {line}", last.trim_end_matches('\\').trim_end()),
            None => lines.push(line.to_owned()),
        }
        goes_on = ["\\", "||", "&&", "|"].iter().any(|end| line.ends_with(end));
    }
    lines
}

/// Whether a line names the call of a gate.
fn names(gate: &str, line: &str) -> bool {
    line.match_indices("leeward").any(|(at, name)| {
        let mut words = line[at + name.len()..].split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        let mut next = || words.by_ref().find(|word| !word.is_empty());
        next() == Some("hook") && next() == Some(gate)
    })
}

/// Whether a line that calls passes a refusal on, with the lines that follow it.
fn passes_on(line: &str, rest: &[String], strict: bool) -> bool {
    // With these it never refuses.
    const HARMLESS: [&str; 4] = ["--exit-zero", "--help", "-h", "--allow-incomplete"];
    let printed =
        ["echo ", "printf ", ": ", "! "].iter().any(|word| line.starts_with(word)) && !line.contains(" | ");
    if printed || line.split_whitespace().any(|word| HARMLESS.contains(&word.trim_matches(['"', '\'']))) {
        return false;
    }
    let shape = SHAPES.iter().find_map(|(pattern, shape)| Some((*shape, pattern.captures(line)?)));
    match shape {
        None => false,
        Some((Shape::Passes, _)) => true,
        Some((Shape::Refused, _)) => {
            rest.iter().take_while(|line| !closes(line)).any(|line| is_refusal(line))
        }
        Some((Shape::Plain, found)) => {
            // In a list, a strict shell ends at its last command only; and what stands before it may keep the call from running.
            let alone = found.name("goes_on").is_none() && found.name("guarded").is_none();
            rest.is_empty() || alone && (strict || is_checked(rest))
        }
    }
}

/// Whether the lines behind a call end the hook with its status.
fn is_checked(rest: &[String]) -> bool {
    let Some(next) = rest.first() else { return true };
    if matches!(next.as_str(), "exit" | "exit $?" | "exit \"$?\"") {
        return true;
    }
    if let Some(name) = next.strip_suffix("=$?") {
        let exits = |line: &String| *line == format!("exit ${name}") || *line == format!("exit \"${name}\"");
        let kept = rest[1..]
            .iter()
            .take_while(|line| exits(line) || !line.contains(&format!("{name}=")) && !line.contains("exit"));
        return kept.into_iter().any(exits) && !rest.iter().any(|line| line.starts_with("if "));
    }
    let fails = ["[ $? -ne 0 ]", "[ \"$?\" -ne 0 ]", "[ $? != 0 ]", "test $? -ne 0"];
    let otherwise = ["[ $? -eq 0 ] || ", "[ \"$?\" -eq 0 ] || ", "test $? -eq 0 || "];
    let condition =
        next.strip_prefix("if ").is_some_and(|rest| fails.iter().any(|text| rest.starts_with(text)));
    match condition {
        true if closes(next) => next.contains("; then ") && is_refusal(next.trim_end_matches("; fi")),
        true => rest[1..].iter().take_while(|line| !closes(line)).any(|line| is_refusal(line)),
        false => otherwise.iter().any(|text| next.strip_prefix(text).is_some_and(is_refusal)),
    }
}

/// Whether a line ends the hook with a status that is not 0.
fn is_refusal(line: &str) -> bool {
    let status =
        line.rsplit_once("exit ").filter(|(before, _)| before.is_empty() || before.ends_with([' ', ';']));
    status.is_some_and(|(_, status)| status.parse::<u8>().is_ok_and(|status| status != 0))
}

/// Whether a line ends a condition, or begins what is done where it does not hold.
fn closes(line: &str) -> bool {
    line == "fi" || line.ends_with("; fi") || line.starts_with("else") || line.starts_with("elif")
}

/// Whether a quotation mark of a line is closed in a later one.
fn is_quote_open(line: &str) -> bool {
    ['\'', '"'].iter().any(|quote| line.matches(*quote).count() % 2 == 1)
}

/// How many blocks begin in a line.
fn opened(line: &str) -> usize {
    endings::commands(line)
        .filter(|word| matches!(*word, "if" | "for" | "while" | "until" | "case" | "{" | "("))
        .count()
}

/// How many blocks end in it.
fn closed(line: &str) -> usize {
    endings::commands(line).filter(|word| matches!(*word, "fi" | "done" | "esac" | "}" | ")")).count()
}

/// Whether a script's first line leaves it to a shell.
fn is_for_shell(text: &str) -> bool {
    const SHELLS: [&str; 7] = ["sh", "bash", "dash", "zsh", "ksh", "ash", "busybox"];
    let first = text.lines().next().and_then(|line| line.strip_prefix("#!"));
    first.is_none_or(|line| {
        line.split_whitespace().any(|word| word.rsplit('/').next().is_some_and(|name| SHELLS.contains(&name)))
    })
}

/// Whether the shell is told to end at the first command that fails, by the script's first line or by one `before` the call.
fn is_strict(text: &str, before: &[String]) -> bool {
    let short = |word: &str| word.starts_with('-') && !word.starts_with("--") && word.contains('e');
    let flag = |line: &str| line.split_whitespace().skip(1).any(|word| short(word) || word == "errexit");
    let first = text.lines().next().filter(|line| line.starts_with("#!"));
    first.is_some_and(flag) || before.iter().any(|line| line.starts_with("set ") && flag(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_code_that_is_reached_and_heeded() {
        let mut wrong = Vec::new();
        for (expected, texts) in
            [(Calls::Yes, HEEDED), (Calls::Never, NO_CALLS), (BEHIND, TOO_LATE), (UNHEEDED, IN_VAIN)]
        {
            for text in texts {
                let calls = of("pre-commit", text.as_bytes(), false);
                wrong.extend((calls != expected).then_some((text, calls)));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        for (text, expected) in [
            ("leeward hook pre-commit\nnpm test\n", Calls::Yes),
            ("leeward hook pre-commit || true\n", UNHEEDED),
            ("leeward hook pre-commit && npm test\n", Calls::Yes),
            ("leeward hook pre-commit && npm test\nnpm run lint\n", UNHEEDED),
            ("set +e\nleeward hook pre-commit\nnpm test\n", UNHEEDED),
            ("! leeward hook pre-commit\n", UNHEEDED),
        ] {
            assert_eq!(of("pre-commit", text.as_bytes(), true), expected, "{text}");
        }
    }

    #[test]
    fn a_hook_that_may_end_before_says_by_what() {
        for (by, text) in [
            ("[ -n \"$SKIP\" ] && exit 0", "[ -n \"$SKIP\" ] && exit 0\nleeward hook pre-commit\n"),
            ("if a; then", "set -e\nif a; then\n  exit 0\nfi\nleeward hook pre-commit || exit\n"),
        ] {
            let expected = Calls::Lost(format!("unless it ends before, by `{by}`").into());
            assert_eq!(of("pre-commit", text.as_bytes(), false), expected, "{text}");
        }
    }

    #[test]
    fn the_gate_of_a_push_has_to_get_its_lines() {
        for (text, expected) in [
            ("leeward hook pre-push \"$@\"\n", Calls::Yes),
            ("npm test || exit\nleeward hook pre-push \"$@\"\n", Calls::Yes),
            ("input=$(cat)\nprintf %s \"$input\" | leeward hook pre-push \"$@\"\n", Calls::Yes),
            ("git lfs pre-push \"$@\"\nleeward hook pre-push \"$@\"\n", UNHEEDED),
            ("cat >/dev/null\nleeward hook pre-push \"$@\"\n", UNHEEDED),
            ("while read a b c d; do\n  echo $a\ndone\nleeward hook pre-push \"$@\"\n", UNHEEDED),
            ("leeward hook pre-push \"$@\" </dev/null\n", UNHEEDED),
            ("exec < /dev/tty\nleeward hook pre-push \"$@\"\n", UNHEEDED),
            ("echo | leeward hook pre-push \"$@\"\n", UNHEEDED),
        ] {
            assert_eq!(of("pre-push", text.as_bytes(), false), expected, "{text}");
        }
    }

    const HEEDED: &[&str] = &[
        "#!/bin/sh\nexec leeward hook pre-commit\n",
        "exec '/usr/bin/leeward' hook pre-commit \"$@\"\n",
        "\"$HOME/bin/leeward\" hook pre-commit\n",
        "if a; then\n  exit 1\nfi\nexec < /dev/tty\nleeward hook pre-commit\n",
        "leeward hook pre-commit || exit\nnpm test\nexit 0\n",
        "leeward hook pre-commit || exit $?\nnpm test\n",
        "leeward hook pre-commit || { echo no; exit 1; }\nnpm test\n",
        "leeward hook pre-commit ||\n  exit 1\nnpm test\n",
        "leeward hook pre-commit && npm test\n",
        "npm test && leeward hook pre-commit\n",
        "#!/bin/sh -e\nleeward hook pre-commit\nnpm test\n",
        "#!/usr/bin/env -S bash -euo pipefail\nleeward hook pre-commit\nnpm test\n",
        "set -eu\nleeward hook pre-commit\nnpm test\n",
        "#!/bin/sh\nset -o errexit\nleeward hook pre-commit\nnpm test\n",
        "leeward hook pre-commit\nstatus=$?\necho done\nexit $status\n",
        "leeward hook pre-commit; exit $?\n",
        "leeward hook pre-commit\nexit\n",
        "leeward hook pre-commit\nif [ $? -ne 0 ]; then\n  echo no\n  exit 1\nfi\nnpm test\n",
        "leeward hook pre-commit\nif [ $? -ne 0 ]; then exit 1; fi\nnpm test\n",
        "leeward hook pre-commit\n[ \"$?\" -eq 0 ] || exit 1\nnpm test\n",
        "if ! leeward hook pre-commit; then\n  exit 1\nfi\nnpm test\n",
        "leeward hook pre-commit || true\nleeward hook pre-commit\n",
        "printf %s \"$input\" | leeward hook pre-commit \"$@\"\n",
        "LEEWARD=1 command leeward hook pre-commit >&2\n",
        "leeward hook pre-commit || exit 1 # no key leaves\nnpm test\n",
    ];

    const NO_CALLS: &[&str] = &[
        "",
        "# leeward hook pre-commit\n",
        "true # leeward hook pre-commit\n",
        "leeward hook pre-push\n",
        "leeward hook pre-commit-not\n",
        "#!/usr/bin/env python3\nimport this\n",
    ];

    const TOO_LATE: &[&str] = &[
        "npm test\nexit 0\nleeward hook pre-commit\n",
        "npm test || exit\nexec npm run lint\nleeward hook pre-commit || exit\n",
        "echo skip; exit 0\nleeward hook pre-commit\n",
    ];

    const IN_VAIN: &[&str] = &[
        "leeward hook pre-commit || true\n",
        "leeward hook pre-commit || echo no\n",
        "leeward hook pre-commit || exit 0\n",
        "leeward hook pre-commit || { echo no; exit; }\n",
        "leeward hook pre-commit &\n",
        "leeward hook pre-commit\nnpm test\n",
        "leeward hook pre-commit; true\n",
        "leeward hook pre-commit; exit 0\n",
        "leeward hook pre-commit 2>&1 | tee log\n",
        "! leeward hook pre-commit\n",
        "echo leeward hook pre-commit\n",
        "leeward hook pre-commit --exit-zero\n",
        "leeward hook pre-commit --help\n",
        "if leeward hook pre-commit; then npm test; fi\n",
        "if leeward hook pre-commit; then npm test; else echo no; fi\n",
        "if ! leeward hook pre-commit; then\n  echo no\nfi\nexit 1\n",
        "if ! leeward hook pre-commit; then\n  echo no\nelse\n  exit 1\nfi\n",
        "leeward hook pre-commit || failed=1\nexit 0\n",
        "leeward hook pre-commit && npm test\necho done\n",
        "leeward hook pre-commit\nstatus=$?\nstatus=0\nexit $status\n",
        "leeward hook pre-commit\nif [ $? -eq 7 ]; then exit 1; fi\necho done\n",
        // It stands on a condition.
        "if false; then leeward hook pre-commit; fi\n",
        "if command -v leeward; then\n  leeward hook pre-commit || exit 1\nfi\nexit 0\n",
        "[ -n \"$SKIP\" ] || leeward hook pre-commit || exit 1\n",
        "command -v leeward && { leeward hook pre-commit || exit 1; }\nnpm test\n",
        // What reading does not follow.
        "run() { leeward hook pre-commit; }\nrun || exit\n",
        "for x in a; do leeward hook pre-commit || exit 1; done\n",
        "sh -c 'leeward hook pre-commit'\n",
        "npx leeward hook pre-commit\n",
        "out=$(leeward hook pre-commit) || exit 1\n",
        "trap 'exit 0' EXIT\nleeward hook pre-commit\n",
        "leeward() { true; }\nleeward hook pre-commit\n",
        "cat <<END\nleeward hook pre-commit\nEND\n",
        "if leeward hook pre-commit\n",
        "#!/usr/bin/env python3\nimport os\nos.system(\"leeward hook pre-commit\")\n",
        "leeward hook pre-commit || failed=1\nnpm test || failed=1\nexit $failed\n",
        "if [ -n \"$CI\" ]; then\n echo all done\n leeward hook pre-commit || exit 1\nfi\nexit 0\n",
        "while false\ndo\n echo done\n leeward hook pre-commit || exit 1\ndone\n",
        "if\tfalse; then\n leeward hook pre-commit || exit 1\nfi\n",
        "leeward hook pre-commit\nset -e\ntrue\n",
        "set -e\nset +o errexit\nleeward hook pre-commit\ntrue\n",
        "set -e\n: '\nleeward hook pre-commit\n'\n",
        "leeward hook pre-commit\nrc=$?\nexit 0\nexit $rc\n",
        "leeward hook pre-commit\nrc=$?\n[ 1 ] && exit 0\nexit $rc\n",
        "leeward hook pre-commit\nrc=$?\nunset rc\nexit $rc\n",
        "leeward hook pre-commit \"--exit-zero\"\n",
    ];
}
