//! The rules that come with the program: every file of `rules/` is listed here, and embedded.
//!
//! A tidy test tells when one is missing.

use super::{Rule, RuleError, file};

/// Name and text of every embedded rule file, sorted by name.
const FILES: &[(&str, &str)] = &[("rules/mistral.toml", include_str!("../../rules/mistral.toml"))];

/// Reads the built-in rules.
///
/// # Errors
///
/// None in a released program: a test reads them all.
pub fn rules() -> Result<Vec<Rule>, RuleError> {
    let mut rules = Vec::new();
    for (name, text) in FILES {
        rules.extend(file::parse(name, text)?);
    }
    Ok(rules)
}

/// Names of the embedded files.
pub fn file_names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_rule_is_well_formed_and_fully_described() {
        let rules = rules().expect("the embedded rules parse");
        assert!(!rules.is_empty());
        for rule in rules {
            assert!(rule.examples.len() >= 2 && rule.counter_examples.len() >= 2, "{}: examples", rule.id);
            assert!(!rule.references.is_empty() && !rule.remediation.is_empty(), "{}: references", rule.id);
            assert!(!rule.details.is_empty(), "{}: details", rule.id);
        }
    }
}
