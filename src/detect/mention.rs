//! Whether a text mentions any of some words: the cheap question before words are searched one by one.
//!
//! Takes the words, gives a [`Filter`] that asks it of whole files. Words of one kind share a part ("tral" is in the
//! names of most of a provider's models), and a part of four letters is found by a handful of vector instructions for
//! every sixteen bytes, in any case; only around one of those is a word compared.

use pulp::Arch;

/// Letters of a part.
const PART: usize = 4;

/// Bytes that are looked at together.
const BLOCK: usize = 64;

/// Finds texts that mention one of some words, in any case, glued to anything.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    /// None if a word has too few letters in a row: then every text may.
    parts: Option<Vec<Part>>,
}

/// Letters that words share.
#[derive(Clone, Debug)]
struct Part {
    /// In lower case.
    letters: [u8; PART],
    /// The words in lower case, with an offset where the letters stand in them.
    words: Vec<(usize, Vec<u8>)>,
}

impl Filter {
    /// Of words in any case.
    pub(super) fn new<'w>(words: impl Iterator<Item = &'w str>) -> Filter {
        let mut open: Vec<Vec<u8>> = words.map(|word| word.to_ascii_lowercase().into_bytes()).collect();
        let mut parts = Vec::new();
        while !open.is_empty() {
            let shared = |part: &[u8]| open.iter().filter(|word| offset(word, part).is_some()).count();
            let windows = open.iter().flat_map(|word| word.windows(PART));
            let plain = windows.filter(|part| part.iter().all(u8::is_ascii_lowercase));
            // Of parts that are shared alike the last in the alphabet, so that it is always the same one.
            let best = plain.max_by_key(|part| (shared(part), *part)).and_then(|part| part.first_chunk());
            let Some(&letters) = best else { return Filter { parts: None } };
            let words =
                open.iter().filter_map(|word| Some((offset(word, &letters)?, word.clone()))).collect();
            parts.push(Part { letters, words });
            open.retain(|word| offset(word, &letters).is_none());
        }
        Filter { parts: Some(parts) }
    }

    /// Of lists of words, one for each rule, of which each counts only with what most of its words share: half the time
    /// for nearly all the use.
    pub(super) fn of_most<'w>(lists: impl Iterator<Item = &'w [String]>) -> Filter {
        let mut parts: Vec<Part> = Vec::new();
        for list in lists {
            let Some(own) = Filter::new(list.iter().map(String::as_str)).parts else {
                return Filter { parts: None };
            };
            for part in own.into_iter().take(1) {
                match parts.iter_mut().find(|known| known.letters == part.letters) {
                    Some(known) => known.words.extend(part.words),
                    None => parts.push(part),
                }
            }
        }
        Filter { parts: Some(parts) }
    }

    /// Whether `text` may mention a word: surely not, or nearly surely. Without words, nothing is mentioned.
    pub(super) fn may_mention(&self, text: &[u8]) -> bool {
        self.parts.as_ref().is_none_or(|parts| parts.iter().any(|part| part.all_in(text).next().is_some()))
    }

    /// Where words begin, ascending; none if that must be found out otherwise.
    pub(super) fn mentions(&self, text: &[u8]) -> Option<Vec<usize>> {
        let mut found: Vec<usize> = self.parts.as_ref()?.iter().flat_map(|part| part.all_in(text)).collect();
        found.sort_unstable();
        Some(found)
    }
}

/// Where a word has some letters.
fn offset(word: &[u8], letters: &[u8]) -> Option<usize> {
    word.windows(letters.len()).position(|window| window == letters)
}

impl Part {
    /// Where the words begin in a text.
    fn all_in<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = usize> + 't {
        let arch = Arch::new();
        let mut from = 0;
        let blocks = std::iter::from_fn(move || {
            if arch.dispatch(
                #[inline(always)]
                || self.find_block(text, &mut from),
            ) {
                from += BLOCK;
                return Some(from - BLOCK..from);
            }
            let rest = from..text.len();
            from = text.len();
            (!rest.is_empty()).then_some(rest)
        });
        blocks.flatten().filter_map(|at| self.word_at(text, at))
    }

    /// Moves `from` to the next block in which the letters begin, or to where less than a block with what follows it
    /// is left.
    #[inline(always)]
    fn find_block(&self, text: &[u8], from: &mut usize) -> bool {
        while let Some(bytes) = text.get(*from..).and_then(|rest| rest.first_chunk()) {
            if self.begins_in(bytes) {
                return true;
            }
            *from += BLOCK;
        }
        false
    }

    /// Branch-free, so that it is compiled to vector instructions.
    #[inline(always)]
    fn begins_in(&self, bytes: &[u8; BLOCK + PART - 1]) -> bool {
        let [first, second, third, fourth] = self.letters;
        let mut found = 0_u8;
        for at in 0..BLOCK {
            let differs = (bytes[at] ^ first)
                | (bytes[at + 1] ^ second)
                | (bytes[at + 2] ^ third)
                | (bytes[at + 3] ^ fourth);
            // But for the bit that tells upper from lower case.
            found |= u8::from(differs & !0x20 == 0);
        }
        found != 0
    }

    /// Where the word begins whose letters stand at `at`.
    fn word_at(&self, text: &[u8], at: usize) -> Option<usize> {
        let is = |from: usize, word: &[u8]| {
            text.get(from..from + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word))
        };
        if !is(at, &self.letters) {
            return None;
        }
        let begins =
            |(offset, word): &(usize, Vec<u8>)| at.checked_sub(*offset).filter(|&from| is(from, word));
        self.words.iter().find_map(begins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_share_their_parts() {
        let parts = |words: &[&str]| Filter::new(words.iter().copied()).parts.map(|parts| parts.len());
        assert_eq!(parts(&["mistral", "Codestral", "mixtral"]), Some(1));
        assert_eq!(parts(&["mistral", "lechat", "le chat"]), Some(2));
        assert_eq!(parts(&["abc", "mistral"]), None);
        assert_eq!(parts(&[]), Some(0));
    }

    #[test]
    fn what_most_words_share_is_enough() {
        let list = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let (ours, theirs) = (list(&["mistral", "mixtral", "le chat"]), list(&["acme"]));
        let filter = Filter::of_most([ours.as_slice(), theirs.as_slice()].into_iter());
        let cases = [("a MIXTRAL model", true), ("by Acme", true), ("le chat", false), ("central", false)];
        for (text, mentioned) in cases {
            assert_eq!(filter.may_mention(text.as_bytes()), mentioned, "{text}");
        }
    }

    #[test]
    fn a_word_is_seen_wherever_it_stands() {
        let words = ["mistral", "le chat"];
        let filter = Filter::new(words.into_iter());
        for word in ["mistral", "MISTRAL", "Le Chat", "xMiStRaLx"] {
            for before in 0..200 {
                for after in [0, 1, 5, 80] {
                    let text = format!("{}{word}{}", ".".repeat(before), " ".repeat(after));
                    assert!(filter.may_mention(text.as_bytes()), "{before} {word} {after}");
                }
            }
        }
        let text = "Mistral, mistral; le chat central MISTRAL".repeat(10);
        let expected: Vec<usize> = (0..10).flat_map(|n| [0, 9, 18, 34].map(|at| n * 41 + at)).collect();
        assert_eq!(filter.mentions(text.as_bytes()), Some(expected));
        assert!(!filter.may_mention("central chat, mist ral".repeat(20).as_bytes()));
        assert!(!filter.may_mention(b""));
        assert!(Filter::new(["ai"].into_iter()).may_mention(b""));
    }
}
