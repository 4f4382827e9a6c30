//! Bytes that are listed one by one: `77, 105, 115`, `0x4d, 0x69`, `'M', 'i'`, `4d:69:73`, `4d 69 73`.
//!
//! Takes text, gives the bytes of a list as one run. A list's items are written alike and stand behind each other, apart
//! by commas or, if they are pairs of hex digits, by one mark or blank. Lines of a dump leave this to [`super::dump`].

use std::ops::Range;

use super::splice::{Form, Run};
use super::worth::{SHORTEST, Worth};

/// Most bytes of one list; what is longer is read as several.
const MOST: usize = 1 << 20;

/// Widest gap between two items, in bytes: indentation of the next line.
const WIDEST_GAP: usize = 64;

/// How an item is written, in the word of the reports.
const HEX: &str = "hex";
const DECIMAL: &str = "decimal";
const CHARACTER: &str = "character";

/// A byte in a list, how and where it is written.
#[derive(Clone, Debug)]
struct Item {
    encoding: &'static str,
    byte: u8,
    span: Range<usize>,
}

/// The lists that begin within a part of `text`, if they are worth a look.
pub(super) fn runs(text: &[u8], within: Range<usize>, worth: &Worth<'_>) -> Vec<Run> {
    let mut found = Vec::new();
    let mut take = |items: &dyn Fn(usize) -> Option<Item>, first: Item| {
        let (run, end) = run(items, first, worth);
        found.extend(run);
        end
    };
    let mut done = within.start;
    for comma in memchr::memchr_iter(b',', &text[within.clone()]).map(|comma| within.start + comma) {
        if comma >= done
            && let Some(first) = last_item(text, comma)
        {
            done = take(&|at| item(text, behind_comma(text, at)?), first);
        }
    }
    // So many pairs with what is between them are seen by one look at each such step.
    const STEP: usize = 3 * SHORTEST / 2;
    done = within.start;
    for look in within.clone().step_by(STEP) {
        if look >= done
            && let Some(first) = (look..look + 3).find_map(|at| first_pair(text, at, done))
        {
            done = take(&|at| pair(text, at + 1).filter(|_| text[at] == text[first.span.end]), first.clone());
        }
    }
    found
}

/// The list that begins with `first`, if it is worth a look, and where it ends; `next` reads on behind an item.
fn run(next: &dyn Fn(usize) -> Option<Item>, first: Item, worth: &Worth<'_>) -> (Option<Run>, usize) {
    let encoding = first.encoding;
    let items = || {
        let follows = |item: &Item| next(item.span.end).filter(|next| next.encoding == encoding);
        std::iter::successors(Some(first.clone()), follows).take(MOST)
    };
    let (mut decoded, mut end) = (Vec::new(), first.span.end);
    for item in items() {
        decoded.push(item.byte);
        end = item.span.end;
    }
    let run = (decoded.len() >= SHORTEST && worth.a_look(&decoded)).then(|| {
        let pieces = items().map(|item| item.span).collect();
        Run { encoding, pieces, decoded, form: Form::Each }
    });
    (run, end)
}

/// The item that begins at `at`.
fn item(text: &[u8], at: usize) -> Option<Item> {
    let rest = &text[at..];
    let (encoding, byte, length) = match rest {
        [b'\'', b'\\', b'0', b'\'', ..] => (CHARACTER, 0, 4),
        [b'\'', b'\\', b'n', b'\'', ..] => (CHARACTER, b'\n', 4),
        [b'\'', b'\\', byte, b'\'', ..] => (CHARACTER, *byte, 4),
        [b'\'', byte, b'\'', ..] => (CHARACTER, *byte, 3),
        [b'0', b'x' | b'X', ..] => {
            let digits = rest[2..].iter().take(3).take_while(|byte| byte.is_ascii_hexdigit()).count();
            (HEX, number(&rest[2..2 + digits], 16)?, 2 + digits)
        }
        // A byte with a sign.
        [b'-', ..] => {
            let digits = decimals(&rest[1..]);
            (DECIMAL, number(&rest[1..1 + digits], 10)?.wrapping_neg(), 1 + digits)
        }
        _ => (DECIMAL, number(&rest[..decimals(rest)], 10)?, decimals(rest)),
    };
    let is_whole = !rest.get(length).is_some_and(|&next| next.is_ascii_alphanumeric() || next == b'.');
    is_whole.then_some(Item { encoding, byte, span: at..at + length })
}

fn decimals(text: &[u8]) -> usize {
    text.iter().take(4).take_while(|byte| byte.is_ascii_digit()).count()
}

/// The byte that digits write.
fn number(digits: &[u8], radix: u32) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}

/// The item that ends at `end`.
fn last_item(text: &[u8], end: usize) -> Option<Item> {
    const LONGEST: usize = 4;
    let begins = |at: usize| {
        !at.checked_sub(1).is_some_and(|before| {
            matches!(text[before], b'.' | b'\\') || text[before].is_ascii_alphanumeric()
        })
    };
    (end.saturating_sub(LONGEST)..end)
        .find_map(|at| item(text, at).filter(|item| item.span.end == end && begins(at)))
}

/// Where the item behind a comma begins; a cast may stand before it.
fn behind_comma(text: &[u8], at: usize) -> Option<usize> {
    let blanks = |at: usize| {
        let rest = text.get(at..).unwrap_or_default();
        at + rest.iter().take(WIDEST_GAP).take_while(|byte| byte.is_ascii_whitespace()).count()
    };
    let at = blanks(at);
    let at = blanks(at + (*text.get(at)? == b',').then_some(1)?);
    let cast = [&b"(byte)"[..], b"(char)"].into_iter().find(|cast| text[at..].starts_with(cast));
    Some(cast.map_or(at, |cast| blanks(at + cast.len())))
}

/// The two hex digits at `at`.
fn pair(text: &[u8], at: usize) -> Option<Item> {
    let digits = text.get(at..at + 2)?;
    let is_whole = !text.get(at + 2).is_some_and(u8::is_ascii_alphanumeric);
    let is_pair = is_whole && digits.iter().all(u8::is_ascii_hexdigit);
    is_pair.then(|| Some(Item { encoding: HEX, byte: number(digits, 16)?, span: at..at + 2 }))?
}

/// The first of the pairs that the one at `at` belongs to, but not before `floor`.
fn first_pair(text: &[u8], at: usize, floor: usize) -> Option<Item> {
    let mut first = pair(text, at)?;
    let mark = *text.get(at + 2).filter(|mark| matches!(mark, b' ' | b':' | b'-'))?;
    pair(text, at + 3)?;
    while let Some(before) = first.span.start.checked_sub(3).filter(|&before| before >= floor)
        && text[before + 2] == mark
        && let Some(pair) = pair(text, before)
    {
        first = pair;
    }
    Some(first)
}

#[cfg(test)]
mod tests {
    use super::super::Limits;
    use super::super::tests::{gzip, seen, value};

    #[test]
    fn lists_of_every_kind_are_read() {
        let value = value(43, 32);
        let list =
            |gap: &str, one: &dyn Fn(u8) -> String| value.bytes().map(one).collect::<Vec<_>>().join(gap);
        let decimal = |byte: u8| byte.to_string();
        for (form, encoding) in [
            (format!("String.fromCharCode({})", list(",", &decimal)), "decimal"),
            (format!("bytes([{}])", list(", ", &decimal)), "decimal"),
            (format!("{{\n    {}, 0\n}}", list(",\n    ", &decimal)), "decimal"),
            (format!("{{ (byte)0x{} }}", list(", (byte) 0x", &|byte| format!("{byte:02X}"))), "hex"),
            (format!("{{ {}, '\\0' }}", list(", ", &|byte| format!("'{}'", char::from(byte)))), "character"),
            (format!("\"{}\"", list(" ", &|byte| format!("{byte:02x}"))), "hex"),
            (format!("({})", list(":", &|byte| format!("{byte:02X}"))), "hex"),
            (format!("({})", list("-", &|byte| format!("{byte:02x}"))), "hex"),
        ] {
            for front in 0..50 {
                let text = format!("{}key = {form};\n", "#".repeat(front));
                let (found, issues) = seen(text.as_bytes(), &value, Limits::default());
                assert_eq!((found.len(), issues.len()), (1, 0), "{text}");
                assert_eq!(found[0].decoded, [encoding], "{text}");
                let stored = found[0].stored.clone().expect("no archive");
                let stands = &text[stored.start as usize..stored.end as usize];
                assert!(form.contains(stands) && stands.len() >= form.len() - 32, "{stands} of {form}");
            }
        }
    }

    #[test]
    fn bytes_with_a_sign_are_those_of_a_file() {
        let value = value(44, 32);
        let packed = gzip(format!("KEY={value}\n").as_bytes());
        let list: Vec<String> = packed.iter().map(|&byte| (byte as i8).to_string()).collect();
        let text = format!("byte[] packed = {{ {} }};\n", list.join(", "));
        let (found, _) = seen(text.as_bytes(), &value, Limits::default());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].decoded, ["decimal", "gzip"]);
    }

    #[test]
    fn what_is_no_list() {
        for text in
            ["", ",", "1", "1,2", "a,b", "1.5,2.5", "0x,0x", "300,400", "'ab','cd'", "12:30:00", "a-b", "00:"]
        {
            let (found, issues) = seen(text.as_bytes(), "12", Limits::default());
            assert!(found.iter().all(|seen| seen.decoded.is_empty()) && issues.is_empty(), "{text}");
        }
    }
}
