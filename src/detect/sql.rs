//! Rows that SQL gives a table: which table it is, and what the column of a value is called; statements that make credentials.
//!
//! Takes a whole text and the place of a value in it, as `table` does.

use std::ops::Range;

use bstr::ByteSlice;

use super::lines::lines_above;
use super::table::{LONGEST_LINE, MOST_LINES, cells, index, line_of, name};

/// Most bytes of SQL between a value and the names of its columns.
const MOST_SQL: usize = 1 << 16;

/// The name of the column that the value at `span` stands in, in a row that is inserted or copied.
pub(super) fn column(text: &[u8], span: &Range<usize>) -> Option<String> {
    inserted(text, span).or_else(|| copied(text, span))
}

/// A row of `INSERT INTO t (a, b) VALUES (…), (…)`; without the names those of `CREATE TABLE t (…)`.
fn inserted(text: &[u8], span: &Range<usize>) -> Option<String> {
    let before = &text[span.start.saturating_sub(MOST_SQL)..span.start];
    // In a row, quotation marks or commas stand around a value.
    if !matches!(before.trim_ascii_end().last(), Some(b'\'' | b'"' | b',' | b'(')) {
        return None;
    }
    let values = rfind_word(before, "values")?;
    let index = row_index(&before[values + "values".len()..])?;
    let head = &before[..values];
    let insert = rfind_word(head, "insert").filter(|at| values - at <= LONGEST_LINE)?;
    let head = after_insert(&head[insert..]);
    let columns = head.find_byte(b'(').map(|open| &head[open + 1..]);
    let table = head.trim_ascii_start();
    let table = &table[..table.iter().position(|b| matches!(b, b' ' | b'(' | b'\n')).unwrap_or(table.len())];
    match columns {
        Some(columns) => name(cells(columns.trim_ascii_end().strip_suffix(b")")?, b',').get(index)?),
        None => created(before, table, index),
    }
}

/// The table that SQL inserts the value into, which stands in one of its rows.
pub(super) fn table(text: &[u8], span: &Range<usize>) -> Option<String> {
    let before = &text[span.start.saturating_sub(MOST_SQL)..span.start];
    let statement = after_insert(&before[rfind_word(before, "insert")?..]);
    // Nothing else was said since.
    let ended = statement.find_iter(b";\n").chain(statement.find_iter(b"\n\n")).next();
    let table = statement.trim_ascii_start();
    let end = table.iter().position(|b| matches!(b, b' ' | b'(' | b'\n'))?;
    // `[dbo].[t]`
    let table = table[..end].rsplit(|b| *b == b'.').next()?;
    name(table.trim_with(|c| matches!(c, '[' | ']'))).filter(|_| ended.is_none())
}

/// What follows `insert`, or `insert into`.
fn after_insert(statement: &[u8]) -> &[u8] {
    let rest = statement["insert".len()..].trim_ascii_start();
    match rest.get(..4) {
        Some(into) if into.eq_ignore_ascii_case(b"into") => rest[4..].trim_ascii_start(),
        _ => rest,
    }
}

/// A row between `COPY t (a, b) FROM stdin;` and the line that ends it.
fn copied(text: &[u8], span: &Range<usize>) -> Option<String> {
    let (before, line) = line_of(text, span)?;
    let above = lines_above(text, span.start).take(MOST_LINES);
    let mut above = above.take_while(|row| !row.starts_with(b"\\.")).skip_while(|row| row.contains(&b'\t'));
    let statement = above.next().filter(|head| line.contains(&b'\t') && head.len() <= LONGEST_LINE)?;
    let columns = statement.strip_prefix(b"COPY ").or_else(|| statement.strip_prefix(b"copy "))?;
    let columns = &columns[columns.find_byte(b'(')? + 1..];
    name(cells(&columns[..columns.find_byte(b')')?], b',').get(index(before, b'\t'))?)
}

/// The name of a column in the order in which a table was created with them.
fn created(text: &[u8], table: &[u8], index: usize) -> Option<String> {
    let quotes = |c| matches!(c, '`' | '"' | '[' | ']');
    let table = table.trim_with(quotes).to_ascii_lowercase();
    let lower = text.to_ascii_lowercase();
    let at = lower.find_iter(b"create table").filter(|at| {
        let rest = lower[at + "create table".len()..].trim_ascii_start();
        let rest = rest.strip_prefix(b"if not exists").unwrap_or(rest).trim_ascii_start();
        rest.trim_start_with(quotes).starts_with(&table)
    });
    let rest = &text[at.last()?..];
    let open = rest.find_byte(b'(')? + 1;
    let mut depth = 0_usize;
    let mut columns = vec![Vec::new()];
    for &byte in &rest[open..] {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => break,
            b')' => depth -= 1,
            b',' if depth == 0 => {
                columns.push(Vec::new());
                continue;
            }
            _ => {}
        }
        columns.last_mut()?.push(byte);
    }
    name(columns.get(index)?.split(u8::is_ascii_whitespace).find(|word| !word.is_empty())?)
}

/// How many values stand before the one at the end of `rows`, in its row; none if it stands in none.
fn row_index(rows: &[u8]) -> Option<usize> {
    let (mut index, mut inside, mut quoted, mut escaped) = (0, 0_usize, false, false);
    for &byte in rows {
        if escaped {
            escaped = false;
            continue;
        }
        match byte {
            b'\\' if quoted => escaped = true,
            b'\'' => quoted = !quoted,
            _ if quoted => {}
            b';' => return None,
            b'(' => {
                inside += 1;
                index = if inside == 1 { 0 } else { index };
            }
            b')' => inside = inside.checked_sub(1)?,
            b',' if inside == 1 => index += 1,
            _ => {}
        }
    }
    (inside == 1).then_some(index)
}

/// Where a word stands last, all small or all capital.
fn rfind_word(text: &[u8], word: &str) -> Option<usize> {
    // To see that a word is not there at all takes a tenth of the time from the front.
    let last = |word: &str| text.find(word).and_then(|_| text.rfind(word));
    last(word).max(last(&word.to_ascii_uppercase()))
}

/// The first line of the SQL statement that `text` ends in, where that makes or changes a credential.
pub(super) fn makes_credential(text: &[u8]) -> Option<String> {
    const LONGEST: usize = 600;
    const MADE: [&str; 4] = ["secret", "credential", "connection", "user mapping"];
    let from = text.len().saturating_sub(LONGEST);
    let start = text[from..].iter().rposition(|&b| b == b';').map_or(from, |end| from + end + 1);
    let statement = String::from_utf8_lossy(text[start..].trim_ascii_start()).into_owned();
    let line = statement.lines().next()?;
    let lower = line.to_ascii_lowercase();
    let makes = ["create ", "alter "].iter().any(|verb| lower.starts_with(verb));
    (makes && MADE.iter().any(|made| lower.contains(&format!(" {made} ")))).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_a_row_is_told() {
        let cases = [
            ("INSERT INTO `t` (`a`, `b`) VALUES\n(1, 'V')", Some("t")),
            ("insert into t values (1, 'V')", Some("t")),
            ("INSERT [dbo].[t] ([a]) VALUES ('V')", Some("t")),
            ("INSERT INTO t VALUES (1);\nSELECT 'V'", None),
            ("x = 'V'", None),
        ];
        for (text, expected) in cases {
            let at = text.rfind('V').expect("a value");
            assert_eq!(table(text.as_bytes(), &(at..at + 1)).as_deref(), expected, "{text}");
        }
    }
}
