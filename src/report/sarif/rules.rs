//! The tool and its rules: every rule in force is declared in every run, so that GitHub closes the alerts of a rule
//! that finds nothing any more.

use serde_sarif::sarif::{
    MultiformatMessageString, ReportingConfiguration, ReportingDescriptor, ResultLevel, Tool, ToolComponent,
};

use super::bag;
use crate::finding::{Confidence, Severity};
use crate::report::RuleInfo;

/// Most characters of a description that GitHub takes.
const DESCRIPTION_LIMIT: usize = 1024;
/// Most characters of a rule's name that GitHub takes.
const NAME_LIMIT: usize = 255;

pub(super) fn driver(rules: &[RuleInfo]) -> Tool {
    let version = env!("CARGO_PKG_VERSION");
    let mut driver = ToolComponent::builder()
        .name("leeward")
        .version(version)
        .semantic_version(version)
        .rules(rules.iter().map(rule).collect::<Vec<_>>())
        .build();
    let page = env!("CARGO_PKG_REPOSITORY");
    if !page.is_empty() {
        driver.information_uri = Some(page.to_owned());
    }
    Tool::builder().driver(driver).build()
}

fn rule(rule: &RuleInfo) -> ReportingDescriptor {
    let description = [&rule.description, &rule.id].into_iter().find(|text| !text.is_empty());
    let description = description.map_or("", String::as_str);
    let details = if rule.details.is_empty() { description } else { &rule.details };
    let mut properties = bag([
        ("precision", "high".into()),
        ("problem.severity", problem_severity(rule.severity).into()),
        ("security-severity", security_severity(rule.severity).into()),
    ]);
    properties.tags = Some(["security", "secret", "external/cwe/cwe-798"].map(str::to_owned).to_vec());
    let level = level(rule.severity, Confidence::High).to_string();
    let mut out = ReportingDescriptor::builder()
        .id(&rule.id)
        .name(pascal_case(&rule.id))
        .short_description(text(cut(&sentence(description))))
        .full_description(text(cut(&sentence(details))))
        .help(help(rule, description, details))
        .default_configuration(ReportingConfiguration::builder().level(level).build())
        .properties(properties)
        .build();
    out.help_uri = rule.references.iter().find(|reference| is_https(reference)).cloned();
    out
}

/// How loud a result is. What only has the shape of a key is one step quieter than the rule.
pub(super) fn level(severity: Severity, confidence: Confidence) -> ResultLevel {
    match (severity, confidence) {
        (Severity::Critical | Severity::High, Confidence::Medium | Confidence::High) => ResultLevel::Error,
        (Severity::Critical | Severity::High, Confidence::Low)
        | (Severity::Medium, Confidence::Medium | Confidence::High) => ResultLevel::Warning,
        (Severity::Medium, Confidence::Low) | (Severity::Low, _) => ResultLevel::Note,
    }
}

fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "recommendation",
    }
}

/// GitHub wants a number in a string: over 9.0 is critical, from 7.0 high, from 4.0 medium.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.5",
    }
}

fn help(rule: &RuleInfo, description: &str, details: &str) -> MultiformatMessageString {
    let mut plain = details.to_owned();
    let mut markdown = format!("# {description}\n\n{details}");
    if !rule.remediation.is_empty() {
        plain.push_str("\n\nWhat to do:");
        markdown.push_str("\n\n## What to do\n");
        for (number, step) in (1..).zip(&rule.remediation) {
            plain.push_str(&format!("\n{number}. {step}"));
            markdown.push_str(&format!("\n{number}. {step}"));
        }
    }
    if !rule.references.is_empty() {
        plain.push_str("\n\nReferences:");
        markdown.push_str("\n\n## References\n");
        for reference in &rule.references {
            plain.push_str(&format!("\n- {reference}"));
            let link = if is_https(reference) { format!("<{reference}>") } else { reference.clone() };
            markdown.push_str(&format!("\n- {link}"));
        }
    }
    MultiformatMessageString::builder().text(plain).markdown(markdown).build()
}

fn text(text: String) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

/// The text with a full stop at its end.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// At most [`DESCRIPTION_LIMIT`] characters; what was cut ends with `…`.
fn cut(text: &str) -> String {
    if text.chars().count() <= DESCRIPTION_LIMIT {
        return text.to_owned();
    }
    text.chars().take(DESCRIPTION_LIMIT - 1).chain(['…']).collect()
}

/// `mistral-api-key` as `MistralApiKey`, the form that SARIF asks for in a name.
fn pascal_case(id: &str) -> String {
    let words = id.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let capitalised = words.flat_map(|word| {
        let mut chars = word.chars();
        let first = chars.next().into_iter().flat_map(char::to_uppercase);
        first.chain(chars)
    });
    capitalised.take(NAME_LIMIT).collect()
}

/// Whether it is an `https` URI of printable ASCII without the characters that a URI cannot have.
fn is_https(reference: &str) -> bool {
    reference.starts_with("https://")
        && reference.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_links() {
        for (id, name) in [
            ("mistral-api-key", "MistralApiKey"),
            ("x", "X"),
            ("a_b.c1", "ABC1"),
            ("émile-zola", "ÉmileZola"),
        ] {
            assert_eq!(pascal_case(id), name);
        }
        for (reference, is) in [
            ("https://docs.example/a?b#c", true),
            ("http://docs.example/", false),
            ("https://docs.example/ and more", false),
            ("RFC 3986", false),
        ] {
            assert_eq!(is_https(reference), is, "{reference}");
        }
    }

    #[test]
    fn descriptions_are_cut_by_characters() {
        for (length, expected) in [(1023, 1023), (1024, 1024), (1025, 1024), (5000, 1024)] {
            assert_eq!(cut(&"é".repeat(length)).chars().count(), expected);
        }
    }

    #[test]
    fn a_guess_is_quieter_than_its_rule() {
        let names: Vec<String> = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low]
            .iter()
            .flat_map(|&severity| {
                [Confidence::High, Confidence::Medium, Confidence::Low].map(|c| (severity, c))
            })
            .map(|(severity, confidence)| level(severity, confidence).to_string())
            .collect();
        assert_eq!(
            names.join(" "),
            "error error warning error error warning warning warning note note note note"
        );
    }
}
