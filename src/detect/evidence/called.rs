//! What a value is called where its name does not say whose it is: a name of its own outweighs what stands around.

use std::collections::HashSet;

use bstr::ByteSlice;
use memchr::memmem;

use super::block::{Weight, is_word};
use super::{Judge, Speaks, Verdict};
use crate::decode::markup;
use crate::detect::lines::{lines_above, lines_below};
use crate::detect::parts::{Part, neighbours};
use crate::detect::quote::{self, shown};
use crate::detect::structure::{Bound, Holder, Level};
use crate::detect::words::{Field, Meaning, field, is_generic, words};
use crate::finding::Confidence;

/// So many values under one name are identifiers: a program has few credentials of a kind.
const MANY: usize = 5;
/// So many under the name `key`, which says least.
const MANY_KEYS: usize = 3;
/// So many under a name that is no credential's, in entries of several services.
const MANY_FIELDS: usize = 3;
/// Most places of a name that are looked at.
const MOST_PLACES: usize = 200;

impl Judge<'_> {
    /// What the name says that the value has by itself: that it is somebody else's, or no credential.
    pub(super) fn called(&self) -> Option<Verdict> {
        let own = self.place.levels.first()?;
        if self.is_sent_to_itself() {
            return Some(Verdict::foreign("it is sent to a path of this program"));
        }
        if self.place.scheme.is_some() {
            return None;
        }
        if let Some(reason) = self.form(own) {
            return Some(Verdict::new(Confidence::Low, reason));
        }
        let pair = self.name_of_pair(own);
        let name = pair.or_else(|| self.identifier(own))?;
        let meaning = self.meaning(name);
        let low = |reason: &str| Some(Verdict::new(Confidence::Low, format!("{} {reason}", shown(name))));
        let others = |reason: &str| Some(Verdict::named_otherwise(format!("{} {reason}", shown(name))));
        match self.speaks(name) {
            Speaks::Ours => {
                return pair.and_then(|name| self.by_name(name, |name| format!("{name} names it")));
            }
            Speaks::Others if self.is_secret_key_of_ours(own) => return None,
            Speaks::Others => {
                let foreign =
                    || Verdict::foreign(format!("{} is the name of another credential", shown(name)));
                return Some(pair.and_then(|name| self.redirected(name)).unwrap_or_else(foreign));
            }
            Speaks::Nobody => {}
        }
        if meaning.plain.is_some() && (meaning.identifier || !meaning.credential) {
            return low("is no credential");
        }
        let ours_by_holder = || self.is_in_block_of_ours(own) || meaning.credential && self.is_under_us();
        if self.is_one_of_many(name) && !ours_by_holder() && !self.is_held_by_us() {
            return low("has many values in this file: an identifier");
        }
        // Initials name nobody, unless the provider has a name of its own beside them.
        if !meaning.specific || meaning.initials && !self.names_credential() {
            return None;
        }
        // What a row is of, another column says.
        let row = own.bound == Bound::Positional
            && self.described(own).is_some_and(|said| said.speaks == Speaks::Ours && !said.model);
        match meaning.credential || pair.is_some() && self.is_password(name) {
            true if own.bound == Bound::Assigned
                && own.holder == Holder::Lines
                && self.has_general_beside() =>
            {
                low("is another one: the value beside it has a more general name")
            }
            true if row || self.is_held_by_us() || self.is_of_entry(own) => None,
            true if self.provider_has_its_own_place() => {
                others("is another one: the provider has a place of its own in this file")
            }
            true if !self.uses_provider() => {
                others("is another's name, and the file only mentions the provider")
            }
            true => None,
            false if matches!(own.bound, Bound::Spaced | Bound::Element) || own.holder == Holder::Call => {
                None
            }
            false if self.is_entry_of_ours() || self.spoken_of().is_some() => None,
            false => low("does not call it a credential"),
        }
    }

    /// The name of a value: the one of several words that calls it a credential, or the last one; of a word in a sentence
    /// with the one before it.
    pub(super) fn identifier<'t>(&self, own: &'t Level) -> Option<&'t str> {
        let name = own.name.as_str();
        let named = match own.bound {
            Bound::Assigned | Bound::Default if own.holder == Holder::Tag => name.rsplit(':').next(),
            Bound::Assigned | Bound::Default => {
                // What follows a colon is the type.
                let typed = name.split_once(": ").filter(|(name, _)| !self.is_glued() && !name.contains(' '));
                let name = typed.map_or(name, |(name, _)| name);
                let last = quote::tokens(name).last();
                let credential = || quote::tokens(name).filter(|token| self.meaning(token).credential).last();
                // `environ["NAME"]`: what stands in the brackets.
                let keyed = name.trim_end().ends_with(']');
                if keyed || self.is_glued() { last } else { credential().or(last) }
            }
            Bound::Element => Some(name).filter(|name| !markup::is_inline(name.as_bytes())),
            Bound::Spaced => with_qualifier(name),
            Bound::Positional | Bound::Alone => None,
        };
        named.filter(|name| !name.is_empty() && name.len() <= 80 && !self.meaning(name).transparent)
    }

    /// The name in a pair of a name and a value, where it calls the value a credential: the field beside the value that
    /// gives its name, the element or the argument before it.
    pub(super) fn name_of_pair<'t>(&'t self, own: &'t Level) -> Option<&'t str> {
        let name = match own.bound {
            Bound::Element => self.place.label.as_deref().filter(|_| self.meaning(&own.name).transparent),
            Bound::Positional => self.name_beside(own),
            Bound::Assigned => {
                let stated = (own.holder == Holder::Lines).then(|| self.name_in_statement()).flatten();
                let beside = || self.naming(own).transparent.then(|| self.name_beside(own)).flatten();
                stated.or_else(beside)
            }
            _ => None,
        };
        name.filter(|name| {
            let meaning = self.meaning(name);
            let row = own.bound == Bound::Positional && (meaning.purpose || meaning.plain.is_some());
            let purpose = meaning.purpose && own.holder == Holder::Call && words(name).len() == 1;
            // `param("ACME_PASS", VALUE)`
            let password = own.holder == Holder::Call && meaning.specific && self.is_password(name);
            password || meaning.credential || meaning.identifier || row && (quote::is_name(name) || purpose)
        })
    }

    /// What may be the name in a pair of a name and a value: the nearest field beside the value that gives one, or the
    /// argument before it.
    pub(super) fn name_beside<'t>(&self, level: &'t Level) -> Option<&'t str> {
        let (left, right) = neighbours(level);
        let bare = |text: &'t str| text.trim_matches(|c: char| c.is_whitespace() || "\"'`:".contains(c));
        let name = match level.bound {
            // `setValue(VALUE, forHTTPHeaderField: "NAME")` has it behind.
            Bound::Positional => {
                let labelled = right.first().filter(|part| part.key.trim().starts_with("for"));
                let labelled = labelled.filter(|part| words(part.key).len() > 1);
                labelled.or(left.last().filter(|part| part.key.is_empty())).map(|part| bare(part.value))
            }
            _ => {
                let names = |part: &&Part<'_>| {
                    let last = words(part.key).pop().unwrap_or_default();
                    let named = matches!(last.as_str(), "key" | "name" | "header" | "variable");
                    named && field(part.key) != Field::Account
                };
                left.iter().rev().chain(&right).find(names).map(|part| bare(part.value))
            }
        };
        name.filter(|name| is_word(name) && name.len() <= 80)
    }

    /// The name of the row that a statement of SQL gives the value: `SET value = VALUE WHERE name = 'NAME'`.
    fn name_in_statement(&self) -> Option<&str> {
        const NEAR: usize = 300;
        let text = self.file.text;
        let before = text[self.span.start.saturating_sub(NEAR)..self.span.start].to_ascii_lowercase();
        let rest = &text[self.span.end..(self.span.end + NEAR).min(text.len())];
        let rest = &rest[..rest.find_byte(b';').unwrap_or(rest.len())];
        let at = rest.to_ascii_lowercase().find("where ")?;
        let mut quoted = rest[at..].split(|b| *b == b'\'').skip(1).step_by(2);
        let update = before.contains_str("update ") && before.contains_str("set ");
        quoted.find_map(|name| name.to_str().ok().filter(|name| update && quote::is_name(name)))
    }

    /// Whether the fields beside the value say that its block is the provider's, and not only by a model's name.
    pub(super) fn is_in_block_of_ours(&self, own: &Level) -> bool {
        let said = self.described(own).filter(|said| said.speaks == Speaks::Ours && !said.model);
        said.is_some_and(|said| said.weight < Weight::Word)
            || self.host_in(&own.before).or_else(|| self.host_in(&own.after)).is_some()
    }

    /// Whether the value is what an entry falls back to that is called a credential and no more.
    fn is_of_entry(&self, own: &Level) -> bool {
        is_default_of_entry(own) || self.is_asked_for_entry()
    }

    /// Whether the value is what the environment is asked for, for an entry that is called a credential and no more:
    /// `auth: getenv("NAME", VALUE)`.
    fn is_asked_for_entry(&self) -> bool {
        let [asked, entry, ..] = self.place.levels.as_slice() else { return false };
        let asks = asked.holder == Holder::Call && asked.head.to_lowercase().contains("env");
        let name = quote::tokens(&entry.name).last().unwrap_or_default();
        asks && entry.bound == Bound::Assigned && self.meaning(name).credential && is_generic(name)
    }

    /// Whether what holds the value is the provider's, and not for a word that stands beside.
    fn is_held_by_us(&self) -> bool {
        let held = || self.levels().filter(|held| held.confidence == Confidence::High && !held.beside);
        self.place.levels.len() > 1 && held().is_some()
    }

    /// Whether a request takes the value along to a path without a host, in a file that names no address of the provider's.
    fn is_sent_to_itself(&self) -> bool {
        let path = |level: &Level| {
            let first = level.before.trim_start().trim_start_matches(['"', '\'', '`']);
            let test = words(&level.head).windows(2).any(|pair| pair == ["test", "client"]);
            let path = first.starts_with('/') && first.len() < level.before.len();
            level.holder == Holder::Call && (path && self.speaks(first) != Speaks::Ours || test)
        };
        let sent = self.place.scheme.is_some() && self.place.levels.iter().any(path);
        sent && !self.file.hosts().iter().any(|(_, host)| self.is_ours(host))
    }

    /// Whether `=` stands between the name and the value without a blank: the name is one word then.
    pub(super) fn is_glued(&self) -> bool {
        let before = &self.file.text[..self.span.start];
        let quotes = before.iter().rev().take_while(|b| matches!(b, b'"' | b'\'' | b'`' | b'\\')).count();
        let before = &before[..before.len() - quotes];
        before
            .strip_suffix(b"=")
            .and_then(<[u8]>::last)
            .is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
    }

    /// Whether the value is an entry of a mapping that is the provider's, as keys by person or by place are.
    pub(super) fn is_entry_of_ours(&self) -> bool {
        let parents = self.place.levels.get(1).map(|level| level.name.as_str()).into_iter();
        let mut parents =
            parents.chain(self.place.outer.first().map(String::as_str)).filter(|name| !name.is_empty());
        parents.any(|name| {
            self.speaks(name) == Speaks::Ours && (self.meaning(name).credential || words(name).len() <= 2)
        })
    }

    /// Whether a section, an element or an entry that the value is in is the provider's.
    fn is_under_us(&self) -> bool {
        self.is_entry_of_ours() || self.place.outer.iter().any(|outer| self.speaks(outer) == Speaks::Ours)
    }

    /// Whether a line near gives a value of the same form to a name that says no more than that it is a credential.
    fn has_general_beside(&self) -> bool {
        const NEAR: usize = 6;
        let text = self.file.text;
        let open = |line: &&[u8]| !line.trim_ascii().is_empty();
        let above = lines_above(text, self.span.start).take(NEAR).take_while(open);
        let below = lines_below(text, self.span.start).take(NEAR).take_while(open);
        above.chain(below).any(|line| {
            let run = line.split(|b| !b.is_ascii_alphanumeric()).find(|run| self.is_alike(run));
            let at = run.map_or(0, |run| run.as_ptr().addr() - line.as_ptr().addr());
            let before = line[..at].to_str_lossy();
            let name = before.trim_end_matches(['"', '\'', ' ', '=', ':']);
            let name = name.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
            !name.is_empty() && is_generic(name) && self.meaning(name).credential
        })
    }

    /// Whether something is got by the value, which is a name then: `preferences("acme").getBoolean(NAME)`.
    pub(super) fn is_looked_up(&self, level: &Level) -> bool {
        const VERBS: [&str; 6] = ["get", "has", "contains", "remove", "find", "lookup"];
        let method = level.head.rsplit(['.', '>', ':']).next().unwrap_or_default();
        let words = words(method);
        level.bound == Bound::Positional
            && level.before.trim().is_empty()
            && words.first().is_some_and(|verb| VERBS.contains(&verb.as_str()))
            && self.speaks(method) != Speaks::Ours
    }

    /// Whether the file gives many values of the same form to the same name.
    pub(super) fn is_one_of_many(&self, name: &str) -> bool {
        self.is_one_of(if words(name) == ["key"] { MANY_KEYS } else { MANY }, name)
    }

    /// Whether the entries of several give values of the same form to a name that calls them no credential:
    /// `acme: { k: VALUE }, other: { k: … }`.
    pub(super) fn is_field_of_several(&self, own: &Level, meaning: &Meaning) -> bool {
        let called = meaning.credential || meaning.transparent || own.name.is_empty();
        !called && own.bound == Bound::Assigned && self.is_one_of(MANY_FIELDS, &own.name)
    }

    /// Whether the file gives as many values of the same form to a name.
    fn is_one_of(&self, most: usize, name: &str) -> bool {
        let text = self.file.text;
        let length = self.span.len();
        let mut values = HashSet::new();
        // Of a name that is not found soon, all of the text is searched.
        if !self.file.known.may_search() {
            return false;
        }
        for at in memmem::find_iter(text, name).take(MOST_PLACES) {
            let rest = &text[at + name.len()..];
            let rest = &rest[..rest.len().min(length + 12)];
            let Some(start) = rest.iter().position(u8::is_ascii_alphanumeric).filter(|&start| start > 0)
            else {
                continue;
            };
            let value = &rest[start..];
            let end = value.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(value.len());
            if end == length {
                values.insert(&value[..end]);
                if values.len() >= most {
                    return true;
                }
            }
        }
        self.file.known.count_searched(text.len());
        false
    }
}

/// Whether an entry with a name that many use gets the value where a variable is not set: `key: env("NAME") || VALUE`.
fn is_default_of_entry(own: &Level) -> bool {
    let before = own.before.trim_end().strip_suffix([':', '=']).map(str::trim_end);
    let entry = before.and_then(|before| before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next());
    own.bound == Bound::Default && entry.is_some_and(|entry| !entry.is_empty() && is_generic(entry))
}

/// The last word and the one before it, where the last one alone says little: `share token`, `csrf token`.
fn with_qualifier(name: &str) -> Option<&str> {
    let last = name.split_whitespace().last()?;
    let rest = name[..name.len() - last.len()].trim_end();
    let blank = rest.char_indices().rfind(|(_, c)| c.is_whitespace());
    let start = blank.map_or(0, |(at, blank)| at + blank.len_utf8());
    let word = |text: &str| text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    (!rest.is_empty() && word(last) && word(&rest[start..])).then(|| &name[start..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_may_be_wider_than_a_byte() {
        assert_eq!(with_qualifier("a\u{a0}share token"), Some("share token"));
        assert_eq!(with_qualifier("the share\u{2003}token"), Some("share\u{2003}token"));
        assert_eq!(with_qualifier("token"), None);
    }
}
