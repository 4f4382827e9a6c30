//! Keys that are staged, and somewhere else as well: what is staged is told, and taken out, whatever else holds.

use serde_json::Value;

use super::line;
use super::remedies::{commands, commit, paste, pushed};
use crate::support::place::Place;

/// Kind and path of each place of the only finding.
fn places(place: &Place) -> Vec<String> {
    let report = place.run(&["history", "--format=json"]).ends_with(1).json();
    let found = report["findings"].as_array().expect("findings");
    assert_eq!(found.len(), 1, "{report}");
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let locations = found[0]["locations"].as_array().expect("locations").iter();
    locations.map(|place| format!("{} {}", text(&place["kind"]), text(&place["path"]))).collect()
}

/// Stages a copy, and sees it told and taken out.
fn staged_copy_goes(mut place: Place, begin: &str) {
    place.write("copy.env", line(1));
    place.git(&["add", "copy.env"]);
    assert_eq!(places(&place), ["blob a.env", "index copy.env"], "{begin}");
    let ran = place.run(&["history"]).ends_with(1).says(begin);
    let told = commands(&place, &["history"]);
    let unstage: Vec<&String> =
        told.iter().filter(|command| command.contains(" && git reset -q -- ")).collect();
    let [unstage] = unstage[..] else { panic!("{}", ran.out()) };
    paste(&place, ".", unstage).ends_with(0);
    assert_eq!(place.git(&["diff", "--cached", "--name-only"]).out(), "");
    assert!(!commands(&place, &["history"]).contains(unstage), "it is unstaged");
}

#[test]
fn of_what_is_in_the_stash() {
    let mut place = pushed();
    place.write("a.env", line(1));
    place.git(&["add", "a.env"]);
    place.git(&["stash", "--quiet"]);
    staged_copy_goes(place, "Only in the stash: ");
}

#[test]
fn of_what_was_pushed() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["push", "--quiet", "origin", "main"]);
    place.git(&["rm", "--quiet", "a.env"]);
    commit(&mut place, "without it");
    staged_copy_goes(place, "Pushed, or handed on: ");
}

#[test]
fn of_what_a_reset_took_out_of_the_branch() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["reset", "--quiet", "--soft", "HEAD~"]);
    assert_eq!(places(&place), ["blob a.env", "index a.env"]);
    place.run(&["history"]).says("in the index, and in no commit that a ref leads to").says("git drops it");
    let told = commands(&place, &["history"]);
    let unstage = "git diff --exit-code --name-only -- :/a.env && git reset -q -- :/a.env";
    assert_eq!(told, [unstage]);
    paste(&place, ".", &told[0]).ends_with(0);
    let told = commands(&place, &["history"]);
    assert!(told.len() == 1 && told[0].ends_with(" gc --prune=now"), "{told:?}");
    // What else the stash has stays, and what it leads to.
    for work in ["one", "two"] {
        place.write("work", work);
        place.git(&["add", "work"]);
        place.git(&["stash", "--quiet"]);
    }
    paste(&place, ".", &told[0]).ends_with(0);
    place.run(&["history"]).ends_with(0);
    place.git(&["cat-file", "-e", "stash@{1}:work"]);
}

#[test]
fn what_else_is_staged_stays_out_of_the_last_commit() {
    let key = line(1);
    let author = format!("--author={} <a@example.org>", key.trim());
    let begin = ["commit", "--quiet", "--allow-empty"];
    for args in [&["--message", &key][..], &["--message", "last", &author]] {
        let mut place = pushed();
        place.git(&[&begin[..], args].concat());
        place.write("work", "a day's work\n");
        place.write("staged.env", line(2));
        place.git(&["add", "--all"]);
        let told = commands(&place, &["history"]);
        for command in &told {
            paste(&place, ".", &format!("export GIT_EDITOR='echo x >'; {command}")).ends_with(0);
        }
        assert_eq!(place.git(&["diff", "--cached", "--name-only"]).out(), "work\n", "{told:?}");
        place.run(&["history", "--reachable"]).ends_with(0);
    }
}

#[test]
fn no_file_gets_another_name_while_something_else_is_staged() {
    let mut place = pushed();
    let name = line(1).trim().to_owned();
    place.write(&name, "x\n");
    commit(&mut place, "a");
    place.write("work", "a day's work\n");
    place.git(&["add", "work"]);
    let told = commands(&place, &["history"]);
    let [begin, amend] = &told[..] else { panic!("{told:?}") };
    let all = format!("{begin}; git mv {name} other && {amend}");
    let is_amended = |place: &Place| place.run(&["history", "--reachable"]).status == Some(0);
    paste(&place, ".", &all).ends_with(1);
    assert!(!is_amended(&place), "nothing is done");
    place.git(&["mv", "other", &name]);
    place.git(&["stash", "--quiet"]);
    paste(&place, ".", &all).ends_with(0);
    place.git(&["stash", "pop", "--quiet", "--index"]);
    assert!(is_amended(&place));
    assert_eq!(place.git(&["diff", "--cached", "--name-only"]).out(), "work\n");
}
