//! Whether bytes can hold something encoded at all: the cheap question before everything else.

use bstr::ByteSlice;

use super::archive;

/// Bytes of a block that is looked at.
const BLOCK: usize = 16;

/// Shortest stretch of base64 that can hold a value of 32 bytes, without its padding.
pub(super) const SHORTEST_BASE64: usize = 43;

/// Shortest stretch of UTF-16 that can hold a value of 32 characters, in bytes.
const SHORTEST_UTF16: usize = 64;

/// Whether decoding could bring something to light. A few vector instructions for every 28 bytes, hardly ever wrong
/// on source code, never wrong the other way.
pub fn may_hold_encoded(bytes: &[u8]) -> bool {
    archive::is_archive(bytes) || blocks(bytes).any(|at| may_be_encoded(bytes, at)) || has_utf16(bytes)
}

/// Offsets of blocks that may be base64: every stretch of [`SHORTEST_BASE64`] covers one of those that are looked at.
pub(super) fn base64_blocks(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    blocks(bytes).filter(|&at| bytes[at..].first_chunk().is_some_and(has_both_cases) && is_long(bytes, at))
}

/// Offsets of blocks of nothing but base64's characters, hex digits among them.
fn blocks(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    const STEP: usize = SHORTEST_BASE64 - BLOCK + 1;
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
            at += STEP;
            if is_base64(block) {
                return Some(at - STEP);
            }
        }
        None
    })
}

/// Whether the stretch with the block at `at` is worth decoding: base64, or hex.
fn may_be_encoded(bytes: &[u8], at: usize) -> bool {
    let block = bytes[at..].first_chunk();
    block.is_some_and(|block| has_both_cases(block) || block.iter().all(u8::is_ascii_hexdigit))
        && is_long(bytes, at)
}

/// Whether the stretch around the block at `at` is long enough: most are names in a program.
fn is_long(bytes: &[u8], at: usize) -> bool {
    let inside = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
    let right = bytes[at + BLOCK..].iter().take(SHORTEST_BASE64).take_while(|b| inside(b)).count();
    let missing = SHORTEST_BASE64.saturating_sub(BLOCK + right);
    missing == 0 || bytes[..at].iter().rev().take(missing).take_while(|b| inside(b)).count() == missing
}

/// Branch-free, so that it is compiled to vector instructions.
#[inline]
fn is_base64(block: &[u8; BLOCK]) -> bool {
    let mut outside = 0_u8;
    for &byte in block {
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        // `/` stands right before the digits, `-` two before it.
        let digit = byte.wrapping_sub(b'/') < 11;
        let mark = (byte == b'+') | (byte == b'-') | (byte == b'_');
        outside |= u8::from(!(letter | digit | mark));
    }
    outside == 0
}

/// Words of one case, paths and rulers of dashes are the rule; base64 of one case is none.
fn has_both_cases(block: &[u8; BLOCK]) -> bool {
    block.iter().any(u8::is_ascii_lowercase) && block.iter().any(u8::is_ascii_uppercase)
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
    use super::*;

    #[test]
    fn a_stretch_is_seen_at_every_offset() {
        let base64 = "TUlTVFJBTF9BUElfS0VZPVp6Qg4aB1c2D3e4F5g6H7i";
        assert_eq!(base64.len(), SHORTEST_BASE64);
        let utf16: Vec<u8> = "Zq4X".repeat(8).bytes().flat_map(|b| [b, 0]).collect();
        for offset in 0..80 {
            let text = format!("{}{base64} ", " ".repeat(offset));
            assert!(may_hold_encoded(text.as_bytes()), "{offset}");
            let mut text = vec![b' '; offset];
            text.extend(&utf16);
            assert!(has_utf16(&text), "{offset}");
        }
    }

    #[test]
    fn source_code_holds_nothing_encoded() {
        let code = "static int do_something_with_a_long_name(struct inode *inode, loff_t offset)\n\
                    /* ---------------------------------------------------------------- */\n\
                    #include <drivers/net/ethernet/intel/some_directory/a_header_file.h>\n";
        assert!(!may_hold_encoded(code.as_bytes()));
    }
}
