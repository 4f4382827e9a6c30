//! Names that stand for a value elsewhere: which one a value is given, and what is done with it where it is read.
//!
//! A program reads its key by a name (`os.environ["LLM_KEY"]`, `${LLM_KEY}`), another file gives that name its value.
//! Takes one text at a time and says what it knows of either; what belongs together is decided in `pipeline`. What a
//! reference means is asked as if the value itself stood in its place.

use std::collections::HashMap;
use std::ops::Range;

use bstr::{BStr, ByteSlice};

use super::evidence::answers;
use super::finder::Finder;
use super::structure::{Bound, Holder, Place};
use super::window::Window;
use super::words::{is_generic, meaning};
use super::{Detector, Views, quote, shape, structure};
use crate::finding::Confidence;
use crate::rule::Pattern;

/// Longest name that is remembered.
const LONGEST: usize = 100;
/// Most places in one text where names, and the variables that they are read into, are looked at.
const MOST_READS: usize = 1000;
/// Most places where one of those variables is looked at.
const MOST_USES: usize = 50;

/// A name that is given a value which could be a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The name; of a file that holds nothing but the value, the file's.
    pub name: String,
    /// Many files use it, each for a value of its own: `API_KEY`, `token`.
    pub generic: bool,
    /// It is the name of a section and of an entry in it, with a point between them: `llm.key`.
    pub section: bool,
}

/// A place where a name is read, and what is done with its value there.
#[derive(Clone, Debug)]
pub struct Read {
    /// Which of the names.
    pub name: usize,
    /// Where.
    pub span: Range<usize>,
    /// What for.
    pub purpose: Purpose,
    /// It is read from the environment, and not from another module.
    pub from_environment: bool,
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
    /// Another service gets it.
    Theirs,
    /// It is handed to something that says nothing.
    Unknown,
}

/// The variables of a text that names were read into, and what becomes of them.
#[derive(Default)]
struct Variables {
    purposes: HashMap<String, Option<Purpose>>,
    /// Places that were looked at.
    looked_at: usize,
}

impl Detector {
    /// The names that the value at `span` is given, if it may be a provider's: its own, and those by which a program
    /// may call it that reads a whole file of settings.
    pub fn definitions(&self, text: &[u8], path: Option<&BStr>, span: &Range<usize>) -> Vec<Definition> {
        let value = &text[span.clone()];
        if !is_whole(text, span) || !is_varied(value) || shape::derived_bits(value) >= shape::DERIVED_BITS {
            return Vec::new();
        }
        let window = Window::near(text, span);
        let place = structure::place(&window.before, &window.after);
        let own = definition(text, path, span, &place);
        let entry = in_section(&place);
        let without_prefix = own.as_ref().and_then(without_prefix);
        own.into_iter().chain(entry).chain(without_prefix).collect()
    }

    /// Every place where the text reads one of the names that `finder` finds, and it is told whose value that is; and
    /// whether all were looked at: a text with very many is not, for the time that would take.
    pub fn reads(&self, text: &[u8], path: Option<&BStr>, finder: &Finder) -> (Vec<Read>, bool) {
        let views = Views::new(self, text, path);
        let mut places = finder.find(text).filter(|(_, span)| is_read(text, span));
        let mut variables = Variables::default();
        let first = places.by_ref().take(MOST_READS);
        let reads = first.filter_map(|(name, span)| {
            let (purpose, from_environment) = self.purpose(&views, &span, Some(&mut variables))?;
            Some(Read { name, span, purpose, from_environment })
        });
        let reads = reads.collect();
        (reads, places.next().is_none() && variables.looked_at < MOST_READS)
    }

    /// What becomes of the value that the name at `span` stands for, and whether the environment gives it;
    /// with `onwards` also where it goes from there.
    fn purpose(
        &self,
        views: &Views<'_>,
        span: &Range<usize>,
        onwards: Option<&mut Variables>,
    ) -> Option<(Purpose, bool)> {
        let window = Window::around(views.text, span);
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
        let own = place.levels.first()?;
        let prose = own.holder == Holder::Lines
            && place.scheme.is_none()
            && matches!(own.bound, Bound::Spaced | Bound::Positional | Bound::Alone);
        let mut foreign = false;
        for (index, rule) in self.rules().iter().enumerate() {
            let (Some(provider), Pattern::Run { .. }) = (&rule.provider, &rule.pattern) else { continue };
            let Some(verdict) = answers(provider, &place, views.of(index), span).next() else { continue };
            foreign |= verdict.foreign;
            // In a sentence, what stands beside a name says nothing of it.
            let told = verdict.confidence == Confidence::High && !(prose && verdict.beside);
            if told && views.of(index).is_about_provider() {
                let reason = verdict.evidence.into_iter().next().unwrap_or_default();
                return Some((
                    Purpose::Ours { rule: index, confidence: rule.confidence, reason },
                    environment,
                ));
            }
        }
        if foreign {
            return Some((Purpose::Theirs, environment));
        }
        // `name = os.environ["NAME"]`: the group around the name has none of its own.
        let mut levels = place.levels.iter().take(3);
        let variable = levels.find_map(|level| quote::tokens(&level.name).last());
        let onwards = onwards.and_then(|known| self.goes_on(views, variable?, known));
        let purpose = onwards.or_else(|| place.levels.iter().any(is_made).then_some(Purpose::Unknown))?;
        Some((purpose, environment))
    }

    /// What becomes of the variable that a value is read into.
    fn goes_on(&self, views: &Views<'_>, variable: &str, known: &mut Variables) -> Option<Purpose> {
        if let Some(purpose) = known.purposes.get(variable) {
            return purpose.clone();
        }
        let purpose = self.use_of(views, variable, &mut known.looked_at);
        known.purposes.insert(variable.to_owned(), purpose.clone());
        purpose
    }

    fn use_of(&self, views: &Views<'_>, variable: &str, looked_at: &mut usize) -> Option<Purpose> {
        let places = memchr::memmem::find_iter(views.text, variable).map(|at| at..at + variable.len());
        let most = MOST_USES.min(MOST_READS.saturating_sub(*looked_at));
        let reads: Vec<_> = places.filter(|span| is_read(views.text, span)).take(most).collect();
        *looked_at += reads.len().max(1);
        let mut other = None;
        for (purpose, _) in reads.iter().filter_map(|span| self.purpose(views, span, None)) {
            match purpose {
                Purpose::Ours { .. } => return Some(purpose),
                Purpose::Theirs => other = Some(purpose),
                Purpose::Unknown => other = other.or(Some(purpose)),
            }
        }
        other
    }
}

/// The name that a value is given.
fn definition(text: &[u8], path: Option<&BStr>, span: &Range<usize>, place: &Place) -> Option<Definition> {
    let own = place.levels.first()?;
    if own.bound == Bound::Alone && text.trim().len() == span.len() {
        let name = path?.rsplit(|&byte| byte == b'/').next()?.to_str().ok()?;
        return Some(Definition { name: name.to_owned(), generic: false, section: false });
    }
    let credential = |token: &&str| meaning(token, &[]).credential;
    // What a program is given by its environment is called anything.
    let variable = |token: &&str| {
        token.contains('_')
            && token.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    let name = quote::tokens(&own.name).filter(|token| credential(token) || variable(token)).last()?;
    let said = meaning(name, &[]);
    let telling = !said.purpose && said.plain.is_none() && (3..LONGEST).contains(&name.len());
    telling.then(|| Definition { name: name.to_owned(), generic: is_generic(name), section: false })
}

/// The name of an entry together with that of its section, where neither says much by itself: `[llm]`, `key = VALUE`.
fn in_section(place: &Place) -> Option<Definition> {
    const EVERYWHERE: [&str; 10] =
        ["config", "settings", "data", "spec", "default", "defaults", "env", "environment", "values", "auth"];
    let own = place.levels.first().filter(|own| own.bound == Bound::Assigned)?;
    let section = match own.holder {
        Holder::Lines => place.outer.first()?.as_str(),
        Holder::Group => place.levels.get(1).filter(|parent| parent.bound == Bound::Assigned)?.name.as_str(),
        _ => return None,
    };
    let single = |name: &str| -> Option<String> {
        let name = name.trim_matches(|c: char| c.is_whitespace() || "\"'[]:".contains(c));
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        ((2..40).contains(&name.len()) && name.chars().all(plain)).then(|| name.to_owned())
    };
    let (section, entry) = (single(section)?, single(&own.name)?);
    let said = meaning(&entry, &[]);
    let about = meaning(&section, &[]);
    let telling = said.credential && !said.purpose && said.plain.is_none() && !about.purpose;
    let everywhere = EVERYWHERE.contains(&section.to_ascii_lowercase().as_str()) || is_generic(&section);
    (telling && !everywhere).then(|| Definition {
        name: format!("{section}.{entry}"),
        generic: false,
        section: true,
    })
}

/// The rest of a variable's name whose first word is that of the program, as settings are read with a prefix:
/// `ANSWER_KEY` of `DESK_ANSWER_KEY`.
fn without_prefix(definition: &Definition) -> Option<Definition> {
    let (_, rest) = definition.name.split_once('_')?;
    let capitals = definition.name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let telling = rest.contains('_') && !is_generic(rest) && meaning(rest, &[]).credential;
    (capitals && telling).then(|| Definition { name: rest.to_owned(), generic: false, section: false })
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

/// Whether a value ends where a word does, or begins after an escape.
fn is_whole(text: &[u8], span: &Range<usize>) -> bool {
    let glued = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    let escaped = span.start >= 2 && text[span.start - 2] == b'\\';
    !glued(Some(span.end)) && (escaped || !glued(span.start.checked_sub(1)))
}

/// Whether a value changes between digits, small letters and capitals as often as what is drawn at random: the cheap
/// question, which leaves out one of ten thousand random values of 32 characters and nearly every identifier.
fn is_varied(value: &[u8]) -> bool {
    let class = |b: &u8| (b.is_ascii_digit(), b.is_ascii_uppercase());
    let changes = value.windows(2).filter(|pair| class(&pair[0]) != class(&pair[1])).count();
    changes * 32 >= value.len() * 9
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
    ending.map_or(name, |ending| name[..name.len() - ending.len()].trim_end_matches(['_', '-', '.']))
}

/// Whether a name at `span` stands there as a whole, and is not given a value.
pub(super) fn is_read(text: &[u8], span: &Range<usize>) -> bool {
    let word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let before = &text[..span.start];
    let after = &text[span.end..];
    if before.last().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_'))
        || after.first().is_some_and(word)
    {
        return false;
    }
    // A default in `${NAME:-value}` gives no value.
    if before.ends_with(b"${") {
        return true;
    }
    let rest = after.trim_start_with(|c| matches!(c, '"' | '\'' | '`' | ']' | ')'));
    let operator = rest.trim_ascii_start();
    let assigned = match operator {
        [b'=', next, ..] => !matches!(next, b'=' | b'>'),
        [b':' | b'?' | b'+', b'=', ..] | [b'<', b'-', ..] | [b'='] => true,
        _ => false,
    };
    !assigned && rest.first() != Some(&b':')
}

/// What stands before and after the whole expression that a name is read in: `process.env.NAME`, `${NAME:-}`.
pub(super) fn expression<'a>(before: &'a [u8], after: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    let joins =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'$' | b'@' | b'%' | b'/' | b'!');
    let mut left = before;
    let mut open = 0_usize;
    loop {
        left = &left[..left.iter().rposition(|b| !joins(b)).map_or(0, |at| at + 1)];
        // `{env:NAME}`, `${NAME}`, `#{NAME}`, `{{ NAME }}`, `$(NAME)`: other brackets hold the expression.
        let inner = left.trim_ascii_end();
        let brackets: [(&[u8], usize, usize); 5] =
            [(b"{env:", 5, 1), (b"${", 1, 1), (b"#{", 2, 1), (b"{{", 2, 2), (b"$(", 1, 1)];
        let Some((_, length, opened)) = brackets.into_iter().find(|(mark, ..)| inner.ends_with(mark)) else {
            break;
        };
        left = &inner[..inner.len() - length];
        open += opened;
    }
    let mut right = after;
    for _ in 0..open {
        let close = right.iter().take(LONGEST).position(|b| matches!(b, b'}' | b')'));
        right = &right[close.map_or(0, |at| at + 1)..];
    }
    if before.ends_with(b"%") {
        right = right.strip_prefix(b"%").unwrap_or(right);
    }
    (left, right)
}

/// Whether what a name is read from is the environment: the part of its expression before it, or a call around it.
fn from_environment(prefix: &[u8], place: &Place) -> bool {
    let speaks = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.contains("env") || text.contains("secret") || text.starts_with(['$', '%', '{'])
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
    fn an_expression_is_taken_whole() {
        let cases = [
            ("key=process.env.", "", "key=", ""),
            ("key: ${", "}\n", "key: ", "\n"),
            ("key: ${", ":-}\n", "key: ", "\n"),
            ("key: ${{ secrets.", " }}\n", "key: ", "\n"),
            ("key: os.environ/", "\n", "key: ", "\n"),
            ("getenv(\"", "\")", "getenv(\"", "\")"),
            ("{ key: config.", " }", "{ key: ", " }"),
            ("{", "}", "{", "}"),
            ("-H \"Bearer $", "\"", "-H \"Bearer ", "\""),
            ("key=%", "%\r\n", "key=", "\r\n"),
            ("key: {env:", "}", "key: ", ""),
            ("f(", ")", "f(", ")"),
            ("f(process.env.", ")", "f(", ")"),
        ];
        for (before, after, left, right) in cases {
            let (got_left, got_right) = expression(before.as_bytes(), after.as_bytes());
            assert_eq!(
                (got_left.to_str_lossy(), got_right.to_str_lossy()),
                (left.into(), right.into()),
                "{before}NAME{after}"
            );
        }
    }

    #[test]
    fn identifiers_are_told_from_values_at_a_glance() {
        for (value, varied) in [
            (["someIdentifierOf", "thirtyTwoLetters"], false),
            (["workflowExecution", "CancelsWithItem"], false),
            (["x7Kq9ZrB2mWp4Td", "L8sVn3YhJ6cFg5Rk1"], true),
            (["aBcdEfgHijKlmNop", "QrsTuvWxyZabCdef"], true),
        ] {
            assert_eq!(is_varied(value.concat().as_bytes()), varied, "{value:?}");
        }
        let text = br"k=\nABC, ABC1, 1ABC";
        assert_eq!([4, 9, 16].map(|at| is_whole(text, &(at..at + 3))), [true, false, false]);
    }

    #[test]
    fn reading_is_told_from_writing() {
        let cases = [
            ("os.environ[\"NAME\"]", true),
            ("os.environ[\"NAME\"] = value", false),
            ("NAME=value", false),
            ("NAME: value", false),
            ("\"NAME\": value", false),
            ("${NAME:-value}", true),
            ("if NAME == value", true),
            ("f(NAME)", true),
            ("OTHER_NAME", false),
            ("NAMES", false),
            ("config.NAME,", true),
        ];
        for (text, read) in cases {
            let at = text.find("NAME").expect("it is there");
            assert_eq!(is_read(text.as_bytes(), &(at..at + 4)), read, "{text}");
        }
    }
}
