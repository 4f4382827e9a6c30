//! What is told of a key's history: whether it is still there, how far it got, how long it was exposed, and what to do.

mod begun;
mod branches;
mod exposure;
mod in_the_way;
mod names;
mod notes;
mod nothing_lost;
mod refs;
mod reftables;
mod remedies;
mod remotes;
mod staged;

use std::fs;

use serde_json::{Value, json};

use crate::support::place::Place;
use crate::support::values::key;

/// The line of a settings file that holds a key.
fn line(number: usize) -> String {
    format!("MISTRAL_API_KEY={}\n", key(number))
}

/// A key in every state, each in a file of that name: pushed and removed again after two days, not pushed, in the last
/// commit, staged.
fn every_state() -> Place {
    let mut place = Place::new();
    place.init();
    let origin = place.top().join("origin.git");
    place.git(&["init", "--quiet", "--bare", &origin.display().to_string()]);
    place.git(&["remote", "add", "origin", &origin.display().to_string()]);
    let commit = |place: &mut Place, file: &str, number| {
        place.write(file, line(number));
        place.git(&["add", "--all"]);
        place.git(&["commit", "--quiet", "--message", file]);
    };
    commit(&mut place, "pushed", 1);
    place.write("unrelated", "x\n");
    place.git(&["add", "--all"]);
    place.git(&["commit", "--quiet", "--message", "unrelated"]);
    place.git(&["rm", "--quiet", "pushed"]);
    place.git(&["commit", "--quiet", "--message", "without"]);
    place.git(&["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    commit(&mut place, "unpushed", 2);
    commit(&mut place, "last", 3);
    place.write("staged", line(4));
    place.git(&["add", "staged"]);
    place
}

/// Of each finding, the path of its first location and what `pointer` has.
fn told(report: &Value, pointer: &str) -> Vec<(String, Value)> {
    let findings = report["findings"].as_array().expect("findings").iter();
    findings
        .map(|finding| {
            let path = finding.pointer("/locations/0/path").and_then(Value::as_str).unwrap_or_default();
            (path.to_owned(), finding.pointer(pointer).cloned().unwrap_or_default())
        })
        .collect()
}

fn pairs<const N: usize>(pairs: [(&str, Value); N]) -> Vec<(String, Value)> {
    pairs.into_iter().map(|(path, value)| (path.to_owned(), value)).collect()
}

#[test]
fn history_tells_states_and_exposure() {
    let place = every_state();
    let ran = place.run(&["history", "--format=json"]);
    assert_eq!(ran.status, Some(1), "{}", ran.err());
    let report = ran.json();
    let states = [
        ("last", json!("last-commit")),
        ("pushed", json!("pushed")),
        ("staged", json!("staged")),
        ("unpushed", json!("unpushed")),
    ];
    assert_eq!(told(&report, "/containment/state"), pairs(states));
    let in_head =
        [("last", json!(true)), ("pushed", json!(false)), ("staged", json!(true)), ("unpushed", json!(true))];
    assert_eq!(told(&report, "/in_head"), pairs(in_head));
    let days =
        [("last", Value::Null), ("pushed", json!(2)), ("staged", Value::Null), ("unpushed", Value::Null)];
    assert_eq!(told(&report, "/exposure/days"), pairs(days));
    assert_eq!(told(&report, "/containment/remotes")[1].1, json!(["origin"]));
}

#[test]
fn reports_are_sorted_as_asked() {
    let place = every_state();
    let order = |sort: &str| {
        let report = place.run(&["history", "--format=json", "--sort", sort]).json();
        told(&report, "/in_head").into_iter().map(|(path, _)| path).collect::<Vec<_>>()
    };
    assert_eq!(order("location"), ["last", "pushed", "staged", "unpushed"]);
    // What HEAD holds is exposed to this day.
    assert_eq!(order("exposure"), ["unpushed", "last", "pushed", "staged"]);
    assert_eq!(order("date"), ["staged", "last", "unpushed", "pushed"]);
    assert_eq!(place.run(&["history", "--sort", "size"]).status, Some(2));
}

#[test]
fn what_is_reachable_is_told_with_everything_that_has_it() {
    let mut place = every_state();
    place.git(&["branch", "--quiet", "old", "HEAD~4"]);
    let report = place.run(&["history", "--format=json", "--reachable", "old"]).json();
    let refs = json!(["refs/heads/main", "refs/heads/old", "refs/remotes/origin/main"]);
    assert_eq!(told(&report, "/containment/refs"), pairs([("pushed", refs)]));
}

#[test]
fn each_state_has_its_remedy() {
    let place = every_state();
    let text = place.run(&["history"]).out();
    let commands: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("      ")).collect();
    for expected in [
        "GIT_NO_REPLACE_OBJECTS=1 git -c safe.bareRepository=all -C \"$work/copy.git\" filter-repo --prune-empty never --replace-text \"$work/expressions.txt\" \
         --replace-message \"$work/expressions.txt\" --strip-blobs-with-ids \"$work/blobs.txt\"",
        "unchanged && git --git-dir \"$work/copy.git\" push --force --prune \"$url\" 'refs/replace/*:refs/replace/*' && git --git-dir \"$work/copy.git\" push --force \"$url\" 'refs/*:refs/*'",
        "git diff --exit-code --name-only -- :/staged && git reset -q -- :/staged",
    ] {
        assert!(commands.contains(&expected), "{expected} in {commands:?}");
    }
    // It passes the last commit as well.
    let rebases: Vec<_> =
        commands.iter().filter(|command| command.contains(" rebase --rebase-merges")).collect();
    assert_eq!(rebases.len(), 1, "{commands:?}");
    assert!(!commands.iter().any(|command| command.starts_with("git commit --amend")), "{commands:?}");
    let staged = place.run(&["staged"]);
    assert!(staged.out().contains(" && git reset -q -- :/staged\n"), "{}", staged.out());
}

#[test]
fn the_remedies_do_what_they_say() {
    let mut place = every_state();
    place.git(&["reset", "-q", "--", "staged"]);
    fs::remove_file(place.work().join("staged")).expect("it was written");
    place.git(&["reset", "--quiet", "--soft", "HEAD~2"]);
    place.git(&["commit", "--quiet", "--message", "last"]);
    place.write("last", "MISTRAL_API_KEY=\n");
    let text = place.run(&["history"]).out();
    let amend = "commit --amend --no-edit --cleanup=verbatim --allow-empty --only -- :/last :/unpushed";
    let checked =
        format!("      git ls-files --error-unmatch -- :/last :/unpushed >/dev/null && git {amend}\n");
    assert!(text.contains(&checked), "{text}");
    place.git(&amend.split(' ').collect::<Vec<_>>());
    let report = place.run(&["history", "--format=json", "--reachable"]).json();
    assert_eq!(told(&report, "/in_head"), pairs([("pushed", json!(false)), ("unpushed", json!(true))]));
}

#[test]
fn the_remedy_for_the_last_commit_fits_files_that_are_gone_as_well() {
    let mut place = remedies::pushed();
    place.write("older.env", line(1));
    remedies::commit(&mut place, "in another file at first");
    place.git(&["mv", "older.env", "kept.env"]);
    place.write("untracked.env", line(2));
    place.write("gone.env", line(3) + "OTHER=1\n");
    place.git(&["add", "--all"]);
    place.git(&["commit", "--quiet", "--amend", "--message", "last"]);
    place.write("kept.env", line(1) + "STAGED=1\n");
    place.git(&["add", "kept.env"]);
    place.write("kept.env", "MISTRAL_API_KEY=\n");
    place.git(&["rm", "--quiet", "--cached", "untracked.env", "gone.env"]);
    fs::remove_file(place.work().join("gone.env")).expect("it was written");
    place.write("other", "x\n");
    place.git(&["add", "other"]);
    let told = remedies::commands(&place, &["history"]);
    let [unstage, without, amend] = &told[..] else { panic!("{told:?}") };
    // What is staged is nowhere else.
    remedies::paste(&place, ".", unstage).ends_with(1).says("kept.env");
    let unstage = unstage.split(" && ").nth(1).expect("a command");
    assert!(unstage.starts_with("git reset -q -- "), "{unstage}");
    for command in [unstage, without, amend] {
        remedies::paste(&place, ".", command).ends_with(0);
    }
    assert!(
        without.contains(" :/gone.env :/untracked.env ") && amend.ends_with(" --only -- :/kept.env"),
        "{told:?}"
    );
    place.run(&["history", "--reachable"]).ends_with(0);
    assert_eq!(place.git(&["show", "--format=", "--name-only", "HEAD"]).out(), "kept.env\n");
    assert_eq!(place.git(&["diff", "--cached", "--name-only"]).out(), "other\n", "it stays staged, alone");
    assert!(place.work().join("untracked.env").exists(), "it stays on disk");
    // What was taken out of the index meanwhile is not put back.
    place.git(&["rm", "--quiet", "--cached", "kept.env"]);
    remedies::paste(&place, ".", amend).ends_with(1);
    assert_eq!(place.git(&["ls-files", "kept.env"]).out(), "");
}

#[test]
fn expressions_are_written_on_request_alone_and_outside() {
    let mut place = every_state();
    let file = place.top().join("keys.txt");
    assert!(!file.exists());
    let written = place.run(&["history", "--write-expressions", &file.display().to_string()]);
    assert_eq!(written.status, Some(1), "{}", written.err());
    let mut lines: Vec<String> =
        fs::read_to_string(&file).expect("it was asked for").lines().map(str::to_owned).collect();
    lines.sort();
    let mut expected: Vec<String> =
        (1..=4).map(|number| format!("literal:{}==>***REMOVED***", key(number))).collect();
    expected.sort();
    assert_eq!(lines, expected);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&file).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "for its owner alone");
    }
    assert!((1..=4).all(|number| !written.out().contains(&key(number))), "and nowhere else");

    fs::create_dir(place.work().join("sub")).expect("a new directory");
    std::os::unix::fs::symlink(place.work(), place.top().join("link")).expect("a link");
    let top = place.top().display().to_string();
    place.git(&["worktree", "add", "--quiet", "../other"]);
    for refused in [
        "../other/keys.txt",
        "keys.txt",
        "sub/keys.txt",
        ".git/keys.txt",
        &format!("{top}/link/keys.txt"),
        &format!("{top}/keys.txt"),
        &format!("{top}/none/keys.txt"),
        "..",
    ] {
        let ran = place.run(&["history", "--write-expressions", refused]);
        assert_eq!((ran.status, ran.out()), (Some(2), String::new()), "{refused}: {}", ran.err());
    }
    assert!(!place.work().join("keys.txt").exists());
}

#[test]
fn what_is_encoded_is_replaced_as_it_stands_and_what_is_no_text_goes_by_id() {
    let mut place = Place::new();
    place.init();
    let mut commit = |file: &str, content: &[u8]| {
        place.write(file, content);
        place.git(&["add", "--all"]);
        place.git(&["commit", "--quiet", "--message", file]);
        place.git(&["rev-parse", &format!(":{file}")]).out()
    };
    let hex = remedies::coded(1);
    commit("hex.env", hex.as_bytes());
    let joined = format!("\"{}\"\n  \"{}\"", &key(2)[..9], &key(2)[9..]);
    commit("joined.py", format!("MISTRAL_API_KEY = ({joined})\n").as_bytes());
    let wide: Vec<u8> = line(3).encode_utf16().flat_map(u16::to_le_bytes).collect();
    // Every version, and not the first of a file alone.
    let mut ids = vec![commit("wide.env", &wide), commit("wide.env", &[&wide[..], &wide].concat())];
    ids.push(commit("binary", &[line(4).as_bytes(), b"\0"].concat()));
    ids.push(commit("hex.bin", &[hex.as_bytes(), b"\0"].concat()));
    // What is far from the beginning makes nothing binary.
    commit("text", &[line(4).as_bytes(), &b"text\n".repeat(2000), b"\0"].concat());
    place.run(&["history", "--write-expressions=../keys.txt", "--write-blobs=../blobs.txt"]).ends_with(1);
    let read = |file: &str| fs::read_to_string(place.top().join(file)).expect("it was asked for");
    ids.sort();
    assert_eq!(read("blobs.txt"), ids.concat());
    let lines = read("keys.txt");
    let encoded = hex.trim_end().rsplit('=').next().expect("a value");
    assert!(lines.contains(&format!("literal:{encoded}==>***REMOVED***\n")), "{lines}");
    // Python reads it so.
    let pattern =
        lines.lines().find_map(|line| line.strip_prefix("regex:")?.strip_suffix("==>***REMOVED***"));
    let pattern = regex::Regex::new(pattern.expect("one has two lines")).expect("a pattern");
    let text = joined.trim_matches('"');
    assert_eq!(pattern.find(text).map(|found| found.range()), Some(0..text.len()), "{pattern}");
    assert!(
        place.run(&["history", "--write-blobs=../blobs.txt"]).ends_with(2).err().contains("not written over")
    );
}

#[test]
fn a_scan_of_files_knows_what_head_holds() {
    let mut place = Place::new();
    place.init();
    place.write("committed", line(1));
    place.write("changed", line(2));
    // The second time in another encoding, which nobody sees in the bytes.
    let encoded = key(3).bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    place.write("hex.env", format!("MISTRAL_API_KEY={encoded}\n"));
    place.git(&["add", "--all"]);
    place.git(&["commit", "--quiet", "--message", "first"]);
    place.write("changed", line(4));
    place.write("staged", line(5));
    place.git(&["add", "staged"]);
    place.write("new", line(6));
    let report = place.run(&["scan", "--format=json", "."]).json();
    let expected = [
        ("changed", json!(false)),
        ("committed", json!(true)),
        ("hex.env", json!(true)),
        ("new", json!(false)),
        ("staged", json!(true)),
    ];
    assert_eq!(told(&report, "/in_head"), pairs(expected));
    let report = place.run(&["scan", "--format=json", "committed"]).json();
    assert_eq!(told(&report, "/in_head"), pairs([("committed", json!(true))]));
    let report = place.run(&["staged", "--format=json"]).json();
    assert_eq!(told(&report, "/in_head"), pairs([("staged", json!(true))]));
}

#[test]
fn that_the_index_cannot_be_read_is_said() {
    let mut place = Place::new();
    place.init();
    place.write("a.env", line(1));
    place.git(&["add", "--all"]);
    place.git(&["commit", "--quiet", "--message", "first"]);
    place.write("b.env", line(2));
    place.git(&["add", "--all"]);
    place.git(&["rm", "--quiet", "--cached", "a.env"]);
    fs::write(place.work().join(".git/index"), "DIRC and no more").expect("a file of ours");
    for args in [&["history"][..], &["range", "HEAD"], &["scan"], &["scan", "a.env"]] {
        let ran = place.run(&[args, &["--format=json"]].concat()).ends_with(3);
        let report = ran.json();
        let kinds: Vec<_> = report["issues"].as_array().expect("issues").iter().map(|i| &i["kind"]).collect();
        assert_eq!(kinds, ["unreadable-index"], "{args:?}: {}", ran.err());
    }
}
