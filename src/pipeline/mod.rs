//! Between sources and reports: scans every blob as it is pushed, keeps only what was found, and groups it at the end.
//!
//! Takes content from any number of threads (see [`Collector`]), gives an [`Outcome`]. Output never depends on threads:
//! everything is sorted when the sources are done.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bstr::{BStr, BString, ByteSlice};

use crate::config::LeftOut;
use crate::decode::{self, Limits, Text};
use crate::detect::{Detector, Match, runs};
use crate::excerpt::Masks;
use crate::finding::{Confidence, LocationKind};
use crate::position::Positions;
use crate::progress::Counters;
use crate::report::line_hash::line_hashes;
use crate::source::{Counted, Issue, LEFT_OUT, Old, Origin, Part, REACH, Sink, TOO_LARGE};

mod aside;
mod before;
mod bindings;
mod comment;
mod counts;
mod destinations;
mod disown;
pub mod explain;
mod group;
mod held;
mod hit;
mod inline;
mod judged;
mod look;
mod moved;
mod names;
mod part;
mod paths;
mod places;
mod skips;
mod strays;
pub mod told;

use bindings::{Naming, Reading};
use counts::Counts;
use held::{Before, Held};
use hit::{Hit, Shown};
use inline::Mark;
use judged::Judged;
use look::Look;
use paths::stem;
use skips::{Skips, name};
use strays::Strays;

pub use before::{AcceptedValues, JudgedBefore, SettingsBefore};
pub use group::{Outcome, fingerprint};
pub(crate) use inline::holds_mark;

/// What is reported, of all that is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Least confidence that is reported.
    pub confidence: Confidence,
    /// Whether a comment beside a secret can accept it.
    pub inline_ignores: bool,
    /// How far what is encoded or packed is looked into.
    pub limits: Limits,
    /// Larger content is left out, in bytes.
    pub max_file_size: Option<u64>,
}

/// Takes what sources push, and keeps what is found.
pub struct Collector<'a> {
    detector: &'a Detector,
    settings: Settings,
    left_out: &'a LeftOut,
    /// The settings of each state that the change begins at which is scanned.
    settings_before: OnceLock<Arc<[SettingsBefore]>>,
    look: Look,
    targets: Vec<BString>,
    interrupted: &'a AtomicBool,
    progress: Arc<Counters>,
    counts: Counts,
    below_confidence: AtomicU64,
    hits: Mutex<Vec<Hit>>,
    /// What was found, and is not reported for what other files do with it.
    disowned: Vec<Hit>,
    /// The content of a file was scanned, and not only its size told.
    looked_into: AtomicBool,
    /// Something was seen that could be about what a rule looks for.
    interest: AtomicBool,
    strays: Strays,
    judged: Judged,
    namings: Mutex<Vec<Naming>>,
    readings: Mutex<Vec<Reading>>,
    before: Before,
    issues: Mutex<Vec<Issue>>,
    skipped: Skips,
}

/// A lock whose holder may have panicked: what it guards is a list, whole after every push.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Collector<'a> {
    /// For targets as typed, of which paths are left out. Sources stop soon after `interrupted` is set.
    pub fn new(
        detector: &'a Detector,
        settings: Settings,
        left_out: &'a LeftOut,
        targets: Vec<BString>,
        interrupted: &'a AtomicBool,
        progress: Arc<Counters>,
    ) -> Self {
        Collector {
            detector,
            settings,
            left_out,
            settings_before: OnceLock::new(),
            targets,
            interrupted,
            progress,
            counts: Counts::default(),
            below_confidence: AtomicU64::new(0),
            hits: Mutex::default(),
            disowned: Vec::new(),
            look: Look::Candidates,
            looked_into: AtomicBool::new(false),
            interest: AtomicBool::new(false),
            strays: Strays::default(),
            judged: Judged::default(),
            namings: Mutex::default(),
            readings: Mutex::default(),
            before: Before::default(),
            issues: Mutex::default(),
            skipped: Skips::default(),
        }
    }

    /// Files, refs and objects so far: whether there was anything to scan at all.
    pub fn anything_scanned(&self) -> bool {
        self.counts.anything()
    }

    /// Whether the configuration left something out.
    pub fn anything_left_out(&self) -> bool {
        self.skipped.contain(LEFT_OUT)
    }

    /// Tells the settings of each state that the change begins at which is scanned. The first to tell is heeded.
    pub fn settings_before(&self, before: Arc<[SettingsBefore]>) {
        drop(self.settings_before.set(before));
    }

    /// Scans one piece of content, and keeps what is found.
    fn scan(&self, origin: Origin<'_>, bytes: &[u8], olds: &[Old<'_>]) {
        self.keep(self.found(origin, bytes, olds));
    }

    /// What is found in one piece of content. A fault of ours in one blob does not end the run.
    fn found(&self, origin: Origin<'_>, bytes: &[u8], olds: &[Old<'_>]) -> Vec<Hit> {
        if self.is_too_large(origin.kind, bytes) {
            self.skip(TOO_LARGE, name(origin));
            return Vec::new();
        }
        self.looks_into(origin.kind);
        self.guarded(origin, bytes, olds, true)
    }

    fn keep(&self, hits: Vec<Hit>) {
        if !hits.is_empty() {
            lock(&self.hits).extend(hits);
        }
    }

    /// Scans a content that is `whole`, or a part of one. Should that fail, it is said.
    fn guarded(&self, origin: Origin<'_>, bytes: &[u8], olds: &[Old<'_>], whole: bool) -> Vec<Hit> {
        let scanned = catch_unwind(AssertUnwindSafe(|| self.detect(origin, bytes, olds, whole)));
        scanned.unwrap_or_else(|_| {
            let message = "leeward failed on this content, which is a bug; it was not scanned to its end";
            self.tell(origin, Issue::new("internal-error", message));
            Vec::new()
        })
    }

    fn detect(&self, origin: Origin<'_>, bytes: &[u8], olds: &[Old<'_>], whole: bool) -> Vec<Hit> {
        self.tell_unopened(origin, bytes);
        if self.is_interrupted() || !self.is_worth_a_look(origin.kind, bytes) && !self.is_named(origin) {
            return Vec::new();
        }
        let mut hits = Vec::new();
        let mut issues = Vec::new();
        let limits = self.settings.limits;
        let bytes = if origin.kind == LocationKind::Path { stem(bytes) } else { bytes };
        let held = Held::new(self, origin, olds);
        let mut marks = Vec::new();
        let mut visit = |text: &Text<'_>| {
            if self.is_interrupted() {
                return;
            }
            for (hit, mark) in self.text(origin, text, &held) {
                hits.push(hit);
                marks.push(mark);
            }
        };
        let interest = |bytes: &[u8]| {
            let interesting = self.is_named(origin) || self.detector.is_interesting(bytes);
            self.interest.fetch_or(interesting, Ordering::Relaxed);
            interesting
        };
        decode::texts(bytes, limits, &interest, &mut visit, &mut |issue| issues.push(issue));
        inline::settle(&mut hits, &marks);
        held.take(&mut hits);
        // An archive that only a part of is here is told by who reads the parts.
        let issues = issues.into_iter().filter(|issue| whole || issue.kind != decode::CORRUPT);
        issues.for_each(|issue| self.tell(origin, issue));
        if origin.kind == LocationKind::File && !hits.is_empty() {
            let lines: Vec<u64> = hits.iter().map(|hit| hit.location.region.start_line).collect();
            for (hit, hash) in hits.iter_mut().zip(line_hashes(bytes, &lines)) {
                hit.location.line_hash = hash.filter(|_| hit.location.inner.is_empty());
            }
        }
        hits
    }

    /// Whether a content of a kind can hold anything that is looked for.
    fn is_worth_a_look(&self, kind: LocationKind, bytes: &[u8]) -> bool {
        // A report of what was found so far says that it ended early.
        if self.is_interrupted() {
            return false;
        }
        // Names are not encoded.
        let visible = match &self.look {
            Look::Candidates => None,
            // Code that reads a name stands as it is.
            Look::Names(names) => return names.may_be_read(bytes) || self.may_give_address(bytes, names),
            Look::Copies(known) => Some(known.may_hold(bytes)),
        };
        let may_be_encoded = kind != LocationKind::Path;
        let mut probe = decode::Probe::default();
        visible == Some(true)
            || runs::dense_blocks(bytes).any(|block| {
                (visible.is_none() && self.detector.may_match_at(bytes, block))
                    || (may_be_encoded && probe.is_encoded(bytes, block))
            })
            || (may_be_encoded && decode::holds_container(bytes))
            || self.detector.may_match_elsewhere(bytes)
            || (may_be_encoded && (self.detector.is_interesting(bytes) || decode::may_hold_escapes(bytes)))
    }

    /// Whether the content's path makes it interesting.
    fn is_named(&self, origin: Origin<'_>) -> bool {
        origin.kind != LocationKind::Path
            && origin.path.is_some_and(|path| self.detector.is_interesting(path))
    }

    /// Scans one of the texts of a blob.
    fn text(&self, origin: Origin<'_>, text: &Text<'_>, held: &Held<'_>) -> Vec<(Hit, Option<Mark>)> {
        let path = text.inner.last().map(|name| name.as_bstr()).or(origin.path);
        let mut strays = Vec::new();
        let matches = match &self.look {
            Look::Candidates => {
                let read = self.as_read(origin.kind, text.bytes);
                let stop = || self.is_interrupted();
                self.detector.scan_with(&read, path, &mut |span| strays.push(span), &stop)
            }
            Look::Copies(known) => self.copies(known, text.bytes, path, held),
            Look::Names(names) => {
                self.read(origin, text, names, held);
                self.given_addresses(origin, text, names);
                Vec::new()
            }
        };
        let (reported, below): (Vec<Match>, Vec<Match>) = matches
            .into_iter()
            .filter(|m| text.is_decoded(&m.span))
            .partition(|m| m.confidence >= self.settings.confidence || m.published);
        strays.retain(|span| text.is_decoded(span));
        strays.extend(below.iter().map(|m| m.span.clone()));
        let standing = held.standing(strays.iter().map(|span| &text.bytes[span.clone()]));
        let new = below.iter().filter(|m| !standing.contains(m.secret.expose())).count();
        self.below_confidence.fetch_add(new as u64, Ordering::Relaxed);
        for span in &strays {
            if self.stray(origin, text, span) && standing.contains(&text.bytes[span.clone()]) {
                held.remember_names();
            }
        }
        if reported.is_empty() {
            return Vec::new();
        }
        if matches!(self.look, Look::Candidates) {
            reported.iter().for_each(|found| self.doubt(origin, text, found));
        }
        // Every candidate of the text is masked, reported or not.
        let container = text.locate(reported[0].span.clone()).container;
        let masks = reported.iter().chain(&below);
        let masks = masks.map(|m| (text.locate(m.span.clone()).span, m.secret.redacted()));
        let masks = Masks::new(masks, container.len());
        let shown = Shown { positions: Positions::new(&container), masks };
        reported.into_iter().map(|found| self.hit(origin, text, found, &shown)).collect()
    }

    fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Everything found, grouped and sorted.
    pub fn finish(self) -> Outcome {
        let coverage = self.counts.into_coverage(self.skipped.into_list());
        let mut issues = self.issues.into_inner().unwrap_or_else(PoisonError::into_inner);
        issues.sort();
        issues.dedup();
        let mut hits = self.hits.into_inner().unwrap_or_else(PoisonError::into_inner);
        held::without_old_copies(&mut hits, self.left_out);
        let notes = inline::notes(&hits);
        let (findings, suppressed) = group::group(hits, self.detector.rules());
        let below_confidence = self.below_confidence.into_inner();
        let comments_refused = None;
        Outcome { findings, suppressed, issues, coverage, below_confidence, notes, comments_refused }
    }
}

impl Sink for Collector<'_> {
    fn blob(&self, origin: Origin<'_>, bytes: &[u8]) {
        match origin.kind {
            LocationKind::Path => self.scan_name(origin, bytes),
            _ => self.scan(origin, bytes, &[]),
        }
    }

    fn part(&self, origin: Origin<'_>, bytes: &[u8], part: &Part) {
        self.scan_part(origin, bytes, part);
    }

    fn begins_archive(&self, start: &[u8]) -> bool {
        decode::begins_archive(start)
    }

    fn ends_archive(&self, end: &[u8]) -> bool {
        decode::ends_archive(end)
    }

    fn changed(&self, origin: Origin<'_>, bytes: &[u8], olds: &[Old<'_>]) {
        self.scan(origin, bytes, olds);
    }

    fn worth_splitting(&self, kind: LocationKind, bytes: &[u8]) -> bool {
        // What is not opened is told of.
        decode::unopened(bytes).is_some() || self.is_worth_a_look(kind, bytes)
    }

    fn reach(&self) -> usize {
        REACH.max(self.look.reach(self.detector))
    }

    fn depends_on_directory(&self, name: &BStr) -> bool {
        // Names and values that are known are known by themselves.
        matches!(self.look, Look::Candidates) && self.may_be_told(name)
    }

    fn is_directory_telling(&self, path: &BStr) -> bool {
        self.detector.is_path_telling(path)
    }

    fn name_in(&self, directory: &BStr, origin: Origin<'_>, name: &BStr) {
        self.scan_name_in(directory, origin, name);
    }

    fn leaves_out(&self, target: usize, path: &BStr) -> bool {
        self.left_out.contains(target, path)
    }

    fn is_selective(&self, target: usize) -> bool {
        self.left_out.concerns(target)
    }

    fn count(&self, what: Counted, number: u64) {
        self.counts.add(what, number);
        match what {
            Counted::File => self.progress.done.fetch_add(number, Ordering::Relaxed),
            Counted::Bytes => self.progress.bytes.fetch_add(number, Ordering::Relaxed),
            _ => 0,
        };
    }

    fn skip(&self, reason: &'static str, example: &BStr) {
        self.skipped.add(reason, example);
    }

    fn issue(&self, issue: Issue) {
        lock(&self.issues).push(issue);
    }

    fn interrupted(&self) -> bool {
        self.is_interrupted()
    }
}
