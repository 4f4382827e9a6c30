//! The encodings that corpus files are written in: of a value inside a file, and of a whole file.
//!
//! Written by hand, so that the scanner's own decoders are not checked against themselves.

use std::fmt::Write as _;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Encodes the inner text of `{{name(...)}}`; none if there is no such encoding.
pub(crate) fn value(name: &str, inner: &[u8]) -> Option<Vec<u8>> {
    Some(match name {
        "b64" => base64(inner, STANDARD),
        "b64url" => base64(inner, URL_SAFE),
        "b64u16" => base64(&utf16(inner, u16::to_le_bytes), STANDARD),
        "hexof" => each(inner, |out, byte| write!(out, "{byte:02x}")),
        "xesc" => each(inner, |out, byte| write!(out, "\\x{byte:02x}")),
        "uesc" => each(inner, |out, byte| write!(out, "\\u{byte:04x}")),
        "oesc" => each(inner, |out, byte| write!(out, "\\{byte:03o}")),
        "pct" => each(inner, |out, byte| write!(out, "%{byte:02X}")),
        "ent" => each(inner, |out, byte| write!(out, "&#{byte};")),
        "declist" => listed(inner, ", ", |byte| byte.to_string()),
        "charlist" => listed(inner, ", ", |byte| format!("'{}'", char::from(byte))),
        "hexpairs" => listed(inner, ":", |byte| format!("{byte:02x}")),
        _ => return None,
    })
}

/// The standard alphabet in lines of `width` characters.
pub(crate) fn base64_lines(bytes: &[u8], width: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for line in base64(bytes, STANDARD).chunks(width) {
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out
}

/// UTF-16 code units of a UTF-8 text, in the byte order of `order`.
pub(crate) fn utf16(text: &[u8], order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let text = std::str::from_utf8(text).expect("a file that is turned into UTF-16 is UTF-8");
    text.encode_utf16().flat_map(order).collect()
}

fn each(bytes: &[u8], one: impl Fn(&mut String, u8) -> std::fmt::Result) -> Vec<u8> {
    let mut out = String::new();
    for &byte in bytes {
        one(&mut out, byte).expect("writing to a string cannot fail");
    }
    out.into_bytes()
}

fn listed(bytes: &[u8], between: &str, one: impl Fn(u8) -> String) -> Vec<u8> {
    bytes.iter().map(|&byte| one(byte)).collect::<Vec<_>>().join(between).into_bytes()
}

fn base64(bytes: &[u8], alphabet: &[u8; 64]) -> Vec<u8> {
    let mut out = Vec::new();
    for group in bytes.chunks(3) {
        let bits =
            group.iter().fold(0u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - group.len()));
        for index in 0..4 {
            let symbol = alphabet[(bits >> (18 - 6 * index) & 63) as usize];
            out.push(if index <= group.len() { symbol } else { b'=' });
        }
    }
    out
}

#[test]
fn encodings_are_the_published_ones() {
    for (name, plain, encoded) in [
        ("b64", "", ""),
        ("b64", "f", "Zg=="),
        ("b64", "fo", "Zm8="),
        ("b64", "foobar", "Zm9vYmFy"),
        ("b64url", "?>>?", "Pz4-Pw=="),
        ("b64u16", "ab", "YQBiAA=="),
        ("hexof", "aZ", "615a"),
        ("xesc", "a", "\\x61"),
        ("uesc", "a", "\\u0061"),
        ("oesc", "a", "\\141"),
        ("pct", "Z", "%5A"),
        ("ent", "a", "&#97;"),
        ("declist", "aZ", "97, 90"),
        ("charlist", "aZ", "'a', 'Z'"),
        ("hexpairs", "aZ", "61:5a"),
    ] {
        let got = value(name, plain.as_bytes()).expect("known");
        assert_eq!(String::from_utf8_lossy(&got), encoded, "{name}({plain})");
    }
}
