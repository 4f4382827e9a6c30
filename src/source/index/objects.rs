//! Single objects of a repository, found where they are needed.
//!
//! Takes object directories and gives one object at a time, checked against its id. Unlike the history's store it lists
//! nothing beforehand: what is opened is what is asked for. Replaced objects are read as they are stored.

use std::path::PathBuf;
use std::sync::Arc;

use gix_hash::{Kind, ObjectId, oid};
use gix_object::{Find as _, Kind as ObjectKind};
use gix_odb::store::init::Options;

/// Why an object is not there, as the end of a sentence.
pub(super) type Reason = String;

/// Where objects are. Shared by all threads.
pub(super) struct Objects {
    hash: Kind,
    stores: Vec<Arc<gix_odb::Store>>,
    /// Directories that cannot be used.
    broken: Vec<Reason>,
}

/// Reads objects on one thread.
pub(super) struct Reader<'a> {
    objects: &'a Objects,
    handles: Vec<gix_odb::store::Handle<Arc<gix_odb::Store>>>,
    buffer: Vec<u8>,
}

impl Objects {
    /// For these directories, the repository's own first.
    pub(super) fn new(dirs: &[PathBuf], hash: Kind) -> Objects {
        let mut objects = Objects { hash, stores: Vec::new(), broken: Vec::new() };
        for dir in dirs {
            match gix_odb::Store::at_opts(dir.clone(), hash, &mut None.into_iter(), Options::default()) {
                Ok(store) => objects.stores.push(Arc::new(store)),
                Err(error) => objects.broken.push(format!("{}: {error}", dir.display())),
            }
        }
        objects
    }

    /// The kind of ids.
    pub(super) fn hash(&self) -> Kind {
        self.hash
    }

    pub(super) fn reader(&self) -> Reader<'_> {
        let handles = self.stores.iter().map(|store| store.to_handle_arc()).collect();
        Reader { objects: self, handles, buffer: Vec::new() }
    }
}

impl Reader<'_> {
    /// The object of that id, if it is of the kind.
    ///
    /// # Errors
    ///
    /// If it is not stored, is damaged, or is of another kind.
    pub(super) fn read(&mut self, id: &oid, wanted: ObjectKind) -> Result<Vec<u8>, Reason> {
        let hash = self.objects.hash;
        // Git knows these two without storing them.
        let known =
            [(ObjectId::empty_tree(hash), ObjectKind::Tree), (ObjectId::empty_blob(hash), ObjectKind::Blob)];
        if known.iter().any(|(known, kind)| *known == id && *kind == wanted) {
            return Ok(Vec::new());
        }
        let mut reason = self.objects.broken.first().cloned();
        for handle in &self.handles {
            match handle.try_find(id, &mut self.buffer) {
                Ok(Some(object)) if object.kind != wanted => {
                    return Err(format!("it is a {} and not a {wanted}", object.kind));
                }
                Ok(Some(object)) => {
                    let same =
                        gix_object::compute_hash(hash, wanted, object.data).is_ok_and(|actual| actual == id);
                    if same {
                        return Ok(object.data.to_vec());
                    }
                    reason = Some("its content does not match its id".to_owned());
                }
                Ok(None) => {}
                Err(error) => reason = Some(error.to_string()),
            }
        }
        Err(reason.unwrap_or_else(|| "it is not stored".to_owned()))
    }
}
