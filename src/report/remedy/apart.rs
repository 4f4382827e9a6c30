//! How a rebase is done where files lie in its way that cannot be put aside: in a work tree of its own, which has none.
//!
//! What has the branch checked out takes the result at the end, by a reset that changes no file but those of the key, and stops
//! where one of them was changed.

use super::rebase::next;
use super::{Group, Line, run, say};
use crate::finding::Rebase;
use crate::report::shell::word;

/// Whether the shell stands in the work tree that was made for it.
const THERE: &str = "test \"$PWD\" = \"$work/tree\"";

/// What the rebase made.
const MADE: &str = "\"$(git -C \"$work/tree\" rev-parse HEAD)\"";

impl Group<'_> {
    /// One after the other; `follows`: after other rebases.
    pub(super) fn apart(&self, rebases: &[&Rebase], follows: bool) -> Vec<Line> {
        let mut lines = Vec::new();
        for (number, rebase) in rebases.iter().enumerate() {
            if follows || number > 0 {
                lines.push(next());
            }
            lines.push(say(
                "Before it is pushed: where some commits have files, others lie in the work tree that are not tracked, more than can be \
                 put aside, and git would write over what is ignored. So this is done in a work tree of its own. Git stops there \
                 behind each commit that adds it. Take it out there, and go on, as often as it stops:",
            ));
            lines.push(run(format!(
                "unset work; here=$PWD && work=$(mktemp -d) && git worktree add --detach \"$work/tree\" {} && cd \"$work/tree\"",
                rebase.tip
            )));
            // What is checked out elsewhere stays where it is until the end.
            let begin = self.command(rebase, " -c rebase.updateRefs=false", "");
            lines.extend(self.one(rebase, format!("{THERE} && {begin}")));
            lines.push(say(
                "Then what has it takes that from there, if it is what it was, and no file of the key is changed:",
            ));
            lines.push(run(format!(
                "cd \"$here\" && {} && git worktree remove \"$work/tree\" && rmdir \"$work\"",
                taken(rebase)
            )));
        }
        lines
    }
}

/// How what is rebased takes the result.
fn taken(rebase: &Rebase) -> String {
    let Rebase { tip, .. } = rebase;
    let git = match (&rebase.branch, &rebase.work_tree) {
        (Some(branch), None) => return format!("git update-ref {} {MADE} {tip}", word(branch)),
        (_, Some(top)) => format!("git -C {}", word(top)),
        (None, None) => "git".to_owned(),
    };
    format!("test \"$({git} rev-parse HEAD)\" = {tip} && {git} reset --keep {MADE}")
}
