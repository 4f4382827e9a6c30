//! The rebases of a report, run to their ends: several branches, a HEAD on none, options of the call.

use std::fs;

use super::line;
use super::remedies::{coded, commands, commit, committed_elsewhere, paste, pushed};
use crate::support::place::Place;

/// Begins a rebase, takes keys out of a file wherever it stops, and sees it end.
fn rebased(place: &Place, file: &str, begin: &str, go_on: &str) {
    paste(place, ".", begin).ends_with(1);
    for _ in 0..9 {
        if !place.work().join(".git/rebase-merge").is_dir() {
            return;
        }
        place.write(file, "MISTRAL_API_KEY=\n");
        paste(place, ".", go_on);
    }
    panic!("it does not end: {begin}");
}

#[test]
fn each_branch_ends_before_the_next_begins() {
    let mut place = pushed();
    for (number, branch) in (1..).zip(["one", "two"]) {
        place.git(&["checkout", "--quiet", "-b", branch, "origin/main"]);
        place.write(format!("{branch}.env"), line(number));
        commit(&mut place, branch);
    }
    let told = commands(&place, &["history"]);
    let [second, go_on, _, _, head, first, again, _, _, back] = &told[..] else { panic!("{told:?}") };
    assert!(!second.ends_with("two") && first.ends_with(" one") && go_on == again, "{told:?}");
    rebased(&place, "two.env", second, go_on);
    let branch = paste(&place, ".", &format!("{head}; echo $head")).out();
    rebased(&place, "one.env", first, go_on);
    assert_eq!(place.git(&["branch", "--show-current"]).out(), "one\n");
    // A file of the same name is no reason to stay.
    place.write("two", "x\n");
    paste(&place, ".", &format!("head={}; {back}", branch.trim_end())).ends_with(0);
    assert_eq!(place.git(&["branch", "--show-current"]).out(), "two\n");
    place.run(&["history", "--reachable"]).ends_with(0);
}

#[test]
fn submodules_stay_at_the_commits_that_moved_them() {
    let mut place = pushed();
    place.git(&["init", "--quiet", "sub"]);
    let moves = |place: &mut Place, name: &str| {
        place.git(&["-C", "sub", "commit", "--quiet", "--allow-empty", "-m", name]);
        place.git(&["add", "."]);
        place.git(&["commit", "--quiet", "-m", name]);
    };
    moves(&mut place, "first");
    place.write("a.env", line(1));
    place.git(&["add", "a.env"]);
    place.git(&["commit", "--quiet", "-m", "key"]);
    moves(&mut place, "second");
    let gitlinks = |place: &mut Place| {
        let log = ["log", "--format=%s", "--raw", "--no-abbrev", "--", "sub"];
        place.git(&log).out()
    };
    let before = gitlinks(&mut place);
    assert!(before.starts_with("second\n") && before.contains("first\n"), "{before}");
    let told = commands(&place, &["history"]);
    rebased(&place, "a.env", &told[0], &told[1]);
    place.run(&["history", "--reachable"]).ends_with(0);
    assert_eq!(gitlinks(&mut place), before);
}

#[test]
fn what_is_checked_out_is_not_amended_after_another_branch() {
    let mut place = pushed();
    place.git(&["checkout", "--quiet", "-b", "side"]);
    place.write("side.env", line(1));
    commit(&mut place, "side");
    commit(&mut place, "after it");
    place.git(&["checkout", "--quiet", "main"]);
    place.write("last.env", line(2));
    commit(&mut place, "last");
    let told = commands(&place, &["history"]);
    let [own, go_on, _, _, _, side, _, _, _, _] = &told[..] else { panic!("{told:?}") };
    rebased(&place, "last.env", own, go_on);
    rebased(&place, "side.env", side, go_on);
    place.run(&["history", "--reachable"]).ends_with(0);
    assert_eq!(place.git(&["log", "--format=%s", "main", "side"]).out().lines().count(), 4);
}

#[test]
fn a_head_on_no_branch_leaves_no_branch_behind() {
    // The branch has all of it, all and more, and less than HEAD.
    for (head, ahead, named) in [("main", false, true), ("main~", false, true), ("main", true, false)] {
        let mut place = pushed();
        place.write("a.env", line(1));
        commit(&mut place, "a");
        commit(&mut place, "after it");
        place.git(&["checkout", "--quiet", "--detach", head]);
        if ahead {
            place.write("more", "x\n");
            commit(&mut place, "more");
        }
        let told = commands(&place, &["history"]);
        let [rebase, go_on, _, _] = &told[..] else { panic!("{told:?}") };
        assert_eq!(rebase.ends_with(" main"), named, "{rebase}");
        rebased(&place, "a.env", rebase, go_on);
        place.run(&["history", "--reachable"]).ends_with(0);
        assert_eq!(place.git(&["log", "--format=%s", "-2", "main"]).out(), "after it\na\n");
    }
}

#[test]
fn a_branch_that_has_what_a_head_on_none_has_is_named() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["checkout", "--quiet", "--detach"]);
    place.write("b.env", line(2));
    commit(&mut place, "b");
    place.run(&["history"]).ends_with(1).says("has to follow (git 2.38 and later").says(": refs/heads/main.");
}

/// Rules to which alone a value is a key.
const ACME: &str = "[[rule]]\nid = \"acme\"\ndescription = \"Acme token\"\nseverity = \"high\"\nconfidence = \"low\"\n\
                    keywords = [\"acme\"]\npattern = 'acme_[a-z]{8}'\n";

#[test]
fn the_rebase_judges_as_the_call_did() {
    let mut place = pushed();
    fs::create_dir(place.top().join("the rules")).expect("a new directory");
    fs::write(place.top().join("the rules/acme.toml"), ACME).expect("a file of ours");
    place.write("a.env", "acme_abcdefgh\n");
    commit(&mut place, "a");
    commit(&mut place, "after it");
    let options = ["--rules", "../the rules/acme.toml", "--confidence=low"];
    let told = commands(&place, &[&["history"][..], &options].concat());
    let [rebase, go_on, _, _] = &told[..] else { panic!("{told:?}") };
    assert!(rebase.contains("--confidence low") && rebase.contains(r"--rules '\''/"), "{rebase}");
    rebased(&place, "a.env", rebase, go_on);
    place.run(&[&["history", "--reachable"][..], &options].concat()).ends_with(0);
    let told = commands(&place, &["history", "--rules", "../the rules/acme.toml", "--confidence=low"]);
    assert!(told[0].ends_with(" gc --prune=now"), "{told:?}");
}

#[test]
fn a_configuration_holds_in_every_commit_of_the_rebase() {
    for (is_tracked, named) in [(true, "--policy-from "), (false, "--config /")] {
        let mut place = pushed();
        place.write("a.env", "acme_abcdefgh\n");
        commit(&mut place, "a");
        if !is_tracked {
            place.write(".git/info/exclude", "*.toml\n");
        }
        // It is there since a later commit, or in none.
        place.write("leeward.toml", "confidence = \"low\"\n[rules]\nfiles = [\"acme.toml\"]\n");
        place.write("acme.toml", ACME);
        commit(&mut place, "after it");
        let told = commands(&place, &["history"]);
        let [rebase, go_on, _, _] = &told[..] else { panic!("{told:?}") };
        assert!(rebase.contains(named), "{rebase}");
        rebased(&place, "a.env", rebase, go_on);
        place.run(&["history", "--reachable"]).ends_with(0);
        // A copy of what a remote has need not have it.
        place.git(&["push", "--quiet", "origin", "HEAD~:refs/heads/other"]);
        place.write("b.env", "acme_abcdefgi\n");
        commit(&mut place, "b");
        place.git(&["push", "--quiet", "origin", "main"]);
        let told = commands(&place, &["history"]);
        let written =
            told.iter().find(|command| command.contains("--write-expressions")).expect("it was pushed");
        assert!(written.contains(" --config /") && !written.contains("--policy-from"), "{written}");
    }
}

#[test]
fn a_work_tree_that_is_gone_is_forgotten_first() {
    for detached in [false, true] {
        let place = committed_elsewhere(detached);
        fs::remove_dir_all(place.top().join("other")).expect("it is there");
        let told = commands(&place, &["history"]);
        assert_eq!(
            (told[0].as_str(), told.len()),
            ("git worktree prune", if detached { 1 } else { 7 }),
            "{told:?}"
        );
        paste(&place, ".", &told[0]).ends_with(0);
        if let [_, _, rebase, go_on, ..] = &told[..] {
            rebased(&place, "a.env", rebase, go_on);
        }
        place.run(&["history", "--reachable"]).ends_with(0);
    }
}

/// Whether what is told has the history rewritten in a copy.
fn is_rewritten(place: &Place) -> bool {
    let told = commands(place, &["history"]);
    let (copies, rebases) = (" filter-repo ", " --reschedule-failed-exec ");
    let has = |what: &str| told.iter().any(|command| command.contains(what));
    assert_ne!(has(copies), has(rebases), "{told:?}");
    has(copies)
}

#[test]
fn merges_of_ones_own_and_what_branches_share_are_rewritten_and_not_rebased() {
    let mut place = pushed();
    place.git(&["checkout", "--quiet", "-b", "side"]);
    commit(&mut place, "side");
    place.git(&["push", "--quiet", "origin", "side"]);
    place.git(&["checkout", "--quiet", "-b", "theirs", "main"]);
    place.git(&["merge", "--quiet", "--no-ff", "side"]);
    place.git(&["push", "--quiet", "origin", "theirs"]);
    place.git(&["checkout", "--quiet", "-B", "main", "theirs"]);
    place.git(&["branch", "--quiet", "-D", "theirs", "side"]);
    place.write("a.env", line(1));
    commit(&mut place, "a");
    commit(&mut place, "after it");
    assert!(!is_rewritten(&place), "a merge that a remote has stays as it is");
    place.git(&["checkout", "--quiet", "-b", "fork", "HEAD~"]);
    commit(&mut place, "fork");
    assert!(is_rewritten(&place), "both have it");
    place.git(&["branch", "--quiet", "--move", "main", "gone"]);
    place.git(&["branch", "--quiet", "-D", "gone"]);
    assert!(!is_rewritten(&place));
    place.git(&["tag", "v1"]);
    assert!(is_rewritten(&place), "the tag has it, too");
    place.git(&["tag", "-d", "v1"]);
    place.git(&["checkout", "--quiet", "-b", "other", "origin/main"]);
    commit(&mut place, "other");
    place.git(&["checkout", "--quiet", "fork"]);
    place.git(&["merge", "--quiet", "--no-ff", "-s", "ours", "other"]);
    assert!(is_rewritten(&place), "git would not make this merge anew as it is");
    // Whatever it is encoded in.
    place.write("a.env", coded(1));
    commit(&mut place, "in hex");
    assert!(is_rewritten(&place));
    place.git(&["checkout", "--quiet", "--detach"]);
    place.git(&["branch", "--quiet", "-D", "fork"]);
    let told = commands(&place, &["history"]);
    assert_eq!(told, ["git switch --create NEW-NAME"]);
    paste(&place, ".", &told[0]).ends_with(0);
    assert!(is_rewritten(&place));
}

#[test]
fn with_ids_of_sha256_it_is_rebased() {
    let mut place = Place::new();
    place.git(&["init", "--quiet", "--object-format=sha256", "--initial-branch=main"]);
    commit(&mut place, "base");
    place.write("a.env", line(1));
    commit(&mut place, "a");
    commit(&mut place, "after it");
    place.git(&["branch", "other"]);
    let told = commands(&place, &["history"]);
    let [rebase, go_on, _, _] = &told[..] else { panic!("{told:?}") };
    rebased(&place, "a.env", rebase, go_on);
    place.run(&["history", ".", "--reachable", "main"]).ends_with(0);
}

#[test]
fn what_other_branches_have_is_told_when_one_looks_again() {
    let mut place = pushed();
    place.git(&["checkout", "--quiet", "-b", "side"]);
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["checkout", "--quiet", "--detach", "main"]);
    place.write("a.env", line(1) + "OTHER=1\n");
    commit(&mut place, "the same on no branch");
    commit(&mut place, "after it");
    place.run(&["history"]).says(": refs/heads/side. What is left then is told when you look again.");
    let told = commands(&place, &["history"]);
    let [rebase, go_on, _, _] = &told[..] else { panic!("{told:?}") };
    rebased(&place, "a.env", rebase, go_on);
    let on_none = place.git(&["rev-parse", "HEAD"]).out();
    let told = commands(&place, &["history"]);
    let [head, rebase, go_on, _, _, back] = &told[..] else { panic!("{told:?}") };
    assert!(rebase.ends_with(" side"), "{rebase}");
    assert_eq!(paste(&place, ".", &format!("{head}; echo $head")).out(), on_none);
    rebased(&place, "a.env", rebase, go_on);
    paste(&place, ".", &format!("head={}; {back}", on_none.trim_end())).ends_with(0);
    assert_eq!(place.git(&["branch", "--show-current"]).out(), "");
    place.run(&["history", "--reachable"]).ends_with(0);
}

#[cfg(unix)]
#[test]
fn the_target_of_a_link_is_amended_like_a_file() {
    let mut place = pushed();
    let link = place.work().join("link");
    std::os::unix::fs::symlink(line(1).trim_end(), &link).expect("a new link");
    commit(&mut place, "link");
    let told = commands(&place, &["history"]);
    let [amend] = &told[..] else { panic!("{told:?}") };
    fs::remove_file(&link).expect("it is there");
    std::os::unix::fs::symlink("elsewhere", &link).expect("a new link");
    paste(&place, ".", amend).ends_with(0);
    place.run(&["history", "--reachable"]).ends_with(0);
}

#[test]
fn what_submodules_have_does_not_stop_a_rewrite_and_what_is_staged_of_them_does() {
    let mut place = pushed();
    let add = "git clone --quiet --branch main ../origin.git sub && git -c advice.addEmbeddedRepo=false add sub && git commit --quiet -m sub";
    paste(&place, ".", add).ends_with(0);
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["branch", "side"]);
    let told = commands(&place, &["history"]);
    let begin = told.iter().find(|command| command.contains("work=$(mktemp -d)")).expect("it is rewritten");
    fs::create_dir(place.top().join("tmp")).expect("a new directory");
    let begin = format!("export TMPDIR=$(dirname \"$PWD\")/tmp; {begin}");
    place.write("sub/base", "changed\n");
    paste(&place, ".", &begin).ends_with(0);
    paste(&place, "sub", "git commit --quiet --all -m changed").ends_with(0);
    paste(&place, ".", &begin).ends_with(0);
    place.git(&["add", "sub"]);
    paste(&place, ".", &begin).ends_with(1);
}
