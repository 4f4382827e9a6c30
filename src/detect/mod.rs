//! From bytes to matches: runs → shape → place → evidence.
//!
//! Takes the content of a file and its path, gives what each rule makes of it. Does no input or output and keeps
//! nothing. What a candidate costs: nothing where no run has the shape (nearly every file ever scanned), a look at its
//! surroundings where one has.

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use bstr::BStr;

use crate::finding::Confidence;
use crate::rule::{Pattern, Rule, RuleSet};
use crate::secret::{Secret, sha256};
use crate::words::with_article;

mod address;
mod arm;
pub mod callable;
mod candidate;
pub mod client;
mod cursor;
mod declaration;
pub mod definition;
pub mod destination;
mod evidence;
pub mod explain;
mod expression;
mod file_view;
pub mod finder;
mod function;
mod layout;
mod letters;
mod lines;
mod lvalue;
mod markup;
mod memoized;
mod mention;
mod nested;
mod parameter;
mod parts;
mod quote;
mod readable;
pub mod reference;
pub mod runs;
mod settings;
pub mod shape;
mod sql;
mod streak;
mod structure;
mod table;
mod variable;
mod window;
pub(crate) mod words;

use file_view::{Anchors, FileView};
use mention::Filter;
use streak::Streak;
use window::Window;

/// A value that a rule believes to be a credential.
#[derive(Clone, Debug)]
pub struct Match {
    /// Index of the rule in its set.
    pub rule: usize,
    /// The value.
    pub secret: Secret,
    /// Where it stands in the text that was scanned.
    pub span: Range<usize>,
    /// How sure.
    pub confidence: Confidence,
    /// Why, strongest first.
    pub evidence: Vec<String>,
    /// It is a published example, listed in the rule.
    pub published: bool,
    /// What it is bound to here is somebody else's, or no credential.
    pub foreign: bool,
    /// Its confidence rests on a word that stands near.
    pub beside: bool,
}

/// The rules, made ready to scan with. Shared by all threads.
#[derive(Debug)]
pub struct Detector {
    rules: RuleSet,
    groups: Vec<RunGroup>,
    /// Rules whose pattern is an expression.
    expressions: Vec<usize>,
    keywords: OnceLock<Option<AhoCorasick>>,
    /// The words that make a text interesting: most of those of all rules that look for runs.
    interest: Filter,
    anchors: Vec<OnceLock<Anchors>>,
    reach: usize,
}

/// Rules whose candidates are the same runs.
#[derive(Debug)]
struct RunGroup {
    class: runs::Class,
    length: usize,
    /// Whether [`runs::dense_blocks`] covers the class.
    dense: bool,
    rules: Vec<usize>,
}

impl Detector {
    /// Makes rules ready. Compiles nothing yet.
    pub fn new(rules: RuleSet) -> Self {
        let mut groups: Vec<RunGroup> = Vec::new();
        let mut expressions = Vec::new();
        for (index, rule) in rules.rules().iter().enumerate() {
            let Pattern::Run { class, length } = rule.pattern else {
                expressions.push(index);
                continue;
            };
            match groups.iter_mut().find(|group| group.class == class && group.length == length) {
                Some(group) => group.rules.push(index),
                None => groups.push(RunGroup { class, length, dense: class.is_dense(), rules: vec![index] }),
            }
        }
        let anchors = rules.rules().iter().map(|_| OnceLock::new()).collect();
        let runs = rules.rules().iter().filter(|rule| matches!(rule.pattern, Pattern::Run { .. }));
        let interest = Filter::of_most(runs.map(|rule| rule.keywords.as_slice()));
        let run = groups.iter().map(|group| group.length + candidate::LONGEST_GLUED + runs::BLOCK).max();
        let word = rules.rules().iter().flat_map(|rule| &rule.keywords).map(String::len).max();
        let reach = run.max(word).unwrap_or_default();
        Detector { rules, groups, expressions, keywords: OnceLock::new(), interest, anchors, reach }
    }

    /// The rules in force.
    pub fn rules(&self) -> &[Rule] {
        self.rules.rules()
    }

    /// Whether a candidate can stand around the block of `text` that [`runs::dense_blocks`] found at `block`.
    pub fn may_match_at(&self, text: &[u8], block: usize) -> bool {
        self.groups.iter().filter(|group| group.dense).any(|group| {
            group.class.has_run_at(text, block, group.length, group.length + candidate::LONGEST_GLUED)
        })
    }

    /// How many bytes on both sides of a byte tell whether it is a part of a candidate: whether the run that it is in is
    /// long enough, and not too long.
    pub fn reach(&self) -> usize {
        self.reach
    }

    /// Whether a text is interesting beyond the candidates that visibly stand in it: it mentions what some rule is
    /// about, so that it is worth the time to look for values in pieces and escaped ones.
    pub fn is_interesting(&self, text: &[u8]) -> bool {
        self.interest.may_mention(text)
    }

    /// Whether a candidate can stand elsewhere: rules with an expression, and classes beyond letters and digits.
    pub fn may_match_elsewhere(&self, text: &[u8]) -> bool {
        let mut sparse = self.groups.iter().filter(|group| !group.dense);
        sparse.any(|group| runs::runs(text, group.class, group.length).next().is_some())
            || self.has_keywords(text)
    }

    /// Whether a value stands in a text that could be a credential, if something else than the text said so.
    pub fn holds_value(&self, text: &[u8]) -> bool {
        self.groups.iter().any(|group| {
            runs::runs(text, group.class, group.length).any(|run| {
                let span = candidate::value_span(text, run, group.length);
                span.is_some_and(|span| self.could_be_drawn(&text[span], group))
            })
        })
    }

    /// Whether a value is what some rule of a group looks for, as far as its characters tell.
    fn could_be_drawn(&self, value: &[u8], group: &RunGroup) -> bool {
        let random = group.rules.iter().all(|&rule| self.rules()[rule].random);
        !random || is_mixed(value) && shape::derived_bits(value) < shape::DERIVED_BITS
    }

    /// Whether a path tells that what stands there is about some rule's provider.
    pub fn is_path_telling(&self, path: &BStr) -> bool {
        let views = Views::new(self, b"", Some(path));
        (0..self.rules().len()).any(|rule| views.of(rule).path_speaks())
    }

    /// Every candidate in `text` that some rule has something to say of, in order of position.
    pub fn scan(&self, text: &[u8], path: Option<&BStr>) -> Vec<Match> {
        self.scan_with(text, path, &mut |_| {}, &|| false)
    }

    /// The same; `stray` hears of every value of the right length that no rule has anything to say of here, and that
    /// could be a credential elsewhere. Ends early, with what it has, once `stop` says so.
    pub fn scan_with(
        &self,
        text: &[u8],
        path: Option<&BStr>,
        stray: &mut dyn FnMut(Range<usize>),
        stop: &dyn Fn() -> bool,
    ) -> Vec<Match> {
        let views = Views::new(self, text, path);
        let mut matches = Vec::new();
        for group in &self.groups {
            let mut streak = Streak::default();
            for run in runs::runs(text, group.class, group.length).take_while(|_| !stop()) {
                let span = candidate::value_span(text, run.clone(), group.length);
                match span.and_then(|span| self.best(&views, &span, &group.rules, &streak)) {
                    Some(found) => {
                        streak.add(text, &found);
                        matches.push(found);
                    }
                    None => self.strays(text, run, group, stray),
                }
            }
        }
        if self.has_keywords(text) {
            for &index in &self.expressions {
                self.scan_expression(&views, index, &mut matches);
            }
        }
        matches.sort_by_key(|found| (found.span.start, found.rule));
        agree(&mut matches);
        matches
    }

    /// The values that a run without a match may be or hold.
    fn strays(&self, text: &[u8], run: Range<usize>, group: &RunGroup, stray: &mut dyn FnMut(Range<usize>)) {
        let random = group.rules.iter().all(|&rule| self.rules()[rule].random);
        if run.len() > group.length + candidate::LONGEST_GLUED || random && !is_mixed(&text[run.clone()]) {
            return;
        }
        stray(run.start..run.start + group.length);
        if run.len() > group.length {
            stray(run.end - group.length..run.end);
        }
    }

    /// Whether a rule with an expression has to look at the text.
    fn has_keywords(&self, text: &[u8]) -> bool {
        if self.expressions.is_empty() {
            return false;
        }
        let keywords = self.keywords.get_or_init(|| {
            let rules = self.expressions.iter().map(|&index| &self.rules()[index]);
            if rules.clone().any(|rule| rule.keywords.is_empty()) {
                return None;
            }
            let words = rules.flat_map(|rule| &rule.keywords);
            AhoCorasickBuilder::new().ascii_case_insensitive(true).build(words).ok()
        });
        keywords.as_ref().is_none_or(|words| words.is_match(text))
    }

    fn scan_expression(&self, views: &Views<'_>, index: usize, matches: &mut Vec<Match>) {
        if !views.of(index).is_about_provider() {
            return;
        }
        let Some(regex) = self.rules()[index].pattern.regex() else { return };
        for captures in regex.captures_iter(views.text) {
            if let Some(span) = secret_span(&captures) {
                matches.extend(self.best(views, &span, &[index], &Streak::default()));
            }
        }
    }

    /// What the most confident of some rules makes of a candidate, or what it is by the list that it goes on with.
    fn best(
        &self,
        views: &Views<'_>,
        span: &Range<usize>,
        rules: &[usize],
        streak: &Streak,
    ) -> Option<Match> {
        // What is known of the file costs nothing, the shape little, a first look through the file the most.
        let mut open: Vec<usize> = rules.iter().copied().filter(|&r| !views.is_foreign(r)).collect();
        if open.is_empty() {
            return None;
        }
        let value = &views.text[span.clone()];
        let derived = shape::derived_bits(value) >= shape::DERIVED_BITS;
        let has_examples = open.iter().any(|&r| !self.rules()[r].published.is_empty());
        let hash = has_examples.then(|| sha256(value));
        let published = |rule: &Rule| hash.as_ref().is_some_and(|hash| rule.published.contains(hash));
        open.retain(|&r| !(derived && self.rules()[r].random) || published(&self.rules()[r]));
        open.retain(|&r| views.of(r).is_about_provider());
        if open.is_empty() {
            return None;
        }
        if let Some(known) = streak.next(views.text, span).filter(|known| open.contains(&known.rule)) {
            return Some(Match { published: published(&self.rules()[known.rule]), ..known });
        }
        let window = Window::around(views.text, span);
        if candidate::is_base64_tail(&window.before, span.len()) {
            return None;
        }
        let place = structure::place(&window.before, &window.after);
        open.into_iter()
            .filter_map(|index| {
                let rule = &self.rules()[index];
                let verdict = self.verdict(index, views, &place, span)?;
                Some(Match {
                    rule: index,
                    secret: Secret::new(value),
                    span: span.clone(),
                    confidence: verdict.confidence,
                    evidence: verdict.evidence,
                    published: published(rule),
                    foreign: verdict.foreign && !verdict.beside || verdict.named_otherwise,
                    beside: verdict.beside,
                })
            })
            .reduce(|best, next| if next.confidence > best.confidence { next } else { best })
    }

    fn verdict(
        &self,
        index: usize,
        views: &Views<'_>,
        place: &structure::Place,
        span: &Range<usize>,
    ) -> Option<evidence::Verdict> {
        let rule = &self.rules()[index];
        match &rule.provider {
            Some(provider) => evidence::judge(rule, provider, place, views.of(index), span),
            None => {
                let form = format!("it has the form of {}", with_article(&rule.description));
                Some(evidence::Verdict::new(rule.confidence, form))
            }
        }
    }
}

/// Whether a value has letters of both cases.
fn is_mixed(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_lowercase) && value.iter().any(u8::is_ascii_uppercase)
}

/// What is somebody else's at one place of a text, or no credential, is not the provider's at another that does not say so
/// clearly.
fn agree(matches: &mut [Match]) {
    let theirs: Vec<(usize, Secret)> = matches
        .iter()
        .filter(|found| found.foreign)
        .map(|found| (found.rule, found.secret.clone()))
        .collect();
    for (rule, secret) in theirs {
        let mut same: Vec<&mut Match> =
            matches.iter_mut().filter(|found| found.rule == rule && found.secret == secret).collect();
        if same.iter().all(|found| found.confidence < Confidence::High || found.beside) {
            for found in same.iter_mut().filter(|found| found.confidence > Confidence::Low) {
                found.confidence = Confidence::Low;
                found.evidence.insert(0, "the same value has another name in this text".to_owned());
            }
        }
    }
}

/// The part of a match that is the secret: the group of that name, the first group, or all of it.
fn secret_span(captures: &regex::bytes::Captures<'_>) -> Option<Range<usize>> {
    let whole = captures.name("secret").or_else(|| captures.get(1)).or_else(|| captures.get(0))?;
    Some(whole.range())
}

/// One text as each rule sees it; a view is made when a candidate asks for it, once for all candidates.
struct Views<'a> {
    detector: &'a Detector,
    text: &'a [u8],
    path: Option<&'a BStr>,
    cells: Vec<OnceCell<FileView<'a>>>,
}

impl<'a> Views<'a> {
    fn new(detector: &'a Detector, text: &'a [u8], path: Option<&'a BStr>) -> Self {
        Views { detector, text, path, cells: detector.rules().iter().map(|_| OnceCell::new()).collect() }
    }

    fn of(&self, rule: usize) -> &FileView<'a> {
        self.cells[rule].get_or_init(|| {
            let anchors =
                self.detector.anchors[rule].get_or_init(|| Anchors::new(&self.detector.rules()[rule]));
            FileView::new(self.text, self.path, anchors)
        })
    }

    /// Whether the rule was asked before and has nothing to say of this file.
    fn is_foreign(&self, rule: usize) -> bool {
        self.cells[rule].get().is_some_and(|view| !view.is_about_provider())
    }
}
