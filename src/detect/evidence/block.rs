//! Whose a block is: what the fields beside a value say of the object, row, section or call that they are in.
//!
//! Takes the text on both sides of a value in the same block, gives the field that decides. A block belongs to the
//! vendor that it names; to whom its requests go; to whom its title names. A model's name tells least, for models
//! are served by others, too.

use super::{Judge, Speaks};
use crate::detect::parts::{Part, bare, fields_beside, neighbours, tokens};
use crate::detect::quote;
use crate::detect::structure::{Bound, Holder, Level};
use crate::detect::words::{Field, field, is_thing, leaves_vendor_open, words};

/// How much a field says of the block that it is in; the most telling first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// `provider: …`, or the address that its requests go to.
    Vendor,
    /// `name: …`, `title: …`.
    Label,
    /// A word: a model's name, an argument, a neighbour in a row.
    Word,
}

/// What the most telling field of a block says.
#[derive(Debug)]
pub(super) struct Described {
    pub(super) word: String,
    pub(super) speaks: Speaks,
    pub(super) weight: Weight,
    /// It is a model's name and nothing more.
    pub(super) model: bool,
    /// It is the address that a request goes to.
    pub(super) sent: bool,
}

impl Described {
    fn new(word: &str, speaks: Speaks, weight: Weight) -> Self {
        Described { word: word.to_owned(), speaks, weight, model: false, sent: false }
    }
}

impl Judge<'_> {
    /// What the fields beside the value say of the block. None if they name nobody.
    pub(super) fn described(&self, level: &Level) -> Option<Described> {
        let (left, right) = neighbours(level);
        let ranked = left.iter().rev().enumerate().chain(right.iter().enumerate());
        ranked
            .filter_map(|(distance, part)| Some((distance, self.describes(part, level)?)))
            .min_by_key(|(distance, found)| (found.weight, found.speaks != Speaks::Ours, *distance))
            .map(|(_, found)| found)
    }

    /// The word of the sentence around the value that names somebody, in brackets or not.
    pub(super) fn in_sentence(&self, level: &Level, own: &Level) -> Option<Described> {
        if level.holder != Holder::Lines || own.bound != Bound::Spaced || words(&own.name).len() < 3 {
            return None;
        }
        self.nearest_token(&level.after).or_else(|| self.nearest_token(&level.before))
    }

    /// What one part says.
    fn describes(&self, part: &Part<'_>, level: &Level) -> Option<Described> {
        // One of many values beside one another.
        if part.key.is_empty() && self.is_alike(bare(part.value).as_bytes()) {
            return None;
        }
        let kind = field(part.key);
        if kind == Field::Thing || has_credential(part.value) {
            return None;
        }
        if let Some(elsewhere) = self.sent_elsewhere(part, kind, level) {
            return Some(elsewhere);
        }
        // Whatever the path of an address is called, it is of who has the host.
        if part.value.contains("://") && self.host_elsewhere(part.value).is_some() {
            return None;
        }
        // What a call gives is nobody's account.
        if kind == Field::Account && !part.value.contains('(') || self.is_name_of_another(part) {
            return None;
        }
        let value = bare(part.value);
        if quote::is_media_type(value) {
            return None;
        }
        let weight = match kind {
            Field::Vendor => Weight::Vendor,
            // `model_name` is no name of the block.
            Field::Label if !words(part.key).iter().any(|word| word == "model") => Weight::Label,
            _ => Weight::Word,
        };
        if weight < Weight::Word && value.len() <= 80 {
            let said = match self.speaks(value) {
                // Nobody in our lists, and yet somebody else.
                Speaks::Nobody if weight == Weight::Vendor && !leaves_vendor_open(value) => Speaks::Others,
                said => said,
            };
            if said == Speaks::Ours && weight == Weight::Label && self.meaning(value).purpose {
                return None;
            }
            if said != Speaks::Nobody {
                return Some(Described::new(value, said, weight));
            }
        }
        // One thing of the provider's: `acme job`.
        if part.key.is_empty() && is_thing(value) {
            return None;
        }
        if part.key.contains(' ') {
            // A command and its option rather than a name.
            return self.nearest_token(part.key).or_else(|| self.nearest_token(value));
        }
        // What else a request carries says nothing of its key.
        let cookie = words(part.key).last().is_some_and(|word| matches!(word.as_str(), "cookie" | "cookies"));
        let key = if is_switch(value) || cookie { Speaks::Nobody } else { self.speaks(part.key) };
        if key != Speaks::Nobody {
            let word = part.key.trim_matches(|c: char| "\"'` ".contains(c));
            return Some(Described { model: !part.open, ..Described::new(word, key, Weight::Word) });
        }
        // A longer text in a table's cell, but the one that a row begins with, speaks of things: goods, messages.
        let row = level.before.trim_start_matches(|c: char| c.is_whitespace() || c == '|');
        let text = part.key.is_empty()
            && level.before.contains([',', ';', '|'])
            && !row.starts_with(part.value)
            && words(value).len() >= 3
            && !self.is_named(value)
            && self.column_name().is_some();
        if text { None } else { self.nearest_token(value) }
    }

    /// The address in a part, if it is not the provider's and what the value is for.
    fn sent_elsewhere(&self, part: &Part<'_>, kind: Field, level: &Level) -> Option<Described> {
        let row = level.holder == Holder::Group && level.bound == Bound::Positional;
        let sent = part.key.is_empty() && self.is_request(level);
        let addressed = kind == Field::Address || sent || part.key.is_empty() && row;
        let host = self.host_elsewhere(part.value).filter(|_| addressed && part.value.contains("://"))?;
        Some(Described { sent, ..Described::new(&host, Speaks::Others, Weight::Vendor) })
    }

    /// Of the words of a value the first one that names somebody, ours before others.
    fn nearest_token(&self, value: &str) -> Option<Described> {
        let kept: Vec<&str> = tokens(value).collect();
        let said = (0..kept.len())
            .filter(|&at| !self.is_kept_in(&kept, at) && !is_page(kept[at]))
            .map(|at| kept[at])
            .map(|token| {
                let route = self.route(token);
                // `vendor/model` says who serves it.
                let model = token.contains('-')
                    && !token.contains("://")
                    && route.1 == Weight::Word
                    && !self.meaning(token).credential;
                (token, route, model)
            });
        said.filter(|(_, (speaks, _), _)| *speaks != Speaks::Nobody)
            .min_by_key(|(_, (speaks, weight), _)| (*weight, *speaks != Speaks::Ours))
            .map(|(word, (speaks, weight), model)| Described {
                model,
                ..Described::new(word, speaks, weight)
            })
    }

    /// Whether a word of a sentence says where something is kept: `in Vault`.
    fn is_kept_in(&self, words: &[&str], at: usize) -> bool {
        const INTO: [&str; 16] = [
            "in", "into", "to", "im", "ins", "dans", "en", "nel", "nella", "no", "na", "do", "w", "v", "i",
            "op",
        ];
        let before = at.checked_sub(1).map(|before| words[before].to_lowercase());
        before.is_some_and(|before| INTO.contains(&before.as_str()))
            && words[at].chars().all(char::is_alphabetic)
            && self.meaning(words[at]).purpose
    }

    /// Whose a word is. One with a slash is a model's name and who serves it: `vendor/model`; the name of the
    /// repository that its weights come from says nothing of that. A credential's name is none, whatever group it is in.
    fn route(&self, token: &str) -> (Speaks, Weight) {
        let whole = self.speaks(token);
        match token.split_once('/') {
            Some((first, rest))
                if whole == Speaks::Ours
                    && is_word(first)
                    && !rest.is_empty()
                    && !self.has_host(token)
                    && !self.meaning(rest).credential =>
            {
                let exactly = |name: &String| first.eq_ignore_ascii_case(name);
                match self.speaks(first) {
                    Speaks::Ours if self.provider.names.iter().any(exactly) => (Speaks::Ours, Weight::Label),
                    Speaks::Ours => (Speaks::Nobody, Weight::Word),
                    // A plugin of somebody's.
                    Speaks::Nobody if rest.contains('/') && !first.contains('.') => (whole, Weight::Word),
                    _ => (Speaks::Others, Weight::Label),
                }
            }
            // Who serves it stands first: `other/vendor/model`.
            Some((first, rest))
                if whole == Speaks::Others
                    && is_word(first)
                    && !rest.is_empty()
                    && !token.contains("://")
                    && self.speaks(first) == Speaks::Others =>
            {
                (Speaks::Others, Weight::Label)
            }
            _ => (whole, Weight::Word),
        }
    }

    /// Whether the part is the name that another value is given, so that it says nothing of this one.
    fn is_name_of_another(&self, part: &Part<'_>) -> bool {
        let ours = |text: &str| self.speaks(text) == Speaks::Ours && self.meaning(text).credential;
        // A pair of a name and a value: what is called `value` has its name beside it.
        let pair = self.place.levels.first().is_some_and(|own| {
            // `secret_string`, `secretData` of a place where secrets are kept.
            let kept = is_generic_value(&own.name) && !part.key.trim_matches(['"', '\'']).is_empty();
            self.naming(own).transparent || kept
        });
        // Of a command and its option, the option is the name.
        let name = part.key.split_whitespace().last().unwrap_or_default();
        !pair
            && !part.open
            && !part.key.is_empty()
            && field(part.key) == Field::Other
            && (ours(name) || ours(part.value))
    }

    /// Whether what the level holds is sent somewhere.
    fn is_request(&self, level: &Level) -> bool {
        level.holder == Holder::Call || level.holder == Holder::Lines && self.place.scheme.is_some()
    }

    /// The host of an address that is not the provider's, nor on this machine or in this network.
    pub(super) fn host_elsewhere(&self, text: &str) -> Option<String> {
        let host = host(text)?.to_lowercase();
        let numeric = host.chars().all(|c| c.is_ascii_digit() || c == '.');
        let near = [".local", ".internal", ".localhost", ".lan"].iter().any(|end| host.ends_with(end));
        (host.contains('.') && !numeric && !near && !self.is_ours(&host) && self.host_in(&host).is_none())
            .then_some(host)
    }

    /// Whether a field beside the value says of something of its own what it is: `type: acme`.
    pub(super) fn is_labelled(&self, level: &Level) -> bool {
        fields_beside(level).any(|part| {
            let kind = matches!(field(part.key), Field::Label | Field::Vendor) && !part.key.is_empty();
            kind && self.is_specific_name(bare(part.value))
        })
    }

    /// The host of the address in a field beside the value, wherever that is, if it is not the provider's.
    pub(super) fn served_at(&self, level: &Level) -> Option<String> {
        let addresses = fields_beside(level).filter(|part| field(part.key) == Field::Address);
        let mut hosts = addresses.filter_map(|part| host(part.value));
        hosts.find(|host| !host.is_empty() && self.host_in(host).is_none()).map(str::to_owned)
    }

    /// Whether an entry is called after a host that is not the provider's: `"registry.example.com": { … }`.
    pub(super) fn is_of_host(&self, level: &Level) -> bool {
        let name = level.name.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ':'));
        level.holder == Holder::Group && is_site(name) && !self.is_ours(name)
    }

    /// Whether a text is the provider's name, and not that of a model or a credential.
    pub(super) fn is_vendor(&self, text: &str) -> bool {
        let text = text.strip_suffix("-ai").unwrap_or(text);
        // `Acme (note)`
        let text =
            text.strip_suffix(')').and_then(|text| text.split_once(" (")).map_or(text, |(name, _)| name);
        text.len() <= 40
            && self.speaks(text) == Speaks::Ours
            && !text.contains(['-', '/'])
            && !self.meaning(text).credential
            && self.meaning(text).plain.is_none()
            && !self.meaning(text).specific
    }

    /// Whether a field beside the value is the provider's name and nothing else.
    pub(super) fn has_vendor_beside(&self, level: &Level) -> bool {
        fields_beside(level).any(|part| self.is_vendor(bare(part.value)))
    }

    /// Whether a level names something of its own that is not the provider: `acme: { token: … }`, `Acme.new(…)`.
    pub(super) fn is_specific(&self, level: &Level, innermost: bool) -> bool {
        let specific = |text: &str| self.is_specific_name(text);
        let labels = || {
            let row = level.bound == Bound::Positional && level.holder == Holder::Group;
            fields_beside(level).any(|part| match field(part.key) {
                Field::Label | Field::Vendor => !part.key.is_empty() && specific(part.value),
                // `config :app, App.Vault, key: VALUE`: the words before a field.
                _ if level.holder == Holder::Lines && level.bound == Bound::Assigned => {
                    innermost && part.key.is_empty() && self.meaning(part.value).owner.is_some()
                }
                _ => innermost && row && part.key.is_empty() && specific(part.value),
            })
        };
        let head = || match level.holder {
            Holder::Block | Holder::Lines | Holder::Tag => false,
            Holder::Call | Holder::Group => specific(&level.head),
        };
        specific(&level.name) || head() || labels()
    }

    /// Whether a name has words that say whose it is, and none of them is ours.
    pub(super) fn is_specific_name(&self, name: &str) -> bool {
        name.len() <= 120 && self.speaks(name) != Speaks::Ours && self.meaning(name).specific
    }
}

/// Whether a word is the path of a page or a source file on a site, or of a directory: `/posts/acme-and-others.html`.
fn is_page(word: &str) -> bool {
    let name = word.split(['?', '#']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    word.starts_with('/') && name.contains('.') || word.ends_with('/') && word.contains('-')
}

/// The host of an address.
fn host(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    rest.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))).next()
}

pub(super) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// Whether a word is the name of a site: `acme.io`.
pub(super) fn is_site(word: &str) -> bool {
    const ENDINGS: [&str; 5] = [".com", ".org", ".net", ".io", ".dev"];
    let host = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    ENDINGS.iter().any(|ending| word.ends_with(ending)) && word.chars().all(host)
}

/// Whether a name says that its value is the text of a secret, whichever: `secret_string`.
fn is_generic_value(name: &str) -> bool {
    let words = words(name);
    matches!(words.as_slice(), [secret, text]
        if secret == "secret" && matches!(text.as_str(), "string" | "data" | "value" | "text" | "payload"))
}

/// Whether a value is an address with a credential of its own: `acme://VALUE@host`.
fn has_credential(value: &str) -> bool {
    const SHORTEST: usize = 16;
    let user = value.split_once("://").and_then(|(_, rest)| Some(rest.split_once('@')?.0));
    user.is_some_and(|user| {
        user.split(':').any(|part| part.len() >= SHORTEST && part.chars().all(char::is_alphanumeric))
    })
}

/// Whether a value turns something on or off, or sets a number: its name is an option's.
pub(super) fn is_switch(value: &str) -> bool {
    let number =
        !value.is_empty() && value.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '_' | '-'));
    number || ["true", "false", "on", "off", "yes", "no"].iter().any(|word| value.eq_ignore_ascii_case(word))
}
