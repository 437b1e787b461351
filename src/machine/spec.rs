//! What a machine is to be: plain data, from a command line or from whoever runs a guest of its own.

use std::path::PathBuf;

use crate::board::Aia;
use crate::console::Serial;
use crate::control::ControlSpec;
use crate::load::Images;
use crate::plug::PlugSpec;
use crate::profile::ProfileSpec;

/// What the board is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoardSpec {
    /// How many harts.
    pub harts: u32,
    /// RAM, in bytes, a multiple of 4096.
    pub memory: u64,
    /// Which interrupt controllers it has.
    pub aia: Aia,
}

/// What is to be run, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSpec {
    /// The board.
    pub board: BoardSpec,
    /// What is loaded.
    pub images: Images,
    /// Write the device tree here, and run nothing.
    pub dump_device_tree: Option<PathBuf>,
    /// Where the serial port ends.
    pub serial: Serial,
    /// Whether the guest may reboot; otherwise that ends the run.
    pub reboots: bool,
    /// The machine stops once a hart is through this many instructions since its last reset.
    pub limit: Option<u64>,
    /// Log every retired instruction here.
    pub log_commits: Option<PathBuf>,
    /// Find out where the guest's time goes.
    pub profile: Option<ProfileSpec>,
    /// Write the guest's signature at the end.
    pub signature: Option<SignatureSpec>,
    /// Print a summary on standard error at the end.
    pub summary: bool,
    /// How it is commanded.
    pub control: ControlSpec,
    /// What is plugged in.
    pub plug: PlugSpec,
}

impl RunSpec {
    /// A machine of which nobody wants more than that it runs these images: nothing is logged, plugged in or commanded, and a reboot ends
    /// it.
    pub fn unattended(board: BoardSpec, images: Images, serial: Serial) -> RunSpec {
        RunSpec {
            board,
            images,
            dump_device_tree: None,
            serial,
            reboots: false,
            limit: None,
            log_commits: None,
            profile: None,
            signature: None,
            summary: false,
            control: ControlSpec::default(),
            plug: PlugSpec::default(),
        }
    }
}

/// Where a signature goes, and its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureSpec {
    /// The file.
    pub file: PathBuf,
    /// Bytes a line.
    pub granularity: usize,
}
