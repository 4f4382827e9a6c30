//! The files that `leeward hook install` makes: what stands in them, and telling them from everybody else's.
//!
//! They are shell scripts of a few lines that run what was there before, then the program, and stop git when the program
//! is gone. None of them asks under which name it was called: other tools move hooks about.

use bstr::ByteSlice;

use crate::secret::sha256;

/// What a hook that stood in our place is called from then on, behind its own name.
pub(super) const ASIDE: &str = ".before-leeward";

const PROGRAM: &[u8] = b"\nprogram='";

/// What the line begins with by which a file that another version installed is known for one that nobody changed.
const SEAL: &str = "\n# As it was installed, what stands below this line has the SHA-256 ";

/// What the second line of a file begins with that calls a repository's own hook.
const GLOBAL: &str = "# leeward hook install --global: ";

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

/// The option by which a gate takes no new comment that accepts a key.
const DENY: &str = " --deny-new-suppressions";

/// How a gate is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct How {
    /// Not only the hook that stood in its place is run before it judges, but the repository's own as well, which git does
    /// not see.
    pub(super) own: bool,
    /// New comments that accept a key are refused.
    pub(super) deny: bool,
}

/// The file for a gate. `program` is a path, as the system spells it.
pub(super) fn gate(gate: &Gate, program: &[u8], how: How) -> Vec<u8> {
    let Gate { name, calls, stops, without } = gate;
    let mut head = format!(
        "#!/bin/sh\n\
         # leeward hook install: {name}\n\
         # `leeward hook uninstall` takes this file away again, and puts back the hook that was here before.\n\
         # Once without it, and without every other hook: {without}"
    )
    .into_bytes();
    head.extend_from_slice(PROGRAM);
    head.extend_from_slice(&program.replace("'", r"'\''"));
    head.push(b'\'');
    let own = match how.own {
        true => &format!(" \"$(git rev-parse --git-common-dir)/hooks/{name}\""),
        false => "",
    };
    let deny = if how.deny { DENY } else { "" };
    let (input, give) = match *name {
        "pre-push" | "pre-receive" => (
            "# What git says is for the other hook, too.\n\
             input=$(cat && echo .) || stop 'what git says on standard input cannot be read'\n\
             input=${input%.}\n",
            "printf %s \"$input\" | ",
        ),
        _ => ("", ""),
    };
    let body = format!(
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
{give}"$program" hook {calls}{deny} "$@"
"#
    );
    sealed(&head, body.as_bytes())
}

/// A file with the line that tells whether what stands below it was changed since.
fn sealed(head: &[u8], body: &[u8]) -> Vec<u8> {
    [head, SEAL.as_bytes(), sha256(body).as_bytes(), b"\n", body].concat()
}

/// Whether a file is as this or another version of `leeward hook install` made it, for whichever program.
pub(in crate::cli) fn is_as_installed(content: &[u8]) -> bool {
    let ours = content.starts_with(b"#!/bin/sh\n# leeward hook install");
    let Some(seal) = content.find(SEAL).filter(|_| ours) else { return false };
    let head = &content[..seal];
    let (remarks, program) = match head.find(PROGRAM) {
        Some(at) => (&head[..at], head[at + PROGRAM.len()..].strip_suffix(b"'").map(ToOwned::to_owned)),
        None => (head, Some(Vec::new())),
    };
    let quoted = program.is_some_and(|program| !program.replace(r"'\''", "").contains(&b'\''));
    let below = content[seal + 1..].find_byte(b'\n').map(|end| &content[seal + 1 + end + 1..]);
    let unchanged = below.is_some_and(|body| sealed(head, body) == content);
    unchanged && quoted && remarks.lines().all(|line| line.starts_with(b"#"))
}

/// Whether a file calls a repository's own hook, and nothing else.
pub(in crate::cli) fn is_forwarder(content: &[u8]) -> bool {
    content.starts_with(format!("#!/bin/sh\n{GLOBAL}").as_bytes()) && is_as_installed(content)
}

/// The file that calls a repository's own hook, where git reads hooks elsewhere.
pub(super) fn forwarder(name: &str) -> Vec<u8> {
    let head = format!(
        "#!/bin/sh\n\
         {GLOBAL}{name}\n\
         # Git reads hooks here, and no longer in each repository; so that repository's own is called."
    );
    let body = format!(
        r#"own=$(git rev-parse --git-common-dir)/hooks/{name}
if [ -f "$own" ] && [ -x "$own" ] && ! [ "$own" -ef "$0" ]; then
    exec "$own" "$@"
fi
"#
    );
    sealed(head.as_bytes(), body.as_bytes())
}

/// Whose a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// As it was installed.
    Ours {
        /// The path of the program that it calls.
        program: Vec<u8>,
        deny: bool,
    },
    /// As another version installed it.
    Older { deny: bool },
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
        rest.find(format!("'{SEAL}")).map(|end| rest[..end].replace(r"'\''", "'"))
    });
    let deny = content.contains_str(DENY);
    let same =
        |program: &Vec<u8>| [true, false].iter().any(|&own| gate(of, program, How { own, deny }) == content);
    match program.filter(same) {
        Some(program) => Whose::Ours { program, deny },
        None if is_as_installed(content) => Whose::Older { deny },
        None => Whose::Changed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_installed_is_known_again_and_what_was_changed_is_not() {
        for of in gates(Use::Both) {
            for program in ["/usr/bin/leeward", "/a b/it's '' here'/leeward", "/x\n/leeward", "/$(x)/`y`"] {
                for (own, deny) in [(false, false), (true, false), (false, true), (true, true)] {
                    let text = gate(of, program.as_bytes(), How { own, deny });
                    assert_eq!(whose(of, &text), Whose::Ours { program: program.into(), deny }, "{program}");
                    let changed = [text.as_slice(), b"echo more\n"].concat();
                    assert_eq!(whose(of, &changed), Whose::Changed);
                }
            }
            assert_eq!(whose(of, b"#!/bin/sh\nexec leeward staged\n"), Whose::Foreign);
            assert_eq!(whose(of, b""), Whose::Foreign);
        }
    }
    #[test]
    fn what_another_version_installed_is_known_for_it_unless_it_was_changed() {
        let of = &gates(Use::Work)[0];
        let head =
            |program: &str| format!("#!/bin/sh\n# leeward hook install: {}\nprogram='{program}'", of.name);
        let other = sealed(head(r"/it'\''s").as_bytes(), b"exec \"$program\"\n");
        assert_eq!(whose(of, &other), Whose::Older { deny: false });
        let changed = [
            [other.as_slice(), b"\n"].concat(),
            other.replace("exec", "echo"),
            other.replace("\nprogram", "\necho mine\nprogram"),
            other.replace("#!/bin/sh\n#", "#!/bin/sh\necho mine\n#"),
            sealed(head("/x'; echo 'mine").as_bytes(), b"exec \"$program\"\n"),
        ];
        for changed in changed {
            assert_eq!(whose(of, &changed), Whose::Changed, "{}", changed.as_bstr());
        }
        assert!(is_forwarder(&forwarder("update")) && !is_forwarder(&other));
    }
}
