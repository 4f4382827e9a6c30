//! The `leeward` program. Everything is in the library; this turns its status into the process's.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(leeward::cli::run(std::env::args_os()).code())
}
