//! From what was found in the repository to the story of each finding.
//!
//! Takes everything that the other modules worked out, and puts it together. Findings, and then their places, are
//! taken as many at a time as a [`Life`] holds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bstr::BString;
use gix_hash::ObjectId;

use super::begun::Begun;
use super::graph::Graph;
use super::life::{Life, SETS, Set};
use super::overwritten::{InTheWay, OnDisk};
use super::places::Spots;
use super::scope::Scope;
use super::search::Wanted;
use super::tips::{Question, Tips};
use super::{Held, Place, Progress, Story, read};
use crate::finding::{Commit, Exposure, LocationKind, Presence, Rebase, Staged, State};

/// Everything that stories are told from.
pub(super) struct Teller<'a> {
    pub(super) wanted: &'a Wanted,
    pub(super) scope: Scope<'a>,
    pub(super) graph: &'a Graph,
    pub(super) spots: &'a Spots<'a>,
    pub(super) tips: &'a Tips<'a>,
    pub(super) commits: read::Commits<'a>,
    /// What each tag stands for.
    pub(super) tags: &'a BTreeMap<ObjectId, ObjectId>,
    /// Paths in the index, by blob.
    pub(super) index: &'a HashMap<ObjectId, BTreeSet<BString>>,
    /// The same of the indexes of other work trees.
    pub(super) elsewhere: &'a HashMap<ObjectId, BTreeSet<Staged>>,
    pub(super) on_disk: OnDisk<'a>,
    /// What git has begun and not ended.
    pub(super) begun: &'a Begun,
    pub(super) head: Option<usize>,
    /// Whether each commit is HEAD or one of its ancestors.
    pub(super) line: Vec<bool>,
    /// Whether a ref leads to each commit.
    pub(super) by_refs: Vec<bool>,
    /// Whether something is not stored that a ref or one of its commits names.
    pub(super) gaps: bool,
    /// Whether only notes lead to each commit.
    pub(super) notes: Vec<bool>,
}

/// A finding, in numbers.
#[derive(Default)]
struct Asked {
    set: Set,
    objects: BTreeSet<ObjectId>,
    /// What tags that hold it stand for.
    tagged: Vec<usize>,
    /// Names of refs that hold it.
    named: BTreeSet<BString>,
    in_index: bool,
    /// It is in what trees name.
    in_trees: bool,
    /// Where an index has it anew.
    staged: BTreeSet<Staged>,
}

/// All versions of one place of a finding.
struct Group {
    finding: usize,
    kind: LocationKind,
    path: BString,
    /// Which of the finding's objects stands there, and its spot.
    versions: Vec<(usize, u32)>,
    set: Set,
}

impl Teller<'_> {
    /// The story of each finding; none when somebody wants an end before all are told.
    pub(super) fn stories(&self, findings: &[Vec<Held>], progress: &dyn Progress) -> Option<Vec<Story>> {
        let asked: Vec<Asked> = findings.iter().map(|finding| self.ask(finding)).collect();
        let mut stories = Vec::with_capacity(findings.len());
        for asked in asked.chunks(SETS) {
            if progress.interrupted() {
                return None;
            }
            let sets: Vec<Set> = asked.iter().map(|asked| asked.set.clone()).collect();
            let life = Life::new(self.graph, self.spots, &self.scope.first, &sets);
            let ends = life.first().into_iter().zip(life.last());
            for ((number, asked), ends) in asked.iter().enumerate().zip(ends) {
                stories.push(self.story(&life, number, asked, ends));
            }
        }
        for (story, finding) in stories.iter_mut().zip(findings) {
            story.places = finding.iter().map(|held| self.beside_trees(held)).collect();
        }
        self.place(findings, &mut stories, progress)?;
        Some(stories)
    }

    fn ask(&self, finding: &[Held]) -> Asked {
        let mut asked = Asked::default();
        for held in finding {
            if held.kind == LocationKind::RefName {
                asked.named.extend(held.part.first().cloned());
            }
            let Some(id) = held.id() else { continue };
            asked.objects.insert(id);
            asked.in_trees |= held.is_in_trees();
            asked.set.spots.extend(self.spots_of(held));
            let commit = self.commit_of(&id, held.kind);
            match held.kind {
                // What leads to the commit does not lead to a tag of it.
                LocationKind::TagMessage | LocationKind::Tagger => {
                    asked.tagged.extend(commit.filter(|_| self.scope.names(&id)));
                }
                _ => asked.set.commits.extend(commit),
            }
            asked.in_index |= match held.kind {
                LocationKind::Path => held.part.first().is_some_and(|name| self.index_names(name)),
                _ => self.index.contains_key(&id),
            };
            if held.kind == LocationKind::Blob {
                asked.staged.extend(self.staged(&id).filter(|staged| self.is_new(held, staged)));
            }
        }
        asked.set.spots.sort_unstable();
        asked.set.spots.dedup();
        asked
    }

    /// Whether what is staged there is not what was committed: HEAD's tree does not have it there. What another work tree
    /// has checked out is not known; what is in any tree counts as committed.
    fn is_new(&self, held: &Held, staged: &Staged) -> bool {
        let spots = self.spots_of(held);
        let in_head = |&&spot: &&u32| self.spots.get(spot).path == staged.path && self.is_of_head(spot);
        spots.is_empty() || staged.work_tree.is_none() && !spots.iter().any(|spot| in_head(&spot))
    }

    /// Where the index of this work tree, or of another, has an object.
    fn staged<'s>(&'s self, id: &ObjectId) -> impl Iterator<Item = Staged> + 's {
        let here = self.index.get(id).into_iter().flatten();
        let here = here.map(|path| Staged { work_tree: None, path: path.clone() });
        here.chain(self.elsewhere.get(id).into_iter().flatten().cloned())
    }

    /// Whether a file of the index, or a directory of one, has this name.
    fn index_names(&self, name: &BString) -> bool {
        let mut paths = self.index.values().flatten();
        paths.any(|path| path.split(|&byte| byte == b'/').any(|part| part == name.as_slice()))
    }

    fn story(
        &self,
        life: &Life<'_>,
        set: usize,
        asked: &Asked,
        (first, last): (Option<usize>, Option<usize>),
    ) -> Story {
        let removed = self.head.and_then(|head| life.removed(set, head, &self.line));
        let in_tree = self.head.is_some_and(|head| life.in_tree(set, head));
        let is_only =
            |head| first == Some(head) && last == Some(head) && life.is_only(set, head, &self.by_refs);
        let only_head = self.head.is_some_and(is_only);
        let tagged = || asked.tagged.iter().copied();
        let told = |commit: &usize| self.scope.has_commit(*commit);
        let first = tagged().chain(first.filter(told)).min_by_key(|&commit| self.graph.time(commit));
        let last = tagged().chain(last.filter(told)).max_by_key(|&commit| self.graph.time(commit));
        let question = Question { life, set, objects: &asked.objects, spots: &asked.set.spots, only_head };
        let mut story = Story {
            presence: match (in_tree, asked.in_index) {
                (true, _) => Presence::Head,
                (false, true) => Presence::Index,
                (false, false) => Presence::Gone,
            },
            first: first.and_then(|commit| self.named(commit)),
            last: last.and_then(|commit| self.named(commit)),
            removed: removed.and_then(|commit| self.named(commit)),
            cut: self.spots.cut && asked.in_trees,
            ..Story::default()
        };
        // Of what is not stored, nothing more is known.
        if !asked.objects.is_empty() {
            story.containment = self.tips.contain(&question, self.spots);
        }
        let containment = &mut story.containment;
        containment.staged = asked.staged.iter().cloned().collect();
        // A tree that nothing leads to may have it as well.
        let somewhere = || asked.objects.iter().any(|id| self.staged(id).next().is_some());
        if containment.state == Some(State::Unreachable) && (asked.in_index || somewhere()) {
            containment.state = Some(State::Staged);
            containment.staged = asked.objects.iter().flat_map(|id| self.staged(id)).collect();
            containment.staged.sort();
            containment.staged.dedup();
        }
        self.tips.name(&asked.named, containment);
        containment.of_head = !in_tree && self.head.is_some_and(|head| life.holds(set, head));
        containment.under_way.clone_from(&self.begun.under_way);
        containment.refs_apart.clone_from(&self.begun.refs_apart);
        containment.grafted = self.begun.grafted;
        containment.aside = self.begun.aside;
        containment.gaps = self.gaps;
        if containment.state == Some(State::Unreachable) {
            containment.kept = self.commits.kept(&asked.objects);
            containment.resolved.clone_from(&self.begun.resolved);
        }
        containment.replaced = self.tips.has_replaced();
        containment.notes = self.tips.of_notes(true).next().is_some();
        let of_head = asked.set.spots.iter().copied().filter(|&spot| self.is_of_head(spot));
        containment.unlisted = self.unlisted(of_head);
        containment.unseen = self.unseen(&asked.set.spots);
        if let Some((mut rebase, base, tip)) = self.rebase(&question) {
            let work_tree = rebase.work_tree.as_ref();
            let InTheWay { files, more } = self.on_disk.in_the_way(self.graph, work_tree, base, tip);
            rebase.apart = more || work_tree.is_some() && !files.is_empty();
            containment.in_the_way = if rebase.apart { Vec::new() } else { files };
            containment.rebase = Some(rebase);
        }
        containment.exposure = exposure(story.first.as_ref(), story.removed.as_ref());
        story
    }

    /// The rebase of what is checked out, if that has it, or else of a branch that does. A branch that has all that a HEAD on
    /// none has takes its place: it would keep the key. With it, the commit that it begins behind, and its last.
    fn rebase(&self, question: &Question<'_>) -> Option<(Rebase, Option<usize>, usize)> {
        let Question { life, set, .. } = *question;
        let head = self.head.filter(|&head| life.leads_to(set, head));
        let over = head.and_then(|head| self.tips.over_detached(head));
        let (branch, tip) = match head.filter(|_| over.is_none()) {
            Some(head) => (None, head),
            None => over.or_else(|| self.tips.branch(question)).map(|(name, tip)| (Some(name), tip))?,
        };
        let line = self.graph.ancestors([tip]);
        let base = life.base(set, &line)?;
        let merges = self.tips.has_merges_of_ones_own(&line, base);
        let work_tree = branch.and_then(|branch| self.tips.elsewhere(branch)).and_then(read::top);
        let height = base.map_or(0, |base| self.graph.generation(base) + 1);
        let gone = branch.is_some_and(|branch| self.tips.is_gone(branch));
        let id = |commit| self.graph.id(commit).to_string();
        let branch = branch.cloned();
        let (apart, base_id, tip_id) = (false, base.map(id), id(tip));
        let rebase = Rebase { branch, work_tree, gone, apart, base: base_id, tip: tip_id, merges, height };
        Some((rebase, base, tip))
    }

    /// Whether HEAD's tree has a spot.
    fn is_of_head(&self, spot: u32) -> bool {
        let list = self.head.map(|head| self.spots.of_commits()[head]);
        list.is_some_and(|list| self.spots.get(spot).lists.contains(&list))
    }

    fn named(&self, commit: usize) -> Option<Commit> {
        self.commits.get(self.graph.id(commit))
    }

    fn spots_of(&self, held: &Held) -> &[u32] {
        let in_trees = matches!(held.kind, LocationKind::Blob | LocationKind::Path);
        let number = held.id().filter(|_| in_trees).and_then(|id| self.wanted.number(&id));
        number.map_or(&[], |number| self.spots.of(number))
    }

    /// The spots of an object that are told of.
    fn told(&self, held: &Held) -> Vec<u32> {
        let spots = self.spots_of(held);
        held.id().map_or_else(Vec::new, |id| self.scope.spots(&id, spots, self.spots))
    }

    /// The commit that an object which no tree names belongs to: itself, or what a tag stands for.
    fn commit_of(&self, id: &ObjectId, kind: LocationKind) -> Option<usize> {
        match kind {
            LocationKind::CommitMessage | LocationKind::Author | LocationKind::Committer => {
                self.graph.number(id)
            }
            LocationKind::TagMessage | LocationKind::Tagger => {
                let mut of = id;
                // A tag cannot stand for itself, unless it is damaged.
                for _ in 0..self.tags.len() {
                    of = self.tags.get(of)?;
                    if let Some(commit) = self.graph.number(of) {
                        return Some(commit);
                    }
                }
                None
            }
            _ => None,
        }
    }

    /// The places of an object outside of trees: where it is staged anew; and of what stands in no tree, where it is.
    fn beside_trees(&self, held: &Held) -> Vec<Place> {
        let id = held.id();
        if id.is_some_and(|id| !self.is_told_alone(&id, held.kind)) {
            return Vec::new();
        }
        let in_files = id.filter(|_| held.kind == LocationKind::Blob);
        let staged =
            in_files.iter().flat_map(|id| self.staged(id)).filter(|staged| self.is_new(held, staged));
        let staged: BTreeSet<BString> = staged.map(|staged| staged.path).collect();
        let staged = staged.into_iter();
        let staged = staged.map(|path| Place { kind: LocationKind::Index, path: Some(path), commit: None });
        let mut places: Vec<Place> = staged.collect();
        if places.is_empty() && self.spots_of(held).is_empty() {
            let commit = id.and_then(|id| self.commit_of(&id, held.kind)).and_then(|at| self.named(at));
            places.push(Place { kind: held.kind, path: None, commit });
        }
        places
    }

    /// Whether an object is in scope by itself, whatever trees have it.
    fn is_told_alone(&self, id: &ObjectId, kind: LocationKind) -> bool {
        let is_commit = !matches!(kind, LocationKind::TagMessage | LocationKind::Tagger);
        let commit = self.commit_of(id, kind).filter(|_| is_commit);
        commit.is_some_and(|commit| self.scope.has_commit(commit)) || self.scope.names(id)
    }

    /// Adds the places in trees: where each path had it first. None when somebody wants an end before.
    fn place(&self, findings: &[Vec<Held>], stories: &mut [Story], progress: &dyn Progress) -> Option<()> {
        let groups: Vec<Group> =
            findings.iter().enumerate().flat_map(|(number, held)| self.groups(number, held)).collect();
        for groups in groups.chunks(SETS) {
            if progress.interrupted() {
                return None;
            }
            let sets: Vec<Set> = groups.iter().map(|group| group.set.clone()).collect();
            let first = Life::new(self.graph, self.spots, &self.scope.first, &sets).first();
            for (group, first) in groups.iter().zip(first) {
                let list = first.map(|commit| self.spots.of_commits()[commit]);
                let is_first = |spot: u32| list.is_none_or(|list| self.spots.get(spot).lists.contains(&list));
                let spot = group.versions.iter().map(|&(_, spot)| spot).find(|&spot| is_first(spot));
                let place = Place {
                    kind: group.kind,
                    path: Some(group.path.clone()),
                    commit: first.and_then(|commit| self.named(commit)),
                };
                for &(held, _) in group.versions.iter().filter(|(_, version)| Some(*version) == spot) {
                    stories[group.finding].places[held].push(place.clone());
                }
            }
        }
        Some(())
    }

    /// The places of a finding in trees, by path.
    fn groups(&self, finding: usize, held: &[Held]) -> Vec<Group> {
        let mut groups: BTreeMap<_, Vec<(usize, u32)>> = BTreeMap::new();
        for (number, held) in held.iter().enumerate() {
            for spot in self.told(held) {
                let there = self.spots.get(spot);
                let key = (&there.path, held.kind, there.symlink, &held.part);
                groups.entry(key).or_default().push((number, spot));
            }
        }
        let group = |((path, kind, symlink, _), versions): ((&BString, LocationKind, bool, _), Vec<_>)| {
            let mut spots: Vec<u32> = versions.iter().map(|&(_, spot)| spot).collect();
            spots.sort_unstable();
            spots.dedup();
            let kind = match kind {
                LocationKind::Blob if symlink => LocationKind::Symlink,
                LocationKind::Blob if self.are_notes(&spots) => LocationKind::Note,
                kind => kind,
            };
            let set = Set { spots, commits: Vec::new() };
            Group { finding, kind, path: path.clone(), versions, set }
        };
        groups.into_iter().map(group).collect()
    }

    /// Whether only commits of notes have these spots.
    fn are_notes(&self, spots: &[u32]) -> bool {
        let mut lists: Vec<u32> =
            spots.iter().flat_map(|&spot| self.spots.get(spot).lists.iter().copied()).collect();
        lists.sort_unstable();
        let holders = self.spots.of_commits().iter().zip(&self.notes);
        let mut holders = holders.filter(|(list, _)| lists.binary_search(list).is_ok()).peekable();
        holders.peek().is_some() && holders.all(|(_, note)| *note)
    }
}

/// From the day it came to the day it went, by clocks of which one may be wrong.
fn exposure(first: Option<&Commit>, removed: Option<&Commit>) -> Option<Exposure> {
    let day = |commit: &Commit| commit.author_time.get(..10).map(str::to_owned);
    let from = first.and_then(day)?;
    let to = removed.and_then(day);
    let date = |day: &str| day.parse::<jiff::civil::Date>().ok();
    let days = to
        .as_deref()
        .and_then(date)
        .zip(date(&from))
        .and_then(|(to, from)| u64::try_from(from.until(to).ok()?.get_days()).ok());
    Some(Exposure { from, to, days })
}
