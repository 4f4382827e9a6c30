//! From words to objects: what a range begins at and what it leaves out.
//!
//! Takes [`Words`] and the refs of a repository and gives [`Ends`]. A name that cannot be looked up is an issue, and
//! there are no ends then: a range of which a part is not known cannot be scanned.

use std::collections::{BTreeMap, BTreeSet};

use bstr::{BStr, BString, ByteSlice};
use gix_hash::ObjectId;
use gix_object::Kind as ObjectKind;

use super::super::connectivity::Missing;
use super::super::objects::named_ids;
use super::super::refs::{self, Refs};
use super::reader::Reader;
use super::revision::{self, Names, Reason};
use super::tracking::mapped;
use super::walk;
use super::words::{Selector, Word, Words, matches};
use crate::source::{Issue, Sink};

/// What a range begins at, or what it leaves out.
#[derive(Default)]
pub(in super::super) struct Ends {
    /// Commits, and whether each was named by notes alone.
    pub(in super::super) commits: BTreeMap<ObjectId, bool>,
    /// Tags that were named, and tags that they tag.
    pub(in super::super) tags: BTreeSet<ObjectId>,
    /// Trees and blobs that were named without a commit.
    pub(in super::super) others: BTreeMap<ObjectId, ObjectKind>,
}

impl Ends {
    /// Adds an object and everything that it tags.
    fn add(&mut self, id: ObjectId, note: bool, reader: &mut Reader<'_>, missing: &mut Missing) {
        let mut id = id;
        loop {
            match reader.object(&id) {
                Some((ObjectKind::Commit, _)) => {
                    *self.commits.entry(id).or_insert(note) &= note;
                    return;
                }
                Some((ObjectKind::Tag, bytes)) => {
                    let next = named_ids(bytes).next();
                    let is_new = self.tags.insert(id);
                    match next {
                        Some((_, next)) if is_new => id = next,
                        Some(_) => return,
                        // It does not tell what it is about.
                        None => {
                            missing.insert(id, "object");
                            return;
                        }
                    }
                }
                Some((kind, _)) => {
                    self.others.insert(id, kind);
                    return;
                }
                None => {
                    missing.insert(id, "object");
                    return;
                }
            }
        }
    }
}

/// Both ends of a range.
#[derive(Default)]
pub(in super::super) struct Range {
    pub(in super::super) included: Ends,
    pub(in super::super) excluded: Ends,
    /// Commits that were left out one by one: what they hold is not new, wherever they stand. Of what refs in general
    /// reach, only what is left out and has children in the range is its base.
    pub(in super::super) bases: BTreeSet<ObjectId>,
    /// What another repository has of the branches that were selected: the base of commits that have nothing in common with
    /// anything that is left out, as those of a history that begins anew.
    pub(in super::super) followed: BTreeSet<ObjectId>,
    /// Names of the refs that were selected, by option or by name.
    pub(in super::super) refs: BTreeSet<BString>,
}

/// Looks up everything that is named. None when something cannot be: that is said to `sink`.
pub(in super::super) fn select(
    words: &Words,
    names: &Names<'_>,
    reader: &mut Reader<'_>,
    missing: &mut Missing,
    sink: &dyn Sink,
) -> Option<Range> {
    let mut range = Range::default();
    let mut failed = false;
    for word in &words.0 {
        if let Err((name, reason)) = range.add(word, names, reader, missing) {
            let hint = match names.layout.shallow {
                Some(_) => "; the repository is shallow, and may have it once more history is fetched",
                None => "",
            };
            let message = format!("bad revision '{name}': it {reason}{hint}");
            sink.issue(Issue::new("bad-revision", message));
            failed = true;
        }
    }
    (!failed).then_some(range)
}

impl Range {
    fn add(
        &mut self,
        word: &Word,
        names: &Names<'_>,
        reader: &mut Reader<'_>,
        missing: &mut Missing,
    ) -> Result<(), (BString, Reason)> {
        let mut found: Vec<(ObjectId, bool)> = Vec::new();
        match &word.selector {
            Selector::Revision(name) => {
                let full = names.full_name(name.as_bstr());
                found.push((
                    resolve(name, names, reader)?,
                    full.as_deref().is_some_and(|full| is_note(full.as_bstr())),
                ));
                self.refs.extend(full.filter(|_| !word.excluded));
            }
            Selector::Parents(name) | Selector::Parent(name, _) => {
                let id = resolve(name, names, reader)?;
                let parents = revision::parents(id, reader).map_err(|reason| (name.clone(), reason))?;
                match word.selector {
                    Selector::Parent(_, number) => match parents.get(number - 1) {
                        Some(parent) => found.push((*parent, false)),
                        None => return Err((name.clone(), "lacks the parent that is asked for".into())),
                    },
                    _ => found.extend(parents.into_iter().map(|parent| (parent, false))),
                }
            }
            Selector::MergeBases(left, right) => {
                let mut side = |name: &BString| {
                    let id = resolve(name, names, reader)?;
                    revision::commit_of(id, reader).map_err(|reason| (name.clone(), reason))
                };
                let (left, right) = (side(left)?, side(right)?);
                found.extend(walk::common(left, right, reader).into_iter().map(|id| (id, false)));
            }
            Selector::Refs { pattern, without } => {
                let pattern = pattern.as_ref().map(|pattern| pattern.as_bstr());
                for name in selected(names.refs, pattern, without) {
                    // A branch before its first commit has a name, and selects nothing.
                    let id = refs::resolve(names.refs, &name);
                    found.extend(id.map(|id| (id, is_note(name.as_bstr()))));
                    self.refs.extend((!word.excluded).then_some(name));
                }
            }
            Selector::Following { pattern, without, said, specs } => {
                if said.iter().all(|(name, id)| agrees(names.refs, name, id.as_ref())) {
                    let selected = selected(names.refs, Some(pattern.as_bstr()), without);
                    let ids = selected.iter().filter_map(|name| refs::resolve(names.refs, name));
                    found.extend(ids.map(|id| (id, false)));
                    let here = self
                        .refs
                        .iter()
                        .flat_map(|name| specs.iter().filter_map(|spec| mapped(spec, name.as_bstr())));
                    let here = here.filter(|name| selected.binary_search(name).is_ok());
                    self.followed.extend(here.filter_map(|name| refs::resolve(names.refs, &name)));
                }
            }
            Selector::IfStored { id, .. } => {
                let id = ObjectId::from_hex(id).ok();
                found.extend(id.filter(|id| reader.store.contains(id)).map(|id| (id, false)));
            }
        }
        // Hundreds of thousands of refs may name few objects, each of which is read.
        found.sort_unstable();
        found.dedup();
        self.take(word, found, reader, missing);
        Ok(())
    }

    /// Takes in, or leaves out, what a word selects.
    fn take(
        &mut self,
        word: &Word,
        found: Vec<(ObjectId, bool)>,
        reader: &mut Reader<'_>,
        missing: &mut Missing,
    ) {
        let general = matches!(
            word.selector,
            Selector::Refs { .. } | Selector::Following { .. } | Selector::IfStored { base: false, .. }
        );
        let mut apart = Ends::default();
        for (id, note) in found {
            let ends = if word.excluded { &mut self.excluded } else { &mut self.included };
            ends.add(id, note, reader, missing);
            if word.excluded && !general {
                apart.add(id, note, reader, missing);
            }
        }
        self.bases.extend(apart.commits.into_keys());
    }
}

fn resolve(
    name: &BString,
    names: &Names<'_>,
    reader: &mut Reader<'_>,
) -> Result<ObjectId, (BString, Reason)> {
    let found = names.resolve(name.as_bstr(), reader).and_then(|id| match reader.object(&id) {
        Some(_) => Ok(id),
        None => Err(format!("is {id}, which is not stored here or is damaged")),
    });
    found.map_err(|reason| (name.clone(), reason))
}

fn is_note(name: &BStr) -> bool {
    name.starts_with(b"refs/notes/")
}

/// Whether a ref that follows another repository's is what that one says of its own. If not, it was changed there in a way
/// that nobody told us, or it is another repository by now.
fn agrees(refs: &Refs, name: &BString, said: Option<&BString>) -> bool {
    refs::resolve(refs, name).is_none_or(|id| said.is_some_and(|said| *said == id.to_hex().to_string()))
}

/// Refs that match a pattern, or all.
fn selected(refs: &Refs, pattern: Option<&BStr>, without: &[BString]) -> Vec<BString> {
    let wanted = |name: &BString| {
        pattern.is_none_or(|pattern| matches(pattern, name))
            && !without.iter().any(|glob| matches(glob, name))
    };
    refs.keys().filter(|name| wanted(name)).cloned().collect()
}
