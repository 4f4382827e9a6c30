//! Whether what was decoded is worth a look.
//!
//! Takes decoded bytes; says whether a value can stand in them, as it is or decoded once more. What a value looks like
//! is known of its length alone; what else makes a text interesting says whoever asked for decoding.

use super::{archive, probe};
use crate::detect::runs;

/// Shortest run of letters and digits that is looked for.
pub(super) const SHORTEST: usize = 32;

/// Whether a text is interesting beyond what it visibly holds: it names what is looked for, so that values are also
/// looked for where they are cut in pieces or escaped.
pub type Interest<'w> = dyn Fn(&[u8]) -> bool + 'w;

/// What is asked of decoded bytes.
#[derive(Clone, Copy)]
pub(super) struct Worth<'w> {
    /// See [`Interest`].
    pub(super) interest: &'w Interest<'w>,
}

impl Worth<'_> {
    /// Whether decoded bytes hold a value, a container that could, or a name.
    pub(super) fn a_look(&self, decoded: &[u8]) -> bool {
        holds_run(decoded)
            || archive::is_archive(decoded)
            || probe::has_utf16(decoded)
            || (decoded.len() > SHORTEST && decoded.is_ascii() && probe::may_hold_encoded(decoded))
            || (decoded.len() >= SHORTEST && (self.interest)(decoded))
    }
}

/// Whether there is a run of letters and digits as long as a value.
pub(super) fn holds_run(bytes: &[u8]) -> bool {
    let class = runs::Class::new(&[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')]);
    class.is_some_and(|class| runs::runs(bytes, class, SHORTEST).next().is_some())
}
