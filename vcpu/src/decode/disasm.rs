//! Text of an instruction for messages and tests, as binutils writes it without aliases.
//!
//! Jump and branch targets are relative (`.+8`), CSRs are numbers, and a compressed instruction reads as its expansion.

use std::fmt;

use super::{Format, Inst};

const X: [&str; 32] = [
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "s2",
    "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
];
const F: [&str; 32] = [
    "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1", "fa0", "fa1", "fa2", "fa3", "fa4", "fa5",
    "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11",
];
/// By rm field; the dynamic mode is not written.
const RM: [&str; 8] = [",rne", ",rtz", ",rdn", ",rup", ",rmm", ",?", ",?", ""];

impl fmt::Display for Inst {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Format::*;
        let x = |r: u8| X[r as usize & 31];
        let f = |r: u8| F[r as usize & 31];
        let (name, imm, rm) = (self.op.mnemonic(), self.imm, RM[self.rm as usize & 7]);
        let (rd, rs1, rs2) = (x(self.rd), x(self.rs1), x(self.rs2));
        let (fd, fs1, fs2, fs3) = (f(self.rd), f(self.rs1), f(self.rs2), f(self.rs3));
        let order = match (self.aq, self.rl) {
            (false, false) => "",
            (true, false) => ".aq",
            (false, true) => ".rl",
            (true, true) => ".aqrl",
        };
        match self.op.format() {
            Bare | FenceI => write!(out, "{name}"),
            R => write!(out, "{name} {rd},{rs1},{rs2}"),
            Unary => write!(out, "{name} {rd},{rs1}"),
            I => write!(out, "{name} {rd},{rs1},{imm}"),
            Shift6 | Shift5 => write!(out, "{name} {rd},{rs1},{imm:#x}"),
            Load | Jalr => write!(out, "{name} {rd},{imm}({rs1})"),
            LoadF => write!(out, "{name} {fd},{imm}({rs1})"),
            Store => write!(out, "{name} {rs2},{imm}({rs1})"),
            StoreF => write!(out, "{name} {fs2},{imm}({rs1})"),
            Branch => write!(out, "{name} {rs1},{rs2},.{imm:+}"),
            U => write!(out, "{name} {rd},{:#x}", imm as u32 >> 12),
            Jal => write!(out, "{name} {rd},.{imm:+}"),
            Fence if imm >> 8 == 8 => write!(out, "fence.tso"),
            Fence => write!(out, "{name} {},{}", Set(imm >> 4), Set(imm)),
            Csr => write!(out, "{name} {rd},{:#x},{rs1}", self.csr()),
            CsrI => write!(out, "{name} {rd},{:#x},{}", self.csr(), self.rs1),
            Lr => write!(out, "{name}{order} {rd},({rs1})"),
            Amo => write!(out, "{name}{order} {rd},{rs2},({rs1})"),
            SfenceVma => write!(out, "{name} {rs1},{rs2}"),
            Fma => write!(out, "{name} {fd},{fs1},{fs2},{fs3}{rm}"),
            FffRm => write!(out, "{name} {fd},{fs1},{fs2}{rm}"),
            FfRm => write!(out, "{name} {fd},{fs1}{rm}"),
            Fff => write!(out, "{name} {fd},{fs1},{fs2}"),
            Xff => write!(out, "{name} {rd},{fs1},{fs2}"),
            Xf => write!(out, "{name} {rd},{fs1}"),
            Fx => write!(out, "{name} {fd},{rs1}"),
            XfRm => write!(out, "{name} {rd},{fs1}{rm}"),
            FxRm => write!(out, "{name} {fd},{rs1}{rm}"),
        }
    }
}

/// A predecessor or successor set of a fence, in the low four bits.
struct Set(i32);

impl fmt::Display for Set {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 & 15 == 0 {
            return out.write_str("unknown");
        }
        [(8, "i"), (4, "o"), (2, "r"), (1, "w")]
            .iter()
            .filter(|(bit, _)| self.0 & bit != 0)
            .try_for_each(|(_, letter)| out.write_str(letter))
    }
}
