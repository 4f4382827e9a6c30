//! Where a value is sent: the address that it is a part of, the request that it goes with.

use bstr::ByteSlice;

use super::{Judge, Speaks, Verdict};
use crate::detect::declaration::name_of;
use crate::detect::layout;
use crate::detect::lines::{line_end, line_start};
use crate::detect::parts::parts;
use crate::detect::quote::shown;
use crate::detect::structure::{Address, Holder};
use crate::detect::words::{Field, field, words};
use crate::finding::Confidence;

impl Judge<'_> {
    /// The address that the value is a part of: where it is sent, whatever it is called there.
    pub(super) fn address(&self) -> Option<Verdict> {
        let Address { scheme, before, after } = self.place.address.as_ref()?;
        // `acme://value@default`: what connects to the provider has a scheme of its own for that.
        let user = before.is_empty() && after.starts_with('@') || before.ends_with(':');
        if user && self.speaks(scheme) == Speaks::Ours {
            return Some(Verdict::new(
                Confidence::High,
                format!("it is the key in an address of {scheme}://"),
            ));
        }
        // `user:password@host` names the host behind the value.
        let host = after.strip_prefix('@').unwrap_or(before);
        let host: String =
            host.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '-')).collect();
        let parameter = before.rsplit(['?', '&', '/']).next().filter(|name| name.ends_with('='));
        if self.is_ours(&host.to_lowercase()) {
            let other = parameter.filter(|name| !self.meaning(name).credential);
            return Some(match other {
                Some(name) => {
                    Verdict::new(Confidence::Low, format!("{} does not call it a credential", shown(name)))
                }
                None => Verdict::new(Confidence::High, format!("it is sent to {host}")),
            });
        }
        let credential = parameter.is_some_and(|name| self.meaning(name).credential);
        if let Some(other) = self.parameter_of_ours(before, after).filter(|_| credential) {
            return Some(Verdict::new(Confidence::High, format!("{} goes with it in a link", shown(&other))));
        }
        // A parameter of the query that is called ours is ours, wherever it is sent.
        let named =
            parameter.and_then(|name| self.by_name(name, |name| format!("it is the parameter {name}")));
        let elsewhere = || Verdict::foreign("it is a part of another service's address");
        Some(named.filter(|named| named.confidence == Confidence::High).unwrap_or_else(elsewhere))
    }

    /// A credential that is sent somewhere: where to?
    pub(super) fn request(&self) -> Option<Verdict> {
        const HEADERS: [&str; 5] = ["authorization", "authentication", "x-api-key", "bearer", "withtoken"];
        let names = self.place.levels.iter().flat_map(|level| [&level.name, &level.head]);
        let header = names.chain(&self.place.outer).any(|name| {
            let name = name.to_lowercase();
            HEADERS.iter().any(|header| name.contains(header))
        });
        if !header && self.place.scheme.is_none() {
            return None;
        }
        // The address on the line of a command is the one that its header goes to.
        let line = line_start(self.file.text, self.span.start)..line_end(self.file.text, self.span.end);
        let on_line = |at: usize, _: &str| line.contains(&at);
        let command = || self.file.line(self.span).contains_str("curl ");
        let nearest = command().then(|| self.file.nearest_given_host_of(self.span, on_line)).flatten();
        let nearest = nearest.or_else(|| self.file.nearest_given_host(self.span));
        let nearest = nearest.or_else(|| self.file.nearest_host(self.span));
        let (_, host) = nearest?;
        match self.is_ours(host) {
            true => Some(Verdict::new(Confidence::High, format!("it is sent to {host}"))),
            false => self.goes_elsewhere(nearest),
        }
    }

    /// Where the fields beside what holds the value send it.
    pub(super) fn addressed(&self, before: &str, after: &str) -> Option<Verdict> {
        if let Some(host) = [before, after].into_iter().find_map(|text| self.host_in(text)) {
            return Some(Verdict::new(Confidence::High, format!("it is sent to {host}")));
        }
        let fields = [before, after].into_iter().flat_map(|text| parts(text, false));
        let mut addresses = fields.filter(|part| field(part.key) == Field::Address);
        let host = addresses.find_map(|part| self.host_elsewhere(part.value))?;
        Some(Verdict::foreign(format!("it is sent to {host}")))
    }

    /// Where the request goes that has the value in a list of its own below a header: `uri` beside `headers`.
    pub(super) fn addressed_around(&self) -> Option<Verdict> {
        const NEAR: usize = 4096;
        let text = self.file.text;
        let before = &text[self.span.start.saturating_sub(NEAR)..self.span.start];
        let header = layout::list_key(before)?;
        let after = &text[self.span.end..(self.span.end + NEAR).min(text.len())];
        let (before, after) = layout::beside_parent(before, header, after)?;
        self.addressed(&before, &after)
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

    /// What the name of what holds the value says, if it decides.
    pub(super) fn part_of(&self, name: &str) -> Option<Verdict> {
        let said = self.by_name(name, |name| format!("it is part of {name}"))?;
        Some(self.unless_redirected(name, said))
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

    /// Another service's address stands nearer than anything of the provider's.
    pub(super) fn goes_elsewhere(&self, nearest: Option<(usize, &str)>) -> Option<Verdict> {
        let (distance, host) = nearest?;
        // What another service calls its model in an address of its own speaks of that one.
        let mentions = |at: usize| {
            self.file.address_around(at).is_none_or(|host| host.is_empty() || self.is_ours(&host))
        };
        let nearer = self.file.nearest_mention(self.span, mentions).is_none_or(|mention| distance < mention);
        let host = self.host_elsewhere(&format!("://{host}")).filter(|_| nearer)?;
        Some(Verdict::foreign(format!("the address nearest to it is that of {host}")))
    }

    /// The parameter of a link that says which provider the settings are of that it hands over, or where that is:
    /// `?provider=acme&api_key=VALUE`.
    fn parameter_of_ours(&self, before: &str, after: &str) -> Option<String> {
        let after =
            after.split(|c: char| c.is_whitespace() || "\"'<>)".contains(c)).next().unwrap_or_default();
        let query = before.split_once('?').map_or("", |(_, query)| query);
        query.split('&').chain(after.split('&')).find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let says = match field(name) {
                Field::Vendor => self.is_vendor(value),
                Field::Address => self.has_host(value) && !words(name).contains(&"redirect".to_owned()),
                _ => false,
            };
            says.then(|| parameter.to_owned())
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
