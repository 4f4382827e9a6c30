//! Whose record a value is in: that of somebody who logs in, of an application, of a team that was given it.
//!
//! What stands in such a record is a password, or a token of the program itself.

use bstr::ByteSlice;

use super::{Judge, Speaks};
use crate::detect::lines::line_start;
use crate::detect::parts::{bare, fields_beside};
use crate::detect::structure::{Bound, Holder, Level};
use crate::detect::words::{Field, field, is_password, words};

impl Judge<'_> {
    /// Whether the value is what follows the name of a user in a login: `"auth": "user:VALUE"`, `Basic user:VALUE`.
    pub(super) fn is_basic_login(&self) -> bool {
        let Some(before) = self.file.text[..self.span.start].strip_suffix(b":") else { return false };
        let user = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'@');
        let length = before.iter().rev().take_while(|b| user(b)).count();
        let before = &before[..before.len() - length];
        let quoted = before.ends_with(b"\"");
        let before = before.trim_end_with(|c| matches!(c, '"' | '\'' | ' ' | ':' | '='));
        let word = before.iter().rev().take_while(|b| b.is_ascii_alphabetic()).count();
        let word = before[before.len() - word..].to_ascii_lowercase();
        length > 0 && (word == b"basic" || quoted && word == b"auth")
    }

    /// Whether the value is the password of a user in the name of a source of data: `"user:VALUE@tcp(host:3306)/name"`.
    fn is_in_source_name(&self) -> bool {
        const PROTOCOLS: [&[u8]; 4] = [b"@tcp(", b"@unix(", b"@(", b"@localhost"];
        let Some(before) = self.file.text[..self.span.start].strip_suffix(b":") else { return false };
        let after = &self.file.text[self.span.end..];
        let user =
            before.iter().rev().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
        let user = user.count();
        let begins = before[..before.len() - user].last().is_none_or(|b| !matches!(b, b'/' | b':'));
        user > 0 && begins && PROTOCOLS.iter().any(|protocol| after.starts_with(protocol))
    }

    /// Whether the value is the password of a login: a server and its port stand beside it.
    pub(super) fn is_login(&self, own: &Level) -> bool {
        let beside = |names: &[&str]| {
            fields_beside(own)
                .filter(|part| !part.value.is_empty())
                .any(|part| words(part.key).last().is_some_and(|word| names.contains(&word.as_str())))
        };
        is_password(&own.name) && beside(&["port"]) && beside(&["server", "host", "hostname", "address"])
    }

    /// Whether the value is a password beside the name of a user, or stands in the record of one: in a list of them, with
    /// the hash of a password beside it.
    pub(super) fn is_of_account(&self, own: &Level) -> bool {
        const USER: [&str; 4] = ["user", "username", "login", "email"];
        let beside = |told: fn(&[String]) -> bool| fields_beside(own).any(|part| told(&words(part.key)));
        let user = |words: &[String]| words.last().is_some_and(|word| USER.contains(&word.as_str()));
        let hash = |words: &[String]| {
            words.iter().any(|word| word == "password") && words.iter().any(|word| word == "hash")
        };
        let people = |level: &Level| {
            matches!(words(&level.name).last().map(String::as_str), Some("users" | "accounts" | "logins"))
        };
        let listed = || self.place.levels.iter().skip(1).take(2).any(people);
        let above = self.place.beside_parent.as_ref();
        let of_parent = || {
            let lines = above.into_iter().flat_map(|(before, after)| before.lines().chain(after.lines()));
            lines.filter_map(|line| line.split_once(':')).any(|(name, _)| user(&words(name)))
        };
        match own.holder {
            Holder::Group => {
                is_password(&own.name) && (listed() || beside(user) && !self.is_in_block_of_ours(own))
                    || beside(hash) && !self.is_in_block_of_ours(own)
            }
            Holder::Lines => own.name.trim() == "password" && of_parent(),
            _ => false,
        }
    }

    /// Whether the value is the password of somebody who logs in: behind the name in a header, in an element beside that
    /// of the name, in a statement of SQL.
    pub(super) fn is_of_login(&self, own: &Level) -> bool {
        const BESIDE: usize = 3;
        let names = |line: &[u8]| {
            let closed = line.rfind(b"</").map(|at| line[at..].to_str_lossy());
            closed.is_some_and(|name| field(&name) == Field::Account)
        };
        let element = own.bound == Bound::Element && is_password(&own.name);
        let beside = || {
            is_password(&own.name)
                && !self.is_in_block_of_ours(own)
                && fields_beside(own).any(|part| field(part.key) == Field::Account)
        };
        self.is_basic_login()
            || self.is_in_source_name()
            || is_of_database(&own.name)
            || is_of_role(own)
            || self.is_said_to_open_another(own)
            || beside()
            || element && self.file.lines_above(self.span).take(BESIDE).any(names)
    }

    /// Whether the value is the password that a sentence ends with which is about something people choose one for, or names
    /// who logs in: `basic auth is on, password VALUE`, `user guest, password VALUE`.
    fn is_said_to_open_another(&self, own: &Level) -> bool {
        let text = self.file.text;
        let said = own.bound == Bound::Spaced && is_password(&own.name) && self.place.is_prose();
        said && {
            let line = &text[line_start(text, self.span.start)..self.span.start];
            let line = line.to_str_lossy();
            let account = || line.split_whitespace().any(|word| field(bare(word)) == Field::Account);
            self.meaning(&line).purpose || !self.has_host(&line) && account()
        }
    }

    /// Whether the record that has the value is that of a team or a client which is given it.
    pub(super) fn is_of_party(&self, own: &Level) -> bool {
        const PARTIES: [&str; 8] =
            ["team", "tenant", "customer", "consumer", "client", "department", "member", "partner"];
        let party = |name: &str| words(name).last().is_some_and(|word| PARTIES.contains(&word.as_str()));
        let word = |value: &str| {
            !value.is_empty() && value.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' '))
        };
        own.bound == Bound::Assigned
            && self.speaks(&own.name) == Speaks::Nobody
            && fields_beside(own).any(|part| {
                let value = bare(part.value);
                party(part.key) && word(value) && self.speaks(value) == Speaks::Nobody
            })
    }

    /// Whether the id of an application or an account stands beside the value: the two are of a service that gives both.
    pub(super) fn is_of_application(&self, own: &Level) -> bool {
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
}

/// Whether a statement of SQL gives somebody who logs in the value as a password: `CREATE USER name PASSWORD VALUE`.
fn is_of_role(own: &Level) -> bool {
    let words = words(&own.name);
    let has = |word: &str| words.iter().any(|other| other == word);
    (has("create") || has("alter"))
        && ["user", "role", "login"].into_iter().any(has)
        && matches!(words.last().map(String::as_str), Some("password" | "by"))
}

/// Whether a name is the computer, the port and the account of a database, as a file of passwords has them:
/// `host:5432:database:user`.
fn is_of_database(name: &str) -> bool {
    let parts: Vec<&str> = name.split(':').collect();
    let port = |part: &&str| part.len() >= 2 && part.bytes().all(|b| b.is_ascii_digit());
    parts.len() >= 4 && parts.get(1).is_some_and(port) && !name.contains(char::is_whitespace)
}
