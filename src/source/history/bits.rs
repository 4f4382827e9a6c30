//! A set of small numbers that many threads add to at once: one bit each.

use std::sync::atomic::{AtomicU64, Ordering};

/// Numbers below a fixed limit.
pub(super) struct Bits(Vec<AtomicU64>);

impl Bits {
    /// Room for the numbers below `limit`.
    pub(super) fn new(limit: usize) -> Bits {
        Bits((0..limit.div_ceil(64)).map(|_| AtomicU64::new(0)).collect())
    }

    /// Adds `number`.
    pub(super) fn set(&self, number: usize) {
        // Threads are joined before anybody reads, so no stronger ordering is needed.
        self.0[number / 64].fetch_or(1 << (number % 64), Ordering::Relaxed);
    }

    /// Whether `number` was added.
    pub(super) fn has(&self, number: usize) -> bool {
        self.0[number / 64].load(Ordering::Relaxed) & (1 << (number % 64)) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;

    #[test]
    fn only_what_was_set_is_there() {
        let bits = Bits::new(130);
        for number in [0, 63, 64, 129] {
            bits.set(number);
        }
        let there: Vec<_> = (0..130).filter(|&number| bits.has(number)).collect();
        assert_eq!(there, [0, 63, 64, 129]);
    }
}
