//! A location in words: `src/app.py:3:9`, `commit message of 1a2b3c4d5e:1:12`.

use bstr::BStr;

use crate::finding::{Location, LocationKind};
use crate::sanitize;
use crate::words::short_id;

/// A location in two parts, so that the first can be clicked and the second read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// What an editor can open, or a label: `src/app.py:3:9`.
    pub(super) anchor: String,
    /// What is to be said beside it: ` in commit 1a2b3c4d5e`; empty, or starting with a space.
    pub(super) aside: String,
}

impl Place {
    /// Says where a location is. `many_targets`: whether the report is about more than one PATH or REPO, so that it
    /// must be said in which.
    pub(super) fn of(location: &Location, many_targets: bool) -> Place {
        let mut anchor = name(location);
        for inner in &location.inner {
            anchor.push_str(" > ");
            anchor.push_str(&sanitize::visible(inner));
        }
        if has_lines(location) {
            anchor += &format!(":{}:{}", location.region.start_line, location.region.start_column);
        }
        Place { anchor, aside: aside(location, many_targets) }
    }

    /// The same in one piece.
    pub(super) fn whole(&self) -> String {
        format!("{}{}", self.anchor, self.aside)
    }
}

/// Whether the content of a location has lines that are worth counting.
pub(super) fn has_lines(location: &Location) -> bool {
    let text = match location.kind {
        LocationKind::File | LocationKind::Blob | LocationKind::Index | LocationKind::Stdin => true,
        LocationKind::CommitMessage | LocationKind::TagMessage | LocationKind::Note => true,
        LocationKind::Path | LocationKind::Symlink | LocationKind::RefName => false,
        LocationKind::Author | LocationKind::Committer | LocationKind::Tagger => false,
    };
    text && location.region.start_line > 0
}

fn name(location: &Location) -> String {
    let path = location.shown.as_ref().or(location.path.as_ref()).map(|path| sanitize::visible(path));
    let object = location.blob.as_deref().map(short_id);
    let commit = location.commit.as_ref().map(|commit| short_id(&commit.id)).or(object);
    let of = |label: &str, id: Option<&str>| match id {
        Some(id) => format!("{label} of {id}"),
        None => label.to_owned(),
    };
    match (location.kind, path) {
        (LocationKind::CommitMessage, _) => of("commit message", commit),
        (LocationKind::Author, _) => of("author", commit),
        (LocationKind::Committer, _) => of("committer", commit),
        (LocationKind::TagMessage, _) => of("message of tag", None) + &object_name(object),
        (LocationKind::Tagger, _) => of("tagger of tag", None) + &object_name(object),
        (LocationKind::Note, _) => "note".to_owned() + &object_name(object),
        (LocationKind::RefName, Some(path)) => format!("ref name {path}"),
        (LocationKind::RefName, None) => "ref name".to_owned(),
        (LocationKind::Stdin, _) => "<stdin>".to_owned(),
        (_, Some(path)) => path.into_owned(),
        (LocationKind::Path, None) => "file name in tree".to_owned() + &object_name(object),
        (_, None) => location.kind.as_str().to_owned() + &object_name(object),
    }
}

fn object_name(object: Option<&str>) -> String {
    object.map_or_else(String::new, |id| format!(" {id}"))
}

fn aside(location: &Location, many_targets: bool) -> String {
    let mut parts = Vec::new();
    let has_path = location.path.is_some() || location.shown.is_some();
    match location.kind {
        LocationKind::Index => parts.push("in the index".to_owned()),
        LocationKind::Path if has_path => parts.push("in the name".to_owned()),
        LocationKind::Symlink => parts.push("in the target of the link".to_owned()),
        _ => {}
    }
    let named_by_commit =
        matches!(location.kind, LocationKind::CommitMessage | LocationKind::Author | LocationKind::Committer);
    match (&location.commit, &location.blob) {
        (Some(commit), _) if !named_by_commit => parts.push(format!("in commit {}", short_id(&commit.id))),
        (None, Some(blob)) if location.kind == LocationKind::Blob && has_path => {
            parts.push(format!("in blob {}", short_id(blob)));
        }
        _ => {}
    }
    if let Some(cell) = location.cell {
        parts.push(format!("in cell {cell}"));
    }
    if !location.decoded.is_empty() {
        let encodings: Vec<_> =
            location.decoded.iter().rev().map(|encoding| sanitize::visible(encoding.as_bytes())).collect();
        parts.push(format!("as {}", encodings.join(" in ")));
    }
    if many_targets && (location.shown.is_none() || location.kind == LocationKind::RefName) {
        parts.push(format!("of {}", sanitize::visible(BStr::new(&location.target))));
    }
    if parts.is_empty() { String::new() } else { format!(" {}", parts.join(", ")) }
}
