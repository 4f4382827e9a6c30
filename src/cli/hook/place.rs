//! Where git reads hooks. Git itself is asked: settings of the system, the person, the repository and the command line
//! all have a say, and what git answers is what it will do.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bstr::ByteSlice;

use super::super::UsageError;
use super::super::subprocess::{ASKING, run};
use super::super::surroundings::{self, set};
use super::script::{UNSEEN, Use};
use super::{files, worktrees};
use crate::sanitize::visible;
use crate::source::layout::regular;

/// A directory that git reads hooks from.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) directory: PathBuf,
    pub(super) used: Use,
    /// The top of the work tree that was asked for.
    pub(super) top: Option<PathBuf>,
    pub(super) reach: Reach,
}

/// Whose hooks are read there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Those of one repository.
    Repository,
    /// Those of every repository, though one was asked for.
    Shared,
    /// Those of every repository of a person who chose the directory.
    Global,
    /// The same, in the directory that is ours; git may not have been told of it yet.
    OurGlobal {
        /// Whether it has.
        told: bool,
    },
}

impl Place {
    /// Whether a repository was asked for, and git reads its hooks from the directory that is ours for all of them.
    pub(super) fn is_in_ours_for_all(&self) -> bool {
        self.reach == Reach::Shared && ours().is_some_and(|ours| ours == self.directory)
    }
}

/// Where the hooks of the repository are that the working directory is in.
pub(super) fn of_repository() -> Result<Place, UsageError> {
    surroundings::unobstructed(Path::new("."))?;
    let ask = |what: &[&str]| {
        git(&[&["rev-parse", "--path-format=absolute"], what].concat())?
            .map_err(|complaint| complaint.of_repository())
    };
    let directory = hooks(&ask)?;
    let used = used(&|arguments| git(arguments).ok()?.ok(), &directory);
    // From within the git directory, there is none.
    let top = git(&["rev-parse", "--show-toplevel"])?.ok().map(|top| path(&top));
    let scope = git(&SCOPE)?.unwrap_or_default();
    // A relative path is another directory in each repository.
    let chosen = ["global\t", "system\t"].iter().find_map(|scope_of| scope.strip_prefix(scope_of.as_bytes()));
    let shared = chosen.is_some_and(|chosen| chosen.starts_with(b"~") || !path(chosen).is_relative());
    Ok(match shared {
        false => Place { directory, used, top, reach: Reach::Repository },
        // What is pushed to has its gate itself; ours for all call it.
        true if used != Use::Work && top.is_none() && ours().is_some_and(|ours| ours == directory) => {
            let own = path(&ask(&["--git-common-dir"])?).join("hooks");
            Place { directory: own, used: Use::Pushed, top, reach: Reach::Repository }
        }
        true if ours().is_some_and(|ours| ours == directory) => {
            Place { directory, used: Use::Work, top, reach: Reach::Shared }
        }
        true => Place { directory, used, top, reach: Reach::Shared },
    })
}

/// What the repository is used for in which `ask` has git answer, at a work tree of it or in itself. A bare one may have work
/// trees that are linked to it, or one that is named to git each time, as for dotfiles: then it has an index. `directory`: where
/// git reads hooks, as asked; from a work tree, that need not be where it reads those of what is pushed to. One that is not
/// bare may be pushed to nevertheless.
pub(in crate::cli) fn used(ask: worktrees::Ask<'_>, directory: &Path) -> Use {
    let is_bare = |ask: worktrees::Ask<'_>| {
        ask(&["rev-parse", "--is-bare-repository"]).is_some_and(|told| told.trim_ascii() == b"true")
    };
    let Some(common) = ask(&["rev-parse", "--path-format=absolute", "--git-common-dir"]) else {
        return if is_bare(ask) { Use::Pushed } else { Use::Work };
    };
    let common = path(common.trim_end());
    let itself = |arguments: &[&str]| {
        let git_dir = ["--git-dir", common.to_str()?];
        worktrees::ask(&common, &[&git_dir[..], arguments].concat())
    };
    if !is_bare(&itself) && !takes_pushes(&itself) {
        return Use::Work;
    }
    if !is_bare(ask) {
        let hooks =
            itself(&["rev-parse", "--git-path", "hooks"]).map(|hooks| common.join(path(hooks.trim_end())));
        let same = hooks.is_some_and(|hooks| worktrees::same(&hooks, directory));
        return if same { Use::Both } else { Use::Work };
    }
    let has_work_tree = common.join("index").is_file() || worktrees::all(ask).iter().any(|top| top.is_dir());
    if has_work_tree { Use::Both } else { Use::Pushed }
}

/// Whether a repository that is not bare was told to take what is pushed to the branch that it has checked out.
fn takes_pushes(ask: worktrees::Ask<'_>) -> bool {
    let told = ask(&["config", "--get", "receive.denyCurrentBranch"]).unwrap_or_default();
    let told = told.trim_ascii().to_ascii_lowercase();
    matches!(told.as_slice(), b"updateinstead" | b"warn" | b"ignore" | b"false" | b"no" | b"off" | b"0")
}

/// Asks git for something that it answers in a repository.
type Ask<'a> = &'a dyn Fn(&[&str]) -> Result<Vec<u8>, UsageError>;

/// The directory that git reads hooks from. Git follows links on the way there; one that leads nowhere would have the
/// hooks made wherever it points to.
fn hooks(ask: Ask<'_>) -> Result<PathBuf, UsageError> {
    // With a value, though an empty one, git looks for `/pre-commit`, and says that it looks in the work tree.
    if git(&["config", "--get", "core.hooksPath"])?.is_ok_and(|chosen| chosen.trim_ascii().is_empty()) {
        let message = "core.hooksPath is empty, so git runs no hook here; nothing was done";
        return Err(UsageError::new(message).help(take_out()?));
    }
    let named = git(&["rev-parse", "--git-path", "hooks"])?;
    let named = named.map_err(|complaint| complaint.of_repository())?;
    let here = std::env::current_dir().unwrap_or_default();
    let named = here.join(path(&named));
    let there = named.ancestors().find(|path| std::fs::symlink_metadata(path).is_ok());
    if let Some(link) = there.filter(|there| std::fs::metadata(there).is_err()) {
        let target = std::fs::read_link(link).unwrap_or_default();
        let shown = |path: &Path| visible(path.as_os_str().as_encoded_bytes()).into_owned();
        let message = format!(
            "{} is a symbolic link to {}, where nothing is, so git runs no hook; nothing was done",
            shown(link),
            shown(&target)
        );
        return Err(UsageError::new(message).help("make that directory, or delete the link"));
    }
    // In a linked worktree, a path below `.git` is none: that is a file there.
    let directory = ask(&["--git-path", "hooks"]).map_or(named, |absolute| path(&absolute));
    is_directory(&directory)?;
    Ok(directory)
}

/// Whether hooks can be in there, if it is there.
fn is_directory(directory: &Path) -> Result<(), UsageError> {
    let Ok(there) = std::fs::metadata(directory).map(|meta| (meta.is_dir(), regular::kind(&meta))) else {
        return Ok(());
    };
    let shown = visible(directory.as_os_str().as_encoded_bytes()).into_owned();
    match there {
        (true, _) => Ok(()),
        (false, _) if directory == Path::new("/dev/null") => {
            let message =
                "hooks are switched off: core.hooksPath is /dev/null, so git runs none; nothing was done";
            Err(UsageError::new(message).help(take_out()?))
        }
        (false, what) => {
            let message = format!(
                "git reads hooks from {shown}, which is {what} and no directory, so it runs none; nothing was done"
            );
            let help = match git(&["config", "--get", "core.hooksPath"])?.is_ok() {
                true => take_out()?,
                false => format!("move {shown} away, and make a directory there"),
            };
            Err(UsageError::new(message).help(help))
        }
    }
}

/// How to be rid of core.hooksPath, wherever it is set.
fn take_out() -> Result<String, UsageError> {
    Ok(unset(&git(&SCOPE)?.unwrap_or_default()))
}

/// What git is asked to say where core.hooksPath is set.
pub(in crate::cli) const SCOPE: [&str; 4] = ["config", "--show-scope", "--get", "core.hooksPath"];

/// The same, where git said where that is.
pub(in crate::cli) fn unset(told: &[u8]) -> String {
    let scope = told.split(|byte| *byte == b'\t').next().unwrap_or_default();
    let scope = match scope {
        b"global" | b"system" | b"worktree" => format!(" --{}", scope.as_bstr()),
        b"command" => {
            return "it is set for this command alone (git -c, or GIT_CONFIG_ in the environment)".to_owned();
        }
        _ => String::new(),
    };
    format!("take the setting out: git config{scope} --unset core.hooksPath")
}

/// The directory that we keep hooks for all repositories in.
fn ours() -> Option<PathBuf> {
    let home = || set("HOME").or_else(|| set("USERPROFILE"));
    let config = set("XDG_CONFIG_HOME").map(PathBuf::from);
    let config = config.or_else(|| home().map(|home| Path::new(&home).join(".config")))?;
    Some(config.join("leeward").join("hooks"))
}

/// Where the hooks of all repositories of this person are, or will be.
pub(super) fn of_all() -> Result<Place, UsageError> {
    surroundings::unobstructed(Path::new("."))?;
    let chosen = git(&["config", "--global", "--type=path", "--get", "core.hooksPath"])?;
    let (directory, reach) = match (chosen, ours()) {
        (Ok(chosen), ours) if ours.as_ref() != Some(&path(&chosen)) => (path(&chosen), Reach::Global),
        (chosen, Some(ours)) => (ours, Reach::OurGlobal { told: chosen.is_ok() }),
        (_, None) => return Err(UsageError::new("there is no home directory (HOME) to keep hooks in")),
    };
    is_directory(&directory)?;
    if directory.is_relative() {
        let help = "that is another directory in each repository: run `leeward hook install` there";
        return Err(UsageError::new("core.hooksPath is a relative path for this person").help(help));
    }
    Ok(Place { directory, used: Use::Work, top: None, reach })
}

impl Place {
    /// Whether what is put there becomes part of what is committed: it lies in the work tree, and no ignore file lists it.
    /// What git does not tell is none.
    pub(super) fn is_committed(&self, name: &str) -> bool {
        let Some(top) = self.top.as_ref().and_then(|top| top.canonicalize().ok()) else { return false };
        let Ok(directory) = self.directory.canonicalize() else { return false };
        let common =
            git(&["rev-parse", "--path-format=absolute", "--git-common-dir"]).ok().and_then(Result::ok);
        let common = common.and_then(|common| path(&common).canonicalize().ok());
        let is_inside =
            directory.starts_with(top) && common.is_some_and(|common| !directory.starts_with(common));
        is_inside
            && answer(Command::new("git").args(["check-ignore", "--quiet", "--"]).arg(directory.join(name)))
                .is_ok_and(|answer| answer.is_err())
    }

    /// Where the repository here reads its hooks, if those of all repositories were asked for and it goes by a setting of
    /// its own: the place, and how to be rid of that.
    pub(super) fn not_here(&self) -> Option<(PathBuf, String)> {
        if !matches!(self.reach, Reach::Global | Reach::OurGlobal { .. }) {
            return None;
        }
        let told = git(&SCOPE).ok()?.ok()?;
        let is_own = ["local\t", "worktree\t"].iter().any(|scope| told.starts_with(scope.as_bytes()));
        let here = git(&["rev-parse", "--path-format=absolute", "--git-path", "hooks"]).ok()?.ok()?;
        let here = path(&here);
        (is_own && here != self.directory).then(|| (here, unset(&told)))
    }
}

/// The hooks of the repository here that git no longer runs, if it reads those of all in the directory that is ours.
pub(super) fn unseen() -> Vec<&'static str> {
    let read = git(&["rev-parse", "--path-format=absolute", "--git-path", "hooks"]).ok().and_then(Result::ok);
    let is_read = ours().is_some_and(|ours| read.is_some_and(|read| path(&read) == ours));
    let common = git(&["rev-parse", "--path-format=absolute", "--git-common-dir"]).ok().and_then(Result::ok);
    let Some(own) = common.filter(|_| is_read).map(|common| path(&common).join("hooks")) else {
        return Vec::new();
    };
    UNSEEN.iter().copied().filter(|name| files::runs(&own.join(name))).collect()
}

/// Refuses a configuration of the user's own that is no file: git would put one in the place of `/dev/null`.
pub(super) fn can_be_told() -> Result<(), UsageError> {
    std::env::var_os("GIT_CONFIG_GLOBAL").map_or(Ok(()), |path| can_be_written(Path::new(&path)))
}

fn can_be_written(path: &Path) -> Result<(), UsageError> {
    match files::odd(path) {
        Ok(Some(what)) => {
            let path = visible(path.as_os_str().as_encoded_bytes()).into_owned();
            let message = format!("GIT_CONFIG_GLOBAL is {path}, {what}, not a file; nothing was done");
            Err(UsageError::new(message).help("name a file there, or unset it"))
        }
        _ => Ok(()),
    }
}

/// Tells git to read the hooks of all repositories there, or to do so no longer.
pub(super) fn tell(directory: Option<&Path>) -> Result<(), UsageError> {
    let mut command = Command::new("git");
    command.args(["config", "--global"]);
    match directory {
        Some(directory) => command.arg("core.hooksPath").arg(directory),
        None => command.args(["--unset", "core.hooksPath"]),
    };
    let answer = answer(&mut command)?;
    answer.map(drop).map_err(|complaint| complaint.behind("git does not take core.hooksPath"))
}

/// What git complains of: the first line, and what it advises.
struct Complaint {
    what: String,
    advice: Option<String>,
}

impl Complaint {
    fn of(said: &str) -> Complaint {
        let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
        let mut lines = lines.map(|line| visible(line.as_bytes()).into_owned());
        let what = lines.next().unwrap_or_default().trim_start_matches("fatal: ").to_owned();
        let advice: Vec<String> = lines.collect();
        Complaint { what, advice: (!advice.is_empty()).then(|| advice.join(" ")) }
    }

    /// To a question about a repository.
    fn of_repository(self) -> UsageError {
        match self.what.contains("not a git repository") {
            true => self.behind("git finds no repository here"),
            false => self.behind("git does not say where it reads hooks"),
        }
    }

    fn behind(self, lead: &str) -> UsageError {
        let error = UsageError::new(format!("{lead}: {}", self.what));
        match self.advice {
            Some(advice) => error.help(advice),
            None => error,
        }
    }
}

/// What git answers, or what it complains of.
fn git(arguments: &[&str]) -> Result<Result<Vec<u8>, Complaint>, UsageError> {
    answer(Command::new("git").args(arguments))
}

fn answer(command: &mut Command) -> Result<Result<Vec<u8>, Complaint>, UsageError> {
    let ran = run(command.stdin(Stdio::null()), ASKING);
    if ran.hung {
        let asked: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
        let message = format!("git does not come to an end (git {})", asked.join(" "));
        let help = "run that by hand to see what it waits for; nothing was done";
        return Err(UsageError::new(message).help(help));
    }
    if ran.status.is_none() {
        let message =
            format!("git cannot be asked where it reads hooks: {}", visible(ran.said.trim().as_bytes()));
        return Err(UsageError::new(message));
    }
    Ok(match ran.succeeded() {
        true => Ok(ran.stdout.strip_suffix(b"\n").unwrap_or(&ran.stdout).to_vec()),
        false => Err(Complaint::of(&ran.said)),
    })
}

fn path(bytes: &[u8]) -> PathBuf {
    bytes.to_path_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_a_file_or_is_made_one() {
        let scratch = tempfile::tempdir().expect("a temporary directory");
        let file = scratch.path().join("gitconfig");
        assert!(can_be_written(&file).is_ok());
        std::fs::write(&file, "").expect("ours");
        assert!(can_be_written(&file).is_ok());
        for odd in [scratch.path(), Path::new("/dev/null")] {
            let error = can_be_written(odd).expect_err("it would be lost");
            assert!(error.message.contains("not a file; nothing was done"), "{}", error.message);
        }
    }
}
