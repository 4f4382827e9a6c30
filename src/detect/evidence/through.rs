//! A value that is handed to a function of its own file: what becomes of it there.
//!
//! Takes a call that a variable is an argument of, finds the function and its parameter, and asks for that one as
//! `used` does for a variable.

use std::cell::OnceCell;
use std::ops::Range;

use bstr::ByteSlice;
use memchr::memmem;

use super::Judge;
use super::used::{LONGEST_ALONE, MOST_STEPS, Use};
use crate::detect::function::FUNCTION;
use crate::detect::parameter::{parameter, slot};
use crate::detect::quote::shown;
use crate::detect::structure::{Holder, Level, Place};

/// Longest list of parameters, in bytes.
const LONGEST: usize = 400;

impl Judge<'_> {
    /// What becomes of the variable `name`, read at `span`, in the function of this file that it is handed to, where the
    /// provider gets it.
    pub(super) fn through_function(&self, place: &Place, span: &Range<usize>, name: &str) -> Option<Use> {
        let call = place.levels.first().filter(|call| call.holder == Holder::Call)?;
        if self.steps + 1 >= MOST_STEPS || self.file.text.len() > LONGEST_ALONE {
            return None;
        }
        let (parameter, body) = parameter_of(self.file.text, call)?;
        let judge = Judge {
            place,
            span,
            steps: self.steps + 1,
            column: OnceCell::new(),
            provider: self.provider,
            file: self.file,
        };
        match judge.judge_uses(&parameter, None, false, &body) {
            Use::Ours(reason) => {
                Some(Use::Ours(format!("{} is handed on in this file: {reason}", shown(name))))
            }
            _ => None,
        }
    }
}

/// The parameter of the function that is called, which gets the argument, and where the function's body is.
pub(in crate::detect) fn parameter_of(text: &[u8], call: &Level) -> Option<(String, Range<usize>)> {
    let function = call.head.trim();
    let function = function.strip_prefix("await ").unwrap_or(function);
    let plain = |c: char| c.is_alphanumeric() || c == '_';
    if function.is_empty() || !function.chars().all(plain) {
        return None;
    }
    let from = FUNCTION.iter().find_map(|word| {
        let head = format!("{word} {function}(");
        Some(memmem::find(text, head.as_bytes())? + head.len())
    })?;
    let list = &text[from..(from + LONGEST).min(text.len())];
    let end = list.find_byte(b')')?;
    let parameters = list[..end].to_str().ok()?;
    let parameter = parameter(parameters, &slot(call)?)?;
    let body = from + end;
    let next = |word: &str| memmem::find(&text[body..], format!("\n{word} ").as_bytes());
    let stop = FUNCTION.iter().filter_map(|word| next(word)).min().map_or(text.len(), |at| body + at);
    Some((parameter, body..stop))
}
