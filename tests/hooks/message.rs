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

/// What git writes below a message in `git commit --verbose`, with a key in it.
fn below(number: usize) -> String {
    format!(
        "# ------------------------ >8 ------------------------\n# Do not modify or remove the line above.\n\
         # Everything below it will be ignored.\ndiff --git a/a.env b/a.env\n--- a/a.env\n+++ b/a.env\n\
         @@ -1 +1 @@\n-{}+x\n",
        line(number)
    )
}

#[test]
fn what_git_keeps_below_scissors_is_judged() {
    let mut repo = Repo::new();
    repo.write("other.txt", "more\n");
    repo.git(&["add", "other.txt"]);
    repo.write("message", format!("subject\n\n{}", below(2)));
    let edit =
        |args: &[&str], editor: &str| crate::support::run(repo.command(args).env("GIT_EDITOR", editor), None);
    // Git cuts none of these: nobody said --verbose or --cleanup=scissors.
    let says = "commit message:10:18";
    let why = "leeward: note: line 10 stands below scissors (`>8`): git cuts there only with --verbose";
    edit(&["commit", "-F", "message"], "true").ends_with(1).says(says).says(why);
    edit(&["commit", "-F", "message", "-e"], "true").ends_with(1).says(says);
    edit(&["commit", "-F", "message", "-e", "--cleanup=whitespace"], "true").ends_with(1).says(says);
    edit(&["-c", "commit.cleanup=scissors", "commit", "-F", "message"], "true").ends_with(1).says(says);
    edit(&["commit", "-t", "message"], "echo more >>").ends_with(1).says(says);
    assert_eq!(repo.attempt(&["log", "--format=%s"]).out(), "base\n");
    // It does, if it is told to.
    edit(&["commit", "--quiet", "-v", "-F", "message", "-e"], "true").ends_with(0);
    assert_eq!(repo.attempt(&["log", "-1", "--format=%B"]).out().trim_end(), "subject");
}

#[test]
fn what_is_taken_out_may_be_shown_below_the_message() {
    let more: [&[&str]; 4] = [
        &["commit", "-v", "-e", "-m", "subject"],
        &["commit", "-vv", "-e", "-m", "subject"],
        &["-c", "commit.verbose=true", "commit", "--cleanup=scissors", "-e", "-m", "subject"],
        &["-c", "core.commentChar=;", "commit", "-v", "-e", "-m", "subject"],
    ];
    for args in more {
        let mut repo = Repo::new();
        repo.write("base.env", "MISTRAL_API_KEY=\n");
        repo.git(&["add", "."]);
        // Shown by -vv.
        repo.write("other.txt", "not staged\n");
        crate::support::run(repo.command(args).env("GIT_EDITOR", "true"), None).ends_with(0);
        assert_eq!(repo.git(&["log", "-1", "--format=%B"]).trim_end(), "subject", "{args:?}");
    }
}

#[test]
fn comment_lines_are_judged_and_said_to_be_some() {
    let mut repo = Repo::new();
    repo.write("other.txt", "more\n");
    repo.git(&["add", "other.txt"]);
    repo.write("message", format!("subject\n\n# {}", line(2)));
    let advice = "It stands in a comment line. Take the line out";
    let why =
        "leeward: note: line 3 begins with `#`, as comments do: git keeps that where no editor is opened";
    // Git keeps the line here, and would take it out there.
    repo.attempt(&["commit", "-F", "message"])
        .ends_with(1)
        .says("commit message:3:19")
        .says(why)
        .says(advice);
    let mut commit = repo.command(&["commit", "-t", "message"]);
    crate::support::run(commit.env("GIT_EDITOR", "echo more >>"), None).ends_with(1).says(advice);
    repo.write("message", format!("subject\n\n# {}{}", line(2), line(2)));
    let ran = repo.attempt(&["commit", "-F", "message"]).ends_with(1).says("Take it out of the message");
    assert!(!ran.err().contains("comment line"), "{}", ran.err());
}

#[test]
fn a_message_without_an_end_is_not_waited_for() {
    let repo = Repo::new();
    let device = repo.place.run(&["hook", "commit-msg", "/dev/zero"]).ends_with(2);
    device.says("cannot read the message in /dev/zero: it is a device, not a regular file");
    repo.place.run(&["hook", "commit-msg", "."]).ends_with(2).says("is a directory");
    let path = repo.place.write("long", line(2));
    let long = std::fs::OpenOptions::new().write(true).open(&path).expect("our own");
    long.set_len(33 << 20).expect("a hole");
    let ran = repo.place.run(&["hook", "commit-msg", "long"]).ends_with(3);
    ran.says("the message is longer than 33.6 MB: the rest was not judged").says("commit message:1:17");
}
