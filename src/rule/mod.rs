//! Rules: what a credential looks like and what ties it to its provider, as data.
//!
//! [`mod@file`] reads them, [`builtin`] lists our own, [`check`] runs every rule's own examples. What a rule means for a
//! piece of text is decided in `detect`; nothing here looks at content.

use std::sync::OnceLock;

use regex::bytes::Regex;

use crate::detect::runs::Class;
use crate::finding::{Confidence, Severity};

pub mod builtin;
pub mod check;
pub mod file;
mod sample;

pub use file::RuleError;

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Stable, kebab-case, unique.
    pub id: String,
    /// One line: what the credential is.
    pub description: String,
    /// What it gives its holder.
    pub details: String,
    /// What a leak costs.
    pub severity: Severity,
    /// The confidence of a match that nothing speaks against; with a provider, the most that evidence can reach.
    pub confidence: Confidence,
    /// Lower case. One of them stands in the file or its path, in any case and glued to anything, or the rule says
    /// nothing of that file. None: every file.
    pub keywords: Vec<String>,
    /// Lower case. One of them in a path says as much as a keyword there.
    pub paths: Vec<String>,
    /// What the credential looks like.
    pub pattern: Pattern,
    /// Whether the provider draws it at random: what people write or machines derive is then none.
    pub random: bool,
    /// SHA-256 (hex) of values that documentation publishes: reported as suppressed.
    pub published: Vec<String>,
    /// What ties a value without a telling form to its provider.
    pub provider: Option<Provider>,
    /// What to do, in order.
    pub remediation: Vec<String>,
    /// Addresses.
    pub references: Vec<String>,
    /// Texts in which the rule finds something.
    pub examples: Vec<Example>,
    /// Texts in which it finds nothing at medium confidence or above.
    pub counter_examples: Vec<Example>,
}

/// What a credential looks like.
#[derive(Debug)]
pub enum Pattern {
    /// So many bytes of one class, none before and none after.
    Run {
        /// Its alphabet.
        class: Class,
        /// How many bytes.
        length: usize,
    },
    /// A regular expression; compiled when the first file calls for it.
    Regex {
        /// As written.
        source: String,
        /// Compiled; [`mod@file`] has seen that it parses.
        compiled: OnceLock<Regex>,
    },
}

/// What ties a value to its provider. All in lower case.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Words that its variables, clients and models carry.
    pub names: Vec<String>,
    /// Domains that its requests go to.
    pub hosts: Vec<String>,
    /// A name or its host must also have one of these words; empty: need not.
    pub with: Vec<String>,
    /// A name with one of these words is somebody else's; two words stand for one after the other.
    pub without: Vec<String>,
    /// Words of files that mean something else of that name, where nothing says that they mean the provider.
    pub homonyms: Vec<String>,
    /// Words of what the provider does: in a file with none of them its mere name may be that of anything. Empty: it
    /// always means the provider.
    pub context: Vec<String>,
}

/// A text for `rules check`.
#[derive(Debug, Clone)]
pub struct Example {
    /// Path of the file it would be in.
    pub path: Option<String>,
    /// With `{{secret}}` where a value goes that is made when it is needed, `{{hex}}` for as many hex digits.
    pub text: String,
}

/// The rules in force, sorted by id.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Rule>,
}

impl RuleSet {
    /// Puts rules in force. Ids are unique.
    ///
    /// # Errors
    ///
    /// [`RuleError::Duplicate`] if two rules have one id.
    pub fn new(mut rules: Vec<Rule>) -> Result<Self, RuleError> {
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        match rules.windows(2).find(|pair| pair[0].id == pair[1].id) {
            Some(pair) => Err(RuleError::Duplicate { id: pair[0].id.clone() }),
            None => Ok(RuleSet { rules }),
        }
    }

    /// All rules, sorted by id.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The set with one rule alone.
    #[must_use]
    pub fn only(mut self, id: &str) -> Self {
        self.rules.retain(|rule| rule.id == id);
        self
    }

    /// The set without one rule.
    #[must_use]
    pub fn without(mut self, id: &str) -> Self {
        self.rules.retain(|rule| rule.id != id);
        self
    }

    /// The rule with this id.
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }
}

impl Pattern {
    /// The compiled expression; none for a run.
    pub fn regex(&self) -> Option<&Regex> {
        match self {
            Pattern::Run { .. } => None,
            Pattern::Regex { source, compiled } => {
                Some(compiled.get_or_init(|| Regex::new(source).expect("checked when the rule was read")))
            }
        }
    }

    /// As it would be written in a rule file.
    pub fn source(&self) -> String {
        match self {
            Pattern::Regex { source, .. } => source.clone(),
            Pattern::Run { class, length } => format!("[{}]{{{length}}}", class.describe()),
        }
    }
}
