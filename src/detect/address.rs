//! The address that a value is a part of: `https://api.example/v1?key=VALUE`.
//!
//! Takes the text before and after a value; whose address it is, is judged in `evidence`.

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

/// Text for people and for word lists.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}
