//! One hart and 16 MiB of RAM, with time that stands still.

use std::sync::Arc;

use manyhart_runtime::{Attention, Clock, Executive, InterruptFile, RamBlock};
use manyhart_vcpu::csr::address::*;
use manyhart_vcpu::trap::Privilege;
use manyhart_vcpu::{Exit, Hart, HartConfig, Isa};

use crate::asm::{MRET, SPIN};
use crate::board::Board;

/// Where RAM begins; `mret` stands there, by which cases enter their mode.
pub const RAM: u64 = 0x8000_0000;
/// Where cases put their code.
pub const CODE: u64 = 0x8001_0000;
/// The handlers, which spin.
pub const M_HANDLER: u64 = 0x8002_0000;
pub const S_HANDLER: u64 = 0x8003_0000;
/// Free for data.
pub const DATA: u64 = 0x8004_0000;
/// Nothing answers there.
pub const NOWHERE: u64 = 0x4000_0000;

const SIZE: u64 = 16 << 20;

/// How [`Machine::finish`] runs: both must show the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Each instruction fetched and run alone.
    Steps,
    /// Blocks of translated code, chained.
    Blocks,
}

pub const PACES: [Pace; 2] = [Pace::Steps, Pace::Blocks];

pub struct Machine {
    pub hart: Box<Hart>,
    pub attention: Arc<Attention>,
    pub clock: Clock,
    /// Machine mode's and supervisor mode's: see [`Machine::with_interrupt_files`].
    pub files: [Arc<InterruptFile>; 2],
    ram: Arc<RamBlock>,
    executive: Executive,
    pace: Pace,
}

impl Machine {
    /// In machine mode; both handlers spin, physical memory is open to all modes, nothing is delegated.
    pub fn new(pace: Pace) -> Machine {
        Machine::made(pace, false)
    }

    /// The same, of a hart that has its interrupt files.
    pub fn with_interrupt_files(pace: Pace) -> Machine {
        Machine::made(pace, true)
    }

    fn made(pace: Pace, aia: bool) -> Machine {
        let Board { executive, clock, ram, space, .. } = Board::new(RAM, SIZE);
        let attention = Arc::new(Attention::new());
        let reader = executive.reader("hart 0", Some(attention.clone()));
        let files = [11, 9].map(|level| Arc::new(InterruptFile::new(255, attention.clone(), level)));
        let interrupt_files = aia.then(|| files.clone());
        let config =
            HartConfig { id: 0, space, isa: Isa::default(), reset_pc: RAM, reset_args: [0; 3], interrupt_files };
        let hart = Hart::new(config, reader, attention.clone(), clock.clone());
        let mut machine = Machine { hart, attention, clock, files, ram, executive, pace };
        machine.put_code(RAM, &[MRET]);
        for (vector, handler) in [(MTVEC, M_HANDLER), (STVEC, S_HANDLER)] {
            machine.set(vector, handler);
            machine.put_code(handler, &[SPIN]);
        }
        machine.set(PMPADDR0, u64::MAX);
        machine.set(PMPCFG0, 0x1f);
        machine
    }

    pub fn put_code(&mut self, at: u64, code: &[u32]) {
        let bytes: Vec<u8> = code.iter().flat_map(|word| word.to_le_bytes()).collect();
        assert!(self.ram.write(at - RAM, &bytes));
    }

    pub fn store(&mut self, at: u64, value: u64) {
        assert!(self.ram.store(at - RAM, value));
    }

    pub fn load(&self, at: u64) -> u64 {
        self.ram.load(at - RAM).expect("an address in RAM")
    }

    /// Reads a CSR with machine mode's rights.
    pub fn csr(&mut self, csr: u16) -> u64 {
        self.hart.csr(csr).expect("an existing CSR")
    }

    /// Writes a CSR with machine mode's rights.
    pub fn set(&mut self, csr: u16, value: u64) {
        assert!(self.hart.set_csr(csr, value), "{csr:#x}");
    }

    /// Sets bits of a CSR.
    pub fn add(&mut self, csr: u16, bits: u64) {
        let old = self.csr(csr);
        self.set(csr, old | bits);
    }

    /// Goes to `pc` in `mode`: by `mret`, or as it is in machine mode.
    pub fn enter(&mut self, mode: Privilege, pc: u64) {
        if mode == Privilege::Machine {
            self.hart.set_pc(pc);
            return;
        }
        let status = self.csr(MSTATUS) & !(3 << 11);
        self.set(MSTATUS, status | (mode as u64) << 11);
        self.set(MEPC, pc);
        self.hart.set_pc(RAM);
        self.step(1);
        assert_eq!((self.hart.pc(), self.hart.privilege()), (pc, mode as u8));
    }

    /// Puts `code` at [`CODE`], a spin behind it, and enters it in `mode`.
    pub fn start(&mut self, mode: Privilege, code: &[u32]) {
        self.put_code(CODE, code);
        self.put_code(CODE + 4 * code.len() as u64, &[SPIN]);
        self.enter(mode, CODE);
    }

    /// Runs until the case has come to its spin, or to a handler's; returns where it spins.
    pub fn finish(&mut self) -> u64 {
        // The hart runs its last 64 instructions before a limit one by one.
        self.step(if self.pace == Pace::Steps { 60 } else { 2000 });
        self.hart.pc()
    }

    /// Reads several CSRs.
    pub fn csrs<const N: usize>(&mut self, csrs: [u16; N]) -> [u64; N] {
        csrs.map(|csr| self.csr(csr))
    }

    /// Lets exactly `count` instructions complete or trap.
    pub fn step(&mut self, count: u64) {
        assert_eq!(self.hart.run(Some(count)), Exit::Limit);
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.executive.stop();
        self.executive.shutdown();
    }
}
