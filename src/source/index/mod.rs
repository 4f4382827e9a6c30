//! What the next commit would add: the index against HEAD, against every parent while a merge is under way, against
//! nothing before the first commit.
//!
//! Takes a [`Layout`] and what the environment says ([`Given`]), reads blobs from the index, never files from disk, so
//! that what is judged is what would be committed. Cost: reading the index, the directories of HEAD that differ from it,
//! and the blobs that differ. Runs nothing, reads no configuration, and does not mind who owns the files.

mod changes;
mod files;
mod head;
mod marks;
mod moves;
mod objects;
mod read;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use bstr::{BStr, BString, ByteSlice};
use gix_hash::ObjectId;
use gix_object::{CommitRefIter, Kind as ObjectKind};
use rayon::prelude::*;

use self::changes::{Added, Changes};
pub use self::files::IndexFiles;
pub(super) use self::head::head;
pub(super) use self::marks::marks;
use self::objects::{Objects, Reader};
pub use self::read::IndexError;
use self::read::{may_be_read, path_of, read};
use super::history::BigBlobs;
use super::history::renames::{self, Fresh, Gone, Questions};
use super::layout::{Layout, is_special};
use super::{Counted, Issue, LEFT_OUT, Old, Origin, Sink};
use crate::finding::LocationKind;

/// What git says in the environment of a hook.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The index, in place of the repository's own (`GIT_INDEX_FILE`).
    pub index: Option<PathBuf>,
    /// Ids in hex of commits that are being merged and not yet in `MERGE_HEAD` (`GITHEAD_…`).
    pub merged: Vec<String>,
}

/// A repository's index, opened to be compared with what it will be committed onto.
pub struct Staged<'a> {
    layout: &'a Layout,
    /// None where there is none yet; what is wrong with it, where it cannot be read.
    index: Result<Option<Arc<gix_index::File>>, Issue>,
    merged: Vec<String>,
}

impl<'a> Staged<'a> {
    /// Opens the index of a repository. Where there is none yet, nothing is staged; where it cannot be read, that is an
    /// issue of the scan.
    ///
    /// # Errors
    ///
    /// If one was named that is not there.
    pub fn open(layout: &'a Layout, given: Given) -> Result<Staged<'a>, IndexError> {
        let Some(path) = path_of(layout, &given)? else {
            return Ok(Staged { layout, index: Ok(None), merged: given.merged });
        };
        let unreadable = |error: IndexError| {
            let help = match () {
                () if is_special(&path) => "take it away, and `git read-tree HEAD` makes a new one",
                () if may_be_read(&path) => "`git read-tree HEAD` makes a new one",
                () => "it is not damaged: whoever runs this has to be able to read it",
            };
            Issue::new("unreadable-index", format!("{error}; {help}"))
        };
        let index = read(&path, layout).map(|index| Some(Arc::new(index))).map_err(unreadable);
        Ok(Staged { layout, index, merged: given.merged })
    }

    /// Whether the index adds nothing and takes nothing away. False where that cannot be told.
    pub fn is_empty(&self) -> bool {
        let index = match &self.index {
            Ok(Some(index)) => index,
            Ok(None) => return true,
            Err(_) => return false,
        };
        let objects = Objects::new(&self.layout.object_dirs, self.layout.hash);
        self.changes(index, &objects).is_ok_and(|changes| {
            changes.added.is_empty() && changes.gone.is_empty() && changes.skipped.is_empty()
        })
    }

    /// The files that it names. Of an index that cannot be read, none: that is an issue of the scan.
    pub fn files(&self) -> IndexFiles {
        IndexFiles::new(self.layout, self.index.as_ref().ok().cloned().flatten())
    }

    /// Scans what the index adds. What cannot be read is an issue of the report. Gives the number of files that differ.
    pub fn scan(&self, target: usize, sink: &dyn Sink) -> u64 {
        for issue in &self.layout.issues {
            sink.issue(issue.clone());
        }
        let index = match &self.index {
            Ok(Some(index)) => index,
            Ok(None) => return 0,
            Err(issue) => {
                sink.issue(issue.clone());
                return 0;
            }
        };
        let objects = Objects::new(&self.layout.object_dirs, self.layout.hash);
        match self.changes(index, &objects) {
            Ok(changes) => {
                let (layout, big) = (self.layout, OnceLock::new());
                Scan { objects: &objects, layout, big, target, sink }.run(changes)
            }
            Err(issue) => {
                sink.issue(issue);
                0
            }
        }
    }

    fn changes(&self, index: &gix_index::File, objects: &Objects) -> Result<Changes, Issue> {
        self.over(index, self.parents()?, objects)
    }

    /// What the index adds to some commits.
    fn over(
        &self,
        index: &gix_index::File,
        commits: impl IntoIterator<Item = ObjectId>,
        objects: &Objects,
    ) -> Result<Changes, Issue> {
        let mut reader = objects.reader();
        let trees: Vec<ObjectId> =
            commits.into_iter().map(|id| tree_of(id, &mut reader, self.layout)).collect::<Result<_, _>>()?;
        changes::compare(index, &trees, &mut reader)
    }

    /// The commits that the next one will stand on.
    fn parents(&self) -> Result<Vec<ObjectId>, Issue> {
        let mut commits: Vec<ObjectId> = head(self.layout)?.into_iter().collect();
        commits.extend(head::merged(self.layout)?);
        commits.extend(self.merged.iter().filter_map(|hex| ObjectId::from_hex(hex.as_bytes()).ok()));
        Ok(commits)
    }
}

/// The blobs and paths of the files that the index of a repository names, relative to the top of the work tree: no submodules, and no directories
/// of a sparse index. Where there is no index, there are none.
///
/// # Errors
///
/// If it cannot be read.
pub(super) fn files(layout: &Layout) -> Result<Vec<(ObjectId, BString)>, IndexError> {
    let path = layout.git_dir.join("index");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let index = read(&path, layout)?;
    let files = index.entries().iter().filter(|entry| !entry.mode.is_submodule() && !entry.mode.is_sparse());
    Ok(files.map(|entry| (entry.id, entry.path(&index).to_owned())).collect())
}

/// Whether two texts are one but for their line ends.
pub fn same_text(a: &[u8], b: &[u8]) -> bool {
    a.replace(b"\r\n", b"\n") == b.replace(b"\r\n", b"\n")
}

fn tree_of(commit: ObjectId, reader: &mut Reader<'_>, layout: &Layout) -> Result<ObjectId, Issue> {
    let bytes = reader.read(&commit, ObjectKind::Commit);
    let tree = bytes.and_then(|bytes| {
        CommitRefIter::from_bytes(&bytes, layout.hash).tree_id().map_err(|error| error.to_string())
    });
    tree.map_err(|reason| {
        let message = format!("the commit to compare the index with cannot be read: {reason}");
        Issue::new("missing-object", message).at_object(commit.to_string())
    })
}

/// Changes on their way into the sink.
struct Scan<'a> {
    objects: &'a Objects,
    layout: &'a Layout,
    /// Opened when there is something big.
    big: OnceLock<BigBlobs>,
    target: usize,
    sink: &'a dyn Sink,
}

impl Scan<'_> {
    fn run(&self, changes: Changes) -> u64 {
        let Changes { mut added, mut names, gone, skipped } = changes;
        let is_left_out = |path: &BStr| self.sink.leaves_out(self.target, path);
        names.retain(|(path, _)| !is_left_out(path.as_bstr()));
        added.retain(|file| {
            let is_left_out = is_left_out(file.path.as_bstr());
            if is_left_out {
                self.sink.skip(LEFT_OUT, file.path.as_bstr());
            }
            !is_left_out
        });
        for (reason, path) in &skipped {
            self.sink.skip(reason, path.as_bstr());
        }
        for (path, id) in &names {
            self.name(path.as_bstr(), *id);
        }
        self.pair(&mut added, gone, &is_left_out);
        match added.len() {
            // Threads cost more than so few files.
            0..64 => added.iter().fold(self.objects.reader(), |mut reader, file| {
                self.file(file, &mut reader);
                reader
            }),
            _ => {
                added
                    .par_iter()
                    .for_each_init(|| self.objects.reader(), |reader, file| self.file(file, reader));
                self.objects.reader()
            }
        };
        added.len() as u64
    }

    /// Sets the predecessors of renamed files.
    fn pair(&self, added: &mut [Added], gone: Vec<Gone>, is_left_out: &dyn Fn(&BStr) -> bool) {
        let mut open: Vec<&mut Added> = added.iter_mut().filter(|file| file.before.is_empty()).collect();
        let fresh = |file: &&mut Added| Fresh { path: file.path.clone(), id: file.id, symlink: file.symlink };
        let fresh: Vec<Fresh> = open.iter().map(fresh).collect();
        let in_question =
            |file: &Fresh, content: &[u8]| self.sink.worth_splitting(kind(file.symlink), content);
        let questions = Questions { is_left_out, in_question: &in_question };
        let mut most = renames::MOST;
        let pairs = renames::pair(&fresh, gone, &mut self.objects.reader(), &mut most, &questions);
        for (file, (path, id)) in open.iter_mut().zip(pairs).filter_map(|(file, pair)| Some((file, pair?))) {
            file.before.push(id);
            file.from = Some(path);
        }
    }

    /// Scans what one file adds.
    fn file(&self, file: &Added, reader: &mut Reader<'_>) {
        if self.sink.interrupted() {
            return;
        }
        let object = file.id.to_string();
        let unreadable = |message: String| {
            Issue::new("missing-object", message).at_path(file.path.clone()).at_object(object.clone())
        };
        let path = Some(file.path.as_bstr());
        let origin = Origin {
            kind: kind(file.symlink),
            target: self.target,
            path,
            shown: path,
            object: Some(object.as_str()),
        };
        let read = match reader.read_unless_big(&file.id, ObjectKind::Blob) {
            Ok(None) => match self.in_parts(file, origin) {
                Some(done) => done.map(|()| None),
                None => reader.read(&file.id, ObjectKind::Blob).map(Some),
            },
            read => read,
        };
        let content = match read {
            Ok(Some(content)) => content,
            Ok(None) => return,
            Err(reason) => {
                return self.sink.issue(unreadable(format!("a staged file cannot be read: {reason}")));
            }
        };
        self.sink.count(Counted::File, 1);
        self.sink.count(Counted::Bytes, content.len() as u64);
        // Where nothing can be found, what stood there before is of no interest.
        let mut before = Vec::new();
        if self.sink.worth_splitting(kind(file.symlink), &content) {
            for id in &file.before {
                match reader.read(id, ObjectKind::Blob) {
                    Ok(content) => before.push(content),
                    Err(reason) => {
                        let message = format!("what stood in this file before cannot be read: {reason}");
                        self.sink.issue(unreadable(message));
                    }
                }
            }
        }
        let path = file.from.as_ref().map(|from| from.as_bstr()).or(path);
        let olds: Vec<Old<'_>> = before.iter().map(|bytes| Old { bytes, path, in_base: true }).collect();
        self.sink.changed(origin, &content, &olds);
    }

    /// Scans a file that is too big to be held in memory; none if it has to be, because it is stored as a delta or holds
    /// something that has to be compared.
    fn in_parts(&self, file: &Added, origin: Origin<'_>) -> Option<Result<(), String>> {
        let big = self.big.get_or_init(|| BigBlobs::open(self.layout));
        let mut worth = false;
        let read = match file.before.is_empty() {
            true => {
                big.each_part(&file.id, self.sink, &mut |piece, size| piece.push(self.sink, origin, size))
            }
            false => big.each_part(&file.id, self.sink, &mut |_, _| worth = true),
        }?;
        if worth && read.is_ok() {
            return None;
        }
        self.sink.count(Counted::File, 1);
        Some(read.map(|size| self.sink.count(Counted::Bytes, size)))
    }

    /// Scans the last name of a path.
    fn name(&self, path: &BStr, id: Option<ObjectId>) {
        let name = path.rsplit_str("/").next().unwrap_or(path);
        if self.sink.worth_splitting(LocationKind::Path, name) {
            let object = id.map(|id| id.to_string());
            let (path, object) = (Some(path), object.as_deref());
            let kind = LocationKind::Path;
            self.sink.blob(Origin { kind, target: self.target, path, shown: path, object }, name);
        }
    }
}

fn kind(symlink: bool) -> LocationKind {
    if symlink { LocationKind::Symlink } else { LocationKind::Index }
}
