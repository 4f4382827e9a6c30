//! The blocks around a value, from the innermost outwards, whether brackets or indentation make them.
//!
//! Takes the text and the levels that `structure` found, gives of each block what stands in it beside the value, with all that
//! is nested there; and of a list the value's own item and the others. What they say is asked in `evidence`.

use super::layout::{dash, indent, is_entry, lines_up};
use super::lines::line_start;
use super::parts::parts_and_groups;
use super::structure::{Bound, Holder, Level};
use super::words::words;

/// Most lines that a block is followed up or down.
const MOST_LINES: usize = 120;
/// Most blocks.
const MOST_BLOCKS: usize = 8;

/// A block around a value.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Block {
    /// What stands in it, without the value.
    pub(super) text: String,
    /// What it is the value of.
    pub(super) name: String,
    /// It is an item of a list: a record of its own.
    pub(super) item: bool,
}

/// The blocks around the value between `before` and `after`.
pub(super) fn blocks(levels: &[Level], before: &[u8], after: &[u8]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (at, level) in levels.iter().enumerate() {
        match level.holder {
            Holder::Group => {}
            Holder::Lines => {
                blocks.extend(indented(before, after));
                break;
            }
            // Statements are in no block that sends anything.
            Holder::Call | Holder::Block | Holder::Tag => break,
        }
        let parent = levels.get(at + 1);
        // What is in a list is the item, and the list no block.
        if level.bound != Bound::Positional {
            blocks.push(Block {
                text: format!("{}\n{}", level.before, level.after),
                name: parent
                    .map_or_else(|| level.head.clone(), |parent| format!("{} {}", parent.name, level.head)),
                item: parent.is_some_and(|parent| parent.bound == Bound::Positional),
            });
        }
    }
    blocks
}

/// The same, where indentation makes the blocks, as in YAML.
fn indented(before: &[u8], after: &[u8]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut at = line_start(before, before.len());
    let mut line = &before[at..];
    while blocks.len() < MOST_BLOCKS && is_of_mapping(line) {
        let column = indent(line);
        let (start, item) = first_line(before, at, column);
        let below = below(after, column);
        let above = &before[start..line_start(before, before.len())];
        let text = [above, b"\n", below].concat();
        let margin = item.unwrap_or(column);
        let parent = parent(before, start, margin, item.is_some());
        let name =
            parent.map_or(&b""[..], |at| before[at..].split(|&b| b == b'\n').next().unwrap_or_default());
        blocks.push(Block {
            text: String::from_utf8_lossy(&text).into_owned(),
            name: String::from_utf8_lossy(name.trim_ascii()).into_owned(),
            item: item.is_some(),
        });
        let Some(parent) = parent else { break };
        (at, line) = (parent, name);
    }
    blocks
}

/// Whether a line is an entry of a mapping with a name of one word, or an item of a list.
fn is_of_mapping(line: &[u8]) -> bool {
    let named = line.trim_ascii_start();
    let name = named.split(|&b| b == b':').next().unwrap_or_default();
    let quoted = name.len() > 1 && matches!(name, [b'"', .., b'"'] | [b'\'', .., b'\'']);
    dash(line).is_some() || is_entry(line) && (quoted || !name.contains(&b' '))
}

/// Where the block with that column begins, and the column of the dash if it is an item of a list.
fn first_line(text: &[u8], at: usize, column: usize) -> (usize, Option<usize>) {
    let own = text[at..].split(|&b| b == b'\n').next().unwrap_or_default();
    if let Some(dash) = dash(own) {
        return (at, Some(dash));
    }
    let mut start = at;
    for (from, line) in lines_up(&text[..at.saturating_sub(1)]).take(MOST_LINES) {
        let blank = line.trim_ascii().is_empty();
        if !blank && (indent(line) < column || line.starts_with(b"---")) || at == 0 {
            break;
        }
        start = from;
        if let Some(dash) = dash(line).filter(|_| indent(line) == column) {
            return (start, Some(dash));
        }
    }
    (start, None)
}

/// The lines below the value that belong to the block with that column.
fn below(after: &[u8], column: usize) -> &[u8] {
    let mut end = 0;
    for (number, line) in after.split_inclusive(|&b| b == b'\n').take(MOST_LINES).enumerate() {
        let ends =
            indent(line) < column || dash(line).is_some_and(|dash| dash < column) || line.starts_with(b"---");
        if number > 0 && !line.trim_ascii().is_empty() && ends {
            break;
        }
        end += line.len();
    }
    // The rest of the value's own line is none of it.
    let own = after.iter().position(|&b| b == b'\n').unwrap_or(after.len());
    &after[own.min(end)..end]
}

/// Where the entry begins that a block is under.
fn parent(text: &[u8], start: usize, margin: usize, item: bool) -> Option<usize> {
    let above = lines_up(&text[..start.checked_sub(1)?]).take(MOST_LINES);
    let outside = |line: &[u8]| match item {
        // The items of a list may stand right below their key.
        true => indent(line) <= margin && dash(line).is_none_or(|dash| dash < margin),
        false => indent(line) < margin,
    };
    let mut above = above.take_while(|(_, line)| !line.starts_with(b"---"));
    let (at, line) = above.find(|(_, line)| !line.trim_ascii().is_empty() && outside(line))?;
    is_entry(line).then_some(at)
}

/// The items of the list that the value stands in: its own, without the value, and the others.
pub(super) fn items(levels: &[Level], before: &[u8], after: &[u8]) -> Option<(String, Vec<String>)> {
    let own = levels.first()?;
    let grouped = matches!(own.holder, Holder::Group | Holder::Block);
    let own_group = || format!("{}\n{}", own.before, own.after);
    if let Some(list) = levels.get(1).filter(|list| grouped && list.holder != Holder::Lines) {
        // `set { … }`, `set_sensitive { … }`
        let kind =
            |text: &str| words(text.split_whitespace().next_back().unwrap_or_default()).into_iter().next();
        let head = kind(&own.head);
        let sides = [list.before.as_str(), list.after.as_str()];
        let groups = sides.into_iter().flat_map(|side| parts_and_groups(side, false).1);
        let alike = groups.filter(|(key, _)| kind(key).is_none() || kind(key) == head);
        return Some((own_group(), alike.map(|(_, inner)| inner.to_owned()).collect()));
    }
    let at = line_start(before, before.len());
    let (start, dashed) = first_line(before, at, indent(&before[at..]));
    let column = dashed?;
    let own_text = [&before[start..at], b"\n", below(after, column + 1)].concat();
    let own_text = if grouped { own_group() } else { String::from_utf8_lossy(&own_text).into_owned() };
    let key = parent(before, start, column, true)?;
    let first = key + before[key..start].iter().position(|&b| b == b'\n')? + 1;
    let rest = below(after, column + 1).len() + after.iter().position(|&b| b == b'\n')?;
    let others = [&before[first..start], &list_rest(&after[rest.min(after.len())..], column)].concat();
    let mut items: Vec<Vec<u8>> = Vec::new();
    for line in others.split_inclusive(|&b| b == b'\n') {
        if dash(line) == Some(column) {
            items.push(Vec::new());
        }
        if let Some(item) = items.last_mut() {
            item.extend(line);
        }
    }
    // `- { name: …, value: … }`
    let marks = |c: char| c.is_whitespace() || matches!(c, '-' | '{' | '}');
    let shown = |text: &Vec<u8>| String::from_utf8_lossy(text).trim_matches(marks).to_owned();
    Some((own_text, items.iter().map(shown).collect()))
}

/// The items that follow in a list whose dashes have that column.
fn list_rest(after: &[u8], column: usize) -> Vec<u8> {
    let lines = after.split_inclusive(|&b| b == b'\n').take(MOST_LINES);
    let of_list = |line: &&[u8]| {
        line.trim_ascii().is_empty() || dash(line).is_some_and(|dash| dash >= column) || indent(line) > column
    };
    lines.take_while(of_list).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::structure::place;

    fn sides(text: &str) -> (&[u8], &[u8]) {
        let at = text.find('V').expect("a value");
        (&text.as_bytes()[..at], &text.as_bytes()[at + 1..])
    }

    #[test]
    fn blocks_go_outwards() {
        let yaml = "sites:\n  - name: a\n    url: x\n  - name: b\n    login:\n      token: V\n    to:\n      url: y\n";
        let json = r#"{"sites": [{"url": "x"}, {"login": {"token": "V"}, "to": {"url": "y"}}]}"#;
        for text in [yaml, json] {
            let (before, after) = sides(text);
            let blocks = blocks(&place(before, after).levels, before, after);
            assert_eq!([blocks[0].item, blocks[1].item], [false, true], "{text}");
            assert!(!blocks[0].text.contains('y'), "{text}");
            assert!(blocks[1].text.contains('y') && !blocks[1].text.contains('x'), "{text}");
        }
    }

    #[test]
    fn items_are_parted() {
        let cases = [
            "list:\n  - name: a\n    value: x\n  - name: b\n    value: V\n  - name: c\n    value: z\nother:\n  - name: d\n",
            "list:\n- { name: a, value: x }\n- { name: b, value: V }\n- { name: c, value: z }\n",
            r#"{"list": [{"name": "a", "value": "x"}, {"name": "b", "value": "V"}, {"name": "c", "value": "z"}]}"#,
            "chart {\n  set {\n    name = \"a\"\n    value = \"x\"\n  }\n  set_more {\n    name = \"b\"\n    value = \"V\"\n  }\n  set {\n    name = \"c\"\n  }\n}\n",
        ];
        for text in cases {
            let (before, after) = sides(text);
            let (own, others) = items(&place(before, after).levels, before, after).expect("it is in one");
            assert!(own.contains('b') && !own.contains('x'), "{text}: {own}");
            let [first, last] = others.as_slice() else { panic!("{text}: {others:?}") };
            assert!(first.contains('x') && last.contains('c'), "{text}: {others:?}");
        }
    }
}
