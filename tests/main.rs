//! Tests of the whole program, and of the house rules. One binary, so that it is linked once.
//!
//! `LEEWARD_BIN=PATH cargo test --test e2e` tests another binary than the one that was just built.

mod attribution;
mod bad_input;
mod explain;
mod fixtures;
mod hiding;
mod hooks;
mod range;
mod settings;
mod support;
mod tidy;
