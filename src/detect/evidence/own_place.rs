//! Where a file says which value is the provider's: by a name that it gives one, by a block or a row that has the
//! provider's name. What else the file has is another's then.

use bstr::ByteSlice;

use super::block::is_switch;
use super::{Judge, Speaks};
use crate::detect::lines::{indent, line, lines_above, lines_below};
use crate::detect::parts::parts;
use crate::detect::structure::{self, Holder};
use crate::detect::words::words;

impl Judge<'_> {
    /// Whether the file says elsewhere which value is the provider's: it gives it a name, assigned or referred to, or a
    /// block or row that has the provider's name.
    pub(super) fn provider_has_its_own_place(&self) -> bool {
        *self.file.own_place.get_or_init(|| self.has_own_place())
    }

    /// Whether the file has a name for a credential of the provider's.
    pub(super) fn names_credential(&self) -> bool {
        *self.file.names_credential.get_or_init(|| self.has_named_credential())
    }

    fn has_named_credential(&self) -> bool {
        let belongs = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        let text = self.file.text;
        self.file.mentions().iter().any(|&at| {
            let start = text[..at].iter().rposition(|b| !belongs(b)).map_or(0, |before| before + 1);
            let end = text[at..].iter().position(|b| !belongs(b)).map_or(text.len(), |length| at + length);
            let name = text[start..end.min(start + 100)].to_str_lossy();
            let meaning = self.meaning(&name);
            meaning.credential && meaning.plain.is_none() && self.speaks(&name) == Speaks::Ours
        })
    }

    /// Whether a place is in an entry of an indented block that has one for a credential beside it.
    fn is_with_credential(&self, at: usize) -> bool {
        const MOST: usize = 10;
        let text = self.file.text;
        let own = line(text, at);
        let column = indent(own);
        let beside = |line: &&[u8]| indent(line) == column && !line.trim_ascii().is_empty();
        let above = lines_above(text, at).take(MOST).take_while(beside);
        let below = lines_below(text, at).take(MOST).take_while(beside);
        let entry = |line: &[u8]| {
            let name = line.trim_ascii_start().split(|b| *b == b':').next().unwrap_or_default().to_vec();
            let word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
            (name.iter().all(word) && line.contains(&b':')).then(|| name.to_str_lossy().into_owned())
        };
        column > 0
            && entry(own).is_some()
            && above.chain(below).filter_map(entry).any(|name| self.meaning(&name).credential)
    }

    /// Whether a place is in an object that has a field for a credential: `{"urls": [HERE], "keys": [""]}`.
    fn is_grouped_with_credential(&self, at: usize) -> bool {
        const NEAR: usize = 400;
        let text = self.file.text;
        let place =
            structure::place(&text[at.saturating_sub(NEAR)..at], &text[at..(at + NEAR).min(text.len())]);
        let groups = place.levels.iter().take(2).filter(|level| level.holder == Holder::Group);
        let mut fields = groups
            .flat_map(|level| parts(&level.before, false).into_iter().chain(parts(&level.after, false)));
        // The `key` of a pair is a name.
        fields.any(|field| {
            self.meaning(field.key).credential
                && words(field.key) != ["key"]
                && !is_switch(field.value.trim())
        })
    }

    /// Whether a value of the same form is among the first arguments of a call.
    fn begins_with_value(&self, arguments: &[u8]) -> bool {
        const NEAR: usize = 200;
        let near = &arguments[..arguments.len().min(NEAR)];
        let near = &near[..near.find_byte(b')').unwrap_or(near.len())];
        self.has_alike(near)
    }

    /// Whether what follows is the argument of a call that gives a credential: `key_get("`.
    fn is_asked_for(&self, before: &[u8]) -> bool {
        let call = before.trim_end_with(|c| matches!(c, '"' | '\''));
        let word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':');
        let callee = call.strip_suffix(b"(").filter(|_| call.len() < before.len());
        callee.is_some_and(|callee| {
            let start = callee.iter().rposition(|b| !word(b)).map_or(0, |at| at + 1);
            self.meaning(&callee[start..].to_str_lossy()).credential
        })
    }

    fn has_own_place(&self) -> bool {
        let text = self.file.text;
        self.file.mentions().iter().any(|&at| {
            let belongs = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
            let start = text[..at].iter().rposition(|b| !belongs(b)).map_or(0, |before| before + 1);
            let end = text[at..].iter().position(|b| !belongs(b)).map_or(text.len(), |length| at + length);
            if end - start > 100 {
                return false;
            }
            let name = String::from_utf8_lossy(&text[start..end]);
            if self.has_host(&name) {
                return self.is_with_credential(at) || self.is_grouped_with_credential(at);
            }
            if self.speaks(&name) != Speaks::Ours {
                return false;
            }
            let meaning = self.meaning(&name);
            let address = || text[end..].starts_with(b"://") && self.is_vendor(&name);
            let asked = || self.is_vendor(&name) && self.is_asked_for(&text[..start]);
            let handed = || text[end..].starts_with(b"(") && self.begins_with_value(&text[end + 1..]);
            handed()
                || asked()
                || meaning.credential && meaning.plain.is_none()
                || address()
                || self.is_vendor(&name)
                    && words(&name).len() <= 2
                    && heads_entry(&text[..start], &text[end..])
        })
    }
}

/// Whether a name between `before` and `after` is that of a block, or the one that a row begins with.
fn heads_entry(before: &[u8], after: &[u8]) -> bool {
    let quote = |b: &u8| matches!(b, b'"' | b'\'' | b'`' | b' ' | b']');
    let before = before.trim_ascii_end();
    let quoted = matches!(before.last(), Some(b'"' | b'\'' | b'`'));
    let opened = before.iter().rev().find(|b| !matches!(b, b'"' | b'\'' | b'`' | b' '));
    let follows = after.iter().find(|b| !quote(b));
    let block = matches!(follows, None | Some(b'\n' | b'\r' | b'{'))
        && matches!(opened, Some(b'[' | b'.' | b':' | b'='))
        || matches!(follows, Some(b':' | b'{'))
        || quoted && opened == Some(&b'[') && follows == Some(&b'=');
    let row =
        quoted && matches!(opened, Some(b'(' | b'[' | b'{' | b':' | b'=' | b'>')) && follows == Some(&b',');
    let table =
        matches!(opened, None | Some(b'|' | b'\n')) && matches!(follows, Some(b'|' | b',' | b';' | b'\t'));
    block || row || table
}
