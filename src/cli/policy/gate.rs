//! What a change would loosen: the policy of a revision beside that which would hold otherwise, and the policy that a
//! commit brings beside the one that it stands on.
//!
//! A scan with `--policy-from` goes by the revision's, and a commit by its own, or nobody could change a configuration
//! together with what it is for. What is said here changes no verdict, so that who reads it can.

use std::collections::BTreeSet;
use std::path::PathBuf;

use bstr::{BStr, BString, ByteSlice as _};

use super::super::args::{PolicyArgs, RuleFiles};
use super::super::{UsageError, surroundings};
use super::files::{Files, Stored};
use super::{Basis, Incoming, Judge, KnownRule, NamedBaseline, Policy, Setting};
use crate::report::Note;
use crate::sanitize::visible;
use crate::source::all_files_are;
use crate::source::history::range::Snapshot;
use crate::source::layout::Layout;
use crate::words;

/// Refs that come in whose settings are looked at.
const RECEIVED: usize = 100;

/// What to do about settings that are refused.
const MEND: &str =
    "it is to judge what is pushed here, so that nothing could be pushed any more: mend it in what is pushed";

/// How the policy of a revision is read, if it is not as the arguments say: what leaves out the configuration that is here
/// leaves that of the revision in force, or a change could be judged without what its base asks for.
pub(super) fn of_revision(args: &PolicyArgs) -> Option<PolicyArgs> {
    let is_left_out = args.policy_from.is_some() && args.rule_files.no_config;
    let rule_files = RuleFiles { no_config: false, ..args.rule_files.clone() };
    is_left_out.then(|| PolicyArgs { rule_files, ..args.clone() })
}

impl Policy {
    /// What is worth knowing where this policy is that of a revision: which one it is, and what would be let
    /// through otherwise.
    pub(super) fn compared(
        &self,
        mode: &str,
        args: &PolicyArgs,
        targets: &[PathBuf],
        basis: &Basis,
    ) -> Vec<Note> {
        let revision = args.policy_from.as_deref().unwrap_or_default();
        let note = |kind, message| Note { kind, message };
        let mut notes =
            vec![note("policy-from", format!("configuration, baseline and rules are those of {revision}"))];
        if of_revision(args).is_some() && self.config.is_some() {
            let message =
                format!("--no-config is for the configuration here: that of {revision} holds all the same");
            notes.push(note("policy-from", message));
        }
        let otherwise = PolicyArgs { policy_from: None, ..args.clone() };
        match Policy::read(mode, &otherwise, targets, basis) {
            Ok((now, _)) => {
                let loosened = Comparison { before: self, now: &now }.loosened();
                let said = loosened
                    .into_iter()
                    .map(|what| format!("this would be looser than in {revision}: {what}"));
                notes.extend(said.map(|message| note("policy-loosened", message)));
            }
            Err(error) => {
                let message = format!("what would hold in place of {revision} cannot be used: {error}");
                notes.push(note("policy-broken", message));
            }
        }
        notes
    }

    /// What is worth knowing where the next commit, or a push, brings this policy along and is judged by it: what `HEAD`, or
    /// the other side, would not have let through. Remembers the settings of `HEAD`.
    pub(super) fn brought(
        &mut self,
        mode: &str,
        args: &PolicyArgs,
        targets: &[PathBuf],
        basis: &Basis,
    ) -> Vec<Note> {
        if let Basis::Pushed { base, .. } = basis {
            let than = if base.is_some() { "what the remote has" } else { "what holds without it" };
            let what = format!("this push is judged by what it brings, which is looser than {than}");
            let before = Policy::before(base.as_deref(), (mode, args, targets, basis));
            return before.map(|(before, _)| self.looser(&before, &what)).unwrap_or_default();
        }
        let (Files::Of { stored: Stored::Index(files), .. }, "staged") = (&*self.files, mode) else {
            return Vec::new();
        };
        let paths: Vec<BString> =
            self.paths(args).iter().filter_map(|path| Some(self.files.inside(path)?.1)).collect();
        if !files.changes_any(paths.iter().map(|path| path.as_bstr())) {
            return Vec::new();
        }
        let what = "this commit is judged by what it brings, which is looser than HEAD";
        let Some((before, rules)) = Policy::before(Some("HEAD"), (mode, args, targets, basis)) else {
            return Vec::new();
        };
        let notes = self.looser(&before, what);
        self.settings_before = Some([before.into_settings(rules, &self.judging())].into());
        notes
    }

    /// What is worth knowing where refs come in: what they bring that would let through more than this policy does.
    ///
    /// # Errors
    ///
    /// If the branch that is to judge brings what cannot be used: everything that comes later would be refused for it.
    pub(super) fn received(
        &self,
        mode: &str,
        args: &PolicyArgs,
        targets: &[PathBuf],
        basis: &Basis,
    ) -> Result<Vec<Note>, UsageError> {
        let Basis::Received(refs) = basis else { return Ok(Vec::new()) };
        let here = targets.first().filter(|_| args.policy_from.is_none());
        let here = here.and_then(|target| surroundings::repository(target).ok());
        let judges = here.as_ref().and_then(|layout| Judge::after(layout, refs));
        let mut notes: Vec<Note> =
            here.as_ref().and_then(|layout| Judge::of(layout).note()).into_iter().collect();
        let mut seen: BTreeSet<&String> = BTreeSet::new();
        // Several may be one commit, and the one that is to judge counts.
        let (first, rest): (Vec<_>, Vec<_>) = refs.iter().partition(|new| judges.as_ref() == Some(&new.name));
        let new = first.into_iter().chain(rest);
        let new = new.filter(|new| new.name.starts_with(b"refs/heads/") && seen.insert(&new.tip));
        for Incoming { name: branch, tip, .. } in new.take(RECEIVED) {
            let name = visible(branch);
            let brings = Basis::Pushed { tip: tip.clone(), base: None };
            let otherwise = PolicyArgs { policy_from: None, ..args.clone() };
            match Policy::read(mode, &otherwise, targets, &brings) {
                Ok((now, _)) => {
                    let loosened = Comparison { before: self, now: &now }.loosened().into_iter();
                    if judges.as_ref() == Some(branch)
                        && here.as_ref().is_some_and(|layout| now.leaves_out_all_of(layout, tip))
                    {
                        let message = format!("what {name} brings to judge by leaves out all of its files");
                        return Err(UsageError::new(message).help(MEND));
                    }
                    let what = format!("{name} brings what is looser than what judges it here");
                    notes.extend(loosened.map(|loosened| Note {
                        kind: "policy-loosened",
                        message: format!("{what}: {loosened}"),
                    }));
                }
                Err(error) => {
                    let message = format!("what {name} brings to judge by cannot be used: {error}");
                    if judges.as_ref() == Some(branch) {
                        return Err(UsageError::new(message).help(MEND));
                    }
                    notes.push(Note { kind: "policy-broken", message });
                }
            }
        }
        Ok(notes)
    }

    /// Whether a revision has nothing that this policy does not leave out.
    fn leaves_out_all_of(&self, layout: &Layout, revision: &str) -> bool {
        let left_out = |path: &BStr| self.left_out.contains(0, path);
        self.left_out.concerns(0)
            && Snapshot::open(layout, revision).is_ok_and(|files| all_files_are(&files, &left_out))
    }

    /// What another policy would not have let through.
    fn looser(&self, before: &Policy, what: &str) -> Vec<Note> {
        let loosened = Comparison { before, now: self }.loosened().into_iter();
        let said =
            loosened.map(|loosened| Note { kind: "policy-loosened", message: format!("{what}: {loosened}") });
        said.collect()
    }
}

/// Two policies.
struct Comparison<'a> {
    before: &'a Policy,
    now: &'a Policy,
}

impl Comparison<'_> {
    fn loosened(&self) -> Vec<String> {
        let (before, now) = (self.before, self.now);
        let mut out = self.exclude();
        let mut setting = |is_looser: bool, what: String, source: &dyn std::fmt::Display| {
            if is_looser {
                out.push(format!("{what} ({source})"));
            }
        };
        let (was, is) = (before.confidence.value, now.confidence.value);
        let what = format!("confidence rises from {} to {}", was.as_str(), is.as_str());
        setting(is > was, what, &now.confidence.source);
        let (was, is) = (before.inline_ignores.value, now.inline_ignores.value);
        setting(is && !was, "comments leeward:ignore are heeded".to_owned(), &now.inline_ignores.source);
        let (was, is) = (before.max_file_size.value, now.max_file_size.value);
        let shown = |size: Option<u64>| size.map_or_else(|| "no limit".to_owned(), words::bytes);
        let what = format!("max-file-size falls from {} to {}", shown(was), shown(is));
        setting(is.unwrap_or(u64::MAX) < was.unwrap_or(u64::MAX), what, &now.max_file_size.source);
        let (was, is) = (before.max_archive_depth.value, now.max_archive_depth.value);
        let what = format!("max-archive-depth falls from {was} to {is}");
        setting(is < was, what, &now.max_archive_depth.source);
        out.extend(self.rules());
        out.extend(self.allow());
        out.extend(self.baseline());
        out
    }

    /// What more is left out.
    fn exclude(&self) -> Vec<String> {
        let file = self.now.config.as_deref().unwrap_or_default();
        let (before, now) = (&self.before.left_out, &self.now.left_out);
        let patterns = |left_out: &'_ crate::config::LeftOut| -> Vec<String> {
            left_out.exclude.patterns().iter().map(|pattern| pattern.value.clone()).collect()
        };
        let (was, is) = (patterns(before), patterns(now));
        let mut out = Vec::new();
        for pattern in now.exclude.patterns().iter().filter(|pattern| !pattern.value.starts_with('!')) {
            if !was.contains(&pattern.value) {
                let shown = visible(pattern.value.as_bytes());
                out.push(format!("exclude leaves out '{shown}' ({file}:{})", pattern.line));
            }
        }
        for pattern in was.iter().filter(|pattern| pattern.starts_with('!') && !is.contains(pattern)) {
            out.push(format!("exclude no longer takes in '{}'", visible(pattern.as_bytes())));
        }
        let both = |patterns: &[String], other: &[String]| -> Vec<String> {
            patterns.iter().filter(|pattern| other.contains(pattern)).cloned().collect()
        };
        if both(&was, &is) != both(&is, &was) {
            out.push(format!(
                "exclude has another order, and the last pattern that matches decides ({file})"
            ));
        }
        if !is.is_empty() && was == is && before.relations != now.relations {
            out.push(format!("exclude holds for other paths ({file})"));
        }
        out
    }

    /// Rules that are no longer in force, or not as they were.
    fn rules(&self) -> Vec<String> {
        let mut out = Vec::new();
        for rule in self.before.known_rules.iter().filter(|rule| rule.off.is_none()) {
            let id = &rule.id;
            let now: Vec<&KnownRule> = self.now.known_rules.iter().filter(|known| known.id == *id).collect();
            match now.as_slice() {
                [] => out.push(format!("rule '{id}' is gone")),
                [now, ..] => match &now.off {
                    Some(source) => out.push(format!("rule '{id}' is not in force ({source})")),
                    None if now.definition != rule.definition => {
                        out.push(format!("rule '{id}' is another one ({})", now.source));
                    }
                    None => {}
                },
            }
        }
        out
    }

    /// Values that are no findings any more.
    fn allow(&self) -> Vec<String> {
        let file = self.now.config.as_deref().unwrap_or_default();
        let (before, now) = (self.before.accepted(), self.now.accepted());
        let new = now.allowed_beyond(&before);
        new.map(|allowed| {
            let hash = allowed.sha256.get(..12).unwrap_or_default();
            format!("allow has {hash}…: {} ({file}:{})", visible(allowed.reason.as_bytes()), allowed.line)
        })
        .collect()
    }

    /// Findings that are accepted beyond those that were.
    fn baseline(&self) -> Vec<String> {
        let Some(Setting { value: NamedBaseline { name, .. }, .. }) = &self.now.baseline else {
            return Vec::new();
        };
        let (before, now) = (self.before.accepted(), self.now.accepted());
        // A line that stands twice is one entry.
        let lines: BTreeSet<String> = now
            .entries_beyond(&before)
            .into_iter()
            .map(|entry| {
                let (hash, rule) =
                    (entry.fingerprint.get(..12).unwrap_or_default(), visible(entry.rule.as_bytes()));
                let until = entry.expires.map(|day| format!(" until {day}")).unwrap_or_default();
                let reason = visible(entry.reason.as_bytes());
                format!("{name} accepts {hash}… of {rule}{until}: {reason}")
            })
            .collect();
        lines.into_iter().collect()
    }
}
