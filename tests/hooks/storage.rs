//! The gates where a repository is stored in an unusual way: other hashes, refs in tables, clones of a part, submodules.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Repo, git_in, line, put_hook};
use crate::support::place::Place;
use crate::support::{Ran, run};

const GATES: [&str; 4] = ["pre-commit", "pre-merge-commit", "commit-msg", "pre-push"];

/// A repository that was made this way, without a commit.
fn made(init: &[&str]) -> Repo {
    let mut place = Place::new();
    place.git(&[&["init", "--quiet", "--initial-branch=main", "--template="], init].concat());
    for hook in GATES {
        put_hook(&place.work().join(".git"), hook);
    }
    Repo { place }
}

/// Runs git in a directory beside or below the repository.
fn git(repo: &Repo, directory: &Path, args: &[&str]) -> Ran {
    run(&mut git_in(directory, &repo.place.top().join("home"), args), None)
}

#[test]
fn other_hashes_and_refs_in_tables() {
    let formats = [
        &["--object-format=sha256"][..],
        &["--ref-format=reftable"],
        &["--object-format=sha256", "--ref-format=reftable"],
    ];
    for init in formats {
        let mut repo = made(init);
        repo.write("a.env", line(1));
        repo.git(&["add", "."]);
        repo.stops(&["commit", "-m", "first"], "a.env:1:17");
        repo.git(&["commit", "--quiet", "--no-verify", "-m", "first"]);
        repo.write("b.txt", "b\n");
        repo.git(&["add", "."]);
        repo.passes(&["commit", "-m", "what stood there is not new"]);
        repo.attempt(&["commit", "--allow-empty", "-m", line(2).trim()])
            .ends_with(1)
            .says("its message holds 1 key");
        repo.write("b.txt", line(2));
        repo.stops(&["commit", "-a", "--amend", "-m", "amended"], "b.txt:1:17");
        repo.git(&["checkout", "--quiet", "-f", "--detach"]);
        repo.write("b.txt", "b\nb\n");
        repo.passes(&["commit", "-a", "-m", "on no branch"]);
        merged_and_in_another_work_tree(&mut repo);
        pushed(&mut repo, init);
    }
}

fn merged_and_in_another_work_tree(repo: &mut Repo) {
    repo.git(&["checkout", "--quiet", "-B", "main", "HEAD^"]);
    repo.git(&["checkout", "--quiet", "-b", "theirs"]);
    repo.write("theirs.env", line(3));
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "theirs"]);
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("ours.txt", "ours\n");
    repo.git(&["add", "."]);
    repo.passes(&["commit", "-m", "ours"]);
    repo.git(&["merge", "--quiet", "--no-commit", "theirs"]);
    repo.write("more.env", line(4));
    repo.git(&["add", "."]);
    repo.stops(&["commit", "-m", "a merge, and more"], "more.env:1:17");
    repo.git(&["rm", "--quiet", "--cached", "more.env"]);
    repo.passes(&["commit", "-m", "a merge"]);

    let linked = repo.place.top().join("linked");
    repo.git(&["worktree", "add", "--quiet", "-b", "linked", &linked.to_string_lossy(), "main"]);
    fs::write(linked.join("l.env"), line(5)).expect("ours");
    git(repo, &linked, &["add", "."]).ends_with(0);
    git(repo, &linked, &["commit", "-m", "a key"]).ends_with(1).says("l.env:1:17");
    fs::write(linked.join("l.env"), "KEY=\n").expect("ours");
    git(repo, &linked, &["commit", "-a", "-m", "no key"]).ends_with(0).says("no new keys");
}

fn pushed(repo: &mut Repo, init: &[&str]) {
    let server = repo.place.top().join("server.git");
    let at = server.to_string_lossy().into_owned();
    repo.git(&[&["init", "--quiet", "--bare", "--initial-branch=main"], init, &[&at]].concat());
    repo.git(&["remote", "add", "origin", &at]);
    repo.attempt(&["push", "--quiet", "origin", "main"]).ends_with(1).says("stopped this push");
    repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    repo.write("c.txt", "c\n");
    repo.git(&["add", "c.txt"]);
    repo.passes(&["commit", "-m", "c"]);
    repo.attempt(&["push", "--quiet", "origin", "main"]).ends_with(0).says("no new keys");
    // The server judges for itself.
    put_hook(&server, "pre-receive");
    repo.write("d.env", line(6));
    repo.git(&["add", "d.env"]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "d"]);
    repo.attempt(&["push", "--no-verify", "origin", "main"]).ends_with(1).says("d.env:1:17");
    repo.git(&["reset", "--quiet", "--hard", "HEAD^"]);
    repo.attempt(&["push", "--no-verify", "origin", "main:refs/heads/again"])
        .ends_with(0)
        .says("no new keys");
}

#[test]
fn a_table_of_refs_that_is_damaged_lets_nothing_pass() {
    let mut repo = made(&["--ref-format=reftable"]);
    repo.write("a.txt", "a\n");
    repo.git(&["add", "."]);
    repo.passes(&["commit", "-m", "first"]);
    let tables = fs::read_dir(repo.work().join(".git/reftable")).expect("there").flatten();
    let is_table = |path: &PathBuf| path.extension().is_some_and(|end| end == "ref");
    for table in tables.map(|entry| entry.path()).filter(is_table) {
        fs::write(table, "no table").expect("ours");
    }
    repo.place.run(&["hook", "pre-commit"]).ends_with(3).says("a table of refs is damaged");
}

#[test]
fn clones_of_a_part_fetch_nothing_and_miss_nothing() {
    let mut origin = Repo::new();
    origin.write("deep/old.txt", "one\ntwo\nthree\n");
    origin.git(&["add", "."]);
    origin.git(&["commit", "--quiet", "--no-verify", "-m", "more"]);
    origin.write("deep/old.txt", "two\nthree\nfour\n");
    origin.git(&["commit", "--quiet", "--no-verify", "-a", "-m", "changed"]);
    origin.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", origin.work().display());
    for filter in ["blob:none", "tree:0"] {
        let mut repo = made(&[]);
        fs::remove_dir_all(repo.work()).expect("ours");
        let (work, top) = (repo.work(), repo.place.top().to_owned());
        let clone = ["clone", "--quiet", "--template=", "--filter", filter, &url, &work.to_string_lossy()];
        git(&repo, &top, &clone).ends_with(0);
        // Whoever fetched something would run this, and would find the file.
        let trap = top.join("fetched");
        let run_by_fetch = format!("touch '{}'; git-upload-pack", trap.display());
        repo.git(&["config", "remote.origin.uploadpack", &run_by_fetch]);
        GATES.iter().for_each(|hook| put_hook(&work.join(".git"), hook));
        repo.write("deep/old.txt", "two\nthree\nfour\nfive\n");
        repo.passes(&["commit", "-a", "-m", "no key"]);
        repo.write("deep/old.txt", format!("two\nthree\nfour\n{}", line(2)));
        repo.stops(&["commit", "-a", "-m", "a key"], "deep/old.txt:4:17");
        let server = top.join("server.git");
        let (from, to) =
            (origin.work().to_string_lossy().into_owned(), server.to_string_lossy().into_owned());
        git(&repo, &top, &["clone", "--quiet", "--bare", &from, &to]).ends_with(0);
        repo.git(&["remote", "set-url", "--push", "origin", &server.to_string_lossy()]);
        repo.attempt(&["push", "origin", "main"]).ends_with(0).says("no new keys");
        repo.git(&["commit", "--quiet", "--no-verify", "-a", "-m", "a key"]);
        repo.attempt(&["push", "origin", "main"]).ends_with(1).says("deep/old.txt:4:17");
        assert!(!trap.exists(), "{filter}: something was fetched");
    }
}

#[test]
fn a_commit_in_a_submodule_is_judged_by_its_own_hooks() {
    let mut inner = Repo::new();
    inner.git(&["checkout", "--quiet", "-b", "other"]);
    let mut repo = Repo::new();
    let url = inner.work().to_string_lossy().into_owned();
    repo.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "-b", "main", &url, "sub"]);
    repo.passes(&["commit", "-m", "a submodule"]);
    let sub = repo.work().join("sub");
    let mut install = repo.place.leeward(&["hook", "install"]);
    run(install.current_dir(&sub), None).ends_with(0);
    assert!(repo.work().join(".git/modules/sub/hooks/pre-commit").exists());
    fs::write(sub.join("s.env"), line(2)).expect("ours");
    git(&repo, &sub, &["add", "."]).ends_with(0);
    git(&repo, &sub, &["commit", "-m", "a key"]).ends_with(1).says("s.env:1:17");
    fs::write(sub.join("s.env"), "KEY=\n").expect("ours");
    git(&repo, &sub, &["add", "."]).ends_with(0);
    git(&repo, &sub, &["commit", "-m", "no key"]).ends_with(0).says("no new keys");
    repo.attempt(&["commit", "-a", "-m", "the submodule moved on"]).ends_with(0);
}
