//! Where a script for the shell ends, or may end.
//!
//! Takes lines of a script and says by which of them it goes no further. An end with a status that is not 0 stops git, and is
//! no harm; one with 0, or with a status that cannot be told, lets git go on.

use super::before::{LEADS, is_assignment, not_led_elsewhere};

/// Characters of a line that are shown.
const SHOWN: usize = 60;

/// The words that a line's commands begin with.
fn commands(line: &str) -> impl Iterator<Item = &str> {
    line.split([';', '&', '|']).filter_map(|command| command.split_whitespace().next())
}

/// Whether the shell is sure not to go on behind a line.
pub(super) fn surely(line: &str) -> bool {
    // What stands behind `&&` or `||` is on a condition.
    if commands(line).next() != Some("exit")
        && !line.contains(['&', '|'])
        && commands(line).any(|word| word == "exit")
    {
        return true;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let first = words.first().copied().unwrap_or_default();
    first == "exit" || first == "exit;" || runs_in_place(&words)
}

/// The line by which a script may end with 0 before it comes to what follows `lines`: of a block, the line that begins it.
pub(super) fn perhaps(lines: &[String]) -> Option<String> {
    let mut blocks: Vec<&String> = Vec::new();
    for line in lines {
        let word = commands(line).next().unwrap_or_default();
        let begins = matches!(word, "if" | "for" | "while" | "until" | "case");
        if matches!(word, "elif" | "else") {
            blocks.pop();
        }
        if begins || matches!(word, "elif" | "else") {
            blocks.push(line);
        }
        if lets_go(line, &blocks) {
            return Some(cut(blocks.last().copied().unwrap_or(line)));
        }
        if commands(line).any(|word| matches!(word, "fi" | "done" | "esac")) {
            blocks.pop();
        }
    }
    None
}

/// The line that says when the call in `line` is reached, which stands behind others, where it is not always.
pub(super) fn condition(before: &[String], line: &str) -> Option<String> {
    let mut blocks: Vec<&str> = Vec::new();
    for line in before {
        let word = commands(line).next().unwrap_or_default();
        if matches!(word, "if" | "while" | "until" | "case") {
            blocks.push(line);
        }
        if commands(line).any(|word| matches!(word, "fi" | "done" | "esac")) {
            blocks.pop();
        }
    }
    let (to_call, _) = line.split_once("leeward hook")?;
    let first = commands(line).next().unwrap_or_default();
    let own = match first {
        "case" => true,
        "if" | "while" | "until" => to_call.contains(" then ") || to_call.contains(" do "),
        _ => to_call.trim_end().ends_with("||") || to_call.contains("&& {"),
    };
    own.then_some(line).or(blocks.last().copied()).map(cut)
}

/// A line as it is shown.
pub(super) fn cut(line: &str) -> String {
    let cut: String = line.chars().take(SHOWN).collect();
    if cut.len() < line.len() { cut + "…" } else { cut }
}

/// Whether a line may end the script, with a status that may be 0.
fn lets_go(line: &str, blocks: &[&String]) -> bool {
    let line = &not_led_elsewhere(line);
    let mut rest = line.as_str();
    // Whether the command before has failed.
    let mut failed = false;
    loop {
        let end = rest.find([';', '&', '|']).unwrap_or(rest.len());
        let command =
            rest[..end].trim_start_matches([' ', '\t', '(', '{']).trim_end_matches([' ', '\t', ')', '}']);
        let words = led_to(command);
        if runs_in_place(&words) {
            return true;
        }
        if matches!(words.first(), Some(&("exit" | "return"))) {
            let status = words.get(1).map(|word| word.trim_matches('"'));
            let told = |name: &str| {
                let before = &line[..line.len() - rest.len()];
                tells(before, name, failed) || blocks.last().is_some_and(|block| tells(block, name, false))
            };
            let refuses = match status {
                None | Some("$?") => failed,
                Some(status) => match status.strip_prefix('$') {
                    Some(name) => told(name.trim_matches(['{', '}'])),
                    None => status.parse::<u8>().is_ok_and(|status| status != 0),
                },
            };
            if !refuses {
                return true;
            }
        }
        failed = rest[end..].starts_with("||");
        rest = rest[end..].trim_start_matches([';', '&', '|']);
        if rest.is_empty() {
            return false;
        }
    }
}

/// Whether a text tests that a variable is not 0, as a status is that refuses; `otherwise`: that it is, where what follows is
/// for the other case.
fn tells(text: &str, name: &str, otherwise: bool) -> bool {
    let text = text.replace(['"', '{', '}'], "");
    let tests: &[&str] = if otherwise { &["-eq 0", "= 0"] } else { &["-ne 0", "!= 0", "-gt 0"] };
    !text.contains("! ") && tests.iter().any(|test| text.contains(&format!("${name} {test}")))
}

/// The words of a command, without what leads to it: words of the shell, patterns of a `case`, what it is given in its
/// environment.
fn led_to(command: &str) -> Vec<&str> {
    let mut words: Vec<&str> = command.split_whitespace().collect();
    if words.first() == Some(&"case")
        && let Some(at) = words.iter().position(|word| *word == "in")
    {
        words.drain(..=at);
    }
    let is_lead = |word: &&str| {
        LEADS.contains(word) || *word == "(" || word.ends_with(')') || is_assignment(word).is_some()
    };
    words.into_iter().skip_while(is_lead).collect()
}

/// Whether a command takes the place of the shell. `exec` without a program only leads input and output elsewhere.
fn runs_in_place(words: &[&str]) -> bool {
    let is_program =
        |word: &&str| word.starts_with(|c: char| c.is_ascii_alphabetic() || "\"'/.$".contains(c));
    words.first() == Some(&"exec") && words.get(1).is_some_and(is_program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_may_end_before_its_last_line() {
        for (script, by) in [
            ("[ -n \"$SKIP\" ] && exit 0", Some("[ -n \"$SKIP\" ] && exit 0")),
            ("[ -n \"$SKIP\" ] && exit", Some("[ -n \"$SKIP\" ] && exit")),
            ("test -f x || exit 0", Some("test -f x || exit 0")),
            ("[ -t 1 ] || { echo no; exit; }", Some("[ -t 1 ] || { echo no; exit; }")),
            ("if a; then\n echo\n exit 0\nfi", Some("if a; then")),
            ("if a; then\n exit 1\nelif b; then\n exit 0\nfi", Some("elif b; then")),
            ("if a; then exit 0; fi", Some("if a; then exit 0; fi")),
            ("case $1 in\nx) exit 0 ;;\nesac", Some("case $1 in")),
            ("case $1 in x) exit 0 ;; esac", Some("case $1 in x) exit 0 ;; esac")),
            ("case $(x) in x | y) exit ;; esac", Some("case $(x) in x | y) exit ;; esac")),
            ("case $1 in x) exit 1 ;; *) echo in ;; esac", None),
            ("CI=1 exit 0", Some("CI=1 exit 0")),
            ("time exec other", Some("time exec other")),
            (">/dev/null exit 0", Some(">/dev/null exit 0")),
            ("exec 2>&1 other", Some("exec 2>&1 other")),
            ("exec 3>&2 2>/dev/null", None),
            ("npm test 2>&1 || exit", None),
            ("[ -x other ] && exec other", Some("[ -x other ] && exec other")),
            ("npm test; exit $status", Some("npm test; exit $status")),
            ("[ $rc -eq 0 ] && exit $rc", Some("[ $rc -eq 0 ] && exit $rc")),
            ("[ $rc -ne 0 ] || exit $rc", Some("[ $rc -ne 0 ] || exit $rc")),
            ("if [ $rc -eq 0 ]; then\n exit $rc\nfi", Some("if [ $rc -eq 0 ]; then")),
            ("if ! [ $rc -ne 0 ]; then\n exit $rc\nfi", Some("if ! [ $rc -ne 0 ]; then")),
            ("[ \"${rc}\" = 0 ] || exit \"${rc}\"", None),
            ("if [ $rc != 0 ]; then exit $rc; fi", None),
            ("npm test || exit", None),
            ("npm test || exit $?", None),
            ("npm test || exit 1", None),
            ("if ! npm test; then\n exit 1\nfi", None),
            ("npm test\nrc=$?\n[ $rc -ne 0 ] && exit $rc", None),
            ("if [ \"$rc\" -ne 0 ]; then\n exit \"$rc\"\nfi", None),
            ("exec < /dev/tty", None),
            ("echo exit 0", None),
        ] {
            let lines: Vec<String> = script.lines().map(|line| line.trim().to_owned()).collect();
            assert_eq!(perhaps(&lines).as_deref(), by, "{script}");
        }
    }
}
