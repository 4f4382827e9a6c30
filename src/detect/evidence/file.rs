//! What the whole file says of a value: what it imports, what it is about, whose the others in it are.

use bstr::ByteSlice;
use memchr::memmem;

use super::{Judge, Speaks, Verdict};
use crate::detect::function::{function_around, is_return};
use crate::detect::lines::{is_remark, line};
use crate::detect::parts::parts_and_groups;
use crate::detect::quote::{is_source_file, shown, tokens};
use crate::detect::structure::{Bound, Holder, Level};
use crate::detect::window::Window;
use crate::detect::words::{is_generic, words};
use crate::finding::Confidence;

/// Parts of a program that show one another a token of their own.
const PARTIES: [&str; 12] = [
    "app", "client", "server", "gateway", "proxy", "service", "device", "frontend", "backend", "relay",
    "auth", "access",
];

impl Judge<'_> {
    /// Whether the value's line is longer than people write them, so that much on it may have nothing to do with the value.
    pub(super) fn is_on_long_line(&self) -> bool {
        const LONGEST: usize = 300;
        self.file.line(self.span).len() > LONGEST
    }

    /// A side of the value without the entries that have a value of their own.
    fn without_entries(&self, text: &str) -> String {
        let (_, groups) = parts_and_groups(text, false);
        let entries = groups.into_iter().filter(|(_, inner)| self.has_alike(inner.as_bytes()));
        entries.fold(text.to_owned(), |text, (key, inner)| text.replacen(inner, "", 1).replacen(key, "", 1))
    }

    /// The line of the value; of several records on it, the one that the value is in, and of code that is all on one
    /// line, what encloses it.
    fn line_or_record(&self, own: &Level) -> String {
        let shown = Window::shown_line(self.file.text, self.span);
        let line = shown.unwrap_or_else(|| self.file.line(self.span).to_vec()).to_str_lossy().into_owned();
        let code = self.is_on_long_line() && line.contains(['{', '(']) && own.holder != Holder::Lines;
        if code {
            let parent = self.place.levels.get(1).map(|parent| (&parent.name, &parent.head));
            let (name, head) = parent.unwrap_or((&own.name, &own.head));
            let (before, after) = (self.without_entries(&own.before), self.without_entries(&own.after));
            return [name, head, &own.head, &before, &own.name, &after].map(String::as_str).join(" ");
        }
        let row = own.bound == Bound::Positional && own.holder == Holder::Group;
        let several = !own.before.trim().is_empty() && line.matches(['(', '{', '[']).count() > 1;
        if row && several { format!("{} {}", own.before, own.after) } else { line }
    }

    /// Whether a function gives the value whose name calls it a credential: `def get_key(): return VALUE`.
    fn is_returned_key(&self) -> bool {
        let before = &self.file.text[..self.span.start];
        is_return(before)
            && function_around(before).is_some_and(|function| self.meaning(&function).credential)
    }

    /// Whether a note says no more of the value than that it is another one, in a file that uses the provider: `old: "VALUE"`.
    fn is_another_one_of_ours(&self, own: &Level) -> bool {
        const OTHERS: [&str; 8] = ["old", "new", "previous", "former", "current", "backup", "spare", "alt"];
        let names = words(&own.name);
        names.last().is_some_and(|word| OTHERS.contains(&word.as_str()))
            && names.len() <= 2
            && self.uses_provider()
    }

    /// Whether the value's name, its call, its column or its line calls it a credential.
    fn is_called_credential(&self, own: &Level, line: &str) -> bool {
        // In other tables than those of HTML, what stands in the row tells more.
        let cell = self.file.line(self.span).contains_str("<td");
        let call = |level: &Level| level.holder == Holder::Call && self.meaning(&level.head).credential;
        self.meaning(&own.name).credential
            || self.place.scheme.is_some()
            || cell && self.column_name().is_some_and(|column| self.meaning(column).credential)
            || self.place.levels.iter().any(call)
            || self.meaning(&self.without_value(line)).credential
    }

    /// A credential without an owner's name, in a file that is about the provider.
    pub(super) fn file_about_provider(&self) -> Option<Verdict> {
        let own = self.place.levels.first()?;
        let own_meaning = self.meaning(&own.name);
        let line = self.line_or_record(own);
        let on_line = self.speaks(&line);
        let returned = self.is_returned_key();
        let credential =
            returned || self.is_called_credential(own, &line) || self.is_another_one_of_ours(own);
        let mentioned = self.file.mentions().iter().any(|&at| self.is_of_provider(at));
        let elsewhere = self.is_another_one();
        let by_model_only =
            || tokens(&line).all(|token| token.contains('-') || self.speaks(token) != Speaks::Ours);
        if on_line == Speaks::Ours
            && !(elsewhere.is_some() && by_model_only())
            && (own.bound != Bound::Alone || returned)
            && credential
        {
            return Some(Verdict::new(Confidence::Medium, "the line names the provider and a credential"));
        }
        if on_line == Speaks::Others && !own_meaning.credential {
            return Some(Verdict { beside: true, ..Verdict::foreign("the line names another service") });
        }
        if self.file.is_lock() {
            return Some(Verdict::new(Confidence::Low, "the file is one of locked dependencies"));
        }
        if let Some(theirs) = self.spoken_to_another(&own.name) {
            return Some(theirs);
        }
        if self.is_secret_of_its_own(own) && !self.uses_provider() && on_line != Speaks::Ours {
            let reason = "a secret that the file does not use for the provider";
            return Some(Verdict::new(Confidence::Low, reason));
        }
        if let Some(other) = self.is_of_somebody(own, on_line) {
            return Some(Verdict::new(Confidence::Low, other));
        }
        if let Some(reason) = elsewhere {
            return Some(Verdict::new(Confidence::Low, reason));
        }
        if credential
            && mentioned
            && let Some(elsewhere) = self
                .goes_elsewhere(self.nearest_host_without_credential())
                .or_else(|| self.is_one_of_several(&own.name))
        {
            return Some(elsewhere);
        }
        let near = self.place.levels.iter().take(2).filter(|level| level.holder != Holder::Block);
        let elsewhere = near.filter(|level| self.is_labelled(level)).find_map(|level| self.served_at(level));
        let elsewhere =
            elsewhere.or_else(|| self.served_at(own).filter(|_| self.provider_has_its_own_place()));
        if let Some(host) = elsewhere {
            return Some(Verdict::new(Confidence::Low, format!("what it is for is at {host}")));
        }
        if self.is_in_block_elsewhere() {
            return Some(Verdict::new(Confidence::Low, "the requests of its block go elsewhere"));
        }
        if credential && mentioned {
            Some(self.in_file_about(own))
        } else {
            self.in_file_of_provider(own, credential)
        }
    }

    /// A value that is called a credential, in a file that has the provider's name.
    fn in_file_about(&self, own: &Level) -> Verdict {
        if self.merely_has_name() {
            let reason = "the file has the provider's name, and nothing says that it means the provider";
            return Verdict::new(Confidence::Low, reason);
        }
        let place = match self.meaning(&own.name).credential {
            true => format!("{} calls it a credential", self.quoted(&own.name, Speaks::Nobody)),
            false => "the line calls it a credential".to_owned(),
        };
        Verdict::new(Confidence::Medium, "the file is about the provider").and(place)
    }

    /// A value that nothing calls a credential, or that is one of who knows whom, in a file that uses the provider or has
    /// its name.
    fn in_file_of_provider(&self, own: &Level, credential: bool) -> Option<Verdict> {
        let argument = own.bound == Bound::Positional && own.holder == Holder::Call;
        // Brackets in a sentence hold no arguments.
        let sentence = self.file.line(self.span).contains_str(format!("{} (", own.head));
        if argument && !sentence && self.uses_provider() && !self.is_named_otherwise(own) {
            let reason = "it is an argument of a call in a file that uses the provider";
            return Some(Verdict::new(Confidence::Medium, reason));
        }
        if self.file.path_speaks() && (credential || self.file.is_bare(self.span)) {
            return Some(Verdict::new(Confidence::Medium, "the path names the provider"));
        }
        None
    }

    /// Whether the call that the value is an argument of gives it a name of its own, which does not call it a credential:
    /// `define('ACME_LICENCE', VALUE)`.
    fn is_named_otherwise(&self, own: &Level) -> bool {
        let sets = matches!(
            words(&own.head).last().map(String::as_str),
            Some("define" | "set" | "option" | "const")
        );
        let name = self.name_beside(own).filter(|_| sets);
        name.is_some_and(|name| self.is_specific_name(name) && !self.meaning(name).credential)
    }

    /// Why the value is another one than the provider's, if what it is called or stands in says so.
    fn is_another_one(&self) -> Option<&'static str> {
        if self.is_something_elses() && self.provider_has_its_own_place() {
            return Some("the provider has a place of its own in this file, and this is another one");
        }
        let own = self.place.levels.first();
        let set = own.is_some_and(|own| own.holder == Holder::Lines && own.bound == Bound::Assigned);
        if set && self.file.has_settings() && self.names_credential() {
            return Some("the provider has a name of its own in these settings, and this is another one");
        }
        let own = own.map_or("", |own| own.name.as_str());
        if self.is_specific_name(own) && self.made_into().is_some_and(|made| shares_words(own, &made)) {
            return Some("what is made of it has a name of its own");
        }
        let remarked = self.specific_holder().is_some() && self.is_only_remarked();
        remarked.then_some("what it stands in has a name of its own, and only remarks name the provider")
    }

    /// What has a login of its own, which the value is a part of: an application, or what the password is for.
    fn is_of_somebody(&self, own: &Level, on_line: Speaks) -> Option<String> {
        if on_line != Speaks::Ours && self.is_beside_app() {
            return Some("the id and the secret of an application stand beside it".to_owned());
        }
        self.password_of(own).map(|holder| format!("it is the password of {}", shown(holder)))
    }

    /// What a password is of that stands in something with a name of its own: the provider gives none.
    fn password_of(&self, own: &Level) -> Option<&str> {
        self.specific_holder().filter(|_| self.is_password(&own.name))
    }

    /// What the value stands in, if that has a name of its own.
    fn specific_holder(&self) -> Option<&str> {
        let named = |level: &&Level| level.holder != Holder::Block && !is_remark(level.before.as_bytes());
        let levels = self.place.levels.iter().skip(1).filter(named);
        let outer = levels.map(|level| &level.name).chain(&self.place.outer);
        outer.map(String::as_str).find(|name| self.is_specific_name(name))
    }

    /// Whether the value is called a secret and no more, and what holds it, if anything, has a name of its own.
    fn is_secret_of_its_own(&self, own: &Level) -> bool {
        let assigned = own.bound == Bound::Assigned;
        let name = own.name.split_whitespace().last().filter(|_| assigned).unwrap_or(&own.name);
        let held = || self.place.levels.get(1).is_some_and(|parent| self.is_specific_name(&parent.name));
        let called = words(name);
        let kept = called == ["secret"] || called == ["credential", "secret"];
        kept && (matches!(own.holder, Holder::Lines | Holder::Block) || held())
    }

    /// Whether what is mentioned is the provider, and neither a part of the name of a source file, as a log of tests has
    /// them, nor of weights that others serve.
    fn is_of_provider(&self, at: usize) -> bool {
        let belongs = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/');
        let text = self.file.text;
        let end = at + text[at..].iter().take(100).take_while(|b| belongs(b)).count();
        let start = text[..at].iter().rev().take(100).take_while(|b| belongs(b)).count();
        let word = text[at - start..end].to_str_lossy().to_lowercase();
        if is_host(&word) && !self.has_host(&word) {
            return false;
        }
        !is_source_file(&text[at..end].to_str_lossy()) && !self.is_of_weights(&word)
    }

    /// Whether the provider's name stands in remarks alone.
    fn is_only_remarked(&self) -> bool {
        let remark = |&at: &usize| is_remark(line(self.file.text, at));
        !self.file.path_speaks() && !self.uses_provider() && self.file.mentions().iter().all(remark)
    }

    /// Whether the file sends requests to the provider, or imports its client.
    pub(super) fn uses_provider(&self) -> bool {
        self.file.hosts().iter().any(|(_, host)| self.is_ours(host)) || !self.imports().is_empty()
    }

    /// Whether the file uses the provider or names one of its models.
    pub(super) fn is_used_or_modelled(&self) -> bool {
        let model = |&at: &usize| {
            let rest = &self.file.text[at..(at + 40).min(self.file.text.len())];
            rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').any(|b| *b == b'-')
        };
        self.uses_provider() || self.file.mentions().iter().any(model)
    }

    /// The lines that import something of the provider's; told once for the whole file.
    fn imports(&self) -> &[String] {
        const IMPORTS: [&str; 7] = ["import", "from", "use", "using", "require", "include", "extern"];
        const LONGEST: usize = 400;
        self.file.imports.get_or_init(|| {
            let lines = self.file.mentions().iter().map(|&at| self.file.statement(at));
            let lines = lines.filter(|line| line.len() <= LONGEST);
            let lines = lines.map(|line| String::from_utf8_lossy(line).into_owned());
            let imports = |line: &String| {
                let part = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.'));
                self.speaks(line) == Speaks::Ours
                    && !is_prose(line)
                    && line.split(part).any(|word| IMPORTS.contains(&word.to_ascii_lowercase().as_str()))
            };
            lines.filter(imports).collect()
        })
    }

    /// Whether what a call is made to was imported from the provider under the name that it begins with.
    pub(super) fn is_imported(&self, head: &str) -> bool {
        let identifier = |c: char| c.is_alphanumeric() || c == '_';
        const WORDS: [&str; 8] = ["", "new", "await", "if", "while", "for", "return", "switch"];
        let mut names = head.split(|c| !identifier(c)).filter(|name| !WORDS.contains(name));
        let Some(name) = names.next() else { return false };
        self.imports().iter().any(|line| line.split(|c| !identifier(c)).any(|word| word == name))
    }

    /// The module that is imported under the name that a call begins with: `import acme as ac`, `ac.init(…)`.
    pub(super) fn module_of(&self, head: &str) -> Option<String> {
        const NEAR: usize = 100;
        let (name, _) = head.split_once('.')?;
        let belongs = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        let text = self.file.text;
        memmem::find_iter(text, format!(" as {name}").as_bytes()).find_map(|at| {
            let end = at + " as ".len() + name.len();
            let before = text[at.saturating_sub(NEAR)..at].to_str_lossy();
            let mut words = before.rsplit(char::is_whitespace);
            let module = words.next()?.to_owned();
            let import = words.next()?.ends_with("import");
            (import && !text.get(end).is_some_and(belongs)).then_some(module)
        })
    }

    /// Whether the value's name, or what holds it, says that it is something else's.
    fn is_something_elses(&self) -> bool {
        let own = self.place.levels.first().map_or("", |own| own.name.as_str());
        let words = words(own);
        // A secret that is called nothing else is one that somebody chose.
        let chosen = words.iter().any(|word| matches!(word.as_str(), "secret" | "password" | "passwd"))
            && !words.iter().any(|word| matches!(word.as_str(), "api" | "key" | "token"));
        // `APP_TOKEN`, `gateway_token`: what one part of a program shows another.
        let is_shown = |party: &str, last: &str| last == "token" && PARTIES.contains(&party);
        let shown_to_a_party = matches!(words.as_slice(), [.., party, last] if is_shown(party, last));
        let levels = self.place.levels.iter().take_while(|level| level.holder != Holder::Block);
        chosen
            || shown_to_a_party
            || self.is_of_specific_type()
            || levels.enumerate().any(|(depth, level)| self.is_specific(level, depth == 0))
            || self.place.outer.iter().any(|outer| self.is_specific_name(outer))
            || self.is_in_row_of_name()
            || self.made_into().is_some()
    }

    /// Whether the value is a field of a type of settings that is called something of its own: `class AcmeOptions`.
    fn is_of_specific_type(&self) -> bool {
        const SETTINGS: [&str; 8] =
            ["options", "settings", "config", "configuration", "credentials", "opts", "props", "properties"];
        let block = self.place.levels.iter().find(|level| level.holder == Holder::Block);
        let head = block.map_or("", |block| block.head.as_str());
        let mut name =
            tokens(head).skip_while(|word| !matches!(*word, "class" | "struct" | "record" | "interface"));
        name.nth(1).is_some_and(|name| {
            words(name).last().is_some_and(|last| SETTINGS.contains(&last.as_str()))
                && self.is_specific_name(name)
        })
    }
}

/// Whether a line is a sentence, or an item of a list of them.
fn is_prose(line: &str) -> bool {
    let line = line.trim();
    let item = line.starts_with("- ") || line.starts_with("* ");
    let plain = |word: &&str| word.trim_end_matches(['.', ',', ':']).chars().all(char::is_alphabetic);
    let code = line.contains(['{', '}', '(', ';', '"', '\'', '=', '<', '#', '@']);
    item && !code && line.split_whitespace().filter(plain).count() >= 3
}

/// Whether a word is the name of a computer: `acme.lan`.
pub(super) fn is_host(word: &str) -> bool {
    const ENDS: [&str; 12] =
        ["lan", "local", "internal", "home", "com", "org", "net", "edu", "example", "eu", "de", "fr"];
    let host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let end = word.rsplit_once('.').map_or("", |(_, end)| end);
    ENDS.contains(&end) && word.chars().all(host)
}

/// Whether two names have a word in common that says more than that they are credentials.
fn shares_words(one: &str, other: &str) -> bool {
    let other = words(other);
    words(one).iter().any(|word| other.contains(word) && !is_generic(word))
}
