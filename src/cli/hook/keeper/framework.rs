//! What a configuration of the pre-commit framework (or of prek) makes of a gate.
//!
//! Only entries count whose keys are known to change nothing about when the hook is called, what it is handed and what
//! becomes of its answer.

use super::super::calls::{self, Calls, Why};
use super::super::script::Gate;
use super::yaml::{self, Node};

/// Keys of an entry that change nothing of that.
const HARMLESS: [&str; 11] = [
    "id",
    "name",
    "alias",
    "description",
    "verbose",
    "log_file",
    "require_serial",
    "language_version",
    "additional_dependencies",
    "minimum_pre_commit_version",
    "priority",
];

/// Languages of an entry that have it run as it is: with others it is a pattern, or stands in a place of its own.
const LANGUAGES: [&str; 2] = ["system", "unsupported"];

/// Whether a hook hands over to the framework, for this very hook.
pub(super) fn is_own(gate: &Gate, hook: &[u8]) -> bool {
    let text = String::from_utf8_lossy(hook);
    let mut lines = text.lines().map(str::trim);
    let is_of_it =
        |line: &str| ["pre_commit", "pre-commit", "hook-impl"].iter().any(|name| line.contains(name));
    let of_gate = [format!("--hook-type={}", gate.name), format!("--hook-type {}", gate.name)];
    let ends =
        |line: &str| line.split(|c: char| c.is_whitespace() || c == ')').collect::<Vec<_>>().join(" ") + " ";
    lines.any(|line| line.starts_with("exec ") && is_of_it(line))
        && text.lines().any(|line| of_gate.iter().any(|own| ends(line).contains(&format!("{own} "))))
}

/// The name of an entry that calls a gate and is among those that are to be skipped.
pub(super) fn is_skipped(gate: &Gate, content: &[u8], skipped: &[&str]) -> Option<String> {
    let root = yaml::read(content)?;
    let repos = root.get("repos").map(Node::items).unwrap_or_default();
    let hooks = repos.iter().flat_map(|repo| {
        let local = repo.get("repo").is_some_and(|repo| repo.is("local"));
        let hooks = repo.get("hooks").map(Node::items).unwrap_or_default();
        let root = &root;
        hooks.iter().filter(move |hook| entry(gate, hook, local.then_some(root)) != Calls::Never)
    });
    let mut names = hooks.flat_map(|hook| ["id", "alias"].map(|key| hook.get(key).and_then(Node::text)));
    names.find_map(|name| name.filter(|name| skipped.contains(name)).map(str::to_owned))
}

/// What the file makes of a gate.
pub(super) fn calls(gate: &Gate, content: &[u8]) -> Calls {
    let Some(root) = yaml::read(content) else {
        return match names(gate, &String::from_utf8_lossy(content)) {
            true => lost("in a file that is not followed"),
            false => Calls::Never,
        };
    };
    let repos = root.get("repos").map(Node::items).unwrap_or_default();
    let mut found = Vec::new();
    for repo in repos {
        let local = repo.get("repo").is_some_and(|repo| repo.is("local"));
        let hooks = repo.get("hooks").map(Node::items).unwrap_or_default();
        found.extend(hooks.iter().map(|hook| entry(gate, hook, local.then_some(&root))));
    }
    found.retain(|calls| *calls != Calls::Never);
    let yes = found.iter().position(|calls| *calls == Calls::Yes).unwrap_or_default();
    if found.is_empty() { Calls::Never } else { found.swap_remove(yes) }
}

/// What an entry makes of it. `root`: the whole file, if the entry says itself what is run.
fn entry(gate: &Gate, hook: &Node, root: Option<&Node>) -> Calls {
    let is = |key: &str, text: &str| hook.get(key).is_some_and(|value| value.is(text));
    let meant = match root {
        None => {
            hook.get("id").and_then(Node::text).is_some_and(|id| ids(gate).iter().any(|known| known == id))
        }
        Some(_) => hook.get("entry").and_then(Node::text).is_some_and(|entry| runs(gate, entry)),
    };
    if !meant {
        return Calls::Never;
    }
    let arguments = hook.get("args").map(Node::texts).unwrap_or_default();
    let entry = hook.get("entry").and_then(Node::text).filter(|_| root.is_some());
    let entry = entry.map_or_else(|| format!("leeward hook {}", gate.calls), str::to_owned);
    let line = [entry.as_str()].into_iter().chain(arguments).collect::<Vec<_>>().join(" ");
    if calls::of(gate.calls, line.as_bytes(), false) != Calls::Yes {
        return calls::UNHEEDED;
    }
    if root.is_some() && !hook.get("language").and_then(Node::text).is_some_and(|of| LANGUAGES.contains(&of))
    {
        return lost("in a language that may not run it (`language`)");
    }
    let stages = hook.get("stages").or_else(|| root?.get("default_stages"));
    if stages.is_some_and(|stages| !stages.items().iter().any(|stage| is_stage(gate, stage))) {
        return lost("at other stages alone");
    }
    // Of a repository of hooks, these stand there.
    let always = root.is_none() && hook.get("always_run").is_none() || is("always_run", "true");
    let named = root.is_none() && hook.get("pass_filenames").is_none()
        || if gate.calls == "commit-msg" {
            !is("pass_filenames", "false")
        } else {
            is("pass_filenames", "false")
        };
    if !always {
        return lost("only where files of some kinds change (`always_run`)");
    }
    if !named {
        return lost("with other arguments than git hands over (`pass_filenames`)");
    }
    let known = |key: &str| {
        HARMLESS.contains(&key)
            || matches!(key, "args" | "stages" | "always_run" | "pass_filenames")
            || root.is_some() && matches!(key, "entry" | "language")
    };
    match hook.entries().iter().find(|(key, _)| !known(key)) {
        Some((key, _)) => lost(&format!("on a condition (`{key}`)")),
        // It reads what git says of a push itself, and hands on a part.
        None if gate.calls == "pre-push" => lost("for the first ref of a push alone"),
        None => Calls::Yes,
    }
}

/// The names of our hooks for a gate.
fn ids(gate: &Gate) -> [String; 2] {
    match gate.name {
        "pre-commit" => ["leeward".to_owned(), "leeward-system".to_owned()],
        name => [format!("leeward-{name}"), format!("leeward-system-{name}")],
    }
}

/// Whether a program with arguments, run without a shell, is the gate.
fn runs(gate: &Gate, entry: &str) -> bool {
    let mut words = entry.split_whitespace();
    words.next().is_some_and(|program| program.rsplit('/').next() == Some("leeward"))
        && words.next() == Some("hook")
        && words.next() == Some(gate.calls)
}

/// Whether a stage is that of a gate, by its name or by the one that it had.
fn is_stage(gate: &Gate, stage: &Node) -> bool {
    let before = match gate.name {
        "pre-commit" => "commit",
        "pre-push" => "push",
        "pre-merge-commit" => "merge-commit",
        name => name,
    };
    stage.is(gate.name) || stage.is(before)
}

/// Whether a text that is not followed names the gate.
fn names(gate: &Gate, text: &str) -> bool {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let is_separator = |c: char| !c.is_ascii_alphanumeric() && c != '-';
    lines.into_iter().any(|line| {
        let words: Vec<&str> = line.split(is_separator).filter(|word| !word.is_empty()).collect();
        words.windows(2).any(|pair| pair[0] == "id" && ids(gate).iter().any(|id| id == pair[1]))
    })
}

fn lost(why: &str) -> Calls {
    Calls::Lost(Why::Kept(why.to_owned().into()))
}

#[cfg(test)]
mod tests {
    use super::super::super::script;
    use super::*;

    fn gate(name: &str) -> &'static Gate {
        script::gates(script::Use::Work).iter().find(|gate| gate.name == name).expect("a gate")
    }

    #[test]
    fn an_entry_counts_if_nothing_keeps_it_from_being_called_and_heeded() {
        let repo = |hook: &str| {
            format!("repos:\n  - repo: https://example.org/leeward\n    rev: v1\n    hooks: [{hook}]\n")
        };
        let local = |hook: &str| format!("repos:\n  - repo: local\n    hooks:\n      - {hook}\n");
        let entry =
            "{ id: x, name: x, language: system, entry: leeward hook pre-commit, pass_filenames: false";
        for (text, name, expected) in [
            (repo("{ id: leeward }, { id: x }"), "pre-commit", "yes"),
            (repo("{ id: leeward-system, args: [--confidence, high] }"), "pre-commit", "yes"),
            (repo("{ id: 'leeward-pre-push' }"), "pre-push", "for the first ref of a push alone"),
            (repo("{ id: leeward }"), "pre-push", "never"),
            (repo("{ id: leeward-pre-push }"), "pre-commit", "never"),
            (repo("{ id: x }") + "# - id: leeward\n", "pre-commit", "never"),
            (repo("{ id: leeward, stages: [manual] }"), "pre-commit", "at other stages alone"),
            (repo("{ id: leeward, stages: [commit] }"), "pre-commit", "yes"),
            (repo("{ id: leeward, files: nothing }"), "pre-commit", "on a condition (`files`)"),
            (repo("{ id: leeward, exclude: '.*' }"), "pre-commit", "on a condition (`exclude`)"),
            (repo("{ id: leeward, entry: 'true' }"), "pre-commit", "on a condition (`entry`)"),
            (
                repo("{ id: leeward, always_run: false }"),
                "pre-commit",
                "only where files of some kinds change (`always_run`)",
            ),
            (repo("{ id: leeward, args: [--exit-zero] }"), "pre-commit", "unheeded"),
            (repo("{ id: leeward, stages: [manual] }, { id: leeward }"), "pre-commit", "yes"),
            (repo("&a { id: leeward }"), "pre-commit", "in a file that is not followed"),
            (repo("&a { id: x }"), "pre-commit", "never"),
            ("- id: leeward\n".to_owned(), "pre-commit", "never"),
            (local(&format!("{entry}, always_run: true }}")), "pre-commit", "yes"),
            (
                local(&format!("{entry} }}")),
                "pre-commit",
                "only where files of some kinds change (`always_run`)",
            ),
            (
                local(&format!("{entry}, always_run: true }}")).replace("system", "pygrep"),
                "pre-commit",
                "in a language that may not run it (`language`)",
            ),
            (local(&format!("{entry}, always_run: true, args: [--config, x] }}")), "pre-commit", "unheeded"),
            (local("{ id: leeward, entry: 'true', always_run: true }"), "pre-commit", "never"),
            (
                local(&format!("{entry}, always_run: true }}")) + "default_stages: [manual]\n",
                "pre-commit",
                "at other stages alone",
            ),
        ] {
            let expected = match expected {
                "yes" => Calls::Yes,
                "never" => Calls::Never,
                "unheeded" => calls::UNHEEDED,
                why => lost(why),
            };
            assert_eq!(calls(gate(name), text.as_bytes()), expected, "{text}");
        }
    }
}
