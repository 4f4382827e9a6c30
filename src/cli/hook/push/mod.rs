//! The gates before commits change hands: what a push sends that the remote lacks, what a push brings that the server
//! lacks.

mod settings;
mod unsaid;

use std::ffi::OsStr;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice};

use super::super::UsageError;
use super::super::args::Scanning;
use super::super::policy::{Basis, Incoming, Judge};
use super::super::range::{self, Told};
use super::super::run::Run;
use super::super::surroundings::{self, set};
use super::{NO_NAMES, commit};
use crate::finding::LocationKind;
use crate::pipeline::Collector;
use crate::report::Gate;
use crate::source::history::range::Words;
use crate::source::layout::Layout;
use crate::source::{Counted, Origin, Sink as _};
use crate::status::Status;

/// The most that git says, in bytes: a line for each of some hundred thousand refs.
const LONGEST: u64 = 128 << 20;

/// A ref that is to be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Update {
    /// Its name on the other side.
    name: BString,
    /// What it will be; none if it is to be deleted.
    new: Option<String>,
    /// What it is; none if it is to be made.
    old: Option<String>,
}

/// What the other side of a push has, beside what it says itself.
enum Known {
    /// What follows a remote, by its name and URL, where it has a name; and whether the old ids are what it says itself.
    Remote(Option<(String, Option<String>)>, bool),
    /// What is here.
    Everything,
}

/// Judges what a push sends. `remote`: its name, or its URL where it has none.
pub(super) fn pre_push(
    remote: Option<&OsStr>,
    url: Option<&OsStr>,
    scanning: &Scanning,
) -> Result<Status, UsageError> {
    let named = set("PRE_COMMIT_REMOTE_NAME");
    if set("PRE_COMMIT").is_some() && remote.is_some() && remote != named.as_deref() {
        return Err(UsageError::new("an argument is the name of no remote that is pushed to").help(NO_NAMES));
    }
    // The framework may name another commit for what the remote has.
    let framework = framework()?;
    let said = framework.is_none();
    let updates = match framework {
        Some(update) => vec![update],
        None => {
            let updates = updates(&standard_input()?, true)?;
            if updates.is_empty() && set("PRE_COMMIT").is_some() {
                // Asked for without a push: `pre-commit run --hook-stage pre-push`.
                let layout = surroundings::repository(Path::new("."))?;
                let named = commit::named_by_framework(&layout, scanning)?;
                return named.map_or_else(|| commit::all_files(&layout, scanning), Ok);
            }
            updates
        }
    };
    let remote = remote.map(OsStr::to_owned).or_else(|| set("PRE_COMMIT_REMOTE_NAME"));
    let url = url.map(OsStr::to_owned).or_else(|| set("PRE_COMMIT_REMOTE_URL"));
    // One that is not text is that of no remote, rather than none.
    let url = url.map(|url| url.to_string_lossy().into_owned());
    let remote = remote.and_then(|name| name.into_string().ok()).map(|name| (name, url));
    let layout = surroundings::repository(Path::new("."))?;
    if updates.is_empty() {
        return unsaid::judge(&layout, remote.as_ref(), scanning);
    }
    let parts = settings::apart(&layout, &updates, remote.as_ref().map(|(name, _)| name.as_str()), scanning)?;
    let known = Known::Remote(remote, said);
    let mut worst = Status::Clean;
    for (basis, part) in parts {
        let status = judge(&layout, basis, (&part, &updates), &known, Gate::Push, scanning)?;
        worst = if status.code() > worst.code() { status } else { worst };
    }
    Ok(worst)
}

/// Judges what a push brings, before any ref is changed.
pub(super) fn pre_receive(scanning: &Scanning) -> Result<Status, UsageError> {
    let layout = surroundings::repository(Path::new("."))?;
    let updates = updates(&standard_input()?, false)?;
    if updates.is_empty() {
        return Err(UsageError::new("standard input named no ref, so there is nothing to judge").help(
            "git names the refs there: a command before this one in the hook has read them; hand them on",
        ));
    }
    // What is not accepted yet has no say.
    let new = updates.iter().filter_map(|update| {
        let Update { name, new, old } = update.clone();
        Some(Incoming { name, tip: new?, old })
    });
    let basis = Basis::Received(new.collect());
    let denied = scanning.deny_new_suppressions || Judge::of(&layout).is_unsettled();
    let parts = if denied { settings::one_by_one(&updates, scanning)? } else { vec![updates.clone()] };
    let mut worst = Status::Clean;
    for part in parts {
        let status =
            judge(&layout, basis.clone(), (&part, &updates), &Known::Everything, Gate::Receive, scanning)?;
        worst = if status.code() > worst.code() { status } else { worst };
    }
    Ok(worst)
}

/// Judges some of the refs that are pushed.
fn judge(
    layout: &Layout,
    basis: Basis,
    (updates, all): (&[Update], &[Update]),
    known: &Known,
    gate: Gate,
    scanning: &Scanning,
) -> Result<Status, UsageError> {
    let here = PathBuf::from(".");
    let run = Run::judged_by(basis, "range", scanning, [&here])?.for_gate(gate);
    let new: Vec<&str> = updates.iter().filter_map(|update| update.new.as_deref()).collect();
    if new.is_empty() {
        return Ok(run.scan(crate::progress::Phase::Range, |_, _| (), |_, _| {}));
    }
    let everything = if matches!(known, Known::Everything) { " --not --all" } else { "" };
    let text = new.join(" ") + everything;
    let mut words = Words::parse(text.as_str().into()).map_err(|error| UsageError::new(&error))?;
    if let Known::Remote(Some((name, url)), said) = known {
        let sent = all.iter().filter(|update| *said && update.new.is_some());
        let refs: Vec<_> = sent.map(|update| (update.name.as_bstr(), update.old.as_deref())).collect();
        words = words.without_remote(layout, name, url.as_deref(), &refs);
    }
    // What stands in another ref is new in this one.
    let olds = all.iter().filter_map(|update| Some((update, update.old.as_deref()?)));
    let words = olds.fold(words, |words, (update, old)| {
        words.without_if_stored(old, update.new.is_some() && updates.contains(update))
    });
    let names = |collector: &Collector<'_>| {
        let made = updates.iter().filter(|update| update.new.is_some() && update.old.is_none());
        made.for_each(|update| push_name(collector, update.name.as_bstr()));
    };
    Ok(range::judge(run, layout, &words, Told::default(), &names))
}

/// Has the name of a ref judged.
fn push_name(collector: &Collector<'_>, name: &BStr) {
    collector.count(Counted::Ref, 1);
    let (kind, path) = (LocationKind::RefName, Some(name));
    collector.blob(Origin { kind, target: 0, path, shown: path, object: None }, name);
}

/// All of it, so that git does not meet a closed pipe.
fn standard_input() -> Result<Vec<u8>, UsageError> {
    let mut input = Vec::new();
    std::io::stdin()
        .take(LONGEST + 1)
        .read_to_end(&mut input)
        .map_err(|error| UsageError::new(format!("cannot read what git says on standard input: {error}")))?;
    // A line that is not whole would be another one.
    if input.len() as u64 > LONGEST { Err(misunderstood()) } else { Ok(input) }
}

/// What the pre-commit framework says in place of standard input, which it has read itself. It names no commits where the
/// remote has none at all of the branch.
fn framework() -> Result<Option<Update>, UsageError> {
    let text = |name: &str| set(name).map(|value| value.to_string_lossy().into_owned());
    if set("PRE_COMMIT_REMOTE_NAME").is_none() {
        return Ok(None);
    }
    let new = match (text("PRE_COMMIT_TO_REF"), text("PRE_COMMIT_LOCAL_BRANCH")) {
        (Some(id), _) => object(&id)?,
        (None, Some(branch)) if !branch.starts_with('-') && !branch.contains(char::is_whitespace) => {
            Some(branch)
        }
        (None, _) => return Err(misunderstood()),
    };
    let name = text("PRE_COMMIT_REMOTE_BRANCH").unwrap_or_default();
    let old = text("PRE_COMMIT_FROM_REF").map(|id| object(&id)).transpose()?.flatten();
    Ok(Some(Update { name: name.into(), new, old }))
}

/// The lines that git hands to a hook. `local ID remote ID` before a push, `ID ID name` where it is received.
fn updates(input: &[u8], push: bool) -> Result<Vec<Update>, UsageError> {
    let lines = input.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| update(line, push)).collect()
}

fn update(line: &[u8], push: bool) -> Result<Update, UsageError> {
    let words: Vec<&[u8]> = line.split_str(" ").collect();
    let (name, new, old) = match (words.as_slice(), push) {
        (&[_, new, name, old], true) => (name, new, old),
        (&[old, new, name], false) => (name, new, old),
        _ => return Err(misunderstood()),
    };
    let id = |word: &[u8]| word.to_str().map_err(|_| misunderstood()).and_then(object);
    Ok(Update { name: name.into(), new: id(new)?, old: id(old)? })
}

/// An object's id; none if it is the one that stands for no object.
fn object(hex: &str) -> Result<Option<String>, UsageError> {
    let is_id = matches!(hex.len(), 40 | 64) && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    match is_id {
        true => Ok(Some(hex.to_owned()).filter(|hex| hex.bytes().any(|byte| byte != b'0'))),
        false => Err(misunderstood()),
    }
}

fn misunderstood() -> UsageError {
    UsageError::new("what stands on standard input is not what git hands to this hook")
        .help("pre-push: `LOCAL-REF ID REMOTE-REF ID` a line; pre-receive: `ID ID REF` a line")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_git() {
        let (one, zero) = ("1".repeat(40), "0".repeat(40));
        let update = |name: &str, new: Option<&str>, old: Option<&str>| Update {
            name: name.into(),
            new: new.map(str::to_owned),
            old: old.map(str::to_owned),
        };
        let push = format!("refs/heads/a {one} refs/heads/b {zero}\n(delete) {zero} refs/heads/c {one}\n");
        let expected = [update("refs/heads/b", Some(&one), None), update("refs/heads/c", None, Some(&one))];
        assert_eq!(updates(push.as_bytes(), true).expect("lines of git"), expected);
        let receive = format!("{zero} {one} refs/heads/b\n{one} {zero} refs/heads/c");
        assert_eq!(updates(receive.as_bytes(), false).expect("lines of git"), expected);
        for line in ["a", "a b c d", &format!("{one} {one} x y"), &format!("{one} {zero}"), "a\tb\tc\td"] {
            assert!(updates(line.as_bytes(), true).is_err(), "{line}");
            assert!(updates(line.as_bytes(), false).is_err(), "{line}");
        }
        assert_eq!(updates(b"", true).expect("no lines"), []);
    }
}
