//! The last guard against a whole secret in a report.
//!
//! Excerpts are masked when they are made, but a secret may also stand in the path of another finding, in a commit's
//! subject, in an author's address, in the text of an error. The [`Redactor`] knows every secret of a report and
//! masks each of them wherever a string leaves; [`Report::redacted`] takes every string of a report through it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bstr::{BString, ByteSlice as _};

use super::{Report, RuleInfo, Scan, Skipped};
use crate::detect::{runs, shape};
use crate::finding::{CheckedOut, Commit, Containment, Excerpt, Finding, Location, WorkTree};
use crate::secret::{Secret, hex};
use crate::source::Issue;

/// What stands for a stretch in which secrets overlap, and for one whose mask would show another secret.
const OPAQUE: &str = "…";

/// Replaces known secrets by their masks.
#[derive(Debug)]
pub struct Redactor {
    /// None where there is nothing to look for.
    searcher: Option<AhoCorasick>,
    masks: Vec<String>,
}

/// A secret as it is, in hex, and what every base64 of a text with it has in common, in its three alignments.
fn forms(secret: &Secret) -> Vec<Vec<u8>> {
    let bytes = secret.expose();
    let mut forms = vec![bytes.to_vec(), hex(bytes).into_bytes(), hex(bytes).to_uppercase().into_bytes()];
    for skip in 0..3 {
        // The first whole group of three bytes begins here, whatever stands before.
        let groups = bytes.get(skip..).unwrap_or_default();
        let whole = &groups[..groups.len() / 3 * 3];
        if whole.len() >= 12 {
            forms.push(STANDARD.encode(whole).into_bytes());
        }
    }
    forms
}

impl Redactor {
    /// A redactor for these secrets.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut secrets: Vec<&Secret> = secrets.into_iter().filter(|secret| !secret.is_empty()).collect();
        secrets.sort();
        secrets.dedup();
        let forms: Vec<(Vec<u8>, String)> = secrets
            .iter()
            .flat_map(|secret| forms(secret).into_iter().map(|form| (form, secret.redacted())))
            .collect();
        let searcher = (!forms.is_empty()).then(|| {
            AhoCorasick::new(forms.iter().map(|(form, _)| form))
                .expect("the secrets of a report are far fewer than the states of an automaton")
        });
        let masks = forms.into_iter().map(|(_, mask)| mask).collect();
        Redactor { searcher, masks }
    }

    /// Bytes with a mask in place of every secret. Where secrets overlap, the longest that spans the stretch gives
    /// the mask, or, if none does, all of it is `…`.
    pub fn bytes<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        let Some(searcher) = &self.searcher else { return Cow::Borrowed(text) };
        if !searcher.is_match(text) {
            return Cow::Borrowed(text);
        }
        let mut out = Vec::with_capacity(text.len());
        let mut done = 0;
        for (span, mask) in self.stretches(searcher, text) {
            out.extend_from_slice(&text[done..span.start]);
            out.extend_from_slice(mask.as_bytes());
            done = span.end;
        }
        out.extend_from_slice(&text[done..]);
        Cow::Owned(out)
    }

    /// The same for text. Should a secret be cut out of the middle of a character, what is left of it becomes U+FFFD.
    pub fn text(&self, text: &str) -> String {
        self.bytes(text.as_bytes()).to_str_lossy().into_owned()
    }

    /// The stretches of `text` that secrets cover, with what to put there.
    fn stretches(&self, searcher: &AhoCorasick, text: &[u8]) -> Vec<(Range<usize>, &str)> {
        let mut matches: Vec<_> = searcher
            .find_overlapping_iter(text)
            .map(|found| (found.range(), found.pattern().as_usize()))
            .collect();
        matches.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
        let mut stretches: Vec<(Range<usize>, &str)> = Vec::with_capacity(matches.len());
        for (span, pattern) in matches {
            match stretches.last_mut() {
                Some((last, mask)) if span.start < last.end => {
                    if span.end > last.end {
                        last.end = span.end;
                        *mask = OPAQUE;
                    }
                }
                _ => {
                    let mask = self.masks[pattern].as_str();
                    stretches.push((span, if searcher.is_match(mask) { OPAQUE } else { mask }));
                }
            }
        }
        stretches
    }

    fn in_text(&self, text: &mut String) {
        if let Cow::Owned(masked) = self.bytes(text.as_bytes()) {
            *text = masked.to_str_lossy().into_owned();
        }
    }

    fn in_texts<'s>(&self, texts: impl IntoIterator<Item = &'s mut String>) {
        texts.into_iter().for_each(|text| self.in_text(text));
    }

    /// Masks what could be a credential, too: in words that people wrote, a key may stand that nothing says is one, or that
    /// is glued to a name.
    fn in_prose<'s>(&self, texts: impl IntoIterator<Item = &'s mut String>) {
        for text in texts {
            self.in_text(text);
            *text = masked(text);
        }
    }

    fn in_paths<'s>(&self, paths: impl IntoIterator<Item = &'s mut BString>) {
        for path in paths {
            if let Cow::Owned(masked) = self.bytes(path) {
                *path = masked.into();
            }
        }
    }

    fn in_commits<'s>(&self, commits: impl IntoIterator<Item = &'s mut Commit>) {
        for Commit { id: _, author_name, author_email, author_time, subject } in commits {
            self.in_text(author_time);
            self.in_prose([author_name, author_email, subject]);
        }
    }

    fn in_scan(&self, scan: &mut Scan) {
        self.in_paths(&mut scan.targets);
        self.in_paths(&mut scan.again.here);
        self.in_paths(&mut scan.again.in_copy);
        self.in_prose(scan.notes.iter_mut().map(|note| &mut note.message));
        for Skipped { reason, count: _, examples } in &mut scan.coverage.skipped {
            self.in_text(reason);
            self.in_paths(examples);
        }
    }

    fn in_finding(&self, finding: &mut Finding) {
        self.in_prose(&mut finding.evidence);
        if let Some(verification) = &mut finding.verification {
            self.in_texts([&mut verification.status, &mut verification.detail]);
        }
        self.in_commits(&mut finding.first_commit);
        self.in_commits(&mut finding.last_commit);
        self.in_commits(&mut finding.removed_commit);
        finding.containment.iter_mut().for_each(|containment| self.in_containment(containment));
        finding.locations.iter_mut().for_each(|location| self.in_location(location));
    }

    fn in_containment(&self, containment: &mut Containment) {
        // Each part is named, so that none is forgotten that is added.
        let Containment {
            state: _,
            refs,
            more: _,
            remotes,
            may_have,
            many_addresses,
            reflogs,
            stashed: _,
            pushed: _,
            exposure: _,
            named,
            of_head: _,
            under_way,
            staged,
            unlisted,
            unseen,
            in_the_way,
            aside: _,
            rebase,
            checked_out,
            gaps: _,
            kept,
            resolved,
            refs_apart,
            grafted: _,
            replaced: _,
            notes: _,
        } = containment;
        let lists = [refs, remotes, may_have, many_addresses, reflogs, named, unlisted, unseen, in_the_way];
        self.in_paths(lists.into_iter().flatten().chain(kept));
        self.in_paths(
            staged.iter_mut().flat_map(|it| std::iter::once(&mut it.path).chain(&mut it.work_tree)),
        );
        self.in_paths(rebase.iter_mut().flat_map(|it| it.branch.iter_mut().chain(&mut it.work_tree)));
        self.in_paths(under_way.iter_mut().flat_map(|it| it.work_tree.iter_mut().chain(&mut it.branch)));
        self.in_paths(resolved.iter_mut().flatten().chain(refs_apart));
        for CheckedOut { branch, tip: _, work_tree } in checked_out {
            self.in_paths([branch]);
            if let WorkTree::At(top) = work_tree {
                self.in_paths([top]);
            }
        }
    }

    fn in_location(&self, location: &mut Location) {
        self.in_paths([&mut location.target]);
        self.in_paths(&mut location.path);
        self.in_paths(&mut location.shown);
        self.in_paths(&mut location.inner);
        self.in_commits(&mut location.commit);
        self.in_texts(&mut location.decoded);
        self.in_excerpt(&mut location.excerpt);
    }

    /// Masks what is left in an excerpt, and keeps track of where its own mask stands. What stands beside that may be a
    /// credential that nobody asked for.
    pub fn in_excerpt(&self, excerpt: &mut Excerpt) {
        if let (Some(before), Some(after)) =
            (excerpt.text.get(..excerpt.mask.start), excerpt.text.get(excerpt.mask.end..))
            && let Some(own) = excerpt.text.get(excerpt.mask.clone())
        {
            let (before, own, after) =
                (masked(&self.text(before)), self.text(own), masked(&self.text(after)));
            excerpt.mask = before.len()..before.len() + own.len();
            excerpt.text = before + &own + &after;
        }
        if let Cow::Owned(masked) = self.bytes(excerpt.text.as_bytes()) {
            // A secret that begins before the mask, or ends behind it: there is no place left to point at.
            excerpt.text = masked.to_str_lossy().into_owned();
            excerpt.mask = 0..0;
        }
    }

    fn in_issue(&self, Issue { kind: _, message, path, object: _ }: &mut Issue) {
        self.in_text(message);
        self.in_paths(path);
    }

    fn in_rule(&self, rule: &mut RuleInfo) {
        self.in_texts([&mut rule.description, &mut rule.details]);
        self.in_texts(&mut rule.remediation);
        self.in_texts(&mut rule.references);
    }
}

impl Report {
    /// The same report with every secret masked in every string that leaves: paths, targets, names inside archives,
    /// commits, excerpts, evidence, suppressions, issues, skipped examples, rules.
    ///
    /// The secrets themselves stay, so that `--reveal` can still print them where it says that it does.
    #[must_use]
    pub fn redacted(self) -> Report {
        self.redacted_by(&|_| Vec::new())
    }

    /// The same, with the secrets masked, too, that `secrets_in` sees in what no source has looked at: a path may be
    /// known from an index alone, and a commit that a finding names may lie outside of what was scanned.
    #[must_use]
    pub fn redacted_by(mut self, secrets_in: &dyn Fn(&[u8]) -> Vec<Secret>) -> Report {
        let unjudged: Vec<Secret> = self.unjudged().into_iter().flat_map(secrets_in).collect();
        let suppressed = self.suppressed.iter().map(|(finding, _)| &finding.secret);
        let found = self.findings.iter().map(|finding| &finding.secret).chain(suppressed);
        let redactor = Redactor::new(found.chain(&unjudged));
        redactor.in_scan(&mut self.scan);
        self.findings.iter_mut().for_each(|finding| redactor.in_finding(finding));
        for (finding, suppression) in &mut self.suppressed {
            redactor.in_finding(finding);
            redactor.in_prose([&mut suppression.reason]);
        }
        self.issues.iter_mut().for_each(|issue| redactor.in_issue(issue));
        self.rules.iter_mut().for_each(|rule| redactor.in_rule(rule));
        self
    }
}

impl Report {
    /// The names and words in it that come from elsewhere than the place that was scanned, each once.
    fn unjudged(&self) -> BTreeSet<&[u8]> {
        let suppressed = self.suppressed.iter().map(|(finding, _)| finding);
        let findings: Vec<&Finding> = self.findings.iter().chain(suppressed).collect();
        let locations = || findings.iter().flat_map(|finding| &finding.locations);
        let paths = locations()
            .flat_map(|location| location.path.iter().chain(&location.shown).chain(&location.inner));
        let commits = findings.iter().flat_map(|finding| {
            [&finding.first_commit, &finding.last_commit, &finding.removed_commit].into_iter().flatten()
        });
        let commits = commits.chain(locations().filter_map(|location| location.commit.as_ref()));
        let words = commits.flat_map(|commit| [&commit.author_name, &commit.author_email, &commit.subject]);
        let skipped = self.scan.coverage.skipped.iter().flat_map(|skipped| &skipped.examples);
        let issues = self.issues.iter().filter_map(|issue| issue.path.as_ref());
        // Refs that contain a finding may lie outside of what was scanned, too.
        let containments = findings.iter().filter_map(|finding| finding.containment.as_ref());
        let refs = containments
            .flat_map(|Containment { refs, remotes, reflogs, .. }| refs.iter().chain(remotes).chain(reflogs));
        let staged = findings.iter().filter_map(|finding| finding.containment.as_ref());
        let staged = staged.flat_map(|containment| &containment.staged);
        let staged = staged.flat_map(|staged| staged.work_tree.iter().chain([&staged.path]));
        let rebases = findings.iter().filter_map(|finding| finding.containment.as_ref()?.rebase.as_ref());
        let staged = staged.chain(rebases.flat_map(|rebase| rebase.branch.iter().chain(&rebase.work_tree)));
        let paths = paths.chain(refs).chain(staged).chain(skipped).chain(issues).chain(&self.scan.targets);
        let paths = paths.map(|path| path.as_slice());
        paths.chain(words.map(|words| words.as_bytes())).collect()
    }
}

/// The text with a mask in place of every run that could be a credential: for what people typed or wrote, and nobody
/// has judged.
pub fn masked(text: &str) -> String {
    const SHORTEST: usize = 31;
    let Some(class) = runs::Class::new(&[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')]) else {
        return text.to_owned();
    };
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for run in runs::runs(text.as_bytes(), class, SHORTEST) {
        let value = &text.as_bytes()[run.clone()];
        if shape::derived_bits(value) < shape::DERIVED_BITS {
            out.push_str(&text[done..run.start]);
            out.push_str(&Secret::new(value).redacted());
            done = run.end;
        }
    }
    out.push_str(&text[done..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_occurrence_is_masked() {
        // Secrets, text, what is left. Each secret has twelve characters.
        let (a, b, n) = ("Ab3".repeat(3) + "9b3", "Xy7".repeat(3) + "1y7", "Nm5".repeat(3) + "2m5");
        let overlap = a[6..].to_owned() + &b[..6];
        let table = [
            (vec![], a.clone(), a.clone()),
            (vec![""], a.clone(), a.clone()),
            (vec![&a], "nothing here".to_owned(), "nothing here".to_owned()),
            (vec![&a], a.clone(), "Ab…b3".to_owned()),
            (vec![&a, &a], format!("k={a}, {a}{a};"), "k=Ab…b3, Ab…b3Ab…b3;".to_owned()),
            (vec![&a, &b], format!("{a}{b}"), "Ab…b3Xy…y7".to_owned()),
            (vec![&a, &n], format!("{a} {n} {b}"), format!("Ab…b3 Nm…m5 {b}")),
            // One inside another: the longer one's mask; overlapping ones: nothing at all.
            (vec![&a, &a[3..9]], format!("<{a}>"), "<Ab…b3>".to_owned()),
            (vec![&a, &overlap], format!("<{a}{b}>"), format!("<…{}>", &b[6..])),
            // A mask that would show a shorter secret.
            (vec![&a, "Ab"], format!("<{a}>"), "<…>".to_owned()),
        ];
        for (secrets, text, expected) in table {
            let secrets: Vec<Secret> = secrets.iter().map(|secret| Secret::new(secret.as_bytes())).collect();
            assert_eq!(Redactor::new(&secrets).text(&text), expected, "{secrets:?}");
        }
    }

    #[test]
    fn an_excerpt_keeps_its_place() {
        let (a, b) = ("Ab3".repeat(3) + "9b3", "Xy7".repeat(3) + "1y7");
        let secrets = [Secret::new(a.as_bytes()), Secret::new(b.as_bytes())];
        let table = [
            (format!("{b} k=Ab…b3; {a}"), "Ab…b3", "Xy…y7 k=Ab…b3; Ab…b3", Some("Ab…b3")),
            (format!("k={a}"), a.as_str(), "k=Ab…b3", Some("Ab…b3")),
            (format!("k={a}"), "3Ab39", "k=Ab…b3", None),
        ];
        for (text, mask, expected, place) in table {
            let at = text.find(mask).expect("the mask stands in the text");
            let mut excerpt = Excerpt { mask: at..at + mask.len(), text, ..Excerpt::default() };
            Redactor::new(&secrets).in_excerpt(&mut excerpt);
            assert_eq!(excerpt.text, expected);
            assert_eq!(&excerpt.text[excerpt.mask.clone()], place.unwrap_or(""));
        }
    }

    #[test]
    fn messages_hold_no_key() {
        let key = ["Zk3vQ9", "mT1xWb", "7RfLs2", "YhNc8P", "dGj5Ku", "aE"].concat();
        let text = format!("no such file: {key}.txt and {}", "0123456789abcdef".repeat(2));
        let masked = masked(&text);
        assert!(!masked.contains(&key), "{masked}");
        assert!(masked.contains("Zk3v…uaE.txt") || masked.contains("Zk3v…KuaE.txt"), "{masked}");
        assert!(masked.contains("0123456789abcdef0123456789abcdef"), "{masked}");
    }
}
