//! The text around a candidate as its reader means it: escapes resolved, continued lines joined.
//!
//! Takes raw bytes, gives text in which `\"` is a quote, `\n` a line end and a shell's `\` at a line end a space, so
//! that `structure` needs to know no encoding. Positions do not survive, and need not: only the candidate has one.

/// How many bytes before a candidate are read.
const BEFORE: usize = 6 * 1024;
/// How many bytes after it.
const AFTER: usize = 3 * 1024;

/// What stands around a candidate.
#[derive(Debug)]
pub(super) struct Window {
    /// Up to the candidate, escapes resolved.
    pub(super) before: Vec<u8>,
    /// From its end on, escapes resolved.
    pub(super) after: Vec<u8>,
}

impl Window {
    /// The surroundings of `span` in `text`, bounded on both sides.
    pub(super) fn around(text: &[u8], span: &std::ops::Range<usize>) -> Window {
        let from = span.start.saturating_sub(BEFORE);
        let to = (span.end + AFTER).min(text.len());
        Window { before: readable(&text[from..span.start]), after: readable(&text[span.end..to]) }
    }
}

/// Resolves escapes until nothing changes, at most three layers deep (text in JSON in a script).
pub(super) fn readable(text: &[u8]) -> Vec<u8> {
    let mut text = joined(text);
    for _ in 0..3 {
        let resolved = resolve(&text);
        if resolved == text {
            break;
        }
        text = resolved;
    }
    text
}

/// Joins lines that a shell, a Makefile, cmd (`^`) or PowerShell (a backtick) continues.
fn joined(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        let line_end = tail.strip_prefix(b"\n").or_else(|| tail.strip_prefix(b"\r\n"));
        // The marks of cmd and PowerShell continue a line only after a space; elsewhere they close a quotation.
        let continues = byte == b'\\' || (matches!(byte, b'^' | b'`') && out.last() == Some(&b' '));
        match (byte, line_end) {
            (_, Some(next)) if continues => {
                out.push(b' ');
                rest = next;
            }
            (b'\r', Some(_)) => rest = tail,
            _ => {
                out.push(byte);
                rest = tail;
            }
        }
    }
    out
}

/// Resolves one layer of escapes.
fn resolve(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(&byte) = rest.first() {
        let resolved = match byte {
            b'\\' => backslash(rest),
            b'&' => entity(rest),
            b'%' => hex_pair(rest.get(1..3)).map(|b| (b, 3)),
            b'=' => matches!(rest.get(1..3), Some(b"3D" | b"3d")).then_some((b'=', 3)),
            _ => None,
        };
        let (resolved, length) = resolved.filter(|(b, _)| !b.is_ascii_alphanumeric()).unwrap_or((byte, 1));
        out.push(resolved);
        rest = &rest[length..];
    }
    out
}

/// The byte that a backslash escape stands for, and the escape's length.
fn backslash(text: &[u8]) -> Option<(u8, usize)> {
    Some(match text.get(1)? {
        b'n' | b'r' => (b'\n', 2),
        b't' => (b'\t', 2),
        &quoted @ (b'"' | b'\'' | b'\\' | b'/' | b'`' | b'$') => (quoted, 2),
        b'x' => (hex_pair(text.get(2..4))?, 4),
        b'u' if text.get(2..4) == Some(b"00") => (hex_pair(text.get(4..6))?, 6),
        _ => return None,
    })
}

/// The byte that an HTML entity stands for, and the entity's length.
fn entity(text: &[u8]) -> Option<(u8, usize)> {
    const ENTITIES: [(&[u8], u8); 9] = [
        (b"&quot;", b'"'),
        (b"&apos;", b'\''),
        (b"&#34;", b'"'),
        (b"&#39;", b'\''),
        (b"&#61;", b'='),
        (b"&lt;", b'<'),
        (b"&gt;", b'>'),
        (b"&amp;", b'&'),
        (b"&nbsp;", b' '),
    ];
    ENTITIES.iter().find(|(name, _)| text.starts_with(name)).map(|(name, byte)| (*byte, name.len()))
}

/// The byte that two hex digits write.
fn hex_pair(digits: Option<&[u8]>) -> Option<u8> {
    let digits = std::str::from_utf8(digits?).ok()?;
    u8::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_read_as_what_they_mean() {
        let cases: [(&str, &str); 13] = [
            (r#"{\"a\": \"b\"}"#, r#"{"a": "b"}"#),
            (r#"{\\\"a\\\"}"#, r#"{"a"}"#),
            (r"one\ntwo", "one\ntwo"),
            (r"a\u003db", "a=b"),
            (r"a\x3db", "a=b"),
            ("a%3Db%20c", "a=b c"),
            ("a=3Db", "a=b"),
            ("&lt;a b=&quot;c&quot;&gt;", "<a b=\"c\">"),
            ("see `a`\n`b`", "see `a`\n`b`"),
            ("curl `\n -H", "curl   -H"),
            ("curl \\\n -H x \\\r\n y", "curl   -H x   y"),
            ("100% of 50%41", "100% of 50%41"),
            (r"\u0041", r"\u0041"),
        ];
        for (raw, meant) in cases {
            assert_eq!(String::from_utf8_lossy(&readable(raw.as_bytes())), meant);
        }
    }
}
