//! The same secrets as from plain git plumbing.
