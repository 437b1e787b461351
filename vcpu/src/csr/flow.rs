//! Changes of privilege mode: trap entry, `mret`, `sret`, and the instructions that `mstatus` can make illegal.

use super::status::mstatus::*;
use super::status::previous_privilege;
use super::{CsrFile, Illegal, Plain};
#[cfg(feature = "planted-bugs")]
use crate::planted::{self, Bug};
use crate::trap::{Cause, Privilege, Trap};

/// Exceptions that can be delegated (3.1.8): all but the machine's own environment call.
const DELEGABLE: u64 = 0xb3ff;

impl CsrFile {
    pub(super) fn write_medeleg(&mut self, value: u64) {
        self.medeleg = value & DELEGABLE;
    }

    /// Enters the trap's handler: stacks the mode and interrupt enable, records cause, tval and `epc` (the address of the
    /// instruction that trapped, or of the next one for an interrupt), and returns the new pc. The privilege mode has
    /// changed, or may have: translations and code cached under the old one are not to be used.
    #[inline]
    pub fn take_trap(&mut self, trap: Trap, epc: u64) -> u64 {
        #[cfg(feature = "planted-bugs")]
        let trap = if planted::is(Bug::NoTval) { Trap { tval: 0, ..trap } } else { trap };
        let vector = if self.delegated(trap.cause) {
            self.enter_supervisor(trap, epc);
            self.stvec
        } else {
            self.enter_machine(trap, epc);
            self.mtvec
        };
        handler(vector, trap.cause)
    }

    /// A trap never goes to a less privileged mode than it came from (3.1.8).
    fn delegated(&self, cause: Cause) -> bool {
        let delegation = match cause {
            Cause::Exception(exception) => self.medeleg >> exception.code(),
            Cause::Interrupt(interrupt) => self.mideleg >> interrupt.code(),
        };
        #[cfg(feature = "planted-bugs")]
        let delegation = if planted::is(Bug::DelegationIgnored) { 0 } else { delegation };
        delegation & 1 != 0 && self.privilege != Privilege::Machine
    }

    #[inline]
    fn enter_machine(&mut self, trap: Trap, epc: u64) {
        let previous = (self.privilege as u64) << MPP.trailing_zeros();
        #[cfg(feature = "planted-bugs")]
        let previous = previous | if planted::is(Bug::MpieKept) { self.mstatus & MPIE } else { 0 };
        self.mstatus = (self.mstatus & !(MPP | MPIE | MIE)) | previous | moved(self.mstatus, MIE, MPIE);
        self.set_plain(Plain::MEPC, epc);
        self.set_plain(Plain::MCAUSE, trap.cause.bits());
        self.set_plain(Plain::MTVAL, trap.tval);
        self.privilege = Privilege::Machine;
    }

    #[inline]
    fn enter_supervisor(&mut self, trap: Trap, epc: u64) {
        let previous = (self.privilege as u64) << SPP.trailing_zeros();
        self.mstatus = (self.mstatus & !(SPP | SPIE | SIE)) | previous | moved(self.mstatus, SIE, SPIE);
        self.set_plain(Plain::SEPC, epc);
        self.set_plain(Plain::SCAUSE, trap.cause.bits());
        self.set_plain(Plain::STVAL, trap.tval);
        self.privilege = Privilege::Supervisor;
    }

    /// `mret` (3.1.6.1): returns the new pc. The mode may have changed, and MPRV is off unless it stays machine mode.
    #[inline]
    pub fn mret(&mut self) -> Result<u64, Illegal> {
        if self.privilege != Privilege::Machine {
            return Err(Illegal);
        }
        self.privilege = previous_privilege(self.mstatus);
        #[cfg(feature = "planted-bugs")]
        let kept = if planted::is(Bug::MppKept) { self.mstatus & MPP } else { 0 };
        self.mstatus = (self.mstatus & !(MPP | MIE)) | moved(self.mstatus, MPIE, MIE) | MPIE;
        #[cfg(feature = "planted-bugs")]
        (self.mstatus |= kept);
        self.leave_mprv();
        Ok(self.plain(Plain::MEPC))
    }

    /// `sret` (3.1.6.1; TSR 3.1.6.5): returns the new pc.
    #[inline]
    pub fn sret(&mut self) -> Result<u64, Illegal> {
        let trapped = self.privilege == Privilege::Supervisor && self.mstatus & TSR != 0;
        #[cfg(feature = "planted-bugs")]
        let trapped = trapped && !planted::is(Bug::TsrIgnored);
        if self.privilege == Privilege::User || trapped {
            return Err(Illegal);
        }
        self.privilege = if self.mstatus & SPP != 0 { Privilege::Supervisor } else { Privilege::User };
        self.mstatus = (self.mstatus & !(SPP | SIE)) | moved(self.mstatus, SPIE, SIE) | SPIE;
        self.leave_mprv();
        Ok(self.plain(Plain::SEPC))
    }

    /// Machine mode's borrowed privilege ends when it returns to a lower mode.
    fn leave_mprv(&mut self) {
        if self.privilege != Privilege::Machine {
            self.mstatus &= !MPRV;
        }
    }

    /// Whether `wfi` may be executed: never in user mode, and in supervisor mode unless TW traps it (3.1.6.5, 3.3.3; the
    /// bounded time in which it might have completed is zero).
    pub fn check_wfi(&self) -> Result<(), Illegal> {
        #[cfg(feature = "planted-bugs")]
        if planted::is(Bug::TwIgnored) {
            return Ok(());
        }
        match self.privilege {
            Privilege::Machine => Ok(()),
            Privilege::Supervisor if self.mstatus & TW == 0 => Ok(()),
            _ => Err(Illegal),
        }
    }

    /// Whether `sfence.vma`, `sinval.vma` may be executed: not in user mode, and not in supervisor mode under TVM.
    pub fn check_sfence_vma(&self) -> Result<(), Illegal> {
        if self.virtual_memory_allowed() { Ok(()) } else { Err(Illegal) }
    }
}

/// The bit `from` of `status`, moved to the place of the bit `to`.
fn moved(status: u64, from: u64, to: u64) -> u64 {
    if status & from != 0 { to } else { 0 }
}

/// Where a trap vector sends this cause: interrupts are spread in vectored mode (3.1.7).
fn handler(vector: u64, cause: Cause) -> u64 {
    let base = vector & !3;
    match cause {
        Cause::Interrupt(interrupt) if vector & 3 == 1 => base.wrapping_add(4 * interrupt.code()),
        _ => base,
    }
}
