//! The commands of a report, run as they are told, lose nothing but keys.

use super::line;
use super::remedies::{commands, commit, paste, pushed};
use crate::support::place::Place;

#[test]
fn commits_that_only_a_tag_holds_are_kept() {
    let mut place = pushed();
    place.git(&["checkout", "--quiet", "--detach"]);
    place.write("work", "a day's work\n");
    commit(&mut place, "work");
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["tag", "--annotate", "rel", "--message", "release"]);
    place.git(&["checkout", "--quiet", "main"]);
    for _ in 0..2 {
        for command in commands(&place, &["history"]) {
            paste(&place, ".", &command);
        }
    }
    let kept = place.git(&["log", "--all", "--format=%s"]).out();
    assert!(kept.lines().any(|subject| subject == "work"), "{kept}");
    // What has to be rewritten is the branch that is there now, and the tag.
    let told = commands(&place, &["history"]);
    assert!(told.iter().any(|command| command.contains(" filter-repo ")), "{told:?}");
}

#[test]
fn who_borrows_objects_is_thought_of_before_they_are_dropped() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["clone", "--quiet", "--shared", ".", "../borrower"]);
    place.git(&["reset", "--quiet", "--hard", "HEAD~"]);
    let said = place.run(&["history"]).ends_with(1).out();
    let (advice, gc) = (said.find("`git repack -a -d`"), said.find("gc --prune=now"));
    assert!(advice.is_some() && advice < gc, "{said}");
    paste(&place, "../borrower", "git repack -a -d").ends_with(0);
    for command in commands(&place, &["history"]) {
        paste(&place, ".", &command).ends_with(0);
    }
    paste(&place, "../borrower", "git fsck --connectivity-only && git log").ends_with(0);
}

/// A recipe for what was pushed, in a shell that has made the copy and rewritten it, by whatever means, with what comes then.
fn rewritten(place: &Place, told: &[String]) -> (String, Vec<String>) {
    let begin = "work=$(dirname \"$PWD\")/scratch; url=$(dirname \"$PWD\")/origin.git";
    let at = |part: &str| {
        let found = told.iter().position(|command| command.contains(part));
        found.unwrap_or_else(|| panic!("{part}: {told:?}"))
    };
    let clone = told[at("clone --mirror")].replace("$(mktemp -d)", "$(dirname \"$PWD\")/scratch");
    paste(place, ".", &format!("mkdir ../scratch; {clone} && {}", told[at(">\"$work/refs.txt\"")]))
        .ends_with(0);
    let other = "git update-ref refs/heads/main \"$(git commit-tree -m other 'main^{tree}')\"";
    paste(place, "../scratch/copy.git", other).ends_with(0);
    let unchanged = at("unchanged() {");
    (format!("{begin}; {}", told[unchanged]), told[unchanged + 1..].to_vec())
}

#[test]
fn the_rewritten_copy_stays_until_the_remote_took_all_of_it() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["push", "--quiet", "origin", "main", "main:refs/pull/1/head"]);
    let (begin, told) = rewritten(&place, &commands(&place, &["history"]));
    let [push, again, ..] = &told[..] else { panic!("{told:?}") };
    let origin = |line: &str| paste(&place, "../origin.git", line).ends_with(0).out();
    origin("git config transfer.hideRefs refs/pull; git config receive.denyNonFastForwards true");
    let copy = place.top().join("scratch/copy.git");
    for command in [push, again] {
        let ran = paste(&place, ".", &format!("{begin}; {command}")).ends_with(1);
        assert!(ran.err().contains("rejected] main") && copy.exists(), "{}", ran.err());
    }
    assert!(place.run(&["history"]).out().contains("receive.denyNonFastForwards"));
    origin("git config receive.denyNonFastForwards false");
    paste(&place, ".", &format!("{begin}; {again}")).ends_with(0);
    assert!(!copy.exists());
    assert_eq!(origin("git log --format=%s main"), "other\n");
}

#[test]
fn the_copy_is_used_whatever_is_configured() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["branch", "side"]);
    let shared = commands(&place, &["history"]);
    place.git(&["push", "--quiet", "origin", "main"]);
    let pushed = commands(&place, &["history"]);
    let configured = "[safe]\nbareRepository = explicit\n[clone]\ndefaultRemoteName = up\n";
    place.write("../configured", configured);
    // Tells that it was begun.
    place.write("../bin/git-filter-repo", "#!/bin/sh\ngit rev-parse --is-bare-repository\n");
    paste(&place, ".", "chmod +x ../bin/git-filter-repo; mkdir ../tmp").ends_with(0);
    let rewrites = |told: &[String], until: &str| {
        let until = told.iter().position(|command| command.contains(until)).expect("it is told");
        let all = told[..=until].join("\n");
        let begin = "top=$(dirname \"$PWD\"); export TMPDIR=$top/tmp PATH=$top/bin:$PATH GIT_CONFIG_GLOBAL=$top/configured";
        let ran = paste(&place, ".", &format!("{begin}\n{all}"));
        assert!(ran.out().contains("true\n") && !ran.err().contains("fatal: "), "{}", ran.err());
        let left = std::fs::read_dir(place.top().join("tmp")).expect("a directory").count();
        assert_eq!(left, 0, "all of it was taken, and the copy is removed: {}", ran.err());
    };
    rewrites(&shared, "rm -rf");
    rewrites(&pushed, "rm -rf");
}

#[test]
fn what_others_push_meanwhile_is_not_overwritten() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["push", "--quiet", "origin", "main", "main:side"]);
    let (begin, told) = rewritten(&place, &commands(&place, &["history"]));
    let [push, again, ..] = &told[..] else { panic!("{told:?}") };
    paste(&place, ".", "git clone --quiet --branch side ../origin.git ../colleague").ends_with(0);
    let origin = |line: &str| paste(&place, "../origin.git", line).ends_with(0).out();
    for (to, back) in [("side", "git branch --force side side~"), ("new", "git branch -D new")] {
        let theirs =
            format!("git commit --quiet --allow-empty -m theirs && git push --quiet origin HEAD:{to}");
        paste(&place, "../colleague", &theirs).ends_with(0);
        for command in [push, again] {
            let ran = paste(&place, ".", &format!("{begin}; {command}")).ends_with(1);
            assert!(ran.out().ends_with(&format!("\trefs/heads/{to}\n")), "{}", ran.out());
        }
        assert_eq!(origin(&format!("git log -1 --format=%s {to}")), "theirs\n");
        origin(back);
    }
    // What it sent itself is nobody else's.
    paste(&place, ".", &format!("{begin}; {push}")).ends_with(0);
    paste(
        &place,
        "../colleague",
        "git commit --quiet --allow-empty -m late && git push --quiet origin HEAD:late",
    )
    .ends_with(0);
    paste(&place, ".", &format!("{begin}; {again}")).ends_with(1);
    origin("git branch -D late");
    paste(&place, ".", &format!("{begin}; {again}")).ends_with(0);
    assert_eq!(origin("git log --format=%s main"), "other\n");
}

#[test]
fn what_is_pushed_to_a_bare_repository_meanwhile_is_not_overwritten() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["push", "--quiet", "origin", "main"]);
    let told = commands(&place, &["history", "../origin.git"]);
    let (_, told) = told.split_first().expect("the way there");
    let at = |part: &str| told.iter().find(|command| command.contains(part)).expect(part);
    let clone = at("clone --mirror").replace("$(mktemp -d)", "$(dirname \"$PWD\")/scratch");
    let begin = format!("mkdir ../scratch; {clone} && {}", at(">\"$work/refs.txt\""));
    paste(&place, "../origin.git", &begin).ends_with(0);
    commit(&mut place, "meanwhile");
    place.git(&["push", "--quiet", "origin", "main", "main:new"]);
    let all = format!("work=$(dirname \"$PWD\")/scratch; {}; {}", at("unchanged() {"), at("unchanged && "));
    let ran = paste(&place, "../origin.git", &all).ends_with(1);
    assert_eq!(ran.out().lines().count(), 2, "{}", ran.out());
    let kept = paste(&place, "../origin.git", "git log --format=%s main new").out();
    assert_eq!(kept, "meanwhile\na\nbase\n");
    paste(&place, "../origin.git", "git branch --force main main~ && git branch -D new").ends_with(0);
    paste(&place, "../origin.git", &all).ends_with(0);
}

#[test]
fn what_a_repository_hides_is_neither_lost_nor_deleted() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["push", "--quiet", "origin", "main", "main~:refs/keep/1", "main:refs/replace/7"]);
    let kept = |place: &Place| paste(place, "../origin.git", "git for-each-ref --format='%(refname)'").out();
    let all = "refs/heads/main\nrefs/keep/1\n";
    // It hides what it keeps from those who fetch, and not from those who push; then from all, and is rewritten itself.
    for (name, from) in [("uploadpack.hideRefs", "."), ("transfer.hideRefs", "../origin.git")] {
        place.git(&["-C", "../origin.git", "config", name, "refs/keep"]);
        let told = match from {
            "." => commands(&place, &["history"]),
            from => commands(&place, &["history", from])[1..].to_vec(),
        };
        let at = |part: &str| told.iter().find(|command| command.contains(part)).expect(part).as_str();
        let clone = at("clone --mirror").replace("$(mktemp -d)", "$(dirname \"$PWD\")/scratch");
        let url = if from == "." { at("url=$(") } else { at(">\"$work/refs.txt\"") };
        let gone = "git --git-dir \"$work/copy.git\" update-ref -d refs/replace/7";
        let script = format!(
            "mkdir -p ../scratch && {clone} && {url} && {gone} && {}; {}",
            at("unchanged() {"),
            at("unchanged && ")
        );
        paste(&place, from, &script).ends_with(0);
        assert_eq!(kept(&place), all, "{name}");
        paste(&place, ".", "rm -rf ../scratch").ends_with(0);
    }
}

#[test]
fn what_a_bare_clone_has_is_known_to_be_at_its_remote() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["push", "--quiet", "origin", "main"]);
    for how in ["--bare", "--mirror"] {
        let clone = format!("../clone{how}");
        place.git(&["clone", "--quiet", how, "../origin.git", &clone]);
        place.run(&["history", &clone]).ends_with(1).says("known to be at origin");
        let told = commands(&place, &["history", &clone]);
        assert!(
            told.iter().any(|command| command.contains("$(git remote get-url --push origin)")),
            "{how}: {told:?}"
        );
        assert!(told.iter().all(|command| !command.contains(" gc ")), "{how}: {told:?}");
    }
    // One that no other repository is known of is rewritten itself.
    place.git(&["-C", "../clone--bare", "remote", "remove", "origin"]);
    let told = commands(&place, &["history", "../clone--bare"]);
    assert!(told.iter().any(|command| command.contains(" gc ")), "{told:?}");
}

#[test]
fn each_address_that_a_remote_is_pushed_to_is_listed() {
    let mut place = pushed();
    place.git(&["init", "--quiet", "--bare", "../mirror.git"]);
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["push", "--quiet", "origin", "main"]);
    let lists =
        |told: &[String]| told.iter().find(|command| command.contains("get-url --push --all")).cloned();
    assert_eq!(lists(&commands(&place, &["history"])), None);
    for url in ["../origin.git", "../mirror.git"] {
        place.git(&["remote", "set-url", "--push", "--add", "origin", url]);
    }
    place.git(&["push", "--quiet", "origin", "main"]);
    let list = lists(&commands(&place, &["history"])).expect("there are two");
    assert_eq!(paste(&place, ".", &list).ends_with(0).out(), "../origin.git\n../mirror.git\n");
}

#[test]
fn what_branches_share_is_rewritten_in_all_of_them_or_in_none() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["worktree", "add", "--quiet", "-b", "side", "../side"]);
    let told = commands(&place, &["history"]);
    let begin = told.iter().find(|command| command.contains("work=$(mktemp -d)")).expect("it is rewritten");
    let take = told.iter().find(|command| command.contains("--onto")).expect("it is taken back");
    let changed = place.top().join("side/base");
    std::fs::write(&changed, "changed\n").expect("a file of ours");
    let tmp = place.top().join("tmp");
    std::fs::create_dir(&tmp).expect("a new directory");
    let begin = format!("export TMPDIR={}; {begin}", tmp.display());
    paste(&place, ".", &begin).ends_with(1);
    assert_eq!(std::fs::read_dir(&tmp).expect("it is there").count(), 0, "nothing is begun");
    // Whatever rewrote both in the copy.
    let rewrite = "new=$(git commit-tree -m new -p main~ 'main~^{tree}') && for branch in main side; do git update-ref refs/heads/$branch $new; done";
    let all = format!("{}; (cd \"$work/copy.git\" && {rewrite}) && {take}", begin.replace("test -z", "true"));
    let tips = ["main", "side"].map(|name| place.git(&["rev-parse", name]).out());
    assert_ne!(paste(&place, ".", &all).status, Some(0));
    assert_eq!(["main", "side"].map(|name| place.git(&["rev-parse", name]).out()), tips, "none");
    assert_eq!(std::fs::read_dir(&tmp).expect("it is there").count(), 1, "the copy stays");
    place.git(&["-C", "../side", "checkout", "--quiet", "base"]);
    paste(&place, ".", &all).ends_with(0);
    assert_eq!(place.git(&["log", "--format=%s", "main", "side"]).out(), "new\nbase\n", "all");
    place.run(&["history", "--reachable"]).ends_with(0);
}

#[test]
fn commands_for_a_git_directory_are_run_beside_it() {
    let mut place = pushed();
    place.write("a.env", line(1));
    place.git(&["add", "a.env"]);
    let told = commands(&place, &["history", "../work/.git"]);
    assert_eq!(told[0], format!("cd {}", place.work().join("../work").display()), "{told:?}");
    paste(&place, "..", &told.join(" && ")).ends_with(0);
    place.run(&["staged"]).ends_with(0);
}

#[test]
fn a_history_that_is_cut_by_a_replacement_is_rebased_as_it_is_stored() {
    for subject in [None, Some("after it")] {
        let mut place = pushed();
        place.write("a.env", line(1));
        commit(&mut place, "a");
        if let Some(subject) = subject {
            commit(&mut place, subject);
        }
        place.git(&["replace", "--graft", "HEAD"]);
        let told = commands(&place, &["history"]);
        let [export, rebase, go_on, ..] = &told[..] else { panic!("{told:?}") };
        assert!(export.starts_with("export "), "{told:?}");
        paste(&place, ".", &format!("{export}; {rebase}")).ends_with(1);
        place.write("a.env", "MISTRAL_API_KEY=\n");
        paste(&place, ".", &format!("{export}; {go_on}")).ends_with(0);
        place.run(&["history", "--reachable", "main"]).ends_with(0);
        let stored = paste(&place, ".", &format!("{export}; git log --format=%s main")).out();
        assert_eq!(stored, format!("{}a\nbase\n", subject.map_or_else(String::new, |it| format!("{it}\n"))));
    }
}

#[test]
fn what_is_only_here_is_mended_before_anything_is_pushed() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["push", "--quiet", "origin", "main"]);
    place.write("b.env", line(2));
    commit(&mut place, "b");
    commit(&mut place, "after it");
    place.write("c.env", line(3));
    place.git(&["add", "c.env"]);
    let said = place.run(&["history"]).ends_with(1).out();
    let order =
        ["\nStaged: ", "\nNot pushed, ", "\nPushed, ", "push first what is only here and holds no other key"];
    let order = order.map(|text| said.find(text).unwrap_or_else(|| panic!("{text}: {said}")));
    assert!(order.is_sorted(), "{order:?}: {said}");
}

#[test]
fn a_history_that_is_cut_by_a_replacement_is_rewritten_as_it_is_stored() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    commit(&mut place, "after it");
    place.git(&["branch", "side"]);
    place.git(&["replace", "--graft", "HEAD"]);
    let shared = commands(&place, &["history"]);
    place.git(&["--no-replace-objects", "push", "--quiet", "origin", "main"]);
    let told = commands(&place, &["history"]);
    // Tells what git-filter-repo reads.
    place.write("../bin/git-filter-repo", "#!/bin/sh\ngit log --format=%s main\n");
    paste(&place, ".", "chmod +x ../bin/git-filter-repo").ends_with(0);
    paste(&place, ".", "git clone --mirror . ../scratch/copy.git").ends_with(0);
    for told in [shared, told] {
        let filter = told.iter().find(|command| command.contains(" filter-repo ")).expect("it is told");
        let at = "PATH=$(dirname \"$PWD\")/bin:$PATH; work=$(dirname \"$PWD\")/scratch";
        assert_eq!(paste(&place, ".", &format!("{at}; {filter}")).ends_with(0).out(), "after it\na\nbase\n");
    }
}

#[test]
fn what_git_does_not_drop_is_told_with_its_place() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["clone", "--quiet", "--shared", ".", "../borrower"]);
    place.git(&["reset", "--quiet", "--hard", "HEAD~"]);
    place.git(&["-C", "../borrower", "reset", "--quiet", "--hard", "HEAD~"]);
    place.git(&["-C", "../borrower", "remote", "remove", "origin"]);
    place.git(&["-C", "../borrower", "reflog", "expire", "--expire=now", "--all"]);
    let told = commands(&place, &["history", "../borrower"]);
    let [_, look] = &told[..] else { panic!("{told:?}") };
    // What is told there helps.
    paste(&place, ".", look).ends_with(1).says("gc --prune=now");
    place.git(&["repack", "--quiet", "-a", "-d", "--keep-unreachable"]);
    let packs = std::fs::read_dir(place.work().join(".git/objects/pack")).expect("there are packs").flatten();
    let pack = packs.map(|entry| entry.path()).find(|path| path.extension().is_some_and(|it| it == "pack"));
    let keep = pack.expect("there is one").with_extension("keep");
    std::fs::write(&keep, "").expect("a file of ours");
    let unmark = format!("rm {}", keep.display());
    assert_eq!(commands(&place, &["history"]), [unmark.as_str()]);
    paste(&place, ".", &unmark).ends_with(0);
    for command in commands(&place, &["history"]) {
        paste(&place, ".", &command).ends_with(0);
    }
    for repository in [".", "../borrower"] {
        place.run(&["history", repository]).ends_with(0);
    }
}

#[test]
fn messages_keep_their_lines_whatever_is_configured() {
    let mut place = pushed();
    let messages = ["a\n\n#1 is the issue\n\n\nlast", "later\n\n#2 too"];
    for (number, message) in messages.iter().enumerate() {
        place.write("a.env", line(1) + &format!("OTHER={number}\n"));
        commit(&mut place, message);
    }
    let log = "git log --format=%B";
    let before = paste(&place, ".", log).out();
    place.git(&["config", "commit.cleanup", "strip"]);
    // One by a rebase, behind a conflict, and then the last one by itself.
    let told = commands(&place, &["history"]);
    let [rebase, go_on, resolved, _] = &told[..] else { panic!("{told:?}") };
    paste(&place, ".", rebase).ends_with(1);
    place.write("a.env", "MISTRAL_API_KEY=\nOTHER=0\n");
    paste(&place, ".", go_on).ends_with(1);
    place.write("a.env", "MISTRAL_API_KEY=\nOTHER=1\n");
    place.git(&["add", "a.env"]);
    paste(&place, ".", resolved).ends_with(0);
    assert_eq!(paste(&place, ".", log).out(), before);
    place.write("a.env", line(2));
    place.git(&["commit", "--quiet", "--all", "--amend", "--no-edit", "--cleanup=verbatim"]);
    place.write("a.env", "");
    for command in commands(&place, &["history", "--reachable"]) {
        paste(&place, ".", &command).ends_with(0);
    }
    assert_eq!(paste(&place, ".", log).out(), before);
    place.run(&["history", "--reachable"]).ends_with(0);
}
