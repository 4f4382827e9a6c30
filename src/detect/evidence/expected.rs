//! What a program expects of those who call it, and what it keeps for itself: a value that what comes in is compared with
//! is its own, and so is one that it encrypts or signs with.

use bstr::ByteSlice;

use super::{Judge, Speaks};
use crate::detect::structure::{Bound, Holder, Level};
use crate::detect::words::words;

/// Bytes on either side of a name in which a comparison is looked for.
const NEAR: usize = 120;

impl Judge<'_> {
    /// Why the value is the program's own: what comes in is compared with it, or something is encrypted or signed with it.
    pub(super) fn expected(&self, own: &Level) -> Option<String> {
        if self.speaks(&own.name) == Speaks::Ours {
            return None;
        }
        let mut calls = self.place.levels.iter().take(2);
        if calls.clone().any(seals) {
            return Some("the program encrypts or signs with it".to_owned());
        }
        if self.is_option_of_server(own) {
            return Some("what serves requests expects it of those who call".to_owned());
        }
        let compared = match self.is_value() {
            true => self.is_compared_with_request(own),
            false => self.is_compared_with_another() || calls.any(compares),
        };
        compared.then(|| "what comes in with a request is compared with it".to_owned())
    }

    /// Whether the value is an option of a command that serves models itself: `acme serve --api-key VALUE`.
    fn is_option_of_server(&self, own: &Level) -> bool {
        const SERVES: [&str; 4] = ["serve", "server", "runserver", "launcher"];
        let option = own.name.split_whitespace().last().is_some_and(|word| word.starts_with("--"));
        if own.bound != Bound::Spaced || !option {
            return false;
        }
        let command = self.file.command(self.span.start).to_str_lossy();
        let words_of_program = command.split_whitespace().take_while(|word| !word.starts_with("--"));
        !self.has_host(&command)
            && words_of_program.take(6).any(|word| {
                let serves = words(word).last().is_some_and(|last| SERVES.contains(&last.as_str()));
                serves && self.speaks(word) != Speaks::Ours
            })
    }

    /// Whether a header of a request that came in is compared with the value: `req.headers["x-key"] !== VALUE`.
    fn is_compared_with_request(&self, own: &Level) -> bool {
        const REQUEST: [&str; 7] = ["http", "header", "headers", "request", "req", "params", "query"];
        let quote = |c: char| matches!(c, '"' | '\'' | '`' | ' ');
        let before =
            without_scheme(self.file.text[..self.span.start].trim_end_with(quote)).trim_end_with(quote);
        let compared = before.ends_with(b"==") || before.ends_with(b"!=");
        compared && words(&own.name).iter().any(|word| REQUEST.contains(&word.as_str()))
    }

    /// Whether the name that stands for the value is compared with something that the program does not know by itself:
    /// `token != os.environ["NAME"]`.
    fn is_compared_with_another(&self) -> bool {
        let text = self.file.text;
        let before = &text[self.span.start.saturating_sub(NEAR)..self.span.start];
        let after = &text[self.span.end..(self.span.end + NEAR).min(text.len())];
        let operand = |c: char| c.is_alphanumeric() || "_.$@\"'[({".contains(c);
        let before = before.trim_end_with(operand).trim_ascii_end();
        let before = without_literal(without_scheme(before).trim_end_with(|c| matches!(c, '"' | '\'' | ' ')));
        let left = before.trim_end_with(|c| matches!(c, '=' | '!'));
        let right = after.trim_start_with(|c| matches!(c, '"' | '\'' | ']' | '}')).trim_ascii_start();
        let operator = |text: &[u8]| text.len() >= 2 && text.ends_with(b"=");
        let after_operator = right.trim_start_with(|c| matches!(c, '=' | '!'));
        let given = |operand: Option<&[u8]>| operand.is_some_and(|text| !is_literal(&text.to_str_lossy()));
        operator(&before[left.len()..]) && (ends_in_call(left) || given(left.fields().last()))
            || operator(&right[..right.len() - after_operator.len()]) && given(after_operator.fields().next())
    }
}

/// What stands before the scheme of a header: `"Bearer ${NAME}"`.
fn without_scheme(before: &[u8]) -> &[u8] {
    const SCHEMES: [&[u8]; 3] = [b"Bearer", b"bearer", b"Basic"];
    SCHEMES.iter().find_map(|scheme| before.strip_suffix(*scheme)).unwrap_or(before)
}

/// What stands before a text that a value is joined to: `"Bearer " + `.
fn without_literal(before: &[u8]) -> &[u8] {
    let Some(joined) = before.strip_suffix(b"+").map(<[u8]>::trim_ascii_end) else { return before };
    let Some((&quote, text)) = joined.split_last().filter(|(quote, _)| b"\"'`".contains(quote)) else {
        return before;
    };
    text.rfind_byte(quote).map_or(before, |open| text[..open].trim_ascii_end())
}

/// Whether a text ends in a call or an entry of something, whatever it is asked for: `request.header("X-Token")`.
fn ends_in_call(text: &[u8]) -> bool {
    let text = text.trim_ascii_end();
    let Some(&close) = text.last().filter(|close| b")]".contains(close)) else { return false };
    let open = if close == b')' { b'(' } else { b'[' };
    let mut depth = 0_usize;
    for (at, &byte) in text.iter().enumerate().rev() {
        depth += usize::from(byte == close);
        depth -= usize::from(byte == open);
        if depth == 0 {
            return text[..at].last().is_some_and(|b| b.is_ascii_alphanumeric() || b"_]?".contains(b));
        }
    }
    false
}

/// Whether an operand is what the program knows by itself: a text, a number, a constant, nothing.
fn is_literal(operand: &str) -> bool {
    const NOTHING: [&str; 8] = ["null", "none", "nil", "undefined", "true", "false", "nothing", "empty"];
    let plain = operand.trim_matches(|c: char| matches!(c, '(' | ')' | ';' | ',' | ':' | '{' | '?'));
    plain.is_empty()
        || plain.starts_with(['"', '\'', '`', '<'])
        || plain.ends_with(['"', '\'', '`']) && !plain.contains(['(', '['])
        || plain.starts_with(|c: char| c.is_ascii_digit())
        || plain.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
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

/// Whether all that a call does with a value is to encrypt it: `secret: encrypt("VALUE")`.
pub(super) fn is_encrypted_by(level: &Level) -> bool {
    const ENCRYPTS: [&str; 5] = ["encrypt", "encrypted", "seal", "encipher", "protect"];
    let bare = |text: &str| text.trim_matches(|c: char| c.is_whitespace() || "\"'`".contains(c)).is_empty();
    let callee = words(&level.head);
    level.holder == Holder::Call
        && level.bound == Bound::Positional
        && callee.last().is_some_and(|word| ENCRYPTS.contains(&word.as_str()))
        && bare(&level.before)
        && bare(&level.after)
}

/// Whether a call encrypts or signs with its arguments: `createHmac(`, `openssl_encrypt(`, `jwt.sign(`.
fn seals(level: &Level) -> bool {
    const SEALS: [&str; 16] = [
        "hmac",
        "encrypt",
        "decrypt",
        "cipher",
        "cipheriv",
        "decipher",
        "decipheriv",
        "aes",
        "seal",
        "unseal",
        "jwt",
        "fernet",
        "poly1305",
        "secretbox",
        "aead",
        "gcm",
    ];
    let words = words(&level.head);
    let signs = words.last().is_some_and(|word| matches!(word.as_str(), "sign" | "verify"));
    level.holder == Holder::Call
        && level.bound == Bound::Positional
        && !is_encrypted_by(level)
        && (signs || words.iter().any(|word| SEALS.contains(&word.as_str())))
}
