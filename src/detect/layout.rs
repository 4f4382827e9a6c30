//! What lines and indentation say: which lines belong together, which line a value continues, what a block is under.
//!
//! Serves `structure` where no bracket tells. Knows YAML's mappings and lists, and the sections of INI and TOML; the
//! elements of XML are `markup`'s.

use super::lines::{self, line_start};
use super::markup::elements;

/// Most lines that a block is followed up or down.
const MOST_LINES: usize = 60;
/// Most names of enclosing things that are given.
pub(super) const MOST_OUTER: usize = 6;

/// Whether the line after the newline at `newline` goes on with what the line above began: an open bracket, a comma,
/// an operator, a tag. A name with nothing after its `=` is empty, unless the next line is quoted or set deeper.
pub(super) fn continues(text: &[u8], newline: usize) -> bool {
    let above = &text[line_start(text, newline)..newline];
    let below = &text[newline + 1..];
    let deeper = indent(below) > indent(above);
    let quoted = matches!(below.trim_ascii_start().first(), Some(b'"' | b'\'' | b'`' | b'('));
    // A bracket on a line of its own: what it holds is what the name is given.
    let line = below.split(|&b| b == b'\n').next().unwrap_or_default();
    let bracket = || matches!(line.trim_ascii(), b"[" | b"{");
    match above.trim_ascii_end().last() {
        Some(b'(' | b'[' | b'{' | b',' | b'+' | b'&' | b'?') => true,
        Some(b'=') if bracket() => true,
        // `NAME=` in a shell or a file for the environment is empty, whatever the next line is.
        Some(b'=') if gives_nothing(above) => quoted,
        Some(b'=' | b':' | b'|' | b'.') => deeper || quoted,
        Some(b'>') => above.trim_ascii_start().starts_with(b"<") || deeper || quoted,
        _ => false,
    }
}

/// Whether a line gives nothing to a variable of the environment.
fn gives_nothing(line: &[u8]) -> bool {
    let name = line.trim_ascii_end().strip_suffix(b"=").unwrap_or_default();
    let name = name.rsplit(|&b| b == b' ').next().unwrap_or_default();
    !name.is_empty() && super::definition::is_capitals(name)
}

/// Column of the first thing on the line that `text` begins with; the dash of a list item counts as indentation.
pub(super) fn indent(line: &[u8]) -> usize {
    let blanks = lines::indent(line);
    if line[blanks..].starts_with(b"- ") { blanks + 2 + indent(&line[blanks + 2..]) } else { blanks }
}

/// Column of the dash, if the line is a list item.
pub(super) fn dash(line: &[u8]) -> Option<usize> {
    let blanks = lines::indent(line);
    line[blanks..].starts_with(b"- ").then_some(blanks)
}

/// Where the name ends that the list belongs to whose item begins after the newline at `newline`: `keys:` above lines
/// with a dash. None if that line is no item.
pub(super) fn list_owner(text: &[u8], newline: usize) -> Option<usize> {
    let column = dash(&text[newline + 1..])?;
    for (from, line) in lines_up(&text[..newline]).take(MOST_LINES) {
        let plain = line.trim_ascii();
        let item = dash(line) == Some(column) || indent(line) > column && dash(line).is_none();
        if plain.is_empty() || plain.starts_with(b"#") || item {
            continue;
        }
        let end = from + line.trim_ascii_end().len();
        return (plain.ends_with(b":") && is_entry(line)).then_some(end);
    }
    None
}

/// Lines of `text` from the last to the first, with their starts.
pub(super) fn lines_up(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut end = Some(text.len());
    std::iter::from_fn(move || {
        let to = end?;
        let from = line_start(text, to);
        end = from.checked_sub(1);
        Some((from, &text[from..to]))
    })
}

/// Whether the line is an entry of a mapping in YAML's manner.
pub(super) fn is_entry(line: &[u8]) -> bool {
    let mut line = line.trim_ascii_start();
    while let Some(rest) = line.strip_prefix(b"- ") {
        line = rest.trim_ascii_start();
    }
    let key = line.iter().position(|&b| b == b':').unwrap_or(0);
    let plain = |b: &u8| {
        b.is_ascii_alphanumeric()
            || !b.is_ascii()
            || matches!(b, b'_' | b'-' | b'.' | b'"' | b'\'' | b'/' | b' ' | b'\\')
    };
    key > 0
        && line[..key].iter().all(plain)
        && matches!(line.get(key + 1), None | Some(b' ' | b'\r' | b'\n' | b'"' | b'\''))
}

/// The section header that a line is, without its brackets.
fn section(line: &[u8]) -> Option<&[u8]> {
    // A tag may stand before it: `<pre>[name]`.
    let line = line.rsplit(|&b| b == b'>').next().unwrap_or(line);
    let line = line.trim_ascii();
    if line.starts_with(b"machine ") {
        // An entry of a .netrc goes on until the next one.
        return Some(line);
    }
    let inner = line.strip_prefix(b"[")?.strip_suffix(b"]")?;
    let inner = inner.strip_prefix(b"[").and_then(|i| i.strip_suffix(b"]")).unwrap_or(inner);
    let plain = |b: &u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b' ' | b'"' | b'\'' | b':' | b'/')
    };
    (!inner.is_empty() && inner.iter().all(plain)).then_some(inner)
}

/// Where the lines begin that belong to the same mapping or section as the line of `at`; that line's start otherwise.
pub(super) fn block_start(text: &[u8], at: usize) -> usize {
    let own = line_start(text, at);
    let line = &text[own..];
    if let Some(start) = section_start(text, own) {
        return start;
    }
    let depth = indent(line);
    if depth == 0 || dash(line).is_some() || !is_entry(line) {
        return own;
    }
    let mut start = own;
    for (from, line) in lines_up(&text[..own.saturating_sub(1)]).take(MOST_LINES) {
        if line.trim_ascii().is_empty() || indent(line) < depth {
            break;
        }
        start = from;
        if indent(line) == depth && dash(line).is_some() {
            break;
        }
    }
    start
}

/// Where the section begins that the line at `own` is in, if it is an entry of one.
fn section_start(text: &[u8], own: usize) -> Option<usize> {
    let line = text[own..].split(|&b| b == b'\n').next()?;
    if own == 0 || !line.contains(&b'=') || indent(line) > 8 {
        return None;
    }
    let header = lines_up(&text[..own - 1]).take(MOST_LINES).find(|(_, line)| section(line).is_some());
    header.map(|(from, line)| from + line.len() + 1)
}

/// Where the lines end, in `after`, that belong together with the line of `at` in `before`.
pub(super) fn block_end(before: &[u8], at: usize, after: &[u8], start: usize) -> usize {
    let line_end =
        |from: usize| after[from..].iter().position(|&b| b == b'\n').map_or(after.len(), |n| from + n);
    let own = line_start(before, at);
    let line = &before[own..];
    let mut end = line_end(start);
    let in_section = section_start(before, own).is_some();
    let depth = indent(line);
    if !in_section && (depth == 0 || !is_entry(line)) {
        return end;
    }
    for _ in 0..MOST_LINES {
        let Some(next) = after.get(end + 1..).filter(|rest| !rest.is_empty()) else { break };
        let line = &next[..next.iter().position(|&b| b == b'\n').unwrap_or(next.len())];
        let ends = match in_section {
            true => section(line).is_some(),
            false => {
                line.trim_ascii().is_empty() || indent(line) < depth || dash(line).is_some_and(|d| d < depth)
            }
        };
        if ends {
            break;
        }
        end = line_end(end + 1);
    }
    end
}

/// Names of what encloses the line of `at`: entries it is indented under, its section, its elements; innermost first.
pub(super) fn enclosing(text: &[u8], at: usize) -> Vec<String> {
    let own = line_start(text, at);
    let mut outer: Vec<String> = elements(&text[..at]);
    let line = &text[own..];
    let mut depth = dash(line).map_or_else(|| indent(line), |d| d + 1);
    let mut seen = 0;
    for (_, line) in lines_up(&text[..own.saturating_sub(1)]) {
        seen += 1;
        if outer.len() >= MOST_OUTER || seen > MOST_LINES * 4 || own == 0 {
            break;
        }
        if let Some(header) = section(line) {
            outer.push(String::from_utf8_lossy(header).into_owned());
            break;
        }
        let column = indent(line);
        if line.trim_ascii().is_empty() || column >= depth {
            continue;
        }
        depth = dash(line).unwrap_or(column);
        let class = line.trim_ascii_start().starts_with(b"class ") && line.trim_ascii_end().ends_with(b":");
        if line.trim_ascii_end().ends_with(b":") && is_entry(line) || is_block_scalar(line) || class {
            outer.push(String::from_utf8_lossy(line.trim_ascii()).into_owned());
        }
    }
    outer
}

/// Where the line begins that has the key of the list which the last line of `text` is an item of.
pub(super) fn list_key(text: &[u8]) -> Option<usize> {
    let own = line_start(text, text.len());
    let column = dash(&text[own..])?;
    let mut above = lines_up(&text[..own.checked_sub(1)?]).take(MOST_LINES);
    let key = above
        .find(|(_, line)| !line.trim_ascii().is_empty() && dash(line).is_none() && indent(line) <= column);
    key.filter(|(_, line)| line.trim_ascii_end().ends_with(b":")).map(|(at, _)| at)
}

/// What stands beside the entry that the line of `at` is indented under, in the same mapping: before it, and after.
pub(super) fn beside_parent(before: &[u8], at: usize, after: &[u8]) -> Option<(String, String)> {
    let own = line_start(before, at);
    let line = &before[own..];
    // The items of a list may stand right below their key.
    let depth = dash(line).map_or_else(|| indent(line), |column| column + 1);
    if depth == 0 || own == 0 || !(is_entry(line) || dash(line).is_some()) {
        return None;
    }
    let mut column = None;
    let mut above = Vec::new();
    for (_, line) in lines_up(&before[..own - 1]).take(MOST_LINES) {
        let blank = line.trim_ascii().is_empty();
        match column {
            None if !blank && indent(line) < depth && dash(line).is_none() => column = Some(indent(line)),
            Some(parent) if !blank && indent(line) < parent => break,
            Some(parent) if indent(line) == parent => {
                above.push(line);
                // The item of a list ends where it begins.
                if dash(line).is_some() {
                    break;
                }
            }
            _ => {}
        }
    }
    let parent = column.filter(|&parent| parent > 0)?;
    let below = after.split(|&b| b == b'\n').skip(1).take(MOST_LINES);
    let below = below.take_while(|line| line.trim_ascii().is_empty() || indent(line) >= parent);
    let item = |line: &&[u8]| dash(line).is_some_and(|column| column < parent);
    let below = below.take_while(|line| !item(line));
    let below: Vec<&[u8]> = below.filter(|line| indent(line) == parent && dash(line).is_none()).collect();
    above.reverse();
    let text = |lines: &[&[u8]]| String::from_utf8_lossy(&lines.join(&b'\n')).into_owned();
    Some((text(&above), text(&below)))
}

/// The line above a value that stands alone on its line: a heading, a label, the command that printed it. None where
/// that line is a name without a value, or gives a name its own: what is below does not stand under that one.
pub(super) fn label(text: &[u8]) -> Option<String> {
    const LONGEST: usize = 120;
    let own = line_start(text, text.len());
    let mut above = lines_up(&text[..own.checked_sub(1)?]).take(3).map(|(_, line)| line.trim_ascii());
    let line = above.find(|line| !line.is_empty() && !line.starts_with(b"```"))?;
    let telling = line.len() <= LONGEST && !matches!(line.last(), Some(b'=' | b';' | b',' | b'{' | b'('));
    (telling && !is_setting(line)).then(|| String::from_utf8_lossy(line).into_owned())
}

/// Whether a line is a name and a value, as files of properties have them: `some.name=value`.
fn is_setting(line: &[u8]) -> bool {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let name = line.iter().take_while(|b| plain(b)).count();
    let rest = line[name..].trim_ascii_start();
    name > 0 && rest.starts_with(b"=") && !matches!(rest.get(1), None | Some(b'=' | b'>'))
}

/// Whether the line begins a block scalar: `key: |`, `key: >-`.
fn is_block_scalar(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    let line = line.strip_suffix(b"-").or_else(|| line.strip_suffix(b"+")).unwrap_or(line);
    is_entry(line) && (line.ends_with(b": |") || line.ends_with(b": >"))
}

/// Whether the `{` after `text` opens a block of statements rather than an object.
pub(super) fn opens_block(text: &[u8]) -> bool {
    const KEYWORDS: [&[u8]; 18] = [
        b"class",
        b"struct",
        b"interface",
        b"enum",
        b"namespace",
        b"impl",
        b"fn",
        b"func",
        b"function",
        b"object",
        b"module",
        b"trait",
        b"try",
        b"else",
        b"do",
        b"finally",
        b"loop",
        b"protocol",
    ];
    let own = line_start(text, text.len());
    let mut line = text[own..].trim_ascii();
    if line.is_empty() && own > 0 {
        // A bracket on a line of its own belongs to the line above.
        line = text[line_start(text, own - 1)..own - 1].trim_ascii();
    }
    match line.last() {
        None | Some(b'=' | b':' | b',' | b'(' | b'[' | b'"' | b'\'' | b'}' | b'{') => false,
        Some(b')') => !is_made(line),
        Some(b';') => true,
        Some(b'>') if line.ends_with(b"=>") => !line[..line.len() - 2].trim_ascii_end().ends_with(b"'"),
        _ => line.split(|b| !b.is_ascii_alphanumeric()).any(|word| KEYWORDS.contains(&word)),
    }
}

/// Whether a line ends with an object that is made, so that what follows in brackets are its fields: `= new Acme()`.
fn is_made(line: &[u8]) -> bool {
    let call = line.iter().rposition(|&b| b == b'(').map_or(line, |open| &line[..open]);
    let mut words = call.rsplit(|b| b.is_ascii_whitespace() || matches!(b, b'=' | b'(' | b','));
    let callee = words.find(|word| !word.is_empty());
    callee == Some(b"new") || words.find(|word| !word.is_empty()) == Some(b"new")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn siblings_of_the_parent() {
        let text = "services:\n  chat:\n    image: acme\n    environment:\n      A: 1\n      KEY: V\n      B: 2\n    ports: 80\n  other:\n    image: no\n";
        let at = text.find('V').expect("a value");
        let (before, after) = text.as_bytes().split_at(at);
        let siblings = beside_parent(before, at, after).expect("it is indented");
        assert_eq!(siblings, ("    image: acme".to_owned(), "    ports: 80".to_owned()));
        let list = "chat:\n  image: acme\n  environment:\n  - KEY=V\n";
        let at = list.find('V').expect("a value");
        let (before, after) = list.as_bytes().split_at(at);
        assert_eq!(beside_parent(before, at, after).map(|s| s.0).as_deref(), Some("  image: acme"));
        assert_eq!(beside_parent(b"KEY: ", 5, b"V\n"), None);
    }
}
