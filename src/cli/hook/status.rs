//! `leeward hook status`: which gates are in force, as far as it can be told without running anybody else's hook.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use super::super::policy::Judge;
use super::super::{UsageError, masked, say, surroundings};
use super::calls::Why;
use super::files::{self, Hook, There};
use super::install::{APART, Where, can_be_put, failed, find, look, shown};
use super::keeper::{self, Keeper};
use super::place::{self, Place, Reach};
use super::proof::{self, Proof};
use super::script::{Gate, Use};
use super::{calls, on_path, script, worktrees};
use crate::sanitize::visible;
use crate::status::Status;

/// Says what is there. Clean if all gates are in force.
pub(super) fn status(of: &Where) -> Result<Status, UsageError> {
    let place = find(of)?;
    let mut text = heading(&place);
    let told = place.reach != (Reach::OurGlobal { told: false });
    let (mut standing, mut first, mut unfed) = (Vec::new(), None, false);
    let (mut proofs, mut read) = (Proofs::new(), false);
    for hook in look(&place)? {
        let (stands, says) = describe(&hook, place.top.as_deref(), &mut proofs)
            .map_err(|error| failed(&place.directory, &error))?;
        first = first.or_else(|| can_be_put(&hook).err());
        standing.push((hook.gate.name, stands));
        read |= matches!(hook.there, There::Calls { .. });
        unfed |= matches!(&hook.there, There::Foreign { lost: Some(Why::Unfed(_)), .. });
        text.push_str(&format!("{:<17} {says}\n", hook.gate.name));
    }
    text.push_str(&proven(&proofs));
    text.push_str(&elsewhere(&place));
    text.push_str(&unseen());
    if place.used != Use::Pushed {
        text.push_str(
            "git calls no gate for what cherry-pick, revert and rebase commit by themselves; pre-push judges it\n",
        );
    }
    if read {
        text.push_str("hooks of others were read, and not run: `leeward doctor` tries them\n");
    }
    let unborn = unborn(&place);
    text.push_str(unborn.as_deref().unwrap_or_default());
    let which = |wanted| standing.iter().filter(move |(_, stands)| *stands == wanted).map(|(name, _)| *name);
    let lacking: Vec<&str> = which(Stands::Lacking).collect();
    if !told || !lacking.is_empty() {
        text.push_str(&help(&place, of.global, lacking, first, unfed));
    }
    if which(Stands::Refused).next().is_some() {
        text.push_str(match place.used {
            Use::Work => "help: mend that, and `git add` it: until then, nothing can be committed\n",
            Use::Pushed | Use::Both => {
                "help: nothing can be pushed here until that is mended: `leeward hook uninstall` lets a push do so\n"
            }
        });
    }
    say(&masked(&text));
    let all = told && unborn.is_none() && which(Stands::InForce).count() == standing.len();
    Ok(if all { Status::Clean } else { Status::Findings })
}

/// What to say of a server of which it is not plain whose settings judge what is pushed.
fn unborn(place: &Place) -> Option<String> {
    if place.used == Use::Work {
        return None;
    }
    let layout = surroundings::repository(Path::new(".")).ok()?;
    // A linked work tree has a `HEAD` of its own.
    let (what, mend) = Judge::of(&layout).problem().filter(|_| layout.git_dir == layout.common_dir)?;
    Some(format!("problem: {what}\nhelp: {mend}\n"))
}

/// Where git reads hooks, and whose.
fn heading(place: &Place) -> String {
    let directory = shown(&place.directory);
    match place.reach {
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
    }
}

/// What to say of hooks of the repository here that are not called from where git reads those of all.
fn unseen() -> String {
    let names = place::unseen();
    if names.is_empty() {
        return String::new();
    }
    format!(
        "warning: git no longer runs the {} of this repository: those change what git does by being there, or run at every \
         change of a ref or the index, so hooks of all repositories do not call them\n\
         help: {} and `leeward hook install` have its hooks apart\n",
        names.join(", "),
        APART
    )
}

/// What to say of the other work trees, or of the repository here if those of all were asked for.
fn elsewhere(place: &Place) -> String {
    if let Some((here, unset)) = place.not_here() {
        let here = shown(&here);
        return format!(
            "warning: the repository here reads its hooks from {here} (its own core.hooksPath), and runs none of these\n\
             help: `leeward hook install` puts them there; or {unset}\n"
        );
    }
    // A bare repository has no top; git tells of its work trees from within.
    let linked = (place.used == Use::Both).then(|| Path::new("."));
    let Some(top) = place.top.as_deref().or(linked).filter(|_| place.reach == Reach::Repository) else {
        return String::new();
    };
    let names: Vec<&str> = script::gates(Use::Work).iter().map(|gate| gate.name).collect();
    let gaps = worktrees::without(&names, top, &place.directory);
    let mut text: String = gaps.iter().map(|gap| format!("warning: {}\n", gap.what)).collect();
    let helps: BTreeSet<&str> = gaps.iter().map(|gap| gap.help).collect();
    text.extend(helps.iter().map(|help| format!("help: {help}\n")));
    text
}

/// How to have all gates in force. `lacking`: the hooks that are not; `first`: what keeps them from being installed; `unfed`:
/// that of a push calls its gate, which may not be handed what git says.
fn help(
    place: &Place,
    global: bool,
    mut lacking: Vec<&str>,
    first: Option<UsageError>,
    unfed: bool,
) -> String {
    if let Some(own) = keeper::husky(&place.directory) {
        lacking.retain(|name| !unfed || *name != "pre-push");
        let lines = (!lacking.is_empty()).then(|| keeper::husky_recipe(&place.directory, &own, &lacking));
        let fed = unfed.then(|| calls::HAND_ON.to_owned());
        return lines.into_iter().chain(fed).map(|help| format!("help: {help}\n")).collect();
    }
    let global = if global || place.reach == Reach::Shared { " --global" } else { "" };
    let install = format!("`leeward hook install{global}` puts them in force");
    match first {
        Some(UsageError { message, help: Some(help) }) => {
            let what = message.trim_end_matches("; nothing was done");
            format!("help: {install}, but {what}: first {help}\n")
        }
        _ => format!("help: {install}\n"),
    }
}

/// What came of trying each program that a hook calls, and whether for what is pushed here.
type Proofs = BTreeMap<(PathBuf, bool), Proof>;

/// How a gate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    InForce,
    /// It is not in force, and installing helps unless something is in the way.
    Lacking,
    /// It stops everything, because it cannot go by the settings here.
    Refused,
    /// Reading does not tell.
    Untold,
}

/// How a gate stands, and what to say of it.
fn describe(hook: &Hook<'_>, top: Option<&Path>, proofs: &mut Proofs) -> io::Result<(Stands, String)> {
    Ok(match &hook.there {
        There::Nothing => (Stands::Lacking, "missing".to_owned()),
        There::Ours { runs: false, .. } => {
            (Stands::Lacking, "not in force: git ignores the file, because it is not executable".to_owned())
        }
        There::Ours { program, .. } if files::runs(program) => {
            let before = if hook.is_aside()? && files::runs(&hook.aside) {
                ", after the hook that was here before"
            } else {
                ""
            };
            tried(hook.gate, program, before.to_owned() + denied(hook), proofs)?
        }
        There::Ours { program, .. } => match on_path() {
            Some(other) => {
                let by = format!("{}, by {}: {} is gone", denied(hook), shown(&other), shown(program));
                tried(hook.gate, &other, by, proofs)?
            }
            None => (Stands::Lacking, format!("stops everything: {} is gone", shown(program))),
        },
        There::Odd(what) => (Stands::Lacking, format!("not in force: what is there is {what}, not a file")),
        There::Older { .. } => (
            Stands::Lacking,
            "installed by another version of leeward, so what it does cannot be told".to_owned(),
        ),
        There::Changed => {
            (Stands::Lacking, "changed since it was installed, so what it does cannot be told".to_owned())
        }
        There::Calls { by: None } => (Stands::InForce, "in force: another hook calls leeward".to_owned()),
        There::Calls { by: Some(by) } => {
            let file = by.file.as_deref().map(|file| format!(" ({})", below(file, top))).unwrap_or_default();
            (Stands::InForce, format!("in force: {} calls leeward{file}", by.who.name()))
        }
        There::Left => {
            let what = "another hook, which names leeward, and cannot be read: `leeward doctor` tries it";
            (Stands::Untold, what.to_owned())
        }
        There::Foreign { runs: false, .. } => {
            (Stands::Lacking, "another hook, which git ignores, because it is not executable".to_owned())
        }
        There::Foreign { lost: Some(why), by, .. } => {
            let whose = match by.as_ref().and_then(|by| Some((by.who.name(), by.file.as_deref()?))) {
                Some((name, file)) => format!("{name}'s, and {} calls leeward", below(file, top)),
                None => "another hook, which calls leeward".to_owned(),
            };
            (
                Stands::Lacking,
                format!("{whose} {}: `leeward doctor` tries it", visible(why.to_string().as_bytes())),
            )
        }
        There::Foreign { by: Some(by), .. } => (Stands::Lacking, kept(by, top)),
        There::Foreign { .. } => (Stands::Lacking, "another hook, which does not call leeward".to_owned()),
    })
}

/// What to say of a hook that refuses new comments.
fn denied(hook: &Hook<'_>) -> &'static str {
    if hook.denies() { ", new comments refused" } else { "" }
}

/// What to say of a hook that is kept by a program, and does not call a gate as far as can be told.
fn kept(by: &Keeper, top: Option<&Path>) -> String {
    let name = by.who.name();
    match by.file.as_deref() {
        Some(file) if files::exists(file).is_ok_and(|there| there) => {
            format!("{name}'s, and {} does not call leeward", below(file, top))
        }
        Some(file) => format!("{name}'s, and there is no {}", below(file, top)),
        None => format!("{name}'s, which may call leeward: `leeward doctor` tries it"),
    }
}

/// A file as seen from the top of the work tree.
fn below(file: &Path, top: Option<&Path>) -> String {
    shown(top.and_then(|top| file.strip_prefix(top).ok()).unwrap_or(file))
}

/// A hook that git runs is as good as the program that it calls.
fn tried(gate: &Gate, program: &Path, aside: String, proofs: &mut Proofs) -> io::Result<(Stands, String)> {
    let received = gate.name == "pre-receive";
    let key = (program.to_owned(), received);
    let proof = match proofs.get(&key) {
        Some(proof) => proof,
        None => proofs.entry(key).or_insert(proof::of(program, received)?),
    };
    Ok(match proof {
        Proof::Stops | Proof::Unknown => (Stands::InForce, format!("in force{aside}")),
        Proof::LetsPass => (Stands::Lacking, format!("not in force: {} let a key pass", shown(program))),
        Proof::Refused(why) => (Stands::Refused, format!("stops everything: {why}")),
        Proof::Fails(why) => {
            (Stands::Lacking, format!("stops everything: {} does not judge ({why})", shown(program)))
        }
    })
}

/// What the trials came to, a line for each program that passed all of its own.
fn proven(proofs: &Proofs) -> String {
    let stops = |program: &Path| {
        let own = proofs.iter().filter(|((tried, _), _)| tried == program);
        own.map(|(_, proof)| proof).all(|proof| *proof == Proof::Stops)
    };
    let programs: BTreeSet<&Path> = proofs.keys().map(|(program, _)| program.as_path()).collect();
    let programs = programs.into_iter().filter(|program| stops(program));
    programs.map(|program| format!("tried: {} stops a key\n", shown(program))).collect()
}
