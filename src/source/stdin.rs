//! Standard input, read to its end: one content without a name.
//!
//! Read on a thread of its own, because a read that waits for input hears of no interruption. What is longer than is
//! held in memory goes to the sink in parts while it comes; an archive, which says something only as a whole, is held.

use std::io::{self, Read};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use bstr::BStr;

use super::parts::{self, BIG, Feed, Reading, WHOLE};
use super::{Counted, Issue, Origin, Sink, TOO_LARGE};
use crate::finding::LocationKind;
use crate::sanitize::system_error;

/// Bytes that are read at once.
const PIECE: usize = 64 * 1024;

/// Bytes of a long input that are kept, to be scanned again.
const KEPT: usize = if cfg!(test) { 384 << 10 } else { 256 << 20 };

/// How long an interruption may go unnoticed.
const PATIENCE: Duration = Duration::from_millis(50);

/// Why something is counted as skipped when more than is kept would have been scanned again.
const ONCE: &str =
    "not all of a long standard input was looked at again, for uses of names and for known values";

/// What it is called.
const NAME: &str = "standard input";

/// Standard input. It can be read once, and scanned as often as is wanted: a very long one wholly the first time only.
#[derive(Debug, Default)]
pub struct Input {
    read: OnceLock<Held>,
}

/// What is left of an input that was read.
#[derive(Debug, Default)]
struct Held {
    bytes: Vec<u8>,
    /// There was more.
    cut: bool,
}

impl Input {
    /// Scans standard input: the first time as it comes, to its end or to an interruption.
    pub fn scan(&self, target: usize, max_file_size: Option<u64>, sink: &dyn Sink) {
        self.scan_from(io::stdin, target, max_file_size, sink);
    }

    fn scan_from<R: Read>(
        &self,
        open: impl FnOnce() -> R + Send + 'static,
        target: usize,
        max_file_size: Option<u64>,
        sink: &dyn Sink,
    ) {
        let origin = Origin {
            kind: LocationKind::Stdin,
            target,
            path: None,
            shown: Some(BStr::new("<stdin>")),
            object: None,
        };
        let mut is_first = false;
        let held = self.read.get_or_init(|| {
            is_first = true;
            first(Stream::start(open, sink), origin, max_file_size.unwrap_or(u64::MAX))
        });
        if !is_first {
            push(sink, origin, held);
            if held.cut {
                sink.skip(ONCE, BStr::new(NAME));
            }
        }
    }
}

/// Scans what is held.
fn push(sink: &dyn Sink, origin: Origin<'_>, held: &Held) {
    let bytes = held.bytes.as_slice();
    if bytes.is_empty() {
        return;
    }
    sink.count(Counted::File, 1);
    sink.count(Counted::Bytes, bytes.len() as u64);
    if bytes.len() as u64 <= BIG {
        return sink.blob(origin, bytes);
    }
    let rest = Reading::new(bytes, bytes.len() as u64);
    if let Err(reason) = parts::push(sink, origin, Vec::new(), rest) {
        sink.issue(Issue::new("unreadable", format!("{NAME}: {reason}")));
    }
}

/// Scans what comes, and gives what is to be kept of it.
fn first(mut stream: Stream<'_>, origin: Origin<'_>, most: u64) -> Held {
    let sink = stream.sink;
    let too_large = |mut stream: Stream<'_>| {
        // Whoever writes it is not to fail.
        while stream.next().is_some() {}
        sink.skip(TOO_LARGE, BStr::new(NAME));
        Held::default()
    };
    let mut bytes = Vec::new();
    stream.take(&mut bytes, usize::try_from(BIG).unwrap_or(usize::MAX));
    if !stream.is_over() && sink.begins_archive(&bytes) {
        stream.take(&mut bytes, usize::try_from(WHOLE).unwrap_or(usize::MAX));
    }
    if bytes.len() as u64 + stream.waiting.len() as u64 > most {
        return too_large(stream);
    }
    if stream.is_over() {
        let held = Held { bytes, cut: false };
        push(sink, origin, &held);
        return held;
    }
    sink.count(Counted::File, 1);
    let mut long = Long { stream, held: Held { bytes, cut: false }, at: 0, total: 0, most };
    if let Err(reason) = parts::push(sink, origin, Vec::new(), &mut long) {
        sink.issue(Issue::new("unreadable", format!("{NAME}: {reason}")));
    }
    if long.total > most {
        return too_large(long.stream);
    }
    let mut held = long.held;
    if held.cut {
        held.bytes.truncate(KEPT);
        held.bytes.shrink_to_fit();
        sink.skip(ONCE, BStr::new(NAME));
    }
    held
}

/// What another thread reads.
struct Stream<'s> {
    sink: &'s dyn Sink,
    pieces: Receiver<io::Result<Vec<u8>>>,
    /// What was read and not taken. Empty only when all is over.
    waiting: Vec<u8>,
}

impl Stream<'_> {
    fn start<R: Read>(open: impl FnOnce() -> R + Send + 'static, sink: &dyn Sink) -> Stream<'_> {
        let (sender, pieces) = mpsc::sync_channel::<io::Result<Vec<u8>>>(4);
        let reader = move || {
            let mut input = open();
            loop {
                let mut piece = vec![0; PIECE];
                let read = match input.read(&mut piece) {
                    Ok(0) => return,
                    Ok(length) => {
                        piece.truncate(length);
                        Ok(piece)
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => Err(error),
                };
                let is_last = read.is_err();
                if sender.send(read).is_err() || is_last {
                    return;
                }
            }
        };
        std::thread::spawn(reader);
        let mut stream = Stream { sink, pieces, waiting: Vec::new() };
        stream.waiting = stream.next().unwrap_or_default();
        stream
    }

    /// The next bytes: after an interruption those that had come before it.
    fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            let piece = match self.sink.interrupted() {
                true => self.pieces.try_recv().map_err(|_| RecvTimeoutError::Disconnected),
                false => self.pieces.recv_timeout(PATIENCE),
            };
            match piece {
                Ok(Ok(piece)) => return Some(piece),
                Ok(Err(error)) => {
                    let message = format!("{NAME}: {}", system_error(&error));
                    self.sink.issue(Issue::new("unreadable", message));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    fn is_over(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Appends what comes, until there are `most` bytes or no more.
    fn take(&mut self, bytes: &mut Vec<u8>, most: usize) {
        while bytes.len() < most && !self.is_over() {
            let count = self.waiting.len().min(most - bytes.len());
            bytes.extend(self.waiting.drain(..count));
            if self.waiting.is_empty() {
                self.waiting = self.next().unwrap_or_default();
            }
        }
    }
}

/// An input of unknown length: what was read of it, and what is to come.
struct Long<'s> {
    stream: Stream<'s>,
    held: Held,
    /// How much of what is held was handed on.
    at: usize,
    /// Bytes that were handed on.
    total: u64,
    /// Bytes that are wanted; what has more is left there.
    most: u64,
}

impl Feed for &mut Long<'_> {
    fn left(&self) -> u64 {
        match self.total > self.most {
            true => 0,
            // At least.
            false => (self.held.bytes.len() - self.at + self.stream.waiting.len()) as u64,
        }
    }

    fn extend(&mut self, bytes: &mut Vec<u8>, most: usize) -> Result<(), String> {
        if self.left() == 0 {
            return Ok(());
        }
        let before = bytes.len();
        let held = &self.held.bytes[self.at..];
        let known = held.len().min(most.saturating_sub(before));
        bytes.extend_from_slice(&held[..known]);
        self.at += known;
        let new = bytes.len();
        self.stream.take(bytes, most);
        let new = &bytes[new..];
        let room = KEPT.saturating_sub(self.held.bytes.len()).min(new.len());
        self.held.bytes.extend_from_slice(&new[..room]);
        self.at += room;
        self.held.cut |= room < new.len();
        let count = (bytes.len() - before) as u64;
        self.total += count;
        self.stream.sink.count(Counted::Bytes, count);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::sync::Mutex;

    use super::*;
    use crate::source::{Old, Part};

    /// What was pushed, and what was said.
    #[derive(Default)]
    struct Pushed {
        whole: Mutex<Vec<usize>>,
        parts: Mutex<Vec<u8>>,
        said: Mutex<Vec<String>>,
        bytes: Mutex<u64>,
    }

    impl Sink for Pushed {
        fn blob(&self, _: Origin<'_>, bytes: &[u8]) {
            self.whole.lock().expect("one thread").push(bytes.len());
        }
        fn changed(&self, origin: Origin<'_>, bytes: &[u8], _: &[Old<'_>]) {
            self.blob(origin, bytes);
        }
        fn part(&self, _: Origin<'_>, bytes: &[u8], part: &Part) {
            self.parts.lock().expect("one thread").extend(&bytes[part.own.clone()]);
        }
        fn begins_archive(&self, start: &[u8]) -> bool {
            start.starts_with(b"archive")
        }
        fn worth_splitting(&self, _: LocationKind, _: &[u8]) -> bool {
            true
        }
        fn count(&self, what: Counted, number: u64) {
            if what == Counted::Bytes {
                *self.bytes.lock().expect("one thread") += number;
            }
        }
        fn skip(&self, reason: &'static str, _: &BStr) {
            self.said.lock().expect("one thread").push(reason.to_owned());
        }
        fn issue(&self, issue: Issue) {
            self.said.lock().expect("one thread").push(issue.kind);
        }
        fn interrupted(&self) -> bool {
            false
        }
    }

    fn scan(input: &Input, content: &[u8], most: Option<u64>) -> Pushed {
        let (content, pushed) = (content.to_vec(), Pushed::default());
        input.scan_from(|| Cursor::new(content), 0, most, &pushed);
        pushed
    }

    fn content(start: &str, length: usize) -> Vec<u8> {
        let numbers = (0_u32..).flat_map(|number| format!("{number} ").into_bytes());
        start.bytes().chain(numbers).take(length).collect()
    }

    #[test]
    fn what_is_short_or_an_archive_is_scanned_whole() {
        let (big, whole) = (BIG as usize, WHOLE as usize);
        for (start, length) in [("", 1), ("", big), ("archive", big + 1), ("archive", whole)] {
            let input = Input::default();
            let content = content(start, length);
            for _ in 0..2 {
                let pushed = scan(&input, &content, None);
                assert_eq!(*pushed.whole.lock().expect("one thread"), [length], "{start:?} {length}");
                assert_eq!(*pushed.bytes.lock().expect("one thread"), length as u64);
                assert!(pushed.said.lock().expect("one thread").is_empty());
            }
        }
        let pushed = scan(&Input::default(), b"", None);
        assert!(pushed.whole.lock().expect("one thread").is_empty());
    }

    #[test]
    fn what_is_long_is_scanned_in_parts_and_again_as_far_as_it_is_kept() {
        let big = BIG as usize;
        for (start, length, said) in [
            ("", big + 1, &[][..]),
            ("", KEPT, &[]),
            ("", KEPT + 1, &[ONCE]),
            ("", 4 * KEPT + 12_345, &[ONCE]),
            ("archive", WHOLE as usize + 1, &["too-large", ONCE]),
        ] {
            let content = content(start, length);
            let input = Input::default();
            let pushed = scan(&input, &content, None);
            assert!(pushed.whole.lock().expect("one thread").is_empty());
            assert!(*pushed.parts.lock().expect("one thread") == content, "{length}: all parts together");
            assert_eq!(*pushed.bytes.lock().expect("one thread"), length as u64);
            assert_eq!(*pushed.said.lock().expect("one thread"), said, "{length}");
            let again = scan(&input, b"is not read", None);
            let (parts, whole) =
                (again.parts.lock().expect("one thread"), again.whole.lock().expect("one thread"));
            assert!(content.starts_with(&parts), "{length}");
            assert_eq!(
                parts.len() + whole.iter().sum::<usize>(),
                length.min(KEPT),
                "what is kept of {length}"
            );
        }
    }

    #[test]
    fn what_is_larger_than_wanted_is_left_out_and_said() {
        let big = BIG as usize;
        for (length, most, parts) in
            [(100, 99, 0), (big, big - 1, 0), (big + 1, 100, 0), (4 * big, 2 * big, big)]
        {
            let pushed = scan(&Input::default(), &content("", length), Some(most as u64));
            assert!(pushed.whole.lock().expect("one thread").is_empty());
            assert!(pushed.parts.lock().expect("one thread").len() >= parts, "{length}");
            assert_eq!(*pushed.said.lock().expect("one thread"), [TOO_LARGE], "{length}");
        }
        let pushed = scan(&Input::default(), &content("", big), Some(BIG));
        assert_eq!(*pushed.whole.lock().expect("one thread"), [big]);
    }
}
