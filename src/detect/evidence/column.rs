//! What the header of a table's column says of a value in it.

use super::{Judge, Speaks, Verdict};
use crate::detect::quote::shown;
use crate::detect::structure::{Bound, Holder};
use crate::detect::table;
use crate::finding::Confidence;

impl Judge<'_> {
    /// The column that the value stands in is called what the value is, or what it is not.
    pub(super) fn column(&self) -> Option<Verdict> {
        if let Some(row) = self.row() {
            return Some(row);
        }
        let name = self.column_name()?;
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
        match self.speaks(name) {
            Speaks::Ours => self.by_name(name, |name| format!("it stands in the column {name}")),
            Speaks::Others => {
                Some(Verdict::foreign(format!("its column is {}, another service's", shown(name))))
            }
            // A column with many of them is one of identifiers, unless each row says whose it is.
            Speaks::Nobody if self.are_many() && !self.has_vendor_beside(self.place.levels.first()?) => {
                let reason = format!("its column {} has many such values", shown(name));
                Some(Verdict::new(Confidence::Low, reason))
            }
            Speaks::Nobody => None,
        }
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

    /// The name of the value's column, if it stands in a table with names; looked up once.
    pub(super) fn column_name(&self) -> Option<&str> {
        self.column
            .get_or_init(|| {
                let own = self.place.levels.first()?;
                let cell = self.is_value()
                    && matches!(own.bound, Bound::Positional | Bound::Alone | Bound::Spaced)
                    && matches!(own.holder, Holder::Lines | Holder::Group | Holder::Call);
                if cell { table::column(self.file.text, self.span) } else { None }
            })
            .as_deref()
    }
}
