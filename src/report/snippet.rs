//! The masked line of a finding under its line number, with carets under the mask.
//!
//! ```text
//!    12 | MISTRAL_API_KEY = "Ab3d…x9Yz"
//!       |                    ^^^^^^^^^
//! ```

use std::collections::VecDeque;
use std::io::{self, Write};

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::paint::Paint;
use super::place::has_lines;
use crate::finding::{Excerpt, Location};
use crate::sanitize;

/// What stands where a line was cut. Not `…`, which is where a secret was.
const CUT: &str = "...";

/// Writes the snippet of a location, no wider than `width` columns, its gutter `gutter` columns wide.
pub(super) fn write(
    location: &Location,
    gutter: usize,
    width: Option<usize>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    if location.excerpt.text.is_empty() {
        return Ok(());
    }
    let number = if has_lines(location) { location.region.start_line.to_string() } else { String::new() };
    let line = Line::of(&location.excerpt, width.map(|width| width.saturating_sub(gutter + 3)));
    let (bar, blank) = (format!("{number:>gutter$} |"), format!("{:gutter$} |", ""));
    writeln!(out, "{} {}{}{}", paint.gutter(&bar), line.before, paint.secret(&line.mask), line.after)?;
    let (indent, carets) = (" ".repeat(line.before.width()), "^".repeat(line.mask.width()));
    if carets.is_empty() {
        return Ok(());
    }
    writeln!(out, "{} {indent}{}", paint.gutter(&blank), paint.secret(&carets))
}

/// How many columns the gutter of a location needs.
pub(super) fn gutter(location: &Location) -> usize {
    if has_lines(location) { location.region.start_line.to_string().len() } else { 0 }
}

/// An excerpt in three visible parts.
struct Line {
    before: String,
    mask: String,
    after: String,
}

impl Line {
    /// Takes an excerpt apart and cuts it to `room` columns; the mask is never cut.
    fn of(excerpt: &Excerpt, room: Option<usize>) -> Line {
        let text = |range: std::ops::Range<usize>| {
            sanitize::visible(excerpt.text.get(range).unwrap_or_default().as_bytes()).into_owned()
        };
        let before = text(0..excerpt.mask.start);
        let mask = text(excerpt.mask.clone());
        let after = text(excerpt.mask.end..excerpt.text.len());
        let room = room.map_or(usize::MAX, |room| room.saturating_sub(mask.width()));
        let widths =
            (before.width() + cut_width(excerpt.cut_left), after.width() + cut_width(excerpt.cut_right));
        let left_room = (room / 2).max(room.saturating_sub(widths.1));
        let right_room = room - left_room.min(widths.0);
        Line {
            before: last(&before, excerpt.cut_left, left_room),
            mask,
            after: first(&after, excerpt.cut_right, right_room),
        }
    }
}

fn cut_width(cut: bool) -> usize {
    if cut { CUT.len() } else { 0 }
}

/// As much of the end of `text` as there is room for, with a sign if something is missing before it.
fn last(text: &str, cut: bool, room: usize) -> String {
    if text.width() + cut_width(cut) <= room {
        return if cut { format!("{CUT}{text}") } else { text.to_owned() };
    }
    let mut kept = VecDeque::new();
    let mut used = CUT.len();
    for character in text.chars().rev() {
        used += character.width().unwrap_or(0);
        if used > room {
            break;
        }
        kept.push_front(character);
    }
    if room < CUT.len() { String::new() } else { CUT.chars().chain(kept).collect() }
}

/// As much of the start of `text` as there is room for, with a sign if something is missing after it.
fn first(text: &str, cut: bool, room: usize) -> String {
    if text.width() + cut_width(cut) <= room {
        return if cut { format!("{text}{CUT}") } else { text.to_owned() };
    }
    let mut kept = String::new();
    let mut used = CUT.len();
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > room {
            break;
        }
        kept.push(character);
    }
    if room < CUT.len() { String::new() } else { kept + CUT }
}
