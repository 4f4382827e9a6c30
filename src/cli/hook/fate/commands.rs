//! What single commands of a script do to how it ends, as far as that is known.
//!
//! Takes the words of a command and a [`State`], and changes it. A command that is not known may end in any way.

use std::collections::BTreeSet;

use super::super::shell::{AndOr, Joint, List, Pipeline, Shell};
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
    let is_exec = words.iter().any(|word| word == "exec");
    // In a function, it ends that.
    let is_inline =
        words.first().is_some_and(|word| ["for", "while", "until", "case"].contains(&word.as_str()));
    let returns = is_inline && words.iter().any(|word| word == "return" || word == "eval");
    state.unknown |= is_program || is_exec || returns || words.windows(2).any(ends);
    state.last = Last::Unknown;
}

/// Whether a script has a command that can change what comes of the rest, wherever it stands, and is not followed.
pub(super) fn is_beyond_us(list: &List) -> bool {
    let simple = |words: &[String]| match program(words) {
        [name, arguments @ ..] => match name.as_str() {
            "eval" | "return" | "break" | "continue" => true,
            "trap" => arguments.first().is_some_and(|action| action.contains("exit")),
            "alias" => arguments.iter().any(|word| word.contains("leeward")),
            _ => false,
        },
        [] => false,
    };
    let mut commands = list.iter().flat_map(|and_or| &and_or.items).flat_map(|(_, item)| &item.commands);
    commands.any(|command| match command {
        Shell::Simple(words) => simple(words),
        Shell::Group(list) | Shell::Subshell(list) => is_beyond_us(list),
        Shell::If { condition, then, otherwise } => {
            [condition, then, otherwise].into_iter().any(is_beyond_us)
        }
        Shell::Other(_) => false,
    })
}

/// Whether the shell is sure not to go on behind a line.
pub(super) fn ends(and_or: &AndOr) -> bool {
    let mut last = Last::Zero;
    for (joint, item) in and_or.items.iter().filter(|_| !and_or.background) {
        match (joint, last) {
            (Joint::And, Last::Failed) | (Joint::Or, Last::Zero) => continue,
            (Joint::And | Joint::Or, Last::Unknown) => return false,
            _ => {}
        }
        if ends_with(item) {
            return true;
        }
        last = match item.commands.as_slice() {
            [Shell::Simple(words)] => known(words, item.negated),
            _ => Last::Unknown,
        };
    }
    false
}

/// Whether the shell is sure not to go on behind a pipeline that it runs.
pub(super) fn ends_with(item: &Pipeline) -> bool {
    match item.commands.as_slice() {
        [Shell::Simple(words)] => is_end(words),
        [Shell::Group(list)] => list.iter().any(ends),
        [Shell::If { condition, then, otherwise }] => {
            let always = [then, otherwise].iter().all(|list| list.iter().any(ends));
            condition.iter().any(ends) || always || (is_true(condition) && then.iter().any(ends))
        }
        _ => false,
    }
}

fn is_end(words: &[String]) -> bool {
    let runs = words.iter().any(|word| word == "exec");
    program(words).first().is_some_and(|name| runs || name == "exit")
}

/// The status of a command that always has the same.
fn known(words: &[String], negated: bool) -> Last {
    match (program(words).first().map(String::as_str), negated) {
        (Some("true" | ":" | "echo" | "printf"), false) | (Some("false"), true) => Last::Zero,
        (Some("true" | ":" | "echo" | "printf"), true) | (Some("false"), false) => Last::Failed,
        _ => Last::Unknown,
    }
}

fn is_true(list: &List) -> bool {
    let last = list.last().and_then(|and_or| match and_or.items.as_slice() {
        [(_, item)] => {
            item.commands.first().filter(|_| item.commands.len() == 1).map(|one| (one, item.negated))
        }
        _ => None,
    });
    matches!(last, Some((Shell::Simple(words), negated)) if known(words, negated) == Last::Zero)
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
