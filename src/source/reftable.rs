//! Refs that a repository keeps in reftables.
//!
//! Takes the directory of a stack of tables (`reftable` in a git directory) and gives the refs in it, for each the word of
//! the newest table. Indexes are not read: refs stand first in a table, in order. What symbolic refs lead to is
//! left to the caller, and logs to `history::attribution`, which takes the parts of a table from here. The format is that of git's `reftable(5)`, versions 1 and 2.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::path::Path;

use bstr::{BStr, BString, ByteSlice};
use gix_hash::{Kind, ObjectId};

use super::layout::read_file;

/// What a ref holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// An object.
    Object(ObjectId),
    /// The name of another ref.
    Symbolic(BString),
}

/// How often the list of tables is read again, because one of them was merged with others meanwhile.
const TURNS: usize = 5;

/// Kind of a block that holds refs.
const REFS: u8 = b'r';

/// Kind of a block that is a part of an index.
const INDEX: u8 = b'i';

/// Kind of a block that holds logs.
pub(super) const LOGS: u8 = b'g';

/// Why refs cannot be told, as a sentence.
pub(super) type Reason = String;

/// All refs of a stack. A directory that is not there holds none.
pub(super) fn read(stack: &Path, hash: Kind) -> Result<BTreeMap<BString, Value>, Reason> {
    let mut refs = BTreeMap::new();
    for table in tables(stack)?.iter().rev() {
        each(table, hash, &mut |name, value| {
            match value {
                Some(value) => refs.insert(name.to_owned(), value),
                None => refs.remove(name),
            };
            ControlFlow::Continue(())
        })?;
    }
    Ok(refs)
}

/// One ref of a stack; none if there is no such ref.
pub(super) fn one(stack: &Path, hash: Kind, wanted: &BStr) -> Result<Option<Value>, Reason> {
    for table in tables(stack)? {
        let mut found = None;
        each(&table, hash, &mut |name, value| match name.cmp(wanted) {
            std::cmp::Ordering::Less => ControlFlow::Continue(()),
            std::cmp::Ordering::Equal => {
                found = Some(value);
                ControlFlow::Break(())
            }
            std::cmp::Ordering::Greater => ControlFlow::Break(()),
        })?;
        // That it was deleted is the newest word on it, too.
        if let Some(value) = found {
            return Ok(value);
        }
    }
    Ok(None)
}

/// The contents of the tables of a stack, the newest first.
pub(super) fn tables(stack: &Path) -> Result<Vec<Vec<u8>>, Reason> {
    let list = stack.join("tables.list");
    let unreadable = |path: &Path, error| format!("{} cannot be read: {error}", path.display());
    let mut turn = 0;
    loop {
        turn += 1;
        let names = match read_file(&list) {
            Ok(names) => names,
            Err(error) if error.kind() == ErrorKind::NotFound && !stack.exists() => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(&list, error)),
        };
        let mut contents = Vec::new();
        let mut gone = None;
        for name in names.lines().rev() {
            let is_name = !name.is_empty() && name.find_byteset(b"/\0").is_none();
            let path = name.to_path().ok().filter(|_| is_name);
            let path = path.ok_or_else(|| format!("{} names no table", list.display()))?;
            let path = stack.join(path);
            match read_file(&path) {
                Ok(content) => contents.push(content),
                Err(error) if error.kind() == ErrorKind::NotFound && turn < TURNS => gone = Some(()),
                Err(error) => return Err(unreadable(&path, error)),
            }
        }
        if gone.is_none() {
            return Ok(contents);
        }
    }
}

/// Hands over the refs of a table, in order, each with what it holds, or with nothing if it was deleted.
fn each(
    table: &[u8],
    hash: Kind,
    take: &mut dyn FnMut(&BStr, Option<Value>) -> ControlFlow<()>,
) -> Result<(), Reason> {
    refs_of(table, hash, take).ok_or_else(|| "a table of refs is damaged, or of an unknown kind".to_owned())
}

/// The same; none if the table is damaged.
fn refs_of(
    table: &[u8],
    hash: Kind,
    take: &mut dyn FnMut(&BStr, Option<Value>) -> ControlFlow<()>,
) -> Option<()> {
    let head = Head::of(table, hash)?;
    let mut start = 0;
    while start < head.end {
        let first = if start == 0 { head.length } else { 0 };
        let kind = *table.get(start + first)?;
        // Nothing, or nothing but logs.
        if start == 0 && (head.footer == head.length || kind == LOGS) {
            return Some(());
        }
        // The footer knows of the index of an index alone: the blocks that this is of stand before it.
        if kind == INDEX && head.indexed {
            return Some(());
        }
        let length = number(table.get(start + first + 1..start + first + 4)?);
        let block = table[..head.footer].get(start..start.checked_add(length)?)?;
        let restarts = number(block.get(block.len().checked_sub(2)?..)?);
        let end = block.len().checked_sub(2 + restarts.checked_mul(3)?)?;
        if kind != REFS {
            return None;
        }
        if records(block.get(first + 4..end)?, hash, take)?.is_break() {
            return Some(());
        }
        // Blocks are filled up with zeros to one size, but for the last one, or stand one behind the other.
        let filled = table.get(start + length).is_none_or(|byte| *byte == 0);
        start += if filled && head.block > length { head.block } else { length };
    }
    Some(())
}

/// What a table says of itself.
pub(super) struct Head {
    /// Bytes of the header.
    pub(super) length: usize,
    /// The size that blocks are filled up to; 0 if they are not.
    block: usize,
    /// Where blocks of refs end, but for what the last one is filled up with.
    end: usize,
    /// Where the footer begins.
    pub(super) footer: usize,
    /// Where blocks of logs begin; 0 if there are none, or if they come first.
    pub(super) logs: usize,
    /// Whether there is an index of refs.
    indexed: bool,
}

impl Head {
    /// Reads header and footer; none if they are not those of a table of this hash.
    pub(super) fn of(table: &[u8], hash: Kind) -> Option<Head> {
        let version = *table.strip_prefix(b"REFT")?.first()?;
        let length = match version {
            1 if hash == Kind::Sha1 => 24,
            2 => 28,
            _ => return None,
        };
        let header = table.get(..length)?;
        let of_hash = if hash == Kind::Sha1 { b"sha1" } else { b"s256" };
        if version == 2 && header[24..] != of_hash[..] {
            return None;
        }
        // Behind a copy of the header: five positions, and a sum.
        let footer = table.len().checked_sub(length + 5 * 8 + 4).filter(|footer| *footer >= length)?;
        let positions = table[footer..].strip_prefix(header)?;
        let position = |at: usize| positions.get(at * 8..at * 8 + 8).map(number);
        // Index of refs, objects (with the length of their ids in the lowest bits), logs: whatever is there comes next.
        let next = [position(0)?, position(1)? >> 5, position(3)?];
        let end = next.into_iter().filter(|at| *at != 0).chain([footer]).min()?;
        Some(Head { length, block: number(&header[5..8]), end, footer, logs: next[2], indexed: next[0] != 0 })
    }
}

/// Hands over the refs of a block.
fn records(
    mut rest: &[u8],
    hash: Kind,
    take: &mut dyn FnMut(&BStr, Option<Value>) -> ControlFlow<()>,
) -> Option<ControlFlow<()>> {
    let mut name = BString::default();
    while !rest.is_empty() {
        let shared = varint(&mut rest)?;
        let both = varint(&mut rest)?;
        let own = bytes(&mut rest, both >> 3)?;
        if shared > name.len() {
            return None;
        }
        name.truncate(shared);
        name.extend_from_slice(own);
        // The number of the update.
        varint(&mut rest)?;
        let mut id = || ObjectId::try_from(bytes(&mut rest, hash.len_in_bytes())?).ok();
        let value = match both & 7 {
            0 => None,
            1 => Some(Value::Object(id()?)),
            2 => {
                let value = id()?;
                // What the tag stands for.
                id()?;
                Some(Value::Object(value))
            }
            3 => {
                let length = varint(&mut rest)?;
                Some(Value::Symbolic(bytes(&mut rest, length)?.into()))
            }
            _ => return None,
        };
        if take(name.as_bstr(), value).is_break() {
            return Some(ControlFlow::Break(()));
        }
    }
    Some(ControlFlow::Continue(()))
}

/// Takes so many bytes.
pub(super) fn bytes<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

/// Takes a number of variable length, as in offsets of packs.
pub(super) fn varint(rest: &mut &[u8]) -> Option<usize> {
    let mut value = 0usize;
    loop {
        let byte = bytes(rest, 1)?[0];
        value = value.checked_shl(7).filter(|_| value <= usize::MAX >> 8)? | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some(value);
        }
        value += 1;
    }
}

/// A number, the highest byte first; as large as can be if it does not fit.
pub(super) fn number(bytes: &[u8]) -> usize {
    let value = bytes.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    usize::try_from(value).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::scratch_repo::{Repo, Scratch};

    /// What git says of all refs.
    fn told_by_git(repo: &Repo) -> BTreeMap<BString, Value> {
        let format = "--format=%(refname) %(objectname) %(symref)";
        let refs = repo.git(&["for-each-ref", "--include-root-refs", format]);
        let value = |line: &str| {
            let mut words = line.split(' ');
            let (name, id) = (words.next().expect("a name"), words.next().expect("an id"));
            let value = match words.next().filter(|target| !target.is_empty()) {
                Some(target) => Value::Symbolic(target.into()),
                None => Value::Object(ObjectId::from_hex(id.as_bytes()).expect("an id")),
            };
            (name.into(), value)
        };
        refs.lines().map(value).collect()
    }

    #[track_caller]
    fn same(repo: &Repo, hash: Kind, what: &str) {
        let stack = repo.git_dir().join("reftable");
        let expected = told_by_git(repo);
        assert_eq!(read(&stack, hash).as_ref(), Ok(&expected), "{what}");
        for (name, value) in expected.iter().step_by(7) {
            assert_eq!(
                one(&stack, hash, name.as_bstr()).as_ref(),
                Ok(&Some(value.clone())),
                "{what}, {name}"
            );
        }
        for name in ["refs/heads/", "refs/heads/nobody", "zzz", "A"] {
            assert_eq!(one(&stack, hash, BStr::new(name)), Ok(None), "{what}, {name}");
        }
    }

    #[test]
    fn tables_hold_what_git_says() {
        let scratch = Scratch::new();
        for (format, hash) in [("sha1", Kind::Sha1), ("sha256", Kind::Sha256)] {
            let init = ["--ref-format=reftable", &format!("--object-format={format}")];
            let repo = scratch.repo(format, &init);
            same(&repo, hash, "one commit");
            repo.git(&["tag", "-a", "-m", "a tag", "v1"]);
            repo.git(&["branch", "gone"]);
            repo.git(&["symbolic-ref", "refs/heads/link", "refs/heads/main"]);
            same(&repo, hash, "several tables");
            repo.git(&["branch", "-D", "gone"]);
            assert_eq!(one(&repo.git_dir().join("reftable"), hash, BStr::new("refs/heads/gone")), Ok(None));
            same(&repo, hash, "a branch that is gone");
            // So many that there are several blocks, and an index.
            let mut updates: String =
                (0..3000).map(|number| format!("create refs/heads/many/{number} HEAD\n")).collect();
            updates.push_str("create refs/heads/zz HEAD\n");
            repo.write(".git/updates", &updates);
            let shell = "git update-ref --stdin < .git/updates";
            repo.git(&["-c", &format!("alias.all=!{shell}"), "all"]);
            same(&repo, hash, "many");
            repo.git(&["pack-refs", "--all"]);
            same(&repo, hash, "one table");
            // With so many blocks that the index has one, too. A table that is alone is not made anew.
            repo.commit("one more");
            repo.git(&["-c", "reftable.blockSize=512", "pack-refs", "--all"]);
            same(&repo, hash, "smaller blocks");
        }
    }

    #[test]
    fn what_is_damaged_is_said() {
        let scratch = Scratch::new();
        let repo = scratch.repo("r", &["--ref-format=reftable"]);
        repo.git(&["pack-refs", "--all"]);
        let stack = repo.git_dir().join("reftable");
        let list = std::fs::read_to_string(stack.join("tables.list")).expect("there is one");
        let table = stack.join(list.trim());
        let whole = std::fs::read(&table).expect("the only one");
        // Wherever a table is cut off, and whatever of its structure is another.
        let cut = (0..whole.len()).map(|length| whole[..length].to_vec());
        let other = (0..29).map(|at| {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x55;
            bytes
        });
        for bytes in cut.chain(other) {
            std::fs::write(&table, &bytes).expect("ours");
            assert!(read(&stack, Kind::Sha1).is_err(), "{} bytes of {}", bytes.len(), whole.len());
        }
        // Whatever else is another, nothing hangs or panics.
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0xff;
            std::fs::write(&table, &bytes).expect("ours");
            drop(read(&stack, Kind::Sha1));
        }
        assert!(read(&stack, Kind::Sha256).is_err(), "another hash");
        std::fs::remove_file(&table).expect("ours");
        assert!(read(&stack, Kind::Sha1).is_err(), "a table is gone");
        std::fs::write(stack.join("tables.list"), "../x\n").expect("ours");
        assert!(read(&stack, Kind::Sha1).is_err(), "a table elsewhere");
        std::fs::remove_file(stack.join("tables.list")).expect("ours");
        assert!(read(&stack, Kind::Sha1).is_err(), "no list");
        assert_eq!(read(&repo.path.join("nowhere"), Kind::Sha1), Ok(BTreeMap::new()));
    }
}
