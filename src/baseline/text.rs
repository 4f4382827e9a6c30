//! The format of a baseline: `FINGERPRINT RULE [owner=NAME] [expires=YYYY-MM-DD] REASON…`, one a line, sorted.
//!
//! `#` begins a comment, which belongs to the entry below it, or to the file where a blank line follows. Sorted by
//! fingerprint, the lines of two branches are rarely neighbours, so they merge; nothing in them changes by itself.
//! What is no entry is not repeated in an error: it could be anything.

use std::fmt;

use super::{Acceptance, Baseline, Entry};

/// What a new file begins with.
const HEADER: [&str; 3] = [
    "# Findings that are accepted, one a line: FINGERPRINT RULE [owner=NAME] [expires=YYYY-MM-DD] REASON",
    "# A fingerprint is a hash of rule and value, and holds neither it nor a place. To write this file:",
    "# leeward baseline create, update, prune.",
];

/// Why an entry is accepted, when it does not say.
pub(super) const NO_REASON: &str = "no reason given";

/// What is wrong with an entry that says it twice: which of them is meant, nobody knows.
const TWICE: &str = "'KEY=' stands there twice";

/// A line that is no entry.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{file}:{line}: {message}")]
pub struct BaselineError {
    file: String,
    line: usize,
    message: String,
}

impl Baseline {
    /// One without entries, as a new file begins.
    pub fn new() -> Baseline {
        Baseline { header: HEADER.map(str::to_owned).to_vec(), entries: Vec::new() }
    }

    /// Reads the text of the file called `file`.
    ///
    /// # Errors
    ///
    /// For the first line that is no entry.
    pub fn parse(file: &str, text: &str) -> Result<Baseline, BaselineError> {
        let mut baseline = Baseline::default();
        let mut comments: Vec<String> = Vec::new();
        // Some editors begin a file with a mark of its encoding.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() {
                baseline.header.append(&mut comments);
            } else if line.starts_with('#') {
                comments.push(line.to_owned());
            } else {
                let wrong = |message| BaselineError { file: file.to_owned(), line: number, message };
                let mut entry = entry(line).map_err(wrong)?;
                entry.line = number;
                entry.comments = std::mem::take(&mut comments);
                baseline.entries.push(entry);
            }
        }
        baseline.header.append(&mut comments);
        baseline.sort();
        Ok(baseline)
    }
}

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.header {
            writeln!(f, "{line}")?;
        }
        if !self.header.is_empty() && !self.entries.is_empty() {
            writeln!(f)?;
        }
        let mut last: Option<String> = None;
        for entry in &self.entries {
            let line = entry.to_string();
            // Two branches said the same.
            if last.as_ref() == Some(&line) && entry.comments.is_empty() {
                continue;
            }
            entry.comments.iter().try_for_each(|comment| writeln!(f, "{comment}"))?;
            writeln!(f, "{line}")?;
            last = Some(line);
        }
        Ok(())
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.fingerprint, self.rule)?;
        if let Some(owner) = &self.owner {
            write!(f, " owner={owner}")?;
        }
        if let Some(expires) = self.expires {
            write!(f, " expires={expires}")?;
        }
        write!(f, " {}", self.reason)
    }
}

impl Acceptance {
    /// Whether it can be read back as it was meant.
    ///
    /// # Errors
    ///
    /// With what is wrong, in words that repeat nothing.
    pub fn check(&self) -> Result<(), &'static str> {
        let plain =
            |text: &str| !text.chars().any(char::is_control) && text.trim() == text && !text.is_empty();
        let reason = self.reason.as_deref();
        if reason.is_some_and(|reason| !plain(reason)) {
            return Err("the reason is one line of text, without blanks around it");
        }
        if reason.and_then(|reason| reason.split(' ').next()).is_some_and(|word| word.contains('=')) {
            return Err(
                "the reason begins with a word that has an '=' in it, and would be read as something else",
            );
        }
        match &self.owner {
            Some(owner) if !plain(owner) || owner.contains(char::is_whitespace) => {
                Err("the owner is one word")
            }
            _ => Ok(()),
        }
    }
}

fn entry(line: &str) -> Result<Entry, String> {
    let mut words = line.split_whitespace().peekable();
    let hash = |word: &&str| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let fingerprint = words
        .next()
        .filter(hash)
        .ok_or("a line begins with a finding's fingerprint, 64 hex digits, or with # for a comment")?;
    let rule = words.next().ok_or("the rule's id is missing after the fingerprint")?;
    let (mut owner, mut expires) = (None, None);
    while let Some((key, value)) = words.peek().and_then(|word| word.split_once('=')) {
        match key {
            "owner" if owner.is_some() => return Err(TWICE.replace("KEY", key)),
            "expires" if expires.is_some() => return Err(TWICE.replace("KEY", key)),
            "owner" if !value.is_empty() => owner = Some(value.to_owned()),
            "expires" => {
                expires = Some(value.parse().map_err(|_| "'expires' takes a day, YYYY-MM-DD")?);
            }
            _ => return Err(unknown(key)),
        }
        words.next();
    }
    let reason: Vec<&str> = words.collect();
    if reason.is_empty() {
        return Err(
            "the reason is missing: say at the end of the line why this finding is accepted".to_owned()
        );
    }
    Ok(Entry {
        fingerprint: fingerprint.to_ascii_lowercase(),
        rule: rule.to_owned(),
        owner,
        expires,
        reason: reason.join(" "),
        line: 0,
        comments: Vec::new(),
    })
}

/// A misspelt expiry would be no expiry.
fn unknown(key: &str) -> String {
    let near = ["owner", "expires"].into_iter().find(|known| strsim::jaro_winkler(key, known) > 0.8);
    match near {
        Some(known) if key.len() <= known.len() + 4 => {
            format!("'{key}=' is unknown, did you mean '{known}='?")
        }
        _ => "before the reason there are owner=NAME and expires=YYYY-MM-DD".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_and_mistakes_named() {
        let hash = "ab".repeat(32);
        let day = jiff::civil::date(2030, 1, 2);
        for (text, expected) in [
            (format!("{hash} some-rule an  old key\n"), Ok((None, None, "an old key"))),
            (
                format!("# note\n\n{} some-rule owner=me expires=2030-01-02 rotated", hash.to_uppercase()),
                Ok((Some("me"), Some(day), "rotated")),
            ),
            (format!("{hash} some-rule expires=2030-01-02 a=b"), Err("b:1: before the reason there are")),
            (format!("{hash} some-rule was a=b"), Ok((None, None, "was a=b"))),
            (format!("{hash} some-rule"), Err("b:1: the reason is missing")),
            (format!("\u{feff}{hash} some-rule x"), Ok((None, None, "x"))),
            (format!("{hash} r owner=a owner=b x"), Err("b:1: 'owner=' stands there twice")),
            (
                format!("{hash} r expires=2030-01-02 owner=a expires=2031-01-02 x"),
                Err("b:1: 'expires=' stands"),
            ),
            (format!("{hash} some-rule owner=me expires=2030-01-02 "), Err("b:1: the reason is missing")),
            ("abc some-rule".to_owned(), Err("b:1: a line begins with a finding's fingerprint")),
            (format!("\n{hash}"), Err("b:2: the rule's id is missing")),
            (format!("{hash} some-rule expires=soon x"), Err("b:1: 'expires' takes a day")),
            (
                format!("{hash} r expire=2030-01-02 x"),
                Err("b:1: 'expire=' is unknown, did you mean 'expires='?"),
            ),
            (format!("{hash} r owner= x"), Err("b:1: 'owner=' is unknown, did you mean 'owner='?")),
        ] {
            match (Baseline::parse("b", &text), expected) {
                (Ok(baseline), Ok((owner, expires, reason))) => {
                    let entry = &baseline.entries[0];
                    assert_eq!(entry.fingerprint, hash);
                    assert_eq!((entry.owner.as_deref(), entry.expires), (owner, expires), "{text}");
                    assert_eq!(entry.reason, reason, "{text}");
                }
                (Err(error), Err(says)) => assert!(error.to_string().starts_with(says), "{text}: {error}"),
                (read, _) => panic!("{text}: {read:?}"),
            }
        }
    }

    #[test]
    fn what_is_written_is_sorted_and_read_back() {
        let (a, b) = ("aa".repeat(32), "bb".repeat(32));
        let text =
            format!("# head\n\n# of b\n{b} r x\n{a} r owner=me expires=2030-01-02 y\n{b} r x\n# tail\n");
        let baseline = Baseline::parse("b", &text).expect("well-formed");
        let written = baseline.to_string();
        assert_eq!(
            written,
            format!("# head\n# tail\n\n{a} r owner=me expires=2030-01-02 y\n# of b\n{b} r x\n")
        );
        let again = Baseline::parse("b", &written).expect("well-formed");
        assert_eq!(again.to_string(), written);
        let new = Baseline::new().to_string();
        assert!(
            new.starts_with("# Findings")
                && Baseline::parse("b", &new).expect("a new one").entries.is_empty()
        );
    }

    #[test]
    fn an_acceptance_can_be_read_back() {
        for (reason, owner, good) in [
            ("a test account", None, true),
            ("a test account", Some("ada@example.org"), true),
            ("", None, false),
            (" x", None, false),
            ("two\nlines", None, false),
            ("expires=never", None, false),
            ("x", Some("ada lovelace"), false),
            ("x", Some(""), false),
        ] {
            let acceptance = Acceptance {
                reason: Some(reason.to_owned()),
                owner: owner.map(str::to_owned),
                expires: None,
            };
            assert_eq!(acceptance.check().is_ok(), good, "{reason:?} {owner:?}");
        }
    }
}
