//! Marks inside a line of text: what formats a part of it, and does not part it.
//!
//! Takes markup, says how much of it stands between two pieces of one word: elements of a line in HTML (`<span>`, `<wbr>`),
//! runs in office documents, which editors cut anywhere (`</w:t></w:r><w:r><w:t>`). What begins a paragraph, a cell or an
//! item ends the word; it is none of these.

/// Longest markup between two pieces, in bytes: runs say at length how they look.
pub(super) const WIDEST: usize = 2048;

/// Elements, without the name of their space.
const INLINE: [&str; 23] = [
    "span",
    "wbr",
    "b",
    "i",
    "em",
    "strong",
    "font",
    "code",
    "tt",
    "kbd",
    "samp",
    "var",
    "mark",
    "u",
    "s",
    "small",
    "big",
    "r",
    "t",
    "proofErr",
    "bookmarkStart",
    "bookmarkEnd",
    "lang",
];

/// What says how a run looks, whatever is in it.
const PROPERTIES: &str = "rPr";

/// Length of the tags that `text` begins with, if none of them parts what is around them.
pub(super) fn inline(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut properties = false;
    while let Some(tag) = text[at..].strip_prefix(b"<") {
        let length = memchr::memchr(b'>', tag)?;
        let tag = &tag[..length];
        if local_name(tag) == Some(PROPERTIES) {
            properties = !tag.starts_with(b"/") && !tag.ends_with(b"/");
        } else if !properties && !is_inline(tag) {
            return None;
        }
        at += length + 2;
    }
    (at > 0 && !properties).then_some(at)
}

/// Whether a tag, without its brackets, is one that formats a part of a line.
pub(crate) fn is_inline(tag: &[u8]) -> bool {
    local_name(tag).is_some_and(|name| INLINE.contains(&name))
}

/// The name of an element, without that of its space.
fn local_name(tag: &[u8]) -> Option<&str> {
    let tag = tag.strip_prefix(b"/").unwrap_or(tag);
    let name = tag.split(|byte| byte.is_ascii_whitespace() || *byte == b'/').next()?;
    let local = name.rsplit(|&byte| byte == b':').next()?;
    std::str::from_utf8(local).ok()
}

#[cfg(test)]
mod tests {
    use super::super::Limits;
    use super::super::tests::{check, seen, value};
    use super::inline;

    #[test]
    fn what_formats_does_not_part() {
        for text in [
            "</span><span class=\"s2\">",
            "<wbr>",
            "<wbr/>",
            "</w:t></w:r><w:r><w:rPr><w:sz w:val=\"20\"/></w:rPr><w:t>",
            "</w:t></w:r><w:proofErr w:type=\"spellEnd\"/><w:r><w:t xml:space=\"preserve\">",
            "</text:span><text:span text:style-name=\"T2\">",
        ] {
            assert_eq!(inline(text.as_bytes()), Some(text.len()), "{text}");
        }
        for text in [
            "",
            "<",
            "<b",
            "</td><td>",
            "</w:t></w:r></w:p><w:p><w:r><w:t>",
            "<br>",
            "</b> <b>x",
            "</t></si><si><t>",
            "<w:rPr>",
        ] {
            assert!(inline(text.as_bytes()).is_none_or(|length| length < text.len()), "{text}");
        }
    }

    #[test]
    fn a_value_that_is_marked_in_parts() {
        let value = value(46, 32);
        let (one, two) = value.split_at(13);
        for between in ["<wbr>", "</span><span class=\"s\">", "</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>"] {
            check("<p>key: ", &format!("{one}{between}{two}"), "</p>", &value, &["markup"]);
        }
        let (found, _) = seen(format!("<td>{one}</td><td>{two}</td>").as_bytes(), &value, Limits::default());
        assert!(found.is_empty());
    }
}
