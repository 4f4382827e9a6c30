//! What the next commit will stand on: `HEAD`, and the commits of a merge under way.
//!
//! Takes a [`Layout`] and gives ids of commits. Of the refs only the one that `HEAD` names is read, so that their number
//! does not matter; in `packed-refs` and in reftables it is searched for.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice};
use gix_hash::ObjectId;

use super::super::Issue;
use super::super::layout::{Layout, read_file};
use super::super::reftable::{self, Value};

/// Most symbolic refs that are followed, as git does.
const LINKS: usize = 6;

/// Why there is nothing to compare with.
type Bad = Issue;

/// The commit that `HEAD` stands for; none before the first commit.
pub(in crate::source) fn head(layout: &Layout) -> Result<Option<ObjectId>, Bad> {
    let mut name = BString::from("HEAD");
    for _ in 0..LINKS {
        match one(layout, name.as_bstr())? {
            Some(Value::Object(id)) => return Ok(Some(id)),
            Some(Value::Symbolic(next)) => name = next,
            // The branch has no commit yet. `HEAD` itself is always there.
            None if name != "HEAD" => return Ok(None),
            None => return Err(bad("HEAD is missing")),
        }
    }
    Err(bad("HEAD leads from ref to ref without an end"))
}

/// The commits that a merge under way brings in.
pub(super) fn merged(layout: &Layout) -> Result<Vec<ObjectId>, Bad> {
    let file = layout.git_dir.join("MERGE_HEAD");
    let Some(content) = read(&file)? else { return Ok(Vec::new()) };
    let ids = content.lines().map(|line| ObjectId::from_hex(line.trim()));
    ids.collect::<Result<_, _>>().map_err(|_| bad("MERGE_HEAD names no commits"))
}

/// What a ref holds; none if there is no such ref.
fn one(layout: &Layout, name: &BStr) -> Result<Option<Value>, Bad> {
    if layout.reftable {
        let stack = dir_of(layout, name).join("reftable");
        return reftable::one(&stack, layout.hash, name).map_err(|reason| bad(&reason));
    }
    let Some(path) = file_of(layout, name) else {
        return Err(bad("HEAD leads to a ref with an impossible name"));
    };
    // Old repositories have symbolic links for symbolic refs.
    if let Ok(target) = fs::read_link(&path)
        && target.starts_with("refs")
    {
        return Ok(Some(Value::Symbolic(target.as_os_str().as_encoded_bytes().into())));
    }
    let Some(content) = read(&path)? else { return packed(layout, name) };
    let text = content.trim_end();
    if let Some(target) = text.strip_prefix(b"ref:") {
        return Ok(Some(Value::Symbolic(target.trim_start().into())));
    }
    match ObjectId::from_hex(text.fields().next().unwrap_or_default()) {
        Ok(id) => Ok(Some(Value::Object(id))),
        // A crash can leave an empty file: that is no branch without commits.
        Err(_) => Err(bad(&format!("{} names no object", path.display()))),
    }
}

/// Where a ref is kept: refs of a linked worktree are its own only in a few places.
fn dir_of<'a>(layout: &'a Layout, name: &BStr) -> &'a Path {
    let own = ["refs/bisect/", "refs/worktree/", "refs/rewritten/"];
    let is_own = !name.starts_with(b"refs/") || own.iter().any(|prefix| name.starts_with(prefix.as_bytes()));
    if is_own { &layout.git_dir } else { &layout.common_dir }
}

fn file_of(layout: &Layout, name: &BStr) -> Option<PathBuf> {
    let path = name.to_path().ok()?;
    let inside = path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    inside.then(|| dir_of(layout, name).join(path))
}

/// Looks a ref up in `packed-refs`.
fn packed(layout: &Layout, name: &BStr) -> Result<Option<Value>, Bad> {
    let path = layout.common_dir.join("packed-refs");
    let Some(content) = read(&path)? else { return Ok(None) };
    let wanted = [b" ".as_slice(), name, b"\n"].concat();
    // The name of another ref can end like this one: ` ` is in no name, so a hit is a whole line's end.
    let Some(at) = memchr::memmem::find(&content, &wanted) else { return Ok(None) };
    let start = content[..at].rfind_byte(b'\n').map_or(0, |end| end + 1);
    match ObjectId::from_hex(&content[start..at]) {
        Ok(id) => Ok(Some(Value::Object(id))),
        Err(_) => Err(bad(&format!("{} names no object for {name}", path.display()))),
    }
}

/// The content of a file; none if it is not there.
fn read(path: &Path) -> Result<Option<Vec<u8>>, Bad> {
    match read_file(path) {
        Ok(content) => Ok(Some(content)),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(bad(&format!("{} cannot be read: {error}", path.display()))),
    }
}

fn bad(message: &str) -> Bad {
    Issue::new("bad-ref", format!("what the next commit stands on cannot be told: {message}"))
}
