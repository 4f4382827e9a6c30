//! What the elements of XML and HTML say of what stands in them.
//!
//! Takes the text before a value, gives the elements it stands in and what the one before it holds.

use super::layout::MOST_OUTER;

/// What the element before the one that begins at the end of `text` holds: `<dt>name</dt><dd>`.
pub(super) fn sibling(text: &[u8]) -> Option<String> {
    elements(text).into_iter().nth(1)
}

/// What the key says before the element that begins at the end of `text`, as property lists and maps have them:
/// `<key>name</key><string>`.
pub(super) fn key_beside(text: &[u8]) -> Option<String> {
    let value = text.iter().rposition(|&b| b == b'<')?;
    let key = text[..value].trim_ascii_end().to_ascii_lowercase();
    let name = key.strip_suffix(b"</key>")?.len();
    let start = text[..name].iter().rposition(|&b| b == b'>')? + 1;
    Some(String::from_utf8_lossy(text[start..name].trim_ascii()).into_owned())
}

/// Elements that are open at the end of `text`, innermost first, and the element right before it (a property list's
/// key stands beside its value).
pub(super) fn elements(text: &[u8]) -> Vec<String> {
    let from = text.len().saturating_sub(2048);
    let text = &text[from..];
    let mut outer = Vec::new();
    let mut closed = 0;
    // What counts of what stands before an element, next to it: anything for the value's, a key for those around it.
    let (mut any, mut key) = (true, true);
    // Start of the tag read last, so that what stands between two tags is known.
    let mut end = text.len();
    while let Some(close) = text[..end].iter().rposition(|&b| b == b'>') {
        let Some(open) = text[..close].iter().rposition(|&b| b == b'<') else { break };
        let tag = &text[open + 1..close];
        let directly = text[close + 1..end].iter().all(|b| b.is_ascii_whitespace());
        end = open;
        match tag.first() {
            Some(b'/') => {
                if directly && closed == 0 && (any || key && tag == b"/key") {
                    (any, key) = (false, false);
                    let content = &text[..open];
                    let begin = content.iter().rposition(|&b| b == b'>').map_or(0, |at| at + 1);
                    outer.push(String::from_utf8_lossy(content[begin..].trim_ascii()).into_owned());
                }
                closed += 1;
            }
            // The header of `#include <header>` holds nothing.
            _ if text[..open].trim_ascii_end().ends_with(b"include") => {}
            // An address in angle brackets, a placeholder.
            _ if tag.windows(3).any(|mark| mark == b"://") && !tag.contains(&b' ') => {}
            // An object as a program shows it: `<client.Pool object at 0x7f1e>`.
            _ if tag.windows(6).any(|mark| mark == b" at 0x") => {}
            _ if tag.contains(&b'_') && tag.iter().all(|b| b.is_ascii_uppercase() || *b == b'_') => {}
            Some(first) if first.is_ascii_alphabetic() && !tag.ends_with(b"/") => match closed {
                0 => {
                    key = true;
                    outer.push(String::from_utf8_lossy(tag).into_owned());
                }
                _ => closed -= 1,
            },
            _ => {}
        }
        if outer.len() >= MOST_OUTER {
            break;
        }
    }
    outer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_the_value_beside_it() {
        let cases: [(&str, Option<&str>); 5] = [
            ("<dict>\n\t<key>ApiKey</key>\n\t<string>", Some("ApiKey")),
            ("<entry><Key>api-key</Key><value>", Some("api-key")),
            ("<dt>ApiKey</dt><dd>", None),
            ("<key>Agent</key><string>a</string><string>", None),
            ("<key>", None),
        ];
        for (text, name) in cases {
            assert_eq!(key_beside(text.as_bytes()).as_deref(), name, "{text}");
        }
    }
}
