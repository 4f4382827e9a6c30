//! Gates that deny new comments: which ones are new where a push has several refs, or a line that is accepted moves.

use std::path::{Path, PathBuf};

use super::{Repo, line, put_script};
use crate::support::values::key;
use crate::support::{Ran, binary, run};

/// A key that a comment accepts.
fn accepted(number: usize) -> String {
    format!("{} # leeward:ignore a sample\n", line(number).trim())
}

/// A repository whose hooks deny new comments, and what it is pushed to, which has `main` with a key that is accepted in
/// `old.env`. With `gate`, that judges as well.
fn denied(gate: bool) -> (Repo, PathBuf) {
    let mut repo = Repo::unborn();
    let server = repo.place.top().join("server.git");
    let path = server.to_str().expect("UTF-8").to_owned();
    repo.git(&["init", "--quiet", "--bare", "--initial-branch=main", &path]);
    repo.git(&["remote", "add", "origin", &path]);
    repo.write("old.env", accepted(1));
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "old"]);
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    for hook in ["pre-commit", "pre-push"] {
        let script = format!("exec '{}' hook {hook} --deny-new-suppressions \"$@\"\n", binary().display());
        put_script(&repo.work().join(".git"), hook, script);
    }
    if gate {
        let script = format!("exec '{}' hook pre-receive --deny-new-suppressions\n", binary().display());
        put_script(&server, "pre-receive", script);
    }
    (repo, server)
}

fn unjudged(repo: &mut Repo, path: &str, content: &str) {
    repo.write(path, content);
    repo.git(&["add", "--all"]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", path]);
}

/// A commit that the gate lets pass.
fn judged(repo: &mut Repo, message: &str) {
    repo.git(&["add", "--all"]);
    repo.attempt(&["commit", "--quiet", "-m", message]).ends_with(0);
}

fn moved_to(repo: &mut Repo, from: &str, path: &str, content: &str) {
    repo.git(&["rm", "--quiet", from]);
    repo.write(path, content);
    judged(repo, path);
}

#[test]
fn what_another_ref_accepts_is_new_in_this_one() {
    for gate in [true, false] {
        let (mut repo, server) = denied(gate);
        let push = |repo: &Repo, refs: &[&str]| {
            let unjudged: &[&str] = if gate { &["--no-verify"] } else { &[] };
            repo.attempt(&[&["push", "origin"], unjudged, refs].concat())
        };
        let refused =
            |ran: Ran| ran.ends_with(1).says("new.env:1:17").says("at 1 place: new.env:1 (not heeded)");
        // Another branch has the very same comment in the same file.
        repo.git(&["checkout", "--quiet", "-b", "legacy"]);
        unjudged(&mut repo, "new.env", &accepted(2));
        repo.git(&["checkout", "--quiet", "main"]);
        // It was there before anything was denied.
        let (bare, here) = (server.to_str().expect("UTF-8"), repo.work());
        repo.git(&["-C", bare, "fetch", "--quiet", here.to_str().expect("UTF-8"), "legacy:legacy"]);
        repo.git(&["fetch", "--quiet"]);
        unjudged(&mut repo, "new.env", &accepted(2));
        unjudged(&mut repo, "other.txt", "nothing\n");
        refused(push(&repo, &["main"]));
        refused(push(&repo, &["main", ":legacy"]));
        refused(push(&repo, &["main", "main~2:refs/tags/v1"]));
        repo.git(&["checkout", "--quiet", "legacy"]);
        unjudged(&mut repo, "more.txt", "more\n");
        refused(push(&repo, &["main", "legacy"]));
        // Each by itself is as before.
        push(&repo, &["legacy"]).ends_with(0);
    }
}

#[test]
fn a_line_that_moves_more_than_once_is_not_new() {
    let (mut repo, _) = denied(true);
    let value = key(1);
    let nested = format!("mistral:\n  api_key: {value} # leeward:ignore a sample\n");
    moved_to(&mut repo, "old.env", "b.yaml", &nested);
    let deeper = format!("x: 1\nmistral:\n    apiKey: \"{value}\" # leeward:ignore a sample\n");
    moved_to(&mut repo, "b.yaml", "conf/c.yaml", &deeper);
    let range = ["range", "origin/main..main", "--policy-from", "origin/main", "--deny-new-suppressions"];
    repo.place.run(&range).ends_with(0).says("suppressed");
    repo.attempt(&["push", "origin", "main"]).ends_with(0).says("1 accepted");
    // There and back again.
    moved_to(&mut repo, "conf/c.yaml", "b.yaml", &nested);
    moved_to(&mut repo, "b.yaml", "conf/c.yaml", &deeper);
    repo.attempt(&["push", "origin", "main"]).ends_with(0);
    // Two branches, of which one moves it and the other leaves it where it is.
    repo.git(&["branch", "stays"]);
    moved_to(&mut repo, "conf/c.yaml", "b.yaml", &nested);
    repo.git(&["checkout", "--quiet", "stays"]);
    unjudged(&mut repo, "note.txt", "nothing\n");
    repo.attempt(&["push", "origin", "main", "stays"]).ends_with(0);
    // What is there twice in the end is new, however it came there; and what nobody accepted before.
    unjudged(&mut repo, "copy.yaml", &nested);
    repo.attempt(&["push", "origin", "stays"]).ends_with(1).says("copy.yaml:2:");
    repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    unjudged(&mut repo, "passing.env", &accepted(3));
    repo.git(&["rm", "--quiet", "passing.env"]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "gone again"]);
    repo.attempt(&["push", "origin", "stays"]).ends_with(1).says("passing.env:1:17").says("not heeded");
}

#[test]
fn a_line_that_moves_takes_no_copy_of_it_along() {
    for steps in [1, 2] {
        for edited in ["", "more = 1\n"] {
            let (mut repo, _) = denied(true);
            repo.git(&["mv", "old.env", "new.env"]);
            repo.write("new.env", accepted(1) + edited);
            if steps == 2 {
                judged(&mut repo, "it moves");
            }
            repo.write("copy.env", accepted(1));
            repo.git(&["add", "--all"]);
            // Which of the two is the copy, nobody can tell.
            let stopped = repo.attempt(&["commit", "--quiet", "-m", "a copy"]);
            stopped
                .ends_with(1)
                .says("comments leeward:ignore that")
                .says("at 1 place: ")
                .says("(not heeded)");
            repo.git(&["commit", "--quiet", "--no-verify", "-m", "a copy"]);
            repo.attempt(&["push", "--quiet", "origin", "main"]).ends_with(1).says("at 1 place: ");
            repo.attempt(&["push", "--quiet", "--no-verify", "origin", "main"])
                .ends_with(1)
                .says("at 1 place: ");
            let range =
                ["range", "origin/main..main", "--policy-from", "origin/main", "--deny-new-suppressions"];
            repo.place.run(&range).ends_with(1).says("at 1 place: ");
        }
    }
}

#[test]
fn what_follows_a_remote_is_what_was_there_where_its_default_is_not_known() {
    let (mut repo, server) = denied(false);
    let bare = server.to_str().expect("UTF-8").to_owned();
    repo.git(&["-C", &bare, "branch", "--move", "main", "develop"]);
    repo.git(&["fetch", "--quiet", "--prune"]);
    repo.git(&["checkout", "--quiet", "-b", "feature"]);
    let value = key(1);
    moved_to(
        &mut repo,
        "old.env",
        "b.yaml",
        &format!("mistral:\n  api_key: {value} # leeward:ignore a sample\n"),
    );
    repo.attempt(&["push", "origin", "feature"]).ends_with(0).says("1 accepted");
    unjudged(&mut repo, "new.env", &accepted(2));
    repo.attempt(&["push", "origin", "feature:refs/heads/other"]).ends_with(1).says("new.env:1:17");
}

#[test]
fn what_is_advised_helps_where_comments_are_denied() {
    let (mut repo, _) = denied(true);
    let baseline =
        "ask whoever keeps this to accept it in the baseline: no comment does here (--deny-new-suppressions)";
    repo.write("plain.env", line(2));
    repo.git(&["add", "."]);
    repo.attempt(&["commit", "-m", "plain"]).ends_with(1).says(baseline);
    repo.git(&["reset", "--quiet", "--hard"]);
    unjudged(&mut repo, "new.env", &accepted(3));
    unjudged(&mut repo, "other.txt", "nothing\n");
    // The commands that there are for other findings would see the comment, and no key.
    let ran = repo.attempt(&["push", "origin", "main"]).ends_with(1).says(baseline);
    let ran = ran
        .says("Take it out of the commits that add it (git commit --amend, git rebase -i), then push again");
    assert!(!ran.err().contains(" rebase --"), "{}", ran.err());
    let range = ["range", "origin/main..main", "--policy-from", "origin/main", "--deny-new-suppressions"];
    let ran = repo
        .place
        .run(&range)
        .ends_with(1)
        .says("What older comments accept is found by these commands, too");
    let out = ran.out();
    let rebase =
        out.lines().map(str::trim).find(|line| line.contains(" rebase --rebase-merges")).expect("a command");
    assert!(rebase.contains("--no-inline-ignores"), "{rebase}");
    // Run as it is printed, it stops where the key comes in.
    let ran = shell(&repo, rebase);
    assert_ne!(ran.status, Some(0), "{}", ran.err());
    assert!(repo.git(&["log", "-1", "--format=%s"]).contains("new.env"));
}

#[test]
fn a_comment_that_is_to_accept_what_is_pushed_goes_into_the_commit_that_adds_it() {
    let mut repo = Repo::new();
    let server = repo.place.top().join("server.git").to_str().expect("UTF-8").to_owned();
    repo.git(&["init", "--quiet", "--bare", &server]);
    repo.git(&["remote", "add", "origin", &server]);
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    unjudged(&mut repo, "a.env", &line(2));
    let advice = "say so in a comment on that line, in the commit that adds it (git commit --amend, git rebase -i): leeward:ignore REASON";
    repo.attempt(&["push", "origin", "main"]).ends_with(1).says(advice);
    // A later commit does not take the line back as it was added.
    unjudged(&mut repo, "a.env", &accepted(2));
    repo.attempt(&["push", "origin", "main"]).ends_with(1).says(advice);
    repo.git(&["reset", "--quiet", "--soft", "HEAD~2"]);
    repo.attempt(&["commit", "--quiet", "-m", "a"]).ends_with(0);
    repo.attempt(&["push", "origin", "main"]).ends_with(0);
    // In a commit that is being made, it is the line itself.
    repo.write("b.env", line(3));
    repo.git(&["add", "."]);
    repo.attempt(&["commit", "-m", "b"])
        .ends_with(1)
        .says("say so in a comment on that line: leeward:ignore REASON");
}

#[test]
fn a_server_takes_in_no_settings_that_leave_out_all_that_is_there() {
    let (mut repo, server) = denied(true);
    put_script(&server, "pre-receive", format!("exec '{}' hook pre-receive\n", binary().display()));
    for everything in ["exclude = ['*']", "exclude = ['/*', '.*']", "exclude = ['**/*', '!README.md']"] {
        unjudged(&mut repo, "leeward.toml", &format!("{everything}\n"));
        let ran = repo.attempt(&["push", "--no-verify", "origin", "main"]).ends_with(1);
        ran.says("what refs/heads/main brings to judge by leaves out all of its files")
            .says("mend it in what is pushed");
        // It judges nothing elsewhere.
        repo.attempt(&["push", "--no-verify", "--force", "origin", "main:refs/heads/side"]).ends_with(0);
        repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    }
    unjudged(&mut repo, "leeward.toml", "exclude = ['*.env']\n");
    repo.attempt(&["push", "--no-verify", "origin", "main"]).ends_with(0);
}

/// Runs a command in the shell, as somebody would who pastes it.
fn shell(repo: &Repo, script: &str) -> Ran {
    let mut command = crate::support::command("sh", &repo.work(), repo.place.top());
    let path = std::env::var("PATH").unwrap_or_default();
    let with = format!("{}:{path}", binary().parent().unwrap_or(Path::new("/")).display());
    run(command.env("PATH", with).env("GIT_EDITOR", "true").args(["-c", script]), None)
}
