//! One hart: its state, and what a debugger, a test or the machine may do with it between two runs.
#![allow(unsafe_code)] // A hart holds pointers to its own ops, and is sent to its thread all the same.

use std::sync::Arc;

use manyhart_runtime::{Attention, Clock, Reader};

use crate::caches::Caches;
use crate::config::{Exit, HartConfig, Sampler, Statistics, Tracer, csr_config};
use crate::csr::{CsrFile, CsrOp, Effect, Inputs, address};
use crate::op::Op;
use crate::sample::Sampling;
use crate::trace::Trace;
use crate::trap::{Privilege, Trap};
use crate::watch::Watch;

/// Why an instruction did not complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is illegal: an exception whose tval is its encoding.
    Illegal,
    /// It is a breakpoint: an exception whose tval is its address (3.1.16).
    Breakpoint,
    /// It trapped.
    Trap(Trap),
}

impl From<Trap> for Fault {
    fn from(trap: Trap) -> Fault {
        Fault::Trap(trap)
    }
}

impl From<crate::csr::Illegal> for Fault {
    fn from(_: crate::csr::Illegal) -> Fault {
        Fault::Illegal
    }
}

/// One RISC-V hart. It is large and never moves: [`Hart::new`] boxes it. The thread that calls [`Hart::run`] needs a stack of
/// 16 MiB: where a tail call is a real call (a host without them, an unoptimised build) a whole batch's handlers stand on it.
// What hot handlers touch stands first, at constant offsets.
#[repr(C)]
pub struct Hart {
    /// Instructions until the end of the batch; negative when it is over.
    pub(crate) fuel: i64,
    pub(crate) attention: Arc<Attention>,
    /// x0–x31 and the sink; as long as any op's register number, so that no index is out of bounds.
    x: [u64; 256],
    f: [u64; 256],
    /// The program counter, while no op runs.
    pub(crate) pc: u64,
    /// The link that the hart left its block by, to be made to lead somewhere; else null.
    pub(crate) link: *const Op,
    pub(crate) csr: CsrFile,
    pub(crate) caches: Caches,
    pub(crate) reader: Reader,
    pub(crate) clock: Clock,
    pub(crate) config: HartConfig,
    /// The fuel that the batch began with.
    pub(crate) batch: i64,
    /// Instructions that were over (retired or trapped) when the batch began.
    pub(crate) ended: u64,
    /// How many of all instructions ended in their own trap.
    pub(crate) trapped: u64,
    /// The interrupt inputs at the last look, by their bits in `mip`.
    pub(crate) lines: u64,
    /// In WFI.
    pub(crate) waiting: bool,
    /// The batch is to end although there is fuel: an interrupt may be due, or what was decided at its beginning changed.
    pub(crate) leave_batch: bool,
    /// The batch has ended where a debugger wants the hart to stop.
    pub(crate) at_breakpoint: bool,
    /// Interrupts wait: a debugger's step is of the instruction that stands next.
    pub(crate) hold_interrupts: bool,
    /// A `pause` hint was executed in this batch.
    pub(crate) paused: bool,
    /// Pairs of ops are fused.
    pub(crate) fuse: bool,
    pub(crate) statistics: Statistics,
    pub(crate) trace: Option<Box<Trace>>,
    pub(crate) sampling: Option<Box<Sampling>>,
    pub(crate) watch: Watch,
}

// SAFETY: the raw pointers (`link`, and those in the code cache) lead to ops that the hart itself owns and that only its methods, which
// take it by unique reference, follow.
unsafe impl Send for Hart {}

/// The CSRs after reset.
fn csrs(config: &HartConfig) -> CsrFile {
    let mut csrs = CsrFile::new(csr_config(config));
    if let Some(files) = &config.interrupt_files {
        csrs.set_interrupt_files(files.clone());
    }
    csrs
}

impl Hart {
    /// The level of the hart's [`Attention`] that asks [`Hart::run`] to return at the next boundary, from WFI too. No bit of `mip`.
    pub const LEAVE: u32 = 55;

    /// A hart after reset. `reader` was made with this `attention`.
    pub fn new(config: HartConfig, reader: Reader, attention: Arc<Attention>, clock: Clock) -> Box<Hart> {
        let mut hart = Box::new(Hart {
            fuel: 0,
            attention,
            x: [0; 256],
            f: [0; 256],
            pc: 0,
            link: std::ptr::null(),
            csr: csrs(&config),
            caches: Caches::new(config.space),
            reader,
            clock,
            batch: 0,
            ended: 0,
            trapped: 0,
            lines: 0,
            waiting: false,
            leave_batch: false,
            at_breakpoint: false,
            hold_interrupts: false,
            paused: false,
            fuse: true,
            statistics: Statistics::default(),
            trace: None,
            sampling: None,
            watch: Watch::default(),
            config,
        });
        let [a0, a1, a2] = hart.config.reset_args;
        hart.reset(hart.config.reset_pc, a0, a1, a2);
        hart
    }

    /// Puts the hart into its reset state with this program counter and arguments; retired-instruction counts start again.
    pub fn reset(&mut self, pc: u64, a0: u64, a1: u64, a2: u64) {
        self.csr = csrs(&self.config);
        self.x = [0; 256];
        self.f = [0; 256];
        (self.x[10], self.x[11], self.x[12]) = (a0, a1, a2);
        self.pc = pc & !1;
        self.waiting = false;
        self.watch.hit = None;
        self.caches.reservation = None;
        self.caches.forget_translations();
        self.caches.code.revalidate();
        if let Some(sampling) = &mut self.sampling {
            sampling.restart(self.ended + (self.batch - self.fuel) as u64);
        }
        (self.fuel, self.batch, self.ended, self.trapped) = (0, 0, 0, 0);
        self.attention.set_deadline(1, self.csr.supervisor_deadline());
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.config.id
    }

    /// The program counter.
    pub fn pc(&self) -> u64 {
        self.pc
    }

    /// Moves the program counter.
    pub fn set_pc(&mut self, pc: u64) {
        self.pc = pc & !1;
        self.waiting = false;
    }

    /// Integer register `index` (0–31).
    pub fn x(&self, index: usize) -> u64 {
        self.x[index & 31]
    }

    /// Sets integer register `index`; nothing for 0.
    pub fn set_x(&mut self, index: usize, value: u64) {
        if index & 31 != 0 {
            self.x[index & 31] = value;
        }
    }

    /// Floating-point register `index` (0–31), as 64 raw bits.
    pub fn f(&self, index: usize) -> u64 {
        self.f[index & 31]
    }

    /// Sets floating-point register `index`.
    pub fn set_f(&mut self, index: usize, value: u64) {
        self.f[index & 31] = value;
    }

    /// The privilege: 0 U, 1 S, 3 M.
    pub fn privilege(&self) -> u8 {
        self.csr.privilege() as u8
    }

    /// Puts the hart into a privilege mode by fiat: for debuggers, and loaders that start above the firmware.
    pub fn set_privilege(&mut self, privilege: Privilege) {
        self.csr.set_privilege(privilege);
        self.caches.dropped = true;
    }

    /// Says that code in memory was changed by somebody else than the guest (a loader, a debugger): as if the hart executed `fence.i`.
    pub fn synchronize_code(&mut self) {
        self.caches.code.revalidate();
        self.caches.dropped = true;
    }

    /// Reads a CSR as M-mode would; `None` where there is no such CSR.
    pub fn csr(&mut self, number: u16) -> Option<u64> {
        self.csr_as_machine(number, CsrOp::Read)
    }

    /// Writes a CSR as M-mode would; `false` where there is no such CSR or it is read-only.
    #[must_use]
    pub fn set_csr(&mut self, number: u16, value: u64) -> bool {
        self.csr_as_machine(number, CsrOp::Write(value)).is_some()
    }

    fn csr_as_machine(&mut self, number: u16, op: CsrOp) -> Option<u64> {
        let privilege = self.csr.privilege();
        self.csr.set_privilege(Privilege::Machine);
        // No instruction writes here, so a counter that is set has none of its own to leave out.
        let own = matches!((op, number), (CsrOp::Write(_), address::MCYCLE | address::MINSTRET));
        let instret = self.instret().wrapping_sub(own.into());
        let inputs = Inputs { time: self.clock.now(), instret, lines: self.input_lines() };
        let result = self.csr.access(number, op, inputs);
        self.csr.set_privilege(privilege);
        let (old, effect) = result.ok()?;
        self.apply(effect, number);
        Some(old)
    }

    /// Retired instructions since reset (not `minstret`, which the guest may write).
    pub fn instret(&self) -> u64 {
        self.ended_now() - self.trapped
    }

    /// What the hart did so far.
    pub fn statistics(&self) -> Statistics {
        Statistics {
            instructions: self.instret(),
            blocks: self.caches.code.translated,
            code_flushes: self.caches.code.drops,
            generations: self.reader.adopted(),
            ..self.statistics
        }
    }

    /// From now on tells `tracer` of every instruction; `None` ends it. Tracing is slow: each instruction is a block of its own.
    pub fn set_tracer(&mut self, tracer: Option<Box<dyn Tracer>>) {
        self.trace = tracer.map(|tracer| Box::new(Trace::new(tracer)));
        self.caches.dropped = true;
    }

    /// From now on tells `sampler` where the hart is; `None` ends it.
    pub fn set_sampler(&mut self, sampler: Option<Box<dyn Sampler>>) {
        let ended = self.ended_now();
        self.sampling = sampler.map(|sampler| Box::new(Sampling::new(sampler, ended)));
    }

    /// Executes one instruction for a debugger, as [`Hart::run`] does, but takes no interrupt before it: on a slow host there would always be one.
    pub fn step(&mut self) -> Exit {
        self.hold_interrupts = true;
        let exit = self.run(Some(1));
        self.hold_interrupts = false;
        exit
    }

    /// From now on [`Hart::run`] returns before it executes an instruction at one of these addresses, whatever they are translated to. Memory stays as it is; it costs
    /// nothing elsewhere. What is translated is dropped. To go on from such an address, take it out and run one instruction.
    pub fn set_breakpoints(&mut self, addresses: impl IntoIterator<Item = u64>) {
        let mut addresses: Vec<u64> = addresses.into_iter().collect();
        addresses.sort_unstable();
        self.link = std::ptr::null();
        self.caches.code.drop_all();
        self.caches.code.breakpoints = addresses.into();
    }

    /// From now on runs with fused pairs, as it does after [`Hart::new`], or without. What is translated is dropped.
    pub fn set_fusion(&mut self, fuse: bool) {
        self.fuse = fuse;
        self.link = std::ptr::null();
        self.caches.code.drop_all();
    }

    /// A register's memory slot: 0–31, or the sink.
    #[inline(always)]
    pub(crate) fn x_slot(&self, index: u8) -> u64 {
        self.x[usize::from(index)]
    }

    /// Writes a register's memory slot, never that of x0.
    #[inline(always)]
    pub(crate) fn set_x_slot(&mut self, index: u8, value: u64) {
        self.x[usize::from(index)] = value;
    }

    /// A floating-point register.
    #[inline(always)]
    pub(crate) fn f_slot(&self, index: u8) -> u64 {
        self.f[usize::from(index)]
    }

    /// Writes a floating-point register.
    #[inline(always)]
    pub(crate) fn set_f_slot(&mut self, index: u8, value: u64) {
        self.f[usize::from(index)] = value;
    }

    /// Instructions that are over, retired or trapped, since reset.
    pub(crate) fn ended_now(&self) -> u64 {
        self.ended + (self.batch - self.fuel) as u64
    }

    /// Consumes fuel for `retired` instructions; whether the hart is to leave the chain of blocks.
    #[inline(always)]
    pub(crate) fn charge(&mut self, retired: i32) -> bool {
        self.fuel -= i64::from(retired);
        (self.fuel | self.attention.peek() as i64) < 0
    }

    /// The interrupt inputs now, the timers among them.
    pub(crate) fn input_lines(&self) -> u64 {
        self.inputs(self.attention.peek())
    }

    /// The interrupt inputs by these levels, and the timers now.
    pub(crate) fn inputs(&self, levels: u64) -> u64 {
        use crate::csr::bits::{MTI, STI};
        let deadlines = [self.attention.deadline(0), self.attention.deadline(1)];
        let levels = levels & !(MTI | STI);
        // The clock costs as much as a hundred instructions.
        if deadlines == [u64::MAX; 2] {
            return levels;
        }
        let now = self.clock.now();
        let timer = |deadline, bit| if now >= deadline { bit } else { 0 };
        levels | timer(deadlines[0], MTI) | timer(deadlines[1], STI)
    }

    /// Takes a trap whose epc is `epc`.
    pub(crate) fn enter_trap(&mut self, trap: Trap, epc: u64) {
        self.statistics.traps += 1;
        self.pc = self.csr.take_trap(trap, epc);
        self.privilege_changed();
    }

    /// After any change of the privilege mode, or of what translations depend on.
    pub(crate) fn privilege_changed(&mut self) {
        self.caches.select(&self.csr);
        if self.trace.is_some() {
            self.caches.tlb.disable();
        }
    }

    /// Carries out what a CSR write asks for; whether the block that runs may be stale now.
    pub(crate) fn apply(&mut self, effect: Effect, number: u16) -> bool {
        if effect.is_none() {
            return false;
        }
        let mut stale = false;
        if effect.contains(Effect::PMP) || (effect.contains(Effect::TRANSLATION) && number == address::MENVCFG) {
            self.caches.forget_translations();
            stale = true;
        }
        if effect.contains(Effect::TRANSLATION) || effect.contains(Effect::DATA_CONTEXT) || stale {
            self.privilege_changed();
            stale |= number == address::SATP;
        }
        if effect.contains(Effect::DEADLINE) {
            self.attention.set_deadline(1, self.csr.supervisor_deadline());
            // It raised; the next instruction is after the look at the inputs.
            self.leave_batch = true;
        }
        if effect.contains(Effect::INTERRUPTS) && self.csr.pending_interrupt(self.lines).is_some() {
            self.leave_batch = true;
        }
        stale | self.leave_batch
    }
}
