//! What a function or a command says of a value that it is handed, or that it gives: by its own name, by its other
//! arguments.

use super::{Judge, Speaks, Verdict};
use crate::detect::function::function_around;
use crate::detect::quote;
use crate::detect::structure::{Bound, Holder, Level};
use crate::detect::words::{Meaning, words};

impl Judge<'_> {
    /// The function whose name says that it gives the provider's credential, and whose value this is.
    pub(super) fn returned_by(&self) -> Option<Verdict> {
        let own = self.place.levels.first()?;
        let statement = own.name.is_empty() && matches!(own.bound, Bound::Alone | Bound::Positional);
        let mut blocks = self.place.levels.iter().take_while(|level| level.holder == Holder::Block);
        let named = |word: &&str| self.speaks(word) == Speaks::Ours && self.meaning(word).credential;
        let held = blocks.find(|_| statement).and_then(|block| {
            quote::tokens(&block.head).find(named).filter(|_| block.head.contains('(')).map(str::to_owned)
        });
        let decoded =
            || function_around(&self.file.text[..self.span.start]).filter(|_| self.is_decoded_there());
        let function = held.or_else(|| decoded().filter(|function| named(&function.as_str())))?;
        self.by_name(&function, |name| format!("{name} gives it"))
    }

    /// Whether a call that decodes holds the value: `b64decode(VALUE)`.
    fn is_decoded_there(&self) -> bool {
        const DECODES: [&str; 8] =
            ["decode", "b64decode", "unhex", "unhexlify", "fromhex", "atob", "base64", "hex"];
        self.place.levels.first().filter(|own| own.holder == Holder::Call).is_some_and(|own| {
            let callee = quote::tokens(&own.head).last().unwrap_or_default();
            words(callee).iter().any(|word| DECODES.contains(&word.as_str()))
        })
    }

    /// What is called: of a chain of calls the last one, where that adds something with a name of its own.
    pub(super) fn callee<'t>(&self, head: &'t str) -> &'t str {
        // The last cell of a row in LaTeX.
        let head = head.rsplit(" & ").next().unwrap_or(head);
        let last = head.rsplit_once(')').map(|(_, last)| last.trim_start().trim_start_matches('.'));
        let own = |last: &&str| {
            let meaning = self.meaning(last);
            let adds =
                ["add", "use", "with", "register"].contains(&words(last).first().map_or("", String::as_str));
            adds && meaning.specific && !meaning.credential
        };
        last.filter(own).unwrap_or(head)
    }

    /// The argument before the value is its name, as in a call that makes a mapping: `Map.of("acme", VALUE, …)`.
    pub(super) fn named_in_map(&self, level: &Level) -> Option<Verdict> {
        let maps = words(&level.head).iter().any(|word| matches!(word.as_str(), "map" | "dict" | "hash"));
        let call = level.holder == Holder::Call && level.bound == Bound::Positional && maps;
        let before = level.before.trim().trim_end_matches(['"', '\'']).trim_end();
        let arguments: Vec<&str> = before.strip_suffix(',').filter(|_| call)?.split(',').collect();
        let name = arguments.last()?.trim().trim_matches(['"', '\'']);
        if arguments.len().is_multiple_of(2) {
            return None;
        }
        self.by_name(name, |name| format!("{name} names it"))
    }

    /// Another argument of the call is the name of a credential: `create_secret(VALUE, "acme_key")`.
    pub(super) fn named_by_argument(&self, level: &Level) -> Option<Verdict> {
        if level.holder != Holder::Call || level.bound != Bound::Positional {
            return None;
        }
        let arguments =
            [level.before.as_str(), level.after.as_str()].into_iter().flat_map(|side| side.split(','));
        let mut names = arguments.filter_map(|argument| {
            let argument = argument.trim();
            let name = argument.trim_matches(['"', '\'', '`', ':']);
            (name.len() < argument.len() && quote::is_name(name)).then_some(name)
        });
        let name = names.find(|name| self.speaks(name) == Speaks::Ours && self.meaning(name).credential)?;
        self.by_name(name, |name| format!("{name} names it"))
    }

    /// Whether the value is what a call gives that asks for a credential by name: `get("NAME", unset = value)`.
    pub(super) fn is_default(&self, own: &Level, own_meaning: &Meaning, asked: &str) -> bool {
        own.holder == Holder::Call
            && own.bound == Bound::Assigned
            && own_meaning.plain.is_none()
            && own_meaning.owner.is_none()
            && self.meaning(asked).credential
    }

    /// What the command names that the value is piped to.
    pub(super) fn piped(&self, level: &Level) -> Option<Verdict> {
        let rest = level.after.trim_start_matches(['"', '\'', '`', ' ', ')']);
        let command = rest.strip_prefix('|').filter(|command| !command.starts_with('|'))?;
        let command = command.split(['\n', '|', ';']).next().filter(|_| level.holder == Holder::Lines)?;
        let mut names = quote::tokens(command).filter(|word| self.meaning(word).credential);
        names
            .find_map(|name| self.by_name(name, |name| format!("it is piped to a command that names {name}")))
    }
}
