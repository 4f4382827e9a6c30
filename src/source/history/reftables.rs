//! The refs of a repository that keeps them in reftables.
//!
//! Takes a [`Layout`] and gives what [`super::refs`] gives where they are files: every ref of the repository and of its
//! linked worktrees. Tables that cannot be read are an issue.

use std::path::Path;

use super::refs::Refs;
use super::store::list;
use crate::source::Issue;
use crate::source::layout::{Layout, bytes_of};
use crate::source::reftable;

/// Reads all refs.
pub(super) fn read(layout: &Layout, issue: &mut dyn FnMut(Issue)) -> Refs {
    let mut refs = Refs::new();
    stack(&layout.common_dir, b"", layout, &mut refs, issue);
    for dir in list(&layout.common_dir.join("worktrees"), issue) {
        let Some(name) = dir.file_name() else { continue };
        let prefix = [b"worktrees/", name.as_encoded_bytes(), b"/"].concat();
        stack(&dir, &prefix, layout, &mut refs, issue);
    }
    refs
}

/// Reads the refs of one git directory. Those beside `HEAD` are no refs to start from, as where they are files.
fn stack(dir: &Path, prefix: &[u8], layout: &Layout, refs: &mut Refs, issue: &mut dyn FnMut(Issue)) {
    let tables = dir.join("reftable");
    match reftable::read(&tables, layout.hash) {
        Ok(found) => {
            let found = found.into_iter().filter(|(name, _)| name == "HEAD" || name.starts_with(b"refs/"));
            refs.extend(found.map(|(name, value)| ([prefix, &name].concat().into(), value)));
        }
        Err(reason) => issue(
            Issue::new("bad-ref", format!("the refs in it cannot be told: {reason}"))
                .at_path(bytes_of(&tables)),
        ),
    }
}
