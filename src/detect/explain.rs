//! Why a run of characters is believed to be a credential, or is not: every question that detection asks, answered.
//!
//! Takes a text and a part of it, gives an [`Account`] of each run there that is a candidate or nearly one. Slower than
//! a scan, and says the same: both ask the same questions in the same order.

use std::ops::Range;

use bstr::BStr;

use super::evidence::{answers, judge};
use super::file_view::FileView;
use super::window::Window;
use super::{Detector, Views, candidate, runs, shape, structure};
use crate::finding::Confidence;
use crate::rule::Rule;
use crate::secret::Secret;
use crate::words::{count, with_article};

/// Shortest run that is worth a word.
const SHORTEST: usize = 20;
/// How many of a rule's keywords are listed.
const LISTED: usize = 3;

/// What is to be said of one run of characters.
#[derive(Clone, Debug)]
pub struct Account {
    /// Where it stands in the text.
    pub span: Range<usize>,
    /// The run. Whatever it is, it is printed masked.
    pub value: Secret,
    /// Why it is no candidate, whatever stands around it.
    pub obstacle: Option<String>,
    /// What each rule makes of it, the surest first.
    pub opinions: Vec<Opinion>,
}

/// What one rule makes of a candidate.
#[derive(Clone, Debug)]
pub struct Opinion {
    /// Index of the rule in its set.
    pub rule: usize,
    /// How sure it is; none if it has nothing to say.
    pub confidence: Option<Confidence>,
    /// It is a published example, listed in the rule.
    pub published: bool,
    /// What speaks for it and against it, what decides first.
    pub reasons: Vec<Reason>,
}

/// One sentence for a candidate, or against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Whether it makes the candidate a credential.
    pub speaks_for: bool,
    /// The sentence.
    pub text: String,
}

impl Reason {
    fn new(speaks_for: bool, text: impl Into<String>) -> Self {
        Reason { speaks_for, text: text.into() }
    }
}

impl Detector {
    /// Accounts for every run that begins in the part `within` of a text, in order.
    pub fn explain(&self, text: &[u8], path: Option<&BStr>, within: Range<usize>) -> Vec<Account> {
        let views = Views::new(self, text, path);
        let mut accounts = Vec::new();
        for group in &self.groups {
            for run in long_runs(text, group.class, &within) {
                match candidate::value_span(text, run.clone(), group.length) {
                    Some(span) => accounts.push(self.account(&views, span, &group.rules)),
                    // A long name is a long name.
                    None if shape::derivation(&text[run.clone()]) == Some("words") => {}
                    None => accounts.push(Account {
                        value: Secret::new(&text[run.clone()]),
                        obstacle: Some(candidate::obstacle(text, &run, group.length)),
                        span: run,
                        opinions: Vec::new(),
                    }),
                }
            }
        }
        for &rule in &self.expressions {
            let Some(regex) = self.rules()[rule].pattern.regex() else { continue };
            let spans = regex.captures_iter(text).filter_map(|captures| super::secret_span(&captures));
            let here = spans.filter(|span| within.contains(&span.start));
            accounts.extend(here.map(|span| self.account(&views, span, &[rule])));
        }
        accounts.sort_by_key(|account| account.span.start);
        accounts
    }

    fn account(&self, views: &Views<'_>, span: Range<usize>, rules: &[usize]) -> Account {
        let value = &views.text[span.clone()];
        let window = Window::around(views.text, &span);
        let tail = candidate::is_base64_tail(&window.before, span.len());
        let place = structure::place(&window.before, &window.after);
        let opinions = match tail {
            true => Vec::new(),
            false => {
                let mut opinions: Vec<Opinion> =
                    rules.iter().map(|&rule| self.opinion(rule, views, &place, &span)).collect();
                opinions.sort_by_key(|opinion| std::cmp::Reverse(opinion.confidence));
                opinions
            }
        };
        let obstacle = tail.then(|| "it is the last line of wrapped base64".to_owned());
        Account { value: Secret::new(value), span, obstacle, opinions }
    }

    fn opinion(
        &self,
        index: usize,
        views: &Views<'_>,
        place: &structure::Place,
        span: &Range<usize>,
    ) -> Opinion {
        let rule = &self.rules()[index];
        let value = &views.text[span.clone()];
        let file = views.of(index);
        let published = rule.published.contains(&Secret::new(value).sha256());
        let mut opinion = Opinion { rule: index, confidence: None, published, reasons: Vec::new() };
        if !file.is_about_provider() {
            opinion.reasons.push(Reason::new(false, silent(rule)));
            return opinion;
        }
        let derived = shape::derivation(value).filter(|_| rule.random);
        if let Some(what) = derived
            && !published
        {
            let reason = format!("it was not drawn at random: it reads as {what}");
            opinion.reasons.push(Reason::new(false, reason));
            return opinion;
        }
        match &rule.provider {
            Some(provider) => {
                let decision = judge(rule, provider, place, file, span);
                opinion.confidence = decision.as_ref().map(|verdict| verdict.confidence);
                if decision.is_none() {
                    let part = provider.with.join(" or ");
                    opinion.reasons.push(Reason::new(false, format!("nothing ties it to {part}")));
                }
                for verdict in decision.into_iter().chain(answers(provider, place, file, span)) {
                    let speaks_for = verdict.confidence > Confidence::Low;
                    let told = verdict.evidence.into_iter().map(|text| Reason::new(speaks_for, text));
                    opinion.reasons.extend(told);
                }
                opinion.reasons.extend(mentions(file));
            }
            None => {
                opinion.confidence = Some(rule.confidence);
                let form = format!("it has the form of {}", with_article(&rule.description));
                opinion.reasons.push(Reason::new(true, form));
            }
        }
        if rule.random && derived.is_none() {
            opinion.reasons.push(Reason::new(true, "it reads as drawn at random"));
        }
        let mut told = Vec::new();
        opinion
            .reasons
            .retain(|reason| !told.contains(&reason.text) && (told.push(reason.text.clone()), true).1);
        opinion
    }
}

/// Why a rule says nothing of a file.
fn silent(rule: &Rule) -> String {
    let words = rule.keywords.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
    let more = match rule.keywords.len().checked_sub(LISTED) {
        Some(more) if more > 0 => format!(" and {more} more"),
        _ => String::new(),
    };
    format!("neither the text nor its path has one of the rule's words ({words}{more})")
}

/// Where the text and its path name the provider.
fn mentions(file: &FileView<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if let Some(&first) = file.mentions().first() {
        let line = memchr::memchr_iter(b'\n', &file.text[..first]).count() + 1;
        let times = count(file.mentions().len() as u64, "time", "times");
        reasons
            .push(Reason::new(true, format!("the text has the rule's words {times}, first on line {line}")));
    }
    if file.path_speaks() {
        reasons.push(Reason::new(true, "the path has one of the rule's words"));
    }
    reasons
}

/// Maximal runs of a class that begin in a part of the text, and are long enough for a word.
fn long_runs(text: &[u8], class: runs::Class, within: &Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = within.start;
    while at < within.end.min(text.len()) {
        let length = text[at..].iter().take_while(|&&byte| class.contains(byte)).count();
        let begins = at == 0 || !class.contains(text[at - 1]);
        if length >= SHORTEST && begins {
            found.push(at..at + length);
        }
        at += length + 1;
    }
    found
}

/// The longest run of letters and digits in a text.
pub fn longest_run(text: &[u8]) -> usize {
    text.split(|byte| !byte.is_ascii_alphanumeric()).map(<[u8]>::len).max().unwrap_or(0)
}
