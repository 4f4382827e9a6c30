//! Repositories that tests make with the real `git`, and a sink that keeps what it gets.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use bstr::{BStr, BString};

use super::{Counted, Issue, Old, Origin, Part, Sink};
use crate::finding::LocationKind;

/// A directory that goes away with the test, with repositories in it.
pub(crate) struct Scratch {
    dir: tempfile::TempDir,
}

impl Scratch {
    pub(crate) fn new() -> Scratch {
        Scratch { dir: tempfile::tempdir().expect("a temporary directory") }
    }

    /// A path in it, canonical as layouts are.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().expect("it exists").join(name)
    }

    /// A new repository with a first commit of `a` and `dir/b`.
    pub(crate) fn repo(&self, name: &str, init: &[&str]) -> Repo {
        let repo = self.empty(name, init);
        repo.write("a", "first a\n");
        repo.write("dir/b", "first b\n");
        repo.commit("first");
        repo
    }

    /// A new repository without commits.
    pub(crate) fn empty(&self, name: &str, init: &[&str]) -> Repo {
        let path = self.path(name);
        std::fs::create_dir_all(&path).expect("a new directory");
        let repo = Repo { path };
        repo.git(&[&["init", "-q", "-b", "main"], init].concat());
        repo
    }
}

/// A repository at a path.
pub(crate) struct Repo {
    pub(crate) path: PathBuf,
}

impl Repo {
    /// Runs git in it, at a fixed time as a fixed person; gives its output without the last line break.
    pub(crate) fn git<A: AsRef<OsStr>>(&self, args: &[A]) -> String {
        self.git_at(1_700_000_000, args)
    }

    pub(crate) fn git_at<A: AsRef<OsStr>>(&self, time: u64, args: &[A]) -> String {
        let date = format!("{time} +0000");
        let output = Command::new("git")
            .args(args)
            .current_dir(&self.path)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1"), ("LC_ALL", "C")])
            .envs([("GIT_AUTHOR_NAME", "Ann"), ("GIT_AUTHOR_EMAIL", "ann@example.com")])
            .envs([("GIT_COMMITTER_NAME", "Cem"), ("GIT_COMMITTER_EMAIL", "cem@example.com")])
            .envs([("GIT_AUTHOR_DATE", &date), ("GIT_COMMITTER_DATE", &date)])
            .stdin(Stdio::null())
            .output()
            .expect("git runs");
        let shown: Vec<_> = args.iter().map(AsRef::as_ref).collect();
        assert!(output.status.success(), "git {shown:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        let path = self.path.join(path);
        std::fs::create_dir_all(path.parent().expect("a file has a directory")).expect("a directory");
        std::fs::write(path, content).expect("a file");
    }

    /// Commits everything there is; gives the commit's id.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.commit_at(1_700_000_000, message)
    }

    pub(crate) fn commit_at(&self, time: u64, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git_at(time, &["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Every stored object as git lists them: id and type.
    pub(crate) fn objects(&self) -> BTreeMap<String, String> {
        let listed =
            self.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)"]);
        listed
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(id, kind)| (id.into(), kind.into()))
            .collect()
    }

    /// The ids of stored blobs.
    pub(crate) fn blobs(&self) -> BTreeSet<String> {
        self.objects().into_iter().filter(|(_, kind)| kind == "blob").map(|(id, _)| id).collect()
    }

    /// The directory that git says is its own.
    pub(crate) fn git_dir(&self) -> PathBuf {
        PathBuf::from(self.git(&["rev-parse", "--absolute-git-dir"]))
    }

    /// Files of the object directory that end in `suffix`, sorted.
    pub(crate) fn object_files(&self, suffix: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut waiting = vec![self.git_dir().join("objects")];
        while let Some(dir) = waiting.pop() {
            for entry in std::fs::read_dir(dir).expect("a directory") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    waiting.push(path);
                } else if path.to_string_lossy().ends_with(suffix) {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    }

    /// The file of a loose object.
    pub(crate) fn loose(&self, id: &str) -> PathBuf {
        self.git_dir().join("objects").join(&id[..2]).join(&id[2..])
    }
}

/// Makes a file that git wrote read-only writable, and changes it.
pub(crate) fn damage(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).expect("a file");
    change(&mut bytes);
    std::fs::remove_file(path).expect("its directory can be written");
    std::fs::write(path, bytes).expect("a file");
}

/// Keeps everything.
#[derive(Default)]
pub(crate) struct Collected {
    parts: Mutex<Vec<(LocationKind, Option<String>, BString)>>,
    counts: Mutex<BTreeMap<String, u64>>,
    issues: Mutex<Vec<Issue>>,
}

impl Collected {
    /// The objects of parts of a kind, as often as they came.
    pub(crate) fn ids(&self, kind: LocationKind) -> Vec<String> {
        let parts = self.parts.lock().expect("no panic");
        let mut ids: Vec<_> =
            parts.iter().filter(|part| part.0 == kind).filter_map(|part| part.1.clone()).collect();
        ids.sort();
        ids
    }

    /// The contents of parts of a kind.
    pub(crate) fn texts(&self, kind: LocationKind) -> BTreeSet<String> {
        let parts = self.parts.lock().expect("no panic");
        parts.iter().filter(|part| part.0 == kind).map(|part| part.2.to_string()).collect()
    }

    pub(crate) fn count(&self, what: Counted) -> u64 {
        self.counts.lock().expect("no panic").get(&format!("{what:?}")).copied().unwrap_or_default()
    }

    pub(crate) fn issues(&self) -> Vec<Issue> {
        let mut issues = self.issues.lock().expect("no panic").clone();
        issues.sort();
        issues
    }

    /// The kinds of issues, sorted, each as often as it came.
    pub(crate) fn kinds(&self) -> Vec<String> {
        self.issues().into_iter().map(|issue| issue.kind).collect()
    }
}

impl Sink for Collected {
    fn changed(&self, origin: Origin<'_>, bytes: &[u8], _: &[Old<'_>]) {
        self.blob(origin, bytes);
    }

    fn part(&self, origin: Origin<'_>, bytes: &[u8], part: &Part) {
        // An object is an object, in however many parts it comes.
        if part.at == 0 {
            self.blob(origin, bytes);
        }
    }

    fn blob(&self, origin: Origin<'_>, bytes: &[u8]) {
        let part = (origin.kind, origin.object.map(str::to_owned), BString::from(bytes));
        self.parts.lock().expect("no panic").push(part);
    }

    fn worth_splitting(&self, _: LocationKind, _: &[u8]) -> bool {
        true
    }

    fn count(&self, what: Counted, number: u64) {
        *self.counts.lock().expect("no panic").entry(format!("{what:?}")).or_default() += number;
    }

    fn skip(&self, _: &'static str, _: &BStr) {}

    fn issue(&self, issue: Issue) {
        self.issues.lock().expect("no panic").push(issue);
    }

    fn interrupted(&self) -> bool {
        false
    }
}
