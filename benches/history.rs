//! What a scan of a whole history costs over bare decoding of its packs.
//!
//! Takes a repository that `LEEWARD_BENCH_REPO` names, times decoding every object of its packs with nothing done to
//! it, and `leeward history` as a process of its own, in turn, on as many threads; prints medians and their ratio:
//!
//! ```text
//! LEEWARD_BENCH_REPO=/path/to/repository cargo bench --bench history
//! ```
//!
//! Without the variable it measures nothing and says so.

use std::error::Error;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gix_pack::index::traverse::{SafetyCheck, with_index};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How often each side is timed, after one run that is not.
const ROUNDS: usize = 7;

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#[expect(clippy::print_stderr, reason = "and why it could not")]
fn main() -> ExitCode {
    let Some(repository) = std::env::var_os("LEEWARD_BENCH_REPO") else {
        println!("history: set LEEWARD_BENCH_REPO to a repository to measure its scan");
        return ExitCode::SUCCESS;
    };
    match compare(Path::new(&repository)) {
        Ok(lines) => {
            println!("{lines}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("history: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Times both in turn, so that a machine that slows down slows both.
fn compare(repository: &Path) -> Result<String> {
    let threads = std::thread::available_parallelism()?.get();
    let packs = packs(repository)?;
    let (mut bare, mut whole, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut decoded = (0, 0);
    for round in 0..=ROUNDS {
        let (decoding, counted) = decode(&packs, threads)?;
        let scan = scan(repository, threads)?;
        decoded = counted;
        // The first round warms the page cache and is not counted.
        if round > 0 {
            bare.push(decoding.as_secs_f64());
            whole.push(scan.as_secs_f64());
            ratios.push(scan.as_secs_f64() / decoding.as_secs_f64());
        }
    }
    let (objects, bytes) = decoded;
    Ok(format!(
        "{objects} objects in {} packs, {:.2} GB unpacked; {threads} threads; medians of {ROUNDS} rounds\n\
         bare decoding    {:.2} s\n\
         leeward history  {:.2} s (whole process)\n\
         ratio            {:.2} (of each round; {:.2} to {:.2})",
        packs.len(),
        bytes as f64 / 1e9,
        median(&mut bare),
        median(&mut whole),
        median(&mut ratios),
        ratios[0],
        ratios[ratios.len() - 1],
    ))
}

/// The middle of some numbers; sorts them.
fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// What git says of the repository.
fn git(repository: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new("git").arg("-C").arg(repository).args(arguments).output()?;
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout)?.trim_end().to_owned()),
        false => Err(format!("git {}: {}", arguments.join(" "), output.status).into()),
    }
}

/// Index and data of every pack, as paths, and the kind of their ids. Loose objects are neither decoded nor counted
/// here, so a repository should be packed (`git gc`) to be measured.
fn packs(repository: &Path) -> Result<Vec<(PathBuf, gix_hash::Kind)>> {
    let directory = git(repository, &["rev-parse", "--git-path", "objects/pack"])?;
    let hash = match git(repository, &["rev-parse", "--show-object-format"])?.as_str() {
        "sha256" => gix_hash::Kind::Sha256,
        _ => gix_hash::Kind::Sha1,
    };
    let mut packs = Vec::new();
    for entry in std::fs::read_dir(repository.join(directory))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "idx") {
            packs.push((path, hash));
        }
    }
    match packs.is_empty() {
        true => Err("the repository has no pack; `git gc` makes one".into()),
        false => Ok(packs),
    }
}

/// Decodes every object and does nothing with it but count. Opening the packs is a part of it, as it is of a scan.
fn decode(packs: &[(PathBuf, gix_hash::Kind)], threads: usize) -> Result<(Duration, (u64, u64))> {
    let started = Instant::now();
    let (objects, bytes, stop) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    for (path, hash) in packs {
        let index = gix_pack::index::File::at(path, *hash)?;
        let data = gix_pack::data::File::at(path.with_extension("pack"), *hash)?;
        let options = with_index::Options {
            thread_limit: Some(threads),
            check: SafetyCheck::SkipFileAndObjectChecksumVerification,
            alloc_limit_bytes: None,
        };
        let (objects, bytes) = (&objects, &bytes);
        index.traverse_with_index(
            &data,
            move |_, content: &[u8], _: &gix_pack::index::Entry, _: &dyn gix_utils::progress::Progress| {
                objects.fetch_add(1, Ordering::Relaxed);
                bytes.fetch_add(content.len() as u64, Ordering::Relaxed);
                Ok(())
            },
            &mut gix_utils::progress::Discard,
            &stop,
            options,
        )?;
    }
    Ok((started.elapsed(), (objects.into_inner(), bytes.into_inner())))
}

/// Runs `leeward history` as anyone would, its start-up included.
fn scan(repository: &Path, threads: usize) -> Result<Duration> {
    let started = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_leeward"))
        .args(["history", "--no-connectivity-check", "--quiet", "--no-progress", "--jobs"])
        .arg(OsString::from(threads.to_string()))
        .arg(repository)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    match status.code() {
        Some(0 | 1) => Ok(started.elapsed()),
        _ => Err(format!("leeward history ended with {status}").into()),
    }
}
