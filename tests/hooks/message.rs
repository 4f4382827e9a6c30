//! What git hands to `commit-msg`.

use super::{Repo, line};
use crate::support::values::key;

#[test]
fn a_key_in_the_message_stops_the_commit() {
    let mut repo = Repo::new();
    repo.write("other.txt", "more\n");
    repo.git(&["add", "."]);
    let message = format!("Use MISTRAL_API_KEY={}", key(2));
    repo.stops(&["commit", "-m", &message], "its message holds 1 key");
    repo.stops(&["commit", "-m", "Add a key", "-m", &message], "commit message:3:21");
    repo.passes(&["commit", "-m", "Use MISTRAL_API_KEY"]);
}

#[test]
fn the_diff_below_a_message_is_no_part_of_it() {
    let mut repo = Repo::new();
    repo.write("base.env", "MISTRAL_API_KEY=\n");
    repo.git(&["add", "."]);
    // The editor leaves git's own text, with the diff that takes key 1 out, below the subject.
    let edit = |editor: &str| {
        let mut commit = repo.command(&["commit", "--verbose"]);
        crate::support::run(commit.env("GIT_EDITOR", editor), None)
    };
    let below =
        format!("f() {{ printf '%s' '{}' >> \"$1\"; sed -i '1s/^/subject/' \"$1\"; }}; f", line(2).trim());
    // Git throws away what stands below the scissors, and so may we.
    edit(&below).ends_with(0).says("no new keys");
    assert_eq!(repo.git(&["log", "-1", "--format=%B"]), "subject");
}

#[test]
fn scissors_that_git_did_not_write_cut_nothing() {
    let mut repo = Repo::new();
    repo.write("other.txt", "more\n");
    repo.git(&["add", "."]);
    let scissors = "# ------------------------ >8 ------------------------";
    repo.write("message", format!("subject\n\n{scissors}\n{}", line(2)));
    repo.stops(&["commit", "--file", "message"], "commit message:4:17");
}

#[test]
fn a_message_that_cannot_be_read_is_an_error() {
    let repo = Repo::new();
    repo.place.run(&["hook", "commit-msg", "no-such-file"]).ends_with(2).says("cannot read the message");
    repo.place.run(&["hook", "commit-msg"]).ends_with(2);
}
