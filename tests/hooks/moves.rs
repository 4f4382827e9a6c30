//! A key that a change only moves from file to file, and one of which it makes a further copy: the same verdict of every gate.

use super::{Repo, line, put_hook};

/// A repository whose base has key 1 in `base.env`, and other files.
fn with_files(files: Files<'_>) -> Repo {
    with_contents(files)
}

/// The same, of any content.
pub(super) fn with_contents(files: &[(&str, impl AsRef<[u8]>)]) -> Repo {
    let mut repo = Repo::new();
    for (path, content) in files {
        repo.write(path, content);
    }
    repo.git(&["add", "--all"]);
    repo.git(&["commit", "--quiet", "--no-verify", "--allow-empty", "--message", "files"]);
    let server = repo.place.top().join("server.git");
    let path = server.to_str().expect("UTF-8").to_owned();
    repo.git(&["clone", "--quiet", "--bare", ".", &path]);
    put_hook(&server, "pre-receive");
    repo.git(&["remote", "add", "origin", &path]);
    repo.git(&["fetch", "--quiet", "origin"]);
    repo.git(&["branch", "--quiet", "base"]);
    repo
}

/// What came of pushing some refs, and of the range of what is pushed.
pub(super) fn pushed(repo: &Repo, refs: &[&str]) -> [Option<i32>; 3] {
    let range = [refs, &["^base"]].concat().join(" ").replace("--dry-run ", "");
    let range = repo.place.run(&["range", &range]).status;
    let push = repo.attempt(&[&["push", "--dry-run", "origin"], refs].concat()).status;
    let receive = repo.attempt(&[&["push", "--no-verify", "origin"], refs].concat()).status;
    [range, push, receive]
}

/// Commits everything there is, past the gate.
pub(super) fn commit(repo: &mut Repo) {
    repo.git(&["add", "--all"]);
    repo.git(&["commit", "--quiet", "--no-verify", "--message", "change"]);
}

/// Files and what they hold.
type Files<'a> = &'a [(&'a str, String)];

/// Whether the gates stop a change of files: the same by all of them.
#[track_caller]
fn judged(before: Files<'_>, after: Files<'_>) -> bool {
    let mut repo = with_files(before);
    after.iter().for_each(|(path, content)| repo.write(path, content));
    repo.git(&["add", "--all"]);
    let commit_is = repo.attempt(&["hook", "run", "pre-commit"]).status;
    assert_eq!(repo.place.run(&["staged"]).status, commit_is);
    commit(&mut repo);
    assert_eq!(pushed(&repo, &["main"]), [commit_is; 3]);
    assert!(matches!(commit_is, Some(0 | 1)), "{commit_is:?}");
    commit_is == Some(1)
}

/// A line with a key in percent signs.
fn encoded(number: usize) -> String {
    line(number).bytes().map(|byte| format!("%{byte:02x}")).collect::<String>() + "\n"
}

fn empty() -> String {
    "Y=1\n".to_owned()
}

#[test]
fn what_leaves_one_file_for_another_is_not_new() {
    let of_base = [("more.env", "X=1\n".to_owned())];
    assert!(!judged(&of_base, &[("base.env", empty()), ("more.env", line(1))]));
    let code = format!("import os\n{}", line(1));
    assert!(!judged(&of_base, &[("base.env", empty()), ("a.py", code)]));
    assert!(!judged(&[("old.txt", encoded(2))], &[("old.txt", empty()), ("new.txt", encoded(2))]));
}

#[test]
fn a_further_copy_is_new_whatever_else_moves() {
    let of_base = [("more.env", "X=1\n".to_owned())];
    for after in [
        &[("base.env", line(1) + "A=1\n"), ("more.env", line(1))][..],
        &[("base.env", empty()), ("more.env", line(1)), ("z.env", line(1))],
        &[("base.env", empty()), ("more.env", line(1) + &line(1))],
        &[("base.env", empty()), ("more.env", encoded(1))],
    ] {
        assert!(judged(&of_base, after), "{after:?}");
    }
}

#[test]
fn what_is_encoded_in_its_own_file_leaves_nothing_for_another() {
    assert!(judged(&[("public.md", empty())], &[("base.env", encoded(1)), ("public.md", line(1))]));
    assert!(judged(&[("x.env", encoded(2))], &[("x.env", line(2)), ("public.md", encoded(2))]));
}

#[test]
fn what_was_no_finding_where_it_stood_is_new_where_it_comes_out() {
    let accepted = format!("{} # leeward:ignore a sample\n", line(2).trim());
    let bare = format!("id {}\n", crate::support::values::key(2));
    let left_out = ("leeward.toml", "exclude = ['out/']\n".to_owned());
    assert!(judged(&[left_out, ("out/a", line(2))], &[("out/a", empty()), ("more.env", line(2))]));
    let old = [("old.txt", accepted)];
    assert!(judged(&old, &[("old.txt", empty()), ("more.env", line(2))]));
    assert!(judged(&old, &[("old.txt", line(2))]));
    assert!(judged(&[("old.txt", bare)], &[("old.txt", empty()), ("more.env", line(2))]));
}

#[test]
fn what_was_left_out_is_new_where_the_change_of_settings_brings_it_out() {
    let settings = "exclude = ['vendor/']\n".to_owned();
    for narrower in [None, Some("exclude = ['vendor/k.env/']\n"), Some("")] {
        let mut repo = with_files(&[("leeward.toml", settings.clone()), ("vendor/k.env", line(2))]);
        match narrower {
            Some(text) => repo.write("leeward.toml", text),
            None => drop(repo.git(&["rm", "--quiet", "leeward.toml"])),
        }
        repo.git(&["add", "--all"]);
        // What is not touched is for a scan.
        repo.attempt(&["hook", "run", "pre-commit"]).ends_with(0);
        repo.write("vendor/k.env", line(2) + "X=1\n");
        repo.git(&["add", "--all"]);
        repo.stops(&["commit", "--message", "changed"], "vendor/k.env:1:17");
        repo.git(&["mv", "vendor/k.env", "k.env"]);
        repo.stops(&["commit", "--message", "renamed"], "  k.env:1:17");
        commit(&mut repo);
        assert_eq!(pushed(&repo, &["main"]), [Some(1); 3]);
        // By the settings of the base, too, whose directory it has left.
        repo.place.run(&["range", "--policy-from", "base", "base..main"]).ends_with(1);
        repo.write("k.env", line(2) + "Y=1\n");
        repo.git(&["add", "--all"]);
        repo.passes(&["commit", "--message", "known by now"]);
    }
}

/// How key 2 is accepted: a configuration, and a baseline.
fn acceptances() -> [[(&'static str, String); 2]; 2] {
    let secret = leeward::secret::Secret::new(crate::support::values::key(2).as_bytes());
    let fingerprint = leeward::pipeline::fingerprint("mistral-api-key", &secret);
    let allow = format!("[[allow]]\nsha256 = '{}'\nreason = 'a sample'\n", secret.sha256());
    let (named, entry) = ("baseline = 'accepted'\n", format!("{fingerprint} mistral-api-key a sample\n"));
    [
        [("leeward.toml", allow), ("accepted", String::new())],
        [("leeward.toml", named.to_owned()), ("accepted", entry)],
    ]
}

#[test]
fn what_was_accepted_is_new_where_the_change_of_settings_brings_it_out() {
    let [allow, baseline] = acceptances();
    let nothing = [("leeward.toml", String::new()), ("accepted", String::new())];
    let emptied =
        [("leeward.toml", "baseline = 'accepted'\n".to_owned()), ("accepted", "# none\n".to_owned())];
    for (before, after) in [(&allow, &nothing), (&baseline, &nothing), (&baseline, &emptied)] {
        let mut repo = with_files(&[&before[..], &[("k.env", line(2)), ("other.env", line(3))]].concat());
        after.iter().for_each(|(path, content)| repo.write(path, content));
        repo.git(&["add", "--all"]);
        // What is not touched is for a scan.
        repo.attempt(&["hook", "run", "pre-commit"]).ends_with(0);
        repo.write("k.env", line(2) + "X=1\n");
        repo.git(&["add", "--all"]);
        repo.stops(&["commit", "--message", "changed"], "k.env:1:17");
        repo.git(&["mv", "k.env", "moved.env"]);
        repo.git(&["mv", "other.env", "elsewhere.env"]);
        let ran = repo.attempt(&["commit", "--message", "moved"]).ends_with(1).says("  moved.env:1:17");
        assert!(!ran.err().contains("elsewhere.env"), "{}", ran.err());
        commit(&mut repo);
        // A server goes by what it has, which accepts it still.
        assert_eq!(pushed(&repo, &["main"]), [Some(1), Some(1), Some(0)]);
        repo.git(&["mv", "moved.env", "again.env"]);
        repo.passes(&["commit", "--message", "known by now"]);
    }
}

#[test]
fn what_is_accepted_in_another_way_stays_so() {
    let [allow, baseline] = acceptances();
    for (before, after) in [(&allow, &baseline), (&baseline, &allow)] {
        let mut repo = with_files(&[&before[..], &[("k.env", line(2))]].concat());
        after.iter().for_each(|(path, content)| repo.write(path, content));
        repo.git(&["mv", "k.env", "moved.env"]);
        repo.git(&["add", "--all"]);
        repo.passes(&["commit", "--message", "moved"]);
        assert_eq!(pushed(&repo, &["main"]), [Some(0); 3]);
    }
}

#[test]
fn what_is_left_out_before_and_after_makes_nothing_else_new() {
    let bare = format!("id {}\n", crate::support::values::key(2));
    let settings = ("leeward.toml", "exclude = ['vendor/']\n".to_owned());
    let before = [settings, ("vendor/k.env", line(2)), ("bare.txt", bare.clone())];
    assert!(!judged(&before, &[("vendor/k.env", line(2) + "X=1\n"), ("bare.txt", bare + "more\n")]));
}

/// The status of all gates behind commits that were made.
#[track_caller]
fn status(repo: &Repo, refs: &[&str]) -> i32 {
    let [range, push, receive] = pushed(repo, refs);
    assert_eq!((push, receive), (range, range));
    range.expect("it ends")
}

/// Takes the key out of one file and puts it into another.
fn moves(repo: &mut Repo, from: &str, to: &str) {
    repo.write(from, empty());
    repo.write(to, line(1));
    commit(repo);
}

fn rename(repo: &mut Repo, from: &str, to: &str) {
    repo.git(&["mv", from, to]);
    commit(repo);
}

#[test]
fn a_file_that_is_renamed_and_back_is_not_new() {
    let mut repo = with_files(&[]);
    rename(&mut repo, "base.env", "b.env");
    rename(&mut repo, "b.env", "base.env");
    assert_eq!(status(&repo, &["main"]), 0);
    // With a new file in its place.
    repo.git(&["mv", "base.env", "b.env"]);
    moves(&mut repo, "base.env", "b.env");
    assert_eq!(status(&repo, &["main"]), 0);
    // Edited on the way, and as it was again.
    repo.write("b.env", line(1) + "B=1\n");
    commit(&mut repo);
    repo.write("b.env", line(1));
    commit(&mut repo);
    assert_eq!(status(&repo, &["main"]), 0);
}

#[test]
fn a_file_that_becomes_a_directory_is_renamed_and_so_back() {
    let mut repo = with_files(&[("a", line(2))]);
    for (from, to) in [("a", "a/b"), ("a/b", "a"), ("a", "a/b/c")] {
        repo.git(&["mv", from, "aside"]);
        drop(std::fs::remove_dir_all(repo.work().join("a")));
        std::fs::create_dir_all(repo.work().join(to).parent().expect("a directory")).expect("new");
        repo.git(&["mv", "aside", to]);
        repo.attempt(&["hook", "run", "pre-commit"]).ends_with(0);
        commit(&mut repo);
        assert_eq!(status(&repo, &["main"]), 0);
        repo.git(&["branch", "--force", "base"]);
    }
    repo.write("copy", line(2));
    repo.git(&["add", "copy"]);
    repo.stops(&["commit", "--message", "a copy"], "  copy:1:17");
}

#[test]
fn every_mention_of_a_key_moves_with_it() {
    let twice = format!("{}# before: {}\n", line(2), crate::support::values::key(2));
    let of_base = [("two.env", twice.clone()), ("more.env", "X=1\n".to_owned())];
    assert!(!judged(&of_base, &[("two.env", empty()), ("more.env", twice.clone())]));
    let bare = format!("# before: {}\n", crate::support::values::key(2));
    assert!(!judged(&of_base, &[("two.env", bare.clone()), ("more.env", line(2))]));
    assert!(judged(&of_base, &[("two.env", bare), ("more.env", twice)]));
}

#[test]
fn a_merge_may_move_what_one_side_has() {
    for copies in [false, true] {
        let mut repo = with_files(&[("src/a.env", line(2)), ("src/b.txt", "b\n".to_owned())]);
        repo.git(&["checkout", "--quiet", "-b", "side"]);
        repo.git(&["mv", "src", "lib"]);
        commit(&mut repo);
        repo.git(&["checkout", "--quiet", "main"]);
        repo.write("src/a.env", empty());
        repo.write("src/c.env", line(2));
        commit(&mut repo);
        // There, the line is in the file of before.
        repo.git(&["checkout", "--quiet", "side"]);
        repo.git(&["merge", "--quiet", "--no-verify", "--no-commit", "--strategy=ours", "main"]);
        repo.write("lib/a.env", if copies { line(2) + "A=1\n" } else { empty() });
        repo.write("lib/c.env", line(2));
        repo.git(&["add", "--all"]);
        let stopped = i32::from(copies);
        repo.attempt(&["hook", "run", "pre-commit"]).ends_with(stopped);
        commit(&mut repo);
        assert_eq!(status(&repo, &["side"]), stopped);
    }
}

#[test]
fn two_branches_may_rename_one_file_and_their_merge_has_it_twice() {
    let mut repo = with_files(&[]);
    for branch in ["one", "two"] {
        repo.git(&["checkout", "--quiet", "-b", branch, "main"]);
        rename(&mut repo, "base.env", &format!("{branch}.env"));
    }
    let before = status(&repo, &["--dry-run", "one", "two"]);
    assert_eq!(before, 0);
    repo.git(&["merge", "--quiet", "--no-verify", "--no-commit", "--strategy=ours", "one"]);
    repo.write("one.env", line(1));
    commit(&mut repo);
    assert_eq!(status(&repo, &["two"]), 1);
}

#[test]
fn what_is_brought_back_or_was_copied_before_is_a_copy() {
    let mut repo = with_files(&[]);
    moves(&mut repo, "base.env", "b.env");
    repo.write("base.env", line(1));
    commit(&mut repo);
    assert_eq!(status(&repo, &["main"]), 1);
    let mut repo = with_files(&[]);
    repo.write("b.env", line(1));
    commit(&mut repo);
    repo.git(&["rm", "--quiet", "base.env"]);
    commit(&mut repo);
    assert_eq!(status(&repo, &["main"]), 1);
}

#[test]
fn a_file_is_found_again_among_hundreds_that_are_renamed_and_changed() {
    let mut repo = with_files(&[]);
    let fill = |repo: &Repo, more: &str| {
        for number in 0..250 {
            repo.write(&format!("old/{number}"), format!("{number}\nsome text\n{more}"));
        }
        repo.write("old/a.env", format!("A=1\n{}{more}", line(1)));
    };
    repo.git(&["rm", "--quiet", "base.env"]);
    fill(&repo, "");
    commit(&mut repo);
    fill(&repo, "more\n");
    repo.git(&["mv", "old", "new"]);
    assert_eq!(repo.attempt(&["add", "--all"]).status, Some(0));
    repo.attempt(&["hook", "run", "pre-commit"]).ends_with(0);
    commit(&mut repo);
    repo.place.run(&["range", "HEAD~1..HEAD"]).ends_with(0);
}
