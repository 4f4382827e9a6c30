//! Where a secret stands, in the words of SARIF: relative URIs and regions.

use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde_sarif::sarif::{
    ArtifactLocation, Location as SarifLocation, LogicalLocation, Message, PhysicalLocation,
    Region as SarifRegion,
};

use super::escaped;
use super::mask::Mask;
use crate::finding::{Finding, Location, LocationKind, Region};

/// The base that stands for the checkout. It has no URI here: only who uploads knows where it is.
const BASE: &str = "%SRCROOT%";

/// All but the unreserved characters of RFC 3986 and the separator.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

pub(super) fn base_ids() -> BTreeMap<String, ArtifactLocation> {
    let text = "The top of the repository, or the directory that was scanned.";
    let base = ArtifactLocation::builder().description(Message::builder().text(text).build()).build();
    BTreeMap::from([(BASE.to_owned(), base)])
}

/// The relative URI of a location.
///
/// # Why there is a URI for a commit message
///
/// GitHub refuses a whole upload for one location without a relative URI, so what has no path (a message, an author
/// line, a ref, a blob that no tree names) gets one below `.git/`. Git lets no tracked path begin with that, and git
/// itself makes no `commits`, `tags`, `notes`, `blobs` or `ref-names` there: no such URI is taken for a file.
pub(super) fn uri(mask: &Mask<'_>, finding: &Finding, location: &Location) -> String {
    let object =
        location.blob.as_deref().or_else(|| location.commit.as_ref().map(|commit| commit.id.as_str()));
    let folder = match location.kind {
        LocationKind::File
        | LocationKind::Blob
        | LocationKind::Index
        | LocationKind::Path
        | LocationKind::Symlink => {
            if let Some(path) = mask.path(finding, location).as_deref().and_then(relative) {
                return encoded(path);
            }
            "blobs"
        }
        LocationKind::Stdin => return "stdin".to_owned(),
        LocationKind::CommitMessage | LocationKind::Author | LocationKind::Committer => "commits",
        LocationKind::TagMessage | LocationKind::Tagger => "tags",
        LocationKind::Note => "notes",
        LocationKind::RefName => "ref-names",
    };
    let name = object.map_or_else(|| Cow::Owned(finding.secret.redacted()), Cow::Borrowed);
    format!(".git/{folder}/{}", encoded(name.as_bytes()))
}

/// The URI of some path that is no location, such as that of an issue; none where it is not relative.
pub(super) fn uri_of_path(mask: &Mask<'_>, path: &[u8]) -> Option<String> {
    if path.is_empty() || path.starts_with(b"/") { None } else { Some(encoded(&mask.bytes(path))) }
}

pub(super) fn artifact(uri: String) -> ArtifactLocation {
    ArtifactLocation::builder().uri(uri).uri_base_id(BASE).build()
}

fn relative(path: &[u8]) -> Option<&[u8]> {
    let start = path.iter().position(|&byte| byte != b'/')?;
    Some(&path[start..])
}

fn encoded(path: &[u8]) -> String {
    percent_encode(path, ENCODED).to_string()
}

/// A location of a result. `id` and message are for related locations.
pub(super) fn location(
    mask: &Mask<'_>,
    finding: &Finding,
    location: &Location,
    related: Option<usize>,
) -> SarifLocation {
    let physical = PhysicalLocation::builder()
        .artifact_location(artifact(uri(mask, finding, location)))
        .region(region(location))
        .build();
    let mut out = SarifLocation::builder().physical_location(physical).build();
    if let Some(id) = related {
        out.id = i64::try_from(id).ok();
        let text = match place(mask, location) {
            Some(place) => format!("The same secret, {}.", escaped(&place)),
            None => "The same secret.".to_owned(),
        };
        out.message = Some(Message::builder().text(text).build());
    }
    if !location.inner.is_empty() {
        out.logical_locations = Some(vec![member(mask, location)]);
    }
    out
}

/// The member of an archive. The region is one of the member's text: the archive's own bytes have no lines.
fn member(mask: &Mask<'_>, location: &Location) -> LogicalLocation {
    let names: Vec<String> = location.inner.iter().map(|name| mask.text(name)).collect();
    LogicalLocation::builder().fully_qualified_name(names.join("!/")).kind("resource").build()
}

/// Lines and columns. GitHub refuses what is below 1. A file's name has no place in the file's text, so a secret in
/// it is shown at the file's beginning.
fn region(location: &Location) -> SarifRegion {
    let beginning = Region::default();
    let region = if location.kind == LocationKind::Path { &beginning } else { &location.region };
    let start_line = one_based(region.start_line);
    let start_column = one_based(region.start_utf16);
    let end_line = one_based(region.end_line).max(start_line);
    let least = if end_line == start_line { start_column } else { 1 };
    SarifRegion::builder()
        .start_line(start_line)
        .start_column(start_column)
        .end_line(end_line)
        .end_column(one_based(region.end_utf16).max(least))
        .build()
}

fn one_based(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX).max(1)
}

/// What the URI does not say of the place, as words that follow "found"; none for an ordinary file.
pub(super) fn place(mask: &Mask<'_>, location: &Location) -> Option<String> {
    let commit = match &location.commit {
        Some(commit) => format!("commit {}", short(&commit.id)),
        None => "a commit".to_owned(),
    };
    let mut out = match location.kind {
        LocationKind::File => String::new(),
        LocationKind::Blob if location.commit.is_some() => format!("in {commit}"),
        LocationKind::Blob => "in a stored version".to_owned(),
        LocationKind::Index => "in the index".to_owned(),
        LocationKind::Stdin => "on standard input".to_owned(),
        LocationKind::Path => "in the name of the file".to_owned(),
        LocationKind::Symlink => "in the target of the symbolic link".to_owned(),
        LocationKind::CommitMessage => format!("in the message of {commit}"),
        LocationKind::TagMessage => "in the message of a tag".to_owned(),
        LocationKind::Author => format!("in the author line of {commit}"),
        LocationKind::Committer => format!("in the committer line of {commit}"),
        LocationKind::Tagger => "in the tagger line of a tag".to_owned(),
        LocationKind::Note => "in a git note".to_owned(),
        LocationKind::RefName => "in the name of a ref".to_owned(),
    };
    let mut add = |words: String| {
        if !out.is_empty() {
            out.push_str(", ");
        }
        out.push_str(&words);
    };
    if let Some(name) = location.inner.last() {
        add(format!("in the member '{}' of the archive", mask.text(name)));
    }
    if let Some(cell) = location.cell {
        add(format!("in cell {cell} of the notebook"));
    }
    if !location.decoded.is_empty() {
        add(format!("encoded as {}", location.decoded.join(" in ")));
    }
    if out.is_empty() { None } else { Some(out) }
}

/// The first seven digits of an object id.
pub(super) fn short(id: &str) -> &str {
    id.get(..7).unwrap_or(id)
}
