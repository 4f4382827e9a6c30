//! Zip, with what its directory says and with what it does not say.
//!
//! Takes bytes, hands over every member: first those of the directory at the end, then those whose own headers stand
//! elsewhere. A directory may be cut off, may leave members out or name two alike; what is stored is stored.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::ops::Range;

use bstr::BString;
use memchr::memmem;

use super::{Budget, Content, Member, Problem, ZIP, broken, read, too_large, too_many};

/// How often the bytes of an archive are read, all in all.
const MOST_READS: u64 = 4;

/// What is left of a budget, and which bytes were unpacked already.
struct Unpacked {
    budget: Budget,
    bytes: u64,
    members: usize,
    /// Packed bytes that may still be read: members may share their data, but not without end.
    packed: u64,
    /// Ends of members' data, by their starts.
    done: BTreeMap<u64, u64>,
}

pub(super) fn open(bytes: &[u8], budget: Budget, member: &mut Member<'_>) -> Result<(), Problem> {
    let mut unpacked = Unpacked {
        budget,
        bytes: budget.bytes,
        members: budget.members,
        packed: (bytes.len() as u64).saturating_mul(MOST_READS),
        done: BTreeMap::new(),
    };
    let listed = unpacked.listed(bytes, member);
    match listed {
        Err(problem) if problem.kind == "decode-limit" => Err(problem),
        listed => unpacked.unlisted(bytes, member).and(listed),
    }
}

/// Where the first members of the directory are that stand in the archive as they are.
pub(super) fn stored(bytes: &[u8], members: usize) -> Vec<Range<usize>> {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else { return Vec::new() };
    let mut stored: Vec<Range<usize>> = (0..archive.len().min(members))
        .filter_map(|index| {
            let file = archive.by_index(index).ok()?;
            let as_it_is = file.compression() == zip::CompressionMethod::Stored && !file.is_dir();
            let start = usize::try_from(file.data_start().filter(|_| as_it_is)?).ok()?;
            let end = start.saturating_add(usize::try_from(file.compressed_size()).ok()?);
            Some(start.min(bytes.len())..end.min(bytes.len()))
        })
        .collect();
    stored.sort_by_key(|content| content.start);
    stored
}

impl Unpacked {
    /// The members that the directory lists. What is wrong with one is no reason to leave out the others.
    fn listed(&mut self, bytes: &[u8], member: &mut Member<'_>) -> Result<(), Problem> {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
        let mut problem = None;
        for index in 0..archive.len() {
            let file = match archive.by_index(index) {
                Ok(file) => file,
                Err(error) => {
                    problem = Some(broken(&error));
                    continue;
                }
            };
            if let Some(start) = file.data_start() {
                self.done.insert(start, start.saturating_add(file.compressed_size()));
            }
            if file.is_dir() {
                continue;
            }
            let name = BString::from(file.name_raw());
            let packed = file.compressed_size();
            let content = self.take(packed, |left| read(file, left))?;
            member("zip", Some(name), &content.bytes);
            if content.over {
                return Err(too_large(self.budget));
            }
            if let Some(error) = content.error {
                problem = Some(broken(&error));
            }
        }
        problem.map_or(Ok(()), Err)
    }

    /// The members that only their own headers tell of.
    fn unlisted(&mut self, bytes: &[u8], member: &mut Member<'_>) -> Result<(), Problem> {
        let mut at = 0;
        while let Some(found) = memmem::find(&bytes[at..], ZIP) {
            let start = at + found;
            at = start + ZIP.len();
            let Some(header) = Header::read(&bytes[start..]) else { continue };
            let data = start + header.length;
            let before = self.done.range(..=data as u64).next_back();
            if let Some((_, &end)) =
                before.filter(|&(&from, &end)| from == data as u64 || (data as u64) < end)
            {
                at = at.max(usize::try_from(end).unwrap_or(usize::MAX)).min(bytes.len());
                continue;
            }
            let rest = &bytes[data.min(bytes.len())..];
            let mut packed = 0;
            let content = self.take(0, |left| header.unpack(rest, left, &mut packed))?;
            self.packed = self.packed.checked_sub(packed).ok_or_else(overlaps)?;
            if !content.bytes.is_empty() {
                member("zip", Some(header.name), &content.bytes);
            }
            if content.over {
                return Err(too_large(self.budget));
            }
        }
        Ok(())
    }

    /// Unpacks a member, as far as there is something left.
    fn take(&mut self, packed: u64, unpack: impl FnOnce(u64) -> Content) -> Result<Content, Problem> {
        self.members = self.members.checked_sub(1).ok_or_else(|| too_many(self.budget))?;
        self.packed = self.packed.checked_sub(packed).ok_or_else(overlaps)?;
        let content = unpack(self.bytes);
        self.bytes -= content.bytes.len() as u64;
        Ok(content)
    }
}

fn overlaps() -> Problem {
    let message = "members of an archive share their data over and over; the rest was not scanned".to_owned();
    Problem { kind: "decode-limit", message }
}

/// What stands before a member's data.
struct Header {
    name: BString,
    deflated: bool,
    /// Size of the data; 0 where it is said behind them.
    size: usize,
    /// Bytes from the header's start to the data's.
    length: usize,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Header> {
        const FIXED: usize = 30;
        let head = bytes.first_chunk::<FIXED>()?;
        let short = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
        let method = short(8);
        let name = usize::from(short(26));
        let size = u32::from_le_bytes([head[18], head[19], head[20], head[21]]);
        // Neither encrypted nor of another method: what such a header is for cannot be told from chance.
        let plain = short(6) & 1 == 0 && matches!(method, 0 | 8);
        plain.then(|| Header {
            name: BString::from(bytes.get(FIXED..FIXED + name).unwrap_or_default()),
            deflated: method == 8,
            size: usize::try_from(size).unwrap_or(usize::MAX),
            length: FIXED + name + usize::from(short(28)),
        })
    }

    /// Unpacks the data; `packed` becomes the number of bytes that were read.
    fn unpack(&self, data: &[u8], left: u64, packed: &mut u64) -> Content {
        if self.deflated {
            let mut decoder = flate2::read::DeflateDecoder::new(data);
            let content = read(&mut decoder, left);
            *packed = decoder.total_in();
            return content;
        }
        let size = if self.size == 0 { memmem::find(data, b"PK").unwrap_or(data.len()) } else { self.size };
        *packed = size.min(data.len()) as u64;
        read(&data[..size.min(data.len())], left)
    }
}
