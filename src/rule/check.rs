//! Runs every rule's own examples: what it promises to find, and what it promises to leave alone.
//!
//! Takes rules, gives what does not hold. Used by `leeward rules check` for our rules and for users'.

use bstr::BStr;

use super::{Example, Rule, sample};
use crate::detect::Detector;
use crate::finding::Confidence;

/// What came of checking one rule.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Which rule.
    pub id: String,
    /// How many examples and counter-examples were run.
    pub checked: usize,
    /// What does not hold, one sentence each.
    pub failures: Vec<String>,
    /// What is missing but wrong with nothing: a rule should have examples.
    pub advice: Vec<String>,
}

/// Runs the examples of every rule of the detector.
pub fn check(detector: &Detector) -> Vec<Outcome> {
    detector.rules().iter().enumerate().map(|(index, rule)| check_rule(detector, index, rule)).collect()
}

fn check_rule(detector: &Detector, index: usize, rule: &Rule) -> Outcome {
    let mut failures = Vec::new();
    for (number, example) in rule.examples.iter().enumerate() {
        if !finds(detector, index, rule, example, number) {
            failures.push(format!("example {} is not found: {}", number + 1, first_line(&example.text)));
        }
    }
    for (number, example) in rule.counter_examples.iter().enumerate() {
        if finds(detector, index, rule, example, number) {
            failures.push(format!("counter-example {} is found: {}", number + 1, first_line(&example.text)));
        }
    }
    let mut advice = Vec::new();
    if rule.examples.len() < 2 || rule.counter_examples.len() < 2 {
        advice.push(
            "two examples and two counter-examples at least tell others what the rule is for".to_owned(),
        );
    }
    if rule.remediation.is_empty() {
        advice.push("'remediation' would tell people what to do".to_owned());
    }
    Outcome {
        id: rule.id.clone(),
        checked: rule.examples.len() + rule.counter_examples.len(),
        failures,
        advice,
    }
}

/// Whether the rule finds something at medium confidence or above.
fn finds(detector: &Detector, index: usize, rule: &Rule, example: &Example, number: usize) -> bool {
    let text = filled(rule, example, number);
    let path = example.path.as_deref().map(BStr::new);
    let found = detector.scan(text.as_bytes(), path);
    found.iter().any(|m| m.rule == index && m.confidence >= Confidence::Medium.min(rule.confidence))
}

/// The example's text with its values filled in.
pub fn filled(rule: &Rule, example: &Example, number: usize) -> String {
    let number = number as u64;
    example
        .text
        .replace("{{secret}}", &sample::secret(rule, number))
        .replace("{{hex}}", &sample::hex(rule, number))
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{RuleSet, builtin, file};

    #[test]
    fn every_builtin_rule_keeps_its_promises() {
        let rules = RuleSet::new(builtin::rules().expect("embedded")).expect("unique ids");
        for outcome in check(&Detector::new(rules)) {
            assert!(
                outcome.checked > 0 && outcome.failures.is_empty(),
                "{}: {:#?}",
                outcome.id,
                outcome.failures
            );
        }
    }

    #[test]
    fn a_broken_promise_is_said() {
        let text = "[[rule]]\nid = 'acme'\ndescription = 'x'\nseverity = 'high'\nconfidence = 'high'\n\
                    pattern = 'acme_[a-z]{8}'\nexamples = ['{{secret}}', 'nothing']\ncounter-examples = ['{{secret}}']";
        let rules = RuleSet::new(file::parse("t.toml", text).expect("well-formed")).expect("unique ids");
        let outcomes = check(&Detector::new(rules));
        let expected = ["example 2 is not found: nothing", "counter-example 1 is found: {{secret}}"];
        assert_eq!(outcomes[0].failures, expected);
    }
}
