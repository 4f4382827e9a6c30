//! Ctrl-C, pressed by somebody who means it.
#![cfg(target_os = "linux")]

use std::fs;
use std::process::{Child, Command, Stdio};

use crate::support::place::Place;
use crate::support::wait;

/// A scan of standard input, which stays open and empty, so that it would wait for ever; caught when it listens.
fn waiting(place: &Place) -> Child {
    /// SIGINT in the masks of `/proc/ID/status`.
    const SIGINT: u64 = 1 << 1;

    let mut leeward = place.leeward(&["scan", "-"]);
    let leeward = leeward.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = leeward.spawn().expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let catches = || {
        let status = fs::read_to_string(&status).expect("it runs");
        let mask =
            status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("a line of Linux").trim();
        u64::from_str_radix(mask, 16).expect("hex") & SIGINT != 0
    };
    while !catches() {
        assert!(child.try_wait().expect("our child").is_none(), "it ended before it was asked to");
        std::thread::yield_now();
    }
    child
}

fn ask(child: &mut Child) {
    let asked = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill is there");
    assert!(asked.success() || child.try_wait().expect("our child").is_some());
}

#[test]
fn asked_once_the_program_ends_though_input_does_not() {
    let place = Place::new();
    let mut child = waiting(&place);
    let stdin = child.stdin.take();
    ask(&mut child);
    let ran = wait(child).ends_with(130);
    drop(stdin);
    assert!(ran.err().contains("interrupted") || ran.out().contains("interrupted"), "{}", ran.err());
}

#[test]
fn asked_twice_the_program_ends() {
    let place = Place::new();
    let mut child = waiting(&place);
    let stdin = child.stdin.take();
    // Two signals in quick succession may arrive as one, so it is asked until it ends.
    while child.try_wait().expect("our child").is_none() {
        ask(&mut child);
    }
    let ran = wait(child).ends_with(130);
    drop(stdin);
    assert!(!ran.err().contains("panic") && !ran.err().contains("internal error"), "{}", ran.err());
}
