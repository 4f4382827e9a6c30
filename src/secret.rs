//! A secret value that cannot leak by accident.
//!
//! Everything that could print a [`Secret`] (`Debug`, `Display`, `Serialize`) prints its mask. The one way to the
//! bytes is [`Secret::expose`], so that `git grep expose` lists every place that handles a whole secret.

use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};
use sha2::{Digest, Sha256};

/// The bytes of a credential, as they were before any encoding (base64, escapes …) was put around them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret(Box<[u8]>);

impl Secret {
    /// Takes the raw bytes of a credential.
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Self {
        Secret(bytes.into())
    }

    /// The whole secret. Only for searching, hashing, masking and `--reveal`.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The mask: the first four characters, `…`, the last four. Values shorter than 24 bytes show fewer, so that
    /// never more than a third of a secret is printed.
    pub fn redacted(&self) -> String {
        let shown = (self.0.len() / 6).min(4);
        let head = String::from_utf8_lossy(&self.0[..shown]);
        let tail = String::from_utf8_lossy(&self.0[self.0.len() - shown..]);
        format!("{head}…{tail}")
    }

    /// Lower-case hex of the SHA-256 of the raw bytes.
    pub fn sha256(&self) -> String {
        sha256(&self.0)
    }
}

/// Lower-case hex of the SHA-256 of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hex of some bytes.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(out, "{byte:02x}").expect("writing to a string cannot fail");
    }
    out
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.redacted())
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Secret", 3)?;
        out.serialize_field("redacted", &self.redacted())?;
        out.serialize_field("sha256", &self.sha256())?;
        out.serialize_field("length", &self.len())?;
        out.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints_the_whole_value() {
        let value = "Zq4".repeat(10) + "xy";
        let secret = Secret::new(value.as_bytes());
        for shown in [
            format!("{secret}"),
            format!("{secret:?}"),
            format!("{secret:#?}"),
            serde_json::to_string(&secret).expect("plain struct"),
        ] {
            assert!(!shown.contains(&value), "{shown}");
        }
        assert_eq!(secret.redacted(), "Zq4Z…q4xy");
    }

    #[test]
    fn short_values_show_at_most_a_third() {
        for (value, mask) in [("", "…"), ("abc", "…"), ("abcdefghijkl", "ab…kl")] {
            assert_eq!(Secret::new(value.as_bytes()).redacted(), mask);
        }
    }

    #[test]
    fn the_hash_is_of_the_raw_bytes() {
        assert_eq!(
            Secret::new(*b"abc").sha256(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
