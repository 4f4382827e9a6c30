//! Scans of repositories made by git, compared with what git says they hold.

mod attribution;
mod big;
mod containment;
mod damage;
mod deltas;
mod ends;
mod flips;
mod stores;

use super::{HistoryOutcome, Options, scan};
use crate::source::layout::{self, ObjectDirs};
use crate::source::scratch_repo::{Collected, Repo};

fn scanned(repo: &Repo) -> (Collected, HistoryOutcome) {
    scanned_with(repo, true)
}

fn scanned_with(repo: &Repo, connectivity: bool) -> (Collected, HistoryOutcome) {
    let layout = layout::find(&repo.path, &ObjectDirs::default()).expect("a repository");
    let sink = Collected::default();
    let options = Options { threads: 2, connectivity };
    let outcome = scan(&layout, 0, &options, &sink, &()).expect("threads");
    (sink, outcome)
}
