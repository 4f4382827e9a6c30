//! No gate, and nothing beside it, prints a whole key: in no format, at no verbosity, in no error, wherever it stands.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::{Repo, line, put_script};
use crate::support::values::key;
use crate::support::{command, run};

/// How many keys there are.
const KEYS: usize = 16;

/// Every command line, `KEY` being key 1, in a place that gates may see it in.
const COMMANDS: &[&str] = &[
    "hook pre-commit",
    "hook pre-merge-commit",
    "hook commit-msg message",
    "hook commit-msg missing-MISTRAL_API_KEY=KEY",
    "hook pre-push origin https://user:KEY@example.org/MISTRAL_API_KEY=KEY",
    "hook pre-push MISTRAL_API_KEY=KEY url",
    "hook pre-receive",
    "hook status",
    "hook install",
    "hook status",
    "hook uninstall",
    "hook install --global",
    "hook KEY",
    "hook pre-commit MISTRAL_API_KEY=KEY",
    "hook pre-commit --config MISTRAL_API_KEY=KEY",
    "hook pre-commit --baseline MISTRAL_API_KEY=KEY",
    "hook pre-commit --policy-from MISTRAL_API_KEY=KEY",
    "hook pre-commit --MISTRAL_API_KEY=KEY",
    "staged",
    "range HEAD~1..HEAD",
    "range MISTRAL_API_KEY=KEY..HEAD",
    "history",
    "scan",
    "scan MISTRAL_API_KEY=KEY",
    "explain staged.env",
    "config show",
    "rules show MISTRAL_API_KEY=KEY",
];

/// What a report can look like, and how much is said.
const MANNERS: &[&[&str]] = &[
    &["--format", "text"],
    &["--format", "text", "--color", "always", "--confidence", "low"],
    &["--format", "text", "--quiet", "--no-inline-ignores"],
    &["--format", "json", "--confidence", "low", "--no-inline-ignores"],
    &["--format", "jsonl", "--report", "text=../also.report"],
    &["--format", "sarif", "--report", "json=../also.report"],
    &["--format", "sarif", "--no-inline-ignores", "--output", "../main.report"],
];

/// A repository with a key of its own in every place of a commit, an index, a message and a setting.
fn everywhere() -> Repo {
    let mut repo = Repo::new();
    let commit = |repo: &mut Repo, message: &str| {
        repo.git(&["add", "--all", "."]);
        repo.git(&["commit", "--quiet", "--no-verify", "--allow-empty", "-m", message]);
    };
    repo.write("two.env", format!("{}{}", line(2), line(3)));
    commit(&mut repo, &format!("{}\n\nbody {}", line(4), line(5)));
    repo.git(&["branch", &format!("mistral-key={}", key(6))]);
    repo.git(&["tag", "-a", "-m", &line(7), "v1"]);
    repo.write("staged.env", line(8));
    repo.write("hex.env", format!("MISTRAL_API_KEY={}\n", hex(&key(9))));
    repo.write("wide.txt", line(10).encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    repo.write("accepted.env", format!("{} # leeward:ignore not {}\n", line(11).trim(), key(11)));
    repo.write(&format!("mistral_key={}/x.env", key(12)), line(13));
    repo.write("notebook.ipynb", format!("{{\"cells\": [{{\"source\": [\"{}\"]}}]}}", line(14).trim()));
    std::os::unix::fs::symlink(format!("mistral-key={}", key(15)), repo.work().join("link"))
        .expect("a new link");
    repo.git(&["add", "--all", "."]);
    repo.write("message", line(16));
    repo
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// Something that goes wrong, with a key in what is said about it.
type Damage = fn(&mut Repo);

const DAMAGES: &[(&str, Damage)] = &[
    ("nothing", |_| ()),
    ("an object is gone", |repo| {
        let id = repo.git(&["rev-parse", ":staged.env"]);
        fs::remove_file(repo.work().join(format!(".git/objects/{}/{}", &id[..2], &id[2..])))
            .expect("it is loose");
    }),
    ("the index is damaged", |repo| repo.write(".git/index", line(1))),
    ("the head is damaged", |repo| repo.write(".git/HEAD", line(1))),
    ("a ref is damaged", |repo| repo.write(".git/refs/heads/broken", line(1))),
    ("the configuration of git is damaged", |repo| repo.write(".git/config", format!("[{}", line(1)))),
    ("the configuration is unknown", |repo| {
        repo.write("leeward.toml", format!("{} = 1\n", key(1)));
        repo.git(&["add", "leeward.toml"]);
    }),
    ("the configuration is used", |repo| {
        repo.write("leeward.toml", format!("exclude = ['mistral_key={}*']\n", key(1)));
        repo.git(&["add", "leeward.toml"]);
    }),
    ("a configuration that is named so is not staged", |repo| {
        repo.write("leeward.toml", format!("baseline = '{}'\n", line(1).trim()));
        repo.git(&["add", "leeward.toml"]);
        repo.write("leeward.toml", format!("confidence = 'low' # {}\n", key(1)));
    }),
    ("hooks are kept in a directory that is called so", |repo| {
        let directory = format!("MISTRAL_API_KEY={}", key(1));
        repo.git(&["config", "core.hooksPath", &directory]);
        fs::create_dir(repo.work().join(&directory)).expect("new");
        put_script(&repo.work().join(".git"), "pre-commit", "exit 0\n");
        repo.write(&format!("{directory}/pre-commit"), "basename $0\n");
    }),
];

/// All that a run printed and wrote to reports.
fn printed(repo: &Repo, typed: &str, manner: &[&str], input: &[u8]) -> String {
    let mut args: Vec<String> = typed
        .split(' ')
        .map(|word| word.replace("KEY", "\0").replace("API_\0", "API_KEY").replace('\0', &key(1)))
        .collect();
    if !["install", "uninstall", "status", "show"].iter().any(|word| typed.contains(word)) {
        args.extend(manner.iter().map(|word| (*word).to_owned()));
    }
    let mut leeward = repo.place.leeward(&args);
    leeward.envs([
        ("RUST_LOG", "trace"),
        ("RUST_BACKTRACE", "full"),
        ("GIT_TRACE", "1"),
        ("LEEWARD_LOG", "trace"),
    ]);
    leeward.env("GIT_CONFIG_GLOBAL", repo.place.top().join("home/.gitconfig"));
    let ran = run(&mut leeward, Some(input.to_vec()));
    assert!(matches!(ran.status, Some(0..=3)), "{args:?}: {ran:?}");
    let mut all = [ran.stdout, ran.stderr].concat();
    for report in ["also.report", "main.report"] {
        let report: PathBuf = repo.place.top().join(report);
        all.extend(fs::read(&report).unwrap_or_default());
        fs::remove_file(report).ok();
    }
    String::from_utf8_lossy(&all).into_owned()
}

#[test]
fn no_gate_prints_a_whole_key() {
    let mut seen = BTreeSet::new();
    for (turn, (what, damage)) in DAMAGES.iter().enumerate() {
        let mut repo = everywhere();
        let head = repo.git(&["rev-parse", "HEAD"]);
        damage(&mut repo);
        let zero = "0".repeat(40);
        let name = format!("refs/heads/mistral-key={}", key(6));
        for (number, typed) in COMMANDS.iter().enumerate() {
            let input = match typed {
                typed if typed.contains("pre-push") => format!("{name} {head} {name} {zero}\n"),
                typed if typed.contains("pre-receive") && number % 2 == 0 => {
                    format!("{zero} {head} {name}\n")
                }
                // What git would never say.
                _ => format!("{} {}\n", key(1), line(1)),
            };
            // All of them where nothing is wrong, and then two, others for each command.
            let manners = MANNERS.iter().cycle().skip(number + 2 * turn);
            for manner in manners.take(if turn == 0 { MANNERS.len() } else { 2 }) {
                let printed = printed(&repo, typed, manner, input.as_bytes());
                for number in 1..=KEYS {
                    let (key, context) =
                        (key(number), || format!("`{typed}` {manner:?}, {what}: key {number}"));
                    assert!(!printed.contains(&key), "{}", context());
                    assert!(!printed.contains(&hex(&key)), "{} in hex", context());
                    let wide: String = key.chars().flat_map(|c| [c, '\0']).collect();
                    assert!(!printed.contains(&wide), "{} in UTF-16", context());
                    if printed.contains(&format!("{}…{}", &key[..4], &key[28..])) {
                        seen.insert(number);
                    }
                }
            }
        }
    }
    assert_eq!(seen, (1..=KEYS).collect(), "those that were found were told of");
}

#[test]
fn a_gate_that_git_calls_prints_no_whole_key() {
    let repo = everywhere();
    let home = repo.place.top().join("home");
    for shell in [
        format!("git commit -m '{}'", line(16).trim()),
        "git commit -m x --verbose".to_owned(),
        "git push ../remote.git --all".to_owned(),
        "git push ../remote.git HEAD v1".to_owned(),
    ] {
        let git = |shell: &str| {
            let mut sh = command("sh", &repo.work(), &home);
            for who in ["AUTHOR", "COMMITTER"] {
                sh.env(format!("GIT_{who}_NAME"), "Ada").env(format!("GIT_{who}_EMAIL"), "ada@example.org");
            }
            run(sh.args(["-c", shell]), None)
        };
        git("git init --quiet --bare ../remote.git").ends_with(0);
        let ran = git(&shell).ends_with(1).says("leeward: stopped");
        // Git itself names the branches that it would have pushed.
        for number in (1..=KEYS).filter(|number| *number != 6) {
            assert!(!(ran.out() + &ran.err()).contains(&key(number)), "{shell}: key {number}");
        }
    }
}
