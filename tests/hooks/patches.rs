//! What git makes commits of besides an index: patches, merges, and other commits. Which gate each of them meets.

use super::{Repo, line, put_script};
use crate::support::place::Place;
use crate::support::values::key;
use crate::support::{Ran, run};

/// A repository with the hooks that `leeward hook install` puts there, and a branch `theirs` that adds key 2.
fn installed() -> Repo {
    let mut place = Place::new();
    place.init();
    let mut repo = Repo { place };
    repo.write("shared.txt", "one\ntwo\nthree\n");
    commit(&mut repo, "base");
    repo.git(&["checkout", "--quiet", "-b", "theirs"]);
    repo.write("theirs.env", line(2));
    commit(&mut repo, "theirs");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("ours.txt", "ours\n");
    commit(&mut repo, "ours");
    repo.place.run(&["hook", "install"]).ends_with(0);
    repo
}

fn commit(repo: &mut Repo, message: &str) {
    repo.git(&["add", "--all"]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", message]);
}

/// Git, with an editor that changes nothing.
fn attempt(repo: &Repo, args: &[&str]) -> Ran {
    run(repo.command(args).env("GIT_EDITOR", "true"), None)
}

#[test]
fn a_patch_with_a_key_is_not_applied() {
    for how in [&["am"][..], &["am", "--3way"], &["am", "--keep-cr", "--signoff"]] {
        let mut repo = installed();
        let patch = repo.git(&["format-patch", "-1", "theirs", "--output-directory", "../patches"]);
        let before = repo.git(&["rev-parse", "HEAD"]);
        let applied = attempt(&repo, &[how, &[patch.as_str()]].concat());
        applied
            .ends_with(1)
            .says("leeward: stopped this patch: it would add 1 key")
            .says("theirs.env:1:17")
            .says("git am --continue");
        assert_eq!(repo.git(&["rev-parse", "HEAD"]), before);
        // It goes on as git says, and is judged again.
        attempt(&repo, &["am", "--continue"]).ends_with(1).says("stopped this patch");
        repo.write("theirs.env", "MISTRAL_API_KEY=\n");
        repo.git(&["add", "theirs.env"]);
        attempt(&repo, &["am", "--continue"]).ends_with(0).says("leeward: no new keys in 1 file");
        assert_eq!(repo.git(&["log", "-1", "--format=%s"]), "theirs");
        repo.git(&["reset", "--quiet", "--hard", &before]);
        attempt(&repo, &["am", "--no-verify", &patch]).ends_with(0);
    }
}

#[test]
fn a_patch_with_a_key_in_its_message_is_not_applied() {
    // Git takes nothing out of the message of a patch: not below scissors, which it would in a commit.
    let below = format!(
        "# ------------------------ >8 ------------------------\n# Do not touch the line above.\ndiff --git a b\n-{}",
        line(3)
    );
    for (message, place) in
        [(format!("subject\n\n{}", line(3)), ":3:17"), (format!("subject\n\n{below}"), ":6:18")]
    {
        let mut repo = installed();
        repo.git(&["checkout", "--quiet", "-b", "side", "main~1"]);
        repo.write("harmless.txt", "x\n");
        repo.git(&["add", "."]);
        repo.git(&["commit", "--quiet", "--no-verify", "--cleanup=verbatim", "-m", &message]);
        let before = repo.git(&["rev-parse", "main"]);
        repo.git(&["checkout", "--quiet", "main"]);
        let applied = attempt(&repo, &["rebase", "--apply", "--onto", "main", "side^", "side"]);
        applied
            .ends_with(1)
            .says("leeward: stopped this patch: its message holds 1 key")
            .says(&format!("commit message{place}"))
            .says("git rebase --abort");
        assert_eq!(repo.git(&["rev-parse", "HEAD"]), before);
        attempt(&repo, &["rebase", "--abort"]).ends_with(0);
    }
}

#[test]
fn a_hook_for_patches_that_was_there_is_called_first() {
    let mut repo = installed();
    repo.place.run(&["hook", "uninstall"]).ends_with(0);
    for hook in ["pre-applypatch", "applypatch-msg"] {
        put_script(&repo.work().join(".git"), hook, format!("echo own {hook} >&2\n"));
    }
    repo.place.run(&["hook", "status"]).ends_with(1).says("pre-applypatch    another hook");
    repo.place.run(&["hook", "install"]).ends_with(0).says("pre-applypatch    in force, after the hook");
    let patch = repo.git(&["format-patch", "-1", "theirs", "--output-directory", "../patches"]);
    attempt(&repo, &["am", &patch])
        .ends_with(1)
        .says("own applypatch-msg")
        .says("own pre-applypatch")
        .says("theirs.env:1:17");
    // One that calls the gate itself, as git's own sample calls the hook for commits, is in force as it is.
    repo.place.run(&["hook", "uninstall"]).ends_with(0);
    let script = format!("exec '{}' hook pre-commit\n", crate::support::binary().display());
    put_script(&repo.work().join(".git"), "pre-applypatch", script);
    repo.place.run(&["hook", "install"]).ends_with(0).says("pre-applypatch    in force: another hook calls");
}

#[test]
fn a_clean_merge_is_judged_by_what_no_parent_has() {
    let mut repo = installed();
    attempt(&repo, &["merge", "--no-edit", "theirs"]).ends_with(0).says("leeward: nothing to judge");
    repo.git(&["reset", "--quiet", "--hard", "HEAD^"]);
    let message = format!("merge\n\n{}", line(4));
    attempt(&repo, &["merge", "-m", &message, "theirs"]).ends_with(1).says("its message holds 1 key");
    attempt(&repo, &["merge", "--abort"]).ends_with(0);
    // What is squashed is a commit like any other, and stands in no parent.
    attempt(&repo, &["merge", "--squash", "theirs"]).ends_with(0);
    attempt(&repo, &["commit", "--no-edit"]).ends_with(1).says("stopped this commit").says("theirs.env:1:17");
}

/// Git asks no gate here, as `hook status` says. Should a version of it do so, this is where it is seen.
#[test]
fn what_git_makes_of_commits_by_itself_is_stopped_before_the_push() {
    for how in [&["cherry-pick", "theirs"][..], &["rebase", "main", "theirs"]] {
        let mut repo = installed();
        repo.place.run(&["hook", "status"]).ends_with(0).says("cherry-pick, revert and rebase");
        let remote = repo.place.top().join("remote.git").display().to_string();
        repo.git(&["init", "--quiet", "--bare", &remote]);
        repo.git(&["remote", "add", "origin", &remote]);
        repo.git(&["push", "--quiet", "origin", "main"]);
        let made = attempt(&repo, how).ends_with(0);
        assert!(!made.err().contains("leeward"), "{}", made.err());
        attempt(&repo, &["push", "origin", "HEAD:main"])
            .ends_with(1)
            .says("stopped this push")
            .says("theirs.env:1:17");
    }
    // A revert that brings a key back.
    let mut repo = installed();
    repo.git(&["merge", "--quiet", "--no-edit", "theirs"]);
    repo.git(&["rm", "--quiet", "theirs.env"]);
    repo.git(&["commit", "--quiet", "-m", "taken out"]);
    attempt(&repo, &["revert", "--no-commit", "HEAD"]).ends_with(0);
    attempt(&repo, &["commit", "-m", "back again"]).ends_with(1).says("theirs.env:1:17");
}

#[test]
fn what_is_resolved_in_a_cherry_pick_is_judged() {
    let mut repo = installed();
    repo.git(&["checkout", "--quiet", "theirs"]);
    repo.write("shared.txt", "one\nTWO\nthree\n");
    commit(&mut repo, "theirs, changed");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("shared.txt", "one\n2\nthree\n");
    commit(&mut repo, "ours, changed");
    attempt(&repo, &["cherry-pick", "theirs"]).ends_with(1);
    repo.write("shared.txt", format!("one\n{}three\n", line(5)));
    repo.git(&["add", "."]);
    attempt(&repo, &["cherry-pick", "--continue"]).ends_with(1).says("shared.txt:2:17");
    assert!(!repo.git(&["log", "--format=%B%n", "-p"]).contains(&key(5)));
}
