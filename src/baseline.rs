//! The file of accepted findings.
//!
//! One line each: `FINGERPRINT RULE [owner=NAME] [expires=YYYY-MM-DD] REASON…`, sorted, `#` begins a comment. The
//! fingerprint is that of the report: of the rule and the value, never of a place, so it survives moves and rebases,
//! and another key on the same line is new. Reads text, not disks.

use std::collections::BTreeMap;

use crate::finding::{Finding, SuppressedBy, Suppression};

/// Accepted findings by fingerprint.
#[derive(Debug, Default)]
pub struct Baseline {
    entries: BTreeMap<String, Entry>,
}

/// One accepted finding.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    rule: String,
    expires: Option<jiff::civil::Date>,
    reason: String,
}

/// A line that is no entry. It is not quoted: it could hold anything.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{file}:{line}: {message}")]
pub struct BaselineError {
    file: String,
    line: usize,
    message: &'static str,
}

impl Baseline {
    /// Reads the text of the file called `file`.
    ///
    /// # Errors
    ///
    /// For the first line that is no entry.
    pub fn parse(file: &str, text: &str) -> Result<Baseline, BaselineError> {
        let mut entries = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |message| BaselineError { file: file.to_owned(), line: number + 1, message };
            let (fingerprint, entry) = entry(line).map_err(wrong)?;
            entries.insert(fingerprint.to_owned(), entry);
        }
        Ok(Baseline { entries })
    }

    /// Why a finding is accepted on a day; none if it is not, or no longer.
    pub fn accepts(&self, finding: &Finding, today: jiff::civil::Date) -> Option<Suppression> {
        let entry = self.entries.get(&finding.fingerprint)?;
        let valid = entry.rule == finding.rule_id && entry.expires.is_none_or(|last| today <= last);
        valid.then(|| Suppression { by: SuppressedBy::Baseline, reason: entry.reason.clone() })
    }
}

fn entry(line: &str) -> Result<(&str, Entry), &'static str> {
    let mut words = line.split_whitespace().peekable();
    let fingerprint =
        words.next().filter(|word| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit()));
    let fingerprint = fingerprint.ok_or("a line begins with a finding's fingerprint, 64 hex digits")?;
    let rule = words.next().ok_or("the rule's id is missing after the fingerprint")?.to_owned();
    let mut expires = None;
    while let Some((key, value)) = words.peek().and_then(|word| word.split_once('=')) {
        match key {
            "owner" => {}
            "expires" => expires = Some(value.parse().map_err(|_| "'expires' takes a day, YYYY-MM-DD")?),
            _ => break,
        }
        words.next();
    }
    let reason: Vec<&str> = words.collect();
    let reason = if reason.is_empty() { "no reason given".to_owned() } else { reason.join(" ") };
    Ok((fingerprint, Entry { rule, expires, reason }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_and_mistakes_named() {
        let hash = "ab".repeat(32);
        let day = jiff::civil::date(2030, 1, 2);
        let cases = [
            (format!("{hash} some-rule an old key\n"), Ok((None, "an old key"))),
            (
                format!("# note\n\n{hash} some-rule owner=me expires=2030-01-02 rotated"),
                Ok((Some(day), "rotated")),
            ),
            (format!("{hash} some-rule"), Ok((None, "no reason given"))),
            ("abc some-rule".to_owned(), Err(1)),
            (format!("\n{hash}"), Err(2)),
            (format!("{hash} some-rule expires=soon x"), Err(1)),
        ];
        for (text, expected) in cases {
            match (Baseline::parse("b", &text), expected) {
                (Ok(baseline), Ok((expires, reason))) => {
                    let entry = &baseline.entries[&hash];
                    assert_eq!((entry.expires, entry.reason.as_str()), (expires, reason), "{text}");
                }
                (Err(error), Err(line)) => assert_eq!(error.line, line, "{text}"),
                (read, _) => panic!("{text}: {read:?}"),
            }
        }
    }
}
