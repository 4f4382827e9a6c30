//! What a push goes by: the configuration that each of its refs brings, and what it would loosen.

use std::fs;

use super::policy::quiet;
use super::{Repo, line, put_hook, put_script};
use crate::support::binary;

#[test]
fn a_push_is_judged_by_what_is_committed() {
    let mut repo = Repo::new();
    let remote = repo.place.top().join("remote.git");
    let remote = remote.to_str().expect("UTF-8").to_owned();
    repo.git(&["init", "--quiet", "--bare", &remote]);
    repo.write("leeward.toml", "exclude = ['base.env']\n");
    repo.git(&["add", "leeward.toml"]);
    let note = "note: leeward.toml is not committed in HEAD, so it does not count yet: commit it";
    repo.attempt(&["push", &remote, "main"]).ends_with(1).says("base.env:1:17").says(note);
    repo.git(&["commit", "--quiet", "-m", "settings"]);
    let ran = repo.attempt(&["push", &remote, "main"]).ends_with(0).says("; 1 left out by the configuration");
    let looser = "this push is judged by what it brings, which is looser than what holds without it: exclude leaves out";
    ran.says(looser);
    repo.write("leeward.toml", "");
    let ran = repo.attempt(&["push", &remote, "main:again"]).ends_with(0);
    ran.says("note: leeward.toml counts as it is committed in HEAD, and not as it is on disk");
    // Another branch, from one without a commit: what is checked out has no say.
    repo.git(&["checkout", "--quiet", "--orphan", "empty"]);
    repo.attempt(&["push", &remote, "main:third"]).ends_with(0).says("; 1 left out by the configuration");
}

#[test]
fn what_a_push_would_loosen_for_a_server_is_said_there() {
    let mut repo = Repo::new();
    let server = repo.place.top().join("server.git");
    let path = server.to_str().expect("UTF-8").to_owned();
    repo.git(&["init", "--quiet", "--bare", "--initial-branch=main", &path]);
    repo.git(&["push", "--quiet", "--no-verify", &path, "main"]);
    put_hook(&server, "pre-receive");
    repo.write("leeward.toml", "exclude = ['vendor/']\n");
    repo.git(&["add", "leeward.toml"]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "settings"]);
    let push = ["push", "--no-verify", &path, "main"];
    let note =
        "note: refs/heads/main brings what is looser than what judges it here: exclude leaves out 'vendor/'";
    repo.attempt(&push).ends_with(0).says(note);
    // The server has it now.
    repo.git(&["commit", "--quiet", "--no-verify", "--allow-empty", "-m", "more"]);
    quiet(repo.attempt(&push));
    repo.write("leeward.toml", "exclude = [\n");
    repo.git(&["commit", "--quiet", "--no-verify", "-a", "-m", "broken"]);
    // It would refuse everything that comes later; on another branch, nothing.
    let ran = repo
        .attempt(&push)
        .ends_with(1)
        .says("error: what refs/heads/main brings to judge by cannot be used: ");
    ran.says("so that nothing could be pushed any more: mend it in what is pushed");
    let other = ["push", "--no-verify", &path, "main:refs/heads/other"];
    repo.attempt(&other).ends_with(0).says("note: what refs/heads/other brings to judge by cannot be used: ");
    repo.write("leeward.toml", "");
    repo.git(&["commit", "--quiet", "--no-verify", "-a", "-m", "mended"]);
    repo.attempt(&push).ends_with(0);
    // So it is before the branch is made.
    fs::remove_dir_all(&server).expect("ours");
    repo.git(&["init", "--quiet", "--bare", "--initial-branch=first", &path]);
    put_hook(&server, "pre-receive");
    let broken = ["push", "--no-verify", &path, "main~1:refs/heads/first"];
    repo.attempt(&broken).ends_with(1).says("mend it in what is pushed");
}

#[test]
fn a_new_branch_loosens_nothing_that_the_default_branch_has() {
    let mut repo = Repo::new();
    let server = repo.place.top().join("server.git");
    let path = server.to_str().expect("UTF-8").to_owned();
    repo.git(&["init", "--quiet", "--bare", "--initial-branch=main", &path]);
    repo.git(&["remote", "add", "origin", &path]);
    repo.write("leeward.toml", "exclude = ['vendor/']\n");
    repo.git(&["add", "leeward.toml"]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "settings"]);
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    repo.git(&["update-ref", "-d", "refs/remotes/origin/HEAD"]);
    repo.git(&["checkout", "--quiet", "-b", "feature"]);
    repo.git(&["commit", "--quiet", "--no-verify", "--allow-empty", "-m", "more"]);
    quiet(repo.attempt(&["push", "origin", "feature"]));
}

#[test]
fn a_push_is_told_to_do_what_can_be_done_in_one() {
    let mut repo = Repo::new();
    let server = repo.place.top().join("server.git");
    let path = server.to_str().expect("UTF-8").to_owned();
    repo.git(&["init", "--quiet", "--bare", "--initial-branch=main", &path]);
    repo.write("leeward.toml", "exclude = [\n");
    repo.git(&["add", "leeward.toml"]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "broken"]);
    let ran = repo.attempt(&["push", &path, "main"]).ends_with(1);
    let ran = ran.says("mend it in the commit that is pushed; `git push --no-verify` goes on unjudged");
    assert!(!ran.err().contains("--no-config"), "{}", ran.err());
    repo.git(&["push", "--quiet", "--no-verify", &path, "main"]);
    put_hook(&server, "pre-receive");
    repo.git(&["commit", "--quiet", "--no-verify", "--allow-empty", "-m", "more"]);
    let ran = repo.attempt(&["push", "--no-verify", &path, "main"]).ends_with(1);
    ran.says("it is what judges here: have whoever runs this server mend it");
    repo.write("leeward.toml", "exclude = ['*']\n");
    repo.git(&["add", "leeward.toml"]);
    let ran = repo.attempt(&["commit", "-m", "all"]).ends_with(1);
    ran.says("the configuration leaves out everything").says("says what it leaves out; take that back");
}

#[test]
fn each_ref_of_a_push_is_judged_by_what_it_brings() {
    let mut repo = Repo::new();
    let remote = repo.place.top().join("remote.git");
    let remote = remote.to_str().expect("UTF-8").to_owned();
    repo.git(&["init", "--quiet", "--bare", &remote]);
    repo.git(&["remote", "add", "origin", &remote]);
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    repo.git(&["checkout", "--quiet", "-b", "strict"]);
    repo.write("new.env", line(2));
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "a key"]);
    repo.git(&["checkout", "--quiet", "-b", "loose", "main"]);
    repo.write("leeward.toml", "exclude = ['*.env']\n");
    repo.write("more.env", line(3));
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "left out"]);
    // What is checked out leaves it out, and is not pushed.
    repo.attempt(&["push", "origin", "strict"]).ends_with(1).says("new.env:1:17");
    let both = repo.attempt(&["push", "origin", "strict", "loose"]).ends_with(1);
    let looser = "note: this push is judged by what it brings, which is looser than what the remote has: exclude \
        leaves out '*.env'";
    let both = both.says("new.env:1:17").says("; 1 left out by the configuration");
    assert!(!both.err().contains("more.env"), "{}", both.err());
    repo.git(&["update-ref", "refs/remotes/origin/HEAD", "main"]);
    let again = repo.attempt(&["push", "origin", "loose"]).ends_with(0).says(looser);
    assert!(!again.err().contains("accepted"), "{}", again.err());
    // What it had before is no news.
    repo.write("yet-more.env", line(4));
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "-m", "left out as well"]);
    quiet(repo.attempt(&["push", "origin", "loose"]));
    // Nobody is judged by what they bring, if that is asked for.
    repo.write("last.env", line(5));
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "-m", "left out too"]);
    let hook = format!("exec '{}' hook pre-push --policy-from origin/main \"$@\"\n", binary().display());
    put_script(&repo.work().join(".git"), "pre-push", hook);
    repo.attempt(&["push", "origin", "loose"]).ends_with(1).says("last.env:1:17");
}

#[test]
fn one_report_is_not_made_of_refs_that_are_judged_apart() {
    let mut repo = Repo::new();
    repo.write("leeward.toml", "confidence = 'low'\n");
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "settings"]);
    let remote = repo.place.top().join("remote.git");
    let remote = remote.to_str().expect("UTF-8").to_owned();
    repo.git(&["init", "--quiet", "--bare", &remote]);
    let hook = format!("exec '{}' hook pre-push --report json=report \"$@\"\n", binary().display());
    put_script(&repo.work().join(".git"), "pre-push", hook);
    let ran = repo.attempt(&["push", &remote, "main", "main~1:refs/heads/old"]).ends_with(1);
    ran.says("different settings")
        .says("push one after the other, or name a revision for all in the hook (--policy-from REV)");
    repo.attempt(&["push", &remote, "main~1:refs/heads/old"]).ends_with(1).says("base.env:1:17");
}

/// A file whose key a comment accepts.
fn accepted(number: usize) -> String {
    format!("{} # leeward:ignore sample {number}\n", line(number).trim())
}

#[test]
fn a_server_refuses_comments_that_its_own_ref_does_not_have() {
    let mut repo = Repo::new();
    let server = repo.place.top().join("server.git");
    let path = server.to_str().expect("UTF-8").to_owned();
    repo.git(&["rm", "--quiet", "base.env"]);
    repo.git(&["commit", "--quiet", "--amend", "--no-verify", "-m", "base"]);
    let commit = |repo: &mut Repo, file: &str, number: usize| {
        repo.write(file, accepted(number));
        repo.git(&["add", "--all"]);
        repo.git(&["commit", "--quiet", "--no-verify", "-m", file]);
    };
    commit(&mut repo, "old.env", 2);
    let push = |repo: &Repo, refs: &[&str]| repo.attempt(&[&["push", "--no-verify", &path], refs].concat());
    let hook = |options: &str| {
        put_script(
            &server,
            "pre-receive",
            format!("exec '{}' hook pre-receive {options}\n", binary().display()),
        );
    };
    // Its HEAD may be a branch that is not there yet; then its branches are what was there.
    for first in ["main", "other"] {
        repo.git(&["init", "--quiet", "--bare", &format!("--initial-branch={first}"), &path]);
        hook("");
        // What is let through is named, with its place.
        let ran = push(&repo, &["main"]).ends_with(0).says("; 1 accepted");
        ran.says("  old.env:1:17 in commit").says("is accepted by a comment: sample 2");
        hook("--deny-new-suppressions");
        repo.git(&["mv", "old.env", "moved.env"]);
        commit(&mut repo, "plain.txt", 2);
        repo.git(&["rm", "--quiet", "plain.txt"]);
        repo.git(&["commit", "--quiet", "--amend", "--no-verify", "-m", "moved"]);
        push(&repo, &["main"]).ends_with(0);
        commit(&mut repo, "new.env", 3);
        for refs in [&["main"][..], &["main:refs/heads/x"], &["main~1:refs/heads/x", "main"]] {
            let ran = push(&repo, refs).ends_with(1).says("new.env:1:17").says("not heeded");
            let ran = ran.says("accept it in the baseline");
            assert!(!ran.err().contains("moved.env"), "{}", ran.err());
        }
        repo.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
        fs::remove_dir_all(&server).expect("ours");
    }
}

/// What accepts anything on a server is what it has, whatever the first push of all brings.
#[test]
fn the_first_push_that_a_server_takes_in_accepts_nothing_where_comments_are_refused() {
    let mut repo = Repo::unborn();
    let server = repo.place.top().join("server.git");
    let path = server.to_str().expect("UTF-8").to_owned();
    repo.git(&["init", "--quiet", "--bare", "--initial-branch=main", &path]);
    let hook = |options: &str| {
        let script = format!("exec '{}' hook pre-receive {options}\n", binary().display());
        put_script(&server, "pre-receive", script);
    };
    let push = |repo: &Repo, refs: &[&str]| repo.attempt(&[&["push", "--no-verify", &path], refs].concat());
    repo.write("new.env", accepted(2));
    // The settings that it brings have no say either.
    repo.write("leeward.toml", "exclude = ['left-out.env']\nbaseline = 'leeward.baseline'\n");
    repo.write("leeward.baseline", "");
    repo.write("left-out.env", line(3));
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "first"]);
    hook("--deny-new-suppressions");
    let ran = push(&repo, &["main"]).ends_with(1).says("new.env:1:17").says("left-out.env:1:17");
    let ran = ran.says("new because nothing was there before, at 1 place: new.env:1 (not heeded)");
    ran.says("ask whoever keeps this to accept it in the baseline");
    hook("--policy-from HEAD");
    let none = "without --policy-from, HEAD judges as soon as there is one";
    push(&repo, &["main"]).ends_with(1).says("the revision 'HEAD' has no commit yet").says(none);
    // A baseline that is there before is what accepts it.
    hook("--deny-new-suppressions");
    repo.git(&["rm", "--quiet", "--cached", "left-out.env"]);
    repo.git(&["commit", "--quiet", "--amend", "--no-verify", "-m", "key"]);
    let made = ["baseline", "create", "--no-inline-ignores", "--reason", "a sample", "new.env"];
    fs::remove_file(repo.work().join("leeward.baseline")).expect("ours");
    repo.place.run(&made).ends_with(0);
    repo.git(&["checkout", "--quiet", "--orphan", "settings"]);
    repo.git(&["rm", "--quiet", "--cached", "new.env"]);
    repo.git(&["add", "leeward.baseline"]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "settings"]);
    push(&repo, &["settings:refs/heads/main"]).ends_with(0);
    push(&repo, &["main:refs/heads/import"]).ends_with(0).says("1 accepted");
}

#[test]
fn every_comment_is_new_where_nothing_was_there_before() {
    let mut repo = Repo::unborn();
    let server = repo.place.top().join("server.git").to_str().expect("UTF-8").to_owned();
    repo.git(&["init", "--quiet", "--bare", &server]);
    repo.git(&["remote", "add", "origin", &server]);
    for hook in ["pre-commit", "pre-push"] {
        let script = format!("exec '{}' hook {hook} --deny-new-suppressions \"$@\"\n", binary().display());
        put_script(&repo.work().join(".git"), hook, script);
    }
    repo.write("new.env", accepted(2));
    repo.git(&["add", "."]);
    let all = "new because nothing was there before, at 1 place: new.env:1 (not heeded)";
    repo.attempt(&["commit", "-m", "new"]).ends_with(1).says("new.env:1:17").says(all);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "new"]);
    for remote in ["origin", &server] {
        repo.attempt(&["push", remote, "main"]).ends_with(1).says("new.env:1:17").says(all);
        // Nor where git names no ref.
        let gate = ["hook", "pre-push", "--deny-new-suppressions", remote, &server];
        repo.place.run(&gate).ends_with(1).says("new.env:1:17").says(all);
    }
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    repo.attempt(&["push", "origin", "main:refs/heads/other"]).ends_with(0);
}

#[test]
fn comments_are_new_since_what_a_hook_knows_was_there() {
    let mut repo = Repo::new();
    let server = repo.place.top().join("server.git");
    let path = server.to_str().expect("UTF-8").to_owned();
    repo.git(&["init", "--quiet", "--bare", "--initial-branch=main", &path]);
    repo.git(&["remote", "add", "origin", &path]);
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    let git = repo.work().join(".git");
    for hook in ["pre-commit", "pre-push"] {
        let script = format!("exec '{}' hook {hook} --deny-new-suppressions \"$@\"\n", binary().display());
        put_script(&git, hook, script);
    }
    repo.write("new.env", accepted(3));
    repo.git(&["add", "."]);
    repo.attempt(&["commit", "-m", "new"]).ends_with(1).says("new.env:1:17").says("that HEAD does not have");
    repo.place.run(&["staged", "--deny-new-suppressions"]).ends_with(1).says("that HEAD does not have");
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "new"]);
    for name in ["main", "main:refs/heads/other"] {
        repo.attempt(&["push", "origin", name]).ends_with(1).says("new.env:1:17").says("not heeded");
    }
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    repo.git(&["mv", "new.env", "moved.env"]);
    repo.attempt(&["commit", "-m", "moved"]).ends_with(0);
    repo.attempt(&["push", "origin", "main"]).ends_with(0);
    // Each ref by what it was itself.
    repo.git(&["checkout", "--quiet", "-b", "side", "main~2"]);
    repo.git(&["push", "--quiet", "--no-verify", "origin", "side"]);
    repo.write("copy.env", accepted(3));
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "copy"]);
    repo.git(&["commit", "--quiet", "--no-verify", "--allow-empty", "-m", "more"]);
    let both = repo.attempt(&["push", "origin", "side", "main:refs/heads/again"]).ends_with(1);
    both.says("copy.env:1:17");
    // A remote of which nothing is known lacks all of them, but for those that another one has.
    let elsewhere = repo.place.top().join("elsewhere.git").to_str().expect("UTF-8").to_owned();
    repo.git(&["init", "--quiet", "--bare", &elsewhere]);
    repo.git(&["remote", "add", "elsewhere", &elsewhere]);
    repo.git(&["checkout", "--quiet", "main"]);
    for remote in ["elsewhere", &elsewhere] {
        let ran = repo.attempt(&["push", remote, "main"]).ends_with(1).says("base.env:1:17");
        assert!(!ran.err().contains("moved.env"), "{}", ran.err());
    }
    repo.write("fresh.env", accepted(4));
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "fresh"]);
    repo.attempt(&["push", "elsewhere", "main"]).ends_with(1).says("fresh.env:1:17").says("not heeded");
    repo.git(&["checkout", "--quiet", "side"]);
    // A range is of any two revisions.
    repo.place
        .run(&["range", "HEAD~1..HEAD", "--deny-new-suppressions"])
        .ends_with(2)
        .says("--policy-from REV");
}
