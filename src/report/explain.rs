//! What `leeward explain` prints: each candidate with its masked line, what every rule makes of it, and why.
//!
//! Takes an [`Explanation`], writes text or JSON. No string leaves unmasked: see `redact`.

use std::io::{self, Write};

use serde::Serialize;

use super::paint::Paint;
use super::redact::{Redactor, masked};
use super::{RuleInfo, snippet};
use crate::detect::explain::Opinion;
use crate::detect::shape::{DERIVED_BITS, derived_bits};
use crate::finding::Region;
use crate::pipeline::explain::{Candidate, Explanation, Outcome};
use crate::sanitize::visible;

/// How an explanation looks, and what it is of.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// The file as typed.
    pub name: String,
    /// The line that was asked for.
    pub line: Option<u64>,
    /// In the order of the rule set.
    pub rules: &'a [RuleInfo],
    /// What is to be said of the whole file, one sentence each.
    pub remarks: Vec<String>,
    /// Colours, for a terminal.
    pub color: bool,
    /// Columns of the terminal; none if it is not one.
    pub width: Option<usize>,
}

/// Writes an explanation for people.
///
/// # Errors
///
/// Those of the writer.
pub fn text(explanation: &Explanation, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let redactor = redactor(explanation);
    let paint = Paint { color: page.color };
    for candidate in &explanation.candidates {
        let region = &candidate.location.region;
        let name = redactor.text(&visible(page.name.as_bytes()));
        let anchor = format!("{name}:{}:{}", region.start_line, region.start_column);
        let inside =
            inside(candidate).map(|inside| format!(" ({})", redactor.text(&inside))).unwrap_or_default();
        // What accepts it was written by people, who repeat it there.
        let verdict = masked(&redactor.text(&verdict(candidate, page)));
        writeln!(out, "{}{inside}: {verdict}", paint.place(&anchor))?;
        let gutter = snippet::gutter(&candidate.location) + 2;
        // Of a line that was looked at for one value, the others are not masked yet.
        let mut location = candidate.location.clone();
        redactor.in_excerpt(&mut location.excerpt);
        snippet::write(&location, gutter, page.width, paint, out)?;
        let note = |sign: &str, text: &str| {
            format!("{:gutter$} {sign} {}", "", redactor.text(&visible(text.as_bytes())))
        };
        if let Some(obstacle) = &candidate.account.obstacle {
            writeln!(out, "{}", note("-", obstacle))?;
        }
        if let Some(told) = &candidate.told {
            let (rule, confidence) = (id(page, told.rule), told.confidence.as_str());
            let head = format!("{rule}: {confidence} confidence, by what is found elsewhere");
            writeln!(out, "{}", note("=", &head))?;
            for reason in &told.evidence {
                // It names other files, which may be called by other values.
                writeln!(out, "{}", masked(&note("  +", reason)))?;
            }
        }
        for opinion in &candidate.account.opinions {
            let alone = if candidate.told.is_some() { " (this place alone)" } else { "" };
            let rule = format!("{}{alone}", id(page, opinion.rule));
            let Some(confidence) = opinion.confidence else {
                // Of a rule that has nothing to say, what decided is enough.
                let reason = opinion.reasons.first().map_or("", |reason| reason.text.as_str());
                writeln!(out, "{}", note("=", &format!("{rule}: no candidate: {reason}")))?;
                continue;
            };
            writeln!(out, "{}", note("=", &format!("{rule}: {} confidence", confidence.as_str())))?;
            for reason in &opinion.reasons {
                let sign = if reason.speaks_for { "  +" } else { "  -" };
                writeln!(out, "{}", note(sign, &reason.text))?;
            }
        }
        writeln!(out)?;
    }
    for remark in &page.remarks {
        writeln!(out, "{}", redactor.text(&visible(remark.as_bytes())))?;
    }
    for issue in &explanation.issues {
        writeln!(
            out,
            "{} {}",
            paint.warning("not looked at:"),
            redactor.text(&visible(issue.message.as_bytes()))
        )?;
    }
    Ok(())
}

/// What comes of a candidate, in a few words.
fn verdict(candidate: &Candidate, page: &Page<'_>) -> String {
    match &candidate.outcome {
        Outcome::Reported(confidence) => {
            let mut opinions = candidate.account.opinions.iter();
            let sure = opinions.find(|opinion| opinion.confidence == Some(*confidence));
            let rule = candidate.told.as_ref().map(|told| told.rule).or(sure.map(|opinion| opinion.rule));
            let rule = rule.map_or("", |rule| id(page, rule));
            format!("reported as {rule} ({} confidence)", confidence.as_str())
        }
        Outcome::Suppressed(suppression) => {
            format!("suppressed: {}", visible(suppression.reason.as_bytes()))
        }
        Outcome::Below(confidence) => {
            let level = confidence.as_str();
            format!("not reported: {level} confidence (--confidence {level} shows it)")
        }
        Outcome::None => "not reported: no candidate".to_owned(),
    }
}

fn id<'p>(page: &Page<'p>, rule: usize) -> &'p str {
    page.rules.get(rule).map_or("", |rule| rule.id.as_str())
}

/// Inside of what a candidate was found.
fn inside(candidate: &Candidate) -> Option<String> {
    let location = &candidate.location;
    let names = location.inner.iter().map(|name| format!("in {}", visible(name)));
    let cell = location.cell.map(|cell| format!("cell {cell}"));
    let decoded =
        (!location.decoded.is_empty()).then(|| format!("decoded from {}", location.decoded.join(", ")));
    let parts: Vec<String> = names.chain(cell).chain(decoded).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Knows every run that could be a credential, or have one in it.
fn redactor(explanation: &Explanation) -> Redactor {
    let values = explanation.candidates.iter().map(|candidate| &candidate.account.value);
    Redactor::new(values.filter(|value| derived_bits(value.expose()) < DERIVED_BITS))
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: &'static str,
    path: String,
    line: Option<u64>,
    candidates: Vec<CandidateModel<'a>>,
    remarks: Vec<String>,
    issues: Vec<String>,
}

#[derive(Serialize)]
struct CandidateModel<'a> {
    outcome: &'static str,
    redacted: String,
    length: usize,
    #[serde(flatten)]
    region: &'a Region,
    inner: Vec<String>,
    decoded: &'a [String],
    cell: Option<u64>,
    obstacle: Option<String>,
    elsewhere: Option<ToldModel<'a>>,
    rules: Vec<OpinionModel<'a>>,
}

#[derive(Serialize)]
struct ToldModel<'a> {
    rule_id: &'a str,
    confidence: &'static str,
    evidence: Vec<String>,
}

#[derive(Serialize)]
struct OpinionModel<'a> {
    rule_id: &'a str,
    confidence: Option<&'static str>,
    published: bool,
    reasons: Vec<ReasonModel>,
}

#[derive(Serialize)]
struct ReasonModel {
    speaks: &'static str,
    reason: String,
}

/// Writes an explanation as one JSON object.
///
/// # Errors
///
/// Those of the writer.
pub fn json(explanation: &Explanation, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let redactor = redactor(explanation);
    let masked = |text: &str| redactor.text(text);
    let document = Document {
        schema_version: "1",
        path: masked(&page.name),
        line: page.line,
        candidates: explanation.candidates.iter().map(|c| candidate(c, page, &masked)).collect(),
        remarks: page.remarks.iter().map(|remark| masked(remark)).collect(),
        issues: explanation.issues.iter().map(|issue| masked(&issue.message)).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

fn candidate<'a>(
    candidate: &'a Candidate,
    page: &Page<'a>,
    masked: &dyn Fn(&str) -> String,
) -> CandidateModel<'a> {
    let Candidate { location, account, outcome, told } = candidate;
    let reasons = |opinion: &Opinion| {
        let speaks = |speaks_for| if speaks_for { "for" } else { "against" };
        let reasons = opinion.reasons.iter();
        reasons.map(|r| ReasonModel { speaks: speaks(r.speaks_for), reason: masked(&r.text) }).collect()
    };
    CandidateModel {
        outcome: match outcome {
            Outcome::Reported(_) => "reported",
            Outcome::Suppressed(_) => "suppressed",
            Outcome::Below(_) => "below-confidence",
            Outcome::None => "none",
        },
        redacted: account.value.redacted(),
        length: account.value.len(),
        region: &location.region,
        inner: location.inner.iter().map(|name| masked(&visible(name))).collect(),
        decoded: &location.decoded,
        cell: location.cell,
        obstacle: account.obstacle.as_deref().map(masked),
        elsewhere: told.as_ref().map(|told| ToldModel {
            rule_id: id(page, told.rule),
            confidence: told.confidence.as_str(),
            evidence: told.evidence.iter().map(|reason| super::redact::masked(&masked(reason))).collect(),
        }),
        rules: account
            .opinions
            .iter()
            .map(|opinion| OpinionModel {
                rule_id: id(page, opinion.rule),
                confidence: opinion.confidence.map(|confidence| confidence.as_str()),
                published: opinion.published,
                reasons: reasons(opinion),
            })
            .collect(),
    }
}
