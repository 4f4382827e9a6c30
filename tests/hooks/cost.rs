//! What a gate reads: told by taking away everything else. What is read and not there would be an issue and status 3.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, SystemTime};

use super::{Repo, line};
use crate::support::{Ran, run};

/// Directories of the work tree, and commits before the last one.
const MANY: usize = 40;

/// When their files were written.
const LONG_AGO: Duration = Duration::from_secs(1_000_000_000);

/// A repository with many directories and commits, and a remote that has all but what is made later.
fn large() -> Repo {
    let mut repo = Repo::new();
    for number in 0..MANY {
        for (name, content) in
            [("in/file.txt", format!("{number}\n")), ("other.txt", format!("other {number}\n"))]
        {
            let path = format!("dir{number}/{name}");
            repo.write(&path, content);
            // What is as young as the index, git adds anew, and knows no directory of it any more.
            let file = fs::File::options().write(true).open(repo.work().join(path)).expect("ours");
            file.set_modified(SystemTime::UNIX_EPOCH + LONG_AGO).expect("ours");
        }
    }
    repo.git(&["add", "."]);
    for number in 0..MANY {
        repo.write("other.txt", format!("{number}\n"));
        repo.git(&["commit", "--quiet", "--no-verify", "-a", "-m", &format!("number {number}")]);
    }
    repo.git(&["remote", "add", "origin", "https://example.org/a.git"]);
    repo.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    repo
}

/// Takes away every object but these, and breaks every ref but the branch that is checked out and those of the remote.
fn leave(repo: &mut Repo, revisions: &[&str]) {
    let keep: BTreeSet<String> = revisions.iter().map(|name| repo.git(&["rev-parse", name])).collect();
    let mut gone = 0;
    for fan in fs::read_dir(repo.work().join(".git/objects")).expect("there").flatten() {
        let first = fan.file_name().to_string_lossy().into_owned();
        for entry in fs::read_dir(fan.path()).into_iter().flatten().flatten().filter(|_| first.len() == 2) {
            if !keep.contains(&(first.clone() + &entry.file_name().to_string_lossy())) {
                fs::remove_file(entry.path()).expect("ours");
                gone += 1;
            }
        }
    }
    assert!(gone > 3 * MANY, "only {gone} objects were not needed");
}

fn hook(repo: &Repo, args: &[&str], input: &str) -> Ran {
    run(&mut repo.place.leeward(&[&["hook"], args].concat()), Some(input.into()))
}

#[test]
fn a_commit_is_judged_by_the_directories_that_it_changes() {
    for (content, status) in [("harmless\n".to_owned(), 0), (line(2), 1)] {
        let mut repo = large();
        repo.write("dir7/in/file.txt", &content);
        repo.write("dir9/new.txt", "new\n");
        repo.git(&["add", "."]);
        let trees = ["HEAD^{tree}", "HEAD:dir7", "HEAD:dir7/in", "HEAD:dir9"];
        let files = ["HEAD:dir7/in/file.txt", ":dir7/in/file.txt", ":dir9/new.txt"];
        for number in 0..MANY {
            repo.write(&format!(".git/refs/heads/broken{number}"), "no ref\n");
        }
        leave(&mut repo, &[&["HEAD"], &trees[..], &files].concat());
        hook(&repo, &["pre-commit"], "").ends_with(status);
        hook(&repo, &["pre-merge-commit"], "").ends_with(status);
        // And that is no accident.
        let other = repo.work().join(".git/refs/heads/main");
        fs::write(other, format!("{}\n", "1".repeat(40))).expect("ours");
        hook(&repo, &["pre-commit"], "").ends_with(3);
    }
}

#[test]
fn a_message_takes_no_object() {
    let mut repo = large();
    repo.write("dir7/in/file.txt", line(2));
    repo.git(&["add", "."]);
    leave(&mut repo, &[]);
    repo.write("message", "harmless\n");
    hook(&repo, &["commit-msg", "message"], "").ends_with(0);
    repo.write("message", line(3));
    hook(&repo, &["commit-msg", "message"], "").ends_with(1);
}

#[test]
fn a_push_is_judged_by_what_is_pushed() {
    let mut repo = large();
    for (number, content) in ["harmless\n".to_owned(), line(2)].iter().enumerate() {
        repo.write("dir7/in/file.txt", content);
        repo.git(&["commit", "--quiet", "--no-verify", "-a", "-m", &format!("pushed {number}")]);
    }
    let [one, both] = ["HEAD~1", "HEAD"].map(|name| repo.git(&["rev-parse", name]));
    let ends = ["^{commit}", "^{tree}", ":dir7", ":dir7/in", ":dir7/in/file.txt"];
    let mut needed: Vec<String> =
        ["HEAD", "HEAD~1", "HEAD~2"].iter().flat_map(|name| ends.map(|end| format!("{name}{end}"))).collect();
    // Behind what the remote has, a fixed number of commits is looked at, in case a clock was wrong; no tree and no file.
    needed.extend(repo.git(&["rev-list", "HEAD~2"]).lines().map(str::to_owned));
    leave(&mut repo, &needed.iter().map(String::as_str).collect::<Vec<_>>());
    let zero = "0".repeat(40);
    let push = |id: &str| format!("refs/heads/main {id} refs/heads/new {zero}\n");
    hook(&repo, &["pre-push", "origin", "https://example.org/a.git"], &push(&one))
        .ends_with(0)
        .says("1 commit");
    hook(&repo, &["pre-push", "origin", "https://example.org/a.git"], &push(&both))
        .ends_with(1)
        .says("dir7/in/file.txt:1:17");
}

#[test]
fn where_git_names_no_ref_no_file_is_read_that_the_remote_has() {
    let mut repo = large();
    repo.git(&["tag", "old", "HEAD~20"]);
    repo.git(&["tag", "--annotate", "--message", "told", "older", "HEAD~30"]);
    let mut needed: Vec<String> = repo.git(&["rev-list", "HEAD"]).lines().map(str::to_owned).collect();
    // Its settings are read from what is checked out.
    needed.extend(["HEAD^{tree}", "older"].map(str::to_owned));
    leave(&mut repo, &needed.iter().map(String::as_str).collect::<Vec<_>>());
    let origin = ["pre-push", "origin", "https://example.org/a.git"];
    hook(&repo, &origin, "").ends_with(0).says("no new keys in 1 tag, 2 refs");
    // What it lacks is looked at.
    repo.git(&["update-ref", "refs/remotes/origin/main", "HEAD~1"]);
    hook(&repo, &origin, "").ends_with(3);
}
