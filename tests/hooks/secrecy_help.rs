//! Every command that `--help` names, with a key as each of its arguments, as the value of each of its options and in what
//! the environment says: none of them prints it whole. What is added to the command line is tried without being listed.

use std::collections::BTreeSet;

use super::line;
use super::secrecy::{everywhere, told};
use crate::support::values::key;
use crate::support::{Ran, run};

/// What commands need beside what is tried, by their last words.
const NEEDED: &[(&str, &[&str])] = &[
    ("hook commit-msg", &["message"]),
    ("range", &["HEAD~1..HEAD"]),
    ("rules show", &["mistral-api-key"]),
    ("completions", &["bash"]),
    ("baseline create", &["--reason", "known"]),
];

/// What git, the framework and the system say to a program, with a key in it.
const VARIABLES: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_AUTHOR_NAME",
    "GIT_COMMITTER_EMAIL",
    "GIT_CONFIG_GLOBAL",
    "PRE_COMMIT_FROM_REF",
    "PRE_COMMIT_TO_REF",
    "PRE_COMMIT_REMOTE_NAME",
    "PRE_COMMIT_REMOTE_URL",
    "XDG_CONFIG_HOME",
    "TMPDIR",
    "HOME",
];

/// Ways to type a key.
fn typed() -> [String; 3] {
    let key = key(1);
    [key.clone(), line(1).trim().to_owned(), format!("https://user:{key}@api.mistral.ai/x.git")]
}

/// The commands below these words, each with its help.
fn commands(words: &[&str], all: &mut Vec<(String, String)>) {
    let place = crate::support::place::Place::new();
    let help = place.run(&[words, &["--help"]].concat()).ends_with(0).out();
    let listed =
        help.split_once("\nCommands:\n").map(|(_, rest)| rest.split("\n\n").next().unwrap_or_default());
    let Some(listed) = listed else { return all.push((words.join(" "), help)) };
    let names = listed.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    for name in names.filter(|name| !name.is_empty() && *name != "help") {
        commands(&[words, &[name]].concat(), all);
    }
}

/// The options of a command that take a value.
fn valued(help: &str) -> BTreeSet<&str> {
    let words = help.split_whitespace().zip(help.split_whitespace().skip(1));
    words
        .filter(|(option, value)| option.starts_with("--") && value.starts_with('<'))
        .map(|(option, _)| option)
        .collect()
}

#[test]
fn nothing_that_is_typed_is_echoed_by_any_command() {
    let repo = everywhere();
    let mut all = Vec::new();
    commands(&[], &mut all);
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    for known in
        ["scan", "history", "explain", "doctor", "hook pre-receive", "baseline prune", "config show", "man"]
    {
        assert!(names.contains(&known), "{known} is not among {names:?}");
    }
    let run_it = |args: &[&str], variable: Option<(&str, &str)>| -> Ran {
        let mut leeward = repo.place.leeward(args);
        leeward.envs([("RUST_LOG", "trace"), ("RUST_BACKTRACE", "full"), ("PRE_COMMIT", "1")]).envs(variable);
        run(&mut leeward, Some(line(2).into()))
    };
    let (mut tried, mut masked) = (0, 0);
    // What would change more than its own output, and clones.
    for (name, help) in
        all.iter().filter(|(name, _)| !["hook install", "hook uninstall"].contains(&name.as_str()))
    {
        let words: Vec<&str> = name.split(' ').collect();
        let needed = NEEDED.iter().find(|(of, _)| of == name).map_or(&[][..], |(_, needed)| *needed);
        let check = |ran: Ran, what: &str| {
            assert!(matches!(ran.status, Some(0..=3)), "{name} {what}: {ran:?}");
            let said = ran.out() + &ran.err();
            told(&said, &format!("{name} {what}"));
            usize::from(said.contains(&format!("{}…{}", &key(1)[..4], &key(1)[28..])))
        };
        let typed = typed();
        let bare = typed.iter().flat_map(|value| [vec![value.as_str()], [needed, &[value]].concat()]);
        // Each option with one of them, another for each command.
        let values = typed.iter().cycle().skip(tried);
        let options = valued(help).into_iter().zip(values);
        let options = options.map(|(option, value)| [needed, &[option, value.as_str()]].concat());
        for line in bare.chain(options).chain([vec!["-vv", &typed[0]]]) {
            let ran = run_it(&[&words[..], &line].concat(), None);
            masked += check(ran, &line.join(" "));
            tried += 1;
        }
        if name == "doctor" {
            continue;
        }
        for variable in VARIABLES {
            let value = format!("/nowhere/{}", line(1).trim());
            masked += check(run_it(&[&words[..], needed].concat(), Some((variable, &value))), variable);
            tried += 1;
        }
    }
    assert!(tried > 600 && masked > tried / 4, "{masked} of {tried} told of it");
}
