//! The files that managers of hooks go by: YAML, as far as it means what stands there.
//!
//! Takes bytes and gives a [`Node`]. Of what stands for something else (aliases, tags, several documents, a key that comes
//! twice) nothing is given, so that whoever reads it says that it cannot be told.

use saphyr_parser::{Event, Parser};

/// Deepest nesting that is followed.
const DEPTH: usize = 64;

/// What stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    /// What a key leads to.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// The keys, with what they lead to; none of what has no keys.
    pub(super) fn entries(&self) -> &[(String, Node)] {
        if let Node::Map(entries) = self { entries } else { &[] }
    }

    /// The items of a list; none of what is no list.
    pub(super) fn items(&self) -> &[Node] {
        if let Node::List(items) = self { items } else { &[] }
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Node::Text(text) = self { Some(text) } else { None }
    }

    pub(super) fn is(&self, text: &str) -> bool {
        self.text() == Some(text)
    }

    /// Every text in it, keys left out.
    pub(super) fn texts(&self) -> Vec<&str> {
        match self {
            Node::Text(text) => vec![text],
            Node::List(items) => items.iter().flat_map(Node::texts).collect(),
            Node::Map(entries) => entries.iter().flat_map(|(_, node)| node.texts()).collect(),
        }
    }
}

/// A list or a map that is not at its end, with the key that is open.
enum Open {
    List(Vec<Node>),
    Map(Vec<(String, Node)>, Option<String>),
}

/// What stands in a file; none if it is no YAML, or more than it says.
pub(super) fn read(content: &[u8]) -> Option<Node> {
    let text = std::str::from_utf8(content).ok()?;
    let mut open: Vec<Open> = Vec::new();
    let mut whole = None;
    for event in Parser::new_from_str(text) {
        let done = match event.ok()?.0 {
            Event::Scalar(text, _, 0, None) => Node::Text(text.into_owned()),
            Event::SequenceStart(0, None) if open.len() < DEPTH => {
                open.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(0, None) if open.len() < DEPTH => {
                open.push(Open::Map(Vec::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop()? {
                Open::List(items) => Node::List(items),
                Open::Map(entries, _) => Node::Map(entries),
            },
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => continue,
            _ => return None,
        };
        match open.last_mut() {
            None if whole.is_none() => whole = Some(done),
            None => return None,
            Some(Open::List(items)) => items.push(done),
            Some(Open::Map(entries, key)) => match (key.take(), done) {
                (Some(key), node) => entries.push((key, node)),
                (None, Node::Text(name)) if entries.iter().all(|(known, _)| *known != name) => {
                    *key = Some(name);
                }
                (None, _) => return None,
            },
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_else_is_not_read() {
        let node = read(b"# x\na: [1, {b: 'c # d'}]\ne: |\n  f\n  g\n").expect("plain");
        assert_eq!(node.texts(), ["1", "c # d", "f\ng\n"]);
        assert_eq!(node.get("a").map(|a| a.items().len()), Some(2));
        let deep = "[".repeat(100_000);
        for text in ["a: &x 1\n", "a: *x\n", "a: !!str 1\n", "a: 1\na: 2\n", "a\n---\nb\n", "a: [\n", &deep] {
            assert_eq!(read(text.as_bytes()), None, "{}", &text[..text.len().min(20)]);
        }
    }
}
