//! What a scan goes by: the command line and the configuration file put together, and where each value is from.
//!
//! Takes arguments as typed and the targets of a scan, finds and reads the configuration and what it names, and gives a
//! [`Policy`]. The command line wins. Whatever would make a scan other than what was asked for is an error.

mod accepted;
mod before;
mod comments;
mod files;
mod found;
mod gate;
mod rules;
mod server;
mod sides;
mod since;
mod unstored;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use super::UsageError;
use super::args::PolicyArgs;
use crate::baseline::{self, Baseline, Entry};
use crate::config::read::Unreadable;
use crate::config::{Allowed, LeftOut, Located};
use crate::decode::Limits;
use crate::finding::{Confidence, Finding, Location, SuppressedBy, Suppression};
use crate::pipeline::{Outcome, Settings, SettingsBefore};
use crate::report::Note;
use crate::rule::RuleSet;
use crate::source::LEFT_OUT;
use crate::words;
use accepted::Accepted;
use files::Files;
pub(in crate::cli) use files::{Basis, Incoming, malformed_baseline};
use found::{Found, found};
use rules::rules_in_force;
pub(in crate::cli) use rules::{KnownRule, rule_file};
pub(in crate::cli) use server::Judge;
pub(in crate::cli) use since::{Asked, Ends, Now, default_of};
pub(in crate::cli) use unstored::git_add;

/// Where a value is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Source {
    /// Nobody said otherwise.
    Default,
    /// It comes with the program.
    BuiltIn,
    /// An option of the command line.
    Option(&'static str),
    /// A line of the configuration.
    Line {
        /// Name of the file.
        file: String,
        /// 1-based.
        line: usize,
    },
}

/// A value, and where it is from.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Setting<T> {
    pub(in crate::cli) value: T,
    pub(in crate::cli) source: Source,
}

/// What a scan goes by.
#[derive(Debug)]
pub(in crate::cli) struct Policy {
    /// Name of the configuration file.
    pub(in crate::cli) config: Option<String>,
    pub(in crate::cli) confidence: Setting<Confidence>,
    pub(in crate::cli) inline_ignores: Setting<bool>,
    pub(in crate::cli) max_file_size: Setting<Option<u64>>,
    pub(in crate::cli) max_archive_depth: Setting<u8>,
    pub(in crate::cli) left_out: LeftOut,
    /// The settings of `HEAD`, where the next commit changes them.
    pub(in crate::cli) settings_before: Option<Arc<[SettingsBefore]>>,
    pub(in crate::cli) allow: Vec<Allowed>,
    pub(in crate::cli) baseline: Option<Setting<NamedBaseline>>,
    /// Sorted by id.
    pub(in crate::cli) known_rules: Vec<KnownRule>,
    /// Where all of it is read from.
    files: Rc<Files>,
    /// The configuration, and the files that it names.
    read_from: Vec<PathBuf>,
    /// What is worth knowing of it.
    notes: Vec<Note>,
    /// The scan is of whole repositories, so that what it does not find is not there.
    whole: bool,
    /// Paths that are left out were not read: a source asked, and skipped them.
    paths_known: bool,
}

/// Files of settings by their paths, and what stands in them: nothing where there is none, or why that cannot be told.
pub(in crate::cli) type StoredTexts = Vec<(bstr::BString, Result<Option<Vec<u8>>, String>)>;

/// A baseline and the name of its file.
#[derive(Debug)]
pub(in crate::cli) struct NamedBaseline {
    pub(in crate::cli) path: PathBuf,
    pub(in crate::cli) name: String,
    pub(in crate::cli) baseline: Baseline,
}

impl Policy {
    /// For the targets of a command, with the rules in force.
    ///
    /// # Errors
    ///
    /// For a configuration, a baseline or rules that cannot be used, and if there is no rule at all.
    pub(in crate::cli) fn new(
        mode: &str,
        args: &PolicyArgs,
        targets: &[PathBuf],
        basis: &Basis,
    ) -> Result<(Policy, RuleSet), UsageError> {
        let of_revision = gate::of_revision(args);
        let (mut policy, rules) = Policy::read(mode, of_revision.as_ref().unwrap_or(args), targets, basis)?;
        let notes = match args.policy_from {
            Some(_) => policy.compared(mode, args, targets, basis),
            None => [policy.brought(mode, args, targets, basis), policy.unstored(args)].concat(),
        };
        policy.notes.extend(notes);
        policy.notes.extend(policy.received(mode, args, targets, basis)?);
        Ok((policy, rules))
    }

    /// The same, without a comparison.
    fn read(
        mode: &str,
        args: &PolicyArgs,
        targets: &[PathBuf],
        basis: &Basis,
    ) -> Result<(Policy, RuleSet), UsageError> {
        let mut found = found(mode, args, targets, basis)?;
        let config = std::mem::take(&mut found.config);
        let name = found.name.clone();
        let baseline = baseline_in_force(args, &config.baseline, &mut found)?;
        let (rules, known_rules) = rules_in_force(&args.rule_files, &config, &found)?;
        let read_from = found.read_from(&config);
        let inline = args.no_inline_ignores.then_some(false);
        let policy = Policy {
            config: (!name.is_empty()).then(|| name.clone()),
            confidence: found.pick(
                args.confidence.map(Confidence::from),
                "--confidence",
                config.confidence,
                Confidence::Medium,
            ),
            inline_ignores: found.pick(inline, "--no-inline-ignores", config.inline_ignores, true),
            max_file_size: found.pick(
                args.max_file_size.map(Some),
                "--max-file-size",
                config.max_file_size.map(|size| Located { value: Some(size.value), line: size.line }),
                None,
            ),
            max_archive_depth: found.pick(
                args.max_archive_depth,
                "--max-archive-depth",
                config.max_archive_depth,
                Limits::default().archives,
            ),
            left_out: LeftOut { exclude: config.exclude, relations: found.relations },
            settings_before: None,
            allow: config.allow,
            baseline,
            known_rules,
            whole: found.whole,
            read_from,
            files: found.files,
            notes: found.notes,
            paths_known: mode == "scan",
        };
        Ok((policy, rules))
    }

    /// The baseline that a scan of these targets would read, whether it is there or not; whether it was named; and whether the
    /// scan is of whole repositories.
    pub(in crate::cli) fn baseline_file(
        mode: &str,
        args: &PolicyArgs,
        targets: &[PathBuf],
    ) -> Result<(PathBuf, bool, bool), UsageError> {
        let found = found(mode, args, targets, &Basis::Disk)?;
        let in_config = found.config.baseline.as_ref().map(|path| found.directory.join(&path.value));
        match args.baseline.clone().or(in_config) {
            Some(path) => Ok((path, true, found.whole)),
            None => Ok((found.top.join(baseline::FILE_NAME), false, found.whole)),
        }
    }

    /// The settings that a repository would be judged by, as they are stored: each file, and what stands in it.
    ///
    /// # Errors
    ///
    /// Those of [`Policy::new`].
    pub(in crate::cli) fn stored(
        mode: &str,
        args: &PolicyArgs,
        targets: &[PathBuf],
        basis: &Basis,
    ) -> Result<StoredTexts, UsageError> {
        let (policy, _) = Policy::read(mode, args, targets, basis)?;
        let text = |path: &PathBuf| {
            let (stored, below) = policy.files.inside(path)?;
            let text = stored.read(below.as_ref());
            Some((below, text))
        };
        Ok(policy.paths(args).iter().filter_map(text).collect())
    }

    /// The files that it was read from, as far as a configuration named them or is one.
    pub(in crate::cli) fn read_from(&self) -> Vec<PathBuf> {
        self.read_from.clone()
    }

    /// What is worth knowing of it.
    pub(in crate::cli) fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// What the pipeline has to know.
    pub(in crate::cli) fn settings(&self) -> Settings {
        let default = Limits::default();
        let archives = self.max_archive_depth.value;
        Settings {
            confidence: self.confidence.value,
            inline_ignores: self.inline_ignores.value,
            // A gzipped tar is two encodings, and one archive.
            limits: Limits {
                archives,
                archives_asked: !matches!(self.max_archive_depth.source, Source::Default),
                depth: default.depth.max(archives.saturating_mul(2).saturating_add(1)),
                ..default
            },
            max_file_size: self.max_file_size.value,
        }
    }

    /// Sets aside what the policy accepts, on a day.
    pub(in crate::cli) fn settle(
        &self,
        outcome: &mut Outcome,
        targets: &[bstr::BString],
        today: jiff::civil::Date,
    ) {
        outcome.notes.extend(self.notes.iter().cloned());
        let Setting { value: heeded, source } = &self.inline_ignores;
        if !heeded {
            outcome.comments_refused = Some(format!("inline-ignores is off: {source}"));
        }
        if !self.paths_known && !self.left_out.exclude.is_empty() {
            let suppression = Suppression { by: SuppressedBy::Config, reason: LEFT_OUT.to_owned() };
            let left_out = |location: &Location| {
                let target =
                    targets.iter().position(|target| *target == location.target).unwrap_or(usize::MAX);
                location.path.as_ref().is_some_and(|path| self.left_out.contains(target, path.as_ref()))
            };
            outcome.set_aside(left_out, &suppression);
        }
        self.accept(outcome, today);
        if let Some(Setting { value: NamedBaseline { name, baseline, .. }, .. }) = &self.baseline {
            let notes = said_of_baseline(name, baseline, outcome, today, self.whole);
            outcome.notes.extend(notes);
        }
    }

    /// Sets aside the values that are accepted, wherever they stand.
    pub(in crate::cli) fn accept(&self, outcome: &mut Outcome, today: jiff::civil::Date) {
        outcome.suppress(|finding| self.allowed(finding));
        if let Some(Setting { value: NamedBaseline { baseline, .. }, .. }) = &self.baseline {
            outcome.suppress(|finding| baseline.accepts(finding, today));
        }
    }

    fn allowed(&self, finding: &Finding) -> Option<Suppression> {
        if self.allow.is_empty() {
            return None;
        }
        let hash = finding.secret.sha256();
        let of_rule = |allowed: &Allowed| allowed.rule.as_ref().is_none_or(|rule| *rule == finding.rule_id);
        let allowed = self.allow.iter().find(|allowed| allowed.sha256 == hash && of_rule(allowed))?;
        Some(Suppression { by: SuppressedBy::Config, reason: allowed.reason.clone() })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Default => f.write_str("default"),
            Source::BuiltIn => f.write_str("built in"),
            Source::Option(option) => write!(f, "command line, {option}"),
            Source::Line { file, line } => write!(f, "{file}:{line}"),
        }
    }
}

/// What a baseline no longer does, and what it does for nothing.
fn said_of_baseline(
    name: &str,
    baseline: &Baseline,
    outcome: &Outcome,
    today: jiff::civil::Date,
    whole: bool,
) -> Vec<Note> {
    let mut notes = Vec::new();
    let expired = outcome.findings.iter().filter_map(|finding| baseline.expired(finding, today));
    let expired: BTreeMap<usize, &Entry> = expired.map(|entry| (entry.line, entry)).collect();
    for entry in expired.values() {
        let day = entry.expires.map(|day| day.to_string()).unwrap_or_default();
        let message = format!(
            "{name}:{}: accepted until {day} ({}), and reported again since",
            entry.line, entry.reason
        );
        notes.push(Note { kind: "baseline-expired", message });
    }
    if whole && outcome.issues.is_empty() && !outcome.lacks_files() {
        let suppressed = outcome.suppressed.iter().map(|(finding, _)| finding);
        let unused: Vec<&Entry> = baseline.unused(outcome.findings.iter().chain(suppressed)).collect();
        if !unused.is_empty() {
            let entries = words::count(unused.len() as u64, "entry", "entries");
            let expired = unused.iter().filter(|entry| !entry.is_valid(today)).count();
            let expired = match expired {
                0 => String::new(),
                number if number == unused.len() => ", and expired before".to_owned(),
                number => format!(", {number} of which expired before"),
            };
            let message = format!(
                "{entries} of {name} matched nothing here{expired}; `leeward baseline prune` removes such entries"
            );
            notes.push(Note { kind: "baseline-unused", message });
        }
    }
    notes
}

/// The baseline that was named on the command line, or else the one that the configuration names.
fn baseline_in_force(
    args: &PolicyArgs,
    written: &Option<Located<PathBuf>>,
    found: &mut Found,
) -> Result<Option<Setting<NamedBaseline>>, UsageError> {
    let (path, source) = match (&args.baseline, written) {
        _ if args.without_baseline => return Ok(None),
        (Some(path), _) => (path.clone(), Source::Option("--baseline")),
        (None, Some(Located { value, line })) => (found.directory.join(value), found.line(*line)),
        (None, None) => return Ok(None),
    };
    let name = found.files.name(&path);
    let text = if args.baseline.is_some() { found.files.named(&path) } else { found.files.text(&path) };
    let text = match text {
        Ok(text) => text,
        // It may be about to be introduced. What the revision's own configuration names has to be there.
        Err(Unreadable::NotInRevision) if args.baseline.is_some() => {
            let message = format!("there is no {name}, so nothing is accepted by it");
            found.notes.push(Note { kind: "policy-missing", message });
            return Ok(None);
        }
        Err(error) => return Err(UsageError::new(format!("cannot read the baseline {name}: {error}"))),
    };
    let baseline = Baseline::parse(&name, &text).map_err(|error| malformed_baseline(&name, &text, error))?;
    Ok(Some(Setting { value: NamedBaseline { path, name, baseline }, source }))
}
