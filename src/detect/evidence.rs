//! What ties a candidate to a rule's provider, and what ties it to somebody else.
//!
//! Takes a candidate's place (see `structure`) and its file, gives a confidence with the reasons for it, strongest
//! first. The nearest name decides: a value that another name is given is not the provider's, whatever stands around.

use std::ops::Range;

use super::file_view::FileView;
use super::quote::{shown, without};
use super::structure::{Bound, Holder, Level, Place};
use super::words::{Meaning, is_identifier, meaning, words};
use crate::finding::Confidence;
use crate::rule::{Provider, Rule};

/// A confidence and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) confidence: Confidence,
    pub(super) evidence: Vec<String>,
}

impl Verdict {
    fn new(confidence: Confidence, reason: impl Into<String>) -> Self {
        Verdict { confidence, evidence: vec![reason.into()] }
    }

    fn and(mut self, reason: impl Into<String>) -> Self {
        self.evidence.push(reason.into());
        self
    }
}

/// Judges the value at `span`. None if nothing at all ties it to the provider.
pub(super) fn judge(
    rule: &Rule,
    provider: &Provider,
    place: &Place,
    file: &FileView<'_>,
    span: &Range<usize>,
) -> Option<Verdict> {
    if !file.is_about_provider() {
        return None;
    }
    let judge = Judge { provider, place, file, span };
    let bound = judge
        .address()
        .or_else(|| judge.host_beside())
        .or_else(|| judge.own_name())
        .or_else(|| judge.levels())
        .or_else(|| judge.request());
    let verdict = if provider.with.is_empty() {
        bound
            .or_else(|| judge.file_about_provider())
            .unwrap_or_else(|| Verdict::new(Confidence::Low, "nothing here says what the value is"))
    } else {
        // A rule for a part of a provider's credentials speaks only where that part is named.
        bound.filter(|verdict| verdict.confidence > Confidence::Low)?
    };
    Some(Verdict { confidence: verdict.confidence.min(rule.confidence), ..verdict })
}

struct Judge<'a> {
    provider: &'a Provider,
    place: &'a Place,
    file: &'a FileView<'a>,
    span: &'a Range<usize>,
}

/// What one text says of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaks {
    /// Of this rule's provider.
    Ours,
    /// Of another one, or of a purpose of its own.
    Others,
    /// Of neither.
    Nobody,
}

impl Judge<'_> {
    /// The address that the value is a part of: where it is sent, whatever it is called there.
    fn address(&self) -> Option<Verdict> {
        let (before, after) = self.place.address.as_ref()?;
        // `user:password@host` names the host behind the value.
        let host = after.strip_prefix('@').unwrap_or(before);
        let host: String =
            host.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '-')).collect();
        Some(match self.is_ours(&host.to_lowercase()) {
            true => Verdict::new(Confidence::High, format!("it is sent to {host}")),
            false => Verdict::new(Confidence::Low, "it is a part of another service's address"),
        })
    }

    /// A part of the provider's credentials that is told by where it is sent.
    fn host_beside(&self) -> Option<Verdict> {
        let beside = |level: &Level| self.has_host(&level.before) || self.has_host(&level.after);
        let own = self.place.levels.first()?;
        let credential = self.meaning(&own.name).credential || self.place.scheme.is_some();
        let told =
            credential && !self.provider.with.is_empty() && self.place.levels.iter().take(2).any(beside);
        told.then(|| Verdict::new(Confidence::High, format!("it is sent to {}", self.host_name())))
    }

    /// The name that the value itself is given.
    fn own_name(&self) -> Option<Verdict> {
        let own = self.place.levels.first()?;
        let say = |name: &str| format!("it is assigned to {name}");
        if own.bound == Bound::Spaced
            && let Some(nearest) = own.name.split_whitespace().last().filter(|nearest| *nearest != own.name)
        {
            // The word right before the value names it; those before that one are a command, a type, a sentence.
            let whole = self.by_name(&own.name, say).filter(|verdict| verdict.confidence == Confidence::High);
            return match self.speaks(nearest) {
                Speaks::Others => self.by_name(nearest, say),
                _ if self.meaning(nearest).credential => self.by_name(nearest, say).or(whole),
                _ => whole.or_else(|| self.by_name(nearest, say)),
            };
        }
        self.by_name(&own.name, say).and_then(|verdict| match verdict.confidence {
            Confidence::Low => self.redirected(&own.name).or(Some(verdict)),
            _ => Some(verdict),
        })
    }

    /// Another service's name whose requests go to the provider: `OPENAI_API_KEY` beside `OPENAI_BASE_URL=` ours.
    fn redirected(&self, name: &str) -> Option<Verdict> {
        let owner = self.meaning(name).owner?;
        self.file.hosts().iter().filter(|(_, host)| self.is_ours(host)).find_map(|(at, host)| {
            let line = String::from_utf8_lossy(self.file.line(&(*at..*at))).into_owned();
            let (before, _) = line.split_once("://")?;
            words(before).contains(&owner).then(|| {
                Verdict::new(Confidence::Medium, format!("{} goes to {host} in this file", shown(name)))
            })
        })
    }

    /// What a name says, if it decides.
    fn by_name(&self, name: &str, say: impl Fn(&str) -> String) -> Option<Verdict> {
        let meaning = self.meaning(name);
        let shown = shown(name);
        match self.speaks(name) {
            // A sentence about the provider gives no name.
            Speaks::Ours if !meaning.credential && words(name).len() > 8 => None,
            Speaks::Ours => match &meaning.plain {
                Some(word) => {
                    Some(Verdict::new(Confidence::Low, format!("{shown} ends with '{word}': no credential")))
                }
                None => Some(Verdict::new(Confidence::High, say(&shown))),
            },
            Speaks::Others => {
                Some(Verdict::new(Confidence::Low, format!("{shown} is the name of another credential")))
            }
            Speaks::Nobody => {
                let word = meaning.plain.filter(|_| !meaning.credential || is_identifier(name))?;
                // An identifier beside the provider's name is still none of its credentials.
                Some(Verdict::new(Confidence::Low, format!("{shown} ends with '{word}': no credential")))
            }
        }
    }

    /// What holds the value, from the innermost level outwards.
    fn levels(&self) -> Option<Verdict> {
        let own = self.place.levels.first()?;
        let own_meaning = self.meaning(&own.name);
        for (depth, level) in self.place.levels.iter().enumerate() {
            if depth > 0
                && let Some(verdict) = self.by_name(&level.name, |name| format!("it is part of {name}"))
            {
                return (level.holder != Holder::Block || verdict.confidence == Confidence::High)
                    .then_some(verdict);
            }
            if let Some(verdict) = self.beside(level, own, &own_meaning) {
                return Some(verdict);
            }
            if level.holder == Holder::Block {
                return None;
            }
        }
        let label = self.place.label.as_deref().filter(|label| self.meaning(label).credential);
        self.place.outer.iter().map(String::as_str).chain(label).find_map(|outer| self.by_outer(outer))
    }

    /// The name of an enclosing section, element or block.
    fn by_outer(&self, outer: &str) -> Option<Verdict> {
        let shown = shown(outer);
        match self.speaks(outer) {
            Speaks::Ours => Some(Verdict::new(Confidence::High, format!("it stands under {shown}"))),
            Speaks::Others => {
                Some(Verdict::new(Confidence::Low, format!("it stands under {shown}, another service")))
            }
            Speaks::Nobody => None,
        }
    }

    /// What stands beside the value in its call, object, tag or block.
    fn beside(&self, level: &Level, own: &Level, own_meaning: &Meaning) -> Option<Verdict> {
        if level.holder == Holder::Block {
            return None;
        }
        if self.has_host(&level.before) || self.has_host(&level.after) {
            return Some(Verdict::new(Confidence::High, format!("it is sent to {}", self.host_name())));
        }
        match (level.holder, self.speaks(&level.head)) {
            (Holder::Call, Speaks::Ours) => {
                return Some(Verdict::new(
                    Confidence::High,
                    format!("it is handed to {}", shown(&level.head)),
                ));
            }
            (Holder::Call, Speaks::Others) => {
                let reason = format!("it is handed to {}, another service", shown(&level.head));
                return Some(Verdict::new(Confidence::Low, reason));
            }
            (Holder::Group | Holder::Tag, Speaks::Ours) => {
                return Some(Verdict::new(
                    Confidence::High,
                    format!("it stands under {}", shown(&level.head)),
                ));
            }
            _ => {}
        }
        let (word, speaks) = self.nearest_word(level)?;
        let telling = own_meaning.credential || own_meaning.transparent || own.bound == Bound::Positional;
        match speaks {
            Speaks::Ours if telling || self.place.scheme.is_some() => {
                Some(Verdict::new(Confidence::High, format!("{} stands beside it", shown(&word))))
            }
            Speaks::Ours => {
                Some(Verdict::new(Confidence::Medium, format!("{} stands beside it", shown(&word))))
            }
            Speaks::Others if !own_meaning.specific && own.holder != Holder::Lines => Some(Verdict::new(
                Confidence::Low,
                format!("{} stands beside it, another service", shown(&word)),
            )),
            _ => None,
        }
    }

    /// The word of the level's neighbours that names a provider and stands nearest to the value.
    fn nearest_word(&self, level: &Level) -> Option<(String, Speaks)> {
        let tokens = |text: &str| -> Vec<String> {
            text.split(|c: char| c.is_whitespace() || "\"'`,;:=()[]{}<>|".contains(c))
                .filter(|token| !token.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let left = tokens(&level.before);
        let right = tokens(&level.after);
        let ranked = left.iter().rev().enumerate().chain(right.iter().enumerate());
        ranked
            .map(|(distance, word)| (distance, word, self.speaks(word)))
            .filter(|(_, _, speaks)| *speaks != Speaks::Nobody)
            .min_by_key(|(distance, _, speaks)| (*speaks != Speaks::Ours, *distance))
            .map(|(_, word, speaks)| (word.clone(), speaks))
    }

    /// A credential that is sent somewhere: where to?
    fn request(&self) -> Option<Verdict> {
        let own = self.place.levels.first()?;
        let header =
            ["authorization", "x-api-key", "bearer"].iter().any(|h| own.name.to_lowercase().contains(h));
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
    fn file_about_provider(&self) -> Option<Verdict> {
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
            return Some(Verdict::new(Confidence::Low, "the line names another service"));
        }
        if credential && own_meaning.specific && self.provider_has_its_own_name() {
            return Some(Verdict::new(
                Confidence::Low,
                "the provider's key has a name of its own in this file",
            ));
        }
        if credential && mentioned {
            let place = match own.name.is_empty() {
                true => "the line calls it a credential".to_owned(),
                false => format!("{} calls it a credential", shown(&own.name)),
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
        const IMPORTS: [&str; 7] = ["import", "from", "use", "using", "require", "include", "extern"];
        self.file.hosts().iter().any(|(_, host)| self.is_ours(host))
            || self.file.mentions().iter().any(|&at| {
                let line = String::from_utf8_lossy(self.file.line(&(at..at))).into_owned();
                self.speaks(&line) == Speaks::Ours
                    && words(&line).iter().any(|word| IMPORTS.contains(&word.as_str()))
            })
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

    fn meaning(&self, name: &str) -> Meaning {
        let own: Vec<String> = self.provider.names.iter().chain(&self.provider.with).cloned().collect();
        meaning(name, &own)
    }

    /// Whose a text is, by its words.
    fn speaks(&self, text: &str) -> Speaks {
        if text.is_empty() {
            return Speaks::Nobody;
        }
        let lower = text.to_lowercase();
        let words = words(text);
        let has = |list: &[String]| list.iter().any(|entry| stands_in(entry, &words));
        let named = self.provider.names.iter().any(|name| lower.contains(name.as_str()));
        let with = self.provider.with.is_empty() || has(&self.provider.with);
        if named && with && !has(&self.provider.without) || self.has_host(&lower) {
            return Speaks::Ours;
        }
        if named || self.meaning(text).owner.is_some() { Speaks::Others } else { Speaks::Nobody }
    }

    fn has_host(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.provider.hosts.iter().any(|host| text.contains(host.as_str()))
    }

    fn is_ours(&self, host: &str) -> bool {
        self.provider.hosts.iter().any(|ours| host == ours || host.ends_with(&format!(".{ours}")))
    }

    fn host_name(&self) -> &str {
        self.provider.hosts.first().map_or("the provider's host", String::as_str)
    }
}

/// Whether the words of an entry stand among `words`, one after the other.
fn stands_in(entry: &str, words: &[String]) -> bool {
    let entry: Vec<&str> = entry.split(' ').collect();
    words.windows(entry.len()).any(|window| window == entry)
}
