//! Encodings from operands, by the formats' layout (RISC-V Unprivileged 20240411, chapter 34). Written apart from the
//! decoder, whose mistakes it must not share; the fixed bits are its table's, which the reference checks.

use manyhart_vcpu::decode::{Format, Opcode};

/// Operands; what a format does not have is ignored.
#[derive(Clone, Copy, Default)]
pub struct Operands {
    pub rd: u8,
    pub rs1: u8,
    pub rs2: u8,
    pub rs3: u8,
    pub imm: i32,
    pub rm: u8,
    /// `aq << 1 | rl`.
    pub order: u8,
}

/// The 32-bit encoding.
pub fn word(op: Opcode, o: Operands) -> u32 {
    use Format::*;
    let (rd, rs1, rs2, rs3) =
        (u32::from(o.rd) << 7, u32::from(o.rs1) << 15, u32::from(o.rs2) << 20, u32::from(o.rs3) << 27);
    let (rm, order, imm) = (u32::from(o.rm) << 12, u32::from(o.order) << 25, o.imm as u32);
    op.encoding()
        | match op.format() {
            Bare => 0,
            FenceI => 0,
            R | Fff | Xff => rd | rs1 | rs2,
            Unary | Xf | Fx => rd | rs1,
            I | Load | LoadF | Jalr => rd | rs1 | imm << 20,
            Shift6 => rd | rs1 | (imm & 63) << 20,
            Shift5 => rd | rs1 | (imm & 31) << 20,
            Store | StoreF => rs1 | rs2 | (imm >> 5 & 0x7f) << 25 | (imm & 31) << 7,
            Branch => rs1 | rs2 | branch(imm),
            U => rd | imm & 0xffff_f000,
            Jal => rd | jal(imm),
            Fence => (imm & 0xfff) << 20,
            Csr | CsrI => rd | rs1 | (imm & 0xfff) << 20,
            Lr => rd | rs1 | order,
            Amo => rd | rs1 | rs2 | order,
            SfenceVma => rs1 | rs2,
            Fma => rd | rs1 | rs2 | rs3 | rm,
            FffRm => rd | rs1 | rs2 | rm,
            FfRm | XfRm | FxRm => rd | rs1 | rm,
        }
}

fn branch(imm: u32) -> u32 {
    (imm >> 12 & 1) << 31 | (imm >> 5 & 63) << 25 | (imm >> 1 & 15) << 8 | (imm >> 11 & 1) << 7
}

fn jal(imm: u32) -> u32 {
    (imm >> 20 & 1) << 31 | (imm >> 1 & 0x3ff) << 21 | (imm >> 11 & 1) << 20 | (imm >> 12 & 0xff) << 12
}

/// `c.beqz` or `c.bnez` of x8 + `low`.
pub fn c_branch(not_zero: bool, low: u8, imm: i32) -> u16 {
    let (imm, low) = (imm as u16, u16::from(low));
    0xc001
        | u16::from(not_zero) << 13
        | (imm >> 8 & 1) << 12
        | (imm >> 3 & 3) << 10
        | low << 7
        | (imm >> 6 & 3) << 5
        | (imm >> 1 & 3) << 3
        | (imm >> 5 & 1) << 2
}

/// `c.j`.
pub fn c_j(imm: i32) -> u16 {
    let imm = imm as u16;
    0xa001
        | (imm >> 11 & 1) << 12
        | (imm >> 4 & 1) << 11
        | (imm >> 8 & 3) << 9
        | (imm >> 10 & 1) << 8
        | (imm >> 6 & 1) << 7
        | (imm >> 7 & 1) << 6
        | (imm >> 1 & 7) << 3
        | (imm >> 5 & 1) << 2
}
