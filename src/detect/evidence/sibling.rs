//! What settings say of each other: those with a common prefix (`OCR_BACKEND`, `OCR_ENDPOINT`, `OCR_TOKEN`) are of one thing,
//! and the id and the secret of a client are of that.
//!
//! Takes the name of a value, looks at the lines around it for others that begin with the same words.

use bstr::ByteSlice;

use super::{Judge, Speaks, Verdict, stands_in};
use crate::detect::lines::{lines_above, lines_below};
use crate::detect::parts::{bare, parts};
use crate::detect::quote::{self, shown};
use crate::detect::structure::{Bound, Holder, Level};
use crate::detect::words::{Field, field, words};
use crate::finding::Confidence;

/// Bytes on either side in which such settings are looked for.
const NEAR: usize = 2000;
/// Most lines on either side among which the id of a client is looked for.
const MOST_BESIDE: usize = 10;
/// Most lines that are looked at.
const MOST_LINES: usize = 100;
/// Longest line that is one.
const LONGEST_LINE: usize = 300;

/// Why a secret is that of a client.
pub(super) const OF_CLIENT: &str = "the client whose id stands beside it has it as its secret";

impl Judge<'_> {
    /// Another setting with the same prefix names the provider, or its address, and none names anybody else.
    pub(super) fn sibling(&self) -> Option<Verdict> {
        // `AI_KEY = os.getenv("NAME", VALUE)`: what is asked of the environment is the setting's.
        let asked =
            |level: &&Level| level.holder == Holder::Call && level.head.to_lowercase().contains("env");
        // `"AI_KEY": { "value": VALUE }`: the entry has the name.
        let value = |level: &&Level| level.holder == Holder::Group && words(&level.name) == ["value"];
        let own = self.place.levels.iter().find(|level| !asked(level) && !value(level))?;
        let setting = own.bound == Bound::Assigned && matches!(own.holder, Holder::Lines | Holder::Group);
        let name = match is_indexed(&own.name) {
            true => Some(own.name.as_str()),
            false => quote::tokens(&own.name).last(),
        };
        let name = name.filter(|_| setting && self.provider.with.is_empty())?;
        let (prefix, specific) = self.prefix(name)?;
        let text = self.file.text;
        let before = &text[self.span.start.saturating_sub(NEAR)..self.span.start];
        let after = &text[self.span.end..(self.span.end + NEAR).min(text.len())];
        let mut lines: Vec<&[u8]> = before.lines().rev().skip(1).chain(after.lines().skip(1)).collect();
        lines.retain(|line| line.len() <= LONGEST_LINE);
        let said = lines.iter().filter_map(|line| self.said_by_sibling(line.to_str().ok()?, &prefix));
        let said: Vec<(Speaks, String)> = said.collect();
        let theirs = said.iter().find(|(speaks, _)| *speaks == Speaks::Others);
        if let Some((_, setting)) = theirs {
            let alone = said.iter().all(|(speaks, _)| *speaks == Speaks::Others) && setting.contains("://");
            return alone.then(|| Verdict::foreign(format!("{} is of the same settings", shown(setting))));
        }
        // Where a variable is read, an address with the same prefix says it of any: `AI_URL`, `AI_KEY`; and of a password.
        let any = !self.is_value() || self.is_password(name);
        let (_, setting) = said
            .into_iter()
            .find(|(_, setting)| specific || any && self.has_host(setting) || !setting.contains("://"))?;
        Some(Verdict::new(Confidence::High, format!("{} is of the same settings", shown(&setting))))
    }

    /// Whether a name calls a value the secret of a client whose id has the same name near it: `AUTH_CLIENT_SECRET_APP` and
    /// `AUTH_CLIENT_ID_APP` are the two that OAuth gives a program.
    pub(super) fn has_client_id(&self, name: &str) -> bool {
        let mut wanted = words(quote::tokens(name).last().unwrap_or_default());
        let Some(at) = wanted.windows(2).position(|pair| pair == ["client", "secret"]) else { return false };
        wanted[at + 1] = "id".to_owned();
        let above = lines_above(self.file.text, self.span.start).take(MOST_BESIDE);
        let below = lines_below(self.file.text, self.span.start).take(MOST_BESIDE);
        above.chain(below).any(|line| {
            let name = &line[..line.find_byteset(b"=:").unwrap_or_default()];
            quote::tokens(&name.to_str_lossy()).last().is_some_and(|name| words(name) == wanted)
        })
    }

    /// Whether the value is one of a list of settings that has the id and the secret of an application: the provider knows
    /// neither.
    pub(super) fn is_beside_app(&self) -> bool {
        let paragraph = self.file.paragraph(self.span.start).to_str_lossy();
        let named = |end: [&str; 2]| {
            let names = || quote::tokens(&paragraph).map(words);
            names().any(|name| name.ends_with(&end.map(str::to_owned)))
        };
        ["app", "client"].iter().any(|of| named([of, "id"]) && named([of, "secret"]))
    }

    /// Whether the value is called a secret, and a client's id stands beside it: the two that OAuth gives a program.
    pub(super) fn is_secret_of_client(&self, level: &Level) -> bool {
        let secret = words(&level.name).last().is_some_and(|word| word == "secret");
        let names = [level.before.as_str(), level.after.as_str()].into_iter().flat_map(quote::tokens);
        let of_client = |name: Vec<String>| {
            let name: Vec<&str> = name.iter().map(String::as_str).collect();
            name.ends_with(&["client", "id"])
                || matches!(name[..], ["redirect"] | ["redirect", "uri" | "uris" | "url"])
        };
        secret && names.map(words).any(of_client)
    }

    /// The host that serves models of the provider's for others, where the settings with the provider's name send their
    /// requests there: `acme.base-url=https://other.example`.
    pub(super) fn served_elsewhere(&self, name: &str) -> Option<String> {
        let prefix = self.words_before_credential(name)?;
        if self.speaks(&prefix.join("_")) != Speaks::Ours {
            return None;
        }
        let text = self.file.text;
        let near = self.span.start.saturating_sub(NEAR)..(self.span.end + NEAR).min(text.len());
        let mut lines = text[near].lines().filter(|line| line.len() <= LONGEST_LINE).take(MOST_LINES);
        lines.find_map(|line| {
            let line = line.to_str().ok()?;
            let (setting, _) = line.split_once("://")?;
            let host = self.host_elsewhere(line)?;
            let theirs = self.provider.without.iter().any(|other| stands_in(other, &words(&host)));
            (theirs && !prefix.is_empty() && words(setting).starts_with(&prefix)).then_some(host)
        })
    }

    /// The words of a credential's name before those that call it one, and whether they say what it is for.
    fn prefix(&self, name: &str) -> Option<(Vec<String>, bool)> {
        let meaning = self.meaning(name);
        let called = meaning.credential || self.is_password(name);
        if !called || meaning.purpose || self.speaks(name) != Speaks::Nobody {
            return None;
        }
        let prefix = self.words_before_credential(name)?;
        let said = self.meaning(&prefix.join("_"));
        let specific = said.specific && said.plain.is_none() || is_indexed(name);
        (!prefix.is_empty()).then_some((prefix, specific))
    }

    /// The words of a name before the one that calls it a credential.
    fn words_before_credential(&self, name: &str) -> Option<Vec<String>> {
        let mut words = words(name);
        let calls = |word: &String| self.meaning(word).credential || self.is_password(word);
        words.truncate(words.iter().position(calls)?);
        while words.last().is_some_and(|word| word == "api") {
            words.pop();
        }
        Some(words)
    }

    /// Whom a line speaks of that sets something with the prefix: who does it, or where it is.
    fn said_by_sibling(&self, line: &str, prefix: &[String]) -> Option<(Speaks, String)> {
        let line = line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '"' | '\''));
        let end = line.find(|c: char| !belongs(c))?;
        let (name, rest) = line.split_at(end);
        let value = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`'));
        let value = without_remark(value.strip_prefix([':', '='])?.trim_start_matches(['=', '>', ' ']));
        let value = value.trim_matches(|c: char| {
            c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';' | '=' | '>')
        });
        // `"AI_PROVIDER": { "value": "acme" }`
        let group = value.strip_prefix('{').map(|group| parts(group.trim_end_matches('}'), false));
        let entry = group.and_then(|parts| parts.into_iter().find(|part| words(part.key) == ["value"]));
        let value = entry.map_or(value, |entry| bare(entry.value));
        let named = words(name);
        let rest = named.strip_prefix(prefix)?;
        let kind = match rest.last().map(String::as_str) {
            None | Some("backend" | "engine" | "service" | "platform" | "id") => Field::Vendor,
            Some(_) => field(&rest.join("_")),
        };
        let speaks = match kind {
            Field::Address => match (self.has_host(value), self.host_elsewhere(value)) {
                (true, _) => Speaks::Ours,
                (_, Some(_)) => Speaks::Others,
                _ => return None,
            },
            Field::Vendor if self.is_vendor(value) => Speaks::Ours,
            Field::Vendor if self.speaks(value) == Speaks::Others => Speaks::Others,
            _ => return None,
        };
        (speaks != Speaks::Nobody).then(|| (speaks, format!("{name} = {value}")))
    }
}

/// A value without the remark at the end of its line: `"acme",  // or none`.
fn without_remark(value: &str) -> &str {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
    match quote {
        Some(quote) => value[1..].split(quote).next().unwrap_or(value),
        None => [" //", " #"].iter().fold(value, |value, mark| value.split(mark).next().unwrap_or(value)),
    }
}

/// Whether a character may stand in the name of a setting.
fn belongs(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '[' | ']')
}

/// Whether a setting is one of an entry of a list: `ai.providers[1].key`.
fn is_indexed(name: &str) -> bool {
    let index = name.split_once('[').and_then(|(_, rest)| rest.split_once(']'));
    index.is_some_and(|(index, rest)| {
        !index.is_empty() && index.bytes().all(|b| b.is_ascii_digit()) && rest.starts_with('.')
    }) && name.chars().all(belongs)
}
