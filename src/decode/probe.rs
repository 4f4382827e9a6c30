//! Whether bytes can hold something encoded at all: the cheap question before everything else.
//!
//! Takes bytes, and the blocks of them that [`runs::dense_blocks`] found; says whether decoding could bring something
//! to light: never wrongly no, hardly ever wrongly yes. Decodes nothing.
//!
//! # Why
//!
//! A value that was encoded is text that was encoded, and text is ASCII. In base64 three of four characters then have
//! a bit that is zero (see [`Alphabet`]), in hex every other digit is small, so names in a program, digests, pictures
//! and compiled code are told from it without decoding them. The characters that base64 has beside letters and digits
//! never occur where letters and digits are encoded, so that the blocks found for them serve here, too.

use std::ops::Range;

use bstr::ByteSlice;

use super::archive;
use super::base64::wrapped;
use crate::detect::runs::{self, BLOCK};

/// Shortest stretch of base64 that can hold a value of 32 bytes, without its padding.
pub(super) const SHORTEST_BASE64: usize = 43;

/// Shortest line that a longer stretch is wrapped into.
pub(super) const SHORTEST_LINE: usize = BLOCK;

/// Shortest stretch of hex digits that can.
const SHORTEST_HEX: usize = 64;

/// Shortest stretch of UTF-16 that can hold a value of 32 characters, in bytes.
const SHORTEST_UTF16: usize = 64;

/// Whether decoding could bring something to light.
pub fn may_hold_encoded(bytes: &[u8]) -> bool {
    let mut probe = Probe::default();
    holds_container(bytes) || runs::dense_blocks(bytes).any(|block| probe.is_encoded(bytes, block))
}

/// Whether the bytes are, as a whole, something else than text: an archive, UTF-16.
pub fn holds_container(bytes: &[u8]) -> bool {
    archive::is_archive(bytes) || has_utf16(bytes)
}

/// Looks at the dense blocks of one text, in order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Probe {
    /// End of the last stretch that was looked at: a long one is looked at once.
    done: usize,
}

impl Probe {
    /// Whether the stretch around the dense block at `block` is worth decoding.
    #[inline]
    pub fn is_encoded(&mut self, bytes: &[u8], block: usize) -> bool {
        let Some(characters) = bytes[block..].first_chunk::<BLOCK>() else { return false };
        block >= self.done
            && (has_text_groups(characters)
                || has_text_pairs(characters)
                || begins_archive(&bytes[block.saturating_sub(ARCHIVE_HEAD)..block + BLOCK]))
            && self.is_stretch_encoded(bytes, block)
    }

    #[cold]
    fn is_stretch_encoded(&mut self, bytes: &[u8], block: usize) -> bool {
        let stretch = stretch(bytes, block);
        self.done = stretch.end;
        if stretch.len() < SHORTEST_BASE64 {
            return wrapped(bytes, &stretch).is_some_and(|lines| is_plausible_base64(&lines));
        }
        let stretch = &bytes[stretch];
        is_plausible_base64(stretch) || is_plausible_hex(stretch)
    }
}

/// Where the first dense block of an archive in base64 is at the latest, in all likelihood: two of three are dense.
const ARCHIVE_HEAD: usize = 256;

/// Whether a block can be the base64 of ASCII: at one of the four alignments, all three groups in it can.
#[inline]
fn has_text_groups(block: &[u8; BLOCK]) -> bool {
    let flags = u128::from_le_bytes(block.map(|byte| ALPHABET.0[usize::from(byte)]));
    let [first, second, third] = Alphabet::ASCII.map(u8::trailing_zeros);
    let groups = (flags >> first) & (flags >> (8 + second)) & (flags >> (16 + third));
    groups & (groups >> 32) & (groups >> 64) & 0x0101_0101 != 0
}

/// Whether a block can be the hex of letters and digits: every other digit is from 3 to 7, or in UTF-16 a zero.
#[inline]
fn has_text_pairs(block: &[u8; BLOCK]) -> bool {
    (0..2).any(|parity| block.iter().skip(parity).step_by(2).all(|byte| matches!(byte, b'3'..=b'7' | b'0')))
}

/// Whether the base64 that `bytes` end with begins as an archive does.
fn begins_archive(bytes: &[u8]) -> bool {
    let start = bytes.iter().rposition(|&b| !is_base64(b)).map_or(0, |before| before + 1);
    // What is glued to the front may be any few characters.
    (start..bytes.len().min(start + 4))
        .any(|at| archive::ENCODED_MAGIC.iter().any(|magic| bytes[at..].starts_with(magic)))
        || begins_hex_archive(&bytes[start..])
}

/// Whether hex digits begin as those of an archive do.
pub(super) fn begins_hex_archive(digits: &[u8]) -> bool {
    let begins =
        |magic: &[u8]| digits.get(..magic.len()).is_some_and(|head| head.eq_ignore_ascii_case(magic));
    archive::HEX_MAGIC.into_iter().any(begins)
}

/// Offsets of blocks within stretches that are long enough for base64, or a line of one that is.
pub(super) fn base64_blocks(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let mut done = 0;
    runs::dense_blocks(bytes).filter(move |&block| {
        if block < done {
            return false;
        }
        let stretch = stretch(bytes, block);
        done = stretch.end;
        match stretch.len() >= SHORTEST_BASE64 {
            true => has_both_cases(&bytes[stretch]),
            false => wrapped(bytes, &stretch).is_some_and(|lines| has_both_cases(&lines)),
        }
    })
}

pub(super) fn is_base64(byte: u8) -> bool {
    ALPHABET.0[usize::from(byte)] & Alphabet::IN != 0
}

/// The maximal stretch of base64 characters around a block of them.
fn stretch(bytes: &[u8], block: usize) -> Range<usize> {
    let start = bytes[..block].iter().rposition(|&b| !is_base64(b)).map_or(0, |before| before + 1);
    let from = block + BLOCK;
    let end = bytes[from..].iter().position(|&b| !is_base64(b)).map_or(bytes.len(), |length| from + length);
    start..end
}

/// Words of one case, paths and rulers of dashes are the rule; base64 of one case is none.
fn has_both_cases(stretch: &[u8]) -> bool {
    stretch.iter().any(u8::is_ascii_lowercase) && stretch.iter().any(u8::is_ascii_uppercase)
}

/// What each character of base64 says of the three bytes that it and its neighbours stand for.
///
/// Four characters of six bits are three bytes of eight. The first bit of each byte, zero in ASCII, is the first bit of
/// the first character, the third of the second and the fifth of the third.
struct Alphabet([u8; 256]);

impl Alphabet {
    /// It is a character of base64.
    const IN: u8 = 1;
    /// As the first, second, third of four, it leaves its byte in ASCII.
    const ASCII: [u8; 3] = [2, 4, 8];
    /// As the first or second of four, it leaves its byte among letters and digits (and a few marks).
    const ALNUM: [u8; 2] = [16, 32];

    const fn new() -> Self {
        const CHARACTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut bits = [0_u8; 256];
        let mut value = 0;
        while value < 64 {
            let mut flags = Self::IN;
            flags |= if value & 0b10_0000 == 0 { Self::ASCII[0] } else { 0 };
            flags |= if value & 0b00_1000 == 0 { Self::ASCII[1] } else { 0 };
            flags |= if value & 0b00_0010 == 0 { Self::ASCII[2] } else { 0 };
            // The first byte's upper six bits, the second's upper four: `0` is 0x30, `z` is 0x7a.
            flags |= if value >= 0x30 >> 2 && value <= 0x7a >> 2 { Self::ALNUM[0] } else { 0 };
            flags |= if value & 0b1111 >= 0x3 && value & 0b1111 <= 0x7 { Self::ALNUM[1] } else { 0 };
            bits[CHARACTERS[value] as usize] = flags;
            value += 1;
        }
        bits[b'-' as usize] = bits[b'+' as usize];
        bits[b'_' as usize] = bits[b'/' as usize];
        Alphabet(bits)
    }
}

static ALPHABET: Alphabet = Alphabet::new();

/// Whether a stretch of base64 can hold text, at any of the four alignments, or begins as an archive does.
///
/// A value of 32 bytes covers ten groups of four characters wherever it begins; five that are even letters and digits
/// are as rare.
pub(super) fn is_plausible_base64(stretch: &[u8]) -> bool {
    const ASCII_GROUPS: u8 = 10;
    const ALNUM_GROUPS: u8 = 5;
    let [first, second, third] = Alphabet::ASCII;
    let [strict_first, strict_second] = Alphabet::ALNUM;
    let bits = |at: usize| ALPHABET.0[usize::from(stretch[at])];
    let (mut ascii, mut alnum) = ([0_u8; 4], [0_u8; 4]);
    for at in 0..stretch.len().saturating_sub(3) {
        let (a, b, c) = (bits(at), bits(at + 1), bits(at + 2));
        let is_ascii = (a & first != 0) & (b & second != 0) & (c & third != 0);
        let is_alnum = is_ascii & (a & strict_first != 0) & (b & strict_second != 0);
        let (ascii, alnum) = (&mut ascii[at % 4], &mut alnum[at % 4]);
        *ascii = if is_ascii { *ascii + 1 } else { 0 };
        *alnum = if is_alnum { *alnum + 1 } else { 0 };
        if *ascii >= ASCII_GROUPS || *alnum >= ALNUM_GROUPS {
            return has_both_cases(stretch);
        }
    }
    begins_archive(&stretch[..stretch.len().min(ARCHIVE_HEAD)])
}

/// Whether a stretch that begins or ends with hex digits can be text in hex: a value of 32 bytes is 64 digits, and the
/// first of each pair is from 3 to 7; in UTF-16, zeros stand between the pairs.
fn is_plausible_hex(stretch: &[u8]) -> bool {
    if stretch.len() < SHORTEST_HEX {
        return false;
    }
    let mut pairs = [0_usize; 2];
    for (at, pair) in stretch.windows(2).enumerate() {
        let is_text =
            matches!(pair, [b'0', b'0']) || matches!(pair[0], b'3'..=b'7') && pair[1].is_ascii_hexdigit();
        let pairs = &mut pairs[at % 2];
        *pairs = if is_text { *pairs + 1 } else { 0 };
        if *pairs >= SHORTEST_HEX / 2 {
            return true;
        }
    }
    false
}
/// Whether there is a stretch of letters and digits in UTF-16 of either byte order that is long enough.
pub(super) fn has_utf16(bytes: &[u8]) -> bool {
    const STEP: usize = SHORTEST_UTF16 - BLOCK + 1;
    let Some(first) = bytes.find_byte(0) else { return false };
    let mut at = first.saturating_sub(1);
    while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
        if is_interleaved(block) {
            return true;
        }
        at += STEP;
    }
    false
}

/// Whether letters and digits alternate with zeros.
#[inline]
fn is_interleaved(block: &[u8; BLOCK]) -> bool {
    let (mut even, mut odd) = (0_u8, 0_u8);
    for (index, &byte) in block.iter().enumerate() {
        let letter = u8::from(((byte | 0x20).wrapping_sub(b'a') < 26) | (byte.wrapping_sub(b'0') < 10));
        let zero = u8::from(byte == 0);
        even |= 1 ^ if index % 2 == 0 { letter } else { zero };
        odd |= 1 ^ if index % 2 == 0 { zero } else { letter };
    }
    even == 0 || odd == 0
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

    use super::*;

    /// Values of 32 letters and digits, drawn by a small generator.
    fn values(count: u64) -> impl Iterator<Item = String> {
        const ALNUM: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        (0..count).map(move |_| {
            (0..32)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    char::from(ALNUM[(state >> 20) as usize % ALNUM.len()])
                })
                .collect()
        })
    }

    #[test]
    fn no_encoded_value_is_lost_at_any_offset() {
        for (index, value) in values(400).enumerate() {
            // What is not ASCII stands right beside it, in the worst case.
            let text = [&vec![0xe9_u8; index % 7][..], value.as_bytes(), &[0xe9; 5]].concat();
            let utf16: Vec<u8> = value.bytes().flat_map(|b| [b, 0]).collect();
            let hex: String = text.iter().map(|b| format!("{b:02x}")).collect();
            let forms = [
                STANDARD_NO_PAD.encode(&text),
                URL_SAFE_NO_PAD.encode(&text),
                STANDARD_NO_PAD.encode(&utf16),
                STANDARD_NO_PAD.encode(STANDARD_NO_PAD.encode(value.as_bytes())),
                hex.to_uppercase(),
                hex,
                utf16.iter().map(|b| format!("{b:02x}")).collect(),
            ];
            for form in forms {
                let offset = index % 19;
                let text = format!("{}{form} ", " ".repeat(offset));
                assert!(may_hold_encoded(text.as_bytes()), "{offset} {}", form.len());
                let glued = format!("{}{form} ", "k".repeat(index % 5));
                assert!(may_hold_encoded(glued.as_bytes()), "glued {}", form.len());
            }
        }
    }

    #[test]
    fn a_wrapped_value_is_not_lost() {
        for (index, value) in values(300).enumerate() {
            let text = format!("{}MISTRAL_API_KEY={value}\nOTHER=value\n", "# text ".repeat(index % 10));
            let encoded = STANDARD_NO_PAD.encode(&text);
            for width in [31, 32, 36, 40, 60, 64, 76] {
                let lines: Vec<&str> =
                    encoded.as_bytes().chunks(width).map(|line| line.to_str().expect("ASCII")).collect();
                let wrapped = lines.join("\n");
                assert!(may_hold_encoded(wrapped.as_bytes()), "{index} {width}");
            }
        }
    }

    #[test]
    fn utf16_is_seen_at_every_offset() {
        for offset in 0..80 {
            let mut text = vec![b' '; offset];
            text.extend("Zq4X".repeat(8).bytes().flat_map(|b| [b, 0]));
            assert!(has_utf16(&text), "{offset}");
        }
    }

    #[test]
    fn archives_in_base64_and_hex_are_seen() {
        for magic in [archive::GZIP, archive::ZIP] {
            let packed = values(12).flat_map(String::into_bytes).map(|byte| byte.wrapping_mul(0x93));
            let bytes: Vec<u8> = magic.iter().copied().chain(packed).collect();
            for glued in ["", "a", "bc", "def"] {
                let text = format!("{glued}{}", STANDARD_NO_PAD.encode(&bytes));
                assert!(may_hold_encoded(text.as_bytes()), "{glued:?}");
            }
            let hex: String = bytes.iter().map(|b| format!("{b:02X}")).collect();
            assert!(may_hold_encoded(hex.as_bytes()) && may_hold_encoded(hex.to_lowercase().as_bytes()));
        }
    }

    #[test]
    fn what_holds_nothing_encoded() {
        let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        let cases = [
            "static int do_something_with_a_long_name(struct inode *inode, loff_t offset)\n",
            "/* ---------------------------------------------------------------- */\n",
            "#include <drivers/net/ethernet/intel/some_directory/a_header_file.h>\n",
            "#define regDCHUBBUB_ARB_DF_REQ_OUTSTAND_INTERVAL_ThrottleControl_BASE_IDX 2\n",
            "AbstractSingletonProxyFactoryBeanDefinitionRegistryPostProcessorConfiguration\n",
            digest,
            &digest.to_uppercase(),
        ];
        for case in cases {
            assert!(!may_hold_encoded(case.as_bytes()), "{case}");
        }
    }
}
