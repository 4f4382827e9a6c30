//! The commands of a report, run as they are told, lose nothing but keys.

use super::line;
use super::remedies::{commands, commit, paste, pushed};

#[test]
fn commits_that_only_a_tag_holds_are_kept() {
    let mut place = pushed();
    place.git(&["checkout", "--quiet", "--detach"]);
    place.write("work", "a day's work\n");
    commit(&mut place, "work");
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["tag", "--annotate", "rel", "--message", "release"]);
    place.git(&["checkout", "--quiet", "main"]);
    for _ in 0..2 {
        for command in commands(&place, &["history"]) {
            paste(&place, ".", &command);
        }
    }
    let kept = place.git(&["log", "--all", "--format=%s"]).out();
    assert!(kept.lines().any(|subject| subject == "work"), "{kept}");
    // What has to be rewritten is the branch that is there now, and the tag.
    let told = commands(&place, &["history"]);
    assert!(told.iter().any(|command| command.contains(" filter-repo ")), "{told:?}");
}

#[test]
fn who_borrows_objects_is_thought_of_before_they_are_dropped() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["clone", "--quiet", "--shared", ".", "../borrower"]);
    place.git(&["reset", "--quiet", "--hard", "HEAD~"]);
    let said = place.run(&["history"]).ends_with(1).out();
    let (advice, gc) = (said.find("`git repack -a -d`"), said.find("gc --prune=now"));
    assert!(advice.is_some() && advice < gc, "{said}");
    paste(&place, "../borrower", "git repack -a -d").ends_with(0);
    for command in commands(&place, &["history"]) {
        paste(&place, ".", &command).ends_with(0);
    }
    paste(&place, "../borrower", "git fsck --connectivity-only && git log").ends_with(0);
}
