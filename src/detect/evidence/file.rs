//! What the whole file says of a value: where its requests go, what it imports, what it is about.

use super::{Judge, Speaks, Verdict};
use crate::detect::quote::without;
use crate::detect::structure::{Bound, Holder};
use crate::detect::words::words;
use crate::finding::Confidence;

impl Judge<'_> {
    /// The address that the value is a part of: where it is sent, whatever it is called there.
    pub(super) fn address(&self) -> Option<Verdict> {
        let (before, after) = self.place.address.as_ref()?;
        // `user:password@host` names the host behind the value.
        let host = after.strip_prefix('@').unwrap_or(before);
        let host: String =
            host.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '-')).collect();
        if self.is_ours(&host.to_lowercase()) {
            return Some(Verdict::new(Confidence::High, format!("it is sent to {host}")));
        }
        // A parameter of the query that is called ours is ours, wherever it is sent.
        let parameter = before.rsplit(['?', '&', '/']).next().filter(|name| name.ends_with('='));
        let named =
            parameter.and_then(|name| self.by_name(name, |name| format!("it is the parameter {name}")));
        let elsewhere = || Verdict::foreign("it is a part of another service's address");
        Some(named.filter(|named| named.confidence == Confidence::High).unwrap_or_else(elsewhere))
    }

    /// A credential that is sent somewhere: where to?
    pub(super) fn request(&self) -> Option<Verdict> {
        const HEADERS: [&str; 4] = ["authorization", "authentication", "x-api-key", "bearer"];
        let names = self.place.levels.iter().flat_map(|level| [&level.name, &level.head]);
        let header = names.chain(&self.place.outer).any(|name| {
            let name = name.to_lowercase();
            HEADERS.iter().any(|header| name.contains(header))
        });
        if !header && self.place.scheme.is_none() {
            return None;
        }
        let host = self.file.nearest_host(self.span)?;
        match self.is_ours(host) {
            true => Some(Verdict::new(Confidence::High, format!("it is sent to {host}"))),
            false => None,
        }
    }

    /// A credential without an owner's name, in a file that is about the provider.
    pub(super) fn file_about_provider(&self) -> Option<Verdict> {
        let own = self.place.levels.first()?;
        let own_meaning = self.meaning(&own.name);
        let line = String::from_utf8_lossy(self.file.line(self.span)).into_owned();
        let on_line = self.speaks(&line);
        let credential = own_meaning.credential
            || self.place.scheme.is_some()
            || self.place.levels.iter().any(|l| l.holder == Holder::Call && self.meaning(&l.head).credential)
            || self.meaning(&without(&line, self.span.len())).credential;
        let mentioned = !self.file.mentions().is_empty();
        if on_line == Speaks::Ours && own.bound != Bound::Alone && credential {
            return Some(Verdict::new(Confidence::Medium, "the line names the provider and a credential"));
        }
        if on_line == Speaks::Others && !own_meaning.credential {
            return Some(Verdict::foreign("the line names another service"));
        }
        if credential && own_meaning.specific && self.provider_has_its_own_name() {
            return Some(Verdict::new(
                Confidence::Low,
                "the provider's key has a name of its own in this file",
            ));
        }
        if credential && mentioned {
            let place = match own_meaning.credential {
                true => format!("{} calls it a credential", self.quoted(&own.name, Speaks::Nobody)),
                false => "the line calls it a credential".to_owned(),
            };
            return Some(Verdict::new(Confidence::Medium, "the file is about the provider").and(place));
        }
        let argument = own.bound == Bound::Positional && own.holder == Holder::Call;
        if argument && self.uses_provider() {
            let reason = "it is an argument of a call in a file that uses the provider";
            return Some(Verdict::new(Confidence::Medium, reason));
        }
        if self.file.path_speaks() && (credential || self.file.is_bare(self.span)) {
            return Some(Verdict::new(Confidence::Medium, "the path names the provider"));
        }
        None
    }

    /// Whether the file sends requests to the provider, or imports its client.
    fn uses_provider(&self) -> bool {
        self.file.hosts().iter().any(|(_, host)| self.is_ours(host)) || self.imports().next().is_some()
    }

    /// The lines that import something of the provider's.
    fn imports(&self) -> impl Iterator<Item = String> {
        const IMPORTS: [&str; 7] = ["import", "from", "use", "using", "require", "include", "extern"];
        let lines = self.file.mentions().iter();
        let lines = lines.map(|&at| String::from_utf8_lossy(self.file.line(&(at..at))).into_owned());
        lines.filter(|line| {
            self.speaks(line) == Speaks::Ours
                && words(line).iter().any(|word| IMPORTS.contains(&word.as_str()))
        })
    }

    /// Whether what a call is made to was imported from the provider under the name that it begins with.
    pub(super) fn is_imported(&self, head: &str) -> bool {
        let identifier = |c: char| c.is_alphanumeric() || c == '_';
        let mut names = head.split(|c| !identifier(c)).filter(|name| !matches!(*name, "" | "new" | "await"));
        let Some(name) = names.next() else { return false };
        self.imports().any(|line| line.split(|c| !identifier(c)).any(|word| word == name))
    }

    /// Whether the file binds the provider's name to a credential elsewhere, so that a value of another name is not it.
    fn provider_has_its_own_name(&self) -> bool {
        self.file.mentions().iter().any(|&at| {
            let rest = &self.file.text[at..(at + 60).min(self.file.text.len())];
            let name =
                rest.iter().position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')));
            let (name, after) = rest.split_at(name.unwrap_or(rest.len()));
            let assigned =
                after.iter().find(|b| !matches!(b, b' ' | b'"' | b'\'')).is_some_and(|b| b"=:".contains(b));
            assigned && self.meaning(&String::from_utf8_lossy(name)).credential
        })
    }
}
