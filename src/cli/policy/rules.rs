//! The rules of a scan: those that come with the program and those of files, without those that are turned off.

use std::path::Path;

use super::super::UsageError;
use super::super::args::RuleFiles;
use super::Source;
use super::files::{Files, malformed};
use super::found::Found;
use crate::config::read::Unreadable;
use crate::config::{Config, Located};
use crate::rule::{Rule, RuleSet, builtin, file};

/// A rule that was read, in force or not.
#[derive(Debug)]
pub(in crate::cli) struct KnownRule {
    pub(in crate::cli) id: String,
    pub(in crate::cli) source: Source,
    /// All of it, to compare.
    pub(in crate::cli) definition: String,
    /// What put it out of force.
    pub(in crate::cli) off: Option<Source>,
}

/// The rules of one file.
pub(in crate::cli) fn rule_file(path: &Path) -> Result<Vec<Rule>, UsageError> {
    let files = Files::Disk;
    rules_of(&files, path, files.text(path))
}

fn rules_of(files: &Files, path: &Path, text: Result<String, Unreadable>) -> Result<Vec<Rule>, UsageError> {
    let name = files.name(path);
    let text = text.map_err(|error| UsageError::new(format!("cannot read the rules in {name}: {error}")))?;
    let rules = file::parse(&name, &text).map_err(|error| {
        malformed(&name, &text, "what is to hold of both sides", || {
            UsageError::new(error)
                .help("the format is explained in rules/README.md; `leeward rules check FILE` tries a file")
        })
    })?;
    match rules.is_empty() {
        true => Err(UsageError::new(format!("{name} holds no rule")).help("a rule begins with [[rule]]")),
        false => Ok(rules),
    }
}

/// The rules in force, and all that are known.
pub(super) fn rules_in_force(
    args: &RuleFiles,
    config: &Config,
    found: &Found,
) -> Result<(RuleSet, Vec<KnownRule>), UsageError> {
    let builtin = builtin::rules().map_err(UsageError::new)?;
    let mut ids: Vec<String> = builtin.iter().map(|rule| rule.id.clone()).collect();
    let without_builtin = match &config.builtin_rules {
        _ if args.no_builtin_rules => Some(Source::Option("--no-builtin-rules")),
        Some(Located { value: false, line }) => Some(found.line(*line)),
        _ => None,
    };
    let (mut read, mut unread): (Vec<(Rule, Source)>, Vec<Rule>) = (Vec::new(), Vec::new());
    match without_builtin {
        None => read.extend(builtin.into_iter().map(|rule| (rule, Source::BuiltIn))),
        Some(_) => unread = builtin,
    }
    for Located { value, line } in &config.rule_files {
        let path = found.directory.join(value);
        let rules = rules_of(&found.files, &path, found.files.text(&path))?;
        read.extend(rules.into_iter().map(|rule| (rule, found.line(*line))));
    }
    for path in &args.rules {
        let rules = rules_of(&found.files, path, found.files.named(path))?;
        read.extend(rules.into_iter().map(|rule| (rule, Source::Option("--rules"))));
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
        let definition = format!("{rule:?}");
        known_rules.push(KnownRule { id: rule.id.clone(), source, definition, off: off.clone() });
        if off.is_none() {
            rules.push(rule);
        }
    }
    // Of rules that were all turned off at once, one whose id stands for another rule is replaced and not off.
    unread.retain(|rule| known_rules.iter().all(|known: &KnownRule| known.id != rule.id));
    known_rules.extend(unread.into_iter().map(|rule| KnownRule {
        definition: format!("{rule:?}"),
        id: rule.id,
        source: Source::BuiltIn,
        off: without_builtin.clone(),
    }));
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
