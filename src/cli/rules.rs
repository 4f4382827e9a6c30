//! `leeward rules`: what the rules in force are, one of them whole, and whether they keep what they promise.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::args::{PolicyArgs, RuleFiles, RulesCommand};
use super::policy::{Basis, Policy, rule_file};
use super::timing::timing;
use super::{UsageError, say};
use crate::detect::Detector;
use crate::rule::{Rule, RuleSet, check};
use crate::status::Status;

/// What `leeward rules --help` ends with.
pub(super) const EXAMPLES: &str = "\
Examples:
  leeward rules list                     the rules in force here
  leeward rules list --timing .          and what each of them costs on these files
  leeward rules show ID                  one of them whole
  leeward rules check                    every rule finds its own examples
  leeward rules check my-rules.toml";

/// Runs one of the rules commands.
pub(super) fn run(command: &RulesCommand) -> Result<Status, UsageError> {
    match command {
        RulesCommand::List { timing, paths, files } => list(timing.then_some(paths), files),
        RulesCommand::Show { id, files } => show(id, files),
        RulesCommand::Check { paths, files } => check_all(paths, files),
    }
}

/// The rules in force in the working directory.
pub(super) fn rules(files: &RuleFiles) -> Result<RuleSet, UsageError> {
    let args = PolicyArgs { rule_files: files.clone(), ..PolicyArgs::default() };
    Policy::new("scan", &args, &[PathBuf::from(".")], &Basis::Disk).map(|(_, rules)| rules)
}

/// Lists the rules and, where asked to, what they cost on some paths.
fn list(timed: Option<&Vec<PathBuf>>, files: &RuleFiles) -> Result<Status, UsageError> {
    let rules = rules(files)?;
    let width = rules.rules().iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut out = String::new();
    for rule in rules.rules() {
        writeln!(out, "{:width$}  {:8}  {}", rule.id, rule.severity.as_str(), rule.description)
            .expect("a string");
    }
    if let Some(paths) = timed {
        write!(out, "\n{}", timing(paths, files)?).expect("a string");
    }
    say(&out);
    Ok(Status::Clean)
}

fn show(id: &str, files: &RuleFiles) -> Result<Status, UsageError> {
    let rules = rules(files)?;
    let Some(rule) = rules.get(id) else {
        let nearest = rules
            .rules()
            .iter()
            .max_by(|a, b| strsim::jaro_winkler(id, &a.id).total_cmp(&strsim::jaro_winkler(id, &b.id)));
        let help = nearest.map(|rule| format!("did you mean '{}'? `leeward rules list` lists all", rule.id));
        return Err(UsageError::new(format!("no rule has the id '{id}'")).help(help.unwrap_or_default()));
    };
    say(&described(rule));
    Ok(Status::Clean)
}

/// A rule for people.
fn described(rule: &Rule) -> String {
    let mut out = format!("{}: {}\n", rule.id, rule.description);
    if !rule.details.is_empty() {
        out.push_str(&format!("\n{}\n", rule.details));
    }
    let mut field = |name: &str, value: &str| {
        if !value.is_empty() {
            writeln!(out, "{name:12} {value}").expect("a string");
        }
    };
    field("\nseverity", &format!(" {}", rule.severity.as_str()));
    field("confidence", rule.confidence.as_str());
    field("pattern", &rule.pattern.source());
    field("drawn", if rule.random { "at random: what people write or machines derive is none" } else { "" });
    field("keywords", &rule.keywords.join(", "));
    if let Some(provider) = &rule.provider {
        field("names", &provider.names.join(", "));
        field("hosts", &provider.hosts.join(", "));
        field("with", &provider.with.join(", "));
        field("without", &provider.without.join(", "));
    }
    for (title, lines) in [("What to do", &rule.remediation), ("References", &rule.references)] {
        if !lines.is_empty() {
            writeln!(out, "\n{title}").expect("a string");
            lines.iter().for_each(|line| writeln!(out, "  - {line}").expect("a string"));
        }
    }
    for (title, examples) in [("Found", &rule.examples), ("Not found", &rule.counter_examples)] {
        if !examples.is_empty() {
            writeln!(out, "\n{title}").expect("a string");
        }
        for example in examples {
            example.text.trim_end().lines().enumerate().for_each(|(number, line)| {
                writeln!(out, "  {} {line}", if number == 0 { '-' } else { ' ' }).expect("a string");
            });
        }
    }
    out
}

/// Runs the examples of the rules in force or, where files are named, of those.
fn check_all(paths: &[PathBuf], files: &RuleFiles) -> Result<Status, UsageError> {
    let rules = if paths.is_empty() {
        rules(files)?
    } else {
        let mut all = Vec::new();
        for path in paths {
            all.extend(rule_file(path)?);
        }
        RuleSet::new(all).map_err(UsageError::new)?
    };
    let outcomes = check::check(&Detector::new(rules));
    let mut out = String::new();
    for outcome in &outcomes {
        let verdict = if outcome.failures.is_empty() { "ok" } else { "FAILED" };
        writeln!(out, "{}: {verdict}, {} examples run", outcome.id, outcome.checked).expect("a string");
        outcome.failures.iter().for_each(|failure| writeln!(out, "  {failure}").expect("a string"));
        outcome.advice.iter().for_each(|advice| writeln!(out, "  advice: {advice}").expect("a string"));
    }
    say(&out);
    let failed = outcomes.iter().any(|outcome| !outcome.failures.is_empty());
    Ok(if failed { Status::Findings } else { Status::Clean })
}
