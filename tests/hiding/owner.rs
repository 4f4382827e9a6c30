//! A repository that belongs to somebody else, as in a container: every command tells of it what it tells of one's own,
//! without a setting that git would ask for, and runs nothing that stands in it.
//!
//! Only root can give files away. For everybody else git alone is made to believe it (`GIT_TEST_ASSUME_DIFFERENT_OWNER`), which
//! shows no more than that nothing depends on its consent.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use super::shapes::give_away;
use crate::support::place::Place;
use crate::support::values::key;
use crate::support::{Ran, command, run};

/// A key in a commit that was pushed, one in a commit that was not, one that is staged.
fn three_keys() -> Place {
    let mut place = Place::new();
    place.init();
    place.git(&["init", "--quiet", "--bare", "../origin.git"]);
    place.git(&["remote", "add", "origin", "../origin.git"]);
    for (number, file) in [(1, "pushed.env"), (2, "not.env"), (3, "staged.env")] {
        place.write(file, format!("MISTRAL_API_KEY={}\n", key(number)));
        place.git(&["add", "--all"]);
        if number < 3 {
            place.git(&["commit", "--quiet", "--message", file]);
        }
        if number < 2 {
            place.git(&["push", "--quiet", "origin", "main"]);
        }
    }
    place
}

/// Has everything that git would run from the repository leave a file behind.
fn set_traps(place: &mut Place) {
    let trap = format!("touch '{}'", place.top().join("trap").display());
    let settings = [
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "diff.external",
        "filter.x.clean",
        "filter.x.smudge",
        "filter.x.process",
        "diff.x.textconv",
        "diff.x.command",
        "remote.origin.uploadpack",
        "remote.origin.receivepack",
        "gpg.program",
    ];
    for setting in settings {
        place.git(&["config", setting, &trap]);
    }
    place.write(".git/info/attributes", "* filter=x diff=x\n");
    for hook in ["pre-commit", "pre-push", "post-index-change", "reference-transaction"] {
        let path = place.write(format!(".git/hooks/{hook}"), format!("#!/bin/sh\n{trap}\n"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("ours");
    }
}

#[test]
fn what_belongs_to_somebody_else_is_scanned_by_every_command() {
    let mut place = three_keys();
    let ids = ["HEAD", "origin/main"].map(|name| place.git(&["rev-parse", name]).out().trim().to_owned());
    let update = format!("refs/heads/main {} refs/heads/main {}\n", ids[0], ids[1]);
    let commands: &[(&[&str], i32)] = &[
        (&["scan"], 1),
        (&["history"], 1),
        (&["history", "--reachable"], 1),
        (&["staged"], 1),
        (&["range", "origin/main..HEAD"], 1),
        (&["hook", "pre-commit"], 1),
        (&["hook", "pre-push", "origin", "../origin.git"], 1),
    ];
    set_traps(&mut place);
    let is_root = fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    let assumed = if is_root { "0" } else { "1" };
    let told = |assumed: &str| -> Vec<Ran> {
        let each = commands.iter().map(|(args, status)| {
            let mut command = place.leeward(args);
            command.env("GIT_TEST_ASSUME_DIFFERENT_OWNER", assumed);
            run(&mut command, Some(update.clone().into_bytes())).ends_with(*status)
        });
        each.collect()
    };
    let own = told("0");
    if is_root {
        give_away(&place.work());
    }
    let mut git = command("git", &place.work(), &place.top().join("home"));
    let refused = run(git.arg("status").env("GIT_TEST_ASSUME_DIFFERENT_OWNER", assumed), None);
    assert!(refused.ends_with(128).err().contains("dubious ownership"), "git itself has to ask");
    // The last line of a report has the time that it took.
    let but_the_time = |ran: &Ran| {
        let out = ran.out();
        let report = out.trim_end().rsplit_once('\n').map_or("", |(report, _)| report);
        report.to_owned() + &ran.err()
    };
    for ((own, others), (args, _)) in own.iter().zip(told(assumed)).zip(commands) {
        assert_eq!(but_the_time(&others), but_the_time(own), "{args:?}");
    }
    assert!(!place.top().join("trap").exists(), "something of the repository was run");
}
