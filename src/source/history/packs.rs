//! Packs: every object of each, decoded once, in the order that makes deltas cheap.
//!
//! The traversal of `gix-pack` decodes a pack as a whole, several times faster than object by object, but ends at the
//! first object that is broken. Then the pack is read again, object by object, and each broken one is named.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use bstr::ByteVec;
use gix_hash::{Kind as HashKind, oid};
use gix_pack::cache::Never;
use gix_pack::data::decode::entry::ResolvedBase;
use gix_pack::index::traverse::{SafetyCheck, with_index};

use super::objects::{Objects, Pusher};
use crate::source::{Issue, Sink};

/// How many broken objects of a pack are named; the rest is counted.
const MOST_NAMED: usize = 20;

/// A pack with its index.
pub(super) struct Pack {
    path: PathBuf,
    index: gix_pack::index::File,
    data: gix_pack::data::File,
}

impl Pack {
    /// How many objects it has.
    pub(super) fn len(&self) -> u64 {
        u64::from(self.index.num_objects())
    }

    /// Whether it has an object.
    pub(super) fn has(&self, id: &oid) -> bool {
        self.index.lookup(id).is_some()
    }
}

fn broken(kind: &str, path: &Path, message: impl std::fmt::Display) -> Issue {
    Issue::new(kind, message.to_string()).at_path(Vec::from_path_lossy(path).into_owned())
}

/// Opens every pack of an object directory.
pub(super) fn open_all(objects: &Path, hash: HashKind, sink: &dyn Sink) -> Vec<Pack> {
    let mut packs = Vec::new();
    for path in super::files(&objects.join("pack"), sink) {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("idx") => match open(&path, hash) {
                Ok(pack) => packs.push(pack),
                Err(message) => sink.issue(broken("corrupt-pack", &path, message)),
            },
            Some("pack") if !path.with_extension("idx").exists() => {
                let message = "the pack has no index, so it was not scanned; `git index-pack` makes one";
                sink.issue(broken("corrupt-pack", &path, message));
            }
            _ => {}
        }
    }
    packs
}

fn open(path: &Path, hash: HashKind) -> Result<Pack, String> {
    let index = gix_pack::index::File::at(path, hash)
        .map_err(|error| format!("the pack's index cannot be read, so the pack was not scanned: {error}"))?;
    let data_path = path.with_extension("pack");
    let data = gix_pack::data::File::at(&data_path, hash)
        .map_err(|error| format!("the index's pack cannot be read, so it was not scanned: {error}"))?;
    if data.num_objects() != index.num_objects() {
        return Err(format!(
            "the pack has {} objects and its index {}; it was not scanned",
            data.num_objects(),
            index.num_objects()
        ));
    }
    Ok(Pack { path: data_path, index, data })
}

/// Scans what a pack has and `earlier` ones have not.
pub(super) fn scan(pack: &Pack, earlier: &[Pack], threads: usize, objects: &Objects<'_>) {
    let seen = |id: &oid| earlier.iter().any(|earlier| earlier.has(id));
    let stop = AtomicBool::new(false);
    let (sink, mut pusher) = (objects.sink, Pusher::new(objects));
    let (seen_before, stopping) = (&seen, &stop);
    let options = with_index::Options {
        thread_limit: (threads > 0).then_some(threads),
        check: SafetyCheck::SkipFileAndObjectChecksumVerification,
        alloc_limit_bytes: None,
    };
    let done = pack.index.traverse_with_index(
        &pack.data,
        move |kind, bytes: &[u8], entry: &gix_pack::index::Entry, _: &dyn gix_utils::progress::Progress| {
            if sink.interrupted() {
                stopping.store(true, Ordering::Relaxed);
            } else if !seen_before(&entry.oid) {
                pusher.push(kind, &entry.oid, bytes);
            }
            Ok(())
        },
        &mut gix_utils::progress::Discard,
        &stop,
        options,
    );
    if let Err(error) = done
        && !objects.sink.interrupted()
    {
        one_by_one(pack, objects, &seen, &error.to_string());
    }
}

/// Scans a pack that the traversal could not get through. Objects that it got to are scanned again: what is found
/// twice in one place counts once.
fn one_by_one(pack: &Pack, objects: &Objects<'_>, seen: &dyn Fn(&oid) -> bool, why: &str) {
    let resolve = |id: &oid, _: &mut Vec<u8>| {
        let position = pack.index.lookup(id);
        Ok(position.and_then(|at| {
            let offset = pack.index.pack_offset_at_index(at);
            pack.data.entry(offset).ok().map(ResolvedBase::InPack)
        }))
    };
    let mut pusher = Pusher::new(objects);
    let mut inflate = gix_zlib::Inflate::default();
    let mut bytes = Vec::new();
    let mut failed = 0;
    for entry in pack.index.iter() {
        if objects.sink.interrupted() || seen(&entry.oid) {
            continue;
        }
        let decoded = pack.data.entry(entry.pack_offset).and_then(|header| {
            pack.data.decode_entry(header, &mut bytes, &mut inflate, &resolve, &mut Never)
        });
        match decoded {
            Ok(outcome) => pusher.push(outcome.kind, &entry.oid, &bytes),
            Err(error) => {
                failed += 1;
                if failed <= MOST_NAMED {
                    let message = format!("an object of the pack cannot be read: {error}");
                    objects.sink.issue(
                        broken("corrupt-object", &pack.path, message).at_object(entry.oid.to_string()),
                    );
                }
            }
        }
    }
    let message = match failed {
        0 => format!("the pack is damaged, though every object could be read one by one: {why}"),
        failed => format!("the pack is damaged: {failed} of its {} objects cannot be read", pack.len()),
    };
    objects.sink.issue(broken("corrupt-pack", &pack.path, message));
}
