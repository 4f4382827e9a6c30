//! What the elements of XML and HTML say of what stands in them.
//!
//! Takes the text before a value, gives the elements it stands in and what the one before it holds.

use bstr::ByteSlice;

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

/// What stands beside the pair that has a value, where a record is a list of pairs of a key and a value, as one field in a
/// line: before it, and after. `<String><Key>Name</Key><Value>` is one of them.
pub(super) fn record(before: &[u8], after: &[u8]) -> Option<(String, String)> {
    /// Most fields on either side.
    const MOST: usize = 12;
    let value = before.iter().rposition(|&b| b == b'<')?;
    let key = before[..value].trim_ascii_end();
    let key = key.strip_suffix(b"</Key>").or_else(|| key.strip_suffix(b"</key>"))?;
    let key = key.iter().rposition(|&b| b == b'<')?;
    let pair = before[..key].trim_ascii_end();
    let open = pair.strip_suffix(b">")?.iter().rposition(|&b| b == b'<')?;
    let name = std::str::from_utf8(&pair[open + 1..pair.len() - 1]).ok()?;
    let (begin, end) = (format!("<{name}>"), format!("</{name}>"));
    let own = after.find(&end)? + end.len();
    let mut above = Vec::new();
    let mut rest = before[..open].trim_ascii_end();
    while let Some(inside) = rest.strip_suffix(end.as_bytes()).filter(|_| above.len() < MOST) {
        let from = inside.rfind(&begin)?;
        above.extend(field(&inside[from + begin.len()..]));
        rest = inside[..from].trim_ascii_end();
    }
    let mut below = Vec::new();
    let mut rest = after[own..].trim_ascii_start();
    while let Some(inside) = rest.strip_prefix(begin.as_bytes()).filter(|_| below.len() < MOST) {
        let to = inside.find(&end)?;
        below.extend(field(&inside[..to]));
        rest = inside[to + end.len()..].trim_ascii_start();
    }
    above.reverse();
    let lines = |fields: Vec<String>| fields.join(",\n");
    (above.len() + below.len() > 0).then(|| (lines(above) + ",\n", ",\n".to_owned() + &lines(below)))
}

/// A field of a record out of what its element holds, as it is written elsewhere: `Name: "value"`.
fn field(inside: &[u8]) -> Option<String> {
    let mut texts = inside.split(|&b| b == b'<').filter_map(|part| {
        let end = part.iter().position(|&b| b == b'>')?;
        (!part.starts_with(b"/")).then(|| part[end + 1..].trim_ascii())
    });
    let (key, value) = (texts.next()?, texts.next()?);
    texts.next().is_none().then(|| {
        format!("{}: \"{}\"", String::from_utf8_lossy(key), String::from_utf8_lossy(value).replace('"', ""))
    })
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
    fn a_record_is_a_list_of_pairs() {
        let before = "<Entry><UUID>1</UUID>\n<String><Key>Title</Key><Value>Acme API key</Value></String>\n\
                      <String><Key>User</Key><Value P=\"x\">team</Value></String><String><Key>Password</Key><Value P=\"x\">";
        let after =
            "</Value></String>\n<String><Key>URL</Key><Value>https://acme.example</Value></String></Entry>";
        let (above, below) = record(before.as_bytes(), after.as_bytes()).expect("a record");
        assert_eq!(above, "Title: \"Acme API key\",\nUser: \"team\",\n");
        assert_eq!(below, ",\nURL: \"https://acme.example\"");
        for (before, after) in [
            ("<dict><key>A</key><string>1</string><key>B</key><string>", "</string></dict>"),
            ("<entry><key>A</key><value>", "</value></entry>"),
            ("<Password>", "</Password>"),
        ] {
            assert_eq!(record(before.as_bytes(), after.as_bytes()), None, "{before}");
        }
    }

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
