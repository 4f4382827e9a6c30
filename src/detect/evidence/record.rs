//! Records beside one another: what of a list, of a mapping or of indented lines belongs to the value's own, and whose the
//! others are.

use super::block::is_switch;
use super::{Judge, Speaks};
use crate::detect::parts::{after_value, bare, parts, parts_and_groups, parts_and_nested, without_calls};
use crate::detect::structure::{Holder, Level};
use crate::detect::words::{Field, field, words};

impl Judge<'_> {
    /// A side of a level without the records beside the one that holds the value.
    pub(super) fn own_fields(&self, depth: usize, level: &Level, text: &str) -> String {
        if depth == 0 && level.holder == Holder::Lines {
            return self.without_deeper_blocks(text, self.is_specific_name(&level.name));
        }
        if !matches!(level.holder, Holder::Group | Holder::Lines) {
            return text.to_owned();
        }
        let (_, groups) = parts_and_groups(text, false);
        let unnamed = |key: &str| key.trim_matches([' ', '\n', '\t', '\r', ',']).is_empty();
        let fields = |record: &str| parts(record, false).iter().any(|part| self.meaning(part.key).credential);
        let another = |(key, record): &(&str, &str)| match depth {
            // A value that is called after something is not for what another entry is about.
            0 => !unnamed(key) && self.is_specific_name(&level.name),
            _ => unnamed(key) || fields(record),
        };
        let records = groups.into_iter().filter(another);
        records.fold(text.to_owned(), |text, (_, record)| text.replacen(record, "", 1))
    }

    /// The lines beside a value without what is set deeper than they are, where that has a credential of its own, or
    /// the value is called `after` something.
    fn without_deeper_blocks(&self, text: &str, after: bool) -> String {
        let indent = |line: &str| line.len() - line.trim_start().len();
        let lines = || text.lines().filter(|line| !line.trim().is_empty());
        let column = lines().map(indent).min().unwrap_or_default();
        let deeper = |line: &&str| indent(line) > column;
        let own = |line: &str| line.split(':').next().is_some_and(|name| self.meaning(name).credential);
        match after || lines().filter(deeper).any(own) {
            true => lines().filter(|line| !deeper(line)).collect::<Vec<_>>().join("\n"),
            false => text.to_owned(),
        }
    }

    /// A list without what is made by the call that makes the value's entry, if there is any: each is of its own.
    pub(super) fn without_calls_alike(&self, depth: usize, level: &Level) -> Option<Level> {
        let own = self.place.levels.get(depth.checked_sub(1)?)?;
        let function = own.head.trim();
        if own.holder != Holder::Call || level.holder != Holder::Group || function.is_empty() {
            return None;
        }
        let call = format!("{function}(");
        let alike = level.before.contains(&call) || level.after.contains(&call);
        alike.then(|| Level {
            before: without_calls(&level.before, &call),
            after: without_calls(&level.after, &call),
            ..level.clone()
        })
    }

    /// Whether another entry of the list or mapping that holds the value's group is the provider's.
    pub(super) fn another_entry(&self, level: &Level) -> Option<String> {
        let mut groups = Vec::new();
        for text in [level.before.as_str(), after_value(&level.after)] {
            groups.extend(parts_and_groups(text, false).1);
        }
        let pair = self.place.levels.first().and_then(|own| self.name_of_pair(own));
        groups.into_iter().find_map(|(key, inner)| {
            let key = key.trim_matches(|c: char| c.is_whitespace() || "\"'`[]:=(){".contains(c));
            if self.is_vendor(key) {
                return Some(key.to_owned());
            }
            let parts = parts_and_nested(inner);
            // A setting beside it in a list of names and values is of the same: `('ai_vendor', 'acme'), ('ai_key', VALUE)`.
            let first = parts.first().map_or("", |part| bare(part.value));
            if parts.len() == 2 && pair.is_some_and(|name| words(name).first() == words(first).first()) {
                return None;
            }
            // An entry with a credential of its own for a model of the provider's.
            let own =
                parts.iter().any(|part| self.meaning(part.key).credential && !is_switch(part.value.trim()));
            parts.into_iter().find_map(|part| {
                let value = bare(part.value);
                let tells = part.key.is_empty() || field(part.key) != Field::Other;
                let model = || own && words(part.key) == ["model"] && self.speaks(value) == Speaks::Ours;
                (tells && self.is_vendor(value) || model()).then(|| value.to_owned())
            })
        })
    }
}
