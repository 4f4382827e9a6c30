//! Where the recipe for what others have begins: at a remote that has it or may have it, at the address that is pushed to.

use super::line;
use super::remedies::{commands, paste, pushed};
use crate::support::place::Place;

/// Runs what is told, with copies made in a directory of their own, and a git-filter-repo that makes the tip of `side` anew.
fn follow(place: &mut Place, told: &[String]) -> String {
    let rewrite = "git update-ref refs/heads/side \"$(git commit-tree -m rewritten 'main^{tree}')\"; mkdir -p filter-repo; : >filter-repo/commit-map";
    place.write("../bin/git-filter-repo", format!("#!/bin/sh\n{rewrite}\n"));
    paste(place, ".", "chmod +x ../bin/git-filter-repo; mkdir -p ../tmp").ends_with(0);
    let begin = "top=$(dirname \"$PWD\"); export TMPDIR=$top/tmp PATH=$top/bin:$PATH";
    let ran = paste(place, ".", &format!("{begin}\n{}", told.join("\n")));
    let left = std::fs::read_dir(place.top().join("tmp")).expect("a directory").count();
    assert_eq!(left, 0, "no copy is left: {}", ran.err());
    paste(place, "../origin.git", "git log --all --format=%s").ends_with(0).out()
}

/// A clone that has a key only in a branch fetched by hand.
fn fetched_by_hand() -> Place {
    let mut place = pushed();
    paste(
        &place,
        ".",
        "git clone --quiet ../origin.git ../colleague && git -C ../colleague switch --quiet -c side",
    )
    .ends_with(0);
    place.write("../colleague/a.env", line(1));
    let push = "git add a.env && git commit --quiet -m a && git push --quiet origin side";
    paste(&place, "../colleague", push).ends_with(0);
    place.git(&["config", "--unset-all", "remote.origin.fetch"]);
    place.git(&["fetch", "--quiet", "origin", "side:side"]);
    place
}

#[test]
fn what_a_remote_may_have_is_rewritten_there_before_it_is_here() {
    let mut place = fetched_by_hand();
    place.git(&["remote", "add", "up", "../up.git"]);
    place
        .run(&["history"])
        .ends_with(1)
        .says("each other remote that may have it, in a copy of its own: up.");
    let told = commands(&place, &["history"]);
    let at = |part: &str| told.iter().position(|command| command.contains(part));
    let (there, here) = (at("$(git remote get-url --push origin)"), at("git rev-parse --git-common-dir"));
    assert!(there.is_some() && there < here, "{told:?}");
    assert_eq!(follow(&mut place, &told), "rewritten\nbase\n");
    place.run(&["history"]).ends_with(0);
}

#[test]
fn a_remote_that_turns_out_to_have_no_key_is_left_alone() {
    let mut place = fetched_by_hand();
    let side = "git update-ref -d refs/heads/side && git branch side main && git reflog expire --expire=now --all && git gc --quiet --prune=now";
    paste(&place, "../origin.git", side).ends_with(0);
    let told = commands(&place, &["history"]);
    assert_eq!(follow(&mut place, &told), "base\n");
    place.run(&["history"]).ends_with(0);
}

#[test]
fn what_is_copied_and_compared_is_what_is_pushed_to() {
    let mut place = pushed();
    // Fetched from a mirror, which is behind what is pushed to.
    place.git(&["clone", "--quiet", "--bare", "../origin.git", "../mirror.git"]);
    place.git(&["config", "url.../origin.git.pushInsteadOf", "../mirror.git"]);
    place.git(&["remote", "set-url", "origin", "../mirror.git"]);
    place.write("a.env", line(1));
    place.git(&["add", "a.env"]);
    place.git(&["commit", "--quiet", "--message", "a"]);
    place.git(&["push", "--quiet", "origin", "main", "main:side"]);
    place.git(&["-C", "../origin.git", "branch", "theirs", "main~"]);
    let told = commands(&place, &["history"]);
    let list = |which: &str| {
        let command = told.iter().find(|command| command.starts_with(which)).expect("it is told");
        paste(&place, ".", command).ends_with(0).out()
    };
    assert_eq!(list("git remote get-url --push --all"), "../origin.git\n");
    assert_eq!(list("git remote get-url --all"), "../mirror.git\n");
    follow(&mut place, &told);
    assert_eq!(place.git(&["-C", "../origin.git", "log", "-1", "--format=%s", "theirs"]).out(), "base\n");
    assert_eq!(place.git(&["-C", "../origin.git", "log", "--format=%s", "side"]).out(), "rewritten\n");
}

#[test]
fn what_is_left_of_a_remote_names_none() {
    let mut place = pushed();
    place.git(&["remote", "remove", "origin"]);
    place.write("a.env", line(1));
    place.git(&["add", "a.env"]);
    place.git(&["commit", "--quiet", "-m", "a"]);
    place.git(&["update-ref", "refs/remotes/git-svn", "HEAD"]);
    let ran = place.run(&["history"]).ends_with(1).says("pushed, or fetched from elsewhere");
    assert!(!ran.out().contains("get-url"), "{}", ran.out());
}

#[test]
fn what_was_put_aside_is_dropped_where_it_leads_to_what_was_rewritten() {
    let mut place = pushed();
    place.write("a.env", line(1));
    place.git(&["add", "a.env"]);
    place.git(&["commit", "--quiet", "-m", "a"]);
    place.git(&["push", "--quiet", "../origin.git", "main"]);
    place.git(&["remote", "remove", "origin"]);
    place.git(&["update-ref", "refs/remotes/gone/main", "HEAD"]);
    place.write("base", "work\n");
    place.git(&["stash", "--quiet"]);
    let told = commands(&place, &["history"]);
    let at = |part: &str| told.iter().position(|command| command.contains(part)).expect(part);
    let (back, dropped, gc) = (at("unchanged && "), at("git stash drop"), at("gc --prune=now"));
    assert!(back < dropped && dropped < gc, "{told:?}");
    // Where nothing else has it any more, nothing is to be rewritten.
    place.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    place.git(&["reflog", "expire", "--expire=now", "HEAD", "main"]);
    let told = |place: &Place| commands(place, &["history"]);
    place.git(&["update-ref", "-d", "refs/remotes/gone/main"]);
    assert!(told(&place).iter().all(|command| !command.contains("filter-repo")), "{:?}", told(&place));
    for command in told(&place) {
        paste(&place, ".", &command).ends_with(0);
    }
    place.run(&["history"]).ends_with(1).says("gc --prune=now");
    for command in told(&place) {
        paste(&place, ".", &command).ends_with(0);
    }
    place.run(&["history"]).ends_with(0);
}
