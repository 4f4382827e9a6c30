//! The expression that a name is read in: `process.env.NAME`, `${NAME:-}`, `{{ NAME }}`.
//!
//! Takes the text before and after a name, gives that before and after the whole expression, so that what encloses it
//! can be asked as if the value stood there.

/// Longest expression after a name, in bytes.
const LONGEST: usize = 100;

/// What stands before and after the whole expression that a name is read in: `process.env.NAME`, `${NAME:-}`.
pub(super) fn expression<'a>(before: &'a [u8], after: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    let joins =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'$' | b'@' | b'%' | b'/' | b'!');
    let (mut left, after) = interpolated(before, after).unwrap_or((before, after));
    let mut open = 0_usize;
    loop {
        left = &left[..left.iter().rposition(|b| !joins(b)).map_or(0, |at| at + 1)];
        // `Config::NAME`, `$this->NAME`
        let owner = left.strip_suffix(b"::").or_else(|| left.strip_suffix(b"->"));
        if let Some(owner) = owner.filter(|owner| owner.last().is_some_and(u8::is_ascii_alphanumeric)) {
            left = owner;
            continue;
        }
        // `{env:NAME}`, `${NAME}`, `#{NAME}`, `{{ NAME }}`, `$(NAME)`: other brackets hold the expression.
        let inner = left.trim_ascii_end();
        let brackets: [(&[u8], usize, usize); 8] = [
            (b"{env:", 5, 1),
            (b"${", 1, 1),
            (b"#{", 2, 1),
            (b"{{", 2, 2),
            (b"$(", 1, 1),
            // What is dug out of settings is an entry of them, whoever keeps those.
            (b".dig(:", 6, 1),
            (b".dig(\"", 6, 1),
            (b".dig('", 6, 1),
        ];
        let Some((_, length, opened)) = brackets.into_iter().find(|(mark, ..)| inner.ends_with(mark)) else {
            break;
        };
        left = &inner[..inner.len() - length];
        open += opened;
    }
    let mut right = after;
    for _ in 0..open {
        let close = right.iter().take(LONGEST).position(|b| matches!(b, b'}' | b')'));
        right = &right[close.map_or(0, |at| at + 1)..];
    }
    if before.ends_with(b"%") {
        right = right.strip_prefix(b"%").unwrap_or(right);
    }
    (left, right)
}

/// What stands before and after an entry of a variable that a text has in it: `{$config['NAME']}`.
fn interpolated<'a>(before: &'a [u8], after: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let subscript = |b: &u8| b.is_ascii_alphanumeric() || b"_[]'\"->$".contains(b);
    let start = before.iter().rposition(|b| !subscript(b))?;
    let end = after.iter().take(LONGEST).position(|b| *b == b'}')?;
    let entry = before[start..].starts_with(b"{$") && after[..end].iter().all(|b| b"'\"]".contains(b));
    entry.then(|| (&before[..start], &after[end + 1..]))
}

#[cfg(test)]
mod tests {
    use bstr::ByteSlice;

    use super::*;

    #[test]
    fn an_expression_is_taken_whole() {
        let cases = [
            ("key=process.env.", "", "key=", ""),
            ("key: ${", "}\n", "key: ", "\n"),
            ("key: ${", ":-}\n", "key: ", "\n"),
            ("key: ${{ secrets.", " }}\n", "key: ", "\n"),
            ("key: os.environ/", "\n", "key: ", "\n"),
            ("getenv(\"", "\")", "getenv(\"", "\")"),
            ("{ key: config.", " }", "{ key: ", " }"),
            ("{", "}", "{", "}"),
            ("-H \"Bearer $", "\"", "-H \"Bearer ", "\""),
            ("key=%", "%\r\n", "key=", "\r\n"),
            ("key: {env:", "}", "key: ", ""),
            ("f(", ")", "f(", ")"),
            ("f(process.env.", ")", "f(", ")"),
            ("\"Bearer \" . App\\Config::", ")", "\"Bearer \" . App\\", ")"),
            ("f($this->config->", ")", "f(", ")"),
        ];
        for (before, after, left, right) in cases {
            let (got_left, got_right) = expression(before.as_bytes(), after.as_bytes());
            assert_eq!(
                (got_left.to_str_lossy(), got_right.to_str_lossy()),
                (left.into(), right.into()),
                "{before}NAME{after}"
            );
        }
    }
}
