//! Whether a hook that somebody wrote calls a gate and ends with its status, as far as reading tells.
//!
//! Takes a script for the shell, runs nothing. Few plain shapes of a call are known to pass a refusal on: `CALL || exit 1`,
//! `exec CALL`, `if ! CALL; then exit 1; fi`, a call that comes last. What stands before it has to be plain as well (see
//! [`before`]). Of all else it is said that a refusal may be lost; `leeward doctor` tries the hook.

mod before;
mod endings;
mod lines;
mod why;

use std::sync::LazyLock;

use bstr::ByteSlice;
use regex::{Captures, Regex};

pub(in crate::cli) use why::Why;

/// What a hook makes of a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Calls {
    /// It does not call it.
    Never,
    /// It does, and a refusal is lost or may be, or it is not always called: this is why.
    Lost(Why),
    /// It does, and ends with its status.
    Yes,
}

pub(super) const UNHEEDED: Calls = Calls::Lost(Why::Unheeded);

/// How a hook hands on what git says of a push.
pub(in crate::cli) const HAND_ON: &str = "in the pre-push hook, keep what git says and hand it to all that read it:\n  \
     input=$(cat)\n  \
     printf '%s\\n' \"$input\" | leeward hook pre-push \"$@\" || exit 1\n  \
     and so with each command that reads it";

/// Shapes of a line that calls, with `CALL` for the call and its arguments.
static SHAPES: LazyLock<[(Regex, Shape); 6]> = LazyLock::new(|| {
    // What changes what is judged, or how, is no part of it.
    const CALL: &str = concat!(
        r#"(?:(?:LEEWARD\w*|NO_COLOR|LC_ALL|LANG|TERM)=[\w./-]* )*(?:command )?"#,
        r#"(?:[^\s"'`;|&()<>]*/|"(?:[^"`()]*/)?|'(?:[^']*/)?)?leeward(?:\.exe)?["']? hook (?P<gate>[a-z-]+)"#,
        r#"(?: (?:"?\$[@*1-9]"?|\{\d\}|[12]?>&[12]|[12&]?>>? ?[\w./-]+|-q|--(?:quiet|no-progress|no-inline-ignores|"#,
        r#"deny-new-suppressions)|--(?:color|confidence|jobs|policy-from)[= ][\w./-]+))*"#,
    );
    const FED: &str = r#"(?:(?:echo|printf ["']?%s(?:\\n)?["']?) "\$\{?(?P<input>\w+)\}?" \| )?"#;
    const STATUS: &str = r#"exit(?: "?\$\?"?)?"#;
    let shape = |pattern: &str, shape: Shape| {
        let pattern = pattern.replace("FED", FED).replace("CALL", CALL).replace("STATUS", STATUS);
        (Regex::new(&format!("^(?:{pattern})$")).expect("a constant expression"), shape)
    };
    [
        shape(r"exec CALL", Shape::Passes),
        shape(r"FEDCALL(?: \|\||;) ?STATUS", Shape::Passes),
        shape(r"FEDCALL \|\| (?P<refusal>exit \d+)", Shape::Refused),
        shape(r"FEDCALL \|\| \{(?P<refusal>.*)", Shape::Refused),
        shape(r"if ! FEDCALL; then(?P<refusal>.*)", Shape::Refused),
        shape(r"(?P<guards>(?:[^;|&]+ && )*)FEDCALL(?P<goes_on>(?: && [^;|&]+)*)", Shape::Plain),
    ]
});

/// How a line calls.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    /// A refusal ends the hook there.
    Passes,
    /// What follows is for a refusal.
    Refused,
    /// A plain command: what comes after it decides.
    Plain,
}

/// How a hook calls a gate. `strict`: the shell that runs it ends at the first command that fails.
pub(super) fn of(gate: &str, content: &[u8], strict: bool) -> Calls {
    let text = content.to_str_lossy();
    let lines = lines::of(&text);
    let Some(first) = lines.iter().position(|line| names(gate, line)) else { return Calls::Never };
    if !lines::is_for_shell(&text) {
        return UNHEEDED;
    }
    if before::ends(&lines[..first]) {
        return Calls::Lost(Why::Ended);
    }
    let strict = strict || lines::is_strict_from_its_start(&text);
    let calls = (first..lines.len()).filter(|number| names(gate, &lines[*number]));
    let mut found =
        calls.map(|number| call(gate, &lines[..number], &lines[number], &lines[number + 1..], strict));
    let one = found.next().unwrap_or(UNHEEDED);
    if one == Calls::Yes { one } else { found.find(|calls| *calls == Calls::Yes).unwrap_or(one) }
}

/// What a line that names a gate makes of it, between those that stand before and behind it.
fn call(gate: &str, before: &[String], line: &str, rest: &[String], strict: bool) -> Calls {
    let shape = SHAPES.iter().find_map(|(pattern, shape)| Some((*shape, pattern.captures(line)?)));
    let Some((shape, found)) = shape.filter(|(_, found)| &found["gate"] == gate) else { return UNHEEDED };
    let passes = match shape {
        Shape::Passes => true,
        Shape::Refused => refuses(&found["refusal"], rest),
        Shape::Plain => is_heeded(&found, rest, strict || before::is_strict(before)),
    };
    if !passes || before::is_in_a_block(before) {
        return UNHEEDED;
    }
    let guards = found.name("guards").map_or("", |guards| guards.as_str()).trim_end_matches([' ', '&']);
    let guards = (!guards.is_empty()).then(|| guards.to_owned());
    let before: Vec<String> = before.iter().cloned().chain(guards).collect();
    let input = found.name("input").map(|input| input.as_str());
    if let Some(why) = before::doubt(&before, matches!(gate, "pre-push" | "pre-receive"), input) {
        return Calls::Lost(why);
    }
    match endings::perhaps(&before) {
        Some(by) => Calls::Lost(Why::Unless(by)),
        None => Calls::Yes,
    }
}

/// Whether what is done after a refusal, in the line that begins it and those that follow, surely ends the hook with a
/// status that is not 0: nothing before that but words for who reads them.
fn refuses(begun: &str, rest: &[String]) -> bool {
    let lines = std::iter::once(before::plain(begun)).chain(rest.iter().map(|line| before::plain(line)));
    let last =
        lines.flat_map(|line| line.split(';').map(|command| command.trim().to_owned()).collect::<Vec<_>>());
    let last =
        last.filter(|command| !command.is_empty()).find(|command| !is_said(command)).unwrap_or_default();
    let status = last.strip_prefix("exit ").map(|status| status.split([' ', '}']).next().unwrap_or_default());
    status.is_some_and(|status| status.parse::<u8>().is_ok_and(|status| status != 0))
}

/// Whether a command only says something.
fn is_said(command: &str) -> bool {
    if lines::is_open(command) {
        return false;
    }
    let words = command.trim_start_matches(">&2 ").replace("1>&2", "").replace(">&2", "");
    matches!(words.split(' ').next(), Some("echo" | "printf")) && !words.contains(['|', '&', '`', '(', '<'])
}

/// Whether the lines behind a plain call end the hook with its status.
fn is_heeded(found: &Captures<'_>, rest: &[String], strict: bool) -> bool {
    let Some((next, after)) = rest.split_first() else { return true };
    // In a list, a strict shell ends at its last command only; and what stands before it may keep the call from running.
    if !found["guards"].is_empty() || !found["goes_on"].is_empty() {
        return false;
    }
    if strict || matches!(next.as_str(), "exit" | "exit $?" | "exit \"$?\"") {
        return true;
    }
    if let Some(name) = next.strip_suffix("=$?") {
        let last = after.iter().find(|line| !is_said(&before::plain(line))).map(|line| line.replace('"', ""));
        return last.is_some_and(|last| last == format!("exit ${name}"));
    }
    let next = next.replace('"', "");
    let otherwise = ["[ $? -eq 0 ] || ", "test $? -eq 0 || ", "[ $? -ne 0 ] && ", "test $? -ne 0 && "];
    let condition = ["if [ $? -ne 0 ]; then", "if [ $? != 0 ]; then", "if test $? -ne 0; then"];
    otherwise.iter().any(|test| {
        next.strip_prefix(test).is_some_and(|then| refuses(then.trim_start_matches(['{', ' ']), &[]))
    }) || condition.iter().any(|test| next.strip_prefix(test).is_some_and(|then| refuses(then, after)))
}

/// Whether a line names the call of a gate.
fn names(gate: &str, line: &str) -> bool {
    line.match_indices("leeward").any(|(at, name)| {
        let mut words = line[at + name.len()..].split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        let mut next = || words.by_ref().find(|word| !word.is_empty());
        next() == Some("hook") && next() == Some(gate)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_code_that_is_reached_and_heeded() {
        let mut wrong = Vec::new();
        for (expected, texts) in [
            (Calls::Yes, HEEDED),
            (Calls::Never, NO_CALLS),
            (Calls::Lost(Why::Ended), TOO_LATE),
            (UNHEEDED, IN_VAIN),
        ] {
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
            ("set +e\nleeward hook pre-commit\nnpm test\n", behind("set +e")),
            ("! leeward hook pre-commit\n", UNHEEDED),
        ] {
            assert_eq!(of("pre-commit", text.as_bytes(), true), expected, "{text}");
        }
    }

    #[test]
    fn a_hook_that_may_end_before_says_by_what() {
        for (by, text) in [
            ("[ -n \"$SKIP\" ] && exit 0", "[ -n \"$SKIP\" ] && exit 0\nleeward hook pre-commit\n"),
            (
                "case $1 in up) exit 0 ;; esac",
                "case $1 in up) exit 0 ;; esac\nleeward hook pre-commit || exit 1\n",
            ),
            ("if a; then", "set -e\nif a; then\n  exit 0\nfi\nleeward hook pre-commit || exit\n"),
        ] {
            let expected = Calls::Lost(Why::Unless(by.to_owned()));
            assert_eq!(of("pre-commit", text.as_bytes(), false), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_followed_is_named() {
        for (by, text) in [
            ("trap 'exit 0' EXIT", "trap 'exit 0' EXIT\nleeward hook pre-commit\n"),
            ("leeward() { true; }", "leeward() { true; }\nleeward hook pre-commit\n"),
            ("set +o errexit", "set -e\nset +o errexit\nleeward hook pre-commit\ntrue\n"),
            (": '", "set -e\n: '\nleeward hook pre-commit\n'\n"),
            ("set -- -e", "set -- -e\nleeward hook pre-commit\n"),
            ("cd /other", "cd /other\nleeward hook pre-commit\n"),
            ("cd /other", "cd /other && leeward hook pre-commit\n"),
            ("export GIT_INDEX_FILE=x", "export GIT_INDEX_FILE=x\nleeward hook pre-commit || exit 1\n"),
            ("GIT_DIR=/x/.git", "GIT_DIR=/x/.git\nleeward hook pre-commit\n"),
            ("function check {", "function check {\nleeward hook pre-commit\n}\ncheck || true\n"),
        ] {
            let expected = match text {
                // Nor is it at the margin.
                text if text.starts_with("function") => UNHEEDED,
                _ => behind(by),
            };
            assert_eq!(of("pre-commit", text.as_bytes(), false), expected, "{text}");
        }
    }

    #[test]
    fn the_gate_of_a_push_has_to_get_its_lines() {
        let taken = |by: &str| Calls::Lost(Why::Unfed(by.to_owned()));
        for (text, expected) in [
            ("leeward hook pre-push \"$@\"\n", Calls::Yes),
            (
                "branch=$(git rev-parse HEAD)\nnpm test </dev/null || exit\nleeward hook pre-push \"$@\"\n",
                Calls::Yes,
            ),
            ("input=$(cat)\nprintf %s \"$input\" | leeward hook pre-push \"$@\"\n", Calls::Yes),
            (
                "input=$(cat)\necho \"$input\" | leeward hook pre-push \"$@\" || exit 1\nnpm test\n",
                Calls::Yes,
            ),
            ("npm test || exit\nleeward hook pre-push \"$@\"\n", taken("npm test || exit")),
            ("git lfs pre-push \"$@\"\nleeward hook pre-push \"$@\"\n", taken("git lfs pre-push \"$@\"")),
            ("cat >/dev/null\nleeward hook pre-push \"$@\"\n", taken("cat >/dev/null")),
            ("mapfile -t x\nleeward hook pre-push\n", behind("mapfile -t x")),
            ("x=$(awk '{print $2}')\nleeward hook pre-push\n", taken("x=$(awk '{print $2}')")),
            ("grep -q main || exit 1\nleeward hook pre-push\n", taken("grep -q main || exit 1")),
            (
                "while read a b c d; do\n  echo $a\ndone\nleeward hook pre-push\n",
                behind("while read a b c d; do"),
            ),
            ("exec < /dev/tty\nleeward hook pre-push \"$@\"\n", taken("exec < /dev/tty")),
            ("input=$(cat)\nleeward hook pre-push \"$@\"\n", taken("input=$(cat)")),
            ("input=$(head -n1)\necho \"$input\" | leeward hook pre-push\n", taken("input=$(head -n1)")),
            ("x=$(cat)\nx=\necho \"$x\" | leeward hook pre-push\n", taken("x=$(cat)")),
            ("echo \"$input\" | leeward hook pre-push \"$@\"\n", Calls::Lost(Why::OtherInput)),
            ("leeward hook pre-push \"$@\" </dev/null\n", UNHEEDED),
            ("echo | leeward hook pre-push \"$@\"\n", UNHEEDED),
            ("cat | leeward hook pre-push \"$@\"\n", UNHEEDED),
        ] {
            assert_eq!(of("pre-push", text.as_bytes(), false), expected, "{text}");
        }
    }

    fn behind(by: &str) -> Calls {
        Calls::Lost(Why::Unfollowed(by.to_owned()))
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
        "leeward hook pre-commit || {\n  echo \"it's no, and why\" >&2\n  exit 1\n}\nnpm test\n",
        "if ! leeward hook pre-commit --quiet\nthen\n  echo no\n  exit 1\nfi\nnpm test\n",
        "leeward hook pre-commit\n[ $? -ne 0 ] && exit 1\nnpm test\n",
        "(cd web && npm test) || exit 1\nexport PATH=\"$PATH:/x\"\nleeward hook pre-commit || exit 1\nnpm test\n",
        "'/a b/leeward' hook pre-commit >&2\n",
    ];

    const NO_CALLS: &[&str] = &[
        "",
        "# leeward hook pre-commit\n",
        "true # leeward hook pre-commit\n",
        "npm \"it's\" && #/usr/bin/leeward hook pre-commit\n",
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
        "leeward hook pre-commit || {\n  echo \"no\n  exit 1\n  \"\n}\nexit 0\n",
        "#!/bin/sh -n\nleeward hook pre-commit\n",
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
        "cat <<END\nleeward hook pre-commit\nEND\n",
        "if leeward hook pre-commit\n",
        "#!/usr/bin/env python3\nimport os\nos.system(\"leeward hook pre-commit\")\n",
        "leeward hook pre-commit || failed=1\nnpm test || failed=1\nexit $failed\n",
        "if [ -n \"$CI\" ]; then\n echo all done\n leeward hook pre-commit || exit 1\nfi\nexit 0\n",
        "while false\ndo\n echo done\n leeward hook pre-commit || exit 1\ndone\n",
        "if\tfalse; then\n leeward hook pre-commit || exit 1\nfi\n",
        "leeward hook pre-commit\nset -e\ntrue\n",
        "leeward hook pre-commit\nrc=$?\nexit 0\nexit $rc\n",
        "leeward hook pre-commit\nrc=$?\n[ 1 ] && exit 0\nexit $rc\n",
        "leeward hook pre-commit\nrc=$?\nunset rc\nexit $rc\n",
        "leeward hook pre-commit \"--exit-zero\"\n",
        "leeward hook pre-commit $OPTIONS\n",
        "leeward hook pre-commit --config mine.toml\n",
        "leeward hook pre-commit || exit 256\n",
        "leeward hook pre-commit || { echo no; exit $?; }\n",
        "leeward hook pre-commit || { [ -n \"$CI\" ] && exit 1; }\n",
        "leeward hook pre-commit || {\n  [ -n \"$CI\" ] && exit 1\n}\n",
        "if ! leeward hook pre-commit; then if [ \"$STRICT\" ]; then exit 1; fi; fi\n",
        "if ! leeward hook pre-commit; then\n  if [ \"$STRICT\" ]; then\n    exit 1\n  fi\nfi\n",
        "if ! leeward hook pre-commit; then\n  ask && exit 1\nfi\n",
        "leeward hook pre-commit && npm test &\n",
        "(cd sub && leeward hook pre-commit)\n",
        "GIT_DIR=/x/.git leeward hook pre-commit\n",
        "GIT_INDEX_FILE=x leeward hook pre-commit || exit 1\n",
        "leeward hook commit-msg \"$1\" || { echo leeward hook pre-commit; exit 1; }\n",
        "./no-leeward hook pre-commit\n",
        "if a; then\n  :\nelse if b; then\n  :\nfi\nleeward hook pre-commit || exit 1\nfi\n",
    ];
}
