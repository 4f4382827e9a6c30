//! What git hands to `pre-commit`: every way to make a commit.

use std::os::unix::fs::symlink;

use super::{Repo, line};
use crate::support::values::key;

#[test]
fn a_new_key_stops_a_commit_and_nothing_else_does() {
    let mut repo = Repo::new();
    repo.write("app.py", "print(1)\n");
    repo.git(&["add", "."]);
    repo.passes(&["commit", "-m", "no key"]);
    repo.write("app.env", line(2));
    repo.git(&["add", "."]);
    repo.stops(&["commit", "-m", "a key"], "app.env:1:17");
    repo.git(&["rm", "--quiet", "--cached", "app.env"]);
    repo.attempt(&["commit", "--allow-empty", "-m", "nothing"]).ends_with(0).says("nothing to judge");
}

#[test]
fn before_the_first_commit_everything_is_new() {
    let mut repo = Repo::unborn();
    repo.write("a file.env", line(2));
    repo.git(&["add", "."]);
    repo.stops(&["commit", "-m", "first"], "a file.env:1:17");
    repo.write("a file.env", "KEY=\n");
    repo.git(&["add", "."]);
    repo.passes(&["commit", "-m", "first"]);
}

#[test]
fn commit_all_and_commit_file_hand_over_another_index() {
    let repo = Repo::new();
    repo.write("other.txt", line(2));
    // Nothing is in the usual index.
    repo.stops(&["commit", "-a", "-m", "all"], "other.txt:1:17");
    repo.stops(&["commit", "-m", "one", "other.txt"], "other.txt:1:17");
    repo.stops(&["commit", "-m", "one", "--only", "other.txt"], "other.txt:1:17");
    repo.stops(&["commit", "-m", "one", "--include", "other.txt"], "other.txt:1:17");
}

#[test]
fn what_commit_file_leaves_out_is_not_judged() {
    let mut repo = Repo::new();
    repo.write("staged.env", line(2));
    repo.git(&["add", "."]);
    repo.write("other.txt", "more\n");
    repo.passes(&["commit", "-m", "one", "other.txt"]);
    repo.stops(&["commit", "-m", "rest"], "staged.env:1:17");
}

#[test]
fn the_index_is_judged_and_not_the_work_tree() {
    let mut repo = Repo::new();
    repo.write("other.txt", line(2));
    repo.git(&["add", "."]);
    repo.write("other.txt", "clean\n");
    repo.stops(&["commit", "-m", "staged"], "other.txt:1:17");
    repo.git(&["add", "."]);
    repo.write("other.txt", line(2));
    repo.passes(&["commit", "-m", "not staged"]);
}

#[test]
fn an_intent_to_add_has_no_content_yet() {
    let mut repo = Repo::new();
    repo.write("later.env", line(2));
    repo.git(&["add", "--intent-to-add", "later.env"]);
    repo.write("other.txt", "more\n");
    repo.git(&["add", "other.txt"]);
    repo.passes(&["commit", "-m", "without it"]);
    repo.stops(&["commit", "-a", "-m", "with it"], "later.env:1:17");
}

#[test]
fn what_stood_in_the_file_before_is_not_new() {
    let mut repo = Repo::new();
    repo.write("base.env", format!("# moved down\nX=1\n{}", line(1)));
    repo.git(&["add", "."]);
    repo.passes(&["commit", "-m", "a line moved"]);
    repo.write("copy.env", line(1));
    repo.git(&["add", "."]);
    repo.stops(&["commit", "-m", "a further copy"], "copy.env:1:17");
    repo.git(&["rm", "--quiet", "--cached", "copy.env"]);
    repo.write("base.env", format!("{}{}", line(1), line(2)));
    repo.git(&["add", "base.env"]);
    repo.stops(&["commit", "-m", "one more"], "base.env:2:17");
}

#[test]
fn a_renamed_file_is_what_it_was() {
    let mut repo = Repo::new();
    repo.git(&["mv", "base.env", "moved.env"]);
    repo.passes(&["commit", "-m", "renamed"]);
    repo.write("moved.env", format!("{}ONE=1\nTWO=2\nTHREE=3\n", line(1)));
    repo.passes(&["commit", "-a", "-m", "longer"]);
    repo.git(&["mv", "moved.env", "again.env"]);
    repo.write("again.env", format!("{}ONE=1\nTWO=2\nTHREE=4\n", line(1)));
    repo.passes(&["commit", "-a", "-m", "renamed and changed"]);
    repo.git(&["mv", "again.env", "last.env"]);
    repo.write("last.env", format!("{}ONE=1\nTWO=2\n{}", line(1), line(2)));
    repo.stops(&["commit", "-a", "-m", "renamed, with a new key"], "last.env:4:17");
}

#[test]
fn a_renamed_file_has_one_successor() {
    let mut repo = Repo::new();
    repo.git(&["rm", "--quiet", "base.env"]);
    repo.write("sub/one.env", line(1));
    repo.write("sub/two.env", line(1));
    repo.git(&["add", "."]);
    repo.stops(&["commit", "-m", "two of one"], "two.env:1:17");
}

#[test]
fn a_renamed_directory_is_what_it_was() {
    let mut repo = Repo::new();
    for number in 2..6 {
        repo.write(&format!("old/deep/{number}.env"), line(number));
    }
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "a directory"]);
    repo.git(&["mv", "old", "new"]);
    repo.passes(&["commit", "-m", "renamed"]);
}

#[test]
fn a_changed_type_is_judged() {
    let mut repo = Repo::new();
    repo.git(&["rm", "--quiet", "--cached", "other.txt"]);
    std::fs::remove_file(repo.work().join("other.txt")).expect("our own");
    symlink(format!("mistral-key={}", key(2)), repo.work().join("other.txt")).expect("a new link");
    repo.git(&["add", "."]);
    repo.stops(&["commit", "-m", "to a link"], "other.txt in the target of the link");
    std::fs::remove_file(repo.work().join("other.txt")).expect("our own");
    symlink("base.env", repo.work().join("other.txt")).expect("a new link");
    repo.git(&["add", "."]);
    repo.passes(&["commit", "-m", "a harmless link"]);
    std::fs::remove_file(repo.work().join("other.txt")).expect("our own");
    repo.write("other.txt", line(3));
    repo.stops(&["commit", "-a", "-m", "back to a file"], "other.txt:1:17");
}

#[test]
fn attributes_and_bytes_hide_nothing() {
    let mut repo = Repo::new();
    repo.write(".gitattributes", "*.bin binary\n*.nodiff -diff\n*.none -text -diff -merge\n");
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let contents = [
        ("a.bin", line(2).into_bytes()),
        ("b.nodiff", line(3).into_bytes()),
        ("c.none", line(4).into_bytes()),
        ("d.txt", [b"\0\x01\n".as_slice(), line(5).as_bytes()].concat()),
        ("e.txt", [&[0xff, 0xfe], wide(&line(6)).as_slice()].concat()),
        ("f.txt", wide(&line(7))),
    ];
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "attributes"]);
    for (path, content) in contents {
        repo.write(path, content);
        repo.git(&["add", path]);
        repo.stops(&["commit", "-m", "hidden"], path);
        repo.git(&["rm", "--quiet", "--cached", path]);
    }
}

#[test]
fn what_is_too_large_to_be_judged_is_said_and_alone_is_no_clean_commit() {
    let mut repo = Repo::new();
    repo.write("leeward.toml", "[limits]\nmax-file-size = \"20B\"\n");
    repo.git(&["add", "leeward.toml"]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "settings"]);
    repo.write("a.env", line(2));
    repo.git(&["add", "a.env"]);
    repo.attempt(&["commit", "-m", "large"]).ends_with(1).says("every file is larger than max-file-size");
    repo.write("b.txt", "small\n");
    repo.git(&["add", "b.txt"]);
    repo.attempt(&["commit", "-m", "one of two"])
        .ends_with(0)
        .says("1 not judged (larger than max-file-size)");
}

#[test]
fn submodules_are_named_and_not_entered() {
    let mut repo = Repo::new();
    let id = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{id},sub")]);
    repo.attempt(&["commit", "-m", "a submodule"]).ends_with(0);
    let named = format!("160000,{id},mistral_key={}", key(2));
    repo.git(&["update-index", "--add", "--cacheinfo", &named]);
    repo.stops(&["commit", "-m", "a submodule with a bad name"], "in the name");
}

#[test]
fn an_amended_commit_is_judged() {
    let mut repo = Repo::new();
    repo.write("other.txt", "more\n");
    repo.git(&["add", "."]);
    repo.passes(&["commit", "--amend", "-m", "base, amended"]);
    repo.write("other.txt", line(2));
    repo.git(&["add", "."]);
    repo.stops(&["commit", "--amend", "-m", "base, with a key"], "other.txt:1:17");
}

#[test]
fn a_key_can_be_taken_out() {
    let mut repo = Repo::new();
    repo.write("base.env", "MISTRAL_API_KEY=\n");
    repo.passes(&["commit", "-a", "-v", "-m", "taken out"]);
    repo.git(&["rm", "--quiet", "base.env"]);
    repo.attempt(&["commit", "-m", "gone"]).ends_with(0);
}

/// A repository in which `theirs` has key 2, and `main` does not.
fn with_a_branch() -> Repo {
    let mut repo = Repo::new();
    repo.git(&["checkout", "--quiet", "-b", "theirs"]);
    repo.write("theirs.env", line(2));
    repo.write("shared.txt", "one\n");
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "theirs"]);
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("ours.txt", "ours\n");
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "-m", "ours"]);
    repo
}

#[test]
fn a_merge_adds_what_no_parent_has() {
    let mut repo = with_a_branch();
    repo.passes(&["merge", "--no-edit", "theirs"]);
    repo.git(&["reset", "--quiet", "--hard", "HEAD^"]);
    repo.git(&["merge", "--quiet", "--no-commit", "theirs"]);
    repo.write("evil.env", line(3));
    repo.git(&["add", "."]);
    repo.stops(&["commit", "-m", "merge, and more"], "evil.env:1:17");
    repo.git(&["rm", "--quiet", "--cached", "evil.env"]);
    repo.passes(&["commit", "-m", "merge"]);
}

#[test]
fn a_conflict_is_judged_when_it_is_resolved() {
    let mut repo = with_a_branch();
    repo.write("shared.txt", "two\n");
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "-m", "conflicting"]);
    repo.attempt(&["merge", "theirs"]).ends_with(1);
    repo.place.run(&["staged"]).ends_with(0).says("not merged yet");
    repo.write("shared.txt", line(3));
    repo.git(&["add", "."]);
    repo.stops(&["commit", "-m", "merge"], "shared.txt:1:17");
    repo.write("shared.txt", "one\ntwo\n");
    repo.git(&["add", "."]);
    repo.passes(&["commit", "-m", "merge"]);
}

#[test]
fn names_in_the_environment_excuse_no_ordinary_commit() {
    let mut repo = with_a_branch();
    let theirs = repo.git(&["rev-parse", "theirs"]);
    repo.git(&["checkout", "theirs", "--", "theirs.env"]);
    let mut commit = repo.command(&["commit", "-m", "a copy"]);
    crate::support::run(commit.env(format!("GITHEAD_{theirs}"), "theirs"), None)
        .ends_with(1)
        .says("theirs.env:1:17");
}

#[test]
fn without_an_identity_the_verdict_is_the_same() {
    let mut repo = Repo::new();
    repo.write("other.txt", line(2));
    repo.git(&["add", "."]);
    let mut leeward = repo.place.leeward(&["hook", "pre-commit"]);
    crate::support::run(leeward.env_remove("HOME"), None).ends_with(1).says("other.txt:1:17");
}

#[test]
fn a_staged_file_that_is_not_stored_is_no_clean_commit() {
    let mut repo = Repo::new();
    repo.write("gone.txt", "gone\n");
    repo.git(&["add", "."]);
    let id = repo.git(&["rev-parse", ":gone.txt"]);
    std::fs::remove_file(repo.work().join(".git/objects").join(&id[..2]).join(&id[2..])).expect("our own");
    repo.place
        .run(&["hook", "pre-commit"])
        .ends_with(3)
        .says("gone.txt")
        .says("not all of it could be judged");
}

#[test]
fn a_head_that_is_damaged_is_not_a_branch_without_commits() {
    let repo = Repo::new();
    std::fs::write(repo.work().join(".git/refs/heads/main"), "").expect("our own");
    repo.place.run(&["hook", "pre-commit"]).ends_with(3).says("cannot be told");
}

#[test]
fn a_directory_of_which_the_index_has_only_the_tree_is_judged() {
    let mut repo = Repo::new();
    repo.write("in/file.txt", "nothing\n");
    repo.write("out/deep/file.txt", "nothing\n");
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "-m", "directories"]);
    for (branch, content) in [("clean", "a\n".to_owned()), ("key", line(2))] {
        repo.git(&["checkout", "--quiet", "-b", branch, "main"]);
        repo.write("out/deep/new.env", content);
        repo.git(&["add", "."]);
        repo.git(&["commit", "--quiet", "--no-verify", "-m", branch]);
    }
    repo.git(&["checkout", "--quiet", "main"]);
    repo.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "in"]);
    let start = repo.git(&["rev-parse", "HEAD"]);
    for branch in ["key", "clean"] {
        repo.git(&["cherry-pick", "--no-commit", branch]);
        assert!(
            repo.git(&["ls-files", "--sparse"]).lines().any(|line| line == "out/"),
            "the index is sparse"
        );
        match branch {
            "key" => repo.stops(&["commit", "-m", branch], "out/deep/new.env:1:17"),
            _ => repo.passes(&["commit", "-m", branch]),
        }
        repo.git(&["reset", "--quiet", "--hard", &start]);
    }
    // What stood there is not new, and what is merged is the other side's.
    repo.git(&["merge", "--quiet", "--no-verify", "--no-edit", "key"]);
    repo.write("in/file.txt", "more\n");
    repo.passes(&["commit", "-a", "-m", "beside"]);
}
