//! Settings that are no settings: what cannot be read is refused, and never repeated.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use super::{found, line, repository};
use crate::support::place::Place;
use crate::support::values::key;

fn with_a_key() -> Place {
    let place = repository();
    place.write("a.env", line(1));
    place
}

/// Puts something in the place of a configuration.
type Make = fn(&Place);

#[test]
fn a_configuration_that_cannot_be_read_is_refused() {
    let make: [(&str, Make); 7] = [
        ("is a directory", |place| drop(place.write("leeward.toml/x", ""))),
        ("is not UTF-8 (line 2)", |place| drop(place.write("leeward.toml", b"a = 1\n\xff\n"))),
        ("is larger than 8388608 bytes", |place| drop(place.write("leeward.toml", vec![b'#'; 9 << 20]))),
        ("is no regular file", |place| {
            let made =
                Command::new("mkfifo").arg(place.work().join("leeward.toml")).status().expect("mkfifo");
            assert!(made.success());
        }),
        ("is no regular file", |place| {
            symlink("/dev/zero", place.work().join("leeward.toml")).expect("a new link");
        }),
        ("no such file", |place| symlink("nowhere", place.work().join("leeward.toml")).expect("a new link")),
        ("no such file", |place| {
            // The file it names, not the file itself.
            place.write("leeward.toml", "baseline = 'nowhere'\n");
        }),
    ];
    for (says, make) in make {
        let place = with_a_key();
        make(&place);
        for command in ["scan", "history"] {
            let ran = place.run(&[command]).ends_with(2).says(says);
            assert_eq!(ran.out(), "", "nothing was scanned");
        }
        // It is not staged, and does not count; what is on disk is not waited for either.
        place.run(&["staged"]).ends_with(0).says("leeward.toml");
        place.run(&["config", "show"]).ends_with(2).says(says);
        place.run(&["rules", "list"]).ends_with(2).says(says);
        place.run(&["scan", "--no-config"]).ends_with(1);
        place.run(&["scan", "--config", "leeward.toml"]).ends_with(2).says(says);
    }
}

#[test]
fn a_configuration_that_is_staged_and_cannot_be_read_is_refused() {
    let make: [(&str, Make); 5] = [
        ("leeward.toml: is a directory", |place| drop(place.write("leeward.toml/x", ""))),
        ("leeward.toml: is not UTF-8 (line 2)", |place| drop(place.write("leeward.toml", b"a = 1\n\xff\n"))),
        ("is larger than 8388608 bytes", |place| drop(place.write("leeward.toml", vec![b'#'; 9 << 20]))),
        ("leeward.toml: is a symbolic link", |place| {
            symlink("elsewhere", place.work().join("leeward.toml")).expect("a new link");
        }),
        ("nowhere: it is not staged", |place| drop(place.write("leeward.toml", "baseline = 'nowhere'\n"))),
    ];
    for (says, make) in make {
        let mut place = with_a_key();
        make(&place);
        place.git(&["add", "."]);
        for command in [&["staged"][..], &["hook", "pre-commit"], &["hook", "commit-msg", "a.env"]] {
            let ran = place.run(command).ends_with(2).says(says);
            assert_eq!(ran.out(), "", "nothing was scanned");
        }
        // The disk does not matter.
        let _ = fs::remove_file(place.work().join("leeward.toml"));
        place.run(&["staged"]).ends_with(2).says(says);
        place.run(&["staged", "--no-config"]).ends_with(1);
        // A blob that is not stored.
        let id = place.git(&["rev-parse", ":a.env"]).out();
        place.git(&["rm", "--quiet", "-r", "--force", "--cached", "leeward.toml"]);
        place.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{},leeward.toml", id.trim())]);
        let object = place.work().join(format!(".git/objects/{}/{}", &id[..2], id[2..].trim()));
        fs::remove_file(object).expect("it is loose");
        place.run(&["staged"]).ends_with(2).says("leeward.toml: is not to be had: it is not stored");
    }
}

#[test]
fn files_that_are_named_are_read_no_differently() {
    let place = with_a_key();
    let made = Command::new("mkfifo").arg(place.work().join("pipe")).status().expect("mkfifo is there");
    assert!(made.success());
    fs::create_dir(place.work().join("directory")).expect("our own");
    place.write("latin", b"\xe9");
    for option in ["--config", "--baseline", "--rules"] {
        for (file, says) in [
            ("pipe", "is no regular file"),
            ("/dev/zero", "is no regular file"),
            ("directory", "is a directory"),
            ("latin", "is not UTF-8"),
            ("nowhere", "no such file"),
            ("a.env/x", "not a directory"),
        ] {
            place.run(&["scan", option, file]).ends_with(2).says(says).says(file);
        }
    }
}

#[test]
fn a_key_in_a_configuration_is_never_echoed() {
    let key = key(7);
    for text in [
        "KEY = 1",
        "[KEY]",
        "[rules.KEY]",
        "KEY",
        "'KEY",
        "confidence = 'KEY'",
        "confidence = 'highKEY'",
        "exclude = 'KEY'",
        "exclude = ['KEY{']",
        "exclude = ['MISTRAL_API_KEY=KEY[']",
        "baseline = 'KEY'",
        "baseline = 'MISTRAL_API_KEY=KEY'",
        "rules.files = ['KEY']",
        "rules.disable = ['KEY']",
        "rules.only = ['KEY']",
        "rules.disable = ['mistral-api-key-KEY']",
        "limits.max-file-size = 'KEY'",
        "limits.max-archive-depth = 'KEY'",
        "[[allow]]\nsha256 = 'KEY'\nreason = 'x'",
        "[[allow]]\nsha256 = 'KEYKEY'\nreason = 'x'",
        "[[allow]]\nKEY = 'x'",
        "a.KEY = 1\na.KEY = 2",
    ] {
        let place = with_a_key();
        place.write("leeward.toml", text.replace("KEY", &key));
        for args in [&["scan"][..], &["config", "show"], &["rules", "list"], &["scan", "--format", "json"]] {
            let ran = place.run(args).ends_with(2);
            assert!(!(ran.out() + &ran.err()).contains(&key), "{text} echoes it: {}{}", ran.out(), ran.err());
            assert!(!ran.err().is_empty(), "{text}");
        }
    }
}

#[test]
fn a_key_in_a_configuration_that_is_used_is_never_echoed() {
    let place = with_a_key();
    let key = key(1);
    place.write(
        "leeward.toml",
        format!(
            "exclude = ['{key}.txt', 'MISTRAL_API_KEY={key}']\n[[allow]]\nsha256 = '{}'\nreason = 'is {key}'\n",
            super::sha256(1)
        ),
    );
    place.write(format!("{key}.txt"), "x");
    for args in [
        &["config", "show"][..],
        &["scan"],
        &["scan", "--format", "json"],
        &["scan", "--format", "jsonl"],
        &["scan", "--format", "sarif"],
    ] {
        let ran = place.run(args);
        assert!(!(ran.out() + &ran.err()).contains(&key), "{args:?} echoes it: {}{}", ran.out(), ran.err());
    }
}

#[test]
fn a_pattern_that_is_malformed_is_named() {
    let place = with_a_key();
    for (pattern, says) in [
        ("'a[b'", "leeward.toml:2:3: 'exclude' has a pattern that cannot be used: unclosed character class"),
        ("'a{b'", "leeward.toml:2:3: 'exclude' has a pattern that cannot be used: unclosed alternate"),
        ("'x', '[z-a]'", "leeward.toml:2:8: 'exclude' has a pattern that cannot be used: invalid range"),
        (
            "'../x'",
            "leeward.toml:2:3: 'exclude' has a pattern that cannot be used: it leads to another directory",
        ),
        ("''", "leeward.toml:2:3: 'exclude' has a pattern that cannot be used: it is empty"),
    ] {
        place.write("leeward.toml", format!("exclude = [\n  {pattern}\n]\n"));
        place.run(&["scan"]).ends_with(2).says(says);
    }
}

#[test]
fn the_work_tree_that_git_was_told_of_is_the_top() {
    let mut place = repository();
    place.write("tree/leeward.toml", "exclude = ['left.env']\n");
    for path in ["tree/left.env", "tree/a.env"] {
        place.write(path, line(1));
    }
    place.git(&["config", "core.worktree", "../tree"]);
    place.git(&["add", "--all"]);
    // Beside the git directory, and of no meaning.
    place.write("leeward.toml", "exclude = ['a.env']\n");
    let ran = place.run(&["staged", "--format", "json"]).ends_with(1);
    assert_eq!(found(&ran), ["a.env"]);
    let ran = place.run(&["hook", "pre-commit", "--format", "json"]).ends_with(1);
    assert_eq!(found(&ran), ["a.env"]);
}
