//! The few colours of the text report, or none.

use anstyle::{AnsiColor, Style};

use crate::finding::Severity;

/// Paints text, or leaves it plain.
#[derive(Clone, Copy)]
pub(super) struct Paint {
    /// Whether the output is for eyes that see colours.
    pub(super) color: bool,
}

impl Paint {
    fn with(self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Where something is.
    pub(super) fn place(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    /// What is there to be found if wanted: gutters, asides.
    pub(super) fn dim(self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    /// A line-number gutter.
    pub(super) fn gutter(self, text: &str) -> String {
        self.with(AnsiColor::Blue.on_default().bold(), text)
    }

    /// The secret's mask and what points to it.
    pub(super) fn secret(self, text: &str) -> String {
        self.with(AnsiColor::Red.on_default().bold(), text)
    }

    /// Something that is as it should be.
    pub(super) fn good(self, text: &str) -> String {
        self.with(AnsiColor::Green.on_default().bold(), text)
    }

    /// Something that needs a look.
    pub(super) fn warning(self, text: &str) -> String {
        self.with(AnsiColor::Yellow.on_default().bold(), text)
    }

    /// Something as grave as that.
    pub(super) fn severity(self, severity: Severity, text: &str) -> String {
        match severity {
            Severity::Critical | Severity::High => self.secret(text),
            Severity::Medium => self.warning(text),
            Severity::Low => self.with(AnsiColor::Cyan.on_default(), text),
        }
    }
}
