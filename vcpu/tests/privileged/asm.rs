//! As much of an assembler as the cases need: one function for each instruction, registers by number.
#![allow(clippy::unusual_byte_groupings, reason = "the groups are the fields of the encoding")]

pub const ZERO: u32 = 0;
pub const T0: u32 = 5;
pub const T1: u32 = 6;
pub const A0: u32 = 10;
pub const A1: u32 = 11;
pub const A2: u32 = 12;

pub const ECALL: u32 = 0x0000_0073;
pub const EBREAK: u32 = 0x0010_0073;
pub const SRET: u32 = 0x1020_0073;
pub const MRET: u32 = 0x3020_0073;
pub const WFI: u32 = 0x1050_0073;
pub const SFENCE_VMA: u32 = 0x1200_0073;
pub const NOP: u32 = 0x0000_0013;
/// `j .-4`
pub const BACK: u32 = 0xffdf_f06f;
/// `j .`
pub const SPIN: u32 = 0x0000_006f;

fn i_type(opcode: u32, funct3: u32, rd: u32, rs1: u32, imm: i32) -> u32 {
    (imm as u32) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
}

fn s_type(funct3: u32, rs2: u32, rs1: u32, imm: i32) -> u32 {
    let imm = imm as u32;
    (imm >> 5 & 0x7f) << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | (imm & 0x1f) << 7 | 0b0100011
}

fn amo(funct5: u32, rd: u32, rs2: u32, rs1: u32) -> u32 {
    funct5 << 27 | rs2 << 20 | rs1 << 15 | 0b011 << 12 | rd << 7 | 0b0101111
}

pub fn addi(rd: u32, rs1: u32, imm: i32) -> u32 {
    i_type(0b0010011, 0b000, rd, rs1, imm)
}

pub fn ld(rd: u32, imm: i32, rs1: u32) -> u32 {
    i_type(0b0000011, 0b011, rd, rs1, imm)
}

pub fn sd(rs2: u32, imm: i32, rs1: u32) -> u32 {
    s_type(0b011, rs2, rs1, imm)
}

pub fn jalr(rd: u32, imm: i32, rs1: u32) -> u32 {
    i_type(0b1100111, 0b000, rd, rs1, imm)
}

pub fn csrrw(rd: u32, csr: u16, rs1: u32) -> u32 {
    i_type(0b1110011, 0b001, rd, rs1, i32::from(csr))
}

pub fn csrrs(rd: u32, csr: u16, rs1: u32) -> u32 {
    i_type(0b1110011, 0b010, rd, rs1, i32::from(csr))
}

pub fn csrrc(rd: u32, csr: u16, rs1: u32) -> u32 {
    i_type(0b1110011, 0b011, rd, rs1, i32::from(csr))
}

pub fn csrr(rd: u32, csr: u16) -> u32 {
    csrrs(rd, csr, ZERO)
}

pub fn lr_d(rd: u32, rs1: u32) -> u32 {
    amo(0b00010, rd, 0, rs1)
}

pub fn sc_d(rd: u32, rs2: u32, rs1: u32) -> u32 {
    amo(0b00011, rd, rs2, rs1)
}

pub fn amoadd_d(rd: u32, rs2: u32, rs1: u32) -> u32 {
    amo(0b00000, rd, rs2, rs1)
}

/// Against an assembler's output.
#[test]
fn encodings() {
    for (name, encoded, expected) in [
        ("addi a0, a1, -1", addi(A0, A1, -1), 0xfff5_8513),
        ("ld t0, 16(a0)", ld(T0, 16, A0), 0x0105_3283),
        ("sd t1, -8(a1)", sd(T1, -8, A1), 0xfe65_bc23),
        ("jalr zero, 0(a0)", jalr(ZERO, 0, A0), 0x0005_0067),
        ("csrrw t0, mscratch, a0", csrrw(T0, 0x340, A0), 0x3405_12f3),
        ("csrrs t0, mhartid, zero", csrr(T0, 0xf14), 0xf140_22f3),
        ("csrrc zero, mip, a2", csrrc(ZERO, 0x344, A2), 0x3446_3073),
        ("lr.d t0, (a0)", lr_d(T0, A0), 0x1005_32af),
        ("sc.d t0, t1, (a0)", sc_d(T0, T1, A0), 0x1865_32af),
        ("amoadd.d t0, t1, (a0)", amoadd_d(T0, T1, A0), 0x0065_32af),
    ] {
        assert_eq!(encoded, expected, "{name}");
    }
}
