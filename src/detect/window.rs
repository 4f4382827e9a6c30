//! The text around a candidate as its reader means it.
//!
//! Takes raw bytes, gives `readable` text, so that `structure` needs to know no encoding. A notebook's cell is a text of
//! its own, and so is what it has shown; a value that is shown alone is written as what the cell's last line is set to.
//! In a patch the text is the file that its hunk is of, before or after the change. Positions do not survive, and need
//! not: only the candidate has one.

use bstr::ByteSlice;
use memchr::memmem;

use super::lines::line;
use super::readable::readable;

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
        let output = || OUTPUT.iter().find_map(|text| list(before, after, text));
        output()
            .or_else(|| hunk(before, after))
            .unwrap_or_else(|| Window { before: readable(before), after: readable(after) })
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

/// The file that the hunk of a patch is of, around a value in it: as it was before the change where a removed line has
/// the value, as it is after it otherwise.
fn hunk(before: &[u8], after: &[u8]) -> Option<Window> {
    const HEADER: &[u8] = b"\n@@ -";
    memmem::find(before, HEADER)?;
    let header = memmem::rfind(before, HEADER)? + 1;
    let lines = &before[header + before[header..].find_byte(b'\n')? + 1..];
    let own = lines.rfind_byte(b'\n').map_or(lines, |end| &lines[end + 1..]);
    let other = match own.first()? {
        b'-' => b'+',
        b'+' | b' ' => b'-',
        _ => return None,
    };
    let in_hunk = |line: &&[u8]| matches!(line.first(), Some(b' ' | b'+' | b'-' | b'\\' | b'\n' | b'\r'));
    let kept = |line: &&[u8]| !matches!(line.first(), Some(&sign) if sign == other || sign == b'\\');
    let content = |line: &'_ [u8]| if line.len() > 1 { line[1..].to_vec() } else { line.to_vec() };
    if !lines.lines_with_terminator().all(|line| in_hunk(&line)) {
        return None;
    }
    let above: Vec<u8> = lines.lines_with_terminator().filter(kept).flat_map(content).collect();
    let (rest, below) = after.split_at(after.find_byte(b'\n').map_or(after.len(), |end| end + 1));
    let below = below.lines_with_terminator().take_while(in_hunk).filter(kept).flat_map(content);
    let below: Vec<u8> = rest.iter().copied().chain(below).collect();
    Some(Window { before: readable(&above), after: readable(&below) })
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_hunk_is_the_file_before_or_after() {
        let patch = "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@ y\n one:\n-  key: OLD\n+  key: NEW\n   two: 2\n\ndiff --git a b\n";
        let around = |value: &str| {
            let at = patch.find(value).expect("it is there");
            let window = Window::around(patch.as_bytes(), &(at..at + value.len()));
            [window.before, window.after].map(|side| String::from_utf8(side).expect("plain text"))
        };
        assert_eq!(around("OLD"), ["one:\n  key: ", "\n  two: 2\n\n"]);
        assert_eq!(around("NEW"), ["one:\n  key: ", "\n  two: 2\n\n"]);
        let list = "a:\n@@ -1 +1 @@\nb\n- V\n";
        let at = list.find('V').expect("it is there");
        assert!(Window::around(list.as_bytes(), &(at..at + 1)).before.starts_with(b"a:"));
    }
}
