//! What a value is called where its name does not say whose it is: a name of its own outweighs what stands around.

use std::collections::HashSet;

use bstr::ByteSlice;
use memchr::memmem;

use super::block::Weight;
use super::{Judge, Speaks, Verdict};
use crate::detect::parts::{bare, fields_beside};
use crate::detect::quote::{self, shown};
use crate::detect::structure::{Bound, Holder, Level};
use crate::detect::words::{is_generic, is_password, words};
use crate::finding::Confidence;

/// So many values under one name are identifiers: a program has few credentials of a kind.
const MANY: usize = 5;
/// So many under the name `key`, which says least.
const MANY_KEYS: usize = 3;
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
        if self.is_one_of_many(name) && !ours_by_holder() {
            return low("has many values in this file: an identifier");
        }
        if !meaning.specific || meaning.initials {
            return None;
        }
        // What a row is of, another column says.
        let row = own.bound == Bound::Positional
            && self.described(own).is_some_and(|said| said.speaks == Speaks::Ours && !said.model);
        match meaning.credential {
            true if row || self.is_held_by_us() || is_default_of_entry(own) => None,
            true if self.provider_has_its_own_place() => {
                low("is another one: the provider has a place of its own in this file")
            }
            true if !self.uses_provider() => {
                low("is another's name, and the file only mentions the provider")
            }
            true => None,
            false if matches!(own.bound, Bound::Spaced | Bound::Element) || own.holder == Holder::Call => {
                None
            }
            false if self.is_entry_of_ours() || self.spoken_of().is_some() => None,
            false => low("does not call it a credential"),
        }
    }

    /// What the form of a value's surroundings says that it is, if that is no credential.
    fn form(&self, own: &Level) -> Option<String> {
        if self.is_index() {
            return Some("it stands behind a name as an identifier does".to_owned());
        }
        if self.is_cookie() {
            return Some("it stands in a cookie".to_owned());
        }
        if self.is_login(own) {
            return Some("it is a password beside the server and the port that it is for".to_owned());
        }
        if self.is_of_application(own) {
            return Some("the id of an application stands beside it, and the provider gives none".to_owned());
        }
        if self.is_mapping() {
            return Some("it is a part of a source map".to_owned());
        }
        if self.is_counted() {
            return Some("it is a name with a number, as in a vocabulary".to_owned());
        }
        let last = own.name.split_whitespace().last();
        if let Some(header) = last.filter(|name| self.is_other_header(name)) {
            return Some(format!("{} does not call it a credential", shown(header)));
        }
        if self.is_part_of_longer() {
            return Some("it is a part of a longer value".to_owned());
        }
        self.header(own).map(|name| format!("{} does not call it a credential", shown(name)))
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
                if self.is_glued() { last } else { credential().or(last) }
            }
            Bound::Element => Some(name),
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
            meaning.credential || meaning.identifier || row && quote::is_name(name)
        })
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

    /// Whether what holds the value is the provider's, and not for a word that stands beside.
    fn is_held_by_us(&self) -> bool {
        let held = || self.levels().filter(|held| held.confidence == Confidence::High && !held.beside);
        self.place.levels.len() > 1 && held().is_some()
    }

    /// Whether the line is the header of a request or a response that carries cookies.
    fn is_cookie(&self) -> bool {
        let line = self.file.line(self.span).to_ascii_lowercase();
        let value = self.file.text[self.span.clone()].to_ascii_lowercase();
        let before = memmem::find(&line, &value).map_or(&line[..], |at| &line[..at]);
        let list =
            || self.place.outer.first().is_some_and(|name| name.to_ascii_lowercase().contains("cookie:"));
        memmem::find(before, b"cookie:").is_some() || list()
    }

    /// Whether a name is that of a header of its own, `X-Something`, and of no credential.
    fn is_other_header(&self, name: &str) -> bool {
        let own = name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-"));
        own && !self.meaning(name).credential && self.speaks(name) == Speaks::Nobody
    }

    /// Whether the value is the password of a login: a server and its port stand beside it.
    fn is_login(&self, own: &Level) -> bool {
        let beside = |names: &[&str]| {
            fields_beside(own)
                .filter(|part| !part.value.is_empty())
                .any(|part| words(part.key).last().is_some_and(|word| names.contains(&word.as_str())))
        };
        is_password(&own.name) && beside(&["port"]) && beside(&["server", "host", "hostname", "address"])
    }

    /// Whether the id of an application or an account stands beside the value: the two are of a service that gives both.
    fn is_of_application(&self, own: &Level) -> bool {
        let id = |value: &str| {
            let value = bare(value);
            let digits = value.bytes().filter(u8::is_ascii_digit).count();
            value.len() >= 6 && digits > 0 && value.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        own.holder == Holder::Group
            && !self.is_in_block_of_ours(own)
            && fields_beside(own).any(|part| {
                let words = words(part.key);
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                matches!(words.as_slice(), ["app" | "application" | "client", "id"] | ["account", "sid"])
                    && id(part.value)
            })
    }

    /// Whether a header of a request that came in is compared with the value: `req.headers["x-key"] !== VALUE`.
    pub(super) fn is_expected(&self, own: &Level) -> bool {
        let before = self.file.text[..self.span.start].trim_end_with(|c| matches!(c, '"' | '\'' | '`' | ' '));
        let compared = before.ends_with(b"==") || before.ends_with(b"!=");
        compared
            && words(&own.name).iter().any(|word| {
                matches!(
                    word.as_str(),
                    "http" | "header" | "headers" | "request" | "req" | "params" | "query"
                )
            })
    }

    /// Whether the value stands in the `mappings` of a source map.
    fn is_mapping(&self) -> bool {
        let before = &self.file.text[..self.span.start];
        let quoted = memchr::memrchr(b'"', before).map(|quote| &before[..quote]);
        quoted.is_some_and(|before| before.trim_ascii_end().ends_with(b"\"mappings\":"))
    }

    /// Whether the value is what a number is given to: `"VALUE": 12`.
    fn is_counted(&self) -> bool {
        let rest = &self.file.text[self.span.end..];
        let rest = rest.strip_prefix(b"\"").map(<[u8]>::trim_ascii_start);
        let number = rest.and_then(|rest| rest.strip_prefix(b":")).map(<[u8]>::trim_ascii_start);
        number.and_then(|number| number.first()).is_some_and(u8::is_ascii_digit)
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

    /// Whether the value stands bare in brackets, right behind a word as in `task[VALUE]`, or in the line of a log.
    fn is_index(&self) -> bool {
        let before = &self.file.text[..self.span.start];
        let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        let rest = &self.file.text[self.span.end..];
        let logged = before.ends_with(b" [")
            && matches!(rest, [b']', b' ', next, ..] if next.is_ascii_alphanumeric() || *next == b' ');
        // `USER#VALUE`: the key of a record.
        let keyed = before.strip_suffix(b"#").and_then(<[u8]>::last).is_some_and(u8::is_ascii_uppercase);
        logged
            || keyed
            || !before.ends_with(b"<![CDATA[")
                && before.strip_suffix(b"[").and_then(<[u8]>::last).is_some_and(word)
                && self.file.text.get(self.span.end) == Some(&b']')
    }

    /// Whether another value stands before this one in the same quotation marks: `"…|VALUE"`.
    fn is_part_of_longer(&self) -> bool {
        const SHORTEST: usize = 16;
        let before = &self.file.text[..self.span.start];
        let inside = |b: &&u8| {
            b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'|' | b':' | b'_' | b'-')
        };
        let start = before.len() - before.iter().rev().take(200).take_while(inside).count();
        let (quoted, part) =
            (before[..start].last().is_some_and(|b| matches!(b, b'"' | b'\'')), &before[start..]);
        let Some((b'|' | b':', part)) = part.split_last() else { return false };
        let longest =
            part.split(|b| !b.is_ascii_alphanumeric()).max_by_key(|run| run.len()).unwrap_or_default();
        let mixed = longest.iter().any(u8::is_ascii_digit) && longest.iter().any(u8::is_ascii_alphabetic);
        quoted && mixed && longest.len() >= SHORTEST
    }

    /// The name beside a `value`, where it is a name of its own and none of a credential.
    fn header<'t>(&'t self, own: &'t Level) -> Option<&'t str> {
        let transparent = |level: &&Level| level.bound == Bound::Assigned && self.naming(level).transparent;
        let mut levels = self.place.levels.iter().take(2).take_while(transparent);
        let name =
            levels.find_map(|level| self.name_beside(level)).filter(|_| own.holder == Holder::Group)?;
        let meaning = self.meaning(name);
        let other = meaning.specific && !meaning.credential || meaning.identifier;
        (other && self.speaks(name) == Speaks::Nobody && !self.is_entry_of_ours()).then_some(name)
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

    /// Whether the file gives many values of the same form to the same name.
    pub(super) fn is_one_of_many(&self, name: &str) -> bool {
        let most = if words(name) == ["key"] { MANY_KEYS } else { MANY };
        let text = self.file.text;
        let length = self.span.len();
        let mut values = HashSet::new();
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
    let start = rest.rfind(char::is_whitespace).map_or(0, |blank| blank + 1);
    let word = |text: &str| text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    (!rest.is_empty() && word(last) && word(&rest[start..])).then(|| &name[start..])
}
