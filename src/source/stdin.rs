//! Standard input, read to its end: one content without a name.
//!
//! Read on a thread of its own, because a read that waits for input hears of no interruption.

use std::io::{self, Read};
use std::sync::OnceLock;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use bstr::BStr;

use super::parts::{self, BIG, Reading};
use super::{Counted, Issue, Origin, Sink, TOO_LARGE};
use crate::finding::LocationKind;
use crate::sanitize::system_error;

/// Bytes that are read at once.
const PIECE: usize = 64 * 1024;

/// Bytes of it that are held in memory, and scanned.
const MOST: usize = 1 << 30;

/// How long an interruption may go unnoticed.
const PATIENCE: Duration = Duration::from_millis(50);

/// Standard input. It can be read once, and scanned as often as is wanted.
#[derive(Debug, Default)]
pub struct Input {
    read: OnceLock<Vec<u8>>,
}

impl Input {
    /// Reads standard input to its end, or to an interruption, unless that was done before, and scans it.
    pub fn scan(&self, target: usize, max_file_size: Option<u64>, sink: &dyn Sink) {
        let bytes = self.read.get_or_init(|| read(sink));
        if bytes.is_empty() {
            return;
        }
        if max_file_size.is_some_and(|most| bytes.len() as u64 > most) {
            return sink.skip(TOO_LARGE, BStr::new("standard input"));
        }
        sink.count(Counted::File, 1);
        sink.count(Counted::Bytes, bytes.len() as u64);
        let origin = Origin {
            kind: LocationKind::Stdin,
            target,
            path: None,
            shown: Some(BStr::new("<stdin>")),
            object: None,
        };
        if bytes.len() as u64 <= BIG {
            return sink.blob(origin, bytes);
        }
        let rest = Reading::new(bytes.as_slice(), bytes.len() as u64);
        if let Err(reason) = parts::push(sink, origin, Vec::new(), rest) {
            sink.issue(Issue::new("unreadable", format!("standard input: {reason}")));
        }
    }
}

fn read(sink: &dyn Sink) -> Vec<u8> {
    let (sender, pieces) = mpsc::sync_channel::<io::Result<Vec<u8>>>(4);
    let reader = move || {
        let mut input = io::stdin().lock();
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
    let mut bytes = Vec::new();
    while !sink.interrupted() {
        match pieces.recv_timeout(PATIENCE) {
            Ok(Ok(piece)) if bytes.len() + piece.len() > MOST => {
                bytes.extend_from_slice(&piece[..MOST - bytes.len()]);
                let message =
                    "standard input: what follows the first GiB was not scanned; a file has no such limit";
                sink.issue(Issue::new("too-large", message));
                return bytes;
            }
            Ok(Ok(piece)) => bytes.extend(piece),
            Ok(Err(error)) => {
                sink.issue(Issue::new("unreadable", format!("standard input: {}", system_error(&error))));
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    // After an interruption: what had come before it.
    bytes.extend(pieces.try_iter().flatten().flatten());
    bytes
}
