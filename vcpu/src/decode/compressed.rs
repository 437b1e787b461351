//! The C extension: every 16-bit encoding as the 32-bit instruction that it abbreviates (Unprivileged ISA, chapter 28).
//!
//! HINTs (a zero shift, a write to x0) expand like the instruction they are encoded in, and change nothing.

use super::{Inst, Opcode};

use Opcode::*;

const ZERO: u8 = 0;
const RA: u8 = 1;
const SP: u8 = 2;

/// Decodes a 16-bit encoding; `None` when it is reserved, or the first half of a longer instruction.
pub fn decode16(raw: u16) -> Option<Inst> {
    let c = C(raw);
    let inst = match raw & 3 {
        0 => c.quadrant0(),
        1 => c.quadrant1(),
        2 => c.quadrant2(),
        _ => None,
    };
    #[cfg(feature = "planted-bugs")]
    let inst = inst.map(crate::planted::misdecode);
    inst
}

/// A halfword and its fields.
#[derive(Clone, Copy)]
struct C(u16);

impl C {
    /// `width` bits from `lo`, moved to bit `to` of an immediate.
    const fn field(self, lo: u32, width: u32, to: u32) -> i32 {
        ((self.0 as i32 >> lo) & ((1 << width) - 1)) << to
    }

    const fn funct3(self) -> u16 {
        self.0 >> 13
    }

    /// rd or rs1, full.
    const fn rd(self) -> u8 {
        (self.0 >> 7 & 31) as u8
    }

    /// rs2, full.
    const fn rs2(self) -> u8 {
        (self.0 >> 2 & 31) as u8
    }

    /// rd' or rs2' in bits 4:2, one of x8..x15.
    const fn low(self) -> u8 {
        8 + (self.0 >> 2 & 7) as u8
    }

    /// rs1' or rd' in bits 9:7, one of x8..x15.
    const fn high(self) -> u8 {
        8 + (self.0 >> 7 & 7) as u8
    }

    /// The 6-bit immediate of CI, zero-extended: a shift amount.
    const fn imm6(self) -> i32 {
        self.field(12, 1, 5) | self.field(2, 5, 0)
    }

    /// The same, sign-extended.
    const fn simm6(self) -> i32 {
        self.imm6() << 26 >> 26
    }

    /// Offset of a word access at rs1'.
    const fn word(self) -> i32 {
        self.field(5, 1, 6) | self.field(10, 3, 3) | self.field(6, 1, 2)
    }

    /// Offset of a doubleword access at rs1'.
    const fn double(self) -> i32 {
        self.field(5, 2, 6) | self.field(10, 3, 3)
    }

    const fn addi4spn(self) -> i32 {
        self.field(7, 4, 6) | self.field(11, 2, 4) | self.field(5, 1, 3) | self.field(6, 1, 2)
    }

    const fn addi16sp(self) -> i32 {
        let imm = self.field(12, 1, 9)
            | self.field(3, 2, 7)
            | self.field(5, 1, 6)
            | self.field(2, 1, 5)
            | self.field(6, 1, 4);
        imm << 22 >> 22
    }

    const fn jump(self) -> i32 {
        let imm = self.field(12, 1, 11)
            | self.field(8, 1, 10)
            | self.field(9, 2, 8)
            | self.field(6, 1, 7)
            | self.field(7, 1, 6)
            | self.field(2, 1, 5)
            | self.field(11, 1, 4)
            | self.field(3, 3, 1);
        imm << 20 >> 20
    }

    const fn branch(self) -> i32 {
        let imm = self.field(12, 1, 8)
            | self.field(5, 2, 6)
            | self.field(2, 1, 5)
            | self.field(10, 2, 3)
            | self.field(3, 2, 1);
        imm << 23 >> 23
    }

    const fn load_word_sp(self) -> i32 {
        self.field(2, 2, 6) | self.field(12, 1, 5) | self.field(4, 3, 2)
    }

    const fn load_double_sp(self) -> i32 {
        self.field(2, 3, 6) | self.field(12, 1, 5) | self.field(5, 2, 3)
    }

    const fn store_word_sp(self) -> i32 {
        self.field(7, 2, 6) | self.field(9, 4, 2)
    }

    const fn store_double_sp(self) -> i32 {
        self.field(7, 3, 6) | self.field(10, 3, 3)
    }

    /// `rd, rs1, imm`.
    fn i(self, op: Opcode, rd: u8, rs1: u8, imm: i32) -> Option<Inst> {
        Some(Inst { rd, rs1, imm, ..Inst::bare(op, 2, self.0.into()) })
    }

    /// `rs2, imm(rs1)`, also a branch.
    fn s(self, op: Opcode, rs2: u8, rs1: u8, imm: i32) -> Option<Inst> {
        Some(Inst { rs1, rs2, imm, ..Inst::bare(op, 2, self.0.into()) })
    }

    /// `rd, rs1, rs2`.
    fn r(self, op: Opcode, rd: u8, rs1: u8, rs2: u8) -> Option<Inst> {
        Some(Inst { rd, rs1, rs2, ..Inst::bare(op, 2, self.0.into()) })
    }

    fn quadrant0(self) -> Option<Inst> {
        let (low, high) = (self.low(), self.high());
        match self.funct3() {
            // A zero immediate is reserved; so the all-zero halfword is illegal.
            0 if self.addi4spn() != 0 => self.i(Addi, low, SP, self.addi4spn()),
            1 => self.i(Fld, low, high, self.double()),
            2 => self.i(Lw, low, high, self.word()),
            3 => self.i(Ld, low, high, self.double()),
            5 => self.s(Fsd, low, high, self.double()),
            6 => self.s(Sw, low, high, self.word()),
            7 => self.s(Sd, low, high, self.double()),
            _ => None,
        }
    }

    fn quadrant1(self) -> Option<Inst> {
        let rd = self.rd();
        match self.funct3() {
            0 => self.i(Addi, rd, rd, self.simm6()),
            1 if rd != ZERO => self.i(Addiw, rd, rd, self.simm6()),
            2 => self.i(Addi, rd, ZERO, self.simm6()),
            3 if self.imm6() == 0 => None,
            3 if rd == SP => self.i(Addi, SP, SP, self.addi16sp()),
            3 => self.i(Lui, rd, 0, self.simm6() << 12),
            4 => self.arithmetic(),
            5 => self.i(Jal, ZERO, 0, self.jump()),
            6 => self.s(Beq, ZERO, self.high(), self.branch()),
            7 => self.s(Bne, ZERO, self.high(), self.branch()),
            _ => None,
        }
    }

    /// Quadrant 1, funct3 100: all on rd' in bits 9:7.
    fn arithmetic(self) -> Option<Inst> {
        let rd = self.high();
        let op = match (self.field(10, 2, 0), self.field(12, 1, 0), self.field(5, 2, 0)) {
            (0, ..) => return self.i(Srli, rd, rd, self.imm6()),
            (1, ..) => return self.i(Srai, rd, rd, self.imm6()),
            (2, ..) => return self.i(Andi, rd, rd, self.simm6()),
            (_, 0, 0) => Sub,
            (_, 0, 1) => Xor,
            (_, 0, 2) => Or,
            (_, 0, _) => And,
            (_, _, 0) => Subw,
            (_, _, 1) => Addw,
            _ => return None,
        };
        self.r(op, rd, rd, self.low())
    }

    fn quadrant2(self) -> Option<Inst> {
        let (rd, rs2) = (self.rd(), self.rs2());
        match self.funct3() {
            0 => self.i(Slli, rd, rd, self.imm6()),
            1 => self.i(Fld, rd, SP, self.load_double_sp()),
            2 if rd != ZERO => self.i(Lw, rd, SP, self.load_word_sp()),
            3 if rd != ZERO => self.i(Ld, rd, SP, self.load_double_sp()),
            4 => self.jump_or_move(),
            5 => self.s(Fsd, rs2, SP, self.store_double_sp()),
            6 => self.s(Sw, rs2, SP, self.store_word_sp()),
            7 => self.s(Sd, rs2, SP, self.store_double_sp()),
            _ => None,
        }
    }

    /// Quadrant 2, funct3 100.
    fn jump_or_move(self) -> Option<Inst> {
        let (rd, rs2) = (self.rd(), self.rs2());
        match (self.field(12, 1, 0), rd, rs2) {
            (0, ZERO, ZERO) => None,
            (0, rs1, ZERO) => self.i(Jalr, ZERO, rs1, 0),
            (0, ..) => self.r(Add, rd, ZERO, rs2),
            (_, ZERO, ZERO) => Some(Inst::bare(Ebreak, 2, self.0.into())),
            (_, rs1, ZERO) => self.i(Jalr, RA, rs1, 0),
            _ => self.r(Add, rd, rd, rs2),
        }
    }
}
