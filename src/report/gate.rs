//! The report of a gate: what git is about to do, why it is stopped, and what to do now.
//!
//! It is read in the middle of other work, in a terminal or as the answer of a server, so it is short: a line for each
//! place, and the next steps. Everything that is found stands in `leeward staged` and `leeward range` at length.

use std::io::{self, Write};

use super::paint::Paint;
use super::place::Place;
use super::spread::joined;
use super::text::TextOptions;
use super::{Report, remedy, summary};
use crate::finding::{Finding, Location, LocationKind, State, SuppressedBy, Suppression};
use crate::sanitize::visible;
use crate::source::LEFT_OUT;
use crate::words::{count, thousands};

/// How many findings, places of one, and issues are named.
const LISTED: usize = 10;

/// What git is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Make a commit of the index.
    Commit,
    /// Give a commit its message.
    Message,
    /// Make a commit of a patch that was applied.
    Patch,
    /// Apply a patch with this message.
    PatchMessage,
    /// Send commits to another repository.
    Push,
    /// The same, without a word on which: it may be none.
    Unnamed,
    /// Take in commits that somebody sends.
    Receive,
    /// Nothing: somebody asked for all files to be judged.
    Files,
}

impl Gate {
    /// The thing that is stopped.
    fn what(self) -> &'static str {
        match self {
            Gate::Commit | Gate::Message => "this commit",
            Gate::Patch | Gate::PatchMessage => "this patch",
            Gate::Push | Gate::Unnamed | Gate::Receive => "this push",
            Gate::Files => "this",
        }
    }

    /// Whether it judges a message, and nothing else.
    fn is_of_message(self) -> bool {
        matches!(self, Gate::Message | Gate::PatchMessage)
    }
}

/// Writes what a gate has to say.
///
/// # Errors
///
/// Those of the writer.
pub(super) fn write(
    report: &Report,
    gate: Gate,
    options: &TextOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let page = Page { report, gate, passes: options.passes, paint: Paint { color: options.color } };
    let clean = report.findings.is_empty();
    match (clean && report.scan.complete, options.quiet) {
        (true, true) => Ok(()),
        (true, false) => {
            page.passed(out)?;
            page.notes(out)
        }
        (false, quiet) => {
            page.findings(out)?;
            page.issues(out)?;
            if quiet {
                return Ok(());
            }
            page.notes(out)?;
            page.advice(out)
        }
    }
}

struct Page<'a> {
    report: &'a Report,
    gate: Gate,
    /// What is found stops nothing: somebody asked for that.
    passes: bool,
    paint: Paint,
}

impl Page<'_> {
    /// What was judged; nothing for a message, of which there is always one.
    fn passed(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.gate.is_of_message() {
            return Ok(());
        }
        let scanned = summary::scanned(&self.report.scan.coverage);
        let is_left_out = |suppression: &Suppression| {
            suppression.by == SuppressedBy::Config && suppression.reason == LEFT_OUT
        };
        let suppressed = self.report.suppressed.iter();
        let left_out = suppressed.filter(|(_, suppression)| is_left_out(suppression)).count();
        let told = [(self.report.suppressed.len() - left_out, "accepted"), (left_out, LEFT_OUT)];
        let told = told.iter().filter(|(number, _)| *number > 0);
        let aside: String =
            told.map(|(number, what)| format!("; {} {what}", thousands(*number as u64))).collect();
        let skipped = self.report.scan.coverage.skipped.iter();
        let aside = skipped.fold(aside, |aside, skipped| {
            format!("{aside}; {} not judged ({})", thousands(skipped.count), skipped.reason)
        });
        match (scanned.is_empty(), self.gate) {
            (false, Gate::Files) => writeln!(out, "leeward: no keys in {}{aside}", scanned.join(", ")),
            (false, _) => writeln!(out, "leeward: no new keys in {}{aside}", scanned.join(", ")),
            (true, Gate::Commit | Gate::Patch) => {
                writeln!(out, "leeward: nothing to judge: the index adds no content{aside}")
            }
            (true, _) => writeln!(out, "leeward: nothing to judge: no new commits were named{aside}"),
        }?;
        self.accepted_by_comments(out)
    }

    /// On a server, what comments accept of what comes in: who pushes it has not seen it, if others wrote it.
    fn accepted_by_comments(&self, out: &mut dyn Write) -> io::Result<()> {
        let inline =
            self.report.suppressed.iter().filter(|(_, suppression)| suppression.by == SuppressedBy::Inline);
        let places = inline.filter(|_| self.gate == Gate::Receive).flat_map(|(finding, suppression)| {
            finding.locations.iter().map(move |place| (finding, place, &suppression.reason))
        });
        let places: Vec<_> = places.collect();
        for (finding, place, reason) in places.iter().take(LISTED) {
            let (place, mask) = (Place::of(place, false), finding.secret.redacted());
            let (anchor, reason) = (self.paint.place(&place.anchor), visible(reason.as_bytes()));
            writeln!(out, "  {anchor}{}: {mask} is accepted by a comment: {reason}", place.aside)?;
        }
        more(places.len(), "  ", out)
    }

    fn findings(&self, out: &mut dyn Write) -> io::Result<()> {
        let findings = &self.report.findings;
        if findings.is_empty() {
            return Ok(());
        }
        let keys = count(findings.len() as u64, "key", "keys");
        let what = self.gate.what();
        let title = match self.gate {
            Gate::Files => format!("found {keys}"),
            _ if self.passes => format!("--exit-zero lets {what} pass, with {keys} in it"),
            gate if gate.is_of_message() => format!("stopped {what}: its message holds {keys}"),
            Gate::Unnamed => {
                format!("stopped {what}: git named no ref of it, and what it could send holds {keys}")
            }
            _ => format!("stopped {what}: it would add {keys}"),
        };
        writeln!(out, "leeward: {}", self.paint.secret(&title))?;
        for finding in findings.iter().take(LISTED) {
            self.finding(finding, out)?;
        }
        more(findings.len(), "  ", out)
    }

    fn finding(&self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let mask = finding.secret.redacted();
        for location in finding.locations.iter().take(LISTED) {
            let place = Place::of(location, false);
            // That it is in the index goes without saying.
            let aside = if location.kind == LocationKind::Index { "" } else { &place.aside };
            writeln!(
                out,
                "  {}{aside}: {mask} ({})",
                self.paint.place(&place.anchor),
                visible(finding.rule_id.as_bytes())
            )?;
        }
        more(finding.locations.len(), "    ", out)?;
        match finding.evidence.first() {
            Some(evidence) => writeln!(out, "    {}", visible(evidence.as_bytes())),
            None => Ok(()),
        }
    }

    fn issues(&self, out: &mut dyn Write) -> io::Result<()> {
        let issues = &self.report.issues;
        if issues.is_empty() {
            return Ok(());
        }
        let what = self.gate.what();
        let title = match self.passes {
            true => format!("--allow-incomplete lets {what} pass: not all of it could be judged"),
            false => format!("stopped {what}: not all of it could be judged"),
        };
        writeln!(out, "leeward: {}", self.paint.warning(&title))?;
        for issue in issues.iter().take(LISTED) {
            let path = issue.path.as_ref().map(|path| format!("{}: ", visible(path))).unwrap_or_default();
            writeln!(out, "  {path}{}", visible(issue.message.as_bytes()))?;
        }
        more(issues.len(), "  ", out)
    }

    fn notes(&self, out: &mut dyn Write) -> io::Result<()> {
        let notes = &self.report.scan.notes;
        for note in notes.iter().take(LISTED) {
            writeln!(out, "leeward: note: {}", visible(note.message.as_bytes()))?;
        }
        more(notes.len(), "  ", out)
    }

    /// Whether all that is found stands in lines that begin as git's own comments do.
    fn in_comments_alone(&self) -> bool {
        let excerpts =
            self.report.findings.iter().flat_map(|finding| &finding.locations).map(|place| &place.excerpt);
        excerpts.clone().all(|excerpt| !excerpt.cut_left && excerpt.text.starts_with('#'))
    }

    /// Whether all that is found stands in the names and addresses of who makes the commit.
    fn in_people_alone(&self) -> bool {
        self.is_all(|place| matches!(place.kind, LocationKind::Author | LocationKind::Committer))
    }

    /// Whether all that is found stands in places of some kinds.
    fn is_all(&self, wanted: impl Fn(&Location) -> bool) -> bool {
        self.report.findings.iter().flat_map(|finding| &finding.locations).all(wanted)
    }

    fn in_tags_alone(&self) -> bool {
        self.is_all(|place| matches!(place.kind, LocationKind::TagMessage | LocationKind::Tagger))
    }

    fn in_notes_alone(&self) -> bool {
        self.is_all(is_in_note)
    }

    /// What to do now.
    fn advice(&self, out: &mut dyn Write) -> io::Result<()> {
        let findings = &self.report.findings;
        let is_pushed = |finding: &&Finding| {
            finding.containment.as_ref().is_some_and(|found| found.state == Some(State::Pushed))
        };
        let pushed: Vec<&Finding> = findings.iter().filter(is_pushed).collect();
        if let Some(finding) = pushed.first() {
            let keys: Vec<String> =
                pushed.iter().take(LISTED).map(|finding| finding.secret.redacted()).collect();
            let (keys, rule) = (joined(&keys), visible(finding.rule_id.as_bytes()));
            let keys = visible(keys.as_bytes());
            writeln!(
                out,
                "Others have it already: {keys}. First delete it at its provider: `leeward rules show {rule}` says how."
            )?;
        }
        if !self.passes {
            self.next_steps(out)?;
        }
        if self.gate == Gate::Unnamed && !self.passes {
            let harmless =
                "If the remote has all that you push, this holds up nothing: there is nothing to send.";
            writeln!(out, "{harmless}")?;
        }
        if let Some(finding) = findings.first() {
            let rule = visible(finding.rule_id.as_bytes());
            if pushed.len() < findings.len() {
                writeln!(
                    out,
                    "If anybody else has seen it, delete it: `leeward rules show {rule}` says how."
                )?;
            }
            if !self.gate.is_of_message() && !self.in_people_alone() {
                match &self.report.scan.comments_refused {
                    Some(why) => writeln!(
                        out,
                        "If it is no key, ask whoever keeps this to accept it in the baseline: no comment does here ({}).",
                        visible(why.as_bytes())
                    )?,
                    None => writeln!(
                        out,
                        "If it is no key, say so in a comment on that line{}: leeward:ignore REASON",
                        self.where_it_is_added()
                    )?,
                }
            }
        }
        Ok(())
    }

    /// Of commits that are there already, which one a comment has to be in: a later one leaves the line as it was added.
    fn where_it_is_added(&self) -> &'static str {
        match self.gate {
            _ if self.in_tags_alone() || self.in_notes_alone() => "",
            Gate::Push | Gate::Unnamed | Gate::Receive => {
                ", in the commit that adds it (git commit --amend, git rebase -i)"
            }
            Gate::Commit | Gate::Message | Gate::Patch | Gate::PatchMessage | Gate::Files => "",
        }
    }

    /// How git can go on and, of a push, which commands there are for that.
    fn next_steps(&self, out: &mut dyn Write) -> io::Result<()> {
        let lines = match self.gate {
            Gate::Push | Gate::Unnamed => remedy::before_a_push(self.report),
            _ => Vec::new(),
        };
        if lines.is_empty() {
            return writeln!(out, "{}", self.remedy());
        }
        let what = match self.in_tags_alone() || self.in_notes_alone() {
            true => "Make what has it anew",
            false => "Take it out of the commits that add it",
        };
        writeln!(out, "Nothing was sent yet. {what}, then push again:")?;
        lines.iter().try_for_each(|line| match line {
            remedy::Line::Say(text) => writeln!(out, "  {text}"),
            remedy::Line::Run(command) => writeln!(out, "      {command}"),
        })
    }

    /// How git can go on.
    fn remedy(&self) -> &'static str {
        match (self.report.findings.is_empty(), self.gate) {
            (true, Gate::Commit | Gate::Message) => {
                "Mend that, then commit again; `git commit --no-verify` goes on unjudged."
            }
            (true, Gate::Patch | Gate::PatchMessage) => {
                "Mend that, then `git am --continue`; `git am --no-verify` goes on unjudged."
            }
            (true, Gate::Push | Gate::Unnamed) => {
                "Mend that, then push again; `git push --no-verify` goes on unjudged."
            }
            (true, Gate::Receive) => "Nothing was taken in. Tell whoever runs this server.",
            (true, Gate::Files) => "Mend that, then try again.",
            (false, Gate::Commit) if self.in_people_alone() => {
                "Take it out of the name or address (git config user.name, user.email; GIT_AUTHOR_NAME and the like; \
                 --author), then commit again."
            }
            (false, Gate::Commit) => {
                "Take it out (read it from the environment instead), `git add` the file, commit again."
            }
            (false, Gate::Message) if self.in_comments_alone() => {
                "It stands in a comment line. Take the line out (of the file that commit.template names, if it is from \
                 there); where git wrote it, rename what it lists, or commit with --no-status. Git keeps what you wrote in \
                 .git/COMMIT_EDITMSG."
            }
            (false, Gate::Message) => {
                "Take it out of the message, then commit again. Git keeps what you wrote in .git/COMMIT_EDITMSG."
            }
            (false, Gate::Patch) => {
                "Take it out, `git add` the file, then `git am --continue`; `git am --skip` leaves this patch out (in a \
                 rebase, `git rebase` with the same options)."
            }
            (false, Gate::PatchMessage) => {
                "Go back (`git am --abort`, or `git rebase --abort`), take it out of the message, then apply it again."
            }
            (false, Gate::Push | Gate::Unnamed) if self.in_tags_alone() => {
                "Nothing was sent yet. Make the tag anew without it (git tag --force --annotate NAME NAME^{}), then push again."
            }
            (false, Gate::Receive) if self.in_tags_alone() => {
                "Nothing was taken in. Make the tag anew without it (git tag --force --annotate NAME NAME^{}), then push again."
            }
            (false, Gate::Push | Gate::Unnamed | Gate::Receive) if self.in_notes_alone() => {
                "Nothing was sent. Take it out of the note (git notes edit), and out of what the notes were before (git update-ref \
                 refs/notes/commits \"$(git commit-tree -m notes refs/notes/commits^{tree})\"), then push again."
            }
            (false, Gate::Push | Gate::Unnamed) => {
                "Nothing was sent yet. Take it out of the commits that add it (git commit --amend, git rebase -i), then push again."
            }
            (false, Gate::Receive) => {
                "Nothing was taken in. Take it out of the commits that add it (git commit --amend, git rebase -i), then push again."
            }
            (false, Gate::Files) => "Take it out of the files.",
        }
    }
}

/// Whether something stands in notes. What is pushed is named by its id, and its files, by what they are about, tell.
fn is_in_note(place: &Location) -> bool {
    let id = place.path.iter().flat_map(|path| path.iter()).filter(|byte| **byte != b'/');
    let is_id = matches!(id.clone().count(), 40 | 64) && id.clone().all(u8::is_ascii_hexdigit);
    place.kind == LocationKind::Note || place.kind == LocationKind::Blob && is_id
}

fn more(number: usize, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    match number.saturating_sub(LISTED) {
        0 => Ok(()),
        more => writeln!(out, "{indent}and {} more", thousands(more as u64)),
    }
}
