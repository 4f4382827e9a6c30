//! The report for people.
//!
//! Each finding is a block: a first line that an editor can jump to, the masked line, and why it is believed to be a
//! key. What is to be done is said once for each rule; what was suppressed and what could not be scanned is listed;
//! the last line says what was scanned and what to think of it. Everything that came out of scanned content is
//! escaped before it gets to the terminal.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::paint::Paint;
use super::place::Place;
use super::{Gate, Report, RuleInfo, gate, remedy, snippet, spread, summary};
use crate::finding::{Commit, Finding, Location, Presence, State, SuppressedBy};
use crate::sanitize::visible;
use crate::source::Issue;
use crate::words::{count, day, short_id, thousands};

/// How many further places of a finding, and suppressed findings, are listed.
const LISTED: usize = 10;

/// How many issues and notes are listed: more than that is read by machines.
const LISTED_ISSUES: usize = 20;

/// How the text report looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextOptions {
    /// Colours, for a terminal.
    pub color: bool,
    /// Columns of the terminal; none if it is not one.
    pub width: Option<usize>,
    /// Only the first line of each finding; nothing at all for a clean result.
    pub quiet: bool,
    /// Whole secrets, each on a line of its own.
    pub reveal: bool,
    /// The report is the short one of a gate.
    pub gate: Option<Gate>,
    /// The status lets pass what the gate found.
    pub passes: bool,
}

/// Writes a report as text.
///
/// # Errors
///
/// Those of the writer.
pub fn write(report: &Report, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    if let Some(gate) = options.gate {
        return gate::write(report, gate, options, out);
    }
    let page = Page { report, options, paint: Paint { color: options.color } };
    for finding in &report.findings {
        page.finding(finding, out)?;
    }
    let clean = report.findings.is_empty() && report.scan.complete;
    if options.quiet && clean {
        return Ok(());
    }
    if !options.quiet {
        page.remediation(out)?;
        page.suppressed(out)?;
        page.notes(out)?;
    }
    page.issues(out)?;
    writeln!(out, "{}", summary::line(report, page.paint))
}

/// A report on its way to a reader.
struct Page<'a> {
    report: &'a Report,
    options: &'a TextOptions,
    paint: Paint,
}

impl Page<'_> {
    fn finding(&self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let Some((first, others)) = finding.locations.split_first() else { return Ok(()) };
        let severity = format!("{} severity", finding.severity.as_str());
        let place = self.place(first);
        writeln!(
            out,
            "{}: {}{} ({}, {} confidence)",
            self.paint.place(&place.anchor),
            visible(finding.rule_id.as_bytes()),
            place.aside,
            self.paint.severity(finding.severity, &severity),
            finding.confidence.as_str()
        )?;
        if self.options.quiet {
            return self.reveal(finding, 0, out);
        }
        let gutter = snippet::gutter(first) + 2;
        snippet::write(first, gutter, self.options.width, self.paint, out)?;
        self.reveal(finding, gutter, out)?;
        for evidence in &finding.evidence {
            self.note(gutter, &visible(evidence.as_bytes()), out)?;
        }
        if let Some(answer) = &finding.verification {
            let (status, detail) = (visible(answer.status.as_bytes()), visible(answer.detail.as_bytes()));
            self.note(gutter, &format!("asked the provider: {status} ({detail})"), out)?;
        }
        self.history(finding, gutter, out)?;
        for line in spread::lines(self.report, finding) {
            self.note(gutter, &line, out)?;
        }
        let places: Vec<_> = others.iter().map(|location| self.place(location).whole()).collect();
        if !places.is_empty() {
            let number = count(places.len() as u64, "more place", "more places");
            self.note(gutter, &format!("also in {number}:"), out)?;
            self.list(gutter + 5, &places, LISTED, out)?;
        }
        writeln!(out)
    }

    /// Whether HEAD holds it, and the commits that brought and took it.
    fn history(&self, finding: &Finding, gutter: usize, out: &mut dyn Write) -> io::Result<()> {
        let state = match (finding.presence, &finding.removed_commit) {
            (Some(Presence::Head), _) => "in HEAD".to_owned(),
            (Some(Presence::Index), _) => self.only_in_index(finding),
            (Some(Presence::Gone), _) if is_staged(finding) => {
                format!("in the index of another work tree, and {}", in_no_commit(finding))
            }
            (Some(Presence::Gone), _) if is_of_head(finding) => {
                "in HEAD's commit itself, and in no file of it".to_owned()
            }
            (Some(Presence::Gone), Some(_)) => "not in HEAD any more".to_owned(),
            (Some(Presence::Gone), None) => "not in HEAD".to_owned(),
            (None, _) => String::new(),
        };
        // A commit that both brought it and is the newest to hold it is named once.
        let last = finding.last_commit.as_ref().filter(|last| Some(*last) != finding.first_commit.as_ref());
        let commits: Vec<_> = [
            ("first in", finding.first_commit.as_ref()),
            ("last in", last),
            ("removed in", finding.removed_commit.as_ref()),
        ]
        .into_iter()
        .filter_map(|(word, commit)| Some((word, commit?)))
        .collect();
        match (state.as_str(), commits.is_empty()) {
            ("", true) => return Ok(()),
            ("", false) => self.note(gutter, "in the history:", out)?,
            (state, true) => return self.note(gutter, state, out),
            (state, false) => self.note(gutter, &format!("{state}:"), out)?,
        }
        let widest = commits.iter().map(|(word, _)| word.len()).max().unwrap_or(0);
        for (word, commit) in commits {
            writeln!(out, "{:indent$}{word:widest$} {}", "", describe(commit), indent = gutter + 5)?;
        }
        Ok(())
    }

    /// What is to be said of a key that the index holds, and HEAD does not; nothing where only the index was scanned.
    fn only_in_index(&self, finding: &Finding) -> String {
        match is_staged(finding) {
            true if is_staged_elsewhere(finding) => {
                format!("in the index, in that of another work tree, and {}", in_no_commit(finding))
            }
            true => format!("in the index, and {}", in_no_commit(finding)),
            _ if self.report.scan.mode == "staged" => String::new(),
            _ => "in the index, not in HEAD".to_owned(),
        }
    }

    /// The whole secret, for those who asked for it.
    fn reveal(&self, finding: &Finding, gutter: usize, out: &mut dyn Write) -> io::Result<()> {
        if !self.options.reveal {
            return Ok(());
        }
        self.note(gutter, &format!("the whole secret: {}", visible(finding.secret.expose())), out)
    }

    /// What to do, for each rule that found something.
    fn remediation(&self, out: &mut dyn Write) -> io::Result<()> {
        let found: BTreeSet<&str> =
            self.report.findings.iter().map(|finding| finding.rule_id.as_str()).collect();
        let told = |rule: &&RuleInfo| found.contains(rule.id.as_str()) && !rule.remediation.is_empty();
        for rule in self.report.rules.iter().filter(told) {
            let title = format!("What to do about {}:", visible(rule.id.as_bytes()));
            writeln!(out, "{}", self.paint.place(&title))?;
            for (number, step) in (1..).zip(&rule.remediation) {
                writeln!(out, "{number:>3}. {}", visible(step.as_bytes()))?;
            }
            writeln!(out)?;
        }
        for remedy::Section { title, lines, .. } in remedy::sections(self.report) {
            writeln!(out, "{}", self.paint.place(&title))?;
            for line in lines {
                match line {
                    remedy::Line::Say(text) => writeln!(out, "  {text}")?,
                    remedy::Line::Run(command) => writeln!(out, "      {command}")?,
                }
            }
            writeln!(out)?;
        }
        Ok(())
    }

    fn suppressed(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.report.suppressed.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", self.paint.place("Suppressed:"))?;
        let entries = self.report.suppressed.iter().map(|(finding, suppression)| {
            let place = finding.locations.first().map(|location| self.place(location).whole());
            let by = match suppression.by {
                SuppressedBy::Baseline => "by the baseline",
                SuppressedBy::Inline => "by a comment",
                SuppressedBy::Config => "by the configuration",
            };
            let reason = match suppression.reason.as_str() {
                "" => String::new(),
                reason => format!(": {}", visible(reason.as_bytes())),
            };
            let rule = visible(finding.rule_id.as_bytes());
            format!("{}: {rule}, {by}{reason}", place.unwrap_or_else(|| finding.secret.redacted()))
        });
        self.list(2, &entries.collect::<Vec<_>>(), LISTED, out)?;
        writeln!(out)
    }

    fn notes(&self, out: &mut dyn Write) -> io::Result<()> {
        let notes = self.report.scan.notes.iter();
        let said: Vec<String> = notes
            .map(|note| format!("{} {}", self.paint.dim("note:"), visible(note.message.as_bytes())))
            .collect();
        self.list(0, &said, LISTED_ISSUES, out)?;
        if said.is_empty() { Ok(()) } else { writeln!(out) }
    }

    fn issues(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.report.issues.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", self.paint.warning("Not scanned, or not wholly:"))?;
        let entries: Vec<_> = self.report.issues.iter().map(describe_issue).collect();
        self.list(2, &entries, LISTED_ISSUES, out)?;
        if self.options.quiet { Ok(()) } else { writeln!(out) }
    }

    fn place(&self, location: &Location) -> Place {
        Place::of(location, self.report.scan.targets.len() > 1)
    }

    /// A line under a snippet.
    fn note(&self, gutter: usize, text: &str, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{} {text}", self.paint.gutter(&format!("{:gutter$} =", "")))
    }

    /// Lines under a title, up to `limit`, and how many there are beyond that.
    fn list(&self, indent: usize, entries: &[String], limit: usize, out: &mut dyn Write) -> io::Result<()> {
        // To say that there is one more takes as much room as to name it.
        let listed = if entries.len() == limit + 1 { entries.len() } else { limit.min(entries.len()) };
        for entry in &entries[..listed] {
            writeln!(out, "{:indent$}{entry}", "")?;
        }
        let more = entries.len() - listed;
        if more > 0 {
            let more = format!("and {} more", thousands(more as u64));
            writeln!(out, "{:indent$}{}", "", self.paint.dim(&more))?;
        }
        Ok(())
    }
}

/// Whether HEAD's message, or the names in it, hold it.
fn is_of_head(finding: &Finding) -> bool {
    finding.containment.as_ref().is_some_and(|containment| containment.of_head)
}

/// A commit that no ref leads to may have it.
fn in_no_commit(finding: &Finding) -> &'static str {
    if finding.first_commit.is_some() { "in no commit that a ref leads to" } else { "in no commit" }
}

/// Whether it is in an index, and in no commit that a ref leads to.
fn is_staged(finding: &Finding) -> bool {
    let state = finding.containment.as_ref().and_then(|containment| containment.state);
    state == Some(State::Staged)
}

fn is_staged_elsewhere(finding: &Finding) -> bool {
    let mut staged = finding.containment.iter().flat_map(|containment| &containment.staged);
    staged.any(|staged| staged.work_tree.is_some())
}

/// `1a2b3c4d5e, 2026-03-01, Jane Doe: Add the client`.
fn describe(commit: &Commit) -> String {
    let parts = [short_id(&commit.id), day(&commit.author_time), &commit.author_name];
    let parts: Vec<_> =
        parts.iter().filter(|part| !part.is_empty()).map(|part| visible(part.as_bytes())).collect();
    let subject = match commit.subject.as_str() {
        "" => String::new(),
        subject => format!(": {}", visible(subject.as_bytes())),
    };
    parts.join(", ") + &subject
}

/// `secret/dir: permission denied (unreadable)`.
fn describe_issue(issue: &Issue) -> String {
    let path = issue.path.as_ref().map(|path| visible(path).into_owned());
    let object = issue.object.as_ref().map(|id| format!("object {}", visible(id.as_bytes())));
    let place: Vec<_> = path.into_iter().chain(object).collect();
    let message = visible(issue.message.as_bytes());
    let kind = visible(issue.kind.as_bytes());
    match place.as_slice() {
        [] => format!("{message} ({kind})"),
        place => format!("{}: {message} ({kind})", place.join(", ")),
    }
}
