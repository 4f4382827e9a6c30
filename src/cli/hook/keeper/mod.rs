//! Programs that keep the hooks of a repository (husky, lefthook, the pre-commit framework): what git calls is theirs, and
//! calls what their own files name.
//!
//! Takes a hook of somebody else and tells whose it is, and whether a gate is called in the end, as far as those files
//! tell. Nothing is run; what cannot be told is left to `leeward doctor`.

mod framework;
mod lefthook;
mod switch;
mod yaml;

use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::calls::{self, Calls, Why};
use super::script::{self, Gate, Use};
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

/// Where lefthook looks for its file, from the top of the work tree: it takes the first that is there.
const LEFTHOOK: [&str; 15] = [
    "lefthook.yml",
    ".lefthook.yml",
    ".config/lefthook.yml",
    "lefthook.yaml",
    ".lefthook.yaml",
    ".config/lefthook.yaml",
    "lefthook.json",
    ".lefthook.json",
    ".config/lefthook.json",
    "lefthook.jsonc",
    ".lefthook.jsonc",
    ".config/lefthook.jsonc",
    "lefthook.toml",
    ".lefthook.toml",
    ".config/lefthook.toml",
];

/// Where it looks for what has the last word.
const LEFTHOOK_LOCAL: [&str; 15] = [
    "lefthook-local.yml",
    ".lefthook-local.yml",
    ".config/lefthook-local.yml",
    "lefthook-local.yaml",
    ".lefthook-local.yaml",
    ".config/lefthook-local.yaml",
    "lefthook-local.json",
    ".lefthook-local.json",
    ".config/lefthook-local.json",
    "lefthook-local.jsonc",
    ".lefthook-local.jsonc",
    ".config/lefthook-local.jsonc",
    "lefthook-local.toml",
    ".lefthook-local.toml",
    ".config/lefthook-local.toml",
];

/// Where the pre-commit framework does.
const PRE_COMMIT: [&str; 2] = [".pre-commit-config.yaml", ".pre-commit-config.yml"];

/// Who keeps the hook at `path`, and whether the gate is called in the end. `top`: that of the work tree.
pub(super) fn of(gate: &Gate, path: &Path, content: &[u8], top: Option<&Path>) -> Option<(Keeper, Calls)> {
    let (keeper, calls) = kept(gate, path, content, top)?;
    let text = || keeper.file.as_ref().and_then(|file| regular::read(file).ok()).unwrap_or_default();
    let off = (calls == Calls::Yes).then(|| switch::off(keeper.who, gate, &text())).flatten();
    let lost = |off| Calls::Lost(Why::Kept(format!("only without {off}").into()));
    Some((keeper, off.map_or(calls, lost)))
}

/// The same, whatever is switched off.
fn kept(gate: &Gate, path: &Path, content: &[u8], top: Option<&Path>) -> Option<(Keeper, Calls)> {
    let read = |name: &str| {
        let file = top?.join(name);
        Some((regular::read(&file).ok()?, file))
    };
    // Each goes by the first of its files that is there.
    let found = |who, names: &[&str], calls: &dyn Fn(&str, &[u8]) -> Calls| {
        let first =
            names.iter().find_map(|name| read(name).map(|(content, file)| (calls(name, &content), file)));
        let known = first.filter(|(calls, _)| *calls != Calls::Never);
        let (calls, file) = known.map_or((Calls::Never, None), |(calls, file)| (calls, Some(file)));
        Some((Keeper { who, file }, calls))
    };
    if let Some(own) = path.parent().and_then(husky) {
        let file = own.join(gate.name);
        // It has the shell end at the first command that fails.
        let read = regular::read(&file).map(|content| calls::of(gate.calls, &content, true));
        return Some((Keeper { who: Who::Husky, file: Some(file) }, read.unwrap_or(Calls::Never)));
    }
    if content.contains_str("hook-impl") {
        // `pre-commit install --config FILE` names another one.
        let named =
            content.split_once_str("--config=").and_then(|(_, rest)| rest.fields().next()?.to_str().ok());
        let named = named.map(|name| name.trim_matches(['"', '\'', ')']));
        let names = named.as_slice();
        let names = if names.is_empty() { PRE_COMMIT.as_slice() } else { names };
        found(Who::PreCommit, names, &|_, text| {
            if_own(framework::is_own(gate, content), framework::calls(gate, text))
        })
    } else if content.contains_str("lefthook") {
        let local: Vec<(&str, Vec<u8>)> =
            LEFTHOOK_LOCAL.iter().filter_map(|name| Some((*name, read(name)?.0))).collect();
        found(Who::Lefthook, &LEFTHOOK, &|name, text| {
            if_own(lefthook::is_own(gate, content), lefthook::calls(gate, name, text, &local))
        })
    } else if content.contains_str("husky") && calls::of(gate.calls, content, false) == Calls::Never {
        Some((Keeper { who: Who::Husky, file: None }, Calls::Never))
    } else {
        None
    }
}

/// What a file makes of a gate, if the hook is as its program writes it, so that it goes by that file.
fn if_own(is_own: bool, calls: Calls) -> Calls {
    match calls {
        Calls::Yes if !is_own => Calls::Lost(Why::Kept("from a hook that is not as it was made".into())),
        calls => calls,
    }
}

/// The files at the top of a work tree that such programs go by, as far as they are there. (Those of husky are called
/// where they are.)
pub(in crate::cli) fn files(top: &Path) -> Vec<PathBuf> {
    all(top).filter(|file| file.is_file()).collect()
}

/// Those that are not there, whatever is committed: their programs look for them on disk.
pub(in crate::cli) fn gone(top: &Path) -> Vec<PathBuf> {
    all(top).filter(|file| !file.exists()).collect()
}

fn all(top: &Path) -> impl Iterator<Item = PathBuf> {
    LEFTHOOK.iter().chain(&LEFTHOOK_LOCAL).chain(&PRE_COMMIT).map(move |name| top.join(name))
}

/// Where husky 9 has the hooks that people write, if it is its directory that git calls hooks in: `.husky` for
/// `.husky/_`, which is written anew at every installation.
pub(in crate::cli) fn husky(directory: &Path) -> Option<PathBuf> {
    let own = directory.parent().filter(|_| directory.file_name().is_some_and(|name| name == "_"))?;
    let known = own.file_name().is_some_and(|name| name == ".husky") || directory.join("h").is_file();
    known.then(|| own.to_owned())
}

/// How to have the directory that husky writes, where it is not there.
pub(in crate::cli) const RUN_HUSKY: &str =
    "husky makes that directory in each work tree by itself: `npm install` there runs it, or `npx husky`";

/// How to have husky call the gates of these hooks. `directory`: where git reads them; `own`: where people write theirs.
pub(in crate::cli) fn husky_recipe(directory: &Path, own: &Path, names: &[&str]) -> String {
    let lacks = |gate: &&Gate| {
        let read = regular::read(&own.join(gate.name));
        !read.is_ok_and(|content| calls::of(gate.calls, &content, true) != Calls::Never)
    };
    let is_there = directory.is_dir();
    if let Some(off) = switch::husky() {
        return format!("take out {off}: husky runs no hook");
    }
    let gates = || script::gates(Use::Work).iter().filter(|gate| names.contains(&gate.name));
    let mut lacking: Vec<&Gate> = gates().filter(lacks).collect();
    if is_there && lacking.is_empty() {
        lacking = gates().collect();
    }
    let own = own.file_name().map_or(own, Path::new).display();
    let line = |gate: &&Gate| format!("\n  {:<25} {}", format!("{own}/{}", gate.name), gate.line());
    let lines: String = lacking.iter().map(line).collect();
    match (is_there, lacking.is_empty()) {
        (false, true) => RUN_HUSKY.to_owned(),
        (false, false) => format!("{RUN_HUSKY}. Before, {ADD}:{lines}"),
        (true, _) => format!("{ADD}:{lines}"),
    }
}

/// What to do with lines that call gates.
const ADD: &str = "add a line to each of these files, and make those that are not there";
