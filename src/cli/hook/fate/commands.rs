//! What single commands of a script do to how it ends, as far as that is known.
//!
//! Takes the words of a command and a [`State`], and changes it. A command that is not known may end in any way.

use std::collections::BTreeSet;

use super::{Flow, Last, State};

/// The command of a line: without assignments, and without what only runs it.
pub(in super::super) fn program(words: &[String]) -> &[String] {
    let leads = |word: &String| is_assignment(word) || ["exec", "command", "env"].contains(&word.as_str());
    &words[words.iter().take_while(|word| leads(word)).count()..]
}

/// Whether the shell is told by these words to end at the first command that fails.
pub(in super::super) fn is_strict(words: &[String]) -> bool {
    let short = |word: &String| word.starts_with('-') && !word.starts_with("--") && word.contains('e');
    words.iter().any(|word| short(word) || word == "errexit")
}

/// Runs one command.
pub(super) fn simple(words: &[String], state: &mut State) -> Flow {
    let declared = words.first().is_some_and(|word| DECLARING.contains(&word.as_str()));
    let assignments = &words[usize::from(declared)..];
    if assignments.iter().all(|word| is_assignment(word)) {
        let last = state.last;
        for (name, value) in assignments.iter().filter_map(|word| word.split_once('=')) {
            match value_of(value, last, &state.kept) {
                Last::Failed => drop(state.kept.insert(name.to_owned())),
                _ => drop(state.kept.remove(name)),
            }
        }
        state.last = match assignments.iter().any(|word| word.contains("$(") || word.contains('`')) {
            true => Last::Unknown,
            false => Last::Zero,
        };
        return Flow::On;
    }
    let runs = words.iter().any(|word| word == "exec");
    let [name, arguments @ ..] = program(words) else {
        state.last = Last::Zero;
        return Flow::On;
    };
    let text = |at: usize| arguments.get(at).map_or("", String::as_str);
    state.last = match name.as_str() {
        "exit" => {
            return Flow::Ends(match arguments {
                [] => state.last,
                [status, ..] => value_of(status, state.last, &state.kept),
            });
        }
        // Another program has the last word.
        _ if runs => return Flow::Ends(Last::Zero),
        "true" | ":" | "echo" | "printf" => Last::Zero,
        "false" => Last::Failed,
        "[" | "[[" | "test" => compared(arguments, state),
        "set" => {
            let less = arguments.iter().any(|word| word.starts_with('+') && word.contains('e'));
            let unset = text(0) == "+o" && text(1) == "errexit";
            state.strict = (state.strict || is_strict(arguments)) && !less && !unset;
            Last::Zero
        }
        "trap" | "alias" | "eval" | "return" | "break" | "continue" | "." | "source" => {
            // What they do is not followed, where it could change what comes of the rest.
            let harmless = match name.as_str() {
                "trap" => !text(0).contains("exit"),
                "alias" => !arguments.iter().any(|word| word.contains("leeward")),
                "." | "source" => true,
                _ => !state.reached && name == "eval",
            };
            state.unknown |= !harmless;
            Last::Unknown
        }
        _ => {
            state.kept.retain(|name| !arguments.contains(name));
            Last::Unknown
        }
    };
    Flow::On
}

/// Words before assignments.
const DECLARING: [&str; 4] = ["export", "local", "declare", "readonly"];

/// A function, a loop, a `case`.
pub(super) fn other(words: &[String], state: &mut State) {
    for word in words {
        if let Some((name, _)) = word.split_once('=') {
            state.kept.remove(name);
        }
    }
    let ends =
        |pair: &[String]| pair[0] == "exit" && value_of(&pair[1], state.last, &state.kept) != Last::Failed;
    let is_program = words.iter().take(2).any(|word| word == "leeward");
    state.unknown |= is_program || (state.reached && words.windows(2).any(ends));
    state.last = Last::Unknown;
}

/// What `[ … ]` comes to.
fn compared(words: &[String], state: &State) -> Last {
    let words = match words {
        [inside @ .., end] if end == "]" || end == "]]" => inside,
        words => words,
    };
    let [value, operator, other] = words else { return Last::Unknown };
    let differs = match value_of(value, state.last, &state.kept) {
        Last::Failed if other == "0" => true,
        Last::Zero if other == "0" => false,
        _ => return Last::Unknown,
    };
    match (operator.as_str(), differs) {
        ("-ne" | "!=" | "-gt", true) | ("-eq" | "=" | "==", false) => Last::Zero,
        ("-ne" | "!=" | "-gt", false) | ("-eq" | "=" | "==", true) => Last::Failed,
        _ => Last::Unknown,
    }
}

/// What a word stands for, as a status.
fn value_of(word: &str, last: Last, kept: &BTreeSet<String>) -> Last {
    let name =
        word.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).or_else(|| word.strip_prefix('$'));
    match (name, word.parse::<u64>()) {
        (Some("?"), _) => last,
        (Some(name), _) if kept.contains(name) => Last::Failed,
        // A status has eight bits.
        (None, Ok(number)) if number % 256 == 0 => Last::Zero,
        (None, Ok(_)) => Last::Failed,
        _ => Last::Unknown,
    }
}

fn is_assignment(word: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    word.split_once('=').is_some_and(|(name, _)| is_name(name))
}
