//! What a program expects of those who call it: a value that what comes in is compared with is the program's own.

use bstr::ByteSlice;

use super::{Judge, Speaks};
use crate::detect::structure::{Holder, Level};
use crate::detect::words::words;

/// Bytes on either side of a name in which a comparison is looked for.
const NEAR: usize = 120;

impl Judge<'_> {
    /// Why the value is one that callers of this program know: what comes in is compared with it.
    pub(super) fn expected(&self, own: &Level) -> Option<String> {
        let compared = match self.is_value() {
            true => self.is_compared_with_request(own),
            false => self.is_compared_with_another() || self.place.levels.iter().take(2).any(compares),
        };
        let expected = compared && self.speaks(&own.name) != Speaks::Ours;
        expected.then(|| "what comes in with a request is compared with it".to_owned())
    }

    /// Whether a header of a request that came in is compared with the value: `req.headers["x-key"] !== VALUE`.
    fn is_compared_with_request(&self, own: &Level) -> bool {
        const REQUEST: [&str; 7] = ["http", "header", "headers", "request", "req", "params", "query"];
        let before = self.file.text[..self.span.start].trim_end_with(|c| matches!(c, '"' | '\'' | '`' | ' '));
        let compared = before.ends_with(b"==") || before.ends_with(b"!=");
        compared && words(&own.name).iter().any(|word| REQUEST.contains(&word.as_str()))
    }

    /// Whether the name that stands for the value is compared with something that the program does not know by itself:
    /// `token != os.environ["NAME"]`.
    fn is_compared_with_another(&self) -> bool {
        let text = self.file.text;
        let before = &text[self.span.start.saturating_sub(NEAR)..self.span.start];
        let after = &text[self.span.end..(self.span.end + NEAR).min(text.len())];
        let before =
            before.trim_end_with(|c| c.is_alphanumeric() || "_.$@\"'[(".contains(c)).trim_ascii_end();
        let left = before.trim_end_with(|c| matches!(c, '=' | '!'));
        let right = after.trim_start_with(|c| matches!(c, '"' | '\'' | ']')).trim_ascii_start();
        let operator = |text: &[u8]| text.len() >= 2 && text.ends_with(b"=");
        let after_operator = right.trim_start_with(|c| matches!(c, '=' | '!'));
        let given = |operand: Option<&[u8]>| operand.is_some_and(|text| !is_literal(&text.to_str_lossy()));
        operator(&before[left.len()..]) && given(left.fields().last())
            || operator(&right[..right.len() - after_operator.len()]) && given(after_operator.fields().next())
    }
}

/// Whether an operand is written out: a text, a number, nothing.
fn is_literal(operand: &str) -> bool {
    const NOTHING: [&str; 8] = ["null", "none", "nil", "undefined", "true", "false", "nothing", "empty"];
    let plain = operand.trim_matches(|c: char| matches!(c, '(' | ')' | ';' | ',' | ':' | '{' | '?'));
    plain.is_empty()
        || plain.starts_with(['"', '\'', '`', '<'])
        || plain.ends_with(['"', '\'', '`'])
        || plain.starts_with(|c: char| c.is_ascii_digit())
        || NOTHING.contains(&plain.to_ascii_lowercase().as_str())
}

/// Whether a call compares its arguments: `hmac.compare_digest(`, `timingSafeEqual(`, `hash_equals(`.
fn compares(level: &Level) -> bool {
    let words = words(&level.head);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    level.holder == Holder::Call
        && (has(&["compare", "equal", "equals"])
            || words.ends_with(&["constant".to_owned(), "time".to_owned()]))
        && !has(&["assert", "expect", "should", "require"])
}
