//! Text as its reader means it: escapes resolved, continued lines joined.
//!
//! Takes raw bytes, gives text in which `\"` is a quote, `\n` a line end, a shell's `\` at a line end a space and a
//! typographic quotation mark a plain one. Positions do not survive.

/// Resolves escapes until nothing changes, at most three layers deep (text in JSON in a script).
pub(super) fn readable(text: &[u8]) -> Vec<u8> {
    let mut text = match text.is_ascii() {
        true => joined(text),
        false => plainly(&joined(text)),
    };
    for _ in 0..3 {
        // What begins an escape is rare.
        if memchr::memchr3(b'\\', b'&', b'%', &text).is_none() && memchr::memchr(b'=', &text).is_none() {
            break;
        }
        let resolved = resolve(&text);
        if resolved == text {
            break;
        }
        text = resolved;
    }
    text
}

/// Writes typographic marks as the plain ones that they stand for, and leaves out what has no width.
fn plainly(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(&byte) = rest.first() {
        let (plain, length): (&[u8], usize) = match rest {
            _ if byte < 0x80 => (&rest[..1], 1),
            // Quotation marks: “ ” „ ‟, « », ‹ ›, 「 」 『 』, ＂, and ‘ ’ ‚ ‛.
            [0xe2, 0x80, 0x9c..=0x9f, ..] | [0xe3, 0x80, 0x8c..=0x8f, ..] | [0xef, 0xbc, 0x82, ..] => {
                (b"\"", 3)
            }
            [0xe2, 0x80, 0xb9 | 0xba, ..] => (b"\"", 3),
            [0xc2, 0xab | 0xbb, ..] => (b"\"", 2),
            [0xe2, 0x80, 0x98..=0x9b, ..] => (b"'", 3),
            // Colon, equals sign and comma in full width; dashes; an arrow.
            [0xef, 0xbc, 0x9a, ..] => (b":", 3),
            [0xef, 0xbc, 0x9d, ..] => (b"=", 3),
            [0xef, 0xbc, 0x8c, ..] | [0xe3, 0x80, 0x81, ..] => (b",", 3),
            [0xe2, 0x80, 0x93 | 0x94, ..] => (b"-", 3),
            [0xe2, 0x86, 0x92, ..] => (b"->", 3),
            // Spaces that do not break, and wide ones; then those of no width, byte order marks among them.
            [0xc2, 0xa0, ..] => (b" ", 2),
            [0xe2, 0x80, 0xaf, ..] | [0xe3, 0x80, 0x80, ..] => (b" ", 3),
            [0xe2, 0x80, 0x8b..=0x8f, ..] | [0xef, 0xbb, 0xbf, ..] => (b"", 3),
            _ => (&rest[..1], 1),
        };
        out.extend_from_slice(plain);
        rest = &rest[length..];
    }
    out
}

/// Joins lines that a shell, a Makefile, cmd (`^`) or PowerShell (a backtick) continues.
fn joined(text: &[u8]) -> Vec<u8> {
    // Nothing is joined without one of these marks.
    if memchr::memchr3(b'\\', b'^', b'`', text).is_none() && memchr::memchr(b'\r', text).is_none() {
        return text.to_vec();
    }
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
    const ENTITIES: [(&[u8], u8); 15] = [
        (b"&ldquo;", b'"'),
        (b"&rdquo;", b'"'),
        (b"&laquo;", b'"'),
        (b"&raquo;", b'"'),
        (b"&colon;", b':'),
        (b"&equals;", b'='),
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
        let cases: [(&str, &str); 16] = [
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
            ("\u{feff}a=“b” « c »", "a=\"b\" \" c \""),
            ("clé：b", "clé:b"),
            ("l’clé\u{a0}: b → c — d", "l'clé : b -> c - d"),
        ];
        for (raw, meant) in cases {
            assert_eq!(String::from_utf8_lossy(&readable(raw.as_bytes())), meant);
        }
    }
}
