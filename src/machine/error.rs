//! Why a machine does not run, and what exit status that is.

use std::path::PathBuf;

use manyhart_runtime::{BusError, TopologyError};

use crate::board::BoardError;
use crate::load::LoadError;
use crate::output::OutputError;
use crate::plug::PlugError;
use crate::profile::ProfileError;

/// Why a machine does not run (any more).
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// The images.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The board.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// What is plugged in.
    #[error(transparent)]
    Plug(#[from] PlugError),
    /// The profile.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// A file that the run is to write.
    #[error("{}: cannot write: {error}", .file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Something that the run is to write.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The kernel has no signature.
    #[error("the kernel has no symbols begin_signature and end_signature in this order, so it has no signature")]
    NoSignature,
    /// The host refuses a thread, a signal handler or its terminal.
    #[error("the host refuses {what}: {error}")]
    Host {
        /// What.
        what: &'static str,
        /// Why.
        error: std::io::Error,
    },
    /// A place where clients would come in.
    #[error("{place}: {error}")]
    Place {
        /// Where.
        place: crate::control::Place,
        /// Why not.
        error: std::io::Error,
    },
    /// Two want to read standard input.
    #[error("standard input is the console's already: say -serial null or -serial file:F")]
    StandardInput,
    /// A device, or the bus, failed where the machine needs it.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The map does not take a region of the machine's own.
    #[error("memory map: {0}")]
    Topology(#[from] TopologyError),
    /// No address space of this name.
    #[error("there is no address space '{0}'")]
    NoSpace(String),
    /// Two consoles end in standard input and output.
    #[error("cannot use stdio by multiple character devices")]
    StdioTwice,
    /// A thread of the machine's own has panicked.
    #[error("{0} has panicked")]
    Panicked(String),
    /// A device's handler has panicked.
    #[error("device {0} has failed")]
    DeviceFailed(String),
    /// The console's output cannot be written any more.
    #[error("the console's output: {0}")]
    Console(std::io::Error),
}

impl MachineError {
    /// The exit status: 2 where the command line, an image or what the console was given is at fault, 1 where the run is.
    pub fn status(&self) -> u8 {
        match self {
            MachineError::Load(_)
            | MachineError::Board(_)
            | MachineError::Plug(_)
            | MachineError::Profile(_)
            | MachineError::Write { .. }
            | MachineError::Output(_)
            | MachineError::Place { .. }
            | MachineError::NoSignature
            | MachineError::StandardInput
            | MachineError::NoSpace(_)
            | MachineError::Console(_)
            | MachineError::StdioTwice
            | MachineError::Topology(TopologyError::NotRetained { .. }) => 2,
            _ => 1,
        }
    }
}
