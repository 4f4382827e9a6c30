//! Values that a rule finds, made when they are needed: what stands in a fixture is `{{mistral-api-key}}`, and no file of
//! ours holds a key.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use leeward::rule::{Example, Rule, builtin, check};
use regex::bytes::{Captures, Regex};

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| builtin::rules().expect("the embedded rules parse"));

/// The `number`th value of a rule. The same every time; values of random rules look drawn at random.
pub(crate) fn secret(rule: &str, number: usize) -> String {
    made(rule, number, "{{secret}}").unwrap_or_else(|| panic!("no rule has the id '{rule}'"))
}

/// The `number`th value of the rule that most tests are about.
pub(crate) fn key(number: usize) -> String {
    secret("mistral-api-key", number)
}

fn made(rule: &str, number: usize, what: &str) -> Option<String> {
    let rule = RULES.iter().find(|known| known.id == rule)?;
    Some(check::filled(rule, &Example { path: None, text: what.to_owned() }, number))
}

/// Fills placeholders in, and remembers what they stood for.
#[derive(Debug, Default)]
pub(crate) struct Filled {
    /// Every secret that was filled in, by placeholder.
    pub(crate) secrets: BTreeMap<String, String>,
}

impl Filled {
    /// The text with values in place of `{{rule-id}}`, `{{rule-id:2}}`, `{{hex}}`, `{{hex:2}}`. What is no placeholder
    /// of ours, such as `{{ this }}` or a rule file's `{{secret}}`, stays; an unknown one is an error, because it is a typing mistake.
    pub(crate) fn fill(&mut self, text: &[u8]) -> Result<Vec<u8>, String> {
        static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"\{\{([a-z][a-z0-9-]*)(?::([0-9]+))?\}\}").expect("a plain pattern")
        });
        let mut unknown = None;
        let filled = PLACEHOLDER.replace_all(text, |found: &Captures<'_>| {
            let part = |index: usize| found.get(index).map(|part| String::from_utf8_lossy(part.as_bytes()));
            let (name, number) =
                (part(1).unwrap_or_default(), part(2).and_then(|n| n.parse().ok()).unwrap_or(1));
            if name == "secret" {
                // A rule file's own.
                return found[0].to_vec();
            }
            if name == "hex" {
                return made(&RULES[0].id, number, "{{hex}}").expect("its own id").into_bytes();
            }
            match made(&name, number, "{{secret}}") {
                Some(value) => {
                    self.secrets.insert(format!("{name}:{number}"), value.clone());
                    value.into_bytes()
                }
                None => {
                    unknown = Some(format!("{{{{{name}}}}} is the id of no rule"));
                    Vec::new()
                }
            }
        });
        let filled = filled.into_owned();
        unknown.map_or(Ok(filled), Err)
    }

    /// The same for what must be UTF-8.
    pub(crate) fn fill_text(&mut self, text: &str) -> Result<String, String> {
        Ok(String::from_utf8(self.fill(text.as_bytes())?).expect("values are ASCII"))
    }
}

#[test]
fn values_look_drawn_at_random_and_differ() {
    let values: std::collections::BTreeSet<String> = (1..100).map(key).collect();
    assert_eq!(values.len(), 99);
    for value in &values {
        assert!(leeward::detect::shape::derived_bits(value.as_bytes()) < 0.0, "{value}");
    }
    assert_eq!(key(7), key(7));
}

#[test]
fn placeholders_are_filled_and_typing_mistakes_told() {
    let mut filled = Filled::default();
    let text = filled.fill_text("a={{mistral-api-key}} b={{mistral-api-key:2}} {{ other }} ${{ x }} {{hex}}");
    let text = text.expect("known ids");
    assert!(
        text.contains(&key(1)) && text.contains(&key(2)) && text.contains("{{ other }} ${{ x }}"),
        "{text}"
    );
    assert!(!text.contains("{{hex}}"), "{text}");
    assert_eq!(filled.secrets.len(), 2);
    assert!(filled.fill_text("{{mistral-apikey}}").is_err());
}
