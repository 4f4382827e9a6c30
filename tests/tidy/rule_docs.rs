//! `rules/README.md` lists the rules that come with the program, and explains every key of a rule file.

use std::fmt::Write as _;
use std::fs;

use leeward::rule::{Rule, builtin};

use crate::support::{bless, top};

const BEGIN: &str = "<!-- generated from the rules; BLESS=1 cargo test writes it -->\n";
const END: &str = "<!-- end of what is generated -->\n";

fn table(rules: &[Rule]) -> String {
    let mut out = String::from("\n| rule | finds | severity | pattern |\n| --- | --- | --- | --- |\n");
    for rule in rules {
        let (severity, pattern) = (rule.severity.as_str(), rule.pattern.source().replace('|', "\\|"));
        writeln!(out, "| `{}` | {} | {severity} | `{pattern}` |", rule.id, rule.description)
            .expect("a string");
    }
    out + "\n"
}

#[test]
fn the_list_of_rules_is_current() {
    let path = top().join("rules/README.md");
    let text = fs::read_to_string(&path).expect("rules/README.md is there");
    let (before, rest) = text.split_once(BEGIN).expect("the mark where the list begins");
    let (_, after) = rest.split_once(END).expect("the mark where the list ends");
    let mut rules = builtin::rules().expect("the embedded rules parse");
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    let current = [before, BEGIN, &table(&rules), END, after].concat();
    if let Err(stale) = bless::compare(&path, &current) {
        panic!("{stale}");
    }
}

#[test]
fn every_key_of_a_rule_file_is_explained() {
    let text = fs::read_to_string(top().join("rules/README.md")).expect("rules/README.md is there");
    // What a file may hold is told by the message about a key that it may not hold.
    for (file, of) in [("[[rule]]\n", "a rule"), ("[[rule]]\n[rule.provider]\nnames = ['x']\n", "a provider")]
    {
        let file = format!("{file}qqqqqqqq = 1\n");
        let error = leeward::rule::file::parse("x", &file).expect_err("an unknown key").to_string();
        let keys: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
        assert!(keys.len() > 2, "{of}: {error}");
        for key in keys {
            assert!(
                text.contains(&format!("\n| `{key}` |")),
                "rules/README.md does not explain {key} of {of}"
            );
        }
    }
}

#[test]
fn the_example_of_a_rule_file_is_one() {
    let text = fs::read_to_string(top().join("rules/README.md")).expect("rules/README.md is there");
    let (_, rest) = text.split_once("```toml\n").expect("an example");
    let (example, _) = rest.split_once("```").expect("the end of the example");
    let rules = leeward::rule::file::parse("example", example).expect("the example is a rule file");
    let rules = leeward::rule::RuleSet::new(rules).expect("unique ids");
    for outcome in leeward::rule::check::check(&leeward::detect::Detector::new(rules)) {
        assert!(
            outcome.checked >= 4 && outcome.failures.is_empty() && outcome.advice.is_empty(),
            "{outcome:?}"
        );
    }
}
