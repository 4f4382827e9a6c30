//! Remembers, in a megabyte at most, which values were seen without being reported.
//!
//! Whether a value that is reported stands somewhere else, too, is known when the scan is over. To look again through
//! everything is worth it only then. So a few bits are kept for every value that could be a credential and is not
//! reported; where none of a value's bits is missing, it probably has another place.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Words of 64 bits: one megabyte.
const WORDS: usize = 1 << 17;

/// A set of values that never forgets one, and may take one for another.
#[derive(Debug, Default)]
pub(super) struct Strays {
    /// Made when the first value comes.
    bits: OnceLock<Box<[AtomicU64]>>,
}

impl Strays {
    /// Remembers a value.
    pub(super) fn add(&self, value: &[u8]) {
        let bits = self.bits.get_or_init(|| (0..WORDS).map(|_| AtomicU64::new(0)).collect());
        for (word, mask) in places(value) {
            bits[word].fetch_or(mask, Ordering::Relaxed);
        }
    }

    /// Whether the value was probably added; surely not if this is false.
    pub(super) fn has(&self, value: &[u8]) -> bool {
        self.bits.get().is_some_and(|bits| {
            places(value).into_iter().all(|(word, mask)| bits[word].load(Ordering::Relaxed) & mask != 0)
        })
    }
}

/// The words and bits of a value.
fn places(value: &[u8]) -> [(usize, u64); 2] {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    let hash = hasher.finish();
    [hash, hash >> 32].map(|half| {
        let bit = half as usize % (WORDS * 64);
        (bit / 64, 1 << (bit % 64))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_forgotten_and_little_confused() {
        let strays = Strays::default();
        assert!(!strays.has(b"anything"));
        (0..2000).for_each(|number: u32| strays.add(&number.to_le_bytes()));
        assert!((0..2000).all(|number: u32| strays.has(&number.to_le_bytes())));
        let confused = (2000..102_000).filter(|number: &u32| strays.has(&number.to_le_bytes())).count();
        assert!(confused < 10, "{confused} of 100,000");
    }
}
