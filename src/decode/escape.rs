//! Escaped characters: `\x4d`, `\u004d`, `\u{4d}`, `\115`, `%4D`, `&#77;`, `&#x4d;`, `=4D`, `0x4d,` and all of them
//! escaped once more.
//!
//! Takes text, gives the stretches in which letters and digits are escaped. That is not what encoders do, who escape
//! what has a meaning of its own; but people and obfuscators do, and bytes are listed like that. Which language a text
//! is in is not known: what reads as an escape is one.

use std::ops::Range;

use memchr::memmem;

use super::splice::{Form, Run};
use super::worth::{self, SHORTEST, Worth};

/// An escape at the beginning of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Escape {
    /// What it stands for.
    pub(crate) character: char,
    /// How many bytes it takes.
    pub(crate) taken: usize,
    /// Its kind, in the word of the reports.
    pub(super) encoding: &'static str,
}

/// Most times that an escape is escaped again: backslashes before it, `25` in it.
const MOST_LAYERS: usize = 8;

/// Fewest escaped letters and digits that make a stretch one of escapes, unless it is as long as a value.
const FEWEST: usize = 4;

/// Decoded bytes after which a stretch ends at the next character that is no letter or digit …
const LONG: usize = 16 * 1024;
/// … and after which it ends in any case.
const LONGEST: usize = 64 * 1024;

/// Reads the escape that `text` begins with, if there is one.
pub(crate) fn read(text: &[u8]) -> Option<Escape> {
    let (code, taken, encoding) = match text.first()? {
        b'\\' => backslash(text)?,
        b'`' if text.get(1) == Some(&b'u') => {
            let (code, taken) = braced(text, 2)?;
            (code, taken, "unicode-escape")
        }
        b'%' => percent(text)?,
        b'&' => entity(text)?,
        b'=' => (digits(text, 1, 2, 16)?, 3, "quoted-printable"),
        b'0' => listed(text)?,
        _ => return None,
    };
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    Some(Escape { character, taken, encoding })
}

/// The number that `count` digits from `at` on write.
fn digits(text: &[u8], at: usize, count: usize, radix: u32) -> Option<u32> {
    let digits = text.get(at..at + count)?;
    digits.iter().try_fold(0, |number, &digit| Some(number * radix + char::from(digit).to_digit(radix)?))
}

/// The number in braces from `at` on, and where it ends.
fn braced(text: &[u8], at: usize) -> Option<(u32, usize)> {
    const MOST_DIGITS: usize = 8;
    if text.get(at) != Some(&b'{') {
        return None;
    }
    let count = text[at + 1..].iter().take(MOST_DIGITS).take_while(|b| b.is_ascii_hexdigit()).count();
    (count > 0 && text.get(at + 1 + count) == Some(&b'}'))
        .then(|| digits(text, at + 1, count, 16).map(|code| (code, at + 2 + count)))?
}

fn backslash(text: &[u8]) -> Option<(u32, usize, &'static str)> {
    let layers = text.iter().take(MOST_LAYERS + 1).take_while(|&&b| b == b'\\').count();
    let from = layers + 1;
    let (code, taken, encoding) = match text.get(layers).filter(|_| layers <= MOST_LAYERS)? {
        b'x' => match braced(text, from) {
            Some((code, end)) => (code, end, "hex-escape"),
            None => (digits(text, from, 2, 16)?, from + 2, "hex-escape"),
        },
        b'u' => match braced(text, from) {
            Some((code, end)) => (code, end, "unicode-escape"),
            None => (digits(text, from, 4, 16)?, from + 4, "unicode-escape"),
        },
        b'U' => (digits(text, from, 8, 16)?, from + 8, "unicode-escape"),
        // As echo writes it: a zero and three digits.
        b'0' if text.get(from) == Some(&b'1') && digits(text, from, 3, 8).is_some() => {
            (digits(text, from, 3, 8)?, from + 3, "octal-escape")
        }
        b'0'..=b'7' => {
            let count = (1..=3).rev().find(|&count| digits(text, layers, count, 8).is_some())?;
            (digits(text, layers, count, 8)?, layers + count, "octal-escape")
        }
        _ => return None,
    };
    Some((code, taken, encoding))
}

fn percent(text: &[u8]) -> Option<(u32, usize, &'static str)> {
    let mut at = 1;
    for _ in 0..MOST_LAYERS {
        if text.get(at..at + 2) != Some(b"25") {
            break;
        }
        at += 2;
    }
    // `%25` may be the last layer itself: an escaped percent sign.
    let escape = match text.get(at) {
        Some(b'u') => digits(text, at + 1, 4, 16).map(|code| (code, at + 5)),
        _ => digits(text, at, 2, 16).map(|code| (code, at + 2)),
    };
    let (code, taken) = escape.or_else(|| (at > 1).then_some((u32::from(b'%'), at)))?;
    Some((code, taken, "percent"))
}

fn entity(text: &[u8]) -> Option<(u32, usize, &'static str)> {
    const MOST_DIGITS: usize = 7;
    let mut at = 1;
    while text.get(at..at + 4) == Some(b"amp;") && at < 4 * MOST_LAYERS {
        at += 4;
    }
    let (from, radix) = match (text.get(at)?, text.get(at + 1)?) {
        (b'#', b'x' | b'X') => (at + 2, 16),
        (b'#', _) => (at + 1, 10),
        _ => return None,
    };
    let count = text[from..].iter().take(MOST_DIGITS).take_while(|&&b| char::from(b).is_digit(radix)).count();
    (count > 0 && text.get(from + count) == Some(&b';'))
        .then(|| digits(text, from, count, radix).map(|code| (code, from + count + 1, "html-entity")))?
}

/// A byte of a list, with what separates it from the next.
fn listed(text: &[u8]) -> Option<(u32, usize, &'static str)> {
    const WIDEST: usize = 24;
    if !matches!(text.get(1), Some(b'x' | b'X')) || text.get(4).is_some_and(u8::is_ascii_hexdigit) {
        return None;
    }
    let code = digits(text, 2, 2, 16)?;
    let separates = |b: &&u8| matches!(b, b',' | b' ' | b'\t' | b'\r' | b'\n');
    let gap = text[4..].iter().take(WIDEST).take_while(separates).count();
    Some((code, 4 + gap, "hex"))
}

/// One step through a stretch of escapes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// What it gives: nothing, where a line is broken.
    character: Option<char>,
    /// How many bytes it takes.
    pub(super) taken: usize,
    /// The kind of escape; none if the character stands for itself.
    encoding: Option<&'static str>,
}

impl Step {
    /// Length of what it gives, in bytes of UTF-8.
    pub(super) fn length(&self) -> usize {
        self.character.map_or(0, char::len_utf8)
    }

    fn is_alphanumeric(&self) -> bool {
        self.character.is_some_and(|c| c.is_ascii_alphanumeric())
    }
}

/// What stands at `at`: an escape, a soft line break, or a character as it is.
pub(super) fn step(text: &[u8], at: usize) -> Step {
    let rest = &text[at..];
    if let Some(escape) = read(rest) {
        return Step {
            character: Some(escape.character),
            taken: escape.taken,
            encoding: Some(escape.encoding),
        };
    }
    let soft_breaks: [&[u8]; 2] = [b"=\r\n", b"=\n"];
    match soft_breaks.into_iter().find(|mark| rest.starts_with(mark)) {
        Some(mark) => Step { character: None, taken: mark.len(), encoding: Some("quoted-printable") },
        None => Step { character: Some(char::from(rest[0])), taken: 1, encoding: None },
    }
}

/// The stretches with escaped letters and digits that begin within a part of `text`, if any of them is worth a look.
pub(super) fn runs(text: &[u8], within: Range<usize>, worth: &Worth<'_>) -> Vec<Run> {
    let part = &text[within.clone()];
    let mut found = Vec::new();
    let mut search = |leads: &mut dyn Iterator<Item = usize>| {
        let mut done = 0;
        for lead in leads.map(|lead| within.start + lead) {
            if lead >= done && read(&text[lead..]).is_some() {
                let stretch = stretch(text, lead, done);
                done = stretch.end;
                found.extend(stretch.run);
            }
        }
    };
    search(&mut memchr::memchr3_iter(b'\\', b'%', b'&', part));
    search(&mut memchr::memchr_iter(b'=', part));
    search(&mut memmem::find_iter(part, b"0x").chain(memmem::find_iter(part, b"0X")));
    search(&mut memmem::find_iter(part, b"`u{"));
    let is_worth = found.iter().any(|run: &Run| worth.a_look(&run.decoded));
    if is_worth { found } else { Vec::new() }
}

struct Stretch {
    end: usize,
    run: Option<Run>,
}

/// The stretch around the escape at `lead`, but not before `floor`.
fn stretch(text: &[u8], lead: usize, floor: usize) -> Stretch {
    let start = start(text, lead, floor);
    let mut decoded = Vec::new();
    let (mut at, mut escaped, mut encoding) = (start, 0, None);
    // Characters that stand for themselves, one after the other.
    let (mut as_they_are, mut longest) = (0, 0);
    while at < text.len() && decoded.len() < LONGEST {
        let step = step(text, at);
        let plain = step.encoding.is_none();
        // A single mark between two escapes may have been left as it is.
        let mark = plain
            && matches!(text[at], b' ' | b'_' | b'-' | b'.' | b'/' | b':' | b'=' | b'"' | b'\'')
            && read(&text[at + 1..]).is_some_and(|next| Some(next.encoding) == encoding);
        if plain && !step.is_alphanumeric() && !mark || !step.is_alphanumeric() && decoded.len() >= LONG {
            break;
        }
        if step.encoding.is_some() && step.is_alphanumeric() {
            escaped += 1;
            encoding = encoding.or(step.encoding);
        }
        if let Some(character) = step.character {
            decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        as_they_are = if plain { as_they_are + 1 } else { 0 };
        longest = longest.max(as_they_are);
        at += step.taken;
    }
    let is_enough = |encoding: &&str| {
        escaped >= FEWEST
            // What is whole without its escapes was seen. An equals sign is hardly ever an escape's.
            || *encoding != "quoted-printable" && longest < SHORTEST && worth::holds_run(&decoded)
    };
    let run = encoding.filter(is_enough).map(|encoding| Run {
        encoding,
        pieces: std::iter::once(start..at).collect(),
        decoded,
        form: Form::Escapes,
    });
    Stretch { end: at, run }
}

/// Where the letters and digits begin that stand before the escape at `lead`.
fn start(text: &[u8], lead: usize, floor: usize) -> usize {
    const MOST: usize = 64;
    let from = lead.saturating_sub(MOST).max(floor);
    let before = &text[from..lead];
    let start = before.iter().rposition(|b| !b.is_ascii_alphanumeric()).map_or(from, |at| from + at + 1);
    // The letter of `\n` belongs to its backslash.
    let simple = start > 0
        && text[start - 1] == b'\\'
        && matches!(text[start], b'n' | b'r' | b't' | b'b' | b'f' | b'v' | b'a')
        && start < lead;
    start + usize::from(simple)
}

/// Whether there are escaped letters and digits as many as a value has, one after the other. Cheap, and never wrong
/// where all of them are escaped alike.
pub fn may_hold_escapes(text: &[u8]) -> bool {
    // So many escapes take 96 bytes at least, and cover the first bytes of one such piece wherever they begin.
    const STEP: usize = 80;
    let (pieces, rest) = text.as_chunks::<STEP>();
    let is_escaped = |(index, piece): (usize, &[u8; STEP])| {
        piece.first_chunk().is_some_and(has_no_words) && is_within_escapes(text, index * STEP)
    };
    pieces.iter().enumerate().any(is_escaped)
        || rest.first_chunk().is_some_and(has_no_words) && is_within_escapes(text, text.len() - rest.len())
}

/// Bytes that are looked at.
const BLOCK: usize = 16;

/// Whether there are no letters but those that escapes are written with: hex digits, `x` and `u`, and those of `&amp;`.
/// Branch-free, so that it is compiled to vector instructions.
#[inline(always)]
fn has_no_words(block: &[u8; BLOCK]) -> bool {
    let mut words = 0_u8;
    for &byte in block {
        let letter = byte | 0x20;
        let other = letter.wrapping_sub(b'g') <= b'z' - b'g';
        words |= u8::from(other & (letter != b'x') & (letter != b'u') & (letter != b'm') & (letter != b'p'));
    }
    words == 0
}

/// Whether a byte may begin an escape.
fn is_lead(byte: u8) -> bool {
    matches!(byte, b'\\' | b'%' | b'&' | b'=' | b'0' | b'`')
}

/// Whether a block has what is in every escape, more than once. Branch-free, so that it is compiled to vector
/// instructions.
fn has_leads(block: &[u8; BLOCK]) -> bool {
    let mut leads = 0_u8;
    for &byte in block {
        let mark = (byte == b'\\') | (byte == b'%') | (byte == b'&') | (byte == b'#') | (byte == b'=');
        leads += u8::from(mark | (byte | 0x20 == b'x'));
    }
    leads > 1
}

/// Whether the block at `block` lies in a stretch of escaped letters and digits that is as long as a value.
#[cold]
fn is_within_escapes(text: &[u8], block: usize) -> bool {
    // However they are written, so many follow the first block that is looked at: most tables of bytes end before.
    const FOLLOWING: usize = 3;
    const LONGEST_ESCAPE: usize = 32;
    if !text[block..].first_chunk().is_some_and(has_leads) {
        return false;
    }
    let escape_at = |at: usize| Some(step(text, at)).filter(|step| step.encoding.is_some());
    let is_value = |step: &Step| step.is_alphanumeric() || step.character.is_none();
    let Some(lead) = (block..block + BLOCK)
        .find(|&at| is_lead(text[at]) && escape_at(at).is_some_and(|step| is_value(&step)))
    else {
        return false;
    };
    // It may have begun before the block.
    let lead = lead - text[..lead].iter().rev().take(MOST_LAYERS).take_while(|&&b| b == b'\\').count();
    let (mut at, mut count) = (lead, 0);
    while at < text.len()
        && count < SHORTEST
        && let Some(step) = escape_at(at).filter(is_value)
    {
        count += step.length();
        at += step.taken;
    }
    if count < FOLLOWING {
        return false;
    }
    at = lead;
    while count < SHORTEST {
        // The longest that ends here: its beginning may be escaped itself.
        let before = (1..=LONGEST_ESCAPE.min(at)).rev().find_map(|back| {
            escape_at(at - back).filter(|step| step.taken == back && is_value(step)).map(|step| (back, step))
        });
        let Some((back, step)) = before else { return false };
        count += step.length();
        at -= back;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, value};

    #[test]
    fn a_value_with_one_escaped_character() {
        let value = value(45, 32);
        for at in [0, 9, 31] {
            let (before, after) = (&value[..at], &value[at + 1..]);
            let code = value.as_bytes()[at];
            check("KEY=\"", &format!("{before}\\u{code:04x}{after}"), "\"", &value, &["unicode-escape"]);
            check("key=", &format!("{before}%{code:02X}{after}"), "&", &value, &["percent"]);
            check("<b>", &format!("{before}&#{code};{after}"), "</b>", &value, &["html-entity"]);
        }
    }
}
