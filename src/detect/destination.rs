//! Addresses that are given to variables: which one a provider's is given, and from which one a client reads where it sends to.
//!
//! `Client(base_url=environ["LLM_BASE"], api_key=environ["LLM_KEY"])` says of no provider; with `LLM_BASE` in another file, it
//! does. Takes one text at a time; what belongs together is decided in `pipeline`.

use bstr::BStr;

use super::declaration::name_of;
use super::definition::is_capitals;
use super::parts::{Part, fields_beside, tokens};
use super::structure::{self, Bound, Holder, Level, Place};
use super::window::Window;
use super::words::{Field, field};
use super::{Detector, Views};
use crate::rule::Pattern;

/// Most addresses of one text that are looked at.
const MOST: usize = 20;

/// A variable that a text gives a provider's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Its name.
    pub name: String,
    /// Index of the rule whose provider it is.
    pub rule: usize,
    /// The host.
    pub host: String,
    /// Where the address stands, as an offset in bytes.
    pub at: usize,
}

impl Detector {
    /// The variables that a text gives an address of a rule's provider.
    pub fn destinations(&self, text: &[u8], path: Option<&BStr>) -> Vec<Destination> {
        let views = Views::new(self, text, path);
        let mut found = Vec::new();
        for (rule, provider) in self.rules().iter().enumerate() {
            let (Some(provider), Pattern::Run { .. }) = (&provider.provider, &provider.pattern) else {
                continue;
            };
            let is_ours = |host: &str| {
                provider.hosts.iter().any(|ours| host == ours || host.ends_with(&format!(".{ours}")))
            };
            let hosts = views.of(rule).hosts().iter().filter(|(_, host)| is_ours(host)).take(MOST);
            for (at, host) in hosts {
                let scheme = text[..*at].iter().rev().take_while(|b| b.is_ascii_alphanumeric()).count();
                let span = at - scheme..(at + "://".len()).min(text.len());
                let window = Window::near(text, &span);
                let place = structure::place(&window.before, &window.after);
                if let Some(name) = variable(&place) {
                    found.push(Destination { name, rule, host: host.clone(), at: *at });
                }
            }
        }
        found
    }
}

/// The variable of the environment that what is at a place is given to.
fn variable(place: &Place) -> Option<String> {
    let own = place.levels.first().filter(|own| own.bound == Bound::Assigned)?;
    let mut names = [name_of(&own.name), super::definition::paired(own)].into_iter().flatten();
    names.find(|name| is_variable(name))
}

/// The variable from which a client reads where it sends to, which is given something at a place: what is called an address beside
/// that is read from it.
pub(super) fn told_by(place: &Place) -> Option<String> {
    const MOST_LEVELS: usize = 3;
    let given =
        |own: &&Level| matches!(own.holder, Holder::Call | Holder::Group) && own.bound == Bound::Assigned;
    let own = place.levels.iter().take(MOST_LEVELS).find(given)?;
    let is_address = |part: &Part<'_>| field(part.key.trim_matches(['"', '\''])) == Field::Address;
    let address = fields_beside(own).find(is_address)?;
    let mut names = tokens(address.value).filter_map(|token| token.rsplit('.').next());
    names.find(|name| is_variable(name)).map(str::to_owned)
}

/// Whether a name is written as variables of the environment are.
fn is_variable(name: &str) -> bool {
    name.contains('_') && is_capitals(name.as_bytes())
}
