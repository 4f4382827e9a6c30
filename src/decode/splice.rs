//! A text with its encoded stretches replaced by what they encode, and the way back.
//!
//! Takes a text and the [`Run`]s that were found in it, gives the text that a reader who undoes the encoding sees, and
//! for every part of that text the part of the first one that it came from. A splice may be made of a spliced text.

use std::ops::Range;

use super::escape;

/// An encoded stretch and what it encodes.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// How, in the word of the reports.
    pub(super) encoding: &'static str,
    /// Where its characters are in the text, in order; more than one piece where it is wrapped or put together.
    pub(super) pieces: Vec<Range<usize>>,
    /// What it encodes.
    pub(super) decoded: Vec<u8>,
    /// How its characters become bytes.
    pub(super) form: Form,
}

/// How the characters of a run become bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// After `skip` characters that mean nothing here, every `chars` make `bytes`.
    Ratio { skip: usize, chars: usize, bytes: usize },
    /// Escapes of different lengths, in one piece: see [`escape::step`].
    Escapes,
    /// Each piece is a byte.
    Each,
}

impl Form {
    /// Each character stands for itself.
    pub(super) const PLAIN: Form = Form::Ratio { skip: 0, chars: 1, bytes: 1 };
}

impl Run {
    /// The whole stretch in the text.
    pub(super) fn outside(&self) -> Range<usize> {
        let end = self.pieces.last().map_or(0, |piece| piece.end);
        self.pieces.first().map_or(0, |piece| piece.start)..end
    }

    /// Whether what it encodes is text rather than a file of some other kind. Beside text in base64 other bytes may be
    /// decoded with it.
    pub(super) fn is_text(&self) -> bool {
        let odd = self.decoded.iter().filter(|b| matches!(b, 0..=8 | 14..=26 | 28..=31)).count();
        odd * 8 <= self.decoded.len()
    }

    /// The run with nothing in its place.
    pub(super) fn blank(mut self) -> Run {
        self.decoded = vec![b' '];
        self
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

    /// The characters of `text` that hold the decoded byte `at`.
    fn encoded(&self, text: &[u8], at: usize) -> Range<usize> {
        match self.form {
            Form::Ratio { skip, chars, bytes } => {
                let (group, byte) = (skip + at / bytes * chars, at % bytes);
                let first = group + byte * chars / bytes;
                let last = group + ((byte + 1) * chars).div_ceil(bytes);
                self.position(first)..self.position(last - 1) + 1
            }
            Form::Each => self.pieces.get(at).cloned().unwrap_or_else(|| self.outside()),
            Form::Escapes => {
                let whole = self.outside();
                let (mut from, mut decoded) = (whole.start, 0);
                while from < whole.end {
                    let step = escape::step(&text[..whole.end], from);
                    decoded += step.length();
                    if decoded > at {
                        return from..from + step.taken;
                    }
                    from += step.taken;
                }
                whole
            }
        }
    }
}

/// Which parts of a spliced text stand for which stretches of the text it was made of.
#[derive(Debug)]
pub(super) struct Splice<'a> {
    /// The text it was made of …
    text: &'a [u8],
    /// … and what that was made of.
    outer: Option<&'a Splice<'a>>,
    /// In order.
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    /// What stands in the place of the run: the decoded bytes, and what keeps them from their neighbours.
    whole: Range<usize>,
    /// The decoded bytes.
    inside: Range<usize>,
    run: Run,
}

impl<'a> Splice<'a> {
    /// The text with every run replaced. Of runs that overlap, the one that begins first is, of two that begin
    /// together the longer. `outer` is what `text` was made of.
    pub(super) fn of(
        text: &'a [u8],
        outer: Option<&'a Splice<'a>>,
        mut runs: Vec<Run>,
    ) -> (Vec<u8>, Splice<'a>) {
        runs.sort_by_key(|run| (run.outside().start, std::cmp::Reverse(run.outside().end)));
        let mut bytes = Vec::with_capacity(text.len());
        let mut parts = Vec::with_capacity(runs.len());
        let mut done = 0;
        for run in runs {
            let outside = run.outside();
            if outside.start < done {
                continue;
            }
            bytes.extend_from_slice(&text[done..outside.start]);
            let from = bytes.len();
            if glues(bytes.last(), run.decoded.first()) {
                bytes.push(b' ');
            }
            let start = bytes.len();
            bytes.extend_from_slice(&run.decoded);
            let end = bytes.len();
            if glues(run.decoded.last(), text.get(outside.end)) {
                bytes.push(b' ');
            }
            parts.push(Part { whole: from..bytes.len(), inside: start..end, run });
            done = outside.end;
        }
        bytes.extend_from_slice(&text[done..]);
        (bytes, Splice { text, outer, parts })
    }

    /// Where decoded bytes are in the spliced text, in order.
    pub(super) fn decoded(&self) -> impl Iterator<Item = Range<usize>> {
        self.parts.iter().map(|part| part.inside.clone())
    }

    /// The last part that begins at or before a position of the spliced text.
    fn before(&self, at: usize) -> Option<&Part> {
        let next = self.parts.partition_point(|part| part.whole.start <= at);
        self.parts[..next].last()
    }

    /// Whether a stretch begins in what this splice decoded.
    pub(super) fn is_decoded(&self, span: &Range<usize>) -> bool {
        self.before(span.start).is_some_and(|part| span.start < part.inside.end)
    }

    /// Whether a stretch has something that this splice decoded.
    pub(super) fn has_decoded(&self, span: &Range<usize>) -> bool {
        let last = self.parts.partition_point(|part| part.inside.start < span.end);
        self.parts[..last].last().is_some_and(|part| span.start < part.inside.end)
    }

    /// Where a stretch of the spliced text stands in the first text of all, and how it was encoded, outermost first.
    pub(super) fn outside(&self, span: &Range<usize>) -> (Range<usize>, Vec<&'static str>) {
        let first = self.character(span.start);
        let last = self.character(span.end.max(span.start + 1) - 1);
        let here = first.start..last.end.max(first.end);
        let own = self.before(span.start).filter(|part| span.start < part.inside.end);
        let (there, mut encodings) =
            self.outer.map_or_else(|| (here.clone(), Vec::new()), |outer| outer.outside(&here));
        encodings.extend(own.map(|part| part.run.encoding));
        (there, encodings)
    }

    /// What one byte of the spliced text was in the text it was made of.
    fn character(&self, at: usize) -> Range<usize> {
        let Some(part) = self.before(at) else { return at..at + 1 };
        let outside = part.run.outside();
        if part.inside.contains(&at) {
            part.run.encoded(self.text, at - part.inside.start)
        } else if part.whole.contains(&at) {
            outside
        } else {
            let at = at - part.whole.end + outside.end;
            at..at + 1
        }
    }
}

/// Whether two neighbours would be read as one word.
fn glues(left: Option<&u8>, right: Option<&u8>) -> bool {
    left.is_some_and(u8::is_ascii_alphanumeric) && right.is_some_and(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE64: Form = Form::Ratio { skip: 0, chars: 4, bytes: 3 };

    fn run(pieces: Vec<Range<usize>>, decoded: &[u8], form: Form) -> Run {
        Run { encoding: "base64", pieces, decoded: decoded.to_vec(), form }
    }

    #[test]
    fn positions_find_their_way_back() {
        // "abc" and "defghi" in base64, the second wrapped.
        let text = b"x YWJj y ZGVm\n Z2hp z";
        let runs = vec![
            run(vec![9..13, 15..19], b"defghi", BASE64),
            run(std::iter::once(2..6).collect(), b"abc", BASE64),
        ];
        let (bytes, splice) = Splice::of(text, None, runs);
        assert_eq!(bytes, b"x abc y defghi z");
        for (inside, outside) in [
            (0..1, 0..1),
            (2..5, 2..6),
            (6..7, 7..8),
            (8..11, 9..13),
            (11..14, 15..19),
            (8..14, 9..19),
            (15..16, 20..21),
            (4..9, 4..11),
            (3..4, 3..5),
        ] {
            assert_eq!(splice.outside(&inside).0, outside, "{inside:?}");
        }
        assert!(splice.is_decoded(&(3..4)));
        assert!(!splice.is_decoded(&(6..7)));
        assert_eq!(splice.decoded().collect::<Vec<_>>(), [2..5, 8..14]);
    }

    #[test]
    fn what_is_decoded_stays_apart_from_its_neighbours() {
        // Hex of "abc" right behind `0x`, and before a letter that is none of its own.
        let text = b"0x616263z";
        let form = Form::Ratio { skip: 0, chars: 2, bytes: 1 };
        let (bytes, splice) =
            Splice::of(text, None, vec![run(std::iter::once(2..8).collect(), b"abc", form)]);
        assert_eq!(bytes, b"0x abc z");
        assert_eq!(splice.outside(&(3..6)).0, 2..8);
        assert_eq!(splice.outside(&(4..5)).0, 4..6);
        assert_eq!(splice.outside(&(7..8)).0, 8..9);
    }

    #[test]
    fn a_way_through_two_layers() {
        let text = b"= '6162' + '6364' ;";
        let (bytes, outer) = Splice::of(
            text,
            None,
            vec![Run { encoding: "concatenation", ..run(vec![3..7, 12..16], b"61626364", Form::PLAIN) }],
        );
        assert_eq!(bytes, b"= '61626364' ;");
        let form = Form::Ratio { skip: 0, chars: 2, bytes: 1 };
        let inner = Run { encoding: "hex", ..run(std::iter::once(3..11).collect(), b"abcd", form) };
        let (twice, splice) = Splice::of(&bytes, Some(&outer), vec![inner]);
        assert_eq!(twice, b"= 'abcd' ;");
        assert_eq!(splice.outside(&(3..7)), (3..16, vec!["concatenation", "hex"]));
        assert_eq!(splice.outside(&(5..6)), (12..14, vec!["concatenation", "hex"]));
        assert_eq!(splice.outside(&(8..9)).0, 17..18);
    }
}
