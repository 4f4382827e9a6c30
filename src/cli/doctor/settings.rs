//! Whether the program, its rules and the configuration can find anything at all.
//!
//! Gives what a trial plants: for every rule a text that it must find, at a path that the configuration leaves in.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use bstr::{BStr, BString, ByteSlice as _};

use super::super::hook::on_path;
use super::super::policy::{Basis, Policy};
use super::super::subprocess::{ASKING, run};
use super::super::surroundings;
use super::{Checkup, DoctorCommand, gaps};
use crate::detect::Detector;
use crate::finding::Confidence;
use crate::rule::{Example, Rule, check};
use crate::sanitize::visible;
use crate::secret::Secret;
use crate::source;
use crate::source::layout::Layout;
use crate::words::count;

/// What is planted.
#[derive(Debug)]
pub(super) struct Subject {
    /// Where, from the top of the work tree.
    pub(super) path: String,
    /// A text with a value for every rule.
    pub(super) text: String,
    /// The values, and the ids of their rules.
    pub(super) secrets: Vec<(Secret, String)>,
    /// Files that the policy was read from.
    pub(super) files: Vec<PathBuf>,
}

/// Checks the program and what it goes by. Gives nothing where nothing could be found.
pub(super) fn check(command: &DoctorCommand, layout: &Layout, checkup: &mut Checkup) -> Option<Subject> {
    versions(checkup);
    let targets = [command.repository.clone()];
    let (policy, rules) = match Policy::new("staged", &command.policy, &targets, &Basis::Disk) {
        Ok(read) => read,
        Err(error) => {
            let fix = error.help.clone().unwrap_or_else(|| "correct the file".to_owned());
            checkup.problem(format!("configuration: {error}"), &fix);
            return None;
        }
    };
    let detector = Detector::new(rules);
    promises(&detector, checkup);
    configuration(&policy, layout, &command.repository, checkup);
    unstaged(command, layout, checkup);
    gaps::check(&policy, &detector, layout, checkup);
    let secrets = planted(&detector, policy.confidence.value, checkup);
    let path = place(&policy);
    match (secrets.is_empty(), path) {
        (false, Some(path)) => {
            let text = secrets.iter().map(|(text, ..)| format!("{text}\n")).collect();
            let secrets = secrets.into_iter().map(|(_, secret, rule)| (secret, rule)).collect();
            Some(Subject { path, text, secrets, files: policy.read_from() })
        }
        (true, _) => {
            checkup.problem("no rule in force finds an example of its own", "see `leeward rules check`");
            None
        }
        (false, None) => {
            let fix = "`leeward config show` says what is left out";
            checkup.problem("the configuration leaves out every path that was thought of", fix);
            None
        }
    }
}

/// This program, the one that hooks would call, and git.
fn versions(checkup: &mut Checkup) {
    let ours = concat!("leeward ", env!("CARGO_PKG_VERSION"));
    let here = std::env::current_exe().map(|path| path.display().to_string()).unwrap_or_default();
    checkup.good(format!("{ours}, {}", visible(here.as_bytes())));
    let found =
        on_path().map(|path| (version(&path), visible(path.as_os_str().as_encoded_bytes()).into_owned()));
    match found {
        Some((Some(version), _)) if version == ours => {
            checkup.good("hooks that call leeward by its name call this version");
        }
        Some((Some(version), path)) if version.starts_with("leeward ") => checkup.warning(
            format!("hooks that call leeward by its name call another version: {version}, {path}"),
            "put this one first in PATH, or remove the other",
        ),
        Some((_, path)) => checkup.warning(
            format!("hooks that call leeward by its name call another program: {path} does not say that it is leeward"),
            "put this one first in PATH, or name it with its whole path in the hooks",
        ),
        None => checkup.warning(
            "leeward is not found in PATH, so hooks that call it by its name fail",
            "install it where PATH leads, or name it with its whole path in the hooks",
        ),
    }
    match version(Path::new("git")) {
        Some(version) => checkup.good(version),
        None => checkup.problem("git cannot be run, so nothing can be tried", "install git"),
    }
}

/// What a program says of its version.
fn version(program: &Path) -> Option<String> {
    let ran = run(Command::new(program).arg("--version").stdin(Stdio::null()), ASKING);
    let text = ran.stdout.lines().next().map(|line| visible(line).into_owned());
    text.filter(|_| ran.succeeded())
}

fn promises(detector: &Detector, checkup: &mut Checkup) {
    let outcomes = check::check(detector);
    let failed: Vec<&str> =
        outcomes.iter().filter(|o| !o.failures.is_empty()).map(|o| o.id.as_str()).collect();
    let rules = count(outcomes.len() as u64, "rule", "rules");
    let examples = outcomes.iter().map(|outcome| outcome.checked as u64).sum();
    match failed.as_slice() {
        [] => {
            checkup.good(format!("{rules} in force; all of {} hold", count(examples, "example", "examples")))
        }
        failed => checkup.problem(
            format!("{rules} in force; examples do not hold of {}", failed.join(", ")),
            "`leeward rules check` says which",
        ),
    }
}

fn configuration(policy: &Policy, layout: &Layout, repository: &Path, checkup: &mut Checkup) {
    let file = policy.config.clone().unwrap_or_else(|| "none".to_owned());
    let patterns = policy.left_out.exclude.patterns().len() as u64;
    let left_out = |path: &BStr| policy.left_out.contains(0, path);
    let all = patterns > 0 && source::all_tracked_are(repository, &left_out);
    if all {
        let fix = "`leeward config show` says what is left out";
        checkup.problem(format!("configuration: {file}; it leaves out everything that git tracks"), fix);
    } else {
        let patterns = match patterns {
            0 => "nothing is left out".to_owned(),
            number => format!("paths are left out by {}", count(number, "pattern", "patterns")),
        };
        checkup.good(format!("configuration: {file}; {patterns}"));
    }
    if let Some(baseline) = &policy.baseline {
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let entries = baseline.value.baseline.entries();
        let expired = entries.iter().filter(|entry| !entry.is_valid(today)).count() as u64;
        let what =
            format!("baseline: {}; {}", baseline.value.name, count(entries.len() as u64, "entry", "entries"));
        match expired {
            0 => checkup.good(what),
            expired => checkup
                .warning(format!("{what}, {expired} expired"), "`leeward baseline prune` takes them out"),
        }
    }
    for issue in &layout.issues {
        let path = issue.path.as_ref().map(|path| format!("{}: ", visible(path))).unwrap_or_default();
        let what = format!("{path}{}", issue.message);
        checkup.warning(what, "mend that: until then, a scan of this repository is incomplete");
    }
}

/// Says what the hooks do not go by yet.
fn unstaged(command: &DoctorCommand, layout: &Layout, checkup: &mut Checkup) {
    if layout.work_tree.is_none() {
        return;
    }
    let targets = std::slice::from_ref(&command.repository);
    let staged = surroundings::next_commit(layout)
        .and_then(|basis| Policy::new("staged", &command.policy, targets, &basis));
    match staged {
        Ok((staged, _)) => {
            for note in staged.notes().iter().filter(|note| note.kind == "policy-not-stored") {
                checkup
                    .warning(note.message.clone(), "stage it; what is tried here goes by the files on disk");
            }
        }
        Err(error) => checkup.problem(
            format!("the configuration that is staged stops every commit: {error}"),
            "mend it, and `git add` it",
        ),
    }
}

/// For every rule a text that it finds, with the value in it.
fn planted(detector: &Detector, least: Confidence, checkup: &mut Checkup) -> Vec<(String, Secret, String)> {
    let mut planted = Vec::new();
    for (index, rule) in detector.rules().iter().enumerate() {
        let bare = Example { path: None, text: "{{secret}}".to_owned() };
        let examples = rule.examples.iter().chain([&bare]);
        let found = examples.filter_map(|example| plant(detector, index, rule, example, least)).next();
        match found {
            Some((text, secret)) => planted.push((text, secret, rule.id.clone())),
            None => checkup.warning(
                format!("rule {} finds no example of its own, so it was not tried", rule.id),
                "give it an example that is found at the confidence that is reported",
            ),
        }
    }
    planted
}

/// An example with a new value, if it is found wherever it stands.
fn plant(
    detector: &Detector,
    index: usize,
    rule: &Rule,
    example: &Example,
    least: Confidence,
) -> Option<(String, Secret)> {
    // Another value each time, so that nobody can have accepted it.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    let text = check::filled(rule, example, (now % 1_000_000_007) as usize);
    let found = detector.scan(text.as_bytes(), None);
    let found = found.into_iter().find(|m| m.rule == index && m.confidence >= least && !m.published)?;
    Some((text, found.secret))
}

/// A path that the configuration leaves in.
fn place(policy: &Policy) -> Option<String> {
    let names = ["leeward-doctor.txt", "leeward-doctor.py", "leeward-doctor.env", "leeward-doctor"];
    let directories = ["", "src/", "lib/", "app/", "doc/", "leeward-doctor/"];
    let mut paths = directories.iter().flat_map(|directory| names.map(|name| format!("{directory}{name}")));
    paths.find(|path| !policy.left_out.contains(0, BString::from(path.as_str()).as_bstr()))
}
