//! Programs that keep the hooks of a repository (husky, lefthook, the pre-commit framework): what git calls is theirs, and
//! calls what their own files name.
//!
//! Takes a hook of somebody else and tells whose it is, and whether a gate is called in the end, as far as those files
//! tell. Nothing is run; what cannot be told is left to `leeward doctor`.

use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::calls::{self, Calls};
use super::script::{self, Gate};
use crate::source::layout::regular;

/// Who keeps a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Husky,
    Lefthook,
    PreCommit,
}

/// A program that keeps a hook, and what it goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Keeper {
    pub(super) who: Who,
    /// The file that says what is called; none where it cannot be told which that is.
    pub(super) file: Option<PathBuf>,
}

impl Who {
    /// As it calls itself.
    pub(super) fn name(self) -> &'static str {
        match self {
            Who::Husky => "husky",
            Who::Lefthook => "lefthook",
            Who::PreCommit => "the pre-commit framework",
        }
    }
}

/// Where lefthook looks for its file, from the top of the work tree.
const LEFTHOOK: [&str; 6] = [
    "lefthook.yml",
    "lefthook.yaml",
    ".lefthook.yml",
    ".lefthook.yaml",
    ".config/lefthook.yml",
    ".config/lefthook.yaml",
];

/// Where the pre-commit framework does.
const PRE_COMMIT: [&str; 2] = [".pre-commit-config.yaml", ".pre-commit-config.yml"];

/// Who keeps the hook at `path`, and whether the gate is called in the end. `top`: that of the work tree.
pub(super) fn of(gate: &Gate, path: &Path, content: &[u8], top: Option<&Path>) -> Option<(Keeper, Calls)> {
    let found = |who, names: &[&str], calls: &dyn Fn(&[u8]) -> Calls| {
        let files = names.iter().filter_map(|name| Some(top?.join(name)));
        let mut read = files.filter_map(|file| Some((calls(&regular::read(&file).ok()?), file)));
        let found = read.find(|(calls, _)| *calls != Calls::Never);
        let (calls, file) = found.map_or((Calls::Never, None), |(calls, file)| (calls, Some(file)));
        Some((Keeper { who, file }, calls))
    };
    if let Some(own) = path.parent().and_then(husky) {
        let file = own.join(gate.name);
        // It has the shell end at the first command that fails.
        let read = regular::read(&file).map(|content| calls::of(gate.calls, &content, true));
        return Some((Keeper { who: Who::Husky, file: Some(file) }, read.unwrap_or(Calls::Never)));
    }
    if content.contains_str("hook-impl") {
        found(Who::PreCommit, &PRE_COMMIT, &|content| hook_in(gate, content))
    } else if content.contains_str("lefthook") {
        found(Who::Lefthook, &LEFTHOOK, &|content| calls_in_section(gate, content))
    } else if content.contains_str("husky") && calls::of(gate.calls, content, false) == Calls::Never {
        Some((Keeper { who: Who::Husky, file: None }, Calls::Never))
    } else {
        None
    }
}

/// The files at the top of a work tree that such programs go by, as far as they are there. (Those of husky are called
/// where they are.)
pub(in crate::cli) fn files(top: &Path) -> Vec<PathBuf> {
    let local = ["lefthook-local.yml", "lefthook-local.yaml"];
    let names = LEFTHOOK.iter().chain(&local).chain(&PRE_COMMIT);
    names.map(|name| top.join(name)).filter(|file| file.is_file()).collect()
}

/// Where husky 9 has the hooks that people write, if it is its directory that git calls hooks in: `.husky` for
/// `.husky/_`, which is written anew at every installation.
pub(in crate::cli) fn husky(directory: &Path) -> Option<PathBuf> {
    let own = directory.parent().filter(|_| directory.file_name().is_some_and(|name| name == "_"))?;
    let known = own.file_name().is_some_and(|name| name == ".husky") || directory.join("h").is_file();
    known.then(|| own.to_owned())
}

/// What to write into the files of husky for these hooks, a line each.
pub(in crate::cli) fn husky_recipe(own: &Path, names: &[&str]) -> String {
    let own = own.file_name().map_or(own, Path::new).display();
    let gates = script::gates(false).iter().filter(|gate| names.contains(&gate.name));
    let line = |gate: &Gate| format!("\n  {:<25} {}", format!("{own}/{}", gate.name), gate.line());
    let lines: String = gates.map(line).collect();
    format!("add a line to each of these files, and make those that are not there:{lines}")
}

/// What a configuration of the pre-commit framework makes of a gate.
fn hook_in(gate: &Gate, content: &[u8]) -> Calls {
    match names_hook(gate, content) {
        false => Calls::Never,
        true if content.contains_str("--exit-zero") => calls::UNHEEDED,
        true => Calls::Yes,
    }
}

/// Whether a configuration of the pre-commit framework names one of our hooks for a gate.
fn names_hook(gate: &Gate, content: &[u8]) -> bool {
    let ids = match gate.name {
        "pre-commit" => ["leeward".to_owned(), "leeward-system".to_owned()],
        name => [format!("leeward-{name}"), format!("leeward-system-{name}")],
    };
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b"\"',}#".contains(byte);
    let names = |line: &[u8]| {
        line.find_iter("id:").any(|at| {
            let rest = line[at + 3..].trim_ascii_start();
            let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
            let id = &rest[..rest.iter().position(ends).unwrap_or(rest.len())];
            ids.iter().any(|known| known.as_bytes() == id)
        })
    };
    code(content).any(names)
}

/// What the section of a gate in a file of lefthook makes of it: each `run` there is a script of its own.
fn calls_in_section(gate: &Gate, content: &[u8]) -> Calls {
    let mut inside = false;
    let mut scripts: Vec<Vec<u8>> = Vec::new();
    // How far the line is indented whose `run` goes on in the lines that are further in.
    let mut block: Option<usize> = None;
    for line in code(content) {
        let indent = line.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if indent == 0 && !line.is_empty() {
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
            inside = name.trim_with(|c| matches!(c, '"' | '\'' | ' ')) == gate.name.as_bytes();
        }
        block = block.filter(|begin| indent > *begin || line.trim_ascii().is_empty());
        if !inside {
            continue;
        }
        if let (Some(_), Some(script)) = (block, scripts.last_mut()) {
            script.extend_from_slice(line.trim_ascii());
            script.push(b'\n');
        } else if let Some(at) = line.find("run:") {
            let command = line[at + 4..].trim_with(|c| matches!(c, ' ' | '\t' | '}'));
            let is_block = matches!(command.first(), Some(b'|' | b'>'));
            block = is_block.then_some(indent);
            let quoted = command.trim_with(|c| matches!(c, '"' | '\'')).to_vec();
            scripts.push(if is_block { Vec::new() } else { quoted });
        }
    }
    let mut found: Vec<Calls> = scripts.iter().map(|script| calls::of(gate.calls, script, false)).collect();
    found.retain(|calls| *calls != Calls::Never);
    let yes = found.iter().find(|calls| **calls == Calls::Yes);
    yes.or(found.first()).copied().unwrap_or(Calls::Never)
}

/// The lines that are no comment.
fn code(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    content.lines().filter(|line| !line.trim_ascii_start().starts_with(b"#"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(name: &str) -> &'static Gate {
        script::gates(false).iter().find(|gate| gate.name == name).expect("a gate")
    }

    #[test]
    fn hooks_of_the_pre_commit_framework_are_named_by_id() {
        for (text, name, yes) in [
            ("    hooks: [{ id: leeward }, { id: x }]\n", "pre-commit", true),
            ("      - id: leeward-system # ours\n", "pre-commit", true),
            ("      - id: 'leeward-pre-push'\n", "pre-push", true),
            ("      - id: leeward\n", "pre-push", false),
            ("      - id: leeward-pre-push\n", "pre-commit", false),
            ("      # - id: leeward\n", "pre-commit", false),
            ("  - repo: https://example.org/leeward\n", "pre-commit", false),
        ] {
            assert_eq!(names_hook(gate(name), text.as_bytes()), yes, "{text}");
        }
    }

    #[test]
    fn a_section_of_lefthook_is_that_of_one_hook() {
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
            let calls = calls_in_section(gate(name), text.as_bytes());
            assert_eq!(calls, if yes { Calls::Yes } else { Calls::Never }, "{name}");
        }
    }
}
