//! Names that stand for a value: those that a value is given in a file, and by which programs read it elsewhere.
//!
//! Takes a value's place, gives its names; where they are read is found in `reference`.

use std::ops::Range;

use bstr::{BStr, ByteSlice};

use super::callable::handed_to;
use super::declaration::name_of;
use super::function::{function_around, is_return};
use super::parts::{bare, fields_beside};
use super::reference::is_made;
use super::settings::{gives_settings, is_dotenv, is_settings, sets_variables};
use super::structure::{Bound, Holder, Level, Place};
use super::window::Window;
use super::words::{is_generic, is_password, meaning, words};
use super::{Detector, quote, shape, structure};

/// Names of sections that say nothing of what is in them.
const EVERYWHERE: [&str; 10] =
    ["config", "settings", "data", "spec", "default", "defaults", "env", "environment", "values", "auth"];
/// Longest name that is remembered.
const LONGEST: usize = 100;
/// Longest file of settings whose entries are looked for by any name, in bytes: what is longer holds data.
const LONGEST_SETTINGS: usize = 1 << 13;

/// A name that is given a value which could be a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The name; of a file that holds nothing but the value, the file's.
    pub name: String,
    /// Many files use it, each for a value of its own: `API_KEY`, `token`.
    pub generic: bool,
    /// It is the name of a section and of an entry in it, with a point between them: `llm.key`; of any section: `.key`.
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
        let mut place = structure::place(&window.before, &window.after);
        // One of a list is what the name of the list gives: `KEYS = ["…", "…"]`.
        if let [own, list, ..] = place.levels.as_slice()
            && (own.holder, own.bound) == (Holder::Group, Bound::Positional)
            && own.head.is_empty()
            && list.bound == Bound::Assigned
        {
            place.levels.remove(0);
        }
        let own = definition(text, path, span, &place);
        let settings = |path: &&BStr| is_settings(path) || path.ends_with(b".php") && gives_settings(text);
        let setting = path.filter(|path| text.len() <= LONGEST_SETTINGS && settings(path));
        let entry = in_section(&place, 0, setting.is_some()).or_else(|| in_module(&place, path?));
        let constant = path.filter(|_| own.is_none()).and_then(|path| constant_of_module(&place, path));
        let without_prefix = own.as_ref().and_then(without_prefix);
        let field = setting.and_then(|path| setting_in(&place, path));
        // A name that many entries have means the one of its section.
        let sectioned = field.as_ref().is_some_and(|field| field.name.contains('>'));
        let own = own.filter(|own| !(own.generic && sectioned));
        let kept = setting.and_then(|_| in_secret(text, &place));
        let own = own.into_iter().chain(entry).chain(constant);
        own.chain(without_prefix).chain(field).chain(kept).chain(handed_to(&place)).collect()
    }
}

/// The names by which other files may read what a program gives another name to, at a place in a file:
/// `llm.key` of `llm: { key: process.env.LLM_KEY }`, the function that returns it, the constant, the field of anything.
pub(super) fn aliases(place: &Place, path: Option<&BStr>, before: &[u8]) -> Vec<Definition> {
    if is_return(before) {
        return function_around(before).and_then(|name| alias(&name)).into_iter().collect();
    }
    // What a call of no class gives is what it was asked for: `get("NAME")`.
    let asked = |level: &Level| {
        // `"${get("NAME")}"`: the text around it is what it gives.
        if matches!(level.holder, Holder::Group | Holder::Block) && level.head.ends_with('$') {
            return true;
        }
        if is_subscript(level) {
            return true;
        }
        let asks = !is_made(level) || level.head.to_ascii_lowercase().contains("env");
        level.holder == Holder::Call && level.bound != Bound::Assigned && asks && constant(level).is_none()
    };
    let at = place.levels.iter().take_while(|level| asked(level)).count();
    if let Some(name) = place.levels.get(at).and_then(constant) {
        return vec![Definition { name, generic: false, section: false }];
    }
    let Some(own) = place.levels.get(at).filter(|own| own.bound == Bound::Assigned) else {
        return Vec::new();
    };
    let Some(name) = name_of(&own.name) else { return Vec::new() };
    if let Some(secret) = mounted(place) {
        return vec![Definition { name: format!("secrets/{secret}"), generic: false, section: false }];
    }
    let in_module = path.and_then(stem).map(|module| format!("{module}.{name}"));
    match own.holder {
        Holder::Group => in_section(place, at, true).or_else(|| field(&name)).into_iter().collect(),
        Holder::Lines | Holder::Block => {
            let entry = in_module.map(|name| Definition { name, generic: true, section: true });
            alias(&name).into_iter().chain(entry).chain(field(&name)).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a value is what something is asked for by name in brackets: `properties["NAME"]`.
fn is_subscript(level: &Level) -> bool {
    let name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '?');
    level.holder == Holder::Group
        && level.bound == Bound::Positional
        && !level.head.is_empty()
        && level.head.chars().all(name)
        && [&level.before, &level.after].iter().all(|side| side.trim_matches(['"', '\'', ' ']).is_empty())
}

/// The secret of a container that a file is mounted as, in `/run/secrets`: `secrets: acme: file: NAME`.
pub(super) fn mounted(place: &Place) -> Option<&str> {
    let own = place.levels.first().filter(|own| own.bound == Bound::Assigned && own.name == "file")?;
    let [secret, kind, ..] = place.outer.as_slice() else { return None };
    (own.holder == Holder::Lines && kind.trim_end_matches(':') == "secrets")
        .then(|| secret.trim_end_matches(':'))
}

/// A name that a program gives a value, if it can be told from others.
fn alias(name: &str) -> Option<Definition> {
    (is_telling(name) && meaning(name, &[]).credential).then(|| Definition {
        name: name.to_owned(),
        generic: true,
        section: false,
    })
}

/// A name as the field of whatever holds it.
fn field(name: &str) -> Option<Definition> {
    is_telling(name).then(|| Definition { name: format!(".{name}"), generic: true, section: true })
}

/// The entry of a secret of Kubernetes, as deployments refer to it: `key: NAME`.
fn in_secret(text: &[u8], place: &Place) -> Option<Definition> {
    let own = place.levels.first().filter(|own| own.bound == Bound::Assigned)?;
    let data =
        place.outer.first().is_some_and(|outer| matches!(outer.trim_end_matches(':'), "stringData" | "data"));
    let name = name_of(&own.name).filter(|_| data && text.contains_str("kind: Secret"))?;
    Some(Definition { name: format!("key: {name}"), generic: true, section: true })
}

/// The name in `define('NAME', VALUE)`, and in what asks for it: `env("NAME", VALUE)`.
fn defined(own: &Level) -> Option<String> {
    constant(own).filter(|name| name.contains('_'))
}

/// A constant that a call gives a value: `buildConfigField("String", "NAME", VALUE)`.
fn constant(own: &Level) -> Option<String> {
    let call = own.holder == Holder::Call && own.bound == Bound::Positional;
    let before = own.before.trim_end_matches(|c: char| c.is_whitespace() || "\\\"'${".contains(c));
    let before = before.strip_suffix(',').unwrap_or(own.before.trim()).trim_end();
    let name = before.strip_suffix(['"', '\'']).filter(|_| call)?.rsplit(['"', '\'']).next()?;
    (is_capitals(name.as_bytes()) && is_telling(name)).then(|| name.to_owned())
}

/// The name in a pair of a name and a value: `<add key="NAME" value="VALUE"/>`, `{ name: NAME, value: VALUE }`.
pub(super) fn paired(own: &Level) -> Option<String> {
    if !meaning(quote::tokens(&own.name).last()?, &[]).transparent {
        return None;
    }
    let field = fields_beside(own)
        .find(|field| matches!(field.key.trim_matches(['"', '\'']), "key" | "name" | "variable"))?;
    let name = bare(field.value);
    name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:".contains(c)).then(|| name.to_owned())
}

/// The name in the attributes of a value's element, or of the one around it: `<data name="NAME"><value>VALUE</value></data>`.
fn named_by_element(own: &Level, place: &Place) -> Option<String> {
    let mut around = place.outer.iter().filter(|_| own.bound == Bound::Element);
    let element = around.next()?;
    attribute(element).or_else(|| {
        let says_nothing = meaning(element, &[]).transparent;
        around.next().filter(|_| says_nothing).and_then(|element| attribute(element))
    })
}

/// The name that the element before a value's holds, where the value's says no more than what kind of value it has:
/// `<key>NAME</key><string>VALUE</string>`.
fn named_by_key(own: &Level, place: &Place) -> Option<String> {
    let kind = own.bound == Bound::Element && matches!(own.name.as_str(), "string" | "value");
    let plain = |name: &&String| name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    place.label.as_ref().filter(|_| kind).filter(plain).cloned()
}

/// The name in the attributes of an element.
fn attribute(tag: &str) -> Option<String> {
    let (_, rest) = tag.split_once(" name=\"").or_else(|| tag.split_once(" key=\""))?;
    rest.split('"').next().filter(|name| !name.is_empty()).map(str::to_owned)
}

/// An entry of a file of settings, as the field of whatever holds them; with the name of its section, which a program
/// that means this entry names as well.
fn setting_in(place: &Place, path: &BStr) -> Option<Definition> {
    let own = place.levels.first()?;
    let mut entry = field(&name_of(&own.name).filter(|name| !name.contains('.'))?)?;
    let file = path.rsplit(|&byte| byte == b'/').next()?;
    if file.ends_with(b".tfvars") {
        // The variables of a module, which is all files beside this one.
        entry.name.insert_str(0, "var");
        entry.generic = false;
    }
    let section = match own.holder {
        Holder::Group => place.levels.get(1).and_then(|parent| name_of(&parent.name)),
        _ => place.outer.first().and_then(|outer| name_of(outer.trim_matches(['[', ']', ':']))),
    };
    // Which environment an entry is for, no program says.
    let stage = |section: &String| {
        let section = section.to_ascii_lowercase();
        EVERYWHERE.contains(&section.as_str())
            || ["dev", "development", "prod", "production", "staging", "test", "local"]
                .contains(&section.as_str())
    };
    if let Some(section) = section.filter(|section| section.len() >= 3 && !stage(section)) {
        entry.name = format!("{section}>{}", entry.name);
    }
    Some(entry)
}

/// The name of a file without its ending.
fn stem(path: &BStr) -> Option<&str> {
    let file = path.rsplit(|&byte| byte == b'/').next()?.to_str().ok()?;
    file.split('.').next().filter(|stem| !stem.is_empty())
}

/// Whether a name may be that of a credential for anything: it has no purpose of its own, and some length.
fn is_telling(name: &str) -> bool {
    let said = meaning(in_vault(name).unwrap_or(name), &[]);
    !said.purpose && said.plain.is_none() && (2..LONGEST).contains(&name.len())
}

/// The rest of a name that begins with where its value is kept, if that rest says what for: `llm_key` of `vault_llm_key`.
fn in_vault(name: &str) -> Option<&str> {
    name.strip_prefix("vault_").filter(|rest| !is_generic(rest))
}

/// Whether a name is in capitals, as constants and variables of the environment are.
pub(super) fn is_capitals(name: &[u8]) -> bool {
    name.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
}

/// The name that a value is given.
fn definition(text: &[u8], path: Option<&BStr>, span: &Range<usize>, place: &Place) -> Option<Definition> {
    let own = place.levels.first()?;
    if own.bound == Bound::Alone && text.trim().len() == span.len() {
        let name = path?.rsplit(|&byte| byte == b'/').next()?.to_str().ok()?;
        return Some(Definition { name: name.to_owned(), generic: false, section: false });
    }
    if let Some(name) = defined(own) {
        return Some(Definition { generic: is_generic(&name), name, section: false });
    }
    // Some call a key a password; by that word alone every program has one.
    let password = |token: &str| is_password(token) && words(token).len() > 1;
    // `os.environ["NAME"]` gives its value to the entry, and not to all of it.
    let holds = |token: &str| words(token).last().is_some_and(|word| word == "environ");
    let credential = |token: &&str| meaning(token, &[]).credential && !holds(token) || password(token);
    // What a program is given by its environment is called anything.
    let environment = path.is_some_and(is_dotenv) || sets_variables(text);
    let variable = |token: &&str| {
        (token.trim_matches('_').contains('_') || environment) && is_capitals(token.as_bytes())
    };
    // The entry of a section of a section, written in one: `app.llm.pass`.
    let entry = |token: &&str| path.is_some_and(is_settings) && token.contains('.') && !token.contains("..");
    let named = |token: &&str| credential(token) || variable(token) || entry(token);
    let pair = paired(own).or_else(|| named_by_element(own, place)).or_else(|| named_by_key(own, place));
    // What stands before an option of a command is another's: `--first x --second NAME=VALUE`.
    let own_name = own.name.rsplit(" --").next().unwrap_or_default();
    let name = quote::tokens(pair.as_deref().unwrap_or(own_name)).filter(named).last()?;
    // `app:name`, as settings of several programs are kept in one file.
    let entry = name.rsplit(':').next().filter(|entry| path.is_some_and(is_settings) && !is_generic(entry));
    let name = entry.unwrap_or(name);
    // Whatever a variable is called after, the program says what it is for.
    let said = meaning(name, &[]);
    let telling =
        is_telling(name) || variable(&name) && said.plain.is_none() && !(said.purpose && said.credential);
    telling.then(|| Definition { name: name.to_owned(), generic: is_generic(name), section: false })
}

/// The name of an entry together with that of its section, where neither says much by itself: `[llm]`, `key = VALUE`.
/// `at` says which level of what encloses the value is the entry; in a file of `settings` that may have any name.
fn in_section(place: &Place, at: usize, settings: bool) -> Option<Definition> {
    let own = place.levels.get(at).filter(|own| own.bound == Bound::Assigned)?;
    let section = match own.holder {
        Holder::Lines => place.outer.first()?.as_str(),
        Holder::Group => {
            place.levels.get(at + 1).filter(|parent| parent.bound == Bound::Assigned)?.name.as_str()
        }
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
    // What stands among the secrets is one, whatever it is for: `secrets.languageModel`.
    let secret = about.credential && settings && !is_generic(&entry);
    let telling = (settings || said.credential) && !said.purpose && !about.purpose;
    let everywhere = EVERYWHERE.contains(&section.to_ascii_lowercase().as_str()) || is_generic(&section);
    (telling && (secret || said.plain.is_none() && !everywhere)).then(|| Definition {
        name: format!("{section}.{entry}"),
        generic: false,
        section: true,
    })
}

/// The name of a constant together with that of the module of settings that it is in: `CHAT` in `keys.py`.
fn in_module(place: &Place, path: &BStr) -> Option<Definition> {
    const SETTINGS: [&str; 6] = ["config", "conf", "settings", "constants", "local_settings", "env"];
    let own = place
        .levels
        .first()
        .filter(|own| own.bound == Bound::Assigned && matches!(own.holder, Holder::Lines | Holder::Block))?;
    let module = stem(path)?;
    let settings = SETTINGS.contains(&module) || meaning(module, &[]).credential;
    let plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let name = name_of(&own.name)?;
    let said = meaning(&name, &[]);
    let telling = said.plain.is_none() && !said.purpose && name.len() >= 2 && plain(&name) && plain(module);
    (settings && telling).then(|| Definition {
        name: format!("{module}.{name}"),
        generic: false,
        section: true,
    })
}

/// The name of a constant that others import by it from a module of settings: `K1` of `constants.js`.
fn constant_of_module(place: &Place, path: &BStr) -> Option<Definition> {
    let entry = in_module(place, path)?;
    let (_, name) = entry.name.split_once('.').filter(|(_, name)| is_capitals(name.as_bytes()))?;
    Some(Definition { name: name.to_owned(), generic: true, section: false })
}

/// The rest of a variable's name whose first word is that of the program, as settings are read with a prefix:
/// `ANSWER_KEY` of `DESK_ANSWER_KEY`.
fn without_prefix(definition: &Definition) -> Option<Definition> {
    // What somebody else's name begins with is not that of the program.
    let (_, rest) =
        definition.name.split_once('_').filter(|(first, _)| meaning(first, &[]).owner.is_none())?;
    let capitals = is_capitals(definition.name.as_bytes());
    let telling = rest.contains('_') && !is_generic(rest) && meaning(rest, &[]).credential;
    // A framework's own prefix, which its programs never see.
    let framework = definition.name.starts_with("NUXT_") && rest.len() >= 4 && !is_generic(rest);
    (capitals && (telling || framework)).then(|| Definition {
        name: rest.to_owned(),
        generic: false,
        section: false,
    })
}

/// Whether a value ends where a word does, or begins after an escape.
fn is_whole(text: &[u8], span: &Range<usize>) -> bool {
    let joins = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+' | b'/');
    let glued = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(joins);
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
