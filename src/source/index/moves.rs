//! What the index moved, for whoever asks: it is one step over `HEAD`, and in a merge over what is merged.

use bstr::{BStr, ByteSlice as _};

use super::super::history::moves::{self, Moves, Replaced};
use super::Staged;
use super::objects::Objects;
use crate::finding::LocationKind;

impl Moves for &Staged<'_> {
    fn steps(&self, _: LocationKind, _: &BStr, _: &str) -> Option<Vec<usize>> {
        Some(vec![0])
    }

    fn sides(&self, _: usize) -> usize {
        self.parents().map(|parents| parents.len().max(1)).unwrap_or_default()
    }

    fn replaced(&self, _: usize, side: usize, visit: Replaced<'_>) -> bool {
        let Ok(Some(index)) = &self.index else { return false };
        let objects = Objects::new(&self.layout.object_dirs, self.layout.hash);
        let mut reader = objects.reader();
        let parent = self.parents().map(|parents| parents.get(side).copied());
        let Ok(changes) = parent.and_then(|parent| self.over(index, parent, &objects)) else { return false };
        let mut pairs: Vec<moves::Pair> = Vec::new();
        for gone in changes.gone {
            match gone.tree {
                false => pairs.push((gone.path, Some(gone.id), None)),
                true => {
                    if !moves::differing(gone.path.as_bstr(), [Some(gone.id), None], &mut reader, &mut pairs)
                    {
                        return false;
                    }
                }
            }
        }
        let added = changes.added.into_iter();
        pairs.extend(added.map(|file| (file.path, file.before.first().copied(), Some(file.id))));
        moves::hand_on(&pairs, &mut reader, visit)
    }

    fn ends(&self) -> (usize, usize) {
        (0, 0)
    }

    fn overall(&self, _: usize, _: usize, _: Replaced<'_>) -> bool {
        true
    }
}
