//! The name that a value is given, and what that says.

use super::block::is_word;
use super::sibling::OF_CLIENT;
use super::{Judge, Speaks, Verdict};
use crate::decode::markup;
use crate::detect::declaration::annotated;
use crate::detect::quote::{self, shown};
use crate::detect::structure::{Bound, Holder, Level};
use crate::detect::words::{self, Field, Meaning, field, words};
use crate::finding::Confidence;

impl Judge<'_> {
    /// The name that the value itself is given.
    pub(super) fn own_name(&self) -> Option<Verdict> {
        let own = self.place.levels.first()?;
        let say = |name: &str| format!("it is assigned to {name}");
        if let Some(reason) = self.expected(own) {
            return Some(Verdict::foreign(reason));
        }
        if let Some(reason) = self.named_for_itself(own) {
            return Some(Verdict::new(Confidence::Low, reason));
        }
        if let Some(entry) = self.name_in_session().and_then(|name| self.by_name(name, say)) {
            return Some(entry);
        }
        // `path/file?name=value`: what stands before the parameter is no part of its name.
        if self.is_glued()
            && let Some((target, parameter)) = own.name.rsplit_once(['?', '&'])
        {
            let link = || Verdict::new(Confidence::Low, "it is a parameter of a link on the same site");
            let named = self.by_name(parameter, |name| format!("it is the parameter {name}"));
            return named.or_else(|| target.starts_with('/').then(link));
        }
        if let Some(named) = annotated(self.place).and_then(|declared| self.by_name(&declared, say)) {
            return Some(named);
        }
        // The column says what it is for, and not the cell before.
        let is_cell = own.bound == Bound::Spaced && self.is_in_column_of_its_own();
        if is_cell || self.is_formatted_by(own) {
            return None;
        }
        if let Some(parent) = self.listed_under(own) {
            let reason = format!("it is one of {}: no credential", shown(parent));
            return Some(Verdict::new(Confidence::Low, reason));
        }
        if own.bound == Bound::Spaced
            && let Some(nearest) = own.name.split_whitespace().last().filter(|nearest| *nearest != own.name)
        {
            let named = self.named_by_words(own, nearest, say);
            return named.map(|verdict| self.unless_redirected(nearest, verdict));
        }
        // `-e NAME=value`, `… name=value`: what stands before the word is none of its name.
        if self.is_glued()
            && let Some((before, name)) = own.name.trim().rsplit_once(char::is_whitespace)
        {
            let beside = before.split_whitespace().last().filter(|word| self.speaks(word) == Speaks::Ours);
            let meaning = self.meaning(name);
            let generic = meaning.credential && !meaning.specific && self.speaks(name) == Speaks::Nobody;
            let whole = beside.filter(|_| generic);
            let name = whole.map_or(name, |_| &own.name);
            return self.by_name(name, say).map(|verdict| self.unless_redirected(name, verdict));
        }
        if self.is_in_namespace(own) {
            let name = shown(own.name.split_whitespace().last().unwrap_or_default());
            return Some(Verdict::new(Confidence::Low, format!("{name} is the namespace of an identifier")));
        }
        if let Some(named) = self.named_by_element(own, say) {
            return Some(named);
        }
        let named = self.by_name(header_of(&own.name).unwrap_or(&own.name), say);
        let named = named.filter(|named| !(named.foreign && self.is_secret_key_of_ours(own)));
        if let Some(host) = named.as_ref().and_then(|named| self.is_served_elsewhere(own, named)) {
            return Some(Verdict::foreign(format!("what has its name goes to {host}")));
        }
        named.map(|verdict| self.unless_redirected(&own.name, verdict))
    }

    /// Whether the value is a cell in a column that says what it is for or, where tabs part the cells, is called something of its own.
    fn is_in_column_of_its_own(&self) -> bool {
        let own = |column: &str| {
            let meaning = self.meaning(column);
            let specific = meaning.specific && !meaning.credential && self.speaks(column) == Speaks::Nobody;
            let plain = meaning.plain.is_some() && !meaning.credential;
            meaning.purpose
                || meaning.identifier
                || plain
                || specific && self.file.line(self.span).contains(&b'\t')
        };
        self.column_name().is_some_and(own)
    }

    /// Why the name of a value is not that of a credential of anybody's: it is one of a file, or what comes in is
    /// compared with the value.
    fn named_for_itself(&self, own: &Level) -> Option<String> {
        if self.is_of_login(own) {
            return Some("it is the password of a login".to_owned());
        }
        if self.is_in_name_of_section() {
            return Some("it is a part of a section's name".to_owned());
        }
        if let Some(reason) = self.stands_for_secret(own) {
            return Some(reason.to_owned());
        }
        if self.has_client_id(&own.name) {
            return Some(OF_CLIENT.to_owned());
        }
        if self.is_public_record(own) {
            return Some("it stands in a record that everybody is told who asks for the domain".to_owned());
        }
        let name = match own.name.is_empty() {
            true => return None,
            false => quote::tokens(&own.name).last()?,
        };
        let parent = self.place.levels.get(1).map_or("", |parent| parent.name.as_str());
        let file = [name, parent].into_iter().find(|name| quote::is_source_file(name));
        let file = file.filter(|_| own.holder == Holder::Group)?;
        Some(format!("it is of the file {}", shown(file)))
    }

    /// The words before a value, the `nearest` of which names it; those before that one are a command, a type, a sentence.
    fn named_by_words(
        &self,
        own: &Level,
        nearest: &str,
        say: impl Fn(&str) -> String + Copy,
    ) -> Option<Verdict> {
        // `-Name NAME -Value VALUE`
        if let Some((_, option)) = own.name.split_once("-Name ")
            && let Some((name, "-Value")) = option.trim().split_once(' ')
        {
            return self.by_name(name, say);
        }
        // What is given to another's program that serves a model is not for the provider of its weights.
        const RUNS: [&str; 6] = ["exec", "sudo", "nohup", "time", "command", "env"];
        let program = own.name.split_whitespace().find(|word| !RUNS.contains(word)).unwrap_or_default();
        let serves = own.name.split_whitespace().any(|word| self.is_of_weights(&word.to_lowercase()));
        let theirs = serves && self.speaks(program) == Speaks::Others;
        let whole = self.by_name(&without_other_options(&own.name), say);
        let whole = whole.filter(|verdict| verdict.confidence == Confidence::High);
        let telling = self.meaning(&own.name).credential
            || self.speaks(nearest) == Speaks::Ours
            || words(&own.name).len() <= 3
            || self.column_name().is_some()
            || !self.meaning(nearest).specific;
        let whole = whole.filter(|_| !theirs && telling);
        if is_application(nearest) && !self.meaning(nearest).credential {
            return Some(Verdict::new(
                Confidence::Low,
                format!("{} is the name of an application", shown(nearest)),
            ));
        }
        if let Some(theirs) = self.phrase(&own.name).filter(|name| self.speaks(name) == Speaks::Others) {
            return self.by_name(&theirs, say);
        }
        let said = words(&own.name).len() > 2 && words::is_everyday(nearest);
        match self.speaks(nearest) {
            Speaks::Others if !said => self.by_name(nearest, say),
            _ if self.meaning(nearest).credential => self.by_name(nearest, say).or(whole),
            // `my order token is …`
            _ => whole
                .or_else(|| self.by_name(nearest, say).filter(|_| !said))
                .or_else(|| self.by_name(&own.name, say).filter(|verdict| verdict.named_otherwise)),
        }
    }

    /// The host of another who serves the provider's models, where settings of the value's name lead there.
    fn is_served_elsewhere(&self, own: &Level, named: &Verdict) -> Option<String> {
        let sure = named.confidence == Confidence::High;
        sure.then(|| self.served_elsewhere(quote::tokens(&own.name).last()?)).flatten()
    }

    /// The name of the field whose default the value is: `name: "public_id", field: Text(default = VALUE)`.
    pub(super) fn named_as_field(&self, depth: usize, level: &Level, own: &Meaning) -> Option<Verdict> {
        let name = self.name_beside(level).filter(|_| depth == 1 && own.transparent)?;
        self.by_name(name, |name| format!("it is of {name}"))
    }

    /// Whether a value's element says how it looks, and nothing else.
    fn is_formatted_by(&self, own: &Level) -> bool {
        let formats = own.bound == Bound::Element && markup::is_inline(own.name.as_bytes());
        formats && self.speaks(&own.name) == Speaks::Nobody
    }

    /// The name of an element without its namespace, where it is somebody else's, or without attributes that name nobody:
    /// `<guid isPermaLink="false">`.
    fn named_by_element(&self, own: &Level, say: impl Fn(&str) -> String + Copy) -> Option<Verdict> {
        if own.bound != Bound::Element {
            return None;
        }
        let theirs = own.name.rsplit_once(':').and_then(|(_, name)| self.by_name(name, say));
        theirs.filter(|verdict| verdict.foreign).or_else(|| {
            let (element, _) = own.name.split_once(char::is_whitespace)?;
            self.by_name(element, say).filter(|_| self.speaks(&own.name) == Speaks::Nobody)
        })
    }

    /// Whether the name is `secret_key`, which frameworks have one of, in a block that is the provider's.
    pub(super) fn is_secret_key_of_ours(&self, own: &Level) -> bool {
        let name = words(&own.name);
        name == ["secret", "key"] && self.is_in_block_of_ours(own)
            || name == ["auth", "key"] && self.is_entry_of_ours()
    }

    /// The last two words of a sentence that calls a value a credential, before a word such as `is`.
    fn phrase(&self, sentence: &str) -> Option<String> {
        const BETWEEN: [&str; 12] =
            ["is", "was", "are", "be", "ist", "war", "est", "es", "era", "jest", "är", "now"];
        let said: Vec<&str> = sentence.split_whitespace().collect();
        let end = said.iter().rposition(|word| !BETWEEN.contains(&word.to_lowercase().as_str()))?;
        // `the Acme key for the office is …`
        let last = said[..=end].iter().rposition(|word| self.meaning(word).credential)?;
        let first = last.checked_sub(1)?;
        if end + 1 < said.len() {
            return Some(format!("{} {}", said[first], said[last]));
        }
        // `Acme API token`: between the two stands what says nothing of whose it is.
        let first = said[..last].iter().rposition(|word| self.meaning(word).specific)?;
        let proper = said[first].trim_matches(|c: char| !c.is_alphanumeric());
        let proper = proper.starts_with(char::is_uppercase) && proper.chars().all(char::is_alphabetic);
        (proper && last - first <= 2).then(|| said[first..=last].join(" "))
    }

    /// The name of the mapping that the value is an entry of, where that is one of things which are no credentials.
    fn listed_under<'t>(&'t self, own: &Level) -> Option<&'t str> {
        let entry = own.holder == Holder::Group && own.bound == Bound::Assigned;
        let parent = self.place.levels.get(1).filter(|_| entry && !self.meaning(&own.name).credential)?;
        let meaning = self.meaning(&parent.name);
        // A mapping of models, hosts or projects may give each its credential.
        let things =
            meaning.plain.as_deref().is_some_and(|word| !matches!(word, "model" | "models" | "agent"))
                && !matches!(field(&parent.name), Field::Address | Field::Label | Field::Vendor);
        (things && !meaning.credential).then_some(parent.name.as_str())
    }

    /// What a name says, if it decides.
    pub(super) fn by_name(&self, name: &str, say: impl Fn(&str) -> String) -> Option<Verdict> {
        let meaning = self.meaning(name);
        let speaks = self.speaks(name);
        let shown = self.quoted(name, speaks);
        let no_credential =
            |word: &str| Some(Verdict::named_otherwise(format!("{shown} ends with '{word}': no credential")));
        match speaks {
            Speaks::Ours if self.is_of_another_host(name) => {
                Some(Verdict::foreign(format!("{shown} is for a host of another's")))
            }
            // A sentence about the provider gives no name.
            Speaks::Ours if !meaning.credential && words(name).len() > 8 => None,
            Speaks::Ours if !meaning.credential && self.is_one_of_many(name) => Some(Verdict::new(
                Confidence::Low,
                format!("{shown} has many values in this file: an identifier"),
            )),
            Speaks::Ours if self.is_password(name) && !self.is_used_or_modelled() => Some(Verdict::new(
                Confidence::Low,
                format!("{shown} is a password, and the provider gives none"),
            )),
            // Ours by name, and a secret of its own for a purpose: `…_SESSION_SECRET`, `…_db_password`.
            Speaks::Ours if self.has_purpose_of_its_own(name) => {
                Some(Verdict::new(Confidence::Low, format!("{shown} is for a purpose of its own")))
            }
            Speaks::Ours if meaning.account && !meaning.credential && !name.contains(char::is_whitespace) => {
                Some(Verdict::new(Confidence::Low, format!("{shown} is the name of an account")))
            }
            Speaks::Ours => match &meaning.plain {
                Some(word) => no_credential(word),
                None => Some(Verdict::new(Confidence::High, say(&shown))),
            },
            Speaks::Others => Some(Verdict::foreign(format!("{shown} is the name of another credential"))),
            Speaks::Nobody => {
                let word = meaning.plain.as_ref().filter(|_| !meaning.credential || meaning.identifier)?;
                // An identifier beside the provider's name is still none of its credentials.
                no_credential(word)
            }
        }
    }

    /// The name of the type that a field is of: `class AcmeOptions { … }`.
    pub(super) fn by_type(&self, head: &str) -> Option<Verdict> {
        let name =
            head.split(['(', ':', '<']).next().filter(|_| !head.contains('(') || head.contains("class"))?;
        let name = quote::tokens(name).filter(|word| !matches!(*word, "extends" | "implements")).last()?;
        // A class with the provider's name has other passwords, and the provider gives none.
        let own = self.place.levels.first().map_or("", |own| own.name.as_str());
        let password = self.is_password(own) && !self.is_used_or_modelled();
        // `AcmeForecast` in a file that says nothing of the provider is of something else that is called so.
        let other = self.is_only_named_so(name);
        (self.speaks(name) == Speaks::Ours && !password && !other).then(|| self.by_outer(name)).flatten()
    }

    /// The name of an enclosing section, element or block.
    pub(super) fn by_outer(&self, outer: &str) -> Option<Verdict> {
        let speaks = self.speaks(outer);
        let shown = self.quoted(outer, speaks);
        match speaks {
            // The sentence of another element.
            Speaks::Ours if self.is_markup() && is_phrase(outer) && !self.is_named(outer) => None,
            Speaks::Ours if self.is_account_of(outer) => {
                Some(Verdict::new(Confidence::Low, format!("it is the password of {shown}")))
            }
            Speaks::Ours if outer.starts_with("class ") && self.is_only_named_so(outer) => None,
            // What a test is called says what it tries.
            Speaks::Ours if outer.contains("testcase") || outer.contains("testsuite") => None,
            Speaks::Ours if self.is_password(outer) && !self.is_used_or_modelled() => Some(Verdict::new(
                Confidence::Low,
                format!("{shown} is a password, and the provider gives none"),
            )),
            Speaks::Ours => Some(Verdict::new(Confidence::High, format!("it stands under {shown}"))),
            // A class that works for another service may have the provider's key all the same.
            Speaks::Others if outer.starts_with("class ") && !self.provider_has_its_own_place() => None,
            Speaks::Others => Some(Verdict::foreign(format!("it stands under {shown}, another service"))),
            Speaks::Nobody => None,
        }
    }

    /// Whether the value is a password, and a tag around it has the name of an account: `<server user="acme">`.
    fn is_account_of(&self, tag: &str) -> bool {
        let own = self.place.levels.first().is_some_and(|own| self.is_password(&own.name));
        own && [" user=", " username=", " login="].iter().any(|attribute| tag.contains(attribute))
    }

    /// Whether the value is that of an attribute or the text of an element.
    fn is_markup(&self) -> bool {
        self.place.levels.first().is_some_and(|own| own.holder == Holder::Tag || own.bound == Bound::Element)
    }

    /// Whether a name calls its value a password, and nothing else.
    pub(super) fn is_password(&self, name: &str) -> bool {
        words::is_password(name) && !self.meaning(name).credential
    }

    /// Whether what follows the provider in a name is a purpose of its own.
    fn has_purpose_of_its_own(&self, name: &str) -> bool {
        let lower = name.to_lowercase();
        let ends = self.provider.names.iter().filter_map(|own| Some(lower.rfind(own.as_str())? + own.len()));
        ends.max().and_then(|end| name.get(end..)).is_some_and(|rest| {
            !rest.contains(char::is_whitespace) && self.meaning(rest).purpose && words(rest).len() <= 4
        })
    }
}

/// A command without the options, before the last one, that say nothing of who gets a credential, and their values:
/// `serve --mode acme --api-key` is `serve --api-key`.
fn without_other_options(command: &str) -> String {
    let Some((before, last)) = command.rsplit_once(" --") else { return command.to_owned() };
    let (program, options) = match before.strip_prefix("--") {
        Some(options) => ("", options),
        None => before.split_once(" --").unwrap_or((before, "")),
    };
    let options = options.split(" --").filter(|option| !option.is_empty());
    let tells = |option: &&str| {
        let name = option.split([' ', '=']).next().unwrap_or_default();
        field(name) != Field::Other || words(name).iter().any(|word| word == "model")
    };
    options.filter(tells).chain([last]).fold(program.to_owned(), |kept, option| kept + " --" + option)
}

/// The header that a request's mapping of them gets: `session.headers["authorization"]`.
fn header_of(name: &str) -> Option<&str> {
    let (headers, header) = name.trim().strip_suffix(']')?.rsplit_once('[')?;
    let word = words(headers).pop()?;
    let header = header.trim_matches(['"', '\'']);
    (matches!(word.as_str(), "header" | "headers") && is_word(header)).then_some(header)
}

/// Whether what stands in an element are words, and not a tag with its attributes.
fn is_phrase(text: &str) -> bool {
    text.split_whitespace().count() >= 3 && !text.contains(['=', '<'])
}

/// Whether a word is the name of an application, in the order of the domain that it is of: `com.acme.chat`.
fn is_application(word: &str) -> bool {
    let labels: Vec<&str> = word.split('.').collect();
    let label = |label: &&str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let top = labels[0];
    labels.len() >= 3
        && labels.iter().all(label)
        && (2..=3).contains(&top.len())
        && top.bytes().all(|b| b.is_ascii_lowercase())
}
