//! Files on disk: every file that git tracks, every other file that no ignore file lists, and the names of all.
//!
//! Takes one PATH of the command line. A file is scanned whatever ignore files and the configuration say. Symbolic links are not followed:
//! their target is content, as git sees it. Never looks into `.git`.

use std::collections::HashSet;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bstr::{BString, ByteSlice, ByteVec};
use ignore::{DirEntry, WalkBuilder, WalkState};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::parts::{self, Reading};
use super::tracked::{self, Tracked};
use super::{Counted, Issue, LEFT_OUT, NOT_ON_DISK, Origin, Sink, TOO_LARGE};
use crate::finding::LocationKind;
use crate::sanitize::system_error;

pub(super) mod endless;
mod read;

use read::Content;

/// How a walk goes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Threads; 0 takes as many as there are processors.
    pub threads: usize,
    /// Larger files are left out, in bytes.
    pub max_file_size: Option<u64>,
    /// Files that an ignore file lists are scanned as well.
    pub no_ignore: bool,
}

/// Scans the file or directory `path`, given as the `target`th of the command line.
pub fn scan(path: &Path, target: usize, options: Options, sink: &dyn Sink) {
    let kind = match fs::metadata(path) {
        Ok(kind) => kind,
        Err(error) => return unreadable(sink, Vec::from_path_lossy(path).into_owned(), &error),
    };
    let place = Place::of(path, kind.is_dir(), target);
    if is_git_directory(&place.real) {
        let message = "a repository's own directory: what it stores is compressed, and not scanned like this; \
                       `leeward history` scans it";
        sink.issue(Issue::new("git-directory", message).at_path(Vec::from_path_lossy(path).into_owned()));
    }
    let tracked = Tracked::below(&place.real, sink);
    let selective = sink.is_selective(target);
    let walk = Walk { place: &place, options, sink, tracked: tracked.as_ref(), selective };
    match kind.is_dir() {
        true => walk.directory(),
        false => walk.named_file(kind.is_file()),
    }
}

/// Whether a directory is what git keeps a repository in: `.git`, or a bare one.
fn is_git_directory(path: &Path) -> bool {
    path.join("HEAD").is_file() && path.join("objects").is_dir() && path.join("refs").is_dir()
}

/// A PATH, and how what is below it is called.
struct Place {
    /// As typed.
    typed: PathBuf,
    /// Without symbolic links.
    real: PathBuf,
    /// What relative paths begin with: the way from the top of the repository.
    prefix: BString,
    target: usize,
}

impl Place {
    fn of(path: &Path, is_dir: bool, target: usize) -> Place {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let inside = tracked::top_of(&real).and_then(|top| real.strip_prefix(top).ok().map(Path::to_owned));
        let prefix = match (inside, is_dir) {
            (Some(inside), _) => inside,
            (None, true) => PathBuf::new(),
            (None, false) => real.file_name().map(PathBuf::from).unwrap_or_default(),
        };
        Place { typed: path.to_owned(), real, prefix: slashed(&prefix), target }
    }

    /// The path of the contract for what lies at `below` the PATH.
    fn path(&self, below: &Path) -> BString {
        let below = slashed(below);
        match (self.prefix.is_empty(), below.is_empty()) {
            (true, _) => below,
            (false, true) => self.prefix.clone(),
            (false, false) => BString::from([self.prefix.as_slice(), below.as_slice()].join(&b'/')),
        }
    }

    /// The path as it would be typed; `.` is left out.
    fn shown(&self, below: &Path) -> BString {
        let shown = match self.typed == Path::new(".") {
            true => below.to_owned(),
            false if below.as_os_str().is_empty() => self.typed.clone(),
            false => self.typed.join(below),
        };
        BString::from(Vec::from_path_buf(shown).unwrap_or_default())
    }
}

struct Walk<'a> {
    place: &'a Place,
    options: Options,
    sink: &'a dyn Sink,
    tracked: Option<&'a Tracked>,
    /// Whether paths have to be asked about.
    selective: bool,
}

impl Walk<'_> {
    /// A PATH that is no directory.
    fn named_file(&self, regular: bool) {
        if !regular {
            let message = "is no regular file; pipe it to `leeward scan -` to scan what comes out of it";
            self.sink.issue(Issue::new("not-a-file", message).at_path(self.place.shown(Path::new(""))));
            return;
        }
        Reader::new(self).file(&self.place.real, Path::new(""));
    }

    fn directory(&self) {
        let seen = Mutex::new(HashSet::new());
        let endless = Arc::new(Mutex::new(Vec::new()));
        let ignores = !self.options.no_ignore;
        let persons = ignores.then(endless::ignore_file_of_person).flatten();
        if let Some(file) = &persons {
            let message = "it is not a regular file, so that it cannot be read: what it would keep from a scan of all your \
                           repositories was scanned, too; take it away, or use --no-ignore";
            let file = Vec::from_path_lossy(file).into_owned();
            self.sink.issue(Issue::new("unreadable", message).at_path(file));
        }
        match ignores.then(|| endless::ignore_file_at_or_above(&self.place.real)).flatten() {
            Some(file) => lock(&endless).push(file),
            None => self.walk(&seen, &endless, persons.is_none()),
        }
        for file in std::mem::take(&mut *lock(&endless)) {
            self.not_walked(&file);
        }
        self.tracked_but_ignored(&seen.into_inner().unwrap_or_else(PoisonError::into_inner));
    }

    /// Goes through all directories but those with an ignore file that must not be opened.
    fn walk(&self, seen: &Mutex<HashSet<u64>>, endless: &Arc<Mutex<Vec<PathBuf>>>, persons: bool) {
        let (endless, no_ignore) = (Arc::clone(endless), self.options.no_ignore);
        let is_endless = move |entry: &DirEntry| {
            let is_dir = !no_ignore && entry.file_type().is_some_and(|kind| kind.is_dir());
            let file = is_dir.then(|| endless::ignore_file(entry.path())).flatten();
            let found = file.is_some();
            lock(&endless).extend(file);
            found
        };
        let walker = walker(&self.place.typed, no_ignore)
            .git_global(persons && !no_ignore)
            .threads(self.options.threads)
            .filter_entry(move |entry| entry.file_name() != ".git" && !is_endless(entry))
            .build_parallel();
        walker.run(|| {
            let mut visitor = Visitor { reader: Reader::new(self), seen, mine: Vec::new() };
            Box::new(move |entry| {
                visitor.visit(entry);
                if self.sink.interrupted() { WalkState::Quit } else { WalkState::Continue }
            })
        });
    }

    /// Says what was left out because of an ignore file.
    fn not_walked(&self, file: &Path) {
        let message = "this ignore file is not a regular file, so that it cannot be read: below its directory only what \
                       git tracks was scanned; take it away, or use --no-ignore";
        let below = file.strip_prefix(&self.place.typed).or_else(|_| file.strip_prefix(&self.place.real));
        let shown = below
            .map_or_else(|_| Vec::from_path_lossy(file).into_owned().into(), |below| self.place.shown(below));
        self.sink.issue(Issue::new("unreadable", message).at_path(shown));
    }

    /// Files that an ignore file lists and git tracks all the same.
    fn tracked_but_ignored(&self, seen: &HashSet<u64>) {
        let Some(tracked) = self.tracked else { return };
        let missed: Vec<PathBuf> = tracked.files().filter(|below| !seen.contains(&key(below))).collect();
        missed.par_iter().for_each(|below| {
            if !self.sink.interrupted() {
                let path = self.place.real.join(below);
                match fs::symlink_metadata(&path) {
                    Ok(kind) if kind.is_dir() => {}
                    Ok(kind) => Reader::new(self).entry(&path, below, kind.file_type()),
                    Err(error) if tracked::is_nothing(&error) => {
                        self.sink.skip(NOT_ON_DISK, self.place.shown(below).as_bstr());
                    }
                    Err(error) => unreadable(self.sink, self.place.shown(below), &error),
                }
            }
        });
    }

    fn leaves_out(&self, below: &Path) -> bool {
        let target = self.place.target;
        self.selective && self.sink.leaves_out(target, self.place.path(below).as_bstr())
    }

    /// What the walker could not get to.
    fn lost(&self, error: &ignore::Error) {
        let Some(cause) = error.io_error() else {
            return self.sink.issue(Issue::new("unreadable", error.to_string()));
        };
        match path_of(error).map(|path| path.strip_prefix(&self.place.typed).unwrap_or(path)) {
            Some(below) if self.leaves_out(&below.join("")) => {
                self.sink.skip(LEFT_OUT, self.place.shown(below).as_bstr())
            }
            Some(below) => unreadable(self.sink, self.place.shown(below), cause),
            None => self.sink.issue(Issue::new("unreadable", system_error(cause))),
        }
    }
}

/// A walker of what is below `top`, by the rules of ignore files unless those are not wanted.
pub(super) fn walker(top: &Path, no_ignore: bool) -> WalkBuilder {
    let mut walker = WalkBuilder::new(top);
    walker.standard_filters(!no_ignore).hidden(false).require_git(false).follow_links(false);
    walker
}

/// What one thread of the walk does with its entries.
struct Visitor<'a> {
    reader: Reader<'a>,
    seen: &'a Mutex<HashSet<u64>>,
    mine: Vec<u64>,
}

impl Visitor<'_> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) {
        let walk = self.reader.walk;
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => return walk.lost(&error),
        };
        let Some(below) =
            entry.path().strip_prefix(&walk.place.typed).ok().filter(|p| !p.as_os_str().is_empty())
        else {
            return;
        };
        match entry.file_type() {
            // What is below is asked about file by file, so that it is counted.
            Some(kind) if kind.is_dir() && walk.leaves_out(&below.join("")) => {}
            Some(kind) if kind.is_dir() => self.reader.name(below),
            Some(kind) => {
                if walk.tracked.is_some() {
                    self.mine.push(key(below));
                }
                self.reader.entry(entry.path(), below, kind);
            }
            None => {}
        }
    }
}

impl Drop for Visitor<'_> {
    fn drop(&mut self) {
        lock(self.seen).extend(self.mine.drain(..));
    }
}

/// Reads files, one after the other, into one buffer.
struct Reader<'a> {
    walk: &'a Walk<'a>,
    buffer: Vec<u8>,
}

impl<'a> Reader<'a> {
    fn new(walk: &'a Walk<'a>) -> Self {
        Reader { walk, buffer: Vec::new() }
    }

    /// A directory entry that is no directory.
    fn entry(&mut self, path: &Path, below: &Path, kind: fs::FileType) {
        if self.walk.leaves_out(below) {
            return self.walk.sink.skip(LEFT_OUT, self.walk.place.shown(below).as_bstr());
        }
        self.name(below);
        if kind.is_file() {
            self.file(path, below);
        } else if kind.is_symlink() {
            match fs::read_link(path) {
                Ok(target) => self.push(LocationKind::Symlink, below, slashed(&target).as_bytes()),
                Err(error) => unreadable(self.walk.sink, self.walk.place.shown(below), &error),
            }
        } else {
            self.walk
                .sink
                .skip("no regular file (FIFO, socket or device)", self.walk.place.shown(below).as_bstr());
        }
    }

    /// The last component of a path, which can hold a key too.
    fn name(&self, below: &Path) {
        let Some(name) = below.file_name().map(Path::new).map(slashed) else { return };
        if self.walk.sink.worth_splitting(LocationKind::Path, &name) {
            self.push_as(LocationKind::Path, below, &name);
        }
    }

    fn file(&mut self, path: &Path, below: &Path) {
        let read = read::read(path, self.walk.options.max_file_size, &mut self.buffer, self.walk.sink);
        let content = match read {
            Ok(Content::Whole(content)) => content,
            Ok(Content::Nothing(bytes)) => return self.count(bytes),
            Ok(Content::Long(file, size)) => return self.long(file, size, below),
            Ok(Content::TooLarge) => {
                let shown = self.walk.place.shown(below);
                return self.walk.sink.skip(TOO_LARGE, shown.as_bstr());
            }
            Err(error) => return unreadable(self.walk.sink, self.walk.place.shown(below), &error),
        };
        let buffer = std::mem::take(&mut self.buffer);
        self.push(LocationKind::File, below, &buffer[content]);
        self.buffer = buffer;
    }

    /// A file that is scanned in parts.
    fn long(&self, file: File, size: u64, below: &Path) {
        self.count(size);
        let read = self.with_origin(LocationKind::File, below, |origin| {
            parts::push(self.walk.sink, origin, Vec::new(), Reading::new(file, size))
        });
        if let Err(reason) = read {
            let issue = Issue::new("unreadable", format!("cannot be read to its end: {reason}"));
            self.walk.sink.issue(issue.at_path(self.walk.place.shown(below)));
        }
    }

    fn push(&self, kind: LocationKind, below: &Path, bytes: &[u8]) {
        self.count(bytes.len() as u64);
        self.push_as(kind, below, bytes);
    }

    fn count(&self, bytes: u64) {
        self.walk.sink.count(Counted::File, 1);
        self.walk.sink.count(Counted::Bytes, bytes);
    }

    fn push_as(&self, kind: LocationKind, below: &Path, bytes: &[u8]) {
        if !self.walk.sink.worth_splitting(kind, bytes) {
            return;
        }
        self.with_origin(kind, below, |origin| self.walk.sink.blob(origin, bytes));
    }

    fn with_origin<T>(&self, kind: LocationKind, below: &Path, push: impl FnOnce(Origin<'_>) -> T) -> T {
        let place = self.walk.place;
        let (path, shown) = (place.path(below), place.shown(below));
        push(Origin {
            kind,
            target: place.target,
            path: Some(path.as_bstr()),
            shown: Some(shown.as_bstr()),
            object: None,
        })
    }
}

/// A lock whose holder may have panicked: what it guards is a list or a set, whole after every addition.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a path is remembered by.
fn key(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.as_os_str().hash(&mut hasher);
    hasher.finish()
}

/// A path as bytes, with `/` as separator.
fn slashed(path: &Path) -> BString {
    let bytes = Vec::from_path_lossy(path).into_owned();
    if std::path::MAIN_SEPARATOR == '/' { bytes.into() } else { bytes.replace(b"\\", b"/").into() }
}

/// The path that an error of the walker is about.
fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithLineNumber { err, .. } | ignore::Error::WithDepth { err, .. } => path_of(err),
        ignore::Error::Partial(errors) => errors.iter().find_map(path_of),
        _ => None,
    }
}

/// Says that what is shown as `path` could not be read.
fn unreadable(sink: &dyn Sink, path: impl Into<BString>, error: &io::Error) {
    let kind = if error.kind() == io::ErrorKind::NotFound { "vanished" } else { "unreadable" };
    sink.issue(Issue::new(kind, system_error(error)).at_path(path));
}
