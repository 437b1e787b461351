//! The stress guest that comes with the command: `manyhart` without a subcommand.

use std::process::ExitCode;

use crate::cli::BuiltinArgs;

/// Runs the guest and says what happened.
pub fn run(args: &BuiltinArgs) -> ExitCode {
    eprintln!("manyhart: the built-in guest ({args:?}) is not there yet");
    ExitCode::from(2)
}
