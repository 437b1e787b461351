//! The life cycle of a machine: build, run, reboot, stop.

mod spec;

pub use spec::{BoardSpec, RunSpec, SignatureSpec};

use std::process::ExitCode;

/// Prints the region tree and the flat view of a board.
pub fn print_mtree(spec: &BoardSpec) -> ExitCode {
    eprintln!("{spec:?}");
    ExitCode::from(2)
}

/// Runs.
pub fn run(spec: RunSpec) -> ExitCode {
    eprintln!("{spec:?}");
    ExitCode::from(2)
}
