//! Hooks where the way to them is not the usual one: linked worktrees, and links that lead nowhere.

use std::fs;
use std::os::unix::fs::symlink;

use super::{Repo, git_in, line};
use crate::support::place::Place;
use crate::support::run;

/// A repository with a first commit, without hooks, and a linked worktree `linked` beside it.
fn linked() -> Repo {
    let mut place = Place::new();
    place.init();
    let mut repo = Repo { place };
    repo.write("other.txt", "nothing\n");
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--message", "base"]);
    repo.git(&["worktree", "add", "--quiet", "../linked"]);
    repo
}

#[test]
fn a_relative_path_of_hooks_is_another_one_in_each_worktree() {
    // `.git` is a file in the other one.
    for (relative, status, missing) in
        [(".githooks", 1, "pre-commit        missing"), (".git/own", 2, "cannot be seen to")]
    {
        let mut repo = linked();
        let there = repo.place.top().join("linked");
        let shown = there.canonicalize().expect("there");
        let says = format!("warning: in the work tree {} git reads hooks from", shown.display());
        repo.git(&["config", "core.hooksPath", relative]);
        let ran = repo.place.run(&["hook", "install"]).ends_with(0);
        ran.says(&says).says("finds no gate for pre-commit, pre-merge-commit, commit-msg, pre-applypatch, applypatch-msg, pre-push");
        repo.place.run(&["hook", "status"]).ends_with(0).says(&says).says("--git-common-dir");
        let gap = repo.place.run(&["doctor"]).ends_with(0);
        gap.says(&format!("warning  in the work tree {}", shown.display())).says("pre-commit, pre-push");
        // It is true: a key goes through there.
        fs::write(there.join("key.env"), line(2)).expect("our own");
        let home = repo.place.top().join("home");
        run(&mut git_in(&there, &home, &["add", "."]), None).ends_with(0);
        run(&mut git_in(&there, &home, &["commit", "-m", "a key"]), None).ends_with(0);
        // The other way round.
        let mut told = repo.place.leeward(&["hook", "status"]);
        run(told.current_dir(&there), None).ends_with(status).says(missing);
    }
}

#[test]
fn a_worktree_that_has_the_gates_is_not_warned_of() {
    let mut repo = linked();
    let there = repo.place.top().join("linked");
    let quiet = |repo: &Repo| {
        let ran = repo.place.run(&["hook", "install"]).ends_with(0);
        assert!(!ran.out().contains("warning"), "{}", ran.out());
    };
    quiet(&repo);
    repo.git(&["config", "core.hooksPath", ".githooks"]);
    let mut install = repo.place.leeward(&["hook", "install"]);
    run(install.current_dir(&there), None).ends_with(0).says("in the work tree");
    quiet(&repo);
    repo.git(&["config", "core.hooksPath", repo.place.top().join("hooks").to_str().expect("UTF-8")]);
    quiet(&repo);
    // One that is gone needs none.
    repo.git(&["config", "core.hooksPath", ".elsewhere"]);
    fs::remove_dir_all(&there).expect("ours");
    quiet(&repo);
}

#[test]
fn a_submodule_has_gates_of_its_own() {
    let mut repo = linked();
    repo.git(&["worktree", "remove", "../linked"]);
    for path in ["sub", "dir/other"] {
        repo.git(&["clone", "--quiet", "--no-local", ".", path]);
    }
    // One that is not checked out, and one that is no part of this.
    fs::create_dir(repo.work().join("empty")).expect("new");
    let module = |name: &str| format!("[submodule \"{name}\"]\n\tpath = {name}\n\turl = ./\n");
    repo.write(".gitmodules", ["sub", "dir/other", "empty", "../elsewhere"].map(module).concat());
    repo.git(&["clone", "--quiet", "--no-local", ".", "../elsewhere"]);
    repo.place.run(&["hook", "install"]).ends_with(0);
    let said = repo.place.run(&["hook", "status"]).ends_with(0);
    let said = said
        .says("in the submodule")
        .says("/sub git reads hooks from")
        .says("/dir/other git reads hooks from");
    let said = said.says(
        "help: a submodule has hooks of its own: git submodule foreach --recursive 'leeward hook install'",
    );
    assert!(!said.out().contains("elsewhere") && !said.out().contains("empty"), "{}", said.out());
    let gap = repo.place.run(&["doctor", "--gate", "commit"]).ends_with(1);
    gap.says("PROBLEM  in the submodule").says("finds no gate for pre-commit\n");
    for path in ["sub", "dir/other"] {
        let mut install = repo.place.leeward(&["hook", "install"]);
        run(install.current_dir(repo.work().join(path)), None).ends_with(0);
    }
    repo.place.run(&["doctor", "--gate", "commit"]).ends_with(0);
    let said = repo.place.run(&["hook", "status"]).ends_with(0);
    assert!(!said.out().contains("submodule"), "{}", said.out());
}

#[test]
fn a_link_that_leads_nowhere_is_not_followed() {
    let mut repo = linked();
    let outside = repo.place.top().join("outside");
    let hooks = repo.work().join(".git/hooks");
    drop(fs::remove_dir_all(&hooks));
    symlink(outside.join("hooks"), &hooks).expect("a new link");
    let refused = |repo: &Repo, link: &str| {
        let ran = repo.place.run(&["hook", "install"]).ends_with(2);
        ran.says(link).says("is a symbolic link to").says("nothing was done");
        assert!(!outside.exists());
    };
    refused(&repo, ".git/hooks");
    symlink(&outside, repo.work().join("link")).expect("a new link");
    repo.git(&["config", "core.hooksPath", "link/below"]);
    refused(&repo, "link");
    // What is there is somebody's choice.
    fs::create_dir(&outside).expect("ours");
    repo.place.run(&["hook", "install"]).ends_with(0);
    assert!(outside.join("below/pre-commit").exists());
}

#[test]
fn the_way_back_from_hooks_of_all_repositories_holds_for_linked_worktrees() {
    let mut repo = linked();
    let config = repo.place.top().join("gitconfig");
    let shared = repo.place.top().join("shared");
    fs::write(&config, format!("[core]\n\thooksPath = {}\n", shared.display())).expect("ours");
    let mut install = repo.place.leeward(&["hook", "install"]);
    let ran = run(install.env("GIT_CONFIG_GLOBAL", &config), None).ends_with(2);
    let advice = ran.err();
    let advice =
        advice.split('`').find(|part| part.starts_with("git config core.hooksPath")).expect("advice");
    // What is advised is done.
    let mut shell = crate::support::command("sh", &repo.work(), repo.place.top());
    run(shell.args(["-c", advice]), None).ends_with(0);
    let there = repo.place.top().join("linked");
    for directory in [repo.work(), there.clone()] {
        let mut install = repo.place.leeward(&["hook", "install"]);
        run(install.current_dir(&directory).env("GIT_CONFIG_GLOBAL", &config), None).ends_with(0);
    }
    fs::write(there.join("key.env"), line(2)).expect("our own");
    let home = repo.place.top().join("home");
    run(&mut git_in(&there, &home, &["add", "."]), None).ends_with(0);
    run(&mut git_in(&there, &home, &["commit", "-m", "a key"]), None).ends_with(1).says("key.env:1:17");
    repo.git(&["worktree", "remove", "--force", there.to_str().expect("UTF-8")]);
}

#[test]
fn a_setting_of_one_worktree_alone_is_taken_out_there() {
    let mut repo = linked();
    repo.place.run(&["hook", "install"]).ends_with(0);
    repo.git(&["config", "extensions.worktreeConfig", "true"]);
    let linked = repo.place.top().join("linked");
    let mut set =
        git_in(&linked, &repo.place.top().join("home"), &["config", "--worktree", "core.hooksPath", "gone"]);
    run(&mut set, None).ends_with(0);
    let advice = "take the setting out: git config --worktree --unset core.hooksPath";
    let said = repo.place.run(&["hook", "status"]).ends_with(0);
    said.says(&format!("(its own core.hooksPath; there, {advice})"));
    let mut doctor = repo.place.leeward(&["doctor"]);
    run(doctor.current_dir(&linked), None).ends_with(1).says(advice);
    let mut unset = git_in(
        &linked,
        &repo.place.top().join("home"),
        &["config", "--worktree", "--unset", "core.hooksPath"],
    );
    run(&mut unset, None).ends_with(0);
    let said = repo.place.run(&["hook", "status"]).ends_with(0).out();
    assert!(!said.contains("its own core.hooksPath"), "{said}");
}

#[test]
fn what_takes_pushes_to_what_it_has_checked_out_needs_the_gates_of_both() {
    let mut repo = linked();
    repo.place.run(&["hook", "install"]).ends_with(0);
    repo.git(&["config", "receive.denyCurrentBranch", "updateInstead"]);
    repo.place.run(&["hook", "status"]).ends_with(1).says("pre-receive       missing");
    repo.place.run(&["hook", "install"]).ends_with(0).says("pre-receive       in force");
    repo.place.run(&["doctor", "--gate", "push"]).ends_with(0).says("stopped by the pre-receive hook");
    repo.git(&["clone", "--quiet", ".", "../pushing"]);
    repo.write("../pushing/pushed.env", line(5));
    repo.git(&["-C", "../pushing", "add", "."]);
    repo.git(&["-C", "../pushing", "commit", "--quiet", "--no-verify", "-m", "key"]);
    let push = ["-C", "../pushing", "push", "--no-verify", "origin", "HEAD"];
    repo.attempt(&push).ends_with(1).says("stopped this push").says("pushed.env:1:17");
    assert!(!repo.work().join("pushed.env").exists());
}

#[test]
fn a_bare_repository_with_linked_worktrees_needs_the_gates_of_both() {
    // Bare, and as a directory `.bare` that a file `.git` beside the worktrees names.
    for beside in [false, true] {
        let mut repo = linked();
        repo.git(&["worktree", "remove", "../linked"]);
        repo.git(&["branch", "--quiet", "-D", "linked"]);
        let (top, home) = (repo.place.top().join("around"), repo.place.top().join("home"));
        fs::create_dir(&top).expect("new");
        let bare = if beside { top.join(".bare") } else { top.join("p.git") };
        repo.git(&["clone", "--quiet", "--bare", ".", bare.to_str().expect("UTF-8")]);
        if beside {
            fs::write(top.join(".git"), "gitdir: ./.bare\n").expect("our own");
        }
        let from = if beside { &top } else { &bare };
        let leeward = |args: &[&str]| run(repo.place.leeward(args).current_dir(from), None);
        // For the server alone, as long as it is one.
        let said = leeward(&["hook", "install"]).ends_with(0);
        assert!(!said.out().contains("pre-commit"), "{}", said.out());
        let git = |directory: &std::path::Path, args: &[&str]| run(&mut git_in(directory, &home, args), None);
        let there = top.join("w");
        git(from, &["worktree", "add", "--quiet", there.to_str().expect("UTF-8"), "main"]).ends_with(0);
        leeward(&["hook", "status"])
            .ends_with(1)
            .says("pre-commit        missing")
            .says("pre-push          missing");
        let said = leeward(&["doctor"]).ends_with(1).says("PROBLEM  a commit with a key goes through");
        said.says("PROBLEM  a push with a key goes through: there is no pre-push hook");
        let said = leeward(&["hook", "install"]).ends_with(0);
        said.says("pre-commit        in force").says("pre-receive       in force").says("git calls no gate");
        let said =
            leeward(&["doctor"]).ends_with(0).says("a commit with a key is stopped by the pre-commit hook");
        let said = said.says("a push with a key is stopped by the pre-push hook");
        said.says("a push that is received with a key is stopped by the pre-receive hook");
        // It is true.
        fs::write(there.join("key.env"), line(2)).expect("our own");
        git(&there, &["add", "."]).ends_with(0);
        git(&there, &["commit", "--quiet", "-m", "a key"]).ends_with(1).says("key.env:1:17");
        git(&there, &["commit", "--quiet", "--no-verify", "-m", "a key"]).ends_with(0);
        let server = repo.work();
        let to = ["push", server.to_str().expect("UTF-8"), "HEAD:refs/heads/new"];
        git(&there, &to).ends_with(1).says("key.env:1:17");
        // Each is missed for itself.
        fs::remove_file(bare.join("hooks/pre-receive")).expect("installed");
        leeward(&["hook", "status"]).ends_with(1).says("pre-receive       missing");
        leeward(&["doctor"]).ends_with(1).says("PROBLEM  a push that is received with a key goes through");
        let hooks = || fs::read_dir(bare.join("hooks")).expect("there").flatten();
        let installed = || hooks().filter(|file| file.path().extension().is_none()).count();
        // The same from the worktree: all that is there is put there and taken away from either.
        let in_it = |args: &[&str]| run(repo.place.leeward(args).current_dir(&there), None);
        in_it(&["hook", "status"]).ends_with(1).says("pre-receive       missing");
        in_it(&["hook", "install"]).ends_with(0).says("pre-receive       in force");
        in_it(&["doctor"])
            .ends_with(0)
            .says("a push that is received with a key is stopped by the pre-receive");
        in_it(&["hook", "uninstall"]).ends_with(0).says("pre-receive       taken away");
        assert_eq!(installed(), 0);
        // A worktree that is gone needs no gate; what is there of it is said, and goes as well.
        leeward(&["hook", "install"]).ends_with(0);
        fs::remove_dir_all(&there).expect("ours");
        leeward(&["hook", "status"]).ends_with(0).says("pre-push          in force");
        leeward(&["hook", "uninstall"]).ends_with(0).says("pre-push          taken away");
        assert_eq!(installed(), 0);
        let said = leeward(&["hook", "install"]).ends_with(0);
        assert!(!said.out().contains("pre-commit"), "{}", said.out());
    }
}

#[test]
fn hooks_of_a_bare_repository_that_are_elsewhere_for_its_worktree_are_those_of_the_worktree() {
    let mut repo = linked();
    let bare = repo.place.top().join("p.git");
    repo.git(&["clone", "--quiet", "--bare", ".", bare.to_str().expect("UTF-8")]);
    let (there, home) = (repo.place.top().join("w"), repo.place.top().join("home"));
    let git = |args: &[&str]| run(&mut git_in(&bare, &home, args), None).ends_with(0);
    git(&["worktree", "add", "--quiet", "--detach", there.to_str().expect("UTF-8"), "main"]);
    git(&["config", "core.hooksPath", "team"]);
    let in_it = |args: &[&str]| run(repo.place.leeward(args).current_dir(&there), None);
    let said = in_it(&["hook", "install"]).ends_with(0).says("pre-push          in force");
    assert!(
        !said.out().contains("pre-receive") && !there.join("team/pre-receive").exists(),
        "{}",
        said.out()
    );
}

#[test]
fn a_bare_repository_that_is_named_with_its_work_tree_each_time_needs_the_gates_of_both() {
    let mut repo = linked();
    let dotfiles = repo.place.top().join("dotfiles.git");
    repo.git(&["clone", "--quiet", "--bare", ".", dotfiles.to_str().expect("UTF-8")]);
    let leeward = |args: &[&str]| run(repo.place.leeward(args).current_dir(&dotfiles), None);
    let (top, home) = (repo.place.top().join("dots"), repo.place.top().join("home"));
    fs::create_dir(&top).expect("new");
    let named = [format!("--git-dir={}", dotfiles.display()), format!("--work-tree={}", top.display())];
    let git = |args: &[&str]| {
        let named: Vec<&str> = named.iter().map(String::as_str).collect();
        run(&mut git_in(&top, &home, &[&named[..], args].concat()), None)
    };
    git(&["checkout", "--quiet", "-f"]).ends_with(0);
    leeward(&["hook", "status"])
        .ends_with(1)
        .says("pre-commit        missing")
        .says("pre-receive       missing");
    leeward(&["hook", "install"]).ends_with(0).says("pre-commit        in force");
    leeward(&["doctor"]).ends_with(0).says("a commit with a key is stopped by the pre-commit hook");
    fs::write(top.join("key.env"), line(2)).expect("our own");
    git(&["add", "."]).ends_with(0);
    git(&["commit", "--quiet", "-m", "a key"]).ends_with(1).says("key.env:1:17");
    // Told as git is told.
    let mut told = repo.place.leeward(&["hook", "status"]);
    told.current_dir(&top).env("GIT_DIR", &dotfiles).env("GIT_WORK_TREE", &top);
    run(&mut told, None).ends_with(0).says("pre-receive       in force");
    let mut told = repo.place.leeward(&["doctor"]);
    told.current_dir(&top).env("GIT_DIR", &dotfiles).env("GIT_WORK_TREE", &top);
    run(&mut told, None).ends_with(0).says("a commit with a key is stopped by the pre-commit hook");
    // Or settled once, in its configuration.
    git(&["config", "core.bare", "false"]).ends_with(0);
    git(&["config", "core.worktree", top.to_str().expect("UTF-8")]).ends_with(0);
    leeward(&["doctor"]).ends_with(0).says("a push with a key is stopped by the pre-push hook");
}
