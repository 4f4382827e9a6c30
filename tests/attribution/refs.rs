//! What is told about tags and notes that hold keys: what is only in them, and what a remote may have of them.

use super::line;
use super::remedies::{commands, commit, paste, pushed};
use crate::support::place::Place;

/// What a remote may have is told as long as a tag has it.
#[test]
fn a_tag_that_a_remote_may_have_is_thought_of_to_the_end() {
    let mut place = pushed();
    place.git(&["checkout", "--quiet", "--detach"]);
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["tag", "v1"]);
    place.git(&["push", "--quiet", "origin", "v1"]);
    place.git(&["checkout", "--quiet", "main"]);
    let said = "git push --force REMOTE TAG";
    place.run(&["history"]).ends_with(1).says(said);
    let told = commands(&place, &["history"]);
    assert_eq!(told, ["git branch NEW-NAME refs/tags/v1"]);
    paste(&place, ".", &told[0]).ends_with(0);
    place.run(&["history"]).ends_with(1).says(said).says(" filter-repo ");
}

#[test]
fn a_tag_of_what_is_no_commit_is_deleted() {
    let mut place = pushed();
    place.write("a.env", line(1));
    let object = |line: &str| paste(&place, ".", line).ends_with(0).out();
    let blob = object("git hash-object -w a.env");
    let tree = object(&format!("printf '100644 blob {}\\ta.env\\n' | git mktree", blob.trim()));
    for object in [&blob, &tree] {
        place.git(&["tag", "--annotate", "--message", "of no commit", "v1", object.trim()]);
        let told = commands(&place, &["history"]);
        assert_eq!(told, ["git tag --delete v1"]);
        paste(&place, ".", &told[0]).ends_with(0);
        place.run(&["history", "--reachable"]).ends_with(0);
    }
}

#[test]
fn notes_that_a_remote_may_have_are_thought_of() {
    let mut place = pushed();
    place.git(&["notes", "add", "--message", &line(1)]);
    place.git(&["push", "--quiet", "origin", "refs/notes/commits"]);
    place.run(&["history"]).ends_with(1).says("git push --force REMOTE 'refs/notes/*'");
    for command in commands(&place, &["history"]) {
        paste(&place, ".", &format!("export GIT_EDITOR='echo x >'; {command}")).ends_with(0);
    }
    place.git(&["push", "--quiet", "--force", "origin", "refs/notes/*"]);
    paste(&place, "../origin.git", "leeward history --reachable").ends_with(0);
}

/// The program that rewrites both knows no such ids.
#[test]
fn with_ids_of_sha256_a_tag_is_moved_by_hand() {
    let mut place = Place::new();
    place.git(&["init", "--quiet", "--initial-branch=main", "--template=", "--object-format=sha256"]);
    place.write("base", "x\n");
    commit(&mut place, "base");
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["tag", "v1"]);
    let told = commands(&place, &["history"]);
    let [rebase, go_on, ..] = &told[..] else { panic!("{told:?}") };
    paste(&place, ".", rebase).ends_with(1);
    place.write("a.env", "MISTRAL_API_KEY=\n");
    paste(&place, ".", go_on).ends_with(0);
    assert_eq!(commands(&place, &["history"]), [""; 0]);
    place.run(&["history"]).says("(git tag --force TAG COMMIT): refs/tags/v1.");
    place.git(&["tag", "--force", "v1", "main"]);
    place.run(&["history", "--reachable"]).ends_with(0);
}
