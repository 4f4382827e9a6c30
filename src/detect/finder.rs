//! Finds any of many words in one pass: names that are looked up, values that are known.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};

/// Words to be found, with their letters' case, and others in any case.
#[derive(Debug)]
pub struct Finder {
    exact: AhoCorasick,
    any_case: AhoCorasick,
}

impl Finder {
    /// Of some words; none if there is no word, or they are too many to be searched for at once.
    pub fn new<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>) -> Option<Finder> {
        Finder::with_any_case(words, [])
    }

    /// Of some words, and after them others whose letters may be small or capital.
    pub fn with_any_case<W: AsRef<[u8]>>(
        exact: impl IntoIterator<Item = W>,
        any_case: impl IntoIterator<Item = W>,
    ) -> Option<Finder> {
        let exact = AhoCorasick::new(exact).ok()?;
        let any_case = AhoCorasickBuilder::new().ascii_case_insensitive(true).build(any_case).ok()?;
        (exact.patterns_len() + any_case.patterns_len() > 0).then_some(Finder { exact, any_case })
    }

    /// Whether a text has one of the words.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.exact.is_match(text) || self.any_case.is_match(text)
    }

    /// Every place of every word: its number and its span. Places may overlap.
    pub fn find<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = (usize, Range<usize>)> + 't {
        let first = self.exact.patterns_len();
        let exact = self.exact.find_overlapping_iter(text);
        let any_case = self.any_case.find_overlapping_iter(text);
        exact
            .map(|found| (found.pattern().as_usize(), found.range()))
            .chain(any_case.map(move |found| (first + found.pattern().as_usize(), found.range())))
    }
}
