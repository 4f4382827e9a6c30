//! Whether a hook that somebody wrote calls a gate and ends with its status, as far as reading tells.
//!
//! Takes a script for the shell and follows what happens when the call in it fails; nothing is run. Only what is sure to
//! end with a status other than 0 then counts as a gate. Of all else it is said that it may let keys pass: `leeward
//! doctor` tries the hook.

use bstr::ByteSlice;

use super::fate::{self, Fate};
use super::shell::{self, AndOr, Joint, List, Pipeline, Shell};

/// What a hook makes of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Calls {
    /// It does not call it.
    Never,
    /// It does, and what for is lost or cannot be told: this is why.
    Lost(&'static str),
    /// It does.
    Yes,
}

pub(super) const UNHEEDED: Calls = Calls::Lost("and does not heed the answer");
const BEHIND: Calls = Calls::Lost("behind an `exit`");
const AT_TIMES: Calls = Calls::Lost("only on a condition");
const UNSURE: Calls = Calls::Lost("in a way that cannot be followed by reading");

/// Options with which it never refuses.
const HARMLESS: [&str; 4] = ["--exit-zero", "--help", "-h", "--allow-incomplete"];

/// Programs that print their arguments.
const PRINTING: [&str; 3] = ["echo", "printf", ":"];

/// How a hook calls a gate. `strict`: the shell that runs it ends at the first command that fails.
pub(super) fn of(gate: &str, content: &[u8], strict: bool) -> Calls {
    let first = content.lines().next().unwrap_or_default();
    let Some(flags) = first.strip_prefix(b"#!").map_or(Some(Vec::new()), shell_flags) else {
        return if names(gate, content) { UNSURE } else { Calls::Never };
    };
    let Some(list) = content.to_str().ok().and_then(shell::parse) else {
        return if names(gate, content) { UNSURE } else { Calls::Never };
    };
    let strict = strict || fate::is_strict(&flags);
    let mut finder = Finder { gate, guards: Vec::new(), found: Vec::new(), else_named: false };
    finder.list(&list);
    let mut result = if finder.else_named { UNSURE } else { Calls::Never };
    for call in finder.found {
        result = match call.harmless {
            true => UNHEEDED,
            false => judged(&list, &call, strict),
        };
        if result == Calls::Yes {
            break;
        }
    }
    result
}

/// The arguments of the shell in a script's first line; none if that names another program.
fn shell_flags(line: &[u8]) -> Option<Vec<String>> {
    let words: Vec<String> = line.fields().map(|word| word.to_str_lossy().into_owned()).collect();
    let is_shell = |word: &String| {
        let name = word.rsplit('/').next().unwrap_or_default();
        ["sh", "bash", "dash", "zsh", "ksh", "ash", "busybox"].contains(&name)
    };
    let at = words.iter().position(is_shell)?;
    Some(words[at + 1..].to_vec())
}

/// Whether a script names the call anywhere but in a comment of its own line.
fn names(gate: &str, content: &[u8]) -> bool {
    let code = content.lines().filter(|line| !line.trim_ascii_start().starts_with(b"#"));
    code.flat_map(|line| line.find_iter("leeward").map(|at| &line[at + 7..])).any(|rest| {
        let mut words = rest.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-');
        let mut next = || words.by_ref().find(|word| !word.is_empty());
        next() == Some(b"hook") && next() == Some(gate.as_bytes())
    })
}

/// What comes of a call that fails, and of what has to succeed before it.
fn judged(list: &List, call: &Call, strict: bool) -> Calls {
    match fate::of(list, call.id, strict) {
        Fate::Stops if call.guards.iter().all(|id| fate::of(list, *id, strict) == Fate::Stops) => Calls::Yes,
        Fate::Stops | Fate::AtTimes => AT_TIMES,
        Fate::Goes => UNHEEDED,
        Fate::NotReached => BEHIND,
        Fate::Unknown => UNSURE,
    }
}

/// A call of the gate.
struct Call {
    /// The pipeline that ends with it.
    id: usize,
    /// Pipelines that have to succeed for it to be reached.
    guards: Vec<usize>,
    harmless: bool,
}

/// Looks for calls.
struct Finder<'a> {
    gate: &'a str,
    guards: Vec<usize>,
    found: Vec<Call>,
    /// It is named where nothing is known of what becomes of it.
    else_named: bool,
}

impl Finder<'_> {
    fn list(&mut self, list: &List) {
        list.iter().for_each(|and_or| self.and_or(and_or));
    }

    fn and_or(&mut self, and_or: &AndOr) {
        let before = self.guards.len();
        for (number, (_, item)) in and_or.items.iter().enumerate() {
            self.pipeline(item);
            if and_or.items.get(number + 1).is_some_and(|(joint, _)| *joint == Joint::And) {
                self.guards.push(item.id);
            }
        }
        self.guards.truncate(before);
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        for (number, command) in pipeline.commands.iter().enumerate() {
            match command {
                Shell::Simple(words) => {
                    self.simple(words, pipeline.id, number + 1 == pipeline.commands.len())
                }
                Shell::If { condition, then, otherwise } => {
                    [condition, then, otherwise].into_iter().for_each(|list| self.list(list));
                }
                Shell::Group(list) | Shell::Subshell(list) => self.list(list),
                Shell::Other(words) => self.else_named |= names(self.gate, words.join(" ").as_bytes()),
            }
        }
    }

    /// `last`: it stands at the end of its pipeline, whose status is its own then.
    fn simple(&mut self, words: &[String], id: usize, last: bool) {
        let command = fate::program(words);
        let is_program = |word: &String| word.rsplit('/').next() == Some("leeward");
        match command {
            [program, hook, gate, rest @ ..]
                if is_program(program) && hook == "hook" && gate == self.gate =>
            {
                let harmless = !last || rest.iter().any(|word| HARMLESS.contains(&word.as_str()));
                self.found.push(Call { id, guards: self.guards.clone(), harmless });
            }
            [program, ..] if PRINTING.contains(&program.as_str()) => {}
            _ => self.else_named |= names(self.gate, words.join(" ").as_bytes()),
        }
    }
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
            (BEHIND, TOO_LATE),
            (UNHEEDED, IN_VAIN),
            (AT_TIMES, CONDITIONAL),
            (UNSURE, NOT_FOLLOWED),
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
            ("if leeward hook pre-commit; then npm test; fi\nnpm run lint\n", UNHEEDED),
            ("set +e\nleeward hook pre-commit\nnpm test\n", UNHEEDED),
            ("! leeward hook pre-commit\n", UNHEEDED),
        ] {
            assert_eq!(of("pre-commit", text.as_bytes(), true), expected, "{text}");
        }
    }

    const HEEDED: &[&str] = &[
        "#!/bin/sh\nexec leeward hook pre-commit\n",
        "exec '/usr/bin/leeward' hook pre-commit \"$@\"\n",
        "\"$HOME/bin/leeward\" hook pre-commit\n",
        "if a; then\n  exit 0\nfi\nexec < /dev/tty\nleeward hook pre-commit\n",
        "leeward hook pre-commit || exit\nnpm test\nexit 0\n",
        "leeward hook pre-commit || exit $?\nnpm test\n",
        "leeward hook pre-commit || { echo no; exit 1; }\nnpm test\n",
        "leeward hook pre-commit ||\n  exit 1\nnpm test\n",
        "leeward hook pre-commit && npm test\n",
        "npm test && leeward hook pre-commit\n",
        "npm test && leeward hook pre-commit || exit 1\nnpm run lint\n",
        "#!/bin/sh -e\nleeward hook pre-commit\nnpm test\n",
        "#!/usr/bin/env -S bash -euo pipefail\nleeward hook pre-commit\nnpm test\n",
        "set -eu\nleeward hook pre-commit\nnpm test\n",
        "#!/bin/sh\nset -o errexit\nleeward hook pre-commit\nnpm test\n",
        "leeward hook pre-commit\nstatus=$?\necho done\nexit $status\n",
        "leeward hook pre-commit; exit $?\n",
        "leeward hook pre-commit\nexit\n",
        "leeward hook pre-commit || failed=1\nnpm test || failed=1\nexit $failed\n",
        "leeward hook pre-commit\nif [ $? -ne 0 ]; then\n  echo no\n  exit 1\nfi\nnpm test\n",
        "leeward hook pre-commit\n[ \"$?\" -eq 0 ] || exit 1\nnpm test\n",
        "leeward hook pre-commit\nr=$?\nif test \"$r\" != 0; then exit \"$r\"; fi\nnpm test\n",
        "if ! leeward hook pre-commit; then\n  exit 1\nfi\nnpm test\n",
        "if leeward hook pre-commit; then npm test; else exit 1; fi\necho done\n",
        "if command -v leeward >/dev/null; then leeward hook pre-commit || exit; else exit 1; fi\nnpm test\n",
        "leeward hook pre-commit || true\nleeward hook pre-commit\n",
        "(leeward hook pre-commit) || exit 1\nnpm test\n",
        "printf %s \"$input\" | leeward hook pre-commit \"$@\"\n",
        "LEEWARD=1 command leeward hook pre-commit >&2\n",
        "{ leeward hook pre-commit; }\n",
    ];

    const NO_CALLS: &[&str] = &[
        "",
        "# leeward hook pre-commit\n",
        "leeward hook pre-push\n",
        "leeward hook pre-commit-not\n",
        "echo leeward hook pre-commit\n",
        "true # leeward hook pre-commit\n",
        "cat <<END\nleeward hook pre-commit\nEND\n",
        "#!/usr/bin/env python3\nimport this\n",
    ];

    const TOO_LATE: &[&str] = &[
        "npm test\nexit 0\nleeward hook pre-commit\n",
        "exit && leeward hook pre-commit\n",
        "true && { exit 0; }\nleeward hook pre-commit\n",
        "if :; then exit 0; fi\nleeward hook pre-commit\n",
        "if exit; then leeward hook pre-commit; fi\n",
        "npm test || exit\nexec npm run lint\nleeward hook pre-commit || exit\n",
    ];

    const IN_VAIN: &[&str] = &[
        "leeward hook pre-commit || true\n",
        "leeward hook pre-commit || echo no\n",
        "leeward hook pre-commit || exit 0\n",
        "leeward hook pre-commit || { echo no; exit; }\n",
        "leeward hook pre-commit &\n",
        "! exec leeward hook pre-commit &\n",
        "leeward hook pre-commit\nnpm test\n",
        "leeward hook pre-commit; true\n",
        "leeward hook pre-commit 2>&1 | tee log\n",
        "! leeward hook pre-commit\n",
        "leeward hook pre-commit --exit-zero\n",
        "leeward hook pre-commit --help\n",
        "if leeward hook pre-commit; then npm test; fi\n",
        "if leeward hook pre-commit; then npm test; else echo no; fi\n",
        "leeward hook pre-commit || failed=1\nexit 0\n",
        "leeward hook pre-commit && npm test\necho done\n",
    ];

    const CONDITIONAL: &[&str] = &[
        "if false; then leeward hook pre-commit; fi\n",
        "if command -v leeward; then leeward hook pre-commit || exit 1; fi\nexit 0\n",
        "[ -n \"$SKIP\" ] || leeward hook pre-commit || exit 1\n",
        "command -v leeward && { leeward hook pre-commit || exit 1; }\nnpm test\n",
    ];

    const NOT_FOLLOWED: &[&str] = &[
        "run() { leeward hook pre-commit; }\nrun || exit\n",
        "for x in a; do leeward hook pre-commit || exit 1; done\n",
        "sh -c 'leeward hook pre-commit'\n",
        "npx leeward hook pre-commit\n",
        "out=$(leeward hook pre-commit) || exit 1\n",
        "eval \"$(direnv hook)\"\nleeward hook pre-commit\n",
        "case $x in a) exit 0 ;; esac\nleeward hook pre-commit\n",
        "trap 'exit 0' EXIT\nleeward hook pre-commit\n",
        "leeward() { true; }\nleeward hook pre-commit\n",
        "if leeward hook pre-commit\n",
        "#!/usr/bin/env python3\nimport os\nos.system(\"leeward hook pre-commit\")\n",
        "leeward hook pre-commit\nif [ $? -eq 7 ]; then exit 1; fi\necho done\n",
        "leeward hook pre-commit\nstatus=$?\nstatus=0\nexit $status\n",
        "leeward hook pre-commit\nset -- $?\nnpm test\nexit \"$1\"\n",
    ];
}
