//! Every place of values that are known, for whoever wants to tell how far they got.
//!
//! Takes findings and sources, and gives the places of each finding's value in what the sources push, in whatever form
//! they stand there and whatever they are called. Judges nothing and adds nothing to a report.

use std::collections::{HashMap, HashSet};

use super::look::{Known, KnownValue, Look};
use super::{Collector, lock};
use crate::finding::{Confidence, Finding, Location};
use crate::secret::Secret;

impl Collector<'_> {
    /// For each finding, in their order, every place of its value.
    pub fn places_of(
        &self,
        findings: &[&mut Finding],
        sources: impl Fn(&Collector<'_>),
    ) -> Vec<Vec<Location>> {
        let secrets: HashSet<&Secret> = findings.iter().map(|finding| &finding.secret).collect();
        let known = secrets.into_iter().map(|secret| KnownValue {
            secret: secret.clone(),
            rule: 0,
            confidence: Confidence::High,
            evidence: Vec::new(),
        });
        let mut places: HashMap<Secret, Vec<Location>> = HashMap::new();
        if let Some(known) = Known::new(known.collect(), HashSet::new()) {
            let again = self.again(Look::Copies(known));
            sources(&again);
            for hit in lock(&again.hits).drain(..) {
                places.entry(hit.secret).or_default().push(hit.location);
            }
        }
        let places = findings.iter().map(|finding| places.get(&finding.secret).cloned().unwrap_or_default());
        places.collect()
    }
}
