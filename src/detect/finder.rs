//! Finds any of many words in one pass: names that are looked up, values that are known.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};

/// Words to be found.
#[derive(Debug)]
pub struct Finder(AhoCorasick);

impl Finder {
    /// Of some words with their letters' case; none if there is no word, or they are too many to be searched for at once.
    pub fn new<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>) -> Option<Finder> {
        Finder::build(words, false)
    }

    /// The same for words whose letters may be small or capital.
    pub fn in_any_case<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>) -> Option<Finder> {
        Finder::build(words, true)
    }

    fn build<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>, any_case: bool) -> Option<Finder> {
        let words = AhoCorasickBuilder::new().ascii_case_insensitive(any_case).build(words).ok()?;
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
