//! Which refs follow a remote: what such a ref has, others have.
//!
//! Takes the repository's own configuration and gives [`Remotes`]; where a remote is fetched from and pushed to, others may
//! have a word in. Nothing is asked over a network.

use std::collections::BTreeSet;

use bstr::{BStr, BString, ByteSlice as _};

use super::super::range::many_addresses;
use super::Layout;
use crate::finding::{Containment, State};
use crate::source::layout::open_config;

/// Refs that only a forge makes, and that are here because they were fetched.
const OF_FORGES: [&str; 6] = [
    "refs/pull/",
    "refs/pull-requests/",
    "refs/merge-requests/",
    "refs/pipelines/",
    "refs/changes/",
    // Where its own runners put them; a remote of that name would have said so.
    "refs/remotes/pull/",
];

/// The remotes of a repository.
#[derive(Debug, Default)]
pub(super) struct Remotes {
    /// Whether there is any.
    pub(super) any: bool,
    /// Their names.
    names: BTreeSet<String>,
    /// Those that are pushed to at other addresses than the one that is fetched from.
    many: BTreeSet<String>,
    /// Where fetching from a remote puts refs: its name, and what stands before and behind the asterisk.
    specs: Vec<(String, String, Option<String>)>,
}

/// What follows a remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Followed {
    /// Of that name.
    Remote(BString),
    /// Of some name.
    Unnamed,
}

impl Followed {
    /// The remote's name.
    pub(super) fn name(&self) -> Option<BString> {
        match self {
            Followed::Remote(name) => Some(name.clone()),
            Followed::Unnamed => None,
        }
    }
}

impl Remotes {
    /// Reads the configuration. One that cannot be read names no remote; the scan has reported it.
    pub(super) fn read(layout: &Layout) -> Remotes {
        let mut remotes = Remotes::default();
        let file = layout.common_dir.join("config");
        let Ok(config) = open_config(&file) else { return remotes };
        let Ok(mut entries) = config.entries(Some(r"^remote\..*\.(url|fetch|pushurl)$")) else {
            return remotes;
        };
        let mut fetched = BTreeSet::new();
        while let Some(entry) = entries.next() {
            let Ok(entry) = entry else { continue };
            let (Ok(key), Ok(value)) = (entry.name(), entry.value()) else { continue };
            let Some((name, variable)) = key.strip_prefix("remote.").and_then(|key| key.rsplit_once('.'))
            else {
                continue;
            };
            remotes.any = true;
            if variable == "fetch" {
                remotes.add(name, value);
                fetched.insert(name.to_owned());
            } else {
                remotes.names.insert(name.to_owned());
            }
        }
        if remotes.any {
            remotes.many = many_addresses(layout);
        }
        // `git clone --bare` puts all refs where they are at the remote, and leaves no word of that.
        if layout.work_tree.is_none() {
            let copied: Vec<String> = remotes.names.difference(&fetched).cloned().collect();
            copied.iter().for_each(|name| remotes.add(name, "+refs/*:refs/*"));
        }
        remotes
    }

    fn add(&mut self, remote: &str, spec: &str) {
        let Some((_, to)) = spec.split_once(':') else { return };
        let (before, after) = match to.split_once('*') {
            Some((before, after)) => (before, Some(after.to_owned())),
            None => (to, None),
        };
        if !to.is_empty() {
            self.specs.push((remote.to_owned(), before.to_owned(), after));
        }
    }

    /// Completes what is known of the remotes that have something: which may have it, where none is known to though others
    /// have it, and which of all those are pushed to at other addresses than the one that is fetched from.
    pub(super) fn concern(&self, found: &mut Containment) {
        if found.state == Some(State::Pushed) && found.remotes.is_empty() {
            found.may_have = self.names.iter().map(|name| name.as_str().into()).collect();
        }
        let all = found.remotes.iter().chain(&found.may_have);
        found.many_addresses =
            all.filter(|name| self.many.iter().any(|many| *name == many.as_str())).cloned().collect();
    }

    /// What a ref follows, if anything.
    pub(super) fn followed_by(&self, name: &BStr) -> Option<Followed> {
        let matches = |(_, before, after): &&(String, String, Option<String>)| match after {
            Some(after) => name
                .strip_prefix(before.as_bytes())
                .is_some_and(|rest| !rest.is_empty() && rest.ends_with(after.as_bytes())),
            None => name == before.as_str(),
        };
        // The name of a remote may begin with that of another: `a/b` and `a`.
        let found = || self.specs.iter().filter(matches);
        if let Some((remote, nearest, _)) = found().max_by_key(|(_, before, _)| before.len()) {
            // Where several are fetched to one place, that does not say which of them has it, and one without an address does
            // not say where it is.
            let mut nearest = found().filter(|(_, before, _)| before.len() == nearest.len());
            let is_known = self.names.contains(remote) && nearest.all(|(other, ..)| other == remote);
            let named = is_known.then(|| Followed::Remote(remote.as_str().into()));
            return Some(named.unwrap_or(Followed::Unnamed));
        }
        let remote = name.strip_prefix(b"refs/remotes/").and_then(|rest| rest.split_str("/").next());
        let is_configured =
            remote.is_some_and(|remote| self.names.iter().any(|name| remote == name.as_bytes()));
        let of_forge = OF_FORGES.iter().any(|prefix| name.starts_with(prefix.as_bytes())) && !is_configured;
        // One that is not configured any more, or of another program (git-svn), has no address.
        match remote {
            Some(remote) if is_configured && !of_forge => Some(Followed::Remote(remote.into())),
            None if !of_forge => None,
            _ => Some(Followed::Unnamed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Refspecs by remote, a ref, and the remote that it follows.
    type Row<'a> = (&'a [(&'a str, &'a str)], &'a str, Option<&'a str>);

    #[test]
    fn refs_of_remotes() {
        let remotes = |specs: &[(&str, &str)]| {
            let mut remotes = Remotes::default();
            specs.iter().for_each(|(name, spec)| remotes.add(name, spec));
            remotes.names = specs.iter().map(|(name, _)| (*name).to_owned()).collect();
            remotes
        };
        let usual =
            [("origin", "+refs/heads/*:refs/remotes/origin/*"), ("a/b", "+refs/heads/*:refs/remotes/a/b/*")];
        let nested = [("a", "+refs/heads/*:refs/remotes/a/*"), usual[1]];
        let mirror = [("origin", "+refs/*:refs/*")];
        let one = [("up", "refs/heads/main:refs/heads/up-main")];
        let same = [("a", "+refs/heads/*:refs/remotes/a/*"), ("b", "+refs/heads/*:refs/remotes/a/*")];
        let table: [Row<'_>; 18] = [
            (&usual, "refs/remotes/origin/main", Some("origin")),
            (&usual, "refs/remotes/a/b/x/y", Some("a/b")),
            (&usual, "refs/remotes/gone/main", Some("")),
            (&usual, "refs/heads/main", None),
            (&usual, "refs/tags/v1", None),
            (&usual, "HEAD", None),
            (&usual, "refs/pull/9/head", Some("")),
            (&usual, "refs/remotes/pull/9/merge", Some("")),
            (&[("pull", "refs/heads/main")], "refs/remotes/pull/9/merge", Some("pull")),
            (&usual, "refs/remotes/pulled/main", Some("")),
            (&nested, "refs/remotes/a/b/main", Some("a/b")),
            (&nested, "refs/remotes/a/c/main", Some("a")),
            (&same, "refs/remotes/a/main", Some("")),
            (&mirror, "refs/heads/main", Some("origin")),
            (&mirror, "refs/tags/v1", Some("origin")),
            (&one, "refs/heads/up-main", Some("up")),
            (&one, "refs/heads/up-main-2", None),
            (&[("x", "refs/heads/main")], "refs/heads/main", None),
        ];
        for (specs, name, expected) in table {
            let found = remotes(specs).followed_by(BStr::new(name));
            let found = found.map(|followed| match followed {
                Followed::Remote(name) => name.to_string(),
                Followed::Unnamed => String::new(),
            });
            assert_eq!(found.as_deref(), expected, "{name}");
        }
    }
}
