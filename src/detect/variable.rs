//! The variables of a text that a name's value is read into, and what becomes of them there.
//!
//! Takes a variable and the place where it is given the value; follows it through the text as far as it means that value.
//! Which names are read, and where, is found in `reference`.

use std::collections::HashMap;
use std::ops::Range;

use super::declaration::given;
use super::reference::{MOST_READS, Purpose, is_read, place_of, unknown};
use super::{Detector, Views};

/// Most places where one variable is looked at.
const MOST_USES: usize = 50;

/// The variables of a text that names were read into, and what becomes of them.
#[derive(Default)]
pub(super) struct Variables {
    purposes: HashMap<(String, Range<usize>), Option<Purpose>>,
    /// Where each is given a value, and where it is read.
    places: HashMap<String, (Vec<usize>, Vec<usize>)>,
    /// Places that were looked at.
    looked_at: usize,
}

impl Variables {
    /// How many places were looked at so far.
    pub(super) fn looked_at(&self) -> usize {
        self.looked_at
    }

    /// Where a variable means what it is given at `from`: everywhere, or until it is given something else once it was read.
    fn scope(&mut self, text: &[u8], variable: &str, from: usize) -> Range<usize> {
        let (given, read) = self.places.entry(variable.to_owned()).or_insert_with(|| {
            let places = || memchr::memmem::find_iter(text, variable).map(|at| at..at + variable.len());
            let read = places().filter(|span| is_read(text, span)).map(|span| span.start);
            (given(text, variable).take(MOST_USES).collect(), read.take(MOST_USES).collect())
        });
        let first = read.iter().find(|&&at| at > from).filter(|_| given.len() > 1);
        let next = |first: &usize| given.iter().find(|at| *at > first).copied();
        first.map_or(0..text.len(), |first| from..next(first).unwrap_or(text.len()))
    }
}

impl Detector {
    /// What becomes of the variable that a value is read into at `from`.
    pub(super) fn goes_on(
        &self,
        views: &Views<'_>,
        variable: &str,
        from: usize,
        known: &mut Variables,
    ) -> Option<Purpose> {
        let scope = known.scope(views.text, variable, from);
        let key = (variable.to_owned(), scope);
        if let Some(purpose) = known.purposes.get(&key) {
            return purpose.clone();
        }
        let purpose = self.use_of(views, &key, &mut known.looked_at);
        known.purposes.insert(key, purpose.clone());
        purpose
    }

    fn use_of(
        &self,
        views: &Views<'_>,
        (variable, scope): &(String, Range<usize>),
        looked_at: &mut usize,
    ) -> Option<Purpose> {
        let places = memchr::memmem::find_iter(views.text, variable).map(|at| at..at + variable.len());
        let places = places.filter(|span| scope.contains(&span.start));
        let most = MOST_USES.min(MOST_READS.saturating_sub(*looked_at));
        let reads: Vec<_> = places.filter(|span| is_read(views.text, span)).take(most).collect();
        *looked_at += reads.len().max(1);
        let mut other = None;
        let purpose = |span: &Range<usize>| {
            let (place, _) = place_of(views.text, span);
            self.told(views, span, &place).or_else(|| unknown(&place))
        };
        for purpose in reads.iter().filter_map(purpose) {
            match purpose {
                Purpose::Ours { .. } => return Some(purpose),
                Purpose::Theirs { .. } => other = Some(purpose),
                Purpose::Unknown => other = other.or(Some(purpose)),
            }
        }
        other
    }
}
