//! Compares what the detector reports with what the corpus expects.

use std::ops::Range;

use bstr::BStr;
use leeward::decode::{self, Limits, Text};
use leeward::detect::{Detector, Match};
use leeward::finding::Confidence;
use leeward::position::Positions;

use crate::corpus::{Case, Category};
use crate::template::Slot;

/// The numbers of one category, and what is wrong in words.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) name: String,
    pub(crate) later: bool,
    pub(crate) files: usize,
    /// Keys that should be found.
    pub(crate) expected: usize,
    /// Of them, those whose value is reported by the right rule.
    pub(crate) found: usize,
    /// Of them, those at their place.
    pub(crate) exact: usize,
    /// Exact ones whose confidence the specification fixes.
    pub(crate) fixed: usize,
    /// Of them, those with that confidence.
    pub(crate) agreed: usize,
    /// Reports that are no expected key.
    pub(crate) extra: usize,
    /// Files with such a report.
    pub(crate) extra_files: usize,
    /// Lines to print: `file:line:column: what`.
    pub(crate) notes: Vec<String>,
}

impl Tally {
    /// It holds keys to find.
    pub(crate) fn is_positive(&self) -> bool {
        self.name.starts_with("positive/")
    }
}

/// Scans every file of a category.
pub(crate) fn category(detector: &Detector, category: &Category) -> Tally {
    let mut tally = Tally { name: category.name.clone(), later: category.later, ..Tally::default() };
    for case in &category.cases {
        scan(detector, case, &mut tally);
    }
    tally
}

/// What is found in the bytes and in everything encoded in them, at its place in the stored bytes.
fn reports(detector: &Detector, bytes: &[u8], path: &str) -> Vec<Match> {
    let mut reports = Vec::new();
    let mut visit = |text: &Text<'_>| {
        for mut found in detector.scan(text.bytes, Some(BStr::new(path))) {
            if text.is_decoded(&found.span) {
                let place = text.locate(found.span.clone()).stored.expect("the corpus holds no archives");
                found.span = place.start as usize..place.end as usize;
                reports.push(found);
            }
        }
    };
    let interest = |bytes: &[u8]| detector.is_interesting(bytes) || detector.is_interesting(path.as_bytes());
    decode::texts(bytes, Limits::default(), &interest, &mut visit, &mut |issue| panic!("{issue:?}"));
    reports
}

fn scan(detector: &Detector, case: &Case, tally: &mut Tally) {
    let bytes = &case.content.bytes;
    let mut reports = reports(detector, bytes, &case.path);
    reports.retain(|report| !report.published && report.confidence >= Confidence::Medium);
    let positions = Positions::new(bytes);
    let note = |span: &Range<usize>, what: &str| {
        let region = positions.region(span.clone());
        format!("{}:{}:{}: {what}", case.file, region.start_line, region.start_column)
    };

    tally.files += 1;
    for slot in &case.content.slots {
        tally.expected += 1;
        let rule = |report: &Match| detector.rules()[report.rule].id == case.rule;
        let Some(index) = best(&reports, slot, &case.content.slots, rule) else {
            let other = reports.iter().find(|report| report.secret == slot.secret && !rule(report));
            let why =
                other.map_or(String::new(), |r| format!(" (reported as {})", detector.rules()[r.rule].id));
            tally.notes.push(note(&slot.span, &format!("missed {}{why}", slot.name)));
            continue;
        };
        let report = reports.swap_remove(index);
        tally.found += 1;
        if !at_its_place(&report, slot) {
            tally.notes.push(note(&slot.span, &format!("{} is reported at {:?}", slot.name, report.span)));
            continue;
        }
        tally.exact += 1;
        if let Some(confidence) = case.confidence {
            tally.fixed += 1;
            if report.confidence == confidence {
                tally.agreed += 1;
            } else {
                let (is, should) = (report.confidence.as_str(), confidence.as_str());
                tally.notes.push(note(&slot.span, &format!("{} is {is}, not {should}", slot.name)));
            }
        }
    }
    for report in &reports {
        let rule = &detector.rules()[report.rule].id;
        let confidence = report.confidence.as_str();
        let why = report.evidence.first().map_or("", String::as_str);
        tally.notes.push(note(&report.span, &format!("wrongly reported: {rule}, {confidence}: {why}")));
    }
    tally.extra += reports.len();
    tally.extra_files += usize::from(!reports.is_empty());
}

/// The report of a key: the one at its place, else one that is at no other key's place.
fn best(reports: &[Match], slot: &Slot, slots: &[Slot], rule: impl Fn(&Match) -> bool) -> Option<usize> {
    let is = |report: &Match| report.secret == slot.secret && rule(report);
    let placed = reports.iter().position(|report| is(report) && at_its_place(report, slot));
    let free = |report: &Match| !slots.iter().any(|other| at_its_place(report, other));
    placed.or_else(|| reports.iter().position(|report| is(report) && free(report)))
}

fn at_its_place(report: &Match, slot: &Slot) -> bool {
    if slot.plain {
        report.span == slot.span
    } else {
        slot.span.start <= report.span.start && report.span.end <= slot.span.end
    }
}
