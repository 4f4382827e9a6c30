//! What stands before a call in a script for the shell: whether the call is reached in the shell as git started it, and
//! with all that git hands over.
//!
//! Takes lines, runs nothing. A command is taken for a program of its own, which changes nothing of the shell; of those
//! that are the shell's and change it, only few forms are followed. For the gate of a push, few commands are known to
//! leave standard input alone.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::why::Why;
use super::{endings, lines};

/// Words of the shell that lead to a command.
pub(super) const LEADS: [&str; 10] = ["if", "elif", "while", "until", "then", "else", "do", "!", "{", "time"];

/// Commands that change the shell, and are not followed.
const CHANGING: [&str; 29] = [
    ".",
    "source",
    "eval",
    "cd",
    "pushd",
    "popd",
    "alias",
    "unalias",
    "unset",
    "shift",
    "shopt",
    "setopt",
    "unsetopt",
    "emulate",
    "function",
    "builtin",
    "enable",
    "hash",
    "coproc",
    "trap",
    "declare",
    "typeset",
    "local",
    "readonly",
    "read",
    "mapfile",
    "readarray",
    "getopts",
    "let",
];

/// Commands that leave standard input alone.
const NO_READERS: [&str; 26] = [
    "", ":", "true", "false", "echo", "printf", "[", "[[", "test", "export", "set", "umask", "type", "which",
    "dirname", "basename", "pwd", "cd", "uname", "mkdir", "for", "case", "esac", "fi", "done", "exit",
];

/// What of git does.
const OF_GIT: [&str; 11] = [
    "rev-parse",
    "config",
    "symbolic-ref",
    "branch",
    "status",
    "diff",
    "merge-base",
    "describe",
    "remote",
    "ls-files",
    "show-ref",
];

/// The forms in which the shell is told how strict to be.
static SET: LazyLock<Regex> = LazyLock::new(|| {
    const OPTION: &str = "-[eux]+|-[eux]*o (?:errexit|nounset|pipefail|xtrace)";
    Regex::new(&format!("^set (?:{OPTION})(?: (?:{OPTION}))*$")).expect("a constant expression")
});

/// Constant texts, what is put in for a command, and lists in a shell of their own.
static CONSTANTS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"'[^';|&()]*'|"[^"$`;|&()]*""#).expect("a constant expression"));
static PUT_IN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\$\([^()]*\)").expect("a constant expression"));
static APART: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(^|[;&|] ?|then |! )\([^()]*\)").expect("a constant expression"));

/// What leads input and output elsewhere.
static ELSEWHERE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(^|\s)(?:\d*|&|\{\w+\})[<>]+[&|]?\s*[^\s;&|<>()]+").expect("a constant expression")
});

/// Whether one of some lines surely ends the script.
pub(super) fn ends(lines: &[String]) -> bool {
    (0..lines.len()).any(|number| endings::surely(&lines[number]) && !is_in_a_block(&lines[..number]))
}

/// Whether what follows some lines stands in a condition, a loop or a group.
pub(super) fn is_in_a_block(lines: &[String]) -> bool {
    let depth = lines.iter().fold(0_usize, |depth, line| {
        let line = plain(line);
        let (mut opened, mut closed) = (0, 0);
        for command in commands(&line) {
            for word in command.split_whitespace() {
                match word {
                    "if" | "for" | "while" | "until" | "case" | "select" | "{" | "(" => opened += 1,
                    "fi" | "done" | "esac" | "}" | ")" => closed += 1,
                    word if LEADS.contains(&word) || word.ends_with(')') => continue,
                    _ => break,
                }
                if matches!(word, "for" | "case" | "select") {
                    break;
                }
            }
        }
        (depth + opened).saturating_sub(closed)
    });
    depth > 0
}

/// Why the gate may not judge what git means, if some lines stand before it. `pushes`: it is handed lines by git; `input`: the
/// variable that it gets them from, if not from git itself.
pub(super) fn doubt(lines: &[String], pushes: bool, input: Option<&str>) -> Option<Why> {
    if let Some(by) = lines.iter().find(|line| !is_followed(line)) {
        return Some(Why::Unfollowed(endings::cut(by)));
    }
    let taken = lines.iter().filter(|_| pushes).find(|line| may_read(line));
    match (taken, input) {
        (Some(by), Some(input)) if keeps(by, lines, input) => None,
        (Some(by), _) => Some(Why::Unfed(endings::cut(by))),
        (None, Some(_)) if pushes => Some(Why::OtherInput),
        (None, _) => None,
    }
}

/// Whether a line leaves the shell as it is, as far as that matters.
fn is_followed(line: &str) -> bool {
    let mut line = line.to_owned();
    while PUT_IN.is_match(&line) {
        line = PUT_IN.replace_all(&line, "$$_").into_owned();
    }
    let is_open = lines::is_open(&line);
    let line = plain(&line);
    !is_open
        && !["<<", "(", "`"].iter().any(|text| line.contains(text))
        && commands(&line).all(|command| is_harmless(&words(command), command.trim()))
}

fn is_harmless(words: &[&str], command: &str) -> bool {
    let Some(first) = words.first() else { return true };
    match *first {
        "set" => SET.is_match(&words.join(" ")),
        "export" => words[1..].iter().all(|word| is_assignment(word).unwrap_or(!word.starts_with('-'))),
        "exec" => words
            .get(1)
            .is_none_or(|word| word.starts_with(|c: char| c.is_ascii_digit() || "<>&".contains(c))),
        "command" => words.get(1) == Some(&"-v"),
        // That of husky before version 9, which has the shell end at the first command that fails.
        "." => command == ". \"$_/_/husky.sh\"",
        word => {
            // What is quoted, or put in, may be any of them.
            let is_plain = !word.contains(['\'', '\\', '$']);
            !CHANGING.contains(&word) && (word.contains('/') || is_plain)
        }
    }
}

/// Whether a word gives a variable a value that changes nothing of what is judged; none if it is no assignment.
pub(super) fn is_assignment(word: &str) -> Option<bool> {
    let (name, value) = word.split_once('=')?;
    let name = name.trim_end_matches('+');
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    let leading = ["GIT_", "PRE_COMMIT", "LD_", "XDG_"].iter().any(|start| name.starts_with(start));
    let own = ["HOME", "IFS", "ENV", "BASH_ENV", "CDPATH", "SHELLOPTS"].contains(&name);
    Some(!leading && !own && (name != "PATH" || value.contains("PATH")))
}

/// Whether a word has a command read standard input that does not do so otherwise.
fn is_standard_input(word: &str) -> bool {
    matches!(word, "-" | "-f-" | "-S") || word.ends_with("=-") || word.starts_with("--exclude-existing")
}

/// Whether a line may take what git says on standard input.
fn may_read(line: &str) -> bool {
    // What leads elsewhere parts no commands, and all else does that can.
    let line = plain(line).replace(">&", ">").replace("<&", "<").replace("&>", ">");
    let line = line.replace("$(", ";").replace('(', " ").replace([')', '&'], ";").replace("||", ";");
    let first = |list: &str| list.split('|').next().map(str::to_owned).unwrap_or_default();
    line.split(';').map(first).any(|command| {
        let words = words(&command);
        let second = words.get(1).copied().unwrap_or_default();
        match words.first().copied().unwrap_or_default().trim_matches('"') {
            "git" => !OF_GIT.contains(&second) || words.iter().any(|word| is_standard_input(word)),
            "date" | "tput" => words.iter().any(|word| is_standard_input(word)),
            "command" => second != "-v",
            "exec" => command.contains('<'),
            word => !NO_READERS.contains(&word) && !command.contains("</") && !command.contains("< /"),
        }
    })
}

/// Whether a line keeps all of that in a variable, and no other of the lines changes it.
fn keeps(line: &str, lines: &[String], variable: &str) -> bool {
    let is_its_own = |line: &&String| line.contains(&format!("{variable}="));
    [format!("{variable}=$(cat)"), format!("{variable}=\"$(cat)\"")].iter().any(|known| known == line)
        && lines.iter().filter(is_its_own).count() == 1
}

/// Whether the shell is told to end at the first command that fails.
pub(super) fn is_strict(lines: &[String]) -> bool {
    let short = |word: &str| word.starts_with('-') && word.contains('e');
    let tells =
        |line: &String| SET.is_match(line) && line.split(' ').any(|word| short(word) || word == "errexit");
    (0..lines.len()).any(|number| tells(&lines[number]) && !is_in_a_block(&lines[..number]))
}

/// A line whose constant texts are one word each, as is what runs in a shell of its own. That of a path stays one.
pub(super) fn plain(line: &str) -> String {
    let constant = |found: &Captures<'_>| if found[0].contains('/') { "./_" } else { "'_'" };
    let line = CONSTANTS.replace_all(line, constant);
    APART.replace_all(&line, "${1}_").into_owned()
}

/// A line without what leads input and output elsewhere.
pub(super) fn not_led_elsewhere(line: &str) -> String {
    ELSEWHERE.replace_all(line, "$1").into_owned()
}

fn commands(line: &str) -> impl Iterator<Item = &str> {
    line.split([';', '&', '|'])
}

/// The words of a command, without those that lead to it and what it is given in its environment. What gives a variable a
/// value that matters is a command that changes the shell.
fn words(command: &str) -> Vec<&str> {
    let mut words = command.split_whitespace().peekable();
    while let Some(word) = words.peek() {
        match is_assignment(word) {
            Some(true) => {}
            Some(false) => return vec!["eval"],
            None if LEADS.contains(word) || word.ends_with(')') && !word.contains('(') => {}
            None => break,
        }
        words.next();
    }
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_the_shell_is_not_followed() {
        for line in [
            "npm test",
            "npm test || exit 1",
            "FOO=1 npm test && echo \"it's done, cd x\"",
            "(cd web && npm test) || exit 1",
            "root=$(cd \"$(dirname \"$0\")\" && pwd)",
            "export PATH=\"$HOME/bin:$PATH\"",
            "export CI",
            "set -euo pipefail",
            "exec < /dev/tty",
            "exec 1>&2",
            "if [ -n \"$CI\" ]; then",
            ". \"$(dirname -- \"$0\")/_/husky.sh\"",
            "\"$HOME/bin/check\" all",
            "'/a b/check' all",
            "my_check \"all\"",
            "command -v npm",
            "case $1 in",
            "x) npm test ;;",
        ] {
            assert!(is_followed(line), "{line}");
        }
        for line in [
            "cd /other",
            "npm test; cd /other",
            "if a; then cd sub; fi",
            "GIT_DIR=/other/.git",
            "export GIT_INDEX_FILE=/tmp/x",
            "GIT_DIR=x npm test",
            "HOME=/tmp",
            "PATH=/tmp",
            "set -- -e",
            "set +e",
            "set -n",
            ". ./other.sh",
            ". \"$HOME/.nvm/nvm.sh\"",
            "check() {",
            "check () {",
            "function check {",
            "cat <<END",
            "(cd sub",
            "x=$(",
            "x=(a b)",
            ": '",
            "echo `date`",
            "eval \"$X\"",
            "$RUN npm test",
            "ex${IT}it",
            "command cd x",
            "\\cd x",
            "\"cd\" x",
            "c'd' x",
            "echo '\";' \"abc",
            "trap 'exit 0' EXIT",
        ] {
            assert!(!is_followed(line), "{line}");
        }
    }

    #[test]
    fn few_commands_leave_standard_input_alone() {
        for line in [
            "echo pushing to \"$1\"",
            "branch=$(git rev-parse --abbrev-ref HEAD)",
            "day=$(date +%F)",
            "here=\"$(dirname \"$0\")\"",
            "if [ \"$1\" = origin ]; then",
            "npm test </dev/null || exit 1",
            "printf '%s\\n' \"$x\" | grep y",
            "command -v leeward >/dev/null || exit 1",
            "echo pushing >&2 & echo done &>/dev/null",
        ] {
            assert!(!may_read(line), "{line}");
        }
        for line in [
            "npm test",
            "cat",
            "input=$(cat)",
            "x=\"$(grep main)\"",
            "mapfile -t refs",
            "awk '{print $2}'",
            "while read a b c d; do",
            "git lfs pre-push \"$@\"",
            "exec < /dev/tty",
            "echo x && grep main",
            "! grep -q main",
            "true & cat >/dev/null",
            "case $1 in x | y) cat ;; esac",
            "date -f - >/dev/null",
            "git config --file=- --list",
            "known=$(git show-ref --exclude-existing)",
        ] {
            assert!(may_read(line), "{line}");
        }
    }
}
