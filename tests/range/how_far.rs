//! How far what a range adds got, and what there is to do about it.

use super::{Repo, text};
use crate::support::values::key;

/// A repository whose `main` was pushed to `origin`.
fn pushed() -> Repo {
    let mut repo = Repo::new();
    repo.git(&["init", "--quiet", "--bare", "../origin.git"]);
    repo.git(&["remote", "add", "origin", "../origin.git"]);
    repo.git(&["push", "--quiet", "origin", "main"]);
    repo
}

/// How far the keys of a range got, in the order of the report.
#[track_caller]
fn states(repo: &Repo, range: &str) -> Vec<String> {
    let ran = repo.range(range);
    let report = ran.json();
    let findings = super::array(&report["findings"]).iter();
    findings.map(|finding| text(&finding["containment"]["state"]).to_owned()).collect()
}

/// The commands of the text report.
fn commands(repo: &Repo, range: &str) -> Vec<String> {
    let out = repo.place.run(&["range", range]).out();
    out.lines().filter_map(|line| line.strip_prefix("      ")).map(|line| line.trim().to_owned()).collect()
}

const AMENDED: &str = "git ls-files --error-unmatch -- a.env >/dev/null && \
    git commit --amend --no-edit --allow-empty --only -- a.env";

#[test]
fn from_the_last_commit_to_a_remote() {
    let mut repo = pushed();
    let base = repo.git(&["rev-parse", "HEAD"]);
    repo.add("a.env", 2);
    assert_eq!(states(&repo, "origin/main.."), ["last-commit"]);
    assert!(commands(&repo, "origin/main..").contains(&AMENDED.to_owned()));

    // A second branch would keep it.
    repo.git(&["branch", "second"]);
    assert_eq!(states(&repo, "origin/main.."), ["unpushed"]);
    repo.git(&["branch", "--quiet", "-D", "second"]);

    repo.commit("after it");
    assert_eq!(states(&repo, "origin/main.."), ["unpushed"]);
    assert_eq!(states(&repo, "HEAD --not --remotes"), ["unpushed"]);
    let rebased = format!("git rebase --interactive --rebase-merges {}", &base[..10]);
    assert!(commands(&repo, "origin/main..").contains(&rebased));

    repo.git(&["push", "--quiet", "origin", "main:elsewhere"]);
    assert_eq!(states(&repo, "base..HEAD"), ["pushed"]);
    let said = repo.place.run(&["range", "base..HEAD"]).out();
    let (revoked, rewritten) =
        (said.find("First delete the key"), said.find("git filter-repo --replace-text "));
    assert!(revoked.is_some() && revoked < rewritten, "{said}");

    // What was taken back was there all the same.
    repo.git(&["push", "--quiet", "--force", "origin", "base:elsewhere"]);
    assert_eq!(states(&repo, "base..HEAD"), ["pushed"]);
}

#[test]
fn what_no_ref_has_is_not_to_be_rewritten() {
    let mut repo = pushed();
    repo.add("a.env", 2);
    repo.git(&["reset", "--quiet", "--hard", "HEAD~"]);
    assert_eq!(states(&repo, "HEAD..HEAD@{1}"), ["unreachable"]);
    assert!(commands(&repo, "HEAD..HEAD@{1}").iter().all(|command| !command.contains("rebase")));
}

#[test]
fn a_push_that_is_stopped_says_how_to_go_on() {
    let mut repo = pushed();
    repo.add("a.env", 2);
    let id = repo.git(&["rev-parse", "HEAD"]);
    let update = format!("refs/heads/main {id} refs/heads/main {}\n", repo.git(&["rev-parse", "base"]));
    let mut hook = repo.place.leeward(&["hook", "pre-push", "origin", "../origin.git"]);
    let stopped = crate::support::run(&mut hook, Some(update.into_bytes())).ends_with(1);
    assert!(stopped.err().contains(&format!("    {AMENDED}\n")), "{}", stopped.err());
}

#[test]
fn a_ref_that_has_it_and_is_named_like_a_key_is_masked() {
    let mut repo = pushed();
    repo.add("a.env", 2);
    repo.git(&["branch", &format!("mistral-key={}", key(3))]);
    for format in ["text", "json", "jsonl", "sarif"] {
        let ran = repo.place.run(&["range", "origin/main..", "--format", format]).ends_with(1);
        assert!(!ran.out().contains(&key(3)), "{format}: {}", ran.out());
    }
    let report = repo.range("origin/main..").json();
    assert_eq!(report["findings"][0]["containment"]["refs"].as_array().map(Vec::len), Some(2));
}
