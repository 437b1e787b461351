//! CSRs that are nothing but 64 bits: no read or write of them has an effect elsewhere, and no field of theirs constrains another.

use super::CsrFile;
use super::address::*;
use crate::trap::Privilege;

/// One of them: the machine's four in the order of their numbers, then the supervisor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plain(u8);

impl Plain {
    pub const MEPC: Plain = Plain(1);
    pub const MCAUSE: Plain = Plain(2);
    pub const MTVAL: Plain = Plain(3);
    pub const SEPC: Plain = Plain(5);
    pub const SCAUSE: Plain = Plain(6);
    pub const STVAL: Plain = Plain(7);

    /// The one of this number.
    #[inline]
    pub fn of(csr: u16) -> Option<Plain> {
        match csr {
            MSCRATCH..=MTVAL => Some(Plain((csr - MSCRATCH) as u8)),
            SSCRATCH..=STVAL => Some(Plain((csr - SSCRATCH) as u8 + 4)),
            _ => None,
        }
    }

    /// As an op holds it.
    pub fn to_bits(self) -> u8 {
        self.0
    }

    /// What [`Plain::to_bits`] gave.
    #[inline(always)]
    pub fn from_bits(bits: u8) -> Plain {
        Plain(bits & 7)
    }

    /// The lowest mode that may reach it.
    #[inline(always)]
    fn lowest(self) -> Privilege {
        if self.0 < 4 { Privilege::Machine } else { Privilege::Supervisor }
    }

    /// The bits that it holds: a program counter is even.
    #[inline(always)]
    pub fn mask(self) -> u64 {
        if self.0 & 3 == Plain::MEPC.0 { !1 } else { !0 }
    }
}

/// Their values.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Plains([u64; 8]);

impl CsrFile {
    /// The value of a plain CSR, whoever asks.
    #[inline(always)]
    pub(crate) fn plain(&self, which: Plain) -> u64 {
        self.plains.0[usize::from(which.0)]
    }

    /// Writes a plain CSR, whoever asks.
    #[inline(always)]
    pub(crate) fn set_plain(&mut self, which: Plain, value: u64) {
        self.set_plain_masked(which, value & which.mask());
    }

    /// The same, with a value that has no bits beside its [`Plain::mask`].
    #[inline(always)]
    pub(crate) fn set_plain_masked(&mut self, which: Plain, value: u64) {
        self.plains.0[usize::from(which.0)] = value;
    }

    /// Whether the current mode may reach it.
    #[inline(always)]
    pub(crate) fn may_reach(&self, which: Plain) -> bool {
        self.privilege >= which.lowest()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_to_their_registers() {
        let all = [
            (MSCRATCH, Plain(0)),
            (MEPC, Plain::MEPC),
            (MCAUSE, Plain::MCAUSE),
            (MTVAL, Plain::MTVAL),
            (SSCRATCH, Plain(4)),
            (SEPC, Plain::SEPC),
            (SCAUSE, Plain::SCAUSE),
            (STVAL, Plain::STVAL),
        ];
        for csr in 0..4096 {
            let expected = all.iter().find(|(number, _)| *number == csr).map(|(_, plain)| *plain);
            assert_eq!(Plain::of(csr), expected, "{csr:#x}");
            if let Some(plain) = expected {
                assert_eq!(Plain::from_bits(plain.to_bits()), plain);
                assert_eq!(plain.lowest() as u16, csr >> 8 & 3, "{csr:#x}");
            }
        }
    }
}
