//! Clients of other services that are told to send their requests to the provider: by the address that has their name, or
//! that they are given where they are made.

use bstr::ByteSlice;

use super::{Judge, Speaks, Verdict};
use crate::detect::declaration::name_of;
use crate::detect::layout;
use crate::detect::lines;
use crate::detect::parts::fields_beside;
use crate::detect::quote;
use crate::detect::structure::Holder;
use crate::detect::words::words;
use crate::finding::Confidence;

/// Longest line that one statement takes, in bytes.
const LONGEST_STATEMENT: usize = 300;

impl Judge<'_> {
    /// Another service's name whose requests go to the provider: `OPENAI_API_KEY` beside `OPENAI_BASE_URL=` ours.
    pub(super) fn redirected(&self, name: &str) -> Option<Verdict> {
        let owner = self.meaning(name).owner.clone()?;
        self.file.hosts().iter().filter(|(_, host)| self.is_ours(host)).find_map(|(at, host)| {
            let line = String::from_utf8_lossy(self.file.line(&(*at..*at))).into_owned();
            let (before, _) = line.split_once("://")?;
            let before = before.trim_end_matches(char::is_alphabetic);
            // A pair of a name and a value on two lines.
            let above = || {
                let start = lines::line_start(self.file.text, *at).checked_sub(1)?;
                Some(String::from_utf8_lossy(self.file.line(&(start..start))).into_owned())
            };
            let listed = || {
                let start = lines::line_start(self.file.text, *at);
                let owner = layout::list_owner(self.file.text, start.checked_sub(1)?)?;
                Some(String::from_utf8_lossy(self.file.line(&(owner..owner))).into_owned())
            };
            let item = matches!(before.trim(), "-" | "- \"" | "- '");
            let paired = if item { listed() } else { self.meaning(before).transparent.then(above).flatten() };
            let before = paired.as_deref().unwrap_or(before);
            // On a line without end, what is given the address stands right before it.
            let long = before.len() > LONGEST_STATEMENT;
            let before = if long { before.rsplit([';', ',', '{']).next().unwrap_or(before) } else { before };
            // `API_BASE_URL` alone: where every client of the kind sends its key.
            let base = words(quote::tokens(before).next().unwrap_or_default());
            let generic = || {
                words(name).ends_with(&["api".to_owned(), "key".to_owned()])
                    && base.contains(&"base".to_owned())
                    && base.iter().all(|word| matches!(word.as_str(), "api" | "base" | "url" | "uri"))
                    && self.file.hosts().iter().all(|(_, host)| self.is_ours(host))
            };
            let glued = before.to_lowercase().contains(&owner.replace(' ', ""));
            (glued || generic()).then(|| {
                Verdict::new(
                    Confidence::High,
                    format!("{} goes to {host} in this file", self.quoted(name, Speaks::Others)),
                )
            })
        })
    }

    /// What a name says, unless it is another service's whose requests go to the provider.
    pub(super) fn unless_redirected(&self, name: &str, said: Verdict) -> Verdict {
        let redirected = (said.confidence == Confidence::Low).then(|| self.redirected(name)).flatten();
        redirected.unwrap_or(said)
    }

    /// What is said of a value that another's client gets, unless that client is told to send its requests to the provider:
    /// `Client("VALUE", base_url = OURS)`, `Client.new("VALUE").with_base(OURS)`, `client.base_url = OURS`.
    pub(super) fn unless_pointed_at_us(&self, said: Verdict) -> Verdict {
        let calls = self.place.levels.iter().take(2).filter(|level| level.holder == Holder::Call);
        let mut arguments = calls.flat_map(|call| [&call.before, &call.after]);
        let pointed = arguments
            .find_map(|side| self.host_given(side))
            .or_else(|| self.host_given(&chain(&self.file.text[self.span.end..])))
            .or_else(|| self.host_of_variable());
        let ours = |host| Verdict::new(Confidence::High, format!("its client sends it to {host}"));
        pointed.map_or(said, ours)
    }

    /// Whether a client of another's is told by a variable where to send its requests, and that has nobody's name.
    pub(super) fn is_pointed_by_variable(&self) -> bool {
        self.place.levels.iter().take(2).flat_map(fields_beside).any(|part| {
            let words = words(part.key);
            let address =
                words.iter().any(|word| matches!(word.as_str(), "url" | "uri" | "endpoint" | "baseurl"))
                    || words == ["api", "base"];
            let value = part.value.trim();
            let variable =
                !value.is_empty() && !value.contains("://") && !value.starts_with(['"', '\'', '`']);
            address && variable && self.speaks(value) != Speaks::Others
        })
    }

    /// The provider's host in a text, where what stands before it calls it an address.
    fn host_given(&self, text: &str) -> Option<String> {
        const NEAR: usize = 40;
        let host = self.host_in(text)?;
        let before = &text[..text.to_lowercase().find(&host).filter(|&at| text.is_char_boundary(at))?];
        let near = &before[before.ceil_char_boundary(before.len().saturating_sub(NEAR))..];
        let address = ["base", "url", "uri", "endpoint", "host", "server"];
        words(near).iter().any(|word| address.contains(&word.as_str())).then_some(host)
    }

    /// The provider's host that a field of the variable on the value's line is given: `client.base_url = OURS`.
    fn host_of_variable(&self) -> Option<String> {
        let line = self.file.line(self.span).to_str_lossy();
        let (name, _) = line.split_once('=')?;
        let name = name_of(name.trim_end_matches([':', ' ']))?;
        let field = format!("{name}.");
        self.file.hosts().iter().filter(|(_, host)| self.is_ours(host)).find_map(|(at, host)| {
            let line = self.file.line(&(*at..*at)).to_str_lossy();
            line.trim_start().starts_with(&field).then(|| (*host).to_owned())
        })
    }
}

/// The calls that follow the one whose arguments go on at the beginning of `rest`: `).with_base("…").build()`.
fn chain(rest: &[u8]) -> String {
    const LONGEST: usize = 600;
    let rest = &rest[..rest.len().min(LONGEST)];
    let mut depth = 1_usize;
    let end = rest.iter().enumerate().position(|(at, byte)| {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let next = || rest[at + 1..].trim_ascii_start();
        depth == 0 && *byte == b')' && !(next().starts_with(b".") || next().starts_with(b"->"))
    });
    let calls = &rest[..end.unwrap_or(0)];
    // What is behind the value's own call.
    calls.find_byte(b')').map_or(String::new(), |own| calls[own..].to_str_lossy().into_owned())
}
