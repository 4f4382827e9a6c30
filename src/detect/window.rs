//! The text around a candidate as its reader means it: escapes resolved, continued lines joined.
//!
//! Takes raw bytes, gives text in which `\"` is a quote, `\n` a line end, a shell's `\` at a line end a space and a
//! typographic quotation mark a plain one, so that `structure` needs to know no encoding. A notebook's cell is a text
//! of its own, and so is what it has shown; a value that is shown alone is written as what the cell's last line is set
//! to. Positions do not survive, and need not: only the candidate has one.

use bstr::ByteSlice;
use memchr::memmem;

use super::lines::line;

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
        Window::within(text, span, BEFORE, AFTER)
    }

    /// No more of them than the name that a value is given can need.
    pub(super) fn near(text: &[u8], span: &std::ops::Range<usize>) -> Window {
        Window::within(text, span, BEFORE / 6, AFTER / 12)
    }

    fn within(text: &[u8], span: &std::ops::Range<usize>, most_before: usize, most_after: usize) -> Window {
        let (before, after) = sides(text, span, most_before, most_after);
        if let Some(source) = list(before, after, SOURCE) {
            return source;
        }
        if let Some(expression) = shown(before, after) {
            return Window { before: [&expression[..], b" = \""].concat(), after: b"\"\n".to_vec() };
        }
        match OUTPUT.iter().find_map(|text| list(before, after, text)) {
            Some(output) => output,
            None => Window { before: readable(before), after: readable(after) },
        }
    }

    /// The lines of a text that a notebook or a string has with its line ends escaped; none if the value is in none.
    pub(super) fn of_lines(text: &[u8], span: &std::ops::Range<usize>) -> Option<Window> {
        let (before, after) = sides(text, span, BEFORE, AFTER);
        let listed = OUTPUT.iter().chain([&SOURCE]).find_map(|name| list(before, after, name));
        listed.or_else(|| {
            let ends = |text: &[u8], at: usize| text[at] == b'"' && (at == 0 || text[at - 1] != b'\\');
            let start = (0..before.len()).rev().find(|&at| ends(before, at))? + 1;
            let end = (0..after.len()).find(|&at| ends(after, at))?;
            let (before, after) = (&before[start..], &after[..end]);
            let escaped = before.contains_str("\\n") && !before.contains(&b'\n');
            escaped.then(|| Window { before: readable(before), after: readable(after) })
        })
    }

    /// The line of a value in what a notebook has shown.
    pub(super) fn shown_line(text: &[u8], span: &std::ops::Range<usize>) -> Option<Vec<u8>> {
        let (before, after) = sides(text, span, BEFORE, AFTER);
        let shown = OUTPUT.iter().find_map(|name| list(before, after, name))?;
        let (text, span) = shown.with(&text[span.clone()]);
        Some(line(&text, span.start).to_vec())
    }

    /// The text with the value in its place, and that place.
    pub(super) fn with(&self, value: &[u8]) -> (Vec<u8>, std::ops::Range<usize>) {
        let span = self.before.len()..self.before.len() + value.len();
        ([&self.before, value, &self.after].concat(), span)
    }
}

/// So much of a text before and after a span.
fn sides<'t>(
    text: &'t [u8],
    span: &std::ops::Range<usize>,
    most_before: usize,
    most_after: usize,
) -> (&'t [u8], &'t [u8]) {
    let from = span.start.saturating_sub(most_before);
    let to = (span.end + most_after).min(text.len());
    (&text[from..span.start], &text[span.end..to])
}

/// What begins the source of a notebook's cell, and what the cell itself.
const SOURCE: &[u8] = b"\"source\":";
/// What begins a text that a cell has shown.
const OUTPUT: [&[u8]; 2] = [b"\"text\":", b"\"text/plain\":"];
const CELL: &[u8] = b"\"cell_type\"";

/// The expression that a notebook's cell shows, where what stands around the value is all that the cell has shown.
fn shown(before: &[u8], after: &[u8]) -> Option<Vec<u8>> {
    const OUTPUTS: &[u8] = b"\"outputs\":";
    const SHOWING: [(&[u8], &[u8]); 6] = [
        (b"print(", b")"),
        (b"display(", b")"),
        (b"!echo ", b""),
        (b"! echo ", b""),
        (b"%env ", b""),
        (b"!printenv ", b""),
    ];
    let opened = before.trim_end_with(|c| matches!(c, '\'' | '"')).trim_ascii_end();
    let listed = opened.ends_with(b"[");
    let alone = opened.len() < before.len() && (listed || opened.ends_with(b":"));
    let closed = after.strip_prefix(b"'").unwrap_or(after);
    let closed = closed.strip_prefix(b"\\n").unwrap_or(closed).strip_prefix(b"\"")?.trim_ascii_start();
    let closes = match closed.first()? {
        b']' => listed,
        next => !listed && matches!(next, b',' | b'}'),
    };
    if !(alone && closes) {
        return None;
    }
    let outputs = memmem::rfind(before, OUTPUTS)?;
    // The source stands behind what it shows, or before it.
    let rest = &after[..memmem::find(after, CELL).unwrap_or(after.len())];
    let own = &before[memmem::rfind(&before[..outputs], CELL).unwrap_or(0)..outputs];
    let (text, at) = match memmem::find(rest, SOURCE) {
        Some(at) => (rest, at),
        None => (own, memmem::rfind(own, SOURCE)?),
    };
    let list = text[at + SOURCE.len()..].trim_ascii_start().strip_prefix(b"[")?;
    let source = readable(&lines(first_text(&list[..list_end(list)?])));
    let line =
        source.lines().map(<[u8]>::trim_ascii).rfind(|line| !line.is_empty() && !line.starts_with(b"#"))?;
    let showing = SHOWING.iter().find_map(|(start, end)| line.strip_prefix(*start)?.strip_suffix(*end));
    let expression = showing.unwrap_or(line);
    (!expression.contains(&b'=')).then(|| expression.to_vec())
}

/// The part of both that is the list of lines which `name` begins, as a notebook has them; none where they are none.
fn list(before: &[u8], after: &[u8], name: &[u8]) -> Option<Window> {
    let at = memmem::rfind(before, name)?;
    let list = before[at + name.len()..].trim_ascii_start().strip_prefix(b"[")?;
    let inside = list_end(list).is_none();
    inside.then(|| Window {
        before: readable(&lines(first_text(list))),
        after: readable(&lines(&after[..list_end(after).unwrap_or(after.len())])),
    })
}

/// A list of strings from the text of its first one on.
fn first_text(list: &[u8]) -> &[u8] {
    let list = list.trim_ascii_start();
    list.strip_prefix(b"\"").unwrap_or(list)
}

/// Strings of a list from within one on as the lines that they are, so that no quotation mark but their own stands in them.
fn lines(list: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(list.len());
    let mut rest = list;
    while let Some(at) = memmem::find(rest, b"\\n\",") {
        let next = rest[at + 4..].trim_ascii_start();
        out.extend_from_slice(&rest[..at + 2]);
        rest = next.strip_prefix(b"\"").unwrap_or(next);
    }
    out.extend_from_slice(rest);
    out
}

/// Where a list of JSON strings ends that `text` is in the middle of.
fn list_end(text: &[u8]) -> Option<usize> {
    let mut escaped = false;
    text.iter().enumerate().find_map(|(at, &byte)| {
        let quote = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        (quote && text[at + 1..].trim_ascii_start().starts_with(b"]")).then_some(at)
    })
}

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

    #[test]
    fn a_cell_of_a_notebook_is_a_text_of_its_own() {
        let notebook = r#"{"cell_type": "code", "source": ["one = 1\n", "two = \"V\"\n", "three"], "outputs": ["V", "b"]}"#;
        let at = |nth: usize| notebook.match_indices('V').nth(nth).map(|(at, _)| at..at + 1).expect("two");
        let inside = Window::around(notebook.as_bytes(), &at(0));
        assert_eq!(String::from_utf8_lossy(&inside.before), "one = 1\ntwo = \"");
        assert_eq!(String::from_utf8_lossy(&inside.after), "\"\nthree");
        let outside = Window::around(notebook.as_bytes(), &at(1));
        assert!(outside.before.starts_with(b"{\"cell_type\""));
    }

    #[test]
    fn what_a_cell_shows_is_what_its_last_line_is() {
        let shows = |text: &str| {
            let at = text.find('V').expect("the value");
            let before = Window::around(text.as_bytes(), &(at..at + 1)).before;
            String::from_utf8(before).expect("plain text")
        };
        let output = r#""outputs": [{"data": {"text/plain": ["'V'"]}}]"#;
        let stream = r#""outputs": [{"text": ["V\n"]}]"#;
        let behind = |output: &str, source: &str| {
            shows(&format!(
                r#"{{"cell_type": "code", {output}, "source": ["a = 1\n", "{source}"]}}, {{"cell_type": "x"}}"#
            ))
        };
        assert_eq!(behind(output, "os.environ['KEY']"), "os.environ['KEY'] = \"");
        assert_eq!(behind(stream, "print(acme.key)"), "acme.key = \"");
        assert_eq!(behind(stream, "!echo $KEY"), "$KEY = \"");
        let before =
            format!(r#"{{"cell_type": "code", "source": ["acme.key"], {output}}}, {{"cell_type": "x"}}"#);
        assert_eq!(shows(&before), "acme.key = \"");
        let several = r#""outputs": [{"text": ["b\n", "a V\n"]}]"#;
        assert_eq!(behind(several, "print(key)"), "b\na ");
    }
}
