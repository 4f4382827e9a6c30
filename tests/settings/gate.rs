//! A gate that the change it judges cannot weaken: `--policy-from`, and comments that are new.

use std::fs;

use super::{found, line, repository, run_in, sha256, suppressed};
use crate::support::Ran;
use crate::support::place::Place;
use crate::support::values::key;

/// A repository whose first commit, tagged `base`, has these files.
fn with_base(files: &[(&str, &str)]) -> Place {
    let mut place = repository();
    place.write("README", "x\n");
    for (path, content) in files {
        place.write(path, content);
    }
    commit(&mut place, "base");
    place.git(&["tag", "base"]);
    place
}

fn commit(place: &mut Place, message: &str) {
    place.git(&["add", "--all"]);
    place.git(&["commit", "--quiet", "--message", message]);
}

/// The messages of notes of a kind.
fn notes(ran: &Ran, kind: &str) -> Vec<String> {
    let json = ran.json();
    let notes = json["scan"]["notes"].as_array().cloned().unwrap_or_default();
    let of_kind = notes.iter().filter(|note| note["kind"] == kind);
    of_kind.map(|note| note["message"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The commands that judge a change, with what they judge it by.
const GATES: [&[&str]; 3] = [
    &["scan", "--policy-from", "base", "--format", "json"],
    &["staged", "--policy-from", "base", "--format", "json"],
    &["range", "base..HEAD", "--policy-from", "base", "--format", "json"],
];

/// Runs every gate on a change: staged for the first two, committed for the third.
fn gates(place: &mut Place, more: &[&str], status: i32) -> Vec<Ran> {
    place.git(&["add", "--all"]);
    let run = |gate: &[&str]| place.run(&[gate, more].concat()).ends_with(status);
    let mut ran: Vec<Ran> = GATES[..2].iter().map(|gate| run(gate)).collect();
    place.git(&["commit", "--quiet", "--message", "change"]);
    ran.push(place.run(&[GATES[2], more].concat()).ends_with(status));
    ran
}

#[test]
fn a_change_cannot_leave_its_own_key_out() {
    let hash = sha256(1);
    let allow = format!("[[allow]]\nsha256 = '{hash}'\nreason = 'a sample'\n");
    for (text, loosened) in [
        ("exclude = ['*.env']\n", "exclude leaves out '*.env' (leeward.toml:1)"),
        ("rules.disable = ['mistral-api-key']\n", "rule 'mistral-api-key' is not in force (leeward.toml:1)"),
        ("limits.max-file-size = 10\n", "max-file-size falls from no limit to 10 B (leeward.toml:1)"),
        ("limits.max-archive-depth = 0\n", "max-archive-depth falls from 3 to 0 (leeward.toml:1)"),
        ("confidence = 'high'\n", "confidence rises from medium to high (leeward.toml:1)"),
        (&allow, "a sample (leeward.toml:2)"),
    ] {
        let mut place = with_base(&[]);
        place.write("a.env", line(1));
        place.write("leeward.toml", text);
        for ran in gates(&mut place, &[], 1) {
            assert_eq!(found(&ran), ["a.env"], "{text}");
            let said = notes(&ran, "policy-loosened");
            assert!(said.len() == 1 && said[0].ends_with(loosened), "{text}: {said:?}");
            assert!(said[0].starts_with("this would be looser than in base: "), "{said:?}");
        }
        place.run(&["scan", "--policy-from", "base"]).ends_with(1).says("note: this would be looser");
        place
            .run(&["scan", "--policy-from", "base", "--format", "sarif"])
            .ends_with(1)
            .says("policy-loosened");
        place.run(&["config", "show", "--policy-from", "base"]).ends_with(0).says(loosened);
    }
}

#[test]
fn a_change_cannot_accept_its_own_key() {
    let mut place = with_base(&[("leeward.toml", "baseline = 'accepted'\n"), ("accepted", "# none\n")]);
    place.write("a.env", line(1));
    place.run(&["baseline", "update", "--reason", "trust me"]).ends_with(0);
    place.run(&["scan"]).ends_with(0);
    for ran in gates(&mut place, &[], 1) {
        assert_eq!(found(&ran), ["a.env"]);
        let said = notes(&ran, "policy-loosened");
        assert!(
            said.len() == 1 && said[0].contains("accepted accepts ") && said[0].ends_with("trust me"),
            "{said:?}"
        );
    }
    // The baseline that the command line names is no other one.
    place.run(&["scan", "--no-config", "--baseline", "accepted"]).ends_with(0);
    let ran =
        place.run(&["scan", "--no-config", "--baseline", "accepted", "--policy-from", "base"]).ends_with(1);
    ran.says("looser");
    // Nor is it one by another name, or from below.
    fs::create_dir(place.work().join("sub")).expect("our own");
    let args = ["scan", "..", "--no-config", "--baseline", "../sub/../accepted", "--policy-from", "base"];
    run_in(&place, "sub", &args).ends_with(1);
    std::os::unix::fs::symlink("..", place.work().join("sub/up")).expect("a new link");
    let args = ["scan", "--no-config", "--baseline", "sub/up/accepted", "--policy-from", "base"];
    place.run(&args).ends_with(1);
    // What is introduced is not there yet; what lies elsewhere is nobody's change.
    let ran = place.run(&["scan", "--baseline", "new", "--policy-from", "base"]).ends_with(1);
    ran.says("there is no base:new, so nothing is accepted by it");
    let elsewhere = place.top().join("accepted");
    fs::copy(place.work().join("accepted"), &elsewhere).expect("our own");
    let elsewhere = elsewhere.to_str().expect("a plain path");
    place.run(&["scan", "--baseline", elsewhere, "--policy-from", "base"]).ends_with(0);
}

#[test]
fn the_configuration_of_the_revision_cannot_be_left_out() {
    let mut place = with_base(&[("leeward.toml", "inline-ignores = false\n")]);
    place.write("a.env", format!("# leeward:ignore trust me\n{}", line(1)));
    place.write("leeward.toml", "");
    for ran in gates(&mut place, &["--no-config"], 1) {
        assert_eq!(found(&ran), ["a.env"]);
        let said = notes(&ran, "policy-from");
        let expected = "--no-config is for the configuration here: that of base holds all the same";
        assert_eq!(said.get(1).map(String::as_str), Some(expected));
    }
    place.run(&["scan", "--no-config"]).ends_with(0);
}

#[test]
fn what_the_revision_says_holds() {
    let key = line(1);
    let mut place = with_base(&[
        ("leeward.toml", "exclude = ['old/', '!old/a.env', '*.txt']\n[rules]\nfiles = ['rules/acme.toml']\n"),
        (
            "rules/acme.toml",
            "[[rule]]\nid = 'acme'\ndescription = 'x'\nseverity = 'high'\nconfidence = 'high'\npattern = 'acme_[a-z]{8}'\n",
        ),
        ("old/a.env", &key),
        ("old/b.env", &key),
    ]);
    // Everything that was there is gone, and the rule is another.
    fs::remove_file(place.work().join("leeward.toml")).expect("our own");
    place.write("sub/leeward.toml", "exclude = ['*']\n");
    let rule = fs::read_to_string(place.work().join("rules/acme.toml")).expect("there");
    place.write("rules/acme.toml", rule.replace("acme_", "other_"));
    place.write("sub/c.md", "acme_qwertyui\n");
    place.write("d.txt", line(2));
    for ran in gates(&mut place, &[], 1) {
        let all = found(&ran);
        assert!(all.contains(&"sub/c.md".to_owned()) && !all.contains(&"d.txt".to_owned()), "{all:?}");
        assert!(!all.contains(&"old/b.env".to_owned()), "{all:?}");
    }
    let ran = place.run(GATES[0]).ends_with(1);
    assert_eq!(found(&ran), ["old/a.env", "sub/c.md"]);
    let said = notes(&ran, "policy-loosened");
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].ends_with("exclude no longer takes in '!old/a.env'"), "{said:?}");
    assert!(said[1].ends_with("rule 'acme' is gone"), "{said:?}");
    let ran = run_in(&place, "sub", &["scan", "--policy-from", "base"]).ends_with(1);
    ran.says("exclude leaves out '*' (leeward.toml:1)");
    // A subdirectory's own file holds as the revision has it, too.
    place.git(&["tag", "--force", "base"]);
    place.write("sub/leeward.toml", "");
    run_in(&place, "sub", &["scan", "--policy-from", "base"]).ends_with(2).says("leaves out everything");
}

#[test]
fn a_revision_that_cannot_be_used_is_refused() {
    let key = key(1);
    let mut place = with_base(&[("leeward.toml", "exlude = []\n")]);
    place.write("leeward.toml", "");
    place.write("a.env", line(1));
    let ran = place.run(GATES[0]).ends_with(2);
    ran.says("base:leeward.toml:1:1: unknown key 'exlude', did you mean 'exclude'?");
    for revision in ["nowhere", "", "base:README", &key, &format!("{key}^")] {
        let ran = place.run(&["scan", "--policy-from", revision]).ends_with(2).says("--policy-from");
        assert!(!(ran.out() + &ran.err()).contains(&key), "{}", ran.err());
    }
    place.git(&["rm", "--quiet", "--cached", "leeward.toml"]);
    fs::remove_file(place.work().join("leeward.toml")).expect("our own");
    place.git(&["commit", "--quiet", "-m", "none"]);
    // A directory, a link, text that is none.
    for (make, says) in [
        (&["sh", "-c", "mkdir leeward.toml; echo x > leeward.toml/x"], "is a directory"),
        (&["sh", "-c", "ln -s elsewhere leeward.toml"], "is a symbolic link"),
        (&["sh", "-c", "printf '\\377' > leeward.toml"], "is not UTF-8 (line 1)"),
    ] {
        let mut shell = crate::support::command(make[0], &place.work(), place.top());
        crate::support::run(shell.args(&make[1..]), None).ends_with(0);
        commit(&mut place, "bad");
        let ran = place.run(&["scan", "--policy-from", "HEAD"]).ends_with(2);
        ran.says(&format!("cannot read the configuration HEAD:leeward.toml: {says}"));
        place.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    }
    // What would come after it is said, and no reason to stop: it loosens nothing.
    place.write("leeward.toml", "[[[\n");
    place.write("a.env", line(1));
    let ran = place.run(&["scan", "--policy-from", "HEAD"]).ends_with(1);
    ran.says("note: what would hold in place of HEAD cannot be used: leeward.toml:1:");
    let elsewhere = Place::new();
    elsewhere.write("a.env", line(1));
    elsewhere.run(&["scan", "--policy-from", "HEAD"]).ends_with(2).says("needs a git repository");
    place
        .run(&["baseline", "update", "--policy-from", "HEAD"])
        .ends_with(2)
        .says("--policy-from is for scans");
}

#[test]
fn comments_that_are_new_are_told_and_can_be_refused() {
    let old = format!("{} # leeward:ignore old\n", line(1).trim());
    let mut place = with_base(&[("old.env", &old), ("moved.env", &old.replace(&key(1), &key(2)))]);
    fs::rename(place.work().join("moved.env"), place.work().join("elsewhere.py")).expect("our own");
    place.write("old.env", format!("# a line above\n\n{old}"));
    place.write("new.env", format!("{} # leeward:ignore new\n", line(3).trim()));
    place.write("copy.env", &old);
    let says = "comments leeward:ignore that base does not have, at 2 places: copy.env:1, new.env:1";
    for (gate, ran) in gates(&mut place, &[], 0).iter().enumerate() {
        assert_eq!(
            notes(ran, "new-suppressions"),
            [format!("{says} (heeded; --deny-new-suppressions would not)")]
        );
        assert!(suppressed(ran).contains(&"inline: new".to_owned()), "{gate}");
    }
    place.git(&["reset", "--quiet", "--soft", "base"]);
    for ran in gates(&mut place, &["--deny-new-suppressions"], 1) {
        assert_eq!(found(&ran), ["copy.env", "new.env"]);
        assert_eq!(notes(&ran, "new-suppressions"), [format!("{says} (not heeded)")]);
        assert!(!suppressed(&ran).contains(&"inline: new".to_owned()));
    }
    let ran = place.run(&["scan", "--policy-from", "base", "--deny-new-suppressions"]).ends_with(1);
    ran.says("new.env:1:17: mistral-api-key").says(&format!("note: {says}"));
    // Without a revision nothing can be told, and a whole history is no change.
    place.run(&["scan", "--deny-new-suppressions"]).ends_with(2).says("--policy-from");
    let args = ["history", "--policy-from", "base", "--deny-new-suppressions"];
    place.run(&args).ends_with(2).says("judges a change");
    // What the revision's baseline accepts needs no comment.
    let mut place = with_base(&[]);
    place.write("new.env", line(3));
    place.run(&["baseline", "create", "--reason", "known"]).ends_with(0);
    place.write("leeward.toml", "baseline = 'leeward.baseline'\n");
    commit(&mut place, "accepted");
    place.git(&["tag", "--force", "base"]);
    place.write("new.env", format!("{} # leeward:ignore twice\n", line(3).trim()));
    gates(&mut place, &["--deny-new-suppressions"], 0);
}

#[test]
fn a_comment_that_moved_is_not_new_and_a_copy_of_it_is() {
    let accepted = |number: usize| format!("{} # leeward:ignore old\n", line(number).trim());
    let base: &[(&str, &str)] = &[
        ("a.env", &format!("A=1\n{}B=2\n{}", accepted(1), accepted(2))),
        ("b.env", "C=3\n"),
        ("c.env", &format!("# leeward:ignore old\n{}", line(3))),
    ];
    let deny = ["--deny-new-suppressions"];
    // Down, up, and with another reason or form, in the same file; to another one; there and into the file of its own.
    let elsewhere = format!("C=3\n{}", accepted(1));
    let without = format!("A=1\nB=2\n{}", accepted(2));
    let changes: &[&[(&str, &str)]] = &[
        &[("a.env", &format!("{}X=0\nA=1\nB=2\n{}", accepted(2), accepted(1)))],
        &[("c.env", &format!("X=0\n\n{} # leeward:ignore said otherwise\n", line(3).trim()))],
        &[("a.env", &without), ("b.env", &elsewhere)],
        &[("a.env", &without), ("new.env", &accepted(1))],
    ];
    for change in changes {
        let mut place = with_base(base);
        change.iter().for_each(|(path, content)| drop(place.write(path, content)));
        for ran in gates(&mut place, &deny, 0) {
            assert_eq!(notes(&ran, "new-suppressions"), [""; 0], "{change:?}");
        }
    }
    // It stays where it was; or there are two of it; or the value is another one.
    let changed = accepted(2).replace(&key(2), &key(4));
    let changes: &[(&[(&str, &str)], &str)] = &[
        (&[("b.env", &elsewhere)], "b.env"),
        (&[("a.env", &without), ("b.env", &elsewhere), ("new.env", &accepted(1))], "new.env"),
        (&[("a.env", &format!("A=1\n{}B=2\n{changed}", accepted(1)))], "a.env"),
    ];
    for (change, is_new) in changes {
        let mut place = with_base(base);
        change.iter().for_each(|(path, content)| drop(place.write(path, content)));
        for ran in gates(&mut place, &deny, 1) {
            assert_eq!(found(&ran), [*is_new], "{change:?}");
        }
    }
}

#[test]
fn a_comment_beside_what_stood_there_is_new() {
    let accepted = format!("{} # leeward:ignore old\n", line(1).trim());
    let beside = format!("{} # leeward:ignore new\n", line(2).trim());
    let changes = [
        (line(2), beside, true),
        (accepted.clone(), format!("A=1\n{accepted}B=2\n{accepted}"), true),
        (accepted.clone() + &accepted, format!("A=1\n{accepted}B=2\n{accepted}"), false),
    ];
    for (before, after, is_new) in changes {
        let mut place = with_base(&[("a.env", &before)]);
        place.write("a.env", &after);
        for ran in gates(&mut place, &["--deny-new-suppressions"], i32::from(is_new)) {
            assert_eq!(found(&ran), vec!["a.env"; usize::from(is_new)], "{after}");
        }
        // Without being asked, it is heeded and told of.
        let mut place = with_base(&[("a.env", &before)]);
        place.write("a.env", &after);
        for ran in gates(&mut place, &[], 0) {
            assert_eq!(notes(&ran, "new-suppressions").len(), usize::from(is_new), "{after}");
        }
    }
}

#[test]
fn what_moved_is_told_by_what_is_judged_and_not_by_the_disk() {
    let accepted = format!("{} # leeward:ignore old\n", line(1).trim());
    let moved = |place: &mut Place| {
        fs::remove_file(place.work().join("old.env")).expect("our own");
        place.write("new.env", &accepted);
        place.git(&["add", "--all"]);
    };
    let range =
        ["range", "base..HEAD", "--policy-from", "base", "--deny-new-suppressions", "--format", "json"];
    let staged = ["staged", "--policy-from", "base", "--deny-new-suppressions", "--format", "json"];
    // It moved, and the disk has it where it was; it did not, and the disk has it no more.
    let mut place = with_base(&[("old.env", &accepted)]);
    moved(&mut place);
    place.write("old.env", &accepted);
    place.run(&staged).ends_with(0);
    place.git(&["commit", "--quiet", "-m", "moved"]);
    place.run(&range).ends_with(0);
    place.git(&["clone", "--quiet", "--bare", ".", "bare.git"]);
    run_in(&place, "bare.git", &range).ends_with(0);
    let mut place = with_base(&[("old.env", &accepted)]);
    place.write("new.env", &accepted);
    place.git(&["add", "--all"]);
    fs::remove_file(place.work().join("old.env")).expect("our own");
    assert_eq!(found(&place.run(&staged).ends_with(1)), ["new.env"]);
    place.git(&["commit", "--quiet", "-m", "copied"]);
    assert_eq!(found(&place.run(&range).ends_with(1)), ["new.env"]);
    // Of two ends, one has it still: each is what it is by itself.
    let mut place = with_base(&[("old.env", &accepted)]);
    place.git(&["checkout", "--quiet", "-b", "side"]);
    place.write("x", "x\n");
    commit(&mut place, "side");
    place.git(&["checkout", "--quiet", "main"]);
    moved(&mut place);
    place.git(&["commit", "--quiet", "-m", "moved"]);
    place.run(&range).ends_with(0);
    let both: Vec<&str> = [&["range", "main side ^base"], &range[2..]].concat();
    place.run(&both).ends_with(0);
    place.git(&["checkout", "--quiet", "side"]);
    place.write("new.env", &accepted);
    commit(&mut place, "copied");
    assert_eq!(found(&place.run(&both).ends_with(1)), ["new.env"]);
}

#[test]
fn a_repository_without_a_work_tree_goes_by_its_head() {
    let mut place = repository();
    place.write("old/a.env", line(1));
    place.write("b.env", line(2));
    place.write("leeward.toml", "exclude = ['old/']\nbaseline = 'accepted'\n");
    place.write("accepted", "");
    commit(&mut place, "one");
    place.git(&["clone", "--quiet", "--bare", ".", "bare.git"]);
    let ran = place.run(&["history", "bare.git", "--format", "json"]).ends_with(1);
    assert_eq!(found(&ran), ["b.env"]);
    assert_eq!(suppressed(&ran), ["config: left out by the configuration"]);
    place.run(&["history", "bare.git", "--no-config"]).ends_with(1).says("old/a.env");
    let ran = place.run(&["history", "bare.git", "--policy-from", "HEAD", "--format", "json"]).ends_with(1);
    assert_eq!(found(&ran), ["b.env"]);
    fs::remove_file(place.work().join("accepted")).expect("our own");
    place.write("leeward.toml", "exlude = []\n");
    commit(&mut place, "two");
    place.git(&["clone", "--quiet", "--bare", ".", "broken.git"]);
    place.run(&["history", "broken.git"]).ends_with(2).says("HEAD:leeward.toml:1:1: unknown key");
    // Nothing was committed: there is nothing to go by.
    place.git(&["init", "--quiet", "--bare", "empty.git"]);
    place.run(&["history", "empty.git"]).ends_with(3);
}
