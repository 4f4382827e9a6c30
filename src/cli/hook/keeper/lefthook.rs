//! What a configuration of lefthook makes of a gate.
//!
//! Only commands and jobs count whose keys are known to change nothing about when they are run and what they are handed.
//! Each `run` is a script of its own.

use super::super::calls::{self, Calls};
use super::super::script::Gate;
use super::yaml::{self, Node};

/// Keys of a command or job that change nothing of that.
const HARMLESS: [&str; 8] =
    ["run", "name", "tags", "use_stdin", "interactive", "fail_text", "priority", "stage_fixed"];

/// Keys of a section that change nothing of that.
const OF_SECTION: [&str; 6] = ["commands", "jobs", "scripts", "parallel", "piped", "follow"];

/// What the file makes of a gate; `local`: those that have the last word.
pub(super) fn calls(gate: &Gate, content: &[u8], local: &[Vec<u8>]) -> Calls {
    let Some(root) = yaml::read(content) else {
        return match calls::of(gate.calls, content, false) {
            Calls::Never => Calls::Never,
            _ => lost("in a file that is not followed"),
        };
    };
    let Some(section) = root.get(gate.name) else { return Calls::Never };
    let commands =
        section.get("commands").map(Node::entries).unwrap_or_default().iter().map(|(_, node)| node);
    let jobs = section.get("jobs").map(Node::items).unwrap_or_default();
    let mut found: Vec<Calls> = commands.chain(jobs).map(|job| of_job(gate, job)).collect();
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
        None if ["extends", "remotes", "remote"].iter().any(|key| root.get(key).is_some()) => {
            lost("unless a file that it extends says otherwise")
        }
        None if local.iter().any(|local| changes(gate, local)) => {
            lost("unless lefthook-local says otherwise")
        }
        None => calls,
    }
}

/// What a command or a job makes of it.
fn of_job(gate: &Gate, job: &Node) -> Calls {
    let Some(script) = job.get("run").and_then(Node::text) else { return Calls::Never };
    let calls = calls::of(gate.calls, script.as_bytes(), false);
    if calls != Calls::Yes {
        return calls;
    }
    let pushes = gate.calls == "pre-push";
    // It runs nothing where no file is to be pushed from HEAD, unless it is handed others.
    let fed = pushes
        && script.contains("{files}")
        && job.get("files").and_then(Node::text).is_some_and(|files| files.starts_with("echo "));
    let known = |key: &str| HARMLESS.contains(&key) || fed && key == "files";
    match job.entries().iter().find(|(key, value)| !known(key) && !is_off(key, value)) {
        Some((key, _)) => lost(&format!("on a condition (`{key}`)")),
        None if pushes && !job.get("use_stdin").is_some_and(|value| value.is("true")) => {
            lost("without what git says of the push (`use_stdin`)")
        }
        None if pushes && !fed => lost("only where HEAD has files to push (`files`)"),
        None => calls,
    }
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
fn changes(gate: &Gate, local: &[u8]) -> bool {
    let keys = [gate.name, "extends", "remotes", "remote"];
    yaml::read(local).is_none_or(|root| keys.iter().any(|key| root.get(key).is_some()))
}

fn lost(why: &str) -> Calls {
    Calls::Lost(why.to_owned().into())
}

#[cfg(test)]
mod tests {
    use super::super::super::script;
    use super::*;

    fn gate(name: &str) -> &'static Gate {
        script::gates(false).iter().find(|gate| gate.name == name).expect("a gate")
    }

    #[test]
    fn a_section_is_that_of_one_hook() {
        let text = "pre-commit:\n  jobs:\n    - run: leeward hook pre-commit\n\n# pre-push:\n\
            #   run: leeward hook pre-push\ncommit-msg: { commands: { l: { run: \"leeward hook commit-msg {1}\" } } }\n\
            'pre-applypatch':\n  commands:\n    l:\n      run: leeward hook pre-commit\n";
        for (name, yes) in [
            ("pre-commit", true),
            ("commit-msg", true),
            ("pre-applypatch", true),
            ("applypatch-msg", false),
            ("pre-merge-commit", false),
            ("pre-push", false),
        ] {
            let calls = calls(gate(name), text.as_bytes(), &[]);
            assert_eq!(calls, if yes { Calls::Yes } else { Calls::Never }, "{name}");
        }
    }

    #[test]
    fn a_job_counts_if_nothing_keeps_it_from_being_run() {
        let commit =
            |keys: &str| format!("pre-commit: {{ jobs: [{{ run: leeward hook pre-commit{keys} }}] }}\n");
        let push = |keys: &str| {
            format!("pre-push: {{ jobs: [{{ run: 'leeward hook pre-push {{1}} # {{files}}'{keys} }}] }}\n")
        };
        let section =
            |keys: &str| format!("pre-commit:\n  {keys}\n  jobs: [{{ run: leeward hook pre-commit }}]\n");
        let fed = ", use_stdin: true, files: echo lefthook.yml";
        for (text, name, expected) in [
            (commit(""), "pre-commit", "yes"),
            (commit(", skip: false, name: x"), "pre-commit", "yes"),
            (commit(", skip: true"), "pre-commit", "on a condition (`skip`)"),
            (commit(", skip: [merge]"), "pre-commit", "on a condition (`skip`)"),
            (commit(", glob: '*.js'"), "pre-commit", "on a condition (`glob`)"),
            (commit(", files: git ls-files"), "pre-commit", "on a condition (`files`)"),
            (commit(", root: sub"), "pre-commit", "on a condition (`root`)"),
            (section("skip: true"), "pre-commit", "on a condition (`skip`)"),
            (section("exclude_tags: [x]"), "pre-commit", "on a condition (`exclude_tags`)"),
            (section("parallel: true"), "pre-commit", "yes"),
            (
                section("piped: true") + "extends: [x.yml]\n",
                "pre-commit",
                "unless a file that it extends says otherwise",
            ),
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
            assert_eq!(calls(gate(name), text.as_bytes(), &[]), expected, "{text}");
        }
        let local = |text: &str| calls(gate("pre-commit"), commit("").as_bytes(), &[text.into()]);
        assert_eq!(local("pre-push: { skip: true }\n"), Calls::Yes);
        let unless = lost("unless lefthook-local says otherwise");
        assert_eq!(local("pre-commit: { skip: true }\n"), unless);
        assert_eq!(local("pre-push: [\n"), unless);
    }
}
