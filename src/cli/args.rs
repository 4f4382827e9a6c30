//! The command line as it is typed. Only clap's types live here; what they mean is decided in the commands.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::TypedValueParser as _;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::attribute::Sort;
use super::baseline::BaselineCommand;
use super::completions::CompletionsCommand;
use super::config::ConfigCommand;
use super::doctor::DoctorCommand;
use super::man::ManCommand;
use super::run::Kept;
use crate::finding::Confidence;
use crate::report::Format;
use crate::words::{NO_SIZE, size};

const EXAMPLES: &str = "\
Examples:
  leeward scan                      what git tracks, and what it does not ignore
  leeward staged                    what the next commit would add
  leeward history                   everything ever committed, reachable or not
  leeward scan --format sarif --output leeward.sarif
  git diff | leeward scan -

Exit status: 0 clean, 1 findings, 2 usage error, 3 incomplete (never clean), 130 interrupted";

/// Finds Mistral AI API keys that were committed to version control.
#[derive(Debug, Parser)]
#[command(name = "leeward", version, after_help = EXAMPLES, max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Scan files on disk
    ///
    /// Scans every file that git tracks, even one that an ignore file lists, and every untracked file that no ignore
    /// file lists. Hidden files are included, `.git` never is. A PATH that is a file is scanned whatever ignore files
    /// say; `-` is standard input.
    #[command(after_help = SCAN_EXAMPLES)]
    Scan(ScanCommand),
    /// Scan everything that was ever committed
    ///
    /// Scans every stored object of each repository, reachable or not: file contents, file names, symbolic links,
    /// messages and names of commits and tags, notes, ref names. Nothing of the repository is run, and git's display
    /// settings (attributes, text conversion, colours, replaced objects) hide nothing.
    #[command(after_help = HISTORY_EXAMPLES)]
    History(HistoryCommand),
    /// Scan what the commits of a range add
    ///
    /// Scans what each commit of the range has and none of its parents has, its message and people, and the tags that
    /// the range names. A key that the base of the range has in the same file is not new; one that was added and taken
    /// out again within the range is found. Nothing is run, not even git.
    #[command(after_help = super::range::EXAMPLES)]
    Range(super::range::RangeCommand),
    /// Scan what the next commit would add
    ///
    /// Scans what the index has and HEAD has not; in a merge, what no parent has; before the first commit, everything
    /// staged. Nothing staged is status 0. Configuration, baseline and rule files are those of the index as well.
    #[command(after_help = STAGED_EXAMPLES)]
    Staged(StagedCommand),
    /// Write the file of accepted findings
    #[command(subcommand, after_help = super::baseline::EXAMPLES)]
    Baseline(BaselineCommand),
    /// Say what a scan would go by: leeward.toml and the command line
    #[command(subcommand, after_help = super::config::KEYS)]
    Config(ConfigCommand),
    /// Stop keys before they are committed, pushed or received
    ///
    /// The gates speak git's own hook contracts, arguments and standard input included; `install` puts them into a
    /// repository. A gate ends with 0 to let git go on, and with anything else to stop it.
    #[command(subcommand, after_help = super::hook::EXAMPLES)]
    Hook(super::hook::HookCommand),
    /// Say why something is, or is not, reported
    ///
    /// Looks at one file, or one line of it, and says of each candidate there what speaks for it and what against it,
    /// and what a scan would do; where there is none, why there is none. The tree that the file is in is scanned for what
    /// it says of them. Nothing whole is printed. Status 1 if a scan would report something there.
    #[command(after_help = super::explain::EXAMPLES)]
    Explain(super::explain::ExplainCommand),
    /// List, show and check rules
    #[command(subcommand, after_help = super::rules::EXAMPLES)]
    Rules(RulesCommand),
    /// Prove that the gates of a repository stop a key
    ///
    /// Checks versions, rules, configuration and hooks, then tries in a temporary clone, with keys made for it, to commit
    /// one, to push one and to get one past CI. The repository's own hooks are run there, as a commit and a push would.
    #[command(after_help = super::doctor::EXAMPLES)]
    Doctor(DoctorCommand),
    /// Print a script that completes commands and options in a shell
    #[command(after_help = super::completions::EXAMPLES)]
    Completions(CompletionsCommand),
    /// Print a manual page
    #[command(after_help = super::man::EXAMPLES)]
    Man(ManCommand),
}

const SCAN_EXAMPLES: &str = "\
Examples:
  leeward scan
  leeward scan src .env
  printenv | leeward scan -
  leeward scan --format json | jq '.findings[].locations[].path'";

const HISTORY_EXAMPLES: &str = "\
Examples:
  leeward history
  leeward history ~/src/*/ --format jsonl --output sweep.jsonl
  leeward history project.git --report sarif=history.sarif
  leeward history project.git --reachable main v1.0
  leeward history --sort exposure
  leeward history --write-expressions ../keys.txt";

const STAGED_EXAMPLES: &str = "\
Examples:
  leeward staged
  leeward staged --quiet
  leeward hook install      judges the same whenever something is committed";

/// `leeward scan`.
#[derive(Debug, Args)]
pub struct ScanCommand {
    /// Files and directories; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Scan files that an ignore file lists, too
    #[arg(long)]
    pub no_ignore: bool,
    #[expect(missing_docs, reason = "a doc comment here would become help text")]
    #[command(flatten)]
    pub scanning: Scanning,
}

/// `leeward history`.
#[derive(Debug, Args)]
pub struct HistoryCommand {
    /// Repositories: work trees, bare repositories, linked worktrees
    #[arg(value_name = "REPO", default_value = ".")]
    pub repositories: Vec<PathBuf>,
    /// Tell only of what these revisions reach; of what any ref reaches, where none is named
    #[arg(long, value_name = "REV", num_args = 0.., allow_hyphen_values = false)]
    pub reachable: Option<Vec<OsString>>,
    /// What comes first: by path, the longest exposure, or the newest first commit
    #[arg(long, value_enum, default_value_t, value_name = "ORDER")]
    pub sort: Sort,
    /// Write the whole secrets that are reported to a new file, outside of the repositories, as expressions for `git
    /// filter-repo --replace-text`
    #[arg(long, value_name = "FILE")]
    pub write_expressions: Option<PathBuf>,
    /// Write the ids of stored files that no expression takes them out of (binary ones, archives, UTF-16) to a new file,
    /// outside of the repositories, for `git filter-repo --strip-blobs-with-ids`
    #[arg(long, value_name = "FILE")]
    pub write_blobs: Option<PathBuf>,
    /// Do not check that every object that is named is there
    #[arg(long)]
    pub no_connectivity_check: bool,
    #[expect(missing_docs, reason = "a doc comment here would become help text")]
    #[command(flatten)]
    pub scanning: Scanning,
}

/// `leeward staged`.
#[derive(Debug, Args)]
pub struct StagedCommand {
    /// The repository
    #[arg(value_name = "REPO", default_value = ".")]
    pub repository: PathBuf,
    #[expect(missing_docs, reason = "a doc comment here would become help text")]
    #[command(flatten)]
    pub scanning: Scanning,
}

/// `leeward rules`.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List the rules in force
    #[command(after_help = super::rules::EXAMPLES)]
    List {
        /// Measure what each rule costs on PATH
        #[arg(long)]
        timing: bool,
        /// Files and directories to measure on; `-` is standard input [default: .]
        #[arg(value_name = "PATH", requires = "timing")]
        paths: Vec<PathBuf>,
        #[expect(missing_docs, reason = "a doc comment here would become help text")]
        #[command(flatten)]
        files: RuleFiles,
    },
    /// Show one rule whole
    #[command(after_help = super::rules::EXAMPLES)]
    Show {
        /// The rule's id
        id: String,
        #[expect(missing_docs, reason = "a doc comment here would become help text")]
        #[command(flatten)]
        files: RuleFiles,
    },
    /// Run every rule's own examples
    ///
    /// Every example must be found, every counter-example must not. Status 0 if all hold, 1 if one does not, 2 if a
    /// file cannot be read.
    #[command(after_help = super::rules::EXAMPLES)]
    Check {
        /// Rule files to check instead of those in force
        #[arg(value_name = "FILE")]
        paths: Vec<PathBuf>,
        #[expect(missing_docs, reason = "a doc comment here would become help text")]
        #[command(flatten)]
        files: RuleFiles,
    },
}

/// Where rules come from.
#[derive(Debug, Clone, Default, Args)]
pub struct RuleFiles {
    /// Configuration file, in place of the leeward.toml of the repository
    #[arg(long, value_name = "FILE", conflicts_with = "no_config", help_heading = "Rules")]
    pub config: Option<PathBuf>,
    /// Read no configuration file (that of the revision of --policy-from holds all the same)
    #[arg(long, help_heading = "Rules")]
    pub no_config: bool,
    /// Add the rules of a file (repeatable)
    #[arg(long = "rules", value_name = "FILE", help_heading = "Rules")]
    pub rules: Vec<PathBuf>,
    /// Leave out the rules that come with leeward
    #[arg(long, help_heading = "Rules")]
    pub no_builtin_rules: bool,
}

/// What is a finding and what is left out: each can stand in a configuration file, too.
#[derive(Debug, Clone, Default, Args)]
pub struct PolicyArgs {
    #[expect(missing_docs, reason = "a doc comment here would become help text")]
    #[command(flatten)]
    pub rule_files: RuleFiles,
    /// File of accepted findings
    #[arg(long, value_name = "FILE", help_heading = "Rules")]
    pub baseline: Option<PathBuf>,
    /// Read configuration, baseline and rule files as this revision has them, and say what would be looser otherwise
    #[arg(long, value_name = "REV", help_heading = "Rules")]
    pub policy_from: Option<String>,
    /// Report secrets that a comment `leeward:ignore` accepts
    #[arg(long, help_heading = "Rules")]
    pub no_inline_ignores: bool,
    /// Least confidence that is reported [default: medium]
    #[arg(long, value_enum, value_name = "LEVEL", help_heading = "Report")]
    pub confidence: Option<Level>,
    /// Leave out larger files, e.g. 10MB; they are counted as skipped
    #[arg(long, value_name = "SIZE", value_parser = largest, help_heading = "Limits")]
    pub max_file_size: Option<u64>,
    /// How deep archives in archives are opened; 0 opens none [default: 3]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub max_archive_depth: Option<u8>,
    /// The baseline is about to be made, and is not read, wherever it is named.
    #[arg(skip)]
    pub without_baseline: bool,
}

/// What every scanning command takes.
#[derive(Debug, Clone, Args)]
pub struct Scanning {
    /// How to write the report: text, json, jsonl or sarif
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = format_parser(), help_heading = "Report")]
    pub format: Format,
    /// Write the report to a file, whole or not at all
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    pub output: Option<OsString>,
    /// Write a further report of the same scan (repeatable)
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = report_argument, help_heading = "Report")]
    pub reports: Vec<(Format, OsString)>,
    /// Print whole secrets; only to a terminal or with --output
    #[arg(long, help_heading = "Report")]
    pub reveal: bool,
    #[expect(missing_docs, reason = "a doc comment here would become help text")]
    #[command(flatten)]
    pub policy: PolicyArgs,
    /// Report what a comment `leeward:ignore` accepts that the revision of --policy-from does not have; in a hook, without
    /// that, what the change begins at
    #[arg(long, help_heading = "Rules")]
    pub deny_new_suppressions: bool,
    /// Ask the provider whether a key is live (planned)
    #[arg(long, help_heading = "Rules", hide = true)]
    pub verify: bool,
    /// Threads; by default as many as there are processors
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Limits")]
    pub jobs: Option<u16>,
    /// End with 0 or 1 where a scan could not look everywhere; it still says so
    #[arg(long, help_heading = "Exit status")]
    pub allow_incomplete: bool,
    /// End with 0 where something was found
    #[arg(long, help_heading = "Exit status")]
    pub exit_zero: bool,
    /// Colours: auto, always or never
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN", help_heading = "Terminal")]
    pub color: Color,
    /// No progress line
    #[arg(long, help_heading = "Terminal")]
    pub no_progress: bool,
    /// Say as little as possible
    #[arg(long, short, help_heading = "Terminal")]
    pub quiet: bool,
    /// Where the outcome goes in place of a report, for commands that scan to know and not to tell.
    #[arg(skip)]
    pub keep: Option<Kept>,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// [`Confidence`] as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "the words say it, and doc comments here would become help text")]
pub enum Level {
    Low,
    Medium,
    High,
}

impl From<Level> for Confidence {
    fn from(level: Level) -> Self {
        match level {
            Level::Low => Confidence::Low,
            Level::Medium => Confidence::Medium,
            Level::High => Confidence::High,
        }
    }
}

fn format_parser() -> impl clap::builder::TypedValueParser<Value = Format> {
    clap::builder::StringValueParser::new().try_map(|name| Format::parse(&name))
}

/// A size that leaves something in.
fn largest(argument: &str) -> Result<u64, String> {
    match size(argument)? {
        0 => Err(NO_SIZE.to_owned()),
        size => Ok(size),
    }
}

/// `FORMAT=FILE`.
fn report_argument(argument: &str) -> Result<(Format, OsString), String> {
    let (format, file) = argument.split_once('=').ok_or("it is FORMAT=FILE, e.g. sarif=leeward.sarif")?;
    if file.is_empty() {
        return Err("the file's name is missing".to_owned());
    }
    Ok((Format::parse(format).map_err(|error| error.to_string())?, file.into()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_examples() {
        fn check(command: &clap::Command) {
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let name = command.get_name();
            assert!(after.contains("  leeward ") || after.contains("exclude = ["), "{name} has no example");
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }
}
