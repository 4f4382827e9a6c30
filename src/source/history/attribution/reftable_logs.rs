//! Logs of refs that a repository keeps in reftables.
//!
//! Takes the directory of a stack of tables and gives what each ref named, by its log. What cannot be read tells nothing;
//! that a table is damaged is reported with its refs. The format is that of git's `reftable(5)`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use bstr::BString;
use gix_hash::{Kind, ObjectId};

use crate::source::reftable::{Head, LOGS, bytes, number, tables, varint};

/// Largest block that is unpacked. Git makes none that is larger than 16 MiB.
const LARGEST: usize = 1 << 24;

/// The ids that a ref had before and after a change; none if the entry was deleted.
type Change = Option<(ObjectId, ObjectId)>;

/// Changes by the key of a record: the ref's name, a zero, and a number that is lower the newer the change is.
type Changes = BTreeMap<BString, Change>;

/// What each ref named, newest first, and what it was before the oldest change.
pub(super) fn read(stack: &Path, hash: Kind) -> BTreeMap<BString, Vec<ObjectId>> {
    let mut changes = Changes::new();
    // The newest word on an entry counts.
    for table in tables(stack).unwrap_or_default() {
        // What was read before a damaged block holds.
        let _damaged = blocks(&table, hash, &mut changes).is_none();
    }
    let mut logs: BTreeMap<BString, Vec<ObjectId>> = BTreeMap::new();
    let mut oldest = BTreeMap::new();
    for (key, change) in changes {
        let Some((old, new)) = change else { continue };
        let Some(name) = key.len().checked_sub(9).map(|end| BString::from(&key[..end])) else { continue };
        logs.entry(name.clone()).or_default().push(new);
        oldest.insert(name, old);
    }
    for (name, ids) in &mut logs {
        ids.extend(oldest.get(name));
        // A log that is empty has a line of zeros.
        ids.retain(|id| !id.is_null());
    }
    logs
}

/// Takes the changes of all blocks of a table; none if it is damaged.
fn blocks(table: &[u8], hash: Kind, changes: &mut Changes) -> Option<()> {
    let head = Head::of(table, hash)?;
    let mut start = head.logs;
    while start < head.footer {
        // The first block of a table has the header before it.
        let before = if start == 0 { head.length } else { 0 } + 4;
        let header = table.get(start..start + before)?;
        if header[before - 4] != LOGS {
            break;
        }
        let size = number(&header[before - 3..]).checked_sub(before).filter(|size| *size <= LARGEST)?;
        let mut content = vec![0; size];
        let packed = table.get(start + before..head.footer)?;
        let (_, taken, filled) = gix_zlib::Inflate::default().once(packed, &mut content).ok()?;
        if filled != size || taken == 0 {
            return None;
        }
        let restarts = number(content.get(size.checked_sub(2)?..)?);
        let end = size.checked_sub(2 + restarts.checked_mul(3)?)?;
        records(&content[..end], hash, changes)?;
        start += before + taken;
    }
    Some(())
}

/// Takes the changes of a block.
fn records(mut rest: &[u8], hash: Kind, changes: &mut Changes) -> Option<()> {
    let mut key = BString::default();
    while !rest.is_empty() {
        let shared = varint(&mut rest)?;
        let both = varint(&mut rest)?;
        let own = bytes(&mut rest, both >> 3)?;
        if shared > key.len() {
            return None;
        }
        key.truncate(shared);
        key.extend_from_slice(own);
        let change = match both & 7 {
            0 => None,
            1 => Some(change(&mut rest, hash)?),
            _ => return None,
        };
        if let Entry::Vacant(free) = changes.entry(key.clone()) {
            free.insert(change);
        }
    }
    Some(())
}

/// Takes what one record says.
fn change(rest: &mut &[u8], hash: Kind) -> Option<(ObjectId, ObjectId)> {
    let mut id = || ObjectId::try_from(bytes(rest, hash.len_in_bytes())?).ok();
    let ids = (id()?, id()?);
    // Name and address.
    for _ in 0..2 {
        let length = varint(rest)?;
        bytes(rest, length)?;
    }
    // Time, zone, message.
    varint(rest)?;
    bytes(rest, 2)?;
    let length = varint(rest)?;
    bytes(rest, length)?;
    Some(ids)
}
