//! What a rewrite in place leaves as it is: what is put aside, what follows a remote, a HEAD that is on no branch.

use bstr::BString;

use super::local::STASH;
use super::unpushed::refs;
use super::{Group, Line, NAMED, run, say};
use crate::report::shell::word;
use crate::report::spread::joined;
use crate::sanitize::visible;

impl Group<'_> {
    /// Whether refs have a key, and none of them would be rewritten.
    pub(super) fn is_beside_alone(&self) -> bool {
        let mut names = self.findings.iter().flat_map(|finding| refs(finding)).peekable();
        names.peek().is_some() && names.all(|name| *name == STASH || follows(name) || is_head(name))
    }

    /// What to do about those of them that have a key.
    pub(super) fn beside(&self) -> Vec<Line> {
        let named = |wanted: fn(&BString) -> bool| {
            let mut names: Vec<&BString> = self.findings.iter().flat_map(|finding| refs(finding)).collect();
            names.retain(|name| wanted(name));
            names.sort();
            names.dedup();
            names.truncate(NAMED);
            names
        };
        let mut lines = self.put_aside();
        let followers = named(follows);
        if !followers.is_empty() {
            lines.push(say(
                "What follows a remote stays until that is fetched again (git fetch --prune). Where it has no address here any more, \
                 and nobody needs what it had:",
            ));
            lines.extend(followers.iter().map(|name| run(format!("git update-ref -d {}", word(name)))));
        }
        let heads: Vec<String> = named(is_head).iter().map(|name| visible(name).into_owned()).collect();
        if !heads.is_empty() {
            lines.push(say(&format!(
                "A HEAD that is on no branch stays where it is: {}. In that work tree (`git worktree list` shows where), look for what \
                 became of its commit (git log --all), and `git switch --detach` to that.",
                joined(&heads)
            )));
        }
        lines
    }
}

/// Whether a ref follows a remote.
fn follows(name: &BString) -> bool {
    name.starts_with(b"refs/remotes/")
}

/// Whether a name is that of what is checked out: `HEAD`, `worktrees/NAME/HEAD`.
fn is_head(name: &BString) -> bool {
    *name == "HEAD" || !name.starts_with(b"refs/") && name.ends_with(b"/HEAD")
}
