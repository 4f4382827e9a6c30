//! Whom a file speaks of instead of the provider, though it has its name: who serves its models, who is called so.

use std::collections::HashSet;

use bstr::ByteSlice;

use super::block::is_site;
use super::upstream::is_for_callers;
use super::{Judge, Speaks, Verdict, stands_in};
use crate::detect::quote::{shown, tokens};
use crate::detect::words::words;
use crate::finding::Confidence;

/// Most names of credentials that are compared with one another.
const MOST_NAMES: usize = 50;

impl Judge<'_> {
    /// What a line is about that begins with a label, and the command that a value is an option of, where that is
    /// another's; the place on this network that a file with nothing but a model's name sends its requests to.
    pub(super) fn spoken_to_another(&self, own: &str) -> Option<Verdict> {
        if self.place.outer.iter().any(|name| is_for_callers(name)) || self.is_for_those_who_call() {
            return Some(Verdict::foreign("those who call a service that stands before others show it"));
        }
        let line = String::from_utf8_lossy(self.file.line(self.span)).into_owned();
        if let Some(label) = label_of(&line).filter(|label| !own.contains(label))
            && self.speaks(label) == Speaks::Others
        {
            return Some(Verdict::foreign(format!("its line is about {}", shown(label))));
        }
        let sentence = self.place.is_prose();
        if let Some(site) =
            tokens(&line).filter(|_| sentence).find(|word| is_site(word) && !self.is_ours(word))
        {
            return Some(Verdict::foreign(format!("its line is about {site}")));
        }
        let requests = ["curl", "wget", "http ", "fetch"].iter().any(|command| line.contains(command));
        if requests
            && self.host_in(&line).is_none()
            && let Some(host) = self.host_elsewhere(&line)
        {
            return Some(Verdict::foreign(format!("it is sent to {}", shown(&host))));
        }
        let command = self.file.command(self.span.start).to_str_lossy();
        if command.trim_start().starts_with("curl ") && self.host_in(&command).is_none() {
            let addresses = tokens(&command).filter(|word| word.contains("://"));
            if let Some(address) = addresses.last() {
                return Some(Verdict::foreign(format!("it is sent to {}", shown(address))));
            }
        }
        if command.contains('\n') || command.contains(" -") {
            let serves = tokens(&command).any(|word| self.is_of_weights(&word.to_lowercase()));
            let program = tokens(&command).find(|word| self.speaks(word) == Speaks::Others);
            if let Some(program) = program.filter(|_| serves) {
                return Some(Verdict::foreign(format!("it is handed to {}", shown(program))));
            }
        }
        if !self.uses_provider() && self.file.text.contains_str(".gguf") {
            return Some(Verdict::foreign("the file has a model served from its weights"));
        }
        let model = |&at: &usize| is_weights_name(&self.file.text[at..]);
        if self.file.mentions().iter().all(model)
            && let Some((_, host)) = self.file.nearest_given_host(self.span)
            && host.chars().all(|c| c.is_ascii_digit() || c == '.')
        {
            return Some(Verdict::foreign(format!(
                "the address nearest to it is {host}, which serves a model"
            )));
        }
        if self.is_named_among_others() {
            return Some(Verdict::new(
                Confidence::Low,
                "the file names the provider only among other services",
            ));
        }
        self.about_another_for_its_models()
    }

    /// Whether the file names the provider only in one breath with other services, and does not use it.
    fn is_named_among_others(&self) -> bool {
        const MOST: usize = 20;
        const LONGEST: usize = 2000;
        let mentions = self.file.mentions();
        let among = |&at: &usize| {
            let line = self.file.line(&(at..at));
            let line = line[..line.len().min(LONGEST)].to_str_lossy();
            tokens(&line).any(|word| self.speaks(word) == Speaks::Others && !self.meaning(word).purpose)
        };
        (1..=MOST).contains(&mentions.len())
            && !self.uses_provider()
            && !self.file.path_speaks()
            && mentions.iter().all(among)
    }

    /// The nearest address that is a value and has no credential of its own beside it: `ACME_TOKEN` at `api.acme.com`.
    pub(super) fn nearest_host_without_credential(&self) -> Option<(usize, &str)> {
        const NEAR: usize = 200;
        let text = self.file.text;
        self.file.nearest_given_host_of(self.span, |at, host| {
            let Some(service) = host.rsplit('.').nth(1) else { return true };
            let near = text[at.saturating_sub(NEAR)..(at + NEAR).min(text.len())].to_str_lossy();
            let own =
                |name: &str| words(name).iter().any(|word| word == service) && self.meaning(name).credential;
            !tokens(&near).any(own)
        })
    }

    /// Several credentials have names of their own in this file, and none says that it is the provider's: any may be.
    pub(super) fn is_one_of_several(&self, name: &str) -> Option<Verdict> {
        const SEVERAL: usize = 3;
        let own = |name: &str| self.is_specific_name(name) && self.meaning(name).credential;
        let count = || {
            let lines = self.file.text.lines().filter(|line| self.has_alike(line));
            let names = lines.filter_map(|line| {
                let name = line[..line.find_byteset(b"=:")?].to_str_lossy();
                tokens(&name).last().filter(|name| own(name)).map(str::to_owned)
            });
            names.take(MOST_NAMES).collect::<HashSet<_>>().len()
        };
        let several = own(name) && *self.file.named.get_or_init(count) >= SEVERAL;
        several.then(|| {
            let reason = "it is one of several credentials in this file, none of which names the provider";
            Verdict::new(Confidence::Low, reason)
        })
    }

    /// Whom a file is about that has nothing of the provider's but the names of models: by its own name, or by the line
    /// that a model stands on.
    fn about_another_for_its_models(&self) -> Option<Verdict> {
        const MOST: usize = 20;
        let mentions = self.file.mentions();
        let person = |&at: &usize| {
            let ends = |b: &u8| b.is_ascii_whitespace() || b"\"'`,;:<>()".contains(b);
            let start = self.file.text[..at].iter().rposition(ends).map_or(0, |last| last + 1);
            let end = self.file.text[at..].iter().position(ends).map_or(self.file.text.len(), |end| at + end);
            end - start <= 100 && self.is_person(&self.file.text[start..end].to_str_lossy())
        };
        if (1..=MOST).contains(&mentions.len()) && mentions.iter().all(person) {
            return Some(Verdict::new(Confidence::Low, "the file names a person so"));
        }
        let model = |&at: &usize| {
            let rest = &self.file.text[at..(at + 60).min(self.file.text.len())];
            let end = rest.iter().position(|b| !(b.is_ascii_alphanumeric() || *b == b'-'));
            rest[..end.unwrap_or(rest.len())].contains(&b'-')
        };
        if mentions.is_empty()
            || mentions.len() > MOST
            || self.file.path_speaks()
            || !mentions.iter().all(model)
        {
            return None;
        }
        let name = self.file.path.rsplit('/').next().unwrap_or_default();
        if self.speaks(name) == Speaks::Others && !self.meaning(name).purpose {
            return Some(Verdict::foreign(format!("the file {} is another service's", shown(name))));
        }
        let others = &self.provider.without;
        let server = mentions.iter().find_map(|&at| {
            let words = words(&self.file.paragraph(at).to_str_lossy());
            others.iter().find(|other| stands_in(other, &words))
        })?;
        Some(Verdict::foreign(format!("{} has the provider's model in this file", shown(server))))
    }
}

/// The label that a line of a list or a text begins with: `* Acme: …`.
fn label_of(line: &str) -> Option<&str> {
    let line = line.trim_start_matches(|c: char| c.is_whitespace() || "*-+•#>".contains(c));
    let (label, rest) = line.split_once(':')?;
    let label = label.trim_matches(|c: char| c.is_whitespace() || "*_`".contains(c));
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '.' | '-' | ',' | '«' | '»');
    let said = rest.starts_with([' ', '*']) && !label.is_empty() && label.chars().all(plain);
    (said && label.split_whitespace().count() <= 5).then_some(label)
}

/// Whether a model's name begins here of which everybody can have the weights: `name-7b-instruct`.
fn is_weights_name(text: &[u8]) -> bool {
    let belongs = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b':');
    let name = &text[..text.iter().take(80).take_while(|b| belongs(b)).count()];
    let size = |part: &[u8]| {
        part.split_last().is_some_and(|(last, number)| {
            last.eq_ignore_ascii_case(&b'b')
                && number.first().is_some_and(u8::is_ascii_digit)
                && number.iter().all(|b| b.is_ascii_digit() || matches!(b, b'x' | b'.'))
        })
    };
    name.split(|b| matches!(b, b'-' | b':')).any(size)
}
