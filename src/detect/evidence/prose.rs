//! What people say of a value in a letter, a chat, a note: "here is the key:", and the value on a line of its own.

use bstr::ByteSlice;

use super::{Judge, Speaks, Verdict};
use crate::detect::lines::line_start;
use crate::detect::quote;
use crate::detect::structure::{Bound, Holder, Level};
use crate::detect::words::words;
use crate::finding::Confidence;

/// Bytes before a value in which it is spoken of.
const BEFORE: usize = 1200;
/// Bytes after it.
const AFTER: usize = 300;
/// Longest line that somebody says.
const LONGEST_LINE: usize = 240;
/// Longest text that is a note.
const LONGEST_NOTE: usize = 4096;
/// Most values that people write down together.
const MOST_VALUES: usize = 4;

impl Judge<'_> {
    /// The value stands alone or at the end of a sentence, in a text that speaks of the provider's key.
    pub(super) fn spoken_of(&self) -> Option<Verdict> {
        let own = self.place.levels.first().filter(|_| self.is_value())?;
        if let Some(theirs) = self.sentence_of_another(own) {
            return Some(theirs);
        }
        let aside = self.is_aside(own);
        let said = aside || is_said(own);
        if !said
            || !self.provider.with.is_empty()
            || self.is_glued()
            || self.are_many()
            || self.says_otherwise(own)
        {
            return None;
        }
        let text = self.file.text;
        let before = &text[self.span.start.saturating_sub(BEFORE)..self.span.start];
        let after = &text[self.span.end..(self.span.end + AFTER).min(text.len())];
        let above = self.until_answered(before.lines().rev());
        // The next heading begins something else.
        let below = after.lines().take_while(|line| !is_heading(line));
        let mut lines = above.into_iter().chain(below).filter(|line| line.len() <= LONGEST_LINE);
        if lines.any(|line| self.speaks_of_key(line)) {
            return Some(Verdict::new(Confidence::Medium, "the text around it speaks of the provider's key"));
        }
        if own.bound == Bound::Alone && self.is_below_our_name() {
            return Some(Verdict::new(
                Confidence::Medium,
                "the line above it names the provider, and nothing else",
            ));
        }
        if self.is_announced_below_heading(own) {
            return Some(Verdict::new(Confidence::Medium, "it is announced below the provider's heading"));
        }
        let mut above = before.lines().rev().take(8);
        let credential = |line: &[u8]| {
            let sentence = line.fields().count() >= 3 && line.len() <= LONGEST_LINE;
            sentence && self.meaning(&line.to_str_lossy()).credential
        };
        let apart = aside && !self.is_aside_of_item() || own.bound == Bound::Alone;
        let note =
            text.len() <= LONGEST_NOTE && apart && !self.is_told_on_its_line() && above.any(credential);
        (note && !self.file.mentions().is_empty()).then(|| {
            Verdict::new(Confidence::Medium, "a short text about the provider speaks of a key above it")
        })
    }

    /// What the value's sentence is about, where that begins behind another one: `done. wifi for the hall is VALUE`.
    fn sentence_of_another(&self, own: &Level) -> Option<Verdict> {
        let sentence = own.name.rsplit(['.', ';', '!', '?']).next()?;
        let said = self.place.is_prose() || own.bound == Bound::Spaced;
        let theirs = said && sentence.len() < own.name.len() && self.speaks(sentence) == Speaks::Others;
        theirs.then(|| {
            Verdict::foreign(format!("its sentence is about {}", self.quoted(sentence, Speaks::Others)))
        })
    }

    /// Whether the line above a value that stands alone says that a credential follows, below a heading of the provider's:
    /// `## Acme`, `API key:`.
    fn is_announced_below_heading(&self, own: &Level) -> bool {
        const MOST: usize = 12;
        let told = |line: &&[u8]| !line.trim_ascii().is_empty() && !line.trim_ascii().starts_with(b"```");
        let mut above = self.file.lines_above(self.span).filter(told).take(MOST);
        let alone = matches!(own.bound, Bound::Alone | Bound::Positional) && own.holder == Holder::Lines;
        let announces = above.next().filter(|_| alone).is_some_and(|line| {
            let line = line.to_str_lossy();
            let meaning = self.meaning(&line);
            line.trim_end().ends_with(':') && meaning.credential && !meaning.specific
        });
        let heading = above.find(|line| line.starts_with(b"#"));
        announces && heading.is_some_and(|line| self.speaks(&line.to_str_lossy()) == Speaks::Ours)
    }

    /// Whether the line above the value is the provider's name, or that of its key, and nothing else.
    fn is_below_our_name(&self) -> bool {
        const MOST_WORDS: usize = 4;
        let mut above = self.file.lines_above(self.span).take(2).map(|line| line.to_str_lossy());
        above.find(|line| !line.trim().is_empty()).is_some_and(|line| {
            let name = line.trim_matches(|c: char| !c.is_alphanumeric());
            let plain = name.split_whitespace().all(is_plain) && words(name).len() <= MOST_WORDS;
            plain && self.speaks(name) == Speaks::Ours && self.is_named(name)
        })
    }

    /// Whether the value's line says of which thing of its own the credential is: `Acme website token (VALUE)`.
    fn is_told_on_its_line(&self) -> bool {
        let text = self.file.text;
        let line = text[line_start(text, self.span.start)..self.span.start].to_str_lossy();
        let line = self.without_value(&line);
        let said: Vec<&str> = line.split_whitespace().collect();
        let last = said.iter().rposition(|word| self.meaning(word).credential);
        last.is_some_and(|last| last >= 2 && self.meaning(said[last - 1]).specific)
    }

    /// The lines above a value up to one that speaks of the provider's key and gives it, where something else was said since.
    fn until_answered<'t>(&self, lines: impl Iterator<Item = &'t [u8]>) -> Vec<&'t [u8]> {
        let value = |run: &[u8]| run.len() == self.span.len();
        let has_value = |line: &[u8]| line.split(|b| !b.is_ascii_alphanumeric()).any(value);
        let mut changed = false;
        let open = lines.enumerate().take_while(|(distance, line)| {
            let given = has_value(line);
            // What stands before the value on its own line changes no subject.
            changed |= *distance > 0 && !given && !line.trim_ascii().is_empty();
            !(changed && given && line.len() <= LONGEST_LINE && self.speaks_of_key(line))
        });
        open.map(|(_, line)| line).collect()
    }

    /// Whether a sentence has the provider's name and the word for a credential together.
    fn speaks_of_key(&self, line: &[u8]) -> bool {
        let line = line.to_str_lossy();
        // A statement says nothing: `const key = 'ACME';`
        if line.trim_end().ends_with(';') && line.contains('=') {
            return false;
        }
        let words: Vec<&str> =
            line.split_whitespace().map(|word| if is_plain(word) { word } else { "." }).collect();
        words.windows(4.min(words.len()).max(1)).any(|near| {
            let near = near.join(" ");
            self.speaks(&near) == Speaks::Ours && self.meaning(&near).credential
        })
    }

    /// Whether the text above a table, in which the value stands in a column of credentials, speaks of the provider's.
    pub(super) fn is_introduced(&self) -> bool {
        const MOST_ROWS: usize = 100;
        const MOST_LINES: usize = 3;
        let above = self.file.lines_above(self.span).take(MOST_ROWS);
        let mut above = above.skip_while(|line| line.contains(&b'|')).filter(|line| !line.trim().is_empty());
        self.file.line(self.span).contains(&b'|')
            && self.column_name().is_some_and(|column| self.meaning(column).credential)
            && above
                .by_ref()
                .take(MOST_LINES)
                .any(|line| line.len() <= LONGEST_LINE && self.speaks_of_key(line))
    }

    /// Whether a value stands in brackets in a sentence, which may begin on the line above: `the new one (VALUE) is in the vault`.
    fn is_aside(&self, own: &Level) -> bool {
        const SHORTEST: usize = 4;
        const CODE: [char; 11] = ['{', '}', '[', ']', '=', ';', '"', '<', '>', '$', '_'];
        let line = self.file.line(self.span).to_str_lossy();
        let opened = line.trim_start().starts_with('(');
        let inside = matches!(own.holder, Holder::Call | Holder::Group) && line.contains(['(', '（']);
        let bracket = inside || opened;
        let above = self.file.lines_above(self.span).next().filter(|_| opened).unwrap_or_default();
        let above = above.to_str_lossy();
        let code = [&line, &above].iter().any(|line| line.contains(CODE));
        let words = above.split_whitespace().chain(line.split_whitespace());
        bracket && !code && words.filter(|word| is_plain(word)).count() >= SHORTEST
    }

    /// Whether the value is an aside in an item of a list that speaks of no credential: `- the modem was changed (VALUE)`.
    fn is_aside_of_item(&self) -> bool {
        const FEWEST: usize = 2;
        let line = self.file.line(self.span).to_str_lossy();
        let item = line.trim_start().strip_prefix(['-', '*', '•']).filter(|item| item.starts_with(' '));
        item.is_some_and(|item| {
            let said = item.split(['(', '（']).next().unwrap_or_default();
            words(said).len() >= FEWEST && !self.meaning(said).credential
        })
    }

    /// Whether the line of the value, or the one above a value that stands alone, says that it is something else.
    fn says_otherwise(&self, own: &Level) -> bool {
        if self.is_of_other_paragraph() || self.is_in_row_of_another() {
            return true;
        }
        // `Wifi: guests / password: VALUE`
        let line =
            self.file.text[line_start(self.file.text, self.span.start)..self.span.start].to_str_lossy();
        let sentence = line.len() <= LONGEST_LINE && self.speaks(&line) != Speaks::Ours;
        if sentence && (self.meaning(&line).purpose || self.speaks(&line) == Speaks::Others) {
            return true;
        }
        let label = self.place.label.as_deref().unwrap_or_default();
        let above = self.file.lines_above(self.span);
        let above = above.filter(|line| !line.trim().is_empty() && line.len() <= LONGEST_LINE).take(3);
        let mut above =
            above.map(|line| line.to_str_lossy()).take_while(|line| self.speaks(line) != Speaks::Ours);
        above.any(|line| self.meaning(&line).purpose)
            || [own.name.as_str(), own.head.as_str(), label].into_iter().any(|name| {
                let meaning = self.meaning(name);
                meaning.plain.is_some()
                    || meaning.identifier
                    || meaning.purpose
                    || self.speaks(name) == Speaks::Others
            })
    }

    /// Whether the value's line begins with a title of its own, or is an item of a list, that is about something else:
    /// `**What is the code?** …`.
    fn is_of_other_paragraph(&self) -> bool {
        let line = self.file.line(self.span).to_str_lossy();
        let said = line.trim_start();
        let title = said.strip_prefix("**").and_then(|rest| rest.split_once("**"));
        let title = title.filter(|(_, rest)| rest.split_whitespace().count() >= 3).map(|(title, _)| title);
        let item = || said.strip_prefix("* ").or_else(|| said.strip_prefix("- "))?.rsplit_once(": ");
        let item = || item().map(|(item, _)| item).filter(|item| words(item).len() >= 3);
        title.or_else(item).is_some_and(|title| {
            let meaning = self.meaning(title);
            words(title).len() >= 2
                && self.speaks(&line) != Speaks::Ours
                && (!meaning.credential || meaning.specific)
        })
    }

    /// Whether the value's line is a row of words in columns that begins with what it is of: `Some Software    VALUE`.
    fn is_in_row_of_another(&self) -> bool {
        const GAP: usize = 2;
        let text = self.file.text;
        let before = text[line_start(text, self.span.start)..self.span.start].to_str_lossy();
        let label = before.trim_end();
        let apart =
            before.len() - label.len() >= GAP && !label.trim().is_empty() && !label.ends_with([':', '=']);
        apart && self.speaks(label) != Speaks::Ours && !self.meaning(label).credential
    }

    /// Whether the text has more values of the same form than people write down together.
    pub(super) fn are_many(&self) -> bool {
        self.values() > MOST_VALUES
    }

    /// How many values of the same form the text has, as far as it matters.
    fn values(&self) -> usize {
        *self.file.values.get_or_init(|| {
            let runs = self.file.text.split(|b| !b.is_ascii_alphanumeric());
            runs.filter(|run| self.is_alike(run)).take(MOST_VALUES + 1).count()
        })
    }
}

/// Whether a line is a heading of Markdown.
fn is_heading(line: &[u8]) -> bool {
    let marks = line.iter().take_while(|b| **b == b'#').count();
    (2..=6).contains(&marks) && line.get(marks) == Some(&b' ')
}

/// Whether a value stands on a line of its own, or behind words that are no name.
fn is_said(own: &Level) -> bool {
    let words = own.name.split_whitespace().count();
    // The time that something is said at is no name.
    let name = |word: &str| quote::is_name(word) && word.contains(char::is_alphabetic);
    let sentence = words >= 2 && !quote::tokens(&own.name).any(name);
    match own.bound {
        Bound::Alone => own.holder == Holder::Lines,
        // The text of a message in an export.
        Bound::Assigned if own.holder == Holder::Group && is_message(&own.name) => true,
        Bound::Spaced | Bound::Assigned => sentence,
        _ => false,
    }
}

/// Whether a word is one that people say, and no name of a variable or address.
fn is_plain(word: &str) -> bool {
    word.trim_matches(|c: char| !c.is_alphanumeric()).chars().all(char::is_alphabetic)
}

/// Whether a field is called as the text of a message is.
fn is_message(name: &str) -> bool {
    quote::tokens(name)
        .last()
        .is_some_and(|name| matches!(name, "text" | "message" | "content" | "body" | "msg"))
}
