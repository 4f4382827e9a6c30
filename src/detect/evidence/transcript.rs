//! What a value is that a command printed: the lines of a terminal, as people keep and paste them.
//!
//! Takes the lines above a value, finds the command that it is the answer to.

use bstr::ByteSlice;

use super::{Judge, Speaks, Verdict};
use crate::detect::quote::{self, shown};
use crate::detect::structure::{Bound, Holder};
use crate::finding::Confidence;

/// Most lines of an answer.
const MOST_LINES: usize = 40;
/// Most lines among which other commands are looked for.
const MOST_COMMANDS: usize = 2000;
/// Marks of a terminal before a command.
const PROMPTS: [&str; 5] = ["$ ", "% ", "❯ ", "➜ ", "> "];

impl Judge<'_> {
    /// The variable whose value the command above shows: `echo $NAME`, and the value on the next line, as a remark or not.
    pub(super) fn shown_above(&self) -> Option<Verdict> {
        let own = self.place.levels.first().filter(|own| self.is_value() && own.holder == Holder::Lines)?;
        if !matches!(own.bound, Bound::Spaced | Bound::Alone) {
            return None;
        }
        let line = self.file.line(self.span).trim_ascii_start();
        let remark = line.starts_with(b"#") || own.bound == Bound::Alone;
        let above = self.file.lines_above(self.span).next().filter(|_| remark)?.to_str_lossy();
        let name = variable_shown(&above)?;
        self.by_name(name, |name| format!("it is what {name} has, by the command above"))
    }

    /// The command that the value is an answer to is not about the provider, and another one of the text is.
    pub(super) fn answer_to_another(&self) -> Option<Verdict> {
        let own = self.place.levels.first().filter(|own| self.is_value() && own.holder == Holder::Lines)?;
        if self.speaks(&own.name) == Speaks::Ours || is_command(self.file.line(self.span)) {
            return None;
        }
        let mut above = self.file.lines_above(self.span);
        let command = above.by_ref().take(MOST_LINES).find(|line| is_command(line))?.to_str_lossy();
        let near = self.file.lines_above(self.span).chain(self.file.text.lines()).take(MOST_COMMANDS);
        let mut others = near.filter(|line| is_command(line)).map(ByteSlice::to_str_lossy);
        let elsewhere =
            self.speaks(&command) != Speaks::Ours && others.any(|other| self.speaks(&other) == Speaks::Ours);
        elsewhere
            .then(|| Verdict::new(Confidence::Low, format!("it is the answer to {}", shown(command.trim()))))
    }
}

/// Whether a line is a command behind the mark of a terminal.
fn is_command(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    PROMPTS.iter().any(|prompt| line.starts_with(prompt.as_bytes()))
}

/// The variable that a command shows, and nothing else: `echo "$NAME"`, `printenv NAME`, `echo %NAME%`.
fn variable_shown(line: &str) -> Option<&str> {
    let line = line.trim();
    let command = PROMPTS.iter().find_map(|prompt| line.strip_prefix(prompt)).unwrap_or(line);
    let (program, rest) = command.split_once(' ')?;
    let name = rest.trim().trim_matches(['"', '\'', '{', '}', '$', '%', '`']);
    let name = name.strip_prefix("env:").unwrap_or(name);
    let marked = rest.contains(['$', '%']) || program == "printenv";
    let shows = matches!(program, "echo" | "printenv" | "Write-Output" | "Write-Host" | "print");
    (shows && marked && quote::is_name(name) && !name.contains(char::is_whitespace)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_are_shown() {
        let cases = [
            ("echo $ACME_API_KEY", Some("ACME_API_KEY")),
            ("$ echo \"${ACME_API_KEY}\"", Some("ACME_API_KEY")),
            ("printenv ACME_API_KEY", Some("ACME_API_KEY")),
            ("> echo %ACME_API_KEY%", Some("ACME_API_KEY")),
            ("echo $env:ACME_API_KEY", Some("ACME_API_KEY")),
            ("echo ACME_API_KEY", None),
            ("echo $ONE and $OTHER", None),
            ("cat .env", None),
        ];
        for (line, name) in cases {
            assert_eq!(variable_shown(line), name, "{line}");
        }
    }
}
