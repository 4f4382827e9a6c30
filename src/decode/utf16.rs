//! UTF-16, little- and big-endian, with and without a byte order mark.

use super::probe::has_utf16;

/// The text as UTF-8, with the length of its byte order mark in bytes. None if it is not UTF-16.
///
/// A lone surrogate becomes U+FFFD, an odd last byte is left out.
pub(super) fn decode(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mark, big) = match bytes {
        [0xff, 0xfe, ..] => (2, false),
        [0xfe, 0xff, ..] => (2, true),
        _ if has_utf16(bytes) => (0, is_big_endian(bytes)),
        _ => return None,
    };
    let units = bytes[mark..].chunks_exact(2).map(|pair| match big {
        true => u16::from_be_bytes([pair[0], pair[1]]),
        false => u16::from_le_bytes([pair[0], pair[1]]),
    });
    let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Some((text.into_bytes(), mark))
}

/// Which byte of a pair is mostly zero: the first in big-endian text.
fn is_big_endian(bytes: &[u8]) -> bool {
    let zeros = |offset: usize| bytes.iter().skip(offset).step_by(2).filter(|&&b| b == 0).count();
    zeros(0) > zeros(1)
}

/// UTF-16 code units of UTF-8 text.
pub(super) fn units(utf8: &[u8]) -> u64 {
    String::from_utf8_lossy(utf8).encode_utf16().count() as u64
}
