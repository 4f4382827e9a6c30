//! `leeward rules list --timing`: what each rule costs on files that matter to whoever asks.
//!
//! Reads files as a scan does, and runs every rule over each: alone, and together with the others but it. One thread,
//! and of several runs of a file the fastest, so that what else the machine does is not put down to a rule.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use bstr::{BStr, ByteSlice};

use super::UsageError;
use super::args::RuleFiles;
use super::rules::rules;
use super::scan::exists;
use crate::decode::{self, Limits};
use crate::detect::Detector;
use crate::finding::LocationKind;
use crate::source::{Counted, Issue, Old, Origin, Part, Sink, stdin, worktree};
use crate::words::{bytes, count, seconds};

/// How often each file is scanned.
const RUNS: usize = 3;

/// What is measured, each in its own column.
struct Stopwatch {
    /// All rules.
    all: Detector,
    /// For each rule, it alone, and all but it.
    parts: Vec<(String, Detector, Option<Detector>)>,
    sums: Mutex<Sums>,
}

/// What was measured so far.
#[derive(Default)]
struct Sums {
    files: u64,
    bytes: u64,
    decoding: Duration,
    all: Duration,
    /// For each rule: alone, and without it.
    parts: Vec<(Duration, Duration)>,
    unread: u64,
}

/// Measures the rules in force on some paths, and says so.
///
/// # Errors
///
/// If a rule cannot be used, or a path is not there.
pub(super) fn timing(paths: &[PathBuf], files: &RuleFiles) -> Result<String, UsageError> {
    let all = rules(files)?;
    let mut parts = Vec::new();
    for rule in all.rules() {
        let others = rules(files)?.without(&rule.id);
        let others = (!others.rules().is_empty()).then(|| Detector::new(others));
        parts.push((rule.id.clone(), Detector::new(rules(files)?.only(&rule.id)), others));
    }
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here } else { paths };
    let is_stdin = |path: &Path| path == Path::new("-");
    for path in paths.iter().filter(|path| !is_stdin(path)) {
        exists(path)?;
    }
    let sums = Sums { parts: vec![Default::default(); parts.len()], ..Sums::default() };
    let watch = Stopwatch { all: Detector::new(all), parts, sums: Mutex::new(sums) };
    let options = worktree::Options { threads: 1, ..worktree::Options::default() };
    let input = stdin::Input::default();
    for (target, path) in paths.iter().enumerate() {
        match is_stdin(path) {
            true => input.scan(target, None, &watch),
            false => worktree::scan(path, target, options, &watch),
        }
    }
    Ok(watch.table())
}

impl Stopwatch {
    fn table(&self) -> String {
        let sums = self.sums.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let width =
            self.parts.iter().map(|(id, ..)| id.len()).max().unwrap_or(0).max("all rules together".len());
        let time = |duration: Duration| seconds(duration.as_secs_f64());
        let mut out = format!(
            "Cost over {}, {}: one thread, of {RUNS} runs of each file the fastest\n",
            count(sums.files, "file", "files"),
            bytes(sums.bytes)
        );
        let mut row = |name: &str, alone: &str, adds: &str| {
            writeln!(out, "{}", format!("  {name:width$}  {alone:>9}  {adds:>9}").trim_end())
                .expect("a string");
        };
        row("", "alone", "adds");
        row("decoding", &time(sums.decoding), "");
        for ((id, ..), (alone, without)) in self.parts.iter().zip(&sums.parts) {
            row(id, &time(*alone), &time(sums.all.saturating_sub(*without)));
        }
        row("all rules together", &time(sums.all), "");
        out.push_str("Rules that look for the same runs of characters look for them once; what a rule adds is what all\n");
        out.push_str("take with it more than without it. Reading files, and looking again, is not in it.\n");
        if sums.unread > 0 {
            writeln!(out, "Not read: {}", count(sums.unread, "file", "files")).expect("a string");
        }
        out
    }

    /// The time that a detector takes for all texts of a file.
    fn time(detector: &Detector, origin: Origin<'_>, content: &[u8]) -> Duration {
        let mut spent = Duration::ZERO;
        let mut visit = |text: &decode::Text<'_>| {
            let path = text.inner.last().map(|name| name.as_bstr()).or(origin.path);
            let start = Instant::now();
            std::hint::black_box(detector.scan(text.bytes, path));
            spent += start.elapsed();
        };
        let interest = |bytes: &[u8]| detector.is_interesting(bytes);
        decode::texts(content, Limits::default(), &interest, &mut visit, &mut |_| {});
        spent
    }
}

/// The fastest of several runs.
fn best(run: impl Fn() -> Duration) -> Duration {
    (0..RUNS).map(|_| run()).min().unwrap_or_default()
}

impl Sink for Stopwatch {
    fn blob(&self, origin: Origin<'_>, content: &[u8]) {
        if origin.kind == LocationKind::Path {
            return;
        }
        let decoding = best(|| {
            let start = Instant::now();
            let interest = |bytes: &[u8]| self.all.is_interesting(bytes);
            decode::texts(content, Limits::default(), &interest, &mut |_| {}, &mut |_| {});
            start.elapsed()
        });
        let all = best(|| Stopwatch::time(&self.all, origin, content));
        let parts: Vec<(Duration, Duration)> = self
            .parts
            .iter()
            .map(|(_, alone, without)| {
                let time = |detector| best(|| Stopwatch::time(detector, origin, content));
                (time(alone), without.as_ref().map(time).unwrap_or_default())
            })
            .collect();
        let mut sums = self.sums.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        sums.files += 1;
        sums.bytes += content.len() as u64;
        sums.decoding += decoding;
        sums.all += all;
        for (sum, part) in sums.parts.iter_mut().zip(parts) {
            sum.0 += part.0;
            sum.1 += part.1;
        }
    }

    fn changed(&self, origin: Origin<'_>, content: &[u8], _: &[Old<'_>]) {
        self.blob(origin, content);
    }

    fn part(&self, origin: Origin<'_>, content: &[u8], _: &Part) {
        self.blob(origin, content);
    }

    /// Every file is measured, those too that hold nothing.
    fn worth_splitting(&self, _: LocationKind, _: &[u8]) -> bool {
        true
    }

    fn count(&self, _: Counted, _: u64) {}

    fn skip(&self, _: &'static str, _: &BStr) {}

    fn issue(&self, _: Issue) {
        self.sums.lock().unwrap_or_else(std::sync::PoisonError::into_inner).unread += 1;
    }

    fn interrupted(&self) -> bool {
        false
    }
}
