//! What is new in a range, and what its base has already.

use std::os::unix::fs::symlink;

use super::{Repo, line, places};
use crate::support::values::key;

#[test]
fn what_the_base_holds_in_that_file_is_not_new() {
    let mut repo = Repo::new();
    repo.write("base.env", format!("# a comment\n{}", line(1)));
    repo.commit("another line");
    repo.write("base.env", "# nothing\n");
    repo.commit("taken out");
    repo.write("base.env", line(1));
    repo.commit("put back");
    assert_eq!(repo.finds("base..HEAD"), []);
    repo.write("copy.env", line(1));
    repo.commit("a copy");
    assert_eq!(repo.finds("base..HEAD"), places(&[(1, "blob copy.env @ a copy")]));
    // From where it was taken out, it is new.
    assert_eq!(repo.finds("HEAD~2..HEAD~1"), places(&[(1, "blob base.env @ put back")]));
}

#[test]
fn of_many_keys_in_a_file_only_those_are_new_that_it_had_not() {
    let mut repo = Repo::new();
    // Glued to other characters, a value that stood there was none that anything told of.
    repo.write("many.env", (10..20).map(line).chain([format!("x{}x\n", key(20))]).collect::<String>());
    repo.commit("many");
    repo.write("many.env", (15..25).rev().map(line).collect::<String>());
    repo.commit("more");
    let new = (20..25).map(|number| (number, "blob many.env @ more")).collect::<Vec<_>>();
    assert_eq!(repo.finds("HEAD~1..HEAD"), places(&new));
}

#[test]
fn a_value_that_stood_there_is_new_where_it_becomes_a_key() {
    let mut repo = Repo::new();
    let bare = format!("id {}\n", key(2));
    repo.write("n.txt", &bare);
    repo.commit("bare");
    repo.git(&["tag", "bare"]);
    repo.write("n.txt", line(2));
    repo.commit("named");
    repo.write("n.txt", line(2) + "MORE=1\n");
    repo.commit("more");
    let named = places(&[(2, "blob n.txt @ named")]);
    for range in ["bare..HEAD", "bare..HEAD~1"] {
        assert_eq!(repo.finds(range), named, "{range}");
    }
    // Whoever has the commit before has it as well.
    assert_eq!(repo.finds("base..HEAD"), [places(&[(2, "blob n.txt @ bare")]), named].concat());
    assert_eq!(repo.finds("HEAD~1..HEAD"), []);
    let gate = ["--policy-from", "bare", "--deny-new-suppressions"];
    repo.place.run(&[&["range", "bare..HEAD"], &gate[..]].concat()).ends_with(1).says("n.txt:1:17");
    // Another line of the base may have named it.
    repo.git(&["checkout", "--quiet", "-b", "other", "bare"]);
    repo.write("n.txt", line(2));
    repo.commit("named there");
    assert_eq!(repo.finds("other..main"), []);
}

#[test]
fn a_comment_that_was_taken_away_leaves_a_new_key() {
    let mut repo = Repo::new();
    repo.write("ig.sh", format!("MISTRAL_API_KEY={} # leeward:ignore a sample\n", key(2)));
    repo.commit("accepted");
    repo.write("ig.sh", line(2));
    repo.commit("no longer");
    let found = places(&[(2, "blob ig.sh @ no longer")]);
    assert_eq!(repo.finds("HEAD~1..HEAD"), found);
    assert_eq!(repo.finds("base..HEAD"), found);
}

#[test]
fn code_that_arrives_makes_a_key_of_what_a_changed_file_held() {
    let mut repo = Repo::new();
    let settings = format!("LLM_KEY={}\n", key(2));
    repo.write(".env", &settings);
    repo.commit("settings");
    repo.git(&["tag", "settings"]);
    let reader = "import os\nfrom mistralai import Mistral\nMistral(api_key=os.environ['LLM_KEY'])\n";
    repo.write("app.py", reader);
    repo.commit("code");
    // Neither commit shows both; together they do.
    assert_eq!(repo.finds("base..HEAD"), places(&[(2, "blob .env @ settings")]));
    repo.write(".env", settings.clone() + "A=1\n");
    repo.write("app.py", format!("{reader}print()\n"));
    repo.commit("both");
    // An earlier commit of the range is no base: what it bound was not judged, because it did not touch the settings.
    assert_eq!(repo.finds("settings..HEAD"), places(&[(2, "blob .env @ both")]));
    assert_eq!(repo.finds("base..HEAD"), places(&[(2, "blob .env @ settings")]));
    assert_eq!(repo.finds("HEAD~1..HEAD"), []);
}

#[test]
fn what_another_line_of_the_base_added_meanwhile_is_not_new_either() {
    let mut repo = Repo::new();
    repo.git(&["branch", "feature"]);
    repo.add("both.env", 2);
    repo.git(&["checkout", "--quiet", "feature"]);
    repo.add("both.env", 2);
    repo.add("mine.env", 3);
    assert_eq!(repo.finds("main..feature"), places(&[(3, "blob mine.env @ mine.env")]));
    assert_eq!(
        repo.finds("base..feature"),
        places(&[(2, "blob both.env @ both.env"), (3, "blob mine.env @ mine.env")])
    );
}

#[test]
fn what_was_added_and_taken_out_again_is_found() {
    let mut repo = Repo::new();
    repo.add("gone.env", 2);
    repo.git(&["rm", "--quiet", "gone.env"]);
    repo.commit("sorry");
    assert_eq!(repo.finds("base..HEAD"), places(&[(2, "blob gone.env @ gone.env")]));
    assert_eq!(repo.finds("HEAD~1..HEAD"), []);
}

#[test]
fn a_key_is_told_once_for_the_commit_that_added_it() {
    let mut repo = Repo::new();
    repo.add("a.env", 2);
    for number in 0..3 {
        repo.write("a.env", format!("NUMBER={number}\n{}", line(2)));
        repo.commit("later");
    }
    assert_eq!(repo.finds("base..HEAD"), places(&[(2, "blob a.env @ a.env")]));
    let report = repo.range("base..HEAD").json();
    let finding = &report["findings"][0];
    assert_eq!((&finding["in_head"], &finding["first_commit"]["subject"]), (&true.into(), &"a.env".into()));
    assert_eq!(report["scan"]["coverage"]["commits"], 4);
}

#[test]
fn of_a_merge_only_what_no_parent_has() {
    let mut repo = Repo::new();
    repo.git(&["checkout", "--quiet", "-b", "feature"]);
    repo.add("feature.env", 2);
    repo.git(&["checkout", "--quiet", "main"]);
    repo.add("main.env", 3);
    repo.git(&["checkout", "--quiet", "feature"]);
    repo.git(&["merge", "--quiet", "--no-commit", "main"]);
    // Evil: a file of the merge's own, and both sides' files with more in them.
    repo.write("evil.env", line(4));
    repo.write("feature.env", line(2) + &line(5));
    repo.write("main.env", line(3) + &line(6));
    repo.commit("merge");
    let merge = [(4, "blob evil.env @ merge"), (5, "blob feature.env @ merge"), (6, "blob main.env @ merge")];
    assert_eq!(repo.finds("HEAD^!"), places(&merge));
    let all = [&[(2, "blob feature.env @ feature.env")][..], &merge].concat();
    assert_eq!(repo.finds("main..feature"), places(&all), "what main has is not new");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "feature"]);
    assert_eq!(repo.finds("ORIG_HEAD..HEAD"), places(&all), "fast forward");
}

#[test]
fn of_an_octopus_too() {
    let mut repo = Repo::new();
    for (number, side) in [(2, "one"), (3, "two"), (4, "three")] {
        repo.git(&["checkout", "--quiet", "-b", side, "base"]);
        repo.add(&format!("{side}.env"), number);
    }
    repo.git(&["checkout", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "--no-commit", "one", "two", "three"]);
    repo.write("evil.env", line(5));
    repo.commit("octopus");
    assert_eq!(repo.finds("HEAD^!"), places(&[(5, "blob evil.env @ octopus")]));
    assert_eq!(repo.finds("base..HEAD").len(), 4);
    assert_eq!(
        repo.finds("HEAD --not one two"),
        places(&[(4, "blob three.env @ three.env"), (5, "blob evil.env @ octopus")])
    );
}

#[test]
fn a_merge_that_keeps_one_side_adds_nothing() {
    let mut repo = Repo::new();
    repo.git(&["checkout", "--quiet", "-b", "side"]);
    repo.add("side.env", 2);
    repo.git(&["checkout", "--quiet", "main"]);
    repo.commit("on main");
    repo.git(&["merge", "--quiet", "--strategy=ours", "--message=ours", "side"]);
    assert_eq!(repo.finds("HEAD^!"), []);
    assert_eq!(repo.finds("HEAD^1..HEAD"), places(&[(2, "blob side.env @ side.env")]), "it comes along");
}

#[test]
fn names_links_messages_and_people() {
    let mut repo = Repo::new();
    std::fs::create_dir(repo.place.work().join(line(2).trim())).expect("a directory");
    repo.write(&format!("{}/a", line(2).trim()), "in a directory with a telling name\n");
    repo.commit("directory");
    symlink(line(3).trim(), repo.place.work().join("link")).expect("a link");
    repo.commit("link");
    repo.commit(&format!("message\n\n{}", line(4)));
    repo.git(&[
        "-c",
        "user.name=x",
        "commit",
        "--quiet",
        "--allow-empty",
        "-m",
        "author",
        &format!("--author={} <a@b>", line(5).trim()),
    ]);
    repo.git(&["tag", "--annotate", "--message", &line(6), "v1"]);
    repo.git(&["tag", "--annotate", "--message", &line(7), "v2", "v1"]);
    let directory = format!("path MISTRAL_API_KEY={} @ directory", super::masked(2));
    let of_commits = [
        (2, directory.as_str()),
        (3, "symlink link @ link"),
        (4, "commit-message @ message"),
        (5, "author @ author"),
    ];
    assert_eq!(repo.finds("base..HEAD"), places(&of_commits));
    let tags = [(6, "tag-message @ author"), (7, "tag-message @ author")];
    assert_eq!(repo.finds("base..v2"), places(&[&of_commits[..], &tags].concat()));
    assert_eq!(repo.finds("v1..v2"), places(&tags[1..]), "a tag is something, too");
    // A name that the base has is not new.
    repo.write(&format!("{}/b", line(2).trim()), "beside it\n");
    repo.commit("neighbour");
    assert_eq!(repo.finds("HEAD~1..HEAD"), []);
}

#[test]
fn a_file_that_becomes_a_link_or_a_directory() {
    let mut repo = Repo::new();
    repo.write("a", "x\n");
    repo.commit("a file");
    std::fs::remove_file(repo.place.work().join("a")).expect("it is there");
    symlink(line(2).trim(), repo.place.work().join("a")).expect("a link");
    repo.commit("a link");
    std::fs::remove_file(repo.place.work().join("a")).expect("it is there");
    repo.write("a/b", line(3));
    repo.commit("a directory");
    assert_eq!(repo.finds("base..HEAD"), places(&[(2, "symlink a @ a link"), (3, "blob a/b @ a directory")]));
}

#[test]
fn notes_are_notes() {
    let mut repo = Repo::new();
    repo.git(&["notes", "add", "--message", &line(2)]);
    let id = repo.git(&["rev-parse", "HEAD"]);
    assert_eq!(
        repo.finds("refs/notes/commits"),
        places(&[(2, &format!("note {id} @ Notes added by 'git notes add'"))])
    );
    let unnoted = repo.finds("--all --not base");
    assert_eq!(unnoted, places(&[(2, &format!("note {id} @ Notes added by 'git notes add'"))]));
}

#[test]
fn encodings_and_attributes_hide_nothing_and_make_nothing_new() {
    let mut repo = Repo::new();
    repo.git(&["config", "diff.noprefix", "true"]);
    repo.git(&["config", "color.ui", "always"]);
    repo.write(".gitattributes", "*.env -diff\n*.bin binary\n");
    repo.write("a.env", line(2));
    repo.write("b.bin", [b"\0\0".as_slice(), line(3).as_bytes(), b"\0"].concat());
    let wide: Vec<u8> = line(4).encode_utf16().flat_map(u16::to_le_bytes).collect();
    repo.write("c.txt", [b"\xff\xfe".as_slice(), &wide].concat());
    repo.commit("odd files");
    let added = [(2, "blob a.env @ odd files"), (3, "blob b.bin @ odd files"), (4, "blob c.txt @ odd files")];
    assert_eq!(repo.finds("base..HEAD"), places(&added));
    // What is encoded in the base, and still is, is not new when another line changes.
    repo.write("c.txt", [b"\xff\xfea\0\n\0".as_slice(), &wide].concat());
    repo.commit("another line");
    assert_eq!(repo.finds("HEAD~1..HEAD"), []);
    assert!(!repo.range("base..HEAD").out().contains(&key(2)));
}

/// A file of some lines with a key at its end.
fn settings(number: usize) -> String {
    (0..9).map(|number| format!("OPTION_{number}=on\n")).collect::<String>() + &line(number)
}

#[test]
fn a_file_that_is_renamed_holds_nothing_new() {
    let mut repo = Repo::new();
    repo.write("old/a.env", settings(2));
    repo.write("old/b.env", settings(3));
    repo.commit("two files");
    repo.git(&["tag", "two"]);
    repo.git(&["mv", "old/a.env", "a.env"]);
    repo.commit("moved");
    repo.write("a.env", settings(2).replace("OPTION_3=on", "OPTION_3=off"));
    repo.git(&["mv", "a.env", "c.env"]);
    repo.commit("moved and changed");
    repo.git(&["mv", "old", "new"]);
    repo.commit("a directory");
    assert_eq!(repo.finds("two..HEAD"), []);
    repo.git(&["mv", "c.env", "d.env"]);
    repo.write("d.env", settings(2) + &line(4));
    repo.commit("moved, and a key more");
    assert_eq!(repo.finds("two..HEAD"), places(&[(4, "blob d.env @ moved, and a key more")]));
    assert_eq!(repo.finds("HEAD~1..HEAD"), places(&[(4, "blob d.env @ moved, and a key more")]));
}

#[test]
fn a_copy_is_new_however_many_commits_it_takes() {
    let mut repo = Repo::new();
    repo.write("a.env", settings(2));
    repo.commit("one file");
    repo.git(&["tag", "one"]);
    let start = |repo: &mut Repo| repo.git(&["reset", "--quiet", "--hard", "one"]);

    repo.write("copy.env", settings(2));
    repo.commit("a copy");
    assert_eq!(repo.finds("one..HEAD"), places(&[(2, "blob copy.env @ a copy")]));

    start(&mut repo);
    repo.git(&["mv", "a.env", "b.env"]);
    repo.write("copy.env", settings(2));
    repo.commit("moved and copied");
    assert_eq!(repo.finds("one..HEAD").len(), 1);

    // It was not moved, if it is back in the end.
    start(&mut repo);
    repo.git(&["mv", "a.env", "b.env"]);
    repo.commit("moved");
    repo.git(&["checkout", "--quiet", "one", "--", "a.env"]);
    repo.commit("back");
    assert_eq!(repo.finds("one..HEAD"), places(&[(2, "blob b.env @ moved")]));
    assert_eq!(repo.finds("one..HEAD~1"), []);

    // Moved to one place here, to another one there.
    start(&mut repo);
    repo.git(&["mv", "a.env", "b.env"]);
    repo.commit("moved");
    repo.git(&["checkout", "--quiet", "-b", "side", "one"]);
    repo.git(&["mv", "a.env", "c.env"]);
    repo.commit("moved elsewhere");
    repo.git(&["merge", "--quiet", "--no-commit", "--strategy=ours", "main"]);
    repo.write("b.env", settings(2));
    repo.commit("both");
    assert_eq!(repo.finds("one..HEAD").len(), 1);
}

#[test]
fn a_file_that_comes_out_of_what_is_left_out_is_new() {
    let mut repo = Repo::new();
    repo.write("leeward.toml", "exclude = [\"samples/\"]\n");
    repo.write("samples/a.env", settings(2));
    repo.commit("a sample");
    repo.git(&["mv", "samples/a.env", "a.env"]);
    repo.commit("moved");
    assert_eq!(repo.finds("HEAD~1..HEAD"), places(&[(2, "blob a.env @ moved")]));
}

#[test]
fn what_a_newer_base_no_longer_has_is_new() {
    let mut repo = Repo::new();
    repo.add("a.env", 2);
    repo.git(&["checkout", "--quiet", "-b", "feature"]);
    repo.commit("on a branch");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("a.env", "");
    repo.commit("taken out");
    repo.git(&["checkout", "--quiet", "feature"]);
    repo.git(&["merge", "--quiet", "--message=merge", "main"]);
    repo.add("a.env", 2);
    for range in ["main..feature", "main...feature", "feature --not main"] {
        assert_eq!(repo.finds(range), places(&[(2, "blob a.env @ a.env")]), "{range}");
    }
}
