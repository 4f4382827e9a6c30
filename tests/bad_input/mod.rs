//! What goes wrong outside the program: input that cannot be read, names that are no text, output that cannot be written,
//! arguments that make no sense, a person who has waited long enough.

mod archives;
mod encodings;
pub(crate) mod files;
mod interrupt;
mod names;
mod output;
mod secrets;
mod usage;

use std::os::unix::fs::MetadataExt as _;

use crate::support::place::Place;
use crate::support::values::key;

/// A line with a key.
fn line(number: usize) -> String {
    format!("MISTRAL_API_KEY={}\n", key(number))
}

/// A place with one file that holds a key.
fn with_a_key() -> Place {
    let place = Place::new();
    place.write("a.env", line(1));
    place
}

/// Whether nothing is forbidden to us.
fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}
