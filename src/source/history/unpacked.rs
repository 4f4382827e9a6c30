//! The loose objects of an object directory: which there are.
//!
//! Takes a directory and says of an id whether it is there, or lists all. A list costs what the directory holds, so it is
//! made once, and only for whoever needs it. Decoding them in bulk is left to [`super::loose`].

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use gix_hash::{Kind, ObjectId, oid};

use super::store::files;
use crate::source::Issue;

/// The loose objects of one object directory.
pub(super) struct Loose {
    pub(super) store: gix_odb::loose::Store,
    pub(super) directory: PathBuf,
    hash: Kind,
    /// Sorted.
    ids: OnceLock<Vec<ObjectId>>,
}

impl Loose {
    /// Those below `directory`, not listed yet.
    pub(super) fn new(directory: &Path, hash: Kind) -> Loose {
        let store = gix_odb::loose::Store::at(directory.to_owned(), hash);
        Loose { store, directory: directory.to_owned(), hash, ids: OnceLock::new() }
    }

    /// Lists them, and says what cannot be listed.
    pub(super) fn list(&self, issue: &mut dyn FnMut(Issue)) {
        self.ids.get_or_init(|| listed(&self.directory, self.hash, issue));
    }

    /// All of them, sorted.
    pub(super) fn ids(&self) -> &[ObjectId] {
        self.ids.get_or_init(|| listed(&self.directory, self.hash, &mut drop))
    }

    /// Whether an object is among them.
    pub(super) fn has(&self, id: &oid) -> bool {
        match self.ids.get() {
            Some(ids) => ids.binary_search_by(|known| known.as_ref().cmp(id)).is_ok(),
            None => {
                let hex = id.to_hex().to_string();
                let path = self.directory.join(&hex[..2]).join(&hex[2..]);
                fs::metadata(path).is_ok_and(|there| there.is_file())
            }
        }
    }
}

fn listed(dir: &Path, hash: Kind, issue: &mut dyn FnMut(Issue)) -> Vec<ObjectId> {
    let mut ids = Vec::new();
    for fan in 0..=255u8 {
        let prefix = format!("{fan:02x}");
        for path in files(&dir.join(&prefix), issue) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.len() + 2 == hash.len_in_hex()
                && let Ok(id) = ObjectId::from_hex(format!("{prefix}{name}").as_bytes())
            {
                ids.push(id);
            }
        }
    }
    ids.sort_unstable();
    ids
}
