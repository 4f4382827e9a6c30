//! What another repository has for sure: the refs here that follow it.
//!
//! Takes a remote's name and where a push to it goes, and gives a range without what that place has. A ref follows a place
//! if git puts it there when it fetches from that very place: a remote can be pushed to another one than it is fetched
//! from, fetch into other refs than its name says, or into none; and a name may begin like that of another remote. Asks
//! nobody, so that it is what was there when it was last fetched.
//!
//! Where that cannot be told, nothing is known to be there, and all is judged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use bstr::{BStr, BString, ByteSlice as _};
use git2::ConfigLevel;

use super::super::{Layout, refs};
use super::place::same_place;
use super::tracking::mapped;
use super::words::{OWN, Selector, Word, Words};
use crate::source::layout::include;

impl Words {
    /// The same range without what a remote has, as far as refs here follow it. `url`: where the push goes, if that was
    /// said. `refs`: what the remote itself says of some refs of its own, by their names there: the id, or none if it lacks
    /// the ref. Where a ref here is not what it says, none of those that follow it by the same remote is believed. Of several
    /// remotes that are fetched from that place, each counts.
    #[must_use]
    pub fn without_remote(
        mut self,
        layout: &Layout,
        remote: &str,
        url: Option<&str>,
        refs: &[(&BStr, Option<&str>)],
    ) -> Words {
        let remotes = Remotes::read(layout);
        for name in remotes.of_place(remote, url) {
            let said: Vec<(BString, Option<BString>)> = refs
                .iter()
                .flat_map(|(there, id)| {
                    remotes.tracking(name, there).into_iter().map(|here| (here, id.map(BString::from)))
                })
                .collect();
            for (pattern, without) in remotes.following(name) {
                let (pattern, said) = (BString::from(pattern), said.clone());
                let without = without.into_iter().map(BString::from).collect();
                let selector =
                    Selector::Following { pattern, without, said, specs: remotes.specs(name).to_vec() };
                self.0.push(Word { selector, excluded: true });
            }
        }
        self
    }
}

/// The names of the remotes.
pub fn remotes(layout: &Layout) -> Vec<String> {
    Remotes::read(layout).remotes.into_keys().collect()
}

/// Refs that people make here which no ref follows that is fetched from where a push goes; without a remote, from anywhere.
pub fn lacking(layout: &Layout, remote: Option<(&str, Option<&str>)>) -> Vec<BString> {
    let (remotes, refs) = (Remotes::read(layout), refs::read(layout, &mut drop));
    let there = match remote {
        Some((name, url)) => remotes.of_place(name, url),
        None => remotes.remotes.keys().map(String::as_str).collect(),
    };
    let is_known = |name: &BStr| {
        let mut here = there.iter().flat_map(|remote| remotes.tracking(remote, name));
        here.any(|here| refs.contains_key(&here))
    };
    let own = refs.keys().filter(|name| OWN.iter().any(|own| name.starts_with(own.as_bytes())));
    own.filter(|name| !is_known(name.as_bstr())).cloned().collect()
}

/// The names of the remotes that have other addresses than one that is fetched from and pushed to.
pub fn many_addresses(layout: &Layout) -> BTreeSet<String> {
    let remotes = Remotes::read(layout);
    let has_many = |remote: &Remote| {
        let fetched = remotes.fetched_from(remote);
        remotes.pushed_to(remote).into_iter().any(|url| Some(url) != fetched)
    };
    let many = remotes.remotes.iter().filter(|(_, remote)| has_many(remote));
    many.map(|(name, _)| name.clone()).collect()
}

/// What the configuration says of remotes.
#[derive(Debug, Default)]
struct Remotes {
    remotes: BTreeMap<String, Remote>,
    /// What URLs begin with, and what stands for it.
    instead: Vec<(String, String)>,
    push_instead: Vec<(String, String)>,
    /// What paths in URLs are relative to.
    top: PathBuf,
}

#[derive(Debug, Default)]
struct Remote {
    urls: Vec<String>,
    push_urls: Vec<String>,
    fetch: Vec<String>,
}

impl Remotes {
    /// Reads the configuration of the repository, the person and the system. What cannot be read says nothing.
    fn read(layout: &Layout) -> Remotes {
        let of_all = [
            (git2::Config::find_system().ok(), ConfigLevel::System),
            (git2::Config::find_xdg().ok(), ConfigLevel::XDG),
            (git2::Config::find_global().ok(), ConfigLevel::Global),
        ];
        let own = [
            (Some(layout.common_dir.join("config")), ConfigLevel::Local),
            (Some(layout.git_dir.join("config.worktree")), ConfigLevel::Worktree),
        ];
        let top = layout.work_tree.clone().unwrap_or_else(|| layout.git_dir.clone());
        let mut remotes = Remotes { top: top.clone(), ..Remotes::default() };
        let Ok(mut config) = git2::Config::new() else { return remotes };
        for (path, level) in of_all.into_iter().chain(own) {
            let Some(path) = path.filter(|path| path.exists()) else { continue };
            // To open a pipe, or a file that includes one, would take for ever.
            if include::odd_among(&path).is_some() || config.add_file(&path, level, false).is_err() {
                return remotes;
            }
        }
        let Ok(config) = config.snapshot() else { return remotes };
        let Ok(mut entries) = config.entries(Some(r"^(remote|url)\.")) else { return remotes };
        while let Some(entry) = entries.next() {
            let Ok(entry) = entry else { return Remotes { top, ..Remotes::default() } };
            if let (Ok(key), Ok(value)) = (entry.name(), entry.value()) {
                remotes.add(key, value);
            }
        }
        remotes
    }

    fn add(&mut self, key: &str, value: &str) {
        let Some((section, variable)) = key.rsplit_once('.') else { return };
        let value = value.to_owned();
        if let Some(name) = section.strip_prefix("remote.") {
            let remote = self.remotes.entry(name.to_owned()).or_default();
            match variable {
                "url" => remote.urls.push(value),
                "pushurl" => remote.push_urls.push(value),
                "fetch" => remote.fetch.push(value),
                _ => {}
            }
        } else if let Some(base) = section.strip_prefix("url.") {
            match variable {
                "insteadof" => self.instead.push((value, base.to_owned())),
                "pushinsteadof" => self.push_instead.push((value, base.to_owned())),
                _ => {}
            }
        }
    }

    /// The remotes that are fetched from the place that a push goes to. `name`: as git has it, which is the URL where that
    /// is not one of a remote's.
    fn of_place(&self, name: &str, url: Option<&str>) -> Vec<&str> {
        let known = self.remotes.get(name);
        let pushed = match (url, known) {
            (Some(url), _) => vec![url.to_owned()],
            (None, Some(remote)) => self.pushed_to(remote),
            (None, None) => vec![name.to_owned()],
        };
        let is_there = |remote: &Remote| {
            let Some(fetched) = self.fetched_from(remote) else { return false };
            let same = |url: &String| same_place(url, &fetched, &self.top);
            !pushed.is_empty() && pushed.iter().all(same)
        };
        let there = self.remotes.iter().filter(|(_, remote)| is_there(remote));
        there.map(|(name, _)| name.as_str()).collect()
    }

    /// Patterns of the refs that follow the place that a remote is fetched from, and of those among them that do not.
    fn following(&self, name: &str) -> Vec<(&str, Vec<&str>)> {
        let Some(remote) = self.remotes.get(name) else { return Vec::new() };
        let Some(fetched) = self.fetched_from(remote) else { return Vec::new() };
        let elsewhere = |other: &&Remote| {
            self.fetched_from(other).is_none_or(|url| !same_place(&url, &fetched, &self.top))
        };
        let others: Vec<&str> =
            self.remotes.values().filter(elsewhere).flat_map(|other| other.fetched_into()).collect();
        let own = |pattern: &&str| {
            OWN.iter().any(|own| fixed(pattern).starts_with(own) || own.starts_with(fixed(pattern)))
        };
        // What is below a name belongs to the remote of the longer name.
        let without = |pattern: &str| {
            let is_wider = |other: &&str| {
                fixed(pattern).len() > fixed(other).len() && fixed(pattern).starts_with(fixed(other))
            };
            others.iter().copied().filter(|other| !is_wider(other)).collect()
        };
        let patterns = remote.fetched_into().filter(|pattern| !own(pattern));
        patterns.map(|pattern| (pattern, without(pattern))).collect()
    }

    /// The refs that git puts a remote's ref into when it fetches that.
    fn tracking(&self, remote: &str, name: &BStr) -> Vec<BString> {
        self.specs(remote).iter().filter_map(|spec| mapped(spec, name)).collect()
    }

    /// How git fetches a remote's refs.
    fn specs(&self, remote: &str) -> &[String] {
        self.remotes.get(remote).map(|remote| remote.fetch.as_slice()).unwrap_or_default()
    }

    /// Where git fetches from: of several URLs, the first.
    fn fetched_from(&self, remote: &Remote) -> Option<String> {
        remote.urls.first().map(|url| rewritten(url, &self.instead).unwrap_or_else(|| url.clone()))
    }

    /// Where git pushes to.
    fn pushed_to(&self, remote: &Remote) -> Vec<String> {
        let plain = |url: &String| rewritten(url, &self.instead).unwrap_or_else(|| url.clone());
        match remote.push_urls.is_empty() {
            false => remote.push_urls.iter().map(plain).collect(),
            true => {
                let pushed = |url: &String| rewritten(url, &self.push_instead).unwrap_or_else(|| plain(url));
                remote.urls.iter().map(pushed).collect()
            }
        }
    }
}

impl Remote {
    /// Patterns of the refs that git fetches into.
    fn fetched_into(&self) -> impl Iterator<Item = &str> {
        let specs = self.fetch.iter().filter(|spec| !spec.starts_with('^'));
        specs.filter_map(|spec| spec.split_once(':')).map(|(_, to)| to).filter(|to| !to.is_empty())
    }
}

/// What every ref of a pattern begins with.
fn fixed(pattern: &str) -> &str {
    pattern.split('*').next().unwrap_or_default()
}

/// A URL with the longest beginning that something stands for replaced by that.
fn rewritten(url: &str, instead: &[(String, String)]) -> Option<String> {
    let fits = instead.iter().filter(|(start, _)| !start.is_empty() && url.starts_with(start.as_str()));
    let (start, base) = fits.max_by_key(|(start, _)| start.len())?;
    Some(format!("{base}{}", &url[start.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: (&str, &str) = ("remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*");
    const URL: (&str, &str) = ("remote.origin.url", "https://example.org/a/b.git");

    /// Entries of a configuration, where the push goes, and what follows that place.
    type Row<'a> = (&'a [(&'a str, &'a str)], Option<&'a str>, &'a [&'a str]);

    fn following(entries: &[(&str, &str)], url: Option<&str>) -> Vec<String> {
        let mut remotes = Remotes::default();
        entries.iter().for_each(|(key, value)| remotes.add(key, value));
        let shown = |(pattern, without): (&str, Vec<&str>)| format!("{pattern} -[{}]", without.join(" "));
        let there = remotes.of_place("origin", url);
        there.into_iter().flat_map(|name| remotes.following(name)).map(shown).collect()
    }

    #[test]
    fn refs_follow_the_place_that_they_are_fetched_from() {
        let own = "refs/remotes/origin/* -[]";
        let fork = [
            URL,
            USUAL,
            ("remote.origin/fork.url", "https://example.org/c/b.git"),
            ("remote.origin/fork.fetch", "+refs/heads/*:refs/remotes/origin/fork/*"),
        ];
        let table: [Row<'_>; 16] = [
            (&[URL, USUAL], Some("https://example.org/a/b.git"), &[own]),
            (&[URL, USUAL], Some("git@example.org:a/b.git"), &[own]),
            (&[URL, USUAL], Some("https://example.org/c/b.git"), &[]),
            (&[URL, USUAL], None, &[own]),
            (&[URL, USUAL, ("remote.origin.pushurl", "https://example.org/c/b")], None, &[]),
            (&[URL, USUAL, ("remote.origin.pushurl", "ssh://git@example.org/a/b")], None, &[own]),
            (&[URL, USUAL, ("url.git@example.net:.pushinsteadof", "https://example.org/")], None, &[]),
            (
                &[("remote.origin.url", "eo:a/b"), USUAL, ("url.https://example.org/.insteadof", "eo:")],
                Some("https://example.org/a/b"),
                &[own],
            ),
            (&fork, None, &["refs/remotes/origin/* -[refs/remotes/origin/fork/*]"]),
            (&fork, Some("https://example.org/c/b"), &["refs/remotes/origin/fork/* -[]"]),
            (
                &[
                    URL,
                    USUAL,
                    ("remote.again.url", URL.1),
                    ("remote.again.fetch", "+refs/heads/*:refs/again/*"),
                ],
                Some("ssh://git@example.org/a/b"),
                &["refs/again/* -[]", own],
            ),
            (&[URL], None, &[]),
            (&[USUAL], None, &[]),
            (&[URL, ("remote.origin.fetch", "refs/heads/*:refs/other/*")], None, &["refs/other/* -[]"]),
            (&[URL, ("remote.origin.fetch", "+refs/*:refs/*")], None, &[]),
            (&[URL, ("remote.origin.fetch", "refs/heads/a:refs/heads/b")], None, &[]),
        ];
        for (entries, url, expected) in table {
            assert_eq!(following(entries, url), expected, "{entries:?} {url:?}");
        }
    }
}
