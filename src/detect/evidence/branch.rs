//! Which branch of a program a value is in: what decides there is compared with names, and one of them may be the provider's.
//!
//! Takes the lines around a value, finds the condition or the pattern that it stands under by indentation, and those of
//! the branches beside that one. Reads `if`, `case`, `when`, the arms of `match`, the patterns of a shell.

use bstr::ByteSlice;

use super::{Judge, Speaks, Verdict};
use crate::detect::lines::{indent, line_start};
use crate::detect::quote;
use crate::finding::Confidence;

/// Most lines that a branch is followed up or down.
const MOST_LINES: usize = 80;
/// Most blocks that are left to get to the branch that holds a value.
const MOST_BLOCKS: usize = 4;
/// How far behind a value the end of a shell's `case` is looked for, in bytes.
const FURTHEST: usize = 1 << 13;
/// Longest line that is read, in bytes.
const LONGEST_LINE: usize = 300;

/// What a branch is taken for.
#[derive(Debug, PartialEq, Eq)]
struct Condition<'t> {
    /// The names that something is compared with.
    names: Vec<&'t str>,
    /// What is compared with them, as it is written; empty in a pattern.
    subject: String,
    /// It is what is left.
    rest: bool,
}

/// A branch of a program.
#[derive(Debug, PartialEq, Eq)]
struct Branch<'t> {
    /// Where the line begins that it begins with.
    at: usize,
    /// Of the first thing on that line.
    column: usize,
    condition: Condition<'t>,
    /// The text has the patterns of a shell.
    shell: bool,
}

impl Judge<'_> {
    /// The branch that the value stands in, where that or one beside it is taken for the provider.
    pub(super) fn branch(&self) -> Option<Verdict> {
        let own = self.place.levels.first()?;
        let credential = |name: &str| self.meaning(name).credential;
        let function = || self.place.levels.iter().any(|level| credential(&level.head));
        if !(credential(&own.name) || self.place.scheme.is_some() || own.name.is_empty() && function()) {
            return None;
        }
        let branch = branch_of(self.file.text, self.span.start)?;
        let condition = &branch.condition;
        if let Some(name) = condition.names.iter().find(|name| self.is_case_of_ours(name)) {
            let reason = format!("it stands in the branch of {}", quote::shown(name));
            return Some(Verdict::new(Confidence::High, reason));
        }
        let theirs = condition.names.iter().find(|name| self.speaks(name) == Speaks::Others);
        let reason = match theirs {
            Some(name) => format!("it stands in the branch of {}, another service", quote::shown(name)),
            None => {
                let ours = self.branch_of_ours(&branch)?;
                format!("the branch beside it is that of {}", quote::shown(&ours))
            }
        };
        let handed = self.levels().is_some_and(|said| said.confidence == Confidence::High);
        (!handed).then(|| Verdict::foreign(reason))
    }

    /// The value is what is taken where something is not the provider: `vendor == "acme" ? OURS : VALUE`.
    pub(super) fn otherwise(&self) -> Option<Verdict> {
        let near = self.span.start.saturating_sub(LONGEST_LINE);
        let before = self.file.text[near..self.span.start].to_str_lossy();
        let condition = otherwise(&before)?;
        let ours = condition.names.iter().find(|name| self.is_case_of_ours(name))?;
        Some(Verdict::foreign(format!("the branch beside it is that of {}", quote::shown(ours))))
    }

    /// Whether what something is compared with is the provider.
    fn is_case_of_ours(&self, name: &str) -> bool {
        self.speaks(name) == Speaks::Ours && !self.meaning(name).credential
    }

    /// The provider's name in the condition of another branch that the same thing decides.
    fn branch_of_ours(&self, branch: &Branch<'_>) -> Option<String> {
        let text = self.file.text;
        let Branch { at, column, condition: ref own, shell } = *branch;
        let above = text[..at].lines().rev().take(MOST_LINES);
        let below = text[at..].lines().skip(1).take(MOST_LINES).filter(|_| !own.rest);
        [above.collect::<Vec<_>>(), below.collect()].into_iter().find_map(|lines| {
            let beside = lines.into_iter().filter(|line| !line.trim_ascii().is_empty());
            let beside =
                beside.take_while(|line| indent(line) >= column).filter(|line| indent(line) == column);
            let mut conditions = beside.filter_map(|line| condition(line.to_str().ok()?, shell));
            let same = |other: &Condition<'_>| own.rest || other.subject == own.subject;
            conditions.find_map(|other| {
                let name = other.names.iter().find(|name| self.is_case_of_ours(name))?;
                same(&other).then(|| (*name).to_owned())
            })
        })
    }
}

/// The branch that what is at `at` stands in.
fn branch_of(text: &[u8], at: usize) -> Option<Branch<'_>> {
    let mut start = line_start(text, at);
    if at - start > LONGEST_LINE {
        return None;
    }
    let end = (at + FURTHEST).min(text.len());
    let shell = text[at..end].contains_str("esac");
    let own = &text[start..at];
    let mut column = indent(own);
    if let Some(found) = own.to_str().ok().and_then(|own| condition(own, shell)) {
        return Some(Branch { at: start, column, condition: found, shell });
    }
    let mut blocks = 0;
    for _ in 0..MOST_LINES {
        let end = start.checked_sub(1)?;
        start = line_start(text, end);
        let line = &text[start..end];
        if line.trim_ascii().is_empty() || indent(line) >= column || line.len() > LONGEST_LINE {
            continue;
        }
        let line = line.to_str().ok()?;
        column = indent(line.as_bytes());
        if let Some(found) = condition(line, shell) {
            return Some(Branch { at: start, column, condition: found, shell });
        }
        blocks += 1;
        if blocks == MOST_BLOCKS || declares(line) {
            return None;
        }
    }
    None
}

/// The condition whose other side a value is that stands behind `before`: `A if CONDITION else VALUE`,
/// `CONDITION ? A : VALUE`.
fn otherwise(before: &str) -> Option<Condition<'_>> {
    let before = before.trim_end_matches(['"', '\'', '`', ' ', '(', '\n']);
    if let Some(before) = before.strip_suffix(" else") {
        return compared(before.rsplit_once(" if ")?.1);
    }
    let (tested, chosen) = before.strip_suffix(':')?.rsplit_once("? ")?;
    let tested = tested.strip_suffix([' ', '\n'])?.rsplit(['{', '}', ';', ',']).next()?;
    let plain = !chosen.contains(['{', '}', ';', ',']);
    compared(tested).filter(|_| plain)
}

/// What the branch is taken for that a line begins, if it begins one.
fn condition(line: &str, shell: bool) -> Option<Condition<'_>> {
    const IFS: [&str; 6] = ["if", "elif", "elsif", "elseif", "else if", "} else if"];
    const CASES: [&str; 2] = ["case", "when"];
    let line = line.get(..line.len().min(LONGEST_LINE))?.trim();
    let after = |words: &[&str]| {
        let rest = |word: &&str| line.strip_prefix(word).filter(|rest| rest.starts_with([' ', '(']));
        words.iter().find_map(rest)
    };
    if let Some(tested) = after(&IFS) {
        return compared(tested);
    }
    if let Some(pattern) = after(&CASES) {
        return Some(taken_for(pattern.split([':', '{']).find(|part| !part.trim().is_empty())?));
    }
    let word = line.trim_start_matches(['}', ' ']);
    let rest = ["else", "default", "_", "*"].iter().find_map(|word_| word.strip_prefix(word_));
    if rest.is_some_and(|rest| {
        rest.is_empty() || rest.starts_with([':', ')']) || rest.trim_start().starts_with(['{', '='])
    }) {
        return Some(Condition { names: Vec::new(), subject: String::new(), rest: true });
    }
    // The arm of a match, the pattern of a shell.
    let arm = [" => ", " -> "].iter().find_map(|arrow| line.split_once(arrow)).map(|(pattern, _)| pattern);
    let patterned =
        || line.split_once(')').filter(|(_, rest)| rest.is_empty() || rest.starts_with(' ')).map(|(p, _)| p);
    let pattern = arm.or_else(|| if shell { patterned() } else { None })?;
    let plain = |c: char| c.is_alphanumeric() || "_-.*|:\"' /".contains(c);
    (!pattern.is_empty() && pattern.chars().all(plain)).then(|| taken_for(pattern))
}

/// What `tested` is taken for, where it compares something with names.
fn compared(tested: &str) -> Option<Condition<'_>> {
    let tested = tested.trim().split(['{', '\n']).next()?;
    if tested.contains("!=") || tested.contains("!") || tested.contains(" not ") || tested.contains(" -ne ") {
        return None;
    }
    let mut names = quoted(tested);
    if names.is_empty() {
        // The member of an enumeration: `== Vendor.ACME`.
        let (_, other) = tested.split_once("==").or_else(|| tested.split_once(" is "))?;
        names = quote::tokens(other).take(1).map(|name| name.trim_end_matches(':')).collect();
    }
    let subject = names.iter().fold(tested.to_owned(), |rest, name| rest.replacen(name, "", 1));
    let subject =
        subject.split(['=', ':']).next().unwrap_or_default().trim_matches(['(', ' ', '[', '"']).to_owned();
    (!names.is_empty()).then_some(Condition { names, subject, rest: false })
}

/// The names in a pattern.
fn taken_for(pattern: &str) -> Condition<'_> {
    let names = pattern
        .split(['|', ',', '(', ')', ' '])
        .map(|name| name.trim_matches(['"', '\'', '`', ' ', ':', '.']));
    Condition { names: names.filter(|name| !name.is_empty()).collect(), subject: String::new(), rest: false }
}

/// What stands in quotation marks.
fn quoted(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(['"', '\'', '`']) {
        let Some((name, after)) = after.split_once(['"', '\'', '`']) else { break };
        if !name.is_empty() && !name.starts_with('$') {
            found.push(name);
        }
        rest = after;
    }
    found
}

/// Whether a line declares a function or a type: whatever decides outside of it, decides nothing in it.
fn declares(line: &str) -> bool {
    const WORDS: [&str; 9] = ["def", "fn", "func", "fun", "function", "class", "struct", "impl", "interface"];
    line.split(|c: char| !c.is_alphanumeric()).any(|word| WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions() {
        type Read<'t> = (&'t [&'t str], &'t str, bool);
        let cases: [(&str, Option<Read<'_>>); 14] = [
            ("    if vendor == \"acme\":", Some((&["acme"], "vendor", false))),
            ("    elif vendor == 'acme':", Some((&["acme"], "vendor", false))),
            ("  } else if (vendor === \"acme\") {", Some((&["acme"], "vendor", false))),
            ("if vendor != \"acme\" {", None),
            ("if ready() {", None),
            ("case \"acme\": {", Some((&["acme"], "", false))),
            ("  when :acme", Some((&["acme"], "", false))),
            ("  acme|other)", Some((&["acme", "other"], "", false))),
            ("\"acme\" => Some(Endpoint {", Some((&["acme"], "", false))),
            ("Vendor.ACME -> \"", Some((&["Vendor.ACME"], "", false))),
            ("else:", Some((&[], "", true))),
            ("} else {", Some((&[], "", true))),
            ("*)", Some((&[], "", true))),
            ("call(acme)", None),
        ];
        for (line, expected) in cases {
            let found = condition(line, true);
            let found =
                found.as_ref().map(|found| (found.names.as_slice(), found.subject.as_str(), found.rest));
            assert_eq!(found, expected, "{line}");
        }
    }

    #[test]
    fn the_other_side_of_a_condition() {
        let cases: [(&str, Option<&[&str]>); 6] = [
            ("key = env(A) if vendor == \"acme\" else \"", Some(&["acme"])),
            ("other();\nconst key = vendor === \"acme\" ? env.A : \"", Some(&["acme"])),
            ("const key = vendor === \"acme\"\n  ? env.A\n  : \"", Some(&["acme"])),
            ("vendor == \"acme\" ? { key: \"", None),
            ("vendor != \"acme\" ? env.A : \"", None),
            ("key: \"", None),
        ];
        for (before, names) in cases {
            let found = otherwise(before);
            assert_eq!(found.as_ref().map(|found| found.names.as_slice()), names, "{before}");
        }
    }

    #[test]
    fn the_branch_of_a_line() {
        let text = "match x {\n    \"a\" => Some(Endpoint {\n        base: 1,\n        key: V\n    }),\n}\n";
        let at = text.find('V').expect("a value");
        let branch = branch_of(text.as_bytes(), at).expect("it is in an arm");
        assert_eq!((branch.at, branch.column, branch.condition.names), (10, 4, vec!["a"]));
        let text = "if x == \"a\":\n    def f():\n        key = V\n";
        assert_eq!(branch_of(text.as_bytes(), text.find('V').expect("a value")), None);
    }
}
