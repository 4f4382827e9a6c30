//! How long a secret stood in a repository and how far it got, for machines and for people.
//!
//! Takes what the history tells of a finding. The objects hold keys that the contract does not have; where nothing is
//! known, they are left out.

use serde::Serialize;

use super::model::encoded;
use super::{Report, Skipped};
use crate::finding::{Containment, Exposure, Finding, State};
use crate::sanitize::visible;
use crate::source::UNCONNECTED;
use crate::words::count;

/// How many refs people are told of.
const LISTED: usize = 5;

#[derive(Serialize)]
pub(super) struct ExposureModel<'a> {
    introduced: &'a str,
    gone: Option<&'a str>,
    days: Option<u64>,
}

#[derive(Serialize)]
pub(super) struct ContainmentModel {
    state: Option<&'static str>,
    pushed: Option<bool>,
    refs: Vec<String>,
    more_refs: u64,
    remotes: Vec<String>,
    reflogs: Vec<String>,
}

impl<'a> ExposureModel<'a> {
    pub(super) fn of(finding: &'a Finding) -> Option<Self> {
        let Exposure { from, to, days } = finding.containment.as_ref()?.exposure.as_ref()?;
        Some(ExposureModel { introduced: from, gone: to.as_deref(), days: *days })
    }
}

impl ContainmentModel {
    pub(super) fn of(finding: &Finding) -> Option<Self> {
        let Containment { state, refs, more, remotes, reflogs, pushed, .. } = finding.containment.as_ref()?;
        let all = |names: &[bstr::BString]| names.iter().map(|name| encoded(name)).collect();
        Some(ContainmentModel {
            state: state.map(|state| state.as_str()),
            pushed: *pushed,
            refs: all(refs),
            more_refs: *more,
            remotes: all(remotes),
            reflogs: all(reflogs),
        })
    }
}

/// What there is to say to people, a line each: `in main, origin/main and 3 more refs; origin has it`.
pub(super) fn lines(report: &Report, finding: &Finding) -> Vec<String> {
    let Some(containment) = &finding.containment else { return Vec::new() };
    let exposed = containment.exposure.as_ref().and_then(exposed);
    let no_ref = if may_be_in_refs(report, finding) { NONE_FOLLOWED } else { NO_REF };
    exposed.into_iter().chain(contained(containment, no_ref)).collect()
}

/// Of what was in refs, or at least is stored.
const NO_REF: &str = "in no ref any more";

/// The same, where not all that refs lead to is known.
const NONE_FOLLOWED: &str = "in no ref that could be followed";

/// Whether refs may lead to it though none is known to: by what is not there, or was not looked for.
pub(super) fn may_be_in_refs(report: &Report, finding: &Finding) -> bool {
    let kinds = [
        "bad-ref",
        "corrupt-object",
        "corrupt-pack",
        "missing-alternate",
        "missing-object",
        "partial-clone",
        "shallow",
        "unreadable",
    ];
    let unconnected = |skipped: &Skipped| skipped.reason == UNCONNECTED;
    finding.containment.as_ref().is_some_and(|found| found.gaps)
        || report.issues.iter().any(|issue| kinds.contains(&issue.kind.as_str()))
        || report.scan.coverage.skipped.iter().any(unconnected)
}

/// Only what has come and gone: of the rest, the first commit says it all.
fn exposed(Exposure { from, to, days }: &Exposure) -> Option<String> {
    let to = to.as_deref()?;
    let Some(days) = *days else {
        return Some(format!(
            "for how long it was exposed is not known: by the clocks of those who committed, it was taken out on {to}, before it \
             came on {from}"
        ));
    };
    let long = if days == 0 { "less than a day".to_owned() } else { count(days, "day", "days") };
    Some(format!("exposed for {long}, from {from} to {to}"))
}

fn contained(containment: &Containment, no_ref: &str) -> Option<String> {
    let Containment { refs, more, remotes, reflogs, pushed, .. } = containment;
    let listed = if refs.len() == LISTED + 1 && *more == 0 { refs.len() } else { refs.len().min(LISTED) };
    let mut names: Vec<String> = refs[..listed].iter().map(short).collect();
    let left = (refs.len() - listed) as u64 + more;
    if left > 0 {
        names.push(count(left, "more ref", "more refs"));
    }
    let mut parts = Vec::new();
    if !names.is_empty() {
        parts.push(format!("in {}", joined(&names)));
    } else if containment.state == Some(State::Stashed) {
        let names: Vec<String> = reflogs.iter().take(LISTED).map(|name| visible(name).into_owned()).collect();
        parts.push(format!("in {}", joined(&names)));
    } else if !reflogs.is_empty() {
        let names: Vec<String> = reflogs.iter().take(LISTED).map(|name| visible(name).into_owned()).collect();
        parts.push(format!("{no_ref}, but in the reflog ({})", names.join(", ")));
    } else if containment.state == Some(State::Unreachable) {
        parts.push(format!("{no_ref}, but still stored"));
    }
    let remotes: Vec<String> = remotes.iter().map(|name| visible(name).into_owned()).collect();
    match (remotes.is_empty(), pushed) {
        (false, _) => parts.push(format!("pushed: known to be at {}", joined(&remotes))),
        (true, Some(true)) => parts.push("pushed, or fetched from elsewhere".to_owned()),
        (true, Some(false)) => parts.push("not pushed, as far as this repository knows".to_owned()),
        (true, None) if containment.state == Some(State::Unpushed) => {
            parts.push("whether it was pushed is not known here: tags come from remotes, too".to_owned());
        }
        (true, None) => {}
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn joined(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A ref as people write it.
fn short(name: &bstr::BString) -> String {
    let prefixes: [&[u8]; 3] = [b"refs/heads/", b"refs/remotes/", b"refs/tags/"];
    let short = prefixes.iter().find_map(|prefix| name.strip_prefix(*prefix));
    visible(short.unwrap_or(name)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_read() {
        let containment =
            |refs: &[&str], more, remotes: &[&str], reflogs: &[&str], pushed, state| Containment {
                state: Some(state),
                refs: refs.iter().map(|&name| name.into()).collect(),
                more,
                remotes: remotes.iter().map(|&name| name.into()).collect(),
                reflogs: reflogs.iter().map(|&name| name.into()).collect(),
                pushed,
                ..Containment::default()
            };
        let (main, of_origin) = ("refs/heads/main", "refs/remotes/origin/main");
        let many =
            ["refs/heads/a", "refs/heads/b", "refs/heads/c", "refs/heads/d", "refs/heads/e", "refs/tags/f"];
        let table = [
            (
                containment(&[main, of_origin], 3, &["origin"], &[], Some(true), State::Pushed),
                "in main, origin/main and 3 more refs; pushed: known to be at origin",
            ),
            (
                containment(&[main], 0, &[], &[], Some(false), State::Unpushed),
                "in main; not pushed, as far as this repository knows",
            ),
            (containment(&many, 0, &[], &[], None, State::Pushed), "in a, b, c, d, e and f"),
            (containment(&many, 1, &[], &[], None, State::Pushed), "in a, b, c, d, e and 2 more refs"),
            (
                containment(&[], 0, &[], &["main@{2}"], Some(false), State::Unreachable),
                "in no ref any more, but in the reflog (main@{2}); not pushed, as far as this repository knows",
            ),
            (containment(&[], 0, &[], &[], None, State::Unreachable), "in no ref any more, but still stored"),
            (
                containment(&[], 0, &[], &["stash@{2}"], Some(false), State::Stashed),
                "in stash@{2}; not pushed, as far as this repository knows",
            ),
            (
                containment(&["refs/tags/v1"], 0, &[], &[], None, State::Unpushed),
                "in v1; whether it was pushed is not known here: tags come from remotes, too",
            ),
            (
                containment(&["refs/pull/1/head"], 0, &[], &[], Some(true), State::Pushed),
                "in refs/pull/1/head; pushed, or fetched from elsewhere",
            ),
        ];
        for (containment, expected) in table {
            assert_eq!(contained(&containment, NO_REF).as_deref(), Some(expected));
        }
    }

    #[test]
    fn how_long_it_stood() {
        let exposure = |to: Option<&str>, days| Exposure {
            from: "2024-01-31".to_owned(),
            to: to.map(str::to_owned),
            days,
        };
        let table = [
            (exposure(None, None), None),
            (
                exposure(Some("2024-01-31"), Some(0)),
                Some("exposed for less than a day, from 2024-01-31 to 2024-01-31"),
            ),
            (
                exposure(Some("2024-01-30"), None),
                Some(
                    "for how long it was exposed is not known: by the clocks of those who committed, it was taken out on \
                     2024-01-30, before it came on 2024-01-31",
                ),
            ),
            (exposure(Some("2024-02-01"), Some(1)), Some("exposed for 1 day, from 2024-01-31 to 2024-02-01")),
        ];
        for (exposure, expected) in table {
            assert_eq!(exposed(&exposure).as_deref(), expected);
        }
    }
}
