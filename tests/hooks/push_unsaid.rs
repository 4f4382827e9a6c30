//! What `pre-push` makes of a push of which git says nothing: there is nothing to push, or another command of the hook has
//! read it.

use super::push::{Both, lacks};
use super::{line, put_script};
use crate::support::{binary, run};

/// A hook of a push in which another command stands before the gate.
fn put_behind(both: &Both, command: &str) {
    let script = format!("{command}\nexec '{}' hook pre-push \"$@\"\n", binary().display());
    put_script(&both.repo.work().join(".git"), "pre-push", script);
}

#[test]
fn where_another_command_has_read_what_git_says_what_is_here_is_judged() {
    for reader in
        ["cat >/dev/null", "while read -r a b c d; do echo \"$a\"; done", "read -r line", "exec </dev/null"]
    {
        let mut both = Both::new();
        put_behind(&both, reader);
        both.commit("a.txt", "a\n");
        both.passes(&["push", "origin", "main"], "no new keys in 1 blob, 1 commit");
        both.commit("b.env", &line(2));
        both.stops(&["push", "origin", "main"], "b.env:1:17").says("note: git named no ref");
        // Another branch than the one that is checked out, and one that is checked out without a name.
        both.repo.git(&["checkout", "--quiet", "-b", "other", "main~1"]);
        both.stops(&["push", "origin", "main"], "b.env:1:17");
        both.repo.git(&["checkout", "--quiet", "--detach", "main"]);
        both.repo.git(&["branch", "--quiet", "-D", "main"]);
        both.stops(&["push", "origin", "HEAD:main"], "b.env:1:17");
        lacks(&both.repo.attempt(&["push", "origin", "HEAD:main"]), "base.env");
    }
}

#[test]
fn a_push_of_nothing_is_not_held_up() {
    let mut both = Both::new();
    let push = ["push", "origin", "main"];
    let up_to_date = |both: &Both| {
        let ran =
            both.repo.attempt(&push).ends_with(0).says("nothing to judge").says("Everything up-to-date");
        lacks(&ran, "note");
    };
    up_to_date(&both);
    both.commit("a.txt", "a\n");
    both.repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    // Nor where nothing is checked out that was committed.
    both.repo.git(&["checkout", "--quiet", "--orphan", "none"]);
    up_to_date(&both);
    // What others pushed before is the reason, and what is here is judged all the same.
    both.repo.git(&["checkout", "--quiet", "--force", "main"]);
    both.repo.git(&["commit", "--quiet", "--allow-empty", "--amend", "--no-verify", "-m", "another"]);
    let ran = both.repo.attempt(&push).ends_with(1).says("[rejected]");
    ran.says("no new keys in 1 blob, 1 commit").says("note: git named no ref");
    // By hand, without a remote: what none of them has.
    let mut leeward = both.repo.place.leeward(&["hook", "pre-push"]);
    run(&mut leeward, None).ends_with(0).says("no new keys in 1 blob, 1 commit");
    both.commit("b.env", &line(2));
    let mut leeward = both.repo.place.leeward(&["hook", "pre-push"]);
    lacks(&run(&mut leeward, None).ends_with(1).says("b.env:1:17"), "base.env");
}

#[test]
fn a_history_that_begins_anew_stands_beside_what_the_remote_has_of_its_branch() {
    let mut both = Both::new();
    put_behind(&both, "cat >/dev/null");
    both.repo.write("a.txt", "a\n");
    both.repo.git(&["add", "a.txt"]);
    both.repo.git(&["commit", "--quiet", "--amend", "--no-verify", "--message", "base, again"]);
    both.passes(&["push", "--force", "origin", "main"], "no new keys in 3 blobs, 1 commit");
    both.repo.write("b.env", line(1));
    both.repo.git(&["add", "b.env"]);
    both.repo.git(&["commit", "--quiet", "--amend", "--no-verify", "--message", "base, with a copy"]);
    lacks(&both.stops(&["push", "--force", "origin", "main"], "b.env:1:17"), "base.env");
    // What the remote has of another branch says nothing of this one.
    both.repo.git(&["rm", "--quiet", "b.env"]);
    both.repo.git(&["commit", "--quiet", "--amend", "--no-verify", "--message", "base, as it was"]);
    both.repo.git(&["branch", "--quiet", "--move", "other"]);
    both.stops(&["push", "origin", "other"], "base.env:1:17");
}

#[test]
fn what_a_branch_brings_is_judged_by_what_is_checked_out_where_git_names_none() {
    let mut both = Both::new();
    put_behind(&both, "cat >/dev/null");
    both.repo.write("leeward.toml", "exclude = ['b.env']\n");
    both.commit("b.env", &line(2));
    both.passes(&["push", "origin", "main"], "1 left out");
    both.commit("c.env", &line(3));
    both.stops(&["push", "origin", "main"], "c.env:1:17");
}

#[test]
fn tags_notes_and_names_that_the_remote_may_lack_are_judged() {
    let mut both = Both::new();
    put_behind(&both, "cat >/dev/null");
    let zero = "0".repeat(40);
    // A tag says something itself, and leads to what no branch has.
    both.repo.git(&["tag", "--annotate", "--message", "nothing", "fine"]);
    let ran = both.repo.attempt(&["push", "origin", "fine"]).ends_with(0).says("no new keys in 1 tag, 1 ref");
    lacks(&ran, "note");
    both.repo.git(&["tag", "--annotate", "--message", &line(2), "told"]);
    both.stops(&["push", "origin", "told"], "message of tag").says("note: git named no ref");
    both.repo.git(&["tag", "--delete", "told"]);
    both.commit("b.env", &line(3));
    both.repo.git(&["tag", "plain"]);
    both.repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    lacks(&both.stops(&["push", "origin", "plain"], "b.env:1:17"), "base.env");
    both.repo.git(&["tag", "--delete", "plain"]);
    both.repo.git(&["notes", "add", "--message", &line(4)]);
    both.stops(&["push", "origin", "refs/notes/commits"], ":1:17");
    both.repo.git(&["update-ref", "-d", "refs/notes/commits"]);
    // So does a name. What the remote has of a branch, it has of its name.
    let name = line(5).trim().to_owned();
    both.repo.git(&["branch", &name]);
    both.stops(&["push", "origin", &name], "git named no ref");
    both.repo.git(&["push", "--quiet", "--no-verify", "origin", &name]);
    let ran = both.repo.attempt(&["push", "origin", "fine"]).ends_with(0);
    lacks(&ran, "note");
    // By what git says, none of that counts but what is pushed.
    both.repo.git(&["tag", "--annotate", "--message", &line(2), "told"]);
    let id = both.repo.git(&["rev-parse", "HEAD"]);
    let said = format!("HEAD {id} refs/heads/new {zero}\n");
    run(&mut both.repo.place.leeward(&["hook", "pre-push", "origin"]), Some(said.into())).ends_with(0);
}

#[test]
fn what_is_installed_takes_no_empty_input_for_a_push_of_nothing() {
    let mut both = Both::new();
    let hooks = both.repo.work().join(".git/hooks");
    std::fs::remove_dir_all(&hooks).expect("ours");
    both.repo.place.run(&["hook", "install"]).ends_with(0);
    // Nothing to push, and nothing here that could be: no more is said than that.
    let push = ["push", "origin", "main"];
    let ran = both.repo.attempt(&push).ends_with(0).says("nothing to judge").says("up-to-date");
    lacks(&ran, "note");
    both.repo.git(&["checkout", "--quiet", "-b", "wip"]);
    both.commit("b.env", &line(2));
    // The same where another branch has a key: git said nothing, and who read it nobody knows.
    let claims = "git named no ref of it, and what it could send holds 1 key";
    let harmless = "If the remote has all that you push, this holds up nothing: there is nothing to send.";
    let ran = both.stops(&push, "b.env:1:17").says(claims).says(harmless);
    lacks(&ran.says("note: git named no ref: there is nothing to push, or"), "would add");
    // What stood there before may read all of it: it is said all the same.
    put_script(&both.repo.work().join(".git"), "pre-push.before-leeward", "cat >/dev/null\n");
    let wip = ["push", "origin", "wip"];
    lacks(&both.stops(&wip, "b.env:1:17").says("it would add 1 key"), harmless);
    std::fs::remove_file(hooks.join("pre-push.before-leeward")).expect("ours");
    // Those who call it in the place where git looks for it, after they read what git said.
    let run = format!("'{}' \"$@\"", hooks.join("pre-push").display());
    let set = format!(
        "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0='{}'",
        hooks.display()
    );
    let elsewhere = both.repo.place.top().join("elsewhere");
    both.repo.git(&["config", "core.hooksPath", elsewhere.join("hooks").to_str().expect("UTF-8")]);
    for script in [
        format!("cat >/dev/null\n{run}\n"),
        format!("cat >/dev/null\nexec {run}\n"),
        format!("cat >/dev/null\n{set} {run}\n"),
        format!(
            "exec git -c core.hooksPath='{}' hook run --ignore-missing pre-push -- \"$@\"\n",
            hooks.display()
        ),
    ] {
        put_script(&elsewhere, "pre-push", &script);
        both.stops(&wip, "b.env:1:17").says(claims);
    }
    both.repo.git(&["config", "--unset", "core.hooksPath"]);
    // By hand, as tools do.
    both.repo.attempt(&["hook", "run", "pre-push", "--", "origin"]).ends_with(1).says(claims);
}

#[test]
fn lines_that_are_added_above_what_is_installed_may_read_what_git_says() {
    let mut both = Both::new();
    let hook = both.repo.work().join(".git/hooks/pre-push");
    std::fs::remove_file(&hook).expect("ours");
    both.repo.place.run(&["hook", "install"]).ends_with(0);
    let installed = std::fs::read_to_string(&hook).expect("installed");
    both.commit("b.env", &line(2));
    // As the manual of git lfs has it, and further down.
    let (first, rest) = installed.split_once('\n').expect("lines");
    std::fs::write(&hook, format!("{first}\ncat >/dev/null\n{rest}")).expect("ours");
    both.stops(&["push", "origin", "main"], "b.env:1:17").says("git named no ref of it");
    let status = both.repo.place.run(&["hook", "status"]).ends_with(1);
    status.says("pre-push          changed since it was installed");
    both.repo.place.run(&["hook", "uninstall"]).ends_with(1).says("left: it was changed since");
}
