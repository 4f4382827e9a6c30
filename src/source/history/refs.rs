//! Refs: their names are content, their targets must be there.

use std::fs;
use std::path::Path;

use bstr::{BStr, BString, ByteSlice, ByteVec};
use gix_hash::ObjectId;

use super::connectivity::Connectivity;
use crate::finding::LocationKind;
use crate::source::layout::Layout;
use crate::source::{Counted, Issue, Origin, Sink};

/// Scans the names of all refs of the repository and of its worktrees.
pub(super) fn scan(layout: &Layout, target: usize, sink: &dyn Sink, connectivity: &Connectivity<'_>) {
    if layout.reftable {
        let message = "refs are stored as a reftable, which is not read: their names were not scanned, though every \
                       object was";
        sink.issue(Issue::new("unsupported", message));
        return;
    }
    for (name, content) in all(layout, sink) {
        sink.count(Counted::Ref, 1);
        if sink.worth_splitting(&name) {
            let path = Some(name.as_bstr());
            sink.blob(
                Origin { kind: LocationKind::RefName, target, path: None, shown: path, object: None },
                &name,
            );
        }
        if let Ok(id) = ObjectId::from_hex(content.trim()) {
            connectivity.check_ref(name.as_bstr(), &id);
        } else if !content.starts_with(b"ref:") {
            let message = format!("the ref {name} is neither an object's name nor that of another ref");
            sink.issue(Issue::new("bad-ref", crate::sanitize::visible(message.as_bytes())));
        }
    }
}

/// Names and contents of all refs; a packed ref that is loose too is given once.
pub(in crate::source) fn all(layout: &Layout, sink: &dyn Sink) -> Vec<(BString, BString)> {
    let mut refs = Vec::new();
    walk(&layout.common_dir, Path::new("refs"), &mut refs, sink);
    if layout.git_dir != layout.common_dir {
        walk(&layout.git_dir, Path::new("refs"), &mut refs, sink);
    }
    for worktree in super::files(&layout.common_dir.join("worktrees"), sink) {
        if worktree != layout.git_dir {
            walk(&worktree, Path::new("refs"), &mut refs, sink);
        }
    }
    let packed = fs::read(layout.common_dir.join("packed-refs")).unwrap_or_default();
    for line in packed.lines().filter(|line| !matches!(line.first(), None | Some(b'#' | b'^'))) {
        if let Some((id, name)) = line.split_once_str(" ") {
            refs.push((name.into(), id.into()));
        }
    }
    // Stable: the loose one, which counts, stands first.
    refs.sort_by(|(a, _), (b, _)| a.cmp(b));
    refs.dedup_by(|(a, _), (b, _)| a == b);
    refs
}

fn walk(base: &Path, below: &Path, refs: &mut Vec<(BString, BString)>, sink: &dyn Sink) {
    for path in super::files(&base.join(below), sink) {
        let Some(name) = path.file_name() else { continue };
        let below = below.join(name);
        if path.is_dir() {
            walk(base, &below, refs, sink);
            continue;
        }
        match fs::read(&path) {
            Ok(content) if name.to_string_lossy().ends_with(".lock") && content.is_empty() => {}
            Ok(content) => refs.push((Vec::from_path_lossy(&below).into_owned().into(), content.into())),
            Err(error) => {
                let issue = Issue::new("bad-ref", crate::source::worktree::plain(&error));
                sink.issue(issue.at_path(BStr::new(&*Vec::from_path_lossy(&path))));
            }
        }
    }
}
