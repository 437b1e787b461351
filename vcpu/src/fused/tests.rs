//! Every pair of the table, run fused, op by op and instruction by instruction: the same comes of it.

use std::collections::HashMap;
use std::sync::Arc;

use manyhart_runtime::{Attention, Executive, Gpa, RamBlock};

use super::*;
use crate::block::CodeCache;
use crate::board::Board;
use crate::config::HartConfig;
use crate::decode::{Format, Opcode};
use crate::translate::translate_block;
use crate::{Exit, Hart};

const BASE: u64 = 0x8000_0000;
const SIZE: u64 = 1 << 16;
/// Two pages that addresses point into.
const DATA: u64 = BASE + 0x4000;
const DATA_SIZE: u64 = 0x2000;
/// Where traps go, where indirect jumps go, and the page that far jumps go to: the hart spins in all of them.
const VECTOR: u64 = BASE + 0x800;
const LANDING: u64 = BASE + 0x900;
const FAR: u64 = BASE + 0x1000;
const SPIN: u32 = 0x6f;
const COUNT_T6: u32 = 0x001f_8f93;
/// Of every class one, and a second one that has no class of its own.
const REGISTERS: [u32; 10] = [10, 15, 14, 13, 9, 5, 2, 8, 11, 12];
/// More than the last of them, which a limit makes single steps.
const INSTRUCTIONS: u64 = 72;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        self.0 >> 16
    }
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.next() as usize % from.len()]
    }
    /// A number, or an address: of data, aligned or not or at the end of a page, of code, of nothing.
    fn value(&mut self) -> u64 {
        match self.next() % 8 {
            0 => self.next() % 3,
            1 => self.next() << 40 | self.next(),
            2 => LANDING,
            3 => 0x1000,
            4 => DATA + self.next() % DATA_SIZE,
            5 => DATA + 0xffe,
            _ => DATA + 0x40 + ((self.next() % (DATA_SIZE - 0x80)) & !7),
        }
    }
}

fn encode(op: Opcode, rd: u32, rs1: u32, rs2: u32, imm: u32) -> Option<u32> {
    let (d, a, b) = (rd << 7, rs1 << 15, rs2 << 20);
    let operands = match op.format() {
        Format::R => d | a | b,
        Format::Unary => d | a,
        Format::I | Format::Load => d | a | imm << 20,
        Format::Shift6 => d | a | (imm & 63) << 20,
        Format::Shift5 => d | a | (imm & 31) << 20,
        Format::Store => a | b | (imm >> 5 & 0x7f) << 25 | (imm & 31) << 7,
        // Over the next instruction.
        Format::Branch => a | b | 8 << 7,
        Format::U => d | 3 << 12,
        // To the next page, and no link: that would be a step of its own.
        Format::Jal => 1 << 12,
        // Lowest bits of the target do not count.
        Format::Jalr => (if rs2 == REGISTERS[0] { 0 } else { d }) | a | (imm & 1) << 20,
        _ => return None,
    };
    Some(op.encoding() | operands)
}

/// Instructions of one step each, by their steps.
fn instructions() -> HashMap<Key, Vec<u32>> {
    let mut found = HashMap::<Key, Vec<u32>>::new();
    let triples = REGISTERS.iter().flat_map(|&rd| {
        REGISTERS.iter().flat_map(move |&rs1| [0].iter().chain(&REGISTERS).map(move |&rs2| (rd, rs1, rs2)))
    });
    for (rd, rs1, rs2) in triples {
        for &op in Opcode::ALL {
            for (rs1, imm) in [(rs1, 0), (rs1, 8), (rs1, 0xff8), (0, 5)] {
                let Some(encoding) = encode(op, rd, rs1, rs2, imm) else { continue };
                let mut keys = Vec::new();
                steps_of(Isa::default(), BASE, &encoding.to_le_bytes(), |_, key| keys.extend(key));
                if let [key] = keys[..] {
                    let known = found.entry(key).or_default();
                    if known.last() != Some(&encoding) && known.len() < 64 {
                        known.push(encoding);
                    }
                }
            }
        }
    }
    found
}

/// A machine of one hart.
struct Machine {
    executive: Executive,
    ram: Arc<RamBlock>,
    hart: Box<Hart>,
    /// Instruction by instruction.
    steps: bool,
}

impl Machine {
    fn new(fuse: bool, steps: bool) -> Machine {
        let Board { executive, clock, ram, space, .. } = Board::new(BASE, SIZE);
        let attention = Arc::new(Attention::new());
        let reader = executive.reader("hart 0", Some(Arc::clone(&attention)));
        let config =
            HartConfig { id: 0, space, isa: Isa::default(), reset_pc: BASE, reset_args: [0; 3], interrupt_files: None };
        let mut hart = Hart::new(config, reader, attention, clock);
        hart.set_fusion(fuse);
        assert!(hart.set_csr(0x305, VECTOR));
        for at in [VECTOR, LANDING] {
            assert!(ram.store(at - BASE, COUNT_T6) && ram.store(at + 4 - BASE, SPIN));
        }
        for at in (FAR..FAR + 16).step_by(4) {
            assert!(ram.store(at - BASE, SPIN));
        }
        Machine { executive, ram, hart, steps }
    }

    /// Runs a program with these registers; all that can be seen afterwards.
    fn run(&mut self, program: &[u32], registers: &[u64; 32]) -> (Vec<u64>, Vec<u8>) {
        for (at, &word) in (0..).step_by(4).zip(program) {
            assert!(self.ram.store(at, word));
        }
        self.hart.synchronize_code();
        (1..32).for_each(|index| self.hart.set_x(index, registers[index]));
        self.hart.set_pc(BASE);
        let before = self.hart.instret();
        let (times, each) = if self.steps { (INSTRUCTIONS, 1) } else { (1, INSTRUCTIONS) };
        (0..times).for_each(|_| assert_eq!(self.hart.run(Some(each)), Exit::Limit));
        let retired = self.hart.instret() - before;
        let csrs = [0x341, 0x342, 0x343].map(|number| self.hart.csr(number).expect("a CSR"));
        let mut data = vec![0; DATA_SIZE as usize];
        assert!(self.ram.read(DATA - BASE, &mut data));
        let seen = (0..32).map(|index| self.hart.x(index)).chain(csrs).chain([self.hart.pc(), retired]);
        (seen.collect(), data)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.executive.stop();
        self.executive.shutdown();
    }
}

#[test]
fn every_pair_does_what_its_halves_do() {
    let instructions = instructions();
    let mut random = Random(1);
    let mut machines = [Machine::new(true, false), Machine::new(false, false), Machine::new(true, true)];
    for &(first, second, _) in table::PARTS.iter().copied().flatten() {
        let name = format!("{}, {}", StepName(first), StepName(second));
        let of = |key| instructions.get(&key).unwrap_or_else(|| panic!("no instruction for {name}"));
        for _ in 0..4 {
            let program = [random.pick(of(first)), random.pick(of(second)), COUNT_T6, COUNT_T6, SPIN];
            // Cold, and again with all pages in the TLB.
            let registers = std::array::from_fn(|_| random.value());
            for machine in &mut machines {
                machine.hart.caches.forget_translations();
            }
            for warm in [false, true] {
                let [fused, unfused, steps] = machines.each_mut().map(|machine| machine.run(&program, &registers));
                assert!(fused == unfused, "{name}: {program:08x?} with {registers:x?}, warm: {warm}");
                assert!(fused == steps, "{name}: {program:08x?} with {registers:x?}, warm: {warm}; steps");
            }
        }
    }
}

#[test]
fn pairs_are_fused_unless_that_is_off() {
    let instructions = instructions();
    let (first, second, handler) = table::PARTS[0][0];
    let program = [instructions[&first][0], instructions[&second][0], SPIN].map(u32::to_le_bytes).concat();
    for fuse in [true, false] {
        let mut code = Box::new(CodeCache::new());
        let page = code.open(BASE, Gpa(BASE), 12, |bytes| bytes[..program.len()].copy_from_slice(&program));
        let op = translate_block(&mut code, Isa::default(), fuse, page, 0).expect("instructions");
        // SAFETY: an op of a live block.
        let now = unsafe { (*op).handler };
        assert_eq!(std::ptr::fn_addr_eq(now, handler), fuse);
    }
}
