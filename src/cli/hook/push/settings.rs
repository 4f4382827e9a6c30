//! What refs are judged by that are pushed: each by the settings that it brings itself, whatever is checked out here.
//!
//! Takes the refs of a push and puts those together that bring the same settings, in place of the same ones. What is
//! looser than what the remote has is said, as for a commit that is looser than `HEAD`; a server goes by its own `HEAD`.

use std::collections::HashMap;
use std::path::PathBuf;

use super::super::super::UsageError;
use super::super::super::args::{PolicyArgs, Scanning};
use super::super::super::policy::{Basis, Policy, StoredTexts, default_of};
use super::Update;
use crate::report::Format;
use crate::source::history::range::Snapshot;
use crate::source::layout::Layout;

/// Refs that are judged alike.
type Part = (Basis, Vec<Update>);

/// Puts refs together that are sent; there is always one part. `remote`: the name of the other side.
///
/// # Errors
///
/// If the settings of one cannot be used, or reports are wanted of refs that are judged by different ones.
pub(super) fn apart(
    layout: &Layout,
    updates: &[Update],
    remote: Option<&str>,
    scanning: &Scanning,
) -> Result<Vec<Part>, UsageError> {
    let default = remote.and_then(|remote| default_of(layout, remote));
    let mut known = Known { policy: &scanning.policy, read: HashMap::new() };
    let mut parts: Vec<(Like, Part)> = Vec::new();
    let sent: Vec<&Update> = updates.iter().filter(|update| update.new.is_some()).collect();
    for update in &sent {
        let tip = update.new.clone().unwrap_or_default();
        let old = update.old.clone().filter(|id| Snapshot::open(layout, id).is_ok());
        let base = old.or_else(|| default.clone());
        let basis = Basis::Pushed { tip: tip.clone(), base: base.clone() };
        // One is judged by what it brings, whatever that is.
        let key = match sent.len() {
            1 => (None, None, None),
            _ => (
                known.brought(Some(&tip))?,
                known.brought(base.as_deref()).unwrap_or_default(),
                // Comments are new since what was there before, in each.
                scanning.deny_new_suppressions.then_some((tip, base)),
            ),
        };
        match parts.iter_mut().find(|(known, _)| *known == key) {
            Some((_, (_, updates))) => updates.push((*update).clone()),
            None => parts.push((key, (basis, vec![(*update).clone()]))),
        }
    }
    if parts.len() > 1 && wants_report(scanning) {
        let message = match scanning.deny_new_suppressions {
            true => APART,
            false => "what is pushed brings different settings along, and one report cannot be of all of it",
        };
        let help = match scanning.deny_new_suppressions {
            true => "push one after the other",
            false => "push one after the other, or name a revision for all in the hook (--policy-from REV)",
        };
        return Err(UsageError::new(message).help(help));
    }
    match parts.is_empty() {
        true => Ok(vec![(Basis::Head, Vec::new())]),
        false => Ok(parts.into_iter().map(|(_, part)| part).collect()),
    }
}

/// Why there is no report of several refs whose comments are compared with what each was.
const APART: &str =
    "comments are new or not in each ref that is pushed, and one report cannot be of all of them";

/// Each ref that comes in apart, where comments are compared with what it was; those that are deleted together, if no other is
/// there.
///
/// # Errors
///
/// If a report is wanted of several.
pub(super) fn one_by_one(updates: &[Update], scanning: &Scanning) -> Result<Vec<Vec<Update>>, UsageError> {
    let new: Vec<Vec<Update>> =
        updates.iter().filter(|update| update.new.is_some()).map(|update| vec![update.clone()]).collect();
    match new.len() {
        0 => Ok(vec![updates.to_vec()]),
        1 => Ok(new),
        _ if wants_report(scanning) => Err(UsageError::new(APART).help("push one after the other")),
        _ => Ok(new),
    }
}

/// Whether anything is wanted but text.
fn wants_report(scanning: &Scanning) -> bool {
    scanning.format != Format::Text || scanning.output.is_some() || !scanning.reports.is_empty()
}

/// What refs are alike in that are judged together: what they bring, what they bring it to, and what either is, where it counts.
type Like = (Brought, Brought, Option<(String, Option<String>)>);

/// Settings as they are stored; none where there is no revision.
type Brought = Option<StoredTexts>;

/// What was read of revisions.
struct Known<'a> {
    policy: &'a PolicyArgs,
    read: HashMap<String, StoredTexts>,
}

impl Known<'_> {
    fn brought(&mut self, revision: Option<&str>) -> Result<Brought, UsageError> {
        // Who names a revision has all judged by that.
        let Some(revision) = revision.filter(|_| self.policy.policy_from.is_none()) else { return Ok(None) };
        if let Some(known) = self.read.get(revision) {
            return Ok(Some(known.clone()));
        }
        let basis = Basis::Pushed { tip: revision.to_owned(), base: None };
        let stored = Policy::stored("range", self.policy, &[PathBuf::from(".")], &basis)?;
        self.read.insert(revision.to_owned(), stored.clone());
        Ok(Some(stored))
    }
}
