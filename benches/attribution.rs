//! What it costs to say who committed what was found, over the scan that found it.
//!
//! Takes a repository that `LEEWARD_BENCH_REPO` names, and supposes that ten files, spread evenly over HEAD's tree,
//! have held a key in every version of theirs. Times the scan of the history (in this process, with the rules that come
//! with leeward) and the attribution of the ten, in turn; prints medians and their ratio, and processor time, which tells
//! more on a machine that does other things too:
//!
//! ```text
//! LEEWARD_BENCH_REPO=/path/to/repository cargo bench --bench attribution
//! ```
//!
//! Without the variable it measures nothing and says so.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use leeward::config::LeftOut;
use leeward::decode::Limits;
use leeward::detect::Detector;
use leeward::finding::{Confidence, LocationKind};
use leeward::pipeline::{Collector, Settings};
use leeward::progress::Counters;
use leeward::rule::{RuleSet, builtin};
use leeward::source::history::attribution::{Held, attribute};
use leeward::source::history::{Options, scan};
use leeward::source::layout::{self, Layout, ObjectDirs};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How often each side is timed, after one run that is not.
const ROUNDS: usize = 5;

/// How many findings there are.
const FINDINGS: usize = 10;

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#[expect(clippy::print_stderr, reason = "and why it could not")]
fn main() -> ExitCode {
    let Some(repository) = std::env::var_os("LEEWARD_BENCH_REPO") else {
        println!("attribution: set LEEWARD_BENCH_REPO to a repository to measure it");
        return ExitCode::SUCCESS;
    };
    match compare(Path::new(&repository)) {
        Ok(lines) => {
            println!("{lines}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("attribution: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(repository: &Path) -> Result<String> {
    let threads = std::thread::available_parallelism()?.get();
    let layout = layout::find(repository, &ObjectDirs::default())?;
    let findings = findings(repository)?;
    let versions: usize = findings.iter().map(Vec::len).sum();
    let (mut scans, mut attributions) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
    for round in 0..=ROUNDS {
        let scan = timed(|| whole(&layout, threads))?;
        let attribution = timed(|| {
            let _stories = attribute(&layout, None, threads, &findings, &mut drop, &())?;
            Ok(())
        })?;
        // The first round warms the page cache and is not counted.
        if round > 0 {
            scans.0.push(scan.0);
            scans.1.push(scan.1);
            attributions.0.push(attribution.0);
            attributions.1.push(attribution.1);
        }
    }
    let (scan, attribution) = (median(&mut scans.0), median(&mut attributions.0));
    Ok(format!(
        "{FINDINGS} findings in {versions} versions of files; {threads} threads; medians of {ROUNDS} rounds\n\
         scan         {scan:.2} s ({:.2} s of the processor)\n\
         attribution  {attribution:.2} s ({:.2} s of the processor)\n\
         ratio        {:.2}",
        median(&mut scans.1),
        median(&mut attributions.1),
        attribution / scan,
    ))
}

/// Seconds by the clock, and seconds of the processor.
fn timed(work: impl FnOnce() -> Result<()>) -> Result<(f64, f64)> {
    let (started, before) = (Instant::now(), processor()?);
    work()?;
    Ok((started.elapsed().as_secs_f64(), processor()? - before))
}

/// Seconds that this process has had the processor, as Linux says; 0 elsewhere.
fn processor() -> Result<f64> {
    let Ok(stat) = std::fs::read_to_string("/proc/self/stat") else { return Ok(0.0) };
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: Vec<f64> = fields.skip(11).take(2).map(str::parse).collect::<std::result::Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() / 100.0)
}

fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// The scan as `leeward history --no-connectivity-check` does it, which is the shortest there is.
fn whole(layout: &Layout, threads: usize) -> Result<()> {
    let detector = Detector::new(RuleSet::new(builtin::rules()?)?);
    let settings = Settings {
        confidence: Confidence::Medium,
        inline_ignores: true,
        limits: Limits::default(),
        max_file_size: None,
    };
    let (left_out, interrupted) = (LeftOut::default(), AtomicBool::new(false));
    let counters = Arc::new(Counters::default());
    let collector = Collector::new(&detector, settings, &left_out, vec![".".into()], &interrupted, counters);
    scan(layout, 0, &Options { threads, connectivity: false }, &collector, &())?;
    drop(collector.finish());
    Ok(())
}

/// Ten files of HEAD, each with all versions of it in history.
fn findings(repository: &Path) -> Result<Vec<Vec<Held>>> {
    let files = git(repository, &["ls-tree", "-r", "-z", "--name-only", "HEAD"])?;
    let files: Vec<&str> = files.split('\0').filter(|name| !name.is_empty()).collect();
    let step = (files.len() / FINDINGS).max(1);
    let mut findings = Vec::new();
    for file in files.iter().step_by(step).take(FINDINGS) {
        let pathspec = format!(":(top,literal){file}");
        let log = git(
            repository,
            &["log", "--all", "-m", "--format=", "--raw", "--no-abbrev", "--no-renames", "--", &pathspec],
        )?;
        let blobs = log.lines().filter_map(|line| line.split_whitespace().nth(3));
        let blobs: BTreeSet<&str> = blobs.filter(|id| id.bytes().any(|digit| digit != b'0')).collect();
        let held = |id: &str| Held { object: id.to_owned(), kind: LocationKind::Blob, part: Vec::new() };
        findings.push(blobs.into_iter().map(held).collect());
    }
    match findings.is_empty() {
        true => Err("HEAD holds no file".into()),
        false => Ok(findings),
    }
}

/// What git says of the repository.
fn git(repository: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new("git").arg("-C").arg(repository).args(arguments).output()?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!("git {}: {}", arguments.join(" "), output.status).into()),
    }
}
