//! What the configuration lets through that would be stopped without it, and which line of it does.
//!
//! Takes a policy and the rules that it leaves in force. Tries every rule that comes with the program by its own examples,
//! and scans what is left out: patterns that leave nothing out that matters are no gap.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bstr::{BStr, BString};

use super::super::policy::{KnownRule, Policy, Source};
use super::Checkup;
use crate::config::{Exclude, LeftOut, Located};
use crate::detect::Detector;
use crate::finding::{Confidence, LocationKind};
use crate::pipeline::{Collector, Outcome};
use crate::progress::Counters;
use crate::rule::{Rule, RuleSet, builtin, check};
use crate::sanitize::visible;
use crate::source::history::range::Snapshot;
use crate::source::layout::Layout;
use crate::source::{Origin, Sink as _, worktree};
use crate::words::{bytes, count};

/// How many files are named.
const NAMED: usize = 5;

/// Where keys are kept most often.
const COMMON: [&str; 22] = [
    ".env",
    ".env.local",
    ".env.production",
    ".envrc",
    "prod.env",
    "config.py",
    "settings.py",
    "config.json",
    "config.toml",
    "config.yaml",
    "config.yml",
    "secrets.yaml",
    "secrets.toml",
    ".streamlit/secrets.toml",
    "docker-compose.yml",
    "main.py",
    "app.py",
    "src/main.py",
    "src/index.js",
    "src/index.ts",
    "notebook.ipynb",
    ".github/workflows/ci.yml",
];

/// Looks for gaps.
pub(super) fn check(policy: &Policy, detector: &Detector, layout: &Layout, checkup: &mut Checkup) {
    let rules = builtin::rules().and_then(RuleSet::new);
    match rules.map(Detector::new) {
        Ok(plain) => {
            plain.rules().iter().for_each(|rule| try_rule(rule, &plain, policy, detector, checkup));
            left_out(policy, &plain, layout, checkup);
            common_places(policy, checkup);
        }
        Err(error) => checkup.untried(format!("the rules that come with leeward: {error}")),
    }
    limits(policy, checkup);
}

/// Whether what a rule finds by itself is found under the policy.
fn try_rule(rule: &Rule, plain: &Detector, policy: &Policy, detector: &Detector, checkup: &mut Checkup) {
    let examples = rule.examples.iter().filter(|example| example.path.is_none());
    let texts = examples.zip(1..).map(|(example, number)| check::filled(rule, example, number));
    let (mut tried, mut missed) = (0_u64, 0_u64);
    for text in texts {
        let is_ours =
            |detector: &Detector, found: &crate::detect::Match| detector.rules()[found.rule].id == rule.id;
        let found = plain.scan(text.as_bytes(), None).into_iter();
        let mut secrets =
            found.filter(|m| m.confidence >= Confidence::Medium && is_ours(plain, m)).map(|m| m.secret);
        let Some(secret) = secrets.next() else { continue };
        tried += 1;
        let still = detector.scan(text.as_bytes(), None);
        let least = policy.confidence.value;
        missed += u64::from(!still.iter().any(|m| m.secret == secret && m.confidence >= least));
    }
    let known = policy.known_rules.iter().find(|known| known.id == rule.id);
    let raised = policy.confidence.value > Confidence::Medium;
    let examples = count(tried, "example", "examples");
    match how_it_is(rule, known) {
        Some((how, fix)) => {
            let lets = format!("{missed} of {examples} of its keys would get through every gate");
            checkup.gap(format!("rule {} {how}: {lets}", rule.id), &fix);
        }
        None if tried == 0 => checkup.untried(format!("rule {} has no example to try it by", rule.id)),
        None if missed > 0 && !raised => {
            let what = format!("rule {} finds all but {missed} of its own {examples}", rule.id);
            checkup.problem(what, "`leeward rules check` says which");
        }
        None => {
            let found = tried - missed;
            checkup.good(format!("rule {} is in force, and finds {found} of {examples}", rule.id));
        }
    }
}

/// Why a rule does not do what it does by itself, and what would mend it.
fn how_it_is(rule: &Rule, known: Option<&KnownRule>) -> Option<(String, String)> {
    let Some(known) = known else {
        return Some(("is not in force".to_owned(), "`leeward config show` says why".to_owned()));
    };
    if let Some(source) = &known.off {
        return Some((format!("is switched off ({source})"), take_out(source)));
    }
    let source = &known.source;
    let same = known.definition == format!("{rule:?}");
    (!same).then(|| (format!("is replaced by another one of that id ({source})"), take_out(source)))
}

fn take_out(source: &Source) -> String {
    format!("take that out ({source}); `leeward doctor --allow-gaps` if it is meant")
}

/// What holds for all rules. A limit is said by every scan that it leaves something out of, so that it is no gap.
fn limits(policy: &Policy, checkup: &mut Checkup) {
    if policy.confidence.value > Confidence::Medium {
        let (level, source) = (policy.confidence.value.as_str(), &policy.confidence.source);
        let what =
            format!("only keys of {level} confidence are stopped ({source}); those of medium get through");
        checkup.gap(what, &take_out(source));
    }
    if let Some(size) = policy.max_file_size.value {
        let what =
            format!("files of more than {} are not judged ({})", bytes(size), policy.max_file_size.source);
        checkup.warning(what, "nothing, if no text is that large; each scan counts what it left out");
    }
    if policy.max_archive_depth.value == 0 {
        let what = format!("archives are not opened ({})", policy.max_archive_depth.source);
        checkup.warning(what, "nothing, if keys in archives do not matter here");
    }
    if !policy.allow.is_empty() {
        let values = count(policy.allow.len() as u64, "value is", "values are");
        checkup.good(format!("{values} allowed by the configuration"));
    }
}

/// Scans the files that the configuration leaves out.
fn left_out(policy: &Policy, plain: &Detector, layout: &Layout, checkup: &mut Checkup) {
    let patterns = policy.left_out.exclude.patterns();
    if patterns.is_empty() {
        return;
    }
    let Some(outcome) = scanned(policy, plain, layout) else {
        return checkup.untried("what the configuration leaves out could not be looked at");
    };
    let is_left_out = |path: &BStr| policy.left_out.contains(0, path);
    let open = outcome.findings.iter().flat_map(|finding| &finding.locations);
    let mut files: Vec<&BString> =
        open.filter_map(|place| place.path.as_ref()).filter(|path| is_left_out(path.as_ref())).collect();
    files.sort();
    files.dedup();
    let lost: Vec<_> = outcome
        .issues
        .iter()
        .filter(|issue| issue.path.as_ref().is_some_and(|p| is_left_out(p.as_ref())))
        .collect();
    let by = named(policy, patterns);
    if !files.is_empty() {
        let mut shown: Vec<String> =
            files.iter().take(NAMED).map(|path| visible(path).into_owned()).collect();
        if files.len() > NAMED {
            shown.push(format!("and {} more", files.len() - NAMED));
        }
        let number = count(files.len() as u64, "file", "files");
        checkup.gap(
            format!("keys in {number} are left out by {by}: {}", shown.join(", ")),
            "take the keys out, or leave out less; `leeward doctor --allow-gaps` if it is meant",
        );
    } else if lost.is_empty() {
        checkup.good(format!("no key stands in what is left out by {by}"));
    }
    if let Some(issue) = lost.first() {
        let path = issue.path.as_ref().map(|path| visible(path).into_owned()).unwrap_or_default();
        checkup.warning(
            format!("of what is left out, not all could be read: {path}: {}", issue.message),
            "nothing, as long as it stays left out",
        );
    }
}

/// Patterns of the configuration, each with its place there.
fn named<'p>(policy: &Policy, patterns: impl IntoIterator<Item = &'p Located<String>>) -> String {
    let file = policy.config.as_deref().unwrap_or_default();
    let name = |p: &Located<String>| format!("'{}' ({file}:{})", visible(p.value.as_bytes()), p.line);
    patterns.into_iter().map(name).collect::<Vec<_>>().join(", ")
}

/// Says which of the common places of keys are left out, whether a file is there now or not.
fn common_places(policy: &Policy, checkup: &mut Checkup) {
    let is_off = |path: &&&str| policy.left_out.contains(0, BStr::new(**path));
    let off: Vec<&str> = COMMON.iter().filter(is_off).copied().collect();
    if off.is_empty() || off.len() == COMMON.len() {
        // Of what leaves out everything it is said already.
        return;
    }
    let of_one = |pattern: &&Located<String>| {
        let alone = Exclude::new(vec![(*pattern).clone()]);
        alone.is_ok_and(|alone| off.iter().any(|path| alone.matches(BStr::new(*path))))
    };
    let by = named(policy, policy.left_out.exclude.patterns().iter().filter(of_one));
    let more = match off.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more like these"),
    };
    let shown = off[..off.len().min(NAMED)].join(", ");
    checkup.gap(
        format!("keys would not be looked for where they often are: {shown}{more}, left out by {by}",),
        "leave out less; `leeward doctor --allow-gaps` if it is meant",
    );
}

/// What the rules of the program find in a repository, as it is now. None if it cannot be looked at.
fn scanned(policy: &Policy, plain: &Detector, layout: &Layout) -> Option<Outcome> {
    let (nothing, never) = (LeftOut::default(), AtomicBool::new(false));
    let settings = crate::pipeline::Settings {
        confidence: Confidence::Medium,
        max_file_size: None,
        ..policy.settings()
    };
    let counters = Arc::new(Counters::default());
    let targets = vec![BString::from(".")];
    let collector = Collector::new(plain, settings, &nothing, targets.clone(), &never, counters);
    match &layout.work_tree {
        Some(top) => worktree::scan(Path::new(top), 0, worktree::Options::default(), &collector),
        None => {
            let wanted = |path: &BStr| policy.left_out.contains(0, path);
            let mut visit = |path: &BStr, bytes: &[u8]| {
                let (kind, path) = (LocationKind::Blob, Some(path));
                collector.blob(Origin { kind, target: 0, path, shown: path, object: None }, bytes);
            };
            // Before the first commit there is nothing to leave out.
            if let Ok(snapshot) = Snapshot::open(layout, "HEAD")
                && snapshot.visit(&wanted, &mut visit) > 0
            {
                return None;
            }
        }
    }
    let mut outcome = collector.finish();
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    policy.accept(&mut outcome, today);
    Some(outcome)
}
