//! Ctrl-C, pressed by somebody who means it.

#[cfg(target_os = "linux")]
#[test]
fn asked_twice_the_program_ends() {
    use std::fs;
    use std::process::{Command, Stdio};

    use crate::support::place::Place;
    use crate::support::wait;

    /// SIGINT in the masks of `/proc/ID/status`.
    const SIGINT: u64 = 1 << 1;

    let place = Place::new();
    let mut leeward = place.leeward(&["scan", "-"]);
    let leeward = leeward.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Its standard input stays open and empty, so that it would wait for ever.
    let mut child = leeward.spawn().expect("the program starts");
    let stdin = child.stdin.take();
    let id = child.id().to_string();
    let catches = || {
        let status = fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
        let mask =
            status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("a line of Linux").trim();
        u64::from_str_radix(mask, 16).expect("hex") & SIGINT != 0
    };
    while !catches() {
        assert!(child.try_wait().expect("our child").is_none(), "it ended before it was asked to");
        std::thread::yield_now();
    }
    // Two signals in quick succession may arrive as one, so it is asked until it ends.
    while child.try_wait().expect("our child").is_none() {
        let asked = Command::new("kill").args(["-INT", &id]).status().expect("kill is there");
        assert!(asked.success() || child.try_wait().expect("our child").is_some());
    }
    let ran = wait(child).ends_with(130);
    drop(stdin);
    assert!(!ran.err().contains("panic") && !ran.err().contains("internal error"), "{}", ran.err());
}
