//! `leeward config`: what a scan would go by, and where each value is from.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::args::PolicyArgs;
use super::policy::{Basis, Policy, Setting};
use super::scan::exists;
use super::{UsageError, masked, say};
use crate::config::{FILE_NAME, Located};
use crate::sanitize::visible;
use crate::status::Status;
use crate::words;

/// What `leeward config --help` ends with.
pub(super) const KEYS: &str = "\
A configuration is a file leeward.toml: the nearest one, from what is scanned up to the top of the
repository; for what a repository stores (staged, range, history, hooks) the one at its top. What judges
a commit (staged, hooks) is read from the index, what judges a push from the commit that is pushed, on a
server from HEAD, and none of it from disk. Every key can be left out, and one that is unknown is an
error. Names of files are relative to where it stands. The command line wins.

  # Paths to leave out, as in .gitignore. They are counted as skipped.
  exclude = [\"vendor/\", \"*.lock\", \"!uv.lock\"]
  # Least confidence that is reported: low, medium or high.
  confidence = \"medium\"
  # Whether a comment leeward:ignore accepts the secret beside it.
  inline-ignores = true
  # File of accepted findings; see `leeward baseline --help`.
  baseline = \"leeward.baseline\"

  [rules]
  # Whether the rules that come with leeward are in force.
  builtin = true
  # Files with further rules.
  files = [\"rules/acme.toml\"]
  # Rules that are not in force.
  disable = [\"some-rule\"]
  # The only ones that are; all, where this is left out.
  # only = [\"other-rule\"]

  [limits]
  # Larger files are left out, and counted as skipped.
  max-file-size = \"50MB\"
  # How deep archives in archives are opened; 0 opens none.
  max-archive-depth = 3

  # A value that is no finding, by the SHA-256 that reports have of it.
  [[allow]]
  sha256 = \"64 hex digits\"
  reason = \"sandbox account of the documentation\"
  # Of one rule alone; of any, where this is left out.
  rule = \"some-rule\"

Examples:
  leeward config show
  leeward config show src --confidence low";

/// `leeward config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say what a scan would go by, and where each value is from
    #[command(after_help = KEYS)]
    Show(ShowCommand),
}

/// `leeward config show`.
#[derive(Debug, Args)]
pub struct ShowCommand {
    /// What would be scanned
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) path: PathBuf,
    #[command(flatten)]
    pub(super) policy: PolicyArgs,
}

/// Runs one of the configuration commands.
pub(super) fn run(command: &ConfigCommand) -> Result<Status, UsageError> {
    let ConfigCommand::Show(command) = command;
    exists(&command.path)?;
    let (policy, _) =
        Policy::new("scan", &command.policy, std::slice::from_ref(&command.path), &Basis::Disk)?;
    say(&masked(&described(&policy)));
    Ok(Status::Clean)
}

/// A table of name, value and source, with columns as wide as they have to be.
#[derive(Default)]
struct Table {
    rows: Vec<[String; 3]>,
}

impl Table {
    fn row(&mut self, name: &str, value: impl Into<String>, source: impl Into<String>) {
        self.rows.push([name.to_owned(), value.into(), source.into()]);
    }

    fn setting<T>(&mut self, name: &str, setting: &Setting<T>, show: impl Fn(&T) -> String) {
        self.row(name, show(&setting.value), setting.source.to_string());
    }

    fn list(&mut self, name: &str, file: &str, values: &[Located<String>]) {
        for (number, Located { value, line }) in values.iter().enumerate() {
            let name = if number == 0 { name } else { "" };
            self.row(name, visible(value.as_bytes()), format!("{file}:{line}"));
        }
    }

    fn write(&self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.filter(|width| *width <= 70).max().unwrap_or(0)
        };
        let (name, value) = (width(0), width(1));
        let mut out = String::new();
        for row in &self.rows {
            writeln!(out, "{:name$}  {:value$}  {}", row[0], row[1], row[2]).expect("a string");
        }
        out
    }
}

fn described(policy: &Policy) -> String {
    let mut table = Table::default();
    let file = policy.config.as_deref().unwrap_or(FILE_NAME);
    table.setting("confidence", &policy.confidence, |level| level.as_str().to_owned());
    table.setting("inline-ignores", &policy.inline_ignores, ToString::to_string);
    table.setting("max-file-size", &policy.max_file_size, |size| {
        size.map_or_else(|| "no limit".to_owned(), words::bytes)
    });
    table.setting("max-archive-depth", &policy.max_archive_depth, ToString::to_string);
    match &policy.baseline {
        Some(baseline) => table.setting("baseline", baseline, |baseline| baseline.name.clone()),
        None => table.row("baseline", "none", "default"),
    }
    for (number, rule) in policy.known_rules.iter().enumerate() {
        let name = if number == 0 { "rules" } else { "" };
        let state = if rule.off.is_some() { "off" } else { "on" };
        let source = rule.off.as_ref().map_or_else(|| rule.source.to_string(), ToString::to_string);
        table.row(name, format!("{state:3} {}", rule.id), source);
    }
    table.list("exclude", file, policy.left_out.exclude.patterns());
    for (number, allowed) in policy.allow.iter().enumerate() {
        let name = if number == 0 { "allow" } else { "" };
        let hash = allowed.sha256.get(..12).unwrap_or_default();
        let of = allowed.rule.as_ref().map(|rule| format!(" of {rule}")).unwrap_or_default();
        let reason = visible(allowed.reason.as_bytes());
        table.row(name, format!("{hash}…{of}: {reason}"), format!("{file}:{}", allowed.line));
    }
    let head = match &policy.config {
        Some(name) => format!("configuration: {name}\n\n"),
        None => "configuration: none\n\n".to_owned(),
    };
    let notes: String =
        policy.notes().iter().map(|note| format!("\nnote: {}", visible(note.message.as_bytes()))).collect();
    let end = if notes.is_empty() { "" } else { "\n" };
    head + &table.write() + &notes + end
}
