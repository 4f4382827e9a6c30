//! Dependencies: each has a reason, and a door. What comes through one door can be replaced behind it.

use std::collections::BTreeSet;
use std::fs;

use regex::Regex;

use super::{none, shipped};
use crate::support::top;

/// Where a dependency may be used: below one of these paths.
const DOORS: &[(&str, &[&str])] = &[
    ("aho-corasick", &["src/detect", "src/report"]),
    ("anstyle", &["src/report/paint.rs"]),
    ("bstr", &["src"]),
    ("clap", &["src/cli", "src/main.rs"]),
    ("clap_complete", &["src/cli/completions.rs"]),
    ("clap_mangen", &["src/cli/man.rs"]),
    ("ctrlc", &["src/cli/run.rs"]),
    ("git2", &["src/source", "src/history"]),
    ("base64", &["src/decode", "src/report/redact.rs"]),
    ("flate2", &["src/decode/archive"]),
    ("tar", &["src/decode/archive"]),
    ("zip", &["src/decode/archive"]),
    ("gix-utils", &["src/source/history"]),
    ("gix-zlib", &["src/source/history"]),
    ("gix-hash", &["src/source/history", "src/source/layout", "src/source/index", "src/source/reftable.rs"]),
    ("gix-index", &["src/source/index"]),
    ("gix-object", &["src/source/history", "src/source/index"]),
    ("gix-odb", &["src/source/history", "src/source/index"]),
    ("gix-pack", &["src/source/history"]),
    ("ignore", &["src/source/worktree", "src/config/paths.rs"]),
    ("indicatif", &["src/progress.rs"]),
    ("jiff", &["src/cli", "src/baseline", "src/source/history/attribution", "src/report/sarif"]),
    ("libc", &["src/source/layout/regular.rs"]),
    ("memchr", &["src"]),
    ("percent-encoding", &["src/report/sarif"]),
    ("pulp", &["src/detect/mention.rs", "src/detect/runs.rs"]),
    ("rayon", &["src/cli/run.rs", "src/pipeline", "src/source", "src/history"]),
    ("regex", &["src/rule", "src/detect", "src/decode/named.rs", "src/cli/hook/calls"]),
    ("regex-syntax", &["src/rule"]),
    ("saphyr-parser", &["src/cli/hook/keeper/yaml.rs"]),
    ("serde", &["src"]),
    ("serde-sarif", &["src/report/sarif"]),
    ("serde_json", &["src/cli/doctor/trial.rs", "src/report"]),
    ("sha2", &["src/secret.rs", "src/pipeline"]),
    ("strsim", &["src/baseline", "src/cli", "src/config", "src/rule"]),
    (
        "tempfile",
        &["src/cli/doctor/clone.rs", "src/cli/hook", "src/report/output.rs", "src/source/scratch_repo.rs"],
    ),
    ("terminal_size", &["src/cli/surroundings.rs"]),
    ("thiserror", &["src"]),
    ("toml", &["src/config", "src/rule", "src/detect/words.rs"]),
    ("unicode-width", &["src/report/snippet.rs"]),
];

fn manifest() -> String {
    fs::read_to_string(top().join("Cargo.toml")).expect("our own")
}

/// The lines of a section of Cargo.toml.
fn section<'t>(manifest: &'t str, name: &str) -> Vec<&'t str> {
    let rest = manifest.split_once(&format!("\n[{name}]\n")).map_or("", |(_, rest)| rest);
    rest.lines().take_while(|line| !line.starts_with('[')).collect()
}

fn named(line: &str) -> &str {
    line.split(['=', '.']).next().unwrap_or(line).trim()
}

#[test]
fn every_dependency_is_used_behind_its_door() {
    let manifest = manifest();
    let lines = section(&manifest, "dependencies");
    let known: BTreeSet<&str> = DOORS.iter().map(|(name, _)| *name).collect();
    let there: BTreeSet<&str> = lines
        .iter()
        .filter(|line| !line.starts_with('#') && line.contains('='))
        .map(|line| named(line))
        .collect();
    assert!(!there.is_empty());
    assert_eq!(there, known, "left: Cargo.toml; right: DOORS in tests/tidy/dependencies.rs");
    let mut wrong = Vec::new();
    for (name, doors) in DOORS {
        let used = Regex::new(&format!(r"(^|[^\w:]){}::", name.replace('-', "_"))).expect("a plain pattern");
        for (path, code) in shipped() {
            let allowed = doors.iter().any(|door| path == *door || path.starts_with(&format!("{door}/")));
            let line = code.lines().find(|line| used.is_match(line)).filter(|_| !allowed);
            wrong.extend(line.map(|line| format!("{name} in {path}: {}", line.trim())));
        }
    }
    none("these dependencies are used beside their doors", &wrong);
}

#[test]
fn every_dependency_has_a_reason() {
    let manifest = manifest();
    let mut wrong = Vec::new();
    for name in ["dependencies", "dev-dependencies"] {
        let mut above = "";
        for line in section(&manifest, name).into_iter().filter(|line| !line.trim().is_empty()) {
            // Crates of one family share a reason.
            let family = line.get(..3).is_some() && line.get(..3) == above.get(..3);
            let dependency = !line.starts_with('#');
            if dependency && !above.starts_with("# ") && !family {
                wrong.push(line.to_owned());
            }
            above = line;
        }
    }
    none("these dependencies have no line above them that says why", &wrong);
}
