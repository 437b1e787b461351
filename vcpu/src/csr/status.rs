//! `mstatus`, its view `sstatus`, and the bit names of the environment configuration registers.

use super::{CsrFile, CsrOp, Effect};
#[cfg(feature = "planted-bugs")]
use crate::planted::{self, Bug};
use crate::trap::Privilege;

/// Bits of `menvcfg` (3.1.18) and `senvcfg`.
pub mod envcfg {
    #![expect(missing_docs, reason = "the names are the specification's own")]
    pub const FIOM: u64 = 1 << 0;
    pub const CBIE: u64 = 3 << 4;
    pub const CBCFE: u64 = 1 << 6;
    pub const CBZE: u64 = 1 << 7;
    pub const ADUE: u64 = 1 << 61;
    pub const PBMTE: u64 = 1 << 62;
    pub const STCE: u64 = 1 << 63;
}

/// Bits of `mstatus` (3.1.6).
pub mod mstatus {
    #![expect(missing_docs, reason = "the names are the specification's own")]
    pub const SIE: u64 = 1 << 1;
    pub const MIE: u64 = 1 << 3;
    pub const SPIE: u64 = 1 << 5;
    pub const MPIE: u64 = 1 << 7;
    pub const SPP: u64 = 1 << 8;
    pub const MPP: u64 = 3 << 11;
    pub const FS: u64 = 3 << 13;
    pub const MPRV: u64 = 1 << 17;
    pub const SUM: u64 = 1 << 18;
    pub const MXR: u64 = 1 << 19;
    pub const TVM: u64 = 1 << 20;
    pub const TW: u64 = 1 << 21;
    pub const TSR: u64 = 1 << 22;
    pub const UXL: u64 = 3 << 32;
    pub const SXL: u64 = 3 << 34;
    pub const SD: u64 = 1 << 63;
}
use mstatus::*;

/// Writable through `sstatus`.
const SSTATUS_WRITABLE: u64 = SIE | SPIE | SPP | FS | SUM | MXR;
/// Visible in `sstatus` beside them.
const SSTATUS_VISIBLE: u64 = SSTATUS_WRITABLE | UXL | SD;
/// Writable through `mstatus`. Endianness is little and fixed, XS and VS do not exist.
const MSTATUS_WRITABLE: u64 = SSTATUS_WRITABLE | MIE | MPIE | MPP | MPRV | TVM | TW | TSR;
/// Of those, where any value is legal and nothing else depends on it, interrupts and the rights of data accesses apart: FS, where it exists, belongs to
/// them.
const SIMPLE: u64 = SIE | SPIE | SPP | MIE | MPIE | DATA_RIGHTS;
/// What data translation depends on beside the mode.
const DATA_RIGHTS: u64 = SUM | MXR;
/// UXL and SXL: 64 bits, read-only.
const XLEN_64: u64 = 2 << 32 | 2 << 34;

/// What an access to a status register did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StatusAccess {
    /// What was there.
    pub old: u64,
    /// SUM or MXR has changed: [`Effect::DATA_CONTEXT`].
    pub switches: bool,
}

impl CsrFile {
    /// The value of `mstatus`. SD sums up FS, the only extension state there is.
    pub fn mstatus(&self) -> u64 {
        let dirty = if self.mstatus & FS == FS { SD } else { 0 };
        self.mstatus | XLEN_64 | dirty
    }

    pub(super) fn sstatus(&self) -> u64 {
        self.mstatus() & SSTATUS_VISIBLE
    }

    pub(super) fn write_mstatus(&mut self, value: u64) -> Effect {
        self.change_status(MSTATUS_WRITABLE, value)
    }

    pub(super) fn write_sstatus(&mut self, value: u64) -> Effect {
        self.change_status(SSTATUS_WRITABLE, value)
    }

    /// Replaces the writable bits in `mask`. MPP keeps its value when the reserved mode is written (WARL).
    fn change_status(&mut self, mut mask: u64, value: u64) -> Effect {
        if Privilege::from_bits((value & MPP) >> 11).is_none() {
            mask &= !MPP;
        }
        if !self.config.float() {
            mask &= !FS;
        }
        let (old, old_data_privilege) = (self.mstatus, self.data_privilege());
        self.mstatus = (old & !mask) | (value & mask);
        let changed = old ^ self.mstatus;
        let float = (old & FS == 0) != (self.mstatus & FS == 0);
        let data = changed & DATA_RIGHTS != 0 || old_data_privilege != self.data_privilege();
        Effect::DATA_CONTEXT.when(data)
            | Effect::INTERRUPTS.when(self.mstatus & changed & (MIE | SIE) != 0)
            | Effect::FLOAT.when(float)
    }

    /// A whole CSR instruction on `mstatus`, or on `sstatus`, where nothing follows from the change but that data accesses have other rights: no mode
    /// changes, and no interrupt can be due after it. Otherwise `None`, and nothing has changed.
    #[inline(always)]
    pub(crate) fn access_status(&mut self, machine: bool, op: CsrOp, lines: u64) -> Option<StatusAccess> {
        let (lowest, mask) = match machine {
            true => (Privilege::Machine, MSTATUS_WRITABLE),
            false => (Privilege::Supervisor, SSTATUS_WRITABLE),
        };
        if self.privilege < lowest {
            return None;
        }
        let old = if machine { self.mstatus() } else { self.sstatus() };
        let value = match op {
            CsrOp::Read => return Some(StatusAccess { old, switches: false }),
            CsrOp::Write(value) => value,
            CsrOp::Set(bits) => old | bits,
            CsrOp::Clear(bits) => old & !bits,
        };
        let changed = (self.mstatus ^ value) & mask;
        let simple = if self.config.float() { SIMPLE | FS } else { SIMPLE };
        let enabled = changed & value & (MIE | SIE) != 0;
        if changed & !simple != 0 || enabled && self.may_wake(lines) {
            return None;
        }
        self.mstatus ^= changed;
        Some(StatusAccess { old, switches: changed & DATA_RIGHTS != 0 })
    }

    /// Whether floating-point instructions are illegal (FS is Off).
    #[inline]
    pub fn float_off(&self) -> bool {
        #[cfg(feature = "planted-bugs")]
        if planted::is(Bug::OffIgnored) {
            return false;
        }
        self.mstatus & FS == 0
    }

    /// Whether FS is Dirty already.
    #[inline]
    pub fn float_is_dirty(&self) -> bool {
        self.mstatus & FS == FS
    }

    /// Notes that floating-point state changed (FS becomes Dirty). Only called while FS is not Off.
    #[inline]
    pub fn dirty_float(&mut self) {
        #[cfg(feature = "planted-bugs")]
        if planted::is(Bug::NeverDirty) {
            return;
        }
        self.mstatus |= FS;
    }
}

/// The mode that `mret` would return to under this `mstatus`.
#[inline]
pub(super) fn previous_privilege(status: u64) -> Privilege {
    // The reserved encoding is never stored.
    Privilege::from_bits((status & MPP) >> 11).unwrap_or(Privilege::User)
}
