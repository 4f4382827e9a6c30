//! Long lists of values: what one of them is, the next one is, too.
//!
//! Takes matches in the order in which they stand, gives for a value that goes on with such a list what the last one was
//! found to be. So a list may be longer than what is looked at around a value, and costs what a short one costs.

use std::ops::Range;

use super::Match;
use crate::secret::Secret;

/// So many values have to be found the same before the next is taken for one like them.
const SHORTEST: usize = 64;
/// Most bytes between two values of a list.
const WIDEST_GAP: usize = 16;

/// Values that stand one after the other, with the same between them, and were found to be the same.
#[derive(Default)]
pub(super) struct Streak {
    last: Option<Match>,
    gap: Vec<u8>,
    length: usize,
}

impl Streak {
    /// What the value at `span` is, if the list is long enough to tell.
    pub(super) fn next(&self, text: &[u8], span: &Range<usize>) -> Option<Match> {
        let last = self.last.as_ref().filter(|_| self.length >= SHORTEST)?;
        let goes_on = text.get(last.span.end..span.start) == Some(&self.gap);
        let value = Secret::new(&text[span.clone()]);
        goes_on.then(|| Match { secret: value, span: span.clone(), ..last.clone() })
    }

    /// Takes in what was found next.
    pub(super) fn add(&mut self, text: &[u8], found: &Match) {
        let same = |last: &Match| {
            (last.rule, last.confidence, &last.evidence) == (found.rule, found.confidence, &found.evidence)
                && text.get(last.span.end..found.span.start) == Some(&self.gap)
        };
        if self.last.as_ref().is_some_and(same) {
            self.length += 1;
        } else {
            let gap = self.last.as_ref().and_then(|last| text.get(last.span.end..found.span.start));
            self.gap = gap.filter(|gap| gap.len() <= WIDEST_GAP).unwrap_or_default().to_vec();
            self.length = 0;
        }
        self.last = Some(found.clone()).filter(|found| !found.published);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Confidence;

    #[test]
    fn a_value_is_what_many_before_it_are() {
        let text = "V, ".repeat(100).into_bytes();
        let found = |at: usize, reason: &str| Match {
            rule: 0,
            secret: Secret::new(&b"V"[..]),
            span: at..at + 1,
            confidence: Confidence::High,
            evidence: vec![reason.to_owned()],
            published: false,
            foreign: false,
            beside: false,
        };
        let mut streak = Streak::default();
        let at = |number: usize| 3 * number;
        for number in 0..80 {
            let known = streak.next(&text, &(at(number)..at(number) + 1));
            assert_eq!(known.is_some(), number > SHORTEST + 1, "{number}");
            streak.add(&text, &found(at(number), "one list"));
        }
        assert!(streak.next(&text, &(at(81)..at(81) + 1)).is_none(), "one is left out");
        streak.add(&text, &found(at(80), "something else"));
        assert!(streak.next(&text, &(at(81)..at(81) + 1)).is_none(), "it is another list");
    }
}
