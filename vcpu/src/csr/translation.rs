//! `satp` (Supervisor Address Translation and Protection Register), and the context that a translation runs in.

use super::status::{envcfg, mstatus, previous_privilege};
use super::{CsrFile, Effect, SatpMode};
use manyhart_runtime::Gpa;

use crate::mmu::Context;
use crate::trap::Privilege;

/// The physical page number of the root table.
const PPN: u64 = (1 << 44) - 1;

impl CsrFile {
    /// The value of `satp`.
    #[inline]
    pub fn satp(&self) -> u64 {
        self.satp
    }

    /// A write with an unsupported mode has no effect at all. The whole ASID is implemented.
    pub(super) fn write_satp(&mut self, value: u64) -> Effect {
        match SatpMode::from_bits(value >> 60) {
            Some(mode) if mode <= self.config.satp_mode_max => {
                self.satp = value;
                Effect::TRANSLATION
            }
            _ => Effect::NONE,
        }
    }

    /// The mode whose rights loads and stores have: that of MPP when machine mode sets MPRV (3.1.6.3).
    #[inline]
    pub fn data_privilege(&self) -> Privilege {
        #[cfg(feature = "planted-bugs")]
        if crate::planted::is(crate::planted::Bug::MprvIgnored) {
            return self.privilege;
        }
        if self.privilege == Privilege::Machine && self.mstatus & mstatus::MPRV != 0 {
            previous_privilege(self.mstatus)
        } else {
            self.privilege
        }
    }

    /// Everything that translations depend on beside `satp`: the modes of fetches and of data, SUM and MXR. Equal where they are equal.
    #[inline]
    pub(crate) fn modes(&self) -> u64 {
        let modes = self.privilege as u64 | (self.data_privilege() as u64) << 2;
        self.mstatus & (mstatus::SUM | mstatus::MXR) | modes
    }

    /// The bits of `mstatus` that data translation depends on beside the mode: SUM and MXR.
    #[inline]
    pub fn sum_and_mxr(&self) -> (bool, bool) {
        (self.mstatus & mstatus::SUM != 0, self.mstatus & mstatus::MXR != 0)
    }

    /// The context of instruction fetches.
    pub fn fetch_context(&self) -> Context {
        self.context(self.privilege)
    }

    /// The context of loads, stores and atomics.
    pub fn data_context(&self) -> Context {
        self.context(self.data_privilege())
    }

    fn context(&self, privilege: Privilege) -> Context {
        let mode = match privilege {
            Privilege::Machine => SatpMode::Bare,
            // Reserved modes are never stored.
            _ => SatpMode::from_bits(self.satp >> 60).unwrap_or(SatpMode::Bare),
        };
        Context {
            mode,
            root: Gpa((self.satp & PPN) << 12),
            privilege,
            sum: self.mstatus & mstatus::SUM != 0,
            mxr: self.mstatus & mstatus::MXR != 0,
            update_accessed_dirty: self.menvcfg & envcfg::ADUE != 0,
            memory_types: self.menvcfg & envcfg::PBMTE != 0,
            napot: self.config.svnapot,
        }
    }
}
