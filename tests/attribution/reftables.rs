//! What the logs of refs tell, where they are kept in reftables.

use super::line;
use super::remedies::{commands, commit, paste};
use crate::support::place::Place;

/// A repository whose first commit was pushed.
fn pushed(hash: &str) -> Place {
    let mut place = Place::new();
    let format = format!("--object-format={hash}");
    place.git(&["init", "--quiet", "--initial-branch=main", "--template=", "--ref-format=reftable", &format]);
    place.git(&["init", "--quiet", "--bare", &format, "../origin.git"]);
    place.git(&["remote", "add", "origin", "../origin.git"]);
    place.write("base", "x\n");
    commit(&mut place, "base");
    place.git(&["push", "--quiet", "origin", "main"]);
    place
}

/// The only command that is told.
fn dropped(place: &Place) -> String {
    let mut told = commands(place, &["history"]);
    assert_eq!(told.len(), 1, "{told:?}");
    told.remove(0)
}

#[test]
fn each_entry_of_the_stash_is_known() {
    for hash in ["sha1", "sha256"] {
        let mut place = pushed(hash);
        // Git 2.47 keeps what was before the oldest entry that is left, even if that was dropped.
        place.write("base", "w\n");
        place.git(&["stash", "--quiet"]);
        place.write("stashed.env", line(1));
        place.git(&["stash", "--quiet", "--include-untracked"]);
        assert!(dropped(&place).ends_with(" git stash drop 'stash@{0}'"), "{hash}");
        for content in ["y\n", "z\n"] {
            place.write("base", content);
            place.git(&["stash", "--quiet"]);
        }
        // One that was dropped moves those behind it up.
        place.git(&["stash", "drop", "--quiet", "stash@{1}"]);
        for merged in [false, true] {
            if merged {
                place.git(&["pack-refs", "--all"]);
            }
            place.run(&["history"]).ends_with(1).says("in stash@{1}");
            assert!(dropped(&place).ends_with(" git stash drop 'stash@{1}'"), "{hash}, {merged}");
        }
        paste(&place, ".", &dropped(&place)).ends_with(0);
        let told = commands(&place, &["history"]);
        assert!(told.len() == 1 && told[0].ends_with(" gc --prune=now"), "{hash}: {told:?}");
        paste(&place, ".", &told[0]).ends_with(0);
        place.run(&["history"]).ends_with(0);
        assert_eq!(place.git(&["stash", "list"]).out().lines().count(), 2, "{hash}");
    }
}

#[test]
fn what_was_pushed_once_is_known() {
    let mut place = pushed("sha1");
    place.git(&["worktree", "add", "--quiet", "--detach", "../other"]);
    // So many that they are in several blocks.
    let shell = "for i in $(seq 2000); do echo \"create refs/heads/branch-of-a-long-name/$i HEAD\"; done | git update-ref --stdin";
    paste(&place, ".", shell).ends_with(0);
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["push", "--quiet", "origin", "main"]);
    place.git(&["reset", "--quiet", "--hard", "HEAD~"]);
    place.git(&["push", "--quiet", "--force", "origin", "main"]);
    let other = place.top().join("other").display().to_string();
    std::fs::write(place.top().join("other/b.env"), line(2)).expect("a file of ours");
    for args in
        [&["add", "b.env"][..], &["commit", "--quiet", "--message", "b"], &["checkout", "--quiet", "main~0"]]
    {
        place.git(&[&["-C", other.as_str()][..], args].concat());
    }
    for merged in [false, true] {
        if merged {
            place.git(&["pack-refs", "--all"]);
        }
        let ran = place.run(&["history"]).ends_with(1);
        let ran = ran.says("(HEAD@{1}, main@{1}, origin/main@{1}); pushed: known to be at origin");
        ran.says("in no ref any more, but in the reflog (worktrees/other/HEAD@{1}); not pushed");
    }
}
