//! Settings in which git left a merge that it could not settle.

use std::fs;

use super::{line, repository};
use crate::support::place::Place;
use crate::support::{command, run};

#[test]
fn a_merge_that_git_could_not_settle_is_said_to_be_one() {
    let mut place = repository();
    let accept = |place: &mut Place, number: usize| {
        place.write("a.env", line(number));
        place.run(&["baseline", "create", "--no-config", "--reason", "known"]).ends_with(0);
        place.write("leeward.toml", format!("baseline = 'leeward.baseline' # {number}\n"));
        place.git(&["add", "--all"]);
        place.git(&["commit", "--quiet", "-m", "accepted"]);
    };
    place.git(&["commit", "--quiet", "--allow-empty", "-m", "base"]);
    place.git(&["checkout", "--quiet", "-b", "theirs"]);
    accept(&mut place, 1);
    place.git(&["checkout", "--quiet", "main"]);
    accept(&mut place, 2);
    let mut merge = command("git", &place.work(), place.top());
    run(merge.args(["-c", "user.name=a", "-c", "user.email=a@example.org", "merge", "theirs"]), None)
        .ends_with(1);
    let read = |file: &str| fs::read_to_string(place.work().join(file)).expect("there");
    let marked =
        |file: &str| 1 + read(file).lines().position(|line| line.starts_with("<<<<<<<")).expect("a mark");
    let said = |args: &[&str], file: &str| {
        let says =
            format!("error: {file}:{}: git left a merge conflict there that is not resolved", marked(file));
        let ran = place.run(args).ends_with(2).says(&says);
        ran.says("and delete the lines that begin with <<<<<<<")
    };
    said(&["scan"], "leeward.toml").says("what is to hold of both sides");
    let resolve = |file: &str, without: &str| {
        let text = read(file);
        let kept = text
            .lines()
            .filter(|line| !["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark)));
        let kept = kept.filter(|line| !line.ends_with(without));
        place.write(file, kept.map(|line| format!("{line}\n")).collect::<String>());
    };
    resolve("leeward.toml", "# 2");
    for args in [&["scan"][..], &["baseline", "prune"], &["baseline", "update", "--reason", "x"]] {
        said(args, "leeward.baseline").says("help: keep the lines of both sides, in any order");
    }
    resolve("leeward.baseline", "nothing ends so");
    place.write("b.env", line(2));
    place.write("a.env", line(1));
    place.run(&["scan"]).ends_with(0).says("2 suppressed");
    // A line of that kind in a text is no conflict.
    place.write("leeward.toml", "exlude = []\n# <<<<<<< ours\n");
    place.run(&["scan"]).ends_with(2).says("unknown key 'exlude'");
}
