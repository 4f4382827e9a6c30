//! What settings with a common prefix say of each other: `OCR_BACKEND`, `OCR_ENDPOINT`, `OCR_TOKEN` are of one thing.
//!
//! Takes the name of a value, looks at the lines around it for others that begin with the same words.

use bstr::ByteSlice;

use super::{Judge, Speaks, Verdict};
use crate::detect::quote::{self, shown};
use crate::detect::structure::{Bound, Holder};
use crate::detect::words::{Field, field, words};
use crate::finding::Confidence;

/// Bytes on either side in which such settings are looked for.
const NEAR: usize = 2000;
/// Longest line that is one.
const LONGEST_LINE: usize = 300;

impl Judge<'_> {
    /// Another setting with the same prefix names the provider, or its address, and none names anybody else.
    pub(super) fn sibling(&self) -> Option<Verdict> {
        let own = self.place.levels.first()?;
        let setting = own.bound == Bound::Assigned && matches!(own.holder, Holder::Lines | Holder::Group);
        let name = quote::tokens(&own.name).last().filter(|_| setting && self.provider.with.is_empty())?;
        let prefix = self.prefix(name)?;
        let text = self.file.text;
        let before = &text[self.span.start.saturating_sub(NEAR)..self.span.start];
        let after = &text[self.span.end..(self.span.end + NEAR).min(text.len())];
        let mut lines: Vec<&[u8]> = before.lines().rev().skip(1).chain(after.lines().skip(1)).collect();
        lines.retain(|line| line.len() <= LONGEST_LINE);
        let said = lines.iter().filter_map(|line| self.said_by_sibling(line.to_str().ok()?, &prefix));
        let said: Vec<(Speaks, String)> = said.collect();
        if said.iter().any(|(speaks, _)| *speaks == Speaks::Others) {
            return None;
        }
        let (_, setting) = said.into_iter().next()?;
        Some(Verdict::new(Confidence::High, format!("{} is of the same settings", shown(&setting))))
    }

    /// The words of a credential's name before those that call it one, where they say what it is for.
    fn prefix(&self, name: &str) -> Option<Vec<String>> {
        let mut prefix = words(name);
        let meaning = self.meaning(name);
        if !meaning.credential || meaning.purpose || self.speaks(name) != Speaks::Nobody {
            return None;
        }
        let credential = prefix.iter().position(|word| self.meaning(word).credential)?;
        prefix.truncate(credential);
        while prefix.last().is_some_and(|word| word == "api") {
            prefix.pop();
        }
        let said = self.meaning(&prefix.join("_"));
        (!prefix.is_empty() && said.specific && said.plain.is_none()).then_some(prefix)
    }

    /// Whom a line speaks of that sets something with the prefix: who does it, or where it is.
    fn said_by_sibling(&self, line: &str, prefix: &[String]) -> Option<(Speaks, String)> {
        let line = line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '"' | '\''));
        let end = line.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '-')))?;
        let (name, rest) = line.split_at(end);
        let value = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`'));
        let value = value.strip_prefix([':', '='])?.trim_matches(|c: char| {
            c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';' | '=' | '>')
        });
        let named = words(name);
        let rest = named.strip_prefix(prefix)?;
        let kind = match rest.last().map(String::as_str) {
            None | Some("backend" | "engine" | "service" | "platform") => Field::Vendor,
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
