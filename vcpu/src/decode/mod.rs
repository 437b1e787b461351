//! From instruction bits to [`Inst`]: RV64IMAFDC, Zicsr, Zifencei, Zba, Zbb, Zbc, Zbs and the privileged instructions.
//!
//! Pure functions on bits. Nothing here knows a hart, a privilege mode or whether an extension is switched on
//! (mstatus.FS, a CSR that does not exist, WFI in U-mode): those are the executor's. An encoding that the
//! specification reserves is `None`, which the executor turns into an illegal-instruction exception. HINTs decode as
//! the ordinary instruction whose encoding they are, and so do nothing.
//!
//! Source: RISC-V Unprivileged ISA 20240411, chapter 34 (instruction listings) and the chapters of each extension.

mod compressed;
mod disasm;
mod table;
#[cfg(test)]
mod tests;

pub use compressed::decode16;
pub use table::{Format, Opcode};

use table::{ROWS, Row, bucket};

/// Rounding mode field that means "as `frm` says".
pub const RM_DYN: u8 = 7;

/// One decoded instruction. Fields that its format does not have are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inst {
    /// What it does; a compressed instruction has the opcode of its expansion.
    pub op: Opcode,
    /// Destination register, of the file that the opcode says.
    pub rd: u8,
    /// First source; for `csrr?i` the 5-bit immediate.
    pub rs1: u8,
    /// Second source.
    pub rs2: u8,
    /// Third source (fused multiply-add).
    pub rs3: u8,
    /// Immediate, sign-extended and in place (`lui`: bits 31:12); shift amount; CSR number (0..=4095);
    /// `fence`: fm, predecessor and successor sets as encoded, bits 11:0.
    pub imm: i32,
    /// Rounding mode field: 0..=4 or [`RM_DYN`]; 5 and 6 never leave the decoder.
    pub rm: u8,
    /// Acquire bit of an atomic.
    pub aq: bool,
    /// Release bit of an atomic.
    pub rl: bool,
    /// Length in bytes: 2 or 4.
    pub len: u8,
    /// The encoding itself (a compressed one in the low half), for `mtval` and messages.
    pub raw: u32,
}

impl Inst {
    /// An instruction with every operand 0.
    const fn bare(op: Opcode, len: u8, raw: u32) -> Self {
        Self { op, rd: 0, rs1: 0, rs2: 0, rs3: 0, imm: 0, rm: 0, aq: false, rl: false, len, raw }
    }

    /// The CSR number of a Zicsr instruction.
    pub const fn csr(&self) -> u16 {
        (self.imm & 0xfff) as u16
    }
}

/// True when the halfword starts a 32-bit instruction; otherwise it is a whole compressed one.
pub const fn is_long(half: u16) -> bool {
    half & 3 == 3
}

/// Decodes a 32-bit encoding; `None` when it is reserved or unknown.
pub fn decode32(raw: u32) -> Option<Inst> {
    if raw & 3 != 3 {
        return None;
    }
    let row = ROWS[bucket(raw)].iter().find(|row| raw & row.mask == row.value)?;
    operands(row, raw)
}

/// Bits `lo..lo+5` as a register number.
const fn reg(raw: u32, lo: u32) -> u8 {
    (raw >> lo & 31) as u8
}

/// Moves the operands of `raw` to their fields as `row.format` says.
fn operands(row: &Row, raw: u32) -> Option<Inst> {
    use Format::*;
    let mut i = Inst::bare(row.op, 4, raw);
    let (rd, rs1, rs2) = (reg(raw, 7), reg(raw, 15), reg(raw, 20));
    match row.format {
        Bare | FenceI => {}
        R | Fff | Xff => (i.rd, i.rs1, i.rs2) = (rd, rs1, rs2),
        FffRm => (i.rd, i.rs1, i.rs2, i.rm) = (rd, rs1, rs2, rounding(raw)?),
        Fma => (i.rd, i.rs1, i.rs2, i.rs3, i.rm) = (rd, rs1, rs2, reg(raw, 27), rounding(raw)?),
        Unary | Xf | Fx => (i.rd, i.rs1) = (rd, rs1),
        FfRm | XfRm | FxRm => (i.rd, i.rs1, i.rm) = (rd, rs1, rounding(raw)?),
        I | Load | LoadF | Jalr => (i.rd, i.rs1, i.imm) = (rd, rs1, raw as i32 >> 20),
        Shift6 => (i.rd, i.rs1, i.imm) = (rd, rs1, (raw >> 20 & 63) as i32),
        Shift5 => (i.rd, i.rs1, i.imm) = (rd, rs1, (raw >> 20 & 31) as i32),
        Csr | CsrI => (i.rd, i.rs1, i.imm) = (rd, rs1, (raw >> 20) as i32),
        Fence => i.imm = (raw >> 20) as i32,
        Store | StoreF => (i.rs1, i.rs2, i.imm) = (rs1, rs2, store_offset(raw)),
        Branch => (i.rs1, i.rs2, i.imm) = (rs1, rs2, branch_offset(raw)),
        U => (i.rd, i.imm) = (rd, (raw & 0xffff_f000) as i32),
        Jal => (i.rd, i.imm) = (rd, jal_offset(raw)),
        SfenceVma => (i.rs1, i.rs2) = (rs1, rs2),
        Amo | Lr => (i.rd, i.rs1, i.rs2, i.aq, i.rl) = (rd, rs1, rs2, raw & 1 << 26 != 0, raw & 1 << 25 != 0),
    }
    #[cfg(feature = "planted-bugs")]
    let i = crate::planted::misdecode(i);
    Some(i)
}

/// The rm field; the reserved static modes 5 and 6 make the instruction illegal (20.2).
fn rounding(raw: u32) -> Option<u8> {
    let rm = (raw >> 12 & 7) as u8;
    (rm != 5 && rm != 6).then_some(rm)
}

const fn store_offset(raw: u32) -> i32 {
    (raw as i32 >> 25) << 5 | (raw >> 7 & 31) as i32
}

const fn branch_offset(raw: u32) -> i32 {
    (raw as i32 >> 31) << 12 | ((raw >> 7 & 1) << 11 | (raw >> 25 & 63) << 5 | (raw >> 8 & 15) << 1) as i32
}

const fn jal_offset(raw: u32) -> i32 {
    (raw as i32 >> 31) << 20 | (raw & 0xf_f000 | (raw >> 20 & 1) << 11 | (raw >> 21 & 0x3ff) << 1) as i32
}
