//! What a repository says about how it is to be scanned: `leeward.toml`.
//!
//! [`find`] says where it is, [`read`] reads it and what it names, [`mod@file`] understands the text, [`paths`] says
//! which paths it leaves out. What the command line has to say in the same matter, and which of the two wins, is
//! decided in `cli`.

pub mod file;
pub mod find;
pub mod paths;
pub mod read;

use std::path::PathBuf;

pub use file::ConfigError;
pub use paths::{Exclude, LeftOut};

use crate::finding::Confidence;

/// The name of the file.
pub const FILE_NAME: &str = "leeward.toml";

/// A value, and the 1-based line of the file that it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// 1-based.
    pub line: usize,
}

/// What one file says. Names of files in it are as written: relative to where it stands.
#[derive(Debug, Default)]
pub struct Config {
    /// Paths to leave out.
    pub exclude: Exclude,
    /// Least confidence that is reported.
    pub confidence: Option<Located<Confidence>>,
    /// Whether a comment beside a secret can accept it.
    pub inline_ignores: Option<Located<bool>>,
    /// File of accepted findings.
    pub baseline: Option<Located<PathBuf>>,
    /// Whether the rules that come with the program are in force.
    pub builtin_rules: Option<Located<bool>>,
    /// Files with further rules.
    pub rule_files: Vec<Located<PathBuf>>,
    /// The only rules that are in force, by id; empty: all.
    pub only_rules: Vec<Located<String>>,
    /// Rules that are not in force, by id.
    pub disabled_rules: Vec<Located<String>>,
    /// Largest file that is scanned, in bytes.
    pub max_file_size: Option<Located<u64>>,
    /// How deep archives in archives are opened.
    pub max_archive_depth: Option<Located<u8>>,
    /// Values that are no findings.
    pub allow: Vec<Allowed>,
}

/// A value that is no finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Lower-case hex SHA-256 of its raw bytes.
    pub sha256: String,
    /// The rule that it is none of; none: of no rule.
    pub rule: Option<String>,
    /// Why; never empty.
    pub reason: String,
    /// 1-based.
    pub line: usize,
}

#[cfg(test)]
mod file_tests;
