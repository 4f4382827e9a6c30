//! Names that a program gives a value: what is declared, whether a name is given something where it stands, or a part
//! of what it holds is taken.
//!
//! Takes pieces of a statement in any language, gives the name.

use bstr::ByteSlice;

use super::function::FUNCTION;
use super::lines;
use super::quote;
use super::structure::{Bound, Holder, Level, Place};

/// Longest name that counts.
const LONGEST_NAME: usize = 60;

/// How far before a place its class is looked for, in bytes.
const FURTHEST: usize = 1 << 16;

/// The name in a declaration: `const key: string`, `var key string`, `private static String key`.
pub(super) fn name_of(declaration: &str) -> Option<String> {
    let line = declaration.rsplit('\n').next()?;
    // What follows a colon is the type: `KEY: [u8; 32]`.
    let name = line.split_once(": ").map_or(line, |(name, _)| name);
    let name = name.rsplit(';').next()?;
    // `Const key As String`
    let typed = [" As ", " as "].into_iter().find_map(|between| name.split_once(between));
    let name = typed.map_or(name, |(name, _)| name);
    let words: Vec<&str> = quote::tokens(name).collect();
    let name = match words.as_slice() {
        [.., name, "string" | "byte" | "str" | "String"] => name,
        [.., name] => name,
        [] => return None,
    };
    let name = ["this.", "self.", "->"].iter().fold(*name, |name, owner| name.trim_start_matches(owner));
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    let named = words.len() <= 6 && !name.is_empty() && name.len() <= LONGEST_NAME && name.chars().all(word);
    named.then(|| name.to_owned())
}

/// The line that declares the class which what is at `at` stands in: the last one above it, if it is set deeper.
pub(super) fn class_around(text: &[u8], at: usize) -> Option<&[u8]> {
    const WORD: &[u8] = b"class ";
    let declares = |start: usize| {
        let line = &text[lines::line_start(text, start)..start];
        let named = text.get(start + WORD.len()).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
        named && line.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_whitespace())
    };
    let near = at.saturating_sub(FURTHEST);
    let mut words = memchr::memmem::rfind_iter(&text[near..at], WORD).map(|start| near + start);
    let start = words.find(|&start| declares(start))?;
    let indent = |at: usize| lines::indent(&text[lines::line_start(text, at)..]);
    (indent(at) > indent(start)).then(|| text[start + WORD.len()..].lines().next().unwrap_or_default())
}

/// Whether two places are in the same class, or the one that reads is in a class made from the other's.
pub(super) fn is_of_class(text: &[u8], value: usize, read: usize) -> bool {
    let name = |line: &[u8]| line.iter().take_while(|b| is_name_byte(b)).count();
    match (class_around(text, value), class_around(text, read)) {
        (Some(own), Some(reads)) => {
            let owner = &own[..name(own)];
            own == reads || reads[name(reads)..].contains_str(owner)
        }
        _ => true,
    }
}

/// What an annotation or an attribute gives its value to: `@Value("…") String name`, `[Default("…")] public string name`.
pub(super) fn annotated(place: &Place) -> Option<String> {
    if let Some(field) = tagged(place) {
        return Some(field);
    }
    let call = place.levels.iter().take(2).position(|level| level.holder == Holder::Call)?;
    let outside = place.levels.get(call + 1)?;
    let attribute = outside.holder == Holder::Group && outside.head.is_empty() && outside.before.is_empty();
    let outside = match place.levels[call].head.trim().starts_with('@') {
        true if outside.name.is_empty() => outside,
        _ if attribute && outside.after.trim_matches([')', '"', ' ']).is_empty() => {
            place.levels.get(call + 2)?
        }
        _ => return None,
    };
    let declaration = outside.after.trim_start_matches([')', ']', '"', ' ', '\r', '\n']);
    name_of(declaration.split([';', ',', ')', '=', '{']).next()?)
}

/// The field of a structure in Go whose tag has the value: `APIKey string `yaml:"…"``.
fn tagged(place: &Place) -> Option<String> {
    let own =
        place.levels.first().filter(|own| own.holder == Holder::Block && own.after.starts_with("\"`"))?;
    let (fields, _) = own.before.rsplit_once('`')?;
    let mut words = fields.lines().next_back()?.split_whitespace();
    let name = words.next()?;
    let typed = words.next().is_some() && words.next().is_none();
    let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    (typed && plain).then(|| name.to_owned())
}

/// Whether what follows a name gives it a value: ` = `, `: string =`, ` := `, ` <- `, or a blank and a quotation mark.
pub(super) fn gives(after: &[u8]) -> bool {
    let rest = after.trim_start_with(|c| matches!(c, '"' | '\'' | ']' | ')' | '`'));
    let rest = &rest[..rest.len().min(LONGEST_NAME)];
    let line = rest.split(|&b| b == b'\n').next().unwrap_or_default();
    let plain = line.trim_ascii_start();
    match plain {
        [b'=', next, ..] => !matches!(next, b'=' | b'>' | b'~'),
        [b'='] | [b':' | b'?', b'=', ..] | [b'<', b'-', ..] => true,
        [b':', rest @ ..] => {
            let at = rest.iter().position(|&b| b == b'=');
            at.is_some_and(|at| !rest[..at].iter().any(|b| matches!(b, b'"' | b'\'' | b',' | b'(' | b')')))
        }
        [b'"' | b'\'', ..] => plain.len() < line.len(),
        // A type between a name and its value.
        _ => plain.strip_prefix(b"string").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"=")),
    }
}

/// The name before the first `=` on the line of a value that begins at `at`, where that is a statement:
/// `key = read(…) || VALUE`.
pub(super) fn declared_on_line(text: &[u8], at: usize) -> Option<String> {
    let line = String::from_utf8_lossy(&text[lines::line_start(text, at)..at]);
    let (left, right) = line.split_once("<-").or_else(|| line.split_once('='))?;
    let statement = !left.contains(['"', '\'', '(', '{', '[', '`', '#', '<'])
        && !right.starts_with(['=', '>'])
        && !left.ends_with(['=', '!', '<', '>']);
    name_of(left.trim_end_matches([':', '?', '+', '|'])).filter(|_| statement)
}

/// Whether a command gives the name that stands behind it what follows that: `set -l name VALUE`.
pub(super) fn is_set(before: &[u8]) -> bool {
    let line = before[lines::line_start(before, before.len())..].to_str_lossy();
    let mut words = line.split_whitespace();
    let command = words.next().is_some_and(|word| matches!(word, "set" | "setenv"));
    command && words.all(|word| word.starts_with('-'))
}

/// Whether a pair of a name and a value gives a name its value: `name: NAME`, `value: …`.
pub(super) fn is_named_in_pair(before: &[u8], after: &[u8]) -> bool {
    let quote = |c: char| matches!(c, '"' | '\'' | '`');
    // `<key>NAME</key><string>…</string>`, as property lists have them.
    let value = after.strip_prefix(b"</key>").filter(|_| before.ends_with(b"<key>"));
    if value.is_some_and(|rest| rest.trim_ascii_start().starts_with(b"<string>")) {
        return true;
    }
    let field = before.trim_end_with(|c| quote(c) || matches!(c, ' ' | ':' | '='));
    let named = [&b"key"[..], b"name", b"Key", b"Name"].iter().any(|name| field.ends_with(name));
    let next = after.trim_start_with(|c| quote(c) || c.is_whitespace() || c == ',');
    let value = next.strip_prefix(b"value").or_else(|| next.strip_prefix(b"Value"));
    named
        && field.len() < before.len()
        && value.is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_alphabetic))
}

/// The places where a name is given a value, and not its own, as `client(key=key)` does.
pub(super) fn given<'t>(text: &'t [u8], name: &'t str) -> impl Iterator<Item = usize> + 't {
    let belongs = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || !b.is_ascii();
    let itself = move |after: &[u8]| {
        let value =
            after.strip_prefix(b" ").unwrap_or(after).strip_prefix(b"=").map(<[u8]>::trim_ascii_start);
        let rest = value.and_then(|value| value.strip_prefix(name.as_bytes()));
        rest.is_some_and(|rest| !rest.first().is_some_and(belongs))
    };
    memchr::memmem::find_iter(text, name).filter(move |&at| {
        let after = &text[at + name.len()..];
        !text[..at].last().is_some_and(belongs) && gives(after) && !itself(after)
    })
}

/// Whether what holds a value are the parameters of a function that is declared.
pub(super) fn declares(level: &Level, outside: Option<&Level>) -> bool {
    let declares = |word: &str| FUNCTION.contains(&word) || word == "constructor";
    let before = outside.filter(|outside| outside.bound == Bound::Spaced).map_or("", |outside| &outside.name);
    let last = quote::tokens(before).last();
    level.holder == Holder::Call && quote::tokens(&level.head).chain(last).any(declares)
}

/// The variable that an option of the command line is read into, whose default the value is: `option("--api-key",
/// default=VALUE)`.
pub(super) fn option_of(level: &Level) -> Option<String> {
    let default =
        level.holder == Holder::Call && level.bound == Bound::Assigned && level.name.trim() == "default";
    let mut arguments = level.before.split(',').filter(|_| default);
    let option = arguments.find_map(|argument| {
        let argument = argument.trim();
        let quoted = argument.trim_matches(['"', '\'']);
        quoted.strip_prefix("--").filter(|_| quoted.len() < argument.len())
    })?;
    let name = option.split('/').next()?.trim();
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    (!name.is_empty() && name.bytes().all(plain)).then(|| name.replace('-', "_"))
}

/// The name that a level declares.
pub(super) fn declared(level: &Level) -> Option<String> {
    const DEFINES: [&str; 9] =
        ["define", "def", "defvar", "defparameter", "setq", "set", "let", "const", "constant"];
    match level.bound {
        Bound::Assigned => match level.before.trim_end().strip_suffix('=') {
            // A function that gives it: `next = () => VALUE`, `next = lambda: VALUE`.
            Some(before) if level.name.starts_with('(') || level.name.starts_with("lambda") => {
                name_of(before.rsplit([',', '{', '}']).next()?)
            }
            _ => name_of(&level.name),
        },
        Bound::Spaced => {
            // `set -l name VALUE` has options between.
            let named = level.name.split_whitespace().filter(|word| !word.starts_with('-'));
            let words: Vec<&str> = named.flat_map(quote::tokens).collect();
            if let ["for" | "foreach", name, "in", ..] = words.as_slice() {
                return Some((*name).to_owned());
            }
            match words.as_slice() {
                // An attribute of a module in Elixir: `@key VALUE`.
                [name] if level.name.trim_start().starts_with('@') => name_of(name),
                [.., define, name] if DEFINES.contains(define) => Some((*name).to_owned()),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a byte belongs to a name.
pub(super) fn is_name_byte(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii()
}

/// Whether what follows a name takes a part of what it holds, and not any: `config.other`, `KEYS["other"]`.
pub(super) fn is_taken_apart(after: &[u8]) -> bool {
    // What gives any of them, or all together: `keys.pop()`, `keys.get(n)`, `parts.join("")`.
    const ANY: [&[u8]; 12] = [
        b".join", b".pop", b".shift", b".sample", b".random", b".first", b".last", b".at(", b".next",
        b".get(", b".choose", b".concat",
    ];
    let any = ANY.iter().find_map(|method| Some((method, after.strip_prefix(*method)?)));
    let gives_any = |(method, rest): (&&[u8], &[u8])| {
        let next = rest.first().copied().unwrap_or_default();
        if method.ends_with(b"(") { !matches!(next, b'"' | b'\'') } else { !is_name_byte(&next) }
    };
    if any.is_some_and(gives_any) {
        return false;
    }
    match after {
        [b'.' | b'?' | b'!', next, ..] => *next != b'.' && !next.is_ascii_whitespace(),
        // A number, a variable (`[$n]`), all of them (`[@]`).
        [b'[', next, ..] => {
            !next.is_ascii_digit() && !next.is_ascii_lowercase() && !matches!(next, b'$' | b'@' | b'*')
        }
        [b'-', b'>', ..] | [b':', b':', ..] => true,
        _ => false,
    }
}

/// Whether what begins at `at` is a field of what is called `owner`: `owner.field`, `owner["field"]`, `owner->field`.
pub(super) fn is_field_of(text: &[u8], at: usize, owner: &str) -> bool {
    let before = &text[..at];
    let joins = |b: &u8| matches!(b, b'.' | b'"' | b'\'' | b'[' | b':' | b'-' | b'>' | b'?' | b'`' | b'!');
    let end = before.iter().rposition(|b| !joins(b)).map_or(0, |last| last + 1);
    let owned = before[..end].strip_suffix(owner.as_bytes());
    end < at && owned.is_some_and(|rest| !rest.last().is_some_and(is_name_byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_declarations() {
        let cases = [
            ("const key", Some("key")),
            ("const key: string", Some("key")),
            ("Private Const Key As String", Some("Key")),
            ("pub const KEY: &str", Some("KEY")),
            ("var key string", Some("key")),
            ("private static final String KEY", Some("KEY")),
            ("self.key", Some("key")),
            ("clé", Some("clé")),
            ("$key", Some("key")),
            ("const secrets: Secrets", Some("secrets")),
            ("one two three four five six seven", None),
            ("", None),
        ];
        for (text, name) in cases {
            assert_eq!(name_of(text).as_deref(), name, "{text}");
        }
    }

    #[test]
    fn names_that_are_given_a_value() {
        let cases = [
            (" = 1", true),
            ("=1", true),
            (": string = 1", true),
            (" := 1", true),
            (" <- 1", true),
            (" string = 1", true),
            (" \"1\"", true),
            ("\"] = 1", true),
            (" == 1", false),
            (" => 1", false),
            (": 1, b = 2", false),
            (", b)", false),
            (".x = 1", false),
        ];
        for (after, given) in cases {
            assert_eq!(gives(after.as_bytes()), given, "{after}");
        }
    }
}
