//! `leeward completions`: a script that completes commands and options in a shell.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::args::Cli;
use super::say;
use crate::status::Status;

/// What `leeward completions --help` ends with.
pub(super) const EXAMPLES: &str = "\
Examples:
  leeward completions bash > ~/.local/share/bash-completion/completions/leeward
  leeward completions zsh > ~/.zfunc/_leeward
  leeward completions fish > ~/.config/fish/completions/leeward.fish";

/// `leeward completions`.
#[derive(Debug, Args)]
pub struct CompletionsCommand {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(super) shell: Shell,
}

/// Prints the script.
pub(super) fn run(command: &CompletionsCommand) -> Status {
    let mut script = Vec::new();
    clap_complete::generate(command.shell, &mut Cli::command(), "leeward", &mut script);
    say(&String::from_utf8_lossy(&script));
    Status::Clean
}
