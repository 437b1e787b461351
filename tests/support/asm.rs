//! A few RV64I encodings (RISC-V Unprivileged 20240411, chapter 35), enough for programs of a dozen instructions.

pub const ZERO: u32 = 0;
pub const T0: u32 = 5;
pub const T1: u32 = 6;
pub const T2: u32 = 7;
pub const A0: u32 = 10;
pub const A1: u32 = 11;

/// An endless loop.
pub const SPIN: u32 = 0x0000_006f;
/// Wait for an interrupt.
pub const WFI: u32 = 0x1050_0073;

pub fn addi(rd: u32, rs1: u32, imm: i32) -> u32 {
    i_type(0x13, 0, rd, rs1, imm)
}

pub fn lui(rd: u32, upper: u32) -> u32 {
    upper & 0xffff_f000 | rd << 7 | 0x37
}

pub fn slli(rd: u32, rs1: u32, shift: u32) -> u32 {
    shift << 20 | rs1 << 15 | 1 << 12 | rd << 7 | 0x13
}

pub fn ld(rd: u32, offset: i32, base: u32) -> u32 {
    i_type(0x03, 3, rd, base, offset)
}

pub fn lbu(rd: u32, offset: i32, base: u32) -> u32 {
    i_type(0x03, 4, rd, base, offset)
}

pub fn sb(rs2: u32, offset: i32, base: u32) -> u32 {
    s_type(0, rs2, base, offset)
}

pub fn sw(rs2: u32, offset: i32, base: u32) -> u32 {
    s_type(2, rs2, base, offset)
}

pub fn sd(rs2: u32, offset: i32, base: u32) -> u32 {
    s_type(3, rs2, base, offset)
}

/// `rd` = csr.
pub fn csrr(rd: u32, csr: u32) -> u32 {
    csr << 20 | 2 << 12 | rd << 7 | 0x73
}

/// Branches by `offset` bytes.
pub fn beq(rs1: u32, rs2: u32, offset: i32) -> u32 {
    b_type(0, rs1, rs2, offset)
}

pub fn bne(rs1: u32, rs2: u32, offset: i32) -> u32 {
    b_type(1, rs1, rs2, offset)
}

/// `rd` = 0x8000_0000 + `offset`, an address that lui alone would sign-extend.
pub fn ram_address(rd: u32, offset: i32) -> [u32; 3] {
    [addi(rd, ZERO, 1), slli(rd, rd, 31), addi(rd, rd, offset)]
}

/// Ends the run through the test finisher; takes t0 and t1.
pub fn finish(value: u32) -> [u32; 4] {
    let low = ((value & 0xfff) as i32) << 20 >> 20;
    [lui(T0, 0x10_0000), lui(T1, value.wrapping_add(0x800)), addi(T1, T1, low), sw(T1, 0, T0)]
}

/// Prints through the UART; takes t0 and t1.
pub fn print(text: &str) -> Vec<u32> {
    let mut code = vec![lui(T0, 0x1000_0000)];
    code.extend(text.bytes().flat_map(|byte| [addi(T1, ZERO, byte.into()), sb(T1, 0, T0)]));
    code
}

fn i_type(opcode: u32, funct3: u32, rd: u32, rs1: u32, imm: i32) -> u32 {
    (imm as u32) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
}

fn s_type(funct3: u32, rs2: u32, base: u32, offset: i32) -> u32 {
    let offset = offset as u32;
    (offset >> 5 & 0x7f) << 25 | rs2 << 20 | base << 15 | funct3 << 12 | (offset & 0x1f) << 7 | 0x23
}

fn b_type(funct3: u32, rs1: u32, rs2: u32, offset: i32) -> u32 {
    let bits = offset as u32;
    (bits >> 12 & 1) << 31
        | (bits >> 5 & 0x3f) << 25
        | rs2 << 20
        | rs1 << 15
        | funct3 << 12
        | (bits >> 1 & 0xf) << 8
        | (bits >> 11 & 1) << 7
        | 0x63
}
