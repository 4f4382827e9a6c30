//! What a whole file says of a rule's provider: where its words stand, which hosts its requests go to, what its path is.
//!
//! Made only for files that hold a candidate, and each part only when it is asked for.

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use bstr::{BStr, ByteSlice};
use memchr::memmem;

use super::address::given_in_turn;
use super::declaration::name_of;
use super::evidence::Known;
use super::lines::{self, line_start};
use super::mention::Filter;
use super::reference::is_read;
use crate::rule::Rule;

/// Finds a rule's keywords in any case, glued to anything.
#[derive(Debug)]
pub(super) struct Anchors {
    words: Option<AhoCorasick>,
    /// Parts of paths that say as much.
    paths: Vec<String>,
    /// Most files mention none of them.
    filter: Filter,
}

impl Anchors {
    /// Of one rule.
    pub(super) fn new(rule: &Rule) -> Self {
        let build = || {
            AhoCorasickBuilder::new()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::LeftmostFirst)
                .build(&rule.keywords)
        };
        Anchors {
            words: if rule.keywords.is_empty() { None } else { build().ok() },
            paths: rule.paths.clone(),
            filter: Filter::new(rule.keywords.iter().map(String::as_str)),
        }
    }
}

/// What names a host where no address does.
static HOST: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let names = ["host", "authority"];
    AhoCorasickBuilder::new().ascii_case_insensitive(true).build(names).expect("two plain words")
});

/// A file with a candidate in it, as one rule sees it.
pub(super) struct FileView<'a> {
    /// The text that candidates are spans of.
    pub(super) text: &'a [u8],
    pub(super) path: String,
    /// The same with its capitals.
    pub(super) path_as_written: String,
    anchors: &'a Anchors,
    mentions: OnceCell<Vec<usize>>,
    hosts: OnceCell<Vec<(usize, String)>>,
    /// What `evidence` found its words to say.
    pub(super) known: Known,
    /// Lines that import something of the provider's; `evidence` says which.
    pub(super) imports: OnceCell<Vec<String>>,
    /// Whether the file says which value is the provider's; `evidence` does.
    pub(super) own_place: OnceCell<bool>,
    /// Whether the text has a name for a credential of the provider's.
    pub(super) names_credential: OnceCell<bool>,
    /// How many values like a candidate it has, as far as `evidence` counts.
    pub(super) values: OnceCell<usize>,
    /// How many credentials of that form it gives names of their own, as far as `evidence` counts.
    pub(super) named: OnceCell<usize>,
    /// The word that says that something else of the provider's name is meant; `evidence` looks for it.
    pub(super) homonym: OnceCell<Option<String>>,
    /// Whether it has the provider's name and nothing else that speaks of it; told once.
    pub(super) merely_named: OnceCell<bool>,
}

impl<'a> FileView<'a> {
    pub(super) fn new(text: &'a [u8], path: Option<&BStr>, anchors: &'a Anchors) -> Self {
        let path = path.map(|path| path.to_str_lossy().into_owned()).unwrap_or_default();
        FileView {
            text,
            path: path.to_lowercase(),
            path_as_written: path,
            anchors,
            mentions: OnceCell::new(),
            hosts: OnceCell::new(),
            known: Known::default(),
            imports: OnceCell::new(),
            own_place: OnceCell::new(),
            names_credential: OnceCell::new(),
            values: OnceCell::new(),
            named: OnceCell::new(),
            homonym: OnceCell::new(),
            merely_named: OnceCell::new(),
        }
    }

    /// Where keywords stand, ascending.
    pub(super) fn mentions(&self) -> &[usize] {
        self.mentions.get_or_init(|| match &self.anchors.words {
            Some(words) => self
                .anchors
                .filter
                .mentions(self.text)
                .unwrap_or_else(|| words.find_iter(self.text).map(|found| found.start()).collect()),
            None => Vec::new(),
        })
    }

    /// Whether the file is one of dependencies with their checksums: by its name.
    pub(super) fn is_lock(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.ends_with(".lock")
            || name.ends_with("-lock.json")
            || name.ends_with("-lock.yaml")
            || name == "go.sum"
    }

    /// Whether the file is one of settings, in which each has a name: by the end of its path.
    pub(super) fn has_settings(&self) -> bool {
        const ENDS: [&str; 9] =
            [".env", ".properties", ".ini", ".cfg", ".conf", ".toml", ".yml", ".yaml", ".env.example"];
        let name = self.path.rsplit('/').next().unwrap_or_default();
        ENDS.iter().any(|end| name.ends_with(end)) || name.starts_with(".env.")
    }

    /// Whether the path has a keyword.
    pub(super) fn path_speaks(&self) -> bool {
        self.anchors.paths.iter().any(|part| self.path.contains(part.as_str()))
            || self.anchors.words.as_ref().is_some_and(|words| words.is_match(self.path.as_bytes()))
    }

    /// Whether the rule has anything to say of this file.
    pub(super) fn is_about_provider(&self) -> bool {
        self.anchors.words.is_none() || !self.mentions().is_empty() || self.path_speaks()
    }

    /// The hosts of all addresses and `Host` headers in the file and of the names that addresses are given, with their
    /// places, ascending.
    pub(super) fn hosts(&self) -> &[(usize, String)] {
        self.hosts.get_or_init(|| {
            let addresses = memmem::find_iter(self.text, "://").map(|at| {
                let rest = &self.text[at + 3..];
                (at, self.host_of_variable(rest).unwrap_or_else(|| host(rest)))
            });
            let mut hosts: Vec<_> = addresses.collect();
            hosts.extend(self.named_addresses(&hosts));
            hosts.extend(self.host_headers());
            hosts.sort();
            hosts.dedup();
            hosts
        })
    }

    /// The host that a variable is given which an address begins with: `$HOST` after `HOST=acme.com`, `for HOST in acme.com`.
    fn host_of_variable(&self, rest: &[u8]) -> Option<String> {
        const MOST: usize = 20;
        let rest = rest.strip_prefix(b"$").or_else(|| rest.strip_prefix(b"{"))?;
        let rest = rest.strip_prefix(b"{").unwrap_or(rest);
        let length = rest.iter().take(60).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        let name = rest.get(..length).filter(|name| !name.is_empty())?;
        memmem::find_iter(self.text, name).take(MOST).find_map(|at| {
            let after = &self.text[at + length..];
            let whole = !self.text[..at].last().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
            let value = after.trim_ascii_start();
            let value = value.strip_prefix(b"=").or_else(|| value.strip_prefix(b"in ")).filter(|_| whole)?;
            let value = value.trim_start_with(|c| matches!(c, ' ' | '"' | '\'' | '['));
            let host = host(value);
            (host.contains('.') && host.contains(|c: char| c.is_alphabetic())).then_some(host)
        })
    }

    /// Where the names stand that addresses are given, `URL` of `URL = "https://…"`, each until it is given another one.
    fn named_addresses(&self, addresses: &[(usize, String)]) -> Vec<(usize, String)> {
        const MOST: usize = 400;
        const SHORTEST: usize = 3;
        let text = self.text;
        let named = addresses.iter().filter_map(|(at, host)| Some((self.declared_before(*at)?, *at, host)));
        let mut named: Vec<(String, usize, &String)> = named.take(MOST).collect();
        named.retain(|(name, ..)| name.len() >= SHORTEST);
        named.sort();
        let mut found = Vec::new();
        for same in named.chunk_by(|(one, ..), (other, ..)| one == other) {
            let name = same[0].0.as_bytes();
            let places = memmem::find_iter(text, name).map(|at| at..at + name.len());
            for span in places.filter(|span| is_read(text, span)).take(MOST.saturating_sub(found.len())) {
                let given = same.partition_point(|(_, at, _)| *at < span.start);
                // A function may stand above what it reads.
                if given > 0 || same.len() == 1 {
                    found.push((span.start, same[given.saturating_sub(1)].2.clone()));
                }
            }
        }
        found
    }

    /// The name that is given the address whose `://` is at `at`.
    fn declared_before(&self, at: usize) -> Option<String> {
        const MOST: usize = 200;
        let scheme = self.text[..at].iter().rev().take_while(|b| b.is_ascii_alphabetic()).count();
        let before = &self.text[(at - scheme).saturating_sub(MOST)..at - scheme];
        let before = &before[line_start(before, before.len())..];
        let before = before.trim_end_with(|c| matches!(c, '"' | '\'' | '`')).trim_ascii_end();
        let before = before.strip_suffix(b"=")?;
        let statement = !before.iter().any(|b| matches!(b, b'"' | b'\'' | b'(' | b'{'));
        let name = name_of(&before.to_str_lossy()).filter(|_| statement)?;
        Some(name)
    }

    /// Hosts that stand without an address: a request's `Host: name`, a setting `host = "name"`.
    fn host_headers(&self) -> impl Iterator<Item = (usize, String)> {
        HOST.find_iter(self.text).filter_map(|found| {
            if let Some(given) = given_in_turn(self.text, found.start()) {
                return given.contains(&b'.').then(|| (found.start(), host(given)));
            }
            let rest = &self.text[found.end()..];
            let glue = |b: &u8| matches!(b, b' ' | b'\t' | b'"' | b'\'' | b'\\');
            let rest = &rest[rest.iter().position(|b| !glue(b))?..];
            // `"name": "Host", "value": "name"`
            let pair = rest.strip_prefix(b",").map(<[u8]>::trim_ascii_start);
            let rest = pair.and_then(|rest| rest.strip_prefix(b"\"value\"")).unwrap_or(rest);
            let rest = rest.strip_prefix(b":").or_else(|| rest.strip_prefix(b"="))?;
            let host = host(&rest[rest.iter().position(|b| !glue(b))?..]);
            host.contains('.').then_some((found.start(), host))
        })
    }

    /// The host of the address nearest to a span, and how far it is.
    pub(super) fn nearest_host(&self, span: &Range<usize>) -> Option<(usize, &str)> {
        self.nearest_host_of(span, |_, _| true)
    }

    /// The same among the addresses that are a value: quoted or assigned, and not those of a comment or a text.
    pub(super) fn nearest_given_host(&self, span: &Range<usize>) -> Option<(usize, &str)> {
        self.nearest_given_host_of(span, |_, _| true)
    }

    /// The same among those that count.
    pub(super) fn nearest_given_host_of(
        &self,
        span: &Range<usize>,
        counts: impl Fn(usize, &str) -> bool,
    ) -> Option<(usize, &str)> {
        self.nearest_host_of(span, |at, host| {
            let scheme = self.text[..at].iter().rev().take_while(|b| b.is_ascii_alphabetic()).count();
            let before = &self.text[..at - scheme];
            let line = &before[line_start(before, before.len())..];
            let line = line.trim_ascii();
            let method: [&[u8]; 5] = [b"GET", b"POST", b"PUT", b"PATCH", b"DELETE"];
            let named: [&[u8]; 4] = [b"url:", b"uri:", b"endpoint:", b"host:"];
            let given = !self.text[at..].starts_with(b"://")
                || before.last().is_some_and(|b| matches!(b, b'"' | b'\'' | b'`' | b'=' | b'>'))
                || method.contains(&line)
                || [&b"curl "[..], b"wget "].iter().any(|command| line.contains_str(command))
                || named.iter().any(|name| line.to_ascii_lowercase().ends_with(name));
            given && counts(at, host)
        })
    }

    fn nearest_host_of(
        &self,
        span: &Range<usize>,
        counts: impl Fn(usize, &str) -> bool,
    ) -> Option<(usize, &str)> {
        let hosts = self.hosts();
        let (before, after) = hosts.split_at(hosts.partition_point(|(at, _)| *at < span.start));
        let counts = |(at, host): &&(usize, String)| counts(*at, host);
        let sides = [before.iter().rev().find(counts), after.iter().find(counts)];
        let near = sides.into_iter().flatten().map(|(at, host)| (self.distance(*at, span), host.as_str()));
        near.min_by_key(|(distance, _)| *distance)
    }

    /// How far the nearest keyword that counts is from a span.
    pub(super) fn nearest_mention(
        &self,
        span: &Range<usize>,
        counts: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let mentions = self.mentions();
        let (before, after) = mentions.split_at(mentions.partition_point(|at| *at < span.start));
        let sides = [before.iter().rev().find(|at| counts(**at)), after.iter().find(|at| counts(**at))];
        let sides = sides.into_iter().flatten();
        sides.map(|at| self.distance(*at, span)).min()
    }

    /// How far a place is from a span, in bytes; what an empty line parts is farther than it looks.
    fn distance(&self, at: usize, span: &Range<usize>) -> usize {
        const PARAGRAPH: usize = 300;
        const FAR: usize = 1 << 14;
        let between = if at < span.start { at..span.start } else { span.end..at.max(span.end) };
        let bytes = between.len();
        match bytes > FAR {
            true => bytes + FAR,
            false => bytes + PARAGRAPH * memmem::find_iter(&self.text[between], "\n\n").count(),
        }
    }

    /// The line that the span is on, without its end; cut to what a person would read. Bytes that no text has end it, too.
    pub(super) fn line(&self, span: &Range<usize>) -> &'a [u8] {
        const MOST: usize = 2000;
        let ends = |byte: &u8| *byte == b'\n' || *byte <= 6;
        let from = span.start.saturating_sub(MOST);
        let to = (span.end + MOST).min(self.text.len());
        let start = self.text[from..span.start].iter().rposition(ends).map_or(from, |at| from + at + 1);
        let end = self.text[span.end..to].iter().position(ends).map_or(to, |at| span.end + at);
        &self.text[start..end]
    }

    /// The lines above that of a span, the nearest first.
    pub(super) fn lines_above(&self, span: &Range<usize>) -> impl Iterator<Item = &'a [u8]> {
        lines::lines_above(self.text, span.start)
    }

    /// The line that `at` is on, with the lines before and after it up to the bracket that one of them leaves open.
    pub(super) fn statement(&self, at: usize) -> &'a [u8] {
        const MOST: usize = 400;
        let line = self.line(&(at..at));
        let (open, close) = (line.find_byte(b'{'), line.find_byte(b'}'));
        let start = line.as_ptr().addr() - self.text.as_ptr().addr();
        let end = start + line.len();
        match (open, close) {
            (Some(_), None) => {
                let rest = &self.text[end..(end + MOST).min(self.text.len())];
                let mut depth = line.iter().filter(|b| **b == b'{').count();
                let close = rest.iter().position(|b| {
                    depth = if *b == b'{' { depth + 1 } else { depth - usize::from(*b == b'}') };
                    depth == 0
                });
                &self.text[start..end + close.unwrap_or(0)]
            }
            (None, Some(_)) => {
                let from = start.saturating_sub(MOST);
                let open = self.text[from..start].rfind_byte(b'{').map_or(start, |open| from + open);
                &self.text[line_start(self.text, open)..end]
            }
            _ => line,
        }
    }

    /// The address that a place is in, from its host on; none if it is in none.
    pub(super) fn address_around(&self, at: usize) -> Option<String> {
        const LONGEST: usize = 300;
        let ends = |b: &u8| b.is_ascii_whitespace() || b"\"'`<>()".contains(b);
        let before = &self.text[at.saturating_sub(LONGEST)..at];
        let start = before.iter().rposition(ends).map_or(0, |last| last + 1);
        before[start..].find("://").map(|mark| host(&before[start + mark + 3..]))
    }

    /// The lines around a place up to the next empty ones, a few at most.
    pub(super) fn paragraph(&self, at: usize) -> &'a [u8] {
        const MOST_LINES: usize = 6;
        let full = |line: &&[u8]| !line.trim_ascii().is_empty() && line.len() <= lines::LONGEST_LINE;
        let above = lines::lines_above(self.text, at).take(MOST_LINES).take_while(full).last();
        let below = lines::lines_below(self.text, at).take(MOST_LINES).take_while(full).last();
        let place = |line: &[u8]| line.as_ptr().addr() - self.text.as_ptr().addr();
        let own = self.line(&(at..at));
        let start = place(above.unwrap_or(own));
        let end = below.map_or(place(own) + own.len(), |line| place(line) + line.len());
        &self.text[start..end]
    }

    /// The lines of a command up to a place: the one that it is on, and those before it that go on at their end.
    pub(super) fn command(&self, at: usize) -> &'a [u8] {
        const MOST: usize = 1000;
        let from = at.saturating_sub(MOST);
        let before = &self.text[from..at];
        let mut start = line_start(before, before.len());
        while let Some(above) = before[..start].strip_suffix(b"\n") {
            let above = above.trim_end_with(|c| matches!(c, '\r' | ' '));
            if !matches!(above.last(), Some(b'\\' | b'^' | b'`')) {
                break;
            }
            start = line_start(before, above.len());
        }
        &self.text[from + start..at]
    }

    /// Whether the file holds nothing but values like the one at `span`: a key file.
    pub(super) fn is_bare(&self, span: &Range<usize>) -> bool {
        const MOST: usize = 1 << 16;
        self.text.len() <= MOST
            && self.text.lines().filter(|line| !line.trim().is_empty()).all(|line| {
                let line = line.trim().trim_start_with(|c| c == '\u{feff}');
                let comment = line.starts_with(b"#") || line.starts_with(b"//") || line.starts_with(b";");
                comment || line.len() == span.len() && line.iter().all(u8::is_ascii_alphanumeric)
            })
    }
}

/// The host that an address goes on with, in lower case.
fn host(rest: &[u8]) -> String {
    let end = rest.iter().take(253).position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')));
    let host = &rest[..end.unwrap_or_else(|| rest.len().min(253))];
    host.to_str_lossy().to_lowercase()
}
