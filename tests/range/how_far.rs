//! How far what a range adds got, and what there is to do about it.

use leeward::secret::Secret;
use serde_json::Value;

use super::{Repo, line, text};
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

const AMENDED: &str = "git ls-files --error-unmatch -- :/a.env >/dev/null && \
    git commit --amend --no-edit --cleanup=verbatim --allow-empty --only -- :/a.env";

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
    let rebased = format!(
        "git -c commit.cleanup=verbatim rebase --rebase-merges --keep-empty --reschedule-failed-exec --exec 'leeward range --quiet --allow-empty \"HEAD^! --not --remotes\"' {base}"
    );
    assert!(commands(&repo, "origin/main..").contains(&rebased));

    repo.git(&["push", "--quiet", "origin", "main:elsewhere"]);
    assert_eq!(states(&repo, "base..HEAD"), ["pushed"]);
    let said = repo.place.run(&["range", "base..HEAD"]).out();
    let (revoked, rewritten) = (
        said.find("First delete the key"),
        said.find(r#"filter-repo --prune-empty never --replace-text "$work"#),
    );
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

/// Adds commits to a repository.
type Build = fn(&mut Repo);

/// What `range` and `history` tell of the only key that each finds.
#[track_caller]
fn told_by_both(repo: &Repo, range: &str) -> [Value; 2] {
    let told = |args: &[&str]| {
        let report = repo.place.run(&[args, &["--format=json"]].concat()).ends_with(1).json();
        let key = key(2);
        let is_it =
            |finding: &&Value| text(&finding["secret"]["sha256"]) == Secret::new(key.as_bytes()).sha256();
        let finding = super::array(&report["findings"]).iter().find(is_it).cloned().expect("it is found");
        let keys = ["in_head", "first_commit", "last_commit", "removed_commit", "containment", "exposure"];
        keys.iter().map(|&key| (key.to_owned(), finding[key].clone())).collect()
    };
    [told(&["range", range]), told(&["history"])]
}

#[test]
fn a_key_that_a_remote_has_in_another_file_is_pushed() {
    let mut repo = pushed();
    repo.add("old.env", 2);
    repo.git(&["push", "--quiet", "origin", "main:elsewhere"]);
    repo.git(&["reset", "--quiet", "--hard", "HEAD~"]);
    repo.add("new.env", 2);
    assert_eq!(repo.finds("origin/main.."), super::places(&[(2, "blob new.env @ new.env")]));
    assert_eq!(states(&repo, "origin/main.."), ["pushed"]);
    let said = repo.place.run(&["range", "origin/main.."]).out();
    assert!(said.contains("First delete the key") && !said.contains(" rebase "), "{said}");

    let ids = ["HEAD", "HEAD~"].map(|revision| repo.git(&["rev-parse", revision]));
    let update = format!("refs/heads/main {} refs/heads/main {}\n", ids[0], ids[1]);
    let mut hook = repo.place.leeward(&["hook", "pre-push", "origin", "../origin.git"]);
    let stopped = crate::support::run(&mut hook, Some(update.into_bytes())).ends_with(1);
    let said = stopped.err();
    let (revoked, taken_out) = (said.find("First delete it at its provider"), said.find("Take it out of"));
    assert!(revoked.is_some() && revoked < taken_out, "{said}");
}

#[test]
fn a_range_tells_of_a_key_what_the_history_tells() {
    // At a remote in base64 only; before the range in a message; in HEAD at another path; in the index alone.
    let cases: [(&str, Build); 4] = [
        ("pushed", |repo| {
            let bytes = line(2).into_bytes();
            let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
            repo.write("secret.yaml", format!("data: {encoded}\n"));
            repo.commit("encoded");
            repo.git(&["push", "--quiet", "origin", "main"]);
            repo.add("new.env", 2);
        }),
        ("unpushed", |repo| {
            repo.commit(&line(2));
            repo.git(&["tag", "before"]);
            repo.add("new.env", 2);
        }),
        ("unpushed", |repo| {
            repo.add("old.env", 2);
            repo.git(&["tag", "before"]);
            repo.add("new.env", 2);
            repo.git(&["rm", "--quiet", "new.env"]);
            repo.commit("without");
        }),
        ("unpushed", |repo| {
            repo.add("new.env", 2);
            repo.git(&["rm", "--quiet", "new.env"]);
            repo.commit("without");
            repo.write("staged.env", line(2));
            repo.git(&["add", "staged.env"]);
        }),
    ];
    for (number, (state, build)) in cases.into_iter().enumerate() {
        let mut repo = pushed();
        build(&mut repo);
        let before = if number == 1 || number == 2 { "before.." } else { "origin/main.." };
        let [range, history] = told_by_both(&repo, before);
        assert_eq!(range, history, "{number}");
        assert_eq!(history["containment"]["state"], *state, "{number}");
        assert_eq!(history["in_head"], true, "{number}");
    }
}

#[test]
fn what_is_accepted_costs_no_push_a_search() {
    let mut repo = pushed();
    repo.write("a.env", line(2).replace('\n', " # leeward:ignore revoked\n"));
    repo.commit("accepted");
    let ids = ["HEAD", "base"].map(|revision| repo.git(&["rev-parse", revision]));
    let update = format!("refs/heads/main {} refs/heads/main {}\n", ids[0], ids[1]);
    let found = |args: &[&str], input: Option<Vec<u8>>| {
        let mut leeward = repo.place.leeward(args);
        let report = crate::support::run(&mut leeward, input).ends_with(0).json();
        report["suppressed"][0]["containment"].is_object()
    };
    assert!(found(&["range", "origin/main..", "--format=json"], None));
    let args = ["hook", "pre-push", "origin", "../origin.git", "--format=json"];
    assert!(!found(&args, Some(update.into_bytes())));
}
