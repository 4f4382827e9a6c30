//! Where requests go that take a value along, where that is said further off than beside it: by the entry of a gateway or a
//! source of data whose upstream is the provider, or by another of the parameters that are given as names and values.

use bstr::ByteSlice;

use super::sent::is_for_people;
use super::{Judge, Speaks, Verdict};
use crate::detect::nested::{self, Block};
use crate::detect::parts::{Part, bare, parts, parts_and_nested};
use crate::detect::quote::shown;
use crate::detect::structure::Bound;
use crate::detect::words::{Field, field, words};
use crate::finding::Confidence;

/// Bytes on either side in which blocks and lists are looked at.
const NEAR: usize = 4096;

/// To whom a block sends requests.
enum Target {
    /// To the provider, at this host.
    Ours(String),
    /// To the provider, and to somebody else.
    Several,
    /// To somebody else.
    Elsewhere,
}

impl Judge<'_> {
    /// The nearest block around the value that says where requests go sends them to the provider.
    pub(super) fn upstream(&self) -> Option<Verdict> {
        let own = self.place.levels.first().filter(|_| self.is_value() && self.provider.with.is_empty())?;
        let pair = self.name_of_pair(own);
        let name = pair.unwrap_or(&own.name);
        let (pair, mut in_item) = (pair.is_some(), false);
        let header = has(name, &["authorization"]);
        let meaning = self.meaning(name);
        let credential = own.bound == Bound::Assigned
            && meaning.credential
            && !meaning.specific
            && !meaning.purpose
            && meaning.plain.is_none()
            && !matches!(words(name).as_slice(), [name] if name == "key" || name == "secret");
        if !header && !credential || self.speaks(name) != Speaks::Nobody {
            return None;
        }
        for (depth, block) in self.blocks().iter().enumerate() {
            // What others show this program is in no request of its own.
            if is_for_callers(&block.name) || depth > 0 && self.has_another(&block.text) {
                return None;
            }
            match self.target(block) {
                Some(Target::Ours(host)) => {
                    let reason = format!("the requests of its block go to {host}");
                    return Some(Verdict::new(Confidence::High, reason));
                }
                Some(Target::Several | Target::Elsewhere) => return None,
                None => {}
            }
            // An item of a list is a record of its own, unless it is a header.
            let entry = pair && depth == 0 || has(&block.name, &["header", "headers"]);
            if block.item && (in_item || !header || !entry) || !header && has(&block.name, &["auth"]) {
                return None;
            }
            in_item |= block.item;
        }
        None
    }

    /// Whether the nearest block that says where requests go has them go elsewhere, in a file that sends others to the
    /// provider.
    pub(super) fn is_in_block_elsewhere(&self) -> bool {
        let target = || self.blocks().iter().find_map(|block| self.target(block));
        const MOST: usize = 50;
        // A host may stand without its scheme.
        let mut mentions = self.file.mentions().iter().take(MOST);
        let host = |&at: &usize| self.has_host(&self.file.line(&(at..at)).to_str_lossy());
        (self.uses_provider() || mentions.any(host)) && matches!(target(), Some(Target::Elsewhere))
    }

    /// Whether a text has another value of the same form that is no hash.
    fn has_another(&self, text: &str) -> bool {
        let mut runs = text.split(|c: char| !c.is_ascii_alphanumeric());
        runs.any(|run| self.is_alike(run.as_bytes()) && !run.bytes().all(|b| b.is_ascii_hexdigit()))
    }

    /// Whether the block that the value stands in says how those log in who call: `auth` beside the `port` that something
    /// listens on.
    pub(super) fn is_for_those_who_call(&self) -> bool {
        let port = |block: &Block| {
            let parts = parts_and_nested(&block.text);
            let listens = parts.iter().any(|part| {
                has(part.key, &["port", "listen", "bind"])
                    && bare(part.value).bytes().any(|b| b.is_ascii_digit())
            });
            listens && self.target(block).is_none()
        };
        let login = |block: &Block| has(&block.name, &["auth", "authentication"]);
        self.blocks().windows(2).any(|pair| login(&pair[0]) && port(&pair[1]))
    }

    /// Whether a field names a computer by itself that requests go to, and it is not the provider's.
    fn is_peer_elsewhere(&self, part: &Part<'_>) -> bool {
        const PEERS: [&str; 8] =
            ["address", "server", "servers", "endpoint", "target", "targets", "upstream", "rewrite"];
        let value = bare(part.value);
        let host = value.split([':', '/']).next().unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let top = host.rsplit_once('.').map_or("", |(_, top)| top);
        has(part.key, &PEERS)
            && !value.contains("://")
            && host.chars().all(plain)
            && top.len() > 1
            && top.chars().all(|c| c.is_ascii_alphabetic())
            && self.host_in(host).is_none()
    }

    fn blocks(&self) -> Vec<Block> {
        let (before, after) = self.near();
        nested::blocks(&self.place.levels, before, after)
    }

    fn near(&self) -> (&[u8], &[u8]) {
        let text = self.file.text;
        let before = &text[self.span.start.saturating_sub(NEAR)..self.span.start];
        (before, &text[self.span.end..(self.span.end + NEAR).min(text.len())])
    }

    /// To whom a block sends requests, by the addresses in it.
    fn target(&self, block: &Block) -> Option<Target> {
        let elsewhere = |word: &str| {
            let (_, rest) = word.split_once("://").unwrap_or_default();
            let host = rest.split(['/', ':', '"', '\'', ',']).next().unwrap_or_default();
            host.starts_with(|c: char| c.is_ascii_alphanumeric()) && self.host_in(host).is_none()
        };
        // What describes the file is asked for nothing.
        let described =
            |line: &&str| !line.trim_start_matches([' ', '\t', '"', '{']).starts_with(['$', '@', '#']);
        let lines = || block.text.lines().filter(described);
        let mut words = lines().flat_map(str::split_whitespace);
        let others = words.any(|word| word.contains("://") && elsewhere(word))
            || parts_and_nested(&block.text).iter().any(|part| self.is_peer_elsewhere(part));
        match (lines().filter_map(|line| self.host_in(line)).find(|host| !is_for_people(host)), others) {
            (Some(host), false) => Some(Target::Ours(host)),
            (Some(_), true) => Some(Target::Several),
            (None, true) => Some(Target::Elsewhere),
            (None, false) => None,
        }
    }

    /// The parameters beside the value's, each a name and a value, say where requests go that take this one along:
    /// `base-url` and `api-key`; or what its own name stands for.
    pub(super) fn parameter(&self) -> Option<Verdict> {
        let own = self.place.levels.first().filter(|_| self.provider.with.is_empty())?;
        if own.bound != Bound::Assigned || !self.naming(own).transparent {
            return None;
        }
        let (before, after) = self.near();
        let (own_item, others) = nested::items(&self.place.levels, before, after)?;
        let name = name_of(&own_item)?;
        let pairs: Vec<(String, String)> = others.iter().filter_map(|item| pair(item)).collect();
        let name = stands_for(&name, &pairs);
        let meaning = self.meaning(&name);
        if !meaning.credential || meaning.plain.is_some() {
            return None;
        }
        if self.speaks(&name) == Speaks::Ours {
            return self.by_name(&name, |name| format!("{name} names it"));
        }
        let of: Vec<String> =
            words(&name).into_iter().filter(|word| word != "api" && !self.meaning(word).credential).collect();
        let (mut found, mut another) = (None, false);
        for (parameter, value) in &pairs {
            let parameter = stands_for(parameter, &pairs);
            let said = words(&parameter);
            if !value.contains("://") || field(&parameter) != Field::Address {
                continue;
            }
            if !of.iter().all(|word| said.contains(word)) {
                // `base_url` alone is for any.
                let named = said.iter().any(|word| word != "api" && field(word) != Field::Address);
                another |= named && self.has_host(value);
                continue;
            }
            match self.host_in(value) {
                Some(host) => found = Some((parameter, host)),
                None => {
                    let reason = |host| format!("{} beside it is at {host}", shown(&parameter));
                    return self.host_elsewhere(value).map(|host| Verdict::foreign(reason(host)));
                }
            }
        }
        if found.is_none() && another && self.is_specific_name(&name) {
            let reason =
                format!("{} is not for what the parameters beside it send to the provider", shown(&name));
            return Some(Verdict::new(Confidence::Low, reason));
        }
        let (parameter, host) = found.filter(|_| !meaning.purpose)?;
        let reason = format!("{} beside it is at {host}", shown(&parameter));
        Some(Verdict::new(Confidence::High, reason))
    }
}

/// Whether a name has one of the words.
fn has(name: &str, list: &[&str]) -> bool {
    words(name).iter().any(|word| list.contains(&word.as_str()))
}

/// Whether a block has what those show who call: the keys of consumers, of users, of who may see a page.
pub(super) fn is_for_callers(name: &str) -> bool {
    const CALLERS: [&str; 12] = [
        "consumer",
        "consumers",
        "keyauth",
        "basicauth",
        "inbound",
        "incoming",
        "caller",
        "callers",
        "users",
        "admin",
        "jwt",
        "tenants",
    ];
    let plugin = |pair: &[String]| matches!(pair[0].as_str(), "key" | "basic") && pair[1] == "auth";
    has(name, &CALLERS) || words(name).windows(2).any(plugin)
}

/// The name of an item that is a name and a value.
fn name_of(item: &str) -> Option<String> {
    let named = |key: &str| matches!(words(key).as_slice(), [name] if matches!(name.as_str(), "name" | "key" | "variable"));
    let part = parts(item, false).into_iter().find(|part| named(part.key))?;
    Some(bare(part.value).to_owned()).filter(|name| !name.is_empty() && !name.contains(char::is_whitespace))
}

/// An item that is a name and a value.
fn pair(item: &str) -> Option<(String, String)> {
    let valued =
        |key: &str| matches!(words(key).as_slice(), [name] if matches!(name.as_str(), "value" | "default"));
    let value = parts_and_nested(item)
        .into_iter()
        .find(|part| valued(part.key))
        .map(|part| bare(part.value).to_owned())?;
    Some((name_of(item)?, value))
}

/// What the name of a parameter stands for: that of `env[0].value` is what `env[0].name` has.
fn stands_for(name: &str, pairs: &[(String, String)]) -> String {
    let named = name.strip_suffix(".value").map(|entry| format!("{entry}.name"));
    let stated = named.and_then(|named| pairs.iter().find(|(name, _)| *name == named));
    stated.map_or(name, |(_, value)| value).to_owned()
}
