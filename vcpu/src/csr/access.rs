//! What a read of a CSR returns, and what a write changes.

use super::address::*;
use super::counters::bits::{CY, IR, TM};
use super::interrupts::bits::SEI;
use super::status::envcfg;
use super::{CsrFile, Effect, Illegal, Inputs, Plain};

/// The access that a CSR instruction makes (Unprivileged, Zicsr).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsrOp {
    /// `csrrs`, `csrrc` with x0 or a zero immediate *encoded*: no write, so read-only CSRs are fine.
    Read,
    /// `csrrw[i]`.
    Write(u64),
    /// `csrrs[i]`.
    Set(u64),
    /// `csrrc[i]`.
    Clear(u64),
}

impl CsrFile {
    /// One whole CSR instruction: returns the old value and the effect of the write. No read here has a side effect, so
    /// `csrrw` with rd = x0 needs no case of its own.
    pub fn access(&mut self, csr: u16, op: CsrOp, inputs: Inputs) -> Result<(u64, Effect), Illegal> {
        if matches!(csr, MIREG | SIREG | MTOPEI | STOPEI) {
            return self.access_shared(csr, op);
        }
        let old = self.read(csr, inputs)?;
        // A set or clear works on what software wrote to SEIP, not on the joined-in line (3.1.9).
        let stored = if csr == MIP { self.mip(inputs.lines & !SEI) } else { old };
        let effect = match op {
            CsrOp::Read => Effect::NONE,
            CsrOp::Write(value) => self.write(csr, value, inputs)?,
            CsrOp::Set(mask) => self.write(csr, stored | mask, inputs)?,
            CsrOp::Clear(mask) => self.write(csr, stored & !mask, inputs)?,
        };
        Ok((old, effect))
    }

    /// Reads a CSR in the current mode.
    pub fn read(&self, csr: u16, inputs: Inputs) -> Result<u64, Illegal> {
        self.guard(csr, false)?;
        if let Some(plain) = Plain::of(csr) {
            return Ok(self.plain(plain));
        }
        Ok(match csr {
            FFLAGS => u64::from(self.fflags),
            FRM => u64::from(self.frm),
            FCSR => u64::from(self.frm) << 5 | u64::from(self.fflags),

            SSTATUS => self.sstatus(),
            SIE => self.sie(),
            STVEC => self.stvec,
            SCOUNTEREN => self.scounteren,
            SENVCFG => self.senvcfg,
            SIP => self.sip(inputs.lines),
            STIMECMP => self.stimecmp,
            SATP => self.satp(),

            MSTATUS => self.mstatus(),
            MISA => self.config.misa(),
            MEDELEG => self.medeleg,
            MIDELEG => self.mideleg,
            MIE => self.mie,
            MTVEC => self.mtvec,
            MCOUNTEREN => self.mcounteren,
            MENVCFG => self.menvcfg,
            MCOUNTINHIBIT => self.mcountinhibit(),
            MIP => self.mip(inputs.lines),
            PMPCFG0 | PMPCFG2 => self.pmp.cfg(usize::from(csr - PMPCFG0)),
            PMPADDR0..=PMPADDR15 => self.pmp.addr(usize::from(csr - PMPADDR0)),

            MCYCLE | CYCLE => self.cycle.value(inputs.instret),
            MINSTRET | INSTRET => self.instret.value(inputs.instret),
            TIME => inputs.time,
            MHARTID => self.config.hart_id,
            // One trigger slot whose type is 0: there are no triggers (Debug 1.0, 5.7.2). tinfo says so by its bit 0.
            TINFO => 1,
            _ if is_zero(csr) => 0,
            _ => return self.read_aia(csr, inputs.lines),
        })
    }

    /// Writes a CSR in the current mode. Fields take the nearest legal value by the rules beside each (WARL).
    pub fn write(&mut self, csr: u16, value: u64, inputs: Inputs) -> Result<Effect, Illegal> {
        self.guard(csr, true)?;
        if let Some(plain) = Plain::of(csr) {
            self.set_plain(plain, value);
            return Ok(Effect::NONE);
        }
        match csr {
            FFLAGS | FRM | FCSR => self.write_float(csr, value),

            SSTATUS => return Ok(self.write_sstatus(value)),
            SIE => return Ok(self.write_sie(value)),
            STVEC => self.stvec = trap_vector(self.stvec, value),
            SCOUNTEREN => self.scounteren = value & (CY | TM | IR),
            SENVCFG => self.senvcfg = environment(self.senvcfg, value, self.config.senvcfg_mask()),
            SIP => return Ok(self.write_sip(value)),
            STIMECMP => {
                self.stimecmp = value;
                return Ok(Effect::DEADLINE | Effect::INTERRUPTS);
            }
            SATP => return Ok(self.write_satp(value)),

            MSTATUS => return Ok(self.write_mstatus(value)),
            MEDELEG => self.write_medeleg(value),
            MIDELEG => return Ok(self.write_mideleg(value)),
            MIE => return Ok(self.write_mie(value)),
            MTVEC => self.mtvec = trap_vector(self.mtvec, value),
            MCOUNTEREN => self.mcounteren = value & (CY | TM | IR),
            MENVCFG => return Ok(self.write_menvcfg(value)),
            MCOUNTINHIBIT => self.write_mcountinhibit(value, inputs),
            MIP => return Ok(self.write_mip(value)),
            PMPCFG0 | PMPCFG2 => return Ok(Effect::PMP.when(self.pmp.set_cfg(usize::from(csr - PMPCFG0), value))),
            PMPADDR0..=PMPADDR15 => {
                return Ok(Effect::PMP.when(self.pmp.set_addr(usize::from(csr - PMPADDR0), value)));
            }

            MCYCLE => self.cycle.set(value, inputs.instret),
            MINSTRET => self.instret.set(value, inputs.instret),
            MISA | TINFO => {}
            _ if is_zero(csr) => {}
            _ => return self.write_aia(csr, value),
        }
        Ok(Effect::NONE)
    }

    /// fcsr and its two parts (Unprivileged, F); any write makes the state dirty.
    fn write_float(&mut self, csr: u16, value: u64) {
        match csr {
            FFLAGS => self.fflags = (value & 0x1f) as u8,
            FRM => self.frm = (value & 7) as u8,
            _ => {
                self.fflags = (value & 0x1f) as u8;
                self.frm = (value >> 5 & 7) as u8;
            }
        }
        self.dirty_float();
    }

    fn write_menvcfg(&mut self, value: u64) -> Effect {
        let old = self.menvcfg;
        self.menvcfg = environment(old, value, self.config.menvcfg_mask());
        let changed = old ^ self.menvcfg;
        Effect::TRANSLATION.when(changed & (envcfg::ADUE | envcfg::PBMTE) != 0)
            | (Effect::DEADLINE | Effect::INTERRUPTS).when(changed & envcfg::STCE != 0)
    }
}

/// CSRs that exist and read as zero whatever is written: identity numbers that are not assigned, the counters that are not
/// implemented, and the debugger's triggers, of which there are none.
fn is_zero(csr: u16) -> bool {
    matches!(
        csr,
        MVENDORID
            | MARCHID
            | MIMPID
            | MCONFIGPTR
            | MHPMEVENT3..=MHPMEVENT31
            | MHPMCOUNTER3..=MHPMCOUNTER31
            | HPMCOUNTER3..=HPMCOUNTER31
            | TSELECT..=TDATA3
    )
}

/// mtvec and stvec: four-byte aligned, direct or vectored; a reserved mode leaves the mode as it was (3.1.7).
fn trap_vector(old: u64, value: u64) -> u64 {
    let mode = if value & 3 < 2 { value & 3 } else { old & 3 };
    (value & !3) | mode
}

/// menvcfg and senvcfg: CBIE keeps its value when its reserved encoding is written (CMO, 2.5).
fn environment(old: u64, value: u64, mut mask: u64) -> u64 {
    if value & envcfg::CBIE == 2 << 4 {
        mask &= !envcfg::CBIE;
    }
    (old & !mask) | (value & mask)
}
