//! What a scan of a whole tree says of one file of it: what only other files tell is known here.
//!
//! Takes a collector that has seen everything, gives what it would report in that file, or set aside; puts it into an
//! [`Explanation`] of what the file says alone.

use super::explain::{Candidate, Explanation, Outcome};
use super::{Collector, lock};
use crate::detect::explain::Account;
use crate::finding::{Confidence, Location, LocationKind, Suppression};
use crate::rule::Rule;
use crate::secret::Secret;

/// What a scan says of one place.
#[derive(Clone, Debug)]
pub struct Told {
    /// Index of the rule in its set.
    pub rule: usize,
    /// How sure it is.
    pub confidence: Confidence,
    /// Why.
    pub evidence: Vec<String>,
    location: Location,
    secret: Secret,
    suppression: Option<Suppression>,
    /// Other files say that it is somebody else's.
    disowned: bool,
}

impl Collector<'_> {
    /// What was found in the content of the file that `is_here` says.
    pub fn told_of(&self, is_here: impl Fn(&Location) -> bool) -> Vec<Told> {
        let is_content = |kind| matches!(kind, LocationKind::File | LocationKind::Symlink);
        let hits = lock(&self.hits);
        let all = hits.iter().chain(&self.disowned);
        all.filter(|hit| is_content(hit.location.kind) && is_here(&hit.location))
            .map(|hit| Told {
                rule: hit.rule,
                confidence: hit.confidence,
                evidence: hit.evidence.clone(),
                location: hit.location.clone(),
                secret: hit.secret.clone(),
                suppression: hit.suppression.clone(),
                disowned: hit.confidence < self.settings.confidence && !hit.published,
            })
            .collect()
    }
}

impl Told {
    /// Takes over that it is accepted, if it is among what the settings of the scan accept.
    pub fn accepted_in(&mut self, outcome: &super::Outcome, rules: &[Rule]) {
        let same =
            |location: &Location| location.shown == self.location.shown && is_same(location, &self.location);
        let accepted = outcome.suppressed.iter().find(|(finding, _)| {
            finding.rule_id == rules[self.rule].id
                && finding.secret == self.secret
                && finding.locations.iter().any(same)
        });
        if let Some((_, suppression)) = accepted {
            self.suppression = Some(suppression.clone());
        }
    }
}

impl Explanation {
    /// Takes in what a scan of the whole tree says of the file, or of the line of it that was asked for.
    pub fn adopt(&mut self, told: Vec<Told>, line: Option<u64>) {
        for told in told {
            let region = &told.location.region;
            if line.is_some_and(|line| !(region.start_line..=region.end_line).contains(&line)) {
                continue;
            }
            let here = |candidate: &Candidate| is_same(&candidate.location, &told.location);
            let index = self.candidates.iter().position(here).unwrap_or_else(|| {
                self.candidates.push(unseen(&told));
                self.candidates.len() - 1
            });
            let candidate = &mut self.candidates[index];
            let knew = matches!(candidate.outcome, Outcome::Reported(sure) if sure >= told.confidence && !told.disowned)
                || matches!(candidate.outcome, Outcome::Suppressed(_));
            candidate.outcome = match &told.suppression {
                Some(suppression) => Outcome::Suppressed(suppression.clone()),
                None if knew => continue,
                None if told.disowned => Outcome::Below(told.confidence),
                None => Outcome::Reported(told.confidence),
            };
            candidate.told = Some(told).filter(|_| !knew);
        }
        self.candidates.sort_by(|a, b| a.order().cmp(&b.order()));
    }
}

/// What the file by itself is not looked at for.
fn unseen(told: &Told) -> Candidate {
    let span = told.location.bytes.clone().unwrap_or_default();
    let position = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    let account = Account {
        span: position(span.start)..position(span.end),
        value: told.secret.clone(),
        obstacle: None,
        opinions: Vec::new(),
    };
    Candidate { location: told.location.clone(), account, outcome: Outcome::None, told: None }
}

/// Whether two locations in one file are the same.
fn is_same(one: &Location, other: &Location) -> bool {
    one.region == other.region && one.inner == other.inner
}
