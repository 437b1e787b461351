//! The guests that a storm can pass over: the bare program of this repository, or Debian's kernel with a worker process on each hart.
//!
//! Debian's guest is the one that `manyhart run debian` boots, unmodified; its initial file system gets two files more (`guest/storm/`). The
//! tables lie in memory of their own, which no device tree names, and the functions come when all workers are at work: so the kernel neither
//! uses the one nor enumerates the others, and what the storm does to them is between it and the workers, who map both from /dev/mem.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use manyhart_runtime::RamBlock;
use serde::Serialize;

use super::layout::{self, PROGRAM, Tables};
use super::{StressError, cpio};
use crate::board::{Aia, memmap::RAM_BASE};
use crate::console::Serial;
use crate::debian;
use crate::guest::Bench;
use crate::load::{Firmware, Images, Source};
use crate::machine::{BoardSpec, RunSpec};

/// RAM of Debian's guest: it ends far below the tables.
const DEBIAN_RAM: u64 = 256 << 20;
/// The most that an initial file system may have.
const INITRD_LIMIT: u64 = DEBIAN_RAM / 2;
const _: () = assert!(RAM_BASE + DEBIAN_RAM <= layout::BANKS.control);

/// Who checks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// A bare program, all harts: the most accesses, and every kind of them.
    #[default]
    Bare,
    /// Debian's kernel, unmodified, with a process on each hart.
    Debian,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Who::Bare => "bare",
            Who::Debian => "debian",
        })
    }
}

impl Who {
    /// Where the tables lie.
    pub fn tables(self) -> Tables {
        match self {
            Who::Bare => Tables::BARE,
            Who::Debian => Tables::APART,
        }
    }

    /// A machine for it, on which no hart runs yet.
    pub(super) fn stage(self, harts: u32, dir: Option<&Path>) -> Result<Stage, StressError> {
        match self {
            Who::Bare => {
                let bench = Bench::new(&PROGRAM, harts)?;
                let tables = bench.machine().board().ram.clone();
                Ok(Stage { bench, tables, console: None })
            }
            Who::Debian => {
                let console = std::env::temp_dir().join(format!("manyhart-storm-{}.console", std::process::id()));
                let bench = Bench::of(&debian_spec(harts, dir, console.clone())?, self.tables().stop())?;
                let tables = apart(&bench)?;
                Ok(Stage { bench, tables, console: Some(console) })
            }
        }
    }
}

/// A machine that is ready for a storm.
pub(super) struct Stage {
    /// It.
    pub bench: Bench,
    /// The memory that the tables lie in.
    pub tables: Arc<RamBlock>,
    /// Where the guest's console goes: of interest when something went wrong.
    pub console: Option<PathBuf>,
}

/// Memory for the tables, beside the board's.
fn apart(bench: &Bench) -> Result<Arc<RamBlock>, StressError> {
    let host = |error| StressError::Host { what: "memory", error };
    let block = Arc::new(RamBlock::anonymous("tables", Tables::SIZE).map_err(host)?);
    let (executive, board) = (bench.machine().executive(), bench.machine().board());
    let mut t = executive.topology().transaction();
    let region = t.ram("tables", block.clone());
    t.add_subregion(board.root, Tables::APART.base(), region);
    t.commit()?;
    Ok(block)
}

fn debian_spec(harts: u32, dir: Option<&Path>, console: PathBuf) -> Result<RunSpec, StressError> {
    let dir = dir.map_or_else(debian::default_dir, |dir| Ok(PathBuf::from(dir)))?;
    let guest = debian::ensure(&dir)?;
    let initrd =
        Source::File(guest.initrd).read(INITRD_LIMIT).map_err(|error| StressError::Storm(error.to_string()))?;
    let images = Images {
        firmware: Firmware::File(guest.firmware),
        kernel: Some(Source::File(guest.kernel)),
        initrd: Some(Source::Memory { name: "the initial file system", bytes: with_workers(initrd).into() }),
        command_line: Some("console=ttyS0 quiet rdinit=/storm-init".to_owned()),
        device_tree: None,
        more: Vec::new(),
    };
    let board = BoardSpec { harts, memory: DEBIAN_RAM, aia: Aia::None };
    Ok(RunSpec::unattended(board, images, Serial::File(console)))
}

/// The initial file system, and behind it an archive with what the storm needs: a kernel unpacks one after the other.
fn with_workers(mut initrd: Vec<u8>) -> Vec<u8> {
    initrd.resize(initrd.len().next_multiple_of(cpio::ALIGNMENT), 0);
    let program = include_bytes!("../../guest/storm/storm.elf");
    let init = include_bytes!("../../guest/storm/init");
    initrd.extend(cpio::archive(&[("storm", program), ("storm-init", init)]));
    initrd
}
