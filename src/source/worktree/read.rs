//! Reads one file into a buffer that serves for all, unless nothing in it is worth a closer look.
//!
//! Takes a path and the buffer, gives the part of the buffer that holds the content. Knows the sink only to ask it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use crate::finding::LocationKind;
use crate::source::parts::BIG;
use crate::source::{OVERLAP, Sink};

/// Bytes that are read at once.
const PIECE: usize = 64 * 1024;

/// Bytes of a page of memory.
const PAGE: usize = 4096;

/// What a file holds.
pub(super) enum Content {
    /// This part of the buffer.
    Whole(Range<usize>),
    /// So many bytes in the file, none of which is worth a closer look.
    Nothing(u64),
    /// So many bytes, more than are held in memory.
    Long(File, u64),
    /// More than are wanted.
    TooLarge,
}

/// Reads a file into `buffer`, which only ever grows: what it held is overwritten, never cleared.
///
/// A long file goes through a small part of the buffer that stays in the processor's cache, piece by piece; only where
/// one of them is worth a closer look is it read whole. One that is longer than that is not read here.
pub(super) fn read(
    path: &Path,
    most: Option<u64>,
    buffer: &mut Vec<u8>,
    sink: &dyn Sink,
) -> io::Result<Content> {
    let mut file = File::open(path)?;
    if let Some(most) = most
        && file.metadata()?.len() > most
    {
        return Ok(Content::TooLarge);
    }
    if buffer.len() < PIECE + PAGE {
        buffer.resize(PIECE + PAGE, 0);
    }
    let start = lead(buffer);
    let piece = &mut buffer[start..start + PIECE];
    let mut length = fill(&mut file, piece)?;
    let mut total = length as u64;
    if length < PIECE {
        return Ok(Content::Whole(start..start + length));
    }
    let size = file.metadata()?.len();
    if size > BIG {
        file.seek(SeekFrom::Start(0))?;
        return Ok(Content::Long(file, size));
    }
    while !sink.worth_splitting(LocationKind::File, &piece[..length]) {
        // What crosses from one piece to the next is seen in the next.
        piece.copy_within(length - OVERLAP..length, 0);
        let more = fill(&mut file, &mut piece[OVERLAP..])?;
        if more == 0 {
            return Ok(Content::Nothing(total));
        }
        total += more as u64;
        length = OVERLAP + more;
    }
    file.seek(SeekFrom::Start(0))?;
    let size = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
    let wanted = size + 1 + PAGE;
    if buffer.len() < wanted {
        buffer.try_reserve(wanted - buffer.len()).map_err(io::Error::other)?;
        buffer.resize(wanted, 0);
    }
    let start = lead(buffer);
    length = 0;
    loop {
        length += fill(&mut file, &mut buffer[start + length..])?;
        if start + length < buffer.len() {
            return Ok(Content::Whole(start..start + length));
        }
        // It grew while it was read.
        buffer.resize(start + length + PIECE, 0);
    }
}

/// Where in the buffer a file begins: well inside a page of memory. Into the first bytes of one, some processors copy
/// from the page cache at a third of their speed.
fn lead(buffer: &[u8]) -> usize {
    (buffer.as_ptr().align_offset(PAGE) + PAGE / 2) % PAGE
}

/// Reads until the buffer is full or the file at its end.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}
