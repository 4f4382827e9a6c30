//! What lies in the work tree where the commits of a rebase have files: git would delete what is ignored.

use std::fs;

use super::line;
use super::remedies::{commands, commit, committed_elsewhere, paste, pushed};
use crate::support::place::Place;

#[test]
fn a_file_that_is_not_tracked_any_more_is_put_aside_and_back() {
    let mut place = pushed();
    for file in [".env", "conf/it's .env"] {
        place.write(file, line(1));
    }
    commit(&mut place, "a");
    place.git(&["rm", "--quiet", "--cached", ".env", "conf/it's .env"]);
    place.write(".gitignore", "*.env\n");
    commit(&mut place, "not any more");
    let told = commands(&place, &["history"]);
    let [aside, rebase, go_on, _, _, back] = &told[..] else { panic!("{told:?}") };
    paste(&place, "conf", aside).ends_with(0);
    // What was put aside is not lost by doing so again.
    paste(&place, ".", aside).ends_with(1);
    paste(&place, ".", rebase).ends_with(1);
    for file in [".env", "conf/it's .env"] {
        place.write(file, "MISTRAL_API_KEY=\n");
    }
    paste(&place, ".", go_on).ends_with(1);
    // Both were changed, and go in the next commit.
    place.git(&["rm", "--quiet", ".env", "conf/it's .env"]);
    paste(&place, ".", "git rebase --continue").ends_with(0);
    paste(&place, ".", back).ends_with(0);
    for file in [".env", "conf/it's .env"] {
        assert_eq!(fs::read_to_string(place.work().join(file)).expect("it is back"), line(1));
    }
    place.run(&["history", "--reachable"]).ends_with(0);
    assert!(!place.work().join(".git/leeward-aside.tar").exists());
}

#[test]
fn what_was_put_aside_is_back_before_another_work_tree_is_entered() {
    let mut place = committed_elsewhere(false);
    place.write(".env", line(2));
    commit(&mut place, "a");
    place.git(&["rm", "--quiet", "--cached", ".env"]);
    place.write(".gitignore", ".env\n");
    commit(&mut place, "not any more");
    let told = commands(&place, &["history"]);
    let at = |what: &str| told.iter().position(|command| command.contains(what));
    assert!(at("tar -xkf").is_some() && at("tar -xkf") < at("/other"), "{told:?}");
}

/// A repository in which a key was committed, and then these files by mistake: they lie on disk with other content, ignored.
fn ignored(files: &[&str]) -> Place {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    for file in files {
        place.write(file, "old\n");
    }
    commit(&mut place, "by mistake");
    for file in files {
        place.git(&["rm", "--quiet", file]);
    }
    place.write(".gitignore", files.iter().map(|file| format!("/{file}\n")).collect::<String>());
    commit(&mut place, "not any more");
    place
}

/// Runs what is told, and takes the key out where the rebase stops for it.
fn all(place: &Place, told: &[String]) {
    for command in told {
        if command.contains(" commit --all --amend ") {
            place.write("a.env", "MISTRAL_API_KEY=\n");
        }
        paste(place, ".", command);
    }
    place.run(&["history", "--reachable"]).ends_with(0);
    assert_eq!(paste(place, ".", "git diff --name-only HEAD ORIG_HEAD").out(), "a.env\n");
}

/// The same in one shell, of what is done in a work tree of its own.
fn all_apart(place: &Place, told: &[String]) {
    let mend = "test ! -e a.env || echo MISTRAL_API_KEY= > a.env";
    let each = |command: &String| match command.contains(" commit --all --amend ") {
        true => format!("{mend}; {command}\n"),
        false => format!("{command}\n"),
    };
    paste(place, ".", &told.iter().map(each).collect::<String>());
    place.run(&["history", "--reachable"]).ends_with(0);
    assert!(!paste(place, ".", "git worktree list").out().contains("/tree "), "it is not needed any more");
}

#[test]
fn what_is_ignored_is_not_written_over() {
    // In place of the file a directory, and the other way round.
    for (committed, on_disk) in [("db", "db"), ("build", "build/deep/er/k"), ("build/k", "build")] {
        let place = ignored(&[committed]);
        place.write(".git/info/exclude", "/build\n");
        place.write(on_disk, "precious\n");
        all(&place, &commands(&place, &["history"]));
        let kept = fs::read_to_string(place.work().join(on_disk)).expect("it is back");
        assert_eq!(kept, "precious\n", "{on_disk} where {committed} was");
    }
}

#[test]
fn where_a_directory_has_files_of_both_kinds_only_what_is_not_tracked_is_put_aside() {
    let mut place = ignored(&["conf"]);
    place.write(".gitignore", "local\n");
    place.write("conf/tracked", "x\n");
    commit(&mut place, "a directory now");
    place.write("conf/local", "precious\n");
    let told = commands(&place, &["history"]);
    assert!(told[0].ends_with(" && rm -rf ./conf/local)"), "{}", told[0]);
    all(&place, &told);
    assert_eq!(fs::read_to_string(place.work().join("conf/local")).expect("it is back"), "precious\n");
}

#[test]
fn what_cannot_be_named_file_by_file_takes_another_work_tree() {
    let files: Vec<String> = (0..21).map(|number| format!("file{number}")).collect();
    let place = ignored(&files.iter().map(String::as_str).collect::<Vec<_>>());
    for file in &files {
        place.write(file, "precious\n");
    }
    let told = commands(&place, &["history"]);
    assert!(told[0].contains(" git worktree add --detach "), "{told:?}");
    all_apart(&place, &told);
    for file in &files {
        assert_eq!(fs::read_to_string(place.work().join(file)).expect("it stays"), "precious\n");
    }
    // A directory of nothing else is named as one.
    let files: Vec<String> = (0..21).map(|number| format!("build/file{number}")).collect();
    let place = ignored(&files.iter().map(String::as_str).collect::<Vec<_>>());
    for file in &files {
        place.write(file, "precious\n");
    }
    let told = commands(&place, &["history"]);
    assert!(told[0].ends_with(" && rm -rf ./build)"), "{}", told[0]);
    all(&place, &told);
    for file in &files {
        assert_eq!(fs::read_to_string(place.work().join(file)).expect("it is back"), "precious\n");
    }
}

#[test]
fn what_was_put_aside_and_not_back_comes_first() {
    let mut place = ignored(&["db"]);
    place.write("db", "precious\n");
    let told = commands(&place, &["history"]);
    let [aside, rebase, ..] = &told[..] else { panic!("{told:?}") };
    // Nothing is begun that would write over what is not put aside.
    paste(&place, ".", rebase).ends_with(1);
    assert_eq!(fs::read_to_string(place.work().join("db")).expect("untouched"), "precious\n");
    paste(&place, ".", aside).ends_with(0);
    paste(&place, ".", rebase).ends_with(1);
    place.git(&["rebase", "--abort"]);
    place.write("db", "newer\n");
    let told = commands(&place, &["history"]);
    let [back] = &told[..] else { panic!("{told:?}") };
    let aside = place.work().join(".git/leeward-aside.tar");
    paste(&place, ".", back);
    assert_eq!(fs::read_to_string(place.work().join("db")).expect("untouched"), "newer\n");
    assert!(aside.exists(), "both are kept");
    fs::remove_file(place.work().join("db")).expect("ours");
    paste(&place, ".", back).ends_with(0);
    assert_eq!(fs::read_to_string(place.work().join("db")).expect("it is back"), "precious\n");
    assert!(!aside.exists());
    all(&place, &commands(&place, &["history"]));
    assert_eq!(fs::read_to_string(place.work().join("db")).expect("it is back"), "precious\n");
}

#[test]
fn where_the_branch_is_checked_out_elsewhere_or_nowhere_it_takes_the_result_in_the_end() {
    for elsewhere in [true, false] {
        let mut place = ignored(&["db"]);
        place.git(&["switch", "--quiet", "--create", "side", "origin/main"]);
        let kept = if elsewhere {
            place.git(&["worktree", "add", "--quiet", "../other", "main"]);
            place.write("../other/db", "precious\n")
        } else {
            // More than can be put aside: what is in the way was a directory, and has other files that are tracked.
            place.write(".git/info/exclude", "/db\n");
            for file in 0..21 {
                place.write(format!("db/{file}"), "precious\n");
            }
            place.write("db/tracked", "x\n");
            place.git(&["add", "--force", "db/tracked"]);
            commit(&mut place, "a directory here");
            place.work().join("db/0")
        };
        let before = place.git(&["log", "--format=%s", "main"]).out();
        let told = commands(&place, &["history"]);
        let taken = if elsewhere { "/other reset --keep " } else { " git update-ref refs/heads/main " };
        assert!(told.last().is_some_and(|command| command.contains(taken)), "{told:?}");
        all_apart(&place, &told);
        assert_eq!(fs::read_to_string(kept).expect("it stays"), "precious\n");
        assert_eq!(place.git(&["log", "--format=%s", "main"]).out(), before);
        if elsewhere {
            assert_eq!(paste(&place, "../other", "git status --porcelain --branch").out(), "## main\n");
        }
    }
}

/// The name is not printed, so the file cannot be put aside by it.
#[test]
fn a_file_whose_name_holds_the_key_is_not_put_aside_and_gets_another_name() {
    let mut place = pushed();
    let name = line(1);
    let name = name.trim();
    place.write(name, "old\n");
    commit(&mut place, "a");
    place.git(&["rm", "--quiet", "--cached", name]);
    place.write(".git/info/exclude", "/MISTRAL*\n");
    commit(&mut place, "not any more");
    place.write(name, "precious\n");
    let told = commands(&place, &["history"]);
    assert!(told[0].contains(" git worktree add --detach "), "{told:?}");
    assert!(told.iter().all(|command| !command.contains("leeward-aside")), "{told:?}");
    place.run(&["history"]).says("gets another one with `git mv`");
}

/// Git checks out no such thing; to put it aside would take it from where it belongs.
#[test]
fn names_that_lead_out_of_the_work_tree_or_into_the_repository_are_not_followed() {
    let mut place = pushed();
    place.write("../outside", "precious\n");
    place.write("a.env", line(1));
    let blob = place.git(&["hash-object", "-w", "a.env"]).out();
    // An entry with such a name is written byte by byte: git makes none.
    let entry = |mode: &str, name: &str, id: &str| {
        let hex = id.trim();
        let bytes =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex"));
        [format!("{mode} {name}\0").into_bytes(), bytes.collect()].concat()
    };
    let tree = |place: &Place, entries: Vec<u8>| {
        fs::write(place.top().join("tree"), entries).expect("ours");
        paste(place, ".", "git hash-object -t tree --literally -w ../tree").ends_with(0).out()
    };
    let config = tree(&place, entry("100644", "config", &blob));
    let outside = tree(&place, entry("100644", "outside", &blob));
    let entries = [
        entry("40000", "..", &outside),
        entry("40000", ".GIT", &config),
        entry("40000", ".git", &config),
        entry("100644", "a.env", &blob),
    ];
    let all = tree(&place, entries.concat());
    let commit = format!("git reset -q --soft $(git commit-tree -p HEAD -m a {})", all.trim());
    paste(&place, ".", &commit).ends_with(0);
    commit_later(&mut place);
    let told = commands(&place, &["history"]);
    assert!(!told.is_empty() && told.iter().all(|command| !command.contains("rm -rf")), "{told:?}");
}

fn commit_later(place: &mut Place) {
    place.git(&["rm", "--quiet", "--cached", "--ignore-unmatch", "a.env"]);
    place.git(&["add", "a.env"]);
    commit(place, "later");
}
