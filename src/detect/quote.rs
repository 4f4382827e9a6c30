//! Pieces of other people's text, as evidence quotes them and words are looked for in them.

use std::borrow::Cow;

/// The line without the value, whose letters must not be read as words.
pub(super) fn without(line: &str, length: usize) -> String {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
        .filter(|token| token.len() != length)
        .collect::<Vec<_>>()
        .join(" ")
}

/// A text without the values in it that could be credentials of some length, whose letters are no words.
pub(super) fn without_values(text: &str, length: usize) -> Cow<'_, str> {
    let runs = || text.split(|c: char| !c.is_ascii_alphanumeric());
    let value = |run: &&str| {
        let has = |class: fn(&u8) -> bool| run.bytes().any(|b| class(&b));
        run.len() == length
            && has(u8::is_ascii_digit)
            && has(u8::is_ascii_lowercase)
            && has(u8::is_ascii_uppercase)
    };
    if text.len() < length || !runs().any(|run| value(&run)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(runs().filter(value).fold(text.to_owned(), |text, run| text.replace(run, "")))
}

/// The words of a text, each with what joins its parts: `os.environ`, `spring.ai.api-key`, `Client::new`.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "\"'`,;=()[]{}<>|&*".contains(c))
        .map(|token| token.trim_matches(|c: char| ":.-$@%#!?/\\".contains(c)))
        .filter(|token| !token.is_empty())
}

/// Whether a text is the type of what is sent, `text/event-stream`, which is nobody's name.
pub(super) fn is_media_type(text: &str) -> bool {
    const KINDS: [&str; 8] =
        ["application", "audio", "font", "image", "message", "multipart", "text", "video"];
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.' | '_');
    let text = text.split(';').next().unwrap_or_default().trim();
    text.split_once('/')
        .is_some_and(|(kind, rest)| KINDS.contains(&kind) && !rest.is_empty() && rest.chars().all(plain))
}

/// Whether a name is that of a file of a program's source or of what is built of it.
pub(super) fn is_source_file(name: &str) -> bool {
    const ENDINGS: [&str; 24] = [
        "js", "mjs", "cjs", "ts", "tsx", "jsx", "json", "css", "scss", "html", "svg", "png", "jpg", "webp",
        "py", "rb", "go", "rs", "map", "vue", "svelte", "astro", "wasm", "woff2",
    ];
    name.rsplit_once('.').is_some_and(|(stem, ending)| !stem.is_empty() && ENDINGS.contains(&ending))
}

/// Whether a token is the name of something, and not a word of a sentence.
pub(super) fn is_name(token: &str) -> bool {
    let humps = token.chars().zip(token.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase());
    humps || token.contains(['_', '-', '.', ':', '/'])
}

/// A name as evidence quotes it: one line, not too long.
pub(super) fn shown(name: &str) -> String {
    const MOST: usize = 60;
    // Behind bytes that are no text, what is one.
    let text = name.trim_end_matches(char::is_control).rsplit(|c: char| c.is_control() && !c.is_whitespace());
    let name = text.take(1).flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
    let trimmed = name.trim_matches(|c: char| "\"'`:={}[](<>".contains(c));
    match trimmed.char_indices().nth(MOST) {
        Some((cut, _)) => format!("`{}…`", &trimmed[..cut]),
        None => format!("`{trimmed}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_declaration() {
        let cases: [(&str, &[&str]); 5] = [
            ("private static final String ACME_KEY", &["private", "static", "final", "String", "ACME_KEY"]),
            ("const ACME_KEY: &str", &["const", "ACME_KEY", "str"]),
            ("os.environ[\"ACME_KEY\"]", &["os.environ", "ACME_KEY"]),
            ("$env:ACME_KEY", &["env:ACME_KEY"]),
            ("Acme key:", &["Acme", "key"]),
        ];
        for (text, expected) in cases {
            assert_eq!(tokens(text).collect::<Vec<_>>(), expected, "{text}");
        }
        for (token, name) in
            [("ACME_KEY", true), ("acmeKey", true), ("a.b", true), ("Acme", false), ("ACME", false)]
        {
            assert_eq!(is_name(token), name, "{token}");
        }
    }

    #[test]
    fn names_are_one_line_and_not_too_long() {
        assert_eq!(shown("  \"acme\n key\": "), "`acme key`");
        assert_eq!(shown(&"x".repeat(70)), format!("`{}…`", "x".repeat(60)));
    }
}
