//! Whether a place in a line is in a comment, of whatever language: nothing is known of the file but that line.
//!
//! Takes bytes around the place. What stands in a string is in no comment, unless the string is the value of what is
//! called a comment, as in JSON. In doubt it is none: who wants to be heard writes it behind the sign that begins comments.

use bstr::ByteSlice;

/// Words that begin a comment, or name one where there are no comments.
const WORDS: [&str; 4] = ["rem", "dnl", "comment", "note"];

/// What begins a comment wherever it stands outside of a string.
const SIGNS: [&str; 5] = ["/*", "<!--", "<%--", "{{!", "--[["];

/// The same where a blank follows, or the sign goes on: they mean other things, too.
const SPACED: [&str; 5] = ["(*", "{-", "{#", "<#", "@*"];

/// What begins a comment where nothing stands before it on its line.
const FIRST: [&str; 8] = [";", "%", "*", "!", "::", "--", "\"\"\"", "'''"];

/// How comments of several lines begin and end.
const BLOCKS: [(&str, &str); 9] = [
    ("/*", "*/"),
    ("<!--", "-->"),
    ("(*", "*)"),
    ("{-", "-}"),
    ("{#", "#}"),
    ("<#", "#>"),
    ("<%--", "--%>"),
    ("\"\"\"", "\"\"\""),
    ("'''", "'''"),
];

/// How many quotes that end nothing are passed over in a line: more stand in no code.
const ROUNDS: usize = 4;

/// Whether what stands behind `before`, of which the line begins, and before `after`, is in a comment.
pub(super) fn is_inside(before: &[u8], after: &[u8]) -> bool {
    match string(before, after) {
        Place::Comment => true,
        Place::String { start } => match element(before, after, start) {
            Some((before, after)) => match string(before, after) {
                Place::Comment => true,
                Place::String { .. } => false,
                Place::Code => is_beginning(before),
            },
            None => before[start + 1..].trim().is_empty() && is_called_comment(&before[..start]),
        },
        Place::Code => is_beginning(before),
    }
}

/// What stands before and after a place in a string, if that is all of the line, as each line of code is in a notebook.
fn element<'t>(before: &'t [u8], after: &'t [u8], start: usize) -> Option<(&'t [u8], &'t [u8])> {
    let line = after.lines().next().unwrap_or_default();
    let mut escaped = false;
    let end = line.iter().position(|&byte| {
        let ends = !escaped && byte == b'"';
        escaped = !escaped && byte == b'\\';
        ends
    })?;
    let rest = line[end + 1..].trim();
    let alone = before[start] == b'"' && before[..start].trim().is_empty();
    let alone = alone && (rest.is_empty() || rest == b"," || rest == b"]");
    alone.then(|| (&before[start + 1..], &line[..end]))
}

/// Whether what stands before it in its line is no more than the beginning of a comment.
pub(super) fn is_beginning_alone(before: &[u8]) -> bool {
    let word = word_of(before);
    word.is_empty() || WORDS.contains(&word.as_str())
}

/// Where a comment of several lines begins that ends at the end of `above`, and stands on lines of its own.
pub(super) fn block(above: &[u8]) -> Option<usize> {
    let text = above.trim_end_with(|c| " \t\r".contains(c));
    BLOCKS.iter().find_map(|(open, close)| {
        let inside = text.strip_suffix(close.as_bytes())?;
        let start = inside.rfind(open)?;
        let line = inside[..start].rfind_byte(b'\n').map_or(0, |end| end + 1);
        inside[line..start].trim().is_empty().then_some(start)
    })
}

/// Where the end of a text is.
enum Place {
    Comment,
    /// In a string, which begins here.
    String {
        start: usize,
    },
    Code,
}

/// Where a text ends that goes on with `after`.
fn string(before: &[u8], after: &[u8]) -> Place {
    let line = after.lines().next().unwrap_or_default();
    let mut from = 0;
    for _ in 0..ROUNDS {
        let start = match end_of(before, from) {
            Place::String { start } => start,
            other => return other,
        };
        if (0..line.len()).any(|at| line[at] == before[start] && !is_apostrophe(line, at)) {
            return Place::String { start };
        }
        // It began none: `' a comment` in Basic, or the end of a word.
        if before[start + 1..].trim().is_empty() {
            return Place::Comment;
        }
        from = start + 1;
    }
    Place::Code
}

/// Where a text ends, where no string is open at `from`.
fn end_of(text: &[u8], from: usize) -> Place {
    let mut quote: Option<usize> = None;
    let mut at = from;
    while at < text.len() {
        let byte = text[at];
        match quote {
            Some(_) if byte == b'\\' => at += 1,
            Some(start) if byte == text[start] && !is_apostrophe(text, at) => quote = None,
            Some(_) => {}
            None if begins_comment(text, at) => return Place::Comment,
            None if matches!(byte, b'"' | b'\'' | b'`') && !is_apostrophe(text, at) => quote = Some(at),
            None => {}
        }
        at += 1;
    }
    quote.map_or(Place::Code, |start| Place::String { start })
}

/// Whether a quote is one within a word: `don't`.
fn is_apostrophe(text: &[u8], at: usize) -> bool {
    let letter = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    text[at] == b'\'' && letter(at.checked_sub(1)) && letter(Some(at + 1))
}

/// Whether a comment begins here, outside of a string.
fn begins_comment(text: &[u8], at: usize) -> bool {
    let (before, rest) = text.split_at(at);
    let (last, first) = (before.last().copied(), before.trim().is_empty());
    let begins = |sign: &str| rest.starts_with(sign.as_bytes());
    let is_blank = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_whitespace);
    match rest[0] {
        // Not the end of an address, nor of a word.
        b'#' => first || last.is_none_or(|b| !b.is_ascii_alphanumeric() && !b"/?&=_-.#:$".contains(&b)),
        b'/' if rest.starts_with(b"//") => last != Some(b':'),
        b';' => first || is_blank(last.as_ref()),
        b'-' if rest.starts_with(b"-- ") => is_blank(last.as_ref()),
        _ => {
            let goes_on = is_blank(rest.get(2)) || rest.get(2) == rest.get(1);
            SIGNS.iter().any(|sign| begins(sign))
                || (goes_on && SPACED.iter().any(|sign| begins(sign)))
                || (first && FIRST.iter().any(|sign| begins(sign)))
        }
    }
}

/// Whether a text of code ends with what begins a comment in some language: a sign, or a word.
fn is_beginning(before: &[u8]) -> bool {
    let text = before.trim_end();
    // Not that of an address.
    let sign = text.last().is_some_and(|last| b"#;%!*\\-/@~^{".contains(last)) && !text.ends_with(b"://");
    let sign = sign || text.trim() == b"..";
    let word = text.rsplit(|byte| !byte.is_ascii_alphanumeric()).next().unwrap_or_default();
    let ahead = text[..text.len() - word.len()].trim_end();
    let first = ahead.is_empty() || ahead.ends_with(b"&");
    sign || (first && WORDS.contains(&word.to_str_lossy().to_ascii_lowercase().as_str()))
}

/// Whether what a string is the value of is called a comment: `"_comment": `, `"//": `.
fn is_called_comment(before: &[u8]) -> bool {
    let Some(name) = before.trim_end().strip_suffix(b":") else { return false };
    let name = name.trim_end();
    let name = name.trim_end_with(|c| c == '"' || c == '\'');
    let start = name.rfind_byteset(b"\"', {(").map_or(0, |at| at + 1);
    let name = &name[start..];
    let word = word_of(name);
    matches!(name, b"//" | b"#") || word.ends_with("comment") || word.ends_with("note")
}

/// Letters and digits, in lower case.
fn word_of(text: &[u8]) -> String {
    let word = text.iter().filter(|byte| byte.is_ascii_alphanumeric());
    word.map(|byte| char::from(byte.to_ascii_lowercase())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines with a `|` where it is asked: whether that is in a comment.
    fn check(lines: &[(&str, bool)]) {
        for (line, inside) in lines {
            let at = line.find('|').expect("a place");
            let (before, after) = (&line.as_bytes()[..at], &line.as_bytes()[at + 1..]);
            assert_eq!(is_inside(before, after), *inside, "{line}");
        }
    }

    #[test]
    fn comments_of_any_style() {
        check(&[
            ("key = V # |", true),
            ("key = \"V\"# |", true),
            ("key = V # a test account, |", true),
            ("it's: V # don't, |", true),
            ("key = V // |", true),
            ("url: http://| V", false),
            ("http://|", false),
            ("key = V /* x | */", true),
            ("key = V -- |", true),
            ("key = V --|", true),
            ("key = V ; |", true),
            ("key = V % |", true),
            ("key = V ! |", true),
            ("key = V (* |", true),
            ("key = V {- |", true),
            ("<k>V</k> <!-- |", true),
            ("key = V {# |", true),
            ("key = V {{/* | */}}", true),
            ("key = V <%-- |", true),
            ("key = \"V\" ' |", true),
            ("the users' \"key\" = V # |", true),
            ("the users' 'V |'", false),
            ("the users' f(\"|\", V)", false),
            ("key = \"V\" ' | Ada's", true),
            ("REM |", true),
            ("dnl |", true),
            ("set K=V & rem |", true),
            ("K := 'V'; { | }", true),
            (".. |", true),
            (" * see there, |", true),
            ("{\"key\": \"V\", \"_comment\": \"|\"}", true),
            ("  \"//\": \"|\",", true),
            ("\"keyNote\" : \" |\"", true),
            ("\"\"\"|\"\"\"", true),
            ("curl 'https://a.b' # |", true),
            ("    \"key = 'V' # |\\n\",", true),
            ("    \"key = \\\"V\\\" # |\"", true),
            ("    \"# |\\n\",", true),
        ]);
    }

    #[test]
    fn code_strings_and_addresses_are_no_comments() {
        check(&[
            ("|", false),
            ("key = V |", false),
            ("key = \"V |\"", false),
            ("print('|', V)", false),
            ("f(V, note='|')", false),
            ("f(*V, '|')", false),
            ("print(\"# |\", V)", false),
            ("print('it\\'s # |', V)", false),
            ("url = https://a.b/V |", false),
            ("url = a.b/x#V |", false),
            ("cmd --key V |", false),
            ("cmd --key=V --note |", false),
            ("{\"key\": \"V\", \"text\": \"|\"}", false),
            ("{\"comment\": \"x\", \"text\": \"|\"}", false),
            ("{\"comment\": \"see |\"}", false),
            ("\"|\",", false),
            ("    \"key = V |\\n\",", false),
            ("    \"f('# |', V)\\n\",", false),
            ("    \"# |\", V", false),
            ("a, b, |", false),
            ("note: V |", false),
        ]);
    }

    #[test]
    fn no_line_takes_long_or_is_too_strange() {
        for unit in ["'", "\\'", "\"'`", "\\", "# ", "\u{e9}'", "/*'", "\"\\\""] {
            let line = unit.repeat(2_000).into_bytes();
            for at in [0, 1, 2, 999, 1_000, line.len()] {
                let (before, after) = line.split_at(at.min(line.len()));
                // It ends; what it says of that is of no use to anybody.
                is_inside(before, after);
                block(before);
            }
        }
    }

    #[test]
    fn blocks_stand_on_lines_of_their_own() {
        for (above, start) in [
            ("x\n/** a\n * b\n */", Some(2)),
            ("x\n  /*\n b\n*/  ", Some(4)),
            ("<!--\n b\n-->", Some(0)),
            ("x = 1 /* a\n b */", None),
            ("/* a\n b */\n", None),
            ("/* a */ x = 1", None),
            ("a */", None),
            ("", None),
        ] {
            assert_eq!(block(above.as_bytes()), start, "{above:?}");
        }
    }
}
