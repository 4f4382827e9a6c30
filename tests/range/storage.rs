//! Ranges of repositories that are stored in unusual ways, or not wholly.

use super::{Repo, issues, line, places};
use crate::support::place::Place;

/// Two commits after the base: key 2, then key 3.
fn three() -> Repo {
    let mut repo = Repo::new();
    repo.add("a.env", 2);
    repo.add("b.env", 3);
    repo
}

fn url(repo: &Repo) -> String {
    format!("file://{}", repo.place.work().display())
}

#[test]
fn a_shallow_clone_without_the_base_is_3() {
    let mut repo = three();
    let base = repo.git(&["rev-parse", "base"]);
    let from = url(&repo);
    let clone = |depth: &str, name: &str| {
        let mut place = Place::new();
        place.git(&["clone", "--quiet", "--depth", depth, &from, &place.work().join(name).to_string_lossy()]);
        place
    };
    let one = clone("1", "clone");
    let ran = one.run(&["range", "HEAD~1..HEAD", "clone", "--format=json"]).ends_with(3);
    assert_eq!(issues(&ran), ["bad-revision"]);
    let ran = one.run(&["range", &format!("{base}..HEAD"), "clone", "--format=json"]).ends_with(3);
    assert_eq!(issues(&ran), ["bad-revision"]);
    // Where the base is not looked for, the commit at the edge is scanned whole, and it is said that there was more.
    let ran = one.run(&["range", "HEAD", "clone", "--format=json"]).ends_with(3);
    assert_eq!(issues(&ran), ["shallow"]);
    assert_eq!(ran.json()["findings"].as_array().map(Vec::len), Some(3));
    // Deep enough is as good as all.
    let two = clone("2", "clone");
    let ran = two.run(&["range", "HEAD~1..HEAD", "clone", "--format=json"]).ends_with(1);
    assert_eq!(super::found(&ran), places(&[(3, "blob b.env @ b.env")]));
}

#[test]
fn a_partial_clone_says_what_is_not_there() {
    let mut repo = three();
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    for filter in ["blob:none", "tree:0"] {
        let mut place = Place::new();
        let to = place.work().join("clone");
        place.git(&[
            "clone",
            "--quiet",
            "--no-checkout",
            "--filter",
            filter,
            &url(&repo),
            &to.to_string_lossy(),
        ]);
        let ran = place.run(&["range", "HEAD~1..HEAD", "clone", "--format=json"]).ends_with(3);
        assert_eq!(issues(&ran), ["partial-clone"], "{filter}");
        assert_eq!(ran.json()["scan"]["coverage"]["commits"], 1, "{filter}");
    }
}

#[test]
fn replaced_and_grafted_commits_hide_nothing() {
    let mut repo = three();
    let expected = places(&[(2, "blob a.env @ a.env"), (3, "blob b.env @ b.env")]);
    assert_eq!(repo.finds("base..HEAD"), expected);
    let empty = repo.git(&["commit-tree", "base^{tree}", "-p", "base", "-m", "innocent"]);
    repo.git(&["replace", "HEAD~1", &empty]);
    let (head, base) = (repo.git(&["rev-parse", "HEAD"]), repo.git(&["rev-parse", "base"]));
    assert_eq!(repo.finds("base..HEAD"), expected, "replaced");
    repo.write(".git/info/grafts", format!("{head} {base}\n"));
    assert_eq!(repo.finds("base..HEAD"), expected, "grafted");
    // The replaced content is reached through its own ref.
    assert_eq!(repo.finds("--glob=refs/replace/* --not base"), []);
}

#[test]
fn what_is_missing_or_damaged_is_3() {
    for revision in ["HEAD:b.env", "HEAD^{tree}", "HEAD~1"] {
        let mut repo = three();
        let id = repo.git(&["rev-parse", revision]);
        let file = repo.place.work().join(".git/objects").join(&id[..2]).join(&id[2..]);
        std::fs::remove_file(&file).expect("it is loose");
        let ran = repo.range("base..HEAD").ends_with(3);
        assert_eq!(issues(&ran), ["missing-object"], "{revision}");
        assert_eq!(ran.json()["issues"][0]["object"], id, "{revision}");
        std::fs::write(&file, "no object").expect("a file");
        let ran = repo.range("base..HEAD").ends_with(3);
        assert_eq!(issues(&ran), ["corrupt-object"], "{revision}, damaged");
        assert_eq!(ran.json()["issues"][0]["object"], id, "{revision}, damaged");
    }
}

#[test]
fn every_kind_of_storage() {
    let mut repo = Repo { place: Place::new() };
    repo.git(&["init", "--quiet", "--object-format=sha256", "--initial-branch=main"]);
    repo.write("base.env", line(1));
    repo.commit("base");
    repo.git(&["tag", "base"]);
    repo.add("a.env", 2);
    let one = places(&[(2, "blob a.env @ a.env")]);
    assert_eq!(repo.finds("base..HEAD"), one, "sha256");

    let mut repo = three();
    let expected = places(&[(2, "blob a.env @ a.env"), (3, "blob b.env @ b.env")]);
    repo.git(&["worktree", "add", "--quiet", "-b", "linked", "linked", "HEAD~1"]);
    let ran = repo.place.run(&["range", "base..HEAD", "linked", "--format=json"]).ends_with(1);
    assert_eq!(super::found(&ran), places(&[(2, "blob a.env @ a.env")]), "the linked worktree's own HEAD");
    repo.git(&["repack", "-q", "-a", "-d"]);
    repo.git(&["pack-refs", "--all"]);
    repo.git(&["commit-graph", "write", "--reachable"]);
    repo.git(&["multi-pack-index", "write"]);
    assert_eq!(repo.finds("base..HEAD"), expected, "packed");
    let mut place = Place::new();
    let to = place.work().join("shared.git");
    place.git(&["clone", "--quiet", "--shared", "--bare", &url(&repo), &to.to_string_lossy()]);
    let ran = place.run(&["range", "base..main", "shared.git", "--format=json"]).ends_with(1);
    assert_eq!(super::found(&ran), expected, "bare, with alternates");
}

#[test]
fn objects_that_are_not_accepted_yet() {
    let mut repo = three();
    // As in a pre-receive hook: what is pushed lies apart, and the environment says where.
    let id = repo.git(&["rev-parse", "HEAD"]);
    let objects = repo.place.work().join(".git/objects");
    let mut place = Place::new();
    place.git(&["init", "--quiet", "--bare", "there.git"]);
    place.run(&["range", &id, "there.git"]).ends_with(3);
    let ran = crate::support::run(
        place
            .leeward(&["range", &format!("{id} --not --all"), "there.git", "--format=json"])
            .env("GIT_OBJECT_DIRECTORY", &objects)
            .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", place.work().join("there.git/objects")),
        None,
    )
    .ends_with(1);
    assert_eq!(super::found(&ran).len(), 3);
}
