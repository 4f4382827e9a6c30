//! What was said of a word before: in a file with many candidates each word is a neighbour of many of them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::Speaks;
use super::used::Use;
use crate::detect::words::Meaning;

/// Longest text that is remembered, in bytes; longer ones hardly come again.
const LONGEST: usize = 640;
/// Most texts that are remembered at a time.
const MOST: usize = 1 << 12;

/// Most places in one file that read a variable and are looked at.
const MOST_READS: usize = 2000;
/// Most bytes of one file that are searched for the names of variables, all of them together.
const MOST_SEARCHED: usize = 1 << 29;

/// What the words of one file say to one rule.
#[derive(Default)]
pub(in crate::detect) struct Known {
    speaks: Answers<Speaks>,
    meanings: Answers<Rc<Meaning>>,
    uses: Answers<Use>,
    reads: Cell<usize>,
    searched: Cell<usize>,
}

struct Answers<T>(RefCell<HashMap<String, T>>);

impl<T> Default for Answers<T> {
    fn default() -> Self {
        Answers(RefCell::default())
    }
}

impl Known {
    /// Whose a text is, by what was found before or else by `look`.
    pub(super) fn speaks(&self, text: &str, look: impl FnOnce() -> Speaks) -> Speaks {
        self.speaks.get(text, look)
    }

    /// What a name means, by what was found before or else by `look`.
    pub(super) fn meaning(&self, text: &str, look: impl FnOnce() -> Meaning) -> Rc<Meaning> {
        self.meanings.get(text, || Rc::new(look()))
    }

    /// What a variable is used for when `steps` variables led to it, by what was found before or else by `look`.
    pub(super) fn use_of(&self, variable: &str, steps: usize, look: impl FnOnce() -> Use) -> Use {
        self.uses.get(&format!("{steps} {variable}"), look)
    }

    /// Whether one more place that reads a variable may be looked at.
    pub(super) fn may_read(&self) -> bool {
        self.reads.set(self.reads.get() + 1);
        self.reads.get() <= MOST_READS
    }

    /// Whether a name may be searched for once more.
    pub(super) fn may_search(&self) -> bool {
        self.searched.get() <= MOST_SEARCHED
    }

    /// Counts bytes that were searched, or will be.
    pub(super) fn count_searched(&self, bytes: usize) {
        self.searched.set(self.searched.get().saturating_add(bytes));
    }
}

impl<T: Clone> Answers<T> {
    fn get(&self, text: &str, look: impl FnOnce() -> T) -> T {
        if text.len() > LONGEST {
            return look();
        }
        if let Some(found) = self.0.borrow().get(text) {
            return found.clone();
        }
        let found = look();
        let mut known = self.0.borrow_mut();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(text.to_owned(), found.clone());
        found
    }
}
