//! Archives: gzip, zip and what is built on it (docx, jar, whl …), tar.
//!
//! Takes bytes, hands over what is packed in them, one member after the other, within a budget. A broken or lying
//! archive is said where something in it was not looked at; what came out of it before is scanned. One that is cut off
//! hides nothing: all that is stored of it came out. Nor does a broken tar: what it holds stands there as it is.

use std::io::{self, Cursor, Read};

use bstr::BString;

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

/// Takes a member: the kind of its archive, its name, its content. Gives the bytes that are left of the budget.
type Member<'m> = dyn FnMut(&'static str, Option<BString>, &[u8]) -> u64 + 'm;

pub(super) const GZIP: &[u8] = b"\x1f\x8b\x08";
pub(super) const ZIP: &[u8] = b"PK\x03\x04";
/// What their beginnings are in base64. (A tar's is text.)
pub(super) const ENCODED_MAGIC: [&[u8]; 2] = [b"H4sI", b"UEsDB"];
/// Where a tar's first header says that it is one.
const TAR_MAGIC: std::ops::Range<usize> = 257..262;

/// Whether the bytes begin as an archive does.
pub fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(GZIP) || bytes.starts_with(ZIP) || is_tar(bytes)
}

fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(TAR_MAGIC) == Some(b"ustar")
}

/// Hands over every member.
pub(super) fn open(bytes: &[u8], budget: Budget, member: &mut Member<'_>) -> Result<(), Problem> {
    if bytes.starts_with(GZIP) {
        gzip(bytes, budget, member)
    } else if bytes.starts_with(ZIP) {
        zip(bytes, budget, member)
    } else {
        tar(bytes, budget, member)
    }
}

fn broken(error: &dyn std::fmt::Display) -> Problem {
    Problem { kind: "corrupt-archive", message: format!("an archive cannot be read to its end: {error}") }
}

fn too_large(budget: Budget) -> Problem {
    let message = format!("an archive holds more than {} bytes; the rest was not scanned", budget.bytes);
    Problem { kind: "decode-limit", message }
}

/// Reads at most `left` bytes. The error comes with what was read before it.
fn read(from: impl Read, left: u64) -> (Vec<u8>, Option<io::Error>, bool) {
    let mut content = Vec::new();
    let error = from.take(left + 1).read_to_end(&mut content).err();
    let over = content.len() as u64 > left;
    content.truncate(usize::try_from(left).unwrap_or(usize::MAX));
    (content, error, over)
}

fn gzip(bytes: &[u8], budget: Budget, member: &mut Member<'_>) -> Result<(), Problem> {
    let (content, error, over) = read(flate2::read::MultiGzDecoder::new(bytes), budget.bytes);
    if !content.is_empty() {
        member("gzip", None, &content);
    }
    match error {
        Some(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(broken(&error)),
        _ if over => Err(too_large(budget)),
        _ => Ok(()),
    }
}

fn zip(bytes: &[u8], budget: Budget, member: &mut Member<'_>) -> Result<(), Problem> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let mut left = budget.bytes;
    let mut problem = None;
    for index in 0..archive.len() {
        if index >= budget.members {
            let message = format!("an archive has {} members; only {index} were scanned", archive.len());
            return Err(Problem { kind: "decode-limit", message });
        }
        let file = match archive.by_index(index) {
            Ok(file) if file.is_dir() => continue,
            Ok(file) => file,
            Err(error) => {
                problem = Some(broken(&error));
                continue;
            }
        };
        let name = BString::from(file.name_raw());
        let (content, error, over) = read(file, left);
        left = member("zip", Some(name), &content);
        if let Some(error) = error {
            problem = Some(broken(&error));
        }
        if over {
            return Err(too_large(budget));
        }
    }
    problem.map_or(Ok(()), Err)
}

fn tar(bytes: &[u8], budget: Budget, member: &mut Member<'_>) -> Result<(), Problem> {
    let mut archive = tar::Archive::new(bytes);
    let Ok(entries) = archive.entries() else { return Ok(()) };
    let mut left = budget.bytes;
    for (index, entry) in entries.map_while(Result::ok).enumerate() {
        if index >= budget.members {
            let message = format!("an archive has many members; only {index} were scanned");
            return Err(Problem { kind: "decode-limit", message });
        }
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = BString::from(entry.path_bytes().into_owned());
        let (content, error, over) = read(entry, left);
        left = member("tar", Some(name), &content);
        if over {
            return Err(too_large(budget));
        }
        if error.is_some() {
            break;
        }
    }
    Ok(())
}
