//! File names that are no text, or text that would do something to a terminal.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use super::line;
use crate::support::place::Place;

#[test]
fn names_that_are_no_utf8_can_be_got_back() {
    let place = Place::new();
    place.write(OsStr::from_bytes(b"100%\xff.env"), line(1));
    let ran = place.run(&["scan", "--format", "json"]).ends_with(1);
    assert_eq!(ran.json()["findings"][0]["locations"][0]["path"], "100%25%FF.env");
    place.run(&["scan"]).ends_with(1).says(r"100%\xff.env:1:17: mistral-api-key");
    let ran = place.run(&["scan", "--format", "sarif"]).ends_with(1);
    let uri =
        &ran.json()["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(uri, "100%25%FF.env");
}

#[test]
fn a_path_that_is_no_utf8_can_be_named() {
    let place = Place::new();
    let name = OsStr::from_bytes(b"\xe9t\xe9.env");
    place.write(name, line(1));
    let args = [OsStr::new("scan"), name];
    place.run(&args).ends_with(1).says(r"\xe9t\xe9.env:1:17");
    place.run(&[OsStr::new("scan"), OsStr::from_bytes(b"\xff")]).ends_with(2).says(r"\xff: no such file");
}

#[test]
fn names_and_lines_cannot_steer_a_terminal() {
    let place = Place::new();
    let hostile = "\u{1b}[2J\u{1b}]0;owned\u{7}\r\u{202e}x\ny\u{9b}31m";
    place.write(format!("{hostile}.env"), format!("{hostile} {}", line(1)));
    place.write(format!("{hostile}/link"), line(2));
    std::os::unix::fs::symlink(format!("{hostile} {}", line(3)), place.work().join("link"))
        .expect("a new link");
    for args in [
        vec!["scan"],
        vec!["scan", "--quiet"],
        vec!["scan", "--format", "json"],
        vec!["scan", "--format", "jsonl"],
    ] {
        let ran = place.run(&args).ends_with(1);
        let bad: Vec<char> = (ran.out() + &ran.err())
            .chars()
            .filter(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}')
            .collect();
        // JSON may hold what is no ASCII as it is; what ends a line or steers is escaped.
        let json = args.len() > 2;
        let bad: Vec<&char> = bad.iter().filter(|c| !json || c.is_ascii()).collect();
        assert!(bad.is_empty(), "{args:?} prints {bad:?}");
    }
    let text = place.run(&["scan"]).ends_with(1).out();
    assert!(text.contains(r"\x1b[2J\x1b]0;owned\x07\r\u{202e}x\ny\u{9b}31m.env:"), "{text}");
    assert_eq!(
        text.lines()
            .filter(|line| line.contains("mistral-api-key (") || line.contains("mistral-api-key in"))
            .count(),
        3,
        "{text}"
    );
}

#[test]
fn staged_names_that_are_no_utf8_are_told_too() {
    let mut place = Place::new();
    place.init();
    place.write(OsStr::from_bytes(b"\xff\x1b.env"), line(1));
    place.git(&["add", "."]);
    let ran = place.run(&["staged", "--format", "json"]).ends_with(1);
    assert_eq!(ran.json()["findings"][0]["locations"][0]["path"], "%FF\u{1b}.env");
    place.run(&["staged"]).ends_with(1).says(r"\xff\x1b.env:1:17");
}
