//! Where a value is sent: the address that it is a part of, the request that it goes with.

use bstr::ByteSlice;

use super::{Judge, Speaks, Verdict};
use crate::detect::address::Address;
use crate::detect::layout;
use crate::detect::lines::{line_end, line_start, lines_above};
use crate::detect::parts::parts;
use crate::detect::quote::shown;
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
        if !header && self.place.scheme.is_none() && !self.follows_scheme() {
            return None;
        }
        if let Some(requested) = self.requested() {
            return Some(requested);
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

    /// Where the request goes whose header the value is, where it is written out: `POST https://…` above `Name: VALUE`.
    fn requested(&self) -> Option<Verdict> {
        const METHODS: [&str; 6] = ["GET ", "POST ", "PUT ", "PATCH ", "DELETE ", "HEAD "];
        const MOST_HEADERS: usize = 12;
        let header = |line: &&[u8]| {
            let name = line.find(": ").map_or(&line[..0], |end| &line[..end]);
            !name.is_empty() && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
        };
        let mut above = lines_above(self.file.text, self.span.start).take(MOST_HEADERS);
        let line = above.find(|line| !header(line)).filter(|_| header(&self.file.line(self.span)))?;
        let line = line.to_str_lossy();
        let target = METHODS.iter().find_map(|method| line.strip_prefix(method))?;
        match self.host_in(target) {
            Some(host) => Some(Verdict::new(Confidence::High, format!("it is sent to {host}"))),
            None => {
                // Also one without a dot: `localhost`.
                let (_, rest) = target.split_once("://")?;
                let host = rest.split(['/', ' ', '?']).next().filter(|host| !host.contains(['{', '$']))?;
                Some(Verdict::foreign(format!("it is sent to {host}")))
            }
        }
    }

    /// Whether a value, or what gives it, stands behind the scheme that it is sent by: `auth: {:bearer, VALUE}`,
    /// `format!("Bearer {}", VALUE)`.
    fn follows_scheme(&self) -> bool {
        let line = line_start(self.file.text, self.span.start);
        let before = self.file.text[line..self.span.start].to_str_lossy().to_lowercase();
        let Some((_, rest)) = before.rsplit_once("bearer") else { return false };
        let text = rest.trim_start();
        let placed = ["{}", "{0}", "%s", "%v"].iter().find_map(|place| text.strip_prefix(place));
        let rest = placed.unwrap_or(rest).trim_start_matches(['"', '\'']);
        let given = [",", ".format(", " % "].iter().find_map(|between| rest.strip_prefix(between));
        given.is_some_and(|given| !given.contains([',', ';']))
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
                Field::Address => self.is_base(name, value) && !words(name).contains(&"redirect".to_owned()),
                _ => false,
            };
            says.then(|| parameter.to_owned())
        })
    }

    /// Whether a parameter says where requests go, and not which page the one that is asked shall get: `url=` leads to a host,
    /// with a version at most behind it, `base_url=` anywhere.
    fn is_base(&self, name: &str, address: &str) -> bool {
        const MOST: usize = 3;
        let Some(host) = self.host_in(address) else { return false };
        let plain = matches!(words(name).as_slice(), [name] if matches!(name.as_str(), "url" | "uri"));
        let lower = address.to_lowercase();
        let path = lower.split_once(&host).map_or("", |(_, rest)| rest).replace("%2f", "/");
        let path = path.trim_matches('/');
        let version = path
            .strip_prefix('v')
            .is_some_and(|number| number.len() <= MOST && number.bytes().all(|b| b.is_ascii_digit()));
        !is_for_people(&host) && (!plain || path.is_empty() || version)
    }
}

/// Whether a host shows people pages, so that no request with a credential goes there.
pub(super) fn is_for_people(host: &str) -> bool {
    const PAGES: [&str; 8] = ["console", "docs", "admin", "help", "status", "www", "callback", "chat"];
    PAGES.contains(&host.split('.').next().unwrap_or_default())
}
