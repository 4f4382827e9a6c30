//! Packed files that are recognised and not opened: nobody is to take them for scanned.
//!
//! Takes the first bytes, says what they begin and why that is skipped. What merely shows something (a picture, a
//! document) is not among them.

/// The kind of the message that a member of an archive is such a file.
pub const UNOPENED: &str = "unopened";

/// How such files begin, and what is said of them.
const FORMATS: [(&[u8], &str); 10] = [
    (b"7z\xbc\xaf\x27\x1c", "packed as 7z, which is not opened"),
    (b"BZh", "packed as bzip2, which is not opened"),
    (b"\xfd7zXZ\0", "packed as xz, which is not opened"),
    (b"\x28\xb5\x2f\xfd", "packed as zstd, which is not opened"),
    (b"Rar!\x1a\x07", "packed as rar, which is not opened"),
    (b"MSCF\0\0\0\0", "packed as cab, which is not opened"),
    (b"LZIP\x01", "packed as lzip, which is not opened"),
    (b"\x04\x22\x4d\x18", "packed as lz4, which is not opened"),
    (b"\xed\xab\xee\xdb", "packed as rpm, which is not opened"),
    (b"!<arch>\ndebian-binary", "packed as deb, which is not opened"),
];

/// What a stream of bzip2 goes on with, after its mark and a digit: that of a block, or of the end.
const BZIP2_NEXT: [&[u8]; 2] = [b"1AY&SY", b"\x17\x72\x45\x38\x50\x90"];

/// Why bytes that begin like that are skipped, if they are.
pub fn unopened(start: &[u8]) -> Option<&'static str> {
    // Nearly everything begins otherwise.
    if !matches!(start, [b'7' | b'B' | 0xfd | 0x28 | b'R' | b'M' | b'L' | 4 | 0xed | b'!', ..]) {
        return None;
    }
    let (magic, reason) = FORMATS.iter().find(|(magic, _)| start.starts_with(magic))?;
    let is_bzip2 = || {
        let level = start.get(3).is_some_and(|level| matches!(level, b'1'..=b'9'));
        level && BZIP2_NEXT.iter().any(|next| start[4..].starts_with(next))
    };
    (*magic != b"BZh" || is_bzip2()).then_some(reason)
}

/// The reason that a message tells, as it is counted by.
pub fn unopened_reason(message: &str) -> Option<&'static str> {
    FORMATS.iter().map(|&(_, reason)| reason).find(|&reason| reason == message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_how_they_begin() {
        for (start, format) in [
            (&b"7z\xbc\xaf\x27\x1c\0\x04"[..], "7z"),
            (b"BZh91AY&SY\0", "bzip2"),
            (b"BZh1\x17\x72\x45\x38\x50\x90", "bzip2"),
            (b"\xfd7zXZ\0\0\x04", "xz"),
            (b"\x28\xb5\x2f\xfd\x04", "zstd"),
            (b"Rar!\x1a\x07\0", "rar"),
            (b"Rar!\x1a\x07\x01\0", "rar"),
            (b"MSCF\0\0\0\0\x10", "cab"),
            (b"LZIP\x01", "lzip"),
            (b"\x04\x22\x4d\x18\x64", "lz4"),
            (b"\xed\xab\xee\xdb\x03", "rpm"),
            (b"!<arch>\ndebian-binary   ", "deb"),
        ] {
            let reason = unopened(start).expect(format);
            assert!(reason.contains(format), "{reason}");
            assert_eq!(unopened_reason(reason), Some(reason));
        }
        for start in [
            &b""[..],
            b"7z",
            b"BZh",
            b"BZh9 is how bzip2 begins",
            b"BZh01AY&SY",
            b"Rarely",
            b"MSCF",
            b"(\xb5",
            b"!<arch>\nlib.o/",
            b"\x89PNG\r\n\x1a\n",
            b"%PDF-1.7",
            b"\x1f\x8b\x08",
            b"PK\x03\x04",
        ] {
            assert_eq!(unopened(start), None, "{start:?}");
        }
        assert_eq!(unopened_reason("something else"), None);
    }
}
