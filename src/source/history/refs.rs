//! The refs of a repository, read from their files.
//!
//! Takes a [`Layout`] and gives every ref of it and of its linked worktrees, with the object that it names: loose
//! refs, packed refs, `HEAD`s. What cannot be read becomes an issue. Those of reftables are left to
//! [`super::reftables`].

use std::collections::BTreeMap;
use std::fs::{self, FileType};
use std::path::Path;

use bstr::{BString, ByteSlice, ByteVec};
use gix_hash::ObjectId;

use super::store::{entries, list, unreadable};
use crate::source::Issue;
use crate::source::layout::{Layout, bytes_of, read_file};
pub(super) use crate::source::reftable::Value;

/// Refs by their full names. Those of a linked worktree begin with `worktrees/NAME/`.
pub(super) type Refs = BTreeMap<BString, Value>;

/// Reads all refs.
pub(super) fn read(layout: &Layout, issue: &mut dyn FnMut(Issue)) -> Refs {
    let mut refs = Refs::new();
    if layout.reftable {
        return super::reftables::read(layout, issue);
    }
    let common = &layout.common_dir;
    packed(&common.join("packed-refs"), &mut refs, issue);
    below(&common.join("refs"), b"refs", 0, &mut refs, issue);
    head(common, b"", &mut refs, issue);
    for dir in list(&common.join("worktrees"), issue) {
        let Some(name) = dir.file_name() else { continue };
        let prefix = [b"worktrees/", name.as_encoded_bytes(), b"/"].concat();
        below(&dir.join("refs"), &[&prefix[..], b"refs"].concat(), 0, &mut refs, issue);
        head(&dir, &prefix, &mut refs, issue);
    }
    refs
}

/// The object that `name` stands for, through symbolic refs.
pub(super) fn resolve(refs: &Refs, name: &[u8]) -> Option<ObjectId> {
    let mut name = name.as_bstr();
    // Git follows five links too, and no more.
    for _ in 0..6 {
        match refs.get(name)? {
            Value::Object(id) => return Some(*id),
            Value::Symbolic(next) => name = next.as_bstr(),
        }
    }
    None
}

fn head(dir: &Path, prefix: &[u8], refs: &mut Refs, issue: &mut dyn FnMut(Issue)) {
    let name = [prefix, b"HEAD"].concat();
    one(&dir.join("HEAD"), name.into(), true, refs, issue);
}

/// Deepest nesting of ref directories that is followed. A file system allows hardly more in a path.
const DEEPEST: usize = 200;

fn below(dir: &Path, name: &[u8], depth: usize, refs: &mut Refs, issue: &mut dyn FnMut(Issue)) {
    if depth > DEEPEST {
        issue(Issue::new("bad-ref", "refs are nested too deeply").at_path(bytes_of(dir)));
        return;
    }
    for entry in entries(dir, issue) {
        let path = entry.path();
        let mut name = BString::from(name);
        name.push_byte(b'/');
        name.push_str(entry.file_name().as_encoded_bytes());
        // Most file systems tell the type with the name, so that nothing has to be asked of each file.
        let kind = entry.file_type();
        if kind.as_ref().is_ok_and(FileType::is_dir) {
            below(&path, &name, depth + 1, refs, issue);
        } else if !name.ends_with(b".lock") {
            let may_be_link = !kind.is_ok_and(|kind| kind.is_file());
            one(&path, name, may_be_link, refs, issue);
        }
    }
}

/// Reads one loose ref.
fn one(path: &Path, name: BString, may_be_link: bool, refs: &mut Refs, issue: &mut dyn FnMut(Issue)) {
    // Old repositories have symbolic links for symbolic refs.
    if may_be_link
        && let Ok(target) = fs::read_link(path)
        && target.starts_with("refs")
    {
        refs.insert(name, Value::Symbolic(bytes_of(&target)));
        return;
    }
    // Of what is known to be a file, nothing more has to be asked.
    let content = match if may_be_link { read_file(path) } else { fs::read(path) } {
        Ok(content) => content,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => return issue(unreadable(path, &error)),
    };
    let text = content.trim_end();
    if let Some(target) = text.strip_prefix(b"ref:") {
        refs.insert(name, Value::Symbolic(target.trim_start().into()));
    } else if let Ok(id) = ObjectId::from_hex(text.fields().next().unwrap_or_default()) {
        refs.insert(name, Value::Object(id));
    } else {
        let message = "it is no ref: it names no object";
        issue(Issue::new("bad-ref", message).at_path(bytes_of(path)));
    }
}

/// Reads `packed-refs`. Loose refs are read later and win.
fn packed(path: &Path, refs: &mut Refs, issue: &mut dyn FnMut(Issue)) {
    let content = match read_file(path) {
        Ok(content) => content,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => return issue(unreadable(path, &error)),
    };
    let mut bad = 0usize;
    // `#` is the header, `^` what the tag above peels to.
    for line in
        content.lines().filter(|line| !line.is_empty() && !line.starts_with(b"#") && !line.starts_with(b"^"))
    {
        let parsed =
            line.split_once_str(b" ").and_then(|(hex, name)| Some((ObjectId::from_hex(hex).ok()?, name)));
        match parsed {
            Some((id, name)) => {
                refs.insert(name.into(), Value::Object(id));
            }
            None => bad += 1,
        }
    }
    if bad > 0 {
        let message = format!("lines in it that are no refs: {bad}");
        issue(Issue::new("bad-ref", message).at_path(bytes_of(path)));
    }
}
