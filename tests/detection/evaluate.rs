//! Compares what the detector reports with what the corpus expects.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bstr::BStr;
use leeward::config::LeftOut;
use leeward::decode::Limits;
use leeward::detect::Detector;
use leeward::finding::{Confidence, LocationKind};
use leeward::pipeline::{Collector, Settings};
use leeward::position::Positions;
use leeward::progress::Counters;
use leeward::secret::Secret;
use leeward::source::{Origin, Sink as _};

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

/// What is reported in one place.
#[derive(Debug, PartialEq)]
struct Report {
    rule: String,
    secret: Secret,
    span: Range<usize>,
    confidence: Confidence,
    why: String,
}

/// Scans every file of a category: each by itself, or those of a case that spans several together.
pub(crate) fn category(detector: &Detector, category: &Category) -> Tally {
    let mut tally = Tally { name: category.name.clone(), later: category.later, ..Tally::default() };
    for together in category.cases.chunk_by(|a, b| a.scan.is_some() && a.scan == b.scan) {
        let mut found = reports(detector, together.iter());
        if together.len() > 1 {
            let backwards = reports(detector, together.iter().rev());
            assert_eq!(found, backwards, "{}: the order of files changes what is found", together[0].file);
        }
        for case in together {
            tell(case, found.remove(case.path.as_str()).unwrap_or_default(), &mut tally);
        }
    }
    tally
}

/// What a scan of some files reports, by file, in order.
fn reports<'c>(
    detector: &Detector,
    cases: impl Iterator<Item = &'c Case> + Clone,
) -> BTreeMap<&'c str, Vec<Report>> {
    let settings = Settings {
        confidence: Confidence::Medium,
        inline_ignores: false,
        limits: Limits::default(),
        max_file_size: None,
    };
    let (interrupted, counters) = (AtomicBool::new(false), Arc::new(Counters::default()));
    let (left_out, targets) = (LeftOut::default(), vec![".".into()]);
    let mut collector = Collector::new(detector, settings, &left_out, targets, &interrupted, counters);
    let sources = |sink: &Collector<'_>| {
        for case in cases.clone() {
            let path = Some(BStr::new(&case.path));
            let origin = Origin { kind: LocationKind::File, target: 0, path, shown: path, object: None };
            sink.blob(origin, &case.content.bytes);
        }
    };
    sources(&collector);
    collector.look_again(sources);
    let outcome = collector.finish();
    assert!(outcome.issues.is_empty(), "{:?}", outcome.issues);
    let mut reports: BTreeMap<&str, Vec<Report>> = BTreeMap::new();
    for finding in outcome.findings {
        for location in &finding.locations {
            let case = cases
                .clone()
                .find(|case| location.path.as_ref().is_some_and(|path| path == case.path.as_str()));
            let span = location.bytes.clone().expect("the corpus holds no archives");
            reports.entry(case.expect("a file that was pushed").path.as_str()).or_default().push(Report {
                rule: finding.rule_id.clone(),
                secret: finding.secret.clone(),
                span: span.start as usize..span.end as usize,
                confidence: finding.confidence,
                why: finding.evidence.first().cloned().unwrap_or_default(),
            });
        }
    }
    reports.values_mut().for_each(|reports| reports.sort_by_key(|report| report.span.start));
    reports
}

/// Compares what is reported in a file with what should be.
fn tell(case: &Case, mut reports: Vec<Report>, tally: &mut Tally) {
    let positions = Positions::new(&case.content.bytes);
    let note = |span: &Range<usize>, what: &str| {
        let region = positions.region(span.clone());
        format!("{}:{}:{}: {what}", case.file, region.start_line, region.start_column)
    };

    tally.files += 1;
    for slot in &case.content.slots {
        tally.expected += 1;
        let rule = |report: &Report| report.rule == case.rule;
        let Some(index) = best(&reports, slot, &case.content.slots, rule) else {
            let other = reports.iter().find(|report| report.secret == slot.secret && !rule(report));
            let why = other.map_or(String::new(), |other| format!(" (reported as {})", other.rule));
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
        let Report { rule, why, .. } = report;
        let confidence = report.confidence.as_str();
        tally.notes.push(note(&report.span, &format!("wrongly reported: {rule}, {confidence}: {why}")));
    }
    tally.extra += reports.len();
    tally.extra_files += usize::from(!reports.is_empty());
}

/// The report of a key: the one at its place, else one that is at no other key's place.
fn best(reports: &[Report], slot: &Slot, slots: &[Slot], rule: impl Fn(&Report) -> bool) -> Option<usize> {
    let is = |report: &Report| report.secret == slot.secret && rule(report);
    let placed = reports.iter().position(|report| is(report) && at_its_place(report, slot));
    let free = |report: &Report| !slots.iter().any(|other| at_its_place(report, other));
    placed.or_else(|| reports.iter().position(|report| is(report) && free(report)))
}

fn at_its_place(report: &Report, slot: &Slot) -> bool {
    if slot.plain {
        report.span == slot.span
    } else {
        slot.span.start <= report.span.start && report.span.end <= slot.span.end
    }
}
