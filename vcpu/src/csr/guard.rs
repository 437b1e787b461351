//! Who may reach which CSR: everything that makes an access illegal although the CSR exists.

use super::address::*;
use super::counters::bits::TM;
use super::status::mstatus;
use super::{CsrFile, Illegal};
#[cfg(feature = "planted-bugs")]
use crate::planted::{self, Bug};
use crate::trap::Privilege;

impl CsrFile {
    /// Checks the access against the address's own bits (2.1: 11–10 read-only, 9–8 lowest mode) and against the enables that
    /// higher modes set.
    pub(super) fn guard(&self, csr: u16, writes: bool) -> Result<(), Illegal> {
        let lowest = u64::from(csr >> 8 & 3);
        let read_only = csr >> 10 & 3 == 3;
        let allowed = self.privilege as u64 >= lowest && !(writes && read_only) && self.enabled(csr);
        if allowed { Ok(()) } else { Err(Illegal) }
    }

    fn enabled(&self, csr: u16) -> bool {
        match csr {
            FFLAGS..=FCSR => !self.float_off(),
            CYCLE..=HPMCOUNTER31 => self.counter_enabled(1 << (csr - CYCLE)),
            SATP => self.virtual_memory_allowed(),
            STIMECMP => self.stimecmp_enabled(),
            _ => true,
        }
    }

    /// `mcounteren` (3.1.11) and `scounteren`: each mode opens a counter to the ones below it.
    #[inline(always)]
    pub(super) fn counter_enabled(&self, bit: u64) -> bool {
        #[cfg(feature = "planted-bugs")]
        if planted::is(Bug::CountersOpen) {
            return true;
        }
        match self.privilege {
            Privilege::Machine => true,
            Privilege::Supervisor => self.mcounteren & bit != 0,
            Privilege::User => self.mcounteren & self.scounteren & bit != 0,
        }
    }

    /// TVM traps the supervisor's use of `satp` and of `sfence.vma` (3.1.6.5).
    pub(super) fn virtual_memory_allowed(&self) -> bool {
        #[cfg(feature = "planted-bugs")]
        if planted::is(Bug::TvmIgnored) {
            return self.privilege >= Privilege::Supervisor;
        }
        match self.privilege {
            Privilege::Machine => true,
            Privilege::Supervisor => self.mstatus & mstatus::TVM == 0,
            Privilege::User => false,
        }
    }

    /// Below machine mode `stimecmp` needs STCE and the time counter's enable (Sstc).
    fn stimecmp_enabled(&self) -> bool {
        self.config.sstc && (self.privilege == Privilege::Machine || (self.sstc_enabled() && self.mcounteren & TM != 0))
    }
}
