//! From a run of the right alphabet to a candidate: where exactly the value begins, and whether it stands alone.
//!
//! Takes the text and a maximal run, gives the span of a value of exactly the wanted length, or nothing. Looks only at
//! the run's neighbours; what stands around it is the business of `window` and `structure`.

use std::ops::Range;

/// The value of `length` bytes that `run` is, once an escape glued to its front is taken off (`\n`, `\x3d`, `\u0022`,
/// `%3D`, `=3D`, a terminal's colour code). None if the run is longer otherwise, or a part of something larger:
/// base64, a path, a dotted token.
pub(super) fn value_span(text: &[u8], run: Range<usize>, length: usize) -> Option<Range<usize>> {
    let glued = run.len().checked_sub(length)?;
    let start = run.start + glued;
    let alone = match glued {
        0 => !continues_left(text, run.start),
        _ => is_escape(&text[..run.start], &text[run.start..start]),
    };
    (alone && !continues_right(text, run.end)).then_some(start..run.end)
}

/// Most bytes of an escape that can be glued to the front of a value: `u0022`.
pub(super) const LONGEST_GLUED: usize = 5;

/// Why [`value_span`] has nothing for a run: what is wrong with it, and by how much.
pub(super) fn obstacle(text: &[u8], run: &Range<usize>, length: usize) -> String {
    let apart = run.len().abs_diff(length);
    if run.len() < length {
        return format!("{} characters, {apart} fewer than the {length} of a candidate", run.len());
    }
    if run.len() > length {
        return format!("{} characters, {apart} more than the {length} of a candidate", run.len());
    }
    let neighbour = |at: Option<usize>| {
        at.and_then(|at| text.get(at))
            .map(|&byte| char::from(byte).escape_default().to_string())
            .unwrap_or_default()
    };
    let (side, mark) = match continues_left(text, run.start) {
        true => ("before", neighbour(run.start.checked_sub(1))),
        false => ("behind", neighbour(Some(run.end))),
    };
    format!("`{mark}` stands right {side} it: it is a part of something larger")
}

/// Whether `glued`, the first bytes of a run, are the tail of an escape that `before` ends with the beginning of.
fn is_escape(before: &[u8], glued: &[u8]) -> bool {
    let hex = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
    match (before.last(), glued) {
        (Some(b'\\'), [b'n' | b'r' | b't' | b'b' | b'f' | b'v' | b'a' | b'0']) => true,
        (Some(b'\\'), [b'x', digits @ ..]) => digits.len() == 2 && hex(digits),
        (Some(b'\\'), [b'u', digits @ ..]) => digits.len() == 4 && hex(digits),
        (Some(b'\\'), digits @ [b'0'..=b'3', ..]) => digits.len() == 3 && digits.iter().all(is_octal),
        (Some(b'%'), [layers @ .., high, low]) => {
            hex(&[*high, *low]) && layers.chunks(2).all(|layer| layer == b"25")
        }
        // Quoted-printable writes only these where a value could follow.
        (Some(b'='), b"3D" | b"3d" | b"20" | b"22" | b"09") => true,
        (Some(b'[' | b';'), [digits @ .., b'm']) => {
            glued.len() <= LONGEST_GLUED && digits.iter().all(u8::is_ascii_digit) && begins_colour(before)
        }
        _ => false,
    }
}

/// Whether a terminal's escape begins near the end of a text, as a byte or as programs write it: `\\033[1;32`.
fn begins_colour(before: &[u8]) -> bool {
    const NEAR: usize = 20;
    const WRITTEN: [&[u8]; 6] = [br"\033[", br"\x1b[", br"\x1B[", br"\e[", br"\u001b[", br"\u001B["];
    let near = &before[before.len().saturating_sub(NEAR)..];
    near.contains(&0x1b) || WRITTEN.iter().any(|mark| near.windows(mark.len()).any(|part| part == *mark))
}

fn is_octal(digit: &u8) -> bool {
    matches!(digit, b'0'..=b'7')
}

/// Whether what stands before `start` makes the run a part of something larger.
fn continues_left(text: &[u8], start: usize) -> bool {
    let at = |back: usize| start.checked_sub(back).map(|i| text[i]);
    match at(1) {
        // A shell's default: `${NAME:-value}`.
        Some(b'-') => at(2) != Some(b':'),
        // A key in the place of a user: `scheme://value@host`.
        Some(b'/') => !text[..start].ends_with(b"://"),
        Some(b'_') => true,
        // An added line of a patch.
        Some(b'+') => !matches!(at(2), None | Some(b'\n')),
        Some(b'.') => at(2).is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_'),
        _ => false,
    }
}

/// Whether what stands from `end` on makes the run a part of something larger.
fn continues_right(text: &[u8], end: usize) -> bool {
    match text.get(end) {
        Some(b'_' | b'/' | b'-' | b'+') => true,
        Some(b'.') => text.get(end + 1).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_'),
        _ => false,
    }
}

/// Whether a value of `length` bytes after `before` is the last, shorter line of wrapped base64: a certificate, a key
/// file, an attachment.
pub(super) fn is_base64_tail(before: &[u8], length: usize) -> bool {
    let Some(line_end) = before.iter().rposition(|&b| !matches!(b, b' ' | b'\t' | b'"' | b'\'')) else {
        return false;
    };
    if before[line_end] != b'\n' {
        return false;
    }
    let above = &before[..line_end];
    let above = &above[above.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1)..];
    let base64 = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
    let glue = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'"' | b'\'' | b'\\' | b',');
    // What stands before the first line of it in a header: `b=…`.
    let label = above.trim_ascii_end().iter().position(|&b| b == b'=').filter(|&at| at <= 3);
    let above = &above[label.map_or(0, |at| at + 1)..];
    let mut runs = above.split(|b| glue(b)).filter(|run| !run.is_empty());
    let run = runs.next().unwrap_or_default();
    // Behind it may stand what glues it to the next one, and nothing that is said of it.
    run.len() > length && run.iter().all(base64) && runs.all(|rest| rest == b"+" || rest == b"n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cut_out_of_their_neighbours() {
        let value = "Zq4X".repeat(8);
        let cases = [
            ("KEY=", "", true),
            ("\"", "\",", true),
            ("say\\n", "\\n", true),
            ("a\\u003d", "\\u0022", true),
            ("\\x22", "", true),
            ("\\033[32m", "\\033[0m", true),
            ("\\u001b[38;5;124m", "\\u001b[39m", true),
            ("[32m", "", false),
            ("?key%3D", "%26", true),
            ("?key%253D", "%2526", true),
            ("?key%263D", "", false),
            ("key\\075", "\\042", true),
            ("key\\475", "", false),
            ("KEY=3D", "=", true),
            ("\x1b[32m", "\x1b[0m", true),
            ("+", "\n", true),
            ("is ", ".", true),
            ("${KEY:-", "}", true),
            ("n", "", false),
            ("\\q", "", false),
            ("a+", "", false),
            ("a/", "", false),
            ("a://", "@b", true),
            ("a://", "/b", false),
            ("a://", ".b", false),
            ("sk-", "", false),
            ("x_", "", false),
            ("", "/x", false),
            ("", "_", false),
            ("head.", "", false),
            ("", ".tail", false),
        ];
        for (before, after, found) in cases {
            let text = format!("{before}{value}{after}");
            let alnum = |b: &u8| b.is_ascii_alphanumeric();
            let at = before.len();
            let start = text.as_bytes()[..at].iter().rposition(|b| !alnum(b)).map_or(0, |i| i + 1);
            let span = value_span(text.as_bytes(), start..at + 32, 32);
            assert_eq!(span, found.then_some(at..at + 32), "{before:?} {after:?}");
        }
    }

    #[test]
    fn the_last_line_of_wrapped_base64_is_known() {
        let long = "MIIBIjANBgkq/kiG9w0BAQEF+AAOCAQ8AMIIBCgKCAQEAqWbXu1Yh8Z3sD2fQ9v0W";
        let cases = [
            (format!("{long}\n"), true),
            (format!("{long}\r\n"), true),
            (format!("  \"{long}\"\n  \""), true),
            (format!(" b={long}\n "), true),
            ("short\n".to_owned(), false),
            (format!("key: {long}\n"), false),
            (format!("{long} "), false),
        ];
        for (before, tail) in cases {
            assert_eq!(is_base64_tail(before.as_bytes(), 32), tail, "{before:?}");
        }
    }
}
