//! What is offered to CI systems: the shell parts are run.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use super::{Repo, line};
use crate::support::{Ran, binary, command, run, top};

/// The shell script of a block in YAML whose first line is this comment.
pub(super) fn block(file: &str, mark: &str) -> String {
    let text = fs::read_to_string(top().join(file)).expect("a file of ours");
    let start = text.lines().position(|line| line.trim() == mark).expect("the block is there");
    let indent = text.lines().nth(start).expect("there").find('#').expect("a comment");
    let inside = |line: &&str| line.trim().is_empty() || line.len() - line.trim_start().len() >= indent;
    let lines = text.lines().skip(start).take_while(inside);
    lines.map(|line| format!("{}\n", line.get(indent..).unwrap_or_default())).collect()
}

/// A repository of three commits: the first and the last without a new key, the second with one.
pub(super) fn repository() -> (Repo, [String; 3]) {
    let mut repo = Repo::new();
    let mut ids = vec![repo.git(&["rev-parse", "HEAD"])];
    for (path, content) in [("key.env", line(2)), ("more.txt", "more\n".to_owned())] {
        repo.write(path, content);
        repo.git(&["add", path]);
        repo.git(&["commit", "--quiet", "--no-verify", "-m", path]);
        ids.push(repo.git(&["rev-parse", "HEAD"]));
    }
    let bin = repo.place.top().join("bin");
    fs::create_dir(&bin).expect("new");
    symlink(binary(), bin.join("leeward")).expect("new");
    (repo, ids.try_into().expect("three"))
}

/// Runs a script with the program on PATH.
pub(super) fn script(repo: &Repo, shell: &str, script: &str, environment: &[(&str, &str)]) -> Ran {
    let mut command: Command = command(shell, &repo.work(), &repo.place.top().join("home"));
    let path = format!("{}:{}", repo.place.top().join("bin").display(), std::env::var("PATH").expect("set"));
    command.env("PATH", path).envs(environment.iter().copied());
    // As the runner of actions calls it.
    let options: &[&str] = if shell == "bash" { &["--noprofile", "--norc", "-eo", "pipefail"] } else { &[] };
    run(command.args(options).args(["-c", script]), None)
}

const ZERO: &str = "0000000000000000000000000000000000000000";
pub(super) const GONE: &str = "1111111111111111111111111111111111111111";

#[test]
fn the_github_action_judges_what_the_event_adds() {
    let (repo, [base, key, clean]) = repository();
    let text = block(".github/actions/scan/action.yml", "# scan");
    let output = repo.place.top().join("output");
    for (scan, event, from, to, status, says) in [
        ("change", "push", base.as_str(), clean.as_str(), 1, "leeward found keys"),
        ("change", "push", &key, &clean, 0, "no findings in"),
        ("change", "pull_request", &base, &key, 1, "leeward found keys"),
        ("change", "pull_request", &key, &clean, 0, "no findings in"),
        // The default branch, pushed for the first time, or rewritten.
        ("change", "push", ZERO, &clean, 1, "leeward found keys"),
        ("change", "push", GONE, &clean, 1, "leeward found keys"),
        ("change", "workflow_dispatch", "", &clean, 1, "leeward found keys"),
        // Set back; for a pull request that is a mistake.
        ("change", "push", &clean, &key, 0, "nothing to scan"),
        ("change", "pull_request", &clean, &key, 3, "could not look at everything"),
        ("change", "pull_request", GONE, &clean, 3, "fetch-depth: 0"),
        ("change", "merge_group", "", &clean, 3, "fetch-depth: 0"),
        ("change", "push", &base, GONE, 3, "could not look at everything"),
        ("history", "schedule", "", "", 1, "leeward found keys"),
        ("files", "schedule", "", "", 1, "leeward found keys"),
        ("everything", "push", &base, &clean, 2, "change, history or files"),
    ] {
        fs::write(&output, "").expect("ours");
        let ran = script(
            &repo,
            "bash",
            &text,
            &[
                ("SCAN", scan),
                ("ARGUMENTS", "--confidence low\n  --no-progress\n"),
                ("SARIF", "../report.sarif"),
                ("EVENT", event),
                ("BASE", from),
                ("HEAD", to),
                ("REF", "refs/heads/main"),
                ("DEFAULT", "main"),
                ("GITHUB_OUTPUT", output.to_str().expect("UTF-8")),
            ],
        );
        ran.ends_with(status).says(says);
        assert_eq!(fs::read_to_string(&output).expect("ours"), format!("status={status}\n"));
    }
    let report = fs::read_to_string(repo.place.top().join("report.sarif")).expect("written");
    assert!(report.contains("\"runs\""));
}

#[test]
fn the_gitlab_template_judges_what_the_pipeline_adds() {
    let (repo, [base, key, clean]) = repository();
    let text = block(".gitlab/leeward.yml", "# scan");
    for (merge_request, before, to, status) in [
        (Some(base.as_str()), ZERO, clean.as_str(), 1),
        (Some(&key), ZERO, &clean, 0),
        (Some(&clean), ZERO, &key, 3),
        (Some(GONE), ZERO, &clean, 3),
        (None, &base, &clean, 1),
        (None, &key, &clean, 0),
        (None, &clean, &key, 0),
        (None, ZERO, &clean, 1),
        (None, GONE, &clean, 1),
        (None, &base, GONE, 3),
    ] {
        let mut environment = vec![
            ("CI_COMMIT_BEFORE_SHA", before),
            ("CI_COMMIT_SHA", to),
            ("CI_COMMIT_BRANCH", "main"),
            ("CI_DEFAULT_BRANCH", "main"),
        ];
        environment.extend(merge_request.map(|base| ("CI_MERGE_REQUEST_DIFF_BASE_SHA", base)));
        script(&repo, "sh", &text, &environment).ends_with(status);
    }
}

#[test]
fn a_new_branch_is_judged_by_what_the_default_branch_lacks() {
    let (mut repo, [_, _, clean]) = repository();
    let mut branch = |name: &str, content: String| {
        repo.git(&["checkout", "--quiet", "-b", name, &clean]);
        repo.write(name, content);
        repo.git(&["add", name]);
        repo.git(&["commit", "--quiet", "--no-verify", "-m", name]);
        let id = repo.git(&["rev-parse", "HEAD"]);
        // As it is after the push.
        repo.git(&["update-ref", &format!("refs/remotes/origin/{name}"), &id]);
        id
    };
    let (fine, red) = (branch("fine", "fine\n".to_owned()), branch("red", line(5)));
    // Another branch that has the key as well makes it no better.
    repo.git(&["update-ref", "refs/remotes/origin/other", &red]);
    let action = block(".github/actions/scan/action.yml", "# scan");
    let template = block(".gitlab/leeward.yml", "# scan");
    let output = repo.place.top().join("output");
    let judged = |repo: &Repo, base: &str, head: &str, default: &str, status: i32| {
        let variables = [
            ("SCAN", "change"),
            ("ARGUMENTS", "--no-progress"),
            ("SARIF", "../report.sarif"),
            ("EVENT", "push"),
            ("BASE", base),
            ("HEAD", head),
            ("REF", "refs/heads/new"),
            ("DEFAULT", default),
            ("GITHUB_OUTPUT", output.to_str().expect("UTF-8")),
        ];
        script(repo, "bash", &action, &variables).ends_with(status);
        let variables = [
            ("CI_COMMIT_BEFORE_SHA", base),
            ("CI_COMMIT_SHA", head),
            ("CI_COMMIT_BRANCH", "new"),
            ("CI_DEFAULT_BRANCH", default),
        ];
        script(repo, "sh", &template, &variables).ends_with(status);
    };
    // What cannot be judged against anything is not clean.
    judged(&repo, ZERO, &fine, "main", 3);
    repo.git(&["update-ref", "refs/remotes/origin/main", &clean]);
    judged(&repo, ZERO, &fine, "", 3);
    judged(&repo, ZERO, &fine, "nowhere", 3);
    for base in [ZERO, GONE] {
        judged(&repo, base, &fine, "main", 0);
        judged(&repo, base, &red, "main", 1);
        judged(&repo, base, &clean, "main", 0);
    }
}

#[test]
fn what_a_change_says_of_how_it_is_judged_is_not_heeded() {
    let (mut repo, [_, _, clean]) = repository();
    repo.write("leeward.toml", "exclude = ['::*']\n");
    // A name that a runner of actions would take for a command.
    repo.write("::stop-commands::x.env", line(4));
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "::error::x"]);
    let head = repo.git(&["rev-parse", "HEAD"]);
    let action = block(".github/actions/scan/action.yml", "# scan");
    let output = repo.place.top().join("output");
    let event = |event: &str, arguments: &str| {
        let variables = [
            ("SCAN", "change"),
            ("ARGUMENTS", arguments),
            ("SARIF", "../report.sarif"),
            ("EVENT", event),
            ("BASE", &clean),
            ("HEAD", &head),
            ("GITHUB_OUTPUT", output.to_str().expect("UTF-8")),
        ];
        script(&repo, "bash", &action, &variables)
    };
    for name in ["pull_request", "pull_request_target", "merge_group"] {
        let ran = event(name, "--no-progress").ends_with(1).says("would be looser than in");
        let out = ran.out();
        let begin =
            out.lines().next().and_then(|line| line.strip_prefix("::stop-commands::")).expect("first");
        let end = out.find(&format!("\n::{begin}::\n")).expect("commands are heeded again");
        assert_eq!(begin.len(), 32, "{begin}");
        assert!(out[..end].contains("\n::stop-commands::x.env:1:17"), "{out}");
        assert!(out[end..].contains("\n::error::leeward found keys"), "{out}");
    }
    for scan in ["files", "history"] {
        let variables = [
            ("SCAN", scan),
            ("ARGUMENTS", "--no-progress"),
            ("SARIF", "../report.sarif"),
            ("EVENT", "pull_request"),
            ("BASE", &clean),
            ("GITHUB_OUTPUT", output.to_str().expect("UTF-8")),
        ];
        script(&repo, "bash", &action, &variables).ends_with(1).says("::stop-commands::x.env:1:17");
    }
    // Who merges has decided; who names a revision knows which.
    event("push", "").ends_with(0);
    event("pull_request", "--policy-from HEAD").ends_with(0);
    let template = block(".gitlab/leeward.yml", "# scan");
    let pipeline = |more: &[(&str, &str)]| {
        let variables =
            [&[("CI_COMMIT_BEFORE_SHA", clean.as_str()), ("CI_COMMIT_SHA", &head)], more].concat();
        script(&repo, "sh", &template, &variables)
    };
    let merge_request = ("CI_MERGE_REQUEST_DIFF_BASE_SHA", clean.as_str());
    pipeline(&[merge_request]).ends_with(1).says("would be looser than in");
    pipeline(&[merge_request, ("LEEWARD_ARGUMENTS", "--quiet --policy-from=HEAD")]).ends_with(0);
    pipeline(&[]).ends_with(0);
}

/// The revisions of a push whose last commit accepts a key by a comment, and what the default branch is.
struct Pushed<'a> {
    from: &'a str,
    to: &'a str,
    branch: &'a str,
}

/// Runs the action and the template for a push, with these arguments.
fn pushed(repo: &Repo, scan: &str, arguments: &str, push: &Pushed<'_>) -> [Ran; 2] {
    let output = repo.place.top().join("output");
    let name = format!("refs/heads/{}", push.branch);
    let variables = [
        ("SCAN", scan),
        ("ARGUMENTS", arguments),
        ("SARIF", "../report.sarif"),
        ("EVENT", "push"),
        ("BASE", push.from),
        ("HEAD", push.to),
        ("REF", &name),
        ("DEFAULT", "main"),
        ("GITHUB_OUTPUT", output.to_str().expect("UTF-8")),
    ];
    let action = script(repo, "bash", &block(".github/actions/scan/action.yml", "# scan"), &variables);
    let variables = [
        ("CI_COMMIT_BEFORE_SHA", push.from),
        ("CI_COMMIT_SHA", push.to),
        ("CI_COMMIT_BRANCH", push.branch),
        ("CI_DEFAULT_BRANCH", "main"),
        ("LEEWARD_ARGUMENTS", arguments),
    ];
    [action, script(repo, "sh", &block(".gitlab/leeward.yml", "# scan"), &variables)]
}

#[test]
fn comments_that_a_push_adds_are_refused_where_that_is_asked_for() {
    let (mut repo, [_, _, clean]) = repository();
    repo.git(&["update-ref", "refs/remotes/origin/main", &clean]);
    repo.write("accepted.env", format!("{} # leeward:ignore a sample\n", line(4).trim()));
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "accepted"]);
    let head = repo.git(&["rev-parse", "HEAD"]);
    let deny = "--no-progress\n--deny-new-suppressions --quiet";
    let judged = |scan: &str, arguments: &str, from: &str, branch: &str| {
        pushed(&repo, scan, arguments, &Pushed { from, to: &head, branch })
    };
    for ran in judged("change", "--no-progress", &clean, "main") {
        ran.ends_with(0);
    }
    // A push, a new branch, and one that names the revision itself.
    let named = format!("{deny} --policy-from {clean}");
    for (arguments, from, branch) in
        [(deny, clean.as_str(), "main"), (deny, ZERO, "new"), (&named, ZERO, "main")]
    {
        let [action, template] = judged("change", arguments, from, branch);
        for ran in [action, template] {
            let ran = ran.ends_with(1).says("accepted.env:1:17");
            assert!(!(ran.out() + &ran.err()).contains("left out"), "{}", ran.out());
        }
    }
    // Nothing was there before.
    for ran in judged("change", deny, ZERO, "main") {
        let ran = ran.ends_with(1).says("--deny-new-suppressions is left out").says("key.env:1:17");
        assert!(!ran.out().contains("accepted.env"), "{}", ran.out());
    }
    let [files, _] = judged("files", deny, &clean, "main");
    files.ends_with(1).says("accepted.env:1:17");
    let [history, _] = judged("history", deny, &clean, "main");
    let history = history.ends_with(1).says("--deny-new-suppressions is left out");
    assert!(!history.out().contains("accepted.env"), "{}", history.out());
}

#[test]
fn the_commits_of_the_target_are_none_of_a_merge_request() {
    let (mut repo, [_, _, clean]) = repository();
    // The target goes on, with a key of its own that somebody let through.
    repo.git(&["checkout", "--quiet", "-b", "change"]);
    repo.write("change.txt", "fine\n");
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "a change"]);
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("target.env", line(6));
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "let through"]);
    let target = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["merge", "--quiet", "--no-verify", "-m", "merged results", "change"]);
    let merged = repo.git(&["rev-parse", "HEAD"]);
    let template = block(".gitlab/leeward.yml", "# scan");
    let pipeline = |target: &str| {
        let variables = [
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", clean.as_str()),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", target),
            ("CI_COMMIT_SHA", &merged),
        ];
        script(&repo, "sh", &template, &variables)
    };
    pipeline(&target).ends_with(0).says(&format!("rules are those of {target}"));
    pipeline("").ends_with(1).says("target.env:1:17");
    pipeline(GONE).ends_with(3).says("the base of the change is not here");
}
