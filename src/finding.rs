//! What a scan is about in the end: findings, where they are, and how sure we are.
//!
//! Built by `detect` and `pipeline`, completed by `history`, printed by `report`. Nothing here reads or writes.

use std::ops::Range;

use bstr::BString;
use serde::Serialize;

pub use crate::containment::{
    ASIDE, CheckedOut, Containment, Exposure, Rebase, Staged, State, UnderWay, WorkTree,
};
use crate::secret::Secret;

/// How sure we are that a candidate is a credential of the rule's provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// It has the shape, and little more.
    Low,
    /// The file is about the provider and the value is called a credential.
    Medium,
    /// The value is bound to the provider by name, client or request.
    High,
}

impl Confidence {
    /// The word used in reports, rules and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}

/// What a leak costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Hardly anything.
    Low,
    /// Some data or some money.
    Medium,
    /// Much.
    High,
    /// Whatever the account can do.
    Critical,
}

impl Severity {
    /// The word used in reports and rules.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

/// Where a piece of scanned content came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LocationKind {
    /// A file on disk.
    File,
    /// A file's content in stored history.
    Blob,
    /// A file's content in the index.
    Index,
    /// Standard input.
    Stdin,
    /// The name of a file or directory.
    Path,
    /// The target of a symbolic link.
    Symlink,
    /// A commit's message.
    CommitMessage,
    /// An annotated tag's message.
    TagMessage,
    /// A commit's author line.
    Author,
    /// A commit's committer line.
    Committer,
    /// An annotated tag's tagger line.
    Tagger,
    /// A git note.
    Note,
    /// The name of a ref.
    RefName,
}

impl LocationKind {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            LocationKind::File => "file",
            LocationKind::Blob => "blob",
            LocationKind::Index => "index",
            LocationKind::Stdin => "stdin",
            LocationKind::Path => "path",
            LocationKind::Symlink => "symlink",
            LocationKind::CommitMessage => "commit-message",
            LocationKind::TagMessage => "tag-message",
            LocationKind::Author => "author",
            LocationKind::Committer => "committer",
            LocationKind::Tagger => "tagger",
            LocationKind::Note => "note",
            LocationKind::RefName => "ref-name",
        }
    }
}

/// The place of a secret in a text. Lines and columns are 1-based, ends are exclusive.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Region {
    /// Line of the first character.
    pub start_line: u64,
    /// Column of the first character, in Unicode scalar values.
    pub start_column: u64,
    /// Line of the last character.
    pub end_line: u64,
    /// Column after the last character, in Unicode scalar values.
    pub end_column: u64,
    /// `start_column` in UTF-16 code units, for SARIF.
    #[serde(skip)]
    pub start_utf16: u64,
    /// `end_column` in UTF-16 code units, for SARIF.
    #[serde(skip)]
    pub end_utf16: u64,
}

/// The line that holds a secret, cut to a readable length and masked: it holds no whole secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The text, with a mask in place of every candidate.
    pub text: String,
    /// Where in `text` the mask of this location's secret stands, in bytes.
    pub mask: Range<usize>,
    /// Something was cut off before the text.
    pub cut_left: bool,
    /// Something was cut off after the text.
    pub cut_right: bool,
}

/// A commit, as far as a report names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Commit {
    /// Object id in hex.
    pub id: String,
    /// Author's name.
    pub author_name: String,
    /// Author's address.
    pub author_email: String,
    /// Author's time in UTC, RFC 3339.
    pub author_time: String,
    /// First line of the message.
    pub subject: String,
}

/// Where what is checked out, or the next commit, still holds a secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Presence {
    /// Neither in HEAD's tree nor in the index.
    #[default]
    Gone,
    /// In the index, and not in HEAD's tree.
    Index,
    /// In HEAD's tree.
    Head,
}

/// One place where a secret stands.
#[derive(Clone, Debug)]
pub struct Location {
    /// What kind of place.
    pub kind: LocationKind,
    /// The PATH or REPO of the command line that it was found under.
    pub target: BString,
    /// Relative to the top of the repository or the scanned directory, `/` as separator.
    pub path: Option<BString>,
    /// The path as a terminal shows it: as it was typed, so that it can be clicked.
    pub shown: Option<BString>,
    /// Names inside archives, outermost first.
    pub inner: Vec<BString>,
    /// The id in hex of the blob (or of the commit, tag or tree object) that holds it.
    pub blob: Option<String>,
    /// The commit that introduced it here.
    pub commit: Option<Commit>,
    /// Lines and columns.
    pub region: Region,
    /// Byte span in the stored bytes; none inside archives.
    pub bytes: Option<Range<u64>>,
    /// The encodings it was taken out of, outermost first.
    pub decoded: Vec<String>,
    /// What is stored in its place, where that is text: none in UTF-16, none inside archives, and where it stands as it is.
    pub encoded: Option<Secret>,
    /// Notebook cell, 1-based.
    pub cell: Option<u64>,
    /// The masked line.
    pub excerpt: Excerpt,
    /// The line hash of GitHub code scanning, for files on disk.
    pub line_hash: Option<String>,
}

/// The answer of the provider, when it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// `active`, `inactive` or `unknown`.
    pub status: String,
    /// What the answer was.
    pub detail: String,
    /// UTC, RFC 3339.
    pub checked_at: String,
}

/// One (rule, secret) of a target, however often it occurs.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Hex; a function of the rule's id and the secret alone.
    pub fingerprint: String,
    /// Which rule.
    pub rule_id: String,
    /// The highest confidence of its locations.
    pub confidence: Confidence,
    /// The rule's severity.
    pub severity: Severity,
    /// The value.
    pub secret: Secret,
    /// Why it is believed to be a key, strongest first.
    pub evidence: Vec<String>,
    /// What the provider says, when asked.
    pub verification: Option<Verification>,
    /// Whether HEAD's tree or the index still holds it; none outside a repository.
    pub presence: Option<Presence>,
    /// The commit that first introduced it.
    pub first_commit: Option<Commit>,
    /// The newest commit that holds it.
    pub last_commit: Option<Commit>,
    /// The commit that took its last copy out of HEAD's history.
    pub removed_commit: Option<Commit>,
    /// What contains it, in a repository.
    pub containment: Option<Containment>,
    /// At least one, ordered by path, then by position.
    pub locations: Vec<Location>,
}

impl Finding {
    /// Whether HEAD's tree or the index still holds it; none outside a repository.
    pub fn in_head(&self) -> Option<bool> {
        self.presence.map(|presence| presence != Presence::Gone)
    }
}

/// Who said that a finding is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SuppressedBy {
    /// A line of the baseline.
    Baseline,
    /// A comment beside it.
    Inline,
    /// The configuration, or a rule's list of published examples.
    Config,
}

/// Why a finding is not counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suppression {
    /// Who said so.
    pub by: SuppressedBy,
    /// In their words.
    pub reason: String,
}
