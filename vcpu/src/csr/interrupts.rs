//! Pending and enabled interrupts: `mip`, `mie`, `mideleg`, their supervisor views, and the choice of the next one.
//!
//! RISC-V Privileged 20240213, 3.1.8, 3.1.9, Supervisor Interrupt Registers, and Sstc.

use super::status::{envcfg, mstatus};
use super::{CsrFile, Effect};
use crate::trap::{Interrupt, Privilege};

/// The interrupts as bits of `mip`, `mie` and `mideleg`.
pub mod bits {
    #![expect(missing_docs, reason = "the names are the specification's own")]
    use crate::trap::Interrupt;
    pub const SSI: u64 = Interrupt::SupervisorSoftware.bit();
    pub const MSI: u64 = Interrupt::MachineSoftware.bit();
    pub const STI: u64 = Interrupt::SupervisorTimer.bit();
    pub const MTI: u64 = Interrupt::MachineTimer.bit();
    pub const SEI: u64 = Interrupt::SupervisorExternal.bit();
    pub const MEI: u64 = Interrupt::MachineExternal.bit();
    /// The supervisor's three: those that can be delegated.
    pub const SUPERVISOR: u64 = SSI | STI | SEI;
    /// All six.
    pub const ALL: u64 = SUPERVISOR | MSI | MTI | MEI;
}
use bits::*;

impl CsrFile {
    /// Whether `stimecmp`, not software, drives STIP.
    pub(super) fn sstc_enabled(&self) -> bool {
        self.menvcfg & envcfg::STCE != 0
    }

    /// The time at which the supervisor's timer interrupt becomes pending; `u64::MAX` for never (Sstc off).
    pub fn supervisor_deadline(&self) -> u64 {
        if self.sstc_enabled() { self.stimecmp } else { u64::MAX }
    }

    /// `mip`: the input lines joined with what software has set. SEIP is both, unless machine mode filters it; STIP is one or the other.
    #[inline]
    pub fn mip(&self, lines: u64) -> u64 {
        let (from_lines, from_software) =
            if self.sstc_enabled() { (ALL & !SSI, SSI | SEI) } else { (ALL & !(SSI | STI), SUPERVISOR) };
        (lines & from_lines) | (self.pending & from_software & !(self.mvien & SEI))
    }

    pub(super) fn sip(&self, lines: u64) -> u64 {
        self.mip(lines) & self.mideleg | self.filtered_pending()
    }

    pub(super) fn sie(&self) -> u64 {
        self.mie & self.mideleg | self.virtual_enabled & self.filtered()
    }

    /// SSIP and SEIP are software's to write, STIP only while Sstc is off; the machine's bits belong to the lines.
    pub(super) fn write_mip(&mut self, value: u64) -> Effect {
        let mask = if self.sstc_enabled() { SSI | SEI } else { SUPERVISOR } & !(self.mvien & SEI);
        self.pending = (self.pending & !mask) | (value & mask);
        Effect::INTERRUPTS
    }

    /// Through `sip` only SSIP is writable, and only when delegated; and what machine mode filters.
    pub(super) fn write_sip(&mut self, value: u64) -> Effect {
        self.write_mvip(value, self.filtered());
        let mask = SSI & self.mideleg;
        self.pending = (self.pending & !mask) | (value & mask);
        Effect::INTERRUPTS
    }

    pub(super) fn write_mie(&mut self, value: u64) -> Effect {
        self.mie = value & ALL;
        Effect::INTERRUPTS
    }

    pub(super) fn write_sie(&mut self, value: u64) -> Effect {
        self.mie = (self.mie & !self.mideleg) | (value & self.mideleg);
        let filtered = self.filtered();
        self.virtual_enabled = (self.virtual_enabled & !filtered) | (value & filtered);
        Effect::INTERRUPTS
    }

    pub(super) fn write_mideleg(&mut self, value: u64) -> Effect {
        self.mideleg = value & SUPERVISOR;
        Effect::INTERRUPTS
    }

    /// The interrupt to take before the next instruction, if any: pending, enabled, and its mode open to it (3.1.9).
    /// Those for machine mode come before all delegated ones.
    #[inline]
    pub fn pending_interrupt(&self, lines: u64) -> Option<Interrupt> {
        let (ready, filtered) = (self.mip(lines) & self.mie, self.filtered_ready());
        if ready | filtered == 0 {
            return None;
        }
        self.most_urgent(ready, filtered)
    }

    #[cold]
    fn most_urgent(&self, ready: u64, filtered: u64) -> Option<Interrupt> {
        let machine = if self.open(Privilege::Machine, mstatus::MIE) { ready & !self.mideleg } else { 0 };
        let supervisor =
            if self.open(Privilege::Supervisor, mstatus::SIE) { ready & self.mideleg | filtered } else { 0 };
        let candidates = if machine != 0 { machine } else { supervisor };
        Interrupt::BY_PRIORITY.into_iter().find(|interrupt| candidates & interrupt.bit() != 0)
    }

    /// Whether interrupts for `mode` can be taken now: always from below, never from above, by its enable from within.
    fn open(&self, mode: Privilege, enable: u64) -> bool {
        self.privilege < mode || (self.privilege == mode && self.mstatus & enable != 0)
    }

    /// Whether `wfi` has nothing to wait for: an interrupt is pending and locally enabled, whatever the global
    /// enables and delegation say (3.3.3).
    #[inline]
    pub fn wakes(&self, lines: u64) -> bool {
        self.mip(lines) & self.mie | self.filtered_ready() != 0
    }

    /// Whether [`CsrFile::wakes`] may say yes, by what is quick to see: it never does where this is false.
    #[inline(always)]
    pub(super) fn may_wake(&self, lines: u64) -> bool {
        (lines | self.pending) & self.mie | self.virtual_enabled != 0
    }
}
