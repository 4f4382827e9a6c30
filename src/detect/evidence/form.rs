//! What the form of a value's surroundings says that it is, where that is no credential of the provider's: a cookie, an
//! index, a class of a style sheet, the text that a model is asked.

use bstr::ByteSlice;
use memchr::memmem;

use super::{Judge, Speaks};
use crate::detect::parts::{bare, fields_beside};
use crate::detect::quote::shown;
use crate::detect::sql;
use crate::detect::structure::{Bound, Holder, Level};
use crate::detect::words::words;

/// A form, and what it says.
type Form = (fn(&Judge<'_>, &Level) -> bool, &'static str);

/// Forms of what is no credential.
const FORMS: [Form; 20] = [
    (|judge, _| judge.is_index(), "it stands behind a name as an identifier does"),
    (|judge, _| judge.is_selector(), "it stands in a selector of a style sheet"),
    (|judge, own| judge.is_payload(own), "it is what a model is asked, or answers"),
    (|judge, _| judge.is_compared(), "it is compared with another such value"),
    (|judge, _| judge.is_cookie(), "it stands in a cookie"),
    (|judge, _| judge.is_validator(), "it stands in an entity tag"),
    (|judge, _| judge.is_of_session(), "it is stored with a session"),
    (|judge, own| judge.is_login(own), "it is a password beside the server and the port that it is for"),
    (|judge, own| judge.is_hidden_field(own), "it is a hidden field of a form"),
    (|judge, own| judge.is_of_party(own), "it is of the team or the client that stands beside it"),
    (|judge, own| judge.is_of_account(own), "it is of the account that stands beside it"),
    (
        |judge, own| judge.is_of_application(own),
        "the id of an application stands beside it, and the provider gives none",
    ),
    (|judge, _| judge.is_mapping(), "it is a part of a source map"),
    (|judge, _| judge.is_encrypted(), "it is encrypted"),
    (|judge, _| judge.begins_structure(), "it begins as a public key or a certificate in base64 does"),
    (|judge, own| judge.is_mapped_from(own), "it is what a table leads from to something else"),
    (|judge, _| judge.is_counted(), "it is a name with a number, as in a vocabulary"),
    (|judge, _| judge.is_of_other_provider(), "it is what Terraform logs in to another provider with"),
    (|judge, _| judge.is_entry_of_sentence(), "it is the name that a sentence is kept under"),
    (|judge, _| judge.is_part_of_longer(), "it is a part of a longer value"),
];

impl Judge<'_> {
    /// What the form of a value's surroundings says that it is, if that is no credential.
    pub(super) fn form(&self, own: &Level) -> Option<String> {
        if let Some((_, said)) = FORMS.iter().find(|(is, _)| is(self, own)) {
            return Some((*said).to_owned());
        }
        // `headers.set("X-Name", VALUE)`
        let beside = || self.name_beside(own).filter(|_| own.bound == Bound::Positional);
        let last = own.name.split_whitespace().last().or_else(beside);
        let header = last.filter(|name| self.is_other_header(name)).or_else(|| self.header(own));
        header.map(|name| format!("{} does not call it a credential", shown(name)))
    }

    /// Whether the value is glued to a word of a sentence that goes on behind it: `lock acme:VALUE released`; or is the last
    /// part of a text that says of what it is one: `"acme:lock:VALUE"`.
    pub(super) fn is_in_namespace(&self, own: &Level) -> bool {
        let text = self.file.text;
        let glued = self.span.start >= 2
            && text[self.span.start - 1] == b':'
            && text[self.span.start - 2].is_ascii_alphanumeric();
        let goes_on = matches!(text.get(self.span.end..self.span.end + 2), Some([b' ', next]) if next.is_ascii_alphabetic());
        let sentence =
            || own.name.trim().contains(char::is_whitespace) && !self.meaning(&own.name).credential;
        glued && (goes_on && sentence() || self.is_last_part())
    }

    /// Whether the value is the last of several parts of a quoted text, behind one that calls it something of its own.
    fn is_last_part(&self) -> bool {
        let text = self.file.text;
        let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b':' | b'_' | b'-' | b'.');
        let before = &text[..self.span.start];
        let length = before.iter().rev().take_while(|b| part(b)).count();
        let (before, parts) = before.split_at(before.len() - length);
        let quote = before.last().filter(|b| matches!(b, b'"' | b'\'' | b'`'));
        let parts = parts.to_str_lossy();
        let parts: Vec<&str> = parts.trim_end_matches(':').split(':').collect();
        let [_, .., last] = parts.as_slice() else { return false };
        let meaning = self.meaning(last);
        quote.is_some_and(|quote| text.get(self.span.end) == Some(quote))
            && meaning.specific
            && !meaning.credential
            && self.speaks(last) == Speaks::Nobody
    }

    /// Whether the value is the name of a class or an element in a style sheet: `.VALUE{`, `#VALUE:hover{`.
    fn is_selector(&self) -> bool {
        const LONGEST: usize = 200;
        let before = &self.file.text[..self.span.start];
        let rest = &self.file.text[self.span.end..];
        let rest = &rest[..rest.len().min(LONGEST)];
        let marked = before.strip_suffix(b".").or_else(|| before.strip_suffix(b"#"));
        let begins = marked.is_some_and(|before| {
            before.last().is_none_or(|b| b.is_ascii_whitespace() || b"},>+~)".contains(b))
        });
        let selects = |b: &u8| b.is_ascii_alphanumeric() || b" .:,>+~-_#()[]=\n".contains(b);
        begins && rest.iter().find(|b| !selects(b)) == Some(&b'{')
    }

    /// Whether the value is a part of what a model is asked: the `input` of a request that has its `model` beside it.
    fn is_payload(&self, own: &Level) -> bool {
        const ASKED: [&str; 6] = ["input", "inputs", "prompt", "content", "messages", "query"];
        let listed = self.place.levels.get(1).filter(|_| own.name.is_empty() || own.bound == Bound::Element);
        [Some(own), listed].into_iter().flatten().any(|level| {
            let asked = words(&level.name).last().is_some_and(|word| ASKED.contains(&word.as_str()));
            asked && fields_beside(level).any(|part| words(part.key) == ["model"])
        }) || self.place.levels.iter().take(3).any(|level| words(&level.name) == ["delta"])
    }

    /// Whether the value is compared with another of the same form: `'VALUE' == 'OTHER'`, as tests that fail print it.
    fn is_compared(&self) -> bool {
        let text = self.file.text;
        let blank = |c: char| matches!(c, '"' | '\'' | '`' | ' ' | '&' | ';') || c.is_ascii_whitespace();
        let before = text[..self.span.start].trim_end_with(blank);
        let after = text[self.span.end..].trim_start_with(blank);
        let left = before.strip_suffix(b"==").or_else(|| before.strip_suffix(b"!=")).map(|left| {
            let left = left.trim_end_with(blank);
            let run = left.iter().rev().take_while(|b| b.is_ascii_alphanumeric()).count();
            &left[left.len() - run..]
        });
        let right = after.strip_prefix(b"==").or_else(|| after.strip_prefix(b"!=")).map(|right| {
            let right = right.trim_start_with(blank);
            &right[..right.iter().take_while(|b| b.is_ascii_alphanumeric()).count()]
        });
        left.is_some_and(|run| self.is_alike(run)) || right.is_some_and(|run| self.is_alike(run))
    }

    /// Whether the line is the header of a request or a response that carries cookies.
    fn is_cookie(&self) -> bool {
        let line = self.file.line(self.span).to_ascii_lowercase();
        let value = self.file.text[self.span.clone()].to_ascii_lowercase();
        let before = memmem::find(&line, &value).map_or(&line[..], |at| &line[..at]);
        let list =
            || self.place.outer.first().is_some_and(|name| name.to_ascii_lowercase().contains("cookie:"));
        memmem::find(before, b"cookie:").is_some() || list()
    }

    /// Whether the value is the text of a domain: a field beside it gives `TXT` as the type of its record.
    pub(super) fn is_public_record(&self, own: &Level) -> bool {
        own.holder != Holder::Lines && fields_beside(own).any(|part| bare(part.value) == "TXT")
            || own.holder == Holder::Block
                && own.before.lines().chain(own.after.lines()).any(|line| line.ends_with("\"TXT\""))
    }

    /// Whether the value begins with the base64 of a sequence of ASN.1 with two bytes of length, as public keys, certificates
    /// and private keys do (X.690, 8.1); one key drawn at random in some 240,000 does.
    fn begins_structure(&self) -> bool {
        self.is_value() && self.file.text[self.span.clone()].starts_with(b"MII")
    }

    /// Whether the value is that of a field which a form has without showing it: `<input type="hidden" value="VALUE">`.
    fn is_hidden_field(&self, own: &Level) -> bool {
        own.holder == Holder::Tag
            && self.speaks(&own.before) != Speaks::Ours
            && fields_beside(own).any(|part| words(part.key) == ["type"] && bare(part.value) == "hidden")
    }

    /// Whether the value begins a line that goes on with a word, as those beside it do: `"VALUE"  name;`.
    fn is_mapped_from(&self, own: &Level) -> bool {
        const FEWEST: usize = 2;
        let maps = |line: &[u8]| {
            let line = line.trim_ascii_start();
            let line = line.strip_prefix(b"\"").unwrap_or(line);
            let end = line.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(line.len());
            let rest = line[end..].strip_prefix(b"\"").unwrap_or(&line[end..]);
            let word = rest.trim_ascii();
            let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b';');
            self.is_alike(&line[..end])
                && rest.starts_with(b" ")
                && !word.is_empty()
                && word.iter().all(plain)
        };
        own.bound == Bound::Alone
            && own.holder == Holder::Lines
            && maps(self.file.line(self.span))
            && self.file.text.lines().filter(|line| maps(line)).take(FEWEST).count() == FEWEST
    }

    /// Whether the value is that of an entity tag: `W/"VALUE"`.
    fn is_validator(&self) -> bool {
        let before = &self.file.text[..self.span.start];
        let marked = before.trim_end_with(|c| matches!(c, '"' | '\\'));
        marked.len() < before.len() && marked.ends_with(b"W/")
    }

    /// The name of the entry of a stored session that the value is: `name|s:32:"VALUE"`.
    pub(super) fn name_in_session(&self) -> Option<&str> {
        let before = self.file.text[..self.span.start].strip_suffix(b"\"")?.strip_suffix(b":")?;
        let before = before.trim_end_with(|c| c.is_ascii_digit()).strip_suffix(b"|s:")?;
        let name = before.iter().rev().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        before[before.len() - name..].to_str().ok().filter(|name| !name.is_empty())
    }

    /// Whether the value stands in a row that SQL inserts into a table of sessions, or is what a call signs them with.
    fn is_of_session(&self) -> bool {
        let session = |word: &String| matches!(word.as_str(), "session" | "sessions");
        let table = sql::table(self.file.text, self.span);
        let signs = |level: &Level| {
            let words = words(&level.head);
            level.holder == Holder::Call && words.last().is_some_and(session) && words.len() <= 2
        };
        let secret = |level: &Level| matches!(level.name.trim(), "secret" | "secrets" | "keys");
        table.is_some_and(|table| words(&table).iter().any(session))
            || self.place.levels.iter().any(signs) && self.place.levels.iter().take(2).any(secret)
    }

    /// Whether a name is that of a header of its own, `X-Something`, and of no credential for anybody.
    fn is_other_header(&self, name: &str) -> bool {
        const KNOWN: [&str; 9] =
            ["x", "api", "apikey", "key", "auth", "access", "token", "authorization", "secret"];
        let own = name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-"));
        let known = |name: &str| words(name).iter().all(|word| KNOWN.contains(&word.as_str()));
        own && !known(name) && self.speaks(name) == Speaks::Nobody
    }

    /// Whether the value stands in the `mappings` of a source map.
    fn is_mapping(&self) -> bool {
        let before = &self.file.text[..self.span.start];
        let quoted = memchr::memrchr(b'"', before).map(|quote| &before[..quote]);
        quoted.is_some_and(|before| before.trim_ascii_end().ends_with(b"\"mappings\":"))
    }

    /// Whether the value is what a number is given to, or one of several that records are kept under: `"VALUE": 12`.
    fn is_counted(&self) -> bool {
        let rest = &self.file.text[self.span.end..];
        let rest = rest.strip_prefix(b"\"").map(<[u8]>::trim_ascii_start);
        let number = rest.and_then(|rest| rest.strip_prefix(b":")).map(<[u8]>::trim_ascii_start);
        match number.and_then(|number| number.first()) {
            Some(b'{' | b'[') => self.keys_of_records() > 1,
            first => first.is_some_and(u8::is_ascii_digit),
        }
    }

    /// Whether the value is a setting of one of Terraform's providers that is not ours: `provider "acme" { token = VALUE }`.
    fn is_of_other_provider(&self) -> bool {
        let named = self.place.levels.iter().flat_map(|level| [&level.head, &level.name]);
        let mut providers = named.filter_map(|name| name.trim().strip_prefix("provider \""));
        providers.any(|provider| self.speaks(provider) != Speaks::Ours)
    }

    /// Whether the value is what a text is kept under: `"VALUE": "What a program says"`.
    fn is_entry_of_sentence(&self) -> bool {
        const LONGEST: usize = 200;
        // What says whose key it is takes few words.
        const LEAST: usize = 2;
        const LEAST_ABOUT_US: usize = 5;
        let rest = &self.file.text[self.span.end..];
        let rest = &rest[..rest.len().min(LONGEST)];
        let quoted =
            rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).map(<[u8]>::trim_ascii_start);
        let text = quoted.and_then(|rest| rest.strip_prefix(b":")).map(<[u8]>::trim_ascii_start);
        let text = text.and_then(|text| text.strip_prefix(b"\"").or_else(|| text.strip_prefix(b"'")));
        text.is_some_and(|text| {
            let text = text.split(|b| matches!(b, b'"' | b'\'')).next().unwrap_or_default().to_str_lossy();
            let least = if self.speaks(&text) == Speaks::Ours { LEAST_ABOUT_US } else { LEAST };
            text.split_whitespace().count() >= least
        })
    }

    /// Whether the value stands in the name of a section, behind another part of it: `[project:VALUE]`.
    pub(super) fn is_in_name_of_section(&self) -> bool {
        let line = self.file.line(self.span).trim_ascii();
        let before = &self.file.text[..self.span.start];
        let plain = |b: &u8| b.is_ascii_alphanumeric() || b":.-_/ ".contains(b);
        let name = line.strip_prefix(b"[").and_then(|line| line.strip_suffix(b"]"));
        name.is_some_and(|name| name.iter().all(plain)) && matches!(before.last(), Some(b':' | b'.' | b'/'))
    }

    /// How many values of the same form have a record under them: `"VALUE": {`.
    fn keys_of_records(&self) -> usize {
        let text = self.file.text;
        let opens = |at: usize| matches!(text[at..].trim_ascii_start().first(), Some(b'{' | b'['));
        let ends = memmem::find_iter(text, "\":").filter(|&at| opens(at + 2));
        let run = |end: usize| {
            let length = text[..end].iter().rev().take_while(|b| b.is_ascii_alphanumeric()).count();
            &text[end - length..end]
        };
        ends.filter(|&end| self.is_alike(run(end))).take(2).count()
    }

    /// Whether the value stands bare in brackets, right behind a word as in `task[VALUE]`, or in the line of a log.
    fn is_index(&self) -> bool {
        let before = &self.file.text[..self.span.start];
        let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        let rest = &self.file.text[self.span.end..];
        let logged = before.ends_with(b" [")
            && matches!(rest, [b']', b' ', next, ..] if next.is_ascii_alphanumeric() || *next == b' ');
        // `USER#VALUE`: the key of a record.
        let keyed = before.strip_suffix(b"#").and_then(<[u8]>::last).is_some_and(u8::is_ascii_uppercase);
        logged
            || keyed
            || !before.ends_with(b"<![CDATA[")
                && before.strip_suffix(b"[").and_then(<[u8]>::last).is_some_and(word)
                && self.file.text.get(self.span.end) == Some(&b']')
    }

    /// Whether another value stands before this one in the same quotation marks: `"…|VALUE"`.
    fn is_part_of_longer(&self) -> bool {
        const SHORTEST: usize = 16;
        let before = &self.file.text[..self.span.start];
        let inside = |b: &&u8| {
            b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'|' | b':' | b'_' | b'-')
        };
        let start = before.len() - before.iter().rev().take(200).take_while(inside).count();
        let (quoted, part) =
            (before[..start].last().is_some_and(|b| matches!(b, b'"' | b'\'')), &before[start..]);
        let Some((b'|' | b':', part)) = part.split_last() else { return false };
        let longest =
            part.split(|b| !b.is_ascii_alphanumeric()).max_by_key(|run| run.len()).unwrap_or_default();
        let mixed = longest.iter().any(u8::is_ascii_digit) && longest.iter().any(u8::is_ascii_alphabetic);
        quoted && mixed && longest.len() >= SHORTEST
    }

    /// The name beside a `value`, where it is a name of its own and none of a credential.
    fn header<'t>(&'t self, own: &'t Level) -> Option<&'t str> {
        let transparent = |level: &&Level| level.bound == Bound::Assigned && self.naming(level).transparent;
        let mut levels = self.place.levels.iter().take(2).take_while(transparent);
        let name =
            levels.find_map(|level| self.name_beside(level)).filter(|_| own.holder == Holder::Group)?;
        let meaning = self.meaning(name);
        let other = meaning.specific && !meaning.credential || meaning.identifier;
        (other && self.speaks(name) == Speaks::Nobody && !self.is_entry_of_ours()).then_some(name)
    }
}
