//! What other scanners end with 0 for, one situation after the other: here, each ends with 1 because the key is found, or
//! with 2 or 3 because nobody looked. Real git, every command that could be a gate. Settings that change nothing of what
//! is said are told of at length in `hostile`.

use std::fs;

use super::{Repo, key, line};
use crate::support::{Ran, binary, run};

/// What a change is judged by, and what everything is.
const COMMANDS: &[&[&str]] = &[
    &["scan"],
    &["history"],
    &["range", "HEAD~1..HEAD"],
    &["range", "--", "HEAD --not --remotes"],
    &["staged"],
    &["hook", "pre-commit"],
    &["hook", "pre-push", "origin", "https://example.org/a.git"],
];

/// A key of its own in the last commit and in the index, nothing in the first commit.
fn world() -> Repo {
    let mut repo = Repo::unborn();
    repo.write("other.txt", "nothing\n");
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "base"]);
    repo.write("committed.env", line(2));
    repo.git(&["add", "."]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "a key"]);
    repo.write("staged.env", line(3));
    repo.git(&["add", "."]);
    repo
}

/// What all of them end with, none of which may be 0.
#[track_caller]
fn each_ends_with(repo: &Repo, status: i32) {
    for args in COMMANDS {
        let ran = repo.place.run(args);
        assert_eq!(ran.status, Some(status), "{args:?}: {}{}", ran.out(), ran.err());
    }
}

fn leeward(repo: &Repo, args: &[&str], variable: (&str, &str)) -> Ran {
    run(repo.place.leeward(args).env(variable.0, variable.1), None)
}

#[test]
fn without_any_of_it_each_command_finds_its_key() {
    each_ends_with(&world(), 1);
}

#[test]
fn git_paints_its_output() {
    let mut repo = world();
    for name in ["color.ui", "color.diff"] {
        repo.git(&["config", name, "always"]);
    }
    each_ends_with(&repo, 1);
    repo.stops(&["commit", "-m", "x"], "staged.env:1:17");
}

#[test]
fn git_writes_other_prefixes() {
    let mut repo = world();
    for name in ["diff.noprefix", "diff.mnemonicPrefix"] {
        repo.git(&["config", name, "true"]);
        each_ends_with(&repo, 1);
        repo.stops(&["commit", "-m", "x"], "staged.env:1:17");
    }
}

#[test]
fn git_itself_dies_of_its_configuration() {
    let repo = world();
    fs::write(repo.place.top().join("home/.gitconfig"), "[core]\n\tabbrev = nonsense\n[broken\n")
        .expect("ours");
    let global = repo.place.top().join("home/.gitconfig").display().to_string();
    for args in COMMANDS {
        let ran = leeward(&repo, args, ("GIT_CONFIG_GLOBAL", &global));
        assert!(matches!(ran.status, Some(1..=3)), "{args:?}: {ran:?}");
    }
}

#[test]
fn the_range_is_none() {
    let mut repo = world();
    let head = repo.git(&["rev-parse", "HEAD"]);
    for range in
        ["gone..HEAD", "HEAD..gone", "HEAD~9..HEAD", &format!("{}..HEAD", "1".repeat(40)), "HEAD..HEAD"]
    {
        repo.place.run(&["range", range]).ends_with(3);
        let unknown = ["hook", "pre-commit", "--policy-from", range];
        repo.place.run(&unknown).ends_with(2);
    }
    // What git says of a push and nobody has.
    let said = format!("refs/heads/main {} refs/heads/main {}\n", "1".repeat(40), "0".repeat(40));
    run(&mut repo.place.leeward(&["hook", "pre-push", "origin"]), Some(said.into())).ends_with(3);
    let said = format!("{} {head} refs/heads/main\n", "1".repeat(40));
    run(&mut repo.place.leeward(&["hook", "pre-receive"]), Some(said.into())).ends_with(0);
    let said = format!("{} {} refs/heads/main\n", head, "1".repeat(40));
    run(&mut repo.place.leeward(&["hook", "pre-receive"]), Some(said.into())).ends_with(3);
}

#[test]
fn there_is_no_repository() {
    let repo = world();
    fs::rename(repo.work().join(".git"), repo.place.top().join("gone")).expect("ours");
    for args in COMMANDS {
        repo.place.run(args).ends_with(if args[0] == "scan" { 1 } else { 2 });
    }
    fs::remove_file(repo.work().join("committed.env")).expect("ours");
    fs::remove_file(repo.work().join("staged.env")).expect("ours");
    fs::remove_file(repo.work().join("other.txt")).expect("ours");
    // Nothing to look at is not clean.
    repo.place.run(&["scan"]).ends_with(3);
}

#[test]
fn a_pack_is_damaged() {
    let mut repo = world();
    repo.git(&["repack", "-a", "-d", "--quiet"]);
    let packs = repo.work().join(".git/objects/pack");
    let pack = fs::read_dir(packs).expect("there").flatten().map(|entry| entry.path());
    let pack = pack.into_iter().find(|path| path.extension().is_some_and(|end| end == "pack")).expect("one");
    let mut bytes = fs::read(&pack).expect("ours");
    bytes[20..].iter_mut().for_each(|byte| *byte ^= 0x5a);
    fs::remove_file(&pack).expect("ours");
    fs::write(&pack, bytes).expect("ours");
    for args in &COMMANDS[1..] {
        repo.place.run(args).ends_with(3);
    }
}

#[test]
fn a_clone_leaves_files_out() {
    let mut repo = world();
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let from = format!("file://{}", repo.work().display());
    repo.git(&["clone", "--quiet", "--bare", "--filter=blob:none", &from, "../partial"]);
    repo.place.run(&["history", "../partial"]).ends_with(3).says("the repository is a partial clone");
    repo.place.run(&["range", "HEAD~1..HEAD", "../partial"]).ends_with(3);
}

#[test]
fn a_configuration_has_no_rule() {
    let mut repo = world();
    for text in ["[rules]\nonly = []\n", "[rules]\nbuiltin = false\n", "[rules]\nonly = ['no-such-rule']\n"] {
        repo.write("leeward.toml", text);
        repo.git(&["add", "leeward.toml"]);
        repo.git(&["commit", "--quiet", "--no-verify", "--only", "-m", "settings", "leeward.toml"]);
        each_ends_with(&repo, 2);
        repo.attempt(&["commit", "-m", "x"]).ends_with(1);
    }
}

#[test]
fn what_is_named_is_not_there() {
    let repo = world();
    for args in [&["scan", "gone"][..], &["history", "gone"], &["staged", "gone"], &["range", "HEAD", "gone"]]
    {
        repo.place.run(args).ends_with(2);
    }
    for option in ["--config", "--baseline", "--rules"] {
        repo.place.run(&["hook", "pre-commit", option, "gone"]).ends_with(2);
    }
}

#[test]
fn nothing_is_committed_yet() {
    let mut repo = Repo::unborn();
    repo.write("staged.env", line(3));
    repo.git(&["add", "."]);
    repo.place.run(&["staged"]).ends_with(1);
    repo.stops(&["commit", "-m", "x"], "staged.env:1:17");
}

#[test]
fn nobody_has_a_name() {
    let repo = world();
    for args in COMMANDS {
        let mut leeward = repo.place.leeward(args);
        for name in ["HOME", "USER", "LOGNAME", "GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "EMAIL"] {
            leeward.env_remove(name);
        }
        run(&mut leeward, None).ends_with(1);
    }
}

#[test]
fn a_file_is_marked_as_binary_or_is_utf_16() {
    for (name, content) in [
        ("marked.env", line(3).into_bytes()),
        ("wide.txt", line(3).encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("with a space.env", line(3).into_bytes()),
        ("-n.env", line(3).into_bytes()),
    ] {
        let mut repo = Repo::new();
        repo.write(".gitattributes", "marked.env -diff binary\n");
        repo.write(name, content);
        repo.git(&["add", "."]);
        repo.place.run(&["staged"]).ends_with(1);
        repo.stops(&["commit", "-m", "x"], name);
        repo.git(&["commit", "--quiet", "--no-verify", "-m", "x"]);
        repo.place.run(&["range", "HEAD~1..HEAD"]).ends_with(1).says(name);
        repo.place.run(&["history"]).ends_with(1).says(name);
    }
}

#[test]
fn the_framework_asks_in_a_clean_tree() {
    let mut repo = world();
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "clean"]);
    let says = "committed.env:1:17";
    for hook in ["pre-commit", "pre-merge-commit", "pre-push"] {
        leeward(&repo, &["hook", hook], ("PRE_COMMIT", "1")).ends_with(1).says(says);
    }
    // As a documented script has it, with the names of files behind.
    let mut shell = crate::support::command("sh", &repo.work(), &repo.place.top().join("home"));
    let script =
        format!("git diff --cached --name-only -z | xargs -0 '{}' hook pre-commit", binary().display());
    // That is how xargs says it.
    run(shell.args(["-c", &script]).env("PRE_COMMIT", "1"), None).ends_with(123).says(says);
}

/// `--since-commit HEAD` is nothing, by the time that somebody asks.
#[test]
fn what_is_asked_for_is_always_empty() {
    let mut repo = world();
    repo.place.run(&["range", "HEAD..HEAD"]).ends_with(3).says("holds no commit");
    let told = ["PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF"];
    let mut leeward = repo.place.leeward(&["hook", "pre-commit"]);
    leeward.env("PRE_COMMIT", "1").envs(told.map(|name| (name, "HEAD")));
    run(&mut leeward, None).ends_with(3).says("nothing to judge");
    // The commit is judged by what is staged, and its push by what the remote lacks.
    repo.stops(&["commit", "-m", "x"], "staged.env:1:17");
    let server = repo.place.top().join("server.git").to_string_lossy().into_owned();
    repo.git(&["init", "--quiet", "--bare", &server]);
    let ran = repo.attempt(&["push", &server, "main"]).ends_with(1).says("committed.env:1:17");
    assert!(!(ran.out() + &ran.err()).contains(&key(2)));
}
