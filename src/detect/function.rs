//! Functions as they are declared in any language, and what a function gives.
//!
//! Takes lines before a place, gives the name of the function around it.

use bstr::ByteSlice;

use super::quote;

/// How far before a statement its function is looked for, in bytes.
const NEAR: usize = 400;

/// Words that begin a statement, and no declaration.
const STATEMENTS: [&str; 14] = [
    "if", "elif", "elseif", "for", "foreach", "while", "until", "switch", "catch", "using", "with", "lock",
    "return", "super",
];

/// Words before the name of a function that is declared.
pub(super) const FUNCTION: [&str; 5] = ["def", "function", "func", "fn", "fun"];

/// Whether what the last line of `before` does is to `return` something.
pub(super) fn is_return(before: &[u8]) -> bool {
    before.lines().next_back().is_some_and(|line| line.trim_ascii_start().starts_with(b"return "))
}

/// The name of the function that the last line of `before` is in: the nearest one above that is declared, or the one whose
/// body that line begins.
pub(super) fn function_around(before: &[u8]) -> Option<String> {
    let near = &before[before.len().saturating_sub(NEAR)..];
    let mut lines = near.lines().rev();
    let own = lines.next().unwrap_or_default();
    let own = own.rfind_byte(b'{').and_then(|open| function_in(own[..=open].to_str().ok()?));
    own.or_else(|| {
        let mut opened = false;
        lines.find_map(|line| {
            // A body may open on a line of its own.
            let (line, open) = (line.to_str().ok()?, std::mem::take(&mut opened));
            opened = line.trim() == "{";
            if open { function_in(&format!("{} {{", line.trim_end())) } else { function_in(line) }
        })
    })
}

/// The function or method that a line declares, the last of several.
fn function_in(line: &str) -> Option<String> {
    with_parameters(line).or_else(|| without_parameters(line))
}

/// The same where a list of parameters stands behind its name.
fn with_parameters(line: &str) -> Option<String> {
    let typed =
        |rest: &str| rest.is_empty() || [":", "->", "throws "].iter().any(|before| rest.starts_with(before));
    let opens = line
        .trim_end()
        .strip_suffix('{')
        .is_some_and(|head| head.rsplit_once(')').is_some_and(|(_, rest)| typed(rest.trim())));
    line.rmatch_indices('(').find_map(|(at, _)| {
        let head = line[..at].rsplit(['{', '}', ';', '=']).next()?;
        let words: Vec<&str> = quote::tokens(head).collect();
        match words.as_slice() {
            [.., word, name] if FUNCTION.contains(word) && head.ends_with(name) => Some((*name).to_owned()),
            // A method, with what it belongs to before it: `func (c *Client) key()`.
            ["func", .., name] if head.ends_with(name) => Some((*name).to_owned()),
            // `key() {`, `private String key() {`
            [.., name] if opens && head.ends_with(name) && is_plain(name) && !STATEMENTS.contains(name) => {
                let declares = words.len() <= 6 && words.iter().all(|word| !STATEMENTS.contains(word));
                (declares && !head.contains(['"', '\'', '(', '.'])).then(|| (*name).to_owned())
            }
            _ => None,
        }
    })
}

/// The same where none does: `def key`, `def self.key`, `def key do`, `sub key {`, `var key: String {`,
/// `public string Key { get {`.
fn without_parameters(line: &str) -> Option<String> {
    const MODIFIERS: [&str; 6] = ["public", "private", "internal", "protected", "static", "override"];
    const KINDS: [&str; 7] = ["class", "struct", "enum", "interface", "object", "record", "namespace"];
    let line = line.trim();
    let head = line
        .trim_end_matches('{')
        .trim_end()
        .trim_end_matches("get")
        .trim_end()
        .trim_end_matches('{')
        .trim_end();
    let opens = head.len() < line.len();
    let words: Vec<&str> = head.split_whitespace().collect();
    // `private val key: String by lazy {`
    let typed = |word: &&str| KINDS.contains(word) || word.ends_with(':');
    let is_property = |first: &str| opens && MODIFIERS.contains(&first) && !words.iter().any(typed);
    let name = match words.as_slice() {
        ["def", name] | ["def", name, "do"] => name.trim_start_matches("self."),
        ["sub", name] if opens => name,
        [.., "var", name, _] if opens && words.len() <= 5 => name.strip_suffix(':')?,
        [first, .., _, name] if words.len() <= 6 && is_property(first) => name,
        _ => return None,
    };
    (!name.is_empty() && is_plain(name)).then(|| name.to_owned())
}

fn is_plain(name: &str) -> bool {
    name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '-'))
}

/// The function whose result the quoted value is that stands between two texts: `return "VALUE"`, `{ "VALUE" }`, or all
/// that there is in its body.
pub(super) fn function_that_gives(before: &[u8], after: &[u8]) -> Option<String> {
    let quote = |c: char| matches!(c, '"' | '\'' | '`');
    let before = &before[before.len().saturating_sub(NEAR)..];
    let after = &after[..after.len().min(NEAR)];
    let head = before.trim_end_with(quote);
    let rest = after.trim_start_with(quote);
    if head.len() == before.len() || rest.len() == after.len() {
        return None;
    }
    let own = head.lines().next_back().filter(|_| !head.ends_with(b"\n")).unwrap_or_default();
    let statement = own.to_str().ok()?.trim();
    // `"VALUE".to_owned()`, `"VALUE";`, `"VALUE" }`
    let made = |rest: &[u8]| {
        let line = rest.lines().next().unwrap_or_default().trim_with(|c| ";{}() \t\r".contains(c));
        line.is_empty()
            || line.starts_with(b".to_")
            || line.starts_with(b".into")
            || line.starts_with(b"//")
            || line.starts_with(b"#")
    };
    if !made(rest) {
        return None;
    }
    let last = statement.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    if matches!(last, "return" | "echo") && statement.ends_with(last) || statement.ends_with('{') {
        return function_around(head);
    }
    // `string Key() => "VALUE"`
    if let Some(declared) = statement.strip_suffix("=>") {
        return function_in(&format!("{} {{", declared.trim_end()));
    }
    let above = head[..head.len() - own.len()].lines().rev().find(|line| !line.trim().is_empty());
    let below = rest.lines().skip(1).find(|line| !line.trim().is_empty());
    let closes =
        below.is_some_and(|line| line.trim_ascii_start().starts_with(b"}") || line.trim_ascii() == b"end");
    above.filter(|_| statement.is_empty() && closes).and_then(|line| function_in(&line.to_str_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_around_a_line() {
        let cases = [
            ("def key():\n    return ", Some("key")),
            ("export function key() {\n  return ", Some("key")),
            ("func key() string {\n\tother()\n\treturn ", Some("key")),
            ("func (c *Client) key() string {\n\treturn ", Some("key")),
            ("  private String key() {\n    return ", Some("key")),
            ("  key() {\n    if (this.ok) {\n      return ", Some("key")),
            ("function key() { return ", Some("key")),
            ("a();function other(){b()}function key(){return ", Some("key")),
            ("call(\n", None),
            ("call(a, () => {\n  return ", None),
            ("} else if (ready()) {\n  return ", None),
            ("", None),
        ];
        for (before, name) in cases {
            assert_eq!(function_around(before.as_bytes()).as_deref(), name, "{before}");
        }
    }

    #[test]
    fn functions_that_give_a_value() {
        let cases = [
            ("func key() string { return \"", "\" }", Some("key")),
            ("def key():\n    return \"", "\"\n", Some("key")),
            ("fn key() -> &'static str {\n    \"", "\"\n}\n", Some("key")),
            ("fn key() -> String { \"", "\".to_owned() }", Some("key")),
            ("  def self.key\n    '", "'\n  end\n", Some("key")),
            ("  def key do\n    \"", "\"\n  end\n", Some("key")),
            ("sub key { '", "' }", Some("key")),
            ("static var key: String { \"", "\" }", Some("key")),
            ("public static string Key() => \"", "\";", Some("Key")),
            ("public string Key { get { return \"", "\"; } }", Some("Key")),
            ("public string Key()\n{\n    return \"", "\";\n}", Some("Key")),
            ("export function key(): string {\n  return '", "';\n}", Some("key")),
            ("key() {\n  echo \"", "\"\n}", Some("key")),
            ("def key():\n    return other(\"", "\")\n", None),
            ("def key():\n    return \"", "\" + other\n", None),
            ("def key\n  ask\n  \"", "\"\n  end\n", None),
            ("private val key: String by lazy { \"", "\" }", None),
            ("public static class Keys {\n    \"", "\"\n}", None),
            ("items.map((item) => \"", "\")", None),
            ("{\n  \"", "\"\n}", None),
            ("return ", "", None),
        ];
        for (before, after, name) in cases {
            let found = function_that_gives(before.as_bytes(), after.as_bytes());
            assert_eq!(found.as_deref(), name, "{before}");
        }
    }
}
