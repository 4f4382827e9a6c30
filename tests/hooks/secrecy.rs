//! No gate, and nothing beside it, prints a whole key: in no format, at no verbosity, in no error, wherever it stands.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::templates::{block, script};
use super::{Repo, line, put_script};
use crate::support::values::key;
use crate::support::{command, run};

/// How many keys there are.
const KEYS: usize = 22;

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
    "hook status --global",
    "hook uninstall --global",
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
    "history --reachable",
    "history --reachable --sort exposure -- .",
    "history --write-blobs ../blobs --no-connectivity-check",
    "history --baseline written.baseline",
    "scan --baseline written.baseline",
    "scan",
    "scan MISTRAL_API_KEY=KEY",
    "explain staged.env",
    "config show",
    "rules show MISTRAL_API_KEY=KEY",
];

/// Command lines that take no options of a report.
const BESIDE: &[&str] = &[
    "doctor",
    "doctor --gate ci --allow-gaps .",
    "doctor MISTRAL_API_KEY=KEY",
    "doctor --gate MISTRAL_API_KEY=KEY",
    "baseline create",
    "baseline create --reason known",
    "baseline create --reason MISTRAL_API_KEY=KEY",
    "baseline create --reason known --owner MISTRAL_API_KEY=KEY",
    "baseline create --reason known --expires MISTRAL_API_KEY=KEY",
    "baseline create --reason known -- history",
    "baseline create --baseline MISTRAL_API_KEY=KEY/x --reason known",
    "baseline update --reason known",
    "baseline prune",
    "baseline create --reason known --history",
    "baseline prune --baseline staged.env",
    "baseline prune --baseline written.baseline",
    "baseline prune --baseline MISTRAL_API_KEY=KEY",
    "rules list",
    "rules list --timing .",
    "rules list --timing MISTRAL_API_KEY=KEY",
    "rules check",
    "rules check staged.env",
    "rules check MISTRAL_API_KEY=KEY",
    "rules list --rules staged.env",
    "rules list --config staged.env",
    "scan --rules two.env",
    "scan --config two.env",
    "scan --baseline two.env",
    "explain -",
    "explain -:1",
    "explain - --format json",
    "explain staged.env:1",
    "explain staged.env --format json --confidence low",
    "explain two.env:2",
    "explain accepted.env",
    "explain hex.env",
    "explain wide.txt",
    "explain notebook.ipynb",
    "explain MISTRAL_API_KEY=KEY:1",
    "explain staged.env:MISTRAL_API_KEY=KEY",
    "completions bash",
    "completions MISTRAL_API_KEY=KEY",
    "man",
    "man MISTRAL_API_KEY=KEY",
    "MISTRAL_API_KEY=KEY",
    "--MISTRAL_API_KEY=KEY",
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
pub(super) fn everywhere() -> Repo {
    let mut repo = Repo::new();
    let commit = |repo: &mut Repo, message: &str| {
        repo.git(&["add", "--all", "."]);
        repo.git(&["commit", "--quiet", "--no-verify", "--allow-empty", "-m", message]);
    };
    repo.write("two.env", format!("{}{}", line(2), line(3)));
    commit(&mut repo, &format!("{}\n\nbody {}", line(4), line(5)));
    let author = format!("mistral_key={} <ada@example.org>", key(17));
    repo.git(&["commit", "--quiet", "--no-verify", "--amend", "--no-edit", "--author", &author]);
    repo.git(&["remote", "add", "origin", &format!("https://mistral:{}@example.org/mistral.git", key(18))]);
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
    // Behind a file without an end of its last line, and where nothing says that it is one.
    repo.write("glued.env", format!("{}mistral_api_key = '{}'\n", key(21), key(8)));
    repo.git(&["add", "glued.env"]);
    repo.git(&["commit", "--quiet", "--no-verify", "--allow-empty", "--only", "-m", &key(22), "glued.env"]);
    // Where people write what is accepted, and where submodules are from.
    let fingerprint = "0".repeat(64);
    let entry = format!("{fingerprint} mistral-api-key owner=o-{0} mistral key={0}\n", key(19));
    repo.write("written.baseline", entry);
    let url = format!("https://mistral:{}@example.org/x.git", key(20));
    repo.write(
        ".gitmodules",
        format!("[submodule \"x\"]\n\tpath = x\n\turl = {url}\n\tmistral_api_key = {}\n", key(20)),
    );
    repo.git(&["config", "submodule.x.url", &url]);
    repo.git(&["add", ".gitmodules"]);
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
    for report in ["also.report", "main.report", "blobs", "work/leeward.baseline"] {
        let report: PathBuf = repo.place.top().join(report);
        all.extend(fs::read(&report).unwrap_or_default());
        fs::remove_file(report).ok();
    }
    String::from_utf8_lossy(&all).into_owned()
}

/// The keys that a text tells of, none of them whole.
#[track_caller]
pub(super) fn told(text: &str, context: &str) -> Vec<usize> {
    let mut seen = Vec::new();
    for number in 1..=KEYS {
        let key = key(number);
        assert!(!text.contains(&key), "{context}: key {number}");
        assert!(!text.contains(&hex(&key)), "{context}: key {number} in hex");
        let wide: String = key.chars().flat_map(|c| [c, '\0']).collect();
        assert!(!text.contains(&wide), "{context}: key {number} in UTF-16");
        if text.contains(&format!("{}…{}", &key[..4], &key[28..])) {
            seen.push(number);
        }
    }
    seen
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
                seen.extend(told(&printed, &format!("`{typed}` {manner:?}, {what}")));
            }
        }
    }
    // No command looks at where remotes are; what is glued has no mask of its own, and no name what stands alone.
    assert_eq!(
        seen,
        (1..=KEYS).filter(|number| ![18, 21].contains(number)).collect(),
        "those that were found were told of"
    );
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

#[test]
fn nothing_beside_the_gates_prints_a_whole_key() {
    let mut seen = BTreeSet::new();
    for (turn, (what, damage)) in DAMAGES.iter().enumerate() {
        let mut repo = everywhere();
        damage(&mut repo);
        // All of them where nothing is wrong, and then others each time.
        let asked = BESIDE.iter().enumerate().filter(|(number, _)| turn == 0 || (number + turn) % 4 == 0);
        for (_, typed) in asked {
            let input = format!("{}{} {}\n", line(1), key(2), line(3));
            seen.extend(told(&printed(&repo, typed, &[], input.as_bytes()), &format!("`{typed}`, {what}")));
        }
        // One that was made before, to be added to.
        repo.place.run(&["baseline", "create", "--reason", "known"]);
        repo.write("more.env", line(4));
        for typed in ["baseline update", "baseline update --reason known --owner MISTRAL_API_KEY=KEY"] {
            told(&printed(&repo, typed, &[], b""), &format!("`{typed}`, {what}"));
        }
    }
    assert!(seen.len() >= 12, "only {seen:?} were told of");
}

#[test]
fn what_rewrites_history_is_written_to_its_file_alone() {
    let repo = everywhere();
    let file = repo.place.top().join("expressions");
    for manner in MANNERS {
        let args = format!("history --write-expressions {}", file.display());
        told(&printed(&repo, &args, manner, b""), &args);
        let written = fs::read_to_string(&file).unwrap_or_default();
        assert!(written.contains(&key(2)), "{manner:?}: {written}");
        // It is there already.
        told(&printed(&repo, &args, manner, b""), &args);
        fs::remove_file(&file).expect("written");
    }
}

#[test]
fn no_template_prints_a_whole_key() {
    let mut repo = everywhere();
    let bin = repo.place.top().join("bin");
    fs::create_dir(&bin).expect("new");
    std::os::unix::fs::symlink(crate::support::binary(), bin.join("leeward")).expect("new");
    let base = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", line(16).trim()]);
    let head = repo.git(&["rev-parse", "HEAD"]);
    let branch = format!("MISTRAL_API_KEY={}", key(1));
    let output = repo.place.top().join("output");
    let mut seen = BTreeSet::new();
    for (shell, text) in [
        ("bash", block(".github/actions/scan/action.yml", "# scan")),
        ("sh", block(".gitlab/leeward.yml", "# scan")),
    ] {
        for (scan, event, from) in [
            ("change", "push", base.as_str()),
            ("change", "pull_request", &base),
            ("change", "pull_request", &branch),
            ("history", "schedule", ""),
            ("files", "schedule", ""),
            (&branch, "push", &base),
            ("change", &branch, &branch),
        ] {
            for arguments in ["", "--no-inline-ignores --confidence low", "--format json", &branch] {
                let environment = [
                    ("SCAN", scan),
                    ("EVENT", event),
                    ("BASE", from),
                    ("HEAD", &head),
                    ("ARGUMENTS", arguments),
                    ("LEEWARD_ARGUMENTS", arguments),
                    ("SARIF", "../report.sarif"),
                    ("GITHUB_OUTPUT", output.to_str().expect("UTF-8")),
                    ("CI_COMMIT_BEFORE_SHA", from),
                    ("CI_COMMIT_SHA", &head),
                ];
                let ran = script(&repo, shell, &text, &environment);
                assert!(matches!(ran.status, Some(1..=3)), "{ran:?}");
                let files = ["report.sarif", "output", "work/leeward.sarif"].map(|name| {
                    String::from_utf8_lossy(&fs::read(repo.place.top().join(name)).unwrap_or_default())
                        .into_owned()
                });
                let all = ran.out() + &ran.err() + &files.concat();
                seen.extend(told(&all, &format!("{shell}, {environment:?}")));
            }
        }
    }
    assert!(seen.len() >= 12, "only {seen:?} were told of");
}
