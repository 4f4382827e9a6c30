//! No report holds a whole secret, in whatever format, wherever the secret stands, unless it is asked for.

use std::fs;
use std::os::unix::fs::symlink;

use super::{line, with_a_key};
use crate::support::place::Place;
use crate::support::values::key;

/// A repository with keys in every place that a scan looks at, all of them staged.
fn everywhere() -> Place {
    let mut place = Place::new();
    place.init();
    place.write("a.env", line(1));
    place.write("two.env", format!("{} {}", line(2).trim(), line(3)));
    place.write("accepted.env", format!("{} # leeward:ignore not {}\n", line(4).trim(), key(4)));
    place.write(format!("mistral_key={}.txt", key(5)), "x\n");
    place.write(format!("mistral_key={}/b.env", key(6)), line(6));
    place.write("low.txt", format!("mistral\n{}\n", key(7)));
    symlink(format!("mistral-key={}", key(8)), place.work().join("link")).expect("a new link");
    place.git(&["add", "."]);
    place
}

#[test]
fn nothing_prints_a_whole_key() {
    let place = everywhere();
    for command in ["scan", "staged"] {
        for format in ["text", "json", "jsonl", "sarif"] {
            for more in [
                &[][..],
                &["--color=always"],
                &["--quiet"],
                &["--no-inline-ignores"],
                &["--confidence=low"],
                &["--confidence=low", "--no-inline-ignores", "--color=always"],
                &["--jobs=1"],
            ] {
                let args = [&[command, "--format", format][..], more].concat();
                let ran = place.run(&args).ends_with(1);
                let printed = ran.out() + &ran.err();
                assert!(printed.contains("mistral-api-key"), "{args:?} found nothing");
                for number in 1..=8 {
                    assert!(!printed.contains(&key(number)), "{args:?} prints key {number}");
                }
            }
        }
    }
}

#[test]
fn a_whole_key_is_printed_to_a_file_that_was_asked_for() {
    let place = with_a_key();
    for format in ["text", "json", "jsonl"] {
        place
            .run(&["scan", "--reveal", "--format", format, "--output", "out", "--report", "json=other"])
            .ends_with(1);
        let read = |name: &str| fs::read_to_string(place.work().join(name)).expect("written");
        assert!(read("out").contains(&key(1)), "{format}");
        assert!(!read("other").contains(&key(1)), "{format}: only --output was asked to hold it");
        fs::remove_file(place.work().join("out")).expect("ours");
        fs::remove_file(place.work().join("other")).expect("ours");
    }
}
