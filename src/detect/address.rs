//! The address that a value is a part of: `https://api.example/v1?key=VALUE`.
//!
//! Takes the text before and after a value; whose address it is, is judged in `evidence`.

use bstr::ByteSlice;

use super::lines::{line_end, line_start};

/// The address (`scheme://…`) that a value is a part of.
#[derive(Debug)]
pub(super) struct Address {
    pub(super) scheme: String,
    /// What stands between the scheme and the value.
    pub(super) before: String,
    pub(super) after: String,
}

/// The address that the value between `before` and `after` is a part of.
pub(super) fn address(before: &[u8], after: &[u8]) -> Option<Address> {
    let ends = |b: &u8| b.is_ascii_whitespace() || b"\"'`<>|;,".contains(b);
    let start = before.iter().rposition(ends).map_or(0, |at| at + 1);
    let end = after.iter().position(ends).unwrap_or(after.len());
    let head = &before[start..];
    let mark = head.windows(3).position(|mark| mark == b"://")?;
    let letters = head[..mark].iter().rev().take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b));
    let scheme = &head[mark - letters.count()..mark];
    Some(Address { scheme: text(scheme), before: text(&head[mark + 3..]), after: text(&after[..end]) })
}

/// What the name at `at` is given by an assignment of several at once: `"acme.io"` for the second of
/// `scheme, host = "https", "acme.io"`.
pub(super) fn given_in_turn(text: &[u8], at: usize) -> Option<&[u8]> {
    const LONGEST: usize = 200;
    let line = &text[line_start(text, at)..line_end(text, at)];
    let (names, values) = Some(line).filter(|line| line.len() <= LONGEST)?.split_once_str("=")?;
    let values: Vec<&[u8]> = values.split_str(",").collect();
    let turn = text[line_start(text, at)..at].split_str(",").count() - 1;
    let names = names.strip_suffix(b":").unwrap_or(names);
    let plain = |c: char| c.is_alphanumeric() || c.is_whitespace() || matches!(c, '_' | '.' | '$' | ',');
    let several = values.len() > 1 && names.split_str(",").count() == values.len();
    let several = several && names.to_str().is_ok_and(|names| names.chars().all(plain));
    let glue = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ';');
    values.get(turn).filter(|_| several).map(|value| value.trim_with(glue))
}

/// Text for people and for word lists.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_are_assigned_in_turn() {
        let cases: [(&str, Option<&str>); 6] = [
            ("scheme, HOST = \"https\", \"acme.io\"", Some("acme.io")),
            ("\tr.URL.HOST, r.URL.Path := 'acme.io', path", Some("acme.io")),
            ("HOST = \"acme.io\"", None),
            ("a, HOST = f()", None),
            ("{\"HOST\": \"a\", \"b\": \"c=d, e\"}", None),
            ("a, b = c, HOST", None),
        ];
        for (line, given) in cases {
            let text = format!("before = 1, 2\n{line}\n");
            let at = text.find("HOST").expect("a name");
            assert_eq!(given_in_turn(text.as_bytes(), at), given.map(str::as_bytes), "{line}");
        }
    }
}
