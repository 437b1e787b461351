//! The manyhart command.

use std::process::ExitCode;

fn main() -> ExitCode {
    manyhart::cli::main(std::env::args_os())
}
