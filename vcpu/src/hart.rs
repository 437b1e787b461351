//! One hart: its state, and what a debugger, a test or the machine may do with it between two runs.

use std::sync::Arc;

use manyhart_runtime::{AddressSpaceId, Attention, Clock, Reader};

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

/// Why [`Hart::run`] returned. Always at an instruction boundary, and offline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The runtime stops.
    Stopped,
    /// Exactly as many instructions as asked for have retired or trapped.
    Limit,
    /// The level [`Hart::LEAVE`] of its attention is set: somebody wants the hart, to reset it or to look at it. It stays set, and
    /// [`Hart::run`] returns at once, until whoever set it clears it.
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

/// One RISC-V hart. It is large and never moves: [`Hart::new`] boxes it. The thread that calls [`Hart::run`] needs a stack of
/// 16 MiB: where a tail call is a real call (a host without them, an unoptimised build) a whole batch's handlers stand on it.
pub struct Hart {
    config: HartConfig,
    _reader: Reader,
    _attention: Arc<Attention>,
    _clock: Clock,
}

impl Hart {
    /// The level of the hart's [`Attention`] that asks [`Hart::run`] to return at the next boundary, from WFI too. No bit of `mip`.
    pub const LEAVE: u32 = 55;

    /// A hart after reset. `reader` was made with this `attention`.
    pub fn new(config: HartConfig, reader: Reader, attention: Arc<Attention>, clock: Clock) -> Box<Hart> {
        Box::new(Hart { config, _reader: reader, _attention: attention, _clock: clock })
    }

    /// Runs until the runtime stops, or until exactly `limit` instructions are over (retired, or ended by their trap).
    pub fn run(&mut self, limit: Option<u64>) -> Exit {
        let _ = limit;
        unimplemented!()
    }

    /// Puts the hart into its reset state with this program counter and arguments; retired-instruction counts start again.
    pub fn reset(&mut self, pc: u64, a0: u64, a1: u64, a2: u64) {
        let _ = (pc, a0, a1, a2);
        unimplemented!()
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.config.id
    }

    /// The program counter.
    pub fn pc(&self) -> u64 {
        unimplemented!()
    }

    /// Moves the program counter.
    pub fn set_pc(&mut self, pc: u64) {
        let _ = pc;
        unimplemented!()
    }

    /// Integer register `index` (0–31).
    pub fn x(&self, index: usize) -> u64 {
        let _ = index;
        unimplemented!()
    }

    /// Sets integer register `index`; nothing for 0.
    pub fn set_x(&mut self, index: usize, value: u64) {
        let _ = (index, value);
        unimplemented!()
    }

    /// Floating-point register `index` (0–31), as 64 raw bits.
    pub fn f(&self, index: usize) -> u64 {
        let _ = index;
        unimplemented!()
    }

    /// Sets floating-point register `index`.
    pub fn set_f(&mut self, index: usize, value: u64) {
        let _ = (index, value);
        unimplemented!()
    }

    /// The privilege: 0 U, 1 S, 3 M.
    pub fn privilege(&self) -> u8 {
        unimplemented!()
    }

    /// Reads a CSR as M-mode would; `None` where there is no such CSR.
    pub fn csr(&mut self, number: u16) -> Option<u64> {
        let _ = number;
        unimplemented!()
    }

    /// Writes a CSR as M-mode would; `false` where there is no such CSR or it is read-only.
    #[must_use]
    pub fn set_csr(&mut self, number: u16, value: u64) -> bool {
        let _ = (number, value);
        unimplemented!()
    }

    /// Retired instructions since reset (not `minstret`, which the guest may write).
    pub fn instret(&self) -> u64 {
        unimplemented!()
    }

    /// What the hart did so far.
    pub fn statistics(&self) -> Statistics {
        unimplemented!()
    }

    /// From now on tells `tracer` of every instruction; `None` ends it. Tracing is slow: each instruction is a block of its own.
    pub fn set_tracer(&mut self, tracer: Option<Box<dyn Tracer>>) {
        let _ = tracer;
        unimplemented!()
    }
}
