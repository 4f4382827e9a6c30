//! The entries of a tree that are new in it, where it is stored as a delta of another tree.
//!
//! Takes a tree's bytes, where they differ from those of the other and where the entries of that one start; gives the
//! entries that are not, byte for byte, in the other too. What is the same is not read.

use super::delta::Fresh;
use super::objects::{TreeEntries, TreeEntry};
use super::packs::{Content, Known};

/// Calls `each` for every entry of a tree that the one it is a version of has not. Gives where the entries start, and
/// where the last one ends; none when the bytes are no tree.
pub(super) fn entries(
    content: Content<'_>,
    id_length: usize,
    mut each: impl FnMut(&TreeEntry<'_>),
) -> Option<Vec<u32>> {
    let bytes = content.bytes;
    let known = content.base.unwrap_or(Known { fresh: &[], note: &[] });
    let mut starts = Vec::with_capacity(known.note.len() + known.fresh.len());
    let mut stretches = stretches(known, bytes.len()).peekable();
    let mut at = 0;
    while at < bytes.len() {
        while stretches.next_if(|stretch| stretch.end <= at).is_some() {}
        if let Some(stretch) = stretches.peek().filter(|stretch| stretch.start <= at) {
            let same = stretch.whole_entries(at, known.note);
            if let [first, .., last] = *same {
                starts.extend(same[..same.len() - 1].iter().map(|&start| start - first + at as u32));
                at += (last - first) as usize;
                continue;
            }
        }
        let mut rest = TreeEntries::new(&bytes[at..], id_length);
        each(&rest.next()?);
        starts.push(at as u32);
        at = bytes.len() - rest.rest_length();
    }
    starts.push(at as u32);
    Some(starts)
}

/// A part of a tree that stands in another in the same way.
struct Stretch {
    start: usize,
    end: usize,
    /// Where it starts in the other.
    then: usize,
}

/// What is between the differences.
fn stretches(known: Known<'_>, length: usize) -> impl Iterator<Item = Stretch> {
    let Known { fresh, note } = known;
    let first = (!note.is_empty()).then_some((0, 0));
    let starts = first.into_iter().chain(fresh.iter().map(|Fresh { span, then }| (span.end, *then)));
    let ends = fresh.iter().map(|fresh| fresh.span.start).chain([length]);
    starts.zip(ends).map(|((start, then), end)| Stretch { start, end, then })
}

impl Stretch {
    /// Where in the other tree the entries start that begin with the one at `at` and are wholly a part of this, and where
    /// the last of them ends. Nothing, if none starts there.
    fn whole_entries<'s>(&self, at: usize, starts: &'s [u32]) -> &'s [u32] {
        let there = at - self.start + self.then;
        let end = self.end - self.start + self.then;
        let first = starts.partition_point(|&start| (start as usize) < there);
        let last = first + starts[first..].partition_point(|&start| start as usize <= end);
        match starts.get(first) {
            Some(&start) if start as usize == there => &starts[first..last],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const ID: usize = 20;

    fn below(state: &mut u64, limit: usize) -> usize {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        ((*state >> 20) % limit as u64) as usize
    }

    /// An entry; some ids and names look like other entries.
    fn entry(state: &mut u64) -> Vec<u8> {
        let mode = ["100644", "40000", "160000"][below(state, 3)];
        let name = ["a", "100644 b", "some longer name", "40000"][below(state, 4)];
        let mut entry = format!("{mode} {name}{}\0", below(state, 50)).into_bytes();
        let id: Vec<u8> = match below(state, 4) {
            0 => b"100644 x\x00abcdefghijk".to_vec(),
            _ => (0..ID).map(|_| below(state, 256) as u8).collect(),
        };
        entry.extend(id);
        entry
    }

    /// Every entry and where it starts, found one after the other.
    fn plainly(bytes: &[u8]) -> Option<(Vec<Vec<u8>>, Vec<u32>)> {
        let mut rest = TreeEntries::new(bytes, ID);
        let (mut entries, mut starts, mut at) = (Vec::new(), vec![0], 0);
        while rest.next().is_some() {
            let end = bytes.len() - rest.rest_length();
            entries.push(bytes[at..end].to_vec());
            starts.push(end as u32);
            at = end;
        }
        rest.is_complete().then_some((entries, starts))
    }

    fn written(entry: &TreeEntry<'_>) -> Vec<u8> {
        [entry.mode, b" ", entry.name.as_ref(), b"\0", entry.id.as_bytes()].concat()
    }

    #[test]
    fn what_a_version_changes_is_given_and_all_starts_are_known() {
        let mut state = 0x1234_5678_9abc_def1;
        let (mut trees, mut skipped) = (0, 0);
        for _ in 0..4000 {
            let base: Vec<u8> = (0..below(&mut state, 30)).flat_map(|_| entry(&mut state)).collect();
            let (old, note) = plainly(&base).expect("a tree");
            // Cut anywhere, or where entries are; go on anywhere in the base, with or without something in between.
            let (mut bytes, mut fresh, mut at) = (Vec::new(), Vec::new(), 0);
            for _ in 0..below(&mut state, 4) {
                let whole = below(&mut state, 3) > 0;
                let mut place = |least: usize| {
                    let any = least + below(&mut state, base.len() + 1 - least);
                    let next = note.iter().find(|&&start| start as usize >= any);
                    if whole { next.map_or(base.len(), |&start| start as usize) } else { any }
                };
                let to = place(at);
                bytes.extend_from_slice(&base[at..to]);
                at = place(0);
                let start = bytes.len();
                bytes.extend((0..below(&mut state, 3)).flat_map(|_| entry(&mut state)));
                fresh.push(Fresh { span: start..bytes.len(), then: at });
            }
            bytes.extend_from_slice(&base[at..]);
            let mut given = Vec::new();
            let content = Content { bytes: &bytes, base: Some(Known { fresh: &fresh, note: &note }) };
            let starts = entries(content, ID, |entry| given.push(written(entry)));
            let Some((expected, all)) = plainly(&bytes) else {
                assert_eq!(starts, None);
                continue;
            };
            assert_eq!(starts, Some(all));
            let old: BTreeSet<_> = old.into_iter().collect();
            let given: BTreeSet<_> = given.into_iter().collect();
            assert!(expected.iter().all(|entry| old.contains(entry) || given.contains(entry)));
            (trees, skipped) = (trees + 1, skipped + expected.len() - given.len());
        }
        assert!(trees > 1000 && skipped > 5000, "{trees} {skipped}");
    }

    #[test]
    fn without_a_base_all_entries_are_given() {
        let mut state = 99;
        let bytes: Vec<u8> = (0..9).flat_map(|_| entry(&mut state)).collect();
        let mut given = 0;
        let starts = entries(Content::whole(&bytes), ID, |_| given += 1).expect("a tree");
        assert_eq!((given, starts.len()), (9, 10));
        assert_eq!(entries(Content::whole(&bytes[1..bytes.len() - 1]), ID, |_| ()), None);
        assert_eq!(entries(Content::whole(b""), ID, |_| ()), Some(vec![0]));
    }
}
