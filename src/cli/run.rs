//! What every scanning command does alike: settings from arguments, rules, interruption, progress, reports, status.

use std::ffi::OsStr;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bstr::{BString, ByteSlice, ByteVec};
use jiff::Timestamp;

use super::args::{Color, Scanning};
use super::policy::{Asked, Basis, Ends, Now, Policy};
use super::surroundings::{shows_color, terminal_width};
use super::{UsageError, again, complain, masked, reports};
use crate::detect::Detector;
use crate::pipeline::{Collector, Outcome, SettingsBefore};
use crate::progress::{Counters, Phase, Progress, wanted};
use crate::report::output::{Destination, OutputError};
use crate::report::text::TextOptions;
use crate::report::{Format, Gate, Report, RuleInfo, Scan};
use crate::sanitize::visible;
use crate::source::history::moves::Moves;
use crate::source::{self, Issue, Sink as _};
use crate::status::{Leniency, Status};

/// Set by Ctrl-C.
pub(super) static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The outcome of a scan, once it has ended, for a command that makes no report of it.
pub(super) type Kept = Arc<Mutex<Option<Outcome>>>;

/// A scan that is about to begin.
pub(super) struct Run<'a> {
    mode: &'static str,
    scanning: &'a Scanning,
    targets: Vec<BString>,
    detector: Detector,
    policy: Policy,
    basis: Basis,
    ends: Option<Ends<'a>>,
    gate: Option<Gate>,
    settled: Option<Settled<'a>>,
    moves: Option<Box<dyn Moves + 'a>>,
    /// Something was found because a comment is new.
    denied: bool,
}

/// What a command does with what will be reported, before it is. It is given a collector that has seen nothing yet, to look
/// again with.
type Settled<'a> = Box<dyn FnOnce(&mut Outcome, &Collector<'_>, &Arc<Counters>) + 'a>;

impl<'a> Run<'a> {
    /// Checks the arguments and reads the rules.
    ///
    /// # Errors
    ///
    /// Whatever would make the scan other than what was asked for.
    pub(super) fn new(
        mode: &'static str,
        scanning: &'a Scanning,
        targets: impl IntoIterator<Item = &'a PathBuf>,
    ) -> Result<Self, UsageError> {
        Run::judged_by(Basis::Disk, mode, scanning, targets)
    }

    /// The same, with settings that are not read from disk.
    ///
    /// # Errors
    ///
    /// Those of [`Run::new`].
    pub(super) fn judged_by(
        basis: Basis,
        mode: &'static str,
        scanning: &'a Scanning,
        targets: impl IntoIterator<Item = &'a PathBuf>,
    ) -> Result<Self, UsageError> {
        watch_for_interruption();
        if scanning.verify {
            return Err(UsageError::new("--verify is planned, and not available in this version"));
        }
        if scanning.deny_new_suppressions {
            Asked::check(mode, &basis, scanning.policy.policy_from.as_deref())?;
        }
        let to_file = scanning.output.as_deref().is_some_and(reports::is_file);
        if scanning.reveal && !to_file && !std::io::stdout().is_terminal() {
            return Err(UsageError::new("--reveal would print whole secrets where others may read them")
                .help("reveal to a terminal, or to a file with --output"));
        }
        reports::one_a_file(scanning)?;
        let paths: Vec<PathBuf> = targets.into_iter().cloned().collect();
        let (policy, rules) = Policy::new(mode, &scanning.policy, &paths, &basis)?;
        let targets = paths.iter().map(|path| Vec::from_path_lossy(path).into_owned().into()).collect();
        let detector = Detector::new(rules);
        let (ends, gate, settled, moves) = (None, None, None, None);
        let denied = false;
        Ok(Run { mode, scanning, targets, detector, policy, basis, ends, gate, settled, moves, denied })
    }

    /// The same scan for a gate: what it says as text is short, and goes to standard error.
    pub(super) fn for_gate(mut self, gate: Gate) -> Self {
        self.gate = Some(gate);
        self
    }

    /// Which gate it is for, if for one.
    pub(super) fn gate(&self) -> Option<Gate> {
        self.gate
    }

    /// Whether no report says more of what is found than where it is.
    pub(super) fn is_brief(&self) -> bool {
        self.scanning.quiet && self.scanning.format == Format::Text && self.scanning.reports.is_empty()
    }

    /// The same scan, with something that is to be done when it is known what will be reported.
    pub(super) fn when_settled(
        mut self,
        settled: impl FnOnce(&mut Outcome, &Collector<'_>, &Arc<Counters>) + 'a,
    ) -> Self {
        self.settled = Some(Box::new(settled));
        self
    }

    /// The same scan, of a change that can be looked at again for what it only moves.
    pub(super) fn of_change(mut self, moves: impl Moves + 'a) -> Self {
        self.moves = Some(Box::new(moves));
        self
    }

    /// The same scan, of a change that ends with some revisions.
    pub(super) fn ending_with(mut self, ends: Ends<'a>) -> Self {
        self.ends = Some(ends);
        self
    }

    /// Threads that were asked for; 0 leaves the choice to whoever makes them.
    pub(super) fn threads(&self) -> usize {
        self.scanning.jobs.map_or(0, usize::from)
    }

    /// Larger files need not be read, in bytes.
    pub(super) fn max_file_size(&self) -> Option<u64> {
        self.policy.max_file_size.value
    }

    /// What tells the settings of a state that the change begins at: see [`Policy::settings_in`].
    pub(super) fn settings_before(&self) -> impl Fn(&str) -> Option<SettingsBefore> + use<'a> {
        let (mode, args, basis) = (self.mode, &self.scanning.policy, self.basis.clone());
        let targets: Vec<PathBuf> = self.targets.iter().map(|path| path.to_path_lossy().into()).collect();
        let now = self.policy.judging();
        move |tree| Policy::settings_in(tree, (mode, args, &targets, &basis), &now)
    }

    /// Runs `sources` into the pipeline, `complete` what came of it, and writes the reports.
    pub(super) fn scan(
        mut self,
        phase: Phase,
        sources: impl Fn(&Collector<'_>, &Arc<Counters>),
        complete: impl FnOnce(&mut Outcome, &Arc<Counters>),
    ) -> Status {
        let started = (Timestamp::now(), Instant::now());
        if self.threads() > 0 {
            // Fails only if rayon was used before, which nothing here does.
            drop(rayon::ThreadPoolBuilder::new().num_threads(self.threads()).build_global());
        }
        let counters = Arc::new(Counters::default());
        counters.begin(phase, 0);
        let progress =
            Progress::start(wanted(self.scanning.no_progress, self.scanning.quiet), Arc::clone(&counters));
        let mut collector = self.collector(&counters);
        sources(&collector, &counters);
        collector.look_again(|again| {
            counters.begin(phase, 0);
            sources(again, &counters);
        });
        if let Some(moves) = &self.moves {
            collector.forget_moved(&**moves);
        }
        what_was_not_scanned(&collector);
        if self.everything_left_out(&collector) {
            progress.finish();
            complain("error: the configuration leaves out everything that there is to scan\n");
            let without = match (self.gate, &self.basis) {
                (None, _) => "--no-config does without it",
                (_, Basis::Received(_)) => "it is what judges here: have whoever runs this server mend it",
                _ => "take that back",
            };
            complain(&format!("help: `leeward config show` says what it leaves out; {without}\n"));
            return Status::Usage;
        }
        let mut outcome = collector.finish();
        complete(&mut outcome, &counters);
        // A message may quote an argument, and that may be a key.
        for issue in &mut outcome.issues {
            issue.message = masked(&issue.message);
        }
        let (deny, now) = (self.scanning.deny_new_suppressions, self.now());
        let target = self.targets.first().map(|target| target.as_bstr()).unwrap_or_default();
        let asked = Asked { deny, now, basis: &self.basis, target };
        self.denied = self.policy.judge_comments(&mut outcome, &self.detector, &asked);
        self.settle(&mut outcome, started.0, &counters);
        progress.finish();
        if let Some(kept) = &self.scanning.keep {
            if INTERRUPTED.load(Ordering::Relaxed) {
                return Status::Interrupted;
            }
            let complete = outcome.issues.is_empty();
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
            return if complete { Status::Clean } else { Status::Incomplete };
        }
        let report = self.report(outcome, started);
        let leniency = self.leniency(&report);
        let status = Status::of_scan(report.scan.complete, !report.findings.is_empty(), leniency);
        // Of a path, sources judge each name on its own.
        let secrets_in = |text: &[u8]| {
            let names = std::iter::once(text).chain(text.split_str("/"));
            names.flat_map(|name| self.detector.scan(name, None)).map(|found| found.secret).collect()
        };
        let status = self.write(&report.redacted_by(&secrets_in), status);
        if INTERRUPTED.load(Ordering::Relaxed) { Status::Interrupted } else { status }
    }

    /// A collector that has seen nothing yet.
    fn collector(&self, counters: &Arc<Counters>) -> Collector<'_> {
        let collector = Collector::new(
            &self.detector,
            self.policy.settings(),
            &self.policy.left_out,
            self.targets.clone(),
            &INTERRUPTED,
            Arc::clone(counters),
        );
        self.policy.settings_before.iter().cloned().for_each(|before| collector.settings_before(before));
        collector
    }

    /// What names nothing was not scanned in part.
    fn leniency(&self, report: &Report) -> Leniency {
        let scanned = !report.issues.iter().any(|issue| is_no_scan(report.scan.mode, issue));
        let allow_incomplete = self.scanning.allow_incomplete && scanned;
        Leniency { allow_incomplete, exit_zero: self.scanning.exit_zero }
    }

    /// What is judged, as it is after the change.
    fn now(&self) -> Now<'_> {
        match (&self.ends, &self.basis) {
            (Some(ends), _) => Now::Revisions(ends),
            (None, Basis::Index(files)) => Now::Index(files),
            (None, _) => Now::Disk,
        }
    }

    /// Sets aside what is accepted; what is left will be reported.
    fn settle(&mut self, outcome: &mut Outcome, started: Timestamp, counters: &Arc<Counters>) {
        let today = started.to_zoned(jiff::tz::TimeZone::UTC).date();
        self.policy.settle(outcome, &self.targets, today);
        if let Some(settled) = self.settled.take() {
            settled(outcome, &self.collector(counters), counters);
        }
    }

    /// Whether there was something to scan, and the configuration left all of it out. A change that is left out is
    /// none of that, as long as the repository has something that would not be.
    fn everything_left_out(&self, collector: &Collector<'_>) -> bool {
        let all = collector.anything_left_out() && !collector.anything_scanned();
        let left_out = &self.policy.left_out;
        match self.mode {
            "scan" => all,
            "staged" if !all => false,
            _ => self.targets.iter().enumerate().any(|(target, path)| {
                let path = path.to_path_lossy();
                left_out.concerns(target)
                    && source::all_tracked_are(&path, &|path| left_out.contains(target, path))
            }),
        }
    }

    fn report(&self, outcome: Outcome, (at, clock): (Timestamp, Instant)) -> Report {
        Report {
            scan: Scan {
                mode: self.mode,
                again: again::options(&self.scanning.policy, &self.policy, &self.targets, self.denied),
                targets: self.targets.clone(),
                complete: outcome.issues.is_empty(),
                started_at: seconds_of(at),
                finished_at: seconds_of(Timestamp::now()),
                seconds: clock.elapsed().as_secs_f64(),
                confidence: self.policy.confidence.value,
                below_confidence: outcome.below_confidence,
                coverage: outcome.coverage,
                notes: outcome.notes,
                comments_refused: outcome.comments_refused,
            },
            findings: outcome.findings,
            suppressed: outcome.suppressed,
            issues: outcome.issues,
            rules: self.detector.rules().iter().map(RuleInfo::of).collect(),
        }
    }

    /// Writes every report that was asked for. One that cannot be written is as bad as a scan that did not end.
    fn write(&self, report: &Report, status: Status) -> Status {
        let main = self.scanning.output.as_deref().unwrap_or(OsStr::new("-"));
        let all = std::iter::once((self.scanning.format, main))
            .chain(self.scanning.reports.iter().map(|(format, file)| (*format, file.as_os_str())));
        let mut status = status;
        for (index, (format, place)) in all.enumerate() {
            // Standard output is git's own in some hooks.
            let to_stderr =
                index == 0 && self.gate.is_some() && self.scanning.output.is_none() && format == Format::Text;
            let destination = if to_stderr { Destination::Stderr } else { Destination::parse(place) };
            let options = TextOptions {
                color: self.color(&destination),
                width: destination.is_terminal().then(terminal_width).flatten(),
                quiet: self.scanning.quiet,
                reveal: self.scanning.reveal && index == 0,
                gate: self.gate.filter(|_| index == 0),
                passes: status == Status::Clean,
            };
            match destination.write_with(|out| format.write(report, &options, out)) {
                Ok(()) => {}
                Err(error) if error.is_broken_pipe() => {}
                Err(error) => status = unwritten(&error),
            }
        }
        if self.scanning.format != Format::Text && !self.scanning.quiet {
            self.say_on_stderr(report);
        }
        status
    }

    /// What a person should know whose report is made for machines.
    fn say_on_stderr(&self, report: &Report) {
        for issue in &report.issues {
            let path = issue.path.as_ref().map(|path| format!("{}: ", visible(path))).unwrap_or_default();
            let object = issue.object.as_ref().map(|id| format!("object {}: ", visible(id.as_bytes())));
            let object = object.unwrap_or_default();
            complain(&format!("leeward: {path}{object}{}\n", visible(issue.message.as_bytes())));
        }
        if !report.scan.complete {
            complain("leeward: the scan is incomplete; this is not a clean result\n");
        }
    }

    fn color(&self, destination: &Destination) -> bool {
        match self.scanning.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => destination.is_terminal() && shows_color(),
        }
    }
}

fn unwritten(error: &OutputError) -> Status {
    complain(&format!("error: {error}\n"));
    Status::Incomplete
}

/// RFC 3339, to the second.
fn seconds_of(at: Timestamp) -> String {
    let whole = at.round(jiff::Unit::Second).unwrap_or(at);
    whole.to_string()
}

/// Whether somebody pressed Ctrl-C, since that is watched for.
pub(super) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// The first Ctrl-C ends the scan soon, with a report of what was found so far; the second ends the program.
pub(super) fn watch_for_interruption() {
    // Fails only if it was set before: it watches then.
    drop(ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            #[expect(clippy::exit, reason = "the person asked twice")]
            std::process::exit(i32::from(Status::Interrupted.code()));
        }
    }));
}

/// Whether a scan came to nothing because of the revisions that it was asked for.
fn is_no_scan(mode: &str, issue: &Issue) -> bool {
    issue.kind == "bad-revision" || mode == "range" && issue.kind == "nothing-to-scan"
}

/// Says that a scan was stopped, or came to nothing.
fn what_was_not_scanned(collector: &Collector<'_>) {
    if INTERRUPTED.load(Ordering::Relaxed) {
        collector.issue(Issue::new("interrupted", "interrupted before everything was scanned"));
    }
    if collector.all_too_large() {
        let message = "there was nothing to scan: every file is larger than max-file-size";
        collector.issue(Issue::new("nothing-to-scan", message));
    }
}
