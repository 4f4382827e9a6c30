//! What stands in the place of a secret: it encrypted, the name that it is got by, its checksum.

use bstr::ByteSlice;

use super::Judge;
use crate::detect::structure::Level;

impl Judge<'_> {
    /// Whether the value is what a tool for settings has encrypted: `ENC(VALUE)`, `ENC[PKCS7,VALUE]`.
    pub(super) fn is_encrypted(&self) -> bool {
        const NEAR: usize = 40;
        let near = &self.file.text[self.span.start.saturating_sub(NEAR)..self.span.start];
        let opened = near.rfind(b"ENC(").map(|at| (at, b')')).or(near.rfind(b"ENC[").map(|at| (at, b']')));
        opened.is_some_and(|(at, close)| !near[at..].contains(&close) && !near[at..].contains(&b'\n'))
    }

    /// What a value is that stands for a secret: the name that it is got by, with its version behind it or in a command,
    /// or its checksum.
    pub(super) fn stands_for_secret(&self, own: &Level) -> Option<&'static str> {
        const LONGEST: usize = 80;
        let rest = &self.file.text[self.span.end..];
        let near = &self.file.text[self.span.start.saturating_sub(LONGEST)..self.span.start];
        let command = near.rfind(b"$(").map(|at| &near[at..]).filter(|command| !command.contains(&b')'));
        let got = command.is_some_and(|command| command.ends_with(b" get ") || command.ends_with(b" read "));
        if near.strip_suffix(b":").is_some_and(is_of_store) {
            return Some("it is the name that a secret is got by");
        }
        if own.name.trim().starts_with("checksum/") {
            return Some("it is a checksum");
        }
        (rest.starts_with(b":latest") || got).then_some("it is the name that a secret is got by")
    }
}

/// Whether a text ends with a word that says where a secret is kept, or that it is encrypted: `kms`, `vault`.
fn is_of_store(before: &[u8]) -> bool {
    const STORES: [&[u8]; 8] =
        [b"kms", b"vault", b"ssm", b"sops", b"enc", b"encrypted", b"cipher", b"secretref"];
    let start = before.iter().rposition(|b| !b.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
    let apart = before[..start].last().is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'"' | b'\''));
    apart && STORES.iter().any(|store| before[start..].eq_ignore_ascii_case(store))
}
