//! The files that `leeward hook install` makes: what stands in them, and telling them from everybody else's.
//!
//! They are shell scripts of a few lines that run what was there before, then the program, and stop git when the program
//! is gone. None of them asks under which name it was called: other tools move hooks about.

use bstr::ByteSlice;

/// What a hook that stood in our place is called from then on, behind its own name.
pub(super) const ASIDE: &str = ".before-leeward";

const PROGRAM: &[u8] = b"\nprogram='";

/// The hooks that judge: name, the gate that they call, what they stop, how to go on without them.
pub(super) struct Gate {
    pub(super) name: &'static str,
    /// That of another hook where both are handed the same, as in git's own samples.
    pub(super) calls: &'static str,
    stops: &'static str,
    without: &'static str,
}

impl Gate {
    /// The line that calls it in a hook of somebody else, with what git hands over.
    pub(super) fn line(&self) -> String {
        let arguments = match self.calls {
            "commit-msg" => " \"$1\"",
            "pre-push" => " \"$@\"",
            _ => "",
        };
        format!("leeward hook {}{arguments}", self.calls)
    }
}

/// What a repository is used for, as far as hooks go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Use {
    /// Work trees, in which commits are made, and from which they are pushed.
    Work,
    /// It is pushed to.
    Pushed,
    /// It is bare, as what is pushed to, and has work trees. Git calls the same hooks for all of that.
    Both,
}

/// The gates that a repository needs.
///
/// # Why `prepare-commit-msg` is none of them
///
/// It is all that git calls where it makes commits of commits: `cherry-pick`, `revert`, `rebase`. But it is called for
/// every other commit as well, so that each would be judged twice, and `--no-verify` does not go past it: a rebase that
/// is to take a key out could not be ended. What such commits add is stopped before it is pushed.
pub(super) fn gates(of: Use) -> &'static [Gate] {
    const COMMIT: &str = "git commit --no-verify";
    const MERGE: &str = "git merge --no-verify";
    const PATCH: &str = "git am --no-verify";
    const PUSH: &str = "git push --no-verify";
    const NONE: &str = "there is no way for who pushes; ask whoever keeps this repository";
    const fn gate([name, calls]: [&'static str; 2], [stops, without]: [&'static str; 2]) -> Gate {
        Gate { name, calls, stops, without }
    }
    const ALL: &[Gate] = &[
        gate(["pre-commit"; 2], ["this commit", COMMIT]),
        gate(["pre-merge-commit"; 2], ["this merge", MERGE]),
        gate(["commit-msg"; 2], ["this commit", COMMIT]),
        gate(["pre-applypatch", "pre-commit"], ["this patch", PATCH]),
        gate(["applypatch-msg", "commit-msg"], ["this patch", PATCH]),
        gate(["pre-push"; 2], ["this push", PUSH]),
        gate(["pre-receive"; 2], ["this push", NONE]),
    ];
    let (here, there) = ALL.split_at(ALL.len() - 1);
    match of {
        Use::Work => here,
        Use::Pushed => there,
        Use::Both => ALL,
    }
}

/// Hooks of a repository that git no longer sees once it reads hooks elsewhere, and that are called from there.
pub(super) const FORWARDED: &[&str] = &[
    "post-applypatch",
    "prepare-commit-msg",
    "post-commit",
    "pre-rebase",
    "post-checkout",
    "post-merge",
    "post-rewrite",
    "pre-auto-gc",
    "sendemail-validate",
    "pre-receive",
    "update",
    "post-receive",
    "post-update",
];

/// Those that are not: their mere presence changes what git does, or they run at every change of a ref or of the index.
pub(super) const UNSEEN: &[&str] =
    &["reference-transaction", "post-index-change", "push-to-checkout", "proc-receive"];

/// Which hooks a gate runs before it judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// The one that stood in its place.
    Beside,
    /// That one, and the repository's own, which git does not see.
    AndOwn,
}

/// The file for a gate. `program` is a path, as the system spells it.
pub(super) fn gate(gate: &Gate, program: &[u8], before: Before) -> Vec<u8> {
    let Gate { name, calls, stops, without } = gate;
    let shell = |text: &[u8]| text.replace("'", r"'\''");
    let mut text = format!(
        "#!/bin/sh\n\
         # leeward hook install: {name}\n\
         # `leeward hook uninstall` takes this file away again, and puts back the hook that was here before.\n\
         # Once without it, and without every other hook: {without}"
    )
    .into_bytes();
    text.extend_from_slice(PROGRAM);
    text.extend_from_slice(&shell(program));
    text.extend_from_slice(b"'\n");
    let own = match before {
        Before::Beside => "",
        Before::AndOwn => &format!(" \"$(git rev-parse --git-common-dir)/hooks/{name}\""),
    };
    let (input, give) = match *name {
        "pre-push" | "pre-receive" => (
            "# What git says is for the other hook, too.\n\
             input=$(cat && echo .) || stop 'what git says on standard input cannot be read'\n\
             input=${input%.}\n",
            "printf %s \"$input\" | ",
        ),
        _ => ("", ""),
    };
    text.extend_from_slice(
        format!(
            r#"stop() {{
    printf '%s\n' "leeward: stopped {stops}: $1" "$2" \
        'help: once without this and every other hook: {without}' >&2
    exit 3
}}
{input}case $0 in
*/*) here=${{0%/*}} ;;
*) here=. ;;
esac
for before in "$here/{name}{ASIDE}"{own}; do
    if [ -f "$before" ] && [ -x "$before" ] && ! [ "$before" -ef "$0" ]; then
        {give}"$before" "$@" || exit
    fi
done
if ! [ -f "$program" ] || ! [ -x "$program" ]; then
    was=$program
    program=$(command -v leeward) || stop \
        "the program that judges it is gone: it was $was, and there is no leeward on PATH" \
        "help: install leeward and run \`leeward hook install\`; for good without it: rm '$0'"
fi
{give}"$program" hook {calls} "$@"
"#
        )
        .as_bytes(),
    );
    text
}

/// The file that calls a repository's own hook, where git reads hooks elsewhere.
pub(in crate::cli) fn forwarder(name: &str) -> Vec<u8> {
    format!(
        r#"#!/bin/sh
# leeward hook install --global: {name}
# Git reads hooks here, and no longer in each repository; so that repository's own is called.
own=$(git rev-parse --git-common-dir)/hooks/{name}
if [ -f "$own" ] && [ -x "$own" ] && ! [ "$own" -ef "$0" ]; then
    exec "$own" "$@"
fi
"#
    )
    .into_bytes()
}

/// Whose a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// As it was installed, for the program at this path.
    Ours(Vec<u8>),
    /// Installed, and changed since.
    Changed,
    /// Somebody else's.
    Foreign,
}

/// Whether a file was made by `leeward hook install`, whatever was changed in it since.
pub(in crate::cli) fn was_installed(content: &[u8]) -> bool {
    content.starts_with(b"#!/bin/sh\n") && content.contains_str("\n# leeward hook install: ")
}

/// Whose the file of this gate is.
pub(super) fn whose(of: &Gate, content: &[u8]) -> Whose {
    // Others add lines of theirs above ours.
    if !was_installed(content) || !content.contains_str(format!("\n# leeward hook install: {}\n", of.name)) {
        return Whose::Foreign;
    }
    let program = content.find(PROGRAM).and_then(|at| {
        let rest = &content[at + PROGRAM.len()..];
        rest.find("'\nstop() {").map(|end| rest[..end].replace(r"'\''", "'"))
    });
    let same = |program: &Vec<u8>| {
        [Before::Beside, Before::AndOwn].iter().any(|before| gate(of, program, *before) == content)
    };
    program.filter(same).map_or(Whose::Changed, Whose::Ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_installed_is_known_again_and_what_was_changed_is_not() {
        for of in gates(Use::Both) {
            for program in ["/usr/bin/leeward", "/a b/it's '' here'/leeward", "/x\n/leeward", "/$(x)/`y`"] {
                for before in [Before::Beside, Before::AndOwn] {
                    let text = gate(of, program.as_bytes(), before);
                    assert_eq!(whose(of, &text), Whose::Ours(program.into()), "{program}");
                    let changed = [text.as_slice(), b"echo more\n"].concat();
                    assert_eq!(whose(of, &changed), Whose::Changed);
                }
            }
            assert_eq!(whose(of, b"#!/bin/sh\nexec leeward staged\n"), Whose::Foreign);
            assert_eq!(whose(of, b""), Whose::Foreign);
        }
    }
}
