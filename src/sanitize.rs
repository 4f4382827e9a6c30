//! Untrusted text made fit for a terminal.
//!
//! Paths, messages and lines of scanned files may hold anything: sequences that move the cursor or recolour what
//! was printed before, characters that reverse or hide their neighbours, bytes that are no text. What comes out of
//! here is one line of visible characters. Takes bytes or characters, gives text; what is a secret in it is not its
//! business (see `report::redact`).

use std::borrow::Cow;

/// Bytes as visible text: valid UTF-8 with [`is_visible`] characters stays, everything else becomes `\n`, `\t`,
/// `\r`, `\x1b`, `\u{202e}`, or `\xff` for a byte that is not UTF-8.
///
/// A backslash stays as it is, so that Windows paths can be read: the result is for eyes, not for decoding.
///
/// ```
/// assert_eq!(leeward::sanitize::visible(b"a\x1b[2Jb"), r"a\x1b[2Jb");
/// assert_eq!(leeward::sanitize::visible(b"caf\xe9"), r"caf\xe9");
/// ```
pub fn visible(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && text.chars().all(is_visible)
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|character| push_char(&mut out, character));
        chunk.invalid().iter().for_each(|&byte| push_byte(&mut out, byte));
    }
    Cow::Owned(out)
}

/// An error of the system in lower case and without its number, to end a message with.
pub(crate) fn system_error(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// Appends a character, escaped unless it [`is_visible`].
pub fn push_char(out: &mut String, character: char) {
    match character {
        '\n' => out.push_str(r"\n"),
        '\r' => out.push_str(r"\r"),
        '\t' => out.push_str(r"\t"),
        _ if is_visible(character) => out.push(character),
        // The two digits say all there is to say of an ASCII control character.
        _ if character.is_ascii() => push_byte(out, character as u8),
        _ => out.push_str(&format!("\\u{{{:x}}}", u32::from(character))),
    }
}

/// Appends a byte that is not part of any character, as `\xNN`.
pub fn push_byte(out: &mut String, byte: u8) {
    out.push_str(&format!("\\x{byte:02x}"));
}

/// Whether a character takes its own place on the line and changes nothing but that place.
///
/// False for C0 and C1 controls, DEL, line and paragraph separators, everything that steers the direction of
/// writing, and everything of no width that could hide in a line (combining accents are of their letter and stay).
pub fn is_visible(character: char) -> bool {
    if matches!(character, ' '..='~') {
        return true;
    }
    !(character.is_control()
        || matches!(character,
            // Soft hyphen, combining grapheme joiner, Arabic letter mark.
            '\u{ad}' | '\u{34f}' | '\u{61c}'
            // Fillers that are drawn as nothing.
            | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}'
            | '\u{180b}'..='\u{180f}'
            // Zero-width space, joiners and direction marks.
            | '\u{200b}'..='\u{200f}'
            // Line and paragraph separators, embeddings and overrides.
            | '\u{2028}'..='\u{202e}'
            // Word joiner, invisible operators, isolates, deprecated format characters.
            | '\u{2060}'..='\u{206f}'
            // Variation selectors, byte order mark, annotations.
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
            // Shorthand and musical format characters.
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            // Tags and more variation selectors.
            | '\u{e0000}'..='\u{e0fff}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_visible_characters_come_out() {
        let table: &[(&[u8], &str)] = &[
            (b"", ""),
            (b"plain path/with space.py", "plain path/with space.py"),
            ("naïve 漢字 🔑 e\u{301}".as_bytes(), "naïve 漢字 🔑 e\u{301}"),
            (br"C:\dir", r"C:\dir"),
            (b"two\nlines\r\n\tand a tab", r"two\nlines\r\n\tand a tab"),
            (b"\x1b[31mred\x07\x00\x7f", r"\x1b[31mred\x07\x00\x7f"),
            ("c1 \u{9b}2J".as_bytes(), r"c1 \u{9b}2J"),
            ("abc\u{202e}cba\u{2066}\u{200b}".as_bytes(), r"abc\u{202e}cba\u{2066}\u{200b}"),
            ("\u{feff}bom\u{2028}".as_bytes(), r"\u{feff}bom\u{2028}"),
            ("tag\u{e0041}".as_bytes(), r"tag\u{e0041}"),
            (b"latin-1: caf\xe9, cut: \xe2\x82", r"latin-1: caf\xe9, cut: \xe2\x82"),
        ];
        for (bytes, expected) in table {
            assert_eq!(visible(bytes), *expected, "{bytes:?}");
        }
    }

    #[test]
    fn whatever_goes_in_nothing_hidden_comes_out() {
        for character in (0..=0x10_ffff).filter_map(char::from_u32) {
            let mut out = String::new();
            push_char(&mut out, character);
            assert!(out.chars().all(is_visible), "{:x}", u32::from(character));
        }
        for byte in 0..=255_u8 {
            assert!(visible(&[byte]).chars().all(is_visible), "{byte:x}");
        }
    }
}
