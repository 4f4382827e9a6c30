//! Words of a shell's command line, for commands that people paste.
//!
//! Takes bytes of any kind, gives text that a terminal shows as it is and that a shell (bash, zsh, ksh) reads as these
//! bytes.

use bstr::ByteSlice as _;

use crate::sanitize::is_visible;

/// A word of a shell's command line, quoted if need be. What a terminal would not show as it is becomes an escape.
pub(crate) fn word(bytes: &[u8]) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-./@{}+,:=".contains(byte);
    if !bytes.is_empty() && bytes.iter().all(is_plain) && !bytes.contains(&b'{') {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    match bytes.to_str() {
        Ok(text) if text.chars().all(is_visible) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => {
            let escaped = bytes.iter().map(|&byte| match byte {
                b'\'' | b'\\' => format!("\\{}", char::from(byte)),
                b' '..=b'~' => char::from(byte).to_string(),
                _ => format!("\\{byte:03o}"),
            });
            format!("$'{}'", escaped.collect::<String>())
        }
    }
}

/// A file of a repository, by its path from the top, as a word that git takes for it in every directory below.
pub(crate) fn pathspec(path: &[u8]) -> String {
    // Behind `:/`, git reads some signs as further magic.
    let begins_plainly = path.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'.');
    let is_pattern = path.iter().any(|byte| b"*?[\\".contains(byte));
    let magic: &[u8] = if begins_plainly && !is_pattern { b":/" } else { b":(top,literal)" };
    word(&[magic, path].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_repository() {
        let table: [(&[u8], &str); 6] = [
            (b"src/a-b_c.py", ":/src/a-b_c.py"),
            (b".env", ":/.env"),
            (b"a b/it's", r"':/a b/it'\''s'"),
            (b"_config.yml", "':(top,literal)_config.yml'"),
            (b"pages/[id].ts", "':(top,literal)pages/[id].ts'"),
            (b":odd", "':(top,literal):odd'"),
        ];
        for (bytes, expected) in table {
            assert_eq!(pathspec(bytes), expected);
        }
    }

    #[test]
    fn words_of_a_shell() {
        let table: [(&[u8], &str); 6] = [
            (b"src/a-b_c.py", "src/a-b_c.py"),
            (b"", "''"),
            (b"$(touch x)", "'$(touch x)'"),
            (b"it's", r"'it'\''s'"),
            ("caf\u{e9}".as_bytes(), "'caf\u{e9}'"),
            (b"a\x1b[2J\\'\xff", r"$'a\033[2J\\\'\377'"),
        ];
        for (bytes, expected) in table {
            assert_eq!(word(bytes), expected);
        }
    }
}
