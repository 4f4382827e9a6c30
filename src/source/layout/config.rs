//! What a repository's configuration says about how it stores things.
//!
//! Takes that one file (and what it includes) and gives a [`Config`]; a configuration of the user or the system is not
//! looked at, because nothing in it changes how an existing repository is stored.

use std::path::{Path, PathBuf};

use gix_hash::Kind;

use super::bytes_of;
use super::include;
use crate::source::Issue;

/// What the configuration says about storage.
#[derive(Debug, Default)]
pub(super) struct Config {
    pub(super) bare: Option<bool>,
    pub(super) work_tree: Option<PathBuf>,
    pub(super) hash: Option<Kind>,
    pub(super) reftable: bool,
    pub(super) promisor: bool,
}

/// A configuration that is not to be had, and why.
#[derive(Debug)]
pub(in crate::source) struct NoConfig {
    /// The file that is at fault.
    pub(in crate::source) file: PathBuf,
    /// To stand behind its name.
    pub(in crate::source) reason: String,
}

/// Opens a file of settings, with what it includes. That is done by git's library, which opens all of them without a look.
pub(in crate::source) fn opened(file: &Path) -> Result<git2::Config, NoConfig> {
    if let Some(odd) = include::odd_among(file) {
        let reason = format!("it is {}, not a regular file", odd.what);
        return Err(NoConfig { file: odd.path, reason });
    }
    git2::Config::open(file).and_then(|mut config| config.snapshot()).map_err(|error| {
        // The file is named once.
        let reason = error.message().split(" (in ").next().unwrap_or_default();
        NoConfig { file: file.to_owned(), reason: format!("it cannot be read: {reason}") }
    })
}

impl Config {
    /// Reads that one file; a repository without it has the defaults.
    pub(super) fn read(file: &Path, issues: &mut Vec<Issue>) -> Config {
        if !file.exists() {
            return Config::default();
        }
        let config = match opened(file) {
            Ok(config) => config,
            Err(NoConfig { file, reason }) => {
                issues.push(Issue::new("unreadable", reason).at_path(bytes_of(&file)));
                return Config::default();
            }
        };
        let text = |name: &str| config.get_string(name).ok();
        let hash = text("extensions.objectformat").and_then(|format| match format.as_str() {
            "sha1" => Some(Kind::Sha1),
            "sha256" => Some(Kind::Sha256),
            _ => None,
        });
        issues.extend(unknown(&config).map(|what| {
            let message =
                format!("{what}, which is not known here: objects or refs may be stored in another way");
            Issue::new("unsupported", message).at_path(bytes_of(file))
        }));
        // A configuration without the extension says SHA-1; one that is missing says nothing.
        let hash = hash.or_else(|| text("core.repositoryformatversion").map(|_| Kind::Sha1));
        Config {
            bare: config.get_bool("core.bare").ok(),
            work_tree: text("core.worktree").map(PathBuf::from),
            hash,
            reftable: text("extensions.refstorage").is_some_and(|storage| storage.starts_with("reftable")),
            promisor: text("extensions.partialclone").is_some() || has_promisor_remote(&config),
        }
    }
}

/// What the configuration says of storage that is not read here, nor by any git of today. Extensions that say nothing of it,
/// known or not, are none of it.
fn unknown(config: &git2::Config) -> Option<String> {
    let version = config.get_i64("core.repositoryformatversion").unwrap_or_default();
    let other = |name: &str, is_known: fn(&str) -> bool| {
        let value = config.get_string(&format!("extensions.{name}")).ok()?;
        (!is_known(&value)).then(|| format!("extensions.{name} is {value}"))
    };
    let format = || other("objectFormat", |value| matches!(value, "sha1" | "sha256"));
    let refs = || other("refStorage", |value| value == "files" || value.starts_with("reftable"));
    match version {
        ..=0 => None,
        1 => format().or_else(refs),
        version => Some(format!("core.repositoryFormatVersion is {version}")),
    }
}

fn has_promisor_remote(config: &git2::Config) -> bool {
    let Ok(mut entries) = config.entries(Some(r"remote\..*\.promisor")) else { return false };
    while let Some(entry) = entries.next() {
        let value = entry.ok().and_then(|entry| entry.value().ok().map(str::to_owned));
        if value.is_none_or(|value| git2::Config::parse_bool(value.as_str()).unwrap_or(true)) {
            return true;
        }
    }
    false
}
