//! What every end-to-end test stands on: a place of its own on disk, an environment that nothing leaks into, the
//! program run to its end, and values that look like keys without one standing in a file of ours.

pub(crate) mod bless;
pub(crate) mod place;
pub(crate) mod scrub;
pub(crate) mod values;

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// A program that has not ended after this long hangs. Nothing passes or fails for being a little slower.
const HANGS: Duration = Duration::from_secs(600);

/// The binary under test.
pub(crate) fn binary() -> PathBuf {
    match std::env::var_os("LEEWARD_BIN") {
        Some(path) => std::fs::canonicalize(path).expect("LEEWARD_BIN names a file"),
        None => env!("CARGO_BIN_EXE_leeward").into(),
    }
}

/// The top of this repository.
pub(crate) fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A command that inherits nothing of the environment but where programs are.
pub(crate) fn command(program: impl AsRef<OsStr>, directory: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory).env_clear().stdin(Stdio::null());
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command.envs([("LC_ALL", "C"), ("TZ", "UTC"), ("GIT_CONFIG_NOSYSTEM", "1")]);
    // A file, and not `/dev/null`: a test that configures git would have it put a file there.
    command.env("HOME", home).env("GIT_CONFIG_GLOBAL", home.join("gitconfig"));
    command
}

/// What a program left when it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// None if a signal ended it.
    pub(crate) status: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl Ran {
    /// Standard output as text.
    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    pub(crate) fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// The report, if standard output is one in JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// Fails with everything that was printed if the status is another.
    #[track_caller]
    pub(crate) fn ends_with(self, status: i32) -> Ran {
        assert_eq!(self.status, Some(status), "\n{}\n{}", self.out(), self.err());
        self
    }

    /// Fails if standard output and standard error together do not say `text`.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Ran {
        let all = self.out() + &self.err();
        assert!(all.contains(text), "{text:?} is not in:\n{all}");
        self
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Ran { status: output.status.code(), stdout: output.stdout, stderr: output.stderr }
    }
}

/// Copies the program. Another process does it: were the copy open for writing here, a test that starts a program at this
/// moment would hand that on, and what is open for writing cannot be run.
pub(crate) fn copy_binary(to: &Path) {
    let copied = Command::new("cp").arg(binary()).arg(to).status().expect("cp is there");
    assert!(copied.success());
}

/// Runs a command to its end, with `input` on its standard input if there is any, and fails if it hangs.
pub(crate) fn run(command: &mut Command, input: Option<Vec<u8>>) -> Ran {
    if input.is_some() {
        command.stdin(Stdio::piped());
    }
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program can be started");
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        // A program that has seen enough closes its end, and that is its right.
        std::thread::spawn(move || drop(stdin.write_all(&input)));
    }
    wait(child)
}

/// Waits for a child, and fails if it hangs.
pub(crate) fn wait(child: Child) -> Ran {
    let id = child.id().to_string();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    match receiver.recv_timeout(HANGS) {
        Ok(output) => output.expect("a child of ours").into(),
        Err(_) => {
            drop(Command::new("kill").args(["-KILL", &id]).status());
            panic!("the program hangs");
        }
    }
}

/// Arguments as the system takes them.
pub(crate) fn arguments<S: AsRef<OsStr>>(arguments: &[S]) -> Vec<OsString> {
    arguments.iter().map(|argument| argument.as_ref().to_owned()).collect()
}
