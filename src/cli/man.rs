//! `leeward man`: manual pages, made of the same definitions as the help.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory as _};
use clap_mangen::Man;

use super::args::Cli;
use super::{UsageError, complain, say};
use crate::report::output::Destination;
use crate::status::Status;

/// What `leeward man --help` ends with.
pub(super) const EXAMPLES: &str = "\
Examples:
  leeward man | man -l -
  leeward man baseline create | man -l -
  leeward man --directory ~/.local/share/man/man1";

/// `leeward man`.
#[derive(Debug, Args)]
pub struct ManCommand {
    /// The command whose page is printed; that of the program itself, if there is none
    #[arg(value_name = "COMMAND", conflicts_with = "directory")]
    pub(super) command: Vec<String>,
    /// Write the pages of all commands into a directory
    #[arg(long, value_name = "DIR")]
    pub(super) directory: Option<PathBuf>,
}

/// Prints a page, or writes all.
pub(super) fn run(command: &ManCommand) -> Result<Status, UsageError> {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    if let Some(directory) = &command.directory {
        return Ok(write_all(&program, directory));
    }
    let mut named = &program;
    for name in &command.command {
        named = named.find_subcommand(name).ok_or_else(|| {
            UsageError::new("there is no such command")
                .help("`leeward --help` lists them; see `leeward man --help`")
        })?;
    }
    say(&String::from_utf8_lossy(&page(named)));
    Ok(Status::Clean)
}

fn write_all(command: &clap::Command, directory: &Path) -> Status {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let page = page(command);
    let destination = Destination::File(directory.join(format!("{name}.1")));
    if let Err(error) = destination.write_with(|out| out.write_all(&page)) {
        complain(&format!("error: {error}\n"));
        return Status::Incomplete;
    }
    let mut statuses = command.get_subcommands().map(|command| write_all(command, directory));
    statuses.find(|status| *status != Status::Clean).unwrap_or(Status::Clean)
}

fn page(command: &clap::Command) -> Vec<u8> {
    let mut page = Vec::new();
    let version = concat!("leeward ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).source(version).manual("leeward");
    let rendered: io::Result<()> = man.render(&mut page);
    rendered.expect("writing to memory cannot fail");
    page
}
