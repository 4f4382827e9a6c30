//! Who brought in what was found in a range, and whether it is still there.
//!
//! Takes what the scan noted and the findings, and completes these. Unlike the attribution of a whole history it looks
//! at no commit outside the range, so that it costs next to nothing in a hook.

use std::collections::{BTreeSet, HashMap};

use bstr::{BStr, BString};
use gix_hash::ObjectId;
use gix_object::Kind as ObjectKind;

use super::super::Layout;
use super::super::attribution;
use super::super::objects::TreeEntries;
use super::super::refs::{self, Refs};
use super::super::store::Store;
use super::RangeOutcome;
use super::reader::Reader;
use super::revision::Names;
use crate::finding::{Finding, Location, LocationKind};

/// Says of each finding which commit of the range added it where, and whether HEAD or the index still holds it.
pub fn attribute<'f>(
    layout: &Layout,
    outcome: &RangeOutcome,
    findings: impl IntoIterator<Item = &'f mut Finding>,
) {
    let mut findings = findings.into_iter().peekable();
    if findings.peek().is_none() {
        return;
    }
    // The scan has said what cannot be read.
    let store = Store::open(layout, &mut |_| ());
    let refs = refs::read(layout, &mut |_| ());
    let mut teller = Teller::new(layout, outcome, &store, &refs);
    for finding in findings {
        teller.tell(finding);
    }
}

struct Teller<'a> {
    outcome: &'a RangeOutcome,
    reader: Reader<'a>,
    /// HEAD's tree.
    head: Option<ObjectId>,
    /// Paths in the index, by blob.
    index: HashMap<ObjectId, BTreeSet<BString>>,
}

impl<'a> Teller<'a> {
    fn new(layout: &Layout, outcome: &'a RangeOutcome, store: &'a Store, refs: &Refs) -> Teller<'a> {
        let mut reader = Reader::new(store);
        let head = Names { layout, refs }.resolve(BStr::new("HEAD^{tree}"), &mut reader).ok();
        Teller { outcome, reader, head, index: attribution::index(layout) }
    }

    fn tell(&mut self, finding: &mut Finding) {
        let mut first: Option<(usize, ObjectId)> = None;
        let mut in_head = false;
        for location in &mut finding.locations {
            let Some(object) = id(location) else { continue };
            let added = self.added(location, object);
            let by = added.map_or(object, |(_, commit)| commit);
            location.commit = attribution::named(self.reader.store, by);
            first = [first, added].into_iter().flatten().min();
            in_head = in_head || self.is_held(location, object, finding.secret.expose());
        }
        finding.first_commit = match first {
            Some((_, commit)) => attribution::named(self.reader.store, commit),
            None => finding.locations.iter().find_map(|location| location.commit.clone()),
        };
        finding.in_head = Some(in_head);
    }

    fn added(&self, location: &Location, object: ObjectId) -> Option<(usize, ObjectId)> {
        self.outcome.introduced.get(&(location.kind, location.path.clone(), object)).copied()
    }

    /// Whether HEAD's tree holds the secret at that path, or the index that very blob.
    fn is_held(&mut self, location: &Location, object: ObjectId, secret: &[u8]) -> bool {
        let in_file = matches!(location.kind, LocationKind::Blob | LocationKind::Symlink);
        if in_file && self.index.contains_key(&object) {
            return true;
        }
        let (Some(head), Some(path)) = (self.head, &location.path) else { return false };
        match self.at_path(head, path) {
            None => false,
            Some(_) if location.kind == LocationKind::Path => true,
            Some(there) if there == object => true,
            Some(there) => match self.reader.object(&there) {
                Some((ObjectKind::Blob, bytes)) => memchr::memmem::find(bytes, secret).is_some(),
                _ => false,
            },
        }
    }

    fn at_path(&mut self, tree: ObjectId, path: &[u8]) -> Option<ObjectId> {
        let mut id = tree;
        for name in path.split(|&byte| byte == b'/') {
            let bytes = self.reader.tree(&id)?;
            let mut entries = TreeEntries::new(&bytes, id.as_bytes().len());
            id = entries.find(|entry| entry.name == name)?.id.to_owned();
        }
        Some(id)
    }
}

fn id(location: &Location) -> Option<ObjectId> {
    ObjectId::from_hex(location.blob.as_ref()?.as_bytes()).ok()
}
