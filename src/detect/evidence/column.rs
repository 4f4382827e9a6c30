//! What the header of a table's column says of a value in it.

use bstr::ByteSlice;

use super::{Judge, Speaks, Verdict};
use crate::detect::quote::shown;
use crate::detect::sql;
use crate::detect::structure::{Bound, Holder};
use crate::detect::table;
use crate::detect::window::Window;
use crate::detect::words::{Field, field, names_thing, words};
use crate::finding::Confidence;

impl Judge<'_> {
    /// The column that the value stands in is called what the value is, or what it is not.
    pub(super) fn column(&self) -> Option<Verdict> {
        if let Some(row) = self.row() {
            return Some(row);
        }
        let name = self.column_name().filter(|name| !self.is_told_by_row(name))?;
        let meaning = self.meaning(name);
        if meaning.purpose
            || meaning.account
            || meaning.plain.is_some() && (meaning.identifier || !meaning.credential)
        {
            return Some(Verdict::new(
                Confidence::Low,
                format!("its column is {}: no credential", shown(name)),
            ));
        }
        if let Some(thing) = self.thing_of_row(name) {
            return Some(Verdict::new(Confidence::Low, format!("it is the {} of a {thing}", shown(name))));
        }
        let speaks = self.speaks(name);
        if speaks == Speaks::Nobody
            && let Some(host) = self.address_in_row()
        {
            return Some(Verdict::foreign(format!("its row is that of {host}")));
        }
        match speaks {
            Speaks::Ours => self.by_name(name, |name| format!("it stands in the column {name}")),
            Speaks::Others => {
                Some(Verdict::foreign(format!("its column is {}, another service's", shown(name))))
            }
            Speaks::Nobody if self.is_in_column_of_something_else(name) => {
                let reason = format!("its column is {}, which is no name of a credential", shown(name));
                Some(Verdict::new(Confidence::Low, reason))
            }
            Speaks::Nobody if self.is_introduced() => Some(Verdict::new(
                Confidence::Medium,
                "the text above its table speaks of the provider's key",
            )),
            Speaks::Nobody => self.is_of_other_row(name).map(|reason| Verdict::new(Confidence::Low, reason)),
        }
    }

    /// Why the value, in a column that names nobody, is not that of a row of the provider's, if so.
    fn is_of_other_row(&self, column: &str) -> Option<String> {
        if self.is_row_with_us_as(is_of_people) {
            return Some("its row is that of somebody called so".to_owned());
        }
        if self.is_row_with_us_as(names_thing) {
            return Some("its row is that of a thing called so".to_owned());
        }
        let own = self.meaning(column).credential && self.is_specific_name(column);
        if own && self.is_row_with_us_as(is_of_no_vendor) {
            return Some(format!("its column {} is not for what the row is of", shown(column)));
        }
        // A column with many of them is one of identifiers, unless each row says whose it is.
        if self.are_many() && !self.has_vendor_beside(self.place.levels.first()?) {
            return Some(format!("its column {} has many such values", shown(column)));
        }
        if self.is_row_beside_ours() {
            return Some("another row of its table is that of the provider".to_owned());
        }
        self.are_others_rows()
            .then(|| format!("its column {} has such values in rows of others", shown(column)))
    }

    /// Whether the row names a credential of the provider's, in a column that does not say what its cells are.
    fn is_told_by_row(&self, column: &str) -> bool {
        let meaning = self.meaning(column);
        let line = self.file.line(self.span).to_str_lossy();
        (meaning.account || meaning.plain.is_some())
            && line.contains('|')
            && line.split('|').any(|cell| self.names_credential_of_ours(cell))
    }

    /// What the rows of the table are that SQL inserts the value into, where each has a token of its own.
    fn thing_of_row(&self, column: &str) -> Option<String> {
        let table = sql::table(self.file.text, self.span)?;
        self.meaning(&format!("{table} {column}")).identifier.then_some(table)
    }

    /// Whether the value's column is called something else than a credential, and another column of the table is called
    /// one, or says whose the row is.
    fn is_in_column_of_something_else(&self, name: &str) -> bool {
        const FEWEST: usize = 3;
        let meaning = self.meaning(name);
        let other = || {
            let columns = table::columns(self.file.text, self.span);
            let told = |name: &String| self.meaning(name).credential || field(name) == Field::Vendor;
            columns.len() >= FEWEST && columns.iter().any(told) || table::is_cell(self.file.text, self.span)
        };
        let called = meaning.specific && !meaning.credential && !meaning.transparent;
        let alike = || self.file.text.lines().filter(|line| self.has_alike(line)).take(FEWEST).count();
        called && (other() || alike() == FEWEST && self.is_row_with_us_as(is_of_no_vendor))
    }

    /// The host of the address that is a cell of the row, where that is not the provider's.
    fn address_in_row(&self) -> Option<String> {
        let line = self.file.line(self.span).to_str_lossy();
        // Of a file of separated values: elsewhere, a line may have many rows.
        if self.host_in(&line).is_some() || table::columns(self.file.text, self.span).is_empty() {
            return None;
        }
        let cells =
            line.split([',', ';', '|', '\t']).map(|cell| cell.trim_matches([' ', '"', '`', '\'', '<', '>']));
        cells
            .filter(|cell| cell.starts_with("http") && !cell.contains(' '))
            .find_map(|cell| self.host_elsewhere(cell))
    }

    /// Whether the provider's name stands in the row as that of something else: in columns of such names.
    fn is_row_with_us_as(&self, is_of: impl Fn(&str) -> bool) -> bool {
        let line = self.file.line(self.span);
        let start = line.as_ptr().addr() - self.file.text.as_ptr().addr();
        let mut own = self.file.mentions().iter().filter(|&&at| (start..start + line.len()).contains(&at));
        let named =
            |&at: &usize| table::column(self.file.text, &(at..at + 1)).is_some_and(|name| is_of(&name));
        own.next().is_some_and(named) && own.all(named)
    }

    /// Whether rows that say nothing of the provider have values of the same form, and this one does not name it alone.
    fn are_others_rows(&self) -> bool {
        const MOST_ROWS: usize = 50;
        const OTHERS: usize = 3;
        let own = String::from_utf8_lossy(self.file.line(self.span)).into_owned();
        let named = own.split(is_separator).any(|cell| match words(cell).len() {
            0..=2 if self.is_vendor(cell.trim()) => !cell.contains('_'),
            _ => self.names_credential_of_ours(cell),
        });
        let speaks = self.speaks(&own) == Speaks::Ours;
        let rows = self.file.text.lines().take(MOST_ROWS).filter(|line| self.has_alike(line));
        let others = rows
            .filter(|line| !(speaks && *line == own.as_bytes()))
            .filter(|line| !self.is_row_of_ours(&line.to_str_lossy()));
        !named && others.take(OTHERS).count() == OTHERS
    }

    /// Whether a statement of SQL inserts a row with such a value that names the provider, and the value's own does not.
    fn is_row_beside_ours(&self) -> bool {
        const MOST_ROWS: usize = 50;
        let names =
            |line: &[u8]| line.to_str_lossy().split(is_separator).any(|cell| self.is_vendor(string(cell)));
        let inserts = |line: &[u8]| {
            let start = line.trim_ascii_start().get(..6);
            start.is_some_and(|start| start.eq_ignore_ascii_case(b"insert")) && self.has_alike(line)
        };
        let own = self.file.line(self.span);
        let mut rows = self.file.text.lines().take(MOST_ROWS).filter(|line| inserts(line));
        inserts(own) && !names(own) && rows.any(names)
    }

    /// Whether a row names the provider: in a cell of a few words, or of a credential of its, and not in a sentence.
    fn is_row_of_ours(&self, row: &str) -> bool {
        let short = |cell: &str| words(cell).len() <= 2 && self.speaks(cell) == Speaks::Ours;
        row.split(is_separator).any(|cell| short(cell) || self.names_credential_of_ours(cell))
    }

    /// Whether a cell names a credential of the provider's, and is no sentence about one.
    fn names_credential_of_ours(&self, cell: &str) -> bool {
        const MOST_WORDS: usize = 4;
        let meaning = self.meaning(cell);
        meaning.credential && words(cell).len() <= MOST_WORDS && self.speaks(cell) == Speaks::Ours
    }

    /// The row that the value stands in begins with the provider's name, or with another's.
    fn row(&self) -> Option<Verdict> {
        let own = self.place.levels.first().filter(|own| self.is_value() && own.holder == Holder::Lines)?;
        let row = table::row(self.file.text, self.span).filter(|_| own.bound != Bound::Assigned)?;
        if row.column.is_some_and(|column| {
            let meaning = self.meaning(&column);
            meaning.purpose || meaning.plain.is_some()
        }) {
            return None;
        }
        let shown = shown(&row.label);
        match self.speaks(&row.label) {
            Speaks::Ours if self.is_named(&row.label) => {
                Some(Verdict::new(Confidence::High, format!("it stands in the row of {shown}")))
            }
            Speaks::Others => Some(Verdict::foreign(format!("it stands in the row of {shown}"))),
            Speaks::Ours | Speaks::Nobody => None,
        }
    }

    /// The name of the value's column in the table that the file is or, where that has its line ends escaped, a string in it.
    fn column_around(&self) -> Option<String> {
        let (text, span) = (self.file.text, self.span);
        table::column(text, span).or_else(|| {
            let (text, span) = Window::of_lines(text, span)?.with(&text[span.clone()]);
            table::column(&text, &span)
        })
    }

    /// Whether the row of a table begins with the name that a credential of something else has in a program.
    pub(super) fn is_in_row_of_name(&self) -> bool {
        let row = || self.file.line(self.span).to_str_lossy().into_owned();
        table::is_cell(self.file.text, self.span)
            && row().split('|').map(|cell| cell.trim_matches([' ', '`', '*'])).any(|name| {
                let constant =
                    name.contains('_') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
                constant && self.is_specific_name(name) && self.meaning(name).credential
            })
    }

    /// The name of the value's column, if it stands in a table with names; looked up once.
    pub(super) fn column_name(&self) -> Option<&str> {
        self.column
            .get_or_init(|| {
                let own = self.place.levels.first()?;
                let cell = self.is_value()
                    && matches!(own.bound, Bound::Positional | Bound::Alone | Bound::Spaced | Bound::Element)
                    && matches!(own.holder, Holder::Lines | Holder::Group | Holder::Call);
                if cell { self.column_around() } else { None }
            })
            .as_deref()
    }
}

/// Whether a column says nothing of who gives what stands beside it: neither whose, nor what it is called, nor where.
fn is_of_no_vendor(column: &str) -> bool {
    const SAYS: [&str; 7] = ["name", "service", "platform", "backend", "engine", "integration", "connector"];
    let label = || words(column).last().is_some_and(|word| SAYS.contains(&word.as_str()));
    match field(column) {
        Field::Vendor | Field::Address => false,
        Field::Label => !label(),
        _ => true,
    }
}

/// Whether a column is one of people's names.
fn is_of_people(column: &str) -> bool {
    const NAMES: [&str; 12] = [
        "surname",
        "lastname",
        "firstname",
        "forename",
        "nachname",
        "vorname",
        "familienname",
        "prenom",
        "prénom",
        "apellido",
        "apellidos",
        "cognome",
    ];
    let words = words(column);
    let pair =
        words.len() == 2 && words[1] == "name" && matches!(words[0].as_str(), "last" | "first" | "family");
    pair || words.iter().any(|word| NAMES.contains(&word.as_str()))
}

/// What a cell of SQL says, without its quotation marks: `N'text'`.
fn string(cell: &str) -> &str {
    let cell = cell.trim();
    cell.strip_prefix("N'").unwrap_or(cell).trim_matches('\'')
}

/// Whether a character parts the cells of a row.
fn is_separator(c: char) -> bool {
    matches!(c, ',' | ';' | '|' | '\t' | '(' | ')')
}
