//! What to do about tags, notes and other refs of what no branch has: they are deleted or made anew, or get a branch first.

use std::collections::BTreeSet;

use bstr::BString;

use super::local::STASH;
use super::names::new_name;
use super::rewrite::SHA1;
use super::unpushed::{rebase, refs};
use super::{Group, Line, NAMED, run, say};
use crate::finding::{Finding, LocationKind};
use crate::report::shell::word;
use crate::report::spread::joined;

impl Group<'_> {
    /// One after the other, but for those that are `rewritten`.
    pub(super) fn refs_alone(&self, rewritten: &BTreeSet<&BString>) -> Vec<Line> {
        let alone = self.findings.iter().copied().filter(|finding| rebase(finding).is_none());
        let refs: BTreeSet<&BString> =
            alone.clone().flat_map(refs).filter(|name| !rewritten.contains(name)).collect();
        let (tags, others): (Vec<&BString>, Vec<&BString>) =
            refs.into_iter().partition(|name| name.starts_with(b"refs/tags/"));
        let (notes, others): (Vec<&BString>, Vec<&BString>) =
            others.into_iter().partition(|name| name.starts_with(b"refs/notes/"));
        let mut lines = Vec::new();
        if !tags.is_empty() {
            lines.extend(self.tags_alone(&tags, alone.clone()));
        }
        if !notes.is_empty() {
            lines.push(say(
                "If a remote has the notes (git ls-remote tells), first delete the key at its provider; and when all is done, send \
                 them there: git push --force REMOTE 'refs/notes/*'.",
            ));
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
        // The stash is many: those of its entries go that have it.
        let (stash, others): (Vec<&BString>, Vec<&BString>) =
            others.into_iter().partition(|name| *name == STASH);
        if !stash.is_empty() {
            lines.extend(self.stashed());
        }
        if !others.is_empty() {
            lines.push(say("No branch has it. Keep what is needed of it, and delete the ref:"));
            let delete = |name: &&BString| run(format!("git update-ref -d {}", word(name)));
            lines.extend(others.iter().take(NAMED).map(delete));
        }
        lines
    }

    /// A remote may have a tag, of which nothing here tells.
    pub(super) fn tags_elsewhere(&self) -> Option<Line> {
        let mut names = self.findings.iter().flat_map(|finding| refs(finding));
        names.any(|name| name.starts_with(b"refs/tags/")).then(|| {
            say(
                "If a remote has the tag (git ls-remote --tags tells), first delete the key at its provider; and when all is done, \
                 send the tag there: git push --force REMOTE TAG.",
            )
        })
    }

    /// A tag that holds a key itself is made anew. What it leads to and no branch has is lost with it: that stays.
    fn tags_alone<'f>(
        &self,
        tags: &[&BString],
        alone: impl Iterator<Item = &'f Finding> + Clone,
    ) -> Vec<Line> {
        let named = |wanted: &dyn Fn(&Finding) -> bool| {
            let found = alone.clone().filter(|finding| wanted(finding));
            let names: BTreeSet<&BString> = found.flat_map(refs).collect();
            tags.iter().copied().filter(|tag| names.contains(tag)).take(NAMED).collect::<Vec<_>>()
        };
        let itself = named(&|finding| finding.locations.iter().any(|place| is_in_tag(place.kind)));
        let led_to = |in_commit: bool| {
            named(&|finding| {
                finding.first_commit.is_some() == in_commit
                    && !finding.locations.iter().all(|place| is_in_tag(place.kind))
            })
        };
        let (mut led_to, no_commit) = (led_to(true), led_to(false));
        let mut lines = Vec::new();
        if !itself.is_empty() {
            lines.push(say("Make the tag anew, without the key:"));
        }
        for tag in itself {
            let short = tag.strip_prefix(b"refs/tags/").unwrap_or(tag);
            let (name, of) = (word(short), word(&[short, b"^{}"].concat()));
            lines.push(run(format!("git tag --force --annotate {name} {of}")));
        }
        let is_sha1 = |finding: &Finding| finding.first_commit.as_ref().is_none_or(|it| it.id.len() == SHA1);
        if !led_to.is_empty() && !alone.clone().all(is_sha1) {
            lines.push(moved_by_hand(&led_to));
            led_to.clear();
        }
        if !led_to.is_empty() {
            lines.push(say(
                "No branch has it, and what only a tag leads to is lost with that. Give it a branch and look again, to have both \
                 rewritten; or, if nothing of it is needed, delete the tag (git tag --delete):",
            ));
        }
        let branch =
            |(number, tag): (usize, &BString)| run(format!("git branch {} {}", new_name(number), word(tag)));
        lines.extend(led_to.into_iter().enumerate().map(branch));
        if !no_commit.is_empty() {
            lines.push(say("No commit has it. Keep what is needed of it, and delete the tag:"));
        }
        let delete = |tag: &BString| {
            run(format!("git tag --delete {}", word(tag.strip_prefix(b"refs/tags/").unwrap_or(tag))))
        };
        lines.extend(no_commit.into_iter().map(delete));
        lines
    }
}

/// What to do about tags that no program rewrites.
fn moved_by_hand(tags: &[&BString]) -> Line {
    let names: Vec<String> = tags.iter().map(|tag| word(tag)).collect();
    say(&format!(
        "No branch has it, and git-filter-repo rewrites no ids of SHA-256. Give the tag to the commit that took the place of what it \
         leads to (git tag --force TAG COMMIT): {}. If there is none yet, give that a branch (git branch NAME TAG), and look again; or, \
         if nothing of it is needed, delete the tag (git tag --delete TAG).",
        joined(&names)
    ))
}

/// Whether what holds a key is a tag itself, not what it leads to.
fn is_in_tag(kind: LocationKind) -> bool {
    matches!(kind, LocationKind::TagMessage | LocationKind::Tagger)
}

/// The object that a note is about: its path is the id, cut into directories.
fn noted(path: &BString) -> Option<String> {
    let id: Vec<u8> = path.iter().copied().filter(|&byte| byte != b'/').collect();
    let is_id = matches!(id.len(), 40 | 64) && id.iter().all(u8::is_ascii_hexdigit);
    String::from_utf8(id).ok().filter(|_| is_id)
}
