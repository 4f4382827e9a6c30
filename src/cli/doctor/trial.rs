//! The proof: a key that is committed, pushed and met by CI in a clone is stopped each time, by us, and nothing else is; one
//! that a patch brings (`git am`) as well, where there is a hook for patches.
//!
//! Every gate is tried twice: with a harmless change, which it has to let through (a hook that fails at everything
//! proves nothing), and with one that plants a key for every rule.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::super::hook::keeper;
use super::super::hook::script::Use;
use super::super::subprocess::Ran;
use super::clone::Clone;
use super::hooks::{Hooks, wanted};
use super::settings::Subject;
use super::{Checkup, Gate};
use crate::source::layout::Layout;

/// What commits here are called. Some hooks insist on a form.
const MESSAGE: &str = "chore: leeward doctor";

/// The hook of `git am`.
const PATCHES: &str = "pre-applypatch";

/// The branch that is pushed.
const BRANCH: &str = "refs/heads/leeward-doctor";

/// What to do where hooks stop a push in any case.
const PUSH_FIX: &str = "make the hooks let an ordinary push of a fresh clone through";

/// What is tried, and how long that may take.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) gates: Vec<Gate>,
    /// For git and what it calls, each time.
    pub(super) patience: Duration,
}

/// Everything that a trial needs.
struct Trial<'a> {
    clone: Clone,
    subject: &'a Subject,
    hooks: &'a Hooks,
    asked: &'a Asked,
}

/// Tries the gates of a repository in a clone.
pub(super) fn run(layout: &Layout, subject: &Subject, hooks: &Hooks, asked: &Asked, checkup: &mut Checkup) {
    // Hooks that another program keeps are tried with its files as they are now, committed or not.
    let kept = layout.work_tree.as_deref().map(keeper::files).unwrap_or_default();
    let files = [subject.files.as_slice(), &kept].concat();
    let gone = layout.work_tree.as_deref().map(keeper::gone).unwrap_or_default();
    let clone = match Clone::of(layout, (&files, &gone), asked.patience) {
        Ok(clone) => clone,
        Err(reason) => return checkup.untried(format!("the repository cannot be cloned:\n{reason}")),
    };
    let trial = Trial { clone, subject, hooks, asked };
    let done =
        trial.prepare(&wanted(hooks.used, &asked.gates)).and_then(|()| trial.gates(&asked.gates, checkup));
    if let Err(error) = done {
        checkup.untried(format!("the clone cannot be written: {error}"));
    }
}

impl Trial<'_> {
    /// Lets git call the hooks that are tried, and no other: what else they do is not for a trial.
    fn prepare(&self, wanted: &[&str]) -> io::Result<()> {
        for name in wanted.iter().copied().chain(["commit-msg", "applypatch-msg", PATCHES]) {
            if let Some(hook) = self.hooks.get(name).filter(|_| name != "pre-receive") {
                self.clone.call(name, &hook, self.hooks.own(name).as_deref())?;
            }
        }
        if self.hooks.used == Use::Pushed { self.prepare_server() } else { Ok(()) }
    }

    /// Lets git call the hook of the server.
    fn prepare_server(&self) -> io::Result<()> {
        let Some(hook) = self.hooks.get("pre-receive") else { return Ok(()) };
        self.clone.receive("pre-receive", &hook, self.hooks.own("pre-receive").as_deref())
    }

    fn gates(&self, gates: &[Gate], checkup: &mut Checkup) -> io::Result<()> {
        let commit = gates.contains(&Gate::Commit) && self.hooks.used != Use::Pushed;
        // Without a key first.
        self.clone.write(&self.subject.path, "nothing to see here\n")?;
        let harmless = self.commit(&[]);
        if self.hangs("a commit without a key", &harmless, checkup) {
        } else if commit && !harmless.succeeded() {
            checkup.problem(
                format!("a commit without a key is stopped, so the hooks prove nothing:\n{}", harmless.end()),
                "make the hooks let an ordinary commit of a fresh clone through",
            );
        }
        if !harmless.succeeded() && !self.commit(&["--no-verify"]).succeeded() {
            checkup.untried(format!("git cannot commit in a clone:\n{}", harmless.end()));
            return Ok(());
        }
        let pushed = gates.contains(&Gate::Push).then(|| self.push(&[], "HEAD"));
        let push_hangs =
            pushed.as_ref().is_some_and(|pushed| self.hangs("a push without a key", pushed, checkup));
        if commit && self.hooks.get(PATCHES).is_some() {
            self.patches(checkup)?;
        }
        self.clone.write(&self.subject.path, &self.subject.text)?;
        if commit && harmless.succeeded() {
            let stopped = self.commit(&[]);
            self.judge("a commit", "pre-commit", &stopped, checkup);
        }
        // Past the hook, as others can; if it is in already, there is nothing to do.
        self.commit(&["--no-verify"]);
        match pushed {
            Some(_) if push_hangs => {}
            Some(pushed) if !pushed.succeeded() => checkup.problem(push_stopped(&pushed), PUSH_FIX),
            Some(_) => {
                let hook = if self.hooks.used == Use::Pushed { "pre-receive" } else { "pre-push" };
                self.judge("a push", hook, &self.push(&[], "HEAD"), checkup);
            }
            None => {}
        }
        if gates.contains(&Gate::Push) && self.hooks.used == Use::Both {
            self.receive(checkup)?;
        }
        if gates.contains(&Gate::Ci) {
            self.ci(checkup);
        }
        Ok(())
    }

    /// Pushes both past the hook of who pushes, to that of the server.
    fn receive(&self, checkup: &mut Checkup) -> io::Result<()> {
        const PAST: [&str; 1] = ["--no-verify"];
        // What has come there so far is not new.
        self.push(&PAST, "");
        self.prepare_server()?;
        let harmless = self.push(&PAST, "HEAD~1");
        if self.hangs("a push without a key", &harmless, checkup) {
        } else if harmless.succeeded() {
            self.judge("a push that is received", "pre-receive", &self.push(&PAST, "HEAD"), checkup);
        } else {
            checkup.problem(push_stopped(&harmless), PUSH_FIX);
        }
        Ok(())
    }

    /// Applies a patch without a key, and one that plants it. The clone is as it was then.
    fn patches(&self, checkup: &mut Checkup) -> io::Result<()> {
        let Some(harmless) = self.patch("nothing to see here either\n")? else {
            checkup.untried("git makes no patch of a commit in a clone");
            return Ok(());
        };
        let applied = self.apply(&harmless, &[]);
        if self.hangs("a patch without a key", &applied, checkup) {
            return Ok(());
        }
        if !applied.succeeded() {
            match self.apply(&harmless, &["-c", "core.hooksPath=/dev/null"]).succeeded() {
                true => checkup.problem(
                    format!(
                        "a patch without a key is stopped, so the hooks prove nothing:\n{}",
                        applied.end()
                    ),
                    "make the hooks let an ordinary patch through (`git am`, in a fresh clone)",
                ),
                false => checkup.untried(format!("git cannot apply a patch in a clone:\n{}", applied.end())),
            }
            return Ok(());
        }
        match self.patch(&self.subject.text)? {
            Some(patch) => self.judge("a patch", PATCHES, &self.apply(&patch, &[]), checkup),
            None => checkup.untried("git makes no patch of a commit with a key in a clone"),
        }
        Ok(())
    }

    /// A patch that gives the file that is tried with this text, if git makes one.
    fn patch(&self, text: &str) -> io::Result<Option<PathBuf>> {
        let before = std::fs::read_to_string(self.clone.work().join(&self.subject.path))?;
        self.clone.write(&self.subject.path, text)?;
        let committed = self.commit(&["--no-verify"]).succeeded();
        let plain = ["format-patch", "--quiet", "-1", "--text", "--no-ext-diff", "--no-signature"];
        let file = self.clone.work().with_file_name("patch");
        let output = format!("--output={}", file.display());
        let made = self.clone.git(&[&plain[..], &["--src-prefix=a/", "--dst-prefix=b/", &output]].concat());
        if committed {
            self.clone.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
        }
        self.clone.write(&self.subject.path, &before)?;
        Ok((committed && made.succeeded()).then_some(file))
    }

    /// Applies a patch, and takes it back.
    fn apply(&self, patch: &Path, more: &[&str]) -> Ran {
        let head = self.clone.git(&["rev-parse", "HEAD"]).said;
        let file = patch.to_string_lossy();
        let ran = self.clone.git(&[more, &["am", "--quiet", "--keep-cr", &file]].concat());
        // There is nothing to end where it was applied, or where the hook was not waited for.
        self.clone.git(&["am", "--abort"]);
        self.clone.git(&["reset", "--quiet", "--hard", head.trim()]);
        ran
    }

    fn commit(&self, more: &[&str]) -> Ran {
        let added = self.clone.git(&["add", "--force", "--", &self.subject.path]);
        if !added.succeeded() {
            return added;
        }
        self.clone.git(&[&["commit", "--quiet", "--message", MESSAGE], more].concat())
    }

    /// Pushes a commit; where none is named, takes away what was pushed.
    fn push(&self, more: &[&str], commit: &str) -> Ran {
        let refs = format!("{commit}:{BRANCH}");
        self.clone.git(&[&["push", "--quiet"], more, &["origin", &refs]].concat())
    }

    /// Whether something came to no end, which is said, with the hook that was running.
    fn hangs(&self, what: &str, ran: &Ran, checkup: &mut Checkup) -> bool {
        if ran.hung {
            let who = self.clone.called().map_or_else(|| "git".to_owned(), |hook| format!("the hook {hook}"));
            let seconds = self.asked.patience.as_secs();
            checkup.untried(format!(
                "{what} came to no end: {who} was still running after {seconds} s\n\
                 run it by hand to see what it waits for; --patience waits longer"
            ));
        }
        ran.hung
    }

    /// Whether a gate stopped what it was shown, and said so.
    fn judge(&self, what: &str, hook: &str, ran: &Ran, checkup: &mut Checkup) {
        if self.hangs(&format!("{what} with a key"), ran, checkup) {
            return;
        }
        let unnamed = |(secret, _): &&(crate::secret::Secret, String)| !ran.said.contains(&secret.redacted());
        let missed: Vec<&str> =
            self.subject.secrets.iter().filter(unnamed).map(|(_, rule)| rule.as_str()).collect();
        let whole = self.subject.secrets.iter().any(|(secret, _)| {
            std::str::from_utf8(secret.expose()).is_ok_and(|secret| ran.said.contains(secret))
        });
        if whole {
            let fix = "look for another hook that prints what it finds";
            checkup.problem(format!("{what} with a key prints the key whole"), fix);
        }
        if ran.succeeded() {
            let why = match self.hooks.get(hook) {
                None => format!("there is no {hook} hook"),
                Some(_) => format!("the {hook} hook lets it pass"),
            };
            checkup.problem(format!("{what} with a key goes through: {why}"), &self.hooks.fix(hook));
        } else if missed.len() == self.subject.secrets.len() {
            checkup.problem(
                format!("{what} with a key is stopped, but not for the key:\n{}", ran.end()),
                &format!("run `leeward hook {hook}` by hand to see what is wrong"),
            );
        } else if !missed.is_empty() {
            checkup.problem(
                format!(
                    "{what} is stopped for some keys, and not for those of {}:\n{}",
                    missed.join(", "),
                    ran.end()
                ),
                &format!("see that the {hook} hook calls this leeward, with this configuration"),
            );
        } else {
            checkup.good(format!("{what} with a key is stopped by the {hook} hook"));
        }
    }

    /// What CI runs has to find every planted value.
    fn ci(&self, checkup: &mut Checkup) {
        let range = if self.clone.git(&["rev-parse", "--quiet", "--verify", "HEAD~1"]).succeeded() {
            "HEAD~1..HEAD"
        } else {
            "HEAD"
        };
        for args in [&["scan"][..], &["range", range]] {
            let shown = format!("leeward {}", args.join(" "));
            let ran = self.clone.leeward(&[args, &["--format", "json", "--no-progress"]].concat());
            let found: HashSet<String> =
                serde_json::from_slice(&ran.stdout).map(Report::hashes).unwrap_or_default();
            let missed: Vec<&str> = self
                .subject
                .secrets
                .iter()
                .filter(|(secret, _)| !found.contains(&secret.sha256()))
                .map(|(_, rule)| rule.as_str())
                .collect();
            if !missed.is_empty() {
                checkup.problem(
                    format!("`{shown}` does not find a key of {}:\n{}", missed.join(", "), ran.end()),
                    "`leeward config show` says what it goes by",
                );
            } else if ran.status != Some(1) {
                let status = ran.status.map_or_else(|| "a signal".to_owned(), |status| status.to_string());
                let what =
                    format!("`{shown}` finds the keys, but not all could be looked at: status {status}");
                checkup.warning(what, "what it could not look at is in its report");
            } else {
                checkup.good(format!("`{shown}`, as CI would run it, finds the keys and ends with 1"));
            }
        }
    }
}

fn push_stopped(pushed: &Ran) -> String {
    format!("a push without a key is stopped, so the hooks prove nothing:\n{}", pushed.end())
}

/// As much of a report as is asked for.
#[derive(Deserialize)]
struct Report {
    findings: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    secret: Value,
}

#[derive(Deserialize)]
struct Value {
    sha256: String,
}

impl Report {
    fn hashes(self) -> HashSet<String> {
        self.findings.into_iter().map(|found| found.secret.sha256).collect()
    }
}
