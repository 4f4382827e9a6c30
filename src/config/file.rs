//! The format of `leeward.toml`: text in, [`Config`] out, every mistake named with file, line and what was probably meant.
//!
//! Reads text, not disks. What was written in place of a word we know is not repeated: it may be a secret.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use toml::Spanned;

use super::paths::Exclude;
use super::{Allowed, Config, Located};
use crate::finding::Confidence;
use crate::words::{NO_SIZE, size};

/// A configuration file that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{file}:{line}:{column}: {message}")]
pub struct ConfigError {
    /// Name of the file.
    pub file: String,
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
    /// What is wrong, with what was probably meant.
    pub message: String,
}

/// A file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    #[serde(default)]
    exclude: Vec<Spanned<String>>,
    confidence: Option<Spanned<Confidence>>,
    inline_ignores: Option<Spanned<bool>>,
    baseline: Option<Spanned<String>>,
    #[serde(default)]
    rules: Rules,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    allow: Vec<Spanned<Allow>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Rules {
    builtin: Option<Spanned<bool>>,
    #[serde(default)]
    files: Vec<Spanned<String>>,
    only: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    disable: Vec<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Limits {
    max_file_size: Option<Spanned<Size>>,
    max_archive_depth: Option<Spanned<u8>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Allow {
    sha256: Option<Spanned<String>>,
    reason: Option<Spanned<String>>,
    rule: Option<String>,
}

/// A number of bytes, or a text such as `10MB`.
struct Size(u64);

/// A text and what its mistakes are called by.
struct Source<'a> {
    name: &'a str,
    text: &'a str,
}

/// Reads the text of the file called `name`.
///
/// # Errors
///
/// Whatever makes the file unusable; nothing is passed over.
pub fn parse(name: &str, text: &str) -> Result<Config, ConfigError> {
    let source = Source { name, text };
    let file: File = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        source.wrong(at, explain(error.message()))
    })?;
    let mut allow = Vec::with_capacity(file.allow.len());
    for written in file.allow {
        allow.push(source.allowed(written)?);
    }
    Ok(Config {
        exclude: source.exclude(file.exclude)?,
        confidence: file.confidence.map(|value| source.located(value)),
        inline_ignores: file.inline_ignores.map(|value| source.located(value)),
        baseline: file.baseline.map(|value| source.path(value, "baseline")).transpose()?,
        builtin_rules: file.rules.builtin.map(|value| source.located(value)),
        rule_files: source.all(file.rules.files, |value| source.path(value, "files"))?,
        only_rules: source.only(file.rules.only)?,
        disabled_rules: source.all(file.rules.disable, |value| Ok(source.located(value)))?,
        max_file_size: file.limits.max_file_size.map(|value| source.size(value)).transpose()?,
        max_archive_depth: file.limits.max_archive_depth.map(|value| source.located(value)),
        allow,
    })
}

impl Source<'_> {
    fn wrong(&self, at: usize, message: impl Into<String>) -> ConfigError {
        let before = &self.text[..self.text.floor_char_boundary(at.min(self.text.len()))];
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        ConfigError { file: self.name.to_owned(), line: self.line(at), column, message: message.into() }
    }

    fn line(&self, at: usize) -> usize {
        self.text.as_bytes()[..at.min(self.text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
    }

    fn located<T>(&self, value: Spanned<T>) -> Located<T> {
        Located { line: self.line(value.span().start), value: value.into_inner() }
    }

    fn all<T, U>(
        &self,
        values: Vec<Spanned<T>>,
        read: impl FnMut(Spanned<T>) -> Result<U, ConfigError>,
    ) -> Result<Vec<U>, ConfigError> {
        values.into_iter().map(read).collect()
    }

    fn path(&self, value: Spanned<String>, key: &str) -> Result<Located<PathBuf>, ConfigError> {
        if value.get_ref().trim().is_empty() || value.get_ref().contains('\0') {
            return Err(self.wrong(value.span().start, format!("'{key}' takes the name of a file")));
        }
        let Located { value, line } = self.located(value);
        Ok(Located { value: value.into(), line })
    }

    fn exclude(&self, patterns: Vec<Spanned<String>>) -> Result<Exclude, ConfigError> {
        let places: Vec<usize> = patterns.iter().map(|pattern| pattern.span().start).collect();
        let patterns = self.all(patterns, |pattern| Ok(self.located(pattern)))?;
        Exclude::new(patterns).map_err(|(number, reason)| {
            let at = places.get(number).copied().unwrap_or(0);
            self.wrong(at, format!("'exclude' has a pattern that cannot be used: {reason}"))
        })
    }

    fn only(&self, ids: Option<Spanned<Vec<Spanned<String>>>>) -> Result<Vec<Located<String>>, ConfigError> {
        match ids {
            Some(ids) if ids.get_ref().is_empty() => {
                let message = "'only' names no rule, so none would be in force; leave it out to have all";
                Err(self.wrong(ids.span().start, message))
            }
            Some(ids) => self.all(ids.into_inner(), |id| Ok(self.located(id))),
            None => Ok(Vec::new()),
        }
    }

    fn size(&self, written: Spanned<Size>) -> Result<Located<u64>, ConfigError> {
        let at = written.span().start;
        match self.located(written) {
            Located { value: Size(0), .. } => Err(self.wrong(at, format!("'max-file-size': {NO_SIZE}"))),
            Located { value: Size(value), line } => Ok(Located { value, line }),
        }
    }

    fn allowed(&self, written: Spanned<Allow>) -> Result<Allowed, ConfigError> {
        let at = written.span().start;
        let missing = |key: &str| self.wrong(at, format!("this [[allow]] has no '{key}'"));
        let Allow { sha256, reason, rule } = written.into_inner();
        let sha256 = sha256.ok_or_else(|| missing("sha256"))?;
        let reason = reason.ok_or_else(|| missing("reason"))?;
        let hex = |hash: &str| hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        if !hex(sha256.get_ref()) {
            let message = "'sha256' takes the SHA-256 of the value, 64 hex digits; reports have it beside every finding";
            return Err(self.wrong(sha256.span().start, message));
        }
        if reason.get_ref().trim().is_empty() {
            return Err(self.wrong(reason.span().start, "'reason' says why, and is empty"));
        }
        let Located { value, line } = self.located(sha256);
        let reason = reason.into_inner().trim().to_owned();
        Ok(Allowed { sha256: value.to_ascii_lowercase(), rule, reason, line })
    }
}

/// The message of a TOML error in one line, without anything that was written but a word that is nearly one of ours.
fn explain(message: &str) -> String {
    let message = message.trim().replace('\n', " ");
    if message.starts_with("unknown ") {
        return unknown(&message);
    }
    // An enum, which can have values in it elsewhere.
    if message == "wanted string or table" {
        return format!("this should be {}", wanted("a string"));
    }
    if message.starts_with("invalid ")
        && let Some((what, expected)) = message.rsplit_once(", expected ")
        && (what.contains(": ") || expected.starts_with("struct "))
    {
        return format!("this should be {}", wanted(expected));
    }
    message
}

/// What is wanted, in words for people.
fn wanted(expected: &str) -> &str {
    match expected {
        "u8" => "a whole number from 0 to 255",
        "a boolean" => "true or false",
        "a string" => "a text in quotes",
        "a sequence" => "a list in brackets, such as [\"a\", \"b\"]",
        _ if expected.starts_with("struct ") || expected == "a map" => "a table, with keys of its own",
        other => other,
    }
}

/// An unknown key or word: the nearest that is known, or all.
fn unknown(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let written = quoted.next().unwrap_or_default();
    let known: Vec<&str> = quoted.collect();
    let what = if message.starts_with("unknown field") { "unknown key" } else { "unknown word" };
    let nearest = known
        .iter()
        .map(|known| (strsim::jaro_winkler(written, known), *known))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((likeness, nearest)) if likeness > 0.7 && written.len() <= nearest.len() + 4 => {
            format!("{what} '{written}', did you mean '{nearest}'?")
        }
        _ => format!("{what}; there are {}", known.join(", ")),
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SizeVisitor)
    }
}

struct SizeVisitor;

impl Visitor<'_> for SizeVisitor {
    type Value = Size;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of bytes, or a text such as \"10MB\"")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Size, E> {
        u64::try_from(number).map(Size).map_err(|_| E::custom("a number of bytes is not negative"))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Size, E> {
        size(text).map(Size).map_err(E::custom)
    }
}
