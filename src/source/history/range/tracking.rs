//! What a repository remembers beside its objects: where a branch was before, and what it follows.
//!
//! Takes the names in `branch@{2}`, `@{-1}`, `@{upstream}`, `@{push}` and gives the id, branch or ref that is meant,
//! from the logs of refs and the repository's own configuration.

use std::path::PathBuf;

use bstr::{BStr, BString, ByteSlice};
use gix_hash::ObjectId;

use super::super::refs::Value;
use super::revision::{Names, Reason};
use crate::source::layout::{open_config, read_file};

/// The id that a ref had so many changes ago.
pub(super) fn entry_of_reflog(names: &Names<'_>, name: &BStr, back: usize) -> Result<ObjectId, Reason> {
    let full = match name.is_empty() {
        true => current_branch(names).unwrap_or_else(|| "HEAD".into()),
        false => names.full_name(name).ok_or("is not the name of a ref")?,
    };
    let log = log_of(names, full.as_bstr())?;
    let lines: Vec<&[u8]> = log.lines().collect();
    // A line is `OLD NEW who when`; the last one is the newest.
    let field = |line: &[u8], number: usize| ObjectId::from_hex(line.fields().nth(number)?).ok();
    let found = match lines.len().checked_sub(back + 1) {
        Some(at) => field(lines[at], 1),
        // Before the oldest change there was what it changed.
        None if back == lines.len() && back > 0 => field(lines[0], 0).filter(|id| !id.is_null()),
        None => None,
    };
    found.ok_or_else(|| format!("asks for more than the {} changes that the log of {full} has", lines.len()))
}

/// The branch that was checked out so many switches ago.
pub(super) fn branch_before(names: &Names<'_>, back: usize) -> Result<BString, Reason> {
    let log = log_of(names, names.full_name(BStr::new("HEAD")).unwrap_or_default().as_bstr())?;
    let mut switches = log.lines().rev().filter_map(|line| {
        let (_, message) = line.split_once_str(b"\t")?;
        let (from, _) = message.strip_prefix(b"checkout: moving from ")?.split_once_str(b" to ")?;
        Some(BString::from(from))
    });
    switches.nth(back.saturating_sub(1)).ok_or_else(|| "asks for a switch that was not logged".into())
}

fn log_of(names: &Names<'_>, full: &BStr) -> Result<Vec<u8>, Reason> {
    if names.layout.reftable {
        return Err(format!("asks for the log of {full}, which is kept in reftables and not read there"));
    }
    let own = names.own_prefix();
    let common = &names.layout.common_dir;
    let file: PathBuf = match full.strip_prefix(own.as_slice()).filter(|_| !own.is_empty()) {
        Some(rest) => names.layout.git_dir.join("logs").join(rest.to_path_lossy()),
        None => common.join("logs").join(full.to_path_lossy()),
    };
    read_file(&file).map_err(|error| format!("asks for the log of {full}, which cannot be read: {error}"))
}

/// The branch that is checked out, by its full name.
fn current_branch(names: &Names<'_>) -> Option<BString> {
    let head = names.full_name(BStr::new("HEAD"))?;
    match names.refs.get(&head)? {
        Value::Symbolic(branch) => Some(branch.clone()),
        Value::Object(_) => None,
    }
}

/// The remote-tracking ref of a branch: of what it is merged with or, for `push`, of where it is pushed to.
pub(super) fn upstream(names: &Names<'_>, name: &BStr, push: bool) -> Result<BString, Reason> {
    let full = match name.is_empty() || name == "@" || name == "HEAD" {
        true => current_branch(names).ok_or("asks for the upstream of a branch, and none is checked out")?,
        false => [b"refs/heads/", name.as_bytes()].concat().into(),
    };
    let branch = full.strip_prefix(b"refs/heads/").unwrap_or(&full).as_bstr();
    let file = names.layout.common_dir.join("config");
    let config = open_config(&file)
        .map_err(|error| format!("cannot be told, because of the configuration: {}", error.reason))?;
    let text = |name: &str| config.get_string(name).ok();
    let section = format!("branch.{branch}");
    let remote = text(&format!("{section}.pushremote"))
        .or_else(|| text("remote.pushdefault"))
        .filter(|_| push)
        .or_else(|| text(&format!("{section}.remote")))
        .ok_or_else(|| format!("asks for the upstream of {branch}, which has none"))?;
    let merge = match push {
        true => full.to_string(),
        false => text(&format!("{section}.merge"))
            .ok_or_else(|| format!("asks for the upstream of {branch}, which has none"))?,
    };
    if remote == "." {
        return Ok(merge.into());
    }
    let mut fetched = None;
    if let Ok(mut specs) = config.multivar(&format!("remote.{remote}.fetch"), None) {
        while let Some(Ok(entry)) = specs.next() {
            fetched = fetched.or_else(|| mapped(entry.value().ok()?, merge.as_bytes().as_bstr()));
        }
    }
    fetched.ok_or_else(|| format!("asks for {merge} of {remote}, which is not fetched from there"))
}

/// Where a refspec puts a ref of the remote.
pub(super) fn mapped(spec: &str, name: &BStr) -> Option<BString> {
    let (from, to) = spec.strip_prefix('+').unwrap_or(spec).split_once(':')?;
    match (from.split_once('*'), to.split_once('*')) {
        (Some((before, after)), Some((to_before, to_after))) => {
            let middle = name.strip_prefix(before.as_bytes())?.strip_suffix(after.as_bytes())?;
            Some([to_before.as_bytes(), middle, to_after.as_bytes()].concat().into())
        }
        (None, None) => (name == from).then(|| to.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::mapped;

    #[test]
    fn refspecs() {
        let table = [
            ("+refs/heads/*:refs/remotes/origin/*", Some("refs/remotes/origin/a/b")),
            ("refs/heads/a/b:refs/remotes/x/y", Some("refs/remotes/x/y")),
            ("refs/heads/a:refs/remotes/x/y", None),
            ("refs/tags/*:refs/tags/*", None),
            ("refs/heads/*", None),
        ];
        for (spec, expected) in table {
            let into = mapped(spec, "refs/heads/a/b".into());
            assert_eq!(into.as_ref().map(|into| into.as_slice()), expected.map(str::as_bytes), "{spec}");
        }
    }
}
