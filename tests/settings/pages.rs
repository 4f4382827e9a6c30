//! Completions and manual pages: made of the same definitions as the help, so that they name what there is.

use std::collections::BTreeSet;
use std::fs;

use crate::support::place::Place;
use crate::support::{command, run};

/// The commands below one, as its help lists them.
fn commands(place: &Place, of: &[&str]) -> Vec<String> {
    let help = place.run(&[of, &["--help"]].concat()).ends_with(0).out();
    let Some((_, list)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    let lines = list.lines().take_while(|line| !line.is_empty());
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .filter(|n| n != "help")
        .collect()
}

#[test]
fn every_command_has_a_manual_page() {
    let place = Place::new();
    let pages = place.work().join("pages");
    fs::create_dir(&pages).expect("our own");
    place.run(&["man", "--directory", "pages"]).ends_with(0);
    let mut expected = BTreeSet::from(["leeward.1".to_owned()]);
    for name in commands(&place, &[]) {
        expected.insert(format!("leeward-{name}.1"));
        for below in commands(&place, &[&name]) {
            expected.insert(format!("leeward-{name}-{below}.1"));
        }
    }
    assert!(expected.contains("leeward-baseline-create.1"), "{expected:?}");
    let there: BTreeSet<String> = fs::read_dir(&pages)
        .expect("our own")
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(there, expected);
    let page = place.run(&["man", "baseline", "create"]).ends_with(0).out();
    assert_eq!(page, fs::read_to_string(pages.join("leeward-baseline-create.1")).expect("there"));
    for part in [".TH leeward-baseline-create 1", "\n.SH SYNOPSIS", r"\fB\-\-reason\fR", r"\fB\-\-expires\fR"]
    {
        assert!(page.contains(part), "{part} is not in:\n{page}");
    }
    place.run(&["man", "no-such-command"]).ends_with(2).says("there is no such command");
    place.run(&["man", "--directory", "nowhere"]).ends_with(3).says("cannot write nowhere/");
}

#[test]
fn completions_name_commands_and_options() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.run(&["completions", shell]).ends_with(0).out();
        for word in ["baseline", "prune", "no-inline-ignores", "max-archive-depth"] {
            assert!(script.contains(word), "{word} is not completed in {shell}");
        }
    }
    place.write("leeward.bash", place.run(&["completions", "bash"]).stdout);
    let ask = "source ./leeward.bash; COMP_WORDS=(leeward baseline cr); COMP_CWORD=2; _leeward leeward cr baseline; \
               echo ${COMPREPLY[@]}";
    let asked = run(command("bash", &place.work(), place.top()).args(["-c", ask]), None);
    assert_eq!(asked.ends_with(0).out().trim(), "create");
    place.run(&["completions", "no-such-shell"]).ends_with(2).says("possible values: bash");
}
