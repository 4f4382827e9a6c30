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
    archive::is_archive(bytes) || base64_blocks(bytes).next().is_some() || has_utf16(bytes)
}

/// Offsets of blocks that are all base64: every stretch of [`SHORTEST_BASE64`] covers one of those that are looked at.
pub(super) fn base64_blocks(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let step = SHORTEST_BASE64 - BLOCK + 1;
    (0..bytes.len().saturating_sub(BLOCK - 1)).step_by(step).filter(|&at| {
        let block: Option<&[u8; BLOCK]> = bytes[at..].first_chunk();
        block.is_some_and(|block| {
            let (mut outside, mut cases) = (0_u8, 0_u8);
            for &byte in block {
                let lower = byte | 0x20;
                let letter = lower.wrapping_sub(b'a') < 26;
                let digit = byte.wrapping_sub(b'0') < 10;
                outside |= u8::from(
                    !(letter | digit | (byte == b'+') | (byte == b'/') | (byte == b'-') | (byte == b'_')),
                );
                // Words of one case, paths and rulers of dashes are the rule, base64 of one case is none.
                cases |= if letter { if byte == lower { 1 } else { 2 } } else { 0 };
            }
            outside == 0 && cases == 3
        })
    })
}

/// Whether there is a stretch of letters and digits in UTF-16 of either byte order that is long enough.
pub(super) fn has_utf16(bytes: &[u8]) -> bool {
    let Some(first) = bytes.find_byte(0) else { return false };
    let from = first.saturating_sub(1);
    let step = SHORTEST_UTF16 - BLOCK + 1;
    (from..bytes.len().saturating_sub(BLOCK - 1)).step_by(step).any(|at| {
        let block: Option<&[u8; BLOCK]> = bytes[at..].first_chunk();
        block.is_some_and(|block| {
            let interleaved = |letters: usize| {
                block.iter().skip(letters).step_by(2).all(u8::is_ascii_alphanumeric)
                    && block.iter().skip(1 - letters).step_by(2).all(|&b| b == 0)
            };
            interleaved(0) || interleaved(1)
        })
    })
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
