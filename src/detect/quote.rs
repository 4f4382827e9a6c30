//! Pieces of other people's text, as evidence quotes them and words are looked for in them.

/// The line without the value, whose letters must not be read as words.
pub(super) fn without(line: &str, length: usize) -> String {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
        .filter(|token| token.len() != length)
        .collect::<Vec<_>>()
        .join(" ")
}

/// A name as evidence quotes it: one line, not too long.
pub(super) fn shown(name: &str) -> String {
    const MOST: usize = 60;
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let trimmed = name.trim_matches(|c: char| "\"'`:={}[](<>".contains(c));
    match trimmed.char_indices().nth(MOST) {
        Some((cut, _)) => format!("`{}…`", &trimmed[..cut]),
        None => format!("`{trimmed}`"),
    }
}
