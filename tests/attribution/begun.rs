//! What git has begun and not ended, or keeps of what it did: the commands of a report lose nothing of that, and reach their end.

use super::line;
use super::remedies::{commands, commit, paste, pushed};
use crate::support::place::Place;

/// Two branches with another line each in the same file, of which `main` is checked out.
fn in_conflict() -> Place {
    let mut place = pushed();
    place.git(&["checkout", "--quiet", "-b", "other"]);
    place.write("base", "other\n");
    commit(&mut place, "other");
    place.git(&["checkout", "--quiet", "main"]);
    place.write("base", "mine\n");
    commit(&mut place, "mine");
    place
}

fn says(place: &Place, words: &str) {
    place.run(&["history"]).ends_with(1).says(words);
}

#[test]
fn what_conflicts_were_resolved_from_is_forgotten_before_objects_are_dropped() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.write("a.env", "MISTRAL_API_KEY=\nOTHER=1\n");
    commit(&mut place, "without");
    let told = commands(&place, &["history"]);
    let [rebase, go_on, resolved, _] = &told[..] else { panic!("{told:?}") };
    paste(&place, ".", rebase).ends_with(1);
    place.write("a.env", "MISTRAL_API_KEY=\n");
    paste(&place, ".", go_on).ends_with(1);
    // The last commit is the conflict: no later one makes the index anew.
    place.write("a.env", "MISTRAL_API_KEY=\nOTHER=1\n");
    place.git(&["add", "a.env"]);
    paste(&place, ".", resolved).ends_with(0);
    let told = commands(&place, &["history"]);
    let [forget, drop] = &told[..] else { panic!("{told:?}") };
    assert_eq!(forget, "git update-index --clear-resolve-undo");
    paste(&place, ".", forget).ends_with(0);
    paste(&place, ".", drop).ends_with(0);
    place.run(&["history"]).ends_with(0);
    // What another work tree remembers is kept as well.
    place.git(&["branch", "one", "main"]);
    place.git(&["worktree", "add", "--quiet", "../linked", "one"]);
    place.write("base", line(2));
    place.git(&["stash", "--quiet"]);
    paste(&place, "../linked", "echo mine > base && git commit -qam mine && git stash pop");
    paste(
        &place,
        "../linked",
        "echo mended > base && git add base && git commit -qm mended && git stash drop -q",
    )
    .ends_with(0);
    let told = commands(&place, &["history"]);
    let [forget, drop] = &told[..] else { panic!("{told:?}") };
    assert!(
        forget.starts_with("git -C ") && forget.ends_with("/linked update-index --clear-resolve-undo"),
        "{forget}"
    );
    paste(&place, ".", forget).ends_with(0);
    paste(&place, ".", drop).ends_with(0);
    place.run(&["history"]).ends_with(0);
}

#[test]
fn nothing_is_dropped_while_a_merge_has_put_something_aside() {
    let mut place = in_conflict();
    place.write("more", "x\n");
    commit(&mut place, "more");
    place.write("more", "not committed\n");
    paste(&place, ".", "git merge --autostash other").ends_with(1);
    place.write("lost.env", line(1));
    place.git(&["hash-object", "-w", "lost.env"]);
    std::fs::remove_file(place.work().join("lost.env")).expect("ours");
    says(&place, "`git merge` is under way, and what it put aside no ref leads to");
    assert_eq!(commands(&place, &["history"]), [""; 0]);
    place.git(&["merge", "--abort"]);
    assert_eq!(std::fs::read_to_string(place.work().join("more")).expect("there"), "not committed\n");
    let told = commands(&place, &["history"]);
    let [drop] = &told[..] else { panic!("{told:?}") };
    paste(&place, ".", drop).ends_with(0);
    place.run(&["history"]).ends_with(0);
}

#[test]
fn commits_behind_a_graft_are_not_lost() {
    for amended in [true, false] {
        let mut place = pushed();
        commit(&mut place, "behind");
        let behind = place.git(&["rev-parse", "HEAD"]).out();
        place.write("a.env", line(1));
        commit(&mut place, "a");
        let grafted = place.git(&["rev-parse", "HEAD"]).out();
        place.write(".git/info/grafts", grafted);
        if !amended {
            commit(&mut place, "last");
        }
        let told = commands(&place, &["history"]);
        let [shown, first, rest @ ..] = &told[..] else { panic!("{told:?}") };
        assert_eq!(shown, "export GIT_GRAFT_FILE=/dev/null");
        let pasted = |line: &str| paste(&place, ".", &format!("{shown}; {line}"));
        if amended {
            place.write("a.env", "MISTRAL_API_KEY=\n");
            pasted(first).ends_with(0);
        } else {
            pasted(first).ends_with(1);
            place.write("a.env", "MISTRAL_API_KEY=\n");
            pasted(&rest[0]).ends_with(0);
        }
        let told = commands(&place, &["history"]);
        assert_eq!(told[0], *shown);
        pasted(&told[1]).ends_with(0);
        let all = pasted("git rev-list HEAD").out();
        assert!(all.contains(behind.trim()), "{all}");
        place.run(&["history"]).ends_with(0);
    }
}

#[test]
fn a_rebase_under_way_in_another_work_tree_is_ended_first() {
    let mut place = pushed();
    place.git(&["worktree", "add", "--quiet", "-b", "dev", "../linked"]);
    paste(
        &place,
        "../linked",
        &format!("echo '{}' > a.env && git add . && git commit -qm a", line(1).trim()),
    )
    .ends_with(0);
    paste(&place, "../linked", "git commit -q --allow-empty -m b && git commit -q --allow-empty -m c")
        .ends_with(0);
    let stop = "GIT_SEQUENCE_EDITOR='sed -i 1abreak' git rebase -q -i --keep-empty HEAD~2";
    paste(&place, "../linked", stop).ends_with(0);
    says(
        &place,
        "/linked, and git begins no rebase until it is over: finish it (git rebase --continue) and look again",
    );
    let told = commands(&place, &["history"]);
    assert!(told[0].starts_with("git -C ") && told[0].ends_with("/linked rebase --abort"), "{told:?}");
    // What is under way elsewhere hinders nothing here.
    place.write("b.env", line(2));
    commit(&mut place, "b");
    let told = commands(&place, &["range", "HEAD~1..HEAD"]);
    assert!(!told.iter().any(|line| line.contains("--abort")), "{told:?}");
}

#[test]
fn a_branch_that_is_bisected_in_another_work_tree_is_let_go_first() {
    for rewritten in [false, true] {
        let mut place = pushed();
        place.git(&["worktree", "add", "--quiet", "-b", "dev", "../linked"]);
        let made = format!("echo '{}' > a.env && git add . && git commit -qm a", line(1).trim());
        paste(&place, "../linked", &made).ends_with(0);
        let more = "git commit -q --allow-empty -m b && git commit -q --allow-empty -m c";
        paste(&place, "../linked", more).ends_with(0);
        if rewritten {
            let part = "git checkout -q -b other && git commit -q --allow-empty -m d && git checkout -q dev && \
                        git commit -q --allow-empty -m e";
            paste(&place, "../linked", part).ends_with(0);
        }
        paste(&place, "../linked", "git bisect start HEAD HEAD~3").ends_with(0);
        says(&place, "`git bisect` is under way in ");
        let told = commands(&place, &["history"]);
        assert!(told[0].starts_with("git -C ") && told[0].ends_with("/linked bisect reset"), "{told:?}");
        paste(&place, ".", &told[0]).ends_with(0);
        let told = commands(&place, &["history"]);
        assert_eq!(told.iter().any(|command| command.contains(" filter-repo ")), rewritten, "{told:?}");
        assert!(!told.iter().any(|command| command.contains("bisect")), "{told:?}");
    }
}

/// Follows what is told of the last commit, or of a rebase, where git looks away from the file that has a key.
fn followed_where_git_looks_away(place: &mut Place, file: &str, is_sparse: bool) {
    let told = commands(place, &["history"]);
    let [whole, looked, rest @ .., again] = &told[..] else { panic!("{told:?}") };
    assert!(looked.starts_with("git ls-files -z -- ") && looked.contains("--no-skip-worktree"), "{told:?}");
    let noted = if is_sparse { "yes\n" } else { "\n" };
    let shown = paste(place, ".", &format!("{{ {whole}; }} 2>/dev/null; echo $sparse")).ends_with(0).out();
    assert_eq!(shown, noted);
    paste(place, ".", looked).ends_with(0);
    assert!(place.work().join(file).exists(), "{file}");
    if let [rebase, go_on, ..] = rest {
        paste(place, ".", rebase).ends_with(1);
        place.write(file, "MISTRAL_API_KEY=\n");
        paste(place, ".", go_on).ends_with(0);
    } else {
        place.write(file, "MISTRAL_API_KEY=\n");
        paste(place, ".", &rest[0]).ends_with(0);
    }
    paste(place, ".", &format!("sparse={}; {again}", noted.trim())).ends_with(0);
    assert_eq!(place.work().join(file).exists(), !is_sparse);
    place.run(&["history", "--reachable"]).ends_with(0);
    assert_eq!(place.git(&["show", &format!("HEAD:{file}")]).out(), "MISTRAL_API_KEY=\n");
}

#[test]
fn a_file_that_git_looks_away_from_is_committed_as_it_is_on_disk() {
    for away in [
        "update-index --skip-worktree d/a.env",
        "update-index --assume-unchanged d/a.env",
        "sparse-checkout set --sparse-index e",
    ] {
        for last in [true, false] {
            let mut place = pushed();
            place.write("d/x", "x\n");
            place.write("e/y", "y\n");
            commit(&mut place, "more");
            place.write("d/a.env", line(1));
            commit(&mut place, "a");
            if !last {
                commit(&mut place, "last");
            }
            paste(&place, ".", &format!("git {away}")).ends_with(0);
            followed_where_git_looks_away(&mut place, "d/a.env", away.contains("sparse"));
            assert_eq!(place.git(&["show", "HEAD:d/x"]).out(), "x\n", "nothing else is lost");
        }
    }
}

#[test]
fn what_only_a_bisect_in_another_work_tree_leads_to_is_not_dropped() {
    let mut place = pushed();
    place.git(&["worktree", "add", "--quiet", "--detach", "../linked"]);
    let made = "for i in 1 2 3; do echo $i >base; git commit -qam work-$i; done; git bisect start HEAD HEAD~3 >/dev/null";
    paste(&place, "../linked", made).ends_with(0);
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    says(&place, "bisect reset), and look again, before anything is dropped");
    assert!(commands(&place, &["history"]).is_empty());
    // There, git knows of it.
    let told = commands(&place, &["history", "../linked"]);
    assert!(told.iter().any(|command| command.ends_with("gc --prune=now")), "{told:?}");
    paste(&place, "../linked", "git bisect reset && git branch kept HEAD").ends_with(0);
    for command in commands(&place, &["history"]) {
        paste(&place, ".", &command).ends_with(0);
    }
    place.run(&["history"]).ends_with(0);
    assert_eq!(place.git(&["log", "-1", "--format=%s", "kept"]).out(), "work-3\n");
}
