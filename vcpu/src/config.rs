//! What a hart is built with, and what it reports.

use std::sync::Arc;

use manyhart_runtime::{AddressSpaceId, InterruptFile};

use crate::csr::{Config, SatpMode};
use crate::watch::WatchHit;

/// What a hart is built with. Everything else of it is fixed: RV64IMAFDC with M, S and U.
#[derive(Debug, Clone)]
pub struct HartConfig {
    /// The hart's number (`mhartid`).
    pub id: u32,
    /// The address space it lives in.
    pub space: AddressSpaceId,
    /// Optional parts of the instruction set.
    pub isa: Isa,
    /// The program counter after reset.
    pub reset_pc: u64,
    /// `a0`, `a1` and `a2` after reset.
    pub reset_args: [u64; 3],
    /// Its interrupt files, machine mode's and supervisor mode's, which drive the levels 11 and 9 of its attention: with them the hart has Smaia
    /// and Ssaia. Whoever resets the machine resets them.
    pub interrupt_files: Option<[Arc<InterruptFile>; 2]>,
}

/// Optional parts of the instruction set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Isa {
    /// Zba, Zbb, Zbc and Zbs.
    pub bitmanip: bool,
    /// `stimecmp`.
    pub sstc: bool,
    /// The widest translation mode: 39, 48 or 57; 0 leaves only Bare.
    pub max_sv: u8,
}

impl Default for Isa {
    fn default() -> Isa {
        Isa { bitmanip: true, sstc: true, max_sv: 57 }
    }
}

/// Why [`Hart::run`](crate::Hart::run) returned. Always at an instruction boundary, and offline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The runtime stops.
    Stopped,
    /// Exactly as many instructions as asked for have retired or trapped.
    Limit,
    /// The next instruction is at one of the addresses of [`Hart::set_breakpoints`](crate::Hart::set_breakpoints). It is not executed.
    Breakpoint,
    /// The last instruction accessed what [`Hart::set_watchpoints`](crate::Hart::set_watchpoints) names. It is over.
    Watchpoint(WatchHit),
    /// The level [`Hart::LEAVE`](crate::Hart::LEAVE) of its attention is set: somebody wants the hart, to reset it or to look at it. It stays set, and
    /// [`Hart::run`](crate::Hart::run) returns at once, until whoever set it clears it.
    Left,
}

/// What a run did so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Retired instructions.
    pub instructions: u64,
    /// Traps taken, interrupts included.
    pub traps: u64,
    /// Interrupts taken.
    pub interrupts: u64,
    /// Blocks translated.
    pub blocks: u64,
    /// Times the whole code cache was dropped because it was full.
    pub code_flushes: u64,
    /// TLB fills.
    pub tlb_fills: u64,
    /// Accesses that went to a device.
    pub device_accesses: u64,
    /// Times the hart slept in WFI.
    pub sleeps: u64,
    /// Generations of the topology that it has acknowledged.
    pub generations: u64,
}

/// One committed instruction, as Spike's `--log-commits` shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commit {
    /// The hart.
    pub hart: u32,
    /// The privilege it ran at: 0, 1 or 3.
    pub privilege: u8,
    /// Its address.
    pub pc: u64,
    /// Its encoding; the low 16 bits for a compressed one.
    pub encoding: u32,
    /// The integer register written, with its value.
    pub x: Option<(u8, u64)>,
    /// The floating-point register written, with its value.
    pub f: Option<(u8, u64)>,
    /// The CSR written, with its value after.
    pub csr: Option<(u16, u64)>,
    /// The memory touched: guest-virtual address, size in bytes, and the value where it was a store.
    pub mem: Option<(u64, u8, Option<u64>)>,
}

/// Hears of every committed instruction, in order.
pub trait Tracer: Send {
    /// One instruction has retired.
    fn commit(&mut self, commit: &Commit);
}

/// Where a hart is between two instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample<'a> {
    /// The hart.
    pub hart: u32,
    /// Its privilege: 0, 1 or 3.
    pub privilege: u8,
    /// The next instruction.
    pub pc: u64,
    /// Where in guest-physical memory that is, if it can be fetched.
    pub physical: Option<u64>,
    /// `satp`: whose page tables are in use.
    pub satp: u64,
    /// Return addresses, innermost first, where the code keeps frame pointers; where it does not, whatever stood in their place.
    pub callers: &'a [u64],
}

/// Hears where a hart is, every so many instructions.
pub trait Sampler: Send {
    /// How many instructions from here to the next sample, at least one.
    fn interval(&mut self) -> u64;

    /// The hart is there.
    fn sample(&mut self, sample: &Sample<'_>);
}

/// As the CSRs need it.
pub(crate) fn csr_config(config: &HartConfig) -> Config {
    let satp_mode_max = match config.isa.max_sv {
        0..39 => SatpMode::Bare,
        39..48 => SatpMode::Sv39,
        48..57 => SatpMode::Sv48,
        57.. => SatpMode::Sv57,
    };
    let letters = Config::RV64GC_B;
    let misa_letters = if config.isa.bitmanip { letters } else { letters & !(1 << 1) };
    Config { sstc: config.isa.sstc, satp_mode_max, misa_letters, ..Config::full(u64::from(config.id)) }
}
