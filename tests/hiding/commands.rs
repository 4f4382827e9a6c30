//! What each command finds in the repository, and that none of them runs anything of it.

use super::{From, Hiding, assert_finds, issues};
use crate::support::Ran;

/// Runs the program at the top of the repository.
fn go(hiding: &Hiding, args: &[&str], status: i32) -> Ran {
    let ran = hiding.place.run(&[args, &["--format=json"]].concat()).ends_with(status);
    assert!(!hiding.trap().exists(), "{args:?} ran something of the repository");
    ran
}

#[test]
fn commands_find_what_they_are_asked_for() {
    let hiding = Hiding::new(&[]);
    let ran = go(&hiding, &["history", "--reachable"], 1);
    let reachable = |from: From| matches!(from, From::Ref | From::Name);
    let expected = hiding.hidden.iter().filter(|hidden| reachable(hidden.from));
    assert_finds(&ran, &hiding, expected, "history --reachable");

    let ran = go(&hiding, &["range", "--all"], 1);
    let expected = hiding.hidden.iter().filter(|hidden| hidden.from == From::Ref);
    assert_finds(&ran, &hiding, expected, "range --all");

    scan_finds_what_is_on_disk(&hiding);

    let ran = go(&hiding, &["staged"], 1);
    let expected = hiding.hidden.iter().filter(|hidden| hidden.from == From::Index);
    assert_finds(&ran, &hiding, expected, "staged");

    for (revision, what) in [
        ("refs/pull/9/head", "pull request"),
        ("root", "another root"),
        ("v2", "tagger"),
        ("refs/replace/*", "commit in its place"),
    ] {
        let range = match revision.ends_with('*') {
            true => format!("--glob={revision} --not main"),
            false => format!("{revision} --not main"),
        };
        let expected = hiding.hidden.iter().filter(|hidden| hidden.what == what);
        assert_finds(&go(&hiding, &["range", &range], 1), &hiding, expected, &range);
    }
    let ran = go(&hiding, &["history", "--reachable", "root"], 1);
    assert_finds(&ran, &hiding, hiding.hidden.iter().filter(|hidden| hidden.what == "another root"), "root");
    let ran = go(&hiding, &["history", "--reachable", "nowhere"], 3);
    assert_eq!(issues(&ran), ["bad-revision"]);
}

fn scan_finds_what_is_on_disk(hiding: &Hiding) {
    let ran = go(hiding, &["scan"], 1);
    let on_disk = [
        "file",
        "file without diff",
        "file with text conversion",
        "bytes",
        "UTF-16",
        "odd path",
        "executable",
        "rename with a change",
        "link that became a file",
        "file name",
        "directory name",
        "link target",
        "submodule path",
    ];
    let mut expected = Vec::new();
    for hidden in hiding.hidden.iter().filter(|hidden| on_disk.contains(&hidden.what)) {
        let mut hidden = hidden.clone();
        hidden.commit = None;
        if hidden.kind == "blob" {
            hidden.kind = "file";
        }
        expected.push(hidden);
    }
    assert_eq!(expected.len(), on_disk.len());
    assert_finds(&ran, hiding, &expected, "scan");
}
