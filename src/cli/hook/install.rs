//! `leeward hook install`, `uninstall`, `status`: the gates as files where git looks for them.
//!
//! Either all gates can be put there, or nothing is changed. A hook of somebody else is set aside and called first; one
//! that cannot be called that way, or that was changed since, is left alone, and what to do is said.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::super::{UsageError, masked, say};
use super::files::{self, Hook, There};
use super::place::{self, Place, Reach};
use super::proof::{self, Proof};
use super::script::{self, Before, FORWARDED};
use super::worktrees;
use crate::sanitize::visible;
use crate::status::Status;

/// Where the hooks are to be.
#[derive(Debug, Args)]
pub struct Where {
    /// Of every repository of yours (core.hooksPath of your own configuration); their own hooks are still run
    #[arg(long)]
    pub global: bool,
}

/// Puts the gates there.
pub(super) fn install(to: &Where) -> Result<Status, UsageError> {
    let place = find(to)?;
    check(&place)?;
    let hooks = look(&place)?;
    hooks.iter().try_for_each(can_be_put)?;
    let program = std::env::current_exe()
        .map_err(|error| UsageError::new(format!("the path of this program cannot be told: {error}")))?;
    let failed = |error| failed(&place.directory, &error);
    std::fs::create_dir_all(&place.directory).map_err(failed)?;
    let ours = matches!(place.reach, Reach::OurGlobal { .. });
    let before = if ours { Before::AndOwn } else { Before::Beside };
    for hook in &hooks {
        let content = script::gate(hook.gate, program.as_os_str().as_encoded_bytes(), before);
        hook.put(&content).map_err(failed)?;
    }
    if ours {
        for name in FORWARDED {
            let path = place.directory.join(name);
            if !files::exists(&path).map_err(failed)? {
                files::write(&path, &script::forwarder(name), false).map_err(failed)?;
            }
        }
    }
    if place.reach == (Reach::OurGlobal { told: false }) {
        place::tell(Some(&place.directory))?;
    }
    status(to)
}

/// Takes away what `install` put there.
pub(super) fn uninstall(from: &Where) -> Result<Status, UsageError> {
    let place = find(from)?;
    if place.reach == Reach::Shared {
        return Err(shared(&place.directory, "uninstall"));
    }
    let failed = |error| failed(&place.directory, &error);
    let mut left = false;
    let mut text = String::new();
    for hook in look(&place)? {
        let aside = hook.goes_back().map_err(failed)?;
        let line = match (&hook.there, hook.take().map_err(failed)?) {
            (There::Changed, _) => {
                left = true;
                "left: it was changed since it was installed"
            }
            (_, true) if aside => "taken away, and the hook that was here before put back",
            (_, true) => "taken away",
            (There::Nothing, false) => "not there",
            (There::Odd(_), false) => "left: it is no file, and not ours",
            (_, false) => "left: it is not ours",
        };
        text.push_str(&format!("{:<17} {line}\n", hook.gate.name));
    }
    if let Reach::OurGlobal { told } = place.reach {
        for name in FORWARDED {
            let path = place.directory.join(name);
            if files::exists(&path).map_err(failed)?
                && files::read(&path).map_err(failed)? == script::forwarder(name)
            {
                std::fs::remove_file(&path).map_err(failed)?;
            }
        }
        // Whoever put more hooks there wants them run.
        match std::fs::remove_dir(&place.directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                text.push_str(&format!(
                    "core.hooksPath still names {}: other files are there\n",
                    shown(&place.directory)
                ));
            }
            _ if told => place::tell(None)?,
            _ => {}
        }
    }
    say(&masked(&text));
    Ok(if left { Status::Findings } else { Status::Clean })
}

/// Says what is there. Clean if all gates are in force.
pub(super) fn status(of: &Where) -> Result<Status, UsageError> {
    let place = find(of)?;
    let directory = shown(&place.directory);
    let mut text = match place.reach {
        Reach::Repository => format!("git reads the hooks of this repository from {directory}\n"),
        Reach::Shared => {
            format!("git reads the hooks of this and other repositories from {directory} (core.hooksPath)\n")
        }
        Reach::OurGlobal { told: false } => {
            format!("git was not told to read hooks from {directory} (core.hooksPath)\n")
        }
        Reach::Global | Reach::OurGlobal { .. } => {
            format!("git reads your hooks from {directory} (core.hooksPath)\n")
        }
    };
    let mut all = place.reach != (Reach::OurGlobal { told: false });
    let mut proofs = Proofs::new();
    for hook in look(&place)? {
        let (in_force, says) =
            describe(&hook, &mut proofs).map_err(|error| failed(&place.directory, &error))?;
        all &= in_force;
        text.push_str(&format!("{:<17} {says}\n", hook.gate.name));
    }
    text.push_str(&proven(&proofs));
    if place.reach == Reach::Repository
        && let Some(top) = &place.top
    {
        let names: Vec<&str> = script::gates(false).iter().map(|gate| gate.name).collect();
        let lacking = worktrees::without(&names, top, &place.directory);
        lacking.iter().for_each(|what| text.push_str(&format!("warning: {what}\n")));
        if !lacking.is_empty() {
            text.push_str(&format!("help: {}\n", worktrees::HELP));
        }
    }
    if !place.bare {
        text.push_str(
            "git calls no gate for what cherry-pick, revert and rebase commit by themselves; pre-push judges it\n",
        );
    }
    if !all {
        let global = if of.global || place.reach == Reach::Shared { " --global" } else { "" };
        text.push_str(&format!("help: `leeward hook install{global}` puts them in force\n"));
    }
    say(&masked(&text));
    Ok(if all { Status::Clean } else { Status::Findings })
}

/// What came of trying each program that a hook calls.
type Proofs = BTreeMap<PathBuf, Proof>;

/// Whether a gate is in force, and what to say of it.
fn describe(hook: &Hook<'_>, proofs: &mut Proofs) -> io::Result<(bool, String)> {
    Ok(match &hook.there {
        There::Nothing => (false, "missing".to_owned()),
        There::Ours { runs: false, .. } => {
            (false, "not in force: git ignores the file, because it is not executable".to_owned())
        }
        There::Ours { program, .. } if files::runs(program) => {
            let before = if hook.is_aside()? && files::runs(&hook.aside) {
                ", after the hook that was here before"
            } else {
                ""
            };
            tried(program, before.to_owned(), proofs)?
        }
        There::Ours { program, .. } => match on_path() {
            Some(other) => {
                let by = format!(", by {}: {} is gone", shown(&other), shown(program));
                tried(&other, by, proofs)?
            }
            None => (false, format!("stops everything: {} is gone", shown(program))),
        },
        There::Odd(what) => (false, format!("not in force: what is there is {what}, not a file")),
        There::Changed => {
            (false, "changed since it was installed, so what it does cannot be told".to_owned())
        }
        There::Calls => (true, "in force: another hook calls leeward".to_owned()),
        There::Foreign { framework: true, .. } => (
            false,
            "the pre-commit framework's, which may call leeward: `leeward doctor` tries it".to_owned(),
        ),
        There::Foreign { .. } => (false, "another hook, which does not call leeward".to_owned()),
    })
}

/// A hook that git runs is as good as the program that it calls.
fn tried(program: &Path, aside: String, proofs: &mut Proofs) -> io::Result<(bool, String)> {
    let proof = match proofs.get(program) {
        Some(proof) => proof,
        None => proofs.entry(program.to_owned()).or_insert(proof::of(program)?),
    };
    Ok(match proof {
        Proof::Stops | Proof::Unknown => (true, format!("in force{aside}")),
        Proof::LetsPass => (false, format!("not in force: {} let a key pass", shown(program))),
        Proof::Fails(why) => (false, format!("stops everything: {} does not judge ({why})", shown(program))),
    })
}

/// What the trials came to, a line for each program that passed.
fn proven(proofs: &Proofs) -> String {
    let stops = proofs.iter().filter(|(_, proof)| **proof == Proof::Stops);
    stops.map(|(program, _)| format!("tried: {} stops a key\n", shown(program))).collect()
}

fn on_path() -> Option<PathBuf> {
    let name = format!("leeward{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(&name)).find(|path| files::runs(path))
}

fn find(to: &Where) -> Result<Place, UsageError> {
    if to.global { place::of_all() } else { place::of_repository() }
}

fn look(place: &Place) -> Result<Vec<Hook<'static>>, UsageError> {
    let hooks = script::gates(place.bare).iter().map(|gate| Hook::look(&place.directory, gate));
    hooks.collect::<io::Result<_>>().map_err(|error| failed(&place.directory, &error))
}

/// Whether hooks that are put there stay, and are those of nobody else.
fn check(place: &Place) -> Result<(), UsageError> {
    let directory = &place.directory;
    if place.reach == Reach::Shared {
        return Err(shared(directory, "install"));
    }
    if directory.ends_with(".husky/_") {
        let message = format!("husky writes the hooks in {} anew at every installation", shown(directory));
        return Err(UsageError::new(message).help(
            "add `leeward hook pre-commit` to .husky/pre-commit, `leeward hook commit-msg \"$1\"` to .husky/commit-msg, \
             and `leeward hook pre-push \"$@\"` to .husky/pre-push",
        ));
    }
    Ok(())
}

fn can_be_put(hook: &Hook<'_>) -> Result<(), UsageError> {
    let file = shown(&hook.path);
    let refused = |message: String, help: String| Err(UsageError::new(message).help(help));
    match hook.there {
        There::Odd(what) => refused(
            format!("{file} is {what}, not a file; nothing was done"),
            format!("move {file} away, and install again"),
        ),
        There::Changed => refused(
            format!("{file} was changed since it was installed; nothing was done"),
            format!("move what was added elsewhere, delete {file}, and install again"),
        ),
        There::Foreign { by_name: true, .. } => refused(
            format!("{file} asks under which name it was called, so it cannot be moved; nothing was done"),
            format!("add this line to it: leeward hook {} \"$@\" || exit", hook.gate.calls),
        ),
        There::Foreign { .. } if hook.is_aside().map_err(|error| failed(&hook.path, &error))? => refused(
            format!("{file} is not ours, and neither is {}; nothing was done", shown(&hook.aside)),
            "keep one of them".to_owned(),
        ),
        _ => Ok(()),
    }
}

fn shared(directory: &Path, what: &str) -> UsageError {
    let directory = shown(directory);
    UsageError::new(format!("git reads the hooks of other repositories from {directory}, too (core.hooksPath)"))
        .help(format!("`leeward hook {what} --global` for all of them; \
             `git config core.hooksPath \"$(git rev-parse --path-format=absolute --git-common-dir)/hooks\"` to have them \
             apart here, for its linked worktrees too"))
}

fn failed(at: &Path, error: &io::Error) -> UsageError {
    UsageError::new(format!("the hooks in {} cannot be seen to: {error}", shown(at)))
}

fn shown(path: &Path) -> String {
    visible(path.as_os_str().as_encoded_bytes()).into_owned()
}
