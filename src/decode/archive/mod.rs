//! Archives: gzip, zip and what is built on it (docx, jar, whl …), tar.
//!
//! Takes bytes, hands over what is packed in them, one member after the other, within a budget. A packed archive that is
//! broken, lies or is cut off is said, for something in it was not looked at, or is missing; what came out of it before is
//! scanned. What only begins like one is none. A tar packs nothing: all that is there of it is seen as it stands, and is
//! scanned whatever its headers say.

use std::io::{self, Read};
use std::ops::Range;

use bstr::BString;

mod unopened;
mod zip;

pub use unopened::{UNOPENED, unopened, unopened_reason};

/// How much may come out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    pub(super) bytes: u64,
    pub(super) members: usize,
}

/// Why an archive, or a part of it, was not looked at.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) kind: &'static str,
    pub(super) message: String,
}

/// Takes a member: the kind of its archive, its name, its content.
type Member<'m> = dyn FnMut(&'static str, Option<BString>, &[u8]) + 'm;

pub(super) const GZIP: &[u8] = b"\x1f\x8b\x08";
pub(super) const ZIP: &[u8] = b"PK\x03\x04";
/// What their beginnings are in base64. (A tar's is text.)
pub(super) const ENCODED_MAGIC: [&[u8]; 2] = [b"H4sI", b"UEsDB"];
/// … and in hex.
pub(super) const HEX_MAGIC: [&[u8]; 2] = [b"1f8b08", b"504b0304"];
/// Bytes of its shortest header.
const GZIP_HEADER: usize = 10;
/// Where a tar's first header says that it is one.
const TAR_MAGIC: Range<usize> = 257..262;

/// The record that a zip ends with, and its length where nothing follows it.
const ZIP_END: &[u8] = b"PK\x05\x06";
const ZIP_END_LENGTH: usize = 22;

/// Whether the bytes begin as an archive does, or end as a zip does: what unpacks or runs itself begins otherwise.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    begins_archive(bytes) || ends_archive(bytes)
}

/// Whether bytes that begin like that are an archive.
pub fn begins_archive(start: &[u8]) -> bool {
    start.starts_with(GZIP) || start.starts_with(ZIP) || is_tar(start)
}

/// Whether bytes that end like that are a zip, whatever they begin with.
pub fn ends_archive(end: &[u8]) -> bool {
    let end = end.len().checked_sub(ZIP_END_LENGTH).map(|start| &end[start..]);
    end.is_some_and(|end| end.starts_with(ZIP_END))
}

fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(ZIP) || ends_archive(bytes)
}

fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(TAR_MAGIC) == Some(b"ustar")
}

/// Hands over every member.
pub(super) fn open(bytes: &[u8], budget: Budget, member: &mut Member<'_>) -> Result<(), Problem> {
    if bytes.starts_with(GZIP) {
        gzip(bytes, budget, member)
    } else if is_zip(bytes) {
        zip::open(bytes, budget, member)
    } else {
        tar(bytes, budget, member)
    }
}

fn broken(error: &dyn std::fmt::Display) -> Problem {
    Problem { kind: super::CORRUPT, message: format!("an archive cannot be read to its end: {error}") }
}

fn too_large(budget: Budget) -> Problem {
    let message = format!("an archive unpacks to more than {} bytes; the rest was not scanned", budget.bytes);
    Problem { kind: "decode-limit", message }
}

fn too_many(budget: Budget) -> Problem {
    let message = format!("an archive has more than {} members; the rest was not scanned", budget.members);
    Problem { kind: "decode-limit", message }
}

/// What came out of a stream.
struct Content {
    bytes: Vec<u8>,
    /// Why it did not come to its end.
    error: Option<io::Error>,
    /// There would be more.
    over: bool,
}

/// Reads at most `left` bytes.
fn read(from: impl Read, left: u64) -> Content {
    let mut bytes = Vec::new();
    let error = from.take(left.saturating_add(1)).read_to_end(&mut bytes).err();
    let over = bytes.len() as u64 > left;
    bytes.truncate(usize::try_from(left).unwrap_or(usize::MAX));
    Content { bytes, error, over }
}

fn cut_off() -> Problem {
    broken(&"it is cut off")
}

fn gzip(bytes: &[u8], budget: Budget, member: &mut Member<'_>) -> Result<(), Problem> {
    let (mut rest, mut unpacked) = (bytes, Vec::new());
    let outcome = loop {
        let mut decoder = flate2::bufread::GzDecoder::new(rest);
        let content = read(&mut decoder, budget.bytes - unpacked.len() as u64);
        match unpacked.is_empty() {
            true => unpacked = content.bytes,
            false => unpacked.extend(content.bytes),
        }
        match content.error {
            // What is no longer than a header has nothing in it.
            Some(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                break if bytes.len() > GZIP_HEADER { Err(cut_off()) } else { Ok(()) };
            }
            Some(error) => break Err(broken(&error)),
            None if content.over => break Err(too_large(budget)),
            None => rest = decoder.into_inner(),
        }
        // Tapes and block devices fill up with zeros what stands on them.
        if rest.iter().all(|&byte| byte == 0) {
            break Ok(());
        }
    };
    if !unpacked.is_empty() {
        member("gzip", None, &unpacked);
    }
    outcome
}

/// The files in a tar that stand in it as they are, with their names; those after a broken header are not known.
///
/// Of what is longer than the archive, what is there.
fn tar_files(bytes: &[u8]) -> impl Iterator<Item = (BString, Range<usize>)> {
    let position = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).min(bytes.len());
    let mut archive = tar::Archive::new(bytes);
    let mut files = Vec::new();
    for entry in archive.entries().into_iter().flatten().map_while(Result::ok) {
        if entry.header().entry_type().is_file() {
            let start = position(entry.raw_file_position());
            let end = position(entry.raw_file_position().saturating_add(entry.size()));
            files.push((BString::from(entry.path_bytes().into_owned()), start..end));
        }
    }
    files.into_iter()
}

/// Where in an archive files stand as they are: they are handed over as members, and need not be seen twice.
pub(super) fn plain_contents(bytes: &[u8], members: usize) -> Vec<Range<usize>> {
    if bytes.starts_with(GZIP) {
        Vec::new()
    } else if is_zip(bytes) {
        zip::stored(bytes, members)
    } else if is_tar(bytes) {
        tar_files(bytes).take(members).map(|(_, content)| content).collect()
    } else {
        Vec::new()
    }
}

fn tar(bytes: &[u8], budget: Budget, member: &mut Member<'_>) -> Result<(), Problem> {
    for (index, (name, content)) in tar_files(bytes).enumerate() {
        if index >= budget.members {
            return Err(too_many(budget));
        }
        member("tar", Some(name), &bytes[content]);
    }
    Ok(())
}
