//! Text written as hex digits, two for each byte.

use super::base64::worth_a_look;
use super::splice::Run;
use crate::detect::runs::{self, Class};

/// Shortest stretch that holds a value of 32 bytes.
const SHORTEST: usize = 64;

/// Stretches of hex digits that hold text with something in it.
pub(super) fn runs(text: &[u8]) -> Vec<Run> {
    let Some(class) = Class::new(&[(b'0', b'9'), (b'A', b'F'), (b'a', b'f')]) else { return Vec::new() };
    runs::runs(text, class, SHORTEST)
        .filter_map(|span| {
            let digits = &text[span.start..span.start + span.len() / 2 * 2];
            let value = |digit: u8| char::from(digit).to_digit(16).unwrap_or(0);
            let decoded: Vec<u8> =
                digits.chunks_exact(2).map(|pair| (value(pair[0]) << 4 | value(pair[1])) as u8).collect();
            let pieces = std::iter::once(span.start..span.start + digits.len()).collect();
            worth_a_look(&decoded).then_some(Run { encoding: "hex", pieces, decoded, chars: 2, bytes: 1 })
        })
        .collect()
}
