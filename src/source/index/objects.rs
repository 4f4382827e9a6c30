//! Single objects of a repository, found where they are needed.
//!
//! Takes object directories and gives one object at a time, checked against its id. Unlike the history's store it lists
//! nothing beforehand: what is opened is what is asked for. Replaced objects are read as they are stored.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use gix_hash::{Kind, ObjectId, oid};
use gix_object::{Find as _, Kind as ObjectKind};
use gix_odb::Header as _;
use gix_odb::store::init::Options;

use crate::source::history::renames::Contents;
use crate::source::layout::is_special;
use crate::source::parts::BIG;

/// Bytes from which on an object is not copied out of the memory that it was read into.
const COPIED: usize = 1 << 20;

/// Why an object is not there, as the end of a sentence.
pub(super) type Reason = String;

/// Where objects are. Shared by all threads.
pub(super) struct Objects {
    hash: Kind,
    dirs: Vec<PathBuf>,
    /// They read nothing that is big.
    stores: Vec<Store>,
    /// The same without a limit, opened where something is big.
    unlimited: OnceLock<Vec<Store>>,
    /// Directories that cannot be used.
    broken: Vec<Reason>,
}

type Store = Arc<gix_odb::Store>;
type Handle = gix_odb::store::Handle<Store>;

/// Reads objects on one thread.
pub(super) struct Reader<'a> {
    objects: &'a Objects,
    handles: Vec<Handle>,
    buffer: Vec<u8>,
}

impl Objects {
    /// For these directories, the repository's own first.
    pub(super) fn new(dirs: &[PathBuf], hash: Kind) -> Objects {
        let limit = usize::try_from(BIG).ok();
        let (stores, broken) = open(dirs, hash, limit);
        Objects { hash, dirs: dirs.to_vec(), stores, unlimited: OnceLock::new(), broken }
    }

    pub(super) fn reader(&self) -> Reader<'_> {
        Reader { objects: self, handles: handles(&self.stores), buffer: Vec::new() }
    }
}

/// Opens directories, to read objects of at most `limit` bytes out of them.
fn open(dirs: &[PathBuf], hash: Kind, limit: Option<usize>) -> (Vec<Store>, Vec<Reason>) {
    let (mut stores, mut broken) = (Vec::new(), Vec::new());
    for dir in dirs {
        let alternates = dir.join("info/alternates");
        // To open a pipe would take for ever.
        if is_special(&alternates) {
            broken.push(format!("{} is not a regular file", alternates.display()));
            continue;
        }
        let options = Options { alloc_limit_bytes: limit, ..Options::default() };
        match gix_odb::Store::at_opts(dir.clone(), hash, &mut None.into_iter(), options) {
            Ok(store) => stores.push(Arc::new(store)),
            Err(error) => broken.push(format!("{}: {error}", dir.display())),
        }
    }
    (stores, broken)
}

fn handles(stores: &[Store]) -> Vec<Handle> {
    stores.iter().map(|store| store.to_handle_arc()).collect()
}

impl Contents for Reader<'_> {
    fn hash(&self) -> Kind {
        self.objects.hash
    }

    fn tree(&mut self, id: &ObjectId) -> Option<Vec<u8>> {
        self.read(id, ObjectKind::Tree).ok()
    }

    fn blob(&mut self, id: &ObjectId) -> Option<Vec<u8>> {
        self.read_unless_big(id, ObjectKind::Blob).ok().flatten()
    }
}

impl Reader<'_> {
    /// The object of that id, if it is of the kind, however big it is.
    ///
    /// # Errors
    ///
    /// If it is not stored, is damaged, or is of another kind.
    pub(super) fn read(&mut self, id: &oid, wanted: ObjectKind) -> Result<Vec<u8>, Reason> {
        if let Some(bytes) = self.read_unless_big(id, wanted)? {
            return Ok(bytes);
        }
        self.find_without_limit(id, wanted)
    }

    /// The object of that id, if it is of the kind; none if it is too big to be held in memory as a matter of course.
    ///
    /// # Errors
    ///
    /// If it is not stored, is damaged, or is of another kind.
    pub(super) fn read_unless_big(
        &mut self,
        id: &oid,
        wanted: ObjectKind,
    ) -> Result<Option<Vec<u8>>, Reason> {
        let hash = self.objects.hash;
        // Git knows these two without storing them.
        let known =
            [(ObjectId::empty_tree(hash), ObjectKind::Tree), (ObjectId::empty_blob(hash), ObjectKind::Blob)];
        if known.iter().any(|(known, kind)| *known == id && *kind == wanted) {
            return Ok(Some(Vec::new()));
        }
        match self.find(id, wanted) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(_) if self.is_big(id) => Ok(None),
            // It may be a delta on top of something that is big.
            Err(_) => self.find_without_limit(id, wanted).map(Some),
        }
    }

    fn find_without_limit(&self, id: &oid, wanted: ObjectKind) -> Result<Vec<u8>, Reason> {
        let objects = self.objects;
        let unlimited = objects.unlimited.get_or_init(|| open(&objects.dirs, objects.hash, None).0);
        Reader { objects, handles: handles(unlimited), buffer: Vec::new() }.find(id, wanted)
    }

    fn is_big(&self, id: &oid) -> bool {
        let header = |handle: &Handle| handle.try_header(id).ok().flatten();
        self.handles.iter().find_map(header).is_some_and(|header| header.size() > BIG)
    }

    fn find(&mut self, id: &oid, wanted: ObjectKind) -> Result<Vec<u8>, Reason> {
        let hash = self.objects.hash;
        let mut reason = self.objects.broken.first().cloned();
        for handle in &self.handles {
            let length = match handle.try_find(id, &mut self.buffer) {
                Ok(Some(object)) if object.kind != wanted => {
                    return Err(format!("it is a {} and not a {wanted}", object.kind));
                }
                Ok(Some(object)) => {
                    let same =
                        gix_object::compute_hash(hash, wanted, object.data).is_ok_and(|actual| actual == id);
                    if !same {
                        reason = Some("its content does not match its id".to_owned());
                        continue;
                    }
                    if object.data.len() < COPIED {
                        return Ok(object.data.to_vec());
                    }
                    object.data.len()
                }
                Ok(None) => continue,
                Err(error) => {
                    reason = Some(error.to_string());
                    continue;
                }
            };
            // It is what the buffer ends with.
            let mut bytes = std::mem::take(&mut self.buffer);
            bytes.drain(..bytes.len() - length);
            return Ok(bytes);
        }
        Err(reason.unwrap_or_else(|| "it is not stored".to_owned()))
    }
}
