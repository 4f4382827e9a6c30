//! What a gate goes by: the configuration that the commit will hold; that of a push stands in `policy_push`. What one
//! work tree alone has lets nothing pass.

use std::fs;

use super::{Repo, git_in, line};
use crate::support::{Ran, run};

/// A repository whose next commit has a key that a configuration, not staged, leaves out.
fn with_a_key() -> Repo {
    let mut repo = Repo::new();
    repo.write("other.txt", line(2));
    repo.git(&["add", "other.txt"]);
    repo.write("leeward.toml", "exclude = ['other.txt']\n");
    repo
}

/// A commit is made, and it is said what it brings along that lets more pass.
#[track_caller]
fn loosens(ran: Ran, what: &str) {
    let note = "leeward: note: this commit is judged by what it brings, which is looser than HEAD: ";
    ran.ends_with(0).says(&format!("{note}{what}"));
}

/// A commit is made, and nothing is said of settings.
#[track_caller]
pub(super) fn quiet(ran: Ran) {
    let ran = ran.ends_with(0);
    assert!(!ran.err().contains("note:"), "{}", ran.err());
}

#[test]
fn a_configuration_that_is_not_staged_lets_nothing_pass() {
    let mut repo = with_a_key();
    let note = "leeward: note: leeward.toml is not staged, so it does not count yet: `git add leeward.toml`";
    repo.stops(&["commit", "-m", "one"], note);
    repo.place.run(&["staged"]).ends_with(1).says(&note["leeward: ".len()..]);
    // An intention is no content.
    repo.git(&["add", "--intent-to-add", "leeward.toml"]);
    repo.stops(&["commit", "-m", "one"], "leeward.toml is not staged");
    repo.git(&["add", "leeward.toml"]);
    loosens(repo.attempt(&["commit", "-m", "two"]), "exclude leaves out 'other.txt' (leeward.toml:1)");
    // It is, and then it is not what is staged.
    repo.write("leeward.toml", "exclude = ['other.txt', 'more.txt']\n");
    repo.write("more.txt", line(3));
    repo.git(&["add", "more.txt"]);
    let note = "note: leeward.toml counts as it is staged, and not as it is on disk: `git add leeward.toml`";
    repo.stops(&["commit", "-m", "three"], note);
    // Of a file that is committed by itself, too.
    repo.stops(&["commit", "-m", "three", "more.txt"], note);
    // With the index that git hands over, it is.
    repo.write("more.txt", format!("{}\n", line(4)));
    loosens(repo.attempt(&["commit", "-a", "-m", "four"]), "exclude leaves out 'more.txt' (leeward.toml:1)");
    // Other line ends are the same text.
    let text = fs::read_to_string(repo.work().join("leeward.toml")).expect("ours");
    repo.write("leeward.toml", text.replace('\n', "\r\n"));
    repo.write("more.txt", "x\n");
    repo.git(&["add", "more.txt"]);
    quiet(repo.attempt(&["commit", "-m", "five"]));
}

#[test]
fn what_is_staged_holds_whatever_the_disk_has() {
    let mut repo = with_a_key();
    repo.git(&["add", "leeward.toml"]);
    // Gone from the disk, or not to be read there.
    fs::remove_file(repo.work().join("leeward.toml")).expect("ours");
    loosens(repo.attempt(&["commit", "-m", "one"]), "exclude leaves out 'other.txt' (staged leeward.toml:1)");
    repo.git(&["checkout", "--quiet", "."]);
    repo.write("other.txt", format!("{}{}", line(2), line(3)));
    repo.git(&["add", "other.txt"]);
    repo.write("leeward.toml", "nonsense = 1\n");
    repo.attempt(&["commit", "-m", "two"]).ends_with(0).says("counts as it is staged");
    // And the other way round: what is staged and cannot be used stops the commit, mended on disk or not.
    repo.write("leeward.toml", "exlude = []\n");
    repo.git(&["add", "leeward.toml"]);
    repo.write("leeward.toml", "exclude = []\n");
    repo.write("new.txt", "x\n");
    repo.git(&["add", "new.txt"]);
    let says = "staged leeward.toml:1:1: unknown key 'exlude', did you mean 'exclude'?";
    repo.attempt(&["commit", "-m", "three"]).ends_with(1).says(says);
    // Taken out of the index, it holds no more.
    repo.git(&["rm", "--quiet", "--force", "--cached", "leeward.toml"]);
    repo.write("other.txt", line(5));
    repo.git(&["add", "other.txt"]);
    repo.stops(&["commit", "-m", "four"], "other.txt:1:17");
}

#[test]
fn what_a_configuration_names_is_read_from_the_index_too() {
    let mut repo = with_a_key();
    repo.write("leeward.toml", "baseline = 'accepted'\n[rules]\nfiles = ['rules.toml']\n");
    repo.write("accepted", "# none\n");
    let rule = "[[rule]]\nid = 'acme'\ndescription = 'x'\nseverity = 'high'\nconfidence = 'high'\npattern = 'acme_[a-z]{8}'\n";
    repo.write("rules.toml", rule);
    repo.git(&["add", "leeward.toml", "accepted"]);
    let missing = "cannot read the rules in rules.toml: it is not staged (`git add` it)";
    repo.attempt(&["commit", "-m", "one"]).ends_with(1).says(missing);
    repo.git(&["add", "rules.toml"]);
    repo.place.run(&["baseline", "update", "--reason", "trust me"]).ends_with(0);
    repo.stops(&["commit", "-m", "one"], "note: accepted counts as it is staged, and not as it is on disk");
    repo.git(&["add", "accepted"]);
    loosens(repo.attempt(&["commit", "-m", "two"]), "accepted accepts ");
    // A rule that is weakened on disk is as strong as it was.
    repo.write("rules.toml", rule.replace("acme_", "other_"));
    repo.write("new.txt", format!("acme_{}\n", "qzjxkvbw"));
    repo.git(&["add", "new.txt"]);
    repo.stops(&["commit", "-m", "three"], "new.txt:1:1");
    // In a directory of which a sparse index has only the tree.
    repo.git(&["mv", "accepted", "sub-accepted"]);
    fs::create_dir(repo.work().join("sub")).expect("new");
    repo.git(&["mv", "sub-accepted", "sub/accepted"]);
    repo.git(&["reset", "--quiet", "new.txt"]);
    repo.write("leeward.toml", "baseline = 'sub/accepted'\n");
    repo.git(&["add", "leeward.toml"]);
    repo.git(&["commit", "--quiet", "-m", "moved"]);
    repo.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "elsewhere"]);
    assert!(repo.git(&["ls-files", "--sparse"]).lines().any(|line| line == "sub/"), "the index is sparse");
    repo.write("other.txt", format!("X=1\n{}", line(2)));
    repo.write("copy.txt", line(2));
    repo.git(&["add", "--sparse", "other.txt", "copy.txt"]);
    repo.attempt(&["commit", "-m", "accepted"]).ends_with(0).says("1 accepted");
}

#[test]
fn a_file_that_the_hook_names_counts_and_is_said_to_be_ones_own() {
    let mut repo = with_a_key();
    let hook = |repo: &Repo, args: &[&str]| repo.place.run(&[&["hook", "pre-commit"], args].concat());
    let own = "own.toml, which this was judged by, is not staged: others are judged without it";
    fs::rename(repo.work().join("leeward.toml"), repo.work().join("own.toml")).expect("ours");
    hook(&repo, &["--config", "own.toml"]).ends_with(0).says(own);
    repo.write("empty.toml", "");
    repo.git(&["add", "empty.toml"]);
    repo.write("empty.toml", "exclude = ['other.txt']\n");
    hook(&repo, &["--config", "empty.toml"]).ends_with(1).says("empty.toml counts as it is staged");
    // Outside of the work tree it is nobody's.
    let outside = repo.place.top().join("outside.toml");
    fs::rename(repo.work().join("own.toml"), &outside).expect("ours");
    quiet(hook(&repo, &["--config", outside.to_str().expect("UTF-8")]));
    hook(&repo, &["--config", "nowhere.toml"]).ends_with(2).says("nowhere.toml: no such file");
}

#[test]
fn a_message_and_a_patch_are_judged_by_what_is_staged() {
    let mut repo = Repo::new();
    repo.write("leeward.toml", "rules.disable = ['mistral-api-key']\n");
    repo.write("other.txt", "more\n");
    repo.git(&["add", "other.txt"]);
    repo.stops(&["commit", "-m", &line(2)], "its message holds 1 key");
    repo.git(&["add", "leeward.toml"]);
    repo.passes(&["commit", "-m", &line(2)]);
    // A patch is judged by what it brings along, as the commit will be.
    let patch = format!("--- /dev/null\n+++ b/new.env\n@@ -0,0 +1 @@\n+{}", line(3));
    repo.git(&["rm", "--quiet", "leeward.toml"]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "without"]);
    repo.write("leeward.toml", "rules.disable = ['mistral-api-key']\n");
    repo.write("../patch", format!("From: a <a@example.org>\nSubject: x\n\n---\n{patch}"));
    repo.place.run(&["hook", "install"]).ends_with(0);
    repo.attempt(&["am", "../patch"]).ends_with(1).says("new.env:1:17").says("leeward.toml is not staged");
}

#[test]
fn a_configuration_in_conflict_is_ours() {
    let mut repo = Repo::new();
    repo.write("leeward.toml", "confidence = 'medium'\n");
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "-m", "settings"]);
    repo.git(&["checkout", "--quiet", "-b", "theirs"]);
    repo.write("leeward.toml", "exclude = ['new.env']\n");
    repo.git(&["commit", "--quiet", "-a", "-m", "theirs"]);
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("leeward.toml", "confidence = 'low'\n");
    repo.git(&["commit", "--quiet", "-a", "-m", "ours"]);
    repo.attempt(&["merge", "theirs"]).ends_with(1);
    repo.write("new.env", line(2));
    repo.git(&["add", "new.env"]);
    repo.place.run(&["staged"]).ends_with(1).says("new.env:1:17");
}

#[test]
fn what_a_commit_loosens_for_itself_is_said() {
    let mut repo = Repo::new();
    repo.write("leeward.toml", "exclude = ['vendor/']\n[rules]\ndisable = []\n");
    repo.git(&["add", "."]);
    loosens(repo.attempt(&["commit", "-m", "first"]), "exclude leaves out 'vendor/' (leeward.toml:1)");
    repo.write("other.txt", "x\n");
    quiet(repo.attempt(&["commit", "-a", "-m", "nothing of it"]));
    // A rule, by name; and what is as strict as it was is not.
    repo.write("leeward.toml", "exclude = ['vendor/']\n[rules]\ndisable = ['azure-mistral-api-key']\n");
    repo.git(&["add", "."]);
    let rule = "rule 'azure-mistral-api-key' is not in force (leeward.toml:3)";
    loosens(repo.attempt(&["commit", "-m", "a rule less"]), rule);
    repo.write("leeward.toml", "exclude = []\n");
    quiet(repo.attempt(&["commit", "-a", "-m", "stricter"]));
    // The configuration goes, and what it made stricter with it.
    repo.write("leeward.toml", "inline-ignores = false\n");
    quiet(repo.attempt(&["commit", "-a", "-m", "stricter still"]));
    repo.git(&["rm", "--quiet", "leeward.toml"]);
    loosens(repo.attempt(&["commit", "-m", "gone"]), "comments leeward:ignore are heeded");
    // Before the first commit there are the defaults.
    let mut repo = Repo::unborn();
    repo.write("leeward.toml", "exclude = ['*.env']\n");
    repo.write("a.txt", "a\n");
    repo.git(&["add", "."]);
    loosens(repo.attempt(&["commit", "-m", "first"]), "exclude leaves out '*.env' (leeward.toml:1)");
}

#[test]
fn no_comment_is_advised_where_none_is_heeded() {
    let mut repo = Repo::new();
    let server = repo.place.top().join("server.git");
    repo.git(&["init", "--quiet", "--bare", "--initial-branch=main", server.to_str().expect("UTF-8")]);
    let why = "no comment does here (inline-ignores is off: ";
    let advised = |ran: Ran, why: Option<&str>| {
        let advises = "say so in a comment on that line";
        assert_eq!(ran.err().contains(advises), why.is_none(), "{}", ran.err());
        ran.ends_with(1).says(why.unwrap_or(advises));
    };
    repo.write("key.env", line(2));
    repo.git(&["add", "."]);
    advised(repo.attempt(&["commit", "-m", "a key"]), None);
    repo.write("leeward.toml", "inline-ignores = false\n");
    repo.git(&["add", "."]);
    advised(repo.attempt(&["commit", "-m", "a key"]), Some(&format!("{why}leeward.toml:1)")));
    repo.write("key.env", format!("{} # leeward:ignore a sample\n", line(2).trim()));
    repo.git(&["add", "."]);
    advised(repo.attempt(&["commit", "-m", "a key"]), Some(&format!("{why}leeward.toml:1)")));
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "a key"]);
    let to = server.to_str().expect("UTF-8").to_owned();
    advised(repo.attempt(&["push", &to, "main"]), Some(why));
    let leeward = ["hook", "pre-commit", "--no-inline-ignores"];
    repo.write("more.env", line(3));
    repo.git(&["add", "."]);
    advised(repo.place.run(&leeward), Some(&format!("{why}command line, --no-inline-ignores)")));
}

#[test]
fn doctor_says_what_the_hooks_do_not_go_by_yet() {
    let mut repo = Repo::new();
    repo.write("leeward.toml", "confidence = 'low'\n");
    repo.place
        .run(&["doctor"])
        .ends_with(0)
        .says("warning  leeward.toml is not staged, so it does not count yet");
    repo.git(&["add", "leeward.toml"]);
    let ran = repo.place.run(&["doctor"]).ends_with(0);
    assert!(!ran.out().contains("leeward.toml is"), "{}", ran.out());
    repo.write("leeward.toml", "nonsense = 1\n");
    repo.git(&["add", "leeward.toml"]);
    repo.write("leeward.toml", "");
    let ran = repo.place.run(&["doctor"]).ends_with(1);
    ran.says(
        "PROBLEM  the configuration that is staged stops every commit: staged leeward.toml:1:1: unknown key",
    );
}

#[test]
fn a_linked_worktree_has_settings_of_its_own() {
    let mut repo = Repo::new();
    let linked = repo.place.top().join("linked");
    repo.git(&["worktree", "add", "--quiet", "../linked"]);
    repo.write("leeward.toml", "exclude = ['key.env']\n");
    repo.git(&["add", "leeward.toml"]);
    let home = repo.place.top().join("home");
    fs::write(linked.join("key.env"), line(2)).expect("ours");
    let git = |args: &[&str]| run(&mut git_in(&linked, &home, args), None);
    git(&["add", "."]).ends_with(0);
    git(&["commit", "-m", "a key"]).ends_with(1).says("key.env:1:17");
    fs::write(linked.join("leeward.toml"), "exclude = ['key.env']\n").expect("ours");
    git(&["add", "."]).ends_with(0);
    git(&["commit", "-m", "left out"]).ends_with(0);
}

#[test]
fn what_is_said_of_a_file_can_be_typed() {
    let mut repo = Repo::new();
    repo.write("leeward.toml", "baseline = \"the team's baseline\"\n");
    repo.git(&["add", "leeward.toml"]);
    repo.write("the team's baseline", "# empty\n");
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "settings"]);
    repo.write("the team's baseline", "# empty, still\n");
    repo.write("other.txt", "more\n");
    repo.git(&["add", "other.txt"]);
    repo.attempt(&["commit", "-m", "more"]).ends_with(0).says(r"`git add 'the team'\''s baseline'`");
}

#[test]
fn a_configuration_that_is_a_link_is_refused_and_said() {
    let mut repo = Repo::new();
    repo.write("real.toml", "confidence = 'low'\n");
    std::os::unix::fs::symlink("real.toml", repo.work().join("leeward.toml")).expect("new");
    repo.git(&["add", "."]);
    repo.attempt(&["commit", "-m", "a link"]).ends_with(1).says(
        "leeward.toml: is a symbolic link, which is not followed there: put the file itself in its place",
    );
    assert_eq!(repo.place.run(&["hook", "pre-commit"]).status, Some(2));
}

#[test]
fn a_message_is_judged_by_what_is_staged_in_an_index_of_any_kind() {
    let kinds: [&[&str]; 5] = [
        &["update-index", "--index-version", "2"],
        &["update-index", "--index-version", "3"],
        &["update-index", "--index-version", "4"],
        &["update-index", "--split-index"],
        &["sparse-checkout", "set", "--cone", "--sparse-index", "elsewhere"],
    ];
    for kind in kinds {
        let mut repo = Repo::new();
        repo.write("message", line(2));
        repo.write("conf/deep/a", "a\n");
        repo.write("elsewhere/link", "no extension of an index\n");
        repo.write("lee", "a beginning of a name\n");
        let accept = ["baseline", "create", "--reason", "known", "--baseline", "conf/deep/known", "message"];
        repo.place.run(&accept).ends_with(0);
        repo.git(&["add", "conf", "elsewhere", "lee"]);
        repo.git(&["commit", "--quiet", "-m", "not used yet"]);
        repo.git(kind);
        repo.place.run(&["hook", "commit-msg", "message"]).ends_with(1);
        repo.write("leeward.toml", "baseline = 'conf/deep/known'\n");
        repo.place.run(&["hook", "commit-msg", "message"]).ends_with(1);
        repo.git(&["add", "--sparse", "leeward.toml"]);
        repo.place.run(&["hook", "commit-msg", "message"]).ends_with(0);
        repo.git(&["rm", "--quiet", "--sparse", "--cached", "conf/deep/known"]);
        repo.place.run(&["hook", "commit-msg", "message"]).ends_with(2).says("conf/deep/known");
    }
}
