//! What a repository stores: its packs and its loose objects, opened and listed.
//!
//! Takes object directories and gives a [`Store`] that knows which ids are there and where. Packs that cannot be
//! opened become issues. Decoding in bulk is left to [`super::packs`] and [`super::loose`].

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use gix_hash::{Kind, ObjectId, oid};
use gix_object::Kind as ObjectKind;
use gix_pack::cache::DecodeEntry;
use gix_pack::data::entry::Header;
use gix_pack::{data, index};
use gix_utils::progress::Discard;
use rayon::prelude::*;

use super::big::DENSEST;
use super::finder::Finder;
use super::unpacked::Loose;
use crate::sanitize::system_error;
use crate::source::Issue;
use crate::source::layout::{Layout, bytes_of, is_special};

/// Bytes of memory that decoding an object may take, for itself and what it is a delta of. What needs more is an issue;
/// git makes no deltas of what is larger than half a gigabyte, unless it is told to.
pub(super) const MOST: usize = if cfg!(test) { 8 << 20 } else { 2 << 30 };

/// Why an object that needs more was not decoded, or one for which the system has not as much.
pub(super) const TOO_LARGE: &str = "decoding it takes more than 2 GiB of memory, or more than there is";

/// Bytes that can be made room for whoever says that they are needed.
const SMALL: u64 = 1 << 20;

/// Ids that are worth a job of their own.
const IDS: usize = 4096;

/// A pack whose index and data could be opened.
pub(super) struct Pack {
    pub(super) index: index::File,
    pub(super) data: data::File,
}

/// Everything that is stored, by id.
pub(super) struct Store {
    pub(super) hash: Kind,
    pub(super) packs: Vec<Pack>,
    /// Indexes whose pack is gone or broken: their objects are known by name only.
    pub(super) lost: Vec<index::File>,
    pub(super) loose: Vec<Loose>,
    finder: Box<Finder>,
}

/// Reusable memory for decoding single objects.
#[derive(Default)]
pub(super) struct Scratch {
    inflate: gix_zlib::Inflate,
    pub(super) bytes: Vec<u8>,
}

impl Store {
    /// Opens what the layout names. What cannot be opened goes to `issue`.
    pub(super) fn open(layout: &Layout, issue: &mut dyn FnMut(Issue)) -> Store {
        let store = Store::open_for_few(layout, issue);
        store.loose.iter().for_each(|loose| loose.list(issue));
        store
    }

    /// The same, for whoever looks few objects up: loose ones are not listed before somebody asks for all, and what is wrong
    /// with them is not said.
    pub(super) fn open_for_few(layout: &Layout, issue: &mut dyn FnMut(Issue)) -> Store {
        let (packs, lost, loose) = (Vec::new(), Vec::new(), Vec::new());
        let mut store = Store { hash: layout.hash, packs, lost, loose, finder: Box::default() };
        for dir in &layout.object_dirs {
            store.open_packs(&dir.join("pack"), issue);
            store.loose.push(Loose::new(dir, layout.hash));
        }
        store
    }

    fn open_packs(&mut self, dir: &Path, issue: &mut dyn FnMut(Issue)) {
        for (stem, found) in list_packs(dir, issue) {
            let with = |extension: &str| {
                let mut path = stem.clone().into_os_string();
                path.push(extension);
                PathBuf::from(path)
            };
            let (idx, pack) = (with(".idx"), with(".pack"));
            if !found.index {
                let message =
                    "the pack has no index: its objects were not scanned; `git index-pack` makes one";
                issue(Issue::new("corrupt-pack", message).at_path(bytes_of(&pack)));
                continue;
            }
            let index = match index::File::at(&idx, self.hash) {
                Ok(index) => index,
                Err(error) => {
                    let message =
                        format!("the index cannot be read: {error}; `git index-pack` makes a new one");
                    issue(Issue::new("corrupt-pack", message).at_path(bytes_of(&idx)));
                    continue;
                }
            };
            let data = if found.data {
                data::File::at(&pack, self.hash).map_err(|error| error.to_string())
            } else {
                Err("it is missing".to_owned())
            };
            match data {
                Ok(data) => {
                    let mut data = data.with_alloc_limit_bytes(Some(MOST));
                    // What tells packs apart in a cache of bases.
                    data.id = u32::try_from(self.packs.len()).unwrap_or(u32::MAX);
                    let (listed, packed) = (index.num_objects(), data.num_objects());
                    if listed != packed {
                        let message = format!(
                            "the index lists {listed} objects, the pack holds {packed}: what is not listed was \
                             not scanned; `git index-pack` makes a new index"
                        );
                        issue(Issue::new("corrupt-pack", message).at_path(bytes_of(&pack)));
                    }
                    self.packs.push(Pack { index, data });
                }
                Err(error) => {
                    let number = index.num_objects();
                    let message = format!(
                        "the pack of {number} objects cannot be read: {error}; another clone may hold them"
                    );
                    issue(Issue::new("corrupt-pack", message).at_path(bytes_of(&pack)));
                    self.lost.push(index);
                }
            }
        }
    }

    /// The packs that hold an object, by number and place in the index, in order.
    fn packed<'s>(&'s self, id: &'s oid) -> impl Iterator<Item = (usize, u32)> + 's {
        let known = self.finder.known(&self.packs);
        let all = if known.is_none() { 0..self.packs.len() } else { 0..0 };
        let some = known.into_iter().flat_map(move |known| known.packs(id));
        all.chain(some).filter_map(move |number| Some((number, self.packs[number].index.lookup(id)?)))
    }

    /// How many objects are stored, each copy counted.
    pub(super) fn len(&self) -> u64 {
        let packed: u64 = self.packs.iter().map(|pack| u64::from(pack.index.num_objects())).sum();
        let loose: usize = self.loose.iter().map(|loose| loose.ids().len()).sum();
        packed + loose as u64
    }

    /// Gives the id of everything that is stored, or at least listed by an index, on many threads and in no order.
    pub(super) fn each_id(&self, each: impl Fn(&oid) + Sync) {
        for index in self.packs.iter().map(|pack| &pack.index).chain(&self.lost) {
            let positions = (0..index.num_objects()).into_par_iter().with_min_len(IDS);
            positions.for_each(|at| each(index.oid_at_index(at)));
        }
        for loose in &self.loose {
            loose.ids().par_iter().with_min_len(IDS).for_each(|id| each(id));
        }
    }

    /// Whether an object of that id is stored, or at least listed by an index.
    pub(super) fn contains(&self, id: &oid) -> bool {
        self.packed(id).next().is_some()
            || self.loose.iter().any(|loose| loose.has(id))
            || self.lost.iter().any(|index| index.lookup(id).is_some())
    }

    /// Where an object is that git does not drop: another repository's directory of objects, or the `.keep` of a pack. None where
    /// a copy is anywhere else.
    pub(super) fn kept(&self, id: &oid) -> Option<PathBuf> {
        let (own, others) = self.loose.split_first().filter(|(own, _)| !own.has(id))?;
        let pack = |(number, _): (usize, u32)| {
            let path = self.packs[number].data.path();
            let dir = path.ancestors().nth(2)?;
            let keep = path.with_extension("keep");
            if dir == own.directory { keep.exists().then_some(keep) } else { Some(dir.to_owned()) }
        };
        let packs: Vec<Option<PathBuf>> = self.packed(id).map(pack).collect();
        let loose = others.iter().filter(|loose| loose.has(id)).map(|loose| Some(loose.directory.clone()));
        packs.into_iter().chain(loose).collect::<Option<Vec<_>>>()?.into_iter().next()
    }

    /// The ids that begin like that, a copy stored elsewhere being told again.
    pub(super) fn with_prefix(&self, prefix: gix_hash::Prefix) -> Vec<ObjectId> {
        let mut found = Vec::new();
        for index in self.packs.iter().map(|pack| &pack.index) {
            let mut positions = 0..0;
            index.lookup_prefix(prefix, Some(&mut positions));
            found.extend(positions.map(|at| index.oid_at_index(at).to_owned()));
        }
        for loose in &self.loose {
            let ids = loose.ids();
            let start = ids.partition_point(|id| prefix.cmp_oid(id).is_gt());
            found.extend(ids[start..].iter().take_while(|id| prefix.cmp_oid(id).is_eq()));
        }
        found
    }

    /// Whether a pack before the one numbered `pack` holds the object too.
    pub(super) fn in_earlier_pack(&self, pack: usize, id: &oid) -> bool {
        pack > 0 && self.packed(id).next().is_some_and(|(first, _)| first < pack)
    }

    /// Whether a pack, or an object directory before the one numbered `dir`, holds the object too.
    pub(super) fn before_loose(&self, dir: usize, id: &oid) -> bool {
        self.in_earlier_pack(self.packs.len(), id) || self.loose[..dir].iter().any(|loose| loose.has(id))
    }

    /// Decodes one object from wherever an intact copy of it is, and checks it against its id.
    pub(super) fn read(&self, id: &oid, scratch: &mut Scratch) -> Option<ObjectKind> {
        self.read_with(id, scratch, &mut gix_pack::cache::Never)
    }

    /// The same, with a memory for the bases of deltas: for many reads one after the other.
    pub(super) fn read_with(
        &self,
        id: &oid,
        scratch: &mut Scratch,
        bases: &mut dyn DecodeEntry,
    ) -> Option<ObjectKind> {
        for (number, position) in self.packed(id) {
            if let Ok(kind) = self.packs[number].decode_with(position, scratch, bases) {
                return Some(kind);
            }
        }
        for loose in self.loose.iter().filter(|loose| loose.has(id)) {
            let found = loose.store.try_find(id, &mut scratch.bytes).ok().flatten().map(|data| data.kind);
            if let Some(kind) = found.filter(|&kind| matches(id, kind, &scratch.bytes)) {
                return Some(kind);
            }
        }
        None
    }
}

impl Pack {
    /// Decodes the object at a position of the index alone, following its deltas, and checks it against its id.
    pub(super) fn decode(&self, position: u32, scratch: &mut Scratch) -> Result<ObjectKind, String> {
        self.decode_with(position, scratch, &mut gix_pack::cache::Never)
    }

    fn decode_with(
        &self,
        position: u32,
        scratch: &mut Scratch,
        bases: &mut dyn DecodeEntry,
    ) -> Result<ObjectKind, String> {
        let id = self.index.oid_at_index(position);
        let offset = self.index.pack_offset_at_index(position);
        self.check_chain(offset)?;
        let damaged = "its compressed bytes are damaged";
        let entry = self.data.entry(offset).map_err(|_| damaged)?;
        let base = |id: &oid, _: &mut Vec<u8>| {
            let position = self.index.lookup(id);
            let entry = position.map(|at| self.data.entry(self.index.pack_offset_at_index(at)));
            entry.transpose().map(|entry| entry.map(data::decode::entry::ResolvedBase::InPack))
        };
        let Scratch { inflate, bytes } = scratch;
        let decoded = self.data.decode_entry(entry, bytes, inflate, &base, bases);
        let decoded =
            decoded.map_err(|error| if error.is_resource_exhausted() { TOO_LARGE } else { damaged });
        let kind = decoded?.kind;
        if matches(id, kind, bytes) { Ok(kind) } else { Err("its content does not match its id".to_owned()) }
    }

    /// Whether the index is as it was written. It is read whole for that: hashing it costs a hundredth of a scan.
    pub(super) fn is_indexed_soundly(&self) -> bool {
        self.index.verify_checksum(&mut Discard, &AtomicBool::new(false)).is_ok()
    }

    /// Looks at the headers of the entry there and of all that it is a delta of, before anything is decoded.
    fn check_chain(&self, offset: u64) -> Result<(), String> {
        let mut next = Some(offset);
        for _ in 0..=self.index.num_objects() {
            let Some(offset) = next else { return Ok(()) };
            let entry = self.data.entry(offset).map_err(|_| "the header of its entry is damaged")?;
            if entry.decompressed_size > SMALL && !fits(&entry, self.end_of(offset)) {
                return Err("the header of its entry names another size".to_owned());
            }
            next = match entry.header {
                Header::OfsDelta { base_distance } => {
                    let base = entry.checked_base_pack_offset(base_distance);
                    Some(base.ok_or("what it is a delta of is not in the pack")?)
                }
                Header::RefDelta { base_id } => {
                    let base = self.index.lookup(base_id).map(|at| self.index.pack_offset_at_index(at));
                    Some(base.ok_or("what it is a delta of is not in the pack")?)
                }
                _ => None,
            };
        }
        Err("it is a delta of itself".to_owned())
    }

    /// Where the entry that begins there ends: where the next one begins. For few entries, as it looks at them all.
    fn end_of(&self, offset: u64) -> u64 {
        let positions = 0..self.index.num_objects();
        let begins = positions.map(|at| self.index.pack_offset_at_index(at)).filter(|&begin| begin > offset);
        begins.min().unwrap_or(self.data.pack_end() as u64)
    }
}

/// Whether an entry that ends there can hold as much as its header says. Nothing is compressed further than that: a size
/// beyond it is damage, and no reason to make room for it.
pub(super) fn fits(entry: &data::Entry, end: u64) -> bool {
    entry.decompressed_size / DENSEST <= end.saturating_sub(entry.data_offset)
}

/// Whether the bytes are what the id says.
pub(super) fn matches(id: &oid, kind: ObjectKind, bytes: &[u8]) -> bool {
    gix_object::compute_hash(id.kind(), kind, bytes).is_ok_and(|actual| actual == id)
}

/// Which of the two files of a pack are there.
#[derive(Default)]
struct Found {
    index: bool,
    data: bool,
}

/// The packs of a directory by their path without extension, sorted, so that runs are alike.
fn list_packs(dir: &Path, issue: &mut dyn FnMut(Issue)) -> BTreeMap<PathBuf, Found> {
    let mut packs: BTreeMap<PathBuf, Found> = BTreeMap::new();
    for path in files(dir, issue) {
        match path.extension().and_then(|extension| extension.to_str()) {
            // Git reads every pack that has an index, whatever it is called.
            Some("idx") => packs.entry(path.with_extension("")).or_default().index = true,
            Some("pack") => packs.entry(path.with_extension("")).or_default().data = true,
            _ => {}
        }
    }
    // What has another name than git gives and no index yet is about to be written.
    let is_ours =
        |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"pack-"));
    packs.retain(|path, found| found.index || is_ours(path));
    packs
}

/// The same as [`list`], without what could not be opened without waiting for somebody, which is an issue.
pub(super) fn files(dir: &Path, issue: &mut dyn FnMut(Issue)) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in entries(dir, issue) {
        let path = entry.path();
        // Most file systems tell the type with the name.
        if !entry.file_type().is_ok_and(|kind| kind.is_file()) && is_special(&path) {
            issue(Issue::new("unreadable", "it is not a regular file").at_path(bytes_of(&path)));
        } else {
            files.push(path);
        }
    }
    files
}

/// The paths of the entries of a directory. One that is not there has none; one that cannot be read is an issue.
pub(super) fn list(dir: &Path, issue: &mut dyn FnMut(Issue)) -> Vec<PathBuf> {
    entries(dir, issue).iter().map(fs::DirEntry::path).collect()
}

/// The same as entries, which may know more than their path.
pub(super) fn entries(dir: &Path, issue: &mut dyn FnMut(Issue)) -> Vec<fs::DirEntry> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            issue(unreadable(dir, &error));
            return Vec::new();
        }
    };
    let mut readable = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => readable.push(entry),
            Err(error) => issue(unreadable(dir, &error)),
        }
    }
    readable
}

/// A file or directory that the system does not let us read.
pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Issue {
    Issue::new("unreadable", system_error(error)).at_path(bytes_of(path))
}
