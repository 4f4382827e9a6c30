//! leeward finds credentials that were committed to version control.
//!
//! Data moves one way: a [`source`] pushes blobs into the pipeline, which scans each at once and keeps only findings;
//! a [`report`] prints what is left, sorted.

pub mod finding;
pub mod report;
pub mod rule;
pub mod secret;
pub mod source;

pub mod detect;
