//! How git-filter-repo takes keys out of a copy of a history, wherever they stand in it.
//!
//! A secret is replaced, and so is text that it is encoded in. Binary files and archives are no text: a version that holds it
//! goes whole. Names are no content: each is looked through for the same secrets.

use super::{Group, Line, run, say};
use crate::finding::LocationKind;

/// Where the history is rewritten: in a copy of its own, in a new directory that nobody else can read. One that is left from
/// before, of another repository perhaps, would be sent in place of this one. Git is told that it is one, which it need not
/// find out by itself (safe.bareRepository).
pub(super) const COPY: &str = "\"$work/copy.git\"";

/// Has a repository of this machine show all of its refs, those too that it hides from others, and its copy as well: what a copy
/// lacks, would be taken for deleted.
pub(super) const ALL_REFS: &str =
    "-c 'transfer.hideRefs=!refs' --upload-pack 'git -c transfer.hideRefs=!refs upload-pack'";

/// Whole secrets, beside the copy.
const EXPRESSIONS: &str = "\"$work/expressions.txt\"";

/// Has git-filter-repo read commits as they are stored. With what is shown in place of some (git replace), it would make lasting
/// that others are cut off.
const AS_STORED: &str = "GIT_NO_REPLACE_OBJECTS=1";

/// Ids of files that go whole.
const BLOBS: &str = "\"$work/blobs.txt\"";

/// What takes secrets out of a name, in Python, but for its variable. Two names in one directory stay two.
const NAMES: &str = "names=\"import hashlib; \
    keys = [line[8:].rpartition(b'==>')[0] for line in open('$work/expressions.txt', 'rb') if line.startswith(b'literal:')]; \
    new = lambda key: b'REMOVED-' + hashlib.sha256(key[0]).hexdigest()[:8].encode(); \
    return re.sub(b'|'.join(map(re.escape, keys)) or b'a^', new\"";

impl Group<'_> {
    /// Takes the keys out of the copy that was made. A commit that did nothing but change keys stays. `if_none`: what is done
    /// where the copy has none, from ` && ` on.
    pub(super) fn filter(&self, options: &str, if_none: &str) -> Vec<Line> {
        let mut filter = format!(
            "{AS_STORED} git -c safe.bareRepository=all -C {COPY} filter-repo --prune-empty never --replace-text {EXPRESSIONS} --replace-message {EXPRESSIONS} \
             --strip-blobs-with-ids {BLOBS}"
        );
        use LocationKind::{Author, Committer, Path, Tagger};
        let people = self.has(|kind| matches!(kind, Author | Committer | Tagger));
        let names = [(people, "name"), (people, "email"), (self.has(|kind| kind == Path), "filename")];
        for (_, name) in names.iter().filter(|(is_there, _)| *is_there) {
            filter.push_str(&format!(" --{name}-callback \"$names, {name})\""));
        }
        let in_names = names.iter().any(|(is_there, _)| *is_there).then(|| run(NAMES.to_owned()));
        // Of what is found in the copy nothing would lead away from here.
        let write = run(format!(
            "leeward history --quiet{} --write-expressions {EXPRESSIONS} --write-blobs {BLOBS} {COPY}{if_none}",
            self.options_in_copy
        ));
        let whole = say(
            "In binary data and in archives nothing can be replaced: there, the version of the file goes whole.",
        );
        [write, whole].into_iter().chain(in_names).chain([run(format!("{filter}{options}"))]).collect()
    }
}

/// Gives the notes on commits of a repository to what the copy made of those commits: they name them by their ids.
pub(super) fn notes_follow(git: &str) -> [Line; 2] {
    let map = "\"$work/copy.git/filter-repo/commit-map\"";
    [
        say("Notes stay with the old ids. Where there are any, this gives them to the new commits, too:"),
        run(format!(
            "for notes in $({git} for-each-ref --format='%(refname)' refs/notes/); do tail -n +2 {map} | \
             {git} notes --ref=\"$notes\" copy --force --stdin; done"
        )),
    ]
}

/// What becomes of refs/replace in a copy of everything. Whether a remote has any is not known.
pub(super) fn replacements_go() -> Line {
    say(
        "What `git replace` shows in place of something else goes by the old ids, and refs/replace/* are not kept: what is still \
         needed of that is made anew by hand.",
    )
}

/// Forgets the secrets, which are needed no more.
pub(super) fn forget() -> Line {
    run(format!("rm {EXPRESSIONS}"))
}
