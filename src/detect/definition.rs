//! Names that stand for a value: those that a value is given in a file, and by which programs read it elsewhere.
//!
//! Takes a value's place, gives its names; where they are read is found in `reference`.

use std::ops::Range;

use bstr::{BStr, ByteSlice};

use super::structure::{Bound, Holder, Place};
use super::window::Window;
use super::words::{is_generic, meaning};
use super::{Detector, quote, shape, structure};

/// Longest name that is remembered.
const LONGEST: usize = 100;

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
        let entry = in_section(&place).or_else(|| in_module(&place, path?));
        let without_prefix = own.as_ref().and_then(without_prefix);
        own.into_iter().chain(entry).chain(without_prefix).collect()
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

/// The name of a constant together with that of the module of settings that it is in: `CHAT` in `keys.py`.
fn in_module(place: &Place, path: &BStr) -> Option<Definition> {
    const SETTINGS: [&str; 6] = ["config", "conf", "settings", "constants", "local_settings", "env"];
    let own =
        place.levels.first().filter(|own| own.bound == Bound::Assigned && own.holder == Holder::Lines)?;
    let file = path.rsplit(|&byte| byte == b'/').next()?.to_str().ok()?;
    let module = file.split('.').next()?;
    let settings = SETTINGS.contains(&module) || meaning(module, &[]).credential;
    let plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let said = meaning(&own.name, &[]);
    let telling =
        said.plain.is_none() && !said.purpose && own.name.len() >= 3 && plain(&own.name) && plain(module);
    (settings && telling).then(|| Definition {
        name: format!("{module}.{}", own.name),
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
