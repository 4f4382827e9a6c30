//! Corpus files hold no values, but marks: this puts the values in and says where they went.
//!
//! Values are drawn from the seed (the file's path), so that every run sees the same. What is no mark stays as it
//! is: `{{ .Values.key }}` and `${{ secrets.KEY }}` are text like any other.

use std::ops::Range;
use std::sync::LazyLock;

use leeward::secret::Secret;
use regex::Regex;
use sha2::{Digest, Sha256};

use crate::encode;

/// A key that a file holds.
pub(crate) struct Slot {
    /// The name in the mark: `key`, `key2`, `letters` …
    pub(crate) name: String,
    /// The whole value.
    pub(crate) secret: Secret,
    /// The bytes it takes; of an encoded value the whole encoded run, of a split one everything from its first part
    /// to its last.
    pub(crate) span: Range<usize>,
    /// It stands there as it is: it must be found at exactly this span, and not somewhere in it.
    pub(crate) plain: bool,
}

/// A file with its values.
pub(crate) struct Rendered {
    pub(crate) bytes: Vec<u8>,
    pub(crate) slots: Vec<Slot>,
}

/// Replaces the marks of a template.
pub(crate) fn render(template: &str, seed: &str) -> Rendered {
    let marks = Marks { seed };
    let mut out = Rendered { bytes: Vec::new(), slots: Vec::new() };
    marks.render(template, &mut out);
    out
}

static KEY: LazyLock<Regex> = LazyLock::new(|| regex(r"^\{\{((?:key|letters)\d*)(?::(\d+)-(\d+))?\}\}"));
static RANDOM: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"^\{\{(other|b62|b58|hex|HEX|digits|lowerdigits|lower|uuid|byte)([a-z]?\d*)(?::([0-9a-f]+))?\}\}")
});
static CALL: LazyLock<Regex> = LazyLock::new(|| regex(r"^\{\{(\w+)\("));
/// Where a call begins or ends.
static EDGE: LazyLock<Regex> = LazyLock::new(|| regex(r"\{\{\w+\(|\)\}\}"));

fn regex(text: &str) -> Regex {
    Regex::new(text).expect("the expressions of this file are valid")
}

struct Marks<'a> {
    seed: &'a str,
}

impl Marks<'_> {
    fn render(&self, mut rest: &str, out: &mut Rendered) {
        while let Some(start) = rest.find("{{") {
            out.bytes.extend_from_slice(&rest.as_bytes()[..start]);
            rest = &rest[start..];
            let taken =
                self.key(rest, out).or_else(|| self.random(rest, out)).or_else(|| self.call(rest, out));
            rest = &rest[taken.unwrap_or_else(|| {
                out.bytes.push(b'{');
                1
            })..];
        }
        out.bytes.extend_from_slice(rest.as_bytes());
    }

    /// A key, or a part of one. Gives the length of the mark.
    fn key(&self, rest: &str, out: &mut Rendered) -> Option<usize> {
        let mark = KEY.captures(rest)?;
        let name = &mark[1];
        let class = if name.starts_with("letters") { "letters" } else { "b62" };
        let value = draw(self.seed, name, class, 32);
        let number = |group| mark.get(group).map(|m| m.as_str().parse().expect("digits"));
        let part = number(2).unwrap_or(0)..number(3).unwrap_or(32);
        let plain = part == (0..32);
        let start = out.bytes.len();
        out.bytes.extend_from_slice(&value[part]);
        let span = start..out.bytes.len();
        match out.slots.iter_mut().find(|slot| !plain && !slot.plain && slot.name == name) {
            Some(slot) => slot.span.end = span.end,
            None => out.slots.push(Slot { name: name.to_owned(), secret: Secret::new(value), span, plain }),
        }
        Some(mark[0].len())
    }

    /// A value that is nobody's, or somebody else's.
    fn random(&self, rest: &str, out: &mut Rendered) -> Option<usize> {
        let mark = RANDOM.captures(rest)?;
        let (class, argument) = (&mark[1], mark.get(3).map(|m| m.as_str()));
        let value = match class {
            "byte" => vec![u8::from_str_radix(argument?, 16).ok()?],
            "uuid" => {
                let hex = draw(self.seed, &mark[0], "hex", 32);
                [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join(&b'-')
            }
            _ => draw(self.seed, &mark[0], class, argument.map_or(Some(32), |n| n.parse().ok())?),
        };
        out.bytes.extend_from_slice(&value);
        Some(mark[0].len())
    }

    /// `{{b64(...)}}` and its like. Inside, `\n` is a line feed.
    fn call(&self, rest: &str, out: &mut Rendered) -> Option<usize> {
        let mark = CALL.captures(rest)?;
        let length = matching_end(rest)?;
        let mut inner = Rendered { bytes: Vec::new(), slots: Vec::new() };
        self.render(&rest[mark[0].len()..length - ")}}".len()].replace("\\n", "\n"), &mut inner);
        let encoded = encode::value(&mark[1], &inner.bytes)?;
        let span = out.bytes.len()..out.bytes.len() + encoded.len();
        out.bytes.extend_from_slice(&encoded);
        out.slots.extend(inner.slots.into_iter().map(|slot| Slot {
            span: span.clone(),
            plain: false,
            ..slot
        }));
        Some(length)
    }
}

/// Length of a call mark, calls within it included.
fn matching_end(text: &str) -> Option<usize> {
    let mut depth = 0;
    for edge in EDGE.find_iter(text) {
        depth = if edge.as_str() == ")}}" { depth - 1 } else { depth + 1 };
        if depth == 0 {
            return Some(edge.end());
        }
    }
    None
}

/// `length` characters of a class, each as likely as the others; the same for the same seed and name.
fn draw(seed: &str, name: &str, class: &str, length: usize) -> Vec<u8> {
    let alphabet: Vec<u8> = match class {
        "letters" => (b'a'..=b'z').chain(b'A'..=b'Z').collect(),
        "hex" => (b'0'..=b'9').chain(b'a'..=b'f').collect(),
        "HEX" => (b'0'..=b'9').chain(b'A'..=b'F').collect(),
        "digits" => (b'0'..=b'9').collect(),
        "lower" => (b'a'..=b'z').collect(),
        "lowerdigits" => (b'a'..=b'z').chain(b'0'..=b'9').collect(),
        "b58" => alphanumeric().filter(|byte| !b"0OIl".contains(byte)).collect(),
        _ => alphanumeric().collect(),
    };
    let fair = 256 / alphabet.len() * alphabet.len();
    let blocks = (0u64..).map(|block| Sha256::digest(format!("{seed}\0{name}\0{block}")));
    let bytes = blocks.flat_map(|block| block.to_vec()).map(usize::from);
    bytes.filter(|&byte| byte < fair).map(|byte| alphabet[byte % alphabet.len()]).take(length).collect()
}

fn alphanumeric() -> impl Iterator<Item = u8> {
    (b'0'..=b'9').chain(b'a'..=b'z').chain(b'A'..=b'Z')
}

#[test]
fn marks_become_values_at_the_spans_that_are_told() {
    let text = "é {{{key}}} {{key}} {{ .Values.key }} ${{secrets.X}} {{hex:8}} {{byte:e9}} {{letters}}";
    let out = render(text, "seed");
    let at = |slot: &Slot| &out.bytes[slot.span.clone()];
    assert_eq!(out.slots.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["key", "key", "letters"]);
    assert!(out.slots.iter().all(|slot| slot.plain && at(slot) == slot.secret.expose()));
    assert_eq!(at(&out.slots[0]), at(&out.slots[1]), "the same name is the same value");
    assert!(at(&out.slots[2]).iter().all(u8::is_ascii_alphabetic));
    let shown = String::from_utf8_lossy(&out.bytes).into_owned();
    assert!(shown.contains("{{ .Values.key }} ${{secrets.X}} "), "{}", shown.len());
    assert_ne!(render(text, "seed").bytes, render(text, "other").bytes);
}

#[test]
fn encoded_and_split_values_cover_all_that_holds_them() {
    let out = render("a {{b64(x\\n{{b64({{key}})}})}} b", "seed");
    assert_eq!(out.slots.len(), 1);
    assert!(!out.slots[0].plain);
    assert_eq!((out.slots[0].span.start, out.bytes.len() - out.slots[0].span.end), (2, 2));

    let out = render("'{{key:0-10}}' + '{{key:10-32}}'", "seed");
    assert_eq!(out.slots.len(), 1);
    assert_eq!((out.slots[0].span.clone(), out.slots[0].secret.len()), (1..38, 32));
}
