//! What git would call: where hooks are, which there are, whether they can run, and what else is there.

use std::fs;
use std::path::{Path, PathBuf};

use bstr::ByteSlice as _;

use super::super::hook::script::Use;
use super::super::hook::{keeper, place, script, worktrees};
use super::super::policy::Judge;
use super::super::subprocess::{ASKING, run};
use super::clone::at;
use super::{Checkup, Gate};
use crate::sanitize::visible;
use crate::source::layout::{Layout, regular, to_path};

/// Hooks that run before a key is in.
const GATES: [&str; 6] =
    ["pre-commit", "commit-msg", "pre-applypatch", "applypatch-msg", "pre-push", "pre-receive"];

/// Hooks that can run.
#[derive(Debug)]
pub(super) struct Hooks {
    /// Where they are.
    pub(super) directory: PathBuf,
    /// Their names, sorted.
    pub(super) names: Vec<String>,
    /// Where the repository's own are, if that is elsewhere: git does not call them, but what it calls may.
    own: Option<PathBuf>,
    /// What git calls them for.
    pub(super) used: Use,
    /// Where people write hooks instead, if husky keeps them.
    husky: Option<PathBuf>,
}

impl Hooks {
    /// The hook of a name, if it can run.
    pub(super) fn get(&self, name: &str) -> Option<PathBuf> {
        self.names.iter().any(|known| known == name).then(|| self.directory.join(name))
    }

    /// The repository's own hook of a name that git does not call, if it can run.
    pub(super) fn own(&self, name: &str) -> Option<PathBuf> {
        self.own.as_ref().map(|own| own.join(name)).filter(|hook| can_run(hook))
    }

    /// How to have a hook stop what it lets pass.
    pub(super) fn fix(&self, name: &str) -> String {
        match (&self.husky, self.get(name)) {
            (Some(own), _) => keeper::husky_recipe(&self.directory, own, &[name]),
            (None, None) => format!("`leeward hook install`, or call `leeward hook {name}` in a {name} hook"),
            (None, Some(path)) if regular::read(&path).is_ok_and(|text| script::is_forwarder(&text)) => {
                "`leeward hook install`: this one calls the repository's own hook, where there is one"
                    .to_owned()
            }
            (None, Some(path)) if regular::read(&path).is_ok_and(|text| script::is_as_installed(&text)) => {
                "`leeward hook install`, which makes it anew for this program".to_owned()
            }
            (None, Some(path)) if regular::read(&path).is_ok_and(|text| script::was_installed(&text)) => {
                let path = visible(path.as_os_str().as_encoded_bytes()).into_owned();
                format!("it was installed, and changed since: delete {path}, and `leeward hook install`")
            }
            (None, Some(_)) => format!("call `leeward hook {name}` in it, and end with its status"),
        }
    }
}

/// Looks at the hooks of a repository. Gives nothing where git cannot say where they are.
pub(super) fn check(layout: &Layout, gates: &[Gate], checkup: &mut Checkup) -> Option<Hooks> {
    let top = layout.work_tree.as_ref().unwrap_or(&layout.git_dir);
    let told = run(at(layout).args(["rev-parse", "--git-path", "hooks"]), ASKING);
    let path = to_path(told.stdout.trim_end()).filter(|_| told.succeeded());
    let chosen = run(at(layout).args(["config", "--get", "core.hooksPath"]), ASKING);
    if chosen.succeeded() && chosen.stdout.trim_ascii().is_empty() {
        let problem = "core.hooksPath is empty, so git runs no hook here";
        checkup.problem(problem.to_owned(), &take_out(layout));
        return None;
    }
    let Some(path) = path else {
        checkup.untried(format!("git does not say where hooks are:\n{}", told.end()));
        return None;
    };
    let directory = top.join(path);
    let shown = visible(directory.as_os_str().as_encoded_bytes()).into_owned();
    configured(layout, &directory, checkup);
    if let Some(what) = fs::metadata(&directory).ok().filter(|there| !there.is_dir() && !chosen.succeeded()) {
        let problem = format!("{shown} is {}, not a directory, so git finds no hook", regular::kind(&what));
        checkup.problem(problem, &format!("move {shown} away, and `leeward hook install`"));
    }
    let husky = keeper::husky(&directory);
    let mut names = Vec::new();
    let mut inert = Vec::new();
    for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.contains('.') || !entry.path().is_file() {
            if let Some(what) = what_is_no_file(&entry.path()).filter(|_| GATES.contains(&name.as_str())) {
                let problem = format!("the hook {name} is {what}, not a file, and git cannot run it");
                checkup.problem(problem, &format!("move {shown}/{name} away, and `leeward hook install`"));
            }
            continue;
        }
        if can_run(&entry.path()) { names.push(name) } else { inert.push(name) }
    }
    names.sort();
    for name in inert.iter().filter(|name| GATES.contains(&name.as_str())) {
        let fix = format!("chmod +x '{shown}/{name}'");
        checkup.problem(format!("the hook {name} may not be run, and git passes it over"), &fix);
    }
    let ask = |arguments: &[&str]| {
        let ran = run(at(layout).args(arguments), ASKING);
        ran.succeeded().then_some(ran.stdout)
    };
    let used = place::used(&ask, &directory);
    let wanted = wanted(used, gates);
    say_which(&shown, &names, &wanted, husky.is_some(), checkup);
    // A linked work tree has a `HEAD` of its own.
    if wanted.contains(&"pre-receive") && layout.git_dir == layout.common_dir {
        Judge::of(layout).problem().iter().for_each(|(what, fix)| checkup.problem(what, fix));
    }
    if used != Use::Pushed {
        not_tried(&wanted, top, &directory, checkup);
    }
    let own = layout.common_dir.join("hooks");
    let is_same = own.canonicalize().ok() == directory.canonicalize().ok();
    Some(Hooks { directory, names, own: (!is_same).then_some(own), used, husky })
}

/// Says which hooks are there of those that are wanted. `husky`: whether it keeps them.
fn say_which(shown: &str, names: &[String], wanted: &[&str], husky: bool, checkup: &mut Checkup) {
    let there: Vec<&str> = names.iter().map(String::as_str).collect();
    if wanted.iter().all(|name| there.contains(name)) && !wanted.is_empty() {
        checkup.good(format!("hooks in {shown}: {}", there.join(", ")));
    } else if !wanted.is_empty() {
        let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
        checkup.warning(
            format!("hooks in {shown}: {there}; wanted: {}", wanted.join(", ")),
            match husky {
                true => keeper::RUN_HUSKY,
                false => "`leeward hook install` puts them there, beside what is there already",
            },
        );
    }
}

/// Says what a trial does not meet: other work trees, submodules, and what the call in somebody else's hook depends on.
fn not_tried(wanted: &[&str], top: &Path, directory: &Path, checkup: &mut Checkup) {
    let wanted: Vec<&str> = wanted.iter().copied().filter(|name| *name != "pre-receive").collect();
    for gap in worktrees::without(&wanted, top, directory) {
        match gap.submodule {
            true => checkup.problem(gap.what, gap.help),
            false => checkup.warning(gap.what, gap.help),
        }
    }
    for name in wanted {
        if let Some((why, fix)) = worktrees::condition(directory, name, top) {
            checkup.warning(format!("the hook {name} calls leeward {}", visible(why.as_bytes())), fix);
        }
    }
}

/// What a hook is that is there, and no file.
fn what_is_no_file(path: &Path) -> Option<&'static str> {
    match fs::metadata(path) {
        Ok(there) => (!there.is_file()).then(|| regular::kind(&there)),
        Err(_) => Some("a symbolic link that leads to no file"),
    }
}

/// The hooks that the gates need.
pub(super) fn wanted(used: Use, gates: &[Gate]) -> Vec<&'static str> {
    let hooks = |gate: &Gate| match (gate, used) {
        (Gate::Commit, Use::Work | Use::Both) => ["pre-commit"].as_slice(),
        (Gate::Push, Use::Work) => &["pre-push"],
        (Gate::Push, Use::Pushed) => &["pre-receive"],
        (Gate::Push, Use::Both) => &["pre-push", "pre-receive"],
        (Gate::Commit, Use::Pushed) | (Gate::Ci, _) => &[],
    };
    gates.iter().flat_map(hooks).copied().collect()
}

/// Says where hooks were moved to, and by which file.
fn configured(layout: &Layout, directory: &Path, checkup: &mut Checkup) {
    let told = run(at(layout).args(["config", "--show-origin", "--get", "core.hooksPath"]), ASKING);
    if !told.succeeded() {
        return;
    }
    let origin = told.stdout.trim_end().as_bstr().to_string();
    let origin = origin.replace('\t', ": ");
    let take_out = take_out(layout);
    match fs::metadata(directory) {
        Ok(there) if there.is_dir() => checkup.good(format!("core.hooksPath is set ({origin})")),
        Ok(_) if directory == Path::new("/dev/null") => {
            checkup.problem(
                format!("hooks are switched off: core.hooksPath is /dev/null ({origin})"),
                &take_out,
            );
        }
        Ok(there) => checkup.problem(
            format!("core.hooksPath is set to {} ({origin}), so no hook runs", regular::kind(&there)),
            &take_out,
        ),
        Err(_) => checkup.problem(
            format!("core.hooksPath is set to a directory that is not there ({origin}), so no hook runs"),
            &match keeper::husky(directory) {
                Some(_) => keeper::RUN_HUSKY.to_owned(),
                None => format!("make the directory, or {take_out}"),
            },
        ),
    }
}

/// How to have git look for hooks where it looks by itself.
fn take_out(layout: &Layout) -> String {
    place::unset(&run(at(layout).args(place::SCOPE), ASKING).stdout)
}

#[cfg(unix)]
fn can_run(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn can_run(path: &Path) -> bool {
    path.is_file()
}
