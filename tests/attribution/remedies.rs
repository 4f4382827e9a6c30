//! The commands of a report, run as they are told.

use std::fs;
use std::path::PathBuf;

use super::line;
use crate::support::place::Place;
use crate::support::values::key;
use crate::support::{Ran, binary, command, run};

/// The commands that a scan tells.
pub(super) fn commands(place: &Place, args: &[&str]) -> Vec<String> {
    let out = place.run(args).ends_with(1).out();
    let indented = out.lines().filter_map(|line| line.strip_prefix("      "));
    // What was committed when is indented alike.
    indented.filter(|line| !line.starts_with(' ')).map(str::to_owned).collect()
}

/// Runs a command line in a directory of a place, as a person would who has the program at hand.
pub(super) fn paste(place: &Place, directory: &str, line: &str) -> Ran {
    let mut shell = command("bash", &place.work().join(directory), &place.top().join("home"));
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let own = binary().parent().map(PathBuf::from).expect("it is in a directory");
    let paths = std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&paths)));
    shell.args(["-c", line]).env("PATH", paths.expect("paths")).env("GIT_EDITOR", "true");
    for who in ["AUTHOR", "COMMITTER"] {
        shell
            .env(format!("GIT_{who}_NAME"), "Ada Example")
            .env(format!("GIT_{who}_EMAIL"), "ada@example.org");
    }
    run(&mut shell, None)
}

pub(super) fn commit(place: &mut Place, message: &str) {
    place.git(&["add", "--all"]);
    place.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
}

/// A repository whose first commit was pushed.
pub(super) fn pushed() -> Place {
    let mut place = Place::new();
    place.init();
    place.git(&["init", "--quiet", "--bare", "../origin.git"]);
    place.git(&["remote", "add", "origin", "../origin.git"]);
    place.write("base", "x\n");
    commit(&mut place, "base");
    place.git(&["push", "--quiet", "origin", "main"]);
    place
}

/// The line of a settings file that holds a key in hex, which no expression replaces.
pub(super) fn coded(number: usize) -> String {
    let key = key(number).bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("MISTRAL_API_KEY={key}\n")
}

#[test]
fn one_rebase_stops_wherever_a_key_is_added() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.write("coded.env", coded(3));
    commit(&mut place, "in hex");
    place.write("b.env", line(1));
    commit(&mut place, "the first once more");
    place.write("last.env", line(4));
    commit(&mut place, "last");
    let told = commands(&place, &["range", "origin/main.."]);
    let [rebase, go_on, _, _] = &told[..] else { panic!("{told:?}") };
    paste(&place, ".", rebase).ends_with(1);
    let stopped = place.work().join(".git/rebase-merge");
    let mut stops = Vec::new();
    while stopped.is_dir() && stops.len() < 9 {
        stops.push(place.git(&["log", "-1", "--format=%s"]).out().trim_end().to_owned());
        for file in ["a.env", "b.env", "coded.env", "last.env"] {
            if place.work().join(file).exists() {
                place.write(file, "MISTRAL_API_KEY=\n");
            }
        }
        paste(&place, ".", go_on);
    }
    assert_eq!(stops, ["a", "in hex", "the first once more", "last"]);
    place.run(&["history", "--reachable"]).ends_with(0);
    // Where no rebase is under way, nothing is amended.
    paste(&place, ".", go_on).ends_with(1);
}

#[test]
fn a_conflict_on_the_way_mixes_no_commits() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.write("a.env", line(1) + "OTHER=1\n");
    commit(&mut place, "beside it");
    let told = commands(&place, &["history"]);
    let [rebase, go_on, resolved, _] = &told[..] else { panic!("{told:?}") };
    paste(&place, ".", rebase).ends_with(1);
    // There is no conflict yet.
    paste(&place, ".", resolved).ends_with(1);
    place.write("a.env", "MISTRAL_API_KEY=\n");
    paste(&place, ".", go_on).ends_with(1);
    // Git stopped at the next commit, which nobody may put into this one.
    paste(&place, ".", go_on).ends_with(1);
    paste(&place, ".", resolved).ends_with(128);
    place.write("a.env", "MISTRAL_API_KEY=\nOTHER=1\n");
    place.git(&["add", "a.env"]);
    paste(&place, ".", resolved).ends_with(0);
    assert_eq!(place.git(&["log", "--format=%s"]).out(), "beside it\na\nbase\n");
    place.run(&["history", "--reachable"]).ends_with(0);
}

#[test]
fn a_commit_of_which_nothing_is_left_is_kept() {
    let mut place = pushed();
    commit(&mut place, "empty from the beginning");
    place.write("a.env", line(1));
    commit(&mut place, "nothing but the key");
    place.write("a.env", line(2));
    commit(&mut place, "another one");
    place.git(&["rm", "--quiet", "a.env"]);
    commit(&mut place, "without\n\n# a line of the message");
    let log = "log --format=%an%x09%ai%x09%B";
    let before = paste(&place, ".", &format!("git {log}")).out();
    let told = commands(&place, &["history"]);
    let [rebase, go_on, resolved, _] = &told[..] else { panic!("{told:?}") };
    paste(&place, ".", rebase).ends_with(1);
    fs::remove_file(place.work().join("a.env")).expect("it is there");
    paste(&place, ".", go_on).ends_with(1);
    // Where the file is not any more, the next one cannot change it.
    place.git(&["rm", "--quiet", "a.env"]);
    paste(&place, ".", resolved).ends_with(0);
    assert_eq!(paste(&place, ".", &format!("git {log}")).out(), before);
    assert_eq!(place.git(&["diff", "--name-only", "origin/main", "HEAD"]).out(), "");
    place.run(&["history", "--reachable"]).ends_with(0);
}

#[test]
fn a_branch_that_is_not_checked_out_is_named() {
    let mut place = pushed();
    place.git(&["checkout", "--quiet", "-b", "side"]);
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["checkout", "--quiet", "main"]);
    let told = commands(&place, &["history"]);
    let [_, rebase, go_on, _, _, _] = &told[..] else { panic!("{told:?}") };
    paste(&place, ".", rebase).ends_with(1);
    place.write("a.env", "MISTRAL_API_KEY=\n");
    paste(&place, ".", go_on).ends_with(0);
    place.run(&["history", "--reachable"]).ends_with(0);
}

#[test]
fn notes_tags_and_older_entries_of_the_stash() {
    let mut place = pushed();
    place.git(&["tag", "--annotate", "v1", "--message", &line(1)]);
    let told = commands(&place, &["history"]);
    assert_eq!(told, ["git tag --force --annotate v1 'v1^{}'"]);
    // The editor writes another message.
    paste(&place, ".", &format!("GIT_EDITOR='echo x >' {}", told[0])).ends_with(0);
    place.run(&["history", "--reachable"]).ends_with(0);

    place.write("stashed.env", line(2));
    place.git(&["add", "--all"]);
    place.git(&["stash", "--quiet"]);
    place.write("base", "y\n");
    place.git(&["stash", "--quiet"]);
    let told = commands(&place, &["history"]);
    let dropped = told.iter().find(|command| command.ends_with(" && git stash drop 'stash@{1}'"));
    let dropped = dropped.unwrap_or_else(|| panic!("{told:?}"));
    // What is put aside since has taken its number.
    place.write("base", "z\n");
    place.git(&["stash", "--quiet"]);
    paste(&place, ".", dropped).ends_with(1);
    place.git(&["stash", "drop", "--quiet"]);
    paste(&place, ".", dropped).ends_with(0);
    assert_eq!(place.git(&["stash", "list"]).out().lines().count(), 1);

    place.git(&["notes", "add", "--message", &line(3)]);
    let told = commands(&place, &["history"]);
    let notes: Vec<&String> = told.iter().filter(|line| line.contains("refs/notes")).collect();
    let [edit, forget] = notes[..] else { panic!("{told:?}") };
    // The editor writes another note.
    paste(&place, ".", &edit.replace("git notes", "GIT_EDITOR='echo x >' git notes")).ends_with(0);
    paste(&place, ".", forget).ends_with(0);
    place.run(&["history", "--reachable"]).ends_with(0);
}

#[test]
fn files_are_named_from_every_directory() {
    let mut place = pushed();
    fs::create_dir(place.work().join("below")).expect("a new directory");
    let odd =
        ["a.env", "_b.env", "pages/[id].env", ":c.env", "-d.env", "it's e.env", "!f.env", "\u{e9}*.env"];
    for (number, file) in odd.into_iter().enumerate() {
        place.write(file, line(number + 1));
    }
    place.write("pages/i.env", "of the pattern\n");
    place.git(&["add", "--all"]);
    let told = commands(&place, &["staged"]);
    assert_eq!(told, commands(&place, &["history"]));
    let [unstage] = &told[..] else { panic!("{told:?}") };
    paste(&place, "below", unstage).ends_with(0);
    assert_eq!(place.git(&["diff", "--cached", "--name-only"]).out(), "pages/i.env\n");

    commit(&mut place, "all of them");
    let told = commands(&place, &["history"]);
    let [amend] = &told[..] else { panic!("{told:?}") };
    for file in odd {
        place.write(file, "MISTRAL_API_KEY=\n");
    }
    paste(&place, "below", amend).ends_with(0);
    place.run(&["history", "--reachable"]).ends_with(0);
}

#[test]
fn what_two_work_trees_have_staged_is_taken_out_of_both() {
    let mut place = pushed();
    place.git(&["worktree", "add", "--quiet", "-b", "other", "../an other"]);
    let other = place.top().join("an other");
    for (top, path) in [(place.work(), "here.env"), (other.clone(), "there.env")] {
        fs::write(top.join(path), line(1)).expect("a file of ours");
        place.git(&["-C", &top.display().to_string(), "add", path]);
    }
    let ran = place.run(&["history"]).ends_with(1).says("in the index, in that of another work tree");
    assert!(ran.out().contains("here.env:") && ran.out().contains("there.env:"), "{}", ran.out());
    let told = commands(&place, &["history"]);
    assert_eq!(told.len(), 2, "{told:?}");
    for command in &told {
        paste(&place, ".", command).ends_with(0);
    }
    for top in [".", "../an other"] {
        place.run(&["staged", top]).ends_with(0);
    }
    // From the other one, and for one of them alone.
    place.git(&["add", "here.env"]);
    let told = commands(&place, &["history", "../an other"]);
    let [way, command] = &told[..] else { panic!("{told:?}") };
    assert!(way.starts_with("cd '/") && way.ends_with("/an other'"), "{way}");
    paste(&place, "../an other", command).ends_with(0);
    place.run(&["staged"]).ends_with(0);
}

#[test]
fn a_merge_that_is_under_way_ends_first() {
    let mut place = pushed();
    place.git(&["checkout", "--quiet", "-b", "side"]);
    place.write("side", "x\n");
    commit(&mut place, "side");
    place.git(&["checkout", "--quiet", "main"]);
    place.write("a.env", line(1));
    commit(&mut place, "a");
    for begin in [&["merge", "--quiet", "--no-commit", "side"][..], &["revert", "--no-commit", "HEAD~"]] {
        place.git(begin);
        let told = commands(&place, &["history"]);
        let [abort, amend] = &told[..] else { panic!("{told:?}") };
        if begin[0] == "merge" {
            paste(&place, ".", amend).ends_with(128);
        }
        paste(&place, ".", abort).ends_with(0);
        assert_eq!(commands(&place, &["history"]), [amend.as_str()]);
    }
    place.git(&["merge", "--quiet", "--no-commit", "side"]);
    let ids = ["HEAD", "HEAD~"].map(|name| place.git(&["rev-parse", name]).out().trim().to_owned());
    let update = format!("refs/heads/main {} refs/heads/main {}\n", ids[0], ids[1]);
    let mut hook = place.leeward(&["hook", "pre-push", "origin", "../origin.git"]);
    let stopped = run(&mut hook, Some(update.into_bytes())).ends_with(1);
    assert!(!stopped.err().contains("abort"), "nobody is led to throw a merge away: {}", stopped.err());
}

#[test]
fn the_name_of_a_ref_is_changed_here_and_at_the_remote() {
    let mut place = pushed();
    let name = |number| format!("mistral-api-key={}", key(number));
    place.git(&["branch", &name(1)]);
    place.git(&["update-ref", &format!("refs/custom/{}", name(2)), "HEAD"]);
    place.git(&["push", "--quiet", "origin", &format!("HEAD:refs/heads/{}", name(3))]);
    let told = commands(&place, &["history"]);
    let report = place.run(&["history"]).out();
    assert!((1..=3).all(|number| !report.contains(&key(number))), "{report}");
    let revoke = report.find("First delete the key at its provider");
    let deleted = report.find("git push origin --delete");
    assert!(revoke.is_some() && revoke < deleted, "{report}");
    let names = ["git branch --move", "git update-ref", "git push origin --delete"];
    for begin in names {
        let command = told.iter().find(|command| command.starts_with(begin)).expect(begin);
        paste(&place, ".", command).ends_with(0);
    }
    place.run(&["history", "--reachable"]).ends_with(0);
    let kept = place.git(&["for-each-ref", "--format=%(refname)"]).out();
    assert!(kept.contains("refs/heads/NEW-NAME\n") && kept.contains("refs/custom/NEW-NAME\n"), "{kept}");
}

#[test]
fn a_commit_that_changes_no_file_is_amended() {
    let mut place = pushed();
    commit(&mut place, &line(1));
    let told = commands(&place, &["history"]);
    let [amend] = &told[..] else { panic!("{told:?}") };
    paste(&place, ".", &format!("GIT_EDITOR='echo x >' {amend}")).ends_with(0);
    place.run(&["history", "--reachable"]).ends_with(0);
}

#[test]
fn nothing_is_dropped_while_a_ref_may_lead_to_it() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["rm", "--quiet", "a.env"]);
    commit(&mut place, "without");
    let tip = place.git(&["rev-parse", "HEAD"]).out();
    let (directory, file) = tip.trim_end().split_at(2);
    fs::remove_file(place.work().join(".git/objects").join(directory).join(file)).expect("it is loose");
    let may_be_in_refs = |ran: Ran| {
        let out = ran.says("before anything is dropped").says("in no ref that could be followed, but").out();
        assert!(!out.contains("gc --prune=now") && !out.contains("in no ref any more"), "{out}");
    };
    may_be_in_refs(place.run(&["history"]).ends_with(3));
    may_be_in_refs(place.run(&["history", "--no-connectivity-check"]).ends_with(1));
    may_be_in_refs(place.run(&["range", "HEAD@{1}"]));
    // What the commit that is gone reaches, nobody can tell.
    let ran = place.run(&["history", "--reachable", "--no-connectivity-check"]).ends_with(3);
    ran.says("commits that refs lead to are not stored");
}

#[test]
fn nothing_is_dropped_of_which_a_shallow_clone_knows_no_ref() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["rm", "--quiet", "a.env"]);
    commit(&mut place, "without");
    commit(&mut place, "after it");
    let with = place.git(&["rev-parse", "HEAD~2"]).out();
    place.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let shallow = place.top().join("shallow").display().to_string();
    let from = format!("file://{}", place.work().display());
    place.git(&["clone", "--quiet", "--depth=1", &from, &shallow]);
    let fetch = ["fetch", "--quiet", "--depth=1", "--no-write-fetch-head", "origin", with.trim_end()];
    place.git(&[&["-C", shallow.as_str()][..], &fetch].concat());
    let said = place.run(&["history", &shallow]).ends_with(3).out();
    assert!(said.contains("in no ref that could be followed, but"), "{said}");
    assert!(said.contains("before anything is dropped") && !said.contains("gc --prune=now"), "{said}");
}

#[test]
fn a_file_with_one_key_in_its_name_and_another_in_it_is_amended() {
    let mut place = pushed();
    let name = format!("mistral-api-key={}", key(2));
    place.write(&name, line(1));
    commit(&mut place, "a");
    let told = commands(&place, &["history"]);
    let [unchanged, all, _, _] = &told[..] else { panic!("{told:?}") };
    let mend = format!("git mv '{name}' a.env && echo x >a.env");
    paste(&place, ".", &format!("{unchanged}; {mend} && {all}")).ends_with(0);
    place.run(&["history", "--reachable"]).ends_with(0);
}

#[test]
fn a_further_copy_that_is_staged_is_taken_out_first() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    commit(&mut place, "after it");
    assert_eq!(commands(&place, &["history"]).len(), 4, "what HEAD has at that path is not staged");
    place.write("copy.env", line(1));
    place.git(&["add", "copy.env"]);
    let told = commands(&place, &["range", "origin/main.."]);
    let [unstage, rebase, _, _, _] = &told[..] else { panic!("{told:?}") };
    paste(&place, ".", unstage).ends_with(0);
    assert_eq!(place.git(&["diff", "--cached", "--name-only"]).out(), "");
    paste(&place, ".", rebase).ends_with(1);
    assert!(place.work().join(".git/rebase-merge").is_dir(), "it began, and stopped");
}

/// A repository in whose work tree `../other` a key was committed, on a branch of its own or on none.
pub(super) fn committed_elsewhere(detached: bool) -> Place {
    let mut place = pushed();
    place.git(&["worktree", "add", "--quiet", "-b", "other", "../other"]);
    let other = place.top().join("other").display().to_string();
    if detached {
        place.git(&["-C", &other, "checkout", "--quiet", "--detach"]);
    }
    fs::write(place.top().join("other/a.env"), line(1)).expect("a file of ours");
    for args in [&["add", "a.env"][..], &["commit", "--quiet", "--message", "a"]] {
        place.git(&[&["-C", other.as_str()], args].concat());
    }
    place
}

#[test]
fn what_another_work_tree_has_checked_out_is_rebased_there() {
    for detached in [false, true] {
        let place = committed_elsewhere(detached);
        let told = commands(&place, &["history"]);
        let [there, rebase, go_on, _, _] = &told[..] else { panic!("{told:?}") };
        paste(&place, ".", &format!("{there} && {rebase}")).ends_with(1);
        fs::write(place.top().join("other/a.env"), "MISTRAL_API_KEY=\n").expect("a file of ours");
        paste(&place, ".", &format!("{there} && {go_on}")).ends_with(0);
        place.run(&["history", "--reachable"]).ends_with(0);
    }
}
