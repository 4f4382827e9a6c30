//! The gate of a push of which git says nothing: there is nothing to push, or another command of the hook has read what git
//! said. Which of them it is, nobody tells.
//!
//! Takes the remote and judges what could be sent: what is checked out and all branches, tags and notes, their names too,
//! without what the remote has as far as refs here tell. Where all of that was pushed, there is nothing to judge, and no more
//! is said than that. Which tags and notes a remote has is not known here; so those count that its branches do not reach:
//! to tell takes the time of `git rev-list --tags --not --remotes`, which goes back to the oldest tag.

use std::path::PathBuf;

use bstr::ByteSlice as _;

use super::super::super::UsageError;
use super::super::super::args::Scanning;
use super::super::super::policy::Basis;
use super::super::super::range::{self, Told};
use super::super::super::run::Run;
use super::{Update, push_name, settings};
use crate::pipeline::Collector;
use crate::report::{Gate, Note};
use crate::source::history::range::{Snapshot, Words, lacking};
use crate::source::layout::Layout;
use crate::status::Status;

/// Judges what a push could send. `remote`: the name and URL of the other side, if git named them.
pub(super) fn judge(
    layout: &Layout,
    remote: Option<&(String, Option<String>)>,
    scanning: &Scanning,
) -> Result<Status, UsageError> {
    let name = remote.map(|(name, _)| name.as_str());
    let here = PathBuf::from(".");
    let run = Run::judged_by(brought(layout, name, scanning)?, "range", scanning, [&here])?;
    let remote = remote.map(|(name, url)| (name.as_str(), url.as_deref()));
    let words = match remote {
        Some((name, url)) => Words::own().without_remote(layout, name, url, &[]),
        None => Words::own().without_remotes(),
    };
    let names = |collector: &Collector<'_>| {
        lacking(layout, remote).iter().for_each(|name| push_name(collector, name.as_bstr()));
    };
    let told = Told { empty: None, some: Some(note(remote.is_some())) };
    Ok(range::judge(run.for_gate(Gate::Unnamed), layout, &words, told, &names))
}

/// Those that `HEAD` brings, whichever branch is pushed.
fn brought(layout: &Layout, remote: Option<&str>, scanning: &Scanning) -> Result<Basis, UsageError> {
    let born = Snapshot::open(layout, "HEAD").is_ok();
    let head = born.then(|| Update { name: "HEAD".into(), new: Some("HEAD".to_owned()), old: None });
    let parts = settings::apart(layout, head.as_slice(), remote, scanning)?;
    Ok(parts.into_iter().next().map_or(Basis::Head, |(basis, _)| basis))
}

fn note(named: bool) -> Note {
    let whose = if named { "the branches of the remote have" } else { "remotes have" };
    let message = format!(
        "git named no ref: there is nothing to push, or another command of the hook read standard input before. So HEAD and \
         all branches, tags and notes here were judged, without what {whose} as far as it was fetched"
    );
    Note { kind: "push-not-named", message }
}
