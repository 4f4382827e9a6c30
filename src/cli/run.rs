//! What every scanning command does alike: settings from arguments, rules, interruption, progress, reports, status.

use std::ffi::OsStr;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use bstr::{BString, ByteVec};
use jiff::Timestamp;

use super::args::{Color, RuleFiles, Scanning};
use super::{UsageError, complain, masked};
use crate::baseline::Baseline;
use crate::decode::Limits;
use crate::detect::Detector;
use crate::pipeline::{Collector, Outcome, Settings};
use crate::progress::{Counters, Phase, Progress, wanted};
use crate::report::output::{Destination, OutputError};
use crate::report::text::TextOptions;
use crate::report::{Format, Report, RuleInfo, Scan};
use crate::rule::{Rule, RuleSet, builtin, file};
use crate::sanitize::visible;
use crate::source::{Issue, Sink as _};
use crate::status::{Leniency, Status};

/// Set by Ctrl-C.
pub(super) static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// A scan that is about to begin.
pub(super) struct Run<'a> {
    mode: &'static str,
    scanning: &'a Scanning,
    targets: Vec<BString>,
    detector: Detector,
    baseline: Baseline,
}

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
        let planned = [("--verify", scanning.verify), ("--config", scanning.config.is_some())];
        if let Some((option, _)) = planned.iter().find(|(_, given)| *given) {
            return Err(UsageError::new(format!("{option} is planned, and not available in this version")));
        }
        if scanning.reveal && scanning.output.is_none() && !std::io::stdout().is_terminal() {
            return Err(UsageError::new("--reveal would print whole secrets where others may read them")
                .help("reveal to a terminal, or to a file with --output"));
        }
        let baseline = scanning.baseline.as_deref().map_or_else(|| Ok(Baseline::default()), baseline)?;
        let rules = rules(&scanning.rule_files)?;
        let targets =
            targets.into_iter().map(|path| Vec::from_path_lossy(path).into_owned().into()).collect();
        Ok(Run { mode, scanning, targets, detector: Detector::new(rules), baseline })
    }

    /// Threads that were asked for; 0 leaves the choice to whoever makes them.
    pub(super) fn threads(&self) -> usize {
        self.scanning.jobs.map_or(0, usize::from)
    }

    /// Runs `sources` into the pipeline, `complete` what came of it, and writes the reports.
    pub(super) fn scan(
        self,
        phase: Phase,
        sources: impl FnOnce(&Collector<'_>, &Arc<Counters>),
        complete: impl FnOnce(&mut Outcome, &Arc<Counters>),
    ) -> Status {
        let started = (Timestamp::now(), Instant::now());
        watch_for_interruption();
        if self.threads() > 0 {
            // Fails only if rayon was used before, which nothing here does.
            drop(rayon::ThreadPoolBuilder::new().num_threads(self.threads()).build_global());
        }
        let counters = Arc::new(Counters::default());
        counters.begin(phase, 0);
        let progress =
            Progress::start(wanted(self.scanning.no_progress, self.scanning.quiet), Arc::clone(&counters));
        let settings = Settings {
            confidence: self.scanning.confidence.into(),
            inline_ignores: !self.scanning.no_inline_ignores,
            limits: self.limits(),
        };
        let collector = Collector::new(
            &self.detector,
            settings,
            self.targets.clone(),
            &INTERRUPTED,
            Arc::clone(&counters),
        );
        sources(&collector, &counters);
        if INTERRUPTED.load(Ordering::Relaxed) {
            collector.issue(Issue::new("interrupted", "interrupted before everything was scanned"));
        }
        let mut outcome = collector.finish();
        complete(&mut outcome, &counters);
        // A message may quote an argument, and that may be a key.
        for issue in &mut outcome.issues {
            issue.message = masked(&issue.message);
        }
        outcome.suppress(|finding| {
            self.baseline.accepts(finding, started.0.to_zoned(jiff::tz::TimeZone::UTC).date())
        });
        progress.finish();
        let report = self.report(outcome, started);
        let status = Status::of_scan(
            report.scan.complete,
            !report.findings.is_empty(),
            Leniency { allow_incomplete: self.scanning.allow_incomplete, exit_zero: self.scanning.exit_zero },
        );
        let status = self.write(&report.redacted(), status);
        if INTERRUPTED.load(Ordering::Relaxed) { Status::Interrupted } else { status }
    }

    fn limits(&self) -> Limits {
        let default = Limits::default();
        match self.scanning.max_archive_depth {
            // A gzipped tar is two encodings, and one archive.
            Some(archives) => Limits {
                archives,
                depth: default.depth.max(archives.saturating_mul(2).saturating_add(1)),
                ..default
            },
            None => default,
        }
    }

    fn report(&self, outcome: Outcome, (at, clock): (Timestamp, Instant)) -> Report {
        Report {
            scan: Scan {
                mode: self.mode,
                targets: self.targets.clone(),
                complete: outcome.issues.is_empty(),
                started_at: seconds_of(at),
                finished_at: seconds_of(Timestamp::now()),
                seconds: clock.elapsed().as_secs_f64(),
                confidence: self.scanning.confidence.into(),
                below_confidence: outcome.below_confidence,
                coverage: outcome.coverage,
            },
            findings: outcome.findings,
            suppressed: outcome.suppressed,
            issues: outcome.issues,
            rules: self.detector.rules().iter().map(rule_info).collect(),
        }
    }

    /// Writes every report that was asked for. One that cannot be written is as bad as a scan that did not end.
    fn write(&self, report: &Report, status: Status) -> Status {
        let main = self.scanning.output.as_deref().unwrap_or(OsStr::new("-"));
        let all = std::iter::once((self.scanning.format, main))
            .chain(self.scanning.reports.iter().map(|(format, file)| (*format, file.as_os_str())));
        let mut status = status;
        for (index, (format, place)) in all.enumerate() {
            let destination = Destination::parse(place);
            let options = TextOptions {
                color: self.color(&destination),
                width: destination.is_terminal().then(terminal_width).flatten(),
                quiet: self.scanning.quiet,
                reveal: self.scanning.reveal && index == 0,
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
            let place = issue.path.as_ref().map(|path| format!("{}: ", visible(path))).unwrap_or_default();
            complain(&format!("leeward: {place}{}\n", visible(issue.message.as_bytes())));
        }
        if !report.scan.complete {
            complain("leeward: the scan is incomplete; this is not a clean result\n");
        }
    }

    fn color(&self, destination: &Destination) -> bool {
        match self.scanning.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
                destination.is_terminal()
                    && !set("NO_COLOR")
                    && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        }
    }
}

fn unwritten(error: &OutputError) -> Status {
    complain(&format!("error: {error}\n"));
    Status::Incomplete
}

/// Columns of the terminal on standard output.
fn terminal_width() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}

/// RFC 3339, to the second.
fn seconds_of(at: Timestamp) -> String {
    let whole = at.round(jiff::Unit::Second).unwrap_or(at);
    whole.to_string()
}

/// The first Ctrl-C ends the scan soon, with a report of what was found so far; the second ends the program.
fn watch_for_interruption() {
    // Fails only if it was set before, which nothing here does.
    drop(ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            #[expect(clippy::exit, reason = "the person asked twice")]
            std::process::exit(i32::from(Status::Interrupted.code()));
        }
    }));
}

/// The rules in force.
///
/// # Errors
///
/// If a file cannot be read, a rule cannot be used, or there is none at all.
pub(super) fn rules(files: &RuleFiles) -> Result<RuleSet, UsageError> {
    let mut rules =
        if files.no_builtin_rules { Vec::new() } else { builtin::rules().map_err(UsageError::new)? };
    for path in &files.rules {
        rules.extend(rule_file(path)?);
    }
    if rules.is_empty() {
        return Err(UsageError::new("no rule is in force, so nothing could be found")
            .help("give rules with --rules, or leave --no-builtin-rules out"));
    }
    RuleSet::new(rules).map_err(UsageError::new)
}

/// The accepted findings of a file.
fn baseline(path: &Path) -> Result<Baseline, UsageError> {
    let name = visible(path.as_os_str().as_encoded_bytes()).into_owned();
    let text = std::fs::read_to_string(path)
        .map_err(|error| UsageError::new(format!("cannot read the baseline {name}: {error}")))?;
    Baseline::parse(&name, &text).map_err(UsageError::new)
}

/// The rules of one file.
pub(super) fn rule_file(path: &Path) -> Result<Vec<Rule>, UsageError> {
    let name = visible(path.as_os_str().as_encoded_bytes()).into_owned();
    let text = std::fs::read_to_string(path)
        .map_err(|error| UsageError::new(format!("cannot read the rules in {name}: {error}")))?;
    let rules = file::parse(&name, &text).map_err(|error| {
        UsageError::new(error)
            .help("the format is explained in rules/README.md; `leeward rules check FILE` tries a file")
    })?;
    match rules.is_empty() {
        true => Err(UsageError::new(format!("{name} holds no rule")).help("a rule begins with [[rule]]")),
        false => Ok(rules),
    }
}

fn rule_info(rule: &Rule) -> RuleInfo {
    RuleInfo {
        id: rule.id.clone(),
        description: rule.description.clone(),
        severity: rule.severity,
        details: if rule.details.is_empty() { rule.description.clone() } else { rule.details.clone() },
        remediation: rule.remediation.clone(),
        references: rule.references.clone(),
    }
}
