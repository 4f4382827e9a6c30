//! What becomes of a value in its own file: where the variable that holds it is read, and what is done with it there.
//!
//! Takes a candidate's place, finds the variable that it is given to, and judges every place that reads it as if the
//! value stood there itself. What other files do with it is decided in `pipeline`.

use std::cell::OnceCell;
use std::ops::Range;

use memchr::memmem;

use super::{Judge, Verdict, ask};
use crate::detect::arm::name_of_arms;
use crate::detect::declaration::{
    declared, declared_on_line, declares, given, gives, is_field_of, is_name_byte, is_of_class, is_set,
    is_taken_apart, option_of,
};
use crate::detect::expression::expression;
use crate::detect::function::function_around;
use crate::detect::lines;
use crate::detect::memoized::memoized;
use crate::detect::parts::{bare, is_encoding};
use crate::detect::quote::{self, shown};
use crate::detect::reference::{is_made, is_read};
use crate::detect::structure::{self, Bound, Holder, Level, Place};
use crate::detect::window::Window;
use crate::detect::words::words;
use crate::finding::Confidence;

/// Most places that read one variable and are looked at.
const MOST_USES: usize = 24;
/// How often a value is followed from one variable to the next.
pub(super) const MOST_STEPS: usize = 3;
/// How many nested groups are followed outwards.
const MOST_LEVELS: usize = 4;
/// Longest text in which all that reads a variable is looked at, and functions are followed, in bytes.
pub(super) const LONGEST_ALONE: usize = 1 << 16;
/// Longest text in which a variable is looked for, in bytes.
const LONGEST_TEXT: usize = 1 << 20;

/// What a variable is used for in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::detect) enum Use {
    /// The provider gets it, for this reason.
    Ours(String),
    /// Who calls this program has to know it, for this reason.
    Expected(String),
    /// Another service gets it, and the provider does not.
    Theirs(String),
    /// Something with a name of its own is made of it: this.
    Made(String),
    /// Nothing that tells.
    Unknown,
}

/// Something that holds a value.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Variable {
    name: String,
    /// Which field of it.
    field: Option<String>,
    /// The value is one of several in it.
    held: bool,
}

impl Judge<'_> {
    /// The variable that holds the value is read where the provider gets it.
    pub(super) fn used_by_us(&self) -> Option<Verdict> {
        match self.uses()? {
            Use::Ours(reason) => Some(Verdict { followed: true, ..Verdict::new(Confidence::High, reason) }),
            _ => None,
        }
    }

    /// What another's name says of a value, unless its file sends it to the provider, and nothing to anybody else.
    pub(super) fn sent_all_the_same(&self, named: Verdict) -> Verdict {
        let hosts = || self.file.hosts();
        let ours_alone = named.foreign
            && self.is_value()
            && !hosts().is_empty()
            && hosts().iter().all(|(_, host)| self.is_ours(host));
        match ours_alone.then(|| self.used_by_us()).flatten() {
            Some(used) => Verdict { confidence: Confidence::Medium, followed: false, ..used },
            None => named,
        }
    }

    /// The variable that holds the value is read where somebody else gets it, and nowhere else.
    pub(super) fn used_by_others(&self) -> Option<Verdict> {
        // A client of another service's is made for the provider's address where there is no other.
        let ours_alone = || self.file.hosts().iter().all(|(_, host)| self.is_ours(host));
        match self.uses()? {
            Use::Theirs(reason) if self.file.hosts().is_empty() || !ours_alone() => {
                Some(Verdict::foreign(reason))
            }
            Use::Expected(reason) => Some(Verdict::foreign(reason)),
            _ => None,
        }
    }

    /// What of another name is made of the value, and of nothing of the provider's.
    pub(super) fn made_into(&self) -> Option<String> {
        match self.uses()? {
            Use::Made(what) => Some(what),
            _ => None,
        }
    }

    fn uses(&self) -> Option<Use> {
        if self.steps >= MOST_STEPS || self.file.text.len() > LONGEST_TEXT {
            return None;
        }
        let known = &self.file.known;
        let variable = self.variable().inspect(|_| known.count_searched(self.file.text.len()));
        let variable = variable.filter(|_| known.may_search())?;
        let scope = self.scope(&variable.name);
        let field = variable.field.as_deref().unwrap_or_default();
        // A name that is given several values means each of them in a part of the file.
        let key = format!("{}.{field} {scope:?}", variable.name);
        Some(self.file.known.use_of(&key, self.steps, || self.find_use(&variable, &scope)))
    }

    /// The variable that holds the value.
    fn variable(&self) -> Option<Variable> {
        let levels = &self.place.levels;
        let own = levels.first()?;
        // What a default is asked for by is not what its value is given to.
        let default = own.bound == Bound::Default;
        if !default && !self.may_be_ours(&own.name) && self.place.scheme.is_none() {
            return None;
        }
        let of_arms = name_of_arms(self.file.text, self.span.start);
        if let Some(name) = of_arms.filter(|name| self.is_given(name) && self.may_be_ours(name)) {
            return Some(Variable { name, field: None, held: false });
        }
        let made = memoized(self.file.text, self.span.start);
        if let Some(name) = made.filter(|name| self.may_be_ours(name)) {
            return Some(Variable { name, field: None, held: false });
        }
        let (mut held, mut field) = (false, None);
        for (depth, level) in levels.iter().enumerate().take(MOST_LEVELS) {
            let statement = matches!(level.holder, Holder::Lines | Holder::Block)
                || declares(level, levels.get(depth + 1));
            if statement {
                let name = declared(level).or_else(|| declared_on_line(self.file.text, self.span.start));
                let name = name.filter(|name| self.is_given(name)).or_else(|| self.returning());
                let name = name.filter(|name| self.may_be_ours(name))?;
                return Some(Variable { field: field.filter(|field| *field != name), name, held });
            }
            if let Some(name) = option_of(level) {
                return Some(Variable { name, field: None, held });
            }
            match level.holder {
                Holder::Group => {
                    held = true;
                    field = field.or_else(|| declared(level));
                }
                Holder::Call if self.hands_through(level) => {}
                _ => return None,
            }
        }
        None
    }

    /// Whether a name leaves open that its value is the provider's credential.
    fn may_be_ours(&self, name: &str) -> bool {
        let name = quote::tokens(name).last().unwrap_or_default();
        let meaning = self.meaning(name);
        meaning.plain.is_none() && !meaning.identifier && !meaning.purpose && meaning.owner.is_none()
    }

    /// Whether what a call gives is its argument in another form: `cycle(VALUE)`, `getenv("NAME", VALUE)`.
    fn hands_through(&self, level: &Level) -> bool {
        const ASKS: [&str; 19] = [
            "get", "post", "put", "fetch", "request", "search", "query", "send", "load", "ask", "create",
            "connect", "init", "login", "call", "invoke", "complete", "open", "use",
        ];
        let callee = quote::tokens(&level.head).last().unwrap_or_default();
        let callee = callee.rsplit(['.', ':']).next().unwrap_or_default();
        let words = words(callee);
        let credential = self.meaning(callee).credential;
        const HOLDS: [&str; 8] = ["var", "ref", "state", "signal", "cell", "field", "observable", "str"];
        let holds = words.last().is_some_and(|word| HOLDS.contains(&word.as_str()));
        let makes = callee.starts_with(|c: char| c.is_uppercase()) && !credential && !holds;
        // A variable of the environment is what it holds; what stands in for nothing is what there is then.
        let environment = level.head.to_lowercase().contains("env");
        let falls_back = words.iter().any(|word| matches!(word.as_str(), "or" | "else" | "default"));
        let asks = words.first().is_some_and(|word| ASKS.contains(&word.as_str()));
        let asks = asks && !credential && !environment && !falls_back;
        let closure = if falls_back { "|()->={" } else { "" };
        let before = level.before.trim_matches(|c: char| c.is_whitespace() || "\"'`,".contains(c));
        let before = before.trim_matches(|c: char| c.is_whitespace() || closure.contains(c));
        let quoted = level.before.contains(['"', '\'', '`']);
        // An address is none: `"0.0.0.0:80"`.
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
        let default = quoted && before.chars().all(name) && !before.starts_with(|c: char| c.is_ascii_digit());
        let chained = level.head.contains('(') && !falls_back;
        // What takes some of a list, or puts it in another order, gives that.
        let picks =
            words.iter().any(|word| matches!(word.as_str(), "sample" | "choices" | "shuffle" | "islice"));
        let last = picks || bare(&level.after).split(',').skip(1).all(is_encoding);
        last && (default || before.is_empty() && !makes && !asks && !chained)
    }

    /// The function that gives the value, or what calls make of it: `return VALUE`, `return choice(VALUE)`.
    fn returning(&self) -> Option<String> {
        let before = &self.file.text[..self.span.start];
        let line = &before[lines::line_start(before, before.len())..];
        let statement = line.rsplit(|b| matches!(b, b'{' | b';')).next()?.trim_ascii_start();
        let rest = statement.strip_prefix(b"return")?;
        let called = |b: &u8| is_name_byte(b) || b.is_ascii_whitespace() || b"\"'`.(:&*".contains(b);
        let apart = rest.first().is_none_or(|b| !is_name_byte(b));
        if apart && rest.iter().all(called) { function_around(before) } else { None }
    }

    /// Whether a name is given a value before this one, by an operator that gives one.
    fn is_given(&self, name: &str) -> bool {
        // What declares the value stands on its line, or is what it is in.
        let near = self.span.start.saturating_sub(lines::LONGEST_LINE);
        let text = &self.file.text[near..self.span.start];
        let whole = |at: usize, after: &[u8]| {
            !text[..at].last().is_some_and(is_name_byte) && !after.first().is_some_and(is_name_byte)
        };
        let mut places = memmem::rfind_iter(text, name.as_bytes())
            .map(|at| (at, &self.file.text[near + at + name.len()..]));
        places.find(|(at, after)| whole(*at, after)).is_some_and(|(at, after)| {
            gives(after)
                || text[..at].ends_with(b"for ") && after.starts_with(b" in ")
                || is_set(&text[..at]) && after.starts_with(b" ")
        })
    }

    /// Whether the value has a variable of its own, which the file gives nothing else, and nobody but the provider gets it.
    pub(super) fn goes_to_us_alone(&self) -> bool {
        let Some(Variable { name, field: None, held: false }) = self.variable() else { return false };
        if self.file.text.len() > LONGEST_ALONE || given(self.file.text, &name).take(2).count() != 1 {
            return false;
        }
        let everywhere = 0..self.file.text.len();
        let mut reads = self.reads(&name, None, false, &everywhere);
        let ours = |use_: Use| !matches!(use_, Use::Theirs(_) | Use::Made(_));
        let all = reads
            .by_ref()
            .take(MOST_USES)
            .all(|span| self.file.known.may_read() && ours(self.judge_use(&span, &name)));
        all && reads.next().is_none()
    }

    fn find_use(&self, variable: &Variable, scope: &Range<usize>) -> Use {
        let Variable { name, field, held } = variable;
        let found = field.as_deref().map(|field| self.judge_uses(name, Some(field), false, scope));
        match found {
            Some(found) if found != Use::Unknown => found,
            // All of it is handed on, with everything in it.
            _ => self.judge_uses(name, None, *held, scope),
        }
    }

    /// The places in `scope` that read a name, or a field of what has it.
    fn reads<'t>(
        &'t self,
        name: &'t str,
        field: Option<&'t str>,
        whole: bool,
        scope: &'t Range<usize>,
    ) -> impl Iterator<Item = Range<usize>> + 't {
        let text = self.file.text;
        let wanted = field.unwrap_or(name);
        let places = memmem::find_iter(text, wanted).map(|at| at..at + wanted.len());
        places.filter(move |span| {
            is_read(text, span)
                && scope.contains(&span.start)
                && !(whole && is_taken_apart(&text[span.end..]))
                && match field {
                    Some(_) => is_field_of(text, span.start, name),
                    None => self.is_variable(span),
                }
        })
    }

    pub(super) fn judge_uses(
        &self,
        name: &str,
        field: Option<&str>,
        whole: bool,
        scope: &Range<usize>,
    ) -> Use {
        let reads = self.reads(name, field, whole, scope);
        let wanted = field.unwrap_or(name);
        let (mut theirs, mut made) = (None, None);
        for span in reads.take(MOST_USES).take_while(|_| self.file.known.may_read()) {
            match self.judge_use(&span, wanted) {
                found @ Use::Ours(_) => return found,
                found @ (Use::Theirs(_) | Use::Expected(_)) => theirs = theirs.or(Some(found)),
                found @ Use::Made(_) => made = made.or(Some(found)),
                Use::Unknown => {}
            }
        }
        theirs.or(made).unwrap_or(Use::Unknown)
    }

    /// Where a name means the value: everywhere, or until it is given another one.
    fn scope(&self, name: &str) -> Range<usize> {
        let text = self.file.text;
        // A statement that is commented out gave it what reads it now.
        if lines::is_remark(lines::line(text, self.span.start)) {
            return 0..text.len();
        }
        let given: Vec<usize> = given(text, name).take(MOST_USES).collect();
        let next = given.iter().find(|&&at| at > self.span.start).copied().unwrap_or(text.len());
        match given.len() {
            0 | 1 => 0..text.len(),
            _ => self.span.end..next,
        }
    }

    /// Whether a name stands by itself, or behind what means the object that it is a field of.
    fn is_variable(&self, span: &Range<usize>) -> bool {
        let before = &self.file.text[..span.start];
        let same_class = || is_of_class(self.file.text, self.span.start, span.start);
        let Some(before) = before.strip_suffix(b".").or_else(|| before.strip_suffix(b"->")) else {
            return same_class();
        };
        let start = before.iter().rposition(|b| !is_name_byte(b)).map_or(0, |at| at + 1);
        let owner = &before[start..];
        let option = || self.place.levels.first().and_then(option_of).is_some();
        if matches!(owner, b"this" | b"self" | b"cls" | b"Self") && same_class()
            || matches!(owner, b"args" | b"opts" | b"options" | b"namespace" | b"parsed") && option()
        {
            return true;
        }
        let heads = self.place.levels.iter().map(|level| level.head.as_str());
        let mut names = heads.chain(self.place.outer.iter().map(String::as_str)).flat_map(quote::tokens);
        !owner.is_empty() && names.any(|name| name.as_bytes() == owner)
    }

    fn judge_use(&self, span: &Range<usize>, name: &str) -> Use {
        let window = Window::around(self.file.text, span);
        let (before, after) = expression(&window.before, &window.after);
        let place = structure::place(before, after);
        let judge = Judge {
            place: &place,
            span,
            steps: self.steps + 1,
            column: OnceCell::new(),
            provider: self.provider,
            file: self.file,
        };
        if let Some(reason) = place.levels.first().and_then(|own| judge.expected(own)) {
            return Use::Expected(format!("{} is read in this file: {reason}", shown(name)));
        }
        if let Some(verdict) = ask(judge).next() {
            let reason = verdict.evidence.first().cloned().unwrap_or_default();
            let reason = format!("{} is read in this file: {reason}", shown(name));
            let handed = || place.levels.first().is_some_and(|own| self.is_keyword_of_call(own));
            let sentence = place.levels.first().is_some_and(is_sentence);
            if verdict.confidence == Confidence::High && !sentence && (!verdict.beside || handed()) {
                return Use::Ours(reason);
            }
            if verdict.foreign && !verdict.beside && !place.is_prose() {
                return Use::Theirs(reason);
            }
        }
        self.through_function(&place, span, name).unwrap_or_else(|| self.made_of(&place))
    }

    /// Whether a value is an argument whose name calls it a credential: what stands beside it is of the same call.
    fn is_keyword_of_call(&self, own: &Level) -> bool {
        own.holder == Holder::Call && own.bound == Bound::Assigned && self.meaning(&own.name).credential
    }

    /// The name of its own that has what is made of a value.
    fn made_of(&self, place: &Place) -> Use {
        let argument = |level: &Level| level.holder == Holder::Call && level.bound == Bound::Positional;
        let made = place.levels.iter().take(2).find(|level| is_made(level) || argument(level));
        let own = |head: &str| self.is_specific_name(head) && !self.is_defined(head);
        match made.map(|level| level.head.as_str()).filter(|head| own(head)) {
            Some(head) => Use::Made(head.to_owned()),
            None => Use::Unknown,
        }
    }

    /// Whether the file itself says what a call does.
    fn is_defined(&self, head: &str) -> bool {
        let Some(name) = quote::tokens(head).last().and_then(|name| name.rsplit(['.', ':']).next()) else {
            return false;
        };
        ["class ", "def ", "function ", "fn ", "func ", "fun ", "struct ", "type "]
            .iter()
            .any(|word| memmem::find(self.file.text, format!("{word}{name}").as_bytes()).is_some())
    }
}

/// Whether a place is in a sentence, in which a word that is also a variable's name means no variable.
fn is_sentence(own: &Level) -> bool {
    let comment = ["//", "#", "*", "--"].iter().any(|mark| own.name.starts_with(mark));
    own.bound == Bound::Spaced && comment && words(&own.name).len() >= 3
}
