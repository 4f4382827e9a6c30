//! Where content comes from: files on disk, standard input, the index, the objects of a repository.
//!
//! A source takes a place and a [`Sink`], and **pushes** every piece of content into it, from as many threads as it
//! runs on; pack traversal cannot be pulled. It knows no rule and keeps no content. What it could not look at it says
//! with [`Sink::issue`] (the scan is then incomplete) or [`Sink::skip`] (left out on purpose, counted); a bad file
//! never ends a run.

pub mod history;
pub mod index;
pub mod layout;
mod parts;
pub mod passed_over;
mod reftable;
#[cfg(test)]
pub(crate) mod scratch_repo;
pub mod stdin;
mod tracked;
pub mod worktree;

pub(crate) use tracked::{all_files_are, all_tracked_are, top_of};

use std::ops::Range;

use bstr::{BStr, BString};
use serde::Serialize;

use crate::finding::LocationKind;
use crate::position::Positions;

/// What a piece of content is and where it stands. Borrowed: made for every blob, kept for none.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// What kind of place.
    pub kind: LocationKind,
    /// Index of the PATH or REPO of the command line it was found under.
    pub target: usize,
    /// Path as the contract has it: relative to the top of the repository or to the scanned directory.
    pub path: Option<&'a BStr>,
    /// Path as it was typed, for the terminal.
    pub shown: Option<&'a BStr>,
    /// The object that holds the content: a blob's id, or that of the commit, tag or tree it is a part of. Hex.
    pub object: Option<&'a str>,
}

/// Content that stood where a changed one stands now. Borrowed, as [`Origin`] is.
#[derive(Clone, Copy, Debug)]
pub struct Old<'a> {
    /// What it held.
    pub bytes: &'a [u8],
    /// Where it stood: elsewhere than now if it was renamed.
    pub path: Option<&'a BStr>,
    /// It stands in what the change is judged against, and not only in an earlier commit of the same change.
    pub in_base: bool,
}

/// Things that a coverage statement counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Files on disk, index entries, standard input.
    File,
    /// Distinct blobs of a repository.
    Blob,
    /// Commit objects.
    Commit,
    /// Tag objects.
    Tag,
    /// Refs.
    Ref,
    /// Bytes that were looked at, after git's own decompression.
    Bytes,
}

/// Something that makes a scan incomplete.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Issue {
    /// What happened, as a stable word: `unreadable`, `missing-object`, `corrupt-object`, `shallow` …
    pub kind: String,
    /// What happened, for people.
    pub message: String,
    /// The file, if there is one.
    #[serde(skip)]
    pub path: Option<BString>,
    /// The object, if there is one: hex.
    pub object: Option<String>,
}

impl Issue {
    /// An issue without a place.
    pub fn new(kind: &str, message: impl Into<String>) -> Self {
        Issue { kind: kind.to_owned(), message: message.into(), path: None, object: None }
    }

    /// The same issue, of a file.
    #[must_use]
    pub fn at_path(mut self, path: impl Into<BString>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The same issue, of an object.
    #[must_use]
    pub fn at_object(mut self, id: impl Into<String>) -> Self {
        self.object = Some(id.into());
        self
    }
}

/// How many bytes pieces of one content overlap by, so that no trace of a candidate is cut in two.
pub const OVERLAP: usize = 512;

/// How many bytes on both sides of a byte can make it a part of a candidate, or of something in which one is encoded:
/// 32 characters escaped several times over are the longest of these.
pub const REACH: usize = 1200;

/// Why a path is skipped that [`Sink::leaves_out`].
pub const LEFT_OUT: &str = "left out by the configuration";

/// Why a file is skipped that git tracks and the disk has not: it is deleted, or the checkout is sparse.
pub const NOT_ON_DISK: &str = "tracked by git and not on disk: deleted, or a sparse checkout";

/// Why it is not known whether every object is there that a stored one names.
pub const UNCONNECTED: &str = "connectivity check (--no-connectivity-check)";

/// Why content is skipped that is larger than was asked for.
pub const TOO_LARGE: &str = "larger than max-file-size";

/// Why an archive is skipped that is inside of more archives than was asked for.
pub const TOO_NESTED: &str = "archives nested deeper than max-archive-depth";

/// Where a part of a long content stands.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Bytes of the whole content.
    pub size: u64,
    /// Of the parts that are worth a look, it is not the first.
    pub follows: bool,
    /// Bytes before this part.
    pub at: u64,
    /// Line breaks before this part.
    pub lines: u64,
    /// Characters before this part in the line that it begins in.
    pub column: u64,
    /// The same in UTF-16 code units.
    pub column_utf16: u64,
    /// The bytes of this part that it is to be told of: what else is found in it, another part tells of.
    pub own: Range<usize>,
}

impl Part {
    /// Goes on to where the part begins that comes after these bytes of this one.
    pub fn advance(&mut self, bytes: &[u8]) {
        let utf16 = utf16_as_utf8(bytes);
        let text = utf16.as_ref().map_or(bytes, String::as_bytes);
        let end = Positions::new(text).region(text.len()..text.len());
        if end.start_line > 1 {
            (self.column, self.column_utf16) = (0, 0);
        }
        self.at += bytes.len() as u64;
        self.lines += end.start_line - 1;
        self.column += end.start_column - 1;
        self.column_utf16 += end.start_utf16 - 1;
    }
}

/// The text as UTF-8, where it is UTF-16: a quarter of its bytes are zero, most of them in the same half of each pair.
fn utf16_as_utf8(bytes: &[u8]) -> Option<String> {
    let (pairs, _) = bytes.as_chunks::<2>();
    let [first, second] = [0, 1].map(|half| pairs.iter().filter(|pair| pair[half] == 0).count());
    let read = if first > second { u16::from_be_bytes } else { u16::from_le_bytes };
    let is_utf16 = first.abs_diff(second) >= pairs.len() / 2 && first + second > 0;
    is_utf16.then(|| {
        let characters = char::decode_utf16(pairs.iter().map(|&pair| read(pair)));
        characters.map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    })
}

/// Takes what sources push. Called from many threads at once.
pub trait Sink: Sync {
    /// Scans one piece of content. Counts nothing: the source knows what it is.
    fn blob(&self, origin: Origin<'_>, bytes: &[u8]);

    /// Scans content that replaces other content: what would be reported of one of `olds` already is not reported.
    fn changed(&self, origin: Origin<'_>, bytes: &[u8], olds: &[Old<'_>]);

    /// Scans a part of a content that is too long to be held in memory.
    fn part(&self, origin: Origin<'_>, bytes: &[u8], part: &Part);

    /// Whether content that begins like that says something only as a whole, as an archive does.
    fn begins_archive(&self, _start: &[u8]) -> bool {
        false
    }

    /// The same of content that ends like that, whatever it begins with.
    fn ends_archive(&self, _end: &[u8]) -> bool {
        false
    }

    /// Whether `bytes`, content of a kind, can hold a candidate at all. Cheap; lets a source leave a container (a commit, a tree) whole
    /// instead of pushing its parts one by one, and a long file unread: nothing is missed when it is asked about
    /// pieces that overlap by [`OVERLAP`] bytes.
    fn worth_splitting(&self, kind: LocationKind, bytes: &[u8]) -> bool;

    /// How many bytes on both sides of a byte [`worth_splitting`](Sink::worth_splitting) has to see to know whether that
    /// byte makes the content worth it.
    fn reach(&self) -> usize {
        REACH
    }

    /// Whether the name of a file or directory holds what the directory that it is in may tell of, so that a source which
    /// pushed it without that directory has to push it again.
    fn depends_on_directory(&self, _name: &BStr) -> bool {
        false
    }

    /// Whether a directory of that path tells anything of the names in it.
    fn is_directory_telling(&self, _path: &BStr) -> bool {
        false
    }

    /// Scans such a name once more, with its directory. Where it stands is the same.
    fn name_in(&self, _directory: &BStr, _origin: Origin<'_>, _name: &BStr) {}

    /// Whether the user's configuration leaves out what is at a path of a target. A source that asks, skips it as
    /// [`LEFT_OUT`] and need not read it. The path of a directory ends with `/`.
    fn leaves_out(&self, _target: usize, _path: &BStr) -> bool {
        false
    }

    /// Whether anything of a target is left out at all: if not, a source need not ask path by path.
    fn is_selective(&self, _target: usize) -> bool {
        false
    }

    /// Adds to the coverage.
    fn count(&self, what: Counted, number: u64);

    /// Something that the user asked to leave out, or that has no content to scan: counted under `reason`.
    fn skip(&self, reason: &'static str, example: &BStr);

    /// Something that should have been scanned and was not, or not wholly.
    fn issue(&self, issue: Issue);

    /// Whether the run should end now (Ctrl-C, a closed pipe).
    fn interrupted(&self) -> bool;
}
