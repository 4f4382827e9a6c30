//! Clients that take their key from the environment without a word of it: `OpenAI(base_url=…)` reads `OPENAI_API_KEY`.
//!
//! Takes a text and the names of clients in it; gives the places where one is made that sends to a rule's provider and is
//! given no key. Which value the name has is decided in `pipeline`.

use std::ops::Range;

use bstr::{BStr, ByteSlice};

use super::evidence::address_of_client;
use super::finder::Finder;
use super::reference::{Purpose, Read};
use super::window::Window;
use super::words::{meaning, words};
use super::{Detector, Views, structure};
use crate::finding::Confidence;
use crate::rule::Pattern;

/// Most places in one text where a client is made and that are looked at.
const MOST_CLIENTS: usize = 100;

/// How programs write that they make the client which reads a variable, or tell it where to send to, in small letters; none
/// for a variable that no client reads by itself.
pub fn spellings(variable: &str) -> Vec<String> {
    let of_client = variable.strip_suffix("_API_KEY").filter(|name| !name.is_empty());
    let Some(client) = of_client.filter(|_| meaning(variable, &[]).owner.is_some()) else {
        return Vec::new();
    };
    let client = words(client).concat();
    ["(", ".base_url", ".api_base"].iter().map(|then| format!("{client}{then}")).collect()
}

impl Detector {
    /// Every place where the text makes a client that `finder` finds, sends what it is given to a rule's provider, and gives
    /// it no key.
    pub fn clients(&self, text: &[u8], path: Option<&BStr>, finder: &Finder) -> Vec<Read> {
        let views = Views::new(self, text, path);
        let found = finder.find(text).take(MOST_CLIENTS);
        found.filter_map(|(name, span)| self.client(&views, name, span)).collect()
    }

    fn client(&self, views: &Views<'_>, name: usize, span: Range<usize>) -> Option<Read> {
        let inside = span.end..span.end;
        let window = Window::around(views.text, &inside);
        let place = structure::place(&window.before, &window.after);
        let mut runs =
            self.rules().iter().enumerate().filter(|(_, rule)| matches!(rule.pattern, Pattern::Run { .. }));
        let purpose = runs.find_map(|(index, rule)| {
            let host = address_of_client(rule.provider.as_ref()?, &place, views.of(index), &inside)?;
            let client = views.text[span.clone()].to_str_lossy();
            let client = client.trim_end_matches(|c: char| !c.is_alphanumeric());
            let client = client.split('.').next().unwrap_or_default();
            let reason = format!("`{client}` reads it by itself and sends it to {host}");
            Some(Purpose::Ours { rule: index, confidence: rule.confidence.min(Confidence::High), reason })
        });
        purpose.map(|purpose| Read {
            name,
            span,
            purpose: Some(purpose),
            from_environment: true,
            given_to: Vec::new(),
            sent_by: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_the_name_of_its_variable() {
        assert_eq!(spellings("OPENAI_API_KEY"), ["openai(", "openai.base_url", "openai.api_base"]);
        for none in ["API_KEY", "LLM_API_KEY", "OPENAI_KEY", "openai_api_key"] {
            assert!(spellings(none).is_empty(), "{none}");
        }
    }
}
