//! The files of one revision: what they hold, read as they are stored.
//!
//! Takes a [`Layout`] and the name of a revision and gives contents by path. For settings that are to be those of a
//! revision and not of the disk; runs nothing, and does not mind who owns the repository, as git's own library would.

use bstr::{BStr, BString, ByteSlice};
use gix_hash::ObjectId;
use gix_object::Kind as ObjectKind;

use super::super::objects::TreeEntries;
use super::super::store::Store;
use super::super::{Layout, refs};
use super::reader::Reader;
use super::revision::{Names, tree_of};
use crate::source::index;

/// Characters of an id that is shown.
const SHORT: usize = 12;

/// The files of a revision.
pub struct Snapshot {
    store: Store,
    tree: ObjectId,
    name: String,
}

/// Why there is no such revision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the revision '{name}' {reason}")]
pub struct SnapshotError {
    /// As given.
    name: String,
    reason: String,
}

/// Something at a path.
struct Entry {
    id: ObjectId,
    is_tree: bool,
    is_link: bool,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("name", &self.name).field("tree", &self.tree).finish_non_exhaustive()
    }
}

impl Snapshot {
    /// Looks a revision up.
    ///
    /// # Errors
    ///
    /// If it names nothing, or no tree, or that is not stored.
    pub fn open(layout: &Layout, name: &str) -> Result<Snapshot, SnapshotError> {
        // What is wrong elsewhere in the repository matters only where something is not found.
        let store = Store::open_for_few(layout, &mut drop);
        let tree = {
            let mut reader = Reader::new(&store);
            id_of(layout, name, &mut reader).and_then(|id| tree_of(id, &mut reader))
        };
        match tree {
            Ok(tree) => Ok(Snapshot { store, tree, name: name.to_owned() }),
            Err(reason) => Err(SnapshotError { name: name.to_owned(), reason }),
        }
    }

    /// Refs whose names begin so (`refs/heads/`), at most `most` of them.
    pub fn of_refs(layout: &Layout, start: &str, most: usize) -> Vec<Snapshot> {
        let refs = refs::read(layout, &mut drop);
        let names = refs.keys().filter(|name| name.starts_with(start.as_bytes()));
        let ids = names.filter_map(|name| refs::resolve(&refs, name)).take(most);
        ids.filter_map(|id| Some(Snapshot::open(layout, &id.to_string()).ok()?.abbreviated())).collect()
    }

    /// The names of all branches, sorted.
    pub fn names_of_branches(layout: &Layout) -> Vec<BString> {
        let refs = refs::read(layout, &mut drop);
        refs.into_keys().filter(|name| name.starts_with(b"refs/heads/")).collect()
    }

    /// The branch that `HEAD` names, made or not.
    pub fn branch_of_head(layout: &Layout) -> Option<BString> {
        match refs::read(layout, &mut drop).remove(BStr::new("HEAD"))? {
            refs::Value::Symbolic(branch) => Some(branch),
            refs::Value::Object(_) => None,
        }
    }

    /// The revision as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same, under a name that is shorter, if that is an id.
    #[must_use]
    pub fn abbreviated(mut self) -> Snapshot {
        if ObjectId::from_hex(self.name.as_bytes()).is_ok() {
            self.name.truncate(SHORT);
        }
        self
    }

    /// The id of its tree, in hex: a name that stays.
    pub fn tree(&self) -> String {
        self.tree.to_string()
    }

    /// The id of its tree.
    pub(crate) fn tree_id(&self) -> &ObjectId {
        &self.tree
    }

    /// Whether another revision has the very same files.
    pub fn has_the_files_of(&self, other: &Snapshot) -> bool {
        self.tree == other.tree
    }

    /// The content of a file, by its path from the top; none if nothing is there.
    ///
    /// # Errors
    ///
    /// With the end of a sentence, if what is there is no file, or is not stored.
    pub fn read(&self, path: &BStr) -> Result<Option<Vec<u8>>, String> {
        let mut reader = Reader::new(&self.store);
        match self.entry(path, &mut reader)? {
            None => Ok(None),
            Some(entry) if entry.is_tree => Err("is a directory".to_owned()),
            Some(entry) if entry.is_link => Err("is a symbolic link".to_owned()),
            Some(entry) => self.blob(entry.id, &mut reader).map(Some),
        }
    }

    /// Whether anything is at a path from the top. What cannot be told counts as there.
    pub fn has(&self, path: &BStr) -> bool {
        !matches!(self.entry(path, &mut Reader::new(&self.store)), Ok(None))
    }

    /// Hands the files whose path is wanted to `visit`, with what they hold. Gives the number of those that could not
    /// be read.
    pub fn visit(&self, wanted: &dyn Fn(&BStr) -> bool, visit: &mut dyn FnMut(&BStr, &[u8])) -> u64 {
        self.walk(&|path, _| path.ends_with(b"/") || wanted(path), visit)
    }

    /// The same for the files that are not kept in other ones as they are.
    pub fn visit_changed(&self, others: &dyn Keeps, visit: &mut dyn FnMut(&BStr, &[u8])) -> u64 {
        self.walk(&|path, id| !others.keeps(path, id), visit)
    }

    fn walk(&self, wanted: &dyn Fn(&BStr, &ObjectId) -> bool, visit: &mut dyn FnMut(&BStr, &[u8])) -> u64 {
        let mut reader = Reader::new(&self.store);
        let mut lost = 0;
        let mut open: Vec<(BString, ObjectId)> = vec![(BString::default(), self.tree)];
        while let Some((directory, tree)) = open.pop() {
            let Some(bytes) = reader.tree(&tree) else {
                lost += 1;
                continue;
            };
            for entry in TreeEntries::new(&bytes, tree.as_bytes().len()) {
                let mut path = BString::from([directory.as_slice(), entry.name].concat());
                let id = entry.id.to_owned();
                if entry.is_tree() {
                    path.push(b'/');
                    if wanted(path.as_bstr(), &id) {
                        open.push((path, id));
                    }
                } else if !entry.is_submodule() && wanted(path.as_bstr(), &id) {
                    match self.blob(id, &mut reader) {
                        Ok(content) => visit(path.as_bstr(), &content),
                        Err(_) => lost += 1,
                    }
                }
            }
        }
        lost
    }

    fn entry(&self, path: &BStr, reader: &mut Reader<'_>) -> Result<Option<Entry>, String> {
        let mut found = Entry { id: self.tree, is_tree: true, is_link: false };
        for part in path.split(|byte| *byte == b'/') {
            if !found.is_tree {
                return Ok(None);
            }
            let tree = reader.tree(&found.id);
            let tree = tree.ok_or_else(|| format!("lies in a tree that is not stored ({})", found.id))?;
            let mut entries = TreeEntries::new(&tree, found.id.as_bytes().len());
            let Some(entry) = entries.find(|entry| entry.name == part) else { return Ok(None) };
            found = Entry {
                id: entry.id.to_owned(),
                is_tree: entry.is_tree(),
                is_link: entry.is_symlink() || entry.is_submodule(),
            };
        }
        Ok(Some(found))
    }

    fn blob(&self, id: ObjectId, reader: &mut Reader<'_>) -> Result<Vec<u8>, String> {
        match reader.object(&id) {
            Some((ObjectKind::Blob, bytes)) => Ok(bytes.to_vec()),
            _ if id == ObjectId::empty_blob(id.kind()) => Ok(Vec::new()),
            _ => Err(format!("is not stored, or damaged (object {id})")),
        }
    }
}

/// Files by path, of which it can be told which ones are those of a revision.
pub trait Keeps {
    /// Whether what is at a path is surely stored under that id; a slash ends the path of a directory.
    fn keeps(&self, path: &BStr, id: &ObjectId) -> bool;
}

impl Keeps for Snapshot {
    fn keeps(&self, path: &BStr, id: &ObjectId) -> bool {
        let path = path.strip_suffix(b"/").unwrap_or(path);
        let entry = self.entry(path.as_bstr(), &mut Reader::new(&self.store));
        entry.is_ok_and(|entry| entry.is_some_and(|entry| entry.id == *id))
    }
}

/// The object that a revision is. For `HEAD`, which is nearly always the one, no other ref is read.
fn id_of(layout: &Layout, name: &str, reader: &mut Reader<'_>) -> Result<ObjectId, String> {
    if name == "HEAD" {
        let head = index::head(layout).map_err(|issue| format!("cannot be told: {}", issue.message))?;
        return head.ok_or_else(|| "has no commit yet".to_owned());
    }
    // A whole id is that of an object, whatever refs are called.
    if let Some(id) = ObjectId::from_hex(name.as_bytes()).ok().filter(|id| id.kind() == layout.hash) {
        return Ok(id);
    }
    let refs = refs::read(layout, &mut drop);
    Names { layout, refs: &refs }.resolve(name.into(), reader)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::layout::{self, ObjectDirs};
    use crate::source::scratch_repo::Scratch;

    #[test]
    fn files_are_those_of_the_revision() {
        let scratch = Scratch::new();
        let repo = scratch.empty("repo", &[]);
        repo.write("a", "one");
        repo.write("sub/deep/b", "two");
        repo.write("empty", "");
        repo.commit("first");
        repo.write("a", "changed");
        repo.commit("second");
        let layout = layout::find(&repo.path, &ObjectDirs::default()).expect("a repository");
        for (revision, content) in [("HEAD~1", "one"), ("HEAD", "changed"), ("HEAD^{tree}", "changed")] {
            let snapshot = Snapshot::open(&layout, revision).expect(revision);
            let read = |path: &str| snapshot.read(path.into());
            assert_eq!(read("a").expect("there").as_deref(), Some(content.as_bytes()), "{revision}");
            assert_eq!(read("sub/deep/b").expect("there").as_deref(), Some(b"two".as_slice()));
            assert_eq!(read("empty").expect("there").as_deref(), Some(b"".as_slice()));
            assert_eq!(read("sub/deep").expect_err("a directory"), "is a directory");
            for nothing in ["b", "sub/b", "a/b", "sub/deep/b/c"] {
                assert_eq!(read(nothing).expect("nothing"), None, "{nothing}");
                assert!(!snapshot.has(nothing.into()), "{nothing}");
            }
            assert!(snapshot.has("sub".into()) && snapshot.has("a".into()));
            let mut seen = Vec::new();
            let lost = snapshot.visit(&|path| path != "empty", &mut |path, bytes| {
                seen.push(format!("{path}={}", bytes.as_bstr()));
            });
            seen.sort();
            assert_eq!((lost, seen), (0, vec![format!("a={content}"), "sub/deep/b=two".to_owned()]));
            let first = Snapshot::open(&layout, "HEAD~1").expect("a commit");
            let mut changed = Vec::new();
            snapshot.visit_changed(&first, &mut |path, _| changed.push(path.to_owned()));
            assert_eq!(changed, if content == "one" { vec![] } else { vec!["a"] }, "{revision}");
        }
        let error = Snapshot::open(&layout, "nowhere").expect_err("no such revision").to_string();
        assert!(error.starts_with("the revision 'nowhere' is not the name of a ref"), "{error}");
        assert!(Snapshot::open(&layout, "HEAD:a").is_err());
    }
}
