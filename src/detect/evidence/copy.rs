//! The other places of a value in its own file: what one of them says of it holds for all.
//!
//! Takes a candidate that nothing at its own place speaks for; gives that somebody else gets it, where another place says so
//! for sure and none says that the provider does. What other files say of it is decided in `pipeline`.

use std::cell::OnceCell;

use memchr::memmem;

use super::used::{LONGEST_ALONE, MOST_STEPS};
use super::{Judge, Verdict, ask};
use crate::detect::structure;
use crate::detect::window::Window;
use crate::finding::Confidence;

/// Most other places that are looked at.
const MOST_COPIES: usize = 4;

impl Judge<'_> {
    /// Another place of the value says that somebody else gets it: `@token = VALUE` above a request with it.
    pub(super) fn copied_for_others(&self) -> Option<Verdict> {
        let text = self.file.text;
        if self.steps > 0 || !self.is_value() || text.len() > LONGEST_ALONE {
            return None;
        }
        let value = &text[self.span.clone()];
        let copies = memmem::find_iter(text, value).filter(|&at| at != self.span.start).take(MOST_COPIES);
        let mut theirs = None;
        for at in copies.take_while(|_| self.file.known.may_read()) {
            let span = at..at + value.len();
            let window = Window::around(text, &span);
            let place = structure::place(&window.before, &window.after);
            let judge = Judge {
                place: &place,
                span: &span,
                steps: MOST_STEPS,
                column: OnceCell::new(),
                provider: self.provider,
                file: self.file,
            };
            let said = ask(judge).next();
            match said {
                Some(said) if said.foreign && !said.beside => theirs = theirs.or(Some(said)),
                Some(said) if said.confidence == Confidence::High => return None,
                _ => {}
            }
        }
        let reason = theirs?.evidence.into_iter().next().unwrap_or_default();
        Some(Verdict::foreign(format!("the same value stands elsewhere in this file: {reason}")))
    }
}
