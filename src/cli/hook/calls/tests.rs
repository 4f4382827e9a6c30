//! What is read from hooks of many shapes.

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
fn a_hook_that_calls_on_a_condition_says_which() {
    for (by, text) in [
        ("if false; then leeward hook pre-commit; fi", "if false; then leeward hook pre-commit; fi\n"),
        (
            "if command -v leeward; then",
            "if command -v leeward; then\n  leeward hook pre-commit || exit 1\nfi\nexit 0\n",
        ),
        (
            "[ -n \"$SKIP\" ] || leeward hook pre-commit || exit 1",
            "[ -n \"$SKIP\" ] || leeward hook pre-commit || exit 1\n",
        ),
        (
            "command -v leeward && { leeward hook pre-commit || exit 1; }",
            "command -v leeward && { leeward hook pre-commit || exit 1; }\nnpm test\n",
        ),
        (
            "if [ -n \"$CI\" ]; then",
            "if [ -n \"$CI\" ]; then\n echo all done\n leeward hook pre-commit || exit 1\nfi\nexit 0\n",
        ),
        ("while false; do", "while false\ndo\n echo done\n leeward hook pre-commit || exit 1\ndone\n"),
        ("if\tfalse; then", "if\tfalse; then\n leeward hook pre-commit || exit 1\nfi\n"),
        (
            "case $(git symbolic-ref --short HEAD) in",
            "case $(git symbolic-ref --short HEAD) in\nmain) leeward hook pre-commit || exit 1 ;;\nesac\n",
        ),
    ] {
        let expected = Calls::Lost(Why::Where(by.to_owned()));
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
        ("input=$(cat)\necho \"$input\" | leeward hook pre-push \"$@\" || exit 1\nnpm test\n", Calls::Yes),
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
