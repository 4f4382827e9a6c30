//! Whether a hook that somebody wrote calls a gate and ends with its status, as far as reading tells.
//!
//! Takes a script for the shell, runs nothing. Few plain shapes of a call are known to pass a refusal on: `CALL || exit 1`,
//! `exec CALL`, `if ! CALL; then exit 1; fi`, a call that comes last. What stands before it has to be plain as well (see
//! [`before`]). Of all else it is said that a refusal may be lost; `leeward doctor` tries the hook.

mod before;
mod endings;
mod lines;
#[cfg(test)]
mod tests;
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

/// Whether a shell is to run a hook.
pub(super) fn is_for_shell(content: &[u8]) -> bool {
    lines::is_for_shell(&content.to_str_lossy())
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
    let unheeded = || endings::condition(before, line).map_or(UNHEEDED, |by| Calls::Lost(Why::Where(by)));
    let Some((shape, found)) = shape.filter(|(_, found)| &found["gate"] == gate) else { return unheeded() };
    let passes = match shape {
        Shape::Passes => true,
        Shape::Refused => refuses(&found["refusal"], rest),
        Shape::Plain => is_heeded(&found, rest, strict || before::is_strict(before)),
    };
    if !passes || before::is_in_a_block(before) {
        return unheeded();
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
