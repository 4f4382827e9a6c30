//! Files that cannot be read, that are none, or of which there are none.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use super::{is_root, line, with_a_key};
use crate::support::place::Place;
use crate::support::values::key;
use crate::support::{copy_binary, run};

/// The user id that systems give to nobody.
const NOBODY: u32 = 65534;

fn fifo(place: &Place, name: &str) {
    let made = Command::new("mkfifo").arg(place.work().join(name)).status().expect("mkfifo is there");
    assert!(made.success());
}

/// Runs as a user to whom something can be forbidden.
pub(crate) fn run_as_nobody(place: &Place, args: &[&str]) -> crate::support::Ran {
    let mut leeward = place.leeward(args);
    if is_root() {
        // The binary may stand where only root gets to.
        let copy = place.top().join("leeward");
        copy_binary(&copy);
        for path in [place.top(), &copy] {
            fs::set_permissions(path, Permissions::from_mode(0o755)).expect("our own");
        }
        leeward = crate::support::command(&copy, &place.work(), place.top());
        leeward.args(args).uid(NOBODY).gid(NOBODY);
    }
    run(&mut leeward, None)
}

#[test]
fn a_file_that_may_not_be_read_makes_the_scan_incomplete() {
    let place = with_a_key();
    let closed = place.write("closed.env", line(2));
    fs::set_permissions(&closed, Permissions::from_mode(0o000)).expect("our own");
    let ran = run_as_nobody(&place, &["scan"]).ends_with(3);
    ran.says("a.env:1:17: mistral-api-key")
        .says("closed.env: permission denied (unreadable)")
        .says("INCOMPLETE");
    let ran = run_as_nobody(&place, &["scan", "--allow-incomplete"]).ends_with(1);
    ran.says("closed.env: permission denied").says("INCOMPLETE");
    let ran = run_as_nobody(&place, &["scan", "--allow-incomplete", "--exit-zero"]).ends_with(0);
    ran.says("closed.env: permission denied");
    run_as_nobody(&place, &["scan", "--exit-zero"]).ends_with(3);
    run_as_nobody(&place, &["scan", "closed.env"]).ends_with(3).says("this is not a clean result");
    let report = run_as_nobody(&place, &["scan", "--format", "json"]).ends_with(3);
    let json = report.json();
    assert_eq!(json["scan"]["complete"], false);
    assert_eq!(json["issues"][0]["path"], "closed.env");
    assert_eq!(json["findings"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_directory_that_may_not_be_read_makes_the_scan_incomplete() {
    let place = with_a_key();
    place.write("closed/b.env", line(2));
    let closed = place.work().join("closed");
    fs::set_permissions(&closed, Permissions::from_mode(0o000)).expect("our own");
    let says = "  closed: permission denied (unreadable)";
    run_as_nobody(&place, &["scan"]).ends_with(3).says(says).says("a.env:1:17");
    fs::set_permissions(&closed, Permissions::from_mode(0o755)).expect("our own");
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_whose_reading_fails_makes_the_scan_incomplete() {
    // Nothing is mapped at address 0, so this fails for everybody.
    let ran = with_a_key().run(&["scan", "a.env", "/proc/self/mem"]).ends_with(3);
    ran.says("/proc/self/mem: input/output error (unreadable)").says("a.env:1:17");
}

#[test]
fn what_is_no_regular_file_is_skipped_and_counted() {
    let place = with_a_key();
    fifo(&place, "pipe");
    let _socket = UnixListener::bind(place.work().join("socket")).expect("a short path");
    let ran = place.run(&["scan", "--format", "json"]).ends_with(1);
    let skipped = &ran.json()["scan"]["coverage"]["skipped"];
    assert_eq!(skipped[0]["count"], 2, "{skipped}");
    assert_eq!(skipped[0]["examples"], serde_json::json!(["pipe", "socket"]));
}

#[test]
fn what_is_no_regular_file_and_is_named_makes_the_scan_incomplete() {
    let place = with_a_key();
    fifo(&place, "pipe");
    for named in ["pipe", "/dev/null", "/dev/zero"] {
        let ran = place.run(&["scan", named, "a.env"]).ends_with(3);
        ran.says(&format!("{named}: is no regular file")).says("a.env:1:17");
    }
}

#[test]
fn links_are_not_followed() {
    let place = with_a_key();
    symlink("loop", place.work().join("loop")).expect("a new link");
    symlink(".", place.work().join("here")).expect("a new link");
    symlink("nowhere", place.work().join("dangling")).expect("a new link");
    let ran = place.run(&["scan", "--format", "json"]).ends_with(1);
    assert_eq!(ran.json()["findings"][0]["locations"].as_array().map(Vec::len), Some(1));
    place.run(&["scan", "loop"]).ends_with(3);
    place.run(&["scan", "dangling"]).ends_with(2).says("no such file");
}

#[test]
fn nothing_to_scan_is_not_clean() {
    let place = Place::new();
    place.run(&["scan"]).ends_with(3).says("there was nothing to scan").says("INCOMPLETE");
    place.run(&["scan", "--allow-incomplete"]).ends_with(0).says("there was nothing to scan");
    run(&mut place.leeward(&["scan", "-"]), Some(Vec::new())).ends_with(3).says("there was nothing to scan");
}

#[test]
fn only_ignored_files_are_not_clean() {
    let mut place = Place::new();
    place.init();
    place.write(".gitignore", "*.env\n");
    place.write("sub/a.env", line(1));
    place.run(&["scan", "sub"]).ends_with(3).says("an ignore file lists");
    place.run(&["scan", "sub/a.env"]).ends_with(1);
}

#[test]
fn a_corrupt_index_is_said() {
    let mut place = with_a_key();
    place.init();
    place.git(&["add", "."]);
    fs::write(place.work().join(".git/index"), "DIRC and no more").expect("our own");
    place.run(&["scan"]).ends_with(3).says("a.env:1:17").says("the index cannot be read");
    place.run(&["staged"]).ends_with(3).says("the index cannot be read").says("git read-tree HEAD");
}

#[test]
fn a_repository_that_may_not_be_entered_is_not_taken_for_none() {
    let mut place = with_a_key();
    place.init();
    place.git(&["add", "."]);
    let directory = place.work().join(".git");
    fs::set_permissions(&directory, Permissions::from_mode(0o000)).expect("our own");
    for command in ["staged", "history"] {
        run_as_nobody(&place, &[command]).ends_with(2).says("error: ").says(".git: permission denied");
    }
    run_as_nobody(&place, &["scan"]).ends_with(3).says("a.env:1:17").says(".git: permission denied");
    fs::set_permissions(&directory, Permissions::from_mode(0o755)).expect("our own");
}

#[test]
fn a_missing_object_is_said() {
    let mut place = with_a_key();
    place.init();
    place.git(&["add", "."]);
    let id = place.git(&["rev-parse", ":a.env"]).out();
    let (directory, file) = id.trim().split_at(2);
    fs::remove_file(place.work().join(".git/objects").join(directory).join(file)).expect("a loose object");
    place.run(&["staged"]).ends_with(3).says("a staged file cannot be read").says(id.trim());
}

#[test]
fn an_object_that_is_not_what_its_name_says_is_damaged() {
    let mut place = with_a_key();
    place.write("b.txt", "nothing\n");
    place.init();
    place.git(&["add", "."]);
    let file = |place: &mut Place, name: &str| {
        let id = place.git(&["rev-parse", &format!(":{name}")]).out();
        let (directory, file) = id.trim().split_at(2);
        place.work().join(".git/objects").join(directory).join(file)
    };
    let (key, other) = (file(&mut place, "a.env"), file(&mut place, "b.txt"));
    fs::remove_file(&key).expect("a loose object");
    fs::copy(other, &key).expect("our own");
    place.run(&["history"]).ends_with(3).says("its content does not match its id");
}

#[test]
fn what_git_keeps_a_repository_in_is_not_taken_for_scanned() {
    let mut place = with_a_key();
    place.init();
    place.git(&["add", "."]);
    place.git(&["clone", "--quiet", "--bare", ".", "bare.git"]);
    for directory in [".git", "bare.git"] {
        place.run(&["scan", directory]).ends_with(3).says("`leeward history` scans it");
    }
}

#[test]
fn a_large_file_of_one_line_is_scanned_to_its_end() {
    let place = Place::new();
    let words = ["lorem ipsum dolor sit amet 0123, ".repeat(30), "mistral ".to_owned()].concat();
    let mut content = words.as_bytes().repeat(200_000_000 / words.len());
    content.extend(b"MISTRAL_API_KEY=");
    let start = content.len();
    content.extend(line(1)["MISTRAL_API_KEY=".len()..].trim_end().as_bytes());
    place.write("large.txt", &content);
    let ran = place.run(&["scan", "--report", "json=report"]).ends_with(1);
    let report = fs::read(place.work().join("report")).expect("written");
    let json: serde_json::Value = serde_json::from_slice(&report).expect("a report");
    let location = &json["findings"][0]["locations"][0];
    assert_eq!(location["start_byte"], start);
    assert_eq!(location["start_line"], 1);
    assert_eq!(location["start_column"], start + 1);
    assert!(ran.stdout.len() < 4000, "the line is shown cut, not whole: {} bytes", ran.stdout.len());
}

#[test]
fn uses_of_a_name_beyond_a_number_are_counted() {
    let place = Place::new();
    place.write("deploy.env", format!("LLM_KEY={}\n", key(1)));
    let read = "client = Mistral(api_key=os.environ[\"LLM_KEY\"])\n";
    place.write("a.py", format!("from mistralai import Mistral\n{read}"));
    let ran = place.run(&["scan"]).ends_with(1).says("deploy.env:1:9");
    assert!(!(ran.out() + &ran.err()).contains("not all uses"));
    place.write("many.py", format!("# mistral\n{}", "print(os.environ[\"LLM_KEY\"])\n".repeat(1001)));
    let report = place.run(&["scan", "--format", "json"]).ends_with(1).json();
    let skipped = &report["scan"]["coverage"]["skipped"][0];
    assert_eq!(skipped["reason"], "not all uses of a name were looked at, for their number");
    assert_eq!(skipped["examples"][0], "many.py");
}

#[test]
fn an_ignore_file_without_an_end_makes_the_scan_incomplete() {
    let mut place = with_a_key();
    place.init();
    place.write("sub/b.env", line(2));
    place.write("sub/new.env", line(3));
    place.git(&["add", "a.env", "sub/b.env"]);
    for (name, new) in [
        (".gitignore", false),
        (".ignore", false),
        (".git/info/exclude", false),
        ("sub/.gitignore", false),
        ("sub/.ignore", false),
        ("../.ignore", false),
        ("other/.gitignore", true),
    ] {
        for is_pipe in [true, false] {
            let file = place.work().join(name);
            fs::create_dir_all(file.parent().expect("it has one")).expect("our own");
            let _ = fs::remove_file(&file);
            match is_pipe {
                true => fifo(&place, name),
                // A pipe that only a person at this machine can make; a link comes with a clone.
                false => symlink("/dev/zero", &file).expect("a new link"),
            }
            let ran = place.run(&["scan"]).ends_with(3).says("this ignore file is not a regular file");
            let ran = ran.says("a.env:1:17").says("sub/b.env:1:17");
            assert_eq!(ran.out().contains("sub/new.env:1:17"), new, "{name}: {}", ran.out());
            let ran = place.run(&["scan", "--no-ignore"]).ends_with(1);
            ran.says("sub/new.env:1:17");
            place.run(&["explain", "sub/new.env:1"]).ends_with(1);
            fs::remove_file(&file).expect("our own");
        }
    }
}

#[test]
fn an_index_without_an_end_is_said() {
    let mut place = with_a_key();
    place.init();
    place.git(&["add", "."]);
    fs::remove_file(place.work().join(".git/index")).expect("git made one");
    fifo(&place, ".git/index");
    for args in [&["scan"][..], &["staged"], &["hook", "pre-commit"]] {
        place.run(args).ends_with(3).says("it is not a regular file");
    }
    fifo(&place, "pipe");
    place.run(&["explain", "pipe:1"]).ends_with(2).says("is no regular file");
}
