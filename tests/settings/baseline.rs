//! `leeward baseline` and what a scan makes of the file.

use std::fs;

use super::{found, line, repository, run_in, sha256, suppressed};
use crate::support::place::Place;
use crate::support::values::key;

/// Where a baseline is put when nobody says otherwise.
const FILE: &str = "leeward.baseline";

fn create(place: &Place) {
    place.run(&["baseline", "create", "--reason", "known"]).ends_with(0);
    place.write("leeward.toml", format!("baseline = '{FILE}'\n"));
}

fn entries(place: &Place) -> Vec<String> {
    let text = fs::read_to_string(place.work().join(FILE)).expect("a baseline");
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

/// The line of the `number`th key.
fn entry_of(number: usize) -> String {
    let secret = leeward::secret::Secret::new(key(number).as_bytes());
    format!("{} mistral-api-key known", leeward::pipeline::fingerprint("mistral-api-key", &secret))
}

fn rewrite(place: &Place, change: impl Fn(String) -> String) {
    let text = fs::read_to_string(place.work().join(FILE)).expect("a baseline");
    place.write(FILE, change(text));
}

#[test]
fn what_is_found_is_accepted_by_rule_and_value_alone() {
    let mut place = repository();
    place.write("a.env", line(1));
    place.write("b.env", line(2));
    let ran =
        place.run(&["baseline", "create", "--reason", "known", "--owner", "ada", "--expires", "2999-12-31"]);
    ran.ends_with(0).says("leeward.baseline: 2 findings accepted").says("baseline = \"leeward.baseline\"");
    let lines = entries(&place);
    assert!(lines.is_sorted() && lines.len() == 2, "{lines:?}");
    for (number, line) in (1..).zip(["a.env", "b.env"]) {
        let fields: Vec<&str> = lines[number - 1].split(' ').collect();
        assert_eq!(&fields[1..], ["mistral-api-key", "owner=ada", "expires=2999-12-31", "known"]);
        assert_eq!(fields[0].len(), 64);
        let all = lines.join("\n");
        assert!(
            !all.contains(line) && !all.contains(&key(number)) && !all.contains(&sha256(number)),
            "{all}"
        );
    }
    place.run(&["scan"]).ends_with(1);
    place.run(&["scan", "--baseline", FILE]).ends_with(0).says("2 suppressed").says("by the baseline: known");
    place.write("leeward.toml", format!("baseline = '{FILE}'\n"));
    for format in ["json", "jsonl", "sarif"] {
        place.run(&["scan", "--format", format]).ends_with(0).says("known");
    }
    // It survives a move, a rename, other lines above it, another name for the value.
    fs::create_dir(place.work().join("deep")).expect("our own");
    fs::rename(place.work().join("a.env"), place.work().join("deep/c.py")).expect("our own");
    place.write("deep/c.py", format!("# moved\n\nMistral(\n    api_key='{}')\n", key(1)));
    place.run(&["scan"]).ends_with(0).says("2 suppressed");
    // Another value in the same place is new.
    place.write("b.env", line(3));
    assert_eq!(found(&place.run(&["scan", "--format", "json"]).ends_with(1)), ["b.env"]);
    place.git(&["add", "."]);
    place.run(&["staged", "--format", "json"]).ends_with(1).says("b.env");
    place.write("b.env", line(2));
    place.git(&["add", "."]);
    place.run(&["staged"]).ends_with(0).says("2 suppressed");
    place.git(&["commit", "--quiet", "-m", "one"]);
    // The third key was staged.
    place.git(&["prune", "--expire=now"]);
    place.run(&["history"]).ends_with(0).says("2 suppressed");
}

#[test]
fn to_accept_takes_a_reason_and_writes_nothing_without() {
    let place = repository();
    place.write("k.env", line(9));
    for words in [["--reason", "was"], ["--owner", ""]] {
        let holds = format!("{} MISTRAL={}", words[1], key(8)).trim().to_owned();
        let args = ["baseline", "create", "--reason", "known", words[0], &holds];
        let args = if words[0] == "--reason" { &[args[0], args[1], args[4], args[5]] } else { &args[..] };
        place.run(args).ends_with(2).says("holds what looks like a key");
        assert!(!place.work().join(FILE).exists(), "{args:?}");
    }
    fs::remove_file(place.work().join("k.env")).expect("our own");
    place.write("a.env", line(1));
    let ran = place.run(&["baseline", "create"]).ends_with(2).says("a.env:1:17: mistral-api-key");
    ran.says("1 finding would be accepted, and nobody said why");
    for (args, says) in [
        (&["--reason", ""][..], "the reason is one line"),
        (&["--reason", "two\nlines"], "the reason is one line"),
        (&["--reason", "expires=2999-01-01"], "would be read as something else"),
        (&["--reason", "x", "--owner", "two words"], "the owner is one word"),
        (&["--reason", "x", "--expires", "soon"], "it is a day"),
        (&["--reason", "x", "--expires", "2020-01-01"], "that day is over"),
        (&["--reason", "x", "nowhere"], "nowhere: no such file"),
    ] {
        let args: Vec<&str> = ["baseline", "create"].iter().chain(args).copied().collect();
        place.run(&args).ends_with(2).says(says);
        assert!(!place.work().join(FILE).exists(), "{args:?}");
    }
    create(&place);
    place
        .run(&["baseline", "create", "--reason", "x"])
        .ends_with(2)
        .says("is already there")
        .says("baseline update");
    place.run(&["baseline", "update"]).ends_with(0).says("0 findings accepted, 1 entry in all");
}

#[test]
fn an_entry_without_a_reason_accepts_nothing() {
    let place = repository();
    place.write("a.env", line(1));
    create(&place);
    rewrite(&place, |text| text.replace(" known", ""));
    let says = "the reason is missing: say at the end of the line why this finding is accepted";
    place.run(&["scan", "--baseline", FILE]).ends_with(2).says(says);
    place.run(&["baseline", "update", "--reason", "x"]).ends_with(2).says(says);
}

#[test]
fn update_adds_what_is_new_and_touches_nothing_else() {
    let place = repository();
    place.write("a.env", line(1));
    create(&place);
    rewrite(&place, |text| text.replace("\n\n", "\n\n# asked on the fifth\n"));
    let before = fs::read_to_string(place.work().join(FILE)).expect("there");
    let written = fs::metadata(place.work().join(FILE)).and_then(|meta| meta.modified()).expect("there");
    place.run(&["baseline", "update", "--reason", "new"]).ends_with(0);
    assert_eq!(
        fs::metadata(place.work().join(FILE)).and_then(|meta| meta.modified()).expect("there"),
        written
    );
    for number in 2..9 {
        place.write(format!("{number}.env"), line(number));
    }
    place.run(&["baseline", "update"]).ends_with(2).says("7 findings would be accepted");
    assert_eq!(fs::read_to_string(place.work().join(FILE)).expect("there"), before);
    place
        .run(&["baseline", "update", "--reason", "new"])
        .ends_with(0)
        .says("7 findings accepted, 8 entries in all");
    let lines = entries(&place);
    assert!(lines.is_sorted(), "{lines:?}");
    assert_eq!(lines.iter().filter(|line| line.ends_with(" new")).count(), 7);
    let text = fs::read_to_string(place.work().join(FILE)).expect("there");
    let known = lines.iter().find(|line| line.ends_with(" known")).expect("it stays");
    assert!(text.contains(&format!("# asked on the fifth\n{known}\n")), "{text}");
}

#[test]
fn what_is_unused_or_expired_is_said_and_pruned() {
    let place = repository();
    place.write("a.env", line(1));
    place.write("b.env", line(2));
    place.write("c.env", line(3));
    create(&place);
    fs::remove_file(place.work().join("a.env")).expect("our own");
    let unused = "1 entry of leeward.baseline matched nothing here";
    place.run(&["scan"]).ends_with(0).says(&format!("note: {unused}"));
    let ran = place.run(&["scan", "--format", "json"]).ends_with(0);
    assert_eq!(ran.json()["scan"]["notes"][0]["kind"], "baseline-unused");
    place.run(&["scan", "--format", "jsonl"]).ends_with(0).says(unused);
    place.run(&["scan", "--format", "sarif"]).ends_with(0).says(unused);
    // What is scanned in part says nothing of the rest.
    let ran = place.run(&["scan", "b.env", "--format", "json"]).ends_with(0);
    assert!(ran.json()["scan"]["notes"].is_null(), "{}", ran.out());
    rewrite(&place, |text| {
        text.replace(&entry_of(2), &entry_of(2).replace("known", "expires=2020-02-29 known"))
    });
    let text = fs::read_to_string(place.work().join(FILE)).expect("there");
    let number = text.lines().position(|line| line.contains("expires=2020")).expect("there") + 1;
    let says = format!("note: {FILE}:{number}: accepted until 2020-02-29 (known), and reported again since");
    place.run(&["scan"]).ends_with(1).says(&says).says(unused);
    rewrite(&place, |text| {
        text.replace(&entry_of(1), &entry_of(1).replace("known", "expires=2020-02-29 known"))
    });
    place.run(&["scan"]).ends_with(1).says(&format!("{unused}, and expired before; "));
    // Nor does it take anything out but what is over.
    let before = fs::read_to_string(place.work().join(FILE)).expect("there");
    place.write("sub/d.env", line(4));
    let ran =
        place.run(&["baseline", "prune", "sub"]).ends_with(0).says("2 entries taken out, 1 entry in all");
    ran.says("1 entry matches nothing here, which is a part");
    fs::write(place.work().join(FILE), before).expect("writable");
    let ran = place.run(&["baseline", "prune"]).ends_with(0).says("(known): matches nothing");
    ran.says("(known): expired").says("2 entries taken out, 1 entry in all");
    assert_eq!(entries(&place), [entry_of(3)]);
    let after = fs::read_to_string(place.work().join(FILE)).expect("there");
    place.run(&["baseline", "prune"]).ends_with(0).says("0 entries taken out");
    assert_eq!(fs::read_to_string(place.work().join(FILE)).expect("there"), after);
}

#[test]
fn what_is_not_on_disk_is_told_and_keeps_its_entry() {
    let mut place = repository();
    place.write("here/a.env", line(1));
    place.write("there/b.env", line(2));
    create(&place);
    place.git(&["add", "."]);
    place.git(&["commit", "--quiet", "--no-verify", "--message", "all"]);
    place.git(&["sparse-checkout", "set", "here"]);
    let ran = place.run(&["scan", "--format", "json"]).ends_with(0);
    let skipped = &ran.json()["scan"]["coverage"]["skipped"][0];
    assert_eq!((&skipped["count"], &skipped["examples"][0]), (&1.into(), &"there/b.env".into()));
    assert!(ran.json()["scan"]["notes"].is_null(), "{}", ran.out());
    place
        .run(&["baseline", "prune"])
        .ends_with(0)
        .says("tracked files are not on disk")
        .says("0 entries taken out");
    place.git(&["sparse-checkout", "disable"]);
    place.run(&["baseline", "prune"]).ends_with(0).says("0 entries taken out");
    assert_eq!(entries(&place).len(), 2);
}

#[test]
fn an_expired_entry_is_renewed_by_update() {
    let place = repository();
    place.write("a.env", line(1));
    create(&place);
    rewrite(&place, |text| text.replace(" known", " expires=2020-02-29 known"));
    place.run(&["scan"]).ends_with(1).says("accepted until 2020-02-29 (known), and reported again since");
    place.run(&["staged"]).ends_with(0);
    place.run(&["baseline", "update", "--reason", "still", "--expires", "2999-01-01"]).ends_with(0);
    place.run(&["scan"]).ends_with(0).says("by the baseline: still");
    assert_eq!(entries(&place).len(), 1);
}

#[test]
fn renewing_keeps_what_people_wrote() {
    let place = repository();
    place.write("a.env", line(1));
    create(&place);
    rewrite(&place, |text| {
        let entry = text.lines().find(|line| line.ends_with(" known")).expect("there").to_owned();
        text.replace(
            &entry,
            &format!("# ask Ada\n{}", entry.replace(" known", " owner=ada expires=2020-02-29 known")),
        )
    });
    let before = fs::read_to_string(place.work().join(FILE)).expect("there");
    // For good is not what was said.
    let ran = place.run(&["baseline", "update", "--reason", "still"]).ends_with(2);
    ran.says("was accepted until 2020-02-29 (known)").says("--expires never").says("nothing was written");
    assert_eq!(fs::read_to_string(place.work().join(FILE)).expect("there"), before);
    place.run(&["baseline", "update", "--expires", "2999-01-01"]).ends_with(0);
    assert_eq!(
        fs::read_to_string(place.work().join(FILE)).expect("there"),
        before.replace("2020-02-29", "2999-01-01")
    );
    rewrite(&place, |text| text.replace("2999-01-01", "2020-02-29"));
    place
        .run(&["baseline", "update", "--expires", "never", "--owner", "grace", "--reason", "x y"])
        .ends_with(0);
    let after = before.replace(" expires=2020-02-29", "").replace("=ada known", "=grace x y");
    assert_eq!(fs::read_to_string(place.work().join(FILE)).expect("there"), after);
    // What is new besides has to have a reason.
    rewrite(&place, |_| before.clone());
    place.write("b.env", line(2));
    place.run(&["baseline", "update", "--expires", "2999-01-01"]).ends_with(2).says("nobody said why");
}

#[test]
fn the_baseline_of_a_history_is_made_of_it() {
    let mut place = repository();
    place.write("a.env", line(1));
    place.git(&["add", "."]);
    place.git(&["commit", "--quiet", "-m", "one"]);
    place.git(&["rm", "--quiet", "a.env"]);
    place.git(&["commit", "--quiet", "-m", "two"]);
    place.write("b.txt", "x");
    place.run(&["baseline", "create"]).ends_with(0).says("0 findings accepted, 0 entries");
    place.write("leeward.toml", format!("baseline = '{FILE}'\n"));
    place.run(&["history"]).ends_with(1);
    place.run(&["baseline", "update", "--history", "--reason", "revoked"]).ends_with(0);
    place.run(&["history"]).ends_with(0).says("by the baseline: revoked");
    place.run(&["baseline", "prune", "--history"]).ends_with(0).says("0 entries taken out");
    place.run(&["baseline", "prune"]).ends_with(0).says("1 entry taken out");
}

#[test]
fn an_incomplete_scan_takes_nothing_out() {
    let place = repository();
    place.write("a.env", line(1));
    create(&place);
    fs::remove_file(place.work().join("a.env")).expect("our own");
    fs::write(place.work().join(".git/index"), "DIRC and no more").expect("our own");
    let before = entries(&place);
    place
        .run(&["baseline", "prune"])
        .ends_with(3)
        .says("nothing was taken out")
        .says("the index cannot be read");
    assert_eq!(entries(&place), before);
    place.write("b.env", line(2));
    place.run(&["baseline", "update", "--reason", "x"]).ends_with(3).says("1 finding accepted");
}

#[test]
fn branches_merge() {
    for (known, union) in [(60, false), (2, true)] {
        let mut place = repository();
        (1..=known).for_each(|number| drop(place.write(format!("{number}.env"), line(number))));
        create(&place);
        if union {
            place.write(".gitattributes", format!("{FILE} merge=union\n"));
        }
        let accept = |place: &mut Place, branch: &str, numbers: [usize; 2]| {
            place.git(&["checkout", "--quiet", "-b", branch, "main"]);
            numbers.iter().for_each(|number| drop(place.write(format!("{number}.env"), line(*number))));
            place.run(&["baseline", "update", "--reason", branch]).ends_with(0);
            place.git(&["add", "."]);
            place.git(&["commit", "--quiet", "-m", branch]);
        };
        place.git(&["add", "."]);
        place.git(&["commit", "--quiet", "-m", "main"]);
        accept(&mut place, "ours", [91, 92]);
        accept(&mut place, "theirs", [93, 94]);
        place.git(&["merge", "--quiet", "ours", "-m", "merged"]);
        let all = known + 4;
        assert_eq!(entries(&place).len(), all);
        place.run(&["scan"]).ends_with(0).says(&format!("{all} suppressed"));
        place.run(&["baseline", "update"]).ends_with(0);
        assert!(entries(&place).is_sorted());
    }
}

#[test]
fn a_baseline_that_cannot_be_used_is_refused_and_not_repeated() {
    let mut place = repository();
    place.write("a.env", line(1));
    create(&place);
    let good = entries(&place).pop().expect("an entry");
    let key = key(7);
    for (text, says) in [
        (
            format!("{key} mistral-api-key x"),
            "leeward.baseline:1: a line begins with a finding's fingerprint",
        ),
        (format!("# x\n{}", key.repeat(2)), "leeward.baseline:2: a line begins with a finding's fingerprint"),
        (good.split(' ').next().unwrap_or_default().to_owned(), "the rule's id is missing"),
        (good.replace("known", &format!("expires={key} x")), "'expires' takes a day"),
        (good.replace("known", &format!("{key}= x")), "before the reason there are"),
        (good.replace("known", &format!("expires{key}=x")), "before the reason there are"),
        (good.replace("known", "owner=a expires=2030-01-02 owner=b known"), "'owner=' stands there twice"),
        (good.replace("known", "exipres=2030-01-01"), "did you mean 'expires='?"),
        (
            format!("<<<<<<< HEAD\n{good}\n=======\n>>>>>>> other"),
            "leeward.baseline:1: git left a merge conflict there",
        ),
    ] {
        place.write(FILE, text);
        place.git(&["add", FILE, "leeward.toml"]);
        for args in
            [&["scan"][..], &["staged"], &["history"], &["baseline", "update"], &["baseline", "prune"]]
        {
            let ran = place.run(args).ends_with(2).says(says);
            assert!(!(ran.out() + &ran.err()).contains(&key), "{args:?}: {}", ran.err());
        }
    }
    // What an editor puts before it says nothing.
    place.write(FILE, format!("\u{feff}{good}\n"));
    place.run(&["scan", "a.env"]).ends_with(0).says("1 suppressed");
    // A reason is repeated, and what looks like a key in it is masked.
    place.write(FILE, good.replace("known", &format!("known, unlike {key}")));
    for format in ["text", "json", "jsonl", "sarif"] {
        let ran = place.run(&["scan", "a.env", "--format", format]).ends_with(0).says("known, unlike");
        assert!(!(ran.out() + &ran.err()).contains(&key), "{format}: {}", ran.out());
    }
    rewrite(&place, |text| text.replace("mistral-api-key", "other-rule"));
    place.run(&["scan"]).ends_with(1).says("matched nothing");
}

#[test]
fn the_baseline_is_beside_the_configuration() {
    let place = repository();
    place.write("sub/a.env", line(1));
    place.write("leeward.toml", "baseline = 'policy/accepted'\n");
    fs::create_dir(place.work().join("policy")).expect("our own");
    run_in(&place, "sub", &["scan"]).ends_with(2).says("policy/accepted: no such file");
    run_in(&place, "sub", &["baseline", "create", "--reason", "known"]).ends_with(0);
    run_in(&place, "sub", &["scan"]).ends_with(0);
    assert!(place.work().join("policy/accepted").exists());
    let ran = run_in(&place, "sub", &["scan", "--format", "json"]).ends_with(0);
    assert_eq!(suppressed(&ran), ["baseline: known"]);
    // A place that cannot be written.
    place.write("leeward.toml", "baseline = 'nowhere/accepted'\n");
    place
        .run(&["baseline", "create", "--reason", "known"])
        .ends_with(3)
        .says("nowhere/accepted: No such file");
}

#[test]
fn what_is_accepted_stays_so_in_a_rebase() {
    let mut place = repository();
    place.write("a.env", line(1));
    place.git(&["add", "."]);
    place.git(&["commit", "--quiet", "-m", "base"]);
    place.git(&["checkout", "--quiet", "-b", "feature"]);
    place.write("b.env", format!("# b\n{}", line(2)));
    create(&place);
    place.git(&["add", "."]);
    place.git(&["commit", "--quiet", "-m", "two, accepted"]);
    place.write("b.env", format!("# b\n\n{}", line(2)));
    place.git(&["commit", "--quiet", "-a", "-m", "moved down"]);
    place.git(&["mv", "b.env", "c.env"]);
    place.git(&["commit", "--quiet", "-m", "renamed"]);
    place.git(&["checkout", "--quiet", "main"]);
    place.write("other.txt", "other\n");
    place.git(&["add", "."]);
    place.git(&["commit", "--quiet", "-m", "meanwhile"]);
    place.git(&["checkout", "--quiet", "feature"]);
    let before = entries(&place);
    place.git(&["rebase", "--quiet", "main"]);
    assert_eq!(entries(&place), before);
    place.run(&["range", "main..HEAD"]).ends_with(0).says("suppressed");
    place.run(&["scan"]).ends_with(0).says("2 suppressed");
    place.run(&["history"]).ends_with(0).says("2 suppressed");
    place.run(&["baseline", "update", "--reason", "known"]).ends_with(0);
    assert_eq!(entries(&place), before, "nothing to add");
}

#[test]
fn what_is_written_is_to_be_staged() {
    let place = repository();
    place.write("a.env", line(1));
    let create = ["baseline", "create", "--reason", "known", "--baseline", "my file"];
    let said = "commits go by what is staged, and pushes by what is committed: git add 'my file'";
    place.run(&create).ends_with(0).says(said);
    let update = ["baseline", "update", "--reason", "known", "--baseline", "my file"];
    let again = place.run(&update).ends_with(0);
    assert!(!again.out().contains("git add"), "nothing was written: {}", again.out());
    place.write("sub/b.env", line(2));
    run_in(&place, "sub", &["baseline", "update", "--reason", "known", "--baseline", "../my file"])
        .ends_with(0)
        .says("git add");
    // Where nobody commits, nothing is said of it.
    let alone = Place::new();
    alone.write("a.env", line(1));
    let ran = alone.run(&create).ends_with(0);
    assert!(!ran.out().contains("git add"), "{}", ran.out());
}
