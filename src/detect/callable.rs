//! Values that are handed to a class or a function which another file has: `Client("VALUE")`, `ask(key = "VALUE")`.
//!
//! Takes the call that a value is an argument of, and the texts that say what is called; gives what becomes of the parameter
//! there. A function of the value's own file is followed in `evidence`, what belongs together is decided in `pipeline`.

use std::ops::Range;

use bstr::{BStr, ByteSlice};
use memchr::memmem;

use super::cursor::closing_position;
use super::declaration::is_name_byte;
use super::definition::{Definition, aliases};
use super::finder::Finder;
use super::function::FUNCTION;
use super::parameter::{parameter, slot};
use super::reference::{Purpose, Read, is_read, place_of};
use super::structure::{Holder, Level, Place};
use super::variable::Variables;
use super::words::words;
use super::{Detector, Views, quote};

/// Most definitions in one text that are looked at.
const MOST: usize = 100;
/// Longest text between the name of a class and what makes one of it, in bytes.
const LONGEST_HEAD: usize = 2000;
/// Longest list of parameters, in bytes.
const LONGEST_LIST: usize = 600;
/// Most places that read a parameter and give it another name.
const MOST_ALIASES: usize = 6;

/// What a value is handed to: the name of the callee and, behind a bracket, which argument it is, by number or by name.
pub(super) fn handed_to(place: &Place) -> Vec<Definition> {
    let calls = place.levels.iter().take(2).take_while(|level| level.holder == Holder::Call);
    calls.filter_map(callee).collect()
}

fn callee(call: &Level) -> Option<Definition> {
    const SHORTEST: usize = 4;
    let callee = quote::tokens(&call.head).last()?.rsplit(['.', ':', '>']).next()?;
    let own = callee.contains('_') || callee.contains(|c: char| c.is_uppercase());
    if callee.len() < SHORTEST || !own || !callee.bytes().all(|b| is_name_byte(&b)) {
        return None;
    }
    let slot = slot(call)?;
    // A name of one word is that of many things.
    let generic = words(callee).len() < 2;
    Some(Definition { name: format!("{callee}({slot}"), generic, section: false })
}

/// How programs begin to say what is called; none for a name of something else.
pub fn spellings(name: &str) -> Vec<String> {
    let Some((callee, _)) = name.split_once('(') else { return Vec::new() };
    let functions = FUNCTION.iter().map(|word| format!("{word} {callee}("));
    let arrows = ["(", "async ("].iter().map(|then| format!("const {callee} = {then}"));
    functions.chain(arrows).chain([format!("class {callee}")]).collect()
}

impl Detector {
    /// Every place where the text says what the callees are that `finder` finds, each with what becomes of the argument
    /// there; `names` has, for each pattern of the finder, the name of the callee and the argument: `Client(0`.
    pub fn callables(
        &self,
        text: &[u8],
        path: Option<&BStr>,
        finder: &Finder,
        names: &[String],
    ) -> Vec<Read> {
        let views = Views::new(self, text, path);
        let mut variables = Variables::default();
        let found = finder.find(text).take(MOST);
        found
            .filter_map(|(name, span)| self.callable(&views, (name, &names[name]), span, &mut variables))
            .collect()
    }

    fn callable(
        &self,
        views: &Views<'_>,
        (index, name): (usize, &str),
        span: Range<usize>,
        variables: &mut Variables,
    ) -> Option<Read> {
        let (callee, slot) = name.split_once('(')?;
        let list = parameters(views.text, &span, callee)?;
        let parameter = parameter(&views.text[list.clone()].to_str_lossy(), slot)?;
        let purpose = self.goes_on(views, &parameter, list.end, variables);
        let told = matches!(purpose, Some(Purpose::Ours { .. } | Purpose::Theirs { sure: true }));
        let given_to = if told { Vec::new() } else { given_on(views, &parameter, list.end) };
        (purpose.is_some() || !given_to.is_empty()).then_some(Read {
            name: index,
            span,
            purpose,
            from_environment: false,
            sent_by: None,
            given_to,
        })
    }
}

/// The names that a parameter's value is given behind the list: `self.key = key`.
fn given_on(views: &Views<'_>, parameter: &str, from: usize) -> Vec<Definition> {
    let body = &views.text[..(from + LONGEST_HEAD).min(views.text.len())];
    let places = memmem::find_iter(&body[from..], parameter).map(|at| from + at..from + at + parameter.len());
    let reads = places.filter(|span| is_read(views.text, span)).take(MOST_ALIASES);
    reads
        .flat_map(|span| aliases(&place_of(views.text, &span).0, views.path, &views.text[..span.start]))
        .collect()
}

/// The list of parameters behind the beginning of a definition, without its brackets: that of the function, or of what makes
/// one of the class.
fn parameters(text: &[u8], span: &Range<usize>, callee: &str) -> Option<Range<usize>> {
    let rest = &text[span.end..(span.end + LONGEST_HEAD).min(text.len())];
    let from = match text[span.clone()].starts_with(b"class ") {
        false => 0,
        true if rest.first().is_some_and(is_name_byte) => return None,
        true => {
            let own = format!(" {callee}(");
            let makers = ["__init__(", "constructor(", "__construct(", "initialize(", "init(", own.as_str()];
            let maker = makers.iter().filter_map(|maker| Some(rest.find(maker)? + maker.len())).min();
            // `class Client(private val key: String)`
            maker.or_else(|| rest.starts_with(b"(").then_some(1))?
        }
    };
    let length = closing_position(rest, from, b'(') - from;
    (length <= LONGEST_LIST).then(|| span.end + from..span.end + from + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_has_what_makes_one_of_it() {
        let cases = [
            ("class Client:\n    def __init__(self, key):", Some("self, key")),
            ("class Client {\n  constructor(key, url) {", Some("key, url")),
            ("class Client(private val key: String) {", Some("private val key: String")),
            ("class Client {\n  public Client(String key) {", Some("String key")),
            ("class ClientTest {", None),
        ];
        for (text, list) in cases {
            let span = 0.."class Client".len();
            let found = parameters(text.as_bytes(), &span, "Client").map(|range| &text[range]);
            assert_eq!(found, list, "{text}");
        }
    }
}
