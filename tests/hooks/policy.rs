//! What a gate goes by, where that is not what everybody else will go by.

use std::fs;

use super::{Repo, line};

/// A repository whose next commit has a key that a configuration, not committed, leaves out.
fn with_a_key() -> Repo {
    let mut repo = Repo::new();
    repo.write("other.txt", line(2));
    repo.git(&["add", "other.txt"]);
    repo.write("leeward.toml", "exclude = ['other.txt']\n");
    repo
}

#[test]
fn a_configuration_that_is_not_staged_is_said() {
    let mut repo = with_a_key();
    let note = |what: &str| {
        format!(
            "leeward: note: leeward.toml, which this was judged by, is {what}: others are judged without it"
        )
    };
    repo.attempt(&["commit", "-m", "one"]).ends_with(0).says(&note("not staged"));
    repo.place.run(&["staged"]).ends_with(0).says("leeward.toml, which this was judged by, is not staged");
    // It is, and then it is not what is staged.
    repo.git(&["add", "leeward.toml"]);
    let quiet = |ran: crate::support::Ran| {
        let ran = ran.ends_with(0);
        assert!(!ran.err().contains("note:"), "{}", ran.err());
    };
    quiet(repo.attempt(&["commit", "-m", "two"]));
    repo.write("leeward.toml", "exclude = ['other.txt', 'more.txt']\n");
    repo.write("more.txt", line(3));
    repo.git(&["add", "more.txt"]);
    repo.attempt(&["commit", "-m", "three"]).ends_with(0).says(&note("not as it is staged"));
    // With the index that git hands over, it is.
    repo.write("more.txt", format!("{}\n", line(4)));
    quiet(repo.attempt(&["commit", "-a", "-m", "four"]));
    // Other line ends are the same text.
    let text = fs::read_to_string(repo.work().join("leeward.toml")).expect("ours");
    repo.write("leeward.toml", text.replace('\n', "\r\n"));
    repo.write("more.txt", "x\n");
    repo.git(&["add", "more.txt"]);
    quiet(repo.attempt(&["commit", "-m", "five"]));
}

#[test]
fn what_a_configuration_names_is_compared_too() {
    let mut repo = with_a_key();
    repo.write("leeward.toml", "baseline = 'accepted'\n");
    repo.write("accepted", "# none\n");
    repo.git(&["add", "."]);
    repo.place.run(&["baseline", "update", "--reason", "trust me"]).ends_with(0);
    let ran = repo.attempt(&["commit", "-m", "one"]).ends_with(0);
    ran.says("note: accepted, which this was judged by, is not as it is staged");
    repo.git(&["add", "accepted"]);
    repo.git(&["commit", "--quiet", "-m", "two"]);
    // What is committed and gone is not in force.
    repo.git(&["update-index", "--skip-worktree", "leeward.toml"]);
    fs::remove_file(repo.work().join("leeward.toml")).expect("ours");
    repo.write("new.txt", "x\n");
    repo.git(&["add", "new.txt"]);
    let ran = repo.attempt(&["commit", "-m", "three"]).ends_with(0);
    ran.says("note: leeward.toml is staged and not on disk: this was judged by the defaults");
}

#[test]
fn a_push_is_compared_with_what_is_committed() {
    let mut repo = Repo::new();
    let remote = repo.place.top().join("remote.git");
    let remote = remote.to_str().expect("UTF-8").to_owned();
    repo.git(&["init", "--quiet", "--bare", &remote]);
    repo.write("leeward.toml", "exclude = ['base.env']\n");
    repo.git(&["add", "leeward.toml"]);
    let ran = repo.attempt(&["push", &remote, "main"]).ends_with(0);
    ran.says("note: leeward.toml, which this was judged by, is not committed in HEAD");
    repo.git(&["commit", "--quiet", "-m", "settings"]);
    let ran = repo.attempt(&["push", &remote, "main:again"]).ends_with(0);
    assert!(!ran.err().contains("note:"), "{}", ran.err());
}
