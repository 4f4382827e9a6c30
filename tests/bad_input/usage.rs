//! Arguments and rule files that make no sense: status 2, before anything is scanned.

use super::{line, with_a_key};
use crate::support::place::Place;
use crate::support::values::key;

#[test]
fn what_makes_no_sense_is_status_2_and_says_why() {
    let place = with_a_key();
    place.write("empty.toml", "");
    place.write("twice.toml", rule("acme").repeat(2));
    place.write("typo.toml", rule("acme").replace("severity", "severty"));
    place.write("value.toml", rule("acme").replacen("'high'", "'hihg'", 1));
    place.write("broken.toml", "[[rule]\n");
    place.write("latin.toml", b"# caf\xe9\n");
    for (args, says) in [
        (&["scan", "nowhere"][..], "nowhere: no such file or directory"),
        (&["scan", "a.env", "nowhere"], "nowhere: no such file or directory"),
        (&["scan", "a.env/b"], "a.env/b: no such file or directory"),
        (&["scan", ""], "a value is required"),
        (&["staged"], "not a git repository"),
        (&["staged", "nowhere"], "nowhere: no such file or directory"),
        (&["staged", "a.env"], "a.env: a file, and not a git repository"),
        (&["range", "HEAD", "a.env"], "a.env: a file, and not a git repository"),
        (&["history", "a.env"], "a.env: a file, and not a git repository"),
        (&["scan", "--no-such-option"], "unexpected argument"),
        (&["sacn"], "unrecognized subcommand"),
        (&["scan", "--format", "yaml"], "there are text, json, jsonl, sarif"),
        (&["scan", "--format", "gitlab"], "planned"),
        (&["scan", "--report", "json"], "FORMAT=FILE"),
        (&["scan", "--report", "json="], "the file's name is missing"),
        (&["scan", "--report", "html=a.html"], "planned"),
        (&["scan", "--report", "json=a", "--report", "sarif=./a"], "two reports would be written to ./a"),
        (&["scan", "--output", "a", "--report", "sarif=a"], "two reports would be written to a"),
        (&["scan", "--verify"], "planned"),
        (&["scan", "--jobs", "0"], "--jobs"),
        (&["scan", "--max-file-size", "lots"], "it is a number of bytes"),
        (&["scan", "--confidence", "sure"], "--confidence"),
        (&["scan", "--no-builtin-rules"], "no rule is in force"),
        (&["scan", "--rules", "nowhere.toml"], "cannot read the rules in nowhere.toml"),
        (&["scan", "--rules", "."], "cannot read the rules in ."),
        (&["scan", "--rules", "empty.toml"], "empty.toml holds no rule"),
        (&["scan", "--rules", "latin.toml"], "latin.toml"),
        (&["scan", "--rules", "twice.toml"], "two rules have the id 'acme'"),
        (&["scan", "--rules", "broken.toml"], "broken.toml:1:"),
        (&["scan", "--rules", "typo.toml"], "typo.toml:4:1: unknown key 'severty', did you mean 'severity'?"),
        (&["scan", "--rules", "value.toml"], "value.toml:4:12: "),
        (&["scan", "--reveal"], "--reveal would print whole secrets"),
        (&["scan", "--reveal", "--format", "json"], "--reveal would print whole secrets"),
        (&["rules", "show", "no-such-rule"], "no rule has the id 'no-such-rule'"),
        (&["rules", "check", "nowhere.toml"], "cannot read the rules in nowhere.toml"),
    ] {
        let ran = place.run(args);
        assert_eq!(ran.status, Some(2), "{args:?}: {}{}", ran.out(), ran.err());
        assert_eq!(ran.out(), "", "{args:?}: nothing was scanned");
        assert!(ran.err().contains(says), "{args:?} says {}", ran.err());
    }
}

fn rule(id: &str) -> String {
    format!(
        "[[rule]]\nid = '{id}'\ndescription = 'x'\nseverity = 'high'\nconfidence = 'high'\npattern = 'acme_[a-z]{{8}}'\n"
    )
}

#[test]
fn an_argument_that_is_a_key_is_never_echoed() {
    let (place, key) = (with_a_key(), key(7));
    place.write("key.toml", format!("{} = 1\n", line(7).trim()));
    place.write("name.toml", format!("{key} = 1\n"));
    let with = |text: &str| text.replace("KEY", &key);
    for args in [
        &["KEY"][..],
        &["scan", "KEY"],
        &["scan", "--KEY"],
        &["scan", "--format", "KEY"],
        &["scan", "--confidence", "KEY"],
        &["scan", "--jobs", "KEY"],
        &["scan", "--max-file-size", "KEY"],
        &["scan", "--color=KEY"],
        &["scan", "--rules", "KEY"],
        &["scan", "--rules", "key.toml"],
        &["scan", "--rules", "name.toml"],
        &["scan", "--report", "KEY=x"],
        &["scan", "--output", "no/KEY"],
        &["staged", "KEY"],
        &["rules", "show", "KEY"],
        &["rules", "check", "name.toml"],
        &["rules", "KEY"],
    ] {
        let args: Vec<String> = args.iter().map(|argument| with(argument)).collect();
        let ran = place.run(&args);
        assert!(matches!(ran.status, Some(2 | 3)), "{args:?} {ran:?}");
        assert!(!(ran.out() + &ran.err()).contains(&key), "{args:?} echoes it: {}{}", ran.out(), ran.err());
        assert!(!ran.err().is_empty(), "{args:?} says nothing");
    }
}

#[test]
fn nothing_staged_is_clean_and_said() {
    let mut place = Place::new();
    place.init();
    place.run(&["staged"]).ends_with(0).says("nothing to scan");
    place.write("a.env", line(1));
    place.git(&["add", "."]);
    place.run(&["staged"]).ends_with(1);
    place.git(&["commit", "--quiet", "-m", "one"]);
    place.run(&["staged"]).ends_with(0).says("nothing to scan");
}

#[test]
fn the_index_is_the_one_that_git_names() {
    let mut place = Place::new();
    place.init();
    place.write("a.env", line(1));
    place.git(&["add", "."]);
    std::fs::rename(place.work().join(".git/index"), place.work().join(".git/other")).expect("our own");
    place.run(&["staged"]).ends_with(0);
    let mut leeward = place.leeward(&["staged"]);
    leeward.env("GIT_INDEX_FILE", ".git/other");
    crate::support::run(&mut leeward, None).ends_with(1).says("a.env:1:17: mistral-api-key in the index");
}
