//! Integer instructions, with operands in every class of register.

use crate::asm::*;
use crate::machine::{BASE, Machine};

/// Registers of every class that the engine distinguishes, and x0.
const REGISTERS: [u32; 10] = [T0, A0, A5, A4, A3, ZERO, SP, S0, A1, A2];

const MIN: u64 = i64::MIN as u64;
const ONES: u64 = u64::MAX;

/// opcode, funct3, funct7, operands, result.
#[rustfmt::skip]
const REGISTER_CASES: &[(&str, u32, u32, u32, u64, u64, u64)] = &[
    ("add", 0x33, 0, 0, 5, ONES, 4),
    ("sub", 0x33, 0, 0x20, 5, 7, ONES - 1),
    ("sll", 0x33, 1, 0, 3, 65, 6),
    ("slt", 0x33, 2, 0, ONES, 0, 1),
    ("sltu", 0x33, 3, 0, ONES, 0, 0),
    ("sltu", 0x33, 3, 0, 0, ONES, 1),
    ("xor", 0x33, 4, 0, 0xff00, 0x0ff0, 0xf0f0),
    ("srl", 0x33, 5, 0, MIN, 63, 1),
    ("sra", 0x33, 5, 0x20, MIN, 63, ONES),
    ("or", 0x33, 6, 0, 0xf0, 0x0f, 0xff),
    ("and", 0x33, 7, 0, 0xff, 0x0f, 0x0f),
    ("addw", 0x3b, 0, 0, 0x7fff_ffff, 1, 0xffff_ffff_8000_0000),
    ("subw", 0x3b, 0, 0x20, 0, 1, ONES),
    ("sllw", 0x3b, 1, 0, 1, 31, 0xffff_ffff_8000_0000),
    ("srlw", 0x3b, 5, 0, 0xffff_ffff_8000_0000, 31, 1),
    ("sraw", 0x3b, 5, 0x20, 0x8000_0000, 31, ONES),
    ("mul", 0x33, 0, 1, 3, ONES, ONES - 2),
    ("mulh", 0x33, 1, 1, MIN, MIN, 1 << 62),
    ("mulhsu", 0x33, 2, 1, ONES, ONES, ONES),
    ("mulhu", 0x33, 3, 1, ONES, ONES, ONES - 1),
    ("div", 0x33, 4, 1, MIN, ONES, MIN),
    ("div", 0x33, 4, 1, 7, 0, ONES),
    ("div", 0x33, 4, 1, ONES - 6, 2, ONES - 2),
    ("divu", 0x33, 5, 1, 7, 0, ONES),
    ("divu", 0x33, 5, 1, ONES, 2, ONES / 2),
    ("rem", 0x33, 6, 1, MIN, ONES, 0),
    ("rem", 0x33, 6, 1, 7, 0, 7),
    ("remu", 0x33, 7, 1, 7, 0, 7),
    ("mulw", 0x3b, 0, 1, 0x1_0000, 0x8000, 0xffff_ffff_8000_0000),
    ("divw", 0x3b, 4, 1, 0x8000_0000, 0xffff_ffff, 0xffff_ffff_8000_0000),
    ("divw", 0x3b, 4, 1, 1, 1 << 32, ONES),
    ("divuw", 0x3b, 5, 1, 0xffff_ffff, 0, ONES),
    ("divuw", 0x3b, 5, 1, 0xffff_ffff, 1, ONES),
    ("remw", 0x3b, 6, 1, 0x8000_0001, 0, 0xffff_ffff_8000_0001),
    ("remuw", 0x3b, 7, 1, 0x8000_0001, 1 << 32, 0xffff_ffff_8000_0001),
    ("add.uw", 0x3b, 0, 4, ONES, 1, 1 << 32),
    ("sh1add", 0x33, 2, 0x10, 5, 100, 110),
    ("sh2add", 0x33, 4, 0x10, 5, 100, 120),
    ("sh3add", 0x33, 6, 0x10, 5, 100, 140),
    ("sh3add.uw", 0x3b, 6, 0x10, ONES, 0, 0x7_ffff_fff8),
    ("andn", 0x33, 7, 0x20, 0xff, 0x0f, 0xf0),
    ("orn", 0x33, 6, 0x20, 0, 1, ONES - 1),
    ("xnor", 0x33, 4, 0x20, 0, 1, ONES - 1),
    ("max", 0x33, 6, 5, ONES, 1, 1),
    ("maxu", 0x33, 7, 5, ONES, 1, ONES),
    ("min", 0x33, 4, 5, ONES, 1, ONES),
    ("minu", 0x33, 5, 5, ONES, 1, 1),
    ("rol", 0x33, 1, 0x30, MIN, 1, 1),
    ("ror", 0x33, 5, 0x30, 1, 1, MIN),
    ("rolw", 0x3b, 1, 0x30, 0x8000_0000, 1, 1),
    ("rorw", 0x3b, 5, 0x30, 1, 1, 0xffff_ffff_8000_0000),
    ("clmul", 0x33, 1, 5, 0b111, 0b101, 0b11011),
    ("clmulh", 0x33, 3, 5, MIN, 0b110, 0b11),
    ("clmulr", 0x33, 2, 5, MIN, 0b110, 0b110),
    ("bclr", 0x33, 1, 0x24, 0xff, 64, 0xfe),
    ("bext", 0x33, 5, 0x24, 0b100, 2, 1),
    ("binv", 0x33, 1, 0x34, 0b100, 2, 0),
    ("bset", 0x33, 1, 0x14, 0, 63, MIN),
];

/// opcode, funct3, immediate, operand, result.
#[rustfmt::skip]
const IMMEDIATE_CASES: &[(&str, u32, u32, i32, u64, u64)] = &[
    ("addi", 0x13, 0, -1, 0, ONES),
    ("addi (mv)", 0x13, 0, 0, 77, 77),
    ("slti", 0x13, 2, -1, MIN, 1),
    ("sltiu", 0x13, 3, -1, 5, 1),
    ("xori", 0x13, 4, -1, 0, ONES),
    ("ori", 0x13, 6, 0x0f, 0xf0, 0xff),
    ("andi", 0x13, 7, 0x0f, 0xff, 0x0f),
    ("slli", 0x13, 1, 63, 1, MIN),
    ("srli", 0x13, 5, 63, MIN, 1),
    ("srai", 0x13, 5, 0x400 | 63, MIN, ONES),
    ("addiw", 0x1b, 0, 1, 0x7fff_ffff, 0xffff_ffff_8000_0000),
    ("slliw", 0x1b, 1, 31, 1, 0xffff_ffff_8000_0000),
    ("srliw", 0x1b, 5, 31, 0x8000_0000, 1),
    ("sraiw", 0x1b, 5, 0x400 | 31, 0x8000_0000, ONES),
    ("slli.uw", 0x1b, 1, 0x080 | 4, ONES, 0xf_ffff_fff0),
    ("rori", 0x13, 5, 0x600 | 4, 0xf, 0xf << 60),
    ("roriw", 0x1b, 5, 0x600 | 4, 0xf, 0xffff_ffff_f000_0000),
    ("clz", 0x13, 1, 0x600, 1, 63),
    ("ctz", 0x13, 1, 0x601, 0, 64),
    ("cpop", 0x13, 1, 0x602, ONES, 64),
    ("clzw", 0x1b, 1, 0x600, 1, 31),
    ("ctzw", 0x1b, 1, 0x601, 0, 32),
    ("cpopw", 0x1b, 1, 0x602, ONES, 32),
    ("sext.b", 0x13, 1, 0x604, 0x80, ONES - 0x7f),
    ("sext.h", 0x13, 1, 0x605, 0x8000, ONES - 0x7fff),
    ("zext.h", 0x3b, 4, 0x080, ONES, 0xffff),
    ("rev8", 0x13, 5, 0x6b8, 0x0102_0304_0506_0708, 0x0807_0605_0403_0201),
    ("orc.b", 0x13, 5, 0x287, 0x0100_0080_0000_1000, 0xff00_00ff_0000_ff00),
    ("bclri", 0x13, 1, 0x480 | 1, 3, 1),
    ("bexti", 0x13, 5, 0x480 | 63, MIN, 1),
    ("binvi", 0x13, 1, 0x680 | 63, 0, MIN),
    ("bseti", 0x13, 1, 0x280 | 63, 0, MIN),
];

/// Runs one instruction, in a block of its own, after setting registers.
struct Bench {
    machine: Machine,
    at: u64,
}

impl Bench {
    fn new() -> Bench {
        Bench { machine: Machine::new(), at: BASE }
    }

    fn run(&mut self, instruction: u32, values: &[(u32, u64)]) -> &mut Machine {
        self.machine.put(self.at, &[instruction, SPIN]);
        for register in 1..32 {
            self.machine.hart.set_x(register, 0xdead_0000 + register as u64);
        }
        for &(register, value) in values {
            self.machine.hart.set_x(register as usize, value);
        }
        self.machine.hart.set_pc(self.at);
        self.machine.hart.synchronize_code();
        self.machine.run(70);
        self.at += 8;
        if self.at == BASE + crate::machine::SIZE {
            *self = Bench::new();
        }
        &mut self.machine
    }

    fn check(&mut self, name: &str, instruction: u32, values: &[(u32, u64)], rd: u32, want: u64) {
        let machine = self.run(instruction, values);
        let want_rd = if rd == ZERO { 0 } else { want };
        assert_eq!(machine.hart.x(rd as usize), want_rd, "{name}: {instruction:08x} {values:x?}");
        for register in (1..32).filter(|&register| register != rd) {
            let set = values.iter().rev().find(|value| value.0 == register).map(|value| value.1);
            let want = set.unwrap_or(0xdead_0000 + u64::from(register));
            assert_eq!(machine.hart.x(register as usize), want, "{name}: {instruction:08x} changed x{register}");
        }
    }
}

#[test]
fn register_instructions_in_every_class_of_operand() {
    let mut bench = Bench::new();
    for &(name, op, f3, f7, a, b, want) in REGISTER_CASES {
        for rd in REGISTERS {
            for rs1 in REGISTERS {
                for rs2 in REGISTERS {
                    // An operand in x0 reads 0, and one register has one value.
                    let fits = |register, value| register != ZERO || value == 0;
                    if fits(rs1, a) && fits(rs2, b) && (rs1 != rs2 || a == b) {
                        bench.check(name, r(op, f3, f7, rd, rs1, rs2), &[(rs1, a), (rs2, b)], rd, want);
                    }
                }
            }
        }
    }
}

#[test]
fn immediate_instructions_in_every_class_of_operand() {
    let mut bench = Bench::new();
    for &(name, op, f3, imm, a, want) in IMMEDIATE_CASES {
        for rd in REGISTERS {
            for rs1 in REGISTERS {
                if rs1 != ZERO || a == 0 {
                    bench.check(name, i(op, f3, rd, rs1, imm), &[(rs1, a)], rd, want);
                }
            }
        }
    }
}

#[test]
fn upper_immediates_and_constants() {
    let mut bench = Bench::new();
    for rd in REGISTERS {
        bench.check("lui", lui(rd, 0x80000), &[], rd, 0xffff_ffff_8000_0000);
        bench.check("li", addi(rd, ZERO, -5), &[], rd, ONES - 4);
        let at = bench.at;
        bench.check("auipc", auipc(rd, 1), &[], rd, at + 0x1000);
        let at = bench.at;
        bench.check("jal", jal(rd, 4), &[], rd, at + 4);
        let at = bench.at;
        bench.check("jalr", jalr(rd, S1, 1), &[(S1, at + 4)], rd, at + 4);
    }
}

#[test]
fn branches_both_ways_in_every_class_of_operand() {
    type Condition = fn(u64, u64) -> bool;
    let cases: [(&str, u32, Condition); 6] = [
        ("beq", 0, |a, b| a == b),
        ("bne", 1, |a, b| a != b),
        ("blt", 4, |a, b| (a as i64) < b as i64),
        ("bge", 5, |a, b| a as i64 >= b as i64),
        ("bltu", 6, |a, b| a < b),
        ("bgeu", 7, |a, b| a >= b),
    ];
    let mut machine = Machine::new();
    let mut at = BASE;
    for (name, f3, taken) in cases {
        for rs1 in REGISTERS {
            for rs2 in REGISTERS {
                for (a, b) in [(0, 0), (0, 1), (1, 0), (ONES, 0), (0, ONES), (MIN, 1)] {
                    if (rs1 == ZERO && a != 0) || (rs2 == ZERO && b != 0) || (rs1 == rs2 && a != b) {
                        continue;
                    }
                    machine.put(at, &[branch(f3, rs1, rs2, 8), SPIN, SPIN]);
                    machine.hart.set_x(rs1 as usize, a);
                    machine.hart.set_x(rs2 as usize, b);
                    machine.hart.set_pc(at);
                    machine.hart.synchronize_code();
                    machine.run(70);
                    let want = at + if taken(a, b) { 8 } else { 4 };
                    assert_eq!(machine.hart.pc(), want, "{name} x{rs1} x{rs2}: {a:x} {b:x}");
                    at += 12;
                }
            }
        }
    }
}

#[test]
fn loads_and_stores_in_every_class_of_operand() {
    let data = BASE + 0x9_0000;
    let value = 0x8182_8384_8586_8788_u64;
    let loads = [
        ("lb", 0, 0xffff_ffff_ffff_ff88),
        ("lh", 1, 0xffff_ffff_ffff_8788),
        ("lw", 2, 0xffff_ffff_8586_8788),
        ("ld", 3, value),
        ("lbu", 4, 0x88),
        ("lhu", 5, 0x8788),
        ("lwu", 6, 0x8586_8788),
    ];
    let mut bench = Bench::new();
    for rd in REGISTERS {
        for rs1 in REGISTERS.into_iter().filter(|&register| register != ZERO) {
            for (name, f3, want) in loads {
                bench.machine.set_word(data, value);
                bench.check(name, load(f3, rd, rs1, -16), &[(rs1, data + 16)], rd, want);
            }
        }
    }
    for rs2 in REGISTERS {
        for rs1 in REGISTERS.into_iter().filter(|&register| register != ZERO && register != rs2) {
            for (f3, size) in [(0, 8), (1, 16), (2, 32), (3, 64)] {
                bench.machine.set_word(data, ONES);
                let stored = if rs2 == ZERO { 0 } else { value };
                let machine = bench.run(store(f3, rs2, rs1, 24), &[(rs2, stored), (rs1, data - 24)]);
                let mask = ONES >> (64 - size);
                assert_eq!(machine.word(data), ONES & !mask | stored & mask, "store of {size} bits from x{rs2}");
            }
        }
    }
}
