//! What is offered to CI systems, where a tag is pushed: what it says itself, and what no branch has.

use std::fs;

use super::line;
use super::templates::{block, repository, script};
use crate::support::{Ran, top};

const ZERO: &str = "0000000000000000000000000000000000000000";

#[test]
fn a_tag_is_judged_with_what_it_says_itself_and_what_it_alone_brings() {
    let (mut repo, [_, _, clean]) = repository();
    repo.git(&["update-ref", "refs/remotes/origin/main", &clean]);
    repo.git(&["tag", "plain", &clean]);
    repo.git(&["tag", "--annotate", "--message", "a release", "fine", &clean]);
    repo.git(&["tag", "--annotate", "--message", &line(5), "told", &clean]);
    // No branch has this.
    repo.git(&["checkout", "--quiet", "--detach"]);
    repo.write("only.env", line(6));
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "only"]);
    repo.git(&["tag", "only"]);
    let action = block(".github/actions/scan/action.yml", "# scan");
    let template = block(".gitlab/leeward.yml", "# scan");
    let output = repo.place.top().join("output");
    let judged = |tag: &str, after: &str, head: &str| -> Vec<Ran> {
        let name = format!("refs/tags/{tag}");
        let github = [
            ("SCAN", "change"),
            ("ARGUMENTS", "--no-progress"),
            ("SARIF", "../report.sarif"),
            ("EVENT", "push"),
            ("BASE", ZERO),
            ("HEAD", head),
            ("AFTER", after),
            ("REF", &name),
            ("DEFAULT", "main"),
            ("GITHUB_OUTPUT", output.to_str().expect("UTF-8")),
        ];
        let gitlab = [
            ("CI_COMMIT_BEFORE_SHA", ZERO),
            ("CI_COMMIT_SHA", head),
            ("CI_COMMIT_TAG", tag),
            ("CI_DEFAULT_BRANCH", "main"),
        ];
        fs::write(&output, "").expect("ours");
        vec![script(&repo, "bash", &action, &github), script(&repo, "sh", &template, &gitlab)]
    };
    for (tag, status, says) in [
        ("plain", 0, "nothing to scan"),
        ("fine", 0, "no findings in"),
        ("told", 1, "message of tag"),
        ("only", 1, "only.env:1:17"),
    ] {
        let id =
            |name: &str| fs::read_to_string(repo.work().join(".git/refs/tags").join(name)).expect("loose");
        let head = if tag == "only" { id(tag).trim().to_owned() } else { clean.clone() };
        for ran in judged(tag, id(tag).trim(), &head) {
            ran.ends_with(status).says(says);
        }
    }
    for ran in judged("gone", ZERO, &clean) {
        ran.ends_with(3).says("the tag is not here");
    }
}

/// As the checkout for actions does.
#[test]
fn a_tag_is_judged_where_the_checkout_has_put_its_commit_in_its_place() {
    let (mut repo, [_, _, clean]) = repository();
    repo.git(&["update-ref", "refs/remotes/origin/main", &clean]);
    repo.git(&["tag", "--annotate", "--message", &line(5), "told", &clean]);
    let action = block(".github/actions/scan/action.yml", "# scan");
    let output = repo.place.top().join("output");
    let told = repo.git(&["rev-parse", "told"]);
    repo.git(&["update-ref", "refs/tags/told", &clean]);
    let name = [
        ("SCAN", "change"),
        ("ARGUMENTS", ""),
        ("SARIF", "../report.sarif"),
        ("EVENT", "push"),
        ("BASE", ZERO),
    ];
    let more = [
        ("HEAD", clean.as_str()),
        ("AFTER", &told),
        ("REF", "refs/tags/told"),
        ("DEFAULT", "main"),
        ("GITHUB_OUTPUT", output.to_str().expect("UTF-8")),
    ];
    script(&repo, "bash", &action, &[&name[..], &more].concat()).ends_with(1).says("message of tag");
}

#[test]
fn a_tag_starts_the_job_of_the_template() {
    let text = fs::read_to_string(top().join(".gitlab/leeward.yml")).expect("a file of ours");
    let rules: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("- if: ")).collect();
    assert!(rules.contains(&"$CI_COMMIT_TAG"), "{rules:?}");
}
