//! Output that cannot be written, or that nobody reads.

use std::fs::{self, File, OpenOptions};
use std::process::Stdio;

use super::{line, with_a_key};
use crate::support::place::Place;
use crate::support::values::key;
use crate::support::wait;

fn names(place: &Place) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(place.work())
        .expect("readable")
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_reader_that_has_gone_is_no_reason_to_complain() {
    for format in ["text", "json", "jsonl", "sarif"] {
        for (clean, status) in [(false, 1), (true, 0)] {
            let place = Place::new();
            place.write("a.env", if clean { "A=1\n".to_owned() } else { line(1) });
            let (reader, writer) = std::io::pipe().expect("a pipe");
            drop(reader);
            let mut leeward = place.leeward(&["scan", "--format", format]);
            let child = leeward.stdout(writer).stderr(Stdio::piped()).spawn().expect("the program starts");
            // The command holds the writing end, too.
            drop(leeward);
            let ran = wait(child).ends_with(status);
            assert_eq!(ran.err(), "", "{format}");
        }
    }
    for args in [&["--help"][..], &["rules", "list"], &["rules", "show", "mistral-api-key"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut leeward = Place::new().leeward(args);
        let top = std::env::temp_dir();
        let child = leeward
            .current_dir(top)
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(leeward);
        assert_eq!(wait(child).ends_with(0).err(), "", "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said() {
    let place = with_a_key();
    for format in ["text", "json", "jsonl", "sarif"] {
        let ran = place.run(&["scan", "--format", format, "--output", "/dev/full"]).ends_with(3);
        ran.says("error: cannot write /dev/full: No space left on device");
        let full = OpenOptions::new().write(true).open("/dev/full").expect("a device of Linux");
        let mut leeward = place.leeward(&["scan", "--format", format]);
        let child = leeward.stdout(full).stderr(Stdio::piped()).spawn().expect("the program starts");
        wait(child).ends_with(3).says("error: cannot write standard output: No space left");
    }
    for args in [&["rules", "list"][..], &["completions", "bash"], &["man"], &["--help"]] {
        let full = OpenOptions::new().write(true).open("/dev/full").expect("a device of Linux");
        let mut leeward = place.leeward(args);
        let child = leeward.stdout(full).stderr(Stdio::piped()).spawn().expect("the program starts");
        wait(child).ends_with(3).says("error: standard output cannot be written: No space left");
    }
    // A further report that cannot be written is as bad, and does not keep the others from being.
    let ran = place
        .run(&["scan", "--exit-zero", "--report", "json=/dev/full", "--report", "json=good.json"])
        .ends_with(3);
    ran.says("cannot write /dev/full").says("a.env:1:17");
    assert!(fs::read(place.work().join("good.json")).is_ok_and(|report| report.ends_with(b"}\n")));
}

#[test]
fn a_report_that_has_no_place_leaves_nothing_behind() {
    let place = with_a_key();
    let ran = place.run(&["scan", "--output", "no/report.json", "--format", "json"]).ends_with(3);
    ran.says("error: cannot write no/report.json: No such file or directory");
    place.run(&["scan", "--output", "."]).ends_with(3).says("error: cannot write .");
    assert_eq!(names(&place), ["a.env"]);
}

#[test]
fn a_report_is_written_whole_beside_the_others() {
    let place = with_a_key();
    let args = ["scan", "--output", "a.txt", "--report", "sarif=a.sarif", "--report", "json=a.json"];
    let ran = place.run(&args).ends_with(1);
    assert_eq!((ran.out().as_str(), ran.err().as_str()), ("", ""));
    assert_eq!(names(&place), ["a.env", "a.json", "a.sarif", "a.txt"]);
    for name in ["a.json", "a.sarif"] {
        let file = File::open(place.work().join(name)).expect("written");
        serde_json::from_reader::<_, serde_json::Value>(file).expect("whole");
    }
}

#[test]
fn secrets_are_revealed_to_nobody_else() {
    let place = with_a_key();
    for output in [&[][..], &["--output", "-"], &["--output", "/dev/stdout"], &["--output", "/dev/stderr"]] {
        let ran = place.run(&[&["scan", "--reveal"], output].concat()).ends_with(2);
        assert!(!(ran.out() + &ran.err()).contains(&key(1)), "{output:?}");
    }
    place.run(&["scan", "--reveal", "--format", "json", "--output", "kept.json"]).ends_with(1);
    let kept = fs::read_to_string(place.work().join("kept.json")).expect("written");
    assert!(kept.contains(&key(1)));
}
