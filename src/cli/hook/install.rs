//! `leeward hook install`, `uninstall`: the gates as files where git looks for them.
//!
//! Either all gates can be put there, or nothing is changed. A hook of somebody else is set aside and called first; one
//! that cannot be called that way, or that was changed since, is left alone, and what to do is said.

use std::io;
use std::path::Path;

use clap::Args;

use super::super::{UsageError, masked, say};
use super::calls;
use super::files::{self, Hook, There};
use super::keeper;
use super::place::{self, Place, Reach};
use super::script::{self, FORWARDED, How, Use};
use super::status;
use crate::sanitize::{system_error, visible};
use crate::status::Status;

/// How a repository has hooks of its own where git reads those of all.
pub(super) const APART: &str =
    "`git config core.hooksPath \"$(git rev-parse --path-format=absolute --git-common-dir)/hooks\"`";

/// Where the hooks are to be.
#[derive(Debug, Args)]
pub struct Where {
    /// Of every repository of yours (core.hooksPath of your own configuration); their own hooks are still run, but for
    /// reference-transaction, post-index-change, push-to-checkout and proc-receive
    #[arg(long)]
    pub global: bool,
}

/// What is installed, and where.
#[derive(Debug, Args)]
pub struct Install {
    #[command(flatten)]
    to: Where,
    /// Have the gates refuse comments that newly accept a key; later installations keep that, until `uninstall`
    #[arg(long)]
    deny_new_suppressions: bool,
}

/// Puts the gates there.
pub(super) fn install(Install { to, deny_new_suppressions }: &Install) -> Result<Status, UsageError> {
    let place = find(to)?;
    if place.is_in_ours_for_all() {
        let directory = shown(&place.directory);
        if *deny_new_suppressions {
            let message =
                format!("git reads hooks in {directory}, for this repository as well; nothing was done");
            return Err(
                UsageError::new(message).help("`leeward hook install --global --deny-new-suppressions`")
            );
        }
        say(&masked(&format!(
            "nothing to do: git reads the hooks of `leeward hook install --global` in {directory}, for this repository as \
             well; its own hooks are called from there\n"
        )));
        return status::status(to);
    }
    let hooks = look(&place)?;
    check(&place, &hooks, *deny_new_suppressions)?;
    if matches!(place.reach, Reach::OurGlobal { .. }) {
        place::can_be_told()?;
    }
    let program = std::env::current_exe()
        .map_err(|error| UsageError::new(format!("the path of this program cannot be told: {error}")))?;
    std::fs::create_dir_all(&place.directory).map_err(|error| unwritable(&place.directory, &error))?;
    let ours = matches!(place.reach, Reach::OurGlobal { .. });
    let how = How { own: ours, deny: *deny_new_suppressions || hooks.iter().any(Hook::denies) };
    for (number, hook) in hooks.iter().enumerate() {
        let content = script::gate(hook.gate, program.as_os_str().as_encoded_bytes(), how);
        if let Err(error) = hook.put(&content) {
            // As it was; what went wrong is told.
            hooks[..number].iter().for_each(|hook| drop(hook.undo()));
            return Err(unwritable(&place.directory, &error));
        }
    }
    if ours {
        forward(&place.directory).map_err(|error| failed(&place.directory, &error))?;
    }
    if place.reach == (Reach::OurGlobal { told: false }) {
        place::tell(Some(&place.directory))?;
    }
    if hooks.iter().any(|hook| place.is_committed(hook.gate.name)) {
        say(&masked(&committed(&place, &hooks, &program)));
    }
    let calls = hooks.iter().filter(|hook| hook.stays());
    let calls: Vec<&str> = calls.map(|hook| hook.gate.name).collect();
    if how.deny && !calls.is_empty() {
        say(&format!(
            "note: {}: what calls leeward there has to say --deny-new-suppressions itself\n",
            calls.join(", ")
        ));
    }
    status::status(to)
}

/// Has the hooks of a repository called that git does not look for any more.
fn forward(directory: &Path) -> io::Result<()> {
    for name in FORWARDED {
        let path = directory.join(name);
        let ours = script::is_as_installed(&files::read(&path)?);
        if ours || !files::exists(&path)? {
            files::write(&path, &script::forwarder(name), ours)?;
        }
    }
    Ok(())
}

/// What to know of hooks that lie among the files that are committed.
fn committed(place: &Place, hooks: &[Hook<'_>], program: &Path) -> String {
    let written = hooks.iter().filter(|hook| !hook.stays());
    let names: Vec<&str> = written.map(|hook| hook.gate.name).collect();
    format!(
        "note: {} is in the work tree, so what was written there is committed like any other file, and comes to all who have \
         these hooks: {}\n\
         note: it calls {}, elsewhere the leeward on PATH, and stops everything where there is none; `leeward hook uninstall` \
         takes it away again\n",
        shown(&place.directory),
        names.join(", "),
        shown(program)
    )
}

/// Takes away what `install` put there.
pub(super) fn uninstall(from: &Where) -> Result<Status, UsageError> {
    let place = find(from)?;
    match place.reach {
        Reach::Shared => return Err(shared(&place.directory, "uninstall")),
        Reach::OurGlobal { told: true } => place::can_be_told()?,
        _ => {}
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
        if hook.goes_back().map_err(failed)? {
            let (aside, path) = (shown(&hook.aside), shown(&hook.path));
            text.push_str(&format!(
                "{:<17} what was here before is still {aside}: move it to {path} yourself\n",
                ""
            ));
        }
    }
    if let Reach::OurGlobal { told } = place.reach {
        for name in FORWARDED {
            let path = place.directory.join(name);
            if files::exists(&path).map_err(failed)?
                && script::is_as_installed(&files::read(&path).map_err(failed)?)
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

pub(super) fn find(to: &Where) -> Result<Place, UsageError> {
    if to.global { place::of_all() } else { place::of_repository() }
}

/// The hooks that are wanted there, and what we put there that is not wanted any more: the work tree may be gone that it was for.
pub(super) fn look(place: &Place) -> Result<Vec<Hook<'static>>, UsageError> {
    let top = place.top.as_deref();
    let wanted = script::gates(place.used);
    let is_wanted = |hook: &Hook<'_>| wanted.iter().any(|gate| gate.name == hook.gate.name);
    let hooks = script::gates(Use::Both).iter().map(|gate| Hook::look(&place.directory, gate, top));
    let hooks: io::Result<Vec<_>> = hooks.collect();
    let mut hooks = hooks.map_err(|error| failed(&place.directory, &error))?;
    hooks.retain(|hook| is_wanted(hook) || matches!(hook.there, There::Ours { .. } | There::Older { .. }));
    Ok(hooks)
}

/// Whether hooks that are put there stay, and are those of nobody else. `deny`: they are to refuse new comments.
fn check(place: &Place, hooks: &[Hook<'_>], deny: bool) -> Result<(), UsageError> {
    let directory = &place.directory;
    if place.reach == Reach::Shared {
        return Err(shared(directory, "install"));
    }
    let lacks = hooks.iter().any(|hook| !matches!(hook.there, There::Calls { .. }));
    if let Some(own) = keeper::husky(directory).filter(|_| lacks) {
        let names: Vec<&str> = script::gates(Use::Work).iter().map(|gate| gate.name).collect();
        let shown = shown(directory);
        let message =
            format!("husky writes the hooks in {shown} anew at every installation; nothing was done");
        let also = if deny { "\neach with --deny-new-suppressions at its end" } else { "" };
        return Err(UsageError::new(message).help(keeper::husky_recipe(directory, &own, &names) + also));
    }
    hooks.iter().try_for_each(can_be_put)
}

/// Refuses what must not be moved, or cannot.
pub(super) fn can_be_put(hook: &Hook<'_>) -> Result<(), UsageError> {
    let file = shown(&hook.path);
    let refused = |message: String, help: String| Err(UsageError::new(message).help(help));
    match hook.there {
        There::Odd(what) => {
            refused(format!("{file} is {what}, not a file; nothing was done"), format!("move {file} away"))
        }
        There::Changed => refused(
            format!("{file} was changed since it was installed; nothing was done"),
            format!("move what was added elsewhere, and delete {file}"),
        ),
        There::Foreign { by_name: true, .. } => refused(
            format!("{file} asks under which name it was called, so it cannot be moved; nothing was done"),
            match calls::is_for_shell(&files::read(&hook.path).map_err(|error| failed(&hook.path, &error))?) {
                true => format!(
                    "add this line to it, below its first one: leeward hook {} \"$@\" || exit",
                    hook.gate.calls
                ),
                false => format!(
                    "have it begin by running `leeward hook {}`, with its own arguments and standard input, and end with 1 \
                     where that fails",
                    hook.gate.calls
                ),
            },
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
        .help(format!("`leeward hook {what} --global` for all of them; {APART} to have them apart here, for its linked worktrees too"))
}

pub(super) fn failed(at: &Path, error: &io::Error) -> UsageError {
    UsageError::new(format!("the hooks in {} cannot be seen to: {}", shown(at), system_error(error)))
}

/// Nothing is half done.
fn unwritable(at: &Path, error: &io::Error) -> UsageError {
    let at = shown(at);
    UsageError::new(format!("hooks cannot be written in {at}: {}; nothing was done", system_error(error)))
        .help(format!(
            "have somebody install who may write in {at}, or let git read hooks elsewhere (core.hooksPath)"
        ))
}

pub(super) fn shown(path: &Path) -> String {
    visible(path.as_os_str().as_encoded_bytes()).into_owned()
}
