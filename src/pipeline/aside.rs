//! Findings of which the configuration leaves some places out: those places are set aside, and listed as suppressed.
//!
//! For scans that learn the paths of what they find only in the end, as that of a history does. Takes an [`Outcome`] and
//! changes it; says nothing of what has no path.

use super::Outcome;
use crate::finding::{Finding, Location, Suppression};

impl Outcome {
    /// Moves the locations that `left_out` names, and findings that have no other, to the suppressed ones.
    pub fn set_aside(&mut self, left_out: impl Fn(&Location) -> bool, suppression: &Suppression) {
        let mut kept = Vec::with_capacity(self.findings.len());
        for mut finding in self.findings.drain(..) {
            let (aside, stay): (Vec<Location>, Vec<Location>) =
                std::mem::take(&mut finding.locations).into_iter().partition(&left_out);
            if !aside.is_empty() {
                let aside = Finding { locations: aside, ..finding.clone() };
                self.suppressed.push((aside, suppression.clone()));
            }
            if !stay.is_empty() {
                kept.push(Finding { locations: stay, ..finding });
            }
        }
        self.findings = kept;
        self.sort();
    }
}
