//! How well the built-in rules find keys, measured on `fixtures/detection`.
//!
//! `cargo test --test detection -- --nocapture` prints a table and every miss and false positive with its file and
//! line. The test fails below the bar of `fixtures/detection/corpus.toml`. How the files are written stands in
//! `fixtures/detection/README.md`. With `DETECTION_WRITE=DIRECTORY` they are left there, keys filled in, for other programs
//! to be run on (`benches/detection.sh`).

mod corpus;
mod encode;
mod evaluate;
mod table;
mod template;
mod write;

use std::path::Path;

use leeward::detect::Detector;
use leeward::rule::{RuleSet, builtin};

/// The corpus, scanned with the rules that come with the program.
#[test]
#[expect(clippy::print_stdout, reason = "the table is what the command is for")]
fn the_corpus_is_met() {
    let rules = builtin::rules().and_then(RuleSet::new).expect("the built-in rules load");
    let detector = Detector::new(rules);
    let corpus = corpus::load();
    if let Some(directory) = std::env::var_os("DETECTION_WRITE") {
        write::write(&corpus, Path::new(&directory)).expect("the directory can be written");
    }
    let results: Vec<_> = corpus.categories.iter().map(|c| evaluate::category(&detector, c)).collect();
    println!("{}", table::render(&results));
    if let Err(shortfall) = table::judge(&results, &corpus.bar) {
        panic!("{shortfall}");
    }
}
