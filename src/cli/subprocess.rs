//! Runs a program, and waits for it only so long: what somebody else's hook does is not known.
//!
//! What it started goes with it. Takes a command, gives what was said and how it ended.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::run::interrupted;

/// How long a question may take to which the answer is there: of git, of a program's version.
pub(super) const ASKING: Duration = Duration::from_secs(60);

/// How often it is asked whether somebody wants to wait no longer.
const TICK: Duration = Duration::from_millis(50);

/// What a program said and how it ended.
#[derive(Debug)]
pub(super) struct Ran {
    /// None if it did not end by itself.
    pub(super) status: Option<i32>,
    /// Standard output.
    pub(super) stdout: Vec<u8>,
    /// Standard output and error.
    pub(super) said: String,
    /// It was not waited for to its end.
    pub(super) hung: bool,
}

impl Ran {
    pub(super) fn succeeded(&self) -> bool {
        self.status == Some(0)
    }

    /// The last few lines, to be shown.
    pub(super) fn end(&self) -> String {
        const SHOWN: usize = 5;
        let lines: Vec<&str> = self.said.lines().filter(|line| !line.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(SHOWN)..].join("\n").replace('\t', "    ")
    }

    fn failed(error: &std::io::Error) -> Ran {
        Ran { status: None, stdout: Vec::new(), said: error.to_string(), hung: false }
    }
}

/// Runs a program to its end, or as long as there is patience. One that cannot be started has said why.
pub(super) fn run(command: &mut Command, patience: Duration) -> Ran {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => return Ran::failed(&error),
    };
    // Both are read to their ends, which come when the last process has closed them.
    let (sender, receiver) = mpsc::channel();
    let pipes: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
        child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
    ];
    for (number, pipe) in pipes.into_iter().enumerate() {
        let sender = sender.clone();
        thread::spawn(move || {
            let mut said = Vec::new();
            if let Some(mut pipe) = pipe {
                // What was read until then is all there is.
                drop(pipe.read_to_end(&mut said));
            }
            drop(sender.send((number, said)));
        });
    }
    let until = Instant::now() + patience;
    let mut said = [None, None];
    while said.iter().any(Option::is_none) {
        match receiver.recv_timeout(TICK) {
            Ok((number, text)) => said[number] = Some(text),
            Err(RecvTimeoutError::Timeout) if Instant::now() < until && !interrupted() => {}
            Err(_) => {
                end(&mut child);
                return Ran { status: None, stdout: Vec::new(), said: String::new(), hung: true };
            }
        }
    }
    let [stdout, stderr] = said.map(Option::unwrap_or_default);
    // It has closed both, and may go on all the same.
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status.code(),
            Ok(None) if Instant::now() < until && !interrupted() => thread::sleep(TICK),
            Ok(None) => {
                end(&mut child);
                return Ran { status: None, stdout, said: String::new(), hung: true };
            }
            Err(error) => return Ran::failed(&error),
        }
    };
    let said = String::from_utf8_lossy(&[stdout.as_slice(), &stderr].concat()).into_owned();
    Ran { status, stdout, said, hung: false }
}

/// Ends a program, and what it started.
fn end(child: &mut Child) {
    // A group of its own was made for it.
    #[cfg(unix)]
    drop(
        Command::new("kill")
            .args(["-KILL", "--", &format!("-{}", child.id())])
            .stderr(Stdio::null())
            .status(),
    );
    // Gone already, as a rule.
    drop(child.kill());
    drop(child.wait());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_and_how_it_ends() {
        for (script, status, said) in [
            ("echo a; echo b >&2; exit 3", Some(3), "a\nb\n"),
            ("exec >&- 2>&-; exit 4", Some(4), ""),
            ("kill -KILL $$", None, ""),
        ] {
            let ran = run(Command::new("sh").args(["-c", script]), Duration::from_secs(600));
            assert_eq!((ran.status, ran.said.as_str(), ran.hung), (status, said, false), "{script}");
        }
        let ran = run(&mut Command::new("/nowhere/at/all"), Duration::from_secs(600));
        assert!(!ran.succeeded() && !ran.hung && !ran.said.is_empty());
    }

    #[test]
    fn what_does_not_end_is_ended() {
        let endless = "while :; do sleep 1; done";
        for script in
            [endless.to_owned(), format!("({endless}) & exit 0"), format!("exec >&- 2>&-; {endless}")]
        {
            let ran = run(Command::new("sh").args(["-c", &script]), Duration::from_millis(200));
            assert!(ran.hung && !ran.succeeded(), "{script}");
        }
    }
}
