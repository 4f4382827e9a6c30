//! What a configuration of lefthook makes of a gate.
//!
//! Only commands and jobs count whose keys are known to change nothing about when they are run and what they are handed.
//! Each `run` is a script of its own.

use bstr::ByteSlice as _;

use super::super::calls::{self, Calls, Why};
use super::super::script::{self, FORWARDED, Gate};
use super::yaml::{self, Node};

/// Keys of a command or job that change nothing of that.
const HARMLESS: [&str; 8] =
    ["run", "name", "tags", "use_stdin", "interactive", "fail_text", "priority", "stage_fixed"];

/// Keys of a section that change nothing of that.
const OF_SECTION: [&str; 6] = ["commands", "jobs", "scripts", "parallel", "piped", "follow"];

/// Keys of the whole file that change nothing of that, beside sections of hooks.
const OF_FILE: [&str; 10] = [
    "assert_lefthook_installed",
    "colors",
    "min_version",
    "no_auto_install",
    "no_tty",
    "output",
    "skip_lfs",
    "skip_output",
    "source_dir",
    "source_dir_local",
];

/// Whether a hook ends with what lefthook makes of it.
pub(super) fn is_own(gate: &Gate, hook: &[u8]) -> bool {
    let text = String::from_utf8_lossy(hook).replace('"', "");
    let last = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    let last = last.strip_prefix("exec ").unwrap_or(last).trim_end_matches(" $@");
    ["call_lefthook", "lefthook"].iter().any(|program| last == format!("{program} run {}", gate.name))
}

/// What the file called `name` makes of a gate; `local`: those that have the last word.
pub(super) fn calls(gate: &Gate, name: &str, content: &[u8], local: &[(&str, Vec<u8>)]) -> Calls {
    let Some(root) = read(name, content) else {
        return match calls::of(gate.calls, content, false) {
            Calls::Never => Calls::Never,
            _ => lost("in a file that is not followed"),
        };
    };
    let Some(section) = root.get(gate.name) else { return Calls::Never };
    let commands =
        section.get("commands").map(Node::entries).unwrap_or_default().iter().map(|(_, node)| node);
    let jobs = section.get("jobs").map(Node::items).unwrap_or_default();
    let mut found: Vec<Calls> = commands.chain(jobs).map(|job| of_job(gate, name, job)).collect();
    found.retain(|calls| *calls != Calls::Never);
    let yes = found.iter().position(|calls| *calls == Calls::Yes).unwrap_or_default();
    if found.is_empty() {
        let named = section.texts().into_iter().any(|text| is_named(gate, text));
        return if named { lost("in a way that is not followed") } else { Calls::Never };
    }
    let calls = found.swap_remove(yes);
    let known = |(key, value): &&(String, Node)| OF_SECTION.contains(&key.as_str()) || is_off(key, value);
    let condition = section.entries().iter().find(|entry| !known(entry));
    match condition {
        _ if calls != Calls::Yes => calls,
        Some((key, _)) => lost(&format!("on a condition (`{key}`)")),
        None if !others(&root).is_empty() => {
            lost(&format!("unless `{}` there does otherwise", others(&root)[0]))
        }
        None if local.iter().any(|(name, local)| changes(gate, name, local)) => {
            lost("unless lefthook-local says otherwise")
        }
        None => calls,
    }
}

/// What stands in the file called `name`. Nothing is told of TOML, nor of JSON with comments; other JSON is YAML.
fn read(name: &str, content: &[u8]) -> Option<Node> {
    let has_comments = || content.contains_str("//") || content.contains_str("/*");
    let is_other = name.ends_with(".toml") || name.ends_with(".jsonc") && has_comments();
    if is_other { None } else { yaml::read(content) }
}

/// Keys of a whole file that lead elsewhere (`extends`, `rc`, `lefthook`), or are not known to do no such thing.
fn others(root: &Node) -> Vec<&str> {
    let is_hook = |key: &str| {
        FORWARDED.contains(&key) || script::gates(script::Use::Work).iter().any(|gate| gate.name == key)
    };
    let is_section = |node: &Node| OF_SECTION.iter().any(|key| node.get(key).is_some());
    let open = root
        .entries()
        .iter()
        .filter(|(key, node)| !OF_FILE.contains(&key.as_str()) && !is_hook(key) && !is_section(node));
    open.map(|(key, _)| key.as_str()).collect()
}

/// What a command or a job makes of it.
fn of_job(gate: &Gate, name: &str, job: &Node) -> Calls {
    let Some(script) = job.get("run").and_then(Node::text) else { return Calls::Never };
    let calls = calls::of(gate.calls, script.as_bytes(), false);
    if calls != Calls::Yes {
        return calls;
    }
    let pushes = gate.calls == "pre-push";
    // It runs nothing where it has no files to hand over, whatever the hook is for: of a push those that HEAD has, of a
    // commit those that are not of another type. It has to be handed one that is always there: its own.
    let own = format!("echo {name}");
    let fed = script.contains("{files}") && job.get("files").is_some_and(|files| files.is(&own));
    let known = |key: &str| HARMLESS.contains(&key) || fed && key == "files";
    match job.entries().iter().find(|(key, value)| !known(key) && !is_off(key, value)) {
        Some((key, _)) => lost(&format!("on a condition (`{key}`)")),
        None if pushes && !job.get("use_stdin").is_some_and(|value| value.is("true")) => {
            lost("without what git says of the push (`use_stdin`)")
        }
        None if pushes && !fed => lost("only where HEAD has files to push (`files`)"),
        None if gate.name == "pre-commit" && !fed => {
            lost("only where a file changes more than its type (`files`)")
        }
        None => match placeholder(script, fed) {
            Some(name) => lost(&format!("on a condition (`{name}`)")),
            None => calls,
        },
    }
}

/// What a script has put in, a comment of it included, and may be nothing, so that it is not run: but for arguments of git.
fn placeholder(script: &str, fed: bool) -> Option<&str> {
    let starts = script.match_indices('{').map(|(at, _)| &script[at..]);
    let mut names = starts.filter_map(|rest| rest.find('}').map(|end| &rest[..=end]));
    let is_argument = |name: &str| name[1..name.len() - 1].bytes().all(|byte| byte.is_ascii_digit());
    names.find(|name| !is_argument(name) && (!fed || *name != "{files}"))
}

/// Whether a condition is none.
fn is_off(key: &str, value: &Node) -> bool {
    matches!(key, "skip") && value.is("false") || matches!(key, "only") && value.is("true")
}

/// Whether a text calls the gate in any way.
fn is_named(gate: &Gate, text: &str) -> bool {
    calls::of(gate.calls, text.as_bytes(), false) != Calls::Never
}

/// Whether a file that has the last word may say something of a gate.
fn changes(gate: &Gate, name: &str, local: &[u8]) -> bool {
    read(name, local).is_none_or(|root| root.get(gate.name).is_some() || !others(&root).is_empty())
}

fn lost(why: &str) -> Calls {
    Calls::Lost(Why::Kept(why.to_owned().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(name: &str) -> &'static Gate {
        script::gates(script::Use::Work).iter().find(|gate| gate.name == name).expect("a gate")
    }

    fn commit(keys: &str) -> String {
        format!(
            "pre-commit: {{ jobs: [{{ run: 'leeward hook pre-commit # {{files}}', files: echo a.yml{keys} }}] }}\n"
        )
    }

    #[test]
    fn a_section_is_that_of_one_hook() {
        let text = "pre-commit:\n  jobs:\n    - run: 'leeward hook pre-commit # {files}'\n      files: echo lefthook.yml\n\n\
            # pre-push:\n#   run: leeward hook pre-push\ncommit-msg: { commands: { l: { run: \"leeward hook commit-msg {1}\" } } }\n\
            'pre-applypatch':\n  commands:\n    l:\n      run: leeward hook pre-commit\n";
        for (name, yes) in [
            ("pre-commit", true),
            ("commit-msg", true),
            ("pre-applypatch", true),
            ("applypatch-msg", false),
            ("pre-merge-commit", false),
            ("pre-push", false),
        ] {
            let calls = calls(gate(name), "lefthook.yml", text.as_bytes(), &[]);
            assert_eq!(calls, if yes { Calls::Yes } else { Calls::Never }, "{name}");
        }
    }

    #[test]
    fn a_job_counts_if_nothing_keeps_it_from_being_run() {
        let run = |script: &str| commit("").replace("leeward hook pre-commit # {files}", script);
        let push = |keys: &str| {
            format!("pre-push: {{ jobs: [{{ run: 'leeward hook pre-push {{1}} # {{files}}'{keys} }}] }}\n")
        };
        let section = |keys: &str| format!("{}{keys} }}\n", commit("").trim_end().trim_end_matches('}'));
        let only = "only where a file changes more than its type (`files`)";
        let fed = ", use_stdin: true, files: echo a.yml";
        for (text, name, expected) in [
            (commit(""), "pre-commit", "yes"),
            (commit(", skip: false, name: x"), "pre-commit", "yes"),
            (commit(", skip: true"), "pre-commit", "on a condition (`skip`)"),
            (commit(", skip: [merge]"), "pre-commit", "on a condition (`skip`)"),
            (commit(", glob: '*.js'"), "pre-commit", "on a condition (`glob`)"),
            (commit("").replace("echo a.yml", "git ls-files"), "pre-commit", "on a condition (`files`)"),
            (commit("").replace("echo a.yml", "echo other.yml"), "pre-commit", "on a condition (`files`)"),
            (commit("").replace(", files: echo a.yml", ""), "pre-commit", only),
            (run("leeward hook pre-commit"), "pre-commit", "on a condition (`files`)"),
            (
                run("leeward hook pre-commit # {files} {staged_files}"),
                "pre-commit",
                "on a condition (`{staged_files}`)",
            ),
            (run("leeward hook pre-commit {0} # {files}"), "pre-commit", "yes"),
            (commit(", root: sub"), "pre-commit", "on a condition (`root`)"),
            (section(", skip: true"), "pre-commit", "on a condition (`skip`)"),
            (section(", exclude_tags: [x]"), "pre-commit", "on a condition (`exclude_tags`)"),
            (section(", parallel: true"), "pre-commit", "yes"),
            (
                "pre-commit: { jobs: [{ group: { jobs: [{ run: leeward hook pre-commit }] } }] }\n"
                    .to_owned(),
                "pre-commit",
                "in a way that is not followed",
            ),
            (
                "pre-commit: &x { jobs: [{ run: a }] }\nb:\n  - leeward hook pre-commit\n".to_owned(),
                "pre-commit",
                "in a file that is not followed",
            ),
            (push(fed), "pre-push", "yes"),
            (push(", use_stdin: true"), "pre-push", "only where HEAD has files to push (`files`)"),
            (push(""), "pre-push", "without what git says of the push (`use_stdin`)"),
        ] {
            let expected = if expected == "yes" { Calls::Yes } else { lost(expected) };
            assert_eq!(calls(gate(name), "a.yml", text.as_bytes(), &[]), expected, "{text}");
        }
    }

    #[test]
    fn what_the_whole_file_or_another_one_says_may_lead_elsewhere() {
        for (text, expected) in [
            ("extends: [x.yml]\n", lost("unless `extends` there does otherwise")),
            ("rc: ./x\n", lost("unless `rc` there does otherwise")),
            ("lefthook: 'true'\n", lost("unless `lefthook` there does otherwise")),
            ("min_version: 1.0.0\npre-push: { skip: true }\n", Calls::Yes),
        ] {
            let text = commit("") + text;
            assert_eq!(calls(gate("pre-commit"), "a.yml", text.as_bytes(), &[]), expected, "{text}");
        }
        let of = |name, text: &str| {
            calls(gate("pre-commit"), "a.yml", commit("").as_bytes(), &[(name, text.into())])
        };
        let local = |text: &str| of("lefthook-local.yml", text);
        assert_eq!(local("pre-push: { skip: true }\n"), Calls::Yes);
        let unless = lost("unless lefthook-local says otherwise");
        assert_eq!(local("pre-commit: { skip: true }\n"), unless);
        assert_eq!(local("pre-push: [\n"), unless);
        assert_eq!(local("lefthook: 'true'\n"), unless);
        // What is no YAML is not taken for it.
        for text in ["[pre-commit]\nskip = true\n", "pre-commit.skip = true\n"] {
            assert_eq!(of("lefthook-local.toml", text), unless);
        }
        assert_eq!(of("lefthook-local.json", "{\"pre-commit\": {\"skip\": true}}"), unless);
        assert_eq!(of("lefthook-local.json", "{\"pre-push\": {\"skip\": true}}"), Calls::Yes);
        let hidden = "{ // x\n\"pre-commit\": {\"skip\": true, \"jobs\": []}}";
        assert_eq!(of("lefthook-local.jsonc", hidden), unless);
    }
}
