//! What a scan goes by: the command line and the configuration file put together, and where each value is from.
//!
//! Takes arguments as typed and the targets of a scan, finds and reads the configuration and what it names, and gives a
//! [`Policy`]. The command line wins. Whatever would make a scan other than what was asked for is an error.

use std::fmt;
use std::path::{Path, PathBuf};

use super::UsageError;
use super::args::{PolicyArgs, RuleFiles};
use crate::baseline::Baseline;
use crate::config::find::Site;
use crate::config::paths::Relation;
use crate::config::{self, Allowed, Config, LeftOut, Located};
use crate::decode::Limits;
use crate::finding::{Confidence, Finding, SuppressedBy, Suppression};
use crate::pipeline::{Outcome, Settings};
use crate::rule::{Rule, RuleSet, builtin, file};
use crate::source::LEFT_OUT;
use crate::source::layout::{self, ObjectDirs};

/// Where a value is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
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
pub(super) struct Setting<T> {
    pub(super) value: T,
    pub(super) source: Source,
}

/// A rule that was read, in force or not.
#[derive(Debug)]
pub(super) struct KnownRule {
    pub(super) id: String,
    pub(super) source: Source,
    /// What put it out of force.
    pub(super) off: Option<Source>,
}

/// What a scan goes by.
#[derive(Debug)]
pub(super) struct Policy {
    /// Name of the configuration file.
    pub(super) config: Option<String>,
    pub(super) confidence: Setting<Confidence>,
    pub(super) inline_ignores: Setting<bool>,
    pub(super) max_file_size: Setting<Option<u64>>,
    pub(super) max_archive_depth: Setting<u8>,
    pub(super) left_out: LeftOut,
    pub(super) allow: Vec<Allowed>,
    pub(super) baseline: Option<Setting<NamedBaseline>>,
    /// Sorted by id.
    pub(super) known_rules: Vec<KnownRule>,
    /// Paths that are left out were not read: a source asked, and skipped them.
    paths_known: bool,
}

/// A baseline and the name of its file.
#[derive(Debug)]
pub(super) struct NamedBaseline {
    pub(super) name: String,
    pub(super) baseline: Baseline,
}

/// A configuration that was read.
#[derive(Debug, Default)]
struct Found {
    name: String,
    /// What names in it are relative to.
    directory: PathBuf,
    config: Config,
    relations: Vec<Relation>,
}

impl Policy {
    /// For the targets of a command, with the rules in force.
    ///
    /// # Errors
    ///
    /// For a configuration, a baseline or rules that cannot be used, and if there is no rule at all.
    pub(super) fn new(
        mode: &str,
        args: &PolicyArgs,
        targets: &[PathBuf],
    ) -> Result<(Policy, RuleSet), UsageError> {
        let mut found = found(mode, &args.rule_files, targets)?;
        let config = std::mem::take(&mut found.config);
        let name = found.name.clone();
        let setting = |value, line| Setting { value, source: Source::Line { file: name.clone(), line } };
        let baseline = match (&args.baseline, &config.baseline) {
            (Some(path), _) => {
                Some(Setting { value: read_baseline(path)?, source: Source::Option("--baseline") })
            }
            (None, Some(Located { value, line })) => {
                Some(setting(read_baseline(&found.directory.join(value))?, *line))
            }
            (None, None) => None,
        };
        let (rules, known_rules) = rules_in_force(&args.rule_files, &config, &found)?;
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
            allow: config.allow,
            baseline,
            known_rules,
            paths_known: mode == "scan",
        };
        Ok((policy, rules))
    }

    /// What the pipeline has to know.
    pub(super) fn settings(&self) -> Settings {
        let default = Limits::default();
        let archives = self.max_archive_depth.value;
        Settings {
            confidence: self.confidence.value,
            inline_ignores: self.inline_ignores.value,
            // A gzipped tar is two encodings, and one archive.
            limits: Limits {
                archives,
                depth: default.depth.max(archives.saturating_mul(2).saturating_add(1)),
                ..default
            },
            max_file_size: self.max_file_size.value,
        }
    }

    /// Sets aside what the policy accepts, on a day.
    pub(super) fn settle(&self, outcome: &mut Outcome, targets: &[bstr::BString], today: jiff::civil::Date) {
        if !self.paths_known && !self.left_out.exclude.is_empty() {
            let suppression = Suppression { by: SuppressedBy::Config, reason: LEFT_OUT.to_owned() };
            let left_out = |location: &crate::finding::Location| {
                let target =
                    targets.iter().position(|target| *target == location.target).unwrap_or(usize::MAX);
                location.path.as_ref().is_some_and(|path| self.left_out.contains(target, path.as_ref()))
            };
            outcome.set_aside(left_out, &suppression);
        }
        outcome.suppress(|finding| self.allowed(finding));
        if let Some(baseline) = &self.baseline {
            outcome.suppress(|finding| baseline.value.baseline.accepts(finding, today));
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

impl Found {
    /// What holds: what was typed, what the file says, the default, in this order.
    fn pick<T>(
        &self,
        typed: Option<T>,
        option: &'static str,
        written: Option<Located<T>>,
        default: T,
    ) -> Setting<T> {
        match (typed, written) {
            (Some(value), _) => Setting { value, source: Source::Option(option) },
            (None, Some(Located { value, line })) => Setting { value, source: self.line(line) },
            (None, None) => Setting { value: default, source: Source::Default },
        }
    }

    fn line(&self, line: usize) -> Source {
        Source::Line { file: self.name.clone(), line }
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

/// The configuration that was named, or else the one that is found; one without a name if there is none.
fn found(mode: &str, args: &RuleFiles, targets: &[PathBuf]) -> Result<Found, UsageError> {
    if args.no_config {
        return Ok(Found::default());
    }
    let sites: Vec<Option<Site>> = targets.iter().map(|target| site(mode, target)).collect();
    let relations = |relation: &dyn Fn(&Site) -> Relation| {
        sites.iter().map(|site| site.as_ref().map_or(Relation::Apart, relation)).collect()
    };
    if let Some(path) = &args.config {
        return read_config(path, relations(&Site::relation_to_named));
    }
    let mut files = sites.iter().flatten().map(Site::config);
    let first = files.next().flatten();
    if files.any(|file| file != first) {
        return Err(UsageError::new("the targets have different configurations").help(
            "name one for all with --config FILE, use none with --no-config, or scan them one by one",
        ));
    }
    match first {
        Some(path) => read_config(&path, relations(&|site| site.relation_to_found(&path))),
        None => Ok(Found::default()),
    }
}

/// Where a target lies; none for what is not there, which is said elsewhere, and for repositories without a work tree.
fn site(mode: &str, target: &Path) -> Option<Site> {
    if mode == "scan" {
        return Site::of_path(target);
    }
    let layout = layout::find(target, &ObjectDirs::default()).ok()?;
    layout.work_tree.map(|work_tree| Site::in_work_tree(target, &work_tree))
}

fn read_config(path: &Path, relations: Vec<Relation>) -> Result<Found, UsageError> {
    let name = config::read::name(path);
    let text = config::read::text(path)
        .map_err(|error| UsageError::new(format!("cannot read the configuration {name}: {error}")))?;
    let config = config::file::parse(&name, &text).map_err(|error| {
        UsageError::new(error)
            .help("`leeward config --help` explains the keys; --no-config does without the file")
    })?;
    let directory = path.parent().map(Path::to_owned).unwrap_or_default();
    Ok(Found { name, directory, config, relations })
}

fn read_baseline(path: &Path) -> Result<NamedBaseline, UsageError> {
    let name = config::read::name(path);
    let text = config::read::text(path)
        .map_err(|error| UsageError::new(format!("cannot read the baseline {name}: {error}")))?;
    let baseline = Baseline::parse(&name, &text).map_err(UsageError::new)?;
    Ok(NamedBaseline { name, baseline })
}

/// The rules of one file.
pub(super) fn rule_file(path: &Path) -> Result<Vec<Rule>, UsageError> {
    let name = config::read::name(path);
    let text = config::read::text(path)
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

/// The rules in force, and all that are known.
fn rules_in_force(
    args: &RuleFiles,
    config: &Config,
    found: &Found,
) -> Result<(RuleSet, Vec<KnownRule>), UsageError> {
    let builtin = builtin::rules().map_err(UsageError::new)?;
    let mut ids: Vec<String> = builtin.iter().map(|rule| rule.id.clone()).collect();
    let with_builtin = !args.no_builtin_rules && config.builtin_rules.as_ref().is_none_or(|on| on.value);
    let mut read: Vec<(Rule, Source)> = Vec::new();
    if with_builtin {
        read.extend(builtin.into_iter().map(|rule| (rule, Source::BuiltIn)));
    }
    for Located { value, line } in &config.rule_files {
        let rules = rule_file(&found.directory.join(value))?;
        read.extend(rules.into_iter().map(|rule| (rule, found.line(*line))));
    }
    for path in &args.rules {
        read.extend(rule_file(path)?.into_iter().map(|rule| (rule, Source::Option("--rules"))));
    }
    ids.extend(read.iter().map(|(rule, _)| rule.id.clone()));
    let in_allow = config.allow.iter().filter_map(|allow| Some((allow.rule.as_ref()?, allow.line)));
    let named = config.only_rules.iter().chain(&config.disabled_rules).map(|id| (&id.value, id.line));
    for (id, line) in named.chain(in_allow) {
        known(id, &ids).map_err(|error| UsageError::new(format!("{}: {error}", found.line(line))))?;
    }
    let mut rules = Vec::new();
    let mut known_rules = Vec::new();
    for (rule, source) in read {
        let off =
            config.disabled_rules.iter().find(|id| id.value == rule.id).map(|id| id.line).or_else(|| {
                let only = config.only_rules.first()?;
                config.only_rules.iter().all(|id| id.value != rule.id).then_some(only.line)
            });
        let off = off.map(|line| found.line(line));
        known_rules.push(KnownRule { id: rule.id.clone(), source, off: off.clone() });
        if off.is_none() {
            rules.push(rule);
        }
    }
    if rules.is_empty() {
        return Err(UsageError::new("no rule is in force, so nothing could be found")
            .help("`leeward config show` says what put them out of force"));
    }
    known_rules.sort_by(|a, b| a.id.cmp(&b.id));
    Ok((RuleSet::new(rules).map_err(UsageError::new)?, known_rules))
}

/// Whether a rule has this id. What is no id is repeated only where it is nearly one.
fn known(id: &str, ids: &[String]) -> Result<(), String> {
    if ids.iter().any(|known| known == id) {
        return Ok(());
    }
    let nearest =
        ids.iter().map(|known| (strsim::jaro_winkler(id, known), known)).max_by(|a, b| a.0.total_cmp(&b.0));
    Err(match nearest {
        Some((likeness, near)) if likeness > 0.7 && id.len() <= near.len() + 4 => {
            format!("no rule has the id '{id}', did you mean '{near}'?")
        }
        _ => "no rule has this id; `leeward rules list --no-config` lists all".to_owned(),
    })
}
