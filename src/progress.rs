//! A line on the terminal while a scan runs.
//!
//! Workers add to [`Counters`], which costs them nothing to speak of; a thread of its own looks at them ten times a
//! second and draws. Nothing is drawn for the first half second, so that short runs print nothing, and the line is
//! gone before the report is printed. Whether a line is wanted at all is decided by the caller, with [`wanted`].

use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::words::{bytes, seconds, thousands};

/// How often the line is drawn.
const TICK: Duration = Duration::from_millis(100);

/// How long a run must be to have a line at all.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long a phase must have run before anybody guesses how long it will take.
const GUESS_AFTER: f64 = 1.0;

/// What a scan is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Files on disk or in the index.
    #[default]
    Files,
    /// Objects of a repository.
    Objects,
    /// Commits and their trees, to say who brought what was found.
    Commits,
    /// Commits of a range.
    Range,
}

impl Phase {
    /// In the order of their numbers in [`Counters`].
    const ALL: [Phase; 4] = [Phase::Files, Phase::Objects, Phase::Commits, Phase::Range];

    fn verb(self) -> &'static str {
        match self {
            Phase::Files | Phase::Objects | Phase::Range => "scanning",
            Phase::Commits => "tracing",
        }
    }

    /// What is counted, for that many.
    fn noun(self, number: u64) -> &'static str {
        match (self, number) {
            (Phase::Files, 1) => "file",
            (Phase::Files, _) => "files",
            (Phase::Objects | Phase::Commits, 1) => "object",
            (Phase::Objects | Phase::Commits, _) => "objects",
            (Phase::Range, 1) => "commit",
            (Phase::Range, _) => "commits",
        }
    }
}

/// How far a scan is. Every value is read and written with relaxed ordering: they are for eyes only.
#[derive(Debug, Default)]
pub struct Counters {
    /// Files, objects or commits that are done in this phase.
    pub done: AtomicU64,
    /// How many there will be; 0 where that is not known.
    pub total: AtomicU64,
    /// Bytes that were looked at in this phase.
    pub bytes: AtomicU64,
    phase: AtomicU8,
}

impl Counters {
    /// Starts a phase at zero. `total`: how many things there will be, 0 where that is not known.
    pub fn begin(&self, phase: Phase, total: u64) {
        self.done.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// One thing more, with so many bytes.
    pub fn add(&self, bytes: u64) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// What the scan is at.
    pub fn phase(&self) -> Phase {
        Phase::ALL.get(usize::from(self.phase.load(Ordering::Relaxed))).copied().unwrap_or_default()
    }

    /// The line, `elapsed` seconds into the phase.
    fn line(&self, elapsed: f64) -> String {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (done, total, size, phase) =
            (read(&self.done), read(&self.total), read(&self.bytes), self.phase());
        let mut line = format!("{} {}", phase.verb(), thousands(done));
        if total > 0 {
            line += &format!(" of {}", thousands(total));
        }
        line += &format!(" {}", phase.noun(if total > 0 { total } else { done }));
        if size > 0 {
            line += &format!(", {}", bytes(size));
            if elapsed > 0.0 {
                line += &format!(", {}/s", bytes((size as f64 / elapsed) as u64));
            }
        }
        if elapsed >= GUESS_AFTER && done > 0 && total > done {
            let left = elapsed * (total - done) as f64 / done as f64;
            // Tenths of a guess would be noise; so would a guess of nothing.
            line += &match left.ceil() {
                left if left < 60.0 => format!(", {left} s left"),
                left => format!(", {} left", seconds(left)),
            };
        }
        line
    }
}

/// Whether to show progress: on a terminal that can, unless the user said no.
pub fn wanted(no_progress: bool, quiet: bool) -> bool {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    !no_progress && !quiet && !dumb && io::stderr().is_terminal()
}

/// A progress line. It goes away when this is dropped.
#[derive(Debug)]
pub struct Progress {
    /// Dropped to tell the thread to end.
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Starts to watch `counters`, if `enabled`. A line that cannot be drawn is no reason to complain.
    #[must_use]
    pub fn start(enabled: bool, counters: Arc<Counters>) -> Progress {
        if !enabled {
            return Progress { stop: None, thread: None };
        }
        let (stop, stopped) = mpsc::channel();
        let watch = move || watch(&counters, &stopped);
        let thread = thread::Builder::new().name("progress".to_owned()).spawn(watch).ok();
        Progress { stop: Some(stop), thread }
    }

    /// Takes the line away. Returns when it is gone.
    pub fn finish(self) {
        drop(self);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // If the thread panicked, the line is gone as well.
            drop(thread.join());
        }
    }
}

/// Draws until the other end of `stopped` is dropped.
fn watch(counters: &Counters, stopped: &mpsc::Receiver<()>) {
    let mut phase = (counters.phase(), Instant::now());
    let mut wait = PATIENCE;
    let mut bar = None;
    while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
        wait = TICK;
        if counters.phase() != phase.0 {
            phase = (counters.phase(), Instant::now());
        }
        let bar = bar.get_or_insert_with(draw);
        bar.set_message(counters.line(phase.1.elapsed().as_secs_f64()));
        bar.tick();
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

fn draw() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_style(ProgressStyle::with_template("{spinner} {wide_msg}").expect("both keys exist"));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_is_known() {
        for (phase, done, total, size, elapsed, expected) in [
            (Phase::Files, 0, 0, 0, 0.5, "scanning 0 files"),
            (Phase::Files, 1234, 0, 5_200_000, 2.0, "scanning 1,234 files, 5.2 MB, 2.6 MB/s"),
            (Phase::Files, 1, 0, 10, 0.0, "scanning 1 file, 10 B"),
            (Phase::Objects, 10, 40, 0, 0.9, "scanning 10 of 40 objects"),
            (Phase::Objects, 10, 40, 0, 2.5, "scanning 10 of 40 objects, 8 s left"),
            (Phase::Objects, 1, 101, 0, 2.0, "scanning 1 of 101 objects, 3 min 20 s left"),
            (Phase::Objects, 40, 40, 0, 2.0, "scanning 40 of 40 objects"),
            (Phase::Commits, 0, 1, 0, 2.0, "tracing 0 of 1 object"),
            (Phase::Commits, 50, 40, 0, 2.0, "tracing 50 of 40 objects"),
        ] {
            let counters = Counters::default();
            counters.begin(phase, total);
            counters.done.store(done, Ordering::Relaxed);
            counters.bytes.store(size, Ordering::Relaxed);
            assert_eq!(counters.line(elapsed), expected);
        }
    }

    #[test]
    fn a_phase_starts_at_zero() {
        let counters = Counters::default();
        counters.add(7);
        counters.add(8);
        assert_eq!((counters.done.load(Ordering::Relaxed), counters.bytes.load(Ordering::Relaxed)), (2, 15));
        for phase in Phase::ALL {
            counters.begin(phase, 3);
            assert_eq!(counters.phase(), phase);
            assert_eq!(counters.line(0.0), format!("{} 0 of 3 {}", phase.verb(), phase.noun(3)));
        }
    }

    #[test]
    fn it_ends_when_told() {
        let counters = Arc::new(Counters::default());
        for enabled in [false, true] {
            Progress::start(enabled, Arc::clone(&counters)).finish();
            // The thread, and its hold on the counters, are gone when this returns.
            assert_eq!(Arc::strong_count(&counters), 1);
        }
    }
}
