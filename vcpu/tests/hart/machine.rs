//! One hart with memory, and everything stopped again when the test ends.

use std::sync::Arc;

use manyhart_runtime::{AddressSpaceId, Attention, Clock, Executive, RamBlock, RegionId};
use manyhart_vcpu::{Exit, Hart, HartConfig, Isa};

use crate::board::Board;

/// Where RAM lies.
pub const BASE: u64 = 0x8000_0000;
/// Bytes of RAM.
pub const SIZE: u64 = 1 << 20;
/// Where the trap vector of [`Machine::with_program`] points: a `j .`.
pub const VECTOR: u64 = BASE + 0x8000;

pub struct Machine {
    pub executive: Executive,
    pub clock: Clock,
    pub attention: Arc<Attention>,
    pub ram: Arc<RamBlock>,
    /// The region that all of `ram` is.
    pub region: RegionId,
    pub root: RegionId,
    pub space: AddressSpaceId,
    pub hart: Box<Hart>,
}

impl Machine {
    /// A hart at [`BASE`], all memory zero, time at 0 and standing still.
    pub fn new() -> Machine {
        let Board { executive, clock, ram, region, root, space } = Board::new(BASE, SIZE);
        let attention = Arc::new(Attention::new());
        let hart = hart(&executive, space, 0, &attention, &clock);
        Machine { executive, clock, attention, ram, region, root, space, hart }
    }

    /// The same with a program at [`BASE`], and traps that go to [`VECTOR`], where the hart spins.
    pub fn with_program(program: &[u32]) -> Machine {
        let mut machine = Machine::new();
        machine.put(BASE, program);
        machine.put(VECTOR, &[crate::asm::SPIN]);
        assert!(machine.hart.set_csr(0x305, VECTOR));
        machine
    }

    /// Puts code or other words at a physical address.
    pub fn put(&self, at: u64, words: &[u32]) {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        assert!(self.ram.write(at - BASE, &bytes), "{at:#x} is not RAM");
    }

    /// The doubleword at a physical address.
    pub fn word(&self, at: u64) -> u64 {
        self.ram.load(at - BASE).expect("RAM")
    }

    /// Sets the doubleword at a physical address.
    pub fn set_word(&self, at: u64, value: u64) {
        assert!(self.ram.store(at - BASE, value), "{at:#x} is not RAM");
    }

    /// Runs exactly so many instructions, by blocks as far as that goes.
    pub fn run(&mut self, instructions: u64) {
        assert_eq!(self.hart.run(Some(instructions)), Exit::Limit);
    }

    /// Runs the program until it spins: long enough for every program here.
    pub fn finish(&mut self) {
        self.run(1000);
    }

    /// mcause, mepc and mtval.
    pub fn trap(&mut self) -> (u64, u64, u64) {
        let mut csr = |number| self.hart.csr(number).expect("a CSR");
        (csr(0x342), csr(0x341), csr(0x343))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.executive.stop();
        self.executive.shutdown();
    }
}

/// Another hart of a machine.
pub fn hart(
    executive: &Executive,
    space: AddressSpaceId,
    id: u32,
    attention: &Arc<Attention>,
    clock: &Clock,
) -> Box<Hart> {
    let reader = executive.reader(format!("hart {id}"), Some(Arc::clone(attention)));
    let config =
        HartConfig { id, space, isa: Isa::default(), reset_pc: BASE, reset_args: [0; 3], interrupt_files: None };
    Hart::new(config, reader, Arc::clone(attention), clock.clone())
}
