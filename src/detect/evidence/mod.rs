//! What ties a candidate to a rule's provider, and what ties it to somebody else.
//!
//! Takes a candidate's place (see `structure`) and its file, gives a confidence with the reasons for it, strongest
//! first. The nearest name decides: a value that another name is given is not the provider's, whatever stands around.

use std::cell::OnceCell;
use std::ops::Range;
use std::rc::Rc;

use super::file_view::FileView;
use super::quote;
use super::structure::Place;
use super::words::{Meaning, meaning, words};
use crate::finding::Confidence;
use crate::rule::{Provider, Rule};

mod argument;
mod around;
mod block;
mod branch;
mod called;
mod column;
mod copy;
mod expected;
mod file;
mod form;
mod homonym;
mod known;
mod login;
mod name;
mod others;
mod own_place;
mod pointed;
mod prose;
mod record;
mod secret;
mod sent;
mod sibling;
mod stand_in;
mod through;
mod transcript;
mod upstream;
mod used;

pub(super) use known::Known;
pub(super) use pointed::address_of_client;
pub(super) use through::parameter_of;

/// Most words that a name has; what has more is a sentence, a command, a line.
const LONGEST_NAME: usize = 6;

/// A confidence and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) confidence: Confidence,
    pub(super) evidence: Vec<String>,
    /// It is somebody else's.
    pub(super) foreign: bool,
    /// It rests on a word that stands near.
    pub(super) beside: bool,
    /// Its name says that it is no credential, or another one.
    pub(super) named_otherwise: bool,
    /// It rests on what becomes of a variable.
    followed: bool,
}

impl Verdict {
    pub(super) fn new(confidence: Confidence, reason: impl Into<String>) -> Self {
        let evidence = vec![reason.into()];
        Verdict {
            confidence,
            evidence,
            foreign: false,
            beside: false,
            named_otherwise: false,
            followed: false,
        }
    }

    fn foreign(reason: impl Into<String>) -> Self {
        Verdict { foreign: true, ..Verdict::new(Confidence::Low, reason) }
    }

    fn named_otherwise(reason: impl Into<String>) -> Self {
        Verdict { named_otherwise: true, ..Verdict::new(Confidence::Low, reason) }
    }

    fn beside(confidence: Confidence, word: &str) -> Self {
        Verdict {
            beside: true,
            ..Verdict::new(confidence, format!("{} stands beside it", quote::shown(word)))
        }
    }

    fn and(mut self, reason: impl Into<String>) -> Self {
        self.evidence.push(reason.into());
        self
    }
}

/// One way in which a candidate can be tied to somebody.
type Question = fn(&Judge<'_>) -> Option<Verdict>;

/// What is asked of a candidate, the most telling first: the first that has an answer decides.
const QUESTIONS: [Question; 22] = [
    |judge| judge.homonym(),
    |judge| judge.address(),
    |judge| judge.host_beside(),
    |judge| judge.otherwise(),
    |judge| judge.shown_above(),
    |judge| judge.own_name().map(|named| judge.sent_all_the_same(named)),
    |judge| judge.sibling(),
    |judge| judge.branch(),
    |judge| judge.used_by_us(),
    |judge| judge.column(),
    |judge| judge.called(),
    |judge| judge.parameter(),
    |judge| judge.upstream(),
    |judge| judge.levels(),
    |judge| judge.answer_to_another(),
    |judge| judge.entry_of_secret(),
    |judge| judge.used_by_others(),
    |judge| judge.copied_for_others(),
    |judge| judge.request(),
    |judge| judge.spoken_of(),
    |judge| judge.header_for_us_alone(),
    |judge| judge.file_about_provider(),
];

/// Judges the value at `span`. None if nothing at all ties it to the provider.
pub(super) fn judge<'a>(
    rule: &'a Rule,
    provider: &'a Provider,
    place: &'a Place,
    file: &'a FileView<'a>,
    span: &'a Range<usize>,
) -> Option<Verdict> {
    if !file.is_about_provider() {
        return None;
    }
    let judge = || Judge { provider, place, file, span, steps: 0, column: OnceCell::new() };
    let mut answers = ask(judge());
    let first = answers.next().map(|first| match first.followed {
        // A value that goes through a variable with a name that anything has is as sure as what else is said of it,
        // unless nobody else can have got it.
        true => {
            let generic = place.levels.first().is_some_and(|own| meaning(&own.name, &[]).credential);
            let sure = !generic
                || answers.next().is_some_and(|other| other.confidence == Confidence::High)
                || judge().goes_to_us_alone();
            Verdict { confidence: if sure { Confidence::High } else { Confidence::Medium }, ..first }
        }
        false => first,
    });
    let first = first.map(|first| match first.confidence > Confidence::Low && judge().is_part_of_names() {
        true => Verdict::new(Confidence::Low, "the provider's name is only a part of others in this file"),
        false => first,
    });
    let verdict = match provider.with.is_empty() {
        true => first.unwrap_or_else(|| Verdict::new(Confidence::Low, "nothing here says what the value is")),
        // A rule for a part of a provider's credentials speaks only where that part is named.
        false => first.filter(|verdict| verdict.confidence > Confidence::Low)?,
    };
    Some(Verdict { confidence: verdict.confidence.min(rule.confidence), ..verdict })
}

/// Every answer to what is asked of the value at `span`, the one that decides first.
pub(super) fn answers<'a>(
    provider: &'a Provider,
    place: &'a Place,
    file: &'a FileView<'a>,
    span: &'a Range<usize>,
) -> impl Iterator<Item = Verdict> + use<'a> {
    ask(Judge { provider, place, file, span, steps: used::MOST_STEPS, column: OnceCell::new() })
}

fn ask(judge: Judge<'_>) -> impl Iterator<Item = Verdict> {
    let asked = if judge.provider.with.is_empty() { QUESTIONS.len() } else { QUESTIONS.len() - 1 };
    QUESTIONS.into_iter().take(asked).filter_map(move |question| question(&judge))
}

struct Judge<'a> {
    provider: &'a Provider,
    place: &'a Place,
    file: &'a FileView<'a>,
    span: &'a Range<usize>,
    /// How many variables the value was followed through to get here.
    steps: usize,
    /// The name of the column that the value stands in, once it was asked for.
    column: OnceCell<Option<String>>,
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
    /// Whether a value is judged, and not a name that stands for one.
    fn is_value(&self) -> bool {
        self.steps == 0
    }

    /// A line's words without the value; where a name stands for that, the line has none.
    fn without_value(&self, line: &str) -> String {
        quote::without(line, if self.is_value() { self.span.len() } else { usize::MAX })
    }

    /// Whether a run of letters and digits has the same form as the value.
    fn is_alike(&self, run: &[u8]) -> bool {
        run.len() == self.span.len() && run.iter().any(u8::is_ascii_digit)
    }

    /// Whether a text has a value of the same form.
    fn has_alike(&self, text: &[u8]) -> bool {
        text.split(|b| !b.is_ascii_alphanumeric()).any(|run| self.is_alike(run))
    }

    fn meaning(&self, name: &str) -> Rc<Meaning> {
        self.file.known.meaning(name, || {
            let name = &quote::without_values(name, self.span.len());
            let own: Vec<&str> =
                self.provider.names.iter().chain(&self.provider.with).map(String::as_str).collect();
            meaning(name, &own)
        })
    }

    /// Whose a text is, by its words.
    fn speaks(&self, text: &str) -> Speaks {
        match text.is_empty() {
            true => Speaks::Nobody,
            false => self.file.known.speaks(text, || self.whose(text)),
        }
    }

    fn whose(&self, text: &str) -> Speaks {
        let text = &quote::without_values(text, self.span.len());
        let text = &if text.contains(['@', '.']) { self.without_people(text).into() } else { text.clone() };
        let lower = text.to_lowercase();
        let words = words(text);
        if words.len() > LONGEST_NAME && self.has_ours_alone(text) {
            return Speaks::Ours;
        }
        let has = |list: &[String]| list.iter().any(|entry| stands_in(entry, &words));
        let called = |text: &str| self.provider.names.iter().any(|name| text.contains(name.as_str()));
        // The repository that a model's weights come from serves nothing.
        let weights = |word: &&str| self.is_of_weights(word) && called(word);
        let named = called(&lower)
            && match lower.split_whitespace().any(|word| weights(&word)) {
                true => lower.split_whitespace().any(|word| called(word) && !weights(&word)),
                false => true,
            };
        let with = self.provider.with.is_empty() || has(&self.provider.with);
        let without = || has(&self.provider.without) && !self.meaning(text).store;
        if named && with && !without() || self.has_host(&lower) {
            return Speaks::Ours;
        }
        if named || self.meaning(text).owner.is_some() { Speaks::Others } else { Speaks::Nobody }
    }

    /// Whether a word is the name of somebody's account: `a.name@host`, `a.name`.
    fn is_person(&self, word: &str) -> bool {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let initial = word.split_once('.').filter(|(first, _)| first.len() == 1);
        let same = |rest: &str| self.provider.names.iter().any(|name| rest.eq_ignore_ascii_case(name));
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
        initial.is_some_and(|(_, rest)| same(rest))
            || word.split_once('@').is_some_and(|(name, host)| {
                !name.is_empty() && name.chars().all(plain) && host.contains('.') && !self.has_host(host)
            })
    }

    /// A text without the names of people's accounts.
    fn without_people(&self, text: &str) -> String {
        let mut kept = String::with_capacity(text.len());
        for word in text.split_inclusive(|c: char| c.is_whitespace() || "\"'`,;:<>()".contains(c)) {
            if !self.is_person(word) {
                kept.push_str(word);
            }
        }
        kept
    }

    /// Whether a word of a sentence or a command is the provider's name, so that another's elsewhere in it does not count.
    fn has_ours_alone(&self, text: &str) -> bool {
        let own = |name: &str| {
            let lower = name.to_lowercase();
            let words = words(name);
            self.provider.names.iter().any(|own| lower.contains(own.as_str()))
                && !self.is_of_weights(&lower)
                && !self.provider.without.iter().any(|entry| stands_in(entry, &words))
        };
        self.provider.with.is_empty() && quote::tokens(text).any(own)
    }

    /// Whether a word of a command is the path of a model's weights: `vendorai/model-1b`.
    fn is_of_weights(&self, word: &str) -> bool {
        const FILES: [&str; 7] = [".gguf", ".ggml", ".safetensors", ".onnx", ".pth", ".exl2", ".mlmodel"];
        let file = word.trim_end_matches(['"', '\'', ',', ';', ')']);
        FILES.iter().any(|ending| file.ends_with(ending))
            || word.split_once('/').is_some_and(|(first, rest)| {
                let first = first.rsplit(['"', '\'', '`', '(', '=', ',']).next().unwrap_or_default();
                let vendor =
                    self.provider.names.iter().any(|name| first.strip_prefix(name.as_str()) == Some("ai"));
                vendor && rest.contains('-') && !rest.contains('/')
            })
    }

    fn has_host(&self, text: &str) -> bool {
        self.host_in(text).is_some()
    }

    /// The provider's host that a text names, in lower case.
    fn host_in(&self, text: &str) -> Option<String> {
        let text = text.to_lowercase();
        let belongs = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        self.provider.hosts.iter().find_map(|host| {
            let at = text.find(host.as_str())?;
            let start = text[..at].rfind(|c| !belongs(c)).map_or(0, |before| before + 1);
            let start = text.ceil_char_boundary(start);
            Some(text[start..at + host.len()].to_owned())
        })
    }

    fn is_ours(&self, host: &str) -> bool {
        self.provider.hosts.iter().any(|ours| host == ours || host.ends_with(&format!(".{ours}")))
    }

    /// The name in a text as evidence quotes it: of a declaration or an expression only the word that `speaks`, where
    /// that is a name by itself.
    fn quoted(&self, text: &str, speaks: Speaks) -> String {
        let mut words = quote::tokens(text).collect::<Vec<_>>();
        words.retain(|word| speaks == Speaks::Nobody || self.speaks(word) == speaks);
        // In a sentence, one word of a name is not the name.
        let code = text.contains(['(', '=', '{', ';']);
        let name = words.last().filter(|word| code || quote::is_name(word) || self.meaning(word).credential);
        quote::shown(name.unwrap_or(&text))
    }
}

/// Whether the words of an entry stand among `words`, one after the other.
fn stands_in(entry: &str, words: &[String]) -> bool {
    let entry: Vec<&str> = entry.split(' ').collect();
    words.windows(entry.len()).any(|window| window == entry)
}
