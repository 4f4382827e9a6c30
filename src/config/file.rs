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
use crate::words::size;

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
    allow: Vec<Allow>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Rules {
    builtin: Option<Spanned<bool>>,
    #[serde(default)]
    files: Vec<Spanned<String>>,
    #[serde(default)]
    only: Vec<Spanned<String>>,
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
    sha256: Spanned<String>,
    reason: Spanned<String>,
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
        only_rules: source.all(file.rules.only, |value| Ok(source.located(value)))?,
        disabled_rules: source.all(file.rules.disable, |value| Ok(source.located(value)))?,
        max_file_size: file.limits.max_file_size.map(|value| {
            let Located { value: Size(value), line } = source.located(value);
            Located { value, line }
        }),
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

    fn allowed(&self, written: Allow) -> Result<Allowed, ConfigError> {
        let hex = |hash: &str| hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        if !hex(written.sha256.get_ref()) {
            let message = "'sha256' takes the SHA-256 of the value, 64 hex digits; reports have it beside every finding";
            return Err(self.wrong(written.sha256.span().start, message));
        }
        if written.reason.get_ref().trim().is_empty() {
            return Err(self.wrong(written.reason.span().start, "'reason' says why, and is empty"));
        }
        let Located { value, line } = self.located(written.sha256);
        let reason = written.reason.into_inner().trim().to_owned();
        Ok(Allowed { sha256: value.to_ascii_lowercase(), rule: written.rule, reason, line })
    }
}

/// The message of a TOML error in one line, without anything that was written but a word that is nearly one of ours.
fn explain(message: &str) -> String {
    let message = message.trim().replace('\n', " ");
    if message.starts_with("unknown ") {
        return unknown(&message);
    }
    if message.starts_with("invalid ")
        && let Some((what, expected)) = message.rsplit_once(", expected ")
        && what.contains(": ")
    {
        return format!("this should be {expected}");
    }
    message
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_everything_is_read() {
        let hash = "Ab".repeat(32);
        let text = format!(
            "exclude = ['vendor/', '*.lock']\nconfidence = 'high'\ninline-ignores = false\nbaseline = 'b.txt'\n\
             [rules]\nbuiltin = false\nfiles = ['r.toml']\nonly = ['a']\ndisable = ['b']\n\
             [limits]\nmax-file-size = '10MB'\nmax-archive-depth = 1\n\
             [[allow]]\nsha256 = '{hash}'\nreason = ' a sample '\n[[allow]]\nsha256 = '{hash}'\nreason = 'x'\nrule = 'a'\n"
        );
        let config = parse("c", &text).expect("well-formed");
        assert!(config.exclude.matches("vendor/a/b".into()) && config.exclude.matches("x/uv.lock".into()));
        assert_eq!(config.confidence, Some(Located { value: Confidence::High, line: 2 }));
        assert_eq!(config.inline_ignores, Some(Located { value: false, line: 3 }));
        assert_eq!(config.baseline, Some(Located { value: "b.txt".into(), line: 4 }));
        assert_eq!(config.builtin_rules, Some(Located { value: false, line: 6 }));
        assert_eq!(config.rule_files, [Located { value: PathBuf::from("r.toml"), line: 7 }]);
        assert_eq!(config.only_rules, [Located { value: "a".to_owned(), line: 8 }]);
        assert_eq!(config.disabled_rules, [Located { value: "b".to_owned(), line: 9 }]);
        assert_eq!(config.max_file_size, Some(Located { value: 10_000_000, line: 11 }));
        assert_eq!(config.max_archive_depth, Some(Located { value: 1, line: 12 }));
        assert_eq!(config.allow[0].sha256, hash.to_lowercase());
        assert_eq!((config.allow[0].reason.as_str(), config.allow[0].line), ("a sample", 14));
        assert_eq!(config.allow[1].rule.as_deref(), Some("a"));
        assert_eq!(
            parse("c", "limits.max-file-size = 512").expect("a number").max_file_size.map(|s| s.value),
            Some(512)
        );
        assert!(parse("c", "").expect("nothing is said").allow.is_empty());
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let hash = "ab".repeat(32);
        for (text, expected) in [
            ("\nexlude = []", "c:2:1: unknown key 'exlude', did you mean 'exclude'?"),
            ("[rules]\n built-in = true", "c:2:2: unknown key 'built-in', did you mean 'builtin'?"),
            (
                "[limits]\nmax_file_size = 1",
                "c:2:1: unknown key 'max_file_size', did you mean 'max-file-size'?",
            ),
            ("[allows]\n", "c:1:2: unknown key 'allows', did you mean 'allow'?"),
            ("qqq = 1", "c:1:1: unknown key; there are exclude, confidence,"),
            ("confidence = 'hihg'", "c:1:14: unknown word 'hihg', did you mean 'high'?"),
            ("confidence = 'zzz'", "c:1:14: unknown word; there are low, medium, high"),
            ("confidence = 3", "c:1:14: "),
            ("exclude = 'vendor'", "c:1:11: this should be a sequence"),
            (
                "exclude = ['a', 'b{c']",
                "c:1:17: 'exclude' has a pattern that cannot be used: unclosed alternate",
            ),
            (
                "exclude = ['[a']",
                "c:1:12: 'exclude' has a pattern that cannot be used: unclosed character class",
            ),
            ("exclude = ['']", "c:1:12: 'exclude' has a pattern that cannot be used: it is empty"),
            ("exclude = ['# a']", "c:1:12: 'exclude' has a pattern that cannot be used: it is a comment"),
            ("exclude = ['../a']", "c:1:12: 'exclude' has a pattern that cannot be used: it leads"),
            ("baseline = ' '", "c:1:12: 'baseline' takes the name of a file"),
            ("limits.max-file-size = -1", "c:1:24: a number of bytes is not negative"),
            ("limits.max-file-size = 'lots'", "c:1:24: it is a number of bytes with an optional unit"),
            ("limits.max-file-size = true", "c:1:24: this should be a number of bytes, or a text such as"),
            ("limits.max-archive-depth = 256", "c:1:28: "),
            ("[[allow]]\nsha256 = 'abc'\nreason = 'x'", "c:2:10: 'sha256' takes the SHA-256 of the value"),
            ("[[allow]]\nreason = 'x'", "c:1:1: missing field `sha256`"),
            (&format!("[[allow]]\nsha256 = '{hash}'"), "c:1:1: missing field `reason`"),
            (
                &format!("[[allow]]\nsha256 = '{hash}'\nreason = ' '"),
                "c:3:10: 'reason' says why, and is empty",
            ),
            ("exclude = [", "c:1:"),
            ("a = 1\na = 2", "c:2:1: duplicate key"),
        ] {
            let error = parse("c", text).expect_err(text).to_string();
            assert!(error.starts_with(expected), "{text:?}: {error}");
            assert!(!error.contains('\n'), "{text:?}: {error}");
        }
    }

    #[test]
    fn what_was_written_is_not_repeated() {
        // Not of the form that is masked on the way to a terminal.
        let secret = "s3cr-t-w0rd-xyz";
        for text in [
            format!("{secret} = 1"),
            format!("[{secret}]"),
            format!("confidence = '{secret}'"),
            format!("confidence = 'high{secret}'"),
            format!("inline-ignores = '{secret}'"),
            format!("exclude = '{secret}'"),
            format!("exclude = ['{secret}[']"),
            format!("baseline = ['{secret}']"),
            format!("rules = '{secret}'"),
            format!("rules.{secret} = 1"),
            format!("limits.max-file-size = '{secret}'"),
            format!("limits.max-archive-depth = '{secret}'"),
            format!("[[allow]]\nsha256 = '{secret}'\nreason = 'x'"),
            format!("exclude = [{secret}]"),
            format!("exclude = '{secret}"),
            secret.to_owned(),
            format!("'{secret}' = 1\n'{secret}' = 2"),
        ] {
            let error = parse("c", &text).expect_err(&text).to_string();
            assert!(!error.contains(secret), "{text:?}: {error}");
        }
    }
}
