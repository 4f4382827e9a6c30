//! Finds maximal runs of one character class in bytes, at the speed of memory.
//!
//! A credential without a prefix is a run: so many characters of a class, with none before and none after. Takes a
//! class and the least length, gives every maximal run at least that long. What a run means is not its business.
//!
//! # Why
//!
//! A run of `n` bytes covers at least one aligned block of `(n + 1) / 2` bytes. So it is enough to ask of every such
//! block whether *all* its bytes are in the class, which compiles to a handful of vector instructions, and to look
//! closer only where the answer is yes; in source code that is hardly ever.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

/// Bytes that one block test looks at.
pub const BLOCK: usize = 16;

/// A set of bytes, as up to three ranges: enough for every alphabet that credentials use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// First byte and number of bytes of each range; unused ones repeat the last.
    ranges: [(u8, u8); 3],
}

impl Class {
    /// A class of one to three inclusive ranges of bytes. None if there are none or more.
    pub fn new(ranges: &[(u8, u8)]) -> Option<Self> {
        let (&last, count) = (ranges.last()?, ranges.len());
        if count > 3 || ranges.iter().any(|&(low, high)| low > high || high - low == u8::MAX) {
            return None;
        }
        let nth = |i: usize| {
            let (low, high) = *ranges.get(i).unwrap_or(&last);
            (low, high - low + 1)
        };
        Some(Class { ranges: [nth(0), nth(1), nth(2)] })
    }

    /// Whether the class has `byte`.
    #[inline]
    pub fn contains(&self, byte: u8) -> bool {
        self.ranges.iter().fold(false, |hit, &(low, size)| hit | (byte.wrapping_sub(low) < size))
    }

    /// Whether the class has every byte of the block. Branch-free, so that it is compiled to vector instructions.
    #[inline]
    fn contains_all(&self, block: &[u8; BLOCK]) -> bool {
        let mut outside = 0_u8;
        for &byte in block {
            outside |= u8::from(!self.contains(byte));
        }
        outside == 0
    }

    /// Whether each of its runs is covered by [`dense_blocks`].
    pub fn is_dense(&self) -> bool {
        self.bytes().all(|byte| byte.is_ascii_alphanumeric())
    }

    /// Whether the block at `block` lies in a run of at least `least` and at most `most` bytes.
    pub fn has_run_at(&self, text: &[u8], block: usize, least: usize, most: usize) -> bool {
        let inside = |byte: &&u8| self.contains(**byte);
        if !text[block..block + BLOCK].first_chunk().is_some_and(|block| self.contains_all(block)) {
            return false;
        }
        let right = text[block + BLOCK..].iter().take(most).take_while(inside).count();
        let left = text[..block].iter().rev().take(most).take_while(inside).count();
        (least..=most).contains(&(left + BLOCK + right))
    }

    /// The class as a regular expression writes it, without its brackets.
    pub fn describe(&self) -> String {
        let mut ranges = self.ranges.to_vec();
        ranges.sort_unstable();
        ranges.dedup();
        ranges
            .iter()
            .map(|&(low, size)| format!("{}-{}", char::from(low), char::from(low + size - 1)))
            .collect()
    }

    /// Every byte of the class, ascending.
    pub fn bytes(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=u8::MAX).filter(|&byte| self.contains(byte))
    }
}

/// Offsets of the blocks of `text` that hold nothing but letters and digits: every run of 31 of them, or more, covers
/// one. The one look that all content gets; what a block means is asked then.
pub fn dense_blocks(text: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let (blocks, _) = text.as_chunks::<BLOCK>();
    let arch = Arch::new();
    let mut next = 0;
    std::iter::from_fn(move || {
        next = arch.dispatch(Search { blocks, from: next })? + 1;
        Some((next - 1) * BLOCK)
    })
}

/// The search for the first dense block from one on.
struct Search<'t> {
    blocks: &'t [[u8; BLOCK]],
    from: usize,
}

impl WithSimd for Search<'_> {
    type Output = Option<usize>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Option<usize> {
        let mut next = self.from;
        while next < self.blocks.len() {
            if is_dense(&self.blocks[next]) {
                return Some(next);
            }
            next += 1;
        }
        None
    }
}

/// Branch-free, so that it is compiled to vector instructions.
#[inline(always)]
fn is_dense(block: &[u8; BLOCK]) -> bool {
    let mut outside = 0_u8;
    for &byte in block {
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        outside |= u8::from(!(letter | (byte.wrapping_sub(b'0') < 10)));
    }
    outside == 0
}

/// Iterator over the maximal runs of a class that are at least `least` bytes long. See [`runs`].
#[derive(Debug)]
pub struct Runs<'a> {
    text: &'a [u8],
    class: Class,
    least: usize,
    /// Start of the next block to test.
    next: usize,
}

/// All maximal runs of `class` in `text` that are at least `least` bytes long, in order.
///
/// # Panics
///
/// If `least` is under 31, the shortest length that always covers a whole block.
pub fn runs(text: &[u8], class: Class, least: usize) -> Runs<'_> {
    assert!(least >= 2 * BLOCK - 1, "runs shorter than {} bytes can hide between blocks", 2 * BLOCK - 1);
    Runs { text, class, least, next: 0 }
}

impl Iterator for Runs<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        while let Some(rest) = self.text.get(self.next..) {
            let (blocks, _) = rest.as_chunks::<BLOCK>();
            let hit = blocks.iter().position(|block| self.class.contains_all(block))?;
            let block = self.next + hit * BLOCK;
            let start =
                self.text[..block].iter().rposition(|&b| !self.class.contains(b)).map_or(0, |at| at + 1);
            let from = block + BLOCK;
            let end = self.text[from..]
                .iter()
                .position(|&b| !self.class.contains(b))
                .map_or(self.text.len(), |at| from + at);
            // The byte at `end` is outside: blocks stay aligned to `self.next`, any alignment serves.
            self.next = end;
            if end - start >= self.least {
                return Some(start..end);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alnum() -> Class {
        Class::new(&[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')]).expect("three ranges")
    }

    /// The plain way, to compare with.
    fn plainly(text: &[u8], class: Class, least: usize) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut start = None;
        for at in 0..=text.len() {
            let inside = text.get(at).is_some_and(|&b| class.contains(b));
            match (inside, start) {
                (true, None) => start = Some(at),
                (false, Some(from)) => {
                    if at - from >= least {
                        found.push(from..at);
                    }
                    start = None;
                }
                _ => {}
            }
        }
        found
    }

    #[test]
    fn runs_are_found_at_every_offset_and_length() {
        for before in 0..40 {
            for length in 28..70 {
                for after in [0, 1, 15, 33] {
                    let text = format!("{}{}{}", ".".repeat(before), "k".repeat(length), " ".repeat(after));
                    let found: Vec<_> = runs(text.as_bytes(), alnum(), 32).collect();
                    assert_eq!(found, plainly(text.as_bytes(), alnum(), 32), "{before} {length} {after}");
                }
            }
        }
    }

    #[test]
    fn random_text_gives_what_the_plain_way_gives() {
        let mut state = 0x1234_5678_9abc_def1_u64;
        for round in 0..300 {
            let text: Vec<u8> = (0..2000)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    // Breaks every 20 to 60 bytes, so that many runs are about as long as the least.
                    if state.is_multiple_of(20 + round % 40) { b'-' } else { b'a' + (state >> 8) as u8 % 26 }
                })
                .collect();
            let found: Vec<_> = runs(&text, alnum(), 32).collect();
            assert_eq!(found, plainly(&text, alnum(), 32));
        }
    }
}
