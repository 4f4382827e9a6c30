//! How far got what the commits of a range added.
//!
//! Takes, for each finding, the commits that added it, and what the range leaves out; gives a [`Containment`] by the same
//! refs, remotes and logs that the story of a whole history is told from. Only commits are read, and none that the range
//! leaves out: what descends from a commit that a range adds cannot be among those.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use bstr::ByteSlice;
use gix_hash::ObjectId;
use gix_object::Kind as ObjectKind;

use super::super::Layout;
use super::super::connectivity::Missing;
use super::super::objects::named_ids;
use super::super::range::reader::Reader;
use super::super::range::walk::{Member, walk};
use super::super::refs::{self, Refs, Value};
use super::graph::{Graph, Row};
use super::leads::Leads;
use super::life::{Life, SETS, Set};
use super::places::Spots;
use super::tips::{self, Question, Tips};
use super::{head_name, reflogs};
use crate::finding::Containment;

/// What a finding was added by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Added {
    /// Commits that added it, or hold it in their messages or people.
    pub(in super::super) commits: BTreeSet<ObjectId>,
    /// Tags that hold it.
    pub(in super::super) tags: BTreeSet<ObjectId>,
}

/// What contains each finding of a range that leaves out `base`, and all its ancestors.
pub(in super::super) fn contain(
    layout: &Layout,
    refs: &Refs,
    base: &BTreeSet<ObjectId>,
    added: &[Added],
    reader: &mut Reader<'_>,
) -> Vec<Containment> {
    let tags = tags(refs, reader);
    let graph = graph(layout, refs, base, &tags, added, reader);
    let head_name = head_name(layout);
    let head = refs::resolve(refs, &head_name).and_then(|id| graph.number(&id));
    let tips = Tips::new(layout, &graph, refs, head_name.as_bstr(), &tags);
    let leads = Leads::default();
    let spots = Spots::new(&leads, graph.trees(), 0);
    let reachable = vec![true; graph.len()];
    let mut all = Vec::with_capacity(added.len());
    for added in added.chunks(SETS) {
        let commits = |added: &Added| added.commits.iter().filter_map(|id| graph.number(id)).collect();
        let sets: Vec<Set> =
            added.iter().map(|added| Set { commits: commits(added), ..Set::default() }).collect();
        let life = Life::new(&graph, &spots, &reachable, &sets);
        for (set, (added, commits)) in added.iter().zip(&sets).enumerate() {
            // Whatever descends from it may hold it; that HEAD's branch alone has it is asked of the refs.
            let only_head = added.tags.is_empty() && head.is_some_and(|head| commits.commits == [head]);
            let question = Question { life: &life, set, objects: &added.tags, spots: &[], only_head };
            all.push(tips.contain(&question, &spots));
        }
    }
    all
}

/// What each tag that a ref names stands for.
fn tags(refs: &Refs, reader: &mut Reader<'_>) -> BTreeMap<ObjectId, ObjectId> {
    let mut tags = BTreeMap::new();
    for value in refs.values() {
        let Value::Object(mut id) = *value else { continue };
        while !tags.contains_key(&id) {
            let Some((ObjectKind::Tag, bytes)) = reader.object(&id) else { break };
            let Some((_, of)) = named_ids(bytes).next() else { break };
            tags.insert(id, of);
            id = of;
        }
    }
    tags
}

/// The commits that refs, their logs, what was fetched, and findings lead to, without those that the range leaves out.
fn graph(
    layout: &Layout,
    refs: &Refs,
    base: &BTreeSet<ObjectId>,
    tags: &BTreeMap<ObjectId, ObjectId>,
    added: &[Added],
    reader: &mut Reader<'_>,
) -> Graph {
    let named =
        refs.values().filter_map(|value| if let Value::Object(id) = value { Some(*id) } else { None });
    let logged = reflogs::read(layout).into_iter().flat_map(|log| log.entries);
    let ids: HashSet<ObjectId> = named
        .chain(tags.values().copied())
        .chain(logged)
        .chain(tips::fetched(layout))
        .chain(added.iter().flat_map(|added| &added.commits).copied())
        .collect();
    let included: BTreeMap<ObjectId, bool> = ids.into_iter().map(|id| (id, false)).collect();
    // What is missing, the scan of the range has said as far as it matters; what is no commit leads nowhere.
    let walked = walk(&included, base, &HashSet::new(), reader, &mut Missing::new(), &|| false);
    let row = |member: Member| Row { id: member.id, tree: member.tree, parents: member.parents, time: 0 };
    Graph::new(walked.commits.into_iter().map(row).collect())
}
