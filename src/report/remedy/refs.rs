//! What to do about tags, notes and other refs of what no branch has: they are deleted or made anew.

use std::collections::BTreeSet;

use bstr::BString;

use super::unpushed::{rebase, refs};
use super::{Group, Line, NAMED, run, say};
use crate::report::shell::word;
use crate::words::short_id;

impl Group<'_> {
    /// One after the other, but for those that are `rewritten`.
    pub(super) fn refs_alone(&self, rewritten: &BTreeSet<&BString>) -> Vec<Line> {
        let alone = self.findings.iter().filter(|finding| rebase(finding).is_none());
        let refs: BTreeSet<&BString> = alone
            .clone()
            .flat_map(|finding| refs(finding))
            .filter(|name| !rewritten.contains(name))
            .collect();
        let (tags, others): (Vec<&BString>, Vec<&BString>) =
            refs.into_iter().partition(|name| name.starts_with(b"refs/tags/"));
        let (notes, others): (Vec<&BString>, Vec<&BString>) =
            others.into_iter().partition(|name| name.starts_with(b"refs/notes/"));
        let mut lines = Vec::new();
        if !tags.is_empty() {
            lines.push(say(
                "If a remote has the tag (git ls-remote --tags tells), first delete the key at its provider. Delete the tag, and make \
                 it anew without the key:",
            ));
            let short = |name: &&BString| word(name.strip_prefix(b"refs/tags/").unwrap_or(name));
            lines.extend(tags.iter().take(NAMED).map(|tag| run(format!("git tag --delete {}", short(tag)))));
        }
        for name in notes.iter().take(NAMED) {
            lines.push(say("Take it out of the note, and forget what the note was before:"));
            let of = alone.clone().flat_map(|finding| &finding.locations);
            let of: BTreeSet<String> = of.filter_map(|location| noted(location.path.as_ref()?)).collect();
            let option = format!("--ref={}", word(name));
            lines.extend(of.iter().take(NAMED).map(|id| run(format!("git notes {option} edit {id}"))));
            let tree = word(&[name.as_slice(), b"^{tree}"].concat());
            let name = word(name);
            lines.push(run(format!("git update-ref {name} \"$(git commit-tree -m notes {tree})\"")));
        }
        if !others.is_empty() {
            lines.push(say("No branch has it. Keep what is needed of it, and delete the ref:"));
            let delete = |name: &&BString| run(format!("git update-ref -d {}", word(name)));
            lines.extend(others.iter().take(NAMED).map(delete));
        }
        lines
    }
}

/// The object that a note is about: its path is the id, cut into directories.
fn noted(path: &BString) -> Option<String> {
    let id: Vec<u8> = path.iter().copied().filter(|&byte| byte != b'/').collect();
    let is_id = matches!(id.len(), 40 | 64) && id.iter().all(u8::is_ascii_hexdigit);
    String::from_utf8(id).ok().filter(|_| is_id).map(|id| short_id(&id).to_owned())
}
