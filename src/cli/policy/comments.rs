//! Comments `leeward:ignore` that a change adds: told from those that a revision has already, counted apart, and not
//! heeded where that was asked for. Which revision that is, `since` knows.
//!
//! A comment is old if the revision accepts the same value by a comment in the same file, or in one that is gone since or
//! no longer holds it: it moved. Each is so once: where there are more than there were, the others are new, and so is what
//! cannot be told.

use std::collections::{BTreeSet, HashMap};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bstr::{BStr, BString, ByteSlice as _};

use super::Policy;
use super::files::{Files, Stored};
use super::since::{Asked, Now};
use crate::config::LeftOut;
use crate::detect::Detector;
use crate::finding::{Finding, Location, LocationKind, SuppressedBy};
use crate::pipeline::{Collector, Outcome, Settings, holds_mark};
use crate::progress::Counters;
use crate::report::Note;
use crate::sanitize::visible;
use crate::secret::Secret;
use crate::source::history::range::Snapshot;
use crate::source::index::IndexFiles;
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
    /// Says which comments are new since the revision that this policy is of. With `deny`, what they accept is found.
    pub(in crate::cli) fn judge_comments(
        &self,
        outcome: &mut Outcome,
        detector: &Detector,
        asked: &Asked<'_>,
    ) {
        let of_revision = match &*self.files {
            Files::Of { stored: Stored::Asked(snapshot), .. } => Some(snapshot),
            _ => None,
        };
        let inline = || outcome.suppressed.iter().filter(|(_, by)| by.by == SuppressedBy::Inline);
        if inline().next().is_none() {
            return;
        }
        let (opened, deny) = match of_revision {
            Some(_) => (Vec::new(), asked.deny),
            None if asked.denies() => (asked.since(), true),
            None => return,
        };
        let since: Vec<&Snapshot> = of_revision.into_iter().chain(&opened).collect();
        let settings = Settings { inline_ignores: true, ..self.settings() };
        let before = Before { since: &since, detector, settings };
        let top = match &*self.files {
            Files::Of { top, .. } => top.clone(),
            Files::Disk => asked.top(),
        };
        let after = After::of(&asked.now, top);
        let spots =
            inline().flat_map(|(finding, _)| finding.locations.iter().map(|place| spot(finding, place)));
        let mut told = Accepted::new();
        let mut all_have_paths = true;
        for spot in spots {
            match spot {
                Some(spot) => *told.entry(spot).or_default() += 1,
                None => all_have_paths = false,
            }
        }
        let known = before.in_files(&told.keys().map(|(path, _)| path.clone()).collect());
        let mut old = before.old(&told, &known, &after);
        if all_have_paths && told.iter().all(|(spot, number)| old.get(spot) >= Some(number)) {
            return;
        }
        let secrets: HashMap<String, Secret> =
            inline().map(|(finding, _)| (finding.fingerprint.clone(), finding.secret.clone())).collect();
        let mut moved = before.moved(&after, &secrets);
        let mut is_new = |finding: &Finding, place: &Location| {
            let stayed = spot(finding, place).and_then(|spot| old.get_mut(&spot)).filter(|left| **left > 0);
            let left = stayed.or_else(|| moved.get_mut(&finding.fingerprint).filter(|left| **left > 0));
            left.map(|left| *left -= 1).is_none()
        };
        let named = take(outcome, &mut is_new, deny);
        outcome.notes.extend(note(&named, &since, deny));
        if deny && !named.is_empty() {
            outcome.comments_refused = Some("--deny-new-suppressions".to_owned());
        }
        outcome.sort();
    }
}

/// What comments accepted in revisions: in the one of them where it is most.
struct Before<'a> {
    since: &'a [&'a Snapshot],
    detector: &'a Detector,
    settings: Settings,
}

impl Before<'_> {
    /// In the files at these paths.
    fn in_files(&self, paths: &BTreeSet<BString>) -> Accepted {
        self.most(&mut |snapshot, scan| {
            for path in paths {
                if let Ok(Some(bytes)) = snapshot.read(path.as_bstr()) {
                    scan(path.as_bstr(), &bytes);
                }
            }
        })
    }

    /// In the files that `visit` hands on of each revision.
    fn most(&self, visit: &mut dyn FnMut(&Snapshot, Scan<'_>)) -> Accepted {
        let mut most = Accepted::new();
        for snapshot in self.since {
            for (spot, number) in self.accepted(&mut |scan| visit(snapshot, scan)) {
                let known = most.entry(spot).or_default();
                *known = number.max(*known);
            }
        }
        most
    }

    /// How many of the comments that are told of are old where they are. `known`: how many there were.
    fn old(&self, told: &Accepted, known: &Accepted, after: &After<'_>) -> Accepted {
        let mut old = Accepted::new();
        for (spot, told) in told {
            let Some(known) = known.get(spot) else { continue };
            // What is told of a change is a part of what is there after it.
            let now = after.contents(spot.0.as_bstr()).into_iter().map(|content| {
                let accepted = self.accepted(&mut |scan| scan(spot.0.as_bstr(), &content));
                accepted.get(spot).copied().unwrap_or_default()
            });
            let now = now.max().unwrap_or(*told);
            let new = now.saturating_sub(*known);
            old.insert(spot.clone(), told.saturating_sub(new));
        }
        old
    }

    /// For each of some fingerprints, how many comments accepted it in files where its value no longer stands.
    fn moved(&self, after: &After<'_>, secrets: &HashMap<String, Secret>) -> HashMap<String, usize> {
        let accepted = self.most(&mut |snapshot, scan| {
            snapshot.visit(&|_| true, &mut |path, bytes| {
                if holds_mark(bytes) {
                    scan(path, bytes);
                }
            });
        });
        let mut moved = HashMap::new();
        for ((path, fingerprint), number) in accepted {
            let Some(secret) = secrets.get(&fingerprint) else { continue };
            let gone = after.lacks(path.as_bstr(), secret.expose());
            *moved.entry(fingerprint).or_insert(0) += if gone { number } else { 0 };
        }
        moved
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

/// Where it is looked up whether a value still stands.
enum After<'a> {
    /// Below a directory.
    Disk(PathBuf),
    Index(&'a IndexFiles),
    Revisions(Vec<Snapshot>),
}

impl<'a> After<'a> {
    fn of(now: &Now<'a>, top: PathBuf) -> After<'a> {
        match now {
            Now::Disk => After::Disk(top),
            Now::Index(files) => After::Index(files),
            Now::Revisions(ends) => After::Revisions(ends()),
        }
    }

    /// What stands at a path in what is stored; of files on disk, all is told of anyway.
    fn contents(&self, path: &BStr) -> Vec<Vec<u8>> {
        match self {
            After::Disk(_) => Vec::new(),
            After::Index(files) => files.read(path).ok().flatten().into_iter().collect(),
            After::Revisions(ends) => ends.iter().filter_map(|end| end.read(path).ok()?).collect(),
        }
    }

    /// Whether the file at a path is gone, or holds a value no more. False where that cannot be told.
    fn lacks(&self, path: &BStr, secret: &[u8]) -> bool {
        let stored = |read: Result<Option<Vec<u8>>, String>| {
            read.is_ok_and(|content| content.is_none_or(|content| !content.contains_str(secret)))
        };
        match self {
            After::Disk(top) => match path.to_path().map(|path| std::fs::read(top.join(path))) {
                Ok(Ok(now)) => !now.contains_str(secret),
                Ok(Err(error)) => error.kind() == ErrorKind::NotFound,
                Err(_) => false,
            },
            After::Index(files) => stored(files.read(path)),
            After::Revisions(ends) => !ends.is_empty() && ends.iter().all(|end| stored(end.read(path))),
        }
    }
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

fn note(named: &[String], since: &[&Snapshot], deny: bool) -> Option<Note> {
    if named.is_empty() {
        return None;
    }
    let places = count(named.len() as u64, "place", "places");
    let mut shown = named[..named.len().min(NAMED)].join(", ");
    if named.len() > NAMED {
        shown.push_str(&format!(" and {} more", named.len() - NAMED));
    }
    let what = if deny { "not heeded" } else { "heeded; --deny-new-suppressions would not" };
    let whose = match since {
        [] => ", all of them new because nothing was there before",
        [one] => &format!(" that {} does not have", one.name()),
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
