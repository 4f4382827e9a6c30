//! Clients of other services that are told to send their requests to the provider: by the address that has their name, or
//! that they are given where they are made.

use std::cell::OnceCell;
use std::ops::Range;

use bstr::ByteSlice;

use super::used::MOST_STEPS;
use super::{Judge, Speaks, Verdict};
use crate::detect::declaration::name_of;
use crate::detect::file_view::FileView;
use crate::detect::layout;
use crate::detect::lines;
use crate::detect::parts::{fields_beside, parts_and_nested};
use crate::detect::quote;
use crate::detect::structure::{Holder, Place};
use crate::detect::words::words;
use crate::finding::Confidence;
use crate::rule::Provider;

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
        let host = self.host_in(text)?;
        let before = &text[..text.to_lowercase().find(&host).filter(|&at| text.is_char_boundary(at))?];
        is_address(before).then_some(host)
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

/// The provider's host that the client which is made at `span` sends to, where that is given no key: it takes one from the
/// environment.
pub(in crate::detect) fn address_of_client(
    provider: &Provider,
    place: &Place,
    file: &FileView<'_>,
    span: &Range<usize>,
) -> Option<String> {
    let judge = Judge { provider, place, file, span, steps: MOST_STEPS, column: OnceCell::new() };
    // `openai.base_url = …` is a statement.
    let Some(call) = place.levels.first().filter(|level| level.holder == Holder::Call) else {
        let line = file.line(span).to_str_lossy();
        let (name, value) = line.split_once('=')?;
        let client = name.split('.').next()?.trim();
        let keyed = format!("{client}.api_key");
        return judge.host_in(value).filter(|_| !file.text.contains_str(&keyed));
    };
    let fields = parts_and_nested(call.after.trim_start().trim_start_matches('{'));
    // A key without a name comes first.
    let named = fields.first().is_some_and(|field| !field.key.trim().is_empty());
    if !named || fields.iter().any(|field| judge.meaning(field.key).credential) {
        return None;
    }
    let arguments = span.end..span.end + call.after.len();
    let mut hosts = file.hosts().iter().filter(|(at, _)| arguments.contains(at));
    let given = |at: usize| is_address(&file.text[span.end..at].to_str_lossy());
    hosts.find(|(at, host)| judge.is_ours(host) && given(*at)).map(|(_, host)| host.clone())
}

/// Whether what stands right behind a text is called an address there.
fn is_address(text: &str) -> bool {
    const NEAR: usize = 40;
    const ADDRESS: [&str; 6] = ["base", "url", "uri", "endpoint", "host", "server"];
    let near = &text[text.ceil_char_boundary(text.len().saturating_sub(NEAR))..];
    words(near).iter().any(|word| ADDRESS.contains(&word.as_str()))
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
