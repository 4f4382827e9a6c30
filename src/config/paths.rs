//! Which paths a configuration leaves out.
//!
//! Patterns are those of gitignore: the last one that matches decides, `!` takes a path in again, one that matches a
//! directory holds for what is below it unless another one says otherwise of something below. Takes paths as reports
//! have them, relative to the top of the repository or to the scanned directory; looks at no disk.

use std::borrow::Cow;
use std::path::Path;

use bstr::{BStr, BString, ByteSlice};
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::Located;

/// Patterns of paths to leave out, relative to one directory.
#[derive(Debug)]
pub struct Exclude {
    patterns: Vec<Located<String>>,
    matcher: Gitignore,
}

impl Default for Exclude {
    fn default() -> Self {
        Exclude { patterns: Vec::new(), matcher: Gitignore::empty() }
    }
}

impl Exclude {
    /// Reads patterns.
    ///
    /// # Errors
    ///
    /// The index of the first one that cannot be used, and why.
    pub fn new(patterns: Vec<Located<String>>) -> Result<Exclude, (usize, String)> {
        let mut builder = GitignoreBuilder::new("");
        builder.allow_unclosed_class(false);
        for (number, pattern) in patterns.iter().enumerate() {
            let wrong = |reason: &str| (number, reason.to_owned());
            usable(&pattern.value).map_err(wrong)?;
            builder.add_line(None, &pattern.value).map_err(|error| match error {
                // Without the pattern itself.
                ignore::Error::Glob { err, .. } => (number, err),
                _ => wrong("it is no pattern"),
            })?;
        }
        let matcher =
            builder.build().map_err(|_| (0, "there are too many, or they are too large".to_owned()))?;
        Ok(Exclude { patterns, matcher })
    }

    /// The patterns, in order.
    pub fn patterns(&self) -> &[Located<String>] {
        &self.patterns
    }

    /// Whether nothing is left out.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether a path, relative to where the patterns hold, is left out. That of a directory ends with `/`.
    pub fn matches(&self, path: &BStr) -> bool {
        let (name, is_dir) = path.strip_suffix(b"/").map_or((path.as_bytes(), false), |name| (name, true));
        let Ok(path) = name.to_path() else { return false };
        !path.has_root() && self.matcher.matched_path_or_any_parents(path, is_dir).is_ignore()
    }
}

/// What is no pattern, although it could be read as one that matches nothing.
fn usable(pattern: &str) -> Result<(), &'static str> {
    let bare = pattern.strip_prefix('!').unwrap_or(pattern).trim();
    if bare.trim_matches('/').is_empty() {
        return Err("it is empty");
    }
    if pattern.starts_with('#') {
        return Err("it is a comment; a name that begins with # is written \\#");
    }
    if bare.split('/').any(|part| part == "." || part == "..") {
        return Err("it leads to another directory, and paths are compared as they are");
    }
    Ok(())
}

/// How paths of one target of the command line relate to where patterns hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The patterns hold above: this, with its `/`, stands before each path. Empty: they hold right there.
    Above(BString),
    /// The patterns hold only below this directory, which is given with its `/`.
    Below(BString),
    /// The patterns hold elsewhere.
    Apart,
}

impl Relation {
    /// Between where patterns hold and where the paths of a target begin; both absolute.
    pub fn between(patterns: &Path, paths: &Path) -> Relation {
        let slashed = |path: &Path| {
            let mut bytes = BString::from(path.as_os_str().as_encoded_bytes());
            if !bytes.is_empty() {
                bytes.push(b'/');
            }
            bytes
        };
        if let Ok(before) = paths.strip_prefix(patterns) {
            Relation::Above(slashed(before))
        } else if let Ok(below) = patterns.strip_prefix(paths) {
            Relation::Below(slashed(below))
        } else {
            Relation::Apart
        }
    }

    /// A path of the target as the patterns see it.
    fn apply<'p>(&self, path: &'p BStr) -> Option<Cow<'p, BStr>> {
        match self {
            Relation::Above(before) if before.is_empty() => Some(Cow::Borrowed(path)),
            Relation::Above(before) => Some(Cow::Owned([before.as_slice(), path].concat().into())),
            Relation::Below(directory) => {
                path.strip_prefix(directory.as_slice()).map(|p| Cow::Borrowed(p.as_bstr()))
            }
            Relation::Apart => None,
        }
    }
}

/// What is left out of the targets of a command line.
#[derive(Debug, Default)]
pub struct LeftOut {
    /// The patterns.
    pub exclude: Exclude,
    /// For each target, in order.
    pub relations: Vec<Relation>,
}

impl LeftOut {
    /// Whether a path of the `target`th target is left out.
    pub fn contains(&self, target: usize, path: &BStr) -> bool {
        let relation = self.relations.get(target).unwrap_or(&Relation::Apart);
        self.concerns(target) && relation.apply(path).is_some_and(|path| self.exclude.matches(path.as_ref()))
    }

    /// Whether anything of the `target`th target can be left out.
    pub fn concerns(&self, target: usize) -> bool {
        !self.exclude.is_empty() && !matches!(self.relations.get(target), None | Some(Relation::Apart))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exclude(patterns: &[&str]) -> Exclude {
        let located = |pattern: &&str| Located { value: (*pattern).to_owned(), line: 1 };
        Exclude::new(patterns.iter().map(located).collect()).expect("patterns")
    }

    #[test]
    fn patterns_are_those_of_gitignore() {
        for (patterns, path, left_out) in [
            (&["vendor/"][..], "vendor/a.py", true),
            (&["vendor/"], "src/vendor/a.py", true),
            (&["/vendor/"], "src/vendor/a.py", false),
            (&["vendor/"], "vendor", false),
            (&["vendor/"], "vendor/", true),
            (&["vendor/a.py"], "vendor/", false),
            (&["vendor"], "vendor", true),
            (&["src/*.py"], "src/a.py", true),
            (&["src/*.py"], "src/b/a.py", false),
            (&["src/**/a.py"], "src/b/c/a.py", true),
            (&["*.lock"], "a/uv.lock", true),
            (&["*.{lock,snap}"], "a/x.snap", true),
            (&["*.lock", "!uv.lock"], "a/uv.lock", false),
            (&["vendor/", "!vendor/ours/"], "vendor/ours/a.py", false),
            (&["vendor/", "!vendor/ours/"], "vendor/a.py", true),
            (&["*", "!src/", "!src/**"], "src/a.py", false),
            (&["*", "!src/", "!src/**"], "a.py", true),
            (&["\\#a"], "#a", true),
            (&["caf?", "caf*"], "caf\u{e9}", true),
            (&["*.PY"], "a.py", false),
            (&["**"], "a/b", true),
            (&[], "a", false),
            (&["*"], "/rooted", false),
        ] {
            assert_eq!(exclude(patterns).matches(path.into()), left_out, "{patterns:?} {path}");
        }
        #[cfg(unix)]
        assert!(exclude(&["*.bin"]).matches(b"a\xff/b.bin".as_bstr()));
    }

    #[test]
    fn patterns_hold_where_the_file_stands() {
        for (patterns, paths, path, left_out) in [
            ("/r", "/r", "a.py", true),
            ("/r", "/r", "sub/a.py", false),
            ("/r/sub", "/r", "sub/a.py", true),
            ("/r/sub", "/r", "a.py", false),
            ("/r/sub", "/r", "subs/a.py", false),
            ("/r", "/r/sub", "a.py", false),
            ("/r", "/r/sub", "b/../a.py", false),
            ("/x", "/r", "a.py", false),
        ] {
            let relation = Relation::between(Path::new(patterns), Path::new(paths));
            let left = LeftOut { exclude: exclude(&["/a.py"]), relations: vec![relation] };
            assert_eq!(left.contains(0, path.into()), left_out, "{patterns} {paths} {path}");
            assert!(!left.contains(1, path.into()), "there is no such target");
        }
    }
}
