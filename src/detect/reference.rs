//! Names that stand for a value elsewhere: which one a value is given, and what is done with it where it is read.
//!
//! A program reads its key by a name (`os.environ["LLM_KEY"]`, `${LLM_KEY}`), another file gives that name its value.
//! Takes one text at a time and says what it knows of either; what belongs together is decided in `pipeline`. What a
//! reference means is asked as if the value itself stood in its place.

use std::ops::Range;

use bstr::{BStr, ByteSlice};

use super::declaration::{annotated, declared_on_line, is_named_in_pair, name_of};
use super::definition::{self, Definition};
use super::destination::told_by;
use super::evidence::{answers, parameter_of};
use super::expression::expression;
use super::finder::Finder;
use super::structure::{Bound, Holder, Place};
use super::variable::Variables;
use super::window::Window;
use super::{Detector, Views, quote, structure, words};
use crate::finding::Confidence;
use crate::rule::Pattern;

/// Most places in one text where names, and the variables that they are read into, are looked at.
pub(super) const MOST_READS: usize = 1000;

/// A place where a name is read, and what is done with its value there.
#[derive(Clone, Debug)]
pub struct Read {
    /// Which of the names.
    pub name: usize,
    /// Where.
    pub span: Range<usize>,
    /// What for, if that is told.
    pub purpose: Option<Purpose>,
    /// It is read from the environment, and not from another module.
    pub from_environment: bool,
    /// The names that its value is given here, if it is not told what for: others may read it by them.
    pub given_to: Vec<Definition>,
    /// The variable from which what gets its value reads where it sends to, if that is not told here.
    pub sent_by: Option<String>,
}

/// What becomes of a value where its name is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The provider of a rule gets it.
    Ours {
        /// Index of the rule in its set.
        rule: usize,
        /// How sure that can be.
        confidence: Confidence,
        /// How that is told.
        reason: String,
    },
    /// Another service gets it, or the program keeps it for itself.
    Theirs {
        /// It is said by a name or an address of theirs, and not by a word that stands near.
        sure: bool,
    },
    /// It is handed to something that says nothing.
    Unknown,
}

impl Detector {
    /// Every place where the text reads one of the names that `finder` finds, and it is told whose value that is; and
    /// whether all were looked at: a text with very many is not, for the time that would take.
    pub fn reads(&self, text: &[u8], path: Option<&BStr>, finder: &Finder) -> (Vec<Read>, bool) {
        let views = Views::new(self, text, path);
        let places = finder.find(text).map(|(name, span)| {
            // `.name` is the name as a field of anything.
            let joint = text[span.clone()].iter().take_while(|b| b.is_ascii_punctuation()).count();
            (name, span.start + joint..span.end)
        });
        let mut places = places.filter(|(_, span)| is_read(text, span));
        let mut variables = Variables::default();
        let first = places.by_ref().take(MOST_READS);
        let reads = first.filter_map(|(name, span)| self.read(&views, name, span, &mut variables));
        let reads = reads.collect();
        (reads, places.next().is_none() && variables.looked_at() < MOST_READS)
    }

    /// What becomes of a name's value at `span`, and where it goes from there; none if nothing.
    fn read(
        &self,
        views: &Views<'_>,
        name: usize,
        span: Range<usize>,
        variables: &mut Variables,
    ) -> Option<Read> {
        // What is imported is used elsewhere.
        let line = &views.text[super::lines::line_start(views.text, span.start)..span.start];
        if [&b"from "[..], b"import "].iter().any(|word| line.trim_ascii_start().starts_with(word)) {
            return None;
        }
        let (place, from_environment) = place_of(views.text, &span);
        let purpose = match self.told(views, &span, &place) {
            // What merely stands beside says less than the function that gets it.
            Some(Purpose::Theirs { sure: false }) => {
                let handed = self.handed(views, &place, variables);
                let ours = handed.filter(|purpose| matches!(purpose, Purpose::Ours { .. }));
                ours.or(Some(Purpose::Theirs { sure: false }))
            }
            None => self.onwards(views, &span, &place, variables).or_else(|| unknown(&place)),
            told => told,
        };
        let told = matches!(purpose, Some(Purpose::Ours { .. } | Purpose::Theirs { sure: true }));
        let name_read = &views.text[span.clone()];
        // `local["app.key"]`: the entry of a file of settings.
        let entry = name_read.contains(&b'.') && views.text[..span.start].ends_with(b"[\"");
        let variable = from_environment || is_variable(name_read) || entry;
        let given_to = if told || !(variable || definition::mounted(&place).is_some()) {
            Vec::new()
        } else {
            definition::aliases(&place, views.path, &views.text[..span.start])
        };
        let open = matches!(purpose, None | Some(Purpose::Unknown | Purpose::Theirs { sure: false }));
        let sent_by = if open { told_by(&place) } else { None };
        let any = purpose.is_some() || !given_to.is_empty() || sent_by.is_some();
        any.then_some(Read { name, span, purpose, from_environment, given_to, sent_by })
    }

    /// What becomes of a name's value behind the place where it is read: in the variable that it is read into, in the file
    /// that it opens, in the function that it is handed to.
    fn onwards(
        &self,
        views: &Views<'_>,
        span: &Range<usize>,
        place: &Place,
        variables: &mut Variables,
    ) -> Option<Purpose> {
        // `name = os.environ["NAME"]`: the group around the name has none of its own.
        let asks = usize::from(asks_by_name(views.text, span, place));
        let mut levels = place.levels.iter().skip(asks).take(3);
        let mut named = || levels.find_map(|level| quote::tokens(&level.name).last().map(str::to_owned));
        let variable = annotated(place).or_else(&mut named);
        let mut goes_on = |variable: String| self.goes_on(views, &variable, span.end, variables);
        // `token = System.fetch_env!("NAME")`, `let token = Sys.getenv "NAME" in`, `token <- getEnv "NAME"`
        let onwards = variable
            .and_then(&mut goes_on)
            .or_else(|| declared_on_line(views.text, span.start).and_then(goes_on));
        let onwards = onwards.or_else(|| self.opened(views, span, variables));
        onwards.or_else(|| self.handed(views, place, variables))
    }

    /// What becomes of it in the function of this text that it is handed to.
    fn handed(&self, views: &Views<'_>, place: &Place, variables: &mut Variables) -> Option<Purpose> {
        let call = place.levels.first().filter(|level| level.holder == Holder::Call)?;
        let (parameter, body) = parameter_of(views.text, call)?;
        self.goes_on(views, &parameter, body.start, variables)
    }

    /// What becomes of the value that the name at `span` stands for, where its place tells.
    pub(super) fn told(&self, views: &Views<'_>, span: &Range<usize>, place: &Place) -> Option<Purpose> {
        let (mut foreign, mut sure) = (false, false);
        let argument = place.levels.first().is_some_and(|own| own.holder == Holder::Call);
        let name = views.text[span.clone()].to_str_lossy();
        let theirs = argument && words::meaning(&name, &[]).owner.is_some();
        for (index, rule) in self.rules().iter().enumerate() {
            let (Some(provider), Pattern::Run { .. }) = (&rule.provider, &rule.pattern) else { continue };
            let Some(verdict) = answers(provider, place, views.of(index), span).next() else { continue };
            foreign |= verdict.foreign;
            // What is sent goes to the host that stands there.
            sure |= verdict.foreign && (!verdict.beside || place.scheme.is_some());
            // In a sentence, or of another's name, what stands beside says nothing.
            let told =
                verdict.confidence == Confidence::High && !(verdict.beside && (theirs || place.is_prose()));
            if told && views.of(index).is_about_provider() {
                let reason = verdict.evidence.into_iter().next().unwrap_or_default();
                return Some(Purpose::Ours { rule: index, confidence: rule.confidence, reason });
            }
        }
        foreign.then_some(Purpose::Theirs { sure })
    }

    /// What becomes of what is read from the file that is opened by its name: `with open("NAME") as file:`.
    fn opened(&self, views: &Views<'_>, span: &Range<usize>, known: &mut Variables) -> Option<Purpose> {
        const NEAR: usize = 400;
        let rest = &views.text[span.end..(span.end + NEAR).min(views.text.len())];
        let statement = rest.lines().next()?;
        let handle = statement.rsplit_str(" as ").next().filter(|handle| handle.len() < statement.len())?;
        let handle = handle.trim_ascii().strip_suffix(b":")?.to_str().ok()?;
        let reads = format!("{handle}.read");
        let line = rest.lines().skip(1).find(|line| line.contains_str(&reads))?.to_str().ok()?;
        let (before, _) = line.split_once(&reads)?;
        // `Client(key=file.read())` gives no variable a value.
        let statement = Some(before).filter(|before| !before.contains('('));
        let given = statement.and_then(|before| before.trim_end().strip_suffix('=')).and_then(name_of);
        match given {
            Some(variable) => self.goes_on(views, &variable, span.end, known),
            None => {
                let at = span.end + rest.find(&reads)?;
                let own = at..at + handle.len();
                let (place, _) = place_of(views.text, &own);
                self.told(views, &own, &place).or_else(|| self.goes_on(views, handle, span.end, known))
            }
        }
    }
}

/// What the name at `span` stands in, and whether the environment gives it its value.
pub(super) fn place_of(text: &[u8], span: &Range<usize>) -> (Place, bool) {
    let window = Window::around(text, span);
    let (before, after) = expression(&window.before, &window.after);
    let referred = variable_of_reference(before);
    let mut place = match &referred {
        Some(variable) => structure::place(variable, after),
        None => structure::place(before, after),
    };
    if let Some(own) = place.levels.first_mut() {
        own.name = without_file(&own.name).to_owned();
    }
    let environment = referred.is_some() || from_environment(&window.before[before.len()..], &place);
    (place, environment)
}

/// Whether a name is the argument, with a label of its own, of a call that is asked for it: `object(forKey: "NAME")`.
fn asks_by_name(text: &[u8], span: &Range<usize>, place: &Place) -> bool {
    let quoted = text[..span.start].ends_with(b"\"") || text[..span.start].ends_with(b"'");
    let argument = |own: &structure::Level| own.holder == Holder::Call && own.bound == Bound::Assigned;
    quoted && place.levels.first().is_some_and(|own| argument(own) && !is_made(own))
}

/// That a value is handed to something which says nothing, if so.
pub(super) fn unknown(place: &Place) -> Option<Purpose> {
    place.levels.iter().any(is_made).then_some(Purpose::Unknown)
}

/// In a deployment's `name: NAME`, `valueFrom: secretKeyRef: key: …` the variable is what the value is given to: the
/// text before, with `NAME: ` at its end instead of the reference.
fn variable_of_reference(before: &[u8]) -> Option<Vec<u8>> {
    const NEAR: usize = 300;
    let from = before.len().saturating_sub(NEAR);
    let reference = from + before[from..].rfind("secretKeyRef")?;
    let head = &before[..reference];
    let value_from = head.rfind("valueFrom").filter(|at| reference - at <= 40)?;
    let inside = !before[reference..].contains_str("\n- ") && !before[reference..].contains_str("- name:");
    let name = head[..value_from].rfind("name:").filter(|at| inside && value_from - at <= 120)?;
    let variable =
        head[name + "name:".len()..value_from].lines().next()?.trim_with(|c| " \"',\r".contains(c));
    Some([&head[..name], variable, b": "].concat())
}

/// Whether what encloses a name makes something of it: a constructor, or a call that creates.
pub(super) fn is_made(level: &structure::Level) -> bool {
    let callee = quote::tokens(&level.head).last().unwrap_or_default();
    let name = callee.rsplit(['.', ':']).next().unwrap_or_default();
    let creates =
        ["create", "init", "connect", "new", "with", "use", "make"].iter().any(|verb| name.starts_with(verb));
    level.holder == Holder::Call && (creates || name.starts_with(|c: char| c.is_uppercase()))
}

/// `LLM_KEY` of `LLM_KEY_FILE`: the name of what is in a file that a name leads to.
fn without_file(name: &str) -> &str {
    let lower = name.to_ascii_lowercase();
    let ending = ["file", "path", "filename"].into_iter().find(|ending| lower.ends_with(ending));
    let rest = ending.map(|ending| name[..name.len() - ending.len()].trim_end_matches(['_', '-', '.']));
    rest.filter(|rest| !rest.is_empty()).unwrap_or(name)
}

/// Whether a name at `span` stands there as a whole, and is not given a value.
pub(super) fn is_read(text: &[u8], span: &Range<usize>) -> bool {
    let word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let before = &text[..span.start];
    let after = &text[span.end..];
    // The name of an element.
    if before.ends_with(b"</")
        || before.ends_with(b"<") && (after.starts_with(b">") || after.starts_with(b"/>"))
    {
        return false;
    }
    if before.last().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_'))
        || after.first().is_some_and(word)
    {
        return false;
    }
    // A default in `${NAME:-value}` gives no value.
    if before.ends_with(b"${") {
        return true;
    }
    if is_named_in_pair(before, after) {
        return false;
    }
    let rest = after.trim_start_with(|c| matches!(c, '"' | '\'' | '`' | ']' | ')'));
    let operator = rest.trim_ascii_start();
    let assigned = match operator {
        [b'=', next, ..] => !matches!(next, b'=' | b'>'),
        [b':' | b'?' | b'+', b'=', ..] | [b'<', b'-', ..] | [b'='] => true,
        _ => false,
    };
    // `if matches(NAME):`, `if other == NAME:` end a statement.
    let statement = || {
        let line = &before[super::lines::line_start(before, before.len())..];
        [&b"if "[..], b"elif ", b"while "].iter().any(|word| line.trim_ascii_start().starts_with(word))
    };
    let closed = after[..after.len() - rest.len()].contains(&b')') || statement();
    !assigned && (closed || rest.first() != Some(&b':'))
}

/// Whether a name is written as variables of the environment are.
fn is_variable(name: &[u8]) -> bool {
    name.contains(&b'_') && definition::is_capitals(name)
}

/// Whether what a name is read from is the environment: the part of its expression before it, or a call around it.
fn from_environment(prefix: &[u8], place: &Place) -> bool {
    let speaks = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.contains("env")
            || text.contains("secret")
            || text.contains("propert")
            || text.starts_with(['$', '%', '{'])
    };
    speaks(&prefix.to_str_lossy())
        || place
            .levels
            .iter()
            .take(2)
            .any(|level| matches!(level.holder, Holder::Call | Holder::Group) && speaks(&level.head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_is_told_from_writing() {
        let cases = [
            ("os.environ[\"NAME\"]", true),
            ("os.environ[\"NAME\"] = value", false),
            ("NAME=value", false),
            ("NAME: value", false),
            ("- key: NAME\n  value: x", false),
            ("- key: NAME\n  sync: false", true),
            ("\"NAME\": value", false),
            ("${NAME:-value}", true),
            ("if NAME == value", true),
            ("f(NAME)", true),
            ("if f(NAME):", true),
            ("if other != NAME:", true),
            ("OTHER_NAME", false),
            ("NAMES", false),
            ("config.NAME,", true),
            ("<key>NAME</key>\n<string>value</string>", false),
        ];
        for (text, read) in cases {
            let at = text.find("NAME").expect("it is there");
            assert_eq!(is_read(text.as_bytes(), &(at..at + 4)), read, "{text}");
        }
    }
}
