//! What holds a value and says whose it is further off: the secret of Kubernetes that it is an entry of, the only host of
//! a file that sends a header.

use bstr::ByteSlice;

use super::{Judge, Speaks, Verdict};
use crate::detect::quote::{self, shown};
use crate::detect::structure::{Bound, Holder};
use crate::finding::Confidence;

/// Longest text in which hosts are looked for, in bytes.
const LONGEST_TEXT: usize = 1 << 16;

impl Judge<'_> {
    /// The value is an entry of a secret of Kubernetes that has the provider's name.
    pub(super) fn entry_of_secret(&self) -> Option<Verdict> {
        let own = self.place.levels.first().filter(|own| own.bound == Bound::Assigned)?;
        let parent = match own.holder {
            Holder::Lines => self.place.outer.first()?,
            Holder::Group => &self.place.levels.get(1)?.name,
            _ => return None,
        };
        let parent = parent.trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '"'));
        let meaning = self.meaning(&own.name);
        let credential = meaning.credential && meaning.plain.is_none() && !meaning.specific;
        if !credential || !matches!(parent, "data" | "stringData") {
            return None;
        }
        let name = self.name_of_secret().or_else(|| self.name_of_secret_in_json())?;
        let ours = self.speaks(&name) == Speaks::Ours && !self.meaning(&name).purpose;
        ours.then(|| Verdict::new(Confidence::High, format!("it is an entry of the secret {}", shown(&name))))
    }

    /// The name of the secret that the value's document is.
    fn name_of_secret(&self) -> Option<String> {
        const LONGEST: usize = 1 << 13;
        let text = self.file.text;
        let before = &text[self.span.start.saturating_sub(LONGEST)..self.span.start];
        let before = before.rfind("\n---").map_or(before, |at| &before[at + 1..]);
        let after = &text[self.span.end..(self.span.end + LONGEST).min(text.len())];
        let after = after.find("\n---").map_or(after, |at| &after[..at]);
        let lines = || before.lines().chain(after.lines().skip(1));
        let secret = lines().any(|line| line.trim_ascii_end() == b"kind: Secret");
        let mut metadata = lines().skip_while(|line| line.trim_ascii_end() != b"metadata:").skip(1);
        let inside = metadata.by_ref().take_while(|line| line.starts_with(b" "));
        let name = inside.filter_map(|line| line.strip_prefix(b"  name:")).next()?;
        let name = name.trim_ascii().to_str_lossy();
        secret.then(|| name.trim_matches(['"', '\'']).to_owned())
    }

    /// The same, where the document is written in JSON.
    fn name_of_secret_in_json(&self) -> Option<String> {
        const LONGEST: usize = 1 << 13;
        let near =
            self.span.start.saturating_sub(LONGEST)..(self.span.end + LONGEST).min(self.file.text.len());
        let text = self.file.text[near].to_str_lossy();
        let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let (_, metadata) = plain.split_once("\"metadata\":{")?;
        let (_, name) = metadata.split('}').next()?.split_once("\"name\":\"")?;
        let secret = plain.contains("\"kind\":\"Secret\"");
        secret.then(|| name.split('"').next().unwrap_or_default().to_owned())
    }

    /// The value is a header's, and the file names no other host than the provider's.
    pub(super) fn header_for_us_alone(&self) -> Option<Verdict> {
        let own = self.place.levels.first()?;
        let named = |name: &str| name.to_ascii_lowercase().contains("authorization");
        // In settings that are pairs of names and values, hosts need no quotes.
        let pair = self.name_of_pair(own).is_some_and(named);
        let header = own.bound == Bound::Assigned && (named(&own.name) || pair);
        let ends: &[u8] = if pair { b"\"'` \n," } else { b"\"'`" };
        let text = self.file.text;
        if !header || !self.is_value() || self.place.scheme.is_none() || text.len() > LONGEST_TEXT {
            return None;
        }
        let mut ours = None;
        for host in text.split(|b| ends.contains(b)).filter_map(host) {
            match self.is_ours(&host) {
                true => ours = Some(host),
                false => return None,
            }
        }
        ours.map(|host| {
            Verdict::new(Confidence::High, format!("it is sent to {host}, the only host of this file"))
        })
    }
}

/// The host that a string is or begins with, in small letters.
fn host(text: &[u8]) -> Option<String> {
    let text = text.to_str().ok()?;
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let host = rest.split(['/', ':', '?']).next()?.to_ascii_lowercase();
    let label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let named = host.contains('.') && host.split('.').all(label) && !quote::is_source_file(&host);
    let top = host.rsplit('.').next().is_some_and(|top| top.bytes().any(|b| b.is_ascii_alphabetic()));
    (!scheme.is_empty() || named && top).then_some(host)
}
