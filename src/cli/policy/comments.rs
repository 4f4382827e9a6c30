//! Comments `leeward:ignore` that a change adds: told from those that a revision has already, counted apart, and not
//! heeded where that was asked for. Which revision that is, `since` knows.
//!
//! A comment is old if the revision accepts the same value by a comment in the same file, or in one that is gone since or
//! no longer holds it: it moved. Each is so once: where there are more than there were, the others are new, and so is what
//! cannot be told. Of a change with several ends, such as a push of several refs, each is compared with what it begins at;
//! a comment that none of them ends with was a step of a move, if what they begin at accepts the value.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bstr::{BStr, BString, ByteSlice as _};

use super::Policy;
use super::files::{Files, Stored};
use super::sides::{Opened, Side};
use super::since::Asked;
use crate::config::LeftOut;
use crate::detect::Detector;
use crate::finding::{Finding, Location, LocationKind, SuppressedBy};
use crate::pipeline::{Collector, Outcome, Settings, holds_mark};
use crate::progress::Counters;
use crate::report::Note;
use crate::sanitize::visible;
use crate::secret::Secret;
use crate::source::history::range::Snapshot;
use crate::source::{Origin, Sink as _};
use crate::words::count;

/// How many places a note names.
const NAMED: usize = 5;

/// Scans the content of a file.
type Scan<'s> = &'s mut dyn FnMut(&BStr, &[u8]);

/// Path and fingerprint of what comments accept.
type Spot = (BString, String);

/// How many comments accept something where.
type Accepted = HashMap<Spot, usize>;

impl Policy {
    /// Says which comments are new since the revision that this policy is of. Where new ones are denied, what they accept is
    /// found; gives whether any did.
    pub(in crate::cli) fn judge_comments(
        &self,
        outcome: &mut Outcome,
        detector: &Detector,
        asked: &Asked<'_>,
    ) -> bool {
        let of_revision = match &*self.files {
            Files::Of { stored: Stored::Asked(snapshot), .. } => Some(snapshot),
            _ => None,
        };
        let deny = asked.deny || of_revision.is_none() && asked.denies();
        if deny {
            outcome.comments_refused = Some("--deny-new-suppressions".to_owned());
        }
        let inline = || outcome.suppressed.iter().filter(|(_, by)| by.by == SuppressedBy::Inline);
        if inline().next().is_none() || !deny && of_revision.is_none() {
            return false;
        }
        let opened = if of_revision.is_some() { Opened::default() } else { asked.since() };
        let top = match &*self.files {
            Files::Of { top, .. } => top.clone(),
            Files::Disk => asked.top(),
        };
        let sides = asked.sides(of_revision, &opened, &top);
        let mut told = Accepted::new();
        for (finding, _) in inline() {
            for spot in finding.locations.iter().filter_map(|place| spot(finding, place)) {
                *told.entry(spot).or_default() += 1;
            }
        }
        let secrets: HashMap<String, Secret> =
            inline().map(|(finding, _)| (finding.fingerprint.clone(), finding.secret.clone())).collect();
        let judge = Judge { detector, settings: Settings { inline_ignores: true, ..self.settings() } };
        let mut old = judge.old(&sides, &told, &secrets);
        let mut is_new = |finding: &Finding, place: &Location| {
            let left = spot(finding, place).and_then(|spot| old.get_mut(&spot)).filter(|left| **left > 0);
            left.map(|left| *left -= 1).is_none()
        };
        let named = take(outcome, &mut is_new, deny);
        let since: BTreeSet<&str> =
            sides.iter().flat_map(|side| &side.since).map(|snapshot| snapshot.name()).collect();
        outcome.notes.extend(note(&named, &since, deny));
        outcome.sort();
        deny && !named.is_empty()
    }
}

/// Tells new comments from old ones.
struct Judge<'a> {
    detector: &'a Detector,
    settings: Settings,
}

impl Judge<'_> {
    /// How many of the comments that are told of are old, where they are: on every side.
    fn old(&self, sides: &[Side<'_>], told: &Accepted, secrets: &HashMap<String, Secret>) -> Accepted {
        let mut new = Accepted::new();
        let mut passed: BTreeSet<&Spot> = told.keys().collect();
        for side in sides {
            let there = self.new_on(side, told);
            passed.retain(|spot| !there.contains_key(spot));
            for (spot, number) in self.not_moved(side, there, secrets) {
                let known = new.entry(spot).or_default();
                *known = number.max(*known);
            }
        }
        // What was there in passing is a step of a move.
        let before: Vec<BTreeSet<String>> = match passed.is_empty() {
            true => Vec::new(),
            false => sides.iter().map(|side| self.accepted_before(side)).collect(),
        };
        let is_new = |(_, value): &&&Spot| !before.iter().all(|known| known.contains(value));
        new.extend(passed.iter().filter(is_new).map(|spot| ((*spot).clone(), usize::MAX)));
        let old = |(spot, told): (&Spot, &usize)| {
            (spot.clone(), told.saturating_sub(new.get(spot).copied().unwrap_or_default()))
        };
        told.iter().map(old).collect()
    }

    /// How many comments a side has where they are told of, beyond those that it had there; nothing of where it has none.
    fn new_on(&self, side: &Side<'_>, told: &Accepted) -> BTreeMap<Spot, usize> {
        let paths: BTreeSet<&BString> = told.keys().map(|(path, _)| path).collect();
        let known = self.had(side, &paths);
        let mut now: HashMap<&BString, Option<Accepted>> = HashMap::new();
        for path in paths {
            let content = side.after.content(path.as_bstr());
            let accepted = |content: Vec<u8>| self.accepted(&mut |scan| scan(path.as_bstr(), &content));
            // Of what cannot be told, all is there.
            now.insert(path, content.map(accepted));
        }
        let there = told.iter().filter_map(|(spot, told)| {
            let now = now.get(&spot.0).and_then(Option::as_ref);
            let number = now.map_or(*told, |now| now.get(spot).copied().unwrap_or_default());
            let before = known.get(spot).copied().unwrap_or_default();
            (number > 0).then(|| (spot.clone(), number.saturating_sub(before)))
        });
        there.collect()
    }

    /// What comments accepted in files before.
    fn had(&self, side: &Side<'_>, paths: &BTreeSet<&BString>) -> Accepted {
        self.most(&side.since, &mut |snapshot, scan| {
            for path in paths {
                if let Ok(Some(bytes)) = snapshot.read(path.as_bstr()) {
                    scan(path.as_bstr(), &bytes);
                }
            }
        })
    }

    /// How many comments accept each of `values` where none of them did before and nothing is told of: a file that only
    /// has another name, a line that went into another file.
    fn moved_untold(
        &self,
        side: &Side<'_>,
        told: &BTreeMap<Spot, usize>,
        values: &HashMap<String, usize>,
    ) -> HashMap<String, usize> {
        let Some(since) = side.since.first() else { return HashMap::new() };
        let mut now = self.accepted(&mut |scan| {
            side.after.visit_changed(since, &mut |path, bytes| {
                if holds_mark(bytes) {
                    scan(path, bytes);
                }
            });
        });
        now.retain(|spot, _| values.contains_key(&spot.1) && !told.contains_key(spot));
        let before = self.had(side, &now.keys().map(|(path, _)| path).collect());
        let mut moved = HashMap::new();
        for (spot, number) in &now {
            let known = before.get(spot).copied().unwrap_or_default();
            *moved.entry(spot.1.clone()).or_default() += number.saturating_sub(known);
        }
        moved
    }

    /// The same without those that moved there: that a comment accepted in a file in which the value no longer stands.
    fn not_moved(
        &self,
        side: &Side<'_>,
        new: BTreeMap<Spot, usize>,
        secrets: &HashMap<String, Secret>,
    ) -> BTreeMap<Spot, usize> {
        if new.values().all(|number| *number == 0) {
            return new;
        }
        let mut moved: HashMap<String, usize> = HashMap::new();
        let gone = self.most(&side.since, &mut |snapshot, scan| {
            let mut visit = |path: &BStr, bytes: &[u8]| {
                if holds_mark(bytes) {
                    scan(path, bytes);
                }
            };
            match side.after.stored() {
                Some(now) => snapshot.visit_changed(now, &mut visit),
                None => snapshot.visit(&|_| true, &mut visit),
            };
        });
        for ((path, fingerprint), number) in gone {
            let lacks = |secret: &Secret| side.after.lacks(path.as_bstr(), secret.expose());
            let is_gone = secrets.get(&fingerprint).is_some_and(lacks);
            *moved.entry(fingerprint).or_default() += if is_gone { number } else { 0 };
        }
        moved.retain(|_, left| *left > 0);
        if !moved.is_empty() {
            for (value, number) in self.moved_untold(side, &new, &moved) {
                moved.entry(value).and_modify(|left| *left = left.saturating_sub(number));
            }
        }
        let rest = |(spot, number): (Spot, usize)| {
            let left = moved.entry(spot.1.clone()).or_default();
            let taken = number.min(*left);
            *left -= taken;
            (spot, number - taken)
        };
        new.into_iter().map(rest).collect()
    }

    /// The fingerprints of what comments accepted anywhere before.
    fn accepted_before(&self, side: &Side<'_>) -> BTreeSet<String> {
        let accepted = self.most(&side.since, &mut |snapshot, scan| {
            snapshot.visit(&|_| true, &mut |path, bytes| {
                if holds_mark(bytes) {
                    scan(path, bytes);
                }
            });
        });
        accepted.into_keys().map(|(_, fingerprint)| fingerprint).collect()
    }

    /// What comments accepted in the files that `visit` hands on of revisions: in the one of them where it is most.
    fn most(&self, since: &[&Snapshot], visit: &mut dyn FnMut(&Snapshot, Scan<'_>)) -> Accepted {
        let mut most = Accepted::new();
        for snapshot in since {
            for (spot, number) in self.accepted(&mut |scan| visit(snapshot, scan)) {
                let known = most.entry(spot).or_default();
                *known = number.max(*known);
            }
        }
        most
    }

    /// In the files that `visit` hands on.
    fn accepted(&self, visit: &mut dyn FnMut(Scan<'_>)) -> Accepted {
        let (left_out, never) = (LeftOut::default(), AtomicBool::new(false));
        let counters = Arc::new(Counters::default());
        let targets = vec![BString::from(".")];
        let collector = Collector::new(self.detector, self.settings, &left_out, targets, &never, counters);
        visit(&mut |path, bytes| {
            let origin = Origin {
                kind: LocationKind::Blob,
                target: 0,
                path: Some(path),
                shown: Some(path),
                object: None,
            };
            collector.blob(origin, bytes);
        });
        let suppressed = collector.finish().suppressed.into_iter();
        let inline = suppressed.filter(|(_, suppression)| suppression.by == SuppressedBy::Inline);
        let mut accepted = Accepted::new();
        for (finding, _) in inline {
            for spot in finding.locations.iter().filter_map(|place| spot(&finding, place)) {
                *accepted.entry(spot).or_default() += 1;
            }
        }
        accepted
    }
}

fn spot(finding: &Finding, place: &Location) -> Option<Spot> {
    Some((place.path.clone()?, finding.fingerprint.clone()))
}

/// Gives the places that a new comment accepts, and with `deny` moves them to the findings.
fn take(
    outcome: &mut Outcome,
    is_new: &mut dyn FnMut(&Finding, &Location) -> bool,
    deny: bool,
) -> Vec<String> {
    let mut named = Vec::new();
    let mut kept = Vec::with_capacity(outcome.suppressed.len());
    for (mut finding, suppression) in outcome.suppressed.drain(..) {
        if suppression.by != SuppressedBy::Inline {
            kept.push((finding, suppression));
            continue;
        }
        let places = std::mem::take(&mut finding.locations);
        let (new, old): (Vec<Location>, Vec<Location>) =
            places.into_iter().partition(|place| is_new(&finding, place));
        named.extend(new.iter().map(described));
        let (open, accepted) = if deny { (new, old) } else { (Vec::new(), [old, new].concat()) };
        if !accepted.is_empty() {
            kept.push((Finding { locations: accepted, ..finding.clone() }, suppression));
        }
        add(&mut outcome.findings, finding, open);
    }
    outcome.suppressed = kept;
    named
}

/// Adds places to the finding of the same value and target, or a finding of them.
fn add(findings: &mut Vec<Finding>, finding: Finding, places: Vec<Location>) {
    let Some(target) = places.first().map(|place| place.target.clone()) else { return };
    let same = |known: &&mut Finding| {
        known.fingerprint == finding.fingerprint && known.locations.iter().any(|place| place.target == target)
    };
    match findings.iter_mut().find(same) {
        Some(known) => known.locations.extend(places),
        None => findings.push(Finding { locations: places, ..finding }),
    }
}

fn note(named: &[String], since: &BTreeSet<&str>, deny: bool) -> Option<Note> {
    if named.is_empty() {
        return None;
    }
    let places = count(named.len() as u64, "place", "places");
    let mut shown = named[..named.len().min(NAMED)].join(", ");
    if named.len() > NAMED {
        shown.push_str(&format!(" and {} more", named.len() - NAMED));
    }
    let what = if deny { "not heeded" } else { "heeded; --deny-new-suppressions would not" };
    let whose = match (since.first(), since.len()) {
        (None, _) => ", all of them new because nothing was there before",
        (Some(one), 1) => &format!(" that {one} does not have"),
        _ => " that what was there before does not have",
    };
    let message = format!("comments leeward:ignore{whose}, at {places}: {shown} ({what})");
    Some(Note { kind: "new-suppressions", message })
}

/// `a.env:3`.
fn described(place: &Location) -> String {
    let path = place.shown.as_ref().or(place.path.as_ref());
    let path = path.map_or_else(|| place.kind.as_str().into(), |path| visible(path));
    format!("{path}:{}", place.region.start_line)
}
