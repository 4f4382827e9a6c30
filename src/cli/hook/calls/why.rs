//! Why a gate that somebody's hook calls may be called in vain, or not always.
//!
//! What can be read from a hook is told apart by kind: who reads it is told in words, and what is done about it goes by the
//! kind.

use std::borrow::Cow;
use std::fmt;

/// Why a call may be in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Why {
    /// The hook may not end with what the gate says.
    Unheeded,
    /// The hook surely ends before.
    Ended,
    /// A line stands before it that is not followed.
    Unfollowed(String),
    /// A line stands before it that may read what git says of a push.
    Unfed(String),
    /// It is handed something else than what git says.
    OtherInput,
    /// The hook may end before, by this line.
    Unless(String),
    /// This line says when it is called.
    Where(String),
    /// A file of whoever keeps the hook says so.
    Kept(Cow<'static, str>),
}

impl Why {
    /// Whether it is of the shape of the hook alone, so that a trial tells whether it holds.
    pub(in crate::cli) fn is_general(&self) -> bool {
        !matches!(self, Why::Unless(_) | Why::Where(_) | Why::Kept(_))
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Unheeded => f.write_str("and may not heed the answer"),
            Why::Ended => f.write_str("behind an `exit`"),
            Why::Unfollowed(by) => write!(f, "behind `{by}`, which is not followed"),
            Why::Unfed(by) => write!(f, "behind `{by}`, which may read what git says"),
            Why::OtherInput => f.write_str("behind something else than what git says"),
            Why::Unless(by) => write!(f, "unless it ends before, by `{by}`"),
            Why::Where(by) => write!(f, "only where `{by}` has it called"),
            Why::Kept(what) => f.write_str(what),
        }
    }
}
