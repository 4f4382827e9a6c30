//! The words of a range, compared with what `git rev-list` makes of them, and ranges that are none.

use super::{Repo, issues, line};
use crate::support::values::key;

/// A history with branches, merges, tags and a remote.
fn history() -> Repo {
    let mut repo = Repo::new();
    repo.git(&["checkout", "--quiet", "-b", "one"]);
    repo.commit("one a");
    repo.commit("one b");
    repo.git(&["tag", "-a", "-m", "annotated", "v1"]);
    repo.git(&["tag", "-a", "-m", "of a tag", "v2", "v1"]);
    repo.git(&["checkout", "--quiet", "-b", "two/x", "base"]);
    repo.commit("two a");
    repo.git(&["merge", "--quiet", "--no-ff", "--message=merge", "one"]);
    repo.commit("two b");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.commit("main a");
    repo.git(&["update-ref", "refs/remotes/origin/main", "main~1"]);
    repo.git(&["update-ref", "refs/remotes/other/two", "two/x~1"]);
    repo.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    repo.git(&["config", "branch.main.remote", "origin"]);
    repo.git(&["config", "branch.main.merge", "refs/heads/main"]);
    repo.git(&["config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"]);
    repo.git(&["config", "remote.origin.url", "nowhere"]);
    repo
}

#[test]
fn the_commits_are_those_of_rev_list() {
    let mut repo = history();
    let abbreviated = repo.git(&["rev-parse", "--short=9", "two/x"]);
    let described = repo.git(&["describe", "--tags", "--long", "two/x"]);
    let of_short = format!("base..{abbreviated}");
    let of_described = format!("base..{described}");
    let ranges = [
        "base..one",
        "one..two/x",
        "two/x..one",
        "main..two/x",
        "main...two/x",
        "one...two/x",
        "two/x...one",
        "^main two/x",
        "^main ^one two/x",
        "two/x --not main one",
        "two/x --not --remotes",
        "HEAD --not --remotes=origin",
        "--all",
        "--all --not one",
        "--branches --not --remotes",
        "--branches=two --not main",
        "--branches=two/*",
        "--tags --not base",
        "--remotes=*/two",
        "--glob=heads/o*",
        "--exclude=one --branches --not v1",
        "--exclude=refs/tags/* --all",
        "v1..main",
        "v2..main",
        "base..v2",
        "base..v1^{}",
        "v1^{commit}..main",
        "two/x~1..two/x",
        "two/x^^2..two/x",
        "two/x~1^2~1..two/x",
        "two/x^!",
        "two/x~1^!",
        "two/x~1^@",
        "two/x~1^-",
        "two/x~1^-2",
        "..two/x",
        "two/x..",
        "@..one",
        "@{u}..",
        "@{upstream}..main",
        "main@{push}..",
        "main@{u}..main",
        "HEAD@{1}..HEAD",
        "@{1}..",
        "main@{0}~1..main",
        "@{-1}..HEAD",
        "origin..main",
        "heads/main~1..main",
        "refs/heads/one",
        &of_short,
        &of_described,
        "main --not two/x^0",
        "main..main",
    ];
    for range in ranges {
        let args: Vec<&str> = ["rev-list"].into_iter().chain(range.split(' ')).collect();
        let listed = repo.git(&args);
        let expected = listed.lines().count() as u64;
        let ran = repo.place.run(&["range", range, "--format=json", "--allow-empty"]);
        assert!(matches!(ran.status, Some(0 | 1)), "{range}: {}{}", ran.out(), ran.err());
        assert_eq!(ran.json()["scan"]["coverage"]["commits"], expected, "{range}");
    }
}

#[test]
fn a_revision_that_is_none_is_3_and_says_why() {
    let mut repo = history();
    let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
    let absent = "12".repeat(20);
    repo.git(&["checkout", "--quiet", "--orphan", "unborn"]);
    for (range, says) in [
        ("nowhere..main", "'nowhere'"),
        ("main..nowhere", "'nowhere'"),
        (&format!("{absent}..main"), "not stored"),
        ("main^5..main", "parent"),
        ("main~99..main", "parent"),
        ("main^{blob}", "is a commit and not a blob"),
        ("@{u}..", "@{u}"),
        ("one@{u}..one", "has none"),
        ("main@{99}..main", "log"),
        ("main@{yesterday}..main", "not understood"),
        ("main:base.env", "not understood"),
        ("main^{/text}", "not understood"),
        ("HEAD..main", "'HEAD'"),
        ("dead..main", "'dead'"),
        (&format!("main...{tree}"), "not a commit"),
        ("main:base", "bad revision 'main:base': it has ':base' in it, which is not understood here"),
    ] {
        let ran = repo.range(range).ends_with(3).says(says);
        assert!(!issues(&ran).is_empty(), "{range}");
        assert!(issues(&ran).iter().all(|kind| kind == "bad-revision"), "{range}: {}", ran.out());
        assert_eq!(ran.json()["scan"]["coverage"]["commits"], 0, "{range}");
        // It is no option to go on with half a range.
        repo.place
            .run(&["range", range, "--allow-incomplete", "--allow-empty"])
            .ends_with(3)
            .says("INCOMPLETE");
    }
}

#[test]
fn an_empty_range_is_3_unless_it_is_allowed() {
    let repo = history();
    for range in ["main..main", "--not --all", "^main", "two/x..one", "--branches=none"] {
        let ran = repo.range(range).ends_with(3);
        assert_eq!(issues(&ran), ["nothing-to-scan"], "{range}");
        repo.place.run(&["range", range, "--allow-empty"]).ends_with(0).says("nothing to scan");
        repo.place.run(&["range", range, "--allow-incomplete"]).ends_with(3);
    }
}

#[test]
fn what_is_no_range_is_2() {
    let repo = history();
    for (args, says) in [
        (&["range", "one --no-merges"][..], "'--no-merges' is not among the words"),
        (&["range", "--since=yesterday"], "'--since=yesterday' is not among the words"),
        (&["range", "one -- a.env"], "cannot be limited to paths"),
        (&["range", ""], "names no revision"),
        (&["range", " "], "names no revision"),
        (&["range"], "REVRANGE"),
        (&["range", "main", "nowhere"], "no such file"),
        (&["range", "main..one", "/"], "not a git repository"),
    ] {
        let ran = repo.place.run(args).ends_with(2).says(says);
        assert_eq!(ran.out(), "", "{args:?}");
    }
}

#[test]
fn a_revision_that_is_a_key_is_not_echoed() {
    let repo = history();
    for range in [format!("{}..main", key(9)), format!("--{}", key(9)), format!("{}..{}", key(9), key(9))] {
        for format in ["text", "json", "sarif", "jsonl"] {
            let ran = repo.place.run(&["range", &range, "--format", format]);
            assert!(matches!(ran.status, Some(2 | 3)), "{range}");
            assert!(!(ran.out() + &ran.err()).contains(&key(9)), "{format}: {}{}", ran.out(), ran.err());
        }
    }
}

#[test]
fn unrelated_histories_and_wrong_clocks() {
    let mut repo = Repo::new();
    repo.git(&["checkout", "--quiet", "--orphan", "other"]);
    repo.git(&["rm", "-rfq", "."]);
    repo.write("other.env", line(2));
    repo.commit("other");
    assert_eq!(repo.finds("main..other").len(), 1);
    assert_eq!(repo.finds("main...other").len(), 2);
    // A clock that is years ahead, on the way to what is left out.
    repo.git(&["checkout", "--quiet", "main"]);
    let tree = repo.git(&["rev-parse", "main^{tree}"]);
    let mut parent = repo.git(&["rev-parse", "main"]);
    for time in [4_000_000_000_u64, 1, 5_000_000_000, 2, 3] {
        let commit = format!(
            "tree {tree}\nparent {parent}\nauthor A <a@b> {time} +0000\ncommitter A <a@b> {time} +0000\n\nat {time}\n"
        );
        let file = repo.place.write("../commit", commit);
        parent = repo.git(&["hash-object", "-t", "commit", "-w", &file.to_string_lossy()]);
    }
    repo.git(&["update-ref", "refs/heads/skewed", &parent]);
    let ran = repo.place.run(&["range", "skewed~1..skewed", "--format=json"]).ends_with(0);
    assert_eq!(ran.json()["scan"]["coverage"]["commits"], 1);
    assert_eq!(repo.finds("skewed..other").len(), 1);
}
