//! The refs of a repository, read from their files.
//!
//! Takes a [`Layout`] and gives every ref of it and of its linked worktrees, with the object that it names: loose
//! refs, packed refs, `HEAD`s. What cannot be read becomes an issue. Those of reftables are left to
//! [`super::reftables`].

use std::collections::BTreeMap;
use std::fs::{self, DirEntry, File, FileType};
use std::io::{self, Read as _};
use std::path::Path;

use bstr::{BString, ByteSlice};
use gix_hash::ObjectId;
use rayon::prelude::*;

use super::store::{entries, list, unreadable};
use crate::source::Issue;
use crate::source::layout::{Layout, bytes_of, read_file};
pub(super) use crate::source::reftable::Value;

/// Refs by their full names. Those of a linked worktree begin with `worktrees/NAME/`.
pub(super) type Refs = BTreeMap<BString, Value>;

/// Reads all refs, on the threads of the pool that it runs in; outside of one nobody has said yet how many there are to be.
pub(super) fn read(layout: &Layout, issue: &mut dyn FnMut(Issue)) -> Refs {
    if layout.reftable {
        return super::reftables::read(layout, issue);
    }
    let common = &layout.common_dir;
    let mut found = Found::default();
    // Of two values of a name, the later one counts: a loose ref wins over a packed one.
    packed(&common.join("packed-refs"), &mut found);
    found.append(below(&common.join("refs"), b"refs", 0));
    one(&common.join("HEAD"), "HEAD".into(), true, &mut found);
    for dir in list(&common.join("worktrees"), &mut |issue| found.issues.push(issue)) {
        let Some(name) = dir.file_name() else { continue };
        let prefix = [b"worktrees/", name.as_encoded_bytes(), b"/"].concat();
        found.append(below(&dir.join("refs"), &[&prefix[..], b"refs"].concat(), 0));
        one(&dir.join("HEAD"), [&prefix[..], b"HEAD"].concat().into(), true, &mut found);
    }
    found.issues.into_iter().for_each(issue);
    found.refs.into_iter().collect()
}

/// How many links one after the other lead to a ref. Git follows five, and no more.
const LINKS: usize = 6;

/// The object that `name` stands for, through symbolic refs.
pub(super) fn resolve(refs: &Refs, name: &[u8]) -> Option<ObjectId> {
    let mut name = name.as_bstr();
    for _ in 0..LINKS {
        match refs.get(name)? {
            Value::Object(id) => return Some(*id),
            Value::Symbolic(next) => name = next.as_bstr(),
        }
    }
    None
}

/// What was read so far.
#[derive(Default)]
struct Found {
    refs: Vec<(BString, Value)>,
    issues: Vec<Issue>,
}

impl Found {
    fn append(&mut self, mut other: Found) {
        self.refs.append(&mut other.refs);
        self.issues.append(&mut other.issues);
    }
}

/// Deepest nesting of ref directories that is followed. A file system allows hardly more in a path.
const DEEPEST: usize = 200;

/// Entries of a directory that one thread takes at least.
const TOGETHER: usize = 64;

/// Every ref has a file, and some a directory, to itself: what that costs is the system's, so all threads go to it.
fn below(dir: &Path, name: &[u8], depth: usize) -> Found {
    let mut found = Found::default();
    if depth > DEEPEST {
        found.issues.push(Issue::new("bad-ref", "refs are nested too deeply").at_path(bytes_of(dir)));
        return found;
    }
    let mut entries = entries(dir, &mut |issue| found.issues.push(issue));
    // Which of two issues is told first does not depend on the system.
    entries.sort_by_cached_key(DirEntry::file_name);
    let read = |entries: &[DirEntry]| {
        let mut found = Found::default();
        for entry in entries {
            let path = entry.path();
            let name = BString::from([name, b"/", entry.file_name().as_encoded_bytes()].concat());
            // Most file systems tell the type with the name, so that nothing has to be asked of each file.
            let kind = entry.file_type();
            if kind.as_ref().is_ok_and(FileType::is_dir) {
                found.append(below(&path, &name, depth + 1));
            } else if !name.ends_with(b".lock") {
                let may_be_link = !kind.is_ok_and(|kind| kind.is_file());
                one(&path, name, may_be_link, &mut found);
            }
        }
        found
    };
    let parts: Vec<Found> = match rayon::current_thread_index() {
        Some(_) => entries.par_chunks(TOGETHER).map(read).collect(),
        None => vec![read(&entries)],
    };
    parts.into_iter().for_each(|part| found.append(part));
    found
}

/// Reads one loose ref.
fn one(path: &Path, name: BString, may_be_link: bool, found: &mut Found) {
    // Old repositories have symbolic links for symbolic refs.
    if may_be_link
        && let Ok(target) = fs::read_link(path)
        && target.starts_with("refs")
    {
        return found.refs.push((name, Value::Symbolic(bytes_of(&target))));
    }
    // Of what is known to be a file, nothing more has to be asked.
    let content = match if may_be_link { read_file(path) } else { short_file(path) } {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => return found.issues.push(unreadable(path, &error)),
    };
    let text = content.trim_end();
    if let Some(target) = text.strip_prefix(b"ref:") {
        found.refs.push((name, Value::Symbolic(target.trim_start().into())));
    } else if let Ok(id) = ObjectId::from_hex(text.fields().next().unwrap_or_default()) {
        found.refs.push((name, Value::Object(id)));
    } else {
        let message = "it is no ref: it names no object";
        found.issues.push(Issue::new("bad-ref", message).at_path(bytes_of(path)));
    }
}

/// Reads a file of hardly any size. The limit, which is none, keeps the system from being asked for the size.
fn short_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::with_capacity(256);
    File::open(path)?.take(u64::MAX).read_to_end(&mut content)?;
    Ok(content)
}

/// Whether git takes it for the name of a ref, as far as single bytes tell.
fn is_name(name: &[u8]) -> bool {
    let never = |&byte: &u8| byte <= b' ' || byte == 0x7f || b"~^:?*[\\".contains(&byte);
    name.starts_with(b"refs/") && !name.iter().any(never)
}

/// Reads `packed-refs`.
fn packed(path: &Path, found: &mut Found) {
    let content = match read_file(path) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => return found.issues.push(unreadable(path, &error)),
    };
    // What is cut off within a line may lack others as well.
    let mut bad = usize::from(!content.is_empty() && !content.ends_with(b"\n"));
    // `#` is the header, `^` what the tag above peels to.
    for line in
        content.lines().filter(|line| !line.is_empty() && !line.starts_with(b"#") && !line.starts_with(b"^"))
    {
        let parsed =
            line.split_once_str(b" ").and_then(|(hex, name)| Some((ObjectId::from_hex(hex).ok()?, name)));
        match parsed {
            Some((id, name)) => {
                bad += usize::from(!is_name(name));
                found.refs.push((name.into(), Value::Object(id)));
            }
            None => bad += 1,
        }
    }
    if bad > 0 {
        let message = format!("lines in it that are no refs, or are cut off: {bad}");
        found.issues.push(Issue::new("bad-ref", message).at_path(bytes_of(path)));
    }
}
