//! What becomes of a script for the shell when one command in it fails.
//!
//! Takes the tree of a script and the number of a pipeline that fails, and goes on from there as the shell would: what
//! is before is taken to have gone well, and of a command that is not known either outcome is followed. What is not
//! followed is unknown, never good.

mod commands;

use std::collections::BTreeSet;

use self::commands::{ends, ends_with, is_beyond_us, other, simple};
pub(super) use self::commands::{is_strict, program};
use super::shell::{AndOr, Joint, List, Pipeline, Shell};

/// How the script ends then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// With a status other than 0, for sure.
    Stops,
    /// It may end with 0.
    Goes,
    /// The command is run on a condition only.
    AtTimes,
    /// The script ends before it.
    NotReached,
    /// That cannot be told.
    Unknown,
}

/// A status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    Failed,
    Zero,
    Unknown,
}

/// Whether a shell goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    On,
    Ends(Last),
}

#[derive(Clone, Debug)]
struct State {
    /// The failing pipeline was reached.
    reached: bool,
    last: Last,
    /// That failure was in a condition, and does not end a strict shell.
    excused: bool,
    /// Variables that hold a number other than 0 since.
    kept: BTreeSet<String>,
    strict: bool,
    /// The failing pipeline is run on a condition.
    at_times: bool,
    /// Something decided how to go on that is not known.
    guessed: bool,
    unknown: bool,
}

/// What becomes of a script when the pipeline of that number fails.
pub(super) fn of(list: &List, failing: usize, strict: bool) -> Fate {
    let mut state = State {
        reached: false,
        last: Last::Zero,
        excused: false,
        kept: BTreeSet::new(),
        strict,
        at_times: false,
        guessed: false,
        unknown: is_beyond_us(list),
    };
    let flow = Script { failing }.list(list, &mut state, false);
    let status = if let Flow::Ends(status) = flow { status } else { state.last };
    match status {
        _ if state.unknown => Fate::Unknown,
        _ if !state.reached => Fate::NotReached,
        _ if state.at_times => Fate::AtTimes,
        Last::Failed => Fate::Stops,
        _ if state.guessed || flow == Flow::Ends(Last::Unknown) => Fate::Unknown,
        _ => Fate::Goes,
    }
}

struct Script {
    failing: usize,
}

impl Script {
    /// `excused`: what fails here ends no strict shell.
    fn list(&self, list: &List, state: &mut State, excused: bool) -> Flow {
        for and_or in list {
            let flow = match state.reached || self.is_in_all(and_or) {
                true => self.and_or(and_or, state, excused),
                false => before(and_or, state),
            };
            if flow != Flow::On {
                return flow;
            }
        }
        Flow::On
    }

    fn and_or(&self, and_or: &AndOr, state: &mut State, excused: bool) -> Flow {
        if and_or.background {
            // Nobody waits for it.
            state.reached |= self.is_in_all(and_or);
            state.last = Last::Zero;
            return Flow::On;
        }
        let mut ran_last = false;
        let mut is_open = false;
        for (number, (joint, item)) in and_or.items.iter().enumerate() {
            if !state.reached && !self.is_in(item) {
                if *joint != Joint::Or && ends_with(item) {
                    return Flow::Ends(Last::Unknown);
                }
                // It goes well, and so what follows on `||` is not run.
                is_open = true;
                continue;
            }
            if !state.reached && is_open && *joint == Joint::Or {
                state.at_times = true;
            }
            let runs = match (joint, state.last) {
                _ if !state.reached => Some(true),
                (Joint::First, _) | (Joint::And, Last::Zero) | (Joint::Or, Last::Failed) => Some(true),
                (Joint::And, Last::Failed) | (Joint::Or, Last::Zero) => Some(false),
                (_, Last::Unknown) => None,
            };
            ran_last = runs != Some(false) && number + 1 == and_or.items.len();
            let excused = excused || number + 1 < and_or.items.len();
            let flow = match runs {
                Some(true) => self.pipeline(item, state, excused),
                Some(false) => Flow::On,
                None => either(state, |state| self.pipeline(item, state, excused), |_| Flow::On),
            };
            if flow != Flow::On {
                return flow;
            }
        }
        state.excused |= !ran_last || excused;
        match state.strict && state.last == Last::Failed && !state.excused {
            true => Flow::Ends(Last::Failed),
            false => Flow::On,
        }
    }

    fn pipeline(&self, item: &Pipeline, state: &mut State, excused: bool) -> Flow {
        state.excused = false;
        let flow = match item.commands.as_slice() {
            commands if item.id == self.failing => {
                state.reached = true;
                state.last = Last::Failed;
                let runs = |words: &Vec<String>| words.iter().any(|word| word == "exec");
                match commands {
                    [Shell::Simple(words)] if runs(words) => Flow::Ends(Last::Failed),
                    _ => Flow::On,
                }
            }
            [command] => self.command(command, state, excused || item.negated),
            commands => {
                // Each is a shell of its own; the last one's status is that of all.
                let reached = state.reached || commands.iter().any(|command| self.is_in_command(command));
                if let Some(last) = commands.last().filter(|last| self.is_in_command(last)) {
                    self.apart(state, |state| self.command(last, state, excused));
                } else {
                    state.last = Last::Unknown;
                }
                state.reached = reached;
                Flow::On
            }
        };
        if item.negated {
            state.excused = true;
            state.last = match state.last {
                Last::Failed => Last::Zero,
                Last::Zero => Last::Failed,
                Last::Unknown => Last::Unknown,
            };
        }
        flow
    }

    /// Runs in a shell of its own: what it sets is lost, and its end is a status.
    fn apart(&self, state: &mut State, run: impl FnOnce(&mut State) -> Flow) {
        let mut inner = state.clone();
        state.last = match run(&mut inner) {
            Flow::On => inner.last,
            Flow::Ends(status) => status,
        };
        state.reached |= inner.reached;
        state.at_times |= inner.at_times;
        state.guessed |= inner.guessed;
        state.unknown |= inner.unknown;
    }

    fn command(&self, command: &Shell, state: &mut State, excused: bool) -> Flow {
        match command {
            Shell::Simple(words) => simple(words, state),
            Shell::Group(list) => self.list(list, state, excused),
            Shell::Subshell(list) => {
                self.apart(state, |state| self.list(list, state, excused));
                Flow::On
            }
            Shell::If { condition, then, otherwise } => {
                self.conditional([condition, then, otherwise], state, excused)
            }
            Shell::Other(words) => {
                other(words, state);
                Flow::On
            }
        }
    }

    fn conditional(
        &self,
        [condition, then, otherwise]: [&List; 3],
        state: &mut State,
        excused: bool,
    ) -> Flow {
        if !state.reached {
            for (list, instead) in [(then, otherwise), (otherwise, then)] {
                if list.iter().any(|and_or| self.is_in_all(and_or)) {
                    if condition.iter().any(ends) {
                        return Flow::Ends(Last::Unknown);
                    }
                    // Where the other branch is taken, nothing may come through either.
                    let mut state_instead = State { reached: true, last: Last::Zero, ..state.clone() };
                    let flow = self.list(instead, &mut state_instead, excused);
                    state.at_times |= flow != Flow::Ends(Last::Failed);
                    return self.list(list, state, excused);
                }
            }
        }
        let flow = self.list(condition, state, true);
        if flow != Flow::On {
            return flow;
        }
        let branch = |list: &List, state: &mut State| {
            if list.is_empty() {
                state.last = Last::Zero;
            }
            self.list(list, state, excused)
        };
        match state.last {
            Last::Zero => branch(then, state),
            Last::Failed => branch(otherwise, state),
            Last::Unknown => either(state, |state| branch(then, state), |state| branch(otherwise, state)),
        }
    }

    fn is_in_all(&self, and_or: &AndOr) -> bool {
        and_or.items.iter().any(|(_, item)| self.is_in(item))
    }

    fn is_in(&self, item: &Pipeline) -> bool {
        item.id == self.failing || item.commands.iter().any(|command| self.is_in_command(command))
    }

    fn is_in_command(&self, command: &Shell) -> bool {
        let within = |list: &List| list.iter().any(|and_or| self.is_in_all(and_or));
        match command {
            Shell::If { condition, then, otherwise } => [condition, then, otherwise].into_iter().any(within),
            Shell::Group(list) | Shell::Subshell(list) => within(list),
            Shell::Simple(_) | Shell::Other(_) => false,
        }
    }
}

/// A line before the one that fails: it goes well. Only what ends the script, or changes how it runs, is of interest.
fn before(and_or: &AndOr, state: &mut State) -> Flow {
    if ends(and_or) {
        return Flow::Ends(Last::Unknown);
    }
    let [(_, Pipeline { commands, .. })] = and_or.items.as_slice() else { return Flow::On };
    let flow = match commands.as_slice() {
        [Shell::Simple(words)] if !and_or.background => simple(words, state),
        [Shell::Other(words)] => {
            other(words, state);
            Flow::On
        }
        _ => Flow::On,
    };
    state.last = Last::Zero;
    flow
}

/// Follows both ways where it is not known which is taken.
fn either(
    state: &mut State,
    one: impl FnOnce(&mut State) -> Flow,
    other: impl FnOnce(&mut State) -> Flow,
) -> Flow {
    let (mut first, mut second) = (state.clone(), state.clone());
    match (one(&mut first), other(&mut second)) {
        (Flow::On, Flow::On) => {
            first.last = if first.last == second.last { first.last } else { Last::Unknown };
            first.kept.retain(|name| second.kept.contains(name));
            first.strict &= second.strict;
            first.excused |= second.excused;
            first.at_times |= second.at_times;
            first.unknown |= second.unknown;
            *state = first;
        }
        (Flow::Ends(Last::Failed), flow) => {
            *state = second;
            state.guessed = true;
            return flow;
        }
        (flow, Flow::Ends(Last::Failed)) => {
            *state = first;
            state.guessed = true;
            return flow;
        }
        (Flow::Ends(_), _) | (_, Flow::Ends(_)) => {
            state.guessed = true;
            return Flow::Ends(Last::Unknown);
        }
    }
    state.guessed = true;
    Flow::On
}
