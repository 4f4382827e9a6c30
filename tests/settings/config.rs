//! `leeward.toml`: where it is found, what it says, and who wins.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::{found, line, repository, run_in, sha256, skipped, suppressed};
use crate::bad_input::files::run_as_nobody;
use crate::support::place::Place;

const LEFT_OUT: &str = "left out by the configuration";

#[test]
fn paths_are_left_out_and_counted() {
    let mut place = repository();
    place.write("leeward.toml", "exclude = ['vendor/', '*.lock', '!uv.lock']\n");
    for path in ["a.env", "vendor/b.env", "src/vendor/c.env", "x.lock", "uv.lock"] {
        place.write(path, line(1));
    }
    place.write(".gitignore", "src/vendor/\n");
    for tracked in [false, true] {
        let ran = place.run(&["scan", "--format", "json"]).ends_with(1);
        assert_eq!(found(&ran), ["a.env", "uv.lock"]);
        // What git ignores is not there to be left out, unless git tracks it all the same.
        assert_eq!(skipped(&ran, LEFT_OUT), if tracked { 3 } else { 2 });
        place.git(&["add", "--force", "."]);
    }
    place.run(&["scan"]).ends_with(1).says("3 skipped (left out by the configuration)");
    let ran = place.run(&["staged", "--format", "json"]).ends_with(1);
    assert_eq!(found(&ran), ["a.env", "uv.lock"]);
    assert_eq!(skipped(&ran, LEFT_OUT), 3);
    let ran = place.run(&["scan", "--format", "json", "vendor/b.env", "src"]).ends_with(1);
    assert_eq!(found(&ran), ["vendor/b.env"], "a file that is named is scanned");
    assert_eq!(found(&place.run(&["scan", "--format", "json", "--no-config"]).ends_with(1)).len(), 5);
}

#[test]
fn names_and_links_of_what_is_left_out_are_too() {
    let place = repository();
    place.write("leeward.toml", "exclude = ['vendor/']\n");
    place.write("a.txt", "x");
    place.write(format!("vendor/mistral_key={}/x", crate::support::values::key(2)), "x");
    std::os::unix::fs::symlink(line(1).trim(), place.work().join("vendor/link")).expect("a new link");
    let ran = place.run(&["scan", "--format", "json"]).ends_with(0);
    assert_eq!(skipped(&ran, LEFT_OUT), 2);
    place.run(&["scan", "--no-config"]).ends_with(1);
}

#[test]
fn the_nearest_file_up_to_the_top_of_the_repository_holds() {
    let mut place = Place::new();
    // Above the repository: somebody else's.
    place.write("leeward.toml", "exclude = ['*.env']\n");
    place.write("repo/sub/deep/a.env", line(1));
    place.write("repo/sub/b.env", line(2));
    let work = place.work().join("repo");
    place.git(&["init", "--quiet", work.to_str().expect("a plain path")]);
    let paths = |directory: &str, args: &[&str]| {
        let args: Vec<&str> = args.iter().chain(&["--format", "json"]).copied().collect();
        found(&run_in(&place, directory, &args))
    };
    assert_eq!(paths("repo", &["scan"]), ["sub/b.env", "sub/deep/a.env"]);
    place.write("repo/leeward.toml", "exclude = ['/sub/deep/']\n");
    for (directory, target) in [("repo", "."), ("repo/sub", "."), ("repo", "sub"), ("repo/sub/deep", "..")] {
        assert_eq!(paths(directory, &["scan", target]), ["sub/b.env"], "{directory} {target}");
    }
    // Its patterns begin where it stands.
    place.write("repo/sub/leeward.toml", "exclude = ['/b.env']\n");
    assert_eq!(paths("repo", &["scan", "sub"]), ["sub/deep/a.env"]);
    assert_eq!(paths("repo", &["scan"]), ["sub/b.env"], "the top's holds for the top");
    let ran = run_in(&place, "repo", &["scan", ".", "sub"]).ends_with(2);
    ran.says("the targets have different configurations").says("--no-config");
}

#[test]
fn outside_of_a_repository_the_working_directory_is_the_top() {
    let place = Place::new();
    place.write("leeward.toml", "exclude = ['a/x.env', 'y.env']\n");
    place.write("a/x.env", line(1));
    place.write("a/y.env", line(2));
    place.write("a/z.env", line(3));
    for (directory, target, expected) in [
        ("", ".", &["a/z.env"][..]),
        ("", "a", &["z.env"]),
        // Not below the working directory: the target alone.
        ("a", "..", &["a/z.env"]),
        ("a", ".", &["x.env", "y.env", "z.env"]),
    ] {
        let ran = run_in(&place, directory, &["scan", target, "--format", "json"]);
        assert_eq!(found(&ran), expected, "{directory} {target}");
    }
}

#[test]
fn a_file_that_is_named_holds_for_the_whole_repository() {
    let place = repository();
    place.write("leeward.toml", "exclude = ['*']\n");
    place.write("ci/strict.toml", "exclude = ['/a.env']\nbaseline = 'accepted'\n");
    place.write("ci/accepted", "# none\n");
    place.write("a.env", line(1));
    place.write("ci/a.env", line(2));
    for directory in ["", "ci"] {
        let config = place.work().join("ci/strict.toml");
        let config = config.to_str().expect("a plain path");
        let top = place.work();
        let ran = run_in(
            &place,
            directory,
            &["scan", "--config", config, "--format", "json", top.to_str().expect("a plain path")],
        );
        assert_eq!(found(&ran), ["ci/a.env"], "{directory}");
    }
    place
        .run(&["scan", "--config", "ci/strict.toml", "--no-config"])
        .ends_with(2)
        .says("cannot be used with");
    place
        .run(&["scan", "--config", "nowhere.toml"])
        .ends_with(2)
        .says("cannot read the configuration nowhere.toml");
}

#[test]
fn the_command_line_wins() {
    let place = repository();
    place.write("leeward.toml", "confidence = 'high'\ninline-ignores = false\nlimits.max-file-size = 60\n");
    place.write("a.env", line(1));
    place.write("accepted.env", format!("{} # leeward:ignore x\n", line(2).trim()));
    place.write("low.txt", format!("mistral\n{}\n", crate::support::values::key(3)));
    place.write("large.env", format!("{}{}", line(4), "#".repeat(100)));
    let ran = place.run(&["scan", "--format", "json"]).ends_with(1);
    assert_eq!(found(&ran), ["a.env"], "the size of accepted.env is beyond the limit");
    assert_eq!(skipped(&ran, "larger than max-file-size"), 3);
    let args = ["scan", "--format", "json", "--max-file-size", "80"];
    assert_eq!(found(&place.run(&args).ends_with(1)), ["a.env", "accepted.env"]);
    let args = ["scan", "--format", "json", "--max-file-size", "1MB", "--confidence", "low"];
    assert_eq!(found(&place.run(&args).ends_with(1)), ["a.env", "accepted.env", "large.env", "low.txt"]);
}

#[test]
fn rules_are_turned_off_and_added() {
    let mut place = repository();
    place.write("a.env", line(1));
    place.write("b.txt", format!("acme_{}\n", "qzjxkvbw"));
    place.write(
        "rules/acme.toml",
        "[[rule]]\nid = 'acme'\ndescription = 'x'\nseverity = 'high'\nconfidence = 'high'\npattern = 'acme_[a-z]{8}'\n",
    );
    let with = |place: &Place, text: &str| {
        place.write("leeward.toml", format!("exclude = ['rules/', 'leeward.toml']\n{text}"));
        place.run(&["scan", "--format", "json"])
    };
    assert_eq!(found(&with(&place, "").ends_with(1)), ["a.env"]);
    assert_eq!(found(&with(&place, "rules.files = ['rules/acme.toml']").ends_with(1)), ["a.env", "b.txt"]);
    assert_eq!(
        found(
            &with(&place, "[rules]\nfiles = ['rules/acme.toml']\ndisable = ['mistral-api-key']").ends_with(1)
        ),
        ["b.txt"]
    );
    assert_eq!(
        found(&with(&place, "[rules]\nfiles = ['rules/acme.toml']\nonly = ['mistral-api-key']").ends_with(1)),
        ["a.env"]
    );
    assert_eq!(
        found(&with(&place, "[rules]\nfiles = ['rules/acme.toml']\nbuiltin = false").ends_with(1)),
        ["b.txt"]
    );
    let list = place.run(&["rules", "list"]).ends_with(0).out();
    assert!(list.starts_with("acme ") && list.lines().count() == 1, "{list}");
    for text in ["rules.builtin = false", "rules.disable = ['mistral-api-key', 'azure-mistral-api-key']"] {
        place.write("leeward.toml", text);
        place.git(&["add", "leeward.toml"]);
        place.run(&["scan"]).ends_with(2).says("no rule is in force, so nothing could be found");
        place.run(&["staged"]).ends_with(2);
        place.run(&["history"]).ends_with(2);
    }
    let ran = with(&place, "[rules]\ndisable = ['mistral-api-kye']").ends_with(2);
    ran.says("leeward.toml:3: no rule has the id 'mistral-api-kye', did you mean 'mistral-api-key'?");
    with(&place, "[rules]\nfiles = ['nowhere.toml']")
        .ends_with(2)
        .says("cannot read the rules in nowhere.toml");
}

#[test]
fn values_are_allowed_by_their_hash() {
    let place = repository();
    place.write("a.env", line(1));
    place.write("b.env", line(2));
    place.write("c.env", line(3));
    let allow = |number: usize, more: &str| {
        format!("[[allow]]\nsha256 = '{}'\nreason = 'sandbox {number}'\n{more}\n", sha256(number))
    };
    let other = allow(3, "rule = 'azure-mistral-api-key'");
    place.write("leeward.toml", allow(1, "") + &allow(2, "rule = 'mistral-api-key'") + &other);
    let ran = place.run(&["scan", "--format", "json"]).ends_with(1);
    assert_eq!(found(&ran), ["c.env"], "the value of another rule is another value");
    assert_eq!(suppressed(&ran), ["config: sandbox 1", "config: sandbox 2"]);
    let ran = place
        .run(&["scan"])
        .ends_with(1)
        .says("a.env:1:17: mistral-api-key, by the configuration: sandbox 1");
    ran.says("2 suppressed");
    place
        .run(&["scan", "--format", "jsonl"])
        .ends_with(1)
        .says(r#""suppression":{"by":"config","reason":"sandbox 1"}"#);
    place.run(&["scan", "--format", "sarif"]).ends_with(1).says("sandbox 1");
}

#[test]
fn everything_left_out_is_never_clean() {
    let mut place = repository();
    place.write("a.py", "x = 1\n");
    place.write("src/b.py", "x = 1\n");
    place.git(&["add", "."]);
    place.git(&["commit", "--quiet", "-m", "one"]);
    let says = "the configuration leaves out everything that there is to scan";
    for all in ["exclude = ['*']", "exclude = ['**']", "exclude = ['/src', '*.py', '*.toml']"] {
        place.write("leeward.toml", all);
        place.run(&["scan"]).ends_with(2).says(says);
        place.run(&["scan", "--exit-zero", "--allow-incomplete"]).ends_with(2).says(says);
        place.run(&["history"]).ends_with(2).says(says);
        place.write("a.py", format!("x = '{all}'\n"));
        place.git(&["add", "a.py", "leeward.toml"]);
        place.run(&["staged"]).ends_with(2).says(says);
        place.run(&["scan", "--no-config"]).ends_with(0);
    }
    place.write("leeward.toml", "exclude = ['a.py']\n");
    place.run(&["scan"]).ends_with(0);
    place.run(&["history"]).ends_with(0);
    // A change that is left out as a whole is none of that: the next one is not.
    place.git(&["rm", "--quiet", "--force", "--cached", "leeward.toml"]);
    place.git(&["commit", "--quiet", "-m", "two"]);
    place.git(&["add", "leeward.toml"]);
    place.git(&["commit", "--quiet", "-m", "three"]);
    place.write("a.py", "x = 2\n");
    place.git(&["add", "a.py"]);
    place.run(&["staged"]).ends_with(0).says("1 skipped (left out by the configuration)");
    place.write("leeward.toml", "exclude = ['src/']\n");
    place.run(&["scan", "src"]).ends_with(2).says(says);
}

#[test]
fn history_sets_aside_what_is_left_out() {
    let mut place = repository();
    place.write("old/a.env", line(1));
    place.write("old/b.env", line(2));
    place.write("new/b.env", line(2));
    place.git(&["add", "."]);
    place.git(&["commit", "--quiet", "-m", "one"]);
    place.git(&["rm", "--quiet", "-r", "old"]);
    place.git(&["commit", "--quiet", "-m", "two"]);
    place.write("leeward.toml", "exclude = ['old/']\n");
    let ran = place.run(&["history", "--format", "json"]).ends_with(1);
    assert_eq!(found(&ran), ["new/b.env"]);
    assert_eq!(suppressed(&ran), [format!("config: {LEFT_OUT}"), format!("config: {LEFT_OUT}")]);
    assert_eq!(found(&run_in(&place, "new", &["history", "--format", "json"])), ["new/b.env"]);
    assert_eq!(found(&run_in(&place, ".git", &["history", "--format", "json"])), ["new/b.env"]);
    place.run(&["history", "--no-config", "--format", "json"]).ends_with(1).says("old/a.env");
}

#[test]
fn a_directory_that_may_not_be_read_can_be_left_out() {
    let place = Place::new();
    place.write("a.txt", "x");
    place.write("closed/b.env", line(2));
    place.write("leeward.toml", "exclude = ['closed/']\n");
    let closed = place.work().join("closed");
    fs::set_permissions(&closed, Permissions::from_mode(0o000)).expect("our own");
    run_as_nobody(&place, &["scan"]).ends_with(0).says("1 skipped (left out by the configuration)");
    run_as_nobody(&place, &["scan", "--no-config"]).ends_with(3).says("permission denied");
    fs::set_permissions(&closed, Permissions::from_mode(0o755)).expect("our own");
}

#[test]
fn config_show_says_where_each_value_is_from() {
    let place = repository();
    place.write(
        "leeward.toml",
        format!(
            "confidence = 'low'\nexclude = ['vendor/',\n  '*.lock']\nbaseline = 'accepted'\n[rules]\n\
             disable = ['azure-mistral-api-key']\n[limits]\nmax-file-size = '1MB'\n\
             [[allow]]\nsha256 = '{}'\nreason = 'a sandbox'\n",
            sha256(1)
        ),
    );
    place.write("accepted", "");
    place.write("sub/a", "");
    let out = run_in(&place, "", &["config", "show", "sub", "--max-archive-depth", "7"]).ends_with(0).out();
    for (name, value, source) in [
        ("configuration:", "leeward.toml", ""),
        ("confidence", "low", "leeward.toml:1"),
        ("inline-ignores", "true", "default"),
        ("max-file-size", "1.0 MB", "leeward.toml:8"),
        ("max-archive-depth", "7", "command line, --max-archive-depth"),
        ("baseline", "accepted", "leeward.toml:4"),
        ("rules", "off azure-mistral-api-key", "leeward.toml:6"),
        ("", "on  mistral-api-key", "built in"),
        ("exclude", "vendor/", "leeward.toml:2"),
        ("", "*.lock", "leeward.toml:3"),
        ("allow", "a sandbox", "leeward.toml:10"),
    ] {
        let said = |line: &&str| line.starts_with(name) && line.contains(value) && line.ends_with(source);
        assert!(out.lines().any(|line| said(&line)), "{name} {value} {source}\n{out}");
    }
    place.run(&["config", "show", "--no-config"]).ends_with(0).says("configuration: none");
    place.run(&["config", "show", "nowhere"]).ends_with(2).says("no such file");
}

#[test]
fn what_is_stored_is_judged_alike_from_every_directory() {
    let mut place = repository();
    place.write("sub/deep/leeward.toml", "exclude = ['*.env']\n");
    place.write("leeward.toml", "exclude = ['/left.env']\n");
    place.git(&["add", "."]);
    place.git(&["commit", "--quiet", "-m", "settings"]);
    for path in ["left.env", "a.env", "sub/deep/b.env"] {
        place.write(path, line(1));
    }
    place.git(&["add", "."]);
    let everywhere = |place: &Place, args: &[&str], expected: &[&str]| {
        for directory in ["", "sub", "sub/deep", ".git"] {
            let ran = run_in(place, directory, &[args, &["--format", "json"]].concat()).ends_with(1);
            assert_eq!(found(&ran), expected, "{args:?} {directory}");
        }
    };
    everywhere(&place, &["staged"], &["a.env", "sub/deep/b.env"]);
    everywhere(&place, &["hook", "pre-commit"], &["a.env", "sub/deep/b.env"]);
    everywhere(&place, &["staged", "--policy-from", "HEAD"], &["a.env", "sub/deep/b.env"]);
    // As the pre-commit framework asks for all files.
    for directory in ["", "sub/deep"] {
        let mut hook = place.leeward(&["hook", "pre-commit", "--format", "json"]);
        hook.current_dir(place.work().join(directory)).envs([("PRE_COMMIT", "1"), ("CI", "1")]);
        let ran = crate::support::run(&mut hook, None).ends_with(1);
        assert_eq!(found(&ran), ["a.env", "sub/deep/b.env"], "{directory}");
    }
    place.git(&["commit", "--quiet", "-m", "keys"]);
    everywhere(&place, &["range", "HEAD^..HEAD"], &["a.env", "sub/deep/b.env"]);
    everywhere(&place, &["history"], &["a.env", "sub/deep/b.env"]);
    let mut message = place.leeward(&["hook", "commit-msg", "../../a.env"]);
    place.write("leeward.toml", "rules.disable = ['mistral-api-key']\n");
    place.git(&["add", "leeward.toml"]);
    crate::support::run(message.current_dir(place.work().join("sub/deep")), None).ends_with(0);
}

#[test]
fn what_would_leave_nothing_is_refused() {
    let place = repository();
    place.write("a.env", line(1));
    for (text, says) in [
        ("limits.max-file-size = 0", "leeward.toml:1:24: 'max-file-size': it would leave out every file"),
        ("[rules]\nonly = []", "leeward.toml:2:8: 'only' names no rule, so none would be in force"),
        ("[[allow]]\nsha256 = 'x'\n", "leeward.toml:1:1: this [[allow]] has no 'reason'"),
        (
            "[limits]\nmax-archive-depth = 900",
            "leeward.toml:2:21: this should be a whole number from 0 to 255",
        ),
    ] {
        place.write("leeward.toml", text);
        place.run(&["scan"]).ends_with(2).says(says);
    }
    place
        .run(&["scan", "--no-config", "--max-file-size", "0"])
        .ends_with(2)
        .says("it would leave out every file");
}

#[test]
fn what_the_environment_names_and_is_not_there_is_said() {
    let mut place = repository();
    place.write("a.env", line(1));
    place.git(&["add", "."]);
    let mut staged = place.leeward(&["staged"]);
    crate::support::run(staged.env("GIT_OBJECT_DIRECTORY", "nowhere"), None)
        .ends_with(2)
        .says("nowhere: no such directory, though GIT_OBJECT_DIRECTORY names it");
    // An index that may not be read is not damaged.
    let index = place.work().join(".git/index");
    fs::set_permissions(&index, Permissions::from_mode(0o000)).expect("our own");
    let ran = run_as_nobody(&place, &["staged"]).ends_with(3);
    ran.says("whoever runs this has to be able to read it");
    fs::write(&index, "no index").expect("our own");
    place.run(&["staged"]).ends_with(3).says("`git read-tree HEAD` makes a new one");
}
