//! Finds any of many words in one pass: names that are looked up, values that are known.

use std::ops::Range;

use aho_corasick::AhoCorasick;

/// Words to be found, with their letters' case.
#[derive(Debug)]
pub struct Finder(AhoCorasick);

impl Finder {
    /// Of some words; none if there is no word, or they are too many to be searched for at once.
    pub fn new<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>) -> Option<Finder> {
        let words = AhoCorasick::new(words).ok()?;
        (words.patterns_len() > 0).then_some(Finder(words))
    }

    /// Bytes of the longest word.
    pub fn longest(&self) -> usize {
        self.0.max_pattern_len()
    }

    /// Whether a text has one of the words.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.0.is_match(text)
    }

    /// Every place of every word: its number and its span. Places may overlap.
    pub fn find<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = (usize, Range<usize>)> + 't {
        self.0.find_overlapping_iter(text).map(|found| (found.pattern().as_usize(), found.range()))
    }
}
