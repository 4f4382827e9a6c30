//! leeward finds credentials that were committed to version control.
//!
//! Data moves one way: a [`source`] pushes blobs into the pipeline, which scans each at once and keeps only findings;
//! a [`report`] prints what is left, sorted.

mod containment;
pub mod finding;
pub mod rule;
pub mod secret;
pub mod source;

pub mod baseline;
pub mod config;
pub mod decode;
pub mod detect;
mod excerpt;
pub mod pipeline;
pub mod position;
pub mod progress;
pub mod report;
pub mod sanitize;
pub mod status;
mod words;

pub mod cli;
