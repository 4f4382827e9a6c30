//! The format of rule files: TOML in, rules out, every mistake named with file, line and what was probably meant.
//!
//! The format is documented in `rules/README.md`. Reads text, not disks.

use std::fmt;
use std::sync::OnceLock;

use regex_syntax::hir::{Class as HirClass, HirKind};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{Example, Pattern, Provider, Rule};
use crate::detect::runs::Class;
use crate::finding::{Confidence, Severity};

/// Shortest run that can be found without its neighbours; shorter ones are matched as expressions.
const SHORTEST_RUN: usize = 31;

/// A rule file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// The text is no such TOML.
    #[error("{file}:{line}:{column}: {message}")]
    Syntax {
        /// Name of the file.
        file: String,
        /// 1-based.
        line: usize,
        /// 1-based, in characters.
        column: usize,
        /// What is wrong, with what was probably meant.
        message: String,
    },
    /// A rule says something that cannot hold.
    #[error("{file}: rule '{id}': {message}")]
    Rule {
        /// Name of the file.
        file: String,
        /// Id of the rule.
        id: String,
        /// What is wrong.
        message: String,
    },
    /// Two rules have one id.
    #[error("two rules have the id '{id}'; an id names one rule, for good")]
    Duplicate {
        /// The id.
        id: String,
    },
}

/// A file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rule: Vec<Written>,
}

/// A rule as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    id: String,
    description: String,
    #[serde(default)]
    details: String,
    severity: Severity,
    confidence: Confidence,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    paths: Vec<String>,
    pattern: String,
    #[serde(default)]
    random: bool,
    #[serde(default)]
    published: Vec<String>,
    provider: Option<WrittenProvider>,
    #[serde(default)]
    remediation: Vec<String>,
    #[serde(default)]
    references: Vec<String>,
    #[serde(default)]
    examples: Vec<WrittenExample>,
    #[serde(default)]
    counter_examples: Vec<WrittenExample>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenProvider {
    names: Vec<String>,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    with: Vec<String>,
    #[serde(default)]
    without: Vec<String>,
    #[serde(default)]
    homonyms: Vec<String>,
    #[serde(default)]
    context: Vec<String>,
}

/// A text, a list of parts that are joined, or a table with `path` and `text`.
struct WrittenExample(Example);

/// Reads the rules of a file called `name`.
///
/// # Errors
///
/// Whatever makes the file unusable; nothing is passed over.
pub fn parse(name: &str, text: &str) -> Result<Vec<Rule>, RuleError> {
    let file: File = toml::from_str(text).map_err(|error| syntax(name, text, &error))?;
    file.rule.into_iter().map(|written| rule(name, written)).collect()
}

/// A TOML error with its place, and the nearest known key for an unknown one.
fn syntax(name: &str, text: &str, error: &toml::de::Error) -> RuleError {
    let at = error.span().map_or(0, |span| span.start).min(text.len());
    let before = &text[..text.floor_char_boundary(at)];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
    RuleError::Syntax { file: name.to_owned(), line, column, message: explain(error.message()) }
}

/// The message of a TOML error, in one line; of the keys that would be allowed, the nearest.
pub(crate) fn explain(message: &str) -> String {
    let message = message.trim().replace('\n', " ");
    let mut quoted = message.split('`').skip(1).step_by(2);
    let (true, Some(unknown)) = (message.starts_with("unknown "), quoted.next()) else { return message };
    let nearest =
        quoted.map(|known| (strsim::jaro_winkler(unknown, known), known)).max_by(|a, b| a.0.total_cmp(&b.0));
    let what = message.split('`').next().unwrap_or_default().trim().replace("unknown field", "unknown key");
    match nearest {
        Some((likeness, known)) if likeness > 0.7 => format!("{what} '{unknown}', did you mean '{known}'?"),
        _ => message.replace("unknown field", "unknown key"),
    }
}

/// Checks a rule and brings it into the form that detection uses.
fn rule(file: &str, written: Written) -> Result<Rule, RuleError> {
    let id = written.id.clone();
    let wrong = |message: String| RuleError::Rule { file: file.to_owned(), id: id.clone(), message };
    let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || !id.chars().all(kebab) || id.starts_with('-') || id.ends_with('-') {
        return Err(wrong("an id is lower-case letters, digits and hyphens".to_owned()));
    }
    if written.description.trim().is_empty() {
        return Err(wrong("'description' is empty".to_owned()));
    }
    let lower = |words: Vec<String>, key: &str| -> Result<Vec<String>, RuleError> {
        match words.iter().any(|word| word.trim().is_empty()) {
            true => Err(wrong(format!("'{key}' has an empty word, which stands everywhere"))),
            false => Ok(words.into_iter().map(|word| word.to_lowercase()).collect()),
        }
    };
    let provider = match written.provider {
        Some(provider) => Some(Provider {
            names: lower(provider.names, "names")?,
            hosts: lower(provider.hosts, "hosts")?,
            with: lower(provider.with, "with")?,
            without: lower(provider.without, "without")?,
            homonyms: lower(provider.homonyms, "homonyms")?,
            context: lower(provider.context, "context")?,
        }),
        None => None,
    };
    if provider.as_ref().is_some_and(|p| p.names.is_empty()) {
        return Err(wrong("'provider' without 'names' ties nothing to it".to_owned()));
    }
    let sha256 =
        |hash: &String| hash.len() == 64 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if let Some(hash) = written.published.iter().find(|hash| !sha256(hash)) {
        return Err(wrong(format!(
            "'published' takes SHA-256 hashes in lower-case hex, and this is none: '{hash}'"
        )));
    }
    let pattern = pattern(&written.pattern).map_err(wrong)?;
    let examples = |written: Vec<WrittenExample>| written.into_iter().map(|example| example.0).collect();
    Ok(Rule {
        keywords: lower(written.keywords, "keywords")?,
        paths: lower(written.paths, "paths")?,
        id: written.id,
        description: written.description,
        details: written.details.trim().to_owned(),
        severity: written.severity,
        confidence: written.confidence,
        pattern,
        random: written.random,
        published: written.published,
        provider,
        remediation: written.remediation,
        references: written.references,
        examples: examples(written.examples),
        counter_examples: examples(written.counter_examples),
    })
}

/// A run if the expression is one class so many times, an expression otherwise.
fn pattern(source: &str) -> Result<Pattern, String> {
    let mut parser = regex_syntax::ParserBuilder::new().utf8(false).unicode(true).build();
    let hir = parser.parse(source).map_err(|error| match error {
        regex_syntax::Error::Parse(error) => format!("'pattern' is no regular expression: {}", error.kind()),
        other => format!("'pattern' is no regular expression: {other}"),
    })?;
    if hir.properties().minimum_len().unwrap_or(0) == 0 {
        return Err("'pattern' matches nothing at all, that is, everywhere".to_owned());
    }
    if let HirKind::Repetition(repetition) = hir.kind()
        && let HirKind::Class(class) = repetition.sub.kind()
        && let (length, true) = (repetition.min as usize, repetition.max == Some(repetition.min))
        && let Some(class) = byte_class(class)
        && length >= SHORTEST_RUN
    {
        return Ok(Pattern::Run { class, length });
    }
    regex::bytes::Regex::new(source).map_err(|error| format!("'pattern' cannot be used: {error}"))?;
    Ok(Pattern::Regex { source: source.to_owned(), compiled: OnceLock::new() })
}

/// The class as ranges of ASCII, if it is one.
fn byte_class(class: &HirClass) -> Option<Class> {
    let ranges: Vec<(u8, u8)> = match class {
        HirClass::Unicode(class) => {
            class.iter().map(|r| Some((ascii(r.start())?, ascii(r.end())?))).collect::<Option<_>>()?
        }
        HirClass::Bytes(class) => class.iter().map(|r| (r.start(), r.end())).collect(),
    };
    Class::new(&ranges)
}

fn ascii(c: char) -> Option<u8> {
    u8::try_from(c).ok().filter(u8::is_ascii)
}

impl<'de> Deserialize<'de> for WrittenExample {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ExampleVisitor)
    }
}

struct ExampleVisitor;

impl<'de> Visitor<'de> for ExampleVisitor {
    type Value = WrittenExample;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a list of its parts, or a table with 'path' and 'text'")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(WrittenExample(Example { path: None, text: text.to_owned() }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Self::Value, A::Error> {
        let mut text = String::new();
        while let Some(part) = parts.next_element::<String>()? {
            text.push_str(&part);
        }
        Ok(WrittenExample(Example { path: None, text }))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut path, mut text) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "path" => path = Some(map.next_value::<String>()?),
                "text" => text = Some(map.next_value::<String>()?),
                other => return Err(de::Error::unknown_field(other, &["path", "text"])),
            }
        }
        let text = text.ok_or_else(|| de::Error::missing_field("text"))?;
        Ok(WrittenExample(Example { path, text }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[[rule]]\nid = 'acme'\ndescription = 'x'\nseverity = 'high'\nconfidence = 'high'\n";

    #[test]
    fn mistakes_are_named_with_their_place() {
        let cases = [
            ("descriptoin = 'x'\n", "t.toml:7:1: unknown key 'descriptoin', did you mean 'description'?"),
            ("severity = 'huge'\n", "t.toml:7:12: unknown variant `huge`"),
            ("pattern = '['\n", "t.toml: rule 'acme': 'pattern' is no regular expression"),
            ("pattern = 'a*'\n", "t.toml: rule 'acme': 'pattern' matches nothing"),
            ("pattern = 'ab'\nkeywords = ['']\n", "t.toml: rule 'acme': 'keywords' has an empty word"),
            ("pattern = 'ab'\npublished = ['1f']\n", "t.toml: rule 'acme': 'published' takes SHA-256"),
            ("pattern = 'ab'\nexamples = [{txt = 'a'}]\n", "t.toml:8:"),
            ("pattern = 'ab'\n[rule.provider]\nnames = []\n", "t.toml: rule 'acme': 'provider' without"),
            ("", "t.toml:2:1: missing field `pattern`"),
        ];
        for (added, expected) in cases {
            let good = match added.contains("severity") {
                true => GOOD.replace("severity = 'high'", "details = ''"),
                false => GOOD.to_owned(),
            };
            let error = parse("t.toml", &format!("\n{good}{added}")).expect_err(added).to_string();
            assert!(error.starts_with(expected), "{added:?}: {error}");
        }
    }

    #[test]
    fn one_class_so_many_times_is_a_run() {
        for (source, run) in [
            ("[A-Za-z0-9]{32}", true),
            ("[0-9a-f]{40}", true),
            ("[A-Za-z0-9]{20}", false),
            ("[A-Za-z0-9]{32,}", false),
            ("acme_[a-z]{32}", false),
            (r"\w{32}", false),
        ] {
            let pattern = pattern(source).expect(source);
            assert_eq!(matches!(pattern, Pattern::Run { .. }), run, "{source}");
            if let Pattern::Run { .. } = pattern {
                assert_eq!(pattern.source().len(), source.len(), "{source}");
            }
        }
    }

    #[test]
    fn examples_may_be_written_in_parts() {
        let text = format!(
            "{GOOD}pattern = 'ab{{3}}'\nexamples = ['abbb', ['ab', 'bb'], {{path = 'p', text = 't'}}]"
        );
        let rules = parse("t.toml", &text).expect("well-formed");
        let texts: Vec<&str> = rules[0].examples.iter().map(|e| e.text.as_str()).collect();
        assert_eq!(texts, ["abbb", "abbb", "t"]);
    }
}
