//! A text with its encoded stretches replaced by what they encode, and the way back.

use std::ops::Range;

/// An encoded stretch and what it encodes.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// How.
    pub(super) encoding: &'static str,
    /// Where its characters are in the text, in order; more than one piece where it is wrapped.
    pub(super) pieces: Vec<Range<usize>>,
    /// What it encodes.
    pub(super) decoded: Vec<u8>,
    /// So many encoded characters make …
    pub(super) chars: usize,
    /// … so many bytes.
    pub(super) bytes: usize,
}

impl Run {
    /// The whole stretch in the text.
    pub(super) fn outside(&self) -> Range<usize> {
        let end = self.pieces.last().map_or(0, |piece| piece.end);
        self.pieces.first().map_or(0, |piece| piece.start)..end
    }

    /// Whether what it encodes is text rather than a file of some other kind.
    pub(super) fn is_text(&self) -> bool {
        let odd = self.decoded.iter().filter(|b| matches!(b, 0..=8 | 14..=26 | 28..=31)).count();
        odd * 50 <= self.decoded.len()
    }

    /// The place of the encoded character with a number.
    fn position(&self, mut number: usize) -> usize {
        for piece in &self.pieces {
            if number < piece.len() {
                return piece.start + number;
            }
            number -= piece.len();
        }
        self.outside().end
    }

    /// The encoded characters that hold a part of the decoded bytes.
    fn encoded(&self, span: &Range<usize>) -> Range<usize> {
        let first = span.start / self.bytes * self.chars + span.start % self.bytes * self.chars / self.bytes;
        let last = (span.end.max(1) - 1) / self.bytes * self.chars
            + ((span.end.max(1) - 1) % self.bytes + 1) * self.chars / self.bytes;
        let last = last.max(first + 1);
        self.position(first)..self.position(last - 1) + 1
    }
}

/// Which parts of a spliced text stand for which stretches of the text it was made of.
#[derive(Debug)]
pub(super) struct Splice {
    /// Where each run's decoded bytes are in the spliced text, ascending.
    runs: Vec<(Range<usize>, Run)>,
}

impl Splice {
    /// The text with every run replaced. Runs are in order; one that begins inside another is left alone.
    pub(super) fn of(text: &[u8], runs: Vec<Run>) -> (Vec<u8>, Splice) {
        let mut bytes = Vec::with_capacity(text.len());
        let mut placed = Vec::with_capacity(runs.len());
        let mut done = 0;
        for run in runs {
            let outside = run.outside();
            if outside.start < done {
                continue;
            }
            bytes.extend_from_slice(&text[done..outside.start]);
            let start = bytes.len();
            bytes.extend_from_slice(&run.decoded);
            placed.push((start..bytes.len(), run));
            done = outside.end;
        }
        bytes.extend_from_slice(&text[done..]);
        (bytes, Splice { runs: placed })
    }

    /// The last run that begins at or before a position of the spliced text.
    fn before(&self, at: usize) -> Option<&(Range<usize>, Run)> {
        let next = self.runs.partition_point(|(inside, _)| inside.start <= at);
        self.runs[..next].last()
    }

    /// How a part was encoded; none if it stands in the text as it is.
    pub(super) fn encoding(&self, span: &Range<usize>) -> Option<&'static str> {
        let (inside, run) = self.before(span.start)?;
        (span.start < inside.end).then_some(run.encoding)
    }

    /// Where a part of the spliced text stands in the text it was made of.
    pub(super) fn outside(&self, span: &Range<usize>) -> Range<usize> {
        let Some((inside, run)) = self.before(span.start) else { return span.clone() };
        if span.start < inside.end {
            let end = span.end.min(inside.end);
            return run.encoded(&(span.start - inside.start..end - inside.start));
        }
        let shift = |at: usize| at - inside.end + run.outside().end;
        shift(span.start)..shift(span.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_find_their_way_back() {
        // "abc" and "defghi" in base64, the second wrapped.
        let text = b"x YWJj y ZGVm\n Z2hp z";
        let run = |pieces: Vec<Range<usize>>, decoded: &[u8]| Run {
            encoding: "base64",
            pieces,
            decoded: decoded.to_vec(),
            chars: 4,
            bytes: 3,
        };
        let (bytes, splice) = Splice::of(
            text,
            vec![run(std::iter::once(2..6).collect(), b"abc"), run(vec![9..13, 15..19], b"defghi")],
        );
        assert_eq!(bytes, b"x abc y defghi z");
        for (inside, outside) in [
            (0..1, 0..1),
            (2..5, 2..6),
            (6..7, 7..8),
            (8..11, 9..13),
            (11..14, 15..19),
            (8..14, 9..19),
            (15..16, 20..21),
        ] {
            assert_eq!(splice.outside(&inside), outside, "{inside:?}");
        }
        assert_eq!(splice.encoding(&(3..4)), Some("base64"));
        assert_eq!(splice.encoding(&(6..7)), None);
    }
}
