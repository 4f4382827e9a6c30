//! The formats by name, and the one place that calls them.

use std::io::{self, Write};

use super::text::{self, TextOptions};
use super::{Report, json, jsonl, sarif};

/// A format a report can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// For people.
    Text,
    /// One object.
    Json,
    /// One object a line.
    Jsonl,
    /// For code scanning.
    Sarif,
}

/// Names that are reserved for formats to come.
const PLANNED: [&str; 4] = ["gitlab", "github", "junit", "html"];

/// Why a name is no format. The name is repeated only where it is one of ours: what was typed in its place may be
/// anything, a key too.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownFormat {
    /// A format to come.
    #[error("the format {0} is planned, and not available in this version; there are {known}", known = known())]
    Planned(&'static str),
    /// Something else.
    #[error("unknown format; there are {known}", known = known())]
    Unknown,
}

impl Format {
    /// Every format, the default one first.
    pub const ALL: &'static [Format] = &[Format::Text, Format::Json, Format::Jsonl, Format::Sarif];

    /// The word for it on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
            Format::Jsonl => "jsonl",
            Format::Sarif => "sarif",
        }
    }

    /// The format of that name.
    ///
    /// # Errors
    ///
    /// For any other name, and for the reserved ones.
    pub fn parse(name: &str) -> Result<Format, UnknownFormat> {
        let known = Format::ALL.iter().find(|format| format.name() == name);
        let planned = PLANNED.iter().find(|planned| **planned == name);
        known
            .copied()
            .ok_or_else(|| planned.map_or(UnknownFormat::Unknown, |name| UnknownFormat::Planned(name)))
    }

    /// Writes a report. Of the options, formats for machines heed `reveal` alone.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn write(self, report: &Report, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Format::Text => text::write(report, options, out),
            Format::Json => json::write(report, options.reveal, out),
            Format::Jsonl => jsonl::write(report, options.reveal, out),
            Format::Sarif => sarif::write(report, out),
        }
    }
}

/// The names of all formats, for a sentence.
fn known() -> String {
    Format::ALL.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for format in Format::ALL {
            assert_eq!(Format::parse(format.name()), Ok(*format));
        }
        for name in PLANNED {
            assert_eq!(Format::parse(name), Err(UnknownFormat::Planned(name)));
        }
        for name in ["", "JSON", "xml", "text "] {
            assert_eq!(Format::parse(name), Err(UnknownFormat::Unknown));
        }
    }

    #[test]
    fn errors_say_what_there_is_and_repeat_nothing() {
        let error = Format::parse("junit").expect_err("planned");
        assert!(
            error.to_string().starts_with("the format junit is planned, and not available in this version")
        );
        let error = Format::parse("hunter2").expect_err("unknown").to_string();
        assert!(error.contains("text, json, jsonl") && !error.contains("hunter2"), "{error}");
    }
}
