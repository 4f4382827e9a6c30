//! Which column of a table a value stands in, and what that column is called.
//!
//! Takes a whole text and the place of a value in it; knows tables of Markdown, files of separated values with a header,
//! and tables of AsciiDoc and reStructuredText with a cell on each line; rows of SQL are left to `sql`. Gives the names of
//! column and row; what they mean is asked in `evidence`.

use std::ops::Range;

use bstr::ByteSlice;

use super::lines::{line, line_start, lines_above};
use super::sql;

/// Most lines of a table that are followed up to its header.
pub(super) const MOST_LINES: usize = 400;
/// Most bytes of a line in a table.
pub(super) const LONGEST_LINE: usize = 4096;
/// Most columns.
const MOST_COLUMNS: usize = 64;

/// The name of the column that the value at `span` stands in.
pub(super) fn column(text: &[u8], span: &Range<usize>) -> Option<String> {
    let header = || markdown(text, span).or_else(|| separated(text, span)).or_else(|| spaced(text, span));
    header().or_else(|| sql::column(text, span)).or_else(|| html(text, span))
}

/// The row of a value in a table that has a cell on each line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// What its first cell says.
    pub(super) label: String,
    /// The name of the value's column, if the table has a header.
    pub(super) column: Option<String>,
}

/// The row of the value at `span`, in a table of AsciiDoc (`|cell`) or a list table of reStructuredText (`* - cell`,
/// `- cell`).
pub(super) fn row(text: &[u8], span: &Range<usize>) -> Option<Row> {
    let own = cell_of(line(text, span.start))?;
    let mut above = lines_above(text, span.start).take(MOST_LINES);
    let mut cells: Vec<&[u8]> = Vec::new();
    if own.list {
        loop {
            let cell = cell_of(above.next()?).filter(|cell| cell.list)?;
            cells.push(cell.text);
            if cell.first {
                break;
            }
        }
    } else {
        cells.extend(above.by_ref().map_while(cell_of).map(|cell| cell.text));
    }
    let (index, label) = (cells.len(), name(cells.last()?)?);
    let column = match own.list {
        false => above.find(|line| self::cells(line, b'|').len() > index && line.starts_with(b"|")),
        true => None,
    };
    let column = match (column, own.list) {
        (Some(header), _) => name(self::cells(header, b'|').get(index)?),
        (None, true) => {
            // The first row of the list is the header, where there is one above this row.
            let rows: Vec<Cell<'_>> =
                above.map_while(|line| cell_of(line).filter(|cell| cell.list)).collect();
            let first = rows.iter().rposition(|cell| cell.first)?;
            first.checked_sub(index).and_then(|at| name(rows[at].text))
        }
        (None, false) => None,
    };
    Some(Row { label, column })
}

/// A line that is one cell.
struct Cell<'t> {
    text: &'t [u8],
    /// It is an item of a list.
    list: bool,
    /// It begins a row.
    first: bool,
}

fn cell_of(line: &[u8]) -> Option<Cell<'_>> {
    let line = line.trim_ascii();
    if let Some(text) =
        line.strip_prefix(b"|").filter(|text| !text.contains(&b'|') && !text.starts_with(b"=="))
    {
        return Some(Cell { text, list: false, first: false });
    }
    let (text, first) = match line.strip_prefix(b"* - ") {
        Some(text) => (text, true),
        None => (line.strip_prefix(b"- ")?, false),
    };
    Some(Cell { text, list: true, first })
}

/// In a Markdown table the header stands above the line of dashes.
fn markdown(text: &[u8], span: &Range<usize>) -> Option<String> {
    let (before, line) = line_of(text, span)?;
    let bar = line.trim_ascii_start().starts_with(b"|") || line.trim_ascii_end().ends_with(b"|");
    if !bar {
        return None;
    }
    let index = index(before, b'|');
    let mut above = lines_above(text, span.start).take(MOST_LINES);
    let row = |line: &[u8]| line.len() <= LONGEST_LINE && line.contains(&b'|');
    let dashes = |line: &[u8]| {
        line.contains(&b'-') && line.iter().all(|b| matches!(b, b'|' | b'-' | b':' | b' ' | b'+' | b'\t'))
    };
    above.by_ref().take_while(|line| row(line)).find(|line| dashes(line))?;
    let header = above.next().filter(|line| row(line))?;
    name(cells(header, b'|').get(index)?)
}

/// Whether the value at `span` is all of a cell in a table of Markdown.
pub(super) fn is_cell(text: &[u8], span: &Range<usize>) -> bool {
    let mark = |c: char| matches!(c, '`' | '*' | '_' | ' ');
    text[..span.start].trim_end_with(mark).ends_with(b"|")
        && text[span.end..].trim_start_with(mark).starts_with(b"|")
        && markdown(text, span).is_some()
}

/// In a file of separated values the header is the first line that is no comment.
fn separated(text: &[u8], span: &Range<usize>) -> Option<String> {
    let (names, index) = header_of_separated(text, span)?;
    name(names.get(index)?)
}

/// The names of all columns of a file of separated values, where the value at `span` stands in one.
pub(super) fn columns(text: &[u8], span: &Range<usize>) -> Vec<String> {
    let names = header_of_separated(text, span).map(|(names, _)| names).unwrap_or_default();
    names.into_iter().filter_map(name).collect()
}

/// The header of a file of separated values, and which column of it the value at `span` is in.
fn header_of_separated<'t>(text: &'t [u8], span: &Range<usize>) -> Option<(Vec<&'t [u8]>, usize)> {
    let (before, line) = line_of(text, span)?;
    let header =
        text.lines().take(5).find(|line| !line.trim_ascii().is_empty() && !line.starts_with(b"#"))?;
    let header = header.trim_start_with(|c| c == '\u{feff}');
    if header.len() > LONGEST_LINE || header.as_ptr() == line.as_ptr() {
        return None;
    }
    [b',', b';', b'\t', b'|'].into_iter().find_map(|separator| {
        let names = cells(header, separator);
        let columns = (2..=MOST_COLUMNS).contains(&names.len());
        let words = |cell: &&[u8]| name(cell).is_some();
        if !columns || !names.iter().all(words) || cells(line, separator).len() != names.len() {
            return None;
        }
        Some((names, index(before, separator)))
    })
}

/// In a table that blanks part, as programs print it, the header is the first line of its block. Rows may be numbered.
fn spaced(text: &[u8], span: &Range<usize>) -> Option<String> {
    let (before, line) = line_of(text, span)?;
    let own = spaced_cells(line);
    let index = spaced_cells(before).len();
    let above = lines_above(text, span.start).take(MOST_LINES);
    let header =
        above.take_while(|line| line.len() <= LONGEST_LINE && spaced_cells(line).len() >= 2).last()?;
    let names = spaced_cells(header);
    let numbered = own.first().is_some_and(|first| first.iter().all(u8::is_ascii_digit));
    let without = usize::from(numbered && names.len() + 1 == own.len());
    let fits = names.len() + without == own.len() && (2..=MOST_COLUMNS).contains(&names.len());
    let named = names.iter().all(|cell| name(cell).is_some() && !cell.contains(&b'='));
    name(names.get(index.checked_sub(without)?).filter(|_| fits && named)?)
}

/// The cells of a line that two blanks or more part.
fn spaced_cells(line: &[u8]) -> Vec<&[u8]> {
    line.split_str("  ").map(<[u8]>::trim_ascii).filter(|cell| !cell.is_empty()).collect()
}

/// A table of HTML whose first row has the names.
fn html(text: &[u8], span: &Range<usize>) -> Option<String> {
    let from = span.start.saturating_sub(LONGEST_LINE);
    let before = text[from..span.start].to_ascii_lowercase();
    let row = before.rfind(b"<tr")?;
    let index = before[row..].find_iter(b"<td").count().checked_sub(1)?;
    let table = before[..row].rfind(b"<table")?;
    let head = &before[table..row];
    let names = &text[from + table..][..head.find(b"</tr")?];
    let starts: Vec<usize> =
        head[..names.len()].find_iter(b"<th").filter(|at| !head[*at..].starts_with(b"<thead")).collect();
    let cell = &names[*starts.get(index)?..];
    let cell = &cell[cell.find_byte(b'>')? + 1..];
    name(&cell[..cell.find_byte(b'<')?])
}

/// The line of a value up to it, and all of it; none if it is too long for a table.
pub(super) fn line_of<'t>(text: &'t [u8], span: &Range<usize>) -> Option<(&'t [u8], &'t [u8])> {
    let from = span.start.saturating_sub(LONGEST_LINE);
    let start = from + line_start(&text[from..], span.start - from);
    let rest = &text[span.end..(span.end + LONGEST_LINE).min(text.len())];
    let end = span.end + rest.find_byte(b'\n').unwrap_or(rest.len());
    let whole = start == 0 || text[start - 1] == b'\n';
    whole.then(|| (&text[start..span.start], text[start..end].trim_end_with(|c| c == '\r')))
}

/// The cells of a line; a separator in quotation marks parts none, bars at both ends stand outside.
pub(super) fn cells(line: &[u8], separator: u8) -> Vec<&[u8]> {
    let line = match separator {
        b'|' => {
            let line = line.trim_ascii();
            let line = line.strip_prefix(b"|").unwrap_or(line);
            line.strip_suffix(b"|").filter(|_| line.len() > 1).unwrap_or(line)
        }
        _ => line,
    };
    let mut cells = Vec::new();
    let (mut from, mut quoted) = (0, false);
    for (at, &byte) in line.iter().enumerate() {
        if byte == b'"' && separator != b'|' {
            quoted = !quoted;
        } else if byte == separator && !quoted {
            cells.push(&line[from..at]);
            from = at + 1;
        }
    }
    cells.push(&line[from..]);
    cells
}

/// How many cells stand before the one that a part of a line ends in.
pub(super) fn index(before: &[u8], separator: u8) -> usize {
    // What ends with a separator is followed by a cell.
    let marked = [before, b"x"].concat();
    cells(&marked, separator).len() - 1
}

/// The words of a header's cell; none if it is no name.
pub(super) fn name(cell: &[u8]) -> Option<String> {
    const LONGEST: usize = 40;
    let cell = cell.trim_with(|c| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '*' | '[' | ']'));
    let text = cell.to_str().ok()?;
    let plain = |c: char| c.is_alphabetic() || c.is_ascii_digit() || matches!(c, '_' | '-' | ' ' | '.' | '/');
    let named = text.len() <= LONGEST && text.chars().all(plain) && text.starts_with(char::is_alphabetic);
    named.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_lines_have_names() {
        let cases = [
            ("|a |b\n\n|x\n|`V`\n", Some(("x", Some("b")))),
            ("[cols=\"1,1\"]\n|===\n|x\n|V\n", Some(("x", None))),
            ("   * - a\n     - b\n   * - x\n     - ``V``\n", Some(("x", Some("b")))),
            ("   * - a\n     - b\n     - c\n   * - x\n     - y\n     - V\n", Some(("x", Some("c")))),
            ("- x\n- V\n", None),
            ("|V\n", None),
            ("x\nV\n", None),
        ];
        for (text, expected) in cases {
            let at = text.rfind('V').expect("a value");
            let row = row(text.as_bytes(), &(at..at + 1));
            let row = row.as_ref().map(|row| (row.label.as_str(), row.column.as_deref()));
            assert_eq!(row, expected, "{text}");
        }
    }

    #[test]
    fn columns_have_names() {
        let cases = [
            ("| host | password |\n| --- | --- |\n| a | b |\n| c | `V` |\n", Some("password")),
            ("host | password\n--- | ---\nc | V |\n", Some("password")),
            ("| c | V |\n", None),
            ("ID        NAME\na  b\nV  x\n", Some("ID")),
            ("      doc_id  answer\n0  a  b\n1  V  x\n", Some("doc_id")),
            ("ID  NAME\n\nV  x\n", None),
            ("ID  NAME  AGE\nV  x\n", None),
            ("name,api_key\nx,y\nz,V\n", Some("api_key")),
            ("name;api_key\nx;\"V\"\n", Some("api_key")),
            ("name\tapi key\nx\tV\n", Some("api key")),
            ("name,api_key\nx,y,V\n", None),
            ("x = 1\ny = V\n", None),
            ("\"a, b\",key\n\"c, d\",V\n", None),
            ("insert into t (a, b) values ('x, (y', 'V');", Some("b")),
            ("INSERT INTO `t` (`a`, `b`) VALUES (1, 'x'),\n(2, 'V')", Some("b")),
            ("INSERT INTO t (a, b) VALUES (1, 'x'); f(2, 'V')", None),
            (
                "CREATE TABLE t (a int, b varchar(3), c text);\nINSERT INTO t VALUES (1, 'it''s', 'V')",
                Some("c"),
            ),
            ("INSERT INTO t VALUES (1, 'V')", None),
        ];
        for (text, expected) in cases {
            let at = text.rfind('V').expect("a value");
            assert_eq!(column(text.as_bytes(), &(at..at + 1)).as_deref(), expected, "{text}");
        }
    }
}
